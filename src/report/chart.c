#include "report/chart.h"

#include <math.h>
#include <string.h>

#include "core/tr.h"

#define NUMBERS      5   /* lines across, at most, besides that of 0 */
#define LETTER       6.2 /* width of one, about */
#define ROOM_BELOW   22.0
#define ROOM_ABOVE   10.0
#define ROOM_NUMBERS 46.0
#define COLUMN_SHARE 0.72 /* of the room of one label */

const char *chart_color(size_t series)
{
    static const char *const colors[CHART_SERIES_MAX] = { "#1b7fc4", "#d55e00", "#12966f",
                                                          "#b06fc4", "#b8860b", "#5b8c2a",
                                                          "#c2456b", "#6f7d8c" };

    return colors[series % CHART_SERIES_MAX];
}

static double highest(const struct chart *c)
{
    double most = 0;

    for (size_t i = 0; i < c->labels_len; i++) {
        double sum = 0;

        for (size_t s = 0; s < c->series_len; s++) {
            double value = c->series[s].values[i];

            if (isnan(value))
                continue;
            sum = c->kind == CHART_STACKED ? sum + value : fmax(sum, value);
        }
        most = fmax(most, sum);
    }
    return most;
}

/* A round step (1, 2 or 5 times a power of ten) of which NUMBERS reach the top. */
static double round_step(double most)
{
    double step;
    double power;

    if (!(most > 0))
        return 1;
    step = most / NUMBERS;
    power = pow(10, floor(log10(step)));
    for (int i = 0; i < 3; i++) {
        static const double factors[] = { 1, 2, 5 };

        if (step <= factors[i] * power * 1.000001)
            return factors[i] * power;
    }
    return 10 * power;
}

struct frame {
    const struct chart *chart;
    struct chart_shape *shape;
    double top; /* value at the upper edge */
};

static double y_of(const struct frame *f, double value)
{
    return f->shape->bottom - value / f->top * (f->shape->bottom - f->shape->top);
}

/* Where the room of a label begins; mirrored where reading runs that way. */
static double start_of(const struct frame *f, size_t label, double inside, double width)
{
    double room = (f->shape->right - f->shape->left) / (double)f->chart->labels_len;
    double x = (double)label * room + inside;

    return f->shape->rtl ? f->shape->right - x - width : f->shape->left + x;
}

static void fill_boxes(struct ctx *ctx, const struct frame *f)
{
    const struct chart *c = f->chart;
    struct chart_box *boxes =
        ARENA_ARRAY(ctx->arena, c->labels_len * c->series_len + 1, struct chart_box);
    double room = (f->shape->right - f->shape->left) / (double)c->labels_len;
    bool stacked = c->kind == CHART_STACKED;
    double width = room * COLUMN_SHARE / (stacked ? 1 : (double)c->series_len);
    size_t n = 0;

    for (size_t i = 0; i < c->labels_len; i++) {
        double below = 0;

        for (size_t s = 0; s < c->series_len; s++) {
            double value = c->series[s].values[i];
            double inside = room * (1 - COLUMN_SHARE) / 2 + (stacked ? 0 : (double)s * width);

            if (isnan(value))
                continue;
            boxes[n].series = s;
            boxes[n].label = i;
            boxes[n].width = width;
            boxes[n].x = start_of(f, i, inside, width);
            boxes[n].y = y_of(f, below + value);
            boxes[n].height = y_of(f, below) - boxes[n].y;
            n++;
            below = stacked ? below + value : 0;
        }
    }
    f->shape->boxes = boxes;
    f->shape->boxes_len = n;
}

static void fill_dots(struct ctx *ctx, const struct frame *f)
{
    const struct chart *c = f->chart;
    struct chart_dot *dots =
        ARENA_ARRAY(ctx->arena, c->labels_len * c->series_len + 1, struct chart_dot);
    double room = (f->shape->right - f->shape->left) / (double)c->labels_len;
    size_t n = 0;

    for (size_t s = 0; s < c->series_len; s++) {
        bool joined = false;

        for (size_t i = 0; i < c->labels_len; i++) {
            double value = c->series[s].values[i];

            if (!isnan(value)) {
                dots[n].series = s;
                dots[n].label = i;
                dots[n].joined = joined;
                dots[n].x = start_of(f, i, room / 2, 0);
                dots[n++].y = y_of(f, value);
            }
            joined = !isnan(value);
        }
    }
    f->shape->dots = dots;
    f->shape->dots_len = n;
}

static void fill_numbers(struct ctx *ctx, const struct frame *f, double step)
{
    size_t len = (size_t)lround(f->top / step) + 1;
    struct chart_tick *numbers = ARENA_ARRAY(ctx->arena, len, struct chart_tick);
    int decimals = step < 1 ? (int)ceil(-log10(step) - 0.000001) : 0;

    for (size_t i = 0; i < len; i++) {
        numbers[i].at = y_of(f, (double)i * step);
        numbers[i].text = tr_decimal(ctx, (double)i * step, decimals);
    }
    f->shape->numbers = numbers;
    f->shape->numbers_len = len;
}

static void fill_levels(struct ctx *ctx, const struct frame *f)
{
    const struct chart *c = f->chart;
    struct chart_tick *numbers = ARENA_ARRAY(ctx->arena, c->levels_len, struct chart_tick);

    for (size_t i = 0; i < c->levels_len; i++)
        numbers[i] = (struct chart_tick){ y_of(f, c->levels[i].value), c->levels[i].text };
    f->shape->numbers = numbers;
    f->shape->numbers_len = c->levels_len;
}

static void fill_labels(struct ctx *ctx, const struct frame *f)
{
    const struct chart *c = f->chart;
    struct chart_tick *labels = ARENA_ARRAY(ctx->arena, c->labels_len + 1, struct chart_tick);
    double room = (f->shape->right - f->shape->left) / (double)c->labels_len;
    double widest = 1;
    size_t every;
    size_t n = 0;

    for (size_t i = 0; i < c->labels_len; i++)
        widest = fmax(widest, (double)strlen(c->labels[i]) * LETTER);
    every = (size_t)ceil(fmin(widest, 120) / room);
    for (size_t i = 0; i < c->labels_len; i += every) {
        labels[n].at = start_of(f, i, room / 2, 0);
        labels[n++].text = c->labels[i];
    }
    f->shape->labels = labels;
    f->shape->labels_len = n;
}

enum err chart_shape(struct ctx *ctx, struct chart_shape *out, const struct chart *chart,
                     double width, double height)
{
    struct chart_shape shape = { .width = width,
                                 .height = height,
                                 .top = ROOM_ABOVE,
                                 .bottom = height - ROOM_BELOW,
                                 .left = ROOM_NUMBERS,
                                 .right = width - ROOM_ABOVE };
    struct frame f = { .chart = chart, .shape = &shape };
    double step;

    if (chart->series_len > CHART_SERIES_MAX)
        return ctx_fail(ctx, ERR_LIMIT,
                        tr(ctx, "A chart shows {0} series at most. Choose fewer columns.",
                           TR_INT(CHART_SERIES_MAX)));
    shape.rtl = strcmp(tr_direction(ctx->lang), "rtl") == 0;
    if (shape.rtl) {
        shape.left = ROOM_ABOVE;
        shape.right = width - ROOM_NUMBERS;
    }
    step = round_step(highest(chart));
    f.top = fmax(step, ceil(highest(chart) / step - 0.000001) * step);
    if (chart->levels_len > 0) {
        f.top = fmax(highest(chart), chart->levels[chart->levels_len - 1].value);
        fill_levels(ctx, &f);
    } else {
        fill_numbers(ctx, &f, step);
    }
    if (chart->labels_len > 0 && chart->series_len > 0) {
        if (chart->kind == CHART_LINES)
            fill_dots(ctx, &f);
        else
            fill_boxes(ctx, &f);
        fill_labels(ctx, &f);
    }
    *out = shape;
    return OK;
}
