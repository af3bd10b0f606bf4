/* Forms that are kept while they are filled: the page keeps them, lists offer them, one goes on. */
#include "records/unfinished.h"

#include <string.h>

#include "core/date.h"
#include "core/id.h"
#include "core/json.h"
#include "core/text.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

#define REPLY_MAX 4000

/* New ones are kept by who may add, changes by who may change. */
static enum err check_right(struct ctx *ctx, const struct form *form, const char *record_id)
{
    return record_permit(ctx, form, record_id == NULL ? "create" : "edit");
}

enum err unfinished_take(struct ctx *ctx, const struct form *form, const struct form_post *post)
{
    const struct unfinished u = { .id = post->draft_id != NULL ? post->draft_id
                                                               : id_new(ctx->arena, ctx->now_ms),
                                  .record_id = post->record_id,
                                  .pairs = post->kept,
                                  .len = post->kept_len };
    enum err rc = check_right(ctx, form, post->record_id);

    return rc ? rc : unfinished_keep(ctx, form, &u);
}

/* A script asks while somebody types: what is said is shown beside the buttons. */
enum err post_unfinished(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct json_out j = { .buf = b };
    const struct form *form = NULL;
    struct form_post post;
    enum err rc = record_form(ctx, &form, req_path(req, "kind"));

    if (!rc)
        rc = post_read(ctx, &post, req);
    if (!rc && post.draft_id == NULL)
        rc = ctx_fail_field(ctx, "_draft", tr(ctx, "This field is missing."));
    if (!rc)
        rc = unfinished_take(ctx, form, &post);
    if (rc)
        return rc;
    buf_init(b, ctx->arena, REPLY_MAX);
    json_begin_object(&j);
    json_pair(&j, "say",
              tr(ctx, "Kept at {0}, not saved yet.",
                 TR_TEXT(moment_local(ctx->arena, ctx->now_ms, ctx->time_zone) + 11)));
    json_end_object(&j);
    res_json(res, 200, buf_text(b), b->len);
    return OK;
}

enum err unfinished_fill(struct ctx *ctx, struct unfinished_view *v, const char *kind,
                         const char *record_id)
{
    const struct form *form = form_find(ctx->forms, kind);
    struct unfinished_row_view *rows;
    struct unfinished *items = NULL;
    size_t len = 0;
    enum err rc = unfinished_list(ctx, &items, &len, kind);

    if (rc)
        return rc;
    rows = ARENA_ARRAY(ctx->arena, len + 1, struct unfinished_row_view);
    for (size_t i = 0; i < len; i++) {
        struct unfinished_row_view *row = &rows[v->rows_len];

        if (record_id != NULL && !text_equal(items[i].record_id, record_id))
            continue;
        row->text = items[i].record_id == NULL
                        ? tr(ctx, "New: {0}", TR_TEXT(label_text(ctx, &form->title)))
                        : tr(ctx, "Edit: {0}", TR_TEXT(label_text(ctx, &form->title)));
        row->link = url_build(ctx, "/records/{}/unfinished/{}", kind, items[i].id);
        row->end = url_build(ctx, "/records/{}/unfinished/{}/end", kind, items[i].id);
        row->saved_at = items[i].saved_at;
        v->rows_len++;
    }
    v->rows = rows;
    return OK;
}

static const char *resumed_text(struct ctx *ctx, const struct unfinished *u, bool older)
{
    const char *at = tr_moment(ctx, u->saved_at);
    const char *until = tr_moment(ctx, u->expires_at);

    if (older)
        return tr(ctx,
                  "You go on with what you typed until {0}. The form was changed since: your "
                  "answers are here, look for questions that are new. It is kept until {1}.",
                  TR_TEXT(at), TR_TEXT(until));
    return tr(ctx, "You go on with what you typed until {0}. It is kept until {1}.", TR_TEXT(at),
              TR_TEXT(until));
}

/* The page as it was left, with what the form and the record have become since. */
enum err get_unfinished(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *kind = req_path(req, "kind");
    struct shown_form shown = { 0 };
    struct unfinished u = { 0 };
    const struct form *form = NULL;
    struct form_post post;
    enum err rc = record_form(ctx, &form, kind);

    if (!rc)
        rc = unfinished_load(ctx, &u, kind, req_path(req, "id"));
    if (!rc)
        rc = check_right(ctx, form, u.record_id);
    if (!rc)
        rc = post_read_kept(ctx, &post, kind, u.pairs, u.len);
    if (!rc)
        rc = u.record_id == NULL ? record_new(ctx, &shown.rec, kind, post.parent_id)
                                 : record_load(ctx, &shown.rec, kind, u.record_id);
    if (rc)
        return rc;
    post.draft_id = u.id;
    post.record_id = u.record_id;
    rc = post_answers(ctx, &shown.rec->answers, form, &post);
    if (rc && rc != ERR_INVALID)
        return rc;
    ctx_clear_problems(ctx);
    shown.post = &post;
    shown.resumed = resumed_text(ctx, &u, post.older != NULL);
    return show_form(ctx, res, 200, &shown);
}

enum err post_unfinished_end(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *kind = req_path(req, "kind");
    const struct form *form = NULL;
    struct unfinished u = { 0 };
    enum err rc = record_form(ctx, &form, kind);

    if (!rc)
        rc = unfinished_load(ctx, &u, kind, req_path(req, "id"));
    if (!rc)
        rc = unfinished_give_up(ctx, kind, u.id, "mistake");
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "Discarded: nothing of it is kept."));
    if (u.record_id != NULL)
        return res_see_other(res, url_build(ctx, "/records/{}/{}", kind, u.record_id));
    if (record_stands_for(form) != NULL)
        kind = record_stands_for(form);
    return res_see_other(res, url_build(ctx, "/records/{}", kind));
}
