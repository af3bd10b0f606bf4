#ifndef SURVEY_FEED_ZIP_H
#define SURVEY_FEED_ZIP_H

/*
 * The main table of a zipped export as the bytes of a feed, unpacked as it is read: nothing of it
 * lies on the disk, and memory stays the same however large it is. ODK Central packs FORM.csv with
 * a FORM-REPEAT.csv for each repeat and the media folder; the main table is the CSV whose name all
 * others begin with. A CSV alone is it whatever its name.
 *
 * Errors, with the name of the file: ERR_INVALID no zip, no table or more than one that could be
 * meant, encrypted; while reading, what does not unpack or whose checksum is wrong.
 * Memory: ctx->arena, and libzip's own until feed_zip_close.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/ctx.h"

struct feed_zip;

bool feed_zip_named(const char *path); /* its name ends in .zip */
/* Whether a file is to be read so: it is named so, or it is a zip and no workbook. */
bool feed_zip_is(const char *path);
/* Nothing is unpacked yet. */
enum err feed_zip_open(struct ctx *ctx, struct feed_zip **out, const char *path) MUST_USE;
/* At most room bytes; 0 = the end, where the checksum was right; -1 = it does not unpack. */
ssize_t feed_zip_read(struct feed_zip *z, char *bytes, size_t room);
/* Of the file and the table in it: "export.zip/rss.csv". */
const char *feed_zip_name(const struct feed_zip *z);
void feed_zip_close(struct feed_zip *z);

#endif
