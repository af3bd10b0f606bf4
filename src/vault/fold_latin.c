/* Text in any script to words in the letters a to z. */
#include "vault/fold_inner.h"

#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

#include "core/buf.h"
#include "core/text.h"

#define ICU_ID   "Any-Latin; Latin-ASCII; Lower"
#define WORD_CPS 64

/* One word as it was written. */
struct raw {
    uint32_t cps[WORD_CPS];
    size_t len;
};

static bool is_arabic(uint32_t cp)
{
    return (cp >= 0x0600 && cp <= 0x077F) || (cp >= 0x08A0 && cp <= 0x08FF);
}

static bool is_indic(uint32_t cp)
{
    return cp >= 0x0900 && cp <= 0x0D7F;
}

static bool is_ethiopic(uint32_t cp)
{
    return cp >= 0x1200 && cp <= 0x137F;
}

/* Vowel signs of Arabic, the stretching line, accents on their own, joiners: no letters. */
static bool is_mark(uint32_t cp)
{
    return (cp >= 0x064B && cp <= 0x065F) || cp == 0x0670 || cp == 0x0640 ||
           (cp >= 0x0610 && cp <= 0x061A) || (cp >= 0x0300 && cp <= 0x036F) ||
           (cp >= 0x200B && cp <= 0x200F) || (cp >= 0x202A && cp <= 0x202E) || cp == 0x2060 ||
           (cp >= 0x2066 && cp <= 0x2069) || cp == 0xFEFF || cp == 0x135F;
}

static bool is_apostrophe(uint32_t cp)
{
    return cp == '\'' || cp == '`' || cp == 0x00B4 || cp == 0x2018 || cp == 0x2019 ||
           (cp >= 0x02B9 && cp <= 0x02BF);
}

/* Part of a word: any letter, digit or combining sign. */
static bool is_word(uint32_t cp)
{
    if (cp < 0x80)
        return ascii_is_alpha((char)cp) || ascii_is_digit((char)cp);
    return u_isalnum((UChar32)cp) || (U_GET_GC_MASK((UChar32)cp) & U_GC_M_MASK) != 0;
}

static const struct fold_letter *letter_find(const struct fold_letter *rows, size_t len,
                                             uint32_t cp)
{
    size_t low = 0;
    size_t high = len;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (rows[mid].cp < cp)
            low = mid + 1;
        else
            high = mid;
    }
    return low < len && rows[low].cp == cp ? &rows[low] : NULL;
}

static bool is_long_vowel(uint32_t cp)
{
    return cp == 0x0627 || cp == 0x0622 || cp == 0x0649 || cp == 0x0629 || cp == 0x0623;
}

/*
 * Letters of Persian, Dari, Pashto and Urdu: there the four letters of Arabic for th, dh and the
 * heavy d and z sound s and z. Those that only write a loan in Arabic do not count.
 */
static bool has_persian(const struct raw *w)
{
    for (size_t i = 0; i < w->len; i++) {
        uint32_t cp = w->cps[i];

        if (cp >= 0x0679 && cp <= 0x06D3 && cp != 0x06A4 && cp != 0x06A8 && cp != 0x06AD)
            return true;
    }
    return false;
}

/* Whether a row for a certain place fits at i. */
static bool place_fits(const struct raw *w, size_t i, enum fold_where where)
{
    uint32_t next = i + 1 < w->len ? w->cps[i + 1] : 0;

    switch (where) {
    case FOLD_ANY:
        return true;
    case FOLD_START: /* a letter that a vowel follows in writing stands for no vowel itself */
        return i == 0 && (w->cps[0] != 0x0639 || !is_long_vowel(next));
    case FOLD_VOWEL:
        return is_long_vowel(next) || next == 0x0648 ||
               (i > 0 && (w->cps[i - 1] == 0x0627 || w->cps[i - 1] == 0x0622));
    case FOLD_END:
        return next == 0;
    case FOLD_PERSIAN:
        return has_persian(w);
    case FOLD_FRONT:
    case FOLD_OPEN:
        return false;
    }
    return false;
}

/* Letters of letters.csv; false if the word has one that is not there. */
static bool by_letters(const struct fold_tables *t, const struct raw *w, struct buf *b)
{
    size_t i;

    for (i = 0; i < w->len; i++) {
        const struct fold_letter *l = NULL;
        const struct fold_letter *end = t->letters + t->letters_len;
        uint32_t cp = w->cps[i];

        if (cp < 0x80) {
            buf_add_char(b, ascii_lower((char)cp));
            continue;
        }
        l = letter_find(t->letters, t->letters_len, cp);
        if (!l)
            l = letter_find(t->letters, t->letters_len, (uint32_t)u_tolower((UChar32)cp));
        while (l && l < end && !place_fits(w, i, l->where))
            l = l + 1 < end && l[1].cp == l->cp ? l + 1 : NULL;
        if (!l)
            return false;
        buf_add(b, l->to);
    }
    return true;
}

/* Where the letter at i stands in its script's block, which all of India lay out alike; 0 = none.
 */
static uint32_t indic_place(const struct raw *w, size_t i)
{
    return i < w->len ? (w->cps[i] - 0x0900) % 0x80 : 0;
}

/* A letter as the table has it for itself, or for its place. NULL: it has neither. */
static const char *indic_letter(const struct fold_tables *t, uint32_t cp, bool dotted)
{
    const struct fold_letter *own = letter_find(t->letters, t->letters_len, cp);
    const struct fold_letter *other = dotted ? letter_find(t->nukta, t->nukta_len, cp) : NULL;
    uint32_t place = (cp - 0x0900) % 0x80;

    if (!own && place == 0x4E)
        return NULL;
    if (other)
        own = other;
    return own ? own->to : t->indic[place];
}

/* Consonants carry a vowel unless a sign takes it away; it is not spoken at the end of a word. */
static bool by_indic(const struct fold_tables *t, const struct raw *w, struct buf *b)
{
    for (size_t i = 0; i < w->len; i++) {
        uint32_t cp = w->cps[i];
        uint32_t place = indic_place(w, i);
        bool consonant = (place >= 0x15 && place <= 0x39) || (place >= 0x58 && place <= 0x5F);
        bool dotted = indic_place(w, i + 1) == 0x3C;
        uint32_t next = indic_place(w, dotted ? i + 2 : i + 1);
        const char *to = NULL;

        if (!is_indic(cp))
            return false;
        if (place == 0x4D || place == 0x3C)
            continue;
        to = indic_letter(t, cp, dotted);
        if (!to)
            return false;
        buf_add(b, to);
        if (consonant && next != 0 && next != 0x4D && (next < 0x3E || next > 0x4C))
            buf_add_char(b, cp >= 0x0980 && cp <= 0x09FF ? 'o' : 'a');
    }
    return true;
}

/* Eight forms of each consonant, one for each vowel; the sixth has none or a short one. */
static bool by_ethiopic(const struct fold_tables *t, const struct raw *w, struct buf *b)
{
    static const char *const vowels[] = { "e", "u", "i", "a", "e", "", "o", "wa" };
    size_t i;

    for (i = 0; i < w->len; i++) {
        uint32_t cp = w->cps[i];
        uint32_t order = cp % 8;
        const char *row = NULL;

        if (!is_ethiopic(cp))
            return false;
        row = t->ethiopic[(cp - 0x1200) / 8];
        if (!row)
            return false;
        buf_add(b, row);
        if (row[0] == '\0' && (order == 0 || order == 5))
            buf_add(b, order == 0 ? "a" : "i");
        else if (row[0] == 'h' && row[1] == '\0' && order == 0)
            buf_add(b, "a");
        else
            buf_add(b, vowels[order]);
    }
    return true;
}

/* Opened once in the life of a process: opening takes milliseconds. Holds no user's data. */
static UTransliterator *icu_shared;

static UTransliterator *icu_get(void)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar id[sizeof(ICU_ID)];

    if (!icu_shared) {
        u_uastrcpy(id, ICU_ID);
        icu_shared = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
        if (U_FAILURE(status))
            icu_shared = NULL;
    }
    return icu_shared;
}

static enum err by_icu(struct ctx *ctx, const struct raw *w, struct buf *b)
{
    UTransliterator *icu = icu_get();
    UErrorCode status = U_ZERO_ERROR;
    UChar text[WORD_CPS * 8];
    int32_t len = 0;
    int32_t limit = 0;
    int32_t i = 0;

    if (!icu)
        return ctx_fail(ctx, ERR_INTERNAL, "could not open the transliterator of ICU");
    for (i = 0; i < (int32_t)w->len; i++) {
        UBool bad = 0;

        U16_APPEND(text, len, WORD_CPS * 2, (UChar32)w->cps[i], bad);
        if (bad)
            return ctx_fail(ctx, ERR_INTERNAL, "could not transliterate a name");
    }
    limit = len;
    utrans_transUChars(icu, text, &len, WORD_CPS * 8, 0, &limit, &status);
    if (U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR)
        return ctx_fail(ctx, ERR_INTERNAL, "could not transliterate a name");
    for (i = 0; i < limit && i < WORD_CPS * 8; i++) {
        UChar c = text[i];

        if (c < 0x80 && (ascii_is_alpha((char)c) || ascii_is_digit((char)c)))
            buf_add_char(b, ascii_lower((char)c));
        else if (c >= 0xA0 && c != 0x01DD && c != 0x0259 && u_isalnum(c))
            buf_add_codepoint(b, c);
    }
    return OK;
}

/* The article before a word of three letters or more says nothing; God's name keeps it. */
static size_t arabic_article(const struct raw *w)
{
    if (w->len < 5 || w->cps[0] != 0x0627 || w->cps[1] != 0x0644)
        return 0;
    return w->cps[2] == 0x0644 ? 0 : 2;
}

static enum err add_word(struct ctx *ctx, const struct fold_tables *t, struct fold_words *out,
                         struct raw *w)
{
    uint32_t first = w->cps[0];
    struct buf b;
    size_t len;
    bool done = false;

    buf_init(&b, ctx->arena, FOLD_LINE_MAX);
    if (is_arabic(first)) {
        size_t skip = arabic_article(w);

        w->len -= skip;
        memmove(w->cps, w->cps + skip, w->len * sizeof(w->cps[0]));
    }
    if (is_indic(first))
        done = by_indic(t, w, &b);
    else if (is_ethiopic(first))
        done = by_ethiopic(t, w, &b);
    else
        done = by_letters(t, w, &b);
    if (!done) {
        enum err rc;

        buf_clear(&b);
        rc = by_icu(ctx, w, &b);
        if (rc)
            return rc;
    }
    if (!buf_ok(&b))
        return ctx_fail(ctx, ERR_LIMIT, "The name is too long.");
    if (b.len == 0 || out->len >= FOLD_WORDS_MAX * 2)
        return OK;
    out->sparse[out->len] = is_arabic(first) || is_ethiopic(first) ||
                            (first >= 0x0590 && first <= 0x05FF) ||
                            (first >= 0x0700 && first <= 0x074F);
    len = b.len < FOLD_WORD_MAX ? b.len : FOLD_WORD_MAX;
    while (((unsigned char)b.data[len] & 0xC0) == 0x80)
        len--; /* never within a letter that has no Latin form */
    out->latin[out->len++] = arena_strndup(ctx->arena, b.data, len);
    return OK;
}

/*
 * One form for what looks the same: letters with separate accents, presentation forms of Arabic,
 * the ligature of God's name.
 */
static enum err normalized(struct ctx *ctx, const char **out, const char *text)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *nfkc = NULL;
    size_t max = strlen(text) * 6 + 16; /* a ligature of three bytes may become 18 letters */
    UChar *in = NULL;
    UChar *norm = NULL;
    char *utf8 = NULL;
    const char *p;
    int32_t len = 0;

    *out = text;
    for (p = text; *p > 0 && (unsigned char)*p < 0x80; p++)
        continue;
    if (*p == '\0')
        return OK;
    in = ARENA_ARRAY(ctx->arena, max, UChar);
    norm = ARENA_ARRAY(ctx->arena, max, UChar);
    utf8 = ARENA_ARRAY(ctx->arena, max * 3, char);
    nfkc = unorm2_getNFKCInstance(&status);
    u_strFromUTF8(in, (int32_t)max, &len, text, -1, &status);
    len = unorm2_normalize(nfkc, in, len, norm, (int32_t)max - 1, &status);
    u_strToUTF8(utf8, (int32_t)(max * 3) - 1, NULL, norm, len, &status);
    if (U_FAILURE(status))
        return ctx_fail(ctx, ERR_INTERNAL, "could not normalize a name");
    *out = utf8;
    return OK;
}

enum err fold_letters(struct ctx *ctx, const struct fold_tables *t, struct fold_words *out,
                      const char *text)
{
    struct raw w = { 0 };
    const char *p = NULL;
    enum err rc;

    if (strlen(text) > FOLD_LINE_MAX)
        return ctx_fail(ctx, ERR_LIMIT, "The name is too long.");
    rc = normalized(ctx, &p, text);
    if (rc)
        return rc;
    for (;;) {
        uint32_t cp = text_next(&p);

        if (cp != 0 && (is_mark(cp) || is_apostrophe(cp)))
            continue;
        if (cp != 0 && is_word(cp)) {
            if (w.len < WORD_CPS)
                w.cps[w.len++] = cp;
            continue;
        }
        if (w.len > 0) {
            rc = add_word(ctx, t, out, &w);
            if (rc)
                return rc;
            w.len = 0;
        }
        if (cp == 0)
            return OK;
    }
}

/* A particle stands before a name: the last word is one of the person's own, as in "Das". */
static bool is_particle(const struct fold_tables *t, const struct fold_words *words, size_t i)
{
    return i + 1 < words->len && fold_list_has(t->particles, t->particles_len, words->latin[i]);
}

void fold_words_strip(const struct fold_tables *t, struct fold_words *words)
{
    size_t kept = 0;
    const char *before = NULL;
    size_t i;

    for (i = 0; i < words->len; i++) {
        if (is_particle(t, words, i)) {
            before = words->latin[i];
            continue;
        }
        words->before[kept] = before;
        before = NULL;
        words->sparse[kept] = words->sparse[i];
        words->latin[kept++] = words->latin[i];
    }
    words->len = kept;
}

enum err fold_latin(struct ctx *ctx, const char **out, const char *text)
{
    const struct fold_tables *t = NULL;
    struct fold_words words = { 0 };
    struct buf b;
    size_t i;
    enum err rc = fold_tables_get(ctx, &t);

    if (!rc)
        rc = fold_letters(ctx, t, &words, text);
    if (rc)
        return rc;
    buf_init(&b, ctx->arena, FOLD_LINE_MAX * 4);
    for (i = 0; i < words.len; i++) {
        if (i > 0)
            buf_add_char(&b, ' ');
        buf_add(&b, words.latin[i]);
    }
    *out = buf_text(&b);
    return OK;
}
