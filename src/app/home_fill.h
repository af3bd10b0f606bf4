#ifndef APP_HOME_FILL_H
#define APP_HOME_FILL_H

/* From blocks of the start page to what the template receives. */

#include "app/home_blocks.h"
#include "app/home_view.h"

/* *shown_out: false where the block is not for this user. */
enum err home_block_fill(struct ctx *ctx, struct home_block_view *out, bool *shown_out,
                         const struct home_block *block) MUST_USE;

#endif
