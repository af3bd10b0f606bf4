#ifndef RECORDS_JOBS_H
#define RECORDS_JOBS_H

/*
 * Long work, from the jobs table, done by the job process with progress that people see. Input and
 * result are sealed under the system key, bound to "job/ID". A job acts as the user who asked for it,
 * with that user's rights.
 *
 * Errors: jobs are tried once; one that was running when the process died is tried again, at most
 * JOB_ATTEMPTS times, then failed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

#define JOB_ATTEMPTS 3

struct job {
    const char *id;
    const char *kind;  /* "import" */
    const char *state; /* waiting, running, done, failed */
    const char *created_by;
    int64_t created_at;
    int64_t done; /* of total */
    int64_t total;
    const char *result; /* JSON text of the kind; NULL until done or failed */
};

/* Adds one inside a transaction of its own. Kinds are listed in jobs.c with the function that runs them. */
enum err job_add(struct ctx *ctx, const char **id_out, const char *kind, const void *input,
                 size_t len) MUST_USE;
/* ERR_NOT_FOUND unless the acting user asked for it. */
enum err job_load(struct ctx *ctx, struct job *out, const char *id) MUST_USE;
/* Takes the next waiting job, if any, and runs it to its end. */
enum err jobs_run_one(struct ctx *ctx, bool *worked_out) MUST_USE;

#endif
