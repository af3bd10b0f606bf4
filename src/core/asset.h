#ifndef CORE_ASSET_H
#define CORE_ASSET_H

/*
 * Files carried inside the program: forms, choices, roles, scoring, catalogues, migrations, static
 * files. Names are paths in the source tree ("content/forms/person.csv", "web/static/app.css",
 * "db/migrations/0001_first.sql", "content/i18n/fr.mo").
 *
 * With asset_use_directory(DIR), files below DIR replace those whose name begins with "content/"
 * (DIR/forms/person.csv replaces content/forms/person.csv) and may add new ones. They are read
 * once, at start; a name from outside never becomes a path.
 */

#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

struct asset {
    const char *name;
    const unsigned char *bytes;
    size_t len;
    const unsigned char *gzip; /* compressed by the build, or NULL when not worth it */
    size_t gzip_len;
    const char *hash; /* first 16 hex digits of BLAKE2b of bytes; for ETag and versioned URLs */
    const char *type; /* media type by the name's ending */
};

/* NULL if there is none. */
const struct asset *asset_find(const char *name);
/* All whose name begins with prefix, in byte order of names; ends with NULL. Arena memory. */
const struct asset *const *asset_list(struct arena *a, const char *prefix);
/*
 * ERR_IO, ERR_INVALID (a file over 4 MB, too many files, or names that are not plain). Call once,
 * before forking; a second call replaces the first. Hidden files, and endings that the build does
 * not know, are passed by; catalogues are wanted compiled (.mo).
 */
enum err asset_use_directory(struct ctx *ctx, const char *dir) MUST_USE;
/* Grows when the assets change; for who keeps what was made from them. */
unsigned asset_generation(void);

/* The table that tools/embed writes, sorted by name. */
extern const struct asset asset_table[];
extern const size_t asset_table_len;

#endif
