/* Tables message, message_event and message_opt_out. */
#include <string.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "core/buf.h"
#include "core/id.h"
#include "core/json.h"
#include "core/text.h"
#include "forms_gen.h"
#include "messages/messages_inner.h"
#include "records/merge.h"

#define SEALED_MAX ((size_t)4 * 1024)

#define COLUMNS                                                                                    \
    "id, office_id, channel, state, reason, template, lang, person_id, contact_id, staff_id,"      \
    " key_id, sealed, attempts, not_before, not_after, next_at, created_at, created_by"
DB_SQL(MESSAGE_ADD, "INSERT INTO message (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,"
                    " $10, $11, $12, 0, $13, $14, $15, $16, $17)");
DB_SQL(MESSAGE_GET, "SELECT " COLUMNS " FROM message WHERE id = $1");
DB_SQL(MESSAGE_BY_GATEWAY, "SELECT " COLUMNS " FROM message WHERE gateway_token = $1"
                           " ORDER BY id DESC LIMIT 1");
/* One made in the future waits for nothing: the clock was set back. */
DB_SQL(MESSAGE_DUE, "SELECT id FROM message WHERE state = 'waiting' AND next_at <= $1"
                    " AND channel = $2 ORDER BY next_at, id LIMIT 1");
DB_SQL(MESSAGE_STALE, "SELECT " COLUMNS " FROM message WHERE state = 'sending'"
                      " AND taken_at <= $1 ORDER BY id LIMIT 100");
DB_SQL(MESSAGE_CHANGE, "UPDATE message SET state = $4, reason = $5, next_at = $6,"
                       " attempts = attempts + $7, taken_at = $8,"
                       " gateway_token = coalesce($9, gateway_token)"
                       " WHERE id = $1 AND state = $2 AND attempts = $3");
DB_SQL(EVENT_ADD, "INSERT INTO message_event (id, message_id, state, reason, made_at, made_by)"
                  " VALUES ($1, $2, $3, $4, $5, $6)");
DB_SQL(EVENT_LIST, "SELECT state, reason, made_at, made_by FROM message_event"
                   " WHERE message_id = $1 ORDER BY id LIMIT $2");
DB_SQL(MESSAGE_LIST, "SELECT " COLUMNS " FROM message WHERE ($1 = '' OR office_id = $1)"
                     " AND ($2 = '' OR state = $2) AND ($3 = '' OR id < $3)"
                     " ORDER BY id DESC LIMIT $4");
DB_SQL(MESSAGE_OF_PERSON, "SELECT " COLUMNS " FROM message WHERE person_id = $1"
                          " ORDER BY id DESC LIMIT $2");
DB_SQL(MESSAGE_CARRY, "UPDATE message SET person_id = $1 WHERE person_id = $2 AND key_id = $3");
DB_SQL(OPT_OUT_GET, "SELECT made_at FROM message_opt_out WHERE token = $1");
DB_SQL(OPT_OUT_ADD, "INSERT INTO message_opt_out (token, how, made_at, made_by)"
                    " VALUES ($1, $2, $3, $4) ON CONFLICT (token) DO NOTHING");
DB_SQL(OPT_OUT_REMOVE, "DELETE FROM message_opt_out WHERE token = $1");

static const char *channel_name(enum channel c)
{
    return c == CHANNEL_SMS ? "sms" : "email";
}

/* --- rows --- */

static const char *place_of(struct ctx *ctx, const char *id)
{
    return arena_printf(ctx->arena, "message/%s", id);
}

static void read_row(struct rows *rows, struct message_row *out)
{
    *out = (struct message_row){
        .id = row_text(rows, 0),
        .office_id = row_text(rows, 1),
        .channel = strcmp(row_text(rows, 2), "sms") == 0 ? CHANNEL_SMS : CHANNEL_EMAIL,
        .state = row_text(rows, 3),
        .reason = row_text(rows, 4),
        .template_name = row_text(rows, 5),
        .lang = row_text(rows, 6),
        .person_id = row_text(rows, 7),
        .contact_id = row_text(rows, 8),
        .staff_id = row_text(rows, 9),
        .key_id = row_text(rows, 10),
        .attempts = row_int(rows, 12),
        .not_before = row_int(rows, 13),
        .not_after = row_int(rows, 14),
        .next_at = row_int(rows, 15),
        .created_at = row_int(rows, 16),
        .created_by = row_text(rows, 17),
    };
    out->sealed.bytes = row_blob(rows, 11, &out->sealed.len);
}

static enum err read_one(struct ctx *ctx, struct message_row *out, struct rows *rows)
{
    bool more = false;
    enum err rc = db_next(ctx, rows, &more);

    if (!rc && !more)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such message."));
    if (!rc)
        read_row(rows, out);
    db_rows_close(rows);
    return rc;
}

static enum err read_many(struct ctx *ctx, struct message_row **out, size_t *len_out,
                          struct rows *rows, size_t max)
{
    struct message_row *items = ARENA_ARRAY(ctx->arena, max, struct message_row);
    size_t len = 0;
    bool more = true;
    enum err rc = OK;

    while (!rc && len < max) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        read_row(rows, &items[len++]);
    }
    db_rows_close(rows);
    if (!rc) {
        *out = items;
        *len_out = len;
    }
    return rc;
}

enum err message_store_load(struct ctx *ctx, struct message_row *out, const char *id)
{
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &MESSAGE_GET, DB_TEXT(id));

    return rc ? rc : read_one(ctx, out, rows);
}

static void gateway_token(struct ctx *ctx, unsigned char out[VAULT_TOKEN_BYTES], const char *id)
{
    vault_token(ctx->vault, out, "gateway", id);
}

enum err message_store_by_gateway(struct ctx *ctx, struct message_row *out, const char *id)
{
    unsigned char token[VAULT_TOKEN_BYTES];
    struct rows *rows = NULL;
    enum err rc;

    if (id_valid(id))
        return message_store_load(ctx, out, id);
    gateway_token(ctx, token, id);
    rc = db_query(ctx, &rows, &MESSAGE_BY_GATEWAY, DB_BLOB(token, sizeof token));
    return rc ? rc : read_one(ctx, out, rows);
}

enum err message_store_due(struct ctx *ctx, const char **out, enum channel channel)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc =
        db_query(ctx, &rows, &MESSAGE_DUE, DB_INT(ctx->now_ms), DB_TEXT(channel_name(channel)));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (rc)
        return rc;
    *out = more ? row_text(rows, 0) : NULL;
    db_rows_close(rows);
    return OK;
}

/* --- what is sealed --- */

enum err message_store_seal(struct ctx *ctx, struct sealed *out, const struct message_row *m)
{
    struct buf b;
    struct json_out j = { .buf = &b };

    buf_init(&b, ctx->arena, SEALED_MAX);
    json_begin_object(&j);
    json_pair(&j, "to", m->to);
    json_key(&j, "args");
    json_begin_array(&j);
    for (size_t i = 0; m->args != NULL && m->args[i] != NULL; i++)
        json_text(&j, m->args[i]);
    json_end_array(&j);
    json_end_object(&j);
    if (!buf_ok(&b))
        return ctx_fail(ctx, ERR_LIMIT, "a message is too long");
    return vault_seal_text(ctx, out, m->key_id, place_of(ctx, m->id), buf_text(&b));
}

enum err message_store_open(struct ctx *ctx, struct message_row *m)
{
    const char *text = NULL;
    const char **args = ARENA_ARRAY(ctx->arena, MESSAGE_ARGS_MAX + 1, const char *);
    json_t *tree = NULL;
    json_t *list;
    enum err rc = vault_unseal_text(ctx, &text, m->key_id, place_of(ctx, m->id), &m->sealed);

    if (!rc)
        rc = json_parse(ctx, &tree, text, strlen(text));
    if (rc)
        return rc;
    list = json_object_get(tree, "args");
    for (size_t i = 0; i < MESSAGE_ARGS_MAX && i < json_array_size(list); i++)
        args[i] = json_string_value(json_array_get(list, i));
    m->args = args;
    m->to = json_string_value(json_object_get(tree, "to"));
    if (m->to == NULL)
        return ctx_fail(ctx, ERR_INTERNAL, "a stored message is damaged");
    return OK;
}

/* --- writing: inside the caller's transaction --- */

static enum err add_event(struct ctx *ctx, const char *id, const char *state, const char *reason)
{
    return db_exec(ctx, NULL, &EVENT_ADD, DB_TEXT(id_new(ctx->arena, ctx->now_ms)), DB_TEXT(id),
                   DB_TEXT(state), DB_TEXT(reason), DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
}

enum err message_store_add(struct ctx *ctx, const struct message_row *m,
                           const struct sealed *sealed)
{
    enum err rc =
        db_exec(ctx, NULL, &MESSAGE_ADD, DB_TEXT(m->id), DB_TEXT(m->office_id),
                DB_TEXT(channel_name(m->channel)), DB_TEXT(m->state), DB_TEXT(m->reason),
                DB_TEXT(m->template_name), DB_TEXT(m->lang), DB_TEXT(m->person_id),
                DB_TEXT(m->contact_id), DB_TEXT(m->staff_id), DB_TEXT(m->key_id),
                DB_BLOB(sealed->bytes, sealed->len), DB_INT(m->not_before), DB_INT(m->not_after),
                DB_INT(m->next_at), DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));

    return rc ? rc : add_event(ctx, m->id, m->state, m->reason);
}

/* Who wrote to a person is told when it will not arrive, or nobody knows whether it did. */
static enum err tell_author(struct ctx *ctx, const struct message_row *m, const char *state)
{
    static const char *const bad[] = { "failed", "bounced", "blocked", "unknown" };
    const char *link = arena_printf(ctx->arena, "/messages/%s", m->id);

    if (m->person_id == NULL || m->created_by == NULL || text_equal(m->created_by, ctx->user_id))
        return OK;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (strcmp(state, bad[i]) == 0)
            return notify(ctx, m->created_by,
                          N_("A message that you wrote was not sent, or may not have arrived."),
                          NULL, link);
    return OK;
}

enum err message_store_change(struct ctx *ctx, const struct message_row *m, const struct change *c)
{
    unsigned char token[VAULT_TOKEN_BYTES];
    bool sending = strcmp(c->state, "sending") == 0;
    int64_t changed = 0;
    enum err rc;

    if (c->gateway_id != NULL)
        gateway_token(ctx, token, c->gateway_id);
    rc = db_exec(ctx, &changed, &MESSAGE_CHANGE, DB_TEXT(m->id), DB_TEXT(m->state),
                 DB_INT(m->attempts), DB_TEXT(c->state), DB_TEXT(c->reason), DB_INT(c->next_at),
                 DB_INT(c->tried ? 1 : 0), sending ? DB_INT(ctx->now_ms) : DB_NULL,
                 c->gateway_id != NULL ? DB_BLOB(token, sizeof token) : DB_NULL);
    if (!rc && changed == 0)
        rc = ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "The message is in another state meanwhile."));
    /* A delay that goes on is no news. */
    if (!rc && !(text_equal(m->state, c->state) && text_equal(m->reason, c->reason)))
        rc = add_event(ctx, m->id, c->state, c->reason);
    if (!rc && !text_equal(m->state, c->state))
        rc = tell_author(ctx, m, c->state);
    return rc;
}

enum err message_store_recover(struct ctx *ctx, int64_t before, bool dedup)
{
    struct message_row *items = NULL;
    struct rows *rows = NULL;
    size_t len = 0;
    enum err rc = db_query(ctx, &rows, &MESSAGE_STALE, DB_INT(before));

    if (!rc)
        rc = read_many(ctx, &items, &len, rows, 100);
    if (rc || len == 0)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    for (size_t i = 0; !rc && i < len; i++) {
        bool again = dedup && items[i].channel == CHANNEL_SMS;
        const struct change c = { .state = again ? "waiting" : "unknown",
                                  .reason = "interrupted",
                                  .next_at = ctx->now_ms };

        rc = message_store_change(ctx, &items[i], &c);
    }
    return db_end(ctx, rc);
}

/* --- lists --- */

static const char *scope_of(const struct ctx *ctx)
{
    return ctx->user->scope == SCOPE_ALL ? "" : ctx->user->office_id;
}

enum err message_list(struct ctx *ctx, struct message_row **out, size_t *len_out, const char *state,
                      const char *after)
{
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &MESSAGE_LIST, DB_TEXT(scope_of(ctx)),
                           DB_TEXT(state == NULL ? "" : state), DB_TEXT(after == NULL ? "" : after),
                           DB_INT(MESSAGE_LIST_MAX));

    return rc ? rc : read_many(ctx, out, len_out, rows, MESSAGE_LIST_MAX);
}

enum err message_of_person(struct ctx *ctx, struct message_row **out, size_t *len_out,
                           const struct record *person)
{
    struct rows *rows = NULL;
    enum err rc =
        db_query(ctx, &rows, &MESSAGE_OF_PERSON, DB_TEXT(person->id), DB_INT(MESSAGE_LIST_MAX));

    return rc ? rc : read_many(ctx, out, len_out, rows, MESSAGE_LIST_MAX);
}

enum err message_load(struct ctx *ctx, struct message_row *out, const char *id)
{
    struct message_row m = { 0 };
    enum err rc = message_store_load(ctx, &m, id);

    if (!rc && ctx->user->scope != SCOPE_ALL && !text_equal(m.office_id, ctx->user->office_id))
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such message."));
    if (!rc)
        *out = m;
    return rc;
}

enum err message_events(struct ctx *ctx, struct message_event **out, size_t *len_out,
                        const char *id)
{
    struct message_event *items = ARENA_ARRAY(ctx->arena, MESSAGE_LIST_MAX, struct message_event);
    const char *by[MESSAGE_LIST_MAX];
    struct rows *rows = NULL;
    size_t len = 0;
    bool more = true;
    enum err rc = db_query(ctx, &rows, &EVENT_LIST, DB_TEXT(id), DB_INT(MESSAGE_LIST_MAX));

    while (!rc && len < MESSAGE_LIST_MAX) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        items[len].state = row_text(rows, 0);
        items[len].reason = row_text(rows, 1);
        items[len].made_at = row_int(rows, 2);
        by[len++] = row_text(rows, 3);
    }
    db_rows_close(rows);
    for (size_t i = 0; !rc && i < len; i++)
        rc = user_name(ctx, &items[i].made_by_name, by[i]);
    *out = items;
    *len_out = len;
    return rc;
}

/* --- opt-out --- */

void opt_out_token(struct ctx *ctx, unsigned char out[VAULT_TOKEN_BYTES], enum channel channel,
                   const char *address)
{
    vault_token(ctx->vault, out, "opt-out",
                arena_printf(ctx->arena, "%s:%s", channel_name(channel), address));
}

enum err opt_out_get(struct ctx *ctx, bool *out, int64_t *at_out, enum channel channel,
                     const char *address)
{
    unsigned char token[VAULT_TOKEN_BYTES];
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    opt_out_token(ctx, token, channel, address);
    rc = db_query(ctx, &rows, &OPT_OUT_GET, DB_BLOB(token, sizeof token));
    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (rc)
        return rc;
    *out = more;
    if (more && at_out != NULL)
        *at_out = row_int(rows, 0);
    db_rows_close(rows);
    return OK;
}

enum err opt_out_write(struct ctx *ctx, enum channel channel, const char *address, bool wants_none,
                       const char *how)
{
    unsigned char token[VAULT_TOKEN_BYTES];
    enum err rc;

    opt_out_token(ctx, token, channel, address);
    if (wants_none)
        rc = db_exec(ctx, NULL, &OPT_OUT_ADD, DB_BLOB(token, sizeof token), DB_TEXT(how),
                     DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
    else
        rc = db_exec(ctx, NULL, &OPT_OUT_REMOVE, DB_BLOB(token, sizeof token));
    return rc ? rc
              : audit_add(ctx, wants_none ? "message.opt_out" : "message.opt_in", NULL, NULL, NULL);
}

enum err opt_out_set(struct ctx *ctx, enum channel channel, const char *address, bool wants_none)
{
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = opt_out_write(ctx, channel, address, wants_none, "staff");
    return db_end(ctx, rc);
}

enum err messages_follow_merge(struct ctx *ctx, const struct merge_carry *c)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && text_equal(c->form, FORM_PERSON) && i < c->keys_len; i++)
        rc = db_exec(ctx, NULL, &MESSAGE_CARRY, DB_TEXT(c->to_id), DB_TEXT(c->from_id),
                     DB_TEXT(c->keys[i]));
    return rc;
}
