/*
 * What a file is: the first line is its name, the rest its bytes. Any bytes are of some type, which
 * is taken or refused in words, and the name that is kept is harmless.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "records/file_type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_type(const struct file_type *t)
{
    assert(t && t->code && t->code[0]);
    assert((t->refusal == NULL) == (t->group != FILE_REFUSED));
    assert(file_type_find(t->code) == (t->refusal ? NULL : t));
    assert(t->refusal || (t->media && t->endings));
}

static void check_name(const char *name)
{
    assert(name[0] && name[0] != '.');
    assert(text_codepoints(name) <= FILE_NAME_MAX);
    for (const unsigned char *p = (const unsigned char *)name; *p; p++)
        assert(*p >= ' ' && *p != 0x7f && *p != '/' && *p != '\\');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t name_len = end ? (size_t)(end - data) : 0;
    size_t len = end ? size - name_len - 1 : size;
    struct arena *a = arena_new(0);
    const char *name = arena_strndup(a, end ? (const char *)data : "", name_len);
    char *bytes = malloc(len ? len : 1); /* of its own size, so that reading on is seen */
    const struct file_type *type;

    assert(bytes);
    if (len)
        memcpy(bytes, data + (size - len), len);
    if (!text_valid(name, strlen(name), NULL))
        name = "photo";
    type = file_type_of(bytes, len, name);
    check_type(type);
    if (!type->refusal)
        check_name(file_name_clean(a, name, type));
    free(bytes);
    arena_free(a);
    return 0;
}
