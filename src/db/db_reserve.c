/* Room for the access log on a full disk: reading goes on, and is still recorded. */
#include <sys/stat.h>

#include "db/db_private.h"

#define RESERVE_FREE                                                                               \
    "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size"
#define RESERVE_TABLE "CREATE TABLE reserve_filler (filler %BLOB%) %STRICT%"
#define RESERVE_FILL  "INSERT INTO reserve_filler (filler) VALUES (zeroblob($1))"
#define RESERVE_DROP  "DROP TABLE IF EXISTS reserve_filler"

static enum err free_bytes(struct ctx *ctx, struct db *db, int64_t *out)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query_in(ctx, db, &rows, db_sql_built(db, RESERVE_FREE));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (rc)
        return rc;
    *out = more ? row_int(rows, 0) : 0;
    db_rows_close(rows);
    return OK;
}

static int64_t wal_bytes(struct ctx *ctx, const struct db *db)
{
    struct stat st;

    return stat(arena_printf(ctx->arena, "%s-wal", db->url), &st) == 0 ? st.st_size : 0;
}

void db_checkpoint(struct db *db)
{
    if (!db_is_postgres(db) && db->depth == 0)
        sqlite3_wal_checkpoint_v2(db->lite, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

enum err db_reserve(struct ctx *ctx, struct db *db, int64_t bytes)
{
    int64_t there = 0;
    enum err rc;

    if (db_is_postgres(db))
        return OK;
    rc = free_bytes(ctx, db, &there);
    if (rc || (there >= bytes && wal_bytes(ctx, db) >= bytes))
        return rc;
    rc = db_ddl(ctx, db, RESERVE_DROP);
    if (!rc)
        rc = db_ddl(ctx, db, RESERVE_TABLE);
    if (!rc)
        rc = db_exec_in(ctx, db, NULL, db_sql_built(db, RESERVE_FILL), DB_INT(bytes));
    if (!rc)
        rc = db_ddl(ctx, db, RESERVE_DROP);
    db_checkpoint(db);
    return rc;
}
