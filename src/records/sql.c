/*
 * Every statement on record tables, built from the loaded form. Text has checked names only, values
 * are arguments; db_sql_built keeps each text once, so lists of ids come in a few fixed lengths.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/id.h"
#include "core/text.h"
#include "records/records_sql.h"

/* --- writing --- */

static struct db_arg column_arg(const struct field *f, const char *value)
{
    int64_t n = 0;
    double d = 0;

    if (f->kind == FIELD_INTEGER)
        return value && parse_int(value, INT64_MIN, INT64_MAX, &n) ? DB_INT(n) : DB_NULL;
    if (f->kind == FIELD_DECIMAL && !f->currency)
        return value && parse_decimal(value, &d) ? DB_REAL(d) : DB_NULL;
    return DB_TEXT(value);
}

struct cell {
    const char *name;
    struct db_arg arg;
};

/* Names and values of a level: fixed ones, then the form's columns. */
static size_t cells_of(struct ctx *ctx, struct cell *out, const struct saving *s,
                       const struct write *w)
{
    const struct record *rec = s->rec;
    const struct form *form = rec->form;
    size_t n = 0;

    out[n++] = (struct cell){ "office_id", DB_TEXT(rec->office_id) };
    out[n++] = (struct cell){ "parent_id", DB_TEXT(w->repeat ? w->parent_id : rec->parent_id) };
    out[n++] = (struct cell){ "version", DB_INT(rec->version) };
    out[n++] = (struct cell){ "open", DB_BLOB(w->open, w->open_len) };
    out[n++] = (struct cell){ "sealed", DB_BLOB(w->sealed.bytes, w->sealed.len) };
    if (w->repeat) {
        out[n++] = (struct cell){ "root_id", DB_TEXT(rec->id) };
        out[n++] = (struct cell){ "place", DB_INT(w->place) };
    } else {
        out[n++] = (struct cell){ "key_id", DB_TEXT(rec->key_id) };
        out[n++] = (struct cell){ "status", DB_TEXT(rec->status) };
        out[n++] = (struct cell){ "updated_at", DB_INT(rec->updated_at) };
        out[n++] = (struct cell){ "updated_by", DB_TEXT(rec->updated_by) };
        out[n++] = (struct cell){ "parts", DB_INT(s->parts) };
    }
    for (size_t i = 0, made = 0; w->t && i < form->all_len && made < SQL_COLUMNS_MAX; i++) {
        const struct field *f = form->all[i];

        if (!sql_has_column(f, w->repeat))
            continue;
        made++;
        out[n++] = (struct cell){ arena_printf(ctx->arena, "c_%s", f->name),
                                  column_arg(f, w->t->values[f->place]) };
    }
    return n;
}

#define CELLS_MAX (SQL_COLUMNS_MAX + 20)

static size_t insert_only(struct cell *out, const struct saving *s, const struct write *w)
{
    const struct record *rec = s->rec;
    size_t n = 0;

    out[n++] = (struct cell){ "id", DB_TEXT(w->id) };
    if (w->repeat)
        return n;
    out[n++] = (struct cell){ "number", DB_TEXT(rec->number) };
    out[n++] = (struct cell){ "created_at", DB_INT(rec->created_at) };
    out[n++] = (struct cell){ "created_by", DB_TEXT(rec->created_by) };
    return n;
}

static enum err write_insert(struct ctx *ctx, const struct saving *s, const struct write *w)
{
    struct cell cells[CELLS_MAX];
    struct build b;
    size_t n;

    build_start(&b, ctx, "INSERT INTO ");
    build_add(&b, sql_table(ctx->arena, s->rec->form, w->repeat));
    n = insert_only(cells, s, w);
    n += cells_of(ctx, cells + n, s, w);
    for (size_t i = 0; i < n; i++) {
        build_add(&b, i ? ", " : " (");
        build_add(&b, cells[i].name);
    }
    for (size_t i = 0; i < n; i++)
        build_is(&b, i ? ", " : ") VALUES (", cells[i].arg);
    build_add(&b, ")");
    return build_exec(&b, NULL);
}

static enum err write_update(struct ctx *ctx, const struct saving *s, const struct write *w,
                             int64_t version_before, int64_t *changed_out)
{
    struct cell cells[CELLS_MAX];
    struct build b;
    size_t n = cells_of(ctx, cells, s, w);

    build_start(&b, ctx, "UPDATE ");
    build_add(&b, sql_table(ctx->arena, s->rec->form, w->repeat));
    for (size_t i = 0; i < n; i++) {
        build_add(&b, i ? ", " : " SET ");
        build_add(&b, cells[i].name);
        build_is(&b, " = ", cells[i].arg);
    }
    build_is(&b, " WHERE id = ", DB_TEXT(w->id));
    if (w->repeat)
        build_is(&b, " AND root_id = ", DB_TEXT(s->rec->id));
    else
        build_is(&b, " AND version = ", DB_INT(version_before));
    return build_exec(&b, changed_out);
}

enum err sql_update_root(struct ctx *ctx, const struct saving *s, int64_t version_before,
                         bool *changed_out)
{
    int64_t changed = 0;
    enum err rc = write_update(ctx, s, &s->writes[0], version_before, &changed);

    if (rc == OK)
        *changed_out = changed == 1;
    return rc;
}

static enum err write_delete(struct ctx *ctx, const struct saving *s, const struct write *w)
{
    struct build b;

    build_start(&b, ctx, "DELETE FROM ");
    build_add(&b, sql_table(ctx->arena, s->rec->form, w->repeat));
    build_is(&b, " WHERE id = ", DB_TEXT(w->id));
    build_is(&b, " AND root_id = ", DB_TEXT(s->rec->id));
    return build_exec(&b, NULL);
}

enum err sql_write(struct ctx *ctx, const struct saving *s, const struct write *w)
{
    switch (w->action) {
    case WRITE_INSERT:
        return write_insert(ctx, s, w);
    case WRITE_UPDATE:
        assert(w->repeat); /* the root goes through sql_update_root, which checks the version */
        return write_update(ctx, s, w, 0, NULL);
    case WRITE_DELETE:
        return write_delete(ctx, s, w);
    }
    return ERR_INTERNAL;
}

/* --- reading --- */

#define ROOT_COLUMNS                                                                               \
    "id, office_id, parent_id, number, version, status, key_id, created_at, created_by,"           \
    " updated_at, updated_by, parts"

/* Of a bare record: what finds it, opens its repeats and calls it; texts that nobody reads cost. */
#define BARE_COLUMNS                                                                               \
    "id, NULL, NULL, number, version, status, key_id, created_at, NULL, updated_at, NULL, parts"

/* The row as it lies there; its answers are opened when the keys of all rows are known. */
static struct record *read_root(struct ctx *ctx, struct level_bytes *bytes, struct rows *rows,
                                const struct pick *pick)
{
    struct record *rec = ARENA_NEW(ctx->arena, struct record);

    rec->form = pick->form;
    rec->id = row_text(rows, 0);
    rec->office_id = row_text(rows, 1);
    rec->parent_id = row_text(rows, 2);
    rec->number = row_text(rows, 3);
    rec->version = row_int(rows, 4);
    rec->status = row_text(rows, 5);
    rec->key_id = row_text(rows, 6);
    rec->created_at = row_int(rows, 7);
    rec->created_by = row_text(rows, 8);
    rec->updated_at = row_int(rows, 9);
    rec->updated_by = row_text(rows, 10);
    rec->answers = answers_new(ctx->arena, rec->form);
    rec->answers->id = rec->id;
    if (pick->bare)
        return rec;
    bytes->open = row_blob(rows, 12, &bytes->open_len);
    bytes->sealed.bytes = row_blob(rows, 13, &bytes->sealed.len);
    bytes->key_id = rec->key_id;
    return rec;
}

static enum err open_roots(struct ctx *ctx, struct record **recs, struct level_bytes *bytes,
                           size_t len)
{
    const char *keys[SQL_BATCH];
    enum err rc;

    for (size_t i = 0; i < len; i++)
        keys[i] = bytes[i].key_id;
    rc = len > 1 ? vault_fetch(ctx, keys, len) : OK;
    for (size_t i = 0; rc == OK && i < len; i++) {
        bytes[i].context =
            seal_context(ctx->arena, recs[i]->form, NULL, recs[i]->id, recs[i]->version);
        rc = level_open(ctx, recs[i]->answers, &bytes[i]);
    }
    return rc;
}

static size_t padded(size_t n)
{
    if (n <= 1)
        return 1;
    if (n <= 25)
        return 25;
    return n <= 50 ? 50 : SQL_BATCH;
}

/* " column IN ($1, ...)": short lists are filled up with their last id. */
static void add_ids(struct build *b, const char *column, const char *const *ids, size_t len)
{
    size_t n = padded(len);

    assert(len > 0 && len <= SQL_BATCH);
    build_add(b, column);
    for (size_t i = 0; i < n; i++)
        build_is(b, i ? ", " : " IN (", DB_TEXT(ids[i < len ? i : len - 1]));
    build_add(b, ")");
}

/*
 * SCOPE_OWN counts as the office here: no record kind has an assignment yet. Cases will bring one,
 * and then narrow it in this function.
 */
static void add_scope(struct build *b, const struct pick *pick)
{
    const struct user *user = b->ctx->user;
    bool below = pick->parents || (pick->filter && pick->filter->parent_id);

    if (pick->anywhere || pick->whole)
        return;
    if (!user)
        build_add(b, " AND 1 = 0");
    else if (user->scope != SCOPE_ALL)
        /* What is below one record is found from it: SQLite may take it for more than an office. */
        build_is(b,
                 below ? " AND office_id || '' = " : " AND office_id = ", DB_TEXT(user->office_id));
}

/* "% code %" with what LIKE would take for a joker escaped. */
static const char *like_code(struct arena *a, const char *code)
{
    struct buf b;

    buf_init(&b, a, 2 * strlen(code) + 8);
    buf_add(&b, "% ");
    for (; *code; code++) {
        if (*code == '_' || *code == '%' || *code == '!')
            buf_add_char(&b, '!');
        buf_add_char(&b, *code);
    }
    buf_add(&b, " %");
    return buf_text(&b);
}

/* One of several codes; of a select_multiple, one of the codes that were chosen. */
static void add_codes(struct build *b, const struct field *f, const char *column, const char *value)
{
    size_t len = 0;
    char **codes = text_split(b->ctx->arena, value, ' ', true, &len);

    build_add(b, " AND (");
    for (size_t i = 0; i < len; i++) {
        build_add(b, i ? " OR " : "");
        if (f->kind == FIELD_SELECT_MULTIPLE) {
            build_add(b, arena_printf(b->ctx->arena, "' ' || c_%s || ' ' LIKE ", f->name));
            build_arg(b, DB_TEXT(like_code(b->ctx->arena, codes[i])));
            build_add(b, " ESCAPE '!'");
        } else {
            build_is(b, arena_printf(b->ctx->arena, "%s = ", column), DB_TEXT(codes[i]));
        }
    }
    build_add(b, ")");
}

/*
 * One condition is written as the index has it: that which few records fulfil, or else that of the
 * order. SQLite would choose blindly among several, for it knows nothing of how many there are.
 */
static bool by_index(const struct pick *pick, const struct record_condition *c,
                     const struct field *f)
{
    if (!sql_is_sorted(f))
        return false;
    if (pick->by)
        return text_equal(c->field, pick->by->field);
    return !pick->few && pick->filter->sort == SORT_FIELD &&
           text_equal(c->field, pick->filter->sort_field);
}

/* The filter was checked: the field has a column, the value is of its type. */
static void add_condition(struct build *b, const struct pick *pick,
                          const struct record_condition *c)
{
    static const char *const ops[] = { [COND_IS] = "=", [COND_FROM] = ">=", [COND_TO] = "<=" };
    const struct field *f = field_find(pick->form, c->field);
    bool index = by_index(pick, c, f);
    struct arena *a = b->ctx->arena;
    const char *column = index ? sql_sort_column(a, f) : arena_printf(a, "c_%s", f->name);

    if (c->op == COND_IS && f->choices) {
        add_codes(b, f, column, c->value);
        return;
    }
    build_is(b, arena_printf(a, " AND %s %s ", column, ops[c->op]), column_arg(f, c->value));
    if (c->op == COND_TO && index) /* what is empty is not before everything */
        build_add(b, arena_printf(a, " AND %s > %s", column, sql_empty(f)));
}

static void add_filter(struct build *b, const struct pick *pick)
{
    build_add(b, " WHERE ");
    if (pick->ids)
        add_ids(b, "id", pick->ids, pick->ids_len);
    else if (pick->number)
        build_is(b, "number = ", DB_TEXT(pick->number));
    else
        build_add(b, "1 = 1");
    if (pick->parents)
        add_ids(b, " AND parent_id", pick->parents, pick->parents_len);
    add_scope(b, pick);
    if (!pick->anywhere && !pick->deleted)
        build_add(b, " AND status <> '" STATUS_DELETED "'");
    if (pick->filter && pick->filter->parent_id)
        build_is(b, " AND parent_id = ", DB_TEXT(pick->filter->parent_id));
    if (pick->filter && pick->filter->status) /* as no index has it, where another is wanted */
        build_is(b, pick->by ? " AND coalesce(status, '') = " : " AND status = ",
                 DB_TEXT(pick->filter->status));
    if (pick->filter && pick->filter->office_id)
        build_is(b, " AND office_id = ", DB_TEXT(pick->filter->office_id));
    for (size_t i = 0; pick->filter && i < pick->filter->conditions_len; i++)
        add_condition(b, pick, &pick->filter->conditions[i]);
}

/* --- tokens of pages: a letter for the sort, then place and id; nothing of a person --- */

static const char sort_letters[] = { [SORT_NEWEST] = 'n',
                                     [SORT_NUMBER] = 'u',
                                     [SORT_TITLE] = 't',
                                     [SORT_UPDATED] = 'c',
                                     [SORT_FIELD] = 'f' };

const char *sql_token(struct ctx *ctx, const struct record *rec, enum record_sort sort)
{
    return arena_printf(ctx->arena, "%c%lld.%s", sort_letters[sort],
                        (long long)(sort == SORT_UPDATED ? rec->updated_at : 0), rec->id);
}

struct cursor {
    int64_t at;
    const char *id;
};

static bool token_parse(struct arena *a, struct cursor *out, const char *token,
                        enum record_sort sort)
{
    const char *dot = strchr(token, '.');

    if (!dot || token[0] != sort_letters[sort] || !id_valid(dot + 1))
        return false;
    out->id = dot + 1;
    return parse_int(arena_strndup(a, token + 1, (size_t)(dot - token - 1)), 0, INT64_MAX,
                     &out->at);
}

enum err sql_token_check(struct ctx *ctx, const char *token, enum record_sort sort)
{
    struct cursor c = { 0 };

    if (token_parse(ctx->arena, &c, token, sort))
        return OK;
    return ctx_fail_field(ctx, "after", tr(ctx, "This is not the address of a page of the list."));
}

/* Found by an index in which the id comes next: in the order of their ids, without more. */
static bool found_by_id(const struct pick *pick)
{
    const struct record_condition *by = pick->by;

    return !pick->few || !by || (by->op == COND_IS && strchr(by->value, ' ') == NULL);
}

/* What a list is ordered by: as the index of the order has it, or so that none is taken for it. */
static const char *order_key(struct build *b, const struct pick *pick)
{
    const struct field *f = NULL;
    const char *column = "id";
    const char *empty = "''";

    switch (pick->filter->sort) {
    case SORT_FIELD:
        f = field_find(pick->form, pick->filter->sort_field);
        column = sql_sort_column(b->ctx->arena, f);
        empty = sql_empty(f);
        break;
    case SORT_NUMBER:
        column = "number";
        break;
    case SORT_UPDATED:
        column = "updated_at";
        empty = "0";
        break;
    case SORT_NEWEST:
    case SORT_TITLE:
        if (found_by_id(pick))
            return column;
        break;
    }
    return pick->few ? arena_printf(b->ctx->arena, "coalesce(%s, %s)", column, empty) : column;
}

/* The place of the token's record is read from the table, so no value is in it. */
static void add_behind(struct build *b, const struct pick *pick, const char *id)
{
    const char *key = order_key(b, pick);
    const bool down = pick->filter->sort == SORT_FIELD && pick->filter->down;

    build_add(b, arena_printf(b->ctx->arena, " AND (%s, id) %s (SELECT %s, id FROM %s", key,
                              down ? "<" : ">", key, sql_table(b->ctx->arena, pick->form, NULL)));
    build_is(b, " WHERE id = ", DB_TEXT(id));
    add_scope(b, pick); /* an id of elsewhere is as one that is not there */
    build_add(b, ")");
}

/* What comes after the page before. */
static void add_after(struct build *b, const struct pick *pick)
{
    const enum record_sort sort = pick->filter->sort;
    struct cursor c = { 0 };

    if (!pick->filter->after || !token_parse(b->ctx->arena, &c, pick->filter->after, sort))
        return;
    if (pick->oldest) {
        build_is(b, " AND id > ", DB_TEXT(c.id));
    } else if (sort == SORT_FIELD || sort == SORT_NUMBER) {
        add_behind(b, pick, c.id);
    } else if (sort == SORT_UPDATED) {
        build_add(b, arena_printf(b->ctx->arena, " AND (%s, id)", order_key(b, pick)));
        build_is(b, " < (", DB_INT(c.at));
        build_is(b, ", ", DB_TEXT(c.id));
        build_add(b, ")");
    } else {
        build_is(b, " AND id < ", DB_TEXT(c.id));
    }
}

static void add_order(struct build *b, const struct pick *pick)
{
    const enum record_sort sort = pick->filter->sort;
    const bool up = sort == SORT_NUMBER || (sort == SORT_FIELD && !pick->filter->down);
    const char *key = order_key(b, pick);
    const char *way = up ? "" : " DESC";

    if (pick->oldest)
        build_add(b, " ORDER BY id");
    else if (sort == SORT_NEWEST || sort == SORT_TITLE)
        build_add(b, arena_printf(b->ctx->arena, " ORDER BY %s DESC", key));
    else
        build_add(b, arena_printf(b->ctx->arena, " ORDER BY %s%s, id%s", key, way, way));
}

static void add_page(struct build *b, const struct pick *pick)
{
    add_filter(b, pick);
    if (pick->filter) {
        add_after(b, pick);
        add_order(b, pick);
    }
    if (!pick->ids)
        build_is(b, " LIMIT ", DB_INT((int64_t)pick->limit));
}

/*
 * Those of the page are found first, by their index alone where it has all that is asked for: else
 * all that is found would be read whole, to be put in order and mostly thrown away.
 */
static void add_few(struct build *b, const struct pick *pick)
{
    build_add(b, " WHERE id IN (SELECT id FROM ");
    build_add(b, sql_table(b->ctx->arena, pick->form, NULL));
    add_page(b, pick);
    build_add(b, ")");
    add_order(b, pick);
}

enum err sql_pick(struct ctx *ctx, struct record **out, int64_t *parts_out, size_t *len_out,
                  const struct pick *pick)
{
    struct level_bytes bytes[SQL_BATCH] = { 0 };
    struct rows *rows = NULL;
    struct build b;
    size_t n = 0;
    bool more = false;
    enum err rc;

    build_start(&b, ctx,
                pick->bare ? "SELECT " BARE_COLUMNS " FROM "
                           : "SELECT " ROOT_COLUMNS ", open, sealed FROM ");
    build_add(&b, sql_table(ctx->arena, pick->form, NULL));
    if (pick->few)
        add_few(&b, pick);
    else
        add_page(&b, pick);
    rc = build_query(&b, &rows);
    if (rc)
        return rc;
    for (;;) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        out[n] = read_root(ctx, &bytes[n], rows, pick);
        if (parts_out)
            parts_out[n] = row_int(rows, 11);
        n++;
    }
    db_rows_close(rows);
    if (rc == OK && !pick->bare)
        rc = open_roots(ctx, out, bytes, n);
    *len_out = n;
    return rc;
}

enum err sql_count(struct ctx *ctx, int64_t *out, const struct pick *pick, int64_t max)
{
    struct build b;

    build_start(&b, ctx, "SELECT count(*) FROM (SELECT id FROM ");
    build_add(&b, sql_table(ctx->arena, pick->form, NULL));
    add_filter(&b, pick);
    build_is(&b, " LIMIT ", DB_INT(max));
    build_add(&b, ") AS few");
    return build_number(&b, out);
}

/* Every so many-th id of what a pick of the oldest first would give; the last piece is open. */
enum err sql_cuts(struct ctx *ctx, struct id_cuts *out, const struct pick *pick, size_t every)
{
    struct rows *rows = NULL;
    struct build b;
    bool more = false;
    enum err rc;

    build_start(&b, ctx, "SELECT id FROM ");
    build_add(&b, sql_table(ctx->arena, pick->form, NULL));
    add_filter(&b, pick);
    build_add(&b, " ORDER BY id");
    rc = build_query(&b, &rows);
    for (size_t n = 1; rc == OK; n++) {
        size_t len = 0;

        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        if (n % every == 0 && out->len < out->most)
            (void)snprintf(out->ids[out->len++], sizeof(out->ids[0]), "%s",
                           row_peek(rows, 0, &len));
    }
    db_rows_close(rows);
    return rc;
}

enum err sql_any(struct ctx *ctx, bool *out, const struct form *form)
{
    struct build b;
    int64_t n = 0;
    enum err rc;

    build_start(&b, ctx, "SELECT count(*) FROM (SELECT id FROM ");
    build_add(&b, sql_table(ctx->arena, form, NULL));
    build_add(&b, " LIMIT 1) AS one");
    rc = build_number(&b, &n);
    if (rc == OK)
        *out = n > 0;
    return rc;
}

enum err sql_below(struct ctx *ctx, bool *has, const char *parent, const char *parent_id)
{
    struct rows *rows = NULL;
    struct build b;
    bool more = false;
    enum err rc;

    build_start(&b, ctx, "");
    for (size_t i = 0; i < ctx->forms->len; i++) {
        const struct form *form = ctx->forms->items[i];

        if (!text_equal(form->parent, parent))
            continue;
        build_add(&b, b.len ? " UNION ALL SELECT CAST(" : "SELECT CAST(");
        buf_add_int(&b.sql, (int64_t)i);
        build_add(&b, " AS BIGINT) WHERE EXISTS (SELECT 1 FROM ");
        build_add(&b, sql_table(ctx->arena, form, NULL));
        build_is(&b, " WHERE parent_id = ", DB_TEXT(parent_id));
        build_add(&b, ")");
    }
    rc = build_query(&b, &rows);
    for (;;) {
        if (rc == OK)
            rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        has[row_int(rows, 0)] = true;
    }
    db_rows_close(rows);
    return rc;
}

/* --- rows of a repeat --- */

/* A row as it lies in its table. */
struct part {
    size_t rec; /* place of its record */
    int64_t place;
    const char *id;
    const char *around; /* of a repeat inside another: the row that it is in */
    int64_t version;
    struct level_bytes bytes;
};

struct parts {
    struct part *items;
    size_t len;
    size_t cap;
    bool sorted;
};

/* Rows of a record follow each other, and its neighbour comes next, on one side or the other. */
static bool record_among(struct record *const *recs, size_t len, const char *id, size_t *at)
{
    const size_t near[] = { *at, *at + 1, *at - 1 };

    for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
        if (near[i] < len && text_equal(recs[near[i]]->id, id)) {
            *at = near[i];
            return true;
        }
    }
    for (size_t i = 0; i < len; i++) {
        if (text_equal(recs[i]->id, id)) {
            *at = i;
            return true;
        }
    }
    return false;
}

static int compare_parts(const void *a, const void *b)
{
    const struct part *x = a;
    const struct part *y = b;

    if (x->rec != y->rec)
        return x->rec < y->rec ? -1 : 1;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return strcmp(x->id, y->id);
}

static void take_part(struct ctx *ctx, struct parts *to, struct rows *rows, size_t rec)
{
    struct part *part;

    if (to->len == to->cap) {
        size_t cap = to->cap ? 2 * to->cap : 4 * (size_t)SQL_BATCH;

        to->items = arena_grow(ctx->arena, to->items, to->cap * sizeof(*part), cap * sizeof(*part));
        to->cap = cap;
    }
    part = &to->items[to->len];
    *part = (struct part){ .rec = rec };
    part->id = row_text(rows, 1);
    part->place = row_int(rows, 2);
    part->version = row_int(rows, 3);
    part->bytes.open = row_blob(rows, 4, &part->bytes.open_len);
    part->bytes.sealed.bytes = row_blob(rows, 5, &part->bytes.sealed.len);
    part->around = row_text(rows, 6);
    to->sorted = to->sorted && (to->len == 0 || compare_parts(part - 1, part) < 0);
    to->len++;
}

static enum err open_part(struct ctx *ctx, struct part *part, const struct field *repeat,
                          struct record *rec)
{
    struct answers *around = rec->answers;
    struct answers *row;

    if (repeat->repeat)
        around = answers_row(rec->answers, repeat->repeat, part->around);
    if (!around)
        return ctx_fail(ctx, ERR_DB, "a row of a record has lost the row around it");
    row = answers_add_row(ctx->arena, around, repeat);
    row->id = part->id;
    part->bytes.key_id = rec->key_id;
    part->bytes.context = seal_context(ctx->arena, rec->form, repeat, part->id, part->version);
    return level_open(ctx, row, &part->bytes);
}

/* They are put in order here: the database would copy each whole row for it. */
static enum err read_parts(struct ctx *ctx, struct parts *out, struct rows *rows,
                           struct record *const *recs, size_t len)
{
    size_t at = 0;
    bool more = false;
    enum err rc;

    out->sorted = true;
    for (;;) {
        size_t id_len = 0;

        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        if (record_among(recs, len, row_peek(rows, 0, &id_len), &at))
            take_part(ctx, out, rows, at);
    }
    db_rows_close(rows);
    if (!out->sorted)
        qsort(out->items, out->len, sizeof(*out->items), compare_parts);
    return rc;
}

enum err sql_rows(struct ctx *ctx, const struct field *repeat, struct record *const *recs,
                  size_t len)
{
    struct parts parts = { 0 };
    const char *ids[SQL_BATCH];
    struct rows *rows = NULL;
    struct build b;
    enum err rc;

    if (len == 0)
        return OK;
    for (size_t i = 0; i < len; i++)
        ids[i] = recs[i]->id;
    build_start(&b, ctx, "SELECT root_id, id, place, version, open, sealed");
    build_add(&b, repeat->repeat ? ", parent_id FROM " : " FROM ");
    build_add(&b, sql_table(ctx->arena, recs[0]->form, repeat));
    add_ids(&b, " WHERE root_id", ids, len);
    rc = build_query(&b, &rows);
    if (rc == OK)
        rc = read_parts(ctx, &parts, rows, recs, len);
    for (size_t i = 0; rc == OK && i < parts.len; i++)
        rc = open_part(ctx, &parts.items[i], repeat, recs[parts.items[i].rec]);
    return rc;
}

/* Rows of a repeat are numbered from 1 in what is around them. */
enum err sql_rows_max(struct ctx *ctx, int64_t *out, const struct form *form,
                      const struct field *repeat)
{
    const struct pick pick = { .form = form };
    struct rows *rows = NULL;
    struct build b;
    enum err rc;

    build_start(&b, ctx, "SELECT max(place) FROM ");
    build_add(&b, sql_table(ctx->arena, form, repeat));
    build_add(&b, " WHERE 1 = 1");
    add_scope(&b, &pick);
    rc = build_query(&b, &rows);
    return rc ? rc : sql_one_int(ctx, out, rows, NULL);
}
