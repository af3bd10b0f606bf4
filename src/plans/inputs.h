#ifndef PLANS_INPUTS_H
#define PLANS_INPUTS_H

/*
 * What is known of one person, brought together for planning (R-1.4.3-07 / R-S1.4.3-09, R-2.3-01):
 * profile, needs, skills, motivations, scores, eligibility, what is known of the place, and from
 * these what may go wrong and what there is to build on. Only what the acting user may read; each
 * line says where it stands.
 *
 * Memory: ctx->arena. Errors: a case outside the acting user's scope is ERR_NOT_FOUND.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"
#include "plans/grid.h"

enum input_group {
    INPUT_PROFILE,
    INPUT_NEEDS,
    INPUT_SKILLS,
    INPUT_MOTIVATIONS,
    INPUT_SCORES,
    INPUT_ELIGIBILITY,
    INPUT_CONTEXT,
    INPUT_RISKS,
    INPUT_OPPORTUNITIES,
    INPUT_GROUPS
};

struct input {
    enum input_group group;
    const char *label;
    const char *value;
    const char *kind; /* of the record that it is from; NULL = none to lead to */
    const char *id;
};
#define INPUTS_MAX 120

struct inputs {
    struct input *items;
    size_t len;
};

/* grid: the same case, opened by grid_case_load; its answers on the place are the context. */
enum err inputs_load(struct ctx *ctx, struct inputs *out, const struct grid_case *grid) MUST_USE;
const char *input_group_title(struct ctx *ctx, enum input_group group);

enum step_state { STEP_OPEN, STEP_BEGUN, STEP_DONE };
#define PLANNING_STEPS 4
struct planning_step {
    const char *title;
    enum step_state state;
    const char *on; /* the newest day of it; "" = none */
};
/* The four steps: review, find support, draft the plan, follow-up; as the records stand. */
enum err planning_steps(struct ctx *ctx, struct planning_step out[PLANNING_STEPS],
                        const struct record *of) MUST_USE;

#endif
