#include "rules/doc_tree.h"

#include "core/text.h"

/*
 * A node's index tells what it is, whose, and where: kind, latest, part, place of the record. at is
 * the level of answers of a field or row, else the document; what is the field, or NULL.
 */
enum node_is { NODE_TOP, NODE_LATEST, NODE_RECORD, NODE_FIELD, NODE_META };

#define BITS_KIND   3
#define BITS_LATEST 1
#define BITS_META   4
#define BITS_PART   8
#define TOP_NAME    "data"
#define LATEST_NAME "latest"

struct place {
    enum node_is is;
    bool latest;
    enum meta meta;
    size_t part;
    size_t record;
};

static size_t pack(const struct place *p)
{
    size_t n = p->record;

    n = n << BITS_PART | p->part;
    n = n << BITS_META | (size_t)p->meta;
    n = n << BITS_LATEST | (p->latest ? 1 : 0);
    return n << BITS_KIND | (size_t)p->is;
}

static size_t take(size_t *n, unsigned bits)
{
    size_t value = *n & (((size_t)1 << bits) - 1);

    *n >>= bits;
    return value;
}

static struct place unpack(size_t n)
{
    struct place p = { .is = (enum node_is)take(&n, BITS_KIND) };

    p.latest = take(&n, BITS_LATEST) == 1;
    p.meta = (enum meta)take(&n, BITS_META);
    p.part = take(&n, BITS_PART);
    p.record = n;
    return p;
}

static const struct doc_tree *doc_of(const struct expr_node *node)
{
    return node->tree->data;
}

static struct expr_node node_at(const struct doc_tree *doc, const struct place *p,
                                const struct answers *level, const struct field *f)
{
    return (struct expr_node){
        .tree = &doc->tree, .at = level ? (const void *)level : doc, .what = f, .index = pack(p)
    };
}

static const struct tree_record *record_at(const struct doc_tree *doc, const struct place *p)
{
    return &doc->parts[p->part].items[p->record];
}

/* --- children --- */

static void add_field(const struct doc_tree *doc, struct place p, const struct answers *level,
                      const struct field *f, struct expr_nodes *out)
{
    p.is = NODE_FIELD;
    if (f->kind != FIELD_REPEAT && field_has_value(f))
        expr_nodes_add(out, node_at(doc, &p, level, f));
    for (size_t i = 0; f->kind == FIELD_REPEAT && i < level->rows_len[f->place]; i++)
        expr_nodes_add(out, node_at(doc, &p, level->rows[f->place][i], f));
}

/* Fields of a level; groups do not stand in paths. */
static void add_fields(const struct doc_tree *doc, const struct place *p,
                       const struct answers *level, const char *name, struct expr_nodes *out)
{
    const struct form *form = level->form;
    const struct field *f = name ? field_find(form, name) : NULL;

    if (f && f->repeat == level->repeat)
        add_field(doc, *p, level, f, out);
    for (size_t i = 0; !name && i < form->all_len; i++)
        if (form->all[i]->repeat == level->repeat)
            add_field(doc, *p, level, form->all[i], out);
}

static void add_metas(const struct doc_tree *doc, struct place p, const char *name,
                      struct expr_nodes *out)
{
    p.is = NODE_META;
    for (int n = META_STATUS; n < META_COUNT; n++) {
        p.meta = (enum meta)n;
        if (!name || text_equal(name, meta_name(p.meta)))
            expr_nodes_add(out, node_at(doc, &p, NULL, NULL));
    }
}

static void add_record(const struct doc_tree *doc, const struct place *p, const char *name,
                       struct expr_nodes *out)
{
    add_fields(doc, p, record_at(doc, p)->answers, name, out);
    add_metas(doc, *p, name, out);
}

static void add_records(const struct doc_tree *doc, bool latest, const char *name,
                        struct expr_nodes *out)
{
    for (size_t i = 1; i < doc->shape->parts_len; i++) {
        const struct shape_part *part = &doc->shape->parts[i];
        size_t len = doc->parts[i].len;

        if ((name && !text_equal(name, part->form->kind)) || (latest && part->use != PART_REPEATED))
            continue;
        for (size_t k = latest && len ? len - 1 : 0; k < len; k++) {
            const struct place p = { .is = NODE_RECORD, .latest = latest, .part = i, .record = k };

            expr_nodes_add(out, node_at(doc, &p, NULL, NULL));
        }
    }
}

static void add_top(const struct doc_tree *doc, const char *name, struct expr_nodes *out)
{
    const struct place root = { .is = NODE_TOP };
    const struct place latest = { .is = NODE_LATEST, .latest = true };

    if (doc->parts[SHAPE_CASE].len)
        add_record(doc, &root, name, out);
    if (!name || text_equal(name, LATEST_NAME))
        expr_nodes_add(out, node_at(doc, &latest, NULL, NULL));
    add_records(doc, false, name, out);
}

static enum err children(struct ctx *ctx, const struct expr_node *node, const char *name,
                         struct expr_nodes *out)
{
    const struct doc_tree *doc = doc_of(node);
    const struct place p = unpack(node->index);
    const struct field *f = node->what;

    (void)ctx;
    switch (p.is) {
    case NODE_TOP:
        add_top(doc, name, out);
        break;
    case NODE_LATEST:
        add_records(doc, true, name, out);
        break;
    case NODE_RECORD:
        add_record(doc, &p, name, out);
        break;
    case NODE_FIELD:
        if (f->kind == FIELD_REPEAT)
            add_fields(doc, &p, node->at, name, out);
        break;
    case NODE_META:
        break;
    }
    return OK;
}

/* --- the rest of the tree --- */

/* What holds the fields of a record's first level: the record, or the top. */
static struct expr_node owner(const struct doc_tree *doc, struct place p)
{
    p.is = p.part == SHAPE_CASE ? NODE_TOP : NODE_RECORD;
    p.meta = META_FIELD;
    return node_at(doc, &p, NULL, NULL);
}

static bool parent(const struct expr_node *node, struct expr_node *out)
{
    const struct doc_tree *doc = doc_of(node);
    struct place p = unpack(node->index);
    const struct field *f = node->what;
    const struct answers *level = node->at;

    switch (p.is) {
    case NODE_TOP:
        return false;
    case NODE_RECORD:
        p = (struct place){ .is = p.latest ? NODE_LATEST : NODE_TOP, .latest = p.latest };
        *out = node_at(doc, &p, NULL, NULL);
        return true;
    case NODE_LATEST:
        p = (struct place){ .is = NODE_TOP };
        *out = node_at(doc, &p, NULL, NULL);
        return true;
    case NODE_META:
        *out = owner(doc, p);
        return true;
    case NODE_FIELD:
        break;
    }
    if (f->kind == FIELD_REPEAT)
        level = level->parent;
    *out = level->repeat ? node_at(doc, &p, level, level->repeat) : owner(doc, p);
    return true;
}

static const char *name_of(const struct expr_node *node)
{
    const struct place p = unpack(node->index);
    const struct field *f = node->what;

    switch (p.is) {
    case NODE_TOP:
        return TOP_NAME;
    case NODE_LATEST:
        return LATEST_NAME;
    case NODE_RECORD:
        return doc_of(node)->shape->parts[p.part].form->kind;
    case NODE_META:
        return meta_name(p.meta);
    case NODE_FIELD:
        break;
    }
    return f->name;
}

static const char *value_of(struct ctx *ctx, const struct expr_node *node)
{
    const struct place p = unpack(node->index);
    const struct answers *level = node->at;
    const struct field *f = node->what;

    if (p.is == NODE_META)
        return doc_tree_meta(ctx->arena, record_at(doc_of(node), &p), p.meta);
    if (p.is != NODE_FIELD)
        return ""; /* whole records have no text: nobody could tell what a rule read of them */
    if (f->kind == FIELD_REPEAT)
        return NULL;
    return level->values[f->place] ? level->values[f->place] : "";
}

static int declined(const struct answers *t)
{
    int n = 0;

    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];
        const struct choice *c = NULL;

        /* Such a code stands alone in a select_multiple too. */
        if (f->repeat == NULL && f->choices && t->values[f->place])
            c = choice_find(f->choices, t->values[f->place]);
        if (c && c->decline && !text_equal(c->decline, "na"))
            n++;
    }
    return n;
}

const char *doc_tree_meta(struct arena *a, const struct tree_record *rec, enum meta meta)
{
    const char *value = "";

    switch (meta) {
    case META_STATUS:
        value = rec->status;
        break;
    case META_NUMBER:
        value = rec->number;
        break;
    case META_CREATED:
        value = rec->created;
        break;
    case META_DECLINED:
        return arena_printf(a, "%d", declined(rec->answers));
    case META_FIELD:
    case META_COUNT:
        break;
    }
    return value ? value : "";
}

/* --- making one --- */

struct doc_tree *doc_tree_new(struct arena *a, const struct shape *shape)
{
    struct doc_tree *doc = ARENA_NEW(a, struct doc_tree);

    doc->tree = (struct expr_tree){
        .children = children, .parent = parent, .name = name_of, .value = value_of, .data = doc
    };
    doc->shape = shape;
    doc->parts = ARENA_ARRAY(a, shape->parts_len, struct tree_part);
    return doc;
}

static void add_rows(struct arena *a, struct answers *t)
{
    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];

        if (f->kind == FIELD_REPEAT && f->repeat == t->repeat)
            add_rows(a, answers_add_row(a, t, f));
    }
}

struct doc_tree *doc_tree_sample(struct arena *a, const struct shape *shape)
{
    struct doc_tree *doc = doc_tree_new(a, shape);

    for (size_t i = 0; i < shape->parts_len; i++) {
        struct tree_record *rec = ARENA_NEW(a, struct tree_record);
        struct answers *t = answers_new(a, shape->parts[i].form);

        add_rows(a, t);
        rec->answers = t;
        doc->parts[i] = (struct tree_part){ rec, 1 };
    }
    return doc;
}

/* ${name}: a field of the case, of every row where it stands in a repeat. */
static enum err named(struct ctx *ctx, const struct expr_host *host, const char *name, bool all,
                      struct expr_nodes *out)
{
    const struct doc_tree *doc = doc_of(&host->root);
    const struct field *f = field_find(doc->shape->parts[SHAPE_CASE].form, name);
    const struct place root = { .is = NODE_TOP };
    size_t before = out->len;

    (void)all;
    if (f && !f->repeat)
        add_fields(doc, &root, record_at(doc, &root)->answers, name, out);
    else if (!f)
        add_metas(doc, root, name, out);
    if (out->len > before || (f && !f->repeat))
        return OK;
    return ctx_fail(ctx, ERR_NOT_FOUND,
                    tr(ctx, "The case has no field {0} at its first level.", TR_TEXT(name)));
}

struct expr_host doc_tree_host(const struct doc_tree *doc, const char *today, int64_t now_ms)
{
    const struct place root = { .is = NODE_TOP };
    const struct expr_node top = node_at(doc, &root, NULL, NULL);

    return (struct expr_host){
        .here = top, .root = top, .named = named, .today = today, .now_ms = now_ms
    };
}

const struct shape_item *doc_tree_item(const struct expr_node *node)
{
    const struct shape *shape = doc_of(node)->shape;
    const struct place p = unpack(node->index);
    const struct field *f = p.is == NODE_FIELD ? node->what : NULL;

    if (p.is != NODE_FIELD && p.is != NODE_META)
        return NULL;
    for (size_t i = 0; i < shape->len; i++) {
        const struct shape_item *item = &shape->items[i];

        if (item->part == p.part && item->latest == p.latest && item->field == f &&
            (f || item->meta == p.meta))
            return item;
    }
    return NULL;
}

bool doc_tree_record(const struct expr_node *node, size_t *part_out)
{
    const struct place p = unpack(node->index);

    if (p.is == NODE_RECORD)
        *part_out = p.part;
    return p.is == NODE_RECORD;
}
