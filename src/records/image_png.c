/* PNG in and out (libpng). A fault of the library ends the process: see image.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <png.h>

#include "records/image.h"

__attribute__((noreturn)) static void stop(png_structp p, const char *text)
{
    (void)p;
    (void)text;
    _exit(IMAGE_DAMAGED);
}

static void say_nothing(png_structp p, const char *text)
{
    (void)p;
    (void)text;
}

/* --- in --- */

struct source {
    const unsigned char *bytes;
    size_t left;
};

static void take(png_structp p, png_bytep to, size_t len)
{
    struct source *s = png_get_io_ptr(p);

    if (len > s->left)
        stop(p, NULL);
    memcpy(to, s->bytes, len);
    s->bytes += len;
    s->left -= len;
}

/* Whatever it was: eight bits of red, green, blue, and of opacity if there is any. */
static void make_plain(png_structp p, png_infop info)
{
    const int colour = png_get_color_type(p, info);

    png_set_expand(p);
    png_set_scale_16(p);
    if (colour == PNG_COLOR_TYPE_GRAY || colour == PNG_COLOR_TYPE_GRAY_ALPHA)
        png_set_gray_to_rgb(p);
    (void)png_set_interlace_handling(p);
    png_read_update_info(p, info);
}

enum image_fault image_read_png(struct image *out, const unsigned char *bytes, size_t len)
{
    struct source source = { bytes, len };
    png_structp p = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, stop, say_nothing);
    png_infop info = p ? png_create_info_struct(p) : NULL;
    unsigned char **rows;

    if (!info)
        return IMAGE_TROUBLE;
    png_set_read_fn(p, &source, take);
    png_set_user_limits(p, 1000000, 1000000);
    png_set_keep_unknown_chunks(p, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
    png_read_info(p, info);
    out->width = png_get_image_width(p, info);
    out->height = png_get_image_height(p, info);
    if (out->width * out->height > IMAGE_POINTS_MAX)
        return IMAGE_TOO_LARGE;
    make_plain(p, info);
    out->depth = png_get_channels(p, info);
    if (out->depth != 3 && out->depth != 4)
        return IMAGE_DAMAGED;
    out->points = image_memory(NULL, out->width * out->height * out->depth);
    rows = image_memory(NULL, out->height * sizeof *rows);
    if (!out->points || !rows)
        return IMAGE_TROUBLE;
    for (size_t y = 0; y < out->height; y++)
        rows[y] = out->points + y * out->width * out->depth;
    png_read_image(p, rows);
    png_read_end(p, NULL);
    png_destroy_read_struct(&p, &info, NULL);
    image_forget(rows);
    return IMAGE_OK;
}

/* --- out --- */

struct sink {
    unsigned char *bytes;
    size_t len;
    size_t cap;
};

static void give(png_structp p, png_bytep from, size_t len)
{
    struct sink *s = png_get_io_ptr(p);

    if (s->cap - s->len < len) {
        s->cap = 2 * s->cap + len;
        s->bytes = image_memory(s->bytes, s->cap);
        if (!s->bytes)
            _exit(IMAGE_TROUBLE);
    }
    memcpy(s->bytes + s->len, from, len);
    s->len += len;
}

static void give_all(png_structp p)
{
    (void)p;
}

enum image_fault image_write_png(unsigned char **out, size_t *len_out, const struct image *in)
{
    struct sink sink = { 0 };
    png_structp p = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, stop, say_nothing);
    png_infop info = p ? png_create_info_struct(p) : NULL;

    if (!info)
        return IMAGE_TROUBLE;
    png_set_write_fn(p, &sink, give, give_all);
    png_set_IHDR(p, info, (png_uint_32)in->width, (png_uint_32)in->height, 8,
                 in->depth == 4 ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(p, 3); /* twice as fast as the default, for a few bytes more */
    png_write_info(p, info);
    for (size_t y = 0; y < in->height; y++)
        png_write_row(p, in->points + y * in->width * in->depth);
    png_write_end(p, NULL);
    png_destroy_write_struct(&p, &info);
    *out = sink.bytes;
    *len_out = sink.len;
    return IMAGE_OK;
}
