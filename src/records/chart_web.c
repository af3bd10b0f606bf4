/* Charts as SVG: what report/chart.h worked out, as attributes of a template. */
#include <math.h>

#include "core/buf.h"
#include "core/tr.h"
#include "records/document_view.h"
#include "report/chart.h"

#define WIDTH  680
#define HEIGHT 260

static const char *length(struct ctx *ctx, double n)
{
    return arena_printf(ctx->arena, "%.1f", n);
}

/* Whole numbers without decimals, others with two. */
static const char *mark_title(struct ctx *ctx, const struct chart *c, size_t series, size_t label)
{
    double value = c->series[series].values[label];
    int decimals = fabs(value - round(value)) < 0.000001 ? 0 : 2;

    if (c->series[series].words)
        return tr(ctx, "{0}, {1}: {2}", TR_TEXT(c->series[series].label), TR_TEXT(c->labels[label]),
                  TR_TEXT(c->series[series].words[label]));
    return tr(ctx, "{0}, {1}: {2}", TR_TEXT(c->series[series].label), TR_TEXT(c->labels[label]),
              TR_TEXT(tr_decimal(ctx, value, decimals)));
}

static void fill_marks(struct ctx *ctx, struct chart_view *v, const struct chart_shape *s,
                       const struct chart *c)
{
    struct chart_mark_view *marks =
        ARENA_ARRAY(ctx->arena, s->boxes_len + 1, struct chart_mark_view);
    struct chart_mark_view *dots = ARENA_ARRAY(ctx->arena, s->dots_len + 1, struct chart_mark_view);

    for (size_t i = 0; i < s->boxes_len; i++) {
        const struct chart_box *b = &s->boxes[i];

        marks[i] = (struct chart_mark_view){
            length(ctx, b->x),      length(ctx, b->y),      length(ctx, b->width),
            length(ctx, b->height), chart_color(b->series), mark_title(ctx, c, b->series, b->label)
        };
    }
    for (size_t i = 0; i < s->dots_len; i++) {
        const struct chart_dot *d = &s->dots[i];

        dots[i] = (struct chart_mark_view){ .x = length(ctx, d->x),
                                            .y = length(ctx, d->y),
                                            .color = chart_color(d->series),
                                            .title = mark_title(ctx, c, d->series, d->label) };
    }
    v->marks = marks;
    v->marks_len = s->boxes_len;
    v->dots = dots;
    v->dots_len = s->dots_len;
}

static void fill_traces(struct ctx *ctx, struct chart_view *v, const struct chart_shape *s,
                        const struct chart *c)
{
    struct chart_trace_view *traces =
        ARENA_ARRAY(ctx->arena, c->series_len + 1, struct chart_trace_view);

    for (size_t n = 0; s->dots_len > 0 && n < c->series_len; n++) {
        struct buf b;

        buf_init(&b, ctx->arena, 32 * (s->dots_len + 1));
        for (size_t i = 0; i < s->dots_len; i++)
            if (s->dots[i].series == n)
                buf_printf(&b, "%c%.1f %.1f", s->dots[i].joined ? 'L' : 'M', s->dots[i].x,
                           s->dots[i].y);
        traces[n] = (struct chart_trace_view){ buf_text(&b), chart_color(n) };
        v->traces_len = n + 1;
    }
    v->traces = traces;
}

static void fill_texts(struct ctx *ctx, struct chart_view *v, const struct chart_shape *s)
{
    struct chart_text_view *numbers =
        ARENA_ARRAY(ctx->arena, s->numbers_len + 1, struct chart_text_view);
    struct chart_text_view *labels =
        ARENA_ARRAY(ctx->arena, s->labels_len + 1, struct chart_text_view);

    for (size_t i = 0; i < s->numbers_len; i++)
        numbers[i] = (struct chart_text_view){
            .x = length(ctx, s->rtl ? s->right + 8 : s->left - 8),
            .y = length(ctx, s->numbers[i].at),
            .anchor = "end", /* outwards: where text runs leftwards, "end" is its left edge */
            .text = s->numbers[i].text
        };
    for (size_t i = 0; i < s->labels_len; i++)
        labels[i] = (struct chart_text_view){ .x = length(ctx, s->labels[i].at),
                                              .y = length(ctx, s->bottom + 16),
                                              .anchor = "middle",
                                              .text = s->labels[i].text };
    v->numbers = numbers;
    v->numbers_len = s->numbers_len;
    v->labels = labels;
    v->labels_len = s->labels_len;
}

enum err chart_view_fill(struct ctx *ctx, struct chart_view *out, const struct chart *c)
{
    struct chart_key_view *keys = ARENA_ARRAY(ctx->arena, c->series_len + 1, struct chart_key_view);
    struct chart_view v = { .title = c->title };
    struct chart_shape shape = { 0 };
    enum err rc = chart_shape(ctx, &shape, c, WIDTH, HEIGHT);

    if (rc)
        return rc;
    v.box = arena_printf(ctx->arena, "0 0 %d %d", WIDTH, HEIGHT);
    v.width = arena_printf(ctx->arena, "%d", WIDTH);
    v.height = arena_printf(ctx->arena, "%d", HEIGHT);
    v.left = length(ctx, shape.left);
    v.right = length(ctx, shape.right);
    fill_marks(ctx, &v, &shape, c);
    fill_traces(ctx, &v, &shape, c);
    fill_texts(ctx, &v, &shape);
    for (size_t n = 0; n < c->series_len; n++)
        keys[n] = (struct chart_key_view){ c->series[n].label, chart_color(n) };
    v.keys = keys;
    v.keys_len = c->series_len;
    *out = v;
    return OK;
}
