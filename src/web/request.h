#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

/*
 * Decoding what came: target, query, cookies, urlencoded and multipart bodies, and the check of
 * declared fields. Inside the web room only. Every byte is hostile here; fuzzed by fuzz_request.
 */

#include "web/web.h"

#define REQUEST_PAIRS_MAX 4000
#define REQUEST_JSON_MAX  ((size_t)1024 * 1024)
#define REQUEST_PARTS_MAX 8 /* segments of a path */

struct req {
    const struct wire_request *wire;
    const struct route *route;
    const char *path; /* decoded, for messages */
    struct pair params[REQUEST_PARTS_MAX];
    size_t params_len;
    struct pair *pairs; /* query for GET, body else */
    size_t pairs_len;
    struct upload *uploads;
    size_t uploads_len;
    struct pair *cookies;
    size_t cookies_len;
    const char *json;
    size_t json_len;
    bool wants_json;
    bool bearer; /* the caller used a token: no CSRF needed */
    bool device; /* speaks OpenRosa, and only fetches */
    bool basic;  /* said its token as the password of HTTP Basic: counts on routes of devices */
};

/* Splits and decodes a target into segments. ERR_INVALID bad escape, NUL, slash in a segment. */
enum err request_path(struct ctx *ctx, const char *target, char ***segments_out,
                      size_t *len_out) MUST_USE;
/* a=b&c=d; + is a space. ERR_INVALID bad escapes or UTF-8; ERR_LIMIT too many pairs. */
enum err request_urlencoded(struct ctx *ctx, const char *text, size_t len, struct pair **out,
                            size_t *len_out) MUST_USE;
/* multipart/form-data; fields without a filename go to req->pairs, the others to req->uploads. */
enum err request_multipart(struct ctx *ctx, struct req *req, const char *content_type,
                           const char *body, size_t len) MUST_USE;
void request_cookies(struct ctx *ctx, struct req *req, const char *header);
const char *request_cookie(const struct req *req, const char *name); /* NULL if absent */
/* The token in the header Authorization; marks the request as one that used a token. NULL if there
 * is none. HTTP Basic is for devices that fetch: its password is the token, its name says nothing.
 */
const char *request_token(struct ctx *ctx, struct req *req);
/* Pairs, uploads or JSON by content type. */
enum err request_body(struct ctx *ctx, struct req *req) MUST_USE;
/* The declared field that a name belongs to; NULL: none. */
const struct field_spec *request_spec(const struct field_spec *fields, const char *name);
/* A JSON body becomes the pairs that a form would have sent: an object with declared members, whole
 * numbers, true and false, texts; null is as if it were left out. ERR_INVALID anything else. */
enum err request_json(struct ctx *ctx, struct req *req, const struct field_spec *fields) MUST_USE;
/* Every declared field by type and length; undeclared ones are refused. */
enum err request_check(struct ctx *ctx, const struct req *req,
                       const struct field_spec *fields) MUST_USE;

#endif
