#include "core/mo.h"

#include <string.h>

#include "core/text.h"

#define MAGIC     0x950412DEU
#define HEADER    28
#define ENTRY     8 /* length and offset of one text */
#define COUNT_MAX 1000000U

static uint32_t number_at(const struct mo *mo, size_t at)
{
    const unsigned char *p = mo->bytes + at;

    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool table_fits(const struct mo *mo, uint32_t table)
{
    return table <= mo->len && (mo->len - table) / ENTRY >= mo->count;
}

bool mo_open(struct mo *out, const void *bytes, size_t len)
{
    struct mo mo = { 0 };

    *out = mo;
    mo.bytes = bytes;
    mo.len = len;
    if (len < HEADER || number_at(&mo, 0) != MAGIC || number_at(&mo, 4) >> 16 != 0)
        return false;
    mo.count = number_at(&mo, 8);
    mo.keys = number_at(&mo, 12);
    mo.texts = number_at(&mo, 16);
    if (mo.count > COUNT_MAX || !table_fits(&mo, mo.keys) || !table_fits(&mo, mo.texts))
        return false;
    *out = mo;
    return true;
}

/* Text i of a table, which must lie inside and end in NUL where its length says. */
static const char *text_at(const struct mo *mo, uint32_t table, uint32_t i)
{
    size_t entry = (size_t)table + (size_t)i * ENTRY;
    size_t len = number_at(mo, entry);
    size_t at = number_at(mo, entry + 4);

    if (at >= mo->len || len >= mo->len - at || mo->bytes[at + len] != '\0')
        return NULL;
    return (const char *)mo->bytes + at;
}

const char *mo_find(const struct mo *mo, const char *english)
{
    uint32_t low = 0;
    uint32_t high = mo->count;

    if (!english[0]) /* the entry of "" is the catalogue's header */
        return NULL;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const char *key = text_at(mo, mo->keys, middle);
        int order;

        if (!key)
            return NULL;
        order = strcmp(english, key);
        if (order == 0) {
            const char *text = text_at(mo, mo->texts, middle);

            return text && text[0] && text_valid(text, strlen(text), NULL) ? text : NULL;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
