/* Interviews of a person: the consent gate, results that are sealed, corrections, faults.
 * Proves RC-01. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "forms_gen.h"
#include "people/people.h"
#include "survey/survey.h"
#include "survey/survey_view.h"
#include "survey/survey_web.h"
#include "survey_fixture.h"
#include "web/html.h"

#define CALLS_MAX 400

/* The middle of every scale: economic 1/2, social 7/12, psychosocial 1/2, composite 29/56. */
#define INTERVIEW                                                                                  \
    "round=baseline;interview_date=2026-05-04;interview_location=on_site;private_space=yes;"       \
    "is_case_team=no;sections_selected=economic;sections_selected=social;"                         \
    "sections_selected=psychosocial;consent_given=yes;consent_form=written;"
#define ANSWERS                                                                                    \
    "econ_satisfaction=ok;food_reduction=sometimes;borrow_ability=yes;borrow_frequency=sometimes;" \
    "debt_vs_spending=spending_larger;opportunity_access=fair;currently_working=no;"               \
    "productive_assets=animals;job_seeking=yes;job_seeking_reasons=unemployed;"                    \
    "housing_access=fair;housing_standard=average;education_access=fair;children_in_school=some;"  \
    "justice_access=fair;has_id_document=yes;documentation_access=fair;safe_water_access=fair;"    \
    "health_access=fair;health_quality=fair;social_participation=sometimes;support_network=fair;"  \
    "community_belonging=neither;physical_safety=neutral;family_conflict=sometimes;"               \
    "discrimination=only_rarely;distress_symptoms=sometimes;wants_psych_support=yes;"              \
    "able_to_stay=yes;support_sources=no_one;interview_notes=Zebrafinch at the well;"              \
    "physical_safety_note=Zebrafinch again"

static struct record *interview_filled(struct fixture *f, const struct record *person,
                                       const char *answers)
{
    struct record *rec = NULL;

    must(f, record_new(&f->ctx, &rec, FORM_RSS, person->id));
    person_fill(f, rec, answers);
    return rec;
}

static struct survey_result *results_of(struct fixture *f, const struct record *person, size_t *len)
{
    struct survey_result *items = NULL;

    must(f, survey_results(&f->ctx, &items, len, person, NULL));
    return items;
}

static int64_t rows(struct fixture *f)
{
    return count_of(f, f->ctx.db, "SELECT count(*) FROM survey_result");
}

static int64_t in_force(struct fixture *f)
{
    return count_of(f, f->ctx.db, "SELECT count(*) FROM survey_result WHERE in_force = 1");
}

/* Proves R-2.2.5-01. */
static void an_interview_is_scored_when_it_is_saved(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *rss = interview_filled(f, person, INTERVIEW ANSWERS);
    struct survey_result *r;
    size_t len = 0;

    must(f, record_insert(&f->ctx, rss));
    r = results_of(f, person, &len);
    assert_int_equal(len, 1);
    assert_string_equal(r->rss_id, rss->id);
    assert_int_equal(r->rss_version, 1);
    assert_string_equal(r->round, CODE_RSS_ROUND_BASELINE);
    assert_string_equal(r->interview_date, "2026-05-04");
    assert_string_equal(r->location, CODE_RSS_INTERVIEW_LOCATION_ON_SITE);
    assert_string_equal(r->profile, "homeward-1");
    assert_string_equal(score_text6(&f->ctx, r->scores.of[DIM_ECONOMIC]), "0.500000");
    assert_string_equal(score_text6(&f->ctx, r->scores.of[DIM_SOCIAL]), "0.583333");
    assert_string_equal(score_text6(&f->ctx, r->scores.of[DIM_PSYCHOSOCIAL]), "0.500000");
    assert_string_equal(score_text6(&f->ctx, r->scores.of[DIM_COMPOSITE]), "0.517857");
    assert_int_equal(r->scores.services.num, 3 * r->scores.services.den);
    assert_int_equal(r->scores.intensity, INTENSITY_STANDARD);
    assert_int_equal(r->scores.asked, 30);
    assert_int_equal(audit_count(f, "survey.score"), 1);
}

static void results_come_in_the_order_of_interviews(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *other = person_stored(f, "names.1.name_text=Binta;names.1.name_script=Latn");
    struct record *rss;
    struct survey_result *r;
    size_t len = 0;

    must(f, record_insert(&f->ctx, interview_filled(f, person, INTERVIEW ANSWERS)));
    rss = interview_filled(f, person, INTERVIEW ANSWERS);
    record_set(rss, FIELD_RSS_INTERVIEW_DATE, "2026-01-31");
    must(f, record_insert(&f->ctx, rss));
    r = results_of(f, person, &len);
    assert_int_equal(len, 2);
    assert_string_equal(r[0].interview_date, "2026-01-31");
    assert_string_equal(r[1].interview_date, "2026-05-04");
    (void)results_of(f, other, &len);
    assert_int_equal(len, 0);
}

/* Proves R-A4-20: an old result stays beside the new one. */
static void a_correction_adds_a_result_and_keeps_the_old_one(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *rss = interview_filled(f, person, INTERVIEW ANSWERS);
    struct survey_result *r;
    struct survey_result old = { 0 };
    struct record *of = NULL;
    const char *old_id;
    size_t len = 0;

    must(f, record_insert(&f->ctx, rss));
    old_id = results_of(f, person, &len)->id;
    record_set(rss, FIELD_RSS_ECON_SATISFACTION, CODE_RSS_ECON_SATISFACTION_VERY_SATISFIED);
    record_set(rss, FIELD_RSS_CORRECTION_REASON, "Heard wrong");
    must(f, record_update(&f->ctx, rss, 1));
    r = results_of(f, person, &len);
    assert_int_equal(len, 1);
    assert_int_equal(r->rss_version, 2);
    assert_string_equal(score_text6(&f->ctx, r->scores.of[DIM_ECONOMIC]), "0.550000");
    assert_int_equal(rows(f), 2);
    must(f, survey_result_load(&f->ctx, &old, &of, old_id));
    assert_false(old.in_force);
    assert_string_equal(score_text6(&f->ctx, old.scores.of[DIM_ECONOMIC]), "0.500000");
    assert_string_equal(of->id, person->id);
}

static void without_consent_there_is_no_result(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *rss;

    rss = interview_filled(f, person,
                           "round=baseline;interview_date=2026-05-04;interview_location=on_site;"
                           "private_space=yes;is_case_team=no;sections_selected=economic;"
                           "consent_given=no");
    must(f, record_insert(&f->ctx, rss));
    assert_int_equal(rows(f), 0);
    rss = interview_filled(f, person,
                           "round=baseline;interview_date=2026-05-04;interview_location=phone_call;"
                           "private_space=yes;is_case_team=no;sections_selected=economic;"
                           "consent_given=yes;consent_form=written");
    assert_int_equal(record_insert(&f->ctx, rss), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, FIELD_RSS_CONSENT_FORM));
    assert_int_equal(rows(f), 0);
}

static void taking_consent_back_takes_the_result_out_of_force(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *rss = interview_filled(f, person, INTERVIEW ANSWERS);

    must(f, record_insert(&f->ctx, rss));
    record_set(rss, FIELD_RSS_CONSENT_GIVEN, CODE_RSS_CONSENT_GIVEN_NO);
    record_set(rss, FIELD_RSS_CORRECTION_REASON, "Consent was taken back");
    must(f, record_update(&f->ctx, rss, 1));
    assert_int_equal(in_force(f), 0);
    assert_string_equal(record_value(rss, FIELD_RSS_ECON_SATISFACTION), "");
}

static void results_are_sealed(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *rss = interview_filled(f, person, INTERVIEW ANSWERS);
    size_t len = 0;
    struct survey_result *r;

    must(f, record_insert(&f->ctx, rss));
    assert_false(files_hold(f, "Zebrafinch"));
    assert_false(files_hold(f, "2026-05-04"));
    /* As it stands inside the sealed text. */
    r = results_of(f, person, &len);
    assert_false(files_hold(f, arena_printf(f->ctx.arena, "%lld/%lld",
                                            (long long)r->scores.of[DIM_SOCIAL].num,
                                            (long long)r->scores.of[DIM_SOCIAL].den)));
    assert_true(files_hold(f, "homeward-1"));
}

static void altered_results_are_not_shown(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct survey_result *items = NULL;
    size_t len = 0;

    must(f, record_insert(&f->ctx, interview_filled(f, person, INTERVIEW ANSWERS)));
    must(f, record_insert(&f->ctx, interview_filled(f, person, INTERVIEW ANSWERS)));
    tamper(f, f->ctx.db,
           "UPDATE survey_result SET sealed = (SELECT other.sealed FROM survey_result AS other"
           " WHERE other.id = (SELECT max(id) FROM survey_result))");
    assert_int_equal(survey_results(&f->ctx, &items, &len, person, NULL), ERR_INVALID);
}

static void who_may_not_read_interviews_sees_no_results(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct survey_result r = { 0 };
    struct record *of = NULL;
    const char *id;
    size_t len = 0;

    must(f, record_insert(&f->ctx, interview_filled(f, person, INTERVIEW ANSWERS)));
    id = arena_strdup(f->long_arena, results_of(f, person, &len)->id);
    assert_int_equal(survey_result_load(&f->ctx, &r, &of, "00000000-0000-7000-8000-000000000000"),
                     ERR_NOT_FOUND);
    fixture_as(f, "administrator");
    (void)results_of(f, person, &len);
    assert_int_equal(len, 0);
    assert_int_equal(survey_result_load(&f->ctx, &r, &of, id), ERR_NOT_FOUND);
}

static void nothing_remains_when_the_database_fails(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *stored = NULL;
    enum err rc = ERR_DB;

    for (int n = 1; rc && n < CALLS_MAX; n++) {
        struct record *rss = interview_filled(f, person, INTERVIEW ANSWERS);

        db_fail_at(f->ctx.db, n);
        rc = record_insert(&f->ctx, rss);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rec_rss"), rc ? 0 : 1);
        assert_int_equal(rows(f), rc ? 0 : 1);
        assert_int_equal(audit_count(f, "survey.score"), rc ? 0 : 1);
        if (!rc)
            stored = rss;
        ctx_clear_problems(&f->ctx);
    }
    assert_int_equal(rc, OK);
    assert_non_null(stored);
    rc = ERR_DB;
    for (int n = 1; rc && n < CALLS_MAX; n++) {
        struct record rss = *stored;

        person_fill(f, &rss, INTERVIEW ANSWERS);
        record_set(&rss, FIELD_RSS_FOOD_REDUCTION, CODE_RSS_FOOD_REDUCTION_NEVER);
        record_set(&rss, FIELD_RSS_CORRECTION_REASON, "Heard wrong");
        db_fail_at(f->ctx.db, n);
        rc = record_update(&f->ctx, &rss, 1);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(rows(f), rc ? 1 : 2);
        assert_int_equal(in_force(f), 1);
        ctx_clear_problems(&f->ctx);
    }
    assert_int_equal(rc, OK);
}

/* --- what people see --- */

static const char *drawn(struct fixture *f, const struct record *person)
{
    struct record_extra extra = { 0 };
    struct html h = { .ctx = &f->ctx };
    struct buf *b = ARENA_NEW(f->ctx.arena, struct buf);

    buf_init(b, f->ctx.arena, 1000000);
    h.buf = b;
    must(f, survey_person_detail(&f->ctx, person, &extra));
    if (!extra.draw)
        return "";
    extra.draw(&h, extra.view);
    assert_true(buf_ok(b));
    return buf_text(b);
}

static void the_part_of_a_person_has_a_chart_and_the_same_numbers_in_a_table(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    const char *page;

    assert_non_null(strstr(drawn(f, person), "No interview has been scored yet."));
    must(f, record_insert(&f->ctx, interview_filled(f, person, INTERVIEW ANSWERS)));
    page = drawn(f, person);
    assert_non_null(strstr(page, "role=\"img\""));
    assert_non_null(strstr(page, "<polyline points=\"340,109\"")); /* 1/2 */
    assert_non_null(strstr(page, ">0.50 "));
    assert_non_null(strstr(page, ">0.58 "));
    assert_non_null(strstr(page, ">0.52 "));
    assert_non_null(strstr(page, "homeward-1, version 1"));
    assert_non_null(strstr(page, "not IOM"));
    assert_null(strstr(page, "style="));
    assert_null(strstr(page, "Less reliable"));
    f->ctx.lang = "ar";
    assert_non_null(strstr(drawn(f, person), "<polyline points=\"300,109\""));
    f->ctx.lang = "en";
    fixture_as(f, "administrator");
    assert_string_equal(drawn(f, person), "");
}

/* Proves R-A4-16 as far as the result tells it. */
static void what_pulled_a_score_down_is_told_worst_first(void **state)
{
    static const char *const order[] = { "25.", "2.", "7.", "9.", "29.", "32.", "28." };
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *rss = interview_filled(f, person, INTERVIEW ANSWERS);
    const struct survey_lost_view *lost = NULL;
    struct survey_answer_view points[REVIEWS_MAX];
    double sums[DIM_COUNT] = { 0 };
    struct scores scores = { 0 };
    size_t len;

    record_set(rss, FIELD_RSS_PHYSICAL_SAFETY, CODE_RSS_PHYSICAL_SAFETY_VERY_UNSAFE_ALWAYS);
    must(f, record_insert(&f->ctx, rss));
    len = survey_lost(&f->ctx, &lost, profile_find(NULL), rss);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        assert_int_equal(strncmp(lost[i].what.question, order[i], strlen(order[i])), 0);
    assert_string_equal(lost[0].lost, "2.00 of 2.00");
    assert_string_equal(lost[0].lowers, "0.17"); /* 2 of the weights 12 */
    assert_string_equal(lost[1].lost, "1.00 of 2.00");
    assert_string_equal(lost[6].lost, "0.67 of 1.00");
    assert_non_null(strstr(lost[0].what.link.text, "#a-physical_safety"));
    must(f, survey_score(&f->ctx, &scores, profile_find(NULL), rss->answers));
    for (size_t i = 0; i < len; i++)
        sums[lost[i].of] += score_value(lost[i].share);
    for (int d = 0; d < DIM_COMPOSITE; d++)
        assert_true(fabs(sums[d] - 1 + score_value(scores.of[d])) < 1e-9);
    assert_int_equal(survey_reviews(&f->ctx, points, rss), 2);
    assert_non_null(strstr(points[0].link.text, "#a-"));
}

static void what_a_mean_lost_is_told_once_with_the_answers_that_make_it(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *rss = interview_filled(f, person, INTERVIEW ANSWERS);
    const struct survey_lost_view *lost = NULL;
    const struct survey_lost_view *mean = NULL;
    size_t len;

    record_set(rss, FIELD_RSS_SAFE_WATER_ACCESS, CODE_RSS_SAFE_WATER_ACCESS_VERY_POOR);
    record_set(rss, FIELD_RSS_JUSTICE_ACCESS, CODE_RSS_JUSTICE_ACCESS_VERY_GOOD);
    record_set(rss, FIELD_RSS_EDUCATION_ACCESS, CODE_RSS_EDUCATION_ACCESS_DONT_KNOW);
    must(f, record_insert(&f->ctx, rss));
    len = survey_lost(&f->ctx, &lost, profile_find(NULL), rss);
    for (size_t i = 0; i < len; i++) {
        assert_null(strstr(lost[i].what.link.text, "#a-safe_water_access"));
        if (strstr(lost[i].what.link.text, "#a-public_services_access"))
            mean = &lost[i];
    }
    assert_non_null(mean);
    assert_string_equal(mean->lost, "0.50 of 1.00"); /* (3 + 1 + 5 + 3) / 4 = 3 */
    assert_int_equal(mean->steps_len, 3);            /* the best and the unknown lost nothing */
    assert_non_null(strstr(mean->steps[0].link.text, "#a-safe_water_access"));
}

static void services_are_named_by_the_nearest_step(void **state)
{
    struct fixture *f = *state;

    assert_null(survey_services_text(&f->ctx, (struct score){ 0, 0 }));
    assert_string_equal(survey_services_text(&f->ctx, (struct score){ 5, 2 }), "Poor");
    assert_string_equal(survey_services_text(&f->ctx, (struct score){ 13, 5 }), "Fair");
    assert_string_equal(survey_services_text(&f->ctx, (struct score){ 1, 1 }), "Very poor");
    assert_string_equal(survey_services_text(&f->ctx, (struct score){ 5, 1 }), "Very good");
}

static void the_pdf_is_in_the_language_that_the_person_prefers(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(
        f, PERSON_AWA ";languages.1.language_code=wo;languages.2.language_code=fr;"
                      "languages.3.language_code=ar;languages.3.language_preferred=yes");
    struct survey_result *r;
    const char *lang = NULL;
    const char *bytes = NULL;
    size_t len = 0;

    must(f, survey_language(&f->ctx, person, &lang));
    assert_string_equal(lang, "ar");
    must(f, record_insert(&f->ctx, interview_filled(f, person, INTERVIEW ANSWERS)));
    r = results_of(f, person, &len);
    f->ctx.lang = lang;
    must(f, survey_pdf(&f->ctx, r, person, NULL, &bytes, &len));
    f->ctx.lang = "en";
    assert_true(len > 1000 && memcmp(bytes, "%PDF-", 5) == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, interview_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_interview_is_scored_when_it_is_saved),
        TEST(results_come_in_the_order_of_interviews),
        TEST(a_correction_adds_a_result_and_keeps_the_old_one),
        TEST(without_consent_there_is_no_result),
        TEST(taking_consent_back_takes_the_result_out_of_force),
        TEST(results_are_sealed),
        TEST(altered_results_are_not_shown),
        TEST(who_may_not_read_interviews_sees_no_results),
        TEST(nothing_remains_when_the_database_fails),
        TEST(the_part_of_a_person_has_a_chart_and_the_same_numbers_in_a_table),
        TEST(what_pulled_a_score_down_is_told_worst_first),
        TEST(what_a_mean_lost_is_told_once_with_the_answers_that_make_it),
        TEST(services_are_named_by_the_nearest_step),
        TEST(the_pdf_is_in_the_language_that_the_person_prefers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
