#include "records/unfinished.h"

#include <string.h>

#include "auth/auth.h"
#include "core/buf.h"
#include "core/date.h"
#include "core/id.h"
#include "core/text.h"
#include "records/attach_inner.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

#define DAY_MS    ((int64_t)24 * 60 * 60 * 1000)
#define ENDED_MS  DAY_MS /* how long an ended one is remembered */
#define AT_ONCE   500
#define SOME      50 /* opened one after the other */
#define PAIRS_MAX 20000

#define COLUMNS "id, form, record_id, saved_at, expires_at, key_id, sealed"
DB_SQL(UNFINISHED_GET, "SELECT " COLUMNS " FROM unfinished WHERE id = $1 AND user_id = $2"
                       " AND form = $3 AND sealed IS NOT NULL AND expires_at > $4");
DB_SQL(UNFINISHED_LIST, "SELECT " COLUMNS " FROM unfinished WHERE user_id = $1"
                        " AND sealed IS NOT NULL AND expires_at > $2"
                        " ORDER BY saved_at DESC, id DESC LIMIT $3");
DB_SQL(UNFINISHED_KEEP,
       "INSERT INTO unfinished (id, user_id, form, record_id, key_id, sealed, saved_at, expires_at)"
       " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET"
       " key_id = excluded.key_id, sealed = excluded.sealed, saved_at = excluded.saved_at,"
       " expires_at = excluded.expires_at WHERE unfinished.user_id = excluded.user_id"
       " AND unfinished.form = excluded.form AND unfinished.sealed IS NOT NULL");
DB_SQL(
    UNFINISHED_END,
    "INSERT INTO unfinished (id, user_id, form, saved_at, expires_at) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (id) DO UPDATE SET key_id = NULL, sealed = NULL,"
    " expires_at = excluded.expires_at WHERE unfinished.user_id = excluded.user_id"
    " AND unfinished.form = excluded.form");
DB_SQL(UNFINISHED_OLD, "SELECT id, form, user_id, key_id FROM unfinished"
                       " WHERE expires_at <= $1 LIMIT $2");
DB_SQL(UNFINISHED_ALL, "SELECT " COLUMNS ", user_id FROM unfinished WHERE sealed IS NOT NULL"
                       " AND id > $1 ORDER BY id LIMIT $2");
DB_SQL(UNFINISHED_EMPTY, "UPDATE unfinished SET key_id = NULL, sealed = NULL WHERE id = $1");
DB_SQL(UNFINISHED_DELETE, "DELETE FROM unfinished WHERE id = $1 AND expires_at <= $2");

/* --- how long, and how it is written --- */

static int64_t expiry(const struct ctx *ctx, const struct form *form)
{
    int64_t offset = moment_offset_ms(ctx->now_ms, ctx->time_zone);

    if (!form->instrument)
        return ctx->now_ms + UNFINISHED_KEPT_MS;
    return ((ctx->now_ms + offset) / DAY_MS + 1) * DAY_MS - offset;
}

static const char *place_of(struct ctx *ctx, const char *id)
{
    return arena_printf(ctx->arena, "unfinished/%s", id);
}

/* Name, NUL, value, NUL: neither holds one. */
static enum err write_pairs(struct ctx *ctx, struct buf *b, const struct unfinished *u)
{
    buf_init(b, ctx->arena, UNFINISHED_BYTES);
    for (size_t i = 0; i < u->len; i++) {
        buf_add_len(b, u->pairs[i].name, strlen(u->pairs[i].name) + 1);
        buf_add_len(b, u->pairs[i].value, strlen(u->pairs[i].value) + 1);
    }
    if (!buf_ok(b) || u->len > PAIRS_MAX)
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "This form is too long to be kept unfinished."));
    return OK;
}

static void read_pairs(struct ctx *ctx, struct unfinished *out, const char *bytes, size_t len)
{
    struct answer_pair *pairs = NULL;
    size_t texts = 0;

    for (size_t i = 0; i < len; i++)
        texts += bytes[i] == '\0';
    pairs = ARENA_ARRAY(ctx->arena, texts / 2 + 1, struct answer_pair);
    for (; out->len < texts / 2; out->len++) {
        pairs[out->len].name = bytes;
        bytes += strlen(bytes) + 1;
        pairs[out->len].value = bytes;
        bytes += strlen(bytes) + 1;
    }
    out->pairs = pairs;
}

static void read_row(struct unfinished *out, struct rows *rows)
{
    *out = (struct unfinished){ .id = row_text(rows, 0),
                                .kind = row_text(rows, 1),
                                .record_id = row_text(rows, 2),
                                .saved_at = row_int(rows, 3),
                                .expires_at = row_int(rows, 4) };
}

/* --- reading --- */

struct sealed_row {
    struct unfinished u;
    const char *key_id; /* NULL: there is no such row */
    struct sealed sealed;
};

/* What was kept longer than until a moment. */
static enum err find_since(struct ctx *ctx, struct sealed_row *out, const char *kind,
                           const char *id, int64_t moment)
{
    struct rows *rows = NULL;
    bool there = false;
    enum err rc = db_query(ctx, &rows, &UNFINISHED_GET, DB_TEXT(id), DB_TEXT(ctx->user_id),
                           DB_TEXT(kind), DB_INT(moment));

    if (rc == OK)
        rc = db_next(ctx, rows, &there);
    if (rc == OK && there) {
        read_row(&out->u, rows);
        out->key_id = row_text(rows, 5);
        out->sealed.bytes = row_blob(rows, 6, &out->sealed.len);
    }
    db_rows_close(rows);
    return rc;
}

static enum err find(struct ctx *ctx, struct sealed_row *out, const char *kind, const char *id)
{
    return find_since(ctx, out, kind, id, ctx->now_ms);
}

static enum err not_kept(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_NOT_FOUND,
                    tr(ctx,
                       "This unfinished form is not kept any more: it was saved, discarded, or "
                       "is too old."));
}

enum err unfinished_load(struct ctx *ctx, struct unfinished *out, const char *kind, const char *id)
{
    struct sealed_row row = { 0 };
    const void *plain = NULL;
    size_t len = 0;
    enum err rc = find(ctx, &row, kind, id);

    if (rc == OK && row.key_id == NULL)
        rc = not_kept(ctx);
    if (rc == OK)
        rc = vault_unseal(ctx, &plain, &len, row.key_id, place_of(ctx, id), &row.sealed);
    if (rc)
        return rc;
    *out = row.u;
    read_pairs(ctx, out, plain, len);
    return OK;
}

enum err unfinished_list(struct ctx *ctx, struct unfinished **out, size_t *len_out,
                         const char *kind)
{
    struct unfinished *items = ARENA_ARRAY(ctx->arena, UNFINISHED_MAX, struct unfinished);
    struct rows *rows = NULL;
    bool more = true;
    size_t n = 0;
    enum err rc = db_query(ctx, &rows, &UNFINISHED_LIST, DB_TEXT(ctx->user_id), DB_INT(ctx->now_ms),
                           DB_INT(UNFINISHED_MAX));

    while (rc == OK && more) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        read_row(&items[n], rows);
        n += kind == NULL || text_equal(items[n].kind, kind);
    }
    db_rows_close(rows);
    if (rc)
        return rc;
    *out = items;
    *len_out = n;
    return OK;
}

/* --- writing --- */

static enum err check_room(struct ctx *ctx)
{
    struct unfinished *items = NULL;
    size_t len = 0;
    enum err rc = unfinished_list(ctx, &items, &len, NULL);

    if (rc == OK && len >= UNFINISHED_MAX)
        rc = ctx_fail(ctx, ERR_LIMIT,
                      tr(ctx,
                         "You have {0} unfinished forms: save or discard some before you begin "
                         "another.",
                         TR_INT(UNFINISHED_MAX)));
    return rc;
}

static enum err write_row(struct ctx *ctx, const struct form *form, const struct unfinished *u,
                          const char *key_id, const struct sealed *sealed)
{
    int64_t changed = 0;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = db_exec(ctx, &changed, &UNFINISHED_KEEP, DB_TEXT(u->id), DB_TEXT(ctx->user_id),
                 DB_TEXT(form->kind), DB_TEXT(u->record_id), DB_TEXT(key_id),
                 DB_BLOB(sealed->bytes, sealed->len), DB_INT(ctx->now_ms),
                 DB_INT(expiry(ctx, form)));
    if (rc == OK && changed == 0)
        rc = not_kept(ctx);
    return db_end(ctx, rc);
}

/* The record of an id that a page sent, wherever it lies, without its answers; NULL: there is none.
 */
static enum err look_at(struct ctx *ctx, struct record **out, const char *kind, const char *id)
{
    struct pick pick = { .form = kind ? form_find(ctx->forms, kind) : NULL,
                         .ids = &id,
                         .ids_len = 1,
                         .anywhere = true,
                         .bare = true };
    size_t len = 0;

    *out = NULL;
    return pick.form && id && id_valid(id) ? record_pick(ctx, out, &len, &pick, 0) : OK;
}

/* A page that was open goes on sending: who was erased meanwhile does not come back by it. */
static enum err not_erased(struct ctx *ctx, const char *kind, const char *id)
{
    struct record *rec = NULL;
    enum err rc = look_at(ctx, &rec, kind, id);

    return rc == OK && rec && text_equal(rec->status, STATUS_ERASED) ? not_kept(ctx) : rc;
}

static enum err check_about(struct ctx *ctx, const struct form *form, const struct unfinished *u)
{
    enum err rc = not_erased(ctx, form->kind, u->record_id);

    for (size_t i = 0; rc == OK && i < u->len; i++)
        if (strcmp(u->pairs[i].name, "_parent") == 0)
            rc = not_erased(ctx, form->parent, u->pairs[i].value);
    return rc;
}

enum err unfinished_keep(struct ctx *ctx, const struct form *form, const struct unfinished *u)
{
    struct sealed_row row = { 0 };
    struct sealed sealed = { 0 };
    struct buf b;
    enum err rc = check_about(ctx, form, u);

    if (rc == OK)
        rc = write_pairs(ctx, &b, u);
    if (rc == OK)
        rc = find(ctx, &row, form->kind, u->id);
    if (rc == OK && row.key_id == NULL) {
        rc = check_room(ctx);
        if (rc == OK)
            rc = vault_key_new(ctx, &row.key_id);
    }
    if (rc == OK)
        rc = vault_seal(ctx, &sealed, row.key_id, place_of(ctx, u->id), buf_text(&b), b.len);
    return rc ? rc : write_row(ctx, form, u, row.key_id, &sealed);
}

static enum err erase_key(struct ctx *ctx, const char *key_id)
{
    struct problem *last = ctx->problems_last;
    enum err rc = key_id ? vault_key_erase(ctx, key_id) : OK;

    if (rc != ERR_NOT_FOUND)
        return rc;
    ctx_problems_back(ctx, last); /* a try before this one went so far */
    return OK;
}

/* What was typed; nothing if its key is erased. */
static enum err read_typed(struct ctx *ctx, struct unfinished *out, const struct sealed_row *row)
{
    struct problem *last = ctx->problems_last;
    const void *plain = NULL;
    size_t len = 0;
    enum err rc =
        vault_unseal(ctx, &plain, &len, row->key_id, place_of(ctx, row->u.id), &row->sealed);

    if (rc == OK)
        read_pairs(ctx, out, plain, len);
    if (rc != ERR_NOT_FOUND)
        return rc;
    ctx_problems_back(ctx, last);
    return OK;
}

/* Files that were sent with it and that no record took. */
static enum err drop_files(struct ctx *ctx, const struct sealed_row *row)
{
    struct unfinished u = { 0 };
    enum err rc = read_typed(ctx, &u, row);

    for (size_t i = 0; rc == OK && i < u.len; i++) {
        const char *file = attachment_id_of(ctx->arena, u.pairs[i].value);

        if (file != NULL)
            rc = attach_drop_staged(ctx, file);
    }
    return rc;
}

/* What was typed, as the record that it would have become. */
static enum err draft_record(struct ctx *ctx, struct record **out, const struct sealed_row *row,
                             const char *kind)
{
    struct unfinished u = { 0 };
    struct form_post post;
    const void *plain = NULL;
    size_t len = 0;
    enum err rc =
        vault_unseal(ctx, &plain, &len, row->key_id, place_of(ctx, row->u.id), &row->sealed);

    if (rc)
        return rc;
    read_pairs(ctx, &u, plain, len);
    rc = post_read_kept(ctx, &post, kind, u.pairs, u.len);
    if (rc == OK)
        rc = record_new(ctx, out, kind, post.parent_id);
    if (rc == OK)
        rc = post_answers(ctx, &(*out)->answers, (*out)->form, &post);
    return rc == ERR_INVALID ? OK : rc; /* mistakes in it are of no account any more */
}

/* Its parent may be gone, or out of the user's sight: then nobody is told. */
static enum err tell(struct ctx *ctx, const struct sealed_row *row, const char *kind,
                     const char *reason)
{
    const struct record_hooks *hooks = record_hooks_of(kind);
    struct problem *last = ctx->problems_last;
    struct record *rec = NULL;
    enum err rc;

    if (hooks == NULL || hooks->given_up == NULL || row->key_id == NULL)
        return OK;
    rc = draft_record(ctx, &rec, row, kind);
    ctx_problems_back(ctx, last);
    if (rc == ERR_NOT_FOUND || rc == ERR_FORBIDDEN)
        return OK;
    if (rc == OK && rec != NULL)
        rc = hooks->given_up(ctx, rec, reason);
    return rc;
}

/* reason NULL: it was saved, or nobody needs to know. */
static enum err end_row(struct ctx *ctx, const struct sealed_row *row, const char *kind,
                        const char *id, const char *reason)
{
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    if (reason != NULL && row->u.record_id == NULL)
        rc = tell(ctx, row, kind, reason);
    if (rc == OK && row->key_id != NULL)
        rc = drop_files(ctx, row);
    if (rc == OK)
        rc = db_exec(ctx, NULL, &UNFINISHED_END, DB_TEXT(id), DB_TEXT(ctx->user_id), DB_TEXT(kind),
                     DB_INT(ctx->now_ms), DB_INT(ctx->now_ms + ENDED_MS));
    if (rc == OK) /* last: what fails earlier leaves it as it was */
        rc = erase_key(ctx, row->key_id);
    return db_end(ctx, rc);
}

enum err unfinished_end(struct ctx *ctx, const char *kind, const char *id)
{
    struct sealed_row row = { 0 };
    enum err rc = find(ctx, &row, kind, id);

    return rc ? rc : end_row(ctx, &row, kind, id, NULL);
}

enum err unfinished_give_up(struct ctx *ctx, const char *kind, const char *id, const char *reason)
{
    struct sealed_row row = { 0 };
    enum err rc = find(ctx, &row, kind, id);

    if (rc == OK && row.key_id == NULL)
        rc = not_kept(ctx);
    return rc ? rc : end_row(ctx, &row, kind, id, reason);
}

/* --- too old --- */

struct old_row {
    const char *id;
    const char *kind;
    const char *user_id;
    const char *key_id;
};

/* As the user who typed it, so that what is told stands within their scope. */
static enum err tell_of_old(struct ctx *ctx, const struct old_row *old)
{
    const struct record_hooks *hooks = record_hooks_of(old->kind);
    struct problem *last = ctx->problems_last;
    const struct ctx was = *ctx;
    struct sealed_row row = { 0 };
    enum err rc;

    if (old->key_id == NULL || hooks == NULL || hooks->given_up == NULL)
        return OK;
    rc = user_load_by_id(ctx, old->user_id);
    if (rc == OK)
        rc = find_since(ctx, &row, old->kind, old->id, 0);
    if (rc == OK && row.key_id != NULL)
        rc = end_row(ctx, &row, old->kind, old->id, UNFINISHED_EXPIRED);
    ctx->user = was.user;
    ctx->user_id = was.user_id;
    ctx->office_id = was.office_id;
    ctx->time_zone = was.time_zone;
    ctx->lang = was.lang;
    if (rc == ERR_NOT_FOUND || rc == ERR_INVALID || rc == ERR_FORBIDDEN) {
        ctx_problems_back(ctx, last); /* who typed it is gone: it is erased all the same */
        return OK;
    }
    return rc;
}

enum err unfinished_expire(struct ctx *ctx)
{
    struct old_row *old = ARENA_ARRAY(ctx->arena, AT_ONCE, struct old_row);
    struct rows *rows = NULL;
    bool more = true;
    size_t n = 0;
    enum err rc = db_query(ctx, &rows, &UNFINISHED_OLD, DB_INT(ctx->now_ms), DB_INT(AT_ONCE));

    while (rc == OK && more) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        old[n++] = (struct old_row){ .id = row_text(rows, 0),
                                     .kind = row_text(rows, 1),
                                     .user_id = row_text(rows, 2),
                                     .key_id = row_text(rows, 3) };
    }
    db_rows_close(rows);
    for (size_t i = 0; rc == OK && i < n; i++)
        rc = tell_of_old(ctx, &old[i]);
    for (size_t i = 0; rc == OK && i < n; i++)
        rc = erase_key(ctx, old[i].key_id);
    if (rc == OK && n > 0)
        rc = db_begin(ctx);
    if (rc || n == 0)
        return rc;
    for (size_t i = 0; rc == OK && i < n; i++)
        rc = db_exec(ctx, NULL, &UNFINISHED_DELETE, DB_TEXT(old[i].id), DB_INT(ctx->now_ms));
    return db_end(ctx, rc);
}

/* --- of who is erased --- */

struct whose {
    struct sealed_row row;
    const char *user_id;
};

static enum err read_some(struct ctx *ctx, struct whose *some, size_t *len_out, const char *after)
{
    struct rows *rows = NULL;
    bool more = true;
    size_t n = 0;
    enum err rc = db_query(ctx, &rows, &UNFINISHED_ALL, DB_TEXT(after), DB_INT(SOME));

    while (rc == OK && more) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        read_row(&some[n].row.u, rows);
        some[n].row.key_id = row_text(rows, 5);
        some[n].row.sealed.bytes = row_blob(rows, 6, &some[n].row.sealed.len);
        some[n++].user_id = row_text(rows, 7);
    }
    db_rows_close(rows);
    *len_out = n;
    return rc;
}

/* Whether a record of a kind, as far as there is one, is the erased one or has its key. */
static enum err is_of(struct ctx *ctx, bool *out, const char *kind, const char *id,
                      const struct record *erased)
{
    struct record *rec = NULL;
    enum err rc = OK;

    *out = text_equal(id, erased->id);
    if (!*out)
        rc = look_at(ctx, &rec, kind, id);
    if (rc == OK && rec)
        *out = text_equal(rec->key_id, erased->key_id);
    return rc;
}

/* It changes a record of the erased one, would stand below one, or refers to the erased one. */
static enum err is_about(struct ctx *ctx, bool *out, const struct whose *w,
                         const struct record *erased)
{
    const struct form *form = form_find(ctx->forms, w->row.u.kind);
    struct unfinished u = { 0 };
    enum err rc = is_of(ctx, out, w->row.u.kind, w->row.u.record_id, erased);

    if (rc || *out)
        return rc;
    rc = read_typed(ctx, &u, &w->row);
    for (size_t i = 0; rc == OK && !*out && i < u.len; i++) {
        *out = text_equal(u.pairs[i].value, erased->id);
        if (!*out && form && strcmp(u.pairs[i].name, "_parent") == 0)
            rc = is_of(ctx, out, form->parent, u.pairs[i].value, erased);
    }
    return rc;
}

static enum err empty(struct ctx *ctx, const struct whose *w)
{
    struct ctx theirs = *ctx;
    enum err rc;

    theirs.user_id = w->user_id;
    rc = drop_files(&theirs, &w->row);
    ctx->problems = theirs.problems;
    ctx->problems_last = theirs.problems_last;
    if (rc == OK)
        rc = db_exec(ctx, NULL, &UNFINISHED_EMPTY, DB_TEXT(w->row.u.id));
    return rc ? rc : erase_key(ctx, w->row.key_id);
}

enum err unfinished_erase(struct ctx *ctx, const struct record *erased)
{
    struct whose *some = ARENA_ARRAY(ctx->arena, SOME, struct whose);
    const char *after = "";
    size_t len = SOME;
    enum err rc = OK;

    while (rc == OK && len == SOME) {
        rc = read_some(ctx, some, &len, after);
        for (size_t i = 0; rc == OK && i < len; i++) {
            bool about = false;

            rc = is_about(ctx, &about, &some[i], erased);
            if (rc == OK && about)
                rc = empty(ctx, &some[i]);
            after = some[i].row.u.id;
        }
    }
    return rc;
}
