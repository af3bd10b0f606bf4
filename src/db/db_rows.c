/*
 * Open queries. A query is live (it fetches from the database), or kept: its further rows lie in
 * memory, because the connection was needed for something that cannot run beside it. Which of the
 * two it is makes no difference to the caller.
 */
#include "core/text.h"
#include "db/db_private.h"

static void rows_unlink(struct rows *rows)
{
    struct rows **at = &rows->db->rows;

    while (*at && *at != rows)
        at = &(*at)->next;
    if (*at)
        *at = rows->next;
}

/* Gives the statement back; the rows that were read stay. */
static void rows_release(struct rows *rows)
{
    if (rows->stmt == NULL)
        return;
    rows->db->dialect->finish(rows);
    rows->stmt->busy = false;
    rows->stmt = NULL;
}

void db_rows_close(struct rows *rows)
{
    if (rows == NULL || rows->state == ROWS_CLOSED)
        return;
    rows_unlink(rows);
    rows_release(rows);
    arena_free(rows->keep);
    rows->keep = NULL;
    rows->row = NULL;
    rows->on_row = false;
    rows->state = ROWS_CLOSED;
    rows->db = NULL;
}

void rows_close_all(struct db *db)
{
    while (db->rows)
        db_rows_close(db->rows);
}

void rows_break_all(struct db *db)
{
    for (struct rows *r = db->rows; r; r = r->next) {
        if (r->state != ROWS_LIVE)
            continue;
        rows_release(r);
        r->on_row = false;
        r->state = ROWS_BROKEN;
    }
}

static struct kept_row *rows_copy(const struct rows *rows)
{
    size_t size = sizeof(struct kept_row) + (size_t)rows->columns * sizeof(struct db_arg);
    struct kept_row *copy = arena_alloc(rows->keep, size);

    for (int i = 0; i < rows->columns; i++) {
        struct db_arg cell = rows->db->dialect->cell(rows, i);

        if (cell.kind == DB_KIND_TEXT)
            cell.p = arena_strndup(rows->keep, cell.p, cell.len);
        else if (cell.kind == DB_KIND_BLOB)
            cell.p = arena_memdup(rows->keep, cell.p, cell.len);
        copy->cells[i] = cell;
    }
    return copy;
}

static enum err rows_keep(struct ctx *ctx, struct rows *rows)
{
    struct kept_row *last = NULL;
    struct kept_row *first = NULL;
    bool more = rows->on_row;
    enum err rc = OK;

    rows->keep = arena_new(0);
    if (!more)
        rc = rows->db->dialect->step(ctx, rows, &more);
    while (rc == OK && more) {
        struct kept_row *copy = rows_copy(rows);

        if (last)
            last->next = copy;
        else
            first = copy;
        last = copy;
        if (arena_over_budget(rows->keep))
            rc = db_fail_size(ctx);
        else
            rc = rows->db->dialect->step(ctx, rows, &more);
    }
    rows_release(rows);
    rows->row = first;
    rows->before_first = !rows->on_row;
    rows->state = rc ? ROWS_BROKEN : ROWS_KEPT;
    if (rc)
        rows->on_row = false;
    return rc;
}

enum err rows_keep_all(struct ctx *ctx, struct db *db)
{
    for (struct rows *r = db->rows; r; r = r->next) {
        enum err rc;

        if (r->state != ROWS_LIVE)
            continue;
        rc = rows_keep(ctx, r);
        if (rc)
            return rc;
    }
    return OK;
}

static void kept_step(struct rows *rows, bool *more_out)
{
    if (rows->before_first)
        rows->before_first = false;
    else if (rows->row)
        rows->row = rows->row->next;
    *more_out = rows->row != NULL;
}

enum err db_next(struct ctx *ctx, struct rows *rows, bool *more_out)
{
    struct db *db = rows->db;
    bool more = false;
    enum err rc = OK;

    if (rows->state == ROWS_CLOSED) {
        *more_out = false;
        return OK;
    }
    if (rows->state == ROWS_BROKEN)
        return ctx_fail(ctx, ERR_DB, "the query ended with its transaction");
    rc = db_gate(ctx, db);
    if (rc == OK && arena_over_budget(rows->arena))
        rc = db_fail_size(ctx);
    if (rc == OK && rows->state == ROWS_KEPT)
        kept_step(rows, &more);
    else if (rc == OK)
        rc = db->dialect->step(ctx, rows, &more);
    if (rc) {
        db_rows_close(rows);
        return db_after(db, rc);
    }
    rows->on_row = more;
    if (!more)
        db_rows_close(rows);
    *more_out = more;
    return OK;
}

enum err db_each(struct ctx *ctx, struct rows *rows,
                 enum err (*take)(struct ctx *ctx, void *to, struct rows *rows), void *to)
{
    bool more = true;
    enum err rc = OK;

    while (rc == OK && more) {
        rc = db_next(ctx, rows, &more);
        if (rc == OK && more)
            rc = take(ctx, to, rows);
    }
    db_rows_close(rows);
    return rc;
}

/* --- cells --- */

static struct db_arg rows_cell(const struct rows *rows, int column)
{
    struct db_arg none = { .kind = DB_KIND_NULL };

    if (!rows->on_row || column < 0 || column >= rows->columns)
        return none;
    if (rows->state == ROWS_KEPT)
        return rows->row->cells[column];
    return rows->db->dialect->cell(rows, column);
}

bool row_is_null(const struct rows *rows, int column)
{
    return rows_cell(rows, column).kind == DB_KIND_NULL;
}

int64_t row_int(const struct rows *rows, int column)
{
    struct db_arg cell = rows_cell(rows, column);

    if (cell.kind == DB_KIND_INT)
        return cell.n;
    if (cell.kind == DB_KIND_REAL && cell.d > -9e18 && cell.d < 9e18)
        return (int64_t)cell.d;
    return 0;
}

double row_real(const struct rows *rows, int column)
{
    struct db_arg cell = rows_cell(rows, column);

    if (cell.kind == DB_KIND_REAL)
        return cell.d;
    return cell.kind == DB_KIND_INT ? (double)cell.n : 0;
}

const char *row_text(struct rows *rows, int column)
{
    struct db_arg cell = rows_cell(rows, column);

    switch (cell.kind) {
    case DB_KIND_INT:
        return arena_printf(rows->arena, "%lld", (long long)cell.n);
    case DB_KIND_REAL:
        return decimal_text(rows->arena, cell.d);
    case DB_KIND_TEXT:
    case DB_KIND_BLOB:
        return arena_strndup(rows->arena, cell.p, cell.len);
    case DB_KIND_END:
    case DB_KIND_NULL:
        break;
    }
    return NULL;
}

const void *row_blob(struct rows *rows, int column, size_t *len_out)
{
    struct db_arg cell = rows_cell(rows, column);

    *len_out = 0;
    if (cell.kind != DB_KIND_BLOB && cell.kind != DB_KIND_TEXT)
        return NULL;
    *len_out = cell.len;
    /* The extra byte keeps an empty value apart from NULL. */
    return arena_strndup(rows->arena, cell.len ? cell.p : "", cell.len);
}

const char *row_peek(const struct rows *rows, int column, size_t *len_out)
{
    struct db_arg cell = rows_cell(rows, column);
    const bool bytes = cell.kind == DB_KIND_TEXT || cell.kind == DB_KIND_BLOB;

    *len_out = bytes ? cell.len : 0;
    return bytes ? cell.p : NULL;
}
