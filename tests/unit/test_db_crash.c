/*
 * What db_flush acknowledged is there after kill -9 and after a power cut that drops every
 * unflushed byte. Writers are children; each tells the row on a pipe after its flush, and is killed
 * at a moment chosen by a seed. A writer that tells rows without flushing must lose some, or the
 * test proves nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/db.h"
#include "powercut/powercut.h"

DB_SQL(CRASH_ADD, "INSERT INTO row (id, filling) VALUES ($1, $2)");
DB_SQL(CRASH_HAS, "SELECT count(*) FROM row WHERE id = $1 AND length(filling) = $2");
DB_SQL(CRASH_RAISE, "UPDATE tally SET n = n + 1 WHERE id = 'rows'");
DB_SQL(CRASH_CLEAR, "DELETE FROM row");
DB_SQL(CRASH_ZERO, "UPDATE tally SET n = 0");
DB_SQL(CRASH_TALLY, "SELECT n - (SELECT count(*) FROM row) FROM tally WHERE id = 'rows'");

#define WRITERS_MAX 2
#define ROUNDS      12
#define FILLING     12000 /* several pages, so that 150 rows bring a checkpoint */

enum damage { DAMAGE_KILL, DAMAGE_CUT, DAMAGE_CUT_BY_CHANCE };

struct play {
    int writers;
    enum damage damage;
    bool flush;
    int *lost_out; /* NULL: losing any fails the test */
};

struct note {
    int writer;
    int row;
};

struct house {
    char dir[64];
    const char *path;
    struct arena *arena;
    struct db_shared *shared;
    int next[WRITERS_MAX]; /* first row that each writer may use */
};

static char filling[FILLING + 1];

static const char *row_id(struct arena *a, int writer, int row)
{
    return arena_printf(a, "w%d-%06d", writer, row);
}

static enum err write_row(struct ctx *ctx, int writer, int row)
{
    enum err rc;

    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &CRASH_ADD, DB_TEXT(row_id(ctx->arena, writer, row)), DB_TEXT(filling));
    if (rc == OK)
        rc = db_exec(ctx, NULL, &CRASH_RAISE);
    if (rc == OK)
        rc = db_commit(ctx);
    if (rc)
        db_rollback(ctx);
    return rc;
}

static void writer_runs(const struct house *h, const struct play *play, int me, int pipe_fd)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en" };
    struct arena_mark mark;
    enum err rc;

    rc = db_open(&ctx, &ctx.db, h->path, DB_READ_WRITE, h->shared);
    mark = arena_mark(ctx.arena);
    for (int row = h->next[me]; rc == OK; row++) {
        struct note n = { .writer = me, .row = row };

        rc = write_row(&ctx, me, row);
        if (rc == OK && play->flush)
            rc = db_flush(&ctx, ctx.db);
        if (rc == OK && write(pipe_fd, &n, sizeof(n)) != sizeof(n))
            rc = ERR_IO;
        arena_rewind(ctx.arena, mark);
    }
    _exit(9);
}

/* Reads notes until enough have come, kills, reads the rest. Rows told per writer: [next, told). */
static void run_and_kill(struct house *h, const struct play *play, int enough, int *told)
{
    pid_t pids[WRITERS_MAX] = { 0 };
    struct note n;
    int ends[2];
    int seen = 0;

    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < play->writers; i++) {
        told[i] = h->next[i];
        pids[i] = fork();
        if (pids[i] == 0) {
            close(ends[0]);
            writer_runs(h, play, i, ends[1]);
        }
    }
    close(ends[1]);
    while (read(ends[0], &n, sizeof(n)) == sizeof(n)) {
        assert_int_equal(n.row, told[n.writer]);
        told[n.writer]++;
        seen++;
        for (int i = 0; seen == enough && i < play->writers; i++)
            kill(pids[i], SIGKILL);
    }
    close(ends[0]);
    assert_true(seen >= enough);
    for (int i = 0; i < play->writers; i++) {
        int status = 0;

        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFSIGNALED(status));
    }
}

static int64_t ask(struct ctx *ctx, const struct db_sql *sql, const struct db_arg *args)
{
    struct rows *rows = NULL;
    bool more = false;
    int64_t n;

    assert_int_equal(db_query_on(ctx, ctx->db, &rows, sql, args), OK);
    assert_int_equal(db_next(ctx, rows, &more), OK);
    n = row_int(rows, 0);
    db_rows_close(rows);
    return n;
}

static bool has(struct ctx *ctx, int writer, int row)
{
    const struct db_arg args[] = { DB_TEXT(row_id(ctx->arena, writer, row)),
                                   DB_INT(FILLING),
                                   { 0 } };

    return ask(ctx, &CRASH_HAS, args) == 1;
}

/* Opens what is left, as the next start would. Returns how many told rows are missing; empties. */
static int look(struct house *h, const struct play *play, const int *from, const int *told)
{
    const struct db_arg none[] = { { 0 } };
    struct ctx ctx = { .arena = arena_new(0), .lang = "en" };
    int missing = 0;

    assert_int_equal(db_open(&ctx, &ctx.db, h->path, DB_READ_WRITE, NULL), OK);
    assert_int_equal(db_check(&ctx, ctx.db), OK);
    /* Row and tally are one transaction: both or neither. */
    assert_int_equal(ask(&ctx, &CRASH_TALLY, none), 0);
    for (int i = 0; i < play->writers; i++) {
        for (int row = from[i]; row < told[i]; row++)
            missing += has(&ctx, i, row) ? 0 : 1;
        h->next[i] = told[i];
    }
    assert_int_equal(db_begin(&ctx), OK);
    assert_int_equal(db_exec(&ctx, NULL, &CRASH_CLEAR), OK);
    assert_int_equal(db_exec(&ctx, NULL, &CRASH_ZERO), OK);
    assert_int_equal(db_commit(&ctx), OK);
    assert_int_equal(db_flush(&ctx, ctx.db), OK);
    db_close(ctx.db);
    arena_free(ctx.arena);
    return missing;
}

static void house_make(struct house *h)
{
    static const char tables[] =
        "CREATE TABLE row (id TEXT NOT NULL PRIMARY KEY, filling TEXT NOT NULL) %STRICT%;"
        "CREATE TABLE tally (id TEXT NOT NULL PRIMARY KEY, n %INT% NOT NULL) %STRICT%;"
        "INSERT INTO tally (id, n) VALUES ('rows', 0);";
    struct ctx ctx = { 0 };

    memset(h, 0, sizeof(*h));
    memset(filling, 'f', FILLING);
    h->arena = arena_new(0);
    /* In memory if there is room: what the disk would keep is known without it. */
    snprintf(h->dir, sizeof(h->dir), "%s/hw-crash-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(h->dir));
    h->path = arena_printf(h->arena, "%s/a.db", h->dir);
    ctx.arena = h->arena;
    ctx.lang = "en";
    assert_int_equal(db_open(&ctx, &ctx.db, h->path, DB_CREATE, NULL), OK);
    assert_int_equal(db_ddl(&ctx, ctx.db, tables), OK);
    assert_int_equal(db_flush(&ctx, ctx.db), OK);
    db_close(ctx.db);
}

static void house_end(struct house *h)
{
    static const char *const endings[] = { "", "-wal", "-shm", ".lock" };

    for (size_t i = 0; i < 4; i++)
        unlink(arena_printf(h->arena, "%s%s", h->path, endings[i]));
    assert_int_equal(rmdir(h->dir), 0);
    arena_free(h->arena);
}

static void play_rounds(const struct play *play)
{
    struct house h;
    uint64_t seed = 20261122;
    int told[WRITERS_MAX] = { 0 };
    int lost = 0;

    house_make(&h);
    if (play->damage != DAMAGE_KILL)
        powercut_watch(h.dir);
    for (int round = 0; round < ROUNDS; round++) {
        int from[WRITERS_MAX];

        memcpy(from, h.next, sizeof(from));
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        h.shared = db_shared_new();
        assert_non_null(h.shared);
        /* Up to 400 rows: some rounds end before the first checkpoint, some after several. */
        run_and_kill(&h, play, 1 + (int)((seed >> 33) % 400), told);
        if (play->damage != DAMAGE_KILL)
            powercut_cut(play->damage == DAMAGE_CUT ? 0 : seed | 1);
        lost += look(&h, play, from, told);
        if (play->lost_out == NULL)
            assert_int_equal(lost, 0);
    }
    if (play->damage != DAMAGE_KILL)
        powercut_end();
    house_end(&h);
    if (play->lost_out)
        *play->lost_out = lost;
}

static void kill_9_loses_nothing(void **state)
{
    (void)state;
    play_rounds(&(struct play){ .writers = 1, .damage = DAMAGE_KILL, .flush = true });
    play_rounds(&(struct play){ .writers = 2, .damage = DAMAGE_KILL, .flush = true });
}

static void a_power_cut_loses_nothing_that_was_flushed(void **state)
{
    (void)state;
    play_rounds(&(struct play){ .writers = 1, .damage = DAMAGE_CUT, .flush = true });
}

static void a_power_cut_loses_nothing_of_two_writers(void **state)
{
    (void)state;
    play_rounds(&(struct play){ .writers = 2, .damage = DAMAGE_CUT, .flush = true });
}

static void a_cut_that_keeps_some_sectors_loses_nothing(void **state)
{
    (void)state;
    play_rounds(&(struct play){ .writers = 2, .damage = DAMAGE_CUT_BY_CHANCE, .flush = true });
}

static void without_the_flush_rows_are_lost_and_the_store_is_sound(void **state)
{
    int lost = 0;

    (void)state;
    play_rounds(&(struct play){ .writers = 2, .damage = DAMAGE_CUT, .lost_out = &lost });
    assert_true(lost > 0);
}

/* --- the shared flush, two connections of one process --- */

struct pair {
    struct house h;
    struct ctx a;
    struct ctx b;
};

static void pair_make(struct pair *p)
{
    house_make(&p->h);
    powercut_watch(p->h.dir);
    p->h.shared = db_shared_new();
    assert_non_null(p->h.shared);
}

static void pair_open(struct pair *p)
{
    p->a = (struct ctx){ .arena = p->h.arena, .lang = "en" };
    p->b = p->a;
    assert_int_equal(db_open(&p->a, &p->a.db, p->h.path, DB_READ_WRITE, p->h.shared), OK);
    assert_int_equal(db_open(&p->b, &p->b.db, p->h.path, DB_READ_WRITE, p->h.shared), OK);
    /* Each opens the log and makes its name durable once. */
    assert_int_equal(write_row(&p->a, 0, 1), OK);
    assert_int_equal(write_row(&p->b, 1, 1), OK);
    assert_int_equal(db_flush(&p->a, p->a.db), OK);
    assert_int_equal(db_flush(&p->b, p->b.db), OK);
}

static void pair_close(struct pair *p)
{
    db_close(p->a.db);
    db_close(p->b.db);
    powercut_end();
    house_end(&p->h);
}

static void one_flush_serves_all_commits_before_it(void **state)
{
    struct pair p = { 0 };
    int before;

    (void)state;
    pair_make(&p);
    pair_open(&p);
    before = powercut_flushes();
    assert_int_equal(db_flush(&p.a, p.a.db), OK); /* nothing was committed since */
    assert_int_equal(powercut_flushes(), before);
    assert_int_equal(write_row(&p.a, 0, 2), OK);
    assert_int_equal(write_row(&p.b, 1, 2), OK);
    assert_int_equal(db_flush(&p.a, p.a.db), OK);
    assert_int_equal(powercut_flushes(), before + 1);
    assert_int_equal(db_flush(&p.b, p.b.db), OK);
    assert_int_equal(powercut_flushes(), before + 1);
    assert_int_equal(write_row(&p.b, 1, 3), OK); /* later than the flush: needs its own */
    assert_int_equal(db_flush(&p.b, p.b.db), OK);
    assert_int_equal(powercut_flushes(), before + 2);
    pair_close(&p);
}

static void a_flush_that_failed_is_never_taken_for_done(void **state)
{
    struct pair p = { 0 };

    (void)state;
    pair_make(&p);
    pair_open(&p);
    assert_int_equal(write_row(&p.a, 0, 2), OK);
    assert_int_equal(write_row(&p.b, 1, 2), OK);
    powercut_next(POWERCUT_ERROR);
    assert_int_equal(db_flush(&p.a, p.a.db), ERR_IO);
    /* The kernel would say yes now, though the pages may be gone. */
    assert_int_equal(db_flush(&p.b, p.b.db), ERR_IO);
    assert_int_equal(db_flush(&p.a, p.a.db), ERR_IO);
    assert_true(has(&p.a, 0, 1)); /* reads go on */
    pair_close(&p);
}

static void a_process_that_dies_in_its_flush_stops_nobody(void **state)
{
    struct pair p = { 0 };
    int status = 0;
    pid_t pid;

    (void)state;
    pair_make(&p);
    pid = fork();
    if (pid == 0) {
        struct ctx ctx = { .arena = arena_new(0), .lang = "en" };
        enum err rc = db_open(&ctx, &ctx.db, p.h.path, DB_READ_WRITE, p.h.shared);

        if (rc == OK)
            rc = write_row(&ctx, 0, 2);
        if (rc == OK)
            rc = db_flush(&ctx, ctx.db);
        if (rc == OK)
            rc = write_row(&ctx, 0, 3);
        powercut_next(POWERCUT_DIE);
        if (rc == OK)
            rc = db_flush(&ctx, ctx.db);
        _exit(rc == OK ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 7);
    pair_open(&p);
    assert_true(has(&p.a, 0, 2));
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kill_9_loses_nothing),
        cmocka_unit_test(a_power_cut_loses_nothing_that_was_flushed),
        cmocka_unit_test(a_power_cut_loses_nothing_of_two_writers),
        cmocka_unit_test(a_cut_that_keeps_some_sectors_loses_nothing),
        cmocka_unit_test(without_the_flush_rows_are_lost_and_the_store_is_sound),
        cmocka_unit_test(one_flush_serves_all_commits_before_it),
        cmocka_unit_test(a_flush_that_failed_is_never_taken_for_done),
        cmocka_unit_test(a_process_that_dies_in_its_flush_stops_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
