/*
 * The db room on SQLite and, when HOMEWARD_PG_URL names a server (tests/support/pg.sh run ...), on
 * PostgreSQL. What must survive a crash is in test_db_crash.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/text.h"
#include "db/db_private.h"

struct fix {
    struct ctx ctx;
    char dir[64];
    char *url;
    struct db *db;
    bool pg;
};

DB_SQL(T_ADD, "INSERT INTO thing (id, n, x, note, data) VALUES ($1, $2, $3, $4, $5)");
DB_SQL(T_ADD_ID, "INSERT INTO thing (id, n) VALUES ($1, $2)");
DB_SQL(T_ALL, "SELECT id, n, x, note, data FROM thing ORDER BY id");
DB_SQL(T_IDS, "SELECT id FROM thing ORDER BY id");
DB_SQL(T_COUNT, "SELECT count(*) FROM thing");
DB_SQL(T_SWAPPED, "SELECT $2, $1");
DB_SQL(T_MAYBE, "SELECT id FROM thing WHERE $1 IS NULL OR id = $1 ORDER BY id");
DB_SQL(T_RAISE, "UPDATE thing SET n = n + $2 WHERE id = $1");
DB_SQL(T_RAISE_TELL, "UPDATE thing SET n = n + 1 WHERE id = $1 RETURNING n");
DB_SQL(T_SUM, "SELECT sum(n), avg(n), CAST(sum(n) AS BIGINT) FROM thing");
DB_SQL(T_WRONG, "SELECT nothing FROM nowhere");
DB_SQL(T_CHILD, "INSERT INTO child (id, thing_id) VALUES ($1, $2)");
DB_SQL(T_FOREVER, "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r"
                  " WHERE n < 4000000000) SELECT count(*) FROM r");
DB_SQL(T_SERIES, "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < $1)"
                 " SELECT n, 'some text of about forty characters here' FROM r");

static const char tables[] =
    "CREATE TABLE thing (id TEXT NOT NULL PRIMARY KEY, n %INT%, x %REAL%, note TEXT, data %BLOB%)"
    " %STRICT%; -- a comment\n"
    "CREATE TABLE child (id TEXT NOT NULL PRIMARY KEY,"
    " thing_id TEXT NOT NULL REFERENCES thing (id)) %STRICT%;";

static int made;

static const char *pg_base(void)
{
    return getenv("HOMEWARD_PG_URL");
}

static struct fix *fix_new(bool pg)
{
    struct fix *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->pg = pg;
    f->ctx.arena = arena_new(0);
    f->ctx.lang = "en";
    f->ctx.now_ms = 1795327000000;
    strcpy(f->dir, "/tmp/hw-db-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    if (pg)
        f->url = db_companion_url(f->ctx.arena, pg_base(),
                                  arena_printf(f->ctx.arena, "t%d_%d", (int)getpid(), ++made));
    else
        f->url = arena_printf(f->ctx.arena, "%s/a.db", f->dir);
    return f;
}

static void fix_open(struct fix *f)
{
    assert_int_equal(db_open(&f->ctx, &f->db, f->url, DB_CREATE, NULL), OK);
    f->ctx.db = f->db;
}

static int setup(void **state, bool pg)
{
    struct fix *f;

    *state = NULL;
    if (pg && pg_base() == NULL)
        return 0;
    f = fix_new(pg);
    fix_open(f);
    assert_int_equal(db_ddl(&f->ctx, f->db, tables), OK);
    *state = f;
    return 0;
}

static int setup_lite(void **state)
{
    return setup(state, false);
}

static int setup_pg(void **state)
{
    return setup(state, true);
}

static void drop_database(struct fix *f)
{
    struct db *base = NULL;
    const char *name = strchr(strstr(f->url, "://") + 3, '/') + 1;
    const char *sql = arena_printf(f->ctx.arena, "DROP DATABASE IF EXISTS %.*s WITH (FORCE)",
                                   (int)strcspn(name, "?"), name);

    assert_int_equal(db_open(&f->ctx, &base, pg_base(), DB_READ_WRITE, NULL), OK);
    assert_int_equal(db_exec_in(&f->ctx, base, NULL, db_sql_built(base, sql)), OK);
    db_close(base);
}

static int teardown(void **state)
{
    struct fix *f = *state;
    static const char *const endings[] = { "", "-wal", "-shm", ".lock" };

    if (f == NULL)
        return 0;
    db_close(f->db);
    if (f->pg)
        drop_database(f);
    for (size_t i = 0; i < 4; i++)
        unlink(arena_printf(f->ctx.arena, "%s/a.db%s", f->dir, endings[i]));
    unlink(arena_printf(f->ctx.arena, "%s/copy.db", f->dir));
    assert_int_equal(rmdir(f->dir), 0);
    arena_free(f->ctx.arena);
    free(f);
    return 0;
}

static struct fix *use(void **state)
{
    if (*state == NULL)
        skip();
    return *state;
}

static int64_t count(struct fix *f)
{
    struct rows *rows = NULL;
    bool more = false;
    int64_t n;

    assert_int_equal(db_query(&f->ctx, &rows, &T_COUNT), OK);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    assert_true(more);
    n = row_int(rows, 0);
    db_rows_close(rows);
    return n;
}

static void add(struct fix *f, const char *id, int64_t n)
{
    assert_int_equal(db_exec(&f->ctx, NULL, &T_ADD_ID, DB_TEXT(id), DB_INT(n)), OK);
}

/* --- values --- */

static void every_kind_of_value_comes_back(void **state)
{
    struct fix *f = use(state);
    static const unsigned char bytes[] = { 0, 1, 0xff, 0, '\'' };
    struct rows *rows = NULL;
    bool more = false;
    size_t len = 0;
    const void *p;

    assert_int_equal(db_exec(&f->ctx, NULL, &T_ADD, DB_TEXT("1"), DB_INT(INT64_MIN), DB_REAL(0.1),
                             DB_TEXT("عثمان 'x'"), DB_BLOB(bytes, sizeof(bytes))),
                     OK);
    assert_int_equal(db_exec(&f->ctx, NULL, &T_ADD, DB_TEXT("2"), DB_NULL, DB_NULL, DB_TEXT(NULL),
                             DB_BLOB(NULL, 0)),
                     OK);
    assert_int_equal(db_exec(&f->ctx, NULL, &T_ADD, DB_TEXT("3"), DB_INT(-1), DB_REAL(-2e300),
                             DB_TEXT(""), DB_BLOB("", 0)),
                     OK);
    assert_int_equal(db_query(&f->ctx, &rows, &T_ALL), OK);

    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    assert_true(row_int(rows, 1) == INT64_MIN);
    assert_true(row_real(rows, 2) == 0.1);
    assert_string_equal(row_text(rows, 3), "عثمان 'x'");
    p = row_blob(rows, 4, &len);
    assert_int_equal(len, sizeof(bytes));
    assert_memory_equal(p, bytes, sizeof(bytes));

    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    for (int i = 1; i < 5; i++)
        assert_true(row_is_null(rows, i));
    assert_null(row_text(rows, 3));
    assert_null(row_blob(rows, 4, &len));
    assert_int_equal(row_int(rows, 1), 0);

    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    assert_int_equal(row_int(rows, 1), -1);
    assert_true(row_real(rows, 2) == -2e300);
    assert_string_equal(row_text(rows, 3), "");
    assert_non_null(row_blob(rows, 4, &len));
    assert_int_equal(len, 0);
    assert_string_equal(row_text(rows, 1), "-1");

    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    assert_false(more);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    assert_false(more);
}

static void sums_are_numbers_on_both(void **state)
{
    struct fix *f = use(state);
    struct rows *rows = NULL;
    bool more = false;

    add(f, "1", 123456789012);
    add(f, "2", -56789012);
    add(f, "3", 30000);
    assert_int_equal(db_query(&f->ctx, &rows, &T_SUM), OK);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    assert_true(row_int(rows, 0) == 123400030000);
    assert_true(row_int(rows, 2) == 123400030000);
    assert_true(row_real(rows, 1) > 41133343333.3 && row_real(rows, 1) < 41133343333.4);
}

static void arguments_go_by_name_and_not_by_place(void **state)
{
    struct fix *f = use(state);
    struct rows *rows = NULL;
    bool more = false;

    assert_int_equal(db_query(&f->ctx, &rows, &T_SWAPPED, DB_TEXT("a"), DB_TEXT("b")), OK);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    assert_string_equal(row_text(rows, 0), "b");
    assert_string_equal(row_text(rows, 1), "a");
}

static void an_argument_may_be_null_or_not_in_one_statement(void **state)
{
    struct fix *f = use(state);
    struct rows *rows = NULL;
    bool more = false;

    add(f, "1", 1);
    add(f, "2", 2);
    for (int i = 0; i < 4; i++) {
        const char *id = i % 2 ? "2" : NULL;

        assert_int_equal(db_query(&f->ctx, &rows, &T_MAYBE, DB_TEXT(id)), OK);
        assert_int_equal(db_next(&f->ctx, rows, &more), OK);
        assert_string_equal(row_text(rows, 0), id ? "2" : "1");
        db_rows_close(rows);
    }
}

/* --- queries --- */

static void queries_of_one_statement_overlap(void **state)
{
    struct fix *f = use(state);
    struct rows *a = NULL;
    struct rows *b = NULL;
    bool more = false;

    add(f, "1", 1);
    add(f, "2", 2);
    add(f, "3", 3);
    assert_int_equal(db_query(&f->ctx, &a, &T_IDS), OK);
    assert_int_equal(db_next(&f->ctx, a, &more), OK);
    assert_int_equal(db_query(&f->ctx, &b, &T_IDS), OK);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(db_next(&f->ctx, b, &more), OK);
        assert_int_equal(row_text(b, 0)[0], '0' + i);
        assert_int_equal(row_text(a, 0)[0], '1');
    }
    assert_int_equal(db_next(&f->ctx, a, &more), OK);
    assert_int_equal(row_text(a, 0)[0], '2');
    assert_int_equal(db_next(&f->ctx, b, &more), OK);
    assert_false(more);
    assert_int_equal(db_next(&f->ctx, a, &more), OK);
    assert_int_equal(row_text(a, 0)[0], '3');
}

/* The loop that reads and writes sees the rows that were there when it began. */
static void a_loop_may_write_what_it_reads(void **state)
{
    struct fix *f = use(state);
    struct rows *rows = NULL;
    bool more = true;
    int seen = 0;

    for (int i = 0; i < 50; i++)
        add(f, arena_printf(f->ctx.arena, "a%02d", i), i);
    assert_int_equal(db_query(&f->ctx, &rows, &T_IDS), OK);
    for (;;) {
        struct arena_mark mark = arena_mark(f->ctx.arena);

        assert_int_equal(db_next(&f->ctx, rows, &more), OK);
        if (!more)
            break;
        assert_int_equal(db_begin(&f->ctx), OK);
        add(f, arena_printf(f->ctx.arena, "b%s", row_text(rows, 0)), 0);
        assert_int_equal(db_commit(&f->ctx), OK);
        arena_rewind(f->ctx.arena, mark);
        seen++;
    }
    assert_int_equal(seen, 50);
    assert_int_equal(count(f), 100);
}

static void a_change_happens_however_few_rows_are_read(void **state)
{
    struct fix *f = use(state);
    struct rows *rows = NULL;
    bool more = false;
    int64_t changed = 0;

    add(f, "1", 10);
    assert_int_equal(db_query(&f->ctx, &rows, &T_RAISE_TELL, DB_TEXT("1")), OK);
    assert_int_equal(db_begin(&f->ctx), OK);
    assert_int_equal(db_query(&f->ctx, &rows, &T_RAISE_TELL, DB_TEXT("1")), OK);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    assert_int_equal(row_int(rows, 0), 12);
    assert_int_equal(db_commit(&f->ctx), OK);
    assert_int_equal(row_int(rows, 0), 12);
    assert_int_equal(db_exec(&f->ctx, &changed, &T_RAISE, DB_TEXT("1"), DB_INT(5)), OK);
    assert_int_equal(changed, 1);
    assert_int_equal(db_exec(&f->ctx, &changed, &T_RAISE, DB_TEXT("none"), DB_INT(5)), OK);
    assert_int_equal(changed, 0);
}

static void an_answer_over_the_budget_is_refused(void **state)
{
    struct fix *f = use(state);
    struct ctx small = f->ctx;
    struct rows *rows = NULL;
    bool more = true;
    enum err rc;

    small.arena = arena_new(64 * 1024);
    rc = db_query(&small, &rows, &T_SERIES, DB_INT(100000));
    while (rc == OK && more) {
        rc = db_next(&small, rows, &more);
        if (rc == OK && more)
            row_text(rows, 1);
    }
    assert_int_equal(rc, ERR_LIMIT);
    arena_free(small.arena);
    assert_int_equal(count(f), 0);
}

static void many_rows_need_the_memory_of_one(void **state)
{
    struct fix *f = use(state);
    struct ctx small = f->ctx;
    struct rows *rows = NULL;
    bool more = true;
    int64_t last = 0;

    small.arena = arena_new(64 * 1024);
    assert_int_equal(db_query(&small, &rows, &T_SERIES, DB_INT(100000)), OK);
    for (;;) {
        struct arena_mark mark = arena_mark(small.arena);

        assert_int_equal(db_next(&small, rows, &more), OK);
        if (!more)
            break;
        last = row_int(rows, 0);
        row_text(rows, 1);
        arena_rewind(small.arena, mark);
    }
    assert_int_equal(last, 100000);
    arena_free(small.arena);
}

static void a_statement_is_stopped_when_its_time_is_over(void **state)
{
    struct fix *f = use(state);
    struct rows *rows = NULL;
    bool more = true;
    enum err rc;

    assert_int_equal(f->db->limit_ms, 5000);
    f->db->limit_ms = 200;
    if (f->pg)
        assert_int_equal(db_exec(&f->ctx, NULL, db_sql_built(f->db, "SET statement_timeout = 200")),
                         OK);
    rc = db_query(&f->ctx, &rows, &T_FOREVER);
    if (rc == OK)
        rc = db_next(&f->ctx, rows, &more);
    assert_int_equal(rc, ERR_LIMIT);
    assert_int_equal(count(f), 0);
}

static void the_arena_closes_what_was_left_open(void **state)
{
    struct fix *f = use(state);
    struct ctx other = f->ctx;
    struct rows *rows = NULL;
    bool more = false;

    add(f, "1", 1);
    add(f, "2", 2);
    other.arena = arena_new(0);
    assert_int_equal(db_query(&other, &rows, &T_IDS), OK);
    assert_int_equal(db_next(&other, rows, &more), OK);
    assert_non_null(f->db->rows);
    arena_free(other.arena);
    assert_null(f->db->rows);
    /* And a connection that ends first leaves closed queries behind. */
    assert_int_equal(db_query(&f->ctx, &rows, &T_IDS), OK);
    db_close(f->db);
    f->db = NULL;
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    assert_false(more);
}

static void built_statements_are_interned_and_old_ones_dropped(void **state)
{
    struct fix *f = use(state);
    char text[] = "SELECT id FROM thing WHERE n = $1";
    const struct db_sql *a = db_sql_built(f->db, text);
    struct rows *rows = NULL;
    struct arena_mark mark;
    bool more = false;

    assert_ptr_equal(a, db_sql_built(f->db, arena_strdup(f->ctx.arena, text)));
    text[7] = 'n';
    assert_ptr_not_equal(a, db_sql_built(f->db, "SELECT n FROM thing WHERE n = $1"));
    assert_string_equal(a->sql, "SELECT id FROM thing WHERE n = $1");
    mark = arena_mark(f->ctx.arena);
    for (int i = 0; i < DB_STMTS_MAX + 50; i++) {
        const char *sql = arena_printf(f->ctx.arena, "SELECT %d", i);

        assert_int_equal(db_query(&f->ctx, &rows, db_sql_built(f->db, sql)), OK);
        assert_int_equal(db_next(&f->ctx, rows, &more), OK);
        assert_int_equal(row_int(rows, 0), i);
        arena_rewind(f->ctx.arena, mark);
    }
    assert_true(f->db->stmts_len <= DB_STMTS_MAX);
}

/* --- errors and transactions --- */

static void violations_are_conflicts(void **state)
{
    struct fix *f = use(state);

    add(f, "1", 1);
    assert_int_equal(db_exec(&f->ctx, NULL, &T_ADD_ID, DB_TEXT("1"), DB_INT(2)), ERR_CONFLICT);
    assert_int_equal(db_exec(&f->ctx, NULL, &T_CHILD, DB_TEXT("1"), DB_TEXT("none")), ERR_CONFLICT);
    assert_int_equal(db_exec(&f->ctx, NULL, &T_ADD_ID, DB_TEXT(NULL), DB_INT(2)), ERR_DB);
    assert_int_equal(db_exec(&f->ctx, NULL, &T_WRONG), ERR_DB);
    assert_int_equal(db_exec(&f->ctx, NULL, &T_ADD_ID, DB_TEXT("9")), ERR_DB);
    assert_int_equal(count(f), 1);
}

static void transactions_nest_and_only_the_outermost_commits(void **state)
{
    struct fix *f = use(state);

    assert_int_equal(db_begin(&f->ctx), OK);
    add(f, "1", 1);
    assert_int_equal(db_begin(&f->ctx), OK);
    add(f, "2", 1);
    assert_int_equal(db_commit(&f->ctx), OK);
    assert_true(db_in_transaction(f->db));
    db_rollback(&f->ctx);
    assert_false(db_in_transaction(f->db));
    assert_int_equal(count(f), 0);
    db_rollback(&f->ctx);
    assert_int_equal(db_commit(&f->ctx), ERR_DB);
}

static void an_inner_rollback_dooms_the_outer_levels(void **state)
{
    struct fix *f = use(state);

    assert_int_equal(db_begin(&f->ctx), OK);
    add(f, "1", 1);
    assert_int_equal(db_begin(&f->ctx), OK);
    db_rollback(&f->ctx);
    assert_int_equal(db_exec(&f->ctx, NULL, &T_ADD_ID, DB_TEXT("2"), DB_INT(2)), ERR_DB);
    assert_int_equal(db_commit(&f->ctx), ERR_DB);
    db_rollback(&f->ctx);
    assert_int_equal(count(f), 0);
    add(f, "3", 3);
    assert_int_equal(count(f), 1);
}

static void after_a_failed_statement_only_rollback_is_left(void **state)
{
    struct fix *f = use(state);
    struct rows *rows = NULL;

    add(f, "1", 1);
    assert_int_equal(db_begin(&f->ctx), OK);
    add(f, "2", 2);
    assert_int_equal(db_exec(&f->ctx, NULL, &T_ADD_ID, DB_TEXT("1"), DB_INT(1)), ERR_CONFLICT);
    assert_int_equal(db_exec(&f->ctx, NULL, &T_ADD_ID, DB_TEXT("3"), DB_INT(1)), ERR_DB);
    assert_int_equal(db_query(&f->ctx, &rows, &T_IDS), ERR_DB);
    assert_int_equal(db_begin(&f->ctx), ERR_DB);
    assert_int_equal(db_commit(&f->ctx), ERR_DB);
    db_rollback(&f->ctx);
    assert_int_equal(count(f), 1);
}

static void a_query_ends_with_the_transaction_that_is_rolled_back(void **state)
{
    struct fix *f = use(state);
    struct rows *rows = NULL;
    bool more = false;

    add(f, "1", 1);
    add(f, "2", 1);
    assert_int_equal(db_begin(&f->ctx), OK);
    assert_int_equal(db_query(&f->ctx, &rows, &T_IDS), OK);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    db_rollback(&f->ctx);
    assert_null(row_text(rows, 0));
    assert_int_equal(db_next(&f->ctx, rows, &more), ERR_DB);
    assert_int_equal(count(f), 2);
}

static void a_read_only_connection_cannot_write(void **state)
{
    struct fix *f = use(state);
    struct db *ro = NULL;
    struct rows *rows = NULL;
    bool more = false;

    add(f, "1", 1);
    assert_int_equal(db_open(&f->ctx, &ro, f->url, DB_READ_ONLY, NULL), OK);
    assert_int_equal(db_exec_in(&f->ctx, ro, NULL, &T_ADD_ID, DB_TEXT("2"), DB_INT(2)), ERR_DB);
    assert_int_equal(db_begin_on(&f->ctx, ro), OK);
    assert_int_equal(db_query_in(&f->ctx, ro, &rows, &T_COUNT), OK);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    add(f, "2", 2);
    assert_int_equal(db_query_in(&f->ctx, ro, &rows, &T_COUNT), OK);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    assert_int_equal(row_int(rows, 0), 1); /* one state within the transaction */
    assert_int_equal(db_commit_on(&f->ctx, ro), OK);
    assert_int_equal(db_query_in(&f->ctx, ro, &rows, &T_COUNT), OK);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    assert_int_equal(row_int(rows, 0), 2);
    db_close(ro);
}

/* --- faults --- */

static enum err write_two(struct fix *f)
{
    struct rows *rows = NULL;
    bool more = true;
    enum err rc;

    rc = db_begin(&f->ctx);
    if (rc)
        return rc;
    rc = db_exec(&f->ctx, NULL, &T_ADD_ID, DB_TEXT("x"), DB_INT(1));
    if (rc)
        goto out;
    rc = db_query(&f->ctx, &rows, &T_IDS);
    while (rc == OK && more)
        rc = db_next(&f->ctx, rows, &more);
    if (rc)
        goto out;
    rc = db_exec(&f->ctx, NULL, &T_CHILD, DB_TEXT("c"), DB_TEXT("x"));
    if (rc)
        goto out;
    rc = db_commit(&f->ctx);
out:
    if (rc)
        db_rollback(&f->ctx);
    return rc;
}

static void every_call_can_be_made_to_fail_and_leaves_nothing(void **state)
{
    struct fix *f = use(state);
    int n = 0;
    enum err rc;

    do {
        n++;
        db_fail_at(f->db, n);
        rc = write_two(f);
        if (rc) {
            assert_int_equal(rc, ERR_DB);
            assert_false(db_in_transaction(f->db));
            assert_int_equal(count(f), 0);
        }
    } while (rc && n < 100);
    /* begin, exec, query, two steps, exec, commit */
    assert_int_equal(n, 8);
    assert_int_equal(db_calls(f->db), 7);
    db_fail_at(f->db, 1);
    assert_int_equal(db_flush(&f->ctx, f->db), ERR_DB);
    assert_int_equal(db_flush(&f->ctx, f->db), OK);
    assert_int_equal(count(f), 1);
}

/* --- migrations, checks, copies --- */

static void migrations_apply_once_and_all_sets_exist(void **state)
{
    struct fix *f = use(state);
    static const char *const sets[] = { "main", "keys", "index", "access" };
    static const struct db_sql counted = { "counted", "SELECT count(*) FROM schema_migration", "" };
    struct rows *rows = NULL;
    bool more = false;
    int64_t n;

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4; i++)
            assert_int_equal(db_migrate(&f->ctx, f->db, sets[i]), OK);
        assert_int_equal(db_query(&f->ctx, &rows, &counted), OK);
        assert_int_equal(db_next(&f->ctx, rows, &more), OK);
        if (round == 1)
            assert_int_equal(row_int(rows, 0), n);
        n = row_int(rows, 0);
        assert_true(n >= 4);
    }
    assert_int_equal(db_migrate(&f->ctx, f->db, "none"), ERR_INTERNAL);
}

static void a_database_of_a_newer_homeward_is_refused(void **state)
{
    struct fix *f = use(state);
    static const struct db_sql newer = {
        "newer",
        "INSERT INTO schema_migration (set_name, number, name, applied_at)"
        " VALUES ('keys', 999, '0999_future.sql', 1)",
        ""
    };

    assert_int_equal(db_migrate(&f->ctx, f->db, "keys"), OK);
    assert_int_equal(db_exec(&f->ctx, NULL, &newer), OK);
    assert_int_equal(db_migrate(&f->ctx, f->db, "keys"), ERR_INVALID);
    assert_non_null(strstr(ctx_first_problem(&f->ctx), "newer version"));
}

static void a_failing_definition_leaves_nothing(void **state)
{
    struct fix *f = use(state);

    assert_int_equal(db_ddl(&f->ctx, f->db, "CREATE TABLE one (id TEXT) %STRICT%; CREATE oops;"),
                     ERR_DB);
    assert_false(db_in_transaction(f->db));
    assert_int_equal(db_ddl(&f->ctx, f->db, "CREATE TABLE one (id TEXT) %STRICT%;"), OK);
}

static void a_sound_store_passes_the_check(void **state)
{
    struct fix *f = use(state);

    add(f, "1", 1);
    assert_int_equal(db_check(&f->ctx, f->db), OK);
    assert_int_equal(count(f), 1);
}

static void companions_lie_beside(void **state)
{
    struct arena *a = arena_new(0);

    (void)state;
    assert_string_equal(db_companion_url(a, "/data/home.db", "keys"), "/data/home.db.keys");
    assert_string_equal(db_companion_url(a, "postgresql://u:p@h:1/hw?sslmode=require", "keys"),
                        "postgresql://u:p@h:1/hw_keys?sslmode=require");
    assert_string_equal(db_companion_url(a, "postgresql:///hw", "index"), "postgresql:///hw_index");
    arena_free(a);
}

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
    low.rlim_cur = 2 * 1024 * 1024;
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

/* --- processes --- */

#define PROCESSES    4
#define TRANSACTIONS 200

static void child_writes(const struct fix *f, struct db_shared *shared, int me)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en" };
    struct arena_mark mark;
    enum err rc;

    rc = db_open(&ctx, &ctx.db, f->url, DB_READ_WRITE, shared);
    mark = arena_mark(ctx.arena);
    for (int i = 0; rc == OK && i < TRANSACTIONS; i++) {
        rc = db_begin(&ctx);
        if (rc == OK)
            rc = db_exec(&ctx, NULL, &T_RAISE, DB_TEXT("counter"), DB_INT(1));
        if (rc == OK)
            rc = db_exec(&ctx, NULL, &T_ADD_ID, DB_TEXT(arena_printf(ctx.arena, "p%d-%d", me, i)),
                         DB_INT(i));
        if (rc == OK)
            rc = db_commit(&ctx);
        if (rc == OK)
            rc = db_flush(&ctx, ctx.db);
        arena_rewind(ctx.arena, mark);
    }
    db_close(ctx.db);
    arena_free(ctx.arena);
    _exit(rc ? 1 : 0);
}

static void several_processes_lose_nothing(void **state)
{
    struct fix *f = use(state);
    struct db_shared *shared = db_shared_new();
    struct rows *rows = NULL;
    bool more = false;
    pid_t pids[PROCESSES];

    assert_non_null(shared);
    add(f, "counter", 0);
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            child_writes(f, shared, i);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;

        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(count(f), PROCESSES * TRANSACTIONS + 1);
    assert_int_equal(db_query(&f->ctx, &rows, &T_ALL), OK);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    assert_string_equal(row_text(rows, 0), "counter");
    assert_int_equal(row_int(rows, 1), PROCESSES * TRANSACTIONS);
}

#define LITE(fn)                                                                                   \
    {                                                                                              \
        "SQLite: " #fn, fn, setup_lite, teardown, NULL                                             \
    }
#define BOTH(fn)                                                                                   \
    LITE(fn),                                                                                      \
    {                                                                                              \
        "PostgreSQL: " #fn, fn, setup_pg, teardown, NULL                                           \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(every_kind_of_value_comes_back),
        BOTH(sums_are_numbers_on_both),
        BOTH(arguments_go_by_name_and_not_by_place),
        BOTH(an_argument_may_be_null_or_not_in_one_statement),
        BOTH(queries_of_one_statement_overlap),
        BOTH(a_loop_may_write_what_it_reads),
        BOTH(a_change_happens_however_few_rows_are_read),
        BOTH(an_answer_over_the_budget_is_refused),
        BOTH(many_rows_need_the_memory_of_one),
        BOTH(a_statement_is_stopped_when_its_time_is_over),
        BOTH(the_arena_closes_what_was_left_open),
        BOTH(built_statements_are_interned_and_old_ones_dropped),
        BOTH(violations_are_conflicts),
        BOTH(transactions_nest_and_only_the_outermost_commits),
        BOTH(an_inner_rollback_dooms_the_outer_levels),
        BOTH(after_a_failed_statement_only_rollback_is_left),
        BOTH(a_query_ends_with_the_transaction_that_is_rolled_back),
        BOTH(a_read_only_connection_cannot_write),
        BOTH(every_call_can_be_made_to_fail_and_leaves_nothing),
        BOTH(migrations_apply_once_and_all_sets_exist),
        BOTH(a_database_of_a_newer_homeward_is_refused),
        BOTH(a_failing_definition_leaves_nothing),
        BOTH(a_sound_store_passes_the_check),
        BOTH(several_processes_lose_nothing),
        LITE(files_are_for_the_owner_only),
        LITE(a_missing_file_is_made_only_on_request),
        LITE(what_is_no_database_is_refused_and_kept),
        LITE(a_copy_is_whole_and_never_overwrites),
        LITE(damage_is_found_by_the_check),
        LITE(a_full_disk_is_said_and_reads_go_on),
        LITE(a_full_file_system_is_said_and_reads_go_on),
        cmocka_unit_test(companions_lie_beside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
