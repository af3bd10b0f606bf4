#ifndef RECORDS_DOCUMENT_VIEW_H
#define RECORDS_DOCUMENT_VIEW_H

/* What the page of a report receives. */

#include <stdbool.h>
#include <stddef.h>

#include "report/report.h"
#include "web/web.h"

struct doc_cell_view {
    const char *text;
    bool number;
    bool head; /* the first of its row names the row */
    const char *label;
};

struct doc_row_view {
    const struct doc_cell_view *cells;
    size_t cells_len;
    bool total;
};

struct doc_head_view {
    const char *text;
    int64_t span;
    bool number;
};

struct doc_table_view {
    const char *title;
    const struct doc_head_view *groups; /* none: no head stands over several columns */
    size_t groups_len;
    const struct doc_head_view *heads;
    size_t heads_len;
    const struct doc_row_view *rows;
    size_t rows_len;
};

/* Lengths in SVG, as text with a point whatever the language. */
struct chart_mark_view {
    const char *x;
    const char *y;
    const char *width;
    const char *height;
    const char *color;
    const char *title; /* told when pointed at */
};

struct chart_text_view {
    const char *x;
    const char *y;
    const char *anchor;
    const char *text;
};

struct chart_trace_view {
    const char *path;
    const char *color;
};

struct chart_key_view {
    const char *label;
    const char *color;
};

struct chart_view {
    const char *title;
    const char *box; /* viewBox */
    const char *width;
    const char *height;
    const char *left;
    const char *right;
    const struct chart_mark_view *marks; /* columns */
    size_t marks_len;
    const struct chart_mark_view *dots;
    size_t dots_len;
    const struct chart_trace_view *traces;
    size_t traces_len;
    const struct chart_text_view *numbers;
    size_t numbers_len;
    const struct chart_text_view *labels;
    size_t labels_len;
    const struct chart_key_view *keys;
    size_t keys_len;
};
struct html;
void chart_render(struct html *h, const struct chart_view *v);
/* ERR_LIMIT: too many series. */
enum err chart_view_fill(struct ctx *ctx, struct chart_view *out, const struct chart *c) MUST_USE;

struct doc_meter_view {
    const char *label;
    const char *value;
    const char *text;
    const char *note;
    bool has_value;
};

struct report_item_view {
    enum doc_kind kind;
    enum doc_style style;
    const char *text;
    const struct doc_pair *pairs;
    size_t pairs_len;
    struct doc_table_view table;
    struct chart_view chart;
    const struct doc_meter_view *bars;
    size_t bars_len;
    const char *const *names;
    size_t names_len;
};

/* Asks for whom and what for something is given to somebody outside. */
struct giving_purpose_view {
    const char *code;
    const char *label;
    bool chosen;
};
struct giving_asks_view {
    const char *recipient;
    const char *purpose;
    const char *recipient_problem;
    const char *purpose_problem;
    const struct giving_purpose_view *purposes;
    size_t purposes_len;
};
struct giving_form_view {
    struct url action; /* .text NULL: nothing is given here */
    struct giving_asks_view asks;
    const char *refused; /* why it was not given */
    const char *lang;    /* of what is made; "" = of the page */
};
/* Purposes of the form of consent, and the problems that ctx holds; the answers stay. */
void giving_asks_fill(struct ctx *ctx, struct giving_asks_view *v);
void giving_form_render(struct html *h, const struct giving_form_view *v);

struct report_page_view {
    const char *window;
    const char *title;
    const char *back_title;
    struct url back;
    struct url pdf;
    struct url xlsx;
    struct url csv;
    bool has_tables;
    const struct report_item_view *items;
    size_t items_len;
    struct giving_form_view giving;
};

/* The items of a document, for a page of another room; its titles are headings there. */
enum err report_items_fill(struct ctx *ctx, const struct report_item_view **out, size_t *len_out,
                           const struct document *d) MUST_USE;
void report_item_render(struct html *h, const struct report_item_view *v);

#endif
