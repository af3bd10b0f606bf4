/* Taking back a whole import. */
#include "auth/auth.h"
#include "core/text.h"
#include "db/db.h"
#include "records/import.h"

#define PAGE     100
#define KEPT_MAX 1000
#define RUNS_MAX 50

DB_SQL(MADE_PAGE, "SELECT seq, kind, record_id, version FROM import_made"
                  " WHERE run_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3");
DB_SQL(MADE_DONE, "DELETE FROM import_made WHERE run_id = $1 AND seq = $2");
DB_SQL(RUN_LIST, "SELECT id, state, stored, created_at FROM import_run"
                 " WHERE created_by = $1 AND kind = $2 AND stored > 0 AND created_at >= $3"
                 " ORDER BY created_at DESC, id DESC LIMIT $4");

struct made {
    int64_t seq;
    const char *kind;
    const char *id;
    int64_t version;
};

struct undo {
    struct ctx *ctx;
    struct import_run run;
    struct import_undone out;
    struct arena *kept;
};

static enum err read_page(struct undo *u, struct made *page, size_t *len_out, int64_t before)
{
    struct rows *rows = NULL;
    size_t len = 0;
    enum err rc =
        db_query(u->ctx, &rows, &MADE_PAGE, DB_TEXT(u->run.id), DB_INT(before), DB_INT(PAGE));

    while (rc == OK) {
        bool more = false;

        rc = db_next(u->ctx, rows, &more);
        if (rc || !more)
            break;
        page[len++] = (struct made){ row_int(rows, 0), row_text(rows, 1), row_text(rows, 2),
                                     row_int(rows, 3) };
    }
    *len_out = len;
    return rc;
}

/* As record_undo does it: what stood there before is not asked whether it may be written today. */
static enum err give_back(struct ctx *ctx, struct record *rec, int64_t version)
{
    const struct record_change_of change = { .action = "update", .audit = "edit" };
    struct record *was = NULL;
    struct record *old = NULL;
    struct record next;
    enum err rc = record_load_seen(ctx, &old, rec, version);

    if (rc == OK)
        rc = record_load_was(ctx, &was, old, version - 1);
    if (rc)
        return rc;
    next = record_next_of(ctx, old);
    next.answers = was->answers;
    return record_store(ctx, rec, &next, old, &change);
}

/* A record that the import made goes; one that it changed becomes what it was. */
static enum err take_back(struct undo *u, const struct made *m, const char **number_out)
{
    struct ctx *ctx = u->ctx;
    struct record *rec = NULL;
    enum err rc = record_load(ctx, &rec, m->kind, m->id);

    if (rc)
        return rc;
    *number_out = rec->number;
    if (m->version == 1)
        return record_delete(ctx, rec, m->version, tr(ctx, "The import was undone."));
    return give_back(ctx, rec, m->version);
}

/* With the note that it is done, in one transaction: whoever is killed goes on behind it. */
static enum err undo_one(struct undo *u, const struct made *m, const char **number_out)
{
    struct ctx *ctx = u->ctx;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = take_back(u, m, number_out);
    if (rc == OK)
        rc = db_exec(ctx, NULL, &MADE_DONE, DB_TEXT(u->run.id), DB_INT(m->seq));
    if (rc == OK) {
        u->run.undone++;
        rc = import_run_move(ctx, &u->run);
    }
    return db_end(ctx, rc);
}

/* Somebody has changed it since, has put something below it, or has deleted it. */
static bool left_alone(enum err rc)
{
    return rc == ERR_CONFLICT || rc == ERR_NOT_FOUND;
}

static void keep(struct undo *u, const struct made *m, const char *number)
{
    if (u->out.kept_len == KEPT_MAX)
        return;
    u->out.kept[u->out.kept_len++] =
        (struct import_kept){ arena_strdup(u->kept, m->kind),
                              arena_strdup(u->kept, number ? number : "") };
}

static enum err undo_page(struct undo *u, const struct made *page, size_t len)
{
    struct ctx *ctx = u->ctx;
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < len; i++) {
        struct problem *last = ctx->problems_last;
        int64_t undone = u->run.undone;
        const char *number = NULL;

        rc = undo_one(u, &page[i], &number);
        if (rc)
            u->run.undone = undone;
        if (!left_alone(rc))
            continue;
        keep(u, &page[i], number);
        ctx_problems_back(ctx, last);
        rc = OK;
    }
    return rc;
}

static enum err load_run(struct undo *u, const char *id)
{
    struct ctx *ctx = u->ctx;
    const struct form *form = NULL;
    enum err rc = import_run_load(ctx, &u->run, id);

    if (rc)
        return rc;
    if (!u->run.id || text_equal(u->run.state, IMPORT_RUN_BULK) ||
        u->run.created_at < ctx->now_ms - IMPORT_UNDO_MS)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This is not kept any more."));
    if (text_equal(u->run.state, "undone"))
        return ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "This import was undone already."));
    rc = record_form(ctx, &form, u->run.kind);
    if (rc == OK)
        rc = record_permit(ctx, form, "import");
    return rc ? rc : record_permit(ctx, form, "delete");
}

static enum err end_undo(struct undo *u)
{
    enum err rc = db_begin(u->ctx);

    if (rc)
        return rc;
    u->run.state = "undone";
    rc = import_run_move(u->ctx, &u->run);
    if (rc == OK)
        rc = db_commit(u->ctx);
    if (rc)
        db_rollback(u->ctx);
    return rc;
}

static void free_kept(void *arg)
{
    arena_free(arg);
}

enum err import_undo(struct ctx *ctx, struct import_undone *out, const char *run_id,
                     enum err (*progress)(void *arg, int64_t done), void *arg)
{
    struct undo u = { .ctx = ctx };
    struct made page[PAGE];
    int64_t before = INT64_MAX;
    size_t len = PAGE;
    enum err rc = load_run(&u, run_id);

    if (rc)
        return rc;
    u.kept = arena_new(0);
    arena_on_free(ctx->arena, free_kept, u.kept);
    u.out.kept = ARENA_ARRAY(u.kept, KEPT_MAX, struct import_kept);
    while (rc == OK && len == PAGE) {
        struct arena_mark mark = arena_mark(ctx->arena);

        rc = read_page(&u, page, &len, before);
        if (rc == OK && len > 0)
            before = page[len - 1].seq;
        if (rc == OK)
            rc = undo_page(&u, page, len);
        if (rc == OK && progress)
            rc = progress(arg, u.run.undone);
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
    }
    if (rc == OK)
        rc = end_undo(&u);
    u.out.undone = u.run.undone;
    if (rc == OK)
        *out = u.out;
    return rc;
}

static enum err keep_page(struct undo *u, const struct made *page, size_t len)
{
    struct ctx *ctx = u->ctx;
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < len; i++) {
        struct problem *last = ctx->problems_last;
        struct record *rec = NULL;

        rc = record_load(ctx, &rec, page[i].kind, page[i].id);
        if (rc != OK && !left_alone(rc))
            return rc;
        keep(u, &page[i], rc == OK ? rec->number : NULL);
        ctx_problems_back(ctx, last);
        rc = OK;
    }
    return rc;
}

enum err import_undone_load(struct ctx *ctx, struct import_undone *out, const char *run_id)
{
    struct undo u = { .ctx = ctx };
    struct made page[PAGE];
    int64_t before = INT64_MAX;
    size_t len = PAGE;
    enum err rc = import_run_load(ctx, &u.run, run_id);

    if (rc)
        return rc;
    if (!u.run.id || !text_equal(u.run.state, "undone"))
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This is not kept any more."));
    u.kept = ctx->arena;
    u.out.kept = ARENA_ARRAY(u.kept, KEPT_MAX, struct import_kept);
    while (rc == OK && len == PAGE) {
        rc = read_page(&u, page, &len, before);
        if (rc == OK && len > 0)
            before = page[len - 1].seq;
        if (rc == OK)
            rc = keep_page(&u, page, len);
    }
    u.out.undone = u.run.undone;
    if (rc == OK)
        *out = u.out;
    return rc;
}

enum err import_runs(struct ctx *ctx, struct import_done **out, size_t *len_out, const char *kind)
{
    struct import_done *items = ARENA_ARRAY(ctx->arena, RUNS_MAX, struct import_done);
    struct rows *rows = NULL;
    size_t len = 0;
    enum err rc = db_query(ctx, &rows, &RUN_LIST, DB_TEXT(ctx->user_id), DB_TEXT(kind),
                           DB_INT(ctx->now_ms - IMPORT_UNDO_MS), DB_INT(RUNS_MAX));

    while (rc == OK) {
        bool more = false;

        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        items[len].id = row_text(rows, 0);
        items[len].undone = text_equal(row_text(rows, 1), "undone");
        items[len].stored = row_int(rows, 2);
        items[len++].created_at = row_int(rows, 3);
    }
    if (rc)
        return rc;
    *out = items;
    *len_out = len;
    return OK;
}
