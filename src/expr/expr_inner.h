#ifndef EXPR_EXPR_INNER_H
#define EXPR_EXPR_INNER_H

/* What the files of src/expr share: the tree of an expression and the run over it. */

#include "core/buf.h"
#include "expr/expr.h"

#define ARGS_MAX   400
#define TEXT_BYTES ((size_t)1024 * 1024)
#define DAY_MS     ((double)24 * 60 * 60 * 1000)

enum node_kind {
    NODE_TEXT,
    NODE_NUMBER,
    NODE_NAMED, /* ${text} */
    NODE_PATH,
    NODE_CALL,
    NODE_NEGATIVE,
    NODE_CHAIN /* operands and the operators between them, from left to right */
};

enum op {
    OP_OR,
    OP_AND,
    OP_EQUAL,
    OP_NOT_EQUAL,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_MORE,
    OP_MORE_EQUAL,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_MODULO,
    OP_UNION
};

enum axis {
    AXIS_CHILD,
    AXIS_PARENT,
    AXIS_SELF,
    AXIS_DESCENDANT,
    AXIS_DESCENDANT_OR_SELF,
    AXIS_ANCESTOR,
    AXIS_ANCESTOR_OR_SELF,
    AXIS_BEFORE, /* preceding-sibling, nearest first */
    AXIS_AFTER
};

enum from { FROM_HERE, FROM_ROOT, FROM_VALUE };

struct step {
    enum axis axis;
    bool whole;       /* predicates count over the whole set: (...)[1] */
    const char *name; /* NULL: any */
    size_t offset;
    const struct node **predicates;
    size_t predicates_len;
};

struct expr_function;

struct node {
    enum node_kind kind;
    size_t offset; /* byte in the source */
    const char *text;
    double number;
    enum from from; /* of a path; FROM_VALUE: args[0] */
    struct step *steps;
    size_t steps_len;
    const struct expr_function *function;
    const struct node **args; /* of a call or a chain */
    size_t args_len;
    enum op *ops; /* of a chain: ops[i] stands before args[i] */
};

struct expr {
    const char *source;
    const struct node *root;
    const char *const *names;
    const char *const *functions; /* called, each once; ends with NULL */
};

/* One evaluation: its host, where it stands, and what is left of its budget. */
struct run {
    struct ctx *ctx;
    const struct expr_host *host;
    struct expr_node here;
    size_t position;
    size_t size;
    int steps_left;
};

typedef enum err (*expr_call)(struct run *r, struct expr_value *out, const struct node *call,
                              const struct expr_value *args);

/*
 * takes: one letter for each argument: s text, n number, b boolean, d date or moment, N node set, a
 * anything. What stands behind ? may be left out; * at the end: the last one may be repeated.
 * gives: the same letters.
 */
struct expr_function {
    const char *name;
    const char *takes;
    char gives;
    bool lazy;              /* gets no args and evaluates those of the call by itself */
    double (*math)(double); /* a function of one number; call is NULL then */
    expr_call call;
};

/* NULL if there is none of that name. */
const struct expr_function *expr_function_find(const char *name, size_t len);
size_t expr_function_min(const struct expr_function *f);
size_t expr_function_max(const struct expr_function *f);
/* The argument's letter. */
char expr_function_takes(const struct expr_function *f, size_t i);
/* Checks the arguments of a call whose number is right; problem_out: where it is. */
enum err expr_types_check(struct ctx *ctx, const struct node *n, size_t *offset_out) MUST_USE;

extern const struct expr_function expr_functions_text[];
extern const struct expr_function expr_functions_number[];
extern const struct expr_function expr_functions_date[];
extern const struct expr_function expr_functions_nodes[];
extern const struct expr_function expr_functions_other[];

enum err node_eval(struct run *r, struct expr_value *out, const struct node *n) MUST_USE;
/* Takes n steps of the budget; ERR_LIMIT when it is used up. */
enum err run_spend(struct run *r, size_t n) MUST_USE;

/* expr_path.c */
/* Adds what a step leads to from one node, without its conditions. */
enum err path_axis(struct run *r, const struct expr_node *n, const struct step *s,
                   struct expr_nodes *out) MUST_USE;
enum err path_eval(struct run *r, struct expr_value *out, const struct node *n) MUST_USE;
enum err nodes_union(struct run *r, struct expr_value *out, const struct expr_value *a,
                     const struct expr_value *b) MUST_USE;
/* Children of a name of one node, taken from the budget. */
enum err node_children(struct run *r, const struct expr_node *n, const char *name,
                       struct expr_nodes *out) MUST_USE;
bool node_is_within(const struct expr_node *n, const struct expr_node *outer);
struct expr_value value_nodes(const struct expr_nodes *nodes);

struct expr_value value_text(const char *text);
struct expr_value value_number(double d);
struct expr_value value_bool(bool b);
struct expr_value value_date(const char *text);
/* Text as a number: a date counts as its days since 1970; NaN if it is neither. */
double text_to_number(const char *text);
/* Milliseconds of a date or moment. */
bool text_to_time(const char *text, double *out);
enum err finish_text(struct run *r, struct expr_value *out, const struct buf *b) MUST_USE;
const char *text_arg(struct run *r, const struct expr_value *args, size_t i);
double number_arg(struct run *r, const struct expr_value *args, size_t i);
/* The values of all arguments from the first on, node sets one by one; NULL at the end. */
const char **all_texts(struct run *r, const struct node *call, const struct expr_value *args,
                       size_t first, size_t *len_out);

/* expr_check.c: name of a field in a text such as ${name} or /data/group/name. */
const char *expr_field_name(struct arena *a, const char *text);

/* expr_geo.c: points are "latitude longitude ..."; NaN for what is no place on earth. */
const char *const *split_points(struct arena *a, const char *text, size_t *len_out);
double geo_area(const char *const *points, size_t len);
double geo_distance(const char *const *points, size_t len);
bool geo_inside(const char *point, const char *const *points, size_t len);
/* expr_regex.c: whether the whole text matches. ERR_INVALID: no such pattern; ERR_LIMIT. */
enum err regex_matches(struct run *r, bool *out, const char *text, const char *pattern) MUST_USE;
enum err regex_check(struct ctx *ctx, const char *pattern) MUST_USE;

#endif
