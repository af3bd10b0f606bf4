#ifndef CORE_ID_H
#define CORE_ID_H

/*
 * Ids: UUIDv7 text (36 characters, lower case). Within one process they grow, even when the clock
 * is set back.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"

#define ID_LEN 36

char *id_new(struct arena *a, int64_t now_ms);
/* The shape of a UUID of any version in lower case: a phone may have made it. */
bool id_valid(const char *s);
/* Bytes from the system's random source; aborts if there is none. */
void random_bytes(void *out, size_t len);

#endif
