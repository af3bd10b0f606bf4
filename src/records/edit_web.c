/* Adding and changing records: the form, again and again until it can be saved. */
#include <string.h>

#include "core/id.h"
#include "core/log.h"
#include "core/text.h"
#include "forms_gen.h"
#include "records/records_inner.h"
#include "records/screens_web.h"
#include "records/search_words.h"
#include "records/unfinished.h"
#include "records_templates.h"

/* --- showing --- */

static enum err fill_parent(struct ctx *ctx, struct record_form_view *v, const struct record *rec)
{
    struct record *parent = NULL;
    enum err rc = record_parent(ctx, &parent, rec);

    if (rc || parent == NULL)
        return rc;
    v->parent_id = rec->parent_id;
    v->parent_title = record_name(ctx, parent);
    v->parent_link = record_url(ctx, parent);
    return OK;
}

static void fill_hits(struct ctx *ctx, struct record_form_view *v, const struct record_hit *hits,
                      size_t len)
{
    struct hit_view *items = ARENA_ARRAY(ctx->arena, len + 1, struct hit_view);

    for (size_t i = 0; i < len; i++)
        hit_fill(ctx, &items[i], &hits[i]);
    v->hits = items;
    v->hits_len = len;
}

/* Where what is typed is kept, and what was kept before. */
static enum err fill_kept(struct ctx *ctx, struct record_form_view *v, const struct shown_form *s)
{
    const struct record *rec = s->rec;
    const char *kind = rec->form->kind;
    const struct record_hooks *hooks = record_hooks_of(kind);

    v->draft_id = s->post != NULL ? s->post->draft_id : NULL;
    if (v->draft_id == NULL)
        v->draft_id = id_new(ctx->arena, ctx->now_ms);
    v->record_id = rec->id;
    v->keep = url_build(ctx, "/records/{}/unfinished", kind);
    v->end = url_build(ctx, "/records/{}/unfinished/{}/end", kind, v->draft_id);
    if (hooks != NULL && hooks->stop_page != NULL && rec->id == NULL && s->post != NULL &&
        s->post->draft_id != NULL)
        v->stop = url_build(ctx, hooks->stop_page, v->draft_id);
    v->resumed = s->resumed;
    return s->offer ? unfinished_fill(ctx, &v->unfinished, kind, rec->id) : OK;
}

static void fill_head(struct ctx *ctx, struct record_form_view *v, const struct shown_form *s)
{
    const struct record *rec = s->rec;
    const struct form *form = rec->form;
    const char *title = label_text(ctx, &form->title);

    if (rec->id == NULL) {
        const char *other = record_stands_for(form);

        v->title = other ? title : tr(ctx, "New: {0}", TR_TEXT(title));
        v->window = v->title;
        v->action = url_build(ctx, "/records/{}", form->kind);
        v->cancel = v->parent_id != NULL ? v->parent_link
                    : other              ? url_build(ctx, "/records/{}", other)
                                         : v->action;
        v->search_id = s->post == NULL ? NULL : s->post->search_id;
    } else {
        v->title = tr(ctx, "Edit: {0}", TR_TEXT(record_name(ctx, rec)));
        v->window = tr(ctx, "Edit: {0}", TR_TEXT(record_window(ctx, rec)));
        v->action = record_url(ctx, rec);
        v->cancel = v->action;
        v->number = number_beside_name(ctx, rec);
        v->version = s->post == NULL ? rec->version : s->post->version;
    }
    if (s->post != NULL) {
        v->page = s->post->jump > 0 ? s->post->jump : s->post->page;
        v->page_step = s->post->jump > 0 ? 0 : s->post->step;
        v->reviewing = s->post->review;
    }
}

enum err show_form(struct ctx *ctx, struct res *res, int status, const struct shown_form *s)
{
    const struct record *rec = s->rec;
    const struct form *form = rec->form;
    struct record_form_view v = { 0 };
    enum err rc = fill_parent(ctx, &v, rec);

    if (!rc)
        rc = fill_kept(ctx, &v, s);
    if (rc)
        return rc;
    fill_head(ctx, &v, s);
    v.state = url_build(ctx, "/records/{}/state", form->kind);
    v.form_hash = s->post != NULL && s->post->older != NULL ? s->post->older->hash : form->hash;
    v.gone = post_gone(ctx, &v.gone_len, s->post, rec->answers);
    v.gone_text = post_gone_text(ctx, s->post, rec->answers);
    v.post = s->post;
    form_fill(ctx, &v, form, rec->answers);
    fill_hits(ctx, &v, s->hits, s->hits_len);
    look_fill(ctx, &v, s);
    record_form_reply(res, status, &v);
    return OK;
}

/* Where what was kept is found again; a form that makes records of another kind has no list. */
static struct url kept_place(struct ctx *ctx, const struct shown_form *s)
{
    const char *kind = s->rec->form->kind;

    if (s->rec->id != NULL)
        return record_url(ctx, s->rec);
    if (record_stands_for(s->rec->form) == NULL)
        return url_build(ctx, "/records/{}", kind);
    if (s->post->draft_id == NULL)
        return url_build(ctx, "/records/{}/new", kind);
    return url_build(ctx, "/records/{}/unfinished/{}", kind, s->post->draft_id);
}

static enum err keep_for_later(struct ctx *ctx, struct res *res, const struct shown_form *s)
{
    const struct record *rec = s->rec;
    enum err rc = unfinished_take(ctx, rec->form, s->post);

    if (rc == ERR_LIMIT)
        return show_form(ctx, res, 422, s);
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "Kept, not saved yet: you find it under “Unfinished forms”."));
    return res_see_other(res, kept_place(ctx, s));
}

/*
 * Puts what was typed into the record; ERR_INVALID: not all of it is fit. *done_out: the form was
 * only to be shown again, and is.
 */
static enum err take_post(struct ctx *ctx, struct res *res, struct shown_form *s,
                          const struct form_post *post, bool *done_out)
{
    enum err rc = post_answers(ctx, &s->rec->answers, s->rec->form, post);
    bool turned = s->rec->form->pages && (post->step != 0 || post->jump > 0 || post->review);

    s->post = post;
    if ((rc && rc != ERR_INVALID) || (!post_reshows(post) && !post->later))
        return rc;
    ctx_clear_problems(ctx);
    *done_out = true;
    if (post->later)
        return keep_for_later(ctx, res, s);
    rc = turned ? unfinished_take(ctx, s->rec->form, post) : OK;
    if (rc == ERR_LIMIT || rc == ERR_NOT_FOUND)
        rc = OK; /* the answers are on the page */
    return rc ? rc : show_form(ctx, res, 200, s);
}

static enum err saved(struct ctx *ctx, struct res *res, const struct shown_form *s)
{
    const struct record *rec = s->rec;
    const char *gone = post_gone_text(ctx, s->post, rec->answers);

    /* It is saved, whatever comes of this; what stays behind expires. */
    if (s->post->draft_id != NULL && unfinished_end(ctx, rec->form->kind, s->post->draft_id) != OK)
        log_error("an unfinished form that was saved could not be ended");
    res_flash(res, gone == NULL ? tr(ctx, "Saved.") : tr(ctx, "Saved. {0}", TR_TEXT(gone)));
    return res_see_other(res, record_url(ctx, rec));
}

/* --- a new one --- */

/* The name that was searched for goes into the first name of the form. */
static enum err take_name(struct ctx *ctx, struct record *rec, const char *search_id)
{
    const char *kind = NULL;
    const char *words = NULL;
    enum err rc = search_load(ctx, &kind, &words, search_id);

    if (rc)
        return rc;
    for (size_t i = 0; i < rec->form->all_len; i++) {
        const struct field *f = rec->form->all[i];
        struct answers *t = rec->answers;

        if (f->index != INDEX_NAME || !field_visible(ctx, f))
            continue;
        if (f->repeat != NULL && t->rows_len[f->repeat->place] == 0)
            t = answers_add_row(ctx->arena, t, f->repeat);
        else if (f->repeat != NULL)
            t = t->rows[f->repeat->place][0];
        answers_set(t, f, words);
        return OK;
    }
    return OK;
}

enum err get_new(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *parent = req_text(req, "parent");
    const char *search = req_text(req, "search");
    struct form_post post = { .search_id = search[0] == '\0' ? NULL : search };
    struct shown_form shown = { .post = &post, .offer = true };
    enum err rc =
        record_new(ctx, &shown.rec, req_path(req, "kind"), parent[0] == '\0' ? NULL : parent);

    if (!rc && post.search_id != NULL)
        rc = take_name(ctx, shown.rec, search);
    return rc ? rc : show_form(ctx, res, 200, &shown);
}

/* Stores, or shows why not; ERR_INVALID alone comes back as the form. */
static enum err insert_new(struct ctx *ctx, struct res *res, struct shown_form *s)
{
    enum err rc = answers_validate(ctx, answers_copy(ctx->arena, s->rec->answers), true);
    struct record_hit *hits = NULL;

    if (!rc && may(ctx, FORM_PERSON, "search"))
        rc = look_take(ctx, s);
    if (!rc && s->look)
        return show_form(ctx, res, 422, s);
    if (!rc && !s->post->confirm && may(ctx, s->rec->form->kind, "search"))
        rc = record_duplicates(ctx, &hits, &s->hits_len, s->rec);
    s->hits = hits;
    if (!rc && s->hits_len > 0)
        return show_form(ctx, res, 422, s);
    if (!rc)
        rc = record_insert(ctx, s->rec);
    if (rc == ERR_INVALID)
        return show_form(ctx, res, 422, s);
    return rc ? rc : saved(ctx, res, s);
}

enum err post_new(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *kind = req_path(req, "kind");
    struct shown_form shown = { 0 };
    struct form_post post;
    bool done = false;
    size_t len = 0;
    enum err rc;

    if (req_json(req, &len) != NULL)
        return api_create(ctx, req, res);
    rc = post_read(ctx, &post, req);
    if (!rc)
        rc = record_new(ctx, &shown.rec, kind, post.parent_id);
    if (rc)
        return rc;
    rc = take_post(ctx, res, &shown, &post, &done);
    if (done || (rc && rc != ERR_INVALID))
        return rc;
    return rc ? show_form(ctx, res, 422, &shown) : insert_new(ctx, res, &shown);
}

/* --- changing one --- */

enum err get_edit(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct shown_form shown = { .offer = true };
    enum err rc = record_load(ctx, &shown.rec, req_path(req, "kind"), req_path(req, "id"));

    return rc ? rc : show_form(ctx, res, 200, &shown);
}

static enum err update(struct ctx *ctx, struct res *res, struct shown_form *s)
{
    enum err rc = record_update(ctx, s->rec, s->post->version);

    if (rc == ERR_CONFLICT) {
        ctx_clear_problems(ctx);
        return reply_conflict(ctx, res, s->rec, s->post, s->post->version);
    }
    if (rc == ERR_INVALID)
        return show_form(ctx, res, 422, s);
    return rc ? rc : saved(ctx, res, s);
}

enum err post_edit(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct shown_form shown = { 0 };
    struct form_post post;
    bool done = false;
    size_t len = 0;
    enum err rc;

    if (req_json(req, &len) != NULL)
        return api_update(ctx, req, res);
    rc = post_read(ctx, &post, req);
    if (!rc && post.version == 0)
        rc = ctx_fail_field(ctx, "_version", tr(ctx, "Open the record and edit it again."));
    if (!rc)
        rc = record_load(ctx, &shown.rec, req_path(req, "kind"), req_path(req, "id"));
    if (rc)
        return rc;
    rc = take_post(ctx, res, &shown, &post, &done);
    if (done || (rc && rc != ERR_INVALID))
        return rc;
    if (!rc && post.merge)
        rc = conflict_merge(ctx, shown.rec, &post);
    if (rc == ERR_CONFLICT) /* not everything was chosen */
        return reply_conflict(ctx, res, shown.rec, &post, post.base);
    if (rc == ERR_INVALID)
        return show_form(ctx, res, 422, &shown);
    return rc ? rc : update(ctx, res, &shown);
}
