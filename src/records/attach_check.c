/* Opens every file that is kept, whosever it is: is each still what was put in? */
#include "core/text.h"
#include "db/db.h"
#include "records/attach_inner.h"
#include "records/records_inner.h"

#define PAGE     100
#define TOLD_MAX 20

DB_SQL(ALL_FILES, "SELECT id, form, record_id FROM attachment WHERE id > $1 ORDER BY id LIMIT $2");

struct file_place {
    const char *id;
    const char *form;
    const char *record_id;
};

static enum err read_places(struct ctx *ctx, struct file_place *items, size_t *len_out,
                            const char *after)
{
    struct rows *rows = NULL;
    size_t len = 0;
    enum err rc = db_query(ctx, &rows, &ALL_FILES, DB_TEXT(after), DB_INT(PAGE));

    while (rc == OK) {
        bool more = false;

        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        items[len++] =
            (struct file_place){ row_text(rows, 0), row_text(rows, 1), row_text(rows, 2) };
    }
    *len_out = len;
    return rc;
}

static enum err open_all(struct ctx *ctx, bool *erased_out, const char *id)
{
    struct attachment a = { 0 };
    enum err rc = attach_load_any(ctx, &a, id);

    *erased_out = rc == OK && !a.name;
    for (int64_t place = 0; rc == OK && a.name && place < a.chunks; place += ATTACHMENT_PART) {
        struct arena_mark mark = arena_mark(ctx->arena);
        const char *bytes = NULL;
        size_t len = 0;

        rc = attachment_read(ctx, &bytes, &len, &a, place);
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
    }
    return rc;
}

/* Damaged: what was read is not what was sealed. Anything else is a fault of the check itself. */
static enum err check_one(struct ctx *ctx, struct attachments_report *r, const struct file_place *p)
{
    struct problem *last = ctx->problems_last;
    bool erased = false;
    enum err rc = open_all(ctx, &erased, p->id);

    if (rc == ERR_DB || rc == ERR_IO || rc == ERR_BUSY || rc == ERR_LIMIT)
        return rc;
    ctx_problems_back(ctx, last);
    r->files++;
    r->erased += erased;
    if (rc == OK)
        return OK;
    if (r->damaged++ < TOLD_MAX)
        r->told[r->told_len++] =
            arena_printf(r->arena, "%s (%s/%s)", p->id, p->form, p->record_id ? p->record_id : "");
    return OK;
}

static void free_told(void *arg)
{
    arena_free(arg);
}

enum err attachments_check(struct ctx *ctx, struct attachments_report *out)
{
    struct attachments_report r = { .arena = arena_new(0) };
    struct file_place items[PAGE];
    const char *after = "";
    size_t len = PAGE;
    enum err rc = OK;

    arena_on_free(ctx->arena, free_told, r.arena);
    r.told = ARENA_ARRAY(r.arena, TOLD_MAX, const char *);
    while (rc == OK && len == PAGE) {
        struct arena_mark mark = arena_mark(ctx->arena);

        rc = read_places(ctx, items, &len, after);
        for (size_t i = 0; rc == OK && i < len; i++)
            rc = check_one(ctx, &r, &items[i]);
        if (rc == OK && len > 0)
            after = arena_strdup(r.arena, items[len - 1].id);
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
    }
    if (rc == OK)
        *out = r;
    return rc;
}
