#include "expr/expr_inner.h"

#include <math.h>
#include <string.h>

#include "core/buf.h"
#include "core/date.h"
#include "core/text.h"

#define ARGS_MAX   40
#define TEXT_BYTES ((size_t)1024 * 1024)
#define PLACES_MAX 12

static const char *text_arg(struct run *r, const struct expr_value *args, size_t i)
{
    return expr_text(r->ctx, &args[i]);
}

static enum err call_true(struct run *r, struct expr_value *out, const struct node *call,
                          const struct expr_value *args)
{
    (void)r, (void)call, (void)args;
    *out = value_bool(true);
    return OK;
}

static enum err call_false(struct run *r, struct expr_value *out, const struct node *call,
                           const struct expr_value *args)
{
    (void)r, (void)call, (void)args;
    *out = value_bool(false);
    return OK;
}

static enum err call_not(struct run *r, struct expr_value *out, const struct node *call,
                         const struct expr_value *args)
{
    (void)r, (void)call;
    *out = value_bool(!expr_bool(&args[0]));
    return OK;
}

static enum err call_boolean(struct run *r, struct expr_value *out, const struct node *call,
                             const struct expr_value *args)
{
    (void)r, (void)call;
    *out = value_bool(expr_bool(&args[0]));
    return OK;
}

static enum err call_string(struct run *r, struct expr_value *out, const struct node *call,
                            const struct expr_value *args)
{
    (void)call;
    *out = value_text(text_arg(r, args, 0));
    return OK;
}

static enum err call_number(struct run *r, struct expr_value *out, const struct node *call,
                            const struct expr_value *args)
{
    (void)r, (void)call;
    *out = value_number(expr_number(&args[0]));
    return OK;
}

static enum err finish_text(struct run *r, struct expr_value *out, const struct buf *b)
{
    if (!buf_ok(b))
        return ctx_fail(r->ctx, ERR_LIMIT, tr(r->ctx, "The expression makes a text too long."));
    *out = value_text(buf_text(b));
    return OK;
}

/* Node sets give all their values, as in ODK. */
static enum err call_concat(struct run *r, struct expr_value *out, const struct node *call,
                            const struct expr_value *args)
{
    struct buf b = { 0 };

    buf_init(&b, r->ctx->arena, TEXT_BYTES);
    for (size_t i = 0; i < call->args_len; i++) {
        if (args[i].type != EXPR_NODES)
            buf_add(&b, text_arg(r, args, i));
        for (size_t k = 0; args[i].type == EXPR_NODES && k < args[i].nodes_len; k++)
            buf_add(&b, args[i].nodes[k]);
    }
    return finish_text(r, out, &b);
}

static enum err call_contains(struct run *r, struct expr_value *out, const struct node *call,
                              const struct expr_value *args)
{
    (void)call;
    *out = value_bool(strstr(text_arg(r, args, 0), text_arg(r, args, 1)) != NULL);
    return OK;
}

static enum err call_starts_with(struct run *r, struct expr_value *out, const struct node *call,
                                 const struct expr_value *args)
{
    (void)call;
    *out = value_bool(text_starts(text_arg(r, args, 0), text_arg(r, args, 1)));
    return OK;
}

static enum err call_string_length(struct run *r, struct expr_value *out, const struct node *call,
                                   const struct expr_value *args)
{
    const char *text = call->args_len ? text_arg(r, args, 0) : r->host->self ? r->host->self : "";

    *out = value_number((double)text_codepoints(text));
    return OK;
}

/* XPath: characters whose place, from 1, is at least round(start) and below the end. */
static enum err call_substring(struct run *r, struct expr_value *out, const struct node *call,
                               const struct expr_value *args)
{
    const char *p = text_arg(r, args, 0);
    double first = floor(expr_number(&args[1]) + 0.5);
    double end = call->args_len > 2 ? first + floor(expr_number(&args[2]) + 0.5) : INFINITY;
    double place = 1;
    struct buf b = { 0 };

    buf_init(&b, r->ctx->arena, TEXT_BYTES);
    while (*p) {
        const char *from = p;

        (void)text_next(&p);
        if (place >= first && place < end)
            buf_add_len(&b, from, (size_t)(p - from));
        place++;
    }
    return finish_text(r, out, &b);
}

static enum err call_normalize_space(struct run *r, struct expr_value *out, const struct node *call,
                                     const struct expr_value *args)
{
    const char *p = call->args_len ? text_arg(r, args, 0) : r->host->self ? r->host->self : "";
    struct buf b = { 0 };

    buf_init(&b, r->ctx->arena, TEXT_BYTES);
    for (; *p; p++) {
        if (!ascii_is_space(*p))
            buf_add_char(&b, *p);
        else if (b.len && p[1] && !ascii_is_space(p[1]))
            buf_add_char(&b, ' ');
    }
    return finish_text(r, out, &b);
}

/* Place of a code point among those of a text, from 0; -1 if it is not there. */
static long place_of(const char *text, uint32_t cp)
{
    long place = 0;

    while (*text) {
        if (text_next(&text) == cp)
            return place;
        place++;
    }
    return -1;
}

static enum err call_translate(struct run *r, struct expr_value *out, const struct node *call,
                               const struct expr_value *args)
{
    const char *p = text_arg(r, args, 0);
    const char *from = text_arg(r, args, 1);
    const char *to = text_arg(r, args, 2);
    struct buf b = { 0 };
    enum err rc;

    (void)call;
    buf_init(&b, r->ctx->arena, TEXT_BYTES);
    while (*p) {
        uint32_t cp = text_next(&p);
        long place = place_of(from, cp);
        const char *t = to;

        rc = run_spend(r, 1 + text_codepoints(from) / 16);
        if (rc)
            return rc;
        for (long i = 0; i < place && *t; i++)
            (void)text_next(&t);
        if (place >= 0)
            cp = text_next(&t);
        if (cp)
            buf_add_codepoint(&b, cp);
    }
    return finish_text(r, out, &b);
}

/* Next code of codes separated by spaces; false at the end. */
static bool next_code(const char **p, const char **code_out, size_t *len_out)
{
    while (**p == ' ')
        (*p)++;
    *code_out = *p;
    while (**p && **p != ' ')
        (*p)++;
    *len_out = (size_t)(*p - *code_out);
    return *len_out > 0;
}

static enum err call_selected(struct run *r, struct expr_value *out, const struct node *call,
                              const struct expr_value *args)
{
    const char *p = text_arg(r, args, 0);
    const char *wanted = text_arg(r, args, 1);
    size_t wanted_len = strlen(wanted);
    const char *code;
    bool found = false;
    size_t len;

    (void)call;
    while (!found && next_code(&p, &code, &len))
        found = len == wanted_len && memcmp(code, wanted, len) == 0;
    *out = value_bool(found);
    return OK;
}

static enum err call_count_selected(struct run *r, struct expr_value *out, const struct node *call,
                                    const struct expr_value *args)
{
    const char *p = text_arg(r, args, 0);
    const char *code;
    size_t len;
    double n = 0;

    (void)call;
    while (next_code(&p, &code, &len))
        n++;
    *out = value_number(n);
    return OK;
}

static enum err call_selected_at(struct run *r, struct expr_value *out, const struct node *call,
                                 const struct expr_value *args)
{
    const char *p = text_arg(r, args, 0);
    double wanted = trunc(expr_number(&args[1]));
    const char *code;
    size_t len;

    (void)call;
    *out = value_text("");
    for (int64_t i = 0; next_code(&p, &code, &len); i++)
        if ((double)i >= wanted && (double)i <= wanted)
            *out = value_text(arena_strndup(r->ctx->arena, code, len));
    return OK;
}

static enum err call_if(struct run *r, struct expr_value *out, const struct node *call,
                        const struct expr_value *args)
{
    struct expr_value condition = { 0 };
    enum err rc = node_eval(r, &condition, call->args[0]);

    (void)args;
    return rc ? rc : node_eval(r, out, call->args[expr_bool(&condition) ? 1 : 2]);
}

static enum err call_coalesce(struct run *r, struct expr_value *out, const struct node *call,
                              const struct expr_value *args)
{
    (void)args;
    for (size_t i = 0; i < call->args_len; i++) {
        struct expr_value v = { 0 };
        enum err rc = node_eval(r, &v, call->args[i]);

        if (rc)
            return rc;
        *out = v;
        if (expr_text(r->ctx, &v)[0])
            break;
    }
    return OK;
}

static enum err call_today(struct run *r, struct expr_value *out, const struct node *call,
                           const struct expr_value *args)
{
    (void)call, (void)args;
    *out = (struct expr_value){ .type = EXPR_DATE, .text = r->host->today };
    return OK;
}

static enum err call_now(struct run *r, struct expr_value *out, const struct node *call,
                         const struct expr_value *args)
{
    (void)call, (void)args;
    *out = value_text(moment_text(r->ctx->arena, r->host->now_ms));
    return OK;
}

/* A date of a date, a moment or a number of days since 1970; empty if it is none of them. */
static enum err call_date(struct run *r, struct expr_value *out, const struct node *call,
                          const struct expr_value *args)
{
    const char *text = text_arg(r, args, 0);
    double days = floor(expr_number(&args[0]));
    const char *date = NULL;
    int64_t ms;

    (void)call;
    if (date_valid(text))
        date = text;
    else if (strlen(text) > 10 && moment_parse(text, &ms))
        date = arena_strndup(r->ctx->arena, text, 10);
    else if (fabs(days) < 4e6)
        date = date_from_days(r->ctx->arena, (int64_t)days);
    *out = value_text("");
    if (date)
        *out = (struct expr_value){ .type = EXPR_DATE, .text = date };
    return OK;
}

static enum err call_round(struct run *r, struct expr_value *out, const struct node *call,
                           const struct expr_value *args)
{
    double d = expr_number(&args[0]);
    double places = call->args_len > 1 ? trunc(expr_number(&args[1])) : 0;
    double scale;

    (void)r;
    if (!(fabs(places) <= PLACES_MAX)) {
        *out = value_number(NAN);
        return OK;
    }
    scale = pow(10, fabs(places));
    d = places < 0 ? floor(d / scale + 0.5) * scale : floor(d * scale + 0.5) / scale;
    *out = value_number(d);
    return OK;
}

static enum err call_int(struct run *r, struct expr_value *out, const struct node *call,
                         const struct expr_value *args)
{
    (void)r, (void)call;
    *out = value_number(trunc(expr_number(&args[0])));
    return OK;
}

static enum err call_count(struct run *r, struct expr_value *out, const struct node *call,
                           const struct expr_value *args)
{
    (void)call;
    if (args[0].type != EXPR_NODES)
        return ctx_fail(r->ctx, ERR_INVALID, tr(r->ctx, "count() counts answers of a field."));
    *out = value_number((double)args[0].nodes_len);
    return OK;
}

enum fold { FOLD_SUM, FOLD_MIN, FOLD_MAX };

static void fold_in(enum fold how, double d, double *total, bool *any)
{
    if (how == FOLD_SUM)
        *total += d;
    else if (!*any)
        *total = d;
    else if (isnan(d) || isnan(*total))
        *total = NAN;
    else
        *total = how == FOLD_MIN ? fmin(*total, d) : fmax(*total, d);
    *any = true;
}

/* Over all values of all arguments; empty ones are passed by. */
static enum err fold_args(struct expr_value *out, const struct node *call,
                          const struct expr_value *args, enum fold how)
{
    double total = 0;
    bool any = false;

    for (size_t i = 0; i < call->args_len; i++) {
        const struct expr_value *v = &args[i];

        if (v->type != EXPR_NODES && (v->type != EXPR_TEXT || v->text[0]))
            fold_in(how, expr_number(v), &total, &any);
        for (size_t k = 0; v->type == EXPR_NODES && k < v->nodes_len; k++)
            if (v->nodes[k][0])
                fold_in(how, text_to_number(v->nodes[k]), &total, &any);
    }
    *out = any || how == FOLD_SUM ? value_number(total) : value_text("");
    return OK;
}

static enum err call_sum(struct run *r, struct expr_value *out, const struct node *call,
                         const struct expr_value *args)
{
    (void)r;
    return fold_args(out, call, args, FOLD_SUM);
}

static enum err call_min(struct run *r, struct expr_value *out, const struct node *call,
                         const struct expr_value *args)
{
    (void)r;
    return fold_args(out, call, args, FOLD_MIN);
}

static enum err call_max(struct run *r, struct expr_value *out, const struct node *call,
                         const struct expr_value *args)
{
    (void)r;
    return fold_args(out, call, args, FOLD_MAX);
}

static enum err call_position(struct run *r, struct expr_value *out, const struct node *call,
                              const struct expr_value *args)
{
    (void)call, (void)args;
    *out = value_number(r->host->position);
    return OK;
}

static const struct expr_function functions[] = {
    { "true", 0, 0, false, call_true },
    { "false", 0, 0, false, call_false },
    { "not", 1, 1, false, call_not },
    { "boolean", 1, 1, false, call_boolean },
    { "string", 1, 1, false, call_string },
    { "number", 1, 1, false, call_number },
    { "concat", 1, ARGS_MAX, false, call_concat },
    { "contains", 2, 2, false, call_contains },
    { "starts-with", 2, 2, false, call_starts_with },
    { "string-length", 0, 1, false, call_string_length },
    { "substring", 2, 3, false, call_substring },
    { "normalize-space", 0, 1, false, call_normalize_space },
    { "translate", 3, 3, false, call_translate },
    { "selected", 2, 2, false, call_selected },
    { "count-selected", 1, 1, false, call_count_selected },
    { "selected-at", 2, 2, false, call_selected_at },
    { "if", 3, 3, true, call_if },
    { "coalesce", 1, ARGS_MAX, true, call_coalesce },
    { "today", 0, 0, false, call_today },
    { "now", 0, 0, false, call_now },
    { "date", 1, 1, false, call_date },
    { "round", 1, 2, false, call_round },
    { "int", 1, 1, false, call_int },
    { "count", 1, 1, false, call_count },
    { "sum", 1, ARGS_MAX, false, call_sum },
    { "min", 1, ARGS_MAX, false, call_min },
    { "max", 1, ARGS_MAX, false, call_max },
    { "position", 1, 1, false, call_position },
};

const struct expr_function *expr_function_find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        if (strlen(functions[i].name) == len && memcmp(functions[i].name, name, len) == 0)
            return &functions[i];
    return NULL;
}
