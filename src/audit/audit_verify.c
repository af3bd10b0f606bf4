#include <string.h>

#include "audit/audit_inner.h"
#include "core/text.h"

#define PAGE 500

#define AFTER " WHERE (chain, place) > ($1, $2) ORDER BY chain, place LIMIT $3"

/* The same columns from both tables, read by read_row. */
DB_SQL(AUDIT_PAGE, "SELECT chain, place, made_at, staff_id, office_id, action, subject_id, NULL,"
                   " NULL, key_id, detail, hash FROM audit" AFTER);
DB_SQL_ACCESS(ACCESS_PAGE, "SELECT chain, place, made_at, staff_id, office_id, action, NULL, form,"
                           " records, key_id, detail, hash FROM access" AFTER);

/* A walk along all chains of one table. */
struct walk {
    bool access;
    const unsigned char *key;
    struct audit_claims *claims;
    struct audit_head *claimed; /* of the chain that the walk is in; NULL = none */
    char chain[ID_LEN + 1];
    int64_t place;
    unsigned char hash[AUDIT_HASH];
    int64_t chains;
    int64_t rows;
    int64_t taken;     /* rows of this page */
    const char *fault; /* a constant; where: */
    char fault_chain[ID_LEN + 1];
    int64_t fault_place;
};

static void fault(struct walk *w, const char *what, int64_t place)
{
    if (w->fault)
        return;
    w->fault = what;
    memcpy(w->fault_chain, w->chain, sizeof(w->fault_chain));
    w->fault_place = place;
}

static void end_chain(struct walk *w)
{
    if (w->claimed && w->claimed->place > w->place)
        fault(w, "its last rows were removed", w->place);
    w->claimed = NULL;
}

static void begin_chain(struct walk *w, const char *chain)
{
    memcpy(w->chain, chain, ID_LEN + 1);
    w->place = 0;
    memset(w->hash, 0, AUDIT_HASH);
    w->chains++;
    w->claimed = audit_heads_find(&w->claims->heads, w->access, chain);
    if (w->claimed)
        w->claimed->seen = true;
}

static void read_row(struct audit_row *out, struct rows *rows)
{
    out->chain = row_text(rows, 0);
    out->place = row_int(rows, 1);
    out->made_at = row_int(rows, 2);
    out->staff_id = row_text(rows, 3);
    out->office_id = row_text(rows, 4);
    out->action = row_text(rows, 5);
    out->subject_id = row_text(rows, 6);
    out->form = row_text(rows, 7);
    out->records = row_text(rows, 8);
    out->key_id = row_text(rows, 9);
    out->detail.bytes = row_is_null(rows, 10) ? NULL : row_blob(rows, 10, &out->detail.len);
}

static void check_row(struct walk *w, struct rows *rows)
{
    struct audit_row row = { 0 };
    unsigned char hash[AUDIT_HASH];
    const void *stored;
    size_t len = 0;

    read_row(&row, rows);
    stored = row_blob(rows, 11, &len);
    if (strlen(row.chain) != ID_LEN) {
        fault(w, "a row after it has no chain of ours", w->place);
        return;
    }
    if (strcmp(row.chain, w->chain) != 0) {
        end_chain(w);
        begin_chain(w, row.chain);
    }
    if (row.place != w->place + 1)
        fault(w, "rows before it were removed", row.place);
    audit_hash_row(hash, w->key, w->access ? "access" : "audit", w->hash, &row);
    if (len != AUDIT_HASH || !secret_equal(hash, stored, AUDIT_HASH))
        fault(w, "the row was altered", row.place);
    if (w->claimed && w->claimed->place == row.place &&
        !secret_equal(hash, w->claimed->hash, AUDIT_HASH))
        fault(w, "the row is not the one that a checkpoint has seen", row.place);
    w->place = row.place;
    memcpy(w->hash, hash, AUDIT_HASH);
    w->rows++;
}

static enum err walk_page(struct ctx *ctx, struct walk *w)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    rc = w->access
             ? db_query_in(ctx, ctx->audit->access, &rows, &ACCESS_PAGE, DB_TEXT(w->chain),
                           DB_INT(w->place), DB_INT(PAGE))
             : db_query(ctx, &rows, &AUDIT_PAGE, DB_TEXT(w->chain), DB_INT(w->place), DB_INT(PAGE));
    if (rc)
        return rc;
    w->taken = 0;
    for (;;) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more || w->fault)
            break;
        check_row(w, rows);
        w->taken++;
    }
    db_rows_close(rows);
    return rc;
}

static void find_missing_chains(struct walk *w)
{
    for (size_t i = 0; i < w->claims->heads.len; i++) {
        const struct audit_head *h = &w->claims->heads.items[i];

        if (h->access == w->access && !h->seen) {
            memcpy(w->chain, h->chain, sizeof(w->chain));
            fault(w, "the whole chain was removed", 0);
        }
    }
}

static enum err walk_table(struct ctx *ctx, struct walk *w)
{
    struct arena_mark mark;
    enum err rc;

    do {
        mark = arena_mark(ctx->arena);
        rc = walk_page(ctx, w);
        if (rc)
            return rc;
        arena_rewind(ctx->arena, mark);
    } while (w->taken == PAGE && !w->fault);
    if (w->fault)
        return OK;
    end_chain(w);
    find_missing_chains(w);
    return OK;
}

static const char *fault_text(struct ctx *ctx, const struct walk *w)
{
    return arena_printf(ctx->arena, "%s chain %s, place %lld: %s", w->access ? "access" : "audit",
                        w->fault_chain, (long long)w->fault_place, w->fault);
}

static enum err verify(struct ctx *ctx, struct audit_report *out, struct audit_claims *claims)
{
    struct audit *audit = ctx->audit;
    struct walk changes = { .key = audit->key, .claims = claims };
    struct walk accesses = { .access = true, .key = audit->key, .claims = claims };
    struct audit_report report = { 0 };
    enum err rc;

    rc = audit_claims_load(ctx, claims, audit->key);
    if (rc)
        return rc;
    rc = walk_table(ctx, &changes);
    if (rc)
        return rc;
    if (audit->access) {
        rc = walk_table(ctx, &accesses);
        if (rc)
            return rc;
    }
    report.chains = changes.chains + accesses.chains;
    report.rows = changes.rows;
    report.access_rows = accesses.rows;
    report.checkpoints = claims->last;
    if (claims->fault)
        report.fault = arena_strdup(ctx->arena, claims->fault);
    else if (changes.fault)
        report.fault = fault_text(ctx, &changes);
    else if (accesses.fault)
        report.fault = fault_text(ctx, &accesses);
    *out = report;
    return OK;
}

enum err audit_verify(struct ctx *ctx, struct audit_report *out)
{
    struct arena *arena = arena_new(0);
    struct audit_claims claims = { .heads = { .arena = arena } };
    enum err rc = verify(ctx, out, &claims);

    arena_free(arena);
    return rc;
}
