/* CSV: any bytes are rows or a problem; what was read is written and reads back the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes every row read; stops at the end or at the first problem. */
static size_t copy_rows(struct ctx *ctx, const char *bytes, size_t len, char delimiter,
                        struct buf *out)
{
    struct csv *csv = NULL;
    size_t rows = 0;
    bool more = true;

    if (csv_open_bytes(ctx, &csv, bytes, len, delimiter) != OK)
        abort();
    while (more) {
        struct csv_row row = { 0 };

        if (csv_next(ctx, csv, &row, &more) != OK) {
            assert(ctx->problems);
            break;
        }
        if (!more)
            break;
        assert(row.len > 0 && row.len <= CSV_COLUMNS_MAX);
        for (size_t i = 0; i < row.len; i++) {
            assert(strlen(row.cells[i]) == row.lens[i]);
            csv_add_cell(out, row.cells[i], i == 0, false);
        }
        csv_end_row(out);
        rows++;
    }
    csv_close(csv);
    return rows;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en" };
    struct buf first;
    struct buf second;
    size_t rows;

    buf_init(&first, ctx.arena, 16 * 1024 * 1024);
    buf_init(&second, ctx.arena, 16 * 1024 * 1024);
    rows = copy_rows(&ctx, (const char *)data, size, 0, &first);
    if (buf_ok(&first) && first.len) {
        size_t again = copy_rows(&ctx, first.data, first.len, ',', &second);

        /* A cell that begins with a byte order mark is the one thing that a header cannot keep. */
        if (memcmp(first.data, "\xEF\xBB\xBF", first.len < 3 ? first.len : 3) != 0) {
            assert(again == rows);
            assert(second.len == first.len && memcmp(first.data, second.data, first.len) == 0);
        }
    }
    arena_free(ctx.arena);
    return 0;
}
