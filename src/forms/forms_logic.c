#include "forms/forms_inner.h"

#include <string.h>

#include "core/text.h"

/* What a question says by expressions: when it is asked, what is allowed, what is computed. */

static const struct expr *parse_text(struct form_build *f, const struct section *s, int row,
                                     const char *column, const char *text)
{
    struct ctx *ctx = f->b->ctx;
    struct ctx scratch = *ctx;
    const struct expr *e = NULL;
    size_t offset = 0;
    const char *before;

    ctx_clear_problems(&scratch);
    if (expr_parse(&scratch, &e, text, &offset) == OK)
        return e;
    before = arena_strndup(ctx->arena, text, offset);
    mistake(f->b, s->place, row, column_written(s, column),
            tr(ctx, "{0} (Character {1} of: {2})", TR_TEXT(ctx_first_problem(&scratch)),
               TR_INT((int64_t)text_codepoints(before) + 1), TR_TEXT(value_shortened(ctx, text))));
    return NULL;
}

const struct expr *read_argument(struct survey *v, const char *column, const char *text)
{
    return parse_text(v->f, v->s, v->row->number, column, text);
}

const struct expr *read_cell_expression(struct form_build *f, const struct section *s,
                                        const struct sheet_row *row, const char *column)
{
    const char *text = cell(s, row, column);

    return text[0] ? parse_text(f, s, row->number, column, text) : NULL;
}

const struct expr *read_expression(struct survey *v, const char *column)
{
    return read_cell_expression(v->f, v->s, v->row, column);
}

/* yes, no, or a condition. */
static void read_required(struct survey *v, struct field *field)
{
    const char *text = at(v, "required");

    if (ascii_casecmp(text, "yes") == 0 || ascii_casecmp(text, "true") == 0 ||
        strcmp(text, "true()") == 0)
        field->required = true;
    else if (text[0] && ascii_casecmp(text, "no") != 0 && ascii_casecmp(text, "false") != 0 &&
             strcmp(text, "false()") != 0)
        field->required_if = read_expression(v, "required");
    wrong_if(
        v,
        (field->required || field->required_if) &&
            (field->kind == FIELD_NOTE || field->kind == FIELD_CALCULATE ||
             field->kind == FIELD_GROUP || field->kind == FIELD_META),
        "required",
        tr(v->f->b->ctx, "Nobody can answer {0}, so it cannot be required.", TR_TEXT(field->name)));
    wrong_if(v, field->required_message.texts && !field->required && !field->required_if,
             "required",
             tr(v->f->b->ctx,
                "{0} has a message for a missing answer, and may stay empty: write yes, or take "
                "the message out.",
                TR_TEXT(field->name)));
}

/* As in XLSForm: an expression if it has a reference or calls a function, else a plain text. */
static const struct expr *read_default(struct survey *v)
{
    const char *text = at(v, "default");

    if (!text[0])
        return NULL;
    if (strstr(text, "${"))
        return read_expression(v, "default");
    for (const char *open = strchr(text, '('); open; open = strchr(open + 1, '('))
        if (open > text && (ascii_is_alpha(open[-1]) || ascii_is_digit(open[-1])))
            return read_expression(v, "default");
    return expr_literal(v->f->b->ctx, text);
}

static void check_constraint(struct survey *v, const struct field *field)
{
    struct ctx *ctx = v->f->b->ctx;
    bool answered =
        field_has_value(field) && field->kind != FIELD_CALCULATE && field->kind != FIELD_META;

    wrong_if(v, field->constraint_message.texts && !at(v, "constraint")[0], "constraint",
             tr(ctx,
                "{0} has a message for a rule, and no rule: write the constraint, or take "
                "the message out.",
                TR_TEXT(field->name)));
    wrong_if(
        v, at(v, "constraint")[0] && !answered, "constraint",
        tr(ctx, "Nobody can answer {0}, so it cannot have a constraint.", TR_TEXT(field->name)));
}

static void read_choice_filter(struct survey *v, struct field *field)
{
    struct ctx *ctx = v->f->b->ctx;
    const char *text = at(v, "choice_filter");

    wrong_if(v, text[0] && !field_has_codes(field), "choice_filter",
             tr(ctx, "{0} has no choices, so there is nothing to filter.", TR_TEXT(field->name)));
    wrong_if(v, !text[0] && field->choices && field->choices->external, "choice_filter",
             tr(ctx, "select_one_external needs a choice_filter: write one, or write select_one."));
    if (!text[0] || !field->choices)
        return;
    field->choice_filter = read_expression(v, "choice_filter");
    field->choice_filter_text = text;
}

/* The order of choices: parameters randomize and seed. */
static void read_order(struct survey *v, struct field *field)
{
    struct ctx *ctx = v->f->b->ctx;
    const char *randomize = field_parameter(field, "randomize");
    const char *seed = field_parameter(field, "seed");

    if (!field_has_codes(field))
        return;
    field->randomize = text_equal(randomize, "true");
    wrong_if(v, randomize && !field->randomize && strcmp(randomize, "false") != 0, "parameters",
             tr(ctx, "randomize is true or false, and not {0}.",
                TR_TEXT(randomize ? value_shortened(ctx, randomize) : "")));
    wrong_if(v, seed && !field->randomize, "parameters",
             tr(ctx, "A seed is for choices in an order made by chance: write {0} too.",
                TR_TEXT("randomize=true")));
    if (seed && field->randomize)
        field->seed = parse_text(v->f, v->s, v->row->number, "parameters", seed);
}

static void read_count(struct survey *v, struct field *field)
{
    wrong_if(v, at(v, "repeat_count")[0] && field->kind != FIELD_REPEAT, "repeat_count",
             tr(v->f->b->ctx, "Only a repeat has a number of rows, and {0} is none.",
                TR_TEXT(field->name)));
    if (field->kind == FIELD_REPEAT)
        field->repeat_count = read_expression(v, "repeat_count");
}

/* A calculation: of the row itself, or what its trigger sets off. */
static void check_calculation(struct survey *v, const struct field *field)
{
    struct ctx *ctx = v->f->b->ctx;

    wrong_if(v, field->kind == FIELD_CALCULATE && !at(v, "calculation")[0] && !at(v, "default")[0],
             "calculation", tr(ctx, "{0} is calculated: write how.", TR_TEXT(field->name)));
    wrong_if(v, (field->calculation || field->default_value) && !field_has_value(field),
             field->calculation ? "calculation" : "default",
             tr(ctx, "{0} holds no answer, so it can have no value.", TR_TEXT(field->name)));
    wrong_if(v, field->calculation && field->kind == FIELD_META, "calculation",
             tr(ctx, "{0} is filled in by the device, so it cannot be calculated.",
                TR_TEXT(field->name)));
    wrong_if(v, at(v, "trigger")[0] && !at(v, "calculation")[0], "trigger",
             tr(ctx, "A trigger sets off a calculation, and {0} has none.", TR_TEXT(field->name)));
}

void read_logic(struct survey *v, struct field *field)
{
    field->relevant = read_expression(v, "relevant");
    field->constraint = read_expression(v, "constraint");
    field->calculation = read_expression(v, "calculation");
    field->default_value = read_default(v);
    read_required(v, field);
    field->read_only = read_yes(v->f->b, v->s, v->row, "read_only");
    check_constraint(v, field);
    check_calculation(v, field);
    read_choice_filter(v, field);
    read_order(v, field);
    read_count(v, field);
    if (at(v, "trigger")[0])
        field->trigger_text = at(v, "trigger");
}

void field_expressions(const struct field *f, struct field_expression out[FIELD_EXPRESSIONS])
{
    out[0] = (struct field_expression){ "relevant", f->relevant };
    out[1] = (struct field_expression){ "calculation", f->calculation };
    out[2] = (struct field_expression){ "repeat_count", f->repeat_count };
    out[3] = (struct field_expression){ "constraint", f->constraint };
    out[4] = (struct field_expression){ "required", f->required_if };
    out[5] = (struct field_expression){ "default", f->default_value };
    out[6] =
        (struct field_expression){ f->searched ? "appearance" : "choice_filter", f->choice_filter };
    out[7] = (struct field_expression){ "parameters", f->seed };
}
