#include "records/saved_filter.h"

#include <string.h>

#include "core/id.h"
#include "core/text.h"
#include "records/records_inner.h"

#define NAME_MAX_CHARS 60
#define QUERY_MAX      2000

DB_SQL(FILTERS, "SELECT id, name, query FROM saved_filter WHERE staff_id = $1 AND form = $2"
                " ORDER BY name LIMIT $3");
DB_SQL(FILTER_ADD, "INSERT INTO saved_filter (id, office_id, staff_id, form, name, query, made_at)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (staff_id, form, name)"
                   " DO UPDATE SET query = excluded.query, made_at = excluded.made_at");
DB_SQL(FILTER_DROP, "DELETE FROM saved_filter WHERE id = $1 AND staff_id = $2 AND form = $3");

enum err saved_filters(struct ctx *ctx, struct saved_filter **out, size_t *len_out,
                       const char *kind)
{
    struct saved_filter *items = ARENA_ARRAY(ctx->arena, SAVED_FILTERS_MAX, struct saved_filter);
    struct rows *rows = NULL;
    bool more = false;
    size_t n = 0;
    enum err rc = db_query(ctx, &rows, &FILTERS, DB_TEXT(ctx->user_id), DB_TEXT(kind),
                           DB_INT(SAVED_FILTERS_MAX));

    if (rc)
        return rc;
    for (;;) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        items[n].id = row_text(rows, 0);
        items[n].name = row_text(rows, 1);
        items[n++].query = row_text(rows, 2);
    }
    db_rows_close(rows);
    *out = items;
    *len_out = n;
    return rc;
}

/* Goes into a link as it is: nothing but what url_build and filter_tail write. */
static bool query_is_plain(const char *query)
{
    for (const char *p = query; *p; p++)
        if (!ascii_is_alpha(*p) && !ascii_is_digit(*p) && !strchr("-_.~%=&", *p))
            return false;
    return query[0] && strlen(query) <= QUERY_MAX;
}

enum err saved_filter_add(struct ctx *ctx, const char *kind, const char *name, const char *query)
{
    const char *plain = text_trim(ctx->arena, name);
    struct saved_filter *have = NULL;
    size_t len = 0;
    enum err rc;

    if (text_blank(plain) || text_codepoints(plain) > NAME_MAX_CHARS)
        return ctx_fail_field(
            ctx, "name",
            tr(ctx, "Give the filter a name of at most {0} characters.", TR_INT(NAME_MAX_CHARS)));
    if (!query_is_plain(query))
        return ctx_fail_field(ctx, "query", tr(ctx, "These are not the choices of a list."));
    rc = saved_filters(ctx, &have, &len, kind);
    if (rc == OK && len == SAVED_FILTERS_MAX)
        rc = ctx_fail(
            ctx, ERR_LIMIT,
            tr(ctx, "At most {0} filters are kept. Remove one first.", TR_INT(SAVED_FILTERS_MAX)));
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &FILTER_ADD, DB_TEXT(id_new(ctx->arena, ctx->now_ms)),
                 DB_TEXT(ctx->office_id), DB_TEXT(ctx->user_id), DB_TEXT(kind), DB_TEXT(plain),
                 DB_TEXT(query), DB_INT(ctx->now_ms));
    return db_end(ctx, rc);
}

enum err saved_filter_drop(struct ctx *ctx, const char *kind, const char *id)
{
    int64_t changed = 0;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = db_exec(ctx, &changed, &FILTER_DROP, DB_TEXT(id), DB_TEXT(ctx->user_id), DB_TEXT(kind));
    if (rc == OK && changed == 0)
        rc = record_gone(ctx);
    return db_end(ctx, rc);
}
