#ifndef RECORDS_RECORDS_WEB_H
#define RECORDS_RECORDS_WEB_H

/* Screens and API of records, the start page, search results, import. */

#include "web/web.h"

extern const struct route records_routes[];

#endif
