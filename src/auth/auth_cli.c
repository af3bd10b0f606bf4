#include <stdio.h>
#include <string.h>

#include "auth/auth_inner.h"
#include "auth/home.h"
#include "auth/secret.h"
#include "core/opt.h"
#include "core/text.h"

#define DAY_MS     ((int64_t)24 * 60 * 60 * 1000)
#define DAYS_MAX   366
#define DAYS_USUAL 30

static const char usage[] =
    "homeward user add LOGIN --name NAME --role ROLE --office CODE --database FILE\n"
    "homeward user list --database FILE\n"
    "homeward user password LOGIN --database FILE\n"
    "homeward user lock LOGIN --database FILE\n"
    "homeward user unlock LOGIN --database FILE\n"
    "homeward user gender LOGIN [--gender female|male] --database FILE\n"
    "homeward user token LOGIN [--days N] --database FILE\n"
    "\n"
    "add       makes an account; several roles are written with commas between them\n"
    "list      shows all accounts with their roles and offices\n"
    "password  sets a new password and ends all sessions of the account\n"
    "lock      nobody can sign in with the account any more, and its sessions end\n"
    "unlock    the account can be used again; failed attempts are forgotten\n"
    "gender    says whether it is a woman or a man, where returnees may wish for one of them;\n"
    "          without --gender nothing is said of it any more\n"
    "token     prints a secret with which a program may use the API as this user;\n"
    "          it is shown once and not stored\n"
    "\n"
    "A password is asked for on the terminal, never given on the command line, where other\n"
    "users of the machine could see it. For scripts: --password-file FILE (its first line;\n"
    "- is standard input). With add, --no-password makes an account that cannot sign in yet.\n";

static const struct opt_spec options[] = {
    HOME_OPTS,
    { "name", "NAME", "add: the person's name", false },
    { "role", "ROLES", "add: case_manager,supervisor ...", false },
    { "office", "CODE", "add: code of the office, such as SN", false },
    { "lang", "CODE", "add: language of the pages (default: en)", false },
    { "gender", "GENDER", "add, gender: female or male", false },
    { "days", "N", "token: ends after so many days (default: 30)", false },
    { "password-file", "FILE", "file whose first line is the password", false },
    { "no-password", NULL, "add: the account cannot sign in yet", false },
    { 0 },
};

static enum err get_password(struct ctx *ctx, const char **out, const struct opts *o)
{
    const struct secret_words words = {
        .field = "password",
        .ask = tr(ctx, "New password:"),
        .again = tr(ctx, "The same again:"),
        .differ = tr(ctx, "The two passwords are not the same."),
        .none = tr(ctx, "No password was given."),
        .no_terminal = tr(ctx, "There is no terminal to ask for the password. Give it with "
                               "--password-file FILE."),
    };

    return secret_get(ctx, out, opt_text(o, "password-file"), &words);
}

/* --- the commands --- */

static const char *given(const struct opts *o, const char *name)
{
    const char *text = opt_text(o, name);

    return text ? text : "";
}

static enum err run_add(struct ctx *ctx, const char *login, const struct opts *o)
{
    struct user_new n = { .login = login, .name = given(o, "name"), .gender = given(o, "gender") };
    const char *id = NULL;
    enum err rc;

    n.lang = opt_text(o, "lang") ? opt_text(o, "lang") : "en";
    n.roles = (const char *const *)text_split(ctx->arena, given(o, "role"), ',', true, NULL);
    rc = office_find(ctx, &n.office_id, given(o, "office"));
    if (rc)
        return rc;
    if (!opt_flag(o, "no-password")) {
        rc = get_password(ctx, &n.password, o);
        if (rc)
            return rc;
    }
    rc = user_create(ctx, &id, &n);
    if (rc)
        return rc;
    rc = db_flush(ctx, ctx->db);
    if (rc == OK)
        printf("%s\n", tr(ctx, "The user {0} was added.", TR_TEXT(login)));
    return rc;
}

static enum err run_list(struct ctx *ctx, const char *login, const struct opts *o)
{
    struct user_row *users = NULL;
    size_t len = 0;
    enum err rc;

    (void)login;
    (void)o;
    rc = user_list(ctx, &users, &len);
    if (rc)
        return rc;
    for (size_t i = 0; i < len; i++)
        printf("%-24s %-8s %-8s %-32s %s\n", users[i].login, users[i].office_code, users[i].state,
               users[i].roles, users[i].name);
    return OK;
}

static enum err run_password(struct ctx *ctx, const char *login, const struct opts *o)
{
    const char *password = NULL;
    enum err rc;

    rc = get_password(ctx, &password, o);
    if (rc)
        return rc;
    rc = user_set_password(ctx, login, password);
    if (rc)
        return rc;
    rc = db_flush(ctx, ctx->db);
    if (rc == OK)
        printf("%s\n", tr(ctx, "The password of {0} was changed.", TR_TEXT(login)));
    return rc;
}

static enum err set_state(struct ctx *ctx, const char *login, const char *state, const char *said)
{
    enum err rc;

    rc = user_set_state(ctx, login, state);
    if (rc)
        return rc;
    rc = db_flush(ctx, ctx->db);
    if (rc == OK)
        printf("%s\n", said);
    return rc;
}

static enum err run_lock(struct ctx *ctx, const char *login, const struct opts *o)
{
    (void)o;
    return set_state(ctx, login, "locked", tr(ctx, "{0} is locked.", TR_TEXT(login)));
}

static enum err run_unlock(struct ctx *ctx, const char *login, const struct opts *o)
{
    (void)o;
    return set_state(ctx, login, "active", tr(ctx, "{0} is open again.", TR_TEXT(login)));
}

static enum err run_token(struct ctx *ctx, const char *login, const struct opts *o)
{
    struct ctx theirs = *ctx; /* only to find the user: the token is made by whoever acts */
    const char *token = NULL;
    int64_t days = DAYS_USUAL;
    enum err rc;

    if (opt_text(o, "days") && !parse_int(opt_text(o, "days"), 1, DAYS_MAX, &days))
        return ctx_fail_field(ctx, "days",
                              tr(ctx, "--days is a number from 1 to {0}.", TR_INT(DAYS_MAX)));
    rc = user_load_by_login(&theirs, login);
    if (rc) {
        ctx->problems = theirs.problems;
        ctx->problems_last = theirs.problems_last;
        return rc;
    }
    rc = auth_token_new(ctx, &token, theirs.user_id, ctx->now_ms + days * DAY_MS);
    if (rc)
        return rc;
    rc = db_flush(ctx, ctx->db);
    if (rc == OK)
        printf("%s\n", token);
    return rc;
}

static enum err run_gender(struct ctx *ctx, const char *login, const struct opts *o)
{
    struct ctx theirs = *ctx;
    enum err rc = user_load_by_login(&theirs, login);

    if (rc) {
        ctx->problems = theirs.problems;
        ctx->problems_last = theirs.problems_last;
        return rc;
    }
    rc = user_set_gender(ctx, theirs.user_id, opt_text(o, "gender"));
    if (rc == OK)
        rc = db_flush(ctx, ctx->db);
    if (rc == OK)
        printf("%s\n", tr(ctx, "Noted for {0}.", TR_TEXT(login)));
    return rc;
}

static const struct {
    const char *name;
    bool login;
    enum err (*run)(struct ctx *ctx, const char *login, const struct opts *o);
} commands[] = {
    { "add", true, run_add },           { "list", false, run_list },
    { "password", true, run_password }, { "lock", true, run_lock },
    { "unlock", true, run_unlock },     { "token", true, run_token },
    { "gender", true, run_gender },
};

enum err auth_command(struct ctx *ctx, int argc, char **argv)
{
    struct opts *o = NULL;
    enum err rc;

    rc = opts_parse(ctx, &o, options, usage, argc, argv);
    if (rc || !o)
        return rc;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (!text_equal(opt_word(o, 0), commands[i].name))
            continue;
        if (opt_words(o) != (commands[i].login ? 2U : 1U))
            break;
        return commands[i].run(ctx, opt_word(o, 1), o);
    }
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx,
                       "Type one of: homeward user add LOGIN, user list, user password LOGIN, "
                       "user lock LOGIN, user unlock LOGIN, user token LOGIN, user gender LOGIN."));
}
