#include <stdio.h>
#include <string.h>

#include "core/asset.h"
#include "core/text.h"
#include "db/db_private.h"

static const char schema_migration[] =
    "CREATE TABLE IF NOT EXISTS schema_migration ("
    " set_name TEXT NOT NULL, number %INT% NOT NULL, name TEXT NOT NULL,"
    " applied_at %INT% NOT NULL, PRIMARY KEY (set_name, number)) %STRICT%;";

/* Made by db_migrate itself, so the test that prepares the lists has it too. */
static const struct db_sql MIGRATION_LIST = {
    "MIGRATION_LIST",
    "SELECT number, name FROM schema_migration WHERE set_name = $1 ORDER BY number", __FILE__
};
static const struct db_sql MIGRATION_ADD = {
    "MIGRATION_ADD",
    "INSERT INTO schema_migration (set_name, number, name, applied_at) VALUES ($1, $2, $3, $4)",
    __FILE__
};

struct migration {
    int64_t number;
    const char *name; /* 0001_first.sql */
    const struct asset *asset;
    bool applied;
};

/* All of a set, in order of number. */
static enum err migrations_find(struct ctx *ctx, struct migration **out, size_t *len_out,
                                const char *set)
{
    const char *prefix = arena_printf(ctx->arena, "db/migrations/%s/", set);
    const struct asset *const *assets = asset_list(ctx->arena, prefix);
    struct migration *list;
    size_t n = 0;

    while (assets[n])
        n++;
    if (n == 0)
        return ctx_fail(ctx, ERR_INTERNAL,
                        arena_printf(ctx->arena, "there are no migrations of the set %s", set));
    list = ARENA_ARRAY(ctx->arena, n, struct migration);
    for (size_t i = 0; i < n; i++) {
        const char *name = assets[i]->name + strlen(prefix);
        const char *digits = arena_strndup(ctx->arena, name, strcspn(name, "_"));

        if (!parse_int(digits, 1, 9999, &list[i].number) || strlen(digits) != 4 ||
            list[i].number != (int64_t)i + 1)
            return ctx_fail(ctx, ERR_INTERNAL,
                            arena_printf(ctx->arena, "the migration %s is out of order", name));
        list[i].name = name;
        list[i].asset = assets[i];
    }
    *out = list;
    *len_out = n;
    return OK;
}

static enum err mark_applied(struct ctx *ctx, struct db *db, struct migration *list, size_t len,
                             const char *set)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    rc = db_query_in(ctx, db, &rows, &MIGRATION_LIST, DB_TEXT(set));
    if (rc)
        return rc;
    for (;;) {
        int64_t number;

        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        number = row_int(rows, 0);
        if (number > (int64_t)len || !text_equal(row_text(rows, 1), list[number - 1].name)) {
            rc = ctx_fail(ctx, ERR_INVALID,
                          tr(ctx, "This database was made by a newer version of Homeward."));
            break;
        }
        list[number - 1].applied = true;
    }
    db_rows_close(rows);
    return rc;
}

static enum err migration_apply(struct ctx *ctx, struct db *db, const struct migration *m,
                                const char *set)
{
    const char *sql = arena_strndup(ctx->arena, (const char *)m->asset->bytes, m->asset->len);
    enum err rc;

    rc = db_ddl(ctx, db, sql);
    if (rc)
        return rc;
    return db_exec_in(ctx, db, NULL, &MIGRATION_ADD, DB_TEXT(set), DB_INT(m->number),
                      DB_TEXT(m->name), DB_INT(ctx->now_ms));
}

/* Applies the first one that is missing. Whoever waited for the lock sees what others applied. */
static enum err migrate_one(struct ctx *ctx, struct db *db, const char *set, bool *more_out)
{
    struct migration *list = NULL;
    size_t len = 0;
    size_t i = 0;
    enum err rc;

    rc = migrations_find(ctx, &list, &len, set);
    if (rc)
        return rc;
    rc = db_begin_on(ctx, db);
    if (rc)
        return rc;
    /* On PostgreSQL programs that start at the same moment take turns. */
    if (db_is_postgres(db))
        rc = db_ddl(ctx, db, "SELECT pg_advisory_xact_lock(4719836)");
    if (rc == OK)
        rc = db_ddl(ctx, db, schema_migration);
    if (rc == OK)
        rc = mark_applied(ctx, db, list, len, set);
    if (rc)
        goto out;
    while (i < len && list[i].applied)
        i++;
    *more_out = i < len;
    if (i < len)
        rc = migration_apply(ctx, db, &list[i], set);
    if (rc == OK)
        rc = db_commit_on(ctx, db);
out:
    if (rc)
        db_rollback_on(ctx, db);
    return rc;
}

enum err db_migrate(struct ctx *ctx, struct db *db, const char *set)
{
    bool more = true;

    while (more) {
        enum err rc = migrate_one(ctx, db, set, &more);

        if (rc)
            return rc;
    }
    return OK;
}

enum err db_check(struct ctx *ctx, struct db *db)
{
    enum err rc;

    rc = db_gate(ctx, db);
    if (rc)
        return rc;
    rc = rows_keep_all(ctx, db);
    if (rc)
        return db_after(db, rc);
    return db_after(db, db->dialect->check(ctx, db));
}
