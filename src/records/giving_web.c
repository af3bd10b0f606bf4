/* Asking for whom and what for; a record printed for somebody outside. */
#include "core/text.h"
#include "forms_gen.h"
#include "records/document_view.h"
#include "records/giving.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

void giving_asks_fill(struct ctx *ctx, struct giving_asks_view *v)
{
    const struct field *f = field_find(form_find(ctx->forms, FORM_CONSENT), FIELD_CONSENT_PURPOSES);
    const struct choice_list *list = f->choices;
    struct giving_purpose_view *items =
        ARENA_ARRAY(ctx->arena, list->len + 1, struct giving_purpose_view);

    for (size_t i = 0; i < list->len; i++)
        items[i] = (struct giving_purpose_view){ list->items[i].name,
                                                 label_text(ctx, &list->items[i].label),
                                                 text_equal(list->items[i].name, v->purpose) };
    v->purposes = items;
    v->purposes_len = list->len;
    v->recipient_problem = ctx_problem(ctx, "recipient");
    v->purpose_problem = ctx_problem(ctx, "purpose");
}

/* Judged, and cut down to what may be given; *refused_out says why nothing is. */
enum err record_give(struct ctx *ctx, const char **refused_out, struct record *rec,
                     const struct giving *asked)
{
    struct giving g = { .recipient = asked->recipient,
                        .purpose = asked->purpose,
                        .print = true,
                        .what = label_text(ctx, &rec->form->title) };
    bool given = false;
    enum err rc = giving_check(ctx, g.recipient, g.purpose);

    if (rc)
        return rc;
    giving_begin(&g, ctx->arena, rec->form->all_len + 1);
    giving_add(&g, rec->form, NULL);
    for (size_t i = 0; i < rec->form->all_len; i++)
        if (field_is_answer(rec->form->all[i]) && field_visible(ctx, rec->form->all[i]))
            giving_add(&g, rec->form, rec->form->all[i]);
    rc = giving_ask(ctx, &given, rec, &g);
    if (rc)
        return rc;
    *refused_out = given ? NULL : tr_args(ctx, g.reasons[0].text, NULL);
    return given ? record_finish(ctx, rec) : OK;
}
