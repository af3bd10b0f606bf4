/* Tasks, all rules, leave to pass a gate, and the part of a case's page. */
#include "rules/rules_web.h"

#include "auth/auth.h"
#include "core/text.h"
#include "forms_gen.h"
#include "rules/rules.h"
#include "rules/rules_fill.h"
#include "rules/rules_view.h"
#include "rules_templates.h"

#define NUMBER_BYTES 100

/* --- tasks --- */

static enum err get_tasks(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct tasks_view v = { .mine = !req_bool(req, "all"), .overdue = req_bool(req, "overdue") };
    const struct task_filter filter = { .mine = v.mine,
                                        .overdue = v.overdue,
                                        .after_due = req_text(req, "due"),
                                        .after_id = req_text(req, "after") };
    struct rule_result *items = NULL;
    struct task_view *tasks;
    size_t len = 0;
    enum err rc = rules_tasks(ctx, &items, &len, &filter);

    if (rc)
        return rc;
    v.more = len > RULE_TASKS_PAGE;
    len = v.more ? RULE_TASKS_PAGE : len;
    tasks = ARENA_ARRAY(ctx->arena, len + 1, struct task_view);
    rc = tasks_fill(ctx, tasks, &v.items_len, items, len);
    if (rc)
        return rc;
    v.items = tasks;
    v.may_rules = user_may(ctx->user, PERM_RULE_VIEW);
    v.mine_link = url_build(ctx, "/tasks");
    v.all_link = url_build(ctx, "/tasks?all=1");
    v.overdue_link =
        v.mine ? url_build(ctx, "/tasks?overdue=1") : url_build(ctx, "/tasks?all=1&overdue=1");
    if (v.more)
        v.next = url_build(ctx, "/tasks?all={}&overdue={}&due={}&after={}", v.mine ? "0" : "1",
                           v.overdue ? "1" : "0",
                           items[len - 1].due_on ? items[len - 1].due_on : "9999-12-31",
                           items[len - 1].id);
    tasks_reply(res, 200, &v);
    return OK;
}

static enum err show_task(struct ctx *ctx, const struct req *req, struct res *res, int status)
{
    struct task_page_view v = { 0 };
    struct rule_result r = { 0 };
    struct record *rec = NULL;
    enum err rc = rules_result_load(ctx, &r, &rec, req_path(req, "id"));

    if (rc == OK)
        rc = task_fill(ctx, &v.task, &r);
    if (rc == OK && r.rule)
        rc = why_fill(ctx, &v.why, &v.why_len, r.rule, rec);
    if (rc)
        return rc;
    v.title = rec->title;
    v.task.case_title = rec->title;
    v.task.case_link = url_build(ctx, "/records/case/{}", rec->id);
    v.version = r.version;
    if (r.rule) {
        v.rule = r.rule->id;
        v.condition = expr_source(r.rule->when);
        v.rule_link = user_may(ctx->user, PERM_RULE_VIEW) ? url_build(ctx, "/rules/{}", r.rule->id)
                                                          : (struct url){ 0 };
    }
    v.may_settle = r.rule && text_equal(r.state, "open") && user_may(ctx->user, PERM_TASK_DONE);
    v.settle = url_build(ctx, "/tasks/{}/settle", r.id);
    v.snooze = url_build(ctx, "/tasks/{}/snooze", r.id);
    v.reason = req_text(req, "reason");
    v.until = req_text(req, "until");
    v.problem = status == 422 ? ctx_first_problem(ctx) : NULL;
    task_page_reply(res, status, &v);
    return OK;
}

static enum err get_task(struct ctx *ctx, const struct req *req, struct res *res)
{
    return show_task(ctx, req, res, 200);
}

static enum err after_change(struct ctx *ctx, const struct req *req, struct res *res, enum err rc)
{
    if (rc == ERR_INVALID)
        return show_task(ctx, req, res, 422);
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "Saved."));
    return res_see_other(res, url_build(ctx, "/tasks"));
}

static enum err post_settle(struct ctx *ctx, const struct req *req, struct res *res)
{
    return after_change(ctx, req, res,
                        rules_settle(ctx, req_path(req, "id"), req_int(req, "version"),
                                     req_text(req, "state"), req_text(req, "reason")));
}

static enum err post_snooze(struct ctx *ctx, const struct req *req, struct res *res)
{
    return after_change(ctx, req, res,
                        rules_snooze(ctx, req_path(req, "id"), req_int(req, "version"),
                                     req_text(req, "until"), req_text(req, "reason")));
}

/* --- leave to pass a gate --- */

static enum err post_override(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *id = req_path(req, "id");
    enum err rc = rules_override(ctx, id, req_text(req, "rule"), req_text(req, "reason"));

    if (rc)
        return rc;
    res_flash(res, tr(ctx, "Your reason is recorded."));
    return res_see_other(res, url_build(ctx, "/records/case/{}", id));
}

/* --- all rules --- */

static enum err get_rules(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct rule_set *set = rules_of();
    struct rule_count *counts = ARENA_ARRAY(ctx->arena, set->len + 1, struct rule_count);
    struct rule_row_view *rows = ARENA_ARRAY(ctx->arena, set->len + 1, struct rule_row_view);
    struct rules_list_view v = { .items = rows, .items_len = set->len };
    enum err rc = rules_counts(ctx, counts);

    (void)req;
    if (rc)
        return rc;
    for (size_t i = 0; i < set->len; i++) {
        const struct rule *rule = &set->items[i];

        rows[i] = (struct rule_row_view){ .id = rule->id,
                                          .text = label_text(ctx, &rule->message),
                                          .kind = does_title(ctx, rule->does),
                                          .severity = severity_title(ctx, rule->severity),
                                          .when = expr_source(rule->when),
                                          .req = rule->req,
                                          .privacy = class_title(ctx, rule->privacy),
                                          .open = counts[i].open,
                                          .settled = counts[i].settled,
                                          .link = url_build(ctx, "/rules/{}", rule->id) };
    }
    rules_list_reply(res, 200, &v);
    return OK;
}

static enum err find_rule(struct ctx *ctx, const struct rule **out, const struct req *req)
{
    *out = rule_find(rules_of(), req_path(req, "rule"));
    if (!*out)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such rule."));
    return OK;
}

/* What it says of one case; nothing is stored. Only who may read all that the rule reads. */
static enum err test_on(struct ctx *ctx, struct rule_page_view *v, const struct rule *rule,
                        const char *case_id)
{
    struct record *rec = NULL;
    enum err rc = OK;

    if (!user_may(ctx->user, PERM_RULE_TEST))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    if (rule->privacy > ctx->user->clearance || !user_may(ctx->user, PERM_CASE_VIEW))
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such case."));
    rc = record_load(ctx, &rec, FORM_CASE, case_id);
    if (rc == OK)
        rc = verdict_fill(ctx, v, rule, rec);
    if (rc)
        return rc;
    v->case_number = rec->number;
    v->case_link = url_build(ctx, "/records/case/{}", rec->id);
    return why_fill(ctx, &v->why, &v->why_len, rule, rec);
}

static enum err show_rule(struct ctx *ctx, const struct req *req, struct res *res, int status,
                          const char *case_id)
{
    const struct rule_set *set = rules_of();
    struct rule_count *counts = ARENA_ARRAY(ctx->arena, set->len + 1, struct rule_count);
    struct rule_page_view v = { 0 };
    const struct rule *rule = NULL;
    enum err rc = find_rule(ctx, &rule, req);

    if (rc == OK)
        rc = rules_counts(ctx, counts);
    if (rc == OK && !text_blank(case_id))
        rc = test_on(ctx, &v, rule, case_id);
    if (rc)
        return rc;
    rule_lines_fill(ctx, &v, rule);
    v.open = counts[rule - set->items].open;
    v.settled = counts[rule - set->items].settled;
    v.may_test = user_may(ctx->user, PERM_RULE_TEST);
    v.test = url_build(ctx, "/rules/{}/test", rule->id);
    v.number = req_text(req, "number");
    v.problem = status == 422 ? ctx_first_problem(ctx) : NULL;
    rule_page_reply(res, status, &v);
    return OK;
}

static enum err get_rule(struct ctx *ctx, const struct req *req, struct res *res)
{
    return show_rule(ctx, req, res, 200, req_text(req, "case"));
}

static enum err post_test(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct rule *rule = NULL;
    struct record *rec = NULL;
    enum err rc = find_rule(ctx, &rule, req);

    if (rc == OK)
        rc = record_find_number(ctx, &rec, FORM_CASE, req_text(req, "number"));
    if (rc == ERR_NOT_FOUND && rule) {
        ctx_clear_problems(ctx);
        (void)ctx_fail_field(ctx, "number", tr(ctx, "There is no such case."));
        return show_rule(ctx, req, res, 422, NULL);
    }
    if (rc)
        return rc;
    return res_see_other(res, url_build(ctx, "/rules/{}?case={}", rule->id, rec->id));
}

/* --- the page of a case --- */

static void draw_part(struct html *h, const void *view)
{
    rules_part_render(h, view);
}

static enum err case_detail(struct ctx *ctx, const struct record *rec, struct record_extra *out)
{
    struct rules_part_view *v = NULL;
    enum err rc = OK;

    if (!user_may(ctx->user, PERM_TASK_VIEW))
        return OK;
    rc = part_fill(ctx, &v, rec);
    if (rc)
        return rc;
    out->draw = draw_part;
    out->view = v;
    return OK;
}

const struct record_hooks rules_case_hooks = { .kind = FORM_CASE, .detail = case_detail };

static const struct field_spec tasks_fields[] = {
    { "all", INPUT_BOOL },
    { "overdue", INPUT_BOOL },
    { "due", INPUT_DATE },
    { "after", INPUT_ID },
    { 0 },
};

static const struct field_spec settle_fields[] = {
    { "version", INPUT_INT, .min = 1, .max = INT64_MAX, .required = true },
    { "state", INPUT_CODE, .required = true },
    { "reason", INPUT_TEXT, .max = 4 * (int64_t)RULE_REASON_MAX },
    { 0 },
};

static const struct field_spec snooze_fields[] = {
    { "version", INPUT_INT, .min = 1, .max = INT64_MAX, .required = true },
    { "until", INPUT_TEXT, .max = 20 },
    { "reason", INPUT_TEXT, .max = 4 * (int64_t)RULE_REASON_MAX },
    { 0 },
};

static const struct field_spec override_fields[] = {
    { "rule", INPUT_CODE, .required = true },
    { "reason", INPUT_TEXT, .max = 4 * (int64_t)RULE_REASON_MAX },
    { 0 },
};

static const struct field_spec rule_fields[] = {
    { "case", INPUT_ID },
    { 0 },
};

static const struct field_spec test_fields[] = {
    { "number", INPUT_TEXT, .max = NUMBER_BYTES, .required = true },
    { 0 },
};

const struct route rules_routes[] = {
    { GET, "/tasks", PERM_TASK_VIEW, get_tasks, FIELDS(tasks_fields) },
    { GET, "/tasks/{id}", PERM_TASK_VIEW, get_task, NO_FIELDS },
    { POST, "/tasks/{id}/settle", PERM_TASK_DONE, post_settle, FIELDS(settle_fields) },
    { POST, "/tasks/{id}/snooze", PERM_TASK_DONE, post_snooze, FIELDS(snooze_fields) },
    { POST, "/cases/{id}/override", PERM_RULE_OVERRIDE, post_override, FIELDS(override_fields) },
    { GET, "/rules", PERM_RULE_VIEW, get_rules, NO_FIELDS },
    { GET, "/rules/{rule}", PERM_RULE_VIEW, get_rule, FIELDS(rule_fields) },
    { POST, "/rules/{rule}/test", PERM_RULE_TEST, post_test, FIELDS(test_fields) },
    { 0 },
};
