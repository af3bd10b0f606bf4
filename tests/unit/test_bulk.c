/* One change of many records: chosen on the list, confirmed, done by a job, taken back. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "db/db.h"
#include "pages.h"
#include "records/records.h"

static const char *given_person(struct pages *p)
{
    return page_given(
        p, "person",
        "{\"answers\":{\"names\":[{\"name_text\":\"Awa\",\"name_script\":\"Latn\"}]}}");
}

static const char *given_case(struct pages *p, const char *person)
{
    return page_given(p, "case",
                      arena_printf(p->arena,
                                   "{\"parent\":\"%s\",\"answers\":{\"opened\":\"2026-01-21\"}}",
                                   person));
}

static int64_t of_worker(struct pages *p, enum who who)
{
    return pages_count(
        p,
        arena_printf(p->arena, "SELECT count(*) FROM rec_case WHERE c_worker = '%s'", p->ids[who]));
}

static int64_t of_status(struct pages *p, const char *status)
{
    return pages_count(
        p, arena_printf(p->arena, "SELECT count(*) FROM rec_case WHERE status = '%s'", status));
}

/* Asks, confirms, lets the job run; the page of the job. */
static struct page done(struct pages *p, const char *form)
{
    struct page page = page_post(p, SUPERVISOR, "/records/case/bulk", form);
    const char *job;

    if (page.status != 200)
        fail_msg("status %d: %s", page.status, page.body);
    assert_true(shows(&page, "name=\"go\""));
    page = page_post(p, SUPERVISOR, "/records/case/bulk", arena_printf(p->arena, "%s&go=1", form));
    assert_int_equal(page.status, 303);
    job = page.location;
    run_jobs(p);
    page = page_get(p, SUPERVISOR, job, NULL);
    assert_int_equal(page.status, 200);
    page.location = job;
    return page;
}

static void chosen_rows_get_another_worker_and_the_others_do_not(void **state)
{
    struct pages *p = *state;
    const char *awa = given_person(p);
    const char *one = given_case(p, awa);
    const char *two = given_case(p, awa);
    struct page page;

    (void)given_case(p, awa);
    page = page_get(p, SUPERVISOR, "/records/case", NULL);
    assert_true(shows(&page, arena_printf(p->arena, "name=\"id\" value=\"%s\"", one)));
    page = page_post(p, SUPERVISOR, "/records/case/bulk",
                     arena_printf(p->arena, "id=%s&id=%s", one, two));
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "2 records are chosen"));
    page = done(p, arena_printf(p->arena, "id=%s&id=%s&step=1&do=assign.worker&value.worker=%s",
                                one, two, p->ids[CASE_MANAGER]));
    assert_true(shows(&page, "2 records were changed"));
    assert_int_equal(of_worker(p, CASE_MANAGER), 2);
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "%s/undo", page.location), "");
    assert_int_equal(page.status, 303);
    run_jobs(p);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "2 records are as before"));
    assert_int_equal(of_worker(p, CASE_MANAGER), 0);
}

static void what_stands_in_the_way_is_told_by_number_before_and_after(void **state)
{
    struct pages *p = *state;
    const char *awa = given_person(p);
    const char *one = given_case(p, awa);
    const char *form = "all=1&step=1&do=status.active";
    struct page page;

    (void)given_case(p, awa);
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "/records/case/%s/status", one),
                     "version=1&to=active");
    assert_int_equal(page.status, 303);
    page = page_post(p, SUPERVISOR, "/records/case/bulk", form);
    if (!shows(&page, "1 record will stay as it is."))
        fail_msg("status %d: %s", page.status, strstr(page.body, "<main"));
    assert_true(shows(&page, "SN-C2026-00001"));
    page = done(p, form);
    assert_true(shows(&page, "1 record was changed"));
    assert_true(shows(&page, "SN-C2026-00001"));
    assert_int_equal(of_status(p, "active"), 2);
}

static void all_that_a_filter_finds_is_changed_and_nothing_else(void **state)
{
    struct pages *p = *state;
    const char *awa = given_person(p);

    for (int i = 0; i < 3; i++)
        (void)page_given(
            p, "case",
            arena_printf(p->arena, "{\"parent\":\"%s\",\"answers\":{\"opened\":\"2026-01-2%d\"}}",
                         awa, i));
    (void)done(p, arena_printf(p->arena,
                               "all=1&f.opened.from=2026-01-21&step=1&do=assign.worker"
                               "&value.worker=%s",
                               p->ids[CASE_MANAGER]));
    assert_int_equal(of_worker(p, CASE_MANAGER), 2);
}

static void what_changed_since_is_not_taken_back_and_ten_minutes_are_the_end(void **state)
{
    struct pages *p = *state;
    const char *awa = given_person(p);
    const char *one = given_case(p, awa);
    struct page page;
    const char *undo;

    (void)given_case(p, awa);
    page = done(p, arena_printf(p->arena, "all=1&step=1&do=assign.worker&value.worker=%s",
                                p->ids[CASE_MANAGER]));
    undo = arena_printf(p->arena, "%s/undo", page.location);
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "/records/case/%s/status", one),
                     "version=2&to=active");
    assert_int_equal(page.status, 303);
    page = page_post(p, SUPERVISOR, undo, "");
    run_jobs(p);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "1 record is as before; 1 stayed"));
    assert_int_equal(of_worker(p, CASE_MANAGER), 1);
    assert_int_equal(page_post(p, CASE_MANAGER, undo, "").status, 404);
    p->ctx.now_ms += RECORD_UNDO_MS;
    assert_int_equal(page_post(p, SUPERVISOR, undo, "").status, 409);
}

static void what_may_not_be_done_is_not_begun(void **state)
{
    static const char *const bad[] = { "step=1&do=status.erased", "step=1&do=nothing",
                                       "step=1&do=assign.opened", "step=1&do=delete",
                                       "step=1&do=status.closed&reason=" };
    struct pages *p = *state;
    const char *one = given_case(p, given_person(p));

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct page page = page_post(p, SUPERVISOR, "/records/case/bulk",
                                           arena_printf(p->arena, "id=%s&go=1&%s", one, bad[i]));

        if (page.status != 422 && page.status != 403)
            fail_msg("%s: status %d", bad[i], page.status);
    }
    assert_int_equal(page_post(p, SUPERVISOR, "/records/case/bulk", "").status, 422);
    assert_int_equal(page_post(p, FINANCE, "/records/case/bulk",
                               arena_printf(p->arena, "id=%s&step=1&do=delete", one))
                         .status,
                     403);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM job"), 0);
}

static void the_rows_that_were_chosen_are_exported_and_no_other(void **state)
{
    struct pages *p = *state;
    const char *awa = given_person(p);
    const char *one = given_case(p, awa);
    const char *form = arena_printf(p->arena, "id=%s&step=1&do=export", one);
    struct page page;

    (void)given_case(p, awa);
    page = page_post(p, SUPERVISOR, "/records/case/bulk", form);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "action=\"/records/case/export\""));
    assert_true(shows(&page, arena_printf(p->arena, "name=\"id\" value=\"%s\"", one)));
    page = page_post(p, SUPERVISOR, "/records/case/export",
                     arena_printf(p->arena, "whose=own&format=csv&id=%s", one));
    assert_int_equal(page.status, 303);
    run_jobs(p);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/file", page.location), NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "SN-C2026-00001"));
    assert_false(shows(&page, "SN-C2026-00002"));
}

static void words_instead_of_codes_name_whom_a_record_refers_to(void **state)
{
    struct pages *p = *state;
    const char *one = given_case(p, given_person(p));
    struct page page;

    page = page_post(
        p, SUPERVISOR, arena_printf(p->arena, "/records/case/%s", one),
        arena_printf(p->arena, "_version=1&opened=2026-01-21&worker=%s", p->ids[CASE_MANAGER]));
    assert_int_equal(page.status, 303);
    page =
        page_post(p, SUPERVISOR, "/records/case/export",
                  arena_printf(p->arena, "whose=own&format=csv&labels=yes&c.worker=1&id=%s", one));
    run_jobs(p);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/file", page.location), NULL);
    assert_int_equal(page.status, 200);
    assert_false(shows(&page, p->ids[CASE_MANAGER]));
    assert_true(shows(&page, "case_manager"));
}

static void all_that_a_filter_finds_goes_on_to_the_export_as_the_filter(void **state)
{
    struct pages *p = *state;
    struct page page;

    (void)given_case(p, given_person(p));
    page = page_post(p, SUPERVISOR, "/records/case/bulk",
                     "all=1&f.opened.from=2026-01-21&step=1&do=export");
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "name=\"f.opened.from\" value=\"2026-01-21\""));
    assert_false(shows(&page, "name=\"id\""));
}

static void whoever_may_not_export_is_neither_offered_nor_given_it(void **state)
{
    struct pages *p = *state;
    const char *one = given_case(p, given_person(p));
    struct page page =
        page_post(p, CASE_MANAGER, "/records/case/bulk", arena_printf(p->arena, "id=%s", one));

    assert_int_equal(page.status, 200);
    assert_false(shows(&page, "value=\"export\""));
    page = page_post(p, CASE_MANAGER, "/records/case/bulk",
                     arena_printf(p->arena, "id=%s&step=1&do=export", one));
    assert_int_equal(page.status, 403);
}

static void a_failed_asking_leaves_no_job(void **state)
{
    struct pages *p = *state;
    const char *one = given_case(p, given_person(p));
    int status = 500;

    for (int n = 1; status != 303; n++) {
        assert_int_equal(pages_count(p, "SELECT count(*) FROM job"), 0);
        db_fail_at(home_write_db(p->home), n);
        status = page_post(p, SUPERVISOR, "/records/case/bulk",
                           arena_printf(p->arena, "id=%s&go=1&step=1&do=assign.worker", one))
                     .status;
        db_fail_at(home_write_db(p->home), 0);
        assert_true(n < 200);
    }
    assert_int_equal(pages_count(p, "SELECT count(*) FROM job"), 1);
}

#define PAGES(name) cmocka_unit_test_setup_teardown(name, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGES(chosen_rows_get_another_worker_and_the_others_do_not),
        PAGES(what_stands_in_the_way_is_told_by_number_before_and_after),
        PAGES(all_that_a_filter_finds_is_changed_and_nothing_else),
        PAGES(what_changed_since_is_not_taken_back_and_ten_minutes_are_the_end),
        PAGES(what_may_not_be_done_is_not_begun),
        PAGES(the_rows_that_were_chosen_are_exported_and_no_other),
        PAGES(words_instead_of_codes_name_whom_a_record_refers_to),
        PAGES(all_that_a_filter_finds_goes_on_to_the_export_as_the_filter),
        PAGES(whoever_may_not_export_is_neither_offered_nor_given_it),
        PAGES(a_failed_asking_leaves_no_job),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
