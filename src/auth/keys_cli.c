#include <stdio.h>
#include <sys/stat.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "auth/home.h"
#include "auth/home_cli.h"
#include "auth/secret.h"
#include "core/opt.h"
#include "core/text.h"

static const char usage[] =
    "homeward keys change --database FILE [--new-passphrase-file FILE | --new-key-file FILE]\n"
    "\n"
    "Changes what opens the key store: from a passphrase or key file to another. The keys inside\n"
    "stay, so nothing is sealed anew, and a server that runs goes on; it needs the new one at its\n"
    "next start. Whatever happens meanwhile, exactly one of the two opens the store.\n"
    "\n"
    "Without --new-passphrase-file and --new-key-file the new passphrase is asked for, twice, on\n"
    "the terminal; it is never given on the command line, where other users of the machine could\n"
    "see it. For scripts: --new-passphrase-file FILE (its first line; - is standard input).\n"
    "--new-key-file makes the file if it is not there. The old one opens the store until the end:\n"
    "give it as always, with --passphrase-file or --key-file, or when asked.\n"
    "\n"
    "Backups made before still open with the old passphrase or key file: whoever has both can\n"
    "read them. Make a new one, then destroy the old ones, or keep the old secret as safe\n"
    "as them.\n";

static const struct opt_spec options[] = {
    HOME_OPTS,
    { "new-passphrase-file", "FILE", "file whose first line is the new passphrase" },
    { "new-key-file", "FILE", "the new key file, made if it is not there" },
    { 0 },
};

static enum err note(struct ctx *ctx, const char *action)
{
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = audit_add(ctx, action, NULL, NULL, NULL);
    rc = db_end(ctx, rc);
    return rc ? rc : db_flush(ctx, ctx->db);
}

/* It opens the store, and nothing would change. */
static enum err refuse_same(struct ctx *ctx, struct db *keys, const struct vault_secret *secret)
{
    struct problem *last = ctx->problems_last;
    struct vault *vault = NULL;
    enum err rc = vault_open(ctx, &vault, keys, secret);

    vault_close(vault);
    if (rc == OK)
        return ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "That is what opens the key store already."));
    if (rc != ERR_INVALID)
        return rc;
    ctx_problems_back(ctx, last);
    return OK;
}

enum err keys_change(struct ctx *ctx, struct db *keys, const struct vault_secret *secret)
{
    enum err rc = refuse_same(ctx, keys, secret);

    if (rc == OK)
        rc = note(ctx, "keys.change");
    if (rc)
        return rc;
    rc = vault_change_secret(ctx, secret);
    if (rc)
        (void)note(ctx, "keys.change_failed"); /* at worst the first row stands alone */
    return rc;
}

/* --- the command --- */

static enum err get_new(struct ctx *ctx, struct vault_secret *out, const struct opts *o)
{
    const struct secret_words words = {
        .field = "passphrase",
        .ask = tr(ctx, "New passphrase:"),
        .again = tr(ctx, "The new passphrase again:"),
        .differ = tr(ctx, "The two passphrases are not the same."),
        .none = tr(ctx, "No passphrase was given."),
        .no_terminal = tr(ctx, "There is no terminal to ask for the new passphrase. Give it with "
                               "--new-passphrase-file FILE, or a key file with --new-key-file."),
    };
    const char *file = opt_text(o, "new-passphrase-file");
    struct stat st;

    out->key_file = opt_text(o, "new-key-file");
    if (out->key_file && file)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Give either a passphrase or a key file."));
    if (!out->key_file)
        return secret_get(ctx, &out->passphrase, file, &words);
    return stat(out->key_file, &st) == 0 ? OK : vault_key_file_create(ctx, out->key_file);
}

static void tell(struct ctx *ctx, const struct vault_secret *now)
{
    if (now->key_file)
        printf("%s\n", tr(ctx,
                          "From now on the key file {0} opens the keys: start Homeward with "
                          "--key-file {0}, and keep a copy of it elsewhere.",
                          TR_TEXT(now->key_file)));
    else
        printf("%s\n", tr(ctx, "From now on the new passphrase opens the keys."));
    printf("%s\n", tr(ctx, "Backups made before still open with the old one: make a new backup."));
}

enum err keys_command(struct ctx *ctx, int argc, char **argv)
{
    struct vault_secret now = { 0 };
    struct home_options old;
    struct home *home = NULL;
    struct opts *o = NULL;
    enum err rc = opts_parse(ctx, &o, options, usage, argc, argv);

    if (rc || !o)
        return rc;
    if (opt_words(o) != 1 || !text_equal(opt_word(o, 0), "change"))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Type: homeward keys change --database FILE"));
    old = home_options_from(o);
    rc = home_open(ctx, &home, &old);
    if (rc)
        return rc;
    rc = get_new(ctx, &now, o);
    if (rc == OK)
        rc = keys_change(ctx, home_db(home, "keys"), &now);
    if (rc == OK)
        tell(ctx, &now);
    home_close(ctx, home);
    return rc;
}
