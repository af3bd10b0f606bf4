#ifndef RECORDS_MERGE_INNER_H
#define RECORDS_MERGE_INNER_H

/* Merging, inside the records room. */

#include "records/merge.h"
#include "records/records_inner.h"

/* ERR_CONFLICT in the words for people: it was merged with another, which is to be used. */
enum err record_is_merged(struct ctx *ctx);

/*
 * The answers of a kept record once it is parted: in what it was given by the merging, and nobody
 * changed since, as before; all else as it is now.
 */
struct answers *merge_parted(struct ctx *ctx, const struct record *now, const struct record *merged,
                             const struct record *before);

/* --- merge_refs.c --- */

/*
 * Points every reference to c->from_id, in records of any office, at c->to_id; *list_out says what
 * was pointed elsewhere, "" if nothing. The index has to be up to date: index_catch_up.
 */
enum err merge_refs_point(struct ctx *ctx, const char **list_out, const struct merge_carry *c,
                          const char *action) MUST_USE;
/* The list as it is kept with the joining; no bytes for "". */
enum err merge_refs_seal(struct ctx *ctx, struct sealed *out, const char *join_id,
                         const char *key_id, const char *list) MUST_USE;
/* Points those back that still name the kept one. */
enum err merge_refs_back(struct ctx *ctx, const struct record_join *join) MUST_USE;

#endif
