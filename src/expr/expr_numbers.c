#include "expr/expr_inner.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

/* Functions of numbers, and those over all values of their arguments. */

#define PLACES_MAX 30
#define PI         3.14159265358979323846

static enum err call_number(struct run *r, struct expr_value *out, const struct node *call,
                            const struct expr_value *args)
{
    double d = NAN;

    if (call->args_len)
        d = number_arg(r, args, 0);
    else if (r->here.tree)
        d = text_to_number(expr_node_text(r->ctx, &r->here));
    *out = value_number(d);
    return OK;
}

/* XPath: a half goes up, towards positive infinity. */
static double round_half_up(double d)
{
    double whole = floor(d);

    return d - whole >= 0.5 ? whole + 1 : whole;
}

static enum err call_round(struct run *r, struct expr_value *out, const struct node *call,
                           const struct expr_value *args)
{
    double d = number_arg(r, args, 0);
    double places = call->args_len > 1 ? trunc(number_arg(r, args, 1)) : 0;
    double scale;

    if (!(fabs(places) <= PLACES_MAX)) {
        *out = value_number(NAN);
        return OK;
    }
    scale = pow(10, fabs(places));
    if (isfinite(d))
        d = places < 0 ? round_half_up(d / scale) * scale : round_half_up(d * scale) / scale;
    *out = value_number(d);
    return OK;
}

static enum err call_pow(struct run *r, struct expr_value *out, const struct node *call,
                         const struct expr_value *args)
{
    (void)call;
    *out = value_number(pow(number_arg(r, args, 0), number_arg(r, args, 1)));
    return OK;
}

static enum err call_atan2(struct run *r, struct expr_value *out, const struct node *call,
                           const struct expr_value *args)
{
    (void)call;
    *out = value_number(atan2(number_arg(r, args, 0), number_arg(r, args, 1)));
    return OK;
}

static double power_of_ten(double d)
{
    return pow(10, d);
}

static enum err call_pi(struct run *r, struct expr_value *out, const struct node *call,
                        const struct expr_value *args)
{
    (void)r, (void)call, (void)args;
    *out = value_number(PI);
    return OK;
}

/* 0 <= result < 1, of 53 random bits. */
static enum err call_random(struct run *r, struct expr_value *out, const struct node *call,
                            const struct expr_value *args)
{
    uint64_t bits;

    (void)r, (void)call, (void)args;
    randombytes_buf(&bits, sizeof(bits));
    *out = value_number((double)(bits >> 11) / 9007199254740992.0);
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
static enum err fold_args(struct run *r, struct expr_value *out, const struct node *call,
                          const struct expr_value *args, enum fold how)
{
    double total = 0;
    bool any = false;

    for (size_t i = 0; i < call->args_len; i++) {
        const struct expr_value *v = &args[i];

        if (v->type != EXPR_NODES && (v->type != EXPR_TEXT || v->text[0]))
            fold_in(how, expr_number(r->ctx, v), &total, &any);
        for (size_t k = 0; v->type == EXPR_NODES && k < v->nodes_len; k++) {
            const char *text = expr_node_text(r->ctx, &v->nodes[k]);

            if (text[0])
                fold_in(how, text_to_number(text), &total, &any);
        }
    }
    *out = any || how == FOLD_SUM ? value_number(total) : value_text("");
    return OK;
}

static enum err call_sum(struct run *r, struct expr_value *out, const struct node *call,
                         const struct expr_value *args)
{
    return fold_args(r, out, call, args, FOLD_SUM);
}

static enum err call_min(struct run *r, struct expr_value *out, const struct node *call,
                         const struct expr_value *args)
{
    return fold_args(r, out, call, args, FOLD_MIN);
}

static enum err call_max(struct run *r, struct expr_value *out, const struct node *call,
                         const struct expr_value *args)
{
    return fold_args(r, out, call, args, FOLD_MAX);
}

static bool between(double n, double min, double max)
{
    return (min < 0 || n >= min) && (max < 0 || n <= max);
}

/* What an argument holds: each node of a set, or the value itself. */
static size_t parts_of(const struct expr_value *v)
{
    return v->type == EXPR_NODES ? v->nodes_len : 1;
}

static struct expr_value part(const struct expr_value *v, size_t i)
{
    if (v->type != EXPR_NODES)
        return *v;
    return (struct expr_value){ .type = EXPR_NODES, .nodes = &v->nodes[i], .nodes_len = 1 };
}

static enum err call_checklist(struct run *r, struct expr_value *out, const struct node *call,
                               const struct expr_value *args)
{
    double n = 0;

    for (size_t i = 2; i < call->args_len; i++)
        for (size_t k = 0; k < parts_of(&args[i]); k++) {
            struct expr_value v = part(&args[i], k);

            n += expr_bool(r->ctx, &v) ? 1 : 0;
        }
    *out = value_bool(between(n, number_arg(r, args, 0), number_arg(r, args, 1)));
    return OK;
}

static enum err call_weighted_checklist(struct run *r, struct expr_value *out,
                                        const struct node *call, const struct expr_value *args)
{
    double n = 0;

    for (size_t i = 2; i + 1 < call->args_len; i += 2)
        for (size_t k = 0; k < parts_of(&args[i]) && k < parts_of(&args[i + 1]); k++) {
            struct expr_value v = part(&args[i], k);
            struct expr_value w = part(&args[i + 1], k);
            double weight = expr_number(r->ctx, &w);

            if (expr_bool(r->ctx, &v) && !isnan(weight))
                n += weight;
        }
    *out = value_bool(between(n, number_arg(r, args, 0), number_arg(r, args, 1)));
    return OK;
}

/* --- geography --- */

/* Points of a geoshape or geotrace, of a set of geopoints, or of several arguments. */
static const char *const *points_of(struct run *r, const struct node *call,
                                    const struct expr_value *args, size_t first, size_t *len_out)
{
    const char **texts = all_texts(r, call, args, first, len_out);

    if (*len_out != 1)
        return texts;
    return split_points(r->ctx->arena, texts[0], len_out);
}

static enum err call_area(struct run *r, struct expr_value *out, const struct node *call,
                          const struct expr_value *args)
{
    size_t len;
    const char *const *points = points_of(r, call, args, 0, &len);

    *out = value_number(geo_area(points, len));
    return OK;
}

static enum err call_distance(struct run *r, struct expr_value *out, const struct node *call,
                              const struct expr_value *args)
{
    size_t len;
    const char *const *points = points_of(r, call, args, 0, &len);

    *out = value_number(geo_distance(points, len));
    return OK;
}

static enum err call_geofence(struct run *r, struct expr_value *out, const struct node *call,
                              const struct expr_value *args)
{
    size_t len;
    const char *const *points = points_of(r, call, args, 1, &len);

    *out = value_bool(geo_inside(text_arg(r, args, 0), points, len));
    return OK;
}

const struct expr_function expr_functions_number[] = {
    { "number", "?a", 'n', false, NULL, call_number },
    { "int", "n", 'n', false, trunc, NULL },
    { "round", "n?n", 'n', false, NULL, call_round },
    { "floor", "n", 'n', false, floor, NULL },
    { "ceiling", "n", 'n', false, ceil, NULL },
    { "abs", "n", 'n', false, fabs, NULL },
    { "pow", "nn", 'n', false, NULL, call_pow },
    { "sqrt", "n", 'n', false, sqrt, NULL },
    { "exp", "n", 'n', false, exp, NULL },
    { "exp10", "n", 'n', false, power_of_ten, NULL },
    { "log", "n", 'n', false, log, NULL },
    { "log10", "n", 'n', false, log10, NULL },
    { "sin", "n", 'n', false, sin, NULL },
    { "cos", "n", 'n', false, cos, NULL },
    { "tan", "n", 'n', false, tan, NULL },
    { "asin", "n", 'n', false, asin, NULL },
    { "acos", "n", 'n', false, acos, NULL },
    { "atan", "n", 'n', false, atan, NULL },
    { "atan2", "nn", 'n', false, NULL, call_atan2 },
    { "pi", "", 'n', false, NULL, call_pi },
    { "random", "", 'n', false, NULL, call_random },
    { "sum", "a*", 'n', false, NULL, call_sum },
    { "min", "a*", 'a', false, NULL, call_min },
    { "max", "a*", 'a', false, NULL, call_max },
    { "checklist", "nna*", 'b', false, NULL, call_checklist },
    { "weighted-checklist", "nnaa*", 'b', false, NULL, call_weighted_checklist },
    { "area", "a*", 'n', false, NULL, call_area },
    { "distance", "a*", 'n', false, NULL, call_distance },
    { "geofence", "ss", 'b', false, NULL, call_geofence },
    { NULL, NULL, 0, false, NULL, NULL },
};
