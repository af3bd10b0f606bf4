#include "forms/forms_inner.h"

#include <string.h>

#include "core/text.h"

/* The column type: what kind of question a row is, and where its choices come from. */

struct type_word {
    const char *text;
    enum field_kind kind;
    enum { LIST_NONE, LIST_OWN, LIST_FILE, LIST_EXTERNAL } list;
    enum field_meta meta;
};

/* The first of several words for one kind is the one that messages name. */
static const struct type_word types[] = {
    { "text", FIELD_TEXT, LIST_NONE, META_NOT },
    { "string", FIELD_TEXT, LIST_NONE, META_NOT },
    { "integer", FIELD_INTEGER, LIST_NONE, META_NOT },
    { "int", FIELD_INTEGER, LIST_NONE, META_NOT },
    { "decimal", FIELD_DECIMAL, LIST_NONE, META_NOT },
    { "range", FIELD_RANGE, LIST_NONE, META_NOT },
    { "date", FIELD_DATE, LIST_NONE, META_NOT },
    { "time", FIELD_TIME, LIST_NONE, META_NOT },
    { "dateTime", FIELD_DATETIME, LIST_NONE, META_NOT },
    { "datetime", FIELD_DATETIME, LIST_NONE, META_NOT },
    { "note", FIELD_NOTE, LIST_NONE, META_NOT },
    { "calculate", FIELD_CALCULATE, LIST_NONE, META_NOT },
    { "hidden", FIELD_HIDDEN, LIST_NONE, META_NOT },
    { "acknowledge", FIELD_ACKNOWLEDGE, LIST_NONE, META_NOT },
    { "trigger", FIELD_ACKNOWLEDGE, LIST_NONE, META_NOT },
    { "barcode", FIELD_BARCODE, LIST_NONE, META_NOT },
    { "geopoint", FIELD_GEOPOINT, LIST_NONE, META_NOT },
    { "gps", FIELD_GEOPOINT, LIST_NONE, META_NOT },
    { "location", FIELD_GEOPOINT, LIST_NONE, META_NOT },
    { "geotrace", FIELD_GEOTRACE, LIST_NONE, META_NOT },
    { "geoshape", FIELD_GEOSHAPE, LIST_NONE, META_NOT },
    { "image", FIELD_IMAGE, LIST_NONE, META_NOT },
    { "photo", FIELD_IMAGE, LIST_NONE, META_NOT },
    { "audio", FIELD_AUDIO, LIST_NONE, META_NOT },
    { "video", FIELD_VIDEO, LIST_NONE, META_NOT },
    { "file", FIELD_FILE, LIST_NONE, META_NOT },
    { "start", FIELD_META, LIST_NONE, META_START },
    { "end", FIELD_META, LIST_NONE, META_END },
    { "today", FIELD_META, LIST_NONE, META_TODAY },
    { "username", FIELD_META, LIST_NONE, META_USERNAME },
    { "email", FIELD_META, LIST_NONE, META_EMAIL },
    { "phonenumber", FIELD_META, LIST_NONE, META_PHONENUMBER },
    { "deviceid", FIELD_META, LIST_NONE, META_DEVICEID },
    { "subscriberid", FIELD_META, LIST_NONE, META_SUBSCRIBERID },
    { "simserial", FIELD_META, LIST_NONE, META_SIMSERIAL },
    { "start-geopoint", FIELD_META, LIST_NONE, META_START_GEOPOINT },
    { "audit", FIELD_META, LIST_NONE, META_AUDIT },
    { "background-audio", FIELD_META, LIST_NONE, META_BACKGROUND_AUDIO },
    { "select_one", FIELD_SELECT_ONE, LIST_OWN, META_NOT },
    { "select one", FIELD_SELECT_ONE, LIST_OWN, META_NOT },
    { "select one from", FIELD_SELECT_ONE, LIST_OWN, META_NOT },
    { "select1", FIELD_SELECT_ONE, LIST_OWN, META_NOT },
    { "select_multiple", FIELD_SELECT_MULTIPLE, LIST_OWN, META_NOT },
    { "select multiple", FIELD_SELECT_MULTIPLE, LIST_OWN, META_NOT },
    { "select all that apply from", FIELD_SELECT_MULTIPLE, LIST_OWN, META_NOT },
    { "select_one_from_file", FIELD_SELECT_ONE, LIST_FILE, META_NOT },
    { "select_multiple_from_file", FIELD_SELECT_MULTIPLE, LIST_FILE, META_NOT },
    { "select_one_external", FIELD_SELECT_ONE, LIST_EXTERNAL, META_NOT },
    { "rank", FIELD_RANK, LIST_OWN, META_NOT },
    { "odk:rank", FIELD_RANK, LIST_OWN, META_NOT },
    { "begin group", FIELD_GROUP, LIST_NONE, META_NOT },
    { "begin_group", FIELD_GROUP, LIST_NONE, META_NOT },
    { "begin repeat", FIELD_REPEAT, LIST_NONE, META_NOT },
    { "begin_repeat", FIELD_REPEAT, LIST_NONE, META_NOT },
};

#define TYPES (sizeof(types) / sizeof(types[0]))

/* The longest word that the text is, or begins with before its list. */
static const struct type_word *find_type(const char *text, const char **list_out)
{
    const struct type_word *found = NULL;
    size_t best = 0;

    for (size_t i = 0; i < TYPES; i++) {
        size_t len = strlen(types[i].text);
        bool whole = strcmp(text, types[i].text) == 0;

        if (len <= best || (types[i].list == LIST_NONE && !whole) ||
            (types[i].list != LIST_NONE && !whole &&
             !(text_starts(text, types[i].text) && text[len] == ' ')))
            continue;
        found = &types[i];
        best = len;
        *list_out = whole ? "" : text + len + 1;
    }
    return found;
}

/* Single spaces between words. */
static const char *single_spaces(struct arena *a, const char *text)
{
    char **words = text_split(a, text, ' ', true, NULL);
    const char *out = words[0] ? words[0] : "";

    for (size_t i = 1; words[0] && words[i]; i++)
        out = arena_printf(a, "%s %s", out, words[i]);
    return out;
}

static void refuse_type(struct survey *v, const char *text)
{
    struct ctx *ctx = v->f->b->ctx;
    const char *word = arena_strndup(ctx->arena, text, strcspn(text, " "));
    struct near near;

    near_begin(&near, word);
    for (size_t i = 0; i < TYPES; i++)
        near_try(&near, types[i].text);
    wrong(v, "type",
          with_near(ctx,
                    tr(ctx,
                       "{0} is no type of a question. Types are text, integer, decimal, range, "
                       "date, time, dateTime, select_one LIST, select_multiple LIST, rank LIST, "
                       "select_one_from_file FILE.csv, note, calculate, hidden, acknowledge, "
                       "geopoint, geotrace, geoshape, image, audio, video, file, barcode, begin "
                       "group and begin repeat.",
                       TR_TEXT(text)),
                    near.found));
}

static void refuse_list(struct survey *v, const char *name, bool external)
{
    struct ctx *ctx = v->f->b->ctx;
    struct near near;

    near_begin(&near, name);
    for (size_t i = 0; i < v->f->lists_len; i++)
        near_try(&near, v->f->lists[i].name);
    if (!name[0])
        wrong(v, "type",
              tr(ctx, "The name of the list is missing: write it behind {0}.",
                 TR_TEXT(at(v, "type"))));
    else if (text_starts(name, "${"))
        wrong(v, "type",
              tr(ctx, "Choices cannot come from answers here: write a list into the section "
                      "choices."));
    else
        wrong(v, "type",
              with_near(ctx,
                        tr(ctx,
                           "There is no list named {0} in the section {1}: add it there, or "
                           "write the name of one that is.",
                           TR_TEXT(name), TR_TEXT(external ? "external_choices" : "choices")),
                        near.found));
}

/* Value of a parameter of this row: name=VALUE; NULL if it is not there. */
static const char *row_parameter(const struct survey *v, const char *name)
{
    struct arena *a = v->f->b->ctx->arena;
    const char *found = strstr(at(v, "parameters"), arena_printf(a, "%s=", name));

    if (!found || (found > at(v, "parameters") && !strchr(" ,;", found[-1])))
        return NULL;
    found += strlen(name) + 1;
    return arena_strndup(a, found, strcspn(found, " ,;"));
}

static const struct choice_list *find_list(struct survey *v, const struct type_word *type,
                                           const char *name)
{
    const struct choice_list *list;
    struct list_wish wish = { .file = name,
                              .value = row_parameter(v, "value"),
                              .label = row_parameter(v, "label"),
                              .row = v->row->number,
                              .column = column_written(v->s, "type") };

    if (type->list == LIST_FILE && name[0])
        return read_list_file(v->f, &wish);
    list = own_list(v->f, name, type->list == LIST_EXTERNAL);
    if (!list)
        refuse_list(v, name, type->list == LIST_EXTERNAL);
    return list;
}

/* Cuts or_other off the name of a list. */
static const char *cut_other(struct arena *a, const char *list, bool *or_other_out)
{
    static const char *const words[] = { " or_other", " or other", " or specify other" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (text_ends(list, words[i])) {
            *or_other_out = true;
            return arena_strndup(a, list, strlen(list) - strlen(words[i]));
        }
    return list;
}

/* or_other offers the code other; the list gets it if it has none, as pyxform does. */
static void add_other_choice(struct survey *v, struct choice_list *list)
{
    struct form_build *f = v->f;
    struct arena *a = f->b->ctx->arena;
    struct ctx speaker = *f->b->ctx;
    struct choice *items = ARENA_ARRAY(a, list->len + 1, struct choice);
    const char **texts = ARENA_ARRAY(a, f->b->languages_len, const char *);
    const char **values = ARENA_ARRAY(a, list->columns_len + 1, const char *);

    if (choice_find(list, "other"))
        return;
    if (list->len)
        memcpy(items, list->items, list->len * sizeof(*items));
    for (size_t i = 0; i < f->b->languages_len; i++) {
        speaker.lang = f->b->languages[i];
        if (tr_has_language(speaker.lang) || i == f->language)
            texts[i] = tr(&speaker, "Other");
    }
    for (size_t i = 0; i < list->columns_len; i++)
        values[i] = "";
    items[list->len] = (struct choice){
        .name = "other",
        .label = { texts, f->b->languages, texts[f->language] },
        .values = values,
    };
    list->items = items;
    list->len++;
    choices_sort(a, list);
}

static bool read_choices_of(struct survey *v, struct field *field, const struct type_word *type,
                            const char *name)
{
    struct ctx *ctx = v->f->b->ctx;
    bool or_other = false;

    name = cut_other(ctx->arena, name, &or_other);
    field->choices = find_list(v, type, name);
    if (field->choices && field->choices->len == 0)
        wrong(v, "type", tr(ctx, "The list {0} has no choices.", TR_TEXT(name)));
    if (!or_other || !field->choices)
        return false;
    if (type->list != LIST_OWN || type->kind == FIELD_RANK) {
        wrong(v, "type",
              tr(ctx,
                 "or_other goes with a list of the section choices, behind select_one or "
                 "select_multiple: take it out here, or add the choice other and a question."));
        return false;
    }
    for (size_t i = 0; i < v->f->lists_len; i++)
        if (&v->f->lists[i] == field->choices)
            add_other_choice(v, &v->f->lists[i]);
    return true;
}

bool read_type(struct survey *v, struct field *field, bool *or_other_out)
{
    const char *text = single_spaces(v->f->b->ctx->arena, at(v, "type"));
    const char *list = "";
    const struct type_word *type = find_type(text, &list);

    if (!type) {
        refuse_type(v, text);
        field->kind = text_starts(text, "begin") ? FIELD_GROUP : FIELD_TEXT; /* so as to go on */
        return false;
    }
    field->kind = type->kind;
    field->meta = type->meta;
    if (type->list != LIST_NONE)
        *or_other_out = read_choices_of(v, field, type, list);
    return true;
}

bool read_table_row(struct survey *v)
{
    struct ctx *ctx = v->f->b->ctx;
    const char *type = at(v, "type");
    struct list_wish wish = { .file = arena_printf(ctx->arena, "%s.csv", at(v, "name")),
                              .table = true,
                              .row = v->row->number,
                              .column = column_written(v->s, "name") };

    if (strcmp(type, "xml-external") == 0) {
        wrong(v, "type",
              tr(ctx, "Tables are read from CSV files: write csv-external, and give {0}.",
                 TR_TEXT(wish.file)));
        return true;
    }
    if (strcmp(type, "csv-external") != 0)
        return false;
    (void)read_list_file(v->f, &wish);
    return true;
}

const char *field_type_word(const struct field *f)
{
    for (size_t i = 0; i < TYPES; i++)
        if (types[i].kind == f->kind && types[i].meta == f->meta)
            return types[i].text;
    return "";
}
