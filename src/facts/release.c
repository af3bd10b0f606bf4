#include "facts/release.h"

#include <string.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "core/buf.h"
#include "core/id.h"
#include "core/json.h"
#include "core/text.h"
#include "db/db.h"
#include "facts/near.h"
#include "facts/store.h"

#define CELLS_TEXT_MAX ((size_t)2 * 1024 * 1024)
#define ROUNDS_MAX     50 /* of hiding and comparing; every round hides something */

#define COLUMNS "id, question, threshold, cells, made_at"
DB_SQL(RELEASE_ADD, "INSERT INTO fact_release (id, office_id, form, as_at, question, threshold,"
                    " followed, cells, made_at, made_by)"
                    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
DB_SQL(RELEASE_SAME, "SELECT " COLUMNS ", followed FROM fact_release WHERE form = $1"
                     " AND as_at = $2 AND question = $3 ORDER BY made_at DESC, id DESC LIMIT 1");
DB_SQL(RELEASE_BY_ID, "SELECT " COLUMNS " FROM fact_release WHERE id = $1"
                      " AND ($2 = 1 OR office_id = $3)");
DB_SQL(RELEASES_NEAR, "SELECT " COLUMNS " FROM fact_release WHERE form = $1 AND as_at = $2"
                      " ORDER BY made_at DESC, id DESC LIMIT $3");
DB_SQL(RELEASES_BESIDE, "SELECT " COLUMNS " FROM fact_release WHERE form <> $1 AND as_at = $2"
                        " ORDER BY made_at DESC, id DESC LIMIT $3");
DB_SQL(RELEASES_LATEST, "SELECT id, question, made_at FROM fact_release"
                        " WHERE ($1 = 1 OR office_id = $2) ORDER BY made_at DESC, id DESC"
                        " LIMIT $3");
DB_SQL(RELEASE_FOLLOWED, "SELECT value FROM counter WHERE name = 'facts'");

enum err facts_threshold(struct ctx *ctx, int64_t *out)
{
    const char *text = NULL;
    enum err rc = setting_get(ctx, &text, "", THRESHOLD_SETTING);

    *out = THRESHOLD_DEFAULT;
    if (rc == OK && text && !parse_int(text, 2, THRESHOLD_MAX, out))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "The setting {0} must be a number from 2 to {1}, not “{2}”.",
                           TR_TEXT(THRESHOLD_SETTING), TR_INT(THRESHOLD_MAX), TR_TEXT(text)));
    return rc;
}

static size_t cells_of(const struct fact_counts *c)
{
    return (c->rows_len + 1) * (c->cols_len + 1);
}

/* --- as text --- */

void fact_lines_json(struct json_out *j, const char *name, const struct fact_line *lines,
                     size_t len, size_t dims, const char *none)
{
    json_key(j, name);
    json_begin_array(j);
    for (size_t i = 0; i < len; i++) {
        json_begin_array(j);
        for (size_t d = 0; d < dims; d++)
            json_text(j, lines[i].values[d][0] ? lines[i].values[d] : none);
        json_end_array(j);
    }
    json_end_array(j);
}

static void add_numbers(struct json_out *j, const char *name, const int64_t *numbers, size_t len)
{
    json_key(j, name);
    json_begin_array(j);
    for (size_t i = 0; i < len; i++)
        json_int(j, numbers[i]);
    json_end_array(j);
}

static enum err cells_text(struct ctx *ctx, const char **out, const struct fact_release *r)
{
    const struct fact_counts *c = &r->counts;
    size_t len = cells_of(c);
    struct buf b;
    struct json_out j = { .buf = &b };

    buf_init(&b, ctx->arena, CELLS_TEXT_MAX);
    json_begin_object(&j);
    fact_lines_json(&j, "rows", c->rows, c->rows_len, r->question.rows_len, "");
    fact_lines_json(&j, "cols", c->cols, c->cols_len, r->question.cols_len, "");
    add_numbers(&j, "n", c->n, len);
    add_numbers(&j, "people", c->people, len);
    if (c->value) {
        json_key(&j, "value");
        json_begin_array(&j);
        for (size_t i = 0; i < len; i++)
            json_decimal(&j, c->value[i]);
        json_end_array(&j);
    }
    json_key(&j, "hidden");
    json_begin_array(&j);
    for (size_t i = 0; i < len; i++)
        json_int(&j, r->hidden[i] ? 1 : 0);
    json_end_array(&j);
    json_end_object(&j);
    if (!buf_ok(&b))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The table would have too many rows or columns."));
    *out = buf_text(&b);
    return OK;
}

static struct fact_line *read_lines(struct ctx *ctx, const json_t *array, size_t *len_out)
{
    struct fact_line *lines;

    *len_out = json_array_size(array);
    lines = ARENA_ARRAY(ctx->arena, *len_out + 1, struct fact_line);
    for (size_t i = 0; i < *len_out; i++)
        for (size_t d = 0; d < FACT_DIMS; d++) {
            const char *text = json_string_value(json_array_get(json_array_get(array, i), d));

            lines[i].values[d] = text ? text : "";
        }
    return lines;
}

static int64_t *read_numbers(struct ctx *ctx, const json_t *array, size_t len)
{
    int64_t *numbers = ARENA_ARRAY(ctx->arena, len, int64_t);

    for (size_t i = 0; i < len; i++)
        numbers[i] = json_integer_value(json_array_get(array, i));
    return numbers;
}

static enum err read_cells(struct ctx *ctx, struct fact_release *r, const char *text)
{
    struct fact_counts *c = &r->counts;
    json_t *object = NULL;
    const json_t *array;
    size_t len;
    enum err rc = json_parse(ctx, &object, text, strlen(text));

    if (rc)
        return rc;
    c->rows = read_lines(ctx, json_object_get(object, "rows"), &c->rows_len);
    c->cols = read_lines(ctx, json_object_get(object, "cols"), &c->cols_len);
    len = cells_of(c);
    c->n = read_numbers(ctx, json_object_get(object, "n"), len);
    c->people = read_numbers(ctx, json_object_get(object, "people"), len);
    array = json_object_get(object, "value");
    if (array) {
        c->value = ARENA_ARRAY(ctx->arena, len, double);
        for (size_t i = 0; i < len; i++)
            c->value[i] = json_number_value(json_array_get(array, i));
    }
    r->hidden = ARENA_ARRAY(ctx->arena, len, bool);
    array = json_object_get(object, "hidden");
    for (size_t i = 0; i < len; i++)
        r->hidden[i] = json_integer_value(json_array_get(array, i)) != 0;
    return OK;
}

static enum err read_release(struct ctx *ctx, struct fact_release *out, struct rows *rows,
                             const struct fact_lists *lists)
{
    struct fact_release r = { .id = row_text(rows, 0),
                              .threshold = row_int(rows, 2),
                              .made_at = row_int(rows, 4) };
    const char *question = row_text(rows, 1);
    const char *cells = row_text(rows, 3);
    enum err rc = read_cells(ctx, &r, cells);

    if (rc == OK)
        rc = fact_question_parse(ctx, &r.question, question, lists);
    if (rc == OK)
        *out = r;
    return rc;
}

/* --- what is hidden --- */

static struct suppress table_of(struct ctx *ctx, const struct fact_question *q,
                                const struct fact_counts *c, int64_t threshold)
{
    size_t cells = cells_of(c);
    struct suppress s = { .rows = c->rows_len, .cols = c->cols_len, .n = c->n };

    s.small = ARENA_ARRAY(ctx->arena, cells, bool);
    s.hidden = ARENA_ARRAY(ctx->arena, cells, bool);
    s.unseen = ARENA_ARRAY(ctx->arena, cells, bool);
    for (size_t i = 0; i < cells; i++) {
        s.small[i] = c->people[i] > 0 && c->people[i] < threshold;
        s.unseen[i] = q->cols_len == 0 && c->cols_len == 1 && i % 2 == 1;
    }
    return s;
}

/* What may not stand beside tables that were given out before. */
static enum err compare_all(struct ctx *ctx, const struct fact_release *r, struct suppress *s,
                            const struct db_sql *which, size_t *found_out)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, which, DB_TEXT(r->question.table->key),
                           DB_INT(r->question.as_at), DB_INT(RELEASES_COMPARED));

    if (rc)
        return rc;
    for (;;) {
        struct problem *last = ctx->problems_last;
        struct arena_mark mark = arena_mark(ctx->arena);
        struct fact_release old = { 0 };

        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        rc = read_release(ctx, &old, rows, r->question.lists);
        if (rc == ERR_INVALID) { /* it asked for a field that is no longer there */
            ctx_problems_back(ctx, last);
            continue;
        }
        if (rc)
            break;
        near_compare(ctx, r, s, &old, found_out);
        arena_rewind(ctx->arena, mark);
    }
    db_rows_close(rows);
    return rc;
}

static enum err decide(struct ctx *ctx, struct fact_release *r)
{
    struct suppress s = table_of(ctx, &r->question, &r->counts, r->threshold);
    size_t found = 1;
    enum err rc = OK;

    for (int round = 0; rc == OK && found > 0; round++) {
        if (round == ROUNDS_MAX)
            return ctx_fail(ctx, ERR_LIMIT,
                            tr(ctx, "Beside the tables that were given out before, this one would"
                                    " tell too much. Choose something coarser."));
        found = 0;
        rc = suppress_cells(ctx, &s, r->threshold);
        if (rc == OK)
            rc = compare_all(ctx, r, &s, &RELEASES_NEAR, &found);
        if (rc == OK)
            rc = compare_all(ctx, r, &s, &RELEASES_BESIDE, &found);
    }
    if (rc == OK)
        r->hidden = near_hidden(ctx, &s);
    return rc;
}

/* --- given out --- */

static enum err followed_now(struct ctx *ctx, int64_t *out)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &RELEASE_FOLLOWED);

    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    if (rc == OK)
        *out = more ? row_int(rows, 0) : 0;
    db_rows_close(rows);
    return rc;
}

static enum err find_same(struct ctx *ctx, struct fact_release *out, bool *there, int64_t *followed,
                          const struct fact_question *q)
{
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &RELEASE_SAME, DB_TEXT(q->table->key), DB_INT(q->as_at),
                           DB_TEXT(fact_question_text(ctx, q)));

    *there = false;
    if (rc == OK)
        rc = db_next(ctx, rows, there);
    if (rc == OK && *there) {
        *followed = row_int(rows, 5);
        rc = read_release(ctx, out, rows, q->lists);
    }
    db_rows_close(rows);
    return rc;
}

static bool same_line(const struct fact_line *a, const struct fact_line *b)
{
    for (size_t d = 0; d < FACT_DIMS; d++)
        if (strcmp(a->values[d] ? a->values[d] : "", b->values[d] ? b->values[d] : "") != 0)
            return false;
    return true;
}

static size_t find_line(const struct fact_line *lines, size_t len, const struct fact_line *line)
{
    size_t i = 0;

    while (i < len && !same_line(&lines[i], line))
        i++;
    return i;
}

/* Whether every number of a is the same in b, or another by the threshold; a line that b lacks
 * counts as noughts. */
static bool far_apart(const struct fact_counts *a, const struct fact_counts *b, int64_t threshold)
{
    for (size_t r = 0; r <= a->rows_len; r++) {
        size_t row = r < a->rows_len ? find_line(b->rows, b->rows_len, &a->rows[r]) : b->rows_len;

        for (size_t c = 0; c <= a->cols_len; c++) {
            size_t col =
                c < a->cols_len ? find_line(b->cols, b->cols_len, &a->cols[c]) : b->cols_len;
            bool gone =
                (r < a->rows_len && row == b->rows_len) || (c < a->cols_len && col == b->cols_len);
            int64_t was = gone ? 0 : b->n[row * (b->cols_len + 1) + col];
            int64_t by = a->n[r * (a->cols_len + 1) + c] - was;

            if (by != 0 && by < threshold && by > -threshold)
                return false;
        }
    }
    return true;
}

static enum err store(struct ctx *ctx, const struct fact_release *r, int64_t followed)
{
    const struct fact_question *q = &r->question;
    const char *cells = NULL;
    enum err rc = cells_text(ctx, &cells, r);

    if (rc == OK)
        rc = db_exec(ctx, NULL, &RELEASE_ADD, DB_TEXT(r->id), DB_TEXT(q->scope),
                     DB_TEXT(q->table->key), DB_INT(q->as_at), DB_TEXT(fact_question_text(ctx, q)),
                     DB_INT(r->threshold), DB_INT(followed), DB_TEXT(cells), DB_INT(r->made_at),
                     DB_TEXT(ctx->user_id));
    return rc ? rc : audit_add(ctx, "facts.release", r->id, NULL, NULL);
}

/* Counting is done before: nobody waits for it. */
static enum err give_out(struct ctx *ctx, struct fact_release *r, int64_t followed)
{
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = decide(ctx, r);
    if (rc == OK)
        rc = store(ctx, r, followed);
    return db_end(ctx, rc);
}

enum err facts_release(struct ctx *ctx, struct fact_release *out, const struct fact_question *q)
{
    struct fact_release r = { .question = *q, .made_at = ctx->now_ms };
    struct fact_release same = { 0 };
    bool over = q->as_at < quarter_of_ms(ctx->now_ms);
    bool there = false;
    int64_t followed_then = 0;
    int64_t followed = 0;
    enum err rc = facts_threshold(ctx, &r.threshold);

    if (rc == OK)
        rc = fact_store_make(ctx, q->table);
    if (rc == OK)
        rc = followed_now(ctx, &followed);
    if (rc == OK)
        rc = find_same(ctx, &same, &there, &followed_then, q);
    if (rc)
        return rc;
    if (there && (over || followed == followed_then)) {
        *out = same;
        return OK;
    }
    rc = facts_count(ctx, &r.counts, q);
    if (rc)
        return rc;
    if (there && !(far_apart(&r.counts, &same.counts, r.threshold) &&
                   far_apart(&same.counts, &r.counts, r.threshold))) {
        *out = same;
        return OK;
    }
    r.id = id_new(ctx->arena, ctx->now_ms);
    rc = give_out(ctx, &r, followed);
    if (rc == OK)
        *out = r;
    return rc;
}

enum err facts_release_find(struct ctx *ctx, struct fact_release *out,
                            const struct fact_question *q)
{
    struct fact_release r = { 0 };
    int64_t followed = 0;
    bool there = false;
    enum err rc = find_same(ctx, &r, &there, &followed, q);

    if (rc == OK && !there)
        rc = ctx_fail(ctx, ERR_NOT_FOUND,
                      tr(ctx, "This was not asked yet: send the question with POST first."));
    if (rc == OK)
        *out = r;
    return rc;
}

/* --- looked at --- */

static bool sees_all(const struct ctx *ctx)
{
    return ctx->user && ctx->user->scope == SCOPE_ALL;
}

static const char *own_office(const struct ctx *ctx)
{
    return ctx->user ? ctx->user->office_id : "";
}

enum err facts_release_load(struct ctx *ctx, struct fact_release *out, const char *id)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &RELEASE_BY_ID, DB_TEXT(id), DB_INT(sees_all(ctx) ? 1 : 0),
                           DB_TEXT(own_office(ctx)));

    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    if (rc == OK && !more)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such table."));
    if (rc == OK)
        rc = read_release(ctx, out, rows, NULL);
    db_rows_close(rows);
    return rc;
}

enum err facts_releases(struct ctx *ctx, struct fact_release_row **out, size_t *len_out)
{
    struct fact_release_row *items =
        ARENA_ARRAY(ctx->arena, RELEASES_SHOWN, struct fact_release_row);
    struct rows *rows = NULL;
    size_t len = 0;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &RELEASES_LATEST, DB_INT(sees_all(ctx) ? 1 : 0),
                           DB_TEXT(own_office(ctx)), DB_INT(RELEASES_SHOWN));

    if (rc)
        return rc;
    while (len < RELEASES_SHOWN) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        items[len++] =
            (struct fact_release_row){ row_text(rows, 0), row_text(rows, 1), row_int(rows, 2) };
    }
    db_rows_close(rows);
    *out = items;
    *len_out = len;
    return rc;
}
