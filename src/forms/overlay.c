#include "forms/overlay.h"

#include <string.h>

#include "core/buf.h"
#include "core/csv.h"
#include "core/text.h"
#include "forms/grid.h"

#define MERGED_MAX ((size_t)8 * 1024 * 1024)

/* One merge. */
struct merge {
    struct ctx *ctx;
    const struct form_text *overlay_text;
    struct grid base;
    struct grid overlay;
    bool lenient;
    bool failed;
};

/* The overlay's row at work: its section and that of the form below. */
struct change {
    struct merge *m;
    struct grid_section *from;
    struct grid_section *to;
    struct grid_row *row;
    struct grid_row *added; /* the row that the overlay put in just before, or NULL */
};

static void wrong(struct merge *m, int row, const char *column, const char *text)
{
    ctx_set_problem(m->ctx, m->lenient ? OK : ERR_INVALID,
                    arena_printf(m->ctx->arena, "%s:%d:%s", m->overlay_text->file, row, column),
                    text);
    m->failed = m->failed || !m->lenient;
}

static const char *at(const struct change *c, const char *column)
{
    return grid_cell(c->from, c->row, column);
}

/* --- rows of the form below --- */

static bool begins(const char *type)
{
    return text_starts(type, "begin group") || text_starts(type, "begin_group") ||
           text_starts(type, "begin repeat") || text_starts(type, "begin_repeat");
}

static bool ends(const char *type)
{
    return text_starts(type, "end group") || text_starts(type, "end_group") ||
           text_starts(type, "end repeat") || text_starts(type, "end_repeat");
}

static const char *type_of(const struct grid_section *s, const struct grid_row *row)
{
    return grid_cell(s, row, "type");
}

static struct grid_row *find_field(const struct grid_section *s, const char *name)
{
    for (struct grid_row *r = s->rows; r; r = r->next)
        if (!ends(type_of(s, r)) && strcmp(grid_cell(s, r, "name"), name) == 0)
            return r;
    return NULL;
}

/* The last row of a field: of a group, the one that ends it. */
static struct grid_row *last_row(const struct grid_section *s, struct grid_row *row)
{
    int depth = 0;

    for (struct grid_row *r = row; r; r = r->next) {
        depth += begins(type_of(s, r)) ? 1 : 0;
        depth -= ends(type_of(s, r)) ? 1 : 0;
        if (depth <= 0)
            return r;
    }
    return row;
}

/* The row before the end of a group. */
static struct grid_row *before_end(const struct grid_section *s, struct grid_row *group)
{
    struct grid_row *end = last_row(s, group);
    struct grid_row *r = group;

    while (r->next && r->next != end)
        r = r->next;
    return r;
}

static bool is_core(const struct grid_section *s, const struct grid_row *row)
{
    const char *core = grid_cell(s, row, "bind::hw:core");

    return strcmp(core, "yes") == 0 || strcmp(core, "true") == 0;
}

static void put_after(struct grid_section *s, struct grid_row *place, struct grid_row *row)
{
    row->next = place->next;
    place->next = row;
    if (s->last == place)
        s->last = row;
}

static void take_out(struct grid_section *s, struct grid_row *first, const struct grid_row *last)
{
    struct grid_row *before = NULL;

    for (struct grid_row *r = s->rows; r != first; r = r->next)
        before = r;
    if (before)
        before->next = last->next;
    else
        s->rows = last->next;
    if (s->last == last)
        s->last = before;
}

/* --- columns --- */

static bool is_control(const char *column)
{
    return strcmp(column, "hw:do") == 0 || strcmp(column, "hw:after") == 0 ||
           strcmp(column, "hw:in") == 0;
}

/* The form below gets the overlay's columns: another language, a reason. */
static void widen(struct merge *m, struct grid_section *to, const struct grid_section *from)
{
    const char **columns =
        ARENA_ARRAY(m->ctx->arena, to->columns_len + from->columns_len + 1, const char *);
    size_t len = to->columns_len;

    for (size_t i = 0; i < to->columns_len; i++)
        columns[i] = to->columns[i];
    for (size_t i = 0; i < from->columns_len; i++)
        if (from->columns[i][0] && !is_control(from->columns[i]) &&
            grid_column(to, from->columns[i]) == to->columns_len)
            columns[len++] = from->columns[i];
    to->columns = columns;
    to->columns_len = len;
    for (struct grid_row *r = to->rows; r; r = r->next) {
        const char **cells = ARENA_ARRAY(m->ctx->arena, len + 1, const char *);

        for (size_t i = 0; i < len; i++)
            cells[i] = i < r->len ? r->cells[i] : "";
        r->cells = cells;
        r->len = len;
    }
}

/* The overlay's row in the columns of the form below. */
static struct grid_row *translated(const struct change *c)
{
    struct grid_row *row = ARENA_NEW(c->m->ctx->arena, struct grid_row);

    row->row = c->row->row;
    row->overlay = true;
    row->cells = ARENA_ARRAY(c->m->ctx->arena, c->to->columns_len + 1, const char *);
    row->len = c->to->columns_len;
    for (size_t i = 0; i < row->len; i++)
        row->cells[i] = at(c, c->to->columns[i]);
    return row;
}

static bool is_text(const char *column)
{
    static const char *const texts[] = { "label",         "hint",
                                         "guidance_hint", "constraint_message",
                                         "form_title",    NULL };

    for (size_t i = 0; texts[i]; i++) {
        size_t len = strlen(texts[i]);

        if (strncmp(column, texts[i], len) == 0 &&
            (column[len] == '\0' || strncmp(column + len, "::", 2) == 0))
            return true;
    }
    return false;
}

/* Texts of the overlay's row replace those of the row below; passed = columns that may stand. */
static void relabel(struct change *c, struct grid_row *row, const char *const *passed)
{
    for (size_t i = 0; i < c->from->columns_len && i < c->row->len; i++) {
        const char *column = c->from->columns[i];
        const char *value = c->row->cells[i];
        bool pass = is_control(column) || !value[0];

        for (size_t k = 0; passed[k] && !pass; k++)
            pass = strcmp(column, passed[k]) == 0;
        if (pass)
            continue;
        if (is_text(column))
            row->cells[grid_column(c->to, column)] = value;
        else
            wrong(c->m, c->row->row, column,
                  tr(c->m->ctx,
                     "An overlay changes texts only, not {0}: leave the cell empty, or hide the "
                     "field and add another.",
                     TR_TEXT(column)));
    }
}

/* --- survey --- */

/* The field that the row names; NULL after a mistake. */
static struct grid_row *named(struct change *c)
{
    struct grid_row *row = find_field(c->to, at(c, "name"));

    if (!row)
        wrong(c->m, c->row->row, "name",
              tr(c->m->ctx, "The form below has no field {0}: write the name of one that is there.",
                 TR_TEXT(at(c, "name"))));
    return row;
}

/* Where an added row goes: after this one; NULL after a mistake. */
static struct grid_row *anchor_of(struct change *c)
{
    bool into = at(c, "hw:in")[0] != '\0';
    const char *column = into ? "hw:in" : "hw:after";
    const char *name = at(c, column);
    struct grid_row *row;

    if (!name[0])
        return c->added ? c->added : c->to->last;
    row = find_field(c->to, name);
    if (!row || (into && !begins(type_of(c->to, row)))) {
        wrong(c->m, c->row->row, column,
              tr(c->m->ctx, "The form below has no field {0}: write the name of one that is there.",
                 TR_TEXT(name)));
        return NULL;
    }
    return into ? before_end(c->to, row) : last_row(c->to, row);
}

static void add_field(struct change *c)
{
    struct ctx *ctx = c->m->ctx;
    struct grid_row *place;
    struct grid_row *row;

    if (!ends(at(c, "type")) && find_field(c->to, at(c, "name"))) {
        wrong(c->m, c->row->row, "name",
              tr(ctx, "The form below has a field {0} already: take another name.",
                 TR_TEXT(at(c, "name"))));
        return;
    }
    if (at(c, "bind::hw:core")[0]) {
        wrong(c->m, c->row->row, "bind::hw:core",
              tr(ctx, "Only the program's own fields are core: leave the cell empty."));
        return;
    }
    place = anchor_of(c);
    if (!place)
        return;
    row = translated(c);
    put_after(c->to, place, row);
    c->added = row;
}

static void hide_field(struct change *c)
{
    struct ctx *ctx = c->m->ctx;
    struct grid_row *first = named(c);
    struct grid_row *last;

    if (!first)
        return;
    last = last_row(c->to, first);
    for (struct grid_row *r = first; r; r = r == last ? NULL : r->next) {
        const char *type = type_of(c->to, r);

        if (is_core(c->to, r)) {
            wrong(c->m, c->row->row, "name",
                  tr(ctx,
                     "{0} is a core field: rules, scores or reports read it. It can be relabelled, "
                     "not hidden.",
                     TR_TEXT(grid_cell(c->to, r, "name"))));
            return;
        }
        if (text_starts(type, "begin repeat") || text_starts(type, "begin_repeat")) {
            wrong(c->m, c->row->row, "name",
                  tr(ctx, "{0} is a list with rows of its own: it cannot be hidden.",
                     TR_TEXT(grid_cell(c->to, r, "name"))));
            return;
        }
    }
    take_out(c->to, first, last);
}

static void relabel_field(struct change *c)
{
    static const char *const passed[] = { "name", "type", NULL };
    struct grid_row *row = named(c);

    if (!row)
        return;
    if (at(c, "type")[0] && strcmp(at(c, "type"), type_of(c->to, row)) != 0)
        wrong(c->m, c->row->row, "type",
              tr(c->m->ctx, "{0} is of type {1}, which cannot be changed: leave the cell empty.",
                 TR_TEXT(at(c, "name")), TR_TEXT(type_of(c->to, row))));
    relabel(c, row, passed);
}

/* The overlay's own list, else the form's; rows counted. */
static bool list_has(struct merge *m, const char *list, const char *option)
{
    struct grid *grids[] = { &m->overlay, &m->base };

    for (size_t g = 0; g < 2; g++) {
        const struct grid_section *s = grid_section(grids[g], "choices");

        for (const struct grid_row *r = s ? s->rows : NULL; r; r = r->next)
            if (strcmp(grid_cell(s, r, "list_name"), list) == 0 &&
                (!option || strcmp(grid_cell(s, r, "name"), option) == 0))
                return true;
    }
    return false;
}

/* A core select keeps the options that C code and rules may name. */
static bool keeps_options(struct change *c, const char *before, const char *after)
{
    const struct grid_section *s = grid_section(&c->m->base, "choices");

    for (const struct grid_row *r = s ? s->rows : NULL; r; r = r->next) {
        const char *option = grid_cell(s, r, "name");

        if (strcmp(grid_cell(s, r, "list_name"), before) != 0 || list_has(c->m, after, option))
            continue;
        wrong(c->m, c->row->row, "type",
              tr(c->m->ctx, "{0} is a core field, and the list {1} lacks its option {2}: add it.",
                 TR_TEXT(at(c, "name")), TR_TEXT(after), TR_TEXT(option)));
        return false;
    }
    return true;
}

static void change_options(struct change *c)
{
    struct ctx *ctx = c->m->ctx;
    struct grid_row *row = named(c);
    const char *type = at(c, "type");
    const char *list = strchr(type, ' ');
    const char *before;

    if (!row)
        return;
    before = strchr(type_of(c->to, row), ' ');
    if (!before || !list || before - type_of(c->to, row) != list - type ||
        strncmp(type, type_of(c->to, row), (size_t)(list - type)) != 0 ||
        !list_has(c->m, list + 1, NULL)) {
        wrong(c->m, c->row->row, "type",
              tr(ctx,
                 "Write the type of {0} with another list of the section choices: it is {1} now.",
                 TR_TEXT(at(c, "name")), TR_TEXT(type_of(c->to, row))));
        return;
    }
    if (is_core(c->to, row) && !keeps_options(c, before + 1, list + 1))
        return;
    row->cells[grid_column(c->to, "type")] = type;
}

static void change_field(struct change *c)
{
    const char *word = at(c, "hw:do");
    struct grid_row *added = c->added;

    c->added = NULL;
    if (strcmp(word, "add") == 0) {
        c->added = added;
        add_field(c);
    } else if (strcmp(word, "hide") == 0) {
        hide_field(c);
    } else if (strcmp(word, "relabel") == 0) {
        relabel_field(c);
    } else if (strcmp(word, "options") == 0) {
        change_options(c);
    } else {
        wrong(c->m, c->row->row, "hw:do",
              tr(c->m->ctx, "{0} is not known here: write add, hide, relabel or options.",
                 TR_TEXT(word)));
    }
}

/* --- choices --- */

static struct grid_row *find_option(const struct grid_section *s, const char *list,
                                    const char *name, struct grid_row **last_out)
{
    struct grid_row *found = NULL;

    for (struct grid_row *r = s->rows; r; r = r->next) {
        if (strcmp(grid_cell(s, r, "list_name"), list) != 0)
            continue;
        *last_out = r;
        if (strcmp(grid_cell(s, r, "name"), name) == 0)
            found = r;
    }
    return found;
}

/* A core field that is answered from the list; NULL if none. */
static const char *core_user(struct merge *m, const char *list)
{
    const struct grid_section *s = grid_section(&m->base, "survey");

    for (const struct grid_row *r = s ? s->rows : NULL; r; r = r->next) {
        const char *space = strchr(type_of(s, r), ' ');

        if (is_core(s, r) && space && strcmp(space + 1, list) == 0)
            return grid_cell(s, r, "name");
    }
    return NULL;
}

static void put_cell(struct merge *m, struct grid_section *s, struct grid_row *row,
                     const char *column, const char *value)
{
    struct arena *a = m->ctx->arena;
    size_t at = grid_column(s, column);

    if (at == s->columns_len) {
        const char **columns = ARENA_ARRAY(a, at + 1, const char *);

        for (size_t i = 0; i < at; i++)
            columns[i] = s->columns[i];
        columns[at] = column;
        s->columns = columns;
        s->columns_len = at + 1;
    }
    if (row->len <= at) {
        const char **cells = ARENA_ARRAY(a, at + 1, const char *);

        for (size_t i = 0; i <= at; i++)
            cells[i] = i < row->len ? row->cells[i] : "";
        row->cells = cells;
        row->len = at + 1;
    }
    row->cells[at] = value;
}

/* It is not offered any more; records that have it are read as before. */
static void hide_option(struct change *c, struct grid_row *row)
{
    const char *core = core_user(c->m, at(c, "list_name"));

    if (core)
        wrong(c->m, c->row->row, "name",
              tr(c->m->ctx,
                 "{0} is an option of the core field {1}: it can be relabelled, not hidden.",
                 TR_TEXT(at(c, "name")), TR_TEXT(core)));
    else
        put_cell(c->m, c->to, row, "hw:retired", "yes");
}

static void change_option(struct change *c)
{
    static const char *const passed[] = { "list_name", "name", NULL };
    struct ctx *ctx = c->m->ctx;
    const char *word = at(c, "hw:do");
    struct grid_row *last = NULL;
    struct grid_row *row = find_option(c->to, at(c, "list_name"), at(c, "name"), &last);

    if (!word[0] || strcmp(word, "add") == 0) {
        if (row)
            wrong(c->m, c->row->row, "name",
                  tr(ctx, "The list {0} has the option {1} already: take another name.",
                     TR_TEXT(at(c, "list_name")), TR_TEXT(at(c, "name"))));
        else if (last)
            put_after(c->to, last, translated(c));
        else
            grid_append(c->to, translated(c));
    } else if (strcmp(word, "hide") != 0 && strcmp(word, "relabel") != 0) {
        wrong(c->m, c->row->row, "hw:do",
              tr(ctx, "{0} is not known here: write add, hide or relabel.", TR_TEXT(word)));
    } else if (!row) {
        wrong(c->m, c->row->row, "name",
              tr(ctx, "The list {0} has no option {1}: write the name of one that is there.",
                 TR_TEXT(at(c, "list_name")), TR_TEXT(at(c, "name"))));
    } else if (strcmp(word, "hide") == 0) {
        hide_option(c, row);
    } else {
        relabel(c, row, passed);
    }
}

/* --- the whole --- */

static void change_settings(struct change *c)
{
    static const char *const passed[] = { "form_id", "version", "default_language", NULL };
    struct grid_row *row = c->to->rows;
    size_t version = grid_column(c->to, "version");

    if (!row) /* settings without a row: there is nothing to change */
        return;
    relabel(c, row, passed);
    if (version < c->to->columns_len)
        row->cells[version] =
            arena_printf(c->m->ctx->arena, "%s+%s", row->cells[version], at(c, "version"));
}

static void run_section(struct merge *m, const char *name, void (*run)(struct change *c))
{
    struct change c = { .m = m,
                        .from = grid_section(&m->overlay, name),
                        .to = grid_section(&m->base, name) };

    if (!c.from || !c.from->rows)
        return;
    if (!c.to) {
        if (strcmp(name, "choices") != 0)
            return;
        c.to = &m->base.sections[m->base.len++];
        c.to->name = name;
        c.to->header = 1;
    }
    widen(m, c.to, c.from);
    for (c.row = c.from->rows; c.row; c.row = c.row->next)
        run(&c);
}

static void check_sections(struct merge *m)
{
    static const char *const known[] = { "survey", "choices", "settings", NULL };

    for (size_t i = 0; i < m->overlay.len; i++) {
        bool found = false;

        for (size_t k = 0; known[k]; k++)
            found = found || strcmp(m->overlay.sections[i].name, known[k]) == 0;
        if (!found)
            wrong(m, m->overlay.sections[i].row, m->overlay.sections[i].name,
                  tr(m->ctx, "An overlay cannot change the section {0}: take it out.",
                     TR_TEXT(m->overlay.sections[i].name)));
    }
}

static void write_cells(struct buf *b, const char *const *cells, size_t len)
{
    csv_add_cell(b, "", true, false);
    for (size_t i = 0; i < len; i++)
        csv_add_cell(b, cells[i], false, false);
    csv_end_row(b);
}

static void write_merged(struct merge *m, struct overlay_merged *out, struct buf *b)
{
    struct overlay_origin *origins;
    size_t rows = 2 * m->base.len + 1;

    for (size_t i = 0; i < m->base.len; i++)
        for (const struct grid_row *r = m->base.sections[i].rows; r; r = r->next)
            rows++;
    origins = ARENA_ARRAY(m->ctx->arena, rows + 1, struct overlay_origin);
    rows = 1;
    for (size_t i = 0; i < m->base.len; i++) {
        const struct grid_section *s = &m->base.sections[i];

        csv_add_cell(b, s->name, true, false);
        csv_end_row(b);
        origins[rows++].row = s->row;
        write_cells(b, s->columns, s->columns_len);
        origins[rows++].row = s->header;
        for (const struct grid_row *r = s->rows; r; r = r->next) {
            write_cells(b, r->cells, r->len);
            origins[rows++] = (struct overlay_origin){ r->overlay, r->row };
        }
    }
    out->origins = origins;
    out->origins_len = rows;
}

enum err overlay_merge(struct ctx *ctx, struct overlay_merged *out, const struct form_text *base,
                       const struct form_text *overlay, bool lenient)
{
    struct merge *m = ARENA_NEW(ctx->arena, struct merge);
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct grid_section *settings;
    enum err rc;

    m->ctx = ctx;
    m->overlay_text = overlay;
    m->lenient = lenient;
    rc = grid_read(ctx, &m->base, base);
    if (!rc)
        rc = grid_read(ctx, &m->overlay, overlay);
    if (rc)
        return rc;
    settings = grid_section(&m->overlay, "settings");
    if (!grid_section(&m->base, "survey") || m->base.len == GRID_SECTIONS_MAX || !settings ||
        !settings->rows)
        return ctx_fail_field(
            ctx, overlay->file,
            tr(ctx, "An overlay needs a section settings with form_id and version."));
    check_sections(m);
    run_section(m, "survey", change_field);
    run_section(m, "choices", change_option);
    run_section(m, "settings", change_settings);
    if (m->failed)
        return ERR_INVALID;
    buf_init(b, ctx->arena, MERGED_MAX);
    write_merged(m, out, b);
    if (!buf_ok(b))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The file has too many rows."));
    out->text = (struct form_text){ overlay->file, buf_text(b), b->len, overlay->files };
    return OK;
}

/* --- places --- */

bool problem_place(const struct problem *p, const char *file, int *row_out, const char **column_out)
{
    size_t len = strlen(file);
    const char *s;
    int row = 0;

    if (!p->field || strncmp(p->field, file, len) != 0 || p->field[len] != ':')
        return false;
    for (s = p->field + len + 1; ascii_is_digit(*s) && row < 1000000; s++)
        row = 10 * row + (*s - '0');
    *row_out = row;
    *column_out = *s == ':' ? s + 1 : s;
    return row > 0;
}

void overlay_trace(struct ctx *ctx, struct problem *last, const struct overlay_merged *merged,
                   const struct form_text *base, const struct form_text *overlay)
{
    for (struct problem *p = last ? last->next : ctx->problems; p; p = p->next) {
        const struct overlay_origin *o;
        const char *column = "";
        int row = 0;

        if (!problem_place(p, merged->text.file, &row, &column) ||
            (size_t)row >= merged->origins_len)
            continue;
        o = &merged->origins[row];
        p->field = arena_printf(ctx->arena, "%s:%d:%s", o->overlay ? overlay->file : base->file,
                                o->row, column);
    }
}

/* A form's file that cannot be read has no cells. */
static bool read_quietly(struct ctx *ctx, struct grid *out, const struct form_text *text)
{
    struct ctx scratch = *ctx;

    ctx_clear_problems(&scratch);
    return grid_read(&scratch, out, text) == OK;
}

bool overlay_is(struct ctx *ctx, const struct form_text *text)
{
    static const char *const names[] = { "survey", "choices" };
    struct grid *g = ARENA_NEW(ctx->arena, struct grid);

    if (!read_quietly(ctx, g, text))
        return false;
    for (size_t i = 0; i < 2; i++) {
        const struct grid_section *s = grid_section(g, names[i]);

        if (s && grid_column(s, "hw:do") < s->columns_len)
            return true;
    }
    return false;
}

const char *form_text_setting(struct ctx *ctx, const struct form_text *text, const char *column)
{
    struct grid *g = ARENA_NEW(ctx->arena, struct grid);
    const struct grid_section *s;

    if (!read_quietly(ctx, g, text))
        return "";
    s = grid_section(g, "settings");
    return s && s->rows ? grid_cell(s, s->rows, column) : "";
}

const char *form_text_cell(struct ctx *ctx, const struct form_text *text, int row,
                           const char *column, const char **section_out)
{
    struct grid *g = ARENA_NEW(ctx->arena, struct grid);

    *section_out = "";
    if (!read_quietly(ctx, g, text))
        return "";
    for (size_t i = 0; i < g->len; i++) {
        const struct grid_section *s = &g->sections[i];

        if (s->row <= row)
            *section_out = s->name;
        for (const struct grid_row *r = s->rows; r; r = r->next)
            if (r->row == row)
                return grid_cell(s, r, column);
    }
    return "";
}
