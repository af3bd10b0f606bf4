/* Texts of messages: content/messages/templates.csv, checked for what would tell a purpose. */
#include <assert.h>
#include <string.h>

#include <unicode/ustring.h>

#include "core/asset.h"
#include "core/csv_table.h"
#include "core/date.h"
#include "core/text.h"
#include "messages/messages_inner.h"

#define TEMPLATES    "content/messages/templates.csv"
#define FORBIDDEN    "content/messages/forbidden.csv"
#define ORDERS       "content/messages/orders.csv"
#define TEXT_MAX     300 /* characters: some five parts of an SMS in Arabic */
#define FOLD_UNITS   2048
#define NUMBER_MOST  1000000
#define ADDRESS_WORD 5 /* shorter ones are part of too many words */

static const char *const languages[] = { "en", "fr", "es", "ar", NULL };
static const char *const language_names[] = { "English (en)", "Français (fr)", "Español (es)",
                                              "العربية (ar)" };
#define LANGUAGES (sizeof language_names / sizeof language_names[0])

struct word {
    const char *text; /* folded */
    const char *match;
};

/* Loaded once before fork, read-only since. */
static struct {
    struct arena *arena;
    struct message_template *templates;
    size_t templates_len;
    struct word *forbidden;
    size_t forbidden_len;
    struct word *orders; /* match is stop or start */
    size_t orders_len;
} texts;

/* --- folding and words --- */

/* Lower case, without accents and Arabic vowel signs, alef and yeh in one form; "" if too long. */
static const char *folded(struct arena *a, const char *text)
{
    UChar in[FOLD_UNITS];
    UChar out[FOLD_UNITS];
    char bytes[FOLD_UNITS * 3];
    int32_t len = 0;
    int32_t at = 0;
    UErrorCode code = U_ZERO_ERROR;

    u_strFromUTF8(in, FOLD_UNITS, &len, text, -1, &code);
    len = u_strToLower(out, FOLD_UNITS, in, len, "", &code);
    if (U_FAILURE(code) || len >= FOLD_UNITS)
        return "";
    for (int32_t i = 0; i < len; i++) {
        UChar c = out[i];
        static const char latin[] = "aaaaaaaceeeeiiiidnooooo ouuuuyt"; /* U+00E0 on */

        if (c >= 0xe0 && c < 0xe0 + (UChar)(sizeof latin - 1))
            c = (UChar)latin[c - 0xe0];
        else if (c == 0x622 || c == 0x623 || c == 0x625)
            c = 0x627;
        else if (c == 0x649)
            c = 0x64a;
        else if (c == 0x629)
            c = 0x647;
        else if ((c >= 0x64b && c <= 0x652) || c == 0x640)
            continue;
        in[at++] = c;
    }
    u_strToUTF8(bytes, (int32_t)sizeof bytes, NULL, in, at, &code);
    return U_FAILURE(code) ? "" : arena_strdup(a, bytes);
}

static bool in_word(const char *s)
{
    return (unsigned char)*s >= 0x80 || ascii_is_alpha(*s) || ascii_is_digit(*s);
}

static bool stands_in(const char *text, const struct word *w)
{
    size_t len = strlen(w->text);

    for (const char *at = strstr(text, w->text); at != NULL; at = strstr(at + 1, w->text)) {
        bool begins = at == text || !in_word(at - 1);
        bool ends = !in_word(at + len);

        if (strcmp(w->match, "inside") == 0 || (begins && strcmp(w->match, "start") == 0) ||
            (begins && ends))
            return true;
    }
    return false;
}

const char *text_tells(struct ctx *ctx, const char *text)
{
    const char *fold = folded(ctx->arena, text);

    if (*fold == '\0' && !text_blank(text))
        return text;
    for (size_t i = 0; i < texts.forbidden_len; i++)
        if (stands_in(fold, &texts.forbidden[i]))
            return texts.forbidden[i].text;
    return NULL;
}

const char *address_tells(struct ctx *ctx, const char *address)
{
    const char *fold = folded(ctx->arena, address);

    for (size_t i = 0; i < texts.forbidden_len; i++)
        if (strlen(texts.forbidden[i].text) >= ADDRESS_WORD &&
            strstr(fold, texts.forbidden[i].text) != NULL)
            return texts.forbidden[i].text;
    return text_tells(ctx, address);
}

const char *text_order(struct ctx *ctx, const char *text)
{
    char *fold = text_trim(ctx->arena, folded(ctx->arena, text));
    size_t len = strlen(fold);

    while (len > 0 && strchr(".!\"'", fold[len - 1]) != NULL)
        fold[--len] = '\0';
    for (size_t i = 0; i < texts.orders_len; i++)
        if (strcmp(fold, texts.orders[i].text) == 0)
            return texts.orders[i].match;
    return NULL;
}

/* --- loading --- */

static enum err load_words(struct ctx *ctx, struct word **out, size_t *len_out, const char *file)
{
    struct csv_table t = { 0 };
    size_t word = 0;
    size_t match = 0;
    struct word *items;
    enum err rc = csv_table_load(ctx, &t, texts.arena, file);

    if (!rc)
        rc = csv_table_column(ctx, &word, &t, "word");
    if (!rc)
        rc = csv_table_column(ctx, &match, &t, "match");
    if (rc)
        return rc;
    items = ARENA_ARRAY(texts.arena, t.len + 1, struct word);
    for (size_t i = 0; i < t.len; i++) {
        items[i].text = folded(texts.arena, t.rows[i].cells[word]);
        items[i].match = t.rows[i].cells[match];
        if (*items[i].text == '\0')
            return csv_table_fault(ctx, &t, &t.rows[i], t.rows[i].cells[word], "no word");
    }
    *out = items;
    *len_out = t.len;
    return OK;
}

static bool read_audience(const char *text, enum audience *out)
{
    static const char *const names[] = { "person", "staff", "test" };

    for (size_t i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (enum audience)i;
            return true;
        }
    return false;
}

/* Only these: free text, names and links could say anything. */
static bool read_args(struct ctx *ctx, struct message_template *m, const char *text)
{
    static const char *const names[] = { "phone", "date", "time", "number" };
    size_t len = 0;
    char **words = text_split(ctx->arena, text, ' ', true, &len);

    if (len > MESSAGE_ARGS_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        size_t k = 0;

        while (k < 4 && strcmp(words[i], names[k]) != 0)
            k++;
        if (k == 4)
            return false;
        m->args[i] = (enum arg_kind)k;
    }
    m->args_len = len;
    return true;
}

/* Something that a phone would make a link of, or that names an address. */
static bool has_link(const char *s)
{
    if (strchr(s, '@') != NULL || strchr(s, '/') != NULL)
        return true;
    for (const char *dot = strchr(s, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
        if (dot > s && ascii_is_alpha(dot[-1]) && ascii_is_alpha(dot[1]))
            return true;
    return false;
}

/* Every argument stands in the text, and no other. */
static bool args_fit(struct ctx *ctx, const char *text, size_t len)
{
    for (size_t i = 0; i < 10; i++) {
        const char *mark = arena_printf(ctx->arena, "{%zu", i);

        if ((strstr(text, mark) != NULL) != (i < len))
            return false;
    }
    return true;
}

static const char *fault_of(struct ctx *ctx, const char *text, size_t args_len)
{
    const char *word = text_tells(ctx, text);

    assert(text); /* a cell of a table is a text, if an empty one */
    if (text_blank(text))
        return "a text is missing: write it in every language";
    if (text_codepoints(text) > TEXT_MAX)
        return "longer than 300 characters: shorten it";
    if (word != NULL)
        return arena_printf(ctx->arena,
                            "the word \"%s\" could tell what the message is about: choose another",
                            word);
    if (has_link(text))
        return "a link or address could tell who writes: leave it out";
    if (args_fit(ctx, text, args_len))
        return NULL;
    return args_len == 0
               ? "it takes no {0}: the row names no arguments"
               : arena_printf(ctx->arena, "write each of {0} to {%zu} in it, as the row names them",
                              args_len - 1);
}

/* The texts of one kind in all languages. */
static enum err load_texts(struct ctx *ctx, const struct csv_table *t, const char *const **out,
                           size_t row, const char *what, size_t args_len)
{
    const char **items = ARENA_ARRAY(texts.arena, LANGUAGES, const char *);

    for (size_t i = 0; i < LANGUAGES; i++) {
        const char *column = arena_printf(ctx->arena, "%s::%s", what, language_names[i]);
        const char *cell = csv_table_cell(t, row, column);
        const char *fault = fault_of(ctx, cell, args_len);

        if (fault != NULL)
            return csv_table_fault(ctx, t, &t->rows[row], cell,
                                   arena_printf(ctx->arena, "%s: %s", column, fault));
        items[i] = cell;
    }
    *out = items;
    return OK;
}

static enum err load_templates(struct ctx *ctx)
{
    struct csv_table t = { 0 };
    enum err rc = csv_table_load(ctx, &t, texts.arena, TEMPLATES);

    if (rc)
        return rc;
    texts.templates = ARENA_ARRAY(texts.arena, t.len + 1, struct message_template);
    for (size_t i = 0; i < t.len; i++) {
        struct message_template *m = &texts.templates[i];

        m->name = csv_table_cell(&t, i, "name");
        if (!text_is_name(m->name))
            return csv_table_fault(ctx, &t, &t.rows[i], m->name,
                                   "not a name: use a to z, digits and underscores");
        if (!read_audience(csv_table_cell(&t, i, "audience"), &m->audience))
            return csv_table_fault(ctx, &t, &t.rows[i], csv_table_cell(&t, i, "audience"),
                                   "write person, staff or test");
        if (!read_args(ctx, m, csv_table_cell(&t, i, "args")))
            return csv_table_fault(ctx, &t, &t.rows[i], csv_table_cell(&t, i, "args"),
                                   "write at most four of phone, date, time, number");
        rc = load_texts(ctx, &t, &m->titles, i, "title", 0);
        if (!rc)
            rc = load_texts(ctx, &t, &m->subjects, i, "subject", 0);
        if (!rc)
            rc = load_texts(ctx, &t, &m->texts, i, "text", m->args_len);
        if (rc)
            return rc;
    }
    texts.templates_len = t.len;
    return OK;
}

enum err message_texts_load(struct ctx *ctx)
{
    enum err rc;

    arena_free(texts.arena);
    memset(&texts, 0, sizeof texts);
    texts.arena = arena_new(0);
    rc = load_words(ctx, &texts.forbidden, &texts.forbidden_len, FORBIDDEN);
    if (!rc)
        rc = load_words(ctx, &texts.orders, &texts.orders_len, ORDERS);
    return rc ? rc : load_templates(ctx);
}

/* --- using them --- */

const struct message_template *template_find(const char *name)
{
    for (size_t i = 0; i < texts.templates_len; i++)
        if (text_equal(texts.templates[i].name, name))
            return &texts.templates[i];
    return NULL;
}

const struct message_template *template_list(size_t *len_out)
{
    *len_out = texts.templates_len;
    return texts.templates;
}

static size_t place_of(const char *lang)
{
    for (size_t i = 0; i < LANGUAGES; i++)
        if (text_equal(languages[i], lang))
            return i;
    return 0;
}

const char *template_lang(const char *lang)
{
    return languages[place_of(lang)];
}

static bool arg_fits(struct ctx *ctx, enum arg_kind kind, const char *text)
{
    int64_t n = 0;

    switch (kind) {
    case ARG_PHONE:
        return phone_normal(ctx->arena, text) != NULL;
    case ARG_DATE:
        return date_valid(text);
    case ARG_TIME:
        return minutes_of(text) >= 0;
    case ARG_NUMBER:
        return parse_int(text, 0, NUMBER_MOST, &n);
    }
    return false;
}

static const char *arg_problem(struct ctx *ctx, enum arg_kind kind)
{
    switch (kind) {
    case ARG_PHONE:
        return tr(ctx,
                  "Write a telephone number with its country code, such as +221 33 800 00 00.");
    case ARG_DATE:
        return tr(ctx, "Choose a date.");
    case ARG_TIME:
        return tr(ctx, "Write a time such as 14:30.");
    case ARG_NUMBER:
        break;
    }
    return tr(ctx, "Write a whole number.");
}

enum err template_check_args(struct ctx *ctx, const struct message_template *t,
                             const char *const *args)
{
    size_t len = 0;
    enum err rc = OK;

    while (args != NULL && args[len] != NULL)
        len++;
    if (len != t->args_len)
        return ctx_fail(ctx, ERR_INVALID,
                        arena_printf(ctx->arena, "the message %s takes %zu arguments, not %zu",
                                     t->name, t->args_len, len));
    for (size_t i = 0; i < len; i++)
        if (!arg_fits(ctx, t->args[i], args[i]))
            rc = ctx_fail_field(ctx, arena_printf(ctx->arena, "arg.%zu", i + 1),
                                arg_problem(ctx, t->args[i]));
    return rc;
}

/* Between Arabic words the groups of a number would change places: in one piece, left to right. */
static const char *phone_for(struct ctx *ctx, const char *lang, const char *phone)
{
    const char *normal = phone_normal(ctx->arena, phone);

    if (normal == NULL || strcmp(tr_direction(lang), "rtl") != 0)
        return phone;
    return arena_printf(ctx->arena, "\xe2\x80\x8e%s", normal);
}

const char *template_text(struct ctx *ctx, const struct message_template *t, const char *lang,
                          const char *const *args)
{
    struct tr_arg items[MESSAGE_ARGS_MAX + 1] = { 0 };
    struct ctx theirs = *ctx;
    int64_t n = 0;

    theirs.lang = template_lang(lang);
    for (size_t i = 0; i < t->args_len && args[i] != NULL; i++) {
        if (t->args[i] == ARG_DATE)
            items[i] = TR_DATE(args[i]);
        else if (t->args[i] == ARG_PHONE)
            items[i] = TR_TEXT(phone_for(ctx, theirs.lang, args[i]));
        else if (t->args[i] == ARG_NUMBER && parse_int(args[i], 0, NUMBER_MOST, &n))
            items[i] = TR_INT(n);
        else
            items[i] = TR_TEXT(args[i]);
    }
    return tr_args(&theirs, t->texts[place_of(lang)], items);
}

const char *template_subject(const struct message_template *t, const char *lang)
{
    return t->subjects[place_of(lang)];
}

const char *message_template_title(struct ctx *ctx, const char *template_name)
{
    const struct message_template *t = template_find(template_name);

    return t == NULL ? template_name : t->titles[place_of(ctx->lang)];
}
