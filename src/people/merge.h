#ifndef PEOPLE_MERGE_H
#define PEOPLE_MERGE_H

/*
 * Two records of one person: who asks for a merge, who confirms it, how it is undone, and who are
 * not the same (R-4.2.1-07; spec/decisions.md, person: active -> merged -> active). One person asks
 * and chooses, another one confirms; undoing takes one person with the permission and a reason,
 * for MERGE_UNDO_MS. The mechanics are records/merge.h.
 *
 * Rights: asking and "not the same" need person.compare, confirming and undoing person.merge; both
 * records must lie in the acting user's scope, else ERR_NOT_FOUND.
 * Memory: ctx->arena. Reasons are sealed under the key of the audit, so they outlive an erasure.
 */

#include "records/merge.h"

#define MERGE_UNDO_MS  ((int64_t)30 * 24 * 60 * 60 * 1000)
#define MERGE_LIST_MAX 50

/* Which record's names are the ones in use: the choice "names kept" or "names gone". */
#define MERGE_NAMES "names"

/* The answers of both in one: the other names stay as former ones, by which people are found. */
struct answers *person_merge_answers(struct ctx *ctx, const struct record *kept,
                                     const struct record *gone, const char *choices);

struct merge_wish {
    const char *kept_id;
    int64_t kept_version; /* what was looked at */
    const char *gone_id;
    int64_t gone_version;
    const char *choices; /* as in records/merge.h; what the user may not read is left out */
    const char *reason;
};
/*
 * Asks; an earlier asking about the two is replaced. ERR_INVALID: no reason, or the answers chosen
 * do not go together (problems at the fields). ERR_CONFLICT: one changed since.
 */
enum err merge_ask(struct ctx *ctx, const struct merge_wish *w) MUST_USE;

struct merge_asked {
    const char *id;
    const char *kept_id;
    int64_t kept_version;
    const char *gone_id;
    int64_t gone_version;
    const char *reason;
    const char *choices;
    const char *asked_by;
    const char *asked_by_name;
    int64_t asked_at;
    int64_t until; /* then it lapses */
    bool mine;     /* the acting user asked: may take it back, may not confirm it */
};
/* What waits about two records, in either order; *out is NULL if nothing does. */
enum err merge_asked_of(struct ctx *ctx, struct merge_asked **out, const char *a,
                        const char *b) MUST_USE;
/* All that waits in the acting user's scope, the oldest first, at most MERGE_LIST_MAX. */
enum err merge_asked_list(struct ctx *ctx, struct merge_asked **out, size_t *len_out) MUST_USE;
/* The other person's word: merges. *kept_out: the id of the record that stays. */
enum err merge_confirm(struct ctx *ctx, const char **kept_out, const char *a,
                       const char *b) MUST_USE;
/* Takes it away: by who asked, or by who could confirm it. */
enum err merge_refuse(struct ctx *ctx, const char *a, const char *b) MUST_USE;
/* Forgets those that have lapsed; once a day. */
enum err merge_forget(struct ctx *ctx) MUST_USE;
/*
 * Somebody is erased: what was said of them and others goes, with the reasons, which lie under the
 * key of the audit. Within the transaction.
 */
enum err merge_erase(struct ctx *ctx, const char *id) MUST_USE;

/* The last moment at which it can be undone. */
int64_t merge_until(const struct record_join *join);
/* ERR_CONFLICT with the date, once that is over. */
enum err merge_undo(struct ctx *ctx, const char *join_id, const char *reason) MUST_USE;

/* --- not the same --- */

struct not_same {
    const char *a;
    const char *b;
    const char *reason;
    const char *made_by_name;
    int64_t made_at;
};
/* Needs a reason; what waits about the two is taken away. */
enum err not_same_set(struct ctx *ctx, const char *a, const char *b, const char *reason) MUST_USE;
/* Both may be the same again. ERR_NOT_FOUND: nobody said they are not. */
enum err not_same_undo(struct ctx *ctx, const char *a, const char *b) MUST_USE;
/* *out is NULL if nobody said so. */
enum err not_same_of(struct ctx *ctx, struct not_same **out, const char *a, const char *b) MUST_USE;
/* Whom a person is not: at most MERGE_LIST_MAX, whatever the scope. */
enum err not_same_ids(struct ctx *ctx, const char ***out, size_t *len_out, const char *id) MUST_USE;

/* Within scope, loaded with everything: nothing of it may be shown without record_may_read. */
enum err people_whole(struct ctx *ctx, struct record **out, const char *id) MUST_USE;

#endif
