#ifndef RULES_RULE_READS_H
#define RULES_RULE_READS_H

/* What an expression of a rule reads of the case document. */

#include <stdint.h>

#include "expr/expr.h"
#include "rules/doc_tree.h"

struct reads {
    const struct shape_item **items; /* each once */
    size_t len;
    size_t cap;
    uint64_t parts; /* bits of the kinds of record, also those that are only counted */
    bool today;     /* it asks for today() or now() */
};

/*
 * Adds what e reads, found on a sample. ERR_INVALID, with the reason in words: an element that the
 * document does not have.
 */
enum err reads_add(struct ctx *ctx, struct reads *out, const struct expr *e,
                   const struct doc_tree *sample) MUST_USE;

/*
 * Compiles an expression that a cell of a content file holds and adds what it reads. NULL where it
 * is blank or wrong; then *problem_out says what is wrong, NULL = nothing. text is kept.
 */
const struct expr *reads_expr(struct ctx *ctx, struct reads *out, const char *text,
                              const struct doc_tree *sample, const char **problem_out);

#endif
