#include "guide/terms.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>

#include "core/csv_table.h"
#include "core/text.h"
#include "core/tr.h"

#define FILE_NAME "content/terms.csv"
#define BUCKETS   64
#define LANGS_MAX 16

/* One way to write a term: small letters, ended by 0. */
struct spelling {
    const uint32_t *letters;
    size_t len;
    const struct term *term;
    struct spelling *next; /* in the same bucket; longer ones come first */
};

struct language {
    const char *code;
    struct term *terms;
    struct spelling *buckets[BUCKETS];
};

static struct language languages[LANGS_MAX];
static size_t languages_len;
static size_t terms_len;

static uint32_t small(uint32_t letter)
{
    return (uint32_t)u_tolower((UChar32)letter);
}

static bool of_a_word(uint32_t letter)
{
    return letter != 0 &&
           (u_isalnum((UChar32)letter) || u_charType((UChar32)letter) == U_NON_SPACING_MARK);
}

/* --- loading --- */

static enum err add_spelling(struct ctx *ctx, struct language *in, const char *text,
                             const struct term *term)
{
    struct spelling *s = ARENA_NEW(ctx->arena, struct spelling);
    uint32_t *letters = ARENA_ARRAY(ctx->arena, TERM_LENGTH_MAX + 1, uint32_t);
    struct spelling **at;
    const char *p = text;

    for (uint32_t c = text_next(&p); c != 0; c = text_next(&p)) {
        if (s->len == TERM_LENGTH_MAX)
            return ctx_fail(
                ctx, ERR_INVALID,
                tr(ctx, "{0}: the term “{1}” is too long.", TR_TEXT(FILE_NAME), TR_TEXT(text)));
        letters[s->len++] = small(c);
    }
    if (s->len == 0)
        return OK;
    s->letters = letters;
    s->term = term;
    at = &in->buckets[letters[0] % BUCKETS];
    while (*at != NULL && (*at)->len >= s->len)
        at = &(*at)->next;
    s->next = *at;
    *at = s;
    return OK;
}

/* What a language says; English where it says nothing. */
static const char *cell_of(struct ctx *ctx, const struct csv_table *t, size_t i, const char *head,
                           const char *lang)
{
    const char *said = csv_table_cell(t, i, arena_printf(ctx->arena, "%s::%s", head, lang));

    if (!text_blank(said) || strcmp(head, "also") == 0)
        return said;
    return csv_table_cell(t, i, arena_printf(ctx->arena, "%s::en", head));
}

static enum err read_term(struct ctx *ctx, struct language *in, const struct csv_table *t, size_t i)
{
    struct term *term = &in->terms[i];
    bool marked = text_equal(csv_table_cell(t, i, "marked"), "yes");
    const char *also = cell_of(ctx, t, i, "also", in->code);
    char **forms;
    size_t len = 0;
    enum err rc = OK;

    term->code = csv_table_cell(t, i, "code");
    term->name = cell_of(ctx, t, i, "name", in->code);
    term->text = cell_of(ctx, t, i, "definition", in->code);
    term->source = csv_table_cell(t, i, "source");
    term->place = i;
    if (!text_is_name(term->code))
        return csv_table_fault(ctx, t, &t->rows[i], term->code, tr(ctx, "This is not a name."));
    for (size_t k = 0; k < i; k++)
        if (text_equal(in->terms[k].code, term->code))
            return csv_table_fault(ctx, t, &t->rows[i], term->code, tr(ctx, "It is there twice."));
    if (text_blank(term->name) || text_blank(term->text))
        return csv_table_fault(ctx, t, &t->rows[i], term->code,
                               tr(ctx, "A term needs a name and a definition in English."));
    if (!marked)
        return OK;
    rc = add_spelling(ctx, in, term->name, term);
    forms = text_split(ctx->arena, also, '|', true, &len);
    if (rc == OK && len > TERM_FORMS_MAX)
        return csv_table_fault(ctx, t, &t->rows[i], also, tr(ctx, "These are too many forms."));
    for (size_t k = 0; rc == OK && k < len; k++)
        rc = add_spelling(ctx, in, text_trim(ctx->arena, forms[k]), term);
    return rc;
}

enum err terms_load(struct ctx *ctx)
{
    struct csv_table t = { 0 };
    const char *const *codes = tr_languages();
    enum err rc = csv_table_load(ctx, &t, ctx->arena, FILE_NAME);

    if (rc)
        return rc;
    if (t.len > TERMS_MAX)
        return ctx_fail(
            ctx, ERR_INVALID,
            tr(ctx, "{0}: more than {1} terms.", TR_TEXT(FILE_NAME), TR_INT(TERMS_MAX)));
    memset(languages, 0, sizeof(languages));
    languages_len = 0;
    for (size_t l = 0; codes[l] != NULL && l < LANGS_MAX; l++) {
        struct language *in = &languages[l];

        in->code = codes[l];
        in->terms = ARENA_ARRAY(ctx->arena, t.len + 1, struct term);
        for (size_t i = 0; rc == OK && i < t.len; i++)
            rc = read_term(ctx, in, &t, i);
        if (rc)
            return rc;
        languages_len = l + 1;
    }
    terms_len = t.len;
    return OK;
}

static const struct language *language_of(const char *lang)
{
    for (size_t i = 0; i < languages_len; i++)
        if (text_equal(languages[i].code, lang))
            return &languages[i];
    return languages_len > 0 ? &languages[0] : NULL;
}

const struct term *terms_all(const char *lang, size_t *len_out)
{
    const struct language *in = language_of(lang);

    *len_out = in != NULL ? terms_len : 0;
    return in != NULL ? in->terms : NULL;
}

/* --- marking --- */

static bool seen_before(const struct term_seen *seen, const struct term *term)
{
    return (seen->bits[term->place / 64] >> (term->place % 64) & 1) != 0;
}

/* Bytes that the spelling takes at p as whole words; 0 = it does not stand there. */
static size_t fits(const struct spelling *s, const char *p)
{
    const char *end = p;
    const char *after;

    for (size_t i = 0; i < s->len; i++)
        if (small(text_next(&end)) != s->letters[i])
            return 0;
    after = end;
    return of_a_word(text_next(&after)) ? 0 : (size_t)(end - p);
}

/* The letters that Arabic writes on to the word that follows: and, so, with, like, for. */
static bool written_on(uint32_t letter)
{
    return letter == 0x0648 || letter == 0x0641 || letter == 0x0628 || letter == 0x0643 ||
           letter == 0x0644;
}

bool terms_next(struct term_hit *out, const char *lang, const char *text, size_t from,
                struct term_seen *seen)
{
    const struct language *in = language_of(lang);
    const char *p = text + from;
    uint32_t before = 0;
    uint32_t further = 0; /* the letter before that one */

    while (in != NULL && *p != '\0') {
        const char *here = p;
        uint32_t letter = text_next(&p);
        bool starts = !of_a_word(before) || (written_on(before) && !of_a_word(further));

        for (const struct spelling *s = starts ? in->buckets[small(letter) % BUCKETS] : NULL;
             s != NULL; s = s->next) {
            size_t len = seen_before(seen, s->term) ? 0 : fits(s, here);

            if (len == 0)
                continue;
            seen->bits[s->term->place / 64] |= (uint64_t)1 << (s->term->place % 64);
            *out = (struct term_hit){ (size_t)(here - text), len, s->term };
            return true;
        }
        further = before;
        before = letter;
    }
    return false;
}
