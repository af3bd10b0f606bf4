/* Pages of import and of jobs: columns, who is here already, cancelling, undoing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "pages.h"

#define AWA                                                                                        \
    "names.1.name_text=Awa&names.1.name_script=Latn&names.2.name_text=Ndiaye&"                     \
    "names.2.name_script=Latn&birth_date=1991-05-06&birth_precision=day&sex=female&nationality=SN"
#define PEOPLE "SELECT COUNT(*) FROM rec_person"

/* Headings of somebody else's table, one of them misspelt; then who is there already. */
static void columns_are_chosen_and_people_who_are_there_are_told(void **state)
{
    struct pages *p = *state;
    struct page page;
    const char *job;

    assert_int_equal(page_post(p, SUPERVISOR, "/records/person", AWA).status, 303);
    page =
        page_upload(p, SUPERVISOR, "/records/person/import",
                    "Name 1,Name 2,Date of brith,Precise?,Sex\nAwa,Ndiaye,06/05/1991,day,Female\n"
                    "Binta,Sarr,05/06/1990,day,Female\n");
    job = page.location;
    run_jobs(p);
    page = page_get(p, SUPERVISOR, job, NULL);
    assert_true(shows(&page, "Date of brith") && shows(&page, "/columns\""));
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/columns", job), NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "value=\"names.1.name_text\"") && shows(&page, "Perhaps: "));
    assert_int_equal(page_get(p, FINANCE, arena_printf(p->arena, "%s/columns", job), NULL).status,
                     404);
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "%s/columns", job),
                     "c.1=names.1.name_text&c.3=birth_dat");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "value=\"birth_dat\""));
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "%s/columns", job),
                     "c.1=names.1.name_text&c.2=names.2.name_text&c.3=birth_date&d.3=dmy&"
                     "c.4=birth_precision&c.5=sex&save_as=Dakar");
    assert_int_equal(page.status, 303);
    assert_string_not_equal(page.location, job);
    job = page.location;
    run_jobs(p);
    page = page_get(p, SUPERVISOR, job, NULL);
    assert_true(shows(&page, "Who is here already?") && shows(&page, "name=\"like.2\""));
    assert_false(shows(&page, "name=\"like.3\""));
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "%s/start", job), "like.2=skip");
    assert_int_equal(page.status, 303);
    run_jobs(p);
    assert_int_equal(pages_count(p, PEOPLE), 2);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "Undo this import") && shows(&page, "1 row was left out."));
    page = page_post(
        p, SUPERVISOR,
        arena_printf(p->arena, "/imports/%s", between(p, &page, "action=\"/imports/", "\"")), "");
    assert_int_equal(page.status, 303);
    run_jobs(p);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "1 record was taken back."));
    page = page_get(p, SUPERVISOR, "/jobs", NULL);
    assert_true(shows(&page, "Import of a file"));
    page = page_get(p, SUPERVISOR, "/records/person/import", NULL);
    assert_true(shows(&page, "<option>Dakar</option>"));
}

static void a_job_that_waits_can_be_cancelled_on_its_page(void **state)
{
    struct pages *p = *state;
    struct page page = page_upload(p, SUPERVISOR, "/records/person/import",
                                   "names.1.name_text,sex\nBinta,female\n");
    const char *job = page.location;

    assert_int_equal(
        page_post(p, CASE_MANAGER, arena_printf(p->arena, "%s/cancel", job), "").status, 404);
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "%s/cancel", job), "");
    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, job, NULL);
    assert_true(shows(&page, "This was cancelled."));
    run_jobs(p);
    assert_int_equal(pages_count(p, PEOPLE), 0);
}

#define PAGES(test) cmocka_unit_test_setup_teardown(test, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGES(columns_are_chosen_and_people_who_are_there_are_told),
        PAGES(a_job_that_waits_can_be_cancelled_on_its_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
