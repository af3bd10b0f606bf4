/* Expressions: any text is an expression or a problem at an offset; evaluation ends. */
#include <assert.h>
#include <string.h>

#include "core/ctx.h"
#include "core/text.h"
#include "expr/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names give what they begin with: no rows, one empty value, or some. */
static enum err lookup(struct ctx *ctx, const void *place, const char *const *steps,
                       size_t steps_len, const char *const **values_out, size_t *len_out)
{
    static const char *const values[] = { "",  "12",  "2026-11-22",          "a b c",
                                          "é", "-.5", "2026-11-22T08:00:00Z" };
    size_t len = strlen(steps[steps_len - 1]);

    (void)place;
    if (len == 13)
        return ctx_fail(ctx, ERR_NOT_FOUND, "no such field");
    *values_out = values + len % 3;
    *len_out = len % 5;
    return OK;
}

static void evaluate(struct ctx *ctx, const struct expr *e)
{
    const struct expr_host host = {
        .lookup = lookup, .self = "7", .today = "2026-11-22", .now_ms = 1795334400000
    };
    struct expr_value v = { 0 };
    const struct expr *again = NULL;

    assert(expr_parse(ctx, &again, expr_source(e), NULL) == OK);
    if (expr_eval(ctx, &v, e, &host) != OK) {
        assert(ctx->problems);
        return;
    }
    assert(text_valid(expr_text(ctx, &v), strlen(expr_text(ctx, &v)), NULL));
    (void)expr_bool(&v);
    (void)expr_number(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en", .time_zone = "UTC" };
    const struct expr *e = NULL;
    size_t offset = SIZE_MAX;

    if (text_valid((const char *)data, size, NULL)) {
        const char *text = arena_strndup(ctx.arena, (const char *)data, size);
        enum err rc = expr_parse(&ctx, &e, text, &offset);

        assert((rc == OK) == (e != NULL));
        assert((rc == OK) == (offset == SIZE_MAX));
        assert(rc == OK || (offset <= size && ctx.problems));
        if (e)
            evaluate(&ctx, e);
    }
    arena_free(ctx.arena);
    return 0;
}
