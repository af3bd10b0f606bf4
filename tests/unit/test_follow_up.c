/* What follows a plan: contacts, calendars, changes in life, and the first session's small print.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "forms_gen.h"
#include "rules/rules.h"
#include "rules_help.h"

#define TODAY "2026-11-22"

/* The rest of a line of a plan; its number eight times. */
#define LINE_REST                                                                                  \
    "lines.%d.line_dimension=economic;lines.%d.line_component=income_generation;"                  \
    "lines.%d.line_need=Money;lines.%d.line_action=Help;lines.%d.line_responsible=provider;"       \
    "lines.%d.line_status=planned;lines.%d.line_intensity=three months;"                           \
    "lines.%d.line_needs_referral="

static const char *due_of(struct fixture *f, const struct record *kase, const char *rule)
{
    const struct rule_result *r = result_of(f, kase, rule);

    return r && r->due_on ? r->due_on : "";
}

static void change(struct fixture *f, struct record *rec, const char *answers)
{
    person_fill(f, rec, answers);
    must(f, record_update(&f->ctx, rec, rec->version));
}

/* Proves R-2.3-02: one month, and an exception that says why and who approved it. */
static void the_month_for_the_plan_can_be_longer_for_a_reason(void **state)
{
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, "2026-10-01");

    assert_true(open_now(f, kase, "plan_overdue"));
    person_fill(f, kase, "opened=2026-10-02;vulnerable=no;plan_due_on=2026-12-20");
    assert_int_equal(record_update(&f->ctx, kase, kase->version), ERR_INVALID);
    ctx_clear_problems(&f->ctx);
    change(f, kase,
           arena_printf(f->ctx.arena,
                        "opened=2026-10-02;vulnerable=no;plan_due_on=2026-12-20;"
                        "plan_due_reason=In hospital until December;plan_due_approved_by=%s",
                        f->ctx.user_id));
    assert_false(open_now(f, kase, "plan_overdue"));
    assert_true(open_now(f, kase, "plan_expected_later"));
    assert_string_equal(due_of(f, kase, "plan_expected_later"), "2026-12-20");
    wait_until(f, 30);
    assert_true(open_now(f, kase, "plan_overdue_later"));
}

/* Proves R-2.3.3-06 C-12-30: six contacts in the first year, counted from the return. */
static void survivors_of_trafficking_have_six_contacts_in_a_year(void **state)
{
    static const struct {
        const char *rule;
        int days; /* from today: into the window */
        const char *due;
    } calendar[] = {
        { "vot_month_1", 20, "2026-12-22" }, { "vot_month_2", 32, "2027-01-22" },
        { "vot_month_3", 31, "2027-02-22" }, { "vot_month_6", 60, "2027-05-22" },
        { "vot_month_9", 92, "2027-08-22" }, { "vot_month_12", 92, "2027-11-22" },
    };
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, TODAY);

    change(f, kase,
           "opened=2026-11-01;vulnerable=yes;"
           "vulnerability_flags.1.vulnerability_flag=victim_of_trafficking");
    for (size_t i = 0; i < sizeof(calendar) / sizeof(calendar[0]); i++) {
        wait_until(f, calendar[i].days);
        assert_true(open_now(f, kase, calendar[i].rule));
        assert_string_equal(due_of(f, kase, calendar[i].rule), calendar[i].due);
        if (i > 0)
            assert_false(open_now(f, kase, calendar[i - 1].rule));
        (void)child_stored(f, FORM_CONTACT, kase,
                           arena_printf(f->ctx.arena,
                                        "contact_on=%s;contact_mode=phone;contact_result=reached",
                                        ctx_today(&f->ctx)));
        assert_false(open_now(f, kase, calendar[i].rule));
    }
}

/* Proves R-2.3.3-04: attempts are kept with mode and result, and another way is offered. */
static void an_attempt_that_failed_asks_for_another_way(void **state)
{
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, "2026-10-01");
    struct record_filter filter = { .parent_id = kase->id };
    struct record_list list = { 0 };

    (void)child_stored(f, FORM_CONTACT, kase,
                       "contact_on=2026-11-20;contact_mode=phone;contact_result=wrong_number;"
                       "alternate_contact=The sister at the market;communication_kit_given=yes");
    assert_true(open_now(f, kase, "contact_failed"));
    assert_false(files_hold(f, "The sister at the market"));
    (void)child_stored(f, FORM_CONTACT, kase,
                       "contact_on=2026-11-21;contact_mode=face_to_face;contact_result=reached");
    assert_false(open_now(f, kase, "contact_failed"));
    must(f, record_list(&f->ctx, &list, FORM_CONTACT, &filter));
    assert_int_equal(list.len, 2);
}

/* Proves R-2.3.3-05 R-2.3.3-01 R-2.1.2-13: any contact asks how it goes, and plans the next. */
static void every_contact_is_used_and_plans_the_next(void **state)
{
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, "2026-10-01");
    struct record *rec;

    move(f, kase, "active");
    rec = child_stored(f, FORM_CONTACT, kase,
                       "contact_on=2026-11-22;contact_mode=home_visit;contact_result=reached;"
                       "contact_type=delivery;how_is_it_going=mixed;new_need=School fees;"
                       "service_change_heard=The clinic has moved;minutes=45;"
                       "contact_purposes=check_progress use_opportunity;"
                       "support_kinds=accompany_to_appointment enrolment_or_access_help;"
                       "with_whom=Head of school;next_contact_on=2026-11-27");
    assert_string_equal(record_value(rec, "how_is_it_going"), "mixed");
    assert_string_equal(record_value(rec, "support_kinds"),
                        "accompany_to_appointment enrolment_or_access_help");
    assert_true(open_now(f, kase, "contact_planned"));
    assert_string_equal(due_of(f, kase, "contact_planned"), "2026-11-27");
    wait_until(f, 100);
    assert_true(open_now(f, kase, "contact_none_long"));
}

/* Proves R-2.3.3-07: a drastic change asks for the survey and the assessments again. */
static void a_drastic_change_asks_for_the_survey_again(void **state)
{
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, "2026-10-01");

    move(f, kase, "active");
    (void)child_stored(
        f, FORM_CHANGE_EVENT, kase,
        "changed_on=2026-11-20;change_kind=family;change_description=The house burned down;"
        "change_drastic=yes");
    assert_true(open_now(f, kase, "change_reassess"));
}

/* Proves R-1.1.1-01 R-1.1-02: independent axes, none of which follows from another. */
static void a_return_is_described_on_axes_of_their_own(void **state)
{
    static const char *const wills[] = { "voluntary", "compelled", "forced" };
    static const char *const stays[] = { "permanent", "temporary" };
    static const char *const labels[] = { "voluntary", "obliged", "forced" };
    struct fixture *f = *state;
    struct record *who = person_stored(f, PERSON_AWA);

    for (int i = 0; i < 3; i++) {
        struct record *rec = child_stored(
            f, FORM_RETURN_EVENT, who,
            arena_printf(f->ctx.arena,
                         "will=%s;intended_stay=%s;national_label=%s;return_support=assisted;"
                         "assistance_by=third_party;assistance_kinds=financial reintegration;"
                         "who_returns=family_unit;legal_right_to_stay=no;"
                         "migrant_category=migrant_worker irregular_migrant;"
                         "migration_type=chosen_education_work",
                         wills[i], stays[i % 2], labels[2 - i]));

        assert_string_equal(record_value(rec, "will"), wills[i]);
        assert_string_equal(record_value(rec, "national_label"), labels[2 - i]);
        assert_string_equal(record_value(rec, "mode_of_return"),
                            i == 0 ? "voluntary" : "other_means");
        assert_string_equal(record_value(rec, "migrant_category"),
                            "migrant_worker irregular_migrant");
    }
}

/*
 * Proves R-2.1.2-02 R-2.1.2-05 R-2.1.2-06 R-2.1.2-07 R-2.1.2-08 R-2.1.2-11: what a session keeps,
 * and that no word of it lies open on the disk.
 */
static void a_first_session_keeps_its_parts_and_seals_them(void **state)
{
    static const char *const parts[][2] = {
        { "facts_observations", "Came alone from Agadez" },
        { "discussion_points", "Papers of the daughter" },
        { "place_checks", "private undisturbed online_alone" },
        { "opening_checks", "greeted right_to_refuse extra_clarity" },
        { "support_given", "empathic_counselling psychological_first_aid" },
        { "break_offered", "yes" },
        { "paused", "yes" },
        { "rescheduled_reason", "distress" },
        { "life_objectives", "A tailor shop in Pikine" },
        { "strengths", "Sews since childhood" },
        { "own_actions", "Ask the aunt for a room" },
        { "organisation_actions", "Look for a course" },
        { "risk_benefit_assessment", "Needed for the shelter" },
        { "sensitivity_assessment", "The name of the smuggler" },
        { "transparency_given", "yes" },
    };
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, "2026-10-01");
    const char *answers = "session_on=2026-11-20;session_mode=face_to_face;"
                          "goals.1.goal=Explain the help;goals.1.goal_attainable=yes";
    struct record *rec;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        answers = arena_printf(f->ctx.arena, "%s;%s=%s", answers, parts[i][0], parts[i][1]);
    rec = child_stored(f, FORM_FIRST_SESSION, kase, answers);
    must(f, record_load(&f->ctx, &rec, FORM_FIRST_SESSION, rec->id));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        assert_string_equal(record_value(rec, parts[i][0]), parts[i][1]);
        if (strchr(parts[i][1], ' '))
            assert_false(files_hold(f, parts[i][1]));
    }
    assert_string_equal(row_value(rec, "goals", 1, "goal"), "Explain the help");
}

/* Proves R-A3-03 R-A3-04 R-2.3.1-02: each measure of the template with its own time and intensity.
 */
static void a_plan_has_measures_at_once_and_for_longer(void **state)
{
    static const char *const immediate[] = { "cash_assistance", "basic_needs", "accommodation",
                                             "medical", "other" };
    static const char *const longer[] = { "cash_for_work",       "income_generating_activity",
                                          "job_placement",       "vocational_training",
                                          "housing_support",     "medical_support",
                                          "educational_support", "skills_development",
                                          "legal_services",      "child_care" };
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, "2026-10-01");
    const char *answers = "objectives=A steady income";
    struct record *plan;
    int n = 0;

    for (int i = 0; i < 15; i++, n++)
        answers = arena_printf(f->ctx.arena,
                               "%s;lines.%d.line_section=%s;lines.%d.line_code=%s;" LINE_REST "no",
                               answers, n + 1, i < 5 ? "immediate" : "longer_term", n + 1,
                               i < 5 ? immediate[i] : longer[i - 5], n + 1, n + 1, n + 1, n + 1,
                               n + 1, n + 1, n + 1, n + 1);
    plan = child_stored(f, FORM_PLAN, kase, answers);
    must(f, record_load(&f->ctx, &plan, FORM_PLAN, plan->id));
    assert_int_equal(rows_of(plan, "lines"), 15);
    assert_string_equal(row_value(plan, "lines", 4, "line_code"), "medical");
    assert_string_equal(row_value(plan, "lines", 15, "line_intensity"), "three months");
    /* What helps at once is not offered for later, and the other way round. */
    person_fill(f, plan,
                arena_printf(f->ctx.arena,
                             "objectives=x;lines.%d.line_section=longer_term;"
                             "lines.%d.line_code=cash_assistance;" LINE_REST "no",
                             1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
    assert_int_equal(record_update(&f->ctx, plan, plan->version), ERR_INVALID);
}

/* Proves R-A3-06 R-A3-08: a referral names its agency; people of a project have roles. */
static void a_referral_names_its_agency_and_a_project_its_people(void **state)
{
    struct fixture *f = *state;
    struct record *kase = given_case(f, PERSON_AWA, "2026-10-01");
    struct record *plan = NULL;
    const char *line = arena_printf(f->ctx.arena,
                                    "objectives=x;lines.1.line_section=longer_term;"
                                    "lines.1.line_code=job_placement;" LINE_REST "yes",
                                    1, 1, 1, 1, 1, 1, 1, 1);

    must(f, record_new(&f->ctx, &plan, FORM_PLAN, kase->id));
    person_fill(f, plan, line);
    assert_int_equal(record_insert(&f->ctx, plan), ERR_INVALID);
    ctx_clear_problems(&f->ctx);
    person_fill(f, plan,
                arena_printf(f->ctx.arena,
                             "%s;lines.1.line_referral_agency=Atelier Sud;"
                             "lines.1.line_referral_detail=A place for three months;"
                             "group_members.1.member_name=Awa;group_members.1.member_is=returnee;"
                             "group_members.1.member_role=Treasurer;"
                             "group_members.2.member_name=Fatou;"
                             "group_members.2.member_is=community_member",
                             line));
    must(f, record_insert(&f->ctx, plan));
    must(f, record_load(&f->ctx, &plan, FORM_PLAN, plan->id));
    assert_int_equal(rows_of(plan, "group_members"), 2);
    assert_string_equal(row_value(plan, "group_members", 1, "member_role"), "Treasurer");
    assert_string_equal(row_value(plan, "lines", 1, "line_referral_agency"), "Atelier Sud");
    assert_false(files_hold(f, "Atelier Sud"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_month_for_the_plan_can_be_longer_for_a_reason),
        TEST(survivors_of_trafficking_have_six_contacts_in_a_year),
        TEST(an_attempt_that_failed_asks_for_another_way),
        TEST(every_contact_is_used_and_plans_the_next),
        TEST(a_drastic_change_asks_for_the_survey_again),
        TEST(a_return_is_described_on_axes_of_their_own),
        TEST(a_plan_has_measures_at_once_and_for_longer),
        TEST(a_referral_names_its_agency_and_a_project_its_people),
        TEST(a_first_session_keeps_its_parts_and_seals_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
