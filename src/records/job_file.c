#include "records/job_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/tr.h"
#include "db/db.h"
#include "records/jobs_inner.h"

#define MEGABYTE    ((int64_t)1024 * 1024)
#define STEP_CHUNKS 16 /* 3 MB: the writers' lock is held for a moment */

DB_SQL(JOB_CHUNK_ADD, "INSERT INTO job_chunk (job_id, place, sealed) VALUES ($1, $2, $3)");
DB_SQL(JOB_CHUNK_GET, "SELECT sealed FROM job_chunk WHERE job_id = $1 AND place = $2");
DB_SQL(JOB_CHUNKS_FORGET, "DELETE FROM job_chunk WHERE job_id = $1");
DB_SQL(JOB_CHUNKS_PURGE, "DELETE FROM job_chunk WHERE job_id IN"
                         " (SELECT id FROM job WHERE created_at <= $1)");

static const char *place_of(struct ctx *ctx, const char *id, int64_t attempt, int64_t place)
{
    return arena_printf(ctx->arena, "job/%s/file/%lld/%lld", id, (long long)attempt,
                        (long long)place);
}

/* --- making --- */

enum err job_file_forget(struct ctx *ctx, const char *job_id)
{
    return db_exec(ctx, NULL, &JOB_CHUNKS_FORGET, DB_TEXT(job_id));
}

enum err job_files_forget(struct ctx *ctx, int64_t created_until)
{
    return db_exec(ctx, NULL, &JOB_CHUNKS_PURGE, DB_INT(created_until));
}

enum err job_file_begin(struct job_work *w, struct job_file *out)
{
    struct ctx *ctx = w->ctx;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = job_step(w, 0);
    if (!rc)
        rc = job_file_forget(ctx, w->id);
    rc = db_end(ctx, rc);
    if (rc)
        return rc;
    *out = (struct job_file){ .w = w, .bytes = arena_alloc(ctx->arena, JOB_CHUNK) };
    out->fd = memfd_create("job", MFD_CLOEXEC);
    return out->fd < 0 ? ctx_fail(ctx, ERR_IO, "could not get memory for the file") : OK;
}

static enum err file_size(const struct job_file *f, int64_t *out)
{
    struct ctx *ctx = f->w->ctx;
    off_t size = lseek(f->fd, 0, SEEK_END);

    if (size < 0)
        return ctx_fail(ctx, ERR_IO, "could not read what the job has written");
    if (size > JOB_FILE_MAX)
        return ctx_fail(ctx, ERR_LIMIT,
                        tr(ctx,
                           "The file would be larger than {0} MB. Ask your administrator for "
                           "it: the command “homeward export” has no such limit.",
                           TR_INT(JOB_FILE_MAX / MEGABYTE)));
    *out = size;
    return OK;
}

static enum err add_chunk(struct job_file *f, size_t len)
{
    struct ctx *ctx = f->w->ctx;
    struct arena_mark mark = arena_mark(ctx->arena);
    const off_t from = (off_t)JOB_CHUNK * f->chunks;
    struct sealed sealed = { 0 };
    enum err rc;

    for (size_t have = 0; have < len;) {
        ssize_t n = pread(f->fd, f->bytes + have, len - have, from + (off_t)have);

        if (n <= 0)
            return ctx_fail(ctx, ERR_IO, "could not read what the job has written");
        have += (size_t)n;
    }
    rc = vault_seal(ctx, &sealed, VAULT_KEY_SYSTEM,
                    place_of(ctx, f->w->id, f->w->attempts, f->chunks), f->bytes, len);
    if (!rc)
        rc = db_exec(ctx, NULL, &JOB_CHUNK_ADD, DB_TEXT(f->w->id), DB_INT(f->chunks),
                     DB_BLOB(sealed.bytes, sealed.len));
    if (rc) /* a problem's text must stay */
        return rc;
    f->chunks++;
    arena_rewind(ctx->arena, mark);
    return OK;
}

/* Up to STEP_CHUNKS of those before whole. */
static enum err flush_step(struct job_file *f, int64_t whole, int64_t done)
{
    const int64_t until = whole - f->chunks < STEP_CHUNKS ? whole : f->chunks + STEP_CHUNKS;
    struct ctx *ctx = f->w->ctx;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = job_step(f->w, done);
    while (!rc && f->chunks < until)
        rc = add_chunk(f, JOB_CHUNK);
    return db_end(ctx, rc);
}

enum err job_file_flush(struct job_file *f, int64_t done)
{
    int64_t size = 0;
    enum err rc = file_size(f, &size);

    while (!rc && f->chunks < size / (int64_t)JOB_CHUNK) {
        rc = flush_step(f, size / (int64_t)JOB_CHUNK, done);
        /* The pages go back; offsets stay as they are. */
        if (!rc && fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                             (off_t)JOB_CHUNK * f->chunks) != 0)
            rc = ctx_fail(f->w->ctx, ERR_IO, "could not give back the memory of a file");
    }
    return rc;
}

enum err job_file_end(struct job_file *f)
{
    struct json_out *result = f->w->result;
    int64_t size = 0;
    enum err rc = file_size(f, &size);

    if (rc)
        return rc;
    if (size > (int64_t)JOB_CHUNK * f->chunks)
        rc = add_chunk(f, (size_t)(size - (int64_t)JOB_CHUNK * f->chunks));
    json_key(result, "bytes");
    json_int(result, size);
    json_key(result, "attempt");
    json_int(result, f->w->attempts);
    return rc;
}

void job_file_close(struct job_file *f)
{
    if (f->fd > 0)
        close(f->fd);
    f->fd = 0;
}

/* --- fetching --- */

static enum err not_kept(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This is not kept any more."));
}

static enum err open_chunk(struct ctx *ctx, struct job_part *out, const char *id, int64_t attempt,
                           int64_t place)
{
    struct rows *rows = NULL;
    struct sealed sealed = { 0 };
    bool more = false;
    enum err rc = db_query(ctx, &rows, &JOB_CHUNK_GET, DB_TEXT(id), DB_INT(place));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (!rc && more) {
        sealed.bytes = row_blob(rows, 0, &sealed.len);
        rc = vault_unseal(ctx, &out->bytes, &out->len, VAULT_KEY_SYSTEM,
                          place_of(ctx, id, attempt, place), &sealed);
    }
    db_rows_close(rows);
    return rc || more ? rc : not_kept(ctx);
}

enum err job_file_part(struct ctx *ctx, struct job_part *out, const char *id, int64_t place)
{
    const int64_t chunk = (int64_t)JOB_CHUNK;
    struct job job = { 0 };
    json_t *result = NULL;
    int64_t size;
    enum err rc = jobs_load_done(ctx, &job, id, "export");

    if (!rc)
        rc = json_parse(ctx, &result, job.result, strlen(job.result));
    if (rc)
        return rc;
    if (!json_is_integer(json_object_get(result, "bytes")))
        return not_kept(ctx);
    size = json_integer_value(json_object_get(result, "bytes"));
    if (place < 0 || (place > 0 && place > (size - 1) / chunk))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Start the download again."));
    *out = (struct job_part){ .bytes = "", .next = (place + 1) * chunk < size ? place + 1 : -1 };
    if (size == 0)
        return OK;
    rc = open_chunk(ctx, out, id, json_integer_value(json_object_get(result, "attempt")), place);
    if (!rc && out->len != (size_t)(out->next < 0 ? size - place * chunk : chunk))
        rc = ctx_fail(ctx, ERR_INTERNAL, "a part of a job's file has another length");
    return rc;
}
