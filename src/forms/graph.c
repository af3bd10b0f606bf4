#include "forms/forms_inner.h"

#include <string.h>

#include "core/buf.h"
#include "core/text.h"

/*
 * Which fields depend on which: a field's relevance and value on what its relevant, calculation and
 * repeat_count read, on its triggers, and on what it stands in. Found by checking each expression
 * against a sample of the answers.
 */

#define CYCLE_TEXT 2000

/* The fields that one field reads; every list has no field twice. */
struct reads {
    size_t *items;
    size_t len;
    size_t cap;
};

struct grapher {
    struct form_build *f;
    const struct form *form;
    struct answers *sample;
    struct reads *reads; /* by place: what it reads, by which its users are found */
    struct reads *users;
    size_t *order;
    size_t order_len;
    enum { VISIT_NOT, VISIT_OPEN, VISIT_DONE } * visits;
    size_t *path; /* fields that are open, outermost first */
    size_t path_len;
    bool failed;
};

static void reads_add(struct arena *a, struct reads *r, size_t place)
{
    for (size_t i = 0; i < r->len; i++)
        if (r->items[i] == place)
            return;
    if (r->len == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 4;

        r->items = arena_grow(a, r->items, r->cap * sizeof(size_t), cap * sizeof(size_t));
        r->cap = cap;
    }
    r->items[r->len++] = place;
}

/* A cell has one mistake told: the first. */
static void tell(struct grapher *g, int row, const char *column, const char *text)
{
    struct ctx *ctx = g->f->b->ctx;
    const char *place = g->f->survey->place;

    g->failed = true;
    column = column_written(g->f->survey, column);
    if (!ctx_problem(ctx, arena_printf(ctx->arena, "%s:%d:%s", place, row, column)))
        mistake(g->f->b, place, row, column, text);
}

/* --- a sample: every field of every level once --- */

static void add_rows(struct arena *a, struct answers *t)
{
    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];

        if (f->kind == FIELD_REPEAT && f->repeat == t->repeat)
            add_rows(a, answers_add_row(a, t, f));
    }
}

static const struct answers *sample_level(const struct answers *t, const struct field *repeat)
{
    const struct answers *outer = repeat ? sample_level(t, repeat->repeat) : t;

    return repeat ? outer->rows[repeat->place][0] : outer;
}

/* --- what an expression reads --- */

static bool names_known(const struct grapher *g, const struct expr *e)
{
    for (const char *const *name = expr_names(e); *name; name++)
        if (!field_find(g->form, *name))
            return false;
    return true;
}

static bool is_around(const struct field *outer, const struct field *f)
{
    while (f && f != outer)
        f = f->parent;
    return f == outer;
}

static void note_reads(struct grapher *g, const struct field *f, const struct expr_nodes *used)
{
    for (size_t i = 0; i < used->len; i++) {
        const struct field *other = node_field(&used->items[i]);

        if (!other || is_around(other, f))
            continue;
        reads_add(g->f->b->ctx->arena, &g->reads[f->place], other->place);
        for (const struct field *r = other->repeat; r; r = r->repeat)
            if (!is_around(r, f))
                reads_add(g->f->b->ctx->arena, &g->reads[f->place], r->place);
    }
}

/* Whether a field's own name stands in its calculation. */
static bool reads_itself(const struct field *f, const struct expr *e)
{
    for (const char *const *name = expr_names(e); *name; name++)
        if (strcmp(*name, f->name) == 0)
            return true;
    return false;
}

static void check_expression(struct grapher *g, const struct field *f, const char *column,
                             const struct expr *e, bool counts)
{
    struct ctx *ctx = g->f->b->ctx;
    struct ctx scratch = *ctx;
    const struct answers *t = sample_level(g->sample, f->repeat);
    struct expr_host host = answers_host(ctx, t, f, "");
    struct expr_nodes used = { .arena = ctx->arena };
    size_t offset = 0;

    if (!e || !names_known(g, e))
        return;
    if (f->kind == FIELD_REPEAT)
        host.here =
            (struct expr_node){ .tree = host.here.tree, .at = t->rows[f->place][0], .what = f };
    if (expr_calls(e, "today"))
        g->f->form->asks_today = true;
    if (e == f->choice_filter) {
        if (!f->choices || f->choices->len == 0)
            return;
        host = choice_host(host, f->choices, 0);
    }
    ctx_clear_problems(&scratch);
    if (expr_check(&scratch, e, &host, &used, &offset) != OK)
        tell(g, f->row, column,
             tr(ctx, "{0} (Character {1} of: {2})", TR_TEXT(ctx_first_problem(&scratch)),
                TR_INT((int64_t)text_codepoints(arena_strndup(ctx->arena, expr_source(e), offset)) +
                       1),
                TR_TEXT(value_shortened(ctx, expr_source(e)))));
    else if (counts && reads_itself(f, e))
        reads_add(ctx->arena, &g->reads[f->place], f->place);
    if (counts)
        note_reads(g, f, &used);
}

static void read_field(struct grapher *g, const struct field *f)
{
    struct arena *a = g->f->b->ctx->arena;

    check_expression(g, f, "relevant", f->relevant, true);
    check_expression(g, f, "calculation", f->calculation, f->trigger_len == 0);
    check_expression(g, f, "repeat_count", f->repeat_count, true);
    check_expression(g, f, "constraint", f->constraint, false);
    check_expression(g, f, "required", f->required_if, false);
    check_expression(g, f, "default", f->default_value, false);
    check_expression(g, f, f->searched ? "appearance" : "choice_filter", f->choice_filter, false);
    check_expression(g, f, "parameters", f->seed, false);
    for (size_t i = 0; i < f->trigger_len; i++)
        if (f->trigger[i] != f)
            reads_add(a, &g->reads[f->place], f->trigger[i]->place);
    if (f->parent)
        reads_add(a, &g->reads[f->place], f->parent->place);
}

/* --- order --- */

static void tell_cycle(struct grapher *g, size_t place)
{
    struct ctx *ctx = g->f->b->ctx;
    const struct field *f = g->form->all[place];
    const char *column = f->calculation ? "calculation" : "relevant";
    struct buf b = { 0 };
    size_t from = g->path_len;

    while (from > 0 && g->path[from - 1] != place)
        from--;
    buf_init(&b, ctx->arena, CYCLE_TEXT);
    for (size_t i = from ? from - 1 : 0; i < g->path_len; i++) {
        buf_add(&b, g->form->all[g->path[i]]->name);
        buf_add(&b, " → ");
    }
    buf_add(&b, f->name);
    tell(
        g, f->row, column,
        tr(ctx,
           "These depend on each other in a circle, so that nothing can settle them: {0}. Take one "
           "of these references out.",
           TR_TEXT(buf_text(&b))));
}

static void visit(struct grapher *g, size_t place)
{
    g->visits[place] = VISIT_OPEN;
    g->path[g->path_len++] = place;
    for (size_t i = 0; i < g->reads[place].len; i++) {
        size_t other = g->reads[place].items[i];

        if (g->visits[other] == VISIT_OPEN)
            tell_cycle(g, other);
        else if (g->visits[other] == VISIT_NOT)
            visit(g, other);
        reads_add(g->f->b->ctx->arena, &g->users[other], place);
    }
    g->path_len--;
    g->visits[place] = VISIT_DONE;
    g->order[g->order_len++] = place;
}

void graph_build(struct form_build *f)
{
    struct arena *a = f->b->ctx->arena;
    size_t n = f->form->all_len;
    struct grapher g = { .f = f, .form = f->form };
    struct form_graph *graph = ARENA_NEW(a, struct form_graph);
    size_t *rank = ARENA_ARRAY(a, n + 1, size_t);
    struct field_users *users = ARENA_ARRAY(a, n + 1, struct field_users);

    g.sample = answers_new(a, f->form);
    add_rows(a, g.sample);
    g.reads = ARENA_ARRAY(a, n + 1, struct reads);
    g.users = ARENA_ARRAY(a, n + 1, struct reads);
    g.order = ARENA_ARRAY(a, n + 1, size_t);
    g.path = ARENA_ARRAY(a, n + 1, size_t);
    g.visits = arena_array(a, n + 1, sizeof(*g.visits));
    for (size_t i = 0; i < n; i++)
        read_field(&g, f->form->all[i]);
    for (size_t i = 0; i < n; i++)
        if (g.visits[i] == VISIT_NOT)
            visit(&g, i);
    for (size_t i = 0; i < n; i++) {
        rank[g.order[i]] = i;
        users[i] = (struct field_users){ .places = g.users[i].items, .len = g.users[i].len };
    }
    *graph = (struct form_graph){ .order = g.order, .rank = rank, .users = users };
    f->form->graph = graph;
}
