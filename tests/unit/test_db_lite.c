/* What only SQLite does: files, damage, copies, a full disk. */
#include "test_db_fix.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

DB_SQL(T_SHORTEN, "UPDATE thing SET n = n + 1");

/* --- SQLite alone --- */

static void files_are_for_the_owner_only(void **state)
{
    struct fix *f = use(state);
    static const char *const endings[] = { "", "-wal", "-shm", ".lock" };
    struct stat st;

    add(f, "1", 1);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(stat(arena_printf(f->ctx.arena, "%s%s", f->url, endings[i]), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

static void a_missing_file_is_made_only_on_request(void **state)
{
    struct fix *f = use(state);
    struct db *db = NULL;
    const char *path = arena_printf(f->ctx.arena, "%s/none.db", f->dir);

    assert_int_equal(db_open(&f->ctx, &db, path, DB_READ_WRITE, NULL), ERR_IO);
    assert_int_equal(db_open(&f->ctx, &db, path, DB_READ_ONLY, NULL), ERR_IO);
    assert_int_equal(db_open(&f->ctx, &db, "", DB_CREATE, NULL), ERR_INVALID);
    assert_int_equal(db_open(&f->ctx, &db, ":memory:", DB_CREATE, NULL), ERR_INVALID);
    assert_int_equal(access(path, F_OK), -1);
    assert_null(db);
}

static void what_is_no_database_is_refused_and_kept(void **state)
{
    struct fix *f = use(state);
    const char *path = arena_printf(f->ctx.arena, "%s/copy.db", f->dir);
    static const char words[] = "this is a letter and not a database, and it is long enough to see"
                                " that; every byte of it must still be there when we are done.....";
    char back[sizeof(words)] = { 0 };
    struct db *db = NULL;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);

    assert_int_equal(write(fd, words, sizeof(words)), sizeof(words));
    assert_int_not_equal(db_open(&f->ctx, &db, path, DB_CREATE, NULL), OK);
    assert_int_equal(pread(fd, back, sizeof(back), 0), sizeof(words));
    assert_memory_equal(words, back, sizeof(words));
    close(fd);
    unlink(arena_printf(f->ctx.arena, "%s.lock", path));
}

static void who_waits_too_long_to_write_is_told_that_it_is_busy(void **state)
{
    struct fix *f = use(state);
    struct db *other = NULL;

    assert_int_equal(db_open(&f->ctx, &other, f->url, DB_READ_WRITE, NULL), OK);
    other->lock_wait_ms = 60;
    assert_int_equal(db_begin_on(&f->ctx, f->db), OK);
    assert_int_equal(db_begin_on(&f->ctx, other), ERR_BUSY);
    assert_non_null(ctx_problem(&f->ctx, NULL));
    assert_false(db_in_transaction(other));
    assert_int_equal(db_commit_on(&f->ctx, f->db), OK);
    assert_int_equal(db_begin_on(&f->ctx, other), OK);
    assert_int_equal(db_commit_on(&f->ctx, other), OK);
    db_close(other);
}

static void a_copy_is_whole_and_never_overwrites(void **state)
{
    struct fix *f = use(state);
    const char *path = arena_printf(f->ctx.arena, "%s/copy.db", f->dir);
    struct db *copy = NULL;
    struct rows *rows = NULL;
    struct stat st;
    bool more = false;

    add(f, "1", 1);
    assert_int_equal(db_copy_to(&f->ctx, f->db, path), OK);
    assert_int_equal(db_copy_to(&f->ctx, f->db, path), ERR_IO);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(db_open(&f->ctx, &copy, path, DB_READ_ONLY, NULL), OK);
    assert_int_equal(db_check(&f->ctx, copy), OK);
    assert_int_equal(db_query_in(&f->ctx, copy, &rows, &T_COUNT), OK);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    assert_int_equal(row_int(rows, 0), 1);
    db_close(copy);
}

static void damage_is_found_by_the_check(void **state)
{
    struct fix *f = use(state);
    char junk[512];
    struct stat st;
    int fd;
    enum err rc;

    for (int i = 0; i < 3000; i++) {
        struct arena_mark mark = arena_mark(f->ctx.arena);

        add(f, arena_printf(f->ctx.arena, "%08d", i * 7919 % 3000), i);
        arena_rewind(f->ctx.arena, mark);
    }
    db_close(f->db);
    f->db = NULL;
    memset(junk, 0xa5, sizeof(junk));
    fd = open(f->url, O_RDWR);
    assert_int_equal(fstat(fd, &st), 0);
    assert_true(st.st_size > 40000);
    assert_int_equal(pwrite(fd, junk, sizeof(junk), st.st_size / 4096 / 2 * 4096), sizeof(junk));
    close(fd);
    rc = db_open(&f->ctx, &f->db, f->url, DB_READ_WRITE, NULL);
    assert_int_equal(rc, OK);
    assert_int_equal(db_check(&f->ctx, f->db), ERR_DB);
}

/* --- the write-ahead log --- */

static int64_t wal_size(struct fix *f)
{
    struct stat st = { 0 };

    assert_int_equal(stat(arena_printf(f->ctx.arena, "%s-wal", f->url), &st), 0);
    return st.st_size;
}

/* Rows of 20 KB. */
static void add_big(struct fix *f, struct db *db, int from, int len)
{
    static char big[20000];

    memset(big, 'x', sizeof(big) - 1);
    assert_int_equal(db_begin_on(&f->ctx, db), OK);
    for (int i = from; i < from + len; i++)
        assert_int_equal(db_exec_in(&f->ctx, db, NULL, &T_ADD,
                                    DB_TEXT(arena_printf(f->ctx.arena, "b%06d", i)), DB_INT(i),
                                    DB_NULL, DB_TEXT(big), DB_NULL),
                         OK);
    assert_int_equal(db_commit_on(&f->ctx, db), OK);
}

static void a_wal_that_has_grown_begins_anew_once_it_is_tidied(void **state)
{
    struct fix *f = use(state);
    struct db *other = NULL;
    int64_t size;

    assert_int_equal(db_open(&f->ctx, &other, f->url, DB_READ_WRITE, NULL), OK);
    add_big(f, f->db, 0, 100);
    size = wal_size(f);
    assert_int_equal(db_tidy(&f->ctx, other), OK); /* 500 pages: not worth the disk's time */
    add_big(f, f->db, 100, 110);
    assert_true(wal_size(f) > size);
    size = wal_size(f);
    assert_int_equal(db_tidy(&f->ctx, other), OK);
    add_big(f, f->db, 210, 100); /* from the beginning of the file again */
    assert_int_equal(wal_size(f), size);
    assert_int_equal(count(f), 310);
    assert_int_equal(db_begin_on(&f->ctx, other), OK);
    assert_int_equal(db_tidy(&f->ctx, other), OK); /* nothing, inside a transaction */
    assert_int_equal(db_commit_on(&f->ctx, other), OK);
    db_close(other);
    assert_int_equal(db_check(&f->ctx, f->db), OK);
}

/* More than the cache holds is written to the WAL before the commit, so a rollback leaves some. */
static void what_a_rollback_leaves_is_never_written_over_the_rows_of_others(void **state)
{
    struct fix *f = use(state);
    struct db *other = NULL;

    assert_int_equal(db_open(&f->ctx, &other, f->url, DB_READ_WRITE, NULL), OK);
    for (int round = 0; round < 3; round++) {
        const int first = round * 1000;

        assert_int_equal(db_begin(&f->ctx), OK);
        add_big(f, f->db, first, 500 + 7 * round);
        db_rollback(&f->ctx);
        assert_int_equal(db_begin_on(&f->ctx, other), OK);
        add_big(f, other, first, 499);
        assert_int_equal(db_commit_on(&f->ctx, other), OK);
        add_big(f, f->db, first + 700, 1);
        assert_int_equal(db_check(&f->ctx, other), OK);
        assert_int_equal(count(f), 500 * (round + 1));
    }
    db_close(other);
    db_close(f->db);
    fix_open(f);
    assert_int_equal(db_check(&f->ctx, f->db), OK);
    assert_int_equal(count(f), 1500);
}

static void copy_file(const char *from, const char *to)
{
    static char bytes[65536];
    int in = open(from, O_RDONLY);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t n;

    assert_true(in >= 0 && out >= 0);
    while ((n = read(in, bytes, sizeof(bytes))) > 0)
        assert_int_equal(write(out, bytes, (size_t)n), n);
    assert_int_equal(n, 0);
    close(in);
    close(out);
}

/* As after a power cut: the files alone, without what processes share. */
static void what_was_written_in_pieces_is_whole_once_it_is_committed(void **state)
{
    struct fix *f = use(state);
    static const char *const endings[] = { "-wal", "-shm", ".lock" };
    const char *copy = arena_printf(f->ctx.arena, "%s/copy.db", f->dir);
    struct db *cut = NULL;

    assert_int_equal(db_begin(&f->ctx), OK);
    add_big(f, f->db, 0, 500); /* more than the cache holds: pages are written, and again */
    assert_int_equal(db_exec(&f->ctx, NULL, &T_SHORTEN), OK);
    assert_int_equal(db_commit(&f->ctx), OK);
    add(f, "last", 1);
    copy_file(f->url, copy);
    copy_file(arena_printf(f->ctx.arena, "%s-wal", f->url),
              arena_printf(f->ctx.arena, "%s-wal", copy));
    assert_int_equal(db_open(&f->ctx, &cut, copy, DB_READ_WRITE, NULL), OK);
    assert_int_equal(db_check(&f->ctx, cut), OK);
    f->ctx.db = cut;
    assert_int_equal(count(f), 501);
    f->ctx.db = f->db;
    db_close(cut);
    for (size_t i = 0; i < 3; i++)
        unlink(arena_printf(f->ctx.arena, "%s%s", copy, endings[i]));
}

/* --- a full disk --- */

static void fill(struct fix *f, enum err *rc_out, int64_t *saved_out)
{
    static char big[20000];
    enum err rc = OK;

    memset(big, 'x', sizeof(big) - 1);
    *saved_out = 0;
    for (int i = 0; rc == OK && i < 10000; i++) {
        struct arena_mark mark = arena_mark(f->ctx.arena);

        rc = db_begin(&f->ctx);
        if (rc == OK)
            rc = db_exec(&f->ctx, NULL, &T_ADD, DB_TEXT(arena_printf(f->ctx.arena, "f%06d", i)),
                         DB_INT(i), DB_NULL, DB_TEXT(big), DB_NULL);
        if (rc == OK)
            rc = db_commit(&f->ctx);
        if (rc == OK)
            rc = db_flush(&f->ctx, f->db);
        if (rc == OK) {
            (*saved_out)++;
            arena_rewind(f->ctx.arena, mark);
        }
    }
    db_rollback(&f->ctx);
    *rc_out = rc;
}

static void assert_full_and_readable(struct fix *f)
{
    int64_t saved = 0;
    enum err rc = OK;

    fill(f, &rc, &saved);
    assert_int_equal(rc, ERR_IO);
    assert_non_null(strstr(ctx_first_problem(&f->ctx), "The disk is full: nothing was saved."));
    assert_true(saved > 0);
    assert_int_equal(count(f), saved);
    assert_int_equal(db_check(&f->ctx, f->db), OK);
    ctx_clear_problems(&f->ctx);
}

static void a_full_disk_is_said_and_reads_go_on(void **state)
{
    struct fix *f = use(state);
    struct rlimit was;
    struct rlimit low;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    low = was;
    low.rlim_cur = (rlim_t)2 * 1024 * 1024;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    assert_full_and_readable(f);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    add(f, "after", 1);
}

static void a_full_file_system_is_said_and_reads_go_on(void **state)
{
    struct fix *f = use(state);
    const char *ballast = arena_printf(f->ctx.arena, "%s/ballast", f->dir);
    char block[4096] = { 0 };
    int64_t before;
    int fd;

    db_close(f->db);
    f->db = NULL;
    if (mount("tmpfs", f->dir, "tmpfs", 0, "size=3m") != 0) {
        fix_open(f);
        skip(); /* not root: the test before, with a limit on the size of files, has run */
    }
    fd = open(ballast, O_RDWR | O_CREAT, 0600);
    for (int i = 0; i < 64; i++)
        assert_int_equal(write(fd, block, sizeof(block)), sizeof(block));
    close(fd);
    fix_open(f);
    assert_int_equal(db_ddl(&f->ctx, f->db, tables), OK);
    assert_full_and_readable(f);
    before = count(f);
    unlink(ballast); /* room is made: writing works again at once */
    add(f, "after", 1);
    assert_int_equal(count(f), before + 1);
    db_close(f->db);
    f->db = NULL;
    assert_int_equal(umount(f->dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LITE(files_are_for_the_owner_only),
        LITE(a_missing_file_is_made_only_on_request),
        LITE(what_is_no_database_is_refused_and_kept),
        LITE(a_copy_is_whole_and_never_overwrites),
        LITE(who_waits_too_long_to_write_is_told_that_it_is_busy),
        LITE(damage_is_found_by_the_check),
        LITE(a_wal_that_has_grown_begins_anew_once_it_is_tidied),
        LITE(what_a_rollback_leaves_is_never_written_over_the_rows_of_others),
        LITE(what_was_written_in_pieces_is_whole_once_it_is_committed),
        LITE(a_full_disk_is_said_and_reads_go_on),
        LITE(a_full_file_system_is_said_and_reads_go_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
