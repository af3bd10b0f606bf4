/* Tables and pictures that come with a form: looked at, kept with its version, read back. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "core/asset.h"
#include "core/text.h"
#include "records/file_type.h"
#include "records/image.h"
#include "records/publish_inner.h"

#define TABLE_TYPE "text/csv; charset=utf-8"

DB_SQL(BLOB_ADD, "INSERT INTO form_blob (hash, bytes) VALUES ($1, $2) ON CONFLICT (hash)"
                 " DO NOTHING");
DB_SQL(FILE_ADD, "INSERT INTO form_file (form, epoch, name, type, hash)"
                 " VALUES ($1, $2, $3, $4, $5)");
DB_SQL(FILE_LIST, "SELECT f.name, f.type, b.bytes FROM form_file AS f"
                  " JOIN form_blob AS b ON b.hash = f.hash"
                  " WHERE f.form = $1 AND f.epoch = $2 ORDER BY f.name LIMIT $3");
#define FILE_NOW                                                                                   \
    " WHERE f.form = $1 AND f.epoch = (SELECT max(epoch) FROM form_version WHERE form = $1)"
DB_SQL(MEDIA_LIST,
       "SELECT f.name, f.type, f.hash FROM form_file AS f" FILE_NOW " ORDER BY f.name LIMIT $2");
DB_SQL(MEDIA_GET, "SELECT f.name, f.type, f.hash, b.bytes FROM form_file AS f"
                  " JOIN form_blob AS b ON b.hash = f.hash" FILE_NOW " AND f.name = $2");

static const char *hash_of(struct arena *a, const char *bytes, size_t len)
{
    unsigned char hash[crypto_generichash_BYTES];

    if (crypto_generichash(hash, sizeof(hash), (const unsigned char *)bytes, len, NULL, 0) != 0)
        return "";
    return hex_text(a, hash, sizeof(hash));
}

static bool is_table(const char *name)
{
    return text_ends(name, ".csv");
}

/* --- looking at them --- */

static const char *type_of(const struct delivered *d)
{
    return is_table(d->name) ? TABLE_TYPE : file_type_of(d->bytes, d->len, d->name)->media;
}

/* Made anew, or why not. */
static enum err check_picture(struct ctx *ctx, struct delivered *d)
{
    const struct image_bytes in = { d->bytes, d->len };
    struct problem *last = ctx->problems_last;
    struct image_bytes out = { 0 };
    enum err rc = image_clean(ctx, &out, &in);

    if (rc == ERR_INVALID) {
        d->fault = arena_strdup(ctx->arena, ctx->problems_last->text);
        ctx_problems_back(ctx, last);
        return OK;
    }
    if (rc)
        return rc;
    d->bytes = out.bytes;
    d->len = out.len;
    return OK;
}

static enum err check_table(struct ctx *ctx, const struct delivered *d)
{
    if (text_valid(d->bytes, d->len, NULL))
        return OK;
    return ctx_fail_field(ctx, arena_printf(ctx->arena, "%s:1:", d->name),
                          tr(ctx, "A table must be text in UTF-8: save it as CSV UTF-8."));
}

static enum err check_one(struct ctx *ctx, struct delivered *d)
{
    const struct file_type *type = file_type_of(d->bytes, d->len, d->name);
    const char *ending = strrchr(d->name, '.');
    char **endings = text_split(ctx->arena, type->endings ? type->endings : "", ' ', true, NULL);

    if (is_table(d->name))
        return check_table(ctx, d);
    if (type->group != FILE_IMAGE && type->group != FILE_AUDIO && type->group != FILE_VIDEO) {
        d->fault = tr(ctx,
                      "Beside a form come tables (.csv), pictures (JPEG, PNG), recordings "
                      "and videos; {0} is none of them.",
                      TR_TEXT(d->name));
        return OK;
    }
    d->medium = type->group == FILE_IMAGE ? "image" : type->group == FILE_AUDIO ? "audio" : "video";
    if (ending == NULL || !text_among(endings, ending + 1)) {
        d->fault = tr(ctx, "The file {0} is not what its name says: it should end with .{1}.",
                      TR_TEXT(d->name), TR_TEXT(endings[0]));
        return OK;
    }
    return type->group == FILE_IMAGE ? check_picture(ctx, d) : OK;
}

enum err form_files_check(struct ctx *ctx, struct form_text *text)
{
    size_t len = text->files ? text->files->len : 0;
    struct delivered *items = ARENA_ARRAY(ctx->arena, len + 1, struct delivered);
    struct form_files *files = ARENA_NEW(ctx->arena, struct form_files);
    enum err bad = OK;

    for (size_t i = 0; i < len; i++) {
        enum err rc;

        items[i] = text->files->items[i];
        rc = check_one(ctx, &items[i]);
        if (rc && rc != ERR_INVALID)
            return rc;
        bad = bad ? bad : rc;
    }
    *files = (struct form_files){ items, len, true };
    text->files = len ? files : NULL;
    return bad;
}

/* --- with a version --- */

enum err form_files_write(struct ctx *ctx, const char *kind, int64_t epoch,
                          const struct form_files *files)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && files && i < files->len; i++) {
        const struct delivered *d = &files->items[i];
        const char *hash = hash_of(ctx->arena, d->bytes, d->len);

        rc = db_exec(ctx, NULL, &BLOB_ADD, DB_TEXT(hash), DB_BLOB(d->bytes, d->len));
        if (rc == OK)
            rc = db_exec(ctx, NULL, &FILE_ADD, DB_TEXT(kind), DB_INT(epoch), DB_TEXT(d->name),
                         DB_TEXT(type_of(d)), DB_TEXT(hash));
    }
    return rc;
}

enum err form_files_load(struct ctx *ctx, const struct form_files **out, const char *kind,
                         int64_t epoch, bool tables)
{
    struct delivered *items = ARENA_ARRAY(ctx->arena, PACK_FILES_MAX, struct delivered);
    struct form_files *files = ARENA_NEW(ctx->arena, struct form_files);
    struct rows *rows = NULL;
    bool more = true;
    size_t n = 0;
    enum err rc =
        db_query(ctx, &rows, &FILE_LIST, DB_TEXT(kind), DB_INT(epoch), DB_INT(PACK_FILES_MAX));

    while (rc == OK && more) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        if (tables && !is_table(row_text(rows, 0)))
            continue;
        items[n].name = row_text(rows, 0);
        items[n].bytes = row_blob(rows, 2, &items[n].len);
        n++;
    }
    db_rows_close(rows);
    if (rc)
        return rc;
    *files = (struct form_files){ items, n, !tables };
    *out = n ? files : NULL;
    return OK;
}

/* --- for who fills the form --- */

/* A shared table that the form looks up. */
static const struct asset *shared_table(struct ctx *ctx, const struct form *form, const char *name)
{
    const char *list = is_table(name) ? arena_strndup(ctx->arena, name, strlen(name) - 4) : "";

    for (size_t i = 0; i < form->lists_len; i++)
        if (form->lists[i]->file && strcmp(form->lists[i]->name, list) == 0)
            return asset_find(arena_printf(ctx->arena, "content/choices/%s", name));
    return NULL;
}

static struct form_medium medium_of(const struct asset *asset, const char *name)
{
    return (struct form_medium){ .name = name,
                                 .type = TABLE_TYPE,
                                 .hash = asset->hash,
                                 .bytes = (const char *)asset->bytes,
                                 .len = asset->len };
}

static bool is_among(const struct form_medium *items, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(items[i].name, name) == 0)
            return true;
    return false;
}

static int compare_media(const void *a, const void *b)
{
    return strcmp(((const struct form_medium *)a)->name, ((const struct form_medium *)b)->name);
}

enum err form_media(struct ctx *ctx, struct form_medium **out, size_t *len_out,
                    const struct form *form)
{
    struct form_medium *items =
        ARENA_ARRAY(ctx->arena, PACK_FILES_MAX + form->lists_len + 1, struct form_medium);
    struct rows *rows = NULL;
    bool more = true;
    size_t n = 0;
    enum err rc = db_query(ctx, &rows, &MEDIA_LIST, DB_TEXT(form->kind), DB_INT(PACK_FILES_MAX));

    while (rc == OK && more) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        items[n++] = (struct form_medium){ .name = row_text(rows, 0),
                                           .type = row_text(rows, 1),
                                           .hash = row_text(rows, 2) };
    }
    db_rows_close(rows);
    for (size_t i = 0; rc == OK && i < form->lists_len; i++) {
        const char *name = arena_printf(ctx->arena, "%s.csv", form->lists[i]->name);
        const struct asset *asset = is_among(items, n, name) ? NULL : shared_table(ctx, form, name);

        if (asset)
            items[n++] = medium_of(asset, name);
    }
    if (rc)
        return rc;
    if (n)
        qsort(items, n, sizeof(*items), compare_media);
    *out = items;
    *len_out = n;
    return OK;
}

enum err form_medium_load(struct ctx *ctx, struct form_medium *out, const struct form *form,
                          const char *name)
{
    const struct asset *asset = shared_table(ctx, form, name);
    struct rows *rows = NULL;
    bool there = false;
    enum err rc = db_query(ctx, &rows, &MEDIA_GET, DB_TEXT(form->kind), DB_TEXT(name));

    if (rc == OK)
        rc = db_next(ctx, rows, &there);
    if (rc == OK && there) {
        *out = (struct form_medium){ .name = row_text(rows, 0),
                                     .type = row_text(rows, 1),
                                     .hash = row_text(rows, 2) };
        out->bytes = row_blob(rows, 3, &out->len);
    }
    db_rows_close(rows);
    if (rc || there)
        return rc;
    if (!asset)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This is not kept any more."));
    *out = medium_of(asset, name);
    return OK;
}
