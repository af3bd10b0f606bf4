#ifndef AUDIT_AUDIT_INNER_H
#define AUDIT_AUDIT_INNER_H

/*
 * Inside the audit room: rows in their canonical form, and which head of each chain the checkpoints
 * have claimed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "core/arena.h"
#include "core/id.h"

#define AUDIT_HASH 32

/* One row of table audit, or of table access (then with form and records, subject_id NULL). */
struct audit_row {
    const char *chain;
    int64_t place;
    int64_t made_at;
    const char *staff_id;
    const char *office_id;
    const char *action;
    const char *subject_id;
    const char *form;
    const char *records;
    const char *key_id;
    struct sealed detail; /* bytes NULL = none */
};

/* Hash of a row and the hash before it; domain "audit", "access". */
void audit_hash_row(unsigned char out[AUDIT_HASH], const unsigned char key[32], const char *domain,
                    const unsigned char before[AUDIT_HASH], const struct audit_row *row);
/* Hash of a checkpoint. */
void audit_hash_heads(unsigned char out[AUDIT_HASH], const unsigned char key[32],
                      const unsigned char before[AUDIT_HASH], int64_t place, int64_t made_at,
                      const char *heads);

/* The last head of a chain that a checkpoint claims. */
struct audit_head {
    bool access; /* a chain of the access log, else of the audit table */
    bool seen;   /* verification met it */
    char chain[ID_LEN + 1];
    int64_t place;
    unsigned char hash[AUDIT_HASH];
};

/* Sorted by kind and chain. */
struct audit_heads {
    struct arena *arena;
    struct audit_head *items;
    size_t len;
    size_t cap;
};

struct audit_head *audit_heads_find(const struct audit_heads *h, bool access, const char *chain);
/* Adds or replaces. */
void audit_heads_set(struct audit_heads *h, const struct audit_head *head);

/* What the checkpoints say, recomputed from the first to the last. */
struct audit_claims {
    struct audit_heads heads;
    int64_t last;                   /* place of the last checkpoint, 0 = none */
    unsigned char hash[AUDIT_HASH]; /* its hash */
    const char *fault;              /* NULL = the chain of checkpoints is whole */
};

enum err audit_claims_load(struct ctx *ctx, struct audit_claims *out,
                           const unsigned char key[32]) MUST_USE;

struct audit_chain {
    char id[ID_LEN + 1];
    int64_t place;
    unsigned char hash[AUDIT_HASH];
};

struct audit_note;

struct audit {
    struct db *access;
    unsigned char key[32];
    struct audit_chain changes;  /* of table audit, as far as this process knows */
    struct audit_chain accesses; /* of table access */
    bool reread;                 /* the last write to the access log failed: read the head anew */
    struct arena *notes_arena;   /* notes outlive rewinds of the request's arena */
    struct audit_note *notes;
    struct audit_note *notes_last;
    struct arena *claims_arena;
    struct audit_claims *claims; /* what audit_checkpoint has claimed; loaded on its first call */
};

#endif
