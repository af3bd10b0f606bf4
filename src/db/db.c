#include "db/db.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/text.h"
#include "db/db_private.h"

struct built {
    struct db_sql sql;
    struct built *next;
};

enum err db_fail_full(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_IO,
                    tr(ctx, "The disk is full: nothing was saved. Make room, then try again."));
}

enum err db_fail_disk(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_IO, tr(ctx, "The disk reported an error: nothing was saved."));
}

enum err db_fail_time(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_LIMIT,
                    tr(ctx, "This took longer than {0} seconds and was stopped.",
                       TR_INT(DB_STATEMENT_MS / 1000)));
}

enum err db_fail_busy(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_BUSY, tr(ctx, "The database is busy. Please try again."));
}

enum err db_fail_conflict(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_CONFLICT,
                    tr(ctx, "This exists already, or something else depends on it."));
}

enum err db_fail_size(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The answer is larger than allowed."));
}

enum err db_fail_other(struct ctx *ctx, const char *what, const char *reason)
{
    const char *text = arena_printf(ctx->arena, "could not run %s: %s", what, reason);

    log_error("database: %s", text);
    return ctx_fail(ctx, ERR_DB, text);
}

int args_count(const struct db_arg *args)
{
    int n = 0;

    while (args[n].kind != DB_KIND_END && n <= DB_ARGS_MAX)
        n++;
    return n;
}

enum err db_gate(struct ctx *ctx, struct db *db)
{
    db->calls++;
    if (db->fail_at > 0 && db->calls == db->fail_at) {
        db->fail_at = 0;
        return db_after(db, ctx_fail(ctx, ERR_DB, "a fault was injected"));
    }
    if (db->doomed)
        return ctx_fail(ctx, ERR_DB, "the transaction has failed and can only be rolled back");
    if (db->depth == 0 && db->dialect->revive)
        return db->dialect->revive(ctx, db);
    return OK;
}

enum err db_after(struct db *db, enum err rc)
{
    if (rc && db->depth > 0)
        db->doomed = true;
    return rc;
}

/* --- connections --- */

static bool url_is_postgres(const char *url)
{
    return text_starts(url, "postgresql://") || text_starts(url, "postgres://");
}

enum err db_open(struct ctx *ctx, struct db **out, const char *url, enum db_mode mode,
                 struct db_shared *shared)
{
    static uint32_t opened;
    struct db *db;
    enum err rc;

    if (url == NULL || url[0] == '\0' || url[0] == ':')
        return ctx_fail(ctx, ERR_INVALID, "the name of the database is missing");
    db = calloc(1, sizeof(*db));
    if (db == NULL)
        return ctx_fail(ctx, ERR_INTERNAL, "no memory for a database connection");
    db->arena = arena_new(0);
    db->scratch = arena_new(0);
    db->url = arena_strdup(db->arena, url);
    db->mode = mode;
    db->serial = ++opened;
    db->shared = shared;
    db->limit_ms = DB_STATEMENT_MS;
    db->lock_fd = -1;
    db->wal_fd = -1;
    db->dialect = url_is_postgres(url) ? &dialect_pg : &dialect_lite;
    rc = db->dialect->open(ctx, db);
    if (rc) {
        db_close(db);
        return rc;
    }
    *out = db;
    return OK;
}

void db_close(struct db *db)
{
    if (db == NULL)
        return;
    rows_close_all(db);
    if (db->depth > 0)
        db->dialect->rollback(db);
    stmts_drop_all(db);
    db->dialect->close(db);
    arena_free(db->scratch);
    arena_free(db->arena);
    free(db);
}

enum err db_relax(struct ctx *ctx, struct db *db)
{
    enum err rc = db_gate(ctx, db);

    if (rc == OK)
        rc = rows_keep_all(ctx, db);
    if (rc == OK && db->dialect->relax)
        rc = db->dialect->relax(ctx, db);
    if (rc == OK)
        db->relaxed = true;
    return db_after(db, rc);
}

bool db_lost(const struct db *db)
{
    return db->dialect->lost != NULL && db->dialect->lost(db);
}

bool db_is_postgres(const struct db *db)
{
    return db->dialect == &dialect_pg;
}

const char *db_url(const struct db *db)
{
    return db->url;
}

char *db_companion_url(struct arena *a, const char *url, const char *suffix)
{
    size_t len;

    if (!url_is_postgres(url))
        return arena_printf(a, "%s.%s", url, suffix);
    len = strcspn(url, "?");
    return arena_printf(a, "%.*s_%s%s", (int)len, url, suffix, url + len);
}

/* --- statements --- */

static unsigned bucket_of_pointer(const void *p)
{
    uintptr_t n = (uintptr_t)p;

    return (unsigned)((n >> 4) ^ (n >> 12)) % DB_BUCKETS;
}

static void stmt_free(struct db *db, struct stmt *stmt)
{
    db->dialect->drop(db, stmt);
    free(stmt->arg_of);
    free(stmt->kinds);
    free(stmt);
    db->stmts_len--;
}

static void stmts_drop(struct db *db, bool busy_too)
{
    for (int i = 0; i < DB_BUCKETS; i++) {
        struct stmt **at = &db->stmts[i];

        while (*at) {
            struct stmt *stmt = *at;

            if (stmt->busy && !busy_too) {
                at = &stmt->next;
                continue;
            }
            *at = stmt->next;
            stmt_free(db, stmt);
        }
    }
}

void stmts_drop_all(struct db *db)
{
    stmts_drop(db, true);
}

enum err stmt_get(struct ctx *ctx, struct db *db, struct stmt **out, const struct db_sql *sql,
                  const struct db_arg *args)
{
    struct stmt **bucket = &db->stmts[bucket_of_pointer(sql)];
    struct stmt *stmt;
    enum err rc;

    for (stmt = *bucket; stmt; stmt = stmt->next) {
        if (stmt->sql == sql && !stmt->busy && db->dialect->fits(stmt, args)) {
            *out = stmt;
            return OK;
        }
    }
    if (db->stmts_len >= DB_STMTS_MAX)
        stmts_drop(db, false);

    stmt = calloc(1, sizeof(*stmt));
    if (stmt == NULL)
        return ctx_fail(ctx, ERR_INTERNAL, "no memory for a prepared statement");
    stmt->sql = sql;
    rc = db->dialect->prepare(ctx, db, stmt, args);
    if (rc) {
        free(stmt->arg_of);
        free(stmt->kinds);
        free(stmt);
        return rc;
    }
    stmt->next = *bucket;
    *bucket = stmt;
    db->stmts_len++;
    *out = stmt;
    return OK;
}

enum err db_prepare(struct ctx *ctx, struct db *db, const struct db_sql *sql)
{
    struct stmt stmt = { .sql = sql };
    enum err rc = db->dialect->prepare(ctx, db, &stmt, NULL);

    if (rc == OK)
        db->dialect->drop(db, &stmt);
    free(stmt.arg_of);
    free(stmt.kinds);
    return rc;
}

/* A transaction around one writing statement, where the caller has none. SQLite only. */
static enum err own_begin(struct ctx *ctx, struct db *db, const struct stmt *stmt, bool *own_out)
{
    enum err rc;

    *own_out = false;
    if (!stmt->writes)
        return OK;
    rc = rows_keep_all(ctx, db);
    if (rc || db->depth > 0)
        return rc;
    rc = db->dialect->begin(ctx, db);
    *own_out = rc == OK;
    return rc;
}

static enum err own_end(struct ctx *ctx, struct db *db, bool own, enum err rc)
{
    if (!own)
        return rc;
    if (rc == OK)
        rc = db->dialect->commit(ctx, db);
    if (rc)
        db->dialect->rollback(db);
    return rc;
}

enum err db_exec_on(struct ctx *ctx, struct db *db, int64_t *changed_out, const struct db_sql *sql,
                    const struct db_arg *args)
{
    struct stmt *stmt = NULL;
    int64_t changed = 0;
    bool own = false;
    enum err rc;

    rc = db_gate(ctx, db);
    if (rc)
        return rc;
    rc = stmt_get(ctx, db, &stmt, sql, args);
    if (rc)
        return db_after(db, rc);
    rc = own_begin(ctx, db, stmt, &own);
    if (rc == OK)
        rc = db->dialect->exec(ctx, db, stmt, args, &changed);
    rc = own_end(ctx, db, own, rc);
    if (rc == OK && changed_out)
        *changed_out = changed;
    return db_after(db, rc);
}

static void rows_cleanup(void *arg)
{
    db_rows_close(arg);
}

enum err db_query_on(struct ctx *ctx, struct db *db, struct rows **out, const struct db_sql *sql,
                     const struct db_arg *args)
{
    struct rows *rows;
    struct stmt *stmt = NULL;
    bool own = false;
    enum err rc;

    rc = db_gate(ctx, db);
    if (rc)
        return rc;
    rc = stmt_get(ctx, db, &stmt, sql, args);
    if (rc)
        return db_after(db, rc);
    rc = own_begin(ctx, db, stmt, &own);
    if (rc)
        return db_after(db, rc);

    rows = ARENA_NEW(ctx->arena, struct rows);
    rows->arena = ctx->arena;
    rows->db = db;
    rows->stmt = stmt;
    rows->state = ROWS_CLOSED;
    rc = db->dialect->start(ctx, rows, args);
    if (rc == OK) {
        rows->state = ROWS_LIVE;
        stmt->busy = true;
        rows->next = db->rows;
        db->rows = rows;
        arena_on_free(ctx->arena, rows_cleanup, rows);
        /* A change happens now and whole, however few of its rows are read. */
        if (stmt->writes)
            rc = rows_keep_all(ctx, db);
    }
    rc = own_end(ctx, db, own, rc);
    if (rc)
        db_rows_close(rows);
    else
        *out = rows;
    return db_after(db, rc);
}

/* --- transactions --- */

enum err db_begin_on(struct ctx *ctx, struct db *db)
{
    enum err rc;

    rc = db_gate(ctx, db);
    if (rc)
        return rc;
    if (db->depth > 0) {
        db->depth++;
        return OK;
    }
    rc = rows_keep_all(ctx, db);
    if (rc)
        return rc;
    rc = db->dialect->begin(ctx, db);
    if (rc == OK)
        db->depth = 1;
    return rc;
}

enum err db_begin_if_free(struct ctx *ctx, struct db *db)
{
    enum err rc;

    db->no_wait = true;
    rc = db_begin_on(ctx, db);
    db->no_wait = false;
    return rc;
}

enum err db_commit_on(struct ctx *ctx, struct db *db)
{
    enum err rc;

    if (db->depth == 0)
        return ctx_fail(ctx, ERR_DB, "there is no transaction to commit");
    rc = db_gate(ctx, db);
    if (rc)
        return rc;
    if (db->depth > 1) {
        db->depth--;
        return OK;
    }
    /* A live query would hold on to the state of the transaction. */
    rc = rows_keep_all(ctx, db);
    if (rc == OK)
        rc = db->dialect->commit(ctx, db);
    if (rc == OK)
        db->depth = 0;
    return db_after(db, rc);
}

void db_rollback_on(struct ctx *ctx, struct db *db)
{
    (void)ctx;
    if (db->depth == 0)
        return;
    rows_break_all(db);
    db->dialect->rollback(db);
    db->depth--;
    db->doomed = db->depth > 0;
}

enum err db_begin(struct ctx *ctx)
{
    return db_begin_on(ctx, ctx->db);
}

enum err db_commit(struct ctx *ctx)
{
    return db_commit_on(ctx, ctx->db);
}

void db_rollback(struct ctx *ctx)
{
    db_rollback_on(ctx, ctx->db);
}

enum err db_end_on(struct ctx *ctx, struct db *db, enum err rc)
{
    if (rc == OK)
        rc = db_commit_on(ctx, db);
    if (rc)
        db_rollback_on(ctx, db);
    return rc;
}

enum err db_end(struct ctx *ctx, enum err rc)
{
    return db_end_on(ctx, ctx->db, rc);
}

bool db_in_transaction(const struct db *db)
{
    return db->depth > 0;
}

bool db_is_writing(const struct db *db)
{
    return db->depth > 0 && db->mode != DB_READ_ONLY;
}

enum err db_flush(struct ctx *ctx, struct db *db)
{
    enum err rc;

    rc = db_gate(ctx, db);
    if (rc)
        return rc;
    return db_is_postgres(db) ? OK : flush_lite(ctx, db);
}

/* --- built at run time --- */

/* Eight bytes at a time: a statement is asked for with each request, and its text is long. */
static unsigned bucket_of_text(const char *s)
{
    const size_t len = strlen(s);
    uint64_t h = len;
    uint64_t word = 0;

    for (size_t i = 0; i < len; i += sizeof(word)) {
        memcpy(&word, s + i, len - i < sizeof(word) ? len - i : sizeof(word));
        h = (h ^ word) * 0x9E3779B97F4A7C15u;
        h ^= h >> 32;
    }
    return (unsigned)(h % DB_BUCKETS);
}

const struct db_sql *db_sql_built(struct db *db, const char *sql)
{
    struct built **bucket = &db->built[bucket_of_text(sql)];
    struct built *b;

    for (b = *bucket; b; b = b->next) {
        if (text_equal(b->sql.sql, sql))
            return &b->sql;
    }
    b = ARENA_NEW(db->arena, struct built);
    b->sql.name = "a built statement";
    b->sql.sql = arena_strdup(db->arena, sql);
    b->sql.where = "built at run time";
    b->next = *bucket;
    *bucket = b;
    return &b->sql;
}

static const struct {
    const char *word;
    const char *lite;
    const char *pg;
} ddl_words[] = {
    { "%INT%", "INTEGER", "BIGINT" },
    { "%REAL%", "REAL", "DOUBLE PRECISION" },
    { "%BLOB%", "BLOB", "BYTEA" },
    { "%STRICT%", "STRICT", "" },
    { "%CLUSTERED%", "STRICT, WITHOUT ROWID", "" },
};

#define DDL_MAX ((size_t)4 * 1024 * 1024)

static const char *ddl_for(const struct db *db, struct arena *a, const char *ddl)
{
    struct buf b;

    buf_init(&b, a, DDL_MAX);
    while (*ddl) {
        size_t i = 0;
        size_t words = sizeof(ddl_words) / sizeof(ddl_words[0]);

        while (i < words && !text_starts(ddl, ddl_words[i].word))
            i++;
        if (i < words) {
            buf_add(&b, db_is_postgres(db) ? ddl_words[i].pg : ddl_words[i].lite);
            ddl += strlen(ddl_words[i].word);
        } else {
            buf_add_char(&b, *ddl++);
        }
    }
    return buf_ok(&b) ? buf_text(&b) : NULL;
}

enum err db_ddl(struct ctx *ctx, struct db *db, const char *ddl)
{
    const char *sql;
    enum err rc;

    rc = db_begin_on(ctx, db);
    if (rc)
        return rc;
    rc = db_gate(ctx, db);
    if (rc)
        goto out;
    rc = rows_keep_all(ctx, db);
    if (rc)
        goto out;
    sql = ddl_for(db, ctx->arena, ddl);
    if (sql == NULL)
        rc = ctx_fail(ctx, ERR_LIMIT, "the definition of a table is too long");
    else
        rc = db->dialect->script(ctx, db, sql);
    if (rc)
        goto out;
    rc = db_commit_on(ctx, db);
out:
    if (rc)
        db_rollback_on(ctx, db);
    return rc;
}

#define COLUMN_NAMES_MAX ((size_t)1024 * 1024) /* bytes of all names of a table */

enum err db_columns(struct ctx *ctx, struct db *db, const char *table, char ***out)
{
    static const char lite[] = "SELECT name FROM pragma_table_info($1)";
    static const char pg[] = "SELECT CAST(column_name AS TEXT) FROM information_schema.columns"
                             " WHERE table_name = $1 AND table_schema = current_schema()";
    const struct db_sql *sql = db_sql_built(db, db_is_postgres(db) ? pg : lite);
    struct rows *rows = NULL;
    struct buf b;
    bool more = false;
    enum err rc = db_query_in(ctx, db, &rows, sql, DB_TEXT(table));

    if (rc)
        return rc;
    buf_init(&b, ctx->arena, COLUMN_NAMES_MAX);
    for (;;) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        buf_printf(&b, "%s ", row_text(rows, 0));
    }
    db_rows_close(rows);
    if (rc == OK)
        *out = text_split(ctx->arena, buf_text(&b), ' ', true, NULL);
    return rc;
}

/* --- fault injection --- */

void db_fail_at(struct db *db, int n)
{
    db->fail_at = n;
    db->calls = 0;
}

int db_calls(const struct db *db)
{
    return db->calls;
}
