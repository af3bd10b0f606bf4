#include <string.h>

#include "auth/auth.h"
#include "core/buf.h"
#include "core/text.h"
#include "forms/forms.h"
#include "forms_gen.h"
#include "messages/messages_inner.h"
#include "messages/messages_web.h"
#include "messages/webhook.h"
#include "messages_templates.h"

#define KINDS_MAX 4000

static const char *state_text(struct ctx *ctx, const char *state)
{
    if (text_equal(state, "active"))
        return tr(ctx, "Switched on");
    return text_equal(state, "paused") ? tr(ctx, "Paused") : tr(ctx, "Switched off after failures");
}

/* Titles of the kinds; a kind that is no more stands as its code. */
static const char *kinds_text(struct ctx *ctx, const struct webhook *w)
{
    char **kinds = text_split(ctx->arena, w->kinds, ' ', true, NULL);
    struct buf b;

    buf_init(&b, ctx->arena, KINDS_MAX);
    for (size_t i = 0; kinds[i] != NULL; i++) {
        const struct form *form = form_find(ctx->forms, kinds[i]);

        buf_add(&b, i == 0 ? "" : " · ");
        buf_add(&b, form == NULL ? kinds[i] : label_text(ctx, &form->title));
    }
    return buf_ok(&b) ? buf_text(&b) : w->kinds;
}

static void fill_line(struct ctx *ctx, struct webhook_line_view *v, const struct webhook *w)
{
    *v = (struct webhook_line_view){ .link = url_build(ctx, "/webhooks/{}", w->id),
                                     .address = w->url,
                                     .staff = w->staff_name,
                                     .kinds = kinds_text(ctx, w),
                                     .state = state_text(ctx, w->state),
                                     .state_code = w->state };
}

static bool was_sent(const struct req *req, const char *kind)
{
    size_t len = 0;
    const struct pair *pairs = req_pairs(req, &len);

    for (size_t i = 0; i < len; i++)
        if (strcmp(pairs[i].name, "kind") == 0 && strcmp(pairs[i].value, kind) == 0)
            return true;
    return false;
}

static void fill_kinds(struct ctx *ctx, struct webhooks_view *v, const struct req *req)
{
    struct option_view *items = ARENA_ARRAY(ctx->arena, ctx->forms->len + 1, struct option_view);

    for (size_t i = 0; i < ctx->forms->len; i++) {
        const struct form *f = ctx->forms->items[i];

        items[i].code = f->kind;
        items[i].label = label_text(ctx, &f->title);
        items[i].current = was_sent(req, f->kind);
    }
    v->kinds_all = items;
    v->kinds_all_len = ctx->forms->len;
}

static enum err show_list(struct ctx *ctx, const struct req *req, struct res *res, int status)
{
    struct webhooks_view v = { 0 };
    struct webhook_line_view *lines;
    struct webhook *items = NULL;
    size_t len = 0;
    enum err rc = webhook_list(ctx, &items, &len);

    if (rc)
        return rc;
    lines = ARENA_ARRAY(ctx->arena, len + 1, struct webhook_line_view);
    for (size_t i = 0; i < len; i++)
        fill_line(ctx, &lines[i], &items[i]);
    v.lines = lines;
    v.lines_len = len;
    v.address = message_field_of(ctx, "url", req_text(req, "url"));
    v.login = message_field_of(ctx, "login", req_text(req, "login"));
    v.kinds = message_field_of(ctx, "kinds", "");
    fill_kinds(ctx, &v, req);
    webhooks_reply(res, status, &v);
    return OK;
}

static enum err get_webhooks(struct ctx *ctx, const struct req *req, struct res *res)
{
    return show_list(ctx, req, res, 200);
}

static void fill_deliveries(struct ctx *ctx, struct webhook_view *v,
                            const struct webhook_delivery *items, size_t len)
{
    struct delivery_view *out = ARENA_ARRAY(ctx->arena, len + 1, struct delivery_view);

    for (size_t i = 0; i < len; i++) {
        const struct webhook_delivery *d = &items[i];

        out[i] = (struct delivery_view){ .event = d->event,
                                         .record_id = d->record_id,
                                         .changed_at = d->changed_at,
                                         .attempts = d->attempts,
                                         .answer = message_reason_text(ctx, d->fault) };
        if (d->answer > 0)
            out[i].answer = arena_printf(ctx->arena, "%lld", (long long)d->answer);
        out[i].state = text_equal(d->state, "done")     ? tr(ctx, "Taken")
                       : text_equal(d->state, "failed") ? tr(ctx, "Given up")
                                                        : message_state_text(ctx, "waiting");
    }
    v->deliveries = out;
    v->deliveries_len = len;
}

static enum err show_one(struct ctx *ctx, struct res *res, const char *id, const char *secret)
{
    struct webhook_view v = { .secret = secret };
    struct webhook_delivery *items = NULL;
    struct webhook w = { 0 };
    size_t len = 0;
    enum err rc = webhook_load(ctx, &w, id);

    if (!rc)
        rc = webhook_deliveries(ctx, &items, &len, id);
    if (rc)
        return rc;
    fill_line(ctx, &v.line, &w);
    fill_deliveries(ctx, &v, items, len);
    v.active = text_equal(w.state, "active");
    v.set = url_build(ctx, "/webhooks/{}/state", id);
    v.try_it = url_build(ctx, "/webhooks/{}/test", id);
    webhook_reply(res, 200, &v);
    return OK;
}

static enum err get_webhook(struct ctx *ctx, const struct req *req, struct res *res)
{
    return show_one(ctx, res, req_path(req, "id"), NULL);
}

static enum err post_webhook(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *id = NULL;
    const char *secret = NULL;
    struct buf kinds;
    enum err rc;

    buf_init(&kinds, ctx->arena, KINDS_MAX);
    for (size_t i = 0; i < ctx->forms->len; i++) {
        const char *kind = ctx->forms->items[i]->kind;

        if (was_sent(req, kind))
            buf_printf(&kinds, "%s%s", kinds.len > 0 ? " " : "", kind);
    }
    rc = webhook_add(ctx, &id, &secret, req_text(req, "url"), req_text(req, "login"),
                     buf_text(&kinds));
    if (rc == ERR_INVALID)
        return show_list(ctx, req, res, 422);
    return rc ? rc : show_one(ctx, res, id, secret); /* in no address and no cookie */
}

static enum err post_state(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *id = req_path(req, "id");
    enum err rc = webhook_set_state(ctx, id, req_text(req, "state"));

    return rc ? rc : res_see_other(res, url_build(ctx, "/webhooks/{}", id));
}

static enum err post_try(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *id = req_path(req, "id");
    enum err rc = webhook_try(ctx, id);

    return rc ? rc : res_see_other(res, url_build(ctx, "/webhooks/{}", id));
}

static const struct field_spec add_fields[] = {
    { "url", INPUT_TEXT, .max = 1000 },
    { "login", INPUT_TEXT, .max = 64 },
    { "kind", INPUT_CODE },
    { 0 },
};

static const struct field_spec state_fields[] = {
    { "state", INPUT_CODE },
    { 0 },
};

const struct route webhook_routes[] = {
    { GET, "/webhooks", PERM_SETTINGS_MANAGE, get_webhooks, NO_FIELDS },
    { POST, "/webhooks", PERM_SETTINGS_MANAGE, post_webhook, FIELDS(add_fields) },
    { GET, "/webhooks/{id}", PERM_SETTINGS_MANAGE, get_webhook, NO_FIELDS },
    { POST, "/webhooks/{id}/state", PERM_SETTINGS_MANAGE, post_state, FIELDS(state_fields) },
    { POST, "/webhooks/{id}/test", PERM_SETTINGS_MANAGE, post_try, NO_FIELDS },
    { 0 },
};
