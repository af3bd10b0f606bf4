#ifndef PLANS_PLANS_VIEW_H
#define PLANS_PLANS_VIEW_H

/* What the templates of the grid and of plans receive. Everything lives in ctx->arena. */

#include "facts/facts_view.h"
#include "records/document_view.h"
#include "web/web.h"

/* --- the page of a case --- */

struct plan_link_view {
    const char *title;
    const char *status;
    const char *code;
    struct url link;
};
struct plans_part_view {
    struct url grid;  /* .text NULL: the role may not see it */
    struct url make;  /* .text NULL: there is a plan, or the role may not */
    struct url steps; /* the four steps of planning; .text NULL: the role may not */
    struct url w;     /* W models, one beside the other; .text NULL: the role may not */
    const struct plan_link_view *plans;
    size_t plans_len;
};

struct follow_part_view {
    struct url contact; /* .text NULL: the role may not; so are the next two */
    struct url mid_year;
    struct url final;
};

/* --- what is known of the person, for planning --- */

struct input_line_view {
    const char *label;
    const char *value;
    struct url link; /* .text NULL: none */
};
struct input_group_view {
    const char *title;
    const struct input_line_view *lines;
    size_t lines_len;
};
struct inputs_panel_view {
    const struct input_group_view *groups;
    size_t groups_len;
};
struct planning_step_view {
    const char *title;
    const char *state;
    const char *mark; /* class */
    const char *on;   /* NULL: no day */
    const char *action;
    struct url link; /* .text NULL: the role may not */
};
struct steps_page_view {
    const char *case_title;
    struct url back;
    struct planning_step_view *steps;
    size_t steps_len;
    struct inputs_panel_view panel;
};

/* The drawn W on the page of its record. */
struct report_item_view;
struct w_part_view {
    const struct report_item_view *items;
    size_t items_len;
    struct url all;
    struct url review; /* .text NULL: the role may not */
};

/* --- costs for finance --- */

struct costs_page_view {
    struct facts_asked_view asked;
    bool any;
    const struct report_item_view *items;
    size_t items_len;
    struct url pdf;
    struct url xlsx;
    struct url csv;
};

/* --- the grid --- */

struct grid_why_view {
    const char *label;
    const char *value;
    const char *on;
    struct url link;
};
struct grid_option_view {
    const char *code;
    const char *label;
    bool chosen;
};
struct grid_situation_view {
    const char *label;
    const char *state;
    const char *code; /* shown, confirmed, hidden */
    const struct grid_why_view *whys;
    size_t whys_len;
};
struct grid_finding_view {
    const char *code;
    const char *text;
    const char *level;
    const char *kind; /* required, advisory, open question */
    const char *mark; /* met, not_met, unknown */
    const char *outcome;
    const char *source; /* where the answer is from, and when */
    const char *note;
    const struct grid_why_view *whys;
    size_t whys_len;
    const struct grid_option_view *options; /* none: it cannot be answered here */
    size_t options_len;
};
struct grid_row_view {
    const char *code;
    const char *name;
    const char *dimension;
    bool local;
    const char *useful;
    const char *outcome;
    const char *mark;
    const char *sums; /* how many criteria are open or not met */
    const struct grid_finding_view *findings;
    size_t findings_len;
    struct url answer; /* .text NULL: the role may not answer */
    struct url decide;
    const char *decided; /* what is decided; NULL = nothing yet */
    const char *reason;
    const struct grid_option_view *decisions;
    size_t decisions_len;
    bool open; /* this row was just worked on */
};
struct grid_group_view {
    const char *id;
    const char *title;
    const char *note;
    const struct grid_row_view *rows;
    size_t rows_len;
};
struct grid_own_view {
    const char *text;
    const char *decided;
    const char *reason;
    struct url link;
};
struct grid_page_view {
    struct inputs_panel_view panel;
    const char *case_title;
    struct url back;
    struct url self;
    struct url print;
    struct url make;   /* the plan; .text NULL: not for this role */
    const char *place; /* NULL: not known */
    const char *problem;
    const struct grid_situation_view *situations;
    size_t situations_len;
    const struct grid_option_view *dimensions;
    size_t dimensions_len;
    const struct grid_option_view *scenarios;
    size_t scenarios_len;
    const struct grid_group_view *groups;
    size_t groups_len;
    const struct grid_own_view *own;
    size_t own_len;
    struct url decide; /* a measure of one's own; .text NULL: not for this role */
};

/* --- a plan --- */

struct plan_gap_view {
    const char *text;
    struct url link; /* .text NULL: the role may not change it */
};
struct plan_gaps_view {
    const char *title;
    const struct plan_gap_view *items;
    size_t items_len;
};
struct plan_step_view {
    const char *label;
    const char *wants; /* what has to be done before; NULL = nothing */
    struct url link;
    bool force; /* puts it into force: its own button */
};
struct plan_version_view {
    const char *title;
    const char *status;
    const char *code;
    bool current; /* this page */
    struct url link;
};
struct plan_lang_view {
    const char *code;
    const char *name;
    struct url link;
};
struct plan_signature_view {
    const char *by;
    const char *name;
    const char *mode;
    const char *on;
    const char *place;
    const char *mark; /* short fingerprint of what was signed; "" = none */
    bool matches;
    struct url picture; /* .text NULL: none */
};
struct plan_approvals_view {
    const struct plan_signature_view *items;
    size_t items_len;
    const char *sent_back; /* why, by whom, when; NULL = it was not */
    const char *copy;      /* that a copy was given; NULL = none yet */
    bool wants_copy;       /* agreed, and no copy given */
    struct url give;       /* .text NULL: not now, or not by this role */
    int64_t version;
    const char *today;
    const struct plan_lang_view *langs;
    size_t langs_len;
    const struct grid_option_view *hows;
    size_t hows_len;
};
struct plan_page_view {
    struct plan_approvals_view approvals;
    const char *title;
    const char *person; /* NULL: not for this role */
    struct url case_link;
    const char *case_title;
    const char *status;
    const char *code;
    int64_t version;
    const char *problem;
    struct url record;
    struct url edit;    /* .text NULL: nothing can be changed, or not by this role */
    struct url changes; /* .text NULL: the first version */
    struct url sign;    /* the place to sign in the form; .text NULL: not now */
    struct url amend;   /* .text NULL: not now */
    struct url force;
    struct url done;
    const char *reason; /* as typed */
    const struct plan_step_view *steps;
    size_t steps_len;
    const struct plan_gaps_view *gaps;
    size_t gaps_len;
    const struct plan_version_view *versions;
    size_t versions_len;
    const struct plan_lang_view *langs;
    size_t langs_len;
    const struct report_item_view *items;
    size_t items_len;
    struct giving_form_view giving;
};

struct plan_sign_page_view {
    const char *title;
    const char *case_title;
    struct url back;
    struct url action;
    struct url pdf;
    int64_t version;
    const char *problem;
    bool child;
    const struct grid_option_view *bys;
    size_t bys_len;
    const struct grid_option_view *modes;
    size_t modes_len;
    const char *name;
    const char *witness;
    const char *on;
    const char *place;
    const char *missing;
    const char *by_problem;
    const char *mode_problem;
    const char *name_problem;
    const char *witness_problem;
    const char *signature_problem;
    const char *on_problem;
    const char *place_problem;
};

/* On the page of the record. */
struct plan_part_view {
    struct url link;
};

struct plan_change_view {
    const char *label;
    const char *before;
    const char *after;
};
struct plan_changes_view {
    const char *title;
    struct url back;
    const char *from;
    const char *to;
    const char *reason;
    const struct plan_change_view *items;
    size_t items_len;
};

#endif
