#ifndef AUTH_HOME_CLI_H
#define AUTH_HOME_CLI_H

/* Commands on a Homeward as a whole: each gets the words after its own name. */

#include "core/ctx.h"

enum err init_command(struct ctx *ctx, int argc, char **argv) MUST_USE;
enum err backup_command(struct ctx *ctx, int argc, char **argv) MUST_USE;
enum err restore_command(struct ctx *ctx, int argc, char **argv) MUST_USE;
/* What other rooms check as well, each printing what it found in order; once, at start. */
void home_check_also(enum err (*check)(struct ctx *ctx));
enum err check_command(struct ctx *ctx, int argc, char **argv) MUST_USE;

#endif
