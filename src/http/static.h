#ifndef HTTP_STATIC_H
#define HTTP_STATIC_H

/*
 * Finds the static file that a target names: /static/HASH/NAME with the hash of what this program
 * carries, and /favicon.ico. Names are compared, never turned into a path.
 */

#include <stdbool.h>

#include "core/asset.h"

/* The target belongs to the static files, whether there is such a file or not. */
bool static_owns(const char *target);

/* NULL if there is none, or if the hash is that of another version. A query is not part of it. */
const struct asset *static_find(const char *target);

#endif
