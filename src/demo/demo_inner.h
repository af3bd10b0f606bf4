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

/* Who writes a person down and who interviews, and when the person came back. */
struct demo_arrival {
    const char *worker;      /* sign-in names */
    const char *interviewer; /* NULL: no interviews */
    int64_t return_ms;
};

/* One invented person of an origin, and that person's interviews up to now. */
enum err demo_person(struct ctx *ctx, const struct demo_lists *lists, struct dice *d,
                     const struct demo_arrival *arrival) MUST_USE;

#endif
