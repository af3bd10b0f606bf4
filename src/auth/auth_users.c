#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "auth/auth_inner.h"
#include "core/id.h"
#include "core/text.h"

#define USERS_MAX      1000
#define NAME_BYTES_MAX 200

DB_SQL(STAFF_FIND, "SELECT id FROM staff WHERE login_token = $1");
DB_SQL(STAFF_ADD, "INSERT INTO staff (id, office_id, login_token, sealed, password, lang, demo,"
                  " state, version, created_at, gender)"
                  " VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', 1, $8, $9)");
DB_SQL(STAFF_ROLE_ADD, "INSERT INTO staff_role (staff_id, role) VALUES ($1, $2)");
DB_SQL(STAFF_PASSWORD, "UPDATE staff SET password = $2, version = version + 1 WHERE id = $1");
DB_SQL(STAFF_STATE, "UPDATE staff SET state = $2, version = version + 1 WHERE id = $1");
DB_SQL(STAFF_LANG, "UPDATE staff SET lang = $2, version = version + 1 WHERE id = $1");
DB_SQL(STAFF_KEYS, "UPDATE staff SET keys_off = $2, version = version + 1 WHERE id = $1");
DB_SQL(STAFF_GENDER, "SELECT gender FROM staff WHERE id = $1");
DB_SQL(STAFF_GENDER_SET, "UPDATE staff SET gender = $2, version = version + 1 WHERE id = $1");
DB_SQL(STAFF_LIST, "SELECT st.id, st.sealed, o.code, st.state, r.role FROM" USER_TABLES
                   " WHERE $1 = '' OR st.office_id = $1 ORDER BY o.code, st.id, r.role LIMIT $2");

DB_SQL(STAFF_REACHABLE, "SELECT 1 FROM staff WHERE id = $1 AND state = 'active'"
                        " AND ($2 = '' OR office_id = $2)");

DB_SQL(STAFF_OF_ROLE, "SELECT st.id FROM staff AS st JOIN staff_role AS r ON r.staff_id = st.id"
                      " WHERE r.role = $1 AND st.office_id = $2 AND st.state = 'active'"
                      " ORDER BY st.id LIMIT $3");

/* --- making --- */

static bool login_valid(const char *login)
{
    size_t len = strlen(login);

    if (len < 2 || len > LOGIN_BYTES_MAX)
        return false;
    for (const char *p = login; *p; p++) {
        if (!ascii_is_alpha(*p) && !ascii_is_digit(*p) && !strchr("._@+-", *p))
            return false;
    }
    return ascii_is_alpha(login[0]) || ascii_is_digit(login[0]);
}

static enum err gender_check(struct ctx *ctx, const char *gender)
{
    if (!gender || !gender[0] || text_equal(gender, "female") || text_equal(gender, "male"))
        return OK;
    return ctx_fail_field(ctx, "gender", tr(ctx, "--gender is female or male."));
}

static enum err check_roles(struct ctx *ctx, const char *const *roles)
{
    size_t n = 0;

    for (; roles[n]; n++) {
        if (!role_find(roles[n]))
            return ctx_fail_field(ctx, "roles",
                                  tr(ctx, "There is no role {0}. There are: {1}.",
                                     TR_TEXT(roles[n]), TR_TEXT(role_codes(ctx->arena))));
    }
    if (n == 0)
        return ctx_fail_field(
            ctx, "roles", tr(ctx, "Give at least one role: {0}.", TR_TEXT(role_codes(ctx->arena))));
    if (n > USER_ROLES_MAX)
        return ctx_fail_field(ctx, "roles", tr(ctx, "These are too many roles."));
    return OK;
}

static enum err check_lang(struct ctx *ctx, const char *lang)
{
    if (lang && tr_has_language(lang))
        return OK;
    return ctx_fail_field(
        ctx, "lang",
        tr(ctx, "There is no language {0} in this program.", TR_TEXT(lang ? lang : "")));
}

static enum err check_new(struct ctx *ctx, const struct user_new *n, const char *login)
{
    enum err rc;

    if (!login_valid(login))
        return ctx_fail_field(ctx, "login",
                              tr(ctx,
                                 "A sign-in name has 2 to {0} letters a to z, digits or . _ @ + "
                                 "- and begins with a letter or digit.",
                                 TR_INT(LOGIN_BYTES_MAX)));
    if (text_blank(n->name) || strlen(n->name) > NAME_BYTES_MAX)
        return ctx_fail_field(ctx, "name", tr(ctx, "Give the person's name, not too long."));
    rc = check_lang(ctx, n->lang);
    if (rc)
        return rc;
    rc = check_roles(ctx, n->roles);
    if (rc == OK)
        rc = gender_check(ctx, n->gender);
    if (rc || !n->password)
        return rc;
    return password_check_rules(ctx, n->password, login);
}

/* *id_out is NULL if there is none. */
static enum err find_staff(struct ctx *ctx, const char **id_out,
                           const unsigned char token[VAULT_TOKEN_BYTES])
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    rc = db_query(ctx, &rows, &STAFF_FIND, DB_BLOB(token, VAULT_TOKEN_BYTES));
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc == OK)
        *id_out = more ? row_text(rows, 0) : NULL;
    db_rows_close(rows);
    return rc;
}

static enum err add_roles(struct ctx *ctx, const char *id, const char *const *roles)
{
    enum err rc;

    for (size_t i = 0; roles[i]; i++) {
        rc = db_exec(ctx, NULL, &STAFF_ROLE_ADD, DB_TEXT(id), DB_TEXT(roles[i]));
        if (rc)
            return rc;
    }
    return OK;
}

static enum err add_staff(struct ctx *ctx, const char *id, const struct user_new *n,
                          const char *login, const char *hash)
{
    unsigned char token[VAULT_TOKEN_BYTES];
    struct sealed sealed = { 0 };
    const char *taken = NULL;
    enum err rc;

    login_token(ctx, token, login);
    rc = find_staff(ctx, &taken, token);
    if (rc)
        return rc;
    if (taken)
        return ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "There is a user {0} already.", TR_TEXT(login)));
    rc = staff_seal(ctx, &sealed, id, login, n->name);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &STAFF_ADD, DB_TEXT(id), DB_TEXT(n->office_id),
                 DB_BLOB(token, sizeof(token)), DB_BLOB(sealed.bytes, sealed.len), DB_TEXT(hash),
                 DB_TEXT(n->lang), DB_INT(n->demo ? 1 : 0), DB_INT(ctx->now_ms),
                 DB_TEXT(n->gender && n->gender[0] ? n->gender : NULL));
    if (rc)
        return rc;
    rc = add_roles(ctx, id, n->roles);
    if (rc)
        return rc;
    return audit_add(ctx, "user.create", id, NULL, NULL);
}

enum err user_create(struct ctx *ctx, const char **id_out, const struct user_new *n)
{
    const char *login = login_normal(ctx->arena, n->login);
    const char *id = id_new(ctx->arena, ctx->now_ms);
    const char *hash = NULL;
    enum err rc;

    rc = check_new(ctx, n, login);
    if (rc)
        return rc;
    if (n->password) {
        rc = vault_password_hash(ctx, &hash, n->password);
        if (rc)
            return rc;
    }
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = add_staff(ctx, id, n, login, hash);
    rc = db_end(ctx, rc);
    if (rc)
        return rc;
    *id_out = id;
    return OK;
}

/* --- changing --- */

static enum err need_staff(struct ctx *ctx, const char **id_out, const char *login,
                           unsigned char token_out[VAULT_TOKEN_BYTES])
{
    enum err rc;

    login_token(ctx, token_out, login);
    rc = find_staff(ctx, id_out, token_out);
    if (rc == OK && !*id_out)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no user {0}.", TR_TEXT(login)));
    return rc;
}

/* What follows a change of how, or whether, somebody signs in; inside its transaction. */
static enum err account_changed(struct ctx *ctx, const char *id, const unsigned char *token,
                                const char *action)
{
    enum err rc = throttle_clear(ctx, token);

    if (!rc)
        rc = audit_add(ctx, action, id, NULL, NULL);
    if (!rc)
        rc = auth_end_sessions(ctx, id);
    return rc;
}

enum err user_set_password(struct ctx *ctx, const char *login, const char *password)
{
    unsigned char token[VAULT_TOKEN_BYTES];
    const char *hash = NULL;
    const char *id = NULL;
    enum err rc;

    rc = password_check_rules(ctx, password, login_normal(ctx->arena, login));
    if (rc)
        return rc;
    rc = vault_password_hash(ctx, &hash, password);
    if (rc)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = need_staff(ctx, &id, login, token);
    if (rc == OK)
        rc = db_exec(ctx, NULL, &STAFF_PASSWORD, DB_TEXT(id), DB_TEXT(hash));
    if (rc == OK)
        rc = account_changed(ctx, id, token, "user.password");
    return db_end(ctx, rc);
}

static const char *state_action(const char *state)
{
    static const char *const states[][2] = { { "active", "user.unlock" },
                                             { "locked", "user.lock" },
                                             { "left", "user.leave" } };

    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (text_equal(states[i][0], state))
            return states[i][1];
    }
    return NULL;
}

enum err user_set_state(struct ctx *ctx, const char *login, const char *state)
{
    unsigned char token[VAULT_TOKEN_BYTES];
    const char *action = state_action(state);
    const char *id = NULL;
    enum err rc;

    if (!action)
        return ctx_fail_field(
            ctx, "state",
            tr(ctx, "An account is active, locked or left; not {0}.", TR_TEXT(state ? state : "")));
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = need_staff(ctx, &id, login, token);
    if (rc == OK)
        rc = db_exec(ctx, NULL, &STAFF_STATE, DB_TEXT(id), DB_TEXT(state));
    if (rc == OK)
        rc = account_changed(ctx, id, token, action);
    return db_end(ctx, rc);
}

enum err user_set_keys(struct ctx *ctx, bool off)
{
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &STAFF_KEYS, DB_TEXT(ctx->user_id), DB_INT(off ? 1 : 0));
    if (rc == OK)
        rc = audit_add(ctx, "user.keys", ctx->user_id, NULL, NULL);
    return db_end(ctx, rc);
}

enum err user_set_lang(struct ctx *ctx, const char *user_id, const char *lang)
{
    int64_t changed = 0;
    enum err rc;

    rc = check_lang(ctx, lang);
    if (rc)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, &changed, &STAFF_LANG, DB_TEXT(user_id), DB_TEXT(lang));
    if (rc == OK && changed == 0)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such user."));
    if (rc == OK)
        rc = audit_add(ctx, "user.lang", user_id, NULL, NULL);
    return db_end(ctx, rc);
}

/* --- listing --- */

static int by_login(const void *a, const void *b)
{
    const struct user_row *x = a;
    const struct user_row *y = b;

    return text_compare(x->login, y->login);
}

static enum err start_row(struct ctx *ctx, struct user_row *out, struct rows *rows)
{
    struct sealed sealed = { 0 };

    out->id = row_text(rows, 0);
    sealed.bytes = row_blob(rows, 1, &sealed.len);
    out->office_code = row_text(rows, 2);
    out->state = row_text(rows, 3);
    out->roles = "";
    return staff_unseal(ctx, &out->login, &out->name, out->id, &sealed);
}

static void add_role(struct ctx *ctx, struct user_row *row, const char *role)
{
    if (role)
        row->roles = arena_printf(ctx->arena, "%s%s%s", row->roles, row->roles[0] ? " " : "", role);
}

static enum err read_list(struct ctx *ctx, struct user_row *users, size_t *len_out,
                          struct rows *rows)
{
    size_t len = 0;
    bool more = false;
    enum err rc;

    for (;;) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        if (len == 0 || !text_equal(users[len - 1].id, row_text(rows, 0))) {
            if (len == USERS_MAX)
                break;
            rc = start_row(ctx, &users[len], rows);
            if (rc)
                return rc;
            len++;
        }
        add_role(ctx, &users[len - 1], row_text(rows, 4));
    }
    *len_out = len;
    return rc;
}

/* Who acts sees the own office, unless the role reaches all; a command without a user, all. */
static const char *office_reached(const struct ctx *ctx)
{
    return ctx->user && ctx->user->scope != SCOPE_ALL ? ctx->user->office_id : "";
}

enum err user_reachable(struct ctx *ctx, bool *out, const char *user_id)
{
    struct rows *rows = NULL;
    bool there = false;
    enum err rc =
        db_query(ctx, &rows, &STAFF_REACHABLE, DB_TEXT(user_id), DB_TEXT(office_reached(ctx)));

    if (rc)
        return rc;
    rc = db_next(ctx, rows, &there);
    db_rows_close(rows);
    if (rc == OK)
        *out = there;
    return rc;
}

enum err user_gender(struct ctx *ctx, const char **out, const char *user_id)
{
    struct rows *rows = NULL;
    bool there = false;
    enum err rc = db_query(ctx, &rows, &STAFF_GENDER, DB_TEXT(user_id));

    *out = NULL;
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &there);
    if (rc == OK && there)
        *out = row_text(rows, 0);
    db_rows_close(rows);
    return rc;
}

enum err user_set_gender(struct ctx *ctx, const char *user_id, const char *gender)
{
    enum err rc = gender_check(ctx, gender);

    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &STAFF_GENDER_SET, DB_TEXT(user_id),
                 DB_TEXT(gender && gender[0] ? gender : NULL));
    if (rc == OK)
        rc = audit_add(ctx, "user.gender", user_id, NULL, NULL);
    return db_end(ctx, rc);
}

enum err user_ids_of_role(struct ctx *ctx, const char ***out, size_t *len_out, const char *role,
                          const char *office_id)
{
    const char **ids = ARENA_ARRAY(ctx->arena, USERS_OF_ROLE_MAX, const char *);
    struct rows *rows = NULL;
    size_t len = 0;
    bool more = true;
    enum err rc = db_query(ctx, &rows, &STAFF_OF_ROLE, DB_TEXT(role), DB_TEXT(office_id),
                           DB_INT(USERS_OF_ROLE_MAX));

    while (rc == OK && more) {
        rc = db_next(ctx, rows, &more);
        if (rc == OK && more)
            ids[len++] = row_text(rows, 0);
    }
    if (rows)
        db_rows_close(rows);
    if (rc)
        return rc;
    *out = ids;
    *len_out = len;
    return OK;
}

static enum err list_of(struct ctx *ctx, struct user_row **out, size_t *len_out, const char *office)
{
    struct user_row *users = ARENA_ARRAY(ctx->arena, USERS_MAX, struct user_row);
    struct rows *rows = NULL;
    size_t len = 0;
    enum err rc;

    rc = db_query(ctx, &rows, &STAFF_LIST, DB_TEXT(office),
                  DB_INT((int64_t)USERS_MAX * USER_ROLES_MAX));
    if (rc)
        return rc;
    rc = read_list(ctx, users, &len, rows);
    db_rows_close(rows);
    if (rc)
        return rc;
    qsort(users, len, sizeof(*users), by_login);
    *out = users;
    *len_out = len;
    return OK;
}

enum err user_list(struct ctx *ctx, struct user_row **out, size_t *len_out)
{
    return list_of(ctx, out, len_out, office_reached(ctx));
}

static bool has_permission(struct ctx *ctx, const struct user_row *row, const char *permission)
{
    size_t len = 0;
    char **codes = text_split(ctx->arena, row->roles, ' ', true, &len);

    for (size_t i = 0; i < len; i++) {
        const struct role *role = role_find(codes[i]);

        if (role && role_grants(role, permission))
            return true;
    }
    return false;
}

static enum err list_able(struct ctx *ctx, struct user_row **out, size_t *len_out,
                          const char *office, const char *permission)
{
    struct user_row *all = NULL;
    size_t len = 0;
    size_t n = 0;
    enum err rc = list_of(ctx, &all, &len, office);

    if (rc)
        return rc;
    for (size_t i = 0; i < len; i++)
        if (text_equal(all[i].state, "active") && has_permission(ctx, &all[i], permission))
            all[n++] = all[i];
    *out = all;
    *len_out = n;
    return OK;
}

enum err user_list_with(struct ctx *ctx, struct user_row **out, size_t *len_out,
                        const char *permission)
{
    return list_able(ctx, out, len_out, "", permission);
}

enum err user_list_who(struct ctx *ctx, struct user_row **out, size_t *len_out,
                       const char *permission)
{
    return list_able(ctx, out, len_out, office_reached(ctx), permission);
}
