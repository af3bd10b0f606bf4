#ifndef PEOPLE_PEOPLE_H
#define PEOPLE_PEOPLE_H

/*
 * People: what the record engine cannot know about content/forms/person.csv. How a person is called
 * and found (R-2.0-02), the code that stands for the person in statistics (R-5.1.1-06), checks
 * across fields, and when two records may be of one person.
 */

#include "records/records.h"

/* Given to records_use_hooks. */
extern const struct record_hooks people_hooks;
/* Registration of a family: one form, whose answers become people, household, returns, cases. */
extern const struct record_hooks registration_hooks;

/* Bytes of a beneficiary code before they are written as base 32: enough never to meet twice. */
#define PEOPLE_CODE_BYTES 10

#endif
