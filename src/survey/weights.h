#ifndef SURVEY_WEIGHTS_H
#define SURVEY_WEIGHTS_H

/*
 * Weights out of an organisation's own interviews: for each dimension the principal components of
 * the correlations between its scored questions. A question's weight follows its squared loading on
 * the first component; the weights of a dimension add up to the number of its questions, so that
 * none counts more in the composite than before for the derivation alone.
 *
 * Interviews in which a question of the dimension has no points (declined, not applicable, not
 * answered) are left out of that dimension, and counted. A question whose points never differ, or
 * that runs against the others (negative loading), gets the weight 0, and it is said.
 *
 * Memory: the arena given.
 */

#include "core/arena.h"
#include "survey/feed.h"
#include "survey/profile.h"

#define WEIGHTS_ROWS_MIN 30 /* complete interviews of a dimension */

/* One question in its dimension. */
struct derived_weight {
    const struct question *question;
    double mean;
    double deviation; /* of the sample */
    double loading;   /* on the first component */
    double weight;    /* 0 = left out */
};

struct derived_dimension {
    struct derived_weight *items;
    size_t len;
    int64_t complete;   /* interviews used */
    int64_t incomplete; /* left out */
    double *values;     /* eigenvalues, largest first; as many as there are questions that differ */
    size_t values_len;
};

/* Sums over interviews; one for each dimension. */
struct moments;

struct moments *moments_new(struct arena *a, const struct profile *p, enum dimension d);
/* points: of every question of the profile, 0 to 1, below 0 = none. */
void moments_add(struct moments *m, const double *points);
/* false: fewer than two questions, or fewer than WEIGHTS_ROWS_MIN complete interviews; the counts
 * are filled in all the same. */
bool weights_derive(struct arena *a, struct derived_dimension *out, const struct moments *m);

/*
 * Eigenvalues and unit eigenvectors of a symmetric matrix of n rows (by Jacobi's rotations), the
 * largest first: vector k is vectors[k * n]. matrix is used up.
 */
void eigen_symmetric(size_t n, double *matrix, double *values, double *vectors);

/*
 * The completed interviews that the acting user may see, as codes, in the columns that scoring
 * needs beside WEIGHTS_KEY and the round; of every round (round is checked only: it is sealed, so
 * the reader passes over the others). It is an export: needs rss.export, is audited, and each
 * interview is noted in the access log. ERR_INVALID: no such round. Lives in memory alone.
 */
enum err weights_interviews(struct ctx *ctx, struct feed **out, const struct profile *p,
                            const char *round) MUST_USE;
#define WEIGHTS_KEY "record.status" /* filled in every row */

/* homeward survey weights ... */
enum err weights_command(struct ctx *ctx, int argc, char **argv) MUST_USE;

#endif
