/*
 * SQLite. Writers queue on FILE.lock (an OFD lock, so that it belongs to the connection and ends
 * with a killed process), then BEGIN IMMEDIATE, which is never refused but by foreign programs.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "core/text.h"
#include "db/db_private.h"

#define BUSY_MS          5000
#define LOCK_WAIT_MS     5000 /* in the queue of writers; each holds the lock for 0.1 s at most */
#define LOCK_TICK_US     50000
#define PROGRESS_STEPS   4000
#define CHECKPOINT_PAGES 8000    /* 32 MB: creating a person writes some 60 pages */
#define READ_CACHE_KB    "24576" /* the pages of some hundred records: most pages are looked at */
#define TIDY_PAGES       1000    /* of db_tidy: 4 MB, which a disk takes in between */

/* Exact to some milliseconds: read twice for each row, and a limit is a matter of seconds. */
static int64_t monotonic_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool disk_is_full(int system_errno)
{
    return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
}

/* Turns the connection's last error into a code and a problem. */
static enum err lite_fail(struct ctx *ctx, struct db *db, const char *what)
{
    int code = sqlite3_extended_errcode(db->lite);

    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return db_fail_busy(ctx);
    case SQLITE_INTERRUPT:
        return db_fail_time(ctx);
    case SQLITE_TOOBIG:
        return db_fail_size(ctx);
    case SQLITE_CONSTRAINT:
        if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
            code == SQLITE_CONSTRAINT_ROWID || code == SQLITE_CONSTRAINT_FOREIGNKEY)
            return db_fail_conflict(ctx);
        break;
    case SQLITE_FULL:
        log_error("database: %s: the disk is full", what);
        return db_fail_full(ctx);
    case SQLITE_IOERR:
        log_error("database: %s: %s (%d, errno %d)", what, sqlite3_errmsg(db->lite), code,
                  sqlite3_system_errno(db->lite));
        if (disk_is_full(sqlite3_system_errno(db->lite)))
            return db_fail_full(ctx);
        return db_fail_disk(ctx);
    default:
        break;
    }
    return db_fail_other(ctx, what, sqlite3_errmsg(db->lite));
}

static int on_progress(void *arg)
{
    const struct db *db = arg;

    return db->deadline_ns != 0 && monotonic_ns() > db->deadline_ns;
}

/* SQLite calls this after each commit that wrote to the WAL. Errors of a checkpoint harm nobody:
 * the pages stay in the WAL and the next one tries again. */
static int on_wal(void *arg, sqlite3 *lite, const char *name, int pages)
{
    flush_note(arg);
    if (pages >= CHECKPOINT_PAGES)
        sqlite3_wal_checkpoint_v2(lite, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return SQLITE_OK;
}

/* --- opening --- */

static enum err fail_open(struct ctx *ctx, const char *path, const char *reason)
{
    return ctx_fail(ctx, ERR_IO, arena_printf(ctx->arena, "could not open %s: %s", path, reason));
}

/* Made by us and not by SQLite, so that it and its companions are 0600 from the first moment. */
static enum err create_file(struct ctx *ctx, const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return errno == EEXIST ? OK : fail_open(ctx, path, strerror(errno));
    /* Nobody else can have it open yet; closing one that SQLite uses would drop its locks. */
    close(fd);
    return OK;
}

static enum err open_lock_file(struct ctx *ctx, struct db *db)
{
    const char *file = sqlite3_db_filename(db->lite, "main");
    const char *path = arena_printf(db->arena, "%s.lock", file);

    db->lock_wait_ms = LOCK_WAIT_MS;
    db->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (db->lock_fd < 0)
        return fail_open(ctx, path, strerror(errno));
    return OK;
}

static void wake(int signal)
{
    (void)signal; /* it only ends a wait */
}

/*
 * Waits in the queue of writers, but not for ever. A timer ends the wait in the kernel; it
 * comes again and again, or one that came just before the wait began would be lost.
 */
static bool lock_in_time(struct db *db, struct flock *whole)
{
    const struct itimerval ticks = { { 0, LOCK_TICK_US }, { 0, LOCK_TICK_US } };
    const struct itimerval none = { 0 };
    struct sigaction ours = { .sa_handler = wake };
    struct sigaction before = { 0 };
    int64_t until = monotonic_ns() + (int64_t)db->lock_wait_ms * 1000000;
    int rc = fcntl(db->lock_fd, F_OFD_SETLK, whole);
    int why;

    if (rc == 0 || db->no_wait || (errno != EAGAIN && errno != EACCES))
        return rc == 0;
    sigemptyset(&ours.sa_mask);
    if (sigaction(SIGALRM, &ours, &before) || setitimer(ITIMER_REAL, &ticks, NULL))
        return false;
    do
        rc = fcntl(db->lock_fd, F_OFD_SETLKW, whole);
    while (rc < 0 && errno == EINTR && monotonic_ns() < until);
    why = errno;
    (void)setitimer(ITIMER_REAL, &none, NULL);
    (void)sigaction(SIGALRM, &before, NULL);
    errno = why;
    return rc == 0;
}

static enum err lite_lock(struct ctx *ctx, struct db *db)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    if (db->lock_fd < 0 || lock_in_time(db, &whole))
        return OK;
    if (errno == EAGAIN || errno == EACCES || errno == EINTR)
        return db->no_wait ? ERR_BUSY : db_fail_busy(ctx);
    return db_fail_other(ctx, "the lock of writers", strerror(errno));
}

static void lite_unlock(struct db *db)
{
    struct flock whole = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

    if (db->lock_fd >= 0)
        (void)fcntl(db->lock_fd, F_OFD_SETLK, &whole);
}

static enum err lite_run(struct ctx *ctx, struct db *db, const char *sql)
{
    if (sqlite3_exec(db->lite, sql, NULL, NULL, NULL) != SQLITE_OK)
        return lite_fail(ctx, db, arena_strndup(ctx->arena, sql, strcspn(sql, "(;")));
    return OK;
}

static enum err use_wal(struct ctx *ctx, struct db *db)
{
    sqlite3_stmt *s = NULL;
    bool on = false;
    enum err rc;

    rc = lite_lock(ctx, db);
    if (rc)
        return rc;
    if (sqlite3_prepare_v2(db->lite, "PRAGMA journal_mode = WAL", -1, &s, NULL) != SQLITE_OK ||
        sqlite3_step(s) != SQLITE_ROW)
        rc = lite_fail(ctx, db, "the switch to a write-ahead log");
    else
        on = text_equal((const char *)sqlite3_column_text(s, 0), "wal");
    sqlite3_finalize(s);
    lite_unlock(db);
    if (rc == OK && !on)
        rc = fail_open(ctx, db->url, "this file system cannot keep a write-ahead log");
    return rc;
}

static enum err lite_configure(struct ctx *ctx, struct db *db)
{
    sqlite3 *lite = db->lite;
    enum err rc;

    sqlite3_extended_result_codes(lite, 1);
    sqlite3_busy_timeout(lite, BUSY_MS);
    if (sqlite3_db_config(lite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK ||
        sqlite3_db_config(lite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) != SQLITE_OK ||
        sqlite3_db_config(lite, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL) != SQLITE_OK ||
        /* Plans do not hang on the values: else statements are compiled again for new ones. */
        sqlite3_db_config(lite, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL) != SQLITE_OK)
        return lite_fail(ctx, db, "the safe settings of SQLite");
    rc = lite_run(ctx, db,
                  "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;"
                  " PRAGMA cache_size = -8192; PRAGMA cell_size_check = ON;");
    if (rc)
        return rc;
    sqlite3_progress_handler(lite, PROGRESS_STEPS, on_progress, db);
    if (db->mode == DB_READ_ONLY)
        return lite_run(ctx, db,
                        "PRAGMA query_only = ON; PRAGMA cache_size = -" READ_CACHE_KB ";"
                        " SELECT count(*) FROM sqlite_schema;");
    rc = open_lock_file(ctx, db);
    if (rc)
        return rc;
    rc = use_wal(ctx, db);
    if (rc)
        return rc;
    sqlite3_wal_hook(lite, on_wal, db);
    return OK;
}

static enum err lite_open(struct ctx *ctx, struct db *db)
{
    int flags = SQLITE_OPEN_NOMUTEX |
                (db->mode == DB_READ_ONLY ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    enum err rc;

    if (db->mode == DB_CREATE) {
        rc = create_file(ctx, db->url);
        if (rc)
            return rc;
    }
    if (sqlite3_open_v2(db->url, &db->lite, flags, db_vfs()) != SQLITE_OK)
        return fail_open(ctx, db->url, db->lite ? sqlite3_errmsg(db->lite) : "there is no memory");
    return lite_configure(ctx, db);
}

static void lite_close(struct db *db)
{
    for (size_t i = 0; i < DB_STEPS; i++)
        sqlite3_finalize(db->steps[i]);
    sqlite3_close(db->lite);
    if (db->lock_fd >= 0)
        close(db->lock_fd);
    if (db->wal_fd >= 0)
        close(db->wal_fd);
}

/* --- statements --- */

/* "$12" -> 12; 0 if it is not such a name. */
static int argument_number(const char *name)
{
    int64_t n = 0;

    if (name == NULL || name[0] != '$' || !parse_int(name + 1, 1, DB_ARGS_MAX, &n))
        return 0;
    return (int)n;
}

static enum err map_arguments(struct ctx *ctx, struct stmt *stmt)
{
    int n = sqlite3_bind_parameter_count(stmt->lite);

    if (n == 0)
        return OK;
    stmt->arg_of = calloc((size_t)n, sizeof(*stmt->arg_of));
    if (stmt->arg_of == NULL)
        return ctx_fail(ctx, ERR_INTERNAL, "no memory for a prepared statement");
    for (int i = 0; i < n; i++) {
        int k = argument_number(sqlite3_bind_parameter_name(stmt->lite, i + 1));

        if (k == 0)
            return db_fail_other(ctx, stmt->sql->name, "its parameters must be $1, $2 ...");
        stmt->arg_of[i] = k - 1;
        if (k > stmt->args_len)
            stmt->args_len = k;
    }
    return OK;
}

static enum err lite_prepare(struct ctx *ctx, struct db *db, struct stmt *stmt,
                             const struct db_arg *args)
{
    const char *tail = NULL;
    enum err rc;

    (void)args;
    if (sqlite3_prepare_v3(db->lite, stmt->sql->sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt->lite,
                           &tail) != SQLITE_OK)
        return lite_fail(ctx, db, stmt->sql->name);
    if (stmt->lite == NULL || !text_blank(tail)) {
        rc = db_fail_other(ctx, stmt->sql->name, "it must be one statement");
        goto out;
    }
    stmt->writes = sqlite3_stmt_readonly(stmt->lite) == 0;
    rc = map_arguments(ctx, stmt);
out:
    if (rc) {
        sqlite3_finalize(stmt->lite);
        stmt->lite = NULL;
    }
    return rc;
}

static bool lite_fits(const struct stmt *stmt, const struct db_arg *args)
{
    (void)stmt;
    (void)args;
    return true;
}

static void lite_drop(struct db *db, struct stmt *stmt)
{
    (void)db;
    sqlite3_finalize(stmt->lite);
    stmt->lite = NULL;
}

static int bind_one(sqlite3_stmt *s, int index, const struct db_arg *arg,
                    sqlite3_destructor_type copy)
{
    switch (arg->kind) {
    case DB_KIND_INT:
        return sqlite3_bind_int64(s, index, arg->n);
    case DB_KIND_REAL:
        return sqlite3_bind_double(s, index, arg->d);
    case DB_KIND_TEXT:
        return sqlite3_bind_text(s, index, arg->p, -1, copy);
    case DB_KIND_BLOB:
        return sqlite3_bind_blob64(s, index, arg->p, arg->len, copy);
    case DB_KIND_END:
    case DB_KIND_NULL:
        break;
    }
    return sqlite3_bind_null(s, index);
}

static enum err lite_bind(struct ctx *ctx, struct db *db, struct stmt *stmt,
                          const struct db_arg *args, sqlite3_destructor_type copy)
{
    int n = sqlite3_bind_parameter_count(stmt->lite);

    if (args_count(args) != stmt->args_len)
        return db_fail_other(ctx, stmt->sql->name, "wrong number of arguments");
    for (int i = 0; i < n; i++) {
        if (bind_one(stmt->lite, i + 1, &args[stmt->arg_of[i]], copy) != SQLITE_OK)
            return lite_fail(ctx, db, stmt->sql->name);
    }
    return OK;
}

static void lite_reset(struct stmt *stmt)
{
    sqlite3_reset(stmt->lite);
    sqlite3_clear_bindings(stmt->lite);
}

static enum err lite_exec(struct ctx *ctx, struct db *db, struct stmt *stmt,
                          const struct db_arg *args, int64_t *changed_out)
{
    sqlite3_int64 before = sqlite3_total_changes64(db->lite);
    enum err rc;
    int step;

    rc = lite_bind(ctx, db, stmt, args, SQLITE_STATIC);
    if (rc)
        goto out;
    db->deadline_ns = monotonic_ns() + db->limit_ms * 1000000;
    do
        step = sqlite3_step(stmt->lite);
    while (step == SQLITE_ROW);
    db->deadline_ns = 0;
    if (step != SQLITE_DONE)
        rc = lite_fail(ctx, db, stmt->sql->name);
    else if (sqlite3_total_changes64(db->lite) != before)
        *changed_out = sqlite3_changes64(db->lite);
out:
    lite_reset(stmt);
    return rc;
}

static enum err lite_start(struct ctx *ctx, struct rows *rows, const struct db_arg *args)
{
    enum err rc = lite_bind(ctx, rows->db, rows->stmt, args, SQLITE_TRANSIENT);

    if (rc) {
        lite_reset(rows->stmt);
        return rc;
    }
    rows->columns = sqlite3_column_count(rows->stmt->lite);
    rows->left_ns = rows->db->limit_ms * 1000000;
    return OK;
}

/* Only the time inside SQLite counts, not what the caller does between two rows. */
static enum err lite_step(struct ctx *ctx, struct rows *rows, bool *more_out)
{
    struct db *db = rows->db;
    int64_t began = monotonic_ns();
    int step;

    db->deadline_ns = began + rows->left_ns;
    step = sqlite3_step(rows->stmt->lite);
    db->deadline_ns = 0;
    rows->left_ns -= monotonic_ns() - began;
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        return lite_fail(ctx, db, rows->stmt->sql->name);
    *more_out = step == SQLITE_ROW;
    return OK;
}

static void lite_finish(struct rows *rows)
{
    lite_reset(rows->stmt);
}

/* One look-up of the value instead of one for its kind, its bytes and their number. */
static struct db_arg lite_cell(const struct rows *rows, int column)
{
    sqlite3_value *v = sqlite3_column_value(rows->stmt->lite, column);
    struct db_arg cell = { .kind = DB_KIND_NULL };

    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER:
        cell.kind = DB_KIND_INT;
        cell.n = sqlite3_value_int64(v);
        break;
    case SQLITE_FLOAT:
        cell.kind = DB_KIND_REAL;
        cell.d = sqlite3_value_double(v);
        break;
    case SQLITE_TEXT:
        cell.kind = DB_KIND_TEXT;
        cell.p = sqlite3_value_text(v);
        cell.len = (size_t)sqlite3_value_bytes(v);
        break;
    case SQLITE_BLOB:
        cell.kind = DB_KIND_BLOB;
        cell.p = sqlite3_value_blob(v);
        cell.len = (size_t)sqlite3_value_bytes(v);
        break;
    default:
        break;
    }
    return cell;
}

/* --- transactions --- */

enum step { STEP_LOOK, STEP_BEGIN, STEP_COMMIT, STEP_ROLLBACK };

/* The words of a transaction, said for nearly every request: not to be read anew each time. */
static bool lite_say(struct db *db, enum step step)
{
    static const char *const words[DB_STEPS] = { [STEP_LOOK] = "BEGIN",
                                                 [STEP_BEGIN] = "BEGIN IMMEDIATE",
                                                 [STEP_COMMIT] = "COMMIT",
                                                 [STEP_ROLLBACK] = "ROLLBACK" };
    sqlite3_stmt **s = &db->steps[step];
    bool done;

    if (*s == NULL && sqlite3_prepare_v3(db->lite, words[step], -1, SQLITE_PREPARE_PERSISTENT, s,
                                         NULL) != SQLITE_OK)
        return false;
    done = sqlite3_step(*s) == SQLITE_DONE;
    sqlite3_reset(*s);
    return done;
}

static void lite_rollback(struct db *db)
{
    /* After some errors SQLite has rolled back already. */
    if (!sqlite3_get_autocommit(db->lite))
        (void)lite_say(db, STEP_ROLLBACK);
    lite_unlock(db);
}

static enum err lite_begin(struct ctx *ctx, struct db *db)
{
    enum err rc;

    if (db->mode == DB_READ_ONLY)
        return lite_say(db, STEP_LOOK) ? OK : lite_fail(ctx, db, "BEGIN");
    rc = lite_lock(ctx, db);
    if (rc)
        return rc;
    if (lite_say(db, STEP_BEGIN))
        return OK;
    rc = lite_fail(ctx, db, "BEGIN IMMEDIATE");
    lite_unlock(db);
    return rc;
}

static enum err lite_commit(struct ctx *ctx, struct db *db)
{
    if (sqlite3_get_autocommit(db->lite))
        return db_fail_other(ctx, "COMMIT", "the transaction has ended by itself");
    if (!lite_say(db, STEP_COMMIT))
        return lite_fail(ctx, db, "COMMIT");
    lite_unlock(db);
    return OK;
}

static enum err lite_script(struct ctx *ctx, struct db *db, const char *sql)
{
    return lite_run(ctx, db, sql);
}

/* --- the whole store --- */

static enum err lite_check(struct ctx *ctx, struct db *db)
{
    sqlite3_stmt *s = NULL;
    const char *found = NULL;
    enum err rc = OK;
    int step = SQLITE_DONE;

    if (sqlite3_prepare_v2(db->lite, "PRAGMA integrity_check(1)", -1, &s, NULL) == SQLITE_OK)
        step = sqlite3_step(s);
    if (step == SQLITE_ROW)
        found = arena_strdup(ctx->arena, (const char *)sqlite3_column_text(s, 0));
    else
        rc = lite_fail(ctx, db, "the integrity check");
    sqlite3_finalize(s);
    if (rc)
        return rc;
    if (!text_equal(found, "ok"))
        return db_fail_other(ctx, "the integrity check", found);

    s = NULL;
    if (sqlite3_prepare_v2(db->lite, "PRAGMA foreign_key_check", -1, &s, NULL) == SQLITE_OK)
        step = sqlite3_step(s);
    if (step == SQLITE_ROW)
        rc = db_fail_other(ctx, "the check of references",
                           arena_printf(ctx->arena, "a row of %s refers to nothing",
                                        (const char *)sqlite3_column_text(s, 0)));
    else if (step != SQLITE_DONE)
        rc = lite_fail(ctx, db, "the check of references");
    sqlite3_finalize(s);
    return rc;
}

static enum err sync_path(struct ctx *ctx, const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd);

    if (fd >= 0)
        close(fd);
    return rc < 0 ? fail_open(ctx, path, strerror(errno)) : OK;
}

static enum err copy_into(struct ctx *ctx, struct db *db, const char *path)
{
    sqlite3_stmt *s = NULL;
    enum err rc = OK;

    if (sqlite3_prepare_v2(db->lite, "VACUUM INTO $1", -1, &s, NULL) != SQLITE_OK ||
        sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_step(s) != SQLITE_DONE)
        rc = lite_fail(ctx, db, "the copy of the database");
    sqlite3_finalize(s);
    return rc;
}

enum err db_copy_to(struct ctx *ctx, struct db *db, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dir = slash == NULL ? "." : arena_strndup(ctx->arena, path, (size_t)(slash - path));
    enum err rc;
    int fd;

    if (db_is_postgres(db))
        return ctx_fail(ctx, ERR_INVALID, "a PostgreSQL database is copied with pg_dump");
    rc = db_gate(ctx, db);
    if (rc)
        return rc;
    if (db->depth > 0)
        return db_after(db, db_fail_other(ctx, "the copy", "a transaction is open"));
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_open(ctx, path, strerror(errno));
    close(fd);
    rc = copy_into(ctx, db, path);
    if (rc == OK)
        rc = sync_path(ctx, path, O_RDWR);
    if (rc == OK)
        rc = sync_path(ctx, dir[0] ? dir : "/", O_RDONLY | O_DIRECTORY);
    if (rc)
        unlink(path);
    return rc;
}

enum err db_clean(struct ctx *ctx, struct db *db)
{
    enum err rc;

    if (db_is_postgres(db))
        return db_exec_in(ctx, db, NULL, db_sql_built(db, "VACUUM"));
    rc = db_gate(ctx, db);
    if (rc)
        return rc;
    if (db->depth > 0)
        return db_after(db, db_fail_other(ctx, "the cleaning", "a transaction is open"));
    rc = lite_lock(ctx, db);
    if (rc)
        return rc;
    if (sqlite3_wal_checkpoint_v2(db->lite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) !=
        SQLITE_OK)
        rc = lite_fail(ctx, db, "the cleaning");
    lite_unlock(db);
    return rc;
}

enum err db_tidy(struct ctx *ctx, struct db *db)
{
    int pages = 0;
    int done = 0;
    enum err rc;

    if (db_is_postgres(db) || db->depth > 0)
        return OK;
    if (sqlite3_wal_checkpoint_v2(db->lite, "main", SQLITE_CHECKPOINT_NOOP, &pages, &done) !=
            SQLITE_OK ||
        pages < TIDY_PAGES || done >= pages)
        return OK;
    db_checkpoint(db);
    rc = lite_lock(ctx, db);
    if (rc)
        return rc;
    db_checkpoint(db);
    lite_unlock(db);
    return OK;
}

const struct dialect dialect_lite = {
    .open = lite_open,
    .close = lite_close,
    .prepare = lite_prepare,
    .fits = lite_fits,
    .drop = lite_drop,
    .exec = lite_exec,
    .start = lite_start,
    .step = lite_step,
    .finish = lite_finish,
    .cell = lite_cell,
    .begin = lite_begin,
    .commit = lite_commit,
    .rollback = lite_rollback,
    .script = lite_script,
    .check = lite_check,
};
