#ifndef RECORDS_ATTACH_WEB_H
#define RECORDS_ATTACH_WEB_H

/* Screens and API of the files of records. */

#include "records/attach_view.h"
#include "records/records.h"
#include "web/web.h"

extern const struct route attach_routes[];

/* The part of the record's page; the problem of the field "file" of ctx is told in it. */
enum err attachments_fill(struct ctx *ctx, struct attachments_view *v,
                          const struct record *rec) MUST_USE;

#endif
