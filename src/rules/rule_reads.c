#include "rules/rule_reads.h"

#include "core/text.h"

static void add(struct ctx *ctx, struct reads *out, const struct shape_item *item)
{
    for (size_t i = 0; i < out->len; i++)
        if (out->items[i] == item)
            return;
    if (out->len == out->cap) {
        size_t cap = out->cap ? out->cap * 2 : 8;

        out->items = arena_grow(ctx->arena, out->items, out->cap * sizeof(*out->items),
                                cap * sizeof(*out->items));
        out->cap = cap;
    }
    out->items[out->len++] = item;
}

enum err reads_add(struct ctx *ctx, struct reads *out, const struct expr *e,
                   const struct doc_tree *sample)
{
    const struct expr_host host = doc_tree_host(sample, "2000-01-01", 0);
    struct expr_nodes used = { .arena = ctx->arena };
    enum err rc = expr_check(ctx, e, &host, &used, NULL);

    if (rc)
        return rc;
    out->today = out->today || expr_calls(e, "today") || expr_calls(e, "now");
    for (size_t i = 0; i < used.len; i++) {
        const struct shape_item *item = doc_tree_item(&used.items[i]);
        size_t part = item ? item->part : 0;

        if (item)
            add(ctx, out, item);
        if (item || doc_tree_record(&used.items[i], &part))
            out->parts |= (uint64_t)1 << part;
    }
    return OK;
}

const struct expr *reads_expr(struct ctx *ctx, struct reads *out, const char *text,
                              const struct doc_tree *sample, const char **problem_out)
{
    struct ctx scratch = *ctx;
    const struct expr *e = NULL;
    enum err rc;

    *problem_out = NULL;
    if (text_blank(text))
        return NULL;
    scratch.problems = scratch.problems_last = NULL;
    rc = expr_parse(&scratch, &e, text, NULL);
    if (rc == OK)
        rc = reads_add(&scratch, out, e, sample);
    if (rc)
        *problem_out = ctx_first_problem(&scratch);
    return rc ? NULL : e;
}
