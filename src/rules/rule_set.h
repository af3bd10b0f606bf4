#ifndef RULES_RULE_SET_H
#define RULES_RULE_SET_H

/*
 * The rules of the files in content/rules, read and checked against the shape of the case document.
 * Columns (docs/rules.md):
 *   id            short name, unique over all files
 *   on            "case": it holds or not, at any time; "KIND:STATUS": asked when a record of that
 *                 kind is about to reach that status; "KIND:saved": when one is saved (gates)
 *   do            alert, task, due, suggestion, gate
 *   gate          name of the gate; C names it GATE_<NAME> (rules_gen.h)
 *   when          expression; a gate refuses when it is true
 *   from, from_months, until, until_months
 *                 the rule holds only from this date to that one, both days included; months as
 *                 "6", or "6+1" for six months and a day
 *   due, due_months
 *                 by when it is to be done; empty = as until
 *   next_check    expression of a date; needed where "when" asks for today
 *   role          whose task it is; empty = the case manager named in the case
 *   severity      low, medium, high
 *   second        yes: a gate is passed only with a second person; never: not at all
 *   closed        yes: it holds for closed cases too
 *   message::Language (code), req
 * Expressions read ${field of the case} and /data/... paths, nothing else.
 *
 * Memory: the arena that rule_set_load is given; read-only.
 * Errors: ERR_INVALID with every mistake at once: "rules/case.csv:12:when" and the reason.
 */

#include <stdint.h>

#include "core/ctx.h"
#include "expr/expr.h"
#include "rules/shape.h"

#define RULE_SAVED      "saved"
#define RULES_MAX       2000
#define RULE_MONTHS_MAX 1200
#define RULE_DAYS_MAX   366

enum rule_does { RULE_ALERT, RULE_TASK, RULE_DUE, RULE_SUGGESTION, RULE_GATE };
enum rule_severity { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH };

/* A date that an expression gives, moved by calendar months and then by days. */
struct rule_date {
    const struct expr *expr; /* NULL = none */
    int months;
    int days; /* after the months */
};

struct rule {
    const char *id;
    const char *kind;   /* case, or the kind whose status is asked */
    const char *status; /* NULL: not bound to a status */
    bool on_save;       /* a gate that is asked when a record is saved; status is NULL then */
    enum rule_does does;
    const char *gate; /* NULL unless it is a gate */
    const struct expr *when;
    struct rule_date from;
    struct rule_date until;
    struct rule_date due;
    const struct expr *next_check;
    const char *role;
    enum rule_severity severity;
    bool second;
    bool never; /* no leave is given */
    bool closed;
    struct label message;
    const char *req;
    enum privacy privacy;                  /* highest class of all that it reads */
    const struct shape_item *const *reads; /* each element once */
    size_t reads_len;
    uint64_t parts; /* bits of the parts that it reads */
    const char *file;
    int64_t row;
};

struct rule_set {
    const struct shape *shape;
    const struct rule *items; /* by file, then by row */
    size_t len;
    const char *hash; /* of all rule files: a change has every case looked at again */
};

enum err rule_set_load(struct ctx *ctx, const struct rule_set **out,
                       const struct forms *forms) MUST_USE;
const struct rule *rule_find(const struct rule_set *set, const char *id); /* NULL if none */
const char *rule_does_name(enum rule_does does);                          /* alert, task ... */
const char *rule_severity_name(enum rule_severity severity);

#endif
