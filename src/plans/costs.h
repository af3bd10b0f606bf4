#ifndef PLANS_COSTS_H
#define PLANS_COSTS_H

/*
 * Costs of plans for finance (R-A3-05, decisions.md section 9: FIN reads costs only): sums by
 * programme, fund, part of the plan, kind of assistance, office or quarter, always one currency
 * apart from the other. They come from cost_fact, which is written with the facts and leads back to
 * nobody; who may not see all offices is answered about the own office and those below it.
 *
 * Planned: plans that are not agreed yet. Committed: agreed, in force or ended. Spent: real costs.
 * A version that changes another plan counts once it is in force, what it replaced no more, so
 * nothing counts twice. What was dropped, or not done in a plan that ended, counts as what was
 * spent on it alone.
 *
 * Memory: ctx->arena. Errors: ERR_INVALID with the field; ERR_LIMIT over COST_LINES_MAX lines.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "facts/shape.h"

#define COST_LINES_MAX 2000
#define COST_NOT_KNOWN "-" /* as a filter: where nothing is written */

/* Writes the costs of a plan beside its facts. */
extern const struct fact_keep plan_costs_keep;

enum cost_dim {
    COST_BY_NOTHING,
    COST_BY_PROGRAMME,
    COST_BY_FUND,
    COST_BY_COMPONENT,
    COST_BY_ASSISTANCE,
    COST_BY_OFFICE,
    COST_BY_QUARTER,
    COST_DIMS
};
extern const char *const cost_dim_names[COST_DIMS]; /* "", "programme" ... */

/* "" = all; from and to as 2026-Q1. */
struct cost_ask {
    enum cost_dim by;
    enum cost_dim within;
    const char *programme;
    const char *fund;
    const char *component;
    const char *assistance;
    const char *currency;
    const char *from;
    const char *to;
};

/* Minor units of the currency. Ceilings only where whole plans are counted. */
struct cost_line {
    const char *by;
    const char *within; /* "" = nothing is written, or not asked for */
    const char *currency;
    int64_t planned;
    int64_t committed;
    int64_t spent;
    bool has_ceiling;
    int64_t ceiling;
    int64_t left; /* under the ceilings; below zero: over them */
    int64_t plans;
};

enum err costs_sum(struct ctx *ctx, struct cost_line **out, size_t *len_out,
                   const struct cost_ask *ask) MUST_USE;
/* Whether whole plans are counted: nothing is asked that only single costs know. */
bool costs_of_whole_plans(const struct cost_ask *ask);
/* Currencies that costs in the scope have. */
enum err costs_currencies(struct ctx *ctx, const char ***out, size_t *len_out) MUST_USE;
/* Decimals of the minor unit as cost_fact has it. */
int cost_decimals(const char *currency);

#endif
