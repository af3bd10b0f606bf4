#include "rules/shape.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

#define KIND_CASE   "case"
#define KIND_PERSON "person"

static const char *const references[] = { "household", "return_event" };

static const struct {
    const char *name;
    const char *meaning;
} metas[META_COUNT] = {
    [META_STATUS] = { "hw_status", "status of the record; of a case, its stage" },
    [META_NUMBER] = { "hw_number", "number that people see" },
    [META_CREATED] = { "hw_created", "day on which it was registered" },
    [META_DECLINED] = { "hw_declined", "number of answers that say “don’t know” or decline" },
};

struct making {
    struct ctx *ctx;
    struct shape *shape;
    struct shape_part *parts;
    struct shape_item *items;
    size_t cap;
};

static void add_part(struct making *m, const struct form *form, enum part_use use, bool of_person)
{
    if (m->shape->parts_len < SHAPE_KINDS_MAX)
        m->parts[m->shape->parts_len] = (struct shape_part){ form, use, of_person };
    m->shape->parts_len++;
}

static bool is_reference(const char *kind)
{
    for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++)
        if (text_equal(references[i], kind))
            return true;
    return false;
}

static void add_item(struct making *m, struct shape_item item)
{
    if (m->items == NULL || m->shape->len == m->cap) {
        size_t cap = m->cap ? m->cap * 2 : 256;

        m->items = arena_grow(m->ctx->arena, m->items, m->cap * sizeof(item), cap * sizeof(item));
        m->cap = cap;
    }
    m->items[m->shape->len++] = item;
}

/* Repeats around a field, the outermost first, then its name. */
static const char *inner_path(struct ctx *ctx, const struct field *f)
{
    const char *path = f->name;

    for (const struct field *r = f->repeat; r; r = r->repeat)
        path = arena_printf(ctx->arena, "%s/%s", r->name, path);
    return path;
}

static void add_items(struct making *m, size_t part, const char *before, bool latest)
{
    const struct form *form = m->parts[part].form;
    struct arena *a = m->ctx->arena;

    for (size_t i = 0; i < form->all_len; i++) {
        const struct field *f = form->all[i];

        if (field_has_value(f) || f->kind == FIELD_REPEAT)
            add_item(m, (struct shape_item){
                            .path = arena_printf(a, "%s%s", before, inner_path(m->ctx, f)),
                            .part = part,
                            .field = f,
                            .latest = latest,
                            .privacy = f->privacy > form->privacy ? f->privacy : form->privacy });
    }
    for (int n = META_STATUS; n < META_COUNT; n++)
        add_item(m, (struct shape_item){ .path = arena_printf(a, "%s%s", before, metas[n].name),
                                         .part = part,
                                         .meta = (enum meta)n,
                                         .latest = latest,
                                         .privacy = form->privacy });
}

static int compare_items(const void *a, const void *b)
{
    const struct shape_item *x = a;
    const struct shape_item *y = b;

    return strcmp(x->path, y->path);
}

static void add_parts(struct making *m, const struct forms *forms)
{
    add_part(m, form_find(forms, KIND_CASE), PART_ROOT, false);
    add_part(m, form_find(forms, KIND_PERSON), PART_REFERENCE, false);
    for (size_t i = 0; i < forms->len; i++) {
        const struct form *form = forms->items[i];
        bool of_person = text_equal(form->parent, KIND_PERSON);

        if (text_equal(form->kind, KIND_CASE))
            continue;
        if (of_person && is_reference(form->kind))
            add_part(m, form, PART_REFERENCE, true);
        else if (of_person || text_equal(form->parent, KIND_CASE))
            add_part(m, form, PART_REPEATED, of_person);
    }
}

enum err shape_make(struct ctx *ctx, const struct shape **out, const struct forms *forms)
{
    struct shape *shape = ARENA_NEW(ctx->arena, struct shape);
    struct making m = { .ctx = ctx, .shape = shape };
    const struct form *root = form_find(forms, KIND_CASE);

    if (!root || !form_find(forms, KIND_PERSON) || !text_equal(root->parent, KIND_PERSON))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "Rules need the forms person and case, the second a part of the "
                                "first."));
    m.parts = ARENA_ARRAY(ctx->arena, SHAPE_KINDS_MAX, struct shape_part);
    add_parts(&m, forms);
    if (shape->parts_len > SHAPE_KINDS_MAX)
        return ctx_fail(
            ctx, ERR_INVALID,
            tr(ctx, "A case document holds at most {0} kinds of record.", TR_INT(SHAPE_KINDS_MAX)));
    for (size_t i = 0; i < shape->parts_len; i++) {
        const char *kind = m.parts[i].form->kind;

        add_items(&m, i, m.parts[i].use == PART_ROOT ? "" : arena_printf(ctx->arena, "%s/", kind),
                  false);
        if (m.parts[i].use == PART_REPEATED)
            add_items(&m, i, arena_printf(ctx->arena, "latest/%s/", kind), true);
    }
    assert(m.items || shape->len == 0);
    if (shape->len > 0)
        qsort(m.items, shape->len, sizeof(*m.items), compare_items);
    shape->parts = m.parts;
    shape->items = m.items;
    *out = shape;
    return OK;
}

const struct shape_item *shape_find(const struct shape *shape, const char *path)
{
    const struct shape_item key = { .path = path };

    return bsearch(&key, shape->items, shape->len, sizeof(key), compare_items);
}

const char *meta_name(enum meta meta)
{
    return metas[meta].name;
}

size_t shape_part_of(const struct shape *shape, const char *kind)
{
    size_t i = 0;

    while (i < shape->parts_len && !text_equal(shape->parts[i].form->kind, kind))
        i++;
    return i;
}

/* --- docs/case-document.md --- */

static const char *const kind_names[] = {
    [FIELD_TEXT] = "text",          [FIELD_INTEGER] = "whole number",
    [FIELD_DECIMAL] = "number",     [FIELD_DATE] = "date",
    [FIELD_TIME] = "time",          [FIELD_DATETIME] = "moment",
    [FIELD_SELECT_ONE] = "code",    [FIELD_SELECT_MULTIPLE] = "codes",
    [FIELD_CALCULATE] = "computed", [FIELD_HIDDEN] = "text",
    [FIELD_REPEAT] = "rows",
};

static const char *const class_names[] = { [PRIVACY_PUBLIC] = "public",
                                           [PRIVACY_INTERNAL] = "internal",
                                           [PRIVACY_PERSONAL] = "personal",
                                           [PRIVACY_SENSITIVE] = "sensitive" };

static const char *kind_name(const struct field *f)
{
    size_t n = (size_t)f->kind;

    if (n < sizeof(kind_names) / sizeof(kind_names[0]) && kind_names[n])
        return kind_names[n];
    return "text";
}

static void print_part(struct buf *b, const struct shape *shape, size_t part)
{
    static const char *const uses[] = { [PART_ROOT] = "the root",
                                        [PART_REFERENCE] = "one, by reference",
                                        [PART_REPEATED] = "repeated, oldest first" };
    const struct shape_part *p = &shape->parts[part];

    buf_printf(b, "\n## %s (%s)\n| element | holds | read by |\n|---|---|---|\n", p->form->kind,
               uses[p->use]);
    for (size_t i = 0; i < shape->len; i++) {
        const struct shape_item *item = &shape->items[i];

        if (item->part != part || item->latest)
            continue;
        buf_printf(b, "| `/data/%s` | %s | %s |\n", item->path,
                   item->field ? kind_name(item->field) : metas[item->meta].meaning,
                   class_names[item->privacy]);
    }
}

void shape_print(struct buf *b, const struct shape *shape)
{
    buf_add(b, "# The case document\n\n"
               "What a rule (`content/rules/*.csv`) may read. This page is made from the forms by\n"
               "`tools/rulec`; the test `rules` fails when it is out of date.\n\n"
               "The root is the case: `${opened}` and `/data/opened` are the same. Elements of a\n"
               "repeated kind hold one value for each record; `/data/latest/KIND/...` is the\n"
               "newest record alone. Groups do not stand in paths, repeats do. The household and\n"
               "the return are the newest of the person that were not dissolved or cancelled.\n"
               "“Read by” is the privacy class: a rule has the highest class of all it reads.\n");
    for (size_t i = 0; i < shape->parts_len; i++)
        print_part(b, shape, i);
}
