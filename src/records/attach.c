#include "records/attach.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "core/id.h"
#include "core/text.h"
#include "records/attach_inner.h"
#include "records/image.h"
#include "records/merge_inner.h"

#define MB               ((int64_t)1024 * 1024)
#define RECORD_MB_MAX    1000
#define FILE_MB_DEFAULT  10
#define TOTAL_MB_DEFAULT 50

#define COLUMNS                                                                                    \
    "id, field, key_id, sealed, bytes, chunks, sealing, version, made_at, made_by, gone_at"

DB_SQL(ATTACHMENT_LIST, "SELECT " COLUMNS " FROM attachment WHERE record_id = $1"
                        " AND gone_at IS NULL ORDER BY made_at, id LIMIT $2");
DB_SQL(ATTACHMENT_BIN, "SELECT " COLUMNS " FROM attachment WHERE record_id = $1"
                       " AND gone_at IS NOT NULL ORDER BY made_at, id LIMIT $2");
DB_SQL(ATTACHMENT_LOAD, "SELECT " COLUMNS " FROM attachment WHERE record_id = $1 AND id = $2");
DB_SQL(ATTACHMENT_ANY, "SELECT " COLUMNS " FROM attachment WHERE id = $1");
DB_SQL(ATTACHMENT_STAGED, "SELECT " COLUMNS " FROM attachment WHERE id = $1"
                          " AND record_id IS NULL");
DB_SQL(ATTACHMENT_ADD, "INSERT INTO attachment (id, office_id, form, record_id, field, key_id,"
                       " sealed, bytes, chunks, sealing, version, made_at, made_by)"
                       " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, 1, $10, $11)");
DB_SQL(CHUNK_ADD,
       "INSERT INTO attachment_chunk (attachment_id, place, sealed) VALUES ($1, $2, $3)");
DB_SQL(CHUNK_SET,
       "UPDATE attachment_chunk SET sealed = $3 WHERE attachment_id = $1 AND place = $2");
DB_SQL(CHUNK_LIST, "SELECT sealed FROM attachment_chunk WHERE attachment_id = $1 AND place >= $2"
                   " ORDER BY place LIMIT $3");
DB_SQL(ATTACHMENT_SUM, "SELECT CAST(coalesce(sum(CASE WHEN gone_at IS NULL THEN bytes ELSE 0 END),"
                       " 0) AS BIGINT), count(*) FROM attachment WHERE record_id = $1");
DB_SQL(ATTACHMENT_SET, "UPDATE attachment SET record_id = $3, office_id = $4, key_id = $5,"
                       " sealed = $6, sealing = $7, gone_at = $8, gone_by = $9,"
                       " version = version + 1 WHERE id = $1 AND version = $2");
DB_SQL(CHUNKS_ERASE_KEY, "DELETE FROM attachment_chunk WHERE attachment_id IN"
                         " (SELECT id FROM attachment WHERE key_id = $1)");
DB_SQL(ATTACHMENTS_ERASE_KEY, "DELETE FROM attachment WHERE key_id = $1");
DB_SQL(CHUNKS_ERASE, "DELETE FROM attachment_chunk WHERE attachment_id IN"
                     " (SELECT id FROM attachment WHERE record_id = $1)");
DB_SQL(ATTACHMENTS_ERASE, "DELETE FROM attachment WHERE record_id = $1");

static enum err no_such_file(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such file, or you may not see it."));
}

static const char *key_of(const struct record *rec)
{
    return rec->key_id ? rec->key_id : VAULT_KEY_SYSTEM;
}

/* --- settings --- */

static enum err setting_mb(struct ctx *ctx, int64_t *out, const char *name, int64_t other,
                           int64_t max)
{
    const char *text = NULL;
    int64_t n = 0;
    enum err rc = setting_get(ctx, &text, "", name);

    if (rc)
        return rc;
    *out = (text && parse_int(text, 1, max, &n) ? n : other) * MB;
    return OK;
}

enum err attachment_file_max(struct ctx *ctx, int64_t *out)
{
    return setting_mb(ctx, out, "attachments.file_mb", FILE_MB_DEFAULT, ATTACHMENT_FILE_MB_MAX);
}

/* --- sealing --- */

static const char *head_context(struct arena *a, const char *id)
{
    return arena_printf(a, "attachment/%s", id);
}

static const char *chunk_context(struct arena *a, const char *id, int64_t sealing, int64_t place)
{
    return arena_printf(a, "attachment/%s/%lld/%lld", id, (long long)sealing, (long long)place);
}

/* Type and name, with the number of chunks, so that none can be cut off unseen. */
static enum err seal_head(struct ctx *ctx, struct sealed *out, const struct attachment *a,
                          const char *key)
{
    return vault_seal_text(ctx, out, key, head_context(ctx->arena, a->id),
                           arena_printf(ctx->arena, "%s %lld %lld %s", a->type->code,
                                        (long long)a->chunks, (long long)a->sealing, a->name));
}

static enum err open_head(struct ctx *ctx, struct attachment *a, const struct sealed *sealed)
{
    const char *text = NULL;
    const char *sizes;
    enum err rc = unseal_or_none(ctx, &text, a->key_id, head_context(ctx->arena, a->id), sealed);

    if (rc || !text[0])
        return rc;
    a->type = file_type_find(arena_strndup(ctx->arena, text, strcspn(text, " ")));
    sizes = arena_printf(ctx->arena, " %lld %lld ", (long long)a->chunks, (long long)a->sealing);
    text += strcspn(text, " ");
    if (a->type == NULL || !text_starts(text, sizes))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "A file of this record was altered."));
    a->name = text + strlen(sizes);
    return OK;
}

/* --- reading --- */

/* Whether the acting user may read the question that it answers. */
static bool may_see(const struct ctx *ctx, const struct record *rec, const struct attachment *a)
{
    const struct field *f = a->field ? field_find(rec->form, a->field) : NULL;

    return !a->field || (f && field_visible(ctx, f));
}

static enum err read_row(struct ctx *ctx, struct attachment *a, struct rows *rows)
{
    struct sealed sealed = { 0 };

    *a = (struct attachment){ .id = row_text(rows, 0),
                              .field = row_text(rows, 1),
                              .key_id = row_text(rows, 2),
                              .bytes = row_int(rows, 4),
                              .chunks = row_int(rows, 5),
                              .sealing = row_int(rows, 6),
                              .version = row_int(rows, 7),
                              .made_at = row_int(rows, 8),
                              .made_by_name = row_text(rows, 9), /* the id, at first */
                              .gone = !row_is_null(rows, 10) };
    sealed.bytes = row_blob(rows, 3, &sealed.len);
    return open_head(ctx, a, &sealed);
}

/* All rows of a query, with the names of who made them. */
static enum err read_rows(struct ctx *ctx, struct attachment **out, size_t *len_out,
                          const struct record *rec, struct rows *rows)
{
    struct attachment *items = NULL;
    bool more = false;
    size_t n = 0;
    enum err rc;

    for (;;) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more || n == ATTACHMENTS_MAX)
            break;
        if (!items) /* most records have none */
            items = ARENA_ARRAY(ctx->arena, ATTACHMENTS_MAX, struct attachment);
        rc = read_row(ctx, &items[n], rows);
        if (rc)
            break;
        n += may_see(ctx, rec, &items[n]);
    }
    db_rows_close(rows);
    for (size_t i = 0; rc == OK && i < n; i++)
        rc = user_name(ctx, &items[i].made_by_name, items[i].made_by_name);
    if (rc)
        return rc;
    *out = items;
    *len_out = n;
    return OK;
}

enum err attachment_list(struct ctx *ctx, struct attachment **out, size_t *len_out,
                         const struct record *rec, bool gone)
{
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, gone ? &ATTACHMENT_BIN : &ATTACHMENT_LIST, DB_TEXT(rec->id),
                           DB_INT(ATTACHMENTS_MAX));

    return rc ? rc : read_rows(ctx, out, len_out, rec, rows);
}

enum err attachment_load(struct ctx *ctx, struct attachment *out, const struct record *rec,
                         const char *id)
{
    struct attachment *a = NULL;
    struct rows *rows = NULL;
    size_t len = 0;
    enum err rc;

    if (!id || !id_valid(id))
        return no_such_file(ctx);
    rc = db_query(ctx, &rows, &ATTACHMENT_LOAD, DB_TEXT(rec->id), DB_TEXT(id));
    if (rc == OK)
        rc = read_rows(ctx, &a, &len, rec, rows);
    if (rc)
        return rc;
    if (len == 0)
        return no_such_file(ctx);
    *out = a[0];
    return OK;
}

/* Bytes that a chunk has. */
static size_t chunk_len(const struct attachment *a, int64_t place)
{
    size_t before = (size_t)place * ATTACHMENT_CHUNK;

    return (size_t)a->bytes - before < ATTACHMENT_CHUNK ? (size_t)a->bytes - before
                                                        : ATTACHMENT_CHUNK;
}

/* Opens the chunk that rows stands on. */
static enum err open_chunk(struct ctx *ctx, const void **out, const struct attachment *a,
                           int64_t place, struct rows *rows)
{
    struct sealed sealed = { 0 };
    size_t len = 0;
    enum err rc;

    sealed.bytes = row_blob(rows, 0, &sealed.len);
    rc = vault_unseal(ctx, out, &len, a->key_id,
                      chunk_context(ctx->arena, a->id, a->sealing, place), &sealed);
    if (rc == OK && len != chunk_len(a, place))
        rc = ctx_fail(ctx, ERR_INVALID, tr(ctx, "A file of this record was altered."));
    return rc;
}

enum err attachment_read(struct ctx *ctx, const char **out, size_t *len_out,
                         const struct attachment *a, int64_t place)
{
    char *bytes = arena_alloc(ctx->arena, ATTACHMENT_PART * ATTACHMENT_CHUNK);
    const int64_t end = a->chunks - place < ATTACHMENT_PART ? a->chunks : place + ATTACHMENT_PART;
    struct rows *rows = NULL;
    size_t len = 0;
    bool more = true;
    enum err rc;

    if (!a->name)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This file can no longer be read."));
    rc = db_query(ctx, &rows, &CHUNK_LIST, DB_TEXT(a->id), DB_INT(place), DB_INT(end - place));
    for (int64_t i = place; rc == OK && i < end; i++) {
        const void *plain = NULL;

        rc = db_next(ctx, rows, &more);
        if (rc == OK && !more)
            rc = ctx_fail(ctx, ERR_INVALID, tr(ctx, "A file of this record was altered."));
        if (rc == OK)
            rc = open_chunk(ctx, &plain, a, i, rows);
        if (rc)
            break;
        memcpy(bytes + len, plain, chunk_len(a, i));
        len += chunk_len(a, i);
    }
    db_rows_close(rows);
    if (rc)
        return rc;
    *out = bytes;
    *len_out = len;
    return OK;
}

/* --- adding --- */

static enum err check_file(struct ctx *ctx, const struct upload_bytes *u,
                           const struct file_type *type)
{
    int64_t max = 0;
    enum err rc = attachment_file_max(ctx, &max);

    if (rc)
        return rc;
    if ((int64_t)u->len > max) {
        ctx_set_problem(
            ctx, ERR_LIMIT, "file",
            tr(ctx, "The file is too large: at most {0} MB are taken.", TR_INT(max / MB)));
        return ERR_LIMIT;
    }
    if (type->refusal)
        return ctx_fail_field(ctx, "file", tr_args(ctx, type->refusal, NULL));
    return OK;
}

/* Inside the transaction: nobody else adds meanwhile. */
static enum err check_room(struct ctx *ctx, const char *record_id, int64_t bytes)
{
    struct rows *rows = NULL;
    int64_t max = 0;
    int64_t sum = 0;
    int64_t count = 0;
    bool more = false;
    enum err rc = setting_mb(ctx, &max, "attachments.record_mb", TOTAL_MB_DEFAULT, RECORD_MB_MAX);

    if (rc == OK)
        rc = db_query(ctx, &rows, &ATTACHMENT_SUM, DB_TEXT(record_id));
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc == OK && more) {
        sum = row_int(rows, 0);
        count = row_int(rows, 1);
    }
    db_rows_close(rows);
    if (rc)
        return rc;
    if (count >= ATTACHMENTS_MAX + (bytes == 0) || sum + bytes > max) {
        ctx_set_problem(ctx, ERR_LIMIT, "file",
                        tr(ctx, "This record has no room for it: at most {0} files and {1} MB.",
                           TR_INT(ATTACHMENTS_MAX), TR_INT(max / MB)));
        return ERR_LIMIT;
    }
    return OK;
}

static enum err add_chunks(struct ctx *ctx, const struct attachment *a, const char *bytes)
{
    enum err rc = OK;

    for (int64_t i = 0; rc == OK && i < a->chunks; i++) {
        struct arena_mark mark = arena_mark(ctx->arena);
        struct sealed sealed = { 0 };

        rc = vault_seal(ctx, &sealed, a->key_id, chunk_context(ctx->arena, a->id, a->sealing, i),
                        bytes + (size_t)i * ATTACHMENT_CHUNK, chunk_len(a, i));
        if (rc == OK)
            rc = db_exec(ctx, NULL, &CHUNK_ADD, DB_TEXT(a->id), DB_INT(i),
                         DB_BLOB(sealed.bytes, sealed.len));
        if (rc == OK) /* a problem's text must stay */
            arena_rewind(ctx->arena, mark);
    }
    return rc;
}

enum err attach_store(struct ctx *ctx, const struct attachment *a, const struct attach_place *at,
                      const char *bytes)
{
    struct sealed head = { 0 };
    enum err rc = seal_head(ctx, &head, a, a->key_id);

    if (rc == OK)
        rc = db_exec(ctx, NULL, &ATTACHMENT_ADD, DB_TEXT(a->id), DB_TEXT(at->office_id),
                     DB_TEXT(at->form), DB_TEXT(at->record_id), DB_TEXT(a->field),
                     DB_TEXT(a->key_id), DB_BLOB(head.bytes, head.len), DB_INT(a->bytes),
                     DB_INT(a->chunks), DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
    return rc ? rc : add_chunks(ctx, a, bytes);
}

/* The event in the history, with the name of the file and why; and the audit. */
static enum err tell(struct ctx *ctx, const struct record *rec, enum event_action action,
                     const struct attachment *a, const char *reason)
{
    const char *words = reason == NULL || text_blank(reason)
                            ? a->name
                            : arena_printf(ctx->arena, "%s: %s", a->name, reason);
    const struct event_new e = { .action = action, .words = words };

    return event_add(ctx, rec, &e);
}

static enum err audit_file(struct ctx *ctx, const struct record *rec, const char *verb)
{
    return audit_add(ctx, arena_printf(ctx->arena, "%s.%s", rec->form->kind, verb), rec->id, NULL,
                     NULL);
}

static enum err may_change(struct ctx *ctx, const struct record *rec)
{
    enum err rc = record_permit(ctx, rec->form, "edit");

    if (rc == OK &&
        (text_equal(rec->status, STATUS_DELETED) || text_equal(rec->status, STATUS_ERASED)))
        rc = record_is_deleted(ctx);
    if (rc == OK && text_equal(rec->status, STATUS_MERGED))
        rc = record_is_merged(ctx);
    return rc;
}

enum err attach_prepare(struct ctx *ctx, struct attachment *a, struct upload_bytes *kept,
                        const struct upload_bytes *upload)
{
    struct image_bytes image = { upload->bytes, upload->len };
    enum err rc;

    a->type = file_type_of(upload->bytes, upload->len, upload->name);
    rc = check_file(ctx, upload, a->type);
    if (rc == OK && a->type->group == FILE_IMAGE)
        rc = image_clean(ctx, &image, &image);
    if (rc)
        return rc;
    *kept = (struct upload_bytes){ upload->name, image.bytes, image.len };
    a->id = id_new(ctx->arena, ctx->now_ms);
    a->sealing = 1;
    a->name = file_name_clean(ctx->arena, upload->name, a->type);
    a->bytes = (int64_t)kept->len;
    a->chunks = (a->bytes + (int64_t)ATTACHMENT_CHUNK - 1) / (int64_t)ATTACHMENT_CHUNK;
    return OK;
}

enum err attachment_add(struct ctx *ctx, const char **id_out, const struct record *rec,
                        const struct upload_bytes *upload)
{
    const struct attach_place place = { rec->form->kind, rec->office_id, rec->id };
    struct attachment a = { .key_id = key_of(rec) };
    struct upload_bytes kept = { 0 };
    enum err rc = may_change(ctx, rec);

    if (rc == OK)
        rc = attach_prepare(ctx, &a, &kept, upload);
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = check_room(ctx, rec->id, a.bytes);
    if (rc == OK)
        rc = attach_store(ctx, &a, &place, kept.bytes);
    if (rc == OK)
        rc = tell(ctx, rec, EVENT_FILE_IN, &a, NULL);
    if (rc == OK)
        rc = audit_file(ctx, rec, "file_add");
    rc = db_end(ctx, rc);
    if (rc)
        return rc;
    *id_out = a.id;
    return OK;
}

/* --- changing --- */

/* What a change leaves of a file; the record it is with then. */
struct change {
    struct attachment a;
    const struct record *rec;
    const struct record *to; /* the record that it stands with afterwards */
};

static enum err changed_meanwhile(struct ctx *ctx)
{
    return ctx_fail(
        ctx, ERR_CONFLICT,
        tr(ctx, "Somebody else has changed this file since you opened it. Look again."));
}

/* The file as the user saw it, if it may be changed at all. */
static enum err change_begin(struct ctx *ctx, struct change *c, const char *id, int64_t version)
{
    enum err rc = may_change(ctx, c->rec);

    c->to = c->rec;
    if (rc == OK)
        rc = attachment_load(ctx, &c->a, c->rec, id);
    if (rc)
        return rc;
    if (!c->a.name)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This file can no longer be read."));
    if (c->a.version != version)
        return changed_meanwhile(ctx);
    if (c->a.field)
        return ctx_fail(
            ctx, ERR_CONFLICT,
            tr(ctx, "This file is the answer to a question. Edit the record to change it."));
    return OK;
}

static enum err write_head(struct ctx *ctx, const struct change *c)
{
    struct sealed head = { 0 };
    int64_t changed = 0;
    enum err rc = seal_head(ctx, &head, &c->a, c->a.key_id);

    if (rc == OK)
        rc = db_exec(ctx, &changed, &ATTACHMENT_SET, DB_TEXT(c->a.id), DB_INT(c->a.version),
                     DB_TEXT(c->to->id), DB_TEXT(c->to->office_id), DB_TEXT(c->a.key_id),
                     DB_BLOB(head.bytes, head.len), DB_INT(c->a.sealing),
                     c->a.gone ? DB_INT(ctx->now_ms) : DB_NULL,
                     c->a.gone ? DB_TEXT(ctx->user_id) : DB_NULL);
    return rc == OK && changed == 0 ? changed_meanwhile(ctx) : rc;
}

/* How a change is told: in the history of the record, and in the audit. */
struct told {
    enum event_action action;
    const char *audit;
    const char *reason;
};

static enum err change_write(struct ctx *ctx, const struct change *c, const struct told *t)
{
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = write_head(ctx, c);
    if (rc == OK && t->action == EVENT_FILE_BACK)
        rc = check_room(ctx, c->rec->id, 0);
    if (rc == OK)
        rc = tell(ctx, c->rec, t->action, &c->a, t->reason);
    if (rc == OK)
        rc = audit_file(ctx, c->rec, t->audit);
    return db_end(ctx, rc);
}

enum err attachment_rename(struct ctx *ctx, const struct record *rec, const char *id,
                           int64_t version, const char *name)
{
    struct change c = { .rec = rec };
    enum err rc = change_begin(ctx, &c, id, version);

    if (rc)
        return rc;
    if (text_blank(name))
        return ctx_fail_field(ctx, "name", tr(ctx, "Write a name."));
    c.a.name = file_name_clean(ctx->arena, name, c.a.type);
    return change_write(ctx, &c, &(struct told){ EVENT_FILE_NAMED, "file_name", NULL });
}

enum err attachment_remove(struct ctx *ctx, const struct record *rec, const char *id,
                           int64_t version, const char *reason)
{
    struct change c = { .rec = rec };
    enum err rc = change_begin(ctx, &c, id, version);

    if (rc == OK)
        rc = check_reason(ctx, reason, true);
    if (rc)
        return rc;
    if (c.a.gone)
        return changed_meanwhile(ctx);
    c.a.gone = true;
    return change_write(ctx, &c, &(struct told){ EVENT_FILE_GONE, "file_remove", reason });
}

enum err attachment_restore(struct ctx *ctx, const struct record *rec, const char *id,
                            int64_t version)
{
    struct change c = { .rec = rec };
    enum err rc = change_begin(ctx, &c, id, version);

    if (rc)
        return rc;
    if (!c.a.gone)
        return changed_meanwhile(ctx);
    c.a.gone = false;
    return change_write(ctx, &c, &(struct told){ EVENT_FILE_BACK, "file_restore", NULL });
}

/* --- another record, another key --- */

/* Opens every chunk under the key that it has and seals it under another. */
static enum err seal_anew(struct ctx *ctx, const struct attachment *a, const char *key)
{
    enum err rc = OK;

    for (int64_t i = 0; rc == OK && i < a->chunks; i++) {
        struct arena_mark mark = arena_mark(ctx->arena);
        struct sealed sealed = { 0 };
        struct rows *rows = NULL;
        const void *plain = NULL;
        bool more = false;

        rc = db_query(ctx, &rows, &CHUNK_LIST, DB_TEXT(a->id), DB_INT(i), DB_INT(1));
        if (rc == OK)
            rc = db_next(ctx, rows, &more);
        if (rc == OK && !more)
            rc = ctx_fail(ctx, ERR_INVALID, tr(ctx, "A file of this record was altered."));
        if (rc == OK)
            rc = open_chunk(ctx, &plain, a, i, rows);
        db_rows_close(rows);
        if (rc == OK)
            rc = vault_seal(ctx, &sealed, key, chunk_context(ctx->arena, a->id, a->sealing + 1, i),
                            plain, chunk_len(a, i));
        if (rc == OK)
            rc = db_exec(ctx, NULL, &CHUNK_SET, DB_TEXT(a->id), DB_INT(i),
                         DB_BLOB(sealed.bytes, sealed.len));
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
    }
    return rc;
}

/* Inside a transaction: the file of c is with c->to, under its key. */
static enum err carry(struct ctx *ctx, struct change *c)
{
    enum err rc = seal_anew(ctx, &c->a, key_of(c->to));

    if (rc)
        return rc;
    c->a.sealing++;
    c->a.key_id = key_of(c->to);
    return write_head(ctx, c);
}

enum err attachment_move(struct ctx *ctx, const struct record *rec, const char *id, int64_t version,
                         const struct record *to, const char *reason)
{
    struct change c = { .rec = rec };
    enum err rc = change_begin(ctx, &c, id, version);

    if (rc == OK)
        rc = may_change(ctx, to);
    if (rc == OK)
        rc = check_reason(ctx, reason, false);
    if (rc == OK && (to->form != rec->form || text_equal(to->id, rec->id) || c.a.gone))
        rc = ctx_fail_field(ctx, "parent", tr(ctx, "Choose another record of the same kind."));
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    c.to = to;
    rc = check_room(ctx, to->id, c.a.bytes);
    if (rc == OK)
        rc = carry(ctx, &c);
    if (rc == OK)
        rc = tell(ctx, rec, EVENT_FILE_OUT, &c.a, reason);
    if (rc == OK)
        rc = tell(ctx, to, EVENT_FILE_IN, &c.a, reason);
    if (rc == OK)
        rc = audit_file(ctx, rec, "file_out");
    if (rc == OK)
        rc = audit_file(ctx, to, "file_in");
    return db_end(ctx, rc);
}

/* Without asking who may see it: the caller has. */
static enum err load_by(struct ctx *ctx, struct attachment *out, const struct db_sql *sql,
                        const char *id)
{
    struct rows *rows = NULL;
    bool there = false;
    enum err rc = db_query(ctx, &rows, sql, DB_TEXT(id));

    if (rc == OK)
        rc = db_next(ctx, rows, &there);
    if (rc == OK && !there)
        rc = no_such_file(ctx);
    if (rc == OK)
        rc = read_row(ctx, out, rows);
    db_rows_close(rows);
    return rc;
}

enum err attach_load_any(struct ctx *ctx, struct attachment *out, const char *id)
{
    return load_by(ctx, out, &ATTACHMENT_ANY, id);
}

enum err attach_adopt(struct ctx *ctx, const struct record *rec, const char *id)
{
    struct change c = { .rec = rec, .to = rec };
    enum err rc = load_by(ctx, &c.a, &ATTACHMENT_STAGED, id);

    if (rc == OK)
        rc = check_room(ctx, rec->id, c.a.bytes);
    return rc ? rc : carry(ctx, &c);
}

static enum err erase_files(struct ctx *ctx, const struct record *rec)
{
    const bool own = rec->key_id && !rec->parent_id;
    const char *by = own ? rec->key_id : rec->id;
    enum err rc = db_exec(ctx, NULL, own ? &CHUNKS_ERASE_KEY : &CHUNKS_ERASE, DB_TEXT(by));

    if (rc == OK)
        rc = db_exec(ctx, NULL, own ? &ATTACHMENTS_ERASE_KEY : &ATTACHMENTS_ERASE, DB_TEXT(by));
    return rc;
}

static enum err carry_all(struct ctx *ctx, const struct record *rec, bool gone)
{
    struct rows *rows = NULL;
    struct attachment *items = NULL;
    size_t len = 0;
    bool more = false;
    enum err rc = db_query(ctx, &rows, gone ? &ATTACHMENT_BIN : &ATTACHMENT_LIST, DB_TEXT(rec->id),
                           DB_INT(ATTACHMENTS_MAX));

    while (rc == OK && len < ATTACHMENTS_MAX) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        if (!items)
            items = ARENA_ARRAY(ctx->arena, ATTACHMENTS_MAX, struct attachment);
        rc = read_row(ctx, &items[len++], rows);
    }
    db_rows_close(rows);
    for (size_t i = 0; rc == OK && i < len; i++) {
        struct change c = { .a = items[i], .rec = rec, .to = rec };

        if (c.a.name && !text_equal(c.a.key_id, key_of(rec)))
            rc = carry(ctx, &c);
    }
    return rc;
}

enum err attachments_follow(struct ctx *ctx, const struct record *rec, const struct record *old)
{
    enum err rc = OK;

    if (!text_equal(rec->status, STATUS_ERASED))
        rc = attachments_adopt(ctx, rec, old);
    if (rc || !old)
        return rc;
    if (text_equal(rec->status, STATUS_ERASED) && !text_equal(old->status, STATUS_ERASED))
        return erase_files(ctx, rec);
    if (text_equal(rec->key_id, old->key_id))
        return OK;
    rc = carry_all(ctx, rec, false);
    return rc ? rc : carry_all(ctx, rec, true);
}
