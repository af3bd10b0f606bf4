/* Plans: making one, the whole of it on a page, what is missing, versions, PDF. */
#include "auth/auth.h"
#include "core/text.h"
#include "forms_gen.h"
#include "plans/plan.h"
#include "plans/plan_doc.h"
#include "plans/plans_web.h"
#include "plans_templates.h"
#include "records/document_web.h"
#include "records/giving.h"
#include "records/screens_web.h"
#include "sharing/sharing.h"

#define STEPS 5

enum err plan_open(struct ctx *ctx, struct plan_opened *o, const char *id)
{
    enum err rc = record_load(ctx, &o->plan, FORM_PLAN, id);

    if (rc == OK)
        rc = record_load_allowed(ctx, &o->of, FORM_CASE, o->plan->parent_id);
    if (rc == OK && user_may(ctx->user, PERM_PERSON_VIEW))
        rc = record_load(ctx, &o->person, FORM_PERSON, o->of->parent_id);
    return rc;
}

const char *plan_title(struct ctx *ctx, const struct record *plan)
{
    return tr(ctx, "Plan {0}, version {1}", TR_TEXT(plan->number ? plan->number : ""),
              TR_TEXT(record_value(plan, FIELD_PLAN_PLAN_VERSION)));
}

struct url plan_url(struct ctx *ctx, const struct record *plan)
{
    return url_build(ctx, "/plans/{}", plan->id);
}

/* --- the page of a case, and of the record --- */

static void draw_case_part(struct html *h, const void *view)
{
    plans_part_render(h, view);
}

enum err plans_case_detail(struct ctx *ctx, const struct record *rec, struct record_extra *out)
{
    struct plans_part_view *v = ARENA_NEW(ctx->arena, struct plans_part_view);
    struct plan_link_view *items;
    struct record **plans = NULL;
    bool open = false;
    size_t len = 0;
    enum err rc = OK;

    if (user_may(ctx->user, "plan.view"))
        rc = plan_versions(ctx, &plans, &len, rec->id);
    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct plan_link_view);
    for (size_t i = 0; i < len; i++) {
        items[i] = (struct plan_link_view){ .title = plan_title(ctx, plans[i]),
                                            .status = record_status_title(ctx, plans[i]->form,
                                                                          plans[i]->status),
                                            .code = plans[i]->status,
                                            .link = plan_url(ctx, plans[i]) };
        open = open || (!text_equal(plans[i]->status, STATUS_PLAN_DISCARDED) &&
                        !text_equal(plans[i]->status, STATUS_PLAN_ENDED));
    }
    v->plans = items;
    v->plans_len = len;
    if (user_may(ctx->user, "grid_choice.view")) {
        v->grid = url_build(ctx, "/cases/{}/grid", rec->id);
        v->steps = url_build(ctx, "/cases/{}/steps", rec->id);
    }
    if (!open && user_may(ctx->user, "plan.create"))
        v->make = url_build(ctx, "/cases/{}/plan", rec->id);
    if (user_may(ctx->user, "w_model.view"))
        v->w = url_build(ctx, "/cases/{}/w", rec->id);
    if (!v->grid.text && len == 0 && !v->make.text && !v->w.text)
        return OK;
    out->draw = draw_case_part;
    out->view = v;
    return OK;
}

static void draw_plan_part(struct html *h, const void *view)
{
    plan_part_render(h, view);
}

enum err plan_detail(struct ctx *ctx, const struct record *rec, struct record_extra *out)
{
    struct plan_part_view *v = ARENA_NEW(ctx->arena, struct plan_part_view);

    v->link = plan_url(ctx, rec);
    out->draw = draw_plan_part;
    out->view = v;
    return OK;
}

/* --- making one --- */

/* The plan that is being prepared or in force, if there is one; else the form, filled in. */
static enum err get_make(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct form_post post = { 0 };
    struct shown_form shown = { .post = &post, .offer = true };
    struct record **plans = NULL;
    size_t len = 0;
    enum err rc = plan_versions(ctx, &plans, &len, req_path(req, "id"));

    for (size_t i = 0; rc == OK && i < len; i++)
        if (!text_equal(plans[i]->status, STATUS_PLAN_DISCARDED) &&
            !text_equal(plans[i]->status, STATUS_PLAN_ENDED) &&
            !text_equal(plans[i]->status, STATUS_PLAN_SUPERSEDED))
            return res_see_other(res, plan_url(ctx, plans[i]));
    if (rc == OK)
        rc = record_new(ctx, &shown.rec, FORM_PLAN, req_path(req, "id"));
    if (rc == OK)
        rc = plan_prefill(ctx, shown.rec);
    return rc ? rc : show_form(ctx, res, 200, &shown);
}

/* --- the page --- */

static const char *step_title(struct ctx *ctx, enum plan_step step)
{
    static const char *const titles[] = {
        [STEP_SUBMIT] = N_("Before it can be submitted"),
        [STEP_APPROVE] = N_("Before it can be approved"),
        [STEP_AGREE] = N_("Before it can be agreed"),
        [STEP_FORCE] = N_("Before it can come into force"),
        [STEP_LATER] = N_("Worth adding"),
    };

    return tr_args(ctx, titles[step], NULL);
}

static struct url gap_link(struct ctx *ctx, const struct plan_opened *o, const struct plan_gap *gap)
{
    if (gap->kind && user_may_do(ctx->user, gap->kind, "create"))
        return url_build(ctx, "/records/{}/new?parent={}", gap->kind, o->of->parent_id);
    if (!gap->field || !user_may(ctx->user, "plan.edit"))
        return (struct url){ 0 };
    return url_build(ctx, "/records/plan/{}/edit#f-{}", o->plan->id, gap->field);
}

static enum err fill_gaps(struct ctx *ctx, struct plan_page_view *v, const struct plan_opened *o)
{
    struct plan_gaps_view *groups = ARENA_ARRAY(ctx->arena, STEPS, struct plan_gaps_view);
    struct plan_gap *gaps = NULL;
    size_t len = 0;
    enum err rc;

    if (text_equal(o->plan->status, STATUS_PLAN_SUPERSEDED) ||
        text_equal(o->plan->status, STATUS_PLAN_ENDED) ||
        text_equal(o->plan->status, STATUS_PLAN_DISCARDED))
        return OK;
    rc = plan_missing(ctx, &gaps, &len, o->plan);
    for (size_t s = 0; rc == OK && s < STEPS; s++) {
        struct plan_gap_view *items = ARENA_ARRAY(ctx->arena, len + 1, struct plan_gap_view);
        size_t n = 0;

        for (size_t i = 0; i < len; i++)
            if (gaps[i].step == (enum plan_step)s)
                items[n++] = (struct plan_gap_view){ gaps[i].text, gap_link(ctx, o, &gaps[i]) };
        if (n)
            groups[v->gaps_len++] =
                (struct plan_gaps_view){ step_title(ctx, (enum plan_step)s), items, n };
    }
    v->gaps = groups;
    return rc;
}

static enum err fill_steps(struct ctx *ctx, struct plan_page_view *v, const struct plan_opened *o)
{
    struct record_step *steps = NULL;
    struct plan_step_view *items;
    size_t len = 0;
    enum err rc = record_steps(ctx, &steps, &len, o->plan);

    items = ARENA_ARRAY(ctx->arena, len + 1, struct plan_step_view);
    for (size_t i = 0; rc == OK && i < len; i++) {
        if (text_equal(steps[i].status, STATUS_PLAN_SUPERSEDED) ||
            (text_equal(steps[i].status, STATUS_PLAN_AGREED) && steps[i].wants))
            continue; /* by the newer one; by signing */
        items[v->steps_len++] =
            (struct plan_step_view){ .label = steps[i].label,
                                     .wants = steps[i].wants,
                                     .link = url_build(ctx, "/records/plan/{}/status?to={}",
                                                       o->plan->id, steps[i].status),
                                     .force = text_equal(steps[i].status, STATUS_PLAN_ACTIVE) };
    }
    v->steps = items;
    return rc;
}

static enum err fill_versions(struct ctx *ctx, struct plan_page_view *v,
                              const struct plan_opened *o)
{
    struct plan_version_view *items;
    struct record **plans = NULL;
    size_t len = 0;
    enum err rc = plan_versions(ctx, &plans, &len, o->of->id);

    items = ARENA_ARRAY(ctx->arena, len + 1, struct plan_version_view);
    for (size_t i = 0; rc == OK && i < len; i++)
        items[i] = (struct plan_version_view){ .title = plan_title(ctx, plans[i]),
                                               .status = record_status_title(ctx, plans[i]->form,
                                                                             plans[i]->status),
                                               .code = plans[i]->status,
                                               .current = text_equal(plans[i]->id, o->plan->id),
                                               .link = plan_url(ctx, plans[i]) };
    v->versions = items;
    v->versions_len = len;
    return rc;
}

static void fill_langs(struct ctx *ctx, struct plan_page_view *v, const struct record *plan)
{
    const char *const *langs = tr_languages();
    struct plan_lang_view *items;
    size_t len = 0;

    while (langs[len])
        len++;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct plan_lang_view);
    for (size_t i = 0; i < len; i++)
        items[i] =
            (struct plan_lang_view){ langs[i], tr_language_name(langs[i]),
                                     url_build(ctx, "/plans/{}/pdf?lang={}", plan->id, langs[i]) };
    v->langs = items;
    v->langs_len = len;
}

static void fill_head(struct ctx *ctx, struct plan_page_view *v, const struct plan_opened *o)
{
    const char *status = o->plan->status;
    const char *id = o->plan->id;
    bool draft = text_equal(status, STATUS_PLAN_DRAFT);
    bool running = text_equal(status, STATUS_PLAN_AGREED) || text_equal(status, STATUS_PLAN_ACTIVE);

    v->title = plan_title(ctx, o->plan);
    v->person = o->person ? o->person->title : NULL;
    v->case_link = url_build(ctx, "/records/case/{}", o->of->id);
    v->case_title = plans_case_title(ctx, o->of);
    v->status = record_status_title(ctx, o->plan->form, status);
    v->code = status;
    v->version = o->plan->version;
    v->record = url_build(ctx, "/records/plan/{}", id);
    v->done = url_build(ctx, "/plans/{}/done", id);
    v->force = url_build(ctx, "/plans/{}/activate", id);
    if (user_may(ctx->user, "plan.edit") && (draft || running))
        v->edit = url_build(ctx, "/records/plan/{}/edit", id);
    if (user_may(ctx->user, PERM_PLAN_AGREE) && text_equal(status, STATUS_PLAN_APPROVED))
        v->sign = url_build(ctx, "/plans/{}/sign", id);
    if (!text_blank(record_value(o->plan, FIELD_PLAN_AMENDS)))
        v->changes = url_build(ctx, "/plans/{}/changes", id);
    if (running && user_may(ctx->user, "plan.create"))
        v->amend = url_build(ctx, "/plans/{}/amend", id);
}

/* giving: what was said of whom a copy is for; NULL = nothing yet. */
static enum err show_with(struct ctx *ctx, struct res *res, int status, const char *id,
                          const char *reason, const struct giving_form_view *giving)
{
    struct plan_page_view v = { .problem = status == 200 || giving ? NULL : ctx_first_problem(ctx),
                                .reason = reason };
    struct document *d = NULL;
    struct plan_opened o = { 0 };
    enum err rc = plan_open(ctx, &o, id);

    if (rc)
        return rc;
    fill_head(ctx, &v, &o);
    if (giving)
        v.giving = *giving;
    v.giving.action = url_build(ctx, "/plans/{}/pdf", id);
    giving_asks_fill(ctx, &v.giving.asks);
    fill_langs(ctx, &v, o.plan);
    rc = fill_gaps(ctx, &v, &o);
    if (rc == OK)
        rc = plan_approvals_fill(ctx, &v, &o);
    if (rc == OK)
        rc = fill_steps(ctx, &v, &o);
    if (rc == OK)
        rc = fill_versions(ctx, &v, &o);
    if (rc == OK)
        rc = plan_document(ctx, &d, o.plan, o.of, o.person);
    if (rc == OK)
        rc = report_items_fill(ctx, &v.items, &v.items_len, d);
    if (rc)
        return rc;
    plan_page_reply(res, status, &v);
    return OK;
}

enum err plan_show(struct ctx *ctx, struct res *res, int status, const char *id, const char *reason)
{
    return show_with(ctx, res, status, id, reason, NULL);
}

static enum err get_plan(struct ctx *ctx, const struct req *req, struct res *res)
{
    return plan_show(ctx, res, 200, req_path(req, "id"), "");
}

/* In a language, else in that of the page; what people wrote stays as it is. */
static enum err reply_pdf(struct ctx *ctx, struct res *res, const struct plan_opened *o,
                          const char *lang)
{
    const char *before = ctx->lang;
    struct document *d = NULL;
    const char *bytes = NULL;
    size_t len = 0;
    enum err rc;

    if (*lang && !tr_has_language(lang))
        return ctx_fail_field(ctx, "lang",
                              tr(ctx, "There are no translations into “{0}”.", TR_TEXT(lang)));
    ctx->lang = *lang ? lang : before;
    rc = plan_document(ctx, &d, o->plan, o->of, o->person);
    if (rc == OK)
        rc = document_pdf(ctx, d, &bytes, &len);
    ctx->lang = before;
    if (rc == OK)
        res_body(res, 200, "application/pdf", bytes, len, "reintegration-plan.pdf");
    return rc;
}

/* What was planned against what happened: as a page, PDF, CSV or sheet. */
static enum err get_done(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *id = req_path(req, "id");
    struct document_place place = { .path = "/plans/{}/done?as={}",
                                    .id = id,
                                    .file_name = "planned-and-done" };
    struct document *d = NULL;
    struct plan_opened o = { 0 };
    enum err rc = plan_open(ctx, &o, id);

    if (rc)
        return rc;
    plan_done_document(ctx, &d, o.plan, o.of);
    place.back_title = plan_title(ctx, o.plan);
    place.back = plan_url(ctx, o.plan);
    return document_reply(ctx, res, d, &place, req_text(req, "as"));
}

static enum err get_pdf(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct plan_opened o = { 0 };
    enum err rc = plan_open(ctx, &o, req_path(req, "id"));

    return rc ? rc : reply_pdf(ctx, res, &o, req_text(req, "lang"));
}

/*
 * For somebody outside: who may not know the person gets no plan, what else consent does not cover
 * is left out, and it is written down.
 */
static enum err give_plan(struct ctx *ctx, const char **refused_out, struct plan_opened *o,
                          const struct sharing *s)
{
    size_t most = o->plan->form->all_len + 1;
    const struct field **fields = ARENA_ARRAY(ctx->arena, most, const struct field *);
    const struct form **forms = ARENA_ARRAY(ctx->arena, most, const struct form *);
    const struct form *person = form_find(ctx->forms, FORM_PERSON);
    struct consent_part part = { .answer = CONSENT_UNSAID };
    const char *const *categories;
    size_t len = 0;
    enum err rc;

    forms[0] = person;
    for (size_t i = 1; i < most; i++) {
        fields[i] = o->plan->form->all[i - 1];
        forms[i] = o->plan->form;
    }
    categories = sharing_categories(ctx, &len, fields, forms, most);
    rc = sharing_ask(ctx, &part, s, o->of->parent_id, categories, len);
    if (rc == OK && consent_is_yes(part.answer) &&
        (!sharing_allows(&part, sharing_category_of_form(person)) ||
         !sharing_allows(&part, sharing_category_of_form(o->plan->form))))
        part.answer = CONSENT_NOT_CATEGORIES;
    if (rc == OK && consent_is_yes(part.answer))
        rc = sharing_give(ctx, &part, s, o->of->parent_id, categories, len);
    if (rc == OK && consent_is_yes(part.answer))
        sharing_trim(o->plan, &part);
    *refused_out = rc ? NULL : consent_reason(ctx, part.answer);
    return rc;
}

static enum err post_pdf(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *id = req_path(req, "id");
    const char *lang = req_text(req, "lang");
    struct giving_form_view v = {
        .asks = { .recipient = text_trim(ctx->arena, req_text(req, "recipient")),
                  .purpose = req_text(req, "purpose") },
    };
    struct sharing s = { SHARING_PLAN, v.asks.recipient, v.asks.purpose, NULL };
    struct plan_opened o = { 0 };
    enum err rc = plan_open(ctx, &o, id);

    if (rc == OK)
        rc = giving_check(ctx, s.recipient, s.purpose);
    if (rc == OK) {
        s.what = plan_title(ctx, o.plan);
        rc = give_plan(ctx, &v.refused, &o, &s);
    }
    if (rc == ERR_INVALID || (rc == OK && v.refused))
        return show_with(ctx, res, 422, id, "", &v);
    return rc ? rc : reply_pdf(ctx, res, &o, lang);
}

/* --- versions --- */

static enum err post_amend(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *reason = req_text(req, "reason");
    const char *id = req_path(req, "id");
    struct record *rec = NULL;
    enum err rc = plan_amend(ctx, &rec, id, reason);

    if (rc == ERR_INVALID)
        return plan_show(ctx, res, 422, id, reason);
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "A new version is made. Change it, then submit it."));
    return res_see_other(res, plan_url(ctx, rec));
}

static enum err post_activate(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *id = req_path(req, "id");
    enum err rc = plan_activate(ctx, id, req_int(req, "version"));

    if (rc == ERR_INVALID || rc == ERR_CONFLICT)
        return plan_show(ctx, res, rc == ERR_INVALID ? 422 : 409, id, "");
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "The plan is in force. Give the person a copy."));
    return res_see_other(res, url_build(ctx, "/plans/{}", id));
}

static enum err get_changes(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct plan_changes_view v = { 0 };
    struct plan_change_view *items;
    struct record_change *changes = NULL;
    struct record *before = NULL;
    struct plan_opened o = { 0 };
    enum err rc = plan_open(ctx, &o, req_path(req, "id"));

    if (rc == OK)
        rc = plan_before(ctx, &before, o.plan);
    if (rc == OK && before)
        rc = record_diff(ctx, &changes, &v.items_len, before, o.plan);
    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, v.items_len + 1, struct plan_change_view);
    for (size_t i = 0; i < v.items_len; i++)
        items[i] =
            (struct plan_change_view){ changes[i].label, changes[i].before, changes[i].after };
    v.items = items;
    v.title = plan_title(ctx, o.plan);
    v.back = plan_url(ctx, o.plan);
    v.from = before ? plan_title(ctx, before) : tr(ctx, "Before");
    v.to = v.title;
    v.reason = record_value(o.plan, FIELD_PLAN_AMENDMENT_REASON);
    plan_changes_reply(res, 200, &v);
    return OK;
}

static const struct field_spec pdf_fields[] = {
    { "lang", INPUT_CODE },
    { 0 },
};

static const struct field_spec done_fields[] = {
    { "as", INPUT_TEXT, .max = 10 },
    { 0 },
};

static const struct field_spec giving_fields[] = {
    { "lang", INPUT_CODE },
    { "recipient", INPUT_TEXT, .max = GIVING_RECIPIENT_BYTES },
    { "purpose", INPUT_CODE },
    { 0 },
};

static const struct field_spec amend_fields[] = {
    { "reason", INPUT_TEXT, .max = 8000 },
    { 0 },
};

static const struct field_spec activate_fields[] = {
    { "version", INPUT_INT, .min = 1, .required = true },
    { 0 },
};

const struct route plans_routes[] = {
    { GET, "/cases/{id}/plan", "plan.create", get_make, NO_FIELDS },
    { GET, "/plans/{id}", "plan.view", get_plan, NO_FIELDS },
    { GET, "/plans/{id}/pdf", "plan.view", get_pdf, FIELDS(pdf_fields) },
    { GET, "/plans/{id}/done", "plan.view", get_done, FIELDS(done_fields) },
    { POST, "/plans/{id}/pdf", "plan.view", post_pdf, FIELDS(giving_fields) },
    { GET, "/plans/{id}/changes", "plan.view", get_changes, NO_FIELDS },
    { POST, "/plans/{id}/amend", "plan.create", post_amend, FIELDS(amend_fields) },
    { POST, "/plans/{id}/activate", PERM_PLAN_ACTIVATE, post_activate, FIELDS(activate_fields) },
    { 0 },
};
