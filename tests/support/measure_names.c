/*
 * Measures the search for names: invents 100,000 people, hides one spelling of each group of
 * tests/data/names.csv among them, searches with each other spelling, and counts.
 *
 * usage: measure_names VARIANTS.csv NAMES.csv [PEOPLE [CONTENT_DIR]]
 * CONTENT_DIR replaces shipped content (asset_use_directory). See measure_names.py.
 *
 * pair: given and family name, the family name as stored. both: the family name in another spelling
 * too. alone: one word. Namesakes, people who rightly bear spellings of all words searched, are
 * nothing that a search by name can tell apart: they are counted on their own, not as others. A
 * name is a spelling of a group if NAMES.csv has it, in its own script or in Latin, beside one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/asset.h"
#include "core/csv.h"
#include "core/text.h"
#include "vault/fold.h"

#define NAMES_MAX   4000
#define GROUPS_MAX  600
#define IN_GROUP    8
#define OTHERS_MAX  40
#define PEOPLE_MAX  200000
#define TOKENS_CAP  ((size_t)1 << 24)
#define LATENCY_MAX 100000
#define ORIGIN_MAX  8

struct group {
    bool family;
    const char *variants[IN_GROUP];
    size_t len;
    const char *others[OTHERS_MAX]; /* the same names as the invented people write them */
    size_t others_len;
};

struct name {
    const char *origin;
    bool family;
    const char *latin;
    const char *native;
};

struct posting {
    uint64_t token;
    uint32_t person;
};

struct world {
    struct ctx ctx;
    struct group groups[GROUPS_MAX];
    size_t groups_len;
    struct name names[NAMES_MAX];
    size_t names_len;
    const char **lines;
    struct fold_line **made;
    size_t people;
    struct posting *index;
    size_t index_len;
    uint64_t seed;
    double ms[LATENCY_MAX];
    size_t ms_len;
};

struct tally {
    size_t searches;
    size_t found;
    size_t at_all;
    size_t false_all;
    size_t false_shown;
    size_t namesakes;
};

static uint32_t dice(struct world *w, size_t sides)
{
    w->seed = w->seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)((w->seed >> 33) % sides);
}

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static uint64_t token_hash(enum fold_kind kind, const char *s)
{
    uint64_t h = 1469598103934665603U + (uint64_t)kind * 977;

    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211U;
    return h ^ (h >> 31);
}

static void must(struct world *w, enum err rc)
{
    if (!rc)
        return;
    fprintf(stderr, "measure_names: %s\n", ctx_first_problem(&w->ctx));
    exit(1);
}

static void read_groups(struct world *w, const char *path)
{
    struct csv *csv = NULL;
    struct csv_row row = { 0 };
    bool more = false;

    must(w, csv_open_file(&w->ctx, &csv, path, ','));
    must(w, csv_next(&w->ctx, csv, &row, &more));
    for (;;) {
        int64_t id = 0;
        struct group *g = NULL;

        must(w, csv_next(&w->ctx, csv, &row, &more));
        if (!more)
            break;
        if (row.len < 4 || !parse_int(row.cells[0], 1, GROUPS_MAX, &id))
            continue;
        g = &w->groups[id - 1];
        g->family = strcmp(row.cells[1], "family") == 0;
        if (g->len < IN_GROUP)
            g->variants[g->len++] = arena_strdup(w->ctx.arena, row.cells[3]);
        if ((size_t)id > w->groups_len)
            w->groups_len = (size_t)id;
    }
    csv_close(csv);
}

static void read_names(struct world *w, const char *path)
{
    struct csv *csv = NULL;
    struct csv_row row = { 0 };
    bool more = false;

    must(w, csv_open_file(&w->ctx, &csv, path, ','));
    must(w, csv_next(&w->ctx, csv, &row, &more));
    for (;;) {
        struct name *n = &w->names[w->names_len];

        must(w, csv_next(&w->ctx, csv, &row, &more));
        if (!more || w->names_len + 1 >= NAMES_MAX)
            break;
        n->origin = arena_strdup(w->ctx.arena, row.cells[0]);
        n->family = strcmp(row.cells[1], "family") == 0;
        n->latin = arena_strdup(w->ctx.arena, row.cells[3]);
        n->native = arena_strdup(w->ctx.arena, row.cells[4]);
        w->names_len++;
    }
    csv_close(csv);
}

/* A name of the same origin as one drawn before. */
static const struct name *draw(struct world *w, const char *origin, bool family)
{
    for (;;) {
        const struct name *n = &w->names[dice(w, w->names_len)];

        if (n->family == family && (!origin || strcmp(n->origin, origin) == 0))
            return n;
    }
}

static const char *invent(struct world *w)
{
    const struct name *given = draw(w, NULL, false);
    const struct name *family = draw(w, given->origin, true);
    const struct name *father = dice(w, 2) ? draw(w, given->origin, false) : NULL;
    bool native = dice(w, 3) == 0;

    return arena_printf(w->ctx.arena, "%s%s%s %s", native ? given->native : given->latin,
                        father ? " " : "", father ? native ? father->native : father->latin : "",
                        native ? family->native : family->latin);
}

static void store(struct world *w, const char *line)
{
    struct arena_mark mark;
    struct fold_tokens tokens = { 0 };
    size_t i;

    w->lines[w->people] = line;
    must(w, fold_line_make(&w->ctx, &w->made[w->people], line));
    mark = arena_mark(w->ctx.arena);
    must(w, fold_name(&w->ctx, &tokens, line, false));
    for (i = 0; i < tokens.len && w->index_len < TOKENS_CAP; i++) {
        w->index[w->index_len].token = token_hash(tokens.items[i].kind, tokens.items[i].text);
        w->index[w->index_len++].person = (uint32_t)w->people;
    }
    arena_rewind(w->ctx.arena, mark);
    w->people++;
}

static int by_token(const void *a, const void *b)
{
    const struct posting *x = a;
    const struct posting *y = b;

    if (x->token != y->token)
        return x->token < y->token ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

static size_t posting_first(const struct world *w, uint64_t token)
{
    size_t low = 0;
    size_t high = w->index_len;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (w->index[mid].token < token)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct hit {
    uint32_t person;
    int rough;
    double score;
};

struct hits {
    struct hit items[PEOPLE_MAX];
    size_t len;
    int at[PEOPLE_MAX]; /* place in items + 1 */
};

static void take_token(struct world *w, struct hits *h, const struct fold_token *t)
{
    static const int worth[] = { 5, 4, 3, 30, 2 };
    uint64_t token = token_hash(t->kind, t->text);
    size_t i;

    for (i = posting_first(w, token); i < w->index_len && w->index[i].token == token; i++) {
        uint32_t p = w->index[i].person;

        if (!h->at[p]) {
            h->items[h->len].person = p;
            h->items[h->len].rough = 0;
            h->at[p] = (int)++h->len;
        }
        h->items[h->at[p] - 1].rough += worth[t->kind];
    }
}

static int by_rough(const void *a, const void *b)
{
    const struct hit *x = a;
    const struct hit *y = b;

    if (x->rough != y->rough)
        return y->rough - x->rough;
    return (x->person > y->person) - (x->person < y->person);
}

static int by_score(const void *a, const void *b)
{
    const struct hit *x = a;
    const struct hit *y = b;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->person > y->person) - (x->person < y->person);
}

/* As fold.h says. Fills h with what is above the threshold, best first. */
static void search(struct world *w, struct hits *h, const char *line)
{
    struct fold_tokens tokens = { 0 };
    struct fold_line *query = NULL;
    size_t kept = 0;
    size_t i;

    h->len = 0;
    memset(h->at, 0, w->people * sizeof(h->at[0]));
    must(w, fold_name(&w->ctx, &tokens, line, true));
    must(w, fold_line_make(&w->ctx, &query, line));
    for (i = 0; i < tokens.len; i++) {
        if (tokens.items[i].kind == FOLD_PAIR)
            take_token(w, h, &tokens.items[i]);
    }
    if (h->len < FOLD_FEW || tokens.words == 1) {
        for (i = 0; i < tokens.len; i++) {
            if (tokens.items[i].kind != FOLD_PAIR)
                take_token(w, h, &tokens.items[i]);
        }
    }
    qsort(h->items, h->len, sizeof(h->items[0]), by_rough);
    if (h->len > FOLD_CANDIDATES)
        h->len = FOLD_CANDIDATES;
    for (i = 0; i < h->len; i++) {
        h->items[i].score = fold_line_score(query, w->made[h->items[i].person]);
        if (h->items[i].score >= FOLD_SCORE_MIN)
            h->items[kept++] = h->items[i];
    }
    h->len = kept;
    qsort(h->items, h->len, sizeof(h->items[0]), by_score);
}

static bool has_word(const char *line, const char *word)
{
    size_t len = strlen(word);
    const char *p;

    for (p = strstr(line, word); p; p = strstr(p + 1, word)) {
        if ((p == line || p[-1] == ' ') && (p[len] == '\0' || p[len] == ' '))
            return true;
    }
    return false;
}

static bool any_word(const char *line, const char *const *words, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (has_word(line, words[i]))
            return true;
    }
    return false;
}

static bool bears(const struct world *w, uint32_t person, const struct group *g)
{
    const char *line = w->lines[person];

    return !g || any_word(line, g->variants, g->len) || any_word(line, g->others, g->others_len);
}

static bool is_spelling(const struct group *g, const char *name)
{
    size_t i;

    for (i = 0; i < g->len; i++) {
        if (strcmp(g->variants[i], name) == 0)
            return true;
    }
    return false;
}

/* An invented person is written in Latin or in the own script: both are the one name. */
static void join_names(struct world *w)
{
    size_t g;
    size_t i;

    for (g = 0; g < w->groups_len; g++) {
        struct group *own = &w->groups[g];

        for (i = 0; i < w->names_len && own->others_len + 2 < OTHERS_MAX; i++) {
            if (!is_spelling(own, w->names[i].latin) && !is_spelling(own, w->names[i].native))
                continue;
            own->others[own->others_len++] = w->names[i].latin;
            own->others[own->others_len++] = w->names[i].native;
        }
    }
}

static void look(struct world *w, struct hits *h, struct tally *t, const char *line, size_t target,
                 const struct group *const rightly[2])
{
    double start = now_ms();
    size_t rank = 0;
    size_t others = 0;
    size_t shown = 0;
    size_t i;
    bool seen = false;
    struct arena_mark mark = arena_mark(w->ctx.arena);

    search(w, h, line);
    if (w->ms_len < LATENCY_MAX)
        w->ms[w->ms_len++] = now_ms() - start;
    for (i = 0; i < h->len; i++) {
        if (h->items[i].person == target) {
            seen = true;
            rank = others;
        } else if (bears(w, h->items[i].person, rightly[0]) &&
                   bears(w, h->items[i].person, rightly[1])) {
            t->namesakes++;
        } else {
            others++;
            shown += i < FOLD_RESULTS;
        }
    }
    t->searches++;
    t->at_all += seen;
    t->found += seen && rank < 10;
    t->false_all += others;
    t->false_shown += shown;
    if (getenv("MEASURE_VERBOSE") && !(seen && rank < 10)) {
        double score = 0;

        must(w, fold_score(&w->ctx, &score, line, w->lines[target]));
        printf("  missed: %s for %s (score %.2f, %zu others)\n", line, w->lines[target], score,
               others);
    }
    arena_rewind(w->ctx.arena, mark);
}

static int by_double(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;

    return (*x > *y) - (*x < *y);
}

static void report(struct world *w, const char *what, const struct tally *t)
{
    double n = (double)t->searches;

    qsort(w->ms, w->ms_len, sizeof(w->ms[0]), by_double);
    printf("%-6s %5zu searches: top-10 recall %.1f %%, found at all %.1f %%, others above the "
           "threshold %.1f, shown %.1f, namesakes %.1f; p50 %.2f ms, p99 %.2f ms\n",
           what, t->searches, 100 * (double)t->found / n, 100 * (double)t->at_all / n,
           (double)t->false_all / n, (double)t->false_shown / n, (double)t->namesakes / n,
           w->ms[w->ms_len / 2], w->ms[w->ms_len * 99 / 100]);
    w->ms_len = 0;
}

/* The person hidden for a group: its first spelling; family names of some other group. */
static const struct group *partner(const struct world *w, size_t g)
{
    size_t i;

    for (i = 1; i < w->groups_len; i++) {
        const struct group *other = &w->groups[(g * 7 + i) % w->groups_len];

        if (other->family && other != &w->groups[g])
            return other;
    }
    return &w->groups[0];
}

enum mode { PAIR, BOTH, ALONE };

static void run(struct world *w, struct hits *h, size_t first, enum mode mode)
{
    static const char *const names[] = { "pair", "both", "alone" };
    struct tally t = { 0 };
    size_t g;
    size_t v;

    for (g = 0; g < w->groups_len; g++) {
        const struct group *own = &w->groups[g];
        const struct group *family = partner(w, g);
        const struct group *const rightly[2] = { own, mode == ALONE ? NULL : family };

        for (v = 0; v < own->len; v++) {
            const char *last = family->variants[(mode == BOTH ? g + 1 + v : g) % family->len];

            if (v == g % own->len)
                continue;
            look(w, h, &t,
                 arena_printf(w->ctx.arena, "%s %s", own->variants[v], mode == ALONE ? "" : last),
                 first + 2 * g + (mode == ALONE), rightly);
        }
    }
    report(w, names[mode], &t);
}

int main(int argc, char **argv)
{
    struct world *w = calloc(1, sizeof(*w));
    struct hits *h = calloc(1, sizeof(*h));
    int64_t people = 100000;
    size_t first;
    size_t g;
    double start;

    if (argc < 3 || (argc > 3 && !parse_int(argv[3], 1, PEOPLE_MAX - 2 * GROUPS_MAX, &people))) {
        fprintf(stderr, "usage: measure_names VARIANTS.csv NAMES.csv [PEOPLE [CONTENT_DIR]]\n");
        return 2;
    }
    w->seed = 20261122;
    w->ctx.arena = arena_new((size_t)4 << 30);
    w->ctx.lang = "en";
    if (argc > 4)
        must(w, asset_use_directory(&w->ctx, argv[4]));
    w->lines = calloc(PEOPLE_MAX, sizeof(*w->lines));
    w->made = calloc(PEOPLE_MAX, sizeof(struct fold_line *));
    w->index = calloc(TOKENS_CAP, sizeof(*w->index));
    read_groups(w, argv[1]);
    read_names(w, argv[2]);
    join_names(w);
    start = now_ms();
    while (w->people < (size_t)people)
        store(w, invent(w));
    first = w->people;
    for (g = 0; g < w->groups_len; g++) {
        const struct group *own = &w->groups[g];
        const struct group *family = partner(w, g);

        store(w, arena_printf(w->ctx.arena, "%s %s", own->variants[g % own->len],
                              family->variants[g % family->len]));
        store(w, own->variants[g % own->len]);
    }
    printf("%zu people, %zu groups, %.1f tokens a person, %.1f us to fold a line\n", w->people,
           w->groups_len, (double)w->index_len / (double)w->people,
           (now_ms() - start) * 1e3 / (double)w->people);
    qsort(w->index, w->index_len, sizeof(w->index[0]), by_token);
    run(w, h, first, PAIR);
    run(w, h, first, BOTH);
    run(w, h, first, ALONE);
    arena_free(w->ctx.arena);
    free(w->lines);
    free(w->made);
    free(w->index);
    free(h);
    free(w);
    return 0;
}
