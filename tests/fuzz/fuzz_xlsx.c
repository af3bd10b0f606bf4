/* Workbooks: any bytes as the package, and as the XML of a sheet, are rows or a problem. */
#include <assert.h>
#include <string.h>

#include "core/text.h"
#include "forms/xlsx.h"
#include "xlsx_pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(const struct xlsx_row *row, int64_t before)
{
    assert(row->number > before && row->number <= XLSX_ROWS_MAX);
    for (size_t i = 0; i < row->len; i++) {
        const struct xlsx_cell *cell = &row->cells[i];

        assert(cell->column >= 1 && cell->column <= XLSX_COLUMNS_MAX);
        assert(i == 0 || cell->column > row->cells[i - 1].column);
        assert(cell->text[0] && text_valid(cell->text, strlen(cell->text), NULL));
        assert(xlsx_at(row, cell->column) == cell);
    }
}

static void read_sheet(struct ctx *ctx, struct xlsx *x, size_t sheet)
{
    const struct xlsx_range *ranges = NULL;
    struct xlsx_rows *rows = NULL;
    struct xlsx_row row = { 0 };
    size_t len = 0;
    bool more = true;
    enum err rc = xlsx_rows_open(ctx, &rows, x, sheet);

    while (!rc && more) {
        int64_t before = row.number;

        rc = xlsx_next(ctx, rows, &row, &more);
        if (!rc && more)
            check_row(&row, before);
    }
    xlsx_rows_close(rows);
    if (!rc)
        rc = xlsx_merges(ctx, &ranges, &len, x, sheet);
    assert(!rc || ctx->problems);
}

static void read_book(const void *bytes, size_t len)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en" };
    struct xlsx *x = NULL;
    enum err rc = xlsx_open_bytes(&ctx, &x, bytes, len);

    assert(!rc || ctx.problems);
    for (size_t i = 0; !rc && i < xlsx_sheets(x) && i < 3; i++)
        read_sheet(&ctx, x, i);
    if (!rc)
        xlsx_close(x);
    arena_free(ctx.arena);
}

/* The first byte says which part of a workbook the rest is. */
static void read_part(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml",
                                         "xl/styles.xml", "xl/workbook.xml" };
    static const char sheet[] = "<worksheet " PACK_MAIN "><sheetData><row><c t=\"s\"><v>0</v></c>"
                                "<c s=\"1\"><v>45292.25</v></c></row></sheetData></worksheet>";
    struct arena *a = arena_new(0);
    struct pack_part parts[6] = { { names[data[0] % 4], data + 1, size - 1 },
                                  { "_rels/.rels", pack_outer, 0 },
                                  { "xl/_rels/workbook.xml.rels", pack_relations, 0 },
                                  { "xl/workbook.xml", pack_workbook, 0 },
                                  { "xl/worksheets/sheet1.xml", sheet, 0 },
                                  { "xl/sharedStrings.xml", "<sst/>", 0 } };
    size_t len = 0;
    const void *bytes = pack(a, &len, parts, 6);

    read_book(bytes, len);
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (xlsx_looks_like(data, size))
        read_book(data, size);
    else if (size > 1)
        read_part(data, size);
    return 0;
}
