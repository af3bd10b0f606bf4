/*
 * Export: every record within scope, page by page, in the columns that import reads. What leaves is
 * noted first: the audit has the number, the access log each record, written before its page.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "core/csv.h"
#include "core/text.h"
#include "records/records_inner.h"
#include "report/report.h"

#define PAGE          100
#define DEPTH_MAX     4 /* repeats inside repeats */
#define JSON_MAX      ((size_t)16 * 1024 * 1024)
#define FIXED_COLUMNS 3 /* record.number, record.status, record.parent */

struct column {
    const struct field *f;
    const struct field *repeats[DEPTH_MAX];
    size_t rows[DEPTH_MAX];
    size_t depth;
};

struct export
{
    struct ctx *ctx;
    const struct form *form;
    struct arena *kept;
    struct column *columns;
    struct table_column *heads;
    size_t len;
    int64_t *rows_max; /* by field->place of repeats */
    const char **cells;
    struct table *table; /* NULL: JSON */
    int fd;
    int64_t done;
};

/* --- columns: the widest record decides --- */

static bool exported(const struct export *x, const struct field *f)
{
    return field_is_answer(f) && f->kind != FIELD_HIDDEN && field_visible(x->ctx, f);
}

static enum report_kind kind_of(const struct field *f)
{
    if (f->kind == FIELD_INTEGER)
        return REPORT_INT;
    if (f->kind == FIELD_DECIMAL || f->kind == FIELD_RANGE)
        return REPORT_DECIMAL;
    return f->kind == FIELD_DATE ? REPORT_DATE : REPORT_TEXT;
}

static bool add_column(struct export *x, const char *prefix, const struct column *at,
                       const struct field *f)
{
    if (x->len == CSV_COLUMNS_MAX)
        return false;
    x->columns[x->len] = *at;
    x->columns[x->len].f = f;
    x->heads[x->len].label = arena_printf(x->kept, "%s%s", prefix, f->name);
    x->heads[x->len].kind = kind_of(f);
    x->len++;
    return true;
}

static bool add_columns(struct export *x, const char *prefix, const struct column *at)
{
    const struct field *repeat = at->depth ? at->repeats[at->depth - 1] : NULL;

    for (size_t i = 0; i < x->form->all_len; i++) {
        const struct field *f = x->form->all[i];

        if (f->repeat != repeat)
            continue;
        if (exported(x, f) && !add_column(x, prefix, at, f))
            return false;
        if (!field_is_repeat(f) || !field_visible(x->ctx, f) || at->depth == DEPTH_MAX)
            continue;
        for (int64_t r = 0; r < x->rows_max[i]; r++) {
            struct column inner = *at;

            inner.repeats[inner.depth] = f;
            inner.rows[inner.depth++] = (size_t)r;
            if (!add_columns(x,
                             arena_printf(x->kept, "%s%s.%lld.", prefix, f->name, (long long)r + 1),
                             &inner))
                return false;
        }
    }
    return true;
}

static enum err make_columns(struct export *x)
{
    static const char *const fixed[] = { "record.number", "record.status", "record.parent" };
    const struct column top = { 0 };
    enum err rc = OK;

    x->columns = ARENA_ARRAY(x->kept, CSV_COLUMNS_MAX, struct column);
    x->heads = ARENA_ARRAY(x->kept, CSV_COLUMNS_MAX, struct table_column);
    x->rows_max = ARENA_ARRAY(x->kept, x->form->all_len + 1, int64_t);
    for (size_t i = 0; rc == OK && i < x->form->all_len; i++)
        if (field_is_repeat(x->form->all[i]))
            rc = sql_rows_max(x->ctx, &x->rows_max[i], x->form, x->form->all[i]);
    if (rc)
        return rc;
    for (size_t i = 0; i < FIXED_COLUMNS; i++)
        if (i < FIXED_COLUMNS - 1 || x->form->parent)
            x->heads[x->len++].label = fixed[i];
    if (!add_columns(x, "", &top))
        return ctx_fail(x->ctx, ERR_LIMIT,
                        tr(x->ctx, "There are more than {0} columns. Export as JSON.",
                           TR_INT(CSV_COLUMNS_MAX)));
    x->cells = ARENA_ARRAY(x->kept, x->len + 1, const char *);
    return OK;
}

/* --- rows --- */

static const char *cell_of(const struct record *rec, const struct column *c)
{
    const struct answers *t = rec->answers;

    for (size_t d = 0; d < c->depth; d++) {
        size_t place = c->repeats[d]->place;

        if (c->rows[d] >= t->rows_len[place])
            return NULL;
        t = t->rows[place][c->rows[d]];
    }
    return t->values[c->f->place];
}

static bool fits(const struct export *x, const struct answers *t)
{
    for (size_t i = 0; i < t->form->all_len; i++) {
        if ((int64_t)t->rows_len[i] > x->rows_max[i])
            return false;
        for (size_t r = 0; r < t->rows_len[i]; r++)
            if (!fits(x, t->rows[i][r]))
                return false;
    }
    return true;
}

static enum err write_row(struct export *x, const struct record *rec, const char *parent)
{
    size_t n = 0;

    if (!fits(x, rec->answers))
        return ctx_fail(x->ctx, ERR_BUSY,
                        tr(x->ctx, "Records grew during the export. Please export again."));
    x->cells[n++] = rec->number;
    x->cells[n++] = rec->status;
    if (x->form->parent)
        x->cells[n++] = parent;
    for (; n < x->len; n++)
        x->cells[n] = cell_of(rec, &x->columns[n]);
    return table_row(x->ctx, x->table, x->cells);
}

static enum err write_bytes(struct export *x, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(x->fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ctx_fail(x->ctx, ERR_IO,
                            tr(x->ctx, "Could not write the file: {0}", TR_TEXT(strerror(errno))));
        bytes += n;
        len -= (size_t)n;
    }
    return OK;
}

static enum err write_json(struct export *x, const struct record *rec)
{
    struct buf b;

    buf_init(&b, x->ctx->arena, JSON_MAX);
    buf_add(&b, x->done ? ",\n" : "\n");
    record_json(&b, rec);
    if (!buf_ok(&b))
        return ctx_fail(x->ctx, ERR_LIMIT, tr(x->ctx, "A record is too long to be exported."));
    return write_bytes(x, b.data, b.len);
}

/* Number of the record above: what import finds it by. */
static enum err parent_number(struct export *x, const struct record *rec, const char **out)
{
    struct pick pick = { .ids = &rec->parent_id, .ids_len = 1 };
    struct record *parent = NULL;
    size_t len = 0;
    enum err rc;

    if (!rec->parent_id || !x->form->parent)
        return OK;
    rc = record_form(x->ctx, &pick.form, x->form->parent);
    if (rc == OK)
        rc = sql_pick(x->ctx, &parent, NULL, &len, &pick);
    if (rc == OK && len > 0)
        *out = parent->number;
    return rc;
}

static enum err note_page(struct export *x, struct record **recs, size_t len)
{
    const char *ids[PAGE];
    enum err rc;

    for (size_t i = 0; i < len; i++)
        ids[i] = recs[i]->id;
    rc = record_note(x->ctx, "export", x->form, ids, len);
    if (rc == OK && x->ctx->audit && len > 0)
        rc = access_write(x->ctx);
    return rc;
}

static enum err write_page(struct export *x, char *after, size_t *len_out)
{
    struct record_filter filter = { .after = after[0] ? after : NULL };
    struct pick pick = { .form = x->form, .filter = &filter, .limit = PAGE, .oldest = true };
    struct record *recs[PAGE];
    enum err rc;

    rc = record_pick(x->ctx, recs, len_out, &pick, PARTS_ALL);
    if (rc == OK)
        rc = note_page(x, recs, *len_out);
    for (size_t i = 0; rc == OK && i < *len_out; i++) {
        const char *parent = NULL;

        rc = record_finish(x->ctx, recs[i]);
        if (rc == OK && x->table)
            rc = parent_number(x, recs[i], &parent);
        if (rc == OK)
            rc = x->table ? write_row(x, recs[i], parent) : write_json(x, recs[i]);
        if (rc == OK)
            x->done++;
    }
    if (rc == OK && *len_out > 0) {
        const char *token = sql_token(x->ctx, recs[*len_out - 1], SORT_NEWEST);

        memcpy(after, token, strlen(token) + 1);
    }
    return rc;
}

static enum err write_pages(struct export *x)
{
    char after[64] = "";
    size_t len = PAGE;
    enum err rc = OK;

    while (rc == OK && len == PAGE) {
        struct arena_mark mark = arena_mark(x->ctx->arena);

        rc = write_page(x, after, &len);
        if (rc == OK)
            arena_rewind(x->ctx->arena, mark);
    }
    return rc;
}

static enum err note_export(struct export *x)
{
    struct pick pick = { .form = x->form };
    struct ctx *ctx = x->ctx;
    struct sealed detail = { 0 };
    int64_t count = 0;
    enum err rc;

    rc = sql_count(ctx, &count, &pick, INT64_MAX);
    if (rc == OK)
        rc = vault_seal_text(ctx, &detail, VAULT_KEY_AUDIT, "audit/export",
                             arena_printf(ctx->arena, "%lld", (long long)count));
    if (rc)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = audit_add(ctx, arena_printf(ctx->arena, "%s.export", x->form->kind), NULL, VAULT_KEY_AUDIT,
                   &detail);
    if (rc == OK)
        rc = db_commit(ctx);
    if (rc)
        db_rollback(ctx);
    return rc;
}

static enum err export_table(struct export *x, enum export_format format)
{
    struct ctx *ctx = x->ctx;
    struct table_spec spec = { .title = label_text(ctx, &x->form->title) };
    enum err rc;

    rc = make_columns(x);
    spec.columns = x->heads;
    spec.len = x->len;
    if (rc == OK)
        rc =
            table_open(ctx, &x->table, format == EXPORT_CSV ? TABLE_CSV : TABLE_XLSX, x->fd, &spec);
    if (rc == OK)
        rc = write_pages(x);
    return rc ? rc : table_close(ctx, x->table);
}

static enum err export_json(struct export *x)
{
    enum err rc = write_bytes(x, "[", 1);

    if (rc == OK)
        rc = write_pages(x);
    return rc ? rc : write_bytes(x, "\n]\n", 3);
}

static void free_kept(void *arg)
{
    arena_free(arg);
}

enum err record_export(struct ctx *ctx, const char *kind, enum export_format format, int fd,
                       int64_t *records_out)
{
    struct export x = { .ctx = ctx, .fd = fd };
    enum err rc;

    rc = record_form(ctx, &x.form, kind);
    if (rc == OK)
        rc = record_permit(ctx, x.form, "export");
    if (rc == OK)
        rc = note_export(&x);
    if (rc)
        return rc;
    x.kept = arena_new(0);
    arena_on_free(ctx->arena, free_kept, x.kept);
    rc = format == EXPORT_JSON ? export_json(&x) : export_table(&x, format);
    if (rc == OK && records_out)
        *records_out = x.done;
    return rc;
}
