/* The tables of a document as CSV or as sheets of a workbook. */
#include "report/pdf_inner.h"

static struct table_spec spec_of(struct ctx *ctx, const struct doc_table *t)
{
    struct table_column *columns = ARENA_ARRAY(ctx->arena, t->columns_len + 1, struct table_column);
    struct table_spec spec = { t->title, columns, t->columns_len, NULL };

    for (size_t c = 0; c < t->columns_len; c++) {
        const struct doc_column *from = &t->columns[c];

        columns[c].kind = from->kind;
        columns[c].label = from->group == NULL
                               ? from->head
                               : tr(ctx, "{0}: {1}", TR_TEXT(from->group), TR_TEXT(from->head));
    }
    return spec;
}

static enum err put_table(struct ctx *ctx, struct table *table, const struct doc_table *t)
{
    enum err rc = OK;

    for (size_t r = 0; !rc && r < t->rows; r++)
        rc = table_row(ctx, table, t->cells + r * t->columns_len);
    return rc;
}

/* The labels and values of a document are a table too. */
static struct doc_table table_of_pairs(struct ctx *ctx, const struct document *d,
                                       const struct doc_item *i)
{
    const char **cells = ARENA_ARRAY(ctx->arena, i->pairs_len * 2 + 1, const char *);
    struct doc_column *columns = ARENA_ARRAY(ctx->arena, 2, struct doc_column);
    struct doc_table t = { .title = d->title,
                           .columns = columns,
                           .columns_len = 2,
                           .cells = cells,
                           .rows = i->pairs_len };

    columns[0].head = tr(ctx, "Item");
    columns[1].head = tr(ctx, "Value");
    for (size_t n = 0; n < i->pairs_len; n++) {
        cells[2 * n] = i->pairs[n].label;
        cells[2 * n + 1] = i->pairs[n].value;
    }
    return t;
}

enum err document_sheets(struct ctx *ctx, const struct document *d, enum table_format format,
                         int fd)
{
    struct table *table = NULL;
    enum err rc = OK;

    for (const struct doc_item *i = d->items; !rc && i != NULL; i = i->next) {
        struct doc_table t = i->table;
        struct table_spec *spec = ARENA_NEW(ctx->arena, struct table_spec);

        if (i->kind == DOC_ITEM_PAIRS)
            t = table_of_pairs(ctx, d, i);
        else if (i->kind != DOC_ITEM_TABLE)
            continue;
        *spec = spec_of(ctx, &t);
        rc = table == NULL ? table_open(ctx, &table, format, fd, spec)
                           : table_next(ctx, table, spec);
        if (!rc)
            rc = put_table(ctx, table, &t);
    }
    if (rc)
        return rc;
    if (table == NULL)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "This report has no table to put into a sheet."));
    return table_close(ctx, table);
}
