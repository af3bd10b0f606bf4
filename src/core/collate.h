#ifndef CORE_COLLATE_H
#define CORE_COLLATE_H

/*
 * The order in which a reader looks for words: the alphabet of a language, with its case and marks
 * where that language has them (ICU). Collators are opened once for each language of a process.
 */

#include "core/ctx.h"

/*
 * What sorts a text in the alphabet of ctx->lang: keys compare by strcmp. The text itself if ICU
 * cannot. Memory: ctx->arena.
 */
const char *collate_key(struct ctx *ctx, const char *text);

#endif
