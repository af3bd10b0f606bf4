/* Choosing what a reference names: by words or number, found on the server. */
#include <string.h>

#include "auth/auth.h"
#include "core/json.h"
#include "core/text.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

#define FOUND_MAX ((size_t)16 * 1024)

static struct ref_asked *asked_at(const struct form_post *post, const char *path)
{
    for (size_t i = 0; post != NULL && i < post->refs_len; i++)
        if (strcmp(post->refs[i].path, path) == 0)
            return &post->refs[i];
    return NULL;
}

bool ref_take(struct form_post *post, const struct pair *p)
{
    static const char *const names[] = { "_words.", "_found.", "_find." };
    struct ref_asked *at = NULL;
    const char *path = NULL;
    size_t which = 0;

    for (; which < 3 && path == NULL; which++)
        if (text_starts(p->name, names[which]))
            path = p->name + strlen(names[which]);
    if (path == NULL)
        return false;
    at = asked_at(post, path);
    if (at == NULL) {
        at = &post->refs[post->refs_len++];
        *at = (struct ref_asked){ .path = path, .words = "", .found = "" };
    }
    if (which == 1)
        at->words = p->value;
    else if (which == 2)
        at->found = p->value;
    else
        at->pressed = true;
    return true;
}

bool ref_wants_finding(const struct form_post *post)
{
    for (size_t i = 0; i < post->refs_len; i++)
        if (post->refs[i].pressed || (!text_blank(post->refs[i].words) &&
                                      strcmp(post->refs[i].words, post->refs[i].found) != 0))
            return true;
    return false;
}

/* --- finding --- */

struct found {
    struct ref_hit_view *hits;
    size_t len;
};

static enum err find_staff(struct ctx *ctx, struct found *out, const struct field *f,
                           const char *words)
{
    struct user_row *users = NULL;
    enum err rc = record_find_staff(ctx, &users, &out->len, f, words);

    for (size_t i = 0; !rc && i < out->len; i++) {
        out->hits[i].id = users[i].id;
        out->hits[i].title = users[i].name;
        out->hits[i].note = users[i].office_code;
    }
    return rc;
}

static enum err find_records(struct ctx *ctx, struct found *out, const char *kind,
                             const char *words)
{
    struct record_hit *hits = NULL;
    size_t len = 0;
    enum err rc = OK;

    if (!may(ctx, kind, "view") || !may(ctx, kind, "search"))
        return OK;
    rc = record_search(ctx, &hits, &len, kind, words);
    if (rc)
        return rc;
    for (; out->len < len && out->len < REF_HITS_MAX; out->len++) {
        const struct record *rec = hits[out->len].record;
        const char *name = record_name(ctx, rec);

        out->hits[out->len].id = rec->id;
        out->hits[out->len].title = name;
        out->hits[out->len].note = text_equal(name, rec->number) ? NULL : rec->number;
    }
    return OK;
}

static enum err find(struct ctx *ctx, struct found *out, const struct field *f, const char *words)
{
    out->len = 0;
    out->hits = ARENA_ARRAY(ctx->arena, REF_HITS_MAX, struct ref_hit_view);
    if (text_blank(words))
        return OK;
    return field_is_user(f) ? find_staff(ctx, out, f, words)
                            : find_records(ctx, out, f->ref, words);
}

static const char *found_text(struct ctx *ctx, const struct found *found, const char *words)
{
    if (text_blank(words))
        return "";
    if (found->len == 0)
        return tr(ctx, "Nothing was found.");
    return tr(ctx,
              "{0, plural, one {# found. Choose it if it is meant.} other {# found. Choose "
              "one.}}",
              TR_INT((int64_t)found->len));
}

/* --- the widget --- */

void ref_fill(struct ctx *ctx, struct widget_view *w, const struct field *f,
              const struct form_post *post)
{
    const struct ref_asked *asked = asked_at(post, w->path);
    struct problem *last = ctx->problems_last;
    struct widget_ref_view *v = &w->ref;
    struct found found = { 0 };
    struct record *to = NULL;

    v->words_name = arena_printf(ctx->arena, "_words.%s", w->path);
    v->found_name = arena_printf(ctx->arena, "_found.%s", w->path);
    v->find_name = arena_printf(ctx->arena, "_find.%s", w->path);
    v->words = asked == NULL ? "" : asked->words;
    v->now = w->value[0] == '\0' ? NULL : ref_shown(ctx, f->ref, w->value, &to);
    v->what = field_is_user(f) ? tr(ctx, "Name") : tr(ctx, "Name, phone or number");
    if (asked == NULL)
        return;
    if (find(ctx, &found, f, asked->words)) {
        ctx_problems_back(ctx, last); /* without hits the page says that nothing was found */
        found.len = 0;
    }
    v->say = found_text(ctx, &found, asked->words);
    for (size_t i = 0; i < found.len; i++) {
        if (strcmp(found.hits[i].id, w->value) == 0)
            continue;
        found.hits[i].html_id = arena_printf(ctx->arena, "%s-%zu", w->id, i + 1);
        found.hits[v->hits_len++] = found.hits[i];
    }
    v->hits = found.hits;
}

void ref_place(struct ctx *ctx, struct widget_view *w, const char *kind, const char *action)
{
    w->ref.here.text = arena_printf(ctx->arena, "%s#%s", action, w->id);
    w->ref.asks = url_build(ctx, "/records/{}/refs", kind);
}

/* --- while somebody types --- */

static void reply_found(struct ctx *ctx, struct res *res, const struct found *found,
                        const char *words)
{
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct json_out j = { .buf = b };

    buf_init(b, ctx->arena, FOUND_MAX);
    json_begin_object(&j);
    json_key(&j, "items");
    json_begin_array(&j);
    for (size_t i = 0; i < found->len; i++) {
        json_begin_object(&j);
        json_pair(&j, "id", found->hits[i].id);
        json_pair(&j, "title", found->hits[i].title);
        json_pair(&j, "note", found->hits[i].note);
        json_end_object(&j);
    }
    json_end_array(&j);
    json_pair(&j, "say", found_text(ctx, found, words));
    json_end_object(&j);
    res_json(res, 200, buf_text(b), b->len);
}

enum err post_refs(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *path = req_text(req, "field");
    const char *words = req_text(req, "words");
    const char *dot = strrchr(path, '.');
    const struct form *form = NULL;
    const struct field *f;
    struct found found = { 0 };
    enum err rc = record_form(ctx, &form, req_path(req, "kind"));

    if (rc)
        return rc;
    if (!may(ctx, form->kind, "create") && !may(ctx, form->kind, "edit"))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    f = field_find(form, dot == NULL ? path : dot + 1);
    if (f == NULL || f->ref == NULL || !field_visible(ctx, f))
        return ctx_fail_field(ctx, "field",
                              tr(ctx, "This field is not known here: {0}.", TR_TEXT(path)));
    rc = find(ctx, &found, f, words);
    if (!rc)
        reply_found(ctx, res, &found, words);
    return rc;
}
