#ifndef MESSAGES_NOTIFY_H
#define MESSAGES_NOTIFY_H

/* What the page of notifications shows and changes; notify() itself is in messages.h. */

#include "core/ctx.h"

#define NOTIFY_LIST_MAX 50

struct notification {
    const char *id;
    const char *text; /* in ctx->lang */
    const char *link; /* NULL = none */
    int64_t made_at;
    bool unread;
};

/* Of the acting user, newest first; after: id of the last one shown, or NULL. */
enum err notify_list(struct ctx *ctx, struct notification **out, size_t *len_out,
                     const char *after) MUST_USE;
/* ERR_NOT_FOUND: none, or another's. */
enum err notify_load(struct ctx *ctx, struct notification *out, const char *id) MUST_USE;
/* Marks one as read, or all (NULL). */
enum err notify_read(struct ctx *ctx, const char *id) MUST_USE;

#endif
