/* Interviews from a sheet of a workbook. */
#include "survey/feed_book.h"

#include <string.h>
#include <unistd.h>

#include "core/text.h"
#include "core/tr.h"
#include "forms/xlsx.h"

#define READ_AHEAD 8 /* bytes that can be read from a cell on, see feed.h */

struct feed_book {
    const char *path;
    const char *sheet; /* NULL: the first that can be seen */
    struct xlsx *book; /* NULL: not opened yet, or closed */
    struct xlsx_rows *rows;
    struct feed_cell *cells;
    size_t width; /* of the heading; 0: not read yet */
    int64_t number;
    int64_t bytes;
    struct buf texts; /* of the row */
};

bool feed_book_is(int fd, const char *path)
{
    unsigned char head[4];

    return text_ends(path, ".xlsx") || text_ends(path, ".XLSX") ||
           (pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
            xlsx_looks_like(head, sizeof(head)));
}

struct feed_book *feed_book_new(struct ctx *ctx, const char *path, struct feed_cell *cells)
{
    struct feed_book *b = ARENA_NEW(ctx->arena, struct feed_book);

    *b = (struct feed_book){ .path = path, .cells = cells };
    buf_init(&b->texts, ctx->arena, CSV_ROW_MAX + READ_AHEAD);
    return b;
}

void feed_book_sheet(struct feed_book *b, const char *name)
{
    b->sheet = name;
}

/* The workbook's own problem, behind the name of the file. */
static enum err named(struct ctx *ctx, const struct feed_book *b, enum err rc)
{
    const char *text = arena_strdup(ctx->arena, ctx_first_problem(ctx));

    ctx_clear_problems(ctx);
    return ctx_fail(ctx, rc, arena_printf(ctx->arena, "%s: %s", b->path, text));
}

static const char *sheet_names(struct ctx *ctx, const struct xlsx *x)
{
    struct buf names;

    buf_init(&names, ctx->arena, (size_t)XLSX_SHEETS_MAX * 512);
    for (size_t i = 0; i < xlsx_sheets(x); i++)
        buf_printf(&names, "%s%s", i ? ", " : "", xlsx_sheet_name(x, i));
    return buf_text(&names);
}

static enum err open_rows(struct ctx *ctx, struct feed_book *b)
{
    size_t sheet = 0;
    enum err rc = xlsx_open_file(ctx, &b->book, b->path);

    if (rc)
        return named(ctx, b, rc);
    if (b->sheet) {
        sheet = xlsx_sheet_find(b->book, b->sheet);
        if (sheet >= xlsx_sheets(b->book))
            return ctx_fail(ctx, ERR_INVALID,
                            tr(ctx, "{0} has no sheet named {1}. It has: {2}.", TR_TEXT(b->path),
                               TR_TEXT(b->sheet), TR_TEXT(sheet_names(ctx, b->book))));
    } else {
        while (sheet < xlsx_sheets(b->book) && xlsx_sheet_hidden(b->book, sheet))
            sheet++;
        if (sheet >= xlsx_sheets(b->book)) {
            rc = ctx_fail(ctx, ERR_INVALID, tr(ctx, "The workbook has no sheet that can be seen."));
            return named(ctx, b, rc);
        }
    }
    rc = xlsx_rows_open(ctx, &b->rows, b->book, sheet);
    return rc ? named(ctx, b, rc) : OK;
}

/* The cells of a row side by side, empty ones too. */
static enum err spread(struct ctx *ctx, struct feed_book *b, struct feed_row *out,
                       const struct xlsx_row *row)
{
    size_t len = (size_t)row->cells[row->len - 1].column;
    size_t at = 0;

    if (b->width == 0)
        b->width = len;
    len = len < b->width ? b->width : len;
    buf_clear(&b->texts);
    for (size_t i = 0; i < row->len; i++)
        buf_add(&b->texts, row->cells[i].text);
    for (size_t i = 0; i < READ_AHEAD; i++)
        buf_add_char(&b->texts, ' ');
    if (!buf_ok(&b->texts))
        return ctx_fail(ctx, ERR_LIMIT,
                        tr(ctx, "{0}: row {1} is longer than {2} bytes.", TR_TEXT(b->path),
                           TR_INT(row->number), TR_INT((int64_t)CSV_ROW_MAX)));
    for (size_t i = 0, next = 0; i < len && i < CSV_COLUMNS_MAX; i++) {
        bool filled = next < row->len && (size_t)row->cells[next].column == i + 1;

        b->cells[i].text = b->texts.data + at;
        b->cells[i].len = filled ? strlen(row->cells[next].text) : 0;
        at += b->cells[i].len;
        next += filled;
    }
    b->number = row->number;
    b->bytes += (int64_t)(at + len);
    *out = (struct feed_row){ .number = row->number, .cells = b->cells, .len = len };
    return OK;
}

enum err feed_book_next(struct ctx *ctx, struct feed_book *b, struct feed_row *row, bool *more_out)
{
    struct xlsx_row next = { 0 };
    enum err rc = b->book ? OK : open_rows(ctx, b);

    if (rc)
        return rc;
    do {
        rc = xlsx_next(ctx, b->rows, &next, more_out);
        if (rc)
            return named(ctx, b, rc);
    } while (*more_out && next.len == 0);
    return *more_out ? spread(ctx, b, row, &next) : OK;
}

int64_t feed_book_tell(const struct feed_book *b)
{
    return b->bytes;
}

int64_t feed_book_number(const struct feed_book *b)
{
    return b->number;
}

void feed_book_close(struct feed_book *b)
{
    xlsx_rows_close(b->rows);
    xlsx_close(b->book);
    b->rows = NULL;
    b->book = NULL;
}
