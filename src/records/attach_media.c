/*
 * Files that answer questions. They are kept when they are sent, for the form may come back with a
 * mistake, sealed under the system's key and belonging to nobody's record; the record that names
 * them takes them over when it is saved. What no record took goes after a day, unless its sender
 * has an unfinished form of that kind, which may name it.
 */
#include <string.h>

#include "core/id.h"
#include "core/text.h"
#include "records/attach_inner.h"
#include "records/records_inner.h"

#define ID_BYTES   36
#define STAGED_MAX 100 /* files of one person that wait */
#define STAGED_MS  ((int64_t)24 * 60 * 60 * 1000)

DB_SQL(STAGED_COUNT, "SELECT count(*) FROM attachment WHERE record_id IS NULL AND made_by = $1");
DB_SQL(MEDIA_FIND, "SELECT record_id, made_by FROM attachment WHERE id = $1 AND form = $2"
                   " AND field = $3 AND gone_at IS NULL");
#define NOT_WAITED_FOR                                                                             \
    " record_id IS NULL AND made_at < $1 AND NOT EXISTS (SELECT 1 FROM unfinished AS u"            \
    " WHERE u.user_id = attachment.made_by AND u.form = attachment.form"                           \
    " AND u.sealed IS NOT NULL AND u.expires_at > $2)"
DB_SQL(STAGED_CHUNKS_OLD, "DELETE FROM attachment_chunk WHERE attachment_id IN"
                          " (SELECT id FROM attachment WHERE" NOT_WAITED_FOR ")");
DB_SQL(STAGED_OLD, "DELETE FROM attachment WHERE" NOT_WAITED_FOR);
DB_SQL(STAGED_CHUNKS_DROP, "DELETE FROM attachment_chunk WHERE attachment_id IN (SELECT id FROM"
                           " attachment WHERE id = $1 AND record_id IS NULL AND made_by = $2)");
DB_SQL(STAGED_DROP, "DELETE FROM attachment WHERE id = $1 AND record_id IS NULL AND made_by = $2");

/* --- sent --- */

static enum err check_group(struct ctx *ctx, const struct field *f, const struct file_type *type)
{
    if (type->refusal || f->kind == FIELD_FILE)
        return OK;
    if (f->kind == FIELD_IMAGE && type->group != FILE_IMAGE)
        return ctx_fail_field(ctx, "file", tr(ctx, "A picture is asked for: JPEG or PNG."));
    if (f->kind == FIELD_AUDIO && type->group != FILE_AUDIO)
        return ctx_fail_field(ctx, "file",
                              tr(ctx, "A recording is asked for: MP3, M4A, OGG or WAV."));
    if (f->kind == FIELD_VIDEO && type->group != FILE_VIDEO)
        return ctx_fail_field(ctx, "file", tr(ctx, "A video is asked for: MP4, MOV, 3GP or WebM."));
    return OK;
}

static enum err check_waiting(struct ctx *ctx)
{
    struct rows *rows = NULL;
    int64_t count = 0;
    enum err rc = db_query(ctx, &rows, &STAGED_COUNT, DB_TEXT(ctx->user_id));

    if (rc == OK)
        rc = sql_one_int(ctx, &count, rows, NULL);
    if (rc == OK && count >= STAGED_MAX) {
        ctx_set_problem(
            ctx, ERR_LIMIT, "file",
            tr(ctx, "Too many files wait to be saved with a form. Try again tomorrow."));
        rc = ERR_LIMIT;
    }
    return rc;
}

enum err attachment_stage(struct ctx *ctx, const char **value_out, const struct form *form,
                          const struct field *f, const struct upload_bytes *upload)
{
    const struct attach_place place = { .form = form->kind, .office_id = ctx->office_id };
    struct attachment a = { .field = f->name, .key_id = VAULT_KEY_SYSTEM };
    struct upload_bytes kept = { 0 };
    enum err rc = check_group(ctx, f, file_type_of(upload->bytes, upload->len, upload->name));

    if (rc == OK)
        rc = attach_prepare(ctx, &a, &kept, upload);
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = check_waiting(ctx);
    if (rc == OK)
        rc = attach_store(ctx, &a, &place, kept.bytes);
    rc = db_end(ctx, rc);
    if (rc)
        return rc;
    *value_out = arena_printf(ctx->arena, "%s %s", a.id, a.name);
    return OK;
}

/* --- taken over --- */

const char *attachment_id_of(struct arena *a, const char *value)
{
    if (!value || strlen(value) < ID_BYTES + 2 || value[ID_BYTES] != ' ')
        return NULL;
    value = arena_strndup(a, value, ID_BYTES);
    return id_valid(value) ? value : NULL;
}

static bool is_media(const struct field *f)
{
    return f->kind == FIELD_IMAGE || f->kind == FIELD_AUDIO || f->kind == FIELD_VIDEO ||
           f->kind == FIELD_FILE;
}

/* Whether a value stands anywhere in the answers of before. */
static bool stood(const struct levels *before, const struct field *f, const char *value)
{
    for (size_t i = 0; i < before->len; i++) {
        const struct answers *t = before->items[i].t;

        if (t->repeat == f->repeat && text_equal(t->values[f->place], value))
            return true;
    }
    return false;
}

/* names.2.photo */
static const char *path_of(struct arena *a, const struct levels *levels, size_t at,
                           const struct field *f)
{
    const char *path = f->name;

    for (; at > 0; at = levels->items[at].parent)
        path = arena_printf(a, "%s.%lld.%s", levels->items[at].t->repeat->name,
                            (long long)levels->items[at].place, path);
    return path;
}

static enum err take_over(struct ctx *ctx, const struct record *rec, const struct field *f,
                          const char *id, const char *path)
{
    struct rows *rows = NULL;
    const char *record_id = NULL;
    const char *made_by = NULL;
    bool there = false;
    enum err rc = db_query(ctx, &rows, &MEDIA_FIND, DB_TEXT(id ? id : ""), DB_TEXT(rec->form->kind),
                           DB_TEXT(f->name));

    if (rc == OK)
        rc = db_next(ctx, rows, &there);
    if (rc == OK && there) {
        record_id = row_text(rows, 0);
        made_by = row_text(rows, 1);
    }
    db_rows_close(rows);
    if (rc || (record_id && text_equal(record_id, rec->id)))
        return rc;
    if (!there || record_id || !text_equal(made_by, ctx->user_id))
        return ctx_fail_field(ctx, path,
                              tr(ctx, "This file is not here any more. Add it once more."));
    return attach_adopt(ctx, rec, id);
}

enum err attachments_adopt(struct ctx *ctx, const struct record *rec, const struct record *old)
{
    const struct levels now = levels_of(ctx->arena, rec->answers);
    const struct levels before = old ? levels_of(ctx->arena, old->answers) : (struct levels){ 0 };
    enum err rc = OK;

    for (size_t i = 0; i < now.len; i++) {
        const struct answers *t = now.items[i].t;

        for (size_t k = 0; rc == OK && k < rec->form->all_len; k++) {
            const struct field *f = rec->form->all[k];
            const char *value = is_media(f) && f->repeat == t->repeat ? t->values[f->place] : NULL;

            if (value && !stood(&before, f, value))
                rc = take_over(ctx, rec, f, attachment_id_of(ctx->arena, value),
                               path_of(ctx->arena, &now, i, f));
        }
    }
    return rc;
}

enum err attach_drop_staged(struct ctx *ctx, const char *id)
{
    enum err rc = db_exec(ctx, NULL, &STAGED_CHUNKS_DROP, DB_TEXT(id), DB_TEXT(ctx->user_id));

    return rc ? rc : db_exec(ctx, NULL, &STAGED_DROP, DB_TEXT(id), DB_TEXT(ctx->user_id));
}

enum err attachments_tidy(struct ctx *ctx)
{
    const int64_t before = ctx->now_ms - STAGED_MS;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &STAGED_CHUNKS_OLD, DB_INT(before), DB_INT(ctx->now_ms));
    if (rc == OK)
        rc = db_exec(ctx, NULL, &STAGED_OLD, DB_INT(before), DB_INT(ctx->now_ms));
    return db_end(ctx, rc);
}
