/* Numbers, hexadecimal and base64url: the second half of core/text.h. */
#include "core/text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool parse_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
    bool negative;
    int64_t n = 0;

    if (!s)
        return false;
    negative = *s == '-';
    s += negative;
    if (!*s)
        return false;
    for (; *s; s++) {
        int digit = *s - '0';

        if (!ascii_is_digit(*s))
            return false;
        /* Built on the negative side when negative: INT64_MIN has no positive twin. */
        if (__builtin_mul_overflow(n, (int64_t)10, &n) ||
            __builtin_add_overflow(n, (int64_t)(negative ? -digit : digit), &n))
            return false;
    }
    if (n < min || n > max)
        return false;
    *out = n;
    return true;
}

static bool is_decimal(const char *s)
{
    size_t whole = 0;
    size_t part = 0;

    s += *s == '-';
    while (ascii_is_digit(s[whole]))
        whole++;
    if (whole == 0)
        return false;
    s += whole;
    if (*s == '\0')
        return true;
    if (*s != '.')
        return false;
    s++;
    while (ascii_is_digit(s[part]))
        part++;
    return part > 0 && s[part] == '\0';
}

bool parse_decimal(const char *s, double *out)
{
    double d;

    if (!s || !is_decimal(s))
        return false;
    d = strtod(s, NULL); /* check: banned this is parse_decimal */
    if (!isfinite(d))
        return false;
    *out = d;
    return true;
}

/* Lays out digits d1d2d3... times 10^(exponent - digits + 1) without an exponent. */
static char *lay_out(struct arena *a, bool negative, const char *digits, int exponent)
{
    int len = (int)strlen(digits);
    char *text = arena_alloc(a, (size_t)len + (size_t)abs(exponent) + 4);
    char *p = text;

    if (negative)
        *p++ = '-';
    if (exponent < 0) {
        *p++ = '0';
        *p++ = '.';
        for (int i = -1; i > exponent; i--)
            *p++ = '0';
    }
    for (int i = 0; i < len || i <= exponent; i++) {
        if (exponent >= 0 && i == exponent + 1)
            *p++ = '.';
        *p++ = i < len ? digits[i] : '0';
    }
    return text;
}

char *decimal_text(struct arena *a, double d)
{
    char form[40];
    char digits[24] = { 0 };
    size_t len = 0;
    char *e;

    if (isnan(d))
        return arena_strdup(a, "NaN");
    if (isinf(d))
        return arena_strdup(a, d < 0 ? "-Infinity" : "Infinity");
    if (d == 0)
        return arena_strdup(a, "0");

    for (int precision = 14; precision <= 16; precision++) {
        (void)snprintf(form, sizeof(form), "%.*e", precision, fabs(d));
        if (strtod(form, NULL) == fabs(d)) /* check: banned our own text, not an input */
            break;
    }
    e = strchr(form, 'e');
    assert(e);
    for (const char *p = form; p < e; p++)
        if (ascii_is_digit(*p))
            digits[len++] = *p;
    while (len > 1 && digits[len - 1] == '0')
        len--;
    digits[len] = '\0';

    int64_t exponent = 0;
    bool read = parse_int(e[1] == '+' ? e + 2 : e + 1, -400, 400, &exponent);
    assert(read);
    (void)read;
    return lay_out(a, d < 0, digits, (int)exponent);
}

bool secret_equal(const void *a, const void *b, size_t len)
{
    const unsigned char *p = a;
    const unsigned char *q = b;
    volatile unsigned char diff = 0;

    for (size_t i = 0; i < len; i++)
        diff = (unsigned char)(diff | (p[i] ^ q[i]));
    return diff == 0;
}

char *hex_text(struct arena *a, const void *p, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = p;
    char *text = arena_array(a, len + 1, 2);

    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    return text;
}

static int hex_digit(char c)
{
    c = ascii_lower(c);
    if (ascii_is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_parse(const char *s, void *out, size_t out_len)
{
    unsigned char *bytes = out;

    if (!s || strlen(s) != out_len * 2)
        return false;
    for (size_t i = 0; i < out_len * 2; i++)
        if (hex_digit(s[i]) < 0)
            return false;
    for (size_t i = 0; i < out_len; i++)
        bytes[i] =
            (unsigned char)((unsigned)hex_digit(s[2 * i]) << 4 | (unsigned)hex_digit(s[2 * i + 1]));
    return true;
}

static const char base64url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *base64url_text(struct arena *a, const void *p, size_t len)
{
    const unsigned char *bytes = p;
    char *text = arena_array(a, len / 3 + 2, 4);
    char *to = text;

    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        uint32_t v = (uint32_t)bytes[i] << 16;

        if (n > 1)
            v |= (uint32_t)bytes[i + 1] << 8;
        if (n > 2)
            v |= bytes[i + 2];
        for (size_t k = 0; k <= n; k++)
            *to++ = base64url_digits[v >> (18 - 6 * k) & 63];
    }
    return text;
}

bool base64url_parse(struct arena *a, const char *s, void **out, size_t *len_out)
{
    size_t len = s ? strlen(s) : 0;
    unsigned char *bytes;
    uint32_t v = 0;
    unsigned bits = 0;
    size_t n = 0;

    if (!s || len % 4 == 1)
        return false;
    bytes = arena_alloc(a, len / 4 * 3 + 3);
    for (size_t i = 0; i < len; i++) {
        const char *digit = strchr(base64url_digits, s[i]);

        if (!digit)
            return false;
        v = v << 6 | (uint32_t)(digit - base64url_digits);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes[n++] = (unsigned char)(v >> bits);
        }
    }
    if (v & ((1U << bits) - 1)) /* one value, one text */
        return false;
    *out = bytes;
    *len_out = n;
    return true;
}
