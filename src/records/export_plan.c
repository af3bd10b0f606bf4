/* What an export is made of: its tables, and what stands in each column. */
#include <string.h>

#include "core/csv.h"
#include "core/text.h"
#include "records/export_inner.h"

static const char *const fixed_names[] = { [OUT_ID] = "record.id",
                                           [OUT_NUMBER] = "record.number",
                                           [OUT_STATUS] = "record.status",
                                           [OUT_PARENT] = "record.parent",
                                           [OUT_PARENT_ID] = "record.parent_id",
                                           [OUT_ROW_ID] = "row.id",
                                           [OUT_ROW_OF] = "row.of" };

bool export_may_leave(const struct ctx *ctx, const struct field *f)
{
    return field_is_answer(f) && f->kind != FIELD_HIDDEN && field_visible(ctx, f);
}

/* --- what was chosen --- */

/* "sex", "names" (all in it), "case:opened_on", "case:" (all of it). */
static bool names_it(const char *chosen, const struct export *x, const struct form *form,
                     const char *name)
{
    const char *colon = strchr(chosen, ':');

    if (!colon)
        return form == x->form && strcmp(chosen, name) == 0;
    if (strlen(form->kind) != (size_t)(colon - chosen) ||
        strncmp(chosen, form->kind, (size_t)(colon - chosen)) != 0)
        return false;
    return colon[1] == '\0' || strcmp(colon + 1, name) == 0;
}

static bool chosen_name(const struct export *x, const struct form *form, const char *name)
{
    const struct export_options *o = x->options;

    for (size_t i = 0; i < o->columns_len; i++)
        if (names_it(o->columns[i], x, form, name))
            return true;
    return o->columns_len == 0;
}

static bool chosen(const struct export *x, const struct form *form, const struct field *f)
{
    if (!export_may_leave(x->ctx, f))
        return false;
    for (; f; f = f->parent)
        if (chosen_name(x, form, f->name))
            return true;
    return false;
}

static bool is_known(const struct export *x, const char *name)
{
    for (size_t t = 0; t < x->tables_len; t++) {
        const struct form *form = x->tables[t].form;

        if (text_equal(name, arena_printf(x->kept, "%s:", form->kind)))
            return true;
        for (size_t i = OUT_ID; i <= OUT_PARENT_ID; i++)
            if (names_it(name, x, form, fixed_names[i]))
                return true;
        for (size_t i = 0; i < form->all_len; i++) {
            const struct field *f = form->all[i];

            if (names_it(name, x, form, f->name) && field_visible(x->ctx, f) &&
                f->kind != FIELD_HIDDEN)
                return true;
        }
    }
    return false;
}

static enum err check_columns(struct export *x)
{
    for (size_t i = 0; i < x->options->columns_len; i++)
        if (!is_known(x, x->options->columns[i]))
            return ctx_fail_field(
                x->ctx, "columns",
                tr(x->ctx, "There is no field named {0}.", TR_TEXT(x->options->columns[i])));
    return OK;
}

/* --- columns --- */

static enum report_kind kind_of(const struct field *f)
{
    if (f->kind == FIELD_INTEGER)
        return REPORT_INT;
    if (f->kind == FIELD_DECIMAL || f->kind == FIELD_RANGE)
        return REPORT_DECIMAL;
    return f->kind == FIELD_DATE ? REPORT_DATE : REPORT_TEXT;
}

static bool add_column(struct export *x, struct export_table *t, const struct export_column *c,
                       const char *label)
{
    if (t->len == t->most)
        return false;
    t->columns[t->len] = *c;
    t->heads[t->len].label = x->options->labels ? label : c->name;
    t->heads[t->len].kind = c->f ? kind_of(c->f) : REPORT_TEXT;
    t->len++;
    return true;
}

static const char *fixed_label(struct ctx *ctx, enum export_what what)
{
    switch (what) {
    case OUT_NUMBER:
        return tr(ctx, "Number");
    case OUT_STATUS:
        return tr(ctx, "Status");
    case OUT_PARENT:
        return tr(ctx, "Belongs to");
    case OUT_FIELD:
    case OUT_ID:
    case OUT_PARENT_ID:
    case OUT_ROW_ID:
    case OUT_ROW_OF:
        break;
    }
    return fixed_names[what]; /* machines put tables together by these */
}

static void add_fixed(struct export *x, struct export_table *t, enum export_what what)
{
    const struct export_column c = { .what = what, .name = fixed_names[what] };

    (void)add_column(x, t, &c, fixed_label(x->ctx, what));
}

static void add_chosen_fixed(struct export *x, struct export_table *t, enum export_what what)
{
    if (chosen_name(x, t->form, fixed_names[what]))
        add_fixed(x, t, what);
}

/* Keys are there in linked tables whatever was chosen: without them nothing can be put together. */
static void add_keys(struct export *x, struct export_table *t)
{
    bool linked = x->options->linked;

    if (t->repeat) {
        add_fixed(x, t, OUT_ROW_ID);
        add_fixed(x, t, OUT_ROW_OF);
        add_chosen_fixed(x, t, OUT_NUMBER);
        return;
    }
    if (linked)
        add_fixed(x, t, OUT_ID);
    add_chosen_fixed(x, t, OUT_NUMBER);
    add_chosen_fixed(x, t, OUT_STATUS);
    if (t->form->parent) {
        add_chosen_fixed(x, t, OUT_PARENT);
        if (linked)
            add_fixed(x, t, OUT_PARENT_ID);
    }
}

/* Where rows stand side by side: their place so far, and what it is called. */
struct beside {
    struct export_column at;
    const char *name;
    const char *label;
};

static bool add_fields(struct export *x, struct export_table *t, const struct beside *b);

static bool add_rows_beside(struct export *x, struct export_table *t, const struct beside *b,
                            const struct field *repeat)
{
    for (int64_t r = 0; r < x->rows_max[repeat->place]; r++) {
        struct beside inner = *b;
        const char *n = arena_printf(x->kept, "%lld", (long long)r + 1);

        inner.at.repeats[inner.at.depth] = repeat;
        inner.at.rows[inner.at.depth++] = (size_t)r;
        inner.name = arena_printf(x->kept, "%s%s.%s.", b->name, repeat->name, n);
        inner.label =
            arena_printf(x->kept, "%s%s %s, ", b->label, label_text(x->ctx, &repeat->label), n);
        if (!add_fields(x, t, &inner))
            return false;
    }
    return true;
}

static bool add_fields(struct export *x, struct export_table *t, const struct beside *b)
{
    const struct field *repeat = b->at.depth ? b->at.repeats[b->at.depth - 1] : t->repeat;

    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];
        struct export_column c = b->at;
        const char *label;

        if (f->repeat != repeat)
            continue;
        c.f = f;
        c.name = arena_printf(x->kept, "%s%s", b->name, f->name);
        label = label_text(x->ctx, &f->label);
        if (chosen(x, t->form, f) &&
            !add_column(x, t, &c,
                        arena_printf(x->kept, "%s%s", b->label, label[0] ? label : f->name)))
            return false;
        if (!x->options->linked && field_is_repeat(f) && field_visible(x->ctx, f) &&
            b->at.depth < EXPORT_DEPTH && !add_rows_beside(x, t, b, f))
            return false;
    }
    return true;
}

static int64_t bits_to(const struct form *form, const struct field *repeat)
{
    int64_t bits = 0;

    for (; repeat; repeat = repeat->repeat)
        bits |= (int64_t)1 << repeat_bit(form, repeat);
    return bits;
}

static int64_t parts_of(const struct export_table *t)
{
    int64_t bits = bits_to(t->form, t->repeat);

    for (size_t i = 0; i < t->len; i++)
        if (t->columns[i].depth > 0)
            bits |= bits_to(t->form, t->columns[i].f->repeat);
    return bits;
}

static enum err make_columns(struct export *x, struct export_table *t)
{
    const struct beside top = { .name = "", .label = "" };

    t->most = x->options->linked ? t->form->all_len + OUT_ROW_OF : CSV_COLUMNS_MAX;
    if (t->most > CSV_COLUMNS_MAX)
        t->most = CSV_COLUMNS_MAX;
    t->columns = ARENA_ARRAY(x->kept, t->most, struct export_column);
    t->heads = ARENA_ARRAY(x->kept, t->most, struct table_column);
    add_keys(x, t);
    if (!add_fields(x, t, &top))
        return ctx_fail(x->ctx, ERR_LIMIT,
                        tr(x->ctx,
                           "There are more than {0} columns. Choose fewer, or linked tables.",
                           TR_INT(CSV_COLUMNS_MAX)));
    t->parts = parts_of(t);
    t->cells = ARENA_ARRAY(x->kept, t->len + 1, const char *);
    t->spec.columns = t->heads;
    t->spec.len = t->len;
    return OK;
}

/* --- tables --- */

static const char *table_title(struct export *x, const struct export_table *t)
{
    const char *title = label_text(x->ctx, &t->form->title);
    const char *label = t->repeat ? label_text(x->ctx, &t->repeat->label) : "";

    if (!x->options->labels)
        return t->spec.name;
    if (!t->repeat)
        return arena_strdup(x->kept, title);
    label = label[0] ? label : t->repeat->name;
    return arena_strdup(x->kept, t->form == x->form
                                     ? label
                                     : tr(x->ctx, "{0}: {1}", TR_TEXT(title), TR_TEXT(label)));
}

static enum err add_table(struct export *x, const struct export_table *like,
                          const struct field *repeat)
{
    struct export_table *t = &x->tables[x->tables_len];

    if (x->tables_len == EXPORT_TABLES)
        return ctx_fail(x->ctx, ERR_LIMIT,
                        tr(x->ctx, "There are more than {0} tables. Choose fewer columns.",
                           TR_INT(EXPORT_TABLES)));
    *t = *like;
    t->form = t->chain[t->chain_len - 1];
    t->repeat = repeat;
    t->spec.name =
        repeat ? arena_printf(x->kept, "%s.%s", t->form->kind, repeat->name) : t->form->kind;
    t->spec.title = table_title(x, t);
    x->tables_len++;
    return OK;
}

static bool may_export(struct ctx *ctx, const struct form *form)
{
    return form->privacy <= ctx->user->clearance && user_may_do(ctx->user, form->kind, "export");
}

/* A kind, its repeats, then the kinds below it that the acting user may export. */
static enum err add_kind(struct export *x, const struct export_table *t)
{
    const struct form *form = t->chain[t->chain_len - 1];
    enum err rc = add_table(x, t, NULL);

    if (rc || !x->options->linked)
        return rc;
    for (size_t i = 0; rc == OK && i < form->all_len; i++)
        if (field_is_repeat(form->all[i]) && field_visible(x->ctx, form->all[i]))
            rc = add_table(x, t, form->all[i]);
    for (size_t i = 0; rc == OK && i < x->ctx->forms->len; i++) {
        const struct form *below = x->ctx->forms->items[i];
        struct export_table next = *t;

        if (!text_equal(below->parent, form->kind) || t->chain_len == EXPORT_DEPTH ||
            !may_export(x->ctx, below))
            continue;
        next.chain[next.chain_len++] = below;
        rc = add_kind(x, &next);
    }
    return rc;
}

static bool has_fields(const struct export_table *t)
{
    for (size_t i = 0; i < t->len; i++)
        if (t->columns[i].what == OUT_FIELD)
            return true;
    return false;
}

/* Tables of which no column was chosen are left out, but for the first. */
static void drop_empty(struct export *x)
{
    size_t n = 1;

    for (size_t i = 1; i < x->tables_len; i++)
        if (x->options->columns_len == 0 || has_fields(&x->tables[i]))
            x->tables[n++] = x->tables[i];
    x->tables_len = n;
}

static enum err widest(struct export *x)
{
    enum err rc = OK;

    x->rows_max = ARENA_ARRAY(x->kept, x->form->all_len + 1, int64_t);
    x->repeats = ARENA_ARRAY(x->kept, x->form->all_len + 1, const struct field *);
    for (size_t i = 0; i < x->form->all_len; i++)
        if (field_is_repeat(x->form->all[i])) {
            x->nested = x->nested || x->form->all[i]->repeat;
            x->repeats[x->repeats_len++] = x->form->all[i];
        }
    for (size_t i = 0; rc == OK && !x->options->linked && i < x->repeats_len; i++)
        rc = sql_rows_max(x->ctx, &x->rows_max[x->repeats[i]->place], x->form, x->repeats[i]);
    return rc;
}

enum err export_plan(struct export *x)
{
    struct export_table top = { .chain = { x->form }, .chain_len = 1 };
    enum err rc;

    x->tables = ARENA_ARRAY(x->kept, EXPORT_TABLES, struct export_table);
    rc = add_kind(x, &top);
    if (x->options->format == EXPORT_JSON) {
        x->tables[0].parts = PARTS_ALL;
        return rc;
    }
    if (rc == OK)
        rc = check_columns(x);
    if (rc == OK)
        rc = widest(x);
    for (size_t i = 0; rc == OK && i < x->tables_len; i++)
        rc = make_columns(x, &x->tables[i]);
    if (rc == OK)
        drop_empty(x);
    return rc;
}
