/* Forms: any bytes are a form or problems; a form that loads can be filled in and validated. */
#include <assert.h>
#include <string.h>

#include "core/ctx.h"
#include "core/text.h"
#include "forms/forms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One row in each repeat, something in each field. */
static void fill(struct ctx *ctx, struct answers *t, const struct field *first)
{
    for (const struct field *f = first; f; f = f->next) {
        if (f->kind == FIELD_GROUP)
            fill(ctx, t, f->children);
        else if (f->kind == FIELD_REPEAT)
            fill(ctx, answers_add_row(ctx->arena, t, f), f->children);
        else if (field_has_value(f))
            answers_set(t, f, f->choices && f->choices->len ? f->choices->items[0].name : "7");
    }
}

static void use_form(struct ctx *ctx, const struct form *form)
{
    struct answers *t = answers_new(ctx->arena, form);
    enum err rc;

    for (size_t i = 0; i < form->all_len; i++)
        assert(field_find(form, form->all[i]->name) == form->all[i]);
    (void)label_text(ctx, &form->title);
    rc = answers_defaults(ctx, t);
    fill(ctx, t, form->fields);
    rc = answers_validate(ctx, t, true);
    if (rc == OK)
        rc = answers_validate(ctx, t, true); /* what is good stays good */
    assert(rc == OK || ctx->problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "fr", .time_zone = "UTC" };
    const struct forms *forms = NULL;
    enum err rc = form_parse(&ctx, &forms, "any.csv", (const char *)data, size);

    assert((rc == OK) == (forms != NULL));
    assert(rc == OK || ctx.problems);
    ctx_clear_problems(&ctx);
    if (forms)
        use_form(&ctx, forms->items[0]);
    arena_free(ctx.arena);
    return 0;
}
