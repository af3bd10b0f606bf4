#ifndef APP_FAMILY_VIEW_H
#define APP_FAMILY_VIEW_H

/* What the page of a household shows of its people: each with the cases one may open. */

#include <stddef.h>

#include "web/web.h"

struct family_case_view {
    const char *number;
    const char *status;
    const char *code; /* of the status */
    struct url link;
};

struct family_person_view {
    const char *name;
    struct url link;
    const struct family_case_view *cases;
    size_t cases_len;
    struct url add; /* text NULL = a case may not be opened */
};

struct family_part_view {
    const struct family_person_view *people;
    size_t people_len;
};

#endif
