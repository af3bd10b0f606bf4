#ifndef PLANS_PLAN_H
#define PLANS_PLAN_H

/*
 * The reintegration plan (Annex 3, R-2.3.2-01, -02; decisions.md section 9). The record is
 * content/forms/plan.csv, its gates are content/rules/plan.csv; here is what neither can say: what
 * a new plan begins with, scores that are copied and never typed, versions of which one is in
 * force, what may still be changed once it was submitted, and what is missing.
 *
 * Memory: ctx->arena. Errors: a record outside the acting user's scope is ERR_NOT_FOUND.
 * Limits: PLAN_MISSING_MAX points are told, PLAN_VERSIONS_MAX plans of a case are looked at.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

struct record;
struct record_hooks;

#define PLAN_MISSING_MAX  60
#define PLAN_VERSIONS_MAX 200
#define PLAN_COMPONENTS   11

/*
 * Puts into a new plan of a case what is known: the place of return, the currency of the office,
 * the approaches that were chosen as actions, and the scores of the baseline interview.
 */
enum err plan_prefill(struct ctx *ctx, struct record *plan) MUST_USE;

/*
 * Puts into a new follow-up report of a case what the record says since the last finished one
 * (R-2.3.3-03): lines of the plan in force and steps, done and open; the newest scores beside the
 * baseline; changes; what was said in contacts. Only what the acting user may read; the worker
 * edits it.
 */
enum err report_prefill(struct ctx *ctx, struct record *report) MUST_USE;

/*
 * A new draft from a plan that is agreed or in force: its answers without signatures and what was
 * dropped, with the next version. The old one stays in force. ERR_CONFLICT: it is neither, or a
 * newer version is being prepared already. ERR_INVALID: no reason.
 */
enum err plan_amend(struct ctx *ctx, struct record **out, const char *id,
                    const char *reason) MUST_USE;

/*
 * Puts an agreed plan into force, and what it replaces out of it, in one transaction: there is
 * never a day without a plan. Gates as for any change of status. ERR_CONFLICT: it changed since.
 */
enum err plan_activate(struct ctx *ctx, const char *id, int64_t version) MUST_USE;

/* Before what a point has to be there. */
enum plan_step { STEP_SUBMIT, STEP_APPROVE, STEP_AGREE, STEP_FORCE, STEP_LATER };

struct plan_gap {
    enum plan_step step;
    const char *text;
    const char *field; /* of the form; NULL: another record is missing */
    const char *kind;  /* of that record; NULL = none */
};
/* What a plan still lacks, in the order of the steps. */
enum err plan_missing(struct ctx *ctx, struct plan_gap **out, size_t *len_out,
                      const struct record *plan) MUST_USE;

/* All versions of a case's plan that the acting user may see, the newest first. */
enum err plan_versions(struct ctx *ctx, struct record ***out, size_t *len_out,
                       const char *case_id) MUST_USE;
/* The plan that this one changes, with rows that go on under the ids of this one's, so that
 * record_diff finds them; *out NULL: it is the first. */
enum err plan_before(struct ctx *ctx, struct record **out, const struct record *plan) MUST_USE;

/* The eleven parts of R-2.3.2-01: code, and the field that says why there is no action. */
struct plan_component {
    const char *code;
    const char *without;
};
const struct plan_component *plan_components(void);
/* How often each part has an action, by place in plan_components. */
void plan_count_components(size_t *counts, const struct record *plan);

extern const struct record_hooks plan_hooks;

#endif
