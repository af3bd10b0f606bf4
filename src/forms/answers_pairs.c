#include "forms/forms_inner.h"

#include <stdlib.h>
#include <string.h>

#include "core/id.h"
#include "core/text.h"

#define SLOTS_MAX      ((size_t)2000) /* rows of all repeats together */
#define ROW_NUMBER_MAX 9999

/* A row as the names number it. */
struct slot {
    struct answers *row;
    struct answers *parent;
    const struct field *repeat;
    int64_t number;
    size_t order;
};

struct reading {
    struct ctx *ctx;
    struct answers *root;
    const struct form *older; /* that asked; NULL = the form of root */
    struct slot *slots;
    size_t slots_len;
    size_t slots_cap;
    bool failed;
};

static void refuse(struct reading *r, const char *name, const char *text)
{
    ctx_set_problem(r->ctx, ERR_INVALID, name, text);
    r->failed = true;
}

static void refuse_unknown(struct reading *r, const char *name)
{
    const char *shown = value_shortened(r->ctx, name);

    refuse(r, shown, tr(r->ctx, "The form has no field named {0}.", TR_TEXT(shown)));
}

/* The row of a number, new if need be; NULL if there are too many. */
static struct answers *slot_row(struct reading *r, struct answers *parent,
                                const struct field *repeat, int64_t number)
{
    struct answers *row;
    size_t rows = 0;

    for (size_t i = r->slots_len; i-- > 0;) {
        const struct slot *s = &r->slots[i];

        if (s->parent != parent || s->repeat != repeat)
            continue;
        if (s->number == number)
            return s->row;
        rows++;
    }
    if (rows == ANSWERS_ROWS_MAX || r->slots_len == SLOTS_MAX)
        return NULL;
    if (r->slots_len == r->slots_cap) {
        size_t cap = r->slots_cap ? r->slots_cap * 2 : 16;

        r->slots = arena_grow(r->ctx->arena, r->slots, r->slots_cap * sizeof(*r->slots),
                              cap * sizeof(*r->slots));
        r->slots_cap = cap;
    }
    row = answers_loose_row(r->ctx->arena, parent, repeat);
    r->slots[r->slots_len] = (struct slot){
        .row = row, .parent = parent, .repeat = repeat, .number = number, .order = r->slots_len
    };
    r->slots_len++;
    return row;
}

/* Cuts a part off a name at its next dot; *rest_out = NULL for the last one. */
static const char *next_part(struct arena *a, const char *name, const char **rest_out)
{
    const char *dot = strchr(name, '.');

    *rest_out = dot ? dot + 1 : NULL;
    return dot ? arena_strndup(a, name, (size_t)(dot - name)) : name;
}

static size_t codes_room(const struct choice_list *list)
{
    size_t room = 0;

    for (size_t i = 0; i < list->len; i++)
        room += strlen(list->items[i].name) + 1;
    return room;
}

static void put_value(struct reading *r, struct answers *t, const struct field *f,
                      const struct answer_pair *pair)
{
    const char *had = t->values[f->place];
    const char *value = text_trim(r->ctx->arena, pair->value);

    if (!value[0])
        return;
    if (had && f->kind != FIELD_SELECT_MULTIPLE && f->kind != FIELD_RANK) {
        refuse(r, pair->name, tr(r->ctx, "This question has one answer, and two came."));
        return;
    }
    if (had && strlen(had) > codes_room(f->choices)) {
        refuse(r, pair->name, tr(r->ctx, "There are more answers than choices."));
        return;
    }
    t->values[f->place] = had ? arena_printf(r->ctx->arena, "%s %s", had, value) : value;
}

/* The question of the older form that this one does not ask any more; NULL if it is none. */
static const struct field *find_gone(const struct reading *r, const struct answers *t,
                                     const char *name)
{
    const struct field *f =
        r->older && !field_find(r->root->form, name) ? field_find(r->older, name) : NULL;

    if (!f || !field_has_value(f) || !f->repeat != !t->repeat ||
        (f->repeat && strcmp(f->repeat->name, t->repeat->name) != 0))
        return NULL;
    return f;
}

static void put_gone(struct reading *r, struct answers *t, const struct field *f,
                     const struct answer_pair *pair)
{
    struct arena *a = r->ctx->arena;
    struct answer_kept *all = ARENA_ARRAY(a, t->unknown_len + 1, struct answer_kept);
    const char *value = text_trim(a, pair->value);
    size_t at = 0;

    if (!value[0])
        return;
    for (size_t i = 0; i < t->unknown_len; i++)
        all[i] = t->unknown[i];
    while (at < t->unknown_len && strcmp(all[at].name, f->name) != 0)
        at++;
    if (at < t->unknown_len && !field_has_codes(f)) {
        refuse(r, pair->name, tr(r->ctx, "This question has one answer, and two came."));
        return;
    }
    if (at < t->unknown_len && strlen(all[at].value) > codes_room(f->choices)) {
        refuse(r, pair->name, tr(r->ctx, "There are more answers than choices."));
        return;
    }
    if (at < t->unknown_len)
        value = arena_printf(a, "%s %s", all[at].value, value);
    all[at] = (struct answer_kept){ .name = f->name, .value = value, .store = f->store };
    t->unknown_len += at == t->unknown_len;
    t->unknown = all;
}

static void put_id(struct reading *r, struct answers *row, const struct answer_pair *pair)
{
    if (!pair->value[0])
        return;
    if (!id_valid(pair->value))
        refuse(r, pair->name, tr(r->ctx, "This is not the id of a row."));
    else
        row->id = arena_strdup(r->ctx->arena, pair->value);
}

static void put_pair(struct reading *r, const struct answer_pair *pair)
{
    struct arena *a = r->ctx->arena;
    struct answers *t = r->root;
    const char *rest = pair->name;
    const struct field *f;

    for (;;) {
        const char *part = next_part(a, rest, &rest);
        int64_t number;

        f = field_find(r->root->form, part);
        if (!rest && t->repeat && strcmp(part, "id") == 0) {
            put_id(r, t, pair);
            return;
        }
        if (!rest && !f && find_gone(r, t, part)) {
            put_gone(r, t, find_gone(r, t, part), pair);
            return;
        }
        if (!f || f->repeat != t->repeat || (rest ? f->kind != FIELD_REPEAT : !field_has_value(f)))
            break;
        if (!rest) {
            put_value(r, t, f, pair);
            return;
        }
        part = next_part(a, rest, &rest);
        if (!rest || !parse_int(part, 1, ROW_NUMBER_MAX, &number))
            break;
        t = slot_row(r, t, f, number);
        if (!t) {
            refuse(r, f->name,
                   tr(r->ctx, "There are more than {0} rows.", TR_INT(ANSWERS_ROWS_MAX)));
            return;
        }
    }
    refuse_unknown(r, pair->name);
}

static int compare_slots(const void *a, const void *b)
{
    const struct slot *x = a;
    const struct slot *y = b;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* Whether a level holds nothing; rows that hold nothing are taken out of it. */
static bool prune(struct answers *t)
{
    bool empty = t->unknown_len == 0;

    for (size_t i = 0; i < t->form->all_len; i++) {
        size_t kept = 0;

        for (size_t k = 0; k < t->rows_len[i]; k++)
            if (!prune(t->rows[i][k]))
                t->rows[i][kept++] = t->rows[i][k];
        t->rows_len[i] = kept;
        empty = empty && kept == 0 && !t->values[i];
    }
    return empty;
}

/* What only the older form asked, in its canonical form; what is none is told and left out. */
static void read_gone(struct reading *r, struct answers *t)
{
    struct answer_kept *kept = ARENA_ARRAY(r->ctx->arena, t->unknown_len + 1, struct answer_kept);
    size_t len = 0;

    for (size_t i = 0; i < t->unknown_len; i++) {
        const struct field *f = field_find(r->older, t->unknown[i].name);
        const char *problem = NULL;

        kept[len] = t->unknown[i];
        value_read(r->ctx, f, kept[len].value, &kept[len].value, &problem);
        if (problem)
            refuse(r, f->name,
                   tr(r->ctx, "{0} is not asked any more, and its answer is left out: {1}",
                      TR_TEXT(label_text(r->ctx, &f->label)), TR_TEXT(problem)));
        else
            len++;
    }
    t->unknown = kept;
    t->unknown_len = len;
}

/* Brings the values of a level and below into canonical form. */
static void read_values(struct reading *r, struct answers *t)
{
    if (t->unknown_len)
        read_gone(r, t);
    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];
        const char *problem = NULL;

        if (t->values[i])
            value_read(r->ctx, f, t->values[i], &t->values[i], &problem);
        if (problem)
            refuse(r, answers_path(r->ctx->arena, t, f), problem);
        for (size_t k = 0; k < t->rows_len[i]; k++)
            read_values(r, t->rows[i][k]);
    }
}

enum err answers_from_pairs(struct ctx *ctx, struct answers **out, const struct form *form,
                            const struct answer_pair *pairs, size_t len)
{
    return answers_from_older(ctx, out, form, NULL, pairs, len);
}

enum err answers_from_older(struct ctx *ctx, struct answers **out, const struct form *form,
                            const struct form *older, const struct answer_pair *pairs, size_t len)
{
    struct reading r = { .ctx = ctx, .root = answers_new(ctx->arena, form), .older = older };

    for (size_t i = 0; i < len; i++)
        put_pair(&r, &pairs[i]);
    if (r.slots_len)
        qsort(r.slots, r.slots_len, sizeof(*r.slots), compare_slots);
    for (size_t i = 0; i < r.slots_len; i++)
        answers_attach(ctx->arena, r.slots[i].row);
    (void)prune(r.root);
    read_values(&r, r.root);
    *out = r.root;
    return r.failed ? ERR_INVALID : OK;
}
