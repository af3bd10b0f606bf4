#include "forms/forms_inner.h"

#include <string.h>

#include "core/text.h"

/*
 * Validation in three walks over the tree: values into canonical form; calculations and relevance
 * (answers_settle.c); then what is wrong.
 */

struct check {
    struct ctx *ctx;
    const struct form *form;
    const char *today;
    bool complete;
    bool failed;
};

static void refuse(struct check *c, const struct answers *t, const struct field *f,
                   const char *text)
{
    const char *path = answers_path(c->ctx->arena, t, f);

    c->failed = true;
    if (!ctx_problem(c->ctx, path))
        ctx_set_problem(c->ctx, ERR_INVALID, path, text);
}

static void read_values(struct check *c, struct answers *t)
{
    for (size_t i = 0; i < c->form->all_len; i++) {
        const char *value = t->values[i];
        const char *problem = NULL;

        if (value)
            value_read(c->ctx, c->form->all[i], value, &value, &problem);
        if (!problem)
            t->values[i] = value;
        for (size_t k = 0; k < t->rows_len[i]; k++)
            read_values(c, t->rows[i][k]);
    }
}

static enum err holds(struct check *c, bool *out, const struct answers *t, const struct field *f,
                      const struct expr *e)
{
    struct expr_host host = answers_host(c->ctx, t, f, c->today);

    return answers_holds(c->ctx, out, e, &host);
}

static enum err is_required(struct check *c, const struct answers *t, const struct field *f,
                            bool *out)
{
    *out = f->required;
    return f->required_if ? holds(c, out, t, f, f->required_if) : OK;
}

static enum err check_required(struct check *c, struct answers *t, const struct field *f)
{
    const char *label = label_text(c->ctx, &f->label);
    bool required = false;
    enum err rc;

    if (!c->complete)
        return OK;
    rc = is_required(c, t, f, &required);
    if (rc || !required)
        return rc;
    if (f->required_message.texts)
        refuse(c, t, f, label_text(c->ctx, &f->required_message));
    else if (f->kind == FIELD_REPEAT)
        refuse(c, t, f, tr(c->ctx, "At least one row is needed here: {0}", TR_TEXT(label)));
    else
        refuse(c, t, f, tr(c->ctx, "An answer is needed here: {0}", TR_TEXT(label)));
    return OK;
}

/* Codes that the choice_filter leaves out now. */
static enum err check_allowed(struct check *c, struct answers *t, const struct field *f)
{
    const struct choice *const *allowed = NULL;
    char **codes = text_split(c->ctx->arena, t->values[f->place], ' ', true, NULL);
    size_t len = 0;
    enum err rc = answers_choices(c->ctx, t, f, &allowed, &len);

    for (; !rc && *codes; codes++) {
        size_t i = 0;

        while (i < len && strcmp(allowed[i]->name, *codes) != 0)
            i++;
        if (i == len) {
            refuse(c, t, f,
                   tr(c->ctx, "{0} is not among the choices of this question.",
                      TR_TEXT(value_shortened(c->ctx, *codes))));
            break;
        }
    }
    return rc;
}

static enum err check_value(struct check *c, struct answers *t, const struct field *f)
{
    const char *value = t->values[f->place];
    const char *problem = NULL;
    bool good = true;
    enum err rc;

    if (!value)
        return check_required(c, t, f);
    value_read(c->ctx, f, value, &value, &problem);
    if (problem) {
        refuse(c, t, f, problem);
        return OK;
    }
    rc = f->choices && f->choice_filter ? check_allowed(c, t, f) : OK;
    if (rc || !f->constraint)
        return rc;
    rc = holds(c, &good, t, f, f->constraint);
    if (rc || good)
        return rc;
    if (f->constraint_message.texts)
        refuse(c, t, f, label_text(c->ctx, &f->constraint_message));
    else
        refuse(c, t, f,
               tr(c->ctx, "This answer is not allowed here: {0}",
                  TR_TEXT(label_text(c->ctx, &f->label))));
    return OK;
}

static enum err check_level(struct check *c, struct answers *t, const struct field *first);

static enum err check_rows(struct check *c, struct answers *t, const struct field *f)
{
    size_t len = t->rows_len[f->place];
    enum err rc = OK;

    if (len > ANSWERS_ROWS_MAX)
        refuse(c, t, f, tr(c->ctx, "There are more than {0} rows.", TR_INT(ANSWERS_ROWS_MAX)));
    if (len == 0)
        return check_required(c, t, f);
    for (size_t i = 0; i < len && !rc; i++)
        rc = check_level(c, t->rows[f->place][i], f->children);
    return rc;
}

static enum err check_level(struct check *c, struct answers *t, const struct field *first)
{
    enum err rc = OK;

    for (const struct field *f = first; f && !rc; f = f->next) {
        if (!t->relevant[f->place])
            continue;
        if (f->kind == FIELD_GROUP)
            rc = check_level(c, t, f->children);
        else if (f->kind == FIELD_REPEAT)
            rc = check_rows(c, t, f);
        else if (f->kind != FIELD_NOTE)
            rc = check_value(c, t, f);
    }
    return rc;
}

enum err answers_validate(struct ctx *ctx, struct answers *answers, bool complete)
{
    struct check c = { .ctx = ctx,
                       .form = answers->form,
                       .today = answers_today(ctx, answers->form),
                       .complete = complete };
    enum err rc;

    read_values(&c, answers);
    rc = answers_recompute(ctx, answers, NULL, NULL);
    if (rc)
        return rc;
    rc = check_level(&c, answers, answers->form->fields);
    if (rc)
        return rc;
    return c.failed ? ERR_INVALID : OK;
}

enum err answers_required(struct ctx *ctx, const struct answers *t, const struct field *f,
                          bool *out)
{
    struct check c = { .ctx = ctx, .form = t->form, .today = answers_today(ctx, t->form) };

    return is_required(&c, t, f, out);
}

enum err answers_check(struct ctx *ctx, struct answers *t, const struct field *f, bool complete)
{
    struct check c = {
        .ctx = ctx, .form = t->form, .today = answers_today(ctx, t->form), .complete = complete
    };
    enum err rc = check_value(&c, t, f);

    if (rc)
        return rc;
    return c.failed ? ERR_INVALID : OK;
}
