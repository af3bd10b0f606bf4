/* What a job made, in sealed pieces: made and fetched in flat memory, whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/app.h"
#include "core/text.h"
#include "db/db.h"
#include "pages.h"
#include "records/job_file.h"
#include "records/jobs.h"

#define MEGABYTE  ((size_t)1024 * 1024)
#define PAGE      ((size_t)100000)
#define FLAT_MOST (4 * MEGABYTE) /* of a job that writes any amount */

/* What the job below does. */
static size_t wanted;       /* bytes */
static size_t arena_most;   /* while it worked */
static size_t memory_most;  /* of the file, in memory, after a page */
static bool breaks_off;     /* with a fault behind the last page */
static const char *cancels; /* a job that is cancelled meanwhile */

/* Bytes that differ from place to place, so that parts out of order are seen. */
static void fill(unsigned char *out, size_t from, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)((from + i) * 2654435761U >> 13);
}

static enum err write_page(struct job_file *f, size_t from, size_t len)
{
    unsigned char page[PAGE];
    struct stat st = { 0 };
    enum err rc;

    fill(page, from, len);
    assert_int_equal(write(f->fd, page, len), (ssize_t)len);
    rc = job_file_flush(f, (int64_t)from);
    assert_int_equal(fstat(f->fd, &st), 0);
    if ((size_t)st.st_blocks * 512 > memory_most)
        memory_most = (size_t)st.st_blocks * 512;
    if (arena_used(f->w->ctx->arena) > arena_most)
        arena_most = arena_used(f->w->ctx->arena);
    return rc;
}

static enum err end_file(struct job_work *w, struct job_file *f)
{
    enum err rc = db_begin(w->ctx);

    if (!rc)
        rc = job_file_end(f);
    if (!rc)
        rc = job_end(w, false);
    if (!rc)
        rc = db_commit(w->ctx);
    if (rc)
        db_rollback(w->ctx);
    return rc;
}

static enum err write_much(struct job_work *w)
{
    struct job_file f = { 0 };
    enum err rc = job_file_begin(w, &f);

    for (size_t at = 0; !rc && at < wanted; at += PAGE) {
        rc = write_page(&f, at, wanted - at < PAGE ? wanted - at : PAGE);
        if (!rc && cancels && at > wanted / 2)
            rc = job_cancel(w->ctx, cancels);
    }
    if (!rc && breaks_off)
        rc = ctx_fail(w->ctx, ERR_LIMIT, "broken off");
    if (!rc)
        rc = end_file(w, &f);
    job_file_close(&f);
    return rc;
}

static const struct job_kind writing[] = { { "export", N_("Export"), write_much, false }, { 0 } };
static const struct job_kind *const kinds[] = { writing, NULL };

static int setup(void **state)
{
    wanted = 0;
    arena_most = 0;
    memory_most = 0;
    breaks_off = false;
    cancels = NULL;
    if (pages_setup(state))
        return -1;
    jobs_use_kinds(kinds);
    jobs_use_clock(NULL);
    return 0;
}

static const char *given_file(struct pages *p, size_t bytes)
{
    struct page page = page_post(p, SUPERVISOR, "/records/person/export", "whose=own&format=csv");

    assert_int_equal(page.status, 303);
    wanted = bytes;
    run_jobs(p);
    return page.location;
}

static int64_t chunks(struct pages *p)
{
    return pages_count(p, "SELECT count(*) FROM job_chunk");
}

/* Fetches it part by part; each is looked at and forgotten, as the front does. */
static size_t fetch(struct pages *p, const char *job)
{
    const char *file = arena_printf(p->arena, "%s/file", job);
    char token[32] = "";
    size_t len = 0;

    for (bool more = true; more;) {
        struct arena_mark mark = arena_mark(p->arena);
        struct page page =
            token[0] ? page_go_on(p, SUPERVISOR, file, token) : page_get(p, SUPERVISOR, file, NULL);
        unsigned char *like = arena_alloc(p->arena, page.len + 1);

        assert_int_equal(page.status, 200);
        assert_true(page.len <= JOB_CHUNK);
        fill(like, len, page.len);
        if (page.len > 0)
            assert_memory_equal(page.body, like, page.len);
        len += page.len;
        more = page.continuation != NULL;
        if (more)
            memcpy(token, page.continuation, strlen(page.continuation) + 1);
        arena_rewind(p->arena, mark);
    }
    return len;
}

static void forty_megabytes_are_made_and_fetched_without_being_held_in_memory(void **state)
{
    struct pages *p = *state;
    const char *job = given_file(p, 40 * MEGABYTE);

    assert_int_equal(chunks(p), (int64_t)((40 * MEGABYTE + JOB_CHUNK - 1) / JOB_CHUNK));
    assert_true(memory_most < FLAT_MOST);
    assert_true(arena_most < FLAT_MOST);
    assert_int_equal(fetch(p, job), 40 * MEGABYTE);
}

static void a_file_of_any_size_comes_back_as_it_was(void **state)
{
    static const size_t sizes[] = { 0, 1, JOB_CHUNK - 1, JOB_CHUNK, JOB_CHUNK + 1, 3 * JOB_CHUNK };
    struct pages *p = *state;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        assert_int_equal(fetch(p, given_file(p, sizes[i])), sizes[i]);
}

static void a_client_that_vanishes_leaves_nothing_and_may_begin_again(void **state)
{
    struct pages *p = *state;
    const char *job = given_file(p, 3 * JOB_CHUNK);
    const char *file = arena_printf(p->arena, "%s/file", job);
    struct page page = page_go_on(p, SUPERVISOR, file, NULL);

    assert_string_equal(page.continuation, "1"); /* and is never asked for */
    assert_int_equal(fetch(p, job), 3 * JOB_CHUNK);
    page = page_go_on(p, SUPERVISOR, file, "2");
    assert_int_equal(page.status, 200);
    assert_null(page.continuation);
    assert_int_equal(page_go_on(p, SUPERVISOR, file, "3").status, 422);
    assert_int_equal(page_go_on(p, SUPERVISOR, file, "-1").status, 422);
    assert_int_equal(page_go_on(p, CASE_MANAGER, file, "1").status, 404);
}

static void pieces_that_were_exchanged_or_taken_away_are_not_given_out(void **state)
{
    struct pages *p = *state;
    const char *job = given_file(p, 3 * JOB_CHUNK);
    const char *file = arena_printf(p->arena, "%s/file", job);
    struct ctx ctx = p->ctx;

    DB_SQL(SWAP, "UPDATE job_chunk SET sealed = (SELECT sealed FROM job_chunk WHERE place = 2)"
                 " WHERE place = 1");
    DB_SQL(TAKE_AWAY, "DELETE FROM job_chunk WHERE place = 2");
    ctx.db = home_write_db(p->home);
    assert_int_equal(db_begin(&ctx), OK);
    assert_int_equal(db_exec(&ctx, NULL, &SWAP), OK);
    assert_int_equal(db_exec(&ctx, NULL, &TAKE_AWAY), OK);
    assert_int_equal(db_commit(&ctx), OK);
    assert_int_equal(page_go_on(p, SUPERVISOR, file, NULL).status, 200);
    assert_true(page_go_on(p, SUPERVISOR, file, "1").status >= 400);
    assert_int_equal(page_go_on(p, SUPERVISOR, file, "2").status, 404);
}

static void of_a_job_that_failed_or_was_cancelled_no_piece_remains(void **state)
{
    struct pages *p = *state;
    struct page page;

    breaks_off = true;
    page.location = given_file(p, 5 * JOB_CHUNK);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "broken off"));
    assert_int_equal(chunks(p), 0);
    breaks_off = false;
    page = page_post(p, SUPERVISOR, "/records/person/export", "whose=own&format=csv");
    cancels = page.location + strlen("/jobs/");
    wanted = 5 * JOB_CHUNK;
    run_jobs(p);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM job WHERE state = 'cancelled'"), 1);
    assert_int_equal(chunks(p), 0);
}

static void a_day_later_the_file_is_gone_with_its_job(void **state)
{
    struct pages *p = *state;
    const char *job = given_file(p, 2 * JOB_CHUNK);

    assert_int_equal(chunks(p), 2);
    assert_int_equal(fetch(p, job), 2 * JOB_CHUNK);
    p->ctx.now_ms += 2 * JOB_KEPT_MS;
    run_jobs(p);
    assert_int_equal(chunks(p), 0);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM job"), 0);
}

static void a_database_that_fails_at_any_call_leaves_a_whole_file_or_none(void **state)
{
    struct pages *p = *state;
    int64_t done = 0;

    for (int n = 1; done == 0; n++) {
        struct page page =
            page_post(p, SUPERVISOR, "/records/person/export", "whose=own&format=csv");
        struct ctx ctx = p->ctx;
        bool worked = false;

        wanted = 2 * JOB_CHUNK + 1;
        ctx.db = home_write_db(p->home);
        db_fail_at(ctx.db, n);
        if (jobs_run_one(&ctx, &worked) != OK)
            ctx_clear_problems(&ctx);
        db_fail_at(ctx.db, 0);
        assert_false(db_in_transaction(ctx.db));
        done = pages_count(p, "SELECT count(*) FROM job WHERE state = 'done'");
        if (done)
            break;
        assert_int_equal(
            page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/file", page.location), NULL).status,
            404);
        assert_true(n < 200);
    }
    assert_int_equal(pages_count(p, "SELECT count(*) FROM job_chunk JOIN job ON id = job_id"
                                    " WHERE state = 'done'"),
                     3);
}

#define PAGES(test) cmocka_unit_test_setup_teardown(test, setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGES(forty_megabytes_are_made_and_fetched_without_being_held_in_memory),
        PAGES(a_file_of_any_size_comes_back_as_it_was),
        PAGES(a_client_that_vanishes_leaves_nothing_and_may_begin_again),
        PAGES(pieces_that_were_exchanged_or_taken_away_are_not_given_out),
        PAGES(of_a_job_that_failed_or_was_cancelled_no_piece_remains),
        PAGES(a_day_later_the_file_is_gone_with_its_job),
        PAGES(a_database_that_fails_at_any_call_leaves_a_whole_file_or_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
