#ifndef PEOPLE_PEOPLE_WEB_H
#define PEOPLE_PEOPLE_WEB_H

#include "web/web.h"

/* /register, and what else is about people and is no record. */
extern const struct route people_routes[];
extern const struct route caseload_routes[]; /* /caseload: who carries how much */

struct record;
struct record_extra;
/* The part of a person's page: what was merged, and the way to look for duplicates. */
enum err people_detail(struct ctx *ctx, const struct record *rec,
                       struct record_extra *out) MUST_USE;

#endif
