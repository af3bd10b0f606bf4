#include <string.h>

#include "core/buf.h"
#include "core/csv.h"
#include "core/text.h"
#include "core/tr.h"
#include "report/xlsx_out.h"
#include "report/zip_out.h"

#define ROW_MAX  ((size_t)8 * 1024 * 1024)
#define FLUSH_AT ((size_t)64 * 1024)

struct table {
    enum table_format format;
    int fd;
    struct table_spec spec;
    struct buf out;        /* CSV */
    struct zip_out *zip;   /* CSV in a zip */
    struct xlsx_out *book; /* XLSX */
    struct arena *arena;   /* of out: callers rewind theirs between rows */
};

static void free_table_arena(void *arg)
{
    arena_free(arg);
}

static enum err flush_csv(struct ctx *ctx, struct table *t)
{
    enum err rc;

    if (!buf_ok(&t->out))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "A row is too long to be written."));
    rc = t->zip ? zip_out_add(ctx, t->zip, t->out.data, t->out.len)
                : write_all(ctx, t->fd, t->out.data, t->out.len);
    buf_clear(&t->out);
    return rc;
}

static enum err csv_row(struct ctx *ctx, struct table *t, const char *const *cells)
{
    for (size_t i = 0; i < t->spec.len; i++)
        csv_add_cell(&t->out, cells[i] == NULL ? "" : cells[i], i == 0, true);
    csv_end_row(&t->out);
    return t->out.len >= FLUSH_AT || !buf_ok(&t->out) ? flush_csv(ctx, t) : OK;
}

enum err table_row(struct ctx *ctx, struct table *t, const char *const *cells)
{
    return t->book ? xlsx_out_row(ctx, t->book, &t->spec, cells, false) : csv_row(ctx, t, cells);
}

static enum err put_labels(struct ctx *ctx, struct table *t, const struct table_spec *spec)
{
    const char **heads = ARENA_ARRAY(ctx->arena, spec->len + 1, const char *);

    t->spec = *spec;
    for (size_t i = 0; i < spec->len; i++)
        heads[i] = spec->columns[i].label;
    return t->book ? xlsx_out_row(ctx, t->book, spec, heads, true) : csv_row(ctx, t, heads);
}

static enum err begin_file(struct ctx *ctx, struct table *t, const struct table_spec *spec)
{
    return zip_out_begin(ctx, t->zip,
                         arena_printf(ctx->arena, "%s.csv", spec->name ? spec->name : "table"));
}

enum err table_open(struct ctx *ctx, struct table **out, enum table_format format, int fd,
                    const struct table_spec *spec)
{
    struct table *t = ARENA_NEW(ctx->arena, struct table);
    enum err rc = OK;

    t->format = format;
    t->fd = fd;
    t->arena = arena_new(ROW_MAX * 4);
    arena_on_free(ctx->arena, free_table_arena, t->arena);
    buf_init(&t->out, t->arena, ROW_MAX);
    if (format == TABLE_XLSX) {
        rc = xlsx_out_open(ctx, &t->book, fd);
        if (!rc)
            rc = xlsx_out_sheet(ctx, t->book, spec->title);
    } else if (format == TABLE_CSV_ZIP) {
        rc = zip_out_open(ctx, &t->zip, fd);
        if (!rc)
            rc = begin_file(ctx, t, spec);
    }
    if (!rc)
        rc = put_labels(ctx, t, spec);
    if (!rc)
        *out = t;
    return rc;
}

enum err table_next(struct ctx *ctx, struct table *t, const struct table_spec *spec)
{
    enum err rc = OK;

    if (t->book) {
        rc = xlsx_out_sheet(ctx, t->book, spec->title);
    } else if (t->zip) {
        rc = flush_csv(ctx, t);
        if (!rc)
            rc = begin_file(ctx, t, spec);
    } else {
        csv_end_row(&t->out);
    }
    return rc ? rc : put_labels(ctx, t, spec);
}

enum err table_close(struct ctx *ctx, struct table *t)
{
    enum err rc;

    if (t->book)
        return xlsx_out_close(ctx, t->book);
    rc = flush_csv(ctx, t);
    return rc || !t->zip ? rc : zip_out_close(ctx, t->zip);
}
