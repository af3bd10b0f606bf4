#ifndef VAULT_VAULT_INNER_H
#define VAULT_VAULT_INNER_H

/*
 * Inside the vault room: how the vault lies in memory, and the pure part of sealing (no database),
 * which the fuzz target calls too. Nobody outside src/vault includes this but tests.
 *
 * Memory: struct vault lies whole in sodium memory (guard pages, locked where the system allows,
 * out of core dumps) and is wiped when it is freed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "core/id.h"
#include "db/db.h"
#include "vault/vault.h"

#define KEY_BYTES         32
#define SEALED_VERSION    1
#define SEALED_NONCE      24
#define SEALED_TAG        16
#define SEALED_OVERHEAD   (1 + SEALED_NONCE + SEALED_TAG)
#define WRAPPED_KEY       (KEY_BYTES + SEALED_OVERHEAD)
#define VAULT_SYSTEM_KEYS 3
#define VAULT_CACHE       128
#define VAULT_SLOTS       512 /* a power of two, well above VAULT_CACHE */

struct vault_cached {
    char id[ID_LEN + 1];
    unsigned char key[KEY_BYTES];
};

struct vault {
    struct db *keys; /* the caller's */
    unsigned char master[KEY_BYTES];
    unsigned char wrap[KEY_BYTES];  /* subkey that wraps system and data keys */
    unsigned char index[KEY_BYTES]; /* subkey of vault_token */
    unsigned char system[VAULT_SYSTEM_KEYS][KEY_BYTES];
    char batch[VAULT_BATCH]
              [ID_LEN + 1]; /* keys made ahead, durable; the first batch_len are left */
    size_t batch_len;
    /* Keys of the request that is running, so that a page of one person reads its key once. */
    struct vault_cached cache[VAULT_CACHE];
    size_t cache_len;
    uint8_t cache_slots[VAULT_SLOTS]; /* by hash of the id: place in cache and one, or 0 */
    size_t cache_last; /* what was asked for last, likely the next one too; as in cache_slots */
    const struct arena *cache_arena;
    int64_t cache_now_ms;
};

/* Names of the system keys, in the order of struct vault.system. */
extern const char *const vault_system_names[VAULT_SYSTEM_KEYS];

/* What the key store is called in messages: its file name, or "the key store" (a URL may hold a
 * password). */
const char *vault_store_name(const struct db *keys);

/* Derives wrap and index from master. */
void vault_derive(struct vault *vault);
/*
 * Old copies of a key that was erased or wrapped anew leave the WAL and the dead rows too. What
 * fails here is logged, and done later by the database's own cleaning.
 */
void vault_scrub(struct ctx *ctx, struct vault *vault);
/* Empties the cache of keys. */
void vault_forget_keys(struct vault *vault);

/* out has len + SEALED_OVERHEAD bytes. */
void sealed_make(unsigned char *out, const unsigned char key[KEY_BYTES], const char *context,
                 const void *plain, size_t len);
/* plain_out has len - SEALED_OVERHEAD bytes (at least 1). False: short, unknown version, altered.
 */
bool sealed_open(unsigned char *plain_out, size_t *len_out, const unsigned char key[KEY_BYTES],
                 const char *context, const unsigned char *bytes, size_t len);
/* Keyed BLAKE2b of a purpose. */
void vault_hash_purpose(unsigned char out[KEY_BYTES], const unsigned char key[KEY_BYTES],
                        const char *purpose);

/* Argon2id with the machine's two slots. False: not enough memory. */
bool vault_argon2id(unsigned char out[KEY_BYTES], const char *text, const unsigned char *salt,
                    uint64_t passes, size_t memory_bytes);

/* Associated data of a wrapped key: "data-key/ID" or "system-key/NAME". */
const char *vault_wrap_context(struct arena *a, const char *kind, const char *id);

#endif
