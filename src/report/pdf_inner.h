#ifndef REPORT_PDF_INNER_H
#define REPORT_PDF_INNER_H

/*
 * What the files of a PDF share. A document is run through twice with the same code: once to count
 * its pages, drawing nothing, and once to draw.
 */

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include "report/chart.h"
#include "report/report.h"

/* In points. */
#define MARGIN   54.0
#define FOOT     28.0
#define GAP      6.0
#define CELL_PAD 4.0

struct document {
    struct arena *arena;
    const char *lang;
    const char *title;
    const char *footer;
    double width;
    double height;
    struct doc_item *items;
    struct doc_item *last;
};

struct pass {
    struct ctx *ctx;
    const struct document *doc;
    cairo_t *cr;
    PangoContext *pango;
    bool rtl;
    double y;
    int page;
    int pages; /* 0 while counting */
    enum err rc;
};

/* --- pdf.c --- */

/* A layout of this width; notes a missing glyph in the pass. */
PangoLayout *text_layout(struct pass *p, enum doc_style style, const char *text, double width);
void draw_layout(struct pass *p, PangoLayout *layout, double x, double y);
/* Text in a box; its height. */
double put_text(struct pass *p, enum doc_style style, const char *text, double x, double y,
                double width);
double measure(struct pass *p, enum doc_style style, const char *text, double width);
double layout_height(PangoLayout *layout);
double inner_width(const struct pass *p);
/* What is left of the page, and what a whole one holds. */
double room_left(const struct pass *p);
double room_whole(const struct pass *p);
/* Left edge of a box that begins at start (from the side where reading begins). */
double left_of(const struct pass *p, double start, double width);
void next_page(struct pass *p);
/* Goes to the next page unless so much fits on this one. */
void need(struct pass *p, double height);
/* A line across the page. */
void rule(struct pass *p, double y, double grey);

/* --- pdf_table.c, pdf_items.c --- */

void item_text(struct pass *p, const struct doc_item *i);
void item_table(struct pass *p, const struct doc_item *i);
void item_pairs(struct pass *p, const struct doc_item *i);
void item_bars(struct pass *p, const struct doc_item *i);
void item_chart(struct pass *p, const struct doc_item *i);
void item_image(struct pass *p, const struct doc_item *i);
void item_signatures(struct pass *p, const struct doc_item *i);

#endif
