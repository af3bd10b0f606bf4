#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

/*
 * Reports: one model of tables and documents, several outputs. Tables stream, so 100,000 rows need
 * the memory of one, and no work file holds any of them. Formula cells (= + - @) are guarded in CSV
 * and XLSX.
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
enum table_format { TABLE_CSV, TABLE_XLSX, TABLE_CSV_ZIP /* a file for each table */ };

struct table_column {
    const char *label;
    enum report_kind kind;
};

struct table_spec {
    const char *title;                  /* the sheet's name */
    const struct table_column *columns; /* must stay until table_close */
    size_t len;
    const char *name; /* of the file in a zip, without ".csv": [a-z0-9_.-] */
};

struct table;

/*
 * Opens a table that is written to fd. The sheet runs from right to left where the language of ctx
 * does.
 */
enum err table_open(struct ctx *ctx, struct table **out, enum table_format format, int fd,
                    const struct table_spec *spec) MUST_USE;
/* Begins another table: a further sheet or file in the zip, or behind an empty line of a CSV. */
enum err table_next(struct ctx *ctx, struct table *t, const struct table_spec *spec) MUST_USE;
/* One row; cells as text (NULL = empty), as many as columns. */
enum err table_row(struct ctx *ctx, struct table *t, const char *const *cells) MUST_USE;
enum err table_close(struct ctx *ctx, struct table *t) MUST_USE;

/* --- documents: one model; PDF here, a page in records/document_web.h, sheets and CSV below --- */

/*
 * What a report says, in order. Built by the document_ functions, which copy what they are given
 * into the arena of the document; read-only for who shows it.
 */
enum doc_kind {
    DOC_ITEM_TEXT,
    DOC_ITEM_PAIRS,
    DOC_ITEM_TABLE,
    DOC_ITEM_BARS,
    DOC_ITEM_CHART,
    DOC_ITEM_IMAGE,
    DOC_ITEM_SIGNATURES,
    DOC_ITEM_BREAK
};
enum doc_style { DOC_TITLE, DOC_HEADING, DOC_TEXT, DOC_SMALL, DOC_NOTE };

struct doc_pair {
    const char *label;
    const char *value;
};

struct doc_column {
    const char *head;
    const char *group;     /* one head above all neighbours with the same; NULL = none */
    double width;          /* share of the page; 0 in all columns = equal shares */
    enum report_kind kind; /* numbers stand at the end of their column */
};

struct doc_table {
    const char *title; /* of its sheet; NULL = the document's */
    const struct doc_column *columns;
    size_t columns_len;
    const char *const *cells; /* row by row; NULL = empty */
    size_t rows;
    bool total; /* the last row sums up the others */
};

/* A bar from 0 to 1 with label and value text; value below 0 = no score (drawn as a dash). */
struct doc_bar {
    const char *label;
    double value;
    const char *value_text;
    const char *note; /* small text beside; may be NULL */
};

struct doc_item {
    enum doc_kind kind;
    enum doc_style style; /* of a text */
    const char *text;     /* of a text; what an image shows, in words */
    const struct doc_pair *pairs;
    size_t pairs_len;
    struct doc_table table;
    const struct doc_bar *bars;
    size_t bars_len;
    double low; /* of bars: where their two marks stand */
    double high;
    const struct chart *chart;
    const void *image; /* PNG */
    size_t image_len;
    double image_height;      /* points */
    const char *const *names; /* who signs */
    size_t names_len;
    const struct doc_item *next;
};

enum doc_paper { DOC_A4, DOC_LETTER };

struct document;
struct chart;

/* lang decides direction, fonts, digits. A4, upright, unless told. */
struct document *document_new(struct ctx *ctx, const char *lang, const char *title);
/* The same without its title at the top: a letter says itself where that stands. */
struct document *document_untitled(struct ctx *ctx, const char *lang, const char *title);
void document_paper(struct document *d, enum doc_paper paper, bool landscape);
void document_add(struct document *d, enum doc_style style, const char *text);
/* Labels with their values beside them. */
void document_pairs(struct document *d, const struct doc_pair *pairs, size_t len);
/* Its head is repeated on each page; a row is split only where it is longer than a page. */
void document_table(struct document *d, const struct doc_table *table);
void document_bars(struct document *d, const struct doc_bar *bars, size_t len, double low,
                   double high);
/* The chart must outlive the document. Add the table of its numbers beside it. */
void document_chart(struct document *d, const struct chart *chart);
/* A PNG (a logo), this many points high; text says what it shows. ERR_INVALID: no PNG, or over
 * DOC_IMAGE_SIDE pixels a side. */
enum err document_image(struct ctx *ctx, struct document *d, const void *png, size_t len,
                        double height, const char *text) MUST_USE;
#define DOC_IMAGE_SIDE 4000
/* A line to sign on and one for the date, for each name. */
void document_signatures(struct document *d, const char *const *names, size_t len);
void document_break(struct document *d); /* what follows begins on a new page */
/* Footer on every page: text, and "page n of m" in the language. */
void document_footer(struct document *d, const char *text);

const struct doc_item *document_items(const struct document *d);
const char *document_title(const struct document *d);
const char *document_lang(const struct document *d);

/* The PDF in memory. No file is made. The language is set in the PDF's metadata; no author. */
enum err document_pdf(struct ctx *ctx, const struct document *d, const char **bytes_out,
                      size_t *len_out) MUST_USE;
/* Its tables as one CSV (an empty line between two), or a workbook with a sheet for each. */
enum err document_sheets(struct ctx *ctx, const struct document *d, enum table_format format,
                         int fd) MUST_USE;

#endif
