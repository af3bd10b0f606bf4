/*
 * Work on many records at once, and what users keep: every database call fails in turn. Nothing is
 * half, nothing is done twice, what was done can be taken back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "people_fixture.h"
#include "records/bulk.h"
#include "records/import.h"
#include "records/import_sheet.h"
#include "records/jobs.h"
#include "records/saved_filter.h"

#define CALLS_MAX 900

static const struct job_kind *const kinds[] = { records_jobs, bulk_jobs, NULL };

static int setup(void **state)
{
    jobs_use_kinds(kinds);
    return people_setup(state);
}

static int64_t count(struct fixture *f, const char *sql)
{
    return count_of(f, f->ctx.db, sql);
}

/* Whatever comes of it. */
static enum err run_once(struct fixture *f)
{
    bool worked = false;

    return jobs_run_one(&f->ctx, &worked);
}

static void run_all_jobs(struct fixture *f)
{
    bool worked = true;

    f->ctx.now_ms += JOB_AGAIN_MS;
    while (worked) {
        worked = false;
        ctx_clear_problems(&f->ctx);
        must(f, jobs_run_one(&f->ctx, &worked));
        access_forget(f->ctx.audit);
    }
}

/* Runs one job whose n-th database call fails, then what is tried again; false: it has no n-th. */
static bool run_with_fault(struct fixture *f, int n)
{
    bool hit;

    db_fail_at(f->ctx.db, n);
    (void)run_once(f);
    hit = db_calls(f->ctx.db) >= n;
    db_fail_at(f->ctx.db, 0);
    assert_false(db_in_transaction(f->ctx.db));
    assert_false(db_in_transaction(f->ctx.index_db));
    access_forget(f->ctx.audit);
    run_all_jobs(f);
    if (count(f, "SELECT count(*) FROM job WHERE state = 'running'") > 0) {
        /* The call that failed was to give it back: on PostgreSQL it waits for another host. */
        f->ctx.now_ms += JOB_STALE_MS;
        run_all_jobs(f);
    }
    return hit;
}

static struct job job_of(struct fixture *f, const char *id)
{
    struct job job = { 0 };

    must(f, job_load(&f->ctx, &job, id));
    return job;
}

#define PEOPLE_IN_BULK 3

struct people {
    const char *ids[PEOPLE_IN_BULK];
};

static struct people given_people(struct fixture *f)
{
    struct people p;

    for (int i = 0; i < PEOPLE_IN_BULK; i++)
        p.ids[i] = person_stored(f, PERSON_AWA)->id;
    return p;
}

static const char *given_bulk(struct fixture *f, const struct people *p)
{
    const struct bulk b = { .form = form_find(f->ctx.forms, "person"),
                            .what = BULK_STATUS,
                            .status = "deceased",
                            .reason = "One and the same",
                            .ids = p->ids,
                            .ids_len = PEOPLE_IN_BULK };
    const char *id = NULL;

    must(f, bulk_start(&f->ctx, &id, &b));
    return id;
}

#define OF_STATUS(s) "SELECT count(*) FROM rec_person WHERE status = '" s "'"
#define VERSIONS     "SELECT CAST(sum(version) AS BIGINT) FROM rec_person"
#define MADE         "SELECT count(*) FROM import_made"

static void a_change_of_many_is_made_once_whatever_fails_and_can_be_taken_back(void **state)
{
    struct fixture *f = *state;
    bool hit = true;
    int n;

    for (n = 1; hit && n < CALLS_MAX; n++) {
        const struct people p = given_people(f);
        const int64_t before = count(f, VERSIONS);
        const int64_t merged = count(f, OF_STATUS("deceased"));
        const int64_t audit = audit_count(f, "person.status");
        const char *id = given_bulk(f, &p);
        const char *undo = NULL;
        bool may = false;
        struct job job;

        hit = run_with_fault(f, n);
        job = job_of(f, id);
        if (strcmp(job.state, "done") != 0)
            fail_msg("call %d: %s %s", n, job.state, job.result);
        assert_non_null(strstr(job.result, "\"changed\":3,\"refused\":0"));
        assert_int_equal(count(f, VERSIONS), before + PEOPLE_IN_BULK);
        assert_int_equal(audit_count(f, "person.status"), audit + PEOPLE_IN_BULK);
        assert_int_equal(count(f, OF_STATUS("deceased")), merged + PEOPLE_IN_BULK);
        assert_int_equal(count(f, MADE), 0);
        must(f, bulk_undoable(&f->ctx, &may, &job));
        assert_int_equal(may, f->ctx.now_ms - job.created_at < RECORD_UNDO_MS);
        if (may) {
            must(f, bulk_undo(&f->ctx, &undo, id));
            run_all_jobs(f);
            assert_int_equal(count(f, OF_STATUS("deceased")), merged);
        }
        fixture_next_request(f, 1);
    }
    assert_true(n > 30 && n < CALLS_MAX);
}

static void taking_back_a_change_of_many_is_done_once_whatever_fails(void **state)
{
    struct fixture *f = *state;
    bool hit = true;
    int n;

    for (n = 1; hit && n < CALLS_MAX; n++) {
        const struct people p = given_people(f);
        const int64_t merged = count(f, OF_STATUS("deceased"));
        const char *id = given_bulk(f, &p);
        const char *undo = NULL;
        int64_t before;
        struct job job;

        run_all_jobs(f);
        before = count(f, VERSIONS);
        must(f, bulk_undo(&f->ctx, &undo, id));
        hit = run_with_fault(f, n);
        job = job_of(f, undo);
        if (strcmp(job.state, "done") != 0)
            fail_msg("call %d: %s %s", n, job.state, job.result);
        if (f->ctx.now_ms - job.created_at < RECORD_UNDO_MS) {
            assert_non_null(strstr(job.result, "\"changed\":3,\"refused\":0"));
            assert_int_equal(count(f, VERSIONS), before + PEOPLE_IN_BULK);
            assert_int_equal(count(f, OF_STATUS("deceased")), merged);
        }
        fixture_next_request(f, 1);
    }
    assert_true(n > 30 && n < CALLS_MAX);
}

/* Each try fails at its own call: the job is given up, and says so. */
static void what_a_change_of_many_did_before_it_was_given_up_can_be_taken_back(void **state)
{
    struct fixture *f = *state;
    int64_t some = 0;

    for (int n = 30; n < CALLS_MAX && some < 4; n += 9) {
        const struct people p = given_people(f);
        const char *id = arena_strdup(f->long_arena, given_bulk(f, &p));
        const char *undo = NULL;
        bool may = false;
        struct job job;
        int64_t changed;

        for (int i = 0; i < JOB_ATTEMPTS; i++) {
            /* Later tries fail before they do anything. */
            db_fail_at(f->ctx.db, i == 0 ? n : 12);
            (void)run_once(f);
            db_fail_at(f->ctx.db, 0);
            access_forget(f->ctx.audit);
            f->ctx.now_ms += JOB_AGAIN_MS;
        }
        run_all_jobs(f);
        job = job_of(f, id);
        changed = count(f, OF_STATUS("deceased"));
        must(f, bulk_undoable(&f->ctx, &may, &job));
        assert_int_equal(may, changed > 0);
        some += changed > 0 && changed < PEOPLE_IN_BULK && strcmp(job.state, "failed") == 0;
        if (may)
            must(f, bulk_undo(&f->ctx, &undo, id));
        run_all_jobs(f);
        assert_int_equal(count(f, OF_STATUS("deceased")), 0);
        fixture_next_request(f, 1);
    }
    assert_true(some > 0);
}

/* --- undo of an import --- */

static const char csv[] = "names.1.name_text,case:opened\r\nAwa,2026-01-05\r\nBinta,\r\n"
                          "Coumba,2026-01-06\r\n";
#define MADE_BY_CSV 5

static const char *given_import(struct fixture *f)
{
    const struct import_options options = { 0 };
    const struct sheet_options read = { 0 };
    struct import_report report = { 0 };
    struct sheet *sheet = NULL;

    must(f, sheet_open_bytes(&f->ctx, &sheet, csv, strlen(csv), &read));
    must(f, record_import(&f->ctx, &report, "person", sheet, &options));
    sheet_close(sheet);
    return report.run_id;
}

static int64_t live(struct fixture *f)
{
    return count(f, "SELECT count(*) FROM rec_person WHERE status <> 'deleted'") +
           count(f, "SELECT count(*) FROM rec_case WHERE status <> 'deleted'");
}

static void the_undoing_of_an_import_goes_on_where_a_fault_stopped_it(void **state)
{
    struct fixture *f = *state;
    enum err rc = ERR_DB;
    int n;

    for (n = 1; rc && n < CALLS_MAX; n++) {
        const char *run = given_import(f);
        struct import_undone undone = { 0 };
        int64_t left;

        assert_int_equal(live(f), MADE_BY_CSV);
        ctx_clear_problems(&f->ctx);
        db_fail_at(f->ctx.db, n);
        rc = import_undo(&f->ctx, &undone, run, NULL, NULL);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        /* What is noted as still to be done is what is still there. */
        left = count(f, arena_printf(f->ctx.arena, MADE " WHERE run_id = '%s'", run));
        assert_int_equal(live(f), left);
        ctx_clear_problems(&f->ctx);
        if (rc)
            must(f, import_undo(&f->ctx, &undone, run, NULL, NULL));
        assert_int_equal(undone.undone, MADE_BY_CSV);
        assert_int_equal(undone.kept_len, 0);
        assert_int_equal(live(f), 0);
        fixture_next_request(f, 1);
    }
    assert_true(n > 30 && n < CALLS_MAX);
}

static void an_undoing_job_tells_what_came_out_whatever_fails(void **state)
{
    struct fixture *f = *state;
    bool hit = true;
    int n;

    for (n = 1; hit && n < CALLS_MAX; n++) {
        const char *asked = arena_printf(
            f->ctx.arena, "{\"login\":\"supervisor\",\"form\":\"person\",\"run\":\"%s\"}\n",
            given_import(f));
        const char *id = NULL;
        struct job job;

        must(f, job_add(&f->ctx, &id, "import_undo", asked, strlen(asked)));
        hit = run_with_fault(f, n);
        job = job_of(f, id);
        if (strcmp(job.state, "done") != 0)
            fail_msg("call %d: %s %s", n, job.state, job.result);
        assert_non_null(strstr(job.result, "5 records were taken back."));
        assert_int_equal(live(f), 0);
        fixture_next_request(f, 1);
    }
    assert_true(n > 30 && n < CALLS_MAX);
}

/* --- what users keep --- */

static enum err keep_mapping(struct fixture *f)
{
    return mapping_save(&f->ctx, "person", "Liste de Dakar", "{}");
}

static enum err keep_filter(struct fixture *f)
{
    return saved_filter_add(&f->ctx, "case", "Mine", "f.priority=high");
}

static enum err drop_filter(struct fixture *f)
{
    struct saved_filter *items = NULL;
    size_t len = 0;
    enum err rc = saved_filters(&f->ctx, &items, &len, "case");

    if (rc)
        return rc;
    assert_int_equal(len, 1);
    return saved_filter_drop(&f->ctx, "case", items[0].id);
}

static enum err forget_requests(struct fixture *f)
{
    return record_requests_forget(&f->ctx);
}

/* The count of a table goes from one number to another, and not before it says that it worked. */
static void keeps_or_not(struct fixture *f, enum err (*run)(struct fixture *f), const char *sql,
                         int64_t before, int64_t after)
{
    enum err rc = ERR_DB;
    int n;

    for (n = 1; rc && n < CALLS_MAX; n++) {
        assert_int_equal(count(f, sql), before);
        ctx_clear_problems(&f->ctx);
        db_fail_at(f->ctx.db, n);
        rc = run(f);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
    }
    assert_true(n > 1 && n < CALLS_MAX);
    assert_int_equal(count(f, sql), after);
}

static void what_users_keep_is_kept_or_not_but_never_half(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);

    keeps_or_not(f, keep_mapping, "SELECT count(*) FROM import_mapping", 0, 1);
    keeps_or_not(f, keep_filter, "SELECT count(*) FROM saved_filter", 0, 1);
    keeps_or_not(f, drop_filter, "SELECT count(*) FROM saved_filter", 1, 0);
    fixture_as(f, "programme_manager");
    must(f, record_load(&f->ctx, &rec, "person", rec->id));
    must(f, record_set_status(&f->ctx, rec, 1, "erased", "On request"));
    f->ctx.now_ms += REQUEST_KEPT_MS;
    keeps_or_not(f, forget_requests, "SELECT count(*) FROM status_request", 1, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_change_of_many_is_made_once_whatever_fails_and_can_be_taken_back),
        TEST(taking_back_a_change_of_many_is_done_once_whatever_fails),
        TEST(what_a_change_of_many_did_before_it_was_given_up_can_be_taken_back),
        TEST(the_undoing_of_an_import_goes_on_where_a_fault_stopped_it),
        TEST(an_undoing_job_tells_what_came_out_whatever_fails),
        TEST(what_users_keep_is_kept_or_not_but_never_half),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
