/* The answers of two records in one, and what remains of them when they are two again. */
#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "records/merge_inner.h"

#define CHOICES_BYTES ((size_t)64 * 1024)

const char *merge_choice(const char *choices, const char *name)
{
    static const char *const words[] = { "kept", "gone", "drop" };
    const size_t len = strlen(name);

    for (const char *line = choices; line && *line && len > 0;) {
        const size_t line_len = strcspn(line, "\n");

        if (line_len > len && strncmp(line, name, len) == 0 && line[len] == ' ')
            for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (line_len == len + 1 + strlen(words[i]) &&
                    strncmp(line + len + 1, words[i], strlen(words[i])) == 0)
                    return words[i];
        line += line_len + (line[line_len] == '\n');
    }
    return NULL;
}

static bool is_file(const struct field *f)
{
    return f->kind == FIELD_IMAGE || f->kind == FIELD_AUDIO || f->kind == FIELD_VIDEO ||
           f->kind == FIELD_FILE;
}

bool merge_can_choose(const struct field *f)
{
    return field_is_answer(f) && field_has_value(f) && !is_file(f) && f->kind != FIELD_HIDDEN &&
           f->kind != FIELD_CALCULATE && f->kind != FIELD_META && !f->read_only;
}

static const char *value_at(const struct answers *t, const struct field *f)
{
    return t->values[f->place] ? t->values[f->place] : "";
}

bool merge_rows_equal(const struct answers *a, const struct answers *b)
{
    if (!level_equal(a, b))
        return false;
    for (size_t i = 0; i < a->form->all_len; i++) {
        const struct field *f = a->form->all[i];

        if (!field_is_repeat(f) || f->repeat != a->repeat)
            continue;
        if (a->rows_len[f->place] != b->rows_len[f->place])
            return false;
        for (size_t r = 0; r < a->rows_len[f->place]; r++)
            if (!merge_rows_equal(a->rows[f->place][r], b->rows[f->place][r]))
                return false;
    }
    return true;
}

static void copy_row(struct ctx *ctx, struct answers *to, const struct answers *row)
{
    level_copy(ctx->arena, answers_add_row(ctx->arena, to, row->repeat), row);
}

static bool says_the_same(const struct answers *t, const struct field *repeat,
                          const struct answers *row)
{
    for (size_t r = 0; r < t->rows_len[repeat->place]; r++)
        if (merge_rows_equal(t->rows[repeat->place][r], row))
            return true;
    return false;
}

static bool dropped(const char *choices, const struct answers *row)
{
    return row->id && text_equal(merge_choice(choices, row->id), "drop");
}

static void merge_repeat(struct ctx *ctx, struct answers *out, const struct record *gone,
                         const struct field *f, const char *choices)
{
    struct answers **rows = out->rows[f->place];
    size_t kept = 0;

    for (size_t r = 0; r < out->rows_len[f->place]; r++)
        if (!dropped(choices, rows[r]))
            rows[kept++] = rows[r];
    out->rows_len[f->place] = kept;
    for (size_t r = 0; r < gone->answers->rows_len[f->place]; r++) {
        const struct answers *row = gone->answers->rows[f->place][r];

        if (!dropped(choices, row) && !says_the_same(out, f, row))
            copy_row(ctx, out, row);
    }
}

static void merge_value(struct answers *out, const struct record *gone, const struct field *f,
                        const char *choices)
{
    const char *other = gone->answers->values[f->place];
    const char *choice = merge_choice(choices, f->name);

    if (!merge_can_choose(f))
        return;
    if (text_equal(choice, "gone") || (!choice && value_at(out, f)[0] == '\0'))
        out->values[f->place] = other;
}

struct answers *merge_answers(struct ctx *ctx, const struct record *kept, const struct record *gone,
                              const char *choices)
{
    struct answers *out = answers_copy(ctx->arena, kept->answers);

    out->id = kept->id;
    for (size_t i = 0; i < kept->form->all_len; i++) {
        const struct field *f = kept->form->all[i];

        if (f->repeat)
            continue;
        if (field_is_repeat(f))
            merge_repeat(ctx, out, gone, f, choices);
        else
            merge_value(out, gone, f, choices);
    }
    return out;
}

static void add_line(struct buf *b, const char *choices, const char *name)
{
    const char *choice = merge_choice(choices, name);

    if (choice)
        buf_printf(b, "%s %s\n", name, choice);
}

static void add_rows(struct buf *b, const struct record *rec, const struct field *f,
                     const char *choices)
{
    for (size_t r = 0; r < rec->answers->rows_len[f->place]; r++)
        if (rec->answers->rows[f->place][r]->id)
            add_line(b, choices, rec->answers->rows[f->place][r]->id);
}

const char *merge_choices(struct ctx *ctx, const struct record *kept, const struct record *gone,
                          const char *choices, const char *repeat)
{
    struct buf b;

    buf_init(&b, ctx->arena, CHOICES_BYTES);
    for (size_t i = 0; i < kept->form->all_len; i++) {
        const struct field *f = kept->form->all[i];

        if (f->repeat || !field_visible(ctx, f))
            continue;
        if (merge_can_choose(f) || (field_is_repeat(f) && text_equal(f->name, repeat)))
            add_line(&b, choices, f->name);
        if (field_is_repeat(f)) {
            add_rows(&b, kept, f, choices);
            add_rows(&b, gone, f, choices);
        }
    }
    return buf_text(&b);
}

/* --- two again --- */

static struct answers *row_of(const struct answers *t, const struct field *repeat, const char *id)
{
    for (size_t r = 0; t && id && r < t->rows_len[repeat->place]; r++)
        if (text_equal(t->rows[repeat->place][r]->id, id))
            return t->rows[repeat->place][r];
    return NULL;
}

static void part_level(struct ctx *ctx, struct answers *now, const struct answers *merged,
                       const struct answers *before);

/* Rows of before first, in their order; then those that were added since. */
static void part_repeat(struct ctx *ctx, struct answers *now, const struct answers *merged,
                        const struct answers *before, const struct field *f)
{
    const size_t place = f->place;
    struct answers **rows = now->rows[place];
    const size_t len = now->rows_len[place];

    now->rows[place] = NULL;
    now->rows_len[place] = 0;
    for (size_t r = 0; r < before->rows_len[place]; r++) {
        const struct answers *was = before->rows[place][r];
        const struct answers *then = row_of(merged, f, was->id);
        struct answers *row = NULL;

        for (size_t k = 0; k < len; k++)
            if (text_equal(rows[k]->id, was->id))
                row = rows[k];
        if (then && !row)
            continue; /* taken out since */
        if (then && row)
            part_level(ctx, row, then, was);
        copy_row(ctx, now, row && then ? row : was);
    }
    for (size_t k = 0; k < len; k++) {
        const struct answers *then = row_of(merged, f, rows[k]->id);

        if (row_of(before, f, rows[k]->id) || (then && merge_rows_equal(then, rows[k])))
            continue; /* placed already, or it came by the merging and is as it came */
        copy_row(ctx, now, rows[k]);
    }
}

static void part_level(struct ctx *ctx, struct answers *now, const struct answers *merged,
                       const struct answers *before)
{
    for (size_t i = 0; i < now->form->all_len; i++) {
        const struct field *f = now->form->all[i];

        if (f->repeat != now->repeat)
            continue;
        if (field_is_repeat(f))
            part_repeat(ctx, now, merged, before, f);
        else if (field_is_answer(f) && text_equal(value_at(now, f), value_at(merged, f)))
            now->values[f->place] = before->values[f->place];
    }
}

struct answers *merge_parted(struct ctx *ctx, const struct record *now, const struct record *merged,
                             const struct record *before)
{
    struct answers *out = answers_copy(ctx->arena, now->answers);

    out->id = now->id;
    part_level(ctx, out, merged->answers, before->answers);
    return out;
}
