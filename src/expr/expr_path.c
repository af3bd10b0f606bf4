#include "expr/expr_inner.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 24 /* levels of a tree */

/*
 * Location paths. A set stays in document order without more ado as long as each step goes from
 * nodes that do not lie in one another to what is in them; after any other it is sorted.
 */

struct walk {
    struct run *run;
    const struct step *step;
    struct expr_nodes set;
    bool tangled; /* nodes may lie in one another, stand twice or out of order */
};

enum err node_children(struct run *r, const struct expr_node *n, const char *name,
                       struct expr_nodes *out)
{
    size_t before = out->len;
    enum err rc = n->tree->children(r->ctx, n, name, out);

    return rc ? rc : run_spend(r, out->len - before + 1);
}

static bool fits(const struct expr_node *n, const char *name)
{
    return !name || strcmp(n->tree->name(n), name) == 0;
}

static enum err add_inside(struct run *r, const struct expr_node *n, const char *name,
                           struct expr_nodes *out, int depth)
{
    struct expr_nodes inside = { .arena = r->ctx->arena };
    enum err rc = node_children(r, n, NULL, &inside);

    if (!rc && depth == 0)
        return ctx_fail(r->ctx, ERR_LIMIT, tr(r->ctx, "The expression is nested too deep."));
    for (size_t i = 0; i < inside.len && !rc; i++) {
        if (fits(&inside.items[i], name))
            expr_nodes_add(out, inside.items[i]);
        rc = add_inside(r, &inside.items[i], name, out, depth - 1);
    }
    return rc;
}

static enum err add_around(struct run *r, struct expr_node n, const char *name,
                           struct expr_nodes *out)
{
    enum err rc = OK;

    while (!rc && n.tree->parent(&n, &n)) {
        if (fits(&n, name))
            expr_nodes_add(out, n);
        rc = run_spend(r, 1);
    }
    return rc;
}

static enum err add_beside(struct run *r, const struct expr_node *n, const struct step *s,
                           struct expr_nodes *out)
{
    struct expr_nodes all = { .arena = r->ctx->arena };
    struct expr_node parent;
    size_t at = 0;
    enum err rc;

    if (!n->tree->parent(n, &parent))
        return OK;
    rc = node_children(r, &parent, NULL, &all);
    if (rc)
        return rc;
    while (at < all.len && !expr_node_same(&all.items[at], n))
        at++;
    for (size_t i = at; s->axis == AXIS_BEFORE && i-- > 0;)
        if (fits(&all.items[i], s->name))
            expr_nodes_add(out, all.items[i]);
    for (size_t i = at + 1; s->axis == AXIS_AFTER && i < all.len; i++)
        if (fits(&all.items[i], s->name))
            expr_nodes_add(out, all.items[i]);
    return OK;
}

enum err path_axis(struct run *r, const struct expr_node *n, const struct step *s,
                   struct expr_nodes *out)
{
    bool with_self = s->axis == AXIS_SELF || s->axis == AXIS_DESCENDANT_OR_SELF ||
                     s->axis == AXIS_ANCESTOR_OR_SELF;
    struct expr_node parent;

    if (with_self && fits(n, s->name))
        expr_nodes_add(out, *n);
    switch (s->axis) {
    case AXIS_CHILD:
        return node_children(r, n, s->name, out);
    case AXIS_PARENT:
        if (n->tree->parent(n, &parent) && fits(&parent, s->name))
            expr_nodes_add(out, parent);
        break;
    case AXIS_DESCENDANT:
    case AXIS_DESCENDANT_OR_SELF:
        return add_inside(r, n, s->name, out, DEPTH_MAX);
    case AXIS_ANCESTOR:
    case AXIS_ANCESTOR_OR_SELF:
        return add_around(r, *n, s->name, out);
    case AXIS_BEFORE:
    case AXIS_AFTER:
        return add_beside(r, n, s, out);
    case AXIS_SELF:
        break;
    }
    return OK;
}

/* --- document order --- */

struct place {
    size_t path[DEPTH_MAX + 1]; /* number among the children, from the top */
    size_t len;
    struct expr_node node;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;

    for (size_t i = 0; i < x->len && i < y->len; i++)
        if (x->path[i] != y->path[i])
            return x->path[i] < y->path[i] ? -1 : 1;
    return x->len < y->len ? -1 : x->len > y->len;
}

/* The children looked at last, by how far the parent is from the node that is placed. */
struct siblings {
    struct expr_node parent;
    struct expr_nodes all;
    size_t at;
};

/* Number of a node among the children of its parent: mostly just behind the one before. */
static enum err find_number(struct run *r, struct siblings *s, const struct expr_node *parent,
                            const struct expr_node *n, size_t *out)
{
    size_t looked = 0;
    enum err rc = OK;

    if (!s->parent.tree || !expr_node_same(&s->parent, parent)) {
        *s = (struct siblings){ .parent = *parent, .all = { .arena = r->ctx->arena } };
        rc = node_children(r, parent, NULL, &s->all);
    }
    for (; !rc && looked < s->all.len; looked++) {
        if (expr_node_same(&s->all.items[s->at], n))
            break;
        s->at = (s->at + 1) % s->all.len;
    }
    *out = s->at;
    return rc ? rc : run_spend(r, looked + 1);
}

static enum err find_place(struct run *r, struct siblings *cache, struct place *p)
{
    size_t up[DEPTH_MAX + 1];
    struct expr_node n = p->node;
    struct expr_node parent;

    for (p->len = 0; p->len < DEPTH_MAX && n.tree->parent(&n, &parent); p->len++, n = parent) {
        enum err rc = find_number(r, &cache[p->len], &parent, &n, &up[p->len]);

        if (rc)
            return rc;
    }
    for (size_t i = 0; i < p->len; i++)
        p->path[i] = up[p->len - 1 - i];
    return OK;
}

/* Brings a set into document order and takes out what stands there twice. */
static enum err put_in_order(struct run *r, struct expr_nodes *set)
{
    struct place *places = ARENA_ARRAY(r->ctx->arena, set->len + 1, struct place);
    struct siblings cache[DEPTH_MAX + 1] = { 0 };
    size_t len = set->len;

    for (size_t i = 0; i < len; i++) {
        enum err rc;

        places[i].node = set->items[i];
        rc = find_place(r, cache, &places[i]);
        if (rc)
            return rc;
    }
    qsort(places, len, sizeof(*places), compare_places);
    set->len = 0;
    for (size_t i = 0; i < len; i++)
        if (set->len == 0 || !expr_node_same(&set->items[set->len - 1], &places[i].node))
            set->items[set->len++] = places[i].node;
    return OK;
}

enum err nodes_union(struct run *r, struct expr_value *out, const struct expr_value *a,
                     const struct expr_value *b)
{
    struct expr_nodes set = { .arena = r->ctx->arena };
    enum err rc;

    for (size_t i = 0; i < a->nodes_len; i++)
        expr_nodes_add(&set, a->nodes[i]);
    for (size_t i = 0; i < b->nodes_len; i++)
        expr_nodes_add(&set, b->nodes[i]);
    rc = put_in_order(r, &set);
    if (!rc)
        *out = value_nodes(&set);
    return rc;
}

/* --- steps --- */

/* Keeps of items[from..] those for which all predicates hold, one predicate after the other. */
static enum err filter(struct run *r, const struct step *s, struct expr_nodes *set, size_t from)
{
    struct run outer = *r;
    enum err rc = OK;

    for (size_t p = 0; p < s->predicates_len && !rc; p++) {
        size_t kept = from;

        r->size = set->len - from;
        for (size_t i = from; i < set->len && !rc; i++) {
            struct expr_value v = { 0 };
            bool keep;

            r->here = set->items[i];
            r->position = i - from + 1;
            rc = node_eval(r, &v, s->predicates[p]);
            if (rc)
                break;
            keep = v.type == EXPR_NUMBER
                       ? v.number >= (double)r->position && v.number <= (double)r->position
                       : expr_bool(r->ctx, &v);
            if (keep)
                set->items[kept++] = set->items[i];
        }
        if (!rc)
            set->len = kept;
    }
    r->here = outer.here;
    r->position = outer.position;
    r->size = outer.size;
    return rc;
}

static enum err take_step(struct walk *w)
{
    struct expr_nodes next = { .arena = w->run->ctx->arena };
    const struct step *s = w->step;
    bool straight = s->axis == AXIS_CHILD || s->axis == AXIS_SELF || s->axis == AXIS_AFTER;
    enum err rc = OK;

    if (s->whole)
        return filter(w->run, s, &w->set, 0);
    if (w->set.len > 1 && !straight)
        w->tangled = true;
    for (size_t i = 0; i < w->set.len && !rc; i++) {
        size_t from = next.len;

        rc = path_axis(w->run, &w->set.items[i], s, &next);
        if (!rc)
            rc = filter(w->run, s, &next, from);
    }
    if (rc)
        return rc;
    if (next.len > 1 &&
        (w->tangled || s->axis == AXIS_BEFORE || s->axis == AXIS_ANCESTOR ||
         s->axis == AXIS_ANCESTOR_OR_SELF || (s->axis == AXIS_AFTER && w->set.len > 1)))
        rc = put_in_order(w->run, &next);
    w->tangled = w->tangled || !straight;
    w->set = next;
    return rc;
}

/* The first step of an absolute path tells the top element by its name. */
static enum err begin_at_root(struct walk *w)
{
    const struct expr_node *root = &w->run->host->root;
    const struct step *s = w->step;

    if (!root->tree)
        return OK;
    if (s->axis == AXIS_DESCENDANT_OR_SELF) { /* //name: the document above the top too */
        expr_nodes_add(&w->set, *root);
        return OK;
    }
    if (fits(root, s->name) && (s->axis == AXIS_CHILD || s->axis == AXIS_SELF))
        expr_nodes_add(&w->set, *root);
    return filter(w->run, s, &w->set, 0);
}

/* Nodes at which the walk begins; *first_out: the step that comes next. */
static enum err begin(struct walk *w, const struct node *n, size_t *first_out)
{
    struct expr_value v = { 0 };
    enum err rc;

    *first_out = 0;
    if (n->from == FROM_ROOT) {
        w->step = &n->steps[0];
        *first_out = w->step->axis == AXIS_DESCENDANT_OR_SELF ? 0 : 1;
        return begin_at_root(w);
    }
    if (n->from == FROM_HERE) {
        if (w->run->here.tree)
            expr_nodes_add(&w->set, w->run->here);
        return OK;
    }
    rc = node_eval(w->run, &v, n->args[0]);
    for (size_t i = 0; i < v.nodes_len && !rc; i++)
        expr_nodes_add(&w->set, v.nodes[i]);
    w->tangled = n->args[0]->kind == NODE_CHAIN;
    return rc;
}

enum err path_eval(struct run *r, struct expr_value *out, const struct node *n)
{
    struct walk w = { .run = r, .set = { .arena = r->ctx->arena } };
    size_t first;
    enum err rc = begin(&w, n, &first);

    for (size_t i = first; i < n->steps_len && !rc; i++) {
        w.step = &n->steps[i];
        rc = take_step(&w);
        if (!rc)
            rc = run_spend(r, w.set.len + 1);
    }
    if (!rc)
        *out = value_nodes(&w.set);
    return rc;
}

bool node_is_within(const struct expr_node *n, const struct expr_node *outer)
{
    struct expr_node at = *n;

    for (int i = 0; i <= DEPTH_MAX; i++) {
        if (expr_node_same(&at, outer))
            return true;
        if (!at.tree->parent(&at, &at))
            return false;
    }
    return false;
}
