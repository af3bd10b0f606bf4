/* Finding, the start page, import and export through the router in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/text.h"
#include "db/db.h"
#include "pages.h"

#define PEOPLE "SELECT COUNT(*) FROM rec_person"

/* --- finding --- */

static void search_words_are_never_in_an_address_nor_for_others(void **state)
{
    struct pages *p = *state;
    struct page page;
    const char *found;

    (void)page_given_person(p, PAGES_AWA);
    page = page_post(p, SUPERVISOR, "/records/person/search", "words=Ndiay+Aawa");
    assert_int_equal(page.status, 303);
    found = page.location;
    assert_true(text_starts(found, "/search/"));
    assert_null(strstr(found, "Ndiay"));
    page = page_get(p, SUPERVISOR, found, NULL);
    assert_true(shows(&page, "Awa Ndiaye"));
    assert_int_equal(page_get(p, CASE_MANAGER, found, NULL).status, 404);
}

static void the_address_of_a_page_that_is_no_more_leads_to_the_beginning_of_the_list(void **state)
{
    struct pages *p = *state;
    struct page page;

    (void)page_given_person(p, PAGES_AWA);
    page = page_get(p, SUPERVISOR, "/records/person", "page=999");
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "This is not the address of a page of the list."));
    assert_true(shows(&page, ">First page</a>"));
}

static void everything_is_searched_at_once_within_what_one_may_see(void **state)
{
    struct pages *p = *state;
    const char *task = NULL;
    struct page page;
    const char *found;

    (void)page_given_case(p, page_id(page_given_person(p, PAGES_AWA)), &task);
    page = page_post(p, SUPERVISOR, "/search", "words=Ndiay+Aawa");
    assert_int_equal(page.status, 303);
    found = page.location;
    assert_null(strstr(found, "Ndiay"));
    page = page_get(p, SUPERVISOR, found, NULL);
    assert_true(shows(&page, "<h2>People</h2>"));
    assert_true(shows(&page, "Awa Ndiaye"));
    assert_int_equal(page_get(p, CASE_MANAGER, found, NULL).status, 404);
    page = page_post(p, SUPERVISOR, "/search", "words=sn-c2026-00001");
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "<h2>Cases</h2>"));
    assert_false(shows(&page, "<h2>People</h2>"));
    assert_int_equal(page_post(p, FINANCE, "/search", "words=Awa").status, 404);
    page = page_get(p, FINANCE, "/", NULL);
    assert_false(shows(&page, "data-search"));
}

/* What a search from the header finds, as a page in a language. */
static struct page found_in(struct pages *p, const char *lang, const char *words)
{
    struct page page;

    (void)page_post(p, SUPERVISOR, "/language", arena_printf(p->arena, "lang=%s&back=%%2F", lang));
    page = page_post(p, SUPERVISOR, "/search", words);
    return page_get(p, SUPERVISOR, page.location, NULL);
}

static void the_guide_is_searched_as_well_in_the_readers_language(void **state)
{
    static const struct {
        const char *lang;
        const char *words; /* of the same page, without accents */
        const char *title;
    } searches[] = {
        { "en", "words=PRINTING+exporting", ">Exporting and printing<" },
        { "fr", "words=Exporter+ET+imprimer", ">Exporter et imprimer<" },
        { "es", "words=exportacion+imprimir", ">Exportar e imprimir<" },
        { "ar", "words=%D8%A7%D9%84%D8%B7%D8%A8%D8%A7%D8%B9%D8%A9", ">التصدير والطباعة<" },
    };
    struct pages *p = *state;
    struct page page;

    (void)page_given_person(p, PAGES_AWA);
    for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
        page = found_in(p, searches[i].lang, searches[i].words);
        assert_true(shows(&page, "<a href=\"/guide/export\">"));
        assert_true(shows(&page, searches[i].title));
    }
    page = found_in(p, "en", "words=exportacion");
    assert_false(shows(&page, "<h2>Guide</h2>"));
    /* Behind the people, and not where one kind alone was asked for. */
    page = found_in(p, "en", "words=Awa");
    assert_false(shows(&page, "<h2>Guide</h2>"));
    page = page_post(p, SUPERVISOR, "/records/person/search", "words=printing");
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_false(shows(&page, "<h2>Guide</h2>"));
}

static void the_start_page_is_made_of_the_blocks_of_ones_role(void **state)
{
    struct pages *p = *state;
    const char *task = NULL;
    struct page page;

    (void)page_given_case(p, page_id(page_given_person(p, PAGES_AWA)), &task);
    page = page_get(p, SUPERVISOR, "/", NULL);
    assert_true(shows(&page, "Due next"));
    assert_true(shows(&page, arena_printf(p->arena, "/tasks/%s\"", task)));
    assert_true(shows(&page, "By status: Cases"));
    assert_true(shows(&page, "/records/case?status=new"));
    assert_true(shows(&page, "Awa Ndiaye"));
    assert_true(shows(&page, "by you"));
    page = page_get(p, CASE_MANAGER, "/", NULL);
    assert_true(shows(&page, "Due next"));
    assert_true(shows(&page, "New person"));
    assert_false(shows(&page, "Import: People"));
    page = page_get(p, FINANCE, "/", NULL);
    assert_false(shows(&page, "Awa"));
    assert_false(shows(&page, "/records/person"));
    assert_true(shows(&page, "works without the records of people"));
    page = page_get(p, ADMIN, "/", NULL);
    assert_true(shows(&page, "Forms not published yet"));
}

static void shortcuts_are_switched_off_by_who_does_not_want_them(void **state)
{
    struct pages *p = *state;
    struct page page = page_get(p, SUPERVISOR, "/", NULL);

    assert_true(shows(&page, "<body data-keys"));
    assert_int_equal(page_post(p, SUPERVISOR, "/shortcuts", "off=1").status, 303);
    page = page_get(p, SUPERVISOR, "/", NULL);
    assert_false(shows(&page, "<body data-keys"));
    page = page_get(p, CASE_MANAGER, "/", NULL);
    assert_true(shows(&page, "<body data-keys"));
    assert_int_equal(page_post(p, SUPERVISOR, "/shortcuts", "off=0").status, 303);
    page = page_get(p, SUPERVISOR, "/shortcuts", NULL);
    assert_true(shows(&page, "<body data-keys"));
}

static void who_is_not_found_can_be_registered_with_the_name_typed(void **state)
{
    struct pages *p = *state;
    struct page page = page_post(p, SUPERVISOR, "/records/person/search", "words=Zeinabou");
    const char *link;

    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "Nobody was found"));
    link = between(p, &page, "/records/person/new?", "\"");
    assert_null(strstr(link, "Zeinabou"));
    page = page_get(p, SUPERVISOR, "/records/person/new", link);
    assert_true(shows(&page, "value=\"Zeinabou\""));
}

/* --- import and export --- */

static void an_import_is_checked_first_and_stored_once(void **state)
{
    struct pages *p = *state;
    struct page page = page_upload(p, SUPERVISOR, "/records/person/import",
                                   "names.1.name_text,sex\nBinta,female\nOumar,purple\n");
    const char *job = page.location;

    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, job, NULL);
    assert_true(shows(&page, "Homeward is at it"));
    run_jobs(p);
    page = page_get(p, SUPERVISOR, job, NULL);
    assert_true(shows(&page, "purple") && shows(&page, "\">3</td>"));
    assert_int_equal(pages_count(p, PEOPLE), 0);
    assert_int_equal(page_get(p, CASE_MANAGER, job, NULL).status, 404);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/faults", job), NULL);
    assert_true(text_starts(page.body, "row,column,value,reason\r\n3,sex,purple,"));

    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "%s/start", job), "skip_bad=1");
    assert_int_equal(page.status, 303);
    assert_int_equal(page_post(p, SUPERVISOR, page.location, "skip_bad=1").status, 405);
    run_jobs(p);
    run_jobs(p);
    assert_int_equal(pages_count(p, PEOPLE), 1);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "1 record was stored; 1 row was left out."));
}

static void an_import_that_died_halfway_is_done_again_and_stored_once(void **state)
{
    struct pages *p = *state;
    struct page page = page_upload(p, SUPERVISOR, "/records/person/import",
                                   "names.1.name_text,sex\nBinta,female\n");
    const char *dry_run = page.location;

    run_jobs(p);
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "%s/start", dry_run), "");
    assert_int_equal(page.status, 303);
    /* As a process leaves it that was killed after it had taken the job. */
    assert_int_equal(db_exec_in(&p->ctx, p->ctx.db, NULL,
                                db_sql_built(p->ctx.db, "UPDATE job SET state = 'running',"
                                                        " attempts = 1, taken_at = 0"
                                                        " WHERE state = 'waiting'")),
                     OK);
    run_jobs(p);
    assert_int_equal(pages_count(p, PEOPLE), 1);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "1 record was stored"));
}

static void an_export_is_made_by_a_job_and_fetched_by_its_owner(void **state)
{
    struct pages *p = *state;
    const char *file;
    struct page page;

    (void)page_given_person(p, PAGES_AWA);
    page = page_post(p, SUPERVISOR, "/records/person/export", "whose=own&format=csv");
    assert_int_equal(page.status, 303);
    file = arena_printf(p->arena, "%s/file", page.location);
    assert_int_equal(page_get(p, SUPERVISOR, file, NULL).status, 404);
    run_jobs(p);
    page = page_get(p, SUPERVISOR, file, NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "names.1.name_text") && shows(&page, "Ndiaye"));
    assert_null(page.continuation);
    assert_int_equal(page_get(p, CASE_MANAGER, file, NULL).status, 404);
    assert_int_equal(page_post(p, SUPERVISOR, "/records/person/export", "format=exe").status, 422);
}

static void an_export_has_the_columns_and_words_that_were_chosen(void **state)
{
    struct pages *p = *state;
    struct page page;

    (void)page_given_person(p, PAGES_AWA);
    page = page_get(p, SUPERVISOR, "/records/person/export", "status=active");
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "name=\"c.sex\"") && shows(&page, "value=\"active\""));
    assert_false(shows(&page, "c.beneficiary_code"));
    page = page_post(p, SUPERVISOR, "/records/person/export",
                     "whose=own&format=csv&labels=yes&c.sex=1&c.record.number=1&status=active");
    assert_int_equal(page.status, 303);
    run_jobs(p);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/file", page.location), NULL);
    assert_true(shows(&page, "Number,Sex\r\n"));
    assert_false(shows(&page, "Ndiaye"));
    page = page_post(p, SUPERVISOR, "/records/person/export",
                     "whose=own&format=csv&linked=yes&codebook=yes");
    run_jobs(p);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/file", page.location), NULL);
    assert_int_equal(page.status, 200);
    assert_memory_equal(page.body, "PK", 2);
}

/* More than one part: no part may be compressed, for the first one's headers stand for all. */
static void a_long_download_comes_in_parts_that_fit_together(void **state)
{
    struct pages *p = *state;
    struct page page;
    const char *file;
    struct buf csv;
    struct buf all;

    buf_init(&csv, p->arena, (size_t)1024 * 1024);
    buf_init(&all, p->arena, (size_t)1024 * 1024);
    buf_add(&csv, "names.1.name_text,gender\n");
    for (int i = 0; i < 1200; i++)
        buf_printf(&csv, "Person %d,%0200d\n", i, i);
    page = page_upload(p, SUPERVISOR, "/records/person/import", buf_text(&csv));
    run_jobs(p);
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "%s/start", page.location), "");
    assert_int_equal(page.status, 303);
    run_jobs(p);
    assert_int_equal(pages_count(p, PEOPLE), 1200);
    page = page_post(p, SUPERVISOR, "/records/person/export", "whose=own&format=csv");
    run_jobs(p);
    file = arena_printf(p->arena, "%s/file", page.location);
    page = page_go_on(p, SUPERVISOR, file, NULL);
    assert_non_null(page.continuation);
    for (;;) {
        buf_add_len(&all, page.body, page.len);
        if (page.continuation == NULL)
            break;
        page = page_go_on(p, SUPERVISOR, file, page.continuation);
        assert_int_equal(page.status, 200);
    }
    assert_true(text_valid(all.data, all.len, NULL));
    for (int i = 0; i < 1200; i++)
        assert_non_null(strstr(all.data, arena_printf(p->arena, "%0200d", i)));
}

#define PAGES(test) cmocka_unit_test_setup_teardown(test, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGES(search_words_are_never_in_an_address_nor_for_others),
        PAGES(the_address_of_a_page_that_is_no_more_leads_to_the_beginning_of_the_list),
        PAGES(everything_is_searched_at_once_within_what_one_may_see),
        PAGES(the_guide_is_searched_as_well_in_the_readers_language),
        PAGES(the_start_page_is_made_of_the_blocks_of_ones_role),
        PAGES(shortcuts_are_switched_off_by_who_does_not_want_them),
        PAGES(who_is_not_found_can_be_registered_with_the_name_typed),
        PAGES(an_import_is_checked_first_and_stored_once),
        PAGES(an_import_that_died_halfway_is_done_again_and_stored_once),
        PAGES(an_export_is_made_by_a_job_and_fetched_by_its_owner),
        PAGES(an_export_has_the_columns_and_words_that_were_chosen),
        PAGES(a_long_download_comes_in_parts_that_fit_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
