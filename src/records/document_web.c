/* A report as a page, and in the forms that can be taken away. */
#include "records/document_web.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/tr.h"
#include "records_templates.h"
#include "web/html.h"

/* --- the page --- */

static bool is_number(const struct doc_column *c)
{
    return c->kind == REPORT_INT || c->kind == REPORT_DECIMAL;
}

/* Neighbours with the same group share one head. */
static void fill_groups(struct ctx *ctx, struct doc_table_view *v, const struct doc_table *t)
{
    struct doc_head_view *groups =
        ARENA_ARRAY(ctx->arena, t->columns_len + 1, struct doc_head_view);
    bool any = false;

    for (size_t c = 0; c < t->columns_len; c++) {
        const char *group = t->columns[c].group;
        struct doc_head_view *last = v->groups_len > 0 ? &groups[v->groups_len - 1] : NULL;

        any = any || group != NULL;
        if (last != NULL && group != NULL && last->text != NULL && strcmp(last->text, group) == 0)
            last->span++;
        else
            groups[v->groups_len++] = (struct doc_head_view){ .text = group, .span = 1 };
    }
    if (!any)
        v->groups_len = 0;
    v->groups = groups;
}

static void fill_table(struct ctx *ctx, struct doc_table_view *v, const struct doc_table *t)
{
    struct doc_head_view *heads = ARENA_ARRAY(ctx->arena, t->columns_len + 1, struct doc_head_view);
    struct doc_row_view *rows = ARENA_ARRAY(ctx->arena, t->rows + 1, struct doc_row_view);

    for (size_t c = 0; c < t->columns_len; c++)
        heads[c] = (struct doc_head_view){ t->columns[c].head, 1, is_number(&t->columns[c]) };
    for (size_t r = 0; r < t->rows; r++) {
        struct doc_cell_view *cells =
            ARENA_ARRAY(ctx->arena, t->columns_len + 1, struct doc_cell_view);

        for (size_t c = 0; c < t->columns_len; c++)
            cells[c] =
                (struct doc_cell_view){ t->cells[r * t->columns_len + c], is_number(&t->columns[c]),
                                        c == 0, t->columns[c].head };
        rows[r].cells = cells;
        rows[r].cells_len = t->columns_len;
        rows[r].total = t->total && r + 1 == t->rows;
    }
    v->title = t->title;
    v->heads = heads;
    v->heads_len = t->columns_len;
    v->rows = rows;
    v->rows_len = t->rows;
    fill_groups(ctx, v, t);
}

static void fill_bars(struct ctx *ctx, struct report_item_view *v, const struct doc_item *i)
{
    struct doc_meter_view *bars = ARENA_ARRAY(ctx->arena, i->bars_len + 1, struct doc_meter_view);

    for (size_t b = 0; b < i->bars_len; b++) {
        bars[b].label = i->bars[b].label;
        bars[b].text = i->bars[b].value_text;
        bars[b].note = i->bars[b].note;
        bars[b].has_value = i->bars[b].value >= 0;
        bars[b].value = arena_printf(ctx->arena, "%.4f", i->bars[b].value);
    }
    v->bars = bars;
    v->bars_len = i->bars_len;
}

static enum err fill_item(struct ctx *ctx, struct report_item_view *v, const struct doc_item *i)
{
    enum err rc = OK;

    v->kind = i->kind;
    v->style = i->style;
    v->text = i->text;
    v->pairs = i->pairs;
    v->pairs_len = i->pairs_len;
    v->names = i->names;
    v->names_len = i->names_len;
    if (i->kind == DOC_ITEM_TABLE)
        fill_table(ctx, &v->table, &i->table);
    else if (i->kind == DOC_ITEM_BARS)
        fill_bars(ctx, v, i);
    else if (i->kind == DOC_ITEM_CHART)
        rc = chart_view_fill(ctx, &v->chart, i->chart);
    return rc;
}

enum err report_items_fill(struct ctx *ctx, const struct report_item_view **out, size_t *len_out,
                           const struct document *d)
{
    struct report_item_view *items;
    size_t len = 0;
    enum err rc = OK;

    for (const struct doc_item *i = document_items(d); i != NULL; i = i->next)
        len++;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct report_item_view);
    len = 0;
    for (const struct doc_item *i = document_items(d); !rc && i != NULL; i = i->next) {
        rc = fill_item(ctx, &items[len], i);
        if (items[len].style == DOC_TITLE && i->kind == DOC_ITEM_TEXT)
            items[len].style = DOC_HEADING;
        len++;
    }
    *out = items;
    *len_out = len;
    return rc;
}

static struct url link_as(struct ctx *ctx, const struct document_place *p, const char *as)
{
    return url_build(ctx, p->path, p->id, as);
}

static enum err reply_page(struct ctx *ctx, struct res *res, const struct document *d,
                           const struct document_place *place)
{
    struct report_page_view v = { .window = place->window ? place->window : document_title(d),
                                  .title = document_title(d),
                                  .back_title = place->back_title,
                                  .back = place->back,
                                  .pdf = link_as(ctx, place, "pdf"),
                                  .xlsx = link_as(ctx, place, "xlsx"),
                                  .csv = link_as(ctx, place, "csv") };
    struct report_item_view *items;
    size_t len = 0;
    enum err rc = OK;

    for (const struct doc_item *i = document_items(d); i != NULL; i = i->next)
        len++;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct report_item_view);
    for (const struct doc_item *i = document_items(d); !rc && i != NULL; i = i->next) {
        v.has_tables = v.has_tables || i->kind == DOC_ITEM_TABLE || i->kind == DOC_ITEM_PAIRS;
        if (i->kind != DOC_ITEM_TEXT || i->style != DOC_TITLE) /* the page has its own */
            rc = fill_item(ctx, &items[v.items_len++], i);
    }
    if (rc)
        return rc;
    v.items = items;
    if (place->giving)
        v.giving = *place->giving;
    report_page_reply(res, place->status ? place->status : 200, &v);
    return OK;
}

/* --- what can be taken away --- */

#define XLSX_TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

static enum err reply_pdf(struct ctx *ctx, struct res *res, const struct document *d,
                          const struct document_place *place)
{
    const char *bytes = NULL;
    size_t len = 0;
    enum err rc = document_pdf(ctx, d, &bytes, &len);

    if (!rc)
        res_body(res, 200, "application/pdf", bytes, len,
                 arena_printf(ctx->arena, "%s.pdf", place->file_name));
    return rc;
}

static void close_fd(void *arg)
{
    int *fd = arg;

    close(*fd);
}

/* Made in memory: no table of people touches a disk in clear. */
static enum err reply_sheets(struct ctx *ctx, struct res *res, const struct document *d,
                             const struct document_place *place, enum table_format format)
{
    int *fd = ARENA_NEW(ctx->arena, int);
    char *bytes;
    off_t len;
    enum err rc;

    *fd = memfd_create("report", MFD_CLOEXEC);
    if (*fd < 0)
        return ctx_fail(ctx, ERR_IO, tr(ctx, "There is no memory left for the file."));
    arena_on_free(ctx->arena, close_fd, fd);
    rc = document_sheets(ctx, d, format, *fd);
    if (rc)
        return rc;
    len = lseek(*fd, 0, SEEK_END);
    bytes = arena_alloc(ctx->arena, (size_t)len + 1);
    if (len < 0 || pread(*fd, bytes, (size_t)len, 0) != len)
        return ctx_fail(ctx, ERR_IO, tr(ctx, "There is no memory left for the file."));
    res_body(
        res, 200, format == TABLE_XLSX ? XLSX_TYPE : "text/csv; charset=utf-8", bytes, (size_t)len,
        arena_printf(ctx->arena, "%s.%s", place->file_name, format == TABLE_XLSX ? "xlsx" : "csv"));
    return OK;
}

enum err document_reply(struct ctx *ctx, struct res *res, const struct document *d,
                        const struct document_place *place, const char *as)
{
    if (as[0] == '\0' || strcmp(as, "page") == 0)
        return reply_page(ctx, res, d, place);
    if (strcmp(as, "pdf") == 0)
        return reply_pdf(ctx, res, d, place);
    if (strcmp(as, "xlsx") == 0 || strcmp(as, "csv") == 0)
        return reply_sheets(ctx, res, d, place, as[0] == 'x' ? TABLE_XLSX : TABLE_CSV);
    return ctx_fail_field(
        ctx, "as", tr(ctx, "A report comes as page, pdf, xlsx or csv, not as “{0}”.", TR_TEXT(as)));
}
