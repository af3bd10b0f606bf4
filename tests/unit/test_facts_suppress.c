/* Which cells of a table are hidden, against brute force: every table that there could be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "facts/suppress.h"
#include "plain_ctx.h"

#define LINES_MAX 4
#define CELLS_MAX ((LINES_MAX + 1) * (LINES_MAX + 1))

struct given {
    struct suppress s;
    int64_t n[CELLS_MAX];
    bool small[CELLS_MAX];
    bool hidden[CELLS_MAX];
    bool unseen[CELLS_MAX];
};

/* Small and the same on every machine. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static size_t at(const struct given *g, size_t row, size_t col)
{
    return row * (g->s.cols + 1) + col;
}

static void add_up(struct given *g)
{
    g->n[at(g, g->s.rows, g->s.cols)] = 0;
    for (size_t r = 0; r < g->s.rows; r++)
        g->n[at(g, r, g->s.cols)] = 0;
    for (size_t c = 0; c < g->s.cols; c++)
        g->n[at(g, g->s.rows, c)] = 0;
    for (size_t r = 0; r < g->s.rows; r++) {
        for (size_t c = 0; c < g->s.cols; c++) {
            g->n[at(g, r, g->s.cols)] += g->n[at(g, r, c)];
            g->n[at(g, g->s.rows, c)] += g->n[at(g, r, c)];
            g->n[at(g, g->s.rows, g->s.cols)] += g->n[at(g, r, c)];
        }
    }
}

/* Of rows * cols numbers; totals are added up, what is below the threshold is small. */
static void make(struct given *g, size_t rows, size_t cols, const int64_t *inner, int64_t threshold)
{
    memset(g, 0, sizeof(*g));
    g->s = (struct suppress){ .rows = rows,
                              .cols = cols,
                              .n = g->n,
                              .small = g->small,
                              .hidden = g->hidden,
                              .unseen = g->unseen };
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            g->n[at(g, r, c)] = inner[r * cols + c];
    add_up(g);
    for (size_t i = 0; i < (rows + 1) * (cols + 1); i++)
        g->small[i] = g->n[i] > 0 && g->n[i] < threshold;
}

static bool is_known(const struct given *g, size_t cell)
{
    return !g->hidden[cell] && !g->unseen[cell];
}

struct brute {
    const struct given *g;
    struct given could; /* a table that fits so far */
    int64_t most;       /* of an unknown cell */
    int64_t low[CELLS_MAX];
    int64_t high[CELLS_MAX];
};

static void brute_note(struct brute *b)
{
    size_t cells = (b->g->s.rows + 1) * (b->g->s.cols + 1);

    add_up(&b->could);
    for (size_t i = 0; i < cells; i++)
        if (is_known(b->g, i) && b->could.n[i] != b->g->n[i])
            return;
    for (size_t i = 0; i < cells; i++) {
        b->low[i] = b->could.n[i] < b->low[i] ? b->could.n[i] : b->low[i];
        b->high[i] = b->could.n[i] > b->high[i] ? b->could.n[i] : b->high[i];
    }
}

static void brute_try(struct brute *b, size_t inner)
{
    size_t row = inner / b->g->s.cols;
    size_t cell = at(b->g, row, inner % b->g->s.cols);

    if (row == b->g->s.rows) {
        brute_note(b);
        return;
    }
    if (is_known(b->g, cell)) {
        b->could.n[cell] = b->g->n[cell];
        brute_try(b, inner + 1);
        return;
    }
    for (int64_t n = 0; n <= b->most; n++) {
        b->could.n[cell] = n;
        brute_try(b, inner + 1);
    }
}

static void brute_force(struct brute *b, const struct given *g, int64_t most)
{
    *b = (struct brute){ .g = g, .could = *g, .most = most };
    for (size_t i = 0; i < CELLS_MAX; i++)
        b->low[i] = INT64_MAX;
    brute_try(b, 0);
}

static void nobody_can_work_out_a_small_number(void **state)
{
    const int64_t threshold = 3;
    uint32_t seed = 7;
    size_t protected = 0;

    (void)state;
    for (int round = 0; round < 400; round++) {
        size_t rows = 1 + next_random(&seed) % 3;
        size_t cols = 1 + next_random(&seed) % 3;
        int64_t inner[LINES_MAX * LINES_MAX] = { 0 };
        struct given g;
        struct brute b;

        if (rows * cols > 6)
            cols = 2;
        for (size_t i = 0; i < rows * cols; i++)
            inner[i] = (int64_t)(next_random(&seed) % 6);
        make(&g, rows, cols, inner, threshold);
        if (cols == 1)
            for (size_t r = 0; r <= rows; r++)
                g.unseen[at(&g, r, 1)] = true;
        assert_int_equal(suppress_cells(&ctx, &g.s, threshold), OK);
        brute_force(&b, &g, 8);
        for (size_t i = 0; i < (rows + 1) * (cols + 1); i++) {
            if (!g.small[i] || g.unseen[i])
                continue;
            assert_true(g.hidden[i]);
            assert_true(b.high[i] - b.low[i] >= threshold);
            protected++;
        }
    }
    assert_true(protected > 300);
}

static void spans_are_those_that_brute_force_finds(void **state)
{
    uint32_t seed = 99;
    size_t compared = 0;

    (void)state;
    for (int round = 0; round < 300; round++) {
        int64_t inner[LINES_MAX * LINES_MAX] = { 0 };
        struct given g;
        struct brute b;

        for (size_t i = 0; i < 6; i++)
            inner[i] = (int64_t)(next_random(&seed) % 4);
        make(&g, 2, 3, inner, 3);
        /* Totals of columns are known, so no inner cell can be more than they are. */
        for (size_t i = 0; i < 12; i++)
            g.hidden[i] = i / 4 < 2 && next_random(&seed) % 2 == 0;
        brute_force(&b, &g, 6);
        for (size_t i = 0; i < 12; i++) {
            int64_t low = 0;
            int64_t high = 0;

            if (!g.hidden[i])
                continue;
            suppress_span(&ctx, &g.s, i, 100, &low, &high);
            assert_int_equal(low, b.low[i]);
            assert_int_equal(high, b.high[i]);
            compared++;
        }
    }
    assert_true(compared > 500);
}

static void a_table_without_small_numbers_is_shown_whole(void **state)
{
    static const int64_t inner[] = { 5, 9, 0, 12, 7, 30 };
    struct given g;

    (void)state;
    make(&g, 2, 3, inner, 5);
    assert_int_equal(suppress_cells(&ctx, &g.s, 5), OK);
    for (size_t i = 0; i < 12; i++)
        assert_false(g.hidden[i]);
}

static void a_small_number_takes_the_smallest_others_with_it(void **state)
{
    /* 2 is small; 6 beside it, and 7 and 40 in the row with the least. */
    static const int64_t inner[] = { 2, 6, 90, 80, 7, 9, 60, 70, 95 };
    struct given g;

    (void)state;
    make(&g, 3, 3, inner, 5);
    assert_int_equal(suppress_cells(&ctx, &g.s, 5), OK);
    assert_true(g.hidden[at(&g, 0, 0)]);
    assert_true(g.hidden[at(&g, 0, 1)]);
    assert_false(g.hidden[at(&g, 0, 2)]);
    assert_false(g.hidden[at(&g, 1, 2)]);
    for (size_t i = 0; i <= 3; i++) {
        assert_false(g.hidden[at(&g, 3, i)]);
        assert_false(g.hidden[at(&g, i, 3)]);
    }
}

static void too_many_lines_are_refused(void **state)
{
    struct suppress s = { .rows = SUPPRESS_LINES_MAX + 1, .cols = 1 };

    (void)state;
    assert_int_equal(suppress_cells(&ctx, &s, 5), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_can_work_out_a_small_number),
        cmocka_unit_test(spans_are_those_that_brute_force_finds),
        cmocka_unit_test(a_table_without_small_numbers_is_shown_whole),
        cmocka_unit_test(a_small_number_takes_the_smallest_others_with_it),
        cmocka_unit_test(too_many_lines_are_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
