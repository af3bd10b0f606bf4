#ifndef EXPR_DIGEST_H
#define EXPR_DIGEST_H

/*
 * Hashes that ODK's formats ask for: MD5 and SHA-1 are told to other programs, so that they see
 * whether a file has changed. They check nothing and protect nothing here.
 */

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_MAX 64

/* MD5, SHA-1, SHA-256, SHA-384 or SHA-512 of len bytes; false for an unknown algorithm. */
bool digest_of(const char *algorithm, const char *bytes, size_t len, unsigned char out[DIGEST_MAX],
               size_t *len_out);

#endif
