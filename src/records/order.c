/*
 * What a process remembers of lists from one page to the next while no record changes: how many
 * there are, and their order by title, which is found by unsealing every title. The order is kept
 * as ids alone, no word of a title, for the same list of the same user in the same language.
 *
 * Every change of a record takes a number for its history in its own transaction (save.c): while
 * the last number is the same, all tables of records are. SQLite only: see db_state.
 */
#include <string.h>

#include "core/buf.h"
#include "core/id.h"
#include "core/text.h"
#include "records/records_inner.h"

#define ORDERS  4 /* people go on to the next page of the list they have just seen */
#define COUNTS  64
#define KEY_MAX ((size_t)512)

DB_SQL(RECORDS_SEQ, "SELECT value FROM counter WHERE name = 'history'");

/* The tables of records as a connection sees them; all 0: not known. */
struct records_state {
    uint64_t db; /* which connection */
    int64_t seq; /* last number of a history */
};

static struct count {
    struct records_state state;
    const struct db_sql *sql;
    char key[256]; /* its arguments */
    int64_t n;
} counts[COUNTS];

static size_t counts_next;

static struct order {
    struct arena *arena;        /* of the key and the ids; NULL: free */
    struct records_state state; /* when the order was found */
    const char *key;
    const char *const *ids;
    size_t len;
} orders[ORDERS];

static size_t orders_next;

static void add_text(struct buf *b, const char *text)
{
    if (text)
        buf_printf(b, "%zu:%s,", strlen(text), text);
    else
        buf_add(b, "-,");
}

/* Everything that a list by title hangs on but the database; NULL: too long to be remembered. */
static const char *key_of(const struct ctx *ctx, const struct pick *pick)
{
    const struct record_filter *filter = pick->filter;
    struct buf b;

    buf_init(&b, ctx->arena, KEY_MAX);
    add_text(&b, pick->form->kind);
    add_text(&b, pick->form->hash);
    add_text(&b, ctx->lang);
    add_text(&b, ctx->user->id);
    add_text(&b, ctx->user->office_id);
    buf_printf(&b, "%d %d %d ", (int)ctx->user->scope, (int)ctx->user->clearance, pick->deleted);
    add_text(&b, filter->parent_id);
    add_text(&b, filter->status);
    for (size_t i = 0; i < filter->conditions_len; i++) {
        buf_add_int(&b, filter->conditions[i].op);
        add_text(&b, filter->conditions[i].field);
        add_text(&b, filter->conditions[i].value);
    }
    return buf_ok(&b) ? buf_text(&b) : NULL;
}

static enum err look_at_state(struct ctx *ctx, struct records_state *out)
{
    static const struct db_arg none[1];
    int64_t seq = 0;
    enum err rc = OK;

    *out = (struct records_state){ 0 };
    if (db_is_postgres(ctx->db))
        return OK;
    rc = db_number_on(ctx, ctx->db, &seq, &RECORDS_SEQ, none);
    if (rc == OK && db_state(ctx->db)) /* not while it changes records itself */
        *out = (struct records_state){ db_state(ctx->db) >> 32, seq };
    return rc;
}

static bool is_now(const struct records_state *then, const struct records_state *now)
{
    return now->db != 0 && then->db == now->db && then->seq == now->seq;
}

/* Kind, length and value of each argument; NULL: not worth remembering. */
static const char *key_of_args(struct ctx *ctx, const struct db_arg *args)
{
    struct buf b;

    buf_init(&b, ctx->arena, sizeof(counts[0].key) - 1);
    for (; args->kind != DB_KIND_END; args++) {
        if (args->kind != DB_KIND_TEXT && args->kind != DB_KIND_INT)
            return NULL;
        if (args->kind == DB_KIND_TEXT)
            add_text(&b, args->p);
        else
            buf_printf(&b, "%lld ", (long long)args->n);
    }
    return buf_ok(&b) ? buf_text(&b) : NULL;
}

enum err records_number(struct ctx *ctx, int64_t *out, const struct db_sql *sql,
                        const struct db_arg *args)
{
    const char *key = key_of_args(ctx, args);
    struct records_state now = { 0 };
    struct count *c = NULL;
    enum err rc = look_at_state(ctx, &now);

    for (size_t i = 0; key && i < COUNTS; i++)
        if (counts[i].state.db == now.db && counts[i].sql == sql && strcmp(counts[i].key, key) == 0)
            c = &counts[i];
    if (rc == OK && c && is_now(&c->state, &now)) {
        *out = c->n;
        return OK;
    }
    if (rc == OK)
        rc = db_number_on(ctx, ctx->db, out, sql, args);
    if (rc || !key || now.db == 0)
        return rc;
    if (!c)
        c = &counts[counts_next++ % COUNTS];
    *c = (struct count){ .state = now, .sql = sql, .n = *out };
    memcpy(c->key, key, strlen(key) + 1);
    return OK;
}

enum err order_find(struct ctx *ctx, const char *const **ids_out, size_t *len_out,
                    const struct pick *pick)
{
    struct records_state now = { 0 };
    const char *key = NULL;
    enum err rc = OK;

    if (!ctx->memo ||
        !ctx->user) /* pages alone see one state from their first read to their last */
        return OK;
    rc = look_at_state(ctx, &now);
    if (rc == OK)
        key = key_of(ctx, pick);
    for (size_t i = 0; key && i < ORDERS; i++) {
        const struct order *o = &orders[i];

        if (!o->arena || !is_now(&o->state, &now) || !text_equal(o->key, key))
            continue;
        *ids_out = o->ids;
        *len_out = o->len;
    }
    return rc;
}

enum err order_keep(struct ctx *ctx, const struct pick *pick, const char *const *ids, size_t len)
{
    struct records_state now = { 0 };
    struct order *o = &orders[orders_next % ORDERS];
    const char *key = NULL;
    const char **copies;
    enum err rc = ctx->memo && ctx->user ? look_at_state(ctx, &now) : OK;

    if (rc == OK && now.db != 0)
        key = key_of(ctx, pick);
    if (!key)
        return rc;
    for (size_t i = 0; i < ORDERS; i++) /* the same list as it was before */
        if (orders[i].arena && text_equal(orders[i].key, key))
            o = &orders[i];
    orders_next += o == &orders[orders_next % ORDERS];
    arena_free(o->arena);
    *o = (struct order){ .arena = arena_new(0), .state = now, .len = len };
    o->key = arena_strdup(o->arena, key);
    copies = ARENA_ARRAY(o->arena, len + 1, const char *);
    for (size_t i = 0; i < len; i++)
        copies[i] = arena_strdup(o->arena, ids[i]);
    o->ids = copies;
    return OK;
}
