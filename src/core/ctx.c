#include "core/ctx.h"

#include "core/date.h"
#include "core/text.h"

void ctx_set_problem(struct ctx *ctx, enum err code, const char *field, const char *text)
{
    struct problem *p = ARENA_NEW(ctx->arena, struct problem);

    p->code = code;
    p->field = field ? arena_strdup(ctx->arena, field) : NULL;
    p->text = arena_strdup(ctx->arena, text ? text : "");
    if (ctx->problems_last)
        ctx->problems_last->next = p;
    else
        ctx->problems = p;
    ctx->problems_last = p;
}

const char *ctx_problem(const struct ctx *ctx, const char *field)
{
    for (const struct problem *p = ctx->problems; p; p = p->next)
        if (text_equal(p->field, field))
            return p->text;
    return NULL;
}

const char *ctx_first_problem(const struct ctx *ctx)
{
    return ctx->problems ? ctx->problems->text : "";
}

void ctx_clear_problems(struct ctx *ctx)
{
    ctx->problems = NULL;
    ctx->problems_last = NULL;
}

void ctx_problems_back(struct ctx *ctx, struct problem *last)
{
    if (last)
        last->next = NULL;
    else
        ctx->problems = NULL;
    ctx->problems_last = last;
}

const char *ctx_today(struct ctx *ctx)
{
    return moment_date(ctx->arena, ctx->now_ms, ctx->time_zone);
}
