#ifndef FORMS_BOOK_H
#define FORMS_BOOK_H

/*
 * A form's workbook (.xlsx, as ODK and KoboToolbox have it) as the CSV that everything behind
 * works on: a section for each sheet, in the order of the tabs, its columns from the first row that
 * is not empty. Sheets whose name begins with _ are notes of their author and are left out.
 *
 * Memory: ctx->arena. Errors: those of xlsx.h, and ERR_INVALID for two sheets of one name.
 * Limits: BOOK_COLUMNS_MAX, BOOK_ROWS_MAX; the CSV has at most out_max bytes.
 */

#include "forms/overlay.h"

#define BOOK_COLUMNS_MAX 2000
#define BOOK_ROWS_MAX    ((size_t)40000)

/* Where a row of the CSV stood. */
struct book_place {
    const char *sheet;
    int row;
};

struct book_text {
    struct form_text text;
    const struct book_place *places; /* by row of text, from 1 */
    size_t places_len;
};

/* Whether the bytes begin as a workbook does. */
bool book_is(const struct form_text *file);

/*
 * The CSV of a workbook; a cell that holds an error of a formula is a problem at its row and column
 * of the CSV ("FILE:ROW:COLUMN"), and *out is set even then (ERR_INVALID is told at the end, not
 * here). The CSV is called like the workbook.
 */
enum err book_read(struct ctx *ctx, struct book_text *out, const struct form_text *file,
                   size_t out_max) MUST_USE;

#endif
