#ifndef CORE_TR_H
#define CORE_TR_H

/*
 * Translation. The English text is the key; catalogues are compiled from content/i18n/LANG.po to
 * .mo and carried inside the program; a text without translation appears in English, its dates and
 * plurals by the rules of ctx->lang.
 *
 * Patterns are ICU messages with numbered arguments: "Case {0} is closed.",
 * "{0, plural, one {# task is} other {# tasks are}} open in case {1}.". Only {n}, {n, plural, ...}
 * and {n, select, ...} are used; n counts from 0, plural takes TR_INT, select takes TR_TEXT, and
 * both need the branch other. Numbers stand without separators of thousands. An apostrophe is a
 * plain character. Digits are Western in all shipped languages (the Maghreb's habit, and case
 * numbers stay readable by everyone).
 * A translation that is malformed gives way to the English text, and a malformed English text is
 * shown as it is written.
 * Memory: the result lives in ctx->arena, or is a constant when the text has no argument.
 */

#include <stdbool.h>
#include <stdint.h>

struct ctx;

enum tr_kind { TR_END = 0, TR_KIND_TEXT, TR_KIND_INT, TR_KIND_DATE };

struct tr_arg {
    enum tr_kind kind;
    const char *text;
    int64_t n;
};

#define TR_TEXT(s) ((struct tr_arg){ .kind = TR_KIND_TEXT, .text = (s) })
#define TR_INT(i)  ((struct tr_arg){ .kind = TR_KIND_INT, .n = (i) })
/* A date YYYY-MM-DD, written as the language does in its medium form. */
#define TR_DATE(s) ((struct tr_arg){ .kind = TR_KIND_DATE, .text = (s) })

const char *tr_args(struct ctx *ctx, const char *english, const struct tr_arg *args);

/* tr(ctx, "Close case {0}", TR_TEXT(number)); the arguments end by themselves. */
#define tr(ctx, ...) TR_PICK_(ctx, __VA_ARGS__, (struct tr_arg){ 0 })
#define TR_PICK_(ctx, english, ...)                                                                \
    tr_args((ctx), (english), (const struct tr_arg[]){ __VA_ARGS__ })

/* A text marked for translation where ctx is not at hand; pass it to tr_args later. */
#define N_(english) (english)

/* Languages the program has a catalogue for, "en" first; ends with NULL. */
const char *const *tr_languages(void);
bool tr_has_language(const char *lang);
/* "rtl" or "ltr", by the language's script (ICU). */
const char *tr_direction(const char *lang);
/* The language's own name: English, Français, Español, العربية. */
const char *tr_language_name(const char *lang);
/* Best of tr_languages for an Accept-Language value; "en" if none fits. */
const char *tr_pick_language(const char *accept_language);

/* A date in the language's medium form (22 Nov 2026); the text itself if it is not a date. */
const char *tr_date(struct ctx *ctx, const char *date);
/* Short names of the month and of the day of the week of a date: Nov, Sun; "" if it is none. */
const char *tr_month_short(struct ctx *ctx, const char *date);
const char *tr_day_short(struct ctx *ctx, const char *date);
/* A moment in the language and ctx->time_zone, medium date and short time. */
const char *tr_moment(struct ctx *ctx, int64_t ms);
/*
 * A number with the language's decimal sign and separators of thousands, a fixed number of decimals
 * (0 to 15; half is rounded away from zero), Western digits.
 */
const char *tr_decimal(struct ctx *ctx, double d, int decimals);

#endif
