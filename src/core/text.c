#include "core/text.h"

#include <assert.h>
#include <string.h>

/*
 * Length of the UTF-8 sequence at p (the table 3-7 of the Unicode standard), 0 if it is not one.
 * The second byte's range is what shuts out overlong forms, surrogates and beyond U+10FFFF.
 */
static size_t sequence_len(const unsigned char *p, size_t left)
{
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    size_t len;

    if (p[0] >= 0xC2 && p[0] <= 0xDF)
        len = 2;
    else if (p[0] >= 0xE0 && p[0] <= 0xEF)
        len = 3;
    else if (p[0] >= 0xF0 && p[0] <= 0xF4)
        len = 4;
    else
        return p[0] >= 0x01 && p[0] <= 0x7F ? 1 : 0;
    if (left < len)
        return 0;

    if (p[0] == 0xE0)
        low = 0xA0;
    else if (p[0] == 0xED)
        high = 0x9F;
    else if (p[0] == 0xF0)
        low = 0x90;
    else if (p[0] == 0xF4)
        high = 0x8F;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

/* Eight bytes that are all ASCII and none NUL. */
static bool plain_word(const unsigned char *p)
{
    uint64_t w;

    memcpy(&w, p, sizeof(w));
    return (((w - 0x0101010101010101U) | w) & 0x8080808080808080U) == 0;
}

/* The same of 32 bytes. */
static bool plain_words(const unsigned char *p)
{
    uint64_t w[4];
    uint64_t all = 0;

    memcpy(w, p, sizeof(w));
    for (size_t i = 0; i < 4; i++)
        all |= (w[i] - 0x0101010101010101U) | w[i];
    return (all & 0x8080808080808080U) == 0;
}

bool text_valid(const char *s, size_t len, size_t *bad_at_out)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t i = 0;

    while (i < len) {
        size_t n;

        if (len - i >= 32 && plain_words(p + i)) {
            i += 32;
            continue;
        }
        if (len - i >= 8 && plain_word(p + i)) {
            i += 8;
            continue;
        }
        if (len - i < 8 && len >= 8 &&
            plain_word(p + len - 8)) /* all that is left, and some more */
            return true;
        n = sequence_len(p + i, len - i);
        if (n == 0) {
            if (bad_at_out)
                *bad_at_out = i;
            return false;
        }
        i += n;
    }
    return true;
}

uint32_t text_next(const char **p)
{
    const unsigned char *s = (const unsigned char *)*p;
    uint32_t cp = s[0];
    size_t more = 0;

    if (!s[0])
        return 0;
    if (s[0] >= 0xF0) {
        cp &= 0x07;
        more = 3;
    } else if (s[0] >= 0xE0) {
        cp &= 0x0F;
        more = 2;
    } else if (s[0] >= 0xC0) {
        cp &= 0x1F;
        more = 1;
    }
    *p += 1;
    for (size_t i = 1; i <= more && (s[i] & 0xC0) == 0x80; i++) {
        cp = cp << 6 | (s[i] & 0x3F);
        *p += 1;
    }
    return cp;
}

size_t text_codepoints(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static bool is_blank_cp(uint32_t cp)
{
    return (cp < 0x80 && ascii_is_space((char)cp)) || cp == 0xA0 ||
           (cp >= 0x200B && cp <= 0x200F) || cp == 0xFEFF;
}

/* Start and end of what is not white space; both the end of s if all is. */
static void trimmed(const char *s, const char **from_out, const char **to_out)
{
    const char *from = NULL;
    const char *to = NULL;
    const char *p = s;

    for (;;) {
        const char *at = p;
        uint32_t cp = text_next(&p);

        if (!cp)
            break;
        if (is_blank_cp(cp))
            continue;
        if (!from)
            from = at;
        to = p;
    }
    *from_out = from ? from : p;
    *to_out = from ? to : p;
}

bool text_blank(const char *s)
{
    if (!s)
        return true;
    while (*s)
        if (!is_blank_cp(text_next(&s)))
            return false;
    return true;
}

char *text_trim(struct arena *a, const char *s)
{
    const char *from;
    const char *to;

    trimmed(s, &from, &to);
    return arena_strndup(a, from, (size_t)(to - from));
}

bool text_equal(const char *a, const char *b)
{
    if (a == b)
        return true;
    /* Names that are looked for among others mostly differ in their first letter. */
    return a && b && a[0] == b[0] && strcmp(a, b) == 0;
}

bool text_among(char *const *names, const char *name)
{
    for (; *names; names++)
        if (text_equal(*names, name))
            return true;
    return false;
}

int text_compare(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

bool text_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *s, const char *suffix)
{
    size_t len = strlen(s);
    size_t suffix_len = strlen(suffix);

    return len >= suffix_len && memcmp(s + len - suffix_len, suffix, suffix_len) == 0;
}

bool text_is_name(const char *s)
{
    size_t len = 0;

    if (!s || s[0] < 'a' || s[0] > 'z')
        return false;
    while ((s[len] >= 'a' && s[len] <= 'z') || ascii_is_digit(s[len]) || s[len] == '_')
        len++;
    return s[len] == '\0' && len <= 41;
}

char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool ascii_is_alpha(char c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

bool ascii_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

int ascii_casecmp(const char *a, const char *b)
{
    while (*a && ascii_lower(*a) == ascii_lower(*b)) {
        a++;
        b++;
    }
    return (unsigned char)ascii_lower(*a) - (unsigned char)ascii_lower(*b);
}

char **text_split(struct arena *a, const char *s, char at, bool skip_empty, size_t *len_out)
{
    size_t most = 2;
    size_t len = 0;
    char **parts;

    assert(at != '\0');
    for (const char *p = s; *p; p++)
        most += *p == at;
    parts = ARENA_ARRAY(a, most, char *);
    for (;;) {
        const char *end = strchr(s, at);
        size_t part_len = end ? (size_t)(end - s) : strlen(s);

        if (part_len || !skip_empty)
            parts[len++] = arena_strndup(a, s, part_len);
        if (!end)
            break;
        s = end + 1;
    }
    if (len_out)
        *len_out = len;
    return parts;
}
