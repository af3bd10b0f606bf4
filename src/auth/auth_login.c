#include <string.h>

#include "audit/audit.h"
#include "auth/auth_inner.h"
#include "core/id.h"
#include "core/text.h"

#define WAIT_FIRST_MS   ((int64_t)1000)
#define WAIT_MAX_MS     ((int64_t)15 * 60 * 1000)
#define FAILS_FORGET_MS ((int64_t)24 * 60 * 60 * 1000)

DB_SQL(FAIL_LOAD, "SELECT failed, failed_at FROM sign_in_failure WHERE token = $1");
DB_SQL(FAIL_COUNT, "INSERT INTO sign_in_failure (token, failed, failed_at) VALUES ($1, 1, $2)"
                   " ON CONFLICT (token) DO UPDATE SET failed = sign_in_failure.failed + 1,"
                   " failed_at = $2");
DB_SQL(FAIL_NOW, "UPDATE sign_in_failure SET failed_at = $2 WHERE token = $1");
DB_SQL(FAIL_CLEAR, "DELETE FROM sign_in_failure WHERE token = $1");
DB_SQL(FAIL_OLD, "DELETE FROM sign_in_failure WHERE failed_at < $1");

DB_SQL(LOGIN_LOAD, "SELECT id, office_id, password, state, demo FROM staff WHERE login_token = $1");
DB_SQL(SESSION_ADD, "INSERT INTO session (token, staff_id, kind, created_at, seen_at, ends_at)"
                    " VALUES ($1, $2, $3, $4, $4, $5)");
DB_SQL(SESSION_OLD, "DELETE FROM session WHERE ends_at < $1");

/* --- throttle --- */

static int64_t wait_after(int64_t failed)
{
    int64_t wait = WAIT_FIRST_MS;

    if (failed < AUTH_FAILS_FREE)
        return 0;
    for (int64_t i = AUTH_FAILS_FREE; i < failed && wait < WAIT_MAX_MS; i++)
        wait *= 2;
    return wait < WAIT_MAX_MS ? wait : WAIT_MAX_MS;
}

static enum err load_fails(struct ctx *ctx, const unsigned char token[VAULT_TOKEN_BYTES],
                           int64_t *failed_out, int64_t *failed_at_out)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    rc = db_query(ctx, &rows, &FAIL_LOAD, DB_BLOB(token, VAULT_TOKEN_BYTES));
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc == OK && more) {
        *failed_out = row_int(rows, 0);
        *failed_at_out = row_int(rows, 1);
    }
    db_rows_close(rows);
    return rc;
}

/* *left_out = milliseconds still to wait; when there are none the attempt is counted. */
static enum err count(struct ctx *ctx, const unsigned char token[VAULT_TOKEN_BYTES],
                      int64_t *left_out)
{
    int64_t failed = 0;
    int64_t failed_at = ctx->now_ms;
    enum err rc;

    rc = load_fails(ctx, token, &failed, &failed_at);
    if (rc)
        return rc;
    /* The clock was set back: the wait begins now, not at a time that may be hours away. */
    if (failed_at > ctx->now_ms) {
        failed_at = ctx->now_ms;
        rc = db_exec(ctx, NULL, &FAIL_NOW, DB_BLOB(token, VAULT_TOKEN_BYTES), DB_INT(ctx->now_ms));
        if (rc)
            return rc;
    }
    *left_out = wait_after(failed) - (ctx->now_ms - failed_at);
    if (*left_out > 0)
        return OK;
    rc = db_exec(ctx, NULL, &FAIL_COUNT, DB_BLOB(token, VAULT_TOKEN_BYTES), DB_INT(ctx->now_ms));
    if (rc)
        return rc;
    return db_exec(ctx, NULL, &FAIL_OLD, DB_INT(ctx->now_ms - FAILS_FORGET_MS));
}

enum err throttle_count(struct ctx *ctx, const unsigned char token[VAULT_TOKEN_BYTES])
{
    int64_t left = 0;
    enum err rc;

    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = count(ctx, token, &left);
    rc = db_end(ctx, rc);
    if (rc)
        return rc;
    if (left <= 0)
        return OK;
    return ctx_fail(ctx, ERR_LIMIT,
                    tr(ctx,
                       "There were too many attempts with this name. Try again in "
                       "{0, plural, one {# second} other {# seconds}}.",
                       TR_INT((left + 999) / 1000)));
}

enum err throttle_clear(struct ctx *ctx, const unsigned char token[VAULT_TOKEN_BYTES])
{
    return db_exec(ctx, NULL, &FAIL_CLEAR, DB_BLOB(token, VAULT_TOKEN_BYTES));
}

/* --- signing in --- */

struct account {
    const char *id; /* NULL: there is none */
    const char *office_id;
    const char *password;
    bool active;
    bool demo;
};

static enum err load_account(struct ctx *ctx, struct account *out,
                             const unsigned char token[VAULT_TOKEN_BYTES])
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    rc = db_query(ctx, &rows, &LOGIN_LOAD, DB_BLOB(token, VAULT_TOKEN_BYTES));
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc == OK && more) {
        out->id = row_text(rows, 0);
        out->office_id = row_text(rows, 1);
        out->password = row_text(rows, 2);
        out->active = text_equal(row_text(rows, 3), "active");
        out->demo = row_int(rows, 4) == 1;
    }
    db_rows_close(rows);
    return rc;
}

/* An audit row in the name of the account, though nobody is signed in yet. */
static enum err audit_as(struct ctx *ctx, const struct account *account, const char *action)
{
    const char *user_id = ctx->user_id;
    const char *office_id = ctx->office_id;
    enum err rc;

    ctx->user_id = account->id;
    ctx->office_id = account->office_id;
    rc = audit_add(ctx, action, account->id, NULL, NULL);
    ctx->user_id = user_id;
    ctx->office_id = office_id;
    return rc;
}

static enum err refuse(struct ctx *ctx, const struct account *account)
{
    enum err rc;

    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = audit_add(ctx, "auth.refuse", account->id, NULL, NULL);
    rc = db_end(ctx, rc);
    if (rc)
        return rc;
    return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "The name or the password is wrong."));
}

/* A session with a new secret; inside the caller's transaction. */
static enum err add_session(struct ctx *ctx, const char **token_out, const char *staff_id,
                            const char *kind, int64_t ends_at)
{
    unsigned char secret[SECRET_BYTES];
    unsigned char stored[VAULT_TOKEN_BYTES];
    const char *token;
    enum err rc;

    random_bytes(secret, sizeof(secret));
    token = base64url_text(ctx->arena, secret, sizeof(secret));
    vault_token(ctx->vault, stored, "session", token);
    rc = db_exec(ctx, NULL, &SESSION_OLD, DB_INT(ctx->now_ms));
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &SESSION_ADD, DB_BLOB(stored, sizeof(stored)), DB_TEXT(staff_id),
                 DB_TEXT(kind), DB_INT(ctx->now_ms), DB_INT(ends_at));
    if (rc)
        return rc;
    *token_out = token;
    return OK;
}

static enum err let_in(struct ctx *ctx, struct login *out, const struct account *account,
                       const unsigned char token[VAULT_TOKEN_BYTES])
{
    const char *secret = NULL;
    enum err rc;

    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = throttle_clear(ctx, token);
    if (rc == OK)
        rc = add_session(ctx, &secret, account->id, "browser", ctx->now_ms + AUTH_SESSION_MS);
    if (rc == OK)
        rc = audit_as(ctx, account, "auth.login");
    rc = db_end(ctx, rc);
    if (rc)
        return rc;
    out->token = secret;
    out->user_id = account->id;
    return OK;
}

enum err auth_login(struct ctx *ctx, struct login *out, const char *name, const char *password,
                    bool from_loopback)
{
    unsigned char token[VAULT_TOKEN_BYTES];
    struct account account = { 0 };
    bool right = false;
    enum err rc;

    login_token(ctx, token, name);
    rc = throttle_count(ctx, token);
    if (rc)
        return rc;
    rc = load_account(ctx, &account, token);
    if (rc)
        return rc;
    /* Outside any transaction: it takes long. */
    rc = vault_password_check(ctx, &right, account.password, password);
    if (rc)
        return rc;
    if (!right || !account.active || (account.demo && !from_loopback))
        return refuse(ctx, &account);
    return let_in(ctx, out, &account, token);
}

enum err auth_token_new(struct ctx *ctx, const char **token_out, const char *user_id,
                        int64_t ends_at)
{
    const char *token = NULL;
    enum err rc;

    if (ends_at <= ctx->now_ms || ends_at > ctx->now_ms + AUTH_TOKEN_MAX_MS)
        return ctx_fail_field(ctx, "ends_at",
                              tr(ctx, "A token ends within a year, and not in the past."));
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = add_session(ctx, &token, user_id, "api", ends_at);
    if (rc == OK)
        rc = audit_add(ctx, "auth.token", user_id, NULL, NULL);
    rc = db_end(ctx, rc);
    if (rc)
        return rc;
    *token_out = token;
    return OK;
}
