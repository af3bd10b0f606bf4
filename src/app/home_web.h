#ifndef APP_HOME_WEB_H
#define APP_HOME_WEB_H

/* The start page by role, keyboard shortcuts, and what stands around every page. */

#include "web/web.h"

extern const struct route home_routes[];

/* Given to struct web: lists of kinds, search box. */
void app_frame(struct ctx *ctx, struct frame *out);

#endif
