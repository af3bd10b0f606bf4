#ifndef SURVEY_FEED_H
#define SURVEY_FEED_H

/*
 * A fast reader of large CSV files, in the dialect of core/csv.h: LF or CRLF, quotes that may span
 * lines, a BOM is skipped, the delimiter (comma, semicolon, tab) is found from the heading. It
 * reads what is not seekable too, and needs the memory of one block, or of the longest row. Rows of
 * a workbook (.xlsx) come the same way, see feed_book.h, and those of the CSV in a zip, see
 * feed_zip.h; both are read front to back, in one piece.
 *
 * Unlike core/csv it does not refuse a file for bytes that are not UTF-8: it says which rows may
 * hold them, so that the rest can be used.
 *
 * Errors: ERR_IO could not be read; ERR_LIMIT a row over CSV_ROW_MAX bytes; ERR_INVALID an open
 * quote at the end, or a file that is UTF-16. Each says which file and row.
 * Memory: ctx->arena of feed_open.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/csv.h"
#include "core/ctx.h"

struct feed;

/* Not NUL-ended. 8 bytes can be read from text on, whatever len is. */
struct feed_cell {
    char *text;
    size_t len;
};

struct feed_row {
    int64_t number;          /* as a spreadsheet counts: the heading is 1; empty lines count */
    struct feed_cell *cells; /* at most CSV_COLUMNS_MAX of them; valid until the next feed_next */
    size_t len;              /* cells of the row, also those beyond CSV_COLUMNS_MAX */
    bool empty;              /* an empty line; feed_next passes over it */
    bool foreign;            /* a byte over 127, or a NUL: cells are to be checked */
};

/* "-" = standard input. */
enum err feed_open(struct ctx *ctx, struct feed **out, const char *path) MUST_USE;
/* Another file with the memory of this feed, which is closed. After an error only feed_close. */
enum err feed_open_next(struct ctx *ctx, struct feed *f, const char *path) MUST_USE;
/* Which sheet of a workbook is read, before the first row; ERR_INVALID: the file is none. */
enum err feed_sheet(struct ctx *ctx, struct feed *f, const char *name) MUST_USE;
/* From a descriptor that stays the caller's; name is for messages. */
enum err feed_open_fd(struct ctx *ctx, struct feed **out, int fd, const char *name) MUST_USE;
/* Next row; *more_out = false at the end. Empty lines are passed over. */
enum err feed_next(struct ctx *ctx, struct feed *f, struct feed_row *row, bool *more_out) MUST_USE;
int feed_fd(const struct feed *f);
/* Size of a regular file; -1 for what cannot be read at any place. */
int64_t feed_size(const struct feed *f);
/* Where the next row begins, in bytes from the start of the file. */
int64_t feed_tell(const struct feed *f);
/*
 * Goes on with the row that begins at byte at of a regular file, as the row after number. upto: how
 * far it is worth reading ahead. The heading was read before.
 */
void feed_seek(struct feed *f, int64_t at, int64_t number, int64_t upto);
/* Rows passed so far, empty ones too: number of the last one. */
int64_t feed_number(const struct feed *f);
/* The byte behind the first LF at or behind at; -1 if there is none near or it cannot be read. */
int64_t feed_line_after(struct feed *f, int64_t at);
void feed_close(struct feed *f); /* also run by the arena */

#endif
