#ifndef DEMO_DEMO_H
#define DEMO_DEMO_H

/*
 * The demo office: two offices of return, staff of every role, invented people of sixteen origins
 * with names in their own scripts, and their interviews over 18 months. Everybody is invented
 * (content/demo/); the same seed gives the same people every time.
 *
 * Demo accounts sign in from this machine only, and every page says that it is a demo.
 */

#include "core/ctx.h"

#define DEMO_PASSWORD "homeward-demo"
#define DEMO_PEOPLE   500

/* homeward demo --database FILE */
enum err demo_command(struct ctx *ctx, int argc, char **argv) MUST_USE;

#endif
