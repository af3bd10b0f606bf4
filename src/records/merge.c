/* Two records of one person become one, and two again. */
#include "records/merge_inner.h"

#include <assert.h>

#include "audit/audit.h"
#include "core/id.h"
#include "core/text.h"

#define COLUMNS                                                                                    \
    "id, form, gone_id, kept_id, gone_key_id, kept_before, kept_after, asked_by, made_at,"         \
    " made_by, parted_at"
DB_SQL(JOIN_GET, "SELECT " COLUMNS " FROM record_join WHERE id = $1");
DB_SQL(JOIN_OF, "SELECT " COLUMNS " FROM record_join WHERE gone_id = $1 AND parted_at IS NULL");
DB_SQL(JOIN_INTO, "SELECT " COLUMNS " FROM record_join WHERE kept_id = $1 AND parted_at IS NULL"
                  " ORDER BY made_at DESC, id DESC LIMIT $2");
DB_SQL(JOIN_ADD, "INSERT INTO record_join (id, form, gone_id, kept_id, gone_key_id, kept_before,"
                 " kept_after, asked_by, made_at, made_by, refs)"
                 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
DB_SQL(JOIN_PART, "UPDATE record_join SET parted_at = $2, parted_by = $3 WHERE id = $1"
                  " AND parted_at IS NULL");
DB_SQL(COMMENT_CARRY, "UPDATE record_comment SET record_id = $1 WHERE record_id = $2"
                      " AND key_id = $3");
DB_SQL(FILE_CARRY, "UPDATE attachment SET record_id = $1 WHERE record_id = $2 AND key_id = $3"
                   " AND field IS NULL");

/* Set before fork. */
static merge_watcher watchers[MERGE_WATCHERS_MAX];
static size_t watchers_len;

void records_watch_merge(merge_watcher fn)
{
    for (size_t i = 0; i < watchers_len; i++)
        if (watchers[i] == fn)
            return;
    assert(watchers_len < MERGE_WATCHERS_MAX);
    watchers[watchers_len++] = fn;
}

enum err record_is_merged(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_CONFLICT,
                    tr(ctx, "This record was merged with another. Use the other one; its page says "
                            "which it is."));
}

/* --- joinings --- */

static void read_join(struct record_join *out, struct rows *rows)
{
    *out = (struct record_join){ .id = row_text(rows, 0),
                                 .form = row_text(rows, 1),
                                 .gone_id = row_text(rows, 2),
                                 .kept_id = row_text(rows, 3),
                                 .gone_key_id = row_text(rows, 4),
                                 .kept_before = row_int(rows, 5),
                                 .kept_after = row_int(rows, 6),
                                 .asked_by = row_text(rows, 7),
                                 .made_at = row_int(rows, 8),
                                 .made_by = row_text(rows, 9),
                                 .parted = !row_is_null(rows, 10) };
}

/* The row of a query that gives at most one; out->id stays NULL if there is none. */
static enum err one_join(struct ctx *ctx, struct record_join *out, const struct db_sql *sql,
                         const char *id)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, sql, DB_TEXT(id));

    *out = (struct record_join){ 0 };
    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    if (rc || !more)
        return rc;
    read_join(out, rows);
    db_rows_close(rows);
    return OK;
}

enum err record_join_load(struct ctx *ctx, struct record_join *out, const char *id)
{
    struct record_join join;
    enum err rc = one_join(ctx, &join, &JOIN_GET, id);

    if (rc == OK && !join.id)
        rc = record_gone(ctx);
    if (rc == OK)
        *out = join;
    return rc;
}

enum err record_join_of(struct ctx *ctx, struct record_join *out, const char *gone_id)
{
    return one_join(ctx, out, &JOIN_OF, gone_id);
}

enum err record_stands_now(struct ctx *ctx, const char **out, const char *id)
{
    enum err rc = OK;

    *out = id;
    for (int i = 0; rc == OK && i < MERGE_CHAIN; i++) {
        struct record_join join;

        rc = record_join_of(ctx, &join, *out);
        if (rc || !join.id)
            return rc;
        *out = join.kept_id;
    }
    return rc;
}

static enum err add_into(struct ctx *ctx, struct record_join *items, size_t *len, const char *id)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &JOIN_INTO, DB_TEXT(id), DB_INT(MERGE_INTO_MAX));

    if (rc)
        return rc;
    while (*len < MERGE_INTO_MAX) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        read_join(&items[(*len)++], rows);
    }
    db_rows_close(rows);
    return rc;
}

enum err record_joins_into(struct ctx *ctx, struct record_join **out, size_t *len_out,
                           const char *kept_id)
{
    struct record_join *items = ARENA_ARRAY(ctx->arena, MERGE_INTO_MAX, struct record_join);
    size_t len = 0;
    enum err rc = add_into(ctx, items, &len, kept_id);

    for (size_t i = 0; rc == OK && i < len; i++)
        rc = add_into(ctx, items, &len, items[i].gone_id);
    if (rc)
        return rc;
    *out = items;
    *len_out = len;
    return OK;
}

/* --- what hangs on a record --- */

/* The keys by which it is known what came with a record: its own, and of all merged into it. */
static enum err keys_of(struct ctx *ctx, struct merge_carry *c, const struct record *gone)
{
    const char **keys = ARENA_ARRAY(ctx->arena, MERGE_INTO_MAX + 1, const char *);
    struct record_join *into = NULL;
    size_t len = 0;
    enum err rc = record_joins_into(ctx, &into, &len, gone->id);

    if (rc)
        return rc;
    keys[c->keys_len++] = gone->key_id;
    for (size_t i = 0; i < len; i++)
        keys[c->keys_len++] = into[i].gone_key_id;
    c->keys = keys;
    return OK;
}

static bool is_carried(const struct merge_carry *c, const struct record *rec)
{
    for (size_t i = 0; i < c->keys_len; i++)
        if (text_equal(c->keys[i], rec->key_id))
            return true;
    return false;
}

static enum err carry_record(struct ctx *ctx, const struct record *rec, const struct merge_carry *c,
                             const char *action)
{
    const struct record_change_of change = { .action = action,
                                             .audit = action,
                                             .also = record_tell_parents };
    struct record next = record_next_of(ctx, rec);
    struct record shown;

    next.parent_id = c->to_id;
    return record_store(ctx, &shown, &next, rec, &change);
}

static enum err carry_kind(struct ctx *ctx, const struct form *form, const struct merge_carry *c,
                           const char *action)
{
    struct record **items = NULL;
    size_t len = 0;
    enum err rc = record_children_all(ctx, &items, &len, form->kind, c->from_id);

    for (size_t i = 0; rc == OK && i < len; i++)
        if (is_carried(c, items[i]))
            rc = carry_record(ctx, items[i], c, action);
    return rc;
}

/* Records below it, files, comments, and what other rooms keep. */
static enum err carry_all(struct ctx *ctx, const struct merge_carry *c, const char *action)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < ctx->forms->len; i++)
        if (text_equal(ctx->forms->items[i]->parent, c->form))
            rc = carry_kind(ctx, ctx->forms->items[i], c, action);
    for (size_t i = 0; rc == OK && i < c->keys_len; i++) {
        rc = db_exec(ctx, NULL, &COMMENT_CARRY, DB_TEXT(c->to_id), DB_TEXT(c->from_id),
                     DB_TEXT(c->keys[i]));
        if (rc == OK)
            rc = db_exec(ctx, NULL, &FILE_CARRY, DB_TEXT(c->to_id), DB_TEXT(c->from_id),
                         DB_TEXT(c->keys[i]));
    }
    for (size_t i = 0; rc == OK && i < watchers_len; i++)
        rc = watchers[i](ctx, c);
    return rc;
}

/* --- one --- */

enum err merge_check(struct ctx *ctx, const struct record *kept, struct answers *answers)
{
    struct record next = record_next_of(ctx, kept);

    next.answers = answers;
    return record_check_next(ctx, &next, kept);
}

/* Both as they were looked at, and standing for themselves. */
static enum err load_two(struct ctx *ctx, struct record *two[2], const char *kind,
                         const struct merge_of *m)
{
    const char *const ids[2] = { m->kept_id, m->gone_id };
    const int64_t versions[2] = { m->kept_version, m->gone_version };
    const struct form *form = NULL;
    enum err rc = record_form(ctx, &form, kind);

    if (rc == OK && (form->parent || text_equal(m->kept_id, m->gone_id)))
        rc = ctx_fail(ctx, ERR_INVALID, tr(ctx, "A record cannot be merged with itself."));
    for (int i = 0; rc == OK && i < 2; i++) {
        const struct record wanted = { .form = form, .id = ids[i] };

        rc = record_load_seen(ctx, &two[i], &wanted, versions[i]);
        if (rc == OK && !text_equal(two[i]->status, form->initial_status))
            rc = ctx_fail(ctx, ERR_CONFLICT,
                          tr(ctx, "Only records that are in use can be merged: {0} is {1}.",
                             TR_TEXT(two[i]->number ? two[i]->number : ""),
                             TR_TEXT(record_status_title(ctx, form, two[i]->status))));
    }
    return rc;
}

/* refs: the references that were pointed elsewhere. */
static enum err store_join(struct ctx *ctx, const char **id_out, struct record *const two[2],
                           const struct merge_of *m, const char *refs)
{
    const char *id = id_new(ctx->arena, ctx->now_ms);
    const struct record *kept = two[0];
    const struct record *gone = two[1];
    struct sealed sealed;
    enum err rc = merge_refs_seal(ctx, &sealed, id, gone->key_id, refs);

    if (rc)
        return rc;
    *id_out = id;
    return db_exec(ctx, NULL, &JOIN_ADD, DB_TEXT(id), DB_TEXT(kept->form->kind), DB_TEXT(gone->id),
                   DB_TEXT(kept->id), DB_TEXT(gone->key_id), DB_INT(kept->version),
                   DB_INT(kept->version + 1), DB_TEXT(m->asked_by), DB_INT(ctx->now_ms),
                   DB_TEXT(ctx->user_id), DB_BLOB(sealed.bytes, sealed.len));
}

static enum err make_one(struct ctx *ctx, const char **refs_out, struct record *two[2],
                         const struct merge_of *m)
{
    struct record_change_of change = { .action = "merge", .audit = "merge", .reason = m->reason };
    struct merge_carry carry = { .form = two[0]->form->kind,
                                 .from_id = two[1]->id,
                                 .to_id = two[0]->id };
    struct record next = record_next_of(ctx, two[0]);
    struct record shown;
    enum err rc;

    next.answers = m->answers;
    rc = record_check_next(ctx, &next, two[0]);
    if (rc == OK)
        rc = record_store(ctx, &shown, &next, two[0], &change);
    if (rc == OK)
        rc = keys_of(ctx, &carry, two[1]);
    if (rc == OK)
        rc = carry_all(ctx, &carry, "merge");
    if (rc == OK)
        rc = merge_refs_point(ctx, refs_out, &carry, "merge");
    if (rc)
        return rc;
    next = record_next_of(ctx, two[1]);
    next.status = STATUS_MERGED;
    change.audit = "merge_away";
    return record_store(ctx, &shown, &next, two[1], &change);
}

enum err record_merge(struct ctx *ctx, const char **id_out, const char *kind,
                      const struct merge_of *m)
{
    struct record *two[2] = { NULL, NULL };
    const char *refs = "";
    const char *status = NULL;
    const struct form *form = NULL;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = record_form(ctx, &form, kind);
    if (rc == OK) /* who is just saving a reference to it, or a record below it, comes first */
        rc = sql_hold(ctx, &status, form, m->gone_id, true);
    if (rc == OK && ctx->index_db) /* it says who refers to the gone one; nothing is written yet */
        rc = index_catch_up(ctx, NULL);
    if (rc == OK)
        rc = load_two(ctx, two, kind, m);
    if (rc == OK)
        rc = make_one(ctx, &refs, two, m);
    if (rc == OK)
        rc = store_join(ctx, id_out, two, m, refs);
    return db_end(ctx, rc);
}

/* --- two again --- */

/* The kept record, and the gone one, whole; within scope. */
static enum err load_joined(struct ctx *ctx, struct record *two[2], const struct record_join *join)
{
    const struct form *form = NULL;
    enum err rc = record_form(ctx, &form, join->form);

    if (rc == OK)
        rc = record_load_full(ctx, &two[0], form, join->kept_id, false);
    if (rc == OK)
        rc = record_load_full(ctx, &two[1], form, join->gone_id, false);
    if (rc)
        return rc;
    if (join->parted || !text_equal(two[1]->status, STATUS_MERGED))
        return ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "This merge is undone already."));
    if (text_equal(two[0]->status, STATUS_MERGED))
        return ctx_fail(ctx, ERR_CONFLICT,
                        tr(ctx,
                           "{0} was itself merged with another record since. Undo that merge "
                           "first.",
                           TR_TEXT(two[0]->number ? two[0]->number : "")));
    if (text_equal(two[0]->status, STATUS_ERASED) || text_equal(two[0]->status, STATUS_DELETED))
        return record_gone(ctx);
    return OK;
}

static enum err part_answers(struct ctx *ctx, struct record *kept, const struct record_join *join,
                             const struct record_change_of *change)
{
    struct record next = record_next_of(ctx, kept);
    struct record *merged = NULL;
    struct record *before = NULL;
    struct record shown;
    enum err rc = record_load_was(ctx, &merged, kept, join->kept_after);

    if (rc == OK)
        rc = record_load_was(ctx, &before, kept, join->kept_before);
    if (rc)
        return rc;
    next.answers = merge_parted(ctx, kept, merged, before);
    return record_store(ctx, &shown, &next, kept, change);
}

static enum err mark_parted(struct ctx *ctx, const struct record_join *join)
{
    int64_t changed = 0;
    enum err rc = db_exec(ctx, &changed, &JOIN_PART, DB_TEXT(join->id), DB_INT(ctx->now_ms),
                          DB_TEXT(ctx->user_id));

    if (rc == OK && changed == 0)
        rc = ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "This merge is undone already."));
    return rc;
}

static enum err make_two(struct ctx *ctx, const struct record_join *join, const char *reason)
{
    const struct record_change_of change = { .action = "part", .audit = "part", .reason = reason };
    struct merge_carry carry = { .form = join->form,
                                 .from_id = join->kept_id,
                                 .to_id = join->gone_id };
    struct record *two[2] = { NULL, NULL };
    struct record shown;
    struct record next;
    enum err rc = load_joined(ctx, two, join);

    if (rc == OK)
        rc = mark_parted(ctx, join);
    if (rc == OK)
        rc = part_answers(ctx, two[0], join, &change);
    if (rc)
        return rc;
    next = record_next_of(ctx, two[1]);
    next.status = next.form->initial_status;
    rc = record_store(ctx, &shown, &next, two[1], &change);
    if (rc == OK)
        rc = keys_of(ctx, &carry, two[1]);
    if (rc == OK)
        rc = carry_all(ctx, &carry, "part");
    return rc ? rc : merge_refs_back(ctx, join);
}

enum err record_part(struct ctx *ctx, const struct record_join *join, const char *reason)
{
    enum err rc = check_reason(ctx, reason, true);

    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = make_two(ctx, join, reason);
    return db_end(ctx, rc);
}

enum err record_part_look(struct ctx *ctx, struct merge_count **out, size_t *len_out,
                          const struct record_join *join)
{
    struct merge_count *items = ARENA_ARRAY(ctx->arena, ctx->forms->len + 1, struct merge_count);
    struct merge_carry carry = { 0 };
    struct record *two[2] = { NULL, NULL };
    size_t n = 0;
    enum err rc = load_joined(ctx, two, join);

    if (rc == OK)
        rc = keys_of(ctx, &carry, two[1]);
    for (size_t i = 0; rc == OK && i < ctx->forms->len; i++) {
        const struct form *form = ctx->forms->items[i];
        struct record **below = NULL;
        size_t len = 0;

        if (!text_equal(form->parent, join->form) || form->privacy > ctx->user->clearance)
            continue;
        rc = record_children_all(ctx, &below, &len, form->kind, join->kept_id);
        items[n].kind = form->kind;
        for (size_t k = 0; rc == OK && k < len; k++) {
            const bool back = is_carried(&carry, below[k]);

            items[n].back += back;
            items[n].stay += !back && below[k]->created_at >= join->made_at;
        }
        n += items[n].back + items[n].stay > 0;
    }
    *out = items;
    *len_out = n;
    return rc;
}

/* --- erasing --- */

static enum err erase_one(struct ctx *ctx, const struct form *form, const char *id)
{
    struct record_change_of change = { .action = "status", .audit = "status", .bare = true };
    struct record *old = NULL;
    struct record next;
    struct record shown;
    enum err rc = record_load_full(ctx, &old, form, id, true);

    if (rc || text_equal(old->status, STATUS_ERASED))
        return rc;
    change.erase = old->key_id;
    next = record_next_of(ctx, old);
    next.status = STATUS_ERASED;
    next.answers = answers_new(ctx->arena, form);
    return record_store(ctx, &shown, &next, old, &change);
}

enum err record_merge_erase(struct ctx *ctx, const struct record *kept)
{
    struct record_join *into = NULL;
    size_t len = 0;
    enum err rc = record_joins_into(ctx, &into, &len, kept->id);

    for (size_t i = 0; rc == OK && i < len; i++)
        rc = erase_one(ctx, kept->form, into[i].gone_id);
    return rc;
}
