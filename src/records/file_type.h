#ifndef RECORDS_FILE_TYPE_H
#define RECORDS_FILE_TYPE_H

/*
 * What a file is, told from its bytes and never from its name. Only types that a programme needs
 * and that are harmless to keep are taken; what is refused is named, so that people know what to
 * do.
 *
 * Memory: nothing is kept; everything returned is constant. No errors: whatever the bytes are, some
 * type fits. The bytes are hostile; they are read within their length, and nothing is unpacked.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"

enum file_group { FILE_REFUSED, FILE_IMAGE, FILE_AUDIO, FILE_VIDEO, FILE_DOCUMENT };

struct file_type {
    const char *code;    /* "pdf": what is stored */
    const char *media;   /* media type of the download; NULL if refused */
    const char *endings; /* of names, with spaces between; the first is given where none fits */
    enum file_group group;
    const char *refusal; /* a sentence marked with N_(); NULL if it is taken */
};

/* Never NULL. name tells only a table from plain text. */
const struct file_type *file_type_of(const void *bytes, size_t len, const char *name);
/* By its code; NULL if there is none such, or it is not taken. */
const struct file_type *file_type_find(const char *code);
/*
 * A name to keep: the last part of a path, without control characters and marks that turn the
 * direction of writing, at most FILE_NAME_MAX characters, with an ending that fits the type. "file"
 * where nothing is left.
 */
#define FILE_NAME_MAX 120
const char *file_name_clean(struct arena *a, const char *name, const struct file_type *type);

#endif
