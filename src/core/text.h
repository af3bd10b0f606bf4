#ifndef CORE_TEXT_H
#define CORE_TEXT_H

/*
 * Text and numbers from outside. Text inside the program is valid UTF-8 that ends in NUL, checked
 * once where it enters. Functions on ASCII ignore the locale (ctype and strtol are banned).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"

/* Valid UTF-8 without NUL, no surrogates, no overlong forms. *bad_at_out (if not NULL) = offset. */
bool text_valid(const char *s, size_t len, size_t *bad_at_out);
bool text_blank(const char *s);                /* NULL, empty, or only what text_trim takes away */
bool text_equal(const char *a, const char *b); /* both NULL counts as equal */
bool text_starts(const char *s, const char *prefix);
bool text_ends(const char *s, const char *suffix);
bool text_is_name(const char *s); /* [a-z][a-z0-9_]{0,40} */
size_t text_codepoints(const char *s);
/* Next code point of valid UTF-8; moves *p; 0 at the end. */
uint32_t text_next(const char **p);

char ascii_lower(char c);
bool ascii_is_digit(char c);
bool ascii_is_alpha(char c);
bool ascii_is_space(char c);
int ascii_casecmp(const char *a, const char *b);

/* Copy without leading and trailing white space (ASCII and U+00A0, U+200B..U+200F, U+FEFF). */
char *text_trim(struct arena *a, const char *s);
/* Splits at a character; empty parts are kept unless skip_empty. Result ends with NULL. */
char **text_split(struct arena *a, const char *s, char at, bool skip_empty, size_t *len_out);
/* Whether one of the names, which end with NULL, is this. */
bool text_among(char *const *names, const char *name);
/* Compares by byte value; NULL sorts first. */
int text_compare(const char *a, const char *b);

/* Whole text must be a decimal integer in [min, max]. Arabic-Indic digits are not accepted here. */
bool parse_int(const char *s, int64_t min, int64_t max, int64_t *out);
/* Whole text must be a decimal number such as -12.5 (no exponent, no inf or nan). */
bool parse_decimal(const char *s, double *out);
/*
 * Shortest text that reads back as the same double; integers without a point; never an exponent.
 * Not a number, and infinite, are the words of XPath: NaN, Infinity, -Infinity.
 */
char *decimal_text(struct arena *a, double d);

/* Constant time for equal lengths. */
bool secret_equal(const void *a, const void *b, size_t len);

/* Hexadecimal (written in lower case) and base64url (no padding). Decoders refuse all else. */
char *hex_text(struct arena *a, const void *p, size_t len);
bool hex_parse(const char *s, void *out, size_t out_len);
char *base64url_text(struct arena *a, const void *p, size_t len);
bool base64url_parse(struct arena *a, const char *s, void **out, size_t *len_out);

#endif
