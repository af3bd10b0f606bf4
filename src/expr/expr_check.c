#include "expr/expr_inner.h"

#include <string.h>

/*
 * References against a sample. Conditions are not asked whether they hold: their own references are
 * checked at the first node they are about.
 */

struct check {
    struct run run;
    struct expr_nodes *used; /* NULL: nobody asks */
    size_t *offset_out;
};

static enum err check_node(struct check *c, const struct node *n, struct expr_nodes *out,
                           bool *known_out);

static enum err wrong(struct check *c, size_t offset, const char *text)
{
    if (c->offset_out)
        *c->offset_out = offset;
    return ctx_fail(c->run.ctx, ERR_INVALID, text);
}

static void note(struct check *c, const struct expr_nodes *set)
{
    for (size_t i = 0; c->used && i < set->len; i++) {
        size_t k = 0;

        while (k < c->used->len && !expr_node_same(&c->used->items[k], &set->items[i]))
            k++;
        if (k == c->used->len)
            expr_nodes_add(c->used, set->items[i]);
    }
}

static enum err check_named(struct check *c, const char *name, size_t offset,
                            struct expr_nodes *out)
{
    const struct expr_host *host = c->run.host;
    enum err rc;

    if (!host->named)
        return wrong(c, offset, tr(c->run.ctx, "{0} means nothing here.", TR_TEXT(name)));
    rc = host->named(c->run.ctx, host, name, false, out);
    if (rc && c->offset_out)
        *c->offset_out = offset;
    return rc == ERR_NOT_FOUND ? ERR_INVALID : rc;
}

static enum err check_predicates(struct check *c, const struct step *s,
                                 const struct expr_nodes *set)
{
    struct expr_node here = c->run.here;
    enum err rc = OK;

    if (set->len == 0)
        return OK;
    c->run.here = set->items[0];
    for (size_t i = 0; i < s->predicates_len && !rc; i++) {
        struct expr_nodes none = { .arena = c->run.ctx->arena };
        bool known;

        rc = check_node(c, s->predicates[i], &none, &known);
    }
    c->run.here = here;
    return rc;
}

/* One step from each node of a set; of the children of one name the first stands for all. */
static enum err check_step(struct check *c, const struct step *s, struct expr_nodes *set)
{
    struct ctx *ctx = c->run.ctx;
    struct expr_nodes next = { .arena = ctx->arena };
    enum err rc = OK;

    for (size_t i = 0; i < set->len && !rc && !s->whole; i++) {
        size_t before = next.len;

        rc = path_axis(&c->run, &set->items[i], s, &next);
        if (s->name && s->axis == AXIS_CHILD && next.len > before + 1)
            next.len = before + 1;
    }
    if (rc)
        return rc;
    if (!s->whole)
        *set = next;
    if (set->len == 0 && s->name)
        return wrong(c, s->offset, tr(ctx, "There is nothing named {0} here.", TR_TEXT(s->name)));
    if (set->len == 0 && s->axis == AXIS_PARENT)
        return wrong(c, s->offset, tr(ctx, "There is nothing above this place."));
    note(c, set);
    return check_predicates(c, s, set);
}

static enum err check_path(struct check *c, const struct node *n, struct expr_nodes *out,
                           bool *known_out)
{
    struct expr_nodes set = { .arena = c->run.ctx->arena };
    const struct expr_node *root = &c->run.host->root;
    size_t first = 0;
    enum err rc = OK;

    if (n->from == FROM_VALUE) {
        rc = check_node(c, n->args[0], &set, known_out);
    } else if (n->from == FROM_HERE && c->run.here.tree) {
        expr_nodes_add(&set, c->run.here);
    } else if (n->from == FROM_ROOT && root->tree) {
        const struct step *s = &n->steps[0];

        first = s->axis == AXIS_DESCENDANT_OR_SELF ? 0 : 1;
        if (first && s->name && strcmp(s->name, root->tree->name(root)) != 0)
            return wrong(c, s->offset,
                         tr(c->run.ctx, "There is nothing named {0} here.", TR_TEXT(s->name)));
        expr_nodes_add(&set, *root);
    }
    for (size_t i = first; i < n->steps_len && !rc && *known_out; i++)
        rc = check_step(c, &n->steps[i], &set);
    *out = set;
    return rc;
}

/* Name of a field in a text such as ${name} or /data/group/name. */
const char *expr_field_name(struct arena *a, const char *text)
{
    const char *slash = strrchr(text, '/');
    const char *from = slash ? slash + 1 : text;
    size_t len;

    if (from[0] == '$' && from[1] == '{')
        from += 2;
    while (*from == ' ')
        from++;
    len = strcspn(from, " }");
    return arena_strndup(a, from, len);
}

static enum err check_list(struct check *c, const struct node *n, struct expr_nodes *out)
{
    const struct expr_host *host = c->run.host;
    const char *id = n->args[0]->text;
    struct expr_node node = { 0 };
    enum err rc = ERR_NOT_FOUND;

    if (host->instance)
        rc = host->instance(c->run.ctx, host, id, &node);
    else
        ctx_set_problem(c->run.ctx, rc, NULL,
                        tr(c->run.ctx, "There is no list named {0}.", TR_TEXT(id)));
    if (!rc)
        expr_nodes_add(out, node);
    else if (c->offset_out)
        *c->offset_out = n->args[0]->offset;
    return rc == ERR_NOT_FOUND ? ERR_INVALID : rc;
}

static enum err check_call(struct check *c, const struct node *n, struct expr_nodes *out,
                           bool *known_out)
{
    const char *name = n->function->name;
    bool keeps = n->function->gives == 'a' || n->function->gives == 'N';
    bool literal = n->args_len > 0 && n->args[n->args_len - 1]->kind == NODE_TEXT;
    enum err rc = OK;

    for (size_t i = 0; i < n->args_len && !rc; i++) {
        struct expr_nodes set = { .arena = c->run.ctx->arena };

        rc = check_node(c, n->args[i], &set, known_out);
        for (size_t k = 0; keeps && k < set.len; k++)
            expr_nodes_add(out, set.items[k]);
    }
    if (rc)
        return rc;
    if (strcmp(name, "current") == 0 && c->run.host->here.tree)
        expr_nodes_add(out, c->run.host->here);
    else if (strcmp(name, "jr:choice-name") == 0 && literal)
        rc = check_named(c, expr_field_name(c->run.ctx->arena, n->args[1]->text),
                         n->args[1]->offset, out);
    else if ((strcmp(name, "instance") == 0 || strcmp(name, "pulldata") == 0) &&
             n->args[0]->kind == NODE_TEXT)
        rc = check_list(c, n, out);
    else if (strcmp(name, "instance") == 0)
        *known_out = false;
    return rc;
}

/* *known_out = false: what the value holds depends on answers, so steps from it are not checked. */
static enum err check_node(struct check *c, const struct node *n, struct expr_nodes *out,
                           bool *known_out)
{
    enum err rc = OK;

    *known_out = true;
    switch (n->kind) {
    case NODE_TEXT:
    case NODE_NUMBER:
        return OK;
    case NODE_NAMED:
        rc = check_named(c, n->text, n->offset, out);
        if (!rc)
            note(c, out);
        return rc;
    case NODE_PATH:
        return check_path(c, n, out, known_out);
    case NODE_CALL:
        return check_call(c, n, out, known_out);
    case NODE_NEGATIVE:
    case NODE_CHAIN:
        for (size_t i = 0; i < n->args_len && !rc; i++) {
            bool known;

            rc = check_node(c, n->args[i], out, &known);
        }
        return rc;
    }
    return rc;
}

enum err expr_check(struct ctx *ctx, const struct expr *e, const struct expr_host *sample,
                    struct expr_nodes *used, size_t *offset_out)
{
    struct check c = { .run = { .ctx = ctx,
                                .host = sample,
                                .here = sample->item.tree ? sample->item : sample->here,
                                .steps_left = EXPR_STEPS },
                       .used = used,
                       .offset_out = offset_out };
    struct expr_nodes out = { .arena = ctx->arena };
    bool known;

    return check_node(&c, e->root, &out, &known);
}
