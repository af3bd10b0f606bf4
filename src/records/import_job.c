/* Import and export as jobs. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "auth/auth.h"
#include "core/log.h"
#include "core/text.h"
#include "core/tr.h"
#include "db/db.h"
#include "records/import.h"
#include "records/jobs_inner.h"
#include "records/records.h"

#define MEGABYTE ((size_t)1024 * 1024)

DB_SQL(JOB_STARTED, "UPDATE job SET input = NULL, result = $2 WHERE id = $1 AND input IS NOT NULL");

static void add_header(struct buf *b, json_t *asked)
{
    struct json_out j = { .buf = b };

    json_begin_object(&j);
    jobs_add_asked(&j, asked, true);
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
        rc = jobs_seal_result(
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
    enum err rc = jobs_load_done(ctx, &job, id, "import");

    if (!rc && started_by(ctx, id_out, &job))
        return OK;
    if (!rc)
        rc = jobs_input(ctx, &input, &len, id);
    if (!rc)
        rc = jobs_header(ctx, &asked, &head, input, len);
    if (rc)
        return rc;
    if (!json_is_true(json_object_get(asked, "dry_run")))
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This is not kept any more."));
    json_object_set_new(asked, "dry_run", json_false());
    json_object_set_new(asked, "skip_bad", json_boolean(skip_bad));
    buf_init(b, ctx->arena, len + JOB_HEADER_MAX);
    add_header(b, asked);
    buf_add_len(b, (const char *)input + head, len - head);
    return start_once(ctx, id_out, &job, b);
}

enum err job_file(struct ctx *ctx, const void **out, size_t *len_out, const char *id)
{
    struct job job = { 0 };
    enum err rc = jobs_load_done(ctx, &job, id, "export");

    return rc ? rc : jobs_input(ctx, out, len_out, id);
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

static enum err tell_progress(void *arg, int64_t done)
{
    return job_progress(arg, done);
}

static enum err tell_step(void *arg, int64_t done)
{
    return job_step(arg, done);
}

static enum err import_rows(struct job_work *w, struct import_report *report,
                            const struct import_options *options)
{
    const struct sheet_options read = { 0 };
    struct sheet *sheet = NULL;
    enum err rc = sheet_open_bytes(w->ctx, &sheet, w->bytes, w->len, &read);

    if (!rc)
        rc = record_import(w->ctx, report, job_asked(w, "form"), sheet, options);
    sheet_close(sheet);
    return rc;
}

/* The last try failed as well: what was stored before is told, and can be undone. */
static enum err tell_stored(struct job_work *w, enum err rc)
{
    struct ctx *ctx = w->ctx;
    struct import_run run = { 0 };

    if (db_in_transaction(ctx->db))
        db_rollback(ctx);
    if (import_run_load(ctx, &run, w->id) || run.stored == 0)
        return rc;
    ctx_clear_problems(ctx);
    return ctx_fail(ctx, ERR_LIMIT,
                    tr(ctx,
                       "The import broke off: {0, plural, one {# record was} other {# records "
                       "were}} stored before.",
                       TR_INT(run.stored)));
}

/*
 * An import that a kill has interrupted goes on under the same id: what it has stored is noted with
 * it in the same transactions.
 */
static enum err run_import(struct job_work *w)
{
    struct import_options options = {
        .progress = tell_progress, .step = tell_step, .arg = w, .run_id = w->id
    };
    struct import_report report = { 0 };
    struct ctx *ctx = w->ctx;
    enum err rc;

    options.dry_run = job_asked_true(w, "dry_run");
    options.skip_bad = job_asked_true(w, "skip_bad");
    if (!user_may(ctx->user, arena_printf(ctx->arena, "%s.import", job_asked(w, "form"))))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    rc = import_rows(w, &report, &options);
    if (rc && (rc != ERR_INVALID || report.faults_len == 0))
        return w->attempts == JOB_ATTEMPTS && rc != ERR_CONFLICT ? tell_stored(w, rc) : rc;
    w->total = report.rows;
    add_report(w->result, &report);
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = job_end(w, options.dry_run);
    if (!rc)
        rc = db_commit(ctx);
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
static enum err keep_file(struct job_work *w, int fd)
{
    struct ctx *ctx = w->ctx;
    off_t size = lseek(fd, 0, SEEK_END);
    size_t len = 0;
    char *bytes;

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
    return job_keep(w, bytes, len);
}

static enum err run_export(struct job_work *w)
{
    struct ctx *ctx = w->ctx;
    int64_t records = 0;
    int fd;
    enum err rc;

    if (!user_may(ctx->user, arena_printf(ctx->arena, "%s.export", job_asked(w, "form"))))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    fd = memfd_create("export", MFD_CLOEXEC);
    if (fd < 0)
        return ctx_fail(ctx, ERR_IO, "could not get memory for the export");
    rc = record_export(ctx, job_asked(w, "form"), format_of(job_asked(w, "format")), fd, &records);
    if (!rc)
        rc = db_begin(ctx);
    if (!rc) {
        rc = keep_file(w, fd);
        w->total = records;
        json_key(w->result, "records");
        json_int(w->result, records);
        if (!rc)
            rc = job_end(w, true);
        if (!rc)
            rc = db_commit(ctx);
        if (rc)
            db_rollback(ctx);
    }
    close(fd);
    return rc;
}

const struct job_kind records_jobs[] = {
    { "import", N_("Import of a file"), run_import, .again = true },
    { "export", N_("Export"), run_export },
    { 0 },
};
