#ifndef TEST_DB_FIX_H
#define TEST_DB_FIX_H

/* A fresh database per test of the db room, on SQLite or on the server of HOMEWARD_PG_URL. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
DB_SQL(T_COUNT, "SELECT count(*) FROM thing");

static const char tables[] =
    "CREATE TABLE thing (id TEXT NOT NULL PRIMARY KEY, n %INT%, x %REAL%, note TEXT, data %BLOB%)"
    " %STRICT%; -- a comment\n"
    "CREATE TABLE child (id TEXT NOT NULL PRIMARY KEY,"
    " thing_id TEXT NOT NULL REFERENCES thing (id)) %STRICT%;";

static int made;

static inline const char *pg_base(void)
{
    return getenv("HOMEWARD_PG_URL");
}

static inline struct fix *fix_new(bool pg)
{
    struct fix *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->pg = pg;
    f->ctx.arena = arena_new(0);
    f->ctx.lang = "en";
    f->ctx.now_ms = 1795327000000;
    snprintf(f->dir, sizeof(f->dir), "/tmp/hw-db-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    if (pg)
        f->url = db_companion_url(f->ctx.arena, pg_base(),
                                  arena_printf(f->ctx.arena, "t%d_%d", (int)getpid(), ++made));
    else
        f->url = arena_printf(f->ctx.arena, "%s/a.db", f->dir);
    return f;
}

static inline void fix_open(struct fix *f)
{
    assert_int_equal(db_open(&f->ctx, &f->db, f->url, DB_CREATE, NULL), OK);
    f->ctx.db = f->db;
}

static inline int setup(void **state, bool pg)
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

static inline int setup_lite(void **state)
{
    return setup(state, false);
}

static inline int setup_pg(void **state)
{
    return setup(state, true);
}

static inline void drop_database(struct fix *f)
{
    struct db *base = NULL;
    const char *name = strchr(strstr(f->url, "://") + 3, '/') + 1;
    const char *sql = arena_printf(f->ctx.arena, "DROP DATABASE IF EXISTS %.*s WITH (FORCE)",
                                   (int)strcspn(name, "?"), name);

    assert_int_equal(db_open(&f->ctx, &base, pg_base(), DB_READ_WRITE, NULL), OK);
    assert_int_equal(db_exec_in(&f->ctx, base, NULL, db_sql_built(base, sql)), OK);
    db_close(base);
}

static inline int teardown(void **state)
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

static inline struct fix *use(void **state)
{
    if (*state == NULL)
        skip();
    return *state;
}

static inline int64_t count(struct fix *f)
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

static inline void add(struct fix *f, const char *id, int64_t n)
{
    assert_int_equal(db_exec(&f->ctx, NULL, &T_ADD_ID, DB_TEXT(id), DB_INT(n)), OK);
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

#endif
