#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "forms/xlsx_inner.h"

/*
 * The rows of a sheet. A piece of XML may hold many rows, or a part of one: finished rows wait in
 * an arena until they are taken, and what is unfinished then moves to a second one.
 */

#define ROW_TEXT_MAX ((size_t)4 * 1024 * 1024)
#define ROW_BUDGET   ((size_t)64 * 1024 * 1024)
#define FORMULA_MAX  ((size_t)16 * 1024)
#define CELLS_STEP   ((size_t)64)
#define READY_STEP   ((size_t)256)

enum cell_kind { CELL_NUMBER, CELL_SHARED, CELL_INLINE, CELL_BOOL, CELL_FAULT, CELL_ISO };

struct xlsx_rows {
    struct xlsx *x;
    size_t sheet;
    struct xml_part *part;
    bool more;
    struct arena *lasting;
    struct arena *now;   /* texts of rows that are finished, and of the one that is not */
    struct arena *spare; /* takes over what is unfinished */
    struct arena_mark empty_now;
    struct arena_mark empty_spare;

    struct xlsx_row *ready; /* in lasting */
    size_t ready_len;
    size_t ready_cap;
    size_t taken;
    struct xlsx_cell *cells; /* of the unfinished row, in lasting */
    size_t cells_len;
    size_t cells_cap;
    size_t row_text; /* bytes of all its texts */
    int64_t row;     /* number of the row, 0 before the first */
    bool in_row;
    bool in_cell;
    bool sorted;
    int column;
    enum cell_kind kind;
    int64_t style;
    struct buf value;
    struct buf formula;
    struct buf *into; /* where text goes; NULL: nowhere */
    bool has_formula;
    size_t phonetic;
};

/* --- messages --- */

static void cell_fails(struct xml_part *p, struct xlsx_rows *r, const char *value)
{
    struct ctx *ctx = xml_ctx(p);
    const char *shown = arena_strndup(ctx->arena, value, 60);

    if (!text_valid(shown, strlen(shown), NULL))
        shown = "";
    xml_stop(p,
             ctx_fail(ctx, ERR_INVALID,
                      tr(ctx,
                         "Sheet {0}, row {1}, column {2}: the value {3} cannot be read. Mend the "
                         "cell, or save the workbook again in a spreadsheet program.",
                         TR_TEXT(xlsx_sheet_name(r->x, r->sheet)), TR_INT(r->row),
                         TR_TEXT(xlsx_column_name(ctx->arena, r->column)), TR_TEXT(shown))));
}

static void cell_too_long(struct xml_part *p, struct xlsx_rows *r)
{
    struct ctx *ctx = xml_ctx(p);

    xml_stop(p, ctx_fail(ctx, ERR_LIMIT,
                         tr(ctx, "Sheet {0}, row {1}, column {2}: there is too much text.",
                            TR_TEXT(xlsx_sheet_name(r->x, r->sheet)), TR_INT(r->row),
                            TR_TEXT(xlsx_column_name(ctx->arena, r->column)))));
}

static enum err sheet_fails(struct xml_part *p)
{
    const struct xlsx_rows *r = xml_self(p);
    struct ctx *ctx = xml_ctx(p);

    return ctx_fail(
        ctx, ERR_INVALID,
        tr(ctx,
           "Sheet {0} is damaged in row {1} or behind it. Open the workbook in a spreadsheet "
           "program and save it again.",
           TR_TEXT(xlsx_sheet_name(r->x, r->sheet)), TR_INT(r->row)));
}

/* --- the parts of a row --- */

static void row_begins(struct xml_part *p, struct xlsx_rows *r, const struct xlsx_tag *tag)
{
    struct span s = { 0 };
    int64_t number = r->row + 1;

    if (r->in_row || (xml_attr(tag, "r", &s) && !span_int(s, XLSX_ROWS_MAX, &number)) ||
        number <= r->row || number > XLSX_ROWS_MAX) {
        xml_stop(p, sheet_fails(p));
        return;
    }
    r->row = number;
    r->in_row = true;
    r->sorted = true;
    r->column = 0;
    r->cells_len = 0;
    r->row_text = 0;
}

static enum cell_kind kind_of(const struct xlsx_tag *tag)
{
    static const struct {
        const char *type;
        enum cell_kind kind;
    } kinds[] = { { "s", CELL_SHARED }, { "str", CELL_INLINE }, { "inlineStr", CELL_INLINE },
                  { "b", CELL_BOOL },   { "e", CELL_FAULT },    { "d", CELL_ISO } };
    struct span s = { 0 };

    if (xml_attr(tag, "t", &s))
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
            if (span_is(s, kinds[i].type))
                return kinds[i].kind;
    return CELL_NUMBER;
}

static void cell_begins(struct xml_part *p, struct xlsx_rows *r, const struct xlsx_tag *tag)
{
    struct span s = { 0 };
    int64_t row = r->row;
    int column = r->column + 1;

    if (r->in_cell || (xml_attr(tag, "r", &s) && !xlsx_reference(s, &column, &row)) ||
        row != r->row || column > XLSX_COLUMNS_MAX) {
        xml_stop(p, sheet_fails(p));
        return;
    }
    r->sorted = r->sorted && column > r->column;
    r->column = column;
    r->in_cell = true;
    r->kind = kind_of(tag);
    r->style = 0;
    if (xml_attr(tag, "s", &s) && !span_int(s, INT32_MAX, &r->style))
        r->style = 0;
    r->has_formula = false;
    r->phonetic = 0;
    buf_clear(&r->value);
    buf_clear(&r->formula);
}

/* Text of the cell, from the sheet or from the shared strings; NULL: it cannot be read. */
static const char *text_value(struct xlsx_rows *r)
{
    const char *value = buf_text(&r->value);
    int64_t place = 0;
    char *text;

    if (r->kind == CELL_SHARED)
        return span_int((struct span){ value, r->value.len }, INT32_MAX, &place)
                   ? xlsx_shared(r->x, place)
                   : NULL;
    text = arena_strndup(r->now, value, r->value.len);
    if (r->kind == CELL_INLINE)
        cell_unescape(text);
    return text;
}

static bool fill_bool(struct xlsx_cell *cell, const char *value)
{
    bool yes = strcmp(value, "1") == 0 || strcmp(value, "true") == 0;

    cell->type = XLSX_BOOL;
    cell->text = yes ? "true" : "false";
    return yes || strcmp(value, "0") == 0 || strcmp(value, "false") == 0;
}

static bool fill_cell(struct xlsx_rows *r, struct xlsx_cell *cell)
{
    const char *value = buf_text(&r->value);

    switch (r->kind) {
    case CELL_SHARED:
    case CELL_INLINE:
        cell->text = text_value(r);
        cell->type = XLSX_TEXT;
        return cell->text != NULL;
    case CELL_FAULT:
        cell->text = text_value(r);
        cell->type = XLSX_ERROR;
        return true;
    case CELL_BOOL:
        return fill_bool(cell, value);
    case CELL_ISO:
        if (cell_iso(r->now, cell, value))
            return true;
        cell->text = text_value(r);
        cell->type = XLSX_TEXT;
        return true;
    case CELL_NUMBER:
        break;
    }
    return cell_number(r->now, cell, value, xlsx_style(r->x, r->style), xlsx_is_1904(r->x));
}

static void keep_cell(struct xml_part *p, struct xlsx_rows *r, const struct xlsx_cell *cell)
{
    r->row_text += strlen(cell->text) + 1;
    if (r->row_text > ROW_TEXT_MAX || r->cells_len >= XLSX_COLUMNS_MAX) {
        cell_too_long(p, r);
        return;
    }
    if (r->cells_len == r->cells_cap) {
        size_t cap = r->cells_cap + CELLS_STEP + r->cells_cap;

        r->cells =
            arena_grow(r->lasting, r->cells, r->cells_cap * sizeof(*cell), cap * sizeof(*cell));
        r->cells_cap = cap;
    }
    r->cells[r->cells_len++] = *cell;
}

static void cell_ends(struct xml_part *p, struct xlsx_rows *r)
{
    struct xlsx_cell cell = { .column = r->column, .text = "" };

    r->in_cell = false;
    r->into = NULL;
    if (!buf_ok(&r->value)) {
        cell_too_long(p, r);
        return;
    }
    if (r->value.len == 0) {
        if (!r->has_formula || r->kind == CELL_INLINE)
            return;
        cell.type = XLSX_ERROR;
        cell.text = arena_printf(r->now, "=%s", buf_text(&r->formula));
    } else if (!fill_cell(r, &cell)) {
        cell_fails(p, r, buf_text(&r->value));
        return;
    }
    if (cell.text[0])
        keep_cell(p, r, &cell);
}

static int compare_columns(const void *a, const void *b)
{
    const struct xlsx_cell *x = a;
    const struct xlsx_cell *y = b;

    return (x->column > y->column) - (x->column < y->column);
}

static void row_ends(struct xml_part *p, struct xlsx_rows *r)
{
    struct xlsx_row row = { .number = r->row, .len = r->cells_len };

    r->in_row = false;
    if (!r->sorted && r->cells_len > 1)
        qsort(r->cells, r->cells_len, sizeof(*r->cells), compare_columns);
    for (size_t i = 1; !r->sorted && i < r->cells_len; i++)
        if (r->cells[i].column == r->cells[i - 1].column) {
            xml_stop(p, sheet_fails(p));
            return;
        }
    row.cells = arena_memdup(r->now, r->cells, r->cells_len * sizeof(*r->cells));
    if (r->ready_len == r->ready_cap) {
        r->ready = arena_grow(r->lasting, r->ready, r->ready_cap * sizeof(row),
                              (r->ready_cap * 2 + READY_STEP) * sizeof(row));
        r->ready_cap = r->ready_cap * 2 + READY_STEP;
    }
    r->ready[r->ready_len++] = row;
    r->cells_len = 0;
}

/* --- what libxml2 calls --- */

static void rows_begin(struct xml_part *p, const struct xlsx_tag *tag)
{
    struct xlsx_rows *r = xml_self(p);
    const char *name = tag->name;

    if (r->in_cell) {
        if (strcmp(name, "v") == 0)
            r->into = &r->value;
        else if (strcmp(name, "t") == 0)
            r->into = r->phonetic ? NULL : &r->value;
        else if (strcmp(name, "rPh") == 0)
            r->phonetic++;
        else if (strcmp(name, "f") == 0) {
            r->into = &r->formula;
            r->has_formula = true;
        }
    } else if (r->in_row && strcmp(name, "c") == 0) {
        cell_begins(p, r, tag);
    } else if (strcmp(name, "row") == 0) {
        row_begins(p, r, tag);
    }
}

static void rows_end(struct xml_part *p, const char *name)
{
    struct xlsx_rows *r = xml_self(p);

    if (r->in_cell && strcmp(name, "c") == 0)
        cell_ends(p, r);
    else if (r->in_cell && strcmp(name, "rPh") == 0 && r->phonetic)
        r->phonetic--;
    else if (r->in_row && !r->in_cell && strcmp(name, "row") == 0)
        row_ends(p, r);
    r->into = NULL;
}

static void rows_text(struct xml_part *p, const char *text, size_t len)
{
    struct xlsx_rows *r = xml_self(p);

    if (r->into)
        buf_add_len(r->into, text, len);
}

static void release(void *data)
{
    xlsx_rows_close(data);
}

enum err xlsx_rows_open(struct ctx *ctx, struct xlsx_rows **out, struct xlsx *x, size_t sheet)
{
    static const struct xml_reader reader = { rows_begin, rows_end, rows_text, sheet_fails };
    struct xlsx_rows *r = NULL;
    struct xml_part *part = NULL;
    enum err rc = xlsx_shared_load(ctx, x);

    if (!rc)
        rc = xml_open(ctx, &part, x, xlsx_sheet_part(x, sheet), &reader);
    if (rc)
        return rc == ERR_NOT_FOUND ? xlsx_damaged(ctx, xlsx_sheet_part(x, sheet)) : rc;
    r = ARENA_NEW(ctx->arena, struct xlsx_rows);
    r->x = x;
    r->sheet = sheet;
    r->part = part;
    r->more = true;
    r->lasting = arena_new(0);
    r->now = arena_new(ROW_BUDGET);
    r->spare = arena_new(ROW_BUDGET);
    (void)arena_alloc(r->now, 1); /* so that rewinding keeps the first block */
    (void)arena_alloc(r->spare, 1);
    r->empty_now = arena_mark(r->now);
    r->empty_spare = arena_mark(r->spare);
    arena_on_free(ctx->arena, release, r);
    buf_init(&r->value, r->lasting, XLSX_CELL_MAX);
    buf_init(&r->formula, r->lasting, FORMULA_MAX);
    xml_set_self(part, r);
    *out = r;
    return OK;
}

/* All that was ready has been taken: its memory is used again; what is unfinished moves. */
static void turn_over(struct xlsx_rows *r)
{
    struct arena *old = r->now;
    struct arena_mark empty = r->empty_now;

    for (size_t i = 0; i < r->cells_len; i++)
        r->cells[i].text = arena_strdup(r->spare, r->cells[i].text);
    r->now = r->spare;
    r->empty_now = r->empty_spare;
    r->spare = old;
    r->empty_spare = empty;
    arena_rewind(old, empty);
    r->ready_len = 0;
    r->taken = 0;
}

enum err xlsx_next(struct ctx *ctx, struct xlsx_rows *r, struct xlsx_row *row, bool *more_out)
{
    while (r->taken == r->ready_len && r->more) {
        enum err rc;

        turn_over(r);
        rc = xml_feed(ctx, r->part, &r->more);
        if (rc)
            return rc;
    }
    *more_out = r->taken < r->ready_len;
    if (*more_out)
        *row = r->ready[r->taken++];
    return OK;
}

void xlsx_rows_close(struct xlsx_rows *r)
{
    if (!r || !r->now)
        return;
    xml_close(r->part);
    arena_free(r->now);
    arena_free(r->spare);
    arena_free(r->lasting);
    r->now = NULL;
}

const struct xlsx_cell *xlsx_at(const struct xlsx_row *row, int column)
{
    size_t low = 0;
    size_t high = row->len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (row->cells[middle].column == column)
            return &row->cells[middle];
        if (row->cells[middle].column < column)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *xlsx_text(const struct xlsx_row *row, int column)
{
    const struct xlsx_cell *cell = xlsx_at(row, column);

    return cell ? cell->text : "";
}
