#ifndef CORE_TR_LOCALE_H
#define CORE_TR_LOCALE_H

/*
 * What tr.c needs to know about a language: its catalogue and what ICU knows of it. Read-only data
 * of the process, made on first use and made again when the assets change.
 */

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"

struct language;

/* "en" when code is NULL or has no catalogue. */
struct language *language_find(const char *code);
const char *language_code(const struct language *l);
/* The translation, or NULL. */
const char *language_lookup(const struct language *l, const char *english);
/* CLDR's plural keyword for n: zero, one, two, few, many, other. */
const char *language_plural(struct language *l, int64_t n, char *out, size_t size);
/* Medium date of YYYY-MM-DD; the text itself if it is not a date. */
const char *language_date(struct language *l, struct arena *a, const char *date);
enum language_name { LANGUAGE_MONTH, LANGUAGE_DAY };
/* Short name of the month or the day of the week; "" if it is not a date. */
const char *language_date_name(struct language *l, struct arena *a, const char *date,
                               enum language_name name);
/* Medium date and short time of milliseconds that already are local time. */
const char *language_moment(struct language *l, struct arena *a, int64_t local_ms);
const char *language_decimal(struct language *l, struct arena *a, double d, int decimals);

#endif
