/*
 * Two people saved one record. Three trees of answers are walked side by side: what both saw
 * (base), what is stored now (theirs), what was typed (mine). Rows of repeats are matched by their
 * ids.
 */
#include <string.h>

#include "core/text.h"
#include "records/records_inner.h"
#include "records/screens_web.h"
#include "records_templates.h"

#define CONFLICT_ROWS_MAX 2000
#define SUMMARY_MAX       ((size_t)2000)

struct merge {
    struct ctx *ctx;
    const struct form_post *post; /* NULL: only look */
    struct record_conflict_view *view;
    struct conflict_row_view *asked; /* both changed it */
    struct change_view *theirs;      /* only they did */
    struct change_view *mine;        /* only you did */
    bool missing;                    /* a choice was not made */
};

/* The same level of the three trees; base or theirs may lack a row. */
struct three {
    const struct answers *base;
    const struct answers *theirs;
    struct answers *mine;
};

static const char *value_of(const struct answers *t, const struct field *f)
{
    const char *value = t == NULL ? NULL : answers_get(t, f);

    return value == NULL ? "" : value;
}

/* What a page lets people fill in. */
static bool is_typed(const struct merge *m, const struct field *f)
{
    return field_has_value(f) && f->kind != FIELD_HIDDEN && f->kind != FIELD_CALCULATE &&
           !f->read_only && field_visible(m->ctx, f);
}

static const char *label_of(const struct merge *m, const struct answers *t, const struct field *f)
{
    const char *label = label_said(m->ctx, &f->label, t);

    if (t->repeat == NULL)
        return label;
    return arena_printf(m->ctx->arena, "%s · %s", label_said(m->ctx, &t->repeat->label, t), label);
}

/* All typed answers of a row in one line. */
static const char *row_summary(const struct merge *m, const struct answers *row)
{
    struct buf *b = ARENA_NEW(m->ctx->arena, struct buf);

    buf_init(b, m->ctx->arena, SUMMARY_MAX);
    for (size_t i = 0; i < row->form->all_len; i++) {
        const struct field *f = row->form->all[i];

        if (f->repeat != row->repeat || !is_typed(m, f) || value_of(row, f)[0] == '\0')
            continue;
        if (b->len > 0)
            buf_add(b, " · ");
        buf_add(b, answers_shown(m->ctx, f, value_of(row, f)));
    }
    return buf_text(b);
}

/* --- noting --- */

static void note(struct change_view *list, size_t *len, const char *label, const char *before,
                 const char *after)
{
    if (*len < CONFLICT_ROWS_MAX)
        list[(*len)++] = (struct change_view){ label, before, after };
}

static void ask(struct merge *m, const struct conflict_row_view *row, const char *path)
{
    struct conflict_row_view *out;

    if (m->view->rows_len >= CONFLICT_ROWS_MAX)
        return;
    out = &m->asked[m->view->rows_len++];
    *out = *row;
    out->take = arena_printf(m->ctx->arena, "_take.%s", path);
    out->id = arena_printf(m->ctx->arena, "c%d", (int)m->view->rows_len);
}

/* What was chosen for a path: mine or theirs; NULL, and noted, if nothing was. */
static const char *choice(struct merge *m, const char *path)
{
    for (size_t i = 0; m->post != NULL && i < m->post->takes_len; i++)
        if (strcmp(m->post->takes[i].name, path) == 0 &&
            (strcmp(m->post->takes[i].value, "mine") == 0 ||
             strcmp(m->post->takes[i].value, "theirs") == 0))
            return m->post->takes[i].value;
    m->missing = true;
    return NULL;
}

/* --- fields --- */

static void merge_field(struct merge *m, const struct three *t, const struct field *f)
{
    const char *base = value_of(t->base, f);
    const char *theirs = value_of(t->theirs, f);
    const char *mine = value_of(t->mine, f);
    struct conflict_row_view row = { .label = label_of(m, t->mine, f),
                                     .before = answers_shown(m->ctx, f, base),
                                     .theirs = answers_shown(m->ctx, f, theirs),
                                     .mine = answers_shown(m->ctx, f, mine) };
    const char *path;

    if (strcmp(theirs, mine) == 0)
        return;
    if (strcmp(base, mine) == 0) {
        note(m->theirs, &m->view->theirs_len, row.label, row.before, row.theirs);
        answers_set(t->mine, f, theirs[0] == '\0' ? NULL : theirs);
        return;
    }
    if (strcmp(base, theirs) == 0) {
        note(m->mine, &m->view->mine_len, row.label, row.before, row.mine);
        return;
    }
    path = answers_path(m->ctx->arena, t->mine, f);
    ask(m, &row, path);
    if (text_equal(choice(m, path), "theirs"))
        answers_set(t->mine, f, theirs[0] == '\0' ? NULL : theirs);
}

/* --- rows --- */

static struct answers *find_row(const struct answers *t, const struct field *repeat, const char *id)
{
    for (size_t i = 0; t != NULL && id != NULL && i < t->rows_len[repeat->place]; i++)
        if (text_equal(t->rows[repeat->place][i]->id, id))
            return t->rows[repeat->place][i];
    return NULL;
}

static bool same_row(const struct merge *m, const struct answers *a, const struct answers *b)
{
    for (size_t i = 0; i < a->form->all_len; i++) {
        const struct field *f = a->form->all[i];

        if (f->repeat == a->repeat && is_typed(m, f) && strcmp(value_of(a, f), value_of(b, f)) != 0)
            return false;
    }
    return true;
}

static void copy_row(struct merge *m, struct answers *to, const struct answers *row)
{
    struct answers *copy = answers_add_row(m->ctx->arena, to, row->repeat);

    copy->id = row->id;
    for (size_t i = 0; i < row->form->all_len; i++) {
        const struct field *f = row->form->all[i];

        if (f->repeat != row->repeat)
            continue;
        if (field_has_value(f))
            answers_set(copy, f, answers_get(row, f));
        for (size_t r = 0; f->kind == FIELD_REPEAT && r < row->rows_len[f->place]; r++)
            copy_row(m, copy, row->rows[f->place][r]);
    }
}

static void merge_level(struct merge *m, const struct three *t);

/* A row of mine that they do not have. True: it goes. */
static bool merge_gone(struct merge *m, const struct answers *base, struct answers *mine)
{
    const char *label = label_said(m->ctx, &mine->repeat->label, mine);
    struct conflict_row_view row = { .label = label,
                                     .theirs = tr(m->ctx, "removed"),
                                     .mine = row_summary(m, mine) };
    const char *path;

    if (base == NULL) {
        note(m->mine, &m->view->mine_len, label, "", row.mine);
        return false;
    }
    row.before = row_summary(m, base);
    if (same_row(m, base, mine)) {
        note(m->theirs, &m->view->theirs_len, label, row.before, "");
        return true;
    }
    path = arena_printf(m->ctx->arena, "%s.%s", mine->repeat->name, mine->id);
    ask(m, &row, path);
    return text_equal(choice(m, path), "theirs");
}

/* A row of theirs that mine does not have. True: it comes back. */
static bool merge_new(struct merge *m, const struct answers *base, const struct answers *theirs)
{
    const char *label = label_said(m->ctx, &theirs->repeat->label, theirs);
    struct conflict_row_view row = { .label = label,
                                     .theirs = row_summary(m, theirs),
                                     .mine = tr(m->ctx, "removed") };
    const char *path;

    if (base == NULL) {
        note(m->theirs, &m->view->theirs_len, label, "", row.theirs);
        return true;
    }
    row.before = row_summary(m, base);
    if (same_row(m, base, theirs)) {
        note(m->mine, &m->view->mine_len, label, row.before, "");
        return false;
    }
    path = arena_printf(m->ctx->arena, "%s.%s", theirs->repeat->name, theirs->id);
    ask(m, &row, path);
    return text_equal(choice(m, path), "theirs");
}

static void merge_repeat(struct merge *m, const struct three *t, const struct field *f)
{
    size_t place = f->place;
    size_t kept = 0;
    size_t mine_len = t->mine->rows_len[place];
    struct answers **rows = ARENA_ARRAY(m->ctx->arena, mine_len + 1, struct answers *);

    for (size_t i = 0; i < mine_len; i++) {
        struct answers *row = t->mine->rows[place][i];
        struct three below = { find_row(t->base, f, row->id), find_row(t->theirs, f, row->id),
                               row };

        if (below.theirs != NULL)
            merge_level(m, &below);
        if (below.theirs != NULL || !merge_gone(m, below.base, row))
            rows[kept++] = row;
    }
    for (size_t i = 0; t->theirs != NULL && i < t->theirs->rows_len[place]; i++) {
        const struct answers *row = t->theirs->rows[place][i];

        if (find_row(t->mine, f, row->id) == NULL &&
            merge_new(m, find_row(t->base, f, row->id), row))
            copy_row(m, t->mine, row);
    }
    for (size_t i = mine_len; i < t->mine->rows_len[place]; i++) /* those that came back */
        t->mine->rows[place][kept + i - mine_len] = t->mine->rows[place][i];
    if (kept > 0)
        memcpy(t->mine->rows[place], rows, kept * sizeof *rows);
    t->mine->rows_len[place] = kept + t->mine->rows_len[place] - mine_len;
}

static void merge_level(struct merge *m, const struct three *t)
{
    const struct form *form = t->mine->form;

    for (size_t i = 0; i < form->all_len; i++) {
        const struct field *f = form->all[i];

        if (f->repeat != t->mine->repeat)
            continue;
        if (is_typed(m, f))
            merge_field(m, t, f);
        else if (f->kind == FIELD_REPEAT && field_visible(m->ctx, f))
            merge_repeat(m, t, f);
    }
}

/* Walks the three trees; mine is changed by what only they changed, and by the choices. */
static void merge_run(struct merge *m, const struct three *t)
{
    struct arena *a = m->ctx->arena;

    m->asked = ARENA_ARRAY(a, CONFLICT_ROWS_MAX, struct conflict_row_view);
    m->theirs = ARENA_ARRAY(a, CONFLICT_ROWS_MAX, struct change_view);
    m->mine = ARENA_ARRAY(a, CONFLICT_ROWS_MAX, struct change_view);
    merge_level(m, t);
    m->view->rows = m->asked;
    m->view->theirs = m->theirs;
    m->view->mine = m->mine;
}

/* --- all that was typed, as hidden fields --- */

struct pairs_out {
    struct ctx *ctx;
    struct pair_view *items;
    size_t len;
    size_t cap;
};

static void add_pair(struct pairs_out *p, const char *name, const char *value)
{
    if (p->len == p->cap) {
        size_t cap = p->cap == 0 ? 64 : 2 * p->cap;

        p->items =
            arena_grow(p->ctx->arena, p->items, p->cap * sizeof *p->items, cap * sizeof *p->items);
        p->cap = cap;
    }
    p->items[p->len++] = (struct pair_view){ name, value };
}

static void add_codes(struct pairs_out *p, const char *name, const char *codes)
{
    size_t len = 0;
    char **parts = text_split(p->ctx->arena, codes, ' ', true, &len);

    for (size_t i = 0; i < len; i++)
        add_pair(p, name, parts[i]);
}

static void add_level(struct pairs_out *p, const struct answers *t)
{
    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];
        const char *path;

        if (f->repeat != t->repeat)
            continue;
        path = answers_path(p->ctx->arena, t, f);
        if (f->kind == FIELD_SELECT_MULTIPLE)
            add_codes(p, path, value_of(t, f));
        else if (field_has_value(f) && value_of(t, f)[0] != '\0')
            add_pair(p, path, value_of(t, f));
        for (size_t r = 0; f->kind == FIELD_REPEAT && r < t->rows_len[f->place]; r++) {
            const struct answers *row = t->rows[f->place][r];

            if (row->id != NULL)
                add_pair(p, arena_printf(p->ctx->arena, "%s.%zu.id", path, r + 1), row->id);
            add_level(p, row);
        }
    }
}

/* --- what others call --- */

enum err reply_conflict(struct ctx *ctx, struct res *res, const struct record *mine,
                        const struct form_post *post, int64_t base)
{
    struct record_conflict_view v = { .base = base };
    struct merge m = { .ctx = ctx, .view = &v };
    struct pairs_out pairs = { .ctx = ctx };
    struct record *before = NULL;
    struct record *now = NULL;
    struct three t;
    enum err rc = record_load_version(ctx, &before, mine->form->kind, mine->id, base);

    if (!rc)
        rc = record_load(ctx, &now, mine->form->kind, mine->id);
    if (!rc && now->updated_by != NULL)
        rc = user_name(ctx, &v.their_name, now->updated_by);
    if (rc)
        return rc;
    t = (struct three){ before->answers, now->answers, answers_copy(ctx->arena, mine->answers) };
    merge_run(&m, &t);
    add_level(&pairs, mine->answers);
    v.window = record_window(ctx, now);
    v.title = record_name(ctx, now);
    v.their_at = now->updated_at;
    v.version = now->version;
    v.action = record_url(ctx, now);
    v.cancel = v.action;
    v.draft_id = post->draft_id;
    v.form_hash = post->older != NULL ? post->older->hash : mine->form->hash;
    v.gone = post_gone(ctx, &v.gone_len, post, mine->answers);
    v.pairs = pairs.items;
    v.pairs_len = pairs.len;
    record_conflict_reply(res, 409, &v);
    return OK;
}

enum err conflict_merge(struct ctx *ctx, struct record *mine, const struct form_post *post)
{
    struct record_conflict_view v = { 0 };
    struct merge m = { .ctx = ctx, .view = &v, .post = post };
    struct record *before = NULL;
    struct record *theirs = NULL;
    struct answers *merged = answers_copy(ctx->arena, mine->answers);
    struct three t;
    enum err rc;

    if (post->base == 0)
        return ctx_fail_field(ctx, "_base", tr(ctx, "Open the record and edit it again."));
    rc = record_load_version(ctx, &before, mine->form->kind, mine->id, post->base);
    if (!rc)
        rc = record_load_version(ctx, &theirs, mine->form->kind, mine->id, post->version);
    if (rc)
        return rc;
    t = (struct three){ before->answers, theirs->answers, merged };
    merge_run(&m, &t);
    if (m.missing)
        return ERR_CONFLICT;
    mine->answers = merged;
    return OK;
}
