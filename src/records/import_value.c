/* What a cell of somebody else's table means: dates, codes, yes and no. */
#include <string.h>

#include "core/date.h"
#include "core/text.h"
#include "records/import.h"

#define PARTS_MAX   3
#define WORD_MAX    24
#define SERIAL_MIN  10000 /* 1927; four digits are a year, not a day */
#define SERIAL_MAX  73050 /* 2099 */
#define SERIAL_ZERO 25569 /* 1970-01-01 as Excel counts */

/* --- dates --- */

/* Months as people write them, folded; what stands here may go on (jan, janv, january). */
static const struct {
    const char *word;
    int month;
} months[] = {
    { "jan", 1 },          { "janv", 1 },   { "ene", 1 },     { "يناير", 1 },
    { "كانون الثاني", 1 }, { "feb", 2 },    { "fev", 2 },     { "فبراير", 2 },
    { "شباط", 2 },         { "mar", 3 },    { "mars", 3 },    { "مارس", 3 },
    { "اذار", 3 },         { "apr", 4 },    { "avr", 4 },     { "abr", 4 },
    { "ابريل", 4 },        { "نيسان", 4 },  { "may", 5 },     { "mai", 5 },
    { "مايو", 5 },         { "ايار", 5 },   { "jun", 6 },     { "juin", 6 },
    { "يونيو", 6 },        { "حزيران", 6 }, { "jul", 7 },     { "juil", 7 },
    { "يوليو", 7 },        { "تموز", 7 },   { "aug", 8 },     { "aou", 8 },
    { "ago", 8 },          { "اغسطس", 8 },  { "اب", 8 },      { "sep", 9 },
    { "سبتمبر", 9 },       { "ايلول", 9 },  { "oct", 10 },    { "اكتوبر", 10 },
    { "تشرين الاول", 10 }, { "nov", 11 },   { "نوفمبر", 11 }, { "تشرين الثاني", 11 },
    { "dec", 12 },         { "dic", 12 },   { "ديسمبر", 12 }, { "كانون الاول", 12 },
};

static int month_of(const char *word)
{
    size_t best = 0;
    int month = 0;

    for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++) {
        size_t len = strlen(months[i].word);

        if (len > best && text_starts(word, months[i].word)) {
            best = len;
            month = months[i].month;
        }
    }
    return month;
}

/* Digits of any of the scripts that people here write become Western ones. */
static const char *western(struct arena *a, const char *text)
{
    struct buf b;
    uint32_t c;

    buf_init(&b, a, strlen(text) + 1);
    for (const char *p = text; (c = text_next(&p)) != 0;) {
        if (c >= 0x660 && c <= 0x669)
            c = '0' + (c - 0x660);
        else if (c >= 0x6f0 && c <= 0x6f9)
            c = '0' + (c - 0x6f0);
        else if (c == 0x60c || c == 0x66b)
            c = ',';
        buf_add_codepoint(&b, c);
    }
    return buf_text(&b);
}

struct parts {
    int64_t n[PARTS_MAX];
    size_t digits[PARTS_MAX];
    size_t len;
    size_t month_at; /* which part was a word; PARTS_MAX = none */
};

/* Numbers and at most one month in letters, with anything but letters and digits between. */
static bool split_date(struct arena *a, struct parts *out, const char *text)
{
    size_t len = 0;
    char **words = text_split(a, import_plain(a, western(a, text)), ' ', true, &len);
    struct parts p = { .month_at = PARTS_MAX };

    for (size_t i = 0; i < len; i++) {
        const char *word = words[i];
        int64_t n = 0;

        /* Two-word months of the Levant; "de" and "of" between the parts. */
        if (i + 1 < len && (text_equal(word, "كانون") || text_equal(word, "تشرين")))
            word = arena_printf(a, "%s %s", word, words[++i]);
        if (text_equal(word, "de") || text_equal(word, "del") || text_equal(word, "of"))
            continue;
        if (p.len == PARTS_MAX)
            return false;
        if (parse_int(word, 0, 9999, &n) && strlen(word) <= 4) {
            p.digits[p.len] = strlen(word);
        } else {
            n = month_of(word);
            if (!n || p.month_at != PARTS_MAX)
                return false;
            p.month_at = p.len;
        }
        p.n[p.len++] = n;
    }
    *out = p;
    return p.len == PARTS_MAX;
}

static bool put_date(struct arena *a, const char **out, int64_t year, int64_t month, int64_t day)
{
    const char *date =
        arena_printf(a, "%04lld-%02lld-%02lld", (long long)year, (long long)month, (long long)day);

    if (!date_valid(date))
        return false;
    *out = date;
    return true;
}

/* A day that Excel counted; four digits are a year that somebody wrote. */
static bool serial(struct arena *a, const char **out, const char *text)
{
    const char *dot = strchr(text, '.');
    const char *whole = dot ? arena_strndup(a, text, (size_t)(dot - text)) : text;
    double any = 0;
    int64_t days = 0;

    if (!parse_int(whole, SERIAL_MIN, SERIAL_MAX, &days) || !parse_decimal(text, &any))
        return false;
    *out = date_from_days(a, days - SERIAL_ZERO);
    return *out != NULL;
}

/* The time behind a date, as workbooks have it. */
static const char *without_time(struct arena *a, const char *text)
{
    size_t len = strcspn(text, "T ");

    if (len == 10 && text[4] == '-' && text[len] && ascii_is_digit(text[len + 1]) &&
        strchr(text + len, ':'))
        return arena_strndup(a, text, len);
    return text;
}

static enum date_reading by_order(struct arena *a, const char **out, const struct parts *p,
                                  enum date_order order)
{
    const char *day_first = NULL;
    const char *month_first = NULL;

    if (p->digits[2] != 4)
        return DATE_NOT; /* the century is not known */
    if (put_date(a, &day_first, p->n[2], p->n[1], p->n[0]) && p->n[0] == p->n[1])
        order = ORDER_DAY;
    (void)put_date(a, &month_first, p->n[2], p->n[0], p->n[1]);
    if (!day_first && !month_first)
        return DATE_NOT;
    if (day_first && month_first && order == ORDER_UNKNOWN)
        return DATE_TWO_WAYS;
    if (order == ORDER_DAY && !day_first)
        return DATE_NOT;
    if (order == ORDER_MONTH && !month_first)
        return DATE_NOT;
    *out = order == ORDER_MONTH || !day_first ? month_first : day_first;
    return DATE_READ;
}

enum date_reading import_date(struct arena *a, const char **out, const char *text,
                              enum date_order order)
{
    const char *plain = text_trim(a, western(a, text));
    struct parts p;

    plain = without_time(a, plain);
    if (date_valid(plain)) {
        *out = plain;
        return DATE_READ;
    }
    if (serial(a, out, plain))
        return DATE_READ;
    if (!split_date(a, &p, plain))
        return DATE_NOT;
    if (p.digits[0] == 4)
        return put_date(a, out, p.n[0], p.n[1], p.n[2]) ? DATE_READ : DATE_NOT;
    if (p.month_at == PARTS_MAX)
        return by_order(a, out, &p, order);
    if (p.month_at == 2 || p.digits[2] != 4)
        return DATE_NOT;
    return put_date(a, out, p.n[2], p.n[p.month_at], p.n[1 - p.month_at]) ? DATE_READ : DATE_NOT;
}

enum date_order import_date_order(struct arena *a, const char *text)
{
    const char *date = NULL;
    struct parts p;

    if (import_date(a, &date, text, ORDER_UNKNOWN) != DATE_READ || !split_date(a, &p, text) ||
        p.month_at != PARTS_MAX || p.digits[0] == 4 || p.n[0] == p.n[1])
        return ORDER_UNKNOWN;
    return p.n[0] > 12 ? ORDER_DAY : ORDER_MONTH;
}

/* --- codes and labels --- */

static const struct choice *by_label(struct arena *a, const struct choice_list *list,
                                     const char *plain)
{
    for (size_t i = 0; i < list->len; i++) {
        const struct label *label = &list->items[i].label;

        for (size_t k = 0; label->texts && label->languages[k]; k++)
            if (label->texts[k] && text_equal(import_plain(a, label->texts[k]), plain))
                return &list->items[i];
        if (!ascii_casecmp(list->items[i].name, plain) ||
            text_equal(import_plain(a, list->items[i].name), plain))
            return &list->items[i];
    }
    return NULL;
}

static const char *code_of(struct arena *a, const struct choice_list *list, const char *text)
{
    const struct choice *c = choice_find(list, text);

    if (!c)
        c = by_label(a, list, import_plain(a, text));
    return c ? c->name : NULL;
}

/* Whether every word is a code already. */
static bool all_codes(struct arena *a, const struct choice_list *list, const char *text)
{
    size_t len = 0;
    char **words = text_split(a, text, ' ', true, &len);

    for (size_t i = 0; i < len; i++)
        if (!choice_find(list, words[i]))
            return false;
    return len > 0;
}

static const char *codes_between(struct arena *a, const struct choice_list *list, const char *text)
{
    struct buf b;

    buf_init(&b, a, strlen(text) * 2 + 4096);
    for (const char *p = text; *p;) {
        size_t len = strcspn(p, ",;|\n\xD8");
        const char *part;
        const char *code;

        /* The Arabic comma, and the Arabic semicolon, begin with the same byte as letters do. */
        while (p[len] == '\xD8' && p[len + 1] != '\x8C' && p[len + 1] != '\x9B')
            len += 1 + strcspn(p + len + 1, ",;|\n\xD8");
        part = text_trim(a, arena_strndup(a, p, len));
        code = part[0] ? code_of(a, list, part) : "";
        if (!code)
            return NULL;
        if (code[0])
            buf_printf(&b, "%s%s", b.len ? " " : "", code);
        p += len;
        if (*p)
            p += *p == '\xD8' ? 2 : 1;
    }
    return buf_ok(&b) ? buf_text(&b) : NULL;
}

const char *import_codes(struct arena *a, const struct field *f, const char *text)
{
    const char *trimmed = text_trim(a, text);
    const char *codes;

    if (all_codes(a, f->choices, trimmed))
        return trimmed;
    codes = code_of(a, f->choices, trimmed);
    if (!codes && f->kind != FIELD_SELECT_ONE)
        codes = codes_between(a, f->choices, trimmed);
    return codes ? codes : text;
}

int import_truth(struct arena *a, const struct choice *choice, const char *text)
{
    static const char *const yes[] = { "1", "yes", "y",    "true", "x",    "oui", "si",
                                       "s", "o",   "vrai", "نعم",  "صحيح", "✓",   "✔" };
    static const char *const no[] = { "",     "0",     "no", "n", "false", "non",
                                      "faux", "falso", "لا", "-", "✗",     "خطا" };
    const char *plain = import_plain(a, western(a, text));
    const char *trimmed = text_trim(a, text);

    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        if (text_equal(plain, yes[i]) || text_equal(trimmed, yes[i]))
            return 1;
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        if (text_equal(trimmed, no[i]) || (no[i][0] && text_equal(plain, no[i])))
            return 0;
    if (!choice)
        return -1;
    if (text_equal(trimmed, choice->name))
        return 1;
    for (size_t k = 0; choice->label.texts && choice->label.languages[k]; k++)
        if (choice->label.texts[k] && text_equal(import_plain(a, choice->label.texts[k]), plain))
            return 1;
    return -1;
}
