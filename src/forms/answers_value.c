#include "forms/forms_inner.h"

#include <math.h>
#include <string.h>

#include "core/buf.h"
#include "core/date.h"
#include "core/text.h"

/* Reading of one value: from what a person typed to its canonical form. */

#define INTEGER_MAX  INT64_C(999999999999999)
#define SHOWN_MAX    80
#define SHORT_MAX    ((size_t)64)
#define PHONE_DIGITS 3
#define STEP_SLACK   1e-6

const char *value_shortened(struct ctx *ctx, const char *value)
{
    const char *p = value;

    for (int i = 0; i < SHOWN_MAX && *p; i++)
        (void)text_next(&p);
    if (!*p)
        return value;
    return arena_printf(ctx->arena, "%.*s…", (int)(p - value), value);
}

static bool is_ascii(const char *s)
{
    while (*s > 0)
        s++;
    return *s == '\0';
}

/* Arabic-Indic and Persian digits and the Arabic decimal point, as typed on Arabic keyboards. */
const char *value_western(struct ctx *ctx, const char *value, size_t max)
{
    struct buf b = { 0 };

    if (is_ascii(value) || strlen(value) > max)
        return value;
    buf_init(&b, ctx->arena, max * 2);
    while (*value) {
        uint32_t cp = text_next(&value);

        if (cp >= 0x660 && cp <= 0x669)
            cp = '0' + (cp - 0x660);
        else if (cp >= 0x6F0 && cp <= 0x6F9)
            cp = '0' + (cp - 0x6F0);
        else if (cp == 0x66B)
            cp = '.';
        buf_add_codepoint(&b, cp);
    }
    return buf_text(&b);
}

static const char *western(struct ctx *ctx, const char *value)
{
    return value_western(ctx, value, SHORT_MAX);
}

static const char *read_integer(struct ctx *ctx, const char *value, const char **problem)
{
    const char *text = western(ctx, value);
    int64_t n;

    if (parse_int(text, -INTEGER_MAX, INTEGER_MAX, &n))
        return arena_printf(ctx->arena, "%lld", (long long)n);
    *problem = tr(ctx, "This is not a whole number: {0}. Write digits only, such as 12.",
                  TR_TEXT(value_shortened(ctx, value)));
    return value;
}

static const char *read_decimal(struct ctx *ctx, const char *value, const char **problem)
{
    const char *text = western(ctx, value);
    double d;

    if (strlen(text) <= SHORT_MAX && parse_decimal(text, &d) && d <= (double)INTEGER_MAX &&
        d >= -(double)INTEGER_MAX)
        return decimal_text(ctx->arena, d);
    *problem = tr(ctx,
                  "This is not a number: {0}. Write digits and at most one point, such as "
                  "12.5.",
                  TR_TEXT(value_shortened(ctx, value)));
    return value;
}

/* A number from the first to the last of a range, whole steps away from the first. */
static const char *read_range(struct ctx *ctx, const struct field *f, const char *value,
                              const char **problem)
{
    const struct field_range *r = &f->range;
    const char *text = read_decimal(ctx, value, problem);
    double d = 0;
    double steps;

    if (*problem || !parse_decimal(text, &d))
        return value;
    steps = (d - r->start) / r->step;
    if (d < r->start || d > r->end)
        *problem = tr(ctx, "{0} is not between {1} and {2}.", TR_TEXT(text),
                      TR_TEXT(decimal_text(ctx->arena, r->start)),
                      TR_TEXT(decimal_text(ctx->arena, r->end)));
    else if (fabs(steps - round(steps)) > STEP_SLACK)
        *problem = tr(ctx, "{0} is not allowed: the values go from {1} in steps of {2}.",
                      TR_TEXT(text), TR_TEXT(decimal_text(ctx->arena, r->start)),
                      TR_TEXT(decimal_text(ctx->arena, r->step)));
    return *problem ? value : text;
}

static const char *read_date(struct ctx *ctx, const char *value, const char **problem)
{
    const char *text = western(ctx, value);

    if (date_valid(text))
        return text;
    *problem = tr(ctx, "This is not a date: {0}. Write year-month-day, such as 2026-11-22.",
                  TR_TEXT(value_shortened(ctx, value)));
    return value;
}

static bool two_digits(const char *s, int max)
{
    return ascii_is_digit(s[0]) && ascii_is_digit(s[1]) && (s[0] - '0') * 10 + s[1] - '0' <= max;
}

/* HH:MM or HH:MM:SS; one digit for the hour will do; seconds that are 00 are left out. */
static const char *time_text(struct arena *a, const char *text)
{
    bool padded = ascii_is_digit(text[0]) && text[1] == ':';
    const char *t = padded ? arena_printf(a, "0%s", text) : text;
    size_t len = strlen(t);

    if ((len != 5 && len != 8) || !two_digits(t, 23) || t[2] != ':' || !two_digits(t + 3, 59))
        return NULL;
    if (len == 5)
        return t;
    if (t[5] != ':' || !two_digits(t + 6, 59))
        return NULL;
    return strcmp(t + 5, ":00") == 0 ? arena_strndup(a, t, 5) : t;
}

static const char *read_time(struct ctx *ctx, const char *value, const char **problem)
{
    const char *text = western(ctx, value);
    const char *time = strlen(text) <= SHORT_MAX ? time_text(ctx->arena, text) : NULL;

    if (time)
        return time;
    *problem = tr(ctx, "This is not a time: {0}. Write hours and minutes, such as 09:30.",
                  TR_TEXT(value_shortened(ctx, value)));
    return value;
}

/* A moment with its zone; or a date and time of the office, as a browser sends it. */
static const char *read_moment(struct ctx *ctx, const char *value, const char **problem)
{
    const char *text = western(ctx, value);
    size_t len = strlen(text);
    int64_t ms = 0;
    bool good = len <= SHORT_MAX && moment_parse(text, &ms);

    if (!good && (len == 16 || len == 19) && (text[10] == 'T' || text[10] == ' ')) {
        const char *date = arena_strndup(ctx->arena, text, 10);
        const char *time = time_text(ctx->arena, text + 11);

        good = date_valid(date) && time &&
               moment_parse(
                   arena_printf(ctx->arena, "%sT%s%sZ", date, time, strlen(time) == 5 ? ":00" : ""),
                   &ms);
        if (good)
            ms -= moment_offset_ms(ms - moment_offset_ms(ms, ctx->time_zone), ctx->time_zone);
    }
    if (good)
        return moment_text(ctx->arena, ms);
    *problem = tr(ctx, "This is not a date with a time: {0}. Write it like 2026-11-22 09:30.",
                  TR_TEXT(value_shortened(ctx, value)));
    return value;
}

static const char *read_code(struct ctx *ctx, const struct field *f, const char *value,
                             const char **problem)
{
    const struct choice *c = choice_find(f->choices, value);

    if (c)
        return c->name;
    *problem = tr(ctx, "{0} is not among the choices of this question.",
                  TR_TEXT(value_shortened(ctx, value)));
    return value;
}

/* What is wrong with chosen codes that all exist; NULL if nothing. */
static const char *check_codes(struct ctx *ctx, const struct choice_list *list, const bool *chosen,
                               size_t count)
{
    for (size_t i = 0; count > 1 && i < list->len; i++)
        if (chosen[i] && list->items[i].exclusive)
            return tr(ctx, "“{0}” cannot be chosen together with other answers.",
                      TR_TEXT(label_text(ctx, &list->items[i].label)));
    return NULL;
}

static const char *read_codes(struct ctx *ctx, const struct field *f, const char *value,
                              const char **problem)
{
    size_t len = 0;
    char **codes = text_split(ctx->arena, value, ' ', true, &len);
    bool *chosen = ARENA_ARRAY(ctx->arena, f->choices->len + 1, bool);
    const struct choice_list *list = f->choices;
    struct buf b = { 0 };

    for (size_t i = 0; i < len; i++) {
        const struct choice *c = choice_find(list, codes[i]);

        if (!c || chosen[c - list->items]) {
            *problem = tr(ctx,
                          c ? N_("{0} is chosen twice.")
                            : N_("{0} is not among the choices of this question."),
                          TR_TEXT(value_shortened(ctx, codes[i])));
            return value;
        }
        chosen[c - list->items] = true;
    }
    *problem = check_codes(ctx, list, chosen, len);
    buf_init(&b, ctx->arena, strlen(value) + 1);
    for (size_t i = 0; i < list->len; i++) {
        if (!chosen[i])
            continue;
        if (b.len)
            buf_add_char(&b, ' ');
        buf_add(&b, list->items[i].name);
    }
    return *problem ? value : buf_text(&b);
}

/* All codes of the list, each once, the best first; fewer where a filter takes some out. */
static const char *read_rank(struct ctx *ctx, const struct field *f, const char *value,
                             const char **problem)
{
    size_t len = 0;
    char **codes = text_split(ctx->arena, value, ' ', true, &len);
    bool *chosen = ARENA_ARRAY(ctx->arena, f->choices->len + 1, bool);
    const char *out = "";
    size_t offered = 0;

    for (size_t i = 0; i < len; i++) {
        const struct choice *c = choice_find(f->choices, codes[i]);

        if (!c || chosen[c - f->choices->items]) {
            *problem = tr(ctx,
                          c ? N_("{0} is chosen twice.")
                            : N_("{0} is not among the choices of this question."),
                          TR_TEXT(value_shortened(ctx, codes[i])));
            return value;
        }
        chosen[c - f->choices->items] = true;
        out = i ? arena_printf(ctx->arena, "%s %s", out, codes[i]) : codes[i];
    }
    for (size_t i = 0; i < f->choices->len; i++)
        offered += chosen[i] || !f->choices->items[i].retired;
    if (len < offered && !f->choice_filter) {
        *problem = tr(ctx, "Put all {0} choices in order: here are {1}.", TR_INT((int64_t)offered),
                      TR_INT((int64_t)len));
        return value;
    }
    return out;
}

static const char *read_tick(struct ctx *ctx, const char *value, const char **problem)
{
    static const char *const words[] = { "OK", "yes", "true", "on", "1" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (ascii_casecmp(words[i], value) == 0)
            return "OK";
    *problem = tr(ctx, "{0} is no answer here: write {1}, or leave it empty.",
                  TR_TEXT(value_shortened(ctx, value)), TR_TEXT("OK"));
    return value;
}

/*
 * A mark that forces the direction of what follows it, U+202A to U+202E, as no keyboard of a
 * language types. Telephones put them around numbers that are copied. Isolates stay: Arabic
 * addresses have them around numbers, and they end with the line.
 */
static bool turns_text(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;

    return u[0] == 0xe2 && u[1] == 0x80 && u[2] >= 0xaa && u[2] <= 0xae;
}

/*
 * Lines end in LF; tabs stay; marks that turn text go, so that a name cannot turn round the page
 * it stands on; false if there are other control characters.
 */
static bool plain_text(struct arena *a, const char *value, const char **out)
{
    size_t len = strlen(value);
    char *copy = NULL;
    size_t at = 0;

    *out = value;
    if (!strpbrk(value, "\r\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14"
                        "\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f\xe2"))
        return true;
    copy = arena_alloc(a, len + 1);
    for (size_t i = 0; i < len; i++) {
        char c = value[i];

        if (c == '\r' && value[i + 1] == '\n')
            continue;
        if (turns_text(value + i)) {
            i += 2;
            continue;
        }
        if (c == '\r')
            c = '\n';
        if ((c > 0 && c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
            return false;
        copy[at++] = c;
    }
    *out = copy;
    return true;
}

static bool is_email(const char *s)
{
    const char *at_sign = strchr(s, '@');

    return at_sign && at_sign > s && !strchr(at_sign + 1, '@') && !strpbrk(s, " \t\n,;<>") &&
           strchr(at_sign + 2, '.') && !text_ends(s, ".");
}

static bool is_phone(const char *s)
{
    int digits = 0;

    for (; *s; s++) {
        if (ascii_is_digit(*s))
            digits++;
        else if (!strchr("+-./() ", *s))
            return false;
    }
    return digits >= PHONE_DIGITS;
}

/* Finer types of a text. */
static const char *read_finer(struct ctx *ctx, const struct field *f, const char *value,
                              const char **problem)
{
    const char *text = value;

    if (text_equal(f->type, "time_of_day"))
        return read_time(ctx, value, problem);
    if (text_equal(f->type, "email") && (strlen(value) < 3 || !is_email(value)))
        *problem = tr(ctx, "This is not an e-mail address: {0}. Write it like name@example.org.",
                      TR_TEXT(value_shortened(ctx, value)));
    if (text_equal(f->type, "phone")) {
        text = western(ctx, value);
        if (!is_phone(text))
            *problem = tr(ctx,
                          "This is not a phone number: {0}. Write digits, with the code of "
                          "the country first, such as +221 33 555 0101.",
                          TR_TEXT(value_shortened(ctx, value)));
    }
    return *problem ? value : text;
}

static const char *read_text(struct ctx *ctx, const struct field *f, const char *value,
                             const char **problem)
{
    bool notes = field_looks(f, LOOK_MULTILINE);
    size_t max = notes ? ANSWERS_NOTES_MAX : ANSWERS_TEXT_MAX;
    const char *text = value;

    if (strlen(value) > max && text_codepoints(value) > max) {
        *problem =
            tr(ctx, "This text is too long: {0} characters are allowed.", TR_INT((int64_t)max));
        return value;
    }
    if (!plain_text(ctx->arena, value, &text) || text_blank(text)) {
        *problem = tr(ctx, "This text contains characters that cannot be shown. Type it anew.");
        return value;
    }
    return f->type ? read_finer(ctx, f, text, problem) : text;
}

/* One line; what a scanner reads, and what a device calls itself. */
static const char *read_line(struct ctx *ctx, const struct field *f, const char *value,
                             const char **problem)
{
    const char *text = read_text(ctx, f, value, problem);

    if (!*problem && strchr(text, '\n'))
        *problem = tr(ctx, "This answer has one line only, and several came.");
    return *problem ? value : text;
}

static const char *read_meta(struct ctx *ctx, const struct field *f, const char *value,
                             const char **problem)
{
    if (f->meta == META_START || f->meta == META_END)
        return read_moment(ctx, value, problem);
    if (f->meta == META_TODAY)
        return read_date(ctx, value, problem);
    if (f->meta == META_START_GEOPOINT)
        return value_place(ctx, value, problem);
    return field_is_file(f) ? value_stored(ctx, value, problem) : read_line(ctx, f, value, problem);
}

static const char *read_kind(struct ctx *ctx, const struct field *f, const char *text,
                             const char **problem)
{
    switch (f->kind) {
    case FIELD_INTEGER:
        return read_integer(ctx, text, problem);
    case FIELD_DECIMAL:
        return read_decimal(ctx, text, problem);
    case FIELD_RANGE:
        return read_range(ctx, f, text, problem);
    case FIELD_DATE:
        return read_date(ctx, text, problem);
    case FIELD_TIME:
        return read_time(ctx, text, problem);
    case FIELD_DATETIME:
        return read_moment(ctx, text, problem);
    case FIELD_SELECT_ONE:
        return read_code(ctx, f, text, problem);
    case FIELD_SELECT_MULTIPLE:
        return read_codes(ctx, f, text, problem);
    case FIELD_RANK:
        return read_rank(ctx, f, text, problem);
    case FIELD_ACKNOWLEDGE:
        return read_tick(ctx, text, problem);
    case FIELD_BARCODE:
        return read_line(ctx, f, text, problem);
    case FIELD_GEOPOINT:
        return value_place(ctx, text, problem);
    case FIELD_GEOTRACE:
        return value_trace(ctx, text, problem);
    case FIELD_GEOSHAPE:
        return value_shape(ctx, text, problem);
    case FIELD_IMAGE:
    case FIELD_AUDIO:
    case FIELD_VIDEO:
    case FIELD_FILE:
        return value_stored(ctx, text, problem);
    case FIELD_META:
        return read_meta(ctx, f, text, problem);
    case FIELD_TEXT:
    case FIELD_CALCULATE:
    case FIELD_HIDDEN:
    case FIELD_NOTE:
    case FIELD_GROUP:
    case FIELD_REPEAT:
        break;
    }
    return read_text(ctx, f, text, problem);
}

void value_read(struct ctx *ctx, const struct field *f, const char *value, const char **out,
                const char **problem_out)
{
    const char *text = text_trim(ctx->arena, value);
    const char *problem = NULL;

    if (!text[0]) {
        *out = NULL;
        *problem_out = NULL;
        return;
    }
    if (text_equal(f->type, "money"))
        text = value_money(ctx, f, text, &problem);
    else
        text = read_kind(ctx, f, text, &problem);
    *out = text;
    *problem_out = problem;
}
