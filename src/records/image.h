#ifndef RECORDS_IMAGE_H
#define RECORDS_IMAGE_H

/*
 * Pictures are made anew before they are kept: decoded, turned as the camera says, made no larger
 * than IMAGE_SIDE_MAX, and encoded from the points alone. Place, device, comments, profiles and
 * thumbnails are gone, and so is whatever hid in the bytes.
 *
 * Decoders of pictures are a favourite way into programs, so they run in a process of their own
 * that is started for one picture: this program again (image_child), with nothing of the worker's
 * memory, one socket, no files, no network (seccomp), and limits of memory and time.
 *
 * Memory: ctx->arena.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"

#define IMAGE_SIDE_MAX   2560
#define IMAGE_POINTS_MAX 50000000 /* a larger picture is refused before it is decoded */
#define IMAGE_BYTES_MAX  ((size_t)64 * 1024 * 1024)

/* The words by which this program is started as image_child. */
#define IMAGE_WORD      "picture"
#define IMAGE_LOGO_WORD "logo"
#define IMAGE_LOGO_SIDE 800

/*
 * JPEG or PNG in, the same type out. ERR_INVALID with a problem of the field "file": it cannot be
 * decoded, or has more than IMAGE_POINTS_MAX points; ERR_IO: the process could not be started, or
 * did not end in time.
 */
struct image_bytes {
    const char *bytes;
    size_t len;
};
enum err image_clean(struct ctx *ctx, struct image_bytes *out,
                     const struct image_bytes *in) MUST_USE;
/* JPEG or PNG in, a PNG of at most IMAGE_LOGO_SIDE points a side out: documents take no other. */
enum err image_logo(struct ctx *ctx, struct image_bytes *out,
                    const struct image_bytes *in) MUST_USE;

/*
 * The other side: gives up all it can by jail (http/jail.h, jail_alone), reads a picture from fd 0
 * until its end, answers on it. Exit code.
 */
typedef bool image_jail(size_t memory_max, unsigned seconds);
int image_child(image_jail *jail, const char *word);

/* --- the decoders, which only image_child calls --- */

enum image_fault { IMAGE_OK, IMAGE_DAMAGED, IMAGE_TOO_LARGE, IMAGE_TROUBLE };

/* What image_child does with the bytes that it read. */
enum image_fault image_make_anew(unsigned char **out, size_t *len_out, const struct image_bytes *in,
                                 bool logo);

/* Points of a picture: rows of width * depth bytes; depth 3 = RGB, 4 = RGB and opacity. */
struct image {
    unsigned char *points;
    size_t width;
    size_t height;
    size_t depth;
};

/*
 * Memory is malloc's, and given back only where all went well: the process ends with its picture. A
 * decoder that finds the picture damaged ends the process with IMAGE_DAMAGED by itself.
 */
void *image_memory(void *was, size_t len); /* realloc; NULL: there is none left */
void image_forget(void *was);
enum image_fault image_read_jpeg(struct image *out, const unsigned char *bytes, size_t len);
enum image_fault image_read_png(struct image *out, const unsigned char *bytes, size_t len);
enum image_fault image_write_jpeg(unsigned char **out, size_t *len_out, const struct image *in);
/* Also for points of our own making, outside of image_child: *out goes to image_forget. */
enum image_fault image_write_png(unsigned char **out, size_t *len_out, const struct image *in);
/* How a camera was held, from the EXIF part of a JPEG, 1 to 8; 1 if it does not say. */
int image_turn_of(const unsigned char *exif, size_t len);
/* Turned by that; made smaller until both sides fit. */
enum image_fault image_turn(struct image *image, int turn);
enum image_fault image_shrink(struct image *image, size_t side);

#endif
