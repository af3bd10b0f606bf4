/* A follow-up report begins with what the record says already: the worker edits and signs it. */
#include "auth/auth.h"
#include "core/buf.h"
#include "core/text.h"
#include "forms_gen.h"
#include "plans/plan.h"
#include "plans/plans_web.h"
#include "plans_templates.h"
#include "records/screens_web.h"
#include "survey/survey.h"

#define TEXT_MAX  ((size_t)16 * 1024)
#define SINCE_MAX 40 /* contacts that are told, the newest */

struct source {
    struct ctx *ctx;
    struct record *of; /* the case */
    const char *since; /* day of the report before; "" = from the beginning */
    struct record **contacts;
    size_t contacts_len;
};

/* Only what the acting user may read: a report is written by who reads the case. */
static enum err children(const struct source *s, struct record ***out, size_t *len_out,
                         const char *kind)
{
    struct ctx *ctx = s->ctx;
    const struct form *form = form_find(ctx->forms, kind);

    *len_out = 0;
    if (!user_may_do(ctx->user, kind, "view") || form->privacy > ctx->user->clearance)
        return OK;
    return record_children_whole(ctx, out, len_out, kind, s->of->id);
}

static const char *readable(const struct source *s, const struct record *rec, const char *field)
{
    const struct field *f = field_find(rec->form, field);

    return record_may_read(s->ctx, f) ? answers_shown(s->ctx, f, record_value(rec, field)) : "";
}

static void add_line(struct buf *b, const char *text)
{
    if (b->len > 0)
        buf_add_char(b, '\n');
    buf_add(b, text);
}

static enum err day_of_last_report(struct source *s)
{
    struct record **items = NULL;
    size_t len = 0;
    enum err rc = children(s, &items, &len, FORM_MONITORING_REPORT);

    s->since = "";
    for (size_t i = 0; rc == OK && i < len; i++) {
        const char *day = record_value(items[i], FIELD_MONITORING_REPORT_REPORT_DATE);

        if (text_equal(items[i]->status, STATUS_MONITORING_REPORT_FINAL) &&
            text_compare(day, s->since) > 0)
            s->since = day;
    }
    return rc;
}

/* What was said in contacts since then, each with its day. */
static void add_heard(const struct source *s, struct record *report, const char *to,
                      const char *from)
{
    struct buf b;
    size_t first = s->contacts_len > SINCE_MAX ? s->contacts_len - SINCE_MAX : 0;

    buf_init(&b, s->ctx->arena, TEXT_MAX);
    for (size_t i = first; i < s->contacts_len; i++) {
        const struct record *c = s->contacts[i];
        const char *said = readable(s, c, from);
        const char *day = record_value(c, FIELD_CONTACT_CONTACT_ON);

        if (*said && text_compare(day, s->since) > 0)
            add_line(&b, tr(s->ctx, "{0}: {1}", TR_TEXT(readable(s, c, FIELD_CONTACT_CONTACT_ON)),
                            TR_TEXT(said)));
    }
    if (buf_ok(&b))
        record_set(report, to, buf_text(&b));
}

static void add_plan_lines(const struct source *s, struct buf *b, const struct record *plan)
{
    const struct form *form = plan->form;
    const struct field *repeat = field_find(form, FIELD_PLAN_LINES);
    const struct field *action = field_find(form, FIELD_PLAN_LINE_ACTION);
    const struct field *status = field_find(form, FIELD_PLAN_LINE_STATUS);

    if (!record_may_read(s->ctx, action) || !record_may_read(s->ctx, status))
        return;
    for (size_t i = 0; i < plan->answers->rows_len[repeat->place]; i++) {
        const struct answers *row = plan->answers->rows[repeat->place][i];
        const char *text = answers_get(row, action);
        const char *state = answers_get(row, status);

        if (text && *text)
            add_line(b, tr(s->ctx, "{0}: {1}", TR_TEXT(text),
                           TR_TEXT(answers_shown(s->ctx, status, state ? state : ""))));
    }
}

static enum err add_steps(const struct source *s, struct buf *b)
{
    struct record **items = NULL;
    size_t len = 0;
    enum err rc = children(s, &items, &len, FORM_ACTION);

    for (size_t i = 0; rc == OK && i < len; i++) {
        const char *done = record_value(items[i], FIELD_ACTION_DONE_ON);
        const char *what = readable(s, items[i], FIELD_ACTION_ACTION_KIND);

        if (*done && text_compare(done, s->since) > 0)
            add_line(b, tr(s->ctx, "{0}: done on {1}", TR_TEXT(what),
                           TR_TEXT(readable(s, items[i], FIELD_ACTION_DONE_ON))));
        else if (!*done)
            add_line(b, tr(s->ctx, "{0}: open, due on {1}", TR_TEXT(what),
                           TR_TEXT(readable(s, items[i], FIELD_ACTION_DUE_ON))));
    }
    return rc;
}

static const char *score_text(struct ctx *ctx, struct score score)
{
    double value = score_value(score);

    return value < 0 ? "-" : arena_printf(ctx->arena, "%.2f", value);
}

/* The newest scores beside those of the baseline. */
static enum err add_scores(const struct source *s, struct buf *b)
{
    struct survey_result *items = NULL;
    struct record *person = NULL;
    size_t len = 0;
    enum err rc;

    if (!user_may(s->ctx->user, PERM_RSS_VIEW) || !user_may(s->ctx->user, PERM_PERSON_VIEW))
        return OK;
    rc = record_load(s->ctx, &person, FORM_PERSON, s->of->parent_id);
    if (rc == OK)
        rc = survey_results(s->ctx, &items, &len, person, NULL);
    if (rc || len == 0)
        return rc;
    add_line(b, tr(s->ctx,
                   "Survey of {0}, and at the beginning: composite {1} ({2}), economic {3} ({4}), "
                   "social {5} ({6}), psychosocial {7} ({8})",
                   TR_DATE(items[len - 1].interview_date),
                   TR_TEXT(score_text(s->ctx, items[len - 1].scores.of[DIM_COMPOSITE])),
                   TR_TEXT(score_text(s->ctx, items[0].scores.of[DIM_COMPOSITE])),
                   TR_TEXT(score_text(s->ctx, items[len - 1].scores.of[DIM_ECONOMIC])),
                   TR_TEXT(score_text(s->ctx, items[0].scores.of[DIM_ECONOMIC])),
                   TR_TEXT(score_text(s->ctx, items[len - 1].scores.of[DIM_SOCIAL])),
                   TR_TEXT(score_text(s->ctx, items[0].scores.of[DIM_SOCIAL])),
                   TR_TEXT(score_text(s->ctx, items[len - 1].scores.of[DIM_PSYCHOSOCIAL])),
                   TR_TEXT(score_text(s->ctx, items[0].scores.of[DIM_PSYCHOSOCIAL]))));
    return OK;
}

static enum err add_progress(const struct source *s, struct record *report)
{
    struct record **plans = NULL;
    size_t len = 0;
    struct buf b;
    enum err rc = children(s, &plans, &len, FORM_PLAN);

    buf_init(&b, s->ctx->arena, TEXT_MAX);
    for (size_t i = 0; rc == OK && i < len; i++)
        if (text_equal(plans[i]->status, STATUS_PLAN_ACTIVE))
            add_plan_lines(s, &b, plans[i]);
    if (rc == OK)
        rc = add_steps(s, &b);
    if (rc == OK)
        rc = add_scores(s, &b);
    if (rc == OK && buf_ok(&b))
        record_set(report, FIELD_MONITORING_REPORT_PLAN_PROGRESS, buf_text(&b));
    return rc;
}

/* Changes that were written down, before what was said of them in contacts. */
static enum err add_changes(const struct source *s, struct record *report)
{
    struct record **items = NULL;
    size_t len = 0;
    struct buf b;
    enum err rc = children(s, &items, &len, FORM_CHANGE_EVENT);

    add_heard(s, report, FIELD_MONITORING_REPORT_LIFE_CHANGES, FIELD_CONTACT_LIFE_CHANGES);
    buf_init(&b, s->ctx->arena, TEXT_MAX);
    for (size_t i = 0; rc == OK && i < len; i++)
        if (text_compare(record_value(items[i], FIELD_CHANGE_EVENT_CHANGED_ON), s->since) > 0)
            add_line(&b, tr(s->ctx, "{0}: {1}",
                            TR_TEXT(readable(s, items[i], FIELD_CHANGE_EVENT_CHANGED_ON)),
                            TR_TEXT(readable(s, items[i], FIELD_CHANGE_EVENT_CHANGE_DESCRIPTION))));
    if (rc == OK && b.len > 0) {
        add_line(&b, record_value(report, FIELD_MONITORING_REPORT_LIFE_CHANGES));
        if (buf_ok(&b))
            record_set(report, FIELD_MONITORING_REPORT_LIFE_CHANGES, buf_text(&b));
    }
    return rc;
}

enum err report_prefill(struct ctx *ctx, struct record *report)
{
    struct source s = { .ctx = ctx };
    enum err rc = record_load(ctx, &s.of, FORM_CASE, report->parent_id);

    if (rc == OK)
        rc = day_of_last_report(&s);
    if (rc == OK)
        rc = children(&s, &s.contacts, &s.contacts_len, FORM_CONTACT);
    if (rc)
        return rc;
    record_set(report, FIELD_MONITORING_REPORT_REPORT_BY, ctx->user_id);
    add_heard(&s, report, FIELD_MONITORING_REPORT_CHALLENGES, FIELD_CONTACT_CHALLENGES);
    add_heard(&s, report, FIELD_MONITORING_REPORT_OPPORTUNITIES, FIELD_CONTACT_OPPORTUNITIES);
    add_heard(&s, report, FIELD_MONITORING_REPORT_FEEDBACK, FIELD_CONTACT_FEEDBACK);
    add_heard(&s, report, FIELD_MONITORING_REPORT_NEEDS_OPEN, FIELD_CONTACT_NEW_NEED);
    rc = add_changes(&s, report);
    return rc ? rc : add_progress(&s, report);
}

/* The form, filled in. */
static enum err get_report(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *kind = req_text(req, "kind");
    struct form_post post = { 0 };
    struct shown_form shown = { .post = &post, .offer = true };
    enum err rc = record_new(ctx, &shown.rec, FORM_MONITORING_REPORT, req_path(req, "id"));

    if (rc == OK && *kind)
        record_set(shown.rec, FIELD_MONITORING_REPORT_REPORT_KIND, kind);
    if (rc == OK)
        rc = report_prefill(ctx, shown.rec);
    return rc ? rc : show_form(ctx, res, 200, &shown);
}

static const struct field_spec kind_fields[] = {
    { "kind", INPUT_CODE },
    { 0 },
};

const struct route report_routes[] = {
    { GET, "/cases/{id}/report", "monitoring_report.create", get_report, FIELDS(kind_fields) },
    { 0 },
};

/* --- the page of a case --- */

static void draw_part(struct html *h, const void *view)
{
    follow_part_render(h, view);
}

enum err follow_case_detail(struct ctx *ctx, const struct record *rec, struct record_extra *out)
{
    struct follow_part_view *v = ARENA_NEW(ctx->arena, struct follow_part_view);

    if (user_may(ctx->user, FORM_CONTACT ".create"))
        v->contact = url_build(ctx, "/records/{}/new?parent={}", FORM_CONTACT, rec->id);
    if (user_may(ctx->user, FORM_MONITORING_REPORT ".create")) {
        v->mid_year = url_build(ctx, "/cases/{}/report?kind={}", rec->id,
                                CODE_MONITORING_REPORT_REPORT_KIND_MID_YEAR);
        v->final = url_build(ctx, "/cases/{}/report?kind={}", rec->id,
                             CODE_MONITORING_REPORT_REPORT_KIND_FINAL);
    }
    if (v->contact.text || v->mid_year.text) {
        out->draw = draw_part;
        out->view = v;
    }
    return OK;
}
