#include "forms/grid.h"

#include <string.h>

#include "core/csv.h"
#include "core/text.h"

#define GRID_ROWS_MAX 20000

struct grid_section *grid_section(struct grid *g, const char *name)
{
    for (size_t i = 0; i < g->len; i++)
        if (strcmp(g->sections[i].name, name) == 0)
            return &g->sections[i];
    return NULL;
}

size_t grid_column(const struct grid_section *s, const char *name)
{
    size_t i = 0;

    while (i < s->columns_len && strcmp(s->columns[i], name) != 0)
        i++;
    return i;
}

const char *grid_cell(const struct grid_section *s, const struct grid_row *row, const char *name)
{
    size_t at = grid_column(s, name);

    return at < s->columns_len && at < row->len ? row->cells[at] : "";
}

void grid_append(struct grid_section *s, struct grid_row *row)
{
    row->next = NULL;
    if (s->last)
        s->last->next = row;
    else
        s->rows = row;
    s->last = row;
}

static const char **copy_cells(struct arena *a, const struct csv_row *row)
{
    const char **cells = ARENA_ARRAY(a, row->len + 1, const char *);

    for (size_t i = 1; i < row->len; i++)
        cells[i - 1] = text_trim(a, row->cells[i]);
    return cells;
}

static bool is_empty(const struct csv_row *row)
{
    for (size_t i = 0; i < row->len; i++)
        if (!text_blank(row->cells[i]))
            return false;
    return true;
}

static enum err take_row(struct ctx *ctx, struct grid *g, const struct csv_row *row)
{
    struct grid_section *s = g->len ? &g->sections[g->len - 1] : NULL;

    if (!text_blank(row->cells[0])) {
        if (g->len == GRID_SECTIONS_MAX)
            return ctx_fail(ctx, ERR_INVALID, tr(ctx, "There are too many sections."));
        s = &g->sections[g->len++];
        s->name = text_trim(ctx->arena, row->cells[0]);
        s->row = (int)row->number;
    } else if (s && !s->header) {
        s->columns = copy_cells(ctx->arena, row);
        s->columns_len = row->len - 1;
        s->header = (int)row->number;
    } else if (s) {
        struct grid_row *r = ARENA_NEW(ctx->arena, struct grid_row);

        r->row = (int)row->number;
        r->cells = copy_cells(ctx->arena, row);
        r->len = row->len - 1;
        grid_append(s, r);
    }
    return OK;
}

enum err grid_read(struct ctx *ctx, struct grid *out, const struct form_text *text)
{
    struct csv_row row = { 0 };
    struct csv *csv = NULL;
    bool more = true;
    enum err rc = csv_open_bytes(ctx, &csv, text->csv, text->len, ',');

    for (int rows = 0; !rc && more; rows++) {
        rc = csv_next(ctx, csv, &row, &more);
        if (!rc && rows > GRID_ROWS_MAX)
            rc = ctx_fail_field(ctx, text->file, tr(ctx, "The file has too many rows."));
        if (!rc && more && !is_empty(&row))
            rc = take_row(ctx, out, &row);
    }
    csv_close(csv);
    return rc;
}
