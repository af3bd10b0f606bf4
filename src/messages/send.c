/* One message through its channel, and what the other side's answer means. */
#include <string.h>

#include "core/buf.h"
#include "core/date.h"
#include "core/json.h"
#include "core/text.h"
#include "messages/messages_inner.h"

#define BODY_MAX    ((size_t)8 * 1024)
#define HEADERS_MAX 12
#define ID_MAX      200
#define LINE_BYTES  54 /* before base64: 72 columns */

/* --- the gateway's request --- */

enum escape { ESCAPE_NONE, ESCAPE_JSON, ESCAPE_FORM };

static char **header_lines(struct ctx *ctx, const char *headers, size_t *len_out)
{
    char **lines = text_split(ctx->arena, headers, '\n', true, len_out);

    for (size_t i = 0; i < *len_out; i++)
        lines[i] = text_trim(ctx->arena, lines[i]);
    return lines;
}

static enum escape escape_of(struct ctx *ctx, const char *headers)
{
    size_t len = 0;
    char **lines = header_lines(ctx, headers, &len);

    for (size_t i = 0; i < len; i++) {
        const char *name = arena_strndup(ctx->arena, lines[i], strcspn(lines[i], ":"));

        if (ascii_casecmp(name, "content-type") != 0)
            continue;
        if (strstr(lines[i], "json") != NULL)
            return ESCAPE_JSON;
        return strstr(lines[i], "x-www-form-urlencoded") != NULL ? ESCAPE_FORM : ESCAPE_NONE;
    }
    return ESCAPE_NONE;
}

static void add_value(struct ctx *ctx, struct buf *b, const char *value, enum escape escape)
{
    struct buf quoted;

    if (escape == ESCAPE_FORM) {
        buf_add_url(b, value);
        return;
    }
    buf_init(&quoted, ctx->arena, BODY_MAX);
    buf_add_json(&quoted, value);
    if (buf_ok(&quoted) && quoted.len >= 2)
        buf_add_len(b, quoted.data + 1, quoted.len - 2); /* the template has the quotes */
    else
        b->failed = true;
}

const char *sms_body(struct ctx *ctx, const struct sms_settings *s, const struct parcel *p)
{
    const struct {
        const char *mark;
        const char *value;
    } marks[] = {
        { "{to}", p->to }, { "{text}", p->text }, { "{id}", p->id }, { "{from}", s->sender }
    };
    enum escape escape = escape_of(ctx, s->headers);
    json_t *tree = NULL;
    struct ctx scratch = *ctx;
    struct buf b;

    if (escape == ESCAPE_NONE)
        return NULL;
    buf_init(&b, ctx->arena, BODY_MAX);
    for (const char *t = s->body; *t != '\0';) {
        size_t i = 0;

        while (i < 4 && !text_starts(t, marks[i].mark))
            i++;
        if (i == 4) {
            buf_add_char(&b, *t++);
            continue;
        }
        add_value(ctx, &b, marks[i].value, escape);
        t += strlen(marks[i].mark);
    }
    if (!buf_ok(&b))
        return NULL;
    if (escape == ESCAPE_JSON && json_parse(&scratch, &tree, b.data, b.len))
        return NULL;
    return buf_text(&b);
}

/* --- the gateway's answer --- */

/* The text or number at a JSON pointer; NULL if there is none. */
static const char *at_pointer(struct ctx *ctx, json_t *tree, const char *pointer)
{
    size_t len = 0;
    char **steps = text_split(ctx->arena, pointer, '/', false, &len);
    int64_t n = 0;

    for (size_t i = 1; i < len && tree != NULL; i++) {
        if (json_is_array(tree))
            tree = parse_int(steps[i], 0, 1000, &n) ? json_array_get(tree, (size_t)n) : NULL;
        else
            tree = json_object_get(tree, steps[i]);
    }
    if (json_is_string(tree))
        return json_string_value(tree);
    if (json_is_integer(tree))
        return arena_printf(ctx->arena, "%lld", (long long)json_integer_value(tree));
    return NULL;
}

static const char *answer_id(struct ctx *ctx, const struct sms_settings *s,
                             const struct net_answer *a)
{
    struct ctx scratch = *ctx; /* an answer that is no JSON is no problem of ours */
    json_t *tree = NULL;
    const char *id;

    if (*s->id_pointer == '\0' || json_parse(&scratch, &tree, a->body, a->len))
        return NULL;
    id = at_pointer(ctx, tree, s->id_pointer);
    return id != NULL && *id != '\0' && strlen(id) <= ID_MAX ? id : NULL;
}

static bool is_ok(struct ctx *ctx, const struct sms_settings *s, int status)
{
    size_t len = 0;
    char **codes = text_split(ctx->arena, s->ok_codes, ' ', true, &len);
    int64_t n = 0;

    for (size_t i = 0; i < len; i++)
        if (parse_int(codes[i], 200, 299, &n) && n == status)
            return true;
    return false;
}

static struct sent not_answered(const struct net_answer *a, bool dedup)
{
    if (a->end == NET_UNKNOWN && !dedup)
        return (struct sent){ .state = "unknown", .reason = a->fault, .stop = true };
    return (struct sent){ .state = "waiting", .reason = a->fault, .stop = true };
}

/*
 * A gateway that breaks (5xx) may have taken it: at most once goes before at least once, unless it
 * recognises our ids.
 */
static struct sent sms_meaning(struct ctx *ctx, const struct sms_settings *s,
                               const struct net_answer *a)
{
    if (a->end != NET_ANSWERED)
        return not_answered(a, s->dedup);
    if (is_ok(ctx, s, a->status))
        return (struct sent){ .state = "sent", .reason = "", .gateway_id = answer_id(ctx, s, a) };
    if (a->status == 401 || a->status == 403)
        return (struct sent){ .state = "waiting", .reason = "login", .stop = true };
    if (a->status == 429 || a->status == 503)
        return (struct sent){ .state = "waiting", .reason = "busy", .stop = true };
    if (a->status >= 400 && a->status < 500 && a->status != 408)
        return (struct sent){ .state = "failed", .reason = "refused" };
    if (a->status >= 300 && a->status < 400)
        return (struct sent){ .state = "waiting", .reason = "redirect", .stop = true };
    return (
        struct sent){ .state = s->dedup ? "waiting" : "unknown", .reason = "broken", .stop = true };
}

enum err send_sms(struct ctx *ctx, struct sent *out, const struct sms_settings *s,
                  const struct parcel *p)
{
    const char *headers[HEADERS_MAX] = { NULL };
    struct net_answer a = { 0 };
    struct net_post post = { .method = s->method,
                             .url = s->url,
                             .headers = headers,
                             .body = sms_body(ctx, s, p),
                             .private_too = true };
    size_t len = 0;
    char **lines = header_lines(ctx, s->headers, &len);
    enum err rc;

    if (post.body == NULL) {
        *out = (struct sent){ .state = "failed", .reason = "settings" };
        return OK;
    }
    for (size_t i = 0; i < len && i + 2 < HEADERS_MAX; i++)
        headers[i] = lines[i];
    headers[len < HEADERS_MAX - 2 ? len : HEADERS_MAX - 2] = "Expect:";
    post.len = strlen(post.body);
    rc = net_post(ctx, &a, &post);
    if (!rc)
        *out = sms_meaning(ctx, s, &a);
    return rc;
}

/* --- mail --- */

/* RFC 2047, so that any script may stand in a header; in pieces of whole characters. */
static void add_encoded(struct buf *b, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *p = text;
    size_t column = 0;

    while (*p != '\0') {
        const char *next = p;

        (void)text_next(&next);
        if (column == 0 || column + (size_t)(next - p) * 3 > 60) {
            buf_add(b, column == 0 ? "=?UTF-8?Q?" : "?=\r\n =?UTF-8?Q?");
            column = 1;
        }
        for (; p < next; p++) {
            unsigned char c = (unsigned char)*p;

            if (ascii_is_alpha(*p) || ascii_is_digit(*p)) {
                buf_add_char(b, *p);
                column++;
                continue;
            }
            buf_add_char(b, '=');
            buf_add_char(b, digits[c >> 4]);
            buf_add_char(b, digits[c & 15]);
            column += 3;
        }
    }
    if (column > 0)
        buf_add(b, "?=");
}

static void add_base64(struct buf *b, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)text;
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i += 3) {
        uint32_t n = (uint32_t)p[i] << 16;

        if (i > 0 && i % LINE_BYTES == 0)
            buf_add(b, "\r\n");
        if (i + 1 < len)
            n |= (uint32_t)p[i + 1] << 8;
        if (i + 2 < len)
            n |= p[i + 2];
        buf_add_char(b, digits[n >> 18]);
        buf_add_char(b, digits[n >> 12 & 63]);
        buf_add_char(b, i + 1 < len ? digits[n >> 6 & 63] : '=');
        buf_add_char(b, i + 2 < len ? digits[n & 63] : '=');
    }
    buf_add(b, "\r\n");
}

/* Sun, 22 Nov 2026 08:00:00 +0000 */
static void add_date(struct ctx *ctx, struct buf *b)
{
    static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *now = moment_text(ctx->arena, ctx->now_ms);
    int64_t month = 1;

    (void)parse_int(arena_strndup(ctx->arena, now + 5, 2), 1, 12, &month);
    buf_printf(b, "Date: %s, %.2s %.3s %.4s %.8s +0000\r\n", days[ctx->now_ms / 86400000 % 7],
               now + 8, months + (month - 1) * 3, now, now + 11);
}

const char *mail_bytes(struct ctx *ctx, size_t *len_out, const struct mail_settings *s,
                       const struct parcel *p)
{
    const char *at = strchr(s->from, '@');
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);

    buf_init(b, ctx->arena, BODY_MAX);
    add_date(ctx, b);
    buf_add(b, "From: ");
    if (!text_blank(s->from_name)) {
        add_encoded(b, s->from_name);
        buf_add_char(b, ' ');
    }
    buf_printf(b, "<%s>\r\nTo: <%s>\r\nSubject: ", s->from, p->to);
    add_encoded(b, p->subject);
    buf_printf(b,
               "\r\nMessage-ID: <%s%s>\r\nMIME-Version: 1.0\r\nContent-Language: %s\r\n"
               "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"
               "Auto-Submitted: auto-generated\r\n\r\n",
               p->id, at == NULL ? "@localhost" : at, p->lang);
    add_base64(b, p->text);
    *len_out = b->len;
    return buf_ok(b) ? buf_text(b) : NULL;
}

static struct sent mail_meaning(const struct net_answer *a)
{
    if (a->end != NET_ANSWERED)
        return not_answered(a, false);
    if (a->status < 300)
        return (struct sent){ .state = "sent", .reason = "" };
    if (a->status == 530 || a->status == 534 || a->status == 535)
        return (struct sent){ .state = "waiting", .reason = "login", .stop = true };
    if (a->status >= 500)
        return (struct sent){ .state = "bounced", .reason = "refused" };
    return (struct sent){ .state = "waiting", .reason = "busy" };
}

enum err send_mail(struct ctx *ctx, struct sent *out, const struct mail_settings *s,
                   const struct parcel *p)
{
    struct net_mail mail = {
        .url = s->url, .user = s->user, .password = s->password, .from = s->from, .to = p->to
    };
    struct net_answer a = { 0 };
    enum err rc;

    mail.bytes = mail_bytes(ctx, &mail.len, s, p);
    if (mail.bytes == NULL) {
        *out = (struct sent){ .state = "failed", .reason = "settings" };
        return OK;
    }
    rc = net_mail(ctx, &a, &mail);
    if (!rc)
        *out = mail_meaning(&a);
    return rc;
}
