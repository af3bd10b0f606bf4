#ifndef DEMO_DEMO_INNER_H
#define DEMO_DEMO_INNER_H

/* Inside the demo room: the generator's lists and its random numbers. */

#include <stdint.h>

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

/* A CSV of content/demo in memory: rows of cells, found by column name. */
struct sheet {
    char ***rows;
    size_t len;
    char **heads;
    size_t columns;
};
enum err sheet_load(struct ctx *ctx, struct sheet *out, const char *asset) MUST_USE;
const char *sheet_cell(const struct sheet *s, size_t row, const char *column);

struct demo_lists {
    struct sheet names;
    struct sheet origins;
    struct sheet places;
    struct sheet notes;
};

/* One invented person of an origin, and that person's interviews; ctx acts as an interviewer. */
enum err demo_person(struct ctx *ctx, const struct demo_lists *lists, struct dice *d,
                     int64_t base_ms, bool interviews) MUST_USE;

#endif
