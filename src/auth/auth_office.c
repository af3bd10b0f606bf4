#include <string.h>

#include "audit/audit.h"
#include "auth/auth_inner.h"
#include "core/id.h"
#include "core/text.h"

#define CODE_MAX   8
#define NAME_LIMIT 200
#define VALUE_MAX  ((size_t)64 * 1024)

DB_SQL(ORGANISATION_FIRST, "SELECT id FROM organisation ORDER BY created_at, id LIMIT 1");
DB_SQL(ORGANISATION_ADD, "INSERT INTO organisation (id, name, created_at) VALUES ($1, $2, $3)");
DB_SQL(OFFICE_ADD, "INSERT INTO office (id, organisation_id, code, name, country, time_zone,"
                   " currency, language, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
DB_SQL(OFFICE_LOAD, "SELECT id, code, name, country, time_zone, currency, language FROM office"
                    " WHERE id = $1");
DB_SQL(OFFICE_FIND, "SELECT id FROM office WHERE code = $1");
DB_SQL(SETTING_LOAD, "SELECT value FROM setting WHERE office_id = $1 AND name = $2");
DB_SQL(SETTING_SET, "INSERT INTO setting (office_id, name, value, version) VALUES ($1, $2, $3, 1)"
                    " ON CONFLICT (office_id, name) DO UPDATE SET value = $3,"
                    " version = setting.version + 1");

/* First row's first column of a query, *out NULL if there is none. */
static enum err first_text(struct ctx *ctx, const char **out, struct rows *rows)
{
    bool more = false;
    enum err rc;

    rc = db_next(ctx, rows, &more);
    if (rc == OK)
        *out = more ? row_text(rows, 0) : NULL;
    db_rows_close(rows);
    return rc;
}

/* --- offices --- */

static bool capitals(const char *s, size_t min, size_t max)
{
    size_t len = s ? strlen(s) : 0;

    if (len < min || len > max)
        return false;
    for (const char *p = s; *p; p++) {
        if (*p < 'A' || *p > 'Z')
            return false;
    }
    return true;
}

static bool zone_name(const char *s)
{
    if (text_blank(s) || strlen(s) > NAME_LIMIT)
        return false;
    for (const char *p = s; *p; p++) {
        if (!ascii_is_alpha(*p) && !ascii_is_digit(*p) && !strchr("/_+-", *p))
            return false;
    }
    return true;
}

static enum err check_office(struct ctx *ctx, const struct office *o, const char *organisation)
{
    if (!capitals(o->code, 2, CODE_MAX))
        return ctx_fail_field(
            ctx, "code", tr(ctx, "An office code is 2 to {0} capital letters.", TR_INT(CODE_MAX)));
    if (text_blank(o->name) || text_blank(organisation))
        return ctx_fail_field(ctx, "name", tr(ctx, "Give the office and the organisation a name."));
    if (!capitals(o->country, 2, 2))
        return ctx_fail_field(ctx, "country", tr(ctx, "A country is two capital letters: SN."));
    if (!capitals(o->currency, 3, 3))
        return ctx_fail_field(ctx, "currency", tr(ctx, "A currency is three capitals: XOF."));
    if (!zone_name(o->time_zone))
        return ctx_fail_field(ctx, "time_zone",
                              tr(ctx, "A time zone is a name such as Africa/Dakar."));
    if (!o->language || !tr_has_language(o->language))
        return ctx_fail_field(ctx, "language",
                              tr(ctx, "There is no language {0} in this program.",
                                 TR_TEXT(o->language ? o->language : "")));
    return OK;
}

static enum err need_organisation(struct ctx *ctx, const char **id_out, const char *name)
{
    struct rows *rows = NULL;
    const char *id = NULL;
    enum err rc;

    rc = db_query(ctx, &rows, &ORGANISATION_FIRST);
    if (rc)
        return rc;
    rc = first_text(ctx, &id, rows);
    if (rc)
        return rc;
    if (!id) {
        id = id_new(ctx->arena, ctx->now_ms);
        rc = db_exec(ctx, NULL, &ORGANISATION_ADD, DB_TEXT(id), DB_TEXT(name), DB_INT(ctx->now_ms));
        if (rc)
            return rc;
    }
    *id_out = id;
    return OK;
}

static enum err find_office(struct ctx *ctx, const char **id_out, const char *code)
{
    struct rows *rows = NULL;
    enum err rc;

    rc = db_query(ctx, &rows, &OFFICE_FIND, DB_TEXT(code));
    if (rc)
        return rc;
    return first_text(ctx, id_out, rows);
}

enum err office_find(struct ctx *ctx, const char **id_out, const char *code)
{
    const char *id = NULL;
    enum err rc;

    rc = find_office(ctx, &id, code);
    if (rc)
        return rc;
    if (!id)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no office {0}.", TR_TEXT(code)));
    *id_out = id;
    return OK;
}

static enum err add_office(struct ctx *ctx, const char *id, const struct office *o,
                           const char *organisation)
{
    const char *organisation_id = NULL;
    const char *taken = NULL;
    enum err rc;

    rc = find_office(ctx, &taken, o->code);
    if (rc)
        return rc;
    if (taken)
        return ctx_fail(ctx, ERR_CONFLICT,
                        tr(ctx, "There is an office {0} already.", TR_TEXT(o->code)));
    rc = need_organisation(ctx, &organisation_id, organisation);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &OFFICE_ADD, DB_TEXT(id), DB_TEXT(organisation_id), DB_TEXT(o->code),
                 DB_TEXT(o->name), DB_TEXT(o->country), DB_TEXT(o->time_zone), DB_TEXT(o->currency),
                 DB_TEXT(o->language), DB_INT(ctx->now_ms));
    if (rc)
        return rc;
    return audit_add(ctx, "office.create", id, NULL, NULL);
}

enum err office_create(struct ctx *ctx, const char **id_out, const struct office *o,
                       const char *organisation)
{
    const char *id = id_new(ctx->arena, ctx->now_ms);
    enum err rc;

    rc = check_office(ctx, o, organisation);
    if (rc)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = add_office(ctx, id, o, organisation);
    rc = db_end(ctx, rc);
    if (rc)
        return rc;
    *id_out = id;
    return OK;
}

enum err office_load(struct ctx *ctx, struct office *out, const char *id)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    rc = db_query(ctx, &rows, &OFFICE_LOAD, DB_TEXT(id));
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc == OK && !more)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such office."));
    if (rc == OK) {
        out->id = row_text(rows, 0);
        out->code = row_text(rows, 1);
        out->name = row_text(rows, 2);
        out->country = row_text(rows, 3);
        out->time_zone = row_text(rows, 4);
        out->currency = row_text(rows, 5);
        out->language = row_text(rows, 6);
    }
    db_rows_close(rows);
    return rc;
}

/* --- settings --- */

enum err setting_get(struct ctx *ctx, const char **out, const char *office_id, const char *name)
{
    struct rows *rows = NULL;
    enum err rc;

    rc = db_query(ctx, &rows, &SETTING_LOAD, DB_TEXT(office_id), DB_TEXT(name));
    if (rc)
        return rc;
    return first_text(ctx, out, rows);
}

/* Old and new values of settings are sealed in the audit like any other. */
static enum err audit_setting(struct ctx *ctx, const char *office_id, const char *name,
                              const char *value)
{
    struct sealed detail = { 0 };
    enum err rc;

    rc = vault_seal_text(ctx, &detail, VAULT_KEY_AUDIT,
                         arena_printf(ctx->arena, "setting/%s/%s", office_id, name), value);
    if (rc)
        return rc;
    return audit_add(ctx, "setting.set", name, VAULT_KEY_AUDIT, &detail);
}

enum err setting_set(struct ctx *ctx, const char *office_id, const char *name, const char *value)
{
    enum err rc;

    if (text_blank(name) || strlen(name) > NAME_LIMIT)
        return ctx_fail_field(ctx, "name", tr(ctx, "A setting needs a name."));
    if (strlen(value) > VALUE_MAX)
        return ctx_fail_field(ctx, "value", tr(ctx, "The value of the setting is too long."));
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &SETTING_SET, DB_TEXT(office_id), DB_TEXT(name), DB_TEXT(value));
    if (rc == OK)
        rc = audit_setting(ctx, office_id, name, value);
    return db_end(ctx, rc);
}
