#ifndef FACTS_SUPPRESS_H
#define FACTS_SUPPRESS_H

/*
 * Which cells of a table of counts may be shown. Small ones are hidden, and so many others that
 * nobody can work a small one out from the totals: whoever knows every shown number, and that
 * counts are never below 0, must be left with a span of at least the threshold for each of them.
 *
 * The table with its totals is a network: every row and every column adds up. The span of a hidden
 * cell is found exactly, as the most that can flow around it through other hidden cells; cells to
 * hide besides are chosen by the cheapest way around. Totals may be hidden like any cell.
 *
 * Memory: ctx->arena. Limits: SUPPRESS_LINES_MAX rows and columns; ERR_LIMIT.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

#define SUPPRESS_LINES_MAX 400

/* Cells row by row, with a last row and a last column of totals: (rows + 1) * (cols + 1). */
struct suppress {
    size_t rows;
    size_t cols;
    const int64_t *n; /* adds up */
    bool *small;      /* must be hidden, and not be worked out */
    bool *hidden;     /* what may not be shown; set by suppress_cells, never taken back */
    bool *unseen;     /* never published, such as the totals of rows with one column */
};

enum err suppress_cells(struct ctx *ctx, struct suppress *s, int64_t threshold) MUST_USE;
/*
 * How far a cell could be from its number for who knows the shown ones: lowest and highest, the
 * highest at most n + reach.
 */
void suppress_span(struct ctx *ctx, const struct suppress *s, size_t cell, int64_t reach,
                   int64_t *low_out, int64_t *high_out);

#endif
