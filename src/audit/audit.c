#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_inner.h"
#include "core/buf.h"
#include "core/text.h"

#define RECORDS_MAX    ((size_t)1024 * 1024)
#define NOTES_COMPARED 16

/*
 * The row is added only where the row before it is what this process remembers. It is not after a
 * rollback: then nothing is added, and the head is read anew.
 */
DB_SQL(AUDIT_ADD,
       "INSERT INTO audit (chain, place, made_at, staff_id, office_id, action, subject_id, key_id,"
       " detail, hash)"
       " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10"
       " WHERE $2 = 1 OR EXISTS (SELECT 1 FROM audit AS a"
       " WHERE a.chain = $1 AND a.place = $2 - 1 AND a.hash = $11)");
DB_SQL(AUDIT_HEAD, "SELECT place, hash FROM audit WHERE chain = $1 ORDER BY place DESC LIMIT 1");

DB_SQL_ACCESS(ACCESS_ADD,
              "INSERT INTO access (chain, place, made_at, staff_id, office_id, action, form,"
              " records, key_id, detail, hash)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
DB_SQL_ACCESS(ACCESS_HEAD,
              "SELECT place, hash FROM access WHERE chain = $1 ORDER BY place DESC LIMIT 1");

struct audit_note {
    struct audit_row row;
    struct audit_note *next;
};

/* --- canonical form --- */

static void hash_int(crypto_generichash_state *state, int64_t n)
{
    unsigned char bytes[8];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)((uint64_t)n >> (8 * i));
    crypto_generichash_update(state, bytes, sizeof(bytes));
}

/* Length and bytes; a length of -1 is NULL. */
static void hash_bytes(crypto_generichash_state *state, const void *p, size_t len)
{
    hash_int(state, p ? (int64_t)len : -1);
    if (p)
        crypto_generichash_update(state, p, len);
}

static void hash_text(crypto_generichash_state *state, const char *s)
{
    hash_bytes(state, s, s ? strlen(s) : 0);
}

void audit_hash_row(unsigned char out[AUDIT_HASH], const unsigned char key[32], const char *domain,
                    const unsigned char before[AUDIT_HASH], const struct audit_row *row)
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, key, 32, AUDIT_HASH);
    hash_text(&state, domain);
    crypto_generichash_update(&state, before, AUDIT_HASH);
    hash_text(&state, row->chain);
    hash_int(&state, row->place);
    hash_int(&state, row->made_at);
    hash_text(&state, row->staff_id);
    hash_text(&state, row->office_id);
    hash_text(&state, row->action);
    hash_text(&state, row->subject_id);
    hash_text(&state, row->form);
    hash_text(&state, row->records);
    hash_text(&state, row->key_id);
    hash_bytes(&state, row->detail.bytes, row->detail.len);
    crypto_generichash_final(&state, out, AUDIT_HASH);
}

void audit_hash_heads(unsigned char out[AUDIT_HASH], const unsigned char key[32],
                      const unsigned char before[AUDIT_HASH], int64_t place, int64_t made_at,
                      const char *heads)
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, key, 32, AUDIT_HASH);
    hash_text(&state, "checkpoint");
    crypto_generichash_update(&state, before, AUDIT_HASH);
    hash_int(&state, place);
    hash_int(&state, made_at);
    hash_text(&state, heads);
    crypto_generichash_final(&state, out, AUDIT_HASH);
}

/* --- one per process --- */

static void chain_start(struct ctx *ctx, struct audit_chain *chain)
{
    memcpy(chain->id, id_new(ctx->arena, ctx->now_ms), ID_LEN + 1);
    chain->place = 0;
    memset(chain->hash, 0, AUDIT_HASH);
}

enum err audit_open(struct ctx *ctx, struct audit **out, struct db *access)
{
    struct audit *audit = calloc(1, sizeof(*audit)); /* check: malloc lives as the process does */

    if (!audit)
        return ctx_fail(ctx, ERR_INTERNAL, "there is not enough memory for the audit");
    audit->access = access;
    vault_subkey(ctx->vault, audit->key, "audit-chain");
    chain_start(ctx, &audit->changes);
    chain_start(ctx, &audit->accesses);
    audit->notes_arena = arena_new(0);
    *out = audit;
    return OK;
}

void audit_close(struct audit *audit)
{
    if (!audit)
        return;
    arena_free(audit->notes_arena);
    arena_free(audit->claims_arena);
    sodium_memzero(audit, sizeof(*audit));
    free(audit); /* check: malloc as above */
}

/* --- changes --- */

static enum err read_head(struct ctx *ctx, struct db *db, const struct db_sql *sql,
                          struct audit_chain *chain)
{
    struct rows *rows = NULL;
    const unsigned char *hash;
    size_t len = 0;
    bool more = false;
    enum err rc;

    rc = db_query_in(ctx, db, &rows, sql, DB_TEXT(chain->id));
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc)
        goto out;
    if (!more) {
        chain->place = 0;
        memset(chain->hash, 0, AUDIT_HASH);
        goto out;
    }
    hash = row_blob(rows, 1, &len);
    if (len != AUDIT_HASH) {
        rc = ctx_fail(ctx, ERR_INTERNAL, "the head of this process's audit chain was altered");
        goto out;
    }
    chain->place = row_int(rows, 0);
    memcpy(chain->hash, hash, AUDIT_HASH);
out:
    db_rows_close(rows);
    return rc;
}

static enum err try_add(struct ctx *ctx, struct audit_row *row, bool *added_out)
{
    struct audit *audit = ctx->audit;
    unsigned char hash[AUDIT_HASH];
    int64_t changed = 0;
    enum err rc;

    row->place = audit->changes.place + 1;
    audit_hash_row(hash, audit->key, "audit", audit->changes.hash, row);
    rc = db_exec(ctx, &changed, &AUDIT_ADD, DB_TEXT(row->chain), DB_INT(row->place),
                 DB_INT(row->made_at), DB_TEXT(row->staff_id), DB_TEXT(row->office_id),
                 DB_TEXT(row->action), DB_TEXT(row->subject_id), DB_TEXT(row->key_id),
                 DB_BLOB(row->detail.bytes, row->detail.len), DB_BLOB(hash, AUDIT_HASH),
                 DB_BLOB(audit->changes.hash, AUDIT_HASH));
    if (rc)
        return rc;
    *added_out = changed == 1;
    if (*added_out) {
        audit->changes.place = row->place;
        memcpy(audit->changes.hash, hash, AUDIT_HASH);
    }
    return OK;
}

enum err audit_add(struct ctx *ctx, const char *action, const char *subject_id, const char *key_id,
                   const struct sealed *detail)
{
    struct audit *audit = ctx->audit;
    struct audit_row row = { 0 };
    bool added = false;
    enum err rc;

    assert(db_in_transaction(ctx->db));
    if (!audit)
        return ctx_fail(ctx, ERR_INTERNAL, "a change was tried without an audit");
    row.chain = audit->changes.id;
    row.made_at = ctx->now_ms;
    row.staff_id = ctx->user_id;
    row.office_id = ctx->office_id;
    row.action = action;
    row.subject_id = subject_id;
    row.key_id = key_id;
    if (detail)
        row.detail = *detail;
    rc = try_add(ctx, &row, &added);
    if (rc || added)
        return rc;
    rc = read_head(ctx, ctx->db, &AUDIT_HEAD, &audit->changes);
    if (rc)
        return rc;
    rc = try_add(ctx, &row, &added);
    if (rc == OK && !added)
        rc = ctx_fail(ctx, ERR_INTERNAL, "this process's audit chain was altered meanwhile");
    return rc;
}

/* --- what was opened --- */

void access_forget(struct audit *audit)
{
    if (!audit->notes)
        return;
    arena_free(audit->notes_arena);
    audit->notes_arena = arena_new(0);
    audit->notes = NULL;
    audit->notes_last = NULL;
}

static const char *copy(struct arena *a, const char *s)
{
    return s ? arena_strdup(a, s) : NULL;
}

/* Checks that it can be noted at all: without an access log nobody opens personal data. */
static enum err check_access(struct ctx *ctx)
{
    if (!ctx->audit || !ctx->audit->access)
        return ctx_fail(ctx, ERR_INTERNAL, "personal data was opened without an access log");
    if (!ctx->user_id)
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Sign in to see this."));
    return OK;
}

/*
 * Whether this request has noted the same already: a page may read a record twice. What a job notes
 * is compared with its first notes only.
 */
static bool is_noted(const struct ctx *ctx, const struct audit_row *row, const char *records)
{
    size_t left = NOTES_COMPARED;

    for (const struct audit_note *n = ctx->audit->notes; n && left > 0; n = n->next, left--)
        if (!n->row.detail.bytes && !row->detail.bytes && text_equal(n->row.action, row->action) &&
            text_equal(n->row.form, row->form) && text_equal(n->row.records, records) &&
            text_equal(n->row.staff_id, ctx->user_id))
            return true;
    return false;
}

static enum err add_note(struct ctx *ctx, const struct audit_row *given, const char *const *ids,
                         size_t len)
{
    struct audit *audit = ctx->audit;
    struct arena *a = audit->notes_arena;
    struct audit_note *note;
    struct buf records;

    buf_init(&records, a, RECORDS_MAX);
    buf_room(&records, len < RECORDS_MAX / (ID_LEN + 1) ? len * (ID_LEN + 1) : 0);
    for (size_t i = 0; i < len; i++) {
        if (i > 0)
            buf_add_char(&records, ' ');
        buf_add(&records, ids[i]);
    }
    if (!buf_ok(&records))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "These are too many records for one page."));
    if (is_noted(ctx, given, buf_text(&records)))
        return OK;
    note = ARENA_NEW(a, struct audit_note);
    note->row = *given;
    note->row.chain = audit->accesses.id;
    note->row.made_at = ctx->now_ms;
    note->row.staff_id = arena_strdup(a, ctx->user_id);
    note->row.office_id = copy(a, ctx->office_id);
    note->row.action = arena_strdup(a, given->action);
    note->row.form = arena_strdup(a, given->form);
    note->row.records = buf_text(&records);
    if (given->detail.bytes)
        note->row.detail.bytes = arena_memdup(a, given->detail.bytes, given->detail.len);
    if (audit->notes_last)
        audit->notes_last->next = note;
    else
        audit->notes = note;
    audit->notes_last = note;
    return OK;
}

enum err access_note(struct ctx *ctx, const char *action, const char *form, const char *const *ids,
                     size_t len)
{
    struct audit_row row = { 0 };
    enum err rc;

    rc = check_access(ctx);
    if (rc)
        return rc;
    row.action = action;
    row.form = form;
    return add_note(ctx, &row, ids, len);
}

enum err access_note_words(struct ctx *ctx, const char *action, const char *form,
                           const char *const *ids, size_t len, const char *words)
{
    struct audit_row row = { 0 };
    enum err rc;

    rc = check_access(ctx);
    if (rc)
        return rc;
    rc = vault_seal_text(ctx, &row.detail, VAULT_KEY_AUDIT, AUDIT_CONTEXT_WORDS, words);
    if (rc)
        return rc;
    row.action = action;
    row.form = form;
    row.key_id = VAULT_KEY_AUDIT;
    return add_note(ctx, &row, ids, len);
}

static enum err write_note(struct ctx *ctx, struct audit_chain *head, struct audit_row *row)
{
    struct audit *audit = ctx->audit;
    unsigned char hash[AUDIT_HASH];
    enum err rc;

    row->place = head->place + 1;
    audit_hash_row(hash, audit->key, "access", head->hash, row);
    rc = db_exec_in(ctx, audit->access, NULL, &ACCESS_ADD, DB_TEXT(row->chain), DB_INT(row->place),
                    DB_INT(row->made_at), DB_TEXT(row->staff_id), DB_TEXT(row->office_id),
                    DB_TEXT(row->action), DB_TEXT(row->form), DB_TEXT(row->records),
                    DB_TEXT(row->key_id), DB_BLOB(row->detail.bytes, row->detail.len),
                    DB_BLOB(hash, AUDIT_HASH));
    if (rc)
        return rc;
    head->place = row->place;
    memcpy(head->hash, hash, AUDIT_HASH);
    return OK;
}

/* One transaction for all notes. */
static enum err write_notes(struct ctx *ctx)
{
    struct audit *audit = ctx->audit;
    struct audit_chain head;
    enum err rc;

    rc = db_begin_on(ctx, audit->access);
    if (rc)
        return rc;
    if (audit->reread) {
        rc = read_head(ctx, audit->access, &ACCESS_HEAD, &audit->accesses);
        if (rc)
            goto out;
    }
    audit->reread = true; /* until it is known that this one was written */
    head = audit->accesses;
    for (struct audit_note *n = audit->notes; n; n = n->next) {
        rc = write_note(ctx, &head, &n->row);
        if (rc)
            goto out;
    }
    rc = db_commit_on(ctx, audit->access);
    if (rc)
        goto out;
    audit->accesses = head;
    audit->reread = false;
    return OK;
out:
    db_rollback_on(ctx, audit->access);
    return rc;
}

enum err access_write_soon(struct ctx *ctx)
{
    struct audit *audit = ctx->audit;
    enum err rc;

    if (!audit || !audit->notes)
        return OK;
    rc = write_notes(ctx);
    if (rc == ERR_IO) { /* a full disk: use the room that access_reserve keeps */
        db_checkpoint(audit->access);
        ctx_clear_problems(ctx);
        rc = write_notes(ctx);
    }
    if (rc == OK)
        access_forget(audit);
    return rc;
}

enum err access_write(struct ctx *ctx)
{
    enum err rc = access_write_soon(ctx);

    return rc || !ctx->audit || !ctx->audit->access ? rc : db_flush(ctx, ctx->audit->access);
}

enum err access_reserve(struct ctx *ctx)
{
    return db_reserve(ctx, ctx->audit->access, ACCESS_RESERVE_BYTES);
}
