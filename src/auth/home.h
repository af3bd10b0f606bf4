#ifndef AUTH_HOME_H
#define AUTH_HOME_H

/*
 * A Homeward: its four databases (main, keys, index, access log) and its vault, opened together.
 * The parent of a server prepares one (migrates, unlocks the vault), closes its connections and
 * forks; every child opens its own connections with home_attach. Commands use home_open alone.
 *
 * Errors: ERR_NOT_FOUND no such database (says how to make one); ERR_INVALID wrong passphrase or
 * key file; ERR_DB, ERR_IO.
 */

#include <stdbool.h>

#include "core/ctx.h"
#include "db/db.h"
#include "vault/vault.h"

struct home_options {
    const char *database;        /* FILE or postgresql://... */
    const char *keys;            /* NULL = beside the database: FILE.keys */
    const char *index;           /* NULL = FILE.index */
    const char *access;          /* NULL = FILE.access */
    const char *key_file;        /* NULL = FILE.master if the store wants a key file */
    const char *passphrase_file; /* NULL = ask on the terminal; its first line is the passphrase */
    bool create;                 /* make what is not there */
    bool use_passphrase;         /* with create: protect the keys by a passphrase */
    bool mend_index;             /* a damaged index (SQLite) is replaced by an empty one */
};

struct home; /* what survives fork: urls, unlocked vault, shared flush state */

/* Migrates and unlocks; ctx gets db, index_db, vault, audit of this process. */
enum err home_open(struct ctx *ctx, struct home **out, const struct home_options *o) MUST_USE;
/* Closes this process's connections, keeps the unlocked vault: before fork. */
void home_detach(struct ctx *ctx, struct home *home);
/* Own connections of a child. ctx->db is the read-write one. */
enum err home_attach(struct ctx *ctx, struct home *home) MUST_USE;
/* The read-only main connection, for GET and HEAD; opened by home_attach. */
struct db *home_read_db(struct home *home);
struct db *home_write_db(struct home *home);
/* A connection of this process was lost: who may make no new one must end and start again. */
bool home_lost(const struct home *home);
/* Makes all that this process committed durable (main and access log). */
enum err home_flush(struct ctx *ctx, struct home *home) MUST_USE;
/* What the job role does for the files of all stores a few times a second: see db_tidy. */
enum err home_tidy(struct ctx *ctx, struct home *home) MUST_USE;
/* Connection and url of one store: "main", "keys", "index", "access"; for backup and checks. */
struct db *home_db(struct home *home, const char *set);
const char *home_url(const struct home *home, const char *set);
void home_close(struct ctx *ctx, struct home *home);

/* The options every command shares, for its opt table: HOME_OPTS and home_options_from. */
struct opts;
/* The formatter cannot read rows of a table inside a macro. */
/* clang-format off */
#define HOME_OPTS                                                                                  \
    { "database", "FILE-or-URL", "the database: a file, or postgresql://...", true },              \
    { "keys", "FILE-or-URL", "the key store (default: FILE.keys)", false },                        \
    { "key-file", "FILE", "file with the master key (default: FILE.master)", false },              \
    { "passphrase-file", "FILE", "file whose first line is the passphrase", false }
/* clang-format on */
struct home_options home_options_from(const struct opts *o);

#endif
