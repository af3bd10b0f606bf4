/* Notifications within the program, the address of staff, and the daily mail that counts them. */
#include <string.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "core/buf.h"
#include "core/date.h"
#include "core/id.h"
#include "core/json.h"
#include "core/text.h"
#include "messages/messages_inner.h"
#include "messages/notify.h"

#define SEALED_MAX ((size_t)4 * 1024)
#define ARGS_MAX   4
#define DAY_MS     ((int64_t)24 * 60 * 60 * 1000)
#define DIGEST_MAX 500

/* $5 '': a line of its own; else only while none of that topic is unread. */
DB_SQL(NOTIFY_ADD, "INSERT INTO notification (id, staff_id, sealed, made_at, topic)"
                   " SELECT $1, $2, $3, $4, $5 WHERE EXISTS (SELECT 1 FROM staff AS st"
                   " WHERE st.id = $2) AND ($5 = '' OR NOT EXISTS (SELECT 1 FROM"
                   " notification AS n WHERE n.staff_id = $2 AND n.read_at IS NULL"
                   " AND n.topic = $5))");
DB_SQL(NOTIFY_COUNT, "SELECT count(*) FROM (SELECT 1 FROM notification WHERE staff_id = $1"
                     " AND read_at IS NULL LIMIT $2) AS n");
DB_SQL(NOTIFY_LIST, "SELECT id, sealed, made_at, read_at FROM notification WHERE staff_id = $1"
                    " AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3");
DB_SQL(NOTIFY_GET, "SELECT id, sealed, made_at, read_at FROM notification WHERE id = $1"
                   " AND staff_id = $2");
DB_SQL(NOTIFY_READ, "UPDATE notification SET read_at = $3 WHERE staff_id = $1 AND read_at IS NULL"
                    " AND ($2 = '' OR id = $2)");
DB_SQL(STAFF_MAIL_GET, "SELECT m.sealed, m.digest, st.office_id, st.lang FROM staff AS st"
                       " LEFT JOIN staff_mail AS m ON m.staff_id = st.id WHERE st.id = $1");
DB_SQL(STAFF_MAIL_SET, "INSERT INTO staff_mail (staff_id, sealed, digest, digest_at)"
                       " VALUES ($1, $2, $3, $4) ON CONFLICT (staff_id)"
                       " DO UPDATE SET sealed = excluded.sealed, digest = excluded.digest");
DB_SQL(DIGEST_DUE, "SELECT m.staff_id, o.time_zone FROM staff_mail AS m"
                   " JOIN staff AS st ON st.id = m.staff_id JOIN office AS o ON o.id = st.office_id"
                   " WHERE m.digest = 1 AND st.state = 'active'"
                   " AND (m.digest_at <= $1 OR m.digest_at > $2)"
                   " AND EXISTS (SELECT 1 FROM notification AS n WHERE n.staff_id = m.staff_id"
                   " AND n.read_at IS NULL AND n.made_at > m.digest_at) ORDER BY m.staff_id"
                   " LIMIT $3");
DB_SQL(DIGEST_DONE, "UPDATE staff_mail SET digest_at = $2 WHERE staff_id = $1");

/* --- writing --- */

static const char *place_of(struct ctx *ctx, const char *id)
{
    return arena_printf(ctx->arena, "notification/%s", id);
}

/* A path of ours: nothing that a browser would take for another host. */
static bool link_fits(const char *link)
{
    if (link[0] != '/' || link[1] == '/' || strlen(link) > 500)
        return false;
    for (const char *p = link; *p != '\0'; p++)
        if (*p <= ' ' || *p > '~' || *p == '\\')
            return false;
    return true;
}

enum err notify_once(struct ctx *ctx, const char *staff_id, const struct notice *n)
{
    const char *id = id_new(ctx->arena, ctx->now_ms);
    struct sealed sealed = { 0 };
    struct buf b;
    struct json_out j = { .buf = &b };
    enum err rc;

    if (n->link != NULL && !link_fits(n->link))
        return ctx_fail(ctx, ERR_INVALID, "a notification points to a path of ours or nowhere");
    buf_init(&b, ctx->arena, SEALED_MAX);
    json_begin_object(&j);
    json_pair(&j, "text", n->text);
    json_pair(&j, "link", n->link);
    json_key(&j, "args");
    json_begin_array(&j);
    for (size_t i = 0; n->args != NULL && n->args[i] != NULL && i < ARGS_MAX; i++)
        json_text(&j, n->args[i]);
    json_end_array(&j);
    json_end_object(&j);
    if (!buf_ok(&b))
        return ctx_fail(ctx, ERR_LIMIT, "a notification is too long");
    rc = vault_seal_text(ctx, &sealed, VAULT_KEY_STAFF, place_of(ctx, id), buf_text(&b));
    if (!rc)
        rc = db_exec(ctx, NULL, &NOTIFY_ADD, DB_TEXT(id), DB_TEXT(staff_id),
                     DB_BLOB(sealed.bytes, sealed.len), DB_INT(ctx->now_ms), DB_TEXT(n->topic));
    return rc;
}

enum err notify(struct ctx *ctx, const char *staff_id, const char *text, const char *const *args,
                const char *link)
{
    const struct notice n = { .topic = "", .text = text, .args = args, .link = link };

    return notify_once(ctx, staff_id, &n);
}

enum err notify_read(struct ctx *ctx, const char *id)
{
    int64_t changed = 0;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = db_exec(ctx, &changed, &NOTIFY_READ, DB_TEXT(ctx->user_id), DB_TEXT(id == NULL ? "" : id),
                 DB_INT(ctx->now_ms));
    if (!rc && changed > 0)
        rc = audit_add(ctx, "notification.read", id, NULL, NULL);
    return db_end(ctx, rc);
}

/* --- reading --- */

static enum err count_of(struct ctx *ctx, int64_t *out, const char *staff_id)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &NOTIFY_COUNT, DB_TEXT(staff_id), DB_INT(NOTIFY_COUNT_MAX));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (!rc && more)
        *out = row_int(rows, 0);
    if (rows != NULL)
        db_rows_close(rows);
    return rc;
}

enum err notify_count(struct ctx *ctx, int64_t *out)
{
    *out = 0;
    return ctx->user_id == NULL ? OK : count_of(ctx, out, ctx->user_id);
}

static enum err read_note(struct ctx *ctx, struct notification *out, struct rows *rows)
{
    struct tr_arg args[ARGS_MAX + 1] = { 0 };
    struct sealed sealed = { 0 };
    const char *text = NULL;
    json_t *tree = NULL;
    json_t *list;
    enum err rc;

    out->id = row_text(rows, 0);
    sealed.bytes = row_blob(rows, 1, &sealed.len);
    out->made_at = row_int(rows, 2);
    out->unread = row_is_null(rows, 3);
    rc = vault_unseal_text(ctx, &text, VAULT_KEY_STAFF, place_of(ctx, out->id), &sealed);
    if (!rc)
        rc = json_parse(ctx, &tree, text, strlen(text));
    if (rc)
        return rc;
    list = json_object_get(tree, "args");
    for (size_t i = 0; i < ARGS_MAX && i < json_array_size(list); i++)
        args[i] = TR_TEXT(json_string_value(json_array_get(list, i)));
    text = json_string_value(json_object_get(tree, "text"));
    out->text = tr_args(ctx, text == NULL ? "" : text, args);
    out->link = json_string_value(json_object_get(tree, "link"));
    return OK;
}

enum err notify_list(struct ctx *ctx, struct notification **out, size_t *len_out, const char *after)
{
    struct notification *items = ARENA_ARRAY(ctx->arena, NOTIFY_LIST_MAX, struct notification);
    struct rows *rows = NULL;
    size_t len = 0;
    bool more = true;
    enum err rc = db_query(ctx, &rows, &NOTIFY_LIST, DB_TEXT(ctx->user_id),
                           DB_TEXT(after == NULL ? "" : after), DB_INT(NOTIFY_LIST_MAX));

    while (!rc && len < NOTIFY_LIST_MAX) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        rc = read_note(ctx, &items[len++], rows);
    }
    if (rows != NULL)
        db_rows_close(rows);
    *out = items;
    *len_out = len;
    return rc;
}

enum err notify_load(struct ctx *ctx, struct notification *out, const char *id)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &NOTIFY_GET, DB_TEXT(id), DB_TEXT(ctx->user_id));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (!rc && !more)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such notification."));
    if (!rc)
        rc = read_note(ctx, out, rows);
    if (rows != NULL)
        db_rows_close(rows);
    return rc;
}

/* --- mail of staff --- */

static const char *mail_place(struct ctx *ctx, const char *staff_id)
{
    return arena_printf(ctx->arena, "staff_mail/%s", staff_id);
}

enum err staff_mail_load(struct ctx *ctx, struct staff_mail *out, const char *staff_id)
{
    struct staff_mail mail = { .address = "" };
    struct sealed sealed = { 0 };
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &STAFF_MAIL_GET, DB_TEXT(staff_id));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (!rc && !more)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such member of staff."));
    if (!rc) {
        mail.digest = row_int(rows, 1) == 1;
        mail.office_id = row_text(rows, 2);
        mail.lang = row_text(rows, 3);
        if (!row_is_null(rows, 0)) {
            sealed.bytes = row_blob(rows, 0, &sealed.len);
            rc = vault_unseal_text(ctx, &mail.address, VAULT_KEY_STAFF, mail_place(ctx, staff_id),
                                   &sealed);
        }
    }
    if (rows != NULL)
        db_rows_close(rows);
    if (!rc)
        *out = mail;
    return rc;
}

enum err staff_mail_save(struct ctx *ctx, const char *address, bool digest)
{
    const char *normal = text_blank(address) ? "" : email_normal(ctx->arena, address);
    struct sealed sealed = { 0 };
    enum err rc;

    if (normal == NULL)
        return ctx_fail_field(ctx, "address", tr(ctx, "This is not an address of e-mail."));
    if (*normal == '\0' && digest)
        return ctx_fail_field(ctx, "address", tr(ctx, "Write the address for the daily mail."));
    rc = vault_seal_text(ctx, &sealed, VAULT_KEY_STAFF, mail_place(ctx, ctx->user_id), normal);
    if (rc)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &STAFF_MAIL_SET, DB_TEXT(ctx->user_id),
                 DB_BLOB(sealed.bytes, sealed.len), DB_INT(digest ? 1 : 0), DB_INT(ctx->now_ms));
    if (!rc)
        rc = audit_add(ctx, "staff.mail", ctx->user_id, NULL, NULL);
    return db_end(ctx, rc);
}

/* --- the daily mail --- */

/* In working hours, where the member of staff works. */
static bool is_morning(int64_t now_ms, const char *zone)
{
    int64_t hour = (now_ms + moment_offset_ms(now_ms, zone)) / 3600000 % 24;

    return hour >= 7 && hour < 18;
}

static enum err send_digest(struct ctx *ctx, const char *staff_id)
{
    const char *args[2] = { NULL };
    const struct message m = { .template_name = "staff_digest",
                               .args = args,
                               .staff_id = staff_id };
    const char *id = NULL;
    int64_t n = 0;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = count_of(ctx, &n, staff_id);
    args[0] = arena_printf(ctx->arena, "%lld", (long long)n);
    if (!rc)
        rc = message_add(ctx, &id, &m);
    if (!rc)
        rc = db_exec(ctx, NULL, &DIGEST_DONE, DB_TEXT(staff_id), DB_INT(ctx->now_ms));
    return db_end(ctx, rc);
}

enum err digest_round(struct ctx *ctx)
{
    const char **ids = ARENA_ARRAY(ctx->arena, DIGEST_MAX, const char *);
    struct rows *rows = NULL;
    size_t len = 0;
    bool more = true;
    enum err rc = db_query(ctx, &rows, &DIGEST_DUE, DB_INT(ctx->now_ms - DAY_MS),
                           DB_INT(ctx->now_ms), DB_INT(DIGEST_MAX));

    while (!rc && more) {
        rc = db_next(ctx, rows, &more);
        if (!rc && more && is_morning(ctx->now_ms, row_text(rows, 1)))
            ids[len++] = row_text(rows, 0);
    }
    if (rows != NULL)
        db_rows_close(rows);
    for (size_t i = 0; !rc && i < len; i++)
        rc = send_digest(ctx, ids[i]);
    return rc;
}
