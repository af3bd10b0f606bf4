#ifndef RECORDS_JOBS_H
#define RECORDS_JOBS_H

/*
 * Long work, done by the job process: what people asked for (a row of the jobs table, with progress
 * that they see), and what comes again and again (periods). Rooms say what they have for it in
 * tables; src/app puts the tables together with jobs_use_kinds and jobs_use_periods.
 *
 * Input and result of a job are sealed under the system key, bound to "job/ID". A job acts as the
 * user who asked for it, with that user's rights. What was made is kept for JOB_KEPT_MS.
 *
 * Errors: jobs are tried once, those that can go on where they were again after JOB_AGAIN_MS; one
 * that was running when the process died is tried again too; at most JOB_ATTEMPTS times in all. A
 * job is ours while its row says running and counts our attempt; job_progress and job_end say
 * ERR_CONFLICT once somebody cancelled it or, on PostgreSQL, another host took it because nothing
 * was heard of it for JOB_STALE_MS. What a job stores, it stores in the transaction of a job_step
 * or of job_end, so nothing is stored twice.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "core/json.h"
#include "records/records.h"

#define JOB_ATTEMPTS 3
#define JOB_KEPT_MS  ((int64_t)24 * 60 * 60 * 1000)
#define JOB_AGAIN_MS ((int64_t)5 * 1000)
#define JOB_STALE_MS ((int64_t)15 * 60 * 1000)
#define JOB_FILE_MAX                                                                               \
    ((int64_t)512 * 1024 * 1024) /* an export that is larger is refused, with advice */

/* --- what rooms register --- */

/* What a job at work knows. ctx has an arena of its own and acts as whoever asked. */
struct job_work {
    struct ctx *ctx;
    const char *id;
    json_t *asked;     /* first line of the input */
    const char *bytes; /* what came behind it */
    size_t len;
    struct json_out *result; /* an object, begun with what was asked; add to it */
    int64_t total;           /* of the progress; may be set */
    /* Kept by jobs.c: */
    struct ctx *base;
    int64_t attempts;
    int64_t told_at;
    bool ended;
};

struct job_kind {
    const char *name;  /* "import" */
    const char *title; /* N_("Import of a file") */
    /*
     * Does the work. OK without job_end: it is marked done then. An error: what is open is rolled
     * back and the job has failed, with the first problem as the reason.
     */
    enum err (*run)(struct job_work *w);
    /* It goes on where it was: tried again after a fault of database or disk, not failed at once.
     */
    bool again;
};

/*
 * Work that comes again, by nobody's order (ctx->user is NULL). From a minute on its last time is
 * kept in the database: once in every_ms by whichever host comes first, also over restarts. Below a
 * minute it is each process's own affair. brief ones also come while a long job is between two
 * steps; they take seconds at most, and after one that took long the job has four times as long
 * for itself.
 */
struct job_period {
    const char *name; /* "rules.nightly" */
    int64_t every_ms;
    enum err (*run)(struct ctx *ctx);
    bool brief;
};

/*
 * For the run of a period that is not kept in the database: it did as much as it does at once and
 * more is left, so it comes again as soon as waiting jobs had their turn, not after every_ms.
 */
void job_period_goes_on(void);

/* Once before fork. Tables end with { 0 }, the list of tables with NULL. */
void jobs_use_kinds(const struct job_kind *const *tables);
void jobs_use_periods(const struct job_period *const *tables);
/* Where jobs read the time; NULL (so it is in tests): ctx->now_ms stands still. */
void jobs_use_clock(int64_t (*now_ms)(void));

/* Import and export. */
extern const struct job_kind records_jobs[];

/* --- for the functions of job kinds --- */

/*
 * Outside transactions: renews ctx->now_ms, lets brief periods in, and about once a second tells
 * people how far it is. ERR_CONFLICT: cancelled, or taken over: stop, and store nothing more.
 */
enum err job_progress(struct job_work *w, int64_t done) MUST_USE;
/* Inside the transaction of a step that stores: ERR_CONFLICT as above, then roll back. */
enum err job_step(struct job_work *w, int64_t done) MUST_USE;
/*
 * Inside the last transaction: ends the result and marks the job done. Its input goes unless
 * keep_input. ERR_CONFLICT as above.
 */
enum err job_end(struct job_work *w, bool keep_input) MUST_USE;
/* Text of a member of what was asked; "" if absent. */
const char *job_asked(const struct job_work *w, const char *key);
bool job_asked_true(const struct job_work *w, const char *key);
/* Puts bytes in place of the input, in a transaction: what was made. */
enum err job_keep(struct job_work *w, const void *bytes, size_t len) MUST_USE;

/* --- asking and looking --- */

struct job {
    const char *id;
    const char *kind;
    const char *state; /* waiting, running, done, failed, cancelled */
    const char *created_by;
    int64_t created_at;
    int64_t done; /* of total */
    int64_t total;
    /*
     * JSON object: what was asked, and once it is done or failed what came out. For every kind:
     * "problem" why it failed, "summary" in the user's words, "form" the kind of record, "link" a
     * path to go on from.
     */
    const char *result;
};

/*
 * Adds one inside a transaction of its own. Input begins with one line of JSON that says what is
 * asked, with "login"; the bytes behind it are the kind's. ERR_INVALID: no such kind, or no such
 * line.
 */
enum err job_add(struct ctx *ctx, const char **id_out, const char *kind, const void *input,
                 size_t len) MUST_USE;
/* ERR_NOT_FOUND unless the acting user asked for it. */
enum err job_load(struct ctx *ctx, struct job *out, const char *id) MUST_USE;
/* The acting user's, newest first, at most JOBS_SHOWN. */
#define JOBS_SHOWN 50
enum err job_list(struct ctx *ctx, struct job **out, size_t *len_out) MUST_USE;
/*
 * Stops one that waits or runs: it ends before its next step. ERR_NOT_FOUND unless it is the acting
 * user's; ERR_CONFLICT if it has ended.
 */
enum err job_cancel(struct ctx *ctx, const char *id) MUST_USE;
/* Title of a kind in ctx->lang. */
const char *job_title(struct ctx *ctx, const char *kind);
/* What is asked of the file of a dry run next. */
struct import_go {
    bool dry_run; /* check again, with other columns */
    bool skip_bad;
    bool update;                                   /* change records that are the same */
    const char *columns;                           /* JSON of mapping_json; NULL = as before */
    const char *(*choice)(void *arg, int64_t row); /* new, same, skip; NULL = by strength */
    void *arg;
};
/*
 * The file of a dry run again. To be stored it can be sent once: asked again, *id_out is the same
 * job. ERR_NOT_FOUND unless it is the acting user's finished dry run.
 */
enum err job_import_again(struct ctx *ctx, const char **id_out, const char *id,
                          const struct import_go *go) MUST_USE;
/* The same, to be stored, with everything else as it was. */
enum err job_import_now(struct ctx *ctx, const char **id_out, const char *id,
                        bool skip_bad) MUST_USE;
/* csv, xlsx, json; false: none of these. */
bool export_format_of(enum export_format *out, const char *name);
/*
 * Asks for an export of a kind of record, with headings in ctx->lang. What the options point to is
 * kept with the job; ids and conditions are checked when it runs.
 */
enum err job_export(struct ctx *ctx, const char **id_out, const char *kind,
                    const struct export_options *options) MUST_USE;
/* --- the job process --- */

/* Takes the next waiting job, if any, and runs it to its end. */
enum err jobs_run_one(struct ctx *ctx, bool *worked_out) MUST_USE;
/* Runs every period that is due. A fault of one is logged and does not keep others back. */
enum err jobs_run_periods(struct ctx *ctx) MUST_USE;

#endif
