/* Sign-in, sign-out and the choice of language: the pages that belong to no record. */
#include "web/pages.h"

#include <string.h>

#include "auth/auth.h"
#include "core/text.h"
#include "web/reply.h"
#include "web/web_view.h"
#include "web_templates.h"

#define LANG_COOKIE   "__Host-lang"
#define DEMO_PASSWORD "homeward-demo"

/*
 * Only a path of ours: one slash, then no second one. Browsers drop tabs and take a backslash for a
 * slash before they look for the host, so nothing but the visible characters of a URL may be there.
 */
static struct url safe_next(const char *next)
{
    bool ours = next[0] == '/' && next[1] != '/';

    for (const char *p = next; *p != '\0' && ours; p++)
        ours = *p > 0x20 && *p < 0x7f && *p != '\\';
    return (struct url){ ours ? next : "/" };
}

static enum err fill_demo(struct ctx *ctx, struct login_view *v)
{
    struct user_row *rows = NULL;
    struct demo_user_view *users;
    size_t len = 0;
    enum err rc = user_list(ctx, &rows, &len);

    if (rc)
        return rc;
    users = ARENA_ARRAY(ctx->arena, len + 1, struct demo_user_view);
    for (size_t i = 0; i < len; i++) {
        users[i].login = rows[i].login;
        users[i].role = auth_role_title(ctx, rows[i].roles);
    }
    v->demo = true;
    v->users = users;
    v->users_len = len;
    v->demo_password = DEMO_PASSWORD;
    return OK;
}

static enum err show_login(struct ctx *ctx, const struct req *req, struct res *res, int status,
                           const char *problem)
{
    struct login_view v = { 0 };
    enum err rc = OK;

    v.name = req_text(req, "name");
    v.problem = problem;
    v.next = req_text(req, "next");
    if (ctx->demo && req_loopback(req))
        rc = fill_demo(ctx, &v);
    if (rc)
        return rc;
    login_reply(res, status, &v);
    return OK;
}

static enum err get_login(struct ctx *ctx, const struct req *req, struct res *res)
{
    if (ctx->user != NULL)
        return res_see_other(res, safe_next(req_text(req, "next")));
    return show_login(ctx, req, res, 200, NULL);
}

static enum err post_login(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct login login = { 0 };
    const struct login_from from = { req_loopback(req), req_address(ctx, req) };
    enum err rc = auth_login(ctx, &login, req_text(req, "name"), req_text(req, "password"), &from);

    if (rc == ERR_FORBIDDEN || rc == ERR_LIMIT)
        return show_login(ctx, req, res, rc == ERR_LIMIT ? 429 : 422, ctx_first_problem(ctx));
    if (rc)
        return rc;
    res_set_session(res, login.token);
    return res_see_other(res, safe_next(req_text(req, "next")));
}

static enum err post_logout(struct ctx *ctx, const struct req *req, struct res *res)
{
    enum err rc = auth_logout(ctx, res->session == NULL ? "" : res->session);

    (void)req;
    if (rc)
        return rc;
    res_set_session(res, NULL);
    res_header(res, "clear-site-data", "\"cache\", \"storage\"");
    return res_see_other(res, url_build(ctx, "/login"));
}

static enum err post_language(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *lang = req_text(req, "lang");
    enum err rc = OK;

    if (!tr_has_language(lang))
        return ctx_fail_field(ctx, "lang", tr(ctx, "There is no such language here."));
    if (ctx->user != NULL)
        rc = user_set_lang(ctx, ctx->user_id, lang);
    if (rc)
        return rc;
    res_cookie(res, LANG_COOKIE, lang, 365 * 24 * 60 * 60);
    return res_see_other(res, safe_next(req_text(req, "back")));
}

static const struct field_spec login_next_fields[] = {
    { "next", INPUT_TEXT, .max = 500 },
    { 0 },
};

static const struct field_spec login_fields[] = {
    { "name", INPUT_TEXT, .max = 100, .required = true },
    { "password", INPUT_TEXT, .max = 500, .required = true },
    { "next", INPUT_TEXT, .max = 500 },
    { 0 },
};

static const struct field_spec language_fields[] = {
    { "lang", INPUT_CODE, .required = true },
    { "back", INPUT_TEXT, .max = 500 },
    { 0 },
};

const struct route web_routes[] = {
    { GET, "/login", PERM_PUBLIC, get_login, FIELDS(login_next_fields) },
    { POST, "/login", PERM_PUBLIC, post_login, FIELDS(login_fields) },
    { POST, "/logout", PERM_SIGNED_IN, post_logout, NO_FIELDS },
    { POST, "/language", PERM_PUBLIC, post_language, FIELDS(language_fields) },
    { 0 },
};
