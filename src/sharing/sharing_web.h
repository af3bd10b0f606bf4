#ifndef SHARING_SHARING_WEB_H
#define SHARING_SHARING_WEB_H

/* Pages of consent and sharing: receipt, withdrawal in two clicks, what was given to whom. */

#include "records/records.h"
#include "sharing/sharing_view.h"
#include "web/web.h"

extern const struct route sharing_routes[];

/* Parts of the pages of a person, a case, a consent. */
enum err sharing_person_detail(struct ctx *ctx, const struct record *rec,
                               struct record_extra *out) MUST_USE;
enum err sharing_case_detail(struct ctx *ctx, const struct record *rec,
                             struct record_extra *out) MUST_USE;
enum err sharing_consent_detail(struct ctx *ctx, const struct record *rec,
                                struct record_extra *out) MUST_USE;

#endif
