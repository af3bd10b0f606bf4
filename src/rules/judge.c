/* What one rule says of one document. */
#include <math.h>

#include "core/date.h"
#include "core/log.h"
#include "core/text.h"
#include "rules/document.h"
#include "rules/rules.h"

#define DAYS_MAX 4e6

/* A date from an expression: text, or the days of a sum. NULL: none. */
static const char *as_date(struct ctx *ctx, const struct expr_value *v)
{
    const char *text = expr_text(ctx, v);
    double days = v->type == EXPR_NUMBER ? v->number : NAN;

    if (!isnan(days))
        return fabs(days) < DAYS_MAX ? date_from_days(ctx->arena, (int64_t)floor(days)) : NULL;
    if (text_codepoints(text) > 10)
        text = arena_strndup(ctx->arena, text, 10); /* a moment: its day */
    return date_valid(text) ? text : NULL;
}

static const char *days_after(struct ctx *ctx, const char *date, int more)
{
    int64_t days = 0;

    return date_to_days(date, &days) ? date_from_days(ctx->arena, days + more) : NULL;
}

static enum err eval_date(struct ctx *ctx, const char **out, const struct rule_date *d,
                          const struct expr_host *host)
{
    struct expr_value v = { 0 };
    enum err rc;

    *out = NULL;
    if (!d->expr)
        return OK;
    rc = expr_eval(ctx, &v, d->expr, host);
    if (rc == OK)
        *out = as_date(ctx, &v);
    if (rc == OK && *out && d->months)
        *out = date_add_months(ctx->arena, *out, d->months);
    if (rc == OK && *out && d->days)
        *out = days_after(ctx, *out, d->days);
    return rc;
}

/* Takes the earlier day, if it is still to come. */
static void consider(struct verdict *v, const char *today, const char *day)
{
    if (day && text_compare(day, today) > 0 && (!v->next_on || text_compare(day, v->next_on) < 0))
        v->next_on = day;
}

static enum err judge_dates(struct ctx *ctx, struct verdict *v, const char *today,
                            const struct expr_host *host)
{
    const struct rule *rule = v->rule;
    const char *from = NULL;
    const char *until = NULL;
    enum err rc = eval_date(ctx, &from, &rule->from, host);

    if (rc == OK)
        rc = eval_date(ctx, &until, &rule->until, host);
    if (rc == OK)
        rc = eval_date(ctx, &v->due_on, &rule->due, host);
    if (rc)
        return rc;
    consider(v, today, from);
    if (until)
        consider(v, today, days_after(ctx, until, 1));
    if ((rule->from.expr && (!from || text_compare(today, from) < 0)) ||
        (rule->until.expr && (!until || text_compare(today, until) > 0)))
        v->holds = false;
    if (!v->due_on && !rule->due.expr)
        v->due_on = until;
    return OK;
}

static enum err judge(struct ctx *ctx, struct verdict *v, const struct document *doc)
{
    const struct expr_host host = document_host(ctx, doc);
    const struct rule_date again = { .expr = v->rule->next_check };
    struct expr_value value = { 0 };
    const char *next = NULL;
    enum err rc = expr_eval(ctx, &value, v->rule->when, &host);

    if (rc == OK)
        rc = eval_date(ctx, &next, &again, &host);
    if (rc)
        return rc;
    consider(v, doc->today, next);
    v->holds = expr_bool(ctx, &value);
    return v->holds ? judge_dates(ctx, v, doc->today, &host) : OK;
}

enum err rule_judge(struct ctx *ctx, struct verdict *out, const struct document *doc,
                    const struct rule *rule)
{
    struct ctx scratch = *ctx;
    struct verdict v = { .rule = rule };
    enum err rc;

    scratch.problems = scratch.problems_last = NULL;
    rc = judge(&scratch, &v, doc);
    if (rc == ERR_LIMIT || rc == ERR_INVALID || rc == ERR_NOT_FOUND) {
        /* One rule that cannot be followed keeps nobody from saving. No value is told. */
        log_error("rule %s could not be evaluated: %s", rule->id, err_name(rc));
        v = (struct verdict){ .rule = rule };
        rc = OK;
    }
    if (rc)
        return ctx_fail(ctx, rc, ctx_first_problem(&scratch));
    *out = v;
    return OK;
}
