#ifndef FACTS_FACTS_WEB_H
#define FACTS_FACTS_WEB_H

/*
 * Pages of the statistics: a question is chosen at /facts, posted, and answered at /facts/{id}. For
 * programs the same at /api/facts: POST asks and answers with the table as JSON, GET with the same
 * parameters gives the table that was given out last, /api/facts/{id} one by its id. A table never
 * changes, so its id is its ETag.
 */

#include "facts/release.h"
#include "web/web.h"

extern const struct route facts_routes[];
extern const struct route facts_rounds_routes[]; /* /facts/rounds: scores as at two days */
extern const struct route facts_api_routes[];

/* Parameters of a question, and the question as it was sent. */
#define FACT_ASK_FIELDS                                                                            \
    { "form", INPUT_CODE }, { "row1", INPUT_TEXT }, { "row2", INPUT_TEXT },                        \
        { "col1", INPUT_TEXT }, { "col2", INPUT_TEXT }, { "measure", INPUT_CODE },                 \
        { "score", INPUT_TEXT }, { "period", INPUT_TEXT }, { "from", INPUT_TEXT },                 \
        { "to", INPUT_TEXT }, { "as_at", INPUT_TEXT }, { "filter1", INPUT_TEXT },                  \
        { "filter2", INPUT_TEXT },                                                                 \
    {                                                                                              \
        "filter3", INPUT_TEXT                                                                      \
    }

extern const char *const fact_filter_names[FACT_FILTERS];
struct fact_ask fact_ask_of(const struct req *req);

/* A table as JSON; what is hidden is null. */
enum err facts_json(struct ctx *ctx, struct res *res, const struct fact_release *r) MUST_USE;

#endif
