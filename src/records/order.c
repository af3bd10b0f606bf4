/*
 * The order of a list by title, which is found by unsealing every title. A process remembers it,
 * ids alone and no word of a title, until anything is committed to the database; and only for the
 * same list of the same user in the same language. SQLite only: see db_state.
 */
#include <string.h>

#include "core/buf.h"
#include "core/id.h"
#include "core/text.h"
#include "records/records_inner.h"

#define ORDERS  4 /* people go on to the next page of the list they have just seen */
#define KEY_MAX ((size_t)512)

static struct order {
    struct arena *arena; /* of the key and the ids; NULL: free */
    uint64_t state;      /* of the database, when the order was found */
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

/* Pages alone see one state of the database from their first read to their last. */
static uint64_t state_of(const struct ctx *ctx)
{
    return ctx->memo && ctx->user ? db_state(ctx->db) : 0;
}

bool order_find(const struct ctx *ctx, const char *const **ids_out, size_t *len_out,
                const struct pick *pick)
{
    const uint64_t state = state_of(ctx);
    const char *key = state ? key_of(ctx, pick) : NULL;

    for (size_t i = 0; key && i < ORDERS; i++) {
        const struct order *o = &orders[i];

        if (!o->arena || o->state != state || !text_equal(o->key, key))
            continue;
        *ids_out = o->ids;
        *len_out = o->len;
        return true;
    }
    return false;
}

void order_keep(const struct ctx *ctx, const struct pick *pick, const char *const *ids, size_t len)
{
    const uint64_t state = state_of(ctx);
    const char *key = state ? key_of(ctx, pick) : NULL;
    struct order *o = &orders[orders_next % ORDERS];
    const char **copies;

    if (!key)
        return;
    for (size_t i = 0; i < ORDERS; i++) /* the same list as it was before */
        if (orders[i].arena && text_equal(orders[i].key, key))
            o = &orders[i];
    orders_next += o == &orders[orders_next % ORDERS];
    arena_free(o->arena);
    *o = (struct order){ .arena = arena_new(0), .state = state, .len = len };
    o->key = arena_strdup(o->arena, key);
    copies = ARENA_ARRAY(o->arena, len + 1, const char *);
    for (size_t i = 0; i < len; i++)
        copies[i] = arena_strdup(o->arena, ids[i]);
    o->ids = copies;
}
