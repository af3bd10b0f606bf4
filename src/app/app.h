#ifndef APP_APP_H
#define APP_APP_H

/*
 * Where the rooms meet: their routes, hooks and job kinds in one place, and the roles of the
 * processes. main.c picks one of these; nothing below knows it.
 */

#include "core/ctx.h"

struct home;

/* Loads what is in the program and never changes: roles, forms, scoring profiles; sets hooks. */
enum err app_load(struct ctx *ctx) MUST_USE;
/* After home_open: tables of the forms; needed by every command that touches records. */
enum err app_prepare(struct ctx *ctx) MUST_USE;

struct web;
/* All routes and the navigation. */
const struct web *app_web(void);

/* homeward serve */
enum err serve_command(struct ctx *ctx, int argc, char **argv) MUST_USE;

/*
 * A command on an open database: opens the one named by --database, runs with the same words,
 * writes the access log, flushes. as_user: acts as --as NAME, with that user's rights (in a demo:
 * as the demo supervisor if none is named); commands that open personal data do.
 */
enum err home_command(struct ctx *ctx, int argc, char **argv, bool as_user,
                      enum err (*run)(struct ctx *ctx, int argc, char **argv)) MUST_USE;

#endif
