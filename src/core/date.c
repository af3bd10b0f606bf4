#include "core/date.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "core/text.h"

#define DAY_MS        ((int64_t)86400000)
#define MOMENT_MIN    ((int64_t)-62135596800000) /* 0001-01-01T00:00:00.000Z */
#define MOMENT_MAX    ((int64_t)253402300799999) /* 9999-12-31T23:59:59.999Z */
#define ZONE_NAME_MAX 64
#define ZONES_KEPT    16
#define SPANS_KEPT    4      /* of a zone: two years of summer time */
#define DAYS_TO_1970  719468 /* from 0000-03-01, where a cycle of 400 years begins */
#define DAYS_IN_CYCLE 146097

struct ymd {
    int year;
    int month;
    int day;
};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Exactly n digits. */
static bool read_digits(const char *s, int n, int *out)
{
    int value = 0;

    for (int i = 0; i < n; i++) {
        if (!ascii_is_digit(s[i]))
            return false;
        value = value * 10 + (s[i] - '0');
    }
    *out = value;
    return true;
}

/* The first ten characters; what follows is the caller's business. */
static bool read_date(const char *s, struct ymd *out)
{
    struct ymd d = { 0 };

    if (!s || !read_digits(s, 4, &d.year) || s[4] != '-' || !read_digits(s + 5, 2, &d.month) ||
        s[7] != '-' || !read_digits(s + 8, 2, &d.day))
        return false;
    if (d.year < 1 || d.month < 1 || d.month > 12 || d.day < 1 ||
        d.day > month_days(d.year, d.month))
        return false;
    *out = d;
    return true;
}

static bool read_whole_date(const char *s, struct ymd *out)
{
    return read_date(s, out) && s[10] == '\0';
}

/* Years begin in March here, so that the leap day is the last day of a year. */
static int64_t days_of(struct ymd d)
{
    int64_t year = d.month <= 2 ? d.year - 1 : d.year;
    int64_t cycle = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_cycle = year - cycle * 400;
    int64_t day_of_year = (153 * (d.month > 2 ? d.month - 3 : d.month + 9) + 2) / 5 + d.day - 1;

    return cycle * DAYS_IN_CYCLE + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 +
           day_of_year - DAYS_TO_1970;
}

static struct ymd ymd_of(int64_t days)
{
    struct ymd d;

    days += DAYS_TO_1970;
    int64_t cycle = (days >= 0 ? days : days - (DAYS_IN_CYCLE - 1)) / DAYS_IN_CYCLE;
    int64_t day = days - cycle * DAYS_IN_CYCLE;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * day_of_year + 2) / 153;

    d.day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    d.month = (int)(month < 10 ? month + 3 : month - 9);
    d.year = (int)(year + cycle * 400 + (d.month <= 2));
    return d;
}

bool date_valid(const char *s)
{
    struct ymd d;

    return read_whole_date(s, &d);
}

bool date_to_days(const char *s, int64_t *out)
{
    struct ymd d;

    if (!read_whole_date(s, &d))
        return false;
    *out = days_of(d);
    return true;
}

char *date_from_days(struct arena *a, int64_t days)
{
    struct ymd d;

    if (days < MOMENT_MIN / DAY_MS || days > MOMENT_MAX / DAY_MS)
        return NULL;
    d = ymd_of(days);
    return arena_printf(a, "%04d-%02d-%02d", d.year, d.month, d.day);
}

char *date_add_months(struct arena *a, const char *date, int months)
{
    struct ymd d;
    int64_t total;

    if (!read_whole_date(date, &d))
        return NULL;
    total = (int64_t)d.year * 12 + d.month - 1 + months;
    if (total < 12 || total >= INT64_C(10000) * 12)
        return NULL;
    d.year = (int)(total / 12);
    d.month = (int)(total % 12) + 1;
    if (d.day > month_days(d.year, d.month))
        d.day = month_days(d.year, d.month);
    return arena_printf(a, "%04d-%02d-%02d", d.year, d.month, d.day);
}

int date_age(const char *birth, const char *day)
{
    struct ymd b;
    struct ymd d;
    int years;

    if (!read_whole_date(birth, &b) || !read_whole_date(day, &d))
        return -1;
    years = d.year - b.year;
    if (d.month < b.month || (d.month == b.month && d.day < b.day))
        years--;
    return years < 0 ? -1 : years;
}

static int64_t within(int64_t ms)
{
    if (ms < MOMENT_MIN)
        return MOMENT_MIN;
    return ms > MOMENT_MAX ? MOMENT_MAX : ms;
}

/* Splits into a date and the milliseconds of the day, rounding towards the past. */
static struct ymd split_moment(int64_t ms, int *of_day_out)
{
    int64_t days = ms / DAY_MS;
    int64_t rest = ms % DAY_MS;

    if (rest < 0) {
        rest += DAY_MS;
        days--;
    }
    *of_day_out = (int)rest;
    return ymd_of(days);
}

char *moment_text(struct arena *a, int64_t ms)
{
    int t;
    struct ymd d = split_moment(within(ms), &t);

    return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", d.year, d.month, d.day,
                        t / 3600000, t / 60000 % 60, t / 1000 % 60, t % 1000);
}

/* A fraction of 1 to 9 decimals after the point; moves *p. Digits beyond the third are dropped. */
static bool read_fraction(const char **p, int *ms_out)
{
    int ms = 0;
    int n = 0;

    if (**p != '.') {
        *ms_out = 0;
        return true;
    }
    for ((*p)++; ascii_is_digit(**p); (*p)++, n++)
        if (n < 3)
            ms = ms * 10 + (**p - '0');
    if (n < 1 || n > 9)
        return false;
    for (; n < 3; n++)
        ms *= 10;
    *ms_out = ms;
    return true;
}

/* Z, or +HH:MM up to 14 hours, to the end of the text. */
static bool read_offset(const char *s, int64_t *ms_out)
{
    int hours;
    int minutes;

    if (strcmp(s, "Z") == 0) {
        *ms_out = 0;
        return true;
    }
    if ((*s != '+' && *s != '-') || !read_digits(s + 1, 2, &hours) || s[3] != ':' ||
        !read_digits(s + 4, 2, &minutes) || s[6] != '\0')
        return false;
    if (minutes > 59 || hours * 60 + minutes > 14 * 60)
        return false;
    *ms_out = (int64_t)(hours * 60 + minutes) * (*s == '-' ? -60000 : 60000);
    return true;
}

bool moment_parse(const char *s, int64_t *out)
{
    struct ymd d;
    int hour;
    int minute;
    int second;
    int fraction;
    int64_t offset;
    int64_t ms;

    if (!read_date(s, &d) || s[10] != 'T' || !read_digits(s + 11, 2, &hour) || s[13] != ':' ||
        !read_digits(s + 14, 2, &minute) || s[16] != ':' || !read_digits(s + 17, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    s += 19;
    if (!read_fraction(&s, &fraction) || !read_offset(s, &offset))
        return false;
    ms = days_of(d) * DAY_MS + ((int64_t)hour * 3600 + (int64_t)minute * 60 + second) * 1000 +
         fraction - offset;
    if (ms != within(ms))
        return false;
    *out = ms;
    return true;
}

/* A time during which clocks were not changed. */
struct span {
    int64_t from;
    int64_t to; /* not of it */
    int32_t offset;
};

struct zone {
    char name[ZONE_NAME_MAX];
    UCalendar *calendar; /* NULL: unknown, so UTC */
    struct span spans[SPANS_KEPT];
    size_t spans_next;
};

static UCalendar *open_calendar(const char *name)
{
    UChar id[ZONE_NAME_MAX];
    UErrorCode status = U_ZERO_ERROR;
    UCalendar *calendar;

    u_uastrcpy(id, name);
    calendar = ucal_open(id, -1, "en@calendar=gregorian", UCAL_DEFAULT, &status);
    return U_SUCCESS(status) ? calendar : NULL;
}

static bool plain_zone_name(const char *s)
{
    size_t len = 0;

    for (; s[len]; len++)
        if (!ascii_is_alpha(s[len]) && !ascii_is_digit(s[len]) && !strchr("/_+-", s[len]))
            return false;
    return len > 0 && len < ZONE_NAME_MAX;
}

/* Opening a calendar costs far more than asking one: the last few are kept for the process. */
static struct zone *zone_of(const char *name)
{
    static struct zone kept[ZONES_KEPT];
    static size_t kept_len;
    static size_t oldest;
    struct zone *z;

    for (size_t i = 0; i < kept_len; i++)
        if (strcmp(kept[i].name, name) == 0)
            return &kept[i];

    if (kept_len < ZONES_KEPT) {
        z = &kept[kept_len++];
    } else {
        z = &kept[oldest++ % ZONES_KEPT];
        if (z->calendar)
            ucal_close(z->calendar);
    }
    *z = (struct zone){ .calendar = open_calendar(name) };
    memcpy(z->name, name, strlen(name) + 1);
    return z;
}

/* When clocks were changed before a moment, or will be after it; never, if they were not. */
static int64_t change_at(UCalendar *calendar, UTimeZoneTransitionType which, int64_t never,
                         UErrorCode *status)
{
    UDate at = 0;

    return ucal_getTimeZoneTransitionDate(calendar, which, &at, status) ? (int64_t)at : never;
}

/* Asking a calendar costs more than all else that a page does with a moment. */
static int32_t ask_offset(struct zone *z, int64_t ms)
{
    struct span *span = &z->spans[z->spans_next++ % SPANS_KEPT];
    UErrorCode status = U_ZERO_ERROR;
    struct span known = { 0 };

    ucal_setMillis(z->calendar, (UDate)ms, &status);
    known.offset = ucal_get(z->calendar, UCAL_ZONE_OFFSET, &status);
    known.offset += ucal_get(z->calendar, UCAL_DST_OFFSET, &status);
    if (U_FAILURE(status))
        return 0;
    known.from = change_at(z->calendar, UCAL_TZ_TRANSITION_PREVIOUS_INCLUSIVE, INT64_MIN, &status);
    known.to = change_at(z->calendar, UCAL_TZ_TRANSITION_NEXT, INT64_MAX, &status);
    if (U_SUCCESS(status))
        *span = known;
    return known.offset;
}

int64_t moment_offset_ms(int64_t ms, const char *time_zone)
{
    struct zone *z;

    if (!time_zone || !plain_zone_name(time_zone))
        return 0;
    z = zone_of(time_zone);
    for (size_t i = 0; i < SPANS_KEPT; i++)
        if (ms >= z->spans[i].from && ms < z->spans[i].to)
            return z->spans[i].offset;
    return z->calendar ? ask_offset(z, ms) : 0;
}

static int64_t local_ms(int64_t ms, const char *time_zone)
{
    ms = within(ms);
    return within(ms + moment_offset_ms(ms, time_zone));
}

/* n of so many digits at the most, with zeros before it. */
static void put_digits(char *to, int n, int digits)
{
    while (digits-- > 0) {
        to[digits] = (char)('0' + n % 10);
        n /= 10;
    }
}

char *moment_date(struct arena *a, int64_t ms, const char *time_zone)
{
    int t;
    struct ymd d = split_moment(local_ms(ms, time_zone), &t);
    char *text = arena_strndup(a, "0000-00-00", sizeof("0000-00-00") - 1);

    put_digits(text, d.year, 4);
    put_digits(text + 5, d.month, 2);
    put_digits(text + 8, d.day, 2);
    return text;
}

char *moment_local(struct arena *a, int64_t ms, const char *time_zone)
{
    int t;
    struct ymd d = split_moment(local_ms(ms, time_zone), &t);

    return arena_printf(a, "%04d-%02d-%02d %02d:%02d", d.year, d.month, d.day, t / 3600000,
                        t / 60000 % 60);
}

int64_t clock_now_ms(void)
{
    struct timespec t = { 0 };

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_monotonic_us(void)
{
    struct timespec t = { 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
