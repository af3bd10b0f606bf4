#include "web/request.h"

#include <string.h>

#include "core/date.h"
#include "core/id.h"
#include "core/text.h"

#define CSRF_FIELD "csrf"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes into the arena; NULL if it is malformed or not UTF-8. */
static char *decode(struct arena *a, const char *text, size_t len, bool plus)
{
    char *out = arena_alloc(a, len + 1);
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '%') {
            int high = len - i > 2 ? hex_value(text[i + 1]) : -1;
            int low = len - i > 2 ? hex_value(text[i + 2]) : -1;

            if (high < 0 || low < 0)
                return NULL;
            out[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[n++] = plus && text[i] == '+' ? ' ' : text[i];
        }
    }
    out[n] = '\0';
    return text_valid(out, n, NULL) ? out : NULL;
}

enum err request_path(struct ctx *ctx, const char *target, char ***segments_out, size_t *len_out)
{
    size_t len = 0;
    char **parts = text_split(ctx->arena, target, '/', true, &len);

    if (target[0] != '/' || len > REQUEST_PARTS_MAX)
        return ERR_NOT_FOUND;
    for (size_t i = 0; i < len; i++) {
        char *part = decode(ctx->arena, parts[i], strlen(parts[i]), false);

        if (part == NULL || strchr(part, '/') != NULL || strcmp(part, "..") == 0)
            return ERR_NOT_FOUND;
        parts[i] = part;
    }
    *segments_out = parts;
    *len_out = len;
    return OK;
}

enum err request_urlencoded(struct ctx *ctx, const char *text, size_t len, struct pair **out,
                            size_t *len_out)
{
    size_t most = 1;
    size_t n = 0;
    struct pair *pairs;

    for (size_t i = 0; i < len; i++)
        most += text[i] == '&';
    if (most > REQUEST_PAIRS_MAX)
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The form has too many fields."));
    pairs = ARENA_ARRAY(ctx->arena, most, struct pair);
    for (const char *p = text, *end = text + len; p < end;) {
        const char *amp = memchr(p, '&', (size_t)(end - p));
        const char *stop = amp == NULL ? end : amp;
        const char *eq = memchr(p, '=', (size_t)(stop - p));
        const char *name_end = eq == NULL ? stop : eq;
        const char *value = eq == NULL ? stop : eq + 1;

        if (stop > p) {
            pairs[n].name = decode(ctx->arena, p, (size_t)(name_end - p), true);
            pairs[n].value = decode(ctx->arena, value, (size_t)(stop - value), true);
            if (pairs[n].name == NULL || pairs[n].value == NULL)
                return ctx_fail(ctx, ERR_INVALID, tr(ctx, "The request is not valid UTF-8 text."));
            n++;
        }
        p = stop + 1;
    }
    *out = pairs;
    *len_out = n;
    return OK;
}

/* --- tokens --- */

/* What stands behind the first colon of "name:password" in base64; NULL: it is none. */
static const char *basic_password(struct arena *a, const char *coded)
{
    char *plain = arena_strndup(a, coded, strcspn(coded, "="));
    const char *colon;
    void *bytes = NULL;
    size_t len = 0;

    for (char *p = plain; *p != '\0'; p++) /* the other alphabet of base64 */
        *p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
    if (strspn(coded + strlen(plain), "=") != strlen(coded + strlen(plain)) ||
        !base64url_parse(a, plain, &bytes, &len) || !text_valid(bytes, len, NULL))
        return NULL;
    plain = arena_strndup(a, bytes, len);
    colon = strchr(plain, ':');
    return colon == NULL ? NULL : colon + 1;
}

const char *request_token(struct ctx *ctx, struct req *req)
{
    const char *said = req_header(req, "authorization");
    const bool bearer = said != NULL && text_starts(said, "Bearer ");
    const char *token = bearer ? said + 7 : NULL;

    req->device = req_header(req, "x-openrosa-version") != NULL &&
                  (strcmp(req->wire->method, "GET") == 0 || strcmp(req->wire->method, "HEAD") == 0);
    if (!bearer && said != NULL && req->device && text_starts(said, "Basic "))
        token = basic_password(ctx->arena, said + 6);
    req->basic = !bearer && token != NULL;
    req->bearer = token != NULL;
    return token;
}

/* --- multipart --- */

/* Value of a parameter such as boundary= or name=, quoted or not; NULL if absent. */
static const char *parameter(struct arena *a, const char *header, const char *name)
{
    size_t len = strlen(name);

    for (const char *p = header; (p = strchr(p, ';')) != NULL;) {
        p++;
        while (*p == ' ')
            p++;
        if (strncmp(p, name, len) != 0 || p[len] != '=')
            continue;
        p += len + 1;
        if (*p == '"') {
            const char *end = strchr(p + 1, '"');

            return end == NULL ? NULL : arena_strndup(a, p + 1, (size_t)(end - p) - 1);
        }
        return arena_strndup(a, p, strcspn(p, "; "));
    }
    return NULL;
}

/* Headers of one part: the Content-Disposition line. */
static const char *disposition(struct arena *a, const char *head, size_t len)
{
    static const char wanted[] = "content-disposition:";

    for (const char *p = head, *end = head + len; p < end;) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t line = (size_t)((nl == NULL ? end : nl) - p);
        char *text = arena_strndup(a, p, line);

        if (strlen(text) >= sizeof wanted - 1) {
            char *name = arena_strndup(a, text, sizeof wanted - 1);

            if (ascii_casecmp(name, wanted) == 0)
                return text_trim(a, text + sizeof wanted - 1);
        }
        p += line + 1;
    }
    return NULL;
}

static enum err bad_multipart(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_INVALID, tr(ctx, "The upload is damaged. Send it again."));
}

static enum err add_part(struct ctx *ctx, struct req *req, const char *head, size_t head_len,
                         const char *body, size_t body_len)
{
    const char *line;
    const char *name;
    const char *filename;

    if (!text_valid(head, head_len, NULL))
        return bad_multipart(ctx);
    line = disposition(ctx->arena, head, head_len);
    name = line == NULL ? NULL : parameter(ctx->arena, line, "name");
    if (name == NULL)
        return bad_multipart(ctx);
    filename = parameter(ctx->arena, line, "filename");
    if (filename != NULL) {
        struct upload *u = &req->uploads[req->uploads_len++];

        u->name = name;
        u->filename = filename;
        u->bytes = body;
        u->len = body_len;
        return OK;
    }
    if (!text_valid(body, body_len, NULL))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "The request is not valid UTF-8 text."));
    req->pairs[req->pairs_len].name = name;
    req->pairs[req->pairs_len++].value = arena_strndup(ctx->arena, body, body_len);
    return OK;
}

/* How many parts there can be at most. */
static size_t count_marks(const char *body, size_t len, const char *mark, size_t mark_len)
{
    size_t n = 0;

    for (const char *p = body;; n++) {
        p = memmem(p, len - (size_t)(p - body), mark, mark_len);
        if (p == NULL)
            return n;
        p += mark_len;
    }
}

enum err request_multipart(struct ctx *ctx, struct req *req, const char *content_type,
                           const char *body, size_t len)
{
    const char *boundary = parameter(ctx->arena, content_type, "boundary");
    const char *end = body + len;
    const char *mark;
    const char *p;
    size_t mark_len;
    size_t most;

    if (boundary == NULL || boundary[0] == '\0' || strlen(boundary) > 70)
        return bad_multipart(ctx);
    mark = arena_printf(ctx->arena, "--%s", boundary);
    mark_len = strlen(mark);
    most = count_marks(body, len, mark, mark_len);
    if (most > REQUEST_PAIRS_MAX)
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The form has too many fields."));
    req->pairs = ARENA_ARRAY(ctx->arena, most + 1, struct pair);
    req->uploads = ARENA_ARRAY(ctx->arena, most + 1, struct upload);
    p = memmem(body, len, mark, mark_len);
    while (p != NULL) {
        const char *head = p + mark_len;
        const char *head_end;
        const char *next;
        enum err rc;

        if (end - head >= 2 && head[0] == '-' && head[1] == '-')
            return OK;
        head_end = memmem(head, (size_t)(end - head), "\r\n\r\n", 4);
        if (head_end == NULL)
            return bad_multipart(ctx);
        next = memmem(head_end + 2, (size_t)(end - head_end) - 2, mark, mark_len);
        if (next == NULL || next - head_end < 6 || next[-1] != '\n' || next[-2] != '\r')
            return bad_multipart(ctx);
        rc = add_part(ctx, req, head, (size_t)(head_end - head), head_end + 4,
                      (size_t)(next - 2 - (head_end + 4)));
        if (rc)
            return rc;
        p = next;
    }
    return bad_multipart(ctx);
}

/* --- cookies, body --- */

void request_cookies(struct ctx *ctx, struct req *req, const char *header)
{
    size_t len = 0;
    char **parts;

    if (header == NULL)
        return;
    parts = text_split(ctx->arena, header, ';', true, &len);
    req->cookies = ARENA_ARRAY(ctx->arena, len + 1, struct pair);
    for (size_t i = 0; i < len; i++) {
        char *text = text_trim(ctx->arena, parts[i]);
        char *eq = strchr(text, '=');

        if (eq == NULL)
            continue;
        *eq = '\0';
        req->cookies[req->cookies_len].name = text;
        req->cookies[req->cookies_len++].value = eq + 1;
    }
}

const char *request_cookie(const struct req *req, const char *name)
{
    for (size_t i = 0; i < req->cookies_len; i++)
        if (strcmp(req->cookies[i].name, name) == 0)
            return req->cookies[i].value;
    return NULL;
}

enum err request_body(struct ctx *ctx, struct req *req)
{
    const struct wire_request *w = req->wire;
    const char *type = wire_header(w, "content-type");

    if (strcmp(w->method, "GET") == 0 || strcmp(w->method, "HEAD") == 0)
        return request_urlencoded(ctx, w->query, strlen(w->query), &req->pairs, &req->pairs_len);
    if (w->body_len == 0)
        return OK;
    if (type != NULL && text_starts(type, "application/x-www-form-urlencoded"))
        return request_urlencoded(ctx, w->body, w->body_len, &req->pairs, &req->pairs_len);
    if (type != NULL && text_starts(type, "multipart/form-data"))
        return request_multipart(ctx, req, type, w->body, w->body_len);
    if (type != NULL && text_starts(type, "application/json")) {
        if (w->body_len > REQUEST_JSON_MAX)
            return ctx_fail(ctx, ERR_LIMIT,
                            tr(ctx,
                               "What you sent is too large: at most {0} kilobytes are taken here.",
                               TR_INT((int64_t)(REQUEST_JSON_MAX / 1024))));
        if (!text_valid(w->body, w->body_len, NULL))
            return ctx_fail(ctx, ERR_INVALID, tr(ctx, "The request is not valid UTF-8 text."));
        req->json = w->body;
        req->json_len = w->body_len;
        return OK;
    }
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx, "Send a form or application/json, not this content type."));
}

/* --- declared fields --- */

static bool plain_text(const char *s)
{
    for (; *s != '\0'; s++)
        if (((unsigned char)*s < 0x20 && *s != '\n' && *s != '\r' && *s != '\t') || *s == 0x7f)
            return false;
    return true;
}

static bool is_code(const char *s)
{
    if (!ascii_is_alpha(*s) || strlen(s) > 61)
        return false;
    for (; *s != '\0'; s++)
        if (!ascii_is_alpha(*s) && !ascii_is_digit(*s) && strchr("_.-", *s) == NULL)
            return false;
    return true;
}

static bool value_fits(const struct field_spec *f, const char *value)
{
    size_t max = f->max > 0 ? (size_t)f->max : 200;
    int64_t n = 0;

    if (value[0] == '\0')
        return true; /* required is checked apart */
    switch (f->kind) {
    case INPUT_TEXT:
        return strlen(value) <= max && plain_text(value);
    case INPUT_INT:
        return parse_int(value, f->min, f->max != 0 ? f->max : INT64_MAX, &n);
    case INPUT_BOOL:
        return strcmp(value, "1") == 0 || strcmp(value, "on") == 0 || strcmp(value, "true") == 0;
    case INPUT_CODE:
        return is_code(value);
    case INPUT_ID:
        return id_valid(value);
    case INPUT_DATE:
        return date_valid(value);
    case INPUT_FILE:
    case INPUT_END:
        break;
    }
    return false;
}

/* "f.*" declares every name that begins with "f." */
static bool begins_as(const char *spec, const char *name)
{
    size_t len = strlen(spec);

    return len > 2 && spec[len - 1] == '*' && spec[len - 2] == '.' &&
           strncmp(spec, name, len - 1) == 0;
}

const struct field_spec *request_spec(const struct field_spec *fields, const char *name)
{
    for (; fields != NULL && fields->kind != INPUT_END; fields++)
        if (strcmp(fields->name, name) == 0 || begins_as(fields->name, name))
            return fields;
    return NULL;
}

static enum err check_upload(struct ctx *ctx, const struct upload *u,
                             const struct field_spec *fields)
{
    const struct field_spec *f = request_spec(fields, u->name);

    if (f == NULL || f->kind != INPUT_FILE)
        return ctx_fail_field(ctx, u->name,
                              tr(ctx, "This field is not known here: {0}.", TR_TEXT(u->name)));
    if (u->len > (f->max > 0 ? (size_t)f->max : (size_t)1024 * 1024))
        return ctx_fail_field(ctx, u->name, tr(ctx, "The file is too large."));
    return OK;
}

static bool has_value(const struct req *req, const struct field_spec *f)
{
    for (size_t i = 0; i < req->pairs_len; i++)
        if (strcmp(req->pairs[i].name, f->name) == 0 && req->pairs[i].value[0] != '\0')
            return true;
    for (size_t i = 0; i < req->uploads_len; i++)
        if (strcmp(req->uploads[i].name, f->name) == 0 && req->uploads[i].len > 0)
            return true;
    return false;
}

enum err request_check(struct ctx *ctx, const struct req *req, const struct field_spec *fields)
{
    enum err rc = OK;

    for (size_t i = 0; i < req->pairs_len; i++) {
        const struct pair *p = &req->pairs[i];
        const struct field_spec *f = request_spec(fields, p->name);

        if (strcmp(p->name, CSRF_FIELD) == 0)
            continue;
        if (f == NULL)
            rc = ctx_fail_field(ctx, p->name,
                                tr(ctx, "This field is not known here: {0}.", TR_TEXT(p->name)));
        else if (!value_fits(f, p->value))
            rc = ctx_fail_field(
                ctx, p->name, tr(ctx, "This value does not fit the field {0}.", TR_TEXT(p->name)));
    }
    for (size_t i = 0; i < req->uploads_len; i++) {
        enum err rc2 = check_upload(ctx, &req->uploads[i], fields);

        rc = rc2 ? rc2 : rc;
    }
    for (const struct field_spec *f = fields; f != NULL && f->kind != INPUT_END; f++)
        if (f->required && !has_value(req, f))
            rc = ctx_fail_field(ctx, f->name, tr(ctx, "Please fill this in."));
    return rc;
}

/* --- what handlers read --- */

const char *req_path(const struct req *req, const char *name)
{
    for (size_t i = 0; i < req->params_len; i++)
        if (strcmp(req->params[i].name, name) == 0)
            return req->params[i].value;
    return "";
}

const char *req_text(const struct req *req, const char *name)
{
    for (size_t i = 0; i < req->pairs_len; i++)
        if (strcmp(req->pairs[i].name, name) == 0)
            return req->pairs[i].value;
    return "";
}

int64_t req_int(const struct req *req, const char *name)
{
    int64_t n = 0;

    return parse_int(req_text(req, name), INT64_MIN, INT64_MAX, &n) ? n : 0;
}

bool req_bool(const struct req *req, const char *name)
{
    return req_text(req, name)[0] != '\0';
}

const char *req_file(const struct req *req, const char *name, size_t *len_out,
                     const char **filename_out)
{
    for (size_t i = 0; i < req->uploads_len; i++) {
        if (strcmp(req->uploads[i].name, name) != 0)
            continue;
        *len_out = req->uploads[i].len;
        if (filename_out != NULL)
            *filename_out = req->uploads[i].filename;
        return req->uploads[i].bytes;
    }
    return NULL;
}

const struct upload *req_uploads(const struct req *req, size_t *len_out)
{
    *len_out = req->uploads_len;
    return req->uploads;
}

const struct pair *req_pairs(const struct req *req, size_t *len_out)
{
    *len_out = req->pairs_len;
    return req->pairs;
}

bool req_wants_json(const struct req *req)
{
    return req->wants_json;
}

const char *req_json(const struct req *req, size_t *len_out)
{
    *len_out = req->json_len;
    return req->json;
}

const char *req_location(struct ctx *ctx, const struct req *req)
{
    const struct wire_request *w = req->wire;

    if (w->query[0] == '\0' || strlen(w->target) + strlen(w->query) >= LOCATION_MAX)
        return w->target;
    return arena_printf(ctx->arena, "%s?%s", w->target, w->query);
}

const char *req_absolute(struct ctx *ctx, const struct req *req, struct url url)
{
    const char *proxied = req_header(req, "x-forwarded-proto");
    const char *host = req_header(req, "host");
    bool tls = req->wire->tls || (proxied != NULL && strcmp(proxied, "https") == 0);

    return arena_printf(ctx->arena, "%s%s%s", tls ? "https://" : "http://",
                        host == NULL ? "" : host, url.text);
}

/* Behind a proxy every client looks local: what a proxy adds tells. */
bool req_loopback(const struct req *req)
{
    return req->wire->loopback && req_header(req, "x-forwarded-for") == NULL &&
           req_header(req, "forwarded") == NULL && req_header(req, "via") == NULL;
}

/* The last address of X-Forwarded-For is the one that our own proxy saw; others may be invented. */
const char *req_address(struct ctx *ctx, const struct req *req)
{
    const char *list = req_header(req, "x-forwarded-for");
    const char *last;

    if (!req->wire->loopback)
        return req->wire->peer;
    if (list == NULL)
        return NULL;
    last = strrchr(list, ',');
    return text_trim(ctx->arena, last == NULL ? list : last + 1);
}

const char *req_header(const struct req *req, const char *lower_name)
{
    return wire_header(req->wire, lower_name);
}

const char *req_continuation(const struct req *req)
{
    return req->wire->continuation;
}
