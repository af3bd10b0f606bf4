#ifndef RECORDS_ATTACH_VIEW_H
#define RECORDS_ATTACH_VIEW_H

/* What the part of a record's page that shows its files receives. Lives in ctx->arena. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "web/web.h"

struct file_view {
    const char *id;
    const char *name; /* NULL: can no longer be read */
    const char *kind; /* "Picture", "Sound" ... */
    const char *size;
    const char *question; /* that it answers; NULL = none */
    const char *by;
    int64_t made_at;
    int64_t version;
    bool may_change;
    struct url link;
    struct url rename;
    struct url remove;
    struct url move;
    struct url restore;
};

struct attachments_view {
    const struct file_view *items;
    size_t items_len;
    const struct file_view *gone; /* removed, for those who may bring them back */
    size_t gone_len;
    bool may_add;
    struct url add;
    const char *size_max;
    const char *problem; /* of what was sent */
};

#endif
