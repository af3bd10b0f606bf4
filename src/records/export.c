/*
 * Export: every record that was asked for within scope, page by page. What leaves is noted first:
 * the audit has the number, the access log each record, written before its page; it is durable
 * before the page leaves, which is when the file is complete.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "core/id.h"
#include "core/text.h"
#include "records/export_inner.h"
#include "records/giving.h"
#include "records/screens_web.h"

#define PAGE     100
#define JSON_MAX ((size_t)16 * 1024 * 1024)

/* --- cells --- */

static bool fits(const struct export *x, const struct answers *t)
{
    for (size_t i = 0; i < x->repeats_len; i++) {
        const size_t place = x->repeats[i]->place;

        if (x->repeats[i]->repeat != t->repeat)
            continue;
        if ((int64_t)t->rows_len[place] > x->rows_max[place])
            return false;
        for (size_t r = 0; x->nested && r < t->rows_len[place]; r++)
            if (!fits(x, t->rows[place][r]))
                return false;
    }
    return true;
}

/* One code is most of what there is: its label stands in the form, nothing is made. */
static const char *shown(struct ctx *ctx, const struct field *f, const char *value)
{
    const struct choice *c;

    if (!f->choices || !value)
        return value;
    c = choice_find(f->choices, value);
    return c ? label_text(ctx, &c->label) : answers_shown(ctx, f, value);
}

/* The name behind an id, as far as the acting user may see it. */
static const char *ref_name(const struct export *x, const struct field *f, const char *id)
{
    struct export_seen *seen;
    struct record *to = NULL;
    const char *name;

    if (!id_valid(id))
        return id;
    seen = &x->seen[((unsigned)id[34] << 4 ^ (unsigned)id[35]) % EXPORT_SEEN]; /* its last digits */
    if (text_equal(seen->id, id))
        return arena_strdup(x->ctx->arena, seen->name);
    name = ref_shown(x->ctx, f->ref, id, &to);
    if (strlen(name) < sizeof(seen->name)) {
        memcpy(seen->id, id, strlen(id) + 1);
        memcpy(seen->name, name, strlen(name) + 1);
    }
    return name;
}

static const char *answer_of(const struct export *x, const struct export_column *c,
                             const struct answers *t)
{
    const char *value;

    for (size_t d = 0; d < c->depth; d++) {
        size_t place = c->repeats[d]->place;

        if (c->rows[d] >= t->rows_len[place])
            return NULL;
        t = t->rows[place][c->rows[d]];
    }
    value = t->values[c->f->place];
    if (!x->options->labels)
        return value;
    if (value && value[0] && c->f->ref)
        return ref_name(x, c->f, value);
    return shown(x->ctx, c->f, value);
}

/* What a row is written from. */
struct source {
    const struct record *rec;
    const struct answers *t; /* the record's, or a row's */
    const char *of;          /* id of what is around a row */
    const char *parent;      /* number of the record above */
};

static const char *cell_of(const struct export *x, const struct export_column *c,
                           const struct source *s)
{
    switch (c->what) {
    case OUT_FIELD:
        return answer_of(x, c, s->t);
    case OUT_ID:
        return s->rec->id;
    case OUT_NUMBER:
        return s->rec->number;
    case OUT_STATUS:
        return x->options->labels ? record_status_title(x->ctx, s->rec->form, s->rec->status)
                                  : s->rec->status;
    case OUT_PARENT:
        return s->parent;
    case OUT_PARENT_ID:
        return s->rec->parent_id;
    case OUT_ROW_ID:
        return s->t->id;
    case OUT_ROW_OF:
        return s->of;
    }
    return NULL;
}

static enum err write_row(struct export *x, const struct export_table *t, const struct source *s)
{
    for (size_t i = 0; i < t->len; i++)
        t->cells[i] = cell_of(x, &t->columns[i], s);
    if (x->piece) {
        export_keep_row(x->piece, t);
        return OK;
    }
    return table_row(x->ctx, x->out, t->cells);
}

static bool leads_to(const struct field *f, const struct field *repeat)
{
    while (repeat && repeat != f)
        repeat = repeat->repeat;
    return repeat == f;
}

/* The rows of the table's repeat, also inside rows of others. */
static enum err write_rows(struct export *x, const struct export_table *t, const struct source *at)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < at->t->form->all_len; i++) {
        const struct field *f = at->t->form->all[i];

        if (at->t->rows_len[i] == 0 || !leads_to(f, t->repeat))
            continue;
        for (size_t r = 0; rc == OK && r < at->t->rows_len[i]; r++) {
            struct source row = *at;

            row.of = at->t->id;
            row.t = at->t->rows[i][r];
            rc = f == t->repeat ? write_row(x, t, &row) : write_rows(x, t, &row);
        }
    }
    return rc;
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

/* --- pages --- */

enum err export_note(struct export *x, const struct form *form, const char *const *ids, size_t len)
{
    enum err rc = record_note(x->ctx, "export", form, ids, len);

    if (rc || !x->ctx->audit)
        return rc;
    return x->kept_back ? access_write_soon(x->ctx) : access_write(x->ctx);
}

static enum err note_page(struct export *x, struct record **recs, size_t len)
{
    const char *ids[PAGE];

    if (len == 0)
        return OK;
    for (size_t i = 0; i < len; i++)
        ids[i] = recs[i]->id;
    if (x->piece) {
        export_keep_page(x->piece, ids, len);
        return OK;
    }
    return export_note(x, recs[0]->form, ids, len);
}

enum err export_went(struct export *x, size_t len, const char *last_id)
{
    x->done += (int64_t)len;
    if (strcmp(last_id, x->last) > 0)
        memcpy(x->last, last_id, strlen(last_id) + 1);
    return x->options->progress ? x->options->progress(x->options->arg, x->done) : OK;
}

/* Both lie in the order in which they were made: it is mostly the one at *at, or the next. */
static const char *number_among(struct record *const *recs, size_t len, const char *id, size_t *at)
{
    for (size_t n = 0; id && n < len; n++, *at = (*at + 1) % len)
        if (text_equal(recs[*at]->id, id))
            return recs[*at]->number;
    return NULL;
}

/* Numbers of the records above, by place; NULL where the acting user sees none. */
static enum err parent_numbers(struct export *x, const char **out, struct record **recs, size_t len)
{
    struct pick pick = { .bare = true };
    struct record *above[PAGE];
    const char *ids[PAGE];
    enum err rc = OK;
    size_t n = 0;

    if (len == 0 || !recs[0]->form->parent ||
        !user_may_do(x->ctx->user, recs[0]->form->parent, "view"))
        return OK;
    for (size_t i = 0; i < len; i++)
        if (recs[i]->parent_id && (n == 0 || !text_equal(ids[n - 1], recs[i]->parent_id)))
            ids[n++] = recs[i]->parent_id;
    pick.ids = ids;
    pick.ids_len = n;
    if (n > 0)
        rc = record_form(x->ctx, &pick.form, recs[0]->form->parent);
    if (rc == OK && n > 0)
        rc = sql_pick(x->ctx, above, NULL, &n, &pick);
    for (size_t i = 0, at = 0; rc == OK && i < len; i++)
        out[i] = number_among(above, n, recs[i]->parent_id, &at);
    return rc;
}

static enum err write_record(struct export *x, const struct export_table *t, struct record *rec,
                             const char *parent)
{
    const struct source s = { .rec = rec, .t = rec->answers, .parent = parent };
    enum err rc;

    if (t->repeat)
        return write_rows(x, t, &s);
    if (!x->out) {
        rc = record_finish(x->ctx, rec);
        return rc ? rc : write_json(x, rec);
    }
    if (!x->options->linked && !fits(x, rec->answers))
        return ctx_fail(x->ctx, ERR_BUSY,
                        tr(x->ctx, "Records grew during the export. Please export again."));
    return write_row(x, t, &s);
}

static enum err write_page(struct export *x, const struct export_table *t, struct record **recs,
                           size_t len)
{
    bool first = t == x->tables;
    const char *parents[PAGE] = { 0 };
    enum err rc = OK;

    if (!t->repeat) {
        rc = note_page(x, recs, len);
        if (rc == OK && x->out)
            rc = parent_numbers(x, parents, recs, len);
    }
    for (size_t i = 0; rc == OK && i < len; i++) {
        bool given = true;

        if (x->options->giving)
            rc = giving_ask(x->ctx, &given, recs[i], x->options->giving);
        if (rc == OK && given)
            rc = write_record(x, t, recs[i], parents[i]);
        x->done += rc == OK && given && first && !x->piece;
    }
    if (rc || x->piece)
        return rc;
    return export_went(x, 0, first && len > 0 ? recs[len - 1]->id : "");
}

/* Where a walk over one level of kinds is. */
struct walk {
    const struct export_table *t;
    size_t level;
    const char *const *parents; /* of a level below the first */
    size_t parents_len;
    char after[64];
    size_t ids_done;
    bool more;
};

static enum err next_page(struct export *x, struct walk *w, struct record **recs, size_t *len_out)
{
    const struct export_options *o = x->options;
    struct record_filter filter = { 0 };
    struct pick pick = { .form = w->t->chain[w->level], .filter = &filter, .limit = PAGE };
    bool last = w->level + 1 == w->t->chain_len;
    size_t len = 0;
    enum err rc;

    if (w->level == 0 && x->filter)
        filter = *x->filter;
    filter.sort = SORT_NEWEST;
    filter.after = w->after[0] ? w->after : NULL;
    pick.oldest = true;
    pick.parents = w->parents;
    pick.parents_len = w->parents_len;
    pick.bare = !last;
    if (w->level == 0 && o->ids) {
        filter.after = NULL;
        pick.ids = o->ids + w->ids_done;
        pick.ids_len = o->ids_len - w->ids_done < PAGE ? o->ids_len - w->ids_done : PAGE;
        w->ids_done += pick.ids_len;
    }
    rc = record_pick(x->ctx, recs, &len, &pick, last ? w->t->parts : 0);
    if (rc)
        return rc;
    w->more = pick.ids ? w->ids_done < o->ids_len : len == PAGE;
    if (len > 0) {
        const char *token = sql_token(x->ctx, recs[len - 1], SORT_NEWEST);

        memcpy(w->after, token, strlen(token) + 1);
    }
    /* Records that were made since the first table was written have no row there. */
    while (w->level == 0 && w->t != x->tables && len > 0 && strcmp(recs[len - 1]->id, x->last) > 0)
        len--;
    while (x->upto && len > 0 && strcmp(recs[len - 1]->id, x->upto) >= 0) {
        w->more = false;
        if (strcmp(recs[len - 1]->id, x->upto) == 0)
            break;
        len--;
    }
    *len_out = len;
    return OK;
}

static enum err walk(struct export *x, const struct export_table *t, size_t level,
                     const char *const *parents, size_t parents_len)
{
    struct walk w = { .t = t, .level = level, .parents = parents, .parents_len = parents_len };
    enum err rc = OK;

    if (x->from) {
        const struct record before = { .id = x->from };
        const char *token = sql_token(x->ctx, &before, SORT_NEWEST);

        memcpy(w.after, token, strlen(token) + 1);
    }
    w.more = parents_len > 0 || (level == 0 && (!x->options->ids || x->options->ids_len > 0));
    while (rc == OK && w.more) {
        struct arena_mark mark = arena_mark(x->ctx->arena);
        struct record *recs[PAGE];
        const char *ids[PAGE];
        size_t len = 0;

        rc = next_page(x, &w, recs, &len);
        for (size_t i = 0; rc == OK && i < len; i++)
            ids[i] = recs[i]->id;
        if (rc == OK)
            rc = level + 1 == t->chain_len ? write_page(x, t, recs, len)
                                           : walk(x, t, level + 1, ids, len);
        if (rc == OK)
            arena_rewind(x->ctx->arena, mark);
    }
    return rc;
}

enum err export_records(struct export *x)
{
    return walk(x, x->tables, 0, NULL, 0);
}

/* --- what is told before anything leaves --- */

/* Further kinds of linked tables have a row of their own. */
static enum err note_kind(struct export *x, const struct form *form, int64_t count)
{
    struct ctx *ctx = x->ctx;
    struct sealed detail = { 0 };
    const struct giving *g = x->options->giving;
    const char *what = form == x->form ? arena_printf(ctx->arena, "%lld%s%s", (long long)count,
                                                      g ? ", to " : "", g ? g->recipient : "")
                                       : arena_printf(ctx->arena, "with %s", x->form->kind);
    enum err rc = vault_seal_text(ctx, &detail, VAULT_KEY_AUDIT, "audit/export", what);

    return rc ? rc
              : audit_add(ctx, arena_printf(ctx->arena, "%s.export", form->kind), NULL,
                          VAULT_KEY_AUDIT, &detail);
}

static enum err note_export(struct export *x)
{
    struct pick pick = { .form = x->form, .filter = x->filter };
    struct ctx *ctx = x->ctx;
    int64_t count = (int64_t)x->options->ids_len;
    enum err rc = OK;

    if (!x->options->ids)
        rc = sql_count(ctx, &count, &pick, INT64_MAX);
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    x->count = count;
    for (size_t i = 0; rc == OK && i < x->tables_len; i++)
        if (!x->tables[i].repeat)
            rc = note_kind(x, x->tables[i].form, count);
    return db_end(ctx, rc);
}

static enum table_format format_of(const struct export_options *o)
{
    if (o->format == EXPORT_XLSX)
        return TABLE_XLSX;
    return o->linked || o->codebook ? TABLE_CSV_ZIP : TABLE_CSV;
}

static enum err write_tables(struct export *x)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < x->tables_len; i++) {
        struct export_table *t = &x->tables[i];

        rc = i ? table_next(x->ctx, x->out, &t->spec)
               : table_open(x->ctx, &x->out, format_of(x->options), x->fd, &t->spec);
        if (rc == OK)
            rc = i == 0 && export_by_crew(x) ? export_crew(x) : walk(x, t, 0, NULL, 0);
    }
    if (rc == OK && x->options->codebook)
        rc = export_codebook(x);
    return rc ? rc : table_close(x->ctx, x->out);
}

static enum err write_list(struct export *x)
{
    enum err rc = write_bytes(x, "[", 1);

    if (rc == OK)
        rc = walk(x, x->tables, 0, NULL, 0);
    return rc ? rc : write_bytes(x, "\n]\n", 3);
}

static void free_kept(void *arg)
{
    arena_free(arg);
}

static enum err check_options(struct export *x, struct record_filter *filter)
{
    const struct export_options *o = x->options;
    struct ctx *ctx = x->ctx;

    if (o->format == EXPORT_JSON && (o->labels || o->linked || o->codebook || o->columns_len > 0))
        return ctx_fail_field(ctx, "format",
                              tr(ctx, "JSON always holds everything, with codes. Choose CSV or "
                                      "XLSX for labels, columns, tables or a codebook."));
    for (size_t i = 0; i < o->ids_len; i++)
        if (!id_valid(o->ids[i]))
            return record_gone(ctx);
    if (!o->filter)
        return OK;
    *filter = *o->filter;
    filter->after = NULL;
    filter->sort = SORT_NEWEST;
    x->filter = filter;
    return record_filter_check(ctx, filter, x->form);
}

/* Which questions would leave, of which kinds. */
static void tell_judge(struct export *x, struct giving *g)
{
    size_t len = x->form->all_len + 1;

    for (size_t i = 0; i < x->tables_len; i++)
        len += x->tables[i].len;
    giving_begin(g, x->kept, len);
    g->what = label_text(x->ctx, &x->form->title);
    for (size_t i = 0; i < x->tables_len; i++)
        for (size_t c = 0; c < x->tables[i].len; c++) {
            const struct export_column *col = &x->tables[i].columns[c];

            if (col->what == OUT_FIELD || col->what == OUT_STATUS)
                giving_add(g, x->tables[i].form, col->f);
        }
    for (size_t i = 0; x->options->format == EXPORT_JSON && i < x->form->all_len; i++)
        if (export_may_leave(x->ctx, x->form->all[i]))
            giving_add(g, x->form, x->form->all[i]);
}

/* A pipe hands on what is written at once; a file is given out when the export has ended. */
static bool is_file(int fd)
{
    struct stat st = { 0 };

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

enum err record_export(struct ctx *ctx, const char *kind, const struct export_options *options,
                       int fd, int64_t *records_out)
{
    struct export x = { .ctx = ctx, .fd = fd, .options = options, .kept_back = is_file(fd) };
    struct record_filter filter = { 0 };
    enum err rc;

    rc = record_form(ctx, &x.form, kind);
    if (rc == OK)
        rc = record_permit(ctx, x.form, "export");
    if (rc == OK)
        rc = check_options(&x, &filter);
    if (rc)
        return rc;
    x.kept = arena_new(0);
    arena_on_free(ctx->arena, free_kept, x.kept);
    x.seen = options->labels ? ARENA_ARRAY(x.kept, EXPORT_SEEN, struct export_seen) : NULL;
    rc = export_plan(&x);
    if (rc == OK && options->giving)
        tell_judge(&x, options->giving);
    if (rc == OK)
        rc = note_export(&x);
    if (rc == OK)
        rc = options->format == EXPORT_JSON ? write_list(&x) : write_tables(&x);
    if (rc == OK && ctx->audit)
        rc = access_write(ctx); /* durable before anybody gets the file */
    if (rc == OK && records_out)
        *records_out = x.done;
    return rc;
}
