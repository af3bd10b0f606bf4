#include "vault/fold_inner.h"

#include <stdlib.h>
#include <string.h>

#include "core/asset.h"
#include "core/buf.h"
#include "core/csv.h"
#include "core/text.h"

#define LETTERS_FILE   "content/names/letters.csv"
#define PARTICLES_FILE "content/names/particles.csv"
#define VARIANTS_FILE  "content/names/variants.csv"
#define TABLES_BUDGET  ((size_t)32 * 1024 * 1024)
#define ROWS_MAX       ((size_t)4096)
#define GROUPS_MAX     ((size_t)8192)
#define VARIANTS_CAP   ((size_t)65536)
#define NEAR_FAR       100 /* consonant for another */
#define NEAR_VOWEL     30  /* vowel for another */
#define VOWELS         "aeiou"

/*
 * Immutable once filled, and the same for everybody: what a process reads from its own assets. So
 * it outlives the request, unlike all else.
 */
static const struct fold_tables *loaded;

static enum err bad_row(struct ctx *ctx, const char *file, const struct csv_row *row)
{
    return ctx_fail(ctx, ERR_INTERNAL,
                    arena_printf(ctx->arena, "could not read %s: line %lld is not understood", file,
                                 (long long)row->line));
}

static enum err open_table(struct ctx *ctx, struct csv **out, const char *name)
{
    const struct asset *asset = asset_find(name);

    if (!asset)
        return ctx_fail(ctx, ERR_INTERNAL, arena_printf(ctx->arena, "%s is missing", name));
    return csv_open_bytes(ctx, out, (const char *)asset->bytes, asset->len, ',');
}

/* "U+09DF" or the letter itself; 0 if it is neither. */
static uint32_t letter_of(const char *cell)
{
    const char *p = cell;
    uint32_t cp = 0;

    if (!text_starts(cell, "U+")) {
        cp = text_next(&p);
        return *p == '\0' ? cp : 0;
    }
    for (p = cell + 2; *p; p++) {
        const char *hex = "0123456789ABCDEF";
        const char *at = strchr(hex, *p);

        if (!at || cp > 0xFFFFF)
            return 0;
        cp = cp * 16 + (uint32_t)(at - hex);
    }
    return cp;
}

static bool where_of(const char *cell, enum fold_where *out)
{
    static const char *const names[] = { "", "open", "front", "start", "end", "vowel", "persian" };
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(cell, names[i]) == 0) {
            *out = (enum fold_where)i;
            return true;
        }
    }
    return false;
}

static bool add_letter(struct fold_tables *t, char **cells, enum fold_where where)
{
    bool nukta = strcmp(cells[0], "nukta") == 0;
    struct fold_letter *l = NULL;

    if (t->letters_len >= ROWS_MAX || t->nukta_len >= ROWS_MAX)
        return false;
    l = nukta ? &t->nukta[t->nukta_len++] : &t->letters[t->letters_len++];
    l->cp = letter_of(cells[1]);
    l->where = where;
    l->to = arena_strdup(t->arena, cells[3]);
    return l->cp != 0;
}

static bool add_block(struct fold_tables *t, char **cells)
{
    uint32_t cp = letter_of(cells[1]);
    const char *to = arena_strdup(t->arena, cells[3]);

    if (strcmp(cells[0], "indic") == 0) {
        if (cp < 0x900 || cp > 0x97F)
            return false;
        t->indic[cp - 0x900] = to;
        return true;
    }
    if (cp < 0x1200 || cp > 0x137F || cp % 8 != 0)
        return false;
    t->ethiopic[(cp - 0x1200) / 8] = to;
    return true;
}

static bool add_sound(struct fold_tables *t, char **cells, enum fold_where where)
{
    struct fold_sound *s = NULL;

    if (t->sounds_len >= ROWS_MAX || cells[1][0] < 'a' || cells[1][0] > 'z' || !cells[3][0])
        return false;
    s = &t->sounds[t->sounds_len++];
    s->from = arena_strdup(t->arena, cells[1]);
    s->len = strlen(s->from);
    s->where = where;
    s->phones = arena_strdup(t->arena, cells[3]);
    s->options = arena_strdup(t->arena, cells[4]);
    return true;
}

static bool add_cost(struct fold_tables *t, char **cells)
{
    unsigned char a = (unsigned char)cells[1][0];
    unsigned char b = (unsigned char)cells[3][0];
    int64_t cost = 0;

    if (a == 0 || a > 127 || b > 127 || !parse_int(cells[4], 0, 100, &cost))
        return false;
    if (strcmp(cells[0], "drop") == 0) {
        t->drop[a] = (uint8_t)cost;
        return true;
    }
    t->near[a][b] = (uint8_t)cost;
    t->near[b][a] = (uint8_t)cost;
    return true;
}

static void default_costs(struct fold_tables *t)
{
    size_t a;
    size_t b;

    memset(t->near, NEAR_FAR, sizeof(t->near));
    memset(t->drop, NEAR_FAR, sizeof(t->drop));
    for (a = 0; a < 5; a++) {
        for (b = 0; b < 5; b++)
            t->near[(unsigned char)VOWELS[a]][(unsigned char)VOWELS[b]] = NEAR_VOWEL;
    }
    for (a = 0; a < 128; a++)
        t->near[a][a] = 0;
}

static int by_cp(const void *a, const void *b)
{
    const struct fold_letter *x = a;
    const struct fold_letter *y = b;

    if (x->cp != y->cp)
        return x->cp < y->cp ? -1 : 1;
    return (x->where == FOLD_ANY) - (y->where == FOLD_ANY); /* particular places first */
}

static int by_sound(const void *a, const void *b)
{
    const struct fold_sound *x = a;
    const struct fold_sound *y = b;

    if (x->from[0] != y->from[0])
        return x->from[0] - y->from[0];
    if (x->len != y->len)
        return x->len > y->len ? -1 : 1;
    if ((x->where == FOLD_ANY) != (y->where == FOLD_ANY))
        return (x->where == FOLD_ANY) - (y->where == FOLD_ANY);
    return strcmp(x->from, y->from) ? strcmp(x->from, y->from) : (int)x->where - (int)y->where;
}

static void sort_letters(struct fold_tables *t)
{
    size_t i;
    size_t c;

    qsort(t->letters, t->letters_len, sizeof(*t->letters), by_cp);
    qsort(t->nukta, t->nukta_len, sizeof(*t->nukta), by_cp);
    qsort(t->sounds, t->sounds_len, sizeof(*t->sounds), by_sound);
    for (i = 0, c = 0; c < 27; c++) {
        while (i < t->sounds_len && t->sounds[i].from[0] < (char)('a' + (char)c))
            i++;
        t->sound_at[c] = i;
    }
}

static bool add_row(struct fold_tables *t, const struct csv_row *row)
{
    const char *kind = row->cells[0];
    enum fold_where where = FOLD_ANY;

    if (row->len != 5 || !where_of(row->cells[2], &where))
        return false;
    if (strcmp(kind, "char") == 0 || strcmp(kind, "nukta") == 0)
        return add_letter(t, row->cells, where);
    if (strcmp(kind, "indic") == 0 || strcmp(kind, "ethiopic") == 0)
        return add_block(t, row->cells);
    if (strcmp(kind, "sound") == 0)
        return add_sound(t, row->cells, where);
    return (strcmp(kind, "near") == 0 || strcmp(kind, "drop") == 0) && add_cost(t, row->cells);
}

static enum err read_letters(struct ctx *ctx, struct fold_tables *t)
{
    struct csv *csv = NULL;
    struct csv_row row = { 0 };
    bool more = false;
    enum err rc = open_table(ctx, &csv, LETTERS_FILE);

    if (rc)
        return rc;
    t->letters = ARENA_ARRAY(t->arena, ROWS_MAX + 1, struct fold_letter);
    t->nukta = ARENA_ARRAY(t->arena, ROWS_MAX + 1, struct fold_letter);
    t->sounds = ARENA_ARRAY(t->arena, ROWS_MAX + 1, struct fold_sound);
    default_costs(t);
    for (rc = csv_next(ctx, csv, &row, &more); !rc && more; rc = csv_next(ctx, csv, &row, &more)) {
        if (row.number > 1 && !add_row(t, &row)) {
            rc = bad_row(ctx, LETTERS_FILE, &row);
            break;
        }
    }
    csv_close(csv);
    if (!rc)
        sort_letters(t);
    return rc;
}

static int by_text(const void *a, const void *b)
{
    const char *const *x = a;
    const char *const *y = b;

    return strcmp(*x, *y);
}

bool fold_list_has(const char *const *list, size_t len, const char *word)
{
    return bsearch(&word, list, len, sizeof(*list), by_text) != NULL;
}

static enum err read_particles(struct ctx *ctx, struct fold_tables *t)
{
    struct csv *csv = NULL;
    struct csv_row row = { 0 };
    bool more = false;
    enum err rc = open_table(ctx, &csv, PARTICLES_FILE);

    if (rc)
        return rc;
    t->particles = ARENA_ARRAY(t->arena, ROWS_MAX, const char *);
    t->abd = ARENA_ARRAY(t->arena, ROWS_MAX, const char *);
    for (rc = csv_next(ctx, csv, &row, &more); !rc && more; rc = csv_next(ctx, csv, &row, &more)) {
        if (row.number == 1)
            continue;
        if (row.len != 2 || t->particles_len + t->abd_len >= ROWS_MAX) {
            rc = bad_row(ctx, PARTICLES_FILE, &row);
            break;
        }
        if (strcmp(row.cells[0], "abd") == 0)
            t->abd[t->abd_len++] = arena_strdup(t->arena, row.cells[1]);
        else
            t->particles[t->particles_len++] = arena_strdup(t->arena, row.cells[1]);
    }
    csv_close(csv);
    qsort(t->particles, t->particles_len, sizeof(*t->particles), by_text);
    qsort(t->abd, t->abd_len, sizeof(*t->abd), by_text);
    return rc;
}

/* The letter that two are heard as, or NUL. */
static char pair_letter(char a, char b)
{
    if (a == 'o' && (b == 'u' || b == 'o'))
        return 'u';
    if (a == 'e' && b == 'e')
        return 'i';
    return a == 'p' && b == 'h' ? 'f' : '\0';
}

void fold_tight(char *out, const char *latin)
{
    size_t n = 0;
    const char *p;

    for (p = latin; *p && n < FOLD_WORD_MAX; p++) {
        char c = *p;
        char pair = pair_letter(c, p[1]);

        if (p > latin && c == p[-1] && c != 'o' && c != 'e')
            continue;
        if (pair) {
            c = pair;
            p++;
        } else if (c == 'y' && p > latin && !fold_is_vowel(p[1])) {
            c = 'i';
        } else if (c == 'h' && p[1] == '\0' && n > 1 && fold_is_vowel(p[-1])) {
            continue;
        }
        if (n > 0 && out[n - 1] == c && fold_is_vowel(c))
            continue;
        out[n++] = c;
    }
    out[n] = '\0';
}

static size_t hash_text(const char *s)
{
    uint64_t h = 1469598103934665603U;

    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211U;
    return (size_t)(h ^ (h >> 29));
}

static struct fold_variant *variant_slot(const struct fold_tables *t, const char *tight)
{
    size_t i = hash_text(tight) & (t->variants_cap - 1);

    while (t->variants[i].tight && strcmp(t->variants[i].tight, tight) != 0)
        i = (i + 1) & (t->variants_cap - 1);
    return &t->variants[i];
}

const struct fold_variant *fold_variant_find(const struct fold_tables *t, const char *latin)
{
    char tight[FOLD_WORD_MAX + 1];
    const struct fold_variant *v = NULL;

    fold_tight(tight, latin);
    v = variant_slot(t, tight);
    return v->tight ? v : NULL;
}

static void add_variant(struct fold_tables *t, const char *latin, uint16_t group)
{
    char tight[FOLD_WORD_MAX + 1];
    struct fold_variant *v = NULL;
    size_t i;

    fold_tight(tight, latin);
    v = variant_slot(t, tight);
    if (!v->tight)
        v->tight = arena_strdup(t->arena, tight);
    for (i = 0; i < v->groups_len; i++) {
        if (v->groups[i] == group)
            return;
    }
    if (v->groups_len < FOLD_GROUPS_MAX)
        v->groups[v->groups_len++] = group;
}

/* "Abd al-Rahman" is held as it is looked up: particles out, words joined. */
static enum err add_name(struct ctx *ctx, struct fold_tables *t, const char *name)
{
    struct fold_words words = { 0 };
    struct buf joined;
    size_t i;
    enum err rc = fold_letters(ctx, t, &words, name);

    if (rc)
        return rc;
    fold_words_strip(t, &words);
    buf_init(&joined, ctx->arena, FOLD_LINE_MAX * 2);
    for (i = 0; i < words.len; i++)
        buf_add(&joined, words.latin[i]);
    if (!buf_ok(&joined))
        return ctx_fail(ctx, ERR_LIMIT, "could not read the names' variants: no memory left");
    if (joined.len > 0 && joined.len <= FOLD_WORD_MAX)
        add_variant(t, buf_text(&joined), (uint16_t)(t->groups_len - 1));
    return OK;
}

static enum err read_variants(struct ctx *ctx, struct fold_tables *t)
{
    struct csv *csv = NULL;
    struct csv_row row = { 0 };
    bool more = false;
    size_t names = 0;
    enum err rc = open_table(ctx, &csv, VARIANTS_FILE);

    if (rc)
        return rc;
    t->variants_cap = VARIANTS_CAP;
    t->variants = ARENA_ARRAY(t->arena, t->variants_cap, struct fold_variant);
    t->groups = ARENA_ARRAY(t->arena, GROUPS_MAX, const char *);
    for (rc = csv_next(ctx, csv, &row, &more); !rc && more; rc = csv_next(ctx, csv, &row, &more)) {
        char **parts = NULL;
        size_t parts_len = 0;
        size_t i;

        if (row.number == 1)
            continue;
        if (row.len != 2 || t->groups_len >= GROUPS_MAX || names >= VARIANTS_CAP / 2) {
            rc = bad_row(ctx, VARIANTS_FILE, &row);
            break;
        }
        t->groups[t->groups_len++] = arena_strdup(t->arena, row.cells[0]);
        parts = text_split(ctx->arena, row.cells[1], '|', true, &parts_len);
        for (i = 0, names += parts_len; i < parts_len && !rc; i++) {
            struct arena_mark mark = arena_mark(ctx->arena);

            rc = add_name(ctx, t, parts[i]);
            if (!rc)
                arena_rewind(ctx->arena, mark);
        }
        if (rc)
            break;
    }
    csv_close(csv);
    return rc;
}

enum err fold_tables_get(struct ctx *ctx, const struct fold_tables **out)
{
    struct arena *arena = NULL;
    struct fold_tables *t = NULL;
    enum err rc;

    if (loaded) {
        *out = loaded;
        return OK;
    }
    arena = arena_new(TABLES_BUDGET);
    t = ARENA_NEW(arena, struct fold_tables);
    t->arena = arena;
    rc = read_letters(ctx, t);
    if (!rc)
        rc = read_particles(ctx, t);
    if (!rc)
        rc = read_variants(ctx, t);
    if (rc) {
        arena_free(arena);
        return rc;
    }
    loaded = t;
    *out = t;
    return OK;
}
