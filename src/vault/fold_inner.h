#ifndef VAULT_FOLD_INNER_H
#define VAULT_FOLD_INNER_H

/*
 * What the fold_*.c files share: the tables and one word made ready. Not for other modules.
 *
 * A word goes: text in any script -> Latin letters a to z (fold_letters) -> phones, one character
 * each, lower-case vowels and consonants of letters.csv (fold_phones) -> keys, capitals only.
 */

#include <stdint.h>

#include "vault/fold.h"

#define FOLD_PHONES_MAX 24
#define FOLD_KEYS_MAX   5
#define FOLD_KEY_MAX    14
#define FOLD_GROUPS_MAX 4
#define FOLD_UNITS_MAX  (4 * FOLD_WORDS_MAX)

/* Of rows for the same letters the first that fits counts, FOLD_ANY last. */
enum fold_where {
    FOLD_ANY,
    FOLD_OPEN,  /* at the start, a vowel follows */
    FOLD_FRONT, /* e, i or y follows */
    FOLD_START,
    FOLD_END,
    FOLD_VOWEL,  /* a vowel follows */
    FOLD_PERSIAN /* in a word with letters that Arabic does not have */
};

struct fold_letter {
    uint32_t cp;
    enum fold_where where;
    const char *to;
};

struct fold_sound {
    const char *from;
    size_t len;
    enum fold_where where;
    const char *phones;  /* usually one */
    const char *options; /* what it may be in a key: "T|S", "-" = nothing */
};

struct fold_tables {
    struct arena *arena;
    struct fold_letter *letters; /* by cp; rows of one cp in the file's order */
    size_t letters_len;
    struct fold_letter *nukta; /* Indic letters with a dot below */
    size_t nukta_len;
    const char *indic[128];    /* by place in the block, as in Devanagari */
    const char *ethiopic[48];  /* by row of eight */
    struct fold_sound *sounds; /* by first letter, longest first */
    size_t sounds_len;
    size_t sound_at[27];
    uint8_t near[128][128]; /* hundredths that taking one phone for the other costs */
    uint8_t drop[128];      /* hundredths that leaving a phone out costs */
    const char **particles; /* sorted */
    size_t particles_len;
    const char **abd;
    size_t abd_len;
    struct fold_variant *variants; /* open addressing; variants_cap is a power of two */
    size_t variants_cap;
    const char **groups;
    size_t groups_len;
};

struct fold_variant {
    const char *tight; /* NULL = free */
    uint16_t groups[FOLD_GROUPS_MAX];
    size_t groups_len;
};

/* A word, another reading of it (with the particle before it, without an article), or two
 * neighbours written as one. */
struct fold_unit {
    const char *latin;
    bool sparse; /* written without (all) its vowels */
    bool weak;   /* "abdul" before another word: part of a name, no name */
    size_t first;
    size_t last;
    size_t phones_len;
    char phones[FOLD_PHONES_MAX + 1];
    const char *options[FOLD_PHONES_MAX];
    int weight; /* hundredths: what its consonants may cost */
    size_t vowels;
    size_t keys_len;
    char keys[FOLD_KEYS_MAX][FOLD_KEY_MAX + 1];
    size_t groups_len;
    uint16_t groups[FOLD_GROUPS_MAX];
};

struct fold_line {
    const struct fold_tables *tables;
    struct fold_unit units[FOLD_UNITS_MAX]; /* words first */
    size_t len;
    size_t words;
};

/* The words of a text in Latin letters; particles are still among them. */
struct fold_words {
    const char *latin[FOLD_WORDS_MAX * 2];
    bool sparse[FOLD_WORDS_MAX * 2];
    const char *before[FOLD_WORDS_MAX * 2]; /* particle taken out before it, or NULL */
    size_t len;
};

enum err fold_tables_get(struct ctx *ctx, const struct fold_tables **out) MUST_USE;
bool fold_list_has(const char *const *list, size_t len, const char *word);
const struct fold_variant *fold_variant_find(const struct fold_tables *t, const char *latin);
/* One spelling for those that only double letters or write u as ou; out has FOLD_WORD_MAX + 1. */
void fold_tight(char *out, const char *latin);

enum err fold_letters(struct ctx *ctx, const struct fold_tables *t, struct fold_words *out,
                      const char *text) MUST_USE;
/* Takes particles out, unless nothing else is there. */
void fold_words_strip(const struct fold_tables *t, struct fold_words *words);

bool fold_is_vowel(char c);
/* Fills phones, options, weight and keys from latin and sparse. */
void fold_phones(const struct fold_tables *t, struct fold_unit *u);
double fold_unit_score(const struct fold_tables *t, const struct fold_unit *a,
                       const struct fold_unit *b);

#endif
