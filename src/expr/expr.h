#ifndef EXPR_EXPR_H
#define EXPR_EXPR_H

/*
 * ODK XForms expressions (XPath 1.0): parser and evaluator. The part that the shipped forms need is
 * built: paths (${name}, ., ../name, /data/..., relative), numbers, strings, comparison (dates
 * too), and/or, + - * div mod, unary minus, and the functions in the table of expr_functions.c.
 *
 * Types: text, number, boolean, date, node set (of answers). Dates compare as dates; a comparison
 * of a date with text that is a date compares dates, and so does < or > between two texts that are
 * dates. In sums a date counts as its days since 1970. if() and coalesce() evaluate only the arms
 * they take. As in ODK, and unlike XPath, a node set is true when one of its values is not empty,
 * and sum(), min() and max() pass empty values by.
 *
 * Memory: a struct expr lives in the arena it was parsed in and is read-only afterwards.
 * Errors: ERR_INVALID at parsing (position and what was expected, unknown function, wrong number of
 * arguments); ERR_LIMIT over EXPR_STEPS evaluation steps or EXPR_DEPTH nesting.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

#define EXPR_STEPS      100000
#define EXPR_DEPTH      100
#define EXPR_SOURCE_MAX 20000 /* bytes of one expression */

struct expr;

enum expr_type { EXPR_TEXT, EXPR_NUMBER, EXPR_BOOL, EXPR_DATE, EXPR_NODES };

struct expr_value {
    enum expr_type type;
    const char *text;         /* EXPR_TEXT; EXPR_DATE as YYYY-MM-DD */
    double number;            /* EXPR_NUMBER */
    bool boolean;             /* EXPR_BOOL */
    const char *const *nodes; /* EXPR_NODES: values, "" for empty nodes */
    size_t nodes_len;
};

/* What the expression asks of the answers around it; forms implement it over struct answers. */
struct expr_host {
    /*
     * Values of a field as seen from the current place: one for a field of this or an outer level,
     * all rows for a field inside a repeat below. steps are the parts of the path: {"name"} for
     * ${name} and relative names; absolute paths come without the leading /data. ERR_NOT_FOUND:
     * none.
     */
    enum err (*lookup)(struct ctx *ctx, const void *place, const char *const *steps,
                       size_t steps_len, const char *const **values_out, size_t *len_out);
    const void *place;
    const char *self;  /* value of "."; NULL = empty */
    const char *today; /* YYYY-MM-DD */
    int64_t now_ms;
    int position; /* position(..): row number in the repeat, from 1; 0 outside */
};

/*
 * offset_out (may be NULL): byte where the mistake is; untouched when there is none. The problem
 * says what was expected. ERR_LIMIT: longer than EXPR_SOURCE_MAX or deeper than EXPR_DEPTH.
 */
enum err expr_parse(struct ctx *ctx, const struct expr **out, const char *text,
                    size_t *offset_out) MUST_USE;
/* An expression that is the text itself. */
const struct expr *expr_literal(struct ctx *ctx, const char *text);
const char *expr_source(const struct expr *e);
/* Last names of ${...} and paths it reads, each once: for checks of references. Ends with NULL. */
const char *const *expr_names(const struct expr *e);

enum err expr_eval(struct ctx *ctx, struct expr_value *out, const struct expr *e,
                   const struct expr_host *host) MUST_USE;
/* The value as XPath's boolean(), string() and number() turn it. */
bool expr_bool(const struct expr_value *v);
const char *expr_text(struct ctx *ctx, const struct expr_value *v);
double expr_number(const struct expr_value *v);

#endif
