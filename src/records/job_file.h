#ifndef RECORDS_JOB_FILE_H
#define RECORDS_JOB_FILE_H

/*
 * The file that a job makes. Whoever makes it writes to fd, in order; what has come is taken out of
 * memory again and again, sealed under the system key in chunks of JOB_CHUNK bytes bound to job,
 * attempt and place, and stored in short transactions. Nobody gets any of it before the job is
 * done; then one chunk is opened at a time. Neither end holds the file in memory.
 *
 * Memory: ctx->arena; a chunk's goes with the next. Limits: JOB_FILE_MAX bytes.
 */

#include "records/jobs.h"

#define JOB_CHUNK ((size_t)192 * 1024)

struct job_file {
    struct job_work *w;
    int fd;         /* write here; memory, no file */
    int64_t chunks; /* that are stored */
    char *bytes;    /* of one chunk */
};

/* Begins it, without what an attempt before has left. Outside transactions. */
enum err job_file_begin(struct job_work *w, struct job_file *out) MUST_USE;
/*
 * Stores the chunks that are full by now; done is how far the job is. Outside transactions.
 * ERR_LIMIT: the file is too large; ERR_CONFLICT: the job is not ours any more.
 */
enum err job_file_flush(struct job_file *f, int64_t done) MUST_USE;
/* Inside the job's last transaction, after a flush: the rest, and the size in the result. */
enum err job_file_end(struct job_file *f) MUST_USE;
void job_file_close(struct job_file *f);

/* Inside a transaction: takes away what there is of a job's file, or of those as old as that. */
enum err job_file_forget(struct ctx *ctx, const char *job_id) MUST_USE;
enum err job_files_forget(struct ctx *ctx, int64_t created_until) MUST_USE;

struct job_part {
    const void *bytes;
    size_t len;
    int64_t next; /* -1 = this is the last */
};
/*
 * One part of what an export made. ERR_NOT_FOUND unless it is the acting user's finished export and
 * kept still; ERR_INVALID: there is no such place.
 */
enum err job_file_part(struct ctx *ctx, struct job_part *out, const char *id,
                       int64_t place) MUST_USE;

#endif
