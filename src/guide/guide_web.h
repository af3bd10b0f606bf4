#ifndef GUIDE_GUIDE_WEB_H
#define GUIDE_GUIDE_WEB_H

/* Pages of the guide and of the key terms, open to everyone, and the link to help on each screen.
 */

#include "web/web.h"

extern const struct route guide_routes[];

/* Given to struct web. */
void guide_help(struct ctx *ctx, const char *method, const char *pattern, const char *kind,
                struct nav_place *out);

#endif
