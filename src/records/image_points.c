/* Turning pictures and making them smaller. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "records/image.h"

void *image_memory(void *was, size_t len)
{
    return realloc(was, len); /* check: malloc this process has no arena, see image.h */
}

void image_forget(void *was)
{
    free(was); /* check: malloc as above */
}

/* Where a point of the turned picture comes from. */
static const unsigned char *source_of(const struct image *in, int turn, size_t x, size_t y)
{
    const size_t right = in->width - 1;
    const size_t bottom = in->height - 1;
    size_t sx = turn >= 5 ? y : x;
    size_t sy = turn >= 5 ? x : y;

    if (turn == 2 || turn == 3 || turn == 7 || turn == 8)
        sx = right - sx;
    if (turn == 3 || turn == 4 || turn == 6 || turn == 7)
        sy = bottom - sy;
    return in->points + (sy * in->width + sx) * in->depth;
}

enum image_fault image_turn(struct image *image, int turn)
{
    struct image out = *image;

    if (turn <= 1 || turn > 8)
        return IMAGE_OK;
    if (turn >= 5) {
        out.width = image->height;
        out.height = image->width;
    }
    out.points = image_memory(NULL, out.width * out.height * out.depth);
    if (!out.points)
        return IMAGE_TROUBLE;
    for (size_t y = 0; y < out.height; y++)
        for (size_t x = 0; x < out.width; x++)
            memcpy(out.points + (y * out.width + x) * out.depth, source_of(image, turn, x, y),
                   out.depth);
    image_forget(image->points);
    *image = out;
    return IMAGE_OK;
}

/* The mean of the points that one point stands for. */
static void mean(unsigned char *out, const struct image *in, const size_t from[2],
                 const size_t to[2])
{
    uint64_t sums[4] = { 0 };
    const size_t count = (to[0] - from[0]) * (to[1] - from[1]);

    for (size_t y = from[1]; y < to[1]; y++) {
        const unsigned char *p = in->points + (y * in->width + from[0]) * in->depth;

        for (size_t x = from[0]; x < to[0]; x++)
            for (size_t k = 0; k < in->depth; k++)
                sums[k] += *p++;
    }
    for (size_t k = 0; k < in->depth; k++)
        out[k] = (unsigned char)((sums[k] + count / 2) / (count > 0 ? count : 1));
}

enum image_fault image_shrink(struct image *image, size_t side)
{
    const size_t longer = image->width > image->height ? image->width : image->height;
    struct image out = *image;

    if (longer <= side)
        return IMAGE_OK;
    out.width = image->width * side / longer;
    out.height = image->height * side / longer;
    out.width += out.width == 0;
    out.height += out.height == 0;
    out.points = image_memory(NULL, out.width * out.height * out.depth);
    if (!out.points)
        return IMAGE_TROUBLE;
    for (size_t y = 0; y < out.height; y++) {
        for (size_t x = 0; x < out.width; x++) {
            const size_t from[2] = { x * image->width / out.width, y * image->height / out.height };
            const size_t to[2] = { (x + 1) * image->width / out.width,
                                   (y + 1) * image->height / out.height };

            mean(out.points + (y * out.width + x) * out.depth, image, from, to);
        }
    }
    image_forget(image->points);
    *image = out;
    return IMAGE_OK;
}
