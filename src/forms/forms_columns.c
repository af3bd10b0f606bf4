#include "forms/forms_inner.h"

#include <string.h>

#include "core/asset.h"
#include "core/text.h"

/* Columns of a section: their names as we know them, and the languages of those that hold texts. */

#define COLUMNS_MAX ((size_t)1000)

struct alias {
    const char *written;
    const char *name;
};

static const struct alias survey_aliases[] = {
    { "relevance", "relevant" },
    { "bind::relevant", "relevant" },
    { "calculate", "calculation" },
    { "bind::calculate", "calculation" },
    { "bind::constraint", "constraint" },
    { "bind::required", "required" },
    { "readonly", "read_only" },
    { "bind::readonly", "read_only" },
    { "read only", "read_only" },
    { "body::appearance", "appearance" },
    { "control::appearance", "appearance" },
    { "choice filter", "choice_filter" },
    { "repeat count", "repeat_count" },
    { "jr:count", "repeat_count" },
    { "bind::type", "type" },
    { NULL, NULL },
};

static const struct alias choice_aliases[] = {
    { "list name", "list_name" },
    { "value", "name" },
    { NULL, NULL },
};

static const struct alias settings_aliases[] = {
    { "title", "form_title" },
    { "id_string", "form_id" },
    { "set form title", "form_title" },
    { "set form id", "form_id" },
    { NULL, NULL },
};

/* Texts, and names of files that differ by language; the longer stand before their beginnings. */
static const struct alias survey_texts[] = {
    { "label", "label" },
    { "caption", "label" },
    { "hint", "hint" },
    { "guidance_hint", "guidance_hint" },
    { "guidance hint", "guidance_hint" },
    { "constraint_message", "constraint_message" },
    { "constraint message", "constraint_message" },
    { "bind::jr:constraintMsg", "constraint_message" },
    { "required_message", "required_message" },
    { "required message", "required_message" },
    { "bind::jr:requiredMsg", "required_message" },
    { "media::image", "image" },
    { "image", "image" },
    { "media::big-image", "big-image" },
    { "big-image", "big-image" },
    { "media::audio", "audio" },
    { "audio", "audio" },
    { "media::video", "video" },
    { "video", "video" },
    { NULL, NULL },
};

static const struct alias title_texts[] = { { "form_title", "form_title" }, { NULL, NULL } };

static const struct alias state_texts[] = {
    { "label", "label" },
    { "message", "message" },
    { NULL, NULL },
};

static const struct alias no_aliases[] = { { NULL, NULL } };

static const struct {
    const char *section;
    const struct alias *aliases;
    const struct alias *texts;
} kinds[] = {
    { "survey", survey_aliases, survey_texts },
    { "choices", choice_aliases, survey_texts },
    { "external_choices", choice_aliases, survey_texts },
    { "settings", settings_aliases, title_texts },
    { "hw_states", no_aliases, state_texts },
    { "", choice_aliases, survey_texts }, /* a shared list, or a table */
};

static bool is_language(const char *code)
{
    size_t len = 0;

    while (ascii_is_alpha(code[len]) && code[len] == ascii_lower(code[len]))
        len++;
    if (len < 2 || len > 3)
        return false;
    for (; code[len]; len++)
        if (!ascii_is_alpha(code[len]) && !ascii_is_digit(code[len]) && code[len] != '-')
            return false;
    return len <= 20;
}

/* The list of languages, which also tells what a language is called; NULL if there is none. */
static const struct section *language_names(struct build *b)
{
    const struct asset *asset;
    struct sheet *sheet = NULL;

    if (b->language_names)
        return &b->language_names->sections[0];
    asset = asset_find("content/choices/languages.csv");
    if (!asset || sheet_read_table(b, &sheet, "choices/languages.csv", (const char *)asset->bytes,
                                   asset->len))
        return NULL;
    b->language_names = sheet;
    return &sheet->sections[0];
}

/* English -> en, in any language that the list of languages speaks; NULL if it is none. */
static const char *language_of_name(struct build *b, const char *name)
{
    const struct section *s;

    if (strcmp(name, "English") == 0)
        return "en";
    s = language_names(b);
    for (size_t i = 0; s && i < s->rows_len; i++)
        for (size_t k = 0; k < s->rows[i].len; k++)
            if (ascii_casecmp(s->rows[i].cells[k], name) == 0)
                return s->rows[i].cells[0];
    return NULL;
}

const char *column_language(struct build *b, const char *text)
{
    struct arena *a = b->ctx->arena;
    const char *open = strrchr(text, '(');
    const char *code = NULL;

    if (open && text_ends(text, ")"))
        code = text_trim(a, arena_strndup(a, open + 1, strlen(open) - 2));
    else if (text[0])
        code = language_of_name(b, text);
    return code && is_language(code) ? code : NULL;
}

/* Whether the column is base, or base::LANGUAGE; *language_out = what follows, "" if nothing. */
static bool is_text_of(struct arena *a, const char *column, const char *base,
                       const char **language_out)
{
    size_t len = strlen(base);

    if (!text_starts(column, base))
        return false;
    while (column[len] == ' ')
        len++;
    *language_out = "";
    if (!column[len])
        return true;
    if (column[len] != ':')
        return false;
    len += column[len + 1] == ':' ? 2 : 1;
    *language_out = text_trim(a, column + len);
    return true;
}

static void name_column(struct build *b, struct section *s, size_t i, size_t kind)
{
    const char *column = s->columns[i];
    const char *language = NULL;

    s->names[i] = column;
    for (const struct alias *t = kinds[kind].texts; t->written; t++) {
        const char *code;

        if (!is_text_of(b->ctx->arena, column, t->written, &language))
            continue;
        code = language[0] ? column_language(b, language) : "";
        s->names[i] = t->name;
        s->languages[i] = code ? code : "?";
        return;
    }
    for (const struct alias *t = kinds[kind].aliases; t->written; t++)
        if (strcmp(column, t->written) == 0)
            s->names[i] = t->name;
}

static void refuse_twins(struct build *b, const struct section *s, size_t i)
{
    for (size_t k = 0; k < i && s->columns[i][0]; k++) {
        bool same = strcmp(s->names[i], s->names[k]) == 0 &&
                    text_equal(s->languages[i], s->languages[k]) &&
                    !text_equal(s->languages[i], "?");

        if (!same)
            continue;
        mistake(b, s->place, s->header, s->columns[i],
                strcmp(s->columns[i], s->columns[k]) == 0
                    ? tr(b->ctx, "The column {0} stands here twice: take one of them out.",
                         TR_TEXT(s->columns[i]))
                    : tr(b->ctx, "The columns {0} and {1} mean the same: take one of them out.",
                         TR_TEXT(s->columns[k]), TR_TEXT(s->columns[i])));
        return;
    }
}

void section_prepare(struct build *b, struct section *s)
{
    size_t kind = 0;

    while (kind < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[kind].section, s->name) != 0)
        kind++;
    s->names = ARENA_ARRAY(b->ctx->arena, s->columns_len + 1, const char *);
    s->languages = ARENA_ARRAY(b->ctx->arena, s->columns_len + 1, const char *);
    if (s->columns_len > COLUMNS_MAX) {
        mistake(b, s->place, s->header, s->columns[COLUMNS_MAX],
                tr(b->ctx, "There are more than {0} columns.", TR_INT((int64_t)COLUMNS_MAX)));
        s->columns_len = COLUMNS_MAX;
    }
    for (size_t i = 0; i < s->columns_len; i++) {
        s->names[i] = s->columns[i];
        if (kind < sizeof(kinds) / sizeof(kinds[0]))
            name_column(b, s, i, kind);
        refuse_twins(b, s, i);
    }
}

const char *cell(const struct section *s, const struct sheet_row *row, const char *column)
{
    for (size_t i = 0; i < s->columns_len && i < row->len; i++)
        if (strcmp(s->names[i], column) == 0)
            return row->cells[i];
    return "";
}

const char *column_written(const struct section *s, const char *column)
{
    for (size_t i = 0; s && i < s->columns_len; i++)
        if (strcmp(s->names[i], column) == 0 && !s->languages[i])
            return s->columns[i];
    return column;
}

size_t language_place(const struct build *b, const char *code)
{
    for (size_t i = 0; i < b->languages_len; i++)
        if (strcmp(b->languages[i], code) == 0)
            return i;
    return LANGUAGES_MAX;
}

void languages_collect(struct build *b, const struct sheet *sheet)
{
    for (size_t i = 0; i < sheet->len; i++) {
        const struct section *s = &sheet->sections[i];

        for (size_t k = 0; k < s->columns_len; k++) {
            const char *code = s->languages[k];

            if (!code || !code[0] || code[0] == '?' || language_place(b, code) < LANGUAGES_MAX)
                continue;
            if (b->languages_len < LANGUAGES_MAX)
                b->languages[b->languages_len++] = code;
        }
    }
}

struct label read_label(const struct form_build *f, const struct section *s,
                        const struct sheet_row *row, const char *name)
{
    struct arena *a = f->b->ctx->arena;
    struct label label = { .languages = f->b->languages, .fallback = "" };
    const char **texts = NULL;

    for (size_t i = 0; i < s->columns_len && i < row->len; i++) {
        const char *code = s->languages[i];
        size_t place;

        if (!code || !row->cells[i][0] || strcmp(s->names[i], name) != 0)
            continue;
        place = code[0] ? language_place(f->b, code) : f->language;
        if (place >= f->b->languages_len)
            continue;
        if (!texts)
            texts = ARENA_ARRAY(a, f->b->languages_len, const char *);
        texts[place] = row->cells[i];
    }
    label.texts = texts;
    if (texts && texts[f->language])
        label.fallback = texts[f->language];
    else if (texts && texts[0])
        label.fallback = texts[0];
    return label;
}

static bool is_medium(const char *name)
{
    return strcmp(name, "image") == 0 || strcmp(name, "big-image") == 0 ||
           strcmp(name, "audio") == 0 || strcmp(name, "video") == 0;
}

/* A file that came, and is not what the column asks for, or is no good at all. */
static void check_delivered_medium(struct build *b, const struct medium_cell *at,
                                   const struct delivered *d)
{
    const char *wanted = strcmp(at->medium, "big-image") == 0 ? "image" : at->medium;
    const char *text = d->fault;

    if (!text && d->medium && strcmp(d->medium, wanted) != 0)
        text = tr(b->ctx, "{0} is of another kind: here stands the name of a file of the kind {1}.",
                  TR_TEXT(d->name), TR_TEXT(wanted));
    if (text)
        mistake(b, at->s->place, at->row->number, at->column, text);
}

void check_medium(struct build *b, const struct medium_cell *at, const char *name)
{
    bool whole = b->published && (b->files == NULL || b->files->whole);
    const struct delivered *d;
    const char *text;

    if (!name[0] || strstr(name, "${"))
        return;
    d = use_delivered(b, name);
    if (d)
        check_delivered_medium(b, at, d);
    if (d || !whole)
        return;
    text = tr(b->ctx,
              "{0} did not come with the form: bring it together with the form, or take its "
              "name out.",
              TR_TEXT(name));
    if (b->files != NULL)
        mistake(b, at->s->place, at->row->number, at->column, text);
    else
        warn(b, at->s->place, at->row->number, at->column, text);
}

/* Of a list for search() the cells name columns, and the rows name the pictures. */
static void check_media(const struct form_build *f, const struct section *s,
                        const struct sheet_row *row)
{
    for (size_t i = 0; i < s->columns_len && i < row->len; i++)
        if (is_medium(s->names[i]) && row->cells[i][0] &&
            (strcmp(s->name, "choices") != 0 || !is_searched(f, cell(s, row, "list_name"))))
            check_medium(f->b, &(struct medium_cell){ s, row, s->columns[i], s->names[i] },
                         row->cells[i]);
}

struct media read_media(const struct form_build *f, const struct section *s,
                        const struct sheet_row *row)
{
    check_media(f, s, row);
    return (struct media){ .image = read_label(f, s, row, "image"),
                           .big_image = read_label(f, s, row, "big-image"),
                           .audio = read_label(f, s, row, "audio"),
                           .video = read_label(f, s, row, "video") };
}

/* Whether the text columns of a section may be those of this use. */
static bool is_word_of(const char *name, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (strcmp(words[i], name) == 0)
            return true;
    return false;
}

void check_languages(struct build *b, const struct section *s, const char *const *texts)
{
    struct ctx *ctx = b->ctx;

    for (size_t i = 0; i < s->columns_len; i++)
        if (text_equal(s->languages[i], "?") && is_word_of(s->names[i], texts))
            mistake(b, s->place, s->header, s->columns[i],
                    tr(ctx, "The column {0} does not say its language: write {1}.",
                       TR_TEXT(s->columns[i]),
                       TR_TEXT(arena_printf(ctx->arena, "%s::Français (fr)", s->names[i]))));
}

/* Columns of the form's file that are none of ours and mean nothing to us, but are usual. */
static bool is_passed_over(const char *column)
{
    static const char *const others[] = { "notes",    "note", "comment", "comments",
                                          "disabled", "hxl",  NULL };

    static const char *const kept[] = { "body::", "control::", "bind::", "instance::" };

    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (text_starts(column, kept[i]) && !text_starts(column, "bind::hw:"))
            return true;
    return column[0] == '$' || column[0] == '_' || is_word_of(column, others) ||
           text_starts(column, "kobo--");
}

void check_columns(struct build *b, const struct section *s, const char *const *known,
                   const char *const *texts)
{
    struct ctx *ctx = b->ctx;

    check_languages(b, s, texts);
    for (size_t i = 0; i < s->columns_len; i++) {
        const char *column = s->columns[i];
        const char *word = column;

        if (!column[0] || is_word_of(s->names[i], known) || is_passed_over(column) ||
            (s->languages[i] && is_word_of(s->names[i], texts)))
            continue;
        if (strstr(column, "::") && !text_starts(column, "bind::"))
            word = arena_strndup(ctx->arena, column, (size_t)(strstr(column, "::") - column));
        warn(b, s->place, s->header, column,
             with_near(ctx,
                       tr(ctx, "The column {0} is not known and is passed by.", TR_TEXT(column)),
                       nearest_of(word, known, texts)));
    }
}
