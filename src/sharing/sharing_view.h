#ifndef SHARING_SHARING_VIEW_H
#define SHARING_SHARING_VIEW_H

/* What the templates of consent and sharing receive. Everything lives in ctx->arena. */

#include "web/web.h"

struct sharing_consent_view {
    const char *title;
    const char *given_on; /* as people read days */
    const char *until;    /* "" = no last day */
    struct url link;
    struct url withdraw; /* .text NULL: the role may not */
};
struct sharing_given_view {
    const char *on;
    const char *recipient;
    const char *purpose;
    const char *data;
    const char *way;
    const char *status;
    const char *code;
    struct url link;
    struct url told; /* .text NULL: nothing is to be done */
};

/* On the page of a person, and of a case without what was given. */
struct sharing_part_view {
    const struct sharing_consent_view *consents;
    size_t consents_len;
    const struct sharing_given_view *given;
    size_t given_len;
    bool of_person;
    struct url print; /* .text NULL: the role may not make letters */
};

struct sharing_lang_view {
    const char *code;
    const char *label;
    bool current;
};
/* On the page of a consent. */
struct consent_part_view {
    struct url receipt; /* .text NULL: not given, or the role may not make letters */
    const struct sharing_lang_view *langs;
    size_t langs_len;
    struct url withdraw;
    const struct sharing_given_view *given;
    size_t given_len;
};

struct consent_withdraw_view {
    const char *title; /* what the consent is about */
    const char *person;
    struct url back;
    struct url action;
    int64_t version;
    const char *reason;
    const char *problem;
    const struct sharing_given_view *given;
    size_t given_len;
};

#endif
