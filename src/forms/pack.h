#ifndef FORMS_PACK_H
#define FORMS_PACK_H

/*
 * What is delivered together: a form's file, and beside it tables (CSV) that it looks up or takes
 * its choices from, and the pictures and recordings that its labels name. Several files, or a zip
 * of them; folders in a zip do not count.
 *
 * Names: Latin letters, digits, spaces, "_", "-" and "."; each once.
 * Memory: ctx->arena; what came uncompressed is pointed to.
 * Errors: ERR_INVALID with a problem at the file: no form, or two; a name that cannot be kept; a
 * zip that cannot be read. ERR_LIMIT: more than PACK_FILES_MAX files or PACK_BYTES_MAX bytes.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"
#include "forms/overlay.h"

#define PACK_FILES_MAX 100
#define PACK_BYTES_MAX ((size_t)16 * 1024 * 1024) /* unpacked, all together */

struct delivered {
    const char *name;
    const char *bytes;
    size_t len;
    const char *medium; /* image, audio or video by its bytes; NULL: a table, or not looked at */
    const char *fault;  /* why it is not taken, told at each cell that names it; NULL: nothing */
};

struct form_files {
    const struct delivered *items;
    size_t len;
    bool whole; /* all that came with the form; false: its tables alone */
};

/* A file on disk, of max bytes at most, under the last part of its path. */
enum err pack_file(struct ctx *ctx, struct delivered *out, const char *path, size_t max) MUST_USE;
/* text->files has what came beside the form. */
enum err pack_read(struct ctx *ctx, struct form_text *out, const struct delivered *files,
                   size_t len) MUST_USE;
/* By its name; NULL if there is none. files may be NULL. */
const struct delivered *delivered_find(const struct form_files *files, const char *name);

#endif
