#ifndef RULES_GATES_H
#define RULES_GATES_H

/* Gates, as the other files of this room need them. */

#include "rules/rules.h"

/* The gates of the status that a record has just got, in the transaction of the change. */
enum err rules_status_gates(struct ctx *ctx, const struct record *rec) MUST_USE;
/*
 * The gates that guard saving records of its kind, in the transaction of the change; old NULL: it
 * is new. Asked are those that read what changed in it, and those that read nothing of it.
 */
enum err rules_save_gates(struct ctx *ctx, const struct record *rec,
                          const struct record *old) MUST_USE;
/* Whether what a rule reads of this part differs between the two (old NULL: it does). */
bool rule_touched(struct ctx *ctx, const struct rule *rule, size_t part, const struct record *rec,
                  const struct record *old);
/* The message of a rule in ctx->lang, or why it is not told. */
const char *rule_message(struct ctx *ctx, const struct rule *rule);

#endif
