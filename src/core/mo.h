#ifndef CORE_MO_H
#define CORE_MO_H

/*
 * Reads a compiled catalogue (gettext .mo, little-endian) where it lies. The bytes may come from
 * outside (--content), so every offset is checked before it is followed.
 *
 * Memory: none of its own; bytes must outlive the reader and what it returns.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mo {
    const unsigned char *bytes;
    size_t len;
    uint32_t count;
    uint32_t keys;  /* offset of the table of English texts, in byte order */
    uint32_t texts; /* offset of the table of translations */
};

/* False if it is not a catalogue; then out finds nothing. */
bool mo_open(struct mo *out, const void *bytes, size_t len);
/* The translation, or NULL if there is none, it is empty, or its entry is damaged. */
const char *mo_find(const struct mo *mo, const char *english);

#endif
