/*
 * Durability on SQLite: one fdatasync of the WAL for all who wait at the same moment.
 *
 * After every COMMIT the connection draws a ticket: commits grows by one, and the new value is its
 * ticket. The frames of a commit are written (pwrite) before its COMMIT returns, so whoever reads
 * commits = t knows that the frames of the tickets 1 .. t have all been handed to the kernel.
 *
 * A flush returns at once when flushed >= its ticket: then an fdatasync that began after our commit
 * has ended well. Else it tries for the mutex. Whoever gets it reads t = commits, calls fdatasync,
 * and on success sets flushed = t. t is read before fdatasync begins, so every commit up to t was
 * in the kernel by then: flushed = t is true. t >= the owner's ticket, so its own is among them.
 *
 * Those who find the mutex taken sleep until round changes, which it does after every unlock, and
 * begin again: those who committed before t was read are done, one of the others syncs for all of
 * them. round is read before flushed and the mutex are looked at, so no change is slept through;
 * the sleep ends by itself too, for an owner that was killed wakes nobody.
 *
 * Checkpoints and restarts of the WAL do no harm: a checkpoint syncs the WAL before it copies pages
 * and the database before it allows the WAL to start over, so a frame leaves the WAL only when it
 * is durable in the database. The file cannot be replaced while a connection is open; wal_fd is
 * opened after the connection's first commit and closed with it.
 *
 * After a failed fdatasync the kernel may drop the pages and report success the next time. So a
 * failure stays: no flush of this database succeeds again until the parent starts over, which reads
 * what is truly there. A process that dies with the mutex changes nothing: flushed is set after
 * success only, and the next owner goes on.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "db/db_private.h"

struct db_shared {
    pthread_mutex_t mutex;
    _Atomic uint64_t commits;
    _Atomic uint64_t flushed;
    _Atomic uint32_t round; /* of flushes; also the futex */
    _Atomic bool failed;
};

static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "the tickets are shared between processes");

struct db_shared *db_shared_new(void)
{
    pthread_mutexattr_t attr;
    struct db_shared *s =
        mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int rc;

    if (s == MAP_FAILED)
        return NULL;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    rc = pthread_mutex_init(&s->mutex, &attr);
    pthread_mutexattr_destroy(&attr);
    if (rc == 0)
        return s;
    munmap(s, sizeof(*s));
    return NULL;
}

void flush_note(struct db *db)
{
    db->unflushed = true;
    if (db->shared)
        db->ticket = atomic_fetch_add(&db->shared->commits, 1) + 1;
}

static enum err flush_failed(struct ctx *ctx, struct db *db)
{
    db->flush_failed = true;
    if (db->shared)
        atomic_store(&db->shared->failed, true);
    return ctx_fail(ctx, ERR_IO,
                    tr(ctx, "The disk reported an error: what was just saved may be lost."
                            " Homeward must be started again."));
}

/* The file and its name in the directory. */
static enum err open_wal(struct ctx *ctx, struct db *db)
{
    const char *file = sqlite3_db_filename(db->lite, "main");
    const char *path = arena_printf(db->arena, "%s-wal", file);
    const char *dir = arena_strndup(db->arena, file, (size_t)(strrchr(file, '/') - file + 1));
    int dir_fd;
    int rc = -1;

    db->wal_fd = open(path, O_RDWR | O_CLOEXEC);
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (db->wal_fd >= 0 && dir_fd >= 0)
        rc = fsync(dir_fd);
    if (rc < 0)
        log_error("database: could not make %s durable: %s", path, strerror(errno));
    if (dir_fd >= 0)
        close(dir_fd);
    return rc < 0 ? flush_failed(ctx, db) : OK;
}

static bool wal_sync(struct db *db)
{
    int rc;

    do
        rc = fdatasync(db->wal_fd);
    while (rc < 0 && errno == EINTR);
    if (rc < 0)
        log_error("database: fdatasync of the write-ahead log: %s", strerror(errno));
    return rc == 0;
}

static void round_wait(struct db_shared *s, uint32_t round)
{
    const struct timespec at_most = { .tv_nsec = 20000000 };

    (void)syscall(SYS_futex, &s->round, FUTEX_WAIT, round, &at_most, NULL, 0);
}

/* With the mutex: one fdatasync for all commits so far. */
static void sync_for_all(struct db *db)
{
    struct db_shared *s = db->shared;
    uint64_t t = atomic_load(&s->commits);

    if (atomic_load(&s->failed) || atomic_load(&s->flushed) >= db->ticket)
        return;
    if (wal_sync(db))
        atomic_store(&s->flushed, t);
    else
        atomic_store(&s->failed, true);
}

static enum err flush_shared(struct ctx *ctx, struct db *db)
{
    struct db_shared *s = db->shared;

    for (;;) {
        uint32_t round = atomic_load(&s->round);
        int rc;

        if (atomic_load(&s->flushed) >= db->ticket)
            return OK;
        if (atomic_load(&s->failed))
            return flush_failed(ctx, db);
        rc = pthread_mutex_trylock(&s->mutex);
        if (rc == EOWNERDEAD)
            rc = pthread_mutex_consistent(&s->mutex);
        if (rc == EBUSY) {
            round_wait(s, round);
            continue;
        }
        if (rc)
            return db_fail_other(ctx, "the shared flush", strerror(rc));
        sync_for_all(db);
        pthread_mutex_unlock(&s->mutex);
        atomic_fetch_add(&s->round, 1);
        (void)syscall(SYS_futex, &s->round, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    }
}

enum err flush_lite(struct ctx *ctx, struct db *db)
{
    enum err rc = OK;

    if (db->flush_failed)
        return flush_failed(ctx, db);
    if (!db->unflushed)
        return OK;
    if (db->wal_fd < 0)
        rc = open_wal(ctx, db);
    if (rc == OK && db->shared)
        rc = flush_shared(ctx, db);
    else if (rc == OK && !wal_sync(db))
        rc = flush_failed(ctx, db);
    if (rc == OK)
        db->unflushed = false;
    return rc;
}
