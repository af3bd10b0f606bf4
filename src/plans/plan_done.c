/* A plan against what happened: actions by dimension, costs by currency and fund, the ceiling. */
#include <string.h>

#include "core/text.h"
#include "forms_gen.h"
#include "plans/plan_doc.h"
#include "plans/plan_money.h"
#include "plans/plans_web.h"

#define COLUMNS   8
#define FUNDS_MAX 20

struct doing {
    struct ctx *ctx;
    struct document *d;
    const struct record *plan;
    struct plan_sums planned;
    struct plan_sums real;
    size_t late;
};

/* What one fund pays; name "" = no fund is written. */
struct fund {
    const char *name;
    struct plan_sums planned;
    struct plan_sums real;
};

static const struct field *field_of(const struct doing *w, const char *name)
{
    return field_find(w->plan->form, name);
}

static const char *value(const struct doing *w, const struct answers *row, const char *name)
{
    const char *v = answers_get(row, field_of(w, name));

    return v ? v : "";
}

static const char *shown(const struct doing *w, const struct answers *row, const char *name)
{
    return answers_shown(w->ctx, field_of(w, name), answers_get(row, field_of(w, name)));
}

static struct answers **lines_of(const struct doing *w, size_t *len_out)
{
    const struct field *f = field_of(w, FIELD_PLAN_LINES);

    *len_out = w->plan->answers->rows_len[f->place];
    return w->plan->answers->rows[f->place];
}

static bool is_status(const struct doing *w, const struct answers *line, const char *code)
{
    return text_equal(value(w, line, FIELD_PLAN_LINE_STATUS), code);
}

/* Should be done by now, and is not. */
static bool is_late(const struct doing *w, const struct answers *line)
{
    const char *end = value(w, line, FIELD_PLAN_LINE_EXPECTED_END);

    return *end && text_compare(end, ctx_today(w->ctx)) < 0 &&
           !is_status(w, line, CODE_PLAN_LINE_STATUS_DONE) &&
           !is_status(w, line, CODE_PLAN_LINE_STATUS_DROPPED);
}

/* Costs of a line into two sums; what was dropped is planned no longer, though it may have cost. */
static void add_costs(const struct doing *w, const struct answers *line, struct plan_sums *planned,
                      struct plan_sums *real)
{
    const struct field *costs = field_of(w, FIELD_PLAN_COSTS);

    for (size_t k = 0; k < line->rows_len[costs->place]; k++) {
        const struct answers *cost = line->rows[costs->place][k];

        if (!is_status(w, line, CODE_PLAN_LINE_STATUS_DROPPED))
            plan_sums_add(w->ctx, planned, value(w, cost, FIELD_PLAN_ESTIMATED_COST));
        plan_sums_add(w->ctx, real, value(w, cost, FIELD_PLAN_ACTUAL_COST));
    }
}

static void merge(struct ctx *ctx, struct plan_sums *to, const struct plan_sums *from)
{
    for (size_t i = 0; i < from->len; i++)
        plan_sums_add(ctx, to,
                      arena_printf(ctx->arena, "%.*f %s", from->items[i].decimals,
                                   from->items[i].amount, from->items[i].currency));
}

static void fill_row(struct doing *w, const char **cells, const struct answers *line)
{
    struct plan_sums planned = { .len = 0 };
    struct plan_sums real = { .len = 0 };
    const char *status = shown(w, line, FIELD_PLAN_LINE_STATUS);

    add_costs(w, line, &planned, &real);
    if (is_late(w, line)) {
        status = tr(w->ctx, "{0}, overdue", TR_TEXT(status));
        w->late++;
    }
    cells[0] = shown(w, line, FIELD_PLAN_LINE_ACTION);
    cells[1] = shown(w, line, FIELD_PLAN_LINE_RESPONSIBLE);
    cells[2] = shown(w, line, FIELD_PLAN_LINE_SERVICE);
    cells[3] = shown(w, line, FIELD_PLAN_LINE_EXPECTED_END);
    cells[4] = status;
    cells[5] = shown(w, line, FIELD_PLAN_LINE_DONE_ON);
    cells[6] = plan_sums_text(w->ctx, &planned);
    cells[7] = plan_sums_text(w->ctx, &real);
}

static void add_dimension(struct doing *w, const struct choice *dimension)
{
    const struct doc_column columns[COLUMNS] = {
        { .head = tr(w->ctx, "Action"), .width = 3.4 },
        { .head = tr(w->ctx, "Who does it?"), .width = 2 },
        { .head = tr(w->ctx, "Provider"), .width = 2.4 },
        { .head = tr(w->ctx, "Due"), .width = 2.2 },
        { .head = tr(w->ctx, "Status"), .width = 2 },
        { .head = tr(w->ctx, "Done on"), .width = 2.2 },
        { .head = tr(w->ctx, "Planned cost"), .width = 2.2 },
        { .head = tr(w->ctx, "Real cost"), .width = 2.2 },
    };
    const char *title = label_text(w->ctx, &dimension->label);
    struct plan_sums planned = { .len = 0 };
    struct plan_sums real = { .len = 0 };
    size_t len = 0;
    size_t rows = 0;
    struct answers **lines = lines_of(w, &len);
    const char **cells = ARENA_ARRAY(w->ctx->arena, (len + 1) * COLUMNS, const char *);

    for (size_t i = 0; i < len; i++) {
        if (!text_equal(value(w, lines[i], FIELD_PLAN_LINE_DIMENSION), dimension->name))
            continue;
        fill_row(w, &cells[rows++ * COLUMNS], lines[i]);
        add_costs(w, lines[i], &planned, &real);
    }
    if (rows == 0)
        return;
    cells[rows * COLUMNS] = tr(w->ctx, "Total");
    cells[rows * COLUMNS + 6] = plan_sums_text(w->ctx, &planned);
    cells[rows * COLUMNS + 7] = plan_sums_text(w->ctx, &real);
    merge(w->ctx, &w->planned, &planned);
    merge(w->ctx, &w->real, &real);
    document_add(w->d, DOC_HEADING, title);
    document_table(w->d, &(struct doc_table){ .title = title,
                                              .columns = columns,
                                              .columns_len = COLUMNS,
                                              .cells = cells,
                                              .rows = rows + 1,
                                              .total = true });
}

/* --- funds --- */

static struct fund *fund_of(struct fund *funds, size_t *len, const char *name)
{
    size_t at = 0;

    while (at < *len && !text_equal(funds[at].name, name))
        at++;
    if (at == FUNDS_MAX)
        return NULL;
    if (at == *len)
        funds[(*len)++] = (struct fund){ .name = name };
    return &funds[at];
}

static size_t gather_funds(const struct doing *w, struct fund *funds)
{
    const struct field *costs = field_of(w, FIELD_PLAN_COSTS);
    size_t funds_len = 0;
    size_t len = 0;
    struct answers **lines = lines_of(w, &len);

    for (size_t i = 0; i < len; i++)
        for (size_t k = 0; k < lines[i]->rows_len[costs->place]; k++) {
            const struct answers *cost = lines[i]->rows[costs->place][k];
            struct fund *f = fund_of(funds, &funds_len, value(w, cost, FIELD_PLAN_COST_FUND));

            if (f && !is_status(w, lines[i], CODE_PLAN_LINE_STATUS_DROPPED))
                plan_sums_add(w->ctx, &f->planned, value(w, cost, FIELD_PLAN_ESTIMATED_COST));
            if (f)
                plan_sums_add(w->ctx, &f->real, value(w, cost, FIELD_PLAN_ACTUAL_COST));
        }
    return funds_len;
}

static void add_funds(struct doing *w)
{
    const struct doc_column columns[] = { { .head = tr(w->ctx, "Fund"), .width = 4 },
                                          { .head = tr(w->ctx, "Planned cost"), .width = 3 },
                                          { .head = tr(w->ctx, "Real cost"), .width = 3 } };
    struct fund *funds = ARENA_ARRAY(w->ctx->arena, FUNDS_MAX, struct fund);
    size_t len = gather_funds(w, funds);
    const char **cells = ARENA_ARRAY(w->ctx->arena, (len + 1) * 3, const char *);

    if (len == 0)
        return;
    for (size_t i = 0; i < len; i++) {
        cells[i * 3] = *funds[i].name ? funds[i].name : tr(w->ctx, "No fund is written");
        cells[i * 3 + 1] = plan_sums_text(w->ctx, &funds[i].planned);
        cells[i * 3 + 2] = plan_sums_text(w->ctx, &funds[i].real);
    }
    cells[len * 3] = tr(w->ctx, "Total");
    cells[len * 3 + 1] = plan_sums_text(w->ctx, &w->planned);
    cells[len * 3 + 2] = plan_sums_text(w->ctx, &w->real);
    document_add(w->d, DOC_HEADING, tr(w->ctx, "Costs by fund"));
    document_table(w->d, &(struct doc_table){ .title = tr(w->ctx, "Costs by fund"),
                                              .columns = columns,
                                              .columns_len = 3,
                                              .cells = cells,
                                              .rows = len + 1,
                                              .total = true });
}

/* How much of the ceiling is planned and spent, in its own currency. */
static void add_ceiling(struct doing *w)
{
    const char *ceiling = record_value(w->plan, FIELD_PLAN_CEILING);
    const char *space = strchr(ceiling, ' ');
    struct doc_bar bars[2];
    double most = 0;

    if (!space ||
        !parse_decimal(arena_strndup(w->ctx->arena, ceiling, (size_t)(space - ceiling)), &most) ||
        most <= 0)
        return;
    for (size_t i = 0; i < 2; i++) {
        double part = plan_sums_of(i ? &w->real : &w->planned, space + 1) / most;

        bars[i] =
            (struct doc_bar){ .label = i ? tr(w->ctx, "Real cost") : tr(w->ctx, "Planned cost"),
                              .value = part > 1 ? 1 : part,
                              .value_text =
                                  tr(w->ctx, "{0} %", TR_TEXT(tr_decimal(w->ctx, part * 100, 0))) };
    }
    document_add(w->d, DOC_HEADING,
                 tr(w->ctx, "Use of the ceiling of {0}",
                    TR_TEXT(answers_shown(w->ctx, field_of(w, FIELD_PLAN_CEILING), ceiling))));
    document_bars(w->d, bars, 2, 0.8, 1);
}

void plan_done_document(struct ctx *ctx, struct document **out, const struct record *plan,
                        const struct record *of)
{
    struct doing w = { .ctx = ctx, .plan = plan };
    const struct choice_list *dimensions =
        field_find(plan->form, FIELD_PLAN_LINE_DIMENSION)->choices;
    const struct doc_pair pairs[] = {
        { tr(ctx, "Case"), of->number },
        { tr(ctx, "Plan"), plan_title(ctx, plan) },
        { tr(ctx, "Status"), record_status_title(ctx, plan->form, plan->status) },
        { tr(ctx, "As at"), tr_date(ctx, ctx_today(ctx)) },
    };

    w.d = document_new(ctx, ctx->lang, tr(ctx, "Planned and done"));
    document_paper(w.d, DOC_A4, true);
    document_pairs(w.d, pairs, sizeof(pairs) / sizeof(pairs[0]));
    for (size_t i = 0; i < dimensions->len; i++)
        add_dimension(&w, &dimensions->items[i]);
    if (w.late)
        document_add(w.d, DOC_TEXT,
                     tr(ctx,
                        "{0, plural, one {# action is overdue.} other {# actions are overdue.}}",
                        TR_INT((int64_t)w.late)));
    add_funds(&w);
    add_ceiling(&w);
    document_footer(w.d, plan->number ? plan->number : "");
    *out = w.d;
}
