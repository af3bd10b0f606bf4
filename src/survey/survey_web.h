#ifndef SURVEY_SURVEY_WEB_H
#define SURVEY_SURVEY_WEB_H

/*
 * Pages of the survey: the part of a person's page with all rounds, the page of one result, and the
 * result as a PDF in the person's language.
 */

#include "records/records.h"
#include "web/web.h"

extern const struct route survey_routes[];

/*
 * The part "Reintegration scores" of a person's page; out->draw stays NULL where the acting user
 * may not read interviews. person was loaded by the acting user.
 */
enum err survey_person_detail(struct ctx *ctx, const struct record *person,
                              struct record_extra *out) MUST_USE;

#endif
