/* Finding people: the words are posted, kept sealed, and the result has an address without them. */
#include <string.h>

#include "core/json.h"
#include "core/text.h"
#include "records/records_inner.h"
#include "records/screens_web.h"
#include "records/search_words.h"
#include "records_templates.h"

#define WORDS_MAX 200

/* Words of a JSON request: {"words": "..."}. */
static enum err words_of_json(struct ctx *ctx, const char **out, const char *bytes, size_t len)
{
    json_t *tree = NULL;
    const char *words;
    enum err rc = json_parse(ctx, &tree, bytes, len);

    if (rc)
        return rc;
    words = json_is_object(tree) && json_object_size(tree) == 1
                ? json_string_value(json_object_get(tree, "words"))
                : NULL;
    if (words == NULL || strlen(words) > WORDS_MAX)
        return ctx_fail_field(ctx, "words",
                              tr(ctx, "Send an object with one text of at most {0} bytes: words.",
                                 TR_INT(WORDS_MAX)));
    *out = words;
    return OK;
}

static enum err search_json(struct ctx *ctx, struct res *res, const char *kind, const char *words)
{
    struct record_hit *hits = NULL;
    size_t len = 0;
    enum err rc = record_search(ctx, &hits, &len, kind, words);

    return rc ? rc : reply_hits_json(ctx, res, hits, len);
}

enum err post_search(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *kind = req_path(req, "kind");
    const char *words = req_text(req, "words");
    const struct form *form = NULL;
    const char *id = NULL;
    size_t len = 0;
    const char *json = req_json(req, &len);
    enum err rc = record_form(ctx, &form, kind);

    if (!rc && json != NULL)
        rc = words_of_json(ctx, &words, json, len);
    if (rc)
        return rc;
    if (text_blank(words) && json != NULL)
        return ctx_fail_field(ctx, "words", tr(ctx, "Say what to search for."));
    if (text_blank(words))
        return res_see_other(res, url_build(ctx, "/records/{}", kind));
    if (json != NULL || req_wants_json(req))
        return search_json(ctx, res, kind, words);
    rc = search_keep(ctx, &id, kind, words);
    if (rc)
        return rc;
    return res_see_other(res, url_build(ctx, "/search/{}", id));
}

enum err get_search(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct search_view v = { 0 };
    struct record_hit *hits = NULL;
    struct hit_view *items;
    const char *kind = NULL;
    enum err rc = search_load(ctx, &kind, &v.words, req_path(req, "id"));

    if (rc)
        return rc;
    if (!may(ctx, kind, "search"))
        return record_gone(ctx);
    rc = record_search(ctx, &hits, &v.hits_len, kind, v.words);
    if (rc)
        return rc;
    if (req_wants_json(req))
        return reply_hits_json(ctx, res, hits, v.hits_len);
    items = ARENA_ARRAY(ctx->arena, v.hits_len + 1, struct hit_view);
    for (size_t i = 0; i < v.hits_len; i++)
        hit_fill(ctx, &items[i], &hits[i]);
    v.hits = items;
    v.most = v.hits_len == RECORD_HITS_MAX;
    v.box.kind = kind;
    v.box.words = v.words;
    v.box.label = tr(ctx, "Name, phone or number");
    v.may_add = may(ctx, kind, "create");
    v.add = url_build(ctx, "/records/{}/new?search={}", kind, req_path(req, "id"));
    search_reply(res, 200, &v);
    return OK;
}
