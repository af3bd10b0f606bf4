#include "facts/store.h"

#include <string.h>

#include "core/buf.h"
#include "core/text.h"

DB_SQL(FACTS_AGAIN, "UPDATE counter SET value = 0 WHERE name = 'facts'");

#define TEXT_MAX ((size_t)64 * 1024)

static bool has_column(const struct fact_column *c)
{
    return c->kind != FACT_OFFICE && c->kind != FACT_COUNTRY;
}

static const char *type_of(const struct fact_column *c)
{
    return c->kind == FACT_SCORE ? "%REAL%" : "TEXT";
}

/* Rows lie in the tree of their key, so their order is that of the hashes. */
static void add_table(struct buf *b, const struct fact_table *t)
{
    buf_printf(b,
               "CREATE TABLE %s (who TEXT NOT NULL, fact TEXT NOT NULL,"
               " valid_from %%INT%% NOT NULL, valid_to %%INT%% NOT NULL, office_id TEXT",
               t->name);
    for (size_t i = 0; i < t->len; i++)
        if (has_column(&t->columns[i]))
            buf_printf(b, ", %s %s", t->columns[i].name, type_of(&t->columns[i]));
    buf_add(b, ", PRIMARY KEY (who, fact, valid_from)) %CLUSTERED%;\n");
}

/* A new table comes whole: SQLite reads its whole schema again for each column that is added. */
enum err fact_store_make(struct ctx *ctx, const struct fact_table *t)
{
    char **have = NULL;
    struct buf b;
    enum err rc = db_columns(ctx, ctx->db, t->name, &have);

    if (rc)
        return rc;
    buf_init(&b, ctx->arena, TEXT_MAX);
    if (have[0] == NULL)
        add_table(&b, t);
    for (size_t i = 0; have[0] != NULL && i < t->len; i++)
        if (has_column(&t->columns[i]) && !text_among(have, t->columns[i].name))
            buf_printf(&b, "ALTER TABLE %s ADD COLUMN %s %s;\n", t->name, t->columns[i].name,
                       type_of(&t->columns[i]));
    if (!buf_ok(&b))
        return ctx_fail(ctx, ERR_LIMIT, "a table of facts is too wide");
    if (b.len == 0)
        return OK;
    rc = db_ddl(ctx, ctx->db, buf_text(&b));
    return rc ? rc : db_exec(ctx, NULL, &FACTS_AGAIN);
}

enum err fact_store_clear(struct ctx *ctx, const struct fact_table *t, const char *who)
{
    const char *sql = arena_printf(ctx->arena, "DELETE FROM %s WHERE who = $1", t->name);

    return db_exec(ctx, NULL, db_sql_built(ctx->db, sql), DB_TEXT(who));
}

static const struct db_sql *add_sql(struct ctx *ctx, const struct fact_table *t)
{
    struct buf b;
    size_t n = 5;

    buf_init(&b, ctx->arena, TEXT_MAX);
    buf_printf(&b, "INSERT INTO %s (who, fact, valid_from, valid_to, office_id", t->name);
    for (size_t i = 0; i < t->len; i++)
        if (has_column(&t->columns[i]))
            buf_printf(&b, ", %s", t->columns[i].name);
    buf_add(&b, ") VALUES ($1, $2, $3, $4, $5");
    for (size_t i = 0; i < t->len; i++)
        if (has_column(&t->columns[i]))
            buf_printf(&b, ", $%zu", ++n);
    buf_add(&b, ")");
    return db_sql_built(ctx->db, buf_text(&b));
}

enum err fact_store_add(struct ctx *ctx, const char *who, const struct fact_row *row)
{
    struct db_arg args[FACT_COLUMNS_MAX + 6] = { DB_TEXT(who), DB_TEXT(row->fact),
                                                 DB_INT(row->from), DB_INT(row->to),
                                                 DB_TEXT(row->office_id) };
    const struct fact_table *t = row->table;
    size_t n = 5;

    for (size_t i = 0; i < t->len; i++) {
        double score = 0;

        if (!has_column(&t->columns[i]))
            continue;
        args[n] = DB_TEXT(row->values[i]);
        if (t->columns[i].kind == FACT_SCORE)
            args[n] =
                row->values[i] && parse_decimal(row->values[i], &score) ? DB_REAL(score) : DB_NULL;
        n++;
    }
    return db_exec_on(ctx, ctx->db, NULL, add_sql(ctx, t), args);
}
