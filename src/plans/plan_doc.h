#ifndef PLANS_PLAN_DOC_H
#define PLANS_PLAN_DOC_H

/*
 * A plan as a report, in the order of the template of Annex 3 (R-A3-10): on the page, and as the
 * PDF that the person keeps. Headings and choices are in ctx->lang, what people wrote is as they
 * wrote it. Memory: ctx->arena.
 */

#include "records/records.h"
#include "report/report.h"

/* rec is the plan, of its case, person (NULL: not to be named). */
enum err plan_document(struct ctx *ctx, struct document **out, const struct record *plan,
                       const struct record *of, const struct record *person) MUST_USE;

/*
 * What was planned beside what happened: actions by dimension with owner, provider, due date,
 * status and costs, totals by currency and fund, use of the ceiling. Names nobody.
 */
void plan_done_document(struct ctx *ctx, struct document **out, const struct record *plan,
                        const struct record *of);

/* Totals of all costs, one for each currency: "1250 EUR · 300000 XOF"; "" if there are none. */
const char *plan_totals(struct ctx *ctx, const struct record *plan);

#endif
