/*
 * Facts from records. The unit is a person: all facts of one are made anew from the histories of
 * the records, so that filling and rebuilding cannot differ.
 */
#include "facts/facts.h"

#include <sodium.h>
#include <string.h>

#include "core/id.h"
#include "core/log.h"
#include "core/text.h"
#include "facts/store.h"
#include "forms_gen.h"
#include "records/records.h"

#define PAGE       200 /* changes read at a time */
#define STEP       20  /* people of one transaction */
#define CATCH_UP   200 /* pages of one call: other work of the job process waits */
#define DEPTH_MAX  8
#define STATES_MAX 400 /* quarters that one person's facts are looked at */

DB_SQL(FACTS_FOLLOWED, "SELECT value FROM counter WHERE name = 'facts'");
DB_SQL(FACTS_FOLLOW, "UPDATE counter SET value = $1 WHERE name = 'facts'");
DB_SQL(FACTS_MOMENT, "SELECT value FROM counter WHERE name = 'facts_moment'");
DB_SQL(FACTS_MOMENT_SET, "INSERT INTO counter (name, value) VALUES ('facts_moment', $1)"
                         " ON CONFLICT (name) DO UPDATE SET value = excluded.value");
DB_SQL(FACTS_LAST, "SELECT coalesce(max(seq), 0) FROM record_history");
DB_SQL(FACTS_CHANGES, "SELECT seq, form, root_id FROM record_history WHERE seq > $1"
                      " ORDER BY seq LIMIT $2");
DB_SQL(FACTS_PARENTS, "SELECT DISTINCT parent_id FROM record_history WHERE root_id = $1"
                      " AND record_id = $1 AND parent_id IS NOT NULL");
DB_SQL(FACTS_VERSIONS, "SELECT root_version, made_at FROM record_history WHERE root_id = $1"
                       " AND record_id = $1 ORDER BY root_version");

/* One record with the moments of its versions. */
struct node {
    struct record *rec;
    const struct node *parent;
    int64_t *versions;
    int64_t *quarters; /* of each version */
    size_t len;
    struct record *was; /* as at the quarter that is looked at; NULL = not there */
};

struct tree {
    struct node **nodes; /* parents before children */
    size_t len;
    size_t cap;
};

struct fill {
    struct ctx *ctx;
    struct fact_table *tables;
    size_t tables_len;
    struct fact_lists *lists;
    const char *code;
    const char *who;
    struct fact_row *rows;
    size_t len;
    size_t cap;
};

static enum err fill_init(struct ctx *ctx, struct fill *f)
{
    *f = (struct fill){ .ctx = ctx };
    fact_tables(ctx, &f->tables, &f->tables_len);
    return fact_lists_load(ctx, &f->lists);
}

enum err facts_prepare(struct ctx *ctx)
{
    struct fact_table *tables = NULL;
    size_t len = 0;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    fact_tables(ctx, &tables, &len);
    for (size_t i = 0; rc == OK && i < len; i++)
        rc = fact_store_make(ctx, &tables[i]);
    return db_end(ctx, rc);
}

static const char *hash_of(struct ctx *ctx, const char *code, const char *what)
{
    unsigned char hash[FACT_HASH / 2];
    const char *text = arena_printf(ctx->arena, "%s/%s", code, what);

    crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, strlen(text), NULL, 0);
    return hex_text(ctx->arena, hash, sizeof(hash));
}

/* --- the records of a person --- */

static enum err read_versions(struct ctx *ctx, struct node *n)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    n->versions = ARENA_ARRAY(ctx->arena, (size_t)n->rec->version + 1, int64_t);
    n->quarters = ARENA_ARRAY(ctx->arena, (size_t)n->rec->version + 1, int64_t);
    if (n->rec->version == 1) {
        n->versions[0] = 1;
        n->quarters[0] = quarter_of_ms(n->rec->created_at);
        n->len = 1;
        return OK;
    }
    rc = db_query(ctx, &rows, &FACTS_VERSIONS, DB_TEXT(n->rec->id));
    if (rc)
        return rc;
    for (;;) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more || n->len > (size_t)n->rec->version)
            break;
        n->versions[n->len] = row_int(rows, 0);
        n->quarters[n->len++] = quarter_of_ms(row_int(rows, 1));
    }
    db_rows_close(rows);
    return rc;
}

static enum err add_node(struct fill *f, struct tree *t, struct record *rec,
                         const struct node *parent)
{
    struct node *n = ARENA_NEW(f->ctx->arena, struct node);

    n->rec = rec;
    n->parent = parent;
    if (t->len == t->cap) {
        t->nodes = arena_grow(f->ctx->arena, t->nodes, t->cap * sizeof(*t->nodes),
                              (2 * t->cap + 16) * sizeof(*t->nodes));
        t->cap = 2 * t->cap + 16;
    }
    t->nodes[t->len++] = n;
    return read_versions(f->ctx, n);
}

/* Breadth first: nodes that are added are looked at in their turn. */
static enum err read_tree(struct fill *f, struct tree *t, struct record *person)
{
    enum err rc = add_node(f, t, person, NULL);

    for (size_t i = 0; rc == OK && i < t->len; i++) {
        const struct node *n = t->nodes[i];

        for (size_t k = 0; rc == OK && k < f->tables_len; k++) {
            struct record **items = NULL;
            size_t len = 0;

            if (f->tables[k].of || !text_equal(f->tables[k].form->parent, n->rec->form->kind))
                continue;
            rc = record_children_whole(f->ctx, &items, &len, f->tables[k].form->kind, n->rec->id);
            for (size_t c = 0; rc == OK && c < len; c++)
                rc = add_node(f, t, items[c], n);
        }
    }
    return rc;
}

/* --- what they were at the end of a quarter --- */

static enum err look_at(struct ctx *ctx, struct node *n, int64_t quarter)
{
    size_t last = 0;

    n->was = NULL;
    while (last < n->len && n->quarters[last] <= quarter)
        last++;
    if (last == 0 || (n->parent != NULL && n->parent->was == NULL))
        return OK;
    if (n->versions[last - 1] == n->rec->version) {
        n->was = n->rec;
    } else {
        enum err rc = record_version_whole(ctx, &n->was, n->rec, n->versions[last - 1]);

        if (rc)
            return rc;
    }
    if (text_equal(n->was->status, RECORD_DELETED))
        n->was = NULL;
    return OK;
}

static const struct record *record_above(const struct node *n, const struct form *form)
{
    for (; n != NULL; n = n->parent)
        if (n->was->form == form)
            return n->was;
    return NULL;
}

/* What one fact is about: the record, a row of a repeat, or a code of a list. */
struct unit {
    const char *mark;
    const struct answers *row; /* NULL: not a row */
    const char *code;          /* NULL: not a code */
};

/* All units of a record in a table, as the record was. */
static size_t units_of(struct ctx *ctx, const struct node *n, const struct fact_table *t,
                       struct unit **out)
{
    const struct answers *all = n->was->answers;
    const char *mark = arena_printf(ctx->arena, "%s/%s", n->rec->form->kind, n->rec->id);
    const char *value = t->of && t->of->kind != FIELD_REPEAT ? answers_get(all, t->of) : "";
    size_t codes_len = 0;
    char **codes = text_split(ctx->arena, value ? value : "", ' ', true, &codes_len);
    size_t rows = t->of && t->of->kind == FIELD_REPEAT ? all->rows_len[t->of->place] : 0;
    struct unit *units = ARENA_ARRAY(ctx->arena, rows + codes_len + 1, struct unit);
    size_t len = 0;

    *out = units;
    if (t->of == NULL) {
        units[0] = (struct unit){ .mark = mark };
        return 1;
    }
    for (size_t i = 0; i < rows; i++) {
        const struct answers *row = all->rows[t->of->place][i];

        units[len++] = (struct unit){ .mark = arena_printf(ctx->arena, "%s/%s/%s", mark,
                                                           t->of->name, row->id ? row->id : ""),
                                      .row = row };
    }
    for (size_t i = 0; i < codes_len; i++)
        if (codes[i][0])
            units[len++] = (struct unit){ .mark = arena_printf(ctx->arena, "%s/%s/%s", mark,
                                                               t->of->name, codes[i]),
                                          .code = codes[i] };
    return len;
}

static const char *value_of(const struct fact_column *c, const struct record *rec,
                            const struct fact_table *t, const struct unit *u)
{
    if (c->field == NULL)
        return rec->status;
    if (c->field == t->of)
        return u->code;
    return c->field->repeat ? answers_get(u->row, c->field) : record_value(rec, c->field->name);
}

/* Scores of a domain: all of a record at once, at the first of its columns. */
static enum err fill_measured(struct fill *f, struct fact_row *out, size_t first,
                              const struct record *rec)
{
    const struct fact_table *t = out->table;
    const struct fact_measured *m = t->columns[first].measured;
    const char **values;
    size_t len = 0;
    enum err rc;

    while (m->name(f->ctx, len))
        len++;
    values = ARENA_ARRAY(f->ctx->arena, len + 1, const char *);
    rc = m->values(f->ctx, rec, values);
    for (size_t i = first; rc == OK && i < t->len && i < first + len; i++)
        out->values[i] = text_blank(values[i - first]) ? NULL : values[i - first];
    return rc;
}

static enum err make_row(struct fill *f, struct fact_row *out, const struct node *n,
                         const struct unit *u)
{
    const struct fact_table *t = out->table;
    enum err rc = OK;

    out->values = ARENA_ARRAY(f->ctx->arena, t->len, const char *);
    for (size_t i = 0; rc == OK && i < t->len; i++) {
        const struct fact_column *c = &t->columns[i];
        const struct record *rec = c->form ? record_above(n, c->form) : NULL;

        if (rec == NULL)
            continue;
        if (c->measured)
            rc = c->nth == 0 ? fill_measured(f, out, i, rec) : OK;
        else
            out->values[i] = fact_value(f->ctx, f->lists, c, value_of(c, rec, t, u));
    }
    return rc;
}

static bool same_row(const struct fact_row *a, const struct fact_row *b)
{
    if (!text_equal(a->office_id, b->office_id))
        return false;
    for (size_t i = 0; i < a->table->len; i++)
        if (!text_equal(a->values[i], b->values[i]))
            return false;
    return true;
}

static void add_row(struct fill *f, const struct fact_row *row)
{
    if (f->len == f->cap) {
        f->rows = arena_grow(f->ctx->arena, f->rows, f->cap * sizeof(*f->rows),
                             (2 * f->cap + 16) * sizeof(*f->rows));
        f->cap = 2 * f->cap + 16;
    }
    f->rows[f->len++] = *row;
}

/* The row that holds until now; NULL = none. */
static struct fact_row *open_row(struct fill *f, const struct fact_table *t, const char *fact)
{
    for (size_t i = f->len; i > 0; i--)
        if (f->rows[i - 1].to == FACT_OPEN && f->rows[i - 1].table == t &&
            text_equal(f->rows[i - 1].fact, fact))
            return &f->rows[i - 1];
    return NULL;
}

/* Goes on with the row of a unit that held until now, or ends it and begins another. */
static enum err settle_unit(struct fill *f, const struct node *n, const struct fact_table *t,
                            const struct unit *u, int64_t quarter)
{
    struct fact_row now = { .table = t,
                            .of = n,
                            .office_id = n->was->office_id,
                            .from = quarter,
                            .to = FACT_OPEN,
                            .fact = hash_of(f->ctx, f->code, u->mark) };
    struct fact_row *open = open_row(f, t, now.fact);
    enum err rc = make_row(f, &now, n, u);

    now.seen = quarter;
    if (rc == OK && open != NULL && same_row(open, &now)) {
        open->seen = quarter;
        return OK;
    }
    if (open != NULL)
        open->to = quarter;
    if (rc == OK)
        add_row(f, &now);
    return rc;
}

/* What a record had in a table and has no more ends. */
static enum err settle(struct fill *f, const struct node *n, const struct fact_table *t,
                       int64_t quarter)
{
    struct unit *units = NULL;
    size_t len = n->was ? units_of(f->ctx, n, t, &units) : 0;
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < len; i++)
        rc = settle_unit(f, n, t, &units[i], quarter);
    for (size_t i = 0; i < f->len; i++)
        if (f->rows[i].of == n && f->rows[i].table == t && f->rows[i].to == FACT_OPEN &&
            f->rows[i].seen != quarter)
            f->rows[i].to = quarter;
    return rc;
}

static int64_t next_quarter(const struct tree *t, int64_t after)
{
    int64_t next = FACT_OPEN;

    for (size_t i = 0; i < t->len; i++)
        for (size_t k = 0; k < t->nodes[i]->len; k++)
            if (t->nodes[i]->quarters[k] > after && t->nodes[i]->quarters[k] < next)
                next = t->nodes[i]->quarters[k];
    return next;
}

static enum err make_rows(struct fill *f, struct tree *t)
{
    int64_t quarter = next_quarter(t, -1);
    enum err rc = OK;

    for (int n = 0; rc == OK && quarter < FACT_OPEN && n < STATES_MAX; n++) {
        for (size_t i = 0; rc == OK && i < t->len; i++) {
            rc = look_at(f->ctx, t->nodes[i], quarter);
            for (size_t k = 0; rc == OK && k < f->tables_len; k++)
                if (f->tables[k].form == t->nodes[i]->rec->form)
                    rc = settle(f, t->nodes[i], &f->tables[k], quarter);
        }
        quarter = next_quarter(t, quarter);
    }
    return rc;
}

/* --- what domains keep besides --- */

static const struct fact_keep *const *keep_used;

void facts_use_keep(const struct fact_keep *const *all)
{
    keep_used = all;
}

static bool in_bin(const struct node *n)
{
    for (; n != NULL; n = n->parent)
        if (text_equal(n->rec->status, RECORD_DELETED))
            return true;
    return false;
}

static enum err keep_besides(struct fill *f, const struct tree *t)
{
    enum err rc = OK;

    for (const struct fact_keep *const *k = keep_used; rc == OK && k && *k; k++) {
        rc = (*k)->clear(f->ctx, f->who);
        for (size_t i = 0; rc == OK && i < t->len; i++) {
            const struct node *n = t->nodes[i];
            struct fact_key key = { .who = f->who };

            if (!text_equal(n->rec->form->kind, (*k)->kind) || in_bin(n))
                continue;
            key.fact = hash_of(f->ctx, f->code,
                               arena_printf(f->ctx->arena, "%s/%s", (*k)->kind, n->rec->id));
            rc = (*k)->add(f->ctx, &key, n->rec, n->parent ? n->parent->rec : NULL, f->lists);
        }
    }
    return rc;
}

/* --- one person --- */

static void problems_clear_to(struct ctx *ctx, struct problem *last)
{
    ctx->problems_last = last;
    if (last != NULL)
        last->next = NULL;
    else
        ctx->problems = NULL;
}

/* Inside a transaction. Who has no code any more keeps the facts as they are. */
static enum err fill_person(struct fill *f, const char *id, int64_t *people)
{
    struct problem *last = f->ctx->problems_last;
    struct record *person = NULL;
    struct tree t = { 0 };
    enum err rc = record_load_whole(f->ctx, &person, FORM_PERSON, id);

    if (rc == ERR_NOT_FOUND) {
        problems_clear_to(f->ctx, last);
        return OK;
    }
    if (rc)
        return rc;
    f->code = record_value(person, FIELD_PERSON_BENEFICIARY_CODE);
    if (text_blank(f->code))
        return OK;
    f->who = hash_of(f->ctx, f->code, "who");
    f->rows = NULL;
    f->len = f->cap = 0;
    rc = read_tree(f, &t, person);
    if (rc == OK)
        rc = make_rows(f, &t);
    for (size_t i = 0; rc == OK && i < f->tables_len; i++)
        rc = fact_store_clear(f->ctx, &f->tables[i], f->who);
    for (size_t i = 0; rc == OK && i < f->len; i++)
        rc = fact_store_add(f->ctx, f->who, &f->rows[i]);
    if (rc == OK)
        rc = keep_besides(f, &t);
    if (rc == OK)
        (*people)++;
    return rc;
}

static void shuffle(const char **ids, size_t len)
{
    for (size_t i = len; i > 1; i--) {
        uint32_t k = randombytes_uniform((uint32_t)i);
        const char *other = ids[k];

        ids[k] = ids[i - 1];
        ids[i - 1] = other;
    }
}

/* In short transactions; the last one also notes how far the facts are. */
static enum err fill_people(struct fill *f, const char **ids, size_t len, int64_t followed,
                            int64_t *people)
{
    enum err rc = OK;

    shuffle(ids, len);
    for (size_t at = 0; rc == OK && (at < len || at == 0); at += STEP) {
        rc = db_begin(f->ctx);
        if (rc)
            return rc;
        for (size_t i = at; rc == OK && i < at + STEP && i < len; i++) {
            struct arena_mark mark = arena_mark(f->ctx->arena);

            rc = fill_person(f, ids[i], people);
            if (rc == OK)
                arena_rewind(f->ctx->arena, mark);
        }
        if (rc == OK && followed > 0 && at + STEP >= len)
            rc = db_exec(f->ctx, NULL, &FACTS_FOLLOW, DB_INT(followed));
        if (rc == OK)
            rc = db_commit(f->ctx);
        if (rc)
            db_rollback(f->ctx);
    }
    return rc;
}

/* --- who has to be looked at --- */

struct ids {
    const char **items;
    size_t len;
    size_t cap;
};

static void ids_add(struct ctx *ctx, struct ids *l, const char *id)
{
    for (size_t i = 0; i < l->len; i++)
        if (text_equal(l->items[i], id))
            return;
    if (l->len == l->cap) {
        l->items = arena_grow(ctx->arena, l->items, l->cap * sizeof(*l->items),
                              (2 * l->cap + 16) * sizeof(*l->items));
        l->cap = 2 * l->cap + 16;
    }
    l->items[l->len++] = id;
}

/* The people above a record, those of before it was moved too. */
static enum err people_above(struct ctx *ctx, struct ids *out, const struct form *form,
                             const char *id)
{
    struct ids now = { 0 };
    enum err rc = OK;

    ids_add(ctx, &now, id);
    for (int depth = 0; rc == OK && depth < DEPTH_MAX && form != NULL && form->parent; depth++) {
        struct ids above = { 0 };

        for (size_t i = 0; rc == OK && i < now.len; i++) {
            struct rows *rows = NULL;
            bool more = false;

            rc = db_query(ctx, &rows, &FACTS_PARENTS, DB_TEXT(now.items[i]));
            while (rc == OK) {
                rc = db_next(ctx, rows, &more);
                if (rc || !more)
                    break;
                ids_add(ctx, &above, row_text(rows, 0));
            }
            db_rows_close(rows);
        }
        now = above;
        form = form_find(ctx->forms, form->parent);
    }
    if (rc == OK && form != NULL && text_equal(form->kind, FORM_PERSON))
        for (size_t i = 0; i < now.len; i++)
            ids_add(ctx, out, now.items[i]);
    return rc;
}

static enum err read_place(struct ctx *ctx, int64_t *out, const struct db_sql *sql)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, sql);

    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    if (rc == OK)
        *out = more ? row_int(rows, 0) : 0;
    db_rows_close(rows);
    return rc;
}

struct change {
    const struct form *form;
    const char *id;
};

static enum err read_changes(struct ctx *ctx, struct change *out, size_t *len_out, int64_t *seq)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &FACTS_CHANGES, DB_INT(*seq), DB_INT(PAGE));

    *len_out = 0;
    if (rc)
        return rc;
    for (;;) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        *seq = row_int(rows, 0);
        out[*len_out].form = form_find(ctx->forms, row_text(rows, 1));
        out[(*len_out)++].id = row_text(rows, 2);
    }
    db_rows_close(rows);
    return rc;
}

static enum err catch_up_page(struct fill *f, int64_t *people, bool *more_out)
{
    struct change changes[PAGE];
    struct ids people_ids = { 0 };
    int64_t seq = 0;
    size_t len = 0;
    enum err rc = read_place(f->ctx, &seq, &FACTS_FOLLOWED);

    if (rc == OK)
        rc = read_changes(f->ctx, changes, &len, &seq);
    for (size_t i = 0; rc == OK && i < len; i++)
        if (changes[i].form != NULL)
            rc = people_above(f->ctx, &people_ids, changes[i].form, changes[i].id);
    if (rc == OK && len > 0)
        rc = fill_people(f, people_ids.items, people_ids.len, seq, people);
    *more_out = len == PAGE;
    return rc;
}

enum err facts_catch_up(struct ctx *ctx, int64_t *people_out)
{
    struct fill f = { 0 };
    int64_t people = 0;
    bool more = true;
    enum err rc = facts_prepare(ctx);

    if (rc == OK)
        rc = fill_init(ctx, &f);
    for (int n = 0; rc == OK && more && n < CATCH_UP; n++) {
        struct arena_mark mark = arena_mark(ctx->arena);

        rc = catch_up_page(&f, &people, &more);
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
    }
    if (rc == OK && !more) /* else the next call goes on */
        rc = db_exec(ctx, NULL, &FACTS_MOMENT_SET, DB_INT(ctx->now_ms));
    if (rc == OK && people_out)
        *people_out = people;
    return rc;
}

enum err facts_moment(struct ctx *ctx, int64_t *ms_out)
{
    return read_place(ctx, ms_out, &FACTS_MOMENT);
}

/* --- from scratch --- */

static enum err rebuild_all(struct fill *f, int64_t *people)
{
    const char *after = NULL;
    char token[64] = "";
    bool more = true;
    enum err rc = OK;

    while (rc == OK && more) {
        struct arena_mark mark = arena_mark(f->ctx->arena);
        struct record_place places[PAGE];
        const char *ids[PAGE];
        size_t len = 0;

        after = token[0] ? token : NULL;
        rc = record_places(f->ctx, places, &len, FORM_PERSON, &after);
        for (size_t i = 0; i < len; i++)
            ids[i] = places[i].id;
        if (rc == OK && len > 0)
            rc = fill_people(f, ids, len, 0, people);
        more = after != NULL;
        token[0] = '\0';
        if (more)
            memcpy(token, after, strlen(after) + 1 < sizeof(token) ? strlen(after) + 1 : 0);
        if (rc == OK)
            arena_rewind(f->ctx->arena, mark);
    }
    return rc;
}

/* What changes meanwhile is followed afterwards: the place is read before anybody is. */
enum err facts_rebuild(struct ctx *ctx, int64_t *people_out)
{
    struct fill f = { 0 };
    int64_t people = 0;
    int64_t place = 0;
    enum err rc = facts_prepare(ctx);

    if (rc == OK)
        rc = fill_init(ctx, &f);
    if (rc == OK)
        rc = read_place(ctx, &place, &FACTS_LAST);
    if (rc == OK)
        rc = rebuild_all(&f, &people);
    if (rc == OK)
        rc = fill_people(&f, NULL, 0, place, &people); /* notes the place */
    if (rc == OK)
        rc = facts_catch_up(ctx, NULL);
    if (rc == OK && people_out)
        *people_out = people;
    return rc;
}

static enum err follow(struct ctx *ctx)
{
    return facts_catch_up(ctx, NULL);
}

const struct job_period facts_periods[] = {
    { "facts.fill", FACTS_EVERY_MS, follow, .brief = false },
    { 0 },
};
