#ifndef PLANS_PLANS_WEB_H
#define PLANS_PLANS_WEB_H

/* Pages of the grid and of plans, and what stands of both on the pages of cases and of plans. */

#include "plans/grid.h"
#include "plans/plans_view.h"
#include "records/records.h"
#include "report/report.h"
#include "web/web.h"

extern const struct route grid_routes[];
extern const struct route plans_routes[];
extern const struct route report_routes[];
extern const struct route plan_sign_routes[];
extern const struct route steps_routes[];   /* /cases/{id}/steps */
extern const struct route w_model_routes[]; /* /cases/{id}/w */
extern const struct record_hooks w_model_hooks;
extern const struct record_hooks cash_sheet_hooks; /* approved: ERR_CONFLICT to change it */
extern const struct route cost_routes[];           /* /costs: sums for finance */

/* A plan with what it belongs to. */
struct plan_opened {
    struct record *plan;
    struct record *of;     /* the case */
    struct record *person; /* NULL: the role may not see people */
};
enum err plan_open(struct ctx *ctx, struct plan_opened *o, const char *id) MUST_USE;
const char *plan_title(struct ctx *ctx, const struct record *plan);
struct url plan_url(struct ctx *ctx, const struct record *plan);
/* The page of a plan; status other than 200: with the first problem of ctx. */
enum err plan_show(struct ctx *ctx, struct res *res, int status, const char *id,
                   const char *reason) MUST_USE;
/* Signatures, why it was sent back, the copy: parts of that page. */
enum err plan_approvals_fill(struct ctx *ctx, struct plan_page_view *page,
                             const struct plan_opened *o) MUST_USE;

/* The panel of what is known of the person; grid as opened by grid_case_load. */
enum err inputs_fill(struct ctx *ctx, struct inputs_panel_view *out,
                     const struct grid_case *grid) MUST_USE;

/* The part of a case's page. */
enum err plans_case_detail(struct ctx *ctx, const struct record *rec,
                           struct record_extra *out) MUST_USE;

/* Another part of a case's page: logging a contact, reports that are written from the record. */
enum err follow_case_detail(struct ctx *ctx, const struct record *rec,
                            struct record_extra *out) MUST_USE;

/* The part of a plan's own record: the way to the whole of it. */
enum err plan_detail(struct ctx *ctx, const struct record *rec, struct record_extra *out) MUST_USE;

/* --- words, shared by the page and the print of the grid --- */

const char *grid_choice_label(struct ctx *ctx, const char *kind, const char *field,
                              const char *code);
const char *grid_scenario_label(struct ctx *ctx, const char *code);
const char *grid_level_title(struct ctx *ctx, int level);
const char *grid_suggestion(struct ctx *ctx, enum grid_outcome o); /* "Suggested" ... */
const char *grid_outcome_text(struct ctx *ctx, const struct grid_finding *f);
const char *grid_kind_text(struct ctx *ctx, const struct grid_criterion *c);
const char *grid_source(struct ctx *ctx, const struct grid_finding *f); /* NULL = nobody's */
const char *grid_situation_state(struct ctx *ctx, const struct grid_situation *s);
const char *grid_sums(struct ctx *ctx, const struct grid_result *r);
const char *grid_useful(struct ctx *ctx, const struct grid_row *row);
/* A title of a case that people know. */
const char *plans_case_title(struct ctx *ctx, const struct record *rec);

/* What programs get: codes of situations, approaches, criteria, answers. */
enum err grid_reply_json(struct ctx *ctx, struct res *res, const struct grid_case *c) MUST_USE;
/* The whole grid of a case as a report. */
enum err grid_document(struct ctx *ctx, struct document **out, const struct grid_case *c) MUST_USE;

#endif
