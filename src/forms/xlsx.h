#ifndef FORMS_XLSX_H
#define FORMS_XLSX_H

/*
 * Reads .xlsx workbooks (ECMA-376, both its namespaces) as Excel, LibreOffice, Google and the
 * libraries of others write them: libzip opens the package, libxml2 parses its parts, this module
 * knows what they mean. Rows are streamed: one is in memory, besides the shared strings.
 *
 * A cell is text with a type: what a person sees in the cell, in one form for all languages.
 * Numbers in their shortest decimal form, of at most 15 significant digits as in Excel; dates by
 * the format of the cell as 2026-11-22, 2026-11-22T05:56:00 and 05:56:00 (hours may be more than
 * 23 where the format counts them on), in the system of 1900 or of 1904; true and false. A number
 * that is no date in its system stays a number. Rich text is joined, phonetic text left out.
 *
 * Memory: the workbook and its shared strings live in ctx->arena's care until xlsx_close; a row
 * until the next xlsx_next. No temporary files: nothing of a workbook touches the disk.
 * Errors: ERR_INVALID for what is no workbook or is broken, ERR_LIMIT over the limits below; the
 * problem says the sheet, and the row and column where it is known. A document type or an entity
 * of its own is refused. After an error of xlsx_next only xlsx_rows_close and xlsx_close are left.
 * Limits: below; and 100 elements in one another.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

#define XLSX_FILE_MAX    ((size_t)64 * 1024 * 1024)  /* bytes of the package */
#define XLSX_ENTRIES_MAX 5000                        /* files in the package */
#define XLSX_PART_MAX    ((uint64_t)1 << 30)         /* bytes of one part when inflated */
#define XLSX_RATIO_MAX   500                         /* inflated to packed, beyond 4 MB */
#define XLSX_SHARED_MAX  ((size_t)192 * 1024 * 1024) /* memory of the shared strings */
#define XLSX_CELL_MAX    ((size_t)256 * 1024)        /* bytes of one cell */
#define XLSX_ROWS_MAX    1048576
#define XLSX_COLUMNS_MAX 16384
#define XLSX_SHEETS_MAX  256
#define XLSX_MERGES_MAX  20000

struct xlsx;
struct xlsx_rows;

enum xlsx_type {
    XLSX_TEXT,
    XLSX_NUMBER,
    XLSX_DATE,
    XLSX_DATETIME,
    XLSX_TIME,
    XLSX_BOOL,
    XLSX_ERROR /* #N/A and the like; =... for a formula whose result was not saved */
};

struct xlsx_cell {
    int column; /* from 1 */
    enum xlsx_type type;
    const char *text; /* never NULL; may have line ends */
};

/* Cells that hold something, by column; a row may have none. */
struct xlsx_row {
    int64_t number; /* as a spreadsheet counts, from 1; empty rows may be left out */
    const struct xlsx_cell *cells;
    size_t len;
};

/* Merged cells: the value stands in the first row and column. */
struct xlsx_range {
    int64_t first_row;
    int64_t last_row;
    int first_column;
    int last_column;
};

/* The bytes must outlive the workbook. ERR_INVALID, ERR_LIMIT. */
enum err xlsx_open_bytes(struct ctx *ctx, struct xlsx **out, const void *bytes,
                         size_t len) MUST_USE;
/* ERR_NOT_FOUND: the file cannot be opened. */
enum err xlsx_open_file(struct ctx *ctx, struct xlsx **out, const char *path) MUST_USE;
void xlsx_close(struct xlsx *x); /* also run by the arena; NULL is allowed */

/* Whether bytes begin as a package does (PK); for who takes CSV too. */
bool xlsx_looks_like(const void *bytes, size_t len);

/* Worksheets in the order of their tabs; charts and the like are left out. */
size_t xlsx_sheets(const struct xlsx *x);
const char *xlsx_sheet_name(const struct xlsx *x, size_t sheet);
bool xlsx_sheet_hidden(const struct xlsx *x, size_t sheet);
/* Place of the sheet of that name, upper and lower case alike; xlsx_sheets(x) if there is none. */
size_t xlsx_sheet_find(const struct xlsx *x, const char *name);

/* Several readers of one workbook may be open at a time. */
enum err xlsx_rows_open(struct ctx *ctx, struct xlsx_rows **out, struct xlsx *x,
                        size_t sheet) MUST_USE;
/* Next row; *more_out = false at the end. Row numbers only grow. */
enum err xlsx_next(struct ctx *ctx, struct xlsx_rows *rows, struct xlsx_row *row,
                   bool *more_out) MUST_USE;
void xlsx_rows_close(struct xlsx_rows *rows); /* also run by the arena; NULL is allowed */

/*
 * Merged ranges in the order of the file, in ctx->arena. They stand behind the rows, so this reads
 * the sheet once to its end.
 */
enum err xlsx_merges(struct ctx *ctx, const struct xlsx_range **out, size_t *len_out,
                     struct xlsx *x, size_t sheet) MUST_USE;
/* The range that a cell belongs to; NULL if none. */
const struct xlsx_range *xlsx_range_of(const struct xlsx_range *ranges, size_t len, int64_t row,
                                       int column);

/* The cell of a column; NULL if it is empty. */
const struct xlsx_cell *xlsx_at(const struct xlsx_row *row, int column);
/* The same as text; "" if it is empty. */
const char *xlsx_text(const struct xlsx_row *row, int column);
/* A, Z, AA ... */
const char *xlsx_column_name(struct arena *a, int column);

#endif
