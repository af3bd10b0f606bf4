/* What a record's form sends: answers, and controls whose names begin with an underscore. */
#include <string.h>

#include "core/buf.h"
#include "core/id.h"
#include "core/text.h"
#include "records/publish.h"
#include "records/records_inner.h"
#include "records/screens_web.h"
#include "records/widgets.h"

#define PAGE_MAX       6000
#define ROW_NUMBER_MAX 9999 /* as answers_from_pairs takes them */
#define HASH_MAX       128
#define GONE_TOLD_MAX  ((size_t)400) /* bytes of labels */

static enum err unknown(struct ctx *ctx, const char *name)
{
    return ctx_fail_field(ctx, name, tr(ctx, "This field is not known here: {0}.", TR_TEXT(name)));
}

/* An id, or nothing; anything else is not ours. */
static enum err take_id(struct ctx *ctx, const char **out, const struct pair *p)
{
    if (p->value[0] != '\0' && !id_valid(p->value))
        return unknown(ctx, p->name);
    *out = p->value[0] == '\0' ? NULL : p->value;
    return OK;
}

static enum err take_version(struct ctx *ctx, int64_t *out, const struct pair *p)
{
    return parse_int(p->value, 1, INT64_MAX, out) ? OK : unknown(ctx, p->name);
}

static bool is_hash(const char *text)
{
    size_t len = strlen(text);

    return len > 0 && len <= HASH_MAX && strspn(text, "0123456789abcdef") == len;
}

/* The page may have been opened before another version of its form was published. */
static enum err take_form(struct ctx *ctx, struct form_post *out, const struct pair *p,
                          const char *kind)
{
    const struct form *form = form_find(ctx->forms, kind);

    if (!is_hash(p->value))
        return unknown(ctx, p->name);
    if (form == NULL || text_equal(form->hash, p->value))
        return OK;
    return form_by_hash(ctx, &out->older, kind, p->value);
}

static enum err take_page(struct ctx *ctx, int64_t *out, const struct pair *p)
{
    return parse_int(p->value, 0, PAGE_MAX, out) ? OK : unknown(ctx, p->name);
}

static bool take_flag(struct form_post *out, const char *name)
{
    if (strcmp(name, "_confirm") == 0)
        out->confirm = true;
    else if (strcmp(name, "_refresh") == 0)
        out->refresh = true;
    else if (strcmp(name, "_merge") == 0)
        out->merge = true;
    else if (strcmp(name, "_next") == 0)
        out->step = 1;
    else if (strcmp(name, "_back") == 0)
        out->step = -1;
    else if (strcmp(name, "_later") == 0)
        out->later = true;
    else if (strcmp(name, "_review") == 0)
        out->review = true;
    else
        return strcmp(name, "_save") == 0;
    return true;
}

static enum err take_control(struct ctx *ctx, struct form_post *out, const struct pair *p)
{
    const char *name = p->name;

    if (strcmp(name, "_version") == 0)
        return take_version(ctx, &out->version, p);
    if (strcmp(name, "_base") == 0)
        return take_version(ctx, &out->base, p);
    if (strcmp(name, "_parent") == 0)
        return take_id(ctx, &out->parent_id, p);
    if (strcmp(name, "_search") == 0)
        return take_id(ctx, &out->search_id, p);
    if (strcmp(name, "_draft") == 0)
        return take_id(ctx, &out->draft_id, p);
    if (strcmp(name, "_record") == 0)
        return take_id(ctx, &out->record_id, p);
    if (ref_take(out, p))
        return OK;
    if (strcmp(name, "_page") == 0)
        return take_page(ctx, &out->page, p);
    if (strcmp(name, "_jump") == 0)
        return take_page(ctx, &out->jump, p);
    if (text_starts(name, "_add.")) {
        out->add = name + 5;
    } else if (text_starts(name, "_drop.")) {
        return OK; /* media_stands looks at it */
    } else if (text_starts(name, "_remove.")) {
        out->remove = name + 8;
    } else if (text_starts(name, "_take.")) {
        out->takes[out->takes_len].name = name + 6;
        out->takes[out->takes_len++].value = p->value;
    } else if (text_starts(name, "_same.")) {
        out->same[out->same_len].name = name + 6;
        out->same[out->same_len++].value = p->value;
    } else if (text_starts(name, "_was.")) {
        out->was[out->was_len].name = name + 5;
        out->was[out->was_len++].value = p->value;
    } else if (!take_flag(out, name)) {
        return unknown(ctx, name);
    }
    return OK;
}

/* --- answers that come in several parts --- */

/* The path behind the name of a part; NULL if it is none. */
static const char *part_path(const char *name)
{
    static const char *const heads[] = { PART_RANK, PART_PLACE, PART_POINTS };

    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        if (text_starts(name, heads[i]))
            return name + strlen(heads[i]);
    return NULL;
}

/* Codes in their order; an empty one is left out. */
static void join_codes(struct buf *b, const struct pair *parts, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text_blank(parts[i].value))
            continue;
        buf_add(b, b->len > 0 ? " " : "");
        buf_add(b, parts[i].value);
    }
}

/* Four numbers; a gap among the first two is marked, so that it is told and not closed. */
static void join_place(struct ctx *ctx, struct buf *b, const struct pair *parts, size_t len)
{
    size_t last = 0;

    for (size_t i = 0; i < len; i++)
        if (!text_blank(parts[i].value))
            last = i + 1;
    for (size_t i = 0; i < last; i++) {
        const char *value = text_trim(ctx->arena, parts[i].value);

        buf_add(b, i > 0 ? " " : "");
        buf_add(b, value[0] != '\0' ? value : i < 2 ? "-" : "0");
    }
    if (last == 1)
        buf_add(b, " -");
}

/* Parts of one answer, which follow each other, as one pair; returns how many they are. */
static size_t take_parts(struct ctx *ctx, struct answer_pair *out, const struct pair *pairs,
                         size_t len)
{
    size_t room = 16;
    size_t n = 0;
    struct buf b;

    while (n < len && strcmp(pairs[n].name, pairs[0].name) == 0)
        room += strlen(pairs[n++].value) + 3;
    buf_init(&b, ctx->arena, room);
    if (text_starts(pairs[0].name, PART_RANK)) {
        join_codes(&b, pairs, n);
    } else if (text_starts(pairs[0].name, PART_PLACE)) {
        join_place(ctx, &b, pairs, n);
    } else {
        for (const char *p = pairs[0].value; *p != '\0'; p++)
            buf_add_char(&b, *p == '\n' || *p == '\r' ? ';' : *p);
        n = 1;
    }
    out->name = part_path(pairs[0].name);
    out->value = buf_text(&b);
    return n;
}

/* A month or a year is its first day, where a date is asked for. */
static const char *whole_date(struct ctx *ctx, const struct form *form, const struct answer_pair *p)
{
    const char *dot = strrchr(p->name, '.');
    const struct field *f = field_find(form, dot == NULL ? p->name : dot + 1);
    size_t len = strlen(p->value);

    if (f == NULL || f->kind != FIELD_DATE)
        return p->value;
    if (field_looks(f, LOOK_MONTH_YEAR) && len == 7)
        return arena_printf(ctx->arena, "%s-01", p->value);
    if (field_looks(f, LOOK_YEAR) && len == 4)
        return arena_printf(ctx->arena, "%s-01-01", p->value);
    return p->value;
}

/* Buttons, and what is of this page alone, are not kept. */
static bool is_kept(const char *name)
{
    static const char *const controls[] = { "_form", "_version", "_parent", "_search", "_page" };

    if (name[0] != '_')
        return strcmp(name, "csrf") != 0;
    if (part_path(name) != NULL)
        return true;
    for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
        if (strcmp(name, controls[i]) == 0)
            return true;
    return false;
}

/* What came, with files that came as answers, as it can be read again later. */
static void note_kept(struct ctx *ctx, struct form_post *out, const struct pair *pairs, size_t len)
{
    out->kept = ARENA_ARRAY(ctx->arena, len + out->media_len + 1, struct answer_pair);
    for (size_t i = 0; i < out->media_len; i++)
        out->kept[out->kept_len++] = out->pairs[i];
    for (size_t i = 0; i < len; i++)
        if (is_kept(pairs[i].name) && media_stands(out, pairs, len, pairs[i].name))
            out->kept[out->kept_len++] = (struct answer_pair){ pairs[i].name, pairs[i].value };
}

static void make_room(struct ctx *ctx, struct form_post *out, size_t len)
{
    memset(out, 0, sizeof *out);
    out->pairs = ARENA_ARRAY(ctx->arena, len + 1, struct answer_pair);
    out->refs = ARENA_ARRAY(ctx->arena, len + 1, struct ref_asked);
    out->takes = ARENA_ARRAY(ctx->arena, len + 1, struct pair_view);
    out->was = ARENA_ARRAY(ctx->arena, len + 1, struct pair_view);
    out->same = ARENA_ARRAY(ctx->arena, len + 1, struct pair_view);
}

static enum err sort_pairs(struct ctx *ctx, struct form_post *out, const char *kind,
                           const struct pair *pairs, size_t len)
{
    enum err rc = OK;

    for (size_t i = 0; !rc && i < len; i++) {
        if (strcmp(pairs[i].name, "csrf") == 0)
            continue;
        if (strcmp(pairs[i].name, "_form") == 0) {
            rc = take_form(ctx, out, &pairs[i], kind);
            continue;
        }
        if (part_path(pairs[i].name) != NULL) {
            i += take_parts(ctx, &out->pairs[out->len++], &pairs[i], len - i) - 1;
            continue;
        }
        if (pairs[i].name[0] == '_') {
            rc = take_control(ctx, out, &pairs[i]);
            continue;
        }
        if (media_stands(out, pairs, len, pairs[i].name)) {
            out->pairs[out->len].name = pairs[i].name;
            out->pairs[out->len++].value = pairs[i].value;
        }
    }
    return rc;
}

enum err post_read(struct ctx *ctx, struct form_post *out, const struct req *req)
{
    size_t files = 0;
    size_t len = 0;
    const struct pair *pairs = req_pairs(req, &len);
    enum err rc;

    (void)req_uploads(req, &files);
    make_room(ctx, out, len + files);
    rc = media_take(ctx, out, req);
    if (rc)
        return rc;
    note_kept(ctx, out, pairs, len);
    return sort_pairs(ctx, out, req_path(req, "kind"), pairs, len);
}

enum err post_read_kept(struct ctx *ctx, struct form_post *out, const char *kind,
                        const struct answer_pair *kept, size_t len)
{
    struct pair *pairs = ARENA_ARRAY(ctx->arena, len + 1, struct pair);

    for (size_t i = 0; i < len; i++)
        pairs[i] = (struct pair){ kept[i].name, kept[i].value };
    make_room(ctx, out, len);
    return sort_pairs(ctx, out, kind, pairs, len);
}

bool post_reshows(const struct form_post *post)
{
    return post->refresh || post->review || post->add != NULL || post->remove != NULL ||
           post->step != 0 || post->jump > 0 || ref_wants_finding(post);
}

/* --- rows --- */

static bool is_below(const char *name, const char *path)
{
    size_t len = strlen(path);

    return text_starts(name, path) && name[len] == '.';
}

/* Adds a row to a repeat named by a path such as names or names.2.parts. */
static enum err add_row(struct ctx *ctx, struct answers *root, const char *path)
{
    size_t len = 0;
    char **parts = text_split(ctx->arena, path, '.', false, &len);
    struct answers *t = root;

    for (size_t i = 0; i < len; i += 2) {
        const struct field *f = field_find(root->form, parts[i]);
        int64_t n = 0;

        if (f == NULL || f->kind != FIELD_REPEAT || f->repeat != t->repeat)
            return unknown(ctx, arena_printf(ctx->arena, "_add.%s", path));
        if (i + 1 == len) {
            if (t->rows_len[f->place] >= ANSWERS_ROWS_MAX)
                return ctx_fail_field(
                    ctx, path, tr(ctx, "At most {0} rows are taken.", TR_INT(ANSWERS_ROWS_MAX)));
            return answers_defaults(ctx, answers_add_row(ctx->arena, t, f));
        }
        if (!parse_int(parts[i + 1], 1, (int64_t)t->rows_len[f->place], &n))
            return unknown(ctx, arena_printf(ctx->arena, "_add.%s", path));
        t = t->rows[f->place][n - 1];
    }
    return OK;
}

/* --- answers to questions that are asked no more --- */

struct gone {
    struct ctx *ctx;
    const struct form_post *post;
    struct pair_view *items;
    size_t len;
    size_t cap;
    struct buf *labels;
};

static const struct field *gone_field(const struct gone *g, const char *name)
{
    const struct field *f = g->post->older == NULL ? NULL : field_find(g->post->older, name);

    return f != NULL && field_visible(g->ctx, f) ? f : NULL;
}

/* What may not be seen was not on the page, so it did not come from there. */
static void drop_unseen(const struct gone *g, struct answers *t)
{
    struct answer_kept *kept = ARENA_ARRAY(g->ctx->arena, t->unknown_len + 1, struct answer_kept);
    size_t len = 0;

    for (size_t i = 0; i < t->unknown_len; i++)
        if (gone_field(g, t->unknown[i].name) != NULL)
            kept[len++] = t->unknown[i];
    t->unknown = kept;
    t->unknown_len = len;
    for (size_t i = 0; i < t->form->all_len; i++)
        for (size_t r = 0; r < t->rows_len[i]; r++)
            drop_unseen(g, t->rows[i][r]);
}

static void add_gone(struct gone *g, const struct field *f, const char *path, const char *value)
{
    struct arena *a = g->ctx->arena;
    const char *label = label_text(g->ctx, &f->label);

    if (g->len == g->cap) {
        g->items = arena_grow(a, g->items, g->cap * sizeof(*g->items),
                              (2 * g->cap + 8) * sizeof(*g->items));
        g->cap = 2 * g->cap + 8;
    }
    g->items[g->len++] = (struct pair_view){ path, value };
    label = label[0] != '\0' ? label : f->name;
    if (g->labels->len + strlen(label) + 8 < GONE_TOLD_MAX)
        buf_printf(g->labels, "%s%s", g->labels->len > 0 ? "; " : "", label);
}

static void find_gone(struct gone *g, const struct answers *t, const char *prefix)
{
    struct arena *a = g->ctx->arena;

    for (size_t i = 0; i < t->unknown_len; i++) {
        const struct field *f = gone_field(g, t->unknown[i].name);

        if (f != NULL)
            add_gone(g, f, arena_printf(a, "%s%s", prefix, f->name), t->unknown[i].value);
    }
    for (size_t i = 0; i < t->form->all_len; i++)
        for (size_t r = 0; r < t->rows_len[i]; r++)
            find_gone(g, t->rows[i][r],
                      arena_printf(a, "%s%s.%zu.", prefix, t->form->all[i]->name, r + 1));
}

static void gone_of(struct ctx *ctx, struct gone *g, const struct form_post *post,
                    const struct answers *answers)
{
    *g = (struct gone){ .ctx = ctx, .post = post, .labels = ARENA_NEW(ctx->arena, struct buf) };
    buf_init(g->labels, ctx->arena, GONE_TOLD_MAX);
    if (post != NULL && post->older != NULL)
        find_gone(g, answers, "");
}

struct pair_view *post_gone(struct ctx *ctx, size_t *len_out, const struct form_post *post,
                            const struct answers *answers)
{
    struct gone g;

    gone_of(ctx, &g, post, answers);
    *len_out = g.len;
    return g.items;
}

const char *post_gone_text(struct ctx *ctx, const struct form_post *post,
                           const struct answers *answers)
{
    struct gone g;

    gone_of(ctx, &g, post, answers);
    if (g.len == 0)
        return NULL;
    return tr(ctx,
              "This form was changed after you had opened it. What you answered to questions that "
              "it does not ask any more is kept with the record: {0}",
              TR_TEXT(buf_text(g.labels)));
}

/* --- answers --- */

enum err post_answers(struct ctx *ctx, struct answers **out, const struct form *form,
                      const struct form_post *post)
{
    struct answer_pair *pairs = ARENA_ARRAY(ctx->arena, post->len + 1, struct answer_pair);
    size_t n = 0;
    enum err rc;

    for (size_t i = 0; i < post->len; i++)
        if (post->remove == NULL || !is_below(post->pairs[i].name, post->remove)) {
            pairs[n] = post->pairs[i];
            pairs[n].value = whole_date(ctx, form, &pairs[n]);
            n++;
        }
    rc = answers_from_older(ctx, out, form, post->older, pairs, n);
    if (post->older != NULL)
        drop_unseen(&(struct gone){ .ctx = ctx, .post = post }, *out);
    if (*out != NULL && post->add != NULL) {
        enum err rc2 = add_row(ctx, *out, post->add);

        rc = rc ? rc : rc2;
    }
    return rc ? rc : post->files;
}

/* Number of the row of a pair such as names.2.name_text with a value; 0 if it is none. */
static size_t filled_row(const struct answer_pair *p, const char *repeat)
{
    const char *digit = p->name + strlen(repeat) + 1;
    size_t n = 0;

    if (!is_below(p->name, repeat) || text_blank(p->value))
        return 0;
    for (; ascii_is_digit(*digit) && n <= ROW_NUMBER_MAX; digit++)
        n = 10 * n + (size_t)(*digit - '0');
    return *digit == '.' && strcmp(digit, ".id") != 0 && n <= ROW_NUMBER_MAX ? n : 0;
}

struct row_numbers post_row_numbers(struct ctx *ctx, const struct form_post *post,
                                    const char *repeat)
{
    bool *filled = ARENA_ARRAY(ctx->arena, ROW_NUMBER_MAX + 1, bool);
    struct row_numbers out = { ARENA_ARRAY(ctx->arena, ANSWERS_ROWS_MAX, int64_t), 0 };

    for (size_t p = 0; p < post->len; p++)
        filled[filled_row(&post->pairs[p], repeat)] = true;
    /* Rows are compacted in the order of their numbers. */
    for (size_t n = 1; n <= ROW_NUMBER_MAX && out.len < ANSWERS_ROWS_MAX; n++)
        if (filled[n])
            out.items[out.len++] = (int64_t)n;
    return out;
}
