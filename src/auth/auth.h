#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

/*
 * Users, roles, scopes, sessions. Roles and permissions are data: content/roles/permissions.csv,
 * roles.csv, grants.csv. A staff member is a row of `staff`; names are sealed under the staff key
 * and sign-in names are found by keyed hash.
 *
 * Memory: ctx->arena; the role tables are loaded once before fork and read-only.
 * Errors: sign-in never says which of name and password was wrong, and takes the same time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

enum privacy { PRIVACY_PUBLIC, PRIVACY_INTERNAL, PRIVACY_PERSONAL, PRIVACY_SENSITIVE };

enum scope { SCOPE_OWN, SCOPE_OFFICE, SCOPE_ALL };

/* Permissions that are not in permissions.csv. */
#define PERM_PUBLIC    "public"    /* nobody needs to be signed in */
#define PERM_SIGNED_IN "signed_in" /* whoever is signed in */

struct user {
    const char *id;
    const char *office_id;
    const char *office_code;
    const char *office_name;
    const char *time_zone;
    const char *login;
    const char *name;
    const char *lang;
    const char *const *roles;       /* codes; ends with NULL */
    const char *const *role_titles; /* in ctx->lang */
    enum privacy clearance;         /* highest class that any role may read */
    enum scope scope;               /* widest of the roles */
    const bool *permissions;        /* by place in permissions.csv; use user_may */
    bool demo;
    bool keys_off; /* no shortcuts of one key (WCAG 2.1.4) */
};

/* Loads the role tables from the assets. ERR_INVALID with file, row, value. Once, before fork. */
enum err auth_load(struct ctx *ctx) MUST_USE;
bool auth_permission_exists(const char *permission);
/* NULL user: only PERM_PUBLIC. An unknown permission is never granted. */
bool user_may(const struct user *user, const char *permission);
/* The same of "<kind>.<verb>", which need not be put together first. */
bool user_may_do(const struct user *user, const char *kind, const char *verb);
/*
 * The program itself, for what it writes by rule whoever acts, such as that information was shared
 * or that a consent has expired: every permission, all offices. Whoever uses it has decided already
 * that it may be done. Lives in ctx->arena.
 */
const struct user *auth_program(struct ctx *ctx);
/* Title of a role in ctx->lang; the code itself if there is no such role. */
const char *auth_role_title(struct ctx *ctx, const char *code);
/* "public", "internal", "personal", "sensitive"; false if it is none of them. */
bool privacy_parse(const char *text, enum privacy *out);
const char *privacy_name(enum privacy p);

/*
 * Each kind of record has the permissions "<kind>.<verb>" of these verbs without a line in
 * permissions.csv; the kinds that come with the program by the names of their files.
 */
extern const char *const kind_verbs[]; /* ends with NULL */
bool kind_verb_exists(const char *verb);
/* Whether permissions begin with "<kind>." that are no kind's, such as user.manage. */
bool auth_prefix_taken(const char *kind);

/* What a role may do with the records of a kind that was published at run time. */
struct kind_grant {
    const char *kind;
    const char *role;
    const char *level; /* see, work, all: see auth_level_exists */
};
/* see: view, search, history; work: create and edit too; all: import and export too. */
bool auth_level_exists(const char *level);
/*
 * The role tables again, with the permissions of these kinds and their grants; grants of roles that
 * are not there any more are passed by. Between requests: users loaded before keep nothing valid.
 */
enum err auth_load_kinds(struct ctx *ctx, const char *const *kinds, size_t kinds_len,
                         const struct kind_grant *grants, size_t grants_len) MUST_USE;
/* Codes of all roles, in the order of roles.csv; ends with NULL. */
const char *const *auth_roles(struct arena *a);

/* --- signing in --- */

struct login {
    const char *token; /* 32 random bytes as base64url: goes into the cookie, never stored */
    const char *user_id;
};

struct login_from {
    bool loopback;       /* this machine: demo accounts are refused otherwise */
    const char *address; /* IPv4 or IPv6 as text; NULL = not known, or this machine */
};

/*
 * Checks name and password and opens a session (audited). ERR_FORBIDDEN wrong; ERR_LIMIT too many
 * failures: wait (the problem says how long). Of one name: after AUTH_FAILS_FREE failures the wait
 * doubles from 1 second up to 15 minutes. From one address (IPv4, or the /64 of IPv6), whatever the
 * names: ADDRESS_FAILS_FREE failures, then one more each ADDRESS_FAIL_MS, so that an office behind
 * one address never waits longer than that; who signs in is not counted. Only keyed hashes of names
 * and addresses are kept, for a day.
 */
enum err auth_login(struct ctx *ctx, struct login *out, const char *name, const char *password,
                    const struct login_from *from) MUST_USE;
#define AUTH_FAILS_FREE    5
#define ADDRESS_FAILS_FREE 60
#define ADDRESS_FAIL_MS    ((int64_t)20 * 1000)
#define AUTH_IDLE_MS       ((int64_t)30 * 60 * 1000)      /* browser sessions end after idling */
#define AUTH_SESSION_MS    ((int64_t)12 * 60 * 60 * 1000) /* and at the latest after this */

/*
 * The session's user, loaded into ctx (user, user_id, office_id, time_zone, lang). ERR_NOT_FOUND:
 * no such session, ended, or the account is locked. write_db may be NULL; seen_at is then not
 * brought up to date.
 */
enum err auth_session_load(struct ctx *ctx, const char *token, struct db *write_db) MUST_USE;
enum err auth_logout(struct ctx *ctx, const char *token) MUST_USE;
/* Ends all sessions of a user: password change, change of rights, lock. */
enum err auth_end_sessions(struct ctx *ctx, const char *user_id) MUST_USE;
/* A token for the API that acts as the user; ends at ends_at. */
enum err auth_token_new(struct ctx *ctx, const char **token_out, const char *user_id,
                        int64_t ends_at) MUST_USE;
#define AUTH_TOKEN_MAX_MS ((int64_t)366 * 24 * 60 * 60 * 1000)

/* --- users --- */

struct user_new {
    const char *login;
    const char *name;
    const char *password; /* at least 10 characters; NULL: cannot sign in yet */
    const char *lang;
    const char *office_id;
    const char *const *roles; /* ends with NULL */
    const char *gender;       /* female, male; NULL or "" = not said */
    bool demo;
};

enum err user_create(struct ctx *ctx, const char **id_out, const struct user_new *n) MUST_USE;
/* Acts as a user without a password: commands with --as NAME, and the job role. */
enum err user_load_by_login(struct ctx *ctx, const char *login) MUST_USE;
/* The same by id. ERR_NOT_FOUND: there is none, or it is locked. */
enum err user_load_by_id(struct ctx *ctx, const char *id) MUST_USE;
enum err user_set_password(struct ctx *ctx, const char *login, const char *password) MUST_USE;
enum err user_set_state(struct ctx *ctx, const char *login, const char *state) MUST_USE;
enum err user_set_lang(struct ctx *ctx, const char *user_id, const char *lang) MUST_USE;
/* Whether the acting user's keyboard shortcuts are off. */
enum err user_set_keys(struct ctx *ctx, bool off) MUST_USE;

struct user_row {
    const char *id;
    const char *login;
    const char *name;
    const char *office_code;
    const char *state;
    const char *roles; /* separated by spaces */
};

enum err user_list(struct ctx *ctx, struct user_row **out, size_t *len_out) MUST_USE;
/* Active staff of all offices with a role that has the permission, whoever asks. */
enum err user_list_with(struct ctx *ctx, struct user_row **out, size_t *len_out,
                        const char *permission) MUST_USE;
/* The active ones of user_list with a role that has the permission. */
enum err user_list_who(struct ctx *ctx, struct user_row **out, size_t *len_out,
                       const char *permission) MUST_USE;
/* Active staff of an office who have a role, at most USERS_OF_ROLE_MAX; whoever acts. */
#define USERS_OF_ROLE_MAX 100
enum err user_ids_of_role(struct ctx *ctx, const char ***out, size_t *len_out, const char *role,
                          const char *office_id) MUST_USE;
/* Whether user_list would tell of this id, and the account is active. */
enum err user_reachable(struct ctx *ctx, bool *out, const char *user_id) MUST_USE;
/*
 * female or male, as returnees may wish of who works with them (R-1.4.3-04); NULL: not said. Set by
 * who manages accounts; ERR_INVALID with a problem of the field "gender".
 */
enum err user_gender(struct ctx *ctx, const char **out, const char *user_id) MUST_USE;
enum err user_set_gender(struct ctx *ctx, const char *user_id, const char *gender) MUST_USE;
/* Display name of a user id; "" if unknown. A page asks once for who stands on it often. */
enum err user_name(struct ctx *ctx, const char **out, const char *user_id) MUST_USE;

/* --- offices --- */

struct office {
    const char *id;
    const char *code;
    const char *name;
    const char *country;
    const char *time_zone;
    const char *currency;
    const char *language;
};

/* Makes the organisation on first use, and the office. */
enum err office_create(struct ctx *ctx, const char **id_out, const struct office *o,
                       const char *organisation) MUST_USE;
enum err office_load(struct ctx *ctx, struct office *out, const char *id) MUST_USE;
/* By its code, whatever the scope. ERR_NOT_FOUND: there is none. */
enum err office_find(struct ctx *ctx, const char **id_out, const char *code) MUST_USE;

/* Settings of all offices ('' ) or one; *out is NULL if not set. */
enum err setting_get(struct ctx *ctx, const char **out, const char *office_id,
                     const char *name) MUST_USE;
enum err setting_set(struct ctx *ctx, const char *office_id, const char *name,
                     const char *value) MUST_USE;

/* homeward user add|list|password|lock|unlock|token; argv[0] is "user". ctx is open already; what
 * is changed is flushed before anything is printed. */
enum err auth_command(struct ctx *ctx, int argc, char **argv) MUST_USE;

#endif
