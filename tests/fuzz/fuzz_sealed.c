/* Opening of sealed bytes: nothing but what was sealed may open, and no input may read too far. */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "vault/vault_inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char key[KEY_BYTES] = "a key that the input cannot know";

static void open_as_it_is(const uint8_t *data, size_t size)
{
    unsigned char *plain = malloc(size + 1);
    size_t len = 0;

    assert(plain != NULL);
    assert(!sealed_open(plain, &len, key, "person/1/1", data, size));
    free(plain);
}

/* Seals the input; it opens again, and does not once a byte of it was changed or the place differs.
 */
static void seal_and_alter(const uint8_t *data, size_t size)
{
    size_t sealed_len = size + SEALED_OVERHEAD;
    unsigned char *sealed = malloc(sealed_len);
    unsigned char *plain = malloc(size + 1);
    size_t at = size > 1 ? (size_t)(data[0] << 8 | data[1]) % sealed_len : 0;
    size_t len = 0;

    assert(sealed != NULL && plain != NULL);
    sealed_make(sealed, key, "person/1/1", data, size);
    assert(sealed_open(plain, &len, key, "person/1/1", sealed, sealed_len));
    assert(len == size && (size == 0 || memcmp(plain, data, size) == 0));
    assert(!sealed_open(plain, &len, key, "person/1/2", sealed, sealed_len));
    sealed[at] ^= 1;
    assert(!sealed_open(plain, &len, key, "person/1/1", sealed, sealed_len));
    free(sealed);
    free(plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (sodium_init() < 0)
        abort();
    open_as_it_is(data, size);
    seal_and_alter(data, size);
    return 0;
}
