#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "core/log.h"
#include "core/text.h"
#include "vault/vault_inner.h"

#define TEXT_MAX ((size_t)64 * 1024 * 1024)

DB_SQL_KEYS(KEY_BATCH_ADD, "INSERT INTO data_key (id, wrapped, created_at) VALUES ($1, $2, $3)");
DB_SQL_KEYS(KEY_LOAD, "SELECT wrapped FROM data_key WHERE id = $1");
/* As many as a page of a list has. */
#define KEYS_TOGETHER 25
DB_SQL_KEYS(KEYS_LOAD, "SELECT wrapped, id FROM data_key WHERE wrapped IS NOT NULL AND id IN"
                       " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,"
                       " $17, $18, $19, $20, $21, $22, $23, $24, $25)");
DB_SQL_KEYS(KEY_ERASE, "UPDATE data_key SET wrapped = NULL, erased_at = $2"
                       " WHERE id = $1 AND wrapped IS NOT NULL");

void vault_derive(struct vault *vault)
{
    vault_subkey(vault, vault->wrap, "wrap");
    vault_subkey(vault, vault->index, "index");
}

void vault_forget_keys(struct vault *vault)
{
    sodium_memzero(vault->cache, vault->cache_len * sizeof(*vault->cache));
    memset(vault->cache_slots, 0, sizeof(vault->cache_slots));
    vault->cache_len = 0;
    vault->cache_last = 0;
    vault->cache_arena = NULL;
}

void vault_attach(struct vault *vault, struct db *keys)
{
    vault->keys = keys;
    sodium_memzero(vault->batch, sizeof(vault->batch));
    vault->batch_len = 0;
    vault_forget_keys(vault);
}

void vault_close(struct vault *vault)
{
    sodium_free(vault);
}

const char *vault_wrap_context(struct arena *a, const char *kind, const char *id)
{
    return arena_printf(a, "%s/%s", kind, id);
}

/* --- data keys --- */

static enum err add_key(struct ctx *ctx, struct vault *vault, char id_out[ID_LEN + 1])
{
    unsigned char key[KEY_BYTES];
    unsigned char wrapped[WRAPPED_KEY];
    const char *id = id_new(ctx->arena, ctx->now_ms);
    enum err rc;

    randombytes_buf(key, sizeof(key));
    sealed_make(wrapped, vault->wrap, vault_wrap_context(ctx->arena, "data-key", id), key,
                sizeof(key));
    sodium_memzero(key, sizeof(key));
    rc = db_exec_in(ctx, vault->keys, NULL, &KEY_BATCH_ADD, DB_TEXT(id),
                    DB_BLOB(wrapped, sizeof(wrapped)), DB_INT(ctx->now_ms));
    if (rc)
        return rc;
    memcpy(id_out, id, ID_LEN + 1);
    return OK;
}

static enum err make_batch(struct ctx *ctx, struct vault *vault)
{
    struct arena_mark mark;
    enum err rc;

    rc = db_begin_on(ctx, vault->keys);
    if (rc)
        return rc;
    for (size_t i = 0; i < VAULT_BATCH; i++) {
        mark = arena_mark(ctx->arena);
        rc = add_key(ctx, vault, vault->batch[i]);
        if (rc)
            goto out;
        arena_rewind(ctx->arena, mark);
    }
    rc = db_commit_on(ctx, vault->keys);
    if (rc)
        goto out;
    rc = db_flush(ctx, vault->keys);
    if (rc)
        return rc;
    vault->batch_len = VAULT_BATCH;
    return OK;
out:
    db_rollback_on(ctx, vault->keys);
    return rc;
}

enum err vault_key_new(struct ctx *ctx, const char **key_id_out)
{
    struct vault *vault = ctx->vault;
    enum err rc;

    if (vault->batch_len == 0) {
        rc = make_batch(ctx, vault);
        if (rc)
            return rc;
    }
    vault->batch_len--;
    *key_id_out = arena_strdup(ctx->arena, vault->batch[vault->batch_len]);
    return OK;
}

void vault_scrub(struct ctx *ctx, struct vault *vault)
{
    struct ctx quiet = *ctx;

    quiet.problems = NULL;
    quiet.problems_last = NULL;
    if (db_clean(&quiet, vault->keys))
        log_warn("the key store could not be cleaned at once after a key was erased or changed");
}

enum err vault_key_erase(struct ctx *ctx, const char *key_id)
{
    struct vault *vault = ctx->vault;
    int64_t changed = 0;
    enum err rc;

    rc = db_begin_on(ctx, vault->keys);
    if (rc)
        return rc;
    rc = db_exec_in(ctx, vault->keys, &changed, &KEY_ERASE, DB_TEXT(key_id), DB_INT(ctx->now_ms));
    if (rc)
        goto out;
    rc = db_commit_on(ctx, vault->keys);
    if (rc)
        goto out;
    vault_forget_keys(vault);
    /* Also when it was gone: an earlier try may have failed between commit and flush. */
    rc = db_flush(ctx, vault->keys);
    if (rc)
        return rc;
    vault_scrub(ctx, vault);
    if (changed == 0)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such key, or it was erased."));
    return OK;
out:
    db_rollback_on(ctx, vault->keys);
    return rc;
}

/* --- finding a key --- */

/* An erasure by another process counts from the next request on. */
static void begin_request(struct ctx *ctx, struct vault *vault)
{
    if (vault->cache_arena == ctx->arena && vault->cache_now_ms == ctx->now_ms)
        return;
    vault_forget_keys(vault);
    vault->cache_arena = ctx->arena;
    vault->cache_now_ms = ctx->now_ms;
}

#define CHANCE 12 /* characters at the end of an id which are made by chance */

/* The slot of an id in the cache, or the free one where it belongs. */
static uint8_t *slot_of(struct vault *vault, const char *id)
{
    size_t len = strlen(id);
    uint32_t h = 2166136261u;

    for (const char *p = id + (len > CHANCE ? len - CHANCE : 0); *p; p++)
        h = (h ^ (unsigned char)*p) * 16777619u;
    for (;; h++) {
        uint8_t *slot = &vault->cache_slots[h % VAULT_SLOTS];

        if (*slot == 0 || strcmp(vault->cache[*slot - 1].id, id) == 0)
            return slot;
    }
}

static const unsigned char *cached(struct ctx *ctx, struct vault *vault, const char *id)
{
    const uint8_t *slot;

    begin_request(ctx, vault);
    if (vault->cache_last == 0 || strcmp(vault->cache[vault->cache_last - 1].id, id) != 0) {
        slot = slot_of(vault, id);
        if (!*slot)
            return NULL;
        vault->cache_last = *slot;
    }
    return vault->cache[vault->cache_last - 1].key;
}

static enum err key_altered(struct ctx *ctx, const char *id)
{
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx, "The key {0} was altered in the key store.", TR_TEXT(id)));
}

static enum err unwrap(struct ctx *ctx, struct vault *vault, const unsigned char **out,
                       const char *id, struct rows *rows)
{
    struct vault_cached *c;
    const unsigned char *wrapped;
    size_t wrapped_len = 0;
    size_t len = 0;

    wrapped = row_blob(rows, 0, &wrapped_len);
    if (wrapped_len != WRAPPED_KEY || strlen(id) != ID_LEN)
        return key_altered(ctx, id);
    if (vault->cache_len == VAULT_CACHE) {
        vault_forget_keys(vault);
        begin_request(ctx, vault);
    }
    c = &vault->cache[vault->cache_len];
    if (!sealed_open(c->key, &len, vault->wrap, vault_wrap_context(ctx->arena, "data-key", id),
                     wrapped, wrapped_len))
        return key_altered(ctx, id);
    memcpy(c->id, id, ID_LEN + 1);
    vault->cache_len++;
    *slot_of(vault, id) = (uint8_t)vault->cache_len;
    *out = c->key;
    return OK;
}

/* The key lies in the vault; valid until the next call. */
static enum err find_key(struct ctx *ctx, const unsigned char **out, const char *id)
{
    struct vault *vault = ctx->vault;
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    for (size_t i = 0; i < VAULT_SYSTEM_KEYS; i++) {
        if (id[0] == vault_system_names[i][0] && strcmp(id, vault_system_names[i]) == 0) {
            *out = vault->system[i];
            return OK;
        }
    }
    *out = cached(ctx, vault, id);
    if (*out)
        return OK;
    rc = db_query_in(ctx, vault->keys, &rows, &KEY_LOAD, DB_TEXT(id));
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc)
        goto out;
    if (!more || row_is_null(rows, 0))
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such key, or it was erased."));
    else
        rc = unwrap(ctx, vault, out, id, rows);
out:
    db_rows_close(rows);
    return rc;
}

/* Ids that are not in the cache, each once, and the last one again until there are KEYS_TOGETHER.
 */
static size_t wanted_keys(struct ctx *ctx, struct db_arg *args, const char *const *ids, size_t *at,
                          size_t len)
{
    size_t n = 0;

    for (; *at < len && n < KEYS_TOGETHER; (*at)++) {
        const char *id = ids[*at];

        if (id && strlen(id) == ID_LEN && !cached(ctx, ctx->vault, id) &&
            (n == 0 || strcmp(args[n - 1].p, id) != 0))
            args[n++] = DB_TEXT(id);
    }
    for (size_t i = n; n > 0 && i < KEYS_TOGETHER; i++)
        args[i] = args[n - 1];
    args[KEYS_TOGETHER] = (struct db_arg){ 0 };
    return n;
}

static enum err read_keys(struct ctx *ctx, const struct db_arg *args)
{
    const unsigned char *key = NULL;
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query_on(ctx, ctx->vault->keys, &rows, &KEYS_LOAD, args);

    while (rc == OK) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        if (!cached(ctx, ctx->vault, row_text(rows, 1)))
            rc = unwrap(ctx, ctx->vault, &key, row_text(rows, 1), rows);
    }
    db_rows_close(rows);
    return rc;
}

enum err vault_fetch(struct ctx *ctx, const char *const *key_ids, size_t len)
{
    struct db_arg args[KEYS_TOGETHER + 1];
    size_t missing = 0;
    size_t at = 0;

    assert(len <= VAULT_FETCH && VAULT_FETCH <= VAULT_CACHE);
    begin_request(ctx, ctx->vault);
    for (size_t i = 0; i < len; i++)
        missing += key_ids[i] && !cached(ctx, ctx->vault, key_ids[i]);
    if (ctx->vault->cache_len + missing > VAULT_CACHE) {
        vault_forget_keys(ctx->vault);
        begin_request(ctx, ctx->vault);
    }
    while (missing > 0 && at < len) {
        enum err rc = OK;

        if (wanted_keys(ctx, args, key_ids, &at, len) > 0)
            rc = read_keys(ctx, args);
        if (rc)
            return rc;
    }
    return OK;
}

/* --- sealing --- */

enum err vault_seal(struct ctx *ctx, struct sealed *out, const char *key_id, const char *context,
                    const void *plain, size_t len)
{
    const unsigned char *key = NULL;
    unsigned char *bytes;
    enum err rc;

    if (len > TEXT_MAX)
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The text is too long to be sealed."));
    rc = find_key(ctx, &key, key_id);
    if (rc)
        return rc;
    bytes = arena_alloc(ctx->arena, len + SEALED_OVERHEAD);
    sealed_make(bytes, key, context, plain, len);
    out->bytes = bytes;
    out->len = len + SEALED_OVERHEAD;
    return OK;
}

enum err vault_unseal(struct ctx *ctx, const void **plain_out, size_t *len_out, const char *key_id,
                      const char *context, const struct sealed *sealed)
{
    const unsigned char *key = NULL;
    unsigned char *plain;
    size_t len = 0;
    enum err rc;

    if (sealed->len < SEALED_OVERHEAD || sealed->bytes[0] != SEALED_VERSION)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "{0}: this is not a sealed text.", TR_TEXT(context)));
    rc = find_key(ctx, &key, key_id);
    if (rc)
        return rc;
    plain = arena_alloc(ctx->arena, sealed->len - SEALED_OVERHEAD + 1); /* ends in NUL */
    if (!sealed_open(plain, &len, key, context, sealed->bytes, sealed->len)) {
        /* A context is a place, never a person: whoever keeps the server must hear of this. */
        log_error("the sealed text of %s was altered, or belongs to another place", context);
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "{0}: the sealed text was altered, or belongs to another place.",
                           TR_TEXT(context)));
    }
    *plain_out = plain;
    *len_out = len;
    return OK;
}

enum err vault_seal_text(struct ctx *ctx, struct sealed *out, const char *key_id,
                         const char *context, const char *text)
{
    return vault_seal(ctx, out, key_id, context, text, strlen(text));
}

enum err vault_unseal_text(struct ctx *ctx, const char **out, const char *key_id,
                           const char *context, const struct sealed *sealed)
{
    const void *plain = NULL;
    size_t len = 0;
    enum err rc;

    rc = vault_unseal(ctx, &plain, &len, key_id, context, sealed);
    if (rc)
        return rc;
    if (!text_valid(plain, len, NULL))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "{0}: the sealed text is not text.", TR_TEXT(context)));
    *out = plain;
    return OK;
}
