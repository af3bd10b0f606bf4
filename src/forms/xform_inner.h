#ifndef FORMS_XFORM_INNER_H
#define FORMS_XFORM_INNER_H

/* What the files of the XForm writer share. */

#include <libxml/xmlwriter.h>

#include "core/buf.h"
#include "forms/xform.h"

struct xform {
    struct ctx *ctx;
    const struct form *form;
    xmlBufferPtr bytes;
    xmlTextWriterPtr w;
    bool failed;                      /* sticks, as in struct buf */
    const struct choice_list **lists; /* each once */
    size_t lists_len;
    const bool *spoken; /* by place of the language: the form has texts in it */
    size_t languages_len;
};

/* --- xform.c: a document and its elements --- */

/* x_finish follows x_begin in any case, and frees what it has opened; *out is in ctx->arena. */
enum err x_begin(struct xform *x, struct ctx *ctx) MUST_USE;
enum err x_finish(struct xform *x, const char **out, size_t *len_out) MUST_USE;

void x_start(struct xform *x, const char *name);
void x_end(struct xform *x);
void x_attr(struct xform *x, const char *name, const char *value);
void x_text(struct xform *x, const char *text);
void x_leaf(struct xform *x, const char *name, const char *text); /* text may be "" */

/* --- xform_path.c: names in expressions become paths --- */

/* Where an expression stands. */
struct xform_place {
    const struct field *field; /* NULL: the whole form */
    bool predicate;            /* in a filter of choices: "." is the choice */
};
/* An expression with ${name} as paths, relative inside the field's own repeats. */
const char *xform_expression(struct xform *x, const char *source, struct xform_place at);
/* Whether a text refers to an answer. */
bool xform_refers(const char *text);
/* Name of the node that counts a repeat whose count is no plain reference; else NULL. */
const char *xform_count_node(struct xform *x, const struct field *f);
/* The only name in "${name}"; NULL if the text is something else. */
const char *xform_plain_reference(struct arena *a, const char *source);
/* A default that is computed, by XLSForm's rule. */
bool xform_default_moves(const struct field *f);
/* Whether it is calculated when other answers change, and only then. */
bool xform_is_triggered(const struct field *f);

/* --- xform_text.c --- */

void xform_itext(struct xform *x);
bool xform_has_text(const struct label *label);
bool xform_has_media(const struct media *media);
/* Id of a text of a field, such as /data/age:label. */
const char *xform_text_id(struct xform *x, const struct field *f, const char *kind);
/* label and hint of a control. */
void xform_label(struct xform *x, const struct field *f);
const char *xform_list_id(struct xform *x, const struct choice_list *list);

/* --- xform_model.c, xform_body.c --- */

void xform_model(struct xform *x);
void xform_body(struct xform *x);
/* setvalue of a default that is computed. */
void xform_default(struct xform *x, const struct field *f, const char *event);

#endif
