#include "survey/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"
#include "core/tr.h"

#define BLOCK   ((size_t)1024 * 1024)
#define PADDING 64 /* readable bytes behind the last one */

struct feed {
    const char *name;
    int fd;
    bool ours; /* the descriptor is closed by us */
    bool end;  /* nothing more comes */
    char delimiter;
    int64_t number;
    char *bytes;
    size_t cap;
    size_t start; /* of the row to come */
    size_t len;
    struct feed_cell *cells;
    bool stops[256]; /* bytes that end a plain cell */
    bool quoted;     /* the row has quotes */
};

static enum err make(struct ctx *ctx, struct feed **out, int fd, const char *name, bool ours)
{
    struct feed *f = ARENA_NEW(ctx->arena, struct feed);

    *f = (struct feed){ .name = arena_strdup(ctx->arena, name), .fd = fd, .ours = ours };
    f->cap = BLOCK;
    f->bytes = arena_alloc(ctx->arena, f->cap + PADDING);
    f->cells = ARENA_ARRAY(ctx->arena, CSV_COLUMNS_MAX, struct feed_cell);
    *out = f;
    return OK;
}

static void close_feed(void *arg)
{
    feed_close(arg);
}

enum err feed_open(struct ctx *ctx, struct feed **out, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return ctx_fail(
            ctx, ERR_IO,
            tr(ctx, "Could not open {0}: {1}", TR_TEXT(path), TR_TEXT(strerror(errno))));
    if (make(ctx, out, fd, path, !standard))
        return ERR_INTERNAL;
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    arena_on_free(ctx->arena, close_feed, *out);
    return OK;
}

enum err feed_open_fd(struct ctx *ctx, struct feed **out, int fd, const char *name)
{
    return make(ctx, out, fd, name, false);
}

int feed_fd(const struct feed *f)
{
    return f->fd;
}

void feed_close(struct feed *f)
{
    if (f->ours)
        (void)close(f->fd);
    f->ours = false;
    f->end = true;
    f->start = f->len;
}

/* Reads more behind what is there; what was used is dropped first. */
static enum err fill(struct ctx *ctx, struct feed *f)
{
    ssize_t got;

    if (f->start > 0) {
        memmove(f->bytes, f->bytes + f->start, f->len - f->start);
        f->len -= f->start;
        f->start = 0;
    }
    if (f->len == f->cap) {
        if (f->cap >= CSV_ROW_MAX)
            return ctx_fail(ctx, ERR_LIMIT,
                            tr(ctx, "{0}: row {1} is longer than {2} bytes.", TR_TEXT(f->name),
                               TR_INT(f->number + 1), TR_INT((int64_t)CSV_ROW_MAX)));
        f->bytes = arena_grow(ctx->arena, f->bytes, f->cap + PADDING, 2 * f->cap + PADDING);
        f->cap *= 2;
    }
    do
        got = read(f->fd, f->bytes + f->len, f->cap - f->len);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return ctx_fail(
            ctx, ERR_IO,
            tr(ctx, "Could not read {0}: {1}", TR_TEXT(f->name), TR_TEXT(strerror(errno))));
    f->end = got == 0;
    f->len += (size_t)got;
    memset(f->bytes + f->len, 0, PADDING);
    f->bytes[f->len] = '\n'; /* so that the search for the end of a cell ends */
    return OK;
}

/* The delimiter that stands most often in the heading, outside quotes. */
static char find_delimiter(const char *p, const char *end)
{
    static const char candidates[] = ",;\t";
    size_t counts[3] = { 0 };
    size_t best = 0;
    bool quoted = false;

    for (; p < end && (quoted || *p != '\n'); p++) {
        const char *at = *p ? strchr(candidates, *p) : NULL;

        if (*p == '"')
            quoted = !quoted;
        else if (at && !quoted)
            counts[at - candidates]++;
    }
    for (size_t i = 1; i < 3; i++)
        if (counts[i] > counts[best])
            best = i;
    return candidates[best];
}

/* Before the first row: BOM and delimiter. The whole heading must be there. */
static enum err begin(struct ctx *ctx, struct feed *f)
{
    enum err rc = OK;

    while (!rc && !f->end && !memchr(f->bytes, '\n', f->len))
        rc = fill(ctx, f);
    if (rc)
        return rc;
    if (f->len >= 2 &&
        (memcmp(f->bytes, "\xff\xfe", 2) == 0 || memcmp(f->bytes, "\xfe\xff", 2) == 0))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "{0} is in UTF-16: save it as CSV in UTF-8.", TR_TEXT(f->name)));
    if (f->len >= 3 && memcmp(f->bytes, "\xef\xbb\xbf", 3) == 0)
        f->start = 3;
    f->delimiter = find_delimiter(f->bytes + f->start, f->bytes + f->len);
    f->stops['\n'] = true;
    f->stops[(unsigned char)f->delimiter] = true;
    return OK;
}

/* Past the closing quote; NULL if it is not there yet. p stands behind the opening one. */
static char *skip_quoted(const struct feed *f, char *p)
{
    char *end = f->bytes + f->len;

    for (;;) {
        p = memchr(p, '"', (size_t)(end - p));
        if (!p || (p + 1 == end && !f->end))
            return NULL;
        if (p[1] != '"' || p + 1 == end)
            return p + 1;
        p += 2;
    }
}

/*
 * Finds the cells of the row at f->start. Returns where the row ends (at its LF), NULL if that is
 * not in the buffer yet.
 */
static char *split(struct feed *f, size_t *cells_out)
{
    char *p = f->bytes + f->start;
    char *end = f->bytes + f->len;
    struct feed_cell spare;
    size_t len = 0;

    f->quoted = false;
    for (;; p++) {
        struct feed_cell *cell = len < CSV_COLUMNS_MAX ? &f->cells[len] : &spare;

        len++;
        cell->text = p;
        if (*p == '"') {
            f->quoted = true;
            p = skip_quoted(f, p + 1);
            if (!p)
                return NULL;
        }
        while (!f->stops[(unsigned char)*p])
            p++;
        cell->len = (size_t)(p - cell->text);
        if (*p == '\n')
            break;
    }
    if (p == end && !f->end)
        return NULL;
    *cells_out = len;
    return p;
}

/* Takes the quotes off a cell, in place. */
static void unquote(struct feed_cell *cell)
{
    char *from = cell->text + 1;
    char *to = cell->text;
    char *end = cell->text + cell->len;

    for (; from < end; from++) {
        if (*from == '"') {
            if (from + 1 == end || from[1] != '"') {
                from++;
                break;
            }
            from++;
        }
        *to++ = *from;
    }
    memmove(to, from, (size_t)(end - from)); /* what follows the closing quote stays */
    cell->len = (size_t)(to - cell->text) + (size_t)(end - from);
}

/* Whether there is a byte over 127, or a NUL. Reads up to 7 bytes further. */
static bool is_foreign(const char *p, const char *end)
{
    uint64_t found = 0;

    for (; p + 8 <= end; p += 8) {
        uint64_t word;

        memcpy(&word, p, 8);
        found |= (word | (word - 0x0101010101010101u)) & 0x8080808080808080u;
    }
    for (; p < end; p++)
        found |= *p <= 0;
    return found != 0;
}

static enum err end_missing(struct ctx *ctx, const struct feed *f)
{
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx, "{0}: a quote that is opened in row {1} is never closed.",
                       TR_TEXT(f->name), TR_INT(f->number + 1)));
}

/* The row's cells are found: line end, quotes, foreign bytes. */
static void finish_row(struct feed *f, struct feed_row *row, char *end)
{
    size_t known = row->len < CSV_COLUMNS_MAX ? row->len : CSV_COLUMNS_MAX;
    struct feed_cell *last = &f->cells[known - 1];

    if (row->len == known && last->len && last->text[last->len - 1] == '\r')
        last->len--;
    row->foreign = is_foreign(f->bytes + f->start, end);
    row->cells = f->cells;
    for (size_t i = 0; f->quoted && i < known; i++)
        if (f->cells[i].len && *f->cells[i].text == '"')
            unquote(&f->cells[i]);
}

enum err feed_next(struct ctx *ctx, struct feed *f, struct feed_row *row, bool *more_out)
{
    if (!f->delimiter) {
        enum err rc = begin(ctx, f);

        if (rc)
            return rc;
    }
    for (;;) {
        size_t cells = 0;
        char *end = f->start < f->len ? split(f, &cells) : NULL;

        if (!end) {
            enum err rc;

            if (f->end && f->start < f->len)
                return end_missing(ctx, f);
            *more_out = !f->end;
            rc = f->end ? OK : fill(ctx, f);
            if (rc || !*more_out)
                return rc;
            continue;
        }
        *row = (struct feed_row){ .number = ++f->number, .len = cells };
        finish_row(f, row, end);
        f->start = (size_t)(end - f->bytes) + 1;
        if (f->start > f->len)
            f->start = f->len;
        if (cells == 1 && f->cells[0].len == 0 && !f->quoted)
            continue; /* an empty line */
        *more_out = true;
        return OK;
    }
}
