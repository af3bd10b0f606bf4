#include "core/buf.h"

#include <stdio.h>
#include <string.h>

#define FIRST_CAP ((size_t)128)

static char no_text[1]; /* what data points at before the first byte; never written */

void buf_init(struct buf *b, struct arena *a, size_t max)
{
    *b = (struct buf){ 0 };
    b->arena = a;
    b->data = no_text;
    b->max = max;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->cap)
        b->data[0] = '\0';
}

/* Room for more bytes and the NUL; false, and failed, when max or the budget forbids it. */
static bool reserve(struct buf *b, size_t more)
{
    size_t need;
    size_t cap;

    if (b->failed)
        return false;
    if (more > b->max - b->len) {
        b->failed = true;
        return false;
    }
    need = b->len + more + 1;
    if (need <= b->cap)
        return true;

    cap = b->cap ? b->cap * 2 : FIRST_CAP;
    if (cap < need)
        cap = need;
    if (cap > b->max + 1 && b->max + 1 >= need)
        cap = b->max + 1;
    if (cap > arena_left(b->arena)) {
        b->failed = true;
        return false;
    }
    b->data = arena_grow(b->arena, b->cap ? b->data : NULL, b->cap ? b->len + 1 : 0, cap);
    b->data[b->len] = '\0';
    b->cap = cap;
    return true;
}

void buf_room(struct buf *b, size_t more)
{
    (void)reserve(b, more);
}

void buf_add_len(struct buf *b, const void *data, size_t len)
{
    if (len == 0 || !reserve(b, len))
        return;
    memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_add(struct buf *b, const char *text)
{
    buf_add_len(b, text, strlen(text));
}

void buf_add_char(struct buf *b, char c)
{
    if (!reserve(b, 1))
        return;
    b->data[b->len++] = c;
    b->data[b->len] = '\0';
}

void buf_printf(struct buf *b, const char *format, ...)
{
    size_t room = b->cap ? b->cap - b->len : 0;
    va_list args;
    int len;

    if (b->failed)
        return;
    va_start(args, format);
    len = vsnprintf(room ? b->data + b->len : NULL, room, format, args);
    va_end(args);
    if (len >= 0 && (size_t)len < room && (size_t)len <= b->max - b->len) {
        b->len += (size_t)len;
        return;
    }
    if (room) /* what did not fit is not part of it */
        b->data[b->len] = '\0';
    if (len < 0) {
        b->failed = true;
        return;
    }
    if (!reserve(b, (size_t)len))
        return;
    va_start(args, format);
    (void)vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

void buf_add_int(struct buf *b, int64_t n)
{
    char text[24];
    size_t at = sizeof(text);
    uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

    do {
        text[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (n < 0)
        text[--at] = '-';
    buf_add_len(b, text + at, sizeof(text) - at);
}

void buf_add_codepoint(struct buf *b, uint32_t cp)
{
    char u[4];
    size_t len;

    if (cp < 0x80) {
        u[0] = (char)cp;
        len = 1;
    } else if (cp < 0x800) {
        u[0] = (char)(0xC0 | cp >> 6);
        u[1] = (char)(0x80 | (cp & 0x3F));
        len = 2;
    } else if (cp < 0x10000) {
        u[0] = (char)(0xE0 | cp >> 12);
        u[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        u[2] = (char)(0x80 | (cp & 0x3F));
        len = 3;
    } else {
        u[0] = (char)(0xF0 | cp >> 18);
        u[1] = (char)(0x80 | (cp >> 12 & 0x3F));
        u[2] = (char)(0x80 | (cp >> 6 & 0x3F));
        u[3] = (char)(0x80 | (cp & 0x3F));
        len = 4;
    }
    if ((cp >= 0xD800 && cp <= 0xDFFF) || cp > 0x10FFFF) {
        b->failed = true;
        return;
    }
    buf_add_len(b, u, len);
}

bool buf_ok(const struct buf *b)
{
    return !b->failed;
}

const char *buf_text(const struct buf *b)
{
    return b->failed ? "" : b->data;
}

static const char *html_entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void buf_add_html(struct buf *b, const char *text)
{
    for (;;) {
        const size_t plain = strcspn(text, "&<>\"'");

        buf_add_len(b, text, plain);
        if (!text[plain])
            return;
        buf_add(b, html_entity(text[plain]));
        text += plain + 1;
    }
}

/* A bit for each character that stands for itself: letters, digits and - . _ ~ */
static bool is_unreserved(char c)
{
    static const uint64_t plain[4] = { 0x03FF600000000000, 0x47FFFFFE87FFFFFE };

    return plain[(unsigned char)c >> 6] >> ((unsigned char)c & 63) & 1;
}

void buf_add_url(struct buf *b, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";

    for (const char *p = text;;) {
        const char *from = p;
        unsigned char c;
        char coded[3] = { '%' };

        while (is_unreserved(*p))
            p++;
        buf_add_len(b, from, (size_t)(p - from));
        if (!*p)
            return;
        c = (unsigned char)*p++;
        coded[1] = digits[c >> 4];
        coded[2] = digits[c & 15];
        buf_add_len(b, coded, sizeof(coded));
    }
}

static void add_json_escape(struct buf *b, unsigned char c)
{
    switch (c) {
    case '"':
        buf_add(b, "\\\"");
        break;
    case '\\':
        buf_add(b, "\\\\");
        break;
    case '\n':
        buf_add(b, "\\n");
        break;
    default:
        buf_printf(b, "\\u%04X", c);
        break;
    }
}

void buf_add_json_len(struct buf *b, const char *text, size_t len)
{
    size_t from = 0;

    buf_add_char(b, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != 0x7F)
            continue;
        buf_add_len(b, text + from, i - from);
        add_json_escape(b, c);
        from = i + 1;
    }
    buf_add_len(b, text + from, len - from);
    buf_add_char(b, '"');
}

void buf_add_json(struct buf *b, const char *text)
{
    buf_add_json_len(b, text, strlen(text));
}
