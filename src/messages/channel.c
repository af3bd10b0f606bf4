/* Settings of the channels: one sealed JSON each, in the table of settings. */
#include <string.h>

#include "auth/auth.h"
#include "core/buf.h"
#include "core/id.h"
#include "core/json.h"
#include "core/text.h"
#include "messages/messages_inner.h"

#define SEALED_MAX   ((size_t)16 * 1024)
#define SECRET_BYTES 32

static const char *place_of(struct ctx *ctx, const char *name)
{
    return arena_printf(ctx->arena, "setting/%s", name);
}

static enum err load(struct ctx *ctx, json_t **out, const char *name)
{
    const char *value = NULL;
    const char *text = NULL;
    struct sealed sealed = { 0 };
    void *bytes = NULL;
    enum err rc = setting_get(ctx, &value, "", name);

    if (rc || value == NULL)
        return rc;
    if (!base64url_parse(ctx->arena, value, &bytes, &sealed.len))
        return ctx_fail(ctx, ERR_INTERNAL, "a sealed setting is damaged");
    sealed.bytes = bytes;
    rc = vault_unseal_text(ctx, &text, VAULT_KEY_SYSTEM, place_of(ctx, name), &sealed);
    return rc ? rc : json_parse(ctx, out, text, strlen(text));
}

static enum err save(struct ctx *ctx, const char *name, const struct buf *json)
{
    struct sealed sealed = { 0 };
    enum err rc;

    if (!buf_ok(json))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "These settings are too long."));
    rc = vault_seal_text(ctx, &sealed, VAULT_KEY_SYSTEM, place_of(ctx, name), buf_text(json));
    if (rc)
        return rc;
    return setting_set(ctx, "", name, base64url_text(ctx->arena, sealed.bytes, sealed.len));
}

static const char *member(json_t *tree, const char *key)
{
    const char *text = json_string_value(json_object_get(tree, key));

    return text == NULL ? "" : text;
}

/* --- the gateway for SMS --- */

enum err sms_settings_load(struct ctx *ctx, struct sms_settings *out, bool *there_out)
{
    json_t *tree = NULL;
    enum err rc = load(ctx, &tree, SETTING_SMS);

    if (rc)
        return rc;
    *there_out = tree != NULL && *member(tree, "url") != '\0';
    *out = (struct sms_settings){ .url = member(tree, "url"),
                                  .method = member(tree, "method"),
                                  .headers = member(tree, "headers"),
                                  .body = member(tree, "body"),
                                  .ok_codes = member(tree, "ok_codes"),
                                  .id_pointer = member(tree, "id_pointer"),
                                  .sender = member(tree, "sender"),
                                  .secret = member(tree, "secret"),
                                  .dedup = json_is_true(json_object_get(tree, "dedup")) };
    return OK;
}

static enum err write_sms(struct ctx *ctx, const struct sms_settings *s)
{
    struct buf b;
    struct json_out j = { .buf = &b };

    buf_init(&b, ctx->arena, SEALED_MAX);
    json_begin_object(&j);
    json_pair(&j, "url", s->url);
    json_pair(&j, "method", s->method);
    json_pair(&j, "headers", s->headers);
    json_pair(&j, "body", s->body);
    json_pair(&j, "ok_codes", s->ok_codes);
    json_pair(&j, "id_pointer", s->id_pointer);
    json_pair(&j, "sender", s->sender);
    json_pair(&j, "secret", s->secret);
    json_key(&j, "dedup");
    json_bool(&j, s->dedup);
    json_end_object(&j);
    return save(ctx, SETTING_SMS, &b);
}

/* Lines "Name: value" of printable ASCII; not those that libcurl writes itself. */
static bool headers_fit(struct ctx *ctx, const char *text)
{
    static const char *const ours[] = { "host", "content-length", "transfer-encoding", "connection",
                                        "expect" };
    size_t len = 0;
    char **lines = text_split(ctx->arena, text, '\n', true, &len);

    for (size_t i = 0; i < len; i++) {
        const char *line = text_trim(ctx->arena, lines[i]); /* browsers end lines in CR LF */
        const char *colon = strchr(line, ':');
        const char *name;

        if (colon == NULL || colon == line || len > 10)
            return false;
        for (const char *p = line; *p != '\0'; p++)
            if (*p < ' ' || *p > '~' ||
                (p < colon && !ascii_is_alpha(*p) && *p != '-' && !ascii_is_digit(*p)))
                return false;
        name = arena_strndup(ctx->arena, line, (size_t)(colon - line));
        for (size_t k = 0; k < sizeof ours / sizeof ours[0]; k++)
            if (ascii_casecmp(name, ours[k]) == 0)
                return false;
    }
    return true;
}

static bool codes_fit(struct ctx *ctx, const char *text)
{
    size_t len = 0;
    char **codes = text_split(ctx->arena, text, ' ', true, &len);
    int64_t n = 0;

    for (size_t i = 0; i < len; i++)
        if (!parse_int(codes[i], 200, 299, &n))
            return false;
    return len > 0;
}

/* A name that the phone shows beside the message. */
static void check_name(struct ctx *ctx, const char *field, const char *name)
{
    const char *word = strchr(name, '@') ? address_tells(ctx, name) : text_tells(ctx, name);

    if (word != NULL)
        (void)ctx_fail_field(
            ctx, field,
            tr(ctx, "The word “{0}” could tell others what the message is about.", TR_TEXT(word)));
}

static void check_sms(struct ctx *ctx, const struct sms_settings *s)
{
    static const char *const schemes[2] = { "https", "http" };
    static const struct parcel sample = { "1", "+22100000000", "", "x", "en" };
    const char *why = NULL;

    if (!net_url_fits(ctx, s->url, schemes, &why))
        (void)ctx_fail_field(ctx, "url", why);
    if (!text_equal(s->method, "POST") && !text_equal(s->method, "PUT"))
        (void)ctx_fail_field(ctx, "method", tr(ctx, "The method is POST or PUT."));
    if (!headers_fit(ctx, s->headers))
        (void)ctx_fail_field(ctx, "headers",
                             tr(ctx, "Write at most ten lines such as “Authorization: Bearer …”."));
    if (!codes_fit(ctx, s->ok_codes))
        (void)ctx_fail_field(ctx, "ok_codes",
                             tr(ctx, "Write status numbers from 200 to 299, such as 200 202."));
    if (*s->id_pointer != '\0' && *s->id_pointer != '/')
        (void)ctx_fail_field(ctx, "id_pointer",
                             tr(ctx, "A place in the answer begins with a stroke: /messages/0/id"));
    if (strstr(s->body, "{to}") == NULL || strstr(s->body, "{text}") == NULL)
        (void)ctx_fail_field(ctx, "body",
                             tr(ctx, "The body needs the words to and text in braces."));
    else if (sms_body(ctx, s, &sample) == NULL)
        (void)ctx_fail_field(ctx, "body",
                             tr(ctx, "The content type is that of JSON or of a form: name it in a "
                                     "line of the headers, and write the body so."));
    check_name(ctx, "sender", s->sender);
}

/* Failures are told all at once; the first code counts. */
static enum err verdict(const struct ctx *ctx, const struct problem *before)
{
    return ctx->problems_last == before ? OK : ERR_INVALID;
}

enum err sms_settings_save(struct ctx *ctx, const struct sms_settings *s)
{
    struct sms_settings old = { 0 };
    struct sms_settings all = *s;
    const struct problem *before = ctx->problems_last;
    bool there = false;
    enum err rc = sms_settings_load(ctx, &old, &there);

    if (rc)
        return rc;
    if (*all.headers == '\0' && text_equal(all.url, old.url))
        all.headers = old.headers; /* to another address they are not carried over */
    if (*all.headers == '\0')
        all.headers = "Content-Type: application/json";
    all.secret = old.secret;
    check_sms(ctx, &all);
    rc = verdict(ctx, before);
    return rc ? rc : write_sms(ctx, &all);
}

enum err sms_secret_new(struct ctx *ctx, const char **out)
{
    unsigned char bytes[SECRET_BYTES];
    struct sms_settings s = { 0 };
    bool there = false;
    enum err rc = sms_settings_load(ctx, &s, &there);

    if (!rc && !there)
        rc = ctx_fail(ctx, ERR_INVALID, tr(ctx, "Set up the gateway for SMS first."));
    if (rc)
        return rc;
    random_bytes(bytes, sizeof bytes);
    s.secret = base64url_text(ctx->arena, bytes, sizeof bytes);
    rc = write_sms(ctx, &s);
    if (!rc)
        *out = s.secret;
    return rc;
}

/* --- mail --- */

enum err mail_settings_load(struct ctx *ctx, struct mail_settings *out, bool *there_out)
{
    json_t *tree = NULL;
    enum err rc = load(ctx, &tree, SETTING_MAIL);

    if (rc)
        return rc;
    *there_out = tree != NULL && *member(tree, "url") != '\0';
    *out = (struct mail_settings){ .url = member(tree, "url"),
                                   .user = member(tree, "user"),
                                   .password = member(tree, "password"),
                                   .from = member(tree, "from"),
                                   .from_name = member(tree, "from_name") };
    return OK;
}

enum err mail_settings_save(struct ctx *ctx, const struct mail_settings *s)
{
    static const char *const schemes[2] = { "smtps", "smtp" };
    struct mail_settings old = { 0 };
    struct mail_settings all = *s;
    const struct problem *before = ctx->problems_last;
    const char *why = NULL;
    struct buf b;
    struct json_out j = { .buf = &b };
    bool there = false;
    enum err rc = mail_settings_load(ctx, &old, &there);

    if (rc)
        return rc;
    if (*all.password == '\0' && text_equal(all.url, old.url) && text_equal(all.user, old.user))
        all.password = old.password;
    if (!net_url_fits(ctx, all.url, schemes, &why))
        (void)ctx_fail_field(ctx, "url", why);
    all.from = email_normal(ctx->arena, all.from);
    if (all.from == NULL)
        (void)ctx_fail_field(ctx, "from", tr(ctx, "This is not an address of e-mail."));
    else
        check_name(ctx, "from", all.from);
    check_name(ctx, "from_name", all.from_name);
    if (strchr(all.from_name, '\n') != NULL)
        (void)ctx_fail_field(ctx, "from_name", tr(ctx, "Write the name in one line."));
    rc = verdict(ctx, before);
    if (rc)
        return rc;
    buf_init(&b, ctx->arena, SEALED_MAX);
    json_begin_object(&j);
    json_pair(&j, "url", all.url);
    json_pair(&j, "user", all.user);
    json_pair(&j, "password", all.password);
    json_pair(&j, "from", all.from);
    json_pair(&j, "from_name", all.from_name);
    json_end_object(&j);
    return save(ctx, SETTING_MAIL, &b);
}
