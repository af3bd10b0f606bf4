#ifndef GUIDE_GUIDE_H
#define GUIDE_GUIDE_H

/*
 * The guide: help beside each screen. A page is content/guide/NAME.LANG.md in every shipped
 * language, the first line "# Title", the rest Markdown (guide_md.h). content/guide/pages.csv
 * lists them in order (guide, group), content/guide/screens.csv says which belongs to which screen:
 * the pattern of a route, with a form's name in place of {kind} where one kind has its own;
 * "POST /..." where the answer to a form is a screen of its own; guide "-" for what is no page.
 *
 * Pages become HTML once, at start: showing one costs a copy.
 *
 * Memory: the arena of guide_load, which must outlive the process's requests.
 * Limits: GUIDE_PAGES_MAX pages, GUIDE_TEXT_MAX bytes of HTML each.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"

#define GUIDE_PAGES_MAX 200
#define GUIDE_TEXT_MAX  ((size_t)64 * 1024)

enum guide_group { GUIDE_BASICS = 0, GUIDE_PEOPLE, GUIDE_WORK, GUIDE_NUMBERS, GUIDE_ADMIN };
#define GUIDE_GROUPS 5

/* A page in one language. */
struct guide_text {
    const char *title;
    const char *html; /* made by guide_md_html */
    size_t html_len;
    const char *words; /* title and text as plain small letters without accents, for the search */
};

struct guide_page {
    const char *name; /* [a-z][a-z0-9_]* */
    enum guide_group group;
};

/* Terms must be loaded. ERR_INVALID: a page without its file in a language, a title or a group; a
 * screen of an unknown page; a screen twice. The problem says where. */
enum err guide_load(struct ctx *ctx) MUST_USE;

/* All pages in order. */
const struct guide_page *guide_pages(size_t *len_out);
/* NULL if there is none. */
const struct guide_page *guide_find(const char *name);
/* English where the language has no text; never NULL for a page of guide_pages. */
const struct guide_text *guide_text_of(const struct guide_page *page, const char *lang);
/*
 * The page that belongs to a screen: method and pattern of its route, and the kind of record in its
 * path or NULL. NULL if none does.
 */
const struct guide_page *guide_of_screen(const char *method, const char *pattern, const char *kind);

/* A row of screens.csv; page is NULL for "-". */
struct guide_screen {
    const char *screen;
    const struct guide_page *page;
};
const struct guide_screen *guide_screens(size_t *len_out);

/* Whether every word of words stands in text; both as guide_fold makes them. */
bool guide_words_in(struct ctx *ctx, const char *text, const char *words);
/* Small letters without accents, each run of other characters as one space; for comparing. */
const char *guide_fold(struct arena *a, const char *text);

#endif
