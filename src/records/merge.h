#ifndef RECORDS_MERGE_H
#define RECORDS_MERGE_H

/*
 * Two records of one kind that are of one person become one, and two again. The kept record gets
 * the answers that were chosen, in a new version; the gone one keeps its answers, its number and
 * its history, and has the status merged. What hangs on it (records below it, files, comments, and
 * what other rooms keep: records_watch_merge) goes over to the kept one, and stays sealed under the
 * gone one's key: by that key it is known what goes back when they are parted. Erasing the kept one
 * therefore erases the keys of all that were merged into it (record_merge_erase). References to the
 * gone one (hw:ref, in any kind and office) are pointed at the kept one, and those that still name
 * it are pointed back.
 *
 * Whether it may be done, by whom and how long it can be undone is the caller's affair (people).
 * Only kinds that stand at the top (no parent) and have the statuses active and merged.
 *
 * Memory: ctx->arena. Errors: ERR_NOT_FOUND out of scope; ERR_CONFLICT a record changed since, or
 * is not what it has to be; ERR_INVALID the answers do not go together, with problems at fields.
 * Limits: MERGE_CHAIN records merged one into the next; MERGE_INTO_MAX into one.
 */

#include "records/records.h"

#define STATUS_MERGED  "merged"
#define MERGE_CHAIN    8
#define MERGE_INTO_MAX 50

/*
 * What was chosen, line by line: "FIELD kept", "FIELD gone" for a field of the top level, or
 * "ROW drop" for the id of a row of either record that is left out. Where nothing was chosen the
 * kept record's answer stays, and where it has none, the other's; rows of both stay.
 */
/* "kept", "gone", "drop", or NULL. */
const char *merge_choice(const char *choices, const char *name);
/* Whether the two sides may be chosen from: a value of its own, no file, nothing made by us. */
bool merge_can_choose(const struct field *f);
/*
 * The answers of both in one; from whole records. Rows of the gone one keep their ids. Rows that
 * say the same come once. Who chooses must be able to read what is chosen: merge_choices.
 */
struct answers *merge_answers(struct ctx *ctx, const struct record *kept, const struct record *gone,
                              const char *choices);
/*
 * What of the choices the acting user may make: known fields and rows that this user may read.
 * repeat: name of a repeat that is chosen as a whole by the domain; NULL = none.
 */
const char *merge_choices(struct ctx *ctx, const struct record *kept, const struct record *gone,
                          const char *choices, const char *repeat);
/* Whether two rows say the same, with all rows in them. */
bool merge_rows_equal(const struct answers *a, const struct answers *b);
/* ERR_INVALID with problems: the form, or its domain, does not take these answers. */
enum err merge_check(struct ctx *ctx, const struct record *kept, struct answers *answers) MUST_USE;

struct merge_of {
    const char *kept_id;
    int64_t kept_version; /* what was looked at */
    const char *gone_id;
    int64_t gone_version;
    struct answers *answers; /* of the kept one: made by merge_answers */
    const char *asked_by;
    const char *reason;
};
/* *id_out: of the joining. In the caller's transaction, if there is one. */
enum err record_merge(struct ctx *ctx, const char **id_out, const char *kind,
                      const struct merge_of *m) MUST_USE;

/* A joining: of two records that are one now, or were. */
struct record_join {
    const char *id;
    const char *gone_id;
    const char *kept_id;
    const char *gone_key_id;
    const char *form;
    int64_t kept_before; /* versions of the kept one */
    int64_t kept_after;
    const char *asked_by;
    const char *made_by;
    int64_t made_at;
    bool parted;
};
/* ERR_NOT_FOUND: none of this id. Whoever asks checks that the acting user may see the records. */
enum err record_join_load(struct ctx *ctx, struct record_join *out, const char *id) MUST_USE;
/* The joining that took this record away; out->id is NULL if it stands for itself. */
enum err record_join_of(struct ctx *ctx, struct record_join *out, const char *gone_id) MUST_USE;
/* Those that were merged into it, itself and one through the other, newest first. */
enum err record_joins_into(struct ctx *ctx, struct record_join **out, size_t *len_out,
                           const char *kept_id) MUST_USE;
/* The record that stands for this one at the end of all mergings; itself if it stands alone. */
enum err record_stands_now(struct ctx *ctx, const char **out, const char *id) MUST_USE;

/*
 * Makes two of them again: the kept one gets the answers of before in all that was not changed
 * since, the gone one its status, and what came with it goes back. What was added since stays with
 * the kept one; what was added below what goes back goes with it. ERR_CONFLICT: they are parted,
 * or the kept one is itself merged into another, or erased.
 */
enum err record_part(struct ctx *ctx, const struct record_join *join, const char *reason) MUST_USE;

/*
 * The answers of a full record with every reference as it was before any merging that holds: what
 * was signed or agreed with the other name of the same person reads the same.
 */
enum err record_refs_unmerged(struct ctx *ctx, struct answers **out,
                              const struct record *rec) MUST_USE;

/* Before they are parted: how many records, files and comments go back, and stay. */
struct merge_count {
    const char *kind; /* of records; "" = files, comments and letters are not told by kind */
    int64_t back;
    int64_t stay; /* added to the kept one since */
};
enum err record_part_look(struct ctx *ctx, struct merge_count **out, size_t *len_out,
                          const struct record_join *join) MUST_USE;

/* And how many references in other records, of whatever kind and office, are pointed back. */
enum err record_part_refs(struct ctx *ctx, int64_t *out, const struct record_join *join) MUST_USE;

/*
 * Rooms that keep rows about records: moves those of from that are sealed under one of the keys to
 * the other record; inside the transaction. Before fork; asking twice for one fn counts once.
 */
struct merge_carry {
    const char *form;
    const char *from_id;
    const char *to_id;
    const char *const *keys; /* at most MERGE_INTO_MAX + 1 */
    size_t keys_len;
};
typedef enum err (*merge_watcher)(struct ctx *ctx, const struct merge_carry *c);
#define MERGE_WATCHERS_MAX 4
void records_watch_merge(merge_watcher fn);

/* In the transaction in which the kept one is erased: those merged into it go too, with keys. */
enum err record_merge_erase(struct ctx *ctx, const struct record *kept) MUST_USE;

#endif
