#include "auth/home.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "auth/secret.h"
#include "core/log.h"
#include "core/opt.h"
#include "core/text.h"

enum store { STORE_MAIN, STORE_KEYS, STORE_INDEX, STORE_ACCESS, STORES };

static const char *const store_sets[STORES] = { "main", "keys", "index", "access" };

struct home {
    char *urls[STORES];
    struct db_shared
        *shared[STORES]; /* of main and access: what must be durable before an answer */
    struct db *dbs[STORES];
    struct db *read_db;
    struct vault *vault;
    struct arena *arena; /* lives as long as the home */
};

static bool is_postgres(const char *url)
{
    return text_starts(url, "postgresql://") || text_starts(url, "postgres://");
}

static bool file_exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0;
}

static void set_urls(struct home *home, const struct home_options *o)
{
    const char *given[STORES] = { o->database, o->keys, o->index, o->access };

    for (int i = 0; i < STORES; i++)
        home->urls[i] = given[i] != NULL
                            ? arena_strdup(home->arena, given[i])
                            : db_companion_url(home->arena, o->database, store_sets[i]);
}

/* The index follows the records: what it has lost in a power cut, index_catch_up brings in. */
static enum err connect_store(struct ctx *ctx, struct home *home, enum store s, enum db_mode mode)
{
    enum err rc = db_open(ctx, &home->dbs[s], home->urls[s], mode, home->shared[s]);

    if (rc == OK && s == STORE_INDEX)
        rc = db_relax(ctx, home->dbs[s]);
    return rc;
}

/* Opens and migrates one store. */
static enum err open_store(struct ctx *ctx, struct home *home, enum store s, bool create)
{
    enum err rc = connect_store(ctx, home, s, create ? DB_CREATE : DB_READ_WRITE);

    if (rc)
        return rc;
    return db_migrate(ctx, home->dbs[s], store_sets[s]);
}

static void drop_file(const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT)
        log_warn("could not remove %s: %s", path, strerror(errno));
}

/* The records can make it again; whatever a damaged file still holds would only mislead. */
static enum err mend_index(struct ctx *ctx, struct home *home)
{
    static const char *const parts[] = { "", "-wal", "-shm" };
    const char *url = home->urls[STORE_INDEX];
    enum err rc = open_store(ctx, home, STORE_INDEX, true);

    if (rc == OK)
        rc = db_check(ctx, home->dbs[STORE_INDEX]);
    if (rc != ERR_DB || is_postgres(url))
        return rc;
    ctx_clear_problems(ctx);
    db_close(home->dbs[STORE_INDEX]);
    home->dbs[STORE_INDEX] = NULL;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        drop_file(arena_printf(ctx->arena, "%s%s", url, parts[i]));
    log_warn("the search index was damaged and begins anew: start the server again if it runs");
    return open_store(ctx, home, STORE_INDEX, true);
}

/* The index is made when it is not there; one that cannot be read is told with the way out. */
static enum err open_index(struct ctx *ctx, struct home *home, const struct home_options *o)
{
    enum err rc = o->mend_index ? mend_index(ctx, home) : open_store(ctx, home, STORE_INDEX, true);

    if (rc != ERR_DB || is_postgres(home->urls[STORE_INDEX]))
        return rc;
    return ctx_fail(ctx, rc,
                    tr(ctx,
                       "The search index {0} cannot be used. Make it again from the records: "
                       "homeward index rebuild --database {1}",
                       TR_TEXT(home->urls[STORE_INDEX]), TR_TEXT(home->urls[STORE_MAIN])));
}

static enum err check_there(struct ctx *ctx, const struct home *home)
{
    const char *path = home->urls[STORE_MAIN];

    if (is_postgres(path) || file_exists(path))
        return OK;
    return ctx_fail(ctx, ERR_NOT_FOUND,
                    tr(ctx,
                       "There is no database {0}. Make one with: homeward init --database {0}, "
                       "or a demo with: homeward demo --database {0}",
                       TR_TEXT(path)));
}

/* --- the secret that opens the vault --- */

/* twice: it is to protect new keys, and a slip of the keyboard would lock everybody out. */
static enum err get_passphrase(struct ctx *ctx, const char **out, const char *path, bool twice)
{
    const struct secret_words words = {
        .field = "passphrase",
        .ask = twice ? tr(ctx, "New passphrase:") : tr(ctx, "Passphrase:"),
        .again = twice ? tr(ctx, "The new passphrase again:") : NULL,
        .differ = tr(ctx, "The two passphrases are not the same."),
        .none = tr(ctx, "No passphrase was given."),
        .no_terminal = tr(ctx, "A passphrase is needed, and there is no terminal to ask on. "
                               "Give it with --passphrase-file FILE."),
    };

    return secret_get(ctx, out, path, &words);
}

static enum err find_secret(struct ctx *ctx, const struct home *home, const struct home_options *o,
                            bool passphrase, struct vault_secret *out)
{
    const char *keys = home->urls[STORE_KEYS];

    if (!passphrase) {
        out->key_file = o->key_file;
        if (out->key_file == NULL && is_postgres(keys))
            return ctx_fail(ctx, ERR_INVALID,
                            tr(ctx, "Say where the key file lies: --key-file FILE."));
        if (out->key_file == NULL)
            out->key_file = arena_printf(ctx->arena, "%s.master", home->urls[STORE_MAIN]);
        return OK;
    }
    return get_passphrase(ctx, &out->passphrase, o->passphrase_file, false);
}

/* out opens what was made. */
static enum err make_vault(struct ctx *ctx, const struct home *home, const struct home_options *o,
                           struct vault_secret *out)
{
    enum err rc = o->use_passphrase
                      ? get_passphrase(ctx, &out->passphrase, o->passphrase_file, true)
                      : find_secret(ctx, home, o, false, out);

    if (rc)
        return rc;
    if (out->key_file != NULL && !file_exists(out->key_file))
        rc = vault_key_file_create(ctx, out->key_file);
    if (rc)
        return rc;
    return vault_create(ctx, home->dbs[STORE_KEYS], out);
}

DB_SQL_KEYS(STORE_COUNT, "SELECT count(*) FROM store");

static enum err vault_is_new(struct ctx *ctx, const struct home *home, bool *out)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query_in(ctx, home->dbs[STORE_KEYS], &rows, &STORE_COUNT);

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (rc)
        return rc;
    *out = row_int(rows, 0) == 0;
    db_rows_close(rows);
    return OK;
}

static enum err open_vault(struct ctx *ctx, struct home *home, const struct home_options *o)
{
    struct vault_secret secret = { 0 };
    bool passphrase = false;
    bool fresh = false;
    enum err rc = vault_is_new(ctx, home, &fresh);

    if (!rc && fresh && !o->create)
        return ctx_fail(ctx, ERR_NOT_FOUND,
                        tr(ctx,
                           "The key store {0} is empty: without its keys the database cannot "
                           "be read. Restore it from a backup.",
                           TR_TEXT(home->urls[STORE_KEYS])));
    if (!rc && fresh)
        rc = make_vault(ctx, home, o, &secret);
    else if (!rc)
        rc = vault_wants_passphrase(ctx, home->dbs[STORE_KEYS], &passphrase);
    if (!rc && !fresh)
        rc = find_secret(ctx, home, o, passphrase, &secret);
    if (!rc)
        rc = vault_open(ctx, &home->vault, home->dbs[STORE_KEYS], &secret);
    return rc;
}

/* --- opening, forking, closing --- */

static enum err take_connections(struct ctx *ctx, struct home *home)
{
    const char *demo = NULL;
    enum err rc;

    ctx->db = home->dbs[STORE_MAIN];
    ctx->index_db = home->dbs[STORE_INDEX];
    ctx->vault = home->vault;
    rc = audit_open(ctx, &ctx->audit, home->dbs[STORE_ACCESS]);
    if (!rc)
        rc = setting_get(ctx, &demo, "", "demo");
    if (rc)
        return rc;
    ctx->demo = demo != NULL && strcmp(demo, "1") == 0;
    return OK;
}

/* Beside the database or the key file, where nobody else can write. */
static const char *slots_path(struct arena *a, const struct home *home,
                              const struct home_options *o)
{
    if (!is_postgres(home->urls[STORE_MAIN]))
        return arena_printf(a, "%s.argon2", home->urls[STORE_MAIN]);
    if (o->key_file != NULL)
        return arena_printf(a, "%s.argon2", o->key_file);
    return "homeward.argon2"; /* in the folder that the server was started in */
}

enum err home_open(struct ctx *ctx, struct home **out, const struct home_options *o)
{
    struct arena *a = arena_new(0);
    struct home *home = ARENA_NEW(a, struct home);
    enum err rc = OK;

    home->arena = a;
    set_urls(home, o);
    home->shared[STORE_MAIN] = db_shared_new();
    home->shared[STORE_ACCESS] = db_shared_new();
    vault_password_slots(slots_path(a, home, o));
    if (!o->create)
        rc = check_there(ctx, home);
    for (int s = 0; s < STORES && !rc; s++)
        rc = s == STORE_INDEX ? open_index(ctx, home, o)
                              : open_store(ctx, home, (enum store)s, o->create);
    if (!rc)
        rc = open_vault(ctx, home, o);
    if (!rc)
        rc = take_connections(ctx, home);
    if (rc) {
        home_close(ctx, home);
        return rc;
    }
    *out = home;
    return OK;
}

void home_detach(struct ctx *ctx, struct home *home)
{
    audit_close(ctx->audit);
    ctx->audit = NULL;
    ctx->db = NULL;
    ctx->index_db = NULL;
    if (home->vault != NULL)
        vault_attach(home->vault, NULL);
    db_close(home->read_db);
    home->read_db = NULL;
    for (int s = 0; s < STORES; s++) {
        db_close(home->dbs[s]);
        home->dbs[s] = NULL;
    }
}

enum err home_attach(struct ctx *ctx, struct home *home)
{
    enum err rc = OK;

    for (int s = 0; s < STORES && !rc; s++)
        rc = connect_store(ctx, home, (enum store)s, DB_READ_WRITE);
    if (!rc)
        rc = db_open(ctx, &home->read_db, home->urls[STORE_MAIN], DB_READ_ONLY, NULL);
    if (rc)
        return rc;
    vault_attach(home->vault, home->dbs[STORE_KEYS]);
    return take_connections(ctx, home);
}

struct db *home_read_db(struct home *home)
{
    return home->read_db != NULL ? home->read_db : home->dbs[STORE_MAIN];
}

struct db *home_write_db(struct home *home)
{
    return home->dbs[STORE_MAIN];
}

bool home_lost(const struct home *home)
{
    for (int s = 0; s < STORES; s++)
        if (home->dbs[s] != NULL && db_lost(home->dbs[s]))
            return true;
    return home->read_db != NULL && db_lost(home->read_db);
}

enum err home_flush(struct ctx *ctx, struct home *home)
{
    enum err rc = db_flush(ctx, home->dbs[STORE_MAIN]);

    return rc ? rc : db_flush(ctx, home->dbs[STORE_ACCESS]);
}

enum err home_tidy(struct ctx *ctx, struct home *home)
{
    enum err rc = OK;

    for (int s = 0; rc == OK && s < STORES; s++)
        if (home->dbs[s] != NULL)
            rc = db_tidy(ctx, home->dbs[s]);
    return rc;
}

const char *home_url(const struct home *home, const char *set)
{
    for (int s = 0; s < STORES; s++)
        if (strcmp(store_sets[s], set) == 0)
            return home->urls[s];
    return NULL;
}

struct db *home_db(struct home *home, const char *set)
{
    for (int s = 0; s < STORES; s++)
        if (strcmp(store_sets[s], set) == 0)
            return home->dbs[s];
    return NULL;
}

void home_close(struct ctx *ctx, struct home *home)
{
    if (home == NULL)
        return;
    home_detach(ctx, home);
    vault_close(home->vault);
    ctx->vault = NULL;
    arena_free(home->arena);
}

struct home_options home_options_from(const struct opts *o)
{
    return (struct home_options){
        .database = opt_text(o, "database"),
        .keys = opt_text(o, "keys"),
        .key_file = opt_text(o, "key-file"),
        .passphrase_file = opt_text(o, "passphrase-file"),
    };
}
