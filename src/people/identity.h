#ifndef PEOPLE_IDENTITY_H
#define PEOPLE_IDENTITY_H

/*
 * People who may be registered in two offices. Whoever registers one is told only of those within
 * their own scope. Every person whose record is new or changed is noted, whatever else there is, so
 * that a reply cannot tell; the job role then looks for their like in all offices, and what it
 * finds becomes a task of the identity officer (role with person.identify and the scope of all
 * offices), who may ask the offices to get in touch, say that they differ, or ask for a merge.
 *
 * Memory: ctx->arena. Errors: ERR_NOT_FOUND no such match, or not within scope.
 */

#include "records/records.h"

/* As alike as this, with more than a single name: worth the officer's time. */
#define IDENTITY_FROM  0.85
#define IDENTITY_SHOWN 50

/*
 * In the transaction in which a person's record is stored; old NULL: a new one. Who is in use is
 * noted to be looked at; the matches of who is not any more (merged, dead, deleted) come to rest,
 * and are looked for anew when the record is in use again.
 */
enum err identity_follow(struct ctx *ctx, const struct record *person,
                         const struct record *old) MUST_USE;
/*
 * For the job role: looks at those that were noted, for a second at most; *more_out: there may be
 * more. What is found is stored person by person, and searched for while others may write.
 */
enum err identity_round(struct ctx *ctx, bool *more_out) MUST_USE;

struct identity_match {
    const char *id;
    int64_t score; /* percent */
    int64_t made_at;
    int64_t told_at; /* the offices were asked; 0 = not yet */
    struct record *two[2];
    const char *offices[2]; /* names */
};
/* Those that are open, newest first, at most IDENTITY_SHOWN. */
enum err identity_list(struct ctx *ctx, struct identity_match **out, size_t *len_out) MUST_USE;
/* How many are open; for the home page. */
enum err identity_count(struct ctx *ctx, int64_t *out) MUST_USE;
/*
 * Asks those who registered the two to get in touch with the officer: each is told of the own
 * record alone, by its number.
 */
enum err identity_tell(struct ctx *ctx, const char *id) MUST_USE;

/* A line for a member of staff, in the caller's transaction; set before fork. */
typedef enum err (*identity_teller)(struct ctx *ctx, const char *staff_id, const char *text,
                                    const char *const *args, const char *link);
void identity_use_teller(identity_teller tell);

#endif
