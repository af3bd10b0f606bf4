#ifndef TEST_PLANS_HELP_H
#define TEST_PLANS_HELP_H

/* What the tests of plans share: a case of somebody who came back, a plan, who agrees to it. */

#include "auth/auth.h"
#include "people/people.h"
#include "plans/grid.h"
#include "plans/plan.h"
#include "plans/plan_doc.h"
#include "plans/plan_sign.h"
#include "rules_help.h"
#include "survey/survey.h"

#define RETURNED "arrival_date=2026-10-01;country_of_origin=SN;place_of_return=Rufisque"
#define BASELINE                                                                                   \
    "round=baseline;interview_date=2026-11-20;interview_location=on_site;private_space=yes;"       \
    "is_case_team=no;sections_selected=psychosocial;consent_given=yes;consent_form=written;"       \
    "social_participation=often;support_network=bad;community_belonging=agree;"                    \
    "physical_safety=safe_mostly;family_conflict=never;discrimination=never;"                      \
    "distress_symptoms=very_often;wants_psych_support=no;able_to_stay=yes"
#define WITHOUT                                                                                    \
    ";without_financial_allocation=none;without_vocational_training=none;"                         \
    "without_housing_food_nutrition=none;without_legal_documentation=none;"                        \
    "without_education_skills=none;without_medical_health=none;without_transport=none;"            \
    "without_security=none;without_psychosocial=none;without_family_needs_counselling=none"
#define PLANNED                                                                                    \
    "objectives=A steady income;summary_economic=Has a trade;no_social_note=Lives well;"           \
    "no_psychosocial_note=Feels well;lines.1.line_section=longer_term;"                            \
    "lines.1.line_code=income_generating_activity;lines.1.line_dimension=economic;"                \
    "lines.1.line_component=income_generation;lines.1.line_need=Tools;"                            \
    "lines.1.line_action=Buy a sewing machine;lines.1.line_responsible=case_manager;"              \
    "lines.1.line_needs_referral=no;lines.1.line_status=planned;currency=XOF;"                     \
    "lines.1.costs.1.goods_equipment_service=Machine;"                                             \
    "lines.1.costs.1.estimated_cost=150000 XOF;"                                                   \
    "lines.1.costs.2.goods_equipment_service=Cloth;lines.1.costs.2.estimated_cost=25500 XOF;"      \
    "exit_end_date=2027-11-20;exit_how=Slowly;monitoring_how=Visits;sharing_rule=None" WITHOUT

__attribute__((unused)) static int plans_setup(void **state)
{
    static const struct record_hooks *const hooks[] = {
        &people_hooks, &survey_hooks, &grid_answer_hooks, &grid_choice_hooks, &place_answer_hooks,
        &plan_hooks,   NULL
    };
    struct fixture *f;
    int rc = setup(state);

    if (rc)
        return rc;
    f = *state;
    load_lasting(f, profiles_load);
    load_lasting(f, grid_load);
    records_use_hooks(hooks);
    return 0;
}

__attribute__((unused)) static struct record *returned_case(struct fixture *f, const char *answers)
{
    struct record *who = person_stored(f, PERSON_AWA);

    (void)child_stored(f, FORM_RETURN_EVENT, who, RETURNED);
    return child_stored(f, FORM_CASE, who, answers);
}

__attribute__((unused)) static struct record *
plan_stored(struct fixture *f, const struct record *of, const char *answers)
{
    return child_stored(f, FORM_PLAN, of, answers);
}

__attribute__((unused)) static void step_to(struct fixture *f, struct record *rec,
                                            const char *status)
{
    must(f, record_load(&f->ctx, &rec, FORM_PLAN, rec->id));
    must(f, record_set_status(&f->ctx, rec, rec->version, status, "Because"));
}

__attribute__((unused)) static void second_supervisor(struct fixture *f)
{
    static const char *const roles[] = { "supervisor", NULL };
    const struct user_new n = { .login = "second",
                                .name = "Ousmane Ba",
                                .lang = "en",
                                .office_id = f->office_id,
                                .roles = roles };
    const char *id = NULL;

    must(f, user_create(&f->ctx, &id, &n));
}

__attribute__((unused)) static void signs(struct fixture *f, struct record *plan, const char *by,
                                          const char *on)
{
    const struct plan_signing s = { .by = by,
                                    .name = "Awa",
                                    .mode = CODE_PLAN_APPROVAL_MODE_TYPED,
                                    .witness = "",
                                    .on = on,
                                    .place = "Dakar",
                                    .missing = "" };
    struct plan_signed done = { 0 };

    must(f, record_load(&f->ctx, &plan, FORM_PLAN, plan->id));
    must(f, plan_sign(&f->ctx, &done, plan->id, plan->version, &s));
    assert_true(done.agreed);
}

/* Submitted by one, approved by another, signed by the person. */
__attribute__((unused)) static void agree(struct fixture *f, struct record *plan)
{
    step_to(f, plan, STATUS_PLAN_SUBMITTED);
    fixture_as(f, "second");
    step_to(f, plan, STATUS_PLAN_APPROVED);
    fixture_as(f, "supervisor");
    signs(f, plan, CODE_PLAN_APPROVAL_BY_RETURNEE, "2026-11-22");
}

__attribute__((unused)) static void consent(struct fixture *f, const struct record *of)
{
    struct record *rec = child_stored(
        f, FORM_CONSENT, person_of(f, of),
        "about=plan;purposes=assistance;components=income_generation;"
        "data_categories=identity;language=fr;explained=purpose collection_storage_use "
        "sharing right_to_refuse no_effect_on_services;about_child=no;mode=written;"
        "given_at=2026-11-22;form_version=1;giver=self");

    must(f, record_set_status(&f->ctx, rec, rec->version, STATUS_CONSENT_GIVEN, NULL));
}

__attribute__((unused)) static const char *status_of(struct fixture *f, const struct record *plan)
{
    struct record *now = NULL;

    must(f, record_load(&f->ctx, &now, FORM_PLAN, plan->id));
    return now->status;
}

#endif
