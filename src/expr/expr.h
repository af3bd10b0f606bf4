#ifndef EXPR_EXPR_H
#define EXPR_EXPR_H

/*
 * ODK XForms expressions: XPath 1.0 with the functions of ODK (docs/expressions.md has the table
 * and what differs). The parser checks grammar, functions, number and kind of their arguments;
 * expr_check checks references against a sample of the document; expr_eval computes.
 *
 * What is read is a tree (struct expr_tree): answers of a form, a case, a list of choices. Whoever
 * has a document implements the tree and gives a struct expr_host: where the expression stands, the
 * top of the document, and what names, lists and labels mean there.
 *
 * Types: text, number, boolean, date (also a moment), node set. Dates compare as dates; text that
 * is a date compares with one as a date. In sums a date counts as its days since 1970. if() and
 * coalesce() evaluate only the arms they take. Unlike XPath, and as ODK Collect has it, a node set
 * is true when one of its values is not empty; sum(), min() and max() pass empty values by.
 *
 * Memory: a struct expr lives in the arena it was parsed in and is read-only afterwards. Values
 * live in ctx->arena.
 * Errors: ERR_INVALID at parsing and checking (position, and what was expected); ERR_LIMIT over
 * EXPR_STEPS evaluation steps or EXPR_DEPTH nesting.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

#define EXPR_STEPS      400000
#define EXPR_DEPTH      100
#define EXPR_SOURCE_MAX 20000 /* bytes of one expression */

struct expr;
struct expr_tree;

/*
 * A place in a tree. Two nodes are the same when all four members are; what at, what and index mean
 * is the tree's affair.
 */
struct expr_node {
    const struct expr_tree *tree; /* NULL: no node */
    const void *at;
    const void *what;
    size_t index;
};

/* Nodes in document order, no node twice. */
struct expr_nodes {
    struct arena *arena;
    struct expr_node *items;
    size_t len;
    size_t cap;
};

void expr_nodes_add(struct expr_nodes *nodes, struct expr_node node);
bool expr_node_same(const struct expr_node *a, const struct expr_node *b);

/*
 * A document as expressions see it: nodes with a name that hold either a text or other nodes. The
 * rows of a repeat are sibling nodes of one name. No function changes anything.
 */
struct expr_tree {
    /* Adds the children of that name (NULL: all of them), in document order. */
    enum err (*children)(struct ctx *ctx, const struct expr_node *node, const char *name,
                         struct expr_nodes *out);
    /* false, and *out untouched: the node is the top. */
    bool (*parent)(const struct expr_node *node, struct expr_node *out);
    const char *(*name)(const struct expr_node *node);
    /* Its text, "" when empty; NULL: it holds other nodes. Good place to note what is read. */
    const char *(*value)(struct ctx *ctx, const struct expr_node *node);
    void *data; /* the tree's own */
};

enum expr_type { EXPR_TEXT, EXPR_NUMBER, EXPR_BOOL, EXPR_DATE, EXPR_NODES };

struct expr_value {
    enum expr_type type;
    const char *text;              /* EXPR_TEXT; EXPR_DATE as YYYY-MM-DD or a moment */
    double number;                 /* EXPR_NUMBER */
    bool boolean;                  /* EXPR_BOOL */
    const struct expr_node *nodes; /* EXPR_NODES */
    size_t nodes_len;
};

/* Where an expression is evaluated. Functions that are NULL count as "there is none". */
struct expr_host {
    struct expr_node here; /* ".", and where relative paths begin; tree NULL = nowhere */
    struct expr_node root; /* the top element: /NAME/... ; tree NULL = none */
    struct expr_node item; /* of a choice_filter: the choice it is about, and "." then */
    /*
     * Nodes that ${name} means here: one for a field of this or an outer level, every row for a
     * field inside a repeat that here is not in. all = true: every row even so (indexed-repeat()).
     * ERR_NOT_FOUND, with a problem: there is no such field.
     */
    enum err (*named)(struct ctx *ctx, const struct expr_host *host, const char *name, bool all,
                      struct expr_nodes *out);
    /* The node above "root" in instance('id')/root/item. ERR_NOT_FOUND, with a problem. */
    enum err (*instance)(struct ctx *ctx, const struct expr_host *host, const char *id,
                         struct expr_node *out);
    /* Label of a choice of the select ${field}; NULL if none. */
    const char *(*choice_label)(struct ctx *ctx, const struct expr_host *host, const char *field,
                                const char *value);
    /* Text of jr:itext(id); NULL if none. */
    const char *(*itext)(struct ctx *ctx, const struct expr_host *host, const char *id);
    /* property(name): username, deviceid ...; NULL if none. */
    const char *(*property)(struct ctx *ctx, const struct expr_host *host, const char *name);
    const void *place;   /* the host's own */
    const char *today;   /* YYYY-MM-DD */
    int64_t now_ms;      /* now(), shown in ctx->time_zone */
    const char *version; /* version(); NULL = "" */
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
/* The names in ${...}, each once; ends with NULL. */
const char *const *expr_names(const struct expr *e);
/* Whether it calls a function of that name, such as today. */
bool expr_calls(const struct expr *e, const char *function);

/*
 * Checks the references of an expression against a sample: a document in which every node that can
 * occur does, with one row in each repeat. used (may be NULL) gets the nodes that the value depends
 * on, each once. ERR_INVALID: a path or a list that leads nowhere; the problem names it, and
 * offset_out (may be NULL) is its byte.
 */
enum err expr_check(struct ctx *ctx, const struct expr *e, const struct expr_host *sample,
                    struct expr_nodes *used, size_t *offset_out) MUST_USE;

enum err expr_eval(struct ctx *ctx, struct expr_value *out, const struct expr *e,
                   const struct expr_host *host) MUST_USE;
/* The value as XPath's boolean(), string() and number() turn it. */
bool expr_bool(struct ctx *ctx, const struct expr_value *v);
const char *expr_text(struct ctx *ctx, const struct expr_value *v);
double expr_number(struct ctx *ctx, const struct expr_value *v);
/*
 * The order that randomize() gives len things for a seed: order[i] is the number, from 0, of the
 * one that comes to stand at i. order has room for len.
 */
void expr_shuffle(struct ctx *ctx, size_t *order, size_t len, const struct expr_value *seed);
/* Text of a node: its value, or that of all nodes in it, one after the other. */
const char *expr_node_text(struct ctx *ctx, const struct expr_node *node);

#endif
