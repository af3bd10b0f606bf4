#include "core/id.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/text.h"

#define COUNTER_MAX 0xFFFU /* 12 bits, after the version */

/* The newest id of this process. A forked child goes on from here; its random bits differ. */
static int64_t last_ms = -1;
static unsigned last_counter;

void random_bytes(void *out, size_t len)
{
    unsigned char *p = out;

    while (len) {
        ssize_t got = getrandom(p, len, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            (void)fprintf(stderr, "homeward: no random bytes: %s\n", strerror(errno));
            abort();
        }
        p += got;
        len -= (size_t)got;
    }
}

/* Begins in the lower half of the counter, so that a millisecond has room for 2,048 ids or more. */
static unsigned first_counter(const unsigned char *random)
{
    return ((unsigned)random[6] << 8 | random[7]) & COUNTER_MAX >> 1;
}

char *id_new(struct arena *a, int64_t now_ms)
{
    unsigned char u[16];

    random_bytes(u, sizeof(u));
    if (now_ms > last_ms) {
        last_ms = now_ms;
        last_counter = first_counter(u);
    } else if (last_counter < COUNTER_MAX) {
        last_counter++;
    } else {
        last_ms++;
        last_counter = first_counter(u);
    }

    for (int i = 0; i < 6; i++)
        u[i] = (unsigned char)((uint64_t)last_ms >> (40 - 8 * i));
    u[6] = (unsigned char)(0x70 | last_counter >> 8);
    u[7] = (unsigned char)last_counter;
    u[8] = (unsigned char)(0x80 | (u[8] & 0x3F));

    return arena_printf(a, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                        u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11],
                        u[12], u[13], u[14], u[15]);
}

bool id_valid(const char *s)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (!s)
        return false;
    for (size_t i = 0; i <= ID_LEN; i++) {
        bool hex = ascii_is_digit(s[i]) || (s[i] >= 'a' && s[i] <= 'f');

        if (shape[i] == 'x' ? !hex : s[i] != shape[i])
            return false;
    }
    return true;
}
