#ifndef RULES_BELL_H
#define RULES_BELL_H

/*
 * What a new alert or task rings: a line behind the bell of its owner, the case manager or those of
 * the role in the office of the case. It names the case, never the rule: who reads the line need
 * not be who may read why. One line for all that is new in a case; while it is unread no other
 * comes. What the passing of days brings rings once for all cases together.
 *
 * Memory: ctx->arena; a bell lives as long as one asking of one case.
 */

#include "rules/rules.h"

struct bell {
    const char **owners; /* staff ids, each once */
    size_t len;
    size_t cap;
};

/* Notes whose it is; rings nothing yet. Only alerts and tasks count. */
enum err bell_note(struct ctx *ctx, struct bell *bell, const struct rule *rule,
                   const struct record *of_case, const char *assignee) MUST_USE;
/* Rings, inside the caller's transaction. by_day: days have brought it, not a change. */
enum err bell_ring(struct ctx *ctx, const struct bell *bell, const struct record *of_case,
                   bool by_day) MUST_USE;

#endif
