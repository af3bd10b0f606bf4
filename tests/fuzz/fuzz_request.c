/*
 * What the worker decodes: target, query, cookies, tokens, urlencoded, multipart and JSON bodies,
 * and the check of declared fields. The first byte picks which; up to the first LF is the header
 * where there is one.
 */
#include <assert.h>
#include <string.h>

#include "core/text.h"
#include "http/wire.h"
#include "web/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct field_spec fields[] = {
    { "a", INPUT_TEXT, .max = 10 },
    { "b", INPUT_INT, .min = -5, .max = 5 },
    { "c", INPUT_CODE },
    { "d", INPUT_ID },
    { "e", INPUT_DATE },
    { "f", INPUT_BOOL },
    { "file", INPUT_FILE, .max = 100 },
    { "csrf", INPUT_TEXT, .required = true },
    { 0 },
};

static void check_text(const char *text)
{
    assert(text && text_valid(text, strlen(text), NULL));
}

/* What was taken is whole text, and lies within the body. */
static void check_taken(const struct req *req, const char *body, size_t len)
{
    for (size_t i = 0; i < req->pairs_len; i++) {
        check_text(req->pairs[i].name);
        check_text(req->pairs[i].value);
    }
    for (size_t i = 0; i < req->uploads_len; i++) {
        const struct upload *u = &req->uploads[i];

        check_text(u->name);
        check_text(u->filename);
        assert(u->bytes >= body && u->bytes + u->len <= body + len);
    }
}

static void try_fields(struct ctx *ctx, struct req *req, const char *body, size_t len)
{
    check_taken(req, body, len);
    if (request_check(ctx, req, fields) == OK) {
        assert(strlen(req_text(req, "a")) <= 10);
        assert(req_int(req, "b") >= -5 && req_int(req, "b") <= 5);
    }
}

static void try_path(struct ctx *ctx, const char *target)
{
    char **segments = NULL;
    size_t len = 0;

    if (request_path(ctx, target, &segments, &len))
        return;
    assert(len <= REQUEST_PARTS_MAX);
    for (size_t i = 0; i < len; i++) {
        check_text(segments[i]);
        assert(!strchr(segments[i], '/') && strcmp(segments[i], "..") != 0);
    }
}

static void try_cookies(struct ctx *ctx, struct req *req, const char *header)
{
    request_cookies(ctx, req, header);
    for (size_t i = 0; i < req->cookies_len; i++)
        assert(request_cookie(req, req->cookies[i].name));
}

static void try_token(struct ctx *ctx, struct req *req, const char *header)
{
    struct wire_header headers[] = { { "authorization", header }, { "x-openrosa-version", "1.0" } };
    const struct wire_request wire = { .method = "GET", .headers = headers, .headers_len = 2 };
    const char *token;

    req->wire = &wire;
    token = request_token(ctx, req);
    assert(req->bearer == (token != NULL) && (!req->basic || req->bearer));
    if (req->basic)
        check_text(token);
    req->wire = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en", .time_zone = "UTC" };
    struct req req = { 0 };
    const char *text;
    const char *body;
    size_t len;

    if (size > 0) {
        text = arena_strndup(ctx.arena, (const char *)data + 1, size - 1);
        len = strcspn(text, "\n");
        body = arena_memdup(ctx.arena, text + len, size - 1 - len);
        if (data[0] % 5 == 0) {
            try_path(&ctx, text);
        } else if (data[0] % 5 == 1) {
            try_cookies(&ctx, &req, text);
            try_token(&ctx, &req, text);
        } else if (data[0] % 5 == 4) {
            req.json = text_valid(body, size - 1 - len, NULL) ? body : "{}";
            req.json_len = req.json == body ? size - 1 - len : 2;
            if (request_json(&ctx, &req, fields) == OK)
                try_fields(&ctx, &req, body, size - 1 - len);
        } else if (data[0] % 5 == 2) {
            if (request_urlencoded(&ctx, body, size - 1 - len, &req.pairs, &req.pairs_len) == OK)
                try_fields(&ctx, &req, body, size - 1 - len);
        } else if (request_multipart(&ctx, &req, arena_strndup(ctx.arena, text, len), body,
                                     size - 1 - len) == OK) {
            try_fields(&ctx, &req, body, size - 1 - len);
        }
    }
    arena_free(ctx.arena);
    return 0;
}
