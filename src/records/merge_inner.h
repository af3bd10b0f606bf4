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

#endif
