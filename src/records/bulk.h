#ifndef RECORDS_BULK_H
#define RECORDS_BULK_H

/*
 * One change of many records: of status, of a reference, deletion. It is asked for on the list,
 * confirmed on a page that tells what stands in the way, and done by a job, each record in a
 * transaction of its own with the checks, history and audit of a single change. What a record does
 * not allow is told by its number; the others go on. One that is killed goes on where it was.
 * Within RECORD_UNDO_MS the same user can take the whole of it back, by a job as well: records that
 * changed since stay as they are.
 *
 * Memory: ctx->arena. Limits: BULK_MAX records; BULK_FAULTS_MAX refusals are told one by one.
 */

#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "records/jobs.h"
#include "records/records.h"

#define BULK_MAX        10000
#define BULK_LOOKED_MAX 200 /* looked at before it is confirmed */
#define BULK_FAULTS_MAX 1000

enum bulk_what { BULK_STATUS, BULK_ASSIGN, BULK_DELETE };

struct bulk {
    const struct form *form;
    enum bulk_what what;
    const char *status; /* of BULK_STATUS */
    const char *field;  /* of BULK_ASSIGN: a reference at the top of the form */
    const char *value;  /* id, number or sign-in name; "" = nobody */
    const char *reason;
    const char *const *ids;
    size_t ids_len;
};

/* Whether the acting user may ask for it at all, and reason and value will do. */
enum err bulk_check(struct ctx *ctx, const struct bulk *b) MUST_USE;

struct bulk_fault {
    const char *number; /* or the kind's title, of one without a number */
    const char *reason;
};
/* What stands in the way for which of the first BULK_LOOKED_MAX; nothing is changed. */
enum err bulk_look(struct ctx *ctx, struct bulk_fault **out, size_t *len_out,
                   const struct bulk *b) MUST_USE;
/* The ids that a filter finds. ERR_LIMIT: more than BULK_MAX. */
enum err bulk_find(struct ctx *ctx, const char *const **out, size_t *len_out,
                   const struct form *form, const struct record_filter *filter) MUST_USE;
/* Asks for it: a job that the acting user sees. */
enum err bulk_start(struct ctx *ctx, const char **job_id_out, const struct bulk *b) MUST_USE;
/* Whether there is anything of a job that bulk_undo would take back now. */
enum err bulk_undoable(struct ctx *ctx, bool *out, const struct job *job) MUST_USE;
/*
 * Asks for the taking back of one that has ended: of one that was cancelled or failed, of what it
 * had changed before. ERR_NOT_FOUND: not the acting user's; ERR_CONFLICT: too late.
 */
enum err bulk_undo(struct ctx *ctx, const char **job_id_out, const char *job_id) MUST_USE;

/* Two kinds of job: bulk, bulk_undo. */
extern const struct job_kind bulk_jobs[];

#endif
