/* JSON in: any bytes are a tree or a problem. JSON out: any text makes strict JSON. */
#include <assert.h>
#include <string.h>

#include "core/json.h"
#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en" };
    json_t *root = NULL;
    enum err rc = json_parse(&ctx, &root, (const char *)data, size);

    assert((rc == OK) == (root != NULL));
    assert((rc == OK) == (ctx.problems == NULL));
    if (text_valid((const char *)data, size, NULL)) {
        struct json_out j = { 0 };
        struct buf b;

        buf_init(&b, ctx.arena, 16 * 1024 * 1024);
        j.buf = &b;
        json_begin_array(&j);
        json_text(&j, arena_strndup(ctx.arena, (const char *)data, size));
        json_end_array(&j);
        if (buf_ok(&b)) {
            rc = json_parse(&ctx, &root, b.data, b.len);
            assert(rc == OK);
            assert(json_string_length(json_array_get(root, 0)) == size);
            assert(memcmp(json_string_value(json_array_get(root, 0)), data, size) == 0);
        }
    }
    arena_free(ctx.arena);
    return 0;
}
