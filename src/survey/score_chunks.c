/*
 * A large file by several processes. The file is cut into chunks of equal size; process k of n
 * takes the chunks k, k + n, k + 2n ... It guesses that a row begins behind the first LF at the
 * beginning of its chunk, scores the rows from there, and then waits for its turn: the progress
 * that the process of the chunk before hands on. If the chunk before really ended where it began,
 * the result stands; if not (an LF inside quotes), or if it met a bad row or an error, the chunk is
 * done once more from where it truly begins, now with everything told in order. So the outputs are
 * those of one process, byte for byte.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/tr.h"
#include "survey/score_file.h"

#define CHUNK_MAX    ((int64_t)512 * 1024)
#define CHUNK_MIN    ((int64_t)256)
#define SMALL_FILE   ((int64_t)4 * 1024 * 1024)
#define JOBS_USUAL   8 /* more would wait for the file of scores */
#define MESSAGE_MAX  1000
#define TURN_OF_NONE (-1)

/* One process's part. */
struct worker {
    int64_t place;
    int64_t jobs;
    int64_t chunk;
    int64_t chunks;
    int before; /* the turn comes from here */
    int after;  /* and goes there */
};

/* What a process says at its end; its groups follow if all went well. */
struct report {
    int64_t rc;
    bool last; /* it did the last chunk */
    struct progress done;
    char message[MESSAGE_MAX];
};

int64_t score_jobs(const struct job *j)
{
    int64_t size = feed_size(j->feed);
    cpu_set_t cores;
    int64_t jobs = 1;

    if (size < 0 || feed_number(j->feed) == 0)
        return 1;
    if (j->o->jobs)
        return j->o->jobs;
    CPU_ZERO(&cores);
    if (size >= SMALL_FILE && sched_getaffinity(0, sizeof(cores), &cores) == 0)
        jobs = CPU_COUNT(&cores);
    return jobs < JOBS_USUAL ? jobs : JOBS_USUAL;
}

static bool move(int fd, void *bytes, size_t len, bool out)
{
    char *p = bytes;

    while (len > 0) {
        ssize_t done = out ? send(fd, p, len, MSG_NOSIGNAL) : recv(fd, p, len, MSG_WAITALL);

        if (done == 0 || (done < 0 && errno != EINTR))
            return false;
        if (done > 0) {
            p += done;
            len -= (size_t)done;
        }
    }
    return true;
}

/* The turn: what was done up to this chunk. The file of mistakes is each process's own handle. */
static void take_turn(struct job *j, const struct worker *w)
{
    struct sink *bad = j->done.bad.file;

    if (!move(w->before, &j->done, sizeof(j->done), false))
        j->done.failed = ERR_INTERNAL;
    j->done.bad.file = bad;
}

/* A neighbour that has ended needs no turn. */
static void give_turn(struct job *j, const struct worker *w)
{
    (void)move(w->after, &j->done, sizeof(j->done), true);
}

/* Back to where the chunk begins. */
static void drop_rows(struct job *j)
{
    size_t len = 0;

    (void)sink_taken(j->rows, &len);
    if (j->groups)
        groups_take_back(j->groups);
}

/* The rows of a chunk before its turn; where they began, or TURN_OF_NONE if that went wrong. */
static int64_t try_chunk(struct ctx *ctx, struct job *j, const struct worker *w, int64_t chunk,
                         struct progress *tried)
{
    int64_t end = (chunk + 1) * w->chunk;
    int64_t at = feed_line_after(j->feed, chunk * w->chunk - 1);
    bool bad = false;
    enum err rc;

    j->done = (struct progress){ .bad.file = j->done.bad.file };
    if (at < 0)
        return TURN_OF_NONE;
    feed_seek(j->feed, at, 0, end);
    rc = score_rows(ctx, j, end, false, &bad);
    *tried = j->done;
    tried->at = feed_tell(j->feed);
    tried->number = feed_number(j->feed);
    ctx_clear_problems(ctx);
    return rc || bad ? TURN_OF_NONE : at;
}

/* With the turn: the chunk from where it truly begins. */
static enum err do_chunk(struct ctx *ctx, struct job *j, const struct worker *w, int64_t chunk)
{
    int64_t end = chunk + 1 == w->chunks ? INT64_MAX : (chunk + 1) * w->chunk;
    bool bad = false;
    enum err rc;

    drop_rows(j);
    feed_seek(j->feed, j->done.at, j->done.number, end);
    rc = score_rows(ctx, j, end, true, &bad);
    j->done.at = feed_tell(j->feed);
    j->done.number = feed_number(j->feed);
    if (j->done.bad.file)
        sink_flush(j->done.bad.file);
    return rc;
}

/* The scores of the chunk go to their place, and the turn to the next one. */
static enum err hand_on(struct ctx *ctx, struct job *j, const struct worker *w, bool last)
{
    size_t len = 0;
    const char *bytes = sink_taken(j->rows, &len);
    int64_t at = j->done.out_at;
    bool places = sink_has_places(j->out);

    j->done.out_at += (int64_t)len;
    if (!places) {
        sink_add(j->out, bytes, len);
        sink_flush(j->out);
    }
    if (!last)
        give_turn(j, w);
    if (places)
        sink_put(j->out, at, bytes, len);
    return j->groups ? groups_settle(ctx, j->groups) : OK;
}

static enum err work_chunk(struct ctx *ctx, struct job *j, const struct worker *w, int64_t chunk)
{
    struct progress tried = { 0 };
    int64_t began = chunk == 0 ? TURN_OF_NONE : try_chunk(ctx, j, w, chunk, &tried);
    enum err rc = OK;

    take_turn(j, w);
    if (j->done.failed)
        return ERR_INTERNAL;
    if (began == TURN_OF_NONE || began != j->done.at) {
        rc = do_chunk(ctx, j, w, chunk);
    } else {
        j->done.at = tried.at;
        j->done.number += tried.number;
        j->done.good += tried.good;
        j->done.flagged += tried.flagged;
    }
    return rc ? rc : hand_on(ctx, j, w, chunk + 1 == w->chunks);
}

/* All chunks of one process. *last_out: it did the last one of the file. */
static enum err work(struct ctx *ctx, struct job *j, const struct worker *w, bool *last_out)
{
    enum err rc = OK;

    if (!j->memory)
        j->memory = sink_memory(ctx);
    j->rows = j->memory;
    *last_out = false;
    for (int64_t chunk = w->place; chunk < w->chunks && !rc; chunk += w->jobs) {
        rc = work_chunk(ctx, j, w, chunk);
        *last_out = !rc && chunk + 1 == w->chunks;
    }
    if (rc) {
        j->done.failed = rc;
        give_turn(j, w);
    }
    return rc;
}

/* --- the processes --- */

struct crew {
    int64_t jobs;
    pid_t pids[JOBS_MAX];
    int turns[JOBS_MAX][2];   /* [k]: 0 is where process k takes its turn, 1 where it is given */
    int reports[JOBS_MAX][2]; /* [k]: 0 is where the first process reads it */
};

static void close_one(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static struct worker worker_of(const struct crew *c, const struct job *j, int64_t place)
{
    int64_t size = feed_size(j->feed);
    int64_t chunk = size / (4 * c->jobs);
    struct worker w = { .place = place, .jobs = c->jobs };

    chunk = chunk < CHUNK_MIN ? CHUNK_MIN : chunk;
    w.chunk = chunk > CHUNK_MAX ? CHUNK_MAX : chunk;
    w.chunks = size / w.chunk + 1;
    w.before = c->turns[place][0];
    w.after = c->turns[(place + 1) % c->jobs][1];
    return w;
}

/* Handles of other processes are closed, so that the end of one of them is seen. */
static void close_others(struct crew *c, int64_t place)
{
    for (int64_t k = 0; k < c->jobs; k++) {
        if (k != place)
            close_one(&c->turns[k][0]);
        if (k != (place + 1) % c->jobs)
            close_one(&c->turns[k][1]);
        if (place != 0 && k != 0)
            close_one(&c->reports[k][0]);
        if (k != place && k != 0)
            close_one(&c->reports[k][1]);
    }
}

/* A process but the first: works, reports and ends without tidying what is not its own. */
__attribute__((noreturn)) static void run(struct ctx *ctx, struct job *j, struct crew *c,
                                          int64_t place)
{
    struct worker w;
    struct report report = { 0 };
    const char *text;

    close_others(c, place);
    w = worker_of(c, j, place);
    /* What files before this one brought is counted by the first process. */
    report.rc = j->groups ? groups_new(ctx, &j->groups, j->profile, j->o->by, j->o->by_len) : OK;
    if (!report.rc)
        report.rc = work(ctx, j, &w, &report.last);
    if (!report.rc)
        report.rc = sink_check(ctx, j->out);
    if (!report.rc && j->done.bad.file)
        report.rc = sink_check(ctx, j->done.bad.file);
    report.done = j->done;
    text = ctx_first_problem(ctx);
    if (text)
        (void)snprintf(report.message, sizeof(report.message), "%s", text);
    if (move(c->reports[place][1], &report, sizeof(report), true) && !report.rc && j->groups)
        (void)groups_send(j->groups, c->reports[place][1]);
    _exit(0);
}

static enum err open_crew(struct ctx *ctx, struct crew *c)
{
    memset(c->turns, 0xff, sizeof(c->turns));
    memset(c->reports, 0xff, sizeof(c->reports));
    for (int64_t k = 0; k < c->jobs; k++)
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, c->turns[k]) < 0 ||
            (k > 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, c->reports[k]) < 0))
            return ctx_fail(
                ctx, ERR_IO,
                tr(ctx, "Could not start helper processes: {0}", TR_TEXT(strerror(errno))));
    return OK;
}

static enum err start(struct ctx *ctx, struct job *j, struct crew *c)
{
    for (int64_t k = 1; k < c->jobs; k++) {
        c->pids[k] = fork();
        if (c->pids[k] == 0)
            run(ctx, j, c, k);
        if (c->pids[k] < 0)
            return ctx_fail(
                ctx, ERR_IO,
                tr(ctx, "Could not start helper processes: {0}", TR_TEXT(strerror(errno))));
    }
    return OK;
}

static enum err ended_early(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_IO,
                    tr(ctx, "A helper process of the command ended before its work was done. Try"
                            " again, perhaps with --jobs 1."));
}

/* What one process reported, into this one's result. */
static enum err take_report(struct ctx *ctx, struct job *j, struct crew *c, int64_t k)
{
    struct report report = { 0 };
    struct sink *bad = j->done.bad.file;
    enum err rc = OK;

    if (!move(c->reports[k][0], &report, sizeof(report), false))
        return ended_early(ctx);
    report.message[MESSAGE_MAX - 1] = '\0';
    if (report.rc) {
        if (*report.message)
            ctx_set_problem(ctx, (enum err)report.rc, NULL, report.message);
        return (enum err)report.rc;
    }
    if (j->groups)
        rc = groups_receive(ctx, j->groups, c->reports[k][0]);
    if (report.last) {
        j->done = report.done;
        j->done.bad.file = bad;
    }
    return rc;
}

static void end_crew(struct crew *c)
{
    for (int64_t k = 0; k < c->jobs; k++) {
        close_one(&c->turns[k][0]);
        close_one(&c->turns[k][1]);
        close_one(&c->reports[k][0]);
        close_one(&c->reports[k][1]);
    }
    for (int64_t k = 1; k < c->jobs; k++)
        while (c->pids[k] > 0 && waitpid(c->pids[k], NULL, 0) < 0 && errno == EINTR)
            ;
}

enum err score_chunks(struct ctx *ctx, struct job *j, int64_t jobs)
{
    struct crew c = { .jobs = jobs };
    struct progress begin = j->done;
    enum err rc = open_crew(ctx, &c);
    bool last = false;

    begin.at = feed_tell(j->feed);
    begin.number = feed_number(j->feed);
    begin.out_at = sink_length(j->out);
    sink_flush(j->out);
    if (j->done.bad.file)
        sink_flush(j->done.bad.file);
    if (!rc)
        rc = start(ctx, j, &c);
    if (!rc && !move(c.turns[0][1], &begin, sizeof(begin), true))
        rc = ctx_fail(ctx, ERR_IO,
                      tr(ctx, "Could not start helper processes: {0}", TR_TEXT(strerror(errno))));
    if (!rc) {
        struct worker w;

        close_others(&c, 0);
        for (int64_t k = 1; k < jobs; k++)
            close_one(&c.reports[k][1]);
        w = worker_of(&c, j, 0);
        rc = work(ctx, j, &w, &last);
        /* When another process failed, its report says why. */
        for (int64_t k = 1; k < jobs && (!rc || !ctx->problems); k++) {
            enum err reported = take_report(ctx, j, &c, k);

            rc = rc ? rc : reported;
        }
        if (rc && !ctx->problems)
            rc = ended_early(ctx);
    }
    end_crew(&c);
    if (!rc && sink_has_places(j->out))
        sink_seek(j->out, j->done.out_at);
    return rc;
}
