/* What an import has stored, so that it can go on after a kill and be undone later. */
#include "core/text.h"
#include "db/db.h"
#include "records/import.h"

DB_SQL(RUN_GET, "SELECT id, kind, state, place, stored, bad, undone, created_at FROM import_run"
                " WHERE id = $1 AND created_by = $2");
DB_SQL(RUN_ADD, "INSERT INTO import_run (id, office_id, kind, state, place, stored, bad, undone,"
                " created_at, created_by) VALUES ($1, $2, $3, $4, 0, 0, 0, 0, $5, $6)");
DB_SQL(RUN_MOVE, "UPDATE import_run SET state = $2, place = $3, stored = $4, bad = $5, undone = $6"
                 " WHERE id = $1");
DB_SQL(MADE_ADD, "INSERT INTO import_made (run_id, seq, kind, record_id, version)"
                 " VALUES ($1, $2, $3, $4, $5)");
DB_SQL(MADE_GET, "SELECT version FROM import_made WHERE run_id = $1 AND seq = $2");
DB_SQL(MADE_LIST, "SELECT record_id, version FROM import_made WHERE run_id = $1 AND version > 0"
                  " ORDER BY seq");
DB_SQL(MADE_FORGET, "DELETE FROM import_made WHERE run_id = $1");
DB_SQL(RUN_FORGET, "DELETE FROM import_run WHERE id = $1");
DB_SQL(MADE_OLD, "DELETE FROM import_made WHERE run_id IN"
                 " (SELECT id FROM import_run WHERE created_at < $1)");
DB_SQL(RUN_OLD, "DELETE FROM import_run WHERE created_at < $1");

enum err import_run_load(struct ctx *ctx, struct import_run *out, const char *id)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &RUN_GET, DB_TEXT(id), DB_TEXT(ctx->user_id));

    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    if (rc)
        return rc;
    *out = (struct import_run){ 0 };
    if (!more)
        return OK;
    out->id = row_text(rows, 0);
    out->kind = row_text(rows, 1);
    out->state = row_text(rows, 2);
    out->place = row_int(rows, 3);
    out->stored = row_int(rows, 4);
    out->bad = row_int(rows, 5);
    out->undone = row_int(rows, 6);
    out->created_at = row_int(rows, 7);
    db_rows_close(rows);
    return OK;
}

enum err import_run_add(struct ctx *ctx, const struct import_run *run)
{
    return db_exec(ctx, NULL, &RUN_ADD, DB_TEXT(run->id), DB_TEXT(ctx->office_id),
                   DB_TEXT(run->kind), DB_TEXT(run->state), DB_INT(ctx->now_ms),
                   DB_TEXT(ctx->user_id));
}

enum err import_run_move(struct ctx *ctx, const struct import_run *run)
{
    return db_exec(ctx, NULL, &RUN_MOVE, DB_TEXT(run->id), DB_TEXT(run->state), DB_INT(run->place),
                   DB_INT(run->stored), DB_INT(run->bad), DB_INT(run->undone));
}

enum err import_made_add(struct ctx *ctx, const struct import_run *run, const struct record *rec,
                         int64_t seq)
{
    return db_exec(ctx, NULL, &MADE_ADD, DB_TEXT(run->id), DB_INT(seq), DB_TEXT(rec->form->kind),
                   DB_TEXT(rec->id), DB_INT(rec->version));
}

enum err import_made_find(struct ctx *ctx, int64_t *version_out, bool *there_out, const char *id,
                          int64_t seq)
{
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &MADE_GET, DB_TEXT(id), DB_INT(seq));

    return rc ? rc : sql_one_int(ctx, version_out, rows, there_out);
}

enum err import_made_lines(struct ctx *ctx, struct buf *out, const char *id)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &MADE_LIST, DB_TEXT(id));

    while (rc == OK) {
        struct arena_mark mark = arena_mark(ctx->arena);

        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        buf_printf(out, "%s %lld\n", row_text(rows, 0), (long long)row_int(rows, 1));
        arena_rewind(ctx->arena, mark);
    }
    return rc;
}

enum err import_run_forget(struct ctx *ctx, const char *id)
{
    enum err rc = db_exec(ctx, NULL, &MADE_FORGET, DB_TEXT(id));

    return rc ? rc : db_exec(ctx, NULL, &RUN_FORGET, DB_TEXT(id));
}

enum err import_forget_old(struct ctx *ctx)
{
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &MADE_OLD, DB_INT(ctx->now_ms - IMPORT_UNDO_MS));
    if (rc == OK)
        rc = db_exec(ctx, NULL, &RUN_OLD, DB_INT(ctx->now_ms - IMPORT_UNDO_MS));
    return db_end(ctx, rc);
}
