/*
 * The blind index: keyed hashes of names, phones and numbers, in a database of its own. It follows
 * record_history: what a crash or a failing disk leaves out, index_catch_up brings in.
 */
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/text.h"
#include "records/records_inner.h"

#define PAGE        500 /* rows of history that are read at once */
#define LOAD        100 /* records */
#define BATCH       4000
#define BATCH_BYTES ((size_t)8 * 1024 * 1024) /* of ids and tokens */
#define INSERT_ROWS 16
#define LATER_MAX   32  /* new records that wait to be brought in together */
#define LATER_MS    150 /* the job role looks every 200 ms */
#define REFRESH_MAX 500 /* changes that a search brings in itself */

DB_SQL_INDEX(ENTRY, "SELECT no, tokens FROM entry WHERE root_id = $1");
DB_SQL_INDEX(ENTRY_NO, "UPDATE applied SET last_no = last_no + 1 WHERE id = 'index'"
                       " RETURNING last_no");
DB_SQL_INDEX(ENTRY_ADD, "INSERT INTO entry (no, root_id, tokens) VALUES ($1, $2, $3)");
DB_SQL_INDEX(ENTRY_SET, "UPDATE entry SET tokens = $2 WHERE no = $1");
DB_SQL_INDEX(ENTRY_CLEAR_ALL, "DELETE FROM entry");
DB_SQL_INDEX(TOKEN_CLEAR, "DELETE FROM token WHERE hash = $2 AND no = $1");
DB_SQL_INDEX(TOKEN_CLEAR_ALL, "DELETE FROM token");
DB_SQL_INDEX(TOKEN_ADD, "INSERT INTO token (hash, no) VALUES ($2, $1) ON CONFLICT DO NOTHING");
DB_SQL_INDEX(TOKEN_ADD_16, "INSERT INTO token (hash, no) VALUES"
                           " ($2, $1), ($4, $3), ($6, $5), ($8, $7), ($10, $9), ($12, $11),"
                           " ($14, $13), ($16, $15), ($18, $17), ($20, $19), ($22, $21),"
                           " ($24, $23), ($26, $25), ($28, $27), ($30, $29), ($32, $31)"
                           " ON CONFLICT DO NOTHING");
DB_SQL_INDEX(APPLIED, "SELECT seq FROM applied WHERE id = 'index'");
DB_SQL_INDEX(APPLIED_NEXT, "UPDATE applied SET seq = $1 WHERE id = 'index' AND seq = $2");
DB_SQL_INDEX(APPLIED_SET, "UPDATE applied SET seq = $1 WHERE id = 'index'");
DB_SQL_INDEX(REFS_MADE, "SELECT refs FROM applied WHERE id = 'index'");
DB_SQL_INDEX(REFS_MADE_SET, "UPDATE applied SET refs = 1 WHERE id = 'index'");
DB_SQL_INDEX(REFS_OF, "SELECT e.root_id FROM token t JOIN entry e ON e.no = t.no"
                      " WHERE t.hash = $1 ORDER BY e.no LIMIT $2");
DB_SQL(HISTORY_AFTER, "SELECT seq, form, root_id FROM record_history WHERE seq > $1"
                      " ORDER BY seq LIMIT $2");
DB_SQL(HISTORY_LAST, "SELECT value FROM counter WHERE name = 'history'");

/* A row of the index. */
struct lead {
    unsigned char hash[INDEX_HASH_BYTES];
    int64_t no;
};

struct leads {
    struct lead *items;
    size_t len;
};

static enum err add_many(struct ctx *ctx, const struct lead *leads)
{
    struct db_arg args[2 * INSERT_ROWS + 1] = { 0 };

    for (size_t i = 0; i < INSERT_ROWS; i++) {
        args[2 * i] = DB_INT(leads[i].no);
        args[2 * i + 1] = DB_BLOB(leads[i].hash, INDEX_HASH_BYTES);
    }
    return db_exec_on(ctx, ctx->index_db, NULL, &TOKEN_ADD_16, args);
}

static int compare_leads(const void *a, const void *b)
{
    const struct lead *x = a;
    const struct lead *y = b;
    int order = memcmp(x->hash, y->hash, INDEX_HASH_BYTES);

    return order ? order : x->no < y->no ? -1 : x->no > y->no;
}

/* In the order of the tree: neighbours lie on the same page, which is written once. */
static enum err add_leads(struct ctx *ctx, struct leads *leads)
{
    size_t i = 0;
    enum err rc = OK;

    if (leads->len > 1)
        qsort(leads->items, leads->len, sizeof(*leads->items), compare_leads);
    for (; rc == OK && i + INSERT_ROWS <= leads->len; i += INSERT_ROWS)
        rc = add_many(ctx, &leads->items[i]);
    for (; rc == OK && i < leads->len; i++)
        rc = db_exec_in(ctx, ctx->index_db, NULL, &TOKEN_ADD, DB_INT(leads->items[i].no),
                        DB_BLOB(leads->items[i].hash, INDEX_HASH_BYTES));
    return rc;
}

/* What the index has of a record; *no_out stays 0 if nothing. */
static enum err read_entry(struct ctx *ctx, int64_t *no_out, struct tokens *out, const char *id)
{
    struct rows *rows = NULL;
    const void *bytes = NULL;
    size_t len = 0;
    bool there = false;
    enum err rc = db_query_in(ctx, ctx->index_db, &rows, &ENTRY, DB_TEXT(id));

    if (rc == OK)
        rc = db_next(ctx, rows, &there);
    if (rc || !there)
        return rc;
    *no_out = row_int(rows, 0);
    bytes = row_blob(rows, 1, &len);
    out->len = len / INDEX_HASH_BYTES;
    out->items = arena_array(ctx->arena, out->len + 1, INDEX_HASH_BYTES);
    if (out->len > 0)
        memcpy(out->items, bytes, out->len * INDEX_HASH_BYTES);
    db_rows_close(rows);
    return OK;
}

static enum err make_entry(struct ctx *ctx, int64_t *no_out, const char *id, const struct tokens *t)
{
    struct rows *rows = NULL;
    enum err rc = db_query_in(ctx, ctx->index_db, &rows, &ENTRY_NO);

    if (rc == OK)
        rc = sql_one_int(ctx, no_out, rows, NULL);
    if (rc == OK)
        rc = db_exec_in(ctx, ctx->index_db, NULL, &ENTRY_ADD, DB_INT(*no_out), DB_TEXT(id),
                        DB_BLOB(t->items, t->len * INDEX_HASH_BYTES));
    return rc;
}

/* Takes out what no longer leads to the record. */
static enum err clear_tokens(struct ctx *ctx, int64_t no, const struct tokens *old,
                             const struct tokens *t)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < old->len; i++)
        if (!tokens_have(t, old->items[i]))
            rc = db_exec_in(ctx, ctx->index_db, NULL, &TOKEN_CLEAR, DB_INT(no),
                            DB_BLOB(old->items[i], INDEX_HASH_BYTES));
    return rc;
}

/* Brings the entry of a record up to date; what must lead to it is added to leads. */
static enum err set_entry(struct ctx *ctx, struct leads *leads, const char *id,
                          const struct tokens *t)
{
    struct tokens old = { 0 };
    int64_t no = 0;
    enum err rc = read_entry(ctx, &no, &old, id);

    if (rc || (no == 0 && t->len == 0))
        return rc;
    if (no == 0) {
        rc = make_entry(ctx, &no, id, t);
    } else {
        rc = clear_tokens(ctx, no, &old, t);
        if (rc == OK)
            rc = db_exec_in(ctx, ctx->index_db, NULL, &ENTRY_SET, DB_INT(no),
                            DB_BLOB(t->items, t->len * INDEX_HASH_BYTES));
    }
    for (size_t i = 0; i < t->len; i++) {
        struct lead *l = &leads->items[leads->len++];

        memcpy(l->hash, t->items[i], INDEX_HASH_BYTES);
        l->no = no;
    }
    return rc;
}

static enum err write_tokens(struct ctx *ctx, const char *id, const struct tokens *t)
{
    struct leads leads = { .items = ARENA_ARRAY(ctx->arena, t->len + 1, struct lead) };
    enum err rc = set_entry(ctx, &leads, id, t);

    return rc ? rc : add_leads(ctx, &leads);
}

static enum err read_int(struct ctx *ctx, struct db *db, const struct db_sql *sql, int64_t *out)
{
    struct rows *rows = NULL;
    enum err rc;

    rc = db_query_in(ctx, db, &rows, sql);
    return rc ? rc : sql_one_int(ctx, out, rows, NULL);
}

/* --- after a saving --- */

static enum err apply(struct ctx *ctx, const struct record *rec, const struct record *old,
                      const struct saving *s)
{
    struct tokens now = { 0 };
    struct tokens before = { 0 };
    int64_t applied = 0;
    bool same;
    enum err rc;

    rc = tokens_of(ctx, &now, rec);
    if (rc == OK && old)
        rc = tokens_of(ctx, &before, old);
    if (rc)
        return rc;
    same = old && now.len == before.len &&
           (now.len == 0 || memcmp(now.items, before.items, now.len * INDEX_HASH_BYTES) == 0);
    rc = db_begin_on(ctx, ctx->index_db);
    if (rc)
        return rc;
    rc = read_int(ctx, ctx->index_db, &APPLIED, &applied);
    /* Whoever caught up beyond this saving has seen this record as it is now, or newer. */
    if (rc == OK && applied < s->seq && !same)
        rc = write_tokens(ctx, rec->id, &now);
    if (rc == OK && applied == s->seq - 1)
        rc = db_exec_in(ctx, ctx->index_db, NULL, &APPLIED_NEXT,
                        DB_INT(s->seq + (int64_t)s->len - 1), DB_INT(applied));
    if (rc == OK)
        rc = db_commit_on(ctx, ctx->index_db);
    if (rc)
        db_rollback_on(ctx, ctx->index_db);
    return rc;
}

/* --- catching up --- */

/* A record that changed, with what leads to it now. */
struct changed {
    const struct form *form;
    const char *id;
    int64_t first; /* its places in the history, one after the other */
    int64_t last;
    struct tokens tokens;
};

/*
 * Many records become one transaction: their tokens lie all over the index, so that one for each
 * record would write a page for each token. They are read before it: whoever saves one of them
 * meanwhile has a later place in the history, and comes in with the next batch.
 */
struct batch {
    struct arena *arena;
    struct changed *items;
    size_t len;
    size_t tokens_len;
    size_t rows;  /* of history */
    int64_t last; /* of them; 0: there may be others between the items */
    bool more;    /* rows after it */
};

static enum err read_page(struct ctx *ctx, struct batch *b)
{
    struct rows *rows = NULL;
    size_t read = 0;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &HISTORY_AFTER, DB_INT(b->last), DB_INT(PAGE));

    if (rc)
        return rc;
    for (;;) {
        const struct form *form;
        const char *id;

        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        read++;
        b->last = row_int(rows, 0);
        form = form_find(ctx->forms, row_text(rows, 1));
        id = row_text(rows, 2);
        if (form && (b->len == 0 || !text_equal(b->items[b->len - 1].id, id)))
            b->items[b->len++] = (struct changed){ .form = form, .id = arena_strdup(b->arena, id) };
        if (form)
            b->items[b->len - 1].last = b->last;
    }
    db_rows_close(rows);
    b->rows += read;
    b->more = read == PAGE;
    return rc;
}

static enum err keep_tokens(struct ctx *ctx, struct batch *b, struct changed *c,
                            const struct record *rec)
{
    struct tokens t = { 0 };
    enum err rc = tokens_of(ctx, &t, rec);

    if (rc == OK && t.len > 0) {
        c->tokens.items = arena_memdup(b->arena, t.items, t.len * INDEX_HASH_BYTES);
        c->tokens.len = t.len;
        b->tokens_len += t.len;
    }
    return rc;
}

/* Records of one kind that follow each other; those that are gone keep no tokens. */
static enum err load_some(struct ctx *ctx, struct batch *b, size_t from, size_t len)
{
    struct changed *some = &b->items[from];
    struct record *recs[LOAD];
    const char *ids[LOAD];
    struct pick pick = { .form = some->form, .ids = ids, .ids_len = len, .anywhere = true };
    size_t found = 0;
    enum err rc;

    for (size_t i = 0; i < len; i++)
        ids[i] = some[i].id;
    rc = record_pick(ctx, recs, &found, &pick, PARTS_ALL);
    for (size_t i = 0; rc == OK && i < len; i++)
        for (size_t k = 0; rc == OK && k < found; k++)
            if (text_equal(recs[k]->id, some[i].id))
                rc = keep_tokens(ctx, b, &some[i], recs[k]);
    return rc;
}

static enum err load_batch(struct ctx *ctx, struct batch *b, size_t from)
{
    enum err rc = OK;

    while (rc == OK && from < b->len) {
        struct arena_mark mark = arena_mark(ctx->arena);
        size_t len = 1;

        while (len < LOAD && from + len < b->len &&
               b->items[from + len].form == b->items[from].form)
            len++;
        rc = load_some(ctx, b, from, len);
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
        from += len;
    }
    return rc;
}

static enum err read_batch(struct ctx *ctx, struct batch *b)
{
    enum err rc = OK;

    b->items = ARENA_ARRAY(b->arena, BATCH + PAGE, struct changed);
    b->more = true;
    while (rc == OK && b->more && b->len < BATCH && arena_used(b->arena) < BATCH_BYTES) {
        size_t from = b->len;

        rc = read_page(ctx, b);
        if (rc == OK)
            rc = load_batch(ctx, b, from);
    }
    return rc;
}

/* How far the history is in once the batch is. */
static int64_t reached(const struct batch *b, int64_t applied)
{
    if (b->last)
        return b->last;
    for (size_t i = 0; i < b->len; i++)
        if (b->items[i].first <= applied + 1 && b->items[i].last > applied)
            applied = b->items[i].last;
    return applied;
}

/* What another process has brought in meanwhile was read later than this, and stays as it is. */
static enum err set_entries(struct ctx *ctx, const struct batch *b)
{
    struct leads leads = { .items = ARENA_ARRAY(b->arena, b->tokens_len + 1, struct lead) };
    int64_t applied = 0;
    enum err rc = read_int(ctx, ctx->index_db, &APPLIED, &applied);

    for (size_t i = 0; rc == OK && i < b->len; i++) {
        struct arena_mark mark = arena_mark(ctx->arena);

        if (b->items[i].last > applied)
            rc = set_entry(ctx, &leads, b->items[i].id, &b->items[i].tokens);
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
    }
    if (rc == OK)
        rc = add_leads(ctx, &leads);
    if (rc == OK && reached(b, applied) > applied)
        rc = db_exec_in(ctx, ctx->index_db, NULL, &APPLIED_NEXT, DB_INT(reached(b, applied)),
                        DB_INT(applied));
    return rc;
}

static enum err apply_batch(struct ctx *ctx, const struct batch *b)
{
    enum err rc = db_begin_on(ctx, ctx->index_db);

    return rc ? rc : db_end_on(ctx, ctx->index_db, set_entries(ctx, b));
}

/*
 * After a power cut the index can know changes that the records lost, whose numbers are then given
 * out again: it begins anew. What it holds of records that are gone leads nowhere.
 */
enum err index_recover(struct ctx *ctx)
{
    int64_t applied = 0;
    int64_t last = 0;
    enum err rc = read_int(ctx, ctx->index_db, &APPLIED, &applied);

    if (rc == OK)
        rc = read_int(ctx, ctx->db, &HISTORY_LAST, &last);
    if (rc || applied <= last)
        return rc;
    log_warn("the index is ahead of the records by %lld changes: it is brought up to date anew",
             (long long)(applied - last));
    return db_exec_in(ctx, ctx->index_db, NULL, &APPLIED_SET, DB_INT(0));
}

static enum err catch_up_some(struct ctx *ctx, struct batch *b)
{
    int64_t applied = 0;
    enum err rc = read_int(ctx, ctx->index_db, &APPLIED, &applied);

    b->last = applied;
    if (rc == OK)
        rc = read_batch(ctx, b);
    return rc || b->rows == 0 ? rc : apply_batch(ctx, b);
}

static enum err refs_prepare(struct ctx *ctx);

enum err index_catch_up(struct ctx *ctx, int64_t *applied_out)
{
    bool more = true;
    int64_t done = 0;
    enum err rc = refs_prepare(ctx);

    while (rc == OK && more) {
        struct arena_mark mark = arena_mark(ctx->arena);
        struct batch b = { .arena = arena_new(0) };

        rc = catch_up_some(ctx, &b);
        done += (int64_t)b.rows;
        more = b.more;
        arena_free(b.arena);
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
    }
    if (rc == OK && applied_out)
        *applied_out = done;
    return rc;
}

/* --- new records, some at a time --- */

/*
 * Of this process. What it loses by its end the job role brings in from the history, as it does
 * when the last new records of a while wait here for more to come.
 */
static struct {
    bool on;
    struct batch batch;
    struct changed items[LATER_MAX];
    int64_t since;
} later;

void records_index_later(void)
{
    later.on = true;
}

static enum err bring_in_later(struct ctx *ctx)
{
    struct batch b = later.batch;
    enum err rc = b.len > 0 ? apply_batch(ctx, &b) : OK;

    later.batch = (struct batch){ 0 };
    arena_free(b.arena);
    return rc;
}

static enum err put_off(struct ctx *ctx, const struct record *rec, const struct saving *s)
{
    struct batch *b = &later.batch;
    struct changed *c = &later.items[b->len];
    enum err rc;

    if (b->len == 0) {
        arena_free(b->arena);
        *b = (struct batch){ .arena = arena_new(0), .items = later.items };
        later.since = ctx->now_ms;
    }
    *c = (struct changed){ .form = rec->form,
                           .id = arena_strdup(b->arena, rec->id),
                           .first = s->seq,
                           .last = s->seq + (int64_t)s->len - 1 };
    rc = keep_tokens(ctx, b, c, rec);
    if (rc)
        return rc;
    b->len++;
    if (b->len < LATER_MAX && ctx->now_ms - later.since < LATER_MS)
        return OK;
    return bring_in_later(ctx);
}

/* With memory of its own: what the page that searches has read stays as it is. */
static enum err catch_up_beside(const struct ctx *ctx)
{
    struct ctx own = *ctx;
    enum err rc;

    own.arena = arena_new(0);
    own.memo = NULL;
    own.problems = own.problems_last = NULL;
    rc = index_catch_up(&own, NULL);
    arena_free(own.arena);
    return rc;
}

void index_refresh(struct ctx *ctx)
{
    struct problem *last = ctx->problems_last;
    int64_t applied = 0;
    int64_t seq = 0;
    enum err rc;

    if (!later.on || !ctx->index_db || db_is_writing(ctx->db))
        return;
    rc = bring_in_later(ctx);
    if (rc == OK)
        rc = read_int(ctx, ctx->index_db, &APPLIED, &applied);
    if (rc == OK)
        rc = read_int(ctx, ctx->db, &HISTORY_LAST, &seq);
    if (rc == OK && seq > applied && seq - applied <= REFRESH_MAX)
        rc = catch_up_beside(ctx);
    if (rc == OK)
        return;
    log_warn("a search could not bring the index up to date (%s)", err_name(rc));
    ctx_problems_back(ctx, last);
}

void index_after_save(struct ctx *ctx, const struct record *rec, const struct record *old,
                      const struct saving *s)
{
    struct problem *last = ctx->problems_last;
    enum err rc;

    /* Inside a larger transaction nothing is certain yet: index_catch_up does it. */
    if (!ctx->index_db || db_in_transaction(ctx->db))
        return;
    rc = later.on && !old ? put_off(ctx, rec, s) : bring_in_later(ctx);
    if (rc == OK && (!later.on || old))
        rc = apply(ctx, rec, old, s);
    if (rc == OK)
        return;
    log_warn("the index could not follow record %s (%s); it will catch up", rec->id, err_name(rc));
    ctx_problems_back(ctx, last);
}

/* --- from scratch --- */

static bool form_is_indexed(const struct form *form)
{
    for (size_t i = 0; i < form->all_len; i++)
        if (form->all[i]->index != INDEX_NOT)
            return true;
    return false;
}

static bool form_refers(const struct ctx *ctx, const struct form *form)
{
    for (size_t i = 0; i < form->all_len; i++)
        if (ref_can_merge(ctx, form->all[i]))
            return true;
    return false;
}

static enum err rebuild_page(struct ctx *ctx, const struct form *form, const char **after,
                             size_t *len_out)
{
    struct record_filter filter = { .sort = SORT_NEWEST, .after = *after };
    struct pick pick = {
        .form = form, .filter = &filter, .limit = LOAD, .anywhere = true, .oldest = true
    };
    struct record *recs[LOAD];
    enum err rc;

    rc = record_pick(ctx, recs, len_out, &pick, PARTS_ALL);
    if (rc)
        return rc;
    rc = db_begin_on(ctx, ctx->index_db);
    if (rc)
        return rc;
    for (size_t i = 0; rc == OK && i < *len_out; i++) {
        struct tokens tokens = { 0 };

        rc = tokens_of(ctx, &tokens, recs[i]);
        if (rc == OK)
            rc = write_tokens(ctx, recs[i]->id, &tokens);
    }
    if (rc == OK)
        rc = db_commit_on(ctx, ctx->index_db);
    if (rc)
        db_rollback_on(ctx, ctx->index_db);
    if (rc == OK && *len_out > 0)
        *after = sql_token(ctx, recs[*len_out - 1], SORT_NEWEST);
    return rc;
}

static enum err rebuild_form(struct ctx *ctx, const struct form *form, int64_t *records)
{
    char token[64] = "";
    size_t len = LOAD;
    enum err rc = OK;

    while (rc == OK && len == LOAD) {
        struct arena_mark mark = arena_mark(ctx->arena);
        const char *after = token[0] ? token : NULL;

        rc = rebuild_page(ctx, form, &after, &len);
        if (rc)
            break;
        *records += (int64_t)len;
        if (after && after != token)
            memcpy(token, after, strlen(after) + 1);
        arena_rewind(ctx->arena, mark);
    }
    return rc;
}

/*
 * An index from before references were in it gets them, once. Who saves one of these records
 * meanwhile has a place in the history that is gone through again.
 */
static enum err refs_prepare(struct ctx *ctx)
{
    int64_t made = 0;
    int64_t applied = 0;
    int64_t records = 0;
    enum err rc = read_int(ctx, ctx->index_db, &REFS_MADE, &made);

    if (rc || made)
        return rc;
    rc = read_int(ctx, ctx->index_db, &APPLIED, &applied);
    for (size_t i = 0; rc == OK && applied > 0 && i < ctx->forms->len; i++)
        if (form_refers(ctx, ctx->forms->items[i]))
            rc = rebuild_form(ctx, ctx->forms->items[i], &records);
    if (rc == OK)
        rc = db_exec_in(ctx, ctx->index_db, NULL, &APPLIED_SET, DB_INT(applied));
    return rc ? rc : db_exec_in(ctx, ctx->index_db, NULL, &REFS_MADE_SET);
}

enum err index_refs(struct ctx *ctx, const char ***out, size_t *len_out, const struct form *form,
                    const char *id)
{
    const char **ids = ARENA_ARRAY(ctx->arena, INDEX_REFS_MAX, const char *);
    unsigned char hash[INDEX_HASH_BYTES];
    struct rows *rows = NULL;
    bool more = false;
    size_t n = 0;
    enum err rc;

    index_hash(ctx, hash, form, TOKEN_REF, id);
    rc = db_query_in(ctx, ctx->index_db, &rows, &REFS_OF, DB_BLOB(hash, sizeof(hash)),
                     DB_INT(INDEX_REFS_MAX));
    while (rc == OK && n < INDEX_REFS_MAX) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        ids[n++] = row_text(rows, 0);
    }
    db_rows_close(rows);
    if (rc == OK && n == INDEX_REFS_MAX)
        rc = ctx_fail(ctx, ERR_LIMIT, tr(ctx, "Too many records belong to this one."));
    *out = ids;
    *len_out = n;
    return rc;
}

static enum err empty_index(struct ctx *ctx)
{
    enum err rc = db_begin_on(ctx, ctx->index_db);

    if (rc)
        return rc;
    rc = db_exec_in(ctx, ctx->index_db, NULL, &TOKEN_CLEAR_ALL);
    if (rc == OK)
        rc = db_exec_in(ctx, ctx->index_db, NULL, &ENTRY_CLEAR_ALL);
    if (rc == OK)
        rc = db_exec_in(ctx, ctx->index_db, NULL, &APPLIED_SET, DB_INT(0));
    if (rc == OK)
        rc = db_commit_on(ctx, ctx->index_db);
    if (rc)
        db_rollback_on(ctx, ctx->index_db);
    return rc;
}

enum err index_rebuild(struct ctx *ctx, int64_t *records_out)
{
    int64_t last = 0;
    int64_t records = 0;
    enum err rc;

    rc = read_int(ctx, ctx->db, &HISTORY_LAST, &last);
    if (rc == OK)
        rc = empty_index(ctx);
    for (size_t i = 0; rc == OK && i < ctx->forms->len; i++)
        if (form_is_indexed(ctx->forms->items[i]) || form_refers(ctx, ctx->forms->items[i]))
            rc = rebuild_form(ctx, ctx->forms->items[i], &records);
    if (rc == OK)
        rc = db_exec_in(ctx, ctx->index_db, NULL, &APPLIED_SET, DB_INT(last));
    if (rc == OK)
        rc = index_catch_up(ctx, NULL);
    if (rc == OK && records_out)
        *records_out = records;
    return rc;
}
