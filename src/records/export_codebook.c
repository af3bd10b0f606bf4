/* The codebook: a row for each column, and one for each code of the lists that they use. */
#include <string.h>

#include "core/csv.h"
#include "core/text.h"
#include "records/export_inner.h"

#define LISTS_MAX 1000

struct codebook {
    struct export *x;
    const char *const *languages;
    size_t languages_len;
    const struct choice_list *lists[LISTS_MAX];
    size_t lists_len;
    const char **cells;
};

static const char *type_of(const struct field *f)
{
    static const char *const types[] = {
        [FIELD_TEXT] = "text",
        [FIELD_INTEGER] = "integer",
        [FIELD_DECIMAL] = "decimal",
        [FIELD_RANGE] = "range",
        [FIELD_DATE] = "date",
        [FIELD_TIME] = "time",
        [FIELD_DATETIME] = "dateTime",
        [FIELD_SELECT_ONE] = "select_one",
        [FIELD_SELECT_MULTIPLE] = "select_multiple",
        [FIELD_RANK] = "rank",
        [FIELD_CALCULATE] = "calculate",
        [FIELD_ACKNOWLEDGE] = "acknowledge",
        [FIELD_GEOPOINT] = "geopoint",
        [FIELD_GEOTRACE] = "geotrace",
        [FIELD_GEOSHAPE] = "geoshape",
        [FIELD_BARCODE] = "barcode",
        [FIELD_IMAGE] = "image",
        [FIELD_AUDIO] = "audio",
        [FIELD_VIDEO] = "video",
        [FIELD_FILE] = "file",
        [FIELD_META] = "meta",
    };
    const char *type = (size_t)f->kind < sizeof types / sizeof types[0] ? types[f->kind] : NULL;

    return f->type && strcmp(f->type, "money") == 0 ? "money" : type ? type : "text";
}

static size_t add_labels(struct codebook *b, size_t at, const struct label *label)
{
    for (size_t i = 0; i < b->languages_len; i++)
        b->cells[at++] = label->texts ? label->texts[i] : NULL;
    return at;
}

/* Names of columns with text in each language, behind what stands before them. */
static size_t add_heads(struct codebook *b, struct table_column *heads, size_t at)
{
    for (size_t i = 0; i < b->languages_len; i++)
        heads[at++].label = arena_printf(b->x->kept, "label.%s", b->languages[i]);
    return at;
}

static void note_list(struct codebook *b, const struct choice_list *list)
{
    for (size_t i = 0; i < b->lists_len; i++)
        if (b->lists[i] == list)
            return;
    if (b->lists_len < LISTS_MAX)
        b->lists[b->lists_len++] = list;
}

/* Rows that stand side by side are one thing: "names.N.name_text". */
static bool told_before(const struct export_column *c)
{
    for (size_t i = 0; i < c->depth; i++)
        if (c->rows[i] > 0)
            return true;
    return false;
}

static const char *name_of(struct export *x, const struct export_column *c)
{
    const char *name = "";

    for (size_t i = 0; i < c->depth; i++)
        name = arena_printf(x->ctx->arena, "%s%s.N.", name, c->repeats[i]->name);
    return c->depth ? arena_printf(x->ctx->arena, "%s%s", name, c->f->name) : c->name;
}

static enum err put_column(struct codebook *b, const struct export_table *t,
                           const struct export_column *c)
{
    static const struct label none = { 0 };
    size_t n = 0;

    if (told_before(c))
        return OK;
    b->cells[n++] = t->spec.name;
    b->cells[n++] = name_of(b->x, c);
    n = add_labels(b, n, c->f ? &c->f->label : &none);
    b->cells[n++] = c->f ? type_of(c->f) : "text";
    b->cells[n++] = c->f && c->f->choices ? c->f->choices->name : NULL;
    if (c->f && c->f->choices)
        note_list(b, c->f->choices);
    return table_row(b->x->ctx, b->x->out, b->cells);
}

static enum err put_columns(struct codebook *b)
{
    struct table_column *heads = ARENA_ARRAY(b->x->kept, b->languages_len + 4, struct table_column);
    struct table_spec spec = { .name = "codebook", .columns = heads };
    enum err rc;

    spec.title = tr(b->x->ctx, "Codebook");
    heads[0].label = "table";
    heads[1].label = "name";
    spec.len = add_heads(b, heads, 2);
    heads[spec.len++].label = "type";
    heads[spec.len++].label = "choices";
    rc = table_next(b->x->ctx, b->x->out, &spec);
    for (size_t t = 0; rc == OK && t < b->x->tables_len; t++)
        for (size_t i = 0; rc == OK && i < b->x->tables[t].len; i++)
            rc = put_column(b, &b->x->tables[t], &b->x->tables[t].columns[i]);
    return rc;
}

static enum err put_list(struct codebook *b, const struct choice_list *list)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < list->len; i++) {
        b->cells[0] = list->name;
        b->cells[1] = list->items[i].name;
        (void)add_labels(b, 2, &list->items[i].label);
        rc = table_row(b->x->ctx, b->x->out, b->cells);
    }
    return rc;
}

static enum err put_lists(struct codebook *b)
{
    struct table_column *heads = ARENA_ARRAY(b->x->kept, b->languages_len + 2, struct table_column);
    struct table_spec spec = { .name = "choices", .columns = heads };
    enum err rc;

    spec.title = tr(b->x->ctx, "Choices");
    heads[0].label = "choices";
    heads[1].label = "name";
    spec.len = add_heads(b, heads, 2);
    rc = table_next(b->x->ctx, b->x->out, &spec);
    for (size_t i = 0; rc == OK && i < b->lists_len; i++)
        rc = put_list(b, b->lists[i]);
    return rc;
}

enum err export_codebook(struct export *x)
{
    struct codebook *b = ARENA_NEW(x->kept, struct codebook);
    enum err rc;

    b->x = x;
    b->languages = x->ctx->forms->languages;
    b->languages_len = x->ctx->forms->languages_len;
    b->cells = ARENA_ARRAY(x->kept, b->languages_len + 5, const char *);
    rc = put_columns(b);
    return rc ? rc : put_lists(b);
}
