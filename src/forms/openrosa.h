#ifndef FORMS_OPENROSA_H
#define FORMS_OPENROSA_H

/*
 * The two lists by which a device finds forms, as OpenRosa's Form List API has them: the forms that
 * there are, and the files that come with one of them. Each is told with the MD5 of its bytes: the
 * device fetches it again when that has changed.
 *
 * Memory: ctx->arena. Errors: ERR_LIMIT over XFORM_MAX.
 */

#include "core/ctx.h"

struct openrosa_form {
    const char *id;
    const char *name; /* for people */
    const char *version;
    const char *hash;     /* of openrosa_hash */
    const char *download; /* whole addresses */
    const char *manifest; /* NULL: it comes alone */
};

struct openrosa_file {
    const char *name;
    const char *hash;
    const char *download;
};

/* "md5:" and 32 hexadecimal digits. */
const char *openrosa_hash(struct arena *a, const char *bytes, size_t len);
/* UTF-8 with an XML declaration. */
enum err openrosa_forms(struct ctx *ctx, const char **out, size_t *len_out,
                        const struct openrosa_form *items, size_t len) MUST_USE;
enum err openrosa_files(struct ctx *ctx, const char **out, size_t *len_out,
                        const struct openrosa_file *items, size_t len) MUST_USE;

#endif
