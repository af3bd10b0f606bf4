#ifndef RECORDS_RECORDS_SQL_H
#define RECORDS_RECORDS_SQL_H

/*
 * Names of record tables and columns, shared by sql.c (statements) and sql_tables.c (definitions).
 * Names come from checked forms only: [a-z][a-z0-9_]{0,40}, prefixed.
 */

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

/* Makes or widens the tables of a form; inside a transaction. */
enum err sql_make_tables(struct ctx *ctx, const struct form *form) MUST_USE;

#endif
