#include "expr/expr_inner.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

/* Functions of node sets, lists and rows. */

#define SEED_MODULUS  INT64_C(2147483647)
#define SEED_FACTOR   16807
#define SEED_EXACT    9e15
#define REPEATS_FIRST 1

static enum err call_count(struct run *r, struct expr_value *out, const struct node *call,
                           const struct expr_value *args)
{
    (void)r, (void)call;
    *out = value_number((double)args[0].nodes_len);
    return OK;
}

static enum err call_count_non_empty(struct run *r, struct expr_value *out, const struct node *call,
                                     const struct expr_value *args)
{
    double n = 0;

    (void)call;
    for (size_t i = 0; i < args[0].nodes_len; i++)
        n += expr_node_text(r->ctx, &args[0].nodes[i])[0] ? 1 : 0;
    *out = value_number(n);
    return OK;
}

/* Without a node: the place within the condition in square brackets; else among its namesakes. */
static enum err call_position(struct run *r, struct expr_value *out, const struct node *call,
                              const struct expr_value *args)
{
    struct expr_nodes all = { .arena = r->ctx->arena };
    struct expr_node parent;
    enum err rc;

    *out = value_number((double)r->position);
    if (call->args_len == 0)
        return OK;
    *out = value_number(NAN);
    if (args[0].nodes_len == 0)
        return OK;
    *out = value_number(1);
    if (!args[0].nodes->tree->parent(args[0].nodes, &parent))
        return OK;
    rc = node_children(r, &parent, args[0].nodes->tree->name(args[0].nodes), &all);
    for (size_t i = 0; i < all.len && !rc; i++)
        if (expr_node_same(&all.items[i], args[0].nodes))
            *out = value_number((double)i + 1);
    return rc;
}

static enum err call_last(struct run *r, struct expr_value *out, const struct node *call,
                          const struct expr_value *args)
{
    (void)call, (void)args;
    *out = value_number((double)r->size);
    return OK;
}

static enum err call_name(struct run *r, struct expr_value *out, const struct node *call,
                          const struct expr_value *args)
{
    const struct expr_node *n = call->args_len ? args[0].nodes : &r->here;

    if (call->args_len && args[0].nodes_len == 0)
        n = NULL;
    *out = value_text(n && n->tree ? n->tree->name(n) : "");
    return OK;
}

static enum err one_node(struct run *r, struct expr_value *out, const struct expr_node *node)
{
    struct expr_nodes set = { .arena = r->ctx->arena };

    if (node->tree)
        expr_nodes_add(&set, *node);
    *out = value_nodes(&set);
    return OK;
}

static enum err call_current(struct run *r, struct expr_value *out, const struct node *call,
                             const struct expr_value *args)
{
    (void)call, (void)args;
    return one_node(r, out, &r->host->here);
}

static enum err find_list(struct run *r, const char *id, struct expr_node *out)
{
    if (r->host->instance)
        return r->host->instance(r->ctx, r->host, id, out);
    return ctx_fail(r->ctx, ERR_NOT_FOUND, tr(r->ctx, "There is no list named {0}.", TR_TEXT(id)));
}

static enum err call_instance(struct run *r, struct expr_value *out, const struct node *call,
                              const struct expr_value *args)
{
    struct expr_node list = { 0 };
    enum err rc = find_list(r, text_arg(r, args, 0), &list);

    (void)call;
    return rc ? rc : one_node(r, out, &list);
}

/* Text of the first child of a name; NULL if there is none. */
static enum err child_text(struct run *r, const struct expr_node *n, const char *name,
                           const char **out)
{
    struct expr_nodes found = { .arena = r->ctx->arena };
    enum err rc = node_children(r, n, name, &found);

    *out = !rc && found.len ? expr_node_text(r->ctx, &found.items[0]) : NULL;
    return rc;
}

/* pulldata(list, wanted, key, value): of the first item whose key is the value. */
static enum err call_pulldata(struct run *r, struct expr_value *out, const struct node *call,
                              const struct expr_value *args)
{
    struct expr_nodes root = { .arena = r->ctx->arena };
    struct expr_nodes items = { .arena = r->ctx->arena };
    const char *wanted = text_arg(r, args, 1);
    const char *key = text_arg(r, args, 2);
    const char *value = text_arg(r, args, 3);
    struct expr_node list = { 0 };
    const char *text = NULL;
    enum err rc = find_list(r, text_arg(r, args, 0), &list);

    (void)call;
    *out = value_text("");
    if (!rc)
        rc = node_children(r, &list, "root", &root);
    if (!rc && root.len)
        rc = node_children(r, &root.items[0], "item", &items);
    for (size_t i = 0; i < items.len && !rc; i++) {
        struct arena_mark mark = arena_mark(r->ctx->arena);

        rc = child_text(r, &items.items[i], key, &text);
        if (rc || (text && strcmp(text, value) == 0)) {
            if (!rc)
                rc = child_text(r, &items.items[i], wanted, &text);
            break;
        }
        text = NULL;
        arena_rewind(r->ctx->arena, mark);
    }
    if (!rc && text)
        *out = value_text(text);
    return rc;
}

/* Every row of what an argument names, not only those around this place. */
static enum err all_rows(struct run *r, struct expr_value *out, const struct node *n)
{
    struct expr_nodes found = { .arena = r->ctx->arena };
    enum err rc;

    if (n->kind != NODE_NAMED || !r->host->named)
        return node_eval(r, out, n);
    rc = r->host->named(r->ctx, r->host, n->text, true, &found);
    if (rc)
        return rc;
    *out = value_nodes(&found);
    return run_spend(r, found.len);
}

/* The n-th (from 1) of a set that lies within a node (all do when it is none); NULL if none. */
static enum err nth_within(struct run *r, const struct expr_value *set,
                           const struct expr_node *outer, double n, const struct expr_node **out)
{
    enum err rc = OK;

    *out = NULL;
    for (size_t i = 0; i < set->nodes_len && !rc && !*out; i++) {
        rc = run_spend(r, 1);
        if (outer && !node_is_within(&set->nodes[i], outer))
            continue;
        n--;
        if (n < 0.5)
            *out = &set->nodes[i];
    }
    return rc;
}

/* indexed-repeat(field, repeat, number, inner repeat, number ...) */
static enum err call_indexed_repeat(struct run *r, struct expr_value *out, const struct node *call,
                                    const struct expr_value *args)
{
    const struct expr_node *row = NULL;
    struct expr_value set = { 0 };
    struct expr_value number = { 0 };
    enum err rc = OK;

    (void)args;
    *out = value_text("");
    for (size_t i = REPEATS_FIRST; i + 1 < call->args_len && !rc; i += 2) {
        rc = all_rows(r, &set, call->args[i]);
        if (!rc)
            rc = node_eval(r, &number, call->args[i + 1]);
        if (!rc)
            rc = nth_within(r, &set, row, trunc(expr_number(r->ctx, &number)), &row);
        if (!rc && (!row || !(expr_number(r->ctx, &number) >= 1)))
            return OK;
    }
    if (!rc)
        rc = all_rows(r, &set, call->args[0]);
    if (!rc)
        rc = nth_within(r, &set, row, 1, &row);
    return rc || !row ? rc : one_node(r, out, row);
}

/* --- randomize --- */

/* As in ODK: nothing counts as 0, what is no number as the first 8 bytes of its SHA-256. */
static int64_t seed_of(struct ctx *ctx, const struct expr_value *v)
{
    const char *text = expr_text(ctx, v);
    double d = expr_number(ctx, v);
    unsigned char hash[crypto_hash_sha256_BYTES];
    uint64_t n = 0;

    if (isinf(d))
        return d > 0 ? INT64_MAX : INT64_MIN;
    if (!isnan(d))
        return fabs(d) < SEED_EXACT ? (int64_t)d : (int64_t)fmod(d, (double)SEED_MODULUS);
    if (!text[0])
        return 0;
    crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
    for (size_t i = 0; i < 8; i++)
        n = n << 8 | hash[i];
    return (int64_t)n;
}

/* Park and Miller's generator; 0 <= result < 1. */
static double next_random(int64_t *seed)
{
    *seed = *seed * SEED_FACTOR % SEED_MODULUS;
    return (double)(*seed - 1) / (double)(SEED_MODULUS - 1);
}

/* Fisher and Yates, from the inside out. */
static void shuffle(size_t *order, size_t len, int64_t seed)
{
    seed %= SEED_MODULUS;
    if (seed <= 0)
        seed += SEED_MODULUS - 1;
    for (size_t i = 0; i < len; i++) {
        size_t k = (size_t)(next_random(&seed) * ((double)i + 1));

        order[i] = order[k];
        order[k] = i;
    }
}

void expr_shuffle(struct ctx *ctx, size_t *order, size_t len, const struct expr_value *seed)
{
    shuffle(order, len, seed_of(ctx, seed));
}

static enum err call_randomize(struct run *r, struct expr_value *out, const struct node *call,
                               const struct expr_value *args)
{
    size_t len = args[0].nodes_len;
    struct expr_node *shuffled = ARENA_ARRAY(r->ctx->arena, len + 1, struct expr_node);
    size_t *order = ARENA_ARRAY(r->ctx->arena, len + 1, size_t);

    shuffle(order, len,
            call->args_len > 1 ? seed_of(r->ctx, &args[1]) : (int64_t)randombytes_random());
    for (size_t i = 0; i < len; i++)
        shuffled[i] = args[0].nodes[order[i]];
    *out = (struct expr_value){ .type = EXPR_NODES, .nodes = shuffled, .nodes_len = len };
    return run_spend(r, len);
}

const struct expr_function expr_functions_nodes[] = {
    { "count", "N", 'n', false, NULL, call_count },
    { "count-non-empty", "N", 'n', false, NULL, call_count_non_empty },
    { "position", "?N", 'n', false, NULL, call_position },
    { "last", "", 'n', false, NULL, call_last },
    { "name", "?N", 's', false, NULL, call_name },
    { "local-name", "?N", 's', false, NULL, call_name },
    { "current", "", 'N', false, NULL, call_current },
    { "instance", "s", 'N', false, NULL, call_instance },
    { "pulldata", "ssss", 's', false, NULL, call_pulldata },
    { "indexed-repeat", "NNn?NnNn", 'a', true, NULL, call_indexed_repeat },
    { "randomize", "N?a", 'N', false, NULL, call_randomize },
    { NULL, NULL, 0, false, NULL, NULL },
};
