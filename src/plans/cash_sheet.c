/* The worksheet "cash or in kind": what was approved is not changed behind who approved it. */
#include "core/text.h"
#include "forms_gen.h"
#include "plans/plans_web.h"

static enum err before_save(struct ctx *ctx, struct record *rec, const struct record *old)
{
    (void)rec;
    if (!old || !text_equal(old->status, STATUS_CASH_OR_KIND_APPROVED))
        return OK;
    return ctx_fail(ctx, ERR_CONFLICT,
                    tr(ctx, "The worksheet is approved. Open it again before you change it."));
}

const struct record_hooks cash_sheet_hooks = { .kind = FORM_CASH_OR_KIND,
                                               .before_save = before_save };
