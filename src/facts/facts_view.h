#ifndef FACTS_FACTS_VIEW_H
#define FACTS_FACTS_VIEW_H

/* What the pages of facts receive. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "web/web.h"

struct facts_option_view {
    const char *code;
    const char *label;
    bool chosen;
};

struct facts_select_view {
    const char *name;
    const char *label;
    const char *none; /* what an empty choice is called; NULL = there is none */
    const struct facts_option_view *options;
    size_t options_len;
    const char *problem;
};
/* What is asked of a table: of the statistics, and of the costs of plans. */
struct facts_asked_view {
    const struct facts_select_view *shape; /* what the lines are */
    size_t shape_len;
    const struct facts_select_view *limits; /* what counts */
    size_t limits_len;
    const char *problem;
};

struct html;
void facts_select_render(struct html *h, const struct facts_select_view *v);
void facts_asked_render(struct html *h, const struct facts_asked_view *v);

struct facts_kind_view {
    const char *label;
    struct url link;
    bool current;
};

struct facts_made_view {
    const char *title;
    struct url link;
    int64_t made_at;
};

struct facts_rounds_view {
    const struct facts_select_view *days;
    size_t days_len;
    const char *problem;
};

struct facts_page_view {
    const struct facts_kind_view *kinds;
    size_t kinds_len;
    const char *form;
    struct facts_asked_view asked; /* rows, columns, measure; period, as at, filters */
    const struct facts_made_view *made;
    size_t made_len;
    int64_t threshold;
};

#endif
