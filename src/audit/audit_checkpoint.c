#include <string.h>

#include "audit/audit_inner.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/text.h"

#define HEADS_MAX ((size_t)16 * 1024 * 1024)

DB_SQL(AUDIT_CHAIN_NEXT, "SELECT MIN(chain) FROM audit WHERE chain > $1");
DB_SQL(AUDIT_CHAIN_HEAD, "SELECT place, hash FROM audit WHERE chain = $1 AND made_at <= $2"
                         " ORDER BY place DESC LIMIT 1");
DB_SQL_ACCESS(ACCESS_CHAIN_NEXT, "SELECT MIN(chain) FROM access WHERE chain > $1");
DB_SQL_ACCESS(ACCESS_CHAIN_HEAD, "SELECT place, hash FROM access WHERE chain = $1 AND made_at <= $2"
                                 " ORDER BY place DESC LIMIT 1");
DB_SQL(CHECKPOINT_NUMBER, "UPDATE counter SET value = value + 1 WHERE name = 'checkpoint'"
                          " RETURNING value");
DB_SQL(CHECKPOINT_LAST, "SELECT place FROM audit_checkpoint ORDER BY place DESC LIMIT 1");
DB_SQL(CHECKPOINT_ADD, "INSERT INTO audit_checkpoint (place, made_at, heads, hash)"
                       " VALUES ($1, $2, $3, $4)");

/* A first row of one column, if there is one. */
static enum err first_int(struct ctx *ctx, int64_t *out, const struct db_sql *sql)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    rc = db_query(ctx, &rows, sql);
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc == OK && more)
        *out = row_int(rows, 0);
    db_rows_close(rows);
    return rc;
}

static enum err next_chain(struct ctx *ctx, struct audit_head *head, bool *more_out)
{
    struct rows *rows = NULL;
    const char *chain = NULL;
    bool more = false;
    enum err rc;

    rc = head->access
             ? db_query_in(ctx, ctx->audit->access, &rows, &ACCESS_CHAIN_NEXT, DB_TEXT(head->chain))
             : db_query(ctx, &rows, &AUDIT_CHAIN_NEXT, DB_TEXT(head->chain));
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc == OK && more)
        chain = row_text(rows, 0);
    /* A chain whose id is no id was not made by us: verification tells it. */
    *more_out = chain && id_valid(chain);
    if (*more_out)
        memcpy(head->chain, chain, ID_LEN + 1);
    db_rows_close(rows);
    return rc;
}

static enum err read_head(struct ctx *ctx, struct audit_head *head, bool *found_out)
{
    struct rows *rows = NULL;
    const void *hash;
    size_t len = 0;
    bool more = false;
    enum err rc;

    *found_out = false;
    rc = head->access
             ? db_query_in(ctx, ctx->audit->access, &rows, &ACCESS_CHAIN_HEAD, DB_TEXT(head->chain),
                           DB_INT(ctx->now_ms - AUDIT_SETTLE_MS))
             : db_query(ctx, &rows, &AUDIT_CHAIN_HEAD, DB_TEXT(head->chain), DB_INT(INT64_MAX));
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc == OK && more) {
        hash = row_blob(rows, 1, &len);
        if (len == AUDIT_HASH) {
            head->place = row_int(rows, 0);
            memcpy(head->hash, hash, AUDIT_HASH);
            *found_out = true;
        }
    }
    db_rows_close(rows);
    return rc;
}

/* Adds the heads of one kind that are further than what was claimed. */
static enum err collect(struct ctx *ctx, struct audit_heads *moved, bool access)
{
    struct audit_head head = { .access = access };
    const struct audit_head *claimed;
    struct arena_mark mark;
    bool more = true;
    bool found = false;
    enum err rc;

    for (;;) {
        mark = arena_mark(ctx->arena);
        rc = next_chain(ctx, &head, &more);
        if (rc || !more)
            return rc;
        rc = read_head(ctx, &head, &found);
        if (rc)
            return rc;
        arena_rewind(ctx->arena, mark);
        claimed = audit_heads_find(&ctx->audit->claims->heads, access, head.chain);
        if (found && (!claimed || claimed->place < head.place))
            audit_heads_set(moved, &head);
    }
}

static const char *heads_text(struct ctx *ctx, const struct audit_heads *moved)
{
    struct buf b;

    buf_init(&b, ctx->arena, HEADS_MAX);
    for (size_t i = 0; i < moved->len; i++) {
        const struct audit_head *h = &moved->items[i];

        buf_printf(&b, "%s %s %lld %s\n", h->access ? "access" : "audit", h->chain,
                   (long long)h->place, hex_text(ctx->arena, h->hash, AUDIT_HASH));
    }
    return buf_ok(&b) ? buf_text(&b) : NULL;
}

static void forget_claims(struct audit *audit)
{
    arena_free(audit->claims_arena);
    audit->claims_arena = NULL;
    audit->claims = NULL;
}

/* Claims as they are in the database: loaded when this process has none, or others went on. */
static enum err load_claims(struct ctx *ctx)
{
    struct audit *audit = ctx->audit;
    int64_t last = 0;
    enum err rc;

    rc = first_int(ctx, &last, &CHECKPOINT_LAST);
    if (rc)
        return rc;
    if (audit->claims && audit->claims->last == last)
        return OK;
    forget_claims(audit);
    audit->claims_arena = arena_new(0);
    audit->claims = ARENA_NEW(audit->claims_arena, struct audit_claims);
    audit->claims->heads.arena = audit->claims_arena;
    rc = audit_claims_load(ctx, audit->claims, audit->key);
    if (rc == OK && audit->claims->fault)
        log_error("audit: %s", audit->claims->fault);
    return rc;
}

static enum err add_checkpoint(struct ctx *ctx, const struct audit_heads *moved)
{
    struct audit_claims *claims = ctx->audit->claims;
    const char *heads = heads_text(ctx, moved);
    unsigned char hash[AUDIT_HASH];
    int64_t place = 0;
    enum err rc;

    if (!heads)
        return ctx_fail(ctx, ERR_LIMIT, "there are too many audit chains for one checkpoint");
    rc = first_int(ctx, &place, &CHECKPOINT_NUMBER);
    if (rc)
        return rc;
    audit_hash_heads(hash, ctx->audit->key, claims->hash, place, ctx->now_ms, heads);
    rc = db_exec(ctx, NULL, &CHECKPOINT_ADD, DB_INT(place), DB_INT(ctx->now_ms), DB_TEXT(heads),
                 DB_BLOB(hash, AUDIT_HASH));
    if (rc)
        return rc;
    for (size_t i = 0; i < moved->len; i++)
        audit_heads_set(&claims->heads, &moved->items[i]);
    claims->last = place;
    memcpy(claims->hash, hash, AUDIT_HASH);
    return OK;
}

enum err audit_checkpoint(struct ctx *ctx)
{
    struct audit_heads moved = { .arena = arena_new(0) };
    enum err rc;

    rc = db_begin(ctx);
    if (rc) {
        arena_free(moved.arena);
        return rc;
    }
    rc = load_claims(ctx);
    if (rc)
        goto out;
    rc = collect(ctx, &moved, false);
    if (rc)
        goto out;
    if (ctx->audit->access) {
        rc = collect(ctx, &moved, true);
        if (rc)
            goto out;
    }
    if (moved.len > 0) {
        rc = add_checkpoint(ctx, &moved);
        if (rc)
            goto out;
    }
    rc = db_commit(ctx);
out:
    if (rc) {
        db_rollback(ctx);
        forget_claims(ctx->audit); /* they may be ahead of the database */
    }
    arena_free(moved.arena);
    return rc;
}
