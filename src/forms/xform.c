#include "forms/xform.h"

#include <string.h>

#include "core/text.h"
#include "forms/xform_inner.h"

#define X(name) ((const xmlChar *)(name))

/* --- elements --- */

void x_start(struct xform *x, const char *name)
{
    x->failed = x->failed || xmlTextWriterStartElement(x->w, X(name)) < 0;
}

void x_end(struct xform *x)
{
    x->failed = x->failed || xmlTextWriterEndElement(x->w) < 0;
}

/* Without the control characters that XML cannot hold. */
static const char *clean(struct xform *x, const char *text)
{
    struct buf b;
    bool good = true;

    for (const char *p = text; *p && good; p++)
        good = (unsigned char)*p >= ' ' || *p == '\t' || *p == '\n' || *p == '\r';
    if (good && !strstr(text, "\xEF\xBF"))
        return text;
    buf_init(&b, x->ctx->arena, XFORM_MAX);
    while (*text) {
        uint32_t cp = text_next(&text);

        if ((cp >= ' ' || cp == '\t' || cp == '\n' || cp == '\r') && cp != 0xFFFE && cp != 0xFFFF)
            buf_add_codepoint(&b, cp);
    }
    x->failed = x->failed || !buf_ok(&b);
    return buf_text(&b);
}

void x_attr(struct xform *x, const char *name, const char *value)
{
    x->failed = x->failed || xmlTextWriterWriteAttribute(x->w, X(name), X(clean(x, value))) < 0;
}

void x_text(struct xform *x, const char *text)
{
    if (text[0])
        x->failed = x->failed || xmlTextWriterWriteString(x->w, X(clean(x, text))) < 0;
}

void x_leaf(struct xform *x, const char *name, const char *text)
{
    x_start(x, name);
    x_text(x, text);
    x_end(x);
}

/* --- the form --- */

static void add_list(struct xform *x, const struct choice_list *list)
{
    for (size_t i = 0; i < x->lists_len; i++)
        if (x->lists[i] == list)
            return;
    x->lists[x->lists_len++] = list;
}

static void collect_lists(struct xform *x)
{
    const struct form *form = x->form;

    x->lists =
        ARENA_ARRAY(x->ctx->arena, form->lists_len + form->all_len + 1, const struct choice_list *);
    for (size_t i = 0; i < form->lists_len; i++)
        add_list(x, form->lists[i]);
    for (size_t i = 0; i < form->all_len; i++)
        if (form->all[i]->choices)
            add_list(x, form->all[i]->choices);
}

static void note_label(bool *spoken, const struct label *label, size_t len)
{
    for (size_t i = 0; label->texts && i < len; i++)
        spoken[i] = spoken[i] || label->texts[i];
}

/* Languages of the title and the questions; shared lists may know more than the form does. */
static void collect_languages(struct xform *x)
{
    const char *const *codes = x->form->title.languages;
    size_t len = 0;
    bool *spoken;

    while (codes && codes[len])
        len++;
    spoken = ARENA_ARRAY(x->ctx->arena, len + 1, bool);
    note_label(spoken, &x->form->title, len);
    for (size_t i = 0; i < x->form->all_len; i++)
        note_label(spoken, &x->form->all[i]->label, len);
    for (size_t i = 0; i < len; i++)
        if (strcmp(codes[i], x->form->default_language) == 0)
            spoken[i] = true;
    x->spoken = spoken;
    x->languages_len = len;
}

static void write_html(struct xform *x)
{
    static const char *const names[][2] = {
        { "xmlns", "http://www.w3.org/2002/xforms" },
        { "xmlns:h", "http://www.w3.org/1999/xhtml" },
        { "xmlns:ev", "http://www.w3.org/2001/xml-events" },
        { "xmlns:xsd", "http://www.w3.org/2001/XMLSchema" },
        { "xmlns:jr", "http://openrosa.org/javarosa" },
        { "xmlns:orx", "http://openrosa.org/xforms" },
        { "xmlns:odk", "http://www.opendatakit.org/xforms" },
    };

    x_start(x, "h:html");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        x_attr(x, names[i][0], names[i][1]);
    x_start(x, "h:head");
    x_leaf(x, "h:title", x->form->title.fallback ? x->form->title.fallback : "");
    xform_model(x);
    x_end(x);
    xform_body(x);
    x_end(x);
}

/* --- the whole --- */

enum err x_begin(struct xform *x, struct ctx *ctx)
{
    x->ctx = ctx;
    x->bytes = xmlBufferCreate();
    x->w = x->bytes ? xmlNewTextWriterMemory(x->bytes, 0) : NULL;
    if (!x->w) {
        xmlBufferFree(x->bytes);
        return ctx_fail(ctx, ERR_INTERNAL, "no memory for an XML writer");
    }
    (void)xmlTextWriterSetIndent(x->w, 0);
    x->failed = xmlTextWriterStartDocument(x->w, "1.0", "UTF-8", NULL) < 0;
    return OK;
}

enum err x_finish(struct xform *x, const char **out, size_t *len_out)
{
    enum err rc = OK;
    int len;

    if (xmlTextWriterEndDocument(x->w) < 0)
        x->failed = true;
    len = xmlBufferLength(x->bytes);
    if (x->failed || len < 0 || (size_t)len > XFORM_MAX) {
        rc = ctx_fail(x->ctx, ERR_LIMIT,
                      tr(x->ctx, "The form is too large to be written as an XForm."));
        goto out;
    }
    *len_out = (size_t)len;
    *out = arena_strndup(x->ctx->arena, (const char *)xmlBufferContent(x->bytes), *len_out);
out:
    xmlFreeTextWriter(x->w);
    xmlBufferFree(x->bytes);
    return rc;
}

enum err xform_write(struct ctx *ctx, const char **out, size_t *len_out, const struct form *form)
{
    struct xform x = { .form = form };
    enum err rc = x_begin(&x, ctx);

    if (rc)
        return rc;
    collect_lists(&x);
    collect_languages(&x);
    write_html(&x);
    return x_finish(&x, out, len_out);
}
