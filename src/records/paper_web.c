/* A form on paper: numbered questions, boxes to tick, lines to write on, and when to leave one out
 * in words. */
#include <string.h>

#include "core/text.h"
#include "core/tr.h"
#include "records/document_web.h"
#include "records/image.h"
#include "records/publish.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

#define BOX "\u2610"
/* As wide as a page, and as the half of it. */
#define DOTS        "......................................................."
#define LINE        DOTS DOTS
#define HALF_LINE   DOTS "............"
#define SHORT_LINE  "................."
#define OPTIONS_MAX 24 /* longer lists are written in */
#define SKIP_MAX    ((size_t)2000)
#define AREA_LINES  4
#define DEPTH_MAX   8 /* of brackets in a condition */

/* Points high. */
#define LABEL_PICTURE  90.0
#define OPTION_PICTURE 48.0

struct paper {
    struct ctx *ctx;
    struct document *d;
    const struct form *form;
    int64_t *numbers; /* by place; 0 = it has none */
};

static bool is_asked(const struct field *f)
{
    return f->kind != FIELD_HIDDEN && f->kind != FIELD_META && f->kind != FIELD_CALCULATE &&
           f->kind != FIELD_NOTE && f->kind != FIELD_GROUP && f->kind != FIELD_REPEAT &&
           !field_looks(f, LOOK_BESIDE); /* on paper there is a margin */
}

/* ${name} within a text: the number of that question, or a gap to fill. */
static const char *name_in(struct paper *p, const char **text, const struct field **f_out)
{
    size_t len = strcspn(*text, "}");
    const char *name = arena_strndup(p->ctx->arena, *text, len);

    *text += len + ((*text)[len] == '}');
    *f_out = field_find(p->form, text_trim(p->ctx->arena, name));
    return name;
}

static const char *said(struct paper *p, const struct label *label)
{
    const char *text = label_text(p->ctx, label);
    struct buf b;

    buf_init(&b, p->ctx->arena, 4 * strlen(text) + 64);
    while (*text != '\0') {
        const struct field *f = NULL;

        if (!text_starts(text, "${")) {
            buf_add_char(&b, *text++);
            continue;
        }
        text += 2;
        (void)name_in(p, &text, &f);
        buf_add(&b, "......");
    }
    return buf_text(&b);
}

/* --- when a question is asked --- */

static const char *asked_as(struct paper *p, const struct field *f, const char *name)
{
    int64_t number = f == NULL ? 0 : p->numbers[f->place];

    return number > 0 ? tr(p->ctx, "question {0}", TR_INT(number)) : name;
}

/* A code in quotes; its label where the question has such a choice. */
static const char *code_in(struct paper *p, const char **text, const struct field *f)
{
    char quote = **text;
    const char *end = quote == '\'' || quote == '"' ? strchr(*text + 1, quote) : NULL;
    const struct choice *c;
    const char *code;

    if (end == NULL)
        return NULL;
    code = arena_strndup(p->ctx->arena, *text + 1, (size_t)(end - *text - 1));
    c = f == NULL || f->choices == NULL ? NULL : choice_find(f->choices, code);
    *text = end + 1;
    return c != NULL ? label_text(p->ctx, &c->label) : code;
}

static void pass(const char **text, const char *what)
{
    while (**text == ' ' || **text == '\n')
        *text += 1;
    if (text_starts(*text, what))
        *text += strlen(what);
    while (**text == ' ' || **text == '\n')
        *text += 1;
}

static bool takes(const char **text, const char *what)
{
    const char *before = *text;

    pass(text, "");
    if (!text_starts(*text, what)) {
        *text = before;
        return false;
    }
    pass(text, what);
    return true;
}

/* ${q} = 'code', ${q} != 'code', selected(${q}, 'code'); NULL: it is something else. */
static const char *term_in(struct paper *p, const char **text)
{
    bool chosen = takes(text, "selected(");
    const struct field *f = NULL;
    const char *name;
    const char *code;
    bool differs;

    if (!takes(text, "${"))
        return NULL;
    name = name_in(p, text, &f);
    name = asked_as(p, f, name);
    differs = !chosen && takes(text, "!=");
    if (!differs && !takes(text, chosen ? "," : "="))
        return NULL;
    code = code_in(p, text, f);
    if (code == NULL || (chosen && !takes(text, ")")))
        return NULL;
    if (code[0] == '\0')
        return differs ? tr(p->ctx, "{0} is answered", TR_TEXT(name))
                       : tr(p->ctx, "{0} is not answered", TR_TEXT(name));
    return differs ? tr(p->ctx, "{0} is not “{1}”", TR_TEXT(name), TR_TEXT(code))
                   : tr(p->ctx, "{0} is “{1}”", TR_TEXT(name), TR_TEXT(code));
}

static const char *either_in(struct paper *p, const char **text, int depth);

static const char *part_in(struct paper *p, const char **text, int depth)
{
    const char *inner;

    if (depth == DEPTH_MAX || !takes(text, "("))
        return term_in(p, text);
    inner = either_in(p, text, depth + 1);
    if (inner == NULL || !takes(text, ")"))
        return NULL;
    return arena_printf(p->ctx->arena, "(%s)", inner);
}

static const char *both_in(struct paper *p, const char **text, int depth)
{
    const char *all = part_in(p, text, depth);

    while (all != NULL && takes(text, "and ")) {
        const char *next = part_in(p, text, depth);

        if (next == NULL)
            return NULL;
        all = tr(p->ctx, "{0} and {1}", TR_TEXT(all), TR_TEXT(next));
    }
    return all;
}

static const char *either_in(struct paper *p, const char **text, int depth)
{
    const char *all = both_in(p, text, depth);

    while (all != NULL && takes(text, "or ")) {
        const char *next = both_in(p, text, depth);

        if (next == NULL)
            return NULL;
        all = tr(p->ctx, "{0} or {1}", TR_TEXT(all), TR_TEXT(next));
    }
    return all;
}

/* NULL: not all of it can be said. */
static const char *terms_in(struct paper *p, const char *text)
{
    const char *all = either_in(p, &text, 0);

    pass(&text, "");
    return *text == '\0' ? all : NULL;
}

/* What cannot be said in words stands there as it is written, with numbers for names. */
static const char *as_written(struct paper *p, const char *text)
{
    struct buf b;

    buf_init(&b, p->ctx->arena, SKIP_MAX);
    while (*text != '\0' && b.len + 200 < SKIP_MAX) {
        const struct field *f = NULL;

        if (text_starts(text, "${")) {
            const char *name;

            text += 2;
            name = name_in(p, &text, &f);
            buf_add(&b, asked_as(p, f, name));
            continue;
        }
        buf_add_char(&b, *text++);
    }
    return buf_text(&b);
}

static void add_condition(struct paper *p, const struct field *f)
{
    const char *source = f->relevant == NULL ? NULL : expr_source(f->relevant);
    const char *words = source == NULL ? NULL : terms_in(p, source);

    if (source == NULL)
        return;
    if (words == NULL)
        words = as_written(p, source);
    document_add(
        p->d, DOC_NOTE,
        f->kind == FIELD_GROUP || f->kind == FIELD_REPEAT
            ? tr(p->ctx, "Fill in this part only if {0}; else leave it out.", TR_TEXT(words))
            : tr(p->ctx, "Ask only if {0}; else go on to the next question.", TR_TEXT(words)));
}

/* --- where the answer goes --- */

/* A picture of a label that came with the form. Only PNG stands on paper. */
static void add_picture(struct paper *p, const struct media *media, double height,
                        const char *words)
{
    const struct label *image = media->image.texts != NULL ? &media->image : &media->big_image;
    const char *name = image->texts != NULL ? label_text(p->ctx, image) : "";
    struct ctx scratch = *p->ctx;
    struct form_medium m = { 0 };
    struct image_bytes png;

    ctx_clear_problems(&scratch);
    if (name[0] == '\0' || form_medium_load(&scratch, &m, p->form, name) != OK)
        return;
    png = (struct image_bytes){ m.bytes, m.len };
    if ((text_equal(m.type, "image/png") || image_logo(&scratch, &png, &png) == OK) &&
        document_image(&scratch, p->d, png.bytes, png.len, height, words) == OK)
        return;
    document_add(p->d, DOC_SMALL, tr(p->ctx, "Picture: {0}", TR_TEXT(name)));
}

static void add_options(struct paper *p, const struct field *f)
{
    const struct choice_list *list = f->choices;

    if (f->kind == FIELD_SELECT_MULTIPLE)
        document_add(p->d, DOC_SMALL, tr(p->ctx, "Tick all that apply."));
    else
        document_add(p->d, DOC_SMALL,
                     f->kind == FIELD_RANK ? tr(p->ctx, "Write 1 for the first, 2 for the second.")
                                           : tr(p->ctx, "Tick one."));
    for (size_t i = 0; i < list->len; i++) {
        if (list->items[i].retired)
            continue;
        document_add(p->d, DOC_TEXT,
                     arena_printf(p->ctx->arena, "%s  %s", f->kind == FIELD_RANK ? "......" : BOX,
                                  said(p, &list->items[i].label)));
        add_picture(p, &list->items[i].media, OPTION_PICTURE, said(p, &list->items[i].label));
    }
}

static const char *line_of(struct paper *p, const struct field *f)
{
    struct ctx *ctx = p->ctx;

    switch (f->kind) {
    case FIELD_DATE:
        return tr(ctx, "Day {0} Month {0} Year {0}", TR_TEXT(SHORT_LINE));
    case FIELD_TIME:
        return tr(ctx, "Hour {0} Minute {0}", TR_TEXT(SHORT_LINE));
    case FIELD_DATETIME:
        return tr(ctx, "Day {0} Month {0} Year {0} Hour {0} Minute {0}", TR_TEXT("........."));
    case FIELD_GEOPOINT:
        return tr(ctx, "Latitude {0} Longitude {0}", TR_TEXT(SHORT_LINE));
    case FIELD_INTEGER:
    case FIELD_DECIMAL:
        return f->currency != NULL ? arena_printf(ctx->arena, "%s %s", SHORT_LINE, f->currency)
                                   : SHORT_LINE;
    case FIELD_RANGE:
        return tr(ctx, "A number from {0} to {1}: {2}",
                  TR_TEXT(decimal_text(ctx->arena, f->range.start)),
                  TR_TEXT(decimal_text(ctx->arena, f->range.end)), TR_TEXT(SHORT_LINE));
    case FIELD_ACKNOWLEDGE:
        return arena_printf(ctx->arena, "%s  %s", BOX, tr(ctx, "Yes"));
    case FIELD_IMAGE:
    case FIELD_AUDIO:
    case FIELD_VIDEO:
    case FIELD_FILE:
        return arena_printf(ctx->arena, "%s  %s", BOX, tr(ctx, "Attached to this sheet"));
    case FIELD_TEXT:
    case FIELD_SELECT_ONE:
    case FIELD_SELECT_MULTIPLE:
    case FIELD_NOTE:
    case FIELD_CALCULATE:
    case FIELD_HIDDEN:
    case FIELD_GROUP:
    case FIELD_REPEAT:
    case FIELD_RANK:
    case FIELD_BARCODE:
    case FIELD_GEOTRACE:
    case FIELD_GEOSHAPE:
    case FIELD_META:
        break;
    }
    return LINE;
}

static void add_question(struct paper *p, const struct field *f)
{
    struct ctx *ctx = p->ctx;
    const char *label = said(p, &f->label);
    const char *hint = said(p, &f->hint);
    int lines = field_looks(f, LOOK_MULTILINE) ? AREA_LINES : 1;

    add_condition(p, f);
    document_add(p->d, DOC_TEXT,
                 arena_printf(ctx->arena, "%s  %s%s", tr(ctx, "{0}.", TR_INT(p->numbers[f->place])),
                              label[0] != '\0' ? label : f->name, f->required ? " *" : ""));
    add_picture(p, &f->media, LABEL_PICTURE, label);
    if (hint[0] != '\0')
        document_add(p->d, DOC_SMALL, hint);
    if (f->choices != NULL && f->choices->len <= OPTIONS_MAX) {
        add_options(p, f);
        return;
    }
    for (int i = 0; i < lines; i++)
        document_add(p->d, DOC_TEXT, line_of(p, f));
}

static void add_fields(struct paper *p, const struct field *first)
{
    for (const struct field *f = first; f != NULL; f = f->next) {
        const char *label = said(p, &f->label);

        if (!field_visible(p->ctx, f))
            continue;
        if (f->kind == FIELD_GROUP || f->kind == FIELD_REPEAT) {
            if (label[0] != '\0')
                document_add(p->d, DOC_HEADING, label);
            add_condition(p, f);
            if (f->kind == FIELD_REPEAT)
                document_add(p->d, DOC_NOTE,
                             tr(p->ctx, "Answer this part once for each; take another sheet where "
                                        "there are more."));
            add_fields(p, f->children);
        } else if (f->kind == FIELD_NOTE) {
            add_condition(p, f);
            document_add(p->d, DOC_TEXT, label);
            add_picture(p, &f->media, LABEL_PICTURE, label);
        } else if (is_asked(f) && !f->read_only) {
            add_question(p, f);
        }
    }
}

static struct document *paper_of(struct ctx *ctx, const struct form *form)
{
    const char *title = label_text(ctx, &form->title);
    struct paper p = { .ctx = ctx, .form = form, .d = document_new(ctx, ctx->lang, title) };
    int64_t n = 0;

    p.numbers = ARENA_ARRAY(ctx->arena, form->all_len + 1, int64_t);
    for (size_t i = 0; i < form->all_len; i++)
        if (is_asked(form->all[i]) && !form->all[i]->read_only && field_visible(ctx, form->all[i]))
            p.numbers[i] = ++n;
    document_add(p.d, DOC_SMALL, tr(ctx, "Questions marked with * must be answered."));
    document_pairs(p.d,
                   (const struct doc_pair[]){ { tr(ctx, "Number"), HALF_LINE },
                                              { tr(ctx, "Written by"), HALF_LINE },
                                              { tr(ctx, "Date"), SHORT_LINE } },
                   3);
    add_fields(&p, form->fields);
    document_footer(p.d, tr(ctx, "{0}, version {1}", TR_TEXT(title), TR_TEXT(form->version)));
    return p.d;
}

enum err get_paper(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct form *form = form_find(ctx->forms, req_path(req, "kind"));
    const char *wanted = req_text(req, "lang");
    struct user everything = *ctx->user;
    struct ctx shown = *ctx;
    const struct document *d;
    const char *bytes = NULL;
    size_t len = 0;
    enum err rc;

    if (!form_shown(ctx, form))
        return ERR_NOT_FOUND;
    if (wanted[0] != '\0' && !tr_has_language(wanted))
        return ctx_fail_field(ctx, "lang",
                              tr(ctx, "There are no translations into “{0}”.", TR_TEXT(wanted)));
    if (user_may(ctx->user, "form.publish")) { /* sees all that a form asks */
        everything.clearance = PRIVACY_SENSITIVE;
        shown.user = &everything;
    }
    shown.lang = wanted[0] != '\0' ? wanted : ctx->lang;
    d = paper_of(&shown, form);
    rc = document_pdf(ctx, d, &bytes, &len);
    if (!rc)
        res_body(res, 200, "application/pdf", bytes, len,
                 arena_printf(ctx->arena, "%s.pdf", form->kind));
    return rc;
}
