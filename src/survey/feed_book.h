#ifndef SURVEY_FEED_BOOK_H
#define SURVEY_FEED_BOOK_H

/*
 * A sheet of a workbook (.xlsx) as the rows of a feed: what a person sees in its cells, see
 * forms/xlsx.h. Its first row that holds something is the heading and says how wide the table is:
 * cells behind the last filled one are empty, as they are in CSV. One row is in memory, besides the
 * texts that cells of the workbook share.
 *
 * Errors: those of forms/xlsx.h, with the name of the file before them; ERR_INVALID when there is
 * no such sheet.
 * Memory: ctx->arena of feed_book_new; the workbook's own until feed_book_close.
 */

#include "survey/feed.h"

struct feed_book;

/* Whether a file is to be read as a workbook: by its name, or by how its bytes begin. */
bool feed_book_is(int fd, const char *path);
/* cells: room for CSV_COLUMNS_MAX; both outlive the book. Nothing is opened before the first row.
 */
struct feed_book *feed_book_new(struct ctx *ctx, const char *path, struct feed_cell *cells);
/* Rows of this sheet, not of the first one that can be seen; NULL = that one. */
void feed_book_sheet(struct feed_book *b, const char *name);
/* As feed_next. */
enum err feed_book_next(struct ctx *ctx, struct feed_book *b, struct feed_row *row,
                        bool *more_out) MUST_USE;
/* Bytes of the rows so far, and the number of the last one. */
int64_t feed_book_tell(const struct feed_book *b);
int64_t feed_book_number(const struct feed_book *b);
void feed_book_close(struct feed_book *b);

#endif
