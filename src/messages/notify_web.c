#include <string.h>

#include "auth/auth.h"
#include "messages/messages_inner.h"
#include "messages/messages_web.h"
#include "messages/notify.h"
#include "messages_templates.h"

static enum err show(struct ctx *ctx, const struct req *req, struct res *res, int status)
{
    struct notifications_view v = { 0 };
    struct notification *items = NULL;
    struct note_view *notes;
    struct staff_mail mail = { 0 };
    size_t len = 0;
    enum err rc = notify_list(ctx, &items, &len, req_text(req, "after"));

    if (!rc)
        rc = staff_mail_load(ctx, &mail, ctx->user_id);
    if (rc)
        return rc;
    notes = ARENA_ARRAY(ctx->arena, len + 1, struct note_view);
    for (size_t i = 0; i < len; i++) {
        notes[i] =
            (struct note_view){ .text = items[i].text,
                                .open = url_build(ctx, "/notifications/{}/open", items[i].id),
                                .made_at = items[i].made_at,
                                .has_link = items[i].link != NULL,
                                .unread = items[i].unread };
        v.any_unread = v.any_unread || items[i].unread;
    }
    v.notes = notes;
    v.notes_len = len;
    v.has_next = len == NOTIFY_LIST_MAX;
    if (v.has_next)
        v.next = url_build(ctx, "/notifications?after={}", items[len - 1].id);
    v.address =
        message_field_of(ctx, "address", status == 200 ? mail.address : req_text(req, "address"));
    v.digest = status == 200 ? mail.digest : req_bool(req, "digest");
    notifications_reply(res, status, &v);
    return OK;
}

static enum err get_notes(struct ctx *ctx, const struct req *req, struct res *res)
{
    return show(ctx, req, res, 200);
}

static enum err post_read(struct ctx *ctx, const struct req *req, struct res *res)
{
    enum err rc = notify_read(ctx, NULL);

    (void)req;
    return rc ? rc : res_see_other(res, url_build(ctx, "/notifications"));
}

/* Read, and on to where it points: the path was checked when it was written. */
static enum err post_open(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct notification n = { 0 };
    enum err rc = notify_load(ctx, &n, req_path(req, "id"));

    if (!rc)
        rc = notify_read(ctx, n.id);
    if (rc)
        return rc;
    return res_see_other(res, n.link == NULL ? url_build(ctx, "/notifications")
                                             : (struct url){ n.link });
}

static enum err post_mail(struct ctx *ctx, const struct req *req, struct res *res)
{
    enum err rc = staff_mail_save(ctx, req_text(req, "address"), req_bool(req, "digest"));

    if (rc == ERR_INVALID)
        return show(ctx, req, res, 422);
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "Saved."));
    return res_see_other(res, url_build(ctx, "/notifications"));
}

static const struct field_spec list_fields[] = {
    { "after", INPUT_TEXT, .max = 36 },
    { 0 },
};

static const struct field_spec mail_fields[] = {
    { "address", INPUT_TEXT, .max = 300 },
    { "digest", INPUT_BOOL },
    { 0 },
};

const struct route notify_routes[] = {
    { GET, "/notifications", PERM_SIGNED_IN, get_notes, FIELDS(list_fields) },
    { POST, "/notifications/read", PERM_SIGNED_IN, post_read, NO_FIELDS },
    { POST, "/notifications/{id}/open", PERM_SIGNED_IN, post_open, NO_FIELDS },
    { POST, "/notifications/mail", PERM_SIGNED_IN, post_mail, FIELDS(mail_fields) },
    { 0 },
};
