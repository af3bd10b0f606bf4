#ifndef FACTS_NEAR_H
#define FACTS_NEAR_H

/*
 * Whether two tables together tell what each hides. A number of one (P) is compared with all the
 * numbers of the other that are parts of it: what is left when those that are shown are taken away
 * must be nothing, or no small number.
 *
 * Memory: ctx->arena.
 */

#include "facts/release.h"
#include "facts/suppress.h"

/*
 * Marks as small what of the new table may not stand beside the old one. *found_out grows by how
 * many were marked.
 */
enum err near_compare(struct ctx *ctx, const struct fact_question *q, struct suppress *s,
                      const struct fact_counts *counts, const struct fact_release *old,
                      int64_t threshold, size_t *found_out) MUST_USE;

/* What is hidden; a total that is not published is as its only cell. */
bool *near_hidden(struct ctx *ctx, const struct suppress *s);

#endif
