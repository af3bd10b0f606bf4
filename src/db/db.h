#ifndef DB_DB_H
#define DB_DB_H

/*
 * One small interface over SQLite and PostgreSQL.
 *
 * A struct db is one connection, opened after fork and used by one process. Its url is a file name
 * (SQLite) or postgresql://... Statements are literal text made with DB_SQL, prepared once per
 * connection and kept; parameters are $1, $2 ...
 *
 * Memory: rows and their text live in ctx->arena (loops over many rows mark and rewind it).
 * Errors: ERR_CONFLICT unique or foreign key violation; ERR_BUSY lock or serialization, may be
 * tried again from the start; ERR_LIMIT the arena's budget or the statement's 5 seconds; ERR_IO
 * disk full (the problem says so); ERR_DB anything else. After any failed statement inside a
 * transaction only db_rollback is left.
 *
 * Writers (SQLite): db_begin takes an OFD lock on FILE.lock, then BEGIN IMMEDIATE; db_commit is
 * COMMIT with synchronous=NORMAL and gives the lock to the next. Who has waited for 5 seconds gets
 * ERR_BUSY, so whoever stores much does it in steps of at most 0.1 second. What is committed is
 * durable only after db_flush: the worker, job or command calls it before the answer goes out;
 * domains never do. db_flush shares one fdatasync of the WAL among processes that wait at the same
 * moment (struct db_shared, one per file, made by the parent before fork; NULL = flush alone). A
 * process has at most one connection that writes to a file: a second one's db_begin waits in vain.
 *
 * Queries stream. db_begin, the commit, a statement that writes and, on PostgreSQL, any other
 * statement first read the rest of open queries into memory (64 MB, else ERR_LIMIT), so a loop may
 * write what it reads. The 5 seconds of a query are those spent in SQLite; on PostgreSQL they end
 * with the last row, so an export fetches pages by key (WHERE id > $1 ORDER BY id LIMIT ...).
 * A single writing statement outside a transaction is a transaction of its own.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

struct db;
struct db_shared;

struct db_sql {
    const char *name;
    const char *sql;
    const char *where; /* file:line */
};

#define DB_STRING2_(x) #x
#define DB_STRING_(x)  DB_STRING2_(x)

/* DB_SQL(LEDGER_ADD, "INSERT ..."): a statement, listed so that a test prepares it on both. */
#define DB_SQL(name_, sql_)                                                                        \
    static const struct db_sql name_ = { #name_, "" sql_, __FILE__ ":" DB_STRING_(__LINE__) };     \
    static const struct db_sql *const name_##_entry                                                \
        __attribute__((section("db_sql_list"), used, retain)) = &name_

/* Statements on the main database use DB_SQL; on the keys, index and access databases these: */
#define DB_SQL_KEYS(name_, sql_)   DB_SQL_IN_(db_sql_keys, name_, sql_)
#define DB_SQL_INDEX(name_, sql_)  DB_SQL_IN_(db_sql_index, name_, sql_)
#define DB_SQL_ACCESS(name_, sql_) DB_SQL_IN_(db_sql_access, name_, sql_)
#define DB_SQL_IN_(list_, name_, sql_)                                                             \
    static const struct db_sql name_ = { #name_, "" sql_, __FILE__ ":" DB_STRING_(__LINE__) };     \
    static const struct db_sql *const name_##_entry                                                \
        __attribute__((section(#list_), used, retain)) = &name_

enum db_kind {
    DB_KIND_END = 0,
    DB_KIND_NULL,
    DB_KIND_INT,
    DB_KIND_REAL,
    DB_KIND_TEXT,
    DB_KIND_BLOB
};

struct db_arg {
    enum db_kind kind;
    int64_t n;
    double d;
    const void *p; /* TEXT (NUL-ended) or BLOB; NULL = NULL */
    size_t len;
};

#define DB_INT(v)     ((struct db_arg){ .kind = DB_KIND_INT, .n = (v) })
#define DB_REAL(v)    ((struct db_arg){ .kind = DB_KIND_REAL, .d = (v) })
#define DB_TEXT(v)    ((struct db_arg){ .kind = DB_KIND_TEXT, .p = (v) })
#define DB_BLOB(v, l) ((struct db_arg){ .kind = DB_KIND_BLOB, .p = (v), .len = (l) })
#define DB_NULL       ((struct db_arg){ .kind = DB_KIND_NULL })

struct rows;

/* --- connections --- */

enum db_mode { DB_READ_WRITE, DB_READ_ONLY, DB_CREATE };

struct db_shared *db_shared_new(void); /* anonymous shared memory; before fork */

/*
 * Opens; DB_CREATE makes the SQLite file (0600), or the PostgreSQL database, if there is none. The
 * caller closes it; closing ends its open queries. ERR_IO no such file, or no way to it;
 * ERR_INVALID an address without a name, or a PostgreSQL database whose collation is not C; ERR_DB.
 */
enum err db_open(struct ctx *ctx, struct db **out, const char *url, enum db_mode mode,
                 struct db_shared *shared) MUST_USE;
void db_close(struct db *db); /* NULL is allowed */
bool db_is_postgres(const struct db *db);
/* The last call found the connection to the server gone. */
bool db_lost(const struct db *db);
const char *db_url(const struct db *db);
/* Name of a companion store: FILE.keys, or the PostgreSQL database NAME_keys on the same server. */
char *db_companion_url(struct arena *a, const char *url, const char *suffix);

/*
 * For a store that can be made again; outside transactions. A commit on this connection no longer
 * waits for the disk: a power cut may take the last ones, each whole and the newest first, but
 * never damages the store. PostgreSQL: synchronous_commit = off, also after a lost connection is
 * back. SQLite works so already until db_flush is called. (Its synchronous = OFF would be another
 * thing: a power cut during a checkpoint mixes old and new pages, and nobody need notice.) ERR_DB.
 */
enum err db_relax(struct ctx *ctx, struct db *db) MUST_USE;

/* --- statements on ctx->db, and on another connection --- */

/* Runs; *changed_out (may be NULL) = rows changed. */
#define db_exec(ctx, changed_out, sql, ...)                                                        \
    db_exec_on((ctx), (ctx)->db, (changed_out), (sql),                                             \
               (const struct db_arg[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })
/* Starts a query. One connection can have several open. */
#define db_query(ctx, rows_out, sql, ...)                                                          \
    db_query_on((ctx), (ctx)->db, (rows_out), (sql),                                               \
                (const struct db_arg[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })
#define db_exec_in(ctx, db, changed_out, sql, ...)                                                 \
    db_exec_on((ctx), (db), (changed_out), (sql),                                                  \
               (const struct db_arg[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })
#define db_query_in(ctx, db, rows_out, sql, ...)                                                   \
    db_query_on((ctx), (db), (rows_out), (sql),                                                    \
                (const struct db_arg[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })

enum err db_exec_on(struct ctx *ctx, struct db *db, int64_t *changed_out, const struct db_sql *sql,
                    const struct db_arg *args) MUST_USE;
enum err db_query_on(struct ctx *ctx, struct db *db, struct rows **out, const struct db_sql *sql,
                     const struct db_arg *args) MUST_USE;

/*
 * Names the state of the database that the last read of this connection saw: it is another after
 * every commit, by whomever. 0: not known, as on PostgreSQL and inside a writing transaction.
 */
uint64_t db_state(const struct db *db);

/*
 * The one number of a query that is asked often with the same arguments, just after a read on the
 * same connection: SQLite answers from memory while nothing was committed since, so the number is
 * of the state that the read saw. 0 if there is no row. The sql lives as long as the connection.
 */
enum err db_number_on(struct ctx *ctx, struct db *db, int64_t *out, const struct db_sql *sql,
                      const struct db_arg *args) MUST_USE;

/* Next row: *more_out = false at the end, and the query is closed. */
enum err db_next(struct ctx *ctx, struct rows *rows, bool *more_out) MUST_USE;
/* Hands every row to take, until one fails, and closes the query. */
enum err db_each(struct ctx *ctx, struct rows *rows,
                 enum err (*take)(struct ctx *ctx, void *to, struct rows *rows), void *to) MUST_USE;
/* Closes early; harmless when closed already. The arena does it too. */
void db_rows_close(struct rows *rows);

/* Cells of the row that db_next moved to; copied into the arena. */
bool row_is_null(const struct rows *rows, int column);
int64_t row_int(const struct rows *rows, int column); /* 0 if NULL */
double row_real(const struct rows *rows, int column);
const char *row_text(struct rows *rows, int column); /* NULL if NULL */
const void *row_blob(struct rows *rows, int column, size_t *len_out);
/*
 * A TEXT (NUL-ended) or BLOB where it lies, until the next db_next or the end of the query; NULL
 * for anything else. For loops over very many rows.
 */
const char *row_peek(const struct rows *rows, int column, size_t *len_out);

/* --- transactions on ctx->db; they nest: only the outermost commits --- */

enum err db_begin(struct ctx *ctx) MUST_USE;
enum err db_commit(struct ctx *ctx) MUST_USE;
/*
 * A db_begin that fails needs no db_rollback; a db_commit that fails does. db_rollback undoes all
 * levels at once and leaves one: the outer levels can only roll back too. Harmless when none is
 * open, so whoever must be sure (the worker, between requests) calls it while db_in_transaction.
 */
void db_rollback(struct ctx *ctx);
/* Ends what db_begin began: commits when rc is OK, else rolls back. The first failure comes back.
 */
enum err db_end(struct ctx *ctx, enum err rc) MUST_USE;
bool db_in_transaction(const struct db *db);
bool db_is_writing(const struct db *db); /* in a transaction that may write */
enum err db_begin_on(struct ctx *ctx, struct db *db) MUST_USE;
/* ERR_BUSY at once, without a problem, when another process is writing (SQLite). */
enum err db_begin_if_free(struct ctx *ctx, struct db *db) MUST_USE;
enum err db_commit_on(struct ctx *ctx, struct db *db) MUST_USE;
void db_rollback_on(struct ctx *ctx, struct db *db);
enum err db_end_on(struct ctx *ctx, struct db *db, enum err rc) MUST_USE;

/*
 * Makes all commits of this connection durable; cheap when nothing was committed since. ERR_IO:
 * what was committed may be lost, and every later flush of this file fails too, until the program
 * is started again. On PostgreSQL db_commit itself is durable and this does nothing.
 */
enum err db_flush(struct ctx *ctx, struct db *db) MUST_USE;

/* --- statements built at run time: src/records/sql.c and the index only --- */

/*
 * A statement whose text was built from checked names; text is interned per connection, so it is
 * prepared once. Values are arguments always.
 */
const struct db_sql *db_sql_built(struct db *db, const char *sql);
/*
 * DDL with %INT% %REAL% %BLOB% %STRICT% %CLUSTERED% replaced for the dialect; may hold several
 * statements. %CLUSTERED% stands in place of %STRICT% where rows lie in the tree of their primary
 * key: for short rows that are read by it.
 */
enum err db_ddl(struct ctx *ctx, struct db *db, const char *ddl) MUST_USE;
/* Names of a table's columns, ends with NULL; none: there is no such table. */
enum err db_columns(struct ctx *ctx, struct db *db, const char *table, char ***out) MUST_USE;

/* --- migrations --- */

/*
 * Applies db/migrations/<set>/NNNN_name.sql in order of number, each in a transaction, recorded in
 * schema_migration. sets: "main", "keys", "index", "access". ERR_INVALID if the database was made
 * by a newer Homeward.
 */
enum err db_migrate(struct ctx *ctx, struct db *db, const char *set) MUST_USE;

/* Integrity check of the whole store (PRAGMA integrity_check; on PostgreSQL a read of all). */
enum err db_check(struct ctx *ctx, struct db *db) MUST_USE;
/*
 * Consistent, durable copy of a SQLite database into a new file (0600). ERR_IO if there is one
 * already; ERR_INVALID on PostgreSQL.
 */
enum err db_copy_to(struct ctx *ctx, struct db *db, const char *path) MUST_USE;

/*
 * Keeps room for writing about so many bytes once the disk is full: free pages in the file, and a
 * WAL that has its blocks already. Outside transactions; cheap while the room is there; nothing on
 * PostgreSQL. ERR_IO: the disk is too full for it.
 */
enum err db_reserve(struct ctx *ctx, struct db *db, int64_t bytes) MUST_USE;
/* Brings the WAL into the file as far as readers allow, so that the next write begins it anew. */
void db_checkpoint(struct db *db);
/*
 * Brings a WAL that has grown into the file before those who serve pages have to: most of it while
 * others write, the last of it in the queue of writers, so that the next write begins it anew. For
 * the job role, a few times a second; outside transactions; nothing on PostgreSQL.
 */
enum err db_tidy(struct ctx *ctx, struct db *db) MUST_USE;

/*
 * What was deleted or overwritten before leaves the files: the WAL is emptied into the database
 * (on PostgreSQL: VACUUM). Outside transactions. ERR_BUSY when somebody else is reading meanwhile.
 */
enum err db_clean(struct ctx *ctx, struct db *db) MUST_USE;

/* --- fault injection: tests only --- */

/* The n-th fallible call from here on this connection fails once with ERR_DB; 0 = off. */
void db_fail_at(struct db *db, int n);
/* Calls counted since the last db_fail_at. */
int db_calls(const struct db *db);

#endif
