#include "survey/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/tr.h"

#define BLOCK ((size_t)256 * 1024)
#define FILE_MODE                                                                                  \
    0666 /* before umask: scores without names, readable as the user's own files are */

struct sink {
    const char *path;
    const char *written; /* the name it is written under; NULL: directly */
    int fd;
    int error;    /* errno of the first failure */
    int64_t done; /* bytes written */
    size_t len;
    size_t cap;
    char *bytes;
    struct arena *grows; /* in memory: there is no file */
};

static void discard(void *arg)
{
    struct sink *s = arg;

    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = -1;
    if (s->written)
        (void)unlink(s->written);
    s->written = NULL;
}

enum err sink_open(struct ctx *ctx, struct sink **out, const char *path)
{
    struct sink *s = ARENA_NEW(ctx->arena, struct sink);
    struct stat st = { 0 };
    bool direct = stat(path, &st) == 0 && !S_ISREG(st.st_mode);

    *s = (struct sink){ .path = arena_strdup(ctx->arena, path), .fd = -1 };
    s->cap = BLOCK;
    s->bytes = arena_alloc(ctx->arena, BLOCK);
    if (direct) {
        s->fd = open(path, O_WRONLY | O_CLOEXEC);
    } else {
        s->written = arena_printf(ctx->arena, "%s.part-%ld", path, (long)getpid());
        s->fd = open(s->written, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    }
    if (s->fd < 0) {
        s->written = NULL;
        return ctx_fail(
            ctx, ERR_IO,
            tr(ctx, "Could not write {0}: {1}", TR_TEXT(path), TR_TEXT(strerror(errno))));
    }
    arena_on_free(ctx->arena, discard, s);
    *out = s;
    return OK;
}

static void write_all(struct sink *s, const char *bytes, size_t len)
{
    while (len > 0 && !s->error) {
        ssize_t done = write(s->fd, bytes, len);

        if (done < 0 && errno != EINTR)
            s->error = errno;
        if (done > 0) {
            bytes += done;
            len -= (size_t)done;
            s->done += done;
        }
    }
}

void sink_flush(struct sink *s)
{
    write_all(s, s->bytes, s->len);
    s->len = 0;
}

struct sink *sink_memory(struct ctx *ctx)
{
    struct sink *s = ARENA_NEW(ctx->arena, struct sink);

    *s = (struct sink){ .path = "", .fd = -1, .cap = BLOCK, .grows = ctx->arena };
    s->bytes = arena_alloc(ctx->arena, BLOCK);
    return s;
}

const char *sink_taken(struct sink *s, size_t *len_out)
{
    *len_out = s->len;
    s->len = 0;
    return s->bytes;
}

bool sink_has_places(const struct sink *s)
{
    return s->written != NULL;
}

void sink_put(struct sink *s, int64_t at, const char *bytes, size_t len)
{
    while (len > 0 && !s->error) {
        ssize_t done = pwrite(s->fd, bytes, len, at);

        if (done < 0 && errno != EINTR)
            s->error = errno;
        if (done > 0) {
            bytes += done;
            at += done;
            len -= (size_t)done;
        }
    }
}

int64_t sink_length(const struct sink *s)
{
    return s->done + (int64_t)s->len;
}

void sink_seek(struct sink *s, int64_t at)
{
    if (!s->error && lseek(s->fd, at, SEEK_SET) < 0)
        s->error = errno;
    s->done = at;
}

static void make_room(struct sink *s, size_t len)
{
    size_t cap = s->cap;

    if (!s->grows) {
        sink_flush(s);
        return;
    }
    while (len > cap - s->len)
        cap *= 2;
    s->bytes = arena_grow(s->grows, s->bytes, s->cap, cap);
    s->cap = cap;
}

void sink_add(struct sink *s, const char *bytes, size_t len)
{
    if (len > s->cap - s->len)
        make_room(s, len);
    if (len > s->cap) {
        write_all(s, bytes, len);
        return;
    }
    memcpy(s->bytes + s->len, bytes, len);
    s->len += len;
}

void sink_text(struct sink *s, const char *text)
{
    sink_add(s, text, strlen(text));
}

void sink_int(struct sink *s, int64_t n)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (n < 0)
        digits[--at] = '-';
    sink_add(s, digits + at, sizeof(digits) - at);
}

static bool needs_quotes(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] == ',' || bytes[i] == '"' || bytes[i] == '\n' || bytes[i] == '\r')
            return true;
    return false;
}

void sink_cell(struct sink *s, const char *bytes, size_t len)
{
    if (!needs_quotes(bytes, len)) {
        sink_add(s, bytes, len);
        return;
    }
    sink_add(s, "\"", 1);
    for (size_t i = 0, from = 0; i < len; i++) {
        if (bytes[i] == '"' || i + 1 == len) {
            sink_add(s, bytes + from, i + 1 - from);
            from = i + 1;
        }
        if (bytes[i] == '"')
            sink_add(s, "\"", 1);
    }
    sink_add(s, "\"", 1);
}

static enum err failed(struct ctx *ctx, const struct sink *s)
{
    return ctx_fail(
        ctx, ERR_IO,
        tr(ctx, "Could not write {0}: {1}", TR_TEXT(s->path), TR_TEXT(strerror(s->error))));
}

enum err sink_check(struct ctx *ctx, const struct sink *s)
{
    return s->error ? failed(ctx, s) : OK;
}

enum err sink_finish(struct ctx *ctx, struct sink *s)
{
    sink_flush(s);
    if (close(s->fd) < 0 && !s->error)
        s->error = errno;
    s->fd = -1;
    return s->error ? failed(ctx, s) : OK;
}

enum err sink_publish(struct ctx *ctx, struct sink *s)
{
    if (s->written && rename(s->written, s->path) < 0) {
        s->error = errno;
        return failed(ctx, s);
    }
    s->written = NULL;
    return OK;
}

bool sink_is_file(const char *path, int fd)
{
    struct stat a = { 0 };
    struct stat b = { 0 };

    return stat(path, &a) == 0 && fstat(fd, &b) == 0 && S_ISREG(a.st_mode) &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}
