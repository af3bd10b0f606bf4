#ifndef RULES_DOC_TREE_H
#define RULES_DOC_TREE_H

/*
 * The case document as expressions see it: the one place that knows how expressions read. It needs
 * forms and expressions only, so that the build can check rules against a sample.
 */

#include "expr/expr.h"
#include "forms/forms.h"
#include "rules/shape.h"

struct tree_record {
    const struct answers *answers;
    const char *status;
    const char *number;
    const char *created; /* date */
};

struct tree_part {
    struct tree_record *items; /* oldest first */
    size_t len;
};

struct doc_tree {
    struct expr_tree tree; /* its data is this */
    const struct shape *shape;
    struct tree_part *parts; /* by place in the shape; the case is the one record of the first */
};

/* Parts empty. */
struct doc_tree *doc_tree_new(struct arena *a, const struct shape *shape);
/* One record of every kind, one row in every repeat. */
struct doc_tree *doc_tree_sample(struct arena *a, const struct shape *shape);
struct expr_host doc_tree_host(const struct doc_tree *doc, const char *today, int64_t now_ms);
/* The element that a node of a tree is; NULL: a record, or what holds records. */
const struct shape_item *doc_tree_item(const struct expr_node *node);
/* Whether a node is a record, and of which part. */
bool doc_tree_record(const struct expr_node *node, size_t *part_out);
/* What the program computes of a record. */
const char *doc_tree_meta(struct arena *a, const struct tree_record *rec, enum meta meta);

#endif
