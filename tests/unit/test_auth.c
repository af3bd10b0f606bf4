/* Roles, signing in, sessions, users, offices, settings. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/auth_inner.h"
#include "core/text.h"
#include "fixture.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static const struct login_from near = { .loopback = true };
static const struct login_from far = { .address = "192.0.2.7" };

static enum err sign_in(struct fixture *f, const char *name, const char *password)
{
    struct login login = { 0 };

    return auth_login(&f->ctx, &login, name, password, &(struct login_from){ .loopback = true });
}

static const char *given_session(struct fixture *f)
{
    struct login login = { 0 };

    assert_int_equal(auth_login(&f->ctx, &login, "supervisor", FIXTURE_PASSWORD, &far), OK);
    return arena_strdup(f->long_arena, login.token);
}

static const char *id_of(struct fixture *f, const char *login)
{
    const char *id;

    fixture_as(f, login);
    id = arena_strdup(f->long_arena, f->ctx.user_id);
    fixture_as_nobody(f);
    return id;
}

static int64_t sessions(struct fixture *f)
{
    return count_of(f, f->ctx.db, "SELECT COUNT(*) FROM session");
}

/* --- roles --- */

static void roles_give_what_the_tables_say(void **state)
{
    struct fixture *f = *state;

    assert_true(user_may(NULL, PERM_PUBLIC));
    assert_false(user_may(NULL, PERM_SIGNED_IN));
    assert_false(user_may(NULL, "person.view"));
    fixture_as(f, "supervisor");
    assert_true(user_may(f->ctx.user, PERM_SIGNED_IN));
    assert_true(user_may(f->ctx.user, "person.import"));
    assert_false(user_may(f->ctx.user, "person.erase"));
    assert_false(user_may(f->ctx.user, "no.such.permission"));
    assert_true(user_may_do(f->ctx.user, "person", "import"));
    assert_false(user_may_do(f->ctx.user, "person", "erase"));
    assert_false(user_may_do(f->ctx.user, "person.import", ""));
    assert_false(user_may_do(f->ctx.user, NULL, "import"));
    assert_false(user_may_do(NULL, "person", "import"));
    assert_int_equal(f->ctx.user->clearance, PRIVACY_SENSITIVE);
    assert_int_equal(f->ctx.user->scope, SCOPE_OFFICE);
    fixture_as(f, "me_officer");
    assert_false(user_may(f->ctx.user, "person.view"));
    assert_int_equal(f->ctx.user->clearance, PRIVACY_INTERNAL);
    assert_true(auth_permission_exists("person.view"));
    assert_true(auth_permission_exists(PERM_PUBLIC));
    assert_false(auth_permission_exists(""));
    assert_false(auth_permission_exists("person.*"));
}

static void several_roles_add_up(void **state)
{
    struct fixture *f = *state;
    const char *const roles[] = { "interviewer", "administrator", NULL };
    const struct user_new n = { .login = "Both.Roles@example",
                                .name = "Yusuf Demir",
                                .lang = "fr",
                                .office_id = f->office_id,
                                .roles = roles };
    const char *id = NULL;

    assert_int_equal(user_create(&f->ctx, &id, &n), OK);
    assert_int_equal(user_load_by_login(&f->ctx, " both.roles@EXAMPLE "), OK);
    assert_string_equal(f->ctx.user->login, "both.roles@example");
    assert_string_equal(f->ctx.user->name, "Yusuf Demir");
    assert_string_equal(f->ctx.user_id, id);
    assert_string_equal(f->ctx.office_id, f->office_id);
    assert_string_equal(f->ctx.time_zone, "Africa/Dakar");
    assert_string_equal(f->ctx.lang, "fr");
    assert_true(role_find("interviewer")->clearance > role_find("administrator")->clearance);
    assert_int_equal(f->ctx.user->clearance, role_find("interviewer")->clearance);
    assert_int_equal(f->ctx.user->scope, SCOPE_ALL);
    assert_string_equal(f->ctx.user->roles[0], "administrator");
    assert_string_equal(f->ctx.user->roles[1], "interviewer");
    assert_null(f->ctx.user->roles[2]);
    assert_string_equal(f->ctx.user->role_titles[1], "Enquêteur");
    assert_true(user_may(f->ctx.user, "user.manage"));
    assert_true(user_may(f->ctx.user, "rss.create"));
}

static void classes_of_privacy_have_names(void **state)
{
    enum privacy p = PRIVACY_PUBLIC;

    (void)state;
    assert_true(privacy_parse("sensitive", &p));
    assert_int_equal(p, PRIVACY_SENSITIVE);
    assert_false(privacy_parse("secret", &p));
    assert_false(privacy_parse("", &p));
}

/* --- signing in --- */

static void signing_in_opens_a_session_of_which_only_a_hash_is_stored(void **state)
{
    struct fixture *f = *state;
    const char *token = given_session(f);

    assert_int_equal(strlen(token), 43);
    assert_false(files_hold(f, token));
    assert_int_equal(auth_session_load(&f->ctx, token, NULL), OK);
    assert_string_equal(f->ctx.user->name, "Aminata Traore");
    assert_string_equal(f->ctx.user->office_code, "SN");
    assert_int_equal(audit_count(f, "auth.login"), 1);
    assert_string_not_equal(token, given_session(f));
}

static void wrong_name_wrong_password_and_locked_look_the_same(void **state)
{
    struct fixture *f = *state;
    const char *first;

    assert_int_equal(sign_in(f, "supervisor", "a long walk home 8"), ERR_FORBIDDEN);
    first = ctx_first_problem(&f->ctx);
    ctx_clear_problems(&f->ctx);
    assert_int_equal(sign_in(f, "nobody.at.all", FIXTURE_PASSWORD), ERR_FORBIDDEN);
    assert_string_equal(ctx_first_problem(&f->ctx), first);
    ctx_clear_problems(&f->ctx);
    assert_int_equal(sign_in(f, "case_manager", ""), ERR_FORBIDDEN); /* has no password */
    assert_string_equal(ctx_first_problem(&f->ctx), first);
    ctx_clear_problems(&f->ctx);
    assert_int_equal(user_set_state(&f->ctx, "supervisor", "locked"), OK);
    assert_int_equal(sign_in(f, "supervisor", FIXTURE_PASSWORD), ERR_FORBIDDEN);
    assert_string_equal(ctx_first_problem(&f->ctx), first);
    assert_int_equal(audit_count(f, "auth.refuse"), 4);
    assert_int_equal(sessions(f), 0);
}

static void demo_accounts_sign_in_from_this_machine_only(void **state)
{
    struct fixture *f = *state;
    const char *const roles[] = { "case_manager", NULL };
    const struct user_new n = { .login = "demo",
                                .name = "Demo",
                                .password = FIXTURE_PASSWORD,
                                .lang = "en",
                                .office_id = f->office_id,
                                .roles = roles,
                                .demo = true };
    struct login login = { 0 };
    const char *id = NULL;

    assert_int_equal(user_create(&f->ctx, &id, &n), OK);
    assert_int_equal(auth_login(&f->ctx, &login, "demo", FIXTURE_PASSWORD, &far), ERR_FORBIDDEN);
    assert_int_equal(auth_login(&f->ctx, &login, "demo", FIXTURE_PASSWORD, &near), OK);
}

static void use_up_free_attempts(struct fixture *f, const char *name)
{
    for (int i = 0; i < AUTH_FAILS_FREE; i++)
        assert_int_equal(sign_in(f, name, "not this one"), ERR_FORBIDDEN);
}

static void throttle(struct fixture *f, const char *name)
{
    use_up_free_attempts(f, name);
    assert_int_equal(sign_in(f, name, "not this one"), ERR_LIMIT);
    f->ctx.now_ms += SECOND;
    assert_int_equal(sign_in(f, name, "not this one"), ERR_FORBIDDEN);
    f->ctx.now_ms += SECOND;
    assert_int_equal(sign_in(f, name, FIXTURE_PASSWORD), ERR_LIMIT); /* two seconds by now */
}

static void failures_make_the_next_attempt_wait(void **state)
{
    struct fixture *f = *state;

    throttle(f, "supervisor");
    f->ctx.now_ms += SECOND;
    assert_int_equal(sign_in(f, "supervisor", FIXTURE_PASSWORD), OK);
    use_up_free_attempts(f, "supervisor"); /* a right one starts anew */
}

static void names_that_nobody_has_wait_as_well(void **state)
{
    throttle(*state, "nobody.at.all");
}

static void the_wait_never_exceeds_a_quarter_of_an_hour(void **state)
{
    struct fixture *f = *state;

    use_up_free_attempts(f, "supervisor");
    tamper(f, f->ctx.db, "UPDATE sign_in_failure SET failed = 1000000");
    assert_int_equal(sign_in(f, "supervisor", FIXTURE_PASSWORD), ERR_LIMIT);
    f->ctx.now_ms += 15 * MINUTE - 1;
    assert_int_equal(sign_in(f, "supervisor", FIXTURE_PASSWORD), ERR_LIMIT);
    f->ctx.now_ms += 1;
    assert_int_equal(sign_in(f, "supervisor", FIXTURE_PASSWORD), OK);
}

static void a_clock_set_back_locks_nobody_out(void **state)
{
    struct fixture *f = *state;

    use_up_free_attempts(f, "supervisor");
    f->ctx.now_ms -= 48 * HOUR;
    assert_int_equal(sign_in(f, "supervisor", FIXTURE_PASSWORD), ERR_LIMIT);
    f->ctx.now_ms += SECOND;
    assert_int_equal(sign_in(f, "supervisor", FIXTURE_PASSWORD), OK);
}

static void old_failures_are_forgotten(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(sign_in(f, "nobody.at.all", "not this one"), ERR_FORBIDDEN);
    f->ctx.now_ms += 25 * HOUR;
    assert_int_equal(sign_in(f, "somebody.else", "not this one"), ERR_FORBIDDEN);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT COUNT(*) FROM sign_in_failure"), 1);
}

static void signing_in_leaves_no_session_when_the_database_fails(void **state)
{
    struct fixture *f = *state;
    struct login login = { 0 };
    enum err rc = ERR_DB;
    int n;

    for (n = 1; rc; n++) {
        f->ctx.now_ms += HOUR; /* attempts are counted even when what follows fails */
        db_fail_at(f->ctx.db, n);
        rc = auth_login(&f->ctx, &login, "supervisor", FIXTURE_PASSWORD, &near);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(sessions(f), rc ? 0 : 1);
        assert_int_equal(audit_count(f, "auth.login"), rc ? 0 : 1);
        assert_true(rc == OK || login.token == NULL);
    }
    assert_true(n > 10);
}

/* --- sessions --- */

static enum err load_session(struct fixture *f, const char *token, struct db *write_db)
{
    fixture_as_nobody(f);
    return auth_session_load(&f->ctx, token, write_db);
}

static void a_session_ends_when_it_idles(void **state)
{
    struct fixture *f = *state;
    const char *token = given_session(f);

    for (int i = 0; i < 4; i++) {
        f->ctx.now_ms += 29 * MINUTE;
        assert_int_equal(load_session(f, token, f->ctx.db), OK);
    }
    f->ctx.now_ms += 31 * MINUTE;
    assert_int_equal(load_session(f, token, f->ctx.db), ERR_NOT_FOUND);
    assert_null(f->ctx.user);
}

static void a_session_ends_after_twelve_hours_of_work(void **state)
{
    struct fixture *f = *state;
    const char *token = given_session(f);
    int64_t began = f->ctx.now_ms;

    while (f->ctx.now_ms < began + AUTH_SESSION_MS - 20 * MINUTE) {
        f->ctx.now_ms += 20 * MINUTE;
        if (f->ctx.now_ms < began + AUTH_SESSION_MS)
            assert_int_equal(load_session(f, token, f->ctx.db), OK);
    }
    f->ctx.now_ms = began + AUTH_SESSION_MS;
    assert_int_equal(load_session(f, token, f->ctx.db), ERR_NOT_FOUND);
}

static void a_clock_set_back_ends_a_session(void **state)
{
    struct fixture *f = *state;
    const char *token = given_session(f);

    f->ctx.now_ms -= MINUTE; /* small corrections are nothing */
    assert_int_equal(load_session(f, token, f->ctx.db), OK);
    f->ctx.now_ms -= 24 * HOUR;
    assert_int_equal(load_session(f, token, f->ctx.db), ERR_NOT_FOUND);
}

static void a_page_is_served_though_the_session_cannot_be_brought_up_to_date(void **state)
{
    struct fixture *f = *state;
    const char *token = given_session(f);
    struct db *other = NULL;

    f->ctx.now_ms += 5 * MINUTE;
    assert_int_equal(db_open(&f->ctx, &other, f->url, DB_READ_WRITE, NULL), OK);
    for (int n = 1; n <= 4; n++) {
        db_fail_at(other, n);
        assert_int_equal(load_session(f, token, other), OK);
        assert_false(db_in_transaction(other));
        assert_string_equal(ctx_first_problem(&f->ctx), "");
    }
    db_close(other);
}

static void nobody_gets_in_with_another_token(void **state)
{
    struct fixture *f = *state;
    char *token = arena_strdup(f->ctx.arena, given_session(f));
    char longer[200];

    memset(longer, 'A', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    token[0] = token[0] == 'A' ? 'B' : 'A';
    assert_int_equal(load_session(f, token, NULL), ERR_NOT_FOUND);
    assert_int_equal(load_session(f, "", NULL), ERR_NOT_FOUND);
    assert_int_equal(load_session(f, NULL, NULL), ERR_NOT_FOUND);
    assert_int_equal(load_session(f, longer, NULL), ERR_NOT_FOUND);
}

static void signing_out_ends_the_session(void **state)
{
    struct fixture *f = *state;
    const char *token = given_session(f);
    const char *other = given_session(f);

    assert_int_equal(auth_logout(&f->ctx, token), OK);
    assert_int_equal(auth_logout(&f->ctx, token), OK);
    assert_int_equal(load_session(f, token, NULL), ERR_NOT_FOUND);
    assert_int_equal(load_session(f, other, NULL), OK);
    assert_int_equal(audit_count(f, "auth.logout"), 1);
}

static void new_password_lock_and_leave_end_all_sessions(void **state)
{
    struct fixture *f = *state;
    const char *token = given_session(f);

    assert_int_equal(user_set_password(&f->ctx, "supervisor", "another long walk"), OK);
    assert_int_equal(load_session(f, token, NULL), ERR_NOT_FOUND);
    assert_int_equal(sign_in(f, "supervisor", FIXTURE_PASSWORD), ERR_FORBIDDEN);
    assert_int_equal(sign_in(f, "supervisor", "another long walk"), OK);
    assert_int_equal(user_set_state(&f->ctx, "supervisor", "left"), OK);
    assert_int_equal(sessions(f), 0);
    assert_int_equal(user_load_by_login(&f->ctx, "supervisor"), ERR_NOT_FOUND);
    assert_int_equal(user_set_state(&f->ctx, "supervisor", "gone"), ERR_INVALID);
    assert_int_equal(user_set_state(&f->ctx, "nobody.at.all", "left"), ERR_NOT_FOUND);
}

static void an_api_token_does_not_idle_but_ends(void **state)
{
    struct fixture *f = *state;
    const char *id = id_of(f, "me_officer");
    const char *token = NULL;
    int64_t now = f->ctx.now_ms;

    assert_int_equal(auth_token_new(&f->ctx, &token, id, now), ERR_INVALID);
    assert_int_equal(auth_token_new(&f->ctx, &token, id, now + 2 * AUTH_TOKEN_MAX_MS), ERR_INVALID);
    assert_int_equal(auth_token_new(&f->ctx, &token, id, now + 240 * HOUR), OK);
    f->ctx.now_ms += 239 * HOUR;
    assert_int_equal(load_session(f, token, f->ctx.db), OK);
    assert_string_equal(f->ctx.user->login, "me_officer");
    f->ctx.now_ms += HOUR;
    assert_int_equal(load_session(f, token, f->ctx.db), ERR_NOT_FOUND);
}

/* --- users --- */

static void users_are_refused_with_the_field_that_is_wrong(void **state)
{
    struct fixture *f = *state;
    const char *const roles[] = { "case_manager", NULL };
    const char *const unknown[] = { "king", NULL };
    const char *const none[] = { NULL };
    const struct user_new good = { .login = "new.user",
                                   .name = "Ifeoma Eze",
                                   .password = FIXTURE_PASSWORD,
                                   .lang = "en",
                                   .office_id = f->office_id,
                                   .roles = roles };
    const struct {
        const char *field;
        struct user_new n;
    } cases[] = {
        { "login", { "a", good.name, good.password, "en", good.office_id, roles, false } },
        { "login", { "two words", good.name, good.password, "en", good.office_id, roles, false } },
        { "login", { "Амина", good.name, good.password, "en", good.office_id, roles, false } },
        { "name", { good.login, "  ", good.password, "en", good.office_id, roles, false } },
        { "lang", { good.login, good.name, good.password, "xx", good.office_id, roles, false } },
        { "roles", { good.login, good.name, good.password, "en", good.office_id, unknown, false } },
        { "roles", { good.login, good.name, good.password, "en", good.office_id, none, false } },
        { "password", { good.login, good.name, "too short", "en", good.office_id, roles, false } },
        { "password",
          { "long.login.name", good.name, "Long.Login.Name", "en", good.office_id, roles, false } },
        { "password",
          { good.login, good.name, "Password123", "en", good.office_id, roles, false } },
        { "password",
          { good.login, good.name, "aaaaaaaaaaaa", "en", good.office_id, roles, false } },
    };
    const char *id = NULL;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ctx_clear_problems(&f->ctx);
        assert_int_equal(user_create(&f->ctx, &id, &cases[i].n), ERR_INVALID);
        assert_non_null(ctx_problem(&f->ctx, cases[i].field));
    }
    assert_null(id);
    assert_int_equal(user_create(&f->ctx, &id, &good), OK);
    assert_int_equal(user_create(&f->ctx, &id, &good), ERR_CONFLICT);
}

static void making_a_user_leaves_no_trace_when_the_database_fails(void **state)
{
    struct fixture *f = *state;
    const char *const roles[] = { "case_manager", "interviewer", NULL };
    const struct user_new n = { .login = "new.user",
                                .name = "Ifeoma Eze",
                                .lang = "en",
                                .office_id = f->office_id,
                                .roles = roles };
    const char *id = NULL;
    enum err rc = ERR_DB;
    int i;

    for (i = 1; rc; i++) {
        db_fail_at(f->ctx.db, i);
        rc = user_create(&f->ctx, &id, &n);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(count_of(f, f->ctx.db, "SELECT COUNT(*) FROM staff"), rc ? 5 : 6);
        assert_int_equal(count_of(f, f->ctx.db, "SELECT COUNT(*) FROM staff_role"), rc ? 5 : 7);
        assert_int_equal(audit_count(f, "user.create"), rc ? 5 : 6);
    }
    assert_true(i > 7);
}

static void changing_a_user_leaves_no_trace_when_the_database_fails(void **state)
{
    struct fixture *f = *state;
    const char *id = id_of(f, "case_manager");
    enum err rc = ERR_DB;

    given_session(f);
    for (int n = 1; rc; n++) {
        db_fail_at(f->ctx.db, n);
        rc = user_set_state(&f->ctx, "supervisor", "locked");
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_int_equal(
            count_of(f, f->ctx.db, "SELECT COUNT(*) FROM staff WHERE state = 'locked'"),
            rc ? 0 : 1);
        assert_int_equal(sessions(f), rc ? 1 : 0);
        assert_int_equal(audit_count(f, "user.lock"), rc ? 0 : 1);
    }
    rc = ERR_DB;
    for (int n = 1; rc; n++) {
        db_fail_at(f->ctx.db, n);
        rc = user_set_lang(&f->ctx, id, "ar");
        db_fail_at(f->ctx.db, 0);
        assert_int_equal(audit_count(f, "user.lang"), rc ? 0 : 1);
        assert_int_equal(count_of(f, f->ctx.db, "SELECT COUNT(*) FROM staff WHERE lang = 'ar'"),
                         rc ? 0 : 1);
    }
}

static void names_are_sealed_and_found_again(void **state)
{
    struct fixture *f = *state;
    const char *name = NULL;
    struct user_row *users = NULL;
    size_t len = 0;

    assert_int_equal(db_flush(&f->ctx, f->ctx.db), OK);
    assert_false(files_hold(f, "Aminata"));
    assert_false(files_hold(f, "Traore"));
    assert_false(files_hold(f, FIXTURE_PASSWORD));
    assert_true(files_hold(f, "Africa/Dakar")); /* so they would have been found */
    assert_int_equal(user_name(&f->ctx, &name, id_of(f, "case_manager")), OK);
    assert_string_equal(name, "Kofi Mensah");
    assert_int_equal(user_name(&f->ctx, &name, "no such id"), OK);
    assert_string_equal(name, "");
    assert_int_equal(user_name(&f->ctx, &name, NULL), OK);
    assert_string_equal(name, "");
    assert_int_equal(user_list(&f->ctx, &users, &len), OK);
    assert_int_equal(len, 5);
    assert_string_equal(users[0].login, "administrator");
    assert_string_equal(users[4].name, "Aminata Traore");
    assert_string_equal(users[4].roles, "supervisor");
}

static void a_list_of_users_ends_at_the_office(void **state)
{
    struct fixture *f = *state;
    const struct office o = { .code = "NG",
                              .name = "Lagos",
                              .country = "NG",
                              .time_zone = "Africa/Lagos",
                              .currency = "NGN",
                              .language = "en" };
    struct user_row *users = NULL;
    const char *const roles[] = { "case_manager", NULL };
    struct user_new n = { .login = "lagos", .name = "Ngozi Obi", .lang = "en", .roles = roles };
    const char *id = NULL;
    size_t len = 0;

    assert_int_equal(office_create(&f->ctx, &n.office_id, &o, "Programme for Return"), OK);
    assert_int_equal(user_create(&f->ctx, &id, &n), OK);
    fixture_as(f, "lagos");
    assert_int_equal(user_list(&f->ctx, &users, &len), OK);
    assert_int_equal(len, 1);
    fixture_as(f, "administrator");
    assert_int_equal(user_list(&f->ctx, &users, &len), OK);
    assert_int_equal(len, 6);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT COUNT(*) FROM organisation"), 1);
}

/* --- offices and settings --- */

static void offices_are_checked_and_made_once(void **state)
{
    struct fixture *f = *state;
    struct office o = { .code = "ML",
                        .name = "Bamako",
                        .country = "ML",
                        .time_zone = "Africa/Bamako",
                        .currency = "XOF",
                        .language = "fr" };
    struct office loaded = { 0 };
    const char *id = NULL;
    enum err rc = ERR_DB;

    for (int n = 1; rc; n++) {
        db_fail_at(f->ctx.db, n);
        rc = office_create(&f->ctx, &id, &o, "Programme for Return");
        db_fail_at(f->ctx.db, 0);
        assert_int_equal(count_of(f, f->ctx.db, "SELECT COUNT(*) FROM office"), rc ? 1 : 2);
        assert_int_equal(audit_count(f, "office.create"), rc ? 1 : 2);
    }
    assert_int_equal(office_load(&f->ctx, &loaded, id), OK);
    assert_string_equal(loaded.name, "Bamako");
    assert_int_equal(office_load(&f->ctx, &loaded, "no such id"), ERR_NOT_FOUND);
    assert_int_equal(office_create(&f->ctx, &id, &o, "X"), ERR_CONFLICT);
    o.code = "ml";
    assert_int_equal(office_create(&f->ctx, &id, &o, "X"), ERR_INVALID);
    o.code = "MLB";
    o.time_zone = "../etc/passwd";
    assert_int_equal(office_create(&f->ctx, &id, &o, "X"), ERR_INVALID);
}

static void settings_are_kept_for_all_and_for_one_office(void **state)
{
    struct fixture *f = *state;
    const char *value = "?";
    enum err rc = ERR_DB;

    assert_int_equal(setting_get(&f->ctx, &value, "", "duplicates.limit"), OK);
    assert_null(value);
    assert_int_equal(setting_set(&f->ctx, "", "duplicates.limit", "0.8"), OK);
    for (int n = 1; rc; n++) {
        db_fail_at(f->ctx.db, n);
        rc = setting_set(&f->ctx, f->office_id, "duplicates.limit", "0.9");
        db_fail_at(f->ctx.db, 0);
        assert_int_equal(count_of(f, f->ctx.db, "SELECT COUNT(*) FROM setting"), rc ? 1 : 2);
        assert_int_equal(audit_count(f, "setting.set"), rc ? 1 : 2);
    }
    assert_int_equal(setting_set(&f->ctx, "", "duplicates.limit", "0.7"), OK);
    assert_int_equal(setting_get(&f->ctx, &value, "", "duplicates.limit"), OK);
    assert_string_equal(value, "0.7");
    assert_int_equal(setting_get(&f->ctx, &value, f->office_id, "duplicates.limit"), OK);
    assert_string_equal(value, "0.9");
    assert_int_equal(setting_set(&f->ctx, "", " ", "x"), ERR_INVALID);
}

/* --- the command --- */

static enum err run(struct fixture *f, const char *line)
{
    char **words = text_split(f->ctx.arena, line, ' ', true, NULL);
    int argc = 0;

    while (words[argc])
        argc++;
    ctx_clear_problems(&f->ctx);
    return auth_command(&f->ctx, argc, words);
}

static void the_command_makes_locks_and_lists_users(void **state)
{
    struct fixture *f = *state;
    const char *path = arena_printf(f->ctx.arena, "%s/password", f->dir);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs("three goats and a well\nsecond line\n", file);
    fclose(file);
    assert_int_equal(run(f, arena_printf(f->ctx.arena,
                                         "user add binta --name Binta --role supervisor,finance"
                                         " --office SN --database x --password-file %s",
                                         path)),
                     OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(sign_in(f, "binta", "three goats and a well"), OK);
    assert_int_equal(run(f, "user lock binta --database x"), OK);
    assert_int_equal(sign_in(f, "binta", "three goats and a well"), ERR_FORBIDDEN);
    assert_int_equal(run(f, "user unlock binta --database x"), OK);
    assert_int_equal(run(f, "user token binta --days 3 --database x"), OK);
    assert_int_equal(run(f, "user list --database x"), OK);
    assert_int_equal(run(f, "user add second --name S --role finance --office SN --no-password"
                            " --database x"),
                     OK);
    assert_int_equal(run(f, "user add third --name T --role finance --office XX --no-password"
                            " --database x"),
                     ERR_NOT_FOUND);
    assert_int_equal(run(f, "user token binta --days 3000 --database x"), ERR_INVALID);
    assert_int_equal(run(f, "user lock --database x"), ERR_INVALID);
    assert_int_equal(run(f, "user burn binta --database x"), ERR_INVALID);
    assert_int_equal(run(f, "user --help"), OK);
    assert_false(files_hold(f, "three goats"));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

/* Each attempt with another name: only the address tells that they belong together. */
static enum err sprayed(struct fixture *f, int n, const char *address)
{
    const struct login_from from = { .address = address };
    struct login login = { 0 };

    ctx_clear_problems(&f->ctx);
    return auth_login(&f->ctx, &login, arena_printf(f->ctx.arena, "nobody%d", n), "a guess", &from);
}

static void who_tries_many_names_from_one_address_has_to_wait_a_little(void **state)
{
    struct fixture *f = *state;
    const struct login_from office = { .address = "198.51.100.4" };
    struct login login = { 0 };
    int n = 0;

    for (; n < ADDRESS_FAILS_FREE; n++)
        assert_int_equal(sprayed(f, n, "198.51.100.4"), ERR_FORBIDDEN);
    assert_int_equal(sprayed(f, n++, "198.51.100.4"), ERR_LIMIT);
    assert_non_null(strstr(ctx_first_problem(&f->ctx), "from your network. Try again in 20"));
    assert_int_equal(sprayed(f, n++, "::ffff:198.51.100.4"), ERR_LIMIT);
    assert_int_equal(sprayed(f, n++, "198.51.100.5"), ERR_FORBIDDEN); /* another */
    assert_int_equal(sprayed(f, n++, NULL), ERR_FORBIDDEN);           /* this machine */
    assert_int_equal(sprayed(f, n++, "no address"), ERR_FORBIDDEN);
    f->ctx.now_ms += ADDRESS_FAIL_MS; /* one more, which the right password does not use up */
    for (int i = 0; i < 3; i++)
        assert_int_equal(auth_login(&f->ctx, &login, "supervisor", FIXTURE_PASSWORD, &office), OK);
    assert_int_equal(sprayed(f, n++, "198.51.100.4"), ERR_FORBIDDEN);
    assert_int_equal(sprayed(f, n++, "198.51.100.4"), ERR_LIMIT);
    f->ctx.now_ms += 3 * ADDRESS_FAIL_MS + ADDRESS_FAIL_MS / 2;
    for (int i = 0; i < 3; i++)
        assert_int_equal(sprayed(f, n++, "198.51.100.4"), ERR_FORBIDDEN);
    assert_int_equal(sprayed(f, n++, "198.51.100.4"), ERR_LIMIT);
    assert_non_null(strstr(ctx_first_problem(&f->ctx), "in 10 seconds"));
    f->ctx.now_ms -= HOUR; /* a clock set back locks nobody out */
    assert_int_equal(sprayed(f, n++, "198.51.100.4"), ERR_LIMIT);
    f->ctx.now_ms += ADDRESS_FAIL_MS;
    assert_false(files_hold(f, "198.51.100.4"));
}

static void of_ipv6_a_whole_network_is_one_address(void **state)
{
    struct fixture *f = *state;
    int n = 0;

    for (; n < ADDRESS_FAILS_FREE; n++)
        assert_int_equal(
            sprayed(f, n, arena_printf(f->ctx.arena, "2001:db8:1:2::%x", (unsigned)n + 1)),
            ERR_FORBIDDEN);
    assert_int_equal(sprayed(f, n++, "2001:db8:1:2:ffff::1"), ERR_LIMIT);
    assert_int_equal(sprayed(f, n++, "2001:db8:1:3::1"), ERR_FORBIDDEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(who_tries_many_names_from_one_address_has_to_wait_a_little),
        T(of_ipv6_a_whole_network_is_one_address),
        T(roles_give_what_the_tables_say),
        T(several_roles_add_up),
        T(classes_of_privacy_have_names),
        T(signing_in_opens_a_session_of_which_only_a_hash_is_stored),
        T(wrong_name_wrong_password_and_locked_look_the_same),
        T(demo_accounts_sign_in_from_this_machine_only),
        T(failures_make_the_next_attempt_wait),
        T(names_that_nobody_has_wait_as_well),
        T(the_wait_never_exceeds_a_quarter_of_an_hour),
        T(a_clock_set_back_locks_nobody_out),
        T(old_failures_are_forgotten),
        T(signing_in_leaves_no_session_when_the_database_fails),
        T(a_session_ends_when_it_idles),
        T(a_session_ends_after_twelve_hours_of_work),
        T(a_clock_set_back_ends_a_session),
        T(a_page_is_served_though_the_session_cannot_be_brought_up_to_date),
        T(nobody_gets_in_with_another_token),
        T(signing_out_ends_the_session),
        T(new_password_lock_and_leave_end_all_sessions),
        T(an_api_token_does_not_idle_but_ends),
        T(users_are_refused_with_the_field_that_is_wrong),
        T(making_a_user_leaves_no_trace_when_the_database_fails),
        T(changing_a_user_leaves_no_trace_when_the_database_fails),
        T(names_are_sealed_and_found_again),
        T(a_list_of_users_ends_at_the_office),
        T(offices_are_checked_and_made_once),
        T(settings_are_kept_for_all_and_for_one_office),
        T(the_command_makes_locks_and_lists_users),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
