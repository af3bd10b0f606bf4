#ifndef SURVEY_SURVEY_STORE_H
#define SURVEY_SURVEY_STORE_H

/* Inside of the survey room: the table of results. survey.h has what they mean. */

#include "records/records.h"
#include "survey/survey.h"

#define ENTRY_PAPER "paper" /* entry_mode: typed from paper afterwards */

/* Marks all results of an interview as no longer in force. Inside a transaction. */
enum err survey_store_withdraw(struct ctx *ctx, const char *rss_id) MUST_USE;
/* The results of an interview go to the person whose it is now; under the key that they have. */
enum err survey_store_move(struct ctx *ctx, const struct record *rss) MUST_USE;
/* Adds a result in force in place of the one before; gives it its id. Inside a transaction. */
enum err survey_store_add(struct ctx *ctx, struct survey_result *r,
                          const struct record *rss) MUST_USE;
/* Scores an interview with a profile and adds the result. Inside a transaction. ERR_INVALID: it
 * cannot be scored. */
enum err survey_store_score(struct ctx *ctx, const struct record *rec,
                            const struct profile *p) MUST_USE;
/* Whether all interviews that were there before a profile are scored with it. */
enum err survey_profile_done(struct ctx *ctx, bool *out, const struct profile *p) MUST_USE;
/* Whether the acting user may read interviews and their results. */
bool survey_may_read(const struct ctx *ctx);
/* RC-01: consent was given in the form that the place of the interview asks for. */
bool survey_gate_open(const struct record *rss);

#endif
