/* /costs: sums of the costs of plans, as a page, a workbook, CSV or PDF. Names nobody. */
#include "plans/costs.h"

#include <math.h>
#include <string.h>

#include "core/text.h"
#include "facts/facts.h"
#include "forms_gen.h"
#include "plans/plans_web.h"
#include "plans_templates.h"
#include "records/document_web.h"
#include "report/report.h"

#define QUARTERS_BACK 20 /* that can be chosen */
#define SELECTS       9
#define NUMBERS       6 /* planned, committed, spent, ceiling, left, plans */

struct shown {
    struct cost_ask ask;
    const struct fact_lists *lists;
    const struct form *form;
    const char **currencies;
    size_t currencies_len;
    struct cost_ask all;    /* the same by currency alone */
    struct cost_line *sums; /* of that */
    size_t sums_len;
    struct cost_line *lines;
    size_t lines_len;
    int64_t moment; /* of which the figures are; 0 = none yet */
    bool page;      /* has a title of its own */
    bool plain;     /* numbers for programs, not in the way of the language */
};

/* --- words --- */

static const char *dim_title(struct ctx *ctx, enum cost_dim d)
{
    static const char *const titles[COST_DIMS] = {
        [COST_BY_NOTHING] = "",
        [COST_BY_PROGRAMME] = N_("Programme"),
        [COST_BY_FUND] = N_("Fund"),
        [COST_BY_COMPONENT] = N_("Part of the plan"),
        [COST_BY_ASSISTANCE] = N_("Assistance"),
        [COST_BY_OFFICE] = N_("Office"),
        [COST_BY_QUARTER] = N_("Quarter of the plan"),
    };

    return tr_args(ctx, titles[d], NULL);
}

static const struct choice_list *choices_of(const struct shown *s, enum cost_dim d)
{
    return field_find(s->form,
                      d == COST_BY_COMPONENT ? FIELD_PLAN_LINE_COMPONENT : FIELD_PLAN_LINE_CODE)
        ->choices;
}

static const char *fund_title(struct ctx *ctx, const struct fact_fund *f)
{
    return tr(ctx, "{0} ({1})", TR_TEXT(f->donor), TR_TEXT(f->code));
}

static const char *programme_title(struct ctx *ctx, const struct fact_programme *p)
{
    return tr(ctx, "{0} ({1})", TR_TEXT(p->name), TR_TEXT(p->code));
}

static const char *value_title(struct ctx *ctx, const struct shown *s, enum cost_dim d,
                               const char *value)
{
    const struct fact_lists *l = s->lists;
    const struct fact_office *office;
    const struct choice *c;

    if (!*value)
        return tr(ctx, "Not known");
    for (size_t i = 0; d == COST_BY_PROGRAMME && i < l->programmes_len; i++)
        if (text_equal(l->programmes[i].code, value))
            return programme_title(ctx, &l->programmes[i]);
    for (size_t i = 0; d == COST_BY_FUND && i < l->funds_len; i++)
        if (text_equal(l->funds[i].code, value))
            return fund_title(ctx, &l->funds[i]);
    if (d == COST_BY_OFFICE) {
        office = fact_office_find(l, value);
        return office ? office->name : value;
    }
    if (d != COST_BY_COMPONENT && d != COST_BY_ASSISTANCE)
        return value;
    c = choice_find(choices_of(s, d), value);
    return c ? label_text(ctx, &c->label) : value;
}

/* --- the document --- */

static const char *amount(struct ctx *ctx, const struct shown *s, int64_t minor,
                          const char *currency)
{
    int decimals = cost_decimals(currency);
    double d = (double)minor / pow(10, decimals);

    return s->plain ? arena_printf(ctx->arena, "%.*f", decimals, d) : tr_decimal(ctx, d, decimals);
}

static void add_heads(struct ctx *ctx, struct doc_column *columns, bool whole)
{
    const char *const heads[NUMBERS] = {
        tr(ctx, "Planned"),
        tr(ctx, "Committed"),
        tr(ctx, "Spent"),
        tr(ctx, "Ceiling"),
        tr(ctx, "Left under the ceiling"),
        tr(ctx, "Plans"),
    };
    size_t n = 0;

    columns[n++].head = tr(ctx, "Currency");
    for (size_t i = 0; i < NUMBERS; i++)
        if (whole || (i != 3 && i != 4))
            columns[n++] =
                (struct doc_column){ .head = heads[i],
                                     .kind = i + 1 == NUMBERS ? REPORT_INT : REPORT_DECIMAL };
}

static void add_line(struct ctx *ctx, const struct shown *s, const char **cells,
                     const struct cost_line *l, bool whole)
{
    const int64_t numbers[] = { l->planned, l->committed, l->spent, l->ceiling, l->left };
    size_t n = 0;

    cells[n++] = l->currency;
    for (size_t i = 0; i < NUMBERS - 1; i++)
        if (i < 3)
            cells[n++] = amount(ctx, s, numbers[i], l->currency);
        else if (whole)
            cells[n++] = l->has_ceiling ? amount(ctx, s, numbers[i], l->currency) : "";
    cells[n] = arena_printf(ctx->arena, "%lld", (long long)l->plans);
}

static const char *table_title(struct ctx *ctx, const struct cost_ask *ask)
{
    if (ask->by == COST_BY_NOTHING && ask->within == COST_BY_NOTHING)
        return tr(ctx, "By currency");
    if (ask->by == COST_BY_NOTHING || ask->within == COST_BY_NOTHING)
        return dim_title(ctx, ask->by == COST_BY_NOTHING ? ask->within : ask->by);
    return tr(ctx, "{0}, {1}", TR_TEXT(dim_title(ctx, ask->by)),
              TR_TEXT(dim_title(ctx, ask->within)));
}

static void add_table(struct ctx *ctx, struct document *d, const struct shown *s,
                      const struct cost_ask *ask)
{
    const struct cost_line *lines = ask == &s->all ? s->sums : s->lines;
    size_t len = ask == &s->all ? s->sums_len : s->lines_len;
    bool whole = costs_of_whole_plans(ask);
    size_t first = (size_t)(ask->by != COST_BY_NOTHING) + (size_t)(ask->within != COST_BY_NOTHING);
    size_t width = first + 1 + (whole ? NUMBERS : NUMBERS - 2);
    struct doc_column *columns = ARENA_ARRAY(ctx->arena, width + 1, struct doc_column);
    const char **cells = ARENA_ARRAY(ctx->arena, len * width + 1, const char *);
    size_t n = 0;

    if (ask->by != COST_BY_NOTHING)
        columns[n++].head = dim_title(ctx, ask->by);
    if (ask->within != COST_BY_NOTHING)
        columns[n].head = dim_title(ctx, ask->within);
    add_heads(ctx, columns + first, whole);
    for (size_t r = 0; r < len; r++) {
        n = r * width;
        if (ask->by != COST_BY_NOTHING)
            cells[n++] = value_title(ctx, s, ask->by, lines[r].by);
        if (ask->within != COST_BY_NOTHING)
            cells[n++] = value_title(ctx, s, ask->within, lines[r].within);
        add_line(ctx, s, cells + n, &lines[r], whole);
    }
    document_add(d, DOC_HEADING, table_title(ctx, ask));
    document_table(d, &(struct doc_table){ .title = table_title(ctx, ask),
                                           .columns = columns,
                                           .columns_len = width,
                                           .cells = cells,
                                           .rows = len });
}

/* What was chosen, in words: a file says what it is about. */
static void add_about(struct ctx *ctx, struct document *d, const struct shown *s)
{
    const char *const values[] = { s->ask.programme, s->ask.fund, s->ask.component,
                                   s->ask.assistance };
    const enum cost_dim dims[] = { COST_BY_PROGRAMME, COST_BY_FUND, COST_BY_COMPONENT,
                                   COST_BY_ASSISTANCE };
    struct doc_pair pairs[8];
    size_t n = 0;

    if (s->moment)
        pairs[n++] = (struct doc_pair){ tr(ctx, "As at"), tr_moment(ctx, s->moment) };
    for (size_t i = 0; i < 4; i++)
        if (*values[i])
            pairs[n++] = (struct doc_pair){
                dim_title(ctx, dims[i]),
                value_title(ctx, s, dims[i], text_equal(values[i], COST_NOT_KNOWN) ? "" : values[i])
            };
    if (*s->ask.from)
        pairs[n++] = (struct doc_pair){ tr(ctx, "From quarter"), s->ask.from };
    if (*s->ask.to)
        pairs[n++] = (struct doc_pair){ tr(ctx, "To quarter"), s->ask.to };
    document_pairs(d, pairs, n);
}

static struct document *document_of(struct ctx *ctx, const struct shown *s)
{
    const char *title = tr(ctx, "Costs of plans");
    struct document *d =
        s->page ? document_untitled(ctx, ctx->lang, title) : document_new(ctx, ctx->lang, title);

    document_paper(d, DOC_A4, true);
    add_about(ctx, d, s);
    add_table(ctx, d, s, &s->all);
    if (s->ask.by != COST_BY_NOTHING || s->ask.within != COST_BY_NOTHING)
        add_table(ctx, d, s, &s->ask);
    document_add(d, DOC_NOTE,
                 tr(ctx,
                    "Planned: plans that are not agreed yet. Committed: plans that are agreed, "
                    "in force or ended. Spent: the real cost, where it was written."));
    document_add(d, DOC_NOTE,
                 tr(ctx, "A new version of a plan counts once it is in force. What was dropped "
                         "does not count, nor of a plan that ended what was not done."));
    if (!costs_of_whole_plans(&s->ask))
        document_add(d, DOC_NOTE,
                     tr(ctx, "A ceiling belongs to a whole plan: it is shown only where whole "
                             "plans are counted."));
    return d;
}

/* --- what can be chosen --- */

struct select {
    struct facts_select_view *view;
    struct facts_option_view *options;
    const char *chosen;
};

static struct select begin(struct ctx *ctx, struct facts_select_view *view, const char *name,
                           const char *label, size_t most)
{
    struct select s = { .view = view };

    s.options = ARENA_ARRAY(ctx->arena, most + 1, struct facts_option_view);
    *view = (struct facts_select_view){
        .name = name, .label = label, .none = tr(ctx, "all"), .options = s.options
    };
    return s;
}

static void offer(struct select *s, const char *code, const char *label)
{
    s->options[s->view->options_len++] =
        (struct facts_option_view){ code, label, text_equal(code, s->chosen) };
}

static void fill_dims(struct ctx *ctx, struct facts_select_view *out, const struct shown *s)
{
    static const char *const names[] = { "by", "within" };
    const char *const labels[] = { tr(ctx, "Rows"), tr(ctx, "Rows, within these") };
    const enum cost_dim chosen[] = { s->ask.by, s->ask.within };

    for (size_t i = 0; i < 2; i++) {
        struct select o = begin(ctx, &out[i], names[i], labels[i], COST_DIMS);

        o.chosen = cost_dim_names[chosen[i]];
        out[i].none = tr(ctx, "none");
        out[i].problem = ctx_problem(ctx, names[i]);
        for (int d = COST_BY_NOTHING + 1; d < COST_DIMS; d++)
            offer(&o, cost_dim_names[d], dim_title(ctx, (enum cost_dim)d));
    }
}

static void fill_choices(struct ctx *ctx, struct facts_select_view *out, const struct shown *s,
                         enum cost_dim d, const char *chosen)
{
    const struct choice_list *list = choices_of(s, d);
    struct select o = begin(ctx, out, cost_dim_names[d], dim_title(ctx, d), list->len);

    o.chosen = chosen;
    for (size_t i = 0; i < list->len; i++)
        offer(&o, list->items[i].name, label_text(ctx, &list->items[i].label));
}

static void fill_money(struct ctx *ctx, struct facts_select_view *out, const struct shown *s)
{
    const struct fact_lists *l = s->lists;
    struct select o =
        begin(ctx, &out[0], "programme", dim_title(ctx, COST_BY_PROGRAMME), l->programmes_len + 1);

    o.chosen = s->ask.programme;
    for (size_t i = 0; i < l->programmes_len; i++)
        offer(&o, l->programmes[i].code, programme_title(ctx, &l->programmes[i]));
    offer(&o, COST_NOT_KNOWN, tr(ctx, "Not known"));
    o = begin(ctx, &out[1], "fund", dim_title(ctx, COST_BY_FUND), l->funds_len + 1);
    o.chosen = s->ask.fund;
    for (size_t i = 0; i < l->funds_len; i++)
        offer(&o, l->funds[i].code, fund_title(ctx, &l->funds[i]));
    offer(&o, COST_NOT_KNOWN, tr(ctx, "Not known"));
    o = begin(ctx, &out[2], "currency", tr(ctx, "Currency"), s->currencies_len);
    o.chosen = s->ask.currency;
    for (size_t i = 0; i < s->currencies_len; i++)
        offer(&o, s->currencies[i], s->currencies[i]);
}

static void fill_periods(struct ctx *ctx, struct facts_select_view *out, const struct shown *s)
{
    static const char *const names[] = { "from", "to" };
    const char *const labels[] = { tr(ctx, "From quarter"), tr(ctx, "To quarter") };
    const char *const chosen[] = { s->ask.from, s->ask.to };
    int64_t now = quarter_of_ms(ctx->now_ms);

    for (size_t i = 0; i < 2; i++) {
        struct select o = begin(ctx, &out[i], names[i], labels[i], QUARTERS_BACK);

        o.chosen = chosen[i];
        out[i].problem = ctx_problem(ctx, names[i]);
        for (int64_t q = now; q > now - QUARTERS_BACK; q--)
            offer(&o, quarter_text(ctx, q), quarter_text(ctx, q));
    }
}

/* --- the page --- */

static struct url as_file(struct ctx *ctx, const struct cost_ask *a, const char *as)
{
    return url_build(ctx,
                     "/costs?by={}&within={}&programme={}&fund={}&component={}&assistance={}"
                     "&currency={}&from={}&to={}&as={}",
                     cost_dim_names[a->by], cost_dim_names[a->within], a->programme, a->fund,
                     a->component, a->assistance, a->currency, a->from, a->to, as);
}

static enum err show(struct ctx *ctx, struct res *res, int status, const struct shown *s)
{
    struct facts_select_view *selects = ARENA_ARRAY(ctx->arena, SELECTS, struct facts_select_view);
    struct costs_page_view v = { .asked = { .shape = selects,
                                            .shape_len = 2,
                                            .limits = selects + 2,
                                            .limits_len = SELECTS - 2 },
                                 .any = s->sums_len > 0,
                                 .pdf = as_file(ctx, &s->ask, "pdf"),
                                 .xlsx = as_file(ctx, &s->ask, "xlsx"),
                                 .csv = as_file(ctx, &s->ask, "csv") };
    enum err rc = OK;

    fill_dims(ctx, selects, s);
    fill_money(ctx, selects + 2, s);
    fill_choices(ctx, selects + 5, s, COST_BY_COMPONENT, s->ask.component);
    fill_choices(ctx, selects + 6, s, COST_BY_ASSISTANCE, s->ask.assistance);
    fill_periods(ctx, selects + 7, s);
    if (status != 200)
        v.asked.problem = ctx_first_problem(ctx);
    if (v.any)
        rc = report_items_fill(ctx, &v.items, &v.items_len, document_of(ctx, s));
    if (rc == OK)
        costs_page_reply(res, status, &v);
    return rc;
}

static enum err read_dim(struct ctx *ctx, enum cost_dim *out, const struct req *req,
                         const char *name)
{
    const char *said = req_text(req, name);

    for (int d = 0; d < COST_DIMS; d++) {
        if (text_equal(said, cost_dim_names[d])) {
            *out = (enum cost_dim)d;
            return OK;
        }
    }
    return ctx_fail_field(ctx, name, tr(ctx, "Costs are not told by “{0}”.", TR_TEXT(said)));
}

static enum err read_ask(struct ctx *ctx, struct cost_ask *out, const struct req *req)
{
    enum err rc = read_dim(ctx, &out->by, req, "by");

    if (rc == OK)
        rc = read_dim(ctx, &out->within, req, "within");
    if (rc == OK && out->by == out->within && out->by != COST_BY_NOTHING)
        rc = ctx_fail_field(ctx, "within", tr(ctx, "Choose something else within these rows."));
    return rc;
}

static enum err get_costs(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *as = req_text(req, "as");
    struct shown s = { .ask = { .programme = req_text(req, "programme"),
                                .fund = req_text(req, "fund"),
                                .component = req_text(req, "component"),
                                .assistance = req_text(req, "assistance"),
                                .currency = req_text(req, "currency"),
                                .from = req_text(req, "from"),
                                .to = req_text(req, "to") },
                       .form = form_find(ctx->forms, FORM_PLAN),
                       .page = !*as,
                       .plain = text_equal(as, "csv") || text_equal(as, "xlsx") };
    struct fact_lists *lists = NULL;
    enum err rc = fact_lists_load(ctx, &lists);

    s.lists = lists;
    if (rc == OK)
        rc = facts_moment(ctx, &s.moment);
    if (rc == OK)
        rc = costs_currencies(ctx, &s.currencies, &s.currencies_len);
    if (rc)
        return rc;
    rc = read_ask(ctx, &s.ask, req);
    if (rc == OK)
        rc = costs_sum(ctx, &s.lines, &s.lines_len, &s.ask);
    s.all = s.ask;
    s.all.by = s.all.within = COST_BY_NOTHING;
    if (rc == OK)
        rc = costs_sum(ctx, &s.sums, &s.sums_len, &s.all);
    if ((rc == ERR_INVALID || rc == ERR_LIMIT) && !*as && !req_wants_json(req))
        return show(ctx, res, 422, &s);
    if (rc)
        return rc;
    if (!*as)
        return show(ctx, res, 200, &s);
    return document_reply(ctx, res, document_of(ctx, &s),
                          &(struct document_place){ .path = "/costs?by={}&as={}",
                                                    .id = cost_dim_names[s.ask.by],
                                                    .file_name = "costs" },
                          as);
}

static const struct field_spec cost_fields[] = {
    { "by", INPUT_CODE },
    { "within", INPUT_CODE },
    { "programme", INPUT_TEXT },
    { "fund", INPUT_TEXT },
    { "component", INPUT_CODE },
    { "assistance", INPUT_CODE },
    { "currency", INPUT_TEXT },
    { "from", INPUT_TEXT },
    { "to", INPUT_TEXT },
    { "as", INPUT_CODE },
    { 0 },
};

const struct route cost_routes[] = {
    { GET, "/costs", PERM_COST_VIEW, get_costs, FIELDS(cost_fields) },
    { 0 },
};
