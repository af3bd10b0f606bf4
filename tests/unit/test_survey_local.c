/* The lists of the survey, adapted to a place by an overlay (R-A4-23). */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "forms_gen.h"
#include "publish_help.h"
#include "survey/survey.h"

#define LOCAL_SURVEY                                                                               \
    "survey\n,hw:do,type,name,guidance_hint::English (en)\n"                                       \
    ",options,select_multiple local_assets,productive_assets,\n"                                   \
    "%s"                                                                                           \
    "choices\n,hw:do,list_name,name," LABELS ",hw:exclusive,hw:decline,hw:explain\n%s"             \
    "settings\n,form_id,version\n,rss,sn-3\n"
#define LOCAL_GUIDE   ",relabel,,has_id_document,A national card or a voter card counts.\n"
#define PAPERS_OPTION ",options,select_one local_papers,has_id_document,\n"
#define LOCAL_ASSETS                                                                               \
    ",,local_assets,land,Land,x,,,\n,,local_assets,animals,Animals,x,,,\n"                         \
    ",,local_assets,trees,Trees,x,,,\n,,local_assets,buildings,Buildings,x,,,\n"                   \
    ",,local_assets,vehicles,Vehicles,x,,,\n,,local_assets,equipment,Tools,x,,,\n"                 \
    ",,local_assets,pirogue,A pirogue,x,,,\n,,local_assets,other,Other,x,,,yes\n"                  \
    ",,local_assets,none,None,x,yes,,\n"
#define DECLINED_ASSETS ",,local_assets,prefer_not_to_answer,No answer,x,yes,declined,\n"
#define LOCAL_PAPERS                                                                               \
    ",,local_papers,yes,Yes,x,,,\n,,local_papers,consular_card,Only a consular card,x,,,\n"        \
    ",,local_papers,no,No,x,,,\n,,local_papers,dont_know,Not sure,x,,dont_know,\n"                 \
    ",,local_papers,prefer_not_to_answer,No answer,x,,declined,\n"

static struct scores scored(struct fixture *f, const char *answers)
{
    struct record *rec = NULL;
    struct scores scores = { 0 };

    fixture_as(f, "supervisor");
    must(f, record_new(&f->ctx, &rec, FORM_RSS, person_stored(f, PERSON_AWA)->id));
    person_fill(f, rec, answers);
    must(f, survey_score(&f->ctx, &scores, profile_find(NULL), rec->answers));
    fixture_as(f, "administrator");
    return scores;
}

/*
 * Proves R-A4-23: assets and documents are told as a place knows them, what the scores use stays,
 * and the form says which version of it was answered.
 */
static void the_survey_s_lists_are_adapted_and_its_scores_stay(void **state)
{
    struct fixture *f = *state;
    const struct form *rss;
    struct scores before;
    struct scores now;

    must(f, profiles_load(&f->ctx));
    before = scored(f, "productive_assets=land;has_id_document=yes;sections_selected=economic");
    (void)published(
        f, arena_printf(f->ctx.arena, LOCAL_SURVEY, LOCAL_GUIDE, LOCAL_ASSETS DECLINED_ASSETS));
    must(f, profiles_load(&f->ctx));
    rss = form_find(f->ctx.forms, FORM_RSS);
    assert_string_equal(rss->version, "1+sn-3");
    assert_string_equal(label_text(&f->ctx, &field_find(rss, FIELD_RSS_HAS_ID_DOCUMENT)->guidance),
                        "A national card or a voter card counts.");
    now = scored(f, "productive_assets=pirogue;has_id_document=yes;sections_selected=economic");
    assert_int_equal(now.of[DIM_ECONOMIC].num, before.of[DIM_ECONOMIC].num);
    assert_int_equal(now.of[DIM_ECONOMIC].den, before.of[DIM_ECONOMIC].den);
    now = scored(f, "productive_assets=none;sections_selected=economic");
    assert_int_equal(now.of[DIM_ECONOMIC].num, 0);
    assert_true(now.of[DIM_ECONOMIC].den > 0);
    /* an option that a score uses cannot go */
    assert_string_equal(
        refused(f, arena_printf(f->ctx.arena, LOCAL_SURVEY, LOCAL_GUIDE, LOCAL_ASSETS)).column,
        "type");
}

/* Proves R-A4-23: a local option that no score knows is told where it stands before it is
 * published; for the scores the question then counts as one without an answer. */
static void an_option_without_points_is_told_before_it_is_published(void **state)
{
    struct fixture *f = *state;
    const char *csv = arena_printf(f->ctx.arena, LOCAL_SURVEY, PAPERS_OPTION,
                                   LOCAL_ASSETS DECLINED_ASSETS LOCAL_PAPERS);
    struct scores with;
    struct scores without;
    struct form_plan plan;

    must(f, profiles_load(&f->ctx));
    publish_use_check(survey_check_form);
    plan = planned(f, csv);
    assert_int_equal(plan.bad, 0);
    assert_int_equal(plan.mistakes_len, 1);
    assert_true(plan.mistakes[0].warning);
    assert_string_equal(plan.mistakes[0].file, "visit.csv");
    assert_string_equal(plan.mistakes[0].sheet, "choices");
    assert_int_equal(plan.mistakes[0].row, 18);
    assert_string_equal(plan.mistakes[0].column, "name");
    assert_string_equal(plan.mistakes[0].value, "consular_card");
    assert_non_null(strstr(plan.mistakes[0].text, "scoring profile homeward-1"));
    assert_non_null(strstr(plan.mistakes[0].text, "has_id_document counts there as not answered"));
    (void)published(f, csv);
    publish_use_check(NULL);
    assert_int_equal(profiles_load(&f->ctx), ERR_INVALID); /* as the program's own forms are read */
    ctx_clear_problems(&f->ctx);
    must(f, profiles_load_again(&f->ctx));
    with = scored(f, "has_id_document=consular_card;sections_selected=social");
    assert_int_equal(with.of[DIM_SOCIAL].den, 0);
    with = scored(f, "has_id_document=consular_card;housing_access=fair;sections_selected=social");
    without = scored(f, "housing_access=fair;sections_selected=social");
    assert_true(with.of[DIM_SOCIAL].den > 0);
    assert_int_equal(with.of[DIM_SOCIAL].num, without.of[DIM_SOCIAL].num);
    assert_int_equal(with.of[DIM_SOCIAL].den, without.of[DIM_SOCIAL].den);
    assert_int_equal(with.dont_know_declined, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_survey_s_lists_are_adapted_and_its_scores_stay, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_option_without_points_is_told_before_it_is_published,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
