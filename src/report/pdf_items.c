/* PDF: bars, charts, pictures, signatures. */
#include <math.h>
#include <string.h>

#include "core/buf.h"
#include "report/pdf_inner.h"

#define BAR_HEIGHT   14.0
#define CHART_HEIGHT 190.0
#define KEY_SIDE     8.0
#define SIGN_HEIGHT  54.0

static void put_bar(struct pass *p, const struct doc_item *i, const struct doc_bar *bar, double y)
{
    double start = inner_width(p) * 0.34;
    double width = inner_width(p) * 0.46;
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

void item_bars(struct pass *p, const struct doc_item *i)
{
    for (size_t b = 0; b < i->bars_len; b++) {
        const struct doc_bar *bar = &i->bars[b];
        double label_width = inner_width(p) * 0.32;
        double side = inner_width(p) * 0.18;
        double height = fmax(BAR_HEIGHT, measure(p, DOC_TEXT, bar->label, label_width));
        double note = bar->note == NULL ? 0 : measure(p, DOC_SMALL, bar->note, side);

        height = fmax(height, BAR_HEIGHT + note);
        need(p, height + GAP);
        put_text(p, DOC_TEXT, bar->label, left_of(p, 0, label_width), p->y, label_width);
        put_bar(p, i, bar, p->y);
        put_text(p, DOC_TEXT, bar->value < 0 ? "\xE2\x80\x93" : bar->value_text,
                 left_of(p, inner_width(p) * 0.82, side), p->y, side);
        if (bar->note != NULL)
            put_text(p, DOC_SMALL, bar->note, left_of(p, inner_width(p) * 0.82, side),
                     p->y + BAR_HEIGHT, side);
        p->y += height + GAP;
    }
    p->y += GAP;
}

/* --- charts --- */

static void set_color(struct pass *p, size_t series)
{
    const char *hex = chart_color(series) + 1;
    double rgb[3];

    for (int i = 0; i < 3; i++) {
        int value = 0;

        for (int k = 0; k < 2; k++) {
            char c = hex[2 * i + k];

            value = value * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
        }
        rgb[i] = value / 255.0;
    }
    cairo_set_source_rgb(p->cr, rgb[0], rgb[1], rgb[2]);
}

/* A short text around x: numbers at the side, labels below. */
static void put_tick(struct pass *p, const char *text, double x, double y, PangoAlignment align)
{
    double width = 120;
    PangoLayout *layout = text_layout(p, DOC_SMALL, text, width);
    double left = align == PANGO_ALIGN_CENTER ? x - width / 2
                  : align == PANGO_ALIGN_LEFT ? x
                                              : x - width;

    pango_layout_set_alignment(layout, align);
    draw_layout(p, layout, left, y);
    g_object_unref(layout);
}

static void put_axes(struct pass *p, const struct chart_shape *s)
{
    for (size_t i = 0; i < s->numbers_len; i++) {
        double y = p->y + s->numbers[i].at;

        cairo_set_source_rgb(p->cr, 0.8, 0.8, 0.8);
        cairo_set_line_width(p->cr, 0.6);
        cairo_move_to(p->cr, MARGIN + s->left, y);
        cairo_line_to(p->cr, MARGIN + s->right, y);
        cairo_stroke(p->cr);
        cairo_set_source_rgb(p->cr, 0.2, 0.2, 0.2);
        put_tick(p, s->numbers[i].text, MARGIN + (s->rtl ? s->right + 6 : s->left - 6), y - 6,
                 s->rtl ? PANGO_ALIGN_LEFT : PANGO_ALIGN_RIGHT);
    }
    for (size_t i = 0; i < s->labels_len; i++)
        put_tick(p, s->labels[i].text, MARGIN + s->labels[i].at, p->y + s->bottom + 4,
                 PANGO_ALIGN_CENTER);
}

static void put_figures(struct pass *p, const struct chart_shape *s)
{
    for (size_t i = 0; i < s->boxes_len; i++) {
        const struct chart_box *b = &s->boxes[i];

        set_color(p, b->series);
        cairo_rectangle(p->cr, MARGIN + b->x, p->y + b->y, b->width, b->height);
        cairo_fill(p->cr);
    }
    cairo_set_line_width(p->cr, 1.6);
    for (size_t i = 0; i < s->dots_len; i++) {
        const struct chart_dot *d = &s->dots[i];

        set_color(p, d->series);
        if (d->joined) {
            cairo_move_to(p->cr, MARGIN + d[-1].x, p->y + d[-1].y);
            cairo_line_to(p->cr, MARGIN + d->x, p->y + d->y);
            cairo_stroke(p->cr);
        }
        cairo_new_path(p->cr);
        cairo_arc(p->cr, MARGIN + d->x, p->y + d->y, 2.4, 0, 2 * G_PI);
        cairo_fill(p->cr);
    }
    cairo_set_source_rgb(p->cr, 0, 0, 0);
}

/* Colour and name of each series, as many beside one another as have room; its height. */
static double put_key(struct pass *p, const struct chart *c)
{
    double width = inner_width(p) / 3 - GAP;
    double y = p->y + GAP;
    double most = 0;

    for (size_t s = 0; s < c->series_len; s++) {
        double start = (double)(s % 3) * (width + GAP);

        if (s > 0 && s % 3 == 0) {
            y += most + 2;
            most = 0;
        }
        if (p->pages > 0) {
            set_color(p, s);
            cairo_rectangle(p->cr, left_of(p, start, KEY_SIDE), y + 2, KEY_SIDE, KEY_SIDE);
            cairo_fill(p->cr);
            cairo_set_source_rgb(p->cr, 0, 0, 0);
        }
        start += KEY_SIDE + 4;
        most =
            fmax(most, put_text(p, DOC_SMALL, c->series[s].label,
                                left_of(p, start, width - KEY_SIDE - 4), y, width - KEY_SIDE - 4));
    }
    return y + most + GAP - p->y;
}

void item_chart(struct pass *p, const struct doc_item *i)
{
    const struct chart *c = i->chart;
    struct chart_shape shape = { 0 };
    double title = c->title == NULL ? 0 : measure(p, DOC_NOTE, c->title, inner_width(p)) + 2;
    enum err rc = chart_shape(p->ctx, &shape, c, inner_width(p), CHART_HEIGHT);

    if (rc) {
        p->rc = p->rc ? p->rc : rc;
        return;
    }
    need(p, CHART_HEIGHT + title + 30);
    if (c->title != NULL)
        put_text(p, DOC_NOTE, c->title, MARGIN, p->y, inner_width(p));
    p->y += title;
    if (p->pages > 0) {
        put_axes(p, &shape);
        put_figures(p, &shape);
    }
    p->y += CHART_HEIGHT;
    p->y += put_key(p, c) + GAP;
}

/* --- pictures --- */

struct bytes {
    const unsigned char *at;
    size_t left;
};

static cairo_status_t feed(void *closure, unsigned char *data, unsigned length)
{
    struct bytes *b = closure;

    if (length > b->left)
        return CAIRO_STATUS_READ_ERROR;
    memcpy(data, b->at, length);
    b->at += length;
    b->left -= length;
    return CAIRO_STATUS_SUCCESS;
}

void item_image(struct pass *p, const struct doc_item *i)
{
    struct bytes b = { i->image, i->image_len };
    cairo_surface_t *image = cairo_image_surface_create_from_png_stream(feed, &b);
    double scale;

    if (cairo_surface_status(image) != CAIRO_STATUS_SUCCESS) {
        if (p->rc == OK)
            p->rc = ctx_fail(p->ctx, ERR_INVALID, tr(p->ctx, "The picture is damaged."));
        cairo_surface_destroy(image);
        return;
    }
    scale = fmin(i->image_height / fmax(1, cairo_image_surface_get_height(image)),
                 inner_width(p) / fmax(1, cairo_image_surface_get_width(image)));
    need(p, i->image_height + GAP);
    if (p->pages > 0) {
        double width = cairo_image_surface_get_width(image) * scale;

        cairo_save(p->cr);
        cairo_translate(p->cr, left_of(p, 0, width), p->y);
        cairo_scale(p->cr, scale, scale);
        cairo_set_source_surface(p->cr, image, 0, 0);
        cairo_paint(p->cr);
        cairo_restore(p->cr);
    }
    cairo_surface_destroy(image);
    p->y += i->image_height + GAP;
}

/* --- signatures --- */

static void put_line(struct pass *p, double start, double width, double y)
{
    double left = left_of(p, start, width);

    if (p->pages == 0)
        return;
    cairo_set_line_width(p->cr, 0.8);
    cairo_move_to(p->cr, left, y);
    cairo_line_to(p->cr, left + width, y);
    cairo_stroke(p->cr);
}

void item_signatures(struct pass *p, const struct doc_item *i)
{
    double name = inner_width(p) * 0.6;
    double date = inner_width(p) * 0.3;
    const char *of_date = tr(p->ctx, "Date");

    for (size_t n = 0; n < i->names_len; n++) {
        double text = measure(p, DOC_SMALL, i->names[n], name);

        need(p, SIGN_HEIGHT + text);
        p->y += SIGN_HEIGHT - GAP;
        put_line(p, 0, name, p->y);
        put_line(p, inner_width(p) - date, date, p->y);
        p->y += 2;
        put_text(p, DOC_SMALL, i->names[n], left_of(p, 0, name), p->y, name);
        put_text(p, DOC_SMALL, of_date, left_of(p, inner_width(p) - date, date), p->y, date);
        p->y += text + GAP;
    }
}
