/* JPEG in and out (libjpeg-turbo). A fault of the library ends the process: see image.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>

#include "records/image.h"

#define QUALITY      85
#define WARNINGS_MAX 100
#define SCANS_MAX    100 /* a progressive picture of thousands of scans is made to take long */

/* The library forbids coming back. */
__attribute__((noreturn)) static void stop(j_common_ptr c)
{
    (void)c;
    _exit(IMAGE_DAMAGED);
}

static void say_nothing(j_common_ptr c)
{
    (void)c;
}

/* Some warnings are habits of cameras; many are a picture that is none. */
static void hear(j_common_ptr c, int level)
{
    if (level < 0 && ++c->err->num_warnings > WARNINGS_MAX)
        stop(c);
}

static void set_errors(struct jpeg_error_mgr *e)
{
    (void)jpeg_std_error(e);
    e->error_exit = stop;
    e->output_message = say_nothing;
    e->emit_message = hear;
}

static void watch_scans(j_common_ptr c)
{
    if (((j_decompress_ptr)c)->input_scan_number > SCANS_MAX)
        stop(c);
}

/* --- how it was held --- */

static unsigned number(const unsigned char *p, size_t size, bool little)
{
    unsigned n = 0;

    for (size_t i = 0; i < size; i++)
        n |= (unsigned)p[i] << (8 * (little ? i : size - 1 - i));
    return n;
}

int image_turn_of(const unsigned char *exif, size_t len)
{
    bool little;
    size_t at;
    size_t entries;

    if (len < 14 || memcmp(exif, "Exif\0\0", 6) != 0)
        return 1;
    exif += 6;
    len -= 6;
    little = exif[0] == 'I';
    at = number(exif + 4, 4, little);
    if (at > len - 2)
        return 1;
    entries = number(exif + at, 2, little);
    for (at += 2; entries > 0 && at <= len && len - at >= 12; entries--, at += 12) {
        unsigned value;

        if (number(exif + at, 2, little) != 0x0112)
            continue;
        value = number(exif + at + 8, 2, little);
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

static int turn_of(j_decompress_ptr d)
{
    for (jpeg_saved_marker_ptr m = d->marker_list; m; m = m->next)
        if (m->marker == JPEG_APP0 + 1)
            return image_turn_of(m->data, m->data_length);
    return 1;
}

/* --- in --- */

/* Four inks to three lights; Adobe writes the inks the other way round. */
static void inks_to_lights(unsigned char *row, size_t width, bool adobe)
{
    for (size_t i = 0; i < width; i++) {
        const unsigned char *in = row + 4 * i;
        unsigned light[3];

        for (size_t k = 0; k < 3; k++)
            light[k] =
                adobe ? (unsigned)in[k] * in[3] / 255 : (255U - in[k]) * (255U - in[3]) / 255;
        for (size_t k = 0; k < 3; k++)
            row[3 * i + k] = (unsigned char)light[k];
    }
}

static enum image_fault read_rows(j_decompress_ptr d, struct image *out)
{
    const bool inks = d->out_color_components == 4;
    unsigned char *row = image_memory(NULL, (size_t)d->output_width * 4);

    out->width = d->output_width;
    out->height = d->output_height;
    out->depth = 3;
    out->points = image_memory(NULL, out->width * out->height * 3);
    if (!row || !out->points)
        return IMAGE_TROUBLE;
    while (d->output_scanline < d->output_height) {
        unsigned char *to = out->points + (size_t)d->output_scanline * out->width * 3;

        if (jpeg_read_scanlines(d, &row, 1) != 1)
            return IMAGE_DAMAGED;
        if (inks)
            inks_to_lights(row, out->width, d->saw_Adobe_marker);
        memcpy(to, row, out->width * 3);
    }
    image_forget(row);
    return IMAGE_OK;
}

enum image_fault image_read_jpeg(struct image *out, const unsigned char *bytes, size_t len)
{
    struct jpeg_decompress_struct d = { 0 };
    struct jpeg_error_mgr errors = { 0 };
    struct jpeg_progress_mgr progress = { .progress_monitor = watch_scans };
    enum image_fault fault;
    size_t side;
    int turn;

    set_errors(&errors);
    d.err = &errors;
    jpeg_create_decompress(&d);
    d.progress = &progress;
    jpeg_mem_src(&d, bytes, len);
    jpeg_save_markers(&d, JPEG_APP0 + 1, 0xffff);
    if (jpeg_read_header(&d, TRUE) != JPEG_HEADER_OK)
        return IMAGE_DAMAGED;
    if ((size_t)d.image_width * d.image_height > IMAGE_POINTS_MAX)
        return IMAGE_TOO_LARGE;
    turn = turn_of(&d);
    side = d.image_width > d.image_height ? d.image_width : d.image_height;
    d.scale_num = 1;
    d.scale_denom = 1;
    while (d.scale_denom < 8 && side / (d.scale_denom * (size_t)2) >= IMAGE_SIDE_MAX)
        d.scale_denom *= 2;
    d.out_color_space =
        d.jpeg_color_space == JCS_CMYK || d.jpeg_color_space == JCS_YCCK ? JCS_CMYK : JCS_RGB;
    if (!jpeg_start_decompress(&d))
        return IMAGE_DAMAGED;
    fault = read_rows(&d, out);
    jpeg_destroy_decompress(&d);
    return fault ? fault : image_turn(out, turn);
}

/* --- out --- */

enum image_fault image_write_jpeg(unsigned char **out, size_t *len_out, const struct image *in)
{
    struct jpeg_compress_struct c = { 0 };
    struct jpeg_error_mgr errors = { 0 };
    unsigned long len = 0;

    set_errors(&errors);
    c.err = &errors;
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, out, &len);
    c.image_width = (JDIMENSION)in->width;
    c.image_height = (JDIMENSION)in->height;
    c.input_components = 3;
    c.in_color_space = JCS_RGB;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, QUALITY, TRUE);
    c.optimize_coding = TRUE;
    jpeg_start_compress(&c, TRUE);
    while (c.next_scanline < c.image_height) {
        unsigned char *row = in->points + (size_t)c.next_scanline * in->width * 3;

        if (jpeg_write_scanlines(&c, &row, 1) != 1)
            return IMAGE_TROUBLE;
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    *len_out = len;
    return IMAGE_OK;
}
