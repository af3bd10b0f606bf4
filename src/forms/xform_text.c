#include <string.h>

#include "core/text.h"
#include "forms/xform_inner.h"

/* Texts, for every language of the form. A text that a language lacks is the default one. */

bool xform_has_text(const struct label *label)
{
    for (size_t i = 0; label->texts && label->languages[i]; i++)
        if (label->texts[i])
            return true;
    return false;
}

bool xform_has_media(const struct media *m)
{
    return xform_has_text(&m->image) || xform_has_text(&m->big_image) ||
           xform_has_text(&m->audio) || xform_has_text(&m->video);
}

const char *xform_text_id(struct xform *x, const struct field *f, const char *kind)
{
    return arena_printf(x->ctx->arena, "%s:%s", xform_path(x->ctx->arena, f), kind);
}

const char *xform_list_id(struct xform *x, const struct choice_list *list)
{
    const char *id = list->name;

    for (size_t i = 0; i < x->lists_len && x->lists[i] != list; i++)
        if (strcmp(x->lists[i]->name, list->name) == 0)
            id = arena_printf(x->ctx->arena, "%s_%zu", list->name, i);
    return id;
}

static const char *in_language(const struct label *label, size_t language)
{
    return label->texts && label->texts[language] ? label->texts[language] : label->fallback;
}

/* A value whose ${name} show the answer. */
static void write_value(struct xform *x, const char *form, const char *text,
                        const struct field *field)
{
    struct xform_place at = { .field = field };

    x_start(x, "value");
    if (form)
        x_attr(x, "form", form);
    while (*text) {
        const char *open = strstr(text, "${");
        const char *close = open ? strchr(open, '}') : NULL;
        const char *path;
        char *reference;

        if (!close)
            break;
        reference = arena_strndup(x->ctx->arena, open, (size_t)(close - open) + 1);
        path = xform_expression(x, reference, at);
        x_text(x, arena_strndup(x->ctx->arena, text, (size_t)(open - text)));
        if (strcmp(path, reference) != 0) {
            x_start(x, "output");
            x_attr(x, "value", path);
            x_end(x);
        } else {
            x_text(x, reference);
        }
        text = close + 1;
    }
    x_text(x, text);
    x_end(x);
}

static void write_media(struct xform *x, const struct media *m, size_t language)
{
    const struct {
        const char *form;
        const char *folder;
        const struct label *label;
    } kinds[] = { { "image", "images", &m->image },
                  { "big-image", "images", &m->big_image },
                  { "audio", "audio", &m->audio },
                  { "video", "video", &m->video } };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const char *name = in_language(kinds[i].label, language);

        if (name && name[0])
            write_value(x, kinds[i].form,
                        arena_printf(x->ctx->arena, "jr://%s/%s", kinds[i].folder, name), NULL);
    }
}

static void write_entry(struct xform *x, const char *id, const struct label *label, size_t language,
                        const struct field *f)
{
    if (!xform_has_text(label))
        return;
    x_start(x, "text");
    x_attr(x, "id", id);
    write_value(x, NULL, in_language(label, language), f);
    x_end(x);
}

static void write_field_texts(struct xform *x, const struct field *f, size_t language)
{
    if (xform_has_text(&f->label) || xform_has_media(&f->media)) {
        x_start(x, "text");
        x_attr(x, "id", xform_text_id(x, f, "label"));
        if (xform_has_text(&f->label))
            write_value(x, NULL, in_language(&f->label, language), f);
        write_media(x, &f->media, language);
        x_end(x);
    }
    if (xform_has_text(&f->hint) || xform_has_text(&f->guidance)) {
        x_start(x, "text");
        x_attr(x, "id", xform_text_id(x, f, "hint"));
        if (xform_has_text(&f->hint))
            write_value(x, NULL, in_language(&f->hint, language), f);
        if (xform_has_text(&f->guidance))
            write_value(x, "guidance", in_language(&f->guidance, language), f);
        x_end(x);
    }
    write_entry(x, xform_text_id(x, f, "jr:constraintMsg"), &f->constraint_message, language, f);
    write_entry(x, xform_text_id(x, f, "jr:requiredMsg"), &f->required_message, language, f);
}

static void write_list_texts(struct xform *x, const struct choice_list *list, size_t language)
{
    for (size_t i = 0; i < list->len && !list->table; i++) {
        const struct choice *c = &list->items[i];

        x_start(x, "text");
        x_attr(x, "id", arena_printf(x->ctx->arena, "%s-%zu", xform_list_id(x, list), i));
        write_value(x, NULL, xform_has_text(&c->label) ? in_language(&c->label, language) : c->name,
                    NULL);
        write_media(x, &c->media, language);
        x_end(x);
    }
}

/* As ODK shows languages in its menu: Français (fr). */
static const char *language_shown(struct arena *a, const char *code)
{
    static const char *const names[][2] = {
        { "en", "English" },   { "fr", "Français" },  { "es", "Español" }, { "ar", "العربية" },
        { "pt", "Português" }, { "ru", "Русский" },   { "tr", "Türkçe" },  { "fa", "فارسی" },
        { "ps", "پښتو" },      { "ur", "اردو" },      { "bn", "বাংলা" },   { "so", "Soomaali" },
        { "am", "አማርኛ" },      { "sw", "Kiswahili" }, { "de", "Deutsch" }, { "ku", "Kurdî" },
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i][0], code) == 0)
            return arena_printf(a, "%s (%s)", names[i][1], code);
    return code;
}

void xform_itext(struct xform *x)
{
    const char *const *codes = x->form->title.languages;

    x_start(x, "itext");
    for (size_t i = 0; i < x->languages_len; i++) {
        if (!x->spoken[i])
            continue;
        x_start(x, "translation");
        x_attr(x, "lang", language_shown(x->ctx->arena, codes[i]));
        if (strcmp(codes[i], x->form->default_language) == 0)
            x_attr(x, "default", "true()");
        for (size_t k = 0; k < x->form->all_len; k++)
            write_field_texts(x, x->form->all[k], i);
        for (size_t k = 0; k < x->lists_len; k++)
            write_list_texts(x, x->lists[k], i);
        x_end(x);
    }
    x_end(x);
}

void xform_label(struct xform *x, const struct field *f)
{
    const char *id = arena_printf(x->ctx->arena, "jr:itext('%s')", xform_text_id(x, f, "label"));

    if (xform_has_text(&f->label) || xform_has_media(&f->media)) {
        x_start(x, "label");
        x_attr(x, "ref", id);
        x_end(x);
    }
    if (xform_has_text(&f->hint) || xform_has_text(&f->guidance)) {
        x_start(x, "hint");
        x_attr(x, "ref",
               arena_printf(x->ctx->arena, "jr:itext('%s')", xform_text_id(x, f, "hint")));
        x_end(x);
    }
}
