/*
 * Pictures as the jailed process gets them: any bytes become a picture or a fault. The first byte
 * says whether a logo is wanted; the rest is the picture. A decoder that gives up ends its process:
 * here _exit is led back (-Wl,--wrap=_exit), and what the decoders left in memory is given back.
 */
#include <assert.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "records/image.h"

#define POINTS_MAX 4000000u /* larger ones only take time */
#define KEPT_MAX   100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
_Noreturn void __wrap__exit(int code);

/* Of the address sanitizer; without it nothing is given back. */
__attribute__((weak)) int
__sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                          void (*on_free)(const volatile void *));

static jmp_buf ended;
static const volatile void *kept[KEPT_MAX];
static size_t kept_len;
static int noting;

static void note_malloc(const volatile void *p, size_t len)
{
    (void)len;
    if (noting && kept_len < KEPT_MAX)
        kept[kept_len++] = p;
}

static void note_free(const volatile void *p)
{
    for (size_t i = kept_len; noting && i > 0; i--) {
        if (kept[i - 1] != p)
            continue;
        kept[i - 1] = kept[--kept_len];
        return;
    }
}

_Noreturn void __wrap__exit(int code)
{
    longjmp(ended, code + 1);
}

static unsigned two(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

/* By the first frame that a JPEG tells, or the head of a PNG. */
static int is_large(const uint8_t *p, size_t len)
{
    if (len > 24 && memcmp(p, "\x89PNG", 4) == 0)
        return (uint64_t)two(p + 16) + two(p + 20) > 0 ||
               (uint64_t)two(p + 18) * two(p + 22) > POINTS_MAX;
    for (size_t i = 0; i + 9 < len; i++)
        if (p[i] == 0xff && p[i + 1] >= 0xc0 && p[i + 1] <= 0xcf &&
            (uint64_t)two(p + i + 5) * two(p + i + 7) > POINTS_MAX)
            return 1;
    return 0;
}

static void try_picture(const struct image_bytes *in, bool logo)
{
    unsigned char *out = NULL;
    unsigned char *again = NULL;
    size_t len = 0;
    size_t again_len = 0;

    if (setjmp(ended) != 0)
        return;
    if (image_make_anew(&out, &len, in, logo) != IMAGE_OK)
        return;
    assert(out && len > 0);
    assert(out[0] == 0xff || out[0] == 0x89);
    if (setjmp(ended) != 0)
        abort(); /* what we write ourselves can be read */
    assert(image_make_anew(&again, &again_len, &(struct image_bytes){ (const char *)out, len },
                           logo) == IMAGE_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int hooked = 0;

    if (!hooked && __sanitizer_install_malloc_and_free_hooks)
        (void)__sanitizer_install_malloc_and_free_hooks(note_malloc, note_free);
    hooked = 1;
    if (size < 2 || is_large(data + 1, size - 1))
        return 0;
    kept_len = 0;
    noting = 1;
    try_picture(&(struct image_bytes){ (const char *)data + 1, size - 1 }, data[0] % 2 == 1);
    noting = 0;
    for (size_t i = 0; i < kept_len; i++)
        free((void *)(uintptr_t)kept[i]);
    return 0;
}
