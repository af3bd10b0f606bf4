#include <string.h>

#include "auth/auth.h"
#include "core/text.h"
#include "web/html.h"
#include "web/reply.h"
#include "web/web_view.h"
#include "web_templates.h"

#define PAGE_MAX   ((size_t)4 * 1024 * 1024)
#define PAGE_USUAL ((size_t)64 * 1024)

void layout_content(struct html *h, const struct layout_view *v)
{
    v->content(h, v->view);
}

#define GROUPS 4

/* Places of one heading while they are collected. */
struct places {
    struct nav_view *items;
    size_t len;
};

/* How much of the page's address a place covers: the one that covers most is where one is. */
static size_t covers(const char *target, const char *path)
{
    size_t len = strlen(path);

    if (strcmp(path, "/") == 0)
        return strcmp(target, "/") == 0 ? 1 : 0;
    if (!text_starts(target, path))
        return 0;
    return target[len] == '\0' || target[len] == '/' || target[len] == '?' ? len : 0;
}

static void add_place(struct places *to, const char *title, const char *path)
{
    struct nav_view *item = &to->items[to->len++];

    item->title = title;
    item->link = (struct url){ path };
}

static void mark_current(struct places *groups, const char *target, struct layout_view *v)
{
    struct nav_view *best = NULL;
    size_t most = 0;

    for (size_t g = 0; g < GROUPS; g++) {
        for (size_t i = 0; i < groups[g].len; i++) {
            size_t part = covers(target, groups[g].items[i].link.text);

            if (part <= most)
                continue;
            most = part;
            best = &groups[g].items[i];
            v->in_menu = g != NAV_BAR;
        }
    }
    if (best != NULL)
        best->current = true;
}

static void fill_nav(struct ctx *ctx, const struct res *res, struct layout_view *v,
                     const struct frame *frame)
{
    static const char *const titles[GROUPS] = { "", N_("Records"), N_("Work"),
                                                N_("Administration") };
    struct nav_group_view *views = ARENA_ARRAY(ctx->arena, GROUPS, struct nav_group_view);
    struct places groups[GROUPS] = { 0 };
    size_t n = frame->records_len;

    for (const struct nav_item *i = res->web->nav; i->title != NULL; i++)
        n++;
    for (size_t g = 0; g < GROUPS; g++)
        groups[g].items = ARENA_ARRAY(ctx->arena, n + 1, struct nav_view);
    for (const struct nav_item *i = res->web->nav; i->title != NULL; i++)
        if (ctx->user != NULL && user_may(ctx->user, i->permission))
            add_place(&groups[i->group], tr_args(ctx, i->title, NULL), i->path);
    for (size_t i = 0; i < frame->records_len; i++)
        add_place(&groups[NAV_RECORDS], frame->records[i].title, frame->records[i].link.text);
    mark_current(groups, res->req->wire->target, v);
    v->nav = groups[NAV_BAR].items;
    v->nav_len = groups[NAV_BAR].len;
    for (size_t g = NAV_BAR + 1; g < GROUPS; g++) {
        if (groups[g].len == 0)
            continue;
        views[v->groups_len].title = tr_args(ctx, titles[g], NULL);
        views[v->groups_len].items = groups[g].items;
        views[v->groups_len++].items_len = groups[g].len;
    }
    v->groups = views;
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

static void fill_help(struct ctx *ctx, const struct res *res, struct layout_view *v)
{
    const struct route *route = res->req->route;
    const char *kind = route != NULL ? req_path(res->req, "kind") : "";
    struct nav_place place = { 0 };

    v->has_help = res->web->help != NULL;
    if (!v->has_help)
        return;
    res->web->help(ctx, res->req->wire->method, route != NULL ? route->path : NULL,
                   kind[0] != '\0' ? kind : NULL, &place);
    v->help = place.link;
    v->help_title = place.title;
}

void html_page(struct res *res, int status, const char *title,
               void (*content)(struct html *h, const void *view), const void *view)
{
    struct ctx *ctx = res->ctx;
    struct layout_view v = { .title = title, .content = content, .view = view };
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct html h = { .ctx = ctx, .buf = b, .res = res };
    struct frame frame = { 0 };

    v.rtl = strcmp(tr_direction(ctx->lang), "rtl") == 0;
    v.demo = ctx->demo;
    v.back = strcmp(res->req->wire->method, "GET") == 0 ? req_location(ctx, res->req) : "/";
    v.flash = res_take_flash(res);
    if (ctx->user != NULL && res->web->frame != NULL)
        res->web->frame(ctx, &frame);
    v.may_search = frame.may_search;
    fill_nav(ctx, res, &v, &frame);
    fill_langs(ctx, &v);
    fill_bell(ctx, res, &v);
    fill_help(ctx, res, &v);
    if (ctx->user != NULL) {
        v.user_name = ctx->user->name;
        v.keys = !ctx->user->keys_off;
        v.office_name = ctx->user->office_name;
        if (ctx->user->roles[0] != NULL)
            v.role_title = auth_role_title(ctx, ctx->user->roles[0]);
        res->personal = true;
    }
    buf_init(b, ctx->arena, PAGE_MAX);
    buf_room(b, PAGE_USUAL);
    buf_add(b, "<!DOCTYPE html>\n");
    layout_render(&h, &v);
    if (!buf_ok(b)) {
        res_body(res, 500, "text/plain; charset=utf-8", "The page is too long.", 21, NULL);
        return;
    }
    res_body(res, status, "text/html; charset=utf-8", b->data, b->len, NULL);
}
