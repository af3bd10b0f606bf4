#include "core/csv_table.h"

#include <string.h>

#include "core/asset.h"
#include "core/text.h"

static struct csv_row copy_row(struct arena *a, const struct csv_row *row)
{
    struct csv_row copy = *row;

    copy.cells = ARENA_ARRAY(a, row->len, char *);
    copy.lens = NULL;
    for (size_t i = 0; i < row->len; i++)
        copy.cells[i] = arena_strdup(a, row->cells[i]);
    return copy;
}

/* No fewer than there are rows. */
static size_t count_lines(const struct asset *asset)
{
    size_t lines = 1;

    for (size_t i = 0; i < asset->len; i++)
        lines += asset->bytes[i] == '\n';
    return lines;
}

static enum err read_rows(struct ctx *ctx, struct csv_table *t, struct arena *a, struct csv *csv)
{
    struct csv_row row = { 0 };
    bool more = false;
    enum err rc;

    rc = csv_next(ctx, csv, &row, &more);
    if (rc)
        return rc;
    if (!more)
        return csv_table_fault(ctx, t, NULL, "", "the file is empty");
    t->header = copy_row(a, &row);
    for (;;) {
        rc = csv_next(ctx, csv, &row, &more);
        if (rc || !more)
            return rc;
        if (row.len != t->header.len)
            return csv_table_fault(ctx, t, &row, row.cells[0],
                                   "the row has not as many cells as the header");
        t->rows[t->len++] = copy_row(a, &row);
    }
}

enum err csv_table_load(struct ctx *ctx, struct csv_table *out, struct arena *a, const char *file)
{
    const struct asset *asset = asset_find(file);
    struct csv_table t = { .file = file };
    struct csv *csv = NULL;
    enum err rc;

    if (!asset)
        return csv_table_fault(ctx, &t, NULL, "", "the file is missing");
    t.rows = ARENA_ARRAY(a, count_lines(asset), struct csv_row);
    rc = csv_open_bytes(ctx, &csv, (const char *)asset->bytes, asset->len, ',');
    if (rc)
        return rc;
    rc = read_rows(ctx, &t, a, csv);
    csv_close(csv);
    if (!rc)
        *out = t;
    return rc;
}

/* header.len if there is none. */
static size_t column_place(const struct csv_table *t, const char *name)
{
    size_t i = 0;

    while (i < t->header.len && strcmp(t->header.cells[i], name) != 0)
        i++;
    return i;
}

enum err csv_table_column(struct ctx *ctx, size_t *out, const struct csv_table *t, const char *name)
{
    size_t place = column_place(t, name);

    if (place == t->header.len)
        return csv_table_fault(ctx, t, NULL, name, "the column is missing");
    *out = place;
    return OK;
}

const char *csv_table_cell(const struct csv_table *t, size_t row, const char *column)
{
    size_t place = column_place(t, column);

    return place < t->header.len ? t->rows[row].cells[place] : "";
}

enum err csv_table_fault(struct ctx *ctx, const struct csv_table *t, const struct csv_row *row,
                         const char *value, const char *why)
{
    return ctx_fail(ctx, ERR_INVALID,
                    arena_printf(ctx->arena, "%s, row %lld, \"%s\": %s", t->file,
                                 (long long)(row ? row->number : 1), value, why));
}
