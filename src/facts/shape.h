#ifndef FACTS_SHAPE_H
#define FACTS_SHAPE_H

/*
 * What a table of facts holds: columns made from the fields marked hw:stat, and how a value becomes
 * coarse. Fields in repeats and fields with several codes have no column.
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

struct fact_column {
    enum fact_kind kind;
    const char *key;  /* "case.opened", "office": what questions name it by */
    const char *name; /* in the table */
    const struct form *form;
    const struct field *field; /* NULL: status, office, country */
};

struct fact_table {
    const struct form *form;
    const char *name;
    struct fact_column *columns;
    size_t len;
};

/* False: the kind has no facts, for no person is above it. */
bool fact_table_of(struct ctx *ctx, struct fact_table *out, const struct form *form);
/* Tables of all kinds that have facts. */
void fact_tables(struct ctx *ctx, struct fact_table **out, size_t *len_out);
const struct fact_column *fact_column_find(const struct fact_table *t, const char *key);

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

/* The coarse value of a record's field; NULL = none. */
const char *fact_value(struct ctx *ctx, const struct fact_lists *l, const struct fact_column *c,
                       const struct record *rec);
/* In words; "" for no value is told as not known. */
const char *fact_value_title(struct ctx *ctx, const struct fact_lists *l,
                             const struct fact_column *c, const char *value);

int64_t quarter_of_ms(int64_t ms);
const char *quarter_text(struct ctx *ctx, int64_t quarter); /* 2026-Q1 */
bool quarter_parse(const char *text, int64_t *out);
const char *quarter_last_day(struct ctx *ctx, int64_t quarter); /* 2026-03-31 */

#endif
