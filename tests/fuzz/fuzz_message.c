/* Message patterns, catalogues and language tags; the first byte picks which. */
#include <assert.h>
#include <string.h>

#include "core/ctx.h"
#include "core/date.h"
#include "core/mo.h"
#include "core/text.h"
#include "core/tr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_pattern(struct ctx *ctx, const char *text)
{
    const struct tr_arg args[] = {
        TR_INT((int64_t)strlen(text) - 3), TR_TEXT("word"), TR_DATE("2026-11-22"), { 0 }
    };
    const char *const *list = tr_languages();

    for (size_t i = 0; list[i]; i++) {
        const char *result;

        ctx->lang = list[i];
        result = tr_args(ctx, text, args);
        assert(result);
        assert(!text_valid(text, strlen(text), NULL) || text_valid(result, strlen(result), NULL));
    }
}

static void try_catalogue(const char *bytes, size_t len)
{
    struct mo mo = { 0 };
    static const char *const keys[] = { "", "a", "Row {0} has too many columns.", "zzz" };

    (void)mo_open(&mo, bytes, len);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *found = mo_find(&mo, keys[i]);

        assert(!found || (found >= bytes && found + strlen(found) < bytes + len));
    }
}

static void try_moment(struct ctx *ctx, const char *text)
{
    int64_t ms = 0;
    int64_t again = 0;
    int64_t days = 0;

    if (moment_parse(text, &ms))
        assert(moment_parse(moment_text(ctx->arena, ms), &again) && again == ms);
    if (date_to_days(text, &days))
        assert(strcmp(date_from_days(ctx->arena, days), text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en", .time_zone = "UTC" };
    const char *text;

    if (size > 0) {
        text = arena_strndup(ctx.arena, (const char *)data + 1, size - 1);
        if (data[0] % 4 == 0)
            try_catalogue(arena_memdup(ctx.arena, data + 1, size - 1), size - 1);
        else if (data[0] % 4 == 1)
            assert(tr_has_language(tr_pick_language(text)));
        else if (data[0] % 4 == 2)
            try_moment(&ctx, text);
        else
            try_pattern(&ctx, text);
    }
    arena_free(ctx.arena);
    return 0;
}
