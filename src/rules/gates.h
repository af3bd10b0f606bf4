#ifndef RULES_GATES_H
#define RULES_GATES_H

/* Gates, as the other files of this room need them. */

#include "rules/rules.h"

/* The gates of the status that a record has just got, in the transaction of the change. */
enum err rules_status_gates(struct ctx *ctx, const struct record *rec) MUST_USE;
/* The message of a rule in ctx->lang, or why it is not told. */
const char *rule_message(struct ctx *ctx, const struct rule *rule);

#endif
