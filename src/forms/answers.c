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

static bool has_repeat_in(const struct field *f)
{
    for (f = f->children; f; f = f->next)
        if (f->kind == FIELD_REPEAT || has_repeat_in(f))
            return true;
    return false;
}

#define PLACES_MAX 512 /* places of nearly every form */

struct answers *answers_loose_row(struct arena *a, struct answers *parent,
                                  const struct field *repeat)
{
    /* Rows that can have no rows in them share what says so: it is never written to. */
    static struct answers **no_rows[PLACES_MAX];
    static size_t no_rows_len[PLACES_MAX];
    const struct form *form = parent->form;
    struct answers *row;

    if (form->all_len < PLACES_MAX && !has_repeat_in(repeat)) {
        row = ARENA_NEW(a, struct answers);
        row->form = form;
        row->values = ARENA_ARRAY(a, form->all_len + 1, const char *);
        row->rows = no_rows;
        row->rows_len = no_rows_len;
    } else {
        row = answers_new(a, form);
    }
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

enum err answers_meet(struct ctx *ctx, bool *out, const struct answers *t, const struct expr *e)
{
    struct expr_host host = answers_host(ctx, t, t->form->all[0], ctx_today(ctx));

    return answers_holds(ctx, out, e, &host);
}

enum err answers_say(struct ctx *ctx, const char **out, const struct answers *t,
                     const struct expr *e)
{
    struct expr_host host = answers_host(ctx, t, t->form->all[0], ctx_today(ctx));
    struct expr_value v = { 0 };
    enum err rc = expr_eval(ctx, &v, e, &host);

    if (rc == OK)
        *out = expr_text(ctx, &v);
    return rc;
}
