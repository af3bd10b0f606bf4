#ifndef CORE_CSV_TABLE_H
#define CORE_CSV_TABLE_H

/*
 * A table that is shipped in the program as CSV, whole in memory: a header, and rows of as many
 * cells each, found by the name of their column. For lists of some hundred rows; csv.h streams.
 *
 * Memory: the arena that csv_table_load is given.
 * Errors: ERR_INVALID; the problem says file, row and value.
 */

#include <stddef.h>

#include "core/csv.h"

struct csv_table {
    const char *file;
    struct csv_row header; /* lens of header and rows is NULL */
    struct csv_row *rows;
    size_t len;
};

/* ERR_INVALID: no such asset, no header, a row that is shorter or longer. csv_open_bytes's. */
enum err csv_table_load(struct ctx *ctx, struct csv_table *out, struct arena *a,
                        const char *file) MUST_USE;
/* ERR_INVALID: no such column. */
enum err csv_table_column(struct ctx *ctx, size_t *out, const struct csv_table *t,
                          const char *name) MUST_USE;
/* A cell of a row below len; "" if there is no such column. */
const char *csv_table_cell(const struct csv_table *t, size_t row, const char *column);
/* Records what is wrong with a value of row (NULL = the header) and returns ERR_INVALID. */
enum err csv_table_fault(struct ctx *ctx, const struct csv_table *t, const struct csv_row *row,
                         const char *value, const char *why) MUST_USE;

#endif
