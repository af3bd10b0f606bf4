/*
 * Every statement of every room, prepared on both databases against the migrations: a misspelt
 * column, or a word that only one of the two knows, ends here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"
#include "db/db_private.h"

/* One of our own per list, so that the test knows that the lists reach it. */
DB_SQL(SQL_MAIN, "SELECT value FROM counter WHERE name = $1");
DB_SQL_KEYS(SQL_KEYS, "SELECT wrapped FROM data_key WHERE id = $1");
DB_SQL_INDEX(SQL_INDEX, "SELECT seq FROM applied WHERE id = $1");
DB_SQL_ACCESS(SQL_ACCESS, "SELECT place FROM access WHERE chain = $1");

#define LIST(name)                                                                                 \
    extern const struct db_sql *const __start_##name[];                                            \
    extern const struct db_sql *const __stop_##name[]

LIST(db_sql_list);
LIST(db_sql_keys);
LIST(db_sql_index);
LIST(db_sql_access);

struct list {
    const char *set;
    const struct db_sql *const *from;
    const struct db_sql *const *to;
    const struct db_sql *ours;
};

static const struct list lists[] = {
    { "main", __start_db_sql_list, __stop_db_sql_list, &SQL_MAIN },
    { "keys", __start_db_sql_keys, __stop_db_sql_keys, &SQL_KEYS },
    { "index", __start_db_sql_index, __stop_db_sql_index, &SQL_INDEX },
    { "access", __start_db_sql_access, __stop_db_sql_access, &SQL_ACCESS },
};

static const char *const banned[] = { "INSERT OR ", "now()",      "datetime(",  "ILIKE",
                                      "= ANY",      "FOR UPDATE", "string_agg", "group_concat",
                                      "json",       "SELECT *",   "\"",         "::" };

static void check_words(const struct db_sql *s)
{
    for (size_t i = 0; i < sizeof(banned) / sizeof(banned[0]); i++) {
        if (strstr(s->sql, banned[i]))
            fail_msg("%s (%s) uses %s", s->name, s->where, banned[i]);
    }
}

/*
 * PostgreSQL is told each argument's type when a statement runs. Here nobody knows them, so it is
 * asked to guess, and where it cannot, each type that we have is tried for the parameter it names.
 */
static const Oid types_tried[] = { 0, 20, 25, 17, 701 };

#define TYPES_TRIED (sizeof(types_tried) / sizeof(types_tried[0]))

/* Up to the last one that is set: the server wants to know all that it is told of. */
static int types_len(const Oid *types)
{
    int n = DB_ARGS_MAX;

    while (n > 0 && types[n - 1] == 0)
        n--;
    return n;
}

/* The digits at s, 0 if there are none. */
static int number_at(const char *s)
{
    int n = 0;

    for (; ascii_is_digit(*s) && n < DB_ARGS_MAX; s++)
        n = n * 10 + (*s - '0');
    return n;
}

static bool understood(PGconn *pg, const struct db_sql *s, const Oid *types, int *parameter_out)
{
    int len = types_len(types);
    PGresult *r = PQprepare(pg, "", s->sql, len, types);
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    const char *named = text ? strstr(text, "parameter $") : NULL;
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;

    *parameter_out = 0;
    if (named && (strcmp(state, "42P08") == 0 || strcmp(state, "42P18") == 0))
        *parameter_out = number_at(named + strlen("parameter $"));
    PQclear(r);
    return ok;
}

static bool guess(PGconn *pg, const struct db_sql *s, Oid *types, int depth)
{
    int parameter = 0;

    if (understood(pg, s, types, &parameter))
        return true;
    if (parameter < 1 || parameter > DB_ARGS_MAX || types[parameter - 1] != 0 || depth > 5)
        return false;
    for (size_t i = 1; i < TYPES_TRIED; i++) {
        types[parameter - 1] = types_tried[i];
        if (guess(pg, s, types, depth + 1))
            return true;
    }
    types[parameter - 1] = 0;
    return false;
}

static bool prepares(struct ctx *ctx, const struct db_sql *s)
{
    Oid types[DB_ARGS_MAX] = { 0 };

    if (db_prepare(ctx, ctx->db, s) == OK)
        return true;
    return db_is_postgres(ctx->db) && guess(ctx->db->pg, s, types, 0);
}

static void prepare_list(struct ctx *ctx, const struct list *list)
{
    bool found = false;

    for (const struct db_sql *const *at = list->from; at < list->to; at++) {
        check_words(*at);
        if (!prepares(ctx, *at))
            fail_msg("%s (%s): %s", (*at)->name, (*at)->where, ctx_first_problem(ctx));
        found = found || *at == list->ours;
    }
    assert_true(found);
}

static void a_wrong_one_fails(struct ctx *ctx)
{
    static const struct db_sql wrong = { "wrong", "SELECT nothing FROM counter", "" };
    static const struct db_sql two = { "two", "SELECT 1; SELECT 2", "" };

    assert_int_equal(db_prepare(ctx, ctx->db, &wrong), ERR_DB);
    assert_int_equal(db_prepare(ctx, ctx->db, &two), ERR_DB);
    ctx_clear_problems(ctx);
}

/* Each set in a database of its own, as in real life. */
static void prepare_all(const char *base)
{
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct ctx ctx = { .arena = arena_new(0), .lang = "en" };
        const char *url = db_companion_url(ctx.arena, base, lists[i].set);

        assert_int_equal(db_open(&ctx, &ctx.db, url, DB_CREATE, NULL), OK);
        assert_int_equal(db_migrate(&ctx, ctx.db, lists[i].set), OK);
        if (i == 0)
            a_wrong_one_fails(&ctx);
        prepare_list(&ctx, &lists[i]);
        db_close(ctx.db);
        arena_free(ctx.arena);
    }
}

static void every_statement_is_understood_by_sqlite(void **state)
{
    char dir[] = "/tmp/hw-sql-XXXXXX";
    struct arena *a = arena_new(0);
    const char *base;

    (void)state;
    assert_non_null(mkdtemp(dir));
    base = arena_printf(a, "%s/a", dir);
    prepare_all(base);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        unlink(arena_printf(a, "%s.%s", base, lists[i].set));
        unlink(arena_printf(a, "%s.%s.lock", base, lists[i].set));
    }
    assert_int_equal(rmdir(dir), 0);
    arena_free(a);
}

static void drop_databases(const char *server, const char *base)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en" };

    assert_int_equal(db_open(&ctx, &ctx.db, server, DB_READ_WRITE, NULL), OK);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const char *url = db_companion_url(ctx.arena, base, lists[i].set);
        const char *name = strchr(strstr(url, "://") + 3, '/') + 1;
        const char *sql =
            arena_printf(ctx.arena, "DROP DATABASE %.*s", (int)strcspn(name, "?"), name);

        assert_int_equal(db_exec(&ctx, NULL, db_sql_built(ctx.db, sql)), OK);
    }
    db_close(ctx.db);
    arena_free(ctx.arena);
}

static void every_statement_is_understood_by_postgresql(void **state)
{
    const char *server = getenv("HOMEWARD_PG_URL");
    struct arena *a;
    const char *base;

    (void)state;
    if (server == NULL)
        skip();
    a = arena_new(0);
    base = db_companion_url(a, server, arena_printf(a, "sql%d", (int)getpid()));
    prepare_all(base);
    drop_databases(server, base);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_is_understood_by_sqlite),
        cmocka_unit_test(every_statement_is_understood_by_postgresql),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
