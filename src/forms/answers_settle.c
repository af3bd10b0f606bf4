#include "forms/forms_inner.h"

#include <math.h>
#include <string.h>

#include "core/text.h"

/*
 * Calculations, relevance and numbers of rows, in the order of the form's graph: each field after
 * what it depends on, so that one walk settles all. After one change only what depends on it is
 * looked at, and only as long as something changes.
 */

struct settling {
    struct ctx *ctx;
    const struct form *form;
    const char *today;
    const struct field *changed; /* NULL: everything is settled anew */
    bool *dirty;                 /* by rank: to be looked at */
    bool *touched;               /* by place: its value, relevance or rows changed */
    bool any;                    /* of the field that is looked at now */
};

static bool same_value(const char *a, const char *b)
{
    return text_equal(a, b);
}

static void put(struct settling *s, struct answers *t, const struct field *f, const char *value)
{
    s->any = s->any || !same_value(t->values[f->place], value);
    t->values[f->place] = value;
}

static bool triggered(const struct settling *s, const struct answers *t, const struct field *f)
{
    if (f->trigger_len == 0)
        return true;
    for (size_t i = 0; i < f->trigger_len; i++) {
        if (s->changed == f->trigger[i])
            return true;
        if (!s->changed && !t->values[f->place] && answers_value(t, f->trigger[i]->name))
            return true;
    }
    return false;
}

/* A result that is no number is no answer. */
static enum err calculate(struct settling *s, struct answers *t, const struct field *f)
{
    struct expr_host host = answers_host(s->ctx, t, f, s->today);
    struct expr_value v = { 0 };
    const char *value = NULL;
    const char *problem = NULL;
    enum err rc;

    if (!triggered(s, t, f))
        return OK;
    rc = expr_eval(s->ctx, &v, f->calculation, &host);
    if (rc)
        return rc;
    if (v.type != EXPR_NUMBER || isfinite(v.number))
        value = expr_text(s->ctx, &v);
    if (value)
        value_read(s->ctx, f, value, &value, &problem);
    put(s, t, f, value);
    return OK;
}

/* As many rows as repeat_count says; while it gives no number, those that there are: as in ODK. */
static enum err count_rows(struct settling *s, struct answers *t, const struct field *f)
{
    struct expr_host host = answers_host(s->ctx, t, f, s->today);
    struct expr_value v = { 0 };
    size_t wanted = 0;
    double n;
    enum err rc = expr_eval(s->ctx, &v, f->repeat_count, &host);

    if (rc)
        return rc;
    n = expr_number(s->ctx, &v);
    if (isnan(n))
        return OK;
    if (n >= 1)
        wanted = n < ANSWERS_ROWS_MAX ? (size_t)n : ANSWERS_ROWS_MAX;
    s->any = s->any || t->rows_len[f->place] != wanted;
    if (t->rows_len[f->place] > wanted)
        t->rows_len[f->place] = wanted;
    while (t->rows_len[f->place] < wanted && !rc)
        rc = answers_defaults(s->ctx, answers_add_row(s->ctx->arena, t, f));
    return rc;
}

/* One field of one level. */
static enum err settle(struct settling *s, struct answers *t, const struct field *f)
{
    bool relevant = true;
    enum err rc = OK;

    if (!t->relevant)
        t->relevant = ARENA_ARRAY(s->ctx->arena, s->form->all_len + 1, bool);
    if (f->parent && f->parent->kind == FIELD_GROUP)
        relevant = t->relevant[f->parent->place];
    if (relevant && f->relevant) {
        struct expr_host host = answers_host(s->ctx, t, f, s->today);

        rc = answers_holds(s->ctx, &relevant, f->relevant, &host);
    }
    if (rc)
        return rc;
    s->any = s->any || t->relevant[f->place] != relevant;
    t->relevant[f->place] = relevant;
    if (f->kind == FIELD_REPEAT && !relevant) {
        s->any = s->any || t->rows_len[f->place] > 0;
        t->rows_len[f->place] = 0;
    }
    if (f->kind == FIELD_REPEAT)
        return relevant && f->repeat_count ? count_rows(s, t, f) : OK;
    if (f->kind == FIELD_GROUP)
        return OK;
    if (!relevant)
        put(s, t, f, NULL);
    else if (f->calculation)
        return calculate(s, t, f);
    return OK;
}

/* The field in all levels that have it. */
static enum err settle_levels(struct settling *s, struct answers *t, const struct field *f)
{
    const struct field *next = f->repeat;
    enum err rc = OK;

    if (t->repeat == f->repeat)
        return settle(s, t, f);
    while (next->repeat != t->repeat)
        next = next->repeat;
    for (size_t i = 0; i < t->rows_len[next->place] && !rc; i++)
        rc = settle_levels(s, t->rows[next->place][i], f);
    return rc;
}

static void mark_users(struct settling *s, const struct field *f)
{
    const struct form_graph *g = s->form->graph;
    const struct field_users *users = &g->users[f->place];

    for (size_t i = 0; i < users->len; i++)
        s->dirty[g->rank[users->places[i]]] = true;
}

static enum err walk(struct settling *s, struct answers *root)
{
    const struct form_graph *g = s->form->graph;
    enum err rc = OK;

    for (size_t i = 0; i < s->form->all_len && !rc; i++) {
        const struct field *f = s->form->all[g->order[i]];

        if (s->changed && !s->dirty[i])
            continue;
        s->any = false;
        rc = settle_levels(s, root, f);
        s->touched[f->place] = s->any || !s->changed;
        if (s->changed && s->any)
            mark_users(s, f);
    }
    return rc;
}

enum err answers_recompute(struct ctx *ctx, struct answers *root, const struct field *changed,
                           const bool **touched_out)
{
    const struct form *form = root->form;
    struct settling s = { .ctx = ctx,
                          .form = form,
                          .today = answers_today(ctx, form),
                          .changed = root->relevant ? changed : NULL };
    enum err rc;

    s.dirty = ARENA_ARRAY(ctx->arena, form->all_len + 1, bool);
    s.touched = ARENA_ARRAY(ctx->arena, form->all_len + 1, bool);
    if (s.changed) {
        mark_users(&s, changed);
        if (changed->kind == FIELD_REPEAT)
            s.dirty[form->graph->rank[changed->place]] = true;
    }
    rc = walk(&s, root);
    if (!rc && touched_out)
        *touched_out = s.touched;
    return rc;
}

/* As randomize() does; retired ones, which a form sent out does not have, stay behind. */
static enum err put_in_order(struct ctx *ctx, const struct answers *t, const struct field *f,
                             const struct choice **items, size_t len)
{
    const struct answers *root = t;
    struct expr_host host = answers_host(ctx, t, f, answers_today(ctx, t->form));
    struct expr_value seed = { .type = EXPR_TEXT };
    const struct choice **was = ARENA_ARRAY(ctx->arena, len + 1, const struct choice *);
    size_t *order = ARENA_ARRAY(ctx->arena, len + 1, size_t);
    size_t fresh = 0;
    size_t at = 0;
    enum err rc = OK;

    while (root->parent)
        root = root->parent;
    if (!f->seed && !root->shuffle)
        return OK;
    if (f->seed)
        rc = expr_eval(ctx, &seed, f->seed, &host);
    else
        seed.text = arena_printf(ctx->arena, "%s %s", root->shuffle, f->name);
    if (rc)
        return rc;
    for (size_t i = 0; i < len; i++)
        if (!items[i]->retired)
            was[fresh++] = items[i];
    at = fresh;
    for (size_t i = 0; i < len; i++)
        if (items[i]->retired)
            was[at++] = items[i];
    expr_shuffle(ctx, order, fresh, &seed);
    for (size_t i = 0; i < len; i++)
        items[i] = was[i < fresh ? order[i] : i];
    return OK;
}

/* Whether a choice with this code was taken before; if not, it is now. */
static bool is_taken(const struct choice_list *list, bool *taken, const char *code)
{
    size_t first = (size_t)(choice_find(list, code) - list->items);
    bool was = taken[first];

    taken[first] = true;
    return was;
}

enum err answers_choices(struct ctx *ctx, const struct answers *t, const struct field *f,
                         const struct choice *const **out, size_t *len_out)
{
    const struct choice_list *list = f->choices;
    struct expr_host host = answers_host(ctx, t, f, answers_today(ctx, t->form));
    const struct choice **items;
    bool *taken;
    size_t len = 0;
    enum err rc = OK;

    items = ARENA_ARRAY(ctx->arena, (list ? list->len : 0) + 1, const struct choice *);
    taken = ARENA_ARRAY(ctx->arena, (list ? list->len : 0) + 1, bool);
    for (size_t i = 0; list && i < list->len; i++) {
        struct expr_host at = choice_host(host, list, i);
        bool allowed = !list->items[i].retired || answer_has_code(t, f, list->items[i].name);

        if (allowed && f->choice_filter)
            rc = answers_holds(ctx, &allowed, f->choice_filter, &at);
        if (rc)
            return rc;
        if (allowed && list->searched)
            allowed = !is_taken(list, taken, list->items[i].name);
        if (allowed)
            items[len++] = &list->items[i];
    }
    rc = f->randomize ? put_in_order(ctx, t, f, items, len) : OK;
    if (rc)
        return rc;
    *out = items;
    *len_out = len;
    return OK;
}
