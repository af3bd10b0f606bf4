/* What a plan still lacks before it can be submitted, agreed, put into force (RC-21, C-12-26). */
#include "auth/auth.h"
#include "core/text.h"
#include "forms_gen.h"
#include "people/consent.h"
#include "plans/plan.h"
#include "plans/plan_sign.h"
#include "records/records.h"

struct gaps {
    struct ctx *ctx;
    const struct record *plan;
    struct plan_gap *items;
    size_t len;
};

static void add(struct gaps *g, enum plan_step step, const char *field, const char *text)
{
    if (g->len < PLAN_MISSING_MAX)
        g->items[g->len++] = (struct plan_gap){ .step = step, .text = text, .field = field };
}

static void want(struct gaps *g, enum plan_step step, const char *field, const char *text)
{
    if (text_blank(record_value(g->plan, field)))
        add(g, step, field, text);
}

static const char *label_of(const struct gaps *g, const char *field)
{
    return label_text(g->ctx, &field_find(g->plan->form, field)->label);
}

static void want_dimensions(struct gaps *g)
{
    static const char *const fields[][2] = {
        { FIELD_PLAN_SUMMARY_ECONOMIC, FIELD_PLAN_NO_ECONOMIC_NOTE },
        { FIELD_PLAN_SUMMARY_SOCIAL, FIELD_PLAN_NO_SOCIAL_NOTE },
        { FIELD_PLAN_SUMMARY_PSYCHOSOCIAL, FIELD_PLAN_NO_PSYCHOSOCIAL_NOTE },
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (text_blank(record_value(g->plan, fields[i][0])) &&
            text_blank(record_value(g->plan, fields[i][1])))
            add(g, STEP_SUBMIT, fields[i][0],
                tr(g->ctx, "{0}: write it, or why nothing is planned.",
                   TR_TEXT(label_of(g, fields[i][0]))));
}

static void want_components(struct gaps *g)
{
    const struct plan_component *all = plan_components();
    size_t counts[PLAN_COMPONENTS];

    plan_count_components(counts, g->plan);
    for (size_t i = 0; i < PLAN_COMPONENTS; i++)
        if (counts[i] == 0 && text_blank(record_value(g->plan, all[i].without)))
            add(g, STEP_SUBMIT, all[i].without,
                tr(g->ctx, "{0}: there is no action, and no note why.",
                   TR_TEXT(label_of(g, all[i].without))));
}

/* Referrals without an agency; nothing can be delivered without a day. */
static void look_at_lines(struct gaps *g)
{
    const struct form *form = g->plan->form;
    const struct field *lines = field_find(form, FIELD_PLAN_LINES);
    const struct field *needs = field_find(form, FIELD_PLAN_LINE_NEEDS_REFERRAL);
    const struct field *agency = field_find(form, FIELD_PLAN_LINE_REFERRAL_AGENCY);
    const struct field *end = field_find(form, FIELD_PLAN_LINE_EXPECTED_END);
    const struct answers *t = g->plan->answers;
    size_t len = t->rows_len[lines->place];

    if (len == 0)
        add(g, STEP_SUBMIT, FIELD_PLAN_LINES, tr(g->ctx, "There is no action yet."));
    for (size_t i = 0; i < len; i++) {
        const struct answers *row = t->rows[lines->place][i];

        if (text_equal(answers_get(row, needs), CODE_PLAN_LINE_NEEDS_REFERRAL_YES) &&
            text_blank(answers_get(row, agency)))
            add(g, STEP_APPROVE, FIELD_PLAN_LINES,
                tr(g->ctx, "Action {0} needs a referral, but names no agency.",
                   TR_INT((int64_t)i + 1)));
        if (text_blank(answers_get(row, end)))
            add(g, STEP_LATER, FIELD_PLAN_LINES,
                tr(g->ctx, "Action {0} has no day on which it should be done.",
                   TR_INT((int64_t)i + 1)));
    }
}

static void look_at_signatures(struct gaps *g)
{
    const struct field *repeat = field_find(g->plan->form, FIELD_PLAN_APPROVALS);
    const struct field *by = field_find(g->plan->form, FIELD_PLAN_APPROVAL_BY);
    const struct answers *t = g->plan->answers;
    bool person = false;
    bool other = false;

    for (size_t i = 0; i < t->rows_len[repeat->place]; i++) {
        const char *who = answers_get(t->rows[repeat->place][i], by);

        person = person || plan_is_person(who);
        other = other || text_equal(who, CODE_PLAN_APPROVAL_BY_STAFF);
    }
    if (!other)
        add(g, STEP_AGREE, NULL, tr(g->ctx, "No supervisor has approved it."));
    if (!person)
        add(g, STEP_AGREE, NULL, tr(g->ctx, "The person has not signed."));
}

/* --- consent --- */

static enum err covered(struct ctx *ctx, bool *out, const char *person_id, const char *component)
{
    const struct consent_need need = { .person_id = person_id,
                                       .purpose = CODE_CONSENT_PURPOSES_ASSISTANCE,
                                       .recipient = CONSENT_OWN_OFFICE,
                                       .component = component,
                                       .on = ctx_today(ctx) };
    enum consent_answer answer = CONSENT_UNSAID;
    enum err rc = consent_covers(ctx, &answer, &need);

    *out = rc == OK && consent_is_yes(answer);
    return rc;
}

/* For who may read consents: each part with an action has to be covered (R-2.3.2-03). */
static enum err want_consent(struct gaps *g)
{
    const struct form *form = form_find(g->ctx->forms, FORM_CONSENT);
    const struct plan_component *all = plan_components();
    size_t counts[PLAN_COMPONENTS];
    struct record *of = NULL;
    enum err rc;

    if (!user_may(g->ctx->user, "consent.view") || form->privacy > g->ctx->user->clearance)
        return OK;
    rc = record_load(g->ctx, &of, FORM_CASE, g->plan->parent_id);
    plan_count_components(counts, g->plan);
    for (size_t i = 0; rc == OK && i < PLAN_COMPONENTS; i++) {
        bool good = counts[i] == 0;

        if (!good)
            rc = covered(g->ctx, &good, of->parent_id, all[i].code);
        if (rc || good)
            continue;
        add(g, STEP_FORCE, NULL,
            tr(g->ctx, "No consent covers: {0}.", TR_TEXT(label_of(g, all[i].without))));
        if (g->len > 0)
            g->items[g->len - 1].kind = FORM_CONSENT;
    }
    return rc;
}

enum err plan_missing(struct ctx *ctx, struct plan_gap **out, size_t *len_out,
                      const struct record *plan)
{
    struct gaps g = { .ctx = ctx, .plan = plan };
    enum err rc;

    g.items = ARENA_ARRAY(ctx->arena, PLAN_MISSING_MAX, struct plan_gap);
    want_dimensions(&g);
    want_components(&g);
    look_at_lines(&g);
    look_at_signatures(&g);
    want(&g, STEP_FORCE, FIELD_PLAN_EXIT_END_DATE, tr(ctx, "When the support ends is not said."));
    want(&g, STEP_FORCE, FIELD_PLAN_EXIT_HOW, tr(ctx, "How the support ends is not said."));
    want(&g, STEP_FORCE, FIELD_PLAN_MONITORING_HOW,
         tr(ctx, "How progress is followed is not said."));
    want(&g, STEP_FORCE, FIELD_PLAN_SHARING_RULE,
         tr(ctx, "What may pass between those who help is not said."));
    rc = want_consent(&g);
    want(&g, STEP_LATER, FIELD_PLAN_EXPECTED_IMPROVEMENT,
         tr(ctx, "What should be better is not said."));
    want(&g, STEP_LATER, FIELD_PLAN_NEXT_REVIEW_ON, tr(ctx, "There is no day for the review."));
    want(&g, STEP_LATER, FIELD_PLAN_MONITORING_WHEN,
         tr(ctx, "When progress is looked at is not said."));
    want(&g, STEP_LATER, FIELD_PLAN_BASELINE_COMPOSITE,
         tr(ctx, "There is no baseline score: no interview of that round was scored."));
    *out = g.items;
    *len_out = g.len;
    return rc;
}
