#include "report/zip_out.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "core/buf.h"
#include "core/tr.h"

#define CHUNK         ((size_t)64 * 1024)
#define SIZE_MAX_ZIP  ((uint64_t)0xFFFFFFFEu)
#define DIRECTORY_MAX ((size_t)8 * 1024 * 1024)
#define MEMBERS_MAX   65535
#define FLAGS         0x0808 /* sizes behind the data; names are UTF-8 */
#define DEFLATED      8
#define VERSION       20
#define DAY           0x0021 /* 1980-01-01: when it was made is nobody's business */
#define LEVEL         1      /* quick: rows stream through it */

struct zip_out {
    int fd;
    struct arena *arena;
    struct buf directory;
    z_stream stream;
    bool stream_ready;
    bool open; /* a member is */
    const char *name;
    uint64_t at;    /* bytes written so far */
    uint64_t start; /* where the member begins */
    uint64_t packed;
    uint64_t plain;
    uint32_t crc;
    uint32_t members;
    unsigned char chunk[CHUNK];
};

enum err write_all(struct ctx *ctx, int fd, const void *bytes, size_t len)
{
    const char *p = bytes;

    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ctx_fail(ctx, ERR_IO,
                            tr(ctx, "Could not write the file: {0}", TR_TEXT(strerror(errno))));
        p += n;
        len -= (size_t)n;
    }
    return OK;
}

static void free_zip(void *arg)
{
    struct zip_out *z = arg;
    struct arena *arena = z->arena;

    if (z->stream_ready)
        (void)deflateEnd(&z->stream);
    arena_free(arena);
}

enum err zip_out_open(struct ctx *ctx, struct zip_out **out, int fd)
{
    struct arena *arena = arena_new(DIRECTORY_MAX * 4);
    struct zip_out *z = ARENA_NEW(arena, struct zip_out);

    z->arena = arena;
    z->fd = fd;
    arena_on_free(ctx->arena, free_zip, z);
    buf_init(&z->directory, arena, DIRECTORY_MAX);
    /* Raw: a zip has its own checksums. */
    if (deflateInit2(&z->stream, LEVEL, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return ctx_fail(ctx, ERR_INTERNAL, "could not make a compressor");
    z->stream_ready = true;
    *out = z;
    return OK;
}

/* --- little-endian records --- */

static void add16(struct buf *b, uint32_t n)
{
    const unsigned char bytes[] = { (unsigned char)(n & 255), (unsigned char)(n >> 8 & 255) };

    buf_add_len(b, bytes, sizeof bytes);
}

static void add32(struct buf *b, uint64_t n)
{
    add16(b, (uint32_t)(n & 0xFFFF));
    add16(b, (uint32_t)(n >> 16 & 0xFFFF));
}

/* What a member's head and its entry in the directory have in common. */
static void add_about(struct buf *b, const struct zip_out *z, bool known)
{
    add16(b, VERSION);
    add16(b, FLAGS);
    add16(b, DEFLATED);
    add16(b, 0);
    add16(b, DAY);
    add32(b, known ? z->crc : 0);
    add32(b, known ? z->packed : 0);
    add32(b, known ? z->plain : 0);
    add16(b, (uint32_t)strlen(z->name));
    add16(b, 0); /* nothing extra */
}

static enum err put(struct ctx *ctx, struct zip_out *z, const void *bytes, size_t len)
{
    if (z->at + len > SIZE_MAX_ZIP)
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The file would be larger than 4 GB."));
    z->at += len;
    return write_all(ctx, z->fd, bytes, len);
}

static enum err put_buf(struct ctx *ctx, struct zip_out *z, const struct buf *b)
{
    if (!buf_ok(b))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "There are too many files for one archive."));
    return put(ctx, z, b->data, b->len);
}

static enum err pack(struct ctx *ctx, struct zip_out *z, int how)
{
    int state;

    do {
        size_t n;
        enum err rc;

        z->stream.next_out = z->chunk;
        z->stream.avail_out = (uInt)CHUNK;
        state = deflate(&z->stream, how);
        if (state == Z_STREAM_ERROR)
            return ctx_fail(ctx, ERR_INTERNAL, "could not compress");
        n = CHUNK - z->stream.avail_out;
        z->packed += n;
        rc = put(ctx, z, z->chunk, n);
        if (rc)
            return rc;
    } while (z->stream.avail_out == 0 || (how == Z_FINISH && state != Z_STREAM_END));
    return OK;
}

static enum err end_member(struct ctx *ctx, struct zip_out *z)
{
    struct buf b;
    enum err rc = pack(ctx, z, Z_FINISH);

    if (rc)
        return rc;
    z->open = false;
    buf_init(&b, z->arena, CHUNK);
    add32(&b, 0x08074b50);
    add32(&b, z->crc);
    add32(&b, z->packed);
    add32(&b, z->plain);
    rc = put_buf(ctx, z, &b);
    if (rc)
        return rc;
    add32(&z->directory, 0x02014b50);
    add16(&z->directory, VERSION);
    add_about(&z->directory, z, true);
    add16(&z->directory, 0); /* no comment */
    add16(&z->directory, 0); /* one disk */
    add16(&z->directory, 0);
    add32(&z->directory, 0);
    add32(&z->directory, z->start);
    buf_add(&z->directory, z->name);
    z->members++;
    return OK;
}

enum err zip_out_begin(struct ctx *ctx, struct zip_out *z, const char *name)
{
    struct buf b;
    enum err rc = z->open ? end_member(ctx, z) : OK;

    assert(strlen(name) <= ZIP_NAME_MAX);
    if (rc)
        return rc;
    if (z->members == MEMBERS_MAX || deflateReset(&z->stream) != Z_OK)
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "There are too many files for one archive."));
    z->name = arena_strdup(z->arena, name);
    z->start = z->at;
    z->packed = 0;
    z->plain = 0;
    z->crc = 0;
    z->open = true;
    buf_init(&b, z->arena, CHUNK);
    add32(&b, 0x04034b50);
    add_about(&b, z, false);
    buf_add(&b, z->name);
    return put_buf(ctx, z, &b);
}

enum err zip_out_add(struct ctx *ctx, struct zip_out *z, const void *bytes, size_t len)
{
    assert(z->open && len < UINT32_MAX);
    if (len == 0)
        return OK;
    z->plain += len;
    if (z->plain > SIZE_MAX_ZIP)
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The file would be larger than 4 GB."));
    z->crc = (uint32_t)crc32(z->crc, bytes, (uInt)len);
    z->stream.next_in = (z_const Bytef *)(uintptr_t)bytes;
    z->stream.avail_in = (uInt)len;
    return pack(ctx, z, Z_NO_FLUSH);
}

enum err zip_out_close(struct ctx *ctx, struct zip_out *z)
{
    struct buf b;
    uint64_t start;
    enum err rc = z->open ? end_member(ctx, z) : OK;

    if (rc)
        return rc;
    start = z->at;
    rc = put_buf(ctx, z, &z->directory);
    if (rc)
        return rc;
    buf_init(&b, z->arena, CHUNK);
    add32(&b, 0x06054b50);
    add32(&b, 0); /* one disk */
    add16(&b, z->members);
    add16(&b, z->members);
    add32(&b, z->directory.len);
    add32(&b, start);
    add16(&b, 0);
    return put_buf(ctx, z, &b);
}
