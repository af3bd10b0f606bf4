#include "forms/forms_inner.h"

#include <string.h>

#include "core/text.h"

/*
 * What the names in expressions mean. The texts are scanned, not evaluated: ${name} is a field,
 * pulldata('name' and instance('name') a list or table, a bare name in a choice_filter a column.
 */

#define CALLS_MAX 100 /* brackets in one another: more is refused by the parser */

/* Where a scan is, and the functions whose brackets are open there. */
struct scan {
    struct form_build *f;
    const struct field *field; /* NULL: a setting */
    const struct section *s;
    int row;
    const char *column;
    const char *text;
    bool counts[CALLS_MAX]; /* the function takes all rows of a repeat */
    size_t depth;
};

static void refuse(const struct scan *c, const char *text)
{
    mistake(c->f->b, c->s->place, c->row, column_written(c->s, c->column), text);
}

static bool is_name_char(char ch)
{
    return ascii_is_alpha(ch) || ascii_is_digit(ch) || (ch && strchr("_-.:", ch));
}

/* Functions and brackets that may look at all rows of a repeat. */
static bool takes_rows(const char *name, size_t len)
{
    static const char *const words[] = {
        "count",          "sum",      "min",  "max",      "join",   "count-non-empty",
        "indexed-repeat", "position", "area", "distance", "concat", "randomize",
        "boolean",        "not",      "once"
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strlen(words[i]) == len && strncmp(words[i], name, len) == 0)
            return true;
    return false;
}

static bool among_rows(const struct scan *c)
{
    for (size_t i = 0; i < c->depth && i < CALLS_MAX; i++)
        if (c->counts[i])
            return true;
    return false;
}

/* Whether the repeat of a field is one that the scanned field stands in, or none. */
static bool is_around(const struct field *repeat, const struct field *here)
{
    const struct field *r = here ? here->repeat : NULL;

    if (here && here->kind == FIELD_REPEAT && repeat == here)
        return true;
    while (r && r != repeat)
        r = r->repeat;
    return r == repeat;
}

static void refuse_unknown(const struct scan *c, const char *name)
{
    struct ctx *ctx = c->f->b->ctx;
    struct near near;

    near_begin(&near, name);
    for (size_t i = 0; i < c->f->fields_len; i++)
        near_try(&near, c->f->fields[i]->name);
    refuse(c, with_near(ctx, tr(ctx, "There is no field named {0} in this form.", TR_TEXT(name)),
                        near.found));
}

static void check_field_name(const struct scan *c, const char *name)
{
    struct ctx *ctx = c->f->b->ctx;
    const struct field *other = field_find(c->f->form, name);

    if (!other)
        refuse_unknown(c, name);
    else if (!field_has_value(other) && other->kind != FIELD_REPEAT)
        refuse(c, tr(ctx, "{0} holds no answer: a group or a note has none.", TR_TEXT(name)));
    else if (other->repeat && other->kind != FIELD_REPEAT && !is_around(other->repeat, c->field) &&
             !among_rows(c))
        refuse(c, tr(ctx,
                     "{0} has an answer for each row of {1}: say which one is meant, by count, "
                     "sum, min, max, join or indexed-repeat.",
                     TR_TEXT(name), TR_TEXT(other->repeat->name)));
}

/* The file of a table that an expression looks into. */
static void check_table(const struct scan *c, const char *name)
{
    struct form_build *f = c->f;
    struct ctx *ctx = f->b->ctx;
    struct list_wish wish = { .file = arena_printf(ctx->arena, "%s.csv", name),
                              .table = true,
                              .row = c->row,
                              .column = column_written(c->s, c->column) };

    for (size_t i = 0; i < f->named_len; i++)
        if (strcmp(f->named[i]->name, name) == 0)
            return;
    (void)read_list_file(f, &wish);
}

static bool is_table_call(const char *name, size_t len)
{
    return (len == 8 && (strncmp(name, "pulldata", 8) == 0 || strncmp(name, "instance", 8) == 0));
}

/* pulldata( or instance( and a name in quotes, if that stands there. */
static void scan_table(const struct scan *c, const char *p)
{
    const char *end;

    while (*p == ' ' || *p == '(')
        p++;
    if (*p != '\'' && *p != '"')
        return;
    end = strchr(p + 1, *p);
    if (end)
        check_table(c, arena_strndup(c->f->b->ctx->arena, p + 1, (size_t)(end - p - 1)));
}

static void check_column(const struct scan *c, const char *name)
{
    static const char *const words[] = {
        "and", "or", "div", "mod", "name", "label", "root", "item"
    };
    struct ctx *ctx = c->f->b->ctx;
    const struct choice_list *list = c->field->choices;
    struct near near;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i], name) == 0)
            return;
    near_begin(&near, name);
    for (size_t i = 0; i < list->columns_len; i++) {
        if (strcmp(list->columns[i], name) == 0)
            return;
        near_try(&near, list->columns[i]);
    }
    refuse(c, with_near(ctx,
                        tr(ctx,
                           "The list {0} has no column {1}: add it to the choices, or write "
                           "{2} for an answer.",
                           TR_TEXT(list->name), TR_TEXT(name),
                           TR_TEXT(arena_printf(ctx->arena, "${%s}", name))),
                        near.found));
}

/* A word of the expression: the name of a function, of a column, or a part of a path. */
static const char *scan_word(struct scan *c, const char *p, bool filter)
{
    const char *begin = p;
    const char *after;

    while (is_name_char(*p))
        p++;
    for (after = p; *after == ' ';)
        after++;
    if (*after == '(') {
        if (c->depth < CALLS_MAX)
            c->counts[c->depth] = takes_rows(begin, (size_t)(p - begin));
        c->depth++;
        if (is_table_call(begin, (size_t)(p - begin)))
            scan_table(c, after);
        return after + 1;
    }
    if (filter && (begin == c->text || !strchr("/$@:", begin[-1])) && *after != '/')
        check_column(c, arena_strndup(c->f->b->ctx->arena, begin, (size_t)(p - begin)));
    return p;
}

static void open_bracket(struct scan *c, bool counts)
{
    if (c->depth < CALLS_MAX)
        c->counts[c->depth] = counts;
    c->depth++;
}

/* ${name}; p stands on the dollar. */
static const char *scan_reference(struct scan *c, const char *p)
{
    struct arena *a = c->f->b->ctx->arena;
    size_t len = strcspn(p + 2, "}");
    const char *end = p + 2 + len;

    check_field_name(c, text_trim(a, arena_strndup(a, p + 2, len)));
    return *end ? end + 1 : end;
}

/* After the quoted text that begins at p. */
static const char *after_quoted(const char *p)
{
    const char *end = strchr(p + 1, *p);

    return end ? end + 1 : p + strlen(p);
}

static const char *after_number(const char *p)
{
    while (ascii_is_digit(*p) || *p == '.')
        p++;
    return p;
}

static void scan_bracket(struct scan *c, char sign)
{
    if (sign == '(' || sign == '[')
        open_bracket(c, sign == '[');
    else if ((sign == ')' || sign == ']') && c->depth)
        c->depth--;
}

static void scan_text(struct scan *c, bool filter)
{
    for (const char *p = c->text; *p;) {
        if (*p == '\'' || *p == '"') {
            p = after_quoted(p);
        } else if (p[0] == '$' && p[1] == '{') {
            p = scan_reference(c, p);
        } else if (ascii_is_alpha(*p) || *p == '_') {
            p = scan_word(c, p, filter);
        } else if (ascii_is_digit(*p)) {
            p = after_number(p);
        } else {
            scan_bracket(c, *p);
            p++;
        }
    }
}

/* Answers that are shown within a text: ${name}. */
static void check_text(struct form_build *f, const struct field *field, const char *column,
                       const struct label *label)
{
    struct scan c = { .f = f, .field = field, .s = f->survey, .row = field->row, .column = column };

    for (size_t i = 0; label->texts && label->languages[i]; i++)
        for (const char *p = label->texts[i]; p; p = strstr(p + 1, "${"))
            if (p[0] == '$' && p[1] == '{' && strchr(p, '}'))
                (void)scan_reference(&c, p);
}

/* ${name}, or several with commas between them. */
static void read_trigger(struct form_build *f, struct field *field)
{
    struct arena *a = f->b->ctx->arena;
    size_t len = 0;
    char **parts = text_split(a, field->trigger_text, ',', true, &len);
    const struct field **out = ARENA_ARRAY(a, len + 1, const struct field *);
    struct scan c = {
        .f = f, .field = field, .s = f->survey, .row = field->row, .column = "trigger"
    };

    field->trigger = out;
    for (size_t i = 0; i < len; i++) {
        const char *part = text_trim(a, parts[i]);
        size_t bytes = strlen(part);
        const struct field *other = NULL;

        if (bytes > 3 && text_starts(part, "${") && part[bytes - 1] == '}') {
            part = arena_strndup(a, part + 2, bytes - 3);
            check_field_name(&c, part);
            other = field_find(f->form, part);
        } else {
            refuse(&c, tr(f->b->ctx, "A trigger is the name of a question, written {0}.",
                          TR_TEXT("${name}")));
        }
        if (other)
            out[field->trigger_len++] = other;
    }
}

void check_references(struct form_build *f, struct field *field)
{
    struct field_expression all[FIELD_EXPRESSIONS];

    field_expressions(field, all);
    for (size_t i = 0; i < FIELD_EXPRESSIONS; i++) {
        bool filter = all[i].expr && all[i].expr == field->choice_filter;
        struct scan c = {
            .f = f, .field = field, .s = f->survey, .row = field->row, .column = all[i].column
        };

        if (!all[i].expr || (all[i].expr == field->default_value && !expr_names(all[i].expr)[0] &&
                             !strchr(expr_source(all[i].expr), '(')))
            continue;
        c.text = expr_source(all[i].expr);
        scan_text(&c, filter);
    }
    check_text(f, field, "label", &field->label);
    check_text(f, field, "hint", &field->hint);
    if (field->trigger_text)
        read_trigger(f, field);
}

void check_settings_references(struct form_build *f)
{
    const struct section *s = sheet_section(f->sheet, "settings");
    struct scan c = { .f = f, .s = s, .column = "instance_name" };

    if (!f->form->instance_name)
        return;
    c.row = s->rows[0].number;
    c.text = expr_source(f->form->instance_name);
    scan_text(&c, false);
}
