/* Leave to pass a gate (rule_override), the days to ask again (rule_next), and offices. */
#include "audit/audit.h"
#include "auth/auth.h"
#include "core/id.h"
#include "core/text.h"
#include "rules/rules_store.h"

#define OVERRIDES_MAX 100
#define OFFICES_MAX   10000

DB_SQL(OVERRIDE_OF_CASE, "SELECT id, rule, second, asked_by, key_id, reason, agreed_by"
                         " FROM rule_override WHERE case_id = $1 AND used_at IS NULL LIMIT $2");
DB_SQL(OVERRIDE_ASK, "INSERT INTO rule_override (id, office_id, case_id, rule, second, asked_by,"
                     " asked_at, key_id, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
DB_SQL(OVERRIDE_AGREE, "UPDATE rule_override SET agreed_by = $2, agreed_at = $3, agreed_reason = $4"
                       " WHERE id = $1 AND agreed_by IS NULL AND asked_by <> $2"
                       " AND used_at IS NULL");
DB_SQL(OVERRIDE_USE, "UPDATE rule_override SET used_at = $2 WHERE id = $1");

DB_SQL(NEXT_SET, "INSERT INTO rule_next (case_id, office_id, next_on) VALUES ($1, $2, $3)"
                 " ON CONFLICT (case_id) DO UPDATE SET office_id = $2, next_on = $3");
DB_SQL(NEXT_EARLIER, "INSERT INTO rule_next (case_id, office_id, next_on) VALUES ($1, $2, $3)"
                     " ON CONFLICT (case_id) DO UPDATE SET next_on = $3"
                     " WHERE rule_next.next_on > $3");
DB_SQL(NEXT_DUE, "SELECT case_id, next_on FROM rule_next WHERE office_id = $1 AND next_on <= $2"
                 " ORDER BY next_on, case_id LIMIT $3");
DB_SQL(OFFICE_IDS, "SELECT id FROM office ORDER BY id LIMIT $1");

static const char *reason_context(struct ctx *ctx, const char *id, bool agreed)
{
    return arena_printf(ctx->arena, "rule_override/%s%s", id, agreed ? "/agreed" : "");
}

static enum err read_override(struct ctx *ctx, struct override *out, struct rows *rows)
{
    const struct rule *rule = rule_find(rules_of(), row_text(rows, 1));
    struct sealed reason = { 0 };
    enum err rc = OK;

    *out = (struct override){ .id = row_text(rows, 0),
                              .rule = row_text(rows, 1),
                              .second = row_int(rows, 2) == 1,
                              .asked_by = row_text(rows, 3),
                              .agreed_by = row_text(rows, 6) };
    reason.bytes = row_blob(rows, 5, &reason.len);
    if (rule && ctx->user && ctx->user->clearance >= rule->privacy)
        rc = vault_unseal_text(ctx, &out->reason, row_text(rows, 4),
                               reason_context(ctx, out->id, false), &reason);
    return rc == ERR_NOT_FOUND ? OK : rc;
}

enum err store_overrides(struct ctx *ctx, struct override **out, size_t *len_out,
                         const struct record *rec)
{
    struct override *items = ARENA_ARRAY(ctx->arena, OVERRIDES_MAX, struct override);
    struct rows *rows = NULL;
    bool more = false;
    size_t len = 0;
    enum err rc = db_query(ctx, &rows, &OVERRIDE_OF_CASE, DB_TEXT(rec->id), DB_INT(OVERRIDES_MAX));

    while (rc == OK && len < OVERRIDES_MAX) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        rc = read_override(ctx, &items[len++], rows);
    }
    db_rows_close(rows);
    if (rc == OK) {
        *out = items;
        *len_out = len;
    }
    return rc;
}

enum err store_ask(struct ctx *ctx, const struct record *rec, const struct rule *rule,
                   const char *reason)
{
    const char *id = id_new(ctx->arena, ctx->now_ms);
    struct sealed sealed = { 0 };
    enum err rc =
        vault_seal_text(ctx, &sealed, rec->key_id, reason_context(ctx, id, false), reason);

    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &OVERRIDE_ASK, DB_TEXT(id), DB_TEXT(rec->office_id), DB_TEXT(rec->id),
                 DB_TEXT(rule->id), DB_INT(rule->second ? 1 : 0), DB_TEXT(ctx->user_id),
                 DB_INT(ctx->now_ms), DB_TEXT(rec->key_id), DB_BLOB(sealed.bytes, sealed.len));
    if (rc == OK)
        rc = audit_add(ctx, "rule.override", rec->id, NULL, NULL);
    return db_end(ctx, rc);
}

enum err store_agree(struct ctx *ctx, const struct record *rec, const char *id, const char *reason)
{
    struct sealed sealed = { 0 };
    int64_t changed = 0;
    enum err rc = vault_seal_text(ctx, &sealed, rec->key_id, reason_context(ctx, id, true), reason);

    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, &changed, &OVERRIDE_AGREE, DB_TEXT(id), DB_TEXT(ctx->user_id),
                 DB_INT(ctx->now_ms), DB_BLOB(sealed.bytes, sealed.len));
    if (rc == OK && changed == 0)
        rc = ctx_fail(ctx, ERR_CONFLICT,
                      tr(ctx, "Somebody else has dealt with this since you opened it."));
    if (rc == OK)
        rc = audit_add(ctx, "rule.override.agree", rec->id, NULL, NULL);
    return db_end(ctx, rc);
}

enum err store_use(struct ctx *ctx, const char *id)
{
    enum err rc = db_exec(ctx, NULL, &OVERRIDE_USE, DB_TEXT(id), DB_INT(ctx->now_ms));

    return rc ? rc : audit_add(ctx, "rule.override.use", id, NULL, NULL);
}

/* --- when to ask again --- */

enum err store_next(struct ctx *ctx, const struct record_place *of, const char *next_on,
                    bool keep_earlier)
{
    return db_exec(ctx, NULL, keep_earlier ? &NEXT_EARLIER : &NEXT_SET, DB_TEXT(of->id),
                   DB_TEXT(of->office_id), DB_TEXT(next_on ? next_on : NO_DATE));
}

static enum err read_ids(struct ctx *ctx, const char **ids, size_t *len_out, struct rows *rows,
                         size_t max)
{
    bool more = false;
    enum err rc = OK;

    *len_out = 0;
    while (rc == OK && *len_out < max) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        ids[(*len_out)++] = row_text(rows, 0);
    }
    db_rows_close(rows);
    return rc;
}

enum err store_due(struct ctx *ctx, struct due_case *cases, size_t *len_out, const char *office_id,
                   size_t max)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &NEXT_DUE, DB_TEXT(office_id), DB_TEXT(ctx_today(ctx)),
                           DB_INT((int64_t)max));

    if (rc)
        return rc;
    *len_out = 0;
    while (*len_out < max) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        cases[*len_out].id = row_text(rows, 0);
        cases[(*len_out)++].all = text_equal(row_text(rows, 1), AT_ONCE);
    }
    db_rows_close(rows);
    return rc;
}

enum err store_offices(struct ctx *ctx, const char ***out, size_t *len_out)
{
    const char **ids = ARENA_ARRAY(ctx->arena, OFFICES_MAX, const char *);
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &OFFICE_IDS, DB_INT(OFFICES_MAX));

    if (rc == OK)
        rc = read_ids(ctx, ids, len_out, rows, OFFICES_MAX);
    if (rc == OK)
        *out = ids;
    return rc;
}
