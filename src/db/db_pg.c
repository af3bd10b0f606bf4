/*
 * PostgreSQL through libpq. A statement is prepared once per set of argument types, for a server
 * that has to guess refuses "$1 IS NULL". Results come in binary and row by row; while a query is
 * live the connection can do nothing else, so whatever comes next first reads its rest into memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/text.h"
#include "db/db_private.h"

#define OID_BYTEA 17u
#define OID_INT8  20u
#define OID_TEXT  25u
#define OID_FLOAT 701u

static bool state_is(const char *state, const char *a, const char *b)
{
    return text_equal(state, a) || text_equal(state, b);
}

/* A result (NULL = none came) that is an error. The primary message only: details hold values. */
static enum err pg_fail(struct ctx *ctx, struct db *db, const PGresult *result, const char *what)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

    if (state_is(state, "23505", "23503"))
        return db_fail_conflict(ctx);
    if (state_is(state, "40001", "40P01") || state_is(state, "55P03", "55006"))
        return db_fail_busy(ctx);
    if (state_is(state, "57014", "57014"))
        return db_fail_time(ctx);
    if (state_is(state, "53100", "53100"))
        return db_fail_full(ctx);
    if (text == NULL)
        text = PQstatus(db->pg) == CONNECTION_OK ? "no answer" : "the connection was lost";
    return db_fail_other(ctx, what, text);
}

static enum err pg_simple(struct ctx *ctx, struct db *db, const char *sql, const char *tag)
{
    PGresult *result = PQexec(db->pg, sql);
    ExecStatusType status = PQresultStatus(result);
    enum err rc = OK;

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        rc = pg_fail(ctx, db, result,
                     tag ? tag : arena_strndup(ctx->arena, sql, strcspn(sql, "(;")));
    /* COMMIT of a transaction that has failed answers ROLLBACK. */
    else if (tag && !text_equal(PQcmdStatus(result), tag))
        rc = db_fail_other(ctx, tag, "the transaction was rolled back");
    PQclear(result);
    return rc;
}

/* --- opening --- */

/* Name of the database in postgresql://...../NAME?...; NULL if there is none. */
static char *url_name(struct arena *a, const char *url)
{
    const char *host = strstr(url, "://") + 3;
    const char *slash = strchr(host, '/');
    const char *query = strchr(host, '?');
    size_t len;

    if (slash == NULL || (query && slash > query))
        return NULL;
    len = strcspn(slash + 1, "?");
    return len == 0 ? NULL : arena_strndup(a, slash + 1, len);
}

static PGconn *pg_connect(const char *url, const char *name)
{
    const char *const keys[] = { "dbname",
                                 "application_name",
                                 "client_encoding",
                                 "connect_timeout",
                                 "options",
                                 name ? "dbname" : NULL,
                                 NULL };
    const char *const values[] = { url,  "homeward", "UTF8", "10", "-c client_min_messages=error",
                                   name, NULL };

    return PQconnectdbParams(keys, values, 1);
}

static enum err fail_connect(struct ctx *ctx, const char *name, PGconn *pg)
{
    const char *text = text_trim(ctx->arena, pg ? PQerrorMessage(pg) : "no memory");

    return ctx_fail(
        ctx, ERR_DB,
        arena_printf(ctx->arena, "could not open the PostgreSQL database %s: %s", name, text));
}

/* Makes the database if the server can be reached and has none of this name. */
static enum err create_database(struct ctx *ctx, struct db *db, const char *name)
{
    PGconn *pg = pg_connect(db->url, "postgres");
    PGresult *result = NULL;
    char *quoted = NULL;
    enum err rc = OK;

    if (PQstatus(pg) != CONNECTION_OK) {
        rc = fail_connect(ctx, name, pg);
        goto out;
    }
    quoted = PQescapeIdentifier(pg, name, strlen(name));
    result = PQexec(pg, arena_printf(ctx->arena,
                                     "CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8'"
                                     " LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'",
                                     quoted ? quoted : "\"\""));
    /* Somebody else may have made it meanwhile. */
    if (PQresultStatus(result) != PGRES_COMMAND_OK &&
        !state_is(PQresultErrorField(result, PG_DIAG_SQLSTATE), "42P04", "23505"))
        rc = fail_connect(ctx, name, pg);
out:
    PQclear(result);
    PQfreemem(quoted);
    PQfinish(pg);
    return rc;
}

/* Order of text must be that of SQLite. synchronous_commit may be more than on; off by db_relax. */
static enum err check_settings(struct ctx *ctx, struct db *db)
{
    PGresult *result = PQexec(
        db->pg, "SELECT datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8') AND datlocprovider = 'c'"
                " AND pg_encoding_to_char(encoding) = 'UTF8', set_config('synchronous_commit',"
                " CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE"
                " current_setting('synchronous_commit') END, false)"
                " FROM pg_database WHERE datname = current_database()");
    enum err rc = OK;

    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        rc = pg_fail(ctx, db, result, "the check of the settings");
    else if (!text_equal(PQgetvalue(result, 0, 0), "t"))
        rc = ctx_fail(ctx, ERR_INVALID,
                      "the PostgreSQL database must have the encoding UTF8 and the collation"
                      " C.UTF-8 (or C)");
    PQclear(result);
    return rc;
}

static enum err pg_relax(struct ctx *ctx, struct db *db)
{
    return pg_simple(ctx, db, "SET synchronous_commit = off", NULL);
}

static enum err pg_configure(struct ctx *ctx, struct db *db)
{
    const char *sql =
        arena_printf(ctx->arena,
                     "SET statement_timeout = %d; SET lock_timeout = %d;"
                     " SET default_transaction_read_only = %s;"
                     " SET extra_float_digits = 1",
                     DB_STATEMENT_MS, DB_STATEMENT_MS, db->mode == DB_READ_ONLY ? "on" : "off");
    enum err rc;

    rc = pg_simple(ctx, db, sql, NULL);
    if (rc == OK)
        rc = check_settings(ctx, db);
    if (rc == OK && db->relaxed)
        rc = pg_relax(ctx, db);
    return rc;
}

static enum err pg_open(struct ctx *ctx, struct db *db)
{
    const char *name = url_name(ctx->arena, db->url);
    enum err rc;

    if (name == NULL)
        return ctx_fail(ctx, ERR_INVALID, "the address of the database does not name one");
    db->pg = pg_connect(db->url, NULL);
    if (PQstatus(db->pg) != CONNECTION_OK && db->mode == DB_CREATE) {
        rc = create_database(ctx, db, name);
        if (rc)
            return rc;
        PQfinish(db->pg);
        db->pg = pg_connect(db->url, NULL);
    }
    if (PQstatus(db->pg) != CONNECTION_OK)
        return fail_connect(ctx, name, db->pg);
    return pg_configure(ctx, db);
}

static void pg_close(struct db *db)
{
    PQfinish(db->pg);
}

static bool pg_lost(const struct db *db)
{
    return PQstatus(db->pg) != CONNECTION_OK;
}

/* After a restart of the server: what was prepared is gone with the old connection. */
static enum err pg_revive(struct ctx *ctx, struct db *db)
{
    if (PQstatus(db->pg) == CONNECTION_OK)
        return OK;
    rows_break_all(db);
    stmts_drop_all(db);
    PQreset(db->pg);
    if (PQstatus(db->pg) != CONNECTION_OK)
        return fail_connect(ctx, PQdb(db->pg), db->pg);
    log_warn("database: the connection was lost and is back");
    return pg_configure(ctx, db);
}

/* --- statements --- */

static char kind_letter(enum db_kind kind)
{
    static const char letters[] = {
        [DB_KIND_END] = '.',  [DB_KIND_NULL] = 'n', [DB_KIND_INT] = 'i',
        [DB_KIND_REAL] = 'r', [DB_KIND_TEXT] = 't', [DB_KIND_BLOB] = 'b'
    };

    return letters[kind];
}

static Oid kind_oid(enum db_kind kind)
{
    static const Oid oids[] = {
        [DB_KIND_END] = 0,          [DB_KIND_NULL] = 0,        [DB_KIND_INT] = OID_INT8,
        [DB_KIND_REAL] = OID_FLOAT, [DB_KIND_TEXT] = OID_TEXT, [DB_KIND_BLOB] = OID_BYTEA
    };

    return oids[kind];
}

static bool pg_fits(const struct stmt *stmt, const struct db_arg *args)
{
    int i = 0;

    while (i < stmt->args_len && stmt->kinds[i] == kind_letter(args[i].kind))
        i++;
    return i == stmt->args_len && args[i].kind == DB_KIND_END;
}

/* args NULL (db_prepare): the server guesses the types. */
static enum err pg_prepare(struct ctx *ctx, struct db *db, struct stmt *stmt,
                           const struct db_arg *args)
{
    int n = args ? args_count(args) : 0;
    Oid types[DB_ARGS_MAX] = { 0 };
    PGresult *result;
    enum err rc;

    if (n > DB_ARGS_MAX)
        return db_fail_other(ctx, stmt->sql->name, "too many arguments");
    rc = rows_keep_all(ctx, db);
    if (rc)
        return rc;
    stmt->kinds = calloc((size_t)n + 1, 1);
    if (stmt->kinds == NULL)
        return ctx_fail(ctx, ERR_INTERNAL, "no memory for a prepared statement");
    for (int i = 0; i < n; i++) {
        stmt->kinds[i] = kind_letter(args[i].kind);
        types[i] = kind_oid(args[i].kind);
    }
    stmt->args_len = n;
    snprintf(stmt->name, sizeof(stmt->name), "s%lld", (long long)++db->stmts_made);
    result = PQprepare(db->pg, stmt->name, stmt->sql->sql, n, types);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        rc = pg_fail(ctx, db, result, stmt->sql->name);
    PQclear(result);
    return rc;
}

/* Inside a transaction that has failed the server refuses; the name is never used again. */
static void pg_drop(struct db *db, struct stmt *stmt)
{
    char sql[sizeof(stmt->name) + 16];

    if (PQstatus(db->pg) != CONNECTION_OK || PQtransactionStatus(db->pg) == PQTRANS_ACTIVE)
        return;
    snprintf(sql, sizeof(sql), "DEALLOCATE %s", stmt->name);
    PQclear(PQexec(db->pg, sql));
}

struct pg_values {
    const char *values[DB_ARGS_MAX];
    int lengths[DB_ARGS_MAX];
    int formats[DB_ARGS_MAX];
    int len;
};

/* In db->scratch: the caller rewinds it. */
static struct pg_values *pg_values(struct db *db, const struct db_arg *args)
{
    struct pg_values *v = ARENA_NEW(db->scratch, struct pg_values);

    for (int i = 0; args[i].kind != DB_KIND_END; i++) {
        const struct db_arg *arg = &args[i];

        v->len = i + 1;
        switch (arg->kind) {
        case DB_KIND_INT:
            v->values[i] = arena_printf(db->scratch, "%lld", (long long)arg->n);
            break;
        case DB_KIND_REAL:
            v->values[i] = arena_printf(db->scratch, "%.17g", arg->d);
            break;
        case DB_KIND_TEXT:
            v->values[i] = arg->p;
            break;
        case DB_KIND_BLOB:
            v->values[i] = arg->p;
            v->lengths[i] = (int)arg->len;
            v->formats[i] = 1;
            break;
        case DB_KIND_NULL:
        case DB_KIND_END:
            break;
        }
    }
    return v;
}

static enum err pg_exec(struct ctx *ctx, struct db *db, struct stmt *stmt,
                        const struct db_arg *args, int64_t *changed_out)
{
    struct arena_mark mark = arena_mark(db->scratch);
    struct pg_values *v;
    PGresult *result;
    ExecStatusType status;
    enum err rc;

    rc = rows_keep_all(ctx, db);
    if (rc)
        return rc;
    v = pg_values(db, args);
    result = PQexecPrepared(db->pg, stmt->name, v->len, v->values, v->lengths, v->formats, 1);
    status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        rc = pg_fail(ctx, db, result, stmt->sql->name);
    else if (!parse_int(PQcmdTuples(result), 0, INT64_MAX, changed_out))
        *changed_out = 0;
    if (rc == OK && text_starts(PQcmdStatus(result), "SELECT"))
        *changed_out = 0;
    PQclear(result);
    arena_rewind(db->scratch, mark);
    return rc;
}

static void pg_drain(struct db *db)
{
    PGresult *result = PQgetResult(db->pg);

    while (result) {
        PQclear(result);
        result = PQgetResult(db->pg);
    }
}

/* One row further, or to the end; also tells the number of columns. */
static enum err pg_fetch(struct ctx *ctx, struct rows *rows, PGresult **out)
{
    struct db *db = rows->db;
    PGresult *result = PQgetResult(db->pg);
    ExecStatusType status = PQresultStatus(result);
    enum err rc = OK;

    *out = NULL;
    if (status == PGRES_SINGLE_TUPLE) {
        rows->columns = PQnfields(result);
        *out = result;
        return OK;
    }
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        rc = pg_fail(ctx, db, result, rows->stmt->sql->name);
    PQclear(result);
    pg_drain(db);
    return rc;
}

static enum err pg_start(struct ctx *ctx, struct rows *rows, const struct db_arg *args)
{
    struct db *db = rows->db;
    struct arena_mark mark = arena_mark(db->scratch);
    struct pg_values *v;
    enum err rc;

    rc = rows_keep_all(ctx, db);
    if (rc)
        return rc;
    v = pg_values(db, args);
    if (!PQsendQueryPrepared(db->pg, rows->stmt->name, v->len, v->values, v->lengths, v->formats,
                             1) ||
        !PQsetSingleRowMode(db->pg))
        rc = pg_fail(ctx, db, NULL, rows->stmt->sql->name);
    arena_rewind(db->scratch, mark);
    return rc;
}

static enum err pg_step(struct ctx *ctx, struct rows *rows, bool *more_out)
{
    enum err rc;

    PQclear(rows->result);
    rows->result = NULL;
    rc = pg_fetch(ctx, rows, &rows->result);
    if (rc)
        return rc;
    *more_out = rows->result != NULL;
    return OK;
}

static void pg_finish(struct rows *rows)
{
    PQclear(rows->result);
    rows->result = NULL;
    pg_drain(rows->db);
}

static struct db_arg pg_rows_cell(const struct rows *rows, int column)
{
    return pg_cell(rows->result, column);
}

/* --- transactions --- */

static enum err pg_begin(struct ctx *ctx, struct db *db)
{
    /* A reader sees one state from its first to its last query, as on SQLite. */
    if (db->mode == DB_READ_ONLY)
        return pg_simple(ctx, db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "BEGIN");
    return pg_simple(ctx, db, "BEGIN ISOLATION LEVEL READ COMMITTED", "BEGIN");
}

static enum err pg_commit(struct ctx *ctx, struct db *db)
{
    return pg_simple(ctx, db, "COMMIT", "COMMIT");
}

static void pg_rollback(struct db *db)
{
    if (PQtransactionStatus(db->pg) != PQTRANS_IDLE)
        PQclear(PQexec(db->pg, "ROLLBACK"));
}

static enum err pg_script(struct ctx *ctx, struct db *db, const char *sql)
{
    const char *end = arena_printf(ctx->arena, "SET LOCAL statement_timeout = %d", DB_STATEMENT_MS);
    enum err rc;

    rc = pg_simple(ctx, db, "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0", NULL);
    if (rc == OK)
        rc = pg_simple(ctx, db, sql, NULL);
    if (rc == OK)
        rc = pg_simple(ctx, db, end, NULL);
    return rc;
}

/* --- the whole store --- */

/* Turns every row of a table into text, which reads all of it, also what lies outside the row. */
static enum err read_table(struct ctx *ctx, struct db *db, const char *name)
{
    char *quoted = PQescapeIdentifier(db->pg, name, strlen(name));
    const char *sql =
        arena_printf(ctx->arena, "SELECT count(*) FROM %s AS t WHERE length(t::text) = 0",
                     quoted ? quoted : "\"\"");

    PQfreemem(quoted);
    return pg_simple(ctx, db, sql, NULL);
}

static enum err pg_check(struct ctx *ctx, struct db *db)
{
    PGresult *result;
    enum err rc;

    rc = pg_simple(ctx, db, "SET statement_timeout = 0", NULL);
    if (rc)
        return rc;
    result = PQexec(db->pg, "SELECT tablename FROM pg_catalog.pg_tables"
                            " WHERE schemaname = current_schema() ORDER BY tablename");
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        rc = pg_fail(ctx, db, result, "the list of tables");
    for (int i = 0; rc == OK && i < PQntuples(result); i++)
        rc = read_table(ctx, db, PQgetvalue(result, i, 0));
    PQclear(result);
    if (rc == OK)
        rc = pg_simple(
            ctx, db, arena_printf(ctx->arena, "SET statement_timeout = %d", DB_STATEMENT_MS), NULL);
    return rc;
}

const struct dialect dialect_pg = {
    .open = pg_open,
    .close = pg_close,
    .prepare = pg_prepare,
    .fits = pg_fits,
    .drop = pg_drop,
    .exec = pg_exec,
    .start = pg_start,
    .step = pg_step,
    .finish = pg_finish,
    .cell = pg_rows_cell,
    .begin = pg_begin,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .script = pg_script,
    .check = pg_check,
    .relax = pg_relax,
    .revive = pg_revive,
    .lost = pg_lost,
};
