#ifndef FORMS_DIFF_H
#define FORMS_DIFF_H

/*
 * The difference of two versions of a form, for who publishes one over the other and for who asks
 * what an overlay changes. Fields are matched by name.
 *
 * Memory: everything lives in ctx->arena; texts point into the two forms.
 */

#include "forms/forms.h"

enum change_kind {
    CHANGE_ADDED,
    CHANGE_REMOVED,
    CHANGE_RETYPED,    /* another type, hw:type, currency; one answer became several; in a repeat */
    CHANGE_MOVED,      /* to another group, or to another place among its neighbours */
    CHANGE_RELABELLED, /* label, hint, guidance, messages, media */
    CHANGE_OPTION_ADDED,   /* option: its code */
    CHANGE_OPTION_REMOVED, /* stored answers may have it */
    CHANGE_OPTION_RELABELLED,
    CHANGE_EXPRESSION, /* column: relevant, constraint, calculation, default ... */
    CHANGE_BIND,       /* column: privacy, store, list, index, stat, ref, core, read_only ... */
    CHANGE_SETTING     /* field is "": title, subject, parent, states ... */
};

/* Why a change cannot be published; CHANGE_FREE: it can. */
enum change_bar {
    CHANGE_FREE,
    CHANGE_BARS_CORE,   /* C, a rule or a score names the field: hw:core */
    CHANGE_BARS_STORED, /* answers that are stored would be misread */
    CHANGE_BARS_CLASS   /* what is sealed would be opened, or more people would read it */
};

struct form_change {
    enum change_kind kind;
    enum change_bar bar;
    const char *field;  /* name; "" = the form */
    const char *column; /* of the sheet; "" where kind says all */
    const char *option; /* code of a choice, else "" */
    const char *was;    /* as people read it, in ctx->lang; "" if none */
    const char *is;
};

struct form_diff {
    const struct form_change *items; /* in the order of the new form; what is removed stands last */
    size_t len;
    size_t barred; /* how many cannot be published */
};

/* was = NULL: everything is new, and nothing is barred. */
enum err form_diff(struct ctx *ctx, struct form_diff *out, const struct form *was,
                   const struct form *is) MUST_USE;
/* A sentence for people, in ctx->lang: what changed, and why it is barred if it is. */
const char *form_change_text(struct ctx *ctx, const struct form_change *change);

#endif
