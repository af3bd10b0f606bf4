#include "survey/survey_web.h"

#include "core/text.h"
#include "core/tr.h"
#include "forms_gen.h"
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

static enum err get_result(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct survey_result_view v = { 0 };
    struct survey_answer_view points[REVIEWS_MAX] = { 0 };
    struct survey_result r = { 0 };
    struct record *person = NULL;
    struct record *rss = NULL;
    enum err rc = survey_result_load(ctx, &r, &person, req_path(req, "id"));

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
    v.flag_note =
        survey_flag_note(ctx, survey_profile_of(&r) ? survey_profile_of(&r) : profile_find(NULL));
    v.in_force = r.in_force;
    survey_result_reply(res, 200, &v);
    return OK;
}

/* In ?lang=, else in the language that the person prefers, whatever the staff member reads. */
static enum err get_pdf(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *wanted = req_text(req, "lang");
    const char *before = ctx->lang;
    struct survey_result r = { 0 };
    struct record *person = NULL;
    const char *bytes = NULL;
    size_t len = 0;
    enum err rc = survey_result_load(ctx, &r, &person, req_path(req, "id"));

    if (rc)
        return rc;
    if (*wanted && !tr_has_language(wanted))
        return ctx_fail_field(ctx, "lang",
                              tr(ctx, "There are no translations into “{0}”.", TR_TEXT(wanted)));
    if (!*wanted)
        rc = survey_language(ctx, person, &wanted);
    if (rc)
        return rc;
    ctx->lang = wanted;
    rc = survey_pdf(ctx, &r, person, &bytes, &len);
    ctx->lang = before;
    if (rc)
        return rc;
    res_body(res, 200, "application/pdf", bytes, len, "survey-result.pdf");
    return OK;
}

static const struct field_spec pdf_fields[] = {
    { "lang", INPUT_CODE },
    { 0 },
};

static const struct field_spec whose_fields[] = {
    { "person", INPUT_ID },
    { "case", INPUT_ID },
    { 0 },
};

static const struct field_spec start_fields[] = {
    { "person", INPUT_ID },
    { "case", INPUT_ID },
    { "round", INPUT_CODE },
    { "date", INPUT_TEXT, .max = 20 },
    { "location", INPUT_CODE },
    { "private", INPUT_CODE },
    { 0 },
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

const struct route survey_routes[] = {
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
    { 0 },
};
