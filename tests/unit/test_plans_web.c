/* Pages of the grid and of plans: answering, deciding, making a plan, versions, PDF. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "pages.h"

#define PERSON                                                                                     \
    "{\"answers\":{\"names\":[{\"name_text\":\"Awa\",\"name_script\":\"Latn\"}],"                  \
    "\"birth_date\":\"1991-05-06\",\"birth_precision\":\"day\"}}"

#define path_of(p, pattern, id) arena_printf((p)->arena, pattern, id)

static const char *created(struct pages *p, const char *kind, const char *json)
{
    struct page page =
        api_call(p, SUPERVISOR, "POST", arena_printf(p->arena, "/records/%s", kind), json, NULL);

    if (page.status != 201)
        fail_msg("status %d: %s", page.status, page.body);
    return arena_strndup(p->arena, between(p, &page, "\"id\":\"", "\""), 36);
}

static const char *given_case(struct pages *p)
{
    const char *person = created(p, "person", PERSON);

    (void)created(p, "return_event",
                  arena_printf(p->arena,
                               "{\"parent\":\"%s\",\"answers\":{\"arrival_date\":\"2026-10-01\","
                               "\"country_of_origin\":\"SN\",\"place_of_return\":\"Rufisque\","
                               "\"has_papers\":\"no\"}}",
                               person));
    return created(p, "case",
                   arena_printf(p->arena,
                                "{\"parent\":\"%s\",\"answers\":{\"opened\":\"2026-10-02\"}}",
                                person));
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

/* The text of a PDF, by poppler. */
static const char *pdf_text(struct pages *p, const struct page *page)
{
    const char *path = arena_printf(p->arena, "%s/plan.pdf", p->dir);
    FILE *f = fopen(path, "wbe");
    char *text = arena_alloc(p->arena, 40000);
    size_t len;

    assert_non_null(f);
    assert_int_equal(fwrite(page->body, 1, page->len, f), page->len);
    assert_int_equal(fclose(f), 0);
    f = popen(arena_printf(p->arena, "pdftotext -layout %s -", path), "re");
    assert_non_null(f);
    len = fread(text, 1, 39999, f);
    text[len] = '\0';
    assert_int_equal(pclose(f), 0);
    return text;
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

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "What is missing"));
    assert_true(shows(&page, path_of(p, "/records/plan/%s/edit#f-exit_how", id)));
    assert_true(shows(&page, "175,500 XOF"));
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_page_of_a_case_leads_to_grid_and_plan),
        TEST(the_grid_is_read_answered_decided_and_printed),
        TEST(the_grid_is_told_to_programs_as_json),
        TEST(a_plan_is_printed_in_any_language_in_the_order_of_the_template),
        TEST(the_page_of_a_plan_tells_what_is_missing_and_leads_there),
        TEST(a_plan_or_case_that_is_not_there_is_not_found),
    };

    return cmocka_run_group_tests_name("plans_web", tests, NULL, NULL);
}
