/*
 * The clock is set back while people work: ids and versions go on growing, the history stays in
 * order, names are found, jobs run, chains of the audit stay whole. (Sessions: test_auth.c.)
 */

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "audit/audit.h"
#include "core/text.h"
#include "people_fixture.h"
#include "records/jobs.h"

#define HOUR INT64_C(3600000)

/* A new answer for sex at a moment that is later or earlier than the last one. */
static void changed_at(struct fixture *f, const char *id, int64_t moment, const char *sex)
{
    struct record *rec = NULL;

    f->ctx.now_ms = moment;
    must(f, record_load(&f->ctx, &rec, "person", id));
    person_fill(f, rec, arena_printf(f->ctx.arena, "names.1.name_text=Awa;sex=%s", sex));
    must(f, record_update(&f->ctx, rec, rec->version));
}

static void the_history_stays_in_order_when_the_clock_is_set_back(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);
    struct record_version *versions = NULL;
    struct record *old = NULL;
    size_t len = 0;

    changed_at(f, rec->id, FIXTURE_NOW - HOUR, "male");
    changed_at(f, rec->id, FIXTURE_NOW - 48 * HOUR, "unknown");
    changed_at(f, rec->id, FIXTURE_NOW + HOUR, "female");
    must(f, record_history(&f->ctx, &versions, &len, "person", rec->id));
    assert_int_equal(len, 4);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(versions[i].version, 4 - i);
    assert_int_equal(versions[1].made_at, FIXTURE_NOW - 48 * HOUR);
    must(f, record_load_version(&f->ctx, &old, "person", rec->id, 3));
    assert_string_equal(record_value(old, "sex"), "unknown");
    must(f, record_load(&f->ctx, &old, "person", rec->id));
    assert_string_equal(record_value(old, "sex"), "female");
    assert_int_equal(old->version, 4);
}

static void ids_and_numbers_grow_and_pages_of_a_list_have_no_gap(void **state)
{
    struct fixture *f = *state;
    struct record_filter filter = { .limit = 2 };
    const char *last = "";
    struct record_list list = { 0 };
    size_t seen = 0;

    for (int i = 0; i < 7; i++) {
        struct record *rec;

        f->ctx.now_ms = FIXTURE_NOW - i * HOUR;
        rec = person_stored(f, PERSON_AWA);
        assert_true(strcmp(rec->id, last) > 0);
        assert_true(text_ends(rec->number, arena_printf(f->ctx.arena, "0000%d", i + 1)));
        last = rec->id;
    }
    do {
        must(f, record_list(&f->ctx, &list, "person", &filter));
        for (size_t i = 0; i < list.len; i++)
            assert_true(text_ends(list.items[i]->number,
                                  arena_printf(f->ctx.arena, "0000%zu", 7 - seen++)));
        filter.after = list.next;
    } while (list.next);
    assert_int_equal(seen, 7);
}

static void names_given_before_and_after_are_found(void **state)
{
    struct fixture *f = *state;
    struct record_hit *hits = NULL;
    int64_t applied = 0;
    size_t len = 0;

    (void)person_stored(f, "names.1.name_text=Zubayra");
    must(f, index_catch_up(&f->ctx, &applied));
    f->ctx.now_ms -= 24 * HOUR;
    (void)person_stored(f, "names.1.name_text=Wilfridine");
    must(f, index_catch_up(&f->ctx, &applied));
    must(f, record_search(&f->ctx, &hits, &len, "person", "Wilfridine"));
    assert_int_equal(len, 1);
    must(f, record_search(&f->ctx, &hits, &len, "person", "Zubayra"));
    assert_int_equal(len, 1);
}

static void the_audit_stays_whole(void **state)
{
    struct fixture *f = *state;
    struct audit_report report = { 0 };
    struct record *rec = person_stored(f, PERSON_AWA);

    must(f, access_write(&f->ctx));
    must(f, audit_checkpoint(&f->ctx));
    changed_at(f, rec->id, FIXTURE_NOW - 24 * HOUR, "male");
    must(f, access_write(&f->ctx));
    must(f, audit_checkpoint(&f->ctx));
    must(f, audit_verify(&f->ctx, &report));
    assert_null(report.fault);
    assert_int_equal(report.checkpoints, 2);
}

static void a_job_that_waits_is_done_at_once(void **state)
{
    static const char asked[] =
        "{\"login\":\"supervisor\",\"form\":\"person\",\"format\":\"csv\"}\n";
    struct fixture *f = *state;
    const char *id = NULL;
    struct job job = { 0 };
    bool worked = false;

    must(f, job_add(&f->ctx, &id, "export", asked, sizeof(asked) - 1));
    f->ctx.now_ms -= 24 * HOUR;
    must(f, jobs_run_one(&f->ctx, &worked));
    assert_true(worked);
    must(f, job_load(&f->ctx, &job, id));
    assert_string_equal(job.state, "done");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_history_stays_in_order_when_the_clock_is_set_back),
        TEST(ids_and_numbers_grow_and_pages_of_a_list_have_no_gap),
        TEST(names_given_before_and_after_are_found),
        TEST(the_audit_stays_whole),
        TEST(a_job_that_waits_is_done_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
