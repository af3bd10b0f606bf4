#ifndef APP_FAMILY_PART_H
#define APP_FAMILY_PART_H

/*
 * The people of a household and their cases, on the page of the household: from a family that was
 * just registered, one click leads to each case. Shows only what the reader may open.
 */

#include "records/records.h"

enum err family_detail(struct ctx *ctx, const struct record *rec,
                       struct record_extra *out) MUST_USE;

#endif
