/* Statements of publishing: versions, drafts, grants, shapes. */
#include <string.h>

#include "core/asset.h"
#include "core/id.h"
#include "core/text.h"
#include "records/publish_inner.h"
#include "records/records_sql.h"

DB_SQL(EPOCH_GET, "SELECT value FROM counter WHERE name = 'form_epoch'");
DB_SQL(EPOCH_NEXT, "UPDATE counter SET value = value + 1 WHERE name = 'form_epoch'"
                   " RETURNING value");
#define VERSION_COLUMNS "version, epoch, origin, published_at, published_by, hash, notes"
DB_SQL(VERSION_LIST, "SELECT " VERSION_COLUMNS " FROM form_version WHERE form = $1"
                     " ORDER BY epoch DESC LIMIT 200");
DB_SQL(VERSION_NAMING, "SELECT " VERSION_COLUMNS " FROM form_version"
                       " WHERE form = $1 AND source LIKE $2 ORDER BY epoch DESC LIMIT 20");
DB_SQL(VERSION_NOW, "SELECT hash, version, origin, given, epoch FROM form_version"
                    " WHERE form = $1"
                    " ORDER BY epoch DESC LIMIT 1");
DB_SQL(VERSION_FILE, "SELECT source, given FROM form_version WHERE form = $1 AND epoch = $2");
DB_SQL(VERSION_HASH, "SELECT source, epoch FROM form_version WHERE form = $1 AND hash = $2"
                     " ORDER BY epoch DESC LIMIT 1");
DB_SQL(VERSION_ADD, "INSERT INTO form_version (form, version, epoch, hash, source, published_at,"
                    " published_by, origin, given, notes)"
                    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
DB_SQL(SHAPE_GET, "SELECT fields FROM form_shape WHERE form = $1");
DB_SQL(SHAPE_SET, "INSERT INTO form_shape (form, fields) VALUES ($1, $2)"
                  " ON CONFLICT (form) DO UPDATE SET fields = excluded.fields");
DB_SQL(DRAFT_ADD, "INSERT INTO form_draft (id, sealed, made_at, made_by) VALUES ($1, $2, $3, $4)");
DB_SQL(DRAFT_GET, "SELECT id, sealed, made_at, made_by FROM form_draft WHERE id = $1");
DB_SQL(DRAFT_LIST, "SELECT id, sealed, made_at, made_by FROM form_draft"
                   " ORDER BY made_at DESC, id DESC LIMIT 20");
DB_SQL(DRAFT_DELETE, "DELETE FROM form_draft WHERE id = $1 OR made_at < $2");
DB_SQL(GRANT_LIST, "SELECT form, role, level FROM form_grant ORDER BY form, role");

static const char *const origin_words[] = { "shipped", "overlay", "whole" };

static enum form_origin origin_of(const char *word)
{
    for (size_t i = 1; word && i < sizeof(origin_words) / sizeof(origin_words[0]); i++)
        if (strcmp(origin_words[i], word) == 0)
            return (enum form_origin)i;
    return ORIGIN_SHIPPED;
}

/* --- versions --- */

enum err publish_epoch(struct ctx *ctx, int64_t *out)
{
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &EPOCH_GET);

    return rc ? rc : sql_one_int(ctx, out, rows, NULL);
}

bool publish_shipped(struct ctx *ctx, struct form_text *out, const char *kind)
{
    const struct asset *asset;

    if (!text_is_name(kind))
        return false;
    asset = asset_find(arena_printf(ctx->arena, "content/forms/%s.csv", kind));
    if (!asset)
        return false;
    *out = (struct form_text){ arena_printf(ctx->arena, "forms/%s.csv", kind),
                               arena_strndup(ctx->arena, (const char *)asset->bytes, asset->len),
                               asset->len, NULL };
    return true;
}

enum err publish_shape(struct ctx *ctx, const char **out, const char *kind)
{
    struct rows *rows = NULL;
    const char *text = NULL;
    enum err rc = db_query(ctx, &rows, &SHAPE_GET, DB_TEXT(kind));

    if (!rc)
        rc = sql_one_text(ctx, &text, rows);
    if (!rc)
        *out = text ? text : "";
    return rc;
}

enum err publish_now_of(struct ctx *ctx, struct form_now *out, const char *kind, bool *there_out)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &VERSION_NOW, DB_TEXT(kind));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (rc)
        return rc;
    *there_out = more;
    if (more) {
        out->hash = row_text(rows, 0);
        out->version = row_text(rows, 1);
        out->origin = origin_of(row_text(rows, 2));
        out->given = row_text(rows, 3);
        out->epoch = row_int(rows, 4);
    }
    db_rows_close(rows);
    return OK;
}

static enum err next_epoch(struct ctx *ctx, int64_t *out)
{
    struct rows *rows = NULL;
    bool there = false;
    enum err rc = db_query(ctx, &rows, &EPOCH_NEXT);

    if (!rc)
        rc = sql_one_int(ctx, out, rows, &there);
    if (!rc && !there)
        rc = ctx_fail(ctx, ERR_DB, "the counter form_epoch is missing");
    return rc;
}

enum err forms_look_again(struct ctx *ctx)
{
    int64_t epoch = 0;

    return next_epoch(ctx, &epoch);
}

enum err publish_write(struct ctx *ctx, const struct form_plan *plan, int64_t *epoch_out)
{
    int64_t epoch = 0;
    enum err rc = next_epoch(ctx, &epoch);

    if (!rc)
        rc = sql_make_tables(ctx, plan->form);
    if (!rc)
        rc = db_exec(
            ctx, NULL, &VERSION_ADD, DB_TEXT(plan->form->kind), DB_TEXT(plan->form->version),
            DB_INT(epoch), DB_TEXT(plan->form->hash), DB_TEXT(plan->source.csv),
            DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id), DB_TEXT(origin_words[plan->origin]),
            DB_TEXT(plan->origin == ORIGIN_OVERLAY ? plan->given.csv : NULL), DB_TEXT(plan->notes));
    if (!rc)
        rc = form_files_write(ctx, plan->form->kind, epoch, plan->source.files);
    if (!rc)
        rc = db_exec(ctx, NULL, &SHAPE_SET, DB_TEXT(plan->form->kind), DB_TEXT(plan->shape));
    if (!rc)
        *epoch_out = epoch;
    return rc;
}

/* All of a statement that asks for VERSION_COLUMNS. */
static enum err read_versions(struct ctx *ctx, struct form_version **out, size_t *len_out,
                              struct rows *rows)
{
    struct form_version *items = ARENA_ARRAY(ctx->arena, FORM_VERSIONS_MAX, struct form_version);
    bool more = true;
    size_t len = 0;
    enum err rc = OK;

    while (!rc && more && len < FORM_VERSIONS_MAX) {
        rc = db_next(ctx, rows, &more);
        if (!rc && more)
            items[len++] = (struct form_version){ .version = row_text(rows, 0),
                                                  .epoch = row_int(rows, 1),
                                                  .origin = origin_of(row_text(rows, 2)),
                                                  .published_at = row_int(rows, 3),
                                                  .published_by = row_text(rows, 4),
                                                  .hash = row_text(rows, 5),
                                                  .notes = row_text(rows, 6) };
    }
    db_rows_close(rows);
    if (rc)
        return rc;
    *out = items;
    *len_out = len;
    return OK;
}

enum err form_versions(struct ctx *ctx, struct form_version **out, size_t *len_out,
                       const char *kind)
{
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &VERSION_LIST, DB_TEXT(kind));

    return rc ? rc : read_versions(ctx, out, len_out, rows);
}

enum err publish_naming(struct ctx *ctx, struct form_version **out, size_t *len_out,
                        const char *kind, const char *name)
{
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &VERSION_NAMING, DB_TEXT(kind),
                           DB_TEXT(arena_printf(ctx->arena, "%%%s%%", name)));

    return rc ? rc : read_versions(ctx, out, len_out, rows);
}

enum err form_version_file(struct ctx *ctx, struct form_text *out, const char *kind, int64_t epoch,
                           bool whole)
{
    struct rows *rows = NULL;
    const char *text = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &VERSION_FILE, DB_TEXT(kind), DB_INT(epoch));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (!rc && more) {
        const char *given = whole ? NULL : row_text(rows, 1);

        text = given ? given : row_text(rows, 0);
    }
    db_rows_close(rows);
    if (rc)
        return rc;
    if (!text)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such version of this form."));
    *out = (struct form_text){ arena_printf(ctx->arena, "%s.csv", kind), text, strlen(text), NULL };
    return form_files_load(ctx, &out->files, kind, epoch, false);
}

enum err form_version_again(struct ctx *ctx, struct form_text *out, const char *kind, int64_t epoch)
{
    struct form_version *items = NULL;
    size_t len = 0;
    enum err rc = form_versions(ctx, &items, &len, kind);

    for (size_t i = 0; !rc && i < len; i++)
        if (items[i].epoch == epoch && items[i].origin == ORIGIN_SHIPPED &&
            publish_shipped(ctx, out, kind))
            return OK;
    return rc ? rc : form_version_file(ctx, out, kind, epoch, false);
}

enum err form_by_hash(struct ctx *ctx, const struct form **out, const char *kind, const char *hash)
{
    struct rows *rows = NULL;
    const struct forms *forms = NULL;
    struct form_text text = { .file = kind };
    struct ctx scratch = *ctx;
    int64_t epoch = 0;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &VERSION_HASH, DB_TEXT(kind), DB_TEXT(hash));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (!rc && more) {
        text.csv = row_text(rows, 0);
        epoch = row_int(rows, 1);
    }
    db_rows_close(rows);
    if (!rc && text.csv)
        rc = form_files_load(ctx, &text.files, kind, epoch, true);
    if (rc)
        return rc;
    *out = NULL;
    ctx_clear_problems(&scratch);
    text.len = text.csv ? strlen(text.csv) : 0;
    /* The rules may have become stricter since: then it is as if it were not there. */
    if (text.csv && form_parse_delivered(&scratch, &forms, &text) == OK)
        *out = forms->items[0];
    return OK;
}

/* --- grants --- */

enum err form_grants(struct ctx *ctx, struct kind_grant **out, size_t *len_out, const char *kind)
{
    struct kind_grant *items = NULL;
    size_t cap = 0;
    struct rows *rows = NULL;
    bool more = true;
    size_t len = 0;
    enum err rc = db_query(ctx, &rows, &GRANT_LIST);

    while (!rc && more) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more || (kind && !text_equal(kind, row_text(rows, 0))))
            continue;
        if (len == cap) {
            items = arena_grow(ctx->arena, items, cap * sizeof(*items),
                               (2 * cap + 64) * sizeof(*items));
            cap = 2 * cap + 64;
        }
        items[len++] =
            (struct kind_grant){ row_text(rows, 0), row_text(rows, 1), row_text(rows, 2) };
    }
    db_rows_close(rows);
    if (rc)
        return rc;
    *out = items;
    *len_out = len;
    return OK;
}

/* --- drafts --- */

static const char *draft_place(struct ctx *ctx, const char *id)
{
    return arena_printf(ctx->arena, "form_draft/%s", id);
}

/* Ends a transaction that holds one statement. */
static enum err commit_or_not(struct ctx *ctx, enum err rc)
{
    return db_end(ctx, rc);
}

static void write_file(struct buf *b, const struct ctx *ctx, const struct delivered *d)
{
    buf_printf(b, "%s\n%s\n", d->name, arena_printf(ctx->arena, "%lld", (long long)d->len));
    buf_add_len(b, d->bytes, d->len);
}

/* Of each file its name, its length and its bytes; the form is the first. */
static enum err write_draft(struct ctx *ctx, struct buf *b, const struct form_text *text)
{
    const char *file = text->file && strlen(text->file) <= 200 ? text->file : "form.csv";
    const struct delivered form = { strpbrk(file, "\r\n:") ? "form.csv" : file, text->csv,
                                    text->len };

    buf_init(b, ctx->arena, FORM_PACK_MAX + (size_t)PACK_FILES_MAX * 300);
    write_file(b, ctx, &form);
    for (size_t i = 0; text->files && i < text->files->len; i++)
        write_file(b, ctx, &text->files->items[i]);
    if (text->len > FORM_FILE_MAX)
        return ctx_fail_field(ctx, "file", tr(ctx, "A form's file has at most 4 MB."));
    if (!buf_ok(b))
        return ctx_fail_field(ctx, "file",
                              tr(ctx, "The files that come with a form are too large."));
    return OK;
}

enum err draft_add(struct ctx *ctx, const char **id_out, const struct form_text *text)
{
    const char *id = id_new(ctx->arena, ctx->now_ms);
    struct buf b;
    struct sealed sealed = { 0 };
    enum err rc = write_draft(ctx, &b, text);

    if (!rc)
        rc = vault_seal(ctx, &sealed, VAULT_KEY_SYSTEM, draft_place(ctx, id), buf_text(&b), b.len);
    if (!rc)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &DRAFT_DELETE, DB_TEXT(""), DB_INT(ctx->now_ms - DRAFT_KEPT_MS));
    if (!rc)
        rc = db_exec(ctx, NULL, &DRAFT_ADD, DB_TEXT(id), DB_BLOB(sealed.bytes, sealed.len),
                     DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
    rc = commit_or_not(ctx, rc);
    if (!rc)
        *id_out = id;
    return rc;
}

/* The next file at *at; false: there is none. */
static bool read_file(struct ctx *ctx, struct delivered *out, const char **at, const char *end)
{
    const char *name_end = memchr(*at, '\n', (size_t)(end - *at));
    const char *len_end =
        name_end ? memchr(name_end + 1, '\n', (size_t)(end - name_end - 1)) : NULL;
    int64_t len = 0;

    if (!len_end ||
        !parse_int(arena_strndup(ctx->arena, name_end + 1, (size_t)(len_end - name_end - 1)), 0,
                   end - len_end - 1, &len))
        return false;
    out->name = arena_strndup(ctx->arena, *at, (size_t)(name_end - *at));
    out->bytes = arena_strndup(ctx->arena, len_end + 1, (size_t)len);
    out->len = (size_t)len;
    *at = len_end + 1 + len;
    return true;
}

static void read_draft_files(struct ctx *ctx, struct form_text *out, const char *at,
                             const char *end)
{
    struct delivered *items = ARENA_ARRAY(ctx->arena, PACK_FILES_MAX, struct delivered);
    struct form_files *files = ARENA_NEW(ctx->arena, struct form_files);

    files->items = items;
    files->whole = true;
    while (files->len < PACK_FILES_MAX && at < end && read_file(ctx, &items[files->len], &at, end))
        files->len++;
    out->files = files->len ? files : NULL;
}

static enum err draft_read(struct ctx *ctx, struct form_draft *out, struct rows *rows)
{
    struct form_draft d = { .id = row_text(rows, 0),
                            .made_at = row_int(rows, 2),
                            .made_by = row_text(rows, 3) };
    struct sealed sealed = { 0 };
    struct delivered form = { 0 };
    const void *plain = NULL;
    const char *at;
    size_t len = 0;
    enum err rc;

    sealed.bytes = row_blob(rows, 1, &sealed.len);
    rc = vault_unseal(ctx, &plain, &len, VAULT_KEY_SYSTEM, draft_place(ctx, d.id), &sealed);
    if (rc)
        return rc;
    at = plain;
    if (!len || !read_file(ctx, &form, &at, at + len))
        return ctx_fail(ctx, ERR_INTERNAL, "a draft without a name");
    d.text = (struct form_text){ form.name, form.bytes, form.len, NULL };
    read_draft_files(ctx, &d.text, at, (const char *)plain + len);
    *out = d;
    return OK;
}

enum err draft_load(struct ctx *ctx, struct form_draft *out, const char *id)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &DRAFT_GET, DB_TEXT(id));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (!rc && !more)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This is not kept any more."));
    if (!rc)
        rc = draft_read(ctx, out, rows);
    db_rows_close(rows);
    return rc;
}

enum err draft_list(struct ctx *ctx, struct form_draft **out, size_t *len_out)
{
    struct form_draft *items = ARENA_ARRAY(ctx->arena, 20, struct form_draft);
    struct rows *rows = NULL;
    bool more = true;
    size_t len = 0;
    enum err rc = db_query(ctx, &rows, &DRAFT_LIST);

    while (!rc && more && len < 20) {
        rc = db_next(ctx, rows, &more);
        if (!rc && more)
            rc = draft_read(ctx, &items[len++], rows);
    }
    db_rows_close(rows);
    if (rc)
        return rc;
    *out = items;
    *len_out = len;
    return OK;
}

enum err draft_delete(struct ctx *ctx, const char *id)
{
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    return commit_or_not(
        ctx, db_exec(ctx, NULL, &DRAFT_DELETE, DB_TEXT(id), DB_INT(ctx->now_ms - DRAFT_KEPT_MS)));
}
