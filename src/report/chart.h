#ifndef REPORT_CHART_H
#define REPORT_CHART_H

/*
 * Charts: where the lines, columns and words of one stand, worked out once for the page (SVG) and
 * for the PDF. A chart never stands alone: its numbers belong in a table beside it.
 *
 * Memory: ctx->arena. Limits: CHART_SERIES_MAX series; of more labels than have room only every
 * n-th is written.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"

#define CHART_SERIES_MAX 8

enum chart_kind { CHART_COLUMNS, CHART_STACKED, CHART_LINES };

struct chart_series {
    const char *label;
    const double *values;     /* one for each label; NAN = none; stacked and columns: not below 0 */
    const char *const *words; /* what each value says when pointed at; NULL = the number */
};

/* A height with a name, where heights are no numbers ("up", "down"). */
struct chart_level {
    double value;
    const char *text;
};

struct chart {
    enum chart_kind kind;
    const char *title;
    const char *const *labels;
    size_t labels_len;
    const struct chart_series *series;
    size_t series_len;
    const struct chart_level *levels; /* in place of numbers, the highest last; NULL = numbers */
    size_t levels_len;
};

struct chart_box {
    double x;
    double y;
    double width;
    double height;
    size_t series;
    size_t label;
};

struct chart_dot {
    double x;
    double y;
    size_t series;
    size_t label;
    bool joined; /* to the dot before it */
};

struct chart_tick {
    double at; /* y of a number, x of a label */
    const char *text;
};

/* Everything in the same units as width and height, from the upper left corner. */
struct chart_shape {
    double width;
    double height;
    double left;
    double right;
    double top;
    double bottom;
    bool rtl; /* runs from right to left; numbers stand at the right */
    const struct chart_box *boxes;
    size_t boxes_len;
    const struct chart_dot *dots;
    size_t dots_len;
    const struct chart_tick *numbers;
    size_t numbers_len;
    const struct chart_tick *labels;
    size_t labels_len;
};

/* ERR_LIMIT: too many series. */
enum err chart_shape(struct ctx *ctx, struct chart_shape *out, const struct chart *chart,
                     double width, double height) MUST_USE;
/* Colour of a series, #rrggbb: told apart by people who see colours differently, and on dark. */
const char *chart_color(size_t series);

#endif
