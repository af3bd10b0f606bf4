/* The process that has one picture and nothing else. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "records/image.h"

#define MEMORY_MAX  ((size_t)768 * 1024 * 1024)
#define SECONDS_MAX 10

static bool write_all(const void *bytes, size_t len)
{
    const char *p = bytes;

    while (len > 0) {
        ssize_t n = write(0, p, len);

        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

/* Everything until the end; NULL if it is too much. */
static unsigned char *read_all(size_t *len_out)
{
    size_t cap = 1 << 20;
    size_t len = 0;
    unsigned char *bytes = image_memory(NULL, cap);

    while (bytes) {
        ssize_t n = read(0, bytes + len, cap - len);

        if (n < 0 || len + (size_t)n > IMAGE_BYTES_MAX)
            return NULL;
        if (n == 0)
            break;
        len += (size_t)n;
        if (len == cap) {
            cap *= 2;
            bytes = image_memory(bytes, cap);
        }
    }
    *len_out = len;
    return bytes;
}

enum image_fault image_make_anew(unsigned char **out, size_t *len_out, const struct image_bytes *in,
                                 bool logo)
{
    const unsigned char *bytes = (const unsigned char *)in->bytes;
    const bool jpeg = in->len > 0 && bytes[0] == 0xff;
    struct image image = { 0 };
    enum image_fault fault =
        jpeg ? image_read_jpeg(&image, bytes, in->len) : image_read_png(&image, bytes, in->len);

    if (!fault)
        fault = image_shrink(&image, logo ? IMAGE_LOGO_SIDE : IMAGE_SIDE_MAX);
    if (fault)
        return fault;
    return jpeg && !logo ? image_write_jpeg(out, len_out, &image)
                         : image_write_png(out, len_out, &image);
}

int image_child(image_jail *jail, const char *word)
{
    const bool logo = strcmp(word, IMAGE_LOGO_WORD) == 0;
    struct image_bytes in = { 0 };
    unsigned char *out = NULL;
    unsigned char head[9] = { IMAGE_TROUBLE };
    size_t out_len = 0;

    if (!jail(MEMORY_MAX, SECONDS_MAX))
        _exit(1);
    in.bytes = (const char *)read_all(&in.len);
    if (in.bytes)
        head[0] = (unsigned char)image_make_anew(&out, &out_len, &in, logo);
    for (size_t i = 0; i < 8; i++)
        head[1 + i] = (unsigned char)((uint64_t)out_len >> (8 * i));
    if (write_all(head, sizeof head) && head[0] == IMAGE_OK)
        (void)write_all(out, out_len);
    _exit(0);
}
