#include "auth/home_cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "auth/home.h"
#include "core/buf.h"
#include "core/opt.h"
#include "core/text.h"

#define MANIFEST "MANIFEST"

/* What a backup holds, in the order that is safe: data before keys. The index is made again. */
static const char *const backup_sets[] = { "main", "access", "keys" };
#define BACKUP_SETS (sizeof backup_sets / sizeof backup_sets[0])

static enum err io_problem(struct ctx *ctx, const char *path)
{
    return ctx_fail(ctx, ERR_IO,
                    tr(ctx, "Could not use {0}: {1}", TR_TEXT(path), TR_TEXT(strerror(errno))));
}

/* --- init --- */

static const struct opt_spec init_opts[] = {
    HOME_OPTS,
    { "passphrase", NULL, "protect the keys by a passphrase, asked for at every start" },
    { "organisation", "NAME", "name of the organisation", .required = true },
    { "office", "NAME", "name of the first office", .required = true },
    { "code", "CODE", "its short code, the beginning of case numbers, such as SN",
      .required = true },
    { "country", "CC", "its country, ISO 3166 code", .required = true },
    { "time-zone", "ZONE", "IANA name, such as Africa/Dakar (default: UTC)" },
    { "currency", "CUR", "ISO 4217 code (default: USD)" },
    { "language", "LANG", "en, fr, es or ar (default: en)" },
    { 0 },
};

static const char *or_default(const char *text, const char *other)
{
    return text != NULL ? text : other;
}

enum err init_command(struct ctx *ctx, int argc, char **argv)
{
    struct home_options options;
    struct office office = { 0 };
    struct home *home = NULL;
    struct opts *o = NULL;
    const char *id = NULL;
    enum err rc = opts_parse(ctx, &o, init_opts,
                             "homeward init: makes an empty database with its first office.\n\n"
                             "Then add people who work there with: homeward user add --help",
                             argc, argv);

    if (rc || o == NULL)
        return rc;
    options = home_options_from(o);
    options.create = true;
    options.use_passphrase = opt_flag(o, "passphrase");
    office.name = opt_text(o, "office");
    office.code = opt_text(o, "code");
    office.country = opt_text(o, "country");
    office.time_zone = or_default(opt_text(o, "time-zone"), "UTC");
    office.currency = or_default(opt_text(o, "currency"), "USD");
    office.language = or_default(opt_text(o, "language"), "en");
    rc = home_open(ctx, &home, &options);
    if (rc)
        return rc;
    rc = office_create(ctx, &id, &office, opt_text(o, "organisation"));
    if (!rc)
        rc = home_flush(ctx, home);
    if (!rc)
        printf("%s\n", tr(ctx, "Made {0} with the office {1}.", TR_TEXT(options.database),
                          TR_TEXT(office.name)));
    home_close(ctx, home);
    return rc;
}

/* --- backup --- */

static enum err file_hash(struct ctx *ctx, const char **out, const char *path)
{
    crypto_generichash_state state;
    unsigned char hash[32];
    unsigned char chunk[65536];
    size_t n;
    FILE *f = fopen(path, "rb");

    if (f == NULL)
        return io_problem(ctx, path);
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        crypto_generichash_update(&state, chunk, n);
    fclose(f);
    crypto_generichash_final(&state, hash, sizeof hash);
    *out = hex_text(ctx->arena, hash, sizeof hash);
    return OK;
}

static enum err sync_path(struct ctx *ctx, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd) != 0;

    if (fd >= 0)
        close(fd);
    return failed ? io_problem(ctx, path) : OK;
}

static enum err write_file(struct ctx *ctx, const char *path, const char *text)
{
    FILE *f = fopen(path, "wx");

    if (f == NULL)
        return io_problem(ctx, path);
    if (fputs(text, f) < 0 || fclose(f) != 0)
        return io_problem(ctx, path);
    return sync_path(ctx, path);
}

static enum err copy_sets(struct ctx *ctx, struct home *home, const char *dir)
{
    struct buf manifest;
    enum err rc = OK;

    buf_init(&manifest, ctx->arena, 4096);
    for (size_t i = 0; i < BACKUP_SETS && !rc; i++) {
        const char *path = arena_printf(ctx->arena, "%s/%s", dir, backup_sets[i]);
        const char *hash = NULL;

        rc = db_copy_to(ctx, home_db(home, backup_sets[i]), path);
        if (!rc)
            rc = sync_path(ctx, path);
        if (!rc)
            rc = file_hash(ctx, &hash, path);
        if (!rc)
            buf_printf(&manifest, "%s  %s\n", hash, backup_sets[i]);
    }
    if (rc)
        return rc;
    rc = write_file(ctx, arena_printf(ctx->arena, "%s/" MANIFEST, dir), buf_text(&manifest));
    return rc ? rc : sync_path(ctx, dir);
}

static const struct opt_spec backup_opts[] = {
    HOME_OPTS,
    { "out", "DIR", "a new folder for the backup", .required = true },
    { 0 },
};

enum err backup_command(struct ctx *ctx, int argc, char **argv)
{
    struct home_options options;
    struct home *home = NULL;
    struct opts *o = NULL;
    const char *dir;
    enum err rc = opts_parse(
        ctx, &o, backup_opts,
        "homeward backup: copies a database that may be in use into a new folder.\n\n"
        "The folder gets the records, the access log and the key store, each consistent, the keys\n"
        "last, and a MANIFEST with their checksums. The search index is not copied: restore makes "
        "it\n"
        "again. The key file or passphrase is NOT in the backup: keep it elsewhere; without it\n"
        "nobody can read the backup. On PostgreSQL use pg_dump, the data first, then the keys.",
        argc, argv);

    if (rc || o == NULL)
        return rc;
    options = home_options_from(o);
    dir = opt_text(o, "out");
    rc = home_open(ctx, &home, &options);
    if (rc)
        return rc;
    if (mkdir(dir, 0700) != 0)
        rc = io_problem(ctx, dir);
    if (!rc)
        rc = copy_sets(ctx, home, dir);
    if (!rc)
        printf("%s\n", tr(ctx, "Backed up to {0}.", TR_TEXT(dir)));
    home_close(ctx, home);
    return rc;
}

/* --- restore --- */

static enum err copy_file(struct ctx *ctx, const char *from, const char *to)
{
    char chunk[65536];
    enum err rc = OK;
    ssize_t n = 0;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (in < 0 || out < 0)
        rc = io_problem(ctx, in < 0 ? from : to);
    while (!rc && (n = read(in, chunk, sizeof chunk)) > 0)
        if (write(out, chunk, (size_t)n) != n)
            rc = io_problem(ctx, to);
    if (!rc && (n < 0 || fsync(out) != 0))
        rc = io_problem(ctx, to);
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return rc;
}

/* The manifest names this file with the checksum that it has. */
static enum err check_manifest(struct ctx *ctx, const char *dir, const char *name)
{
    const char *path = arena_printf(ctx->arena, "%s/" MANIFEST, dir);
    const char *hash = NULL;
    char line[256];
    bool right = false;
    enum err rc = file_hash(ctx, &hash, arena_printf(ctx->arena, "%s/%s", dir, name));
    FILE *f;

    if (rc)
        return rc;
    f = fopen(path, "r");
    if (f == NULL)
        return io_problem(ctx, path);
    while (fgets(line, sizeof line, f) != NULL)
        right = right || strcmp(line, arena_printf(ctx->arena, "%s  %s\n", hash, name)) == 0;
    fclose(f);
    if (right)
        return OK;
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx,
                       "{0}/{1} is not what the backup wrote: its checksum differs. Use "
                       "another backup.",
                       TR_TEXT(dir), TR_TEXT(name)));
}

static const struct opt_spec restore_opts[] = {
    { "from", "DIR", "the folder that homeward backup made", .required = true },
    { "database", "FILE", "the new database; must not exist", .required = true },
    { 0 },
};

enum err restore_command(struct ctx *ctx, int argc, char **argv)
{
    struct opts *o = NULL;
    const char *dir;
    const char *database;
    enum err rc = opts_parse(
        ctx, &o, restore_opts,
        "homeward restore: makes a database from a backup, after checking its checksums.\n\n"
        "Put the key file beside it as FILE.master, or have the passphrase ready. Then run:\n"
        "homeward index rebuild --database FILE, and homeward check --database FILE",
        argc, argv);

    if (rc || o == NULL)
        return rc;
    dir = opt_text(o, "from");
    database = opt_text(o, "database");
    for (size_t i = 0; i < BACKUP_SETS && !rc; i++)
        rc = check_manifest(ctx, dir, backup_sets[i]);
    for (size_t i = 0; i < BACKUP_SETS && !rc; i++)
        rc = copy_file(ctx, arena_printf(ctx->arena, "%s/%s", dir, backup_sets[i]),
                       i == 0 ? database : db_companion_url(ctx->arena, database, backup_sets[i]));
    if (!rc)
        printf("%s\n", tr(ctx, "Restored to {0}.", TR_TEXT(database)));
    return rc;
}

/* --- check --- */

static const struct opt_spec check_opts[] = {
    HOME_OPTS,
    { 0 },
};

static enum err (*also)(struct ctx *ctx); /* set once at start */

void home_check_also(enum err (*check)(struct ctx *ctx))
{
    also = check;
}

static enum err check_all(struct ctx *ctx, struct home *home)
{
    static const char *const sets[] = { "main", "keys", "index", "access" };
    struct audit_report report = { 0 };
    enum err rc = OK;

    for (size_t i = 0; i < sizeof sets / sizeof sets[0] && !rc; i++) {
        rc = db_check(ctx, home_db(home, sets[i]));
        if (!rc)
            printf("%s\n", tr(ctx, "{0}: in order", TR_TEXT(home_url(home, sets[i]))));
        else
            (void)ctx_fail(ctx, rc, tr(ctx, "{0}: damaged", TR_TEXT(home_url(home, sets[i]))));
    }
    if (!rc)
        rc = audit_verify(ctx, &report);
    if (rc)
        return rc;
    if (report.fault != NULL)
        return ctx_fail(ctx, ERR_INVALID, report.fault);
    printf("%s\n", tr(ctx, "Audit: {0} rows of changes and {1} of reading, all chains whole",
                      TR_INT(report.rows), TR_INT(report.access_rows)));
    return also ? also(ctx) : OK;
}

enum err check_command(struct ctx *ctx, int argc, char **argv)
{
    struct home_options options;
    struct home *home = NULL;
    struct opts *o = NULL;
    enum err rc = opts_parse(
        ctx, &o, check_opts,
        "homeward check: reads everything and says whether it is whole: the "
        "databases,\nthe key store (it opens), every chain of the audit, and every file of "
        "the records.",
        argc, argv);

    if (rc || o == NULL)
        return rc;
    options = home_options_from(o);
    rc = home_open(ctx, &home, &options);
    if (rc)
        return rc;
    rc = check_all(ctx, home);
    home_close(ctx, home);
    return rc;
}
