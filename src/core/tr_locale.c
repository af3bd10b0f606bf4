#include "core/tr_locale.h"

#include <stdio.h>
#include <string.h>

#include <unicode/ucal.h>
#include <unicode/udat.h>
#include <unicode/uldnames.h>
#include <unicode/uloc.h>
#include <unicode/unum.h>
#include <unicode/upluralrules.h>
#include <unicode/ustring.h>

#include "core/asset.h"
#include "core/date.h"
#include "core/mo.h"
#include "core/text.h"
#include "core/tr.h"

#define LANGUAGES_MAX  64
#define CODE_MAX       16
#define TEXT_MAX       256     /* of a formatted date or number, in UTF-16 units */
#define GREGORIAN_ONLY (-1e15) /* before any date we know: the calendar never turns Julian */
#define FOLDER         "content/i18n/"
#define SHOWN_LEN      1024 /* a power of two */
#define SHOWN_MAX      72
#define PLURALS_KEPT   128 /* of 0 and up: what pages count */
#define KEYWORD_MAX    8   /* "other" */
#define DAY_MS         86400000
#define MINUTE_MS      60000

struct language {
    char code[CODE_MAX];
    char name[96];
    struct mo mo;
    UPluralRules *plurals;
    char keywords[PLURALS_KEPT][KEYWORD_MAX]; /* by number; "": not asked for yet */
    UDateFormat *date;
    UDateFormat *moment;
    UDateFormat *names[2]; /* by enum language_name */
    UNumberFormat *decimal;
};

/*
 * Dates as they were last shown. A page has dozens, mostly the same ones, and ICU takes 2 us for
 * each. They stand by themselves: nothing says whose they are.
 */
struct shown {
    const struct language *l; /* NULL: empty */
    bool moment;
    int64_t at; /* the day, or the minute */
    char text[SHOWN_MAX];
};

static struct shown shown[SHOWN_LEN];
static struct language languages[LANGUAGES_MAX];
static const char *codes[LANGUAGES_MAX + 1];
static size_t languages_len;
static unsigned made_for;

static void forget_all(void)
{
    memset(shown, 0, sizeof(shown));
    for (size_t i = 0; i < languages_len; i++) {
        struct language *l = &languages[i];

        if (l->plurals)
            uplrules_close(l->plurals);
        if (l->date)
            udat_close(l->date);
        if (l->moment)
            udat_close(l->moment);
        for (size_t k = 0; k < 2; k++)
            if (l->names[k])
                udat_close(l->names[k]);
        if (l->decimal)
            unum_close(l->decimal);
        *l = (struct language){ 0 };
        codes[i] = NULL;
    }
    languages_len = 0;
}

static void add_language(const char *code, size_t len, const struct asset *catalogue)
{
    struct language *l = &languages[languages_len];

    if (languages_len == LANGUAGES_MAX || len == 0 || len >= CODE_MAX)
        return;
    *l = (struct language){ 0 };
    if (catalogue && !mo_open(&l->mo, catalogue->bytes, catalogue->len))
        return;
    memcpy(l->code, code, len);
    codes[languages_len++] = l->code;
}

/* English first, then every catalogue; a damaged one does not count. */
static void make_list(void)
{
    struct arena *a;
    const struct asset *const *list;

    if (languages_len && made_for == asset_generation())
        return;
    forget_all();
    made_for = asset_generation();
    add_language("en", 2, NULL);
    a = arena_new(0);
    list = asset_list(a, FOLDER);
    for (size_t i = 0; list[i]; i++) {
        const char *code = list[i]->name + strlen(FOLDER);
        size_t len = strlen(code);

        if (text_ends(code, ".mo") && !strchr(code, '/') && strcmp(code, "en.mo") != 0)
            add_language(code, len - strlen(".mo"), list[i]);
    }
    arena_free(a);
}

static struct language *find(const char *code)
{
    make_list();
    for (size_t i = 0; code && i < languages_len; i++)
        if (strcmp(languages[i].code, code) == 0)
            return &languages[i];
    return NULL;
}

struct language *language_find(const char *code)
{
    struct language *l = find(code);

    return l ? l : &languages[0];
}

const char *language_code(const struct language *l)
{
    return l->code;
}

const char *language_lookup(const struct language *l, const char *english)
{
    return mo_find(&l->mo, english);
}

const char *const *tr_languages(void)
{
    make_list();
    return codes;
}

bool tr_has_language(const char *lang)
{
    return find(lang) != NULL;
}

const char *tr_direction(const char *lang)
{
    return lang && uloc_isRightToLeft(lang) ? "rtl" : "ltr";
}

const char *tr_language_name(const char *lang)
{
    UDisplayContext as_list_item[] = { UDISPCTX_CAPITALIZATION_FOR_UI_LIST_OR_MENU };
    UErrorCode status = U_ZERO_ERROR;
    struct language *l = find(lang);
    UChar name[TEXT_MAX];
    ULocaleDisplayNames *names;

    if (!l || l->name[0])
        return l ? l->name : lang;
    names = uldn_openForContext(l->code, as_list_item, 1, &status);
    (void)uldn_localeDisplayName(names, l->code, name, TEXT_MAX, &status);
    (void)u_strToUTF8(l->name, sizeof(l->name), NULL, name, -1, &status);
    if (U_FAILURE(status) || status == U_STRING_NOT_TERMINATED_WARNING)
        memcpy(l->name, l->code, sizeof(l->code));
    uldn_close(names);
    return l->name;
}

/* English dates are written day first, as most programmes do. */
static const char *icu_locale(const struct language *l, char *out, size_t size)
{
    (void)snprintf(out, size, "%s@calendar=gregorian;numbers=latn",
                   strcmp(l->code, "en") == 0 ? "en_GB" : l->code);
    return out;
}

static const char *plural_of(struct language *l, int64_t n, char *out, size_t size)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar keyword[TEXT_MAX];
    int32_t len;

    if (!l->plurals)
        l->plurals = uplrules_open(l->code, &status);
    len =
        U_SUCCESS(status) ? uplrules_select(l->plurals, (double)n, keyword, TEXT_MAX, &status) : 0;
    if (U_FAILURE(status) || (size_t)len >= size) {
        (void)snprintf(out, size, "other");
        return out;
    }
    u_UCharsToChars(keyword, out, len);
    out[len] = '\0';
    return out;
}

const char *language_plural(struct language *l, int64_t n, char *out, size_t size)
{
    char *kept = n >= 0 && n < PLURALS_KEPT ? l->keywords[n] : NULL;

    if (!kept)
        return plural_of(l, n, out, size);
    if (!kept[0])
        (void)plural_of(l, n, kept, KEYWORD_MAX);
    (void)snprintf(out, size, "%s", kept);
    return out;
}

static char *to_utf8(struct arena *a, const UChar *text, int32_t len)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t size = len * 3 + 1;
    char *out = arena_alloc(a, (size_t)size);

    (void)u_strToUTF8(out, size, NULL, text, len, &status);
    return U_SUCCESS(status) ? out : NULL;
}

/* Formats in UTC; who wants another zone adds its offset first. */
static UDateFormat *open_format(const struct language *l, UDateFormatStyle time)
{
    static const UChar utc[] = { 'G', 'M', 'T', 0 };
    UErrorCode status = U_ZERO_ERROR;
    UCalendar *calendar;
    UDateFormat *format;
    char locale[64];

    format = udat_open(time, UDAT_MEDIUM, icu_locale(l, locale, sizeof(locale)), utc, -1, NULL, 0,
                       &status);
    if (U_FAILURE(status))
        return NULL;
    calendar = ucal_clone(udat_getCalendar(format), &status);
    ucal_setGregorianChange(calendar, GREGORIAN_ONLY, &status);
    if (U_SUCCESS(status))
        udat_setCalendar(format, calendar);
    ucal_close(calendar);
    return format;
}

static const char *format_ms(struct arena *a, const UDateFormat *format, int64_t ms)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar text[TEXT_MAX];
    int32_t len;

    if (!format)
        return NULL;
    len = udat_format(format, (UDate)ms, text, TEXT_MAX, NULL, &status);
    return U_SUCCESS(status) ? to_utf8(a, text, len) : NULL;
}

static struct shown *shown_place(const struct language *l, bool moment, int64_t at)
{
    uint64_t h = ((uint64_t)at * 2 + moment + (uint64_t)(l - languages) * 131) *
                 UINT64_C(0x9E3779B97F4A7C15);

    return &shown[h >> 32 & (SHOWN_LEN - 1)];
}

/* A day or a minute in words; NULL if that cannot be said. */
static const char *show(struct arena *a, const struct language *l, bool moment, int64_t at)
{
    struct shown *s = shown_place(l, moment, at);
    const char *text;

    if (s->l == l && s->moment == moment && s->at == at)
        return arena_strdup(a, s->text);
    text = format_ms(a, moment ? l->moment : l->date, at * (moment ? MINUTE_MS : DAY_MS));
    if (text && strlen(text) < SHOWN_MAX) {
        *s = (struct shown){ .l = l, .moment = moment, .at = at };
        memcpy(s->text, text, strlen(text) + 1);
    }
    return text;
}

const char *language_date(struct language *l, struct arena *a, const char *date)
{
    const char *text;
    int64_t days;

    if (!date_to_days(date, &days))
        return date ? date : "";
    if (!l->date)
        l->date = open_format(l, UDAT_NONE);
    text = show(a, l, false, days);
    return text ? text : date;
}

const char *language_date_name(struct language *l, struct arena *a, const char *date,
                               enum language_name name)
{
    static const UChar month[] = { 'L', 'L', 'L', 0 };
    static const UChar day[] = { 'c', 'c', 'c', 0 };
    const char *text = NULL;
    int64_t days;

    if (!date_to_days(date, &days))
        return "";
    if (!l->names[name]) {
        l->names[name] = open_format(l, UDAT_NONE);
        if (l->names[name])
            udat_applyPattern(l->names[name], false, name == LANGUAGE_MONTH ? month : day, 3);
    }
    if (l->names[name])
        text = format_ms(a, l->names[name], days * DAY_MS);
    return text ? text : "";
}

/* Seconds are not shown. */
const char *language_moment(struct language *l, struct arena *a, int64_t local_ms)
{
    int64_t minute = local_ms / MINUTE_MS - (local_ms % MINUTE_MS < 0);
    const char *text;

    if (!l->moment)
        l->moment = open_format(l, UDAT_SHORT);
    text = show(a, l, true, minute);
    return text ? text : moment_local(a, local_ms, "UTC");
}

const char *language_decimal(struct language *l, struct arena *a, double d, int decimals)
{
    UErrorCode status = U_ZERO_ERROR;
    const char *text = NULL;
    UChar number[TEXT_MAX * 2]; /* 309 digits and their separators at the most */
    char locale[64];
    int32_t len;

    if (decimals < 0)
        decimals = 0;
    if (decimals > 15)
        decimals = 15;
    if (!l->decimal) {
        l->decimal =
            unum_open(UNUM_DECIMAL, NULL, 0, icu_locale(l, locale, sizeof(locale)), NULL, &status);
        if (U_FAILURE(status)) {
            l->decimal = NULL;
            return decimal_text(a, d);
        }
        unum_setAttribute(l->decimal, UNUM_ROUNDING_MODE, UNUM_ROUND_HALFUP);
    }
    unum_setAttribute(l->decimal, UNUM_FRACTION_DIGITS, decimals);
    len = unum_formatDouble(l->decimal, d, number, TEXT_MAX * 2, NULL, &status);
    if (U_SUCCESS(status))
        text = to_utf8(a, number, len);
    return text ? text : decimal_text(a, d);
}
