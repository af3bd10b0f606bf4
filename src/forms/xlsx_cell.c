#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/text.h"
#include "forms/xlsx_inner.h"

/* What stands in cells: numbers, and dates, which are numbers that a format shows as dates. */

#define DAY_SECONDS   86400
#define SERIAL_MAX    2958466  /* the day after 9999-12-31 in the system of 1900 */
#define EPOCH_1900    (-25569) /* days from 1970-01-01 to 1899-12-30 */
#define EPOCH_1904    (-24107) /* to 1904-01-01 */
#define EXACT_INTEGER 9007199254740992.0

/* --- formats --- */

enum xlsx_format format_builtin(int64_t id)
{
    if (id == 22)
        return SHOW_DATETIME;
    if (id == 46)
        return SHOW_ELAPSED;
    if ((id >= 18 && id <= 21) || id == 45 || id == 47 || (id >= 32 && id <= 35))
        return SHOW_TIME;
    if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 58))
        return SHOW_DATE;
    return SHOW_NUMBER;
}

/* The letters y m d h s of a format code in their order, each run of them once. */
struct letters {
    char runs[32];
    size_t len;
    bool elapsed;
    bool half_day; /* AM/PM */
};

static void add_letter(struct letters *l, char c)
{
    if (strchr("ymdhs", c) && (l->len == 0 || l->runs[l->len - 1] != c) &&
        l->len < sizeof(l->runs) - 1)
        l->runs[l->len++] = c;
}

/* Behind a part in brackets: a colour, a condition, a language, or [h], which counts on. */
static const char *pass_brackets(const char *p, struct letters *l)
{
    size_t len = strcspn(p, "]");

    if (len > 1 && strspn(p + 1, "hHmMsS") == len - 1) {
        l->elapsed = true;
        add_letter(l, 'h'); /* what follows are minutes */
    }
    return p[len] ? p + len : p + len - 1;
}

/* The last character of what begins at p and is no letter of a date. */
static const char *pass_other(const char *p, struct letters *l)
{
    size_t len;

    if (*p == '"') {
        len = strcspn(p + 1, "\"") + 1;
        return p[len] ? p + len : p + len - 1;
    }
    if (*p == '[')
        return pass_brackets(p, l);
    if (text_starts(p, "AM/PM") || text_starts(p, "am/pm")) {
        l->half_day = true;
        return p + strlen("AM/P");
    }
    if (text_starts(p, "A/P") || text_starts(p, "a/p")) {
        l->half_day = true;
        return p + strlen("A/");
    }
    return (*p == '\\' || *p == '_' || *p == '*') && p[1] ? p + 1 : p;
}

static enum xlsx_format format_of(const struct letters *l)
{
    bool date = false;
    bool time = l->half_day;

    for (size_t i = 0; i < l->len; i++) {
        char c = l->runs[i];
        bool minutes = c == 'm' && ((i > 0 && l->runs[i - 1] == 'h') || l->runs[i + 1] == 's');

        time = time || c == 'h' || c == 's' || minutes;
        date = date || c == 'y' || c == 'd' || (c == 'm' && !minutes);
    }
    if (l->elapsed)
        return SHOW_ELAPSED;
    if (date)
        return time ? SHOW_DATETIME : SHOW_DATE;
    return time ? SHOW_TIME : SHOW_NUMBER;
}

/* Only the first section of a code, for numbers above zero, is looked at. */
enum xlsx_format format_read(const char *code)
{
    struct letters l = { 0 };

    if (text_starts(code, "General"))
        return SHOW_NUMBER;
    for (const char *p = code; *p && *p != ';'; p++) {
        const char *end = pass_other(p, &l);

        if (end == p && ascii_is_alpha(*p))
            add_letter(&l, ascii_lower(*p));
        if (end == p && (*p == '0' || *p == '#' || *p == '?') && l.len == 0)
            return SHOW_NUMBER; /* digits come first only in numbers */
        p = end;
    }
    return format_of(&l);
}

/* --- numbers --- */

/* -12.5E+3; how many digits it has that count, and whether it is as short as can be. */
static bool number_syntax(const char *s, bool *short_out)
{
    size_t digits = 0;
    bool point = false;
    const char *p = s + (*s == '-');
    const char *first = p;

    for (; ascii_is_digit(*p) || (*p == '.' && !point); p++) {
        point = point || *p == '.';
        digits += *p != '.';
    }
    if (digits == 0)
        return false;
    *short_out = !*p && digits <= 15 && first[0] != '.' && (first[0] != '0' || first[1] == '.') &&
                 p[-1] != '.' && !(point && p[-1] == '0');
    if (*p == 'e' || *p == 'E') {
        p += p[1] == '+' || p[1] == '-' ? 2 : 1;
        if (!ascii_is_digit(*p))
            return false;
        while (ascii_is_digit(*p))
            p++;
    }
    return !*p;
}

static const char *number_text(struct arena *a, double d)
{
    char form[40];

    if (fabs(d) < EXACT_INTEGER && d == floor(d))
        return decimal_text(a, d);
    (void)snprintf(form, sizeof(form), "%.15g", d);
    return decimal_text(a, strtod(form, NULL)); /* check: banned our own text, not an input */
}

static const char *time_text(struct arena *a, int64_t seconds)
{
    return arena_printf(a, "%02lld:%02lld:%02lld", (long long)(seconds / 3600),
                        (long long)(seconds / 60 % 60), (long long)(seconds % 60));
}

/* Day of a serial number; NULL if it is none: 29 February 1900 never was. */
static const char *serial_date(struct arena *a, int64_t days, bool is_1904)
{
    if (is_1904)
        return date_from_days(a, days + EPOCH_1904);
    if (days < 1 || days == 60)
        return NULL;
    return date_from_days(a, days + EPOCH_1900 + (days < 60));
}

static void set(struct xlsx_cell *cell, enum xlsx_type type, const char *text)
{
    cell->type = type;
    cell->text = text;
}

/* False: no date in its system. */
static bool serial(struct arena *a, struct xlsx_cell *cell, double d, enum xlsx_format format,
                   bool is_1904)
{
    int64_t seconds;
    int64_t days;
    const char *date;

    if (d < 0 || d >= SERIAL_MAX)
        return false;
    seconds = (int64_t)llround(d * DAY_SECONDS);
    days = seconds / DAY_SECONDS;
    if (format == SHOW_ELAPSED) {
        set(cell, XLSX_TIME, time_text(a, seconds));
        return true;
    }
    seconds %= DAY_SECONDS;
    if (format == SHOW_TIME || (format == SHOW_DATETIME && days == 0 && !is_1904)) {
        set(cell, XLSX_TIME, time_text(a, seconds));
        return true;
    }
    date = serial_date(a, days, is_1904);
    if (!date)
        return false;
    if (format == SHOW_DATE)
        set(cell, XLSX_DATE, date);
    else
        set(cell, XLSX_DATETIME, arena_printf(a, "%sT%s", date, time_text(a, seconds)));
    return true;
}

bool cell_number(struct arena *a, struct xlsx_cell *cell, const char *value,
                 enum xlsx_format format, bool is_1904)
{
    bool is_short = false;
    double d;

    if (!number_syntax(value, &is_short))
        return false;
    if (format == SHOW_NUMBER && is_short) {
        set(cell, XLSX_NUMBER, strcmp(value, "-0") == 0 ? "0" : arena_strdup(a, value));
        return true;
    }
    d = strtod(value, NULL); /* check: banned it has an exponent, and its syntax was checked */
    if (!isfinite(d))
        return false;
    if (format != SHOW_NUMBER && serial(a, cell, d, format, is_1904))
        return true;
    set(cell, XLSX_NUMBER, number_text(a, d));
    return true;
}

/* THH:MM, and seconds where they stand; what follows, a fraction or a zone, is left alone. */
static bool read_clock(struct arena *a, const char *p, int64_t out[3])
{
    static const char signs[] = "T::";

    for (size_t i = 0; i < 3; i++, p += 3) {
        if (i == 2 && p[0] != signs[i])
            return true;
        if (p[0] != signs[i] || !ascii_is_digit(p[1]) ||
            !parse_int(arena_strndup(a, p + 1, 2), 0, i == 0 ? 23 : 59, &out[i]))
            return false;
    }
    return true;
}

bool cell_iso(struct arena *a, struct xlsx_cell *cell, const char *value)
{
    const char *date = arena_strndup(a, value, 10);
    int64_t clock[3] = { 0, 0, 0 };

    if (!date_valid(date))
        return false;
    if (!value[10]) {
        set(cell, XLSX_DATE, date);
        return true;
    }
    if (!read_clock(a, value + 10, clock))
        return false;
    set(cell, XLSX_DATETIME,
        arena_printf(a, "%sT%02d:%02d:%02d", date, (int)clock[0], (int)clock[1], (int)clock[2]));
    return true;
}

/* --- text --- */

/* Four hexadecimal digits between _x and _; false if that is not what stands there. */
static bool escape_read(const char *p, uint32_t *out)
{
    uint32_t n = 0;

    if (p[0] != '_' || p[1] != 'x')
        return false;
    for (int i = 2; i < 6; i++) {
        char c = ascii_lower(p[i]);

        if (ascii_is_digit(c))
            n = n * 16 + (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            n = n * 16 + (uint32_t)(c - 'a') + 10;
        else
            return false;
    }
    *out = n;
    return p[6] == '_';
}

/* At most three bytes, or four for what two escapes of seven bytes made. */
static char *put_codepoint(char *to, uint32_t cp)
{
    if (cp < 0x80) {
        *to++ = (char)cp;
    } else if (cp < 0x800) {
        *to++ = (char)(0xC0 | (cp >> 6));
        *to++ = (char)(0x80 | (cp & 0x3F));
    } else if (cp < 0x10000) {
        *to++ = (char)(0xE0 | (cp >> 12));
        *to++ = (char)(0x80 | ((cp >> 6) & 0x3F));
        *to++ = (char)(0x80 | (cp & 0x3F));
    } else {
        *to++ = (char)(0xF0 | (cp >> 18));
        *to++ = (char)(0x80 | ((cp >> 12) & 0x3F));
        *to++ = (char)(0x80 | ((cp >> 6) & 0x3F));
        *to++ = (char)(0x80 | (cp & 0x3F));
    }
    return to;
}

void cell_unescape(char *text)
{
    char *to = strstr(text, "_x");
    const char *from = to;

    while (from && *from) {
        uint32_t cp = 0;
        uint32_t low = 0;

        if (!escape_read(from, &cp)) {
            *to++ = *from++;
            continue;
        }
        from += 7;
        if (cp >= 0xD800 && cp < 0xDC00 && escape_read(from, &low) && low >= 0xDC00 &&
            low < 0xE000) {
            from += 7;
            cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
        }
        if (cp != 0 && (cp < 0xD800 || cp >= 0xE000))
            to = put_codepoint(to, cp);
    }
    if (to)
        *to = '\0';
}
