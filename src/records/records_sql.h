#ifndef RECORDS_RECORDS_SQL_H
#define RECORDS_RECORDS_SQL_H

/*
 * Names of record tables and columns, shared by sql.c (statements) and sql_tables.c (definitions),
 * and how a statement is put together (sql_build.c). Names come from checked forms only:
 * [a-z][a-z0-9_]{0,40}, prefixed; values are arguments always.
 */

#include "core/buf.h"
#include "records/records_inner.h"

#define SQL_COLUMNS_MAX 100 /* typed columns of one table */

/* rec_KIND or rec_KIND__REPEAT; long ones are cut and numbered, for PostgreSQL cuts them itself. */
const char *sql_table(struct arena *a, const struct form *form, const struct field *repeat);
/* Whether a field has a column of its own, a copy of what lies in open, to filter and sort by. */
bool sql_has_column(const struct field *f, const struct field *repeat);
/* Its column as lists sort by it: what is empty comes first. */
const char *sql_sort_column(struct arena *a, const struct field *f);
/* What sql_sort_column is of an empty field. */
const char *sql_empty(const struct field *f);
/* Whether lists are sorted by it with the help of an index. */
bool sql_is_sorted(const struct field *f);

/* --- sql_build.c: a statement in the making; its text is kept by the connection --- */

#define SQL_ARGS_MAX 160

struct build {
    struct ctx *ctx;
    struct buf sql;
    int len;
    struct db_arg args[SQL_ARGS_MAX + 1];
};

void build_start(struct build *b, struct ctx *ctx, const char *text);
void build_add(struct build *b, const char *text);
void build_arg(struct build *b, struct db_arg arg); /* "$n" */
/* "name = $n", with what stands before it. */
void build_is(struct build *b, const char *text, struct db_arg arg);
enum err build_exec(struct build *b, int64_t *changed_out) MUST_USE;
enum err build_query(struct build *b, struct rows **out) MUST_USE;
/* The one number of it, which may be remembered while no record changes. */
enum err build_number(struct build *b, int64_t *out) MUST_USE;

/* --- sql_tables.c --- */

/* Makes or widens the tables of a form; inside a transaction. */
enum err sql_make_tables(struct ctx *ctx, const struct form *form) MUST_USE;

#endif
