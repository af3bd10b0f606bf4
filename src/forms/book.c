#include "forms/book.h"

#include <string.h>

#include "core/csv.h"
#include "core/text.h"
#include "forms/xlsx.h"

#define ROWS_STEP ((size_t)256)

struct reading {
    struct ctx *ctx;
    const char *file;
    struct xlsx *x;
    struct buf csv;
    struct book_place *places;
    size_t rows; /* written; the next one is rows + 1 */
    size_t cap;
};

struct sheet_at {
    const char *title;
    const char **columns;
    size_t columns_len;
};

bool book_is(const struct form_text *file)
{
    return xlsx_looks_like(file->csv, file->len);
}

static const char *section_name(struct arena *a, const char *title)
{
    char *name = text_trim(a, title);

    for (char *p = name; *p; p++)
        *p = ascii_lower(*p);
    return name;
}

static enum err end_row(struct reading *r, const char *sheet, int row)
{
    csv_end_row(&r->csv);
    if (!buf_ok(&r->csv))
        return ctx_fail_field(r->ctx, "file", tr(r->ctx, "A form's file has at most 4 MB."));
    if (r->rows == BOOK_ROWS_MAX || arena_over_budget(r->ctx->arena))
        return ctx_fail_field(r->ctx, r->file, tr(r->ctx, "The file has too many rows."));
    r->rows++;
    if (r->rows >= r->cap) {
        size_t cap = r->cap + ROWS_STEP + r->cap / 2;

        r->places = arena_grow(r->ctx->arena, r->places, r->cap * sizeof(*r->places),
                               cap * sizeof(*r->places));
        r->cap = cap;
    }
    r->places[r->rows] = (struct book_place){ sheet, row };
    return OK;
}

static void tell_error(struct reading *r, const struct sheet_at *at, const struct xlsx_cell *cell)
{
    struct ctx *ctx = r->ctx;
    const char *column = (size_t)cell->column <= at->columns_len
                             ? at->columns[cell->column - 1]
                             : xlsx_column_name(ctx->arena, cell->column);

    ctx_set_problem(
        ctx, ERR_INVALID, arena_printf(ctx->arena, "%s:%zu:%s", r->file, r->rows + 1, column),
        tr(ctx,
           "The cell holds {0}, which is no value: mend the formula, or write what it should give.",
           TR_TEXT(cell->text)));
}

static const char **cells_of(struct reading *r, const struct sheet_at *at,
                             const struct xlsx_row *row, size_t len)
{
    const char **cells = ARENA_ARRAY(r->ctx->arena, len + 1, const char *);

    for (size_t i = 0; i < len; i++)
        cells[i] = "";
    for (size_t i = 0; i < row->len; i++) {
        const struct xlsx_cell *cell = &row->cells[i];

        if ((size_t)cell->column > len)
            continue;
        cells[cell->column - 1] = text_trim(r->ctx->arena, cell->text);
        if (cell->type == XLSX_ERROR)
            tell_error(r, at, cell);
    }
    return cells;
}

/* The first cell of a section's rows is empty: its name alone stands there. */
static enum err write_row(struct reading *r, const struct sheet_at *at, int row,
                          const char *const *cells, size_t len)
{
    csv_add_cell(&r->csv, "", true, false);
    for (size_t i = 0; i < len; i++)
        csv_add_cell(&r->csv, cells[i], false, false);
    return end_row(r, at->title, row);
}

static bool row_blank(const struct xlsx_row *row)
{
    for (size_t i = 0; i < row->len; i++)
        if (!text_blank(row->cells[i].text))
            return false;
    return true;
}

/* The first row names the columns; what stands beside them in others is left out, as in a CSV. */
static enum err take_row(struct reading *r, struct sheet_at *at, const struct xlsx_row *row)
{
    size_t len = (size_t)row->cells[row->len - 1].column;

    if (at->columns)
        return write_row(r, at, (int)row->number, cells_of(r, at, row, at->columns_len),
                         at->columns_len);
    if (len > BOOK_COLUMNS_MAX)
        return ctx_fail_field(r->ctx, r->file, tr(r->ctx, "The sheet has too many columns."));
    at->columns = cells_of(r, at, row, len);
    at->columns_len = len;
    return write_row(r, at, (int)row->number, at->columns, len);
}

static enum err read_rows(struct reading *r, struct sheet_at *at, size_t place)
{
    struct ctx *ctx = r->ctx;
    struct xlsx_rows *rows = NULL;
    struct xlsx_row row = { 0 };
    bool more = true;
    enum err rc = xlsx_rows_open(ctx, &rows, r->x, place);

    while (!rc) {
        rc = xlsx_next(ctx, rows, &row, &more);
        if (rc || !more)
            break;
        if (!row_blank(&row))
            rc = take_row(r, at, &row);
    }
    xlsx_rows_close(rows);
    return rc;
}

static bool name_taken(struct reading *r, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(section_name(r->ctx->arena, xlsx_sheet_name(r->x, i)), name) == 0)
            return true;
    return false;
}

static enum err read_sheets(struct reading *r)
{
    struct ctx *ctx = r->ctx;

    for (size_t i = 0; i < xlsx_sheets(r->x); i++) {
        struct sheet_at at = { .title = arena_strdup(ctx->arena, xlsx_sheet_name(r->x, i)) };
        const char *name = section_name(ctx->arena, at.title);
        enum err rc;

        if (name[0] == '_' || name[0] == '\0')
            continue;
        if (name_taken(r, i, name))
            return ctx_fail_field(
                ctx, r->file,
                tr(ctx, "Two sheets are called {0}: rename or delete one.", TR_TEXT(name)));
        csv_add_cell(&r->csv, name, true, false);
        rc = end_row(r, at.title, 1);
        if (!rc)
            rc = read_rows(r, &at, i);
        if (rc)
            return rc;
    }
    return OK;
}

enum err book_read(struct ctx *ctx, struct book_text *out, const struct form_text *file,
                   size_t out_max)
{
    struct reading r = { .ctx = ctx, .file = file->file };
    enum err rc = xlsx_open_bytes(ctx, &r.x, file->csv, file->len);

    buf_init(&r.csv, ctx->arena, out_max);
    if (!rc)
        rc = read_sheets(&r);
    xlsx_close(r.x);
    if (rc)
        return rc;
    *out = (struct book_text){ .text = { file->file, buf_text(&r.csv), r.csv.len, file->files },
                               .places = r.places,
                               .places_len = r.rows ? r.rows + 1 : 0 };
    return OK;
}
