/* What an office does beside: tasks, comments, files, messages. */
#include "auth/auth.h"
#include "core/date.h"
#include "core/text.h"
#include "demo/demo_inner.h"
#include "forms_gen.h"
#include "messages/messages.h"
#include "messages/notify.h"
#include "records/attach.h"
#include "records/records.h"
#include "report/report.h"
#include "rules/rules.h"

/*
 * One open result is dealt with, put off, or said not to apply; more wait for another day. What is
 * due is done by doing it: of that only the repeated interview is sometimes passed over.
 */
static enum err settle_one(struct life *l, const struct rule_result *r)
{
    uint32_t roll = dice_below(&l->dice, 100);

    if (r->does == RULE_DUE && (!r->due_on || r->severity != SEVERITY_LOW))
        return OK;
    if (r->does == RULE_DUE)
        return roll < 70 ? rules_settle(l->ctx, r->id, r->version, "overridden",
                                        life_text(l, "task_round"))
                         : OK;
    if (roll < 45)
        return OK;
    if (roll < 80)
        return rules_settle(l->ctx, r->id, r->version, "done", life_text(l, "task_done"));
    if (roll < 90)
        return rules_settle(l->ctx, r->id, r->version, "overridden", life_text(l, "task_not"));
    return rules_snooze(
        l->ctx, r->id, r->version,
        date_from_days(l->ctx->arena, l->ctx->now_ms / DEMO_DAY_MS + dice_between(&l->dice, 4, 21)),
        life_text(l, "task_later"));
}

/* The rules are asked anew on this day; then the worker looks through what they say. */
enum err play_tasks(struct life *l, const struct step *s)
{
    struct record *rec = NULL;
    struct rule_result *results = NULL;
    size_t len = 0;
    enum err rc = rules_run_case(l->ctx, l->case_id);

    (void)s;
    act_as(l, l->family->worker);
    if (rc == OK)
        rc = record_load(l->ctx, &rec, FORM_CASE, l->case_id);
    if (rc == OK)
        rc = rules_results(l->ctx, &results, &len, rec);
    for (size_t i = 0; rc == OK && i < len; i++)
        if (results[i].holds && text_equal(results[i].state, "open"))
            rc = settle_one(l, &results[i]);
    return rc;
}

enum err play_comment(struct life *l, const struct step *s)
{
    size_t who = staff_of(&l->dice, l->w, l->family->office, "specialist", NULL);
    struct record *rec = NULL;
    enum err rc;

    (void)s;
    act_as(l,
           who < l->w->lists.staff.len && dice_chance(&l->dice, 40) ? who : l->family->supervisor);
    rc = record_load(l->ctx, &rec, FORM_CASE, l->case_id);
    return rc ? rc : record_comment_add(l->ctx, rec, life_text(l, "comment"));
}

/* A sheet that somebody signed: a certificate, a receipt, a statement. */
enum err play_file(struct life *l, const struct step *s)
{
    const char *lang = life_lang(l);
    const char *title = life_text(l, "file_title");
    struct document *d = document_new(l->ctx, lang, title);
    struct record *rec = NULL;
    struct upload_bytes up = { .name = arena_printf(l->ctx->arena, "%s.pdf", title) };
    const char *id = NULL;
    enum err rc;

    (void)s;
    act_as(l, l->family->worker);
    rc = record_load(l->ctx, &rec, FORM_CASE, l->case_id);
    if (rc)
        return rc;
    document_add(d, DOC_TITLE, title);
    document_add(d, DOC_TEXT, life_text(l, "file_text"));
    document_add(d, DOC_SMALL, life_day(l));
    rc = document_pdf(l->ctx, d, &up.bytes, &up.len);
    return rc ? rc : attachment_add(l->ctx, &id, rec, &up);
}

/* --- messages --- */

static const char *clock_text(struct life *l)
{
    return arena_printf(l->ctx->arena, "%02d:%02d", (int)dice_between(&l->dice, 9, 15),
                        (int)dice_below(&l->dice, 4) * 15);
}

/*
 * Written in the last hours: a meeting next week, a wish for a call. Some wait for quiet hours or a
 * safe day, some are blocked by what the person has said, one in five is taken back.
 */
enum err demo_messages(struct life *l)
{
    const char *meeting[] = {
        date_from_days(l->ctx->arena, l->w->today + dice_between(&l->dice, 2, 9)), clock_text(l),
        csv_table_cell(&l->w->lists.offices, l->family->office, "phone"), NULL
    };
    const char *call[] = { meeting[2], NULL };
    bool meets = dice_chance(&l->dice, 60);
    struct message m = { .template_name = meets ? "meeting" : "call_us",
                         .args = meets ? meeting : call,
                         .person_id = l->person_id,
                         .not_before = l->w->end_ms + dice_between(&l->dice, 1, 20) * 3600 * 1000 };
    struct message_row row = { 0 };
    const char *id = NULL;
    enum err rc;

    if (!l->phone && !dice_chance(&l->dice, 30))
        return OK;
    act_as(l, l->family->supervisor);
    l->ctx->now_ms = l->w->end_ms - (l->w->today - l->family->noted) * 3 * 60 * 1000;
    rc = message_add(l->ctx, &id, &m);
    if (rc == OK)
        rc = message_load(l->ctx, &row, id);
    if (rc == OK && text_equal(row.state, "waiting") && dice_chance(&l->dice, 20))
        rc = message_cancel(l->ctx, id);
    l->ctx->now_ms = l->w->end_ms;
    return rc;
}

enum err demo_read_notices(struct ctx *ctx, const struct world *w)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < w->lists.staff.len; i++) {
        ctx->user = w->staff[i].user;
        ctx->user_id = ctx->user->id;
        rc = notify_read(ctx, NULL);
    }
    ctx->user = NULL;
    ctx->user_id = NULL;
    return rc;
}
