#ifndef CORE_CSV_H
#define CORE_CSV_H

/*
 * CSV in and out (RFC 4180; LF or CRLF; quotes may span lines; a BOM is skipped). Streaming: one
 * row in memory. Delimiter: comma, semicolon or tab, found from the header line unless given.
 *
 * A quote inside a cell that does not begin with one is a plain character; what follows a closing
 * quote is kept as it stands. A row that is shorter or longer than the header is not an error here.
 *
 * Errors: ERR_LIMIT for a field over CSV_FIELD_MAX bytes or a row over CSV_ROW_MAX bytes or
 * CSV_COLUMNS_MAX columns; ERR_INVALID for invalid UTF-8, NUL, or an open quote at the end; each
 * records a problem that says row and column. After an error only csv_close is left.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/ctx.h"

#define CSV_FIELD_MAX   ((size_t)1024 * 1024)
#define CSV_ROW_MAX     ((size_t)4 * 1024 * 1024)
#define CSV_COLUMNS_MAX 4096

struct csv;

struct csv_row {
    int64_t line;   /* line of the file on which the row begins, from 1 */
    int64_t number; /* row as a spreadsheet counts: header is 1 */
    size_t len;
    char **cells; /* NUL-ended, valid until the next csv_next */
    size_t *lens;
};

/* delimiter 0 = find it. The file is opened for reading; "-" = standard input. */
enum err csv_open_file(struct ctx *ctx, struct csv **out, const char *path,
                       char delimiter) MUST_USE;
/* Bytes that outlive the reader. */
enum err csv_open_bytes(struct ctx *ctx, struct csv **out, const char *bytes, size_t len,
                        char delimiter) MUST_USE;
/* Next row into row; *more_out = false at the end. Empty lines are passed over. */
enum err csv_next(struct ctx *ctx, struct csv *csv, struct csv_row *row, bool *more_out) MUST_USE;
void csv_close(struct csv *csv); /* also run by the arena */
char csv_delimiter(const struct csv *csv);

/*
 * Writes one cell, with a comma before it unless first. Quoted where needed. guard = true: a cell
 * that starts with = + - @ tab or CR is prefixed with an apostrophe (formula cells), except
 * plain numbers. An empty first cell is written "" so that the row is never an empty line.
 */
void csv_add_cell(struct buf *b, const char *cell, bool first, bool guard);
void csv_end_row(struct buf *b); /* CRLF */

#endif
