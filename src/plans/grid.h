#ifndef PLANS_GRID_H
#define PLANS_GRID_H

/*
 * The feasibility grid of Annex 5 (R-1.4.3-06 to -10, R-A5-01 to -03, RC-20; decisions.md section
 * 12): approaches, their criteria and the situations that they are useful for, read from
 * content/grid and checked against the case document, and what they say of one case.
 *
 * An answer comes from an expression on the case, else from staff: for the case (grid_answer), or
 * once for a place (place_answer), whose newest answer is used again for everyone who returns
 * there. Nothing blocks: the decision is a grid_choice, with a reason where it goes against the
 * grid.
 *
 * Memory: the grid lives in the arena that grid_load is given; everything else in ctx->arena.
 * Errors: a case outside the acting user's scope is ERR_NOT_FOUND.
 * Limits: GRID_ROWS_MAX approaches, GRID_CRITERIA_MAX criteria, GRID_PLACE_ANSWERS answers of a
 * country are looked at.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "forms/forms.h"
#include "rules/shape.h"

#define GRID_ROWS_MAX      200
#define GRID_CRITERIA_MAX  2000
#define GRID_SCENARIOS_MAX 100
#define GRID_PLACE_ANSWERS 3000
#define GRID_DIMENSIONS    3
#define GRID_LEVELS        3

enum grid_answer { GRID_UNKNOWN, GRID_YES, GRID_NO, GRID_NOT_APPLICABLE };
enum grid_outcome { OUTCOME_UNKNOWN, OUTCOME_MET, OUTCOME_NOT_MET };

/* Expressions on the case document, and what they read. */
struct grid_test {
    const struct expr *yes; /* NULL = none */
    const struct expr *no;
    const struct shape_item *const *reads;
    size_t reads_len;
    uint64_t parts;
};

struct grid_criterion {
    const char *code;
    const struct grid_row *row;
    int level; /* 0 individual, 1 community, 2 structural */
    int64_t order;
    bool required;             /* else advisory: shown, never counted */
    enum grid_answer expected; /* GRID_UNKNOWN: an open question */
    bool of_place;             /* answered once for a place */
    struct grid_test test;
    struct label text;
    const char *req;
};

struct grid_row {
    const char *code;
    int64_t order;
    const char *dimension;
    bool local;                    /* added by a programme */
    const char *const *useful_for; /* scenarios; ends with NULL */
    const char *line_code;         /* what it becomes as a line of a plan; "" = the worker says */
    const char *component;
    struct label name;
    const struct grid_criterion *const *criteria; /* by level, then by order */
    size_t criteria_len;
    const char *req;
};

struct grid_scenario {
    const char *code;
    struct grid_test shown; /* no expression: only staff can say so */
    const char *req;
};

struct grid {
    const struct grid_row *rows; /* by order */
    size_t rows_len;
    const struct grid_criterion *criteria;
    size_t criteria_len;
    const struct grid_scenario *scenarios;
    size_t scenarios_len;
    const struct shape *shape;
    uint64_t parts; /* of all expressions */
};

/*
 * Reads and checks content/grid against ctx->forms; again when the forms are others. ERR_INVALID
 * tells every mistake: "grid/criteria.csv:12:row".
 */
enum err grid_load(struct ctx *ctx) MUST_USE;
const struct grid *grid_of(void);
/* To the grid from before grid_load, where what had to be loaded after it failed. */
void grid_go_back(const struct grid *before);
/* NULL if there is none. */
const struct grid_row *grid_row_find(const struct grid *g, const char *code);
const struct grid_criterion *grid_criterion_find(const struct grid *g, const char *code);
const char *const *grid_dimensions(void); /* economic, social, psychosocial; ends with NULL */
const char *const *grid_levels(void);     /* individual, community, structural; ends with NULL */

/* --- one case --- */

/* Something that an expression read: "Interview: ...", its value, and from when it is. */
struct grid_why {
    const char *label;
    const char *value;
    const char *on;   /* date; NULL = not known */
    const char *kind; /* of the newest record that it is from; NULL = none is there */
    const char *id;
};

enum grid_from { FROM_NOBODY, FROM_CASE, FROM_STAFF, FROM_PLACE };

struct grid_finding {
    const struct grid_criterion *criterion;
    enum grid_answer answer;
    enum grid_outcome outcome; /* of this criterion; unknown for open questions */
    enum grid_from from;
    bool hidden; /* what it is made of is above the reader's class */
    const struct grid_why *whys;
    size_t whys_len;
    const struct record *said; /* the answer of staff, also where an expression goes before it */
};

struct grid_result {
    const struct grid_row *row;
    enum grid_outcome outcome;
    enum grid_outcome levels[GRID_LEVELS];
    const struct grid_finding *findings; /* as row->criteria */
    bool fits;                           /* useful for a situation of the case */
    size_t unmet;                        /* required criteria */
    size_t open;
    const struct record *choice; /* the decision, or NULL */
};

struct grid_situation {
    const struct grid_scenario *scenario;
    bool shown;     /* by the answers of the case */
    bool confirmed; /* by staff, in the case */
    bool hidden;
    const struct grid_why *whys;
    size_t whys_len;
};

struct grid_case {
    struct record *rec;  /* the case */
    const char *country; /* of the return; "" = not known */
    const char *place;
    struct grid_result *results; /* as the rows of the grid */
    struct grid_situation *situations;
    struct record *const *own; /* measures of one's own among the decisions */
    size_t own_len;
};

/* What the grid says of a case. Opening it is noted in the access log. */
enum err grid_case_load(struct ctx *ctx, struct grid_case *out, const char *case_id) MUST_USE;

struct grid_said {
    const char *criterion;
    const char *answer; /* yes, no, unknown, not_applicable */
};
/*
 * Keeps answers of staff in one transaction: for the case, or for its place with today's date. What
 * was answered before is changed, and its history keeps it; what is the same stays as it is.
 * ERR_INVALID: no such criterion or answer; the place of return is not known. ERR_FORBIDDEN: the
 * role may not answer for places.
 */
enum err grid_answer_set(struct ctx *ctx, const char *case_id, const struct grid_said *items,
                         size_t len, const char *note) MUST_USE;

struct grid_decision {
    const char *row; /* "" = a measure of one's own, which is told */
    const char *own;
    const char *decision;
    const char *reason;
    bool with_person;
};
/*
 * Keeps what is decided on an approach, with the outcome that the grid has now. ERR_INVALID: a row
 * that is not met is chosen, or one that is met is refused, without a reason.
 */
enum err grid_decide(struct ctx *ctx, const char *case_id, const struct grid_decision *d) MUST_USE;

/* Codes and reasons are checked wherever these records are written. */
struct record_hooks;
extern const struct record_hooks grid_answer_hooks;
extern const struct record_hooks place_answer_hooks;
extern const struct record_hooks grid_choice_hooks;

const char *grid_said_code(const struct grid_finding *f); /* what staff said; "" = nothing */
const char *grid_outcome_code(enum grid_outcome o);       /* met, not_met, unknown */
const char *grid_answer_code(enum grid_answer a);         /* yes, no, unknown, not_applicable */

#endif
