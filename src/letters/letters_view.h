#ifndef LETTERS_LETTERS_VIEW_H
#define LETTERS_LETTERS_VIEW_H

/* What the templates of letters receive. Everything lives in ctx->arena. */

#include "records/document_view.h"
#include "web/web.h"

/* On the page of a record. */
struct letters_part_view {
    struct url link;
};

struct letter_option_view {
    const char *code;
    const char *label;
    bool current;
};

/* A letter as a page, before it is a PDF. */
struct letter_preview_view {
    const char *lang;
    const char *dir;
    struct url logo;
    bool has_logo;
    const struct report_item_view *items;
    size_t items_len;
};

struct letter_link_view {
    const char *title;
    const char *about;
    const char *langs;
    struct url link;
};
struct letter_made_view {
    const char *title;
    const char *name;
    const char *lang;
    int64_t version;
    const char *by;
    int64_t made_at;
    bool kept;
    struct url file;
};
struct letters_of_view {
    const char *record;
    struct url back;
    const struct letter_link_view *rows;
    size_t rows_len;
    const struct letter_made_view *made;
    size_t made_len;
};

struct letter_ask_view {
    const char *id; /* a.NAME */
    const char *label;
    const char *value;
    const char *problem;
    bool date;
    bool time;
    bool multi; /* several lines */
};
struct letter_blank_view {
    const char *label;
    bool forbidden;
};
struct letter_order_view {
    const char *title;
    const char *about;
    const char *record;
    struct url back;
    struct url list;
    const char *list_title;
    struct url action;
    const struct letter_option_view *langs;
    size_t langs_len;
    const struct letter_ask_view *asks;
    size_t asks_len;
    const struct letter_blank_view *blanks;
    size_t blanks_len;
    bool may_keep;
    const char *problem;
    const char *hidden;  /* why it is not shown; NULL = it is */
    const char *warning; /* NULL = none */
    bool may_consent;
    struct url consent; /* takes consent; where the letter is refused for lack of it */
    struct letter_preview_view preview;
};

/* --- managing --- */

struct letter_row_view {
    const char *title;
    const char *name;
    const char *where;
    const char *origin;
    int64_t version;
    bool bad;
    struct url link;
};
struct letters_list_view {
    const struct letter_row_view *rows;
    size_t rows_len;
    const struct letter_option_view *programmes;
    size_t programmes_len;
    const char *name;
    const char *problem;
};
struct letter_mistake_view {
    int64_t line;
    int64_t column;
    const char *value;
    const char *text;
};
struct letter_version_view {
    int64_t version;
    const char *origin;
    const char *by;
    int64_t made_at;
    bool has_text;
    struct url link;
};
struct letter_edit_view {
    const char *name;
    const char *where;
    const char *programme; /* id; "" = all */
    struct url action;
    int64_t seen;
    const char *source;
    const char *number; /* of the record of the preview */
    const char *problem;
    const struct letter_option_view *langs;
    size_t langs_len;
    const struct letter_mistake_view *mistakes;
    size_t mistakes_len;
    const struct letter_version_view *versions;
    size_t versions_len;
    bool may_withdraw;
    bool has_preview;
    struct letter_preview_view preview;
    const struct letter_blank_view *blanks;
    size_t blanks_len;
};

/* --- letterheads --- */

struct head_row_view {
    const char *title;
    const char *name;
    struct url link;
};
struct letterheads_view {
    const struct head_row_view *rows;
    size_t rows_len;
};
struct head_text_view {
    const char *lang;
    const char *dir;
    const char *title; /* of the language */
    const char *name;
    const char *contact;
    const char *footer;
    const char *problem;
    bool offered;
};
struct letterhead_edit_view {
    const char *title;
    struct url action;
    int64_t version;
    const struct head_text_view *texts;
    size_t texts_len;
    bool has_logo;
    struct url logo;
    const char *problem;
    const char *file_problem;
};

#endif
