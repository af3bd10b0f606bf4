#include "records/search_words.h"

#include "core/id.h"
#include "db/db.h"
#include "vault/vault.h"

#define SEARCH_KEPT_MS ((int64_t)24 * 60 * 60 * 1000)

DB_SQL(SEARCH_ADD, "INSERT INTO search (id, staff_id, form, words, made_at)"
                   " VALUES ($1, $2, $3, $4, $5)");
DB_SQL(SEARCH_GET, "SELECT form, words FROM search WHERE id = $1 AND staff_id = $2"
                   " AND made_at > $3");
DB_SQL(SEARCH_PURGE, "DELETE FROM search WHERE made_at <= $1");

static const char *seal_place(struct ctx *ctx, const char *id)
{
    return arena_printf(ctx->arena, "search/%s", id);
}

enum err search_keep(struct ctx *ctx, const char **id_out, const char *kind, const char *words)
{
    const char *id = id_new(ctx->arena, ctx->now_ms);
    struct sealed sealed = { 0 };
    enum err rc = vault_seal_text(ctx, &sealed, VAULT_KEY_AUDIT, seal_place(ctx, id), words);

    if (rc)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &SEARCH_PURGE, DB_INT(ctx->now_ms - SEARCH_KEPT_MS));
    if (!rc)
        rc = db_exec(ctx, NULL, &SEARCH_ADD, DB_TEXT(id), DB_TEXT(ctx->user_id), DB_TEXT(kind),
                     DB_BLOB(sealed.bytes, sealed.len), DB_INT(ctx->now_ms));
    rc = db_end(ctx, rc);
    if (rc == OK)
        *id_out = id;
    return rc;
}

enum err search_load(struct ctx *ctx, const char **kind_out, const char **words_out, const char *id)
{
    struct rows *rows = NULL;
    struct sealed sealed = { 0 };
    const char *kind;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &SEARCH_GET, DB_TEXT(id), DB_TEXT(ctx->user_id),
                           DB_INT(ctx->now_ms - SEARCH_KEPT_MS));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (rc)
        return rc;
    if (!more)
        return ctx_fail(ctx, ERR_NOT_FOUND,
                        tr(ctx, "This search is not kept any more. Search again."));
    kind = row_text(rows, 0);
    sealed.bytes = row_blob(rows, 1, &sealed.len);
    db_rows_close(rows);
    rc = vault_unseal_text(ctx, words_out, VAULT_KEY_AUDIT, seal_place(ctx, id), &sealed);
    if (!rc)
        *kind_out = kind;
    return rc;
}
