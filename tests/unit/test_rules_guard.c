/* Rules: gates on saving, the bell, and the class of what is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "forms_gen.h"
#include "messages/messages.h"
#include "messages/notify.h"
#include "people/people.h"
#include "rules/document.h"
#include "rules/rules.h"
#include "rules_help.h"

#define GUARD_OF_PLANS                                                                             \
    "plan_guard,action:saved,gate,plan_consent,/data/latest/action/action_kind = 'plan_agreed' "   \
    "and ${vulnerable} = 'yes',,,,,,,,,high,yes,,Words,Mots,Palabras,Kalimat,R-2.3.2-01"

static enum err try_action(struct fixture *f, const struct record *rec, const char *kind)
{
    struct record *action = NULL;

    ctx_clear_problems(&f->ctx);
    must(f, record_new(&f->ctx, &action, FORM_ACTION, rec->id));
    person_fill(f, action, arena_printf(f->ctx.arena, "action_kind=%s;done_on=2026-11-20", kind));
    return record_insert(&f->ctx, action);
}

static void a_gate_on_saving_lets_nothing_pass_without_leave_of_two(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, NULL);
    struct record *action;

    load_own_rules(f, GUARD_OF_PLANS);
    must(f, try_action(f, rec, "plan_agreed")); /* not vulnerable */
    person_fill(f, rec, "opened=2026-11-01;vulnerable=yes");
    must(f, record_update(&f->ctx, rec, rec->version));
    must(f, try_action(f, rec, "visit"));
    assert_int_equal(try_action(f, rec, "plan_agreed"), ERR_INVALID);
    assert_string_equal(ctx_first_problem(&f->ctx), "Words");
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rec_action"), 2);
    must(f, rules_override(&f->ctx, rec->id, "plan_guard", "The court wants it."));
    assert_int_equal(try_action(f, rec, "plan_agreed"), ERR_INVALID);
    assert_int_equal(rules_override(&f->ctx, rec->id, "plan_guard", "Myself."), ERR_INVALID);
    fixture_as(f, "case_manager");
    must(f, rules_override(&f->ctx, rec->id, "plan_guard", "I have seen the letter."));
    action = child_stored(f, FORM_ACTION, rec, "action_kind=plan_agreed;done_on=2026-11-20");
    assert_int_equal(audit_count(f, "rule.override.use"), 1);
    /* Leave was for once; what the rule does not read may change. */
    assert_int_equal(try_action(f, rec, "plan_agreed"), ERR_INVALID);
    person_fill(f, action, "action_kind=plan_agreed;done_on=2026-11-21");
    must(f, record_update(&f->ctx, action, action->version));
    drop_rules(f);
    assert_false(files_hold(f, "The court wants it"));
}

static void a_change_is_refused_by_what_it_makes_true_and_by_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, NULL);
    struct record *action =
        child_stored(f, FORM_ACTION, rec, "action_kind=visit;done_on=2026-11-20");

    (void)child_stored(f, FORM_ACTION, rec, "action_kind=plan_review;done_on=2026-11-20");
    load_own_rules(f, "kept,action:saved,gate,kept,/data/latest/action/action_kind = 'visit' and"
                      " /data/latest/action/action_outcome = 'reached',,,,,,,,,low,never,,"
                      "Words,Mots,Palabras,Kalimat,R-2.3.2-01");
    person_fill(f, action, "action_kind=visit;done_on=2026-11-20;action_outcome=reached");
    assert_int_equal(record_update(&f->ctx, action, action->version), ERR_INVALID);
    assert_int_equal(rules_override(&f->ctx, rec->id, "kept", "please"), ERR_INVALID);
    person_fill(f, action, "action_kind=visit;done_on=2026-11-20;action_outcome=not_reached");
    must(f, record_update(&f->ctx, action, action->version));
    drop_rules(f);
}

/* --- the bell --- */

static int64_t rung(struct fixture *f)
{
    return count_of(f, f->ctx.db, "SELECT count(*) FROM notification WHERE topic LIKE 'tasks%'");
}

static void a_new_alert_rings_its_owner_once_for_all_that_is_new(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, NULL);
    struct notification *items = NULL;
    size_t len = 0;
    int64_t before = rung(f);

    person_fill(f, rec,
                arena_printf(f->ctx.arena,
                             "opened=2026-11-01;vulnerable=yes;worker=%s;"
                             "vulnerability_flags.1.vulnerability_flag=health_need",
                             f->ctx.user_id));
    must(f, record_update(&f->ctx, rec, rec->version));
    assert_true(open_now(f, rec, "risk_assessment_missing"));
    assert_true(open_now(f, rec, "support_first"));
    assert_int_equal(rung(f), before + 1);
    must(f, notify_list(&f->ctx, &items, &len, NULL));
    assert_int_equal(len, 1);
    assert_non_null(strstr(items[0].text, rec->number));
    assert_null(strstr(items[0].text, "risk"));
    assert_string_equal(items[0].link, arena_printf(f->ctx.arena, "/records/case/%s", rec->id));
    /* Not for what was told already, however often it is asked; unread or read. */
    must(f, rules_run_case(&f->ctx, rec->id));
    must(f, notify_read(&f->ctx, NULL));
    must(f, rules_run_case(&f->ctx, rec->id));
    wait_until(f, 1);
    assert_int_equal(rung(f), before + 1);
    /* Something else is new. */
    (void)child_stored(f, FORM_HOUSEHOLD, person_of(f, rec), "label=Home;violence_risk=yes");
    assert_true(open_now(f, rec, "violence_at_home"));
    assert_int_equal(rung(f), before + 2);
}

static void what_days_bring_rings_once_for_all_cases_and_those_of_the_role(void **state)
{
    struct fixture *f = *state;
    struct record *first = given_case(f, PERSON_AWA, "2026-11-20");
    struct record *second = given_case(f, CHILD, "2026-11-20");
    struct notification *items = NULL;
    size_t len = 0;
    int64_t before;

    wait_until(f, 28);
    before = rung(f);
    wait_until(f, 1);
    assert_true(open_now(f, first, "plan_overdue"));
    assert_true(open_now(f, second, "plan_overdue"));
    assert_int_equal(rung(f), before + 1);
    must(f, notify_list(&f->ctx, &items, &len, NULL)); /* the supervisor's */
    assert_int_equal(len, 1);
    assert_string_equal(items[0].link, "/tasks");
    fixture_as(f, "case_manager");
    must(f, notify_list(&f->ctx, &items, &len, NULL));
    assert_int_equal(len, 0);
    wait_until(f, 1);
    assert_int_equal(rung(f), before + 1);
}

static void a_case_that_changes_hands_rings_the_new_owner(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, NULL);
    struct notification *items = NULL;
    const char *manager;
    size_t len = 0;

    person_fill(
        f, rec,
        arena_printf(f->ctx.arena, "opened=2026-11-01;vulnerable=yes;worker=%s", f->ctx.user_id));
    must(f, record_update(&f->ctx, rec, rec->version));
    fixture_as(f, "case_manager");
    manager = f->ctx.user_id;
    fixture_as(f, "supervisor");
    person_fill(f, rec,
                arena_printf(f->ctx.arena, "opened=2026-11-01;vulnerable=yes;worker=%s", manager));
    must(f, record_update(&f->ctx, rec, rec->version));
    fixture_as(f, "case_manager");
    must(f, notify_list(&f->ctx, &items, &len, NULL));
    assert_int_equal(len, 1);
}

/* --- privacy --- */

static enum privacy highest_read;
static const char *(*read_on)(struct ctx *ctx, const struct expr_node *node);

/* Each value that is really read, in place of the document's own reading. */
static const char *spy(struct ctx *ctx, const struct expr_node *node)
{
    const struct shape_item *item = doc_tree_item(node);

    if (item && item->privacy > highest_read)
        highest_read = item->privacy;
    return read_on(ctx, node);
}

/* Evaluates every expression of a rule and gives the highest class of what was read. */
static enum privacy really_read(struct fixture *f, struct doc_tree *doc, const struct rule *rule)
{
    const struct expr *const all[] = { rule->when, rule->from.expr, rule->until.expr,
                                       rule->due.expr, rule->next_check };
    const struct expr_host host = doc_tree_host(doc, "2026-11-22", f->ctx.now_ms);

    highest_read = PRIVACY_PUBLIC;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct expr_value v = { 0 };

        if (!all[i])
            continue;
        must(f, expr_eval(&f->ctx, &v, all[i], &host));
        (void)expr_text(&f->ctx, &v);
    }
    return highest_read;
}

static void no_rule_reads_what_is_above_the_class_of_its_result(void **state)
{
    struct fixture *f = *state;
    struct doc_tree *doc;
    size_t sensitive = 0;

    load_own_rules(f, "via_if,case,alert,,\"if(${priority} = 'high' or true(), "
                      "/data/person/factors/factor_note, '') != ''\",,,,,,,,,low,,,"
                      "Words,Mots,Palabras,Kalimat,R-2.1-01");
    doc = doc_tree_sample(f->ctx.arena, rules_of()->shape);
    read_on = doc->tree.value;
    doc->tree.value = spy;
    for (size_t i = 0; i < rules_of()->len; i++) {
        const struct rule *rule = &rules_of()->items[i];

        if (really_read(f, doc, rule) > rule->privacy)
            fail_msg("%s reads more than its class", rule->id);
        sensitive += highest_read == PRIVACY_SENSITIVE ? 1 : 0;
    }
    assert_true(sensitive >= 3);
    assert_int_equal(rule_find(rules_of(), "via_if")->privacy, PRIVACY_SENSITIVE);
    drop_rules(f);
}

static enum err try_child(struct fixture *f, struct record **out, const char *form,
                          const struct record *rec, const char *answers)
{
    ctx_clear_problems(&f->ctx);
    must(f, record_new(&f->ctx, out, form, rec->id));
    person_fill(f, *out, answers);
    return record_insert(&f->ctx, *out);
}

/* Proves R-2.3.3-02: the returnee always holds the updated copy. */
static void a_review_that_changes_the_plan_is_kept_with_the_day_its_copy_was_given(void **state)
{
    static const char go_on[] =
        "review_date=2026-11-20;review_trigger=periodic;review_decision=go_on";
    static const char change[] =
        "review_date=2026-11-20;review_trigger=periodic;review_decision=change;"
        "review_changes=Two more months";
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, NULL);
    struct record *review = NULL;

    must(f, try_child(f, &review, FORM_PLAN_REVIEW, rec, go_on));
    assert_int_equal(try_child(f, &review, FORM_PLAN_REVIEW, rec, change), ERR_INVALID);
    assert_true(text_starts(ctx_first_problem(&f->ctx), "The review changes the plan"));
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rec_plan_review"), 1);
    must(f, try_child(f, &review, FORM_PLAN_REVIEW, rec,
                      arena_printf(f->ctx.arena, "%s;review_copy_given_at=2026-11-20", change)));
    must(f, rules_override(&f->ctx, rec->id, "review_copy", "It is sent by post on Monday."));
    must(f, try_child(f, &review, FORM_PLAN_REVIEW, rec, change));
    assert_int_equal(audit_count(f, "rule.override.use"), 1);
    assert_int_equal(try_child(f, &review, FORM_PLAN_REVIEW, rec, change), ERR_INVALID);
    assert_false(files_hold(f, "sent by post"));
}

/* Proves R-6.2.2.2-02: the assessment comes before what decides about the child. */
static void no_decision_about_a_child_is_kept_without_an_assessment(void **state)
{
    static const char decision[] = "action_kind=best_interests_decision;done_on=2026-11-20";
    struct fixture *f = *state;
    struct record *rec = given_case(f, CHILD, NULL);
    struct record *other = given_case(f, PERSON_AWA, NULL);
    struct record *action = NULL;

    assert_int_equal(try_child(f, &action, FORM_ACTION, rec, decision), ERR_INVALID);
    assert_true(text_starts(ctx_first_problem(&f->ctx), "A decision about a child rests on"));
    must(f, rules_override(&f->ctx, rec->id, "decision_after_assessment", "A court order."));
    assert_int_equal(try_child(f, &action, FORM_ACTION, rec, decision), ERR_INVALID);
    fixture_as(f, "case_manager");
    must(f, rules_override(&f->ctx, rec->id, "decision_after_assessment", "I have seen it."));
    must(f, try_child(f, &action, FORM_ACTION, rec, decision));
    fixture_as(f, "supervisor");
    must(f, try_child(f, &action, FORM_ACTION, other,
                      "action_kind=best_interests;done_on=2026-11-19"));
    must(f, try_child(f, &action, FORM_ACTION, other, decision));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_gate_on_saving_lets_nothing_pass_without_leave_of_two),
        TEST(a_review_that_changes_the_plan_is_kept_with_the_day_its_copy_was_given),
        TEST(no_decision_about_a_child_is_kept_without_an_assessment),
        TEST(a_change_is_refused_by_what_it_makes_true_and_by_nothing_else),
        TEST(a_new_alert_rings_its_owner_once_for_all_that_is_new),
        TEST(what_days_bring_rings_once_for_all_cases_and_those_of_the_role),
        TEST(a_case_that_changes_hands_rings_the_new_owner),
        TEST(no_rule_reads_what_is_above_the_class_of_its_result),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
