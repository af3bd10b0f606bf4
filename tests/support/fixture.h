#ifndef SUPPORT_FIXTURE_H
#define SUPPORT_FIXTURE_H

/*
 * A Homeward for unit tests: the four databases, migrated, in a fresh folder (SQLite) or, with
 * HOMEWARD_PG_URL set, in fresh PostgreSQL databases of that cluster; an open vault with a key
 * file; an office and one user of each role below. Time is fixed; ctx acts as nobody until
 * fixture_as.
 *
 * Use: cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "core/ctx.h"
#include "db/db.h"
#include "vault/vault.h"

#define FIXTURE_NOW      INT64_C(1795334400000) /* 2026-11-22T08:00:00Z */
#define FIXTURE_PASSWORD "a long walk home 7"

struct fixture {
    struct ctx ctx;
    struct db *keys;
    struct db *access;
    bool postgres;
    char dir[64];             /* of this fixture alone */
    const char *url;          /* of the main database */
    const char *key_file;     /* of the vault */
    const char *office_id;    /* code SN, Africa/Dakar */
    struct arena *long_arena; /* lives as long as the fixture; ctx.arena may be renewed */
};

/* Whole fixture; without users has only the databases and the vault. */
int fixture_setup(void **state);
int fixture_setup_without_users(void **state);
int fixture_teardown(void **state);

/*
 * Makes the user with that login the acting one: "supervisor", "case_manager",
 * "programme_manager", "me_officer", "administrator"; each has the role of that name. Only
 * "supervisor" has a password: FIXTURE_PASSWORD.
 */
void fixture_as(struct fixture *f, const char *login);
void fixture_as_nobody(struct fixture *f);
/* A fresh arena, as at the start of the next request; problems are forgotten, ms later. */
void fixture_next_request(struct fixture *f, int64_t ms);

/*
 * Whether a text can be found in anything that the fixture stores: every file of the folder, or
 * every table of the PostgreSQL databases. Looked for in UTF-8, UTF-16 (both orders), base64 at its
 * three alignments, JSON \u escapes and URL escapes.
 */
bool files_hold(struct fixture *f, const char *text);

/* The number that a query gives. */
int64_t count_of(struct fixture *f, struct db *db, const char *sql);
/* Audit rows of an action. */
int64_t audit_count(struct fixture *f, const char *action);
/* Runs a statement such as an attacker would; it must work. */
void tamper(struct fixture *f, struct db *db, const char *sql);

#endif
