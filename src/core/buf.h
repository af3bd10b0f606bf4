#ifndef CORE_BUF_H
#define CORE_BUF_H

/*
 * Buffers: text or bytes that grow up to a maximum set at birth. The first failure sticks; later
 * calls do nothing; the owner checks once at the end with buf_ok or buf_text.
 *
 * Memory: arena of buf_init. len never exceeds max; data always ends in NUL (not counted).
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"

struct buf {
    struct arena *arena;
    char *data;
    size_t len;
    size_t cap;
    size_t max;
    bool failed;
};

void buf_init(struct buf *b, struct arena *a, size_t max);
void buf_clear(struct buf *b); /* empty again, failure forgotten, memory kept */
/* Room for that many bytes more at once: a long text that grows step by step is copied each time.
 */
void buf_room(struct buf *b, size_t more);
void buf_add(struct buf *b, const char *text);
void buf_add_len(struct buf *b, const void *data, size_t len);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_add_int(struct buf *b, int64_t n);
/* UTF-8 of a code point (not a surrogate, at most 0x10FFFF). */
void buf_add_codepoint(struct buf *b, uint32_t cp);

bool buf_ok(const struct buf *b);
/* The text, or "" after a failure. */
const char *buf_text(const struct buf *b);

/* Escapes for HTML text and double-quoted attributes: & < > " ' */
void buf_add_html(struct buf *b, const char *text);
/* Percent-encodes everything but unreserved characters: one path segment or query value. */
void buf_add_url(struct buf *b, const char *text);
/* A JSON string with its quotes; control characters and < as \u00XX. */
void buf_add_json(struct buf *b, const char *text);
void buf_add_json_len(struct buf *b, const char *text, size_t len);

#endif
