#include "guide/guide_web.h"

#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "core/collate.h"
#include "core/text.h"
#include "core/tr.h"
#include "guide/guide_view.h"
#include "guide_templates.h"

#define WORDS_MAX 100

void guide_body_render(struct html *h, const struct guide_text *text)
{
    html_lit(h, text->html, text->html_len);
}

void guide_help(struct ctx *ctx, const char *method, const char *pattern, const char *kind,
                struct nav_place *out)
{
    const struct guide_page *page = pattern != NULL ? guide_of_screen(method, pattern, kind) : NULL;

    out->title = page != NULL ? guide_text_of(page, ctx->lang)->title : NULL;
    out->link = page != NULL ? url_build(ctx, "/guide/{}", page->name) : url_build(ctx, "/guide");
}

/* --- terms --- */

struct sorted {
    const struct term *term;
    const char *key;
};

static int compare_sorted(const void *a, const void *b)
{
    const struct sorted *x = a;
    const struct sorted *y = b;

    return strcmp(x->key, y->key);
}

static const struct term *terms_with(struct ctx *ctx, const char *words, size_t *len_out)
{
    size_t len = 0;
    size_t kept = 0;
    const struct term *all = terms_all(ctx->lang, &len);
    struct sorted *found = ARENA_ARRAY(ctx->arena, len + 1, struct sorted);
    struct term *out = ARENA_ARRAY(ctx->arena, len + 1, struct term);

    for (size_t i = 0; i < len; i++) {
        const char *text =
            guide_fold(ctx->arena, arena_printf(ctx->arena, "%s %s", all[i].name, all[i].text));

        if (guide_words_in(ctx, text, words))
            found[kept++] = (struct sorted){ &all[i], collate_key(ctx, all[i].name) };
    }
    if (kept > 1)
        qsort(found, kept, sizeof(*found), compare_sorted);
    for (size_t i = 0; i < kept; i++)
        out[i] = *found[i].term;
    *len_out = kept;
    return out;
}

static enum err get_terms(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct terms_view v = { .words = text_trim(ctx->arena, req_text(req, "q")) };

    v.items = terms_with(ctx, guide_fold(ctx->arena, v.words), &v.items_len);
    terms_reply(res, 200, &v);
    return OK;
}

/* --- the guide --- */

static struct guide_link_view link_to(struct ctx *ctx, const struct guide_page *page)
{
    return (struct guide_link_view){ guide_text_of(page, ctx->lang)->title,
                                     url_build(ctx, "/guide/{}", page->name) };
}

static enum err get_list(struct ctx *ctx, const struct req *req, struct res *res)
{
    static const char *const titles[GUIDE_GROUPS] = { N_("First steps"), N_("People and cases"),
                                                      N_("Everyday work"), N_("Statistics"),
                                                      N_("Administration") };
    struct guide_list_view v = { .words = text_trim(ctx->arena, req_text(req, "q")) };
    const char *words = guide_fold(ctx->arena, v.words);
    size_t len = 0;
    const struct guide_page *all = guide_pages(&len);
    struct guide_group_view *groups =
        ARENA_ARRAY(ctx->arena, GUIDE_GROUPS, struct guide_group_view);

    for (size_t g = 0; g < GUIDE_GROUPS; g++) {
        struct guide_link_view *items = ARENA_ARRAY(ctx->arena, len + 1, struct guide_link_view);
        size_t n = 0;

        for (size_t i = 0; i < len; i++)
            if ((size_t)all[i].group == g &&
                guide_words_in(ctx, guide_text_of(&all[i], ctx->lang)->words, words))
                items[n++] = link_to(ctx, &all[i]);
        if (n > 0)
            groups[v.groups_len++] =
                (struct guide_group_view){ tr_args(ctx, titles[g], NULL), items, n };
    }
    v.groups = groups;
    if (words[0] != '\0')
        v.terms = terms_with(ctx, words, &v.terms_len);
    guide_list_reply(res, 200, &v);
    return OK;
}

static enum err get_page(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct guide_page *page = guide_find(req_path(req, "page"));
    struct guide_page_view v = { 0 };
    size_t len = 0;
    const struct guide_page *all = guide_pages(&len);

    if (page == NULL)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such page of the guide."));
    v.text = *guide_text_of(page, ctx->lang);
    v.title = v.text.title;
    if (page > all)
        v.back = link_to(ctx, page - 1);
    if (page + 1 < all + len)
        v.next = link_to(ctx, page + 1);
    guide_page_reply(res, 200, &v);
    return OK;
}

static const struct field_spec words_fields[] = {
    { "q", INPUT_TEXT, .max = WORDS_MAX },
    { 0 },
};

const struct route guide_routes[] = {
    { GET, "/guide", PERM_PUBLIC, get_list, FIELDS(words_fields) },
    { GET, "/guide/{page}", PERM_PUBLIC, get_page, NO_FIELDS },
    { GET, "/terms", PERM_PUBLIC, get_terms, FIELDS(words_fields) },
    { 0 },
};
