/* The administrator's page: mail server, gateway, quiet hours, a test message. */
#include <string.h>

#include "auth/auth.h"
#include "core/text.h"
#include "forms_gen.h"
#include "messages/messages_inner.h"
#include "messages/messages_web.h"
#include "messages_templates.h"

/* What a form sent with a mistake in it; NULL parts show what is stored. */
struct typed {
    const struct mail_settings *mail;
    const struct sms_settings *sms;
    const char *test_to;
    const char *secret;
};

static void fill_mail(struct ctx *ctx, struct message_settings_view *v,
                      const struct mail_settings *s, bool typed)
{
    struct ctx none = { .arena = ctx->arena };
    struct ctx *of = typed ? ctx : &none; /* problems belong to the form that was sent */

    v->mail_url = message_field_of(of, "url", s->url);
    v->mail_user = message_field_of(of, "user", s->user);
    v->mail_from = message_field_of(of, "from", s->from);
    v->mail_from_name = message_field_of(of, "from_name", s->from_name);
}

static void fill_sms(struct ctx *ctx, struct message_settings_view *v, const struct sms_settings *s,
                     bool typed)
{
    struct ctx none = { .arena = ctx->arena };
    struct ctx *of = typed ? ctx : &none;

    v->sms_url = message_field_of(of, "url", s->url);
    v->sms_method = message_field_of(of, "method", *s->method == '\0' ? "POST" : s->method);
    v->sms_headers = message_field_of(of, "headers", typed ? s->headers : "");
    v->sms_body = message_field_of(
        of, "body",
        *s->body == '\0' ? "{\"to\": \"{to}\", \"text\": \"{text}\", \"id\": \"{id}\"}" : s->body);
    v->sms_ok_codes =
        message_field_of(of, "ok_codes", *s->ok_codes == '\0' ? "200 201 202" : s->ok_codes);
    v->sms_id_pointer = message_field_of(of, "id_pointer", s->id_pointer);
    v->sms_sender = message_field_of(of, "sender", s->sender);
    v->sms_dedup = s->dedup;
}

static const char *time_text(struct ctx *ctx, int minutes)
{
    return arena_printf(ctx->arena, "%02d:%02d", minutes / 60, minutes % 60);
}

static enum err show(struct ctx *ctx, struct res *res, int status, const struct typed *t)
{
    struct message_settings_view v = { .secret = t->secret };
    struct mail_settings mail = { 0 };
    struct sms_settings sms = { 0 };
    const char *private = NULL;
    bool there = false;
    int from = 0;
    int to = 0;
    enum err rc = mail_settings_load(ctx, &mail, &there);

    v.mail_password = there && *mail.password != '\0';
    if (!rc)
        rc = sms_settings_load(ctx, &sms, &v.sms_stored);
    if (!rc)
        rc = quiet_hours(ctx, &from, &to, "");
    if (!rc)
        rc = setting_get(ctx, &private, "", SETTING_PRIVATE);
    if (rc)
        return rc;
    fill_mail(ctx, &v, t->mail != NULL ? t->mail : &mail, t->mail != NULL);
    fill_sms(ctx, &v, t->sms != NULL ? t->sms : &sms, t->sms != NULL);
    v.quiet_from = message_field_of(ctx, "quiet_from", time_text(ctx, from));
    v.quiet_to = message_field_of(ctx, "quiet_to", time_text(ctx, to));
    v.private_too = text_equal(private, "1");
    v.test_to = message_field_of(ctx, "to", t->test_to == NULL ? "" : t->test_to);
    message_settings_reply(res, status, &v);
    return OK;
}

static enum err get_settings(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct typed t = { 0 };

    (void)req;
    return show(ctx, res, 200, &t);
}

static enum err saved(struct ctx *ctx, struct res *res)
{
    res_flash(res, tr(ctx, "Saved."));
    return res_see_other(res, url_build(ctx, "/messages/settings"));
}

static enum err post_mail(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct mail_settings s = { .url = req_text(req, "url"),
                                     .user = req_text(req, "user"),
                                     .password = req_text(req, "password"),
                                     .from = req_text(req, "from"),
                                     .from_name = req_text(req, "from_name") };
    const struct typed t = { .mail = &s };
    enum err rc = mail_settings_save(ctx, &s);

    if (rc == ERR_INVALID)
        return show(ctx, res, 422, &t);
    return rc ? rc : saved(ctx, res);
}

static enum err post_sms(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct sms_settings s = { .url = req_text(req, "url"),
                                    .method = req_text(req, "method"),
                                    .headers = req_text(req, "headers"),
                                    .body = req_text(req, "body"),
                                    .ok_codes = req_text(req, "ok_codes"),
                                    .id_pointer = req_text(req, "id_pointer"),
                                    .sender = req_text(req, "sender"),
                                    .dedup = req_bool(req, "dedup") };
    const struct typed t = { .sms = &s };
    enum err rc = sms_settings_save(ctx, &s);

    if (rc == ERR_INVALID)
        return show(ctx, res, 422, &t);
    return rc ? rc : saved(ctx, res);
}

/* Shown in the answer itself: it stands in no address and no cookie. */
static enum err post_secret(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct typed t = { 0 };
    enum err rc = sms_secret_new(ctx, &t.secret);

    (void)req;
    if (rc && rc != ERR_INVALID)
        return rc;
    return rc ? rc : show(ctx, res, 200, &t);
}

static enum err post_hours(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct typed t = { 0 };
    enum err rc = hours_save(ctx, req_text(req, "quiet_from"), req_text(req, "quiet_to"),
                             req_bool(req, "private"));

    if (rc == ERR_INVALID)
        return show(ctx, res, 422, &t);
    return rc ? rc : saved(ctx, res);
}

static enum err post_test(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct typed t = { .test_to = req_text(req, "to") };
    const struct message m = { .template_name = "test",
                               .test_to = t.test_to,
                               .channel = text_equal(req_text(req, "channel"), "sms")
                                              ? CHANNEL_SMS
                                              : CHANNEL_EMAIL };
    const char *id = NULL;
    enum err rc = message_add(ctx, &id, &m);

    if (rc == ERR_INVALID)
        return show(ctx, res, 422, &t);
    return rc ? rc : res_see_other(res, url_build(ctx, "/messages/{}", id));
}

static const struct field_spec mail_fields[] = {
    { "url", INPUT_TEXT, .max = 1000 },      { "user", INPUT_TEXT, .max = 300 },
    { "password", INPUT_TEXT, .max = 300 },  { "from", INPUT_TEXT, .max = 300 },
    { "from_name", INPUT_TEXT, .max = 100 }, { 0 },
};

static const struct field_spec sms_fields[] = {
    { "url", INPUT_TEXT, .max = 1000 },
    { "method", INPUT_TEXT, .max = 10 },
    { "headers", INPUT_TEXT, .max = 4000 },
    { "body", INPUT_TEXT, .max = 4000 },
    { "ok_codes", INPUT_TEXT, .max = 100 },
    { "id_pointer", INPUT_TEXT, .max = 200 },
    { "sender", INPUT_TEXT, .max = 40 },
    { "dedup", INPUT_BOOL },
    { 0 },
};

static const struct field_spec hours_fields[] = {
    { "quiet_from", INPUT_TEXT, .max = 20 },
    { "quiet_to", INPUT_TEXT, .max = 20 },
    { "private", INPUT_BOOL },
    { 0 },
};

static const struct field_spec test_fields[] = {
    { "to", INPUT_TEXT, .max = 300 },
    { "channel", INPUT_CODE },
    { 0 },
};

const struct route message_settings_routes[] = {
    { GET, "/messages/settings", PERM_SETTINGS_MANAGE, get_settings, NO_FIELDS },
    { POST, "/messages/settings/email", PERM_SETTINGS_MANAGE, post_mail, FIELDS(mail_fields) },
    { POST, "/messages/settings/sms", PERM_SETTINGS_MANAGE, post_sms, FIELDS(sms_fields) },
    { POST, "/messages/settings/secret", PERM_SETTINGS_MANAGE, post_secret, NO_FIELDS },
    { POST, "/messages/settings/hours", PERM_SETTINGS_MANAGE, post_hours, FIELDS(hours_fields) },
    { POST, "/messages/settings/test", PERM_SETTINGS_MANAGE, post_test, FIELDS(test_fields) },
    { 0 },
};
