/* Pages of the survey: paper entered twice and compared, and what a result's page tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "pages.h"
#include "survey/survey.h"

#define SITTING "round=baseline&date=2026-11-20&location=on_site&private=yes&consent=1"
/* The middle of the scales; question 2 sometimes, question 8 land and animals. */
#define LINES                                                                                      \
    "&q.econ_satisfaction=3&q.borrow_ability=1&q.borrow_frequency=3&q.debt_vs_spending=1"          \
    "&q.opportunity_access=3&q.currently_working=1&q.job_seeking=2&q.housing_access=3"             \
    "&q.housing_standard=3&q.education_access=3&q.children_in_school=1&q.justice_access=3"         \
    "&q.has_id_document=1&q.documentation_access=3&q.safe_water_access=3&q.health_access=3"        \
    "&q.health_quality=3&q.social_participation=3&q.support_network=3&q.community_belonging=3"     \
    "&q.physical_safety=3&q.family_conflict=3&q.discrimination=2&q.distress_symptoms=2"            \
    "&q.wants_psych_support=2&q.able_to_stay=1&q.support_sources=1"
#define FIRST     SITTING LINES "&q.food_reduction=3&q.productive_assets=1,2"
#define SAME      SITTING LINES "&q.food_reduction=3&q.productive_assets=2 1"
#define DIFFERENT SITTING LINES "&q.food_reduction=5&q.productive_assets=1"

/* An interview that the supervisor enters from paper; its id. */
static const char *entered(struct pages *p)
{
    const char *person = page_id(page_given_person(p, PAGES_AWA));
    struct page page = page_post(p, SUPERVISOR, "/survey/paper",
                                 arena_printf(p->arena, "person=%s&" FIRST, person));

    if (page.status != 303)
        fail_msg("status %d: %s", page.status, page.body);
    return page_id(page.location);
}

static const char *second_of(struct pages *p, const char *id)
{
    return arena_printf(p->arena, "/survey/second/%s", id);
}

static struct page interview_of(struct pages *p, const char *id)
{
    return page_get(p, SUPERVISOR, arena_printf(p->arena, "/records/rss/%s", id), NULL);
}

static int64_t versions(struct pages *p)
{
    return pages_count(p, "SELECT max(version) FROM rec_rss");
}

static void the_second_entry_does_not_show_the_first(void **state)
{
    struct pages *p = *state;
    const char *id = entered(p);
    struct page page = interview_of(p, id);

    assert_true(shows(&page, "Entered once from paper."));
    assert_true(shows(&page, second_of(p, id)));
    page = page_get(p, SUPERVISOR, second_of(p, id), NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "name=\"q.food_reduction\" value=\"\""));
    assert_true(shows(&page, "name=\"date\" value=\"\""));
    assert_true(shows(&page, "You entered it the first time too"));
    page = page_get(p, CASE_MANAGER, second_of(p, id), NULL);
    assert_false(shows(&page, "You entered it the first time too"));
}

static void two_entries_that_agree_are_kept_as_such(void **state)
{
    struct pages *p = *state;
    const char *id = entered(p);
    struct page page = page_post(p, CASE_MANAGER, second_of(p, id), SAME);

    assert_int_equal(page.status, 303);
    page = interview_of(p, id);
    assert_true(shows(&page, "by two people"));
    assert_true(shows(&page, "Differences: 0."));
    assert_true(shows(&page, "both entries agree"));
    assert_false(shows(&page, "Enter a second time"));
    assert_int_equal(page_get(p, CASE_MANAGER, second_of(p, id), NULL).status, 409);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM audit WHERE action = 'rss.edit'"), 1);
}

static void differences_stand_side_by_side_and_the_paper_decides(void **state)
{
    struct pages *p = *state;
    const char *id = entered(p);
    struct page page = page_post(p, CASE_MANAGER, second_of(p, id), DIFFERENT);

    assert_int_equal(page.status, 200);
    assert_int_equal(versions(p), 1); /* nothing is stored yet */
    assert_true(shows(&page, "The two entries differ in 2 questions."));
    assert_true(shows(&page, "name=\"pick.food_reduction\""));
    assert_true(shows(&page, "name=\"pick.productive_assets\""));
    assert_false(shows(&page, "name=\"pick.econ_satisfaction\""));
    assert_true(shows(&page, "name=\"q.econ_satisfaction\" value=\"3\""));
    page = page_post(p, CASE_MANAGER, second_of(p, id),
                     DIFFERENT "&version=1&compared=1&pick.food_reduction=second");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "Choose what stands on the paper."));
    assert_int_equal(versions(p), 1);
    page = page_post(p, CASE_MANAGER, second_of(p, id),
                     DIFFERENT "&version=1&compared=1&pick.food_reduction=second"
                               "&fix.productive_assets=9x");
    assert_int_equal(page.status, 422);
    page = page_post(p, CASE_MANAGER, second_of(p, id),
                     DIFFERENT "&version=1&compared=1&pick.food_reduction=second"
                               "&fix.productive_assets=3");
    assert_int_equal(page.status, 303);
    page = interview_of(p, id);
    assert_int_equal(versions(p), 2);
    assert_true(shows(&page, "Never"));
    assert_true(shows(&page, "Differences: 2."));
    assert_true(shows(&page, "2 differences were settled with the paper"));
    assert_int_equal(pages_count(p, "SELECT count(*) FROM survey_result WHERE in_force = 1"), 1);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM survey_result"), 2);
}

static void the_first_entry_can_be_the_right_one(void **state)
{
    struct pages *p = *state;
    const char *id = entered(p);
    struct page page = page_post(p, SUPERVISOR, second_of(p, id),
                                 DIFFERENT "&version=1&compared=1&pick.food_reduction=first"
                                           "&pick.productive_assets=first");

    assert_int_equal(page.status, 303);
    page = interview_of(p, id);
    assert_true(shows(&page, "twice by the same person"));
    assert_false(shows(&page, "Never</bdi>"));
    page = page_post(p, SUPERVISOR, second_of(p, id), SAME);
    assert_int_equal(page.status, 409);
}

static void who_came_between_is_not_written_over(void **state)
{
    struct pages *p = *state;
    const char *id = entered(p);
    struct page page = page_post(p, SUPERVISOR, arena_printf(p->arena, "/records/rss/%s", id),
                                 "_version=1&food_reduction=rarely&correction_reason=Misread");

    (void)page;
    page = page_post(p, CASE_MANAGER, second_of(p, id),
                     DIFFERENT "&version=77&compared=1&pick.food_reduction=second"
                               "&pick.productive_assets=first");
    assert_int_equal(page.status, 409);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM audit WHERE action = 'survey.score'"),
                     versions(p));
}

/* The id that is chosen among the interviewers. */
static const char *chosen_of(struct pages *p, const struct page *page)
{
    const char *at = strstr(page->body, "name=\"interviewer\"");

    at = at ? strstr(at, "\" selected") : NULL;
    if (at == NULL)
        fail_msg("nobody is chosen: %d %s", page->status, page->body);
    return arena_strndup(p->arena, at - 36, 36);
}

static size_t place_of(const struct page *page, const char *text)
{
    const char *at = strstr(page->body, text);

    if (at == NULL)
        fail_msg("not on the page: %s", text);
    return (size_t)(at - page->body);
}

/* Proves R-A4-05: the page offers who may interview, the case team last; the choice is kept. */
static void who_leads_an_interview_is_chosen_when_it_begins(void **state)
{
    struct pages *p = *state;
    const char *person = page_id(page_given_person(p, PAGES_AWA));
    const char *whose = arena_printf(p->arena, "person=%s", person);
    const char *sent = arena_printf(
        p->arena, "person=%s&round=baseline&date=2026-11-20&location=on_site&private=yes", person);
    struct page page = page_get(p, CASE_MANAGER, "/survey/start", whose);
    const char *kofi = chosen_of(p, &page);
    const char *aminata;
    const char *task = NULL;

    assert_false(shows(&page, "Works or worked on the case")); /* nobody has a case yet */
    (void)page_given_case(p, person, &task);
    page = page_get(p, SUPERVISOR, "/survey/start", whose);
    aminata = chosen_of(p, &page);
    assert_string_not_equal(kofi, aminata);
    assert_true(shows(&page, "You work or worked on this person"));
    assert_true(place_of(&page, kofi) < place_of(&page, "Works or worked on the case"));
    assert_true(place_of(&page, aminata) > place_of(&page, "Works or worked on the case"));
    page = page_get(p, CASE_MANAGER, "/survey/start", whose);
    assert_false(shows(&page, "You work or worked on this person"));
    page = page_post(p, CASE_MANAGER, "/survey/start",
                     arena_printf(p->arena, "%s&interviewer=%s", sent, person));
    assert_int_equal(page.status, 422); /* the id of nobody who may */
    assert_true(shows(&page, "Choose who leads the interview."));
    page = page_post(p, CASE_MANAGER, "/survey/start",
                     arena_printf(p->arena, "%s&interviewer=%s", sent, aminata));
    assert_int_equal(page.status, 303);
    page = page_get(p, CASE_MANAGER, page.location, NULL);
    assert_true(shows(&page, arena_printf(p->arena, "value=\"%s\"", aminata)));
    assert_true(shows(&page, "name=\"is_case_team\" value=\"yes\" checked"));
    page = page_post(p, CASE_MANAGER, "/survey/start", sent); /* nobody said: who begins */
    assert_int_equal(page.status, 303);
    page = page_get(p, CASE_MANAGER, page.location, NULL);
    assert_true(shows(&page, arena_printf(p->arena, "value=\"%s\"", kofi)));
}

/* Proves R-A4-26 as far as an administrator chooses the profile that is shown first. */
static void an_administrator_chooses_the_main_profile(void **state)
{
    struct pages *p = *state;
    struct ctx ctx = p->ctx;
    struct page page = page_get(p, ADMIN, "/survey/profiles", NULL);

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "name=\"profile\" value=\"homeward-1\" checked"));
    assert_true(shows(&page, "Earlier interviews are still being scored with it"));
    assert_true(shows(&page, "Plans that have begun keep the scores"));
    page = page_post(p, ADMIN, "/survey/profiles", "profile=homeward-1");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "Choose it once that is done."));
    ctx.db = home_write_db(p->home);
    assert_int_equal(survey_rescore_round(&ctx), OK);
    page = page_post(p, ADMIN, "/survey/profiles", "profile=other");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "Choose one of the profiles: homeward-1."));
    page = page_post(p, ADMIN, "/survey/profiles", "profile=homeward-1");
    assert_int_equal(page.status, 303);
    page = page_get(p, ADMIN, page.location, NULL);
    assert_false(shows(&page, "Earlier interviews are still being scored with it"));
    assert_int_equal(page_get(p, NOBODY, "/survey/profiles", NULL).status, 303);
    assert_int_equal(page_get(p, SUPERVISOR, "/survey/profiles", NULL).status, 403);
    page = page_post(p, SUPERVISOR, "/survey/profiles", "profile=homeward-1");
    assert_int_equal(page.status, 403);
}

#define PAGES(name) cmocka_unit_test_setup_teardown(name, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGES(the_second_entry_does_not_show_the_first),
        PAGES(two_entries_that_agree_are_kept_as_such),
        PAGES(differences_stand_side_by_side_and_the_paper_decides),
        PAGES(the_first_entry_can_be_the_right_one),
        PAGES(who_came_between_is_not_written_over),
        PAGES(who_leads_an_interview_is_chosen_when_it_begins),
        PAGES(an_administrator_chooses_the_main_profile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
