/* Long work: the table of jobs, and what comes again and again. */
#include "records/jobs.h"

#include <string.h>

#include "auth/auth.h"
#include "core/date.h"
#include "core/id.h"
#include "core/log.h"
#include "core/text.h"
#include "core/tr.h"
#include "db/db.h"
#include "records/bulk.h"
#include "records/job_file.h"
#include "records/jobs_inner.h"

#define JOB_ARENA     ((size_t)512 * 1024 * 1024)
#define RESULT_MAX    ((size_t)2 * 1024 * 1024)
#define TELL_EVERY_MS ((int64_t)1000)
#define KEPT_FROM_MS  ((int64_t)60 * 1000) /* periods from this on are kept in the database */
#define PERIODS_MAX   32

DB_SQL(JOB_ADD, "INSERT INTO job (id, office_id, kind, state, input, result, done, total, attempts,"
                " run_at, created_at, created_by)"
                " VALUES ($1, $2, $3, 'waiting', $4, $5, 0, $6, 0, $7, $7, $8)");
DB_SQL(JOB_GET, "SELECT id, kind, state, created_by, created_at, done, total, result FROM job"
                " WHERE id = $1 AND created_by = $2");
DB_SQL(JOB_LIST, "SELECT id, kind, state, created_by, created_at, done, total, result FROM job"
                 " WHERE created_by = $1 ORDER BY created_at DESC, id DESC LIMIT $2");
DB_SQL(JOB_INPUT, "SELECT input FROM job WHERE id = $1");
/* One that was made in the future waits for nothing: the clock was set back. */
DB_SQL(JOB_NEXT, "SELECT id, kind, attempts FROM job"
                 " WHERE (state = 'waiting' AND (run_at <= $1 OR created_at > $1))"
                 " OR (state = 'running' AND taken_at <= $2) ORDER BY run_at, id LIMIT 1");
DB_SQL(JOB_TAKE, "UPDATE job SET state = 'running', attempts = attempts + 1, taken_at = $2"
                 " WHERE id = $1 AND attempts = $3 AND state IN ('waiting', 'running')");
/* Attempts tell who has it: it may have been taken away from a process that was too slow. */
DB_SQL(JOB_PROGRESS, "UPDATE job SET done = $2, total = $3, taken_at = $4"
                     " WHERE id = $1 AND state = 'running' AND attempts = $5");
DB_SQL(JOB_END, "UPDATE job SET state = $2, result = $3, done = $4, total = $4"
                " WHERE id = $1 AND state = 'running' AND attempts = $5");
DB_SQL(JOB_AGAIN, "UPDATE job SET state = 'waiting', run_at = $2"
                  " WHERE id = $1 AND state = 'running' AND attempts = $3");
DB_SQL(JOB_CANCEL, "UPDATE job SET state = 'cancelled', input = NULL"
                   " WHERE id = $1 AND created_by = $2 AND state IN ('waiting', 'running')");
DB_SQL(JOB_STATE, "SELECT state FROM job WHERE id = $1");
DB_SQL(JOB_FORGET, "UPDATE job SET input = NULL WHERE id = $1");
DB_SQL(JOB_FILE, "UPDATE job SET input = $2 WHERE id = $1");
DB_SQL(JOB_OLD, "SELECT id FROM job WHERE created_at <= $1 LIMIT 1");
DB_SQL(JOB_PURGE, "DELETE FROM job WHERE created_at <= $1");
DB_SQL(PERIOD_GET, "SELECT last_at FROM job_period WHERE name = $1");
DB_SQL(PERIOD_ADD, "INSERT INTO job_period (name, last_at) VALUES ($1, $2)"
                   " ON CONFLICT (name) DO NOTHING");
DB_SQL(PERIOD_TAKE, "UPDATE job_period SET last_at = $2 WHERE name = $1 AND last_at = $3");

/* --- what the program registered; set once before fork --- */

static const struct job_kind *const own_kinds[] = { records_jobs, bulk_jobs, NULL };
static const struct job_kind *const *kind_tables = own_kinds;
static const struct job_period *const *period_tables;
static int64_t (*clock_of_jobs)(void);

void jobs_use_kinds(const struct job_kind *const *tables)
{
    kind_tables = tables;
}

void jobs_use_periods(const struct job_period *const *tables)
{
    period_tables = tables;
}

void jobs_use_clock(int64_t (*now_ms)(void))
{
    clock_of_jobs = now_ms;
}

/* The clock goes on during long work. */
static void renew_clock(struct ctx *ctx)
{
    if (clock_of_jobs)
        ctx->now_ms = clock_of_jobs();
}

static const struct job_kind *kind_find(const char *name)
{
    for (size_t i = 0; kind_tables[i]; i++)
        for (const struct job_kind *k = kind_tables[i]; k->name; k++)
            if (text_equal(k->name, name))
                return k;
    return NULL;
}

const char *job_title(struct ctx *ctx, const char *kind)
{
    const struct job_kind *k = kind_find(kind);

    return k ? tr(ctx, k->title) : kind;
}

/* --- sealing --- */

static const char *place_of(struct ctx *ctx, const char *id, const char *part)
{
    return arena_printf(ctx->arena, "job/%s%s", id, part);
}

static enum err seal_input(struct ctx *ctx, struct sealed *out, const char *id, const void *bytes,
                           size_t len)
{
    return vault_seal(ctx, out, VAULT_KEY_SYSTEM, place_of(ctx, id, ""), bytes, len);
}

enum err jobs_seal_result(struct ctx *ctx, struct sealed *out, const char *id, const char *text)
{
    return vault_seal_text(ctx, out, VAULT_KEY_SYSTEM, place_of(ctx, id, "/result"), text);
}

enum err jobs_input(struct ctx *ctx, const void **out, size_t *len_out, const char *id)
{
    struct rows *rows = NULL;
    struct sealed sealed = { 0 };
    bool more = false;
    enum err rc = db_query(ctx, &rows, &JOB_INPUT, DB_TEXT(id));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (rc)
        return rc;
    if (more)
        sealed.bytes = row_blob(rows, 0, &sealed.len);
    db_rows_close(rows);
    if (sealed.bytes == NULL)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This is not kept any more."));
    return vault_unseal(ctx, out, len_out, VAULT_KEY_SYSTEM, place_of(ctx, id, ""), &sealed);
}

/* --- adding and looking --- */

/* The first line, parsed; its length with the line's end. */
enum err jobs_header(struct ctx *ctx, json_t **out, size_t *len_out, const char *bytes, size_t len)
{
    const char *end = memchr(bytes, '\n', len < JOB_HEADER_MAX ? len : JOB_HEADER_MAX);
    enum err rc;

    if (end == NULL)
        return ctx_fail(ctx, ERR_INVALID, "a job's input begins with a line of JSON");
    rc = json_parse(ctx, out, bytes, (size_t)(end - bytes));
    if (rc)
        return rc;
    if (json_string_value(json_object_get(*out, "login")) == NULL)
        return ctx_fail(ctx, ERR_INVALID, "a job's input names the login of who asks");
    *len_out = (size_t)(end - bytes) + 1;
    return OK;
}

static int64_t count_lines(const char *bytes, size_t len)
{
    int64_t n = 0;

    for (const char *p = bytes, *end = bytes + len; p < end; n++) {
        p = memchr(p, '\n', (size_t)(end - p));
        if (p == NULL)
            break;
        p++;
    }
    return n > 1 ? n - 1 : 1; /* without the header */
}

enum err job_add(struct ctx *ctx, const char **id_out, const char *kind, const void *input,
                 size_t len)
{
    const char *id = id_new(ctx->arena, ctx->now_ms);
    struct sealed sealed = { 0 };
    struct sealed result = { 0 };
    json_t *asked = NULL;
    size_t head = 0;
    enum err rc;

    if (kind_find(kind) == NULL)
        return ctx_fail(ctx, ERR_INVALID, "there is no such kind of job");
    rc = jobs_header(ctx, &asked, &head, input, len);
    if (!rc)
        rc = seal_input(ctx, &sealed, id, input, len);
    if (!rc)
        rc = jobs_seal_result(ctx, &result, id, arena_strndup(ctx->arena, input, head - 1));
    if (rc)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &JOB_ADD, DB_TEXT(id), DB_TEXT(ctx->office_id), DB_TEXT(kind),
                 DB_BLOB(sealed.bytes, sealed.len), DB_BLOB(result.bytes, result.len),
                 DB_INT(count_lines((const char *)input + head, len - head)), DB_INT(ctx->now_ms),
                 DB_TEXT(ctx->user_id));
    rc = db_end(ctx, rc);
    if (rc == OK)
        *id_out = id;
    return rc;
}

static enum err read_job(struct ctx *ctx, struct job *out, struct rows *rows)
{
    struct sealed sealed = { 0 };
    struct job job = { 0 };
    enum err rc;

    job.id = row_text(rows, 0);
    job.kind = row_text(rows, 1);
    job.state = row_text(rows, 2);
    job.created_by = row_text(rows, 3);
    job.created_at = row_int(rows, 4);
    job.done = row_int(rows, 5);
    job.total = row_int(rows, 6);
    sealed.bytes = row_blob(rows, 7, &sealed.len);
    rc = vault_unseal_text(ctx, &job.result, VAULT_KEY_SYSTEM, place_of(ctx, job.id, "/result"),
                           &sealed);
    if (!rc)
        *out = job;
    return rc;
}

static enum err not_kept(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This is not kept any more."));
}

enum err job_load(struct ctx *ctx, struct job *out, const char *id)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &JOB_GET, DB_TEXT(id), DB_TEXT(ctx->user_id));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (rc)
        return rc;
    rc = more ? read_job(ctx, out, rows) : not_kept(ctx);
    db_rows_close(rows);
    return rc;
}

enum err job_list(struct ctx *ctx, struct job **out, size_t *len_out)
{
    struct job *items = ARENA_ARRAY(ctx->arena, JOBS_SHOWN, struct job);
    struct rows *rows = NULL;
    size_t len = 0;
    enum err rc = db_query(ctx, &rows, &JOB_LIST, DB_TEXT(ctx->user_id), DB_INT(JOBS_SHOWN));

    while (!rc) {
        bool more = false;

        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        rc = read_job(ctx, &items[len], rows);
        len += rc == OK;
    }
    if (rc) {
        db_rows_close(rows);
        return rc;
    }
    *out = items;
    *len_out = len;
    return OK;
}

enum err jobs_load_done(struct ctx *ctx, struct job *out, const char *id, const char *kind)
{
    enum err rc = job_load(ctx, out, id);

    if (!rc && (!text_equal(out->kind, kind) || !text_equal(out->state, "done")))
        rc = not_kept(ctx);
    return rc;
}

/* Ends a transaction that holds one statement. */
static enum err commit_or_not(struct ctx *ctx, enum err rc)
{
    return db_end(ctx, rc);
}

enum err job_cancel(struct ctx *ctx, const char *id)
{
    struct job job = { 0 };
    int64_t changed = 0;
    enum err rc = job_load(ctx, &job, id);

    if (!rc)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, &changed, &JOB_CANCEL, DB_TEXT(id), DB_TEXT(ctx->user_id));
    if (!rc && changed == 0)
        rc = ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "This has ended already."));
    if (!rc)
        rc = job_file_forget(ctx, id);
    return commit_or_not(ctx, rc);
}

void jobs_add_asked(struct json_out *j, json_t *asked, bool with_login)
{
    const char *key;
    json_t *value;

    json_object_foreach(asked, key, value)
    {
        if (strcmp(key, "login") == 0 && !with_login)
            continue;
        json_key(j, key);
        if (json_is_string(value))
            json_text(j, json_string_value(value));
        else if (json_is_integer(value))
            json_int(j, json_integer_value(value));
        else
            json_bool(j, json_is_true(value));
    }
}

/* --- the work --- */

const char *job_asked(const struct job_work *w, const char *key)
{
    const char *text = json_string_value(json_object_get(w->asked, key));

    return text == NULL ? "" : text;
}

bool job_asked_true(const struct job_work *w, const char *key)
{
    return json_is_true(json_object_get(w->asked, key));
}

static enum err taken_away(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_CONFLICT,
                    tr(ctx, "This was cancelled, or another process has taken it over."));
}

enum err job_step(struct job_work *w, int64_t done)
{
    struct ctx *ctx = w->ctx;
    int64_t changed = 0;
    enum err rc;

    renew_clock(ctx);
    rc = db_exec(ctx, &changed, &JOB_PROGRESS, DB_TEXT(w->id), DB_INT(done), DB_INT(w->total),
                 DB_INT(ctx->now_ms), DB_INT(w->attempts));
    if (!rc && changed == 0)
        rc = taken_away(ctx);
    if (!rc)
        w->told_at = ctx->now_ms;
    return rc;
}

static enum err run_periods(struct ctx *ctx, bool brief_only);

enum err job_progress(struct job_work *w, int64_t done)
{
    struct ctx *ctx = w->ctx;
    enum err rc;

    if (db_in_transaction(ctx->db))
        return OK; /* nobody would see it */
    renew_clock(ctx);
    if (ctx->now_ms - w->told_at < TELL_EVERY_MS && ctx->now_ms >= w->told_at && w->told_at > 0)
        return OK;
    rc = run_periods(w->base, true);
    if (!rc)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    return commit_or_not(ctx, job_step(w, done));
}

enum err job_keep(struct job_work *w, const void *bytes, size_t len)
{
    struct sealed sealed = { 0 };
    enum err rc = seal_input(w->ctx, &sealed, w->id, bytes, len);

    if (!rc)
        rc = db_exec(w->ctx, NULL, &JOB_FILE, DB_TEXT(w->id), DB_BLOB(sealed.bytes, sealed.len));
    return rc;
}

static enum err end_as(struct job_work *w, const char *state, bool keep_input)
{
    struct ctx *ctx = w->ctx;
    struct sealed sealed = { 0 };
    int64_t changed = 0;
    enum err rc;

    json_end_object(w->result);
    if (!buf_ok(w->result->buf))
        return ctx_fail(ctx, ERR_LIMIT, "the result of a job is too long");
    rc = jobs_seal_result(ctx, &sealed, w->id, buf_text(w->result->buf));
    if (!rc)
        rc = db_exec(ctx, &changed, &JOB_END, DB_TEXT(w->id), DB_TEXT(state),
                     DB_BLOB(sealed.bytes, sealed.len), DB_INT(w->total), DB_INT(w->attempts));
    if (!rc && changed == 0)
        rc = taken_away(ctx);
    if (!rc && !keep_input)
        rc = db_exec(ctx, NULL, &JOB_FORGET, DB_TEXT(w->id));
    w->ended = rc == OK;
    return rc;
}

enum err job_end(struct job_work *w, bool keep_input)
{
    return end_as(w, "done", keep_input);
}

/* --- running --- */

/* Begins the result with what was asked, without whose name it was. */
static void begin_result(struct job_work *w)
{
    buf_clear(w->result->buf);
    w->result->comma = false;
    json_begin_object(w->result);
    if (w->asked != NULL)
        jobs_add_asked(w->result, w->asked, false);
}

static enum err end_now(struct job_work *w, const char *state)
{
    enum err rc = db_begin(w->ctx);

    return rc ? rc : commit_or_not(w->ctx, end_as(w, state, false));
}

static enum err fail_job(struct job_work *w, const char *why)
{
    struct ctx *ctx = w->ctx;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    begin_result(w);
    json_pair(w->result, "problem", why);
    rc = end_as(w, "failed", false);
    if (!rc)
        rc = job_file_forget(ctx, w->id);
    return commit_or_not(ctx, rc);
}

static enum err work_on(struct job_work *w, const struct job_kind *kind)
{
    const void *input = NULL;
    size_t len = 0;
    size_t head = 0;
    enum err rc = jobs_input(w->ctx, &input, &len, w->id);

    if (!rc)
        rc = jobs_header(w->ctx, &w->asked, &head, input, len);
    if (!rc)
        rc = user_load_by_login(w->ctx, job_asked(w, "login"));
    if (rc)
        return rc;
    w->bytes = (const char *)input + head;
    w->len = len - head;
    w->total = count_lines(w->bytes, w->len);
    begin_result(w);
    rc = kind->run(w);
    if (!rc && !w->ended)
        rc = end_now(w, "done");
    return rc;
}

/* Whoever cancelled it wants to hear of no fault. */
static bool was_cancelled(struct job_work *w)
{
    struct rows *rows = NULL;
    const char *state = NULL;
    bool more = false;

    if (db_query(w->ctx, &rows, &JOB_STATE, DB_TEXT(w->id)) || db_next(w->ctx, rows, &more))
        return false;
    if (more)
        state = row_text(rows, 0);
    db_rows_close(rows);
    return text_equal(state, "cancelled");
}

static enum err try_again(struct job_work *w)
{
    struct ctx *ctx = w->ctx;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &JOB_AGAIN, DB_TEXT(w->id), DB_INT(ctx->now_ms + JOB_AGAIN_MS),
                 DB_INT(w->attempts));
    return commit_or_not(ctx, rc);
}

static bool passing(enum err rc)
{
    return rc == ERR_DB || rc == ERR_IO || rc == ERR_BUSY;
}

static enum err settle(struct job_work *w, const struct job_kind *kind, enum err rc)
{
    struct ctx *ctx = w->ctx;

    if (db_in_transaction(ctx->db))
        db_rollback(ctx);
    if (rc == ERR_CONFLICT && was_cancelled(w)) {
        log_info("job %s %s was cancelled", kind->name, w->id);
        return OK;
    }
    log_error("job %s %s: %s", kind->name, w->id, err_name(rc));
    if (kind->again && passing(rc) && w->attempts < JOB_ATTEMPTS)
        return try_again(w);
    if (rc != ERR_DB && rc != ERR_IO && rc != ERR_INTERNAL)
        return fail_job(w, ctx_first_problem(ctx));
    return fail_job(
        w, tr(ctx, "Something went wrong here. See what was done before you begin again."));
}

/* Runs one that was taken, in an arena of its own. */
static enum err run_job(struct ctx *base, const char *id, const char *kind_name, int64_t attempts)
{
    const struct job_kind *kind = kind_find(kind_name);
    struct ctx ctx = *base;
    struct buf buf;
    struct json_out json = { .buf = &buf };
    struct job_work w = {
        .ctx = &ctx, .base = base, .id = id, .attempts = attempts, .result = &json
    };
    enum err rc = OK;

    ctx.arena = arena_new(JOB_ARENA);
    ctx.problems = NULL;
    ctx.problems_last = NULL;
    buf_init(&buf, ctx.arena, RESULT_MAX);
    if (kind == NULL || attempts > JOB_ATTEMPTS) {
        rc = fail_job(&w,
                      tr(&ctx, "This was tried {0} times without success.", TR_INT(JOB_ATTEMPTS)));
    } else {
        rc = work_on(&w, kind);
        if (rc && !w.ended)
            rc = settle(&w, kind, rc);
    }
    arena_free(ctx.arena);
    renew_clock(base);
    return rc;
}

static enum err purge(struct ctx *ctx)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &JOB_OLD, DB_INT(ctx->now_ms - JOB_KEPT_MS));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    db_rows_close(rows);
    if (rc || !more)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = job_files_forget(ctx, ctx->now_ms - JOB_KEPT_MS);
    if (!rc)
        rc = db_exec(ctx, NULL, &JOB_PURGE, DB_INT(ctx->now_ms - JOB_KEPT_MS));
    return commit_or_not(ctx, rc);
}

/* *taken_out = 0: somebody else was faster. */
static enum err take_job(struct ctx *ctx, int64_t *taken_out, const char *id, int64_t attempts)
{
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = db_exec(ctx, taken_out, &JOB_TAKE, DB_TEXT(id), DB_INT(ctx->now_ms), DB_INT(attempts));
    return commit_or_not(ctx, rc);
}

enum err jobs_run_one(struct ctx *ctx, bool *worked_out)
{
    int64_t stale = INT64_MAX;
    struct rows *rows = NULL;
    const char *id = NULL;
    const char *kind = NULL;
    int64_t attempts = 0;
    int64_t taken = 0;
    bool more = false;
    enum err rc;

    renew_clock(ctx);
    if (db_is_postgres(ctx->db))
        stale = ctx->now_ms - JOB_STALE_MS;
    rc = purge(ctx);
    if (!rc)
        rc = db_query(ctx, &rows, &JOB_NEXT, DB_INT(ctx->now_ms), DB_INT(stale));
    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (!rc && more) {
        id = row_text(rows, 0);
        kind = row_text(rows, 1);
        attempts = row_int(rows, 2);
    }
    db_rows_close(rows);
    if (!rc && more)
        rc = take_job(ctx, &taken, id, attempts);
    if (!rc && taken > 0)
        rc = run_job(ctx, id, kind, attempts + 1);
    if (!rc)
        *worked_out = more;
    return rc;
}

/* --- what comes again and again --- */

/* Times of this process; the address of a row is its name. */
static struct {
    const struct job_period *period;
    int64_t last_at;
    int64_t rest_until; /* monotonic: a brief one that took long lets the job go on first */
} periods_seen[PERIODS_MAX];

static bool goes_on; /* said by the one that is run now */

void job_period_goes_on(void)
{
    goes_on = true;
}

static int64_t *seen_at(const struct job_period *p)
{
    for (size_t i = 0; i < PERIODS_MAX; i++) {
        if (periods_seen[i].period == NULL)
            periods_seen[i].period = p;
        if (periods_seen[i].period == p)
            return &periods_seen[i].last_at;
    }
    return NULL;
}

static bool due(const struct job_period *p, int64_t last_at, int64_t now_ms)
{
    return now_ms - last_at >= p->every_ms || now_ms < last_at; /* the clock was set back */
}

/* Takes this time's turn in the database; *ours_out = false: another host has it. */
static enum err take_turn(struct ctx *ctx, const struct job_period *p, bool *ours_out)
{
    struct rows *rows = NULL;
    int64_t changed = 0;
    int64_t last_at = 0;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &PERIOD_GET, DB_TEXT(p->name));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (rc)
        return rc;
    if (more)
        last_at = row_int(rows, 0);
    db_rows_close(rows);
    if (more && !due(p, last_at, ctx->now_ms))
        return OK;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    if (more)
        rc = db_exec(ctx, &changed, &PERIOD_TAKE, DB_TEXT(p->name), DB_INT(ctx->now_ms),
                     DB_INT(last_at));
    else
        rc = db_exec(ctx, &changed, &PERIOD_ADD, DB_TEXT(p->name), DB_INT(ctx->now_ms));
    rc = commit_or_not(ctx, rc);
    if (!rc)
        *ours_out = changed > 0;
    return rc;
}

static enum err run_period(struct ctx *base, const struct job_period *p)
{
    int64_t *last_at = seen_at(p);
    struct ctx ctx = *base;
    bool ours = true;
    enum err rc = OK;

    if (last_at != NULL && !due(p, *last_at, base->now_ms))
        return OK;
    ctx.arena = arena_new(JOB_ARENA);
    ctx.problems = NULL;
    ctx.problems_last = NULL;
    if (p->every_ms >= KEPT_FROM_MS) {
        ours = false;
        rc = take_turn(&ctx, p, &ours);
    }
    if (!rc && last_at != NULL)
        *last_at = base->now_ms;
    goes_on = false;
    if (!rc && ours)
        rc = p->run(&ctx);
    if (!rc && goes_on && last_at != NULL)
        *last_at = base->now_ms - p->every_ms;
    if (db_in_transaction(ctx.db))
        db_rollback(&ctx);
    if (rc)
        log_error("%s: %s: %s", p->name, err_name(rc), ctx_first_problem(&ctx));
    arena_free(ctx.arena);
    renew_clock(base);
    return rc;
}

/* Between two steps of a job: at most a fifth of the time is theirs, whatever a network does. */
static void run_brief(struct ctx *ctx, const struct job_period *p)
{
    size_t at = 0;
    int64_t begun = clock_monotonic_us();

    while (at < PERIODS_MAX && periods_seen[at].period != p && periods_seen[at].period != NULL)
        at++;
    if (at < PERIODS_MAX && begun < periods_seen[at].rest_until)
        return;
    (void)run_period(ctx, p); /* it logs its fault; the job goes on */
    if (at < PERIODS_MAX)
        periods_seen[at].rest_until = begun + 5 * (clock_monotonic_us() - begun);
}

static enum err run_periods(struct ctx *ctx, bool brief_only)
{
    enum err first = OK;

    renew_clock(ctx);
    for (size_t i = 0; period_tables != NULL && period_tables[i]; i++)
        for (const struct job_period *p = period_tables[i]; p->name; p++) {
            enum err rc = OK;

            if (!brief_only)
                rc = run_period(ctx, p);
            else if (p->brief)
                run_brief(ctx, p);
            if (first == OK)
                first = rc;
        }
    return first;
}

enum err jobs_run_periods(struct ctx *ctx)
{
    return run_periods(ctx, false);
}
