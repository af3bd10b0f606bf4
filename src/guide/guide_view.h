#ifndef GUIDE_GUIDE_VIEW_H
#define GUIDE_GUIDE_VIEW_H

/* What the pages of the guide and of the key terms receive. */

#include <stdbool.h>
#include <stddef.h>

#include "guide/guide.h"
#include "guide/terms.h"
#include "web/html.h"

struct guide_link_view {
    const char *title;
    struct url link;
};

struct guide_group_view {
    const char *title;
    const struct guide_link_view *items;
    size_t items_len;
};

struct guide_list_view {
    const char *words; /* searched for; "" = everything is shown */
    const struct guide_group_view *groups;
    size_t groups_len;
    const struct term *terms; /* that fit the words */
    size_t terms_len;
};

struct guide_page_view {
    const char *title;
    struct guide_text text;
    struct guide_link_view back; /* title NULL: it is the first */
    struct guide_link_view next;
};

struct terms_view {
    const char *words;
    const struct term *items; /* in the order of the language's alphabet */
    size_t items_len;
};

/* The body of a page, which guide_md.c has made. */
void guide_body_render(struct html *h, const struct guide_text *text);

#endif
