#ifndef RECORDS_IMPORT_SHEET_H
#define RECORDS_IMPORT_SHEET_H

/*
 * A table to be imported: CSV, or a sheet of a workbook (.xlsx). It can be read again from its
 * beginning. The first row names the columns; where two rows do (merged headings), both are joined
 * to "Child / Name", a heading that spans several columns counting for each of them.
 *
 * Memory: the sheet and its headings live in ctx->arena; a row until the next sheet_next.
 * Errors: those of core/csv.h and forms/xlsx.h. Limits: SHEET_BYTES_MAX from standard input.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

#define SHEET_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct sheet;

struct sheet_row {
    int64_t number; /* as a spreadsheet counts */
    size_t len;
    const char *const *cells; /* never NULL */
};

struct sheet_options {
    char delimiter;   /* of CSV; 0 = find it */
    const char *name; /* of a workbook's sheet; NULL = the first that is not hidden */
    int head_rows;    /* 1 or 2; 0 = find out */
};

/* Bytes that outlive the sheet. */
enum err sheet_open_bytes(struct ctx *ctx, struct sheet **out, const char *bytes, size_t len,
                          const struct sheet_options *options) MUST_USE;
/* "-" = standard input. */
enum err sheet_open_file(struct ctx *ctx, struct sheet **out, const char *path,
                         const struct sheet_options *options) MUST_USE;
void sheet_close(struct sheet *s); /* also run by the arena; NULL is allowed */

/* Joined headings, without white space around them; "" where a column has none. */
const char *const *sheet_headings(const struct sheet *s, size_t *len_out);
int sheet_head_rows(const struct sheet *s);
/* Goes back to the first row behind the headings; sheet_open has done it once. */
enum err sheet_rewind(struct ctx *ctx, struct sheet *s) MUST_USE;
/* Next row; *more_out = false at the end. Empty rows are passed over. */
enum err sheet_next(struct ctx *ctx, struct sheet *s, struct sheet_row *row,
                    bool *more_out) MUST_USE;

#endif
