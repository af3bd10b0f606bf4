#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "vault/vault_inner.h"

#define PASSES       2
#define MEMORY_BYTES ((size_t)19 * 1024 * 1024)
#define PASSWORD_MAX 1024
#define SLOTS        2
#define PATH_BYTES   4096

/* Hash of random bytes that nobody knows, with PASSES and MEMORY_BYTES: what an unknown user's
 * password is checked against, so that the answer takes as long. */
static const char nobody_hash[] = "$argon2id$v=19$m=19456,t=2,p=1$gyrVlJ7TkYFbfD5ZIQwniQ$"
                                  "LE63ZViDYMJj8N3ESqya3j7ELIBPRxByU/0NfzeGIYY";

/* Set once at start, before fork. */
static char slot_path[PATH_BYTES];

void vault_password_slots(const char *lock_path)
{
    size_t len = strlen(lock_path);

    if (len < sizeof(slot_path))
        memcpy(slot_path, lock_path, len + 1);
    else
        log_error("the path of the slot file is too long; sign-ins are not limited");
}

static bool take_slot(int fd, int slot, int command)
{
    struct flock lock = { 0 };
    int rc;

    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = slot;
    lock.l_len = 1;
    do {
        rc = fcntl(fd, command, &lock);
    } while (rc < 0 && errno == EINTR);
    return rc == 0;
}

/* Waits for one of the slots; the lock ends when the descriptor closes, or the process dies. */
static int enter_slot(void)
{
    int fd;

    if (!slot_path[0])
        return -1;
    fd = open(slot_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        log_warn("could not open the slot file %s: %s", slot_path, strerror(errno));
        return -1;
    }
    for (int slot = 0; slot < SLOTS; slot++) {
        if (take_slot(fd, slot, F_OFD_SETLK))
            return fd;
    }
    if (!take_slot(fd, (int)(getpid() % SLOTS), F_OFD_SETLKW))
        log_warn("could not wait for a slot in %s: %s", slot_path, strerror(errno));
    return fd;
}

static void leave_slot(int fd)
{
    if (fd >= 0)
        close(fd);
}

bool vault_argon2id(unsigned char out[KEY_BYTES], const char *text, const unsigned char *salt,
                    uint64_t passes, size_t memory_bytes)
{
    int slot = enter_slot();
    int rc = crypto_pwhash(out, KEY_BYTES, text, strlen(text), salt, passes, memory_bytes,
                           crypto_pwhash_ALG_ARGON2ID13);

    leave_slot(slot);
    return rc == 0;
}

enum err vault_password_hash(struct ctx *ctx, const char **out, const char *password)
{
    char *hash = arena_alloc(ctx->arena, crypto_pwhash_STRBYTES);
    int slot;
    int rc;

    if (sodium_init() < 0)
        return ctx_fail(ctx, ERR_INTERNAL, "libsodium could not be started");
    if (strlen(password) > PASSWORD_MAX)
        return ctx_fail_field(ctx, "password", tr(ctx, "The password is too long."));
    slot = enter_slot();
    rc = crypto_pwhash_str(hash, password, strlen(password), PASSES, MEMORY_BYTES);
    leave_slot(slot);
    if (rc)
        return ctx_fail(ctx, ERR_INTERNAL, "there is not enough memory to hash a password");
    *out = hash;
    return OK;
}

enum err vault_password_check(struct ctx *ctx, bool *right_out, const char *hash,
                              const char *password)
{
    /* A password over the limit was never accepted; it costs as much as a wrong one. */
    bool possible = hash && strlen(password) <= PASSWORD_MAX;
    bool no_memory;
    int slot;
    int rc;

    if (sodium_init() < 0)
        return ctx_fail(ctx, ERR_INTERNAL, "libsodium could not be started");
    slot = enter_slot();
    errno = 0;
    rc = crypto_pwhash_str_verify(possible ? hash : nobody_hash, possible ? password : "",
                                  possible ? strlen(password) : 0);
    no_memory = rc && errno == ENOMEM;
    leave_slot(slot);
    if (no_memory)
        return ctx_fail(ctx, ERR_BUSY, "there is not enough memory to check a password");
    *right_out = possible && rc == 0;
    return OK;
}
