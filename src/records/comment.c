/* Comments on records: added, taken back for a while, never changed; sealed under the record's key.
 */
#include "audit/audit.h"
#include "auth/auth.h"
#include "core/buf.h"
#include "core/id.h"
#include "core/text.h"
#include "records/merge_inner.h"

DB_SQL(COMMENT_ADD, "INSERT INTO record_comment (id, office_id, form, record_id, key_id, sealed,"
                    " made_at, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
DB_SQL(COMMENT_LIST, "SELECT id, key_id, sealed, made_at, made_by FROM record_comment"
                     " WHERE record_id = $1 AND gone_at IS NULL"
                     " ORDER BY made_at DESC, id DESC LIMIT $2");
DB_SQL(COMMENT_GO, "UPDATE record_comment SET gone_at = $1 WHERE id = $2 AND record_id = $3"
                   " AND made_by = $4 AND made_at > $5 AND gone_at IS NULL");

static const char *context_of(struct ctx *ctx, const char *id)
{
    struct buf b;

    buf_init(&b, ctx->arena, ID_LEN + 32);
    buf_add(&b, "record_comment/");
    buf_add(&b, id);
    return buf_text(&b);
}

static enum err check_text(struct ctx *ctx, const char *text)
{
    if (text_blank(text))
        return ctx_fail_field(ctx, "text", tr(ctx, "Write a comment first."));
    if (text_codepoints(text) > COMMENT_MAX)
        return ctx_fail_field(ctx, "text",
                              tr(ctx, "Use at most {0} characters.", TR_INT(COMMENT_MAX)));
    return OK;
}

static enum err audit_comment(struct ctx *ctx, const struct record *rec, const char *what)
{
    return audit_add(ctx, arena_printf(ctx->arena, "%s.%s", rec->form->kind, what), rec->id, NULL,
                     NULL);
}

enum err record_comment_add(struct ctx *ctx, const struct record *rec, const char *text)
{
    const char *id = id_new(ctx->arena, ctx->now_ms);
    const char *key = rec->key_id ? rec->key_id : VAULT_KEY_SYSTEM;
    struct sealed sealed = { 0 };
    enum err rc = record_permit(ctx, rec->form, "comment");

    if (rc == OK && text_equal(rec->status, STATUS_MERGED))
        rc = record_is_merged(ctx);
    if (rc == OK)
        rc = check_text(ctx, text);
    if (rc == OK)
        rc = vault_seal_text(ctx, &sealed, key, context_of(ctx, id), text);
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &COMMENT_ADD, DB_TEXT(id), DB_TEXT(rec->office_id),
                 DB_TEXT(rec->form->kind), DB_TEXT(rec->id), DB_TEXT(key),
                 DB_BLOB(sealed.bytes, sealed.len), DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
    if (rc == OK)
        rc = event_add(ctx, rec, &(struct event_new){ .action = EVENT_COMMENT });
    if (rc == OK)
        rc = audit_comment(ctx, rec, "comment");
    return db_end(ctx, rc);
}

enum err record_comment_undo(struct ctx *ctx, const struct record *rec, const char *comment_id)
{
    int64_t changed = 0;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = db_exec(ctx, &changed, &COMMENT_GO, DB_INT(ctx->now_ms), DB_TEXT(comment_id),
                 DB_TEXT(rec->id), DB_TEXT(ctx->user_id), DB_INT(ctx->now_ms - RECORD_UNDO_MS));
    if (rc == OK && changed == 0)
        rc = ctx_fail(ctx, ERR_NOT_FOUND,
                      tr(ctx, "A comment can be taken back by who wrote it, for {0} minutes.",
                         TR_INT(RECORD_UNDO_MS / 60000)));
    if (rc == OK)
        rc = event_add(ctx, rec, &(struct event_new){ .action = EVENT_COMMENT_GONE });
    if (rc == OK)
        rc = audit_comment(ctx, rec, "comment_undo");
    return db_end(ctx, rc);
}

struct comments {
    struct record_comment *items;
    size_t len;
};

static enum err read_comment(struct ctx *ctx, void *to, struct rows *rows)
{
    struct comments *all = to;
    struct record_comment *c = &all->items[all->len++];
    struct sealed sealed = { 0 };
    const char *by = row_text(rows, 4);

    c->id = row_text(rows, 0);
    sealed.bytes = row_blob(rows, 2, &sealed.len);
    c->made_at = row_int(rows, 3);
    c->made_by_name = by; /* the id, until the names are read */
    c->mine = text_equal(by, ctx->user_id) && c->made_at > ctx->now_ms - RECORD_UNDO_MS;
    return unseal_or_none(ctx, &c->text, row_text(rows, 1), context_of(ctx, c->id), &sealed);
}

enum err record_comments(struct ctx *ctx, struct record_comment **out, size_t *len_out,
                         const struct record *rec)
{
    struct comments all = { .items =
                                ARENA_ARRAY(ctx->arena, COMMENTS_SHOWN, struct record_comment) };
    struct rows *rows = NULL;
    enum err rc;

    rc = db_query(ctx, &rows, &COMMENT_LIST, DB_TEXT(rec->id), DB_INT(COMMENTS_SHOWN));
    if (rc)
        return rc;
    rc = db_each(ctx, rows, read_comment, &all);
    for (size_t i = 0; rc == OK && i < all.len; i++)
        rc = user_name(ctx, &all.items[i].made_by_name, all.items[i].made_by_name);
    if (rc)
        return rc;
    for (size_t i = 0; i < all.len / 2; i++) {
        struct record_comment swap = all.items[i];

        all.items[i] = all.items[all.len - 1 - i];
        all.items[all.len - 1 - i] = swap;
    }
    *out = all.items;
    *len_out = all.len;
    return OK;
}
