#include "survey/exact.h"

#include <string.h>

/* A whole number, lowest limb first, no zero limb at the end. */
struct whole {
    uint64_t *limbs;
    size_t len;
    size_t cap;
};

struct exact {
    struct arena *arena;
    struct whole num;
    struct whole den;
    struct whole part; /* kept for its memory */
};

__extension__ typedef unsigned __int128 twice;

static void reserve(struct arena *a, struct whole *w, size_t cap)
{
    uint64_t *limbs;

    if (cap <= w->cap)
        return;
    limbs = ARENA_ARRAY(a, 2 * cap, uint64_t);
    if (w->len)
        memcpy(limbs, w->limbs, w->len * sizeof(*limbs));
    w->limbs = limbs;
    w->cap = 2 * cap;
}

static void whole_set(struct arena *a, struct whole *to, const struct whole *from)
{
    reserve(a, to, from->len);
    if (from->len)
        memcpy(to->limbs, from->limbs, from->len * sizeof(*to->limbs));
    to->len = from->len;
}

static void multiply(struct arena *a, struct whole *w, uint64_t by)
{
    uint64_t carry = 0;

    reserve(a, w, w->len + 1);
    for (size_t i = 0; i < w->len; i++) {
        twice product = (twice)w->limbs[i] * by + carry;

        w->limbs[i] = (uint64_t)product;
        carry = (uint64_t)(product >> 64);
    }
    if (carry)
        w->limbs[w->len++] = carry;
}

/* Divides and returns the rest. */
static uint64_t divide(struct whole *w, uint64_t by)
{
    uint64_t rest = 0;

    for (size_t i = w->len; i-- > 0;) {
        twice part = (twice)rest << 64 | w->limbs[i];

        w->limbs[i] = (uint64_t)(part / by);
        rest = (uint64_t)(part % by);
    }
    while (w->len && w->limbs[w->len - 1] == 0)
        w->len--;
    return rest;
}

static uint64_t rest_of(const struct whole *w, uint64_t by)
{
    uint64_t rest = 0;

    for (size_t i = w->len; i-- > 0;)
        rest = (uint64_t)(((twice)rest << 64 | w->limbs[i]) % by);
    return rest;
}

static void add(struct arena *a, struct whole *to, const struct whole *w)
{
    uint64_t carry = 0;

    reserve(a, to, (to->len > w->len ? to->len : w->len) + 1);
    for (size_t i = 0; i < w->len || carry; i++) {
        twice sum =
            (twice)carry + (i < to->len ? to->limbs[i] : 0) + (i < w->len ? w->limbs[i] : 0);

        to->limbs[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
        if (i >= to->len)
            to->len = i + 1;
    }
}

static int compare(const struct whole *a, const struct whole *b)
{
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    for (size_t i = a->len; i-- > 0;)
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
    return 0;
}

static uint64_t divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

struct exact *exact_new(struct arena *a)
{
    struct exact *e = ARENA_NEW(a, struct exact);

    e->arena = a;
    reserve(a, &e->num, 4);
    reserve(a, &e->den, 4);
    e->den.limbs[0] = 1;
    e->den.len = 1;
    return e;
}

void exact_add(struct exact *sum, uint64_t num, uint64_t times, uint64_t den)
{
    struct whole *part = &sum->part;
    uint64_t widen = den / divisor(den, rest_of(&sum->den, den));

    if (num == 0 || times == 0)
        return;
    if (widen > 1) {
        multiply(sum->arena, &sum->den, widen);
        multiply(sum->arena, &sum->num, widen);
    }
    whole_set(sum->arena, part, &sum->den);
    (void)divide(part, den);
    multiply(sum->arena, part, num);
    multiply(sum->arena, part, times);
    add(sum->arena, &sum->num, part);
}

uint64_t exact_divide(const struct exact *sum, uint64_t by1, uint64_t by2, uint64_t scale)
{
    struct whole unit = { 0 }; /* 2 * scale of them are 1 */
    struct whole total = { 0 };
    struct whole product = { 0 };
    uint64_t low = 0; /* low * unit <= total, in halves of the last place */
    uint64_t high = 2 * scale;

    whole_set(sum->arena, &unit, &sum->den);
    multiply(sum->arena, &unit, by1);
    multiply(sum->arena, &unit, by2);
    whole_set(sum->arena, &total, &sum->num);
    multiply(sum->arena, &total, 2 * scale);
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;

        whole_set(sum->arena, &product, &unit);
        multiply(sum->arena, &product, middle);
        if (compare(&product, &total) <= 0)
            low = middle;
        else
            high = middle - 1;
    }
    return (low + 1) / 2;
}
