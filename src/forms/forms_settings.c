#include "forms/forms_inner.h"

#include <string.h>

#include "core/asset.h"
#include "core/text.h"

#define STATES_MAX 200

static const char *const kinds[] = { "record", "instrument", NULL };
static const char *const subjects[] = { "person", "household", "organisation", "staff", NULL };
static const char *const no_texts[] = { NULL };

static const char *joined(struct arena *a, const char *const *words)
{
    const char *text = words[0];

    for (size_t i = 1; words[i]; i++)
        text = arena_printf(a, "%s, %s", text, words[i]);
    return text;
}

/* A cell that is empty or one of the words; NULL if empty, or after a mistake. */
static const char *read_word(struct form_build *f, const struct section *s,
                             const struct sheet_row *row, const char *column,
                             const char *const *words)
{
    struct ctx *ctx = f->b->ctx;
    const char *text = cell(s, row, column);

    if (!text[0])
        return NULL;
    for (size_t i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0)
            return words[i];
    mistake(f->b, f->sheet->file, row->number, column,
            tr(ctx, "{0} is not known here: write one of {1}, or leave the cell empty.",
               TR_TEXT(text), TR_TEXT(joined(ctx->arena, words))));
    return NULL;
}

static void read_kind(struct form_build *f, const struct section *s, const struct sheet_row *row)
{
    struct ctx *ctx = f->b->ctx;
    const char *id = cell(s, row, "form_id");

    if (text_is_name(id))
        f->form->kind = id;
    else
        mistake(f->b, f->sheet->file, row->number, "form_id",
                tr(ctx,
                   "{0} cannot be the name of a form: begin with a small letter; small Latin "
                   "letters, digits and _ may follow, 41 at most.",
                   TR_TEXT(id)));
    f->form->version = cell(s, row, "version");
    if (!f->form->version[0])
        mistake(f->b, f->sheet->file, row->number, "version",
                tr(ctx, "The form has no version: write 1."));
}

/* "en", or "English (en)" as in XLSForm. */
static void read_language(struct form_build *f, const struct section *s,
                          const struct sheet_row *row)
{
    struct ctx *ctx = f->b->ctx;
    const char *text = cell(s, row, "default_language");
    const char *open = strrchr(text, '(');
    const char *code = text;
    size_t place;

    if (open && text_ends(text, ")"))
        code = arena_strndup(ctx->arena, open + 1, strlen(open) - 2);
    if (!text[0])
        code = "en";
    place = language_place(f->b, code);
    if (place == LANGUAGES_MAX) {
        mistake(f->b, f->sheet->file, row->number, "default_language",
                tr(ctx,
                   "No column has texts in the language {0}: write the code of one that is "
                   "there, such as {1}.",
                   TR_TEXT(text), TR_TEXT("en")));
        return;
    }
    f->form->default_language = f->b->languages[place];
    f->language = place;
}

static void read_number(struct form_build *f, const struct section *s, const struct sheet_row *row)
{
    static const char *const parts[] = { "{office}", "{year}", "{seq}" };
    const char *text = cell(s, row, "hw:number");
    bool good = strstr(text, "{seq}") != NULL;

    if (!text[0])
        return;
    for (const char *p = text; *p && good; p++) {
        bool part = *p != '{' && *p != '}';

        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !part; i++) {
            part = text_starts(p, parts[i]);
            if (part)
                p += strlen(parts[i]) - 1;
        }
        good = part;
    }
    if (good)
        f->form->number = text;
    else
        mistake(f->b, f->sheet->file, row->number, "hw:number",
                tr(f->b->ctx,
                   "{0} is no pattern of a number: it is made of {1}, {2} and {3}, and "
                   "{3} must be there.",
                   TR_TEXT(text), TR_TEXT("{office}"), TR_TEXT("{year}"), TR_TEXT("{seq}")));
}

static void read_title(struct form_build *f, const struct section *s, const struct sheet_row *row)
{
    f->form->title = read_label(f, s, row, "form_title");
    if (!f->form->title.texts || !f->form->title.texts[f->language])
        mistake(f->b, f->sheet->file, row->number, "form_title",
                tr(f->b->ctx, "The form has no title in its default language, {0}.",
                   TR_TEXT(f->b->languages[f->language])));
}

static void read_classes(struct form_build *f, const struct section *s, const struct sheet_row *row)
{
    const char *kind = read_word(f, s, row, "hw:kind", kinds);
    const char *privacy = cell(s, row, "hw:privacy");
    const char *parent = cell(s, row, "hw:parent");

    f->form->instrument = text_equal(kind, "instrument");
    f->form->subject = read_word(f, s, row, "hw:subject", subjects);
    f->form->parent = parent[0] ? parent : NULL;
    f->form->privacy = f->form->subject ? PRIVACY_PERSONAL : PRIVACY_INTERNAL;
    if (privacy[0] && !privacy_parse(privacy, &f->form->privacy))
        mistake(f->b, f->sheet->file, row->number, "hw:privacy",
                tr(f->b->ctx, "{0} is no class: write public, internal, personal or sensitive.",
                   TR_TEXT(privacy)));
}

void read_settings(struct form_build *f)
{
    static const char *const known[] = { "form_id",   "version",    "default_language",
                                         "hw:kind",   "hw:parent",  "hw:subject",
                                         "hw:number", "hw:privacy", "hw:req",
                                         NULL };
    static const char *const texts[] = { "form_title", NULL };
    const struct section *s = sheet_section(f->sheet, "settings");
    const struct sheet_row *row;

    if (!s || s->rows_len != 1) {
        mistake(f->b, f->sheet->file, s ? s->number : 1, "settings",
                tr(f->b->ctx, "A form needs a section settings with one row."));
        return;
    }
    row = &s->rows[0];
    check_columns(f->b, f->sheet, s, known, texts);
    read_kind(f, s, row);
    read_language(f, s, row);
    read_title(f, s, row);
    read_classes(f, s, row);
    read_number(f, s, row);
    f->form->req = cell(s, row, "hw:req");
}

/* Without the table of permissions, nothing is known about them. */
static bool permission_exists(const struct build *b, const char *permission)
{
    const struct section *s;

    if (!b->permissions)
        return true;
    s = &b->permissions->sections[0];
    for (size_t i = 0; i < s->rows_len; i++)
        if (strcmp(cell(s, &s->rows[i], "permission"), permission) == 0)
            return true;
    return false;
}

static void check_state(struct form_build *f, const struct sheet_row *row, const char *column,
                        const char *name)
{
    if (!text_is_name(name))
        mistake(f->b, f->sheet->file, row->number, column,
                tr(f->b->ctx,
                   "{0} cannot be the name of a status: begin with a small letter; "
                   "small Latin letters, digits and _ may follow.",
                   TR_TEXT(name)));
}

static struct state_change read_change(struct form_build *f, const struct section *s,
                                       const struct sheet_row *row)
{
    struct state_change change = { .from = cell(s, row, "from"),
                                   .to = cell(s, row, "to"),
                                   .permission = cell(s, row, "permission") };

    check_state(f, row, "from", change.from);
    check_state(f, row, "to", change.to);
    if (!permission_exists(f->b, change.permission) || !change.permission[0])
        mistake(f->b, f->sheet->file, row->number, "permission",
                tr(f->b->ctx, "There is no permission {0}: write one of {1}.",
                   TR_TEXT(change.permission), TR_TEXT("content/roles/permissions.csv")));
    change.reason = read_yes(f->b, f->sheet->file, s, row, "reason");
    return change;
}

void read_states(struct form_build *f)
{
    static const char *const known[] = { "from", "to", "permission", "reason", NULL };
    const struct section *s = sheet_section(f->sheet, "hw_states");
    struct state_change *states;

    f->form->initial_status = "active";
    if (!s || s->rows_len == 0)
        return;
    check_columns(f->b, f->sheet, s, known, no_texts);
    if (s->rows_len > STATES_MAX) {
        mistake(f->b, f->sheet->file, s->number, "from",
                tr(f->b->ctx, "There are more than {0} changes of status.", TR_INT(STATES_MAX)));
        return;
    }
    states = ARENA_ARRAY(f->b->ctx->arena, s->rows_len, struct state_change);
    for (size_t i = 0; i < s->rows_len; i++) {
        states[i] = read_change(f, s, &s->rows[i]);
        for (size_t k = 0; k < i; k++)
            if (text_equal(states[k].from, states[i].from) &&
                text_equal(states[k].to, states[i].to))
                mistake(f->b, f->sheet->file, s->rows[i].number, "to",
                        tr(f->b->ctx, "The change from {0} to {1} stands here twice.",
                           TR_TEXT(states[i].from), TR_TEXT(states[i].to)));
    }
    f->form->states = states;
    f->form->states_len = s->rows_len;
    f->form->initial_status = states[0].from;
}
