#ifndef AUTH_AUTH_INNER_H
#define AUTH_AUTH_INNER_H

/* Inside the auth room: role tables, reading a user's row, sign-in names, throttle. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/auth.h"
#include "db/db.h"
#include "vault/vault.h"

#define USER_ROLES_MAX  32
#define LOGIN_BYTES_MAX 64
#define SECRET_BYTES    32

struct role {
    const char *code;
    enum privacy clearance;
    enum scope scope;
    const char **titles; /* by column of roles.csv */
    bool *grants;        /* by place in permissions.csv */
};

/* NULL if there is none. */
const struct role *role_find(const char *code);
bool role_grants(const struct role *role, const char *permission);
/* In ctx->lang, else in English. */
const char *role_title(const struct ctx *ctx, const struct role *role);
size_t permissions_len(void);
/* Codes of all roles, separated by a comma and a blank. */
const char *role_codes(struct arena *a);

/* A sign-in name as it is compared: without blanks around it, ASCII in lower case. */
const char *login_normal(struct arena *a, const char *login);
void login_token(struct ctx *ctx, unsigned char out[VAULT_TOKEN_BYTES], const char *login);

/* Columns of a user, one row per role, and the tables they come from; read by user_read. */
#define USER_COLUMNS                                                                               \
    "st.id, st.office_id, o.code, o.name, o.time_zone, st.sealed, st.lang, st.demo, st.keys_off, " \
    "r.role"
#define USER_COLUMNS_LEN 10
#define USER_TABLES                                                                                \
    " staff AS st JOIN office AS o ON o.id = st.office_id"                                         \
    " LEFT JOIN staff_role AS r ON r.staff_id = st.id"

/* Reads the first row of a user and all that follow (the query is for one user only). */
enum err user_read(struct ctx *ctx, struct user *out, struct rows *rows) MUST_USE;
/* Makes the user the acting one. */
void user_act(struct ctx *ctx, const struct user *user);

/* Seals {"login":..., "name":...} for a staff member, and opens it. */
enum err staff_seal(struct ctx *ctx, struct sealed *out, const char *id, const char *login,
                    const char *name) MUST_USE;
enum err staff_unseal(struct ctx *ctx, const char **login_out, const char **name_out,
                      const char *id, const struct sealed *sealed) MUST_USE;

/* Problems of field "password", each with its reason. */
enum err password_check_rules(struct ctx *ctx, const char *password, const char *login) MUST_USE;

/*
 * Counts an attempt to sign in before the password is looked at, so that attempts at the same
 * moment count too, for the name and for the address (NULL, or none: the name alone). ERR_LIMIT: it
 * has to wait. Runs a transaction of its own.
 */
enum err throttle_count(struct ctx *ctx, const unsigned char token[VAULT_TOKEN_BYTES],
                        const char *address) MUST_USE;
/* Forgets the attempts; inside the caller's transaction. */
enum err throttle_clear(struct ctx *ctx, const unsigned char token[VAULT_TOKEN_BYTES]) MUST_USE;

#endif
