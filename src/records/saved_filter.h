#ifndef RECORDS_SAVED_FILTER_H
#define RECORDS_SAVED_FILTER_H

/*
 * Choices of a list that a user keeps, each for himself. A filter is the query of the list's
 * address: names, codes, dates and numbers of open columns, percent-encoded. The name that it is
 * given is sealed under the system's key. Memory: ctx->arena. Limits: SAVED_FILTERS_MAX of one user
 * and kind.
 */

#include <stddef.h>

#include "core/ctx.h"

#define SAVED_FILTERS_MAX 30

struct saved_filter {
    const char *id;
    const char *name;
    const char *query;
};

/* The acting user's, by name. */
enum err saved_filters(struct ctx *ctx, struct saved_filter **out, size_t *len_out,
                       const char *kind) MUST_USE;
/* A name that is there already gets the new choices. ERR_INVALID: no name, or no query of a list.
 */
enum err saved_filter_add(struct ctx *ctx, const char *kind, const char *name,
                          const char *query) MUST_USE;
/* Seals the names that an older version of the program left in clear. Once, at start. */
enum err saved_filters_prepare(struct ctx *ctx) MUST_USE;
/* ERR_NOT_FOUND unless it is the acting user's. */
enum err saved_filter_drop(struct ctx *ctx, const char *kind, const char *id) MUST_USE;

#endif
