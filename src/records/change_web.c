/* Pages and API for changes of a record besides editing: each is confirmed on a page of its own. */
#include <string.h>

#include "core/id.h"
#include "core/text.h"
#include "records/records_inner.h"
#include "records/screens_web.h"
#include "records_templates.h"

#define HITS_MAX 10

struct sent {
    int64_t version;
    const char *status;
    const char *reason;
    const char *parent;
    const char *text;
};

static enum err load_for(struct ctx *ctx, struct record **rec, struct sent *in,
                         const struct req *req)
{
    size_t len = 0;
    enum err rc;

    *in = (struct sent){ .version = req_int(req, "version"),
                         .status = req_text(req, "to"),
                         .reason = req_text(req, "reason"),
                         .parent = req_text(req, "parent"),
                         .text = req_text(req, "text") };
    rc = record_load(ctx, rec, req_path(req, "kind"), req_path(req, "id"));
    if (!rc && in->version == 0 && req_json(req, &len) == NULL) /* a program says what it saw */
        in->version = (*rec)->version;
    return rc;
}

/* After a change: the record to a program, its page to a browser. */
static enum err done(struct ctx *ctx, struct res *res, const struct record *rec, const char *flash)
{
    if (req_wants_json(res_req(res))) {
        reply_record_json(ctx, res, 200, rec);
        return OK;
    }
    res_flash(res, flash);
    return res_see_other(res, record_url(ctx, rec));
}

/* --- the page that asks once more --- */

static void fill_head(struct ctx *ctx, struct record_confirm_view *v, const struct record *rec)
{
    v->name = record_name(ctx, rec);
    v->number = number_beside_name(ctx, rec);
    v->back = record_url(ctx, rec);
    v->version = rec->version;
    v->problem = ctx_problem(ctx, "reason");
    if (v->problem == NULL)
        v->general = ctx_first_problem(ctx);
    if (v->general != NULL && v->general[0] == '\0')
        v->general = NULL;
    v->reason_max = REASON_MAX;
}

static const struct record_step *step_to(const struct record_step *steps, size_t len,
                                         const char *status)
{
    for (size_t i = 0; i < len; i++)
        if (text_equal(steps[i].status, status))
            return &steps[i];
    return NULL;
}

static enum err show_status(struct ctx *ctx, struct res *res, int code, const struct record *rec,
                            const struct sent *in)
{
    struct record_confirm_view v = { .reason = in->reason };
    struct record_step *steps = NULL;
    const struct record_step *step;
    size_t len = 0;
    enum err rc;

    fill_head(ctx, &v, rec);
    rc = record_steps(ctx, &steps, &len, rec);
    if (rc)
        return rc;
    step = step_to(steps, len, in->status);
    if (step == NULL)
        return record_gone(ctx);
    v.title = step->label;
    v.lead = tr(ctx, "The status changes from “{0}” to “{1}”.",
                TR_TEXT(record_status_title(ctx, rec->form, rec->status)),
                TR_TEXT(record_status_title(ctx, rec->form, step->status)));
    v.second = step->second;
    v.wants = step->wants;
    v.ready = step->wants == NULL;
    v.danger = strcmp(step->status, STATUS_ERASED) == 0;
    v.reason_must = step->reason;
    v.to = step->status;
    v.action = url_build(ctx, "/records/{}/{}/status", rec->form->kind, rec->id);
    record_confirm_reply(res, code, &v);
    return OK;
}

enum err get_status(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct sent in = { 0 };
    struct record *rec = NULL;
    enum err rc = load_for(ctx, &rec, &in, req);

    return rc ? rc : show_status(ctx, res, 200, rec, &in);
}

enum err post_status(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct sent in = { 0 };
    struct record *rec = NULL;
    int64_t before;
    enum err rc = load_for(ctx, &rec, &in, req);

    if (rc)
        return rc;
    before = rec->version;
    rc = record_set_status(ctx, rec, in.version, in.status, in.reason);
    if (rc == ERR_INVALID && !req_wants_json(req))
        return show_status(ctx, res, 422, rec, &in);
    if (rc)
        return rc;
    return done(ctx, res, rec,
                rec->version == before ? tr(ctx, "It waits for another person to confirm it.")
                                       : tr(ctx, "The status is changed."));
}

enum err post_request(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct sent in = { 0 };
    struct record *rec = NULL;
    enum err rc = load_for(ctx, &rec, &in, req);

    if (!rc)
        rc = record_request_refuse(ctx, rec);
    return rc ? rc : done(ctx, res, rec, tr(ctx, "The change was not made."));
}

/* --- deletion, restoring, undoing --- */

static enum err show_delete(struct ctx *ctx, struct res *res, int code, const struct record *rec,
                            const struct sent *in)
{
    struct record_confirm_view v = { .title = tr(ctx, "Delete this record"),
                                     .lead = tr(ctx, "It goes from all lists, searches, counts and "
                                                     "exports. It can be restored."),
                                     .reason = in->reason,
                                     .reason_must = true,
                                     .ready = true,
                                     .danger = true };

    fill_head(ctx, &v, rec);
    v.action = url_build(ctx, "/records/{}/{}/delete", rec->form->kind, rec->id);
    record_confirm_reply(res, code, &v);
    return OK;
}

enum err get_delete(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct sent in = { 0 };
    struct record *rec = NULL;
    enum err rc = load_for(ctx, &rec, &in, req);

    return rc ? rc : show_delete(ctx, res, 200, rec, &in);
}

enum err post_delete(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct sent in = { 0 };
    struct record *rec = NULL;
    enum err rc = load_for(ctx, &rec, &in, req);

    if (rc)
        return rc;
    rc = record_delete(ctx, rec, in.version, in.reason);
    if ((rc == ERR_INVALID || rc == ERR_CONFLICT) && !req_wants_json(req))
        return show_delete(ctx, res, err_http_status(rc), rec, &in);
    return rc ? rc : done(ctx, res, rec, tr(ctx, "Deleted."));
}

enum err post_restore(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct sent in = { 0 };
    struct record *rec = NULL;
    enum err rc = load_for(ctx, &rec, &in, req);

    if (!rc)
        rc = record_restore(ctx, rec, in.version);
    return rc ? rc : done(ctx, res, rec, tr(ctx, "Restored."));
}

enum err post_undo(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct sent in = { 0 };
    struct record *rec = NULL;
    enum err rc = load_for(ctx, &rec, &in, req);

    if (!rc)
        rc = record_undo(ctx, rec, in.version);
    if (rc)
        return rc;
    if (!req_wants_json(req) && strcmp(rec->status, STATUS_DELETED) == 0 &&
        !sees_bin(ctx, rec->form)) {
        res_flash(res, tr(ctx, "Undone: the new record is taken back."));
        return res_see_other(res, url_build(ctx, "/records/{}", rec->form->kind));
    }
    return done(ctx, res, rec, tr(ctx, "Undone: the record is as it was before."));
}

/* --- comments --- */

enum err get_comments(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct record_comment *items = NULL;
    struct record *rec = NULL;
    size_t len = 0;
    enum err rc = record_load(ctx, &rec, req_path(req, "kind"), req_path(req, "id"));

    if (!rc)
        rc = record_comments(ctx, &items, &len, rec);
    if (rc)
        return rc;
    if (req_wants_json(req))
        return reply_comments_json(res, items, len);
    return res_see_other(res, record_place(ctx, rec, "comments"));
}

enum err post_comment(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct sent in = { 0 };
    struct record *rec = NULL;
    enum err rc = load_for(ctx, &rec, &in, req);

    if (!rc)
        rc = record_comment_add(ctx, rec, in.text);
    if (rc == ERR_INVALID && !req_wants_json(req))
        return reply_detail(ctx, res, 422, rec, in.text);
    if (rc)
        return rc;
    if (req_wants_json(req))
        return get_comments(ctx, req, res);
    res_flash(res, tr(ctx, "The comment is saved."));
    return res_see_other(res, record_place(ctx, rec, "comments"));
}

enum err post_comment_undo(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct record *rec = NULL;
    enum err rc = record_load(ctx, &rec, req_path(req, "kind"), req_path(req, "id"));

    if (!rc)
        rc = record_comment_undo(ctx, rec, req_text(req, "comment"));
    if (rc)
        return rc;
    if (req_wants_json(req))
        return get_comments(ctx, req, res);
    res_flash(res, tr(ctx, "The comment is taken back."));
    return res_see_other(res, record_place(ctx, rec, "comments"));
}

/* --- another parent --- */

static enum err fill_hits(struct ctx *ctx, struct record_move_view *v, const char *kind,
                          const char *words)
{
    struct record_hit *hits = NULL;
    struct move_hit_view *items;
    size_t len = 0;
    enum err rc = record_search(ctx, &hits, &len, kind, words);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, HITS_MAX, struct move_hit_view);
    for (; v->hits_len < len && v->hits_len < HITS_MAX; v->hits_len++) {
        const struct record *rec = hits[v->hits_len].record;

        items[v->hits_len].id = rec->id;
        items[v->hits_len].title = record_name(ctx, rec);
        items[v->hits_len].number = rec->number;
    }
    v->hits = items;
    v->searched = true;
    return OK;
}

static enum err show_move(struct ctx *ctx, struct res *res, int code, const struct record *rec,
                          const char *words)
{
    struct record_move_view v = { .words = words, .version = rec->version };
    struct record *parent = NULL;
    enum err rc;

    if (rec->form->parent == NULL)
        return record_gone(ctx);
    v.problem = ctx_first_problem(ctx);
    if (v.problem != NULL && v.problem[0] == '\0')
        v.problem = NULL;
    rc = record_parent(ctx, &parent, rec);
    if (!rc && !text_blank(words) && may(ctx, rec->form->parent, "view"))
        rc = fill_hits(ctx, &v, rec->form->parent, words);
    if (rc)
        return rc;
    v.name = record_name(ctx, rec);
    v.form_title = label_text(ctx, &rec->form->title);
    v.parent_name = parent == NULL ? NULL : record_name(ctx, parent);
    v.back = record_url(ctx, rec);
    v.action = url_build(ctx, "/records/{}/{}/move", rec->form->kind, rec->id);
    record_move_reply(res, code, &v);
    return OK;
}

enum err get_move(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct record *rec = NULL;
    enum err rc = record_load(ctx, &rec, req_path(req, "kind"), req_path(req, "id"));

    return rc ? rc : show_move(ctx, res, 200, rec, "");
}

enum err post_move(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *words = req_text(req, "words");
    struct sent in = { 0 };
    struct record *rec = NULL;
    enum err rc = load_for(ctx, &rec, &in, req);

    if (rc)
        return rc;
    if (!req_wants_json(req) && in.parent[0] == '\0')
        return show_move(ctx, res, 200, rec, words);
    rc = record_move(ctx, rec, in.version, in.parent, in.reason);
    if (rc == ERR_INVALID && !req_wants_json(req))
        return show_move(ctx, res, 422, rec, words);
    return rc ? rc : done(ctx, res, rec, tr(ctx, "Moved."));
}
