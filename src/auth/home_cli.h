#ifndef AUTH_HOME_CLI_H
#define AUTH_HOME_CLI_H

/* Commands on a Homeward as a whole: each gets the words after its own name. */

#include "core/ctx.h"
#include "db/db.h"
#include "vault/vault.h"

enum err init_command(struct ctx *ctx, int argc, char **argv) MUST_USE;
enum err backup_command(struct ctx *ctx, int argc, char **argv) MUST_USE;
enum err restore_command(struct ctx *ctx, int argc, char **argv) MUST_USE;
/* What other rooms check as well, each printing what it found in order; once, at start. */
void home_check_also(enum err (*check)(struct ctx *ctx));
enum err check_command(struct ctx *ctx, int argc, char **argv) MUST_USE;

/*
 * Changes what opens the key store (vault_change_secret), recorded in the audit, durable, before:
 * an attempt that fails leaves a second row. ERR_CONFLICT: the secret opens the store already.
 */
enum err keys_change(struct ctx *ctx, struct db *keys, const struct vault_secret *secret) MUST_USE;
/* homeward keys change: asks for the new secret, or makes the new key file. */
enum err keys_command(struct ctx *ctx, int argc, char **argv) MUST_USE;

#endif
