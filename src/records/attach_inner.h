#ifndef RECORDS_ATTACH_INNER_H
#define RECORDS_ATTACH_INNER_H

/* Inside of the files of records: what attach.c and attach_media.c share. */

#include "records/attach.h"

/* Inside a transaction: the row and its chunks. a has all that is sealed. */
enum err attach_store(struct ctx *ctx, const struct attachment *a, const struct record *rec,
                      const char *bytes) MUST_USE;

#endif
