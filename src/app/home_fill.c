#include "app/home_fill.h"

#include <string.h>

#include "auth/auth.h"
#include "core/date.h"
#include "core/json.h"
#include "core/text.h"
#include "forms_gen.h"
#include "messages/notify.h"
#include "records/jobs.h"
#include "records/publish.h"
#include "records/records.h"
#include "records/saved_filter.h"
#include "records/unfinished.h"
#include "rules/rules_fill.h"

#define LINES_MAX 6

static bool may(const struct ctx *ctx, const char *kind, const char *verb)
{
    return user_may_do(ctx->user, kind, verb);
}

/* The form of a kind that the acting user may open; NULL = none of this user's business. */
static const struct form *form_seen(const struct ctx *ctx, const char *kind)
{
    const struct form *form = form_find(ctx->forms, kind);

    return form && may(ctx, kind, "view") && form->privacy <= ctx->user->clearance ? form : NULL;
}

static struct home_line_view *lines_of(struct ctx *ctx, struct home_block_view *out, size_t most)
{
    struct home_line_view *lines = ARENA_ARRAY(ctx->arena, most + 1, struct home_line_view);

    out->lines = lines;
    return lines;
}

/* --- tasks --- */

static void fill_task(struct ctx *ctx, struct home_line_view *line, const struct task_view *t,
                      enum block_kind kind)
{
    line->text = t->text;
    line->link = t->link;
    line->mark = t->overdue && kind != BLOCK_OVERDUE ? tr(ctx, "Overdue") : NULL;
    line->alarm = t->overdue;
    line->tone = t->code;
    line->note = text_blank(t->person) ? t->case_title : t->person;
    line->number = t->due;
}

/* What a block asks for: "mine" or "office", then rules. */
static struct task_filter filter_of(struct ctx *ctx, const struct home_block *block)
{
    size_t len = 0;
    char **words = text_split(ctx->arena, block->parameter, ' ', true, &len);
    struct task_filter filter = { .mine = len > 0 && text_equal(words[0], "mine"),
                                  .overdue = block->kind == BLOCK_OVERDUE,
                                  .alerts = block->kind == BLOCK_ALERTS };

    if (block->kind == BLOCK_NEXT) {
        filter.after_due = ctx_today(ctx);
        filter.after_id = "";
    }

    for (size_t i = 1; i < len && i <= TASK_RULES_MAX; i++)
        filter.rules[i - 1] = words[i];
    return filter;
}

static void title_tasks(struct ctx *ctx, struct home_block_view *out, enum block_kind kind,
                        bool mine)
{
    if (kind == BLOCK_OVERDUE)
        out->title = tr(ctx, "Overdue");
    else if (kind == BLOCK_NEXT)
        out->title = tr(ctx, "Due next");
    else if (kind == BLOCK_ALERTS)
        out->title = tr(ctx, "Alerts");
    else if (kind == BLOCK_ARRIVALS)
        out->title = tr(ctx, "Arrivals without a plan");
    else if (kind == BLOCK_ROUNDS)
        out->title = tr(ctx, "Survey interviews due");
    else
        out->title = mine ? tr(ctx, "My tasks") : tr(ctx, "Tasks of the office");
}

static enum err fill_tasks(struct ctx *ctx, struct home_block_view *out, bool *shown,
                           const struct home_block *block)
{
    const struct task_filter filter = filter_of(ctx, block);
    struct home_line_view *lines = lines_of(ctx, out, LINES_MAX);
    struct task_view tasks[LINES_MAX] = { 0 };
    struct rule_result *items = NULL;
    size_t len = 0;
    enum err rc = OK;

    *shown = user_may(ctx->user, "task.view");
    if (!*shown)
        return OK;
    rc = rules_tasks(ctx, &items, &len, &filter);
    if (rc == OK)
        rc = tasks_fill(ctx, tasks, &out->lines_len, items, len < LINES_MAX ? len : LINES_MAX);
    if (rc)
        return rc;
    for (size_t i = 0; i < out->lines_len; i++) {
        fill_task(ctx, &lines[i], &tasks[i], block->kind);
        if (may(ctx, FORM_CONTACT, "create"))
            lines[i].log =
                url_build(ctx, "/records/{}/new?parent={}", FORM_CONTACT, tasks[i].case_id);
    }
    *shown = len > 0 || block->kind == BLOCK_TASKS || block->kind == BLOCK_NEXT;
    title_tasks(ctx, out, block->kind, filter.mine);
    out->more = tr(ctx, "All tasks");
    out->more_link = filter.mine ? url_build(ctx, "/tasks") : url_build(ctx, "/tasks?all=1");
    if (len == 0)
        out->empty = tr(ctx, "Nothing is due. New tasks come from the rules, when cases change or "
                             "a day comes.");
    return OK;
}

/* --- records --- */

/*
 * Whom the lines are about where the record above them, such as the case of a contact, is known by
 * its number only: that number, and the name of whose it is.
 */
static enum err fill_about(struct ctx *ctx, struct home_line_view *lines,
                           const struct record_list *list, const char *parent)
{
    const char **ids = ARENA_ARRAY(ctx->arena, list->len + 1, const char *);
    struct record **above = NULL;
    const char **names = NULL;
    size_t len = 0;
    enum err rc;

    for (size_t i = 0; i < list->len; i++)
        if (list->items[i]->parent_id)
            ids[len++] = list->items[i]->parent_id;
    rc = record_load_several(ctx, &above, &len, parent, ids, len);
    if (rc == OK)
        rc = record_owners(ctx, &names, above, len);
    for (size_t i = 0; rc == OK && i < list->len; i++)
        for (size_t k = 0; k < len; k++)
            if (text_equal(list->items[i]->parent_id, above[k]->id)) {
                lines[i].number = lines[i].number ? lines[i].number : above[k]->number;
                lines[i].note = names[k][0] ? names[k] : lines[i].note;
            }
    return rc;
}

static void recent_line(struct ctx *ctx, struct home_line_view *line, const struct form *form,
                        const struct record *rec, const char *owner)
{
    line->text = text_blank(rec->title) ? label_text(ctx, &form->title) : rec->title;
    line->number = text_equal(rec->number, line->text) ? NULL : rec->number;
    line->link = url_build(ctx, "/records/{}/{}", form->kind, rec->id);
    if (owner[0])
        line->note = owner;
    else
        line->note = text_equal(rec->updated_by, ctx->user_id) ? tr(ctx, "by you") : NULL;
    line->has_moment = true;
    line->moment = rec->updated_at;
}

static enum err fill_recent(struct ctx *ctx, struct home_block_view *out, bool *shown,
                            const char *kind)
{
    const struct record_filter lately = { .sort = SORT_UPDATED, .limit = LINES_MAX };
    const struct form *form = form_seen(ctx, kind);
    struct home_line_view *lines = lines_of(ctx, out, LINES_MAX);
    struct record_list list = { 0 };
    const char **owners = NULL;
    enum err rc;

    *shown = form != NULL;
    if (!form)
        return OK;
    rc = record_list(ctx, &list, kind, &lately);
    if (rc == OK)
        rc = record_owners(ctx, &owners, list.items, list.len);
    if (rc)
        return rc;
    for (size_t i = 0; i < list.len; i++)
        recent_line(ctx, &lines[out->lines_len++], form, list.items[i], owners[i]);
    out->title = tr(ctx, "Changed lately: {0}", TR_TEXT(record_kind_title(ctx, form)));
    out->more = tr(ctx, "All");
    out->more_link = url_build(ctx, "/records/{}", kind);
    if (list.len > 0)
        return form->parent && !owners[0][0] ? fill_about(ctx, lines, &list, form->parent) : OK;
    if (!form->parent && may(ctx, kind, "create"))
        out->empty =
            tr(ctx, "Nothing is registered here yet. Add the first one, or import a list.");
    else
        out->empty = tr(ctx, "Nothing is registered here yet.");
    return OK;
}

static enum err count_of(struct ctx *ctx, int64_t *out, const char *kind, const char *status)
{
    const struct record_filter filter = { .status = status };

    return record_count(ctx, out, kind, &filter);
}

static const char *count_shown(struct ctx *ctx, int64_t count)
{
    if (count < 0)
        return tr(ctx, "more than {0}", TR_INT(RECORD_COUNT_MAX));
    return arena_printf(ctx->arena, "%lld", (long long)count);
}

static enum err add_state(struct ctx *ctx, struct home_block_view *out,
                          struct home_line_view *lines, const struct form *form, const char *status)
{
    struct home_line_view *line = &lines[out->lines_len];
    const char *title = record_status_title(ctx, form, status);
    int64_t count = 0;
    enum err rc = OK;

    for (size_t i = 0; i < out->lines_len; i++)
        if (text_equal(lines[i].text, title))
            return OK;
    rc = count_of(ctx, &count, form->kind, status);
    if (rc)
        return rc;
    line->text = title;
    line->count = count_shown(ctx, count);
    line->link = url_build(ctx, "/records/{}?status={}", form->kind, status);
    out->lines_len++;
    return OK;
}

static enum err fill_states(struct ctx *ctx, struct home_block_view *out, bool *shown,
                            const char *kind)
{
    const struct form *form = form_seen(ctx, kind);
    struct home_line_view *lines;
    enum err rc;

    *shown = form != NULL;
    if (!form)
        return OK;
    lines = lines_of(ctx, out, form->states_len + 1);
    rc = add_state(ctx, out, lines, form, form->initial_status);
    for (size_t i = 0; rc == OK && i < form->states_len; i++)
        rc = add_state(ctx, out, lines, form, form->states[i].to);
    if (rc)
        return rc;
    out->title = tr(ctx, "By status: {0}", TR_TEXT(record_kind_title(ctx, form)));
    out->more = tr(ctx, "All");
    out->more_link = url_build(ctx, "/records/{}", kind);
    return OK;
}

static enum err fill_counts(struct ctx *ctx, struct home_block_view *out, bool *shown)
{
    struct home_line_view *lines = lines_of(ctx, out, ctx->forms->len);

    for (size_t i = 0; i < ctx->forms->len; i++) {
        const struct form *form = form_seen(ctx, ctx->forms->items[i]->kind);
        struct home_line_view *line = &lines[out->lines_len];
        int64_t count = 0;
        enum err rc;

        if (!form)
            continue;
        rc = count_of(ctx, &count, form->kind, NULL);
        if (rc)
            return rc;
        line->text = record_kind_title(ctx, form);
        line->count = count_shown(ctx, count);
        line->link = url_build(ctx, "/records/{}", form->kind);
        out->lines_len++;
    }
    *shown = out->lines_len > 0;
    out->title = tr(ctx, "Records you can see");
    return OK;
}

/* --- work --- */

static const char *job_note(struct ctx *ctx, const struct job *job)
{
    if (text_equal(job->state, "waiting"))
        return tr(ctx, "Waiting");
    if (text_equal(job->state, "running"))
        return tr(ctx, "At work");
    if (text_equal(job->state, "done"))
        return tr(ctx, "Done");
    return text_equal(job->state, "cancelled") ? tr(ctx, "Cancelled") : tr(ctx, "Failed");
}

static enum err fill_jobs(struct ctx *ctx, struct home_block_view *out, bool *shown)
{
    struct home_line_view *lines = lines_of(ctx, out, LINES_MAX);
    struct job *jobs = NULL;
    size_t len = 0;
    enum err rc = job_list(ctx, &jobs, &len);

    *shown = true;
    for (size_t i = 0; rc == OK && i < len && i < LINES_MAX; i++) {
        struct home_line_view *line = &lines[out->lines_len++];

        line->text = job_title(ctx, jobs[i].kind);
        line->link = url_build(ctx, "/jobs/{}", jobs[i].id);
        line->mark = job_note(ctx, &jobs[i]);
        line->alarm = text_equal(jobs[i].state, "failed");
        line->has_progress = text_equal(jobs[i].state, "running") && jobs[i].total > 0;
        line->done = jobs[i].done;
        line->total = jobs[i].total;
        line->has_moment = true;
        line->moment = jobs[i].created_at;
    }
    if (rc)
        return rc;
    out->title = tr(ctx, "Long work");
    if (len == 0) {
        out->empty = tr(ctx, "Imports and exports that you start are shown here, with how far they "
                             "are.");
        return OK;
    }
    out->more = tr(ctx, "All");
    out->more_link = url_build(ctx, "/jobs");
    return OK;
}

static enum err fill_filters(struct ctx *ctx, struct home_block_view *out, bool *shown)
{
    struct home_line_view *lines = lines_of(ctx, out, LINES_MAX);
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < ctx->forms->len; i++) {
        const struct form *form = form_seen(ctx, ctx->forms->items[i]->kind);
        struct saved_filter *items = NULL;
        size_t len = 0;

        if (!form)
            continue;
        *shown = true;
        rc = saved_filters(ctx, &items, &len, form->kind);
        for (size_t k = 0; rc == OK && k < len && out->lines_len < LINES_MAX; k++) {
            struct home_line_view *line = &lines[out->lines_len++];

            line->text = items[k].name;
            line->note = record_kind_title(ctx, form);
            line->link.text =
                arena_printf(ctx->arena, "/records/%s?%s", form->kind, items[k].query);
        }
    }
    out->title = tr(ctx, "Lists you have kept");
    if (out->lines_len == 0)
        out->empty = tr(ctx, "Choose in a list what it shows, and keep it under a name: it is one "
                             "click from here then.");
    return rc;
}

static enum err fill_notices(struct ctx *ctx, struct home_block_view *out, bool *shown)
{
    struct home_line_view *lines = lines_of(ctx, out, LINES_MAX);
    struct notification *items = NULL;
    size_t len = 0;
    enum err rc = notify_list(ctx, &items, &len, "");

    *shown = true;
    for (size_t i = 0; rc == OK && i < len && out->lines_len < LINES_MAX; i++) {
        struct home_line_view *line = &lines[out->lines_len];

        if (!items[i].unread)
            continue;
        line->text = items[i].text;
        line->link = url_build(ctx, "/notifications");
        line->has_moment = true;
        line->moment = items[i].made_at;
        out->lines_len++;
    }
    out->title = tr(ctx, "Notifications");
    out->more = tr(ctx, "All");
    out->more_link = url_build(ctx, "/notifications");
    if (out->lines_len == 0)
        out->empty = tr(ctx, "Nothing new.");
    return rc;
}

/* --- things to do --- */

static void add_action(struct ctx *ctx, struct home_block_view *out, struct home_link_view *to,
                       const char *action)
{
    const char *dot = strchr(action, '.');
    const char *kind = dot ? arena_strndup(ctx->arena, action, (size_t)(dot - action)) : "";
    const char *verb = dot ? dot + 1 : "";
    const struct form *form = form_find(ctx->forms, kind);
    struct home_link_view *link = &to[out->buttons_len];
    const char *title;

    if (text_equal(action, "costs") && user_may(ctx->user, PERM_COST_VIEW)) {
        link->text = tr(ctx, "Costs of plans");
        link->link = url_build(ctx, "/costs");
        out->buttons_len++;
    }
    if (!form || form->privacy > ctx->user->clearance ||
        !may(ctx, kind, text_equal(verb, "new") ? "create" : verb))
        return;
    title = record_kind_title(ctx, form);
    if (record_stands_for(form))
        link->text = label_text(ctx, &form->title);
    else if (text_equal(verb, "new"))
        link->text = text_equal(kind, FORM_PERSON)
                         ? tr(ctx, "New person")
                         : tr(ctx, "New: {0}", TR_TEXT(label_text(ctx, &form->title)));
    else if (text_equal(verb, "import"))
        link->text = tr(ctx, "Import: {0}", TR_TEXT(title));
    else
        link->text = tr(ctx, "Export: {0}", TR_TEXT(title));
    link->link = url_build(ctx, "/records/{}/{}", kind, verb);
    out->buttons_len++;
}

static void fill_actions(struct ctx *ctx, struct home_block_view *out, bool *shown,
                         const char *parameter)
{
    size_t len = 0;
    char **actions = text_split(ctx->arena, parameter, ' ', true, &len);
    struct home_link_view *links = ARENA_ARRAY(ctx->arena, len + 1, struct home_link_view);

    for (size_t i = 0; i < len; i++)
        add_action(ctx, out, links, actions[i]);
    out->buttons = links;
    out->title = tr(ctx, "To do from here");
    *shown = out->buttons_len > 0;
}

static enum err fill_drafts(struct ctx *ctx, struct home_block_view *out, bool *shown)
{
    struct home_line_view *lines = lines_of(ctx, out, LINES_MAX);
    struct form_draft *drafts = NULL;
    size_t len = 0;
    enum err rc;

    *shown = user_may(ctx->user, "form.publish");
    if (!*shown)
        return OK;
    rc = draft_list(ctx, &drafts, &len);
    for (size_t i = 0; rc == OK && i < len && i < LINES_MAX; i++) {
        struct home_line_view *line = &lines[out->lines_len++];

        line->text = tr(ctx, "Draft");
        line->link = url_build(ctx, "/forms/drafts/{}", drafts[i].id);
        line->has_moment = true;
        line->moment = drafts[i].made_at;
        if (drafts[i].made_by)
            rc = user_name(ctx, &line->note, drafts[i].made_by);
    }
    out->title = tr(ctx, "Forms not published yet");
    out->more = tr(ctx, "Forms");
    out->more_link = url_build(ctx, "/forms");
    if (len == 0)
        out->empty = tr(ctx, "No draft waits. Upload a form to see what it would change.");
    return rc;
}

static enum err fill_unfinished(struct ctx *ctx, struct home_block_view *out, bool *shown)
{
    struct home_line_view *lines = lines_of(ctx, out, LINES_MAX);
    struct unfinished *items = NULL;
    size_t len = 0;
    enum err rc = unfinished_list(ctx, &items, &len, NULL);

    for (size_t i = 0; rc == OK && i < len && out->lines_len < LINES_MAX; i++) {
        const struct form *form = form_seen(ctx, items[i].kind);
        struct home_line_view *line = &lines[out->lines_len];
        const char *title = form ? label_text(ctx, &form->title) : "";

        if (!form)
            continue;
        line->text = items[i].record_id ? tr(ctx, "Edit: {0}", TR_TEXT(title))
                                        : tr(ctx, "New: {0}", TR_TEXT(title));
        line->link = url_build(ctx, "/records/{}/unfinished/{}", items[i].kind, items[i].id);
        line->has_moment = true;
        line->moment = items[i].saved_at;
        out->lines_len++;
    }
    out->title = tr(ctx, "Unfinished forms");
    *shown = out->lines_len > 0;
    return rc;
}

static void fill_forms(struct ctx *ctx, struct home_block_view *out, bool *shown)
{
    struct home_line_view *lines = lines_of(ctx, out, ctx->forms->len);

    *shown = user_may(ctx->user, "form.publish");
    for (size_t i = 0; *shown && i < ctx->forms->len; i++) {
        const struct form *form = ctx->forms->items[i];
        struct home_line_view *line = &lines[out->lines_len++];

        line->text = record_kind_title(ctx, form);
        line->note = form->version;
        line->link = url_build(ctx, "/forms/{}", form->kind);
    }
    out->title = tr(ctx, "Forms in force");
}

static void fill_start(struct ctx *ctx, struct home_block_view *out, bool *shown)
{
    out->title = tr(ctx, "Start");
    out->empty = tr(ctx, "Your role works without the records of people. If you need them for your "
                         "work, ask your supervisor.");
    *shown = true;
}

enum err home_block_fill(struct ctx *ctx, struct home_block_view *out, bool *shown_out,
                         const struct home_block *block)
{
    *shown_out = false;
    switch (block->kind) {
    case BLOCK_TASKS:
    case BLOCK_NEXT:
    case BLOCK_OVERDUE:
    case BLOCK_ALERTS:
    case BLOCK_ARRIVALS:
    case BLOCK_ROUNDS:
        out->code = "tasks";
        return fill_tasks(ctx, out, shown_out, block);
    case BLOCK_RECENT:
        out->code = "recent";
        return fill_recent(ctx, out, shown_out, block->parameter);
    case BLOCK_STATES:
        out->code = "states";
        return fill_states(ctx, out, shown_out, block->parameter);
    case BLOCK_COUNTS:
        out->code = "counts";
        return fill_counts(ctx, out, shown_out);
    case BLOCK_JOBS:
        out->code = "jobs";
        return fill_jobs(ctx, out, shown_out);
    case BLOCK_FILTERS:
        out->code = "filters";
        return fill_filters(ctx, out, shown_out);
    case BLOCK_NOTICES:
        out->code = "notices";
        return fill_notices(ctx, out, shown_out);
    case BLOCK_DRAFTS:
        out->code = "drafts";
        return fill_drafts(ctx, out, shown_out);
    case BLOCK_ACTIONS:
        out->code = "actions";
        fill_actions(ctx, out, shown_out, block->parameter);
        return OK;
    case BLOCK_FORMS:
        out->code = "forms";
        fill_forms(ctx, out, shown_out);
        return OK;
    case BLOCK_UNFINISHED:
        out->code = "unfinished";
        return fill_unfinished(ctx, out, shown_out);
    case BLOCK_START:
        out->code = "start";
        fill_start(ctx, out, shown_out);
        return OK;
    }
    return OK;
}
