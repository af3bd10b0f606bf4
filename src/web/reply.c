#include "web/reply.h"

#include <assert.h>
#include <string.h>
#include <zlib.h>

#include <sodium.h>

#include "core/id.h"
#include "core/json.h"
#include "core/text.h"
#include "vault/vault.h"
#include "web/html.h"
#include "web_templates.h"

#define FLASH_COOKIE   "__Host-flash"
#define SESSION_COOKIE "__Host-session"
#define COMPRESS_MIN   1024
#define MAC_BYTES      16
#define RETRY_AFTER    "3" /* seconds; whoever stores much lets others in long before */

struct ctx *res_ctx(struct res *res)
{
    return res->ctx;
}

const struct req *res_req(const struct res *res)
{
    return res->req;
}

const struct web *res_web(const struct res *res)
{
    return res->web;
}

void res_header(struct res *res, const char *name, const char *value)
{
    assert(res->headers_len < RES_HEADERS_MAX);
    assert(strpbrk(value, "\r\n") == NULL);
    res->headers[res->headers_len].name = name;
    res->headers[res->headers_len++].value = value;
}

void res_body(struct res *res, int status, const char *type, const char *bytes, size_t len,
              const char *filename)
{
    res->status = status;
    res->type = type;
    res->body = bytes;
    res->body_len = len;
    if (filename != NULL)
        res_header(res, "content-disposition",
                   arena_printf(res->ctx->arena, "attachment; filename=\"%s\"", filename));
}

void res_json(struct res *res, int status, const char *text, size_t len)
{
    res_body(res, status, "application/json", text, len, NULL);
}

enum err res_see_other(struct res *res, struct url url)
{
    res_body(res, 303, "text/plain; charset=utf-8", "", 0, NULL);
    res_header(res, "location", url.text);
    return OK;
}

void res_continue(struct res *res, const char *token)
{
    res->continuation = token;
}

struct url url_build_(struct ctx *ctx, const char *pattern, const char *const *args)
{
    struct buf b;

    buf_init(&b, ctx->arena, 4096);
    for (const char *p = pattern;;) {
        const char *place = strstr(p, "{}");

        if (place == NULL) {
            buf_add(&b, p);
            break;
        }
        assert(*args != NULL);
        buf_add_len(&b, p, (size_t)(place - p));
        buf_add_url(&b, *args++);
        p = place + 2;
    }
    return (struct url){ buf_ok(&b) ? buf_text(&b) : "/" };
}

/* --- cookies --- */

void res_cookie(struct res *res, const char *name, const char *value, int seconds)
{
    res_header(res, "set-cookie",
               arena_printf(res->ctx->arena,
                            "%s=%s; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=%d", name,
                            value, seconds));
}

void res_set_session(struct res *res, const char *token)
{
    res->session = token;
    res->csrf = NULL;
    if (token == NULL)
        res_cookie(res, SESSION_COOKIE, "", 0);
    else
        res_cookie(res, SESSION_COOKIE, token, 12 * 60 * 60);
}

/* Keyed hash of a text for a purpose, as base64url. */
static const char *mac(struct ctx *ctx, const char *purpose, const char *text)
{
    unsigned char key[32];
    unsigned char out[MAC_BYTES];

    vault_subkey(ctx->vault, key, purpose);
    crypto_generichash(out, sizeof out, (const unsigned char *)text, strlen(text), key, sizeof key);
    sodium_memzero(key, sizeof key);
    return base64url_text(ctx->arena, out, sizeof out);
}

void res_flash(struct res *res, const char *text)
{
    const char *coded = base64url_text(res->ctx->arena, text, strlen(text));

    if (strlen(coded) > 1024)
        return;
    res_cookie(res, FLASH_COOKIE,
               arena_printf(res->ctx->arena, "%s.%s", coded, mac(res->ctx, "flash", coded)), 60);
}

const char *res_take_flash(struct res *res)
{
    const char *cookie = request_cookie(res->req, FLASH_COOKIE);
    const char *dot = cookie == NULL ? NULL : strchr(cookie, '.');
    const char *coded;
    const char *right;
    void *text = NULL;
    size_t len = 0;

    if (dot == NULL)
        return NULL;
    res_cookie(res, FLASH_COOKIE, "", 0);
    coded = arena_strndup(res->ctx->arena, cookie, (size_t)(dot - cookie));
    right = mac(res->ctx, "flash", coded);
    if (strlen(right) != strlen(dot + 1) || !secret_equal(right, dot + 1, strlen(right)))
        return NULL;
    if (!base64url_parse(res->ctx->arena, coded, &text, &len) || !text_valid(text, len, NULL))
        return NULL;
    return arena_strndup(res->ctx->arena, text, len);
}

/* --- CSRF --- */

/* The token that belongs to this session or visit. */
static void csrf_secret(const struct res *res, unsigned char out[MAC_BYTES])
{
    const char *bound = res->session != NULL ? res->session : res->visit;
    unsigned char key[32];

    vault_subkey(res->ctx->vault, key, "csrf");
    crypto_generichash(out, MAC_BYTES, (const unsigned char *)bound, strlen(bound), key,
                       sizeof key);
    sodium_memzero(key, sizeof key);
}

const char *csrf_token(struct res *res)
{
    unsigned char both[2 * MAC_BYTES];
    unsigned char secret[MAC_BYTES];

    if (res->session == NULL && res->visit == NULL)
        return "";
    if (res->csrf != NULL)
        return res->csrf;
    csrf_secret(res, secret);
    random_bytes(both, MAC_BYTES);
    for (size_t i = 0; i < MAC_BYTES; i++)
        both[MAC_BYTES + i] = both[i] ^ secret[i];
    res->csrf = base64url_text(res->ctx->arena, both, sizeof both);
    return res->csrf;
}

static bool same_origin(struct ctx *ctx, const struct req *req)
{
    const char *origin = req_header(req, "origin");
    const char *site = req_header(req, "sec-fetch-site");
    const char *host = req_header(req, "host");
    const char *scheme = req->wire->tls ? "https://" : "http://";

    if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return false;
    if (origin == NULL || host == NULL)
        return true;
    return strcmp(origin, arena_printf(ctx->arena, "%s%s", scheme, host)) == 0 ||
           strcmp(origin, arena_printf(ctx->arena, "https://%s", host)) == 0;
}

enum err csrf_check(struct ctx *ctx, struct res *res)
{
    const struct req *req = res->req;
    const char *header = req_header(req, "x-csrf-token");
    const char *sent = header != NULL ? header : req_text(req, "csrf");
    unsigned char secret[MAC_BYTES];
    unsigned char *both = NULL;
    size_t len = 0;
    void *bytes = NULL;

    if (req->bearer)
        return OK;
    if (same_origin(ctx, req) && (res->session != NULL || res->visit != NULL) &&
        base64url_parse(ctx->arena, sent, &bytes, &len) && len == sizeof secret * 2) {
        both = bytes;
        csrf_secret(res, secret);
        for (size_t i = 0; i < MAC_BYTES; i++)
            both[i] ^= both[MAC_BYTES + i];
        if (secret_equal(both, secret, MAC_BYTES))
            return OK;
    }
    return ctx_fail(ctx, ERR_FORBIDDEN,
                    tr(ctx, "This page was open too long, or the form came from another site. "
                            "Go back, reload the page and try again."));
}

/* --- errors --- */

static const char *error_title(struct ctx *ctx, enum err rc)
{
    switch (rc) {
    case ERR_INVALID:
        return tr(ctx, "This cannot be done as it stands");
    case ERR_NOT_FOUND:
        return tr(ctx, "There is nothing here, or not for you");
    case ERR_FORBIDDEN:
        return tr(ctx, "You may not do this");
    case ERR_CONFLICT:
        return tr(ctx, "Somebody changed this meanwhile");
    case ERR_LIMIT:
        return tr(ctx, "This is too much at once");
    case ERR_BUSY:
        return tr(ctx, "Homeward is busy");
    case ERR_DB:
    case ERR_IO:
    case ERR_INTERNAL:
    case OK:
        break;
    }
    return tr(ctx, "Something went wrong here");
}

static const char *error_advice(struct ctx *ctx, enum err rc)
{
    switch (rc) {
    case ERR_NOT_FOUND:
        return tr(ctx, "Check the address, or search for what you need.");
    case ERR_FORBIDDEN:
        return tr(ctx, "If you need it for your work, ask your supervisor.");
    case ERR_BUSY:
        return tr(ctx, "Nothing was saved. Try again in a moment.");
    case ERR_DB:
    case ERR_IO:
    case ERR_INTERNAL:
        return tr(ctx, "Nothing was saved. Try again; if it stays, tell your administrator.");
    case ERR_INVALID:
    case ERR_CONFLICT:
    case ERR_LIMIT:
    case OK:
        break;
    }
    return "";
}

/* RFC 9457. */
static void error_json(struct res *res, enum err rc, int status)
{
    struct ctx *ctx = res->ctx;
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct json_out j = { .buf = b };

    buf_init(b, ctx->arena, RES_BODY_MAX);
    json_begin_object(&j);
    json_pair(&j, "type", "about:blank");
    json_pair(&j, "title", error_title(ctx, rc));
    json_key(&j, "status");
    json_int(&j, status);
    json_pair(&j, "code", err_name(rc));
    json_key(&j, "problems");
    json_begin_array(&j);
    for (const struct problem *p = ctx->problems; p != NULL; p = p->next) {
        json_begin_object(&j);
        json_pair(&j, "field", p->field);
        json_pair(&j, "text", p->text);
        json_end_object(&j);
    }
    json_end_array(&j);
    json_end_object(&j);
    res_body(res, status, "application/problem+json", buf_text(b), b->len, NULL);
}

void res_error(struct res *res, enum err rc)
{
    res_error_as(res, rc, err_http_status(rc));
}

void res_error_as(struct res *res, enum err rc, int status)
{
    struct ctx *ctx = res->ctx;
    struct error_view v = { 0 };
    struct error_problem_view *list;
    size_t n = 0;

    if (status == 503)
        res_header(res, "retry-after", RETRY_AFTER);
    if (res->req->wants_json || res->req->bearer) {
        error_json(res, rc, status);
        return;
    }
    for (const struct problem *p = ctx->problems; p != NULL; p = p->next)
        n++;
    list = ARENA_ARRAY(ctx->arena, n + 1, struct error_problem_view);
    n = 0;
    for (const struct problem *p = ctx->problems; p != NULL; p = p->next) {
        list[n].field = p->field;
        list[n++].text = p->text;
    }
    v.title =
        rc == ERR_FORBIDDEN && n > 0 ? tr(ctx, "This was not accepted") : error_title(ctx, rc);
    v.advice = n == 0 ? error_advice(ctx, rc) : ""; /* a problem says itself what to do */
    v.problems = list;
    v.problems_len = n;
    error_reply(res, status, &v);
}

/* --- to the wire --- */

/* Of a reply in parts none is compressed: the client got its headers with the first. */
static bool compressible(const struct res *res)
{
    const char *accepts = req_header(res->req, "accept-encoding");

    return res->body_len >= COMPRESS_MIN && res->continuation == NULL &&
           req_continuation(res->req) == NULL && res->type != NULL && accepts != NULL &&
           strstr(accepts, "gzip") != NULL &&
           (text_starts(res->type, "text/") || strstr(res->type, "json") != NULL);
}

/* Replaces the body by its gzip form; leaves it alone if that fails. */
static void compress_body(struct res *res)
{
    z_stream z = { 0 };
    size_t room = res->body_len + 64;
    unsigned char *out = arena_alloc(res->ctx->arena, room);
    union {
        const char *in;
        unsigned char *z;
    } bytes = { .in = res->body };

    if (deflateInit2(&z, 3, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return;
    z.next_in = bytes.z;
    z.avail_in = (unsigned)res->body_len;
    z.next_out = out;
    z.avail_out = (unsigned)room;
    if (deflate(&z, Z_FINISH) == Z_STREAM_END) {
        res->body = (const char *)out;
        res->body_len = z.total_out;
        res_header(res, "content-encoding", "gzip");
    }
    deflateEnd(&z);
    res_header(res, "vary", "Accept-Encoding");
}

static bool has_header(const struct res *res, const char *name)
{
    for (size_t i = 0; i < res->headers_len; i++)
        if (strcmp(res->headers[i].name, name) == 0)
            return true;
    return false;
}

void res_to_wire(struct res *res, struct wire_reply *out)
{
    memset(out, 0, sizeof *out);
    if (res->type != NULL)
        res_header(res, "content-type", res->type);
    /* Files and JSON too: whatever goes to somebody who is signed in may be personal. */
    if (!has_header(res, "cache-control"))
        res_header(res, "cache-control",
                   res->personal || res->ctx->user != NULL ? "no-store" : "no-cache");
    if (compressible(res))
        compress_body(res);
    out->status = res->status;
    out->headers = res->headers;
    out->headers_len = res->headers_len;
    out->body = res->body;
    out->body_len = res->body_len;
    out->continuation = res->continuation;
}
