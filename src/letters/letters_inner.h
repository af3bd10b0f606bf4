#ifndef LETTERS_LETTERS_INNER_H
#define LETTERS_LETTERS_INNER_H

/* Inside of the letters room: statements, and what its pages share. */

#include "db/db.h"
#include "letters/letters.h"

/* --- letters_store.c --- */

/* Newest version of a name for a programme alone; *there_out = false if none. */
enum err letter_store_newest(struct ctx *ctx, struct letter_version *out, bool *there_out,
                             const char *name, const char *programme_id) MUST_USE;
/* Newest of each name and programme: for all programmes, and for this one. */
enum err letter_store_all(struct ctx *ctx, struct letter_version **out, size_t *len_out,
                          const char *programme_id) MUST_USE;
/* Adds the next version; out gets id and number. ERR_CONFLICT: seen is not the newest. */
enum err letter_store_add(struct ctx *ctx, struct letter_version *v, int64_t seen) MUST_USE;
enum err letter_store_made(struct ctx *ctx, const struct record *rec,
                           const struct letter_version *v, const struct letter_filled *filled,
                           const char *file_id) MUST_USE;
const char *letter_hash(struct ctx *ctx, const char *source);

/* Whether the acting user's role reaches all offices. */
bool letter_reaches_all(const struct ctx *ctx);

#endif
