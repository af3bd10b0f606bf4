/* A form's file as a workbook: a sheet for each section, as spreadsheet programs want it. */
#include "records/form_sheets.h"

#include <sys/mman.h>
#include <unistd.h>

#include "core/text.h"
#include "forms/grid.h"
#include "report/report.h"

static void close_fd(void *arg)
{
    int *fd = arg;

    close(*fd);
}

static enum err write_sheet(struct ctx *ctx, struct table **table, int fd,
                            const struct grid_section *s)
{
    struct table_column *columns = ARENA_ARRAY(ctx->arena, s->columns_len + 1, struct table_column);
    const char **cells = ARENA_ARRAY(ctx->arena, s->columns_len + 1, const char *);
    struct table_spec spec = { .title = s->name, .columns = columns, .len = s->columns_len };
    enum err rc;

    for (size_t i = 0; i < s->columns_len; i++)
        columns[i].label = s->columns[i];
    rc = *table ? table_next(ctx, *table, &spec) : table_open(ctx, table, TABLE_XLSX, fd, &spec);
    for (const struct grid_row *r = s->rows; !rc && r; r = r->next) {
        for (size_t i = 0; i < s->columns_len; i++)
            cells[i] = i < r->len ? r->cells[i] : NULL;
        rc = table_row(ctx, *table, cells);
    }
    return rc;
}

static enum err write_book(struct ctx *ctx, int fd, const struct form_text *text)
{
    struct grid *grid = ARENA_NEW(ctx->arena, struct grid);
    struct table *table = NULL;
    enum err rc = grid_read(ctx, grid, text);

    for (size_t i = 0; !rc && i < grid->len; i++)
        rc = write_sheet(ctx, &table, fd, &grid->sections[i]);
    if (!rc && !table)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such version of this form."));
    return rc ? rc : table_close(ctx, table);
}

enum err form_sheets(struct ctx *ctx, const char **out, size_t *len_out,
                     const struct form_text *text)
{
    int *fd = ARENA_NEW(ctx->arena, int);
    char *bytes;
    off_t len;
    enum err rc;

    *fd = memfd_create("form", MFD_CLOEXEC);
    if (*fd < 0)
        return ctx_fail(ctx, ERR_IO, tr(ctx, "There is no memory left for the file."));
    arena_on_free(ctx->arena, close_fd, fd);
    rc = write_book(ctx, *fd, text);
    if (rc)
        return rc;
    len = lseek(*fd, 0, SEEK_END);
    bytes = arena_alloc(ctx->arena, (size_t)(len < 0 ? 0 : len) + 1);
    if (len < 0 || pread(*fd, bytes, (size_t)len, 0) != len)
        return ctx_fail(ctx, ERR_IO, tr(ctx, "There is no memory left for the file."));
    *out = bytes;
    *len_out = (size_t)len;
    return OK;
}
