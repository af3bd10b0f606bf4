/* Files delivered with a form: any bytes as the one file that came, and beside a form. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/ctx.h"
#include "forms/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(struct ctx *ctx, const struct delivered *files, size_t len)
{
    struct form_text out = { 0 };

    if (pack_read(ctx, &out, files, len) != OK)
        return;
    if (out.csv == NULL || (out.files != NULL && out.files->len > PACK_FILES_MAX))
        abort();
    for (size_t i = 0; out.files != NULL && i < out.files->len; i++)
        if (delivered_find(out.files, out.files->items[i].name) != &out.files->items[i])
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)64 * 1024 * 1024);
    struct ctx ctx = { .arena = arena, .lang = "en" };
    const char *bytes = arena_strndup(arena, (const char *)data, size);
    const struct delivered files[] = { { "any.csv", bytes, size }, { "form.csv", "survey\n", 7 } };

    read_all(&ctx, files, 1);
    read_all(&ctx, files, 2);
    arena_free(arena);
    return 0;
}
