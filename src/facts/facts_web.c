#include "facts/facts_web.h"

#include <string.h>

#include "core/text.h"
#include "facts/facts_view.h"
#include "facts/report.h"
#include "facts_templates.h"
#include "forms_gen.h"
#include "records/document_web.h"
#include "records/records.h"

#define QUARTERS_BACK 20 /* that can be chosen */
#define OPTIONS_MAX   600
#define SELECTS_MAX   8

static const char *const dim_names[] = { "row1", "row2", "col1", "col2" };

/* --- choices --- */

struct select {
    struct facts_select_view *view;
    struct facts_option_view *options;
    const char *chosen;
};

static void begin(struct ctx *ctx, struct select *s, struct facts_select_view *view,
                  const char *name, const char *label)
{
    *s = (struct select){ .view = view };
    s->options = ARENA_ARRAY(ctx->arena, OPTIONS_MAX, struct facts_option_view);
    *view = (struct facts_select_view){ .name = name, .label = label, .options = s->options };
}

static void add_option(struct select *s, const char *code, const char *label)
{
    if (s->view->options_len < OPTIONS_MAX)
        s->options[s->view->options_len++] =
            (struct facts_option_view){ code, label, text_equal(code, s->chosen) };
}

static void add_dims(struct ctx *ctx, struct facts_select_view *out, const struct fact_table *t,
                     const struct fact_ask *ask)
{
    const char *const labels[] = { tr(ctx, "Rows"), tr(ctx, "Rows, within these"),
                                   tr(ctx, "Columns"), tr(ctx, "Columns, within these") };
    const char *const chosen[] = { ask->rows[0], ask->rows[1], ask->cols[0], ask->cols[1] };

    for (size_t i = 0; i < 4; i++) {
        struct select s;

        begin(ctx, &s, &out[i], dim_names[i], labels[i]);
        s.chosen = chosen[i];
        out[i].none = i > 0 ? tr(ctx, "none") : NULL;
        out[i].problem = i == 0   ? ctx_problem(ctx, "rows")
                         : i == 2 ? ctx_problem(ctx, "cols")
                                  : NULL;
        for (size_t c = 0; c < t->len; c++)
            if (t->columns[c].kind != FACT_SCORE)
                add_option(&s, t->columns[c].key, fact_column_title(ctx, t, &t->columns[c]));
    }
}

static bool has_kind(const struct fact_table *t, enum fact_kind kind)
{
    for (size_t i = 0; i < t->len; i++)
        if (t->columns[i].kind == kind)
            return true;
    return false;
}

static size_t add_measures(struct ctx *ctx, struct facts_select_view *out,
                           const struct fact_table *t, const struct fact_ask *ask)
{
    bool scores = has_kind(t, FACT_SCORE);
    struct select s;

    begin(ctx, &s, &out[0], "measure", tr(ctx, "Measure"));
    s.chosen = ask->measure;
    out[0].problem = ctx_problem(ctx, "measure");
    for (size_t m = 0; fact_measures[m] != NULL; m++)
        if (scores || !fact_measure_is_score((enum fact_measure)m))
            add_option(&s, fact_measures[m], facts_measure_title(ctx, (enum fact_measure)m));
    if (!scores)
        return 1;
    begin(ctx, &s, &out[1], "score", tr(ctx, "Score"));
    s.chosen = ask->score;
    out[1].none = tr(ctx, "none");
    out[1].problem = ctx_problem(ctx, "score");
    for (size_t c = 0; c < t->len; c++)
        if (t->columns[c].kind == FACT_SCORE)
            add_option(&s, t->columns[c].key, fact_column_title(ctx, t, &t->columns[c]));
    return 2;
}

static void add_quarters(struct ctx *ctx, struct select *s, bool ends)
{
    int64_t now = quarter_of_ms(ctx->now_ms);

    for (int64_t q = now; q > now - QUARTERS_BACK; q--) {
        const char *code = quarter_text(ctx, q);
        const char *label = code;

        if (ends)
            label = q == now ? tr(ctx, "Now") : tr_date(ctx, quarter_last_day(ctx, q));
        add_option(s, code, label);
    }
}

/* Of the facts: when they held; and the quarters of one of their dates. */
static size_t add_periods(struct ctx *ctx, struct facts_select_view *out,
                          const struct fact_table *t, const struct fact_ask *ask)
{
    const char *const names[] = { "from", "to" };
    const char *const labels[] = { tr(ctx, "From quarter"), tr(ctx, "To quarter") };
    const char *const chosen[] = { ask->from, ask->to };
    struct select s;

    begin(ctx, &s, &out[0], "as_at", tr(ctx, "As at"));
    s.chosen = ask->as_at;
    out[0].problem = ctx_problem(ctx, "as_at");
    add_quarters(ctx, &s, true);
    if (!has_kind(t, FACT_QUARTER))
        return 1;
    begin(ctx, &s, &out[1], "period", tr(ctx, "Period of"));
    s.chosen = ask->period;
    out[1].none = tr(ctx, "any time");
    out[1].problem = ctx_problem(ctx, "period");
    for (size_t c = 0; c < t->len; c++)
        if (t->columns[c].kind == FACT_QUARTER)
            add_option(&s, t->columns[c].key, fact_column_title(ctx, t, &t->columns[c]));
    for (size_t i = 0; i < 2; i++) {
        begin(ctx, &s, &out[2 + i], names[i], labels[i]);
        s.chosen = chosen[i];
        out[2 + i].none = tr(ctx, "none");
        out[2 + i].problem = i == 0 ? ctx_problem(ctx, "from") : NULL;
        add_quarters(ctx, &s, false);
    }
    return 4;
}

static void filter_option(struct ctx *ctx, struct select *s, const char *key, const char *title,
                          const char *value, const char *label)
{
    add_option(s, arena_printf(ctx->arena, "%s=%s", key, value),
               tr(ctx, "{0}: {1}", TR_TEXT(title), TR_TEXT(label)));
}

static void filter_choices(struct ctx *ctx, struct select *s, const struct fact_table *t,
                           const struct fact_column *c, const struct fact_lists *l)
{
    const char *title = fact_column_title(ctx, t, c);

    if (c->kind == FACT_CODE && c->field->choices != NULL && c->field->choices->len <= 60)
        for (size_t i = 0; i < c->field->choices->len; i++)
            filter_option(ctx, s, c->key, title, c->field->choices->items[i].name,
                          label_text(ctx, &c->field->choices->items[i].label));
    if (c->kind == FACT_CODE && c->field->choices == NULL)
        for (size_t i = 0; i < l->programmes_len; i++)
            filter_option(ctx, s, c->key, title, l->programmes[i].code, l->programmes[i].name);
    if (c->kind == FACT_AREA)
        for (size_t i = 0; i < l->areas_len; i++)
            if (l->areas[i].level == 1)
                filter_option(ctx, s, c->key, title, l->areas[i].pcode, l->areas[i].name);
    if (c->kind == FACT_STATUS)
        for (size_t i = 0; i < c->form->state_names_len; i++)
            filter_option(ctx, s, c->key, title, c->form->state_names[i].name,
                          record_status_title(ctx, c->form, c->form->state_names[i].name));
}

static void filter_offices(struct ctx *ctx, struct select *s, const struct fact_table *t,
                           const struct fact_lists *l)
{
    const char *top = ctx->user && ctx->user->scope != SCOPE_ALL ? ctx->user->office_id : NULL;

    for (size_t i = 0; i < l->offices_len; i++)
        if (top == NULL || fact_office_within(l, l->offices[i].id, top))
            filter_option(ctx, s, "office", tr(ctx, "Office"), l->offices[i].id,
                          l->offices[i].name);
    if (fact_column_find(t, "case.programme") == NULL)
        return;
    for (size_t i = 0; i < l->funds_len; i++)
        if (l->funds[i].programme != NULL)
            filter_option(
                ctx, s, "fund", tr(ctx, "Fund"), l->funds[i].code,
                tr(ctx, "{0} ({1})", TR_TEXT(l->funds[i].donor), TR_TEXT(l->funds[i].code)));
}

static void add_filters(struct ctx *ctx, struct facts_select_view *out, const struct fact_table *t,
                        const struct fact_ask *ask, const struct fact_lists *l)
{
    const char *const labels[] = { tr(ctx, "Only"), tr(ctx, "And only"), tr(ctx, "And only") };

    for (size_t i = 0; i < FACT_FILTERS; i++) {
        struct select s;

        begin(ctx, &s, &out[i], fact_filter_names[i], labels[i]);
        s.chosen = ask->filters[i];
        out[i].none = tr(ctx, "all");
        out[i].problem = i == 0 ? ctx_problem(ctx, "filters") : NULL;
        filter_offices(ctx, &s, t, l);
        for (size_t c = 0; c < t->len; c++)
            filter_choices(ctx, &s, t, &t->columns[c], l);
    }
}

/* --- the page --- */

static enum err fill_made(struct ctx *ctx, struct facts_page_view *v, const struct fact_lists *l)
{
    struct fact_release_row *rows = NULL;
    struct facts_made_view *items;
    size_t len = 0;
    enum err rc = facts_releases(ctx, &rows, &len);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct facts_made_view);
    for (size_t i = 0; i < len; i++) {
        struct ctx quiet = *ctx; /* a question about a field that is gone is passed by */
        struct fact_question q = { 0 };

        if (fact_question_parse(&quiet, &q, rows[i].question, l))
            continue;
        items[v->made_len++] =
            (struct facts_made_view){ facts_title(ctx, &q), url_build(ctx, "/facts/{}", rows[i].id),
                                      rows[i].made_at };
    }
    v->made = items;
    return OK;
}

static void fill_kinds(struct ctx *ctx, struct facts_page_view *v, const struct fact_ask *ask)
{
    struct fact_table *tables = NULL;
    struct facts_kind_view *kinds;
    size_t len = 0;

    fact_tables(ctx, &tables, &len);
    kinds = ARENA_ARRAY(ctx->arena, len + 1, struct facts_kind_view);
    for (size_t i = 0; i < len; i++)
        kinds[i] = (struct facts_kind_view){ fact_table_title(ctx, &tables[i]),
                                             url_build(ctx, "/facts?form={}", tables[i].key),
                                             text_equal(tables[i].key, ask->form) };
    v->kinds = kinds;
    v->kinds_len = len;
}

static enum err show(struct ctx *ctx, struct res *res, int status, struct fact_ask *ask)
{
    struct facts_select_view *shape =
        ARENA_ARRAY(ctx->arena, SELECTS_MAX, struct facts_select_view);
    struct facts_select_view *limits =
        ARENA_ARRAY(ctx->arena, SELECTS_MAX, struct facts_select_view);
    struct facts_page_view v = { .asked = { .shape = shape, .limits = limits } };
    struct fact_table t = { 0 };
    struct fact_lists *l = NULL;
    enum err rc = fact_lists_load(ctx, &l);

    if (rc == OK)
        rc = facts_threshold(ctx, &v.threshold);
    if (rc)
        return rc;
    if (text_blank(ask->form))
        ask->form = form_find(ctx->forms, FORM_CASE) ? FORM_CASE : FORM_PERSON;
    if (!fact_table_find(ctx, &t, ask->form))
        return ctx_fail_field(ctx, "form", tr(ctx, "Nothing is counted of this kind."));
    v.form = ask->form;
    fill_kinds(ctx, &v, ask);
    add_dims(ctx, shape, &t, ask);
    v.asked.shape_len = 4 + add_measures(ctx, shape + 4, &t, ask);
    v.asked.limits_len = add_periods(ctx, limits, &t, ask);
    add_filters(ctx, limits + v.asked.limits_len, &t, ask, l);
    v.asked.limits_len += FACT_FILTERS;
    if (status != 200)
        v.asked.problem = ctx_first_problem(ctx);
    rc = fill_made(ctx, &v, l);
    if (rc == OK)
        facts_page_reply(res, status, &v);
    return rc;
}

/* As it was asked before, to ask otherwise. */
static enum err get_facts(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *like = req_text(req, "like");
    struct fact_ask ask = fact_ask_of(req);
    struct fact_release r = { 0 };
    enum err rc = OK;

    if (like[0] != '\0') {
        rc = facts_release_load(ctx, &r, like);
        if (rc == OK)
            rc = fact_ask_parse(ctx, &ask, fact_question_text(ctx, &r.question));
    }
    return rc ? rc : show(ctx, res, 200, &ask);
}

static enum err post_facts(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct fact_ask ask = fact_ask_of(req);
    struct fact_question q = { 0 };
    struct fact_release r = { 0 };
    enum err rc = fact_question_read(ctx, &q, &ask, NULL);

    if (rc == OK)
        rc = facts_release(ctx, &r, &q);
    if ((rc == ERR_INVALID || rc == ERR_LIMIT) && !req_wants_json(req))
        return show(ctx, res, 422, &ask);
    if (rc)
        return rc;
    return res_see_other(res, url_build(ctx, "/facts/{}", r.id));
}

/* --- the table --- */

static enum err get_release(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct fact_release r = { 0 };
    enum err rc = facts_release_load(ctx, &r, req_path(req, "id"));

    if (rc)
        return rc;
    if (req_wants_json(req))
        return facts_json(ctx, res, &r);
    return document_reply(ctx, res, facts_document(ctx, &r),
                          &(struct document_place){ .path = "/facts/{}?as={}",
                                                    .id = r.id,
                                                    .back_title = tr(ctx, "Ask otherwise"),
                                                    .back = url_build(ctx, "/facts?like={}", r.id),
                                                    .file_name = "statistics" },
                          req_text(req, "as"));
}

static const struct field_spec get_fields[] = {
    FACT_ASK_FIELDS,
    { "like", INPUT_ID },
    { 0 },
};

static const struct field_spec post_fields[] = {
    FACT_ASK_FIELDS,
    { 0 },
};

static const struct field_spec release_fields[] = {
    { "as", INPUT_CODE },
    { 0 },
};

const struct route facts_routes[] = {
    { GET, "/facts", PERM_FACTS_VIEW, get_facts, FIELDS(get_fields) },
    { POST, "/facts", PERM_FACTS_VIEW, post_facts, FIELDS(post_fields) },
    { GET, "/facts/{id}", PERM_FACTS_VIEW, get_release, FIELDS(release_fields), .reply = "facts" },
    { 0 },
};
