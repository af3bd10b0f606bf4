/* Words as sounds: phones, the keys that the index looks up, and how near two words are. */
#include "vault/fold_inner.h"

#include <stdio.h>
#include <string.h>

#define VOWEL_WEIGHT  40
#define WEAK_WEIGHT   50   /* h, w, y: often not written */
#define SPARSE_VOWEL  6    /* a vowel that only the fuller spelling has */
#define SPARSE_LONG   20   /* a long vowel that only the sparse spelling has */
#define END_VOWEL     15   /* "Ousman", "Ousmane" */
#define SCORE_GROUP   0.92 /* and up to 0.06 more the nearer the spelling */
#define GROUP_NEAR    0.06
#define SCORE_SOUND   0.96
#define SCORE_INITIAL 0.80
#define OTHER_GROUP   0.86 /* two known names that no group joins are probably two */

bool fold_is_vowel(char c)
{
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
}

static bool is_weak(char c)
{
    return c == 'h' || c == 'w' || c == 'y' || c == 'X' || c == 'x';
}

static bool sound_fits(const struct fold_sound *s, const char *word, const char *p)
{
    char next;

    if (strncmp(p, s->from, s->len) != 0)
        return false;
    next = p[s->len];
    switch (s->where) {
    case FOLD_ANY:
        return true;
    case FOLD_START:
        return p == word;
    case FOLD_END:
        return next == '\0';
    case FOLD_FRONT:
        return next == 'e' || next == 'i' || next == 'y';
    case FOLD_VOWEL:
        return fold_is_vowel(next);
    case FOLD_OPEN:
        return p == word && fold_is_vowel(next);
    case FOLD_PERSIAN:
        return false;
    }
    return false;
}

static void add_phone(struct fold_unit *u, char phone, const char *options)
{
    if (u->phones_len >= FOLD_PHONES_MAX)
        return;
    u->options[u->phones_len] = options;
    u->phones[u->phones_len++] = phone;
}

/*
 * "abdurrahman", "abdelrahman", "abdirahman": the servant of one of God's names, with the article
 * as it is spoken. Leaves "abdrahman". What has no consonant after the article is Abdullah.
 */
static void drop_article(char out[FOLD_WORD_MAX + 8], const char *latin)
{
    const char *start = latin[0] == 'c' ? latin + 1 : latin;
    const char *p = NULL;
    const char *q = NULL;

    snprintf(out, FOLD_WORD_MAX + 8, "%s", latin);
    if (strncmp(start, "abd", 3) != 0)
        return;
    for (p = start + 3; fold_is_vowel(*p); p++)
        continue;
    if (*p == 'l') {
        for (q = p + 1; *q && (fold_is_vowel(*q) || *q == 'h' || *q == 'y'); q++)
            continue;
        if (*q)
            p++;
    }
    if (*p == '\0' || strlen(p) < 2)
        return;
    snprintf(out, FOLD_WORD_MAX + 8, "abda%s", p);
}

/* NULL: digits and letters of other alphabets do not sound. */
static const struct fold_sound *sound_at(const struct fold_tables *t, const char *word,
                                         const char *p)
{
    size_t c = (size_t)(*p - 'a');

    if (*p < 'a' || *p > 'z')
        return NULL;
    for (size_t i = t->sound_at[c]; i < t->sound_at[c + 1]; i++) {
        if (sound_fits(&t->sounds[i], word, p))
            return &t->sounds[i];
    }
    return NULL;
}

static void phones_of(const struct fold_tables *t, struct fold_unit *u, const char *word)
{
    const char *p = word;

    u->phones_len = 0;
    while (*p) {
        const struct fold_sound *s = sound_at(t, word, p);

        for (size_t i = 0; s && s->phones[i]; i++) {
            char phone = s->phones[i];
            bool twice = u->phones_len > 0 && u->phones[u->phones_len - 1] == phone;

            if (!twice || (u->sparse && !fold_is_vowel(phone) && phone != 'l'))
                add_phone(u, phone, i == 0 ? s->options : "-");
        }
        p += s ? s->len : 1;
    }
    u->phones[u->phones_len] = '\0';
}

/* The nth of "T|S" into out; false if there are not so many. */
static bool option_at(const char *options, size_t n, char out[4])
{
    size_t len;

    for (; n > 0; n--) {
        options = strchr(options, '|');
        if (!options)
            return false;
        options++;
    }
    len = strcspn(options, "|");
    if (len > 3)
        len = 3;
    memcpy(out, options, len);
    out[len] = '\0';
    return true;
}

static char vowel_class(const struct fold_unit *u)
{
    size_t i;

    for (i = u->phones_len; i > 0; i--) {
        switch (u->phones[i - 1]) {
        case 'a':
        case 'e':
            return 'a';
        case 'i':
        case 'y':
            return 'i';
        case 'o':
        case 'u':
        case 'w':
            return 'o';
        default:
            break;
        }
    }
    return '\0';
}

/* Adds the letters of an option; once = not one that stands there already. Returns the length. */
static size_t key_extend(char *key, size_t len, const char *letters, bool once)
{
    for (; *letters && len < FOLD_KEY_MAX; letters++) {
        if (!once || len == 0 || key[len - 1] != *letters)
            key[len++] = *letters;
    }
    return len;
}

/* One key: at phone `other` its nth option instead of the first, elsewhere the first. */
static bool key_make(const struct fold_unit *u, size_t other, size_t nth, bool semivowels,
                     char *out)
{
    size_t len = 0;
    bool vowel_before = true;

    for (size_t i = 0; i < u->phones_len; i++) {
        char c = u->phones[i];
        char opt[4] = "";
        bool vowel = fold_is_vowel(c);
        bool glide = i > 0 && !semivowels && (c == 'w' || c == 'y');

        if (!vowel && !option_at(u->options[i], i == other ? nth : 0, opt))
            return false;
        if (vowel || glide || opt[0] == '-') {
            if (i == 0)
                out[len++] = 'A';
            vowel_before = vowel_before || vowel;
            continue;
        }
        len = key_extend(out, len, opt, !vowel_before && !u->sparse);
        vowel_before = false;
    }
    if (len > 1 && out[len - 1] == 'D')
        out[len - 1] = 'T';
    if (len < 2 && !semivowels)
        return key_make(u, other, nth, true, out);
    if (len == 1 && vowel_class(u))
        out[len++] = vowel_class(u);
    out[len] = '\0';
    return len > 0;
}

static void key_add(struct fold_unit *u, const char *key)
{
    size_t len = strnlen(key, FOLD_KEY_MAX);

    for (size_t i = 0; i < u->keys_len; i++) {
        if (strcmp(u->keys[i], key) == 0)
            return;
    }
    if (u->keys_len == FOLD_KEYS_MAX)
        return;
    memcpy(u->keys[u->keys_len], key, len);
    u->keys[u->keys_len++][len] = '\0';
}

static void keys_of(struct fold_unit *u)
{
    char key[FOLD_KEY_MAX + 2];
    size_t i;
    size_t n;

    if (key_make(u, SIZE_MAX, 0, false, key))
        key_add(u, key);
    for (n = 1; n < 3; n++) {
        for (i = 0; i < u->phones_len; i++) {
            if (key_make(u, i, n, false, key))
                key_add(u, key);
        }
    }
}

void fold_phones(const struct fold_tables *t, struct fold_unit *u)
{
    char word[FOLD_WORD_MAX + 8];
    size_t i;

    drop_article(word, u->latin);
    if (strcmp(word, u->latin) != 0) { /* "Abdulatif" may be Abdul Atif or Abdul Latif */
        phones_of(t, u, u->latin);
        keys_of(u);
    }
    phones_of(t, u, word);
    keys_of(u);
    for (i = 0; i < u->phones_len; i++) {
        if (fold_is_vowel(u->phones[i]))
            u->vowels++;
        else
            u->weight += is_weak(u->phones[i]) ? WEAK_WEIGHT : 100;
    }
}

/* What it costs that phone i of u has no partner in the other word. */
static int drop_cost(const struct fold_tables *t, const struct fold_unit *u, size_t i,
                     const struct fold_unit *other)
{
    char c = u->phones[i];

    if (fold_is_vowel(c)) {
        if (other->sparse && !u->sparse)
            return SPARSE_VOWEL;
        if (u->sparse && !other->sparse)
            return SPARSE_LONG;
        if (i + 1 == u->phones_len)
            return END_VOWEL;
    }
    return t->drop[(unsigned char)c];
}

static int distance(const struct fold_tables *t, const struct fold_unit *a,
                    const struct fold_unit *b)
{
    int row[FOLD_PHONES_MAX + 1];
    size_t i;
    size_t j;

    row[0] = 0;
    for (j = 0; j < b->phones_len; j++)
        row[j + 1] = row[j] + drop_cost(t, b, j, a);
    for (i = 0; i < a->phones_len; i++) {
        int diagonal = row[0];
        int cost_a = drop_cost(t, a, i, b);

        row[0] += cost_a;
        for (j = 0; j < b->phones_len; j++) {
            int best = diagonal + t->near[(unsigned char)a->phones[i]][(unsigned char)b->phones[j]];
            int without_a = row[j + 1] + cost_a;
            int without_b = row[j] + drop_cost(t, b, j, a);

            if (without_a < best)
                best = without_a;
            if (without_b < best)
                best = without_b;
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
    return row[b->phones_len];
}

static bool share_group(const struct fold_unit *a, const struct fold_unit *b)
{
    size_t i;
    size_t j;

    for (i = 0; i < a->groups_len; i++) {
        for (j = 0; j < b->groups_len; j++) {
            if (a->groups[i] == b->groups[j])
                return true;
        }
    }
    return false;
}

static int weight_of(const struct fold_unit *u, bool sparse)
{
    return u->weight + (int)u->vowels * (sparse ? 10 : VOWEL_WEIGHT);
}

/* From the sounds alone, 0 to 1. */
static double sound_score(const struct fold_tables *t, const struct fold_unit *a,
                          const struct fold_unit *b)
{
    bool sparse = a->sparse != b->sparse;
    int all = weight_of(a, sparse);
    int far;

    if (a->phones_len == 0 || b->phones_len == 0)
        return 0;
    if (a->latin[1] == '\0' || b->latin[1] == '\0')
        return a->phones[0] == b->phones[0] ? SCORE_INITIAL : 0;
    if (weight_of(b, sparse) > all)
        all = weight_of(b, sparse);
    if (all < 150)
        all = 150;
    far = distance(t, a, b);
    if (a->weight <= 100 && b->weight <= 100)
        far *= 2; /* a word of one consonant is its vowels */
    if (far >= all)
        return 0;
    return 1 - (double)far / (double)all;
}

double fold_unit_score(const struct fold_tables *t, const struct fold_unit *a,
                       const struct fold_unit *b)
{
    double score;

    if (strcmp(a->latin, b->latin) == 0)
        return 1;
    score = sound_score(t, a, b);
    if (share_group(a, b))
        return SCORE_GROUP + GROUP_NEAR * score;
    score *= SCORE_SOUND;
    return a->groups_len > 0 && b->groups_len > 0 ? score * OTHER_GROUP : score;
}
