#include "forms/forms_inner.h"

#include <string.h>

#include "core/text.h"

/* Reading of the section survey: rows become fields in a tree of groups and repeats. */

#define NAME_MAX_BYTES 41 /* of text_is_name */

void wrong(const struct survey *v, const char *column, const char *text)
{
    mistake(v->f->b, v->s->place, v->row->number, column_written(v->s, column), text);
}

void wrong_if(const struct survey *v, bool bad, const char *column, const char *text)
{
    if (bad)
        wrong(v, column, text);
}

const char *at(const struct survey *v, const char *column)
{
    return cell(v->s, v->row, column);
}

/* --- fields by name --- */

static size_t hash_name(const char *s)
{
    size_t h = 2166136261u;

    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 16777619u;
    return h;
}

/* Where a name is, or would be. */
static struct field **slot_of(const struct form_build *f, const char *name)
{
    size_t i = hash_name(name) & (f->slots_len - 1);

    while (f->slots[i] && strcmp(f->slots[i]->name, name) != 0)
        i = (i + 1) & (f->slots_len - 1);
    return &f->slots[i];
}

struct field *field_named(const struct form_build *f, const char *name)
{
    return *slot_of(f, name);
}

static void make_room(struct form_build *f, size_t rows)
{
    f->fields_cap = rows * 2; /* each row may have a text of or_other behind it */
    f->fields = ARENA_ARRAY(f->b->ctx->arena, f->fields_cap, struct field *);
    f->slots_len = 16;
    while (f->slots_len < f->fields_cap * 2)
        f->slots_len *= 2;
    f->slots = ARENA_ARRAY(f->b->ctx->arena, f->slots_len, struct field *);
}

static void add_field(struct form_build *f, struct field *field)
{
    struct field **slot = slot_of(f, field->name);

    if (!*slot)
        *slot = field;
    field->place = f->fields_len;
    f->fields[f->fields_len++] = field;
}

/* --- one row --- */

static void read_name(struct survey *v, struct field *field)
{
    static const char *const reserved[] = { "id", "meta", "data" };
    struct ctx *ctx = v->f->b->ctx;
    const struct field *other;

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
    other = field_named(v->f, field->name);
    if (other)
        wrong(v, "name",
              tr(ctx, "The name {0} is used in row {1} already: take another.",
                 TR_TEXT(field->name), TR_INT(other->row)));
}

/* What is asked needs words or a picture; the head of a grid of choices too. */
static bool needs_label(const struct field *field)
{
    return field->kind != FIELD_CALCULATE && field->kind != FIELD_HIDDEN &&
           field->kind != FIELD_GROUP && field->kind != FIELD_META && !field->media.image.texts &&
           !field->media.video.texts;
}

static void read_texts(struct survey *v, struct field *field)
{
    const char *language = v->f->b->languages[v->f->language];
    size_t place = v->f->language;

    field->label = read_label(v->f, v->s, v->row, "label");
    field->hint = read_label(v->f, v->s, v->row, "hint");
    field->guidance = read_label(v->f, v->s, v->row, "guidance_hint");
    field->constraint_message = read_label(v->f, v->s, v->row, "constraint_message");
    field->required_message = read_label(v->f, v->s, v->row, "required_message");
    field->media = read_media(v->f, v->s, v->row);
    if (needs_label(field) && (!field->label.texts || !field->label.texts[place]))
        wrong(v, "label",
              tr(v->f->b->ctx, "{0} has no label in the default language, {1}.",
                 TR_TEXT(field->name), TR_TEXT(language)));
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

/* "Specify other.", in each language of the form that the program speaks. */
static struct label other_label(struct form_build *f)
{
    struct arena *a = f->b->ctx->arena;
    struct ctx speaker = *f->b->ctx;
    const char **texts = ARENA_ARRAY(a, f->b->languages_len, const char *);

    for (size_t i = 0; i < f->b->languages_len; i++) {
        speaker.lang = f->b->languages[i];
        if (tr_has_language(speaker.lang) || i == f->language)
            texts[i] = tr(&speaker, "Please specify.");
    }
    return (struct label){ .texts = texts,
                           .languages = f->b->languages,
                           .fallback = texts[f->language] };
}

/* The text behind a select with or_other: asked when the code other is chosen. */
static void add_other(struct survey *v, struct field *of)
{
    struct ctx *ctx = v->f->b->ctx;
    struct field *field = ARENA_NEW(ctx->arena, struct field);
    const struct field *twin;

    field->kind = FIELD_TEXT;
    field->name = arena_printf(ctx->arena, "%s_other", of->name);
    twin = field_named(v->f, field->name);
    if (twin || strlen(field->name) > NAME_MAX_BYTES) {
        wrong(v, "name",
              tr(ctx,
                 "or_other adds the question {0}, and that name is taken or too long: take "
                 "another name here.",
                 TR_TEXT(field->name)));
        return;
    }
    place_field(v, field);
    field->label = other_label(v->f);
    field->others = of;
    field->appearance = "";
    field->privacy = of->privacy;
    field->store = of->store;
    field->req = of->req;
    if (expr_parse(ctx, &field->relevant,
                   arena_printf(ctx->arena, "selected(${%s}, 'other')", of->name), NULL) != OK)
        v->f->b->failed = true;
    of->other = field;
    add_field(v->f, field);
}

static void open_level(struct survey *v, struct field *field)
{
    if (v->depth == FORM_DEPTH) {
        wrong(v, "type",
              tr(v->f->b->ctx, "Groups stand in one another deeper than {0}.", TR_INT(FORM_DEPTH)));
        return;
    }
    v->depth++;
    v->open[v->depth] = field;
    v->last[v->depth] = NULL;
}

/* All columns of a row but its type and name. */
static void read_columns(struct survey *v, struct field *field)
{
    read_texts(v, field);
    read_parameters(v, field);
    read_looks(v, field);
    read_logic(v, field);
    read_binds(v, field);
    read_attributes(v, field);
    read_search(v, field);
}

static void read_field(struct survey *v)
{
    struct field *field = ARENA_NEW(v->f->b->ctx->arena, struct field);
    bool or_other = false;
    bool known = read_type(v, field, &or_other);

    place_field(v, field);
    field->appearance = "";
    read_name(v, field);
    if (known)
        read_columns(v, field);
    add_field(v->f, field);
    if (or_other)
        add_other(v, field);
    if (field->kind == FIELD_GROUP || field->kind == FIELD_REPEAT)
        open_level(v, field);
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

static void check_survey_columns(struct form_build *f)
{
    static const char *const known[] = {
        "type",          "name",           "relevant",      "constraint",       "required",
        "calculation",   "default",        "choice_filter", "read_only",        "appearance",
        "repeat_count",  "parameters",     "trigger",       "autoplay",         "hw:reason",
        "bind::hw:list", "bind::hw:index", "bind::hw:core", "bind::hw:privacy", "bind::hw:store",
        "bind::hw:stat", "bind::hw:ref",   "bind::hw:type", "bind::hw:req",     NULL
    };
    static const char *const texts[] = { "label",
                                         "hint",
                                         "guidance_hint",
                                         "constraint_message",
                                         "required_message",
                                         "image",
                                         "big-image",
                                         "audio",
                                         "video",
                                         NULL };

    check_columns(f->b, f->survey, known, texts);
}

/* A row that its column disabled takes out. */
static bool is_disabled(struct survey *v)
{
    const char *text = at(v, "disabled");

    return ascii_casecmp(text, "yes") == 0 || ascii_casecmp(text, "true") == 0;
}

static void refuse_open(struct survey *v)
{
    const struct field *open = v->open[v->depth];

    mistake(v->f->b, v->s->place, open->row, column_written(v->s, "type"),
            tr(v->f->b->ctx, "{0} begins here and never ends: add the line {1}.",
               TR_TEXT(open->name),
               TR_TEXT(open->kind == FIELD_REPEAT ? "end repeat" : "end group")));
}

void read_survey(struct form_build *f)
{
    const struct section *s = f->survey;
    struct survey v = { .f = f, .s = s };

    make_room(f, 1);
    if (!s || s->rows_len == 0 || s->rows_len > FORM_FIELDS_MAX) {
        mistake(f->b, s ? s->place : f->sheet->file, s ? s->number : 1, "survey",
                tr(f->b->ctx, "A form needs a section survey with 1 to {0} rows.",
                   TR_INT(FORM_FIELDS_MAX)));
        return;
    }
    check_survey_columns(f);
    make_room(f, s->rows_len);
    for (size_t i = 0; i < s->rows_len; i++) {
        v.row = &s->rows[i];
        if (!is_disabled(&v) && !read_end(&v) && !read_table_row(&v))
            read_field(&v);
    }
    if (v.depth)
        refuse_open(&v);
}
