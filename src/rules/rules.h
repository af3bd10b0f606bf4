#ifndef RULES_RULES_H
#define RULES_RULES_H

/*
 * Rules at work: what content/rules says about each case (issue "Engine", rules; R-2.2-02 and the
 * rules' own requirements). A rule that holds has a result: an alert, task, due date or suggestion
 * that somebody deals with. A gate refuses a change of status until what it asks for is there, or
 * until it is overridden with a reason, where the rule says so by two people.
 *
 * When: rules_load watches the records; after each change of a record of a case, in its
 * transaction, the rules that read what changed are asked again. Rules that depend on the date are
 * asked on the day they name, by rules_round in the job role.
 *
 * Privacy: a result has the highest class of any field that its rule reads, whether or not the
 * field was empty. Who may not read that class learns that something is due, not what or why.
 * Reasons are sealed under the person's key.
 *
 * Memory: ctx->arena. Errors: a case outside the acting user's scope is ERR_NOT_FOUND.
 * Limits: RULE_RESULTS_MAX results of a case are told.
 */

#include "records/records.h"
#include "rules/rule_set.h"

#define RULE_RESULTS_MAX 200
#define RULE_REASON_MAX  2000
#define RULE_TASKS_PAGE  50

/* Loads rules and starts to watch records: after forms_load, and again whenever ctx->forms are
 * others, in an arena that lives as long as these forms. */
enum err rules_load(struct ctx *ctx) MUST_USE;
const struct rule_set *rules_of(void); /* the loaded rules */

/* What counts no more (a dissolved household, a cancelled return) stands for no person's. */
bool rule_out_of_use(const struct record *rec);

/* --- asking --- */

struct verdict {
    const struct rule *rule;
    bool holds;
    const char *due_on;  /* NULL = no date */
    const char *next_on; /* first later day on which it may be otherwise; NULL = none known */
};

struct document;
/* What one rule says of a document. A rule that cannot be evaluated does not hold, and is logged.
 */
enum err rule_judge(struct ctx *ctx, struct verdict *out, const struct document *doc,
                    const struct rule *rule) MUST_USE;
/* Asks all rules about a case and stores the results, in one transaction. */
enum err rules_run_case(struct ctx *ctx, const char *case_id) MUST_USE;

/* --- results --- */

struct rule_result {
    const char *id;
    const char *case_id;
    const struct rule *rule; /* NULL: there is no such rule any more, or the reader may not know */
    enum rule_does does;
    enum privacy privacy;
    enum rule_severity severity;
    const char *state; /* open, done, overridden */
    bool holds;
    const char *due_on; /* NULL = no date */
    const char *snoozed_until;
    const char *role;     /* NULL = the assignee's */
    const char *assignee; /* NULL = nobody's yet */
    const char *note;     /* NULL = none, or the reader may not know */
    int64_t since_at;
    int64_t changed_at;
    const char *changed_by;
    int64_t version;
};

/* Of one case that was loaded by record_load: open ones first, then the newest. */
enum err rules_results(struct ctx *ctx, struct rule_result **out, size_t *len_out,
                       const struct record *rec) MUST_USE;
enum err rules_result_load(struct ctx *ctx, struct rule_result *out, struct record **case_out,
                           const char *id) MUST_USE;

#define TASK_RULES_MAX 4
struct task_filter {
    bool mine;    /* those of the acting user or of a role of theirs, else the office's */
    bool overdue; /* due before today */
    bool alerts;  /* alerts alone */
    /* of these rules alone; NULL at the first place = of all */
    const char *rules[TASK_RULES_MAX];
    const char *after_due; /* behind this one; NULL = from the first */
    const char *after_id;
};
/* Open results within scope that are not put off, the most urgent first; at most
 * RULE_TASKS_PAGE + 1: one more says that there are more. */
enum err rules_tasks(struct ctx *ctx, struct rule_result **out, size_t *len_out,
                     const struct task_filter *filter) MUST_USE;

/*
 * Somebody dealt with it ("done"), or it does not apply here ("overridden", with a reason). It
 * comes again only after its condition was false in between. ERR_CONFLICT: it changed since.
 */
enum err rules_settle(struct ctx *ctx, const char *id, int64_t version, const char *state,
                      const char *reason) MUST_USE;
/* Puts it off until a later day, with a reason. */
enum err rules_snooze(struct ctx *ctx, const char *id, int64_t version, const char *until,
                      const char *reason) MUST_USE;

/* --- gates --- */

/*
 * ERR_INVALID with the messages of all rules of the gate (GATE_... of rules_gen.h) that refuse and
 * are not overridden; what was overridden is used up. Inside the transaction of the change. Changes
 * of status and saving are checked without being asked.
 */
enum err rules_gate(struct ctx *ctx, const char *gate, const struct record *rec) MUST_USE;

struct gate_state {
    const struct rule *rule;
    bool refuses;
    const char *asked_by; /* NULL = not overridden */
    const char *agreed_by;
    const char *reason; /* NULL where the reader may not know */
    bool passed;        /* overridden by all who must */
};
/* All gates of the kind case and what they say now. */
enum err rules_gates(struct ctx *ctx, struct gate_state **out, size_t *len_out,
                     const struct record *rec) MUST_USE;
/*
 * What a reader of the case's page needs of them: those before the statuses that can come next, and
 * what guards saving, which is not judged (refuses is false): what is to be saved is not known.
 */
enum err rules_gates_near(struct ctx *ctx, struct gate_state **out, size_t *len_out,
                          const struct record *rec) MUST_USE;
/*
 * Gives leave to pass a gate once. The first call asks; where the rule wants a second person, a
 * call by another agrees. ERR_INVALID: no reason, or the same person twice; ERR_CONFLICT: the gate
 * is open, or the leave was given already. What guards saving can be asked for at any time: what is
 * to be saved is not known here.
 */
enum err rules_override(struct ctx *ctx, const char *case_id, const char *rule,
                        const char *reason) MUST_USE;

/* --- why --- */

struct rule_why {
    const char *label; /* "Return: Arrival on" */
    const char *value; /* as people read it; NULL: above the reader's class */
};
/*
 * What the rule reads of a case and its values, without those that the reader may not see. Opening
 * them is noted in the access log.
 */
enum err rules_why(struct ctx *ctx, struct rule_why **out, size_t *len_out, const struct rule *rule,
                   const struct record *rec) MUST_USE;

/* --- counts --- */

struct rule_count {
    int64_t open;
    int64_t settled;
};
/* How often each rule fired within scope; out has a place for each rule of rules_of. */
enum err rules_counts(struct ctx *ctx, struct rule_count *out) MUST_USE;

/* --- the job role --- */

/*
 * Asks again about the cases whose day has come, at most max of them; *done_out = how many. After
 * the rules changed, all cases come due.
 */
enum err rules_round(struct ctx *ctx, size_t max, size_t *done_out) MUST_USE;

#endif
