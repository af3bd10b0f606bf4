#include "records/jobs.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "auth/auth.h"
#include "core/date.h"
#include "core/id.h"
#include "core/json.h"
#include "core/log.h"
#include "core/text.h"
#include "db/db.h"
#include "records/records.h"
#include "vault/vault.h"

#define JOB_ARENA      ((size_t)512 * 1024 * 1024)
#define HEADER_MAX     ((size_t)2000)
#define MEGABYTE       ((size_t)1024 * 1024)
#define RESULT_MAX     ((size_t)2 * 1024 * 1024)
#define PROGRESS_EVERY 100
#define STALE_MS       ((int64_t)15 * 60 * 1000) /* on PostgreSQL another host may be at it */

DB_SQL(JOB_ADD, "INSERT INTO job (id, office_id, kind, state, input, result, done, total, attempts,"
                " run_at, created_at, created_by)"
                " VALUES ($1, $2, $3, 'waiting', $4, $5, 0, $6, 0, $7, $7, $8)");
DB_SQL(JOB_GET, "SELECT id, kind, state, created_by, created_at, done, total, result FROM job"
                " WHERE id = $1 AND created_by = $2");
DB_SQL(JOB_INPUT, "SELECT input FROM job WHERE id = $1");
/* One that was made in the future waits for nothing: the clock was set back. */
DB_SQL(JOB_NEXT, "SELECT id, kind, attempts FROM job"
                 " WHERE (state = 'waiting' AND (run_at <= $1 OR created_at > $1))"
                 " OR (state = 'running' AND taken_at <= $2) ORDER BY run_at, id LIMIT 1");
DB_SQL(JOB_TAKE, "UPDATE job SET state = 'running', attempts = attempts + 1, taken_at = $2"
                 " WHERE id = $1 AND attempts = $3");
/* Attempts tell who has it: it may have been taken away from a process that was too slow. */
DB_SQL(JOB_PROGRESS, "UPDATE job SET done = $2, taken_at = $3 WHERE id = $1 AND attempts = $4");
DB_SQL(JOB_END, "UPDATE job SET state = $2, result = $3, done = $4, total = $4"
                " WHERE id = $1 AND state = 'running' AND attempts = $5");
DB_SQL(JOB_FORGET, "UPDATE job SET input = NULL WHERE id = $1");
DB_SQL(JOB_STARTED, "UPDATE job SET input = NULL, result = $2 WHERE id = $1 AND input IS NOT NULL");
DB_SQL(JOB_FILE, "UPDATE job SET input = $2 WHERE id = $1");
DB_SQL(JOB_OLD, "SELECT id FROM job WHERE created_at <= $1 LIMIT 1");
DB_SQL(JOB_PURGE, "DELETE FROM job WHERE created_at <= $1");

/* What a job at work knows. ctx has an arena of its own and acts as whoever asked. */
struct work {
    struct ctx *ctx;
    const char *id;
    int64_t attempts;  /* with this one: the job is ours while it stands so in its row */
    json_t *asked;     /* first line of the input */
    const char *bytes; /* the file behind it */
    size_t len;
    int64_t total;
    struct json_out *json; /* the result, begun with what was asked */
    bool ended;            /* the job was marked done in the work's own transaction */
};

struct job_kind {
    const char *name;
    enum err (*run)(struct work *w);
};

static enum err run_import(struct work *w);
static enum err run_export(struct work *w);

static const struct job_kind job_kinds[] = {
    { "import", run_import },
    { "export", run_export },
};

static const struct job_kind *kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof job_kinds / sizeof job_kinds[0]; i++)
        if (text_equal(job_kinds[i].name, name))
            return &job_kinds[i];
    return NULL;
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

static enum err seal_result(struct ctx *ctx, struct sealed *out, const char *id, const char *text)
{
    return vault_seal_text(ctx, out, VAULT_KEY_SYSTEM, place_of(ctx, id, "/result"), text);
}

static enum err read_input(struct ctx *ctx, const void **out, size_t *len_out, const char *id)
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
static enum err read_header(struct ctx *ctx, json_t **out, size_t *len_out, const char *bytes,
                            size_t len)
{
    const char *end = memchr(bytes, '\n', len < HEADER_MAX ? len : HEADER_MAX);
    enum err rc;

    if (end == NULL)
        return ctx_fail(ctx, ERR_INVALID, "a job's input begins with a line of JSON");
    rc = json_parse(ctx, out, bytes, (size_t)(end - bytes));
    if (rc)
        return rc;
    if (json_string_value(json_object_get(*out, "login")) == NULL ||
        json_string_value(json_object_get(*out, "form")) == NULL)
        return ctx_fail(ctx, ERR_INVALID, "a job's input names login and form");
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
    rc = read_header(ctx, &asked, &head, input, len);
    if (!rc)
        rc = seal_input(ctx, &sealed, id, input, len);
    if (!rc)
        rc = seal_result(ctx, &result, id, arena_strndup(ctx->arena, input, head - 1));
    if (rc)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &JOB_ADD, DB_TEXT(id), DB_TEXT(ctx->office_id), DB_TEXT(kind),
                 DB_BLOB(sealed.bytes, sealed.len), DB_BLOB(result.bytes, result.len),
                 DB_INT(count_lines((const char *)input + head, len - head)), DB_INT(ctx->now_ms),
                 DB_TEXT(ctx->user_id));
    if (!rc)
        rc = db_commit(ctx);
    if (rc)
        db_rollback(ctx);
    else
        *id_out = id;
    return rc;
}

enum err job_load(struct ctx *ctx, struct job *out, const char *id)
{
    struct rows *rows = NULL;
    struct sealed sealed = { 0 };
    struct job job = { 0 };
    bool more = false;
    enum err rc = db_query(ctx, &rows, &JOB_GET, DB_TEXT(id), DB_TEXT(ctx->user_id));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (rc)
        return rc;
    if (!more)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This is not kept any more."));
    job.id = row_text(rows, 0);
    job.kind = row_text(rows, 1);
    job.state = row_text(rows, 2);
    job.created_by = row_text(rows, 3);
    job.created_at = row_int(rows, 4);
    job.done = row_int(rows, 5);
    job.total = row_int(rows, 6);
    sealed.bytes = row_blob(rows, 7, &sealed.len);
    db_rows_close(rows);
    rc = vault_unseal_text(ctx, &job.result, VAULT_KEY_SYSTEM, place_of(ctx, id, "/result"),
                           &sealed);
    if (!rc)
        *out = job;
    return rc;
}

static enum err load_done(struct ctx *ctx, struct job *out, const char *id, const char *kind)
{
    enum err rc = job_load(ctx, out, id);

    if (!rc && (!text_equal(out->kind, kind) || !text_equal(out->state, "done")))
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This is not kept any more."));
    return rc;
}

/* What is asked, as members of an object; names of users are left out where with_login is false. */
static void add_asked(struct json_out *j, json_t *asked, bool with_login)
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
        else
            json_bool(j, json_is_true(value));
    }
}

static void add_header(struct buf *b, json_t *asked)
{
    struct json_out j = { .buf = b };

    json_begin_object(&j);
    add_asked(&j, asked, true);
    json_end_object(&j);
    buf_add_char(b, '\n');
}

/* Whether a dry run was followed by its import already: whoever clicks twice gets the same one. */
static bool started_by(struct ctx *ctx, const char **id_out, const struct job *dry_run)
{
    json_t *told = NULL;
    const char *id = NULL;

    if (json_parse(ctx, &told, dry_run->result, strlen(dry_run->result)) == OK)
        id = json_string_value(json_object_get(told, "started"));
    if (id != NULL)
        *id_out = id;
    return id != NULL;
}

/* The import, and in the same transaction the note at its dry run that there is one. */
static enum err start_once(struct ctx *ctx, const char **id_out, const struct job *dry_run,
                           const struct buf *input)
{
    size_t len = strlen(dry_run->result) - 1; /* without the brace */
    struct sealed sealed = { 0 };
    const char *id = NULL;
    int64_t changed = 0;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = job_add(ctx, &id, "import", buf_text(input), input->len);
    if (!rc)
        rc = seal_result(
            ctx, &sealed, dry_run->id,
            arena_printf(ctx->arena, "%.*s,\"started\":\"%s\"}", (int)len, dry_run->result, id));
    if (!rc)
        rc = db_exec(ctx, &changed, &JOB_STARTED, DB_TEXT(dry_run->id),
                     DB_BLOB(sealed.bytes, sealed.len));
    if (!rc && changed == 0)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This is not kept any more."));
    if (!rc)
        rc = db_commit(ctx);
    if (rc)
        db_rollback(ctx);
    else
        *id_out = id;
    return rc;
}

enum err job_import_now(struct ctx *ctx, const char **id_out, const char *id, bool skip_bad)
{
    const void *input = NULL;
    json_t *asked = NULL;
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct job job = { 0 };
    size_t len = 0;
    size_t head = 0;
    enum err rc = load_done(ctx, &job, id, "import");

    if (!rc && started_by(ctx, id_out, &job))
        return OK;
    if (!rc)
        rc = read_input(ctx, &input, &len, id);
    if (!rc)
        rc = read_header(ctx, &asked, &head, input, len);
    if (rc)
        return rc;
    if (!json_is_true(json_object_get(asked, "dry_run")))
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This is not kept any more."));
    json_object_set_new(asked, "dry_run", json_false());
    json_object_set_new(asked, "skip_bad", json_boolean(skip_bad));
    buf_init(b, ctx->arena, len + HEADER_MAX);
    add_header(b, asked);
    buf_add_len(b, (const char *)input + head, len - head);
    return start_once(ctx, id_out, &job, b);
}

enum err job_file(struct ctx *ctx, const void **out, size_t *len_out, const char *id)
{
    struct job job = { 0 };
    enum err rc = load_done(ctx, &job, id, "export");

    return rc ? rc : read_input(ctx, out, len_out, id);
}

/* --- the work --- */

static const char *asked_text(const struct work *w, const char *key)
{
    const char *text = json_string_value(json_object_get(w->asked, key));

    return text == NULL ? "" : text;
}

/* Ends a transaction that holds one statement. */
static enum err commit_or_not(struct ctx *ctx, enum err rc)
{
    if (!rc)
        rc = db_commit(ctx);
    if (rc)
        db_rollback(ctx);
    return rc;
}

static enum err write_progress(struct work *w, int64_t done)
{
    enum err rc = db_begin(w->ctx);

    if (rc)
        return rc;
    rc = db_exec(w->ctx, NULL, &JOB_PROGRESS, DB_TEXT(w->id), DB_INT(done), DB_INT(clock_now_ms()),
                 DB_INT(w->attempts));
    return commit_or_not(w->ctx, rc);
}

/* Seen by others only outside of a transaction; inside one it would not be. */
static void tell_progress(void *arg, int64_t done)
{
    struct work *w = arg;

    if (done % PROGRESS_EVERY != 0 || db_in_transaction(w->ctx->db))
        return;
    if (write_progress(w, done))
        log_error("could not write the progress of a job");
}

static void add_faults(struct json_out *j, const struct import_report *r)
{
    json_key(j, "faults");
    json_begin_array(j);
    for (size_t i = 0; i < r->faults_len; i++) {
        json_begin_object(j);
        json_key(j, "row");
        json_int(j, r->faults[i].row);
        json_pair(j, "column", r->faults[i].column);
        json_pair(j, "value", r->faults[i].value);
        json_pair(j, "reason", r->faults[i].reason);
        json_end_object(j);
    }
    json_end_array(j);
    json_key(j, "notes");
    json_begin_array(j);
    for (size_t i = 0; i < r->notes_len; i++)
        json_text(j, r->notes[i]);
    json_end_array(j);
}

static void add_report(struct json_out *j, const struct import_report *r)
{
    const struct {
        const char *key;
        int64_t n;
    } numbers[] = {
        { "rows", r->rows }, { "good", r->good }, { "bad", r->bad }, { "stored", r->stored }
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        json_key(j, numbers[i].key);
        json_int(j, numbers[i].n);
    }
    add_faults(j, r);
}

/* Writes how it ended. The input goes, but for a dry run, which may be wanted again, and an export.
 */
static enum err end_job(struct work *w, const char *state, bool forget)
{
    struct sealed sealed = { 0 };
    int64_t changed = 0;
    enum err rc;

    json_end_object(w->json);
    if (!buf_ok(w->json->buf))
        return ctx_fail(w->ctx, ERR_LIMIT, "the result of a job is too long");
    rc = seal_result(w->ctx, &sealed, w->id, buf_text(w->json->buf));
    if (!rc)
        rc = db_exec(w->ctx, &changed, &JOB_END, DB_TEXT(w->id), DB_TEXT(state),
                     DB_BLOB(sealed.bytes, sealed.len), DB_INT(w->total), DB_INT(w->attempts));
    if (!rc && changed == 0)
        rc = ctx_fail(w->ctx, ERR_CONFLICT, "another process has taken this job meanwhile");
    if (!rc && forget)
        rc = db_exec(w->ctx, NULL, &JOB_FORGET, DB_TEXT(w->id));
    w->ended = rc == OK;
    return rc;
}

static enum err import_rows(struct work *w, struct import_report *report,
                            const struct import_options *options)
{
    struct csv *csv = NULL;
    enum err rc = csv_open_bytes(w->ctx, &csv, w->bytes, w->len, options->delimiter);

    if (!rc)
        rc = record_import(w->ctx, report, asked_text(w, "form"), csv, options);
    csv_close(csv);
    return rc;
}

/* Stored and marked done in one transaction: a job that is tried again cannot store twice. */
static enum err run_import(struct work *w)
{
    struct import_options options = { .progress = tell_progress, .arg = w };
    struct import_report report = { 0 };
    struct ctx *ctx = w->ctx;
    enum err rc = OK;

    options.dry_run = json_is_true(json_object_get(w->asked, "dry_run"));
    options.skip_bad = json_is_true(json_object_get(w->asked, "skip_bad"));
    if (!user_may(ctx->user, arena_printf(ctx->arena, "%s.import", asked_text(w, "form"))))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    if (!options.dry_run)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = import_rows(w, &report, &options);
    if (rc == OK || (rc == ERR_INVALID && report.faults_len > 0)) {
        bool stored = rc == OK && !options.dry_run;

        if (rc)
            db_rollback(ctx); /* all or nothing: the report says why nothing */
        w->total = report.rows;
        add_report(w->json, &report);
        rc = end_job(w, "done", !options.dry_run);
        if (!rc && stored)
            rc = db_commit(ctx);
    }
    if (rc)
        db_rollback(ctx);
    return rc;
}

/* --- export --- */

static enum export_format format_of(const char *name)
{
    if (strcmp(name, "xlsx") == 0)
        return EXPORT_XLSX;
    return strcmp(name, "json") == 0 ? EXPORT_JSON : EXPORT_CSV;
}

/* The memory file as one sealed text in place of the input. */
static enum err keep_file(struct work *w, int fd)
{
    struct ctx *ctx = w->ctx;
    struct sealed sealed = { 0 };
    off_t size = lseek(fd, 0, SEEK_END);
    size_t len = 0;
    char *bytes;
    enum err rc;

    if (size < 0)
        return ctx_fail(ctx, ERR_IO, "could not read what the export has written");
    if ((size_t)size > JOB_FILE_MAX)
        return ctx_fail(ctx, ERR_LIMIT,
                        tr(ctx,
                           "The file would be larger than {0} MB. Ask your administrator for "
                           "it: the command “homeward export” has no such limit.",
                           TR_INT((int64_t)(JOB_FILE_MAX / MEGABYTE))));
    bytes = arena_alloc(ctx->arena, (size_t)size + 1);
    while (len < (size_t)size) {
        ssize_t n = pread(fd, bytes + len, (size_t)size - len, (off_t)len);

        if (n <= 0)
            return ctx_fail(ctx, ERR_IO, "could not read what the export has written");
        len += (size_t)n;
    }
    rc = seal_input(ctx, &sealed, w->id, bytes, len);
    if (!rc)
        rc = db_exec(ctx, NULL, &JOB_FILE, DB_TEXT(w->id), DB_BLOB(sealed.bytes, sealed.len));
    return rc;
}

static enum err run_export(struct work *w)
{
    struct ctx *ctx = w->ctx;
    int64_t records = 0;
    int fd;
    enum err rc;

    if (!user_may(ctx->user, arena_printf(ctx->arena, "%s.export", asked_text(w, "form"))))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    fd = memfd_create("export", MFD_CLOEXEC);
    if (fd < 0)
        return ctx_fail(ctx, ERR_IO, "could not get memory for the export");
    rc =
        record_export(ctx, asked_text(w, "form"), format_of(asked_text(w, "format")), fd, &records);
    if (!rc)
        rc = db_begin(ctx);
    if (!rc) {
        rc = keep_file(w, fd);
        w->total = records;
        json_key(w->json, "records");
        json_int(w->json, records);
        if (!rc)
            rc = end_job(w, "done", false);
        if (!rc)
            rc = db_commit(ctx);
        if (rc)
            db_rollback(ctx);
    }
    close(fd);
    return rc;
}

/* --- running --- */

/* Begins the result with what was asked, without whose name it was. */
static void begin_result(struct work *w)
{
    json_begin_object(w->json);
    if (w->asked != NULL)
        add_asked(w->json, w->asked, false);
}

static enum err fail_job(struct work *w, const char *why)
{
    enum err rc;

    if (db_in_transaction(w->ctx->db))
        db_rollback(w->ctx);
    buf_clear(w->json->buf);
    w->json->comma = false;
    begin_result(w);
    json_pair(w->json, "problem", why);
    rc = db_begin(w->ctx);
    if (rc)
        return rc;
    return commit_or_not(w->ctx, end_job(w, "failed", true));
}

static enum err work_on(struct work *w, const struct job_kind *kind)
{
    const void *input = NULL;
    size_t len = 0;
    size_t head = 0;
    enum err rc = read_input(w->ctx, &input, &len, w->id);

    if (!rc)
        rc = read_header(w->ctx, &w->asked, &head, input, len);
    if (!rc)
        rc = user_load_by_login(w->ctx, asked_text(w, "login"));
    if (rc)
        return rc;
    w->bytes = (const char *)input + head;
    w->len = len - head;
    w->total = count_lines(w->bytes, w->len);
    begin_result(w);
    return kind->run(w);
}

/* Runs one that was taken, in an arena of its own. */
static enum err run_job(struct ctx *base, const char *id, const char *kind_name, int64_t attempts)
{
    const struct job_kind *kind = kind_find(kind_name);
    struct ctx ctx = *base;
    struct buf buf;
    struct json_out json = { .buf = &buf };
    struct work w = { .ctx = &ctx, .id = id, .attempts = attempts, .json = &json };
    enum err rc = OK;

    ctx.arena = arena_new(JOB_ARENA);
    ctx.problems = NULL;
    ctx.problems_last = NULL;
    buf_init(&buf, ctx.arena, RESULT_MAX);
    if (kind == NULL || attempts > JOB_ATTEMPTS)
        rc = fail_job(&w,
                      tr(&ctx, "This was tried {0} times without success.", TR_INT(JOB_ATTEMPTS)));
    else
        rc = work_on(&w, kind);
    if (rc && !w.ended) {
        log_error("job %s %s: %s", kind_name, id, err_name(rc));
        rc = fail_job(&w, rc == ERR_DB || rc == ERR_IO || rc == ERR_INTERNAL
                              ? tr(&ctx, "Something went wrong here. Nothing was stored.")
                              : ctx_first_problem(&ctx));
    }
    arena_free(ctx.arena);
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
    return commit_or_not(ctx, db_exec(ctx, NULL, &JOB_PURGE, DB_INT(ctx->now_ms - JOB_KEPT_MS)));
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
    int64_t stale = db_is_postgres(ctx->db) ? ctx->now_ms - STALE_MS : INT64_MAX;
    struct rows *rows = NULL;
    const char *id = NULL;
    const char *kind = NULL;
    int64_t attempts = 0;
    int64_t taken = 0;
    bool more = false;
    enum err rc = purge(ctx);

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
