#include "forms/forms_inner.h"

#include <string.h>

#include "core/csv.h"
#include "core/text.h"

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

static void set_header(struct build *b, const struct sheet *sheet, struct section *s,
                       const struct csv_row *row, size_t from)
{
    s->columns = copy_cells(b->ctx->arena, row, from);
    s->columns_len = row->len - from;
    s->header = (int)row->number;
    for (size_t i = 0; i < s->columns_len; i++)
        for (size_t k = 0; k < i; k++)
            if (s->columns[i][0] && strcmp(s->columns[i], s->columns[k]) == 0)
                mistake(b, sheet->file, s->header, s->columns[i],
                        tr(b->ctx, "The column {0} stands here twice: take one of them out.",
                           TR_TEXT(s->columns[i])));
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
            set_header(b, sheet, s, &row, 1);
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
    rc = csv_open_bytes(b->ctx, &reader, csv, len, ',');
    while (!rc && more) {
        rc = csv_next(b->ctx, reader, &row, &more);
        if (rc || !more || row_blank(&row, 0))
            continue;
        if (!s->header)
            set_header(b, sheet, s, &row, 0);
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

const char *cell(const struct section *s, const struct sheet_row *row, const char *column)
{
    for (size_t i = 0; i < s->columns_len && i < row->len; i++)
        if (strcmp(s->columns[i], column) == 0)
            return row->cells[i];
    return "";
}

static bool is_language(const char *code)
{
    size_t len = 0;

    while (ascii_is_alpha(code[len]) && code[len] == ascii_lower(code[len]))
        len++;
    if (len < 2 || len > 3)
        return false;
    for (; code[len]; len++)
        if (!ascii_is_alpha(code[len]) && !ascii_is_digit(code[len]) && code[len] != '-')
            return false;
    return len <= 20;
}

const char *column_language(struct arena *a, const char *column, const char *prefix)
{
    size_t len = strlen(prefix);
    const char *open;
    const char *code;

    if (strncmp(column, prefix, len) != 0)
        return NULL;
    if (!column[len])
        return "";
    if (strncmp(column + len, "::", 2) != 0)
        return NULL;
    open = strrchr(column, '(');
    if (!open || !text_ends(column, ")"))
        return "?";
    code = arena_strndup(a, open + 1, strlen(open) - 2);
    return is_language(code) ? code : "?";
}

size_t language_place(const struct build *b, const char *code)
{
    for (size_t i = 0; i < b->languages_len; i++)
        if (strcmp(b->languages[i], code) == 0)
            return i;
    return LANGUAGES_MAX;
}

void languages_collect(struct build *b, const struct sheet *sheet)
{
    static const char *const texts[] = { "label",         "hint",
                                         "guidance_hint", "constraint_message",
                                         "form_title",    NULL };

    for (size_t i = 0; i < sheet->len; i++) {
        const struct section *s = &sheet->sections[i];

        for (size_t k = 0; k < s->columns_len; k++) {
            for (size_t t = 0; texts[t]; t++) {
                const char *code = column_language(b->ctx->arena, s->columns[k], texts[t]);

                if (!code || !code[0] || code[0] == '?' || language_place(b, code) < LANGUAGES_MAX)
                    continue;
                if (b->languages_len < LANGUAGES_MAX)
                    b->languages[b->languages_len++] = code;
            }
        }
    }
}

struct label read_label(const struct form_build *f, const struct section *s,
                        const struct sheet_row *row, const char *prefix)
{
    struct arena *a = f->b->ctx->arena;
    struct label label = { .languages = f->b->languages, .fallback = "" };
    const char **texts = NULL;

    for (size_t i = 0; i < s->columns_len && i < row->len; i++) {
        const char *code = column_language(a, s->columns[i], prefix);
        size_t place;

        if (!code || !row->cells[i][0])
            continue;
        place = code[0] ? language_place(f->b, code) : f->language;
        if (place >= f->b->languages_len)
            continue;
        if (!texts)
            texts = ARENA_ARRAY(a, f->b->languages_len, const char *);
        texts[place] = row->cells[i];
    }
    label.texts = texts;
    if (texts && texts[f->language])
        label.fallback = texts[f->language];
    else if (texts && texts[0])
        label.fallback = texts[0];
    return label;
}

static bool is_text_column(struct build *b, const struct sheet *sheet, const struct section *s,
                           const char *column, const char *const *texts)
{
    for (size_t t = 0; texts[t]; t++) {
        const char *code = column_language(b->ctx->arena, column, texts[t]);

        if (!code)
            continue;
        if (code[0] == '?')
            mistake(b, sheet->file, s->header, column,
                    tr(b->ctx, "The column {0} does not say its language: write {1}.",
                       TR_TEXT(column),
                       TR_TEXT(arena_printf(b->ctx->arena, "%s::Français (fr)", texts[t]))));
        return true;
    }
    return false;
}

void check_columns(struct build *b, const struct sheet *sheet, const struct section *s,
                   const char *const *known, const char *const *texts)
{
    for (size_t i = 0; i < s->columns_len; i++) {
        bool found = !s->columns[i][0];

        for (size_t k = 0; known[k] && !found; k++)
            found = strcmp(s->columns[i], known[k]) == 0;
        if (!found && !is_text_column(b, sheet, s, s->columns[i], texts))
            warn(b, sheet->file, s->header, s->columns[i],
                 tr(b->ctx, "The column {0} is not known and is passed by.",
                    TR_TEXT(s->columns[i])));
    }
}

bool read_yes(struct build *b, const char *file, const struct section *s,
              const struct sheet_row *row, const char *column)
{
    const char *text = cell(s, row, column);

    if (strcmp(text, "yes") == 0 || strcmp(text, "true") == 0)
        return true;
    if (text[0] && strcmp(text, "no") != 0 && strcmp(text, "false") != 0)
        mistake(b, file, row->number, column,
                tr(b->ctx, "{0} is not known here: write yes, or leave the cell empty.",
                   TR_TEXT(text)));
    return false;
}
