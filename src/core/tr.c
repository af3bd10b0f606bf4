#include "core/tr.h"

#include <assert.h>
#include <string.h>

#include "core/buf.h"
#include "core/ctx.h"
#include "core/date.h"
#include "core/text.h"
#include "core/tr_locale.h"

#define RESULT_MAX  ((size_t)64 * 1024)
#define NESTING_MAX 8
#define ARGS_MAX    20
#define KEYWORD_MAX 40

/* One pattern being written. p walks through the pattern; a syntax error ends in false. */
struct message {
    struct buf out;
    struct language *language;
    const struct tr_arg *args;
    size_t args_len;
    const char *p;
    int depth;
    bool silent;           /* a branch that is not taken is only walked through */
    const int64_t *number; /* what # means, or NULL */
};

static bool read_message(struct message *m);

static void skip_space(struct message *m)
{
    while (ascii_is_space(*m->p))
        m->p++;
}

static bool take_char(struct message *m, char c)
{
    skip_space(m);
    if (*m->p != c)
        return false;
    m->p++;
    return true;
}

/* A word of letters, digits, _ or -, with = before it for a number. */
static bool take_word(struct message *m, char *word)
{
    size_t len = 0;

    skip_space(m);
    while (ascii_is_alpha(*m->p) || ascii_is_digit(*m->p) || *m->p == '_' || *m->p == '-' ||
           (len == 0 && *m->p == '=')) {
        if (len + 1 == KEYWORD_MAX)
            return false;
        word[len++] = *m->p++;
    }
    word[len] = '\0';
    return len > 0;
}

static void write_arg(struct message *m, const struct tr_arg *arg)
{
    if (m->silent)
        return;
    switch (arg->kind) {
    case TR_KIND_TEXT:
        buf_add(&m->out, arg->text ? arg->text : "");
        break;
    case TR_KIND_INT:
        buf_add_int(&m->out, arg->n);
        break;
    case TR_KIND_DATE:
        buf_add(&m->out, language_date(m->language, m->out.arena, arg->text));
        break;
    case TR_END:
        break;
    }
}

/* How well a branch fits: 0 not at all, 1 other, 2 the keyword, 3 the very number. */
static int fit(const char *word, const char *wanted, const int64_t *number)
{
    int64_t exact;

    if (word[0] == '=')
        return number && parse_int(word + 1, INT64_MIN, INT64_MAX, &exact) && exact == *number ? 3
                                                                                               : 0;
    if (strcmp(word, wanted) == 0)
        return 2;
    return strcmp(word, "other") == 0 ? 1 : 0;
}

/*
 * The branches "word {message}" up to the closing brace: walks through all, then writes the best.
 * number is set for plural. A pattern must have the branch other.
 */
static bool read_branches(struct message *m, const char *wanted, const int64_t *number)
{
    const int64_t *outer_number = m->number;
    bool outer_silent = m->silent;
    const char *best = NULL;
    bool has_other = false;
    int best_fit = 0;
    bool ok = true;

    m->silent = true;
    while (ok && !take_char(m, '}')) {
        char word[KEYWORD_MAX];
        int f;

        if (!take_word(m, word) || !take_char(m, '{')) {
            ok = false;
            break;
        }
        has_other = has_other || strcmp(word, "other") == 0;
        f = fit(word, wanted, number);
        if (f > best_fit) {
            best_fit = f;
            best = m->p;
        }
        ok = read_message(m);
    }
    m->silent = outer_silent;
    if (!ok || !has_other)
        return false;

    if (!outer_silent) {
        const char *after = m->p;

        assert(best); /* other fits everything */
        m->p = best;
        if (number)
            m->number = number;
        ok = read_message(m);
        m->number = outer_number;
        m->p = after;
    }
    return ok;
}

static bool read_choice(struct message *m, const struct tr_arg *arg)
{
    char kind[KEYWORD_MAX];
    char keyword[KEYWORD_MAX];

    if (!take_word(m, kind) || !take_char(m, ','))
        return false;
    if (strcmp(kind, "plural") == 0 && arg->kind == TR_KIND_INT)
        return read_branches(m, language_plural(m->language, arg->n, keyword, sizeof(keyword)),
                             &arg->n);
    if (strcmp(kind, "select") == 0 && arg->kind == TR_KIND_TEXT)
        return read_branches(m, arg->text ? arg->text : "", NULL);
    return false;
}

/* After an opening brace, to after its closing one. */
static bool read_arg(struct message *m)
{
    size_t n = 0;

    skip_space(m);
    if (!ascii_is_digit(*m->p))
        return false;
    while (ascii_is_digit(*m->p) && n < ARGS_MAX)
        n = n * 10 + (size_t)(*m->p++ - '0');
    if (n >= m->args_len)
        return false;
    if (take_char(m, '}')) {
        write_arg(m, &m->args[n]);
        return true;
    }
    return take_char(m, ',') && read_choice(m, &m->args[n]);
}

/* To the end of the pattern, or inside a branch to after its closing brace. */
static bool read_message(struct message *m)
{
    bool inside = m->depth > 0;
    bool ok = true;

    if (m->depth == NESTING_MAX)
        return false;
    m->depth++;
    while (ok && *m->p && !(inside && *m->p == '}')) {
        size_t len = strcspn(m->p, "{}#");

        if (!m->silent)
            buf_add_len(&m->out, m->p, len);
        m->p += len;
        if (*m->p == '{') {
            m->p++;
            ok = read_arg(m);
        } else if (*m->p == '#' || (*m->p == '}' && !inside)) {
            if (*m->p == '#' && m->number && !m->silent)
                buf_add_int(&m->out, *m->number);
            else if (!m->silent)
                buf_add_char(&m->out, *m->p);
            m->p++;
        }
    }
    m->depth--;
    if (!ok || !inside)
        return ok;
    if (*m->p != '}')
        return false;
    m->p++;
    return true;
}

/* NULL when the pattern is malformed, lacks an argument, or its result is too long. */
static const char *format(struct ctx *ctx, struct language *language, const char *pattern,
                          const struct tr_arg *args)
{
    struct message m = { 0 };

    if (!strchr(pattern, '{'))
        return pattern;
    m.language = language;
    m.args = args;
    while (m.args_len < ARGS_MAX && args[m.args_len].kind != TR_END)
        m.args_len++;
    m.p = pattern;
    buf_init(&m.out, ctx->arena, RESULT_MAX);
    if (!read_message(&m) || !buf_ok(&m.out))
        return NULL;
    return buf_text(&m.out);
}

const char *tr_args(struct ctx *ctx, const char *english, const struct tr_arg *args)
{
    struct language *language = language_find(ctx->lang);
    const char *pattern = language_lookup(language, english);
    const char *text = NULL;

    if (pattern)
        text = format(ctx, language, pattern, args);
    if (!text)
        text = format(ctx, language, english, args);
    return text ? text : english;
}

const char *tr_date(struct ctx *ctx, const char *date)
{
    return language_date(language_find(ctx->lang), ctx->arena, date);
}

const char *tr_month_short(struct ctx *ctx, const char *date)
{
    return language_date_name(language_find(ctx->lang), ctx->arena, date, LANGUAGE_MONTH);
}

const char *tr_day_short(struct ctx *ctx, const char *date)
{
    return language_date_name(language_find(ctx->lang), ctx->arena, date, LANGUAGE_DAY);
}

const char *tr_moment(struct ctx *ctx, int64_t ms)
{
    return language_moment(language_find(ctx->lang), ctx->arena,
                           ms + moment_offset_ms(ms, ctx->time_zone));
}

const char *tr_decimal(struct ctx *ctx, double d, int decimals)
{
    return language_decimal(language_find(ctx->lang), ctx->arena, d, decimals);
}

/* A catalogue for a tag such as fr-CA: the same tag, else its language alone; NULL if none. */
static const char *language_for_tag(const char *tag, size_t len)
{
    const char *const *list = tr_languages();
    const char *general = NULL;
    size_t main_len = 0;

    while (main_len < len && tag[main_len] != '-' && tag[main_len] != '_')
        main_len++;
    for (size_t i = 0; list[i]; i++) {
        size_t k = 0;

        while (k < len && list[i][k] &&
               (ascii_lower(list[i][k]) == ascii_lower(tag[k]) ||
                (list[i][k] == '_' && tag[k] == '-')))
            k++;
        if (k == len && !list[i][k])
            return list[i];
        if (k >= main_len && !list[i][main_len])
            general = list[i];
    }
    return general;
}

/* The weight after ";q=" in thousandths; 1000 when there is none, -1 when it is nonsense. */
static int weight_of(const char *s, const char *end)
{
    int weight = 0;
    int unit = 100;

    while (s < end && *s != ';')
        s++;
    if (s == end)
        return 1000;
    for (s++; s < end && ascii_is_space(*s); s++)
        ;
    if (end - s < 3 || ascii_lower(s[0]) != 'q' || s[1] != '=' || (s[2] != '0' && s[2] != '1'))
        return -1;
    if (s[2] == '1')
        return 1000;
    s += 3;
    if (s < end && *s == '.')
        for (s++; s < end && ascii_is_digit(*s) && unit; s++, unit /= 10)
            weight += (*s - '0') * unit;
    return weight;
}

const char *tr_pick_language(const char *accept_language)
{
    const char *s = accept_language ? accept_language : "";
    const char *best = NULL;
    int best_weight = 0;

    while (*s) {
        const char *end = s + strcspn(s, ",");
        const char *found;
        size_t len = 0;
        int weight;

        while (s < end && ascii_is_space(*s))
            s++;
        while (s + len < end && s[len] != ';' && !ascii_is_space(s[len]))
            len++;
        weight = weight_of(s, end);
        found = len == 1 && *s == '*' ? "en" : language_for_tag(s, len);
        if (len && found && weight > best_weight) {
            best = found;
            best_weight = weight;
        }
        s = *end ? end + 1 : end;
    }
    return best ? best : "en";
}
