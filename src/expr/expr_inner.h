#ifndef EXPR_EXPR_INNER_H
#define EXPR_EXPR_INNER_H

/* What the files of src/expr share: the tree of an expression and the run over it. */

#include "expr/expr.h"

enum node_kind {
    NODE_TEXT,
    NODE_NUMBER,
    NODE_SELF,   /* . */
    NODE_PARENT, /* .. alone: only position(..) takes it */
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
    OP_MODULO
};

struct expr_function;

struct node {
    enum node_kind kind;
    const char *text;
    double number;
    const char *const *steps;
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
};

/* One evaluation: its host, and what is left of its budget. */
struct run {
    struct ctx *ctx;
    const struct expr_host *host;
    int steps_left;
};

typedef enum err (*expr_call)(struct run *r, struct expr_value *out, const struct node *call,
                              const struct expr_value *args);

struct expr_function {
    const char *name;
    size_t min;
    size_t max;
    bool lazy; /* gets no args and evaluates those of the call by itself */
    expr_call call;
};

/* NULL if there is none of that name. */
const struct expr_function *expr_function_find(const char *name, size_t len);

enum err node_eval(struct run *r, struct expr_value *out, const struct node *n) MUST_USE;
/* Takes n steps of the budget; ERR_LIMIT when it is used up. */
enum err run_spend(struct run *r, size_t n) MUST_USE;

struct expr_value value_text(const char *text);
struct expr_value value_number(double d);
struct expr_value value_bool(bool b);
/* Text as a number: a date counts as its days since 1970; NaN if it is neither. */
double text_to_number(const char *text);

#endif
