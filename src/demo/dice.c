/* Chance that is the same on every machine, and rows picked by it. */
#include <assert.h>

#include "core/text.h"
#include "demo/demo_inner.h"

#define MATCH_MAX 6

uint64_t dice_next(struct dice *d)
{
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t dice_below(struct dice *d, uint32_t below)
{
    return (uint32_t)(dice_next(d) % below);
}

int64_t dice_between(struct dice *d, int64_t low, int64_t high)
{
    return low >= high ? low : low + dice_below(d, (uint32_t)(high - low + 1));
}

bool dice_chance(struct dice *d, uint32_t percent)
{
    return dice_below(d, 100) < percent;
}

const char *dice_word(struct dice *d, const char *const *words)
{
    uint32_t len = 0;

    while (words[len])
        len++;
    assert(len > 0); /* lists of words are ours */
    return words[dice_below(d, len)];
}

/* Columns by place, so that a long list is not searched by the name of a column in each row. */
struct match {
    size_t columns[MATCH_MAX];
    const char *values[MATCH_MAX];
    size_t len;
};

static size_t column_of(const struct csv_table *s, const char *name)
{
    size_t i = 0;

    while (i < s->header.len && !text_equal(s->header.cells[i], name))
        i++;
    return i;
}

static bool fits(const struct match *m, const struct csv_row *row)
{
    for (size_t i = 0; i < m->len; i++) {
        const char *cell = row->cells[m->columns[i]];

        if (cell[0] && !text_equal(cell, m->values[i]))
            return false;
    }
    return true;
}

static int64_t weight_of(const struct csv_row *row, size_t column)
{
    int64_t n = 0;

    if (column >= row->len)
        return 1;
    return parse_int(row->cells[column], 0, 1000, &n) ? n : 0;
}

size_t dice_row(struct dice *d, const struct csv_table *s, const char *const *match)
{
    struct match m = { .len = 0 };
    size_t weights = column_of(s, "weight");
    int64_t total = 0;
    int64_t at;

    for (; *match && m.len < MATCH_MAX; match += 2) {
        m.columns[m.len] = column_of(s, match[0]);
        m.values[m.len] = match[1];
        if (m.columns[m.len++] >= s->header.len)
            return s->len;
    }
    for (size_t i = 0; i < s->len; i++)
        total += fits(&m, &s->rows[i]) ? weight_of(&s->rows[i], weights) : 0;
    if (total == 0)
        return s->len;
    at = dice_below(d, (uint32_t)total);
    for (size_t i = 0; i < s->len; i++) {
        if (!fits(&m, &s->rows[i]))
            continue;
        at -= weight_of(&s->rows[i], weights);
        if (at < 0)
            return i;
    }
    return s->len;
}
