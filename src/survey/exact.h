#ifndef SURVEY_EXACT_H
#define SURVEY_EXACT_H

/*
 * Sums of fractions of any number of denominators, without loss: whole numbers of any length, with
 * just what a mean needs.
 *
 * Memory: the arena given; numbers grow with the number of different denominators.
 */

#include <stdint.h>

#include "core/arena.h"

struct exact; /* a sum of fractions */

struct exact *exact_new(struct arena *a);
/* Adds num * times / den; den > 0. */
void exact_add(struct exact *sum, uint64_t num, uint64_t times, uint64_t den);
/*
 * round(sum * scale / (by1 * by2)), half up, for a sum between 0 and by1 * by2; by1 and by2 are
 * more than 0, scale at most 10^9.
 */
uint64_t exact_divide(const struct exact *sum, uint64_t by1, uint64_t by2, uint64_t scale);

#endif
