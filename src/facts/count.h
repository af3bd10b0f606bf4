#ifndef FACTS_COUNT_H
#define FACTS_COUNT_H

/*
 * Counting: one pass over the facts that hold at the end of the quarter asked for, in the order of
 * the people, so that each is counted once in a cell without a list of all.
 *
 * Memory: ctx->arena. Limits: FACT_ROWS_MAX rows, FACT_COLS_MAX columns: ERR_LIMIT, told kindly.
 */

#include "facts/question.h"

#define FACT_ROWS_MAX 200
#define FACT_COLS_MAX 60

struct fact_line {
    const char *values[FACT_DIMS]; /* "" = not known */
};

/* (rows + 1) * (cols + 1) cells, row by row, the last of each being the totals. */
struct fact_counts {
    struct fact_line *rows;
    size_t rows_len;
    struct fact_line *cols;
    size_t cols_len; /* 1 without columns */
    int64_t *n;      /* records */
    int64_t *people;
    double *value; /* mean or median; NULL for other measures */
};

enum err facts_count(struct ctx *ctx, struct fact_counts *out,
                     const struct fact_question *q) MUST_USE;

#endif
