/* Documents as they are built: items in order, copied into the arena of who builds. */
#include <stdint.h>
#include <string.h>

#include "report/pdf_inner.h"

struct document *document_untitled(struct ctx *ctx, const char *lang, const char *title)
{
    struct document *d = ARENA_NEW(ctx->arena, struct document);

    d->arena = ctx->arena;
    d->lang = arena_strdup(ctx->arena, lang);
    d->title = arena_strdup(ctx->arena, title);
    document_paper(d, DOC_A4, false);
    return d;
}

struct document *document_new(struct ctx *ctx, const char *lang, const char *title)
{
    struct document *d = document_untitled(ctx, lang, title);

    document_add(d, DOC_TITLE, title);
    return d;
}

void document_paper(struct document *d, enum doc_paper paper, bool landscape)
{
    double narrow = paper == DOC_A4 ? 595.28 : 612;
    double high = paper == DOC_A4 ? 841.89 : 792;

    d->width = landscape ? high : narrow;
    d->height = landscape ? narrow : high;
}

static struct doc_item *add_item(struct document *d, enum doc_kind kind)
{
    struct doc_item *i = ARENA_NEW(d->arena, struct doc_item);

    i->kind = kind;
    if (d->last == NULL)
        d->items = i;
    else
        d->last->next = i;
    d->last = i;
    return i;
}

static const char *copy(const struct document *d, const char *text)
{
    return arena_strdup(d->arena, text == NULL ? "" : text);
}

static const char *const *copy_texts(const struct document *d, const char *const *texts, size_t len)
{
    const char **out = ARENA_ARRAY(d->arena, len + 1, const char *);

    for (size_t i = 0; i < len; i++)
        out[i] = copy(d, texts[i]);
    return out;
}

void document_add(struct document *d, enum doc_style style, const char *text)
{
    struct doc_item *i = add_item(d, DOC_ITEM_TEXT);

    i->style = style;
    i->text = copy(d, text);
}

void document_pairs(struct document *d, const struct doc_pair *pairs, size_t len)
{
    struct doc_item *i = add_item(d, DOC_ITEM_PAIRS);
    struct doc_pair *own = ARENA_ARRAY(d->arena, len + 1, struct doc_pair);

    for (size_t p = 0; p < len; p++) {
        own[p].label = copy(d, pairs[p].label);
        own[p].value = copy(d, pairs[p].value);
    }
    i->pairs = own;
    i->pairs_len = len;
}

void document_table(struct document *d, const struct doc_table *table)
{
    struct doc_item *i = add_item(d, DOC_ITEM_TABLE);
    struct doc_column *columns = ARENA_ARRAY(d->arena, table->columns_len + 1, struct doc_column);
    double sum = 0;

    i->table = *table;
    i->table.title = copy(d, table->title == NULL ? d->title : table->title);
    for (size_t c = 0; c < table->columns_len; c++) {
        columns[c] = table->columns[c];
        columns[c].head = copy(d, table->columns[c].head);
        columns[c].group = columns[c].group == NULL ? NULL : copy(d, columns[c].group);
        sum += columns[c].width;
    }
    for (size_t c = 0; c < table->columns_len; c++)
        columns[c].width = sum > 0 ? columns[c].width / sum : 1.0 / (double)table->columns_len;
    i->table.columns = columns;
    i->table.cells = copy_texts(d, table->cells, table->columns_len * table->rows);
}

void document_bars(struct document *d, const struct doc_bar *bars, size_t len, double low,
                   double high)
{
    struct doc_item *i = add_item(d, DOC_ITEM_BARS);

    i->bars = arena_memdup(d->arena, bars, len * sizeof *bars);
    i->bars_len = len;
    i->low = low;
    i->high = high;
}

void document_chart(struct document *d, const struct chart *chart)
{
    add_item(d, DOC_ITEM_CHART)->chart = chart;
}

static uint32_t big_endian(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

enum err document_image(struct ctx *ctx, struct document *d, const void *png, size_t len,
                        double height, const char *text)
{
    static const unsigned char head[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
    const unsigned char *bytes = png;
    struct doc_item *i;

    if (len < 24 || memcmp(bytes, head, sizeof head) != 0)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "The picture is not a PNG."));
    if (big_endian(bytes + 16) > DOC_IMAGE_SIDE || big_endian(bytes + 20) > DOC_IMAGE_SIDE)
        return ctx_fail(
            ctx, ERR_INVALID,
            tr(ctx, "The picture is larger than {0} by {0} pixels.", TR_INT(DOC_IMAGE_SIDE)));
    i = add_item(d, DOC_ITEM_IMAGE);
    i->image = arena_memdup(d->arena, png, len);
    i->image_len = len;
    i->image_height = height;
    i->text = copy(d, text);
    return OK;
}

void document_signatures(struct document *d, const char *const *names, size_t len)
{
    struct doc_item *i = add_item(d, DOC_ITEM_SIGNATURES);

    i->names = copy_texts(d, names, len);
    i->names_len = len;
}

void document_break(struct document *d)
{
    add_item(d, DOC_ITEM_BREAK);
}

void document_footer(struct document *d, const char *text)
{
    d->footer = copy(d, text);
}

const struct doc_item *document_items(const struct document *d)
{
    return d->items;
}

const char *document_title(const struct document *d)
{
    return d->title;
}

const char *document_lang(const struct document *d)
{
    return d->lang;
}
