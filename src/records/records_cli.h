#ifndef RECORDS_RECORDS_CLI_H
#define RECORDS_RECORDS_CLI_H

/*
 * Commands on records: homeward import, export, index. argv[0] is the command's name. ctx is open
 * and acts as a user, but for the index and for --help.
 */

#include "core/ctx.h"

enum err import_command(struct ctx *ctx, int argc, char **argv) MUST_USE;
enum err export_command(struct ctx *ctx, int argc, char **argv) MUST_USE;
enum err index_command(struct ctx *ctx, int argc, char **argv) MUST_USE;
/* For home_check_also: opens every file; ERR_INVALID names those that are damaged. */
enum err files_check(struct ctx *ctx) MUST_USE;

#endif
