/* Two people side by side: choosing, asking, confirming, "not the same". */
#include "people/merge_web.h"

#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "forms_gen.h"
#include "people/merge.h"
#include "people/people.h"
#include "people_templates.h"
#include "records/screens_web.h"

#define ROWS_MAX     400
#define SUMMARY_MAX  ((size_t)2000)
#define CHOICES_MAX  ((size_t)64 * 1024)
#define PROBLEMS_MAX 20

/* The two of the path: a and b, as far as the acting user may read them. */
struct two {
    struct ctx *ctx;
    const struct req *req; /* NULL: nothing was chosen on the page yet */
    struct record *a;
    struct record *b;
    const struct merge_asked *asked; /* NULL: nothing waits */
    struct merge_compare_view *v;
    struct choice_row_view *rows;
    struct kept_row_view *kept;
    struct fact_view *same;
};

static enum err load_two(struct ctx *ctx, struct two *t, const struct req *req)
{
    enum err rc = record_load(ctx, &t->a, FORM_PERSON, req_path(req, "id"));

    t->ctx = ctx;
    if (rc == OK)
        rc = record_load(ctx, &t->b, FORM_PERSON, req_path(req, "other"));
    if (rc == OK && text_equal(t->a->id, t->b->id))
        rc = ctx_fail(ctx, ERR_INVALID, tr(ctx, "These are one and the same record."));
    return rc;
}

static struct url two_url(struct ctx *ctx, const char *pattern, const struct two *t)
{
    return url_build(ctx, pattern, t->a->id, t->b->id);
}

/* --- what differs --- */

static const char *value_of(const struct answers *t, const struct field *f)
{
    const char *value = answers_get(t, f);

    return value ? value : "";
}

/* Whether b's answer is the one that is marked: as asked, as chosen, or because a has none. */
static bool takes_b(const struct two *t, const char *name, const char *a, const char *b)
{
    const char *chosen =
        t->req ? req_text(t->req, arena_printf(t->ctx->arena, "take.%s", name)) : "";
    const char *said = t->asked ? merge_choice(t->asked->choices, name) : NULL;
    const bool keep_b = t->v->keep_b;

    if (said)
        return text_equal(said, "gone") != keep_b;
    if (chosen[0])
        return text_equal(chosen, "b");
    if (a[0] == '\0' || b[0] == '\0')
        return b[0] != '\0';
    return keep_b;
}

static void add_field(struct two *t, const struct field *f)
{
    struct merge_compare_view *v = t->v;
    const char *a = value_of(t->a->answers, f);
    const char *b = value_of(t->b->answers, f);
    const char *label = label_text(t->ctx, &f->label);

    if (text_equal(a, b)) {
        if (a[0] && v->same_len < ROWS_MAX)
            t->same[v->same_len++] = (struct fact_view){ label, answers_shown(t->ctx, f, a) };
        return;
    }
    if (v->rows_len == ROWS_MAX)
        return;
    t->rows[v->rows_len] =
        (struct choice_row_view){ .label = label,
                                  .name = arena_printf(t->ctx->arena, "take.%s", f->name),
                                  .id = arena_printf(t->ctx->arena, "r%zu", v->rows_len),
                                  .a = answers_shown(t->ctx, f, a),
                                  .b = answers_shown(t->ctx, f, b),
                                  .take_b = takes_b(t, f->name, a, b) };
    v->rows_len++;
}

/* A value among others on a line keeps its own direction: numbers, French in an Arabic page. */
#define ISOLATED(text) "\xE2\x81\xA8" text "\xE2\x81\xA9"

/* "Yes" says nothing without its question. */
static const char *said_alone(struct ctx *ctx, const struct field *f, const char *value)
{
    const char *label = label_text(ctx, &f->label);
    const char *shown = answers_shown(ctx, f, value);

    if (!f->choices || !choice_find(f->choices, "yes"))
        return shown;
    if (text_ends(label, "?") || text_ends(label, "\xD8\x9F"))
        return arena_printf(ctx->arena, "%s %s", label, shown);
    return tr(ctx, "{0}: {1}", TR_TEXT(label), TR_TEXT(shown));
}

/* All answers of a row in one line. */
static const char *row_summary(struct ctx *ctx, const struct answers *row)
{
    struct buf b;

    buf_init(&b, ctx->arena, SUMMARY_MAX);
    for (size_t i = 0; i < row->form->all_len; i++) {
        const struct field *f = row->form->all[i];

        if (f->repeat != row->repeat || !merge_can_choose(f) || !record_may_read(ctx, f) ||
            value_of(row, f)[0] == '\0')
            continue;
        if (b.len > 0)
            buf_add(&b, " \xC2\xB7 ");
        buf_printf(&b, ISOLATED("%s"), said_alone(ctx, f, value_of(row, f)));
    }
    return buf_text(&b);
}

static bool is_chosen(const struct two *t, const struct answers *row)
{
    if (t->asked)
        return merge_choice(t->asked->choices, row->id) == NULL;
    return !t->req || req_bool(t->req, arena_printf(t->ctx->arena, "row.%s", row->id));
}

static bool other_has(const struct record *rec, const struct field *f, const struct answers *row)
{
    for (size_t r = 0; r < rec->answers->rows_len[f->place]; r++)
        if (merge_rows_equal(rec->answers->rows[f->place][r], row))
            return true;
    return false;
}

static void add_rows(struct two *t, const struct field *f, bool of_b)
{
    const struct record *rec = of_b ? t->b : t->a;
    struct merge_compare_view *v = t->v;

    for (size_t r = 0; r < rec->answers->rows_len[f->place] && v->kept_len < ROWS_MAX; r++) {
        const struct answers *row = rec->answers->rows[f->place][r];

        if (!row->id || (of_b && other_has(t->a, f, row)))
            continue;
        t->kept[v->kept_len] =
            (struct kept_row_view){ .label = label_text(t->ctx, &f->label),
                                    .text = row_summary(t->ctx, row),
                                    .name = arena_printf(t->ctx->arena, "row.%s", row->id),
                                    .id = arena_printf(t->ctx->arena, "k%zu", v->kept_len),
                                    .of_b = of_b,
                                    .on = is_chosen(t, row) };
        v->kept_len++;
    }
}

static void add_all(struct two *t)
{
    const struct form *form = t->a->form;

    t->rows = ARENA_ARRAY(t->ctx->arena, ROWS_MAX, struct choice_row_view);
    t->same = ARENA_ARRAY(t->ctx->arena, ROWS_MAX, struct fact_view);
    t->kept = ARENA_ARRAY(t->ctx->arena, ROWS_MAX, struct kept_row_view);
    for (size_t i = 0; i < form->all_len; i++) {
        const struct field *f = form->all[i];

        if (f->repeat || !record_may_read(t->ctx, f))
            continue;
        if (merge_can_choose(f))
            add_field(t, f);
        if (f->kind != FIELD_REPEAT)
            continue;
        add_rows(t, f, false);
        add_rows(t, f, true);
    }
    t->v->rows = t->rows;
    t->v->same = t->same;
    t->v->kept = t->kept;
}

/* --- the page --- */

/* How alike the two are, as a search for duplicates of the one would say of the other. */
static enum err fill_score(struct two *t)
{
    struct record_hit *hits = NULL;
    struct hit_view hit = { 0 };
    struct record_hit none = { .record = t->b, .why = "" };
    size_t len = 0;
    size_t at = 0;
    enum err rc = record_duplicates(t->ctx, &hits, &len, t->a);

    if (rc)
        return rc;
    while (at < len && !text_equal(hits[at].record->id, t->b->id))
        at++;
    hit_fill(t->ctx, &hit, at < len ? &hits[at] : &none);
    t->v->score = (int64_t)((at < len ? hits[at].score : 0) * 100);
    t->v->strength = hit.strength;
    t->v->strength_text = hit.strength_text;
    return OK;
}

static void fill_asked(struct two *t)
{
    struct merge_compare_view *v = t->v;
    const struct merge_asked *a = t->asked;
    const bool keeps_b = text_equal(a->kept_id, t->b->id);

    v->keep_b = keeps_b;
    v->asked_by = a->asked_by_name;
    v->asked_at = a->asked_at;
    v->until_text = tr_moment(t->ctx, a->until);
    v->asked_reason = a->reason;
    v->keeps = keeps_b ? t->b->number : t->a->number;
    v->goes = keeps_b ? t->a->number : t->b->number;
    v->mine = a->mine;
    v->may_confirm = !a->mine && user_may(t->ctx->user, PERM_PERSON_MERGE);
    v->may_refuse = a->mine || user_may(t->ctx->user, PERM_PERSON_MERGE);
}

static enum err fill_apart(struct two *t)
{
    struct not_same *apart = NULL;
    enum err rc = not_same_of(t->ctx, &apart, t->a->id, t->b->id);

    if (rc || !apart)
        return rc;
    t->v->apart_by = apart->made_by_name;
    t->v->apart_at = apart->made_at;
    t->v->apart_reason = apart->reason;
    return OK;
}

static void fill_urls(struct two *t)
{
    struct merge_compare_view *v = t->v;

    v->ask = two_url(t->ctx, "/people/{}/compare/{}/ask", t);
    v->confirm = two_url(t->ctx, "/people/{}/compare/{}/confirm", t);
    v->refuse = two_url(t->ctx, "/people/{}/compare/{}/refuse", t);
    v->differ = two_url(t->ctx, "/people/{}/compare/{}/differ", t);
    v->undiffer = two_url(t->ctx, "/people/{}/compare/{}/undiffer", t);
    v->list = url_build(t->ctx, "/people/{}/duplicates", t->a->id);
}

static void fill_problems(struct two *t)
{
    const char **texts = ARENA_ARRAY(t->ctx->arena, PROBLEMS_MAX, const char *);

    for (const struct problem *p = t->ctx->problems; p && t->v->problems_len < PROBLEMS_MAX;
         p = p->next) {
        const char *dot = p->field ? strrchr(p->field, '.') : NULL;
        const struct field *f = p->field ? field_find(t->a->form, dot ? dot + 1 : p->field) : NULL;

        texts[t->v->problems_len++] =
            f ? arena_printf(t->ctx->arena, "%s: %s", label_text(t->ctx, &f->label), p->text)
              : p->text;
    }
    t->v->problems = texts;
}

static enum err show(struct two *t, struct res *res, int status)
{
    struct merge_compare_view *v = ARENA_NEW(t->ctx->arena, struct merge_compare_view);
    struct merge_asked *asked = NULL;
    struct ctx *ctx = t->ctx;
    enum err rc;

    t->v = v;
    fill_problems(t);
    v->version_a = t->a->version;
    v->version_b = t->b->version;
    v->keep_b =
        t->req ? text_equal(req_text(t->req, "keep"), "b") : t->b->created_at < t->a->created_at;
    v->reason = t->req ? req_text(t->req, "reason") : "";
    v->over = !text_equal(t->a->status, STATUS_PERSON_ACTIVE) ||
              !text_equal(t->b->status, STATUS_PERSON_ACTIVE);
    v->may_ask = user_may(ctx->user, PERM_PERSON_COMPARE);
    rc = side_fill(ctx, &v->a, t->a);
    if (rc == OK)
        rc = side_fill(ctx, &v->b, t->b);
    if (rc == OK)
        rc = merge_asked_of(ctx, &asked, t->a->id, t->b->id);
    t->asked = asked;
    if (rc == OK && asked)
        fill_asked(t);
    if (rc == OK)
        rc = fill_apart(t);
    if (rc == OK)
        rc = fill_score(t);
    if (rc)
        return rc;
    v->names_b = takes_b(t, MERGE_NAMES, "-", "-");
    add_all(t);
    fill_urls(t);
    merge_compare_reply(res, status, v);
    return OK;
}

enum err get_compare(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct two t = { 0 };
    enum err rc = load_two(ctx, &t, req);

    return rc ? rc : show(&t, res, 200);
}

/* --- what is done there --- */

static void add_choice(struct buf *b, const char *name, const char *side, bool keep_b)
{
    if (side[0])
        buf_printf(b, "%s %s\n", name, text_equal(side, "b") == keep_b ? "kept" : "gone");
}

static void add_drops(struct buf *b, const struct two *t, const struct record *rec)
{
    for (size_t i = 0; i < rec->form->all_len; i++) {
        const struct field *f = rec->form->all[i];

        if (f->kind != FIELD_REPEAT || f->repeat || !record_may_read(t->ctx, f))
            continue;
        for (size_t r = 0; r < rec->answers->rows_len[f->place]; r++) {
            const struct answers *row = rec->answers->rows[f->place][r];

            if (row->id && !is_chosen(t, row) && !(rec == t->b && other_has(t->a, f, row)))
                buf_printf(b, "%s drop\n", row->id);
        }
    }
}

/* The choices of the page as merge.h has them. */
static const char *choices_of(const struct two *t, bool keep_b)
{
    struct buf b;
    size_t len = 0;
    const struct pair *pairs = req_pairs(t->req, &len);

    buf_init(&b, t->ctx->arena, CHOICES_MAX);
    for (size_t i = 0; i < len; i++)
        if (text_starts(pairs[i].name, "take."))
            add_choice(&b, pairs[i].name + strlen("take."), pairs[i].value, keep_b);
    add_drops(&b, t, t->a);
    add_drops(&b, t, t->b);
    return buf_text(&b);
}

enum err post_ask(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct two t = { .req = req };
    const bool keep_b = text_equal(req_text(req, "keep"), "b");
    const int64_t versions[2] = { req_int(req, "version_a"), req_int(req, "version_b") };
    struct merge_wish wish = { .kept_version = versions[keep_b],
                               .gone_version = versions[!keep_b],
                               .reason = req_text(req, "reason") };
    enum err rc = load_two(ctx, &t, req);

    if (rc)
        return rc;
    wish.kept_id = keep_b ? t.b->id : t.a->id;
    wish.gone_id = keep_b ? t.a->id : t.b->id;
    wish.choices = choices_of(&t, keep_b);
    rc = merge_ask(ctx, &wish);
    if (rc == ERR_INVALID)
        return show(&t, res, 422);
    if (rc == ERR_CONFLICT)
        return show(&t, res, 409);
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "Asked. Another person must confirm the merge."));
    return res_see_other(res, two_url(ctx, "/people/{}/compare/{}", &t));
}

/* Done, and told on the page that follows; or shown again with what stands in the way. */
static enum err after(struct two *t, struct res *res, enum err rc, const char *said)
{
    if (rc == ERR_INVALID || rc == ERR_CONFLICT)
        return show(t, res, rc == ERR_INVALID ? 422 : 409);
    if (rc)
        return rc;
    res_flash(res, said);
    return res_see_other(res, two_url(t->ctx, "/people/{}/compare/{}", t));
}

enum err post_confirm(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct two t = { 0 };
    const char *kept = NULL;
    enum err rc = load_two(ctx, &t, req);

    if (rc)
        return rc;
    rc = merge_confirm(ctx, &kept, t.a->id, t.b->id);
    if (rc)
        return after(&t, res, rc, "");
    res_flash(res, tr(ctx, "Merged. It can be undone for 30 days."));
    return res_see_other(res, url_build(ctx, "/records/{}/{}", FORM_PERSON, kept));
}

enum err post_refuse(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct two t = { 0 };
    enum err rc = load_two(ctx, &t, req);

    if (rc)
        return rc;
    return after(&t, res, merge_refuse(ctx, t.a->id, t.b->id), tr(ctx, "Nothing is merged."));
}

enum err post_differ(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct two t = { .req = req };
    enum err rc = load_two(ctx, &t, req);

    if (rc)
        return rc;
    return after(&t, res, not_same_set(ctx, t.a->id, t.b->id, req_text(req, "reason")),
                 tr(ctx, "Noted: two people. They are not suggested again."));
}

enum err post_undiffer(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct two t = { 0 };
    enum err rc = load_two(ctx, &t, req);

    if (rc)
        return rc;
    return after(&t, res, not_same_undo(ctx, t.a->id, t.b->id),
                 tr(ctx, "They may be the same again."));
}
