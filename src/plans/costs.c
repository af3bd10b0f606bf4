/* Costs of plans, cut loose from people: written with the facts, summed for finance. */
#include "plans/costs.h"

#include <math.h>
#include <string.h>

#include "auth/auth.h"
#include "core/currency.h"
#include "core/text.h"
#include "db/db.h"
#include "forms_gen.h"
#include "records/records.h"

#define AMOUNT_MAX      1e12 /* of one cost: a million of them still fit into a sum */
#define DECIMALS_ELSE   2    /* of a code that ISO 4217 does not have */
#define QUARTER_FOREVER ((int64_t)9999 * 4)

DB_SQL(COST_CLEAR, "DELETE FROM cost_fact WHERE who = $1");
DB_SQL(COST_ADD, "INSERT INTO cost_fact (who, fact, line, office_id, programme, fund, currency,"
                 " component, assistance, quarter, planned, committed, spent, ceiling, capped)"
                 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)");
#define COST_SCOPE                                                                                 \
    "WITH RECURSIVE below (id) AS (SELECT id FROM office WHERE id = $1"                            \
    " UNION SELECT o.id FROM office o JOIN below b ON o.parent_id = b.id) "
#define COST_DIM(n)                                                                                \
    "coalesce(CASE " n " WHEN 'programme' THEN programme WHEN 'fund' THEN fund"                    \
    " WHEN 'component' THEN component WHEN 'assistance' THEN assistance"                           \
    " WHEN 'office' THEN office_id WHEN 'quarter' THEN CAST(quarter AS TEXT) ELSE '' END, '')"
#define COST_ONLY(column, n)                                                                       \
    " AND (" n " = '' OR " column " = " n " OR (" n " = '-' AND " column " IS NULL))"
DB_SQL(COST_SUM,
       COST_SCOPE "SELECT " COST_DIM("$3") ", " COST_DIM(
           "$4") ", currency,"
                 " CAST(coalesce(sum(planned), 0) AS BIGINT),"
                 " CAST(coalesce(sum(committed), 0) AS BIGINT),"
                 " CAST(coalesce(sum(spent), 0) AS BIGINT), CAST(sum(ceiling) AS BIGINT),"
                 " CAST(coalesce(sum(capped), 0) AS BIGINT), count(DISTINCT fact)"
                 " FROM cost_fact WHERE ($2 = 1 OR office_id IN (SELECT id FROM below))"
                 " AND ($5 = 1 OR line > 0) AND quarter >= $6 AND quarter <= $7" COST_ONLY(
                     "programme", "$8") COST_ONLY("fund", "$9") COST_ONLY("component", "$10")
                     COST_ONLY("assistance", "$11")
                         COST_ONLY("currency",
                                   "$12") " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LIMIT $13");
DB_SQL(COST_CURRENCIES,
       COST_SCOPE "SELECT DISTINCT currency FROM cost_fact"
                  " WHERE ($2 = 1 OR office_id IN (SELECT id FROM below)) ORDER BY currency"
                  " LIMIT $3");

const char *const cost_dim_names[COST_DIMS] = {
    [COST_BY_NOTHING] = "",
    [COST_BY_PROGRAMME] = "programme",
    [COST_BY_FUND] = "fund",
    [COST_BY_COMPONENT] = "component",
    [COST_BY_ASSISTANCE] = "assistance",
    [COST_BY_OFFICE] = "office",
    [COST_BY_QUARTER] = "quarter",
};

int cost_decimals(const char *currency)
{
    int decimals = currency_decimals(currency);

    return decimals < 0 ? DECIMALS_ELSE : decimals;
}

/* --- written with the facts --- */

enum standing { STANDS_OUT, STANDS_PLANNED, STANDS_COMMITTED, STANDS_ENDED };

struct keeping {
    struct ctx *ctx;
    const struct fact_key *key;
    const struct record *plan;
    const struct fact_lists *lists;
    const char *programme;
    enum standing stands;
    int64_t quarter;
    int64_t line;
    int64_t whole; /* planned or committed in the currency of the plan */
};

struct cost {
    const char *fund;
    const char *currency;
    const char *component;
    const char *assistance;
    struct db_arg estimated;
    struct db_arg spent;
    struct db_arg ceiling;
    struct db_arg capped;
};

static enum standing standing_of(const struct record *plan)
{
    const char *s = plan->status;
    bool amends = !text_blank(record_value(plan, FIELD_PLAN_AMENDS));

    if (text_equal(s, STATUS_PLAN_ACTIVE))
        return STANDS_COMMITTED;
    if (text_equal(s, STATUS_PLAN_ENDED))
        return STANDS_ENDED;
    if (amends || text_equal(s, STATUS_PLAN_SUPERSEDED) || text_equal(s, STATUS_PLAN_DISCARDED))
        return STANDS_OUT;
    return text_equal(s, STATUS_PLAN_AGREED) ? STANDS_COMMITTED : STANDS_PLANNED;
}

/* "1250.5 EUR" as 125050 and EUR. False: no amount. */
static bool amount_of(struct ctx *ctx, const char *money, int64_t *out, const char **currency)
{
    const char *space = money ? strchr(money, ' ') : NULL;
    double amount = 0;

    if (!space ||
        !parse_decimal(arena_strndup(ctx->arena, money, (size_t)(space - money)), &amount) ||
        !(fabs(amount) <= AMOUNT_MAX))
        return false;
    *currency = space + 1;
    *out = llround(amount * pow(10, cost_decimals(space + 1)));
    return true;
}

/* Codes of the lists only: what somebody typed could be anything. */
static const char *programme_code(const struct fact_lists *l, const char *code)
{
    for (size_t i = 0; i < l->programmes_len; i++)
        if (text_equal(l->programmes[i].code, code))
            return code;
    return NULL;
}

static const char *fund_code(const struct fact_lists *l, const char *code)
{
    for (size_t i = 0; code && i < l->funds_len; i++)
        if (text_equal(l->funds[i].code, code))
            return code;
    return NULL;
}

static enum err add_cost(struct keeping *k, const struct cost *c)
{
    bool planned = k->stands == STANDS_PLANNED;

    return db_exec(k->ctx, NULL, &COST_ADD, DB_TEXT(k->key->who), DB_TEXT(k->key->fact),
                   DB_INT(k->line++), DB_TEXT(k->plan->office_id), DB_TEXT(k->programme),
                   DB_TEXT(c->fund), DB_TEXT(c->currency), DB_TEXT(c->component),
                   DB_TEXT(c->assistance), DB_INT(k->quarter), planned ? c->estimated : DB_NULL,
                   planned ? DB_NULL : c->estimated, c->spent, c->ceiling, c->capped);
}

static const char *said(const struct keeping *k, const struct answers *row, const char *field)
{
    return answers_get(row, field_find(k->plan->form, field));
}

static enum err add_costs_of(struct keeping *k, const struct answers *line)
{
    const struct field *costs = field_find(k->plan->form, FIELD_PLAN_COSTS);
    const char *own = record_value(k->plan, FIELD_PLAN_CURRENCY);
    const char *status = said(k, line, FIELD_PLAN_LINE_STATUS);
    bool done = text_equal(status, CODE_PLAN_LINE_STATUS_DONE);
    bool dropped = text_equal(status, CODE_PLAN_LINE_STATUS_DROPPED);
    bool stands = !dropped && (k->stands != STANDS_ENDED || done);
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < line->rows_len[costs->place]; i++) {
        const struct answers *row = line->rows[costs->place][i];
        struct cost c = { .fund = fund_code(k->lists, said(k, row, FIELD_PLAN_COST_FUND)),
                          .component = said(k, line, FIELD_PLAN_LINE_COMPONENT),
                          .assistance = said(k, line, FIELD_PLAN_LINE_CODE),
                          .estimated = DB_NULL,
                          .spent = DB_NULL,
                          .ceiling = DB_NULL,
                          .capped = DB_NULL };
        int64_t minor = 0;

        if (amount_of(k->ctx, said(k, row, FIELD_PLAN_ACTUAL_COST), &minor, &c.currency))
            c.spent = DB_INT(minor);
        if (stands &&
            amount_of(k->ctx, said(k, row, FIELD_PLAN_ESTIMATED_COST), &minor, &c.currency)) {
            c.estimated = DB_INT(minor);
            k->whole += text_equal(c.currency, own) ? minor : 0;
        }
        if (c.currency)
            rc = add_cost(k, &c);
    }
    return rc;
}

/* The plan itself, with its ceiling. */
static enum err add_plan(struct keeping *k)
{
    struct cost c = { .currency = record_value(k->plan, FIELD_PLAN_CURRENCY),
                      .estimated = DB_NULL,
                      .spent = DB_NULL,
                      .ceiling = DB_NULL,
                      .capped = DB_NULL };
    int64_t ceiling = 0;

    if (amount_of(k->ctx, record_value(k->plan, FIELD_PLAN_CEILING), &ceiling, &c.currency)) {
        c.ceiling = DB_INT(ceiling);
        c.capped = DB_INT(k->whole);
    }
    k->line = 0;
    return text_blank(c.currency) ? OK : add_cost(k, &c);
}

static int64_t quarter_of_plan(struct ctx *ctx, const struct record *plan)
{
    const char *on = record_value(plan, FIELD_PLAN_AGREED_ON);
    int64_t quarter = 0;
    int64_t month = 0;

    if (strlen(on) >= 7 && parse_int(arena_strndup(ctx->arena, on + 5, 2), 1, 12, &month) &&
        quarter_parse(arena_printf(ctx->arena, "%.4s-Q%d", on, (int)(month - 1) / 3 + 1), &quarter))
        return quarter;
    return quarter_of_ms(plan->created_at);
}

static enum err keep_clear(struct ctx *ctx, const char *who)
{
    return db_exec(ctx, NULL, &COST_CLEAR, DB_TEXT(who));
}

static enum err keep_plan(struct ctx *ctx, const struct fact_key *key, const struct record *rec,
                          const struct record *above, const struct fact_lists *lists)
{
    const struct field *lines = field_find(rec->form, FIELD_PLAN_LINES);
    struct keeping k = { .ctx = ctx,
                         .key = key,
                         .plan = rec,
                         .lists = lists,
                         .stands = standing_of(rec),
                         .quarter = quarter_of_plan(ctx, rec),
                         .line = 1 };
    enum err rc = OK;

    if (k.stands == STANDS_OUT)
        return OK;
    if (above)
        k.programme = programme_code(lists, record_value(above, FIELD_CASE_PROGRAMME));
    for (size_t i = 0; rc == OK && i < rec->answers->rows_len[lines->place]; i++)
        rc = add_costs_of(&k, rec->answers->rows[lines->place][i]);
    return rc ? rc : add_plan(&k);
}

const struct fact_keep plan_costs_keep = { .kind = FORM_PLAN,
                                           .clear = keep_clear,
                                           .add = keep_plan };

/* --- summed --- */

static bool of_single_costs(enum cost_dim d)
{
    return d == COST_BY_FUND || d == COST_BY_COMPONENT || d == COST_BY_ASSISTANCE;
}

bool costs_of_whole_plans(const struct cost_ask *ask)
{
    return !of_single_costs(ask->by) && !of_single_costs(ask->within) && !*ask->fund &&
           !*ask->component && !*ask->assistance;
}

static enum err read_quarter(struct ctx *ctx, int64_t *out, const char *field, const char *text)
{
    if (*text && !quarter_parse(text, out))
        return ctx_fail_field(ctx, field, tr(ctx, "A quarter is written like 2026-Q1."));
    return OK;
}

static int64_t sees_all(const struct ctx *ctx)
{
    return ctx->user && ctx->user->scope == SCOPE_ALL;
}

static const char *own_office(const struct ctx *ctx)
{
    return ctx->user && ctx->user->office_id ? ctx->user->office_id : "";
}

static void read_line(struct cost_line *l, struct rows *rows, enum cost_dim by[2], struct ctx *ctx)
{
    const char *said[2] = { row_text(rows, 0), row_text(rows, 1) };

    for (size_t i = 0; i < 2; i++) {
        int64_t quarter = 0;

        if (by[i] == COST_BY_QUARTER && parse_int(said[i], 0, QUARTER_FOREVER, &quarter))
            said[i] = quarter_text(ctx, quarter);
    }
    *l = (struct cost_line){ .by = said[0],
                             .within = said[1],
                             .currency = row_text(rows, 2),
                             .planned = row_int(rows, 3),
                             .committed = row_int(rows, 4),
                             .spent = row_int(rows, 5),
                             .has_ceiling = !row_is_null(rows, 6),
                             .plans = row_int(rows, 8) };
    if (l->has_ceiling) {
        l->ceiling = row_int(rows, 6);
        l->left = l->ceiling - row_int(rows, 7);
    }
}

static enum err read_lines(struct ctx *ctx, struct cost_line **out, size_t *len_out,
                           struct rows *rows, enum cost_dim by[2])
{
    struct cost_line *lines = NULL;
    bool more = false;
    size_t len = 0;
    size_t cap = 0;
    enum err rc;

    for (;;) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        if (len == COST_LINES_MAX) {
            rc = ctx_fail(ctx, ERR_LIMIT,
                          tr(ctx, "That would be more than {0} lines: choose less at a time.",
                             TR_INT(COST_LINES_MAX)));
            break;
        }
        if (len == cap) {
            lines = arena_grow(ctx->arena, lines, cap * sizeof(*lines),
                               (2 * cap + 16) * sizeof(*lines));
            cap = 2 * cap + 16;
        }
        read_line(&lines[len++], rows, by, ctx);
    }
    *out = lines;
    *len_out = len;
    return rc;
}

enum err costs_sum(struct ctx *ctx, struct cost_line **out, size_t *len_out,
                   const struct cost_ask *ask)
{
    enum cost_dim by[2] = { ask->by, ask->within };
    struct rows *rows = NULL;
    int64_t from = 0;
    int64_t to = QUARTER_FOREVER;
    enum err rc = read_quarter(ctx, &from, "from", ask->from);

    if (rc == OK)
        rc = read_quarter(ctx, &to, "to", ask->to);
    if (rc == OK)
        rc = db_query(ctx, &rows, &COST_SUM, DB_TEXT(own_office(ctx)), DB_INT(sees_all(ctx)),
                      DB_TEXT(cost_dim_names[ask->by]), DB_TEXT(cost_dim_names[ask->within]),
                      DB_INT(costs_of_whole_plans(ask)), DB_INT(from), DB_INT(to),
                      DB_TEXT(ask->programme), DB_TEXT(ask->fund), DB_TEXT(ask->component),
                      DB_TEXT(ask->assistance), DB_TEXT(ask->currency), DB_INT(COST_LINES_MAX + 1));
    if (rc)
        return rc;
    rc = read_lines(ctx, out, len_out, rows, by);
    db_rows_close(rows);
    return rc;
}

#define CURRENCIES_MAX 60

enum err costs_currencies(struct ctx *ctx, const char ***out, size_t *len_out)
{
    const char **items = ARENA_ARRAY(ctx->arena, CURRENCIES_MAX, const char *);
    struct rows *rows = NULL;
    bool more = false;
    size_t len = 0;
    enum err rc = db_query(ctx, &rows, &COST_CURRENCIES, DB_TEXT(own_office(ctx)),
                           DB_INT(sees_all(ctx)), DB_INT(CURRENCIES_MAX));

    if (rc)
        return rc;
    for (;;) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more || len == CURRENCIES_MAX)
            break;
        items[len++] = row_text(rows, 0);
    }
    db_rows_close(rows);
    *out = items;
    *len_out = len;
    return rc;
}
