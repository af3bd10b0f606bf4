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
    bool empty = true;

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

/* Brings the values of a level and below into canonical form. */
static void read_values(struct reading *r, struct answers *t)
{
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
    struct reading r = { .ctx = ctx, .root = answers_new(ctx->arena, form) };

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
