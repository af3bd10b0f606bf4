#ifndef DEMO_DEMO_INNER_H
#define DEMO_DEMO_INNER_H

/* Inside the demo room: the generator's lists and its random numbers. */

#include <stdint.h>

#include "core/csv_table.h"
#include "core/ctx.h"

/* SplitMix64: the same numbers on every machine. */
struct dice {
    uint64_t state;
};
uint64_t dice_next(struct dice *d);
/* 0 to below. */
uint32_t dice_below(struct dice *d, uint32_t below);
/* True with a chance of percent in a hundred. */
int dice_chance(struct dice *d, uint32_t percent);

struct demo_lists {
    struct csv_table names;
    struct csv_table origins;
    struct csv_table places;
    struct csv_table notes;
};

/* One invented person of an origin, and that person's interviews; ctx acts as an interviewer. */
enum err demo_person(struct ctx *ctx, const struct demo_lists *lists, struct dice *d,
                     int64_t base_ms, bool interviews) MUST_USE;

#endif
