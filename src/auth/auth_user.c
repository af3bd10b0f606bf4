#include <string.h>

#include "auth/auth_inner.h"
#include "core/buf.h"
#include "core/json.h"
#include "core/memo.h"
#include "core/text.h"

#define SEALED_MAX ((size_t)16 * 1024)

DB_SQL(USER_BY_LOGIN, "SELECT " USER_COLUMNS " FROM" USER_TABLES
                      " WHERE st.login_token = $1 AND st.state = 'active' ORDER BY r.role");
DB_SQL(USER_BY_ID, "SELECT " USER_COLUMNS " FROM" USER_TABLES
                   " WHERE st.id = $1 AND st.state = 'active' ORDER BY r.role");
DB_SQL(USER_SEALED, "SELECT sealed FROM staff WHERE id = $1");

const char *login_normal(struct arena *a, const char *login)
{
    char *s = text_trim(a, login);

    for (char *p = s; *p; p++)
        *p = ascii_lower(*p);
    return s;
}

void login_token(struct ctx *ctx, unsigned char out[VAULT_TOKEN_BYTES], const char *login)
{
    vault_token(ctx->vault, out, "login", login_normal(ctx->arena, login));
}

static const char *staff_context(struct ctx *ctx, const char *id)
{
    return arena_printf(ctx->arena, "staff/%s", id);
}

enum err staff_seal(struct ctx *ctx, struct sealed *out, const char *id, const char *login,
                    const char *name)
{
    struct buf b;
    struct json_out j = { .buf = &b };

    buf_init(&b, ctx->arena, SEALED_MAX);
    json_begin_object(&j);
    json_pair(&j, "login", login);
    json_pair(&j, "name", name);
    json_end_object(&j);
    if (!buf_ok(&b))
        return ctx_fail_field(ctx, "name", tr(ctx, "The name is too long."));
    return vault_seal_text(ctx, out, VAULT_KEY_STAFF, staff_context(ctx, id), buf_text(&b));
}

enum err staff_unseal(struct ctx *ctx, const char **login_out, const char **name_out,
                      const char *id, const struct sealed *sealed)
{
    const char *text = NULL;
    const char *login;
    const char *name;
    json_t *tree = NULL;
    enum err rc;

    rc = vault_unseal_text(ctx, &text, VAULT_KEY_STAFF, staff_context(ctx, id), sealed);
    if (rc)
        return rc;
    rc = json_parse(ctx, &tree, text, strlen(text));
    if (rc)
        return rc;
    login = json_string_value(json_object_get(tree, "login"));
    name = json_string_value(json_object_get(tree, "name"));
    if (!login || !name)
        return ctx_fail(ctx, ERR_INTERNAL, "the sealed name of a user is incomplete");
    *login_out = login;
    *name_out = name;
    return OK;
}

/* --- reading --- */

struct role_list {
    const char **codes;
    const struct role *known[USER_ROLES_MAX];
    size_t len;
};

static void add_role(struct ctx *ctx, struct user *user, struct role_list *list, const char *code)
{
    const struct role *role = code ? role_find(code) : NULL;
    bool *permissions;

    /* A role that the content no longer has gives nothing. */
    if (!role || list->len == USER_ROLES_MAX)
        return;
    permissions = arena_memdup(ctx->arena, user->permissions, permissions_len() * sizeof(bool));
    for (size_t i = 0; i < permissions_len(); i++)
        permissions[i] = permissions[i] || role->grants[i];
    user->permissions = permissions;
    if (role->clearance > user->clearance)
        user->clearance = role->clearance;
    if (role->scope > user->scope)
        user->scope = role->scope;
    list->codes[list->len] = role->code;
    list->known[list->len] = role;
    list->len++;
}

static void add_titles(struct ctx *ctx, struct user *user, const struct role_list *list)
{
    const char **titles = ARENA_ARRAY(ctx->arena, USER_ROLES_MAX + 1, const char *);
    struct ctx theirs = *ctx;

    theirs.lang = user->lang;
    for (size_t i = 0; i < list->len; i++)
        titles[i] = role_title(&theirs, list->known[i]);
    user->roles = list->codes;
    user->role_titles = titles;
}

static enum err read_fields(struct ctx *ctx, struct user *user, struct rows *rows)
{
    struct sealed sealed = { 0 };

    user->id = row_text(rows, 0);
    user->office_id = row_text(rows, 1);
    user->office_code = row_text(rows, 2);
    user->office_name = row_text(rows, 3);
    user->time_zone = row_text(rows, 4);
    sealed.bytes = row_blob(rows, 5, &sealed.len);
    user->lang = row_text(rows, 6);
    user->demo = row_int(rows, 7) == 1;
    user->keys_off = row_int(rows, 8) == 1;
    user->clearance = PRIVACY_PUBLIC;
    user->scope = SCOPE_OWN;
    user->permissions = ARENA_ARRAY(ctx->arena, permissions_len() + 1, bool);
    return staff_unseal(ctx, &user->login, &user->name, user->id, &sealed);
}

enum err user_read(struct ctx *ctx, struct user *out, struct rows *rows)
{
    struct user user = { 0 };
    struct role_list list = { .codes = ARENA_ARRAY(ctx->arena, USER_ROLES_MAX + 1, const char *) };
    bool more = true;
    enum err rc;

    rc = read_fields(ctx, &user, rows);
    if (rc)
        return rc;
    while (more) {
        add_role(ctx, &user, &list, row_text(rows, USER_COLUMNS_LEN - 1));
        rc = db_next(ctx, rows, &more);
        if (rc)
            return rc;
    }
    add_titles(ctx, &user, &list);
    *out = user;
    return OK;
}

void user_act(struct ctx *ctx, const struct user *user)
{
    ctx->user = user;
    ctx->user_id = user->id;
    ctx->office_id = user->office_id;
    ctx->time_zone = user->time_zone;
    ctx->lang = user->lang;
}

/* The user of a query, acting from now on; missing is why there is none. */
static enum err load_and_act(struct ctx *ctx, struct rows *rows, const char *missing)
{
    struct user *user = ARENA_NEW(ctx->arena, struct user);
    bool more = false;
    enum err rc = db_next(ctx, rows, &more);

    if (rc == OK && !more)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, missing);
    if (rc == OK)
        rc = user_read(ctx, user, rows);
    if (rc == OK)
        user_act(ctx, user);
    db_rows_close(rows);
    return rc;
}

enum err user_load_by_login(struct ctx *ctx, const char *login)
{
    unsigned char token[VAULT_TOKEN_BYTES];
    struct rows *rows = NULL;
    enum err rc;

    login_token(ctx, token, login);
    rc = db_query(ctx, &rows, &USER_BY_LOGIN, DB_BLOB(token, sizeof(token)));
    if (rc)
        return rc;
    return load_and_act(ctx, rows,
                        tr(ctx, "There is no user {0}, or the account is locked.", TR_TEXT(login)));
}

enum err user_load_by_id(struct ctx *ctx, const char *id)
{
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &USER_BY_ID, DB_TEXT(id));

    if (rc)
        return rc;
    return load_and_act(ctx, rows, tr(ctx, "There is no such user, or the account is locked."));
}

static enum err read_name(struct ctx *ctx, const char **out, const char *user_id)
{
    struct sealed sealed = { 0 };
    struct rows *rows = NULL;
    const char *login = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &USER_SEALED, DB_TEXT(user_id));

    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc == OK && more) {
        sealed.bytes = row_blob(rows, 0, &sealed.len);
        rc = staff_unseal(ctx, &login, out, user_id, &sealed);
    } else if (rc == OK) {
        *out = "";
    }
    db_rows_close(rows);
    return rc;
}

enum err user_name(struct ctx *ctx, const char **out, const char *user_id)
{
    const bool own = user_id && ctx->user && text_equal(user_id, ctx->user->id);
    const char **known = user_id && !own ? memo_find(ctx, &USER_SEALED, user_id) : NULL;
    enum err rc = OK;

    *out = "";
    if (own)
        *out = ctx->user->name; /* opened with the session of this request */
    else if (known)
        *out = *known;
    else if (user_id)
        rc = read_name(ctx, out, user_id);
    if (rc || own || known || !user_id)
        return rc;
    known = ARENA_NEW(ctx->arena, const char *);
    *known = *out;
    memo_keep(ctx, &USER_SEALED, user_id, known);
    return OK;
}
