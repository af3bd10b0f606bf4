/* Costs of plans for finance: exact sums, no names, own offices, never across currencies. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/id.h"
#include "core/text.h"
#include "db/db.h"
#include "facts/facts.h"
#include "forms_gen.h"
#include "pages.h"

DB_SQL(TEST_PROGRAMME, "INSERT INTO programme (id, office_id, code, name) VALUES ($1, $2, $3, $4)");
DB_SQL(TEST_FUND, "INSERT INTO fund (id, office_id, code, donor, currency)"
                  " VALUES ($1, $2, $3, $4, $5)");
DB_SQL(TEST_OFFICE, "INSERT INTO office (id, organisation_id, code, name, country, time_zone,"
                    " currency, language, created_at) SELECT $1, organisation_id, 'ZZ',"
                    " 'Elsewhere', 'ML', 'UTC', 'XOF', 'en', 0 FROM office LIMIT 1");
DB_SQL(TEST_MOVED, "UPDATE cost_fact SET office_id = $1");
DB_SQL(TEST_ALL, "SELECT count(*), coalesce(sum(length(who)), 0) FROM cost_fact");

#define PERSON                                                                                     \
    "{\"answers\":{\"names\":[{\"name_text\":\"Awa\",\"name_script\":\"Latn\"}],"                  \
    "\"birth_date\":\"1991-05-06\",\"birth_precision\":\"day\"}}"
#define COST(good, cost, fund)                                                                     \
    "{\"goods_equipment_service\":\"" good "\",\"estimated_cost\":\"" cost                         \
    "\",\"cost_fund\":\"" fund "\"}"
#define LINE(component, status, costs)                                                             \
    "{\"line_section\":\"longer_term\",\"line_code\":\"skills_development\","                      \
    "\"line_dimension\":\"social\",\"line_component\":\"" component                                \
    "\",\"line_need\":\"Tools\",\"line_action\":\"Learn\",\"line_responsible\":\"returnee\","      \
    "\"line_needs_referral\":\"no\",\"line_dropped_reason\":\"Moved\",\"line_status\":\"" status   \
    "\",\"costs\":[" costs "]}"
#define PLAN_XOF                                                                                   \
    "\"objectives\":\"Work\",\"currency\":\"XOF\",\"ceiling\":\"200000 XOF\",\"lines\":[" LINE(    \
        "income_generation", "planned",                                                            \
        COST("Sewing machine", "150000 XOF", "F-1") "," COST(                                      \
            "Cloth", "25500 XOF", "typed")) "," LINE("psychosocial", "dropped",                    \
                                                     COST("Group", "9999 XOF", "F-1")) "]"
#define PLAN_EUR                                                                                   \
    "\"objectives\":\"Work\",\"currency\":\"EUR\",\"lines\":[" LINE(                               \
        "psychosocial", "planned", COST("Group", "120.5 EUR", "F-1")) "]"

static const char *given_plan(struct pages *p, const char *answers)
{
    const char *id = page_given(p, "case",
                                arena_printf(p->arena,
                                             "{\"parent\":\"%s\",\"answers\":{\"opened\":"
                                             "\"2026-10-02\",\"programme\":\"P-1\"}}",
                                             page_given(p, "person", PERSON)));

    return page_given(p, "plan",
                      arena_printf(p->arena, "{\"parent\":\"%s\",\"answers\":{%s}}", id, answers));
}

static struct ctx writing(struct pages *p)
{
    struct ctx ctx = p->ctx;

    ctx.db = home_write_db(p->home);
    return ctx;
}

static void count(struct pages *p)
{
    struct ctx ctx = writing(p);

    assert_int_equal(facts_catch_up(&ctx, NULL), OK);
}

static void given_costs(struct pages *p)
{
    struct ctx ctx = writing(p);

    assert_int_equal(db_exec(&ctx, NULL, &TEST_PROGRAMME, DB_TEXT("p1"), DB_TEXT(p->office_id),
                             DB_TEXT("P-1"), DB_TEXT("Going home")),
                     OK);
    assert_int_equal(db_exec(&ctx, NULL, &TEST_FUND, DB_TEXT("f1"), DB_TEXT(p->office_id),
                             DB_TEXT("F-1"), DB_TEXT("Good Donor"), DB_TEXT("EUR")),
                     OK);
    (void)given_plan(p, PLAN_XOF);
    (void)given_plan(p, PLAN_EUR);
    count(p);
}

/* As the plan's own page has it: what is dropped is planned no longer, though it may have cost. */
static void what_was_spent_on_an_action_that_was_dropped_is_spent(void **state)
{
    static const char dropped[] = "\"objectives\":\"Work\",\"currency\":\"XOF\",\"lines\":[" LINE(
        "psychosocial", "dropped",
        "{\"goods_equipment_service\":\"Group\",\"estimated_cost\":\"9999 XOF\","
        "\"actual_cost\":\"5000 XOF\"}") "]";
    struct pages *p = *state;
    struct page page;

    (void)given_plan(p, dropped);
    count(p);
    page = page_get(p, FINANCE, "/costs", "as=csv");
    if (!shows(&page, "XOF,0,0,5000,,,1"))
        fail_msg("%s", page.body);
}

/* Proves R-A3-05: costs and their total feed procurement; currencies stay apart. */
static void finance_sees_exact_sums_by_currency_and_no_name(void **state)
{
    struct pages *p = *state;
    struct page page;

    given_costs(p);
    page = page_get(p, FINANCE, "/costs", "as=csv");
    assert_int_equal(page.status, 200);
    assert_true(text_starts(page.type, "text/csv"));
    assert_true(shows(&page, "EUR,120.50,0.00,0.00,,,1"));
    assert_true(shows(&page, "XOF,175500,0,0,200000,24500,1"));
    page = page_get(p, FINANCE, "/costs", "by=programme&within=fund&as=csv");
    assert_true(shows(&page, "Going home (P-1),Good Donor (F-1),XOF,150000,0,0,1"));
    assert_true(shows(&page, "Going home (P-1),Not known,XOF,25500,0,0,1"));
    assert_false(shows(&page, "150000,0,0,200000")); /* a ceiling is of a whole plan */
    assert_true(shows(&page, "XOF,175500,0,0,200000,24500,1"));
    assert_false(shows(&page, "typed"));
    page = page_get(p, FINANCE, "/costs", "by=component");
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "Psychosocial support"));
    assert_false(shows(&page, "Awa"));
    assert_false(shows(&page, "Sewing"));
    assert_false(shows(&page, "9,999")); /* dropped */
    assert_int_equal(page_get(p, FINANCE, "/costs", "by=quarter&as=xlsx").status, 200);
    assert_int_equal(page_get(p, FINANCE, "/costs", "by=office&as=pdf").status, 200);
    page = page_get(p, FINANCE, "/", NULL);
    assert_true(shows(&page, "href=\"/costs\""));
}

static void filters_choose_and_what_cannot_be_chosen_is_said(void **state)
{
    struct pages *p = *state;
    struct page page;

    given_costs(p);
    page = page_get(p, FINANCE, "/costs", "fund=-&as=csv");
    assert_true(shows(&page, "XOF,25500,0,0,1"));
    assert_false(shows(&page, "EUR"));
    page = page_get(p, FINANCE, "/costs", "currency=EUR&programme=P-1&as=csv");
    assert_true(shows(&page, "EUR,120.50"));
    assert_false(shows(&page, "XOF"));
    page = page_get(p, FINANCE, "/costs", "to=2026-Q3");
    assert_true(shows(&page, "No plan has costs like these."));
    assert_int_equal(page_get(p, FINANCE, "/costs", "by=person").status, 422);
    assert_int_equal(page_get(p, FINANCE, "/costs", "by=fund&within=fund").status, 422);
    assert_int_equal(page_get(p, FINANCE, "/costs", "from=2026").status, 422);
    assert_int_equal(page_get(p, FINANCE, "/costs", "from=2026&as=csv").status, 422);
}

static void move_plan(struct pages *p, enum who who, const char *id, const char *status)
{
    struct page page =
        api_call(p, who, "GET", arena_printf(p->arena, "/records/plan/%s", id), NULL, NULL);
    const char *version = between(p, &page, "\"version\":", ",");

    page = page_post(p, who, arena_printf(p->arena, "/records/plan/%s/status", id),
                     arena_printf(p->arena, "version=%s&to=%s&reason=Because", version, status));
    if (page.status != 303)
        fail_msg("status %d: %s", page.status, page.body);
}

/* What was thrown away does not count; what another version replaces does not count twice. */
static void a_plan_counts_as_what_it_is(void **state)
{
    struct pages *p = *state;
    const char *id;
    struct page page;

    given_costs(p);
    id = given_plan(p, PLAN_EUR);
    count(p);
    page = page_get(p, FINANCE, "/costs", "currency=EUR&as=csv");
    assert_true(shows(&page, "EUR,241.00,0.00,0.00,,,2"));
    move_plan(p, SUPERVISOR, id, STATUS_PLAN_DISCARDED);
    count(p);
    page = page_get(p, FINANCE, "/costs", "currency=EUR&as=csv");
    assert_true(shows(&page, "EUR,120.50,0.00,0.00,,,1"));
}

/* The moment of which the figures are, not that of looking at them; in the files too. */
static void the_moment_of_the_figures_is_told(void **state)
{
    struct pages *p = *state;
    struct page page = page_get(p, FINANCE, "/costs", "as=csv");
    const char *first;

    assert_false(shows(&page, "As at")); /* nothing was counted yet */
    given_costs(p);
    page = page_get(p, FINANCE, "/costs", "as=csv");
    first = between(p, &page, "As at,", "\n");
    p->ctx.now_ms += INT64_C(10) * 60 * 1000;
    page = page_get(p, FINANCE, "/costs", "as=csv");
    assert_string_equal(between(p, &page, "As at,", "\n"), first);
    page = page_get(p, FINANCE, "/costs", "as=pdf");
    assert_non_null(strstr(pdf_text(p, &page), "As at"));
    count(p); /* nothing has changed: they are right as of now */
    page = page_get(p, FINANCE, "/costs", "as=csv");
    assert_string_not_equal(between(p, &page, "As at,", "\n"), first);
    page = page_get(p, FINANCE, "/costs", NULL);
    assert_true(shows(&page, "As at"));
}

static void costs_of_other_offices_and_of_other_roles_are_not_told(void **state)
{
    struct pages *p = *state;
    struct ctx ctx = writing(p);
    struct page page;

    given_costs(p);
    assert_int_equal(page_get(p, NOBODY, "/costs", NULL).status, 303);
    assert_int_equal(page_get(p, CASE_MANAGER, "/costs", NULL).status, 403);
    assert_int_equal(db_exec(&ctx, NULL, &TEST_OFFICE, DB_TEXT("zz")), OK);
    assert_int_equal(db_exec(&ctx, NULL, &TEST_MOVED, DB_TEXT("zz")), OK);
    page = page_get(p, FINANCE, "/costs", NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "No plan has costs like these."));
    assert_false(shows(&page, "XOF"));
}

/* Every call of the database fails in turn: the facts of a person come with the costs, or not. */
static void no_failure_leaves_half_of_the_costs(void **state)
{
    struct pages *p = *state;
    struct ctx ctx = writing(p);
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = ERR_DB;
    int64_t seen = 0;

    (void)given_plan(p, PLAN_EUR);
    count(p);
    for (int n = 1; rc && n < 2000; n++) {
        struct arena_mark mark = arena_mark(ctx.arena);

        db_fail_at(ctx.db, n);
        rc = facts_rebuild(&ctx, NULL);
        db_fail_at(ctx.db, 0);
        assert_false(db_in_transaction(ctx.db));
        ctx_clear_problems(&ctx);
        assert_int_equal(db_query(&ctx, &rows, &TEST_ALL), OK);
        assert_int_equal(db_next(&ctx, rows, &more), OK);
        assert_int_equal(row_int(rows, 0), 2); /* the plan and its cost */
        seen = row_int(rows, 1);
        db_rows_close(rows);
        arena_rewind(ctx.arena, mark);
    }
    assert_int_equal(rc, OK);
    assert_int_equal(seen, 2 * 32); /* hashes alone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_spent_on_an_action_that_was_dropped_is_spent,
                                        pages_setup, pages_teardown),
        cmocka_unit_test_setup_teardown(finance_sees_exact_sums_by_currency_and_no_name,
                                        pages_setup, pages_teardown),
        cmocka_unit_test_setup_teardown(filters_choose_and_what_cannot_be_chosen_is_said,
                                        pages_setup, pages_teardown),
        cmocka_unit_test_setup_teardown(a_plan_counts_as_what_it_is, pages_setup, pages_teardown),
        cmocka_unit_test_setup_teardown(costs_of_other_offices_and_of_other_roles_are_not_told,
                                        pages_setup, pages_teardown),
        cmocka_unit_test_setup_teardown(the_moment_of_the_figures_is_told, pages_setup,
                                        pages_teardown),
        cmocka_unit_test_setup_teardown(no_failure_leaves_half_of_the_costs, pages_setup,
                                        pages_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
