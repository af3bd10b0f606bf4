#ifndef FACTS_FACTS_H
#define FACTS_FACTS_H

/*
 * Facts: what may be counted, cut loose from the person. Each kind of record below a person has a
 * table fact_<kind> with the fields marked hw:stat of the kind itself and of the records above it
 * (fact_shape.h). Nothing in it leads back: the person is a hash of the random beneficiary code
 * that stands in the sealed record alone, the fact is a hash of that code and the record; times are
 * quarters; rows lie in the order of the hashes. A person whose code was erased keeps the facts,
 * and nobody can tell whose they are.
 *
 * A row holds from the end of the quarter valid_from until before the end of valid_to, so that the
 * figures of any quarter's end can be made again. Quarters are whole numbers: year * 4 + 0 to 3.
 *
 * Only facts_catch_up and facts_rebuild write, in the job process or a command: they read records
 * whole, without scope or clearance, and nothing but facts comes out of them.
 *
 * Memory: ctx->arena. Errors: those of db and records.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "records/jobs.h"

#define FACTS_EVERY_MS ((int64_t)30 * 60 * 1000)

/* Makes or widens the tables of facts of the forms in force. ERR_DB. */
enum err facts_prepare(struct ctx *ctx) MUST_USE;
/*
 * Brings the facts up to record_history: of everyone with a record that changed since, in random
 * order, some at a time. *people_out (may be NULL) = whose facts were written anew.
 */
enum err facts_catch_up(struct ctx *ctx, int64_t *people_out) MUST_USE;
/* Makes the facts of everyone who can still be told anew, from their histories. */
enum err facts_rebuild(struct ctx *ctx, int64_t *people_out) MUST_USE;

/* The moment of which the facts are: they had all that was recorded before. 0 = not written yet. */
enum err facts_moment(struct ctx *ctx, int64_t *ms_out) MUST_USE;

extern const struct job_period facts_periods[];

/* homeward facts rebuild; ctx is open. */
enum err facts_command(struct ctx *ctx, int argc, char **argv) MUST_USE;

#endif
