#include <string.h>

#include "audit/audit_inner.h"
#include "core/text.h"

#define PAGE 100

DB_SQL(CHECKPOINT_PAGE, "SELECT place, made_at, heads, hash FROM audit_checkpoint"
                        " WHERE place > $1 ORDER BY place LIMIT $2");
DB_SQL(CHECKPOINT_COUNTED, "SELECT value FROM counter WHERE name = 'checkpoint'");

/* --- heads, sorted --- */

static int compare(const struct audit_head *head, bool access, const char *chain)
{
    if (head->access != access)
        return head->access ? 1 : -1;
    return strcmp(head->chain, chain);
}

/* Where the chain is, or would be put. */
static size_t place_of(const struct audit_heads *h, bool access, const char *chain)
{
    size_t low = 0;
    size_t high = h->len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(&h->items[middle], access, chain) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct audit_head *audit_heads_find(const struct audit_heads *h, bool access, const char *chain)
{
    size_t i = place_of(h, access, chain);

    if (i < h->len && compare(&h->items[i], access, chain) == 0)
        return &h->items[i];
    return NULL;
}

static void grow(struct audit_heads *h)
{
    size_t cap = h->cap ? 2 * h->cap : 32;
    struct audit_head *items = ARENA_ARRAY(h->arena, cap, struct audit_head);

    if (h->len > 0)
        memcpy(items, h->items, h->len * sizeof(*items));
    h->items = items;
    h->cap = cap;
}

void audit_heads_set(struct audit_heads *h, const struct audit_head *head)
{
    size_t i = place_of(h, head->access, head->chain);

    if (i < h->len && compare(&h->items[i], head->access, head->chain) == 0) {
        h->items[i] = *head;
        return;
    }
    if (h->len == h->cap)
        grow(h);
    memmove(&h->items[i + 1], &h->items[i], (h->len - i) * sizeof(*h->items));
    h->items[i] = *head;
    h->len++;
}

/* --- checkpoints --- */

/* One line "audit CHAIN PLACE HASH". */
static bool parse_head(struct arena *a, struct audit_head *out, const char *line)
{
    size_t len = 0;
    char **parts = text_split(a, line, ' ', false, &len);

    if (len != 4 || !id_valid(parts[1]))
        return false;
    if (!text_equal(parts[0], "audit") && !text_equal(parts[0], "access"))
        return false;
    out->access = text_equal(parts[0], "access");
    memcpy(out->chain, parts[1], ID_LEN + 1);
    return parse_int(parts[2], 1, INT64_MAX, &out->place) &&
           hex_parse(parts[3], out->hash, AUDIT_HASH);
}

static bool take_heads(struct ctx *ctx, struct audit_claims *out, const char *heads)
{
    size_t len = 0;
    char **lines = text_split(ctx->arena, heads, '\n', true, &len);

    for (size_t i = 0; i < len; i++) {
        struct audit_head head = { 0 };

        if (!parse_head(ctx->arena, &head, lines[i]))
            return false;
        audit_heads_set(&out->heads, &head);
    }
    return true;
}

static void fault(struct audit_claims *out, const char *what, int64_t place)
{
    if (!out->fault)
        out->fault = arena_printf(out->heads.arena, "checkpoint %lld: %s", (long long)place, what);
}

static void take_checkpoint(struct ctx *ctx, struct audit_claims *out, const unsigned char key[32],
                            struct rows *rows)
{
    int64_t place = row_int(rows, 0);
    const char *heads = row_text(rows, 2);
    unsigned char hash[AUDIT_HASH];
    const void *stored;
    size_t len = 0;

    stored = row_blob(rows, 3, &len);
    if (place != out->last + 1)
        fault(out, "the one before it is missing", place);
    audit_hash_heads(hash, key, out->hash, place, row_int(rows, 1), heads);
    if (len != AUDIT_HASH || !secret_equal(hash, stored, AUDIT_HASH))
        fault(out, "it was altered", place);
    else if (!take_heads(ctx, out, heads))
        fault(out, "its heads cannot be read", place);
    /* What comes after is judged by what is stored, so that only the first fault is told. */
    if (len == AUDIT_HASH)
        memcpy(out->hash, stored, AUDIT_HASH);
    out->last = place;
}

static enum err take_page(struct ctx *ctx, struct audit_claims *out, const unsigned char key[32],
                          bool *more_out)
{
    struct rows *rows = NULL;
    bool more = false;
    int64_t taken = 0;
    enum err rc;

    rc = db_query(ctx, &rows, &CHECKPOINT_PAGE, DB_INT(out->last), DB_INT(PAGE));
    if (rc)
        return rc;
    for (;;) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        take_checkpoint(ctx, out, key, rows);
        taken++;
    }
    db_rows_close(rows);
    *more_out = taken == PAGE;
    return rc;
}

/* Checkpoints cut off at the end are missed by the counter that numbered them. */
static enum err check_count(struct ctx *ctx, struct audit_claims *out)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    rc = db_query(ctx, &rows, &CHECKPOINT_COUNTED);
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc == OK && (!more || row_int(rows, 0) != out->last))
        fault(out, "those after it are missing", out->last);
    db_rows_close(rows);
    return rc;
}

enum err audit_claims_load(struct ctx *ctx, struct audit_claims *out, const unsigned char key[32])
{
    struct arena_mark mark;
    bool more = true;
    enum err rc;

    while (more) {
        mark = arena_mark(ctx->arena);
        rc = take_page(ctx, out, key, &more);
        if (rc)
            return rc;
        arena_rewind(ctx->arena, mark);
    }
    return check_count(ctx, out);
}
