#include <string.h>

#include "auth/auth.h"
#include "core/text.h"
#include "web/html.h"
#include "web/reply.h"
#include "web/web_view.h"
#include "web_templates.h"

#define PAGE_MAX ((size_t)4 * 1024 * 1024)

void layout_content(struct html *h, const struct layout_view *v)
{
    v->content(h, v->view);
}

static void fill_nav(struct ctx *ctx, const struct res *res, struct layout_view *v)
{
    struct nav_view *items;
    size_t n = 0;

    for (const struct nav_item *i = res->web->nav; i->title != NULL; i++)
        n++;
    items = ARENA_ARRAY(ctx->arena, n + 1, struct nav_view);
    n = 0;
    for (const struct nav_item *i = res->web->nav; i->title != NULL; i++) {
        if (ctx->user == NULL || !user_may(ctx->user, i->permission))
            continue;
        items[n].title = tr_args(ctx, i->title, NULL);
        items[n].link = (struct url){ i->path };
        items[n].current = strcmp(i->path, "/") == 0 ? strcmp(res->req->wire->target, "/") == 0
                                                     : text_starts(res->req->wire->target, i->path);
        n++;
    }
    v->nav = items;
    v->nav_len = n;
}

static void fill_langs(struct ctx *ctx, struct layout_view *v)
{
    const char *const *codes = tr_languages();
    struct lang_view *items;
    size_t n = 0;

    while (codes[n] != NULL)
        n++;
    items = ARENA_ARRAY(ctx->arena, n + 1, struct lang_view);
    for (size_t i = 0; i < n; i++) {
        items[i].code = codes[i];
        items[i].name = tr_language_name(codes[i]);
        items[i].dir = tr_direction(codes[i]);
        items[i].current = strcmp(codes[i], ctx->lang) == 0;
    }
    v->langs = items;
    v->langs_len = n;
}

/* A page is shown without its bell rather than not at all. */
static void fill_bell(struct ctx *ctx, const struct res *res, struct layout_view *v)
{
    struct ctx scratch = *ctx;

    v->has_bell = ctx->user != NULL && res->web->bell != NULL;
    if (v->has_bell && res->web->bell(&scratch, &v->unread) != OK)
        v->unread = 0;
}

void html_page(struct res *res, int status, const char *title,
               void (*content)(struct html *h, const void *view), const void *view)
{
    struct ctx *ctx = res->ctx;
    struct layout_view v = { .title = title, .content = content, .view = view };
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct html h = { .ctx = ctx, .buf = b, .res = res };

    v.rtl = strcmp(tr_direction(ctx->lang), "rtl") == 0;
    v.demo = ctx->demo;
    v.back = strcmp(res->req->wire->method, "GET") == 0 ? req_location(ctx, res->req) : "/";
    v.flash = res_take_flash(res);
    fill_nav(ctx, res, &v);
    fill_langs(ctx, &v);
    fill_bell(ctx, res, &v);
    if (ctx->user != NULL) {
        v.user_name = ctx->user->name;
        v.office_name = ctx->user->office_name;
        v.role_title = ctx->user->role_titles[0];
        res->personal = true;
    }
    buf_init(b, ctx->arena, PAGE_MAX);
    buf_add(b, "<!DOCTYPE html>\n");
    layout_render(&h, &v);
    if (!buf_ok(b)) {
        res_body(res, 500, "text/plain; charset=utf-8", "The page is too long.", 21, NULL);
        return;
    }
    res_body(res, status, "text/html; charset=utf-8", b->data, b->len, NULL);
}
