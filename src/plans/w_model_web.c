/* The W model: on the page of each session, and all sessions of a case beside one another. */
#include "auth/auth.h"
#include "forms_gen.h"
#include "plans/plans_web.h"
#include "plans/w_model.h"
#include "plans_templates.h"
#include "records/document_web.h"

static enum err get_w(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *id = req_path(req, "id");
    struct document_place place = { .path = "/cases/{}/w?as={}", .id = id, .file_name = "w-model" };
    struct document *d = NULL;
    struct record *of = NULL;
    enum err rc = record_load(ctx, &of, FORM_CASE, id);

    if (rc == OK)
        rc = w_model_document(ctx, &d, of);
    if (rc)
        return rc;
    place.back_title = plans_case_title(ctx, of);
    place.back = url_build(ctx, "/records/case/{}", id);
    return document_reply(ctx, res, d, &place, req_text(req, "as"));
}

static const struct field_spec as_fields[] = {
    { "as", INPUT_TEXT, .max = 10 },
    { 0 },
};

const struct route w_model_routes[] = {
    { GET, "/cases/{id}/w", "w_model.view", get_w, FIELDS(as_fields) },
    { 0 },
};

/* --- the page of one session --- */

static void draw_part(struct html *h, const void *view)
{
    w_part_render(h, view);
}

static enum err w_detail(struct ctx *ctx, const struct record *rec, struct record_extra *out)
{
    struct w_part_view *v = ARENA_NEW(ctx->arena, struct w_part_view);
    struct document *d = NULL;
    enum err rc;

    w_model_session(ctx, &d, rec);
    rc = report_items_fill(ctx, &v->items, &v->items_len, d);
    if (rc || v->items_len == 0)
        return rc;
    v->all = url_build(ctx, "/cases/{}/w", rec->parent_id);
    if (user_may(ctx->user, "plan_review.create"))
        v->review = url_build(ctx, "/records/{}/new?parent={}", FORM_PLAN_REVIEW, rec->parent_id);
    out->draw = draw_part;
    out->view = v;
    return OK;
}

const struct record_hooks w_model_hooks = { .kind = FORM_W_MODEL, .detail = w_detail };
