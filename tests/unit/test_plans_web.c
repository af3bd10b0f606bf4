/* Pages of the grid and of plans: answering, deciding, making a plan, versions, PDF. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "db/db.h"
#include "pages.h"

#define PERSON                                                                                     \
    "{\"answers\":{\"names\":[{\"name_text\":\"Awa\",\"name_script\":\"Latn\"}],"                  \
    "\"birth_date\":\"1991-05-06\",\"birth_precision\":\"day\"}}"

#define path_of(p, pattern, id) arena_printf((p)->arena, pattern, id)

static const char *given_case(struct pages *p)
{
    const char *person = page_given(p, "person", PERSON);

    (void)page_given(p, "return_event",
                     arena_printf(p->arena,
                                  "{\"parent\":\"%s\",\"answers\":{\"arrival_date\":\"2026-10-01\","
                                  "\"country_of_origin\":\"SN\",\"place_of_return\":\"Rufisque\","
                                  "\"has_papers\":\"no\"}}",
                                  person));
    return page_given(p, "case",
                      arena_printf(p->arena,
                                   "{\"parent\":\"%s\",\"answers\":{\"opened\":\"2026-10-02\"}}",
                                   person));
}

/* A case of the case manager's own. */
static const char *own_case(struct pages *p)
{
    return page_given(p, "case",
                      arena_printf(p->arena,
                                   "{\"parent\":\"%s\",\"answers\":{\"opened\":\"2026-10-02\","
                                   "\"worker\":\"%s\"}}",
                                   page_given(p, "person", PERSON), p->ids[CASE_MANAGER]));
}

static void the_page_of_a_case_leads_to_grid_and_plan(void **state)
{
    struct pages *p = *state;
    const char *id = given_case(p);
    struct page page = page_get(p, SUPERVISOR, path_of(p, "/records/case/%s", id), NULL);

    assert_true(shows(&page, path_of(p, "href=\"/cases/%s/grid\"", id)));
    assert_true(shows(&page, "Make the plan"));
    (void)page_given_plan(p, id);
    page = page_get(p, SUPERVISOR, path_of(p, "/records/case/%s", id), NULL);
    assert_false(shows(&page, "Make the plan"));
    assert_true(shows(&page, "version 1"));
}

/* The form of a plan says which interview its scores come from, by round and day. */
static void the_baseline_is_shown_by_round_and_day(void **state)
{
    static const char interview[] =
        "{\"parent\":\"%s\",\"answers\":{\"round\":\"baseline\",\"interview_date\":"
        "\"2026-11-20\","
        "\"interview_location\":\"on_site\",\"private_space\":\"yes\",\"is_case_team\":\"no\","
        "\"sections_selected\":[\"psychosocial\"],\"consent_given\":\"yes\",\"consent_form\":"
        "\"written\",\"social_participation\":\"often\",\"support_network\":\"bad\","
        "\"community_belonging\":\"agree\",\"physical_safety\":\"safe_mostly\",\"family_conflict\":"
        "\"never\",\"discrimination\":\"never\",\"distress_symptoms\":\"never\","
        "\"wants_psych_support\":\"no\",\"able_to_stay\":\"yes\","
        "\"support_sources\":[\"family\"]}}";
    struct pages *p = *state;
    const char *person = page_given(p, "person", PERSON);
    const char *rss = page_given(p, "rss", arena_printf(p->arena, interview, person));
    const char *id = page_given(p, "case",
                                arena_printf(p->arena,
                                             "{\"parent\":\"%s\",\"answers\":{\"opened\":"
                                             "\"2026-10-02\"}}",
                                             person));
    struct page page;
    const char *shown;

    id = page_given_plan(p, id);
    page = page_get(p, SUPERVISOR, path_of(p, "/records/plan/%s/edit", id), NULL);
    assert_int_equal(page.status, 200);
    shown = between(p, &page, "id=\"f-amends\"", ">"); /* a first plan changes none */
    assert_non_null(strstr(shown, " hidden"));
    shown = between(p, &page, "id=\"f-baseline_interview\"", "</output>");
    assert_non_null(strstr(shown, "Baseline"));
    assert_non_null(strstr(shown, "20 Nov 2026"));
    assert_null(strstr(shown, rss));
    shown = between(p, &page, "id=\"f-baseline_psychosocial\"", "</output>");
    assert_non_null(strstr(shown, "0."));
}

/* Proves R-1.4.3-10: the evaluated grid with its criteria, why, and what is suggested. */
static void the_grid_is_read_answered_decided_and_printed(void **state)
{
    struct pages *p = *state;
    const char *id = given_case(p);
    const char *grid = path_of(p, "/cases/%s/grid", id);
    struct page page = page_get(p, SUPERVISOR, grid, NULL);

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "No civil documents"));
    assert_true(shows(&page, "Return: Does the person have an identity document?"));
    page = page_get(p, SUPERVISOR, grid, "dimension=economic");
    assert_false(shows(&page, "row-mentorship"));
    page = page_post(p, SUPERVISOR, path_of(p, "/cases/%s/grid/answers", id),
                     "row=mentorship&a.mentorship_i1=yes&a.mentorship_c1=&note=Said+%3Cb%3E");
    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, grid, "row=mentorship");
    assert_true(shows(&page, "Answered by staff on"));
    assert_true(shows(&page, "Said &lt;b&gt;"));
    page = page_post(p, SUPERVISOR, path_of(p, "/cases/%s/grid/choices", id),
                     "row=cash_assistance&decision=selected&reason=");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "Say why it is chosen all the same"));
    page = page_post(p, SUPERVISOR, path_of(p, "/cases/%s/grid/choices", id),
                     "row=cash_assistance&decision=selected&reason=Urgent&together=1");
    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, path_of(p, "/cases/%s/grid/print", id), "as=pdf");
    assert_int_equal(page.status, 200);
    assert_string_equal(page.type, "application/pdf");
    page = page_get(p, SUPERVISOR, path_of(p, "/cases/%s/plan", id), NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "value=\"Rufisque\""));
    assert_true(shows(&page, "Cash"));
}

static void the_grid_is_told_to_programs_as_json(void **state)
{
    struct pages *p = *state;
    struct page page =
        api_call(p, SUPERVISOR, "GET", path_of(p, "/cases/%s/grid", given_case(p)), NULL, NULL);

    assert_int_equal(page.status, 200);
    assert_true(text_starts(page.type, "application/json"));
    assert_true(shows(&page, "\"code\":\"mentorship\""));
}

/* Proves R-A3-10: printed in the template's order, in any language, what people wrote as it is. */
static void a_plan_is_printed_in_any_language_in_the_order_of_the_template(void **state)
{
    static const struct {
        const char *lang;
        const char *first;
        const char *then;
    } cases[] = { { "en", "1. Summary", "4. Referrals" },
                  { "fr", "1. Résumé", "4. Orientations" },
                  { "es", "1. Resumen", "4. Derivaciones" } };
    struct pages *p = *state;
    const char *id = page_given_plan(p, given_case(p));
    struct page page;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *text;

        page = page_get(p, SUPERVISOR, path_of(p, "/plans/%s/pdf", id),
                        arena_printf(p->arena, "lang=%s", cases[i].lang));
        assert_int_equal(page.status, 200);
        text = pdf_text(p, &page);
        assert_non_null(strstr(text, cases[i].first));
        assert_true(strstr(text, cases[i].first) < strstr(text, cases[i].then));
        assert_non_null(strstr(text, "sewing"));
        assert_non_null(strstr(text, "XOF"));
    }
    page = page_get(p, SUPERVISOR, path_of(p, "/plans/%s/pdf", id), "lang=ar");
    assert_int_equal(page.status, 200);
    assert_non_null(strstr(pdf_text(p, &page), "XOF"));
    page = page_get(p, SUPERVISOR, path_of(p, "/plans/%s/pdf", id), "lang=xx");
    assert_int_equal(page.status, 422);
}

static void the_page_of_a_plan_tells_what_is_missing_and_leads_there(void **state)
{
    struct pages *p = *state;
    const char *id = page_given_plan(p, given_case(p));
    struct page page = page_get(p, SUPERVISOR, path_of(p, "/plans/%s", id), NULL);
    struct page record;
    struct page list;

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "What is missing"));
    assert_true(shows(&page, path_of(p, "/records/plan/%s/edit#f-exit_how", id)));
    assert_true(shows(&page, "175,500 XOF"));
    record = page_get(p, SUPERVISOR, path_of(p, "/records/plan/%s", id), NULL);
    list = page_get(p, SUPERVISOR, "/records/plan", NULL);
    assert_true(shows(&record, "175,500 XOF") && shows(&list, "175,500 XOF"));
    assert_false(shows(&record, "175500 XOF") || shows(&list, "175500 XOF"));
    assert_false(shows(&page, "Make a new version")); /* a draft is simply changed */
    page = page_post(p, SUPERVISOR, path_of(p, "/plans/%s/activate", id), "version=1");
    assert_int_equal(page.status, 409);
    assert_true(shows(&page, "Only a plan that is agreed comes into force."));
    page = page_post(p, SUPERVISOR, path_of(p, "/plans/%s/amend", id), "reason=x");
    assert_int_equal(page.status, 409);
}

static void a_plan_or_case_that_is_not_there_is_not_found(void **state)
{
    struct pages *p = *state;
    const char *none = "0190f3a2-0000-7000-8000-000000000009";

    (void)page_given_plan(p, given_case(p));
    assert_int_equal(page_get(p, SUPERVISOR, path_of(p, "/plans/%s", none), NULL).status, 404);
    assert_int_equal(page_get(p, SUPERVISOR, path_of(p, "/cases/%s/grid", none), NULL).status, 404);
}

/* --- agreeing --- */

static int64_t version_of(struct pages *p, const char *id)
{
    struct page page =
        api_call(p, SUPERVISOR, "GET", path_of(p, "/records/plan/%s", id), NULL, NULL);
    int64_t n = 0;

    assert_true(parse_int(between(p, &page, "\"version\":", ","), 1, 999, &n));
    return n;
}

static void moved(struct pages *p, enum who who, const char *id, const char *to, const char *reason)
{
    struct page page = page_post(p, who, path_of(p, "/records/plan/%s/status", id),
                                 arena_printf(p->arena, "to=%s&version=%lld&reason=%s", to,
                                              (long long)version_of(p, id), reason));

    if (page.status != 303)
        fail_msg("status %d: %s", page.status, page.body);
}

static struct page posted(struct pages *p, enum who who, const char *id, const char *what,
                          const char *body)
{
    return page_post(p, who, arena_printf(p->arena, "/plans/%s/%s", id, what),
                     arena_printf(p->arena, "version=%lld&%s", (long long)version_of(p, id), body));
}

/* Proves R-A3-09: on the pages; the reason for which it was sent back is shown to its author. */
DB_SQL(OFFICE_IN, "UPDATE office SET time_zone = $1");

static void office_in(struct pages *p, const char *zone)
{
    assert_int_equal(db_begin(&p->ctx), OK);
    assert_int_equal(db_exec(&p->ctx, NULL, &OFFICE_IN, DB_TEXT(zone)), OK);
    assert_int_equal(db_commit(&p->ctx), OK);
}

static void a_plan_is_sent_back_approved_signed_and_given_on_its_page(void **state)
{
    struct pages *p = *state;
    const char *id = page_given_plan_by(p, CASE_MANAGER, own_case(p));
    const char *plan = path_of(p, "/plans/%s", id);
    const char *sign = path_of(p, "/plans/%s/sign", id);
    struct page page = page_get(p, CASE_MANAGER, sign, NULL);

    assert_int_equal(page.status, 303); /* a draft: to the page of the plan */
    moved(p, CASE_MANAGER, id, "submitted", "");
    moved(p, SUPERVISOR, id, "draft", "No+%3Cb%3Eprice");
    page = page_get(p, CASE_MANAGER, plan, NULL);
    assert_true(shows(&page, "No &lt;b&gt;price"));
    assert_false(shows(&page, "Who has agreed"));
    office_in(p, "Pacific/Pago_Pago"); /* where it is the evening before */
    page = page_get(p, CASE_MANAGER, plan, NULL);
    assert_true(shows(&page, "on 21 Nov 2026: No"));
    office_in(p, "Africa/Dakar");
    moved(p, CASE_MANAGER, id, "submitted", "");
    moved(p, SUPERVISOR, id, "approved", "");
    assert_int_equal(page_get(p, FINANCE, sign, NULL).status, 403);
    page = page_get(p, CASE_MANAGER, sign, NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "value=\"Awa\""));
    page = posted(p, CASE_MANAGER, id, "sign", "by=returnee&mode=signature&name=Awa&on=&place=");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "Draw the signature"));
    page = posted(p, CASE_MANAGER, id, "copy", "on=2026-01-20&lang=fr&how=paper");
    assert_int_equal(page.status, 409);
    page = posted(p, CASE_MANAGER, id, "sign",
                  "by=returnee&mode=typed&name=Awa+%3Ci%3E&on=2026-01-20&place=Dakar");
    assert_int_equal(page.status, 303);
    page = page_get(p, CASE_MANAGER, plan, NULL);
    assert_true(shows(&page, "Awa &lt;i&gt;"));
    assert_true(shows(&page, "no copy of this version"));
    page = posted(p, CASE_MANAGER, id, "copy", "on=2026-01-20&lang=xx&how=paper");
    assert_int_equal(page.status, 422);
    page = posted(p, CASE_MANAGER, id, "copy", "on=2026-01-20&lang=fr&how=paper");
    assert_int_equal(page.status, 303);
    page = page_get(p, CASE_MANAGER, plan, NULL);
    assert_true(shows(&page, "Français On paper"));
    page = page_get(p, CASE_MANAGER, path_of(p, "/plans/%s/pdf", id), NULL);
    assert_non_null(strstr(pdf_text(p, &page), "Awa <i>"));
}

/* The two costs of the plan, 150,000 and 25,500 XOF; of the first 140,000 were spent. */
static void what_was_planned_is_compared_with_what_was_done(void **state)
{
    struct pages *p = *state;
    const char *id = page_given_plan(p, given_case(p));
    const char *path = path_of(p, "/plans/%s/done", id);
    struct page page = page_get(p, SUPERVISOR, path, NULL);

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "175,500 XOF"));
    assert_false(shows(&page, "overdue"));
    page =
        api_call(p, SUPERVISOR, "PUT", path_of(p, "/records/plan/%s", id),
                 "{\"version\":1,\"answers\":{\"objectives\":\"A shop\",\"currency\":\"XOF\","
                 "\"ceiling\":\"351000 XOF\",\"lines\":[{\"line_section\":\"longer_term\","
                 "\"line_code\":\"income_generating_activity\",\"line_dimension\":\"economic\","
                 "\"line_component\":\"income_generation\",\"line_need\":\"Tools\","
                 "\"line_action\":\"Buy\",\"line_responsible\":\"provider\","
                 "\"line_service\":\"Atelier Sud\",\"line_needs_referral\":\"no\","
                 "\"line_expected_end\":\"2026-11-01\",\"line_status\":\"planned\",\"costs\":["
                 "{\"goods_equipment_service\":\"Machine\",\"estimated_cost\":\"150000 XOF\","
                 "\"actual_cost\":\"140000 XOF\",\"cost_fund\":\"F-7\"},"
                 "{\"goods_equipment_service\":\"Cloth\",\"estimated_cost\":\"25500 XOF\"}]},"
                 "{\"line_section\":\"immediate\",\"line_code\":\"transport\","
                 "\"line_dimension\":\"social\",\"line_component\":\"transport\","
                 "\"line_need\":\"Bus\",\"line_action\":\"Ride\",\"line_responsible\":\"family\","
                 "\"line_needs_referral\":\"no\",\"line_status\":\"dropped\","
                 "\"line_dropped_reason\":\"She walks\",\"costs\":[{\"goods_equipment_service\":"
                 "\"Ticket\",\"estimated_cost\":\"9000 XOF\"}]}]}}",
                 NULL);
    if (page.status != 200)
        fail_msg("status %d: %s", page.status, page.body);
    page = page_get(p, SUPERVISOR, path, NULL);
    assert_true(shows(&page, "Planned, overdue"));
    assert_true(shows(&page, "Atelier Sud"));
    assert_true(shows(&page, "140,000 XOF"));
    assert_true(shows(&page, "175,500 XOF")); /* without what was dropped */
    assert_false(shows(&page, "184,500 XOF"));
    assert_true(shows(&page, "No fund is written"));
    assert_true(shows(&page, "Use of the ceiling of 351,000 XOF"));
    assert_true(shows(&page, "50 %"));
    assert_true(shows(&page, "40 %"));
    page = page_get(p, SUPERVISOR, path, "as=csv");
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "F-7"));
    page = page_get(p, SUPERVISOR, path, "as=pdf");
    assert_string_equal(page.type, "application/pdf");
    assert_int_equal(page_get(p, FINANCE, path, NULL).status, 403);
}

/* Proves R-2.3.3-03: a report begins with what the record says, and is a letter to sign. */
static void a_follow_up_report_is_written_from_the_record(void **state)
{
    struct pages *p = *state;
    const char *id = given_case(p);
    struct page page;

    (void)page_given(p, "contact",
                     arena_printf(p->arena,
                                  "{\"parent\":\"%s\",\"answers\":{\"contact_on\":\"2026-11-02\","
                                  "\"contact_mode\":\"phone\",\"contact_result\":\"reached\","
                                  "\"challenges\":\"Rent rose\",\"feedback\":\"Content\"}}",
                                  id));
    (void)page_given(p, "action",
                     arena_printf(p->arena,
                                  "{\"parent\":\"%s\",\"answers\":{\"action_kind\":\"visit\","
                                  "\"due_on\":\"2026-12-01\"}}",
                                  id));
    (void)page_given(p, "change_event",
                     arena_printf(p->arena,
                                  "{\"parent\":\"%s\",\"answers\":{\"changed_on\":\"2026-11-05\","
                                  "\"change_kind\":\"family\",\"change_drastic\":\"no\","
                                  "\"change_description\":\"Moved house\"}}",
                                  id));
    page = page_get(p, SUPERVISOR, path_of(p, "/records/case/%s", id), NULL);
    assert_true(shows(&page, path_of(p, "/cases/%s/report?kind=mid_year", id)));
    page = page_get(p, SUPERVISOR, path_of(p, "/cases/%s/report", id), "kind=mid_year");
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, ": Rent rose"));
    assert_true(shows(&page, ": Content"));
    assert_true(shows(&page, ": Moved house"));
    assert_true(shows(&page, "Visit: open, due on"));
    assert_int_equal(pages_count(p, "SELECT count(*) FROM rec_monitoring_report"), 0);
    page = page_get(p, SUPERVISOR, path_of(p, "/records/case/%s/letters/follow_up_report", id),
                    "lang=ar");
    assert_int_equal(page.status, 200);
    assert_int_equal(page_get(p, FINANCE, path_of(p, "/cases/%s/report", id), NULL).status, 403);
}

#define W_MODEL                                                                                    \
    "{\"parent\":\"%s\",\"answers\":{\"w_on\":\"%s\",\"w_mode\":\"individual\",\"w_dimension\":"   \
    "\"economic\",\"w_purpose\":\"%s\",\"w_points\":[{\"w_direction\":\"up\",\"w_level\":\"2\","   \
    "\"w_label\":\"Cousin lends a stall\",\"w_aspects\":[\"economic\"]},"                          \
    "{\"w_direction\":\"down\",\"w_level\":\"3\",\"w_label\":\"Rent <b> too high\","               \
    "\"w_aspects\":[\"economic\"],\"w_overcome\":\"no\"}]}}"

/* Proves R-2.3.3-08 R-A1-42: drawn for one session, compared, printed, in Arabic from the right. */
static void the_w_is_drawn_with_its_table_beside_the_earlier_one(void **state)
{
    struct pages *p = *state;
    const char *id = given_case(p);
    const char *all = path_of(p, "/cases/%s/w", id);
    struct page page = page_get(p, SUPERVISOR, all, NULL);
    const char *first;
    const char *path;

    assert_true(shows(&page, "No W model has been drawn"));
    first = page_given(p, "w_model", arena_printf(p->arena, W_MODEL, id, "2026-10-20", "planning"));
    page = page_get(p, SUPERVISOR, path_of(p, "/records/w_model/%s", first), NULL);
    assert_true(shows(&page, "<svg viewBox"));
    assert_true(shows(&page, "20 Oct 2026, 2: Rent &lt;b&gt; too high</title>"));
    assert_true(shows(&page, all));
    (void)page_given(p, "w_model", arena_printf(p->arena, W_MODEL, id, "2026-11-20", "evaluation"));
    page = page_get(p, SUPERVISOR, path_of(p, "/records/case/%s", id), NULL);
    assert_true(shows(&page, path_of(p, "href=\"/cases/%s/w\"", id)));
    page = page_get(p, SUPERVISOR, all, NULL);
    assert_true(shows(&page, "20 Nov 2026: Seeing what it has brought"));
    assert_true(shows(&page, ">Down</text>"));
    path = between(p, &page, "<path d=\"", "\""); /* the first point stands left of the second */
    assert_true(atof(path + 1) < atof(strchr(path, 'L') + 1));
    (void)page_post(p, SUPERVISOR, "/language", "lang=ar&back=%2F");
    page = page_get(p, SUPERVISOR, all, NULL);
    path = between(p, &page, "<path d=\"", "\"");
    assert_true(atof(path + 1) > atof(strchr(path, 'L') + 1));
    (void)page_post(p, SUPERVISOR, "/language", "lang=en&back=%2F");
    page = page_get(p, SUPERVISOR, all, "as=pdf");
    assert_non_null(strstr(pdf_text(p, &page), "Cousin lends a stall"));
    page = page_get(p, SUPERVISOR, all, "as=csv");
    assert_true(shows(&page, "Down,"));
    assert_int_equal(page_get(p, FINANCE, all, NULL).status, 403);
}

/* Proves R-1.4.3-07 R-S1.4.3-09: individual inputs beside the grid, as risks and opportunities. */
static void what_is_known_of_the_person_stands_beside_the_grid(void **state)
{
    struct pages *p = *state;
    const char *id = given_case(p);
    const char *grid = path_of(p, "/cases/%s/grid", id);
    struct page page;
    const char *risks;

    (void)page_given(p, "first_session",
                     arena_printf(p->arena,
                                  "{\"parent\":\"%s\",\"answers\":{\"session_on\":\"2026-11-02\","
                                  "\"session_mode\":\"home_visit\",\"interpreter_used\":\"no\","
                                  "\"immediate_needs\":\"Insulin <b>\",\"life_skills\":\"Sewing\","
                                  "\"life_objectives\":\"A shop\",\"strengths\":\"Patience\"}}",
                                  id));
    page = page_get(p, SUPERVISOR, grid, NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "Insulin &lt;b&gt;"));
    risks = between(p, &page, "What may go wrong</h3>", "</section>");
    assert_non_null(strstr(risks, "Does the person have an identity document?"));
    risks = between(p, &page, "What there is to build on</h3>", "</section>");
    assert_non_null(strstr(risks, "Patience"));
    assert_null(strstr(risks, "identity document"));
    assert_non_null(strstr(between(p, &page, "Skills and interests</h3>", "</section>"), "Sewing"));
}

static const char *step_mark(struct pages *p, const struct page *page, const char *title)
{
    return between(p, page, arena_printf(p->arena, "%s</strong> <span class=\"mark mark-", title),
                   "\"");
}

/* Proves R-2.3-01: each step with its state and day, beside what is known, on one screen. */
static void the_four_steps_show_how_far_planning_is(void **state)
{
    struct pages *p = *state;
    const char *id = given_case(p);
    const char *steps = path_of(p, "/cases/%s/steps", id);
    struct page page = page_get(p, SUPERVISOR, steps, NULL);

    assert_int_equal(page.status, 200);
    assert_string_equal(step_mark(p, &page, "needs and the place"), "open");
    assert_string_equal(step_mark(p, &page, "Set regular follow-up"), "open");
    (void)page_given(p, "first_session",
                     arena_printf(p->arena,
                                  "{\"parent\":\"%s\",\"answers\":{\"session_on\":\"2026-11-02\","
                                  "\"session_mode\":\"home_visit\",\"interpreter_used\":\"no\"}}",
                                  id));
    page = page_post(p, SUPERVISOR, path_of(p, "/cases/%s/grid/choices", id),
                     "row=cash_assistance&decision=deferred&reason=Later&together=1");
    assert_int_equal(page.status, 303);
    (void)page_given_plan(p, id);
    (void)page_given(p, "contact",
                     arena_printf(p->arena,
                                  "{\"parent\":\"%s\",\"answers\":{\"contact_on\":\"2026-11-03\","
                                  "\"contact_mode\":\"phone\",\"contact_result\":\"reached\","
                                  "\"next_contact_on\":\"2026-12-03\"}}",
                                  id));
    page = page_get(p, SUPERVISOR, steps, NULL);
    assert_string_equal(step_mark(p, &page, "needs and the place"), "submitted");
    assert_true(shows(&page, "<bdi>2 Nov 2026</bdi>"));
    assert_string_equal(step_mark(p, &page, "Find support with the feasibility grid"), "active");
    assert_string_equal(step_mark(p, &page, "Draft the plan and agree on it"), "submitted");
    assert_string_equal(step_mark(p, &page, "Set regular follow-up"), "active");
    assert_true(shows(&page, "<bdi>3 Dec 2026</bdi>"));
    assert_true(shows(&page, "Rufisque"));
    page = page_get(p, SUPERVISOR, path_of(p, "/records/case/%s", id), NULL);
    assert_true(shows(&page, path_of(p, "href=\"/cases/%s/steps\"", id)));
    assert_int_equal(page_get(p, FINANCE, steps, NULL).status, 403);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_page_of_a_case_leads_to_grid_and_plan),
        TEST(the_baseline_is_shown_by_round_and_day),
        TEST(the_grid_is_read_answered_decided_and_printed),
        TEST(the_grid_is_told_to_programs_as_json),
        TEST(a_plan_is_printed_in_any_language_in_the_order_of_the_template),
        TEST(the_page_of_a_plan_tells_what_is_missing_and_leads_there),
        TEST(a_plan_is_sent_back_approved_signed_and_given_on_its_page),
        TEST(what_was_planned_is_compared_with_what_was_done),
        TEST(a_plan_or_case_that_is_not_there_is_not_found),
        TEST(a_follow_up_report_is_written_from_the_record),
        TEST(what_is_known_of_the_person_stands_beside_the_grid),
        TEST(the_four_steps_show_how_far_planning_is),
        TEST(the_w_is_drawn_with_its_table_beside_the_earlier_one),
    };

    return cmocka_run_group_tests_name("plans_web", tests, NULL, NULL);
}
