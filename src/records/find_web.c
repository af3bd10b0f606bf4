/* Finding people: the words are posted, kept sealed, and the result has an address without them. */
#include <string.h>

#include "core/text.h"
#include "forms_gen.h"
#include "guide/guide.h"
#include "records/records_inner.h"
#include "records/screens_web.h"
#include "records/search_words.h"
#include "records_templates.h"

static enum err search_json(struct ctx *ctx, struct res *res, const char *kind, const char *words)
{
    struct record_hit *hits = NULL;
    size_t len = 0;
    enum err rc = record_search(ctx, &hits, &len, kind, words);

    return rc ? rc : reply_hits_json(res, hits, len);
}

enum err post_search(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *kind = req_path(req, "kind");
    const char *words = req_text(req, "words");
    const struct form *form = NULL;
    const char *id = NULL;
    enum err rc = record_form(ctx, &form, kind);

    if (rc)
        return rc;
    if (text_blank(words) && req_wants_json(req))
        return ctx_fail_field(ctx, "words", tr(ctx, "Say what to search for."));
    if (text_blank(words))
        return res_see_other(res, url_build(ctx, "/records/{}", kind));
    if (req_wants_json(req))
        return search_json(ctx, res, kind, words);
    rc = search_keep(ctx, &id, kind, words);
    if (rc)
        return rc;
    return res_see_other(res, url_build(ctx, "/search/{}", id));
}

/* --- all kinds --- */

#define ALL_KINDS "*" /* kept in place of a kind */

static bool may_find(const struct ctx *ctx, const struct form *form)
{
    return may(ctx, form->kind, "search") && may(ctx, form->kind, "view") &&
           form->privacy <= ctx->user->clearance;
}

enum err post_search_all(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *words = req_text(req, "words");
    const char *id = NULL;
    bool any = false;
    enum err rc;

    for (size_t i = 0; i < ctx->forms->len; i++)
        any = any || may_find(ctx, ctx->forms->items[i]);
    if (!any)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "You may not search here."));
    if (text_blank(words))
        return res_see_other(res, url_build(ctx, "/"));
    rc = search_keep(ctx, &id, ALL_KINDS, words);
    return rc ? rc : res_see_other(res, url_build(ctx, "/search/{}", id));
}

/* --- results --- */

/* What was found, kind after kind, in one list; for programs. */
struct all_hits {
    struct record_hit *items;
    size_t len;
};

static enum err find_kind(struct ctx *ctx, struct search_view *v, struct hits_view *group,
                          struct all_hits *all, const struct form *form)
{
    struct record_hit *hits = NULL;
    struct hit_view *items;
    size_t len = 0;
    enum err rc = record_search(ctx, &hits, &len, form->kind, v->words);

    if (rc || len == 0)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len, struct hit_view);
    for (size_t i = 0; i < len; i++) {
        hit_fill(ctx, &items[i], &hits[i]);
        all->items[all->len++] = hits[i];
    }
    group->title = record_kind_title(ctx, form);
    group->items = items;
    group->items_len = len;
    group->most = len == RECORD_HITS_MAX;
    v->groups_len++;
    return OK;
}

/* In all kinds, or in the one of this name. */
static enum err find_in(struct ctx *ctx, struct search_view *v, struct all_hits *all,
                        const char *kind)
{
    const size_t most = ctx->forms->len;
    struct hits_view *groups = ARENA_ARRAY(ctx->arena, most + 1, struct hits_view);
    enum err rc = OK;

    v->groups = groups;
    all->items = ARENA_ARRAY(ctx->arena, most * RECORD_HITS_MAX + 1, struct record_hit);
    for (size_t i = 0; rc == OK && i < most; i++) {
        const struct form *form = ctx->forms->items[i];

        if (may_find(ctx, form) && (v->all || strcmp(form->kind, kind) == 0))
            rc = find_kind(ctx, v, &groups[v->groups_len], all, form);
    }
    return rc;
}

#define SHORT_WORD 4 /* letters; "Awa" is no search for "away" */

/* Whether the words that are short stand in the text by themselves. */
static bool short_words_in(struct ctx *ctx, const char *text, const char *words)
{
    const char *apart = arena_printf(ctx->arena, " %s ", text);
    size_t len = 0;
    char **each = text_split(ctx->arena, words, ' ', true, &len);

    for (size_t i = 0; i < len; i++)
        if (text_codepoints(each[i]) < SHORT_WORD &&
            strstr(apart, arena_printf(ctx->arena, " %s ", each[i])) == NULL)
            return false;
    return true;
}

/* Pages of the guide in the reader's language in which all the words stand; in its order. */
static void find_pages(struct ctx *ctx, struct search_view *v)
{
    const char *words = guide_fold(ctx->arena, v->words);
    size_t len = 0;
    const struct guide_page *all = guide_pages(&len);
    struct guide_hit_view *pages = ARENA_ARRAY(ctx->arena, len + 1, struct guide_hit_view);

    for (size_t i = 0; words[0] != '\0' && i < len; i++) {
        const struct guide_text *text = guide_text_of(&all[i], ctx->lang);

        if (guide_words_in(ctx, text->words, words) && short_words_in(ctx, text->words, words))
            pages[v->pages_len++] =
                (struct guide_hit_view){ text->title, url_build(ctx, "/guide/{}", all[i].name) };
    }
    v->pages = pages;
}

enum err get_search(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct search_view v = { 0 };
    struct all_hits all = { 0 };
    const char *kind = NULL;
    enum err rc = search_load(ctx, &kind, &v.words, req_path(req, "id"));

    if (rc)
        return rc;
    v.all = strcmp(kind, ALL_KINDS) == 0;
    if (!v.all && !may(ctx, kind, "search"))
        return record_gone(ctx);
    rc = find_in(ctx, &v, &all, kind);
    if (rc)
        return rc;
    if (req_wants_json(req))
        return reply_hits_json(res, all.items, all.len);
    if (v.all)
        find_pages(ctx, &v);
    kind = v.all ? FORM_PERSON : kind;
    v.may_add = may(ctx, kind, "create") && strcmp(kind, FORM_PERSON) == 0;
    v.add = url_build(ctx, "/records/{}/new?search={}", kind, req_path(req, "id"));
    search_reply(res, 200, &v);
    return OK;
}
