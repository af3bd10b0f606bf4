#ifndef FACTS_FACTS_WEB_H
#define FACTS_FACTS_WEB_H

/* Pages of the statistics: a question is chosen at /facts, posted, and answered at /facts/{id}. */

#include "web/web.h"

extern const struct route facts_routes[];

#endif
