#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include "core/buf.h"
#include "core/text.h"
#include "report/report.h"

/* A4 in points. */
#define PAGE_WIDTH  595.28
#define PAGE_HEIGHT 841.89
#define MARGIN      54.0
#define FOOT        28.0
#define GAP         6.0
#define CELL_PAD    4.0
#define BAR_HEIGHT  14.0
#define PDF_MAX     ((size_t)32 * 1024 * 1024)

enum item_kind { ITEM_TEXT, ITEM_TABLE, ITEM_BARS };

struct item {
    enum item_kind kind;
    enum doc_style style;
    const char *text;
    const char *const *heads;
    const double *widths;
    const char *const *cells;
    size_t columns;
    size_t rows;
    const struct doc_bar *bars;
    size_t bars_len;
    double low;
    double high;
    struct item *next;
};

struct document {
    struct arena *arena;
    const char *lang;
    const char *title;
    const char *footer;
    struct item *items;
    struct item *last;
};

/* One pass over the document: counting pages (cr draws nowhere) or drawing. */
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

struct document *document_new(struct ctx *ctx, const char *lang, const char *title)
{
    struct document *d = ARENA_NEW(ctx->arena, struct document);

    d->arena = ctx->arena;
    d->lang = arena_strdup(ctx->arena, lang);
    d->title = arena_strdup(ctx->arena, title);
    document_add(d, DOC_TITLE, title);
    return d;
}

static struct item *add_item(struct document *d, enum item_kind kind)
{
    struct item *i = ARENA_NEW(d->arena, struct item);

    i->kind = kind;
    if (d->last == NULL)
        d->items = i;
    else
        d->last->next = i;
    d->last = i;
    return i;
}

void document_add(struct document *d, enum doc_style style, const char *text)
{
    struct item *i = add_item(d, ITEM_TEXT);

    i->style = style;
    i->text = arena_strdup(d->arena, text);
}

static const char *const *copy_texts(struct arena *a, const char *const *texts, size_t len)
{
    const char **out = ARENA_ARRAY(a, len + 1, const char *);

    for (size_t i = 0; i < len; i++)
        out[i] = arena_strdup(a, texts[i] == NULL ? "" : texts[i]);
    return out;
}

void document_table(struct document *d, const char *const *heads, const double *widths,
                    size_t columns, const char *const *cells, size_t rows)
{
    struct item *i = add_item(d, ITEM_TABLE);

    i->heads = copy_texts(d->arena, heads, columns);
    i->widths = arena_memdup(d->arena, widths, columns * sizeof *widths);
    i->cells = copy_texts(d->arena, cells, columns * rows);
    i->columns = columns;
    i->rows = rows;
}

void document_bars(struct document *d, const struct doc_bar *bars, size_t len, double low,
                   double high)
{
    struct item *i = add_item(d, ITEM_BARS);

    i->bars = arena_memdup(d->arena, bars, len * sizeof *bars);
    i->bars_len = len;
    i->low = low;
    i->high = high;
}

void document_footer(struct document *d, const char *text)
{
    d->footer = arena_strdup(d->arena, text);
}

/* --- text --- */

static const char *font_of(enum doc_style style)
{
    switch (style) {
    case DOC_TITLE:
        return "Noto Sans, Noto Sans Arabic Bold 18";
    case DOC_HEADING:
        return "Noto Sans, Noto Sans Arabic Bold 12";
    case DOC_TEXT:
        return "Noto Sans, Noto Sans Arabic 10";
    case DOC_SMALL:
        return "Noto Sans, Noto Sans Arabic 8";
    case DOC_NOTE:
        return "Noto Sans, Noto Sans Arabic Italic 9";
    }
    return "Noto Sans 10";
}

/* The first character that no font has, by trying each alone. */
static uint32_t unknown_character(PangoLayout *layout, const char *text)
{
    const char *p = text;
    uint32_t found = 0;

    while (*p != '\0' && found == 0) {
        const char *start = p;
        uint32_t cp = text_next(&p);

        pango_layout_set_text(layout, start, (int)(p - start));
        if (pango_layout_get_unknown_glyphs_count(layout) > 0)
            found = cp;
    }
    return found;
}

/* A layout of this width; notes a missing glyph in the pass. */
static PangoLayout *text_layout(struct pass *p, enum doc_style style, const char *text,
                                double width)
{
    PangoLayout *layout = pango_layout_new(p->pango);
    PangoFontDescription *font = pango_font_description_from_string(font_of(style));

    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_auto_dir(layout, FALSE);
    pango_layout_set_alignment(layout, p->rtl ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_text(layout, text, -1);
    if (p->rc == OK && pango_layout_get_unknown_glyphs_count(layout) > 0) {
        uint32_t cp = unknown_character(layout, text);

        p->rc =
            ctx_fail(p->ctx, ERR_INVALID,
                     tr(p->ctx,
                        "The PDF cannot show the character U+{0}: no font of this machine has it. "
                        "Install the package fonts-noto-core or fonts-noto-extra.",
                        TR_TEXT(arena_printf(p->ctx->arena, "%04X", cp))));
    }
    return layout;
}

static double layout_height(PangoLayout *layout)
{
    int height = 0;

    pango_layout_get_size(layout, NULL, &height);
    return (double)height / PANGO_SCALE;
}

static void draw_layout(struct pass *p, PangoLayout *layout, double x, double y)
{
    if (p->pages == 0)
        return;
    cairo_move_to(p->cr, x, y);
    pango_cairo_show_layout(p->cr, layout);
}

/* Text in a box; its height. */
static double put_text(struct pass *p, enum doc_style style, const char *text, double x, double y,
                       double width)
{
    PangoLayout *layout = text_layout(p, style, text, width);
    double height = layout_height(layout);

    draw_layout(p, layout, x, y);
    g_object_unref(layout);
    return height;
}

static double measure(struct pass *p, enum doc_style style, const char *text, double width)
{
    PangoLayout *layout = text_layout(p, style, text, width);
    double height = layout_height(layout);

    g_object_unref(layout);
    return height;
}

/* --- pages --- */

#define INNER_WIDTH (PAGE_WIDTH - 2 * MARGIN)

/* Left edge of a box that begins at start (from the side where reading begins). */
static double left_of(const struct pass *p, double start, double width)
{
    return p->rtl ? PAGE_WIDTH - MARGIN - start - width : MARGIN + start;
}

static void put_footer(struct pass *p)
{
    const char *number;
    PangoLayout *layout;

    if (p->pages == 0)
        return;
    number = tr(p->ctx, "Page {0} of {1}", TR_INT(p->page), TR_INT(p->pages));
    cairo_set_source_rgb(p->cr, 0.35, 0.35, 0.35);
    if (p->doc->footer != NULL)
        put_text(p, DOC_SMALL, p->doc->footer, left_of(p, 0, INNER_WIDTH * 0.75),
                 PAGE_HEIGHT - MARGIN, INNER_WIDTH * 0.75);
    layout = text_layout(p, DOC_SMALL, number, INNER_WIDTH * 0.2);
    pango_layout_set_alignment(layout, p->rtl ? PANGO_ALIGN_LEFT : PANGO_ALIGN_RIGHT);
    draw_layout(p, layout, left_of(p, INNER_WIDTH * 0.8, INNER_WIDTH * 0.2), PAGE_HEIGHT - MARGIN);
    g_object_unref(layout);
    cairo_set_source_rgb(p->cr, 0, 0, 0);
}

static void next_page(struct pass *p)
{
    put_footer(p);
    if (p->pages > 0)
        cairo_show_page(p->cr);
    p->page++;
    p->y = MARGIN;
}

static void need(struct pass *p, double height)
{
    if (p->y + height > PAGE_HEIGHT - MARGIN - FOOT && p->y > MARGIN)
        next_page(p);
}

static void item_text(struct pass *p, const struct item *i)
{
    double before = i->style == DOC_HEADING ? GAP * 2 : 0;
    double height = measure(p, i->style, i->text, INNER_WIDTH);

    need(p, before + height + (i->style == DOC_HEADING ? 40 : 0));
    p->y += before;
    put_text(p, i->style, i->text, MARGIN, p->y, INNER_WIDTH);
    p->y += height + GAP;
}

static void rule(struct pass *p, double y, double grey)
{
    if (p->pages == 0)
        return;
    cairo_set_source_rgb(p->cr, grey, grey, grey);
    cairo_set_line_width(p->cr, 0.6);
    cairo_move_to(p->cr, MARGIN, y);
    cairo_line_to(p->cr, PAGE_WIDTH - MARGIN, y);
    cairo_stroke(p->cr);
    cairo_set_source_rgb(p->cr, 0, 0, 0);
}

static double row_height(struct pass *p, const struct item *i, const char *const *cells)
{
    double most = 0;

    for (size_t c = 0; c < i->columns; c++)
        most = fmax(most, measure(p, DOC_TEXT, cells[c], i->widths[c] * INNER_WIDTH - CELL_PAD));
    return most + CELL_PAD;
}

static void put_row(struct pass *p, const struct item *i, const char *const *cells, bool head)
{
    double height = row_height(p, i, cells);
    double start = 0;

    for (size_t c = 0; c < i->columns; c++) {
        double width = i->widths[c] * INNER_WIDTH;

        put_text(p, head ? DOC_SMALL : DOC_TEXT, cells[c], left_of(p, start, width - CELL_PAD),
                 p->y, width - CELL_PAD);
        start += width;
    }
    p->y += height;
    rule(p, p->y - CELL_PAD / 2, head ? 0.2 : 0.8);
    p->y += CELL_PAD / 2;
}

static void item_table(struct pass *p, const struct item *i)
{
    need(p, 60);
    put_row(p, i, i->heads, true);
    for (size_t r = 0; r < i->rows; r++) {
        const char *const *cells = i->cells + r * i->columns;
        int page = p->page;

        need(p, row_height(p, i, cells));
        if (p->page != page)
            put_row(p, i, i->heads, true);
        put_row(p, i, cells, false);
    }
    p->y += GAP;
}

static void put_bar(struct pass *p, const struct item *i, const struct doc_bar *bar, double y)
{
    double start = INNER_WIDTH * 0.34;
    double width = INNER_WIDTH * 0.46;
    double left = left_of(p, start, width);
    double marks[2] = { i->low, i->high };

    if (p->pages == 0)
        return;
    cairo_set_source_rgb(p->cr, 0.91, 0.92, 0.94);
    cairo_rectangle(p->cr, left, y, width, BAR_HEIGHT);
    cairo_fill(p->cr);
    if (bar->value >= 0) {
        double filled = width * fmin(bar->value, 1);

        cairo_set_source_rgb(p->cr, 0.13, 0.37, 0.55);
        cairo_rectangle(p->cr, p->rtl ? left + width - filled : left, y, filled, BAR_HEIGHT);
        cairo_fill(p->cr);
    }
    for (size_t m = 0; m < 2; m++) {
        double at = p->rtl ? left + width * (1 - marks[m]) : left + width * marks[m];

        cairo_set_source_rgb(p->cr, 0.85, 0.4, 0.1);
        cairo_set_line_width(p->cr, 1);
        cairo_move_to(p->cr, at, y - 2);
        cairo_line_to(p->cr, at, y + BAR_HEIGHT + 2);
        cairo_stroke(p->cr);
    }
    cairo_set_source_rgb(p->cr, 0, 0, 0);
}

static void item_bars(struct pass *p, const struct item *i)
{
    for (size_t b = 0; b < i->bars_len; b++) {
        const struct doc_bar *bar = &i->bars[b];
        double label_width = INNER_WIDTH * 0.32;
        double side = INNER_WIDTH * 0.18;
        double height = fmax(BAR_HEIGHT, measure(p, DOC_TEXT, bar->label, label_width));
        double note = bar->note == NULL ? 0 : measure(p, DOC_SMALL, bar->note, side);

        height = fmax(height, BAR_HEIGHT + note);
        need(p, height + GAP);
        put_text(p, DOC_TEXT, bar->label, left_of(p, 0, label_width), p->y, label_width);
        put_bar(p, i, bar, p->y);
        put_text(p, DOC_TEXT, bar->value < 0 ? "\xE2\x80\x93" : bar->value_text,
                 left_of(p, INNER_WIDTH * 0.82, side), p->y, side);
        if (bar->note != NULL)
            put_text(p, DOC_SMALL, bar->note, left_of(p, INNER_WIDTH * 0.82, side),
                     p->y + BAR_HEIGHT, side);
        p->y += height + GAP;
    }
    p->y += GAP;
}

static void run_pass(struct pass *p)
{
    p->y = MARGIN;
    p->page = 1;
    for (const struct item *i = p->doc->items; i != NULL; i = i->next) {
        if (i->kind == ITEM_TEXT)
            item_text(p, i);
        else if (i->kind == ITEM_TABLE)
            item_table(p, i);
        else
            item_bars(p, i);
    }
    put_footer(p);
}

/* --- PDF --- */

static cairo_status_t collect(void *closure, const unsigned char *data, unsigned length)
{
    struct buf *b = closure;

    buf_add_len(b, data, length);
    return buf_ok(b) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static PangoContext *pango_context(const struct document *d, cairo_t *cr, bool rtl)
{
    PangoContext *pango = pango_cairo_create_context(cr);

    pango_context_set_base_dir(pango, rtl ? PANGO_DIRECTION_RTL : PANGO_DIRECTION_LTR);
    pango_context_set_language(pango, pango_language_from_string(d->lang));
    return pango;
}

enum err document_pdf(struct ctx *ctx, const struct document *d, const char **bytes_out,
                      size_t *len_out)
{
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct ctx local = *ctx; /* the document's language, whoever asks for it */
    struct pass p = { .ctx = &local, .doc = d };
    cairo_surface_t *surface;
    cairo_status_t status;

    local.lang = d->lang;
    buf_init(b, ctx->arena, PDF_MAX);
    surface = cairo_pdf_surface_create_for_stream(collect, b, PAGE_WIDTH, PAGE_HEIGHT);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, d->title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Homeward");
    p.cr = cairo_create(surface);
    p.rtl = strcmp(tr_direction(d->lang), "rtl") == 0;
    p.pango = pango_context(d, p.cr, p.rtl);
    run_pass(&p);
    if (p.rc == OK) {
        p.pages = p.page;
        run_pass(&p);
        cairo_show_page(p.cr);
    }
    g_object_unref(p.pango);
    cairo_destroy(p.cr);
    cairo_surface_finish(surface);
    status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    ctx->problems = local.problems;
    ctx->problems_last = local.problems_last;
    if (p.rc)
        return p.rc;
    if (status != CAIRO_STATUS_SUCCESS || !buf_ok(b))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The PDF is too large."));
    *bytes_out = b->data;
    *len_out = b->len;
    return OK;
}
