#include "forms/forms_inner.h"

#include <string.h>

#include "core/asset.h"
#include "core/text.h"

#define CHOICES_MAX 5000
#define CODE_MAX    64

static const char *const choice_texts[] = { "label", NULL };

static bool is_code(const char *s)
{
    size_t len = 0;

    for (; s[len]; len++)
        if (!ascii_is_alpha(s[len]) && !ascii_is_digit(s[len]) && !strchr("_-.", s[len]))
            return false;
    return len > 0 && len <= CODE_MAX;
}

static const char *read_decline(struct form_build *f, const struct sheet *sheet,
                                const struct section *s, const struct sheet_row *row)
{
    static const char *const words[] = { "dont_know", "declined", "na" };
    const char *text = cell(s, row, "hw:decline");

    if (!text[0])
        return NULL;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i], text) == 0)
            return words[i];
    mistake(f->b, sheet->file, row->number, "hw:decline",
            tr(f->b->ctx,
               "{0} is not known here: write dont_know, declined or na, or leave the "
               "cell empty.",
               TR_TEXT(text)));
    return NULL;
}

static struct choice read_choice(struct form_build *f, const struct sheet *sheet,
                                 const struct section *s, const struct sheet_row *row)
{
    struct choice c = { .name = cell(s, row, "name") };
    struct ctx *ctx = f->b->ctx;

    if (!is_code(c.name))
        mistake(f->b, sheet->file, row->number, "name",
                tr(ctx,
                   "{0} cannot be the code of a choice: Latin letters, digits, _, - and . are "
                   "allowed, {1} at most.",
                   TR_TEXT(c.name), TR_INT(CODE_MAX)));
    c.label = read_label(f, s, row, "label");
    if (!c.label.texts || !c.label.texts[f->language])
        mistake(f->b, sheet->file, row->number, "label",
                tr(ctx, "The choice {0} has no label in the default language, {1}.",
                   TR_TEXT(c.name), TR_TEXT(f->b->languages[f->language])));
    c.decline = read_decline(f, sheet, s, row);
    c.exclusive = read_yes(f->b, sheet->file, s, row, "hw:exclusive");
    c.explain = read_yes(f->b, sheet->file, s, row, "hw:explain");
    return c;
}

/* Adds a choice; list->items has room for all rows. */
static void add_choice(struct form_build *f, const struct sheet *sheet, struct choice_list *list,
                       struct choice *items, const struct choice *c, int row)
{
    bool twice = false;

    for (size_t i = 0; i < list->len && !twice; i++)
        twice = strcmp(items[i].name, c->name) == 0;
    if (twice) {
        mistake(f->b, sheet->file, row, "name",
                tr(f->b->ctx, "The list {0} has the code {1} twice.", TR_TEXT(list->name),
                   TR_TEXT(c->name)));
        return;
    }
    items[list->len++] = *c;
}

/* Place of a list of the form, which begins here if it is new; rows: room for its choices. */
static size_t own_list(struct form_build *f, const char *name, size_t rows)
{
    size_t i = 0;

    while (i < f->lists_len && strcmp(f->lists[i].name, name) != 0)
        i++;
    if (i < f->lists_len)
        return i;
    f->list_items[i] = ARENA_ARRAY(f->b->ctx->arena, rows, struct choice);
    f->lists[i].name = name;
    f->lists[i].items = f->list_items[i];
    f->lists_len++;
    return i;
}

/* Rows of one list that begin at or after a row. */
static size_t count_rows(const struct section *s, size_t from, const char *name)
{
    size_t n = 0;

    for (size_t i = from; i < s->rows_len; i++)
        n += strcmp(cell(s, &s->rows[i], "list_name"), name) == 0;
    return n;
}

void read_choices(struct form_build *f)
{
    static const char *const known[] = { "list_name",  "name",       "hw:exclusive",
                                         "hw:decline", "hw:explain", NULL };
    const struct section *s = sheet_section(f->sheet, "choices");

    if (!s)
        return;
    check_columns(f->b, f->sheet, s, known, choice_texts);
    if (s->rows_len > CHOICES_MAX) {
        mistake(f->b, f->sheet->file, s->number, "choices",
                tr(f->b->ctx, "There are more than {0} choices.", TR_INT(CHOICES_MAX)));
        return;
    }
    f->lists = ARENA_ARRAY(f->b->ctx->arena, s->rows_len + 1, struct choice_list);
    f->list_items = ARENA_ARRAY(f->b->ctx->arena, s->rows_len + 1, struct choice *);
    for (size_t i = 0; i < s->rows_len; i++) {
        const struct sheet_row *row = &s->rows[i];
        const char *name = cell(s, row, "list_name");
        struct choice c = read_choice(f, f->sheet, s, row);
        size_t list;

        if (!text_is_name(name)) {
            mistake(f->b, f->sheet->file, row->number, "list_name",
                    tr(f->b->ctx,
                       "{0} cannot be the name of a list: begin with a small letter; "
                       "small Latin letters, digits and _ may follow.",
                       TR_TEXT(name)));
            continue;
        }
        list = own_list(f, name, count_rows(s, i, name));
        add_choice(f, f->sheet, &f->lists[list], f->list_items[list], &c, row->number);
    }
    for (size_t i = 0; i < f->lists_len; i++)
        choices_sort(f->b->ctx->arena, &f->lists[i]);
}

static const struct choice_list *list_of_sheet(struct form_build *f, const struct sheet *sheet,
                                               const char *name)
{
    static const char *const known[] = { "name", "hw:exclusive", "hw:decline", "hw:explain", NULL };
    const struct section *s = &sheet->sections[0];
    struct choice_list *list = ARENA_NEW(f->b->ctx->arena, struct choice_list);
    struct choice *items = ARENA_ARRAY(f->b->ctx->arena, s->rows_len + 1, struct choice);

    check_columns(f->b, sheet, s, known, choice_texts);
    list->name = name;
    list->items = items;
    for (size_t i = 0; i < s->rows_len; i++) {
        struct choice c = read_choice(f, sheet, s, &s->rows[i]);

        add_choice(f, sheet, list, items, &c, s->rows[i].number);
    }
    choices_sort(f->b->ctx->arena, list);
    return list;
}

const struct choice_list *read_list_file(struct form_build *f, int row, const char *name)
{
    struct arena *a = f->b->ctx->arena;
    const struct asset *asset;
    struct sheet *sheet = NULL;
    struct list_file *file;

    for (file = f->b->list_files; file; file = file->next)
        if (strcmp(file->name, name) == 0)
            return file->list;
    asset = asset_find(arena_printf(a, "content/choices/%s", name));
    if (!asset) {
        mistake(f->b, f->sheet->file, row, "type",
                tr(f->b->ctx, "There is no shared list {0} in content/choices.", TR_TEXT(name)));
        return NULL;
    }
    if (sheet_read_table(f->b, &sheet, arena_printf(a, "choices/%s", name),
                         (const char *)asset->bytes, asset->len))
        return NULL;
    file = ARENA_NEW(a, struct list_file);
    file->name = name;
    file->list = list_of_sheet(f, sheet, name);
    file->next = f->b->list_files;
    f->b->list_files = file;
    return file->list;
}
