#ifndef SUPPORT_DOC_TREE_H
#define SUPPORT_DOC_TREE_H

/*
 * A document for tests of expressions, from lines: one space of indent for each level, a name, and
 * "=" with the value if it has one. The first line is the top element; the other lines without
 * indent are lists that instance() finds by their names.
 */

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "expr/expr.h"

#define DOC_DEPTH 10

struct doc_node {
    const char *name;
    const char *value;
    struct doc_node *parent;
    struct doc_node *first;
    struct doc_node *last;
    struct doc_node *next;
};

static const struct expr_tree doc_tree;

static inline struct expr_node doc_place(const struct doc_node *n)
{
    return (struct expr_node){ .tree = n ? &doc_tree : NULL, .at = n };
}

static enum err doc_children(struct ctx *ctx, const struct expr_node *node, const char *name,
                             struct expr_nodes *out)
{
    const struct doc_node *n = node->at;

    (void)ctx;
    for (const struct doc_node *c = n->first; c; c = c->next)
        if (!name || strcmp(c->name, name) == 0)
            expr_nodes_add(out, doc_place(c));
    return OK;
}

static bool doc_parent(const struct expr_node *node, struct expr_node *out)
{
    const struct doc_node *n = node->at;

    if (!n->parent)
        return false;
    *out = doc_place(n->parent);
    return true;
}

static const char *doc_name(const struct expr_node *node)
{
    return ((const struct doc_node *)node->at)->name;
}

static const char *doc_value(struct ctx *ctx, const struct expr_node *node)
{
    const struct doc_node *n = node->at;

    (void)ctx;
    return n->first ? NULL : n->value;
}

static const struct expr_tree doc_tree = {
    .children = doc_children, .parent = doc_parent, .name = doc_name, .value = doc_value
};

/* The top element; its lists follow it by next. */
static inline struct doc_node *doc_read(struct arena *a, const char *text)
{
    struct doc_node *levels[DOC_DEPTH] = { 0 };
    struct doc_node *top = NULL;
    char **lines = text_split(a, text, '\n', true, NULL);

    for (; *lines; lines++) {
        const char *line = *lines;
        struct doc_node *n = ARENA_NEW(a, struct doc_node);
        size_t depth = strspn(line, " ");
        size_t len = strcspn(line + depth, "=");

        if (depth >= DOC_DEPTH)
            abort();
        n->name = arena_strndup(a, line + depth, len);
        n->value = line[depth + len] ? line + depth + len + 1 : "";
        n->parent = depth ? levels[depth - 1] : NULL;
        if (depth == 0 && top)
            levels[0]->next = n;
        top = top ? top : n;
        if (n->parent && n->parent->last)
            n->parent->last->next = n;
        else if (n->parent)
            n->parent->first = n;
        if (n->parent)
            n->parent->last = n;
        levels[depth] = n;
    }
    return top;
}

/* The node of a path such as data/kid/2/age: numbers count namesakes from 1. NULL if none. */
static inline const struct doc_node *doc_find(struct arena *a, const struct doc_node *top,
                                              const char *path)
{
    char **parts = text_split(a, path, '/', true, NULL);
    const struct doc_node *n = top;

    for (parts += *parts ? 1 : 0; n && *parts; parts++) {
        const char *name = *parts;
        int64_t number = 1;

        if (parts[1] && parse_int(parts[1], 1, 1000, &number))
            parts++;
        for (n = n->first; n; n = n->next)
            if (strcmp(n->name, name) == 0 && --number == 0)
                break;
    }
    return n;
}

/* How many levels two nodes have in common. */
static inline int doc_common(const struct doc_node *a, const struct doc_node *b)
{
    for (; a; a = a->parent) {
        int depth = 0;

        for (const struct doc_node *n = b; n; n = n->parent)
            if (n == a) {
                for (; n; n = n->parent)
                    depth++;
                return depth;
            }
    }
    return 0;
}

static inline void doc_gather(const struct doc_node *n, const char *name,
                              const struct doc_node *here, int *most, struct expr_nodes *out)
{
    for (const struct doc_node *c = n->first; c; c = c->next) {
        int common = here ? doc_common(here, c->parent) : 0;

        if (strcmp(c->name, name) == 0 && common >= *most) {
            if (common > *most)
                out->len = 0;
            *most = common;
            expr_nodes_add(out, doc_place(c));
        }
        doc_gather(c, name, here, most, out);
    }
}

/* Of all nodes of the name, those that share the most with this place. */
static enum err doc_named(struct ctx *ctx, const struct expr_host *host, const char *name, bool all,
                          struct expr_nodes *out)
{
    int most = 0;

    doc_gather(host->root.at, name, all ? NULL : host->here.at, &most, out);
    return out->len ? OK : ctx_fail(ctx, ERR_NOT_FOUND, "no such field");
}

static enum err doc_instance(struct ctx *ctx, const struct expr_host *host, const char *id,
                             struct expr_node *out)
{
    const struct doc_node *top = host->root.at;

    for (const struct doc_node *list = top->next; list; list = list->next)
        if (strcmp(list->name, id) == 0) {
            *out = doc_place(list);
            return OK;
        }
    return ctx_fail(ctx, ERR_NOT_FOUND, "no such list");
}

static inline struct expr_host doc_host(const struct doc_node *top, const struct doc_node *here)
{
    return (struct expr_host){ .here = doc_place(here),
                               .root = doc_place(top),
                               .named = doc_named,
                               .instance = doc_instance,
                               .today = "2026-11-22",
                               .now_ms = INT64_C(1795334400000),
                               .version = "7" };
}

#endif
