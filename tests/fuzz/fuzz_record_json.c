/*
 * JSON of records: any bytes are answers or problems; what is taken is written and read back the
 * same.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "records/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define JSON_MAX ((size_t)8 * 1024 * 1024)

static const struct forms *shipped(void)
{
    static const struct forms *forms;
    static struct ctx ctx = { .lang = "en", .time_zone = "UTC" }; /* holds the arena to the end */

    if (!forms) {
        ctx.arena = arena_new(0);
        if (forms_load(&ctx, &forms) != OK)
            abort();
    }
    return forms;
}

static void same(const struct answers *a, const struct answers *b)
{
    for (size_t i = 0; i < a->form->all_len; i++) {
        if (a->form->all[i]->kind != FIELD_HIDDEN)
            assert(text_equal(a->values[i], b->values[i]));
        assert(a->rows_len[i] == b->rows_len[i]);
        for (size_t r = 0; r < a->rows_len[i]; r++)
            same(a->rows[i][r], b->rows[i][r]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en", .time_zone = "UTC" };
    struct record rec = { .form = form_find(shipped(), "person") };
    struct answers *back = NULL;
    struct buf b;

    if (record_from_json(&ctx, &rec.answers, rec.form, (const char *)data, size) != OK) {
        assert(ctx.problems && !rec.answers);
    } else {
        buf_init(&b, ctx.arena, JSON_MAX);
        record_json(&b, &rec);
        assert(buf_ok(&b));
        assert(record_from_json(&ctx, &back, rec.form, b.data, b.len) == OK);
        same(rec.answers, back);
    }
    arena_free(ctx.arena);
    return 0;
}
