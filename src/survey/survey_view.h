#ifndef SURVEY_SURVEY_VIEW_H
#define SURVEY_SURVEY_VIEW_H

/* What the templates of the survey receive. Everything lives in ctx->arena. */

#include "records/document_view.h"
#include "records/records.h"
#include "survey/survey.h"
#include "web/web.h"

struct html;

/* --- the chart: SVG in its own units, 0 0 640 270 --- */

struct chart_point_view {
    const char *shape; /* path data of the mark */
    const char *title; /* Economic, 4 May 2026: 0.50 */
};

struct chart_line_view {
    const char *label;
    const char *color;
    const char *code; /* economic ...: for the style sheet */
    const char *points;
    const char *key_shape; /* mark of the legend */
    int width;
    int key_x;
    int key_y;
    const struct chart_point_view *marks;
    size_t marks_len;
};

struct chart_band_view {
    int y;
    int text_y;
    int text_x;
    const char *anchor;
    const char *text;
    const char *dashes; /* of the line; NULL = solid */
};

struct chart_date_view {
    int x;
    const char *text;
};

struct survey_chart_view {
    const char *title;
    const char *description;
    int left;
    int right;
    const struct chart_band_view *bands;
    size_t bands_len;
    const struct chart_date_view *dates;
    size_t dates_len;
    const struct chart_line_view *lines;
    size_t lines_len;
};

/* --- a person's part --- */

struct survey_score_view {
    const char *label;
    const char *value; /* two decimals; "–" where there is no score */
    const char *intensity;
    const char *code; /* intensified, standard, hands_off, none */
    bool there;
};

struct survey_round_view {
    struct url link;
    struct url pdf;
    const char *date;
    const char *round;
    const char *location;
    const struct survey_score_view *scores;
    size_t scores_len;
    const char *intensity;
    const char *code;
    const char *declined; /* 3 of 30 */
    bool flagged;
    bool here; /* the page shows it */
    const char *profile;
};

/* Results of one profile, latest first. */
struct survey_table_view {
    const char *const *heads; /* the four scores */
    size_t heads_len;
    const struct survey_round_view *rounds;
    size_t rounds_len;
    const char *flag_note;
    bool any_flagged;
};

struct survey_option_view {
    const char *code;
    const char *label;
    const char *state;  /* in words; NULL = none */
    const char *mark;   /* open, done, missed, ahead */
    const char *window; /* NULL = none */
    bool chosen;
};

struct survey_rounds_view {
    const struct survey_option_view *rounds;
    size_t rounds_len;
    const char *const *ended; /* interviews that were refused or discarded */
    size_t ended_len;
    struct url start;
    struct url paper;
    bool no_date;
    bool may_add;
};

struct survey_part_view {
    const struct survey_rounds_view *due; /* one */
    size_t due_len;
    const struct survey_chart_view *charts; /* one, where there are scores */
    size_t charts_len;
    struct survey_table_view table;
    const char *profile_title;
};

/* --- the profiles --- */

struct survey_profile_view {
    const char *name;
    const char *title;
    const char *version; /* homeward-1, version 1 */
    bool shipped;
    bool main;
    bool chosen;
    bool waits; /* earlier interviews are not all scored with it */
};

struct survey_profiles_view {
    struct survey_profile_view *items;
    size_t items_len;
    const char *problem;
    const char *gone;
};

/* --- one result --- */

struct survey_answer_view {
    const char *question;
    const char *answer;
    struct url link; /* to the answer in the interview */
};

struct survey_lost_view {
    struct survey_answer_view what; /* of a mean: without an answer */
    const char *dimension;
    const char *lost; /* 1.50 of 2.00 */
    enum dimension of;
    struct score share; /* what its dimension's score would have more; den 0 = it is not in it */
    const char *lowers; /* the same for people */
    const struct survey_answer_view *steps; /* what a mean is made of */
    size_t steps_len;
};

struct survey_result_view {
    struct survey_round_view round;
    const char *person;
    struct url person_link;
    struct url interview;
    const char *services; /* NULL = none */
    const struct survey_lost_view *lost;
    size_t lost_len;
    const struct survey_lost_view *less; /* the rest of them */
    size_t less_len;
    const char *profile_gone; /* why it cannot be said what was lost; NULL = it can */
    const struct survey_answer_view *reviews;
    size_t reviews_len;
    const struct survey_answer_view *said;
    size_t said_len;
    const struct survey_chart_view *charts; /* one, where there are several rounds */
    size_t charts_len;
    struct survey_table_view table;  /* all rounds, of this profile */
    struct survey_table_view beside; /* this interview, of other profiles */
    const char *profile_title;
    const char *flag_note;
    bool in_force;
    struct url notes_pdf; /* for the case file; .text NULL: there are none */
    struct giving_form_view giving;
};

/* --- rounds, beginning and stopping --- */

/* What is asked of every sitting, on the screen or on paper. */
struct survey_sitting_view {
    const struct survey_option_view *rounds;
    size_t rounds_len;
    const struct survey_option_view *places;
    size_t places_len;
    const struct survey_option_view *yes_no;
    size_t yes_no_len;
};

struct survey_start_view {
    const char *person;
    const char *person_id;
    struct url person_link;
    struct url action;
    const char *date;
    const char *problem; /* NULL = none */
    struct survey_sitting_view at;
    const struct survey_option_view *free; /* who may lead it; NULL = none */
    size_t free_len;
    const struct survey_option_view *team; /* of them, the case team; NULL = none */
    size_t team_len;
    bool is_case_team; /* the acting user */
};

struct survey_line_view {
    const char *field;
    const char *id;
    const char *name;
    const char *label;
    const char *value;
    const char *options; /* "1 yes, 2 no" */
    const char *help;    /* id of them */
    const char *problem;
    const char *keys;     /* letters that stand for a choice */
    const char *declines; /* numbers of choices that decline */
    const char *after;    /* asked only after certain answers to this field; NULL = always */
    const char *when;     /* their numbers */
    int64_t last;         /* highest number */
    bool many;
};

struct survey_paper_view {
    const char *person;
    const char *person_id;
    struct url person_link;
    struct url action;
    const char *date;
    const char *notes;
    const char *problem;
    const char *totals;
    const char *mark_answered; /* what the script puts numbers in place of */
    const char *mark_declined;
    struct survey_sitting_view at;
    const struct survey_line_view *lines;
    size_t lines_len;
    bool consent;
    bool second; /* entered again, without seeing the first time */
    bool same;   /* by who entered it first */
    int64_t version;
};

/* --- two entries of one sheet of paper --- */

struct survey_difference_view {
    const char *label;
    const char *first; /* in words; "–" = nothing */
    const char *second;
    const char *pick; /* name of the choice */
    const char *fix;  /* name of the line for what is neither */
    const char *fix_id;
    const char *fixed;   /* as typed */
    const char *options; /* "1 yes, 2 no"; NULL = neither is not offered */
    const char *problem;
    bool picked_first;
    bool picked_second;
};

struct survey_kept_view {
    const char *name;
    const char *value;
};

struct survey_second_view {
    const char *person;
    struct url person_link;
    struct url interview;
    struct url action;
    const char *problem; /* NULL = none */
    int64_t version;
    const struct survey_difference_view *rows;
    size_t rows_len;
    const struct survey_kept_view *kept; /* what the second entry was */
    size_t kept_len;
    bool same;
};

/* The part of an interview's page. */
struct survey_entry_view {
    const char *told; /* NULL = nothing */
    struct url second;
    bool may;
};

struct survey_stop_view {
    struct url action;
    struct url back;
    const char *problem;
    const struct survey_option_view *reasons;
    size_t reasons_len;
};

struct survey_due;
struct req;
/* Rounds with their windows, places and whether it is private; sent: what the request chose. */
void survey_sitting_fill(struct ctx *ctx, struct survey_sitting_view *v,
                         const struct survey_due *due, const struct req *req, bool sent);
/* Why an interview ended early, in words. */
const char *survey_end_text(struct ctx *ctx, const char *reason);

void survey_round_fill(struct ctx *ctx, struct survey_round_view *v, const struct survey_result *r);
/* At most the latest CHART_ROUNDS results of one profile; oldest first. */
#define CHART_ROUNDS 12
void survey_chart_fill(struct ctx *ctx, struct survey_chart_view *v, const struct profile *p,
                       const struct survey_result *items, size_t len);
/* this_id: the result that the page shows, NULL = none of them. Items: oldest first. */
void survey_table_fill(struct ctx *ctx, struct survey_table_view *v,
                       const struct survey_result *items, size_t len, const char *this_id);
/* The profile that a result was made with; NULL: it is not there any more in that version. */
const struct profile *survey_profile_of(const struct survey_result *r);
/*
 * Questions that brought less than they could, most lost first: weight x (1 - points). Of each
 * dimension the losses, each by its share of the weights, add up to 1 minus the score.
 */
size_t survey_lost(struct ctx *ctx, const struct survey_lost_view **out, const struct profile *p,
                   const struct record *rss);
/* Points to talk about with the person, with the answer each comes from (R-A4-16). */
size_t survey_reviews(struct ctx *ctx, struct survey_answer_view *out, const struct record *rss);
#define REVIEWS_MAX 8
/* What the person said beside the answers, as far as the acting user may read it. */
size_t survey_said(struct ctx *ctx, const struct survey_answer_view **out,
                   const struct record *rss);
/* The nearest step of Q21's mean in words, the less favourable one between two; NULL = none. */
const char *survey_services_text(struct ctx *ctx, struct score services);
const char *survey_choice(struct ctx *ctx, const char *field, const char *code);
const char *survey_flag_note(struct ctx *ctx, const struct profile *p);

/* The one-page result in ctx->lang. rss: with what was said beside the answers, for the case file
 * of the office; NULL = without, for the person or whom the person allows to have it. */
enum err survey_pdf(struct ctx *ctx, const struct survey_result *r, const struct record *person,
                    const struct record *rss, const char **bytes_out, size_t *len_out) MUST_USE;
/* The language that the person prefers, if we have it; else the office's; else ctx->lang. */
enum err survey_language(struct ctx *ctx, const struct record *person, const char **out) MUST_USE;

#endif
