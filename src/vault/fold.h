#ifndef VAULT_FOLD_H
#define VAULT_FOLD_H

/*
 * Folding of names for search across scripts and spellings: every script becomes Latin (our own
 * tables for Arabic, Ethiopic and the Indic scripts, ICU for the rest), then sounds, by the tables
 * in content/names/: letters.csv, particles.csv, variants.csv. Folding knows nothing of keys or
 * databases; the index hashes what it yields.
 *
 * How to search:
 * 1. Store fold_name(line, false) for each name line of a person (one line per script: the words
 *    of all its rows in order).
 * 2. Search with fold_name(words, true). Look up the FOLD_PAIR tokens first: each hit shares two
 *    names (or is a name of one word), so lists are short. If they yield fewer than FOLD_FEW, and
 *    always for one word: look up the other kinds too. Take the FOLD_CANDIDATES with the highest
 *    sums over the tokens they share (pair 30, exact 5, variant 4, sound 3, prefix 2).
 * 3. fold_line_make once for the words searched and once for each candidate's line (or lines);
 *    sort by fold_line_score; drop what is below FOLD_SCORE_MIN; show at most FOLD_RESULTS.
 *
 * Memory: ctx->arena; the tables live as long as the process (read once, from assets; immutable).
 * Errors: ERR_INTERNAL if ICU or a table fails; ERR_LIMIT for a line over FOLD_LINE_MAX bytes.
 * Limits: FOLD_WORDS_MAX words a line count, later ones are passed over; so are letters after
 * FOLD_WORD_MAX in a word.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"

enum fold_kind {
    FOLD_EXACT,   /* folded Latin word: "usman" */
    FOLD_VARIANT, /* name of the group in variants.csv that it belongs to, if any: "uthman" */
    FOLD_SOUND,   /* consonant key, same across scripts: "ASMN" */
    FOLD_PAIR,    /* two words of the line at once, each by group or sound, in either order; of a
                     line of one word, the word with nothing */
    FOLD_PREFIX   /* first 3 to 6 letters, for search while typing: "usm" */
};

struct fold_token {
    enum fold_kind kind;
    const char *text;
    size_t word; /* which word of the line it came from, from 0; of a pair, the first */
};

struct fold_tokens {
    struct fold_token *items;
    size_t len;
    size_t words; /* words in the line, particles not counted */
};

#define FOLD_TOKENS_MAX 256
#define FOLD_LINE_MAX   ((size_t)1024)
#define FOLD_WORDS_MAX  ((size_t)8)
#define FOLD_WORD_MAX   40
#define FOLD_FEW        20
#define FOLD_CANDIDATES 400
#define FOLD_RESULTS    25
/*
 * Measured by tests/support/measure_names.py: 100,000 invented people, 238 groups of spellings,
 * 676 searches for given and family name. Top 10: 99 %; with the family name spelled differently
 * too 98 %; one name alone 98 %; a second list of 104 groups the same. Among those shown are 5
 * people who bear other names, of one name alone 4.
 */
#define FOLD_SCORE_MIN 0.80

/* Reads the tables; called by the first use otherwise. Call before forking, to share them. */
enum err fold_init(struct ctx *ctx) MUST_USE;

/*
 * Tokens to store for a name line, or to search with: for_search gives FOLD_PREFIX only for the
 * last word, which may be unfinished. The same token is given once. A blank line gives none.
 */
enum err fold_name(struct ctx *ctx, struct fold_tokens *out, const char *line,
                   bool for_search) MUST_USE;
/* Lower-case Latin form of any text, words separated by single spaces: "عثمان" -> "athman". */
enum err fold_latin(struct ctx *ctx, const char **out, const char *text) MUST_USE;
/*
 * Phone: the last 9 digits, of any script's decimal digits, so that +221, 00221 and local forms
 * meet; all digits if there are fewer, "" if there are none.
 */
const char *fold_phone(struct ctx *ctx, const char *text);
/* Document or foreign number: upper case ASCII letters and digits, and other letters as they are.
 */
const char *fold_exact(struct ctx *ctx, const char *text);

/* A name line made ready to be compared many times; about 12 KB: rewind the arena between many. */
struct fold_line;
enum err fold_line_make(struct ctx *ctx, struct fold_line **out, const char *line) MUST_USE;
/* Words of it, particles not counted. */
size_t fold_line_words(const struct fold_line *line);
/*
 * How alike two name lines are, 0 to 1, the same in both directions and whatever the order of
 * words: 1 same words, above 0.9 known variants of each other. Words that only the longer line has
 * cost little, words that only the shorter has cost much. Where one line is a single word, all
 * lines that are that name alone come before those of which it is a part. Allocates nothing.
 */
double fold_line_score(const struct fold_line *a, const struct fold_line *b);
/* The same in one step. */
enum err fold_score(struct ctx *ctx, double *out, const char *line_a, const char *line_b) MUST_USE;

#endif
