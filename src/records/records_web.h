#ifndef RECORDS_RECORDS_WEB_H
#define RECORDS_RECORDS_WEB_H

/* Screens and API of records, the start page, search results, import. */

#include "web/web.h"

extern const struct route records_routes[];
/* Which forms are in force, drafts, publishing (forms_web.c). */
extern const struct route forms_routes[];

#endif
