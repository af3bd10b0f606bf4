#ifndef WEB_PAGES_H
#define WEB_PAGES_H

#include "web/web.h"

/* /login, /logout, /language. */
extern const struct route web_routes[];

#endif
