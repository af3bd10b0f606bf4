#ifndef RECORDS_ATTACH_H
#define RECORDS_ATTACH_H

/*
 * Files that belong to records. A file is cut into chunks that are sealed under the record's key,
 * bound to the file, its sealing and their place; its name and type are sealed too. Pictures are
 * made anew before they are kept (records/image.h), so that nothing but the picture is left.
 *
 * Every function takes a record that was loaded within the acting user's scope (record_load); a
 * file of a question that the user may not read is ERR_NOT_FOUND, as if it were not there. Changes
 * need <kind>.edit, are audited, and stand in the history of the record (record_events).
 * A removed file stays for those who may edit, and can be brought back. When a record is erased its
 * files go, and those of all records under the same key.
 *
 * Limits: ATTACHMENTS_MAX files of a record; bytes of one file and of all of a record by the
 * settings attachments.file_mb (default 10, at most ATTACHMENT_FILE_MB_MAX) and
 * attachments.record_mb (default 50).
 * Memory: ctx->arena.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "records/file_type.h"
#include "records/records.h"

#define ATTACHMENTS_MAX        200
#define ATTACHMENT_CHUNK       ((size_t)64 * 1024)
#define ATTACHMENT_PART        4 /* chunks read at once: a page of a download */
#define ATTACHMENT_FILE_MB_MAX 20
#define ATTACHMENT_BODY_MAX    ((size_t)21 * 1024 * 1024)

struct attachment {
    const char *id;
    const char *name;             /* NULL: it can no longer be read, the key is gone */
    const struct file_type *type; /* NULL as well then */
    const char *field;            /* question that it answers; NULL = none */
    int64_t bytes;
    int64_t chunks;
    int64_t sealing;
    int64_t version;
    int64_t made_at;
    const char *made_by_name;
    const char *key_id;
    bool gone;
};

/* Files of a record, oldest first: those that stand, or those that were removed. */
enum err attachment_list(struct ctx *ctx, struct attachment **out, size_t *len_out,
                         const struct record *rec, bool gone) MUST_USE;
/* One of them, removed or not. */
enum err attachment_load(struct ctx *ctx, struct attachment *out, const struct record *rec,
                         const char *id) MUST_USE;
/*
 * At most ATTACHMENT_PART chunks of its bytes from a place on. ERR_NOT_FOUND: the key is gone;
 * ERR_INVALID: it was altered.
 */
enum err attachment_read(struct ctx *ctx, const char **out, size_t *len_out,
                         const struct attachment *a, int64_t place) MUST_USE;

struct upload_bytes {
    const char *name; /* as sent */
    const char *bytes;
    size_t len;
};
/*
 * Keeps a file. ERR_INVALID with a problem of the field "file": what it is is not taken, or a
 * picture cannot be read; ERR_LIMIT: it is too large, or the record has too many.
 */
enum err attachment_add(struct ctx *ctx, const char **id_out, const struct record *rec,
                        const struct upload_bytes *upload) MUST_USE;
/* version is what the user saw; ERR_CONFLICT: it changed since. */
enum err attachment_rename(struct ctx *ctx, const struct record *rec, const char *id,
                           int64_t version, const char *name) MUST_USE;
/* Needs a reason. ERR_CONFLICT also when it answers a question: change the answer instead. */
enum err attachment_remove(struct ctx *ctx, const struct record *rec, const char *id,
                           int64_t version, const char *reason) MUST_USE;
enum err attachment_restore(struct ctx *ctx, const struct record *rec, const char *id,
                            int64_t version) MUST_USE;
/*
 * Puts it with another record of the same kind, to: it was added to the wrong one. It is sealed
 * anew; the histories of both tell it.
 */
enum err attachment_move(struct ctx *ctx, const struct record *rec, const char *id, int64_t version,
                         const struct record *to, const char *reason) MUST_USE;
/* Bytes that one file may have. */
enum err attachment_file_max(struct ctx *ctx, int64_t *out) MUST_USE;

/* --- files that answer questions (image, audio, video, file); their value is "ID NAME" --- */

/*
 * Keeps what was sent for a question until the record that names value is saved, at most a day.
 * Errors as attachment_add; also ERR_INVALID: the question asks for another sort of file.
 */
enum err attachment_stage(struct ctx *ctx, const char **value_out, const struct form *form,
                          const struct field *f, const struct upload_bytes *upload) MUST_USE;
/* The file's id in a value; NULL if it has none. */
const char *attachment_id_of(struct arena *a, const char *value);
/* Takes away what no record took; the job role calls it. */
enum err attachments_tidy(struct ctx *ctx) MUST_USE;

/* --- the check of all --- */

struct attachments_report {
    int64_t files;
    int64_t erased;    /* whose key is gone: nobody can read them, as it should be */
    int64_t damaged;   /* not what was kept: bytes altered, cut off, or missing */
    const char **told; /* "FILE (KIND/RECORD)" of the first damaged ones */
    size_t told_len;
    struct arena *arena; /* holds them; goes with ctx->arena */
};
/* Opens every file, whosever it is, a part at a time. Nothing is noted in the access log. */
enum err attachments_check(struct ctx *ctx, struct attachments_report *out) MUST_USE;

/* --- for save.c --- */

/*
 * In the transaction of a change: files that answers name become the record's; files follow their
 * record to another key, and go when it is erased. Both are full records; old is NULL for a new
 * one. ERR_INVALID: an answer names a file that there is not.
 */
enum err attachments_follow(struct ctx *ctx, const struct record *rec,
                            const struct record *old) MUST_USE;

#endif
