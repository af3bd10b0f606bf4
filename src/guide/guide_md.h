#ifndef GUIDE_GUIDE_MD_H
#define GUIDE_GUIDE_MD_H

/*
 * Markdown to HTML, for the guide. md4c finds the parts, we write them: headings (from h2 on),
 * paragraphs, lists, quotations, code, emphasis, links. There is no raw HTML, no image, no table:
 * what looks like one stays text. A link leads to a path of ours ("/...") or to https; any other
 * is shown as its text alone. The first time a key term occurs it is marked (terms.h).
 *
 * Errors: ERR_INVALID when md4c gives up; ERR_LIMIT beyond what out and words take.
 */

#include "core/buf.h"
#include "core/ctx.h"

#define GUIDE_MD_MAX ((size_t)64 * 1024) /* bytes of one text */

/* HTML to out, the text alone to words. lang is a language of the terms. */
enum err guide_md_html(struct ctx *ctx, struct buf *out, struct buf *words, const char *lang,
                       const char *markdown) MUST_USE;

/* Whether a link may stand in the guide. */
bool guide_md_link(const char *target);

#endif
