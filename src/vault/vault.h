#ifndef VAULT_VAULT_H
#define VAULT_VAULT_H

/*
 * Keys and sealing. Every subject (person, household, organisation, staff) has a data key; personal
 * data is sealed under it with XChaCha20-Poly1305, form, record id and version as associated data.
 * Data keys lie in the key store (a database of its own), wrapped by a master key that comes from a
 * passphrase (Argon2id) or, chosen explicitly, from a key file. Erasing a key makes every copy of
 * what it sealed unreadable, in backups too.
 *
 * A sealed text is: version byte 1, 24-byte nonce, ciphertext with 16-byte tag.
 *
 * Errors: ERR_NOT_FOUND no such key, or it was erased; ERR_INVALID wrong passphrase or key file
 * (nothing is changed), or the sealed bytes were altered.
 * Memory: key bytes are kept in sodium memory and wiped; results are in ctx->arena.
 * Order: create key, flush, then data; back up data before keys; erase key before data.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "db/db.h"

struct vault;

struct sealed {
    const unsigned char *bytes;
    size_t len;
};

/* How the master key comes: exactly one of them is set. */
struct vault_secret {
    const char *passphrase;
    const char *key_file; /* path of a file with 32 bytes as 64 hex digits, mode 0600 */
};

/* Makes a new key store in keys (migrated, empty): master key, system keys. ERR_CONFLICT if not
 * empty. */
enum err vault_create(struct ctx *ctx, struct db *keys, const struct vault_secret *secret) MUST_USE;
/* True if the store asks for a passphrase, false for a key file. */
enum err vault_wants_passphrase(struct ctx *ctx, struct db *keys, bool *out) MUST_USE;
/*
 * Unlocks; keys stays owned by the caller and must outlive the vault. The master key is derived
 * once, by the parent before fork; children inherit it (vault_attach gives the child's own
 * connection).
 */
enum err vault_open(struct ctx *ctx, struct vault **out, struct db *keys,
                    const struct vault_secret *secret) MUST_USE;
void vault_attach(struct vault *vault, struct db *keys);
void vault_close(struct vault *vault);
/* Writes a new random key file (0600), durable. ERR_CONFLICT if the path exists. */
enum err vault_key_file_create(struct ctx *ctx, const char *path) MUST_USE;

/*
 * Id of a fresh data key, durable before it is given out: keys are made in batches ahead
 * (VAULT_BATCH), so that creating a record is one commit.
 */
enum err vault_key_new(struct ctx *ctx, const char **key_id_out) MUST_USE;
#define VAULT_BATCH 64
/* Erases a key for ever, and flushes the key store. ERR_NOT_FOUND if it is gone. */
enum err vault_key_erase(struct ctx *ctx, const char *key_id) MUST_USE;

/* System keys, by name: sealing of what has no subject of its own. */
#define VAULT_KEY_STAFF  "staff"  /* names of users */
#define VAULT_KEY_AUDIT  "audit"  /* reasons, search words */
#define VAULT_KEY_SYSTEM "system" /* settings, import files in work, jobs */

/* context binds the text to its place: "person/ID/3"; the same must be given to open it. */
enum err vault_seal(struct ctx *ctx, struct sealed *out, const char *key_id, const char *context,
                    const void *plain, size_t len) MUST_USE;
enum err vault_unseal(struct ctx *ctx, const void **plain_out, size_t *len_out, const char *key_id,
                      const char *context, const struct sealed *sealed) MUST_USE;
/* Text in, text out. */
enum err vault_seal_text(struct ctx *ctx, struct sealed *out, const char *key_id,
                         const char *context, const char *text) MUST_USE;
enum err vault_unseal_text(struct ctx *ctx, const char **out, const char *key_id,
                           const char *context, const struct sealed *sealed) MUST_USE;

/*
 * Reads the keys of a page at once, so that unsealing does not ask for each. Ids may be NULL or
 * come again; those that are gone are passed over. At most VAULT_FETCH.
 */
#define VAULT_FETCH 120
enum err vault_fetch(struct ctx *ctx, const char *const *key_ids, size_t len) MUST_USE;

/*
 * Keyed BLAKE2b of a token under the index key: what the blind index stores instead of words.
 * domain separates kinds of token ("name", "phone", "exact", "login", "session").
 */
#define VAULT_TOKEN_BYTES 16
void vault_token(const struct vault *vault, unsigned char out[VAULT_TOKEN_BYTES],
                 const char *domain, const char *text);
/* A 32-byte subkey for a purpose such as "csrf" or "audit-chain"; the same for the whole store. */
void vault_subkey(const struct vault *vault, unsigned char out[32], const char *purpose);

/*
 * Changes the passphrase or key file: wraps the master key anew, in one durable step: at any
 * moment, a crash included, exactly one of the two opens the store. Data keys and master key stay,
 * so vaults that are open go on, and copies of the store made before open with the old secret.
 */
enum err vault_change_secret(struct ctx *ctx, const struct vault_secret *secret) MUST_USE;

/* Text for Argon2id: at most two run at a time on this machine (lock_path.argon2 slots). */
enum err vault_password_hash(struct ctx *ctx, const char **out, const char *password) MUST_USE;
/* *right_out = whether it fits; the same time is taken for an unknown user (hash NULL). */
enum err vault_password_check(struct ctx *ctx, bool *right_out, const char *hash,
                              const char *password) MUST_USE;
/* Where the slot file of Argon2id lies; set once at start. */
void vault_password_slots(const char *lock_path);

#endif
