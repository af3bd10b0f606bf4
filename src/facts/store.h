#ifndef FACTS_STORE_H
#define FACTS_STORE_H

/* Statements on the tables of facts, built from the columns of shape.h. Memory: ctx->arena. */

#include "db/db.h"
#include "facts/shape.h"

#define FACT_HASH 32              /* hex digits */
#define FACT_OPEN INT64_C(999999) /* valid_to of what still holds */

/* What a record was from the end of one quarter until before the end of another. */
struct fact_row {
    const struct fact_table *table;
    const void *of; /* whose it is, while rows are made */
    int64_t seen;   /* the last quarter in which it was still so, while rows are made */
    const char *fact;
    const char *office_id;
    const char **values; /* by column; of office and country NULL */
    int64_t from;
    int64_t to;
};

/* If anything had to be made, the facts of everyone are written again from the next catching up. */
enum err fact_store_make(struct ctx *ctx, const struct fact_table *t) MUST_USE;
/* All rows of a person in one table; then those that hold. Inside a transaction. */
enum err fact_store_clear(struct ctx *ctx, const struct fact_table *t, const char *who) MUST_USE;
enum err fact_store_add(struct ctx *ctx, const char *who, const struct fact_row *row) MUST_USE;

#endif
