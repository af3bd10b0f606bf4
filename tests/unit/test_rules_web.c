/* Pages of rules: a case's part, tasks, leave to pass, all rules and a test of one. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/home.h"
#include "core/text.h"
#include "db/db.h"
#include "pages.h"

#define PERSON "{\"answers\":{\"names\":[{\"name_text\":\"Awa\",\"name_script\":\"Latn\"}]}}"

struct given {
    const char *person;
    const char *id;
    const char *path;
};

static struct given given_case(struct pages *p, const char *answers)
{
    struct given g = { .person = page_given(p, "person", PERSON) };

    (void)page_given(
        p, "return_event",
        arena_printf(p->arena, "{\"parent\":\"%s\",\"answers\":{\"arrival_date\":\"2026-10-01\"}}",
                     g.person));
    g.id = page_given(
        p, "case",
        arena_printf(p->arena, "{\"parent\":\"%s\",\"answers\":{%s}}", g.person, answers));
    g.path = arena_printf(p->arena, "/records/case/%s", g.id);
    return g;
}

/* Path of the task with this text on a page. */
static const char *task_of(struct pages *p, const struct page *page, const char *text)
{
    const char *at = strstr(page->body, text);

    if (!at)
        fail_msg("no task “%s”", text);
    while (at > page->body && !text_starts(at, "/tasks/"))
        at--;
    return arena_strndup(p->arena, at, sizeof("/tasks/") - 1 + 36);
}

static void a_case_shows_what_is_due_and_why(void **state)
{
    struct pages *p = *state;
    struct given g = given_case(p, "\"opened\":\"2026-10-02\"");
    struct page page = page_get(p, SUPERVISOR, g.path, NULL);

    assert_true(shows(&page, "What is due"));
    page = page_get(p, SUPERVISOR, task_of(p, &page, "there is still no plan"), NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "Return: Arrival on"));
    assert_true(shows(&page, "1 Oct 2026") || shows(&page, "Oct 1, 2026"));
    assert_true(shows(&page, "nothing registered"));
}

static void a_task_is_settled_or_says_what_is_missing(void **state)
{
    struct pages *p = *state;
    struct given g = given_case(p, "\"opened\":\"2026-10-02\"");
    struct page page = page_get(p, SUPERVISOR, g.path, NULL);
    const char *task = task_of(p, &page, "there is still no plan");
    const char *settle = arena_printf(p->arena, "%s/settle", task);

    page = page_post(p, SUPERVISOR, settle, "version=1&state=overridden&reason=");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "Say why it does not apply."));
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "%s/snooze", task),
                     "version=1&until=2026-01-01&reason=later+%3Cb%3E");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "later &lt;b&gt;"));
    page = page_post(p, SUPERVISOR, settle, "version=1&state=done&reason=It+is+agreed");
    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, g.path, NULL);
    assert_true(shows(&page, "Done by"));
    assert_true(shows(&page, "It is agreed"));
    assert_int_equal(page_post(p, SUPERVISOR, settle, "version=1&state=done&reason=").status, 409);
}

static void tasks_are_listed_by_the_day_they_are_due(void **state)
{
    struct pages *p = *state;
    struct page page;

    (void)given_case(p, "\"opened\":\"2026-10-02\"");
    page = page_get(p, SUPERVISOR, "/tasks", "all=1");
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "Overdue"));
    assert_true(strstr(page.body, "within one month") < strstr(page.body, "still no plan"));
    page = page_get(p, SUPERVISOR, "/tasks", NULL);
    assert_true(shows(&page, "still no plan")); /* the supervisor's by role */
    assert_false(shows(&page, "within one month"));
    page = page_get(p, CASE_MANAGER, "/tasks", NULL);
    assert_false(shows(&page, "still no plan"));
}

/* Statements on the reading connection for one page, and rows read. */
static int calls_of(struct pages *p, const char *path, struct page *out)
{
    struct db *db = home_read_db(p->home);

    db_fail_at(db, INT_MAX);
    *out = page_get(p, SUPERVISOR, path, "all=1");
    return db_calls(db);
}

static void a_longer_list_of_tasks_takes_no_more_statements(void **state)
{
    struct pages *p = *state;
    struct page page;
    int one;
    int five;

    (void)given_case(p, "\"opened\":\"2026-10-02\"");
    (void)calls_of(p, "/tasks", &page);
    one = calls_of(p, "/tasks", &page);
    for (int i = 0; i < 4; i++)
        (void)given_case(p, "\"opened\":\"2026-10-02\"");
    (void)calls_of(p, "/tasks", &page); /* what only the first look at new records does */
    five = calls_of(p, "/tasks", &page);
    /* Four cases more are rows more, no statements: two tasks, the case, its person, a name. */
    assert_in_range(five - one, 4 * 5, 4 * 6);
    assert_true(shows(&page, "SN-C2026-00005") && shows(&page, "SN-C2026-00001"));
    assert_true(shows(&page, "Awa"));
}

static void leave_to_pass_needs_a_reason(void **state)
{
    struct pages *p = *state;
    struct given g =
        given_case(p, "\"opened\":\"2026-10-02\",\"return_context\":\"excombatant_ddr\"");
    const char *path = arena_printf(p->arena, "/cases/%s/override", g.id);
    struct page page = page_get(p, SUPERVISOR, g.path, NULL);

    assert_true(shows(&page, "What stands in the way"));
    assert_int_equal(page_post(p, SUPERVISOR, path, "rule=scope&reason=").status, 422);
    assert_int_equal(page_post(p, SUPERVISOR, path, "rule=nothing&reason=x").status, 404);
    assert_int_equal(page_post(p, SUPERVISOR, path, "rule=scope&reason=The+ministry+asks").status,
                     303);
    page = page_get(p, SUPERVISOR, g.path, NULL);
    assert_true(shows(&page, "lets it pass: The ministry asks"));
}

static void all_rules_are_shown_and_one_is_tested_without_storing(void **state)
{
    struct pages *p = *state;
    struct given g = given_case(p, "\"opened\":\"2026-10-02\"");
    int64_t before = pages_count(p, "SELECT count(*) FROM rule_result");
    struct page page = page_get(p, SUPERVISOR, "/rules", NULL);

    assert_true(shows(&page, "C-12-25"));
    assert_true(shows(&page, "plan_overdue"));
    page = page_post(p, SUPERVISOR, "/rules/plan_overdue/test", "number=SN-C1999-00001");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "There is no such case."));
    page = page_post(p, SUPERVISOR, "/rules/plan_overdue/test", "number=SN-C2026-00001");
    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, "/rules/plan_overdue", arena_printf(p->arena, "case=%s", g.id));
    assert_true(shows(&page, "The rule holds for this case."));
    assert_true(shows(&page, "Return: Arrival on"));
    assert_int_equal(pages_count(p, "SELECT count(*) FROM rule_result"), before);
    assert_int_equal(page_get(p, SUPERVISOR, "/rules/nothing", NULL).status, 404);
    assert_int_equal(
        page_post(p, CASE_MANAGER, "/rules/plan_overdue/test", "number=SN-C2026-00001").status,
        403);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_case_shows_what_is_due_and_why),
        TEST(a_task_is_settled_or_says_what_is_missing),
        TEST(tasks_are_listed_by_the_day_they_are_due),
        TEST(a_longer_list_of_tasks_takes_no_more_statements),
        TEST(leave_to_pass_needs_a_reason),
        TEST(all_rules_are_shown_and_one_is_tested_without_storing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
