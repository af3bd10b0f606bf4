/* Reads content/grid: every cell is checked, every expression against the case document. */
#include <string.h>

#include "core/csv_table.h"
#include "core/text.h"
#include "forms_gen.h"
#include "plans/grid.h"
#include "rules/rule_reads.h"

static const struct grid *loaded;

static const char *const dimensions[] = { CODE_PLAN_LINE_DIMENSION_ECONOMIC,
                                          CODE_PLAN_LINE_DIMENSION_SOCIAL,
                                          CODE_PLAN_LINE_DIMENSION_PSYCHOSOCIAL, NULL };
static const char *const levels[] = { "individual", "community", "structural", NULL };

const struct grid *grid_of(void)
{
    return loaded;
}

void grid_go_back(const struct grid *before)
{
    loaded = before;
}

const char *const *grid_dimensions(void)
{
    return dimensions;
}

const char *const *grid_levels(void)
{
    return levels;
}

const struct grid_row *grid_row_find(const struct grid *g, const char *code)
{
    for (size_t i = 0; i < g->rows_len; i++)
        if (text_equal(g->rows[i].code, code))
            return &g->rows[i];
    return NULL;
}

const struct grid_criterion *grid_criterion_find(const struct grid *g, const char *code)
{
    for (size_t i = 0; i < g->criteria_len; i++)
        if (text_equal(g->criteria[i].code, code))
            return &g->criteria[i];
    return NULL;
}

/* One file while it is read. */
struct reading {
    struct ctx *ctx;
    struct grid *grid;
    struct grid_row *rows;
    struct grid_criterion *criteria;
    struct grid_scenario *scenarios;
    const struct doc_tree *sample;
    struct csv_table table;
    const char *file;
    size_t row;
    int mistakes;
};

static const char *cell(const struct reading *r, const char *column)
{
    return arena_strdup(r->ctx->arena, csv_table_cell(&r->table, r->row, column));
}

static void mistake(struct reading *r, const char *column, const char *text)
{
    ctx_set_problem(r->ctx, ERR_INVALID,
                    arena_printf(r->ctx->arena, "%s:%lld:%s", r->file,
                                 (long long)r->table.rows[r->row].number, column),
                    text);
    r->mistakes++;
}

static const struct expr *read_expr(struct reading *r, struct reads *reads, const char *column)
{
    const char *problem = NULL;
    const struct expr *e = reads_expr(r->ctx, reads, cell(r, column), r->sample, &problem);

    if (problem)
        mistake(r, column, problem);
    return e;
}

static void read_test(struct reading *r, struct grid_test *t, const char *yes, const char *no)
{
    struct reads reads = { 0 };

    t->yes = read_expr(r, &reads, yes);
    t->no = no ? read_expr(r, &reads, no) : NULL;
    t->reads = reads.items;
    t->reads_len = reads.len;
    t->parts = reads.parts;
    r->grid->parts |= reads.parts;
}

/* Columns text::Language (code): one for each language of the program. */
static void read_label(struct reading *r, struct label *out, const char *column)
{
    const char *const *languages = r->ctx->forms->languages;
    size_t len = r->ctx->forms->languages_len;
    const char **texts = ARENA_ARRAY(r->ctx->arena, len + 1, const char *);
    const char *prefix = arena_printf(r->ctx->arena, "%s::", column);
    const struct csv_row *head = &r->table.header;

    for (size_t k = 0; k < len; k++) {
        const char *end = arena_printf(r->ctx->arena, "(%s)", languages[k]);

        for (size_t i = 0; i < head->len; i++)
            if (text_starts(head->cells[i], prefix) && text_ends(head->cells[i], end))
                texts[k] = arena_strdup(r->ctx->arena, r->table.rows[r->row].cells[i]);
        if (text_blank(texts[k]))
            mistake(r, column,
                    tr(r->ctx, "The text is missing in the language {0}.", TR_TEXT(languages[k])));
        if (text_equal(languages[k], "en"))
            out->fallback = texts[k] ? texts[k] : "";
    }
    out->texts = texts;
    out->languages = languages;
}

static bool among(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (text_equal(*names, name))
            return true;
    return false;
}

static int place_of(const char *const *names, const char *name)
{
    for (int i = 0; names[i]; i++)
        if (text_equal(names[i], name))
            return i;
    return -1;
}

static const char *read_name(struct reading *r, const char *column, bool taken)
{
    const char *name = cell(r, column);

    if (!text_is_name(name))
        mistake(r, column,
                tr(r->ctx, "“{0}” is no name: use a to z, digits and underscores.", TR_TEXT(name)));
    else if (taken)
        mistake(r, column, tr(r->ctx, "“{0}” stands here twice.", TR_TEXT(name)));
    return name;
}

/* One of the words, or a mistake that tells them. */
static const char *read_word(struct reading *r, const char *column, const char *const *words)
{
    const char *word = cell(r, column);
    const char *all = "";

    if (among(words, word))
        return word;
    for (size_t i = 0; words[i]; i++)
        all = arena_printf(r->ctx->arena, "%s%s%s", all, i ? ", " : "", *words[i] ? words[i] : "–");
    mistake(r, column, tr(r->ctx, "“{0}” is none of these: {1}.", TR_TEXT(word), TR_TEXT(all)));
    return words[0];
}

static int64_t read_order(struct reading *r)
{
    int64_t n = 0;

    if (!parse_int(cell(r, "order"), 1, GRID_CRITERIA_MAX, &n))
        mistake(r, "order", tr(r->ctx, "Write a whole number from 1."));
    return n;
}

/* A code of a list of the plan's form; empty is allowed. */
static const char *read_code(struct reading *r, const char *column, const char *field)
{
    const struct form *plan = form_find(r->ctx->forms, FORM_PLAN);
    const char *code = cell(r, column);

    if (*code && !choice_find(field_find(plan, field)->choices, code))
        mistake(r, column, tr(r->ctx, "The form of the plan has no “{0}” here.", TR_TEXT(code)));
    return code;
}

static void read_scenario(struct reading *r)
{
    struct grid_scenario *s = &r->scenarios[r->grid->scenarios_len];
    const struct field *f = field_find(form_find(r->ctx->forms, FORM_CASE), FIELD_CASE_SCENARIOS);
    bool taken = false;

    for (size_t i = 0; i < r->grid->scenarios_len; i++)
        taken = taken || text_equal(r->scenarios[i].code, cell(r, "scenario"));
    s->code = read_name(r, "scenario", taken);
    if (!choice_find(f->choices, s->code))
        mistake(r, "scenario", tr(r->ctx, "The case has no situation “{0}”.", TR_TEXT(s->code)));
    read_test(r, &s->shown, "shown_when", NULL);
    s->req = cell(r, "req");
    r->grid->scenarios_len++;
}

static void read_row(struct reading *r)
{
    static const char *const origins[] = { "handbook", "local", NULL };
    struct grid_row *row = &r->rows[r->grid->rows_len];
    size_t len = 0;
    char **useful = text_split(r->ctx->arena, cell(r, "useful_for"), ' ', true, &len);
    const char **names = ARENA_ARRAY(r->ctx->arena, len + 1, const char *);

    row->code = read_name(r, "row", grid_row_find(r->grid, cell(r, "row")) != NULL);
    row->order = read_order(r);
    row->dimension = read_word(r, "dimension", dimensions);
    row->local = text_equal(read_word(r, "origin", origins), "local");
    for (size_t i = 0; i < len; i++) {
        bool known = false;

        for (size_t k = 0; k < r->grid->scenarios_len; k++)
            known = known || text_equal(r->scenarios[k].code, useful[i]);
        if (!known)
            mistake(r, "useful_for",
                    tr(r->ctx, "There is no situation “{0}”.", TR_TEXT(useful[i])));
        names[i] = useful[i];
    }
    row->useful_for = names;
    row->line_code = read_code(r, "line_code", FIELD_PLAN_LINE_CODE);
    row->component = read_code(r, "component", FIELD_PLAN_LINE_COMPONENT);
    row->req = cell(r, "req");
    read_label(r, &row->name, "name");
    r->grid->rows_len++;
}

static void read_criterion(struct reading *r)
{
    static const char *const kinds[] = { "required", "advisory", NULL };
    static const char *const wanted[] = { "", "yes", "no", NULL };
    static const char *const questions[] = { "", "yes", NULL };
    static const char *const kept[] = { "case", "place", NULL };
    struct grid_criterion *c = &r->criteria[r->grid->criteria_len];
    bool question;

    c->code = read_name(r, "criterion", grid_criterion_find(r->grid, cell(r, "criterion")) != NULL);
    c->row = grid_row_find(r->grid, cell(r, "row"));
    if (!c->row)
        mistake(r, "row", tr(r->ctx, "There is no approach “{0}”.", TR_TEXT(cell(r, "row"))));
    c->level = place_of(levels, read_word(r, "level", levels));
    c->order = read_order(r);
    c->required = text_equal(read_word(r, "kind", kinds), "required");
    c->expected = (enum grid_answer)place_of(wanted, read_word(r, "expected", wanted));
    question = text_equal(read_word(r, "question", questions), "yes");
    c->of_place = text_equal(read_word(r, "kept_for", kept), "place");
    if (question && (c->required || c->expected != GRID_UNKNOWN))
        mistake(r, "question", tr(r->ctx, "An open question is advisory and expects no answer."));
    if (!question && c->expected == GRID_UNKNOWN)
        mistake(r, "expected", tr(r->ctx, "Say which answer is wanted: yes or no."));
    read_test(r, &c->test, "yes_when", "no_when");
    if (c->of_place && (c->test.yes || c->test.no))
        mistake(r, "kept_for",
                tr(r->ctx, "What is known of a place cannot be read from one case."));
    c->req = cell(r, "req");
    read_label(r, &c->text, "text");
    r->grid->criteria_len++;
}

static enum err read_file(struct reading *r, const char *name, size_t max,
                          void (*read_one)(struct reading *r))
{
    enum err rc = csv_table_load(r->ctx, &r->table, r->ctx->arena,
                                 arena_printf(r->ctx->arena, "content/%s", name));

    r->file = name;
    if (rc == OK && r->table.len > max)
        rc = ctx_fail(
            r->ctx, ERR_LIMIT,
            tr(r->ctx, "{0} has more than {1} lines.", TR_TEXT(name), TR_INT((int64_t)max)));
    for (r->row = 0; rc == OK && r->row < r->table.len; r->row++)
        read_one(r);
    return rc;
}

/* Gives each row its criteria: by level, then by order. */
static void join(struct reading *r)
{
    for (size_t i = 0; i < r->grid->rows_len; i++) {
        const struct grid_criterion **items =
            ARENA_ARRAY(r->ctx->arena, r->grid->criteria_len + 1, const struct grid_criterion *);
        struct grid_row *row = &r->rows[i];

        for (size_t k = 0; k < r->grid->criteria_len; k++) {
            const struct grid_criterion *c = &r->criteria[k];
            size_t at = row->criteria_len;

            if (c->row != row)
                continue;
            for (;
                 at > 0 && (items[at - 1]->level > c->level ||
                            (items[at - 1]->level == c->level && items[at - 1]->order > c->order));
                 at--)
                items[at] = items[at - 1];
            items[at] = c;
            row->criteria_len++;
        }
        row->criteria = items;
    }
}

enum err grid_load(struct ctx *ctx)
{
    struct grid *g = ARENA_NEW(ctx->arena, struct grid);
    struct reading r = { .ctx = ctx, .grid = g };
    enum err rc = shape_make(ctx, &g->shape, ctx->forms);

    if (rc)
        return rc;
    r.sample = doc_tree_sample(ctx->arena, g->shape);
    r.rows = ARENA_ARRAY(ctx->arena, GRID_ROWS_MAX, struct grid_row);
    r.criteria = ARENA_ARRAY(ctx->arena, GRID_CRITERIA_MAX, struct grid_criterion);
    r.scenarios = ARENA_ARRAY(ctx->arena, GRID_SCENARIOS_MAX, struct grid_scenario);
    g->rows = r.rows;
    g->criteria = r.criteria;
    g->scenarios = r.scenarios;
    rc = read_file(&r, "grid/scenarios.csv", GRID_SCENARIOS_MAX, read_scenario);
    if (rc == OK)
        rc = read_file(&r, "grid/rows.csv", GRID_ROWS_MAX, read_row);
    if (rc == OK)
        rc = read_file(&r, "grid/criteria.csv", GRID_CRITERIA_MAX, read_criterion);
    if (rc)
        return rc;
    if (r.mistakes)
        return ERR_INVALID;
    join(&r);
    loaded = g;
    return OK;
}
