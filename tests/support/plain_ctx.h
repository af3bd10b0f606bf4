#ifndef SUPPORT_PLAIN_CTX_H
#define SUPPORT_PLAIN_CTX_H

/*
 * For tests of what needs no database: a fresh context for each test, or for a group of them. The
 * time zone is not UTC, so that who forgets it is found out.
 */

#include "core/ctx.h"

static struct ctx ctx;

static inline int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){ .arena = arena_new(0), .lang = "en", .time_zone = "Africa/Tunis" };
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

#endif
