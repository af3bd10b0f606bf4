#ifndef DB_DB_PRIVATE_H
#define DB_DB_PRIVATE_H

/*
 * Inside of the db room: a connection, its prepared statements and its open queries. Only src/db
 * and its tests include this.
 *
 * db.c, db_rows.c and db_migrate.c hold what is the same on both databases (nesting, doom, faults,
 * the statement cache, rows); db_lite.c and db_pg.c are the two dialects behind struct dialect. A
 * dialect records the problem in ctx and never looks at depth, doom or faults.
 */

#include <libpq-fe.h>
#include <sqlite3.h>

#include "core/ctx.h"
#include "db/db.h"

#define DB_STATEMENT_MS 5000
#define DB_ARGS_MAX     512
#define DB_STMTS_MAX    1000 /* prepared at a time; then the idle ones are dropped */
#define DB_BUCKETS      256
#define DB_STEPS        4
#define DB_NUMBERS      64 /* that a connection remembers */

/* One prepared statement. The same struct db_sql has several when queries of it overlap. */
struct stmt {
    const struct db_sql *sql;
    struct stmt *next;
    bool busy;   /* a query of it is open */
    bool writes; /* SQLite only: it changes something */
    sqlite3_stmt *lite;
    int *arg_of; /* SQLite: place in args of each parameter */
    char name[24];
    char *kinds; /* PostgreSQL: kinds of the arguments, as letters */
    int args_len;
};

struct kept_row {
    struct kept_row *next;
    struct db_arg cells[];
};

enum rows_state { ROWS_LIVE, ROWS_KEPT, ROWS_BROKEN, ROWS_CLOSED };

struct rows {
    struct db *db;
    struct rows *next; /* all that are not closed, newest first */
    struct arena *arena;
    struct stmt *stmt;
    enum rows_state state;
    bool on_row;
    int columns;
    int64_t left_ns;    /* SQLite: of the statement's time */
    PGresult *result;   /* PostgreSQL: the current row */
    struct arena *keep; /* when kept: the current and all further rows */
    struct kept_row *row;
    bool before_first; /* kept before any row was fetched: row is the next one */
};

/* What db_number_on was told last. */
struct number {
    const struct db_sql *sql;
    char key[256]; /* its arguments */
    uint32_t state;
    int64_t n;
};

struct db {
    const struct dialect *dialect;
    char *url;
    enum db_mode mode;
    uint32_t serial;       /* of the connections of this process */
    bool relaxed;          /* by db_relax */
    bool no_wait;          /* for the lock of writers, in db_begin_if_free */
    int lock_wait_ms;      /* in the queue of writers; then ERR_BUSY */
    struct arena *arena;   /* ends with the connection */
    struct arena *scratch; /* rewound by whoever uses it */
    int depth;
    bool doomed;
    int fail_at;
    int calls;
    struct stmt *stmts[DB_BUCKETS];
    int stmts_len;
    int64_t stmts_made;
    struct built *built[DB_BUCKETS];
    struct rows *rows;
    struct number numbers[DB_NUMBERS];
    size_t numbers_next;

    sqlite3 *lite;
    sqlite3_stmt *steps[DB_STEPS]; /* BEGIN, COMMIT ...: prepared when first used */
    int lock_fd;
    int64_t limit_ms;    /* of one statement */
    int64_t deadline_ns; /* of the running step, monotonic; 0 = none */

    struct db_shared *shared;
    int wal_fd;
    bool unflushed;
    bool flush_failed;
    uint64_t ticket; /* of the last commit, when shared */

    PGconn *pg;
};

struct dialect {
    enum err (*open)(struct ctx *ctx, struct db *db);
    void (*close)(struct db *db);
    enum err (*prepare)(struct ctx *ctx, struct db *db, struct stmt *stmt,
                        const struct db_arg *args);
    bool (*fits)(const struct stmt *stmt, const struct db_arg *args);
    void (*drop)(struct db *db, struct stmt *stmt);
    enum err (*exec)(struct ctx *ctx, struct db *db, struct stmt *stmt, const struct db_arg *args,
                     int64_t *changed_out);
    enum err (*start)(struct ctx *ctx, struct rows *rows, const struct db_arg *args);
    enum err (*step)(struct ctx *ctx, struct rows *rows, bool *more_out);
    void (*finish)(struct rows *rows);
    /* The cell's bytes live until the next step or finish. */
    struct db_arg (*cell)(const struct rows *rows, int column);
    enum err (*begin)(struct ctx *ctx, struct db *db);
    enum err (*commit)(struct ctx *ctx, struct db *db);
    void (*rollback)(struct db *db);
    /* Several statements, without time limit, inside a transaction. */
    enum err (*script)(struct ctx *ctx, struct db *db, const char *sql);
    enum err (*check)(struct ctx *ctx, struct db *db);
    /* Commits no longer wait for the disk. NULL = they never do. */
    enum err (*relax)(struct ctx *ctx, struct db *db);
    /* Brings a lost connection back; called outside transactions. NULL = none needed. */
    enum err (*revive)(struct ctx *ctx, struct db *db);
    bool (*lost)(const struct db *db); /* NULL = never */
};

extern const struct dialect dialect_lite;
extern const struct dialect dialect_pg;

/* How many arguments before the end. */
int args_count(const struct db_arg *args);

/* Counts a fallible call; fails if it is the one that db_fail_at chose, or if we are doomed. */
enum err db_gate(struct ctx *ctx, struct db *db) MUST_USE;
/* A failure inside a transaction dooms it. Returns rc. */
enum err db_after(struct db *db, enum err rc);

enum err stmt_get(struct ctx *ctx, struct db *db, struct stmt **out, const struct db_sql *sql,
                  const struct db_arg *args) MUST_USE;
void stmts_drop_all(struct db *db);

/* Reads the rest of every live query into memory, so that the connection is free. */
enum err rows_keep_all(struct ctx *ctx, struct db *db) MUST_USE;
void rows_break_all(struct db *db);
void rows_close_all(struct db *db);

/* Problems that both dialects report in the same words. */
enum err db_fail_full(struct ctx *ctx);
enum err db_fail_disk(struct ctx *ctx);
enum err db_fail_time(struct ctx *ctx);
enum err db_fail_busy(struct ctx *ctx);
enum err db_fail_conflict(struct ctx *ctx);
enum err db_fail_size(struct ctx *ctx);
enum err db_fail_other(struct ctx *ctx, const char *what, const char *reason);

/* A commit of this connection reached the WAL: it needs db_flush. */
void flush_note(struct db *db);
/* Name of the VFS that writes a commit's frames to the WAL at once. */
const char *db_vfs(void);
enum err flush_lite(struct ctx *ctx, struct db *db) MUST_USE;

/* Value of a PostgreSQL cell in binary format. */
struct db_arg pg_cell(const PGresult *result, int column);

/* Tests only: prepares a statement without running it. */
enum err db_prepare(struct ctx *ctx, struct db *db, const struct db_sql *sql) MUST_USE;

#endif
