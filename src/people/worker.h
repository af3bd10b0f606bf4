#ifndef PEOPLE_WORKER_H
#define PEOPLE_WORKER_H

/*
 * Who could take a new case (R-1.4.3-04 / R-S1.4.3-05): of the case managers of the acting user's
 * office those of the wished gender, and of them the one with the fewest cases that are not closed.
 * A suggestion: a person decides. Memory: ctx->arena.
 */

#include <stdint.h>

#include "core/ctx.h"

struct worker_found {
    const char *id; /* NULL: there is nobody */
    int64_t cases;
    const char *why; /* as people read it */
};
/* wish: female, male, or "" for none. Looks at the first WORKERS_MAX by sign-in order. */
#define WORKERS_MAX 100
enum err worker_suggest(struct ctx *ctx, struct worker_found *out, const char *wish) MUST_USE;

#endif
