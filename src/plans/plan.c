/* What a plan begins with, and what is checked and filled in whenever one is saved. */
#include "plans/plan.h"

#include <string.h>

#include "auth/auth.h"
#include "core/text.h"
#include "forms_gen.h"
#include "plans/grid.h"
#include "plans/plan_sign.h"
#include "plans/plans_web.h"
#include "records/records.h"
#include "survey/survey.h"

static const struct plan_component components[PLAN_COMPONENTS] = {
    { CODE_PLAN_LINE_COMPONENT_FINANCIAL_ALLOCATION, FIELD_PLAN_WITHOUT_FINANCIAL_ALLOCATION },
    { CODE_PLAN_LINE_COMPONENT_INCOME_GENERATION, FIELD_PLAN_WITHOUT_INCOME_GENERATION },
    { CODE_PLAN_LINE_COMPONENT_VOCATIONAL_TRAINING_APPRENTICESHIP,
      FIELD_PLAN_WITHOUT_VOCATIONAL_TRAINING },
    { CODE_PLAN_LINE_COMPONENT_HOUSING_FOOD_NUTRITION, FIELD_PLAN_WITHOUT_HOUSING_FOOD_NUTRITION },
    { CODE_PLAN_LINE_COMPONENT_LEGAL_DOCUMENTATION, FIELD_PLAN_WITHOUT_LEGAL_DOCUMENTATION },
    { CODE_PLAN_LINE_COMPONENT_EDUCATION_SKILLS, FIELD_PLAN_WITHOUT_EDUCATION_SKILLS },
    { CODE_PLAN_LINE_COMPONENT_MEDICAL_HEALTH, FIELD_PLAN_WITHOUT_MEDICAL_HEALTH },
    { CODE_PLAN_LINE_COMPONENT_TRANSPORT, FIELD_PLAN_WITHOUT_TRANSPORT },
    { CODE_PLAN_LINE_COMPONENT_SECURITY, FIELD_PLAN_WITHOUT_SECURITY },
    { CODE_PLAN_LINE_COMPONENT_PSYCHOSOCIAL, FIELD_PLAN_WITHOUT_PSYCHOSOCIAL },
    { CODE_PLAN_LINE_COMPONENT_FAMILY_NEEDS_COUNSELLING,
      FIELD_PLAN_WITHOUT_FAMILY_NEEDS_COUNSELLING },
};

const struct plan_component *plan_components(void)
{
    return components;
}

void plan_count_components(size_t *counts, const struct record *plan)
{
    const struct field *lines = field_find(plan->form, FIELD_PLAN_LINES);
    const struct field *of = field_find(plan->form, FIELD_PLAN_LINE_COMPONENT);
    const struct answers *t = plan->answers;

    for (size_t i = 0; i < PLAN_COMPONENTS; i++)
        counts[i] = 0;
    for (size_t k = 0; k < t->rows_len[lines->place]; k++)
        for (size_t i = 0; i < PLAN_COMPONENTS; i++)
            counts[i] += text_equal(answers_get(t->rows[lines->place][k], of), components[i].code);
}

/* --- scores of the baseline --- */

/* As numbers are kept in answers: without zeros at the end. */
static void set_score(struct ctx *ctx, struct record *plan, const char *field, struct score s)
{
    const char *text = s.den ? score_text6(ctx, s) : "";
    size_t len = strlen(text);

    while (len && text[len - 1] == '0' && strchr(text, '.'))
        len--;
    if (len && text[len - 1] == '.')
        len--;
    record_set(plan, field, arena_strndup(ctx->arena, text, len));
}

/* Copied, never typed; those of the first interview of the round baseline that is in force. */
static enum err copy_scores(struct ctx *ctx, struct record *plan, const char *person_id)
{
    struct survey_result *items = NULL;
    struct record *person = NULL;
    size_t len = 0;
    enum err rc;

    if (!user_may(ctx->user, PERM_RSS_VIEW) || !user_may(ctx->user, PERM_PERSON_VIEW))
        return OK;
    rc = record_load(ctx, &person, FORM_PERSON, person_id);
    if (rc == OK)
        rc = survey_results(ctx, &items, &len, person, NULL);
    for (size_t i = 0; rc == OK && i < len; i++) {
        if (!text_equal(items[i].round, CODE_RSS_ROUND_BASELINE))
            continue;
        set_score(ctx, plan, FIELD_PLAN_BASELINE_ECONOMIC, items[i].scores.of[DIM_ECONOMIC]);
        set_score(ctx, plan, FIELD_PLAN_BASELINE_SOCIAL, items[i].scores.of[DIM_SOCIAL]);
        set_score(ctx, plan, FIELD_PLAN_BASELINE_PSYCHOSOCIAL,
                  items[i].scores.of[DIM_PSYCHOSOCIAL]);
        set_score(ctx, plan, FIELD_PLAN_BASELINE_COMPOSITE, items[i].scores.of[DIM_COMPOSITE]);
        record_set(plan, FIELD_PLAN_BASELINE_PROFILE, items[i].profile);
        record_set(plan, FIELD_PLAN_BASELINE_INTERVIEW, items[i].rss_id);
        break;
    }
    return rc;
}

/* --- what a new plan begins with --- */

static const char *section_of(const struct record *plan, const char *line_code)
{
    const struct choice_list *list = field_find(plan->form, FIELD_PLAN_LINE_CODE)->choices;
    const struct choice *c = choice_find(list, line_code);

    for (size_t i = 0; c && i < list->columns_len; i++)
        if (text_equal(list->columns[i], "section") &&
            text_equal(c->values[i], CODE_PLAN_LINE_SECTION_IMMEDIATE))
            return CODE_PLAN_LINE_SECTION_IMMEDIATE;
    return CODE_PLAN_LINE_SECTION_LONGER_TERM;
}

static enum err add_line(struct ctx *ctx, struct record *plan, const struct grid_row *row,
                         const char *action)
{
    struct answers *line =
        answers_add_row(ctx->arena, plan->answers, field_find(plan->form, FIELD_PLAN_LINES));
    const char *const set[][2] = {
        { FIELD_PLAN_LINE_ACTION, action },
        { FIELD_PLAN_LINE_SECTION, row ? section_of(plan, row->line_code) : "" },
        { FIELD_PLAN_LINE_CODE, row ? row->line_code : "" },
        { FIELD_PLAN_LINE_DIMENSION, row ? row->dimension : "" },
        { FIELD_PLAN_LINE_COMPONENT, row ? row->component : "" },
    };

    for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++)
        if (*set[i][1])
            answers_set(line, field_find(plan->form, set[i][0]), set[i][1]);
    return answers_defaults(ctx, line);
}

static bool is_chosen(const struct record *choice)
{
    return choice && record_is(choice, FIELD_GRID_CHOICE_CHOICE_DECISION,
                               CODE_GRID_CHOICE_CHOICE_DECISION_SELECTED);
}

static enum err add_lines(struct ctx *ctx, struct record *plan, const struct grid_case *c)
{
    const struct grid *g = grid_of();
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < g->rows_len; i++)
        if (is_chosen(c->results[i].choice))
            rc = add_line(ctx, plan, &g->rows[i], label_text(ctx, &g->rows[i].name));
    for (size_t i = 0; rc == OK && i < c->own_len; i++)
        if (is_chosen(c->own[i]))
            rc = add_line(ctx, plan, NULL, record_value(c->own[i], FIELD_GRID_CHOICE_CHOICE_OWN));
    return rc;
}

enum err plan_prefill(struct ctx *ctx, struct record *plan)
{
    struct office office = { 0 };
    struct grid_case c = { 0 };
    enum err rc = grid_case_load(ctx, &c, plan->parent_id);

    if (rc == OK)
        rc = office_load(ctx, &office, c.rec->office_id);
    if (rc)
        return rc;
    record_set(plan, FIELD_PLAN_PLACE_OF_RETURN, c.place);
    record_set(plan, FIELD_PLAN_CURRENCY, office.currency ? office.currency : "");
    rc = add_lines(ctx, plan, &c);
    return rc ? rc : copy_scores(ctx, plan, c.rec->parent_id);
}

/* --- saving --- */

/* What may be written once a plan is out of the author's hands. */
static const char *const while_approved[] = { FIELD_PLAN_APPROVALS,
                                              FIELD_PLAN_APPROVAL_BY,
                                              FIELD_PLAN_APPROVAL_NAME,
                                              FIELD_PLAN_APPROVAL_MODE,
                                              FIELD_PLAN_APPROVAL_WITNESS,
                                              FIELD_PLAN_APPROVAL_SIGNATURE,
                                              FIELD_PLAN_APPROVAL_ON,
                                              FIELD_PLAN_APPROVAL_PLACE,
                                              FIELD_PLAN_APPROVAL_HASH,
                                              FIELD_PLAN_AGREED_ON,
                                              FIELD_PLAN_LINE_AGREED_ON,
                                              FIELD_PLAN_MISSING_SIGNATURE_REASON,
                                              NULL };
static const char *const while_running[] = { FIELD_PLAN_LINE_STATUS,
                                             FIELD_PLAN_LINE_DROPPED_REASON,
                                             FIELD_PLAN_LINE_AGREED_ON,
                                             FIELD_PLAN_LINE_DONE_ON,
                                             FIELD_PLAN_ACTUAL_COST,
                                             FIELD_PLAN_NEXT_REVIEW_ON,
                                             FIELD_PLAN_RETURNEE_COPY_GIVEN_AT,
                                             FIELD_PLAN_RETURNEE_COPY_LANGUAGE,
                                             FIELD_PLAN_RETURNEE_COPY_HOW,
                                             FIELD_PLAN_OPT_OUT_AT,
                                             FIELD_PLAN_AGREED_ON,
                                             NULL };

static bool among(const char *const *names, const char *path)
{
    for (; names && *names; names++)
        if (text_equal(path, *names) ||
            text_ends(path, *names)) /* lines.2.line_status: names are whole words of the form */
            return true;
    return false;
}

/* NULL: anything may be changed. */
static const char *const *open_fields(const struct record *old)
{
    static const char *const none[] = { NULL };

    if (text_equal(old->status, STATUS_PLAN_DRAFT))
        return NULL;
    if (text_equal(old->status, STATUS_PLAN_APPROVED))
        return while_approved;
    if (text_equal(old->status, STATUS_PLAN_AGREED) || text_equal(old->status, STATUS_PLAN_ACTIVE))
        return while_running;
    return none;
}

static enum err check_changes(struct ctx *ctx, const struct record *rec, const struct record *old)
{
    const char *const *names = open_fields(old);
    struct record_change *items = NULL;
    size_t len = 0;
    enum err rc = names ? record_diff(ctx, &items, &len, old, rec) : OK;

    for (size_t i = 0; rc == OK && i < len; i++)
        if (!among(names, items[i].path) && !text_equal(items[i].before, items[i].after))
            return ctx_fail_field(
                ctx, items[i].path,
                text_equal(old->status, STATUS_PLAN_SUBMITTED)
                    ? tr(ctx, "The plan waits for approval. Send it back to change it.")
                    : tr(ctx, "What was agreed stays as it is. Make a new version to change it."));
    return rc;
}

static enum err number_it(struct ctx *ctx, struct record *rec)
{
    struct record **items = NULL;
    int64_t most = 0;
    size_t len = 0;
    enum err rc = record_children_whole(ctx, &items, &len, FORM_PLAN, rec->parent_id);
    const char *amends = record_value(rec, FIELD_PLAN_AMENDS);
    bool there = !*amends;

    for (size_t i = 0; rc == OK && i < len; i++) {
        int64_t n = 0;

        there = there || text_equal(items[i]->id, amends);
        if (parse_int(record_value(items[i], FIELD_PLAN_PLAN_VERSION), 1, 999, &n) && n > most)
            most = n;
    }
    if (rc)
        return rc;
    if (!there)
        return ctx_fail_field(ctx, FIELD_PLAN_AMENDS, tr(ctx, "That is a plan of another case."));
    record_set(rec, FIELD_PLAN_PLAN_VERSION,
               arena_printf(ctx->arena, "%lld", (long long)(most < 999 ? most + 1 : 999)));
    return OK;
}

/* The date of the plan: the day on which the person signed, after it was approved. */
static void date_it(struct record *rec)
{
    const char *last = plan_person_signed(rec);

    if (*last && text_blank(record_value(rec, FIELD_PLAN_AGREED_ON)))
        record_set(rec, FIELD_PLAN_AGREED_ON, last);
}

static enum err before_save(struct ctx *ctx, struct record *rec, const struct record *old)
{
    struct record *of = NULL;
    enum err rc = OK;

    if (old)
        rc = check_changes(ctx, rec, old);
    else
        rc = number_it(ctx, rec);
    if (rc == OK)
        rc = plan_check_signatures(ctx, rec, old);
    if (rc)
        return rc;
    date_it(rec);
    if (!text_blank(record_value(rec, FIELD_PLAN_BASELINE_INTERVIEW)) ||
        (old && !text_equal(old->status, STATUS_PLAN_DRAFT)))
        return OK;
    rc = record_load_whole(ctx, &of, FORM_CASE, rec->parent_id);
    return rc ? rc : copy_scores(ctx, rec, of->parent_id);
}

const struct record_hooks plan_hooks = { .kind = FORM_PLAN,
                                         .before_save = before_save,
                                         .before_status = plan_before_status,
                                         .detail = plan_detail };
