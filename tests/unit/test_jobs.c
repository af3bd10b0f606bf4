/* Jobs and kept searches: owners, attempts, and every database call failing in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "core/tr.h"
#include "people_fixture.h"
#include "records/jobs.h"
#include "records/search_words.h"

#define IMPORT                                                                                     \
    "{\"login\":\"supervisor\",\"form\":\"person\",\"file\":\"x.csv\",\"dry_run\":false,"          \
    "\"skip_bad\":false}\nnames.1.name_text,sex\nBinta,female\n"
#define RETRY_MS (INT64_C(16) * 60 * 1000) /* on PostgreSQL a job is tried again after a while */
#define PEOPLE   "SELECT COUNT(*) FROM rec_person"

static const char *given_job(struct fixture *f, const char *input)
{
    const char *id = NULL;

    must(f, job_add(&f->ctx, &id, "import", input, strlen(input)));
    return id;
}

/* As the job process: nobody acts. */
static enum err work_once(struct fixture *f, bool *worked)
{
    enum err rc = jobs_run_one(&f->ctx, worked);

    return rc ? rc : access_write(&f->ctx);
}

static enum err run_once(struct fixture *f, bool *worked)
{
    enum err rc;

    fixture_as_nobody(f);
    rc = work_once(f, worked);
    fixture_as(f, "supervisor");
    return rc;
}

static const char *state_of(struct fixture *f, const char *id)
{
    struct job job = { 0 };

    must(f, job_load(&f->ctx, &job, id));
    return job.state;
}

static void a_job_belongs_to_who_asked_for_it(void **state)
{
    struct fixture *f = *state;
    const char *id = given_job(f, IMPORT);
    struct job job = { 0 };

    assert_string_equal(state_of(f, id), "waiting");
    fixture_as(f, "case_manager");
    assert_int_equal(job_load(&f->ctx, &job, id), ERR_NOT_FOUND);
    assert_int_equal(job_import_now(&f->ctx, &id, id, true), ERR_NOT_FOUND);
    fixture_as(f, "supervisor");
}

static void a_job_acts_with_the_rights_of_who_asked(void **state)
{
    struct fixture *f = *state;
    const char *id = given_job(
        f, "{\"login\":\"me_officer\",\"form\":\"person\",\"dry_run\":false}\nsex\nfemale\n");
    bool worked = false;

    must(f, run_once(f, &worked));
    assert_true(worked);
    assert_string_equal(state_of(f, id), "failed");
    assert_int_equal(count_of(f, f->ctx.db, PEOPLE), 0);
}

static void a_job_without_its_line_is_refused(void **state)
{
    static const char *const bad[] = { "", "names\n", "{}\n", "{\"form\":\"person\"}\n",
                                       "{\"login\":\"x\",\"form\":\"person\"}" };
    struct fixture *f = *state;
    const char *id = NULL;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(job_add(&f->ctx, &id, "import", bad[i], strlen(bad[i])), ERR_INVALID);
    assert_int_equal(job_add(&f->ctx, &id, "format_disk", IMPORT, strlen(IMPORT)), ERR_INVALID);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT COUNT(*) FROM job"), 0);
}

static void a_job_that_keeps_dying_is_given_up(void **state)
{
    struct fixture *f = *state;
    const char *id = given_job(f, IMPORT);
    bool worked = false;

    tamper(f, f->ctx.db, "UPDATE job SET state = 'running', attempts = 3, taken_at = 0");
    must(f, run_once(f, &worked));
    assert_string_equal(state_of(f, id), "failed");
    assert_int_equal(count_of(f, f->ctx.db, PEOPLE), 0);
}

static void jobs_and_their_files_go_after_a_day(void **state)
{
    struct fixture *f = *state;
    bool worked = false;

    (void)given_job(f, IMPORT);
    fixture_next_request(f, JOB_KEPT_MS + 1);
    must(f, run_once(f, &worked));
    assert_false(worked);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT COUNT(*) FROM job"), 0);
}

/* Whatever fails, an import is stored once when its job says done, and never otherwise. */
static void an_import_is_stored_once_whatever_fails(void **state)
{
    struct fixture *f = *state;
    bool hit = true;

    for (int n = 1; hit; n++) {
        int64_t before = count_of(f, f->ctx.db, PEOPLE);
        const char *id = given_job(f, IMPORT);
        bool worked = true;
        const char *end;

        fixture_as_nobody(f);
        db_fail_at(f->ctx.db, n);
        (void)work_once(f, &worked);
        hit = db_calls(f->ctx.db) >= n;
        db_fail_at(f->ctx.db, 0);
        fixture_as(f, "supervisor");
        assert_false(db_in_transaction(f->ctx.db));
        f->ctx.now_ms += RETRY_MS;
        for (worked = true; worked;) {
            ctx_clear_problems(&f->ctx);
            access_forget(f->ctx.audit);
            must(f, run_once(f, &worked));
        }
        must(f, index_catch_up(&f->ctx, NULL));
        end = state_of(f, id);
        assert_true(strcmp(end, "done") == 0 || strcmp(end, "failed") == 0);
        assert_int_equal(count_of(f, f->ctx.db, PEOPLE) - before, strcmp(end, "done") == 0);
        assert_int_equal(count_of(f, f->ctx.db, "SELECT COUNT(*) FROM import_made"),
                         count_of(f, f->ctx.db, PEOPLE));
        assert_true(n < 500);
    }
}

#define DRY_RUN                                                                                    \
    "{\"login\":\"supervisor\",\"form\":\"person\",\"file\":\"x.csv\",\"dry_run\":true,"           \
    "\"skip_bad\":false}\nnames.1.name_text,sex\nBinta,female\n"

/* Somebody clicks twice, or goes back and clicks again. */
static void a_checked_file_is_imported_once_however_often_it_is_asked_for(void **state)
{
    struct fixture *f = *state;
    const char *dry_run = given_job(f, DRY_RUN);
    const char *first = NULL;
    const char *again = NULL;
    bool worked = false;

    must(f, run_once(f, &worked));
    must(f, job_import_now(&f->ctx, &first, dry_run, false));
    must(f, job_import_now(&f->ctx, &again, dry_run, false));
    assert_string_equal(first, again);
    must(f, run_once(f, &worked));
    assert_string_equal(state_of(f, first), "done");
    must(f, job_import_now(&f->ctx, &again, dry_run, true));
    assert_string_equal(first, again);
    must(f, run_once(f, &worked));
    assert_false(worked);
    assert_int_equal(count_of(f, f->ctx.db, PEOPLE), 1);
}

static void starting_an_import_leaves_nothing_behind_when_the_database_fails(void **state)
{
    struct fixture *f = *state;
    const char *dry_run = given_job(f, DRY_RUN);
    bool worked = false;
    enum err rc = ERR_DB;

    must(f, run_once(f, &worked));
    for (int n = 1; rc; n++) {
        const char *id = NULL;

        db_fail_at(f->ctx.db, n);
        rc = job_import_now(&f->ctx, &id, dry_run, false);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(count_of(f, f->ctx.db, "SELECT COUNT(*) FROM job"), rc ? 1 : 2);
    }
}

/* On PostgreSQL another host takes over what was at work for too long: the first must not store. */
static void an_import_that_was_taken_away_is_not_stored(void **state)
{
    struct fixture *f = *state;
    const char *id = arena_strdup(f->long_arena, given_job(f, IMPORT));
    bool worked = false;

    if (db_is_postgres(f->ctx.db))
        skip(); /* its triggers are written in another language */
    must(f, db_ddl(&f->ctx, f->ctx.db,
                   "CREATE TRIGGER taken_away AFTER UPDATE OF state ON job"
                   " WHEN NEW.state = 'running' AND NEW.attempts = 1"
                   " BEGIN UPDATE job SET attempts = 2 WHERE id = NEW.id; END"));
    assert_int_equal(run_once(f, &worked), ERR_CONFLICT);
    assert_int_equal(count_of(f, f->ctx.db, PEOPLE), 0);
    assert_string_equal(state_of(f, id), "running");
    must(f, db_ddl(&f->ctx, f->ctx.db, "DROP TRIGGER taken_away"));
    fixture_next_request(f, RETRY_MS);
    must(f, run_once(f, &worked));
    assert_string_equal(state_of(f, id), "done");
    assert_int_equal(count_of(f, f->ctx.db, PEOPLE), 1);
}

static void adding_a_job_leaves_nothing_behind_when_the_database_fails(void **state)
{
    struct fixture *f = *state;
    enum err rc = ERR_DB;

    for (int n = 1; rc; n++) {
        const char *id = NULL;

        db_fail_at(f->ctx.db, n);
        rc = job_add(&f->ctx, &id, "import", IMPORT, strlen(IMPORT));
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(count_of(f, f->ctx.db, "SELECT COUNT(*) FROM job"), rc ? 0 : 1);
    }
}

static void keeping_a_search_leaves_nothing_behind_when_the_database_fails(void **state)
{
    struct fixture *f = *state;
    enum err rc = ERR_DB;

    for (int n = 1; rc; n++) {
        const char *id = NULL;

        db_fail_at(f->ctx.db, n);
        rc = search_keep(&f->ctx, &id, "person", "Zeinabou");
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(count_of(f, f->ctx.db, "SELECT COUNT(*) FROM search"), rc ? 0 : 1);
    }
    assert_false(files_hold(f, "Zeinabou"));
}

static void a_file_to_import_can_be_read_nowhere(void **state)
{
    struct fixture *f = *state;
    bool worked = false;

    (void)given_job(f, IMPORT);
    assert_false(files_hold(f, "Binta"));
    must(f, run_once(f, &worked));
    assert_int_equal(count_of(f, f->ctx.db, PEOPLE), 1);
    assert_false(files_hold(f, "Binta"));
}

static void a_search_is_gone_after_a_day(void **state)
{
    struct fixture *f = *state;
    const char *kind = NULL;
    const char *words = NULL;
    const char *id = NULL;

    must(f, search_keep(&f->ctx, &id, "person", "Awa"));
    id = arena_strdup(f->long_arena, id);
    must(f, search_load(&f->ctx, &kind, &words, id));
    assert_string_equal(words, "Awa");
    fixture_next_request(f, INT64_C(24) * 60 * 60 * 1000 + 1);
    assert_int_equal(search_load(&f->ctx, &kind, &words, id), ERR_NOT_FOUND);
}

static void whoever_asked_can_cancel_and_nobody_else(void **state)
{
    struct fixture *f = *state;
    const char *id = arena_strdup(f->long_arena, given_job(f, IMPORT));
    bool worked = true;

    fixture_as(f, "case_manager");
    assert_int_equal(job_cancel(&f->ctx, id), ERR_NOT_FOUND);
    fixture_as(f, "supervisor");
    must(f, job_cancel(&f->ctx, id));
    assert_string_equal(state_of(f, id), "cancelled");
    must(f, run_once(f, &worked));
    assert_false(worked);
    assert_int_equal(count_of(f, f->ctx.db, PEOPLE), 0);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT COUNT(*) FROM job WHERE input IS NULL"), 1);
    ctx_clear_problems(&f->ctx);
    assert_int_equal(job_cancel(&f->ctx, id), ERR_CONFLICT);
}

/* A kind that tells how far it is, and is cancelled between two steps. */
static const char *cancelled_meanwhile;
static int64_t steps_done;

static enum err run_steps(struct job_work *w)
{
    w->total = 5;
    for (steps_done = 0; steps_done < 5; steps_done++) {
        enum err rc;

        w->ctx->now_ms += 2000;
        if (steps_done == 3 && cancelled_meanwhile) {
            rc = job_cancel(w->ctx, w->id);
            if (rc)
                return rc;
        }
        rc = job_progress(w, steps_done);
        if (rc)
            return rc;
    }
    json_pair(w->result, "summary", job_asked(w, "what"));
    return OK;
}

static int64_t rounds;
static int64_t brief_rounds;
static int64_t left_rounds; /* of one that has more to do twice */

static enum err count_round(struct ctx *ctx)
{
    rounds++;
    return ctx->user ? ERR_FORBIDDEN : OK;
}

static enum err count_brief_round(struct ctx *ctx)
{
    (void)ctx;
    brief_rounds++;
    return ERR_IO; /* what one does wrong keeps no other back */
}

static enum err count_what_is_left(struct ctx *ctx)
{
    (void)ctx;
    if (++left_rounds < 3)
        job_period_goes_on();
    return OK;
}

static const struct job_kind test_kinds[] = { { "steps", N_("Export"), run_steps }, { 0 } };
static const struct job_kind *const with_steps[] = { records_jobs, test_kinds, NULL };
static const struct job_kind *const without_steps[] = { records_jobs, NULL };
static const struct job_period test_periods[] = {
    { "test.brief", 1000, count_brief_round, true },
    { "test.rounds", INT64_C(24) * 60 * 60 * 1000, count_round, false },
    { "test.left", 10000, count_what_is_left, false },
    { 0 },
};
static const struct job_period *const periods[] = { test_periods, NULL };

static void a_room_adds_kinds_and_a_job_says_how_far_it_is(void **state)
{
    static const char input[] = "{\"login\":\"supervisor\",\"what\":\"Five steps\"}\n";
    struct fixture *f = *state;
    struct job job = { 0 };
    struct job *list = NULL;
    const char *id = NULL;
    bool worked = false;
    size_t len = 0;

    assert_int_equal(job_add(&f->ctx, &id, "steps", input, strlen(input)), ERR_INVALID);
    jobs_use_kinds(with_steps);
    must(f, job_add(&f->ctx, &id, "steps", input, strlen(input)));
    must(f, run_once(f, &worked));
    must(f, job_load(&f->ctx, &job, id));
    assert_string_equal(job.state, "done");
    assert_int_equal(job.total, 5);
    assert_non_null(strstr(job.result, "\"summary\":\"Five steps\""));
    assert_null(strstr(job.result, "supervisor"));

    cancelled_meanwhile = id;
    must(f, job_add(&f->ctx, &id, "steps", input, strlen(input)));
    must(f, run_once(f, &worked));
    cancelled_meanwhile = NULL;
    must(f, job_load(&f->ctx, &job, id));
    assert_string_equal(job.state, "cancelled");
    assert_int_equal(job.done, 2);
    assert_int_equal(steps_done, 3);
    must(f, job_list(&f->ctx, &list, &len));
    assert_int_equal(len, 2);
    assert_string_equal(list[0].id, id);
    jobs_use_kinds(without_steps);
}

static void what_comes_again_comes_once_in_its_time(void **state)
{
    struct fixture *f = *state;

    fixture_as_nobody(f);
    jobs_use_periods(periods);
    rounds = brief_rounds = left_rounds = 0;
    assert_int_equal(jobs_run_periods(&f->ctx), ERR_IO);
    assert_int_equal(jobs_run_periods(&f->ctx), OK);
    assert_int_equal(rounds, 1);
    assert_int_equal(brief_rounds, 1);
    assert_int_equal(left_rounds, 2);
    f->ctx.now_ms += 1000;
    assert_int_equal(jobs_run_periods(&f->ctx), ERR_IO);
    assert_int_equal(rounds, 1);
    assert_int_equal(brief_rounds, 2);
    assert_int_equal(left_rounds, 3);
    assert_int_equal(jobs_run_periods(&f->ctx), OK);
    assert_int_equal(left_rounds, 3); /* nothing is left: the next one in its time */
    f->ctx.now_ms += test_periods[1].every_ms;
    /* Another host was faster. */
    tamper(f, f->ctx.db, "UPDATE job_period SET last_at = last_at + 86400000");
    assert_int_equal(jobs_run_periods(&f->ctx), ERR_IO);
    assert_int_equal(rounds, 1);
    f->ctx.now_ms += 2 * test_periods[1].every_ms;
    assert_int_equal(jobs_run_periods(&f->ctx), ERR_IO);
    assert_int_equal(rounds, 2);
    jobs_use_periods(NULL);
}

#define JOBS(test) cmocka_unit_test_setup_teardown(test, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JOBS(a_job_belongs_to_who_asked_for_it),
        JOBS(a_job_acts_with_the_rights_of_who_asked),
        JOBS(a_job_without_its_line_is_refused),
        JOBS(a_job_that_keeps_dying_is_given_up),
        JOBS(jobs_and_their_files_go_after_a_day),
        JOBS(an_import_is_stored_once_whatever_fails),
        JOBS(a_checked_file_is_imported_once_however_often_it_is_asked_for),
        JOBS(starting_an_import_leaves_nothing_behind_when_the_database_fails),
        JOBS(an_import_that_was_taken_away_is_not_stored),
        JOBS(adding_a_job_leaves_nothing_behind_when_the_database_fails),
        JOBS(keeping_a_search_leaves_nothing_behind_when_the_database_fails),
        JOBS(a_file_to_import_can_be_read_nowhere),
        JOBS(a_search_is_gone_after_a_day),
        JOBS(whoever_asked_can_cancel_and_nobody_else),
        JOBS(a_room_adds_kinds_and_a_job_says_how_far_it_is),
        JOBS(what_comes_again_comes_once_in_its_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
