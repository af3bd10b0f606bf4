/* The return as it was decided, the first counselling session, and needs that nothing answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "forms_gen.h"
#include "people/people.h"
#include "plans/plans_web.h"
#include "rules/rules.h"
#include "rules_help.h"

#define FREE                                                                                       \
    "will=voluntary;arrival_date=2026-10-01;no_physical_pressure=yes;"                             \
    "no_psychological_pressure=yes;information_timely=yes;information_unbiased=yes;"

static struct record *back(struct fixture *f, const struct record *who, const char *answers)
{
    return child_stored(f, FORM_RETURN_EVENT, who, answers);
}

/* Proves R-1.1.1-02: voluntary only with both freedoms and all three of the information. */
static void a_return_is_voluntary_when_the_choice_was_free_and_informed(void **state)
{
    struct fixture *f = *state;
    struct record *who = person_stored(f, PERSON_AWA);
    struct record *rec = back(f, who, FREE "information_reliable=yes;legal_right_to_stay=no");
    struct record *kase;

    assert_string_equal(record_value(rec, "voluntary_in_iom_sense"), "yes");
    person_fill(f, rec, FREE "information_reliable=unknown");
    must(f, record_update(&f->ctx, rec, rec->version));
    assert_string_equal(record_value(rec, "voluntary_in_iom_sense"), "");
    kase = child_stored(f, FORM_CASE, who, "opened=2026-11-01;vulnerable=no");
    assert_false(open_now(f, kase, "voluntariness_missing"));
    person_fill(f, rec, FREE "information_reliable=no");
    must(f, record_update(&f->ctx, rec, rec->version));
    assert_string_equal(record_value(rec, "voluntary_in_iom_sense"), "no");
    assert_true(open_now(f, kase, "voluntariness_missing"));
}

/* Proves R-1.1.1-03: another entry for another day, the earlier one stays. */
static void reasons_for_returning_are_added_and_never_replaced(void **state)
{
    struct fixture *f = *state;
    struct record *rec = back(f, person_stored(f, PERSON_AWA),
                              "arrival_date=2026-10-01;motives.1.motive_on=2026-09-01;"
                              "motives.1.return_motives=family_reunion no_legal_status;"
                              "motives.1.primary_motive=family_reunion");

    person_fill(f, rec,
                arena_printf(f->ctx.arena,
                             "arrival_date=2026-10-01;motives.1.id=%s;"
                             "motives.1.motive_on=2026-09-01;"
                             "motives.1.return_motives=family_reunion no_legal_status;"
                             "motives.1.primary_motive=family_reunion;"
                             "motives.2.motive_on=2026-11-02;"
                             "motives.2.return_motives=language_difficulty;"
                             "motives.2.primary_motive=language_difficulty",
                             rec->answers->rows[field_find(rec->form, "motives")->place][0]->id));
    must(f, record_update(&f->ctx, rec, rec->version));
    must(f, record_load(&f->ctx, &rec, FORM_RETURN_EVENT, rec->id));
    assert_int_equal(rows_of(rec, "motives"), 2);
    assert_string_equal(row_value(rec, "motives", 1, "primary_motive"), "family_reunion");
    assert_string_equal(row_value(rec, "motives", 2, "primary_motive"), "language_difficulty");
    /* The main one is one of those that were named. */
    person_fill(f, rec,
                "arrival_date=2026-10-01;motives.1.return_motives=language_difficulty;"
                "motives.1.primary_motive=family_reunion");
    assert_int_equal(record_update(&f->ctx, rec, rec->version), ERR_INVALID);
}

/* Proves R-1.1.1-05 C-12-03 */
static void who_could_not_prepare_is_flagged_for_more_help(void **state)
{
    static const struct {
        const char *answers;
        const char *state;
        bool flagged;
    } rows[] = {
        { "individual_assessment_done=yes;initial_counselling_done=yes;referrals_prepared=yes;"
          "partnerships_prepared=yes",
          "prepared", false },
        { "individual_assessment_done=no;initial_counselling_done=yes;referrals_prepared=no;"
          "partnerships_prepared=unknown",
          "partly", false },
        { "individual_assessment_done=no;initial_counselling_done=no;referrals_prepared=no;"
          "partnerships_prepared=no",
          "not_prepared", true },
        { "individual_assessment_done=no", "", false },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct record *who = person_stored(f, PERSON_AWA);
        struct record *rec = back(f, who, rows[i].answers);
        struct record *kase = child_stored(f, FORM_CASE, who, "opened=2026-11-01;vulnerable=no");

        assert_string_equal(record_value(rec, "preparedness"), rows[i].state);
        assert_int_equal(open_now(f, kase, "unprepared"), rows[i].flagged);
    }
}

/* Proves R-1.1.2-01 R-1.1.2-02 */
static void dangers_met_without_papers_lead_to_a_screening(void **state)
{
    struct fixture *f = *state;
    struct record *who = person_stored(f, PERSON_AWA);
    struct record *kase;

    (void)back(f, who,
               "legal_situation=irregular;avrr_profile=stranded;"
               "irregular_risks=detention exploitation");
    kase = child_stored(f, FORM_CASE, who, "opened=2026-11-01;vulnerable=no");
    assert_true(open_now(f, kase, "irregular_screening"));
    (void)child_stored(f, FORM_ACTION, kase, "action_kind=screening;done_on=2026-11-20");
    assert_false(open_now(f, kase, "irregular_screening"));
}

/* Proves R-1.1-03: the hard-to-see subgroup is found by what comes together. */
static void long_absence_without_network_or_papers_is_seen(void **state)
{
    struct fixture *f = *state;
    struct record *one = person_stored(f, PERSON_AWA);
    struct record *both = person_stored(f, PERSON_AWA);
    struct record *kase;

    (void)back(f, one, "absence_years=12;has_network=yes;has_papers=yes");
    kase = child_stored(f, FORM_CASE, one, "opened=2026-11-01;vulnerable=no");
    assert_false(open_now(f, kase, "little_footing"));
    (void)back(f, both, "absence_years=12;has_network=no;has_papers=no");
    kase = child_stored(f, FORM_CASE, both, "opened=2026-11-01;vulnerable=no");
    assert_true(open_now(f, kase, "little_footing"));
}

/* --- the first session --- */

static enum err to(struct fixture *f, struct record *rec, const char *status)
{
    ctx_clear_problems(&f->ctx);
    return record_set_status(&f->ctx, rec, rec->version, status, "for the test");
}

/* Proves R-2.1.2-04: a session with an interpreter waits for briefing and confidentiality. */
static void an_interpreter_is_briefed_and_bound_before_the_session_begins(void **state)
{
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, "2026-10-01");
    struct record *rec = child_stored(f, FORM_FIRST_SESSION, kase,
                                      "session_on=2026-11-20;session_mode=face_to_face;"
                                      "interpreter_used=yes;interpreter_briefed=yes;"
                                      "interpreter_confidentiality=no");

    assert_int_equal(to(f, rec, STATUS_FIRST_SESSION_HELD), ERR_INVALID);
    person_fill(f, rec,
                "session_on=2026-11-20;session_mode=face_to_face;interpreter_used=yes;"
                "interpreter_briefed=yes;interpreter_confidentiality=yes");
    must(f, record_update(&f->ctx, rec, rec->version));
    must(f, to(f, rec, STATUS_FIRST_SESSION_HELD));
}

#define SESSION "session_on=2026-11-20;session_mode=home_visit;interpreter_used=no;"
#define ENDED   "summary_points=Wants to open a shop;next_session_on=2026-12-04;"

/* Proves R-2.1.2-09 R-2.1.2-12: closed with summary, next date or reason, and consent. */
static void a_session_is_closed_with_a_next_date_and_after_consent(void **state)
{
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, "2026-10-01");
    struct record *rec = child_stored(f, FORM_FIRST_SESSION, kase, SESSION);
    struct record *consent;

    must(f, to(f, rec, STATUS_FIRST_SESSION_HELD));
    assert_true(open_now(f, kase, "session_unclosed"));
    assert_int_equal(to(f, rec, STATUS_FIRST_SESSION_CLOSED), ERR_INVALID); /* no date */
    person_fill(f, rec, SESSION ENDED);
    must(f, record_update(&f->ctx, rec, rec->version));
    assert_int_equal(to(f, rec, STATUS_FIRST_SESSION_CLOSED), ERR_INVALID); /* no consent */
    assert_non_null(strstr(ctx_first_problem(&f->ctx), "consent"));
    assert_int_not_equal(rules_override(&f->ctx, kase->id, "session_consent", "please"), OK);
    ctx_clear_problems(&f->ctx);
    consent = child_stored(
        f, FORM_CONSENT, person_of(f, kase),
        "about=assistance_process;purposes=assistance;data_categories=identity needs;mode=verbal;"
        "language=fr;form_version=1;"
        "explained=purpose collection_storage_use sharing right_to_refuse "
        "no_effect_on_services;about_child=no;giver=self;"
        "given_at=2026-11-20");
    must(f, record_set_status(&f->ctx, consent, consent->version, STATUS_CONSENT_GIVEN, NULL));
    must(f, to(f, rec, STATUS_FIRST_SESSION_CLOSED));
    assert_false(open_now(f, kase, "session_unclosed"));
}

/* Proves R-2.1.2-01: six steps, each counted when it is done. */
static void the_six_steps_are_counted_as_they_are_done(void **state)
{
    static const char *const steps[] = {
        "place_checks=private undisturbed;",
        "opening_checks=greeted right_to_refuse;",
        "process_explained=yes;understanding_checked=yes;",
        "immediate_needs=Insulin for a week;",
        "life_objectives=A shop of her own;",
        ENDED,
    };
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, "2026-10-01");
    struct record *rec = child_stored(f, FORM_FIRST_SESSION, kase, SESSION);
    const char *answers = SESSION;

    assert_string_equal(record_value(rec, "steps_done"), "0");
    for (size_t i = 0; i < 6; i++) {
        answers = arena_printf(f->ctx.arena, "%s%s", answers, steps[i]);
        person_fill(f, rec, answers);
        must(f, record_update(&f->ctx, rec, rec->version));
        assert_string_equal(record_value(rec, "steps_done"),
                            arena_printf(f->ctx.arena, "%zu", i + 1));
    }
}

/* Proves R-2.1.2-10: an emergency needs when and to whom. */
static void an_emergency_says_when_and_whom_help_was_called_from(void **state)
{
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, "2026-10-01");
    struct record *rec = NULL;

    must(f, record_new(&f->ctx, &rec, FORM_FIRST_SESSION, kase->id));
    person_fill(f, rec, SESSION "urgent_referral=yes");
    assert_int_equal(record_insert(&f->ctx, rec), ERR_INVALID);
    ctx_clear_problems(&f->ctx);
    person_fill(f, rec,
                SESSION "urgent_referral=yes;urgent_at=2026-11-20T10:00:00.000Z;"
                        "urgent_to=Hospital Principal;specialist_needed=yes");
    must(f, record_insert(&f->ctx, rec));
    assert_true(open_now(f, kase, "specialist_referral"));
    assert_false(files_hold(f, "Hospital Principal"));
}

/* --- what nothing answers --- */

/* Proves R-2.3.2-08 R-2.3.2-10 */
static void an_urgent_need_stays_in_sight_and_asks_for_a_safety_plan(void **state)
{
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, "2026-10-01");
    struct record *need = child_stored(
        f, FORM_UNMET_NEED, kase,
        "need_noted_on=2026-11-20;need=A safe place to sleep;need_dimension=social;"
        "need_reasons=not_available not_accessible;need_urgent=yes;need_action=safety_plan");

    assert_true(open_now(f, kase, "need_urgent"));
    assert_true(open_now(f, kase, "safety_plan_missing"));
    (void)child_stored(f, FORM_SAFETY_PLAN, kase,
                       "safety_made_on=2026-11-20;dangers.1.danger=The uncle comes back;"
                       "emergency_contacts.1.emergency_kind=police;"
                       "emergency_contacts.1.risk_from_service=no;"
                       "emergency_contacts.1.emergency_phone=+22117");
    assert_false(open_now(f, kase, "safety_plan_missing"));
    assert_true(open_now(f, kase, "need_urgent"));
    person_fill(f, need,
                "need_noted_on=2026-11-20;need=A safe place to sleep;need_dimension=social;"
                "need_reasons=not_available;need_urgent=yes;need_action=safety_plan;"
                "resolved_on=2026-11-21");
    must(f, record_update(&f->ctx, need, need->version));
    assert_false(open_now(f, kase, "need_urgent"));
}

/* A service that is a danger to this person has no number on the plan. */
static void a_service_that_is_a_danger_is_not_put_on_the_safety_plan(void **state)
{
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, "2026-10-01");
    struct record *rec = child_stored(f, FORM_SAFETY_PLAN, kase,
                                      "safety_made_on=2026-11-20;"
                                      "emergency_contacts.1.emergency_kind=police;"
                                      "emergency_contacts.1.risk_from_service=yes;"
                                      "emergency_contacts.1.emergency_phone=+22117");

    must(f, record_load(&f->ctx, &rec, FORM_SAFETY_PLAN, rec->id));
    assert_string_equal(row_value(rec, "emergency_contacts", 1, "emergency_phone"), "");
}

/* --- money or goods, and the W model --- */

#define RATHER                                                                                     \
    "sheet_on=2026-11-20;sheet_about=A sewing workshop;cash_foreseen=yes;cash_cost=cheaper;"       \
    "risk_person=low;risk_household=low;risk_community=medium;risk_insecurity=low;"                \
    "risk_fraud=low;safe_for_staff=yes;in_kind_risk=same;risk_manageable=yes;"                     \
    "conditions_needed=no;partner_capable=yes;"
#define SHEET RATHER "migration_influence=none;safe_for_person=yes;"
#define DECIDED                                                                                    \
    "modality=cash;decision_criteria=The market is near;amount=150000 XOF;"                        \
    "risk_monitoring=A visit;effect_measured=The shop is open;"                                    \
    "instalments.1.instalment_due=2026-12-01;instalments.1.instalment_amount=100000 XOF;"

static struct record *filled(struct fixture *f, struct record *rec, const char *answers)
{
    person_fill(f, rec, answers);
    must(f, record_update(&f->ctx, rec, rec->version));
    return rec;
}

/* Proves R-2.3.2-06 C-12-28: without an answer to each risk nothing is approved. */
static void a_worksheet_is_approved_only_with_every_risk_and_instalments_that_add_up(void **state)
{
    static const struct record_hooks *const hooks[] = { &people_hooks, &cash_sheet_hooks, NULL };
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, "2026-10-01");
    struct record *rec = child_stored(f, FORM_CASH_OR_KIND, kase,
                                      SHEET "modality=in_kind;decision_criteria=Prices;"
                                            "risk_monitoring=A visit;effect_measured=A shop");

    records_use_hooks(hooks);
    assert_string_equal(record_value(rec, "open_sections"), "risks"); /* that of data is open */
    assert_string_equal(record_value(rec, "suggestion"), "");
    assert_true(to(f, rec, STATUS_CASH_OR_KIND_APPROVED) != OK);
    rec = filled(f, rec, SHEET "risk_data=low");
    assert_string_equal(record_value(rec, "suggestion"), "cash");
    assert_string_equal(record_value(rec, "open_sections"), "decision");
    rec = filled(f, rec, SHEET "risk_data=low;" DECIDED);
    assert_string_equal(record_value(rec, "open_sections"), "decision"); /* 50,000 are missing */
    assert_true(to(f, rec, STATUS_CASH_OR_KIND_APPROVED) != OK);
    rec = filled(f, rec,
                 SHEET "risk_data=low;" DECIDED "instalments.2.instalment_due=2027-01-01;"
                       "instalments.2.instalment_amount=50000 XOF");
    assert_string_equal(record_value(rec, "open_sections"), "");
    assert_int_equal(to(f, rec, STATUS_CASH_OR_KIND_APPROVED), ERR_INVALID); /* by its author */
    second_manager(f, "second");
    fixture_as(f, "second");
    ctx_clear_problems(&f->ctx);
    must(f, to(f, rec, STATUS_CASH_OR_KIND_APPROVED));
    assert_int_equal(record_update(&f->ctx, rec, rec->version), ERR_CONFLICT);
    ctx_clear_problems(&f->ctx);
    must(f, to(f, rec, STATUS_CASH_OR_KIND_DRAFT));
    rec = filled(f, rec, SHEET "risk_data=high");
    assert_false(files_hold(f, "sewing workshop"));
}

/* Proves C-12-28 */
static void what_speaks_against_money_suggests_goods_and_another_choice_needs_a_reason(void **state)
{
    static const char *const against[] = { "safe_for_person=no", "safe_for_staff=no",
                                           "partner_capable=no", "risk_manageable=no",
                                           "cash_foreseen=no" };
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, "2026-10-01");
    struct record *rec =
        child_stored(f, FORM_CASH_OR_KIND, kase, "sheet_on=2026-11-20;sheet_about=A workshop");

    for (size_t i = 0; i < sizeof(against) / sizeof(against[0]); i++) {
        rec = filled(f, rec,
                     arena_printf(f->ctx.arena, "sheet_on=2026-11-20;sheet_about=A workshop;%s",
                                  against[i]));
        assert_string_equal(record_value(rec, "suggestion"), "in_kind");
    }
    rec = filled(f, rec, SHEET "risk_data=low;attached_goods=A course");
    assert_string_equal(record_value(rec, "suggestion"), "mixed");
    rec = filled(f, rec, RATHER "risk_data=low;safe_for_person=yes;migration_influence=likely");
    assert_string_equal(record_value(rec, "suggestion"), "weigh");
    person_fill(f, rec,
                RATHER "risk_data=low;migration_influence=none;safe_for_person=no;modality=cash");
    assert_int_equal(record_update(&f->ctx, rec, rec->version), ERR_INVALID);
    ctx_clear_problems(&f->ctx);
    rec = filled(f, rec,
                 RATHER "risk_data=low;migration_influence=none;safe_for_person=no;modality=cash;"
                        "deviation_reason=By bank transfer");
    assert_string_equal(record_value(rec, "deviation_reason"), "By bank transfer");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_return_is_voluntary_when_the_choice_was_free_and_informed),
        TEST(reasons_for_returning_are_added_and_never_replaced),
        TEST(who_could_not_prepare_is_flagged_for_more_help),
        TEST(dangers_met_without_papers_lead_to_a_screening),
        TEST(long_absence_without_network_or_papers_is_seen),
        TEST(an_interpreter_is_briefed_and_bound_before_the_session_begins),
        TEST(a_session_is_closed_with_a_next_date_and_after_consent),
        TEST(the_six_steps_are_counted_as_they_are_done),
        TEST(an_emergency_says_when_and_whom_help_was_called_from),
        TEST(an_urgent_need_stays_in_sight_and_asks_for_a_safety_plan),
        TEST(a_service_that_is_a_danger_is_not_put_on_the_safety_plan),
        TEST(a_worksheet_is_approved_only_with_every_risk_and_instalments_that_add_up),
        TEST(what_speaks_against_money_suggests_goods_and_another_choice_needs_a_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
