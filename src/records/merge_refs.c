/*
 * References to a record that is merged, in whatever kind: pointed at the one that stands for it,
 * and back. They are sealed, so the blind index says where they stand. What was pointed elsewhere
 * is kept with the joining, sealed under the gone one's key, a line for each:
 * FORM RECORD ROW FIELD, ROW being - at the top level.
 */
#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "records/merge_inner.h"

#define REFS_BYTES ((size_t)1024 * 1024)
#define HERE       "-"

DB_SQL(JOIN_REFS, "SELECT gone_key_id, refs FROM record_join WHERE id = $1");

/* What is pointed where; list gets a line for each. */
struct pointing {
    const char *kind;
    const char *from;
    const char *to;
    const char *action;
    struct buf *list;
};

static const char *context_of(struct ctx *ctx, const char *join_id)
{
    return arena_printf(ctx->arena, "record_join/%s", join_id);
}

static enum err store_pointed(struct ctx *ctx, struct record *next, const struct record *old,
                              const char *action)
{
    const struct record_change_of change = { .action = action, .audit = action };
    struct record shown;

    return record_store(ctx, &shown, next, old, &change);
}

/* --- at the merging --- */

static size_t point_answers(const struct pointing *p, const struct record *rec,
                            struct answers *answers, struct arena *arena)
{
    struct levels levels = levels_of(arena, answers);
    size_t n = 0;

    for (size_t i = 0; i < levels.len; i++) {
        struct answers *t = levels.items[i].t;

        for (size_t k = 0; k < rec->form->all_len; k++) {
            const struct field *f = rec->form->all[k];

            if (f->repeat != t->repeat || !text_equal(f->ref, p->kind) ||
                !text_equal(answers_get(t, f), p->from))
                continue;
            answers_set(t, f, p->to);
            buf_printf(p->list, "%s %s %s %s\n", rec->form->kind, rec->id, t->repeat ? t->id : HERE,
                       f->name);
            n++;
        }
    }
    return n;
}

static bool refers_to(const struct form *form, const char *kind)
{
    for (size_t i = 0; i < form->all_len; i++)
        if (text_equal(form->all[i]->ref, kind))
            return true;
    return false;
}

static enum err point_some(struct ctx *ctx, const struct pointing *p, const struct form *form,
                           const char *const *ids, size_t len)
{
    struct pick pick = { .form = form, .ids = ids, .ids_len = len, .anywhere = true };
    struct record *recs[SQL_BATCH];
    size_t found = 0;
    enum err rc = record_pick(ctx, recs, &found, &pick, PARTS_ALL);

    for (size_t i = 0; rc == OK && i < found; i++) {
        struct record next = record_next_of(ctx, recs[i]);

        if (point_answers(p, recs[i], next.answers, ctx->arena) > 0)
            rc = store_pointed(ctx, &next, recs[i], p->action);
    }
    return rc;
}

static enum err point_kind(struct ctx *ctx, const struct pointing *p, const struct form *form)
{
    const char **ids = NULL;
    size_t len = 0;
    enum err rc = index_refs(ctx, &ids, &len, form, p->from);

    for (size_t at = 0; rc == OK && at < len; at += SQL_BATCH)
        rc = point_some(ctx, p, form, &ids[at], len - at < SQL_BATCH ? len - at : SQL_BATCH);
    return rc;
}

enum err merge_refs_point(struct ctx *ctx, const char **list_out, const struct merge_carry *c,
                          const char *action)
{
    struct pointing p = { .kind = c->form, .from = c->from_id, .to = c->to_id, .action = action };
    struct buf list;
    enum err rc = OK;

    buf_init(&list, ctx->arena, REFS_BYTES);
    p.list = &list;
    for (size_t i = 0; rc == OK && ctx->index_db && i < ctx->forms->len; i++)
        if (refers_to(ctx->forms->items[i], c->form))
            rc = point_kind(ctx, &p, ctx->forms->items[i]);
    *list_out = buf_text(&list);
    if (rc == OK && !buf_ok(&list))
        rc = ctx_fail(ctx, ERR_LIMIT, tr(ctx, "Too many records belong to this one."));
    return rc;
}

enum err merge_refs_seal(struct ctx *ctx, struct sealed *out, const char *join_id,
                         const char *key_id, const char *list)
{
    *out = (struct sealed){ 0 };
    if (!list[0])
        return OK;
    return vault_seal_text(ctx, out, key_id, context_of(ctx, join_id), list);
}

/* --- when they are parted --- */

/* A line of the list. */
struct pointed {
    const char *form;
    const char *id;
    const char *row;
    const char *field;
};

static enum err read_list(struct ctx *ctx, struct pointed **out, size_t *len_out,
                          const char *join_id)
{
    struct sealed sealed = { 0 };
    struct rows *rows = NULL;
    const char *list = "";
    const char *key;
    char **lines;
    size_t n = 0;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &JOIN_REFS, DB_TEXT(join_id));

    *len_out = 0;
    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    if (rc || !more)
        return rc;
    key = row_text(rows, 0);
    sealed.bytes = row_blob(rows, 1, &sealed.len);
    db_rows_close(rows);
    rc = unseal_or_none(ctx, &list, key, context_of(ctx, join_id), &sealed);
    if (rc)
        return rc;
    lines = text_split(ctx->arena, list, '\n', true, &n);
    *out = ARENA_ARRAY(ctx->arena, n + 1, struct pointed);
    for (size_t i = 0; i < n; i++) {
        size_t cells_len = 0;
        char **cells = text_split(ctx->arena, lines[i], ' ', true, &cells_len);

        if (cells_len == 4)
            (*out)[(*len_out)++] = (struct pointed){ cells[0], cells[1], cells[2], cells[3] };
    }
    return OK;
}

/* Puts one back, unless it was changed since. */
static bool put_back(struct answers *answers, const struct pointed *p,
                     const struct record_join *join)
{
    const struct field *f = field_find(answers->form, p->field);
    struct answers *t = answers;

    if (!f)
        return false;
    if (f->repeat)
        t = answers_row(answers, f->repeat, p->row);
    if (!t || !text_equal(answers_get(t, f), join->kept_id))
        return false;
    answers_set(t, f, join->gone_id);
    return true;
}

/* A record as it is, and as it is with what points back. */
struct backing {
    const struct record *now; /* NULL: there is none any more */
    struct record next;
    int64_t n; /* references that name the gone one again */
};

/* Lines of one record follow each other. */
static enum err back_answers(struct ctx *ctx, struct backing *out, const struct pointed *items,
                             size_t len, const struct record_join *join)
{
    struct pick pick = { .form = form_find(ctx->forms, items[0].form),
                         .ids = &items[0].id,
                         .ids_len = 1,
                         .anywhere = true };
    struct record *rec = NULL;
    size_t found = 0;
    enum err rc = pick.form ? record_pick(ctx, &rec, &found, &pick, PARTS_ALL) : OK;

    if (rc || found == 0)
        return rc;
    out->now = rec;
    out->next = record_next_of(ctx, rec);
    for (size_t i = 0; i < len; i++)
        out->n += put_back(out->next.answers, &items[i], join);
    return OK;
}

static enum err each_back(struct ctx *ctx, int64_t *sum, const struct record_join *join, bool store)
{
    struct pointed *items = NULL;
    size_t len = 0;
    enum err rc = read_list(ctx, &items, &len, join->id);

    for (size_t i = 0, n; rc == OK && i < len; i += n) {
        struct backing b = { 0 };

        for (n = 1; i + n < len && text_equal(items[i + n].id, items[i].id); n++)
            continue;
        rc = back_answers(ctx, &b, &items[i], n, join);
        if (rc == OK && b.n && store)
            rc = store_pointed(ctx, &b.next, b.now, "part");
        *sum += b.n;
    }
    return rc;
}

enum err merge_refs_back(struct ctx *ctx, const struct record_join *join)
{
    int64_t sum = 0;

    return each_back(ctx, &sum, join, true);
}

enum err record_part_refs(struct ctx *ctx, int64_t *out, const struct record_join *join)
{
    *out = 0;
    return each_back(ctx, out, join, false);
}

/* --- as if nothing was merged --- */

static enum err unmerge(struct ctx *ctx, struct answers *answers, const struct record *rec,
                        const char *id)
{
    struct record_join *joins = NULL;
    size_t joins_len = 0;
    enum err rc = record_joins_into(ctx, &joins, &joins_len, id);

    for (size_t i = 0; rc == OK && i < joins_len; i++) {
        struct pointed *items = NULL;
        size_t len = 0;

        rc = read_list(ctx, &items, &len, joins[i].id);
        for (size_t k = 0; rc == OK && k < len; k++)
            if (text_equal(items[k].id, rec->id))
                (void)put_back(answers, &items[k], &joins[i]);
    }
    return rc;
}

static bool is_among(const char *const *ids, size_t len, const char *id)
{
    for (size_t i = 0; i < len; i++)
        if (text_equal(ids[i], id))
            return true;
    return false;
}

enum err record_refs_unmerged(struct ctx *ctx, struct answers **out, const struct record *rec)
{
    struct answers *answers = answers_copy(ctx->arena, rec->answers);
    struct levels levels = levels_of(ctx->arena, answers);
    const char **ids = ARENA_ARRAY(ctx->arena, levels.len * rec->form->all_len + 1, const char *);
    size_t len = 0;
    enum err rc = OK;

    for (size_t i = 0; i < levels.len; i++) {
        const struct answers *t = levels.items[i].t;

        for (size_t k = 0; k < rec->form->all_len; k++) {
            const struct field *f = rec->form->all[k];

            if (f->repeat == t->repeat && ref_can_merge(ctx, f) && !text_blank(answers_get(t, f)) &&
                !is_among(ids, len, answers_get(t, f)))
                ids[len++] = answers_get(t, f);
        }
    }
    for (size_t i = 0; rc == OK && i < len; i++)
        rc = unmerge(ctx, answers, rec, ids[i]);
    if (rc == OK)
        *out = answers;
    return rc;
}
