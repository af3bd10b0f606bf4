#include "survey/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "core/text.h"
#include "core/tr.h"
#include "survey/feed_book.h"
#include "survey/feed_zip.h"

#define BLOCK   ((size_t)1024 * 1024)
#define PADDING 192                 /* readable bytes behind the last one */
#define STRIDE  64                  /* bytes looked at together */
#define READ_ON ((size_t)16 * 1024) /* to the end of a row that goes over upto */

#define LINE_NEAR ((size_t)64 * 1024)

struct feed {
    const char *name;
    int fd;
    bool ours; /* the descriptor is closed by us */
    bool end;  /* nothing more comes */
    char delimiter;
    int64_t number;
    int64_t size; /* of a regular file, else -1 */
    int64_t at;   /* where the file is read next */
    int64_t upto; /* beyond it only a little is read at a time */
    char *bytes;
    size_t cap;
    size_t start; /* of the row to come */
    size_t len;
    struct feed_cell *cells;
    bool stops[256];        /* bytes that end a plain cell */
    bool quoted;            /* the row has quotes */
    struct feed_book *book; /* of a workbook; NULL: it is CSV */
    struct feed_zip *zip;   /* the CSV is unpacked from it */
};

static struct feed *make(struct ctx *ctx)
{
    struct feed *f = ARENA_NEW(ctx->arena, struct feed);

    *f = (struct feed){ .fd = -1, .cap = BLOCK };
    f->bytes = arena_alloc(ctx->arena, f->cap + PADDING);
    f->cells = ARENA_ARRAY(ctx->arena, CSV_COLUMNS_MAX + STRIDE, struct feed_cell);
    return f;
}

/* At the beginning of what fd reads; the memory stays. */
static void begin_with(struct ctx *ctx, struct feed *f, int fd, const char *name)
{
    struct stat st = { 0 };

    *f = (struct feed){ .name = arena_strdup(ctx->arena, name),
                        .fd = fd,
                        .cap = f->cap,
                        .bytes = f->bytes,
                        .cells = f->cells };
    f->size = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_size : -1;
    f->at = f->size < 0 ? 0 : (int64_t)lseek(fd, 0, SEEK_CUR);
    if (f->at < 0)
        f->at = 0;
    f->upto = f->size;
}

static void close_feed(void *arg)
{
    feed_close(arg);
}

/* A workbook is a zip too. */
static enum err open_packed(struct ctx *ctx, struct feed *f, const char *path)
{
    enum err rc;

    f->size = -1;
    if (!feed_zip_is(path)) {
        f->book = feed_book_new(ctx, f->name, f->cells);
        return OK;
    }
    rc = feed_zip_open(ctx, &f->zip, path);
    if (!rc)
        f->name = feed_zip_name(f->zip);
    return rc;
}

enum err feed_open_next(struct ctx *ctx, struct feed *f, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    int fd;

    feed_close(f);
    fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ctx_fail(
            ctx, ERR_IO,
            tr(ctx, "Could not open {0}: {1}", TR_TEXT(path), TR_TEXT(strerror(errno))));
    begin_with(ctx, f, fd, path);
    f->ours = !standard;
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return !standard && (feed_zip_named(path) || feed_book_is(fd, path)) ? open_packed(ctx, f, path)
                                                                         : OK;
}

enum err feed_open(struct ctx *ctx, struct feed **out, const char *path)
{
    struct feed *f = make(ctx);
    enum err rc = feed_open_next(ctx, f, path);

    if (rc)
        return rc;
    arena_on_free(ctx->arena, close_feed, f);
    *out = f;
    return OK;
}

enum err feed_open_fd(struct ctx *ctx, struct feed **out, int fd, const char *name)
{
    *out = make(ctx);
    begin_with(ctx, *out, fd, name);
    return OK;
}

enum err feed_sheet(struct ctx *ctx, struct feed *f, const char *name)
{
    if (!f->book)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "{0} is no workbook (.xlsx), so it has no sheet named {1}.",
                           TR_TEXT(f->name), TR_TEXT(name)));
    feed_book_sheet(f->book, name);
    return OK;
}

int feed_fd(const struct feed *f)
{
    return f->fd;
}

void feed_close(struct feed *f)
{
    if (f->book)
        feed_book_close(f->book);
    if (f->zip)
        feed_zip_close(f->zip);
    if (f->ours)
        (void)close(f->fd);
    f->ours = false;
    f->end = true;
    f->start = f->len;
}

int64_t feed_size(const struct feed *f)
{
    return f->size;
}

int64_t feed_number(const struct feed *f)
{
    return f->book ? feed_book_number(f->book) : f->number;
}

int64_t feed_tell(const struct feed *f)
{
    return f->book ? feed_book_tell(f->book) : f->at - (int64_t)(f->len - f->start);
}

void feed_seek(struct feed *f, int64_t at, int64_t number, int64_t upto)
{
    f->at = at;
    f->number = number;
    f->upto = upto;
    f->start = 0;
    f->len = 0;
    f->end = false;
}

int64_t feed_line_after(struct feed *f, int64_t at)
{
    ssize_t got = pread(f->fd, f->bytes, LINE_NEAR, at);
    const char *line = got > 0 ? memchr(f->bytes, '\n', (size_t)got) : NULL;

    f->len = 0;
    f->start = 0;
    return line ? at + (line - f->bytes) + 1 : -1;
}

static ssize_t read_some(struct feed *f)
{
    size_t room = f->cap - f->len;
    size_t wanted = f->upto > f->at ? (size_t)(f->upto - f->at) + READ_ON : READ_ON;
    ssize_t got;

    do
        got = f->size < 0 ? read(f->fd, f->bytes + f->len, room)
                          : pread(f->fd, f->bytes + f->len, room < wanted ? room : wanted, f->at);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        f->at += got;
    return got;
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
    got = f->zip ? feed_zip_read(f->zip, f->bytes + f->len, f->cap - f->len) : read_some(f);
    if (got < 0 && f->zip)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "{0}: this zip is damaged: make it anew.", TR_TEXT(f->name)));
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

/* What stands in 64 bytes, a bit for each. */
struct marks {
    uint64_t ends;  /* delimiters and LF */
    uint64_t lines; /* LF */
    uint64_t odd;   /* quotes, NUL, bytes over 127 */
};

#ifdef __SSE2__
static struct marks look_at(const char *p, char delimiter)
{
    struct marks m = { 0 };

    for (unsigned i = 0; i < STRIDE; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        __m128i lines = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n'));
        __m128i ends = _mm_or_si128(lines, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(delimiter)));
        __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                   _mm_cmpgt_epi8(_mm_set1_epi8(1), bytes));

        m.lines |= (uint64_t)(unsigned)_mm_movemask_epi8(lines) << i;
        m.ends |= (uint64_t)(unsigned)_mm_movemask_epi8(ends) << i;
        m.odd |= (uint64_t)(unsigned)_mm_movemask_epi8(odd) << i;
    }
    return m;
}
#else
static struct marks look_at(const char *p, char delimiter)
{
    struct marks m = { 0 };

    for (unsigned i = 0; i < STRIDE; i++) {
        m.lines |= (uint64_t)(p[i] == '\n') << i;
        m.ends |= (uint64_t)(p[i] == '\n' || p[i] == delimiter) << i;
        m.odd |= (uint64_t)(p[i] == '"' || (signed char)p[i] <= 0) << i;
    }
    return m;
}
#endif

/*
 * As split, for the usual row: one without quotes and of plain ASCII. *done_out = false if it is
 * not such a row.
 */
static char *split_plain(struct feed *f, size_t *cells_out, bool *done_out)
{
    char *end = f->bytes + f->len;
    char *cell = f->bytes + f->start;
    size_t len = 0;

    *done_out = false;
    for (char *p = cell; p <= end && len < CSV_COLUMNS_MAX; p += STRIDE) {
        struct marks m = look_at(p, f->delimiter);
        uint64_t upto = m.lines ? m.lines ^ (m.lines - 1) : ~(uint64_t)0;

        for (uint64_t left = m.ends & upto; left; left &= left - 1) {
            char *at = p + __builtin_ctzll(left);

            f->cells[len].text = cell;
            f->cells[len].len = (size_t)(at - cell);
            cell = at + 1;
            len++;
        }
        if (m.odd & upto)
            return NULL;
        if (!m.lines)
            continue;
        *done_out = true;
        *cells_out = len;
        return cell - 1 == end && !f->end ? NULL : cell - 1;
    }
    return NULL;
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
static void finish_row(struct feed *f, struct feed_row *row, char *end, bool plain)
{
    size_t known = row->len < CSV_COLUMNS_MAX ? row->len : CSV_COLUMNS_MAX;
    struct feed_cell *last = &f->cells[known - 1];

    if (row->len == known && last->len && last->text[last->len - 1] == '\r')
        last->len--;
    row->cells = f->cells;
    if (plain)
        return;
    row->foreign = is_foreign(f->bytes + f->start, end);
    for (size_t i = 0; f->quoted && i < known; i++)
        if (f->cells[i].len && *f->cells[i].text == '"')
            unquote(&f->cells[i]);
}

/* The row at f->start if the whole of it is in the buffer; false if more must be read. */
static bool take_row(struct feed *f, struct feed_row *row)
{
    bool plain = false;
    size_t cells = 0;
    char *end;

    if (f->start >= f->len)
        return false;
    end = split_plain(f, &cells, &plain);
    if (!plain)
        end = split(f, &cells);
    if (!end)
        return false;
    *row = (struct feed_row){ .number = ++f->number, .len = cells };
    finish_row(f, row, end, plain);
    row->empty = cells == 1 && f->cells[0].len == 0 && (plain || !f->quoted);
    f->start = (size_t)(end - f->bytes) + 1;
    if (f->start > f->len)
        f->start = f->len;
    return true;
}

enum err feed_next(struct ctx *ctx, struct feed *f, struct feed_row *row, bool *more_out)
{
    enum err rc = f->delimiter || f->book ? OK : begin(ctx, f);

    if (f->book)
        return feed_book_next(ctx, f->book, row, more_out);
    while (!rc) {
        if (take_row(f, row)) {
            if (row->empty)
                continue;
            *more_out = true;
            return OK;
        }
        if (f->end) {
            *more_out = false;
            return f->start < f->len ? end_missing(ctx, f) : OK;
        }
        rc = fill(ctx, f);
    }
    return rc;
}
