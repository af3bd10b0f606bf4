#ifndef CORE_MEMO_H
#define CORE_MEMO_H

/*
 * What a page has read already, so that its parts do not read it again. It is there while a page
 * that changes nothing is made (ctx->memo), and ends with it: nothing is kept from one request to
 * the next, nothing is seen by another user.
 *
 * Values lie in the memory of the request. They count only for the same connection, user and
 * memory, and all are forgotten when that memory is rewound: its owner need not think of the memo.
 * Whoever takes a value out copies what it would change.
 */

#include <stddef.h>

#include "core/ctx.h"

/* For ctx as it is now: its arena, db and user. */
struct memo *memo_new(struct ctx *ctx);
/* What was kept for a thing (by address: a form, a static name) and an id; NULL: nothing. */
void *memo_find(const struct ctx *ctx, const void *of, const char *id);
/* id is copied. Without a memo, or when it is full, nothing is kept. */
void memo_keep(const struct ctx *ctx, const void *of, const char *id, void *value);

#endif
