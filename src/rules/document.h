#ifndef RULES_DOCUMENT_H
#define RULES_DOCUMENT_H

/*
 * A case document: the records that the rules of one case read, whole, whatever the acting user may
 * read. It never leaves this room; what is shown of it passes rule_why.
 */

#include <stdint.h>

#include "expr/expr.h"
#include "records/records.h"
#include "rules/doc_tree.h"

struct rule_set;

#define PARTS_EVERY UINT64_MAX

struct document_part {
    struct record *const *items; /* oldest first; by reference: one or none */
    size_t len;
};

struct document {
    const struct shape *shape;
    const struct record *root;   /* the case */
    struct document_part *parts; /* by place in the shape */
    const struct doc_tree *tree; /* the same, for expressions */
    const char *today;
};

/*
 * Loads the case, its person and the parts whose bit is set. in_place (may be NULL) is a record of
 * the case that stands instead of the stored one, and as the newest of its kind, or the return or
 * household if it is one: what is being saved.
 */
enum err document_load(struct ctx *ctx, struct document **out, const struct shape *shape,
                       const char *case_id, uint64_t parts, const struct record *in_place) MUST_USE;
/*
 * What the judged rules read (judged[i] is for set->items[i]; one at least), nothing in place. Of
 * repeats of the person it holds those only that they read: ask it of nothing else.
 */
enum err document_load_for(struct ctx *ctx, struct document **out, const struct rule_set *set,
                           const char *case_id, const bool *judged) MUST_USE;
/* All values of an element, in order; "" for empty ones. */
void document_values(struct ctx *ctx, const char *const **out, size_t *len_out,
                     const struct document *doc, const struct shape_item *item);
/* The same of one record of the element's kind. */
void record_values_of(struct ctx *ctx, const char *const **out, size_t *len_out,
                      const struct record *rec, const struct shape_item *item);
/* For expr_eval; lives as long as the document. */
struct expr_host document_host(struct ctx *ctx, const struct document *doc);
/* Ids of the cases that a record belongs to: itself, its parent, or those of its person. */
enum err document_cases(struct ctx *ctx, const char *const **out, size_t *len_out,
                        const struct shape *shape, const struct record *rec) MUST_USE;

#endif
