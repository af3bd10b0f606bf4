#include "forms/forms_inner.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "core/asset.h"
#include "core/text.h"

#define FORMS_PREFIX   "content/forms/"
#define CHOICES_PREFIX "content/choices/"
#define FORMS_MAX      ((size_t)500)

struct source {
    const char *file; /* forms/person.csv */
    const char *csv;
    size_t len;
    struct sheet *sheet;
};

bool field_has_value(const struct field *f)
{
    return f->kind != FIELD_NOTE && f->kind != FIELD_GROUP && f->kind != FIELD_REPEAT;
}

bool field_is_file(const struct field *f)
{
    return f->kind == FIELD_IMAGE || f->kind == FIELD_AUDIO || f->kind == FIELD_VIDEO ||
           f->kind == FIELD_FILE || f->meta == META_AUDIT || f->meta == META_BACKGROUND_AUDIO;
}

bool field_has_codes(const struct field *f)
{
    return f->kind == FIELD_SELECT_ONE || f->kind == FIELD_SELECT_MULTIPLE || f->kind == FIELD_RANK;
}

bool field_looks(const struct field *f, enum look look)
{
    return (f->looks & (unsigned)look) != 0;
}

const char *field_parameter(const struct field *f, const char *name)
{
    for (size_t i = 0; i < f->parameters_len; i++)
        if (strcmp(f->parameters[i].name, name) == 0)
            return f->parameters[i].value;
    return NULL;
}

const struct form *form_find(const struct forms *forms, const char *kind)
{
    for (size_t i = 0; forms && i < forms->len; i++)
        if (text_equal(forms->items[i]->kind, kind))
            return forms->items[i];
    return NULL;
}

const struct field *field_find(const struct form *form, const char *name)
{
    size_t low = 0;
    size_t high = form->all_len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(form->by_name[middle]->name, name);

        if (order == 0)
            return form->by_name[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *label_text(struct ctx *ctx, const struct label *label)
{
    if (!label->texts)
        return "";
    for (size_t i = 0; ctx->lang && label->languages[i]; i++)
        if (label->texts[i] && strcmp(label->languages[i], ctx->lang) == 0)
            return label->texts[i];
    return label->fallback;
}

static const char *hash_text(struct arena *a, const char *bytes, size_t len)
{
    unsigned char hash[crypto_generichash_BYTES];

    if (crypto_generichash(hash, sizeof(hash), (const unsigned char *)bytes, len, NULL, 0) != 0)
        return "";
    return hex_text(a, hash, sizeof(hash));
}

/* With other tables it is another form. Pictures do not count: the process that reads a version
 * back has its tables alone. */
static const char *hash_of(const struct build *b, const char *csv, size_t len)
{
    struct arena *a = b->ctx->arena;
    const char *hash = hash_text(a, csv, len);

    for (size_t i = 0; b->files != NULL && i < b->files->len; i++) {
        const struct delivered *d = &b->files->items[i];

        if (!text_ends(d->name, ".csv"))
            continue;
        hash = arena_printf(a, "%s %s %s", hash, d->name, hash_text(a, d->bytes, d->len));
        hash = hash_text(a, hash, strlen(hash));
    }
    return hash;
}

static void check_sections(struct build *b, const struct sheet *sheet)
{
    static const char *const known[] = { "survey",   "choices",   "external_choices",
                                         "settings", "hw_states", NULL };

    for (size_t i = 0; i < sheet->len; i++) {
        const struct section *s = &sheet->sections[i];
        const char *near = nearest_of(s->name, known, NULL);

        if (near && strcmp(near, s->name) == 0)
            continue;
        warn(b, s->place, s->number, s->name,
             with_near(
                 b->ctx,
                 tr(b->ctx, "The section {0} is not known and is passed by.", TR_TEXT(s->name)),
                 near));
    }
}

static struct form *build_form(struct build *b, const struct source *source)
{
    struct form_build f = { .b = b, .sheet = source->sheet };

    f.form = ARENA_NEW(b->ctx->arena, struct form);
    f.form->kind = "";
    f.form->version = "";
    f.form->req = "";
    f.form->default_language = b->languages[0];
    f.form->hash = hash_of(b, source->csv, source->len);
    f.survey = sheet_section(source->sheet, "survey");
    check_sections(b, source->sheet);
    read_settings(&f);
    read_choices(&f);
    read_survey(&f);
    check_form(&f);
    read_states(&f);
    return f.form;
}

/* A table of the assets for rules of the forms; NULL if there is none. */
static const struct sheet *read_table(struct build *b, const char *name, const char *file)
{
    const struct asset *asset = asset_find(name);
    struct sheet *sheet = NULL;

    if (!asset || sheet_read_table(b, &sheet, file, (const char *)asset->bytes, asset->len))
        return NULL;
    return sheet;
}

const struct delivered *use_delivered(struct build *b, const char *name)
{
    const struct delivered *d = delivered_find(b->files, name);

    if (d != NULL)
        b->used[d - b->files->items] = true;
    return d;
}

static void collect_delivered(struct build *b)
{
    for (size_t i = 0; b->files != NULL && i < b->files->len; i++) {
        const struct delivered *d = &b->files->items[i];
        const char *end = memchr(d->bytes, '\n', d->len);
        struct sheet *sheet = NULL;
        struct ctx scratch = *b->ctx; /* mistakes are told where the table is read whole */
        struct build quiet = { .ctx = &scratch };

        if (!text_ends(d->name, ".csv"))
            continue;
        ctx_clear_problems(&scratch);
        if (sheet_read_table(&quiet, &sheet, d->name, d->bytes,
                             end != NULL ? (size_t)(end - d->bytes) : d->len) == OK)
            languages_collect(b, sheet);
    }
}

/*
 * What was delivered and is named nowhere was forgotten, or is misspelt; if it is no good either,
 * that is told here. A form with mistakes may not have been read to its end.
 */
static void check_delivered(struct build *b, const char *file, bool read)
{
    for (size_t i = 0; b->files != NULL && b->files->whole && i < b->files->len; i++) {
        const struct delivered *d = &b->files->items[i];

        if (!b->used[i] && d->fault)
            mistake(b, d->name, 1, "", d->fault);
        else if (!b->used[i] && read)
            warn(b, file, 1, "survey",
                 tr(b->ctx, "{0} came with the form, and nothing in the form names it.",
                    TR_TEXT(d->name)));
    }
}

static void collect_shared(struct build *b)
{
    const struct asset *const *files = asset_list(b->ctx->arena, CHOICES_PREFIX);

    for (; *files; files++) {
        const char *name = (*files)->name + strlen("content/");
        const char *bytes = (const char *)(*files)->bytes;
        const char *end = memchr(bytes, '\n', (*files)->len);
        struct sheet *sheet = NULL;

        if (!text_ends(name, ".csv") || !end)
            continue;
        if (sheet_read_table(b, &sheet, name, bytes, (size_t)(end - bytes)) == OK)
            languages_collect(b, sheet);
    }
}

static int compare_kinds(const void *a, const void *b)
{
    const struct form *const *x = a;
    const struct form *const *y = b;

    return strcmp((*x)->kind, (*y)->kind);
}

static enum err build_all(struct build *b, const struct forms **out, struct source *sources,
                          size_t len)
{
    struct forms *forms = ARENA_NEW(b->ctx->arena, struct forms);
    const struct form **items = ARENA_ARRAY(b->ctx->arena, len + 1, const struct form *);

    b->languages = ARENA_ARRAY(b->ctx->arena, LANGUAGES_MAX + 1, const char *);
    b->languages[b->languages_len++] = "en";
    for (size_t i = 0; i < len; i++)
        if (sheet_read(b, &sources[i].sheet, sources[i].file, sources[i].csv, sources[i].len) == OK)
            languages_collect(b, sources[i].sheet);
    collect_shared(b);
    collect_delivered(b);
    b->open = read_table(b, "content/privacy/open.csv", "privacy/open.csv");
    b->permissions = read_table(b, "content/roles/permissions.csv", "roles/permissions.csv");
    for (size_t i = 0; i < len; i++)
        if (sources[i].sheet)
            items[forms->len++] = build_form(b, &sources[i]);
    qsort(items, forms->len, sizeof(*items), compare_kinds);
    forms->items = items;
    forms->languages = b->languages;
    forms->languages_len = b->languages_len;
    *out = forms;
    return b->failed ? ERR_INVALID : OK;
}

/* The file of a shipped form is named after its kind; lines of open.csv name what there is. */
static void check_all(struct build *b, const struct forms *forms)
{
    const struct section *s = b->open ? &b->open->sections[0] : NULL;
    const struct asset *const *files = asset_list(b->ctx->arena, FORMS_PREFIX);

    for (; *files; files++) {
        const char *file = (*files)->name + strlen(FORMS_PREFIX);
        const char *kind = arena_strndup(b->ctx->arena, file, strcspn(file, "."));

        if (!form_find(forms, kind))
            mistake(b, arena_printf(b->ctx->arena, "forms/%s", file), 1, "form_id",
                    tr(b->ctx, "The file {0} must hold the form {1}: give both one name.",
                       TR_TEXT(file), TR_TEXT(kind)));
    }
    for (size_t i = 0; s && i < s->rows_len; i++) {
        const struct form *form = form_find(forms, cell(s, &s->rows[i], "form"));

        if (!form || !field_find(form, cell(s, &s->rows[i], "field")))
            mistake(b, "privacy/open.csv", s->rows[i].number, "field",
                    tr(b->ctx, "There is no field {0} in the form {1}: take the line out.",
                       TR_TEXT(cell(s, &s->rows[i], "field")),
                       TR_TEXT(cell(s, &s->rows[i], "form"))));
    }
}

enum err forms_load(struct ctx *ctx, const struct forms **out)
{
    const struct asset *const *files = asset_list(ctx->arena, FORMS_PREFIX);
    struct source *sources = ARENA_ARRAY(ctx->arena, FORMS_MAX, struct source);
    const struct forms *forms = NULL;
    struct build b = { .ctx = ctx };
    size_t len = 0;
    enum err rc;

    for (; *files && len < FORMS_MAX; files++)
        if (text_ends((*files)->name, ".csv"))
            sources[len++] = (struct source){ .file = (*files)->name + strlen("content/"),
                                              .csv = (const char *)(*files)->bytes,
                                              .len = (*files)->len };
    rc = build_all(&b, &forms, sources, len);
    if (rc && rc != ERR_INVALID)
        return rc;
    check_all(&b, forms);
    if (b.failed)
        return ERR_INVALID;
    *out = forms;
    return OK;
}

static enum err parse_one(struct build *b, const struct forms **out, struct source *source)
{
    const struct forms *forms = NULL;
    enum err rc = build_all(b, &forms, source, 1);

    if (!rc)
        *out = forms;
    return rc;
}

enum err form_parse(struct ctx *ctx, const struct forms **out, const char *file_name,
                    const char *csv, size_t len)
{
    struct source source = { .file = file_name, .csv = csv, .len = len };
    struct build b = { .ctx = ctx };

    return parse_one(&b, out, &source);
}

enum err form_parse_published(struct ctx *ctx, const struct forms **out, const char *file_name,
                              const char *csv, size_t len)
{
    struct source source = { .file = file_name, .csv = csv, .len = len };
    struct build b = { .ctx = ctx, .published = true };

    return parse_one(&b, out, &source);
}

enum err form_parse_delivered(struct ctx *ctx, const struct forms **out,
                              const struct form_text *text)
{
    struct source source = { .file = text->file, .csv = text->csv, .len = text->len };
    struct build b = { .ctx = ctx, .published = true, .files = text->files };
    enum err rc;

    if (b.files != NULL)
        b.used = ARENA_ARRAY(ctx->arena, b.files->len + 1, bool);
    rc = parse_one(&b, out, &source);
    if (rc && rc != ERR_INVALID)
        return rc;
    check_delivered(&b, text->file, rc == OK);
    return b.failed ? ERR_INVALID : rc;
}

enum err forms_load_directory(struct ctx *ctx, const struct forms **out, const char *dir)
{
    enum err rc = asset_use_directory(ctx, dir);

    return rc ? rc : forms_load(ctx, out);
}
