#include "forms/forms_inner.h"

#include <stdlib.h>
#include <string.h>

#include "core/asset.h"
#include "core/text.h"

#define CHOICES_MAX 5000
#define CODE_MAX    64

static const char *const choice_texts[] = { "label", "image", "big-image", "audio", "video", NULL };
static const char *const own_columns[] = { "list_name",  "name",       "hw:exclusive",
                                           "hw:decline", "hw:explain", "hw:retired",
                                           NULL };

static bool is_code(const char *s)
{
    size_t len = 0;

    for (; s[len]; len++)
        if (!ascii_is_alpha(s[len]) && !ascii_is_digit(s[len]) && !strchr("_-.", s[len]))
            return false;
    return len > 0 && len <= CODE_MAX;
}

/* Names of lists are no names of columns: capitals and - are usual. */
static bool is_list_name(const char *s)
{
    return ascii_is_alpha(s[0]) && is_code(s) && !strchr(s, '.');
}

/* One table while its rows become choices. */
struct reading {
    struct form_build *f;
    const struct section *s;
    const char *const *columns; /* the further ones */
    size_t columns_len;
    const size_t *places; /* of these in the section */
    const char *value;    /* the column of codes */
    const char *label;    /* a column without language for labels; NULL = label */
};

static bool is_own(const struct reading *r, size_t i)
{
    if (r->s->languages[i] || !r->s->columns[i][0] || strcmp(r->s->names[i], r->value) == 0)
        return true;
    for (size_t k = 0; own_columns[k]; k++)
        if (strcmp(r->s->names[i], own_columns[k]) == 0)
            return true;
    return false;
}

static void find_columns(struct reading *r, bool table)
{
    struct arena *a = r->f->b->ctx->arena;
    const char **columns = ARENA_ARRAY(a, r->s->columns_len + 1, const char *);
    size_t *places = ARENA_ARRAY(a, r->s->columns_len + 1, size_t);

    for (size_t i = 0; i < r->s->columns_len; i++) {
        if (table ? strcmp(r->s->columns[i], "name") == 0 : is_own(r, i))
            continue;
        places[r->columns_len] = i;
        columns[r->columns_len++] = r->s->columns[i];
    }
    r->columns = columns;
    r->places = places;
}

static const char *const *read_further(const struct reading *r, const struct sheet_row *row)
{
    const char **values = ARENA_ARRAY(r->f->b->ctx->arena, r->columns_len + 1, const char *);

    for (size_t i = 0; i < r->columns_len; i++)
        values[i] = r->places[i] < row->len ? row->cells[r->places[i]] : "";
    return values;
}

static struct label read_choice_label(const struct reading *r, const struct sheet_row *row)
{
    struct label label = read_label(r->f, r->s, row, "label");
    const char *text = r->label ? cell(r->s, row, r->label) : "";

    if (text[0]) {
        const char **texts = ARENA_ARRAY(r->f->b->ctx->arena, r->f->b->languages_len, const char *);

        texts[r->f->language] = text;
        label = (struct label){ .texts = texts, .languages = r->f->b->languages, .fallback = text };
    }
    return label;
}

void check_code(struct build *b, const struct section *s, const struct sheet_row *row,
                const char *column, const char *code)
{
    if (!is_code(code))
        mistake(b, s->place, row->number, column,
                tr(b->ctx,
                   "{0} cannot be the code of a choice: Latin letters, digits, _, - and . are "
                   "allowed, {1} at most.",
                   TR_TEXT(code), TR_INT(CODE_MAX)));
}

static struct choice read_choice(const struct reading *r, const struct sheet_row *row)
{
    static const char *const declines[] = { "dont_know", "declined", "na", NULL };
    struct build *b = r->f->b;
    struct choice c = { .name = cell(r->s, row, r->value), .row = row->number };

    check_code(b, r->s, row, column_written(r->s, r->value), c.name);
    c.label = read_choice_label(r, row);
    c.media = read_media(r->f, r->s, row);
    if ((!c.label.texts || !c.label.texts[r->f->language]) && !c.media.image.texts)
        mistake(b, r->s->place, row->number, "label",
                tr(b->ctx, "The choice {0} has no label in the default language, {1}.",
                   TR_TEXT(c.name), TR_TEXT(b->languages[r->f->language])));
    c.decline = read_word(b, r->s, row, "hw:decline", declines);
    c.exclusive = read_yes(b, r->s, row, "hw:exclusive");
    c.explain = read_yes(b, r->s, row, "hw:explain");
    c.retired = read_yes(b, r->s, row, "hw:retired");
    c.values = read_further(r, row);
    return c;
}

/* The codes of a list differ, unless the settings allow twins, as cascades have them. */
static void check_twins(struct form_build *f, const char *place, const char *column,
                        const struct choice_list *list, const int *rows)
{
    for (size_t i = 0; i < list->len && !f->form->choice_duplicates; i++)
        if (choice_find(list, list->items[i].name) != &list->items[i])
            mistake(f->b, place, rows[i], column,
                    tr(f->b->ctx, "The list {0} has the code {1} twice.", TR_TEXT(list->name),
                       TR_TEXT(list->items[i].name)));
}

struct listed {
    const char *list;
    size_t row;
};

static int compare_listed(const void *a, const void *b)
{
    const struct listed *x = a;
    const struct listed *y = b;
    int order = strcmp(x->list, y->list);

    return order ? order : x->row < y->row ? -1 : x->row > y->row;
}

/* Makes a list of rows that stand behind one another in sorted. */
static void add_list(struct form_build *f, const struct reading *r, const struct choice *choices,
                     const struct listed *sorted, size_t len)
{
    struct arena *a = f->b->ctx->arena;
    struct choice_list *list = &f->lists[f->lists_len++];
    struct choice *items = ARENA_ARRAY(a, len, struct choice);
    int *rows = ARENA_ARRAY(a, len, int);

    for (size_t i = 0; i < len; i++) {
        items[i] = choices[sorted[i].row];
        rows[i] = r->s->rows[sorted[i].row].number;
    }
    *list = (struct choice_list){ .name = sorted[0].list,
                                  .items = items,
                                  .len = len,
                                  .columns = r->columns,
                                  .columns_len = r->columns_len,
                                  .external = strcmp(r->s->name, "external_choices") == 0 };
    choices_sort(a, list);
    check_twins(f, r->s->place, column_written(r->s, "name"), list, rows);
    name_list(f, list);
}

static void group_choices(struct form_build *f, const struct reading *r,
                          const struct choice *choices, struct listed *sorted, size_t len)
{
    size_t end = 0;

    if (len)
        qsort(sorted, len, sizeof(*sorted), compare_listed);
    for (size_t from = 0; from < len; from = end) {
        end = from + 1;
        while (end < len && strcmp(sorted[end].list, sorted[from].list) == 0)
            end++;
        add_list(f, r, choices, sorted + from, end - from);
    }
}

static void read_own(struct form_build *f, const struct section *s)
{
    struct reading r = { .f = f, .s = s, .value = "name" };
    struct arena *a = f->b->ctx->arena;
    struct choice *choices = ARENA_ARRAY(a, s->rows_len + 1, struct choice);
    struct listed *sorted = ARENA_ARRAY(a, s->rows_len + 1, struct listed);
    size_t len = 0;

    find_columns(&r, false);
    for (size_t i = 0; i < s->rows_len; i++) {
        const char *name = cell(s, &s->rows[i], "list_name");

        choices[i] = read_choice(&r, &s->rows[i]);
        if (!is_list_name(name))
            mistake(f->b, s->place, s->rows[i].number, column_written(s, "list_name"),
                    tr(f->b->ctx,
                       "{0} cannot be the name of a list: begin with a letter; Latin letters, "
                       "digits, - and _ may follow.",
                       TR_TEXT(name)));
        else
            sorted[len++] = (struct listed){ .list = name, .row = i };
    }
    group_choices(f, &r, choices, sorted, len);
}

void read_choices(struct form_build *f)
{
    const struct section *parts[] = { sheet_section(f->sheet, "choices"),
                                      sheet_section(f->sheet, "external_choices") };
    size_t rows = 0;

    for (size_t i = 0; i < 2; i++)
        rows += parts[i] ? parts[i]->rows_len : 0;
    if (rows > CHOICES_MAX) {
        mistake(f->b, parts[0] ? parts[0]->place : parts[1]->place,
                parts[0] ? parts[0]->number : parts[1]->number, "choices",
                tr(f->b->ctx, "There are more than {0} choices.", TR_INT(CHOICES_MAX)));
        return;
    }
    f->lists = ARENA_ARRAY(f->b->ctx->arena, rows + 1, struct choice_list);
    for (size_t i = 0; i < 2; i++) {
        if (!parts[i])
            continue;
        for (size_t k = 0; k < parts[i]->columns_len; k++)
            if (strstr(parts[i]->columns[k], "::") && !parts[i]->languages[k])
                warn(f->b, parts[i]->place, parts[i]->header, parts[i]->columns[k],
                     tr(f->b->ctx, "The column {0} is not known and is passed by.",
                        TR_TEXT(parts[i]->columns[k])));
        check_languages(f->b, parts[i], choice_texts);
        read_own(f, parts[i]);
    }
}

const struct choice_list *own_list(const struct form_build *f, const char *name, bool external)
{
    for (size_t i = 0; i < f->lists_len; i++)
        if (f->lists[i].external == external && strcmp(f->lists[i].name, name) == 0)
            return &f->lists[i];
    return NULL;
}

/* --- lists and tables in files --- */

void name_list(struct form_build *f, const struct choice_list *list)
{
    for (size_t i = 0; i < f->named_len; i++)
        if (f->named[i] == list)
            return;
    if (f->named_len == f->named_cap) {
        size_t cap = f->named_cap ? f->named_cap * 2 : 16;

        f->named = arena_grow(f->b->ctx->arena, f->named, f->named_cap * sizeof(*f->named),
                              cap * sizeof(*f->named));
        f->named_cap = cap;
    }
    f->named[f->named_len++] = list;
}

static bool has_column(const struct section *s, const char *name)
{
    for (size_t i = 0; i < s->columns_len; i++)
        if (strcmp(s->names[i], name) == 0)
            return true;
    return false;
}

static struct choice_list *list_of_sheet(struct form_build *f, const struct sheet *sheet,
                                         const struct list_wish *wish)
{
    const struct section *s = &sheet->sections[0];
    struct arena *a = f->b->ctx->arena;
    struct reading r = { .f = f, .s = s, .value = wish->value ? wish->value : "name" };
    struct choice_list *list = ARENA_NEW(a, struct choice_list);
    struct choice *items = ARENA_ARRAY(a, s->rows_len + 1, struct choice);
    int *rows = ARENA_ARRAY(a, s->rows_len + 1, int);

    r.label = wish->label;
    find_columns(&r, wish->table);
    for (size_t i = 0; i < s->rows_len; i++) {
        rows[i] = s->rows[i].number;
        if (wish->table)
            items[i] = (struct choice){ .name = cell(s, &s->rows[i], "name"),
                                        .label = { .fallback = "" },
                                        .values = read_further(&r, &s->rows[i]) };
        else
            items[i] = read_choice(&r, &s->rows[i]);
    }
    *list = (struct choice_list){ .name = arena_strndup(a, wish->file, strlen(wish->file) - 4),
                                  .items = items,
                                  .len = s->rows_len,
                                  .columns = r.columns,
                                  .columns_len = r.columns_len,
                                  .file = true,
                                  .table = wish->table };
    choices_sort(a, list);
    if (!wish->table) {
        check_languages(f->b, s, choice_texts);
        check_twins(f, s->place, r.value, list, rows);
    }
    return list;
}

static bool is_wished(const struct list_file *file, const struct list_wish *wish)
{
    return strcmp(file->file, wish->file) == 0 && text_equal(file->value, wish->value) &&
           text_equal(file->label, wish->label) && file->table == wish->table;
}

/* What came with the form and files of content/choices: the one that may have been meant. */
static const char *nearest_file(const struct build *b, const char *name)
{
    const struct asset *const *files = asset_list(b->ctx->arena, "content/choices/");
    struct near near;

    near_begin(&near, name);
    for (size_t i = 0; b->files != NULL && i < b->files->len; i++)
        near_try(&near, b->files->items[i].name);
    for (; *files; files++)
        near_try(&near, (*files)->name + strlen("content/choices/"));
    return near.found;
}

static void refuse_wish(struct form_build *f, const struct list_wish *wish, const char *text)
{
    mistake(f->b, f->survey ? f->survey->place : f->sheet->file, wish->row, wish->column, text);
}

struct sheet *open_list(struct form_build *f, const struct list_wish *wish)
{
    struct ctx *ctx = f->b->ctx;
    const struct asset *asset =
        asset_find(arena_printf(ctx->arena, "content/choices/%s", wish->file));
    const struct delivered *own = use_delivered(f->b, wish->file);
    const char *columns[] = { wish->value ? wish->value : "name", wish->label };
    struct sheet *sheet = NULL;
    enum err rc;

    if ((!asset && !own) || !text_ends(wish->file, ".csv")) {
        refuse_wish(f, wish,
                    with_near(ctx,
                              tr(ctx,
                                 "There is no list {0}: it did not come with the form, and is none "
                                 "of the shared lists of content/choices.",
                                 TR_TEXT(wish->file)),
                              nearest_file(f->b, wish->file)));
        return NULL;
    }
    if (own)
        rc = sheet_read_table(f->b, &sheet, own->name, own->bytes, own->len);
    else
        rc = sheet_read_table(f->b, &sheet, arena_printf(ctx->arena, "choices/%s", wish->file),
                              (const char *)asset->bytes, asset->len);
    if (rc)
        return NULL;
    for (size_t i = 0; i < 2 && !wish->table; i++) {
        if (!columns[i] || has_column(&sheet->sections[0], columns[i]))
            continue;
        refuse_wish(
            f, wish,
            tr(ctx, "The list {0} has no column {1}.", TR_TEXT(wish->file), TR_TEXT(columns[i])));
        return NULL;
    }
    return sheet;
}

const struct choice_list *read_list_file(struct form_build *f, const struct list_wish *wish)
{
    struct list_file *file;
    struct sheet *sheet;

    for (file = f->b->list_files; file; file = file->next) {
        if (is_wished(file, wish)) {
            name_list(f, file->list);
            return file->list;
        }
    }
    sheet = open_list(f, wish);
    if (!sheet)
        return NULL;
    file = ARENA_NEW(f->b->ctx->arena, struct list_file);
    *file = (struct list_file){ .file = wish->file,
                                .value = wish->value,
                                .label = wish->label,
                                .table = wish->table,
                                .list = list_of_sheet(f, sheet, wish),
                                .next = f->b->list_files };
    f->b->list_files = file;
    name_list(f, file->list);
    return file->list;
}
