/* Expressions: any text is an expression or a problem at an offset; evaluation ends. */
#include <assert.h>
#include <string.h>

#include "core/ctx.h"
#include "core/text.h"
#include "doc_tree.h"
#include "expr/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char document[] = "data\n"
                               " a=12\n"
                               " b=2026-11-22\n"
                               " c=a b c\n"
                               " d=\n"
                               " g\n"
                               "  e=-.5\n"
                               "  f=2026-11-22T08:00:00Z\n"
                               " r\n"
                               "  x=1\n"
                               "  here=7\n"
                               " r\n"
                               "  x=é\n"
                               "  s\n"
                               "   y=14.7 -17.4 0 0; 14.8 -17.5 0 0; 14.9 -17 0 0\n"
                               "list\n"
                               " root\n"
                               "  item\n"
                               "   name=a\n"
                               "   label=A\n"
                               "  item\n"
                               "   name=b\n";

static void evaluate(struct ctx *ctx, const struct expr *e)
{
    const struct doc_node *top = doc_read(ctx->arena, document);
    const struct expr_host host = doc_host(top, doc_find(ctx->arena, top, "data/r/1/here"));
    struct expr_nodes used = { .arena = ctx->arena };
    size_t offset = 0;
    struct expr_value v = { 0 };
    const struct expr *again = NULL;

    assert(expr_parse(ctx, &again, expr_source(e), NULL) == OK);
    if (expr_check(ctx, e, &host, &used, &offset) != OK)
        assert(ctx->problems && offset <= strlen(expr_source(e)));
    ctx_clear_problems(ctx);
    if (expr_eval(ctx, &v, e, &host) != OK) {
        assert(ctx->problems);
        return;
    }
    assert(text_valid(expr_text(ctx, &v), strlen(expr_text(ctx, &v)), NULL));
    (void)expr_bool(ctx, &v);
    (void)expr_number(ctx, &v);
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
