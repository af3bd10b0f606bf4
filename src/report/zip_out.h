#ifndef REPORT_ZIP_OUT_H
#define REPORT_ZIP_OUT_H

/*
 * A zip that is written front to back: no work file, nothing to seek in, so it may go down a pipe,
 * and what passes through it lies nowhere but in the file asked for. Sizes stand behind each member
 * and in the directory at the end (APPNOTE 6.3, bit 3).
 *
 * Memory: an arena of its own, freed with ctx->arena; callers may rewind theirs between calls.
 * Errors: ERR_IO writing; ERR_LIMIT over 4 GB, in one member or in all.
 */

#include <stddef.h>

#include "core/ctx.h"

struct zip_out;

enum err zip_out_open(struct ctx *ctx, struct zip_out **out, int fd) MUST_USE;
/* Ends the member before, if any. name: [a-zA-Z0-9._/[]-], at most ZIP_NAME_MAX bytes. */
#define ZIP_NAME_MAX 255
enum err zip_out_begin(struct ctx *ctx, struct zip_out *z, const char *name) MUST_USE;
enum err zip_out_add(struct ctx *ctx, struct zip_out *z, const void *bytes, size_t len) MUST_USE;
/* Ends the last member and writes the directory. fd stays open. */
enum err zip_out_close(struct ctx *ctx, struct zip_out *z) MUST_USE;

/* All of it to a file or pipe. ERR_IO, told. */
enum err write_all(struct ctx *ctx, int fd, const void *bytes, size_t len) MUST_USE;

#endif
