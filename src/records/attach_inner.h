#ifndef RECORDS_ATTACH_INNER_H
#define RECORDS_ATTACH_INNER_H

/* Inside of the files of records: what attach.c and attach_media.c share. */

#include "records/attach.h"

/* What a file belongs to; record_id NULL: nothing yet. */
struct attach_place {
    const char *form;
    const char *office_id;
    const char *record_id;
};

/*
 * Type, name and size of what was sent, and the bytes to keep: a picture is made anew. Outside
 * transactions, for that takes time. Errors as attachment_add.
 */
enum err attach_prepare(struct ctx *ctx, struct attachment *a, struct upload_bytes *kept,
                        const struct upload_bytes *upload) MUST_USE;
/* Inside a transaction: the row and its chunks. a has all that is sealed, and key_id. */
enum err attach_store(struct ctx *ctx, const struct attachment *a, const struct attach_place *at,
                      const char *bytes) MUST_USE;

/* One file whoever may see it: for the check of all. ERR_INVALID: its head was altered. */
enum err attach_load_any(struct ctx *ctx, struct attachment *out, const char *id) MUST_USE;

/* Inside a transaction: a file that belongs to nothing yet becomes the record's, under its key. */
enum err attach_adopt(struct ctx *ctx, const struct record *rec, const char *id) MUST_USE;
/*
 * Inside the transaction of a change: files that the answers name, and did not name before, become
 * the record's. ERR_INVALID with a problem of the field: there is no such file, or it is not the
 * acting user's.
 */
enum err attachments_adopt(struct ctx *ctx, const struct record *rec,
                           const struct record *old) MUST_USE;
/* Inside a transaction: takes away a file of the acting user's that no record has taken over. */
enum err attach_drop_staged(struct ctx *ctx, const char *id) MUST_USE;

#endif
