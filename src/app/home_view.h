#ifndef APP_HOME_VIEW_H
#define APP_HOME_VIEW_H

/* What the start page receives: blocks, all of one shape. Everything lives in ctx->arena. */

#include <stdbool.h>
#include <stdint.h>

#include "web/web.h"

struct home_line_view {
    const char *text;
    struct url link;
    const char *number; /* NULL = none; so are the next three */
    const char *mark;
    const char *note;
    const char *count;
    struct url log;   /* a contact of the case is logged here; .text NULL = none */
    const char *tone; /* class of the line: high, medium, low; NULL = none */
    bool alarm;       /* the mark is one */
    bool has_moment;
    int64_t moment;
    bool has_progress;
    int64_t done; /* of total */
    int64_t total;
};

struct home_link_view {
    const char *text;
    struct url link;
};

struct home_block_view {
    const char *code;
    const char *title;
    const struct home_line_view *lines;
    size_t lines_len;
    const struct home_link_view *buttons; /* things to do, in place of lines */
    size_t buttons_len;
    const char *empty; /* what to do where there is nothing yet */
    const char *more;  /* text of the link to all of it; NULL = none */
    struct url more_link;
};

/* Beside each other on a wide screen, below each other on a phone. */
struct home_column_view {
    const char *code; /* "top", "work", "side" */
    const struct home_block_view *blocks;
    size_t blocks_len;
};

struct home_view {
    const char *name;
    const struct home_column_view *columns; /* only those that hold a block */
    size_t columns_len;
};

struct shortcut_view {
    const char *keys;
    const char *does;
};

struct shortcuts_view {
    const struct shortcut_view *items;
    size_t items_len;
    bool off;
};

#endif
