/* Pages of signing a plan, and the parts of its page that tell who agreed and who got a copy. */
#include "auth/auth.h"
#include "core/date.h"
#include "core/text.h"
#include "forms_gen.h"
#include "plans/plan.h"
#include "plans/plan_sign.h"
#include "plans/plans_web.h"
#include "plans_templates.h"

#define ADULT_YEARS 18
#define NAME_BYTES  400
#define WORDS_BYTES 8000

/* --- on the page of a plan --- */

static const char *day_of(struct ctx *ctx, int64_t ms)
{
    return tr_date(ctx, moment_date(ctx->arena, ms, ctx->time_zone));
}

/* Who sent a draft back, and why: the newest reason that its history tells. */
static enum err fill_sent_back(struct ctx *ctx, struct plan_approvals_view *v,
                               const struct record *plan)
{
    struct record_event *items = NULL;
    size_t len = 0;
    enum err rc = OK;

    if (!text_equal(plan->status, STATUS_PLAN_DRAFT))
        return OK;
    rc = record_events(ctx, &items, &len, plan);
    for (size_t i = 0; rc == OK && i < len && !v->sent_back; i++)
        if (text_equal(items[i].action, "reason") && !text_blank(items[i].words))
            v->sent_back = tr(ctx, "Sent back by {0} on {1}: {2}", TR_TEXT(items[i].made_by_name),
                              TR_TEXT(day_of(ctx, items[i].made_at)), TR_TEXT(items[i].words));
    return rc;
}

static const char *shown(struct ctx *ctx, const struct record *plan, const char *name)
{
    return answers_shown(ctx, field_find(plan->form, name), record_value(plan, name));
}

static void fill_copy(struct ctx *ctx, struct plan_approvals_view *v, const struct record *plan)
{
    bool running = text_equal(plan->status, STATUS_PLAN_AGREED) ||
                   text_equal(plan->status, STATUS_PLAN_ACTIVE);

    if (text_blank(record_value(plan, FIELD_PLAN_RETURNEE_COPY_GIVEN_AT)))
        v->wants_copy = running;
    else
        v->copy =
            tr(ctx, "The person got a copy on {0}: {1} {2}",
               TR_TEXT(shown(ctx, plan, FIELD_PLAN_RETURNEE_COPY_GIVEN_AT)),
               TR_TEXT(tr_language_name(record_value(plan, FIELD_PLAN_RETURNEE_COPY_LANGUAGE))),
               TR_TEXT(shown(ctx, plan, FIELD_PLAN_RETURNEE_COPY_HOW)));
    if (running && user_may(ctx->user, "plan.edit"))
        v->give = url_build(ctx, "/plans/{}/copy", plan->id);
    v->version = plan->version;
    v->today = ctx_today(ctx);
}

/* Choices of a question as options; those of skip are left out. */
static const struct grid_option_view *options_of(struct ctx *ctx, const struct field *f,
                                                 const char *const *only, const char *chosen,
                                                 size_t *len_out)
{
    struct grid_option_view *items =
        ARENA_ARRAY(ctx->arena, f->choices->len + 1, struct grid_option_view);
    size_t len = 0;

    for (size_t i = 0; i < f->choices->len; i++) {
        const struct choice *c = &f->choices->items[i];
        bool offered = !only;

        for (const char *const *p = only; p && *p; p++)
            offered = offered || text_equal(*p, c->name);
        if (offered)
            items[len++] = (struct grid_option_view){ c->name, label_text(ctx, &c->label),
                                                      text_equal(c->name, chosen) };
    }
    *len_out = len;
    return items;
}

enum err plan_approvals_fill(struct ctx *ctx, struct plan_page_view *page,
                             const struct plan_opened *o)
{
    struct plan_approvals_view *v = &page->approvals;
    struct plan_signature *signatures = NULL;
    struct plan_signature_view *items;
    size_t len = 0;
    enum err rc = plan_signatures(ctx, &signatures, &len, o->plan);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct plan_signature_view);
    for (size_t i = 0; i < len; i++) {
        const struct plan_signature *s = &signatures[i];

        items[i] = (struct plan_signature_view){ s->by,    s->name, s->mode,    s->on,
                                                 s->place, s->mark, s->matches, { NULL } };
        if (s->file)
            items[i].picture = url_build(ctx, "/records/plan/{}/files/{}", o->plan->id, s->file);
    }
    v->items = items;
    v->items_len = len;
    fill_copy(ctx, v, o->plan);
    v->langs = page->langs;
    v->langs_len = page->langs_len;
    v->hows = options_of(ctx, field_find(o->plan->form, FIELD_PLAN_RETURNEE_COPY_HOW), NULL, "",
                         &v->hows_len);
    return fill_sent_back(ctx, v, o->plan);
}

/* --- the page to sign on --- */

static bool is_child(struct ctx *ctx, const struct plan_opened *o)
{
    int age =
        o->person ? date_age(record_value(o->person, FIELD_PERSON_BIRTH_DATE), ctx_today(ctx)) : -1;

    return age >= 0 && age < ADULT_YEARS;
}

static enum err show_sign(struct ctx *ctx, struct res *res, int status, const char *id,
                          const struct plan_signing *s)
{
    static const char *const adults[] = { CODE_PLAN_APPROVAL_BY_RETURNEE,
                                          CODE_PLAN_APPROVAL_BY_REFERRAL_PARTNER, NULL };
    static const char *const children[] = { CODE_PLAN_APPROVAL_BY_CHILD,
                                            CODE_PLAN_APPROVAL_BY_FAMILY,
                                            CODE_PLAN_APPROVAL_BY_REFERRAL_PARTNER, NULL };
    static const char *const modes[] = { CODE_PLAN_APPROVAL_MODE_SIGNATURE,
                                         CODE_PLAN_APPROVAL_MODE_MARK,
                                         CODE_PLAN_APPROVAL_MODE_TYPED,
                                         CODE_PLAN_APPROVAL_MODE_VERBAL_WITNESSED, NULL };
    struct plan_sign_page_view v = { .name = s->name,
                                     .witness = s->witness,
                                     .on = s->on,
                                     .place = s->place,
                                     .missing = s->missing,
                                     .by_problem = ctx_problem(ctx, "by"),
                                     .mode_problem = ctx_problem(ctx, "mode"),
                                     .name_problem = ctx_problem(ctx, "name"),
                                     .witness_problem = ctx_problem(ctx, "witness"),
                                     .signature_problem = ctx_problem(ctx, "signature"),
                                     .on_problem = ctx_problem(ctx, "on"),
                                     .place_problem = ctx_problem(ctx, "place"),
                                     .problem = status == 200 ? NULL : ctx_first_problem(ctx) };
    struct plan_opened o = { 0 };
    enum err rc = plan_open(ctx, &o, id);

    if (rc)
        return rc;
    if (!text_equal(o.plan->status, STATUS_PLAN_APPROVED))
        return res_see_other(res, plan_url(ctx, o.plan));
    v.title = plan_title(ctx, o.plan);
    v.case_title = plans_case_title(ctx, o.of);
    v.back = plan_url(ctx, o.plan);
    v.action = url_build(ctx, "/plans/{}/sign", id);
    v.pdf = url_build(ctx, "/plans/{}/pdf", id);
    v.version = o.plan->version;
    v.child = is_child(ctx, &o);
    v.bys = options_of(ctx, field_find(o.plan->form, FIELD_PLAN_APPROVAL_BY),
                       v.child ? children : adults,
                       *s->by    ? s->by
                       : v.child ? CODE_PLAN_APPROVAL_BY_CHILD
                                 : CODE_PLAN_APPROVAL_BY_RETURNEE,
                       &v.bys_len);
    v.modes = options_of(ctx, field_find(o.plan->form, FIELD_PLAN_APPROVAL_MODE), modes,
                         *s->mode ? s->mode : CODE_PLAN_APPROVAL_MODE_SIGNATURE, &v.modes_len);
    if (!*v.name && o.person)
        v.name = o.person->title;
    plan_sign_page_reply(res, status, &v);
    return OK;
}

static enum err get_sign(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct plan_signing s = { .by = "",
                                    .name = "",
                                    .mode = "",
                                    .witness = "",
                                    .on = ctx_today(ctx),
                                    .place = "",
                                    .missing = "" };

    return show_sign(ctx, res, 200, req_path(req, "id"), &s);
}

static enum err post_sign(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct plan_signing s = { .by = req_text(req, "by"),
                              .name = req_text(req, "name"),
                              .mode = req_text(req, "mode"),
                              .witness = req_text(req, "witness"),
                              .on = req_text(req, "on"),
                              .place = req_text(req, "place"),
                              .missing = req_text(req, "missing") };
    const char *id = req_path(req, "id");
    struct plan_signed done = { 0 };
    enum err rc;

    s.upload.bytes = req_file(req, "signature", &s.upload.len, &s.upload.name);
    if (!s.upload.bytes)
        s.upload.len = 0;
    rc = plan_sign(ctx, &done, id, req_int(req, "version"), &s);
    if (rc == ERR_INVALID || rc == ERR_LIMIT || rc == ERR_CONFLICT)
        return show_sign(ctx, res, rc == ERR_CONFLICT ? 409 : 422, id, &s);
    if (rc)
        return rc;
    res_flash(res, done.agreed
                       ? tr(ctx, "Signed. The plan is agreed: give the person a copy.")
                       : tr(ctx, "Signed. Before the plan is agreed: {0}", TR_TEXT(done.wants)));
    return res_see_other(res, url_build(ctx, "/plans/{}", id));
}

static enum err post_copy(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct plan_copy copy = { .on = req_text(req, "on"),
                                    .lang = req_text(req, "lang"),
                                    .how = req_text(req, "how") };
    const char *id = req_path(req, "id");
    enum err rc = plan_copy_given(ctx, id, req_int(req, "version"), &copy);

    if (rc == ERR_INVALID || rc == ERR_CONFLICT)
        return plan_show(ctx, res, rc == ERR_INVALID ? 422 : 409, id, "");
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "Noted: the person has a copy."));
    return res_see_other(res, url_build(ctx, "/plans/{}", id));
}

static const struct field_spec sign_fields[] = {
    { "version", INPUT_INT, .min = 1, .required = true },
    { "by", INPUT_CODE },
    { "mode", INPUT_CODE },
    { "name", INPUT_TEXT, .max = NAME_BYTES },
    { "witness", INPUT_TEXT, .max = NAME_BYTES },
    { "on", INPUT_DATE },
    { "place", INPUT_TEXT, .max = NAME_BYTES },
    { "missing", INPUT_TEXT, .max = WORDS_BYTES },
    { "signature", INPUT_FILE, .max = (int64_t)ATTACHMENT_BODY_MAX },
    { 0 },
};

static const struct field_spec copy_fields[] = {
    { "version", INPUT_INT, .min = 1, .required = true },
    { "on", INPUT_DATE },
    { "lang", INPUT_CODE },
    { "how", INPUT_CODE },
    { 0 },
};

const struct route plan_sign_routes[] = {
    { GET, "/plans/{id}/sign", PERM_PLAN_AGREE, get_sign, NO_FIELDS },
    { POST, "/plans/{id}/sign", PERM_PLAN_AGREE, post_sign, FIELDS(sign_fields),
      .body_max = ATTACHMENT_BODY_MAX },
    { POST, "/plans/{id}/copy", "plan.edit", post_copy, FIELDS(copy_fields) },
    { 0 },
};
