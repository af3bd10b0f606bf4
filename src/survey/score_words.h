#ifndef SURVEY_SCORE_WORDS_H
#define SURVEY_SCORE_WORDS_H

/*
 * Names and labels of a form as people and their programs write them: found whatever their upper
 * and lower case, kinds of spaces, quotes and dashes, vowel signs and marks of direction.
 *
 * Memory: the arena of words_new; texts are copied. Texts over WORDS_TEXT_MAX bytes are in no list.
 */

#include "core/arena.h"
#include "survey/feed.h"
#include "survey/profile.h"

#define WORDS_TEXT_MAX 2048
#define WORDS_NONE     (-1)
#define WORDS_MANY     (-2) /* the text stands for more than one thing */

struct words;

/* most: how many texts will be added. */
struct words *words_new(struct arena *a, size_t most);
/* NULL and empty texts are passed over; a text that is there for another id is WORDS_MANY. */
void words_add(struct words *w, const char *text, int id);
/* The name of a field and its label in every language. */
void words_add_label(struct words *w, const struct label *label, int id);
/* The id of a text, WORDS_NONE or WORDS_MANY. */
int words_find(const struct words *w, const char *text, size_t len);

/* The codes of a question with the labels of its choices; ids are places in q->codes. */
struct words *words_of_question(struct arena *a, const struct question *q);
/*
 * The ids in a text of several, one after another, separated by spaces, commas or semicolons: at
 * each place the longest. Returns how many, at most max; 0 = there is something that is none.
 */
size_t words_list(const struct words *w, const struct feed_cell *cell, int *ids, size_t max);

/* The text as it is compared, at most its own length; false over WORDS_TEXT_MAX. */
bool words_fold(const char *text, size_t len, char out[WORDS_TEXT_MAX], size_t *len_out);

#endif
