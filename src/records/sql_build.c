/* Statements that are put together from checked names and arguments. */
#include <assert.h>

#include "records/records_sql.h"

#define SQL_TEXT_MAX ((size_t)16 * 1024)

void build_start(struct build *b, struct ctx *ctx, const char *text)
{
    b->ctx = ctx;
    b->len = 0;
    buf_init(&b->sql, ctx->arena, SQL_TEXT_MAX);
    buf_add(&b->sql, text);
}

void build_add(struct build *b, const char *text)
{
    buf_add(&b->sql, text);
}

void build_arg(struct build *b, struct db_arg arg)
{
    assert(b->len < SQL_ARGS_MAX);
    b->args[b->len++] = arg;
    buf_add_char(&b->sql, '$');
    buf_add_int(&b->sql, b->len);
}

void build_is(struct build *b, const char *text, struct db_arg arg)
{
    build_add(b, text);
    build_arg(b, arg);
}

enum err build_exec(struct build *b, int64_t *changed_out)
{
    assert(buf_ok(&b->sql));
    b->args[b->len] = (struct db_arg){ 0 };
    return db_exec_on(b->ctx, b->ctx->db, changed_out, db_sql_built(b->ctx->db, buf_text(&b->sql)),
                      b->args);
}

enum err build_query(struct build *b, struct rows **out)
{
    assert(buf_ok(&b->sql));
    b->args[b->len] = (struct db_arg){ 0 };
    return db_query_on(b->ctx, b->ctx->db, out, db_sql_built(b->ctx->db, buf_text(&b->sql)),
                       b->args);
}

enum err build_number(struct build *b, int64_t *out)
{
    assert(buf_ok(&b->sql));
    b->args[b->len] = (struct db_arg){ 0 };
    return records_number(b->ctx, out, db_sql_built(b->ctx->db, buf_text(&b->sql)), b->args);
}
