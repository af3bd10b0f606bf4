#ifndef RECORDS_RECORDS_VIEW_H
#define RECORDS_RECORDS_VIEW_H

/*
 * What the templates of record screens receive: five fixed views (list, form, detail, history,
 * difference) made of typed cells, and the pages around them: start, search, import, job.
 * A view is filled by the *_web.c files of this room and lives in ctx->arena.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "records/attach_view.h"
#include "records/document_view.h"
#include "records/records.h"
#include "records/widget_view.h"
#include "web/web.h"

struct html;
struct form_post;
struct bulk_fault_view;

/* --- form --- */

struct problem_view {
    const char *label; /* of the field, or what is wrong if that names it; NULL = of the whole */
    const char *text;  /* NULL = the label says it */
    const char *id;    /* of the field's element, to go there */
};

/* Leads to a section of a form in pages. */
struct jump_view {
    const char *label;
    int64_t page;
    bool current;
};

/* Answers to look over before a form in pages is saved. */
struct review_row_view {
    const char *label;
    const char *answer;
    const char *mark;  /* done, missing, needed, declined */
    const char *state; /* in words; NULL = answered */
    int64_t page;      /* where it is asked */
};
struct review_section_view {
    const char *label;
    struct review_row_view *rows;
    size_t rows_len;
};

struct pair_view {
    const char *name;
    const char *value;
};

/* A record beside others: a possible duplicate, a hit of a search. */
struct hit_view {
    const char *title;
    const char *number;
    const char *why;
    const char *strength; /* strong, likely, possible: class of its mark */
    const char *strength_text;
    const struct pair_view *cells;
    size_t cells_len;
    struct url link;
};

/* Somebody on a form of several, and who it may be. */
struct likeness_view {
    const char *title;
    const char *name;  /* of the choice */
    const char *id;    /* of its elements */
    const char *other; /* value of "somebody else" */
    bool other_chosen;
    const struct same_view *items;
    size_t items_len;
};
struct same_view {
    struct hit_view hit;
    const char *name;
    const char *id; /* of the element */
    const char *value;
    bool chosen;
};

/* Forms that were begun and not saved. */
struct unfinished_row_view {
    const char *text;
    struct url link;
    struct url end;
    int64_t saved_at;
};

struct unfinished_view {
    const struct unfinished_row_view *rows;
    size_t rows_len;
};

struct record_form_view {
    const char *window; /* title of the window: see record_window */
    const char *title;
    const char *kind;
    const char *number; /* NULL for a new one */
    const char *parent_title;
    struct url parent_link;
    struct url action;
    struct url state;      /* where app.js asks for the form's state */
    struct url stop;       /* where a new one is given up with a reason; no text: nowhere */
    struct url keep;       /* and where it keeps what was typed; .text NULL in previews */
    struct url end;        /* discards it */
    const char *draft_id;  /* hidden field */
    const char *record_id; /* hidden field; NULL for a new one */
    const char *resumed;   /* since when it was kept; NULL = it was not */
    const char *kept_until;
    struct unfinished_view unfinished; /* others of this kind or record */
    struct url cancel;
    const char *parent_id;        /* hidden field */
    const char *search_id;        /* hidden field: where the name came from */
    int64_t version;              /* hidden field; 0 for a new one */
    const char *form_hash;        /* hidden field: the version of the form that is asked */
    const struct pair_view *gone; /* hidden fields: answers that only an older version asked for */
    size_t gone_len;
    const char *gone_text;        /* tells of them; NULL = none */
    const struct form_post *post; /* what was typed; NULL = nothing yet */
    const struct problem_view *problems;
    size_t problems_len;
    const struct hit_view *hits; /* may be the same person */
    size_t hits_len;
    const struct likeness_view *likes; /* the same of a form of several people */
    size_t likes_len;
    const char *note; /* what was chosen by the program, and why */
    bool asks;        /* likes or a note: to be looked at before it is stored */
    struct widget_view *items;
    size_t items_len;
    int64_t answered;
    int64_t asked;
    bool progress;
    bool theme;    /* a theme grid */
    bool preview;  /* nothing can be saved */
    int64_t page;  /* one question or section at a time: the one that is shown; 0 = all at once */
    int page_step; /* from there: -1 back, 1 on */
    int64_t pages; /* how many there are */
    int64_t page_number; /* of those that are asked now, from 1 */
    int64_t page_count;
    const char *mark_page; /* what app.js puts the numbers in place of */
    const char *mark_count;
    bool is_first;
    bool is_last;
    const struct jump_view *jumps; /* sections */
    size_t jumps_len;
    bool reviewing; /* the answers are looked over */
    const struct review_section_view *review;
    size_t review_len;
    const char *review_sum;
};

/* --- detail --- */

enum detail { DETAIL_SECTION, DETAIL_TABLE, DETAIL_CARDS };

#define DETAIL_ANSWER "a-" /* before the name of a question: where its answer stands */

struct detail_cell_view {
    const char *id; /* NULL = an answer in a repeat */
    const char *label;
    const char *value; /* "" = no answer */
    struct url link;   /* of a reference */
    bool linked;
};

struct detail_row_view {
    const struct detail_cell_view *cells;
    size_t cells_len;
};

struct detail_item_view {
    enum detail kind;
    const char *label;
    const char *id;
    const struct detail_cell_view *cells; /* of a section: what was answered */
    size_t cells_len;
    const struct detail_item_view *items; /* of a section: groups and repeats that hold something */
    size_t items_len;
    const struct detail_cell_view *heads; /* of a table */
    size_t heads_len;
    const struct detail_row_view *rows;
    size_t rows_len;
    const struct detail_row_view *folded; /* must not be used: shown on demand */
    size_t folded_len;
};

struct child_view {
    const char *title;
    const char *status;
    int64_t made_at;
    const char *const *cells;
    size_t cells_len;
    struct url link;
};

struct children_view {
    const char *title; /* of the form */
    const char *const *heads;
    size_t heads_len;
    const struct child_view *items;
    size_t items_len;
    struct url all;
    struct url add;
    const char *add_title;
    bool more;
    bool may_add;
};

/* --- what one may do with a record, and what waits --- */

struct step_view {
    const char *label;
    struct url link;
};

struct record_notices_view {
    int64_t version;
    bool deleted;
    const char *deleted_why;
    struct url restore;
    const char *request; /* the change that waits for a second person; NULL = none */
    const char *request_to;
    const char *request_why;
    const char *request_until;
    const char *asked_by;
    bool request_mine;
    bool may_confirm;
    bool may_refuse;
    struct url confirm;
    struct url refuse;
    const char *undo_what; /* the acting user's last change, in words; NULL = none to undo */
    struct url undo;
    const struct step_view *steps; /* changes of status */
    size_t steps_len;
};

struct comment_view {
    const char *id;
    const char *by;
    const char *text;
    int64_t made_at;
    bool mine; /* may be taken back */
};

struct comments_view {
    const struct comment_view *items;
    size_t items_len;
    bool may_add;
    const char *text; /* as typed, when it could not be saved */
    const char *problem;
    struct url add;
    struct url undo;
};

/* Asks once more before something is done. */
struct record_confirm_view {
    const char *title; /* what is done: also the button */
    const char *lead;
    const char *name; /* of the record */
    const char *number;
    struct url back;
    struct url action;
    int64_t version;
    const char *to; /* hidden field: a status; NULL = none */
    const char *reason;
    const char *problem; /* of the reason */
    const char *general; /* of the whole */
    const char *wants;   /* what must be done before */
    int reason_max;
    bool reason_must;
    bool second;
    bool ready;
    bool danger;
};

struct move_hit_view {
    const char *id;
    const char *title;
    const char *number;
};

struct record_move_view {
    const char *name;
    const char *form_title;
    const char *parent_name; /* NULL: may not be seen */
    struct url back;
    struct url action;
    int64_t version;
    const char *words;
    bool searched;
    const struct move_hit_view *hits;
    size_t hits_len;
    const char *problem;
};

struct record_detail_view {
    const char *window; /* title of the window: see record_window */
    const char *title;
    const char *form_title;
    const char *number;
    const char *status; /* as shown; NULL where there is one status only */
    const char *status_code;
    const char *age;          /* "34 years", "about 34 years"; NULL if not known */
    const char *parent_title; /* NULL at the top */
    struct url parent_link;
    int64_t version;
    int64_t created_at;
    int64_t updated_at;
    const char *created_by;
    const char *updated_by;
    bool was; /* as it was at an earlier version */
    bool may_edit;
    bool may_history;
    bool may_delete;
    bool may_move;
    struct url self;
    struct url edit;
    struct url history;
    struct url print;
    struct url remove;
    struct url move;
    struct record_notices_view notices;
    struct comments_view comments;
    struct attachments_view files;
    const struct detail_item_view *items;
    size_t items_len;
    const struct children_view *children; /* kinds of which there is something */
    size_t children_len;
    const struct children_view *adds; /* kinds of which there is nothing yet */
    size_t adds_len;
    struct record_extra extra; /* a domain's own part */
};
/* Draws the domain's part, if there is one. */
void record_extra_render(struct html *h, const struct record_extra *v);

/* --- list --- */

struct list_row_view {
    const char *id;
    const char *title;
    const char *owner; /* whom it is about */
    const char *number;
    const char *status;
    const char *status_code;
    const char *const *cells;
    size_t cells_len;
    int64_t updated_at;
    struct url link;
};

struct sort_view {
    const char *label;
    struct url link;
    bool current;
};

struct filter_view {
    const char *label;
    const char *name; /* of the input: f.opened */
    const char *id;
    const char *value;
    const char *from;
    const char *to;
    bool range; /* from and to */
    bool date;
    const struct option_view *options;
    size_t options_len;
};

struct saved_view {
    const char *id;
    const char *name;
    struct url link;
};

struct filters_view {
    const char *kind;
    const struct filter_view *items;
    size_t items_len;
    const struct saved_view *saved;
    size_t saved_len;
    const char *sort;
    const char *status;
    const char *parent;
    const char *query; /* what would be kept */
    bool may_save;
    bool active;
    struct url clear;
};

/* The head of a column; a link where the list can be sorted by it. */
struct head_view {
    const char *label;
    struct url link;
    bool sorts;
    bool up;
    bool down;
};

struct record_list_view {
    const char *whole_title; /* of a form that adds several at once; NULL = none */
    struct url whole;
    const char *title;
    const char *kind;
    const char *parent_title; /* NULL: not one record's children only */
    struct url parent_link;
    const char *count; /* "412 records", "more than 10,000 records" */
    const struct sort_view *sorts;
    size_t sorts_len;
    const struct sort_view *states;
    size_t states_len;
    const struct head_view *heads;
    size_t heads_len;
    const struct list_row_view *rows;
    size_t rows_len;
    struct url self;
    struct url next;
    struct url add;
    bool has_next;
    bool is_first;
    const char *owner_head; /* NULL: no column that says whom a record is about */
    bool has_titles;        /* people are known by names: shown before the number */
    bool has_numbers;
    bool has_states;
    bool may_add;
    bool may_add_first; /* nothing is there at all, rather than nothing that fits the filter */
    bool may_import;
    bool may_export;
    struct url export_link; /* with the filter */
    struct filters_view filters;
    struct unfinished_view unfinished;
    bool may_bulk;
    const struct pair_view *filter; /* of this list, for a change of all of them */
    size_t filter_len;
    const char *problem; /* e.g. too many to sort by name */
};

/* --- search --- */

/* What was found of one kind. */
struct hits_view {
    const char *title;
    const char *count; /* as people read it */
    const struct hit_view *items;
    size_t items_len;
    bool most; /* there may be more than are shown */
};

struct guide_hit_view {
    const char *title;
    struct url link;
};

struct search_view {
    const char *words;
    const struct hits_view *groups; /* kinds of which something was found */
    size_t groups_len;
    const struct guide_hit_view *pages; /* of the guide, when everything was searched */
    size_t pages_len;
    bool all; /* more kinds than one were searched: groups have headings */
    struct url add;
    bool may_add;
};

/* --- history and difference --- */

struct version_view {
    int64_t version;
    int64_t made_at;
    const char *made_by;
    const char *action;
    const char *reason; /* NULL = none was given */
    int64_t changes;
    struct url link;
    struct url diff; /* against the one before */
    bool has_diff;
    bool current; /* chosen to compare to */
    bool is_from; /* chosen to compare from */
};

struct event_view {
    const char *text;
    const char *who;
    int64_t made_at;
    struct url link; /* the record that came or went */
    bool has_link;
};

struct record_history_view {
    const char *window; /* title of the window: see record_window */
    const char *title;
    const char *number;
    struct url back;
    struct url diff;
    const struct version_view *items;
    size_t items_len;
    const struct event_view *events;
    size_t events_len;
    struct record_notices_view notices;
    bool can_compare;
};

struct change_view {
    const char *label;
    const char *before;
    const char *after;
};

struct record_diff_view {
    const char *window; /* title of the window: see record_window */
    const char *title;
    struct url back;
    struct url history;
    int64_t from;
    int64_t to;
    int64_t from_at;
    int64_t to_at;
    const char *from_by;
    const char *to_by;
    const struct change_view *items;
    size_t items_len;
};

/* --- conflict: two saved the same record --- */

struct conflict_row_view {
    const char *label;
    const char *take; /* name of the radios: _take.birth_date */
    const char *id;
    const char *before; /* as both saw it */
    const char *theirs;
    const char *mine;
};

struct record_conflict_view {
    const char *window; /* title of the window: see record_window */
    const char *title;
    const char *their_name;
    int64_t their_at;
    int64_t version; /* theirs: what the next save is based on */
    int64_t base;    /* what both saw */
    struct url action;
    struct url cancel;
    const struct conflict_row_view *rows; /* both changed it */
    size_t rows_len;
    const struct change_view *theirs; /* only they changed it: kept */
    size_t theirs_len;
    const struct change_view *mine; /* only you changed it: kept */
    size_t mine_len;
    const char *form_hash;         /* hidden field: the version of the form that was asked */
    const char *draft_id;          /* hidden field: what was kept while it was typed */
    const struct pair_view *pairs; /* all that was typed */
    size_t pairs_len;
    const struct pair_view *gone; /* answers that only an older version asked for */
    size_t gone_len;
};

/* --- import, export, jobs --- */

/* An import of the last 30 days. */
struct import_done_view {
    int64_t created_at;
    int64_t stored;
    bool undone;
    struct url undo;
};

struct import_page_view {
    const struct import_done_view *done;
    size_t done_len;
    bool may_undo;
    const char *form_title;
    const char *kind;
    struct url action;
    const char *problem;
    const char *columns;     /* names of the columns, for the example */
    const char *const *kept; /* names of mappings */
    size_t kept_len;
    struct url list;
    const char *list_title;
};

/* What is carried from the list's filter into the form. */
struct kept_view {
    const char *name;
    const char *value;
};

struct export_page_view {
    const struct kept_view *kept;
    size_t kept_len;
    bool filtered;
    bool chosen;                       /* rows of the list, in kept */
    const struct option_view *columns; /* fields and repeats at the top */
    size_t columns_len;
    const char *form_title;
    const char *kind;
    struct url action;
    struct url list;
    const char *count;
    bool whose_own;
    bool whose_other; /* neither: it was not said yet */
    struct giving_asks_view giving;
    const char *problem;
};

struct left_out_view {
    const char *reason;
    int64_t count;
};

struct fault_view {
    int64_t row;
    const char *column;
    const char *value;
    const char *reason;
};

/* A row that is like a record. */
struct like_view {
    int64_t row;
    const char *name; /* of its control */
    const char *title;
    const char *number;
    const char *why;
    int64_t percent;
    struct url link;
    bool is_same;
    bool is_new;
    bool is_skip;
};

struct job_row_view {
    const char *title;
    const char *state;
    struct url link;
    int64_t created_at;
    int64_t finished;
    int64_t total;
    bool working;
};

struct jobs_view {
    const struct job_row_view *items;
    size_t items_len;
};

/* A column of a file, and the field that it fills. */
struct column_view {
    const char *heading;
    const char *name;
    const char *target; /* "" = left out */
    const char *target_title;
    const char *sample;
    const char *close;
    const char *close_title;
    bool suggested;
    const char *problem; /* NULL if none */
    bool date;
    const char *dates_name;
    bool asked; /* its dates can be read in two ways */
    bool day_first;
    bool month_first;
};

struct columns_view {
    const char *file;
    struct url back;
    struct url action;
    const char *problem;
    const struct column_view *columns;
    size_t columns_len;
    bool wanted; /* something is to be decided */
    const struct option_view *targets;
    size_t targets_len;
    const char *const *kept;
    size_t kept_len;
};

struct job_view {
    const char *title;
    const char *state; /* waiting, running, done, failed */
    bool working;
    bool failed;
    bool cancelled;
    bool done;
    const char *told; /* what any kind of job says about its end */
    bool has_list;
    const struct bulk_fault_view *refusals;
    size_t refusals_len;
    bool may_take_back;
    struct url take_back;
    struct url cancel;
    const struct like_view *likes;
    size_t likes_len;
    int64_t likes_all;
    bool likes_more;
    bool has_columns;
    struct url columns;
    bool may_undo;
    struct url undo;
    int64_t finished; /* of total */
    int64_t total;
    int64_t created_at;
    const char *problem; /* why it failed */
    /* an import */
    bool import;
    bool dry_run;
    const char *summary;
    const char *file;
    const char *const *notes;
    size_t notes_len;
    int64_t good;
    int64_t bad;
    int64_t stored;
    const struct fault_view *faults;
    size_t faults_len;
    int64_t faults_all;
    struct url faults_file;
    struct url next;
    struct url previous;
    bool has_next;
    bool has_previous;
    struct url start; /* import now */
    bool may_start;
    struct url list;
    struct url again;
    /* an export */
    bool export;
    struct url file_link;
    bool has_file;
    const char *recipient; /* "" = for the office's own work */
    const struct left_out_view *left_out;
    size_t left_out_len;
};

#endif
