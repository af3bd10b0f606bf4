#ifndef CORE_DATE_H
#define CORE_DATE_H

/*
 * Dates and times. A date is text YYYY-MM-DD (proleptic Gregorian, years 1 to 9999); a moment is
 * milliseconds since 1970 UTC. Today is the date in the office's time zone: ctx_today.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"

bool date_valid(const char *s);
/* Days since 1970-01-01 of a valid date. */
bool date_to_days(const char *s, int64_t *out);
/* NULL outside years 1 to 9999. */
char *date_from_days(struct arena *a, int64_t days);
/* Calendar months later; 31 January + 1 month = last day of February. NULL for what is not a
 * date, or falls outside years 1 to 9999. */
char *date_add_months(struct arena *a, const char *date, int months);
/* Whole years from birth to day, by calendar; -1 if either is not a date, or day is
 * before birth. Who was born on 29 February is a year older on 1 March of other years. */
int date_age(const char *birth, const char *day);

/* 2026-11-22T05:56:46.123Z and back; moments outside years 1 to 9999 are written as the nearest. */
char *moment_text(struct arena *a, int64_t ms);
/* Also reads 1 to 9 decimals or none, and an offset such as +02:00 for the Z. */
bool moment_parse(const char *s, int64_t *out);
/* Date of a moment in a time zone (IANA name; unknown names count as UTC). */
char *moment_date(struct arena *a, int64_t ms, const char *time_zone);
/* Date and time of a moment in a time zone, 2026-11-22 05:56. */
char *moment_local(struct arena *a, int64_t ms, const char *time_zone);

/* What a time zone adds to UTC at a moment; 0 for unknown names. */
int64_t moment_offset_ms(int64_t ms, const char *time_zone);

/* The wall clock; only main, web and tests call it, everyone else reads ctx->now_ms. */
int64_t clock_now_ms(void);
/* Monotonic, for measuring only. */
int64_t clock_monotonic_us(void);

#endif
