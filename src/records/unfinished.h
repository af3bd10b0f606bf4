#ifndef RECORDS_UNFINISHED_H
#define RECORDS_UNFINISHED_H

/*
 * Forms that are being filled: what was typed so far, own to the user who typed it. Each is sealed
 * under a key of its own, has no history, and is read by nobody else. The key is erased when the
 * form is saved, discarded or expires, so that no backup keeps it.
 *
 * Kept for UNFINISHED_KEPT_MS after the last change; an instrument until the end of the day in the
 * office's time zone (a pause is not a stop; the person may stop, and all is gone).
 *
 * Memory: ctx->arena.
 * Errors: ERR_NOT_FOUND not the acting user's, or saved, discarded, expired.
 * Limits: UNFINISHED_MAX of one user; UNFINISHED_BYTES each.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "forms/forms.h"

#define UNFINISHED_MAX     50
#define UNFINISHED_BYTES   ((size_t)1024 * 1024)
#define UNFINISHED_KEPT_MS ((int64_t)14 * 24 * 60 * 60 * 1000)

struct unfinished {
    const char *id;
    const char *kind;
    const char *record_id; /* that is being changed; NULL: a new one */
    int64_t saved_at;
    int64_t expires_at;
    const struct answer_pair *pairs; /* as the page sent them; NULL in lists */
    size_t len;
};

/*
 * Keeps pairs under an id that the page carries; the first time makes it. saved_at and expires_at
 * are not read. ERR_NOT_FOUND: it was saved or discarded meanwhile, or what it changes or would
 * stand below was erased; ERR_LIMIT: too many, too long.
 */
enum err unfinished_keep(struct ctx *ctx, const struct form *form,
                         const struct unfinished *u) MUST_USE;
enum err unfinished_load(struct ctx *ctx, struct unfinished *out, const char *kind,
                         const char *id) MUST_USE;
/* The acting user's, newest first; kind NULL = of all. */
enum err unfinished_list(struct ctx *ctx, struct unfinished **out, size_t *len_out,
                         const char *kind) MUST_USE;
/*
 * The form was saved or is discarded: erases the key, the text and, if discarded, files that only
 * it names. What was never kept may be ended too: a late unfinished_keep then finds it ended.
 */
enum err unfinished_end(struct ctx *ctx, const char *kind, const char *id) MUST_USE;
/*
 * The same, given up for a reason (a code): the kind's hook given_up is told, in the same
 * transaction. Only what is kept now. ERR_NOT_FOUND: nothing is.
 */
enum err unfinished_give_up(struct ctx *ctx, const char *kind, const char *id,
                            const char *reason) MUST_USE;
#define UNFINISHED_EXPIRED "pause_expired" /* the reason when the time is over */
/* Erases what is too old, and tells given_up of it as the user who typed it; the job role. */
enum err unfinished_expire(struct ctx *ctx) MUST_USE;
/*
 * Somebody is erased: what anybody has typed about them goes too, with its keys: changes of their
 * record and of those below it, new ones below, and what refers to them. Within the transaction.
 */
struct record;
enum err unfinished_erase(struct ctx *ctx, const struct record *erased) MUST_USE;

#endif
