/* The page of the caseload: who carries how much, how it went, and the target. */
#include "auth/auth.h"
#include "core/text.h"
#include "forms_gen.h"
#include "people/caseload.h"
#include "people/people_view.h"
#include "people/people_web.h"
#include "people_templates.h"
#include "records/document_web.h"
#include "report/chart.h"

static const char *decimal(struct ctx *ctx, double value)
{
    return tr_decimal(ctx, value, 1);
}

static const char *whole(struct ctx *ctx, int64_t n)
{
    return tr_decimal(ctx, (double)n, 0);
}

static const char *state_of(struct ctx *ctx, const struct caseload *c,
                            const struct caseload_worker *w)
{
    if (!*w->id || c->target == 0)
        return "";
    return w->load > (double)c->target ? tr(ctx, "above the target") : tr(ctx, "within the target");
}

#define WORKER_COLUMNS 7

static void add_workers(struct ctx *ctx, struct document *d, const struct caseload *c)
{
    const struct doc_column columns[WORKER_COLUMNS] = {
        { .head = tr(ctx, "Case manager"), .width = 3 },
        { .head = tr(ctx, "Open cases"), .width = 1.5, .kind = REPORT_INT },
        { .head = tr(ctx, "Change in 90 days"), .width = 1.5, .kind = REPORT_INT },
        { .head = tr(ctx, "Intensified"), .width = 1.5, .kind = REPORT_INT },
        { .head = tr(ctx, "Vulnerable"), .width = 1.5, .kind = REPORT_INT },
        { .head = tr(ctx, "Weighted load"), .width = 1.5, .kind = REPORT_DECIMAL },
        { .head = tr(ctx, "Target"), .width = 2 },
    };
    const char **cells = ARENA_ARRAY(ctx->arena, c->workers_len * WORKER_COLUMNS + 1, const char *);
    bool vulnerable =
        record_may_read(ctx, field_find(form_find(ctx->forms, FORM_CASE), FIELD_CASE_VULNERABLE));

    for (size_t i = 0; i < c->workers_len; i++) {
        const struct caseload_worker *w = &c->workers[i];
        const char **row = cells + i * WORKER_COLUMNS;
        int64_t change = w->cases - w->before;

        row[0] = *w->id ? w->name : tr(ctx, "Nobody yet");
        row[1] = whole(ctx, w->cases);
        row[2] = !*w->id      ? ""
                 : change > 0 ? arena_printf(ctx->arena, "+%s", whole(ctx, change))
                              : whole(ctx, change);
        row[3] = whole(ctx, w->intensified);
        row[4] = vulnerable ? whole(ctx, w->vulnerable) : "–";
        row[5] = decimal(ctx, w->load);
        row[6] = state_of(ctx, c, w);
    }
    document_add(d, DOC_HEADING, tr(ctx, "Who carries how much"));
    document_table(d, &(struct doc_table){ .title = tr(ctx, "Who carries how much"),
                                           .columns = columns,
                                           .columns_len = WORKER_COLUMNS,
                                           .cells = cells,
                                           .rows = c->workers_len });
}

static double ratio(const struct caseload *c, int64_t cases)
{
    return c->managers > 0 ? (double)cases / (double)c->managers : 0;
}

static void add_chart(struct ctx *ctx, struct document *d, const struct caseload *c,
                      const char *const *labels)
{
    struct chart *chart = ARENA_NEW(ctx->arena, struct chart);
    struct chart_series *series = ARENA_ARRAY(ctx->arena, 2, struct chart_series);
    double *values = ARENA_ARRAY(ctx->arena, CASELOAD_MONTHS, double);
    double *target = ARENA_ARRAY(ctx->arena, CASELOAD_MONTHS, double);

    for (size_t i = 0; i < CASELOAD_MONTHS; i++) {
        values[i] = ratio(c, c->months[i].open);
        target[i] = (double)c->target;
    }
    series[0] = (struct chart_series){ tr(ctx, "Cases for each case manager"), values, NULL };
    series[1] = (struct chart_series){ tr(ctx, "Target"), target, NULL };
    *chart = (struct chart){ .kind = CHART_LINES,
                             .title = tr(ctx, "Open cases for each case manager of today"),
                             .labels = labels,
                             .labels_len = CASELOAD_MONTHS,
                             .series = series,
                             .series_len = c->target > 0 ? 2 : 1 };
    document_chart(d, chart);
}

#define MONTH_COLUMNS 4

static void add_months(struct ctx *ctx, struct document *d, const struct caseload *c)
{
    const struct doc_column columns[MONTH_COLUMNS] = {
        { .head = tr(ctx, "As at"), .width = 3 },
        { .head = tr(ctx, "Cases opened in the month"), .width = 2, .kind = REPORT_INT },
        { .head = tr(ctx, "Open cases"), .width = 2, .kind = REPORT_INT },
        { .head = tr(ctx, "Cases for each case manager"), .width = 2, .kind = REPORT_DECIMAL },
    };
    const char **cells = ARENA_ARRAY(ctx->arena, CASELOAD_MONTHS * MONTH_COLUMNS, const char *);
    const char **labels = ARENA_ARRAY(ctx->arena, CASELOAD_MONTHS, const char *);

    for (size_t i = 0; i < CASELOAD_MONTHS; i++) {
        const struct caseload_month *m = &c->months[i];

        labels[i] = tr_month_short(ctx, m->day);
        cells[i * MONTH_COLUMNS] = tr_date(ctx, m->day);
        cells[i * MONTH_COLUMNS + 1] = whole(ctx, m->began);
        cells[i * MONTH_COLUMNS + 2] = whole(ctx, m->open);
        cells[i * MONTH_COLUMNS + 3] = decimal(ctx, ratio(c, m->open));
    }
    document_add(d, DOC_HEADING, tr(ctx, "Month by month"));
    add_chart(ctx, d, c, labels);
    document_table(d, &(struct doc_table){ .title = tr(ctx, "Month by month"),
                                           .columns = columns,
                                           .columns_len = MONTH_COLUMNS,
                                           .cells = cells,
                                           .rows = CASELOAD_MONTHS });
}

/* The page has its title already. */
static struct document *document_of(struct ctx *ctx, const struct caseload *c, bool page)
{
    struct document *d = page ? document_untitled(ctx, ctx->lang, tr(ctx, "Caseload"))
                              : document_new(ctx, ctx->lang, tr(ctx, "Caseload"));
    const struct doc_pair pairs[] = {
        { tr(ctx, "As at"), tr_date(ctx, ctx_today(ctx)) },
        { tr(ctx, "Programme"), *c->programme ? c->programme : tr(ctx, "All") },
        { tr(ctx, "Open cases"), whole(ctx, c->cases) },
        { tr(ctx, "Case managers"), whole(ctx, (int64_t)c->managers) },
        { tr(ctx, "Target"), c->target > 0 ? whole(ctx, c->target) : tr(ctx, "none is set") },
    };

    document_pairs(d, pairs, sizeof(pairs) / sizeof(pairs[0]));
    add_workers(ctx, d, c);
    add_months(ctx, d, c);
    return d;
}

/* --- what stands out --- */

static const char *move_text(struct ctx *ctx, const struct caseload *c, size_t from)
{
    size_t to = 0;
    int64_t cases = caseload_to_move(c, from, &to);
    const struct caseload_worker *w = &c->workers[from];

    if (cases == 0)
        return tr(ctx, "{0} carries {1}, above the target of {2}. Nobody has room for it.",
                  TR_TEXT(w->name), TR_TEXT(decimal(ctx, w->load)), TR_INT(c->target));
    return tr(ctx,
              "{0} carries {1}, above the target of {2}. {3, plural, one {# case} other {# cases}} "
              "could go to {4}, who carries {5}.",
              TR_TEXT(w->name), TR_TEXT(decimal(ctx, w->load)), TR_INT(c->target), TR_INT(cases),
              TR_TEXT(c->workers[to].name), TR_TEXT(decimal(ctx, c->workers[to].load)));
}

static void fill_alerts(struct ctx *ctx, struct caseload_view *v, const struct caseload *c)
{
    const char **items = ARENA_ARRAY(ctx->arena, c->workers_len + 3, const char *);

    if (c->spike)
        items[v->alerts_len++] =
            tr(ctx, "{0} cases were opened in the last 30 days; before that it was {1} in 30 days.",
               TR_INT(c->arrived), TR_TEXT(decimal(ctx, c->usual)));
    for (size_t i = 0; i < c->workers_len; i++) {
        const struct caseload_worker *w = &c->workers[i];

        if (!*w->id && w->cases > 0)
            items[v->alerts_len++] =
                tr(ctx,
                   "{0, plural, one {# open case has} other {# open cases have}} no case "
                   "manager.",
                   TR_INT(w->cases));
        else if (*w->id && c->target > 0 && w->load > (double)c->target)
            items[v->alerts_len++] = move_text(ctx, c, i);
    }
    if (c->uncounted)
        items[v->alerts_len++] =
            tr(ctx, "There are more cases than are counted here; the figures are too low.");
    v->alerts = items;
}

static enum err show(struct ctx *ctx, struct res *res, int status, const char *programme,
                     const char *as)
{
    struct caseload_view v = { .problem = status == 200 ? NULL : ctx_problem(ctx, "target"),
                               .may_set = user_may(ctx->user, PERM_CASELOAD_MANAGE) };
    struct caseload c = { 0 };
    struct document *d;
    enum err rc = caseload_load(ctx, &c, programme);

    if (rc)
        return rc;
    d = document_of(ctx, &c, !*as);
    if (*as)
        return document_reply(ctx, res, d,
                              &(struct document_place){ .path = "/caseload?programme={}&as={}",
                                                        .id = programme,
                                                        .file_name = "caseload" },
                              as);
    v.programme = programme;
    v.target = c.target;
    v.max = CASELOAD_TARGET;
    v.programmes = ARENA_ARRAY(ctx->arena, c.programmes_len + 1, struct caseload_programme_view);
    for (size_t i = 0; i < c.programmes_len; i++)
        v.programmes[i] =
            (struct caseload_programme_view){ c.programmes[i],
                                              text_equal(c.programmes[i], programme) };
    v.programmes_len = c.programmes_len;
    fill_alerts(ctx, &v, &c);
    v.pdf = url_build(ctx, "/caseload?programme={}&as={}", programme, "pdf");
    v.xlsx = url_build(ctx, "/caseload?programme={}&as={}", programme, "xlsx");
    v.csv = url_build(ctx, "/caseload?programme={}&as={}", programme, "csv");
    rc = report_items_fill(ctx, &v.items, &v.items_len, d);
    if (rc == OK)
        caseload_reply(res, status, &v);
    return rc;
}

static enum err get_caseload(struct ctx *ctx, const struct req *req, struct res *res)
{
    return show(ctx, res, 200, req_text(req, "programme"), req_text(req, "as"));
}

static enum err post_target(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *programme = req_text(req, "programme");
    int64_t target = 0;
    enum err rc = OK;

    if (!parse_int(req_text(req, "target"), 0, CASELOAD_TARGET, &target))
        rc = ctx_fail_field(
            ctx, "target",
            tr(ctx, "A whole number up to {0}; 0 takes the target away.", TR_INT(CASELOAD_TARGET)));
    if (rc == OK)
        rc = caseload_set_target(ctx, programme, target);
    if (rc == ERR_INVALID)
        return show(ctx, res, 422, programme, "");
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "Saved."));
    return res_see_other(res, url_build(ctx, "/caseload?programme={}", programme));
}

static const struct field_spec show_fields[] = {
    { "programme", INPUT_TEXT, .max = 100 },
    { "as", INPUT_TEXT, .max = 10 },
    { 0 },
};

static const struct field_spec target_fields[] = {
    { "programme", INPUT_TEXT, .max = 100 },
    { "target", INPUT_TEXT, .max = 10 },
    { 0 },
};

const struct route caseload_routes[] = {
    { GET, "/caseload", PERM_CASELOAD_VIEW, get_caseload, FIELDS(show_fields) },
    { POST, "/caseload", PERM_CASELOAD_MANAGE, post_target, FIELDS(target_fields) },
    { 0 },
};
