/* The vault: key store, sealing, tokens, erasure, passwords. */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/home_cli.h"
#include "core/text.h"
#include "fixture.h"
#include "vault/vault_inner.h"

static const char *new_key(struct fixture *f)
{
    const char *id = NULL;

    assert_int_equal(vault_key_new(&f->ctx, &id), OK);
    assert_true(id_valid(id));
    return id;
}

static struct sealed sealed_text(struct fixture *f, const char *key, const char *context,
                                 const char *text)
{
    struct sealed sealed = { 0 };

    assert_int_equal(vault_seal_text(&f->ctx, &sealed, key, context, text), OK);
    return sealed;
}

static void sealed_text_opens_again_at_its_place_only(void **state)
{
    struct fixture *f = *state;
    const char *key = new_key(f);
    struct sealed sealed = sealed_text(f, key, "person/1/3", "Ousmane Diallo, عثمان");
    const char *text = NULL;

    assert_int_equal(sealed.bytes[0], 1);
    assert_int_equal(sealed.len, 1 + 24 + 16 + strlen("Ousmane Diallo, عثمان"));
    assert_int_equal(vault_unseal_text(&f->ctx, &text, key, "person/1/3", &sealed), OK);
    assert_string_equal(text, "Ousmane Diallo, عثمان");
    assert_int_equal(vault_unseal_text(&f->ctx, &text, key, "person/1/4", &sealed), ERR_INVALID);
    assert_int_equal(vault_unseal_text(&f->ctx, &text, new_key(f), "person/1/3", &sealed),
                     ERR_INVALID);
    assert_int_equal(vault_unseal_text(&f->ctx, &text, VAULT_KEY_STAFF, "person/1/3", &sealed),
                     ERR_INVALID);
}

static void the_same_text_is_never_sealed_to_the_same_bytes(void **state)
{
    struct fixture *f = *state;
    struct sealed a = sealed_text(f, VAULT_KEY_SYSTEM, "job/1", "same");
    struct sealed b = sealed_text(f, VAULT_KEY_SYSTEM, "job/1", "same");

    assert_int_equal(a.len, b.len);
    assert_memory_not_equal(a.bytes, b.bytes, a.len);
}

static void altered_sealed_bytes_do_not_open(void **state)
{
    struct fixture *f = *state;
    struct sealed sealed = sealed_text(f, VAULT_KEY_SYSTEM, "job/1", "a note");
    unsigned char *bytes = arena_memdup(f->ctx.arena, sealed.bytes, sealed.len);
    struct sealed altered = { .bytes = bytes, .len = sealed.len };
    const void *plain = NULL;
    size_t len = 0;

    for (size_t i = 0; i < sealed.len; i++) {
        bytes[i] ^= 0x80;
        assert_int_equal(vault_unseal(&f->ctx, &plain, &len, VAULT_KEY_SYSTEM, "job/1", &altered),
                         ERR_INVALID);
        bytes[i] ^= 0x80;
    }
    for (altered.len = 0; altered.len < sealed.len; altered.len++)
        assert_int_equal(vault_unseal(&f->ctx, &plain, &len, VAULT_KEY_SYSTEM, "job/1", &altered),
                         ERR_INVALID);
    assert_null(plain);
    assert_int_equal(vault_unseal(&f->ctx, &plain, &len, VAULT_KEY_SYSTEM, "job/1", &altered), OK);
    assert_int_equal(len, 6);
}

static void empty_text_and_bytes_with_nul_are_sealed_too(void **state)
{
    struct fixture *f = *state;
    struct sealed sealed = { 0 };
    const char *text = NULL;
    const void *plain = NULL;
    size_t len = 9;

    assert_int_equal(vault_seal(&f->ctx, &sealed, VAULT_KEY_SYSTEM, "x", "", 0), OK);
    assert_int_equal(vault_unseal(&f->ctx, &plain, &len, VAULT_KEY_SYSTEM, "x", &sealed), OK);
    assert_int_equal(len, 0);
    assert_int_equal(vault_seal(&f->ctx, &sealed, VAULT_KEY_SYSTEM, "x", "a\0b", 3), OK);
    assert_int_equal(vault_unseal(&f->ctx, &plain, &len, VAULT_KEY_SYSTEM, "x", &sealed), OK);
    assert_int_equal(len, 3);
    assert_memory_equal(plain, "a\0b", 3);
    assert_int_equal(vault_unseal_text(&f->ctx, &text, VAULT_KEY_SYSTEM, "x", &sealed),
                     ERR_INVALID);
}

static void keys_are_durable_before_they_are_given_out(void **state)
{
    struct fixture *f = *state;
    const char *first = new_key(f);

    assert_int_equal(count_of(f, f->keys, "SELECT COUNT(*) FROM data_key"), VAULT_BATCH);
    for (int i = 1; i < VAULT_BATCH; i++)
        assert_string_not_equal(new_key(f), first);
    assert_int_equal(count_of(f, f->keys, "SELECT COUNT(*) FROM data_key"), VAULT_BATCH);
    new_key(f);
    assert_int_equal(count_of(f, f->keys, "SELECT COUNT(*) FROM data_key"), 2 * VAULT_BATCH);
}

static void two_processes_never_give_out_the_same_key(void **state)
{
    struct fixture *f = *state;
    const char *mine = new_key(f);
    const char *next;

    vault_attach(f->ctx.vault, f->keys); /* as a child does after fork */
    next = new_key(f);
    assert_string_not_equal(mine, next);
    assert_int_equal(count_of(f, f->keys, "SELECT COUNT(*) FROM data_key"), 2 * VAULT_BATCH);
}

static void a_batch_of_keys_leaves_nothing_behind_when_the_database_fails(void **state)
{
    struct fixture *f = *state;
    const char *id = NULL;
    enum err rc = ERR_DB;
    int n;

    for (n = 1; rc; n++) {
        int64_t before = count_of(f, f->keys, "SELECT COUNT(*) FROM data_key");

        db_fail_at(f->keys, n);
        rc = vault_key_new(&f->ctx, &id);
        db_fail_at(f->keys, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->keys));
        /* Only a failed flush leaves rows: keys that nobody has seen. */
        if (rc && count_of(f, f->keys, "SELECT COUNT(*) FROM data_key") != before)
            assert_int_equal(count_of(f, f->keys, "SELECT COUNT(*) FROM data_key"),
                             before + VAULT_BATCH);
        assert_true(rc == OK || id == NULL);
    }
    assert_true(n > VAULT_BATCH);
}

static void an_erased_key_opens_nothing_any_more(void **state)
{
    struct fixture *f = *state;
    const char *key = new_key(f);
    const char *other = new_key(f);
    struct sealed sealed = sealed_text(f, key, "person/1/1", "gone");
    struct sealed kept = sealed_text(f, other, "person/2/1", "kept");
    const char *text = NULL;

    assert_int_equal(vault_key_erase(&f->ctx, key), OK);
    assert_int_equal(vault_unseal_text(&f->ctx, &text, key, "person/1/1", &sealed), ERR_NOT_FOUND);
    assert_int_equal(vault_seal_text(&f->ctx, &sealed, key, "person/1/1", "x"), ERR_NOT_FOUND);
    assert_int_equal(vault_key_erase(&f->ctx, key), ERR_NOT_FOUND);
    assert_int_equal(vault_key_erase(&f->ctx, "no such key"), ERR_NOT_FOUND);
    assert_int_equal(vault_unseal_text(&f->ctx, &text, other, "person/2/1", &kept), OK);
    assert_int_equal(
        count_of(f, f->keys, "SELECT COUNT(*) FROM data_key WHERE erased_at IS NOT NULL"), 1);
}

static void keys_that_are_fetched_together_open_the_same_texts(void **state)
{
    struct fixture *f = *state;
    const char *keys[VAULT_FETCH] = { NULL };
    struct sealed sealed[VAULT_FETCH] = { { 0 } };
    const char *text = NULL;

    for (size_t i = 1; i < VAULT_FETCH; i++) { /* the first is NULL: a record without a key */
        keys[i] = i == 40 ? keys[39] : new_key(f);
        assert_int_equal(vault_seal_text(&f->ctx, &sealed[i], keys[i], "person/1/1", keys[i]), OK);
    }
    assert_int_equal(vault_key_erase(&f->ctx, keys[7]), OK);
    for (int round = 0; round < 2; round++) {
        f->ctx.now_ms++; /* another request */
        assert_int_equal(vault_fetch(&f->ctx, keys, VAULT_FETCH), OK);
        for (size_t i = 1; i < VAULT_FETCH; i++) {
            enum err rc = vault_unseal_text(&f->ctx, &text, keys[i], "person/1/1", &sealed[i]);

            assert_int_equal(rc, i == 7 ? ERR_NOT_FOUND : OK);
            if (rc == OK)
                assert_string_equal(text, keys[i]);
        }
    }
}

static void read_file(const char *path, char **out, size_t *len_out)
{
    FILE *file = fopen(path, "rb");

    *out = NULL;
    *len_out = 0;
    if (!file)
        return;
    fseek(file, 0, SEEK_END);
    *len_out = (size_t)ftell(file);
    rewind(file);
    *out = malloc(*len_out + 1);
    assert_non_null(*out);
    assert_int_equal(fread(*out, 1, *len_out, file), *len_out);
    fclose(file);
}

static bool keys_hold(struct fixture *f, const void *bytes, size_t len)
{
    static const char *const endings[] = { "", "-wal" };
    bool found = false;

    for (int i = 0; i < 2; i++) {
        char *file = NULL;
        size_t file_len = 0;

        read_file(arena_printf(f->ctx.arena, "%s%s", db_url(f->keys), endings[i]), &file,
                  &file_len);
        found = found || (file && memmem(file, file_len, bytes, len));
        free(file);
    }
    return found;
}

static void an_erased_key_lies_in_no_file_any_more(void **state)
{
    struct fixture *f = *state;
    struct rows *rows = NULL;
    const void *wrapped;
    size_t len = 0;
    bool more = false;
    const char *key = new_key(f);

    assert_int_equal(db_query_in(&f->ctx, f->keys, &rows,
                                 db_sql_built(f->keys, "SELECT wrapped FROM data_key"
                                                       " WHERE id = $1"),
                                 DB_TEXT(key)),
                     OK);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    wrapped = row_blob(rows, 0, &len);
    db_rows_close(rows);
    assert_int_equal(len, WRAPPED_KEY);
    if (!f->postgres) /* there the files are the server's */
        assert_true(keys_hold(f, wrapped, len));
    assert_int_equal(vault_key_erase(&f->ctx, key), OK);
    if (!f->postgres)
        assert_false(keys_hold(f, wrapped, len));
}

static int64_t keys_that_are_erased(struct fixture *f)
{
    return count_of(
        f, f->keys,
        "SELECT COUNT(*) FROM data_key WHERE wrapped IS NULL AND erased_at IS NOT NULL");
}

static void erasing_fails_whole_or_not_at_all(void **state)
{
    struct fixture *f = *state;
    const char *key = new_key(f);
    struct sealed sealed = sealed_text(f, key, "person/1/1", "gone");
    const char *text = NULL;
    enum err rc = ERR_DB;

    for (int n = 1; rc == ERR_DB; n++) {
        db_fail_at(f->keys, n);
        rc = vault_key_erase(&f->ctx, key);
        db_fail_at(f->keys, 0);
        assert_false(db_in_transaction(f->keys));
        f->ctx.now_ms++; /* the next request */
        assert_int_equal(vault_unseal_text(&f->ctx, &text, key, "person/1/1", &sealed),
                         keys_that_are_erased(f) == 1 ? ERR_NOT_FOUND : OK);
    }
    /* A try whose flush failed has erased it; the next one flushes and says that it is gone. */
    assert_true(rc == OK || rc == ERR_NOT_FOUND);
    assert_int_equal(keys_that_are_erased(f), 1);
}

static void a_key_exchanged_in_the_store_does_not_open(void **state)
{
    struct fixture *f = *state;
    const char *a = new_key(f);
    const char *b = new_key(f);
    struct sealed sealed = sealed_text(f, a, "person/1/1", "text");
    const char *text = NULL;

    tamper(f, f->keys,
           arena_printf(f->ctx.arena,
                        "UPDATE data_key SET wrapped = (SELECT d.wrapped FROM data_key AS d"
                        " WHERE d.id = '%s') WHERE id = '%s'",
                        b, a));
    f->ctx.now_ms++; /* the next request */
    assert_int_equal(vault_unseal_text(&f->ctx, &text, a, "person/1/1", &sealed), ERR_INVALID);
    assert_null(text);
}

/* --- secrets of the store --- */

static struct db *fresh_keys(struct fixture *f)
{
    struct db *keys = NULL;
    const char *url = db_companion_url(f->ctx.arena, f->url, "spare");

    assert_int_equal(db_open(&f->ctx, &keys, url, DB_CREATE, NULL), OK);
    assert_int_equal(db_migrate(&f->ctx, keys, "keys"), OK);
    return keys;
}

static void close_fresh(struct fixture *f, struct db *keys)
{
    const char *url = arena_strdup(f->ctx.arena, db_url(keys));
    const char *name;
    const char *sql;

    db_close(keys);
    if (!f->postgres)
        return;
    name = strchr(strstr(url, "://") + 3, '/') + 1;
    sql = arena_printf(f->ctx.arena, "DROP DATABASE %.*s WITH (FORCE)", (int)strcspn(name, "?"),
                       name);
    assert_int_equal(db_exec_in(&f->ctx, f->ctx.db, NULL, db_sql_built(f->ctx.db, sql)), OK);
}

static void a_wrong_passphrase_is_refused_and_harms_nothing(void **state)
{
    struct fixture *f = *state;
    struct db *keys = fresh_keys(f);
    const struct vault_secret right = { .passphrase = "seven boats at dawn" };
    const struct vault_secret wrong = { .passphrase = "seven boats at dusk" };
    const struct vault_secret file = { .key_file = f->key_file };
    struct vault *vault = NULL;
    bool wants = false;

    assert_int_equal(vault_create(&f->ctx, keys, &right), OK);
    assert_int_equal(vault_wants_passphrase(&f->ctx, keys, &wants), OK);
    assert_true(wants);
    assert_int_equal(vault_open(&f->ctx, &vault, keys, &wrong), ERR_INVALID);
    assert_null(vault);
    assert_non_null(strstr(ctx_first_problem(&f->ctx), "This is not the passphrase of"));
    assert_int_equal(vault_open(&f->ctx, &vault, keys, &file), ERR_INVALID);
    assert_int_equal(vault_open(&f->ctx, &vault, keys, &right), OK);
    vault_close(vault);
    assert_int_equal(count_of(f, keys, "SELECT version FROM store"), 1);
    close_fresh(f, keys);
}

static void a_store_is_made_once(void **state)
{
    struct fixture *f = *state;
    const struct vault_secret secret = { .key_file = f->key_file };
    const struct vault_secret both = { .key_file = f->key_file, .passphrase = "seven boats" };
    const struct vault_secret none = { 0 };
    const struct vault_secret brief = { .passphrase = "boats" };
    struct db *keys = fresh_keys(f);

    assert_int_equal(vault_create(&f->ctx, f->keys, &secret), ERR_CONFLICT);
    assert_int_equal(vault_create(&f->ctx, keys, &both), ERR_INVALID);
    assert_int_equal(vault_create(&f->ctx, keys, &none), ERR_INVALID);
    assert_int_equal(vault_create(&f->ctx, keys, &brief), ERR_INVALID);
    assert_int_equal(count_of(f, keys, "SELECT COUNT(*) FROM store"), 0);
    close_fresh(f, keys);
}

static void making_a_store_leaves_nothing_behind_when_the_database_fails(void **state)
{
    struct fixture *f = *state;
    const struct vault_secret secret = { .key_file = f->key_file };
    struct db *keys = fresh_keys(f);
    struct vault *vault = NULL;
    enum err rc = ERR_DB;
    int n;

    for (n = 1; rc == ERR_DB; n++) {
        db_fail_at(keys, n);
        rc = vault_create(&f->ctx, keys, &secret);
        db_fail_at(keys, 0);
        assert_false(db_in_transaction(keys));
        if (rc == ERR_DB && count_of(f, keys, "SELECT COUNT(*) FROM store") == 0)
            assert_int_equal(count_of(f, keys, "SELECT COUNT(*) FROM system_key"), 0);
    }
    assert_true(n > 6);
    /* The last failure was the flush: then the store is there, whole. */
    assert_true(rc == OK || rc == ERR_CONFLICT);
    assert_int_equal(vault_open(&f->ctx, &vault, keys, &secret), OK);
    vault_close(vault);
    close_fresh(f, keys);
}

static void a_key_file_is_refused_with_the_reason(void **state)
{
    struct fixture *f = *state;
    const char *path = arena_printf(f->ctx.arena, "%s/other", f->dir);
    const struct vault_secret other = { .key_file = path };
    struct vault *vault = NULL;
    int fd;

    assert_int_equal(vault_open(&f->ctx, &vault, f->keys, &other), ERR_INVALID);
    assert_non_null(strstr(ctx_first_problem(&f->ctx), "No such file"));
    ctx_clear_problems(&f->ctx);
    assert_int_equal(vault_key_file_create(&f->ctx, path), OK);
    assert_int_equal(vault_key_file_create(&f->ctx, path), ERR_CONFLICT);
    ctx_clear_problems(&f->ctx);
    assert_int_equal(vault_open(&f->ctx, &vault, f->keys, &other), ERR_INVALID);
    assert_non_null(strstr(ctx_first_problem(&f->ctx), "This is not the key file of"));
    ctx_clear_problems(&f->ctx);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(vault_open(&f->ctx, &vault, f->keys, &other), ERR_INVALID);
    assert_non_null(strstr(ctx_first_problem(&f->ctx), "other users"));
    ctx_clear_problems(&f->ctx);
    fd = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, "abcdef", 6), 6);
    close(fd);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(vault_open(&f->ctx, &vault, f->keys, &other), ERR_INVALID);
    assert_non_null(strstr(ctx_first_problem(&f->ctx), "64 hexadecimal digits"));
    assert_null(vault);
}

static void the_secret_can_be_changed_and_the_keys_stay(void **state)
{
    struct fixture *f = *state;
    const char *key = new_key(f);
    struct sealed sealed = sealed_text(f, key, "person/1/1", "still here");
    const struct vault_secret old = { .key_file = f->key_file };
    const struct vault_secret now = { .passphrase = "seven boats at dawn" };
    struct vault *first = f->ctx.vault;
    struct vault *vault = NULL;
    const char *text = NULL;
    enum err rc = ERR_DB;

    for (int n = 1; rc == ERR_DB; n++) {
        db_fail_at(f->keys, n);
        rc = vault_change_secret(&f->ctx, &now);
        db_fail_at(f->keys, 0);
        if (rc == ERR_DB && count_of(f, f->keys, "SELECT version FROM store") == 1) {
            assert_int_equal(vault_open(&f->ctx, &vault, f->keys, &old), OK);
            vault_close(vault);
        }
    }
    assert_int_equal(rc, OK);
    assert_int_equal(vault_open(&f->ctx, &vault, f->keys, &old), ERR_INVALID);
    assert_int_equal(vault_open(&f->ctx, &f->ctx.vault, f->keys, &now), OK);
    assert_int_equal(vault_unseal_text(&f->ctx, &text, key, "person/1/1", &sealed), OK);
    assert_string_equal(text, "still here");
    vault_close(f->ctx.vault);
    f->ctx.vault = first;
}

static bool opens(struct fixture *f, const struct vault_secret *secret)
{
    struct vault *vault = NULL;
    enum err rc = vault_open(&f->ctx, &vault, f->keys, secret);

    assert_true(rc == OK || rc == ERR_INVALID);
    vault_close(vault);
    return rc == OK;
}

/* Every call that can fail fails in turn, in the key store and in the database of the audit. */
static void a_change_of_the_secret_is_recorded_and_always_one_of_both_opens(void **state)
{
    struct fixture *f = *state;
    const struct vault_secret old = { .key_file = f->key_file };
    const struct vault_secret now = { .passphrase = "seven boats at dawn" };
    const struct vault_secret brief = { .passphrase = "boats" };
    int64_t begun = 0;
    enum err rc = ERR_DB;

    assert_int_equal(keys_change(&f->ctx, f->keys, &old), ERR_CONFLICT);
    assert_int_equal(audit_count(f, "keys.change"), 0);
    assert_int_equal(keys_change(&f->ctx, f->keys, &brief), ERR_INVALID);
    assert_int_equal(audit_count(f, "keys.change_failed"), 1);
    for (int n = 1; n < 4; n++) { /* nothing is changed that could not be written down */
        begun = audit_count(f, "keys.change");
        db_fail_at(f->ctx.db, n);
        assert_int_equal(keys_change(&f->ctx, f->keys, &now), ERR_DB);
        db_fail_at(f->ctx.db, 0);
        assert_true(opens(f, &old));
        assert_int_equal(audit_count(f, "keys.change"), begun);
    }
    for (int n = 1; rc == ERR_DB; n++) {
        db_fail_at(f->keys, n);
        rc = keys_change(&f->ctx, f->keys, &now);
        db_fail_at(f->keys, 0);
        assert_true(opens(f, &old) != opens(f, &now));
        if (opens(f, &now))
            assert_true(audit_count(f, "keys.change") > begun);
    }
    /* The last call that can fail is the flush: the new one opens by then, and is told so. */
    assert_int_equal(rc, ERR_CONFLICT);
    assert_true(opens(f, &now));
    assert_int_equal(keys_change(&f->ctx, f->keys, &old), OK);
    assert_true(opens(f, &old) && !opens(f, &now));
}

static void an_altered_store_is_refused(void **state)
{
    struct fixture *f = *state;
    const struct vault_secret secret = { .key_file = f->key_file };
    struct vault *vault = NULL;

    tamper(f, f->keys,
           "UPDATE system_key SET wrapped = (SELECT s.wrapped FROM system_key AS s"
           " WHERE s.name = 'audit') WHERE name = 'staff'");
    assert_int_equal(vault_open(&f->ctx, &vault, f->keys, &secret), ERR_INVALID);
    tamper(f, f->keys, "UPDATE store SET params = 'm=8,t=1'");
    assert_int_equal(vault_open(&f->ctx, &vault, f->keys, &secret), ERR_INVALID);
    tamper(f, f->keys, "DELETE FROM store");
    assert_int_equal(vault_open(&f->ctx, &vault, f->keys, &secret), ERR_NOT_FOUND);
    assert_null(vault);
}

/* --- tokens and subkeys --- */

static void tokens_depend_on_domain_text_and_store(void **state)
{
    struct fixture *f = *state;
    const struct vault_secret secret = { .key_file = f->key_file };
    struct db *keys = fresh_keys(f);
    struct vault *other = NULL;
    unsigned char a[VAULT_TOKEN_BYTES];
    unsigned char b[VAULT_TOKEN_BYTES];

    vault_token(f->ctx.vault, a, "name", "osman");
    vault_token(f->ctx.vault, b, "name", "osman");
    assert_memory_equal(a, b, sizeof(a));
    vault_token(f->ctx.vault, b, "phone", "osman");
    assert_memory_not_equal(a, b, sizeof(a));
    vault_token(f->ctx.vault, b, "nameo", "sman");
    assert_memory_not_equal(a, b, sizeof(a));
    assert_int_equal(vault_create(&f->ctx, keys, &secret), OK);
    assert_int_equal(vault_open(&f->ctx, &other, keys, &secret), OK);
    vault_token(other, b, "name", "osman");
    assert_memory_not_equal(a, b, sizeof(a));
    vault_close(other);
    close_fresh(f, keys);
}

static void subkeys_are_the_same_for_the_whole_store(void **state)
{
    struct fixture *f = *state;
    const struct vault_secret secret = { .key_file = f->key_file };
    struct vault *again = NULL;
    unsigned char a[32];
    unsigned char b[32];

    assert_int_equal(vault_open(&f->ctx, &again, f->keys, &secret), OK);
    vault_subkey(f->ctx.vault, a, "csrf");
    vault_subkey(again, b, "csrf");
    assert_memory_equal(a, b, 32);
    vault_subkey(again, b, "audit-chain");
    assert_memory_not_equal(a, b, 32);
    vault_close(again);
}

/* --- passwords --- */

static void a_password_fits_its_hash_only(void **state)
{
    struct fixture *f = *state;
    const char *hash = NULL;
    bool right = true;

    assert_int_equal(vault_password_hash(&f->ctx, &hash, FIXTURE_PASSWORD), OK);
    assert_true(text_starts(hash, "$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_int_equal(vault_password_check(&f->ctx, &right, hash, FIXTURE_PASSWORD), OK);
    assert_true(right);
    assert_int_equal(vault_password_check(&f->ctx, &right, hash, "a long walk home 8"), OK);
    assert_false(right);
    right = true;
    assert_int_equal(vault_password_check(&f->ctx, &right, NULL, FIXTURE_PASSWORD), OK);
    assert_false(right);
    right = true;
    assert_int_equal(vault_password_check(&f->ctx, &right, NULL, ""), OK);
    assert_false(right);
}

static bool slot_free(const char *path, int slot)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = slot, .l_len = 1 };
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool unlocked;

    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_OFD_GETLK, &lock), 0);
    unlocked = lock.l_type == F_UNLCK;
    close(fd);
    return unlocked;
}

/* Holds both slots, so that a check has to wait until one of them is given back. */
static void a_third_password_waits_for_a_slot(void **state)
{
    struct fixture *f = *state;
    const char *path = arena_printf(f->ctx.arena, "%s/argon2", f->dir);
    struct flock both = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 2 };
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int status = -1;
    bool right = true;
    pid_t child;

    vault_password_slots(path);
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &both), 0);
    child = fork();
    if (child == 0) {
        bool right_too = true;

        close(fd); /* the lock belongs to the description, which the parent keeps open */
        _exit(vault_password_check(&f->ctx, &right_too, NULL, "x") == OK ? 0 : 1);
    }
    /* It cannot end while both slots are taken: it is still there when they are given back. */
    assert_int_equal(waitpid(child, &status, WNOHANG), 0);
    close(fd);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(vault_password_check(&f->ctx, &right, NULL, "x"), OK);
    assert_true(slot_free(path, 0) && slot_free(path, 1));
    vault_password_slots("");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup_without_users, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(sealed_text_opens_again_at_its_place_only),
        T(the_same_text_is_never_sealed_to_the_same_bytes),
        T(altered_sealed_bytes_do_not_open),
        T(empty_text_and_bytes_with_nul_are_sealed_too),
        T(keys_are_durable_before_they_are_given_out),
        T(two_processes_never_give_out_the_same_key),
        T(a_batch_of_keys_leaves_nothing_behind_when_the_database_fails),
        T(an_erased_key_opens_nothing_any_more),
        T(keys_that_are_fetched_together_open_the_same_texts),
        T(an_erased_key_lies_in_no_file_any_more),
        T(erasing_fails_whole_or_not_at_all),
        T(a_key_exchanged_in_the_store_does_not_open),
        T(a_wrong_passphrase_is_refused_and_harms_nothing),
        T(a_store_is_made_once),
        T(making_a_store_leaves_nothing_behind_when_the_database_fails),
        T(a_key_file_is_refused_with_the_reason),
        T(the_secret_can_be_changed_and_the_keys_stay),
        T(a_change_of_the_secret_is_recorded_and_always_one_of_both_opens),
        T(an_altered_store_is_refused),
        T(tokens_depend_on_domain_text_and_store),
        T(subkeys_are_the_same_for_the_whole_store),
        T(a_password_fits_its_hash_only),
        T(a_third_password_waits_for_a_slot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
