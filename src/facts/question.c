#include "facts/question.h"

#include <string.h>

#include "auth/auth.h"
#include "core/buf.h"
#include "core/date.h"
#include "core/json.h"
#include "core/text.h"

#define TEXT_MAX  ((size_t)8 * 1024)
#define TREE_DEEP 20

const char *const fact_measures[] = { "records", "people", "share", "mean", "median", NULL };

bool fact_measure_is_score(enum fact_measure m)
{
    return m == MEASURE_MEAN || m == MEASURE_MEDIAN;
}

bool fact_office_within(const struct fact_lists *l, const char *office, const char *top)
{
    for (int i = 0; office != NULL && i < TREE_DEEP; i++) {
        const struct fact_office *o;

        if (text_equal(office, top))
            return true;
        o = fact_office_find(l, office);
        office = o ? o->parent_id : NULL;
    }
    return false;
}

static enum err read_column(struct ctx *ctx, const struct fact_column **out,
                            const struct fact_question *q, const char *key, const char *field)
{
    *out = fact_column_find(q->table, key);
    if (*out != NULL)
        return OK;
    return ctx_fail_field(ctx, field,
                          tr(ctx, "“{0}” is nothing that is counted here.", TR_TEXT(key)));
}

static bool is_used(const struct fact_question *q, const struct fact_column *c)
{
    for (size_t i = 0; i < q->rows_len; i++)
        if (q->rows[i] == c)
            return true;
    for (size_t i = 0; i < q->cols_len; i++)
        if (q->cols[i] == c)
            return true;
    return false;
}

static enum err read_dims(struct ctx *ctx, struct fact_question *q, const struct fact_ask *ask,
                          bool cols)
{
    const char *const *keys = cols ? ask->cols : ask->rows;
    const char *field = cols ? "cols" : "rows";

    for (size_t i = 0; i < FACT_DIMS; i++) {
        const struct fact_column *c = NULL;

        if (text_blank(keys[i]))
            continue;
        if (read_column(ctx, &c, q, keys[i], field))
            return ERR_INVALID;
        if (c->kind == FACT_SCORE)
            return ctx_fail_field(ctx, field, tr(ctx, "A score is measured, not listed."));
        if (is_used(q, c))
            return ctx_fail_field(ctx, field, tr(ctx, "Choose each thing once."));
        if (cols)
            q->cols[q->cols_len++] = c;
        else
            q->rows[q->rows_len++] = c;
    }
    if (!cols && q->rows_len == 0)
        return ctx_fail_field(ctx, field, tr(ctx, "Choose what the rows are."));
    return OK;
}

static enum err read_measure(struct ctx *ctx, struct fact_question *q, const struct fact_ask *ask)
{
    const char *name = text_blank(ask->measure) ? fact_measures[0] : ask->measure;
    size_t m = 0;

    while (fact_measures[m] != NULL && !text_equal(fact_measures[m], name))
        m++;
    if (fact_measures[m] == NULL)
        return ctx_fail_field(ctx, "measure", tr(ctx, "Choose what is measured."));
    q->measure = (enum fact_measure)m;
    if (!fact_measure_is_score(q->measure))
        return OK;
    if (text_blank(ask->score))
        return ctx_fail_field(ctx, "score", tr(ctx, "Choose the score."));
    if (read_column(ctx, &q->score, q, ask->score, "score"))
        return ERR_INVALID;
    if (q->score->kind != FACT_SCORE)
        return ctx_fail_field(ctx, "score", tr(ctx, "Choose the score."));
    return OK;
}

/*
 * A quarter, or any day: facts hold at the ends of quarters, so a day means the last end up to it,
 * and today means now.
 */
static bool read_as_at(struct ctx *ctx, const char *text, int64_t *out)
{
    const char *today = ctx_today(ctx);
    int64_t month = 0;
    int64_t year = 0;
    int64_t quarter;

    if (quarter_parse(text, out))
        return true;
    if (!date_valid(text) || text_compare(text, today) > 0 ||
        !parse_int(arena_strndup(ctx->arena, text, 4), 1, 9999, &year) ||
        !parse_int(arena_strndup(ctx->arena, text + 5, 2), 1, 12, &month))
        return false;
    quarter = year * 4 + (month - 1) / 3;
    if (!text_equal(text, today) && !text_equal(text, quarter_last_day(ctx, quarter)))
        quarter--;
    *out = quarter;
    return quarter >= 4;
}

static enum err read_period(struct ctx *ctx, struct fact_question *q, const struct fact_ask *ask)
{
    int64_t from = 0;
    int64_t to = 0;
    int64_t now = quarter_of_ms(ctx->now_ms);

    q->as_at = now;
    if (!text_blank(ask->as_at) && (!read_as_at(ctx, ask->as_at, &q->as_at) || q->as_at > now))
        return ctx_fail_field(ctx, "as_at",
                              tr(ctx, "Write a quarter that has begun, such as 2026-Q1, or a day "
                                      "up to today."));
    if (text_blank(ask->period))
        return OK;
    if (read_column(ctx, &q->period, q, ask->period, "period"))
        return ERR_INVALID;
    if (q->period->kind != FACT_QUARTER)
        return ctx_fail_field(ctx, "period", tr(ctx, "Choose a date."));
    if (!quarter_parse(ask->from, &from) || !quarter_parse(ask->to, &to) || from > to)
        return ctx_fail_field(ctx, "from",
                              tr(ctx, "Write the first and the last quarter, such as 2026-Q1."));
    q->from = ask->from;
    q->to = ask->to;
    return OK;
}

/* A fund counts what its programme did. */
static enum err fund_filter(struct ctx *ctx, struct fact_question *q, const char *code,
                            struct fact_filter *out)
{
    for (size_t i = 0; i < q->lists->funds_len; i++) {
        const struct fact_fund *f = &q->lists->funds[i];

        if (!text_equal(f->code, code) || f->programme == NULL)
            continue;
        out->column = fact_column_find(q->table, "case.programme");
        out->value = f->programme;
        if (out->column != NULL)
            return OK;
    }
    return ctx_fail_field(ctx, "filters", tr(ctx, "Nothing is counted for this fund here."));
}

static enum err read_filter(struct ctx *ctx, struct fact_question *q, const char *text)
{
    struct fact_filter *f = &q->filters[q->filters_len];
    const char *at = strchr(text, '=');
    const char *key = at ? arena_strndup(ctx->arena, text, (size_t)(at - text)) : text;
    enum err rc;

    if (at == NULL)
        return ctx_fail_field(ctx, "filters", tr(ctx, "Choose one of the list."));
    if (text_equal(key, "fund")) {
        rc = fund_filter(ctx, q, at + 1, f);
    } else {
        f->value = at + 1;
        rc = read_column(ctx, &f->column, q, key, "filters");
    }
    if (rc)
        return rc;
    if (f->column->kind == FACT_SCORE || is_used(q, f->column))
        return ctx_fail_field(ctx, "filters", tr(ctx, "Choose each thing once."));
    for (size_t i = 0; i < q->filters_len; i++)
        if (q->filters[i].column == f->column)
            return ctx_fail_field(ctx, "filters", tr(ctx, "Choose each thing once."));
    q->filters_len++;
    return OK;
}

/* Who asks for one status, or for all side by side, gets them all. */
static void count_only(struct fact_question *q)
{
    const char *status = NULL;
    const struct fact_column *c = fact_column_counted(q->table, &status);

    if (c == NULL || is_used(q, c))
        return;
    for (size_t i = 0; i < q->filters_len; i++)
        if (q->filters[i].column == c)
            return;
    q->only = (struct fact_filter){ c, status };
}

enum err fact_question_read(struct ctx *ctx, struct fact_question *out, const struct fact_ask *ask,
                            const struct fact_lists *lists)
{
    struct fact_question q = { 0 };
    struct fact_lists *loaded = NULL;
    enum err rc = lists ? OK : fact_lists_load(ctx, &loaded);

    q.lists = lists ? lists : loaded;
    q.table = ARENA_NEW(ctx->arena, struct fact_table);
    if (rc)
        return rc;
    if (!fact_table_find(ctx, q.table, ask->form))
        return ctx_fail_field(ctx, "form", tr(ctx, "Nothing is counted of this kind."));
    if (ctx->user != NULL && ctx->user->scope != SCOPE_ALL)
        q.scope = ctx->user->office_id;
    rc = read_dims(ctx, &q, ask, false);
    if (rc == OK)
        rc = read_dims(ctx, &q, ask, true);
    if (rc == OK)
        rc = read_measure(ctx, &q, ask);
    if (rc == OK)
        rc = read_period(ctx, &q, ask);
    for (size_t i = 0; rc == OK && i < FACT_FILTERS; i++)
        if (!text_blank(ask->filters[i]))
            rc = read_filter(ctx, &q, ask->filters[i]);
    if (rc)
        return rc;
    count_only(&q);
    *out = q;
    return OK;
}

/* --- as text --- */

static void add_keys(struct json_out *j, const char *name, const struct fact_column *const *items,
                     size_t len)
{
    json_key(j, name);
    json_begin_array(j);
    for (size_t i = 0; i < len; i++)
        json_text(j, items[i]->key);
    json_end_array(j);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the same order however they were chosen. */
static void add_filters(struct ctx *ctx, struct json_out *j, const struct fact_question *q)
{
    const char *texts[FACT_FILTERS];

    for (size_t i = 0; i < q->filters_len; i++)
        texts[i] =
            arena_printf(ctx->arena, "%s=%s", q->filters[i].column->key, q->filters[i].value);
    qsort(texts, q->filters_len, sizeof(texts[0]), compare_texts);
    json_key(j, "filters");
    json_begin_array(j);
    for (size_t i = 0; i < q->filters_len; i++)
        json_text(j, texts[i]);
    json_end_array(j);
}

const char *fact_question_text(struct ctx *ctx, const struct fact_question *q)
{
    struct buf b;
    struct json_out j = { .buf = &b };

    buf_init(&b, ctx->arena, TEXT_MAX);
    json_begin_object(&j);
    json_pair(&j, "form", q->table->key);
    add_keys(&j, "rows", q->rows, q->rows_len);
    add_keys(&j, "cols", q->cols, q->cols_len);
    json_pair(&j, "measure", fact_measures[q->measure]);
    if (q->score)
        json_pair(&j, "score", q->score->key);
    if (q->period) {
        json_pair(&j, "period", q->period->key);
        json_pair(&j, "from", q->from);
        json_pair(&j, "to", q->to);
    }
    json_pair(&j, "as_at", quarter_text(ctx, q->as_at));
    add_filters(ctx, &j, q);
    if (q->only.column)
        json_pair(&j, "only",
                  arena_printf(ctx->arena, "%s=%s", q->only.column->key, q->only.value));
    if (q->scope)
        json_pair(&j, "scope", q->scope);
    json_end_object(&j);
    return buf_text(&b);
}

static const char *member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static void members(const json_t *object, const char *key, const char **out, size_t max)
{
    const json_t *array = json_object_get(object, key);

    for (size_t i = 0; i < max; i++) {
        const char *text = json_string_value(json_array_get(array, i));

        out[i] = text ? text : "";
    }
}

/* What is kept of a question beside what was asked; "" = nothing. */
struct kept {
    const char *scope;
    const char *only;
};

static enum err parse(struct ctx *ctx, struct fact_ask *out, struct kept *kept, const char *text)
{
    json_t *object = NULL;
    enum err rc = json_parse(ctx, &object, text, strlen(text));

    if (rc)
        return rc;
    out->form = member(object, "form");
    members(object, "rows", out->rows, FACT_DIMS);
    members(object, "cols", out->cols, FACT_DIMS);
    out->measure = member(object, "measure");
    out->score = member(object, "score");
    out->period = member(object, "period");
    out->from = member(object, "from");
    out->to = member(object, "to");
    out->as_at = member(object, "as_at");
    members(object, "filters", out->filters, FACT_FILTERS);
    kept->scope = member(object, "scope");
    kept->only = member(object, "only");
    return OK;
}

enum err fact_ask_parse(struct ctx *ctx, struct fact_ask *out, const char *text)
{
    struct kept kept;

    return parse(ctx, out, &kept, text);
}

enum err fact_question_parse(struct ctx *ctx, struct fact_question *out, const char *text,
                             const struct fact_lists *lists)
{
    struct fact_ask ask = { 0 };
    struct kept kept = { 0 };
    enum err rc = parse(ctx, &ask, &kept, text);

    if (rc == OK)
        rc = fact_question_read(ctx, out, &ask, lists);
    if (rc)
        return rc;
    out->scope = kept.scope[0] ? kept.scope : NULL;
    if (kept.only[0] == '\0') /* it was given out when every status counted */
        out->only = (struct fact_filter){ 0 };
    return OK;
}
