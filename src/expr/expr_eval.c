#include "expr/expr_inner.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/date.h"
#include "core/text.h"

#define TREE_DEPTH     20
#define BYTES_PER_STEP 128

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

struct expr_value value_date(const char *text)
{
    return (struct expr_value){ .type = EXPR_DATE, .text = text };
}

struct expr_value value_nodes(const struct expr_nodes *nodes)
{
    return (
        struct expr_value){ .type = EXPR_NODES, .nodes = nodes->items, .nodes_len = nodes->len };
}

enum err run_spend(struct run *r, size_t n)
{
    if (n > (size_t)r->steps_left || arena_over_budget(r->ctx->arena))
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
    double ms;

    return text_to_time(text, &ms) ? ms / DAY_MS : plain_number(text);
}

/* --- nodes as text --- */

bool expr_node_same(const struct expr_node *a, const struct expr_node *b)
{
    return a->at == b->at && a->what == b->what && a->index == b->index && a->tree == b->tree;
}

void expr_nodes_add(struct expr_nodes *nodes, struct expr_node node)
{
    if (nodes->len == nodes->cap) {
        size_t cap = nodes->cap ? nodes->cap * 2 : 1;

        nodes->items =
            arena_grow(nodes->arena, nodes->items, nodes->cap * sizeof(node), cap * sizeof(node));
        nodes->cap = cap;
    }
    nodes->items[nodes->len++] = node;
}

/* Trees are as deep as forms are: a few levels. */
static void add_texts(struct ctx *ctx, struct buf *b, const struct expr_node *node, int depth)
{
    const char *value = node->tree->value(ctx, node);
    struct expr_nodes inside = { .arena = ctx->arena };

    if (value) {
        buf_add(b, value);
        return;
    }
    if (depth == 0 || node->tree->children(ctx, node, NULL, &inside) != OK)
        return;
    for (size_t i = 0; i < inside.len && buf_ok(b); i++)
        add_texts(ctx, b, &inside.items[i], depth - 1);
}

const char *expr_node_text(struct ctx *ctx, const struct expr_node *node)
{
    const char *value = node->tree->value(ctx, node);
    struct buf b = { 0 };

    if (value)
        return value;
    buf_init(&b, ctx->arena, TEXT_BYTES);
    add_texts(ctx, &b, node, TREE_DEPTH);
    return buf_text(&b);
}

/* --- conversions --- */

static bool number_true(double d)
{
    return d < 0 || d > 0;
}

bool expr_bool(struct ctx *ctx, const struct expr_value *v)
{
    switch (v->type) {
    case EXPR_BOOL:
        return v->boolean;
    case EXPR_NUMBER:
        return number_true(v->number);
    case EXPR_NODES:
        for (size_t i = 0; i < v->nodes_len; i++)
            if (expr_node_text(ctx, &v->nodes[i])[0])
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
        return v->nodes_len ? expr_node_text(ctx, &v->nodes[0]) : "";
    case EXPR_TEXT:
    case EXPR_DATE:
        break;
    }
    return v->text;
}

double expr_number(struct ctx *ctx, const struct expr_value *v)
{
    switch (v->type) {
    case EXPR_BOOL:
        return v->boolean ? 1 : 0;
    case EXPR_NUMBER:
        return v->number;
    case EXPR_NODES:
        return v->nodes_len ? text_to_number(expr_node_text(ctx, &v->nodes[0])) : NAN;
    case EXPR_TEXT:
    case EXPR_DATE:
        break;
    }
    return text_to_number(v->text);
}

bool text_to_time(const char *text, double *out)
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

/* Long texts cost steps too: the next run_spend finds what is left. */
const char *text_arg(struct run *r, const struct expr_value *args, size_t i)
{
    const char *text = expr_text(r->ctx, &args[i]);
    size_t cost = strlen(text) / BYTES_PER_STEP;

    r->steps_left = cost < (size_t)r->steps_left ? r->steps_left - (int)cost : 0;
    return text;
}

double number_arg(struct run *r, const struct expr_value *args, size_t i)
{
    return expr_number(r->ctx, &args[i]);
}

enum err finish_text(struct run *r, struct expr_value *out, const struct buf *b)
{
    if (!buf_ok(b))
        return ctx_fail(r->ctx, ERR_LIMIT, tr(r->ctx, "The expression makes a text too long."));
    *out = value_text(buf_text(b));
    return run_spend(r, b->len / BYTES_PER_STEP);
}

const char **all_texts(struct run *r, const struct node *call, const struct expr_value *args,
                       size_t first, size_t *len_out)
{
    const char **texts;
    size_t len = 0;
    size_t at = 0;

    for (size_t i = first; i < call->args_len; i++)
        len += args[i].type == EXPR_NODES ? args[i].nodes_len : 1;
    texts = ARENA_ARRAY(r->ctx->arena, len + 1, const char *);
    for (size_t i = first; i < call->args_len; i++) {
        if (args[i].type != EXPR_NODES)
            texts[at++] = text_arg(r, args, i);
        for (size_t k = 0; args[i].type == EXPR_NODES && k < args[i].nodes_len; k++)
            texts[at++] = expr_node_text(r->ctx, &args[i].nodes[k]);
    }
    *len_out = len;
    return texts;
}

/* --- operators --- */

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
    case OP_UNION:
        break;
    }
    return false;
}

static bool is_worded(const struct side *s)
{
    return s->text != NULL && (s->type == EXPR_TEXT || s->type == EXPR_DATE);
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
    return s->type == EXPR_NUMBER ? number_true(s->number) : s->text[0] != '\0';
}

static bool compare_sides(enum op op, const struct side *a, const struct side *b)
{
    bool equality = op == OP_EQUAL || op == OP_NOT_EQUAL;
    double x;
    double y;

    if (is_worded(a) && is_worded(b)) {
        assert(a->text && b->text);
        if (text_to_time(a->text, &x) && text_to_time(b->text, &y))
            return holds(op, x, y);
        if (equality)
            return (strcmp(a->text, b->text) == 0) == (op == OP_EQUAL);
    }
    if (equality && (a->type == EXPR_BOOL || b->type == EXPR_BOOL))
        return (side_bool(a) == side_bool(b)) == (op == OP_EQUAL);
    return holds(op, side_number(a), side_number(b));
}

static struct side side_of(struct run *r, const struct expr_value *v, size_t i)
{
    if (v->type == EXPR_NODES)
        return (struct side){ .type = EXPR_TEXT, .text = expr_node_text(r->ctx, &v->nodes[i]) };
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
        a = value_bool(expr_bool(r->ctx, &a));
    if (b.type == EXPR_NODES && a.type == EXPR_BOOL)
        b = value_bool(expr_bool(r->ctx, &b));
    a_len = a.type == EXPR_NODES ? a.nodes_len : 1;
    b_len = b.type == EXPR_NODES ? b.nodes_len : 1;
    *out = false;
    for (size_t i = 0; i < a_len && !*out; i++) {
        struct side left = side_of(r, &a, i);

        rc = run_spend(r, b_len);
        if (rc)
            return rc;
        for (size_t k = 0; k < b_len && !*out; k++) {
            struct side right = side_of(r, &b, k);

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
        result = expr_bool(r->ctx, &v);
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
        if (n->ops[i] == OP_UNION) {
            rc = nodes_union(r, &left, &left, &right);
            if (rc)
                return rc;
            continue;
        }
        if (n->ops[i] >= OP_ADD) {
            left = value_number(
                calculate(n->ops[i], expr_number(r->ctx, &left), expr_number(r->ctx, &right)));
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

static enum err eval_named(struct run *r, struct expr_value *out, const struct node *n)
{
    struct expr_nodes found = { .arena = r->ctx->arena };
    enum err rc;

    if (!r->host->named)
        return ctx_fail(r->ctx, ERR_NOT_FOUND,
                        tr(r->ctx, "{0} means nothing here.", TR_TEXT(n->text)));
    rc = r->host->named(r->ctx, r->host, n->text, false, &found);
    if (rc)
        return rc;
    *out = value_nodes(&found);
    return run_spend(r, found.len);
}

static enum err eval_call(struct run *r, struct expr_value *out, const struct node *n)
{
    struct expr_value *args = NULL;

    if (n->function->lazy)
        return n->function->call(r, out, n, NULL);
    if (n->args_len > 0)
        args = ARENA_ARRAY(r->ctx->arena, n->args_len, struct expr_value);
    for (size_t i = 0; i < n->args_len; i++) {
        enum err rc = node_eval(r, &args[i], n->args[i]);

        if (rc)
            return rc;
    }
    if (n->function->math) {
        assert(args); /* each takes one: the parser has counted them */
        *out = value_number(n->function->math(number_arg(r, args, 0)));
        return OK;
    }
    return n->function->call(r, out, n, args);
}

static enum err eval_negative(struct run *r, struct expr_value *out, const struct node *n)
{
    struct expr_value v = { 0 };
    enum err rc = node_eval(r, &v, n->args[0]);

    if (!rc)
        *out = value_number(n->number * expr_number(r->ctx, &v));
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
    case NODE_NAMED:
        return eval_named(r, out, n);
    case NODE_PATH:
        return path_eval(r, out, n);
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
    struct run r = { .ctx = ctx,
                     .host = host,
                     .here = host->item.tree ? host->item : host->here,
                     .position = 1,
                     .size = 1,
                     .steps_left = EXPR_STEPS };

    return node_eval(&r, out, e->root);
}
