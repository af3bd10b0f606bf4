#include "facts/report.h"

#include <math.h>

#include "core/text.h"
#include "report/chart.h"

#define CHART_ROWS_MAX 40
#define HIDDEN_MARK    "*"
#define PAIRS_MAX      12

const char *facts_measure_title(struct ctx *ctx, enum fact_measure m)
{
    static const char *const titles[] = { [MEASURE_RECORDS] = N_("Number of records"),
                                          [MEASURE_PEOPLE] = N_("Number of people"),
                                          [MEASURE_SHARE] = N_("Share of records in percent"),
                                          [MEASURE_MEAN] = N_("Mean of a score"),
                                          [MEASURE_MEDIAN] = N_("Median of a score") };

    return tr_args(ctx, titles[m], NULL);
}

static const char *dims_title(struct ctx *ctx, const struct fact_question *q,
                              const struct fact_column *const *dims, size_t len)
{
    if (len == 2)
        return tr(ctx, "{0}, {1}", TR_TEXT(fact_column_title(ctx, q->table, dims[0])),
                  TR_TEXT(fact_column_title(ctx, q->table, dims[1])));
    return len == 1 ? fact_column_title(ctx, q->table, dims[0]) : "";
}

const char *facts_title(struct ctx *ctx, const struct fact_question *q)
{
    const char *form = fact_table_title(ctx, q->table);
    const char *rows = dims_title(ctx, q, q->rows, q->rows_len);

    if (q->cols_len == 0)
        return tr(ctx, "{0}: {1}", TR_TEXT(form), TR_TEXT(rows));
    return tr(ctx, "{0}: {1} by {2}", TR_TEXT(form), TR_TEXT(rows),
              TR_TEXT(dims_title(ctx, q, q->cols, q->cols_len)));
}

/* --- numbers --- */

static size_t cell_of(const struct fact_release *r, size_t row, size_t col)
{
    return row * (r->counts.cols_len + 1) + col;
}

/* Of its row; without columns, of all. */
static size_t whole_of(const struct fact_release *r, size_t row)
{
    return r->question.cols_len > 0 ? cell_of(r, row, r->counts.cols_len)
                                    : cell_of(r, r->counts.rows_len, 0);
}

bool facts_cell_shown(const struct fact_release *r, size_t row, size_t col)
{
    size_t cell = cell_of(r, row, col);

    return !r->hidden[cell] &&
           (r->question.measure != MEASURE_SHARE || !r->hidden[whole_of(r, row)]);
}

double facts_cell_number(const struct fact_release *r, size_t row, size_t col)
{
    size_t cell = cell_of(r, row, col);
    int64_t whole;

    switch (r->question.measure) {
    case MEASURE_RECORDS:
        return (double)r->counts.n[cell];
    case MEASURE_PEOPLE:
        return (double)r->counts.people[cell];
    case MEASURE_SHARE:
        whole = r->counts.n[whole_of(r, row)];
        return whole > 0 ? 100.0 * (double)r->counts.n[cell] / (double)whole : 0;
    case MEASURE_MEAN:
    case MEASURE_MEDIAN:
        break;
    }
    return r->counts.n[cell] > 0 ? r->counts.value[cell] : NAN;
}

static const char *cell_text(struct ctx *ctx, const struct fact_release *r, size_t row, size_t col)
{
    double d = facts_cell_number(r, row, col);

    if (!facts_cell_shown(r, row, col))
        return HIDDEN_MARK;
    if (isnan(d))
        return "";
    if (r->question.measure == MEASURE_RECORDS || r->question.measure == MEASURE_PEOPLE)
        return arena_printf(ctx->arena, "%lld", (long long)d);
    return arena_printf(ctx->arena, "%.*f", r->question.measure == MEASURE_SHARE ? 1 : 2, d);
}

static const char *value_title(struct ctx *ctx, const struct fact_release *r,
                               const struct fact_column *c, const char *value)
{
    return fact_value_title(ctx, r->question.lists, c, value);
}

static const char *line_title(struct ctx *ctx, const struct fact_release *r,
                              const struct fact_column *const *dims, size_t len,
                              const struct fact_line *line)
{
    if (len == 0)
        return facts_measure_title(ctx, r->question.measure);
    if (len == 1)
        return value_title(ctx, r, dims[0], line->values[0]);
    return tr(ctx, "{0}, {1}", TR_TEXT(value_title(ctx, r, dims[0], line->values[0])),
              TR_TEXT(value_title(ctx, r, dims[1], line->values[1])));
}

/* --- the table --- */

/* Without columns, the totals of rows are the cells themselves. */
static size_t shown_columns(const struct fact_release *r)
{
    return r->question.cols_len > 0 ? r->counts.cols_len + 1 : r->counts.cols_len;
}

static void head_columns(struct ctx *ctx, const struct fact_release *r, struct doc_column *columns)
{
    const struct fact_question *q = &r->question;
    size_t n = 0;
    bool whole = q->measure == MEASURE_RECORDS || q->measure == MEASURE_PEOPLE;

    for (size_t i = 0; i < q->rows_len; i++)
        columns[n++] = (struct doc_column){ .head = fact_column_title(ctx, q->table, q->rows[i]) };
    for (size_t c = 0; c < shown_columns(r); c++) {
        struct doc_column *out = &columns[n++];
        bool total = c == r->counts.cols_len;

        out->kind = whole ? REPORT_INT : REPORT_DECIMAL;
        out->head =
            total ? tr(ctx, "Total") : line_title(ctx, r, q->cols, q->cols_len, &r->counts.cols[c]);
        if (q->cols_len == 2 && !total) {
            out->group = value_title(ctx, r, q->cols[0], r->counts.cols[c].values[0]);
            out->head = value_title(ctx, r, q->cols[1], r->counts.cols[c].values[1]);
        }
    }
}

static void add_table(struct ctx *ctx, struct document *d, const struct fact_release *r)
{
    const struct fact_question *q = &r->question;
    size_t width = q->rows_len + shown_columns(r);
    struct doc_column *columns = ARENA_ARRAY(ctx->arena, width + 1, struct doc_column);
    const char **cells = ARENA_ARRAY(ctx->arena, (r->counts.rows_len + 1) * width, const char *);
    size_t n = 0;

    head_columns(ctx, r, columns);
    for (size_t row = 0; row <= r->counts.rows_len; row++) {
        for (size_t i = 0; i < q->rows_len; i++) {
            if (row < r->counts.rows_len)
                cells[n++] = value_title(ctx, r, q->rows[i], r->counts.rows[row].values[i]);
            else
                cells[n++] = i == 0 ? tr(ctx, "Total") : "";
        }
        for (size_t c = 0; c < shown_columns(r); c++)
            cells[n++] = cell_text(ctx, r, row, c);
    }
    document_table(d, &(struct doc_table){ .title = tr(ctx, "Table"),
                                           .columns = columns,
                                           .columns_len = width,
                                           .cells = cells,
                                           .rows = r->counts.rows_len + 1,
                                           .total = true });
}

/* --- the chart --- */

static void add_chart(struct ctx *ctx, struct document *d, const struct fact_release *r)
{
    const struct fact_question *q = &r->question;
    struct chart *chart = ARENA_NEW(ctx->arena, struct chart);
    const char **labels = ARENA_ARRAY(ctx->arena, r->counts.rows_len + 1, const char *);
    struct chart_series *series =
        ARENA_ARRAY(ctx->arena, r->counts.cols_len + 1, struct chart_series);
    size_t len = r->counts.cols_len;

    if (len > CHART_SERIES_MAX || r->counts.rows_len == 0 || r->counts.rows_len > CHART_ROWS_MAX)
        return;
    for (size_t row = 0; row < r->counts.rows_len; row++)
        labels[row] = line_title(ctx, r, q->rows, q->rows_len, &r->counts.rows[row]);
    for (size_t c = 0; c < len; c++) {
        double *values = ARENA_ARRAY(ctx->arena, r->counts.rows_len, double);

        for (size_t row = 0; row < r->counts.rows_len; row++)
            values[row] = facts_cell_shown(r, row, c) ? facts_cell_number(r, row, c) : NAN;
        series[c].label = line_title(ctx, r, q->cols, q->cols_len, &r->counts.cols[c]);
        series[c].values = values;
    }
    *chart = (struct chart){ .kind = CHART_COLUMNS,
                             .title = facts_measure_title(ctx, q->measure),
                             .labels = labels,
                             .labels_len = r->counts.rows_len,
                             .series = series,
                             .series_len = len };
    if (q->rows_len == 1 && q->rows[0]->kind == FACT_QUARTER)
        chart->kind = CHART_LINES;
    else if (len > 1 && !fact_measure_is_score(q->measure))
        chart->kind = CHART_STACKED;
    document_chart(d, chart);
}

/* --- what it all means --- */

/* With the status that alone counts, where nobody asked for another. */
static const char *filters_text(struct ctx *ctx, const struct fact_release *r)
{
    const struct fact_question *q = &r->question;
    const char *text = tr(ctx, "none");
    size_t len = q->filters_len + (q->only.column ? 1 : 0);

    for (size_t i = 0; i < len; i++) {
        const struct fact_filter *f = i < q->filters_len ? &q->filters[i] : &q->only;
        const char *one = tr(ctx, "{0}: {1}", TR_TEXT(fact_column_title(ctx, q->table, f->column)),
                             TR_TEXT(value_title(ctx, r, f->column, f->value)));

        text = i == 0 ? one : tr(ctx, "{0}; {1}", TR_TEXT(text), TR_TEXT(one));
    }
    return text;
}

static const char *scope_text(struct ctx *ctx, const struct fact_question *q)
{
    const struct fact_office *o = q->scope ? fact_office_find(q->lists, q->scope) : NULL;

    return o ? tr(ctx, "{0} and the offices below it", TR_TEXT(o->name)) : tr(ctx, "all offices");
}

static void add_pairs(struct ctx *ctx, struct document *d, const struct fact_release *r)
{
    const struct fact_question *q = &r->question;
    struct doc_pair pairs[PAIRS_MAX] = { 0 };
    size_t n = 0;

    pairs[n++] = (struct doc_pair){ tr(ctx, "Measure"), facts_measure_title(ctx, q->measure) };
    if (q->score)
        pairs[n++] =
            (struct doc_pair){ tr(ctx, "Score"), fact_column_title(ctx, q->table, q->score) };
    pairs[n++] =
        (struct doc_pair){ tr(ctx, "As at"), q->as_at < quarter_of_ms(r->made_at)
                                                 ? tr_date(ctx, quarter_last_day(ctx, q->as_at))
                                                 : tr_moment(ctx, r->made_at) };
    if (q->period)
        pairs[n++] = (struct doc_pair){ fact_column_title(ctx, q->table, q->period),
                                        tr(ctx, "{0} to {1}", TR_TEXT(q->from), TR_TEXT(q->to)) };
    pairs[n++] = (struct doc_pair){ tr(ctx, "Filters"), filters_text(ctx, r) };
    pairs[n++] = (struct doc_pair){ tr(ctx, "Offices"), scope_text(ctx, q) };
    pairs[n++] = (struct doc_pair){ tr(ctx, "Threshold"),
                                    arena_printf(ctx->arena, "%lld", (long long)r->threshold) };
    pairs[n++] = (struct doc_pair){ tr(ctx, "Release"), r->id };
    document_pairs(d, pairs, n);
}

struct book {
    const char **cells;
    size_t rows;
    size_t cap;
};

static void book_line(struct ctx *ctx, struct book *b, const char *column, const char *code,
                      const char *meaning)
{
    if (b->rows == b->cap) {
        size_t cap = 2 * b->cap + 32;

        b->cells = arena_grow(ctx->arena, b->cells, b->cap * 3 * sizeof(*b->cells),
                              cap * 3 * sizeof(*b->cells));
        b->cap = cap;
    }
    b->cells[b->rows * 3] = column;
    b->cells[b->rows * 3 + 1] = code;
    b->cells[b->rows * 3 + 2] = meaning;
    b->rows++;
}

/* Each value of a dimension once. */
static void book_dim(struct ctx *ctx, struct book *b, const struct fact_release *r, size_t dim,
                     bool cols)
{
    const struct fact_column *c = cols ? r->question.cols[dim] : r->question.rows[dim];
    const struct fact_line *lines = cols ? r->counts.cols : r->counts.rows;
    size_t len = cols ? r->counts.cols_len : r->counts.rows_len;

    for (size_t i = 0; i < len; i++) {
        bool before = false;

        for (size_t k = 0; !before && k < i; k++)
            before = text_equal(lines[k].values[dim], lines[i].values[dim]);
        if (!before)
            book_line(ctx, b, c->key, c->kind == FACT_OFFICE ? "" : lines[i].values[dim],
                      value_title(ctx, r, c, lines[i].values[dim]));
    }
}

static void add_codebook(struct ctx *ctx, struct document *d, const struct fact_release *r)
{
    const struct doc_column columns[] = { { .head = tr(ctx, "Column") },
                                          { .head = tr(ctx, "Code") },
                                          { .head = tr(ctx, "Meaning") } };
    struct book b = { 0 };

    for (size_t i = 0; i < r->question.rows_len; i++) {
        const struct fact_column *c = r->question.rows[i];

        book_line(ctx, &b, c->key, "", fact_column_title(ctx, r->question.table, c));
        book_dim(ctx, &b, r, i, false);
    }
    for (size_t i = 0; i < r->question.cols_len; i++) {
        const struct fact_column *c = r->question.cols[i];

        book_line(ctx, &b, c->key, "", fact_column_title(ctx, r->question.table, c));
        book_dim(ctx, &b, r, i, true);
    }
    book_line(ctx, &b, HIDDEN_MARK, "",
              tr(ctx,
                 "Hidden: fewer than {0} people, or a number from which such a one could be"
                 " worked out.",
                 TR_INT(r->threshold)));
    document_add(d, DOC_HEADING, tr(ctx, "Codebook"));
    document_table(d, &(struct doc_table){ .title = tr(ctx, "Codebook"),
                                           .columns = columns,
                                           .columns_len = 3,
                                           .cells = b.cells,
                                           .rows = b.rows });
}

static bool any_hidden(const struct fact_release *r)
{
    size_t cells = (r->counts.rows_len + 1) * (r->counts.cols_len + 1);

    for (size_t i = 0; i < cells; i++)
        if (r->hidden[i])
            return true;
    return false;
}

struct document *facts_document(struct ctx *ctx, const struct fact_release *r)
{
    struct document *d = document_new(ctx, ctx->lang, facts_title(ctx, &r->question));

    if (r->question.cols_len > 0 && r->counts.cols_len > 6)
        document_paper(d, DOC_A4, true);
    if (r->counts.rows_len == 0) {
        document_add(d, DOC_NOTE, tr(ctx, "Nothing was found to count."));
    } else {
        add_chart(ctx, d, r);
        add_table(ctx, d, r);
    }
    if (any_hidden(r))
        document_add(d, DOC_SMALL,
                     tr(ctx,
                        "{0} Hidden: fewer than {1} people, or a number from which such a one"
                        " could be worked out.",
                        TR_TEXT(HIDDEN_MARK), TR_INT(r->threshold)));
    document_add(d, DOC_HEADING, tr(ctx, "About these figures"));
    add_pairs(ctx, d, r);
    add_codebook(ctx, d, r);
    document_footer(d, tr(ctx, "Release {0}", TR_TEXT(r->id)));
    return d;
}
