#ifndef GUIDE_TERMS_H
#define GUIDE_TERMS_H

/*
 * Key terms (R-A10-01): content/terms.csv, one row a term, with its name, other forms of it and a
 * definition in every language, and the source that stands behind it. They are shown at /terms, and
 * where one occurs in a text of a form or of the guide it is marked with a link there.
 *
 * Marking does not look for every term: the words of a text are looked up by their first letter in
 * an index that terms_load makes, so a text costs one pass, however many terms there are.
 *
 * Memory: terms live in the arena that terms_load is given, like all that is loaded at start.
 * Limits: TERMS_MAX terms, TERM_FORMS_MAX forms of one in a language, of at most TERM_LENGTH_MAX
 * letters.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

#define TERMS_MAX       256
#define TERM_FORMS_MAX  16
#define TERM_LENGTH_MAX 80

struct term {
    const char *code;   /* [a-z][a-z0-9_]*; the anchor at /terms */
    const char *name;   /* in the language asked for; English where there is none */
    const char *text;   /* the definition, the same way */
    const char *source; /* requirements, chapter of the Handbook */
    size_t place;       /* below TERMS_MAX */
};

/* Terms that were marked already: each is marked once a page or form. */
struct term_seen {
    uint64_t bits[TERMS_MAX / 64];
};

/* A place in a text, in bytes. */
struct term_hit {
    size_t at;
    size_t len;
    const struct term *term;
};

/* ERR_INVALID: a row without a code, an English name or a definition; a code twice; too many. */
enum err terms_load(struct ctx *ctx) MUST_USE;

/* All terms in a language, in the order of the file. */
const struct term *terms_all(const char *lang, size_t *len_out);

/*
 * The next term in text at or after from that is not in seen, as whole words in any case; puts it
 * into seen. The longest wins. In Arabic a word may begin with one of the letters that are written
 * on to it. False: there is none.
 */
bool terms_next(struct term_hit *out, const char *lang, const char *text, size_t from,
                struct term_seen *seen);

#endif
