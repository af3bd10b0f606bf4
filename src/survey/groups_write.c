/* The summary: means, medians and shares of each group and of the whole. */
#include <stdlib.h>
#include <string.h>

#include "survey/exact.h"
#include "survey/groups_inner.h"

#define WHOLE      "(all)"
#define NEAR_BITS  56
#define RADIX_BITS 11

/* The limits of the summary's columns; they are the Handbook's, whatever the profile says. */
#define BELOW_NUM 33u
#define BELOW_DEN 100u

__extension__ typedef unsigned __int128 twice;

/* a/b against c/d */
static int compare_scores(const struct group_value *x, const struct group_value *y)
{
    twice left = (twice)x->num * tag_den(y->tag);
    twice right = (twice)y->num * tag_den(x->tag);

    return left < right ? -1 : left > right;
}

/* By score, then by value, then by what makes the order the same in every run. */
static int compare_values(const struct group_value *x, const struct group_value *y)
{
    unsigned x_score = tag_score(x->tag);
    unsigned y_score = tag_score(y->tag);
    int order = x_score < y_score ? -1 : x_score > y_score;

    if (order == 0)
        order = compare_scores(x, y);
    if (order == 0)
        order = x->tag < y->tag ? -1 : x->tag > y->tag;
    return order;
}

/* A value by what comes near its place among the others: score, and num / den in 56 bits. */
struct sorted {
    uint64_t near;
    const struct group_value *value;
};

static uint64_t near_of(const struct group_value *value)
{
    uint64_t den = tag_den(value->tag);

    /* num <= den, below 2^40; 1 itself is one step more. */
    return (uint64_t)tag_score(value->tag) << 60 |
           (uint64_t)(((twice)value->num << NEAR_BITS) / den);
}

/* By eleven bits of near at a time, each time keeping the order of before. */
static struct sorted *sort_near(struct sorted *from, struct sorted *to, size_t len)
{
    for (unsigned shift = 0; shift < 64; shift += RADIX_BITS) {
        size_t next[1 << RADIX_BITS] = { 0 };
        struct sorted *other = from;
        size_t at = 0;

        for (size_t i = 0; i < len; i++)
            next[from[i].near >> shift & ((1u << RADIX_BITS) - 1)]++;
        for (size_t i = 0; i < 1u << RADIX_BITS; i++) {
            size_t count = next[i];

            next[i] = at;
            at += count;
        }
        for (size_t i = 0; i < len; i++)
            to[next[from[i].near >> shift & ((1u << RADIX_BITS) - 1)]++] = from[i];
        from = to;
        to = other;
    }
    return from;
}

struct named {
    const struct group *group;
    size_t place;
    size_t by_len;
};

static int compare_groups(const void *a, const void *b)
{
    const struct named *x = a;
    const struct named *y = b;

    for (size_t i = 0; i < x->by_len; i++) {
        const struct feed_cell *v = &x->group->values[i];
        const struct feed_cell *w = &y->group->values[i];
        int order = memcmp(v->text, w->text, v->len < w->len ? v->len : w->len);

        if (order == 0)
            order = v->len < w->len ? -1 : v->len > w->len;
        if (order)
            return order;
    }
    return 0;
}

static void add_decimal(struct sink *to, uint64_t value, int places)
{
    char digits[16];
    size_t len = (size_t)places + 2;

    for (size_t i = len; i-- > 0;) {
        if (i == 1) {
            digits[i] = '.';
            continue;
        }
        digits[i] = (char)('0' + value % 10);
        value /= 10;
    }
    sink_add(to, digits, len);
}

/* Half up, num <= den. */
static uint64_t share(uint64_t num, uint64_t den)
{
    return (uint64_t)(((twice)num * 2000000 + den) / ((twice)den * 2));
}

/* The middle of a list in order of size: of an even number the mean of the middle two. */
static uint64_t median4(const struct group_value *values, size_t len, uint64_t n)
{
    const struct group_value *low = values;
    bool found = false;
    uint64_t passed = 0;

    for (size_t i = 0; i < len; i++) {
        passed += (uint64_t)values[i].count;
        if (!found && passed > (n - 1) / 2) {
            low = &values[i];
            found = true;
        }
        if (passed > n / 2) {
            twice num =
                (twice)low->num * tag_den(values[i].tag) + (twice)values[i].num * tag_den(low->tag);
            twice den = (twice)tag_den(low->tag) * tag_den(values[i].tag) * 2;

            return (uint64_t)((num * 20000 + den) / (den * 2));
        }
    }
    return 0;
}

/* n, mean, median, shares: the values of one score in order of size. */
static void write_score(struct ctx *ctx, const struct groups *g, const struct group_value *values,
                        size_t len, struct sink *to)
{
    struct arena_mark mark = arena_mark(ctx->arena);
    struct exact *sum = exact_new(ctx->arena);
    uint64_t unit = (uint64_t)g->profile->point_unit;
    uint64_t n = 0;
    uint64_t below = 0;
    uint64_t from_half = 0;

    for (size_t i = 0; i < len; i++) {
        uint64_t count = (uint64_t)values[i].count;
        uint64_t den = tag_den(values[i].tag);

        n += count;
        exact_add(sum, values[i].num, count, den / unit);
        if (values[i].num * BELOW_DEN < BELOW_NUM * den)
            below += count;
        if (values[i].num * 2 >= den)
            from_half += count;
    }
    sink_int(to, (int64_t)n);
    sink_text(to, ",");
    if (n == 0) {
        sink_text(to, ",,,");
    } else {
        add_decimal(to, exact_divide(sum, n, unit, 1000000), 6);
        sink_text(to, ",");
        add_decimal(to, median4(values, len, n), 4);
        sink_text(to, ",");
        add_decimal(to, share(below, n), 6);
        sink_text(to, ",");
        add_decimal(to, share(from_half, n), 6);
    }
    arena_rewind(ctx->arena, mark);
}

/* The four rows of a group; group NULL is the whole. values are sorted by score. */
static void write_rows(struct ctx *ctx, const struct groups *g, const struct group *group,
                       const struct group_value *values, size_t len, struct sink *to)
{
    int64_t flagged = group ? group->flagged : groups_flagged(g);

    for (unsigned d = 0; d < DIM_COUNT; d++) {
        size_t count = 0;

        while (count < len && tag_score(values[count].tag) == d)
            count++;
        for (size_t i = 0; i < g->by_len; i++) {
            if (group)
                sink_cell(to, group->values[i].text, group->values[i].len);
            else
                sink_text(to, WHOLE);
            sink_text(to, ",");
        }
        sink_text(to, dimension_code((enum dimension)d));
        sink_text(to, ",");
        write_score(ctx, g, values, count, to);
        sink_text(to, ",");
        sink_int(to, flagged);
        sink_text(to, "\n");
        values += count;
        len -= count;
    }
}

static int compare_sorted(const void *a, const void *b)
{
    const struct sorted *x = a;
    const struct sorted *y = b;

    return compare_values(x->value, y->value);
}

/* The used slots in order, in a list of their own. */
static struct group_value *sort_values(struct arena *a, const struct groups *g)
{
    struct group_value *out = ARENA_ARRAY(a, g->used + 1, struct group_value);
    struct sorted *values = ARENA_ARRAY(a, g->used + 1, struct sorted);
    struct sorted *room = ARENA_ARRAY(a, g->used + 1, struct sorted);
    size_t len = 0;

    for (size_t i = 0; i < g->slots_len; i++)
        if (g->slots[i].count)
            values[len++] = (struct sorted){ near_of(&g->slots[i]), &g->slots[i] };
    values = sort_near(values, room, len);
    /* Mostly one value in several groups: the exact order decides. */
    for (size_t i = 0, end; i < len; i = end) {
        for (end = i + 1; end < len && values[end].near == values[i].near; end++)
            ;
        if (end - i > 1)
            qsort(values + i, end - i, sizeof(*values), compare_sorted);
    }
    for (size_t i = 0; i < len; i++)
        out[i] = *values[i].value;
    return out;
}

/* The same values group by group, the order within each kept; starts[i] is where group i begins. */
static struct group_value *by_group(struct arena *a, const struct groups *g,
                                    const struct group_value *all, size_t *starts)
{
    struct group_value *values = ARENA_ARRAY(a, g->used + 1, struct group_value);
    size_t *next = ARENA_ARRAY(a, g->len + 1, size_t);

    for (size_t i = 0; i < g->used; i++)
        starts[tag_group(all[i].tag) + 1]++;
    for (size_t i = 0; i < g->len; i++)
        starts[i + 1] += starts[i];
    memcpy(next, starts, g->len * sizeof(*next));
    for (size_t i = 0; i < g->used; i++)
        values[next[tag_group(all[i].tag)]++] = all[i];
    return values;
}

enum err groups_write(struct ctx *ctx, struct groups *g, struct sink *to)
{
    struct named *order = ARENA_ARRAY(ctx->arena, g->len + 1, struct named);
    size_t *starts = ARENA_ARRAY(ctx->arena, g->len + 2, size_t);
    const struct group_value *values;
    const struct group_value *all;
    enum err rc = groups_settle(ctx, g);

    if (rc)
        return rc;
    for (size_t i = 0; i < g->by_len; i++) {
        sink_cell(to, g->by[i], strlen(g->by[i]));
        sink_text(to, ",");
    }
    sink_text(to, "score,n,mean,median,below_0.33,from_0.5,flagged\n");
    all = sort_values(ctx->arena, g);
    values = by_group(ctx->arena, g, all, starts);
    for (size_t i = 0; i < g->len; i++)
        order[i] = (struct named){ &g->names[i], i, g->by_len };
    if (g->len)
        qsort(order, g->len, sizeof(*order), compare_groups);
    for (size_t i = 0; i < g->len && g->by_len > 0; i++)
        write_rows(ctx, g, order[i].group, values + starts[order[i].place],
                   starts[order[i].place + 1] - starts[order[i].place], to);
    write_rows(ctx, g, NULL, all, g->used, to);
    return OK;
}
