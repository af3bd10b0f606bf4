/* PDF: text, pages, and the two passes over a document. */
#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "report/pdf_inner.h"

#define PDF_MAX ((size_t)32 * 1024 * 1024)

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

PangoLayout *text_layout(struct pass *p, enum doc_style style, const char *text, double width)
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

double layout_height(PangoLayout *layout)
{
    int height = 0;

    pango_layout_get_size(layout, NULL, &height);
    return (double)height / PANGO_SCALE;
}

void draw_layout(struct pass *p, PangoLayout *layout, double x, double y)
{
    if (p->pages == 0)
        return;
    cairo_move_to(p->cr, x, y);
    pango_cairo_show_layout(p->cr, layout);
}

double put_text(struct pass *p, enum doc_style style, const char *text, double x, double y,
                double width)
{
    PangoLayout *layout = text_layout(p, style, text, width);
    double height = layout_height(layout);

    draw_layout(p, layout, x, y);
    g_object_unref(layout);
    return height;
}

double measure(struct pass *p, enum doc_style style, const char *text, double width)
{
    PangoLayout *layout = text_layout(p, style, text, width);
    double height = layout_height(layout);

    g_object_unref(layout);
    return height;
}

/* --- pages --- */

double inner_width(const struct pass *p)
{
    return p->doc->width - 2 * MARGIN;
}

double room_left(const struct pass *p)
{
    return p->doc->height - MARGIN - FOOT - p->y;
}

double room_whole(const struct pass *p)
{
    return p->doc->height - 2 * MARGIN - FOOT;
}

double left_of(const struct pass *p, double start, double width)
{
    return p->rtl ? p->doc->width - MARGIN - start - width : MARGIN + start;
}

static void put_footer(struct pass *p)
{
    double inner = inner_width(p);
    const char *number;
    PangoLayout *layout;

    if (p->pages == 0)
        return;
    number = tr(p->ctx, "Page {0} of {1}", TR_INT(p->page), TR_INT(p->pages));
    cairo_set_source_rgb(p->cr, 0.35, 0.35, 0.35);
    if (p->doc->footer != NULL)
        put_text(p, DOC_SMALL, p->doc->footer, left_of(p, 0, inner * 0.75), p->doc->height - MARGIN,
                 inner * 0.75);
    layout = text_layout(p, DOC_SMALL, number, inner * 0.2);
    pango_layout_set_alignment(layout, p->rtl ? PANGO_ALIGN_LEFT : PANGO_ALIGN_RIGHT);
    draw_layout(p, layout, left_of(p, inner * 0.8, inner * 0.2), p->doc->height - MARGIN);
    g_object_unref(layout);
    cairo_set_source_rgb(p->cr, 0, 0, 0);
}

void next_page(struct pass *p)
{
    put_footer(p);
    if (p->pages > 0)
        cairo_show_page(p->cr);
    p->page++;
    p->y = MARGIN;
}

void need(struct pass *p, double height)
{
    if (height > room_left(p) && p->y > MARGIN)
        next_page(p);
}

void rule(struct pass *p, double y, double grey)
{
    if (p->pages == 0)
        return;
    cairo_set_source_rgb(p->cr, grey, grey, grey);
    cairo_set_line_width(p->cr, 0.6);
    cairo_move_to(p->cr, MARGIN, y);
    cairo_line_to(p->cr, p->doc->width - MARGIN, y);
    cairo_stroke(p->cr);
    cairo_set_source_rgb(p->cr, 0, 0, 0);
}

static void put_item(struct pass *p, const struct doc_item *i)
{
    switch (i->kind) {
    case DOC_ITEM_TEXT:
        item_text(p, i);
        break;
    case DOC_ITEM_PAIRS:
        item_pairs(p, i);
        break;
    case DOC_ITEM_TABLE:
        item_table(p, i);
        break;
    case DOC_ITEM_BARS:
        item_bars(p, i);
        break;
    case DOC_ITEM_CHART:
        item_chart(p, i);
        break;
    case DOC_ITEM_IMAGE:
        item_image(p, i);
        break;
    case DOC_ITEM_SIGNATURES:
        item_signatures(p, i);
        break;
    case DOC_ITEM_BREAK:
        if (p->y > MARGIN)
            next_page(p);
        break;
    }
}

static void run_pass(struct pass *p)
{
    p->y = MARGIN;
    p->page = 1;
    for (const struct doc_item *i = p->doc->items; i != NULL; i = i->next) {
        put_item(p, i);
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
    surface = cairo_pdf_surface_create_for_stream(collect, b, d->width, d->height);
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
