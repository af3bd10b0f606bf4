#include "fixture.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/text.h"

#define STORES 4

static const char *const store_sets[STORES] = { "main", "keys", "index", "access" };

#define must_be_ok(f, call)                                                                        \
    do {                                                                                           \
        enum err rc_ = (call);                                                                     \
        if (rc_)                                                                                   \
            print_error("%s: %s\n", #call, ctx_first_problem(&(f)->ctx));                          \
        assert_int_equal(rc_, OK);                                                                 \
    } while (0)

/* --- databases --- */

static struct db **store(struct fixture *f, int i)
{
    struct db **const stores[STORES] = { &f->ctx.db, &f->keys, &f->ctx.index_db, &f->access };

    return stores[i];
}

static const char *store_url(struct fixture *f, int i)
{
    return i == 0 ? f->url : db_companion_url(f->long_arena, f->url, store_sets[i]);
}

/* The PostgreSQL databases are made once per test program and emptied for each fixture: making and
 * dropping them takes a second. */
static char pg_main_url[512];

static void drop_databases(void)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en" };
    struct db *base = NULL;

    if (db_open(&ctx, &base, getenv("HOMEWARD_PG_URL"), DB_READ_WRITE, NULL))
        print_error("the databases of the tests could not be dropped\n");
    for (int i = 0; base && i < STORES; i++) {
        const char *url =
            i == 0 ? pg_main_url : db_companion_url(ctx.arena, pg_main_url, store_sets[i]);
        const char *name = strchr(strstr(url, "://") + 3, '/') + 1;
        const char *sql = arena_printf(ctx.arena, "DROP DATABASE IF EXISTS %.*s WITH (FORCE)",
                                       (int)strcspn(name, "?"), name);

        if (db_exec_in(&ctx, base, NULL, db_sql_built(base, sql)))
            print_error("%s\n", ctx_first_problem(&ctx));
    }
    db_close(base);
    arena_free(ctx.arena);
}

static const char *pg_url(struct fixture *f, const char *base)
{
    if (!pg_main_url[0]) {
        const char *suffix = arena_printf(f->long_arena, "f%d", (int)getpid());

        snprintf(pg_main_url, sizeof(pg_main_url), "%s",
                 db_companion_url(f->long_arena, base, suffix));
        assert_int_equal(atexit(drop_databases), 0);
    }
    return pg_main_url;
}

static void open_stores(struct fixture *f)
{
    const char *base = getenv("HOMEWARD_PG_URL");

    f->postgres = base != NULL;
    f->url = base ? pg_url(f, base) : arena_printf(f->long_arena, "%s/homeward", f->dir);
    for (int i = 0; i < STORES; i++) {
        must_be_ok(f, db_open(&f->ctx, store(f, i), store_url(f, i), DB_CREATE, NULL));
        if (base)
            must_be_ok(f, db_ddl(&f->ctx, *store(f, i),
                                 "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"));
        must_be_ok(f, db_migrate(&f->ctx, *store(f, i), store_sets[i]));
    }
}

/* --- setting up --- */

static void open_vault(struct fixture *f)
{
    struct vault_secret secret = { 0 };

    f->key_file = arena_printf(f->long_arena, "%s/master", f->dir);
    secret.key_file = f->key_file;
    must_be_ok(f, vault_key_file_create(&f->ctx, f->key_file));
    must_be_ok(f, vault_create(&f->ctx, f->keys, &secret));
    must_be_ok(f, vault_open(&f->ctx, &f->ctx.vault, f->keys, &secret));
    must_be_ok(f, audit_open(&f->ctx, &f->ctx.audit, f->access));
}

static void add_user(struct fixture *f, const char *role, const char *name, const char *password)
{
    const char *const roles[] = { role, NULL };
    const struct user_new n = { .login = role,
                                .name = name,
                                .password = password,
                                .lang = "en",
                                .office_id = f->office_id,
                                .roles = roles };
    const char *id = NULL;

    must_be_ok(f, user_create(&f->ctx, &id, &n));
}

static void add_office_and_users(struct fixture *f)
{
    const struct office o = { .code = "SN",
                              .name = "Dakar",
                              .country = "SN",
                              .time_zone = "Africa/Dakar",
                              .currency = "XOF",
                              .language = "fr" };
    const char *id = NULL;

    must_be_ok(f, office_create(&f->ctx, &id, &o, "Programme for Return"));
    f->office_id = arena_strdup(f->long_arena, id);
    add_user(f, "supervisor", "Aminata Traore", FIXTURE_PASSWORD);
    add_user(f, "case_manager", "Kofi Mensah", NULL);
    add_user(f, "programme_manager", "Leila Haddad", NULL);
    add_user(f, "me_officer", "Rahim Uddin", NULL);
    add_user(f, "administrator", "Sofia Duarte", NULL);
}

static int setup(void **state, bool users)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->long_arena = arena_new(0);
    f->ctx.arena = arena_new(0);
    f->ctx.now_ms = FIXTURE_NOW;
    f->ctx.lang = "en";
    f->ctx.time_zone = "UTC";
    strcpy(f->dir, "/tmp/hw-fixture-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    open_stores(f);
    open_vault(f);
    must_be_ok(f, auth_load(&f->ctx));
    if (users)
        add_office_and_users(f);
    fixture_next_request(f, 0);
    *state = f;
    return 0;
}

int fixture_setup(void **state)
{
    return setup(state, true);
}

int fixture_setup_without_users(void **state)
{
    return setup(state, false);
}

static void remove_dir(const char *dir)
{
    char path[512];
    struct dirent *e;
    DIR *d = opendir(dir);

    assert_non_null(d);
    for (e = readdir(d); e; e = readdir(d)) {
        snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        if (e->d_name[0] != '.')
            assert_int_equal(unlink(path), 0);
    }
    closedir(d);
    assert_int_equal(rmdir(dir), 0);
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;

    audit_close(f->ctx.audit);
    vault_close(f->ctx.vault);
    for (int i = 0; i < STORES; i++)
        db_close(*store(f, i));
    remove_dir(f->dir);
    arena_free(f->ctx.arena);
    arena_free(f->long_arena);
    free(f);
    return 0;
}

/* --- acting --- */

void fixture_as(struct fixture *f, const char *login)
{
    must_be_ok(f, user_load_by_login(&f->ctx, login));
}

void fixture_as_nobody(struct fixture *f)
{
    f->ctx.user = NULL;
    f->ctx.user_id = NULL;
    f->ctx.office_id = NULL;
    f->ctx.lang = "en";
    f->ctx.time_zone = "UTC";
}

void fixture_next_request(struct fixture *f, int64_t ms)
{
    const char *login = f->ctx.user ? arena_strdup(f->long_arena, f->ctx.user->login) : NULL;

    fixture_as_nobody(f);
    ctx_clear_problems(&f->ctx);
    arena_free(f->ctx.arena);
    f->ctx.arena = arena_new(0);
    f->ctx.now_ms += ms;
    if (login)
        fixture_as(f, login);
}

/* --- looking --- */

int64_t count_of(struct fixture *f, struct db *db, const char *sql)
{
    struct rows *rows = NULL;
    bool more = false;
    int64_t n;

    must_be_ok(f, db_query_in(&f->ctx, db, &rows, db_sql_built(db, sql)));
    must_be_ok(f, db_next(&f->ctx, rows, &more));
    assert_true(more);
    n = row_int(rows, 0);
    db_rows_close(rows);
    return n;
}

int64_t audit_count(struct fixture *f, const char *action)
{
    return count_of(
        f, f->ctx.db,
        arena_printf(f->ctx.arena, "SELECT COUNT(*) FROM audit WHERE action = '%s'", action));
}

void tamper(struct fixture *f, struct db *db, const char *sql)
{
    int64_t changed = 0;

    must_be_ok(f, db_exec_in(&f->ctx, db, &changed, db_sql_built(db, sql)));
    assert_true(changed > 0);
}
