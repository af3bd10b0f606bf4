#include "records/saved_filter.h"

#include <stdlib.h>
#include <string.h>

#include "core/collate.h"
#include "core/id.h"
#include "core/text.h"
#include "records/records_inner.h"

#define NAME_MAX_CHARS 60
#define QUERY_MAX      2000

DB_SQL(FILTERS, "SELECT id, sealed, query FROM saved_filter WHERE staff_id = $1 AND form = $2"
                " AND sealed IS NOT NULL LIMIT $3");
DB_SQL(FILTER_ADD, "INSERT INTO saved_filter (id, office_id, staff_id, form, token, query, made_at,"
                   " sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
                   " ON CONFLICT (staff_id, form, token)"
                   " DO UPDATE SET query = excluded.query, made_at = excluded.made_at");
DB_SQL(FILTER_DROP, "DELETE FROM saved_filter WHERE id = $1 AND staff_id = $2 AND form = $3");
DB_SQL(FILTERS_CLEAR, "SELECT id, token FROM saved_filter WHERE sealed IS NULL");
DB_SQL(FILTER_SEAL, "UPDATE saved_filter SET token = $2, sealed = $3 WHERE id = $1");

/* Bound to the row; a name that gets new choices keeps its row. */
static const char *context_of(struct ctx *ctx, const char *id)
{
    return arena_printf(ctx->arena, "saved_filter/%s", id);
}

/* By which a name is there once of one user and kind: the index is over all three. */
static const char *token_of(struct ctx *ctx, const char *name)
{
    unsigned char token[VAULT_TOKEN_BYTES];

    vault_token(ctx->vault, token, "filter", name);
    return hex_text(ctx->arena, token, sizeof(token));
}

struct named {
    const char *key;
    struct saved_filter filter;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->key, ((const struct named *)b)->key);
}

static enum err read_filter(struct ctx *ctx, struct named *out, struct rows *rows)
{
    struct sealed sealed = { 0 };
    enum err rc;

    out->filter.id = row_text(rows, 0);
    sealed.bytes = row_blob(rows, 1, &sealed.len);
    out->filter.query = row_text(rows, 2);
    rc = vault_unseal_text(ctx, &out->filter.name, VAULT_KEY_SYSTEM,
                           context_of(ctx, out->filter.id), &sealed);
    if (rc == OK)
        out->key = collate_key(ctx, out->filter.name);
    return rc;
}

enum err saved_filters(struct ctx *ctx, struct saved_filter **out, size_t *len_out,
                       const char *kind)
{
    struct saved_filter *items = ARENA_ARRAY(ctx->arena, SAVED_FILTERS_MAX, struct saved_filter);
    struct named named[SAVED_FILTERS_MAX];
    struct rows *rows = NULL;
    bool more = false;
    size_t n = 0;
    enum err rc = db_query(ctx, &rows, &FILTERS, DB_TEXT(ctx->user_id), DB_TEXT(kind),
                           DB_INT(SAVED_FILTERS_MAX));

    while (rc == OK && n < SAVED_FILTERS_MAX) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        rc = read_filter(ctx, &named[n++], rows);
    }
    db_rows_close(rows);
    if (rc)
        return rc;
    qsort(named, n, sizeof(named[0]), by_name);
    for (size_t i = 0; i < n; i++)
        items[i] = named[i].filter;
    *out = items;
    *len_out = n;
    return OK;
}

/* --- names from before they were sealed --- */

struct typed {
    const char *id;
    const char *name;
};

static enum err read_typed(struct ctx *ctx, struct typed **out, size_t *len_out)
{
    struct typed *items = NULL;
    struct rows *rows = NULL;
    bool more = false;
    size_t cap = 0;
    size_t n = 0;
    enum err rc = db_query(ctx, &rows, &FILTERS_CLEAR);

    while (rc == OK) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        if (n == cap) {
            items = arena_grow(ctx->arena, items, cap * sizeof(struct typed),
                               (2 * cap + 16) * sizeof(struct typed));
            cap = 2 * cap + 16;
        }
        items[n++] = (struct typed){ row_text(rows, 0), row_text(rows, 1) };
    }
    db_rows_close(rows);
    *out = items;
    *len_out = n;
    return rc;
}

enum err saved_filters_prepare(struct ctx *ctx)
{
    struct typed *items = NULL;
    size_t len = 0;
    enum err rc = read_typed(ctx, &items, &len);

    if (rc || len == 0)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    for (size_t i = 0; rc == OK && i < len; i++) {
        struct sealed sealed = { 0 };

        rc = vault_seal_text(ctx, &sealed, VAULT_KEY_SYSTEM, context_of(ctx, items[i].id),
                             items[i].name);
        if (rc == OK)
            rc = db_exec(ctx, NULL, &FILTER_SEAL, DB_TEXT(items[i].id),
                         DB_TEXT(token_of(ctx, items[i].name)), DB_BLOB(sealed.bytes, sealed.len));
    }
    return db_end(ctx, rc);
}

/* --- keeping --- */

/* Goes into a link as it is: nothing but what url_build and filter_tail write. */
static bool query_is_plain(const char *query)
{
    for (const char *p = query; *p; p++)
        if (!ascii_is_alpha(*p) && !ascii_is_digit(*p) && !strchr("-_.~%=&", *p))
            return false;
    return query[0] && strlen(query) <= QUERY_MAX;
}

enum err saved_filter_add(struct ctx *ctx, const char *kind, const char *name, const char *query)
{
    const char *plain = text_trim(ctx->arena, name);
    const char *id = id_new(ctx->arena, ctx->now_ms);
    struct sealed sealed = { 0 };
    struct saved_filter *have = NULL;
    size_t len = 0;
    enum err rc;

    if (text_blank(plain) || text_codepoints(plain) > NAME_MAX_CHARS)
        return ctx_fail_field(
            ctx, "name",
            tr(ctx, "Give the filter a name of at most {0} characters.", TR_INT(NAME_MAX_CHARS)));
    if (!query_is_plain(query))
        return ctx_fail_field(ctx, "query", tr(ctx, "These are not the choices of a list."));
    rc = saved_filters(ctx, &have, &len, kind);
    if (rc == OK && len == SAVED_FILTERS_MAX)
        rc = ctx_fail(
            ctx, ERR_LIMIT,
            tr(ctx, "At most {0} filters are kept. Remove one first.", TR_INT(SAVED_FILTERS_MAX)));
    if (rc == OK)
        rc = vault_seal_text(ctx, &sealed, VAULT_KEY_SYSTEM, context_of(ctx, id), plain);
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &FILTER_ADD, DB_TEXT(id), DB_TEXT(ctx->office_id),
                 DB_TEXT(ctx->user_id), DB_TEXT(kind), DB_TEXT(token_of(ctx, plain)),
                 DB_TEXT(query), DB_INT(ctx->now_ms), DB_BLOB(sealed.bytes, sealed.len));
    return db_end(ctx, rc);
}

enum err saved_filter_drop(struct ctx *ctx, const char *kind, const char *id)
{
    int64_t changed = 0;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = db_exec(ctx, &changed, &FILTER_DROP, DB_TEXT(id), DB_TEXT(ctx->user_id), DB_TEXT(kind));
    if (rc == OK && changed == 0)
        rc = record_gone(ctx);
    return db_end(ctx, rc);
}
