#include "forms/forms_inner.h"

#include <string.h>

#include "core/csv.h"
#include "core/text.h"
#include "forms/xlsx.h"

#define ROWS_MAX  ((size_t)20000)
#define ROWS_STEP ((size_t)64)

static void note(struct build *b, enum err code, const char *place, const char *text)
{
    ctx_set_problem(b->ctx, code, place, text);
    b->failed = b->failed || code != OK;
}

void mistake(struct build *b, const char *file, int row, const char *column, const char *text)
{
    note(b, ERR_INVALID, arena_printf(b->ctx->arena, "%s:%d:%s", file, row, column), text);
}

void warn(struct build *b, const char *file, int row, const char *column, const char *text)
{
    note(b, OK, arena_printf(b->ctx->arena, "%s:%d:%s", file, row, column), text);
}

static const char *const *copy_cells(struct arena *a, const struct csv_row *row, size_t from)
{
    const char **cells = ARENA_ARRAY(a, row->len + 1, const char *);

    for (size_t i = from; i < row->len; i++)
        cells[i - from] = text_trim(a, row->cells[i]);
    return cells;
}

static bool row_blank(const struct csv_row *row, size_t from)
{
    for (size_t i = from; i < row->len; i++)
        if (!text_blank(row->cells[i]))
            return false;
    return true;
}

static void add_row(struct build *b, struct section *s, const struct csv_row *row, size_t from)
{
    if (s->rows_len == s->rows_cap) {
        size_t cap = s->rows_cap + ROWS_STEP + s->rows_cap / 2;

        s->rows = arena_grow(b->ctx->arena, s->rows, s->rows_cap * sizeof(*s->rows),
                             cap * sizeof(*s->rows));
        s->rows_cap = cap;
    }
    s->rows[s->rows_len++] = (struct sheet_row){ .number = (int)row->number,
                                                 .cells = copy_cells(b->ctx->arena, row, from),
                                                 .len = row->len > from ? row->len - from : 0 };
}

static void set_header(struct build *b, struct section *s, const struct csv_row *row, size_t from)
{
    s->columns = copy_cells(b->ctx->arena, row, from);
    s->columns_len = row->len - from;
    s->header = (int)row->number;
    section_prepare(b, s);
}

/* A row whose first cell has the name of a section. */
static struct section *begin_section(struct build *b, struct sheet *sheet,
                                     const struct csv_row *row)
{
    const char *name = text_trim(b->ctx->arena, row->cells[0]);
    struct section *s;

    if (!row_blank(row, 1))
        mistake(b, sheet->file, (int)row->number, name,
                tr(b->ctx,
                   "The first column is for names of sections, which stand alone on their "
                   "line: leave it empty before {0}.",
                   TR_TEXT(row->len > 1 ? row->cells[1] : "")));
    if (sheet_section(sheet, name))
        mistake(
            b, sheet->file, (int)row->number, name,
            tr(b->ctx, "The section {0} stands here twice: put the rows into one.", TR_TEXT(name)));
    if (sheet->len == SECTIONS_MAX) {
        mistake(b, sheet->file, (int)row->number, name, tr(b->ctx, "There are too many sections."));
        return NULL;
    }
    s = &sheet->sections[sheet->len++];
    s->name = name;
    s->place = sheet->file;
    s->number = (int)row->number;
    return s;
}

static enum err read_rows(struct build *b, struct sheet *sheet, struct csv *csv)
{
    struct section *s = NULL;
    struct csv_row row = { 0 };
    bool more = true;

    for (size_t rows = 0; more; rows++) {
        enum err rc = csv_next(b->ctx, csv, &row, &more);

        if (rc)
            return rc;
        if (rows > ROWS_MAX)
            return ctx_fail_field(b->ctx, sheet->file, tr(b->ctx, "The file has too many rows."));
        if (!more || row_blank(&row, 0))
            continue;
        if (!text_blank(row.cells[0])) {
            s = begin_section(b, sheet, &row);
            if (!s)
                return ERR_INVALID;
        } else if (!s) {
            mistake(b, sheet->file, (int)row.number, "survey",
                    tr(b->ctx, "A form begins with the line survey: put it above this row."));
            return ERR_INVALID;
        } else if (!s->header) {
            set_header(b, s, &row, 1);
        } else {
            add_row(b, s, &row, 1);
        }
    }
    return OK;
}

enum err sheet_read(struct build *b, struct sheet **out, const char *file, const char *csv,
                    size_t len)
{
    struct sheet *sheet = ARENA_NEW(b->ctx->arena, struct sheet);
    struct problem *before = b->ctx->problems_last;
    struct csv *reader = NULL;
    enum err rc;

    if (xlsx_looks_like(csv, len))
        return sheet_read_book(b, out, file, csv, len);
    sheet->file = file;
    rc = csv_open_bytes(b->ctx, &reader, csv, len, ',');
    if (rc)
        return rc;
    rc = read_rows(b, sheet, reader);
    csv_close(reader);
    if (rc) {
        struct problem *last = b->ctx->problems_last;

        if (last != before && last && !last->field)
            last->field = arena_strdup(b->ctx->arena, file);
        b->failed = true;
        return rc;
    }
    *out = sheet;
    return OK;
}

enum err sheet_read_table(struct build *b, struct sheet **out, const char *file, const char *csv,
                          size_t len)
{
    struct sheet *sheet = ARENA_NEW(b->ctx->arena, struct sheet);
    struct section *s = &sheet->sections[0];
    struct csv_row row = { 0 };
    struct csv *reader = NULL;
    bool more = true;
    enum err rc;

    sheet->file = file;
    sheet->len = 1;
    s->name = "";
    s->place = file;
    rc = csv_open_bytes(b->ctx, &reader, csv, len, ',');
    while (!rc && more) {
        rc = csv_next(b->ctx, reader, &row, &more);
        if (rc || !more || row_blank(&row, 0))
            continue;
        if (!s->header)
            set_header(b, s, &row, 0);
        else
            add_row(b, s, &row, 0);
    }
    csv_close(reader);
    b->failed = b->failed || rc;
    if (!rc)
        *out = sheet;
    return rc;
}

const struct section *sheet_section(const struct sheet *s, const char *name)
{
    for (size_t i = 0; i < s->len; i++)
        if (strcmp(s->sections[i].name, name) == 0)
            return &s->sections[i];
    return NULL;
}

bool read_yes(struct build *b, const struct section *s, const struct sheet_row *row,
              const char *column)
{
    static const char *const yes[] = { "yes", "true", "true()", NULL };
    static const char *const no[] = { "no", "false", "false()", NULL };
    const char *text = cell(s, row, column);

    for (size_t i = 0; yes[i]; i++) {
        if (ascii_casecmp(text, yes[i]) == 0)
            return true;
        if (ascii_casecmp(text, no[i]) == 0)
            return false;
    }
    if (text[0])
        mistake(b, s->place, row->number, column_written(s, column),
                tr(b->ctx, "{0} is not known here: write yes, or leave the cell empty.",
                   TR_TEXT(text)));
    return false;
}

const char *read_word(struct build *b, const struct section *s, const struct sheet_row *row,
                      const char *column, const char *const *words)
{
    const char *text = cell(s, row, column);
    const char *all = words[0];

    if (!text[0])
        return NULL;
    for (size_t i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0)
            return words[i];
    for (size_t i = 1; words[i]; i++)
        all = arena_printf(b->ctx->arena, "%s, %s", all, words[i]);
    mistake(b, s->place, row->number, column_written(s, column),
            tr(b->ctx, "{0} is not known here: write one of {1}, or leave the cell empty.",
               TR_TEXT(text), TR_TEXT(all)));
    return NULL;
}
