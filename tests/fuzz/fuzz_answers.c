/*
 * Answers: any bytes are stored answers or refused, and what is taken is written back the same; any
 * lines name=value are answers or problems. The first byte says which of the two.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/ctx.h"
#include "core/text.h"
#include "forms/forms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAIRS_MAX 1000

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

static void decode(struct ctx *ctx, const uint8_t *data, size_t size)
{
    const struct form *form = form_find(shipped(), "person");
    struct answers *t = answers_new(ctx->arena, form);
    struct answers *back = answers_new(ctx->arena, form);
    enum field_store store = size > 1 && data[1] ? STORE_OPEN : STORE_SEALED;
    const void *bytes = NULL;
    size_t len = 0;

    if (answers_decode(ctx, t, data, size) != OK) {
        assert(ctx->problems && t->unknown_len == 0);
        return;
    }
    assert(answers_encode(ctx, &bytes, &len, t, store) == OK);
    assert(answers_decode(ctx, back, bytes, len) == OK);
    assert(back->unknown_len == t->unknown_len);
    for (size_t i = 0; i < form->all_len; i++)
        if (form->all[i]->store == store)
            assert(text_equal(t->values[i], back->values[i]));
}

static void read_pairs(struct ctx *ctx, const char *kind, const char *text)
{
    struct answer_pair *pairs = ARENA_ARRAY(ctx->arena, PAIRS_MAX, struct answer_pair);
    char **lines = text_split(ctx->arena, text, '\n', true, NULL);
    struct answers *t = NULL;
    size_t len = 0;
    enum err rc;

    for (; *lines && len < PAIRS_MAX; lines++) {
        char *equal = strchr(*lines, '=');

        if (!equal)
            continue;
        *equal = '\0';
        pairs[len++] = (struct answer_pair){ *lines, equal + 1 };
    }
    rc = answers_from_pairs(ctx, &t, form_find(shipped(), kind), pairs, len);
    assert(t && (rc == OK) == (ctx->problems == NULL));
    rc = answers_validate(ctx, t, true);
    assert((rc == OK) == (ctx->problems == NULL) || rc == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en", .time_zone = "UTC" };

    (void)shipped();
    if (size && (data[0] == 'p' || data[0] == 'r') &&
        text_valid((const char *)data + 1, size - 1, NULL))
        read_pairs(&ctx, data[0] == 'p' ? "person" : "rss",
                   arena_strndup(ctx.arena, (const char *)data + 1, size - 1));
    else
        decode(&ctx, data, size);
    arena_free(ctx.arena);
    return 0;
}
