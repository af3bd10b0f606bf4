#ifndef AUTH_SECRET_H
#define AUTH_SECRET_H

/*
 * Passwords and passphrases that people give to a command: from a file, from standard input, or
 * typed unseen on the terminal. Never from the command line, where other users of the machine
 * could read them.
 *
 * Memory: the secret lies in ctx->arena. Errors: ERR_IO the file cannot be read; ERR_INVALID there
 * is no terminal, nothing was given, the two answers differ, or the text is too long or not UTF-8.
 */

#include "core/ctx.h"

/* What people are told, in their language. */
struct secret_words {
    const char *field;       /* of a problem: "password" */
    const char *ask;         /* the question on the terminal */
    const char *again;       /* asked twice, the second time with this; NULL = asked once */
    const char *differ;      /* the two answers are not the same; NULL as again */
    const char *none;        /* nothing was given */
    const char *no_terminal; /* there is no terminal to ask on */
};

/* path: a file whose first line is the secret, "-" = standard input; NULL = asks on the terminal.
 */
enum err secret_get(struct ctx *ctx, const char **out, const char *path,
                    const struct secret_words *words) MUST_USE;

#endif
