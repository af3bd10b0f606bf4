/*
 * Finding. Hashes of what was typed lead to candidates; the best of them are opened, within scope,
 * and compared as names. A common name has thousands of candidates, so they are weighed by their
 * hits first and few are opened.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "core/buf.h"
#include "core/text.h"
#include "records/merge_inner.h"
#include "vault/fold.h"

#define WORDS_BYTES_MAX 300
#define POSTINGS_MAX    2000 /* read for one token, newest first */
#define SLOTS           16384
#define CANDS_MAX       (SLOTS / 2)
#define OPENED_MAX      200  /* candidates opened in scope */
#define OPENED_SOME     50   /* opened at a time */
#define SURE_ENOUGH     0.9  /* a page full of these, the best by their hits: enough was opened */
#define SURE_LONE       0.84 /* of who has more names than the one that was asked for */
#define TRIED_MAX       1010
#define REFINE_IDS      100
#define LINES_MAX       8

DB_SQL_INDEX(POSTINGS, "SELECT no FROM token WHERE hash = $1 ORDER BY no DESC LIMIT $2");

enum why { WHY_NAME = 1, WHY_PHONE = 2, WHY_EXACT = 4, WHY_NUMBER = 8 };

struct cand {
    int64_t no;                  /* in the index; 0: found without it */
    const char *id;              /* NULL until it is needed */
    float words[FOLD_WORDS_MAX]; /* best hit of each word searched */
    float pairs;
    double total;
    unsigned why;
};

struct search {
    struct ctx *ctx;
    const struct form *form;
    const char *skip_id; /* the record itself, when looking for its like */
    bool whole;          /* whatever the scope and clearance: for rooms that judge */
    struct cand **slots;
    struct cand **cands;
    size_t len;
};

/* Where a candidate lies, or would. */
static struct cand **slot_of(struct search *s, int64_t no)
{
    size_t at = (size_t)((uint64_t)no * 0x9E3779B97F4A7C15u >> 40) % SLOTS;

    while (s->slots[at] && s->slots[at]->no != no)
        at = (at + 1) % SLOTS;
    return &s->slots[at];
}

static struct cand *cand_of(struct search *s, int64_t no)
{
    struct cand **slot = slot_of(s, no);

    if (*slot)
        return *slot;
    if (s->len == CANDS_MAX)
        return NULL;
    *slot = ARENA_NEW(s->ctx->arena, struct cand);
    (*slot)->no = no;
    s->cands[s->len++] = *slot;
    return *slot;
}

static void search_start(struct search *s, struct ctx *ctx, const struct form *form)
{
    index_refresh(ctx);
    *s = (struct search){ .ctx = ctx, .form = form };
    s->slots = ARENA_ARRAY(ctx->arena, SLOTS, struct cand *);
    s->cands = ARENA_ARRAY(ctx->arena, CANDS_MAX, struct cand *);
}

/* --- candidates --- */

struct hit {
    enum why why;
    int kind; /* of token */
    size_t word;
};

static const float kind_weights[] = { [FOLD_EXACT] = 1.0f,
                                      [FOLD_VARIANT] = 0.9f,
                                      [FOLD_SOUND] = 0.7f,
                                      [FOLD_PAIR] = 1.5f,
                                      [FOLD_PREFIX] = 0.5f };

static void note_hit(struct search *s, int64_t no, const struct hit *hit)
{
    struct cand *c = cand_of(s, no);

    if (!c)
        return;
    c->why |= hit->why;
    if (hit->why != WHY_NAME)
        return;
    if (hit->kind == FOLD_PAIR)
        c->pairs += kind_weights[FOLD_PAIR];
    else if (hit->word < FOLD_WORDS_MAX && c->words[hit->word] < kind_weights[hit->kind])
        c->words[hit->word] = kind_weights[hit->kind];
}

struct hits {
    struct search *s;
    const struct hit *hit;
};

static enum err take_hit(struct ctx *ctx, void *to, struct rows *rows)
{
    const struct hits *hits = to;

    (void)ctx;
    note_hit(hits->s, row_int(rows, 0), hits->hit);
    return OK;
}

static enum err look_up(struct search *s, const char *text, const struct hit *hit)
{
    unsigned char hash[INDEX_HASH_BYTES];
    struct hits hits = { s, hit };
    struct ctx *ctx = s->ctx;
    struct rows *rows = NULL;
    enum err rc;

    index_hash(ctx, hash, s->form, hit->kind, text);
    rc = db_query_in(ctx, ctx->index_db, &rows, &POSTINGS, DB_BLOB(hash, sizeof(hash)),
                     DB_INT(POSTINGS_MAX));
    return rc ? rc : db_each(ctx, rows, take_hit, &hits);
}

static enum err look_up_kinds(struct search *s, const struct fold_tokens *t, bool pairs)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < t->len; i++) {
        const struct fold_token *f = &t->items[i];
        struct hit hit = { WHY_NAME, (int)f->kind, f->word };

        if ((f->kind == FOLD_PAIR) == pairs)
            rc = look_up(s, f->text, &hit);
    }
    return rc;
}

/* What the index says of some candidates: select, up to the list of their places. */
struct by_place {
    const char *select;
    struct cand *const *cands;
    size_t len;
    size_t room; /* the list is always so long, the last again and again: one statement for all */
    struct db_arg args[REFINE_IDS + 2]; /* the first of them may be given */
    size_t args_len;
};

static enum err ask_by_place(struct search *s, struct rows **out, struct by_place *q)
{
    struct ctx *ctx = s->ctx;
    struct buf b;

    buf_init(&b, ctx->arena, 4096);
    buf_printf(&b, "%s WHERE %sno IN (", q->select, q->args_len ? "hash = $1 AND " : "");
    for (size_t i = 0; i < q->room; i++) {
        buf_printf(&b, i ? ", $%zu" : "$%zu", q->args_len + 1);
        q->args[q->args_len++] = DB_INT(q->cands[i < q->len ? i : q->len - 1]->no);
    }
    buf_add(&b, ")");
    return db_query_on(ctx, ctx->index_db, out, db_sql_built(ctx->index_db, buf_text(&b)), q->args);
}

/* Which of 100 candidates have a token: one seek for each, however common the token is. */
static enum err refine_some(struct search *s, size_t from, const struct fold_token *f)
{
    unsigned char hash[INDEX_HASH_BYTES];
    struct hit hit = { WHY_NAME, (int)f->kind, f->word };
    struct by_place q = { .select = "SELECT no FROM token",
                          .cands = s->cands + from,
                          .len = s->len - from,
                          .room = REFINE_IDS,
                          .args_len = 1 };
    struct hits hits = { s, &hit };
    struct rows *rows = NULL;
    enum err rc;

    index_hash(s->ctx, hash, s->form, hit.kind, f->text);
    q.args[0] = DB_BLOB(hash, sizeof(hash));
    rc = ask_by_place(s, &rows, &q);
    return rc ? rc : db_each(s->ctx, rows, take_hit, &hits);
}

/* Too many share two names by sound: those that are spelled the same come first. */
static enum err refine(struct search *s, const struct fold_tokens *t)
{
    enum err rc = OK;

    for (size_t i = 0; i < t->len; i++) {
        if (t->items[i].kind != FOLD_EXACT && t->items[i].kind != FOLD_VARIANT)
            continue;
        for (size_t at = 0; rc == OK && at < s->len; at += REFINE_IDS)
            rc = refine_some(s, at, &t->items[i]);
    }
    return rc;
}

static enum err find_names(struct search *s, const char *line, bool typing)
{
    struct fold_tokens t = { 0 };
    size_t before = s->len;
    enum err rc;

    if (strlen(line) > FOLD_LINE_MAX)
        return OK;
    rc = fold_name(s->ctx, &t, line, typing);
    if (rc == OK)
        rc = look_up_kinds(s, &t, true);
    if (rc == OK && s->len - before < FOLD_FEW)
        return look_up_kinds(s, &t, false);
    if (rc == OK && s->len > OPENED_MAX)
        rc = refine(s, &t);
    return rc;
}

/* A hash does not say which field it is of: one that may not be read hides all of its kind. */
static bool may_find_by(const struct search *s, enum field_index index)
{
    for (size_t i = 0; !s->whole && i < s->form->all_len; i++)
        if (s->form->all[i]->index == index && !field_visible(s->ctx, s->form->all[i]))
            return false;
    return true;
}

static enum err find_phone(struct search *s, const char *text)
{
    const char *digits = fold_phone(s->ctx, text);
    struct hit hit = { WHY_PHONE, TOKEN_PHONE, 0 };

    if (strlen(digits) < PHONE_DIGITS_MIN || !may_find_by(s, INDEX_PHONE))
        return OK;
    return look_up(s, digits, &hit);
}

static enum err find_exact(struct search *s, const char *text)
{
    const char *folded = fold_exact(s->ctx, text);
    struct hit hit = { WHY_EXACT, TOKEN_EXACT, 0 };

    return folded[0] && may_find_by(s, INDEX_EXACT) ? look_up(s, folded, &hit) : OK;
}

DB_SQL_INDEX(NUMBER_OF, "SELECT no FROM entry WHERE root_id = $1");

/* What was found by its number; the index may not know it yet. */
static enum err note_found(struct search *s, const char *id, const struct hit *hit)
{
    struct ctx *ctx = s->ctx;
    struct rows *rows = NULL;
    int64_t no = 0;
    enum err rc = db_query_in(ctx, ctx->index_db, &rows, &NUMBER_OF, DB_TEXT(id));

    if (rc == OK)
        rc = sql_one_int(ctx, &no, rows, NULL);
    if (rc)
        return rc;
    note_hit(s, no, hit);
    if (no == 0 && *slot_of(s, no) != NULL) /* there may be too many already */
        (*slot_of(s, no))->id = id;
    return OK;
}

static enum err find_number(struct search *s, const char *words)
{
    char *number = arena_strdup(s->ctx->arena, words);
    struct pick pick = { .form = s->form, .number = number, .limit = 1 };
    struct record *rec = NULL;
    struct hit hit = { .why = WHY_NUMBER };
    size_t len = 0;
    enum err rc;

    if (!s->form->number)
        return OK;
    for (char *p = number; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    rc = sql_pick(s->ctx, &rec, NULL, &len, &pick);
    if (rc == OK && len > 0)
        rc = note_found(s, rec->id, &hit);
    return rc;
}

/* --- opening and ranking --- */

static int compare_cands(const void *a, const void *b)
{
    const struct cand *x = *(struct cand *const *)a;
    const struct cand *y = *(struct cand *const *)b;

    if (x->total > y->total || x->total < y->total)
        return x->total > y->total ? -1 : 1;
    return x->no > y->no ? -1 : x->no < y->no;
}

static void weigh(struct search *s)
{
    for (size_t i = 0; i < s->len; i++) {
        struct cand *c = s->cands[i];

        c->total = c->pairs;
        for (size_t w = 0; w < FOLD_WORDS_MAX; w++)
            c->total += c->words[w];
        if (c->why & ~(unsigned)WHY_NAME)
            c->total += 100;
    }
    if (s->len > 1)
        qsort(s->cands, s->len, sizeof(*s->cands), compare_cands);
}

/* What was searched, made ready to be compared. */
struct lines {
    struct fold_line *items[LINES_MAX];
    size_t len;
};

static enum err lines_make(struct ctx *ctx, struct lines *out, const char *const *lines, size_t len)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < len && out->len < LINES_MAX; i++)
        if (strlen(lines[i]) <= FOLD_LINE_MAX)
            rc = fold_line_make(ctx, &out->items[out->len++], lines[i]);
    return rc;
}

/* How alike two names are, and of how many words the shorter is. */
struct likeness {
    double score;
    size_t words;
};

static enum err name_score(struct ctx *ctx, struct likeness *out, const struct lines *asked,
                           const struct record *rec)
{
    const char *const *lines = NULL;
    struct likeness best = { 0 };
    struct lines own = { 0 };
    size_t len = 0;
    enum err rc;

    rc = index_name_lines(ctx, &lines, &len, rec);
    if (rc == OK)
        rc = lines_make(ctx, &own, lines, len);
    for (size_t i = 0; rc == OK && i < own.len; i++) {
        for (size_t k = 0; k < asked->len; k++) {
            const size_t a = fold_line_words(asked->items[k]);
            const size_t b = fold_line_words(own.items[i]);
            const struct likeness one = { fold_line_score(asked->items[k], own.items[i]),
                                          a < b ? a : b };

            if (one.score > best.score || (one.score >= best.score && one.words > best.words))
                best = one;
        }
    }
    *out = best;
    return rc;
}

struct found {
    struct record_hit *items;
    size_t len;
    const struct lines *asked;
    const struct record *like; /* for duplicates; NULL when words were typed */
};

/* Candidates that are opened together. */
struct batch {
    struct cand *cands[OPENED_SOME];
    size_t len;
};

static const char *why_text(struct ctx *ctx, unsigned why)
{
    if (why & WHY_NUMBER)
        return tr(ctx, "number");
    if (why & WHY_EXACT)
        return tr(ctx, "document");
    if (why & WHY_PHONE)
        return tr(ctx, "phone");
    return tr(ctx, "name");
}

/*
 * A number found exactly is as good as can be when it was typed; for duplicates it says much, but
 * families share phones, so names count beside it.
 */
static double score_of(const struct found *f, const struct cand *c, const struct record *rec,
                       double names)
{
    const struct record_hooks *hooks = record_hooks_of(rec->form->kind);
    double score = names;

    if (!f->like)
        return c->why & ~(unsigned)WHY_NAME ? 1 : names;
    if (hooks && hooks->alike)
        score = hooks->alike(f->like, rec, names);
    if (c->why & WHY_EXACT)
        score = score > 0.95 ? score : 0.95;
    if (c->why & WHY_PHONE)
        score = score + (1 - score) * 0.5;
    return score;
}

/* A single name that many bear, and neither number nor birth date that speaks for it. */
static bool one_name(const struct cand *c, const struct likeness *names, double score)
{
    return !(c->why & ~(unsigned)WHY_NAME) && names->words < 2 && score < names->score;
}

static struct cand *cand_by_id(const struct batch *b, const char *id)
{
    for (size_t i = 0; i < b->len; i++)
        if (text_equal(b->cands[i]->id, id))
            return b->cands[i];
    return NULL;
}

static enum err judge(struct search *s, struct found *f, const struct batch *b,
                      struct record **recs, size_t len)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < len; i++) {
        struct cand *c = cand_by_id(b, recs[i]->id);
        struct likeness names = { 0 };
        double score;

        assert(c); /* nothing else was picked */
        if (!s->whole)
            answers_hide(s->ctx, recs[i]->answers);
        rc = name_score(s->ctx, &names, f->asked, recs[i]);
        if (rc)
            break;
        if (names.score >= FOLD_SCORE_MIN)
            c->why |= WHY_NAME;
        score = score_of(f, c, recs[i], names.score);
        if (score < FOLD_SCORE_MIN)
            continue;
        f->items[f->len++] = (struct record_hit){ .record = recs[i],
                                                  .score = score,
                                                  .why = why_text(s->ctx, c->why),
                                                  .one_name = one_name(c, &names, score) };
    }
    return rc;
}

static int compare_hits(const void *a, const void *b)
{
    const struct record_hit *x = a;
    const struct record_hit *y = b;

    if (x->score > y->score || x->score < y->score)
        return x->score > y->score ? -1 : 1;
    return text_compare(y->record->id, x->record->id);
}

/*
 * Candidates come best first, so once a page is full of good ones the rest cannot be much better.
 * For duplicates more than the name counts: there all are opened.
 */
static bool enough(const struct found *f)
{
    const bool lone = f->asked->len == 1 && fold_line_words(f->asked->items[0]) == 1;
    size_t sure = 0;

    for (size_t i = 0; i < f->len; i++)
        sure += f->items[i].score >= (lone ? SURE_LONE : SURE_ENOUGH);
    return !f->like && sure >= RECORD_HITS_MAX;
}

static enum err take_id(struct ctx *ctx, void *to, struct rows *rows)
{
    (*slot_of(to, row_int(rows, 0)))->id = arena_strdup(ctx->arena, row_text(rows, 1));
    return OK;
}

/* Which records the candidates are. One that the index lost meanwhile has no id and is left out. */
static enum err resolve(struct search *s, const struct batch *b, const char **ids, size_t *len_out)
{
    struct by_place q = { .select = "SELECT no, root_id FROM entry",
                          .cands = b->cands,
                          .len = b->len,
                          .room = OPENED_SOME };
    struct rows *rows = NULL;
    enum err rc = ask_by_place(s, &rows, &q);

    if (rc == OK)
        rc = db_each(s->ctx, rows, take_id, s);
    *len_out = 0;
    for (size_t i = 0; rc == OK && i < b->len; i++)
        if (b->cands[i]->id && !text_equal(b->cands[i]->id, s->skip_id))
            ids[(*len_out)++] = b->cands[i]->id;
    return rc;
}

static enum err open_batch(struct search *s, struct found *f, const struct batch *b,
                           size_t *opened_out)
{
    const char *ids[OPENED_SOME];
    struct record *recs[SQL_BATCH];
    struct pick pick = { .form = s->form, .ids = ids, .whole = s->whole };
    size_t len = 0;
    enum err rc = resolve(s, b, ids, &pick.ids_len);

    if (rc == OK && pick.ids_len > 0)
        rc = record_pick(s->ctx, recs, &len, &pick, record_title_parts(s->form));
    if (rc == OK)
        rc = judge(s, f, b, recs, len);
    *opened_out += len;
    return rc;
}

static bool is_among(const struct found *f, size_t len, const char *id)
{
    for (size_t i = 0; i < len; i++)
        if (text_equal(f->items[i].record->id, id))
            return true;
    return false;
}

/* The record that stands for one that was merged away, if it may be seen; else the one itself. */
static enum err stand_in(struct search *s, struct record **rec)
{
    struct pick pick = { .form = s->form, .ids_len = 1, .whole = s->whole };
    struct record *now = NULL;
    const char *id = NULL;
    size_t len = 0;
    enum err rc = record_stands_now(s->ctx, &id, (*rec)->id);

    if (rc || text_equal(id, (*rec)->id))
        return rc;
    pick.ids = &id;
    rc = record_pick(s->ctx, &now, &len, &pick, record_title_parts(s->form));
    if (rc == OK && len == 1) {
        if (!s->whole)
            answers_hide(s->ctx, now->answers);
        *rec = now;
    }
    return rc;
}

/*
 * Who was merged is found by the names and numbers of then: what is told is the record that stands
 * for them now, once. Two that are merged are no duplicates of each other.
 */
static enum err stand_ins(struct search *s, struct found *f)
{
    size_t n = 0;
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < f->len; i++) {
        struct record_hit hit = f->items[i];

        if (text_equal(hit.record->status, STATUS_MERGED))
            rc = stand_in(s, &hit.record);
        if (rc || is_among(f, n, hit.record->id) || text_equal(hit.record->id, s->skip_id) ||
            (f->like && text_equal(hit.record->status, STATUS_MERGED)))
            continue;
        f->items[n++] = hit;
    }
    f->len = n;
    return rc;
}

static enum err open_cands(struct search *s, struct found *f)
{
    size_t opened = 0;
    enum err rc = OK;

    weigh(s);
    f->items = ARENA_ARRAY(s->ctx->arena, OPENED_MAX + SQL_BATCH, struct record_hit);
    for (size_t at = 0; at < s->len && at < TRIED_MAX && opened < OPENED_MAX && !enough(f);) {
        struct batch b = { 0 };

        while (at < s->len && b.len < OPENED_SOME)
            b.cands[b.len++] = s->cands[at++];
        rc = open_batch(s, f, &b, &opened);
        if (rc)
            return rc;
    }
    if (f->len > 1)
        qsort(f->items, f->len, sizeof(*f->items), compare_hits);
    rc = stand_ins(s, f);
    if (f->len > RECORD_HITS_MAX)
        f->len = RECORD_HITS_MAX;
    for (size_t i = 0; rc == OK && !s->whole && i < f->len; i++)
        rc = record_finish(s->ctx, f->items[i].record);
    return rc;
}

/* --- what others call --- */

static enum err note_search(struct ctx *ctx, const struct form *form, const struct found *f,
                            const char *words)
{
    const char **ids = ARENA_ARRAY(ctx->arena, f->len + 1, const char *);

    if (!ctx->audit || !ctx->user_id || !form_is_personal(form))
        return OK;
    for (size_t i = 0; i < f->len; i++)
        ids[i] = f->items[i].record->id;
    return access_note_words(ctx, "search", form->kind, ids, f->len, words);
}

enum err record_search(struct ctx *ctx, struct record_hit **out, size_t *len_out, const char *kind,
                       const char *words)
{
    const struct form *form = NULL;
    struct search s;
    struct lines asked = { 0 };
    struct found f = { .asked = &asked };
    enum err rc;

    rc = record_form(ctx, &form, kind);
    if (rc)
        return rc;
    if (text_blank(words))
        return ctx_fail_field(ctx, "words", tr(ctx, "Type a name, a phone number or a number."));
    if (strlen(words) > WORDS_BYTES_MAX)
        return ctx_fail_field(ctx, "words", tr(ctx, "This is too long to search for."));
    words = text_trim(ctx->arena, words);
    search_start(&s, ctx, form);
    rc = find_number(&s, words);
    if (rc == OK)
        rc = find_phone(&s, words);
    if (rc == OK)
        rc = find_exact(&s, words);
    if (rc == OK)
        rc = find_names(&s, words, true);
    if (rc == OK)
        rc = lines_make(ctx, &asked, &words, 1);
    if (rc == OK)
        rc = open_cands(&s, &f);
    if (rc == OK)
        rc = note_search(ctx, form, &f, words);
    if (rc)
        return rc;
    *out = f.items;
    *len_out = f.len;
    return OK;
}

static enum err find_values(struct search *s, const struct record *rec)
{
    struct levels levels = levels_of(s->ctx->arena, rec->answers);
    enum err rc = OK;

    for (size_t i = 0; i < levels.len; i++) {
        const struct answers *t = levels.items[i].t;

        for (size_t k = 0; rc == OK && k < rec->form->all_len; k++) {
            const struct field *f = rec->form->all[k];

            if (f->repeat != t->repeat || text_blank(t->values[k]))
                continue;
            if (f->index == INDEX_PHONE)
                rc = find_phone(s, t->values[k]);
            else if (f->index == INDEX_EXACT)
                rc = find_exact(s, t->values[k]);
        }
    }
    return rc;
}

static enum err find_duplicates(struct ctx *ctx, struct record_hit **out, size_t *len_out,
                                const struct record *rec, bool whole)
{
    const struct form *form = rec->form;
    const char *const *lines = NULL;
    struct lines asked = { 0 };
    struct found f = { .asked = &asked, .like = rec };
    struct search s;
    size_t len = 0;
    enum err rc;

    search_start(&s, ctx, form);
    s.skip_id = rec->id;
    s.whole = whole;
    rc = index_name_lines(ctx, &lines, &len, rec);
    for (size_t i = 0; rc == OK && i < len && i < LINES_MAX; i++)
        rc = find_names(&s, lines[i], false);
    if (rc == OK)
        rc = find_values(&s, rec);
    if (rc == OK)
        rc = lines_make(ctx, &asked, lines, len);
    if (rc == OK)
        rc = open_cands(&s, &f);
    if (rc == OK)
        rc = note_search(ctx, form, &f, "");
    if (rc)
        return rc;
    *out = f.items;
    *len_out = f.len;
    return OK;
}

enum err record_duplicates(struct ctx *ctx, struct record_hit **out, size_t *len_out,
                           const struct record *rec)
{
    const struct form *form = NULL;
    enum err rc = record_form(ctx, &form, rec->form->kind);

    return rc ? rc : find_duplicates(ctx, out, len_out, rec, false);
}

enum err record_duplicates_whole(struct ctx *ctx, struct record_hit **out, size_t *len_out,
                                 const struct record *rec)
{
    return find_duplicates(ctx, out, len_out, rec, true);
}
