#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

/*
 * Reports: one model of tables and documents, several outputs. Tables stream, so 100,000 rows need
 * the memory of one. Formula cells (= + - @) are guarded in CSV and XLSX.
 *
 * Memory: ctx->arena; rows are written as they come.
 * Errors: ERR_IO writing; ERR_LIMIT over REPORT_ROWS_MAX in XLSX; ERR_INVALID a glyph that no font
 * of ours has (PDF): the problem names the character.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

#define REPORT_ROWS_MAX 1048575

enum report_kind { REPORT_TEXT, REPORT_INT, REPORT_DECIMAL, REPORT_DATE };
enum table_format { TABLE_CSV, TABLE_XLSX };

struct table_column {
    const char *label;
    enum report_kind kind;
};

struct table_spec {
    const char *title;                  /* the sheet's name */
    const struct table_column *columns; /* must stay until table_close */
    size_t len;
};

struct table;

/*
 * Opens a table that is written to fd. The sheet runs from right to left where the language of ctx
 * does.
 */
enum err table_open(struct ctx *ctx, struct table **out, enum table_format format, int fd,
                    const struct table_spec *spec) MUST_USE;
/* One row; cells as text (NULL = empty), as many as columns. */
enum err table_row(struct ctx *ctx, struct table *t, const char *const *cells) MUST_USE;
enum err table_close(struct ctx *ctx, struct table *t) MUST_USE;

/* --- documents: paragraphs, tables, bars, on A4 pages --- */

struct document;

enum doc_style { DOC_TITLE, DOC_HEADING, DOC_TEXT, DOC_SMALL, DOC_NOTE };

/* lang decides direction, fonts, digits. subtitle may be NULL. */
struct document *document_new(struct ctx *ctx, const char *lang, const char *title);
void document_add(struct document *d, enum doc_style style, const char *text);
/* A table; widths are shares of the page. Breaks across pages with its head repeated. */
void document_table(struct document *d, const char *const *heads, const double *widths,
                    size_t columns, const char *const *cells, size_t rows);
/* Bars from 0 to 1 with label and value text; value below 0 = no score (drawn as a dash). */
struct doc_bar {
    const char *label;
    double value;
    const char *value_text;
    const char *note; /* small text beside; may be NULL */
};
void document_bars(struct document *d, const struct doc_bar *bars, size_t len, double low,
                   double high);
/* Footer on every page: text, and "page n of m" in the language. */
void document_footer(struct document *d, const char *text);
/* The PDF in memory. No file is made. The language is set in the PDF's metadata; no author. */
enum err document_pdf(struct ctx *ctx, const struct document *d, const char **bytes_out,
                      size_t *len_out) MUST_USE;

#endif
