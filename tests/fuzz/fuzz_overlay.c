/* Overlays and workbooks: any two files are a merged form or problems; any workbook is a CSV of as
 * many rows as it says, or a problem. */
#include <assert.h>
#include <string.h>

#include "core/ctx.h"
#include "forms/book.h"
#include "forms/forms.h"
#include "forms/grid.h"

#define CSV_MAX ((size_t)1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct form_text text_of(struct ctx *ctx, const char *file, const uint8_t *bytes, size_t len)
{
    return (struct form_text){ file, arena_strndup(ctx->arena, (const char *)bytes, len), len };
}

/* What is merged is a grid again, its rows are known, and its problems name one of the two files.
 */
static void merge(struct ctx *ctx, const struct form_text *base, const struct form_text *overlay,
                  bool lenient)
{
    struct overlay_merged *merged = ARENA_NEW(ctx->arena, struct overlay_merged);
    struct grid *grid = ARENA_NEW(ctx->arena, struct grid);
    const struct forms *forms = NULL;
    struct problem *last;
    enum err rc = overlay_merge(ctx, merged, base, overlay, lenient);

    assert(rc == OK || ctx->problems);
    if (rc)
        return;
    last = ctx->problems_last;
    rc = grid_read(ctx, grid, &merged->text);
    assert(rc == OK);
    for (size_t i = 0; i < grid->len; i++)
        for (const struct grid_row *r = grid->sections[i].rows; r; r = r->next)
            assert((size_t)r->row < merged->origins_len);
    rc = form_parse_published(ctx, &forms, merged->text.file, merged->text.csv, merged->text.len);
    assert((rc == OK) == (forms != NULL));
    overlay_trace(ctx, last, merged, base, overlay);
}

static void read_book(struct ctx *ctx, const struct form_text *file)
{
    struct book_text book = { 0 };
    struct grid *grid = ARENA_NEW(ctx->arena, struct grid);
    enum err rc = book_read(ctx, &book, file, CSV_MAX);

    assert(rc == OK || ctx->problems);
    if (rc)
        return;
    assert(strlen(book.text.csv) == book.text.len);
    if (grid_read(ctx, grid, &book.text) != OK)
        return; /* more sections than a form may have */
    for (size_t i = 0; i < grid->len; i++)
        for (const struct grid_row *r = grid->sections[i].rows; r; r = r->next)
            assert((size_t)r->row < book.places_len && book.places[r->row].sheet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "es", .time_zone = "UTC" };
    struct form_text whole = text_of(&ctx, "any.xlsx", data, size);
    const uint8_t *cut = size ? memchr(data, 0x1e, size) : NULL;
    const char *sheet = NULL;

    if (book_is(&whole)) {
        read_book(&ctx, &whole);
    } else if (cut) {
        struct form_text base = text_of(&ctx, "base.csv", data, (size_t)(cut - data));
        struct form_text overlay =
            text_of(&ctx, "overlay.csv", cut + 1, size - (size_t)(cut - data) - 1);

        (void)overlay_is(&ctx, &overlay);
        (void)form_text_setting(&ctx, &overlay, "form_id");
        (void)form_text_cell(&ctx, &overlay, 3, "type", &sheet);
        merge(&ctx, &base, &overlay, false);
        ctx_clear_problems(&ctx);
        merge(&ctx, &base, &overlay, true);
    }
    arena_free(ctx.arena);
    return 0;
}
