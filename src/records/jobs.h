#ifndef RECORDS_JOBS_H
#define RECORDS_JOBS_H

/*
 * Long work, from the jobs table, done by the job process with progress that people see. Input and
 * result are sealed under the system key, bound to "job/ID". A job acts as the user who asked for
 * it, with that user's rights. What was made is kept for JOB_KEPT_MS, then it goes.
 *
 * Errors: jobs are tried once; one that was running when the process died is tried again, at most
 * JOB_ATTEMPTS times, then failed. An import is stored and marked done in one transaction, so it is
 * never stored twice, also where another host takes over a job that was at work for too long.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

#define JOB_ATTEMPTS 3
#define JOB_KEPT_MS  ((int64_t)24 * 60 * 60 * 1000)
#define JOB_FILE_MAX                                                                               \
    ((size_t)16 * 1024 * 1024) /* an export that is larger is refused, with advice */

struct job {
    const char *id;
    const char *kind;  /* "import", "export" */
    const char *state; /* waiting, running, done, failed */
    const char *created_by;
    int64_t created_at;
    int64_t done; /* of total */
    int64_t total;
    /*
     * JSON object: what was asked (form, file, dry_run, skip_bad, format), and once it is done or
     * failed what came out (rows, good, bad, stored, faults, notes; records; problem); of a dry run
     * also the import that followed (started).
     */
    const char *result;
};

/*
 * Adds one inside a transaction of its own. Input begins with one line of JSON that says what is
 * asked, with "login" and "form"; the bytes behind it are the file of an import. ERR_INVALID: no
 * such kind, or no such line. Kinds are listed in jobs.c with the function that runs them.
 */
enum err job_add(struct ctx *ctx, const char **id_out, const char *kind, const void *input,
                 size_t len) MUST_USE;
/* ERR_NOT_FOUND unless the acting user asked for it. */
enum err job_load(struct ctx *ctx, struct job *out, const char *id) MUST_USE;
/*
 * The file of a dry run again, this time to be stored; once: asked again, *id_out is the same job.
 * ERR_NOT_FOUND unless it is the acting user's finished dry run.
 */
enum err job_import_now(struct ctx *ctx, const char **id_out, const char *id,
                        bool skip_bad) MUST_USE;
/* What an export made. ERR_NOT_FOUND unless it is the acting user's finished export. */
enum err job_file(struct ctx *ctx, const void **out, size_t *len_out, const char *id) MUST_USE;
/* Takes the next waiting job, if any, and runs it to its end. */
enum err jobs_run_one(struct ctx *ctx, bool *worked_out) MUST_USE;

#endif
