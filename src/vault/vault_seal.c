#include <sodium.h>
#include <string.h>

#include "core/text.h"
#include "vault/vault_inner.h"

_Static_assert(SEALED_NONCE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(SEALED_TAG == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");
_Static_assert(KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");

void sealed_make(unsigned char *out, const unsigned char key[KEY_BYTES], const char *context,
                 const void *plain, size_t len)
{
    unsigned char *nonce = out + 1;

    out[0] = SEALED_VERSION;
    randombytes_buf(nonce, SEALED_NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + SEALED_NONCE, NULL, plain, len,
                                               (const unsigned char *)context, strlen(context),
                                               NULL, nonce, key);
}

bool sealed_open(unsigned char *plain_out, size_t *len_out, const unsigned char key[KEY_BYTES],
                 const char *context, const unsigned char *bytes, size_t len)
{
    const unsigned char *nonce = bytes + 1;

    if (len < SEALED_OVERHEAD || bytes[0] != SEALED_VERSION)
        return false;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain_out, NULL, NULL, nonce + SEALED_NONCE, len - 1 - SEALED_NONCE,
            (const unsigned char *)context, strlen(context), nonce, key))
        return false;
    *len_out = len - SEALED_OVERHEAD;
    return true;
}

void vault_hash_purpose(unsigned char out[KEY_BYTES], const unsigned char key[KEY_BYTES],
                        const char *purpose)
{
    crypto_generichash(out, KEY_BYTES, (const unsigned char *)purpose, strlen(purpose), key,
                       KEY_BYTES);
}

void vault_subkey(const struct vault *vault, unsigned char out[32], const char *purpose)
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, vault->master, KEY_BYTES, KEY_BYTES);
    crypto_generichash_update(&state, (const unsigned char *)"subkey/", 7);
    crypto_generichash_update(&state, (const unsigned char *)purpose, strlen(purpose));
    crypto_generichash_final(&state, out, KEY_BYTES);
    sodium_memzero(&state, sizeof(state));
}

void vault_token(const struct vault *vault, unsigned char out[VAULT_TOKEN_BYTES],
                 const char *domain, const char *text)
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, vault->index, KEY_BYTES, VAULT_TOKEN_BYTES);
    /* With its NUL the domain ends unmistakably: "ab" + "c" is not "a" + "bc". */
    crypto_generichash_update(&state, (const unsigned char *)domain, strlen(domain) + 1);
    crypto_generichash_update(&state, (const unsigned char *)text, strlen(text));
    crypto_generichash_final(&state, out, VAULT_TOKEN_BYTES);
    sodium_memzero(&state, sizeof(state));
}
