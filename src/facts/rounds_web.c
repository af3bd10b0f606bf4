/*
 * Scores of the survey by round, as at two days side by side: what a donor asks of a programme.
 * Every number comes from a release, so what is hidden there is hidden here (release.h).
 */
#include <math.h>
#include <string.h>

#include "core/text.h"
#include "facts/facts_view.h"
#include "facts/facts_web.h"
#include "facts/report.h"
#include "facts_templates.h"
#include "forms_gen.h"
#include "records/document_web.h"
#include "report/chart.h"

#define ROUND_KEY        "rss.round"
#define SCORES_MAX       8
#define DAYS             2
#define QUARTER_CHARS    7 /* 2026-Q1 */
#define QUARTERS_OFFERED 16
#define HIDDEN           "*"

static const char *const day_names[DAYS] = { "first", "second" };

/* The releases of one score, or of the people, as at both days. */
struct both_days {
    const char *title;
    struct fact_release of[DAYS];
};

struct rounds {
    const char *as_at[DAYS];
    struct both_days pairs[SCORES_MAX + 1]; /* the scores, then the people */
    size_t len;
};

typedef enum err (*release_of)(struct ctx *ctx, struct fact_release *out,
                               const struct fact_question *q);

static enum err ask_one(struct ctx *ctx, struct fact_release *out, const struct fact_column *score,
                        const char *as_at, release_of get)
{
    struct fact_ask ask = { .form = FORM_RSS,
                            .rows = { ROUND_KEY, "" },
                            .cols = { "", "" },
                            .measure = score ? "mean" : "people",
                            .score = score ? score->key : "",
                            .period = "",
                            .from = "",
                            .to = "",
                            .as_at = as_at,
                            .filters = { "", "", "" } };
    struct fact_question q = { 0 };
    enum err rc = fact_question_read(ctx, &q, &ask, NULL);

    return rc ? rc : get(ctx, out, &q);
}

static enum err ask_pair(struct ctx *ctx, struct rounds *r, const struct fact_table *t,
                         const struct fact_column *score, release_of get)
{
    struct both_days *p = &r->pairs[r->len++];
    enum err rc = OK;

    p->title = score ? fact_column_title(ctx, t, score) : tr(ctx, "People interviewed");
    for (size_t i = 0; rc == OK && i < DAYS; i++)
        rc = ask_one(ctx, &p->of[i], score, r->as_at[i], get);
    return rc;
}

/* All that the report needs, each as get gives it. ERR_NOT_FOUND: nobody asked for these days. */
static enum err ask_all(struct ctx *ctx, struct rounds *r, release_of get)
{
    struct fact_table t = { 0 };
    enum err rc = OK;

    if (!fact_table_find(ctx, &t, FORM_RSS))
        return ctx_fail_field(ctx, "first", tr(ctx, "Nothing is counted of this kind."));
    for (size_t c = 0; rc == OK && c < t.len && r->len < SCORES_MAX; c++)
        if (t.columns[c].kind == FACT_SCORE && t.columns[c].measured &&
            t.columns[c].nth < t.columns[c].measured->main_len)
            rc = ask_pair(ctx, r, &t, &t.columns[c], get);
    return rc ? rc : ask_pair(ctx, r, &t, NULL, get);
}

/* --- the document --- */

/* Number of the row with this round; the total stands behind the rows. */
static size_t row_of(const struct fact_release *r, const char *round)
{
    for (size_t i = 0; i < r->counts.rows_len; i++)
        if (text_equal(r->counts.rows[i].values[0], round))
            return i;
    return SIZE_MAX;
}

/* NAN: hidden, or nothing to measure; *hidden says which. */
static double number_of(const struct fact_release *r, size_t row, bool *hidden)
{
    *hidden = row != SIZE_MAX && !facts_cell_shown(r, row, 0);
    return row == SIZE_MAX || *hidden ? NAN : facts_cell_number(r, row, 0);
}

static const char *shown(struct ctx *ctx, double d, bool hidden, bool people)
{
    if (hidden)
        return HIDDEN;
    if (isnan(d))
        return "";
    return people ? arena_printf(ctx->arena, "%.0f", d) : arena_printf(ctx->arena, "%.2f", d);
}

static void fill_row(struct ctx *ctx, const char **cells, const struct both_days *p,
                     const char *round, const size_t rows[DAYS])
{
    bool people = p->of[0].question.score == NULL;
    double numbers[DAYS];
    bool hidden[DAYS];

    cells[0] = round;
    for (size_t i = 0; i < DAYS; i++) {
        numbers[i] = number_of(&p->of[i], rows[i], &hidden[i]);
        cells[1 + i] = shown(ctx, numbers[i], hidden[i], people);
    }
    cells[3] = isnan(numbers[0]) || isnan(numbers[1])
                   ? ""
                   : arena_printf(ctx->arena, people ? "%+.0f" : "%+.2f", numbers[1] - numbers[0]);
}

static const char *day_title(struct ctx *ctx, const struct fact_release *r)
{
    return r->question.as_at < quarter_of_ms(r->made_at)
               ? tr_date(ctx, quarter_last_day(ctx, r->question.as_at))
               : tr_moment(ctx, r->made_at);
}

/* The later day has every round of the earlier one, and what came since. */
static void add_pair(struct ctx *ctx, struct document *d, const struct both_days *p)
{
    const struct fact_release *later = &p->of[1];
    size_t len = later->counts.rows_len + 1;
    const char **cells = ARENA_ARRAY(ctx->arena, len * 4, const char *);
    enum report_kind kind = p->of[0].question.score ? REPORT_DECIMAL : REPORT_INT;
    struct doc_column *columns = ARENA_ARRAY(ctx->arena, 4, struct doc_column);

    columns[0].head = tr(ctx, "Round");
    for (size_t i = 0; i < DAYS; i++)
        columns[1 + i] = (struct doc_column){ .head = day_title(ctx, &p->of[i]), .kind = kind };
    columns[3] = (struct doc_column){ .head = tr(ctx, "Difference"), .kind = kind };
    for (size_t row = 0; row < len; row++) {
        bool total = row == len - 1;
        const char *code = total ? "" : later->counts.rows[row].values[0];
        const size_t rows[DAYS] = { total ? p->of[0].counts.rows_len : row_of(&p->of[0], code),
                                    row };

        fill_row(ctx, cells + row * 4, p,
                 total
                     ? tr(ctx, "Total")
                     : fact_value_title(ctx, later->question.lists, later->question.rows[0], code),
                 rows);
    }
    document_add(d, DOC_HEADING, p->title);
    document_table(d, &(struct doc_table){ .title = p->title,
                                           .columns = columns,
                                           .columns_len = 4,
                                           .cells = cells,
                                           .rows = len,
                                           .total = true });
}

/* Overall score, both days beside each other. */
static void add_chart(struct ctx *ctx, struct document *d, const struct both_days *p)
{
    const struct fact_release *later = &p->of[1];
    struct chart *chart = ARENA_NEW(ctx->arena, struct chart);
    const char **labels = ARENA_ARRAY(ctx->arena, later->counts.rows_len + 1, const char *);
    struct chart_series *series = ARENA_ARRAY(ctx->arena, DAYS, struct chart_series);
    bool hidden;

    if (later->counts.rows_len == 0)
        return;
    for (size_t i = 0; i < DAYS; i++) {
        double *values = ARENA_ARRAY(ctx->arena, later->counts.rows_len, double);

        for (size_t row = 0; row < later->counts.rows_len; row++) {
            const char *code = later->counts.rows[row].values[0];

            labels[row] =
                fact_value_title(ctx, later->question.lists, later->question.rows[0], code);
            values[row] = number_of(&p->of[i], row_of(&p->of[i], code), &hidden);
        }
        series[i] = (struct chart_series){ .label = day_title(ctx, &p->of[i]), .values = values };
    }
    *chart = (struct chart){ .kind = CHART_COLUMNS,
                             .title = p->title,
                             .labels = labels,
                             .labels_len = later->counts.rows_len,
                             .series = series,
                             .series_len = DAYS };
    document_chart(d, chart);
}

static struct document *document_of(struct ctx *ctx, const struct rounds *r)
{
    struct document *d = document_new(ctx, ctx->lang, tr(ctx, "Scores by round"));
    const struct fact_release *any = &r->pairs[0].of[0];
    const struct doc_pair about[] = {
        { tr(ctx, "Beside each other"), tr(ctx, "{0} and {1}", TR_TEXT(day_title(ctx, any)),
                                           TR_TEXT(day_title(ctx, &r->pairs[0].of[1]))) },
        { tr(ctx, "Threshold"), arena_printf(ctx->arena, "%lld", (long long)any->threshold) },
    };

    document_pairs(d, about, sizeof(about) / sizeof(about[0]));
    for (size_t i = 0; i < r->len; i++)
        if (text_ends(r->pairs[i].of[0].question.score ? r->pairs[i].of[0].question.score->key : "",
                      "composite"))
            add_chart(ctx, d, &r->pairs[i]);
    for (size_t i = 0; i < r->len; i++)
        add_pair(ctx, d, &r->pairs[i]);
    document_add(d, DOC_NOTE,
                 tr(ctx,
                    "* hidden: fewer than {0} people, or a number from which such a one could"
                    " be worked out.",
                    TR_INT(any->threshold)));
    return d;
}

/* --- the pages --- */

static enum err show(struct ctx *ctx, struct res *res, int status)
{
    struct facts_select_view *days = ARENA_ARRAY(ctx->arena, DAYS, struct facts_select_view);
    struct facts_rounds_view v = { .days = days, .days_len = DAYS };
    int64_t now = quarter_of_ms(ctx->now_ms);

    for (size_t i = 0; i < DAYS; i++) {
        struct facts_option_view *options =
            ARENA_ARRAY(ctx->arena, QUARTERS_OFFERED, struct facts_option_view);

        for (int64_t k = 0; k < QUARTERS_OFFERED; k++)
            options[k] = (struct facts_option_view){
                .code = quarter_text(ctx, now - k),
                .label = k == 0 ? tr(ctx, "Now") : tr_date(ctx, quarter_last_day(ctx, now - k)),
                .chosen = k == (i == 0 ? 4 : 0),
            };
        days[i] =
            (struct facts_select_view){ .name = day_names[i],
                                        .label = i == 0 ? tr(ctx, "As at") : tr(ctx, "And as at"),
                                        .options = options,
                                        .options_len = QUARTERS_OFFERED };
    }
    if (status != 200)
        v.problem = ctx_first_problem(ctx);
    facts_rounds_reply(res, status, &v);
    return OK;
}

static enum err get_rounds(struct ctx *ctx, const struct req *req, struct res *res)
{
    (void)req;
    return show(ctx, res, 200);
}

static enum err post_rounds(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct rounds r = { .as_at = { req_text(req, "first"), req_text(req, "second") } };
    enum err rc = ask_all(ctx, &r, facts_release);

    if ((rc == ERR_INVALID || rc == ERR_LIMIT) && !req_wants_json(req))
        return show(ctx, res, 422);
    if (rc)
        return rc;
    return res_see_other(
        res, url_build(ctx, "/facts/rounds/{}",
                       arena_printf(ctx->arena, "%s_%s",
                                    quarter_text(ctx, r.pairs[0].of[0].question.as_at),
                                    quarter_text(ctx, r.pairs[0].of[1].question.as_at))));
}

static enum err get_both(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *name = req_path(req, "name");
    struct rounds r = { 0 };
    enum err rc;

    if (strlen(name) != 2 * QUARTER_CHARS + 1 || name[QUARTER_CHARS] != '_')
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such table."));
    r.as_at[0] = arena_strndup(ctx->arena, name, QUARTER_CHARS);
    r.as_at[1] = name + QUARTER_CHARS + 1;
    rc = ask_all(ctx, &r, facts_release_find);
    if (rc == ERR_INVALID)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such table."));
    if (rc)
        return rc;
    return document_reply(ctx, res, document_of(ctx, &r),
                          &(struct document_place){ .path = "/facts/rounds/{}?as={}",
                                                    .id = name,
                                                    .back_title = tr(ctx, "Other days"),
                                                    .back = url_build(ctx, "/facts/rounds"),
                                                    .file_name = "scores-by-round" },
                          req_text(req, "as"));
}

static const struct field_spec post_fields[] = {
    { "first", INPUT_TEXT },
    { "second", INPUT_TEXT },
    { 0 },
};

static const struct field_spec as_fields[] = {
    { "as", INPUT_CODE },
    { 0 },
};

const struct route facts_rounds_routes[] = {
    { GET, "/facts/rounds", PERM_FACTS_VIEW, get_rounds, NO_FIELDS },
    { POST, "/facts/rounds", PERM_FACTS_VIEW, post_rounds, FIELDS(post_fields) },
    { GET, "/facts/rounds/{name}", PERM_FACTS_VIEW, get_both, FIELDS(as_fields) },
    { 0 },
};
