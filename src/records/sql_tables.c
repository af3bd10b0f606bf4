/* Tables of record kinds: made and widened from the form. Part of sql.c's work, apart for size. */
#include <assert.h>
#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "records/records_sql.h"

#define TABLE_NAME_MAX 50 /* PostgreSQL cuts names at 63, and indexes add a few letters */
#define DDL_TEXT_MAX   ((size_t)64 * 1024)
#define NAME_TEXT_MAX  ((size_t)512)

static uint32_t hash_name(const char *s)
{
    uint32_t h = 2166136261u;

    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 16777619u;
    return h;
}

const char *sql_table(struct arena *a, const struct form *form, const struct field *repeat)
{
    struct buf b;

    buf_init(&b, a, 2 * NAME_TEXT_MAX);
    buf_add(&b, "rec_");
    buf_add(&b, form->kind);
    if (repeat) {
        buf_add(&b, "__");
        buf_add(&b, repeat->name);
    }
    assert(buf_ok(&b)); /* names are checked when a form is read */
    if (b.len > TABLE_NAME_MAX)
        return arena_printf(a, "%.40s_%08x", buf_text(&b), hash_name(buf_text(&b)));
    return buf_text(&b);
}

bool sql_has_column(const struct field *f, const struct field *repeat)
{
    return f->repeat == repeat && field_is_answer(f) && f->store == STORE_OPEN &&
           (f->list > 0 || f->index != INDEX_NOT || f->core);
}

static const char *column_type(const struct field *f)
{
    if (f->kind == FIELD_INTEGER)
        return "%INT%";
    return f->kind == FIELD_DECIMAL && !f->currency ? "%REAL%" : "TEXT";
}

static void add_index(struct buf *b, const char *table, const char *name, const char *columns)
{
    buf_printf(b, "CREATE INDEX IF NOT EXISTS %s_%s ON %s (%s);\n", table, name, table, columns);
}

static void add_table(struct ctx *ctx, struct buf *b, const struct form *form,
                      const struct field *repeat)
{
    const char *t = sql_table(ctx->arena, form, repeat);

    if (repeat) {
        /* Rows are only ever read with their record: they lie together, in that order. */
        buf_printf(b,
                   "CREATE TABLE IF NOT EXISTS %s (id TEXT NOT NULL, office_id TEXT,"
                   " parent_id TEXT, root_id TEXT NOT NULL, place %%INT%%, version %%INT%%,"
                   " open %%BLOB%%, sealed %%BLOB%%, PRIMARY KEY (root_id, id))"
                   " %%CLUSTERED%%;\n",
                   t);
        return;
    }
    buf_printf(b,
               "CREATE TABLE IF NOT EXISTS %s (id TEXT NOT NULL PRIMARY KEY, office_id TEXT,"
               " parent_id TEXT, number TEXT, version %%INT%%, status TEXT, key_id TEXT,"
               " created_at %%INT%%, created_by TEXT, updated_at %%INT%%, updated_by TEXT,"
               " parts %%INT%%, open %%BLOB%%, sealed %%BLOB%%) %%STRICT%%;\n"
               "CREATE UNIQUE INDEX IF NOT EXISTS %s_number ON %s (number);\n",
               t, t, t);
    add_index(b, t, "office", "office_id, id, status"); /* counts read nothing else */
    add_index(b, t, "order", "office_id, number, id");
    add_index(b, t, "newest", "office_id, updated_at, id");
    add_index(b, t, "status", "office_id, status, id");
    if (form->parent)
        add_index(b, t, "parent", "parent_id, id");
}

const char *sql_empty(const struct field *f)
{
    if (f->kind == FIELD_INTEGER)
        return "-9223372036854775807";
    return f->kind == FIELD_DECIMAL && !f->currency ? "-1e308" : "''";
}

const char *sql_sort_column(struct arena *a, const struct field *f)
{
    return arena_printf(a, "coalesce(c_%s, %s)", f->name, sql_empty(f));
}

bool sql_is_sorted(const struct field *f)
{
    return f->list > 0 && sql_has_column(f, NULL);
}

/*
 * Lists are sorted and filtered by what they show: within an office, each such column has an index,
 * which also knows what lies in the bin, so that counting reads nothing else.
 */
static void add_sorted(struct ctx *ctx, struct buf *b, const char *table, const struct field *f)
{
    if (sql_is_sorted(f))
        add_index(b, table, arena_printf(ctx->arena, "l%08x", hash_name(f->name)),
                  arena_printf(ctx->arena, "office_id, (%s), id, status",
                               sql_sort_column(ctx->arena, f)));
}

static enum err widen(struct ctx *ctx, const struct form *form, const struct field *repeat)
{
    const char *table = sql_table(ctx->arena, form, repeat);
    char **have = NULL;
    struct buf b;
    size_t made = 0;
    enum err rc;

    rc = db_columns(ctx, ctx->db, table, &have);
    if (rc)
        return rc;
    buf_init(&b, ctx->arena, DDL_TEXT_MAX);
    for (size_t i = 0; i < form->all_len && made < SQL_COLUMNS_MAX; i++) {
        const struct field *f = form->all[i];

        if (!sql_has_column(f, repeat))
            continue;
        made++;
        if (!text_among(have, arena_printf(ctx->arena, "c_%s", f->name)))
            buf_printf(&b, "ALTER TABLE %s ADD COLUMN c_%s %s;\n", table, f->name, column_type(f));
        if (!repeat)
            add_sorted(ctx, &b, table, f);
    }
    return b.len ? db_ddl(ctx, ctx->db, buf_text(&b)) : OK;
}

enum err sql_make_tables(struct ctx *ctx, const struct form *form)
{
    struct buf b;
    enum err rc;

    buf_init(&b, ctx->arena, DDL_TEXT_MAX);
    add_table(ctx, &b, form, NULL);
    for (size_t i = 0; i < form->all_len; i++)
        if (field_is_repeat(form->all[i]))
            add_table(ctx, &b, form, form->all[i]);
    if (!buf_ok(&b))
        return ctx_fail(ctx, ERR_LIMIT, "the form has too many repeats");
    rc = db_ddl(ctx, ctx->db, buf_text(&b));
    if (rc == OK)
        rc = widen(ctx, form, NULL);
    for (size_t i = 0; rc == OK && i < form->all_len; i++)
        if (field_is_repeat(form->all[i]))
            rc = widen(ctx, form, form->all[i]);
    return rc;
}

/* --- one cell --- */

enum err sql_one_int(struct ctx *ctx, int64_t *out, struct rows *rows, bool *there_out)
{
    bool more = false;
    enum err rc = db_next(ctx, rows, &more);

    if (rc)
        return rc;
    *out = more ? row_int(rows, 0) : 0;
    if (there_out)
        *there_out = more;
    db_rows_close(rows);
    return OK;
}

enum err sql_one_text(struct ctx *ctx, const char **out, struct rows *rows)
{
    bool more = false;
    enum err rc = db_next(ctx, rows, &more);

    if (rc)
        return rc;
    *out = more ? row_text(rows, 0) : NULL;
    db_rows_close(rows);
    return OK;
}

enum err sql_hold(struct ctx *ctx, const char **status_out, const struct form *form, const char *id,
                  bool alone)
{
    const char *lock = alone ? " FOR UPDATE" : " FOR SHARE";
    const char *sql =
        arena_printf(ctx->arena, "SELECT status FROM %s WHERE id = $1%s",
                     sql_table(ctx->arena, form, NULL), db_is_postgres(ctx->db) ? lock : "");
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, db_sql_built(ctx->db, sql), DB_TEXT(id));

    return rc ? rc : sql_one_text(ctx, status_out, rows);
}
