#ifndef PEOPLE_PEOPLE_WEB_H
#define PEOPLE_PEOPLE_WEB_H

#include "web/web.h"

/* /register, and what else is about people and is no record. */
extern const struct route people_routes[];

#endif
