/* Giving records to somebody outside: whoever judges, the reasons, what it rests on. */
#include "records/giving.h"

#include "core/text.h"
#include "core/tr.h"
#include "forms_gen.h"

static const struct giving_judge *judge;

void records_use_judge(const struct giving_judge *one)
{
    judge = one;
}

void giving_begin(struct giving *g, struct arena *kept, size_t len)
{
    g->kept = kept;
    g->forms = ARENA_ARRAY(kept, len + 1, const struct form *);
    g->fields = ARENA_ARRAY(kept, len + 1, const struct field *);
}

void giving_add(struct giving *g, const struct form *form, const struct field *f)
{
    g->forms[g->len] = form;
    g->fields[g->len++] = f;
}

static void count_reason(struct giving *g, const char *text)
{
    size_t i = 0;

    while (i < g->reasons_len && !text_equal(g->reasons[i].text, text))
        i++;
    if (i == GIVING_REASONS_MAX)
        return;
    if (i == g->reasons_len)
        g->reasons[g->reasons_len++].text = text;
    g->reasons[i].count++;
}

enum err giving_ask(struct ctx *ctx, bool *given_out, struct record *rec, struct giving *g)
{
    const char *refused = N_("There is no consent of the person.");
    enum err rc = judge ? judge->give(ctx, &refused, rec, g) : OK;

    if (rc)
        return rc;
    if (refused)
        count_reason(g, refused);
    *given_out = refused == NULL;
    return OK;
}

enum err giving_rests_on(struct ctx *ctx, struct giving *g, const char *basis)
{
    if (!g->basis)
        g->basis = ARENA_ARRAY(g->kept, GIVING_BASIS_MAX, const char *);
    if (g->basis_len == GIVING_BASIS_MAX)
        return ctx_fail(ctx, ERR_LIMIT,
                        tr(ctx, "Records of more than {0} people are not given to others at once.",
                           TR_INT(GIVING_BASIS_MAX)));
    g->basis[g->basis_len++] = arena_strdup(g->kept, basis);
    return OK;
}

enum err giving_stands(struct ctx *ctx, const char *const *basis, size_t len)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < len; i++) {
        struct arena_mark mark = arena_mark(ctx->arena);
        bool stands = false;

        rc = judge ? judge->stands(ctx, &stands, basis[i]) : OK;
        if (rc == ERR_NOT_FOUND)
            rc = OK; /* the person is gone: it stands no more */
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
        if (rc == OK && !stands)
            rc = ctx_fail(ctx, ERR_CONFLICT,
                          tr(ctx, "A consent was withdrawn or has ended since this file was made. "
                                  "Make the file again."));
    }
    return rc;
}

enum err giving_check(struct ctx *ctx, const char *recipient, const char *purpose)
{
    const struct field *f = field_find(form_find(ctx->forms, FORM_CONSENT), FIELD_CONSENT_PURPOSES);
    enum err rc = OK;

    if (text_blank(recipient))
        rc = ctx_fail_field(ctx, "recipient", tr(ctx, "Say who receives it, by name."));
    if (!choice_find(f->choices, purpose))
        rc = ctx_fail_field(ctx, "purpose", tr(ctx, "Say what it is for."));
    return rc;
}
