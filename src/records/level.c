#include <string.h>

#include "core/text.h"
#include "records/records_inner.h"

bool field_is_repeat(const struct field *f)
{
    return f->kind == FIELD_REPEAT;
}

bool field_is_answer(const struct field *f)
{
    return f->kind != FIELD_GROUP && f->kind != FIELD_REPEAT && f->kind != FIELD_NOTE;
}

int repeat_bit(const struct form *form, const struct field *repeat)
{
    int bit = 0;

    for (size_t i = 0; i < form->all_len && form->all[i] != repeat; i++)
        bit += field_is_repeat(form->all[i]);
    return bit < 62 ? bit : 62;
}

static size_t count_levels(const struct answers *t)
{
    size_t n = 1;

    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];

        if (!field_is_repeat(f) || f->repeat != t->repeat)
            continue;
        for (size_t r = 0; r < t->rows_len[f->place]; r++)
            n += count_levels(t->rows[f->place][r]);
    }
    return n;
}

static void add_levels(struct levels *out, struct answers *t, size_t parent, int64_t place)
{
    size_t me = out->len++;

    out->items[me] = (struct level){ t, parent, place };
    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];

        if (!field_is_repeat(f) || f->repeat != t->repeat)
            continue;
        for (size_t r = 0; r < t->rows_len[f->place]; r++)
            add_levels(out, t->rows[f->place][r], me, (int64_t)r + 1);
    }
}

struct levels levels_of(struct arena *a, struct answers *root)
{
    struct levels out = { ARENA_ARRAY(a, count_levels(root), struct level), 0 };

    add_levels(&out, root, 0, 0);
    return out;
}

void level_copy(struct arena *a, struct answers *to, const struct answers *from)
{
    const struct form *form = from->form;

    to->id = from->id;
    to->unknown = from->unknown;
    to->unknown_len = from->unknown_len;
    for (size_t i = 0; i < form->all_len; i++) {
        const struct field *f = form->all[i];

        if (f->repeat != from->repeat)
            continue;
        if (field_is_answer(f))
            to->values[f->place] = from->values[f->place];
        for (size_t r = 0; field_is_repeat(f) && r < from->rows_len[f->place]; r++)
            level_copy(a, answers_add_row(a, to, f), from->rows[f->place][r]);
    }
}

struct answers *answers_copy(struct arena *a, const struct answers *t)
{
    struct answers *out = answers_new(a, t->form);

    level_copy(a, out, t);
    return out;
}

/* NULL and empty are both no answer. */
static bool same(const char *a, const char *b)
{
    return text_equal(a ? a : "", b ? b : "");
}

static const struct answer_kept *unknown_find(const struct answers *t, const char *name)
{
    for (size_t i = 0; i < t->unknown_len; i++)
        if (text_equal(t->unknown[i].name, name))
            return &t->unknown[i];
    return NULL;
}

/* Whether all that b keeps without knowing it is in a too. */
static bool has_unknown(const struct answers *a, const struct answers *b)
{
    for (size_t i = 0; i < b->unknown_len; i++) {
        const struct answer_kept *kept = unknown_find(a, b->unknown[i].name);

        if (!kept || !same(kept->value, b->unknown[i].value))
            return false;
    }
    return true;
}

bool level_equal(const struct answers *a, const struct answers *b)
{
    for (size_t i = 0; i < a->form->all_len; i++) {
        const struct field *f = a->form->all[i];

        if (f->repeat == a->repeat && field_is_answer(f) &&
            !same(a->values[f->place], b->values[f->place]))
            return false;
    }
    return a->unknown_len == b->unknown_len && has_unknown(a, b);
}

bool field_visible(const struct ctx *ctx, const struct field *f)
{
    if (!ctx->user)
        return false;
    for (; f; f = f->parent)
        if (f->privacy > ctx->user->clearance)
            return false;
    return true;
}

void answers_hide(const struct ctx *ctx, struct answers *t)
{
    if (ctx->user && ctx->user->clearance == PRIVACY_SENSITIVE) /* the highest class */
        return;
    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];
        bool visible;

        if (f->repeat != t->repeat)
            continue;
        visible = field_visible(ctx, f);
        if (!visible && field_is_answer(f))
            t->values[f->place] = NULL;
        if (!visible && field_is_repeat(f))
            t->rows_len[f->place] = 0;
        for (size_t r = 0; field_is_repeat(f) && r < t->rows_len[f->place]; r++)
            answers_hide(ctx, t->rows[f->place][r]);
    }
}

struct answers *answers_row(struct answers *t, const struct field *repeat, const char *id)
{
    for (size_t i = 0; id && i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];

        if (!field_is_repeat(f) || f->repeat != t->repeat)
            continue;
        for (size_t r = 0; r < t->rows_len[f->place]; r++) {
            struct answers *row = t->rows[f->place][r];
            struct answers *found =
                f == repeat && text_equal(row->id, id) ? row : answers_row(row, repeat, id);

            if (found)
                return found;
        }
    }
    return NULL;
}

static const struct answers *row_before(const struct answers *old, const struct field *f,
                                        const char *id)
{
    for (size_t r = 0; old && id && r < old->rows_len[f->place]; r++)
        if (text_equal(old->rows[f->place][r]->id, id))
            return old->rows[f->place][r];
    return NULL;
}

static void keep_rows(struct ctx *ctx, struct answers *t, const struct answers *old,
                      const struct field *f)
{
    t->rows_len[f->place] = 0;
    for (size_t r = 0; old && r < old->rows_len[f->place]; r++)
        level_copy(ctx->arena, answers_add_row(ctx->arena, t, f), old->rows[f->place][r]);
}

static void merge_value(const struct ctx *ctx, struct answers *t, const struct answers *old,
                        const struct field *f)
{
    bool kept = old && (f->kind == FIELD_HIDDEN || f->read_only) && !t->values[f->place];

    if (kept || !field_visible(ctx, f))
        t->values[f->place] = old ? old->values[f->place] : NULL;
}

/* What the acting user could have said of a row differs in nothing. */
static bool said_alike(const struct ctx *ctx, const struct answers *a, const struct answers *b)
{
    for (size_t i = 0; i < a->form->all_len; i++) {
        const struct field *f = a->form->all[i];
        const bool asked = f->repeat == a->repeat && field_is_answer(f) &&
                           f->kind != FIELD_HIDDEN && !f->read_only && !f->calculation;

        if (asked && field_visible(ctx, f) && !same(a->values[f->place], b->values[f->place]))
            return false;
    }
    return true;
}

/*
 * Rows that came without an id (from a program that does not keep them) are the old ones that say
 * the same, in their order: what stands in those besides stays, and nothing was changed.
 */
static void know_rows(const struct ctx *ctx, struct answers *t, const struct answers *old,
                      const struct field *f)
{
    for (size_t r = 0; old && r < t->rows_len[f->place]; r++) {
        struct answers *row = t->rows[f->place][r];

        for (size_t k = 0; !row->id && k < old->rows_len[f->place]; k++) {
            const struct answers *was = old->rows[f->place][k];

            if (!row_before(t, f, was->id) && said_alike(ctx, row, was))
                row->id = was->id;
        }
    }
}

static void merge_rows(struct ctx *ctx, struct answers *t, const struct answers *old,
                       const struct field *f)
{
    if (!field_visible(ctx, f)) {
        keep_rows(ctx, t, old, f);
        return;
    }
    know_rows(ctx, t, old, f);
    for (size_t r = 0; r < t->rows_len[f->place]; r++) {
        struct answers *row = t->rows[f->place][r];

        answers_merge(ctx, row, row_before(old, f, row->id));
    }
}

/* Of a newer form, or of an older one that asked more: what t says itself counts. */
static void keep_unknown(struct ctx *ctx, struct answers *t, const struct answers *old)
{
    struct answer_kept *all =
        ARENA_ARRAY(ctx->arena, t->unknown_len + old->unknown_len + 1, struct answer_kept);
    size_t len = 0;

    for (size_t i = 0; i < t->unknown_len; i++)
        all[len++] = t->unknown[i];
    for (size_t i = 0; i < old->unknown_len; i++)
        if (!unknown_find(t, old->unknown[i].name))
            all[len++] = old->unknown[i];
    t->unknown = all;
    t->unknown_len = len;
}

void answers_merge(struct ctx *ctx, struct answers *t, const struct answers *old)
{
    if (old)
        keep_unknown(ctx, t, old);
    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];

        if (f->repeat != t->repeat)
            continue;
        if (field_is_answer(f))
            merge_value(ctx, t, old, f);
        if (field_is_repeat(f))
            merge_rows(ctx, t, old, f);
    }
}
