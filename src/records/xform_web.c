/* Forms for other programs: as an ODK XForm. */
#include "forms/xform.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

/* Who lacks the class of a form does not learn that it is there. */
enum err get_xform(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct form *form = form_find(ctx->forms, req_path(req, "kind"));
    const char *xml = NULL;
    size_t len = 0;
    enum err rc;

    if (!form || form->privacy > ctx->user->clearance)
        return ERR_NOT_FOUND;
    rc = xform_write(ctx, &xml, &len, form);
    if (rc)
        return rc;
    res_body(res, 200, "text/xml; charset=utf-8", xml, len, NULL);
    return OK;
}
