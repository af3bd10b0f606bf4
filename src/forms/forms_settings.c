#include "forms/forms_inner.h"

#include <string.h>

#include "core/asset.h"
#include "core/text.h"

#define STATES_MAX    200
#define STATE_DELETED "deleted" /* src/records gives it */

static const char *const kinds[] = { "record", "instrument", NULL };
static const char *const subjects[] = { "person", "household", "organisation", "staff", NULL };

static void read_kind(struct form_build *f, const struct section *s, const struct sheet_row *row)
{
    struct ctx *ctx = f->b->ctx;
    const char *id = cell(s, row, "form_id");

    if (text_is_name(id))
        f->form->kind = id;
    else
        mistake(f->b, s->place, row->number, column_written(s, "form_id"),
                tr(ctx,
                   "{0} cannot be the name of a form: begin with a small letter; small Latin "
                   "letters, digits and _ may follow, 41 at most.",
                   TR_TEXT(id)));
    f->form->version = cell(s, row, "version");
    if (!f->form->version[0])
        mistake(f->b, s->place, row->number, "version",
                tr(ctx, "The form has no version: write 1."));
}

/* Whether a sheet has labels in a language, or without one. */
static bool speaks(const struct section *s, const char *code)
{
    for (size_t i = 0; s && i < s->columns_len; i++)
        if (strcmp(s->names[i], "label") == 0 && s->languages[i] &&
            (!s->languages[i][0] || strcmp(s->languages[i], code) == 0))
            return true;
    return false;
}

/* Without the setting: English if there is any, else the language of the first label. */
static const char *first_language(const struct form_build *f)
{
    const struct section *s = f->survey;

    if (!s || speaks(s, "en"))
        return "en";
    for (size_t i = 0; i < s->columns_len; i++)
        if (strcmp(s->names[i], "label") == 0 && s->languages[i] && s->languages[i][0] != '?')
            return s->languages[i];
    return "en";
}

/* "en", "English (en)" as in XLSForm, or "English". */
static void read_language(struct form_build *f, const struct section *s,
                          const struct sheet_row *row)
{
    struct ctx *ctx = f->b->ctx;
    const char *text = cell(s, row, "default_language");
    size_t place = language_place(f->b, text);
    const char *code;

    if (!text[0])
        place = language_place(f->b, first_language(f));
    if (place == LANGUAGES_MAX) {
        code = column_language(f->b, text);
        place = code ? language_place(f->b, code) : LANGUAGES_MAX;
    }
    if (place == LANGUAGES_MAX) {
        mistake(f->b, s->place, row->number, "default_language",
                tr(ctx,
                   "No column has texts in the language {0}: write the code of one that is "
                   "there, such as {1}.",
                   TR_TEXT(text), TR_TEXT(first_language(f))));
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
        mistake(f->b, s->place, row->number, "hw:number",
                tr(f->b->ctx,
                   "{0} is no pattern of a number: it is made of {1}, {2} and {3}, and "
                   "{3} must be there.",
                   TR_TEXT(text), TR_TEXT("{office}"), TR_TEXT("{year}"), TR_TEXT("{seq}")));
}

static void read_title(struct form_build *f, const struct section *s, const struct sheet_row *row)
{
    f->form->title = read_label(f, s, row, "form_title");
    if (!f->form->title.texts || !f->form->title.texts[f->language])
        mistake(f->b, s->place, row->number, "form_title",
                tr(f->b->ctx, "The form has no title in its default language, {0}.",
                   TR_TEXT(f->b->languages[f->language])));
}

static void read_classes(struct form_build *f, const struct section *s, const struct sheet_row *row)
{
    const char *kind = read_word(f->b, s, row, "hw:kind", kinds);
    const char *privacy = cell(s, row, "hw:privacy");
    const char *parent = cell(s, row, "hw:parent");

    f->form->instrument = text_equal(kind, "instrument");
    f->form->subject = read_word(f->b, s, row, "hw:subject", subjects);
    f->form->parent = parent[0] ? parent : NULL;
    f->form->privacy = f->form->subject ? PRIVACY_PERSONAL : PRIVACY_INTERNAL;
    if (privacy[0] && !privacy_parse(privacy, &f->form->privacy))
        mistake(f->b, s->place, row->number, "hw:privacy",
                tr(f->b->ctx, "{0} is no class: write public, internal, personal or sensitive.",
                   TR_TEXT(privacy)));
}

/* What ODK Collect and servers make of a form, kept for XForms out. */
static const char *const kept[] = {
    "style",           "public_key",        "submission_url", "auto_send",
    "auto_delete",     "namespaces",        "instance_xmlns", "prefix",
    "delimiter",       "sms_keyword",       "sms_separator",  "client_editable",
    "omit_instanceID", "clean_text_values", "attribute",      NULL
};

static void read_kept(struct form_build *f, const struct section *s, const struct sheet_row *row)
{
    struct field_setting *out =
        ARENA_ARRAY(f->b->ctx->arena, sizeof(kept) / sizeof(kept[0]), struct field_setting);

    for (size_t i = 0; kept[i]; i++)
        if (cell(s, row, kept[i])[0])
            out[f->form->settings_len++] = (struct field_setting){ kept[i], cell(s, row, kept[i]) };
    f->form->settings = out;
}

static void read_style(struct form_build *f, const struct section *s, const struct sheet_row *row)
{
    static const char *const styles[] = { "pages", "theme-grid", "theme-formhub",
                                          "no-text-transform", NULL };
    struct ctx *ctx = f->b->ctx;
    char **words = text_split(ctx->arena, cell(s, row, "style"), ' ', true, NULL);

    f->form->style = cell(s, row, "style");
    for (; *words; words++) {
        const char *near = nearest_of(*words, styles, NULL);

        f->form->pages = f->form->pages || strcmp(*words, "pages") == 0;
        f->form->theme_grid = f->form->theme_grid || strcmp(*words, "theme-grid") == 0;
        if (!near || strcmp(near, *words) != 0)
            warn(f->b, s->place, row->number, "style",
                 with_near(ctx,
                           tr(ctx, "The style {0} is not known and is passed by.", TR_TEXT(*words)),
                           near));
    }
}

void read_settings(struct form_build *f)
{
    static const char *const own[] = { "form_id",
                                       "version",
                                       "default_language",
                                       "hw:kind",
                                       "hw:parent",
                                       "hw:subject",
                                       "hw:number",
                                       "hw:privacy",
                                       "hw:req",
                                       "instance_name",
                                       "allow_choice_duplicates",
                                       NULL };
    const char *known[sizeof(own) / sizeof(own[0]) + sizeof(kept) / sizeof(kept[0])] = { 0 };
    static const char *const texts[] = { "form_title", NULL };
    const struct section *s = sheet_section(f->sheet, "settings");
    const struct sheet_row *row;
    size_t len = 0;

    if (!s || s->rows_len != 1) {
        mistake(f->b, s ? s->place : f->sheet->file, s ? s->number : 1, "settings",
                tr(f->b->ctx, "A form needs a section settings with one row."));
        return;
    }
    for (size_t i = 0; own[i]; i++)
        known[len++] = own[i];
    for (size_t i = 0; kept[i]; i++)
        known[len++] = kept[i];
    row = &s->rows[0];
    check_columns(f->b, s, known, texts);
    read_kind(f, s, row);
    read_language(f, s, row);
    read_title(f, s, row);
    read_classes(f, s, row);
    read_number(f, s, row);
    f->form->req = cell(s, row, "hw:req");
    f->form->choice_duplicates = read_yes(f->b, s, row, "allow_choice_duplicates");
    f->form->instance_name = read_cell_expression(f, s, row, "instance_name");
    read_style(f, s, row);
    read_kept(f, s, row);
}

/* Each kind has the permissions <kind>.view and so on without a line of their own. */
static bool permission_implied(const struct form_build *f, const char *permission)
{
    size_t len = strlen(f->form->kind);

    return len && text_starts(permission, f->form->kind) && permission[len] == '.' &&
           kind_verb_exists(permission + len + 1);
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

static void check_state(struct form_build *f, const struct section *s, const struct sheet_row *row,
                        const char *column, const char *name)
{
    if (!text_is_name(name))
        mistake(f->b, s->place, row->number, column,
                tr(f->b->ctx,
                   "{0} cannot be the name of a status: begin with a small letter; "
                   "small Latin letters, digits and _ may follow.",
                   TR_TEXT(name)));
}

/* An expression over the answers; its names are fields of the form. */
static const struct expr *read_needs(struct form_build *f, const struct section *s,
                                     const struct sheet_row *row)
{
    struct ctx *ctx = f->b->ctx;
    struct ctx scratch = *ctx;
    const char *text = cell(s, row, "requires");
    const struct expr *e = NULL;
    size_t offset = 0;

    if (!text[0])
        return NULL;
    ctx_clear_problems(&scratch);
    if (expr_parse(&scratch, &e, text, &offset)) {
        mistake(f->b, s->place, row->number, "requires", ctx_first_problem(&scratch));
        return NULL;
    }
    for (const char *const *name = expr_names(e); *name; name++)
        if (!field_find(f->form, *name))
            mistake(f->b, s->place, row->number, "requires",
                    tr(ctx, "The form has no field {0}.", TR_TEXT(*name)));
    return e;
}

static struct state_change read_change(struct form_build *f, const struct section *s,
                                       const struct sheet_row *row)
{
    struct state_change change = { .from = cell(s, row, "from"),
                                   .to = cell(s, row, "to"),
                                   .permission = cell(s, row, "permission"),
                                   .label = read_label(f, s, row, "label"),
                                   .message = read_label(f, s, row, "message"),
                                   .needs = read_needs(f, s, row) };

    check_state(f, s, row, "from", change.from);
    check_state(f, s, row, "to", change.to);
    if ((!permission_exists(f->b, change.permission) &&
         !permission_implied(f, change.permission)) ||
        !change.permission[0])
        mistake(f->b, s->place, row->number, "permission",
                tr(f->b->ctx, "There is no permission {0}: write one of {1}.",
                   TR_TEXT(change.permission), TR_TEXT("content/roles/permissions.csv")));
    if (strcmp(change.from, STATE_DELETED) == 0 || strcmp(change.to, STATE_DELETED) == 0)
        mistake(f->b, s->place, row->number, "to",
                tr(f->b->ctx, "The status {0} is given by deleting, not by a change.",
                   TR_TEXT(STATE_DELETED)));
    change.reason = read_yes(f->b, s, row, "reason");
    change.second = read_yes(f->b, s, row, "second");
    change.other = read_yes(f->b, s, row, "other");
    return change;
}

static bool change_known(struct form_build *f, const struct section *s, const struct sheet_row *row,
                         const struct state_change *change)
{
    const struct state_change *all = f->form->states;

    for (size_t k = 0; k < f->form->states_len; k++) {
        if (!text_equal(all[k].from, change->from) || !text_equal(all[k].to, change->to))
            continue;
        mistake(f->b, s->place, row->number, "to",
                tr(f->b->ctx, "The change from {0} to {1} stands here twice.",
                   TR_TEXT(change->from), TR_TEXT(cell(s, row, "to"))));
        return true;
    }
    return false;
}

/* Rows that say nothing but what a status is called. */
static bool names_status(const struct section *s, const struct sheet_row *row)
{
    return !cell(s, row, "from")[0] && !cell(s, row, "permission")[0];
}

void read_states(struct form_build *f)
{
    static const char *const known[] = { "from",   "to",    "permission", "reason",
                                         "second", "other", "requires",   NULL };
    static const char *const texts[] = { "label", "message", NULL };
    const struct section *s = sheet_section(f->sheet, "hw_states");
    struct state_change *states;
    struct state_name *names;

    f->form->initial_status = "active";
    if (!s || s->rows_len == 0)
        return;
    check_columns(f->b, s, known, texts);
    if (s->rows_len > STATES_MAX) {
        mistake(f->b, s->place, s->number, "from",
                tr(f->b->ctx, "There are more than {0} changes of status.", TR_INT(STATES_MAX)));
        return;
    }
    states = ARENA_ARRAY(f->b->ctx->arena, s->rows_len, struct state_change);
    names = ARENA_ARRAY(f->b->ctx->arena, s->rows_len, struct state_name);
    f->form->states = states;
    f->form->state_names = names;
    for (size_t i = 0; i < s->rows_len; i++) {
        const struct sheet_row *row = &s->rows[i];
        struct state_change change;

        if (names_status(s, row)) {
            check_state(f, s, row, "to", cell(s, row, "to"));
            names[f->form->state_names_len].name = cell(s, row, "to");
            names[f->form->state_names_len++].label = read_label(f, s, row, "label");
            continue;
        }
        change = read_change(f, s, row);
        if (!change_known(f, s, row, &change))
            states[f->form->states_len++] = change;
    }
    if (f->form->states_len > 0)
        f->form->initial_status = states[0].from;
    else if (f->form->state_names_len > 0)
        f->form->initial_status = names[0].name;
}
