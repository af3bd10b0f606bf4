#ifndef RECORDS_FORM_SHEETS_H
#define RECORDS_FORM_SHEETS_H

/*
 * A form's file as a workbook (.xlsx): a sheet for each section, its columns in the first row. What
 * is read again from it (forms/book.h) has the same cells.
 *
 * Memory: ctx->arena; nothing touches a disk. Errors: those of report.h; ERR_NOT_FOUND: the file
 * has no section.
 */

#include "forms/overlay.h"

enum err form_sheets(struct ctx *ctx, const char **out, size_t *len_out,
                     const struct form_text *text) MUST_USE;

#endif
