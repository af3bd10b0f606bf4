#ifndef FACTS_SHAPE_H
#define FACTS_SHAPE_H

/*
 * What a table of facts holds: columns made from the fields marked hw:stat, and how a value becomes
 * coarse. A repeat with such a field, and a field with several codes, has a table of its own: one
 * row for each row of the repeat or for each code, with the columns of the record beside it. It is
 * named KIND.REPEAT or KIND.FIELD. Repeats within repeats are not counted.
 *
 * code: the code of a choice; a text counts only if it is the code of a programme or fund.
 * band: five years of birth for a date (1990-1994), a class of size for a number (5-9).
 * quarter: 2026-Q1. admin1: P-code of the first administrative level. score: a number.
 *
 * Memory: ctx->arena.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "forms/forms.h"

struct record;

enum fact_kind {
    FACT_CODE,
    FACT_BAND,
    FACT_QUARTER,
    FACT_AREA,
    FACT_SCORE,
    FACT_STATUS, /* of a record with a status machine */
    FACT_OFFICE,
    FACT_COUNTRY /* of the office */
};

#define FACT_COLUMNS_MAX 120

/*
 * Scores that a domain computes of a record, measured like fields marked score; and the status that
 * a record must have to be counted, unless a table is asked for by status.
 */
struct fact_measured {
    const char *kind;
    const char *counted; /* NULL = whatever its status */
    /* Of a column, a to z, 0 to 9 and underscores, in ctx->arena; NULL behind the last. */
    const char *(*name)(struct ctx *ctx, size_t n);
    size_t
        main_len; /* so many of the first are the main ones: a report that asks no more has them */
    const char *(*title)(struct ctx *ctx, size_t n);
    /* One decimal number for each name; NULL = none. */
    enum err (*values)(struct ctx *ctx, const struct record *rec, const char **out);
};
/* Called once before fork with those of every domain; ends with NULL. */
void facts_use_measured(const struct fact_measured *const *all);

/*
 * What a domain keeps of its records besides, in a table of its own, cut loose from the person in
 * the same way: under the hashes of the key, as things stand now. Called in the transaction that
 * writes the facts of a person, after clear; never for what lies in the bin.
 */
struct fact_lists;
struct fact_key {
    const char *who;
    const char *fact;
};
struct fact_keep {
    const char *kind;
    enum err (*clear)(struct ctx *ctx, const char *who);
    enum err (*add)(struct ctx *ctx, const struct fact_key *key, const struct record *rec,
                    const struct record *above, const struct fact_lists *lists);
};
/* all ends with NULL and must stay. */
void facts_use_keep(const struct fact_keep *const *all);

struct fact_column {
    enum fact_kind kind;
    const char *key;  /* "case.opened", "office": what questions name it by */
    const char *name; /* in the table */
    const struct form *form;
    const struct field *field; /* NULL: status, office, country, and what is measured */
    const struct fact_measured *measured;
    size_t nth; /* of its names */
};

struct fact_table {
    const struct form *form;
    const struct field *of; /* the repeat or list whose rows are counted; NULL = records */
    const char *key;        /* "case", "case.vulnerability_flags" */
    const char *name;
    struct fact_column *columns;
    size_t len;
};

/* By key. False: there is none such, or no person is above the kind. */
bool fact_table_find(struct ctx *ctx, struct fact_table *out, const char *key);
/* What people call what is counted. */
const char *fact_table_title(struct ctx *ctx, const struct fact_table *t);
/* Tables of all kinds that have facts. */
void fact_tables(struct ctx *ctx, struct fact_table **out, size_t *len_out);
const struct fact_column *fact_column_find(const struct fact_table *t, const char *key);
/* The column of the status of what is counted, and the one that counts. NULL: every status does. */
const struct fact_column *fact_column_counted(const struct fact_table *t, const char **status_out);

/* What people call a column, and a value of it. */
const char *fact_column_title(struct ctx *ctx, const struct fact_table *t,
                              const struct fact_column *c);

/* What values are looked up in: programmes, funds, areas, offices. */
struct fact_lists;
enum err fact_lists_load(struct ctx *ctx, struct fact_lists **out) MUST_USE;

struct fact_office {
    const char *id;
    const char *parent_id;
    const char *code;
    const char *name;
    const char *country;
};
struct fact_programme {
    const char *code;
    const char *name;
    const char *office_id;
};
struct fact_fund {
    const char *code;
    const char *donor;
    const char *programme; /* code; NULL = of none */
    const char *office_id;
};
struct fact_area {
    const char *pcode;
    const char *name;
    const char *parent; /* P-code */
    int64_t level;
};
struct fact_lists {
    struct fact_office *offices;
    size_t offices_len;
    struct fact_programme *programmes;
    size_t programmes_len;
    struct fact_fund *funds;
    size_t funds_len;
    struct fact_area *areas;
    size_t areas_len;
};
const struct fact_office *fact_office_find(const struct fact_lists *l, const char *id);

/* A value made coarse as its column asks; NULL = none. Not for what is measured. */
const char *fact_value(struct ctx *ctx, const struct fact_lists *l, const struct fact_column *c,
                       const char *value);
/* In words; "" for no value is told as not known. */
const char *fact_value_title(struct ctx *ctx, const struct fact_lists *l,
                             const struct fact_column *c, const char *value);

int64_t quarter_of_ms(int64_t ms);
const char *quarter_text(struct ctx *ctx, int64_t quarter); /* 2026-Q1 */
bool quarter_parse(const char *text, int64_t *out);
const char *quarter_last_day(struct ctx *ctx, int64_t quarter); /* 2026-03-31 */

#endif
