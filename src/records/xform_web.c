/* Forms for other programs: as an ODK XForm. */
#include <inttypes.h>

#include "core/text.h"
#include "forms/xform.h"
#include "records/publish.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

#define PART ((size_t)128 * 1024) /* of a file in one reply */

enum err get_xform(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct form *form = form_find(ctx->forms, req_path(req, "kind"));
    const char *xml = NULL;
    size_t len = 0;
    enum err rc;

    if (!form_shown(ctx, form))
        return ERR_NOT_FOUND;
    rc = xform_write(ctx, &xml, &len, form);
    if (rc)
        return rc;
    res_body(res, 200, "text/xml; charset=utf-8", xml, len, NULL);
    return OK;
}

/*
 * The same for everybody who may see the form, and kept by browsers until it changes. Programs and
 * browsers run nothing of it.
 */
enum err get_medium(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct form *form = form_find(ctx->forms, req_path(req, "kind"));
    const char *token = req_continuation(req);
    struct form_medium m = { 0 };
    const char *etag;
    int64_t from = 0;
    enum err rc;

    if (!form_shown(ctx, form))
        return ERR_NOT_FOUND;
    rc = form_medium_load(ctx, &m, form, req_path(req, "name"));
    if (!rc && token != NULL && !parse_int(token, 0, (int64_t)m.len, &from))
        rc = ctx_fail(ctx, ERR_INVALID, tr(ctx, "Start the download again."));
    if (rc)
        return rc;
    etag = arena_printf(ctx->arena, "\"%.32s\"", m.hash);
    res_header(res, "etag", etag);
    res_header(res, "cache-control", "private, no-cache");
    if (text_equal(req_header(req, "if-none-match"), etag)) {
        res_body(res, 304, "text/plain; charset=utf-8", "", 0, NULL);
        return OK;
    }
    res_body(res, 200, m.type, m.bytes + from,
             m.len - (size_t)from < PART ? m.len - (size_t)from : PART, NULL);
    res_header(res, "content-security-policy", "default-src 'none'; sandbox");
    if (from + (int64_t)PART < (int64_t)m.len)
        res_continue(res, arena_printf(ctx->arena, "%" PRId64, from + (int64_t)PART));
    return OK;
}
