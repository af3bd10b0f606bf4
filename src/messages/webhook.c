#include "messages/webhook.h"

#include <string.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "core/buf.h"
#include "core/date.h"
#include "core/id.h"
#include "core/json.h"
#include "core/text.h"
#include "forms/forms.h"
#include "messages/messages_inner.h"

#define SEALED_MAX   ((size_t)4 * 1024)
#define SECRET_BYTES 32
#define EVENTS_ROUND 200
#define SENDS_ROUND  20
#define ROUND_US     ((int64_t)5 * 1000 * 1000) /* of all webhooks together */
#define HOLD_MS      ((int64_t)60 * 1000)

#define COLUMNS "id, staff_id, kinds, sealed, state, fails, seq, created_at"
DB_SQL(WEBHOOK_ADD, "INSERT INTO webhook (id, staff_id, kinds, sealed, state, fails, seq,"
                    " created_at, created_by) VALUES ($1, $2, $3, $4, 'active', 0,"
                    " (SELECT value FROM counter WHERE name = 'history'), $5, $6)");
DB_SQL(WEBHOOK_LIST, "SELECT " COLUMNS " FROM webhook ORDER BY id LIMIT $1");
DB_SQL(WEBHOOK_GET, "SELECT " COLUMNS " FROM webhook WHERE id = $1");
DB_SQL(WEBHOOK_STATE, "UPDATE webhook SET state = $2, fails = 0, seq = CASE WHEN state = 'active'"
                      " THEN seq ELSE (SELECT value FROM counter WHERE name = 'history') END"
                      " WHERE id = $1");
DB_SQL(WEBHOOK_SEQ, "UPDATE webhook SET seq = $2 WHERE id = $1 AND seq = $3");
DB_SQL(WEBHOOK_FAILED, "UPDATE webhook SET fails = fails + 1, state = CASE WHEN fails + 1 >= $2"
                       " THEN 'disabled' ELSE state END WHERE id = $1");
DB_SQL(WEBHOOK_WORKED, "UPDATE webhook SET fails = 0 WHERE id = $1 AND fails > 0");
DB_SQL(HISTORY_AFTER, "SELECT h.seq, h.form, h.record_id, h.root_version, h.action, h.office_id,"
                      " h.status, h.made_at, b.status FROM record_history AS h"
                      " LEFT JOIN record_history AS b ON b.root_id = h.root_id"
                      " AND b.record_id = h.record_id AND b.root_version = h.root_version - 1"
                      " WHERE h.seq > $1 AND h.record_id = h.root_id ORDER BY h.seq LIMIT $2");
DB_SQL(DELIVERY_ADD, "INSERT INTO webhook_delivery (id, webhook_id, event, form, record_id,"
                     " version, status, changed_at, state, attempts, next_at, answer, fault)"
                     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', 0, $9, 0, '')");
#define DELIVERY_COLUMNS                                                                           \
    "id, event, form, record_id, status, state, fault, version, changed_at, attempts, next_at,"    \
    " answer"
DB_SQL(DELIVERY_DUE, "SELECT " DELIVERY_COLUMNS " FROM webhook_delivery WHERE webhook_id = $1"
                     " AND state = 'waiting' AND next_at <= $2 ORDER BY next_at, id LIMIT 1");
DB_SQL(DELIVERY_LIST, "SELECT " DELIVERY_COLUMNS " FROM webhook_delivery WHERE webhook_id = $1"
                      " ORDER BY id DESC LIMIT $2");
DB_SQL(DELIVERY_END, "UPDATE webhook_delivery SET state = $2, attempts = attempts + 1,"
                     " next_at = $3, answer = $4, fault = $5 WHERE id = $1 AND attempts = $6");
DB_SQL(DELIVERY_HOLD, "UPDATE webhook_delivery SET next_at = $2 WHERE webhook_id = $1"
                      " AND state = 'waiting' AND next_at < $2");
DB_SQL(DELIVERY_PURGE, "DELETE FROM webhook_delivery WHERE webhook_id = $1 AND state <> 'waiting'"
                       " AND next_at <= $2");

/* --- rows --- */

static const char *place_of(struct ctx *ctx, const char *id)
{
    return arena_printf(ctx->arena, "webhook/%s", id);
}

static enum err open_row(struct ctx *ctx, struct webhook *out, struct rows *rows)
{
    struct sealed sealed = { 0 };
    const char *text = NULL;
    json_t *tree = NULL;
    enum err rc;

    *out = (struct webhook){ .id = row_text(rows, 0),
                             .staff_id = row_text(rows, 1),
                             .kinds = row_text(rows, 2),
                             .state = row_text(rows, 4),
                             .fails = row_int(rows, 5),
                             .seq = row_int(rows, 6),
                             .created_at = row_int(rows, 7) };
    sealed.bytes = row_blob(rows, 3, &sealed.len);
    rc = vault_unseal_text(ctx, &text, VAULT_KEY_SYSTEM, place_of(ctx, out->id), &sealed);
    if (!rc)
        rc = json_parse(ctx, &tree, text, strlen(text));
    if (rc)
        return rc;
    out->url = json_string_value(json_object_get(tree, "url"));
    out->secret = json_string_value(json_object_get(tree, "secret"));
    if (out->url == NULL || out->secret == NULL)
        return ctx_fail(ctx, ERR_INTERNAL, "a stored webhook is damaged");
    return OK;
}

enum err webhook_list(struct ctx *ctx, struct webhook **out, size_t *len_out)
{
    struct webhook *items = ARENA_ARRAY(ctx->arena, WEBHOOK_MAX, struct webhook);
    struct rows *rows = NULL;
    size_t len = 0;
    bool more = true;
    enum err rc = db_query(ctx, &rows, &WEBHOOK_LIST, DB_INT(WEBHOOK_MAX));

    while (!rc && len < WEBHOOK_MAX) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        rc = open_row(ctx, &items[len++], rows);
    }
    if (rows != NULL)
        db_rows_close(rows);
    for (size_t i = 0; !rc && i < len; i++)
        rc = user_name(ctx, &items[i].staff_name, items[i].staff_id);
    *out = items;
    *len_out = len;
    return rc;
}

enum err webhook_load(struct ctx *ctx, struct webhook *out, const char *id)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &WEBHOOK_GET, DB_TEXT(id));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (!rc && !more)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such webhook."));
    if (!rc)
        rc = open_row(ctx, out, rows);
    if (rows != NULL)
        db_rows_close(rows);
    return rc ? rc : user_name(ctx, &out->staff_name, out->staff_id);
}

static void read_delivery(struct rows *rows, struct webhook_delivery *d)
{
    *d = (struct webhook_delivery){ .id = row_text(rows, 0),
                                    .event = row_text(rows, 1),
                                    .form = row_text(rows, 2),
                                    .record_id = row_text(rows, 3),
                                    .status = row_text(rows, 4),
                                    .state = row_text(rows, 5),
                                    .fault = row_text(rows, 6),
                                    .version = row_int(rows, 7),
                                    .changed_at = row_int(rows, 8),
                                    .attempts = row_int(rows, 9),
                                    .next_at = row_int(rows, 10),
                                    .answer = row_int(rows, 11) };
}

enum err webhook_deliveries(struct ctx *ctx, struct webhook_delivery **out, size_t *len_out,
                            const char *id)
{
    struct webhook_delivery *items =
        ARENA_ARRAY(ctx->arena, WEBHOOK_LOG_MAX, struct webhook_delivery);
    struct rows *rows = NULL;
    size_t len = 0;
    bool more = true;
    enum err rc = db_query(ctx, &rows, &DELIVERY_LIST, DB_TEXT(id), DB_INT(WEBHOOK_LOG_MAX));

    while (!rc && len < WEBHOOK_LOG_MAX) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        read_delivery(rows, &items[len++]);
    }
    if (rows != NULL)
        db_rows_close(rows);
    *out = items;
    *len_out = len;
    return rc;
}

/* --- who is told of what --- */

/* The staff member as of now, in a context of its own; *out NULL: locked or gone. */
static enum err load_staff(struct ctx *ctx, const struct user **out, const char *staff_id)
{
    struct ctx theirs = *ctx;
    enum err rc = user_load_by_id(&theirs, staff_id);

    *out = NULL;
    if (rc == ERR_NOT_FOUND)
        return OK;
    if (!rc)
        *out = theirs.user;
    ctx->problems = theirs.problems;
    ctx->problems_last = theirs.problems_last;
    return rc;
}

static bool may_see(struct ctx *ctx, const struct user *user, const char *kind)
{
    const struct form *form = form_find(ctx->forms, kind);

    return form != NULL && user->scope != SCOPE_OWN && user->clearance >= form->privacy &&
           user_may_do(user, kind, "view");
}

static bool has_kind(struct ctx *ctx, const struct webhook *w, const char *kind)
{
    char **kinds = text_split(ctx->arena, w->kinds, ' ', true, NULL);

    for (; *kinds != NULL; kinds++)
        if (strcmp(*kinds, kind) == 0)
            return true;
    return false;
}

/* The secret and the address; problems of each field. */
static enum err check_new(struct ctx *ctx, const struct webhook *w, const char *login)
{
    static const char *const schemes[2] = { "https", "http" };
    struct ctx theirs = *ctx;
    const char *why = NULL;
    char **kinds = text_split(ctx->arena, w->kinds, ' ', true, NULL);
    enum err load;
    enum err rc = OK;

    if (!net_url_fits(ctx, w->url, schemes, &why))
        rc = ctx_fail_field(ctx, "url", why);
    if (*kinds == NULL)
        rc = ctx_fail_field(ctx, "kinds", tr(ctx, "Choose at least one kind of record."));
    load = user_load_by_login(&theirs, login);
    if (load == ERR_NOT_FOUND)
        return ctx_fail_field(
            ctx, "login",
            tr(ctx, "There is no user {0}, or the account is locked.", TR_TEXT(login)));
    if (load) {
        ctx->problems = theirs.problems;
        ctx->problems_last = theirs.problems_last;
        return load;
    }
    if (theirs.user->scope == SCOPE_OWN)
        rc = ctx_fail_field(ctx, "login",
                            tr(ctx, "Choose an account whose role sees a whole office."));
    for (; rc == OK && *kinds != NULL; kinds++)
        if (!may_see(ctx, theirs.user, *kinds))
            rc = ctx_fail_field(
                ctx, "kinds",
                tr(ctx, "The role of {0} may not see “{1}”.", TR_TEXT(login), TR_TEXT(*kinds)));
    return rc;
}

enum err webhook_add(struct ctx *ctx, const char **id_out, const char **secret_out, const char *url,
                     const char *login, const char *kinds)
{
    struct webhook w = { .id = id_new(ctx->arena, ctx->now_ms), .url = url, .kinds = kinds };
    unsigned char bytes[SECRET_BYTES];
    struct ctx theirs = *ctx;
    struct sealed sealed = { 0 };
    struct buf b;
    struct json_out j = { .buf = &b };
    enum err rc = check_new(ctx, &w, login);

    if (!rc)
        rc = user_load_by_login(&theirs, login);
    if (rc)
        return rc;
    random_bytes(bytes, sizeof bytes);
    w.secret = base64url_text(ctx->arena, bytes, sizeof bytes);
    buf_init(&b, ctx->arena, SEALED_MAX);
    json_begin_object(&j);
    json_pair(&j, "url", w.url);
    json_pair(&j, "secret", w.secret);
    json_end_object(&j);
    rc = vault_seal_text(ctx, &sealed, VAULT_KEY_SYSTEM, place_of(ctx, w.id), buf_text(&b));
    if (rc)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &WEBHOOK_ADD, DB_TEXT(w.id), DB_TEXT(theirs.user_id), DB_TEXT(kinds),
                 DB_BLOB(sealed.bytes, sealed.len), DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
    if (!rc)
        rc = audit_add(ctx, "webhook.add", w.id, NULL, NULL);
    rc = db_end(ctx, rc);
    if (rc)
        return rc;
    *id_out = w.id;
    *secret_out = w.secret;
    return OK;
}

enum err webhook_set_state(struct ctx *ctx, const char *id, const char *state)
{
    int64_t changed = 0;
    enum err rc;

    if (!text_equal(state, "active") && !text_equal(state, "paused"))
        return ctx_fail_field(ctx, "state", tr(ctx, "There is no such state."));
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, &changed, &WEBHOOK_STATE, DB_TEXT(id), DB_TEXT(state));
    if (!rc && changed == 0)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such webhook."));
    if (!rc)
        rc = audit_add(ctx, arena_printf(ctx->arena, "webhook.%s", state), id, NULL, NULL);
    return db_end(ctx, rc);
}

static enum err add_delivery(struct ctx *ctx, const char *webhook_id,
                             const struct webhook_delivery *d)
{
    return db_exec(ctx, NULL, &DELIVERY_ADD, DB_TEXT(id_new(ctx->arena, ctx->now_ms)),
                   DB_TEXT(webhook_id), DB_TEXT(d->event), DB_TEXT(d->form), DB_TEXT(d->record_id),
                   DB_INT(d->version), DB_TEXT(d->status), DB_INT(d->changed_at),
                   DB_INT(ctx->now_ms));
}

enum err webhook_try(struct ctx *ctx, const char *id)
{
    const struct webhook_delivery d = {
        .event = "test", .form = "", .record_id = "", .status = "", .changed_at = ctx->now_ms
    };
    struct webhook w = { 0 };
    enum err rc = webhook_load(ctx, &w, id);

    return rc ? rc : add_delivery(ctx, id, &d);
}

/* --- from the history to deliveries --- */

struct change_row {
    int64_t seq;
    const char *office_id;
    struct webhook_delivery d;
};

static void read_change(struct ctx *ctx, struct rows *rows, struct change_row *c)
{
    const char *status = row_text(rows, 6);
    const char *before = row_text(rows, 8);
    const char *what = "updated";

    if (text_equal(row_text(rows, 4), "insert"))
        what = "created";
    else if (before != NULL && !text_equal(status, before))
        what = "status";
    c->seq = row_int(rows, 0);
    c->office_id = row_text(rows, 5);
    c->d = (struct webhook_delivery){ .form = row_text(rows, 1),
                                      .record_id = row_text(rows, 2),
                                      .version = row_int(rows, 3),
                                      .status = status == NULL ? "" : status,
                                      .changed_at = row_int(rows, 7) };
    c->d.event = arena_printf(ctx->arena, "%s.%s", c->d.form, what);
}

static enum err read_changes(struct ctx *ctx, struct change_row *items, size_t *len_out,
                             int64_t after)
{
    struct rows *rows = NULL;
    size_t len = 0;
    bool more = true;
    enum err rc = db_query(ctx, &rows, &HISTORY_AFTER, DB_INT(after), DB_INT(EVENTS_ROUND));

    while (!rc && len < EVENTS_ROUND) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        read_change(ctx, rows, &items[len++]);
    }
    if (rows != NULL)
        db_rows_close(rows);
    *len_out = len;
    return rc;
}

/* What is due to one webhook becomes rows, and its place in the history moves on with them. */
static enum err expand(struct ctx *ctx, const struct webhook *w, const struct user *user)
{
    struct change_row *items = ARENA_ARRAY(ctx->arena, EVENTS_ROUND, struct change_row);
    int64_t changed = 0;
    size_t len = 0;
    enum err rc = read_changes(ctx, items, &len, w->seq);

    if (rc || len == 0)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, &changed, &WEBHOOK_SEQ, DB_TEXT(w->id), DB_INT(items[len - 1].seq),
                 DB_INT(w->seq));
    for (size_t i = 0; !rc && changed == 1 && i < len; i++) {
        const struct change_row *c = &items[i];

        if (!has_kind(ctx, w, c->d.form) || !may_see(ctx, user, c->d.form) ||
            (user->scope != SCOPE_ALL && !text_equal(user->office_id, c->office_id)))
            continue;
        rc = add_delivery(ctx, w->id, &c->d);
    }
    return db_end(ctx, rc);
}

/* --- delivering --- */

static const char *body_of(struct ctx *ctx, const struct webhook_delivery *d)
{
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct json_out j = { .buf = b };

    buf_init(b, ctx->arena, SEALED_MAX);
    json_begin_object(&j);
    json_pair(&j, "id", d->id);
    json_pair(&j, "event", d->event);
    json_pair(&j, "kind", d->form);
    json_pair(&j, "record_id", d->record_id);
    json_pair(&j, "status", d->status);
    json_key(&j, "version");
    json_int(&j, d->version);
    json_pair(&j, "at", moment_text(ctx->arena, d->changed_at));
    json_end_object(&j);
    return buf_text(b);
}

static enum err end_delivery(struct ctx *ctx, const struct webhook *w,
                             const struct webhook_delivery *d, const struct net_answer *a)
{
    static const int64_t minutes[WEBHOOK_TRIES] = { 1, 5, 15, 60, 240, 480, 960, 1440 };
    bool took = a->end == NET_ANSWERED && a->status >= 200 && a->status < 300;
    bool last = d->attempts + 1 >= WEBHOOK_TRIES || a->status == 410;
    const char *state = took ? "done" : last ? "failed" : "waiting";
    int64_t next = ctx->now_ms + (took || last ? 0 : minutes[d->attempts % WEBHOOK_TRIES] * 60000);
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &DELIVERY_END, DB_TEXT(d->id), DB_TEXT(state), DB_INT(next),
                 DB_INT(a->status), DB_TEXT(a->end == NET_ANSWERED ? "" : a->fault),
                 DB_INT(d->attempts));
    if (!rc && took)
        rc = db_exec(ctx, NULL, &WEBHOOK_WORKED, DB_TEXT(w->id));
    else if (!rc && last)
        rc = db_exec(ctx, NULL, &WEBHOOK_FAILED, DB_TEXT(w->id), DB_INT(WEBHOOK_FAILS));
    /* Nobody is there: the others wait with it, instead of each for its own time limit. */
    if (!rc && a->end != NET_ANSWERED)
        rc = db_exec(ctx, NULL, &DELIVERY_HOLD, DB_TEXT(w->id), DB_INT(ctx->now_ms + HOLD_MS));
    if (!rc)
        rc = db_exec(ctx, NULL, &DELIVERY_PURGE, DB_TEXT(w->id),
                     DB_INT(ctx->now_ms - WEBHOOK_KEPT_MS));
    return db_end(ctx, rc);
}

static enum err deliver(struct ctx *ctx, const struct webhook *w, const struct webhook_delivery *d,
                        bool private_too, bool *answered_out)
{
    const char *body = body_of(ctx, d);
    const char *const headers[] = {
        "Content-Type: application/json",
        "Expect:",
        arena_printf(ctx->arena, "Homeward-Event: %s", d->event),
        arena_printf(ctx->arena, "Homeward-Signature: %s",
                     hook_signature(ctx, w->secret, body, strlen(body))),
        NULL,
    };
    const struct net_post post = { .method = "POST",
                                   .url = w->url,
                                   .headers = headers,
                                   .body = body,
                                   .len = strlen(body),
                                   .private_too = private_too };
    struct net_answer a = { 0 };
    enum err rc = net_post(ctx, &a, &post);

    *answered_out = a.end == NET_ANSWERED;
    return rc ? rc : end_delivery(ctx, w, d, &a);
}

static enum err next_delivery(struct ctx *ctx, struct webhook_delivery *out, bool *there_out,
                              const char *id)
{
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &DELIVERY_DUE, DB_TEXT(id), DB_INT(ctx->now_ms));

    if (!rc)
        rc = db_next(ctx, rows, there_out);
    if (!rc && *there_out)
        read_delivery(rows, out);
    if (rows != NULL)
        db_rows_close(rows);
    return rc;
}

/* One that does not answer ends the round of its webhook: the next ones would wait as long. */
static enum err deliver_due(struct ctx *ctx, const struct webhook *w, bool private_too, int64_t end)
{
    bool answered = true;
    enum err rc = db_flush(ctx, ctx->db); /* nothing unflushed is told */

    for (int i = 0; !rc && answered && i < SENDS_ROUND && clock_monotonic_us() < end; i++) {
        struct webhook_delivery d = { 0 };
        bool there = false;

        rc = next_delivery(ctx, &d, &there, w->id);
        if (rc || !there)
            break;
        rc = deliver(ctx, w, &d, private_too, &answered);
    }
    return rc;
}

enum err webhooks_round(struct ctx *ctx)
{
    int64_t end = clock_monotonic_us() + ROUND_US;
    struct webhook *items = NULL;
    const char *private = NULL;
    size_t len = 0;
    size_t first; /* another one each second, so that none takes all the time */
    enum err rc = webhook_list(ctx, &items, &len);

    if (!rc && len > 0)
        rc = setting_get(ctx, &private, "", SETTING_PRIVATE);
    first = len > 0 ? (size_t)(ctx->now_ms / 1000) % len : 0;
    for (size_t i = 0; !rc && i < len && clock_monotonic_us() < end; i++) {
        const struct webhook *w = &items[(first + i) % len];
        const struct user *user = NULL;

        if (!text_equal(w->state, "active"))
            continue;
        rc = load_staff(ctx, &user, w->staff_id);
        if (rc || user == NULL)
            continue; /* locked: nothing is told until the account is back */
        rc = expand(ctx, w, user);
        if (!rc)
            rc = deliver_due(ctx, w, text_equal(private, "1"), end);
    }
    return rc;
}
