/* Templates of letters: any bytes are a letter or mistakes that have a place in the file. */
#include <assert.h>
#include <string.h>

#include "core/asset.h"
#include "core/ctx.h"
#include "forms/forms.h"
#include "letters/letter_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The forms of the program, so that references have something to be checked against. */
static const struct shape *shape_of(struct ctx *ctx)
{
    static const struct shape *shape;
    static struct ctx own;

    if (!shape) {
        own = (struct ctx){ .arena = arena_new(0), .lang = "en", .time_zone = "UTC" };
        if (forms_load(&own, &own.forms) != OK || shape_make(&own, &shape, own.forms) != OK)
            assert(false);
    }
    ctx->forms = own.forms;
    return shape;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en", .time_zone = "UTC" };
    const struct shape *shape = shape_of(&ctx);
    struct letter *l = NULL;
    enum err rc = letter_read(&ctx, &l, "any", (const char *)data, size);

    assert(rc == OK || ctx.problems);
    if (rc == OK) {
        rc = letter_check(&ctx, l, shape);
        assert(rc == OK);
        assert(l->bad >= l->mistakes_len);
        for (size_t i = 0; i < l->mistakes_len; i++)
            assert(l->mistakes[i].line >= 0 && *l->mistakes[i].text != '\0');
        assert(l->bad > 0 || (l->kind && l->faces_len > 0 && letter_face_of(l, "xx")));
        rc = letter_refuse(&ctx, l);
        assert((rc == OK) == (l->bad == 0));
    }
    arena_free(ctx.arena);
    return 0;
}
