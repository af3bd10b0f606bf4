/* Pages of the statistics: a question, its table, what can be taken away, and as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "facts/facts.h"
#include "pages.h"

#define PERSON                                                                                     \
    "{\"answers\":{\"names\":[{\"name_text\":\"Awa\",\"name_script\":\"Latn\"}],\"sex\":\"%s\"}}"
#define ASKED "form=person&row1=person.sex&measure=records"

static void given_people(struct pages *p, int n, const char *sex)
{
    for (int i = 0; i < n; i++)
        assert_int_equal(api_call(p, SUPERVISOR, "POST", "/records/person",
                                  arena_printf(p->arena, PERSON, sex), NULL)
                             .status,
                         201);
}

static void given_facts(struct pages *p)
{
    struct ctx ctx = p->ctx;

    given_people(p, 7, "female");
    given_people(p, 6, "male");
    given_people(p, 1, "unknown");
    ctx.db = home_write_db(p->home);
    assert_int_equal(facts_catch_up(&ctx, NULL), OK);
}

static const char *given_table(struct pages *p)
{
    struct page page;

    given_facts(p);
    page = page_post(p, SUPERVISOR, "/facts", ASKED);
    assert_int_equal(page.status, 303);
    return page.location;
}

static void a_question_is_answered_by_a_table_without_small_numbers(void **state)
{
    struct pages *p = *state;
    const char *path = given_table(p);
    struct page page = page_get(p, SUPERVISOR, path, NULL);

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "<bdi>7<"));
    assert_true(shows(&page, "<bdi>14<"));
    assert_true(shows(&page, "<bdi>*<"));
    assert_false(shows(&page, "<bdi>6<")); /* hidden with the one it would tell */
    assert_false(shows(&page, "Awa"));
    page = page_get(p, SUPERVISOR, "/facts", NULL);
    assert_true(shows(&page, path));
    page = page_get(p, SUPERVISOR, "/facts", arena_printf(p->arena, "like=%s", path + 7));
    assert_true(shows(&page, "<option value=\"person.sex\" selected>"));
}

static void a_table_can_be_taken_away_with_its_codebook(void **state)
{
    struct pages *p = *state;
    const char *path = given_table(p);
    struct page page = page_get(p, SUPERVISOR, path, "as=csv");

    assert_int_equal(page.status, 200);
    assert_true(text_starts(page.type, "text/csv"));
    assert_true(shows(&page, "person.sex,female,Female"));
    assert_true(shows(&page, path + 7));
    assert_int_equal(page_get(p, SUPERVISOR, path, "as=xlsx").status, 200);
    assert_int_equal(page_get(p, SUPERVISOR, path, "as=pdf").status, 200);
    assert_int_equal(page_get(p, SUPERVISOR, path, "as=gif").status, 422);
}

static void a_program_gets_null_for_what_is_hidden(void **state)
{
    struct pages *p = *state;
    const char *path = given_table(p);
    struct page page = api_call(p, SUPERVISOR, "GET", path, NULL, NULL);

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "\"threshold\":5"));
    assert_true(shows(&page, "[7,7]"));
    assert_true(shows(&page, "[null,null]"));
    assert_true(shows(&page, "[14,14]"));
    assert_false(shows(&page, "\"who\""));
}

static void who_may_not_see_statistics_sees_none(void **state)
{
    struct pages *p = *state;
    const char *path = given_table(p);

    assert_int_equal(page_get(p, CASE_MANAGER, path, NULL).status, 403);
    assert_int_equal(page_get(p, FINANCE, path, NULL).status, 403);
    assert_int_equal(page_post(p, FINANCE, "/facts", ASKED).status, 403);
    assert_int_equal(page_get(p, ADMIN, path, NULL).status, 200);
}

static void a_mistake_is_told_beside_the_choice(void **state)
{
    struct pages *p = *state;
    struct page page = page_post(p, SUPERVISOR, "/facts", "form=person");

    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "Choose what the rows are."));
    page = page_post(p, SUPERVISOR, "/facts", "form=person&row1=office&filter1=who%3D1");
    assert_int_equal(page.status, 422);
    page = page_get(p, SUPERVISOR, "/facts", "form=no_such");
    assert_int_equal(page.status, 422);
}

static void a_program_asks_and_gets_the_table_as_json(void **state)
{
    struct pages *p = *state;
    struct page page;
    const char *id;

    given_facts(p);
    assert_int_equal(api_call(p, SUPERVISOR, "GET", "/api/facts?" ASKED, NULL, NULL).status, 404);
    page = api_form(p, SUPERVISOR, "/api/facts", ASKED);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "[7,7]"));
    assert_true(shows(&page, "[null,null]")); /* one of unknown sex, and six that would tell it */
    assert_false(shows(&page, "[6,6]"));
    assert_false(shows(&page, "[1,1]"));
    id = between(p, &page, "\"id\":\"", "\"");
    page = api_call(p, SUPERVISOR, "GET", "/api/facts?" ASKED, NULL, NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, id));
    page = api_call(p, SUPERVISOR, "GET", arena_printf(p->arena, "/api/facts/%s", id), NULL, NULL);
    assert_int_equal(page.status, 200);
    assert_non_null(page.etag);
    page = api_call(p, SUPERVISOR, "GET", arena_printf(p->arena, "/api/facts/%s", id), NULL,
                    page.etag);
    assert_int_equal(page.status, 304);
    assert_int_equal(page.len, 0);
    page = api_call(p, SUPERVISOR, "GET", arena_printf(p->arena, "/api/facts/%s", id), NULL,
                    "\"another\"");
    assert_int_equal(page.status, 200);
}

static void a_program_without_the_permission_gets_no_table(void **state)
{
    struct pages *p = *state;
    struct page page;

    given_facts(p);
    assert_int_equal(api_form(p, FINANCE, "/api/facts", ASKED).status, 403);
    assert_int_equal(api_form(p, NOBODY, "/api/facts", ASKED).status, 401);
    page = api_form(p, SUPERVISOR, "/api/facts", "form=person&row1=who");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "\"field\":\"rows\""));
    page = api_form(p, SUPERVISOR, "/api/facts", ASKED);
    page = api_call(p, FINANCE, "GET",
                    arena_printf(p->arena, "/api/facts/%s", between(p, &page, "\"id\":\"", "\"")),
                    NULL, NULL);
    assert_int_equal(page.status, 403);
    assert_int_equal(api_call(p, FINANCE, "GET", "/api/facts?" ASKED, NULL, NULL).status, 403);
    page = api_call(p, SUPERVISOR, "GET", "/api/openapi.json", NULL, NULL);
    assert_true(shows(&page, "\"/api/facts\""));
    assert_true(shows(&page, "\"/api/facts/{id}\""));
}

static void scores_and_rows_of_repeats_can_be_chosen(void **state)
{
    struct pages *p = *state;
    struct page page = page_get(p, SUPERVISOR, "/facts", "form=rss");

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "rss.score_composite"));
    assert_true(shows(&page, "homeward-1"));
    page = page_get(p, SUPERVISOR, "/facts", "form=case.vulnerability_flags");
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "case.vulnerability_flag"));
    assert_int_equal(page_get(p, SUPERVISOR, "/facts", "form=person.contacts").status, 422);
}

/* Proves R-2.2.5-04 R-A4-25: means by round as at two days; what is small stays hidden. */
static void scores_by_round_stand_beside_each_other_as_at_two_days(void **state)
{
    struct pages *p = *state;
    struct ctx ctx = p->ctx;
    struct page page;

    for (int i = 0; i < 6; i++) {
        page = api_call(p, SUPERVISOR, "POST", "/records/person",
                        arena_printf(p->arena, PERSON, "female"), NULL);
        (void)page_given_result(p, page_id(page.location));
    }
    ctx.db = home_write_db(p->home);
    assert_int_equal(facts_catch_up(&ctx, NULL), OK);
    assert_int_equal(page_get(p, SUPERVISOR, "/facts/rounds", NULL).status, 200);
    assert_int_equal(page_get(p, SUPERVISOR, "/facts/rounds/2026-Q2_2026-Q4", NULL).status, 404);
    assert_int_equal(
        page_post(p, SUPERVISOR, "/facts/rounds", "first=2026-Q2&second=2031-Q4").status, 422);
    page = page_post(p, SUPERVISOR, "/facts/rounds", "first=2026-Q2&second=2026-Q4");
    assert_int_equal(page.status, 303);
    assert_string_equal(page.location, "/facts/rounds/2026-Q2_2026-Q4");
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "People interviewed"));
    assert_true(shows(&page, "30 Jun 2026"));
    assert_true(shows(&page, "<bdi>6<"));
    assert_true(shows(&page, "Psychosocial"));
    assert_false(shows(&page, "Awa"));
    page = page_get(p, SUPERVISOR, "/facts/rounds/2026-Q2_2026-Q4", "as=csv");
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "Baseline"));
    assert_int_equal(page_get(p, SUPERVISOR, "/facts/rounds/2026-Q9_2026-Q4", NULL).status, 404);
    assert_int_equal(page_get(p, SUPERVISOR, "/facts/rounds/now", NULL).status, 404);
}

#define PAGES(t) cmocka_unit_test_setup_teardown(t, pages_setup, pages_teardown)

/* Proves R-1.4.1-02: the share of decisions by who decided, without names. */
static void decisions_are_counted_by_who_decided(void **state)
{
    static const char *const by[] = { "joint", "staff" };
    struct pages *p = *state;
    struct ctx ctx = p->ctx;
    struct page page;

    for (int i = 0; i < 15; i++) {
        struct page made = api_call(p, SUPERVISOR, "POST", "/records/person",
                                    arena_printf(p->arena, PERSON, "female"), NULL);
        const char *id = arena_strndup(p->arena, between(p, &made, "\"id\":\"", "\""), 36);

        made = api_call(p, SUPERVISOR, "POST", "/records/case",
                        arena_printf(p->arena,
                                     "{\"parent\":\"%s\",\"answers\":{\"opened\":\"2026-10-02\"}}",
                                     id),
                        NULL);
        id = arena_strndup(p->arena, between(p, &made, "\"id\":\"", "\""), 36);
        made = api_call(p, SUPERVISOR, "POST", "/records/action",
                        arena_printf(p->arena,
                                     "{\"parent\":\"%s\",\"answers\":{\"action_kind\":\"visit\","
                                     "\"action_decided_by\":\"%s\"}}",
                                     id, by[i > 6]),
                        NULL);
        assert_int_equal(made.status, 201);
    }
    ctx.db = home_write_db(p->home);
    assert_int_equal(facts_catch_up(&ctx, NULL), OK);
    page = page_post(p, SUPERVISOR, "/facts",
                     "form=action&row1=action.action_decided_by&measure=records");
    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "Staff alone"));
    assert_true(shows(&page, "<bdi>7<"));
    assert_true(shows(&page, "<bdi>8<"));
    assert_true(shows(&page, "<bdi>15<"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGES(a_question_is_answered_by_a_table_without_small_numbers),
        PAGES(a_table_can_be_taken_away_with_its_codebook),
        PAGES(a_program_gets_null_for_what_is_hidden),
        PAGES(who_may_not_see_statistics_sees_none),
        PAGES(a_program_asks_and_gets_the_table_as_json),
        PAGES(a_program_without_the_permission_gets_no_table),
        PAGES(scores_by_round_stand_beside_each_other_as_at_two_days),
        PAGES(scores_and_rows_of_repeats_can_be_chosen),
        PAGES(decisions_are_counted_by_who_decided),
        PAGES(a_mistake_is_told_beside_the_choice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
