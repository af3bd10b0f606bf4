#ifndef RULES_RULES_STORE_H
#define RULES_RULES_STORE_H

/*
 * The tables rule_result, rule_override and rule_next. Scope is the office of the case, as for
 * records.
 */

#include "db/db.h"
#include "rules/rules.h"
#include "vault/vault.h"

#define NO_DATE "9999-12-31"

/* A result that holds, as the run of rules needs it. */
struct held {
    const char *id;
    const char *rule;
    const char *state;
    const char *due_on;
    const char *assignee;
};

enum err store_held(struct ctx *ctx, struct held **out, size_t *len_out,
                    const char *case_id) MUST_USE;
enum err store_add(struct ctx *ctx, const struct record *rec, const struct verdict *v,
                   const char *assignee) MUST_USE;
enum err store_move(struct ctx *ctx, const char *id, const char *due_on,
                    const char *assignee) MUST_USE;
/* Its condition is no longer true: an open one is done. */
enum err store_end(struct ctx *ctx, const char *id) MUST_USE;

enum err store_of_case(struct ctx *ctx, struct rule_result **out, size_t *len_out,
                       const struct record *rec) MUST_USE;
enum err store_load(struct ctx *ctx, struct rule_result *out, const char *id) MUST_USE;
enum err store_tasks(struct ctx *ctx, struct rule_result **out, size_t *len_out,
                     const struct task_filter *filter) MUST_USE;

struct settling {
    const char *id;
    int64_t version;
    const char *state;
    const char *snoozed_until;
    const struct record *rec; /* the case: its key */
    const char *reason;       /* NULL = none */
};
/* ERR_CONFLICT: another version. */
enum err store_settle(struct ctx *ctx, const struct settling *s) MUST_USE;

struct override {
    const char *id;
    const char *rule;
    bool second;
    const char *asked_by;
    const char *agreed_by; /* NULL = nobody yet */
    const char *reason;
};
/* The unused ones of a case; reasons opened only where the reader may know. */
enum err store_overrides(struct ctx *ctx, struct override **out, size_t *len_out,
                         const struct record *rec) MUST_USE;
enum err store_ask(struct ctx *ctx, const struct record *rec, const struct rule *rule,
                   const char *reason) MUST_USE;
enum err store_agree(struct ctx *ctx, const struct record *rec, const char *id,
                     const char *reason) MUST_USE;
enum err store_use(struct ctx *ctx, const char *id) MUST_USE;

/* next_on NULL: no day known; else, with keep_earlier, the earlier of the stored day and this. */
enum err store_next(struct ctx *ctx, const struct record_place *of, const char *next_on,
                    bool keep_earlier) MUST_USE;
#define AT_ONCE "" /* before every day */
struct due_case {
    const char *id;
    bool all; /* it was put at AT_ONCE: not only rules with a day are to be asked */
};
/* Cases of an office whose day has come. */
enum err store_due(struct ctx *ctx, struct due_case *cases, size_t *len_out, const char *office_id,
                   size_t max) MUST_USE;
enum err store_offices(struct ctx *ctx, const char ***out, size_t *len_out) MUST_USE;
enum err store_counts(struct ctx *ctx, struct rule_count *out) MUST_USE;

#endif
