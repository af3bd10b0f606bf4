#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "audit/audit.h"
#include "auth/auth_inner.h"
#include "core/id.h"
#include "core/text.h"

#define WAIT_FIRST_MS   ((int64_t)1000)
#define WAIT_MAX_MS     ((int64_t)15 * 60 * 1000)
#define FAILS_FORGET_MS ((int64_t)24 * 60 * 60 * 1000)
#define ADDRESS_NET6    8 /* bytes of an IPv6 address that tell one network from another */

DB_SQL(FAIL_LOAD, "SELECT failed, failed_at FROM sign_in_failure WHERE token = $1");
DB_SQL(FAIL_COUNT, "INSERT INTO sign_in_failure (token, failed, failed_at) VALUES ($1, 1, $2)"
                   " ON CONFLICT (token) DO UPDATE SET failed = sign_in_failure.failed + 1,"
                   " failed_at = $2");
DB_SQL(FAIL_NOW, "UPDATE sign_in_failure SET failed_at = $2 WHERE token = $1");
DB_SQL(FAIL_SET, "INSERT INTO sign_in_failure (token, failed, failed_at) VALUES ($1, $2, $3)"
                 " ON CONFLICT (token) DO UPDATE SET failed = $2, failed_at = $3");
DB_SQL(FAIL_LESS, "UPDATE sign_in_failure SET failed = failed - 1 WHERE token = $1 AND failed > 0");
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

/* IPv4 as it is, also where it is written as IPv6; of IPv6 the network, for a client has them all.
 */
static bool address_token(struct ctx *ctx, unsigned char out[VAULT_TOKEN_BYTES],
                          const char *address)
{
    struct in6_addr six;
    struct in_addr four;

    if (inet_pton(AF_INET6, address, &six) == 1) {
        if (!IN6_IS_ADDR_V4MAPPED(&six)) {
            vault_token(ctx->vault, out, "address", hex_text(ctx->arena, &six, ADDRESS_NET6));
            return true;
        }
        memcpy(&four, &six.s6_addr[12], sizeof(four));
    } else if (inet_pton(AF_INET, address, &four) != 1) {
        return false;
    }
    vault_token(ctx->vault, out, "address", hex_text(ctx->arena, &four, sizeof(four)));
    return true;
}

/*
 * An address has ADDRESS_FAILS_FREE failures, and one more for each ADDRESS_FAIL_MS that pass. What
 * is left of the wait, and the state to be kept once the attempt is counted.
 */
struct bucket {
    int64_t failed;
    int64_t failed_at;
    int64_t left;
};

static enum err look_at_address(struct ctx *ctx, struct bucket *out, const unsigned char *token)
{
    int64_t failed_at = ctx->now_ms;
    int64_t failed = 0;
    int64_t forgiven;
    enum err rc = load_fails(ctx, token, &failed, &failed_at);

    if (rc)
        return rc;
    if (failed_at > ctx->now_ms) /* the clock was set back */
        failed_at = ctx->now_ms;
    forgiven = (ctx->now_ms - failed_at) / ADDRESS_FAIL_MS;
    *out = (struct bucket){ .failed = failed - forgiven,
                            .failed_at = failed_at + forgiven * ADDRESS_FAIL_MS };
    if (out->failed <= 0)
        *out = (struct bucket){ .failed_at = ctx->now_ms };
    if (out->failed >= ADDRESS_FAILS_FREE)
        out->left = out->failed_at + ADDRESS_FAIL_MS - ctx->now_ms;
    return OK;
}

/* Both are counted, or neither; *by_name_out says who has to wait. */
static enum err count_both(struct ctx *ctx, const unsigned char *token,
                           const unsigned char *address, int64_t *left_out, bool *by_name_out)
{
    struct bucket b = { 0 };
    enum err rc = address ? look_at_address(ctx, &b, address) : OK;

    *left_out = b.left;
    *by_name_out = false;
    if (rc || b.left > 0)
        return rc;
    *by_name_out = true;
    rc = count(ctx, token, left_out);
    if (rc == OK && *left_out <= 0 && address)
        rc = db_exec(ctx, NULL, &FAIL_SET, DB_BLOB(address, VAULT_TOKEN_BYTES),
                     DB_INT(b.failed + 1), DB_INT(b.failed_at));
    return rc;
}

enum err throttle_count(struct ctx *ctx, const unsigned char token[VAULT_TOKEN_BYTES],
                        const char *address)
{
    unsigned char place[VAULT_TOKEN_BYTES];
    const bool placed = address && address_token(ctx, place, address);
    int64_t left = 0;
    bool by_name = true;
    enum err rc;

    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = count_both(ctx, token, placed ? place : NULL, &left, &by_name);
    rc = db_end(ctx, rc);
    if (rc)
        return rc;
    if (left <= 0)
        return OK;
    if (!by_name)
        return ctx_fail(ctx, ERR_LIMIT,
                        tr(ctx,
                           "There were too many failed attempts from your network. Try again in "
                           "{0, plural, one {# second} other {# seconds}}.",
                           TR_INT((left + 999) / 1000)));
    return ctx_fail(ctx, ERR_LIMIT,
                    tr(ctx,
                       "There were too many attempts with this name. Try again in "
                       "{0, plural, one {# second} other {# seconds}}.",
                       TR_INT((left + 999) / 1000)));
}

/* An attempt that was none: the password was right. Others from there stay counted. */
static enum err throttle_less(struct ctx *ctx, const char *address)
{
    unsigned char place[VAULT_TOKEN_BYTES];

    if (!address || !address_token(ctx, place, address))
        return OK;
    return db_exec(ctx, NULL, &FAIL_LESS, DB_BLOB(place, VAULT_TOKEN_BYTES));
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
                       const unsigned char token[VAULT_TOKEN_BYTES], const char *address)
{
    const char *secret = NULL;
    enum err rc;

    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = throttle_clear(ctx, token);
    if (rc == OK)
        rc = throttle_less(ctx, address);
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
                    const struct login_from *from)
{
    unsigned char token[VAULT_TOKEN_BYTES];
    struct account account = { 0 };
    bool right = false;
    enum err rc;

    login_token(ctx, token, name);
    rc = throttle_count(ctx, token, from->address);
    if (rc)
        return rc;
    rc = load_account(ctx, &account, token);
    if (rc)
        return rc;
    /* Outside any transaction: it takes long. */
    rc = vault_password_check(ctx, &right, account.password, password);
    if (rc)
        return rc;
    if (!right || !account.active || (account.demo && !from->loopback))
        return refuse(ctx, &account);
    return let_in(ctx, out, &account, token, from->address);
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
