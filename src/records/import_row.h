#ifndef RECORDS_IMPORT_ROW_H
#define RECORDS_IMPORT_ROW_H

/* One row of an import: cells to records (import_row.c), for the two rounds of import.c. */

#include "records/import.h"

#define IMPORT_TRACE 8 /* remembered translations of each column */

struct import_seen {
    const char *cell;
    const char *code;
};

struct import_plan_column {
    const char *heading;
    struct import_target target;
    enum date_order order;
    bool filled; /* some row has a value in it */
    struct import_seen seen[IMPORT_TRACE];
    size_t seen_at;
};

struct import {
    struct ctx *ctx;
    const struct form *form;
    const struct form *parent; /* NULL at the top */
    const struct import_options *options;
    struct arena *kept; /* the report: rows rewind ctx->arena */
    struct import_report report;
    const struct form *kinds[IMPORT_KINDS_MAX];
    size_t kinds_len;
    struct import_plan_column *columns;
    size_t len;
    struct import_run run;
    int64_t indexed;                   /* place up to which the index has followed */
    int64_t seq;                       /* of what was made */
    struct import_decision *decisions; /* by row, once sorted */
    size_t decisions_len;
    size_t decisions_max;
    int64_t *bad; /* ordinals of the rows that the first round refused, in order */
    size_t bad_len;
    size_t bad_max;
};

/* What one row became. */
struct import_row {
    const struct sheet_row *cells;
    const char *parent; /* number of the record above */
    const char *parent_id;
    struct answer_pair *pairs[IMPORT_KINDS_MAX]; /* of each kind */
    const char **heads[IMPORT_KINDS_MAX];        /* the heading of each pair */
    size_t len[IMPORT_KINDS_MAX];
    bool good;
};

void import_fault_add(struct import *im, int64_t row, const char *column, const char *value,
                      const char *reason);
void import_note_add(struct import *im, const char *text);
/* Reads the cells; faults make the row bad, which is no error. */
enum err import_row_read(struct import *im, struct import_row *out,
                         const struct sheet_row *cells) MUST_USE;
/* Fills the main record, and tells what is wrong with the other kinds as well. */
enum err import_row_check(struct import *im, struct import_row *r, struct record **out) MUST_USE;
/* Stores what the row says; in a transaction. ERR_INVALID: told as faults, and roll back. */
enum err import_row_store(struct import *im, struct import_row *r) MUST_USE;
/* What is done with a row that is like a record, by its strength, unless that was decided. */
enum err import_row_decide(struct import *im, const struct import_row *r,
                           const struct record *main) MUST_USE;
/* Sorts the decisions, so that they are found. */
void import_decisions_sort(struct import *im);

#endif
