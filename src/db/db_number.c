/*
 * One number that is asked for again and again, such as how long a list is. A connection remembers
 * it until anything is committed to the database: SQLite counts commits, its own and those of
 * others, and each read looks at that count, so a number that is remembered is that of the state
 * which the read before it saw.
 */
#include <string.h>

#include "core/buf.h"
#include "db/db_private.h"

#define KEY_MAX ((size_t)512) /* longer arguments are not worth remembering */

/* Kind and value of each argument, and how long it is: two lists of them are never alike. */
static const char *key_of(struct arena *a, const struct db_arg *args)
{
    struct buf b;

    buf_init(&b, a, KEY_MAX);
    for (; args->kind != DB_KIND_END; args++) {
        const bool none = args->kind == DB_KIND_TEXT && args->p == NULL;
        const char *text = args->kind == DB_KIND_TEXT && !none ? args->p : "";

        if (args->kind == DB_KIND_REAL || args->kind == DB_KIND_BLOB)
            return NULL;
        buf_printf(&b, "%d %lld %zu %s ", (int)(none ? DB_KIND_NULL : args->kind),
                   args->kind == DB_KIND_INT ? (long long)args->n : 0, strlen(text), text);
    }
    return buf_ok(&b) ? buf_text(&b) : NULL;
}

/* The state that the last read saw; 0 = not known, or not settled yet. */
static uint32_t state_of(const struct db *db)
{
    uint32_t state = 0;

    if (db->lite == NULL || (db->depth > 0 && db->mode != DB_READ_ONLY) ||
        sqlite3_file_control(db->lite, "main", SQLITE_FCNTL_DATA_VERSION, &state) != SQLITE_OK)
        return 0;
    return state;
}

uint64_t db_state(const struct db *db)
{
    const uint32_t state = state_of(db);

    return state ? (uint64_t)db->serial << 32 | state : 0;
}

static struct number *find(struct db *db, const struct db_sql *sql, const char *key)
{
    for (size_t i = 0; i < DB_NUMBERS; i++)
        if (db->numbers[i].sql == sql && strcmp(db->numbers[i].key, key) == 0)
            return &db->numbers[i];
    return NULL;
}

static void remember(struct db *db, const struct db_sql *sql, const char *key, int64_t n)
{
    struct number *to = find(db, sql, key);

    if (strlen(key) >= sizeof(to->key))
        return;
    if (to == NULL)
        to = &db->numbers[db->numbers_next++ % DB_NUMBERS];
    to->sql = sql;
    memcpy(to->key, key, strlen(key) + 1);
    to->state = state_of(db);
    to->n = n;
}

enum err db_number_on(struct ctx *ctx, struct db *db, int64_t *out, const struct db_sql *sql,
                      const struct db_arg *args)
{
    const char *key = key_of(ctx->arena, args);
    const struct number *known = key ? find(db, sql, key) : NULL;
    struct rows *rows = NULL;
    uint32_t state = state_of(db);
    bool more = false;
    enum err rc;

    if (known && state && known->state == state) {
        *out = known->n;
        return OK;
    }
    rc = db_query_on(ctx, db, &rows, sql, args);
    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    if (rc)
        return rc;
    *out = more ? row_int(rows, 0) : 0;
    db_rows_close(rows);
    if (key)
        remember(db, sql, key, *out);
    return OK;
}
