#include "forms/forms_inner.h"

#include <string.h>

#include "core/text.h"
#include "forms/xlsx.h"

/* A form in a workbook: each section is a sheet, its first row that is not empty names columns. */

#define ROWS_MAX    ((size_t)20000)
#define ROWS_STEP   ((size_t)64)
#define COLUMNS_MAX 2000

struct book {
    struct build *b;
    struct xlsx *x;
    struct sheet *sheet;
};

/* In small letters, as far as they are ASCII. */
static const char *section_name(struct arena *a, const char *title)
{
    char *name = text_trim(a, title);

    for (char *p = name; *p; p++)
        *p = ascii_lower(*p);
    return name;
}

/* What the cell shows; a formula without a result is a mistake of its own. */
static const char *cell_text(struct book *book, const struct section *s, int row,
                             const struct xlsx_cell *cell)
{
    struct ctx *ctx = book->b->ctx;
    const char *column = (size_t)cell->column <= s->columns_len
                             ? s->columns[cell->column - 1]
                             : xlsx_column_name(ctx->arena, cell->column);

    if (cell->type != XLSX_ERROR)
        return text_trim(ctx->arena, cell->text);
    mistake(book->b, s->place, row, column,
            tr(ctx,
               "The cell holds {0}, which is no value: mend the formula, or write what it should "
               "give.",
               TR_TEXT(cell->text)));
    return "";
}

static bool row_blank(const struct xlsx_row *row)
{
    for (size_t i = 0; i < row->len; i++)
        if (!text_blank(row->cells[i].text))
            return false;
    return true;
}

static const char *const *read_cells(struct book *book, const struct section *s,
                                     const struct xlsx_row *row, size_t len)
{
    const char **cells = ARENA_ARRAY(book->b->ctx->arena, len + 1, const char *);

    for (size_t i = 0; i < len; i++)
        cells[i] = "";
    for (size_t i = 0; i < row->len; i++)
        if ((size_t)row->cells[i].column <= len)
            cells[row->cells[i].column - 1] = cell_text(book, s, (int)row->number, &row->cells[i]);
    return cells;
}

static enum err set_header(struct book *book, struct section *s, const struct xlsx_row *row)
{
    size_t len = row->len ? (size_t)row->cells[row->len - 1].column : 0;

    if (len > COLUMNS_MAX)
        return ctx_fail_field(book->b->ctx, s->place,
                              tr(book->b->ctx, "The sheet has too many columns."));
    s->header = (int)row->number;
    s->columns = read_cells(book, s, row, len);
    s->columns_len = len;
    section_prepare(book->b, s);
    return OK;
}

static void add_row(struct book *book, struct section *s, const struct xlsx_row *row)
{
    if (s->rows_len == s->rows_cap) {
        size_t cap = s->rows_cap + ROWS_STEP + s->rows_cap / 2;

        s->rows = arena_grow(book->b->ctx->arena, s->rows, s->rows_cap * sizeof(*s->rows),
                             cap * sizeof(*s->rows));
        s->rows_cap = cap;
    }
    s->rows[s->rows_len++] = (struct sheet_row){ .number = (int)row->number,
                                                 .cells = read_cells(book, s, row, s->columns_len),
                                                 .len = s->columns_len };
}

static enum err read_section(struct book *book, struct section *s, size_t place)
{
    struct ctx *ctx = book->b->ctx;
    struct xlsx_rows *rows = NULL;
    struct xlsx_row row = { 0 };
    bool more = true;
    enum err rc = xlsx_rows_open(ctx, &rows, book->x, place);

    while (!rc) {
        rc = xlsx_next(ctx, rows, &row, &more);
        if (rc || !more)
            break;
        if (row_blank(&row))
            continue;
        if (!s->header)
            rc = set_header(book, s, &row);
        else if (s->rows_len == ROWS_MAX || arena_over_budget(ctx->arena))
            rc = ctx_fail_field(ctx, s->place, tr(ctx, "The file has too many rows."));
        else
            add_row(book, s, &row);
    }
    xlsx_rows_close(rows);
    return rc;
}

/* Sheets whose name begins with _ are notes of the author; two of one name cannot be. */
static enum err read_sheets(struct book *book)
{
    struct ctx *ctx = book->b->ctx;

    for (size_t i = 0; i < xlsx_sheets(book->x); i++) {
        const char *title = xlsx_sheet_name(book->x, i);
        const char *name = section_name(ctx->arena, title);
        struct section *s;
        enum err rc;

        if (name[0] == '_' || sheet_section(book->sheet, name))
            continue;
        if (book->sheet->len == SECTIONS_MAX)
            return ctx_fail_field(ctx, book->sheet->file, tr(ctx, "There are too many sections."));
        s = &book->sheet->sections[book->sheet->len++];
        s->name = name;
        s->place = arena_printf(ctx->arena, "%s:%s", book->sheet->file, title);
        s->number = 1;
        rc = read_section(book, s, i);
        if (rc)
            return rc;
    }
    return OK;
}

enum err sheet_read_book(struct build *b, struct sheet **out, const char *file, const char *bytes,
                         size_t len)
{
    struct book book = { .b = b, .sheet = ARENA_NEW(b->ctx->arena, struct sheet) };
    struct problem *before = b->ctx->problems_last;
    enum err rc = xlsx_open_bytes(b->ctx, &book.x, bytes, len);

    book.sheet->file = file;
    if (!rc)
        rc = read_sheets(&book);
    xlsx_close(book.x);
    if (rc) {
        struct problem *last = b->ctx->problems_last;

        if (last != before && last && !last->field)
            last->field = arena_strdup(b->ctx->arena, file);
        b->failed = true;
        return rc;
    }
    *out = book.sheet;
    return OK;
}
