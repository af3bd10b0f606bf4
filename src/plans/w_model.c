/* The W model as a document: for the page, for print and for a sheet of its numbers. */
#include "plans/w_model.h"

#include <math.h>

#include "auth/auth.h"
#include "core/text.h"
#include "forms_gen.h"
#include "records/records.h"
#include "report/chart.h"

#define MIDDLE 3.0 /* a step up or down goes at most as far */

/* One line of the chart: the points of a session, of a group those of one alias. */
struct line {
    const struct record *session;
    const char *alias; /* "" = of the person */
    struct answers *const *points;
    size_t len;
};

struct drawing {
    struct ctx *ctx;
    struct document *d;
    const struct form *form;
    const struct record *const *sessions; /* oldest first */
    size_t sessions_len;
    struct line *lines;
    size_t lines_len;
};

struct sums {
    int64_t up;
    int64_t down;
    int64_t overcome;
    int64_t open;
};

static const struct field *field_of(const struct drawing *w, const char *name)
{
    return field_find(w->form, name);
}

static const char *value(const struct drawing *w, const struct answers *row, const char *name)
{
    const char *text = answers_get(row, field_of(w, name));

    return text ? text : "";
}

static const char *shown(const struct drawing *w, const struct answers *row, const char *name)
{
    return answers_shown(w->ctx, field_of(w, name), value(w, row, name));
}

static struct answers *const *points_of(const struct drawing *w, const struct record *session,
                                        size_t *len_out)
{
    const struct field *f = field_of(w, FIELD_W_MODEL_W_POINTS);

    *len_out = session->answers->rows_len[f->place];
    return session->answers->rows[f->place];
}

static const char *number(struct ctx *ctx, int64_t n)
{
    return tr_decimal(ctx, (double)n, 0);
}

static bool goes_up(const struct drawing *w, const struct answers *point)
{
    return text_equal(value(w, point, FIELD_W_MODEL_W_DIRECTION), CODE_W_MODEL_W_DIRECTION_UP);
}

/* --- lines --- */

static struct line *line_of(struct drawing *w, const struct record *session, const char *alias)
{
    struct line *line;

    for (size_t i = 0; i < w->lines_len; i++)
        if (w->lines[i].session == session && text_equal(w->lines[i].alias, alias))
            return &w->lines[i];
    line = &w->lines[w->lines_len++];
    *line = (struct line){ .session = session, .alias = alias };
    return line;
}

static void add_lines(struct drawing *w, const struct record *session)
{
    size_t len = 0;
    struct answers *const *points = points_of(w, session, &len);

    for (size_t i = 0; i < len; i++) {
        struct line *line = line_of(w, session, value(w, points[i], FIELD_W_MODEL_W_ALIAS));
        struct answers **grown;

        grown = ARENA_ARRAY(w->ctx->arena, line->len + 1, struct answers *);
        for (size_t k = 0; k < line->len; k++)
            grown[k] = line->points[k];
        grown[line->len++] = points[i];
        line->points = grown;
    }
}

static const char *line_title(const struct drawing *w, const struct line *line)
{
    const char *day = tr_date(w->ctx, record_value(line->session, FIELD_W_MODEL_W_ON));

    return *line->alias ? tr(w->ctx, "{0}, {1}", TR_TEXT(line->alias), TR_TEXT(day)) : day;
}

/* --- the chart --- */

static double height_of(const struct drawing *w, const struct answers *point)
{
    const char *level = value(w, point, FIELD_W_MODEL_W_LEVEL);
    double far = *level ? (double)(*level - '0') : 2;

    return goes_up(w, point) ? MIDDLE + far : MIDDLE - far;
}

static struct chart_series series_of(const struct drawing *w, const struct line *line, size_t len)
{
    double *values = ARENA_ARRAY(w->ctx->arena, len, double);
    const char **words = ARENA_ARRAY(w->ctx->arena, len, const char *);

    for (size_t i = 0; i < len; i++) {
        const struct answers *point = i > 0 && i <= line->len ? line->points[i - 1] : NULL;

        values[i] = point ? height_of(w, point) : NAN;
        words[i] = point ? shown(w, point, FIELD_W_MODEL_W_LABEL) : "";
    }
    return (struct chart_series){ line_title(w, line), values, words };
}

/* From the return to today, with the points numbered in between as in the tables. */
static const char *const *labels_of(const struct drawing *w, size_t len)
{
    const char **labels = ARENA_ARRAY(w->ctx->arena, len, const char *);

    for (size_t i = 1; i + 1 < len; i++)
        labels[i] = number(w->ctx, (int64_t)i);
    labels[0] = tr(w->ctx, "Return");
    labels[len - 1] = tr(w->ctx, "Today");
    return labels;
}

static void add_chart(const struct drawing *w)
{
    struct chart *chart = ARENA_NEW(w->ctx->arena, struct chart);
    struct chart_series *series = ARENA_ARRAY(w->ctx->arena, CHART_SERIES_MAX, struct chart_series);
    struct chart_level *levels = ARENA_ARRAY(w->ctx->arena, 3, struct chart_level);
    size_t first = w->lines_len > CHART_SERIES_MAX ? w->lines_len - CHART_SERIES_MAX : 0;
    size_t longest = 0;

    for (size_t i = first; i < w->lines_len; i++)
        longest = w->lines[i].len > longest ? w->lines[i].len : longest;
    for (size_t i = first; i < w->lines_len; i++)
        series[i - first] = series_of(w, &w->lines[i], longest + 2);
    levels[0] = (struct chart_level){ 0, tr(w->ctx, "Down") };
    levels[1] = (struct chart_level){ MIDDLE, "" };
    levels[2] = (struct chart_level){ 2 * MIDDLE, tr(w->ctx, "Up") };
    *chart = (struct chart){ .kind = CHART_LINES,
                             .title = tr(w->ctx, "Ups and downs since the return"),
                             .labels = labels_of(w, longest + 2),
                             .labels_len = longest + 2,
                             .series = series,
                             .series_len = w->lines_len - first,
                             .levels = levels,
                             .levels_len = 3 };
    document_chart(w->d, chart);
    if (first > 0)
        document_add(w->d, DOC_SMALL,
                     tr(w->ctx, "The chart has the newest {0} lines; the tables have all.",
                        TR_INT(CHART_SERIES_MAX)));
}

/* --- tables --- */

static void add_points(const struct drawing *w, const struct line *line)
{
    static const char *const names[] = {
        FIELD_W_MODEL_W_DIRECTION, FIELD_W_MODEL_W_WHEN,   FIELD_W_MODEL_W_LABEL,
        FIELD_W_MODEL_W_OVERCOME,  FIELD_W_MODEL_W_HELPER, FIELD_W_MODEL_W_SERVICE_WANTED
    };
    static const double widths[] = { 1.4, 1.8, 5, 2, 2.6, 3 };
    const size_t columns_len = sizeof(names) / sizeof(names[0]) + 1;
    struct doc_column *columns = ARENA_ARRAY(w->ctx->arena, columns_len, struct doc_column);
    const char **cells = ARENA_ARRAY(w->ctx->arena, line->len * columns_len + 1, const char *);

    columns[0] = (struct doc_column){ .head = tr(w->ctx, "No."), .width = 0.8 };
    for (size_t c = 1; c < columns_len; c++)
        columns[c] =
            (struct doc_column){ .head = label_text(w->ctx, &field_of(w, names[c - 1])->label),
                                 .width = widths[c - 1] };
    for (size_t i = 0; i < line->len; i++) {
        cells[i * columns_len] = number(w->ctx, (int64_t)i + 1);
        for (size_t c = 1; c < columns_len; c++)
            cells[i * columns_len + c] = shown(w, line->points[i], names[c - 1]);
    }
    document_add(w->d, DOC_HEADING, line_title(w, line));
    document_table(w->d, &(struct doc_table){ .title = line_title(w, line),
                                              .columns = columns,
                                              .columns_len = columns_len,
                                              .cells = cells,
                                              .rows = line->len });
}

static bool touches(const struct drawing *w, const struct answers *point, const char *aspect)
{
    size_t len = 0;

    return text_among(
        text_split(w->ctx->arena, value(w, point, FIELD_W_MODEL_W_ASPECTS), ' ', true, &len),
        aspect);
}

/* aspect "" = whatever it touches. */
static void count(const struct drawing *w, struct sums *out, const struct record *session,
                  const char *aspect)
{
    size_t len = 0;
    struct answers *const *points = points_of(w, session, &len);

    for (size_t i = 0; i < len; i++) {
        const char *overcome = value(w, points[i], FIELD_W_MODEL_W_OVERCOME);

        if (*aspect && !touches(w, points[i], aspect))
            continue;
        if (goes_up(w, points[i]))
            out->up++;
        else
            out->down++;
        out->overcome += text_equal(overcome, CODE_W_MODEL_W_OVERCOME_YES);
        out->open += text_equal(overcome, CODE_W_MODEL_W_OVERCOME_NO);
    }
}

#define SUM_COLUMNS 5

static void sum_cells(const struct drawing *w, const char **cells, const char *head,
                      const struct sums *s)
{
    cells[0] = head;
    cells[1] = number(w->ctx, s->up);
    cells[2] = number(w->ctx, s->down);
    cells[3] = number(w->ctx, s->overcome);
    cells[4] = number(w->ctx, s->open);
}

static void add_sums(const struct drawing *w, const char *title, const char *head,
                     const char **cells, size_t rows)
{
    const struct doc_column columns[SUM_COLUMNS] = {
        { .head = head, .width = 4 },
        { .head = tr(w->ctx, "Ups"), .width = 2, .kind = REPORT_INT },
        { .head = tr(w->ctx, "Downs"), .width = 2, .kind = REPORT_INT },
        { .head = tr(w->ctx, "Overcome"), .width = 2, .kind = REPORT_INT },
        { .head = tr(w->ctx, "Not overcome"), .width = 2, .kind = REPORT_INT },
    };

    document_add(w->d, DOC_HEADING, title);
    document_table(w->d, &(struct doc_table){ .title = title,
                                              .columns = columns,
                                              .columns_len = SUM_COLUMNS,
                                              .cells = cells,
                                              .rows = rows });
}

/* How it changes from one session to the next, and what it touches. */
static void add_trends(const struct drawing *w)
{
    const struct choice_list *aspects = field_of(w, FIELD_W_MODEL_W_ASPECTS)->choices;
    const char **by_day =
        ARENA_ARRAY(w->ctx->arena, w->sessions_len * SUM_COLUMNS + 1, const char *);
    const char **by_aspect =
        ARENA_ARRAY(w->ctx->arena, aspects->len * SUM_COLUMNS + 1, const char *);

    for (size_t i = 0; i < w->sessions_len; i++) {
        const struct record *session = w->sessions[i];
        const struct field *f = field_of(w, FIELD_W_MODEL_W_PURPOSE);
        struct sums s = { 0 };

        count(w, &s, session, "");
        sum_cells(w, by_day + i * SUM_COLUMNS,
                  tr(w->ctx, "{0}: {1}",
                     TR_TEXT(tr_date(w->ctx, record_value(session, FIELD_W_MODEL_W_ON))),
                     TR_TEXT(answers_shown(w->ctx, f, record_value(session, f->name)))),
                  &s);
    }
    for (size_t a = 0; a < aspects->len; a++) {
        struct sums s = { 0 };

        for (size_t i = 0; i < w->sessions_len; i++)
            count(w, &s, w->sessions[i], aspects->items[a].name);
        sum_cells(w, by_aspect + a * SUM_COLUMNS, label_text(w->ctx, &aspects->items[a].label), &s);
    }
    add_sums(w, tr(w->ctx, "From session to session"), tr(w->ctx, "Session"), by_day,
             w->sessions_len);
    add_sums(w, tr(w->ctx, "What the ups and downs touch"), tr(w->ctx, "Part of life"), by_aspect,
             aspects->len);
}

static void draw(struct drawing *w)
{
    size_t most = 0;

    for (size_t i = 0; i < w->sessions_len; i++) {
        size_t len = 0;

        (void)points_of(w, w->sessions[i], &len);
        most += len;
    }
    w->lines = ARENA_ARRAY(w->ctx->arena, most + 1, struct line);
    for (size_t i = 0; i < w->sessions_len; i++)
        add_lines(w, w->sessions[i]);
    if (w->lines_len == 0)
        return;
    add_chart(w);
    for (size_t i = 0; i < w->lines_len; i++)
        add_points(w, &w->lines[i]);
}

static void add_hopes(const struct drawing *w)
{
    const struct field *f = field_of(w, FIELD_W_MODEL_W_HOPES);
    const struct record *last = w->sessions[w->sessions_len - 1];

    if (text_blank(record_value(last, f->name)))
        return;
    document_add(w->d, DOC_HEADING, label_text(w->ctx, &f->label));
    document_add(w->d, DOC_TEXT, record_value(last, f->name));
}

void w_model_session(struct ctx *ctx, struct document **out, const struct record *session)
{
    struct drawing w = {
        .ctx = ctx, .form = session->form, .sessions = &session, .sessions_len = 1
    };

    w.d = document_untitled(ctx, ctx->lang, tr(ctx, "W model"));
    draw(&w);
    *out = w.d;
}

/* Each opened as its own page would: within scope, and noted as read. */
static enum err load_sessions(struct ctx *ctx, struct drawing *w, const struct record *of)
{
    struct record **all = NULL;
    const struct record **kept;
    size_t len = 0;
    size_t first;
    enum err rc = record_children_whole(ctx, &all, &len, FORM_W_MODEL, of->id);

    if (rc)
        return rc;
    first = len > W_SESSIONS_MAX ? len - W_SESSIONS_MAX : 0;
    kept = ARENA_ARRAY(ctx->arena, len - first + 1, const struct record *);
    for (size_t i = first; rc == OK && i < len; i++) {
        struct record *rec = NULL;

        rc = record_load(ctx, &rec, FORM_W_MODEL, all[i]->id);
        if (rc == OK)
            kept[w->sessions_len++] = rec;
        if (rc == ERR_NOT_FOUND)
            rc = OK;
    }
    w->sessions = kept;
    return rc;
}

enum err w_model_document(struct ctx *ctx, struct document **out, const struct record *of)
{
    struct drawing w = { .ctx = ctx, .form = form_find(ctx->forms, FORM_W_MODEL) };
    const struct doc_pair pairs[] = { { tr(ctx, "Case"), of->number },
                                      { tr(ctx, "As at"), tr_date(ctx, ctx_today(ctx)) } };
    enum err rc = load_sessions(ctx, &w, of);

    if (rc)
        return rc;
    w.d = document_new(ctx, ctx->lang, tr(ctx, "W model"));
    document_pairs(w.d, pairs, 2);
    if (w.sessions_len == 0) {
        document_add(w.d, DOC_TEXT, tr(ctx, "No W model has been drawn with the person yet."));
    } else {
        draw(&w);
        add_trends(&w);
        add_hopes(&w);
    }
    document_footer(w.d, of->number ? of->number : "");
    *out = w.d;
    return OK;
}
