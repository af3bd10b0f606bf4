/* Principal components of points, and the weights that follow from them. */
#include "survey/weights.h"

#include <math.h>
#include <string.h>

#define SWEEPS_MAX 100
#define OFF_ENOUGH 1e-22 /* sum of squares beside the diagonal */
#define SAME       1e-12 /* a variance below it is none */
#define LEAST      0.001 /* a weight that would be printed as less is none */

struct moments {
    const struct question **questions;
    size_t *places; /* in the profile */
    size_t len;
    int64_t complete;
    int64_t incomplete;
    double *sums;
    double *products; /* len * len */
};

/* Whether a question can have points in the score of its dimension. */
static bool is_scored(const struct question *q)
{
    return q->weights[q->dimension] > 0 && q->rule != RULE_NONE && q->rule != RULE_SOURCE;
}

struct moments *moments_new(struct arena *a, const struct profile *p, enum dimension d)
{
    struct moments *m = ARENA_NEW(a, struct moments);

    m->questions = ARENA_ARRAY(a, p->len + 1, const struct question *);
    m->places = ARENA_ARRAY(a, p->len + 1, size_t);
    for (size_t i = 0; i < p->len; i++)
        if (p->questions[i].dimension == d && is_scored(&p->questions[i])) {
            m->places[m->len] = i;
            m->questions[m->len++] = &p->questions[i];
        }
    m->sums = ARENA_ARRAY(a, m->len + 1, double);
    m->products = ARENA_ARRAY(a, m->len * m->len + 1, double);
    return m;
}

void moments_add(struct moments *m, const double *points)
{
    for (size_t i = 0; i < m->len; i++)
        if (points[m->places[i]] < 0) {
            m->incomplete++;
            return;
        }
    m->complete++;
    for (size_t i = 0; i < m->len; i++) {
        /* From the middle of the scale: sums stay small and lose nothing. */
        double x = points[m->places[i]] - 0.5;

        m->sums[i] += x;
        for (size_t k = 0; k <= i; k++)
            m->products[i * m->len + k] += x * (points[m->places[k]] - 0.5);
    }
}

/* --- eigenvalues --- */

/* Turns rows and columns p and q so that the element between them becomes 0. */
static void rotate(size_t n, double *m, double *v, size_t p, size_t q)
{
    double theta = (m[q * n + q] - m[p * n + p]) / (2 * m[p * n + q]);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1);
    double s = t * c;

    for (size_t i = 0; i < n; i++) {
        double x = m[i * n + p];
        double y = m[i * n + q];

        m[i * n + p] = c * x - s * y;
        m[i * n + q] = s * x + c * y;
    }
    for (size_t i = 0; i < n; i++) {
        double x = m[p * n + i];
        double y = m[q * n + i];

        m[p * n + i] = c * x - s * y;
        m[q * n + i] = s * x + c * y;
        x = v[p * n + i];
        y = v[q * n + i];
        v[p * n + i] = c * x - s * y;
        v[q * n + i] = s * x + c * y;
    }
}

static void swap_vectors(size_t n, double *values, double *vectors, size_t a, size_t b)
{
    double value = values[a];

    values[a] = values[b];
    values[b] = value;
    for (size_t i = 0; i < n; i++) {
        double x = vectors[a * n + i];

        vectors[a * n + i] = vectors[b * n + i];
        vectors[b * n + i] = x;
    }
}

void eigen_symmetric(size_t n, double *matrix, double *values, double *vectors)
{
    double off = 1;

    memset(vectors, 0, n * n * sizeof(*vectors));
    for (size_t i = 0; i < n; i++)
        vectors[i * n + i] = 1;
    for (int sweep = 0; sweep < SWEEPS_MAX && off > OFF_ENOUGH; sweep++) {
        off = 0;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++) {
                off += matrix[p * n + q] * matrix[p * n + q];
                if (fabs(matrix[p * n + q]) > 1e-300)
                    rotate(n, matrix, vectors, p, q);
            }
    }
    for (size_t i = 0; i < n; i++)
        values[i] = matrix[i * n + i];
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            if (values[k] > values[i])
                swap_vectors(n, values, vectors, i, k);
}

/* --- weights --- */

static double covariance(const struct moments *m, size_t i, size_t k)
{
    double n = (double)m->complete;
    double product = m->products[i > k ? i * m->len + k : k * m->len + i];

    return (product - m->sums[i] * m->sums[k] / n) / (n - 1);
}

/* Correlations of the questions whose points differ; their number. */
static size_t correlate(const struct moments *m, size_t *used, double *matrix)
{
    size_t n = 0;

    for (size_t i = 0; i < m->len; i++)
        if (covariance(m, i, i) > SAME)
            used[n++] = i;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            matrix[i * n + k] =
                i == k ? 1
                       : covariance(m, used[i], used[k]) / sqrt(covariance(m, used[i], used[i]) *
                                                                covariance(m, used[k], used[k]));
    return n;
}

/* Loadings point the way most of them point: more is better. */
static void take_loadings(struct derived_dimension *d, const size_t *used, size_t n,
                          const double *vector)
{
    double sum = 0;
    double squares = 0;

    for (size_t i = 0; i < n; i++)
        sum += vector[i];
    for (size_t i = 0; i < n; i++) {
        struct derived_weight *w = &d->items[used[i]];

        w->loading = (sum < 0 ? -1 : 1) * vector[i] * sqrt(d->values[0]);
        if (w->loading > 0)
            squares += w->loading * w->loading;
    }
    for (size_t i = 0; i < n; i++) {
        struct derived_weight *w = &d->items[used[i]];

        if (w->loading > 0)
            w->weight = (double)d->len * w->loading * w->loading / squares;
        if (w->weight < LEAST)
            w->weight = 0;
    }
}

bool weights_derive(struct arena *a, struct derived_dimension *out, const struct moments *m)
{
    size_t *used = ARENA_ARRAY(a, m->len + 1, size_t);
    double *matrix = ARENA_ARRAY(a, m->len * m->len + 1, double);
    double *vectors = ARENA_ARRAY(a, m->len * m->len + 1, double);
    struct derived_dimension d = { .len = m->len,
                                   .complete = m->complete,
                                   .incomplete = m->incomplete };

    d.items = ARENA_ARRAY(a, m->len + 1, struct derived_weight);
    d.values = ARENA_ARRAY(a, m->len + 1, double);
    for (size_t i = 0; i < m->len; i++) {
        d.items[i].question = m->questions[i];
        if (m->complete < 2)
            continue;
        d.items[i].mean = m->sums[i] / (double)m->complete + 0.5;
        d.items[i].deviation = sqrt(fmax(covariance(m, i, i), 0));
    }
    *out = d;
    if (m->complete < WEIGHTS_ROWS_MIN)
        return false;
    d.values_len = correlate(m, used, matrix);
    if (d.values_len < 2)
        return false;
    eigen_symmetric(d.values_len, matrix, d.values, vectors);
    take_loadings(&d, used, d.values_len, vectors);
    *out = d;
    return true;
}
