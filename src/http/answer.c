#include "http/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "http/head.h"

#define ETAG_MAX ((size_t)40)

static const struct wire_header security[] = {
    { "Content-Security-Policy",
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
      "font-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
      "frame-ancestors 'none'" },
    { "X-Content-Type-Options", "nosniff" },
    { "Referrer-Policy", "same-origin" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Permissions-Policy", "camera=(), geolocation=(), microphone=()" },
};

struct error_page {
    int status;
    const char *title;
    const char *text;
};

static const struct error_page error_pages[] = {
    { 400, "Bad request", "The request could not be understood." },
    { 404, "Not found", "There is nothing at this address." },
    { 405, "Method not allowed", "This address cannot be used in this way." },
    { 413, "Too large", "What was sent is larger than allowed." },
    { 414, "Address too long", "The address is longer than allowed." },
    { 417, "Expectation failed", "The request expects something that is not offered." },
    { 431, "Head too large", "The request has too many or too long header fields." },
    { 501, "Not implemented", "The request uses something that is not offered." },
    { 502, "Try again", "The page could not be made. Please go back and try again." },
    { 503, "Busy", "Too much is going on at the moment. Please try again in a few seconds." },
    { 505, "Version not supported", "The request uses a version of HTTP that is not offered." },
};

static const struct error_page *find_page(int status)
{
    const size_t len = sizeof(error_pages) / sizeof(error_pages[0]);

    for (size_t i = 0; i < len; i++) {
        if (error_pages[i].status == status)
            return &error_pages[i];
    }
    return &error_pages[0];
}

static bool add(struct MHD_Response *r, const char *name, const char *value)
{
    return MHD_add_response_header(r, name, value) == MHD_YES;
}

static bool add_security(struct MHD_Response *r)
{
    for (size_t i = 0; i < sizeof(security) / sizeof(security[0]); i++) {
        if (MHD_get_response_header(r, security[i].name) == NULL &&
            !add(r, security[i].name, security[i].value))
            return false;
    }
    return true;
}

static struct MHD_Response *checked(struct MHD_Response *r, bool good)
{
    if (good)
        return r;
    MHD_destroy_response(r);
    return NULL;
}

struct MHD_Response *answer_error(int status, bool close)
{
    const struct error_page *page = find_page(status);
    char text[512];
    int len = snprintf(text, sizeof(text),
                       "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                       "<title>%s</title></head>\n<body><h1>%s</h1><p>%s</p></body></html>\n",
                       page->title, page->title, page->text);
    struct MHD_Response *r =
        MHD_create_response_from_buffer((size_t)len, text, MHD_RESPMEM_MUST_COPY);
    bool good;

    if (r == NULL)
        return NULL;
    good = add(r, "Content-Type", "text/html; charset=utf-8") &&
           add(r, "Cache-Control", "no-store") && add_security(r);
    if (good && status == 405)
        good = add(r, "Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    if (good && status == 503)
        good = add(r, "Retry-After", "5");
    if (good && close)
        good = add(r, "Connection", "close");
    return checked(r, good);
}

static void etag_of(const struct asset *asset, bool gzip, char *out)
{
    (void)snprintf(out, ETAG_MAX, gzip ? "\"%.20s-gz\"" : "\"%.20s\"", asset->hash);
}

static bool add_file(struct MHD_Response *r, const struct asset *asset, bool gzip)
{
    char etag[ETAG_MAX];

    etag_of(asset, gzip, etag);
    return add(r, "ETag", etag) && (asset->gzip == NULL || add(r, "Vary", "Accept-Encoding")) &&
           add_security(r);
}

struct MHD_Response *answer_static(const struct asset *asset, bool gzip, bool immutable)
{
    const unsigned char *bytes = gzip ? asset->gzip : asset->bytes;
    struct MHD_Response *r = MHD_create_response_from_buffer(
        gzip ? asset->gzip_len : asset->len, (void *)(uintptr_t)bytes, MHD_RESPMEM_PERSISTENT);
    bool good;

    if (r == NULL)
        return NULL;
    good = add(r, "Content-Type", asset->type) &&
           add(r, "Cache-Control",
               immutable ? "public, max-age=31536000, immutable" : "public, max-age=86400") &&
           (!gzip || add(r, "Content-Encoding", "gzip")) && add_file(r, asset, gzip);
    return checked(r, good);
}

struct MHD_Response *answer_unchanged(const struct asset *asset, bool gzip)
{
    static char nothing[1];
    struct MHD_Response *r = MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);

    return r != NULL ? checked(r, add_file(r, asset, gzip)) : NULL;
}

bool answer_matches(const struct asset *asset, const char *if_none_match)
{
    char plain[ETAG_MAX], packed[ETAG_MAX];

    if (if_none_match == NULL)
        return false;
    etag_of(asset, false, plain);
    etag_of(asset, true, packed);
    return strstr(if_none_match, plain) != NULL || strstr(if_none_match, packed) != NULL;
}

/* What only the front decides: how the answer is framed. */
static bool is_framing(const char *name)
{
    static const char *const names[] = { "connection", "content-length",
                                         "date",       "transfer-encoding",
                                         "keep-alive", "trailer",
                                         "upgrade" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (ascii_casecmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

bool answer_add_headers(struct MHD_Response *response, const struct wire_reply *reply, bool close)
{
    for (size_t i = 0; i < reply->headers_len; i++) {
        const struct wire_header *h = &reply->headers[i];

        if (!head_is_token(h->name, strlen(h->name)) || !head_is_value(h->value, strlen(h->value)))
            return false;
        if (!is_framing(h->name) && !add(response, h->name, h->value))
            return false;
    }
    if (MHD_get_response_header(response, "Cache-Control") == NULL &&
        !add(response, "Cache-Control", "no-store"))
        return false;
    return add_security(response) && (!close || add(response, "Connection", "close"));
}
