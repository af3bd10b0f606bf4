/* Decoding of requests: any bytes as a path, a query, a multipart body or cookies. */
#include <assert.h>
#include <string.h>

#include "core/text.h"
#include "web/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_pairs(const struct pair *pairs, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        assert(text_valid(pairs[i].name, strlen(pairs[i].name), NULL));
        assert(text_valid(pairs[i].value, strlen(pairs[i].value), NULL));
    }
}

static void try_path(struct ctx *ctx, const char *text)
{
    char **segments = NULL;
    size_t len = 0;

    if (request_path(ctx, text, &segments, &len))
        return;
    assert(len <= REQUEST_PARTS_MAX);
    for (size_t i = 0; i < len; i++)
        assert(strchr(segments[i], '/') == NULL && strcmp(segments[i], "..") != 0);
}

static void try_urlencoded(struct ctx *ctx, const char *text, size_t len)
{
    struct pair *pairs = NULL;
    size_t n = 0;

    if (request_urlencoded(ctx, text, len, &pairs, &n) == OK)
        check_pairs(pairs, n);
    else
        assert(ctx->problems != NULL);
}

/* The first line is the content type, what follows is the body. */
static void try_multipart(struct ctx *ctx, const char *text, size_t len)
{
    const char *end = memchr(text, '\n', len);
    struct req req = { 0 };

    if (end == NULL)
        return;
    if (request_multipart(ctx, &req, arena_strndup(ctx->arena, text, (size_t)(end - text)), end + 1,
                          len - (size_t)(end + 1 - text)))
        return;
    check_pairs(req.pairs, req.pairs_len);
    for (size_t i = 0; i < req.uploads_len; i++)
        assert(req.uploads[i].bytes >= end + 1 &&
               req.uploads[i].bytes + req.uploads[i].len <= text + len);
}

static void try_cookies(struct ctx *ctx, const char *text)
{
    struct req req = { 0 };
    const char *value;

    request_cookies(ctx, &req, text);
    value = request_cookie(&req, "__Host-session");
    assert(value == NULL || strchr(value, ';') == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en" };
    const char *text;

    if (size > 0) {
        text = arena_strndup(ctx.arena, (const char *)data + 1, size - 1);
        if (data[0] == 'p')
            try_path(&ctx, text);
        else if (data[0] == 'u')
            try_urlencoded(&ctx, (const char *)data + 1, size - 1);
        else if (data[0] == 'm')
            try_multipart(&ctx, (const char *)data + 1, size - 1);
        else
            try_cookies(&ctx, text);
    }
    arena_free(ctx.arena);
    return 0;
}
