/* Rules at work: results after each change, on the days they name, settled by people; gates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "core/text.h"
#include "forms_gen.h"
#include "people/people.h"
#include "rules/document.h"
#include "rules/rules.h"
#include "rules_gen.h"
#include "rules_help.h"

#define CALLS_MAX 400
#define FILE_MAX  ((size_t)256 * 1024)

/* --- results --- */

/* Proves C-12-25. */
static void a_plan_is_due_one_month_after_arrival_and_overdue_after_that(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, "2026-11-20");
    const struct rule_result *due = result_of(f, rec, "plan_expected");

    assert_non_null(due);
    assert_string_equal(due->due_on, "2026-12-20");
    assert_false(open_now(f, rec, "plan_overdue"));
    wait_until(f, 28); /* the very day */
    assert_false(open_now(f, rec, "plan_overdue"));
    wait_until(f, 1);
    assert_true(open_now(f, rec, "plan_overdue"));
    (void)child_stored(f, FORM_ACTION, rec, "action_kind=plan_agreed;done_on=2026-12-21");
    assert_null(result_of(f, rec, "plan_overdue"));
    assert_null(result_of(f, rec, "plan_expected"));
}

/* Proves C-5-06. Proves R-5.2.4-20. */
static void survey_rounds_are_due_in_their_windows_both_days_included(void **state)
{
    static const struct {
        const char *arrival; /* today is 2026-11-22 */
        const char *rule;
        bool holds;
    } days[] = {
        { "2026-11-22", "survey_baseline", true },
        { "2026-10-22", "survey_baseline", true }, /* the last day */
        { "2026-10-21", "survey_baseline", false },
        { "2026-10-21", "survey_baseline_missed", true },
        { "2026-10-22", "survey_baseline_missed", false },
        { "2026-05-23", "survey_progress", false },
        { "2026-05-22", "survey_progress", true },
        { "2026-02-22", "survey_progress", true },
        { "2026-02-21", "survey_progress", false },
        { "2026-02-21", "survey_progress_missed", true },
        { "2025-11-23", "survey_final", false },
        { "2025-11-22", "survey_final", true },
        { "2025-05-22", "survey_final", true },
        { "2025-05-21", "survey_final", false },
        { "2025-05-21", "survey_final_missed", true },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        struct record *rec = given_case(f, PERSON_AWA, days[i].arrival);

        if (open_now(f, rec, days[i].rule) != days[i].holds)
            fail_msg("%s after %s", days[i].rule, days[i].arrival);
    }
}

/* Proves C-6-01. */
static void rules_for_children_hold_until_the_eighteenth_birthday(void **state)
{
    struct fixture *f = *state;
    struct record *child =
        given_case(f,
                   "names.1.name_text=Sira;names.1.name_script=Latn;birth_date=2008-11-24;"
                   "birth_precision=day",
                   "2026-11-20");
    struct record *adult = given_case(f, PERSON_AWA, "2026-11-20");

    assert_true(open_now(f, child, "best_interests_due"));
    assert_true(open_now(f, child, "guardian_missing"));
    assert_true(open_now(f, child, "turning_18"));
    assert_null(result_of(f, adult, "best_interests_due"));
    wait_until(f, 1); /* the day before */
    assert_true(open_now(f, child, "best_interests_due"));
    wait_until(f, 1); /* the birthday */
    assert_null(result_of(f, child, "best_interests_due"));
    assert_null(result_of(f, child, "guardian_missing"));
    assert_null(result_of(f, child, "turning_18"));
}

/* Proves C-6-03. */
static void a_responsible_adult_in_the_household_ends_the_alert(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, CHILD, NULL);

    assert_true(open_now(f, rec, "guardian_missing"));
    (void)child_stored(
        f, FORM_HOUSEHOLD, person_of(f, rec),
        "label=Home;members.1.relationship=parent;members.1.legally_responsible=yes");
    assert_null(result_of(f, rec, "guardian_missing"));
}

/* Proves C-12-23. */
static void more_than_seven_unsure_answers_are_told(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, "2026-11-20");
    static const char rest[] =
        "round=baseline;interview_date=2026-11-21;interview_location=on_site;private_space=yes;"
        "is_case_team=no;sections_selected=economic;sections_selected=social;"
        "sections_selected=psychosocial;consent_given=yes;consent_form=written;";
    static const struct {
        const char *field;
        const char *unsure;
        const char *sure;
    } eight[] = {
        { "food_reduction", "prefer_not_to_answer", "sometimes" },
        { "opportunity_access", "dont_know", "fair" },
        { "housing_access", "dont_know", "fair" },
        { "housing_standard", "prefer_not_to_answer", "average" },
        { "education_access", "dont_know", "fair" },
        { "justice_access", "dont_know", "fair" },
        { "support_network", "prefer_not_to_answer", "fair" },
        { "family_conflict", "prefer_not_to_answer", "sometimes" },
    };
    static const char sure[] =
        "econ_satisfaction=ok;debt_vs_spending=spending_larger;currently_working=no;"
        "borrow_ability=yes;borrow_frequency=sometimes;"
        "productive_assets=animals;job_seeking=no;children_in_school=some;has_id_document=yes;"
        "documentation_access=fair;safe_water_access=fair;health_access=fair;health_quality=fair;"
        "social_participation=sometimes;community_belonging=neither;"
        "physical_safety=neutral;discrimination=only_rarely;"
        "distress_symptoms=sometimes;wants_psych_support=yes;able_to_stay=yes;"
        "support_sources=no_one;";

    for (size_t unsure = 7; unsure <= 8; unsure++) {
        struct buf b;

        buf_init(&b, f->ctx.arena, 4000);
        buf_add(&b, rest);
        buf_add(&b, sure);
        for (size_t i = 0; i < 8; i++)
            buf_printf(&b, "%s=%s;", eight[i].field, i < unsure ? eight[i].unsure : eight[i].sure);
        (void)child_stored(f, FORM_RSS, person_of(f, rec), buf_text(&b));
        assert_int_equal(open_now(f, rec, "survey_unsure"), unsure == 8);
    }
    assert_true(open_now(f, rec, "intensity_open"));
    assert_null(result_of(f, rec, "survey_baseline"));
}

/* Proves C-12-18. Proves R-2.0-04. */
static void a_vulnerable_person_needs_screening_a_risk_assessment_and_support(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, NULL);

    assert_null(result_of(f, rec, "risk_assessment_missing"));
    person_fill(f, rec,
                "opened=2026-11-01;vulnerable=yes;"
                "vulnerability_flags.1.vulnerability_flag=health_need");
    must(f, record_update(&f->ctx, rec, rec->version));
    assert_true(open_now(f, rec, "risk_assessment_missing"));
    assert_true(open_now(f, rec, "screening_due"));
    assert_true(open_now(f, rec, "support_first"));
    assert_int_equal(result_of(f, rec, "support_first")->privacy, PRIVACY_SENSITIVE);
    (void)child_stored(f, FORM_ACTION, rec, "action_kind=risk_assessment;done_on=2026-11-20");
    assert_null(result_of(f, rec, "risk_assessment_missing"));
    assert_true(open_now(f, rec, "screening_due"));
}

static void who_may_not_read_the_class_learns_only_that_something_is_due(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, NULL);
    struct rule_result *items = NULL;
    size_t hidden = 0;
    size_t len = 0;

    person_fill(f, rec, "opened=2026-11-01;vulnerable=yes");
    must(f, record_update(&f->ctx, rec, rec->version));
    assert_true(open_now(f, rec, "risk_assessment_missing"));
    fixture_as(f, "programme_manager"); /* may read what is personal */
    must(f, rules_results(&f->ctx, &items, &len, rec));
    for (size_t i = 0; i < len; i++) {
        assert_true(items[i].rule == NULL || items[i].privacy <= PRIVACY_PERSONAL);
        hidden += items[i].rule == NULL ? 1 : 0;
    }
    assert_true(hidden >= 2);
    assert_int_equal(
        rules_settle(&f->ctx, items[0].rule ? items[len - 1].id : items[0].id, 1, "done", "seen"),
        ERR_NOT_FOUND);
}

/* --- incremental --- */

static void a_change_that_no_rule_reads_asks_no_rule(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, "2026-11-20");
    struct record *person = person_of(f, rec);
    int before;

    db_fail_at(f->ctx.db, 0);
    person_fill(f, person, PERSON_AWA ";gender=her own words");
    before = db_calls(f->ctx.db);
    must(f, record_update(&f->ctx, person, person->version));
    before = db_calls(f->ctx.db) - before;
    person_fill(f, person, CHILD);
    db_fail_at(f->ctx.db, 0);
    must(f, record_update(&f->ctx, person, person->version));
    assert_true(db_calls(f->ctx.db) > before + 5);
    assert_true(open_now(f, rec, "best_interests_due"));
}

static void results_are_the_same_whether_asked_step_by_step_or_at_once(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, CHILD, "2026-05-20");
    int64_t rows;

    (void)child_stored(f, FORM_ACTION, rec,
                       "action_kind=visit;done_on=2026-11-20;"
                       "action_outcome=not_reached");
    rows = count_of(f, f->ctx.db, "SELECT count(*) FROM rule_result WHERE holds = 1");
    assert_true(rows >= 5);
    must(f, rules_run_case(&f->ctx, rec->id));
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rule_result"), rows);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rule_result WHERE holds = 1"),
                     rows);
}

static void a_case_from_before_the_rules_is_asked_by_the_job(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, CHILD, "2026-11-20");
    size_t done = 0;

    tamper(f, f->ctx.db, "DELETE FROM rule_result");
    tamper(f, f->ctx.db, "DELETE FROM rule_next");
    must(f, rules_round(&f->ctx, 1000, &done));
    assert_int_equal(done, 1);
    assert_true(open_now(f, rec, "best_interests_due"));
    must(f, rules_round(&f->ctx, 1000, &done));
    assert_int_equal(done, 0);
}

static void a_person_who_died_or_was_erased_has_nothing_due(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, CHILD, "2026-11-20");
    struct record *person = person_of(f, rec);

    assert_true(open_now(f, rec, "plan_expected"));
    move(f, person, STATUS_PERSON_DECEASED);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rule_result WHERE holds = 1"), 0);
    must(f, record_undo(&f->ctx, person, person->version));
    assert_true(open_now(f, rec, "plan_expected"));
}

/* --- people settle --- */

static void a_settled_result_stays_settled_while_its_condition_is_true(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, "2026-11-20");
    struct rule_result *r = result_of(f, rec, "plan_expected");
    const char *id = r->id;

    assert_int_equal(rules_settle(&f->ctx, id, r->version, "overridden", " "), ERR_INVALID);
    assert_int_equal(rules_settle(&f->ctx, id, r->version + 1, "done", ""), ERR_CONFLICT);
    must(f, rules_settle(&f->ctx, id, r->version, "overridden", "She lives with her mongoose."));
    assert_int_equal(audit_count(f, "task.overridden"), 1);
    assert_false(files_hold(f, "mongoose"));
    must(f, rules_run_case(&f->ctx, rec->id));
    r = result_of(f, rec, "plan_expected");
    assert_string_equal(r->state, "overridden");
    assert_string_equal(r->note, "She lives with her mongoose.");
    assert_string_equal(r->changed_by, f->ctx.user_id);
    /* False in between: then it comes again. */
    rec = child_stored(f, FORM_ACTION, rec, "action_kind=plan_agreed;done_on=2026-11-21");
    person_fill(f, rec, "action_kind=visit;done_on=2026-11-21");
    must(f, record_update(&f->ctx, rec, rec->version));
    must(f, record_load(&f->ctx, &rec, FORM_CASE, rec->parent_id));
    assert_true(open_now(f, rec, "plan_expected"));
    assert_string_not_equal(result_of(f, rec, "plan_expected")->id, id);
}

static size_t tasks(struct fixture *f, bool mine, const char *rule)
{
    const struct task_filter filter = { .mine = mine };
    struct rule_result *items = NULL;
    size_t found = 0;
    size_t len = 0;

    must(f, rules_tasks(&f->ctx, &items, &len, &filter));
    for (size_t i = 0; i < len; i++)
        found += items[i].rule && text_equal(items[i].rule->id, rule) ? 1 : 0;
    return found;
}

static void a_task_that_is_put_off_comes_back_on_its_day(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, "2026-11-20");
    struct rule_result *r = result_of(f, rec, "plan_expected");

    assert_int_equal(tasks(f, false, "plan_expected"), 1);
    assert_int_equal(rules_snooze(&f->ctx, r->id, r->version, "2026-11-22", "x"), ERR_INVALID);
    assert_int_equal(rules_snooze(&f->ctx, r->id, r->version, "2026-11-24", ""), ERR_INVALID);
    must(f, rules_snooze(&f->ctx, r->id, r->version, "2026-11-24", "She is travelling."));
    assert_int_equal(tasks(f, false, "plan_expected"), 0);
    wait_until(f, 2);
    assert_int_equal(tasks(f, false, "plan_expected"), 1);
}

static void tasks_belong_to_the_case_manager_or_to_the_role_that_the_rule_names(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, "2026-10-01");

    assert_int_equal(tasks(f, true, "plan_overdue"), 1); /* supervisor's by role */
    assert_int_equal(tasks(f, true, "plan_expected"), 0);
    person_fill(f, rec, arena_printf(f->ctx.arena, "opened=2026-11-01;worker=%s", f->ctx.user_id));
    must(f, record_update(&f->ctx, rec, rec->version));
    assert_int_equal(tasks(f, true, "plan_expected"), 1);
    fixture_as(f, "case_manager");
    assert_int_equal(tasks(f, true, "plan_overdue"), 0);
    assert_int_equal(tasks(f, false, "plan_overdue"), 1);
}

static void lists_of_tasks_hold_the_rules_or_the_alerts_that_are_asked_for(void **state)
{
    struct fixture *f = *state;
    const struct task_filter two = { .rules = { "plan_overdue", "arrival_missing" } };
    const struct task_filter none = { .rules = { "turning_18" } };
    const struct task_filter alerts = { .alerts = true };
    const struct task_filter late = { .overdue = true, .rules = { "plan_expected" } };
    struct rule_result *items = NULL;
    size_t len = 0;

    (void)given_case(f, PERSON_AWA, "2026-10-01");
    must(f, rules_tasks(&f->ctx, &items, &len, &two));
    assert_int_equal(len, 1);
    assert_string_equal(items[0].rule->id, "plan_overdue");
    must(f, rules_tasks(&f->ctx, &items, &len, &none));
    assert_int_equal(len, 0);
    must(f, rules_tasks(&f->ctx, &items, &len, &late));
    assert_int_equal(len, 1);
    must(f, rules_tasks(&f->ctx, &items, &len, &alerts));
    assert_true(len > 0);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(items[i].rule->does, RULE_ALERT);
}

/* --- gates --- */

static enum err try_status(struct fixture *f, struct record *rec, const char *status)
{
    ctx_clear_problems(&f->ctx);
    return record_set_status(&f->ctx, rec, rec->version, status, "for the test");
}

/* Proves C-12-54. */
static void a_case_closes_with_what_is_needed_or_with_reasons_why_not(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, "2026-11-20");
    int64_t version;

    move(f, rec, STATUS_CASE_ACTIVE);
    move(f, rec, STATUS_CASE_CLOSING);
    version = rec->version;
    assert_int_equal(try_status(f, rec, STATUS_CASE_CLOSED), ERR_INVALID);
    assert_non_null(strstr(ctx_first_problem(&f->ctx), "reason for closing"));
    person_fill(f, rec, "opened=2026-11-01;closing_reason=left_area");
    must(f, record_update(&f->ctx, rec, version));
    (void)child_stored(f, FORM_ACTION, rec, "action_kind=plan_review;done_on=2026-11-20");
    (void)child_stored(f, FORM_ACTION, rec, "action_kind=closing_assessment;done_on=2026-11-20");
    assert_int_equal(try_status(f, rec, STATUS_CASE_CLOSED), ERR_INVALID);
    assert_non_null(strstr(ctx_first_problem(&f->ctx), "exit interview"));
    assert_int_equal(rules_override(&f->ctx, rec->id, "close_interview", ""), ERR_INVALID);
    must(f, rules_override(&f->ctx, rec->id, "close_interview", "Nobody could find him."));
    assert_int_equal(rules_override(&f->ctx, rec->id, "close_interview", "again"), ERR_CONFLICT);
    must(f, try_status(f, rec, STATUS_CASE_CLOSED));
    assert_int_equal(audit_count(f, "rule.override.use"), 1);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rule_result WHERE holds = 1"), 0);
    /* Leave is for once. */
    move(f, rec, STATUS_CASE_ACTIVE);
    move(f, rec, STATUS_CASE_CLOSING);
    assert_int_equal(try_status(f, rec, STATUS_CASE_CLOSED), ERR_INVALID);
}

/* Proves R-2.7-05. */
static void a_gate_that_wants_two_people_is_not_passed_by_one(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, CHILD, NULL);

    person_fill(f, rec,
                "opened=2026-11-01;closing_reason=died;vulnerable=yes;"
                "vulnerability_flags.1.vulnerability_flag=unaccompanied_child");
    must(f, record_update(&f->ctx, rec, rec->version));
    move(f, rec, STATUS_CASE_ACTIVE);
    move(f, rec, STATUS_CASE_CLOSING);
    assert_int_equal(try_status(f, rec, STATUS_CASE_CLOSED), ERR_INVALID);
    must(f, rules_override(&f->ctx, rec->id, "close_alone_child", "Decided elsewhere."));
    assert_int_equal(rules_override(&f->ctx, rec->id, "close_alone_child", "Myself."), ERR_INVALID);
    assert_int_equal(try_status(f, rec, STATUS_CASE_CLOSED), ERR_INVALID);
    fixture_as(f, "case_manager");
    must(f, rules_override(&f->ctx, rec->id, "close_alone_child", "I have seen the decision."));
    assert_int_equal(audit_count(f, "rule.override.agree"), 1);
    must(f, try_status(f, rec, STATUS_CASE_CLOSED));
    assert_false(files_hold(f, "Decided elsewhere"));
}

/* Proves C-12-20. */
static void nobody_lets_a_return_pass_without_the_treatment_it_needs(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, NULL);
    struct record *journey = child_stored(f, FORM_RETURN_EVENT, person_of(f, rec),
                                          "life_saving_care=yes;care_available=no");

    assert_int_equal(try_status(f, journey, STATUS_RETURN_EVENT_DEPARTED), ERR_INVALID);
    assert_int_equal(rules_override(&f->ctx, rec->id, "health_block", "please"), ERR_INVALID);
    person_fill(f, journey, "life_saving_care=yes;care_available=yes");
    must(f, record_update(&f->ctx, journey, journey->version));
    must(f, try_status(f, journey, STATUS_RETURN_EVENT_DEPARTED));
}

/* Proves C-6-06. */
static void a_child_does_not_depart_without_a_determination(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, CHILD, NULL);
    struct record *journey =
        child_stored(f, FORM_RETURN_EVENT, person_of(f, rec), "will=voluntary");

    assert_int_equal(try_status(f, journey, STATUS_RETURN_EVENT_DEPARTED), ERR_INVALID);
    (void)child_stored(f, FORM_ACTION, rec, "action_kind=best_interests;done_on=2026-11-19");
    (void)child_stored(f, FORM_ACTION, rec,
                       "action_kind=best_interests_decision;done_on=2026-11-20");
    must(f, try_status(f, journey, STATUS_RETURN_EVENT_DEPARTED));
}

/* Proves R-0-01. */
static void a_return_outside_the_scope_needs_leave(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, NULL);

    person_fill(f, rec, "opened=2026-11-01;return_context=excombatant_ddr");
    must(f, record_update(&f->ctx, rec, rec->version));
    assert_int_equal(try_status(f, rec, STATUS_CASE_ACTIVE), ERR_INVALID);
    fixture_as(f, "programme_manager");
    must(f, rules_override(&f->ctx, rec->id, "scope", "The ministry asks for it."));
    fixture_as(f, "supervisor");
    must(f, try_status(f, rec, STATUS_CASE_ACTIVE));
}

static void a_gate_can_be_asked_by_its_name(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, NULL);

    must(f, db_begin(&f->ctx));
    assert_int_equal(rules_gate(&f->ctx, GATE_CASE_CLOSE, rec), ERR_INVALID);
    must(f, rules_gate(&f->ctx, GATE_CASE_OPEN, rec));
    db_rollback(&f->ctx);
}

/* --- why --- */

static const char *why_value(struct fixture *f, const char *rule, const struct record *rec)
{
    struct rule_why *items = NULL;
    size_t len = 0;

    must(f, rules_why(&f->ctx, &items, &len, rule_find(rules_of(), rule), rec));
    assert_true(len > 0);
    return items[0].value;
}

static void why_tells_the_values_that_the_reader_may_see(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, "2026-11-20");

    person_fill(f, rec, "opened=2026-11-01;vulnerable=yes");
    must(f, record_update(&f->ctx, rec, rec->version));
    assert_string_equal(why_value(f, "screening_due", rec), "Yes");
    fixture_as(f, "programme_manager");
    assert_null(why_value(f, "screening_due", rec));
}

/* --- faults --- */

static int64_t state_of(struct fixture *f)
{
    return count_of(f, f->ctx.db, "SELECT count(*) FROM rule_result") * 10000 +
           count_of(f, f->ctx.db, "SELECT count(*) FROM rule_result WHERE state = 'open'") * 1000 +
           count_of(f, f->ctx.db, "SELECT count(*) FROM rule_override") * 100 +
           count_of(f, f->ctx.db, "SELECT count(*) FROM rule_next") * 10 +
           count_of(f, f->ctx.db, "SELECT count(*) FROM rec_action");
}

struct writing {
    struct record *rec;
    const struct rule_result *result;
};

static enum err write_action(struct fixture *f, struct writing *w)
{
    struct record *rec = NULL;
    enum err rc = record_new(&f->ctx, &rec, FORM_ACTION, w->rec->id);

    if (rc)
        return rc;
    person_fill(f, rec, "action_kind=plan_agreed;done_on=2026-11-21");
    return record_insert(&f->ctx, rec);
}

static enum err write_settling(struct fixture *f, struct writing *w)
{
    return rules_settle(&f->ctx, w->result->id, w->result->version, "done", "It was done.");
}

static enum err write_override(struct fixture *f, struct writing *w)
{
    return rules_override(&f->ctx, w->rec->id, "close_review", "Not needed.");
}

static void nothing_remains_of(struct fixture *f, struct writing *w,
                               enum err (*run)(struct fixture *f, struct writing *w))
{
    int64_t before = state_of(f);
    enum err rc = ERR_DB;
    int n;

    for (n = 1; rc && n < CALLS_MAX; n++) {
        ctx_clear_problems(&f->ctx);
        db_fail_at(f->ctx.db, n);
        rc = run(f, w);
        db_fail_at(f->ctx.db, 0);
        assert_false(db_in_transaction(f->ctx.db));
        assert_true(rc == OK || rc == ERR_DB);
        if (rc)
            assert_int_equal(state_of(f), before);
    }
    assert_true(n > 4 && n < CALLS_MAX);
    assert_int_not_equal(state_of(f), before);
}

static void a_failing_database_leaves_nothing_of_what_rules_write(void **state)
{
    struct fixture *f = *state;
    struct writing w = { .rec = given_case(f, PERSON_AWA, "2026-10-01") };

    w.result = result_of(f, w.rec, "plan_overdue");
    nothing_remains_of(f, &w, write_settling);
    nothing_remains_of(f, &w, write_override);
    nothing_remains_of(f, &w, write_action);
}

static void a_round_that_fails_is_taken_up_again(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, CHILD, "2026-11-20");
    size_t done = 0;
    enum err rc = ERR_DB;
    int n;

    tamper(f, f->ctx.db, "DELETE FROM rule_result");
    for (n = 1; rc && n < CALLS_MAX; n++) {
        ctx_clear_problems(&f->ctx);
        db_fail_at(f->ctx.db, n);
        rc = rules_round(&f->ctx, 10, &done);
        db_fail_at(f->ctx.db, 0);
        assert_false(db_in_transaction(f->ctx.db));
    }
    assert_true(n > 5 && n < CALLS_MAX);
    assert_true(open_now(f, rec, "best_interests_due"));
}

/* --- the files --- */

static void the_case_document_is_described_as_it_is(void **state)
{
    struct fixture *f = *state;
    const char *path =
        arena_printf(f->ctx.arena, "%s/docs/case-document.md", getenv("HOMEWARD_SOURCE"));
    char *text = arena_alloc(f->ctx.arena, FILE_MAX);
    FILE *file = fopen(path, "rbe");
    struct buf b;

    assert_non_null(file);
    text[fread(text, 1, FILE_MAX - 1, file)] = '\0';
    (void)fclose(file);
    buf_init(&b, f->ctx.arena, FILE_MAX);
    shape_print(&b, rules_of()->shape);
    if (!text_equal(buf_text(&b), text))
        fail_msg("make it again: rulec content /tmp/gates.h docs/case-document.md");
}

static void a_mistake_in_a_rule_is_told_with_file_row_and_column(void **state)
{
#define TEXTS ",Words,Mots,Palabras,Kalimat,R-2.1-01"
    static const struct {
        const char *row;
        const char *at;
    } bad[] = {
        { "x,case,alert,,${nothing} = 1,,,,,,,,,low,," TEXTS, "rules/wrong.csv:2:when" },
        { "x,case,alert,,/data/rss/nothing = 1,,,,,,,,,low,," TEXTS, "rules/wrong.csv:2:when" },
        { "x,case,alert,,1 +,,,,,,,,,low,," TEXTS, "rules/wrong.csv:2:when" },
        { "x,case,alert,,,,,,,,,,,low,," TEXTS, "rules/wrong.csv:2:when" },
        { "x,case,alert,,true(),/data/nowhere,,,,,,,,low,," TEXTS, "rules/wrong.csv:2:from" },
        { "x,case,alert,,true(),${opened},six,,,,,,,low,," TEXTS, "rules/wrong.csv:2:from_months" },
        { "x,case,alert,,today() > ${opened},,,,,,,,,low,," TEXTS, "rules/wrong.csv:2:next_check" },
        { "x,case,shout,,true(),,,,,,,,,low,," TEXTS, "rules/wrong.csv:2:do" },
        { "x,case,alert,,true(),,,,,,,,,huge,," TEXTS, "rules/wrong.csv:2:severity" },
        { "x,rss,alert,,true(),,,,,,,,,low,," TEXTS, "rules/wrong.csv:2:on" },
        { "x,case:gone,gate,g,true(),,,,,,,,,low,," TEXTS, "rules/wrong.csv:2:on" },
        { "x,case,gate,g,true(),,,,,,,,,low,," TEXTS, "rules/wrong.csv:2:on" },
        { "x,action:saved,alert,,true(),,,,,,,,,low,," TEXTS, "rules/wrong.csv:2:on" },
        { "x,case:closed,gate,,true(),,,,,,,,,low,," TEXTS, "rules/wrong.csv:2:gate" },
        { "x,case,alert,,true(),,,,,,,,,low,yes," TEXTS, "rules/wrong.csv:2:second" },
        { "x,case,alert,,true(),,,,,,,,king,low,," TEXTS, "rules/wrong.csv:2:role" },
        { "X y,case,alert,,true(),,,,,,,,,low,," TEXTS, "rules/wrong.csv:2:id" },
        { "plan_expected,case,alert,,true(),,,,,,,,,low,," TEXTS, "rules/wrong.csv:2:id" },
        { "x,case,alert,,true(),,,,,,,,,low,,,Words,,,,R-2.1-01", "rules/wrong.csv:2:message" },
        { "x,case,alert,,true(),,,,,,,,,low,,,Words,Mots,Palabras,Kalimat,",
          "rules/wrong.csv:2:req" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct rule_set *set = NULL;

        use_rules(f, bad[i].row);
        ctx_clear_problems(&f->ctx);
        assert_int_equal(rule_set_load(&f->ctx, &set, f->ctx.forms), ERR_INVALID);
        if (!ctx_problem(&f->ctx, bad[i].at))
            fail_msg("%s: %s", bad[i].row, f->ctx.problems->field);
        assert_null(set);
    }
    use_rules(f, "x,case,alert,,true(),,,,,,,,,low,," TEXTS);
    ctx_clear_problems(&f->ctx);
    must(f, rule_set_load(&f->ctx, &(const struct rule_set *){ NULL }, f->ctx.forms));
    drop_rules(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plan_is_due_one_month_after_arrival_and_overdue_after_that),
        TEST(survey_rounds_are_due_in_their_windows_both_days_included),
        TEST(rules_for_children_hold_until_the_eighteenth_birthday),
        TEST(a_responsible_adult_in_the_household_ends_the_alert),
        TEST(more_than_seven_unsure_answers_are_told),
        TEST(a_vulnerable_person_needs_screening_a_risk_assessment_and_support),
        TEST(who_may_not_read_the_class_learns_only_that_something_is_due),
        TEST(a_change_that_no_rule_reads_asks_no_rule),
        TEST(results_are_the_same_whether_asked_step_by_step_or_at_once),
        TEST(a_case_from_before_the_rules_is_asked_by_the_job),
        TEST(a_person_who_died_or_was_erased_has_nothing_due),
        TEST(a_settled_result_stays_settled_while_its_condition_is_true),
        TEST(a_task_that_is_put_off_comes_back_on_its_day),
        TEST(tasks_belong_to_the_case_manager_or_to_the_role_that_the_rule_names),
        TEST(lists_of_tasks_hold_the_rules_or_the_alerts_that_are_asked_for),
        TEST(a_case_closes_with_what_is_needed_or_with_reasons_why_not),
        TEST(a_gate_that_wants_two_people_is_not_passed_by_one),
        TEST(nobody_lets_a_return_pass_without_the_treatment_it_needs),
        TEST(a_child_does_not_depart_without_a_determination),
        TEST(a_return_outside_the_scope_needs_leave),
        TEST(a_gate_can_be_asked_by_its_name),
        TEST(why_tells_the_values_that_the_reader_may_see),
        TEST(a_failing_database_leaves_nothing_of_what_rules_write),
        TEST(a_round_that_fails_is_taken_up_again),
        TEST(the_case_document_is_described_as_it_is),
        TEST(a_mistake_in_a_rule_is_told_with_file_row_and_column),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
