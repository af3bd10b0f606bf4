/* What gateways tell us: delivery reports, and replies such as STOP; signatures of both ways. */
#include <string.h>

#include <sodium.h>

#include "audit/audit.h"
#include "core/json.h"
#include "core/text.h"
#include "messages/messages_inner.h"

#define MEMBERS_MAX 200 /* bytes of id, status, from */

/* --- signatures --- */

static void mac_of(unsigned char out[crypto_auth_hmacsha256_BYTES], const char *secret,
                   const char *seconds, const char *bytes, size_t len)
{
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret, strlen(secret));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)seconds, strlen(seconds));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)".", 1);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)bytes, len);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

const char *hook_signature(struct ctx *ctx, const char *secret, const char *bytes, size_t len)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    const char *seconds = arena_printf(ctx->arena, "%lld", (long long)(ctx->now_ms / 1000));

    mac_of(mac, secret, seconds, bytes, len);
    return arena_printf(ctx->arena, "t=%s,v1=%s", seconds, hex_text(ctx->arena, mac, sizeof mac));
}

static bool is_signed(struct ctx *ctx, const char *signature, const char *secret, const char *bytes,
                      size_t len)
{
    unsigned char want[crypto_auth_hmacsha256_BYTES];
    unsigned char got[crypto_auth_hmacsha256_BYTES];
    const char *comma = signature == NULL ? NULL : strstr(signature, ",v1=");
    const char *seconds;
    int64_t t = 0;

    if (comma == NULL || !text_starts(signature, "t=") || *secret == '\0')
        return false;
    seconds = arena_strndup(ctx->arena, signature + 2, (size_t)(comma - signature) - 2);
    if (!parse_int(seconds, 0, INT64_MAX / 1000, &t) || t * 1000 < ctx->now_ms - GATEWAY_CLOCK_MS ||
        t * 1000 > ctx->now_ms + GATEWAY_CLOCK_MS || !hex_parse(comma + 4, got, sizeof got))
        return false;
    mac_of(want, secret, seconds, bytes, len);
    return secret_equal(want, got, sizeof want);
}

/* --- reports --- */

/* A short text without control characters; "" if absent; NULL if it is something else. */
static const char *member(json_t *tree, const char *key, size_t max)
{
    json_t *value = json_object_get(tree, key);
    const char *text = json_string_value(value);

    if (value == NULL || json_is_null(value))
        return "";
    if (text == NULL || strlen(text) > max)
        return NULL;
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' && max == MEMBERS_MAX)
            return NULL;
    return text;
}

static enum err not_a_report(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx, "A report is an object with id and status, or with from and text."));
}

enum err gateway_report_parse(struct ctx *ctx, struct gateway_report *out, const char *bytes,
                              size_t len)
{
    static const char *const known[] = { "sent", "delivered", "failed", "bounced" };
    struct gateway_report r = { 0 };
    json_t *tree = NULL;
    bool status = false;
    enum err rc;

    if (len > GATEWAY_REPORT_MAX)
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The report is too long."));
    rc = json_parse(ctx, &tree, bytes, len);
    if (rc)
        return rc;
    r.id = member(tree, "id", MEMBERS_MAX);
    r.status = member(tree, "status", MEMBERS_MAX);
    r.from = member(tree, "from", MEMBERS_MAX);
    r.text = member(tree, "text", GATEWAY_REPORT_MAX);
    if (!json_is_object(tree) || !r.id || !r.status || !r.from || !r.text)
        return not_a_report(ctx);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        status = status || strcmp(known[i], r.status) == 0;
    if (*r.from != '\0' ? *r.id != '\0' || *r.status != '\0' : *r.id == '\0' || !status)
        return not_a_report(ctx);
    *out = r;
    return OK;
}

/* --- what they change --- */

/* States that a report may follow; it never goes back, so one that comes twice changes nothing. */
static bool may_follow(const char *state, const char *status)
{
    static const char *const open[] = { "sent", "unknown", "sending" };

    for (size_t i = 0; i < 3; i++)
        if (strcmp(state, open[i]) == 0)
            return strcmp(state, status) != 0;
    return false;
}

static enum err take_status(struct ctx *ctx, const struct gateway_report *r)
{
    struct change c = { .state = r->status, .reason = "reported" };
    struct message_row m = { 0 };
    enum err rc = message_store_by_gateway(ctx, &m, r->id);

    if (rc ==
        ERR_NOT_FOUND) { /* another system's, or one that we no longer have: the same answer */
        ctx_clear_problems(ctx);
        return OK;
    }
    if (rc || m.channel != CHANNEL_SMS || !may_follow(m.state, r->status))
        return rc;
    rc = message_store_change(ctx, &m, &c);
    return rc ? rc
              : audit_add(ctx, arena_printf(ctx->arena, "message.%s", c.state), m.id, NULL, NULL);
}

static enum err take_reply(struct ctx *ctx, const struct gateway_report *r)
{
    const char *from = phone_normal(ctx->arena, r->from);
    const char *order = text_order(ctx, r->text);

    if (from == NULL && ascii_is_digit(r->from[0])) /* gateways often leave the plus out */
        from = phone_normal(ctx->arena, arena_printf(ctx->arena, "+%s", r->from));
    if (from == NULL)
        return not_a_report(ctx);
    if (order == NULL)
        return OK; /* what else people write is not kept: a reply may say anything */
    return opt_out_write(ctx, CHANNEL_SMS, from, strcmp(order, "stop") == 0, "reply");
}

enum err gateway_report_take(struct ctx *ctx, const char *signature, const char *bytes, size_t len)
{
    struct gateway_report r = { 0 };
    struct sms_settings s = { .secret = "" };
    bool there = false;
    enum err rc = sms_settings_load(ctx, &s, &there);

    if (rc)
        return rc;
    if (len > GATEWAY_REPORT_MAX || !is_signed(ctx, signature, s.secret, bytes, len))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "The report is not signed as it must be."));
    rc = gateway_report_parse(ctx, &r, bytes, len);
    if (rc)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = *r.from != '\0' ? take_reply(ctx, &r) : take_status(ctx, &r);
    return db_end(ctx, rc);
}
