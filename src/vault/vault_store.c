#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/text.h"
#include "vault/vault_inner.h"

#define PASSES         2
#define MEMORY_KIB     19456
#define PASSES_MAX     64
#define MEMORY_KIB_MAX (INT64_C(4) * 1024 * 1024)
#define PASSPHRASE_MIN 10
#define HEX_DIGITS     ((ssize_t)2 * KEY_BYTES)

DB_SQL_KEYS(STORE_COUNT, "SELECT (SELECT COUNT(*) FROM store) + (SELECT COUNT(*) FROM system_key)"
                         " + (SELECT COUNT(*) FROM data_key)");
DB_SQL_KEYS(STORE_ADD, "INSERT INTO store (id, kind, params, salt, master, version, created_at)"
                       " VALUES ('store', $1, $2, $3, $4, 1, $5)");
DB_SQL_KEYS(STORE_LOAD, "SELECT kind, params, salt, master, version FROM store WHERE id = 'store'");
DB_SQL_KEYS(STORE_CHANGE, "UPDATE store SET kind = $1, params = $2, salt = $3, master = $4,"
                          " version = version + 1 WHERE id = 'store' AND version = $5");
DB_SQL_KEYS(SYSTEM_ADD, "INSERT INTO system_key (name, wrapped, created_at) VALUES ($1, $2, $3)");
DB_SQL_KEYS(SYSTEM_LOAD, "SELECT wrapped FROM system_key WHERE name = $1");

const char *const vault_system_names[VAULT_SYSTEM_KEYS] = { VAULT_KEY_STAFF, VAULT_KEY_AUDIT,
                                                            VAULT_KEY_SYSTEM };

/* How the master key is wrapped: the row of table store. */
struct store_row {
    const char *kind; /* passphrase, keyfile */
    const char *params;
    const unsigned char *salt;
    const unsigned char *master;
    size_t master_len;
    int64_t version;
};

const char *vault_store_name(const struct db *keys)
{
    return db_is_postgres(keys) ? "the key store" : db_url(keys);
}

static enum err start(struct ctx *ctx)
{
    if (sodium_init() < 0)
        return ctx_fail(ctx, ERR_INTERNAL, "libsodium could not be started");
    return OK;
}

static struct vault *vault_new(struct db *keys)
{
    /* A machine that allows no locked memory still gets guard pages and wiping. */
    struct vault *vault = sodium_malloc(sizeof(*vault));

    if (vault) {
        sodium_memzero(vault, sizeof(*vault));
        vault->keys = keys;
    }
    return vault;
}

/* --- key file --- */

/* The file's name in its folder: keys that need a file which a power cut took are lost. */
static bool sync_folder(struct ctx *ctx, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) + 1 : 0;
    const char *dir = slash ? arena_strndup(ctx->arena, path, len) : ".";
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return synced;
}

enum err vault_key_file_create(struct ctx *ctx, const char *path)
{
    unsigned char key[KEY_BYTES];
    char hex[HEX_DIGITS + 2];
    const char *why = NULL;
    int fd;

    if (start(ctx))
        return ERR_INTERNAL;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return ctx_fail(ctx, errno == EEXIST ? ERR_CONFLICT : ERR_IO,
                        tr(ctx, "Could not make the key file {0}: {1}.", TR_TEXT(path),
                           TR_TEXT(strerror(errno))));
    randombytes_buf(key, sizeof(key));
    sodium_bin2hex(hex, sizeof(hex), key, sizeof(key));
    hex[HEX_DIGITS] = '\n';
    if (write(fd, hex, HEX_DIGITS + 1) != HEX_DIGITS + 1 || fsync(fd) || !sync_folder(ctx, path))
        why = strerror(errno);
    sodium_memzero(key, sizeof(key));
    sodium_memzero(hex, sizeof(hex));
    close(fd);
    if (why) {
        unlink(path);
        return ctx_fail(
            ctx, ERR_IO,
            tr(ctx, "Could not write the key file {0}: {1}.", TR_TEXT(path), TR_TEXT(why)));
    }
    return OK;
}

static enum err key_file_fault(struct ctx *ctx, const char *path, const char *why)
{
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx, "The key file {0} cannot be used: {1}.", TR_TEXT(path), TR_TEXT(why)));
}

static enum err key_file_check(struct ctx *ctx, const char *path, int fd)
{
    struct stat st = { 0 };

    if (fstat(fd, &st))
        return key_file_fault(ctx, path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return key_file_fault(ctx, path, tr(ctx, "it is not a file"));
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return key_file_fault(ctx, path,
                              tr(ctx, "other users of this machine may read it "
                                      "(chmod 600 mends that)"));
    return OK;
}

static enum err key_file_read(struct ctx *ctx, unsigned char out[KEY_BYTES], const char *path)
{
    char text[HEX_DIGITS + 3] = { 0 };
    size_t key_len = 0;
    ssize_t len;
    enum err rc;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return key_file_fault(ctx, path, strerror(errno));
    rc = key_file_check(ctx, path, fd);
    if (rc)
        goto out;
    len = read(fd, text, sizeof(text) - 1);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        text[--len] = '\0';
    if (len != HEX_DIGITS ||
        sodium_hex2bin(out, KEY_BYTES, text, HEX_DIGITS, NULL, &key_len, NULL) ||
        key_len != KEY_BYTES)
        rc = key_file_fault(ctx, path, tr(ctx, "it does not hold 64 hexadecimal digits"));
out:
    sodium_memzero(text, sizeof(text));
    close(fd);
    return rc;
}

/* --- the key that wraps the master key --- */

static enum err parse_params(struct ctx *ctx, const char *params, int64_t *memory_kib,
                             int64_t *passes)
{
    size_t len = 0;
    char **parts = text_split(ctx->arena, params, ',', false, &len);

    if (len == 2 && text_starts(parts[0], "m=") && text_starts(parts[1], "t=") &&
        parse_int(parts[0] + 2, 8, MEMORY_KIB_MAX, memory_kib) &&
        parse_int(parts[1] + 2, 1, PASSES_MAX, passes))
        return OK;
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx, "The key store's settings for the passphrase were altered."));
}

/* kek_out: from the secret, with the row's kind, params and salt. */
static enum err derive_kek(struct ctx *ctx, unsigned char kek_out[KEY_BYTES],
                           const struct store_row *row, const struct vault_secret *secret)
{
    unsigned char file_key[KEY_BYTES] = { 0 };
    int64_t memory_kib = 0;
    int64_t passes = 0;
    enum err rc;

    if (secret->key_file) {
        rc = key_file_read(ctx, file_key, secret->key_file);
        if (rc == OK)
            crypto_generichash(kek_out, KEY_BYTES, row->salt, crypto_pwhash_SALTBYTES, file_key,
                               KEY_BYTES);
        sodium_memzero(file_key, sizeof(file_key));
        return rc;
    }
    rc = parse_params(ctx, row->params, &memory_kib, &passes);
    if (rc)
        return rc;
    if (!vault_argon2id(kek_out, secret->passphrase, row->salt, (uint64_t)passes,
                        (size_t)memory_kib * 1024))
        return ctx_fail(ctx, ERR_INTERNAL, "there is not enough memory for the passphrase");
    return OK;
}

static const char *master_context(struct ctx *ctx, const struct store_row *row)
{
    return arena_printf(ctx->arena, "master/%s/%s", row->kind, row->params);
}

static enum err secret_check(struct ctx *ctx, const struct vault_secret *secret)
{
    if (!secret->passphrase == !secret->key_file)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Give either a passphrase or a key file."));
    if (secret->passphrase && text_codepoints(secret->passphrase) < PASSPHRASE_MIN)
        return ctx_fail_field(
            ctx, "passphrase",
            tr(ctx, "The passphrase needs at least {0} characters.", TR_INT(PASSPHRASE_MIN)));
    return OK;
}

/* A new row that wraps vault->master under the secret. */
static enum err wrap_master(struct ctx *ctx, struct store_row *out, const struct vault *vault,
                            const struct vault_secret *secret)
{
    unsigned char kek[KEY_BYTES];
    unsigned char *salt = arena_alloc(ctx->arena, crypto_pwhash_SALTBYTES);
    unsigned char *wrapped = arena_alloc(ctx->arena, WRAPPED_KEY);
    struct store_row row = { 0 };
    enum err rc;

    rc = secret_check(ctx, secret);
    if (rc)
        return rc;
    randombytes_buf(salt, crypto_pwhash_SALTBYTES);
    row.kind = secret->passphrase ? "passphrase" : "keyfile";
    row.params =
        secret->passphrase ? arena_printf(ctx->arena, "m=%d,t=%d", MEMORY_KIB, PASSES) : "";
    row.salt = salt;
    rc = derive_kek(ctx, kek, &row, secret);
    if (rc)
        return rc;
    sealed_make(wrapped, kek, master_context(ctx, &row), vault->master, KEY_BYTES);
    sodium_memzero(kek, sizeof(kek));
    row.master = wrapped;
    row.master_len = WRAPPED_KEY;
    *out = row;
    return OK;
}

static enum err load_store(struct ctx *ctx, struct store_row *out, struct db *keys)
{
    struct rows *rows = NULL;
    bool more = false;
    size_t salt_len = 0;
    enum err rc;

    rc = db_query_in(ctx, keys, &rows, &STORE_LOAD);
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc)
        goto out;
    if (!more) {
        rc = ctx_fail(ctx, ERR_NOT_FOUND,
                      tr(ctx, "There are no keys in {0}.", TR_TEXT(vault_store_name(keys))));
        goto out;
    }
    out->kind = row_text(rows, 0);
    out->params = row_text(rows, 1);
    out->salt = row_blob(rows, 2, &salt_len);
    out->master = row_blob(rows, 3, &out->master_len);
    out->version = row_int(rows, 4);
    if (salt_len != crypto_pwhash_SALTBYTES || out->master_len != WRAPPED_KEY)
        rc = ctx_fail(
            ctx, ERR_INVALID,
            tr(ctx, "The master key in {0} was altered.", TR_TEXT(vault_store_name(keys))));
out:
    db_rows_close(rows);
    return rc;
}

/* --- making --- */

static enum err check_empty(struct ctx *ctx, struct db *keys)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    rc = db_query_in(ctx, keys, &rows, &STORE_COUNT);
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc == OK && (!more || row_int(rows, 0) != 0))
        rc = ctx_fail(ctx, ERR_CONFLICT,
                      tr(ctx, "There are keys in {0} already.", TR_TEXT(vault_store_name(keys))));
    db_rows_close(rows);
    return rc;
}

static enum err add_system_keys(struct ctx *ctx, struct db *keys, const struct vault *vault)
{
    unsigned char key[KEY_BYTES];
    unsigned char wrapped[WRAPPED_KEY];
    enum err rc;

    for (size_t i = 0; i < VAULT_SYSTEM_KEYS; i++) {
        randombytes_buf(key, sizeof(key));
        sealed_make(wrapped, vault->wrap,
                    vault_wrap_context(ctx->arena, "system-key", vault_system_names[i]), key,
                    sizeof(key));
        sodium_memzero(key, sizeof(key));
        rc = db_exec_in(ctx, keys, NULL, &SYSTEM_ADD, DB_TEXT(vault_system_names[i]),
                        DB_BLOB(wrapped, sizeof(wrapped)), DB_INT(ctx->now_ms));
        if (rc)
            return rc;
    }
    return OK;
}

static enum err fill_store(struct ctx *ctx, struct db *keys, const struct vault *vault,
                           const struct store_row *row)
{
    enum err rc;

    rc = db_begin_on(ctx, keys);
    if (rc)
        return rc;
    rc = check_empty(ctx, keys);
    if (rc)
        goto out;
    rc = db_exec_in(ctx, keys, NULL, &STORE_ADD, DB_TEXT(row->kind), DB_TEXT(row->params),
                    DB_BLOB(row->salt, crypto_pwhash_SALTBYTES),
                    DB_BLOB(row->master, row->master_len), DB_INT(ctx->now_ms));
    if (rc)
        goto out;
    rc = add_system_keys(ctx, keys, vault);
out:
    rc = db_end_on(ctx, keys, rc);
    return rc ? rc : db_flush(ctx, keys);
}

enum err vault_create(struct ctx *ctx, struct db *keys, const struct vault_secret *secret)
{
    struct vault *vault;
    struct store_row row = { 0 };
    enum err rc;

    rc = start(ctx);
    if (rc)
        return rc;
    vault = vault_new(keys);
    if (!vault)
        return ctx_fail(ctx, ERR_INTERNAL, "there is not enough memory for keys");
    randombytes_buf(vault->master, KEY_BYTES);
    vault_derive(vault);
    rc = wrap_master(ctx, &row, vault, secret);
    if (rc == OK)
        rc = fill_store(ctx, keys, vault, &row);
    vault_close(vault);
    return rc;
}

/* --- opening --- */

enum err vault_wants_passphrase(struct ctx *ctx, struct db *keys, bool *out)
{
    struct store_row row = { 0 };
    enum err rc;

    rc = load_store(ctx, &row, keys);
    if (rc)
        return rc;
    *out = text_equal(row.kind, "passphrase");
    return OK;
}

static enum err load_system_keys(struct ctx *ctx, struct vault *vault)
{
    enum err rc = OK;

    for (size_t i = 0; i < VAULT_SYSTEM_KEYS && rc == OK; i++) {
        const char *name = vault_system_names[i];
        struct rows *rows = NULL;
        const unsigned char *wrapped = NULL;
        size_t wrapped_len = 0;
        size_t len = 0;
        bool more = false;

        rc = db_query_in(ctx, vault->keys, &rows, &SYSTEM_LOAD, DB_TEXT(name));
        if (rc)
            return rc;
        rc = db_next(ctx, rows, &more);
        if (rc == OK && more)
            wrapped = row_blob(rows, 0, &wrapped_len);
        if (rc == OK && (wrapped_len != WRAPPED_KEY ||
                         !sealed_open(vault->system[i], &len, vault->wrap,
                                      vault_wrap_context(ctx->arena, "system-key", name), wrapped,
                                      wrapped_len)))
            rc = ctx_fail(ctx, ERR_INVALID,
                          tr(ctx, "The system key {0} is missing from {1}, or was altered.",
                             TR_TEXT(name), TR_TEXT(vault_store_name(vault->keys))));
        db_rows_close(rows);
    }
    return rc;
}

static enum err check_kind(struct ctx *ctx, struct db *keys, const struct store_row *row,
                           const struct vault_secret *secret)
{
    if (!secret->passphrase == !secret->key_file)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Give either a passphrase or a key file."));
    if (secret->key_file && text_equal(row->kind, "passphrase"))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "{0} opens with a passphrase, not a key file.",
                           TR_TEXT(vault_store_name(keys))));
    if (secret->passphrase && !text_equal(row->kind, "passphrase"))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "{0} opens with a key file, not a passphrase.",
                           TR_TEXT(vault_store_name(keys))));
    return OK;
}

static enum err unlock(struct ctx *ctx, struct vault *vault, const struct vault_secret *secret)
{
    const char *name = vault_store_name(vault->keys);
    struct store_row row = { 0 };
    unsigned char kek[KEY_BYTES];
    size_t len = 0;
    bool right;
    enum err rc;

    rc = load_store(ctx, &row, vault->keys);
    if (rc)
        return rc;
    rc = check_kind(ctx, vault->keys, &row, secret);
    if (rc)
        return rc;
    rc = derive_kek(ctx, kek, &row, secret);
    if (rc)
        return rc;
    right = sealed_open(vault->master, &len, kek, master_context(ctx, &row), row.master,
                        row.master_len);
    sodium_memzero(kek, sizeof(kek));
    if (!right)
        return ctx_fail(ctx, ERR_INVALID,
                        secret->passphrase
                            ? tr(ctx, "This is not the passphrase of {0}.", TR_TEXT(name))
                            : tr(ctx, "This is not the key file of {0}.", TR_TEXT(name)));
    vault_derive(vault);
    return load_system_keys(ctx, vault);
}

enum err vault_open(struct ctx *ctx, struct vault **out, struct db *keys,
                    const struct vault_secret *secret)
{
    struct vault *vault;
    enum err rc;

    rc = start(ctx);
    if (rc)
        return rc;
    vault = vault_new(keys);
    if (!vault)
        return ctx_fail(ctx, ERR_INTERNAL, "there is not enough memory for keys");
    rc = unlock(ctx, vault, secret);
    if (rc) {
        vault_close(vault);
        return rc;
    }
    *out = vault;
    return OK;
}

static enum err replace_store(struct ctx *ctx, struct db *keys, const struct store_row *row,
                              int64_t version)
{
    int64_t changed = 0;
    enum err rc;

    rc = db_begin_on(ctx, keys);
    if (rc)
        return rc;
    rc = db_exec_in(ctx, keys, &changed, &STORE_CHANGE, DB_TEXT(row->kind), DB_TEXT(row->params),
                    DB_BLOB(row->salt, crypto_pwhash_SALTBYTES),
                    DB_BLOB(row->master, row->master_len), DB_INT(version));
    if (rc)
        goto out;
    if (changed != 1) {
        rc = ctx_fail(ctx, ERR_CONFLICT,
                      tr(ctx, "Somebody else has just changed how the key store opens."));
        goto out;
    }
out:
    rc = db_end_on(ctx, keys, rc);
    return rc ? rc : db_flush(ctx, keys);
}

enum err vault_change_secret(struct ctx *ctx, const struct vault_secret *secret)
{
    struct db *keys = ctx->vault->keys;
    struct store_row old = { 0 };
    struct store_row row = { 0 };
    enum err rc;

    rc = load_store(ctx, &old, keys);
    if (rc)
        return rc;
    rc = wrap_master(ctx, &row, ctx->vault, secret);
    if (rc)
        return rc;
    rc = replace_store(ctx, keys, &row, old.version);
    if (rc)
        return rc;
    vault_scrub(ctx, ctx->vault); /* the old wrapping leaves the files too */
    return OK;
}
