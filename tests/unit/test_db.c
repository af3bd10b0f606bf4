/*
 * The db room on SQLite and, when HOMEWARD_PG_URL names a server (tests/support/pg.sh run ...), on
 * PostgreSQL. What SQLite alone does is in test_db_lite.c, what survives a crash in
 * test_db_crash.c.
 */
#include "test_db_fix.h"

#include <sys/wait.h>

#define SMALL_ARENA ((size_t)64 * 1024)

DB_SQL(T_ALL, "SELECT id, n, x, note, data FROM thing ORDER BY id");
DB_SQL(T_IDS, "SELECT id FROM thing ORDER BY id");
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
    assert_memory_equal(row_peek(rows, 4, &len), bytes, sizeof(bytes));
    assert_string_equal(row_peek(rows, 3, &len), "عثمان 'x'");
    assert_int_equal(len, strlen("عثمان 'x'"));
    assert_null(row_peek(rows, 1, &len));

    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    assert_null(row_peek(rows, 3, &len));
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

    small.arena = arena_new(SMALL_ARENA);
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

    small.arena = arena_new(SMALL_ARENA);
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

DB_SQL(T_ABOVE, "SELECT count(*) FROM thing WHERE n >= $1 AND (note = $2 OR $2 IS NULL)");

static int64_t above(struct fix *f, int64_t n, const char *note)
{
    const struct db_arg args[] = { DB_INT(n), DB_TEXT(note), { 0 } };
    struct rows *rows = NULL;
    int64_t count = -1;

    assert_int_equal(db_query(&f->ctx, &rows, &T_IDS), OK);
    while (true) {
        bool more = false;

        assert_int_equal(db_next(&f->ctx, rows, &more), OK);
        if (!more)
            break;
    }
    assert_int_equal(db_number_on(&f->ctx, f->db, &count, &T_ABOVE, args), OK);
    return count;
}

static void a_number_is_counted_again_after_each_commit_of_anybody(void **state)
{
    struct fix *f = use(state);
    struct ctx theirs = f->ctx;

    assert_int_equal(above(f, 0, NULL), 0);
    assert_int_equal(db_exec(&f->ctx, NULL, &T_ADD_ID, DB_TEXT("1"), DB_INT(5)), OK);
    assert_int_equal(above(f, 0, NULL), 1);
    assert_int_equal(above(f, 6, NULL), 0); /* other arguments, another number */
    assert_int_equal(above(f, 0, ""), 0);
    assert_int_equal(above(f, 0, NULL), 1);

    assert_int_equal(db_open(&f->ctx, &theirs.db, f->url, DB_READ_WRITE, NULL), OK);
    assert_int_equal(db_exec(&theirs, NULL, &T_ADD_ID, DB_TEXT("2"), DB_INT(7)), OK);
    assert_int_equal(above(f, 0, NULL), 2);
    assert_int_equal(above(f, 6, NULL), 1);
    assert_int_equal(db_begin(&theirs), OK);
    assert_int_equal(db_exec(&theirs, NULL, &T_ADD_ID, DB_TEXT("3"), DB_INT(7)), OK);
    assert_int_equal(above(f, 6, NULL), 1); /* not committed yet */
    assert_int_equal(db_commit(&theirs), OK);
    assert_int_equal(above(f, 6, NULL), 2);
    db_close(theirs.db);
}

static void a_number_inside_a_change_is_that_of_the_change(void **state)
{
    struct fix *f = use(state);

    assert_int_equal(above(f, 0, NULL), 0);
    assert_int_equal(db_begin(&f->ctx), OK);
    assert_int_equal(db_exec(&f->ctx, NULL, &T_ADD_ID, DB_TEXT("1"), DB_INT(5)), OK);
    assert_int_equal(above(f, 0, NULL), 1);
    db_rollback(&f->ctx);
    assert_int_equal(above(f, 0, NULL), 0);
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

static void a_clustered_table_has_no_other_key(void **state)
{
    struct fix *f = use(state);
    static const struct db_sql add_word = { "add", "INSERT INTO word (id, n) VALUES ($1, 1)", "" };
    static const struct db_sql by_rowid = { "by_rowid", "SELECT rowid FROM word", "" };
    struct rows *rows = NULL;

    assert_int_equal(db_ddl(&f->ctx, f->db,
                            "CREATE TABLE word (id TEXT NOT NULL PRIMARY KEY, n %INT%)"
                            " %CLUSTERED%;"),
                     OK);
    assert_int_equal(db_exec(&f->ctx, NULL, &add_word, DB_TEXT("a")), OK);
    assert_int_equal(db_exec(&f->ctx, NULL, &add_word, DB_TEXT("a")), ERR_CONFLICT);
    assert_int_equal(db_query(&f->ctx, &rows, &by_rowid), ERR_DB);
}

static const char *commits_wait(struct fix *f)
{
    static const struct db_sql ask = { "ask", "SELECT current_setting('synchronous_commit')", "" };
    struct rows *rows = NULL;
    bool more = false;

    assert_int_equal(db_query(&f->ctx, &rows, &ask), OK);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    return row_text(rows, 0);
}

static void end_connection(struct fix *f)
{
    struct db *base = NULL;
    struct rows *rows = NULL;
    bool more = false;
    const char *sql = arena_printf(f->ctx.arena, "SELECT pg_terminate_backend(%d, 5000)",
                                   PQbackendPID(f->db->pg));

    assert_int_equal(db_open(&f->ctx, &base, pg_base(), DB_READ_WRITE, NULL), OK);
    assert_int_equal(db_query_in(&f->ctx, base, &rows, db_sql_built(base, sql)), OK);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    db_close(base);
}

static void only_a_relaxed_connection_does_not_wait_for_the_disk(void **state)
{
    struct fix *f = use(state);

    if (f->pg)
        assert_string_equal(commits_wait(f), "on");
    db_fail_at(f->db, 1);
    assert_int_equal(db_relax(&f->ctx, f->db), ERR_DB);
    if (f->pg)
        assert_string_equal(commits_wait(f), "on");
    assert_int_equal(db_relax(&f->ctx, f->db), OK);
    add(f, "1", 1);
    assert_int_equal(db_flush(&f->ctx, f->db), OK);
    assert_int_equal(count(f), 1);
    if (!f->pg)
        return;
    assert_string_equal(commits_wait(f), "off");
    end_connection(f);
    assert_int_equal(db_exec(&f->ctx, NULL, &T_ADD_ID, DB_TEXT("2"), DB_INT(2)), ERR_DB);
    assert_string_equal(commits_wait(f), "off");
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
    db_close(f->db); /* connections are opened after fork, and none is carried over it */
    f->db = NULL;
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
    fix_open(f);
    assert_int_equal(count(f), PROCESSES * TRANSACTIONS + 1);
    assert_int_equal(db_query(&f->ctx, &rows, &T_ALL), OK);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    assert_string_equal(row_text(rows, 0), "counter");
    assert_int_equal(row_int(rows, 1), PROCESSES * TRANSACTIONS);
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
        BOTH(a_number_is_counted_again_after_each_commit_of_anybody),
        BOTH(a_number_inside_a_change_is_that_of_the_change),
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
        BOTH(a_clustered_table_has_no_other_key),
        BOTH(only_a_relaxed_connection_does_not_wait_for_the_disk),
        BOTH(a_sound_store_passes_the_check),
        BOTH(several_processes_lose_nothing),
        cmocka_unit_test(companions_lie_beside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
