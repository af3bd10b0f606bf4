#include "rules/document.h"

#include "core/date.h"
#include "core/text.h"
#include "forms_gen.h"
#include "rules/rule_set.h"
#include "rules/rules.h"

/* --- loading --- */

bool rule_out_of_use(const struct record *rec)
{
    static const char *const ended[] = { STATUS_HOUSEHOLD_DISSOLVED, STATUS_RETURN_EVENT_CANCELLED,
                                         STATUS_RSS_REFUSED, STATUS_RSS_DISCARDED };

    for (size_t i = 0; i < sizeof(ended) / sizeof(ended[0]); i++)
        if (text_equal(rec->status, ended[i]))
            return true;
    return false;
}

/* As the newest: a rule that guards a record finds it under "latest". */
static void put_in_place(struct document_part *part, struct record **items,
                         const struct record *in_place, struct arena *a)
{
    struct record *copy = ARENA_NEW(a, struct record);
    size_t len = 0;

    *copy = *in_place;
    for (size_t i = 0; i < part->len; i++)
        if (!text_equal(items[i]->id, in_place->id))
            items[len++] = items[i];
    items[len++] = copy;
    part->len = len;
}

static void keep_newest(struct document_part *part, struct record **items,
                        const struct record *in_place)
{
    size_t at = part->len;

    for (size_t i = 0; i < part->len; i++)
        if (!rule_out_of_use(items[i]))
            at = i;
    for (size_t i = 0; in_place && i < part->len; i++)
        if (text_equal(items[i]->id, in_place->id))
            at = i;
    part->items = items + (at < part->len ? at : 0);
    part->len = at < part->len ? 1 : 0;
}

static enum err load_part(struct ctx *ctx, struct document *doc, size_t n,
                          const struct record *in_place)
{
    const struct shape_part *p = &doc->shape->parts[n];
    struct document_part *part = &doc->parts[n];
    const char *parent_id = p->of_person ? doc->root->parent_id : doc->root->id;
    struct record **found = NULL;
    struct record **items;
    size_t len = 0;
    bool mine = in_place && in_place->form == p->form;
    enum err rc;

    rc = record_children_whole(ctx, &found, &len, p->form->kind, parent_id);
    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct record *);
    part->items = items;
    for (size_t i = 0; i < len; i++)
        if (!text_equal(found[i]->status, RECORD_DELETED))
            items[part->len++] = found[i];
    if (mine)
        put_in_place(part, items, in_place, ctx->arena);
    if (p->use == PART_REFERENCE)
        keep_newest(part, items, mine ? in_place : NULL);
    return OK;
}

static enum err load_one(struct ctx *ctx, struct document_part *part, const char *kind,
                         const char *id, const struct record *in_place,
                         const struct record_reading *reading)
{
    struct record **item = ARENA_ARRAY(ctx->arena, 1, struct record *);
    enum err rc = OK;

    if (in_place && text_equal(in_place->id, id)) {
        *item = ARENA_NEW(ctx->arena, struct record);
        **item = *in_place;
    } else if (reading) {
        rc = record_load_whole_for(ctx, item, kind, id, reading);
    } else {
        rc = record_load_whole(ctx, item, kind, id);
    }
    part->items = item;
    part->len = rc ? 0 : 1;
    return rc;
}

/* --- values --- */

struct values {
    struct ctx *ctx;
    const char **items;
    size_t len;
    size_t cap;
};

static void add(struct values *v, const char *value)
{
    if (v->len == v->cap) {
        size_t cap = v->cap ? v->cap * 2 : 2;

        v->items =
            arena_grow(v->ctx->arena, v->items, v->cap * sizeof(char *), cap * sizeof(char *));
        v->cap = cap;
    }
    v->items[v->len++] = value ? value : "";
}

/* All values of a field at and below a level. */
static void gather(struct values *v, const struct answers *t, const struct field *f)
{
    const struct field *next = f->repeat;

    if (t->repeat == f->repeat) {
        if (f->kind != FIELD_REPEAT)
            add(v, t->values[f->place]);
        for (size_t i = 0; f->kind == FIELD_REPEAT && i < t->rows_len[f->place]; i++)
            add(v, "");
        return;
    }
    while (next->repeat != t->repeat)
        next = next->repeat;
    for (size_t i = 0; i < t->rows_len[next->place]; i++)
        gather(v, t->rows[next->place][i], f);
}

static struct tree_record as_tree(struct ctx *ctx, const struct record *rec)
{
    return (struct tree_record){ .answers = rec->answers,
                                 .status = rec->status,
                                 .number = rec->number,
                                 .created =
                                     moment_date(ctx->arena, rec->created_at, ctx->time_zone) };
}

static void add_record(struct values *v, const struct record *rec, const struct shape_item *item)
{
    const struct tree_record tree = as_tree(v->ctx, rec);

    if (item->field)
        gather(v, rec->answers, item->field);
    else
        add(v, doc_tree_meta(v->ctx->arena, &tree, item->meta));
}

void record_values_of(struct ctx *ctx, const char *const **out, size_t *len_out,
                      const struct record *rec, const struct shape_item *item)
{
    struct values v = { .ctx = ctx };

    add_record(&v, rec, item);
    *out = v.items;
    *len_out = v.len;
}

void document_values(struct ctx *ctx, const char *const **out, size_t *len_out,
                     const struct document *doc, const struct shape_item *item)
{
    const struct document_part *part = &doc->parts[item->part];
    struct values v = { .ctx = ctx };

    for (size_t i = item->latest && part->len ? part->len - 1 : 0; i < part->len; i++)
        add_record(&v, part->items[i], item);
    *out = v.items;
    *len_out = v.len;
}

/* --- the expression's side --- */

static void make_tree(struct ctx *ctx, struct document *doc)
{
    struct doc_tree *tree = doc_tree_new(ctx->arena, doc->shape);

    for (size_t i = 0; i < doc->shape->parts_len; i++) {
        const struct document_part *part = &doc->parts[i];

        tree->parts[i].items = ARENA_ARRAY(ctx->arena, part->len + 1, struct tree_record);
        for (size_t k = 0; k < part->len; k++)
            tree->parts[i].items[tree->parts[i].len++] = as_tree(ctx, part->items[k]);
    }
    doc->tree = tree;
}

struct expr_host document_host(struct ctx *ctx, const struct document *doc)
{
    return doc_tree_host(doc->tree, doc->today, ctx->now_ms);
}

/* --- what some rules read --- */

struct values_read {
    struct ctx *ctx;
    const struct field **fields;
    size_t len;
    size_t cap;
};

/* Only fields in repeats count: the others are read with the record itself. */
static void read_of_person(struct values_read *to, const struct rule *rule)
{
    for (size_t i = 0; i < rule->reads_len; i++) {
        const struct field *f = rule->reads[i]->field;

        if (rule->reads[i]->part != SHAPE_PERSON || !f || (!f->repeat && f->kind != FIELD_REPEAT))
            continue;
        if (to->len == to->cap) {
            size_t cap = to->cap ? to->cap * 2 : 8;

            to->fields = arena_grow(to->ctx->arena, to->fields, to->cap * sizeof(*to->fields),
                                    cap * sizeof(*to->fields));
            to->cap = cap;
        }
        to->fields[to->len++] = f;
    }
}

/* person: what is read of the person; NULL: all. */
static enum err load(struct ctx *ctx, struct document *doc, const char *case_id, uint64_t parts,
                     const struct record *in_place, const struct record_reading *person)
{
    const size_t len = doc->shape->parts_len;
    enum err rc;

    doc->parts = ARENA_ARRAY(ctx->arena, len, struct document_part);
    doc->today = ctx_today(ctx);
    rc = load_one(ctx, &doc->parts[SHAPE_CASE], FORM_CASE, case_id, in_place, NULL);
    if (rc)
        return rc;
    doc->root = doc->parts[SHAPE_CASE].items[0];
    rc = load_one(ctx, &doc->parts[SHAPE_PERSON], FORM_PERSON, doc->root->parent_id, in_place,
                  person);
    for (size_t i = SHAPE_PERSON + 1; rc == OK && i < len; i++)
        if (parts >> i & 1)
            rc = load_part(ctx, doc, i, in_place);
    if (rc == OK)
        make_tree(ctx, doc);
    return rc;
}

enum err document_load(struct ctx *ctx, struct document **out, const struct shape *shape,
                       const char *case_id, uint64_t parts, const struct record *in_place)
{
    struct document *doc = ARENA_NEW(ctx->arena, struct document);
    enum err rc;

    doc->shape = shape;
    rc = load(ctx, doc, case_id, parts, in_place, NULL);
    if (rc == OK)
        *out = doc;
    return rc;
}

enum err document_load_for(struct ctx *ctx, struct document **out, const struct rule_set *set,
                           const char *case_id, const bool *judged)
{
    struct document *doc = ARENA_NEW(ctx->arena, struct document);
    struct values_read read = { .ctx = ctx };
    uint64_t parts = 0;
    enum err rc;

    for (size_t i = 0; i < set->len; i++) {
        if (!judged[i])
            continue;
        parts |= set->items[i].parts;
        read_of_person(&read, &set->items[i]);
    }
    doc->shape = set->shape;
    rc = load(ctx, doc, case_id, parts, NULL,
              &(struct record_reading){ .fields = read.fields, .len = read.len });
    if (rc == OK)
        *out = doc;
    return rc;
}

/* --- which cases --- */

static enum err cases_of_person(struct ctx *ctx, const char *const **out, size_t *len_out,
                                const char *person_id)
{
    struct record **cases = NULL;
    const char **ids;
    size_t len = 0;
    enum err rc = record_children_whole(ctx, &cases, &len, FORM_CASE, person_id);

    if (rc)
        return rc;
    ids = ARENA_ARRAY(ctx->arena, len + 1, const char *);
    for (size_t i = 0; i < len; i++)
        ids[i] = cases[i]->id;
    *out = ids;
    *len_out = len;
    return OK;
}

enum err document_cases(struct ctx *ctx, const char *const **out, size_t *len_out,
                        const struct shape *shape, const struct record *rec)
{
    size_t n = shape_part_of(shape, rec->form->kind);
    const char **ids = ARENA_ARRAY(ctx->arena, 1, const char *);

    *out = ids;
    *len_out = 0;
    if (n == shape->parts_len)
        return OK;
    if (text_equal(rec->form->kind, FORM_PERSON))
        return cases_of_person(ctx, out, len_out, rec->id);
    if (shape->parts[n].of_person)
        return cases_of_person(ctx, out, len_out, rec->parent_id);
    ids[0] = n == 0 ? rec->id : rec->parent_id;
    *len_out = 1;
    return OK;
}
