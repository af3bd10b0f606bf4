/* Consent, contacts, plans, reviews and reports, as the forms of a case ask for them. */
#include <string.h>

#include "auth/auth.h"
#include "core/date.h"
#include "core/text.h"
#include "demo/demo_inner.h"
#include "forms_gen.h"
#include "plans/grid.h"
#include "plans/plan.h"
#include "plans/plan_sign.h"
#include "records/image.h"
#include "records/records.h"

#define SMALL 10000 /* an amount below this is no amount of francs or dinars */

static const char *later_day(const struct life *l, int64_t days)
{
    return date_from_days(l->ctx->arena, l->ctx->now_ms / DEMO_DAY_MS + days);
}

/* --- consent --- */

static void set_giver(struct life *l, struct record *rec)
{
    record_set(rec, FIELD_CONSENT_ABOUT_CHILD,
               l->child ? CODE_CONSENT_ABOUT_CHILD_YES : CODE_CONSENT_ABOUT_CHILD_NO);
    if (!l->child)
        return;
    record_set(rec, FIELD_CONSENT_GIVER, CODE_CONSENT_GIVER_GUARDIAN);
    record_set(rec, FIELD_CONSENT_GIVER_NAME, life_text(l, "guardian"));
    record_set(rec, FIELD_CONSENT_CHILD_OWN_CONSENT, CODE_CONSENT_CHILD_OWN_CONSENT_GIVEN);
}

static enum err new_consent(struct life *l, struct record **out, const char *about)
{
    struct record *rec = NULL;
    enum err rc = record_new(l->ctx, &rec, FORM_CONSENT, l->person_id);

    if (rc)
        return rc;
    record_set(rec, FIELD_CONSENT_ABOUT, about);
    record_set(rec, FIELD_CONSENT_LANGUAGE, life_lang(l));
    record_set(rec, FIELD_CONSENT_EXPLAINED,
               "purpose collection_storage_use sharing right_to_refuse no_effect_on_services");
    record_set(rec, FIELD_CONSENT_MODE,
               dice_chance(&l->dice, 75) ? CODE_CONSENT_MODE_WRITTEN : CODE_CONSENT_MODE_VERBAL);
    record_set(rec, FIELD_CONSENT_GIVEN_AT, life_day(l));
    record_set(rec, FIELD_CONSENT_TAKEN_BY, l->ctx->user_id);
    set_giver(l, rec);
    *out = rec;
    return OK;
}

static enum err take_consent(struct life *l, const char *about, const char *components)
{
    struct record *rec = NULL;
    bool refused = !components && dice_chance(&l->dice, 2);
    enum err rc = new_consent(l, &rec, about);

    if (rc)
        return rc;
    record_set(rec, FIELD_CONSENT_PURPOSES, "assistance monitoring");
    if (components)
        record_set(rec, FIELD_CONSENT_COMPONENTS, components);
    record_set(rec, FIELD_CONSENT_DATA_CATEGORIES, "identity contact family needs");
    rc = record_insert(l->ctx, rec);
    l->consented = l->consented || !refused;
    return rc ? rc
              : record_set_status(l->ctx, rec, rec->version,
                                  refused ? STATUS_CONSENT_REFUSED : STATUS_CONSENT_GIVEN, NULL);
}

enum err play_consent(struct life *l, const struct step *s)
{
    (void)s;
    act_as(l, l->family->worker);
    return take_consent(l, CODE_CONSENT_ABOUT_ASSISTANCE_PROCESS, NULL);
}

/* --- contacts --- */

static const char *result_of(const struct step *s)
{
    if (text_equal(s->other, CODE_ACTION_ACTION_OUTCOME_NOT_REACHED))
        return CODE_CONTACT_CONTACT_RESULT_NOT_REACHED;
    return CODE_CONTACT_CONTACT_RESULT_REACHED;
}

/* How it goes, by the level that interviews are answered from. */
static const char *going(struct life *l)
{
    int level = (l->levels[0] + l->levels[1] + l->levels[2]) / 3;

    if (dice_chance(&l->dice, 6))
        return CODE_CONTACT_HOW_IS_IT_GOING_NO_ANSWER;
    return level < 30   ? CODE_CONTACT_HOW_IS_IT_GOING_BADLY
           : level < 58 ? CODE_CONTACT_HOW_IS_IT_GOING_MIXED
                        : CODE_CONTACT_HOW_IS_IT_GOING_WELL;
}

enum err play_contact(struct life *l, const struct step *s)
{
    static const char *const modes[] = { CODE_CONTACT_CONTACT_MODE_PHONE,
                                         CODE_CONTACT_CONTACT_MODE_PHONE,
                                         CODE_CONTACT_CONTACT_MODE_FACE_TO_FACE,
                                         CODE_CONTACT_CONTACT_MODE_MESSAGE, NULL };
    bool visit = text_equal(s->word, CODE_ACTION_ACTION_KIND_VISIT);
    bool before = s->day < l->family->arrive;
    struct record *rec = NULL;
    enum err rc;

    act_as(l, l->family->worker);
    rc = record_new(l->ctx, &rec, FORM_CONTACT, l->case_id);
    if (rc)
        return rc;
    record_set(rec, FIELD_CONTACT_CONTACT_ON, life_day(l));
    record_set(rec, FIELD_CONTACT_CONTACT_MODE,
               visit ? CODE_CONTACT_CONTACT_MODE_HOME_VISIT : dice_word(&l->dice, modes));
    record_set(rec, FIELD_CONTACT_CONTACT_RESULT, result_of(s));
    record_set(rec, FIELD_CONTACT_CONTACT_PHASE,
               before ? CODE_CONTACT_CONTACT_PHASE_PRE_RETURN
                      : CODE_CONTACT_CONTACT_PHASE_POST_ARRIVAL);
    record_set(rec, FIELD_CONTACT_CONTACT_BY, l->ctx->user_id);
    if (text_equal(result_of(s), CODE_CONTACT_CONTACT_RESULT_REACHED)) {
        record_set(rec, FIELD_CONTACT_HOW_IS_IT_GOING, going(l));
        put_decided(l, rec, FIELD_CONTACT_CONTACT_PROPOSED_BY, FIELD_CONTACT_CONTACT_DECIDED_BY);
        if (text_equal(s->other, CODE_ACTION_ACTION_OUTCOME_WANTS_TO_STOP))
            record_set(rec, FIELD_CONTACT_WISHES_TO_STOP, CODE_CONTACT_WISHES_TO_STOP_YES);
    }
    if (dice_chance(&l->dice, 85))
        record_set(rec, FIELD_CONTACT_CONTACT_NOTE, life_note(l, s));
    if (dice_chance(&l->dice, 25))
        record_set(rec, FIELD_CONTACT_NEXT_CONTACT_ON,
                   later_day(l, dice_between(&l->dice, 20, 70)));
    return record_insert(l->ctx, rec);
}

/* --- the plan --- */

struct idea {
    const struct csv_table *plans;
    const struct csv_table *lines;
    size_t row;
};

static const char *cell(const struct idea *i, const char *column)
{
    return csv_table_cell(i->plans, i->row, column);
}

static void add_line(struct life *l, struct record *rec, const struct idea *i, size_t line)
{
    static const char *const fields[][2] = {
        { FIELD_PLAN_LINE_SECTION, "section" },     { FIELD_PLAN_LINE_CODE, "code" },
        { FIELD_PLAN_LINE_DIMENSION, "dimension" }, { FIELD_PLAN_LINE_COMPONENT, "component" },
        { FIELD_PLAN_LINE_NEED, "need" },           { FIELD_PLAN_LINE_ACTION, "action" }
    };
    struct answers *row = add_row(l->ctx, rec, FIELD_PLAN_LINES);
    struct answers *cost;

    for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++)
        put(rec, row, fields[f][0], csv_table_cell(i->lines, line, fields[f][1]));
    put(rec, row, FIELD_PLAN_LINE_LEVEL, CODE_PLAN_LINE_LEVEL_INDIVIDUAL);
    put(rec, row, FIELD_PLAN_LINE_FOR, CODE_PLAN_LINE_FOR_RETURNEE);
    if (text_equal(csv_table_cell(i->lines, line, "code"),
                   CODE_PLAN_LINE_CODE_INCOME_GENERATING_ACTIVITY))
        put(rec, row, FIELD_PLAN_LINE_INCOME_KIND,
            CODE_PLAN_LINE_INCOME_KIND_INDIVIDUAL_MICROBUSINESS);
    put(rec, row, FIELD_PLAN_LINE_RESPONSIBLE,
        dice_chance(&l->dice, 60) ? CODE_PLAN_LINE_RESPONSIBLE_CASE_MANAGER
                                  : CODE_PLAN_LINE_RESPONSIBLE_RETURNEE);
    put(rec, row, FIELD_PLAN_LINE_NEEDS_REFERRAL, CODE_PLAN_LINE_NEEDS_REFERRAL_NO);
    put(rec, row, FIELD_PLAN_LINE_START, later_day(l, dice_between(&l->dice, 5, 40)));
    put(rec, row, FIELD_PLAN_LINE_EXPECTED_END, later_day(l, dice_between(&l->dice, 60, 300)));
    put(rec, row, FIELD_PLAN_LINE_STATUS, CODE_PLAN_LINE_STATUS_PLANNED);
    cost = answers_add_row(l->ctx->arena, row, field_find(rec->form, FIELD_PLAN_COSTS));
    put(rec, cost, FIELD_PLAN_GOODS_EQUIPMENT_SERVICE, csv_table_cell(i->lines, line, "good"));
    put(rec, cost, FIELD_PLAN_ESTIMATED_COST,
        arena_printf(l->ctx->arena, "%s %s", csv_table_cell(i->lines, line, "cost"),
                     cell(i, "currency")));
    if (!text_blank(l->programme))
        put(rec, cost, FIELD_PLAN_COST_FUND,
            arena_printf(l->ctx->arena, "%s-%s", l->programme, cell(i, "fund")));
}

/* Lines of the idea; *components_out = the parts that they stand for, with spaces between. */
static void add_lines(struct life *l, struct record *rec, const struct idea *i,
                      const char **components_out)
{
    const char *all = "";

    for (size_t k = 0; k < i->lines->len; k++) {
        const char *component = csv_table_cell(i->lines, k, "component");

        if (!text_equal(csv_table_cell(i->lines, k, "plan"), cell(i, "plan")))
            continue;
        add_line(l, rec, i, k);
        all = arena_printf(l->ctx->arena, "%s%s%s", all, all[0] ? " " : "", component);
    }
    *components_out = all;
}

/* Why a part has no line; what is not asked for is left out when the record is checked. */
static void set_without(struct life *l, struct record *rec)
{
    static const char *const fields[] = { FIELD_PLAN_WITHOUT_FINANCIAL_ALLOCATION,
                                          FIELD_PLAN_WITHOUT_INCOME_GENERATION,
                                          FIELD_PLAN_WITHOUT_VOCATIONAL_TRAINING,
                                          FIELD_PLAN_WITHOUT_HOUSING_FOOD_NUTRITION,
                                          FIELD_PLAN_WITHOUT_LEGAL_DOCUMENTATION,
                                          FIELD_PLAN_WITHOUT_EDUCATION_SKILLS,
                                          FIELD_PLAN_WITHOUT_MEDICAL_HEALTH,
                                          FIELD_PLAN_WITHOUT_TRANSPORT,
                                          FIELD_PLAN_WITHOUT_SECURITY,
                                          FIELD_PLAN_WITHOUT_PSYCHOSOCIAL,
                                          FIELD_PLAN_WITHOUT_FAMILY_NEEDS_COUNSELLING };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        record_set(rec, fields[i], life_text(l, "without"));
}

static void set_plan(struct life *l, struct record *rec, const struct idea *i)
{
    record_set(rec, FIELD_PLAN_OBJECTIVES, cell(i, "objectives"));
    record_set(rec, FIELD_PLAN_RETURNEE_OWN_OBJECTIVE, life_text(l, "motivations"));
    record_set(rec, FIELD_PLAN_HORIZON_MONTHS, "12");
    record_set(rec, FIELD_PLAN_SUMMARY_ECONOMIC, cell(i, "economic"));
    record_set(rec, FIELD_PLAN_SUMMARY_SOCIAL, cell(i, "social"));
    record_set(rec, FIELD_PLAN_SUMMARY_PSYCHOSOCIAL, cell(i, "psychosocial"));
    record_set(rec, FIELD_PLAN_CURRENCY, cell(i, "currency"));
    record_set(rec, FIELD_PLAN_CEILING, cell(i, "ceiling"));
    record_set(rec, FIELD_PLAN_EXPECTED_IMPROVEMENT, life_text(l, "plan_hope"));
    record_set(rec, FIELD_PLAN_MONITORING_HOW, life_text(l, "plan_monitoring"));
    record_set(rec, FIELD_PLAN_NEXT_REVIEW_ON, later_day(l, 170));
    record_set(rec, FIELD_PLAN_SHARING_RULE, life_text(l, "plan_sharing"));
    record_set(rec, FIELD_PLAN_EXIT_END_DATE, later_day(l, 365));
    record_set(rec, FIELD_PLAN_EXIT_HOW, life_text(l, "plan_exit"));
    set_without(l, rec);
}

static enum err submit(struct life *l, struct record *rec)
{
    return record_set_status(l->ctx, rec, rec->version, STATUS_PLAN_SUBMITTED, NULL);
}

static enum err decide(struct life *l, struct record *rec, const char *status, const char *reason)
{
    enum err rc;

    act_as(l, l->family->supervisor);
    rc = record_set_status(l->ctx, rec, rec->version, status, reason);
    act_as(l, l->family->worker);
    return rc;
}

/*
 * Chance that has no part in the rest of the life: what is added here changes nobody's.
 */
static struct dice aside(const struct life *l)
{
    return (struct dice){ l->dice.state ^ UINT64_C(0x5851f42d4c957f2d) };
}

/* One in four draws the name with a finger or a pen. */
static enum err draw(struct life *l, struct plan_signing *s)
{
    struct dice dice = aside(l);
    struct image_bytes png = { 0 };
    enum err rc = OK;

    if (l->w->brief || text_equal(s->mode, CODE_PLAN_APPROVAL_MODE_VERBAL_WITNESSED) ||
        !dice_chance(&dice, 25))
        return OK;
    rc = demo_signature(l->ctx, &png, &dice);
    s->mode = CODE_PLAN_APPROVAL_MODE_SIGNATURE;
    s->upload = (struct upload_bytes){ "signature.png", png.bytes, png.len };
    return rc;
}

/* Two in five are also sent to a partner, on the day on which the plan comes into force. */
static enum err refer(struct life *l)
{
    const struct dice was = l->dice;
    enum err rc = OK;

    l->dice = aside(l);
    if (!l->w->brief && dice_chance(&l->dice, 40))
        rc = demo_referral(l, new_consent);
    l->dice = was;
    return rc;
}

/* The person signs, or speaks before a witness; most take a copy home. */
static enum err sign(struct life *l, struct record *rec)
{
    bool spoken = dice_chance(&l->dice, 12);
    struct plan_signing s = {
        .by = CODE_PLAN_APPROVAL_BY_RETURNEE,
        .name = csv_table_cell(&l->w->lists.names, l->names[NAME_GIVEN], "latin"),
        .mode = spoken ? CODE_PLAN_APPROVAL_MODE_VERBAL_WITNESSED : CODE_PLAN_APPROVAL_MODE_TYPED,
        .witness = spoken ? l->ctx->user->name : "",
        .on = life_day(l),
        .place = life_text(l, "town"),
        .missing = "",
    };
    struct plan_copy copy = { .on = life_day(l),
                              .lang = life_lang(l),
                              .how = dice_chance(&l->dice, 80)
                                         ? CODE_PLAN_RETURNEE_COPY_HOW_PAPER
                                         : CODE_PLAN_RETURNEE_COPY_HOW_MESSAGE };
    struct plan_signed done = { 0 };
    enum err rc = draw(l, &s);

    if (rc == OK)
        rc = plan_sign(l->ctx, &done, rec->id, rec->version, &s);

    if (rc == OK && !done.agreed)
        return ctx_fail(l->ctx, ERR_INVALID, done.wants);
    if (rc == OK)
        rc = record_load(l->ctx, &rec, FORM_PLAN, rec->id);
    if (rc == OK && dice_chance(&l->dice, 85))
        rc = plan_copy_given(l->ctx, rec->id, rec->version, &copy);
    return rc;
}

/*
 * Submitted; approved by the supervisor, some only when they come again; signed; in force once the
 * person has consented. Some stop on the way.
 */
static enum err approve(struct life *l, struct record *rec, const char *components)
{
    enum err rc = submit(l, rec);

    if (rc || dice_chance(&l->dice, 4))
        return rc;
    if (dice_chance(&l->dice, 8)) {
        rc = decide(l, rec, STATUS_PLAN_DRAFT, life_text(l, "reason_plan_back"));
        if (rc || dice_chance(&l->dice, 30))
            return rc;
        rc = submit(l, rec);
    }
    if (rc == OK)
        rc = decide(l, rec, STATUS_PLAN_APPROVED, NULL);
    if (rc || dice_chance(&l->dice, 3))
        return rc;
    rc = sign(l, rec);
    if (rc || !l->consented || dice_chance(&l->dice, 2))
        return rc;
    rc = take_consent(l, CODE_CONSENT_ABOUT_PLAN, components);
    if (rc == OK)
        rc = record_load(l->ctx, &rec, FORM_PLAN, rec->id);
    if (rc == OK)
        rc = record_set_status(l->ctx, rec, rec->version, STATUS_PLAN_ACTIVE, NULL);
    if (rc == OK)
        l->plan_id = rec->id;
    return rc ? rc : refer(l);
}

/* --- a plan in force: changed, and carried out --- */

static const char *components_of(struct life *l, const struct record *rec)
{
    const struct field *lines = field_find(rec->form, FIELD_PLAN_LINES);
    const struct field *part = field_find(rec->form, FIELD_PLAN_LINE_COMPONENT);
    const char *all = "";

    for (size_t i = 0; i < rec->answers->rows_len[lines->place]; i++)
        all = arena_printf(l->ctx->arena, "%s%s%s", all, i ? " " : "",
                           answers_get(rec->answers->rows[lines->place][i], part));
    return all;
}

/* A new version with other dates, which goes the whole way again and replaces the old one. */
static enum err amend(struct life *l)
{
    const char *why = life_text(l, "review_changes");
    const struct field *lines;
    struct record *rec = NULL;
    enum err rc = plan_amend(l->ctx, &rec, l->plan_id, why);

    if (rc)
        return rc;
    lines = field_find(rec->form, FIELD_PLAN_LINES);
    record_set(rec, FIELD_PLAN_NEXT_REVIEW_ON, later_day(l, 170));
    if (rec->answers->rows_len[lines->place]) {
        put(rec, rec->answers->rows[lines->place][0], FIELD_PLAN_LINE_EXPECTED_END,
            later_day(l, dice_between(&l->dice, 90, 200)));
        put(rec, rec->answers->rows[lines->place][0], FIELD_PLAN_LINE_DETAIL, why);
    }
    rc = record_update(l->ctx, rec, rec->version);
    if (rc == OK)
        rc = submit(l, rec);
    if (rc == OK)
        rc = decide(l, rec, STATUS_PLAN_APPROVED, NULL);
    if (rc == OK)
        rc = sign(l, rec);
    if (rc == OK)
        rc = take_consent(l, CODE_CONSENT_ABOUT_PLAN, components_of(l, rec));
    if (rc == OK)
        rc = record_load(l->ctx, &rec, FORM_PLAN, rec->id);
    if (rc == OK)
        rc = plan_activate(l->ctx, rec->id, rec->version);
    if (rc == OK)
        l->plan_id = rec->id;
    return rc;
}

/* What goods and services really cost: near the estimate, in hundreds; of
 * euros in tens. */
static void pay(struct life *l, struct record *rec, struct answers *line)
{
    const struct field *costs = field_find(rec->form, FIELD_PLAN_COSTS);
    const struct field *planned = field_find(rec->form, FIELD_PLAN_ESTIMATED_COST);

    for (size_t k = 0; k < line->rows_len[costs->place]; k++) {
        const char *money = answers_get(line->rows[costs->place][k], planned);
        const char *space = money ? strchr(money, ' ') : NULL;
        int64_t amount = 0;
        int64_t round;

        if (!space || !parse_int(arena_strndup(l->ctx->arena, money, strcspn(money, ". ")), 0,
                                 INT64_C(1000000000), &amount))
            continue;
        round = amount < SMALL ? 10 : 100;
        amount = amount * dice_between(&l->dice, 85, 112) / (100 * round) * round;
        put(rec, line->rows[costs->place][k], FIELD_PLAN_ACTUAL_COST,
            arena_printf(l->ctx->arena, "%lld%s", (long long)amount, space));
    }
}

/* Before a report: what was done by then, and what it cost. */
static enum err carry_out(struct life *l, uint32_t chance)
{
    const struct field *lines;
    const struct field *status;
    struct record *rec = NULL;
    bool changed = false;
    enum err rc;

    if (!l->plan_id)
        return OK;
    rc = record_load(l->ctx, &rec, FORM_PLAN, l->plan_id);
    if (rc)
        return rc;
    lines = field_find(rec->form, FIELD_PLAN_LINES);
    status = field_find(rec->form, FIELD_PLAN_LINE_STATUS);
    for (size_t i = 0; i < rec->answers->rows_len[lines->place]; i++) {
        struct answers *line = rec->answers->rows[lines->place][i];

        if (!text_equal(answers_get(line, status), CODE_PLAN_LINE_STATUS_PLANNED) ||
            !dice_chance(&l->dice, chance))
            continue;
        put(rec, line, FIELD_PLAN_LINE_STATUS, CODE_PLAN_LINE_STATUS_DONE);
        put(rec, line, FIELD_PLAN_LINE_DONE_ON, life_day(l));
        pay(l, rec, line);
        changed = true;
    }
    return changed ? record_update(l->ctx, rec, rec->version) : OK;
}

/* One approach that was weighed with the person before the plan: chosen, or put off. */
static enum err weigh(struct life *l)
{
    static const char *const rows[] = { "vocational_training", "mentorship", "cash_assistance",
                                        "returnee_associations", NULL };
    const char *row = dice_word(&l->dice, rows);
    const struct grid_said said = { arena_printf(l->ctx->arena, "%s_i1", row),
                                    dice_chance(&l->dice, 75) ? "yes" : "no" };
    const struct grid_decision d = { .row = row,
                                     .own = "",
                                     .decision =
                                         dice_chance(&l->dice, 70) ? "selected" : "deferred",
                                     .reason = life_text(l, "motivations"),
                                     .with_person = true };
    enum err rc = OK;

    if (text_equal(row, "mentorship")) /* the others are answered by the case itself */
        rc = grid_answer_set(l->ctx, l->case_id, &said, 1, "");
    return rc ? rc : grid_decide(l->ctx, l->case_id, &d);
}

enum err play_plan(struct life *l, const struct step *s)
{
    const char *const match[] = { "language", life_lang(l), "sex", l->sex, NULL };
    struct idea i = { .plans = &l->w->lists.plans, .lines = &l->w->lists.plan_lines };
    const char *components = "";
    struct record *rec = NULL;
    enum err rc;

    (void)s;
    act_as(l, l->family->worker);
    i.row = dice_row(&l->dice, i.plans, match);
    rc = !l->w->brief && dice_chance(&l->dice, 20) ? weigh(l) : OK;
    if (rc)
        return rc;
    rc = record_new(l->ctx, &rec, FORM_PLAN, l->case_id);
    if (rc)
        return rc;
    add_lines(l, rec, &i, &components);
    set_plan(l, rec, &i);
    put_decided(l, rec, FIELD_PLAN_PLAN_PROPOSED_BY, FIELD_PLAN_PLAN_DECIDED_BY);
    rc = record_insert(l->ctx, rec);
    return rc ? rc : approve(l, rec, components);
}

enum err end_plan(struct life *l)
{
    struct record *rec = NULL;
    enum err rc;

    if (!l->plan_id)
        return OK;
    rc = record_load(l->ctx, &rec, FORM_PLAN, l->plan_id);
    l->plan_id = NULL;
    return rc ? rc
              : record_set_status(l->ctx, rec, rec->version, STATUS_PLAN_ENDED,
                                  life_text(l, "reason_plan_end"));
}

enum err play_review(struct life *l, const struct step *s)
{
    bool change = dice_chance(&l->dice, 25);
    struct record *rec = NULL;
    enum err rc;

    act_as(l, l->family->worker);
    rc = record_new(l->ctx, &rec, FORM_PLAN_REVIEW, l->case_id);
    if (rc)
        return rc;
    record_set(rec, FIELD_PLAN_REVIEW_REVIEW_DATE, life_day(l));
    record_set(rec, FIELD_PLAN_REVIEW_REVIEW_TRIGGER,
               dice_chance(&l->dice, 80) ? CODE_PLAN_REVIEW_REVIEW_TRIGGER_PERIODIC
                                         : CODE_PLAN_REVIEW_REVIEW_TRIGGER_NEED_CHANGED);
    if (l->plan_id)
        record_set(rec, FIELD_PLAN_REVIEW_REVIEWED_PLAN, l->plan_id);
    record_set(rec, FIELD_PLAN_REVIEW_RETURNEE_TOOK_PART, CODE_PLAN_REVIEW_RETURNEE_TOOK_PART_YES);
    record_set(rec, FIELD_PLAN_REVIEW_REVIEW_FINDINGS, life_text(l, s->word));
    record_set(rec, FIELD_PLAN_REVIEW_REVIEW_DECISION,
               change ? CODE_PLAN_REVIEW_REVIEW_DECISION_CHANGE
                      : CODE_PLAN_REVIEW_REVIEW_DECISION_GO_ON);
    put_decided(l, rec, FIELD_PLAN_REVIEW_REVIEW_PROPOSED_BY, FIELD_PLAN_REVIEW_REVIEW_DECIDED_BY);
    if (change) {
        record_set(rec, FIELD_PLAN_REVIEW_REVIEW_CHANGES, life_text(l, "review_changes"));
        record_set(rec, FIELD_PLAN_REVIEW_REVIEW_COPY_GIVEN_AT, life_day(l));
    }
    rc = record_insert(l->ctx, rec);
    return rc == OK && change && l->plan_id ? amend(l) : rc;
}

/* --- reports, and what changes in a life --- */

enum err play_report(struct life *l, const struct step *s)
{
    static const char *const states[] = { CODE_MONITORING_REPORT_PLAN_STATE_ON_TRACK,
                                          CODE_MONITORING_REPORT_PLAN_STATE_ON_TRACK,
                                          CODE_MONITORING_REPORT_PLAN_STATE_DELAYED, NULL };
    struct record *rec = NULL;
    enum err rc;

    act_as(l, l->family->worker);
    rc = carry_out(l, text_equal(s->word, CODE_MONITORING_REPORT_REPORT_KIND_FINAL) ? 85 : 55);
    if (rc)
        return rc;
    rc = record_new(l->ctx, &rec, FORM_MONITORING_REPORT, l->case_id);
    if (rc)
        return rc;
    record_set(rec, FIELD_MONITORING_REPORT_REPORT_KIND, s->word);
    record_set(rec, FIELD_MONITORING_REPORT_REPORT_DATE, life_day(l));
    record_set(rec, FIELD_MONITORING_REPORT_REPORT_BY, l->ctx->user_id);
    record_set(rec, FIELD_MONITORING_REPORT_PLAN_PROGRESS, life_text(l, "report_progress"));
    record_set(rec, FIELD_MONITORING_REPORT_PLAN_STATE, dice_word(&l->dice, states));
    record_set(rec, FIELD_MONITORING_REPORT_RECOMMENDATIONS, life_text(l, "report_next"));
    rc = record_insert(l->ctx, rec);
    if (rc || dice_chance(&l->dice, 12))
        return rc;
    return record_set_status(l->ctx, rec, rec->version, STATUS_MONITORING_REPORT_FINAL, NULL);
}

enum err play_change(struct life *l, const struct step *s)
{
    static const char *const kinds[] = { CODE_CHANGE_EVENT_CHANGE_KIND_FAMILY,
                                         CODE_CHANGE_EVENT_CHANGE_KIND_INCOME,
                                         CODE_CHANGE_EVENT_CHANGE_KIND_HOUSING,
                                         CODE_CHANGE_EVENT_CHANGE_KIND_OTHER, NULL };
    struct record *rec = NULL;
    enum err rc;

    (void)s;
    act_as(l, l->family->worker);
    rc = record_new(l->ctx, &rec, FORM_CHANGE_EVENT, l->case_id);
    if (rc)
        return rc;
    record_set(rec, FIELD_CHANGE_EVENT_CHANGED_ON, life_day(l));
    record_set(rec, FIELD_CHANGE_EVENT_CHANGE_KIND, dice_word(&l->dice, kinds));
    record_set(rec, FIELD_CHANGE_EVENT_CHANGE_DESCRIPTION, life_text(l, "change"));
    record_set(rec, FIELD_CHANGE_EVENT_CHANGE_DRASTIC, CODE_CHANGE_EVENT_CHANGE_DRASTIC_NO);
    return record_insert(l->ctx, rec);
}
