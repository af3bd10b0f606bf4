/* What is known of one person, from the records of the case, for who plans with them. */
#include "plans/inputs.h"

#include "auth/auth.h"
#include "core/buf.h"
#include "core/date.h"
#include "core/text.h"
#include "forms_gen.h"
#include "records/records.h"
#include "survey/survey.h"

#define VALUE_BYTES ((size_t)4000)

enum source {
    FROM_PERSON,
    FROM_RETURN,
    FROM_SESSION,
    FROM_CASE_ITSELF,
    FROM_HEARD,
    FROM_PLAN,
    SOURCES
};

/* good and bad: a value that is an opportunity, a risk; NULL = the group, whatever it is. */
static const struct {
    enum source source;
    enum input_group group;
    const char *field;
    const char *good;
    const char *bad;
} wanted[] = {
    { FROM_PERSON, INPUT_PROFILE, FIELD_PERSON_SEX, NULL, NULL },
    { FROM_PERSON, INPUT_PROFILE, FIELD_PERSON_NATIONALITY, NULL, NULL },
    { FROM_PERSON, INPUT_PROFILE, FIELD_PERSON_LANGUAGE_CODE, NULL, NULL },
    { FROM_RETURN, INPUT_PROFILE, FIELD_RETURN_EVENT_ARRIVAL_DATE, NULL, NULL },
    { FROM_RETURN, INPUT_PROFILE, FIELD_RETURN_EVENT_ABSENCE_YEARS, NULL, NULL },
    { FROM_SESSION, INPUT_NEEDS, FIELD_FIRST_SESSION_IMMEDIATE_NEEDS, NULL, NULL },
    { FROM_HEARD, INPUT_NEEDS, FIELD_CONTACT_NEW_NEED, NULL, NULL },
    { FROM_SESSION, INPUT_SKILLS, FIELD_FIRST_SESSION_LIFE_SKILLS, NULL, NULL },
    { FROM_SESSION, INPUT_SKILLS, FIELD_FIRST_SESSION_INTERESTS, NULL, NULL },
    { FROM_SESSION, INPUT_MOTIVATIONS, FIELD_FIRST_SESSION_LIFE_OBJECTIVES, NULL, NULL },
    { FROM_SESSION, INPUT_MOTIVATIONS, FIELD_FIRST_SESSION_ASPIRATIONS, NULL, NULL },
    { FROM_SESSION, INPUT_MOTIVATIONS, FIELD_FIRST_SESSION_EXPECTATIONS, NULL, NULL },
    { FROM_PLAN, INPUT_MOTIVATIONS, FIELD_PLAN_RETURNEE_OWN_OBJECTIVE, NULL, NULL },
    { FROM_PLAN, INPUT_MOTIVATIONS, FIELD_PLAN_MOTIVATIONS, NULL, NULL },
    { FROM_RETURN, INPUT_MOTIVATIONS, FIELD_RETURN_EVENT_RETURN_MOTIVES, NULL, NULL },
    { FROM_CASE_ITSELF, INPUT_ELIGIBILITY, FIELD_CASE_RETURN_CONTEXT, NULL, NULL },
    { FROM_CASE_ITSELF, INPUT_ELIGIBILITY, FIELD_CASE_ELIGIBILITY_BASIS, NULL, NULL },
    { FROM_RETURN, INPUT_CONTEXT, FIELD_RETURN_EVENT_PLACE_OF_RETURN, NULL, NULL },
    { FROM_RETURN, INPUT_CONTEXT, FIELD_RETURN_EVENT_SAME_COMMUNITY, NULL, NULL },
    { FROM_RETURN, INPUT_CONTEXT, FIELD_RETURN_EVENT_REMOTE_PLACE, "", "yes" },
    { FROM_CASE_ITSELF, INPUT_RISKS, FIELD_CASE_VULNERABLE, "", "yes" },
    { FROM_CASE_ITSELF, INPUT_RISKS, FIELD_CASE_VULNERABILITY_FLAG, NULL, NULL },
    { FROM_CASE_ITSELF, INPUT_RISKS, FIELD_CASE_RISK_LEVEL, NULL, NULL },
    { FROM_RETURN, INPUT_PROFILE, FIELD_RETURN_EVENT_PREPARED, "yes", "no" },
    { FROM_RETURN, INPUT_PROFILE, FIELD_RETURN_EVENT_HAS_NETWORK, "yes", "no" },
    { FROM_RETURN, INPUT_PROFILE, FIELD_RETURN_EVENT_HAS_PAPERS, "yes", "no" },
    { FROM_RETURN, INPUT_PROFILE, FIELD_RETURN_EVENT_SPEAKS_LOCAL_LANGUAGE, "yes", "no" },
    { FROM_SESSION, INPUT_RISKS, FIELD_FIRST_SESSION_RISKS_SEEN, NULL, NULL },
    { FROM_SESSION, INPUT_RISKS, FIELD_FIRST_SESSION_VULNERABILITIES_SEEN, NULL, NULL },
    { FROM_SESSION, INPUT_RISKS, FIELD_FIRST_SESSION_OBSTACLES, NULL, NULL },
    { FROM_SESSION, INPUT_RISKS, FIELD_FIRST_SESSION_LIFE_CHALLENGES, NULL, NULL },
    { FROM_HEARD, INPUT_RISKS, FIELD_CONTACT_NEW_RISK, NULL, NULL },
    { FROM_HEARD, INPUT_RISKS, FIELD_CONTACT_CHALLENGES, NULL, NULL },
    { FROM_SESSION, INPUT_OPPORTUNITIES, FIELD_FIRST_SESSION_STRENGTHS, NULL, NULL },
    { FROM_SESSION, INPUT_OPPORTUNITIES, FIELD_FIRST_SESSION_RESOURCES, NULL, NULL },
    { FROM_HEARD, INPUT_OPPORTUNITIES, FIELD_CONTACT_OPPORTUNITIES, NULL, NULL },
};

struct gathering {
    struct ctx *ctx;
    struct inputs *out;
    const struct record *of;
    struct record *sources[SOURCES]; /* NULL = none, or not to be read */
};

const char *input_group_title(struct ctx *ctx, enum input_group group)
{
    const char *const titles[INPUT_GROUPS] = {
        [INPUT_PROFILE] = tr(ctx, "The person"),
        [INPUT_NEEDS] = tr(ctx, "Needs"),
        [INPUT_SKILLS] = tr(ctx, "Skills and interests"),
        [INPUT_MOTIVATIONS] = tr(ctx, "Objectives and motivations"),
        [INPUT_SCORES] = tr(ctx, "Reintegration scores"),
        [INPUT_ELIGIBILITY] = tr(ctx, "Eligibility"),
        [INPUT_CONTEXT] = tr(ctx, "The place"),
        [INPUT_RISKS] = tr(ctx, "What may go wrong"),
        [INPUT_OPPORTUNITIES] = tr(ctx, "What there is to build on"),
    };

    return titles[group];
}

/* --- records --- */

/* The one of a kind whose day is greatest, or the last that was written; opened as its page would.
 */
static enum err newest(struct ctx *ctx, struct record **out, const char *kind, const char *parent,
                       const char *day)
{
    const struct form *form = form_find(ctx->forms, kind);
    struct record **items = NULL;
    const struct record *best = NULL;
    size_t len = 0;
    enum err rc;

    *out = NULL;
    if (!user_may_do(ctx->user, kind, "view") || form->privacy > ctx->user->clearance)
        return OK;
    rc = record_children_whole(ctx, &items, &len, kind, parent);
    for (size_t i = 0; rc == OK && i < len; i++)
        if (!text_equal(items[i]->status, RECORD_DELETED) &&
            (!best || !day ||
             text_compare(record_value(items[i], day), record_value(best, day)) >= 0))
            best = items[i];
    if (rc == OK && best)
        rc = record_load(ctx, out, kind, best->id);
    return rc == ERR_NOT_FOUND ? OK : rc;
}

static enum err load_sources(struct gathering *g)
{
    struct ctx *ctx = g->ctx;
    enum err rc = OK;

    if (user_may(ctx->user, PERM_PERSON_VIEW))
        rc = record_load(ctx, &g->sources[FROM_PERSON], FORM_PERSON, g->of->parent_id);
    if (rc == ERR_NOT_FOUND)
        rc = OK;
    if (rc == OK)
        rc = newest(ctx, &g->sources[FROM_RETURN], FORM_RETURN_EVENT, g->of->parent_id,
                    FIELD_RETURN_EVENT_ARRIVAL_DATE);
    if (rc == OK)
        rc = newest(ctx, &g->sources[FROM_SESSION], FORM_FIRST_SESSION, g->of->id,
                    FIELD_FIRST_SESSION_SESSION_ON);
    if (rc == OK)
        rc =
            newest(ctx, &g->sources[FROM_HEARD], FORM_CONTACT, g->of->id, FIELD_CONTACT_CONTACT_ON);
    return rc;
}

/* --- lines --- */

static void add(struct gathering *g, enum input_group group, const char *label, const char *value,
                const struct record *from)
{
    if (text_blank(value) || g->out->len == INPUTS_MAX)
        return;
    g->out->items[g->out->len++] = (struct input){ .group = group,
                                                   .label = label,
                                                   .value = value,
                                                   .kind = from ? from->form->kind : NULL,
                                                   .id = from ? from->id : NULL };
}

/* Of a question at the top, or of all rows of a repeat there. */
static const char *value_of(struct gathering *g, const struct record *rec, const struct field *f)
{
    const struct field *repeat = f->repeat;
    struct buf b;

    if (!repeat)
        return record_value(rec, f->name)[0] ? answers_shown(g->ctx, f, record_value(rec, f->name))
                                             : "";
    buf_init(&b, g->ctx->arena, VALUE_BYTES);
    for (size_t i = 0; i < rec->answers->rows_len[repeat->place]; i++) {
        const char *value = answers_get(rec->answers->rows[repeat->place][i], f);

        if (!text_blank(value))
            buf_printf(&b, "%s%s", b.len > 0 ? " · " : "", answers_shown(g->ctx, f, value));
    }
    return buf_ok(&b) ? buf_text(&b) : "…";
}

static void add_wanted(struct gathering *g)
{
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        const struct record *rec = g->sources[wanted[i].source];
        const struct field *f = rec ? field_find(rec->form, wanted[i].field) : NULL;
        enum input_group group = wanted[i].group;
        const char *value;

        if (!f || !record_may_read(g->ctx, f))
            continue;
        value = f->repeat ? "" : record_value(rec, f->name);
        if (wanted[i].bad && text_equal(value, wanted[i].bad))
            group = INPUT_RISKS;
        else if (wanted[i].good && *wanted[i].good && text_equal(value, wanted[i].good))
            group = INPUT_OPPORTUNITIES;
        else if (wanted[i].bad && group == INPUT_RISKS)
            continue; /* said to be no risk */
        add(g, group, label_text(g->ctx, &f->label), value_of(g, rec, f), rec);
    }
}

/* What helps and what hinders, as it was said of the person. */
static void add_factors(struct gathering *g)
{
    const struct record *person = g->sources[FROM_PERSON];
    const struct field *repeat = person ? field_find(person->form, FIELD_PERSON_FACTORS) : NULL;
    const struct field *what = person ? field_find(person->form, FIELD_PERSON_FACTOR) : NULL;
    const struct field *text = person ? field_find(person->form, FIELD_PERSON_FACTOR_VALUE) : NULL;
    const struct field *effect =
        person ? field_find(person->form, FIELD_PERSON_FACTOR_EFFECT) : NULL;

    if (!person || !record_may_read(g->ctx, text))
        return;
    for (size_t i = 0; i < person->answers->rows_len[repeat->place]; i++) {
        const struct answers *row = person->answers->rows[repeat->place][i];
        const char *code = answers_get(row, what);
        const char *acts = answers_get(row, effect);
        enum input_group group = INPUT_PROFILE;

        if (text_equal(acts, CODE_PERSON_FACTOR_EFFECT_HINDERS))
            group = INPUT_RISKS;
        else if (text_equal(code, CODE_PERSON_FACTOR_SKILLSETS_KNOWLEDGE))
            group = INPUT_SKILLS;
        else if (text_equal(code, CODE_PERSON_FACTOR_MOTIVATIONS))
            group = INPUT_MOTIVATIONS;
        else if (text_equal(acts, CODE_PERSON_FACTOR_EFFECT_SUPPORTS))
            group = INPUT_OPPORTUNITIES;
        add(g, group, answers_shown(g->ctx, what, code), answers_get(row, text), person);
    }
}

static enum err add_scores(struct gathering *g)
{
    static const enum dimension order[] = { DIM_COMPOSITE, DIM_ECONOMIC, DIM_SOCIAL,
                                            DIM_PSYCHOSOCIAL };
    const char *const titles[] = { tr(g->ctx, "Composite"), tr(g->ctx, "Economic"),
                                   tr(g->ctx, "Social"), tr(g->ctx, "Psychosocial") };
    struct survey_result *items = NULL;
    size_t len = 0;
    enum err rc;

    if (!g->sources[FROM_PERSON] || !user_may(g->ctx->user, PERM_RSS_VIEW) ||
        form_find(g->ctx->forms, FORM_RSS)->privacy > g->ctx->user->clearance)
        return OK;
    rc = survey_results(g->ctx, &items, &len, g->sources[FROM_PERSON], NULL);
    for (size_t i = 0; rc == OK && len > 0 && i < sizeof(order) / sizeof(order[0]); i++) {
        double value = score_value(items[len - 1].scores.of[order[i]]);

        if (value < 0)
            continue;
        add(g, INPUT_SCORES, titles[i],
            tr(g->ctx, "{0} on {1}", TR_TEXT(tr_decimal(g->ctx, value, 2)),
               TR_DATE(items[len - 1].interview_date)),
            NULL);
        g->out->items[g->out->len - 1].kind = FORM_RSS;
        g->out->items[g->out->len - 1].id = items[len - 1].rss_id;
    }
    return rc;
}

/* What was answered once for the place. */
static void add_place(struct gathering *g, const struct grid_case *grid)
{
    const struct grid *all = grid_of();

    for (size_t i = 0; i < all->rows_len; i++)
        for (size_t k = 0; k < all->rows[i].criteria_len; k++) {
            const struct grid_finding *f = &grid->results[i].findings[k];

            if (f->from == FROM_PLACE && f->said && !f->hidden)
                add(g, INPUT_CONTEXT, label_text(g->ctx, &f->criterion->text),
                    answers_shown(g->ctx,
                                  field_find(f->said->form, FIELD_PLACE_ANSWER_PLACE_ANSWER),
                                  record_value(f->said, FIELD_PLACE_ANSWER_PLACE_ANSWER)),
                    NULL);
        }
}

static void add_age(struct gathering *g)
{
    const struct record *person = g->sources[FROM_PERSON];
    int age =
        person ? date_age(record_value(person, FIELD_PERSON_BIRTH_DATE), ctx_today(g->ctx)) : -1;

    if (age >= 0)
        add(g, INPUT_PROFILE, tr(g->ctx, "Age"), tr_decimal(g->ctx, age, 0), person);
}

enum err inputs_load(struct ctx *ctx, struct inputs *out, const struct grid_case *grid)
{
    struct gathering g = { .ctx = ctx, .out = out, .of = grid->rec };
    enum err rc = load_sources(&g);

    *out = (struct inputs){ .items = ARENA_ARRAY(ctx->arena, INPUTS_MAX, struct input) };
    if (rc)
        return rc;
    g.sources[FROM_CASE_ITSELF] = grid->rec;
    add_age(&g);
    add_wanted(&g);
    add_factors(&g);
    rc = add_scores(&g);
    add_place(&g, grid);
    return rc;
}

/* --- the four steps --- */

static void found(struct planning_step *step, enum step_state state, const char *day)
{
    if (state > step->state)
        step->state = state;
    if (text_compare(day, step->on) > 0)
        step->on = day;
}

static enum err step_review(struct ctx *ctx, struct planning_step *step, const struct record *of)
{
    struct record *session = NULL;
    struct record *interview = NULL;
    enum err rc = newest(ctx, &session, FORM_FIRST_SESSION, of->id, FIELD_FIRST_SESSION_SESSION_ON);

    if (rc == OK)
        rc = newest(ctx, &interview, FORM_RSS, of->parent_id, FIELD_RSS_INTERVIEW_DATE);
    if (rc)
        return rc;
    if (session)
        found(step,
              text_equal(session->status, STATUS_FIRST_SESSION_CLOSED) ? STEP_DONE : STEP_BEGUN,
              record_value(session, FIELD_FIRST_SESSION_SESSION_ON));
    if (interview)
        found(step, STEP_DONE, record_value(interview, FIELD_RSS_INTERVIEW_DATE));
    return OK;
}

/* The plan itself, and whether it says how it is followed. */
static enum err step_plan(struct ctx *ctx, struct planning_step out[PLANNING_STEPS],
                          const struct record *of)
{
    struct record *plan = NULL;
    enum err rc = newest(ctx, &plan, FORM_PLAN, of->id, NULL);
    bool agreed;

    if (rc || !plan || text_equal(plan->status, STATUS_PLAN_DISCARDED))
        return rc;
    agreed = text_equal(plan->status, STATUS_PLAN_AGREED) ||
             text_equal(plan->status, STATUS_PLAN_ACTIVE) ||
             text_equal(plan->status, STATUS_PLAN_ENDED);
    found(&out[2], agreed ? STEP_DONE : STEP_BEGUN, record_value(plan, FIELD_PLAN_AGREED_ON));
    if (!text_blank(record_value(plan, FIELD_PLAN_MONITORING_HOW)) ||
        !text_blank(record_value(plan, FIELD_PLAN_NEXT_REVIEW_ON)))
        found(&out[3], agreed ? STEP_DONE : STEP_BEGUN,
              record_value(plan, FIELD_PLAN_NEXT_REVIEW_ON));
    return OK;
}

enum err planning_steps(struct ctx *ctx, struct planning_step out[PLANNING_STEPS],
                        const struct record *of)
{
    const char *const titles[PLANNING_STEPS] = {
        tr(ctx, "Review objectives, motivations, needs and the place"),
        tr(ctx, "Find support with the feasibility grid"),
        tr(ctx, "Draft the plan and agree on it"),
        tr(ctx, "Set regular follow-up"),
    };
    struct record *rec = NULL;
    enum err rc;

    for (size_t i = 0; i < PLANNING_STEPS; i++)
        out[i] = (struct planning_step){ titles[i], STEP_OPEN, "" };
    rc = step_review(ctx, &out[0], of);
    if (rc == OK)
        rc = newest(ctx, &rec, FORM_GRID_CHOICE, of->id, FIELD_GRID_CHOICE_CHOICE_ON);
    if (rc == OK && rec)
        found(&out[1], STEP_DONE, record_value(rec, FIELD_GRID_CHOICE_CHOICE_ON));
    if (rc == OK)
        rc = step_plan(ctx, out, of);
    if (rc == OK)
        rc = newest(ctx, &rec, FORM_CONTACT, of->id, FIELD_CONTACT_NEXT_CONTACT_ON);
    if (rc == OK && rec && !text_blank(record_value(rec, FIELD_CONTACT_NEXT_CONTACT_ON)))
        found(&out[3], STEP_DONE, record_value(rec, FIELD_CONTACT_NEXT_CONTACT_ON));
    return rc;
}
