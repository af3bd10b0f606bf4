#include "forms/forms_inner.h"

#include <assert.h>
#include <string.h>

#include "auth/auth.h"
#include "core/text.h"

/*
 * Answers as expressions see them. A node is a level and one of its fields: {level, field}; a row
 * of a repeat is {row, its repeat}; the top is {root, NULL} and is called data. The rows of a
 * repeat are children of what is around it, as in XForms.
 *
 * Lists: {list, LIST_TOP} is instance('name'), {list, LIST_ROOT} its root, {list, LIST_ITEM, i} a
 * choice, {choice, column's name} a cell.
 */

static const char list_top[] = "";
static const char list_root[] = "root";
static const char list_item[] = "item";

/* --- answers --- */

static const struct expr_tree answers_tree;

static struct expr_node node_of(const struct answers *t, const struct field *f)
{
    return (struct expr_node){ .tree = &answers_tree, .at = t, .what = f };
}

/* A field of this level, or its rows. */
static void add_field(const struct answers *t, const struct field *f, struct expr_nodes *out)
{
    if (f->kind != FIELD_REPEAT)
        expr_nodes_add(out, node_of(t, f));
    for (size_t i = 0; f->kind == FIELD_REPEAT && i < t->rows_len[f->place]; i++)
        expr_nodes_add(out, node_of(t->rows[f->place][i], f));
}

static bool is_whole_repeat(const struct answers *t, const struct field *f)
{
    return f && f->kind == FIELD_REPEAT && t->repeat != f;
}

static enum err answers_children(struct ctx *ctx, const struct expr_node *node, const char *name,
                                 struct expr_nodes *out)
{
    const struct answers *t = node->at;
    const struct field *f = node->what;

    (void)ctx;
    if (is_whole_repeat(t, f))
        return OK;
    if (name) {
        const struct field *child = field_find(t->form, name);

        if (child && child->parent == f)
            add_field(t, child, out);
        return OK;
    }
    for (const struct field *child = f ? f->children : t->form->fields; child; child = child->next)
        add_field(t, child, out);
    return OK;
}

static bool answers_parent(const struct expr_node *node, struct expr_node *out)
{
    const struct answers *t = node->at;
    const struct field *f = node->what;

    if (!f)
        return false;
    *out = node_of(t->repeat == f ? t->parent : t, f->parent);
    return true;
}

static const char *answers_name(const struct expr_node *node)
{
    const struct field *f = node->what;

    return f ? f->name : "data";
}

static const char *answers_node_value(struct ctx *ctx, const struct expr_node *node)
{
    const struct answers *t = node->at;
    const struct field *f = node->what;

    (void)ctx;
    if (!f || f->kind == FIELD_GROUP || f->kind == FIELD_REPEAT)
        return NULL;
    return t->values[f->place] ? t->values[f->place] : "";
}

static const struct expr_tree answers_tree = {
    .children = answers_children,
    .parent = answers_parent,
    .name = answers_name,
    .value = answers_node_value,
};

/* --- lists --- */

static const struct expr_tree list_tree;

static struct expr_node list_node(const void *at, const char *what, size_t index)
{
    return (struct expr_node){ .tree = &list_tree, .at = at, .what = what, .index = index };
}

static bool is_part(const struct expr_node *node, const char *what)
{
    return node->what == what;
}

/* A cell is {list, name of its column, place of the choice}. */
static void add_cell(const struct expr_node *item, const char *column, const char *name,
                     struct expr_nodes *out)
{
    if (!name || strcmp(column, name) == 0)
        expr_nodes_add(out, list_node(item->at, column, item->index));
}

static enum err list_children(struct ctx *ctx, const struct expr_node *node, const char *name,
                              struct expr_nodes *out)
{
    const struct choice_list *list = node->at;

    (void)ctx;
    if (is_part(node, list_top) && (!name || strcmp(name, list_root) == 0))
        expr_nodes_add(out, list_node(list, list_root, 0));
    for (size_t i = 0; is_part(node, list_root) && i < list->len; i++)
        if (!name || strcmp(name, list_item) == 0)
            expr_nodes_add(out, list_node(list, list_item, i));
    if (!is_part(node, list_item))
        return OK;
    add_cell(node, "name", name, out);
    add_cell(node, "label", name, out);
    for (size_t i = 0; i < list->columns_len; i++)
        add_cell(node, list->columns[i], name, out);
    return OK;
}

static bool list_parent(const struct expr_node *node, struct expr_node *out)
{
    if (is_part(node, list_top))
        return false;
    if (is_part(node, list_root))
        *out = list_node(node->at, list_top, 0);
    else if (is_part(node, list_item))
        *out = list_node(node->at, list_root, 0);
    else
        *out = list_node(node->at, list_item, node->index);
    return true;
}

static const char *list_name(const struct expr_node *node)
{
    return node->what;
}

static const char *list_value(struct ctx *ctx, const struct expr_node *node)
{
    const struct choice_list *list = node->at;
    const struct choice *c = &list->items[node->index];

    if (is_part(node, list_top) || is_part(node, list_root) || is_part(node, list_item))
        return NULL;
    for (size_t i = 0; i < list->columns_len; i++)
        if (list->columns[i] == node->what)
            return c->values && c->values[i] ? c->values[i] : "";
    if (strcmp(node->what, "label") == 0)
        return label_text(ctx, &c->label);
    return c->name;
}

static const struct expr_tree list_tree = {
    .children = list_children,
    .parent = list_parent,
    .name = list_name,
    .value = list_value,
};

static bool is_list(const struct choice_list *list, const char *id)
{
    size_t len = list ? strlen(list->name) : 0;

    return list && strncmp(list->name, id, len) == 0 && (!id[len] || strcmp(id + len, ".csv") == 0);
}

static const struct choice_list *find_list(const struct form *form, const char *id)
{
    for (size_t i = 0; i < form->lists_len; i++)
        if (is_list(form->lists[i], id))
            return form->lists[i];
    for (size_t i = 0; i < form->all_len; i++)
        if (is_list(form->all[i]->choices, id))
            return form->all[i]->choices;
    return NULL;
}

static enum err host_instance(struct ctx *ctx, const struct expr_host *host, const char *id,
                              struct expr_node *out)
{
    const struct answers *t = host->place;
    const struct choice_list *list = find_list(t->form, id);

    if (!list)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no list named {0}.", TR_TEXT(id)));
    *out = list_node(list, list_top, 0);
    return OK;
}

/* --- ${name} --- */

/* Whether a level of a repeat (NULL = the root) is at or around the place of a field. */
static bool is_around(const struct field *level, const struct field *f)
{
    const struct field *r = f->repeat;

    while (r && r != level)
        r = r->repeat;
    return r == level;
}

/* All nodes of a field at and below a level. */
static void gather(const struct answers *t, const struct field *f, struct expr_nodes *out)
{
    const struct field *next = f->repeat;

    if (t->repeat == f->repeat) {
        add_field(t, f, out);
        return;
    }
    assert(next); /* host_named stands at the level, or at a level around it */
    while (next->repeat != t->repeat) {
        next = next->repeat;
        assert(next);
    }
    for (size_t i = 0; i < t->rows_len[next->place]; i++)
        gather(t->rows[next->place][i], f, out);
}

static enum err host_named(struct ctx *ctx, const struct expr_host *host, const char *name,
                           bool all, struct expr_nodes *out)
{
    const struct answers *t = host->place;
    const struct field *f = field_find(t->form, name);

    if (!f)
        return ctx_fail(ctx, ERR_NOT_FOUND,
                        tr(ctx, "There is no field named {0} in this form.", TR_TEXT(name)));
    while (t->repeat && (all || !is_around(t->repeat, f)))
        t = t->parent;
    gather(t, f, out);
    return OK;
}

/* --- labels and the like --- */

static const char *host_choice_label(struct ctx *ctx, const struct expr_host *host,
                                     const char *field, const char *value)
{
    const struct answers *t = host->place;
    const struct field *f = field_find(t->form, field);
    const struct choice *c = f && f->choices ? choice_find(f->choices, value) : NULL;

    return c ? label_text(ctx, &c->label) : NULL;
}

/* As pyxform names them: /data/group/field:label, :hint; LIST-PLACE for a choice, from 0. */
static const char *host_itext(struct ctx *ctx, const struct expr_host *host, const char *id)
{
    const struct answers *t = host->place;
    const char *colon = strrchr(id, ':');
    const char *dash = strrchr(id, '-');
    const struct choice_list *list;
    const struct field *f;
    const char *slash;
    int64_t n;

    if (colon) {
        const char *path = arena_strndup(ctx->arena, id, (size_t)(colon - id));

        slash = strrchr(path, '/');
        f = field_find(t->form, slash ? slash + 1 : path);
        if (f && strcmp(colon, ":label") == 0)
            return label_text(ctx, &f->label);
        return f && strcmp(colon, ":hint") == 0 ? label_text(ctx, &f->hint) : NULL;
    }
    if (!dash || !parse_int(dash + 1, 0, INT32_MAX, &n))
        return NULL;
    list = find_list(t->form, arena_strndup(ctx->arena, id, (size_t)(dash - id)));
    return list && (size_t)n < list->len ? label_text(ctx, &list->items[n].label) : NULL;
}

static const char *host_property(struct ctx *ctx, const struct expr_host *host, const char *name)
{
    (void)host;
    if (!ctx->user)
        return NULL;
    return strcmp(name, "username") == 0 ? ctx->user->login : NULL;
}

const char *answers_today(struct ctx *ctx, const struct form *form)
{
    return form->asks_today ? ctx_today(ctx) : "";
}

struct expr_host answers_host(struct ctx *ctx, const struct answers *t, const struct field *f,
                              const char *today)
{
    const struct answers *root = t;

    while (root->parent)
        root = root->parent;
    return (struct expr_host){ .here = node_of(t, f),
                               .root = node_of(root, NULL),
                               .named = host_named,
                               .instance = host_instance,
                               .choice_label = host_choice_label,
                               .itext = host_itext,
                               .property = host_property,
                               .place = t,
                               .today = today,
                               .now_ms = ctx->now_ms,
                               .version = t->form->version };
}

struct expr_host choice_host(struct expr_host host, const struct choice_list *list, size_t i)
{
    host.item = list_node(list, list_item, i);
    return host;
}

const struct field *node_field(const struct expr_node *node)
{
    return node->tree == &answers_tree ? node->what : NULL;
}

enum err answers_holds(struct ctx *ctx, bool *out, const struct expr *e,
                       const struct expr_host *host)
{
    struct arena_mark mark = arena_mark(ctx->arena);
    struct expr_value v = { 0 };
    enum err rc = expr_eval(ctx, &v, e, host);

    if (rc)
        return rc;
    *out = expr_bool(ctx, &v);
    arena_rewind(ctx->arena, mark);
    return OK;
}
