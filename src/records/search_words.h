#ifndef RECORDS_SEARCH_WORDS_H
#define RECORDS_SEARCH_WORDS_H

/*
 * Words that somebody typed to find people, so that they stand in no address: sealed, for whoever
 * typed them, for a day. Memory: ctx->arena.
 */

#include "core/ctx.h"

/* Keeps them in a transaction of its own, and forgets what is older than a day. */
enum err search_keep(struct ctx *ctx, const char **id_out, const char *kind,
                     const char *words) MUST_USE;
/* ERR_NOT_FOUND unless the acting user made it, less than a day ago. */
enum err search_load(struct ctx *ctx, const char **kind_out, const char **words_out,
                     const char *id) MUST_USE;

#endif
