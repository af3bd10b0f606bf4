/*
 * The blind index: keyed hashes of names, phones and numbers, in a database of its own. It follows
 * record_history: what a crash or a failing disk leaves out, index_catch_up brings in.
 */
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/text.h"
#include "records/records_inner.h"
#include "vault/fold.h"

#define PAGE        100
#define TOKENS_MAX  2000 /* of one record */
#define INSERT_ROWS 16

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
                           " ($2, $1), ($3, $1), ($4, $1), ($5, $1), ($6, $1), ($7, $1),"
                           " ($8, $1), ($9, $1), ($10, $1), ($11, $1), ($12, $1), ($13, $1),"
                           " ($14, $1), ($15, $1), ($16, $1), ($17, $1) ON CONFLICT DO NOTHING");
DB_SQL_INDEX(APPLIED, "SELECT seq FROM applied WHERE id = 'index'");
DB_SQL_INDEX(APPLIED_NEXT, "UPDATE applied SET seq = $1 WHERE id = 'index' AND seq = $2");
DB_SQL_INDEX(APPLIED_SET, "UPDATE applied SET seq = $1 WHERE id = 'index'");
DB_SQL(HISTORY_AFTER, "SELECT seq, form, root_id FROM record_history WHERE seq > $1"
                      " ORDER BY seq LIMIT $2");
DB_SQL(HISTORY_LAST, "SELECT value FROM counter WHERE name = 'history'");

/* Hashes of one record in byte order, each once. */
struct tokens {
    unsigned char (*items)[INDEX_HASH_BYTES];
    size_t len;
};

void index_hash(const struct ctx *ctx, unsigned char out[INDEX_HASH_BYTES], const struct form *form,
                int kind, const char *text)
{
    const char *domain = kind == TOKEN_PHONE ? "phone" : kind == TOKEN_EXACT ? "exact" : "name";
    unsigned char whole[VAULT_TOKEN_BYTES];

    vault_token(ctx->vault, whole, domain,
                arena_printf(ctx->arena, "%s/%d/%s", form->kind, kind, text));
    memcpy(out, whole, INDEX_HASH_BYTES);
}

static void add_token(struct ctx *ctx, struct tokens *t, const struct form *form, int kind,
                      const char *text)
{
    if (t->len < TOKENS_MAX)
        index_hash(ctx, t->items[t->len++], form, kind, text);
}

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, INDEX_HASH_BYTES);
}

static void tokens_sort(struct tokens *t)
{
    size_t n = 0;

    if (t->len > 1)
        qsort(t->items, t->len, INDEX_HASH_BYTES, compare_hashes);
    for (size_t i = 0; i < t->len; i++)
        if (i == 0 || compare_hashes(t->items[i], t->items[n - 1]) != 0)
            memmove(t->items[n++], t->items[i], INDEX_HASH_BYTES);
    t->len = n;
}

static bool tokens_have(const struct tokens *t, const unsigned char *hash)
{
    return t->len > 0 && bsearch(hash, t->items, t->len, INDEX_HASH_BYTES, compare_hashes) != NULL;
}

/* Each value of a field that is indexed as a name, a line by itself. */
static enum err plain_lines(struct ctx *ctx, const char *const **out, size_t *len_out,
                            const struct record *rec)
{
    struct levels levels = levels_of(ctx->arena, rec->answers);
    const struct form *form = rec->form;
    const char **lines = ARENA_ARRAY(ctx->arena, levels.len * form->all_len + 1, const char *);
    size_t n = 0;

    for (size_t i = 0; i < levels.len; i++) {
        const struct answers *t = levels.items[i].t;

        for (size_t k = 0; k < form->all_len; k++) {
            const struct field *f = form->all[k];

            if (f->index == INDEX_NAME && f->repeat == t->repeat && !text_blank(t->values[k]))
                lines[n++] = t->values[k];
        }
    }
    *out = lines;
    *len_out = n;
    return OK;
}

enum err index_name_lines(struct ctx *ctx, const char *const **out, size_t *len_out,
                          const struct record *rec)
{
    const struct record_hooks *hooks = record_hooks_of(rec->form->kind);

    if (hooks && hooks->name_lines)
        return hooks->name_lines(ctx, rec, out, len_out);
    return plain_lines(ctx, out, len_out, rec);
}

static enum err name_tokens(struct ctx *ctx, struct tokens *out, const struct record *rec)
{
    const char *const *lines = NULL;
    size_t len = 0;
    enum err rc;

    rc = index_name_lines(ctx, &lines, &len, rec);
    for (size_t i = 0; rc == OK && i < len; i++) {
        struct fold_tokens folded = { 0 };

        if (strlen(lines[i]) > FOLD_LINE_MAX)
            continue;
        rc = fold_name(ctx, &folded, lines[i], false);
        for (size_t k = 0; rc == OK && k < folded.len; k++)
            add_token(ctx, out, rec->form, (int)folded.items[k].kind, folded.items[k].text);
    }
    return rc;
}

static void value_token(struct ctx *ctx, struct tokens *out, const struct field *f,
                        const struct form *form, const char *value)
{
    bool phone = f->index == INDEX_PHONE;
    const char *text = phone ? fold_phone(ctx, value) : fold_exact(ctx, value);

    if (phone && strlen(text) < PHONE_DIGITS_MIN)
        return;
    if (text[0])
        add_token(ctx, out, form, phone ? TOKEN_PHONE : TOKEN_EXACT, text);
}

static enum err tokens_of(struct ctx *ctx, struct tokens *out, const struct record *rec)
{
    struct levels levels = levels_of(ctx->arena, rec->answers);
    const struct form *form = rec->form;
    enum err rc;

    out->items = arena_array(ctx->arena, TOKENS_MAX, INDEX_HASH_BYTES);
    out->len = 0;
    for (size_t i = 0; i < levels.len; i++) {
        const struct answers *t = levels.items[i].t;

        for (size_t k = 0; k < form->all_len; k++) {
            const struct field *f = form->all[k];

            if ((f->index == INDEX_PHONE || f->index == INDEX_EXACT) && f->repeat == t->repeat &&
                !text_blank(t->values[k]))
                value_token(ctx, out, f, form, t->values[k]);
        }
    }
    rc = name_tokens(ctx, out, rec);
    tokens_sort(out);
    return rc;
}

static enum err add_many(struct ctx *ctx, int64_t no, const struct tokens *t, size_t from)
{
    struct db_arg args[2 + INSERT_ROWS] = { DB_INT(no) };

    for (size_t i = 0; i < INSERT_ROWS; i++)
        args[1 + i] = DB_BLOB(t->items[from + i], INDEX_HASH_BYTES);
    return db_exec_on(ctx, ctx->index_db, NULL, &TOKEN_ADD_16, args);
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

static enum err write_tokens(struct ctx *ctx, const char *id, const struct tokens *t)
{
    struct tokens old = { 0 };
    int64_t no = 0;
    size_t i = 0;
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
    for (; rc == OK && i + INSERT_ROWS <= t->len; i += INSERT_ROWS)
        rc = add_many(ctx, no, t, i);
    for (; rc == OK && i < t->len; i++)
        rc = db_exec_in(ctx, ctx->index_db, NULL, &TOKEN_ADD, DB_INT(no),
                        DB_BLOB(t->items[i], INDEX_HASH_BYTES));
    return rc;
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

void index_after_save(struct ctx *ctx, const struct record *rec, const struct record *old,
                      const struct saving *s)
{
    struct problem *last = ctx->problems_last;
    enum err rc;

    /* Inside a larger transaction nothing is certain yet: index_catch_up does it. */
    if (!ctx->index_db || db_in_transaction(ctx->db))
        return;
    rc = apply(ctx, rec, old, s);
    if (rc == OK)
        return;
    log_warn("the index could not follow record %s (%s); it will catch up", rec->id, err_name(rc));
    problems_back(ctx, last);
}

/* --- catching up --- */

struct changed {
    const struct form *form;
    const char *id;
};

struct page {
    struct changed items[PAGE];
    size_t len;
    size_t rows; /* of history read */
    int64_t last;
};

static void page_add(struct page *p, const struct form *form, const char *id)
{
    for (size_t i = 0; i < p->len; i++)
        if (text_equal(p->items[i].id, id))
            return;
    if (form)
        p->items[p->len++] = (struct changed){ form, id };
}

static enum err read_page(struct ctx *ctx, struct page *p, int64_t after)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    *p = (struct page){ .last = after };
    rc = db_query(ctx, &rows, &HISTORY_AFTER, DB_INT(after), DB_INT(PAGE));
    if (rc)
        return rc;
    for (;;) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        p->last = row_int(rows, 0);
        p->rows++;
        page_add(p, form_find(ctx->forms, row_text(rows, 1)), row_text(rows, 2));
    }
    db_rows_close(rows);
    return rc;
}

static enum err index_one(struct ctx *ctx, const struct changed *c)
{
    struct problem *last = ctx->problems_last;
    struct record *rec = NULL;
    struct tokens tokens = { 0 };
    enum err rc;

    rc = record_load_full(ctx, &rec, c->form, c->id, true);
    if (rc == ERR_NOT_FOUND)
        problems_back(ctx, last);
    else if (rc == OK)
        rc = tokens_of(ctx, &tokens, rec);
    if (rc && rc != ERR_NOT_FOUND)
        return rc;
    return write_tokens(ctx, c->id, &tokens);
}

static enum err apply_page(struct ctx *ctx, const struct page *p, int64_t before)
{
    enum err rc;

    rc = db_begin_on(ctx, ctx->index_db);
    if (rc)
        return rc;
    for (size_t i = 0; rc == OK && i < p->len; i++)
        rc = index_one(ctx, &p->items[i]);
    if (rc == OK)
        rc = db_exec_in(ctx, ctx->index_db, NULL, &APPLIED_NEXT, DB_INT(p->last), DB_INT(before));
    if (rc == OK)
        rc = db_commit_on(ctx, ctx->index_db);
    if (rc)
        db_rollback_on(ctx, ctx->index_db);
    return rc;
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

enum err index_catch_up(struct ctx *ctx, int64_t *applied_out)
{
    bool more = true;
    int64_t done = 0;
    enum err rc = OK;

    while (rc == OK && more) {
        struct arena_mark mark = arena_mark(ctx->arena);
        struct page p = { 0 };
        int64_t applied = 0;

        rc = read_int(ctx, ctx->index_db, &APPLIED, &applied);
        if (rc == OK)
            rc = read_page(ctx, &p, applied);
        if (rc == OK && p.rows > 0)
            rc = apply_page(ctx, &p, applied);
        if (rc)
            break;
        done += (int64_t)p.rows;
        more = p.rows == PAGE;
        arena_rewind(ctx->arena, mark);
    }
    if (rc == OK && applied_out)
        *applied_out = done;
    return rc;
}

/* --- from scratch --- */

static bool form_is_indexed(const struct form *form)
{
    for (size_t i = 0; i < form->all_len; i++)
        if (form->all[i]->index != INDEX_NOT)
            return true;
    return false;
}

static enum err rebuild_page(struct ctx *ctx, const struct form *form, const char **after,
                             size_t *len_out)
{
    struct record_filter filter = { .sort = SORT_NEWEST, .after = *after };
    struct pick pick = {
        .form = form, .filter = &filter, .limit = PAGE, .anywhere = true, .oldest = true
    };
    struct record *recs[PAGE];
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
    size_t len = PAGE;
    enum err rc = OK;

    while (rc == OK && len == PAGE) {
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
        if (form_is_indexed(ctx->forms->items[i]))
            rc = rebuild_form(ctx, ctx->forms->items[i], &records);
    if (rc == OK)
        rc = db_exec_in(ctx, ctx->index_db, NULL, &APPLIED_SET, DB_INT(last));
    if (rc == OK)
        rc = index_catch_up(ctx, NULL);
    if (rc == OK && records_out)
        *records_out = records;
    return rc;
}
