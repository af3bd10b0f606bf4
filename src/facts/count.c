#include "facts/count.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "db/db.h"
#include "facts/store.h"

#define SQL_MAX   ((size_t)32 * 1024)
#define ARGS_MAX  600
#define SLOTS     1024 /* of the table that finds lines; a power of two, well above their number */
#define STRIDE    ((size_t)FACT_COLS_MAX + 1)
#define CELLS_MAX ((FACT_ROWS_MAX + 1) * STRIDE)
#define ROWS_MARK 512 /* rows read between two rewinds */

struct line {
    struct fact_line values;
    size_t lens[FACT_DIMS];
};

/* Rows or columns as they turn up. */
struct lines {
    struct line *items;
    size_t len;
    size_t max;
    uint16_t slots[SLOTS]; /* place + 1 */
    struct arena *arena;
};

struct score {
    double value;
    uint16_t row;
    uint16_t col;
};

struct count {
    struct ctx *ctx;
    const struct fact_question *q;
    struct lines rows;
    struct lines cols;
    int64_t *n;
    int64_t *people;
    int64_t *seen; /* the last person that was counted in a cell */
    double *sum;
    struct score *scores;
    size_t scores_len;
    size_t scores_cap;
    struct arena *arena; /* of lines and scores: rows of the query are rewound */
    char who[FACT_HASH + 1];
    size_t who_len;
    int64_t person;
};

/* --- the query --- */

struct query {
    struct buf text;
    struct db_arg args[ARGS_MAX + 1];
    size_t len;
};

static void add_arg(struct query *s, const char *before, struct db_arg arg)
{
    if (s->len == ARGS_MAX) {
        s->text.failed = true;
        return;
    }
    s->args[s->len++] = arg;
    buf_printf(&s->text, "%s$%zu", before, s->len);
}

/* Offices of the scope, or of one country; nobody's if there are none. */
static void add_offices(struct query *s, const struct fact_question *q, const char *top,
                        const char *country)
{
    const char *before = " AND office_id IN (";
    bool any = false;

    for (size_t i = 0; i < q->lists->offices_len; i++) {
        const struct fact_office *o = &q->lists->offices[i];

        if (top ? !fact_office_within(q->lists, o->id, top) : !text_equal(o->country, country))
            continue;
        add_arg(s, any ? ", " : before, DB_TEXT(o->id));
        any = true;
    }
    buf_add(&s->text, any ? ")" : " AND 1 = 0");
}

static void add_filter(struct query *s, const struct fact_question *q, const struct fact_filter *f)
{
    if (f->column->kind == FACT_COUNTRY) {
        add_offices(s, q, NULL, f->value);
    } else if (f->value[0] == '\0') {
        buf_printf(&s->text, " AND %s IS NULL", f->column->name);
    } else {
        buf_printf(&s->text, " AND %s", f->column->name);
        add_arg(s, " = ", DB_TEXT(f->value));
    }
}

static void add_filters(struct query *s, const struct fact_question *q)
{
    for (size_t i = 0; i < q->filters_len; i++)
        add_filter(s, q, &q->filters[i]);
    if (q->only.column)
        add_filter(s, q, &q->only);
}

static void build_query(struct ctx *ctx, struct query *s, const struct fact_question *q)
{
    buf_init(&s->text, ctx->arena, SQL_MAX);
    buf_add(&s->text, "SELECT who");
    for (size_t i = 0; i < q->rows_len; i++)
        buf_printf(&s->text, ", %s", q->rows[i]->name);
    for (size_t i = 0; i < q->cols_len; i++)
        buf_printf(&s->text, ", %s", q->cols[i]->name);
    if (q->score)
        buf_printf(&s->text, ", %s", q->score->name);
    buf_printf(&s->text, " FROM %s WHERE valid_from <= ", q->table->name);
    add_arg(s, "", DB_INT(q->as_at));
    add_arg(s, " AND valid_to > ", DB_INT(q->as_at));
    if (q->scope)
        add_offices(s, q, q->scope, NULL);
    if (q->period) {
        buf_printf(&s->text, " AND %s", q->period->name);
        add_arg(s, " >= ", DB_TEXT(q->from));
        buf_printf(&s->text, " AND %s", q->period->name);
        add_arg(s, " <= ", DB_TEXT(q->to));
    }
    if (q->score)
        buf_printf(&s->text, " AND %s IS NOT NULL", q->score->name);
    add_filters(s, q);
    buf_add(&s->text, " ORDER BY who");
}

/* --- lines --- */

/* A value where it lies in the row of the query. */
struct piece {
    const char *text; /* NUL-ended */
    size_t len;
};

/* The next bytes of a text as a number, at most eight; every value of the same length differs. */
static inline uint64_t word_of(const char *text, size_t len)
{
    uint64_t word = 0;
    uint32_t low = 0;
    uint32_t high = 0;

    if (len >= sizeof word) {
        memcpy(&word, text, sizeof word);
        return word;
    }
    if (len >= sizeof low) {
        memcpy(&low, text, sizeof low);
        memcpy(&high, text + len - sizeof high, sizeof high);
        return (uint64_t)high << 32 | low;
    }
    for (size_t i = 0; i < len; i++)
        word = word << 8 | (unsigned char)text[i];
    return word;
}

static inline uint64_t hash_pieces(const struct piece *pieces, size_t len)
{
    const uint64_t odd = 0x9E3779B97F4A7C15u;
    uint64_t h = len;

    for (size_t i = 0; i < len; i++) {
        for (size_t at = 0; at < pieces[i].len; at += sizeof h)
            h = (h ^ word_of(pieces[i].text + at, pieces[i].len - at)) * odd;
        h = (h ^ h >> 32 ^ pieces[i].len) * odd;
    }
    return h >> 32;
}

static inline bool same_values(const struct line *line, const struct piece *pieces, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (line->lens[i] != pieces[i].len)
            return false;
        for (size_t at = 0; at < pieces[i].len; at += sizeof(uint64_t))
            if (word_of(line->values.values[i] + at, pieces[i].len - at) !=
                word_of(pieces[i].text + at, pieces[i].len - at))
                return false;
    }
    return true;
}

/* Place of a line, new ones at the end; max if there is no room. */
static size_t line_of(struct lines *l, const struct piece *pieces, size_t len)
{
    uint64_t slot = hash_pieces(pieces, len) & (SLOTS - 1);

    for (; l->slots[slot] != 0; slot = (slot + 1) & (SLOTS - 1))
        if (same_values(&l->items[l->slots[slot] - 1], pieces, len))
            return l->slots[slot] - 1u;
    if (l->len == l->max)
        return l->max;
    for (size_t i = 0; i < len; i++) {
        l->items[l->len].values.values[i] = arena_strndup(l->arena, pieces[i].text, pieces[i].len);
        l->items[l->len].lens[i] = pieces[i].len;
    }
    l->slots[slot] = (uint16_t)++l->len;
    return l->len - 1;
}

static void lines_init(struct count *c, struct lines *l, size_t max)
{
    l->items = ARENA_ARRAY(c->arena, max + 1, struct line);
    l->max = max;
    l->arena = c->arena;
}

/* --- one fact --- */

static struct piece dim_value(const struct count *c, const struct fact_column *column,
                              const struct rows *rows, int at)
{
    struct piece value = { 0 };

    value.text = row_peek(rows, at, &value.len);
    if (value.text != NULL && column->kind == FACT_COUNTRY) {
        const struct fact_office *o = fact_office_find(c->q->lists, value.text);

        value.text = o ? o->country : NULL;
        value.len = value.text ? strlen(value.text) : 0;
    }
    return value.text ? value : (struct piece){ "", 0 };
}

static void count_in(struct count *c, size_t cell, double score)
{
    c->n[cell]++;
    if (c->seen[cell] != c->person) {
        c->seen[cell] = c->person;
        c->people[cell]++;
    }
    if (c->sum)
        c->sum[cell] += score;
}

static void keep_score(struct count *c, size_t row, size_t col, double value)
{
    if (c->scores_len == c->scores_cap) {
        size_t cap = c->scores_cap ? 2 * c->scores_cap : 4096;

        c->scores = arena_grow(c->arena, c->scores, c->scores_cap * sizeof(*c->scores),
                               cap * sizeof(*c->scores));
        c->scores_cap = cap;
    }
    c->scores[c->scores_len++] = (struct score){ value, (uint16_t)row, (uint16_t)col };
}

/* Facts come in the order of the people they are about. */
static void next_person(struct count *c, const struct rows *rows)
{
    size_t len = 0;
    const char *who = row_peek(rows, 0, &len);

    if (len > FACT_HASH)
        len = FACT_HASH;
    if (c->person > 0 && len == c->who_len && memcmp(c->who, who, len) == 0)
        return;
    memcpy(c->who, who, len);
    c->who_len = len;
    c->person++;
}

static enum err count_row(struct count *c, const struct rows *rows)
{
    const struct fact_question *q = c->q;
    struct piece values[FACT_DIMS];
    double score = 0;
    size_t row;
    size_t col;
    int at = 1;

    next_person(c, rows);
    for (size_t i = 0; i < q->rows_len; i++)
        values[i] = dim_value(c, q->rows[i], rows, at++);
    row = line_of(&c->rows, values, q->rows_len);
    for (size_t i = 0; i < q->cols_len; i++)
        values[i] = dim_value(c, q->cols[i], rows, at++);
    col = line_of(&c->cols, values, q->cols_len);
    if (row == c->rows.max || col == c->cols.max)
        return ctx_fail(c->ctx, ERR_LIMIT,
                        tr(c->ctx,
                           "The table would have more than {0} rows or {1} columns."
                           " Choose something coarser.",
                           TR_INT(FACT_ROWS_MAX), TR_INT(FACT_COLS_MAX)));
    if (q->score)
        score = row_real(rows, at);
    if (q->measure == MEASURE_MEDIAN)
        keep_score(c, row, col, score);
    count_in(c, row * STRIDE + col, score);
    count_in(c, row * STRIDE + FACT_COLS_MAX, score);
    count_in(c, FACT_ROWS_MAX * STRIDE + col, score);
    count_in(c, FACT_ROWS_MAX * STRIDE + FACT_COLS_MAX, score);
    return OK;
}

static enum err count_rows(struct count *c)
{
    struct query *s = ARENA_NEW(c->ctx->arena, struct query);
    struct arena_mark mark;
    struct rows *rows = NULL;
    bool more = false;
    size_t read = 0;
    enum err rc;

    build_query(c->ctx, s, c->q);
    if (!buf_ok(&s->text))
        return ctx_fail(c->ctx, ERR_LIMIT, tr(c->ctx, "There are too many offices to ask about."));
    rc = db_query_on(c->ctx, c->ctx->db, &rows, db_sql_built(c->ctx->db, buf_text(&s->text)),
                     s->args);
    if (rc)
        return rc;
    mark = arena_mark(c->ctx->arena);
    for (;;) {
        rc = db_next(c->ctx, rows, &more);
        if (rc || !more)
            break;
        rc = count_row(c, rows);
        if (rc)
            break;
        if (++read % ROWS_MARK == 0)
            arena_rewind(c->ctx->arena, mark);
    }
    db_rows_close(rows);
    return rc;
}

/* --- in order --- */

struct sorted {
    const struct fact_line *line;
    size_t was;
    size_t ranks[FACT_DIMS];
    size_t dims;
};

/* As the form lists the choices; what is not known comes last. */
static size_t rank_of(const struct fact_column *c, const char *value)
{
    const struct choice *choice = NULL;

    if (value[0] == '\0')
        return SIZE_MAX;
    if (c->kind == FACT_CODE && c->field->choices)
        choice = choice_find(c->field->choices, value);
    return choice ? (size_t)(choice - c->field->choices->items) : 0;
}

static int compare_sorted(const void *a, const void *b)
{
    const struct sorted *x = a;
    const struct sorted *y = b;

    for (size_t i = 0; i < x->dims; i++) {
        int order;

        if (x->ranks[i] != y->ranks[i])
            return x->ranks[i] < y->ranks[i] ? -1 : 1;
        order = strcmp(x->line->values[i], y->line->values[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

/* places: where each line was, the totals last. */
static struct fact_line *sort_lines(struct ctx *ctx, const struct lines *l,
                                    const struct fact_column *const *dims, size_t dims_len,
                                    size_t *places)
{
    struct sorted *items = ARENA_ARRAY(ctx->arena, l->len + 1, struct sorted);
    struct fact_line *out = ARENA_ARRAY(ctx->arena, l->len + 1, struct fact_line);

    for (size_t i = 0; i < l->len; i++) {
        items[i] = (struct sorted){ .line = &l->items[i].values, .was = i, .dims = dims_len };
        for (size_t d = 0; d < dims_len; d++)
            items[i].ranks[d] = rank_of(dims[d], l->items[i].values.values[d]);
    }
    qsort(items, l->len, sizeof(*items), compare_sorted);
    for (size_t i = 0; i < l->len; i++) {
        for (size_t d = 0; d < dims_len; d++)
            out[i].values[d] = arena_strdup(ctx->arena, items[i].line->values[d]);
        places[i] = items[i].was;
    }
    places[l->len] = l->max;
    return out;
}

static int compare_scores(const void *a, const void *b)
{
    const struct score *x = a;
    const struct score *y = b;

    return x->value < y->value ? -1 : x->value > y->value;
}

/* Scores pass in order; the middle one, or the mean of both, stays in each cell. */
static void find_medians(struct count *c)
{
    int64_t *passed = ARENA_ARRAY(c->arena, CELLS_MAX, int64_t);

    memset(c->sum, 0, CELLS_MAX * sizeof(*c->sum));
    qsort(c->scores, c->scores_len, sizeof(*c->scores), compare_scores);
    for (size_t i = 0; i < c->scores_len; i++) {
        const struct score *s = &c->scores[i];
        size_t row = (size_t)s->row * STRIDE;
        size_t cells[] = { row + s->col, row + FACT_COLS_MAX, FACT_ROWS_MAX * STRIDE + s->col,
                           FACT_ROWS_MAX * STRIDE + FACT_COLS_MAX };

        for (size_t k = 0; k < 4; k++) {
            int64_t place = passed[cells[k]]++;
            int64_t n = c->n[cells[k]];

            if (place == (n - 1) / 2)
                c->sum[cells[k]] += s->value / 2;
            if (place == n / 2)
                c->sum[cells[k]] += s->value / 2;
        }
    }
}

static void finish(struct count *c, struct fact_counts *out)
{
    size_t rows[FACT_ROWS_MAX + 1];
    size_t cols[FACT_COLS_MAX + 1];
    struct ctx *ctx = c->ctx;
    size_t cells;

    if (c->q->measure == MEASURE_MEDIAN)
        find_medians(c);
    out->rows = sort_lines(ctx, &c->rows, c->q->rows, c->q->rows_len, rows);
    out->cols = sort_lines(ctx, &c->cols, c->q->cols, c->q->cols_len, cols);
    out->rows_len = c->rows.len;
    out->cols_len = c->cols.len;
    cells = (out->rows_len + 1) * (out->cols_len + 1);
    out->n = ARENA_ARRAY(ctx->arena, cells, int64_t);
    out->people = ARENA_ARRAY(ctx->arena, cells, int64_t);
    out->value = c->sum ? ARENA_ARRAY(ctx->arena, cells, double) : NULL;
    for (size_t i = 0; i < cells; i++) {
        size_t r = i / (out->cols_len + 1);
        size_t was = rows[r] * STRIDE + cols[i % (out->cols_len + 1)];

        out->n[i] = c->n[was];
        out->people[i] = c->people[was];
        if (c->sum && c->q->measure == MEASURE_MEAN)
            out->value[i] = c->n[was] ? c->sum[was] / (double)c->n[was] : 0;
        else if (c->sum)
            out->value[i] = c->sum[was];
    }
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

enum err facts_count(struct ctx *ctx, struct fact_counts *out, const struct fact_question *q)
{
    struct count *c = ARENA_NEW(ctx->arena, struct count);
    enum err rc;

    c->ctx = ctx;
    c->q = q;
    c->arena = arena_new(0);
    arena_on_free(ctx->arena, free_arena, c->arena);
    lines_init(c, &c->rows, FACT_ROWS_MAX);
    lines_init(c, &c->cols, FACT_COLS_MAX);
    c->n = ARENA_ARRAY(c->arena, CELLS_MAX, int64_t);
    c->people = ARENA_ARRAY(c->arena, CELLS_MAX, int64_t);
    c->seen = ARENA_ARRAY(c->arena, CELLS_MAX, int64_t);
    if (q->score)
        c->sum = ARENA_ARRAY(c->arena, CELLS_MAX, double);
    rc = count_rows(c);
    if (rc)
        return rc;
    if (c->cols.len == 0) /* no facts at all */
        c->cols.len = q->cols_len == 0 ? 1 : 0;
    finish(c, out);
    return OK;
}
