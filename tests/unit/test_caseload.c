/* The caseload: weights, target, what stands out, months. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "pages.h"
#include "people/caseload.h"

#define PERSON                                                                                     \
    "{\"answers\":{\"names\":[{\"name_text\":\"Awa\",\"name_script\":\"Latn\"}],"                  \
    "\"birth_date\":\"1991-05-06\",\"birth_precision\":\"day\"}}"

/* A case of a worker; more: further answers, each with a comma before it. */
static void given(struct pages *p, const char *worker, const char *opened, const char *more)
{
    (void)page_given(
        p, "case",
        arena_printf(p->arena,
                     "{\"parent\":\"%s\",\"answers\":{\"opened\":\"%s\",\"worker\":\"%s\"%s}}",
                     page_given(p, "person", PERSON), opened, worker, more));
}

/* Cells of a line of the CSV, from its first. */
static const char *line(struct pages *p, const struct page *page, const char *first)
{
    return arena_printf(p->arena, "%s,%s", first,
                        between(p, page, arena_printf(p->arena, "\n%s,", first), "\r"));
}

/* Proves C-34-54: weighted by intensity and vulnerability, beside the target. */
static void the_load_is_weighted_and_told_beside_the_target(void **state)
{
    struct pages *p = *state;
    struct page page = page_get(p, SUPERVISOR, "/caseload", "as=csv");
    const char *name = "case_manager";

    assert_int_equal(page.status, 200);
    given(p, p->ids[CASE_MANAGER], "2026-05-02", ",\"programme\":\"ALPHA\"");
    given(p, p->ids[CASE_MANAGER], "2026-10-02",
          ",\"intensity\":\"intensified\",\"vulnerable\":\"yes\"");
    given(p, p->ids[CASE_MANAGER], "2026-10-02",
          ",\"intensity\":\"hands_off\",\"intensity_psychosocial\":\"intensified\"");
    page = page_get(p, SUPERVISOR, "/caseload", "as=csv");
    assert_string_equal(line(p, &page, name),
                        arena_printf(p->arena, "%s,3,'+2,1,1,4.0,", name)); /* 1 + 2 + 1 */
    page = page_post(p, SUPERVISOR, "/caseload", "programme=&target=3");
    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, "/caseload", NULL);
    assert_true(shows(&page, "carries 4.0, above the target of 3."));
    page = page_get(p, SUPERVISOR, "/caseload", "programme=ALPHA&as=csv");
    assert_non_null(strstr(line(p, &page, name), ",1,0,0,0,1.0,within the target"));
    page = page_post(p, SUPERVISOR, "/caseload", "programme=&target=many");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "A whole number up to 500"));
    assert_int_equal(page_get(p, CASE_MANAGER, "/caseload", NULL).status, 403);
    assert_int_equal(page_get(p, SUPERVISOR, "/caseload", "as=pdf").status, 200);
}

/* Month by month, and more arrivals than usual. */
static void arrivals_that_spike_stand_out_and_months_are_counted(void **state)
{
    struct pages *p = *state;
    struct page page;

    given(p, "", "2026-08-15", "");
    for (int i = 0; i < 4; i++)
        given(p, "", "2026-11-02", "");
    page = page_get(p, SUPERVISOR, "/caseload", NULL);
    assert_false(shows(&page, "in the last 30 days; before"));
    assert_true(shows(&page, "5 open cases have no case manager."));
    given(p, "", "2026-11-03", "");
    page = page_get(p, SUPERVISOR, "/caseload", NULL);
    assert_true(shows(&page, "5 cases were opened in the last 30 days; before that it was 0.3"));
    page = page_get(p, SUPERVISOR, "/caseload", "as=csv");
    assert_true(shows(&page, "\n2026-07-31,0,0,") || shows(&page, "\n31 Jul 2026,0,0,"));
    assert_true(shows(&page, "31 Aug 2026,1,1,"));
    assert_true(shows(&page, "31 Oct 2026,0,1,"));
    assert_true(shows(&page, "22 Nov 2026,5,6,"));
}

static void cases_go_to_who_has_most_room_but_not_above_the_target(void **state)
{
    struct caseload_worker workers[] = { { .id = "a", .cases = 10, .load = 15 },
                                         { .id = "b", .cases = 6, .load = 8 },
                                         { .id = "c", .cases = 3, .load = 4 },
                                         { .id = "", .cases = 9, .load = 9 } };
    struct caseload c = { .target = 10, .workers = workers, .workers_len = 4 };
    size_t to = 0;

    (void)state;
    assert_int_equal(caseload_to_move(&c, 0, &to), 4); /* five are too many, three leave room */
    assert_int_equal(to, 2);
    assert_int_equal(caseload_to_move(&c, 1, &to), 0);
    assert_int_equal(caseload_to_move(&c, 3, &to), 0);
    workers[2].load = 9;
    workers[1].load = 9.5;
    assert_int_equal(caseload_to_move(&c, 0, &to), 0); /* nobody has room */
    c.target = 0;
    assert_int_equal(caseload_to_move(&c, 0, &to), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_load_is_weighted_and_told_beside_the_target),
        TEST(arrivals_that_spike_stand_out_and_months_are_counted),
        cmocka_unit_test(cases_go_to_who_has_most_room_but_not_above_the_target),
    };

    return cmocka_run_group_tests_name("caseload", tests, NULL, NULL);
}
