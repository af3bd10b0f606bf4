#include "facts/near.h"

#include <string.h>

#include "core/text.h"

#define CONDS_MAX (FACT_FILTERS + 4 + 2 * FACT_DIMS)
#define LEVELS    4 /* cells, totals of rows, of columns, of all */

/* "Of the office", "of the sex": what all records of a cell have in common. */
struct cond {
    const char *key;
    const char *value;
    const char *to; /* of a period: value is its first quarter */
    bool tree;      /* of an office: and those below */
};

struct conds {
    struct cond items[CONDS_MAX];
    size_t len;
};

/* One of the two tables. */
struct side {
    const struct fact_question *q;
    const struct fact_counts *counts;
    const bool *hidden;
    struct conds base;
    bool beside; /* the other is of another kind: people are compared, not records */
};

struct sum {
    size_t cell; /* of P */
    int64_t shown;
    int64_t parts;
};

static void add_cond(struct conds *c, struct cond cond)
{
    if (c->len < CONDS_MAX)
        c->items[c->len++] = cond;
}

static void base_of(struct side *side)
{
    const struct fact_question *q = side->q;

    for (size_t i = 0; i < q->filters_len; i++)
        add_cond(&side->base,
                 (struct cond){ q->filters[i].column->key, q->filters[i].value, NULL, false });
    if (q->period)
        add_cond(&side->base, (struct cond){ q->period->key, q->from, q->to, false });
    if (q->scope)
        add_cond(&side->base, (struct cond){ "office", q->scope, NULL, true });
    if (side->beside)
        return; /* what makes a record count at all is as having one */
    if (q->only.column)
        add_cond(&side->base, (struct cond){ q->only.column->key, q->only.value, NULL, false });
    if (q->score)
        add_cond(&side->base, (struct cond){ q->score->key, "*", NULL, false });
}

static int64_t number_of(const struct side *side, size_t cell)
{
    return side->beside ? side->counts->people[cell] : side->counts->n[cell];
}

static size_t width_of(const struct side *side)
{
    return side->counts->cols_len + 1;
}

static bool is_level(const struct side *side, size_t cell, int level)
{
    bool row_total = cell % width_of(side) == side->counts->cols_len;
    bool col_total = cell / width_of(side) == side->counts->rows_len;

    return row_total == ((level & 1) != 0) && col_total == ((level & 2) != 0);
}

static void conds_of(const struct side *side, size_t cell, struct conds *out)
{
    size_t r = cell / width_of(side);
    size_t c = cell % width_of(side);

    *out = side->base;
    for (size_t i = 0; r < side->counts->rows_len && i < side->q->rows_len; i++)
        add_cond(out, (struct cond){ side->q->rows[i]->key, side->counts->rows[r].values[i], NULL,
                                     false });
    for (size_t i = 0; c < side->counts->cols_len && i < side->q->cols_len; i++)
        add_cond(out, (struct cond){ side->q->cols[i]->key, side->counts->cols[c].values[i], NULL,
                                     false });
}

/* Whether whatever meets a meets b too. */
static bool implies(const struct fact_lists *l, const struct cond *a, const struct cond *b)
{
    if (text_equal(a->key, "office") && text_equal(b->key, "office") && b->tree)
        return fact_office_within(l, a->value, b->value);
    if (text_equal(a->key, "office") && text_equal(b->key, "country") && !a->tree) {
        const struct fact_office *o = fact_office_find(l, a->value);

        return o != NULL && text_equal(o->country, b->value);
    }
    if (!text_equal(a->key, b->key))
        return false;
    if (b->to != NULL)
        return a->value[0] != '\0' && strcmp(a->value, b->value) >= 0 &&
               strcmp(a->to ? a->to : a->value, b->to) <= 0;
    if (a->to != NULL && strcmp(a->value, a->to) != 0)
        return false;
    return text_equal(a->value, b->value) && (!a->tree || b->tree);
}

static bool all_implied(const struct fact_lists *l, const struct conds *have,
                        const struct conds *want)
{
    for (size_t w = 0; w < want->len; w++) {
        bool met = false;

        for (size_t h = 0; !met && h < have->len; h++)
            met = implies(l, &have->items[h], &want->items[w]);
        if (!met)
            return false;
    }
    return true;
}

/* Where a cell of one table lies on one level of the other: the line whose values it has. */
static size_t line_for(const struct fact_lists *l, const struct conds *have,
                       const struct fact_column *const *dims, size_t dims_len,
                       const struct fact_line *lines, size_t lines_len)
{
    for (size_t i = 0; i < lines_len; i++) {
        bool met = true;

        for (size_t d = 0; met && d < dims_len; d++) {
            struct conds want = { .len = 1 };

            want.items[0] = (struct cond){ dims[d]->key, lines[i].values[d], NULL, false };
            met = all_implied(l, have, &want);
        }
        if (met)
            return i;
    }
    return lines_len;
}

/* The cell of whole, on a level, that part is a part of; its number of cells if there is none. */
static size_t cell_around(const struct side *whole, const struct conds *part, int level)
{
    const struct fact_counts *c = whole->counts;
    const struct fact_lists *l = whole->q->lists;
    size_t row = c->rows_len;
    size_t col = c->cols_len;

    if ((level & 2) == 0) {
        row = line_for(l, part, whole->q->rows, whole->q->rows_len, c->rows, c->rows_len);
        if (row == c->rows_len)
            return (c->rows_len + 1) * width_of(whole);
    }
    if ((level & 1) == 0) {
        col = line_for(l, part, whole->q->cols, whole->q->cols_len, c->cols, c->cols_len);
        if (col == c->cols_len)
            return (c->rows_len + 1) * width_of(whole);
    }
    return row * width_of(whole) + col;
}

static bool has_key(const struct side *side, int level, const char *key)
{
    for (size_t i = 0; i < side->base.len; i++)
        if (text_equal(side->base.items[i].key, key))
            return true;
    for (size_t i = 0; (level & 2) == 0 && i < side->q->rows_len; i++)
        if (text_equal(side->q->rows[i]->key, key))
            return true;
    for (size_t i = 0; (level & 1) == 0 && i < side->q->cols_len; i++)
        if (text_equal(side->q->cols[i]->key, key))
            return true;
    return text_equal(key, "country") && has_key(side, level, "office");
}

/* Whether cells of parts can lie in cells of whole at all: most tables have nothing in common. */
static bool can_lie_in(const struct side *whole, int level, const struct side *parts,
                       int parts_level)
{
    for (size_t i = 0; i < whole->base.len; i++)
        if (!has_key(parts, parts_level, whole->base.items[i].key))
            return false;
    for (size_t i = 0; (level & 2) == 0 && i < whole->q->rows_len; i++)
        if (!has_key(parts, parts_level, whole->q->rows[i]->key))
            return false;
    for (size_t i = 0; (level & 1) == 0 && i < whole->q->cols_len; i++)
        if (!has_key(parts, parts_level, whole->q->cols[i]->key))
            return false;
    return true;
}

/* For each cell of whole on a level, what the shown parts on a level of the other come to. */
static struct sum *sums_of(struct ctx *ctx, const struct side *whole, int level,
                           const struct side *parts, int parts_level)
{
    size_t cells = (whole->counts->rows_len + 1) * width_of(whole);
    size_t part_cells = (parts->counts->rows_len + 1) * width_of(parts);
    struct sum *sums = ARENA_ARRAY(ctx->arena, cells, struct sum);

    for (size_t i = 0; i < part_cells; i++) {
        struct conds have;
        size_t at;

        if (!is_level(parts, i, parts_level))
            continue;
        conds_of(parts, i, &have);
        if (!all_implied(whole->q->lists, &have, &whole->base))
            continue;
        at = cell_around(whole, &have, level);
        if (at >= cells)
            continue;
        sums[at].parts++;
        if (!parts->hidden[i])
            sums[at].shown += number_of(parts, i);
    }
    return sums;
}

/* How many people of a cell of whole the kind of parts has at all; below 0: parts does not say. */
static int64_t people_among(const struct side *whole, size_t cell, const struct side *parts)
{
    const struct fact_lists *l = whole->q->lists;
    struct conds want;
    struct conds have;

    conds_of(whole, cell, &want);
    if (!all_implied(l, &want, &parts->base))
        return -1;
    for (int level = 0; level < LEVELS; level++) {
        size_t at = cell_around(parts, &want, level);

        if (at >= (parts->counts->rows_len + 1) * width_of(parts))
            continue;
        conds_of(parts, at, &have);
        if (all_implied(l, &have, &want))
            return parts->counts->people[at];
    }
    return -1;
}

/*
 * Whether what is left of a cell is few. Of two kinds it is those that the parts lack or hide, and
 * those without such a record; where it is the latter alone nothing is told but that.
 */
static bool tells(const struct side *whole, size_t cell, const struct side *parts,
                  const struct sum *sum, int64_t threshold)
{
    int64_t rest = number_of(whole, cell) - sum->shown;
    int64_t among;

    if (sum->parts == 0 || rest <= 0 || rest >= threshold)
        return false;
    if (!whole->beside)
        return true;
    among = people_among(whole, cell, parts);
    return among < 0 || among > sum->shown;
}

/* The new table has the whole numbers: they are hidden. */
static size_t hide_wholes(struct ctx *ctx, const struct side *now, const struct side *old,
                          struct suppress *s, int64_t threshold)
{
    size_t cells = (now->counts->rows_len + 1) * width_of(now);
    size_t found = 0;

    for (int level = 0; level < LEVELS; level++) {
        for (int parts = 0; parts < LEVELS; parts++) {
            const struct sum *sums;

            if (!can_lie_in(now, level, old, parts))
                continue;
            sums = sums_of(ctx, now, level, old, parts);
            for (size_t i = 0; i < cells; i++) {
                if (s->unseen[i] || s->hidden[i] || !tells(now, i, old, &sums[i], threshold))
                    continue;
                s->small[i] = true;
                s->hidden[i] = true;
                found++;
            }
        }
    }
    return found;
}

/* The new table has the parts: the smallest of those that are shown is hidden. */
static size_t hide_part(const struct side *now, int parts_level, const struct side *old, int level,
                        size_t whole, struct suppress *s)
{
    size_t cells = (now->counts->rows_len + 1) * width_of(now);
    size_t best = cells;

    for (size_t i = 0; i < cells; i++) {
        struct conds have;

        if (!is_level(now, i, parts_level) || s->hidden[i] || s->unseen[i] || s->n[i] == 0)
            continue;
        if (best < cells && s->n[i] >= s->n[best])
            continue;
        conds_of(now, i, &have);
        if (all_implied(old->q->lists, &have, &old->base) &&
            cell_around(old, &have, level) == whole)
            best = i;
    }
    if (best == cells)
        return 0;
    s->small[best] = true;
    s->hidden[best] = true;
    return 1;
}

static size_t hide_parts(struct ctx *ctx, const struct side *now, const struct side *old,
                         struct suppress *s, int64_t threshold)
{
    size_t cells = (old->counts->rows_len + 1) * width_of(old);
    size_t found = 0;

    for (int level = 0; level < LEVELS; level++) {
        for (int parts = 0; parts < LEVELS; parts++) {
            const struct sum *sums;

            if (!can_lie_in(old, level, now, parts))
                continue;
            sums = sums_of(ctx, old, level, now, parts);
            for (size_t i = 0; i < cells; i++)
                if (!old->hidden[i] && tells(old, i, now, &sums[i], threshold))
                    found += hide_part(now, parts, old, level, i, s);
        }
    }
    return found;
}

bool *near_hidden(struct ctx *ctx, const struct suppress *s)
{
    size_t cells = (s->rows + 1) * (s->cols + 1);
    bool *hidden = ARENA_ARRAY(ctx->arena, cells, bool);

    for (size_t i = 0; i < cells; i++)
        hidden[i] = s->unseen[i] ? s->hidden[i - 1] : s->hidden[i];
    return hidden;
}

void near_compare(struct ctx *ctx, const struct fact_release *r, struct suppress *s,
                  const struct fact_release *old, size_t *found_out)
{
    bool beside = !text_equal(r->question.table->key, old->question.table->key);
    struct side now = {
        .q = &r->question, .counts = &r->counts, .hidden = near_hidden(ctx, s), .beside = beside
    };
    struct side before = {
        .q = &old->question, .counts = &old->counts, .hidden = old->hidden, .beside = beside
    };

    base_of(&now);
    base_of(&before);
    *found_out += hide_wholes(ctx, &now, &before, s, r->threshold);
    now.hidden = near_hidden(ctx, s);
    *found_out += hide_parts(ctx, &now, &before, s, r->threshold);
}
