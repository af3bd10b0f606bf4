#ifndef SUPPORT_SURVEY_FIXTURE_H
#define SUPPORT_SURVEY_FIXTURE_H

/* The fixture of people with the survey: scoring profiles, and results of interviews. */

#include "people/people.h"
#include "people_fixture.h"
#include "survey/survey.h"

static inline int interview_setup(void **state)
{
    static const struct record_hooks *const hooks[] = { &people_hooks, &survey_hooks, NULL };
    int rc = people_setup(state);

    if (rc)
        return rc;
    load_lasting(*state, profiles_load);
    records_use_hooks(hooks);
    return 0;
}

#endif
