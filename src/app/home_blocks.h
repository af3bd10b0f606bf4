#ifndef APP_HOME_BLOCKS_H
#define APP_HOME_BLOCKS_H

/*
 * What stands on the start page of each role: content/home/blocks.csv, columns role, block, place,
 * parameter. A block shows only what the user may see anyway; where that is nothing at all it is
 * left out, and where there is nothing yet it says what to do.
 *
 * Memory: what is loaded stays as long as the program. Errors: ERR_INVALID with file, row, value.
 */

#include <stddef.h>

#include "core/ctx.h"

enum block_kind {
    BLOCK_TASKS,   /* mine, office: what is due; the next five take the same word first */
    BLOCK_NEXT,    /* what is due from today on, or on no day: beside BLOCK_OVERDUE */
    BLOCK_OVERDUE, /* what was due before today */
    BLOCK_ALERTS,
    BLOCK_ARRIVALS,   /* then ids of rules: who came back and has no plan */
    BLOCK_ROUNDS,     /* then ids of rules: interviews of the survey that are due */
    BLOCK_RECENT,     /* a kind: its records that changed last */
    BLOCK_STATES,     /* a kind: how many are in each status */
    BLOCK_COUNTS,     /* how many records of each kind one can see */
    BLOCK_JOBS,       /* long work of one's own */
    BLOCK_NOTICES,    /* what one has been told and has not read */
    BLOCK_FILTERS,    /* lists that one has kept */
    BLOCK_ACTIONS,    /* KIND.new, KIND.import, KIND.export, costs, separated by spaces */
    BLOCK_DRAFTS,     /* forms that were uploaded and not published */
    BLOCK_FORMS,      /* forms in force */
    BLOCK_UNFINISHED, /* what one began to fill and has not saved */
    BLOCK_START       /* where to begin, for roles without records */
};

enum home_column {
    HOME_TOP,  /* over the full width: what one can begin */
    HOME_WORK, /* what waits for the reader */
    HOME_SIDE, /* what is good to know */
    HOME_COLUMNS
};

struct home_block {
    const char *role;
    enum block_kind kind;
    int64_t place;
    const char *parameter;
};

/* Before fork, after auth_load, forms_load and rules_load. */
enum err home_blocks_load(struct ctx *ctx) MUST_USE;
/* Those of the acting user's roles by place, each once; ctx->arena. */
const struct home_block **home_blocks(struct ctx *ctx, size_t *len_out);
enum home_column home_column_of(enum block_kind kind);

#endif
