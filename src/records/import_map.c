/* Which column of a table goes where. */
#include <string.h>

#include "core/id.h"
#include "core/json.h"
#include "core/text.h"
#include "db/db.h"
#include "records/import.h"

#define CLOSE_ENOUGH  0.55 /* share of pairs of letters; a guess, on the careful side */
#define PLAIN_MAX     ((size_t)4096)
#define NUMBERED_ROWS 50 /* a heading with a larger number means something else */
#define NAMES_MAX     100

DB_SQL(MAPPING_PUT, "INSERT INTO import_mapping (id, office_id, kind, name, mapping, updated_at,"
                    " updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7)"
                    " ON CONFLICT (office_id, kind, name) DO UPDATE SET id = excluded.id,"
                    " mapping = excluded.mapping, updated_at = excluded.updated_at,"
                    " updated_by = excluded.updated_by");
DB_SQL(MAPPING_GET, "SELECT id, mapping FROM import_mapping"
                    " WHERE office_id = $1 AND kind = $2 AND name = $3");
DB_SQL(MAPPING_NAMES, "SELECT name FROM import_mapping WHERE office_id = $1 AND kind = $2"
                      " ORDER BY name LIMIT $3");

/* --- plain text --- */

/* Letters with accents that the four languages write, without them. */
static const struct {
    const char *from;
    const char *to;
} plain_letters[] = {
    { "àáâãäåÀÁÂÃÄÅ", "a" },
    { "çÇ", "c" },
    { "èéêëÈÉÊË", "e" },
    { "ìíîïÌÍÎÏ", "i" },
    { "ñÑ", "n" },
    { "òóôõöÒÓÔÕÖ", "o" },
    { "ùúûüÙÚÛÜ", "u" },
    { "ýÿŸ", "y" },
    { "œŒ", "oe" },
    { "æÆ", "ae" },
    { "أإآٱ", "ا" },
    { "ى", "ي" },
    { "ة", "ه" },
};

static const char *plain_letter(uint32_t c)
{
    for (size_t i = 0; i < sizeof(plain_letters) / sizeof(plain_letters[0]); i++)
        for (const char *p = plain_letters[i].from; *p;)
            if (text_next(&p) == c)
                return plain_letters[i].to;
    return NULL;
}

/* Combining marks, Arabic vowel signs, the stretching line. */
static bool is_mark(uint32_t c)
{
    return (c >= 0x300 && c <= 0x36f) || (c >= 0x64b && c <= 0x65f) || c == 0x640 || c == 0x670;
}

/* Not a letter or digit of any script: ASCII and the general punctuation of others. */
static bool is_gap(uint32_t c)
{
    return c < 0x30 || (c >= 0x3a && c <= 0x40) || (c >= 0x5b && c <= 0x60) ||
           (c >= 0x7b && c <= 0xbf) || (c >= 0x2000 && c <= 0x206f) || c == 0x60c || c == 0x61b ||
           c == 0x61f || c == 0xfeff || c == 0xd7;
}

const char *import_plain(struct arena *a, const char *text)
{
    struct buf b;
    bool gap = false;
    uint32_t c;

    buf_init(&b, a, PLAIN_MAX);
    for (const char *p = text; (c = text_next(&p)) != 0;) {
        const char *plain;

        if (is_mark(c))
            continue;
        if (is_gap(c)) {
            gap = b.len > 0;
            continue;
        }
        if (gap)
            buf_add_char(&b, ' ');
        gap = false;
        plain = c < 0x80 ? NULL : plain_letter(c);
        if (plain)
            buf_add(&b, plain);
        else
            buf_add_codepoint(&b, c < 0x80 ? (uint32_t)ascii_lower((char)c) : c);
    }
    return buf_ok(&b) ? buf_text(&b) : "";
}

/* --- targets --- */

size_t mapping_kinds(const struct ctx *ctx, const struct form *main,
                     const struct form *out[IMPORT_KINDS_MAX])
{
    size_t len = 1;

    out[0] = main;
    for (size_t at = 0; at < len; at++)
        for (size_t i = 0; i < ctx->forms->len && len < IMPORT_KINDS_MAX; i++) {
            const struct form *f = ctx->forms->items[i];

            if (text_equal(f->parent, out[at]->kind) && f->privacy <= ctx->user->clearance &&
                user_may_do(ctx->user, f->kind, "import"))
                out[len++] = f;
        }
    return len;
}

/* field, or repeat.NUMBER.field, with repeats inside repeats. */
static const struct field *path_field(struct ctx *ctx, const struct form *form, const char *name)
{
    size_t len = 0;
    char **parts = text_split(ctx->arena, name, '.', false, &len);
    const struct field *around = NULL;

    for (size_t i = 0; i < len; i += 2) {
        const struct field *f = field_find(form, parts[i]);
        int64_t n;

        if (!f || f->repeat != around || !field_visible(ctx, f))
            return NULL;
        if (i + 1 == len)
            return field_is_answer(f) && !field_is_file(f) ? f : NULL;
        if (!field_is_repeat(f) || !parse_int(parts[i + 1], 1, ANSWERS_ROWS_MAX, &n))
            return NULL;
        around = f;
    }
    return NULL;
}

static bool fixed_target(struct import_target *t, const char *target)
{
    t->parent = text_equal(target, "record.parent") && t->form->parent;
    t->passed = text_equal(target, "record.number") || text_equal(target, "record.status");
    t->unused = !target[0];
    return t->parent || t->passed || t->unused;
}

bool mapping_target(struct ctx *ctx, struct import_target *out, const struct form *main,
                    const char *target)
{
    const struct form *kinds[IMPORT_KINDS_MAX];
    size_t len = mapping_kinds(ctx, main, kinds);
    struct import_target t = { .form = main, .path = target };
    const char *colon = strchr(target, ':');
    const char *equals;

    if (colon) {
        const char *kind = arena_strndup(ctx->arena, target, (size_t)(colon - target));

        while (t.part < len && !text_equal(kinds[t.part]->kind, kind))
            t.part++;
        if (t.part == len)
            return false;
        t.form = kinds[t.part];
        t.path = colon + 1;
    }
    if (t.part == 0 && fixed_target(&t, t.path)) {
        *out = t;
        return true;
    }
    equals = strchr(t.path, '=');
    if (equals)
        t.path = arena_strndup(ctx->arena, t.path, (size_t)(equals - t.path));
    t.field = path_field(ctx, t.form, t.path);
    if (!t.field || (equals && t.field->kind != FIELD_SELECT_MULTIPLE))
        return false;
    if (equals)
        t.choice = choice_find(t.field->choices, equals + 1);
    if (equals && !t.choice)
        return false;
    *out = t;
    return true;
}

const char *target_title(struct ctx *ctx, const struct form *main, const char *target)
{
    struct import_target t = { 0 };
    struct buf b;
    size_t len = 0;
    char **parts;

    if (!mapping_target(ctx, &t, main, target) || !t.field)
        return target;
    buf_init(&b, ctx->arena, PLAIN_MAX);
    if (t.part > 0)
        buf_printf(&b, "%s: ", label_text(ctx, &t.form->title));
    parts = text_split(ctx->arena, t.path, '.', false, &len);
    for (size_t i = 0; i + 2 < len; i += 2)
        buf_printf(&b, "%s %s, ", label_text(ctx, &field_find(t.form, parts[i])->label),
                   parts[i + 1]);
    buf_add(&b, label_text(ctx, &t.field->label));
    if (t.choice)
        buf_printf(&b, " = %s", label_text(ctx, &t.choice->label));
    return buf_text(&b);
}

/* --- guessing --- */

struct guess {
    struct ctx *ctx;
    const struct form *main;
    const char *plain;  /* the heading */
    const char *rest;   /* without its number */
    int64_t number;     /* 0 = it has none */
    const char *target; /* best so far */
    double score;       /* 1 = the same */
    enum column_match match;
};

/* The heading's words without the one that is a number. */
static void split_number(struct guess *g)
{
    struct buf b;
    size_t len = 0;
    char **words = text_split(g->ctx->arena, g->plain, ' ', true, &len);

    buf_init(&b, g->ctx->arena, PLAIN_MAX);
    for (size_t i = 0; i < len; i++) {
        int64_t n = 0;

        if (!g->number && parse_int(words[i], 1, NUMBERED_ROWS, &n))
            g->number = n;
        else
            buf_printf(&b, "%s%s", b.len ? " " : "", words[i]);
    }
    g->rest = buf_text(&b);
}

static size_t pairs_shared(const char *a, const char *b)
{
    bool used[PLAIN_MAX] = { false };
    size_t shared = 0;

    for (size_t i = 0; a[i] && a[i + 1]; i++)
        for (size_t k = 0; b[k] && b[k + 1] && k < PLAIN_MAX; k++)
            if (!used[k] && a[i] == b[k] && a[i + 1] == b[k + 1]) {
                used[k] = true;
                shared++;
                break;
            }
    return shared;
}

/* Share of the pairs of letters that two texts have in common. */
static double likeness(const char *a, const char *b)
{
    size_t sum = strlen(a) + strlen(b);

    if (text_equal(a, b))
        return 1;
    return sum <= 4 ? 0 : 2.0 * (double)pairs_shared(a, b) / (double)(sum - 2);
}

static void offer(struct guess *g, const char *text, const char *wanted, const char *target)
{
    double score = likeness(import_plain(g->ctx->arena, text), wanted);

    if (score <= g->score)
        return;
    g->score = score;
    g->target = target;
    g->match = score >= 1 ? MATCH_LABEL : MATCH_NONE;
}

/* "Case / Opened on": what stands behind the title of a kind below; NULL if it is not there. */
static const char *behind_title(struct guess *g, const struct form *form, const char *plain)
{
    for (size_t k = 0; form->title.texts && form->title.languages[k]; k++) {
        const char *title =
            form->title.texts[k] ? import_plain(g->ctx->arena, form->title.texts[k]) : "";
        size_t len = strlen(title);

        if (len > 0 && text_starts(plain, title) && plain[len] == ' ')
            return plain + len + 1;
    }
    return NULL;
}

/* A field's name and labels in every language; of a row of a repeat also with the repeat's. */
static void offer_field(struct guess *g, const struct form *form, const struct field *f)
{
    struct arena *a = g->ctx->arena;
    const char *whole_text = f->repeat ? g->rest : g->plain;
    const char *behind = form == g->main ? NULL : behind_title(g, form, whole_text);
    const char *wanted = behind ? behind : whole_text;
    const char *prefix = form == g->main ? "" : arena_printf(a, "%s:", form->kind);
    const char *target = f->repeat ? arena_printf(a, "%s%s.%lld.%s", prefix, f->repeat->name,
                                                  g->number ? (long long)g->number : 1LL, f->name)
                                   : arena_printf(a, "%s%s", prefix, f->name);
    /* A row's label without a number is a guess, and so is one of a kind that is not named. */
    bool whole = (!f->repeat || g->number) && (form == g->main || behind);

    for (size_t k = 0; f->label.texts && f->label.languages[k]; k++) {
        const char *label = f->label.texts[k];

        if (!label)
            continue;
        offer(g, label, wanted, target);
        if (f->repeat && f->repeat->label.texts && f->repeat->label.texts[k])
            offer(g, arena_printf(a, "%s %s", f->repeat->label.texts[k], label), wanted, target);
    }
    offer(g, f->name, wanted, target);
    if (!whole && g->target == target)
        g->match = MATCH_NONE;
}

static bool guessable(const struct ctx *ctx, const struct field *f)
{
    return field_is_answer(f) && f->kind != FIELD_HIDDEN && f->kind != FIELD_CALCULATE &&
           f->kind != FIELD_META && !f->read_only && !field_is_file(f) && field_visible(ctx, f) &&
           (!f->repeat || !f->repeat->repeat);
}

/* field/code and field=code: one column for each choice, as ODK and Kobo write them. */
static bool choice_column_name(struct guess *g, const char *heading)
{
    const char *at = strrchr(heading, '/');
    struct import_target t = { 0 };
    const char *target;

    if (!at)
        return false;
    target = arena_printf(g->ctx->arena, "%s=%s",
                          arena_strndup(g->ctx->arena, heading, (size_t)(at - heading)), at + 1);
    if (!mapping_target(g->ctx, &t, g->main, target))
        return false;
    g->target = target;
    return true;
}

/* The name itself; or of a field of one kind below, and of no other. */
static bool by_name(struct guess *g, const char *heading, const struct form *const *kinds,
                    size_t len)
{
    struct import_target t = { 0 };
    size_t found = 0;

    if (heading[0] && mapping_target(g->ctx, &t, g->main, heading)) {
        g->target = heading;
        return true;
    }
    if (choice_column_name(g, heading))
        return true;
    for (size_t i = 1; i < len; i++) {
        const char *target = arena_printf(g->ctx->arena, "%s:%s", kinds[i]->kind, heading);

        if (strchr(heading, ':') || !mapping_target(g->ctx, &t, g->main, target))
            continue;
        g->target = target;
        found++;
    }
    return found == 1;
}

static void guess_column(struct ctx *ctx, struct import_column *c, const struct form *main)
{
    const struct form *kinds[IMPORT_KINDS_MAX];
    size_t len = mapping_kinds(ctx, main, kinds);
    struct guess g = { .ctx = ctx, .main = main, .score = CLOSE_ENOUGH };

    c->target = "";
    c->match = MATCH_NONE;
    if (by_name(&g, c->heading, kinds, len)) {
        c->target = g.target;
        c->match = MATCH_NAME;
        return;
    }
    g.target = NULL;
    g.plain = import_plain(ctx->arena, c->heading);
    split_number(&g);
    for (size_t i = 0; i < len && g.plain[0]; i++)
        for (size_t k = 0; k < kinds[i]->all_len; k++)
            if (guessable(ctx, kinds[i]->all[k]))
                offer_field(&g, kinds[i], kinds[i]->all[k]);
    c->match = g.match;
    c->close = g.target;
    if (g.match == MATCH_LABEL)
        c->target = g.target;
}

enum err mapping_guess(struct ctx *ctx, struct import_mapping *out, const struct form *main,
                       struct sheet *sheet)
{
    struct import_mapping m = { .head_rows = sheet_head_rows(sheet) };
    const char *const *headings = sheet_headings(sheet, &m.len);

    m.columns = ARENA_ARRAY(ctx->arena, m.len + 1, struct import_column);
    for (size_t i = 0; i < m.len; i++) {
        m.columns[i].heading = headings[i];
        guess_column(ctx, &m.columns[i], main);
        for (size_t k = 0; k < i; k++)
            if (m.columns[i].match == MATCH_LABEL &&
                text_equal(m.columns[k].target, m.columns[i].target)) {
                m.columns[i].match = MATCH_NONE; /* two headings say the same: a person decides */
                m.columns[i].target = "";
            }
    }
    *out = m;
    return OK;
}

/* --- what the columns hold --- */

static void scan_cell(struct ctx *ctx, struct import_column *c, const struct import_target *t,
                      const char *cell, struct arena *kept)
{
    const char *date = NULL;

    if (text_blank(cell))
        return;
    if (!c->sample)
        c->sample = arena_strdup(kept, cell);
    if (!t->field || t->field->kind != FIELD_DATE || c->order != ORDER_UNKNOWN)
        return;
    c->order = import_date_order(ctx->arena, cell);
    if (import_date(ctx->arena, &date, cell, ORDER_UNKNOWN) == DATE_TWO_WAYS)
        c->ambiguous = true;
}

static void free_kept(void *arg)
{
    arena_free(arg);
}

enum err mapping_scan(struct ctx *ctx, struct import_mapping *m, const struct form *main,
                      struct sheet *sheet)
{
    struct import_target *targets = ARENA_ARRAY(ctx->arena, m->len + 1, struct import_target);
    struct arena *kept = arena_new(0);
    enum err rc = sheet_rewind(ctx, sheet);

    arena_on_free(ctx->arena, free_kept, kept);
    for (size_t i = 0; i < m->len; i++)
        (void)mapping_target(ctx, &targets[i], main, m->columns[i].target);
    while (rc == OK) {
        struct arena_mark mark = arena_mark(ctx->arena);
        struct sheet_row row = { 0 };
        bool more = false;

        rc = sheet_next(ctx, sheet, &row, &more);
        for (size_t i = 0; rc == OK && more && i < m->len && i < row.len; i++)
            scan_cell(ctx, &m->columns[i], &targets[i], row.cells[i], kept);
        if (rc || !more)
            break;
        arena_rewind(ctx->arena, mark);
    }
    for (size_t i = 0; i < m->len; i++)
        if (m->columns[i].order != ORDER_UNKNOWN)
            m->columns[i].ambiguous = false;
    return rc ? rc : sheet_rewind(ctx, sheet);
}

/* --- kept --- */

void mapping_json(struct buf *b, const struct import_mapping *m)
{
    struct json_out j = { .buf = b };

    json_begin_object(&j);
    json_key(&j, "head_rows");
    json_int(&j, m->head_rows);
    json_key(&j, "columns");
    json_begin_array(&j);
    for (size_t i = 0; i < m->len; i++) {
        json_begin_object(&j);
        json_pair(&j, "heading", m->columns[i].heading);
        json_pair(&j, "target", m->columns[i].target);
        if (m->columns[i].order != ORDER_UNKNOWN)
            json_pair(&j, "dates", m->columns[i].order == ORDER_DAY ? "dmy" : "mdy");
        json_end_object(&j);
    }
    json_end_array(&j);
    json_end_object(&j);
}

static const char *text_at(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

enum err mapping_apply(struct ctx *ctx, struct import_mapping *m, const char *json, size_t len)
{
    json_t *root = NULL;
    json_t *list;
    enum err rc = json_parse(ctx, &root, json, len);

    if (rc)
        return rc;
    list = json_object_get(root, "columns");
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *one = json_array_get(list, i);
        const char *order = text_at(one, "dates");

        for (size_t k = 0; k < m->len; k++) {
            struct import_column *c = &m->columns[k];

            if (!text_equal(c->heading, text_at(one, "heading")))
                continue;
            c->target = text_at(one, "target");
            c->match = MATCH_CHOSEN;
            if (order[0])
                c->order = text_equal(order, "mdy") ? ORDER_MONTH : ORDER_DAY;
        }
    }
    return OK;
}

static const char *seal_place(struct ctx *ctx, const char *id)
{
    return arena_printf(ctx->arena, "import_mapping/%s", id);
}

enum err mapping_save(struct ctx *ctx, const char *kind, const char *name, const char *json)
{
    const char *id = id_new(ctx->arena, ctx->now_ms);
    struct sealed sealed = { 0 };
    enum err rc;

    if (text_blank(name) || text_codepoints(name) > MAPPING_NAME_MAX)
        return ctx_fail_field(ctx, "mapping",
                              tr(ctx, "Give it a name of at most {0} characters.",
                                 TR_INT((int64_t)MAPPING_NAME_MAX)));
    rc = vault_seal_text(ctx, &sealed, VAULT_KEY_SYSTEM, seal_place(ctx, id), json);
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &MAPPING_PUT, DB_TEXT(id), DB_TEXT(ctx->office_id), DB_TEXT(kind),
                 DB_TEXT(text_trim(ctx->arena, name)), DB_BLOB(sealed.bytes, sealed.len),
                 DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
    return db_end(ctx, rc);
}

enum err mapping_load(struct ctx *ctx, const char **out, const char *kind, const char *name)
{
    struct rows *rows = NULL;
    struct sealed sealed = { 0 };
    const char *id = NULL;
    bool more = false;
    enum err rc =
        db_query(ctx, &rows, &MAPPING_GET, DB_TEXT(ctx->office_id), DB_TEXT(kind), DB_TEXT(name));

    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    if (rc || !more) {
        if (rc == OK)
            *out = NULL;
        return rc;
    }
    id = row_text(rows, 0);
    sealed.bytes = row_blob(rows, 1, &sealed.len);
    db_rows_close(rows);
    return vault_unseal_text(ctx, out, VAULT_KEY_SYSTEM, seal_place(ctx, id), &sealed);
}

enum err mapping_names(struct ctx *ctx, const char *const **out, size_t *len_out, const char *kind)
{
    const char **names = ARENA_ARRAY(ctx->arena, NAMES_MAX, const char *);
    struct rows *rows = NULL;
    size_t len = 0;
    enum err rc = db_query(ctx, &rows, &MAPPING_NAMES, DB_TEXT(ctx->office_id), DB_TEXT(kind),
                           DB_INT(NAMES_MAX));

    while (rc == OK) {
        bool more = false;

        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        names[len++] = row_text(rows, 0);
    }
    if (rc)
        return rc;
    *out = names;
    *len_out = len;
    return OK;
}
