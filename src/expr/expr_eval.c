#include "expr/expr_inner.h"

#include <math.h>
#include <string.h>

#include "core/date.h"
#include "core/text.h"

#define DAY_MS ((double)24 * 60 * 60 * 1000)

/* A side of a comparison after a node set is taken apart. */
struct side {
    enum expr_type type;
    const char *text;
    double number;
    bool boolean;
};

struct expr_value value_text(const char *text)
{
    return (struct expr_value){ .type = EXPR_TEXT, .text = text };
}

struct expr_value value_number(double d)
{
    return (struct expr_value){ .type = EXPR_NUMBER, .number = d };
}

struct expr_value value_bool(bool b)
{
    return (struct expr_value){ .type = EXPR_BOOL, .boolean = b };
}

enum err run_spend(struct run *r, size_t n)
{
    if (n > (size_t)r->steps_left)
        return ctx_fail(r->ctx, ERR_LIMIT,
                        tr(r->ctx, "The expression takes too many steps with these answers."));
    r->steps_left -= (int)n;
    return OK;
}

/* Optional minus, digits with at most one point; white space around it is passed by. */
static double plain_number(const char *text)
{
    char small[64];
    size_t len = 0;
    size_t zero = 0;
    double d;

    while (ascii_is_space(*text))
        text++;
    len = strlen(text);
    while (len && ascii_is_space(text[len - 1]))
        len--;
    if (len == 0 || len + 3 > sizeof(small) || text[0] == '+' || !strpbrk(text, "0123456789"))
        return NAN;
    if (text[0] == '-')
        small[zero++] = '-';
    if (text[zero] == '.')
        small[zero] = '0';
    memcpy(small + zero + (text[zero] == '.'), text + zero, len - zero);
    len += text[zero] == '.';
    if (small[len - 1] == '.')
        small[len++] = '0';
    small[len] = '\0';
    return parse_decimal(small, &d) ? d : NAN;
}

double text_to_number(const char *text)
{
    int64_t days;

    return date_to_days(text, &days) ? (double)days : plain_number(text);
}

bool expr_bool(const struct expr_value *v)
{
    switch (v->type) {
    case EXPR_BOOL:
        return v->boolean;
    case EXPR_NUMBER:
        return v->number < 0 || v->number > 0;
    case EXPR_NODES:
        for (size_t i = 0; i < v->nodes_len; i++)
            if (v->nodes[i][0])
                return true;
        return false;
    case EXPR_TEXT:
    case EXPR_DATE:
        break;
    }
    return v->text[0] != '\0';
}

const char *expr_text(struct ctx *ctx, const struct expr_value *v)
{
    switch (v->type) {
    case EXPR_BOOL:
        return v->boolean ? "true" : "false";
    case EXPR_NUMBER:
        return decimal_text(ctx->arena, v->number);
    case EXPR_NODES:
        return v->nodes_len ? v->nodes[0] : "";
    case EXPR_TEXT:
    case EXPR_DATE:
        break;
    }
    return v->text;
}

double expr_number(const struct expr_value *v)
{
    switch (v->type) {
    case EXPR_BOOL:
        return v->boolean ? 1 : 0;
    case EXPR_NUMBER:
        return v->number;
    case EXPR_NODES:
        return v->nodes_len ? text_to_number(v->nodes[0]) : NAN;
    case EXPR_TEXT:
    case EXPR_DATE:
        break;
    }
    return text_to_number(v->text);
}

/* Milliseconds of a date or moment. */
static bool to_time(const char *text, double *out)
{
    int64_t n;

    if (date_to_days(text, &n)) {
        *out = (double)n * DAY_MS;
        return true;
    }
    if (strlen(text) < 11 || !moment_parse(text, &n))
        return false;
    *out = (double)n;
    return true;
}

static bool holds(enum op op, double a, double b)
{
    switch (op) {
    case OP_LESS:
        return a < b;
    case OP_LESS_EQUAL:
        return a <= b;
    case OP_MORE:
        return a > b;
    case OP_MORE_EQUAL:
        return a >= b;
    case OP_EQUAL:
        return a >= b && a <= b;
    case OP_NOT_EQUAL:
        return !(a >= b && a <= b);
    case OP_OR:
    case OP_AND:
    case OP_ADD:
    case OP_SUBTRACT:
    case OP_MULTIPLY:
    case OP_DIVIDE:
    case OP_MODULO:
        break;
    }
    return false;
}

static bool is_worded(const struct side *s)
{
    return s->type == EXPR_TEXT || s->type == EXPR_DATE;
}

static double side_number(const struct side *s)
{
    if (s->type == EXPR_BOOL)
        return s->boolean ? 1 : 0;
    return s->type == EXPR_NUMBER ? s->number : text_to_number(s->text);
}

static bool side_bool(const struct side *s)
{
    if (s->type == EXPR_BOOL)
        return s->boolean;
    return s->type == EXPR_NUMBER ? s->number < 0 || s->number > 0 : s->text[0] != '\0';
}

static bool compare_sides(enum op op, const struct side *a, const struct side *b)
{
    bool equality = op == OP_EQUAL || op == OP_NOT_EQUAL;
    double x;
    double y;

    if (is_worded(a) && is_worded(b)) {
        bool dates = !equality || a->type == EXPR_DATE || b->type == EXPR_DATE;

        if (dates && to_time(a->text, &x) && to_time(b->text, &y))
            return holds(op, x, y);
        if (equality)
            return (strcmp(a->text, b->text) == 0) == (op == OP_EQUAL);
    }
    if (equality && (a->type == EXPR_BOOL || b->type == EXPR_BOOL))
        return (side_bool(a) == side_bool(b)) == (op == OP_EQUAL);
    return holds(op, side_number(a), side_number(b));
}

static struct side side_of(const struct expr_value *v, size_t i)
{
    if (v->type == EXPR_NODES)
        return (struct side){ .type = EXPR_TEXT, .text = v->nodes[i] };
    return (struct side){
        .type = v->type, .text = v->text, .number = v->number, .boolean = v->boolean
    };
}

/* XPath: a node set compares as "one of it does"; with a boolean, the set counts as one. */
static enum err compare(struct run *r, bool *out, enum op op, struct expr_value a,
                        struct expr_value b)
{
    size_t a_len;
    size_t b_len;
    enum err rc;

    if (a.type == EXPR_NODES && b.type == EXPR_BOOL)
        a = value_bool(expr_bool(&a));
    if (b.type == EXPR_NODES && a.type == EXPR_BOOL)
        b = value_bool(expr_bool(&b));
    a_len = a.type == EXPR_NODES ? a.nodes_len : 1;
    b_len = b.type == EXPR_NODES ? b.nodes_len : 1;
    *out = false;
    for (size_t i = 0; i < a_len && !*out; i++) {
        struct side left = side_of(&a, i);

        rc = run_spend(r, b_len);
        if (rc)
            return rc;
        for (size_t k = 0; k < b_len && !*out; k++) {
            struct side right = side_of(&b, k);

            *out = compare_sides(op, &left, &right);
        }
    }
    return OK;
}

static double calculate(enum op op, double a, double b)
{
    if (op == OP_ADD)
        return a + b;
    if (op == OP_SUBTRACT)
        return a - b;
    if (op == OP_MULTIPLY)
        return a * b;
    return op == OP_DIVIDE ? a / b : fmod(a, b);
}

/* Stops at the first operand that settles it. */
static enum err eval_logic(struct run *r, struct expr_value *out, const struct node *n)
{
    bool is_or = n->ops[0] == OP_OR;
    bool result = !is_or;

    for (size_t i = 0; i < n->args_len && result != is_or; i++) {
        struct expr_value v = { 0 };
        enum err rc = node_eval(r, &v, n->args[i]);

        if (rc)
            return rc;
        result = expr_bool(&v);
    }
    *out = value_bool(result);
    return OK;
}

static enum err eval_chain(struct run *r, struct expr_value *out, const struct node *n)
{
    struct expr_value left = { 0 };
    struct expr_value right = { 0 };
    bool truth = false;
    enum err rc;

    if (n->ops[0] == OP_OR || n->ops[0] == OP_AND)
        return eval_logic(r, out, n);
    rc = node_eval(r, &left, n->args[0]);
    if (rc)
        return rc;
    for (size_t i = 1; i < n->args_len; i++) {
        rc = node_eval(r, &right, n->args[i]);
        if (rc)
            return rc;
        if (n->ops[i] >= OP_ADD) {
            left = value_number(calculate(n->ops[i], expr_number(&left), expr_number(&right)));
            continue;
        }
        rc = compare(r, &truth, n->ops[i], left, right);
        if (rc)
            return rc;
        left = value_bool(truth);
    }
    *out = left;
    return OK;
}

static enum err eval_path(struct run *r, struct expr_value *out, const struct node *n)
{
    const char *const *values = NULL;
    size_t len = 0;
    enum err rc;

    rc = r->host->lookup(r->ctx, r->host->place, n->steps, n->steps_len, &values, &len);
    if (rc)
        return rc;
    rc = run_spend(r, len);
    if (rc)
        return rc;
    *out = (struct expr_value){ .type = EXPR_NODES, .nodes = values, .nodes_len = len };
    return OK;
}

static enum err eval_self(struct run *r, struct expr_value *out)
{
    const char **values = ARENA_ARRAY(r->ctx->arena, 1, const char *);

    values[0] = r->host->self ? r->host->self : "";
    *out = (struct expr_value){ .type = EXPR_NODES, .nodes = values, .nodes_len = 1 };
    return OK;
}

static enum err eval_call(struct run *r, struct expr_value *out, const struct node *n)
{
    struct expr_value *args;

    if (n->function->lazy)
        return n->function->call(r, out, n, NULL);
    args = ARENA_ARRAY(r->ctx->arena, n->args_len + 1, struct expr_value);
    for (size_t i = 0; i < n->args_len; i++) {
        enum err rc = node_eval(r, &args[i], n->args[i]);

        if (rc)
            return rc;
    }
    return n->function->call(r, out, n, args);
}

static enum err eval_negative(struct run *r, struct expr_value *out, const struct node *n)
{
    struct expr_value v = { 0 };
    enum err rc = node_eval(r, &v, n->args[0]);

    if (!rc)
        *out = value_number(n->number * expr_number(&v));
    return rc;
}

enum err node_eval(struct run *r, struct expr_value *out, const struct node *n)
{
    enum err rc = run_spend(r, 1);

    if (rc)
        return rc;
    switch (n->kind) {
    case NODE_TEXT:
        *out = value_text(n->text);
        return OK;
    case NODE_NUMBER:
        *out = value_number(n->number);
        return OK;
    case NODE_SELF:
        return eval_self(r, out);
    case NODE_PARENT:
        *out = (struct expr_value){ .type = EXPR_NODES };
        return OK;
    case NODE_PATH:
        return eval_path(r, out, n);
    case NODE_CALL:
        return eval_call(r, out, n);
    case NODE_NEGATIVE:
        return eval_negative(r, out, n);
    case NODE_CHAIN:
        return eval_chain(r, out, n);
    }
    return ERR_INTERNAL;
}

enum err expr_eval(struct ctx *ctx, struct expr_value *out, const struct expr *e,
                   const struct expr_host *host)
{
    struct run r = { .ctx = ctx, .host = host, .steps_left = EXPR_STEPS };

    return node_eval(&r, out, e->root);
}
