/* What the history of a record tells besides its versions: reasons, children, comments, requests.
 */
#include "audit/audit.h"
#include "auth/auth.h"
#include "core/id.h"
#include "core/text.h"
#include "records/records_inner.h"

DB_SQL(EVENT_ADD, "INSERT INTO record_event (id, office_id, form, record_id, version, action,"
                  " other_form, other_id, key_id, sealed, made_at, made_by)"
                  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
DB_SQL(EVENT_LIST, "SELECT id, version, action, other_form, other_id, key_id, sealed, made_at,"
                   " made_by FROM record_event WHERE record_id = $1"
                   " ORDER BY made_at DESC, id DESC LIMIT $2");

static const char *const names[] = {
    [EVENT_REASON] = "reason",
    [EVENT_CHILD_IN] = "child_in",
    [EVENT_CHILD_OUT] = "child_out",
    [EVENT_COMMENT] = "comment",
    [EVENT_COMMENT_GONE] = "comment_gone",
    [EVENT_ASKED] = "asked",
    [EVENT_REFUSED] = "refused",
    [EVENT_FILE_IN] = "file_in",
    [EVENT_FILE_OUT] = "file_out",
    [EVENT_FILE_NAMED] = "file_named",
    [EVENT_FILE_GONE] = "file_gone",
    [EVENT_FILE_BACK] = "file_back",
};

static const char *context_of(struct ctx *ctx, const char *id)
{
    return arena_printf(ctx->arena, "record_event/%s", id);
}

enum err event_add(struct ctx *ctx, const struct record *rec, const struct event_new *e)
{
    const char *id = id_new(ctx->arena, ctx->now_ms);
    const char *key = rec->key_id ? rec->key_id : VAULT_KEY_SYSTEM;
    struct sealed sealed = { 0 };
    enum err rc = OK;

    if (!text_blank(e->words))
        rc = vault_seal_text(ctx, &sealed, key, context_of(ctx, id), e->words);
    if (rc)
        return rc;
    return db_exec(ctx, NULL, &EVENT_ADD, DB_TEXT(id), DB_TEXT(rec->office_id),
                   DB_TEXT(rec->form->kind), DB_TEXT(rec->id),
                   e->version ? DB_INT(e->version) : DB_NULL, DB_TEXT(names[e->action]),
                   DB_TEXT(e->other_form), DB_TEXT(e->other_id), DB_TEXT(sealed.bytes ? key : NULL),
                   DB_BLOB(sealed.bytes, sealed.len), DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
}

enum err unseal_or_none(struct ctx *ctx, const char **out, const char *key, const char *context,
                        const struct sealed *sealed)
{
    struct problem *last = ctx->problems_last;
    enum err rc;

    *out = "";
    if (!sealed->bytes || !key)
        return OK;
    rc = vault_unseal_text(ctx, out, key, context, sealed);
    if (rc != ERR_NOT_FOUND)
        return rc;
    ctx_problems_back(ctx, last);
    *out = "";
    return OK;
}

struct events {
    struct record_event *items;
    size_t len;
};

static enum err read_event(struct ctx *ctx, void *to, struct rows *rows)
{
    struct events *all = to;
    struct record_event *e = &all->items[all->len++];
    const char *id = row_text(rows, 0);
    struct sealed sealed = { 0 };

    e->version = row_int(rows, 1);
    e->action = row_text(rows, 2);
    e->other_form = row_text(rows, 3);
    e->other_id = row_text(rows, 4);
    sealed.bytes = row_blob(rows, 6, &sealed.len);
    e->made_at = row_int(rows, 7);
    e->made_by_name = row_text(rows, 8); /* the id, until the names are read */
    return unseal_or_none(ctx, &e->words, row_text(rows, 5), context_of(ctx, id), &sealed);
}

enum err record_events(struct ctx *ctx, struct record_event **out, size_t *len_out,
                       const struct record *rec)
{
    struct events all = { .items = ARENA_ARRAY(ctx->arena, EVENTS_SHOWN, struct record_event) };
    struct rows *rows = NULL;
    enum err rc;

    rc = db_query(ctx, &rows, &EVENT_LIST, DB_TEXT(rec->id), DB_INT(EVENTS_SHOWN));
    if (rc)
        return rc;
    rc = db_each(ctx, rows, read_event, &all);
    for (size_t i = 0; rc == OK && i < all.len; i++)
        rc = user_name(ctx, &all.items[i].made_by_name, all.items[i].made_by_name);
    if (rc)
        return rc;
    *out = all.items;
    *len_out = all.len;
    return OK;
}
