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
 * Marks as small what of the new table (its hidden is not set yet) may not stand beside the old
 * one. *found_out grows by how many were marked.
 *
 * Two kinds, such as persons and cases, are compared by people, on the columns that both have:
 * where nearly everyone has one record of each, people by age less the cases of men by age tell the
 * women. How many people have no record of a kind is not hidden by this: the same people, counted
 * once with and once without it, differ by that alone.
 */
void near_compare(struct ctx *ctx, const struct fact_release *r, struct suppress *s,
                  const struct fact_release *old, size_t *found_out);

/* What is hidden; a total that is not published is as its only cell. */
bool *near_hidden(struct ctx *ctx, const struct suppress *s);

#endif
