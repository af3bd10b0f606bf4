#include <string.h>

#include "audit/audit.h"
#include "auth/auth_inner.h"
#include "core/log.h"
#include "core/text.h"

#define SEEN_STEP_MS   ((int64_t)60 * 1000)
#define CLOCK_SLACK_MS ((int64_t)5 * 60 * 1000)
#define TOKEN_TEXT_MAX 64

DB_SQL(SESSION_LOAD, "SELECT " USER_COLUMNS ", se.kind, se.created_at, se.seen_at, se.ends_at"
                     " FROM" USER_TABLES " JOIN session AS se ON se.staff_id = st.id"
                     " WHERE se.token = $1 AND st.state = 'active' ORDER BY r.role");
DB_SQL(SESSION_SEEN, "UPDATE session SET seen_at = $2 WHERE token = $1 AND seen_at < $2");
DB_SQL(SESSION_END, "DELETE FROM session WHERE token = $1");
DB_SQL(SESSION_END_ALL, "DELETE FROM session WHERE staff_id = $1");

struct session {
    bool browser;
    int64_t created_at;
    int64_t seen_at;
    int64_t ends_at;
};

static void hash_token(struct ctx *ctx, unsigned char out[VAULT_TOKEN_BYTES], const char *token)
{
    vault_token(ctx->vault, out, "session", token);
}

static bool alive(const struct session *s, int64_t now_ms)
{
    if (s->ends_at <= now_ms)
        return false;
    if (!s->browser)
        return true;
    /* A clock that was set back would let the session live longer than it may. */
    if (s->created_at > now_ms + CLOCK_SLACK_MS || s->seen_at > now_ms + CLOCK_SLACK_MS)
        return false;
    return now_ms - s->seen_at <= AUTH_IDLE_MS;
}

/* A page is not refused because this could not be written: the disk may be full. */
static void touch(struct ctx *ctx, struct db *write_db,
                  const unsigned char token[VAULT_TOKEN_BYTES])
{
    struct ctx quiet = *ctx;
    enum err rc;

    quiet.problems = NULL;
    quiet.problems_last = NULL;
    rc = db_begin_if_free(&quiet, write_db);
    if (rc == ERR_BUSY)
        return; /* a long import must not hold up who only reads: next time */
    if (rc)
        goto out;
    rc = db_exec_in(&quiet, write_db, NULL, &SESSION_SEEN, DB_BLOB(token, VAULT_TOKEN_BYTES),
                    DB_INT(ctx->now_ms));
    if (rc == OK)
        rc = db_commit_on(&quiet, write_db);
    if (rc)
        db_rollback_on(&quiet, write_db);
out:
    if (rc)
        log_warn("could not bring a session up to date: %s", err_name(rc));
}

static enum err ended(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "You are not signed in."));
}

static enum err load(struct ctx *ctx, struct user *user, struct session *out,
                     const unsigned char token[VAULT_TOKEN_BYTES])
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    rc = db_query(ctx, &rows, &SESSION_LOAD, DB_BLOB(token, VAULT_TOKEN_BYTES));
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc)
        goto out;
    if (!more) {
        rc = ended(ctx);
        goto out;
    }
    out->browser = text_equal(row_text(rows, USER_COLUMNS_LEN), "browser");
    out->created_at = row_int(rows, USER_COLUMNS_LEN + 1);
    out->seen_at = row_int(rows, USER_COLUMNS_LEN + 2);
    out->ends_at = row_int(rows, USER_COLUMNS_LEN + 3);
    rc = alive(out, ctx->now_ms) ? user_read(ctx, user, rows) : ended(ctx);
out:
    db_rows_close(rows);
    return rc;
}

enum err auth_session_load(struct ctx *ctx, const char *token, struct db *write_db)
{
    unsigned char stored[VAULT_TOKEN_BYTES];
    struct user *user = ARENA_NEW(ctx->arena, struct user);
    struct session session = { 0 };
    enum err rc;

    if (!token || strlen(token) > TOKEN_TEXT_MAX)
        return ended(ctx);
    hash_token(ctx, stored, token);
    rc = load(ctx, user, &session, stored);
    if (rc)
        return rc;
    user_act(ctx, user);
    if (write_db && ctx->now_ms - session.seen_at >= SEEN_STEP_MS)
        touch(ctx, write_db, stored);
    return OK;
}

enum err auth_logout(struct ctx *ctx, const char *token)
{
    unsigned char stored[VAULT_TOKEN_BYTES];
    int64_t changed = 0;
    enum err rc;

    hash_token(ctx, stored, token);
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, &changed, &SESSION_END, DB_BLOB(stored, sizeof(stored)));
    if (rc == OK && changed > 0)
        rc = audit_add(ctx, "auth.logout", ctx->user_id, NULL, NULL);
    return db_end(ctx, rc);
}

enum err auth_end_sessions(struct ctx *ctx, const char *user_id)
{
    enum err rc;

    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &SESSION_END_ALL, DB_TEXT(user_id));
    if (rc == OK)
        rc = audit_add(ctx, "auth.end_sessions", user_id, NULL, NULL);
    return db_end(ctx, rc);
}
