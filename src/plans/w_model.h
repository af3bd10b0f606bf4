#ifndef PLANS_W_MODEL_H
#define PLANS_W_MODEL_H

/*
 * The W model (R-2.3.3-08, Annex 1.G): ups and downs since the return as the person tells them,
 * drawn as a line for each session, or for each alias of a group, one beside the other. The record
 * is content/forms/w_model.csv.
 *
 * Memory: ctx->arena. Errors: a case outside the acting user's scope is ERR_NOT_FOUND.
 * Limits: the newest W_SESSIONS_MAX sessions are shown, and CHART_SERIES_MAX lines drawn.
 */

#include "core/ctx.h"
#include "report/report.h"

struct record;

#define W_SESSIONS_MAX 24

/* All sessions of a case: the chart, what each point says, and how often ups and downs come. */
enum err w_model_document(struct ctx *ctx, struct document **out, const struct record *of) MUST_USE;
/* One session alone, as it stands on its own page. */
void w_model_session(struct ctx *ctx, struct document **out, const struct record *session);

#endif
