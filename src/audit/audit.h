#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

/*
 * Audit: what was changed (table audit, in the change's own transaction) and who opened what
 * (access log, a database of its own, durable before the page leaves). Each writing process has its
 * own hash chain in each; the job role writes the heads into a checkpoint chain (audit_checkpoint).
 *
 * Text in clear does not compile: details are struct sealed, made under a key.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "db/db.h"
#include "vault/vault.h"

struct audit;

/* One per process, after fork: starts new chains (ids of their own). access may be NULL (commands
 * that open no personal data). */
enum err audit_open(struct ctx *ctx, struct audit **out, struct db *access) MUST_USE;
void audit_close(struct audit *audit);

/*
 * Adds a row inside the transaction that is open on ctx->db (asserted). key_id is the key that
 * detail was sealed under; both may be NULL. The chain moves on only when the transaction commits:
 * audit_add reads its head again when the last transaction was rolled back.
 */
enum err audit_add(struct ctx *ctx, const char *action, const char *subject_id, const char *key_id,
                   const struct sealed *detail) MUST_USE;

/*
 * Notes that the acting user opened records (ids in ids[0..len)); kept in memory until
 * access_write, which writes one row per note into the access log and flushes it. The worker calls
 * access_write before the page leaves; a page whose write fails is not sent. The same records noted
 * again for the same action, before they are written, are one note.
 */
enum err access_note(struct ctx *ctx, const char *action, const char *form, const char *const *ids,
                     size_t len) MUST_USE;
/* The same with search words, which are sealed under VAULT_KEY_AUDIT. */
enum err access_note_words(struct ctx *ctx, const char *action, const char *form,
                           const char *const *ids, size_t len, const char *words) MUST_USE;
enum err access_write(struct ctx *ctx) MUST_USE;
/* The same, durable only with the next access_write: nothing that was noted may leave before. */
enum err access_write_soon(struct ctx *ctx) MUST_USE;
/*
 * Keeps room in the access log, so that people can still be looked up when the disk is full: some
 * 5,000 pages. The job role calls it every minute.
 */
enum err access_reserve(struct ctx *ctx) MUST_USE;
#define ACCESS_RESERVE_BYTES ((int64_t)2 * 1024 * 1024)
/* Drops notes that were not written: the worker calls it before each request. */
void access_forget(struct audit *audit);
/* What search words in the access log are sealed for; the key is VAULT_KEY_AUDIT. */
#define AUDIT_CONTEXT_WORDS "access/words"

struct audit_report {
    int64_t chains;
    int64_t rows;
    int64_t access_rows;
    int64_t checkpoints;
    const char *fault; /* NULL = all is well; else which chain and place */
};

/*
 * Writes the heads that moved since the last checkpoint into the checkpoint chain; nothing if none
 * moved. Rows of the access log count once they are AUDIT_SETTLE_MS old, for they lie in a database
 * of their own and may still be on their way to the disk.
 */
#define AUDIT_SETTLE_MS ((int64_t)10 * 1000)
enum err audit_checkpoint(struct ctx *ctx) MUST_USE;
/* Recomputes every chain in both databases and the checkpoints. A fault is told in out, not an
 * error. */
enum err audit_verify(struct ctx *ctx, struct audit_report *out) MUST_USE;

/* Writes all checkpoints into a file (0600), one "PLACE MADE_AT HASH HEADS" a line, to be kept
 * elsewhere. */
enum err audit_export(struct ctx *ctx, const char *path) MUST_USE;
/*
 * Compares with a file that audit_export has written: whoever cuts off the newest checkpoints
 * together with the rows is found by it alone. *fault_out is NULL if every line is still there.
 */
enum err audit_compare(struct ctx *ctx, const char **fault_out, const char *path) MUST_USE;

/* homeward audit verify; argv[0] is "audit". Prints; ERR_INVALID if there is a fault. */
enum err audit_command(struct ctx *ctx, int argc, char **argv) MUST_USE;

#endif
