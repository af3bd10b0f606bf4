#ifndef RULES_RULES_WEB_H
#define RULES_RULES_WEB_H

/* Pages of rules: tasks, all rules, and what rules say of a case on its page. */

#include "records/records.h"
#include "web/web.h"

extern const struct route rules_routes[];
/* Given to records_use_hooks: what stands on the page of a case. */
extern const struct record_hooks rules_case_hooks;

#endif
