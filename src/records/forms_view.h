#ifndef RECORDS_FORMS_VIEW_H
#define RECORDS_FORMS_VIEW_H

/* What the templates about forms receive: list, one form, a draft. Lives in ctx->arena. */

#include "records/publish.h"
#include "records/records_view.h"

struct form_row_view {
    struct url link;
    const char *title;
    const char *kind;
    const char *version;
    const char *origin; /* in words */
    int64_t at;         /* 0: never published here */
    const char *by;
};

struct draft_row_view {
    struct url link;
    const char *file;
    int64_t at;
    const char *by;
};

struct forms_list_view {
    const struct form_row_view *rows;
    size_t rows_len;
    const struct draft_row_view *drafts;
    size_t drafts_len;
    bool may_publish;
    const char *problem;
};

struct form_field_view {
    const char *name;
    const char *type;
    const char *labels[4]; /* en, fr, es, ar */
    const char *en;
    const char *fr;
    const char *es;
    const char *ar;
    const char *privacy;
    const char *store;
    const char *req;
};

struct form_version_view {
    const char *version;
    const char *origin;
    const char *by;
    int64_t at;
    int64_t epoch;
    bool in_force;
    struct url file;
    const char *const *notes;
    size_t notes_len;
};

/* A table or picture that belongs to the form. */
struct form_medium_view {
    const char *name;
    struct url link;
};

struct form_detail_view {
    const char *title;
    const char *kind;
    const char *version;
    const char *facts; /* parent, subject, class in one line */
    const struct form_field_view *fields;
    size_t fields_len;
    const struct form_version_view *versions;
    size_t versions_len;
    struct url list;
    struct url csv;
    struct url xlsx;
    struct url xform;
    struct url paper;
    struct url again;
    struct url records;
    const struct form_medium_view *media;
    size_t media_len;
    bool may_publish;
    bool may_view;
};

struct form_role_view {
    const char *code;
    const char *title;
    const char *see; /* values of the options: "role=see" */
    const char *work;
    const char *all;
    bool sees;
    bool works;
    bool alls;
};

struct form_draft_view {
    const char *title;
    const char *file;
    const char *what; /* a new kind, a new version, an overlay: in a sentence */
    struct url list;
    struct url publish;
    struct url preview;
    struct url drop;
    const char *problem;
    const struct form_mistake *mistakes;
    size_t mistakes_len;
    int64_t bad;
    int64_t notes; /* mistakes that are none */
    const struct form_change *changes;
    size_t changes_len;
    bool good;
    bool fresh; /* a new kind: nothing to compare with */
    bool whole; /* roles are asked */
    const struct form_role_view *roles;
    size_t roles_len;
};

#endif
