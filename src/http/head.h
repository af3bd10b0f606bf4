#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

/*
 * Judges the head of a request before a byte of its body is read. libmicrohttpd is lenient;
 * whatever two programs could read in two ways is refused here, so that no request can hide inside
 * another.
 *
 * The pointers of a head point into one piece of memory that holds the head as it was received,
 * where only line ends, the colons after names, the spaces of the first line and the ? of the
 * target may have been overwritten by NUL. That lets head_is_exact see what the parser below has
 * swallowed: bare line feeds, folded lines, NUL bytes.
 *
 * Memory: nothing is allocated. Requirements: architecture.md section 8.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "http/wire.h"

#define HEAD_BYTES_MAX  ((size_t)16 * 1024) /* the whole head */
#define HEAD_TARGET_MAX ((size_t)8 * 1024)

struct head_field {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};

struct head {
    const char *method;  /* where the head begins */
    const char *version; /* HTTP/1.1 */
    const char *target;  /* as sent, with the query; a copy, ends in NUL */
    const char *url;     /* where the target stands in the head */
    struct head_field fields[WIRE_HEADERS_MAX];
    size_t fields_len; /* may be larger than WIRE_HEADERS_MAX: then the rest is not stored */
    size_t size;       /* bytes from method to the end of the empty line */
};

/*
 * 0 if the request may go on, else the status to refuse it with (400, 405, 413, 414, 417, 431, 501,
 * 505); the connection is then closed.
 */
int head_refuse(const struct head *h, size_t body_max) MUST_USE;

/* No bare line feed, no folded line, no NUL, no surplus space between the parts of the first line.
 */
bool head_is_exact(const struct head *h) MUST_USE;

/* The only field of that name (lower case); NULL if absent. */
const struct head_field *head_find(const struct head *h, const char *name);

/* The value of Accept-Encoding allows gzip. NULL = absent, which does not. */
bool head_takes_gzip(const char *accept_encoding);

/* Name of one header field, and a value that holds no control characters. */
bool head_is_token(const char *s, size_t len);
bool head_is_value(const char *s, size_t len);

#endif
