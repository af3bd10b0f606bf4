#include <string.h>

#include "core/text.h"
#include "forms/xlsx_inner.h"

/* References such as B7 and B7:D9, and the merged ranges of a sheet. */

#define COLUMN_LETTERS 3

struct merges {
    struct xlsx_range *items; /* XLSX_MERGES_MAX */
    size_t len;
};

const char *xlsx_column_name(struct arena *a, int column)
{
    char name[8] = { 0 };
    size_t at = sizeof(name) - 1;

    for (int n = column; n > 0 && at > 0; n = (n - 1) / 26)
        name[--at] = (char)('A' + (n - 1) % 26);
    return arena_strdup(a, name + at);
}

bool xlsx_reference(struct span s, int *column_out, int64_t *row_out)
{
    size_t i = 0;
    int column = 0;

    for (; i < s.len && i < COLUMN_LETTERS && ascii_is_alpha(s.at[i]); i++)
        column = column * 26 + (ascii_lower(s.at[i]) - 'a' + 1);
    if (i == 0 || column > XLSX_COLUMNS_MAX)
        return false;
    s.at += i;
    s.len -= i;
    if (!span_int(s, XLSX_ROWS_MAX, row_out) || *row_out < 1)
        return false;
    *column_out = column;
    return true;
}

static bool read_range(struct span s, struct xlsx_range *out)
{
    const char *colon = memchr(s.at, ':', s.len);
    struct span first = { s.at, colon ? (size_t)(colon - s.at) : s.len };
    struct span last = colon ? (struct span){ colon + 1, s.len - first.len - 1 } : first;

    return xlsx_reference(first, &out->first_column, &out->first_row) &&
           xlsx_reference(last, &out->last_column, &out->last_row) &&
           out->first_column <= out->last_column && out->first_row <= out->last_row;
}

static void merges_begin(struct xml_part *p, const struct xlsx_tag *tag)
{
    struct merges *m = xml_self(p);
    struct xlsx_range range = { 0 };
    struct span s = { 0 };

    if (strcmp(tag->name, "mergeCell") != 0 || !xml_attr(tag, "ref", &s) || !read_range(s, &range))
        return;
    if (m->len == XLSX_MERGES_MAX)
        xml_stop(p, xlsx_too_large(xml_ctx(p), "mergeCells"));
    else
        m->items[m->len++] = range;
}

enum err xlsx_merges(struct ctx *ctx, const struct xlsx_range **out, size_t *len_out,
                     struct xlsx *x, size_t sheet)
{
    static const struct xml_reader reader = { .begin = merges_begin };
    const char *part = xlsx_sheet_part(x, sheet);
    struct merges m = { ARENA_ARRAY(ctx->arena, XLSX_MERGES_MAX, struct xlsx_range), 0 };
    enum err rc = xml_read(ctx, x, part, &reader, &m);

    if (rc)
        return rc == ERR_NOT_FOUND ? xlsx_damaged(ctx, part) : rc;
    *out = m.items;
    *len_out = m.len;
    return OK;
}

const struct xlsx_range *xlsx_range_of(const struct xlsx_range *ranges, size_t len, int64_t row,
                                       int column)
{
    for (size_t i = 0; i < len; i++)
        if (row >= ranges[i].first_row && row <= ranges[i].last_row &&
            column >= ranges[i].first_column && column <= ranges[i].last_column)
            return &ranges[i];
    return NULL;
}
