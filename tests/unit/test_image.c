/* Pictures are made anew in a process of their own, and nothing but the picture is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/text.h"
#include "http/jail.h"
#include "people_fixture.h"
#include "records/attach.h"
#include "records/image.h"

#define PLACE "14.6928N 17.4467W"

/* Red above left, green above right, blue below left, white below right. */
static struct image given_points(size_t width, size_t height, size_t depth)
{
    static const unsigned char colours[4][4] = {
        { 255, 0, 0, 255 }, { 0, 255, 0, 255 }, { 0, 0, 255, 255 }, { 255, 255, 255, 128 }
    };
    struct image out = { malloc(width * height * depth), width, height, depth };

    assert_non_null(out.points);
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++)
            memcpy(out.points + (y * width + x) * depth,
                   colours[(size_t)2 * (2 * y >= height) + (2 * x >= width)], depth);
    return out;
}

/* r, g, b or w: the colour of a corner. */
static char colour_at(const struct image *in, bool right, bool below)
{
    const size_t x = right ? in->width - 2 : 1;
    const size_t y = below ? in->height - 2 : 1;
    const unsigned char *p = in->points + (y * in->width + x) * in->depth;
    const bool red = p[0] > 128;
    const bool green = p[1] > 128;
    const bool blue = p[2] > 128;

    if (red && green && blue)
        return 'w';
    return red ? 'r' : green ? 'g' : blue ? 'b' : '?';
}

static const char *corners(struct fixture *f, const struct image *in)
{
    return arena_printf(f->ctx.arena, "%c%c%c%c", colour_at(in, false, false),
                        colour_at(in, true, false), colour_at(in, false, true),
                        colour_at(in, true, true));
}

/* What a telephone writes: how it was held, and where it was. */
static size_t exif_part(unsigned char *out, int turn)
{
    static const unsigned char start[] = "\xff\xe1\0\0Exif\0\0II*\0\x08\0\0\0\x02\0"
                                         "\x12\x01\x03\0\x01\0\0\0\0\0\0\0"
                                         "\x25\x88\x04\0\x01\0\0\0\x26\0\0\0\0\0\0\0" PLACE;
    const size_t len = sizeof start - 1;

    memcpy(out, start, len);
    out[3] = (unsigned char)(len - 2);
    out[28] = (unsigned char)turn;
    return len;
}

/* A JPEG with everything that must go: EXIF with a place, a comment, a profile. */
static struct image_bytes given_jpeg(struct fixture *f, const struct image *points, int turn)
{
    static const unsigned char more[] = "\xff\xfe\0\x10"
                                        "Awa at the sea"
                                        "\xff\xe2\0\x16"
                                        "ICC_PROFILE\0 a device";
    unsigned char *plain = NULL;
    unsigned char *out;
    size_t len = 0;
    size_t n = 2;

    assert_int_equal(image_write_jpeg(&plain, &len, points), IMAGE_OK);
    out = arena_alloc(f->ctx.arena, len + 500);
    memcpy(out, plain, 2);
    n += exif_part(out + n, turn);
    memcpy(out + n, more, sizeof more - 1);
    n += sizeof more - 1;
    memcpy(out + n, plain + 2, len - 2);
    free(plain);
    return (struct image_bytes){ (const char *)out, n + len - 2 };
}

static bool bytes_hold(const struct image_bytes *b, const char *text)
{
    return memmem(b->bytes, b->len, text, strlen(text)) != NULL;
}

static struct image_bytes cleaned(struct fixture *f, const struct image_bytes *in)
{
    struct image_bytes out = { 0 };

    must(f, image_clean(&f->ctx, &out, in));
    return out;
}

static struct image decoded(const struct image_bytes *in)
{
    struct image out = { 0 };
    const unsigned char *bytes = (const unsigned char *)in->bytes;

    assert_int_equal(bytes[0] == 0xff ? image_read_jpeg(&out, bytes, in->len)
                                      : image_read_png(&out, bytes, in->len),
                     IMAGE_OK);
    return out;
}

static void no_place_device_comment_or_profile_survives_in_a_jpeg(void **state)
{
    struct fixture *f = *state;
    struct image points = given_points(64, 48, 3);
    struct image_bytes in = given_jpeg(f, &points, 1);
    struct image_bytes out = cleaned(f, &in);
    struct image back = decoded(&out);

    assert_true(bytes_hold(&in, PLACE) && bytes_hold(&in, "Exif") && bytes_hold(&in, "Awa"));
    assert_false(bytes_hold(&out, PLACE) || bytes_hold(&out, "Exif") || bytes_hold(&out, "Awa") ||
                 bytes_hold(&out, "ICC_PROFILE"));
    assert_true(back.width == 64 && back.height == 48);
    assert_string_equal(corners(f, &back), "rgbw");
    free(points.points);
    free(back.points);
}

static void a_picture_stands_upright_however_the_camera_was_held(void **state)
{
    static const char *const upright[] = { "rgbw", "grwb", "wbgr", "bwrg",
                                           "rbgw", "brwg", "wgbr", "gwrb" };
    struct fixture *f = *state;
    struct image points = given_points(64, 48, 3);

    for (int turn = 1; turn <= 8; turn++) {
        struct image_bytes in = given_jpeg(f, &points, turn);
        struct image_bytes out = cleaned(f, &in);
        struct image back = decoded(&out);

        assert_string_equal(corners(f, &back), upright[turn - 1]);
        assert_int_equal(back.width, turn >= 5 ? 48 : 64);
        free(back.points);
    }
    free(points.points);
}

/* A PNG with a text chunk behind its header. */
static struct image_bytes given_png(struct fixture *f, const struct image *points)
{
    /* The checksum is that of these bytes. */
    static const unsigned char chunk[] = "\0\0\0\x0btEXtPlace\0Dakar\x00\x00\x00\x00";
    unsigned char *plain = NULL;
    unsigned char *out;
    size_t len = 0;

    assert_int_equal(image_write_png(&plain, &len, points), IMAGE_OK);
    out = arena_alloc(f->ctx.arena, len + 100);
    memcpy(out, plain, 33);
    memcpy(out + 33, chunk, sizeof chunk - 1);
    memcpy(out + 33 + sizeof chunk - 1, plain + 33, len - 33);
    free(plain);
    return (struct image_bytes){ (const char *)out, len + sizeof chunk - 1 };
}

static void a_png_keeps_its_opacity_and_loses_its_texts(void **state)
{
    struct fixture *f = *state;
    struct image points = given_points(40, 30, 4);
    struct image_bytes in = given_png(f, &points);
    struct image_bytes out = cleaned(f, &in);
    struct image back = decoded(&out);

    assert_true(bytes_hold(&in, "Dakar"));
    assert_false(bytes_hold(&out, "Dakar") || bytes_hold(&out, "tEXt"));
    assert_true(back.width == 40 && back.height == 30 && back.depth == 4);
    assert_memory_equal(back.points, points.points, 40 * 30 * 4);
    free(points.points);
    free(back.points);
}

static void a_large_picture_is_made_smaller(void **state)
{
    struct fixture *f = *state;
    struct image points = given_points(6000, 30, 3);
    struct image_bytes in = given_jpeg(f, &points, 6);
    struct image_bytes out = cleaned(f, &in);
    struct image back = decoded(&out);

    assert_int_equal(back.height, IMAGE_SIDE_MAX);
    assert_int_equal(back.width, 30 * IMAGE_SIDE_MAX / 6000);
    assert_string_equal(corners(f, &back), "brwg");
    free(points.points);
    free(back.points);
}

static void a_picture_of_huge_size_is_refused_before_it_is_decoded(void **state)
{
    struct fixture *f = *state;
    struct image points = given_points(64, 48, 3);
    struct image_bytes in = given_jpeg(f, &points, 1);
    struct image_bytes out = { 0 };
    char *bytes = arena_alloc(f->ctx.arena, in.len);
    char *frame;

    memcpy(bytes, in.bytes, in.len);
    frame = memmem(bytes, in.len, "\xff\xc0\0\x11\x08", 5);
    assert_non_null(frame);
    memcpy(frame + 5, "\xfe\xfe\xfe\xfe", 4);
    in.bytes = bytes;
    assert_int_equal(image_clean(&f->ctx, &out, &in), ERR_INVALID);
    assert_string_equal(ctx_problem(&f->ctx, "file"),
                        "The picture is too large: at most 50 million points are taken.");
    free(points.points);
}

static void a_damaged_picture_is_refused_and_harms_nobody(void **state)
{
    struct fixture *f = *state;
    struct image points = given_points(64, 48, 4);
    struct image_bytes png = given_png(f, &points);
    const struct image_bytes bad[] = {
        { png.bytes, 20 },         { png.bytes, png.len / 2 },       { "\xff\xd8\xff\xe0", 4 },
        { "\xff\xd8\xff\xd9", 4 }, { "\x89PNG\r\n\x1a\nhello", 13 },
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct image_bytes out = { 0 };

        ctx_clear_problems(&f->ctx);
        assert_int_equal(image_clean(&f->ctx, &out, &bad[i]), ERR_INVALID);
        assert_non_null(ctx_problem(&f->ctx, "file"));
        assert_null(out.bytes);
    }
    free(points.points);
}

static void what_is_kept_of_a_photograph_has_no_place(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct image points = given_points(64, 48, 3);
    struct image_bytes in = given_jpeg(f, &points, 1);
    const struct upload_bytes u = { .name = "sea.jpg", .bytes = in.bytes, .len = in.len };
    struct attachment a = { 0 };
    struct image_bytes kept = { 0 };
    const char *id = NULL;

    must(f, attachment_add(&f->ctx, &id, awa, &u));
    must(f, attachment_load(&f->ctx, &a, awa, id));
    must(f, attachment_read(&f->ctx, &kept.bytes, &kept.len, &a, 0));
    assert_true(bytes_hold(&in, PLACE));
    assert_false(bytes_hold(&kept, PLACE) || bytes_hold(&kept, "Exif"));
    assert_int_equal(a.bytes, kept.len);
    free(points.points);
}

/* Exit code of a process that tries something after it gave everything up; 128 if it was killed. */
static int tried(bool (*attempt)(void))
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0)
        _exit(!jail_alone((size_t)1 << 30, 5) ? 99 : attempt());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static bool opens_a_file(void)
{
    return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool makes_a_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool starts_a_program(void)
{
    return execl("/bin/true", "true", NULL) == 0;
}

static void the_process_of_a_picture_has_no_files_network_or_programs(void **state)
{
    bool (*const all[])(void) = { opens_a_file, makes_a_socket, starts_a_program };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        int code = tried(all[i]);

        assert_true(code == 0 || code == 128);
    }
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)
    const struct CMUnitTest tests[] = {
        TEST(no_place_device_comment_or_profile_survives_in_a_jpeg),
        TEST(a_picture_stands_upright_however_the_camera_was_held),
        TEST(a_png_keeps_its_opacity_and_loses_its_texts),
        TEST(a_large_picture_is_made_smaller),
        TEST(a_picture_of_huge_size_is_refused_before_it_is_decoded),
        TEST(a_damaged_picture_is_refused_and_harms_nobody),
        TEST(what_is_kept_of_a_photograph_has_no_place),
        cmocka_unit_test(the_process_of_a_picture_has_no_files_network_or_programs),
    };

    if (argc == 2 && (strcmp(argv[1], IMAGE_WORD) == 0 || strcmp(argv[1], IMAGE_LOGO_WORD) == 0))
        return image_child(jail_alone,
                           argv[1]); /* image_clean starts the program that it is part of */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
