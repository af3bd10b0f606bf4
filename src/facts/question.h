#ifndef FACTS_QUESTION_H
#define FACTS_QUESTION_H

/*
 * A question to the facts of one kind, as people choose it and as it is kept: codes only. Who may
 * not see all offices asks about the own office and those below it.
 *
 * Memory: ctx->arena. Errors: ERR_INVALID with the field.
 */

#include "facts/shape.h"

#define FACT_DIMS    2
#define FACT_FILTERS 3

enum fact_measure { MEASURE_RECORDS, MEASURE_PEOPLE, MEASURE_SHARE, MEASURE_MEAN, MEASURE_MEDIAN };

/* As it was typed or chosen; "" where nothing was. */
struct fact_ask {
    const char *form;
    const char *rows[FACT_DIMS]; /* keys of columns */
    const char *cols[FACT_DIMS];
    const char *measure; /* records, people, share, mean, median */
    const char *score;
    const char *period; /* key of a column of quarters */
    const char *from;   /* 2026-Q1 */
    const char *to;
    const char *as_at;
    const char *filters[FACT_FILTERS]; /* "person.sex=female", "fund=SN-F1" */
};

struct fact_filter {
    const struct fact_column *column;
    const char *value;
};

struct fact_question {
    struct fact_table *table;
    const struct fact_column *rows[FACT_DIMS];
    size_t rows_len;
    const struct fact_column *cols[FACT_DIMS];
    size_t cols_len;
    enum fact_measure measure;
    const struct fact_column *score;
    const struct fact_column *period;
    const char *from;
    const char *to;
    int64_t as_at;
    struct fact_filter filters[FACT_FILTERS];
    size_t filters_len;
    struct fact_filter only; /* the status that counts, where none is asked for; or no column */
    const char *scope;       /* office id: this and those below; NULL = all */
    const struct fact_lists *lists;
};

/* lists: NULL = loaded now. */
enum err fact_question_read(struct ctx *ctx, struct fact_question *out, const struct fact_ask *ask,
                            const struct fact_lists *lists) MUST_USE;
/* One text for one question; and back, as it was asked. */
const char *fact_question_text(struct ctx *ctx, const struct fact_question *q);
enum err fact_question_parse(struct ctx *ctx, struct fact_question *out, const char *text,
                             const struct fact_lists *lists) MUST_USE;
/* A question as somebody would ask it. ERR_INVALID: not what fact_question_text makes. */
enum err fact_ask_parse(struct ctx *ctx, struct fact_ask *out, const char *text) MUST_USE;
bool fact_measure_is_score(enum fact_measure m);
extern const char *const fact_measures[]; /* by enum fact_measure; ends with NULL */

/* Whether an office is another one, or below it. */
bool fact_office_within(const struct fact_lists *l, const char *office, const char *top);

#endif
