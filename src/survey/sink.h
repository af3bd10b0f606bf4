#ifndef SURVEY_SINK_H
#define SURVEY_SINK_H

/*
 * An output file that is there whole or not at all: written under another name beside it and
 * renamed at the end. What is no regular file (a pipe, /dev/stdout) is written directly.
 *
 * Errors: ERR_IO could not be made, written or renamed; the problem names the file. The first
 * failure sticks and is returned by sink_commit.
 * Memory: ctx->arena. What is not committed is removed when the arena ends.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

struct sink;

enum err sink_open(struct ctx *ctx, struct sink **out, const char *path) MUST_USE;
/* One that keeps everything in memory, for sink_taken. */
struct sink *sink_memory(struct ctx *ctx);
/* What was added since the last time; valid until more is added. */
const char *sink_taken(struct sink *s, size_t *len_out);
/* Writes what is kept back. */
void sink_flush(struct sink *s);
/* Whether bytes can be put at any place of it; so not a pipe. */
bool sink_has_places(const struct sink *s);
/* Puts bytes at a place of the file; nothing is kept back, and sink_add may not follow. */
void sink_put(struct sink *s, int64_t at, const char *bytes, size_t len);
/* Bytes added so far, without those of sink_put. */
int64_t sink_length(const struct sink *s);
/* What is added goes behind byte at of a file that has places; nothing is kept back. */
void sink_seek(struct sink *s, int64_t at);
/* ERR_IO, with the problem, once writing has failed. */
enum err sink_check(struct ctx *ctx, const struct sink *s) MUST_USE;
void sink_add(struct sink *s, const char *bytes, size_t len);
void sink_text(struct sink *s, const char *text);
void sink_int(struct sink *s, int64_t n);
/* A cell, quoted only where CSV asks for it, so that it reads back byte for byte. */
void sink_cell(struct sink *s, const char *bytes, size_t len);
/* Writes what is left and closes; with sink_publish after it the file appears. */
enum err sink_finish(struct ctx *ctx, struct sink *s) MUST_USE;
enum err sink_publish(struct ctx *ctx, struct sink *s) MUST_USE;
/* Whether the path is the file that fd reads from. */
bool sink_is_file(const char *path, int fd);

#endif
