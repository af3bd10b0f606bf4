#include "survey/survey_web.h"

#include "core/text.h"
#include "core/tr.h"
#include "forms_gen.h"
#include "records/giving.h"
#include "sharing/sharing.h"
#include "survey/profile.h"
#include "survey/survey_store.h"
#include "survey/survey_view.h"
#include "survey_templates.h"

static void draw_part(struct html *h, const void *view)
{
    survey_part_render(h, view);
}

enum err survey_person_detail(struct ctx *ctx, const struct record *person,
                              struct record_extra *out)
{
    struct survey_part_view *v = ARENA_NEW(ctx->arena, struct survey_part_view);
    struct survey_chart_view *chart = ARENA_NEW(ctx->arena, struct survey_chart_view);
    struct survey_rounds_view *due = ARENA_NEW(ctx->arena, struct survey_rounds_view);
    const struct profile *p = profile_find(NULL);
    struct survey_result *items = NULL;
    size_t len = 0;
    enum err rc;

    if (!survey_may_read(ctx) || !p)
        return OK;
    rc = survey_results(ctx, &items, &len, person, NULL);
    if (!rc)
        rc = survey_rounds_fill(ctx, due, person);
    if (rc)
        return rc;
    v->due = due;
    v->due_len = 1;
    survey_chart_fill(ctx, chart, p, items, len);
    v->charts = chart;
    v->charts_len = 1;
    survey_table_fill(ctx, &v->table, items, len, NULL);
    v->profile_title = profile_title(ctx, p);
    out->draw = draw_part;
    out->view = v;
    return OK;
}

/* Only results of one version are compared. */
static size_t of_version(struct survey_result *items, size_t len, const char *version)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        if (text_equal(items[i].profile_version, version))
            items[n++] = items[i];
    return n;
}

/* All rounds with this result's profile, and the same interview with others. */
static enum err fill_rounds(struct ctx *ctx, struct survey_result_view *v,
                            const struct survey_result *r, const struct record *person)
{
    const struct profile *p = survey_profile_of(r);
    struct survey_chart_view *chart = ARENA_NEW(ctx->arena, struct survey_chart_view);
    struct survey_result *items = NULL;
    size_t len = 0;
    enum err rc = survey_results(ctx, &items, &len, person, r->profile);

    if (rc)
        return rc;
    len = of_version(items, len, r->profile_version);
    if (len > 1) {
        survey_chart_fill(ctx, chart, p ? p : profile_find(NULL), items, len);
        v->charts = chart;
        v->charts_len = 1;
        survey_table_fill(ctx, &v->table, items, len, r->id);
    }
    rc = survey_results_beside(ctx, &items, &len, r);
    if (rc == OK)
        survey_table_fill(ctx, &v->beside, items, len, NULL);
    return rc;
}

#define LOST_SHOWN 8 /* the rest on demand */

static void fill_lost(struct ctx *ctx, struct survey_result_view *v, const struct survey_result *r,
                      const struct record *rss)
{
    const struct profile *p = survey_profile_of(r);

    if (p == NULL) {
        v->profile_gone =
            tr(ctx, "The scoring profile {0} is not there any more.", TR_TEXT(v->round.profile));
        return;
    }
    v->profile_title = profile_title(ctx, p);
    v->lost_len = survey_lost(ctx, &v->lost, p, rss);
    if (v->lost_len > LOST_SHOWN) {
        v->less = v->lost + LOST_SHOWN;
        v->less_len = v->lost_len - LOST_SHOWN;
        v->lost_len = LOST_SHOWN;
    }
}

static enum err show_result(struct ctx *ctx, struct res *res, int status, const char *id,
                            struct giving_form_view *giving)
{
    struct survey_result_view v = { 0 };
    struct survey_answer_view points[REVIEWS_MAX] = { 0 };
    struct survey_result r = { 0 };
    struct record *person = NULL;
    struct record *rss = NULL;
    enum err rc = survey_result_load(ctx, &r, &person, id);

    if (!rc)
        rc = record_load_version(ctx, &rss, FORM_RSS, r.rss_id, r.rss_version);
    if (!rc)
        rc = fill_rounds(ctx, &v, &r, person);
    if (rc)
        return rc;
    survey_round_fill(ctx, &v.round, &r);
    v.person = person->title;
    v.person_link = url_build(ctx, "/records/person/{}", person->id);
    v.interview = url_build(ctx, "/records/rss/{}", r.rss_id);
    v.services = survey_services_text(ctx, r.scores.services);
    fill_lost(ctx, &v, &r, rss);
    v.reviews_len = survey_reviews(ctx, points, rss);
    v.reviews = points;
    v.said_len = survey_said(ctx, &v.said, rss);
    if (v.said_len)
        v.notes_pdf = url_build(ctx, "/survey/results/{}/pdf?notes=1", r.id);
    v.flag_note =
        survey_flag_note(ctx, survey_profile_of(&r) ? survey_profile_of(&r) : profile_find(NULL));
    v.in_force = r.in_force;
    giving->action = url_build(ctx, "/survey/results/{}/pdf", r.id);
    giving_asks_fill(ctx, &giving->asks);
    v.giving = *giving;
    survey_result_reply(res, status, &v);
    return OK;
}

static enum err get_result(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct giving_form_view giving = { 0 };

    return show_result(ctx, res, 200, req_path(req, "id"), &giving);
}

/* rss: see survey_pdf. */
static enum err reply_pdf(struct ctx *ctx, struct res *res, const struct survey_result *r,
                          const struct record *person, const struct record *rss, const char *lang)
{
    const char *before = ctx->lang;
    const char *bytes = NULL;
    size_t len = 0;
    enum err rc;

    if (!tr_has_language(lang))
        return ctx_fail_field(ctx, "lang",
                              tr(ctx, "There are no translations into “{0}”.", TR_TEXT(lang)));
    ctx->lang = lang;
    rc = survey_pdf(ctx, r, person, rss, &bytes, &len);
    ctx->lang = before;
    if (rc == OK)
        res_body(res, 200, "application/pdf", bytes, len, "survey-result.pdf");
    return rc;
}

/*
 * In ?lang=, else in the language that the person prefers, whatever the staff member reads; with
 * the notes it stays in the office and is in the reader's.
 */
static enum err get_pdf(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *wanted = req_text(req, "lang");
    bool notes = req_bool(req, "notes");
    struct survey_result r = { 0 };
    struct record *person = NULL;
    struct record *rss = NULL;
    enum err rc = survey_result_load(ctx, &r, &person, req_path(req, "id"));

    if (rc == OK && notes)
        rc = record_load_version(ctx, &rss, FORM_RSS, r.rss_id, r.rss_version);
    if (rc == OK && !*wanted && notes)
        wanted = ctx->lang;
    if (rc == OK && !*wanted)
        rc = survey_language(ctx, person, &wanted);
    return rc ? rc : reply_pdf(ctx, res, &r, person, rss, wanted);
}

/* For somebody outside: who may have the name and the survey gets it, and it is written down. */
static enum err give_result(struct ctx *ctx, const char **refused_out, const struct sharing *s,
                            const struct record *person)
{
    const struct form *const forms[] = { person->form, form_find(ctx->forms, FORM_RSS) };
    const struct field *const none[] = { NULL, NULL };
    struct consent_part part = { .answer = CONSENT_UNSAID };
    size_t len = 0;
    const char *const *categories = sharing_categories(ctx, &len, none, forms, 2);
    enum err rc = sharing_ask(ctx, &part, s, person->id, categories, len);

    if (rc == OK && consent_is_yes(part.answer) && part.len < len)
        part.answer = CONSENT_NOT_CATEGORIES; /* the page cannot leave one of them out */
    if (rc == OK && consent_is_yes(part.answer))
        rc = sharing_give(ctx, &part, s, person->id, categories, len);
    *refused_out = rc ? NULL : consent_reason(ctx, part.answer);
    return rc;
}

static enum err post_pdf(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *id = req_path(req, "id");
    const char *wanted = req_text(req, "lang");
    struct giving_form_view v = {
        .asks = { .recipient = text_trim(ctx->arena, req_text(req, "recipient")),
                  .purpose = req_text(req, "purpose") },
    };
    const struct sharing s = { SHARING_PRINT, v.asks.recipient, v.asks.purpose,
                               tr(ctx, "Survey result") };
    struct survey_result r = { 0 };
    struct record *person = NULL;
    enum err rc = survey_result_load(ctx, &r, &person, id);

    if (rc)
        return rc;
    rc = giving_check(ctx, s.recipient, s.purpose);
    if (rc == OK)
        rc = give_result(ctx, &v.refused, &s, person);
    if (rc == ERR_INVALID || (rc == OK && v.refused))
        return show_result(ctx, res, 422, id, &v);
    return rc ? rc : reply_pdf(ctx, res, &r, person, NULL, *wanted ? wanted : ctx->lang);
}

static const struct field_spec pdf_fields[] = {
    { "lang", INPUT_CODE },
    { "notes", INPUT_BOOL },
    { 0 },
};

static const struct field_spec giving_fields[] = {
    { "lang", INPUT_CODE },
    { "recipient", INPUT_TEXT, .max = GIVING_RECIPIENT_BYTES },
    { "purpose", INPUT_CODE },
    { 0 },
};

static const struct field_spec whose_fields[] = {
    { "person", INPUT_ID },
    { "case", INPUT_ID },
    { 0 },
};

static const struct field_spec start_fields[] = {
    { "person", INPUT_ID },      { "case", INPUT_ID },
    { "round", INPUT_CODE },     { "date", INPUT_TEXT, .max = 20 },
    { "interviewer", INPUT_ID }, { "location", INPUT_CODE },
    { "private", INPUT_CODE },   { 0 },
};

static const struct field_spec paper_fields[] = {
    { "person", INPUT_ID },
    { "round", INPUT_CODE },
    { "date", INPUT_TEXT, .max = 20 },
    { "location", INPUT_CODE },
    { "private", INPUT_CODE },
    { "consent", INPUT_BOOL },
    { "notes", INPUT_TEXT, .max = 4000 },
    { "q.*", INPUT_TEXT, .max = 60 },
    { 0 },
};

static const struct field_spec second_fields[] = {
    { "person", INPUT_ID },
    { "version", INPUT_INT },
    { "round", INPUT_CODE },
    { "date", INPUT_TEXT, .max = 20 },
    { "location", INPUT_CODE },
    { "private", INPUT_CODE },
    { "consent", INPUT_BOOL },
    { "compared", INPUT_BOOL },
    { "q.*", INPUT_TEXT, .max = 60 },
    { "pick.*", INPUT_CODE },
    { "fix.*", INPUT_TEXT, .max = 60 },
    { 0 },
};

static const struct field_spec stop_fields[] = {
    { "reason", INPUT_CODE },
    { 0 },
};

static const struct field_spec profile_fields[] = {
    { "profile", INPUT_TEXT, .max = 60 },
    { 0 },
};

const struct route survey_routes[] = {
    { GET, "/survey/profiles", PERM_SETTINGS_MANAGE, survey_get_profiles, NO_FIELDS },
    { POST, "/survey/profiles", PERM_SETTINGS_MANAGE, survey_post_profiles,
      FIELDS(profile_fields) },
    { GET, "/survey/start", PERM_RSS_CREATE, survey_get_start, FIELDS(whose_fields) },
    { POST, "/survey/start", PERM_RSS_CREATE, survey_post_start, FIELDS(start_fields) },
    { GET, "/survey/paper", PERM_RSS_CREATE, survey_get_paper, FIELDS(whose_fields) },
    { POST, "/survey/paper", PERM_RSS_CREATE, survey_post_paper, FIELDS(paper_fields) },
    { GET, "/survey/second/{id}", PERM_RSS_EDIT, survey_get_second, NO_FIELDS },
    { POST, "/survey/second/{id}", PERM_RSS_EDIT, survey_post_second, FIELDS(second_fields) },
    { GET, "/survey/stop/{id}", PERM_RSS_CREATE, survey_get_stop, NO_FIELDS },
    { POST, "/survey/stop/{id}", PERM_RSS_CREATE, survey_post_stop, FIELDS(stop_fields) },
    { GET, "/survey/results/{id}", PERM_RSS_VIEW, get_result, NO_FIELDS },
    { GET, "/survey/results/{id}/pdf", PERM_RSS_VIEW, get_pdf, FIELDS(pdf_fields) },
    { POST, "/survey/results/{id}/pdf", PERM_RSS_VIEW, post_pdf, FIELDS(giving_fields) },
    { 0 },
};
