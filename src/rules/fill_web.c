#include "auth/auth.h"
#include "core/csv_table.h"
#include "core/text.h"
#include "forms_gen.h"
#include "rules/document.h"
#include "rules/gates.h"
#include "rules/rules_fill.h"

#define LINES_MAX 16

const char *does_title(struct ctx *ctx, enum rule_does does)
{
    static const char *const titles[] = { [RULE_ALERT] = N_("Alert"),
                                          [RULE_TASK] = N_("Task"),
                                          [RULE_DUE] = N_("Due"),
                                          [RULE_SUGGESTION] = N_("Suggestion"),
                                          [RULE_GATE] = N_("Gate") };

    return tr_args(ctx, titles[does], NULL);
}

const char *severity_title(struct ctx *ctx, enum rule_severity severity)
{
    static const char *const titles[] = {
        [SEVERITY_LOW] = N_("Low"), [SEVERITY_MEDIUM] = N_("Medium"), [SEVERITY_HIGH] = N_("High")
    };

    return tr_args(ctx, titles[severity], NULL);
}

const char *class_title(struct ctx *ctx, enum privacy privacy)
{
    static const char *const titles[] = { [PRIVACY_PUBLIC] = N_("Public"),
                                          [PRIVACY_INTERNAL] = N_("Internal"),
                                          [PRIVACY_PERSONAL] = N_("Personal"),
                                          [PRIVACY_SENSITIVE] = N_("Sensitive") };

    return tr_args(ctx, titles[privacy], NULL);
}

/* What people call the status that a gate guards. */
static const char *status_text(struct ctx *ctx, const struct rule *rule)
{
    return record_status_title(ctx, form_find(ctx->forms, rule->kind), rule->status);
}

/* --- results --- */

static enum err state_text(struct ctx *ctx, const char **out, const struct rule_result *r)
{
    const char *name = "";
    enum err rc = OK;

    if (text_equal(r->state, "open"))
        return OK;
    if (!r->changed_by) {
        *out = tr(ctx, "Ended: no longer so.");
        return OK;
    }
    rc = user_name(ctx, &name, r->changed_by);
    if (rc)
        return rc;
    if (text_equal(r->state, "done"))
        *out = tr(ctx, "Done by {0}.", TR_TEXT(name));
    else
        *out = tr(ctx, "Set aside by {0}.", TR_TEXT(name));
    return OK;
}

static enum err who_text(struct ctx *ctx, const char **out, const struct rule_result *r)
{
    if (r->role) {
        *out = auth_role_title(ctx, r->role);
        return OK;
    }
    return r->assignee ? user_name(ctx, out, r->assignee) : OK;
}

enum err task_fill(struct ctx *ctx, struct task_view *out, const struct rule_result *r)
{
    enum err rc = state_text(ctx, &out->state, r);

    if (rc == OK)
        rc = who_text(ctx, &out->who, r);
    if (rc)
        return rc;
    out->text = r->rule ? label_text(ctx, &r->rule->message)
                        : tr(ctx, "Something is due. What it is, only the case team may read.");
    out->kind = r->rule ? does_title(ctx, r->does) : tr(ctx, "Task");
    out->code = rule_severity_name(r->severity);
    out->severity = severity_title(ctx, r->severity);
    out->due = r->due_on ? tr_date(ctx, r->due_on) : NULL;
    out->overdue =
        r->due_on && text_equal(r->state, "open") && text_compare(r->due_on, ctx_today(ctx)) < 0;
    out->note = r->note;
    out->link = url_build(ctx, "/tasks/{}", r->id);
    return OK;
}

/* The cases of tasks and whom they are about, all at once. */
struct named_cases {
    struct record **items;
    const char **owners;
    size_t len;
};

static enum err name_cases(struct ctx *ctx, struct named_cases *out,
                           const struct rule_result *items, size_t len)
{
    const char **ids = ARENA_ARRAY(ctx->arena, len + 1, const char *);
    size_t n = 0;
    enum err rc;

    for (size_t i = 0; i < len; i++) {
        bool known = false;

        for (size_t k = 0; k < n && !known; k++)
            known = text_equal(ids[k], items[i].case_id);
        if (!known)
            ids[n++] = items[i].case_id;
    }
    rc = record_load_several(ctx, &out->items, &out->len, FORM_CASE, ids, n);
    return rc ? rc : record_owners(ctx, &out->owners, out->items, out->len);
}

enum err tasks_fill(struct ctx *ctx, struct task_view *out, size_t *len_out,
                    const struct rule_result *items, size_t len)
{
    struct named_cases cases = { 0 };
    size_t n = 0;
    enum err rc = name_cases(ctx, &cases, items, len);

    for (size_t i = 0; rc == OK && i < len; i++) {
        size_t at = 0;

        while (at < cases.len && !text_equal(cases.items[at]->id, items[i].case_id))
            at++;
        if (at == cases.len)
            continue; /* a case that the reader may not see has no tasks for him */
        out[n].case_id = items[i].case_id;
        out[n].case_title = cases.items[at]->title;
        out[n].person = cases.owners[at];
        out[n].case_link = url_build(ctx, "/records/case/{}", items[i].case_id);
        rc = task_fill(ctx, &out[n++], &items[i]);
    }
    *len_out = n;
    return rc;
}

enum err why_fill(struct ctx *ctx, const struct why_view **out, size_t *len_out,
                  const struct rule *rule, const struct record *rec)
{
    struct rule_why *items = NULL;
    struct why_view *views;
    size_t len = 0;
    enum err rc = rules_why(ctx, &items, &len, rule, rec);

    if (rc)
        return rc;
    views = ARENA_ARRAY(ctx->arena, len + 1, struct why_view);
    for (size_t i = 0; i < len; i++)
        views[i] = (struct why_view){ items[i].label, items[i].value };
    *out = views;
    *len_out = len;
    return OK;
}

/* --- the page of a case --- */

static enum err asked_text(struct ctx *ctx, const char **out, const struct gate_state *g)
{
    const char *first = "";
    const char *second = "";
    const char *reason = g->reason ? g->reason : "";
    enum err rc;

    if (!g->asked_by)
        return OK;
    rc = user_name(ctx, &first, g->asked_by);
    if (rc == OK && g->agreed_by)
        rc = user_name(ctx, &second, g->agreed_by);
    if (rc)
        return rc;
    if (g->agreed_by)
        *out = tr(ctx, "{0} lets it pass, {1} agrees: {2}", TR_TEXT(first), TR_TEXT(second),
                  TR_TEXT(reason));
    else if (g->passed)
        *out = tr(ctx, "{0} lets it pass: {1}", TR_TEXT(first), TR_TEXT(reason));
    else
        *out = tr(ctx, "{0} asks to let it pass; a second person must agree: {1}", TR_TEXT(first),
                  TR_TEXT(reason));
    return OK;
}

static enum err gate_fill(struct ctx *ctx, struct gate_view *o, const struct gate_state *g,
                          const struct record *rec)
{
    const struct form *form = form_find(ctx->forms, g->rule->kind);
    bool readable = g->rule->privacy <= ctx->user->clearance;

    o->id = g->rule->id;
    o->text = rule_message(ctx, g->rule);
    if (g->rule->on_save)
        o->stands =
            tr(ctx, "Asked when this is saved: {0}.", TR_TEXT(label_text(ctx, &form->title)));
    else
        o->stands = tr(ctx, "Stands before the status “{0}”.", TR_TEXT(status_text(ctx, g->rule)));
    o->second = g->rule->second;
    o->never = g->rule->never;
    o->passed = g->passed;
    o->may_ask = readable && !g->passed && !g->rule->never &&
                 user_may(ctx->user, PERM_RULE_OVERRIDE) &&
                 !text_equal(g->asked_by ? g->asked_by : "", ctx->user_id);
    o->action = url_build(ctx, "/cases/{}/override", rec->id);
    return readable ? asked_text(ctx, &o->asked, g) : OK;
}

/* Leave can be given ahead for what would be refused: who may give it sees these gates at all
 * times, others once it was asked for. */
static bool shown_ahead(const struct ctx *ctx, const struct gate_state *g)
{
    return g->rule->on_save && !g->rule->never && g->rule->privacy <= ctx->user->clearance &&
           (g->asked_by || user_may(ctx->user, PERM_RULE_OVERRIDE));
}

static enum err gates_fill(struct ctx *ctx, struct rules_part_view *v, const struct record *rec)
{
    struct gate_state *gates = NULL;
    struct gate_view *views;
    struct gate_view *ahead;
    size_t len = 0;
    enum err rc = rules_gates_near(ctx, &gates, &len, rec);

    if (rc)
        return rc;
    views = ARENA_ARRAY(ctx->arena, len + 1, struct gate_view);
    ahead = ARENA_ARRAY(ctx->arena, len + 1, struct gate_view);
    for (size_t i = 0; rc == OK && i < len; i++) {
        const struct gate_state *g = &gates[i];

        if (shown_ahead(ctx, g))
            rc = gate_fill(ctx, &ahead[v->guards_len++], g, rec);
        else if (!g->rule->on_save && g->refuses)
            rc = gate_fill(ctx, &views[v->gates_len++], g, rec);
    }
    v->gates = views;
    v->guards = ahead;
    return rc;
}

enum err part_fill(struct ctx *ctx, struct rules_part_view **out, const struct record *rec)
{
    struct rules_part_view *v = ARENA_NEW(ctx->arena, struct rules_part_view);
    struct rule_result *items = NULL;
    struct task_view *open;
    struct task_view *settled;
    size_t len = 0;
    enum err rc = rules_results(ctx, &items, &len, rec);

    open = ARENA_ARRAY(ctx->arena, len + 1, struct task_view);
    settled = ARENA_ARRAY(ctx->arena, len + 1, struct task_view);
    for (size_t i = 0; rc == OK && i < len; i++) {
        bool is_open = text_equal(items[i].state, "open");

        rc = task_fill(ctx, is_open ? &open[v->open_len++] : &settled[v->settled_len++], &items[i]);
    }
    v->open = open;
    v->settled = settled;
    if (rc == OK)
        rc = gates_fill(ctx, v, rec);
    if (rc == OK)
        *out = v;
    return rc;
}

/* --- one rule --- */

static void add_line(struct rule_line_view *lines, size_t *len, const char *label,
                     const char *value)
{
    if (!text_blank(value))
        lines[(*len)++] = (struct rule_line_view){ label, value };
}

static const char *date_source(struct ctx *ctx, const struct rule_date *d)
{
    if (!d->expr)
        return NULL;
    if (d->days)
        return tr(ctx, "{0}, and {1} months and {2} days", TR_TEXT(expr_source(d->expr)),
                  TR_INT(d->months), TR_INT(d->days));
    if (d->months)
        return tr(ctx, "{0}, and {1, plural, one {# month} other {# months}}",
                  TR_TEXT(expr_source(d->expr)), TR_INT(d->months));
    return expr_source(d->expr);
}

void rule_lines_fill(struct ctx *ctx, struct rule_page_view *v, const struct rule *rule)
{
    struct rule_line_view *lines = ARENA_ARRAY(ctx->arena, LINES_MAX, struct rule_line_view);
    size_t len = 0;

    v->id = rule->id;
    v->text = label_text(ctx, &rule->message);
    add_line(lines, &len, tr(ctx, "What it makes"), does_title(ctx, rule->does));
    add_line(lines, &len, tr(ctx, "When"), expr_source(rule->when));
    if (rule->status)
        add_line(lines, &len, tr(ctx, "Before the status"), status_text(ctx, rule));
    if (rule->on_save)
        add_line(lines, &len, tr(ctx, "Before saving"),
                 label_text(ctx, &form_find(ctx->forms, rule->kind)->title));
    add_line(lines, &len, tr(ctx, "From"), date_source(ctx, &rule->from));
    add_line(lines, &len, tr(ctx, "Until"), date_source(ctx, &rule->until));
    add_line(lines, &len, tr(ctx, "Due on"), date_source(ctx, &rule->due));
    add_line(lines, &len, tr(ctx, "Priority"), severity_title(ctx, rule->severity));
    if (rule->role)
        add_line(lines, &len, tr(ctx, "Whose task"), auth_role_title(ctx, rule->role));
    if (rule->second)
        add_line(lines, &len, tr(ctx, "Letting it pass"), tr(ctx, "takes two people"));
    if (rule->never)
        add_line(lines, &len, tr(ctx, "Letting it pass"), tr(ctx, "is not possible"));
    add_line(lines, &len, tr(ctx, "Who may read it"), class_title(ctx, rule->privacy));
    add_line(lines, &len, tr(ctx, "Requirement"), rule->req);
    add_line(lines, &len, tr(ctx, "File and row"),
             arena_printf(ctx->arena, "%s:%lld", rule->file, (long long)rule->row));
    v->lines = lines;
    v->lines_len = len;
}

enum err verdict_fill(struct ctx *ctx, struct rule_page_view *v, const struct rule *rule,
                      const struct record *rec)
{
    struct rule_line_view *lines = ARENA_ARRAY(ctx->arena, LINES_MAX, struct rule_line_view);
    struct document *doc = NULL;
    struct verdict verdict = { 0 };
    size_t len = 0;
    enum err rc = document_load(ctx, &doc, rules_of()->shape, rec->id, rule->parts, NULL);

    if (rc == OK)
        rc = rule_judge(ctx, &verdict, doc, rule);
    if (rc)
        return rc;
    v->verdict = verdict.holds ? tr(ctx, "The rule holds for this case.")
                               : tr(ctx, "The rule does not hold for this case.");
    if (verdict.due_on)
        add_line(lines, &len, tr(ctx, "Due on"), tr_date(ctx, verdict.due_on));
    if (verdict.next_on)
        add_line(lines, &len, tr(ctx, "Asked again on"), tr_date(ctx, verdict.next_on));
    v->results = lines;
    v->results_len = len;
    return OK;
}
