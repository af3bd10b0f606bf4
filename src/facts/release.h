#ifndef FACTS_RELEASE_H
#define FACTS_RELEASE_H

/*
 * Releases: figures that are given out. What is hidden is decided once, when a question is first
 * asked, and kept; whoever asks it again gets the same table. Before that it is compared with what
 * was given out before, of the same kind and of others, for the same quarter's end: a number that
 * would tell a small one by the difference to others is hidden too.
 *
 * A quarter that is over does not change any more. Of the quarter that runs, the table given out
 * last stands until every number that changed has changed by the threshold at least.
 *
 * Limits: RELEASES_COMPARED earlier tables of the kind and as many of others, the newest; a cell is
 * compared with the sums that earlier tables give of it, or it of them, not with every combination
 * of several tables.
 * Memory: ctx->arena. Errors: ERR_NOT_FOUND also for what is outside the acting user's offices.
 */

#include "facts/count.h"

#define RELEASES_COMPARED 300
#define RELEASES_SHOWN    20
#define THRESHOLD_DEFAULT 5
#define THRESHOLD_MAX     50
#define THRESHOLD_SETTING "facts.threshold"

struct fact_release {
    const char *id;
    struct fact_question question;
    struct fact_counts counts;
    bool *hidden; /* by cell */
    int64_t threshold;
    int64_t made_at;
};

/* The table that answers a question, made now unless it was before. Writes: not for a GET. */
enum err facts_release(struct ctx *ctx, struct fact_release *out,
                       const struct fact_question *q) MUST_USE;
/* The table that stands for it, whether or not the facts have changed since. ERR_NOT_FOUND: it was
 * never asked. Writes nothing. */
enum err facts_release_find(struct ctx *ctx, struct fact_release *out,
                            const struct fact_question *q) MUST_USE;
enum err facts_release_load(struct ctx *ctx, struct fact_release *out, const char *id) MUST_USE;

struct fact_release_row {
    const char *id;
    const char *question; /* of fact_question_text */
    int64_t made_at;
};
/* Newest first, at most RELEASES_SHOWN. */
enum err facts_releases(struct ctx *ctx, struct fact_release_row **out, size_t *len_out) MUST_USE;

struct json_out;
/* Adds name and the lines of a table, each an array of its dims values; none stands for no value.
 */
void fact_lines_json(struct json_out *j, const char *name, const struct fact_line *lines,
                     size_t len, size_t dims, const char *none);

/* How many people at least stand behind a number that is shown. */
enum err facts_threshold(struct ctx *ctx, int64_t *out) MUST_USE;

#endif
