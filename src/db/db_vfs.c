/*
 * SQLite writes each page of a commit to the WAL by two system calls, header and page, neither at
 * the edge of a page of the file. Here the frames of a commit are held and written as one piece
 * with its last frame, which alone makes them count; all else is the system's own VFS.
 *
 * What is held is never seen too late: it is written before anything reads there, asks the size or
 * syncs. What a rollback leaves is dropped before the lock of the one writer is given back: later
 * it would overwrite the frames of the next. A write that fails is told by the write of the last
 * frame, and SQLite rolls back.
 */
#include <string.h>

#include "db/db_private.h"

#define VFS_NAME  "homeward"
#define HEADER    24           /* of a frame; bytes 4 to 7 are not 0 in the last of a commit */
#define HELD_MAX  (127 * 1024) /* SQLite writes less than 128 KB at once */
#define WRITER_AT 0            /* place of the lock of the one writer, WAL_WRITE_LOCK */

/* Behind the system's own struct of a file. */
struct tail {
    sqlite3_io_methods methods; /* the system's, but for those below */
    const sqlite3_io_methods *real;
    sqlite3_file *other; /* of the database its WAL, and the other way round */
    unsigned char *held;
    sqlite3_int64 from;
    int len;
    bool ends; /* the held frame whose page comes next is the last one */
};

static sqlite3_vfs vfs;

static const sqlite3_vfs *system_vfs(void)
{
    return vfs.pAppData;
}

static size_t tail_at(void)
{
    return ((size_t)system_vfs()->szOsFile + 15) / 16 * 16;
}

static struct tail *tail_of(sqlite3_file *file)
{
    return (struct tail *)(void *)((char *)file + tail_at());
}

/* --- the write-ahead log --- */

static int write_held(sqlite3_file *file)
{
    struct tail *t = tail_of(file);
    int len = t->len;

    t->len = 0;
    t->ends = false;
    return len > 0 ? t->real->xWrite(file, t->held, len, t->from) : SQLITE_OK;
}

static bool is_last(const void *header)
{
    static const unsigned char none[4] = { 0 };

    return memcmp((const unsigned char *)header + 4, none, sizeof(none)) != 0;
}

static int hold(struct tail *t, const void *p, int len, sqlite3_int64 at)
{
    if (!t->held)
        t->held = sqlite3_malloc(HELD_MAX);
    if (!t->held)
        return SQLITE_NOMEM;
    if (t->len == 0)
        t->from = at;
    memcpy(t->held + t->len, p, (size_t)len);
    t->len += len;
    return SQLITE_OK;
}

static int wal_write(sqlite3_file *file, const void *p, int len, sqlite3_int64 at)
{
    struct tail *t = tail_of(file);
    const bool header = len == HEADER;
    const bool last = header && is_last(p);
    int rc = SQLITE_OK;

    if (t->len > 0 && (at != t->from + t->len || len > HELD_MAX - t->len))
        rc = write_held(file);
    if (rc != SQLITE_OK)
        return rc;
    /* A commit of one frame, or what is no frame: nothing to wait for. */
    if (t->len == 0 && (!header || last))
        return t->real->xWrite(file, p, len, at);
    rc = hold(t, p, len, at);
    if (rc != SQLITE_OK)
        return rc;
    if (!header && t->ends)
        return write_held(file);
    t->ends = last;
    return SQLITE_OK;
}

static int wal_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
    struct tail *t = tail_of(file);
    int rc = SQLITE_OK;

    if (t->len > 0 && at < t->from + t->len && at + len > t->from)
        rc = write_held(file);
    return rc == SQLITE_OK ? t->real->xRead(file, out, len, at) : rc;
}

static int wal_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int rc = write_held(file);

    return rc == SQLITE_OK ? tail_of(file)->real->xTruncate(file, size) : rc;
}

static int wal_sync(sqlite3_file *file, int flags)
{
    int rc = write_held(file);

    return rc == SQLITE_OK ? tail_of(file)->real->xSync(file, flags) : rc;
}

static int wal_size(sqlite3_file *file, sqlite3_int64 *out)
{
    int rc = write_held(file);

    return rc == SQLITE_OK ? tail_of(file)->real->xFileSize(file, out) : rc;
}

static int wal_close(sqlite3_file *file)
{
    struct tail *t = tail_of(file);

    tail_of(t->other)->other = NULL;
    sqlite3_free(t->held);
    t->held = NULL;
    t->len = 0;
    return t->real->xClose(file);
}

/* --- the database --- */

static int base_shm_lock(sqlite3_file *file, int at, int n, int flags)
{
    struct tail *t = tail_of(file);

    if (t->other && flags == (SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE) && at <= WRITER_AT &&
        at + n > WRITER_AT) {
        tail_of(t->other)->len = 0;
        tail_of(t->other)->ends = false;
    }
    return t->real->xShmLock(file, at, n, flags);
}

/* --- opening --- */

static void take_wal(sqlite3_file *file, sqlite3_file *base)
{
    struct tail *t = tail_of(file);

    *t = (struct tail){ .methods = *file->pMethods, .real = file->pMethods, .other = base };
    t->methods.xWrite = wal_write;
    t->methods.xRead = wal_read;
    t->methods.xTruncate = wal_truncate;
    t->methods.xSync = wal_sync;
    t->methods.xFileSize = wal_size;
    t->methods.xClose = wal_close;
    file->pMethods = &t->methods;
    tail_of(base)->other = file;
}

static void take_base(sqlite3_file *file)
{
    struct tail *t = tail_of(file);

    *t = (struct tail){ .methods = *file->pMethods, .real = file->pMethods };
    t->methods.xShmLock = base_shm_lock;
    file->pMethods = &t->methods;
}

static int vfs_open(sqlite3_vfs *us, sqlite3_filename name, sqlite3_file *file, int flags, int *out)
{
    sqlite3_vfs *real = us->pAppData;
    int rc = real->xOpen(real, name, file, flags, out);

    if (rc != SQLITE_OK || !file->pMethods)
        return rc;
    if (flags & SQLITE_OPEN_MAIN_DB)
        take_base(file);
    else if (flags & SQLITE_OPEN_WAL)
        take_wal(file, sqlite3_database_file_object(name));
    return SQLITE_OK;
}

const char *db_vfs(void)
{
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);

    if (sqlite3_vfs_find(VFS_NAME) || !real)
        return VFS_NAME;
    vfs = *real;
    vfs.pAppData = real;
    vfs.zName = VFS_NAME;
    vfs.szOsFile = (int)(tail_at() + sizeof(struct tail));
    vfs.xOpen = vfs_open;
    vfs.pNext = NULL;
    sqlite3_vfs_register(&vfs, 0);
    return VFS_NAME;
}
