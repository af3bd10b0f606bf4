/* Names and labels, found as people write them. */
#include "survey/score_words.h"

#include <string.h>

#include "core/text.h"

struct word {
    const char *text;
    size_t len;
    int id;
};

struct words {
    struct arena *arena;
    struct word *slots; /* twice as many as texts, so that there is always a free one */
    size_t slots_len;   /* a power of two */
    size_t longest;
};

/* --- one way of writing --- */

/* Characters that are written in more ways than one, in their order; 0 = it does not count. */
static const struct {
    uint32_t from;
    uint32_t to;
    uint32_t as;
} same[] = {
    { 0xa0, 0xa0, ' ' },     { 0xab, 0xab, '"' },      { 0xbb, 0xbb, '"' },
    { 0x2bc, 0x2bc, '\'' },  { 0x640, 0x640, 0 },      { 0x64b, 0x652, 0 },
    { 0x670, 0x670, 0 },     { 0x2000, 0x200a, ' ' },  { 0x200b, 0x200f, 0 },
    { 0x2010, 0x2015, '-' }, { 0x2018, 0x2019, '\'' }, { 0x201c, 0x201d, '"' },
    { 0x202a, 0x202e, 0 },   { 0x202f, 0x202f, ' ' },  { 0x2060, 0x2060, 0 },
    { 0x2066, 0x2069, 0 },   { 0x3000, 0x3000, ' ' },  { 0xfeff, 0xfeff, 0 },
};

/* What a character is compared as; 0 = it does not count. */
static uint32_t plain_of(uint32_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c + 32;
    if (c < 0x80)
        return c < 0x20 || c == 0x7f ? ' ' : c;
    if (c >= 0xc0 && c <= 0xde && c != 0xd7)
        return c + 32;
    if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177))
        return c | 1;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]) && c >= same[i].from; i++)
        if (c <= same[i].to)
            return same[i].as;
    return c;
}

/* As long as the character it was made from, or shorter. */
static size_t put(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

bool words_fold(const char *text, size_t len, char out[WORDS_TEXT_MAX], size_t *len_out)
{
    char copy[WORDS_TEXT_MAX + 1];
    const char *p = copy;
    size_t used = 0;

    if (len > WORDS_TEXT_MAX || !text_valid(text, len, NULL))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    for (;;) {
        uint32_t c = text_next(&p);
        uint32_t plain = plain_of(c);

        if (!c)
            break;
        if (plain == 0 || (plain == ' ' && (used == 0 || out[used - 1] == ' ')))
            continue;
        used += put(out + used, plain);
    }
    if (used && out[used - 1] == ' ')
        used--;
    *len_out = used;
    return true;
}

/* --- the list --- */

struct words *words_new(struct arena *a, size_t most)
{
    struct words *w = ARENA_NEW(a, struct words);
    size_t len = 16;

    while (len < 2 * most + 2)
        len *= 2;
    *w = (struct words){ .arena = a, .slots = ARENA_ARRAY(a, len, struct word), .slots_len = len };
    return w;
}

static struct word *slot_of(const struct words *w, const char *text, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325u;
    size_t at;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    at = (size_t)(hash ^ hash >> 32) & (w->slots_len - 1);
    while (w->slots[at].text &&
           (w->slots[at].len != len || memcmp(w->slots[at].text, text, len) != 0))
        at = (at + 1) & (w->slots_len - 1);
    return &w->slots[at];
}

void words_add(struct words *w, const char *text, int id)
{
    char folded[WORDS_TEXT_MAX];
    size_t len = 0;
    struct word *slot;

    if (!text || !words_fold(text, strlen(text), folded, &len) || len == 0)
        return;
    slot = slot_of(w, folded, len);
    if (slot->text) {
        slot->id = slot->id == id ? id : WORDS_MANY;
        return;
    }
    *slot = (struct word){ arena_strndup(w->arena, folded, len), len, id };
    if (len > w->longest)
        w->longest = len;
}

void words_add_label(struct words *w, const struct label *label, int id)
{
    if (!label->texts)
        return;
    for (size_t i = 0; label->languages[i]; i++)
        words_add(w, label->texts[i], id);
}

int words_find(const struct words *w, const char *text, size_t len)
{
    char folded[WORDS_TEXT_MAX];
    size_t used = 0;
    const struct word *slot;

    if (!words_fold(text, len, folded, &used) || used == 0 || used > w->longest)
        return WORDS_NONE;
    slot = slot_of(w, folded, used);
    return slot->text ? slot->id : WORDS_NONE;
}

static size_t languages_of(const struct label *label)
{
    size_t len = 0;

    while (label->texts && label->languages[len])
        len++;
    return len;
}

struct words *words_of_question(struct arena *a, const struct question *q)
{
    size_t most = q->codes_len;
    struct words *w;

    for (size_t i = 0; i < q->codes_len; i++)
        most += q->codes[i].choice ? languages_of(&q->codes[i].choice->label) : 0;
    w = words_new(a, most);
    for (size_t i = 0; i < q->codes_len; i++) {
        words_add(w, q->codes[i].name, (int)i);
        if (q->codes[i].choice)
            words_add_label(w, &q->codes[i].choice->label, (int)i);
    }
    return w;
}

/* --- several in one text --- */

static bool ends_word(char c)
{
    return c == ' ' || c == ',' || c == ';';
}

/* The longest text of the list that begins here and ends with a word; its length, 0 = none. */
static size_t longest_at(const struct words *w, const char *text, size_t len, int *id_out)
{
    for (size_t end = len < w->longest ? len : w->longest; end > 0; end--) {
        const struct word *slot;

        if (end < len && !ends_word(text[end]))
            continue;
        slot = slot_of(w, text, end);
        if (slot->text && slot->id >= 0) {
            *id_out = slot->id;
            return end;
        }
    }
    return 0;
}

size_t words_list(const struct words *w, const struct feed_cell *cell, int *ids, size_t max)
{
    char folded[WORDS_TEXT_MAX];
    size_t len = 0;
    size_t count = 0;

    if (!words_fold(cell->text, cell->len, folded, &len))
        return 0;
    for (size_t at = 0; at < len;) {
        size_t taken;

        if (ends_word(folded[at])) {
            at++;
            continue;
        }
        taken = count < max ? longest_at(w, folded + at, len - at, &ids[count]) : 0;
        if (taken == 0)
            return 0;
        count++;
        at += taken;
    }
    return count;
}
