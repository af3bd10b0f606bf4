#include "app/home_web.h"
#include "auth/auth.h"
#include "core/text.h"
#include "forms_gen.h"
#include "records/records.h"

static bool seen(const struct ctx *ctx, const struct form *form, const char *verb)
{
    return form->privacy <= ctx->user->clearance && user_may_do(ctx->user, form->kind, verb);
}

void app_frame(struct ctx *ctx, struct frame *out)
{
    struct nav_place *places = ARENA_ARRAY(ctx->arena, ctx->forms->len + 1, struct nav_place);

    for (size_t i = 0; i < ctx->forms->len; i++) {
        const struct form *form = ctx->forms->items[i];

        if (!seen(ctx, form, "view") || record_stands_for(form) != NULL)
            continue;
        out->may_search = out->may_search || seen(ctx, form, "search");
        if (text_equal(form->kind, FORM_PERSON) || text_equal(form->kind, FORM_CASE))
            continue;
        places[out->records_len].title = record_kind_title(ctx, form);
        places[out->records_len++].link = url_build(ctx, "/records/{}", form->kind);
    }
    out->records = places;
}
