/* Tables to be imported: CSV and workbooks behind one face. */
#include "records/import_sheet.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/csv.h"
#include "core/text.h"
#include "core/tr.h"
#include "forms/xlsx.h"

struct sheet {
    struct sheet_options options;
    const char *path;  /* or */
    const char *bytes; /* what it is read from */
    size_t bytes_len;
    struct csv *csv; /* or */
    struct xlsx *book;
    struct xlsx_rows *rows;
    size_t sheet;
    const struct xlsx_range *merges;
    size_t merges_len;
    const char *const *headings;
    size_t len;
    int head_rows;
    int64_t behind; /* number of the last row of headings */
};

/* --- raw rows --- */

static enum err csv_begin(struct ctx *ctx, struct sheet *s)
{
    csv_close(s->csv);
    s->csv = NULL;
    if (s->path)
        return csv_open_file(ctx, &s->csv, s->path, s->options.delimiter);
    return csv_open_bytes(ctx, &s->csv, s->bytes, s->bytes_len, s->options.delimiter);
}

static enum err raw_begin(struct ctx *ctx, struct sheet *s)
{
    if (!s->book)
        return csv_begin(ctx, s);
    xlsx_rows_close(s->rows);
    s->rows = NULL;
    return xlsx_rows_open(ctx, &s->rows, s->book, s->sheet);
}

/* Cells by column, from the first to the last that holds something. */
static void spread(struct ctx *ctx, const struct sheet *s, struct sheet_row *out,
                   const struct xlsx_row *row)
{
    size_t last = row->len ? (size_t)row->cells[row->len - 1].column : 0;
    size_t len = last > s->len ? last : s->len;
    const char **cells = ARENA_ARRAY(ctx->arena, len + 1, const char *);

    for (size_t i = 0; i < len; i++)
        cells[i] = "";
    for (size_t i = 0; i < row->len; i++)
        cells[row->cells[i].column - 1] = row->cells[i].text;
    while (len > s->len && text_blank(cells[len - 1]))
        len--;
    *out = (struct sheet_row){ row->number, len, cells };
}

static enum err raw_next(struct ctx *ctx, struct sheet *s, struct sheet_row *out, bool *more)
{
    struct xlsx_row row = { 0 };
    struct csv_row line = { 0 };
    enum err rc;

    if (!s->book) {
        rc = csv_next(ctx, s->csv, &line, more);
        *out = (struct sheet_row){ line.number, line.len, (const char *const *)line.cells };
        return rc;
    }
    rc = xlsx_next(ctx, s->rows, &row, more);
    if (rc == OK && *more)
        spread(ctx, s, out, &row);
    return rc;
}

static bool blank(const struct sheet_row *row)
{
    for (size_t i = 0; i < row->len; i++)
        if (!text_blank(row->cells[i]))
            return false;
    return true;
}

static enum err next_filled(struct ctx *ctx, struct sheet *s, struct sheet_row *out, bool *more)
{
    enum err rc;

    do
        rc = raw_next(ctx, s, out, more);
    while (rc == OK && *more && blank(out));
    return rc;
}

/* --- headings --- */

static struct sheet_row kept_row(struct ctx *ctx, const struct sheet_row *row)
{
    const char **cells = ARENA_ARRAY(ctx->arena, row->len + 1, const char *);

    for (size_t i = 0; i < row->len; i++)
        cells[i] = text_trim(ctx->arena, row->cells[i]);
    return (struct sheet_row){ row->number, row->len, cells };
}

static bool named(const struct sheet_row *row, size_t i)
{
    return i < row->len && row->cells[i][0];
}

/* A cell of the upper row that stands over several columns: merged, or empty after the first. */
static const char *spanned(const struct sheet *s, const struct sheet_row *upper, size_t i)
{
    if (named(upper, i))
        return upper->cells[i];
    if (s->book) {
        const struct xlsx_range *r =
            xlsx_range_of(s->merges, s->merges_len, upper->number, (int)i + 1);

        return r && r->first_row == upper->number && named(upper, (size_t)r->first_column - 1)
                   ? upper->cells[r->first_column - 1]
                   : "";
    }
    while (i > 0 && !named(upper, i))
        i--;
    return named(upper, i) ? upper->cells[i] : "";
}

/*
 * Two rows of headings: the upper one has gaps, under each gap the lower one has a name, and some
 * heading spans columns.
 */
static bool two_rows(const struct sheet *s, const struct sheet_row *upper,
                     const struct sheet_row *lower)
{
    size_t gaps = 0;
    bool spans = false; /* CSV does not say what is merged: there one has to say it */

    for (size_t i = 0; i < upper->len; i++) {
        if (!named(upper, i) && !named(lower, i))
            return false;
        gaps += !named(upper, i);
    }
    for (size_t i = 0; i < s->merges_len; i++)
        spans |= s->merges[i].first_row == upper->number &&
                 s->merges[i].last_column > s->merges[i].first_column;
    return (gaps > 0 || lower->len > upper->len) && spans && lower->number == upper->number + 1;
}

static void join(struct ctx *ctx, struct sheet *s, const struct sheet_row *upper,
                 const struct sheet_row *lower)
{
    size_t len = upper->len;
    const char **names;

    if (s->head_rows == 2 && lower->len > len)
        len = lower->len;
    names = ARENA_ARRAY(ctx->arena, len + 1, const char *);
    for (size_t i = 0; i < len; i++) {
        const char *above = s->head_rows == 2 ? spanned(s, upper, i) : "";

        if (s->head_rows == 1 || !named(lower, i))
            names[i] = named(upper, i) ? upper->cells[i] : above;
        else if (above[0])
            names[i] = arena_printf(ctx->arena, "%s / %s", above, lower->cells[i]);
        else
            names[i] = lower->cells[i];
    }
    s->headings = names;
    s->len = len;
    s->behind = s->head_rows == 2 ? lower->number : upper->number;
}

static enum err read_headings(struct ctx *ctx, struct sheet *s)
{
    struct sheet_row upper = { 0 };
    struct sheet_row lower = { 0 };
    bool more = false;
    enum err rc = raw_begin(ctx, s);

    if (rc == OK)
        rc = next_filled(ctx, s, &upper, &more);
    if (rc)
        return rc;
    if (!more)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "The file is empty. Its first row must name the fields."));
    upper = kept_row(ctx, &upper);
    if (s->options.head_rows != 1) {
        /* A later row's mistake is told when it is its turn. */
        struct problem *last = ctx->problems_last;

        rc = next_filled(ctx, s, &lower, &more);
        if (rc == OK && more)
            lower = kept_row(ctx, &lower);
        else
            lower = (struct sheet_row){ 0 };
        ctx->problems_last = last;
        if (last)
            last->next = NULL;
        else
            ctx->problems = NULL;
    }
    s->head_rows = s->options.head_rows;
    if (!s->head_rows)
        s->head_rows = lower.len && two_rows(s, &upper, &lower) ? 2 : 1;
    join(ctx, s, &upper, &lower);
    return OK;
}

/* --- opening --- */

static enum err open_book(struct ctx *ctx, struct sheet *s)
{
    enum err rc = s->path ? xlsx_open_file(ctx, &s->book, s->path)
                          : xlsx_open_bytes(ctx, &s->book, s->bytes, s->bytes_len);

    if (rc)
        return rc;
    if (s->options.name) {
        s->sheet = xlsx_sheet_find(s->book, s->options.name);
    } else {
        while (s->sheet < xlsx_sheets(s->book) && xlsx_sheet_hidden(s->book, s->sheet))
            s->sheet++;
    }
    if (s->sheet >= xlsx_sheets(s->book))
        return ctx_fail(ctx, ERR_INVALID,
                        s->options.name ? tr(ctx, "The workbook has no sheet named {0}.",
                                             TR_TEXT(s->options.name))
                                        : tr(ctx, "The workbook has no sheet that can be seen."));
    return xlsx_merges(ctx, &s->merges, &s->merges_len, s->book, s->sheet);
}

static enum err begin(struct ctx *ctx, struct sheet **out, struct sheet *s, bool book)
{
    enum err rc = book ? open_book(ctx, s) : OK;

    if (rc == OK)
        rc = read_headings(ctx, s);
    if (rc == OK)
        rc = sheet_rewind(ctx, s);
    if (rc == OK)
        *out = s;
    return rc;
}

enum err sheet_open_bytes(struct ctx *ctx, struct sheet **out, const char *bytes, size_t len,
                          const struct sheet_options *options)
{
    struct sheet *s = ARENA_NEW(ctx->arena, struct sheet);

    s->options = *options;
    s->bytes = bytes;
    s->bytes_len = len;
    return begin(ctx, out, s, xlsx_looks_like(bytes, len));
}

static enum err read_all(struct ctx *ctx, const char **out, size_t *len_out, int fd)
{
    char *bytes = arena_alloc(ctx->arena, SHEET_BYTES_MAX);
    size_t len = 0;

    while (len < SHEET_BYTES_MAX) {
        ssize_t n = read(fd, bytes + len, SHEET_BYTES_MAX - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ctx_fail(
                ctx, ERR_IO,
                tr(ctx, "Could not read {0}: {1}.", TR_TEXT("-"), TR_TEXT(strerror(errno))));
        if (n == 0) {
            *out = bytes;
            *len_out = len;
            return OK;
        }
        len += (size_t)n;
    }
    return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The input is too long. Give it as a file."));
}

enum err sheet_open_file(struct ctx *ctx, struct sheet **out, const char *path,
                         const struct sheet_options *options)
{
    struct sheet *s = ARENA_NEW(ctx->arena, struct sheet);
    enum err rc;

    if (text_equal(path, "-")) {
        rc = read_all(ctx, &s->bytes, &s->bytes_len, STDIN_FILENO);
        return rc ? rc : sheet_open_bytes(ctx, out, s->bytes, s->bytes_len, options);
    }
    s->options = *options;
    s->path = path;
    return begin(ctx, out, s, text_ends(path, ".xlsx") || text_ends(path, ".XLSX"));
}

void sheet_close(struct sheet *s)
{
    if (!s)
        return;
    csv_close(s->csv);
    xlsx_rows_close(s->rows);
    xlsx_close(s->book);
    s->csv = NULL;
    s->rows = NULL;
    s->book = NULL;
}

const char *const *sheet_headings(const struct sheet *s, size_t *len_out)
{
    *len_out = s->len;
    return s->headings;
}

int sheet_head_rows(const struct sheet *s)
{
    return s->head_rows;
}

enum err sheet_rewind(struct ctx *ctx, struct sheet *s)
{
    enum err rc = raw_begin(ctx, s);

    for (int64_t number = 0; rc == OK && number < s->behind;) {
        struct sheet_row row = { 0 };
        bool more = false;

        rc = raw_next(ctx, s, &row, &more);
        if (!more)
            break;
        number = row.number;
    }
    return rc;
}

enum err sheet_next(struct ctx *ctx, struct sheet *s, struct sheet_row *row, bool *more_out)
{
    return next_filled(ctx, s, row, more_out);
}
