#include "forms/forms_inner.h"

#include <string.h>

#include "core/text.h"

/* Reading of the section survey: rows become fields in a tree of groups and repeats. */

struct survey {
    struct form_build *f;
    const struct section *s;
    const struct sheet_row *row;
    struct field *open[FORM_DEPTH + 1]; /* groups and repeats around the row; open[0] unused */
    struct field *last[FORM_DEPTH + 1]; /* the newest field of each level */
    size_t depth;
};

struct type_word {
    const char *text;
    enum field_kind kind;
    bool list;
    bool file;
};

static const struct type_word types[] = {
    { "text", FIELD_TEXT, false, false },
    { "integer", FIELD_INTEGER, false, false },
    { "decimal", FIELD_DECIMAL, false, false },
    { "date", FIELD_DATE, false, false },
    { "time", FIELD_TIME, false, false },
    { "dateTime", FIELD_DATETIME, false, false },
    { "note", FIELD_NOTE, false, false },
    { "calculate", FIELD_CALCULATE, false, false },
    { "hidden", FIELD_HIDDEN, false, false },
    { "select_one", FIELD_SELECT_ONE, true, false },
    { "select_multiple", FIELD_SELECT_MULTIPLE, true, false },
    { "select_one_from_file", FIELD_SELECT_ONE, true, true },
    { "select_multiple_from_file", FIELD_SELECT_MULTIPLE, true, true },
    { "begin group", FIELD_GROUP, false, false },
    { "begin_group", FIELD_GROUP, false, false },
    { "begin repeat", FIELD_REPEAT, false, false },
    { "begin_repeat", FIELD_REPEAT, false, false },
};

static void wrong(struct survey *v, const char *column, const char *text)
{
    mistake(v->f->b, v->f->sheet->file, v->row->number, column, text);
}

static const char *at(struct survey *v, const char *column)
{
    return cell(v->s, v->row, column);
}

/* The type's word, and the name of its list behind it. */
static const struct type_word *find_type(const char *text, const char **list_out)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t len = strlen(types[i].text);

        if (strcmp(text, types[i].text) == 0 && !types[i].list)
            return &types[i];
        if (types[i].list && text_starts(text, types[i].text) && text[len] == ' ') {
            *list_out = text + len + 1;
            return &types[i];
        }
    }
    return NULL;
}

static const struct choice_list *find_list(struct survey *v, const char *name)
{
    for (size_t i = 0; i < v->f->lists_len; i++)
        if (strcmp(v->f->lists[i].name, name) == 0)
            return &v->f->lists[i];
    wrong(v, "type",
          tr(v->f->b->ctx,
             "There is no list named {0} in the section choices: add it there, or "
             "write the name of one that is.",
             TR_TEXT(name)));
    return NULL;
}

static bool read_type(struct survey *v, struct field *field)
{
    const char *text = at(v, "type");
    const char *list = "";
    const struct type_word *type = find_type(text, &list);

    if (!type) {
        wrong(v, "type",
              tr(v->f->b->ctx,
                 "{0} is no type of a question. Types are text, integer, decimal, "
                 "date, time, dateTime, note, calculate, hidden, select_one LIST, "
                 "select_multiple LIST, select_one_from_file FILE.csv, begin group "
                 "and begin repeat.",
                 TR_TEXT(text)));
        return false;
    }
    field->kind = type->kind;
    if (type->list)
        field->choices =
            type->file ? read_list_file(v->f, v->row->number, list) : find_list(v, list);
    return true;
}

static void read_name(struct survey *v, struct field *field)
{
    static const char *const reserved[] = { "id", "meta", "data" };
    struct ctx *ctx = v->f->b->ctx;

    field->name = at(v, "name");
    if (!text_is_name(field->name))
        wrong(v, "name",
              tr(ctx,
                 "{0} cannot be the name of a field: begin with a small letter; small Latin "
                 "letters, digits and _ may follow, 41 at most.",
                 TR_TEXT(field->name)));
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        if (strcmp(field->name, reserved[i]) == 0)
            wrong(v, "name",
                  tr(ctx, "The name {0} has a meaning of its own: take another.",
                     TR_TEXT(field->name)));
    for (size_t i = 0; i < v->f->fields_len; i++)
        if (strcmp(v->f->fields[i]->name, field->name) == 0)
            wrong(v, "name",
                  tr(ctx, "The name {0} is used in row {1} already: take another.",
                     TR_TEXT(field->name), TR_INT(v->f->fields[i]->row)));
}

static void read_texts(struct survey *v, struct field *field)
{
    const char *language = v->f->b->languages[v->f->language];

    field->label = read_label(v->f, v->s, v->row, "label");
    field->hint = read_label(v->f, v->s, v->row, "hint");
    field->guidance = read_label(v->f, v->s, v->row, "guidance_hint");
    field->constraint_message = read_label(v->f, v->s, v->row, "constraint_message");
    field->appearance = at(v, "appearance");
    if (field->kind != FIELD_CALCULATE && field->kind != FIELD_HIDDEN &&
        field->kind != FIELD_GROUP && (!field->label.texts || !field->label.texts[v->f->language]))
        wrong(v, "label",
              tr(v->f->b->ctx, "{0} has no label in the default language, {1}.",
                 TR_TEXT(field->name), TR_TEXT(language)));
}

static const struct expr *read_expression(struct survey *v, const char *column)
{
    struct ctx *ctx = v->f->b->ctx;
    struct ctx scratch = *ctx;
    const char *text = at(v, column);
    const struct expr *e = NULL;
    size_t offset = 0;
    const char *before;

    if (!text[0])
        return NULL;
    ctx_clear_problems(&scratch);
    if (expr_parse(&scratch, &e, text, &offset) == OK)
        return e;
    before = arena_strndup(ctx->arena, text, offset);
    wrong(v, column,
          tr(ctx, "{0} (Character {1} of: {2})", TR_TEXT(ctx_first_problem(&scratch)),
             TR_INT((int64_t)text_codepoints(before) + 1), TR_TEXT(text)));
    return NULL;
}

/* yes, no, or a condition. */
static void read_required(struct survey *v, struct field *field)
{
    const char *text = at(v, "required");

    if (strcmp(text, "yes") == 0 || strcmp(text, "true") == 0 || strcmp(text, "true()") == 0)
        field->required = true;
    else if (text[0] && strcmp(text, "no") != 0 && strcmp(text, "false") != 0)
        field->required_if = read_expression(v, "required");
    if (text[0] &&
        (field->kind == FIELD_NOTE || field->kind == FIELD_CALCULATE || field->kind == FIELD_GROUP))
        wrong(v, "required",
              tr(v->f->b->ctx, "Nobody can answer {0}, so it cannot be required.",
                 TR_TEXT(field->name)));
}

/* As in XLSForm: an expression if it has a reference or calls a function, else a plain text. */
static const struct expr *read_default(struct survey *v)
{
    const char *text = at(v, "default");
    const char *open = strchr(text, '(');

    if (!text[0])
        return NULL;
    if (strstr(text, "${") || (open && open > text && ascii_is_alpha(open[-1])))
        return read_expression(v, "default");
    return expr_literal(v->f->b->ctx, text);
}

static void read_logic(struct survey *v, struct field *field)
{
    struct ctx *ctx = v->f->b->ctx;

    field->relevant = read_expression(v, "relevant");
    field->constraint = read_expression(v, "constraint");
    field->calculation = read_expression(v, "calculation");
    field->default_value = read_default(v);
    read_required(v, field);
    field->read_only = read_yes(v->f->b, v->f->sheet->file, v->s, v->row, "read_only");
    if (field->kind == FIELD_CALCULATE && !at(v, "calculation")[0])
        wrong(v, "calculation", tr(ctx, "{0} is calculated: write how.", TR_TEXT(field->name)));
    if (field->constraint_message.texts && !at(v, "constraint")[0])
        wrong(v, "constraint",
              tr(ctx,
                 "{0} has a message for a rule, and no rule: write the constraint, or take "
                 "the message out.",
                 TR_TEXT(field->name)));
    if (at(v, "constraint")[0] && (!field_has_value(field) || field->kind == FIELD_CALCULATE))
        wrong(v, "constraint",
              tr(ctx, "Nobody can answer {0}, so it cannot have a constraint.",
                 TR_TEXT(field->name)));
    if ((field->calculation || field->default_value) && !field_has_value(field))
        wrong(v, field->calculation ? "calculation" : "default",
              tr(ctx, "{0} holds no answer, so it can have no value.", TR_TEXT(field->name)));
    if (at(v, "choice_filter")[0])
        wrong(v, "choice_filter",
              tr(ctx, "Choices that depend on another answer are not known here: take the filter "
                      "out."));
}

/* One of words, or NULL for an empty cell and after a mistake. */
static const char *read_word(struct survey *v, const char *column, const char *const *words)
{
    const char *text = at(v, column);
    const char *all = words[0];

    if (!text[0])
        return NULL;
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0)
            return words[i];
        if (i)
            all = arena_printf(v->f->b->ctx->arena, "%s, %s", all, words[i]);
    }
    wrong(v, column,
          tr(v->f->b->ctx, "{0} is not known here: write one of {1}, or leave the cell empty.",
             TR_TEXT(text), TR_TEXT(all)));
    return NULL;
}

/* The class stands in the cell, or it is that of the innermost group that has one. */
static void read_privacy(struct survey *v, struct field *field)
{
    const char *text = at(v, "bind::hw:privacy");

    field->privacy = field->parent ? field->parent->privacy : v->f->form->privacy;
    if (text[0] && !privacy_parse(text, &field->privacy))
        wrong(v, "bind::hw:privacy",
              tr(v->f->b->ctx, "{0} is no class: write public, internal, personal or sensitive.",
                 TR_TEXT(text)));
}

static void read_index(struct survey *v, struct field *field)
{
    static const char *const words[] = { "name", "phone", "exact", NULL };
    const char *index = read_word(v, "bind::hw:index", words);

    if (!index)
        return;
    field->index = index[0] == 'n' ? INDEX_NAME : index[0] == 'p' ? INDEX_PHONE : INDEX_EXACT;
    if (field->kind != FIELD_TEXT && field->kind != FIELD_HIDDEN)
        wrong(v, "bind::hw:index",
              tr(v->f->b->ctx,
                 "Only fields of type text can be found by what stands in them, "
                 "and {0} is none.",
                 TR_TEXT(field->name)));
}

static void read_list_place(struct survey *v, struct field *field)
{
    const char *text = at(v, "bind::hw:list");
    int64_t n = 0;

    if (!text[0])
        return;
    if (!parse_int(text, 1, 99, &n)) {
        wrong(v, "bind::hw:list",
              tr(v->f->b->ctx,
                 "{0} is no place among the columns of a list: write a number from "
                 "1 to 99.",
                 TR_TEXT(text)));
        return;
    }
    for (size_t i = 0; i < v->f->fields_len; i++)
        if (v->f->fields[i]->list == (int)n)
            wrong(v, "bind::hw:list",
                  tr(v->f->b->ctx, "Place {0} in the list is taken by {1}: write another number.",
                     TR_INT(n), TR_TEXT(v->f->fields[i]->name)));
    field->list = (int)n;
}

static void read_binds(struct survey *v, struct field *field)
{
    static const char *const stores[] = { "open", "sealed", NULL };
    static const char *const stats[] = { "code", "band", "quarter", "admin1", "score", NULL };
    static const char *const finer[] = { "language", "country",     "phone",
                                         "email",    "time_of_day", NULL };
    const char *store = read_word(v, "bind::hw:store", stores);
    const char *ref = at(v, "bind::hw:ref");

    read_privacy(v, field);
    field->store = v->f->form->subject ? STORE_SEALED : STORE_OPEN;
    if (store)
        field->store = store[0] == 'o' ? STORE_OPEN : STORE_SEALED;
    read_index(v, field);
    read_list_place(v, field);
    field->core = read_yes(v->f->b, v->f->sheet->file, v->s, v->row, "bind::hw:core");
    field->stat = read_word(v, "bind::hw:stat", stats);
    field->type = read_word(v, "bind::hw:type", finer);
    field->ref = ref[0] ? ref : NULL;
    field->req = at(v, "bind::hw:req");
    if ((field->list || field->stat || field->ref || store) && !field_has_value(field))
        wrong(
            v,
            field->list   ? "bind::hw:list"
            : field->stat ? "bind::hw:stat"
                          : "bind::hw:store",
            tr(v->f->b->ctx, "{0} holds no answer: leave this cell empty.", TR_TEXT(field->name)));
}

/* Hangs the field into the tree. */
static void place_field(struct survey *v, struct field *field)
{
    struct field *parent = v->open[v->depth];

    field->parent = parent;
    field->repeat = !parent ? NULL : parent->kind == FIELD_REPEAT ? parent : parent->repeat;
    field->row = v->row->number;
    if (v->last[v->depth])
        v->last[v->depth]->next = field;
    else if (parent)
        parent->children = field;
    else
        v->f->form->fields = field;
    v->last[v->depth] = field;
}

static void read_field(struct survey *v)
{
    struct field *field = ARENA_NEW(v->f->b->ctx->arena, struct field);
    bool nests;

    if (!read_type(v, field))
        return;
    place_field(v, field);
    read_name(v, field);
    read_texts(v, field);
    read_logic(v, field);
    read_binds(v, field);
    field->place = v->f->fields_len;
    v->f->fields[v->f->fields_len++] = field;

    nests = field->kind == FIELD_GROUP || field->kind == FIELD_REPEAT;
    if (nests && v->depth == FORM_DEPTH) {
        wrong(v, "type",
              tr(v->f->b->ctx, "Groups stand in one another deeper than {0}.", TR_INT(FORM_DEPTH)));
    } else if (nests) {
        v->depth++;
        v->open[v->depth] = field;
        v->last[v->depth] = NULL;
    }
}

/* end group, end repeat; false if the row is none of them. */
static bool read_end(struct survey *v)
{
    const char *text = at(v, "type");
    const char *name = at(v, "name");
    bool repeat = strcmp(text, "end repeat") == 0 || strcmp(text, "end_repeat") == 0;
    struct ctx *ctx = v->f->b->ctx;
    const struct field *open = v->open[v->depth];

    if (!repeat && strcmp(text, "end group") != 0 && strcmp(text, "end_group") != 0)
        return false;
    if (v->depth == 0) {
        wrong(v, "type",
              tr(ctx, "{0} ends nothing: no group or repeat is open here.", TR_TEXT(text)));
        return true;
    }
    if ((open->kind == FIELD_REPEAT) != repeat || (name[0] && strcmp(name, open->name) != 0))
        wrong(v, "type",
              tr(ctx, "{0} {1} stands where {2}, begun in row {3}, has to end.", TR_TEXT(text),
                 TR_TEXT(name), TR_TEXT(open->name), TR_INT(open->row)));
    v->depth--;
    return true;
}

static void check_survey_columns(struct form_build *f, const struct section *s)
{
    static const char *const known[] = {
        "type",          "name",           "relevant",      "constraint",       "required",
        "calculation",   "default",        "choice_filter", "read_only",        "appearance",
        "bind::hw:list", "bind::hw:index", "bind::hw:core", "bind::hw:privacy", "bind::hw:store",
        "bind::hw:stat", "bind::hw:ref",   "bind::hw:type", "bind::hw:req",     NULL
    };
    static const char *const texts[] = { "label", "hint", "guidance_hint", "constraint_message",
                                         NULL };

    check_columns(f->b, f->sheet, s, known, texts);
}

void read_survey(struct form_build *f)
{
    const struct section *s = sheet_section(f->sheet, "survey");
    struct survey v = { .f = f, .s = s };

    if (!s || s->rows_len == 0 || s->rows_len > FORM_FIELDS_MAX) {
        mistake(f->b, f->sheet->file, s ? s->number : 1, "survey",
                tr(f->b->ctx, "A form needs a section survey with 1 to {0} rows.",
                   TR_INT(FORM_FIELDS_MAX)));
        return;
    }
    check_survey_columns(f, s);
    f->fields = ARENA_ARRAY(f->b->ctx->arena, s->rows_len, struct field *);
    for (size_t i = 0; i < s->rows_len; i++) {
        v.row = &s->rows[i];
        if (!read_end(&v))
            read_field(&v);
    }
    if (v.depth)
        mistake(f->b, f->sheet->file, v.open[v.depth]->row, "type",
                tr(f->b->ctx, "{0} begins here and never ends: add the line {1}.",
                   TR_TEXT(v.open[v.depth]->name),
                   TR_TEXT(v.open[v.depth]->kind == FIELD_REPEAT ? "end repeat" : "end group")));
}
