#ifndef RECORDS_DOCUMENT_WEB_H
#define RECORDS_DOCUMENT_WEB_H

/*
 * One answer for every report: a struct document (report/report.h) as a page, as PDF, as a workbook
 * or as CSV. A report's route takes ?as= and builds the document once.
 *
 * Memory: ctx->arena. Errors: ERR_INVALID no such form of it; those of the report's own outputs.
 */

#include "records/document_view.h"
#include "report/report.h"
#include "web/web.h"

/* What the page links to; the report's own address without "as". */
struct document_place {
    const char *path; /* url_build pattern with two {}: an id, then the form: "/x/{}?as={}" */
    const char *id;
    const char *back_title; /* NULL: no way back is offered */
    const char *window;     /* title of the page's window; NULL: the document's */
    struct url back;
    int status;                            /* of the page; 0 = 200 */
    const struct giving_form_view *giving; /* NULL: it is not given to others here */
    const char *file_name;                 /* plain ASCII, without its ending */
};

/* as: "" or "page", "pdf", "xlsx", "csv". */
enum err document_reply(struct ctx *ctx, struct res *res, const struct document *d,
                        const struct document_place *place, const char *as) MUST_USE;

#endif
