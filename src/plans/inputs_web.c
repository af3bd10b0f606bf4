/* What is known of one person, beside the grid and on the page of the four steps of planning. */
#include "auth/auth.h"
#include "forms_gen.h"
#include "plans/inputs.h"
#include "plans/plans_web.h"
#include "plans_templates.h"

enum err inputs_fill(struct ctx *ctx, struct inputs_panel_view *out, const struct grid_case *grid)
{
    struct input_group_view *groups =
        ARENA_ARRAY(ctx->arena, INPUT_GROUPS, struct input_group_view);
    struct inputs all = { 0 };
    enum err rc = inputs_load(ctx, &all, grid);

    for (int n = 0; rc == OK && n < INPUT_GROUPS; n++) {
        struct input_line_view *lines =
            ARENA_ARRAY(ctx->arena, all.len + 1, struct input_line_view);
        struct input_group_view *g = &groups[n];

        *g = (struct input_group_view){ .title = input_group_title(ctx, (enum input_group)n),
                                        .lines = lines };
        for (size_t i = 0; i < all.len; i++) {
            const struct input *item = &all.items[i];

            if (item->group != (enum input_group)n)
                continue;
            lines[g->lines_len] = (struct input_line_view){ item->label, item->value, { 0 } };
            if (item->kind)
                lines[g->lines_len].link = url_build(ctx, "/records/{}/{}", item->kind, item->id);
            g->lines_len++;
        }
    }
    out->groups = groups;
    out->groups_len = INPUT_GROUPS;
    return rc;
}

/* Where each step is done: the record of the session, the grid, the plan, a contact. */
static struct url step_link(struct ctx *ctx, size_t step, const char *id)
{
    switch (step) {
    case 0:
        return user_may(ctx->user, "first_session.create")
                   ? url_build(ctx, "/records/{}/new?parent={}", FORM_FIRST_SESSION, id)
                   : (struct url){ 0 };
    case 1:
        return url_build(ctx, "/cases/{}/grid", id);
    case 2:
        return user_may(ctx->user, "plan.create") ? url_build(ctx, "/cases/{}/plan", id)
                                                  : (struct url){ 0 };
    default:
        return user_may(ctx->user, "contact.create")
                   ? url_build(ctx, "/records/{}/new?parent={}", FORM_CONTACT, id)
                   : (struct url){ 0 };
    }
}

static enum err get_steps(struct ctx *ctx, const struct req *req, struct res *res)
{
    static const char *const marks[] = { "open", "submitted", "active" };
    const char *const states[] = { tr(ctx, "not begun"), tr(ctx, "begun"), tr(ctx, "done") };
    const char *const actions[] = { tr(ctx, "Hold a session"), tr(ctx, "Open the grid"),
                                    tr(ctx, "Open the plan"), tr(ctx, "Log a contact") };
    const char *id = req_path(req, "id");
    struct planning_step steps[PLANNING_STEPS];
    struct steps_page_view v = { .steps_len = PLANNING_STEPS };
    struct grid_case c = { 0 };
    enum err rc = grid_case_load(ctx, &c, id);

    if (rc == OK)
        rc = planning_steps(ctx, steps, c.rec);
    if (rc == OK)
        rc = inputs_fill(ctx, &v.panel, &c);
    if (rc)
        return rc;
    v.case_title = plans_case_title(ctx, c.rec);
    v.back = url_build(ctx, "/records/case/{}", id);
    v.steps = ARENA_ARRAY(ctx->arena, PLANNING_STEPS, struct planning_step_view);
    for (size_t i = 0; i < PLANNING_STEPS; i++)
        v.steps[i] =
            (struct planning_step_view){ .title = steps[i].title,
                                         .state = states[steps[i].state],
                                         .mark = marks[steps[i].state],
                                         .on = *steps[i].on ? tr_date(ctx, steps[i].on) : NULL,
                                         .action = actions[i],
                                         .link = step_link(ctx, i, id) };
    steps_page_reply(res, 200, &v);
    return OK;
}

const struct route steps_routes[] = {
    { GET, "/cases/{id}/steps", "grid_choice.view", get_steps, NO_FIELDS },
    { 0 },
};
