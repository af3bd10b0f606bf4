#include "forms/forms_inner.h"

#include <string.h>

#include "core/date.h"
#include "core/text.h"

#define ROWS_FIRST ((size_t)4)

struct answers *answers_new(struct arena *a, const struct form *form)
{
    struct answers *t = ARENA_NEW(a, struct answers);

    t->form = form;
    t->values = ARENA_ARRAY(a, form->all_len + 1, const char *);
    t->rows = ARENA_ARRAY(a, form->all_len + 1, struct answers **);
    t->rows_len = ARENA_ARRAY(a, form->all_len + 1, size_t);
    return t;
}

struct answers *answers_loose_row(struct arena *a, struct answers *parent,
                                  const struct field *repeat)
{
    struct answers *row = answers_new(a, parent->form);

    row->repeat = repeat;
    row->parent = parent;
    return row;
}

void answers_attach(struct arena *a, struct answers *row)
{
    struct answers ***rows = &row->parent->rows[row->repeat->place];
    size_t len = row->parent->rows_len[row->repeat->place];

    if (len == 0 || (len >= ROWS_FIRST && (len & (len - 1)) == 0))
        *rows = arena_grow(a, *rows, len * sizeof(struct answers *),
                           (len ? len * 2 : ROWS_FIRST) * sizeof(struct answers *));
    (*rows)[len] = row;
    row->parent->rows_len[row->repeat->place]++;
}

struct answers *answers_add_row(struct arena *a, struct answers *parent, const struct field *repeat)
{
    struct answers *row = answers_loose_row(a, parent, repeat);

    answers_attach(a, row);
    return row;
}

const char *answers_get(const struct answers *t, const struct field *f)
{
    return t->values[f->place];
}

void answers_set(struct answers *t, const struct field *f, const char *value)
{
    t->values[f->place] = value && value[0] ? value : NULL;
}

const char *answers_value(const struct answers *t, const char *name)
{
    const struct field *f = field_find(t->form, name);

    while (f && t && t->repeat != f->repeat)
        t = t->parent;
    return f && t ? t->values[f->place] : NULL;
}

static size_t row_number(const struct answers *row)
{
    const struct answers *parent = row->parent;
    size_t place = row->repeat->place;

    for (size_t i = 0; i < parent->rows_len[place]; i++)
        if (parent->rows[place][i] == row)
            return i + 1;
    return 0;
}

const char *answers_path(struct arena *a, const struct answers *t, const struct field *f)
{
    const char *path = f->name;

    for (; t->repeat; t = t->parent)
        path = arena_printf(a, "%s.%zu.%s", t->repeat->name, row_number(t), path);
    return path;
}

/* --- as expressions see it --- */

struct found {
    struct arena *arena;
    const char **values;
    size_t len;
    size_t cap;
};

static void found_add(struct found *found, const char *value)
{
    if (found->len == found->cap) {
        size_t cap = found->cap ? found->cap * 2 : 1;

        found->values = arena_grow(found->arena, found->values, found->cap * sizeof(char *),
                                   cap * sizeof(char *));
        found->cap = cap;
    }
    found->values[found->len++] = value ? value : "";
}

/* Whether a level of a repeat (NULL = the root) is at or around the place of a field. */
static bool is_around(const struct field *level, const struct field *f)
{
    const struct field *r = f->repeat;

    while (r && r != level)
        r = r->repeat;
    return r == level;
}

/* All values of a field at and below a level. */
static void gather(struct found *found, const struct answers *t, const struct field *f)
{
    const struct field *next = f->repeat;

    if (t->repeat == f->repeat) {
        if (f->kind != FIELD_REPEAT)
            found_add(found, t->values[f->place]);
        for (size_t i = 0; f->kind == FIELD_REPEAT && i < t->rows_len[f->place]; i++)
            found_add(found, "");
        return;
    }
    while (next->repeat != t->repeat)
        next = next->repeat;
    for (size_t i = 0; i < t->rows_len[next->place]; i++)
        gather(found, t->rows[next->place][i], f);
}

static enum err lookup(struct ctx *ctx, const void *place, const char *const *steps,
                       size_t steps_len, const char *const **values_out, size_t *len_out)
{
    const struct answers *t = place;
    const struct field *f = field_find(t->form, steps[steps_len - 1]);
    struct found found = { .arena = ctx->arena };

    if (!f)
        return ctx_fail(
            ctx, ERR_NOT_FOUND,
            tr(ctx, "There is no field named {0} in this form.", TR_TEXT(steps[steps_len - 1])));
    while (!is_around(t->repeat, f))
        t = t->parent;
    gather(&found, t, f);
    *values_out = found.values;
    *len_out = found.len;
    return OK;
}

const char *answers_today(struct ctx *ctx, const struct form *form)
{
    return form->asks_today ? ctx_today(ctx) : "";
}

struct expr_host answers_host(struct ctx *ctx, const struct answers *t, const struct field *f,
                              const char *today)
{
    return (struct expr_host){ .lookup = lookup,
                               .place = t,
                               .self = field_has_value(f) ? t->values[f->place] : NULL,
                               .today = today,
                               .now_ms = ctx->now_ms,
                               .position = t->repeat ? (int)row_number(t) : 0 };
}

enum err answers_holds(struct ctx *ctx, bool *out, const struct expr *e,
                       const struct expr_host *host)
{
    struct arena_mark mark = arena_mark(ctx->arena);
    struct expr_value v = { 0 };
    enum err rc = expr_eval(ctx, &v, e, host);

    if (rc)
        return rc;
    *out = expr_bool(&v);
    arena_rewind(ctx->arena, mark);
    return OK;
}

enum err answers_relevant(struct ctx *ctx, const struct answers *t, const struct field *f,
                          bool *out)
{
    const char *today = answers_today(ctx, t->form);
    bool relevant = true;

    for (; f && relevant; f = f->parent) {
        struct expr_host host;
        enum err rc = OK;

        while (t->repeat != f->repeat)
            t = t->parent;
        if (!f->relevant)
            continue;
        host = answers_host(ctx, t, f, today);
        rc = answers_holds(ctx, &relevant, f->relevant, &host);
        if (rc)
            return rc;
    }
    *out = relevant;
    return OK;
}

enum err answers_defaults(struct ctx *ctx, struct answers *answers)
{
    const char *today = answers_today(ctx, answers->form);

    for (size_t i = 0; i < answers->form->all_len; i++) {
        const struct field *f = answers->form->all[i];
        struct expr_host host;
        struct expr_value v = { 0 };
        const char *problem = NULL;
        const char *value = NULL;
        enum err rc;

        if (!f->default_value || f->repeat != answers->repeat || answers->values[f->place])
            continue;
        host = answers_host(ctx, answers, f, today);
        rc = expr_eval(ctx, &v, f->default_value, &host);
        if (rc)
            return rc;
        value_read(ctx, f, expr_text(ctx, &v), &value, &problem);
        if (problem)
            return ctx_fail_field(ctx, answers_path(ctx->arena, answers, f), problem);
        answers_set(answers, f, value);
    }
    return OK;
}

/* --- as people read it --- */

static const char *shown_codes(struct ctx *ctx, const struct field *f, const char *value)
{
    char **codes = text_split(ctx->arena, value, ' ', true, NULL);
    const char *text = NULL;

    for (; *codes; codes++) {
        const struct choice *c = choice_find(f->choices, *codes);
        const char *label = c ? label_text(ctx, &c->label) : *codes;

        text = text ? tr(ctx, "{0}, {1}", TR_TEXT(text), TR_TEXT(label)) : label;
    }
    return text ? text : "";
}

const char *answers_shown(struct ctx *ctx, const struct field *f, const char *value)
{
    int64_t ms;

    if (!value || !value[0])
        return "";
    if (f->choices)
        return shown_codes(ctx, f, value);
    if (f->kind == FIELD_DATE)
        return tr_date(ctx, value);
    if (f->kind == FIELD_DATETIME && moment_parse(value, &ms))
        return tr_moment(ctx, ms);
    return value;
}
