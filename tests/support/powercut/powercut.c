#include "powercut/powercut.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECTOR ((size_t)512)
#define CHUNK  ((size_t)16384)

static char watched[128];
static char durable[160];
static dev_t watched_dev;
static ino_t watched_ino;
static int flushes;
static enum powercut_fault next_fault;

struct bytes {
    unsigned char *p;
    size_t len;
};

static struct bytes read_fd(int fd)
{
    struct bytes b = { 0 };
    struct stat st;
    ssize_t n;

    assert(fstat(fd, &st) == 0);
    b.p = malloc((size_t)st.st_size + 1);
    assert(b.p);
    n = pread(fd, b.p, (size_t)st.st_size, 0);
    assert(n >= 0);
    b.len = (size_t)n;
    return b;
}

static struct bytes read_path(const char *path)
{
    struct bytes b = { 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return b;
    b = read_fd(fd);
    close(fd);
    return b;
}

static void write_path(const char *path, const void *p, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert(fd >= 0);
    assert(write(fd, p, len) == (ssize_t)len);
    close(fd);
}

/* Puts a note in place whole: a process killed in the middle leaves the older one. */
static void note(const char *name, const void *p, size_t len)
{
    char path[256];
    char made[280];

    snprintf(path, sizeof(path), "%s/%s", durable, name);
    snprintf(made, sizeof(made), "%s.new", path);
    write_path(made, p, len);
    assert(rename(made, path) == 0);
}

static bool is_memory(const char *name)
{
    size_t len = strlen(name);

    return name[0] == '.' || (len > 4 && strcmp(name + len - 4, "-shm") == 0);
}

static void note_names(void)
{
    char list[4096];
    size_t used = 0;
    DIR *d = opendir(watched);
    struct dirent *e;

    assert(d);
    for (e = readdir(d); e; e = readdir(d)) {
        if (is_memory(e->d_name))
            continue;
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s %llu\n", e->d_name,
                                 (unsigned long long)e->d_ino);
        assert(used < sizeof(list));
    }
    closedir(d);
    note("names", list, used);
}

/*
 * Only chunks that differ are written. Killed in the middle, the image has some bytes that were on
 * their way to the disk, which a disk may have too.
 */
static void note_file(int fd, ino_t ino)
{
    static unsigned char now[CHUNK];
    static unsigned char old[CHUNK];
    char path[256];
    struct stat st;
    int image;

    snprintf(path, sizeof(path), "%s/i%llu", durable, (unsigned long long)ino);
    image = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert(image >= 0 && fstat(fd, &st) == 0);
    assert(ftruncate(image, st.st_size) == 0);
    for (off_t at = 0; at < st.st_size; at += (off_t)CHUNK) {
        ssize_t n = pread(fd, now, CHUNK, at);
        ssize_t m = pread(image, old, CHUNK, at);

        assert(n >= 0 && m >= 0);
        if (n != m || memcmp(now, old, (size_t)n) != 0)
            assert(pwrite(image, now, (size_t)n, at) == n);
    }
    close(image);
}

/* Is this open file in the watched folder? Its path is asked of the kernel. */
static bool in_folder(int fd)
{
    char link[64];
    char path[PATH_MAX];
    size_t len = strlen(watched);
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);
    if (n < 0)
        return false;
    path[n] = '\0';
    return strncmp(path, watched, len) == 0 && path[len] == '/';
}

/* One at a time, so that an older image never replaces a newer one. */
static int take_turn(void)
{
    char path[256];
    int fd;

    snprintf(path, sizeof(path), "%s/turn", durable);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert(fd >= 0);
    while (flock(fd, LOCK_EX) != 0)
        continue;
    return fd;
}

/* 1: noted; 0: not ours; -1: the fault that was asked for. */
static int flushed(int fd)
{
    enum powercut_fault fault = next_fault;
    struct stat st;
    bool folder;
    int turn;

    if (watched[0] == '\0' || fstat(fd, &st) != 0)
        return 0;
    folder = S_ISDIR(st.st_mode) && st.st_dev == watched_dev && st.st_ino == watched_ino;
    if (!folder && !(S_ISREG(st.st_mode) && in_folder(fd)))
        return 0;
    next_fault = POWERCUT_NONE;
    if (fault == POWERCUT_DIE)
        _exit(7);
    if (fault == POWERCUT_ERROR) {
        errno = EIO;
        return -1;
    }
    turn = take_turn();
    if (folder)
        note_names();
    else
        note_file(fd, st.st_ino);
    close(turn);
    flushes++;
    return 1;
}

/* These take the place of libc's in the test program, also for SQLite. */
int fsync(int fd)
{
    int rc = flushed(fd);

    return rc == 0 ? (int)syscall(SYS_fsync, fd) : rc < 0 ? -1 : 0;
}

int fdatasync(int fd)
{
    int rc = flushed(fd);

    return rc == 0 ? (int)syscall(SYS_fdatasync, fd) : rc < 0 ? -1 : 0;
}

void powercut_next(enum powercut_fault fault)
{
    next_fault = fault;
}

void powercut_watch(const char *dir)
{
    struct stat st;
    struct dirent *e;
    DIR *d;

    assert(dir && dir[0] == '/');
    snprintf(durable, sizeof(durable), "%s.durable", dir);
    assert(mkdir(durable, 0700) == 0);
    assert(stat(dir, &st) == 0);
    watched_dev = st.st_dev;
    watched_ino = st.st_ino;
    snprintf(watched, sizeof(watched), "%s", dir);
    d = opendir(dir);
    assert(d);
    for (e = readdir(d); e; e = readdir(d)) {
        int fd;

        if (is_memory(e->d_name))
            continue;
        fd = openat(dirfd(d), e->d_name, O_RDONLY | O_CLOEXEC);
        assert(fd >= 0);
        assert(fsync(fd) == 0);
        close(fd);
    }
    assert(fsync(dirfd(d)) == 0);
    closedir(d);
    flushes = 0;
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return x;
}

/* The durable bytes, with some of the sectors of now when there is a seed. */
static struct bytes survivor(const struct bytes *old, const struct bytes *now, uint64_t *seed)
{
    struct bytes b = { 0 };

    b.len = old->len;
    if (*seed && now->len > old->len && next_random(seed) % 2)
        b.len = now->len; /* the new length arrived, the bytes perhaps not */
    b.p = calloc(b.len + 1, 1);
    assert(b.p);
    for (size_t at = 0; at < b.len; at += SECTOR) {
        const struct bytes *from = *seed && next_random(seed) % 2 ? now : old;
        size_t end = at + SECTOR < b.len ? at + SECTOR : b.len;

        if (at < from->len)
            memcpy(b.p + at, from->p + at, (end < from->len ? end : from->len) - at);
    }
    return b;
}

static void restore(const char *name, const char *ino, uint64_t *seed)
{
    char path[512];
    char image[512];
    struct bytes old;
    struct bytes now;
    struct bytes b;

    snprintf(path, sizeof(path), "%s/%s", watched, name);
    snprintf(image, sizeof(image), "%s/i%s", durable, ino);
    old = read_path(image);
    now = read_path(path);
    b = survivor(&old, &now, seed);
    unlink(path);
    write_path(path, b.p, b.len);
    free(old.p);
    free(now.p);
    free(b.p);
}

static void remove_all(const char *dir, const char *names)
{
    DIR *d = opendir(dir);
    struct dirent *e;

    assert(d);
    for (e = readdir(d); e; e = readdir(d)) {
        char line[300];

        snprintf(line, sizeof(line), "\n%s ", e->d_name);
        if (e->d_type != DT_DIR && (names == NULL || strstr(names, line) == NULL))
            assert(unlinkat(dirfd(d), e->d_name, 0) == 0);
    }
    closedir(d);
}

void powercut_cut(uint64_t seed)
{
    char path[256];
    char line[300];
    char names[4200] = "\n";
    struct bytes list;
    char *at;

    snprintf(path, sizeof(path), "%s/names", durable);
    list = read_path(path);
    assert(list.len < sizeof(names) - 2);
    memcpy(names + 1, list.p, list.len);
    free(list.p);

    remove_all(watched, names);
    for (at = names + 1; *at; at = strchr(at, '\n') + 1) {
        char *space;

        snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
        space = strrchr(line, ' ');
        assert(space);
        *space = '\0';
        restore(line, space + 1, &seed);
    }
}

void powercut_end(void)
{
    remove_all(durable, NULL);
    assert(rmdir(durable) == 0);
    watched[0] = '\0';
}

int powercut_flushes(void)
{
    return flushes;
}
