/* Name lines: their tokens, and how alike two of them are. */
#include "vault/fold.h"

#include <stdio.h>
#include <string.h>

#include <unicode/uchar.h>

#include "core/buf.h"
#include "core/text.h"
#include "vault/fold_inner.h"

#define PREFIX_MIN   3
#define PREFIX_MAX   6
#define PAIR_KEYS    3
#define PAIR_WORDS   5
#define PHONE_DIGITS 9
#define ARTICLE_WORD 6    /* letters from which on "el" may be an article */
#define WORD_FLOOR   0.6  /* words less alike than this are different words */
#define EXTRA_COST   0.02 /* for each word that only the longer line has */
#define EXTRA_MAX    3
#define WEAK_SHARE   0.2 /* of "abdul" in a line, or of an initial */

enum err fold_init(struct ctx *ctx)
{
    const struct fold_tables *t = NULL;

    return fold_tables_get(ctx, &t);
}

static void unit_fill(const struct fold_tables *t, struct fold_unit *u, const char *latin,
                      bool sparse)
{
    const struct fold_variant *v = NULL;

    u->latin = latin;
    u->sparse = sparse;
    fold_phones(t, u);
    v = fold_variant_find(t, latin);
    if (v) {
        memcpy(u->groups, v->groups, sizeof(u->groups));
        u->groups_len = v->groups_len;
    }
}

static void add_unit(struct fold_line *l, const char *latin, bool sparse, size_t first, size_t last)
{
    struct fold_unit *u = NULL;

    if (l->len >= FOLD_UNITS_MAX || strlen(latin) > FOLD_WORD_MAX)
        return;
    u = &l->units[l->len++];
    u->first = first;
    u->last = last;
    unit_fill(l->tables, u, latin, sparse);
}

static bool is_weak_word(const struct fold_tables *t, const char *latin)
{
    return latin[1] == '\0' || fold_list_has(t->abd, t->abd_len, latin);
}

/* "Ben Youssef" may be one word, and so may "Elmasry" be two. */
static void other_readings(struct ctx *ctx, struct fold_line *l, const struct fold_words *words,
                           size_t i)
{
    const char *latin = words->latin[i];

    if (words->before[i])
        add_unit(l, arena_printf(ctx->arena, "%s%s", words->before[i], latin), words->sparse[i], i,
                 i);
    if ((latin[0] == 'a' || latin[0] == 'e') && latin[1] == 'l' && strlen(latin) >= ARTICLE_WORD &&
        !fold_is_vowel(latin[2]) && latin[2] != 'l')
        add_unit(l, latin + 2, words->sparse[i], i, i);
}

enum err fold_line_make(struct ctx *ctx, struct fold_line **out, const char *line)
{
    struct fold_line *l = ARENA_NEW(ctx->arena, struct fold_line);
    struct fold_words words = { 0 };
    size_t i;
    enum err rc = fold_tables_get(ctx, &l->tables);

    if (!rc)
        rc = fold_letters(ctx, l->tables, &words, line);
    if (rc)
        return rc;
    fold_words_strip(l->tables, &words);
    l->words = words.len < FOLD_WORDS_MAX ? words.len : FOLD_WORDS_MAX;
    for (i = 0; i < l->words; i++) {
        add_unit(l, words.latin[i], words.sparse[i], i, i);
        l->units[i].weak = l->words > 1 && is_weak_word(l->tables, words.latin[i]);
    }
    for (i = 0; i < l->words; i++)
        other_readings(ctx, l, &words, i);
    for (i = 0; i + 1 < l->words; i++)
        add_unit(l, arena_printf(ctx->arena, "%s%s", words.latin[i], words.latin[i + 1]),
                 words.sparse[i] || words.sparse[i + 1], i, i + 1);
    *out = l;
    return OK;
}

size_t fold_line_words(const struct fold_line *line)
{
    return line->words;
}

/* Tokens under way. */
struct tokens {
    struct ctx *ctx;
    struct fold_token items[FOLD_TOKENS_MAX];
    size_t len;
};

static void token_add(struct tokens *t, enum fold_kind kind, const char *text, size_t word)
{
    size_t i;

    for (i = 0; i < t->len; i++) {
        if (t->items[i].kind == kind && strcmp(t->items[i].text, text) == 0)
            return;
    }
    if (t->len >= FOLD_TOKENS_MAX)
        return;
    t->items[t->len].kind = kind;
    t->items[t->len].text = arena_strdup(t->ctx->arena, text);
    t->items[t->len++].word = word;
}

static void unit_tokens(struct tokens *t, const struct fold_line *l, const struct fold_unit *u)
{
    size_t i;

    token_add(t, FOLD_EXACT, u->latin, u->first);
    for (i = 0; i < u->groups_len; i++)
        token_add(t, FOLD_VARIANT, l->tables->groups[u->groups[i]], u->first);
    for (i = 0; i < u->keys_len; i++)
        token_add(t, FOLD_SOUND, u->keys[i], u->first);
}

static void prefix_tokens(struct tokens *t, const struct fold_unit *u, bool for_search)
{
    char prefix[PREFIX_MAX + 1];
    size_t len = strlen(u->latin);
    size_t n = PREFIX_MIN;

    if (len > PREFIX_MAX)
        len = PREFIX_MAX;
    if (for_search && len > n)
        n = len;
    for (; n <= len; n++) {
        if (((unsigned char)u->latin[n] & 0xC0) == 0x80)
            continue;
        memcpy(prefix, u->latin, n);
        prefix[n] = '\0';
        token_add(t, FOLD_PREFIX, prefix, u->first);
    }
}

/* What a unit may be in a pair: its group, then its sounds. */
static size_t pair_codes(const struct fold_line *l, const struct fold_unit *u,
                         const char *codes[PAIR_KEYS + 1])
{
    size_t n = 0;
    size_t i;

    if (u->groups_len > 0)
        codes[n++] = l->tables->groups[u->groups[0]];
    for (i = 0; i < u->keys_len && i < PAIR_KEYS; i++)
        codes[n++] = u->keys[i];
    return n;
}

static void pair_tokens(struct tokens *t, const struct fold_line *l, const struct fold_unit *a,
                        const struct fold_unit *b)
{
    const char *of_a[PAIR_KEYS + 1];
    const char *of_b[PAIR_KEYS + 1];
    size_t len_a = pair_codes(l, a, of_a);
    size_t len_b = pair_codes(l, b, of_b);
    size_t i;
    size_t j;

    for (i = 0; i < len_a; i++) {
        for (j = 0; j < len_b; j++) {
            bool swap = strcmp(of_a[i], of_b[j]) > 0;
            char text[2 * FOLD_WORD_MAX + 32];

            snprintf(text, sizeof(text), "%.48s+%.48s", swap ? of_b[j] : of_a[i],
                     swap ? of_a[i] : of_b[j]);
            token_add(t, FOLD_PAIR, text, a->first);
        }
    }
}

/* What is, or may be, the whole line pairs with nothing: such people are found among many. */
static void lone_tokens(struct tokens *t, const struct fold_line *l)
{
    size_t i;
    size_t k;

    for (i = 0; i < l->len; i++) {
        const char *codes[PAIR_KEYS + 1];
        size_t len = 0;

        if (l->units[i].first > 0 || l->units[i].last + 1 < l->words)
            continue;
        len = pair_codes(l, &l->units[i], codes);

        for (k = 0; k < len; k++)
            token_add(t, FOLD_PAIR, arena_printf(t->ctx->arena, "%s+", codes[k]), 0);
    }
}

/* All two units without a word in common; joined ones only when they start with "abdul". */
static void all_pairs(struct tokens *t, const struct fold_line *l)
{
    size_t i;
    size_t j;

    for (i = 0; i < l->len; i++) {
        for (j = i + 1; j < l->len; j++) {
            const struct fold_unit *a = &l->units[i];
            const struct fold_unit *b = &l->units[j];
            bool apart = a->last < b->first || b->last < a->first;

            if (!apart || a->weak || b->weak || a->last >= PAIR_WORDS || b->last >= PAIR_WORDS)
                continue;
            if (l->words > 3 && ((a->last > a->first && !l->units[a->first].weak) ||
                                 (b->last > b->first && !l->units[b->first].weak)))
                continue;
            pair_tokens(t, l, a, b);
        }
    }
}

enum err fold_name(struct ctx *ctx, struct fold_tokens *out, const char *line, bool for_search)
{
    struct tokens *t = ARENA_NEW(ctx->arena, struct tokens);
    struct fold_line *l = NULL;
    size_t i;
    enum err rc = fold_line_make(ctx, &l, line);

    if (rc)
        return rc;
    t->ctx = ctx;
    for (i = 0; i < l->len; i++)
        unit_tokens(t, l, &l->units[i]);
    for (i = 0; i < l->words; i++) {
        if (!for_search || i + 1 == l->words)
            prefix_tokens(t, &l->units[i], for_search);
    }
    all_pairs(t, l);
    lone_tokens(t, l);
    out->items = arena_memdup(ctx->arena, t->items, t->len * sizeof(t->items[0]));
    out->len = t->len;
    out->words = l->words;
    return OK;
}

static double share_of(const struct fold_line *l, size_t word)
{
    return l->units[word].weak ? WEAK_SHARE : 1;
}

/* Which words have found a partner, and how good it is. */
struct pairing {
    bool taken[2][FOLD_WORDS_MAX];
    double score[2][FOLD_WORDS_MAX];
};

static bool unit_free(const struct pairing *p, int side, const struct fold_unit *u)
{
    return !p->taken[side][u->first] && !p->taken[side][u->last];
}

static void unit_take(struct pairing *p, int side, const struct fold_unit *u, double score)
{
    size_t i;

    for (i = u->first; i <= u->last; i++) {
        p->taken[side][i] = true;
        p->score[side][i] = score;
    }
}

/* The most alike units find each other first; of equals, the longer. */
static void pair_units(struct pairing *p, const struct fold_line *a, const struct fold_line *b,
                       double (*scores)[FOLD_UNITS_MAX])
{
    for (;;) {
        double best = WORD_FLOOR;
        const struct fold_unit *of_a = NULL;
        const struct fold_unit *of_b = NULL;
        size_t i;
        size_t j;

        for (i = 0; i < a->len; i++) {
            for (j = 0; j < b->len && unit_free(p, 0, &a->units[i]); j++) {
                if (scores[i][j] >= best && unit_free(p, 1, &b->units[j])) {
                    best = scores[i][j];
                    of_a = &a->units[i];
                    of_b = &b->units[j];
                }
            }
        }
        if (!of_a)
            return;
        unit_take(p, 0, of_a, best);
        unit_take(p, 1, of_b, best);
    }
}

static double line_share(const struct fold_line *l)
{
    double sum = 0;
    size_t i;

    for (i = 0; i < l->words; i++)
        sum += share_of(l, i);
    return sum;
}

static void score_units(double scores[FOLD_UNITS_MAX][FOLD_UNITS_MAX], const struct fold_line *a,
                        const struct fold_line *b)
{
    for (size_t i = 0; i < a->len; i++) {
        for (size_t j = 0; j < b->len; j++) {
            bool joined_both =
                a->units[i].last > a->units[i].first && b->units[j].last > b->units[j].first;

            scores[i][j] = joined_both ? 0 : fold_unit_score(a->tables, &a->units[i], &b->units[j]);
        }
    }
}

/* Of words without a partner. */
static double share_left(const struct fold_line *l, const bool *taken)
{
    double sum = 0;
    size_t i;

    for (i = 0; i < l->words; i++)
        sum += taken[i] ? 0 : share_of(l, i);
    return sum;
}

/* What it costs that one line says more; "Nur al-Din" does not say more than "Nureddin". */
static double words_extra(const struct fold_line *longer, const struct fold_line *shorter,
                          const struct pairing *p, int side_of_longer)
{
    double extra = share_left(longer, p->taken[side_of_longer]) -
                   share_left(shorter, p->taken[1 - side_of_longer]);

    if (extra <= 0)
        return 0;
    return extra < EXTRA_MAX ? extra : EXTRA_MAX;
}

/*
 * A single word: first come those who are called just so, whatever the spelling, then those of
 * whose names it is a part. Nobody falls below the threshold by it.
 */
static double lone_score(double score, double extra)
{
    if (score <= FOLD_SCORE_MIN)
        return score;
    return FOLD_SCORE_MIN + (score - FOLD_SCORE_MIN) / (1 + extra);
}

double fold_line_score(const struct fold_line *a, const struct fold_line *b)
{
    double scores[FOLD_UNITS_MAX][FOLD_UNITS_MAX];
    struct pairing p = { 0 };
    double sum = 0;
    double worst = 1;
    double extra;
    size_t i;
    int side;

    if (a->words == 0 || b->words == 0)
        return 0;
    score_units(scores, a, b);
    pair_units(&p, a, b, scores);
    side = line_share(a) > line_share(b) ? 1 : 0;
    for (i = 0; i < (side ? b : a)->words; i++) {
        double share = share_of(side ? b : a, i);

        sum += share * p.score[side][i];
        if (share == 1 && p.score[side][i] < worst)
            worst = p.score[side][i];
    }
    extra = words_extra(side ? a : b, side ? b : a, &p, 1 - side);
    sum = (sum / line_share(side ? b : a) + worst) / 2 - EXTRA_COST * extra;
    if ((side ? b : a)->words == 1)
        sum = lone_score(sum, extra);
    return sum > 0 ? sum : 0;
}

enum err fold_score(struct ctx *ctx, double *out, const char *line_a, const char *line_b)
{
    struct fold_line *a = NULL;
    struct fold_line *b = NULL;
    enum err rc = fold_line_make(ctx, &a, line_a);

    if (!rc)
        rc = fold_line_make(ctx, &b, line_b);
    if (rc)
        return rc;
    *out = fold_line_score(a, b);
    return OK;
}

const char *fold_phone(struct ctx *ctx, const char *text)
{
    size_t len = strlen(text);
    char *digits = arena_alloc(ctx->arena, len + 1);
    const char *p = text;
    size_t n = 0;
    uint32_t cp;

    for (cp = text_next(&p); cp != 0; cp = text_next(&p)) {
        int32_t digit = u_charDigitValue((UChar32)cp);

        if (digit >= 0)
            digits[n++] = (char)('0' + digit);
    }
    return n > PHONE_DIGITS ? digits + n - PHONE_DIGITS : digits;
}

const char *fold_exact(struct ctx *ctx, const char *text)
{
    struct buf b;
    const char *p = text;
    uint32_t cp;

    buf_init(&b, ctx->arena, strlen(text) * 4 + 16);
    for (cp = text_next(&p); cp != 0; cp = text_next(&p)) {
        int32_t digit = u_charDigitValue((UChar32)cp);

        if (digit >= 0)
            buf_add_char(&b, (char)('0' + digit));
        else if (u_isalnum((UChar32)cp))
            buf_add_codepoint(&b, (uint32_t)u_toupper((UChar32)cp));
    }
    return buf_text(&b);
}
