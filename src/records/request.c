/* Changes of status that another person must confirm: asked for, confirmed, refused, taken back. */
#include "audit/audit.h"
#include "auth/auth.h"
#include "core/text.h"
#include "records/records_inner.h"

DB_SQL(REQUEST_GET, "SELECT version, status, sealed, asked_at, asked_by FROM status_request"
                    " WHERE record_id = $1");
DB_SQL(REQUEST_DROP, "DELETE FROM status_request WHERE record_id = $1");
DB_SQL(REQUEST_OLD, "DELETE FROM status_request WHERE asked_at <= $1");
DB_SQL(REQUEST_ADD, "INSERT INTO status_request (record_id, office_id, form, version, status,"
                    " sealed, asked_at, asked_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");

static const char *context_of(struct ctx *ctx, const struct record *rec)
{
    return arena_printf(ctx->arena, "status_request/%s/%lld", rec->id, (long long)rec->version);
}

enum err record_request_load(struct ctx *ctx, struct record_request **out, const struct record *rec)
{
    struct record_request *r = ARENA_NEW(ctx->arena, struct record_request);
    struct sealed sealed = { 0 };
    struct rows *rows = NULL;
    int64_t version = 0;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &REQUEST_GET, DB_TEXT(rec->id));

    *out = NULL;
    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    if (rc || !more)
        return rc;
    version = row_int(rows, 0);
    r->status = row_text(rows, 1);
    sealed.bytes = row_blob(rows, 2, &sealed.len);
    r->asked_at = row_int(rows, 3);
    r->asked_by = row_text(rows, 4);
    db_rows_close(rows);
    if (version != rec->version || r->asked_at + REQUEST_KEPT_MS <= ctx->now_ms)
        return OK; /* the record is another now, or nobody answered: asked for in vain */
    r->until = r->asked_at + REQUEST_KEPT_MS;
    r->mine = text_equal(r->asked_by, ctx->user_id);
    rc = unseal_or_none(ctx, &r->reason, VAULT_KEY_AUDIT, context_of(ctx, rec), &sealed);
    if (rc == OK)
        rc = user_name(ctx, &r->asked_by_name, r->asked_by);
    if (rc == OK)
        *out = r;
    return rc;
}

static enum err note(struct ctx *ctx, const struct record *rec, enum event_action action,
                     const char *what, const char *reason)
{
    const struct event_new e = { .action = action, .words = reason };
    enum err rc = event_add(ctx, rec, &e);

    if (rc)
        return rc;
    return audit_add(ctx, arena_printf(ctx->arena, "%s.%s", rec->form->kind, what), rec->id, NULL,
                     NULL);
}

static enum err ask(struct ctx *ctx, const struct record *rec, const char *status,
                    const char *reason)
{
    struct sealed sealed = { 0 };
    enum err rc = OK;

    if (!text_blank(reason))
        rc = vault_seal_text(ctx, &sealed, VAULT_KEY_AUDIT, context_of(ctx, rec), reason);
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &REQUEST_DROP, DB_TEXT(rec->id));
    if (rc == OK)
        rc = db_exec(ctx, NULL, &REQUEST_ADD, DB_TEXT(rec->id), DB_TEXT(rec->office_id),
                     DB_TEXT(rec->form->kind), DB_INT(rec->version), DB_TEXT(status),
                     DB_BLOB(sealed.bytes, sealed.len), DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
    if (rc == OK)
        rc = note(ctx, rec, EVENT_ASKED, "status_ask", reason);
    return db_end(ctx, rc);
}

static enum err drop(struct ctx *ctx, const struct record *next, const struct record *old)
{
    (void)old;
    return db_exec(ctx, NULL, &REQUEST_DROP, DB_TEXT(next->id));
}

enum err request_reason(struct ctx *ctx, const char **reason, const struct record *old,
                        const char *status)
{
    struct record_request *r = NULL;
    enum err rc = record_request_load(ctx, &r, old);

    if (rc == OK && r && !r->mine && text_equal(r->status, status))
        *reason = r->reason;
    return rc;
}

enum err request_step(struct ctx *ctx, bool *done_out, const struct record *old,
                      const struct state_change *s, struct record_change_of *change)
{
    struct record_request *r = NULL;
    enum err rc = record_request_load(ctx, &r, old);

    if (rc)
        return rc;
    if (r && text_equal(r->status, s->to) && !r->mine) {
        change->also = drop;
        return OK;
    }
    *done_out = true;
    if (r && r->mine && text_equal(r->status, s->to))
        return ctx_fail(
            ctx, ERR_CONFLICT,
            tr(ctx, "You have asked for this already: another person must confirm it."));
    return ask(ctx, old, s->to, change->reason);
}

enum err record_request_refuse(struct ctx *ctx, const struct record *rec)
{
    const struct state_change *s = NULL;
    struct record_request *r = NULL;
    enum err rc = record_request_load(ctx, &r, rec);

    if (rc)
        return rc;
    if (!r)
        return record_gone(ctx);
    for (size_t i = 0; i < rec->form->states_len && !s; i++)
        if (text_equal(rec->form->states[i].from, rec->status) &&
            text_equal(rec->form->states[i].to, r->status))
            s = &rec->form->states[i];
    if (!r->mine && (!s || !user_may(ctx->user, s->permission)))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &REQUEST_DROP, DB_TEXT(rec->id));
    if (rc == OK)
        rc = note(ctx, rec, EVENT_REFUSED, "status_refuse", NULL);
    return db_end(ctx, rc);
}

enum err record_requests_forget(struct ctx *ctx)
{
    return db_exec(ctx, NULL, &REQUEST_OLD, DB_INT(ctx->now_ms - REQUEST_KEPT_MS));
}
