#include <assert.h>
#include <string.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "auth/home.h"
#include "core/date.h"
#include "core/id.h"
#include "core/log.h"
#include "core/memo.h"
#include "core/text.h"
#include "db/db.h"
#include "web/reply.h"

#define SESSION_COOKIE "__Host-session"
#define VISIT_COOKIE   "__Host-visit"
#define LANG_COOKIE    "__Host-lang"
#define BODY_MAX       ((size_t)256 * 1024)

/* --- patterns --- */

/* Fits one segment of a pattern; fills the parameter. */
static bool fits(struct ctx *ctx, const char *pattern, size_t len, const char *segment,
                 struct pair *param)
{
    param->name = NULL;
    if (len < 2 || pattern[0] != '{')
        return strlen(segment) == len && strncmp(pattern, segment, len) == 0;
    param->name = arena_strndup(ctx->arena, pattern + 1, len - 2);
    param->value = segment;
    if (strcmp(param->name, "id") == 0)
        return id_valid(segment);
    if (strcmp(param->name, "kind") == 0)
        return text_is_name(segment);
    return strlen(segment) <= 60;
}

static bool path_fits(struct ctx *ctx, const char *pattern, char **segments, size_t len,
                      struct req *req)
{
    const char *p = pattern;
    size_t i = 0;

    req->params_len = 0;
    while (*p == '/') {
        size_t part = strcspn(p + 1, "/");
        struct pair *param = &req->params[req->params_len];

        if (part == 0)
            break;
        if (i == len || !fits(ctx, p + 1, part, segments[i], param))
            return false;
        req->params_len += param->name != NULL;
        p += part + 1;
        i++;
    }
    return i == len;
}

static const char *method_name(enum method m)
{
    static const char *const names[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE" };

    return names[m];
}

static bool method_fits(enum method m, const char *sent)
{
    return strcmp(method_name(m), sent) == 0 || (m == GET && strcmp(sent, "HEAD") == 0);
}

/* "GET, HEAD" and the like: the methods that a path knows. */
static void allow(struct ctx *ctx, const char **out, enum method m)
{
    const char *name = m == GET ? "GET, HEAD" : method_name(m);

    *out = *out == NULL ? name : arena_printf(ctx->arena, "%s, %s", *out, name);
}

/* The route of a request. ERR_NOT_FOUND; *allow_out: what the path knows instead, or NULL. */
static enum err find_route(struct ctx *ctx, const struct web *web, struct req *req,
                           const char **allow_out)
{
    char **segments = NULL;
    size_t len = 0;
    enum err rc = request_path(ctx, req->wire->target, &segments, &len);

    if (rc)
        return rc;
    for (const struct route *const *table = web->tables; *table != NULL; table++) {
        for (const struct route *r = *table; r->method != METHOD_END; r++) {
            if (!path_fits(ctx, r->path, segments, len, req))
                continue;
            if (method_fits(r->method, req->wire->method)) {
                req->route = r;
                return OK;
            }
            allow(ctx, allow_out, r->method);
        }
    }
    return ERR_NOT_FOUND;
}

/* "{kind}.view" with the path's kind. */
static const char *permission_of(struct ctx *ctx, const struct req *req)
{
    const char *p = req->route->permission;

    if (!text_starts(p, "{kind}"))
        return p;
    return arena_printf(ctx->arena, "%s%s", req_path(req, "kind"), p + 6);
}

/* r is a row of table. */
static enum err check_route(struct ctx *ctx, const struct route *table, const struct route *r)
{
    bool known = r->permission != NULL &&
                 (text_starts(r->permission, "{kind}.") || auth_permission_exists(r->permission));

    if (!known || r->path == NULL || r->path[0] != '/' || r->handler == NULL)
        return ctx_fail(ctx, ERR_INVALID,
                        arena_printf(ctx->arena, "route %s %s has no known permission",
                                     method_name(r->method), r->path == NULL ? "" : r->path));
    if (r->device && r->method != GET)
        return ctx_fail(ctx, ERR_INVALID,
                        arena_printf(ctx->arena, "route %s: devices only fetch", r->path));
    for (const struct route *s = table; s < r; s++)
        if (s->method == r->method && strcmp(s->path, r->path) == 0)
            return ctx_fail(ctx, ERR_INVALID,
                            arena_printf(ctx->arena, "route %s is there twice", r->path));
    return OK;
}

enum err web_check(struct ctx *ctx, const struct web *web)
{
    for (const struct route *const *table = web->tables; *table != NULL; table++) {
        for (const struct route *r = *table; r->method != METHOD_END; r++) {
            enum err rc = check_route(ctx, *table, r);

            if (rc)
                return rc;
        }
    }
    return OK;
}

/* --- who asks --- */

static void choose_language(struct ctx *ctx, const struct req *req)
{
    const char *cookie = request_cookie(req, LANG_COOKIE);
    const char *accepts = req_header(req, "accept-language");

    if (cookie != NULL && tr_has_language(cookie))
        ctx->lang = cookie;
    else
        ctx->lang = tr_pick_language(accepts == NULL ? "" : accepts);
}

static enum err load_session(struct ctx *ctx, struct res *res, struct req *req, struct db *write_db)
{
    const char *said = request_token(ctx, req);
    const char *chosen = ctx->lang;
    const char *cookie = request_cookie(req, LANG_COOKIE);
    const char *token = request_cookie(req, SESSION_COOKIE);
    enum err rc;

    if (said != NULL)
        token = said;
    if (token == NULL || token[0] == '\0')
        return OK;
    rc = auth_session_load(ctx, token, write_db);
    if (rc == ERR_NOT_FOUND) {
        ctx_clear_problems(ctx);
        return OK; /* ended: nobody is signed in */
    }
    if (rc)
        return rc;
    if (!req->bearer)
        res->session = token;
    if (cookie != NULL && tr_has_language(cookie))
        ctx->lang = chosen;
    return OK;
}

/* A visitor who has not signed in gets a random name of his own for CSRF. */
static void name_visitor(struct ctx *ctx, struct res *res, const struct req *req)
{
    unsigned char bytes[16];

    if (res->session != NULL)
        return;
    res->visit = request_cookie(req, VISIT_COOKIE);
    if (res->visit != NULL && strlen(res->visit) >= 16 && strlen(res->visit) <= 64)
        return;
    random_bytes(bytes, sizeof bytes);
    res->visit = base64url_text(ctx->arena, bytes, sizeof bytes);
    res_cookie(res, VISIT_COOKIE, res->visit, 60 * 60 * 12);
}

/* --- one request --- */

static enum err refuse_nobody(struct ctx *ctx, struct res *res)
{
    const struct req *req = res->req;
    struct url login = url_build(ctx, "/login");

    if (req->device && req->route->device)
        res_header(res, "www-authenticate", "Basic realm=\"Homeward\", charset=\"UTF-8\"");
    if (req->wants_json || req->bearer || req->device) {
        ctx_set_problem(ctx, ERR_FORBIDDEN, NULL, tr(ctx, "Sign in first."));
        res_error_as(res, ERR_FORBIDDEN, 401);
        return OK;
    }
    if (strcmp(req->wire->method, "GET") == 0 && strcmp(req->wire->target, "/") != 0)
        login = url_build(ctx, "/login?next={}", req_location(ctx, req));
    return res_see_other(res, login);
}

/* The body, whose it is (CSRF), and what it says: typed, or refused. */
static enum err read_input(struct ctx *ctx, struct res *res, struct req *req)
{
    const struct route *r = req->route;
    enum err rc = request_body(ctx, req);

    if (rc == OK && r->method != GET && !r->machine)
        rc = csrf_check(ctx, res);
    if (rc)
        return rc;
    if (req->json != NULL && !r->json)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Send a form here, not application/json."));
    if (req->json != NULL)
        req->wants_json = true;
    if (r->input.record || r->machine)
        return OK;
    rc = req->json == NULL ? OK : request_json(ctx, req, r->input.fields);
    return rc ? rc : request_check(ctx, req, r->input.fields);
}

static enum err run_route(struct ctx *ctx, struct res *res, struct req *req)
{
    const struct route *r = req->route;
    size_t most = r->body_max > 0 ? r->body_max : BODY_MAX;
    enum err rc;

    if (req->basic && !r->device) {
        ctx->user = NULL;
        ctx->user_id = NULL;
    }
    if (!user_may(ctx->user, permission_of(ctx, req))) {
        if (ctx->user == NULL)
            return refuse_nobody(ctx, res);
        return ERR_FORBIDDEN;
    }
    if (req->wire->body_len > most)
        return ctx_fail(ctx, ERR_LIMIT,
                        tr(ctx, "What you sent is too large: at most {0} kilobytes are taken here.",
                           TR_INT((int64_t)(most / 1024))));
    rc = read_input(ctx, res, req);
    return rc ? rc : r->handler(ctx, req, res);
}

static bool wants_json(const struct req *req)
{
    const char *accept = req_header(req, "accept");
    const char *type = req_header(req, "content-type");

    return (accept != NULL && strstr(accept, "application/json") != NULL) ||
           (accept == NULL && type != NULL && text_starts(type, "application/json"));
}

/* For the log: the pattern, never what stood in the address. */
static const char *route_name(const struct req *req)
{
    return req->route == NULL ? "?" : req->route->path;
}

static void log_failure(struct ctx *ctx, const struct req *req, enum err rc)
{
    if (rc == ERR_DB || rc == ERR_IO || rc == ERR_INTERNAL)
        log_error("%s %s: %s: %s", req->wire->method, route_name(req), err_name(rc),
                  ctx_first_problem(ctx));
}

/*
 * A page is read at one moment: its parts fit together, and SQLite takes its locks once instead of
 * for every statement. PostgreSQL would have to be asked twice more.
 */
static enum err begin_look(struct ctx *ctx, struct home *home)
{
    ctx->db = home_read_db(home);
    if (ctx->db == home_write_db(home) || db_is_postgres(ctx->db))
        return OK;
    return db_begin(ctx);
}

static void end_look(struct ctx *ctx, struct home *home)
{
    struct db *db = home_read_db(home);

    while (db != home_write_db(home) && db_in_transaction(db))
        db_rollback_on(ctx, db);
}

/* Its row says what a route answers programs with: the API's description is printed from there. */
static bool reply_is_told(const struct res *res, const struct req *req)
{
    const struct route *r = req->route;

    return res->type == NULL || strcmp(res->type, "application/json") != 0 || res->status == 304 ||
           (r != NULL && r->reply != NULL &&
            res->status == (r->reply_status == 0 ? 200 : r->reply_status));
}

/* What was done must be durable, and what was seen must be on record, before the answer leaves. */
static enum err settle(struct ctx *ctx, struct home *home, struct res *res, enum err rc)
{
    enum err rc2;

    end_look(ctx, home);
    if (db_in_transaction(home_write_db(home))) {
        log_error("%s left a transaction open", route_name(res->req));
        db_rollback_on(ctx, home_write_db(home));
    }
    if (rc) {
        access_forget(ctx->audit);
        return rc;
    }
    rc2 = access_write(ctx);
    if (!rc2)
        rc2 = home_flush(ctx, home);
    return rc2;
}

static void reset_reply(struct res *res)
{
    res->status = 0;
    res->headers_len = 0;
    res->body = NULL;
    res->body_len = 0;
    res->type = NULL;
    res->continuation = NULL;
}

/* The name in a Host header, without its port. */
static const char *host_name(struct ctx *ctx, const char *host)
{
    const char *colon = host[0] == '[' ? strstr(host, "]:") : strchr(host, ':');

    if (colon == NULL)
        return host;
    return arena_strndup(ctx->arena, host, (size_t)(colon - host) + (host[0] == '[' ? 1 : 0));
}

static bool host_is_ours(struct ctx *ctx, const struct web *web, const struct req *req)
{
    static const char *const local[] = { "localhost", "127.0.0.1", "[::1]", NULL };
    const char *header = req_header(req, "host");
    const char *name = header == NULL ? "" : host_name(ctx, header);

    for (const char *const *h = local; *h != NULL; h++)
        if (ascii_casecmp(*h, name) == 0)
            return true;
    for (const char *const *h = web->hosts; h != NULL && *h != NULL; h++)
        if (ascii_casecmp(*h, name) == 0)
            return true;
    return false;
}

/* Who asks, by which forms. */
static enum err look_at_request(struct ctx *ctx, struct home *home, struct res *res,
                                struct req *req)
{
    enum err rc = begin_look(ctx, home);

    if (!rc && res->web->refresh != NULL)
        rc = res->web->refresh(ctx);
    if (!rc)
        rc = load_session(ctx, res, req, home_write_db(home));
    ctx->db = home_write_db(home);
    return rc;
}

static enum err route_request(struct ctx *ctx, struct home *home, struct res *res, struct req *req)
{
    const char *allowed = NULL;
    enum err rc;

    choose_language(ctx, req);
    ctx->db = home_write_db(home);
    if (!host_is_ours(ctx, res->web, req)) {
        static const char text[] = "This server does not answer to that name.\n";

        res_body(res, 421, "text/plain; charset=utf-8", text, sizeof text - 1, NULL);
        return OK;
    }
    rc = look_at_request(ctx, home, res, req);
    if (rc)
        return rc;
    name_visitor(ctx, res, req);
    rc = find_route(ctx, res->web, req, &allowed);
    if (rc == ERR_NOT_FOUND && allowed != NULL) {
        res_header(res, "allow", allowed);
        res_error_as(res, ERR_NOT_FOUND, 405);
        return OK;
    }
    if (rc)
        return rc;
    if (req->route->method == GET) {
        ctx->db = home_read_db(home);
        if (ctx->db != home_write_db(home))
            ctx->memo = memo_new(ctx);
    } else {
        end_look(ctx, home);
    }
    return run_route(ctx, res, req);
}

enum err web_handle(struct ctx *ctx, struct home *home, const struct web *web,
                    const struct wire_request *in, struct wire_reply *out)
{
    struct req *req = ARENA_NEW(ctx->arena, struct req);
    struct res *res = ARENA_NEW(ctx->arena, struct res);
    enum err rc;

    access_forget(ctx->audit); /* what an earlier request may have left */
    req->wire = in;
    res->ctx = ctx;
    res->req = req;
    res->web = web;
    req->wants_json = wants_json(req);
    request_cookies(ctx, req, wire_header(in, "cookie"));
    rc = settle(ctx, home, res, route_request(ctx, home, res, req));
    if (rc) {
        log_failure(ctx, req, rc);
        reset_reply(res);
        res_error(res, rc);
    }
    assert(res->status != 0 && reply_is_told(res, req));
    if (req->device && req->route != NULL && req->route->device)
        res_header(res, "x-openrosa-version", "1.0");
    res_to_wire(res, out);
    return OK;
}
