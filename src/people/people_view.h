#ifndef PEOPLE_PEOPLE_VIEW_H
#define PEOPLE_PEOPLE_VIEW_H

/* What the templates about duplicates and merging receive. Everything lives in ctx->arena. */

#include "records/records_view.h"

/* One of two records that are looked at together. */
struct side_view {
    const char *title;
    const char *number;
    const char *office; /* NULL: of the own office, as all that is seen */
    struct url link;
    int64_t made_at;
};

/* --- lists --- */

struct pair_of_view {
    struct side_view a;
    struct side_view b;
    const char *strength; /* class of its mark */
    const char *strength_text;
    int64_t score; /* percent */
    const char *why;
    const char *who; /* who asked, of a merge that waits; NULL else */
    int64_t at;
    bool mine;
    bool told;       /* the offices were asked to get in touch */
    struct url tell; /* .text NULL: not here */
    struct url link; /* side by side */
};
struct duplicates_view {
    const char *of; /* of one person: the name; NULL = of all */
    struct url back;
    const struct pair_of_view *waits;
    size_t waits_len;
    const struct pair_of_view *pairs;
    size_t pairs_len;
    int64_t looked; /* people that this page compared */
    struct url next;
    struct url identity; /* .text NULL: not for this role */
    int64_t matches;
};

/* The same of matches between offices. */
struct identity_list_view {
    const struct pair_of_view *pairs;
    size_t pairs_len;
};

/* --- side by side --- */

struct choice_row_view {
    const char *label;
    const char *name; /* of the control */
    const char *id;
    const char *a; /* "" = no answer */
    const char *b;
    bool take_b;
};
struct kept_row_view {
    const char *label; /* of the repeat */
    const char *text;
    const char *name;
    const char *id;
    bool of_b;
    bool on;
};
struct fact_view {
    const char *label;
    const char *value;
};
struct merge_compare_view {
    struct side_view a;
    struct side_view b;
    int64_t version_a;
    int64_t version_b;
    const char *strength;
    const char *strength_text;
    int64_t score;
    const struct fact_view *same; /* answers that both give */
    size_t same_len;
    const struct choice_row_view *rows;
    size_t rows_len;
    const struct kept_row_view *kept; /* rows of both, that may stay */
    size_t kept_len;
    bool keep_b; /* which record stays */
    bool names_b;
    const char *reason;
    const char *const *problems;
    size_t problems_len;
    /* What waits, or was said; NULL = nothing. */
    const char *asked_by;
    int64_t asked_at;
    const char *until_text;
    const char *asked_reason;
    const char *keeps; /* number that stays */
    const char *goes;
    const char *apart_by;
    int64_t apart_at;
    const char *apart_reason;
    bool may_ask;
    bool may_confirm;
    bool may_refuse;
    bool mine;
    bool over; /* one of them is no longer in use: nothing can be asked */
    struct url ask;
    struct url confirm;
    struct url refuse;
    struct url differ;
    struct url undiffer;
    struct url list;
};

/* --- undoing --- */

struct count_view {
    const char *title; /* of a kind */
    int64_t back;
    int64_t stay;
};
struct merge_undo_view {
    struct side_view kept;
    struct side_view gone;
    const char *asked_by;
    const char *made_by;
    int64_t made_at;
    int64_t until;
    bool late; /* it is over */
    const struct count_view *counts;
    size_t counts_len;
    int64_t refs;                    /* in other records, that are pointed back */
    const struct change_view *since; /* answers that were changed since: they stay */
    size_t since_len;
    const char *reason;
    const char *problem;
    const char *general;
    struct url action;
};

/* --- on the page of a person --- */

struct merged_view {
    const char *title;
    const char *number;
    struct url link;
    struct url undo; /* .text NULL: the role may not, or it is over */
    int64_t until;
};
struct merge_part_view {
    const char *into; /* number of the record that stands for this one; "" = may not be seen */
    bool away;
    struct url into_link;
    struct url undo;
    int64_t until;
    const struct merged_view *items; /* merged into this one */
    size_t items_len;
    struct url look; /* .text NULL: the role may not compare */
};

/* --- the caseload --- */

struct caseload_programme_view {
    const char *code;
    bool chosen;
};
struct report_item_view;
struct caseload_view {
    const char *programme; /* "" = all */
    struct caseload_programme_view *programmes;
    size_t programmes_len;
    const char *const *alerts;
    size_t alerts_len;
    const struct report_item_view *items;
    size_t items_len;
    bool may_set;
    int64_t target;
    int64_t max;
    const char *problem; /* of the target */
    struct url pdf;
    struct url xlsx;
    struct url csv;
};

#endif
