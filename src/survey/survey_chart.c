/* The chart of a person's scores over the interviews: plain SVG, made here. */
#include "core/buf.h"
#include "core/text.h"
#include "core/tr.h"
#include "survey/profile.h"
#include "survey/survey_view.h"

#define WIDTH    640
#define LEFT     56
#define RIGHT    624
#define TOP      14
#define BOTTOM   204
#define MARK     5
#define KEY_Y    256
#define KEY_STEP 150
#define INSET    40 /* of the first and last date from the edges */

/* Told apart by colour, by shape and by width; each colour stands out on white and on dark. */
static const struct {
    const char *color;
    int width;
} styles[DIM_COUNT] = {
    { "#1b7fc4", 2 }, { "#d55e00", 2 }, { "#12966f", 2 }, { "currentColor", 3 }
};

static int y_of(double value)
{
    return BOTTOM - (int)(value * (BOTTOM - TOP) + 0.5);
}

/* In languages from right to left, time runs that way too. */
static int x_of(bool rtl, size_t i, size_t len)
{
    int first = LEFT + INSET;
    int room = RIGHT - LEFT - 2 * INSET;
    int x = len > 1 ? first + (int)((size_t)room * i / (len - 1)) : first + room / 2;

    return rtl ? WIDTH - x : x;
}

static const char *shape_at(struct ctx *ctx, int d, int x, int y)
{
    switch (d) {
    case DIM_ECONOMIC: /* a circle */
        return arena_printf(ctx->arena, "M%d %da%d %d 0 1 0 %d 0a%d %d 0 1 0 -%d 0z", x - MARK, y,
                            MARK, MARK, 2 * MARK, MARK, MARK, 2 * MARK);
    case DIM_SOCIAL: /* a square */
        return arena_printf(ctx->arena, "M%d %dh%dv%dh-%dz", x - MARK, y - MARK, 2 * MARK, 2 * MARK,
                            2 * MARK);
    case DIM_PSYCHOSOCIAL: /* a triangle */
        return arena_printf(ctx->arena, "M%d %dL%d %dL%d %dz", x, y - MARK - 1, x + MARK + 1,
                            y + MARK, x - MARK - 1, y + MARK);
    default: /* a diamond */
        return arena_printf(ctx->arena, "M%d %dL%d %dL%d %dL%d %dz", x, y - MARK - 2, x + MARK + 2,
                            y, x, y + MARK + 2, x - MARK - 2, y);
    }
}

static void fill_line(struct ctx *ctx, struct chart_line_view *line, enum dimension d,
                      const char *label, const struct survey_result *items, size_t len)
{
    struct chart_point_view *marks = ARENA_ARRAY(ctx->arena, len, struct chart_point_view);
    bool rtl = text_equal(tr_direction(ctx->lang), "rtl");
    struct buf points;

    buf_init(&points, ctx->arena, (size_t)64 * CHART_ROUNDS);
    line->label = label;
    line->color = styles[d].color;
    line->width = styles[d].width;
    line->code = dimension_code(d);
    for (size_t i = 0; i < len; i++) {
        double value = score_value(items[i].scores.of[d]);
        int x = x_of(rtl, i, len);
        int y = y_of(value);

        if (value < 0)
            continue;
        buf_printf(&points, "%s%d,%d", points.len ? " " : "", x, y);
        marks[line->marks_len].shape = shape_at(ctx, (int)d, x, y);
        marks[line->marks_len++].title =
            tr(ctx, "{0}, {1}: {2}", TR_TEXT(line->label), TR_DATE(items[i].interview_date),
               TR_TEXT(score_text2(ctx, items[i].scores.of[d])));
    }
    line->points = buf_text(&points);
    line->marks = marks;
    line->key_x = LEFT + (int)d * KEY_STEP;
    if (rtl)
        line->key_x = WIDTH - line->key_x;
    line->key_shape = shape_at(ctx, (int)d, line->key_x, KEY_Y - 4);
    line->key_x += rtl ? -12 : 12;
    line->key_y = KEY_Y;
}

static void fill_bands(struct ctx *ctx, struct survey_chart_view *v, const struct profile *p)
{
    const double values[] = { 0, score_value(p->intensified_below), score_value(p->hands_off_above),
                              1 };
    struct chart_band_view *bands = ARENA_ARRAY(ctx->arena, 4, struct chart_band_view);
    bool rtl = text_equal(tr_direction(ctx->lang), "rtl");

    for (int i = 0; i < 4; i++) {
        bands[i].y = y_of(values[i]);
        bands[i].text_y = bands[i].y + 4;
        bands[i].text_x = rtl ? WIDTH - LEFT + 8 : LEFT - 8;
        bands[i].anchor = "end"; /* outwards: "end" is the left edge where text runs leftwards */
        bands[i].text = tr_decimal(ctx, values[i], 2);
        bands[i].dashes = i == 1 || i == 2 ? "6 4" : NULL;
    }
    v->bands = bands;
    v->bands_len = 4;
    v->left = rtl ? WIDTH - RIGHT : LEFT;
    v->right = rtl ? WIDTH - LEFT : RIGHT;
}

void survey_chart_fill(struct ctx *ctx, struct survey_chart_view *v, const struct profile *p,
                       const struct survey_result *items, size_t len)
{
    struct chart_line_view *lines = ARENA_ARRAY(ctx->arena, DIM_COUNT, struct chart_line_view);
    struct chart_date_view *dates = ARENA_ARRAY(ctx->arena, CHART_ROUNDS, struct chart_date_view);
    bool rtl = text_equal(tr_direction(ctx->lang), "rtl");

    if (len > CHART_ROUNDS) {
        items += len - CHART_ROUNDS;
        len = CHART_ROUNDS;
    }
    v->title = tr(ctx, "Reintegration scores over the interviews");
    v->description = tr(ctx,
                        "Economic, social, psychosocial and composite score of each interview,"
                        " from 0 to 1. Below {0} intensified support is suggested, above {1}"
                        " light follow-up. The table has the same numbers.",
                        TR_TEXT(score_text2(ctx, p->intensified_below)),
                        TR_TEXT(score_text2(ctx, p->hands_off_above)));
    fill_bands(ctx, v, p);
    for (int d = 0; d < DIM_COUNT; d++)
        fill_line(ctx, &lines[d], (enum dimension)d, profile_dimension(ctx, p, (enum dimension)d),
                  items, len);
    for (size_t i = 0; i < len; i++) {
        dates[i].x = x_of(rtl, i, len);
        dates[i].text = len <= 5 ? tr_date(ctx, items[i].interview_date)
                                 : arena_strndup(ctx->arena, items[i].interview_date, 7);
    }
    v->lines = lines;
    v->lines_len = DIM_COUNT;
    v->dates = dates;
    v->dates_len = len;
}
