#include "forms/forms_inner.h"

#include <string.h>

#include "core/text.h"

/* The word that somebody may have meant. */

#define NEAR_MAX ((size_t)60) /* longer words are not compared */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t n = a < b ? a : b;

    return n < c ? n : c;
}

static size_t cost(char a, char b)
{
    return ascii_lower(a) == ascii_lower(b) ? 0 : 1;
}

/* Letters to change, add, take out or swap with a neighbour. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NEAR_MAX + 1];
    size_t *before = rows[0];
    size_t *last = rows[1];
    size_t *now = rows[2];
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);

    for (size_t k = 0; k <= b_len; k++)
        last[k] = k;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *spare = before;

        now[0] = i;
        for (size_t k = 1; k <= b_len; k++) {
            now[k] = least(last[k] + 1, now[k - 1] + 1, last[k - 1] + cost(a[i - 1], b[k - 1]));
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
                before[k - 2] + 1 < now[k])
                now[k] = before[k - 2] + 1;
        }
        before = last;
        last = now;
        now = spare;
    }
    return last[b_len];
}

void near_begin(struct near *n, const char *word)
{
    size_t len = strlen(word);

    *n = (struct near){ .word = word, .best = len < 3 ? 1 : len < 6 ? 2 : 3 };
    if (len == 0 || len > NEAR_MAX)
        n->best = 0;
}

void near_try(struct near *n, const char *candidate)
{
    size_t a = strlen(n->word);
    size_t b = strlen(candidate);
    size_t d;

    if (b == 0 || b > NEAR_MAX || a > b + n->best || b > a + n->best || n->best == 0)
        return;
    d = distance(n->word, candidate);
    if (d < n->best && d > 0) {
        n->best = d;
        n->found = candidate;
    } else if (d == 0) {
        n->found = candidate; /* in other letters, such as Text for text */
        n->best = 0;
    }
}

const char *nearest_of(const char *word, const char *const *first, const char *const *second)
{
    struct near n;

    near_begin(&n, word);
    for (size_t i = 0; first && first[i]; i++)
        near_try(&n, first[i]);
    for (size_t i = 0; second && second[i]; i++)
        near_try(&n, second[i]);
    return n.found;
}

const char *with_near(struct ctx *ctx, const char *text, const char *near)
{
    return near ? tr(ctx, "{0} Did you mean {1}?", TR_TEXT(text), TR_TEXT(near)) : text;
}
