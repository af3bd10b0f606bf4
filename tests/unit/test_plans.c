/* The feasibility grid of a case, and plans: what they begin with, versions, what is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/asset.h"
#include "plans_help.h"

#define CALLS_MAX 900
#define HEARD                                                                                      \
    "contact_on=2026-11-20;contact_mode=phone;contact_result=reached;contact_type=follow_up;"      \
    "challenges=Cloth is dear"
#define CHANGED                                                                                    \
    "changed_on=2026-11-20;change_kind=family;change_description=Moved to her aunt;"               \
    "change_drastic=no"

static struct grid_case grid_for(struct fixture *f, const struct record *of)
{
    struct grid_case c = { 0 };

    must(f, grid_case_load(&f->ctx, &c, of->id));
    return c;
}

static const struct grid_result *row_of(const struct grid_case *c, const char *code)
{
    const struct grid_row *row = grid_row_find(grid_of(), code);

    assert_non_null(row);
    return &c->results[row - grid_of()->rows];
}

static const struct grid_finding *finding(const struct grid_case *c, const char *row,
                                          const char *criterion)
{
    const struct grid_result *r = row_of(c, row);

    for (size_t i = 0; i < r->row->criteria_len; i++)
        if (text_equal(r->findings[i].criterion->code, criterion))
            return &r->findings[i];
    fail_msg("no criterion %s", criterion);
    return NULL;
}

static void say(struct fixture *f, const struct record *of, const char *criterion,
                const char *answer)
{
    const struct grid_said said = { criterion, answer };

    must(f, grid_answer_set(&f->ctx, of->id, &said, 1, "Seen on a visit"));
}

/* --- the grid --- */

/* Proves R-A5-01, R-1.4.3-06. */
static void the_shipped_grid_has_29_approaches_in_three_dimensions(void **state)
{
    int counts[GRID_DIMENSIONS] = { 0 };

    (void)state;
    for (size_t i = 0; i < grid_of()->rows_len; i++)
        for (int d = 0; d < GRID_DIMENSIONS; d++)
            counts[d] += text_equal(grid_of()->rows[i].dimension, grid_dimensions()[d]);
    assert_int_equal(grid_of()->rows_len, 29);
    assert_int_equal(counts[0], 14);
    assert_int_equal(counts[1], 5);
    assert_int_equal(counts[2], 10);
}

/* Proves R-A5-03: the answers of an interview show situations, and why. */
static void an_interview_shows_the_situations_of_a_case_and_why(void **state)
{
    struct fixture *f = *state;
    struct record *of = returned_case(f, "opened=2026-11-01;vulnerable=no");
    struct grid_case c = grid_for(f, of);
    bool isolated = false;

    for (size_t i = 0; i < grid_of()->scenarios_len; i++)
        assert_false(c.situations[i].shown);
    (void)child_stored(f, FORM_RSS, person_of(f, of), BASELINE);
    c = grid_for(f, of);
    for (size_t i = 0; i < grid_of()->scenarios_len; i++) {
        const struct grid_situation *s = &c.situations[i];

        if (!text_equal(s->scenario->code, "isolation_no_network"))
            continue;
        isolated = s->shown;
        assert_true(s->whys_len > 0);
        assert_string_equal(s->whys[0].on, "2026-11-20");
        assert_string_equal(s->whys[0].value, "Bad");
    }
    assert_true(isolated);
    assert_true(row_of(&c, "returnee_associations")->fits);
    assert_false(row_of(&c, "cash_assistance")->fits);
}

/* Proves R-1.4.3-10, R-A5-02, C-12-16, RC-20. */
static void a_criterion_is_met_not_met_or_unknown_and_decides_its_row(void **state)
{
    struct fixture *f = *state;
    struct record *of = returned_case(f, "opened=2026-11-01;vulnerable=yes;risk_level=high");
    struct grid_case c = grid_for(f, of);
    const struct grid_finding *i1 = finding(&c, "cash_assistance", "cash_assistance_i1");

    assert_int_equal(i1->from, FROM_CASE);
    assert_int_equal(i1->outcome, OUTCOME_MET);
    assert_true(i1->whys_len > 0);
    assert_int_equal(row_of(&c, "cash_assistance")->outcome, OUTCOME_UNKNOWN);
    say(f, of, "cash_assistance_i2", "yes");
    say(f, of, "cash_assistance_i3", "not_applicable");
    say(f, of, "cash_assistance_c1", "yes");
    say(f, of, "cash_assistance_c2", "yes");
    say(f, of, "cash_assistance_s1", "yes");
    c = grid_for(f, of);
    assert_int_equal(row_of(&c, "cash_assistance")->outcome, OUTCOME_MET);
    say(f, of, "cash_assistance_i2", "no");
    c = grid_for(f, of);
    assert_int_equal(row_of(&c, "cash_assistance")->outcome, OUTCOME_NOT_MET);
    assert_int_equal(row_of(&c, "cash_assistance")->levels[0], OUTCOME_NOT_MET);
    assert_int_equal(row_of(&c, "cash_assistance")->levels[1], OUTCOME_MET);
    assert_int_equal(row_of(&c, "cash_assistance")->unmet, 1);
}

static void advisory_criteria_and_open_questions_never_change_the_outcome(void **state)
{
    struct fixture *f = *state;
    struct record *of = returned_case(f, "opened=2026-11-01;vulnerable=no");
    struct grid_case c = grid_for(f, of);
    enum grid_outcome before = row_of(&c, "mentorship")->outcome;

    say(f, of, "mentorship_c1", "no");
    c = grid_for(f, of);
    assert_int_equal(row_of(&c, "mentorship")->outcome, before);
    assert_int_equal(finding(&c, "mentorship", "mentorship_c1")->answer, GRID_NO);
}

/* Proves R-1.4.3-08, R-1.4.3-09: once for a place, with its date, and used again. */
static void what_is_known_of_a_place_is_used_again_for_the_next_case(void **state)
{
    struct fixture *f = *state;
    struct record *first = returned_case(f, "opened=2026-11-01;vulnerable=no");
    struct record *second = returned_case(f, "opened=2026-11-01;vulnerable=no");
    struct record *who = person_stored(f, PERSON_AWA);
    const struct grid_finding *found;
    struct record *elsewhere;
    struct grid_case c;

    (void)child_stored(f, FORM_RETURN_EVENT, who, "country_of_origin=SN;place_of_return=Matam");
    elsewhere = child_stored(f, FORM_CASE, who, "opened=2026-11-01");
    say(f, first, "cash_assistance_c1", "yes");
    c = grid_for(f, second);
    found = finding(&c, "cash_assistance", "cash_assistance_c1");
    assert_int_equal(found->from, FROM_PLACE);
    assert_int_equal(found->outcome, OUTCOME_MET);
    assert_string_equal(record_value(found->said, FIELD_PLACE_ANSWER_PLACE_ANSWERED_ON),
                        "2026-11-22");
    c = grid_for(f, elsewhere);
    assert_int_equal(finding(&c, "cash_assistance", "cash_assistance_c1")->from, FROM_NOBODY);
    say(f, second, "cash_assistance_c1", "no"); /* changes the one answer there is */
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rec_place_answer"), 1);
    c = grid_for(f, first);
    assert_int_equal(finding(&c, "cash_assistance", "cash_assistance_c1")->answer, GRID_NO);
}

/* Proves R-2.3.1-01: nothing blocks; who goes against the grid says why. */
static void going_against_the_grid_needs_a_reason_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct record *of = returned_case(f, "opened=2026-11-01;vulnerable=no");
    struct grid_decision d = {
        .row = "cash_assistance", .own = "", .decision = "selected", .reason = ""
    };
    struct grid_case c;

    assert_int_equal(grid_decide(&f->ctx, of->id, &d), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, FIELD_GRID_CHOICE_CHOICE_REASON));
    ctx_clear_problems(&f->ctx);
    d.reason = "No food in the house";
    must(f, grid_decide(&f->ctx, of->id, &d));
    d = (struct grid_decision){
        .row = "mentorship", .own = "", .decision = "deferred", .reason = ""
    };
    must(f, grid_decide(&f->ctx, of->id, &d));
    d = (struct grid_decision){
        .row = "", .own = "Bus pass", .decision = "selected", .reason = ""
    };
    must(f, grid_decide(&f->ctx, of->id, &d));
    c = grid_for(f, of);
    assert_string_equal(
        record_value(row_of(&c, "cash_assistance")->choice, FIELD_GRID_CHOICE_CHOICE_OUTCOME),
        "not_met");
    assert_int_equal(c.own_len, 1);
    assert_false(files_hold(f, "No food in the house"));
}

static void codes_that_the_grid_does_not_have_are_refused(void **state)
{
    struct fixture *f = *state;
    struct record *of = returned_case(f, "opened=2026-11-01");
    const struct grid_said wrong = { "no_such_criterion", "yes" };
    const struct grid_said odd = { "cash_assistance_i2", "perhaps" };
    const struct grid_decision d = {
        .row = "gold", .own = "", .decision = "selected", .reason = ""
    };

    assert_int_equal(grid_answer_set(&f->ctx, of->id, &wrong, 1, ""), ERR_INVALID);
    assert_int_equal(grid_answer_set(&f->ctx, of->id, &odd, 1, ""), ERR_INVALID);
    assert_int_equal(grid_decide(&f->ctx, of->id, &d), ERR_INVALID);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rec_grid_answer"), 0);
}

static void an_answer_that_is_above_the_readers_class_is_not_told(void **state)
{
    struct fixture *f = *state;
    struct record *of = returned_case(f, "opened=2026-11-01;vulnerable=yes;risk_level=high");
    struct grid_case c;

    fixture_as(f, "programme_manager");
    c = grid_for(f, of);
    assert_true(finding(&c, "cash_assistance", "cash_assistance_i1")->hidden);
    assert_int_equal(finding(&c, "cash_assistance", "cash_assistance_i1")->answer, GRID_UNKNOWN);
    for (size_t i = 0; i < grid_of()->scenarios_len; i++)
        assert_false(c.situations[i].shown);
}

/* --- plans --- */

static int64_t active_plans(struct fixture *f)
{
    return count_of(f, f->ctx.db, "SELECT count(*) FROM rec_plan WHERE status = 'active'");
}

/* Proves R-A3-07: scores are copied from the baseline interview. */
static void a_new_plan_begins_with_the_chosen_approaches_the_place_and_the_scores(void **state)
{
    struct fixture *f = *state;
    struct record *of = returned_case(f, "opened=2026-11-01;vulnerable=no");
    const struct grid_decision d = {
        .row = "vocational_training", .own = "", .decision = "selected", .reason = "Her wish"
    };
    struct record *plan = NULL;

    (void)child_stored(f, FORM_RSS, person_of(f, of), BASELINE);
    must(f, grid_decide(&f->ctx, of->id, &d));
    must(f, record_new(&f->ctx, &plan, FORM_PLAN, of->id));
    must(f, plan_prefill(&f->ctx, plan));
    assert_string_equal(record_value(plan, FIELD_PLAN_PLACE_OF_RETURN), "Rufisque");
    assert_int_equal(rows_of(plan, FIELD_PLAN_LINES), 1);
    assert_string_equal(row_value(plan, FIELD_PLAN_LINES, 1, FIELD_PLAN_LINE_ACTION),
                        "Vocational training");
    assert_string_equal(row_value(plan, FIELD_PLAN_LINES, 1, FIELD_PLAN_LINE_COMPONENT),
                        "vocational_training_apprenticeship");
    assert_string_not_equal(record_value(plan, FIELD_PLAN_BASELINE_PSYCHOSOCIAL), "");
    plan = plan_stored(f, of, PLANNED ";baseline_psychosocial=0.1"); /* typed, so not taken */
    assert_string_not_equal(record_value(plan, FIELD_PLAN_BASELINE_PSYCHOSOCIAL), "0.1");
    assert_string_not_equal(record_value(plan, FIELD_PLAN_BASELINE_INTERVIEW), "");
}

static bool lacks(const struct plan_gap *gaps, size_t len, const char *field)
{
    for (size_t i = 0; i < len; i++)
        if (gaps[i].field && text_equal(gaps[i].field, field))
            return true;
    return false;
}

/* Proves RC-21, C-12-26. */
static void what_a_plan_lacks_is_told_with_the_question(void **state)
{
    struct fixture *f = *state;
    struct record *of = returned_case(f, "opened=2026-11-01");
    struct record *plan = plan_stored(f, of, "objectives=A steady income");
    struct plan_gap *gaps = NULL;
    bool wants_consent = false;
    size_t len = 0;

    must(f, plan_missing(&f->ctx, &gaps, &len, plan));
    assert_true(lacks(gaps, len, FIELD_PLAN_SUMMARY_SOCIAL));
    assert_true(lacks(gaps, len, FIELD_PLAN_WITHOUT_TRANSPORT));
    assert_true(lacks(gaps, len, FIELD_PLAN_LINES));
    assert_true(lacks(gaps, len, FIELD_PLAN_EXIT_HOW));
    plan = plan_stored(f, of, PLANNED);
    second_supervisor(f);
    agree(f, plan);
    must(f, record_load(&f->ctx, &plan, FORM_PLAN, plan->id));
    must(f, plan_missing(&f->ctx, &gaps, &len, plan));
    for (size_t i = 0; i < len; i++) {
        assert_true(gaps[i].step >= STEP_FORCE);
        wants_consent = wants_consent || text_equal(gaps[i].kind, FORM_CONSENT);
    }
    assert_true(wants_consent);
    consent(f, of);
    must(f, plan_missing(&f->ctx, &gaps, &len, plan));
    for (size_t i = 0; i < len; i++)
        assert_int_equal(gaps[i].step, STEP_LATER);
}

/* Proves R-A3-05: the total of all costs. */
static void costs_are_summed_up_for_each_currency(void **state)
{
    struct fixture *f = *state;
    struct record *plan = plan_stored(f, returned_case(f, "opened=2026-11-01"), PLANNED);

    assert_string_equal(plan_totals(&f->ctx, plan), "175,500 XOF");
}

/* Proves R-A3-01: one plan is in force; the earlier version stays, replaced. Proves R-2.3.2-03:
 * without a consent for its parts it does not come into force. */
static void a_new_version_replaces_the_one_in_force_in_one_step(void **state)
{
    struct fixture *f = *state;
    struct record *of = returned_case(f, "opened=2026-11-01");
    struct record *plan = plan_stored(f, of, PLANNED);
    struct record_change *changes = NULL;
    struct record *before = NULL;
    struct record *next = NULL;
    size_t len = 0;

    second_supervisor(f);
    agree(f, plan);
    must(f, record_load(&f->ctx, &plan, FORM_PLAN, plan->id));
    assert_int_equal(plan_activate(&f->ctx, plan->id, plan->version), ERR_INVALID);
    ctx_clear_problems(&f->ctx);
    consent(f, of);
    must(f, plan_activate(&f->ctx, plan->id, plan->version));
    assert_int_equal(plan_amend(&f->ctx, &next, plan->id, " "), ERR_INVALID);
    ctx_clear_problems(&f->ctx);
    must(f, plan_amend(&f->ctx, &next, plan->id, "She moved"));
    assert_int_equal(plan_amend(&f->ctx, &before, plan->id, "Again"), ERR_CONFLICT);
    ctx_clear_problems(&f->ctx);
    assert_string_equal(record_value(next, FIELD_PLAN_PLAN_VERSION), "2");
    assert_string_equal(record_value(next, FIELD_PLAN_AMENDS), plan->id);
    assert_string_equal(record_value(next, FIELD_PLAN_AMENDMENT_REASON), "She moved");
    assert_string_equal(record_value(next, FIELD_PLAN_AGREED_ON), "2026-11-22");
    assert_int_equal(rows_of(next, FIELD_PLAN_APPROVALS), 0);
    assert_string_equal(status_of(f, plan), STATUS_PLAN_ACTIVE);
    record_set(next, FIELD_PLAN_OBJECTIVES, "A shop of her own");
    must(f, record_update(&f->ctx, next, next->version));
    must(f, plan_before(&f->ctx, &before, next));
    must(f, record_diff(&f->ctx, &changes, &len, before, next));
    for (size_t i = 0; i < len; i++)
        assert_false(text_starts(changes[i].path, "lines."));
    assert_true(len >= 3);
    person_fill(f, next, PLANNED);
    record_set(next, FIELD_PLAN_AMENDS, plan->id);
    record_set(next, FIELD_PLAN_AMENDMENT_REASON, "She moved");
    must(f, record_update(&f->ctx, next, next->version));
    agree(f, next);
    assert_string_equal(record_value(plan, FIELD_PLAN_AGREED_ON), "2026-11-22");
    must(f, record_load(&f->ctx, &next, FORM_PLAN, next->id));
    must(f, plan_activate(&f->ctx, next->id, next->version));
    assert_string_equal(status_of(f, plan), STATUS_PLAN_SUPERSEDED);
    assert_string_equal(status_of(f, next), STATUS_PLAN_ACTIVE);
    assert_int_equal(active_plans(f), 1);
}

#define DROPPED(n, need)                                                                           \
    ";lines." n ".line_section=immediate;lines." n ".line_code=transport;lines." n                 \
    ".line_dimension=social;lines." n ".line_component=transport;lines." n ".line_need=" need      \
    ";lines." n ".line_action=Ride;lines." n ".line_responsible=family;lines." n                   \
    ".line_needs_referral=no;lines." n ".line_status=dropped;lines." n                             \
    ".line_dropped_reason=She walks;lines." n ".costs.1.goods_equipment_service=Ticket;lines." n   \
    ".costs.1.estimated_cost=9000 XOF"

static void what_was_dropped_covers_no_part_and_stays_with_what_it_cost(void **state)
{
    struct fixture *f = *state;
    struct record *of = returned_case(f, "opened=2026-11-01");
    struct record *plan = plan_stored(
        f, of,
        PLANNED DROPPED("2", "Bus") DROPPED("3", "Train") ";lines.3.costs.1.actual_cost=9000 XOF");
    struct record *next = NULL;
    const struct field *lines = NULL;

    assert_string_equal(record_value(plan, FIELD_PLAN_COMPONENTS_OPEN), "0");
    record_set(plan, FIELD_PLAN_WITHOUT_TRANSPORT, "");
    must(f, record_update(&f->ctx, plan, plan->version));
    assert_string_equal(record_value(plan, FIELD_PLAN_COMPONENTS_OPEN), "1");
    record_set(plan, FIELD_PLAN_WITHOUT_TRANSPORT, "She walks");
    must(f, record_update(&f->ctx, plan, plan->version));
    second_supervisor(f);
    agree(f, plan);
    must(f, plan_amend(&f->ctx, &next, plan->id, "She moved"));
    assert_int_equal(rows_of(next, FIELD_PLAN_LINES), 2);
    lines = field_find(next->form, FIELD_PLAN_LINES);
    assert_string_equal(answers_get(next->answers->rows[lines->place][1],
                                    field_find(next->form, FIELD_PLAN_LINE_NEED)),
                        "Train");
}

/* --- faults --- */

struct trial {
    struct record *of;
    struct record *plan;
};

static enum err run_answer(struct fixture *f, const struct trial *t)
{
    const struct grid_said said[] = { { "cash_assistance_i2", "yes" },
                                      { "cash_assistance_c1", "yes" } };

    return grid_answer_set(&f->ctx, t->of->id, said, 2, "Seen");
}

static enum err run_decide(struct fixture *f, const struct trial *t)
{
    const struct grid_decision d = {
        .row = "mentorship", .own = "", .decision = "deferred", .reason = ""
    };

    return grid_decide(&f->ctx, t->of->id, &d);
}

static enum err run_amend(struct fixture *f, const struct trial *t)
{
    struct record *next = NULL;

    return plan_amend(&f->ctx, &next, t->plan->id, "She moved");
}

static enum err run_activate(struct fixture *f, const struct trial *t)
{
    return plan_activate(&f->ctx, t->plan->id, t->plan->version);
}

static int64_t written(struct fixture *f)
{
    return count_of(f, f->ctx.db, "SELECT count(*) FROM record_history") +
           count_of(f, f->ctx.db, "SELECT count(*) FROM audit");
}

static void fails_whole(struct fixture *f, const struct trial *t,
                        enum err (*run)(struct fixture *f, const struct trial *t))
{
    int64_t before = written(f);
    enum err rc = ERR_DB;
    int n;

    for (n = 1; rc && n < CALLS_MAX; n++) {
        struct arena_mark mark = arena_mark(f->ctx.arena);

        ctx_clear_problems(&f->ctx);
        db_fail_at(f->ctx.db, n);
        rc = run(f, t);
        db_fail_at(f->ctx.db, 0);
        assert_false(db_in_transaction(f->ctx.db));
        if (rc != OK && rc != ERR_DB)
            fail_msg("call %d: %s: %s", n, err_name(rc), ctx_first_problem(&f->ctx));
        if (rc)
            assert_int_equal(written(f), before);
        ctx_clear_problems(&f->ctx);
        arena_rewind(f->ctx.arena, mark);
    }
    assert_true(n > 4 && n < CALLS_MAX);
    assert_true(written(f) > before);
}

static void a_failing_database_leaves_nothing_of_grid_or_plan(void **state)
{
    struct fixture *f = *state;
    struct trial t = { .of = returned_case(f, "opened=2026-11-01;vulnerable=no") };

    fails_whole(f, &t, run_answer);
    fails_whole(f, &t, run_decide);
    second_supervisor(f);
    t.plan = plan_stored(f, t.of, PLANNED);
    agree(f, t.plan);
    consent(f, t.of);
    must(f, record_load(&f->ctx, &t.plan, FORM_PLAN, t.plan->id));
    fails_whole(f, &t, run_activate);
    fails_whole(f, &t, run_amend);
    assert_int_equal(active_plans(f), 1);
}

/* What is offered is read from five kinds: whatever fails, the report stays unwritten. */
static void a_report_is_filled_in_whole_or_not_at_all(void **state)
{
    struct fixture *f = *state;
    struct record *of = returned_case(f, "opened=2026-11-01;vulnerable=no");
    enum err rc = ERR_DB;
    int n;

    (void)child_stored(f, FORM_RSS, person_of(f, of), BASELINE);
    (void)child_stored(f, FORM_CONTACT, of, HEARD);
    (void)child_stored(f, FORM_CHANGE_EVENT, of, CHANGED);
    (void)child_stored(f, FORM_ACTION, of, "action_kind=visit;done_on=2026-11-21");
    for (n = 1; rc && n < CALLS_MAX; n++) {
        struct arena_mark mark = arena_mark(f->ctx.arena);
        struct record *report = NULL;

        must(f, record_new(&f->ctx, &report, FORM_MONITORING_REPORT, of->id));
        db_fail_at(f->ctx.db, n);
        rc = report_prefill(&f->ctx, report);
        db_fail_at(f->ctx.db, 0);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rec_monitoring_report"), 0);
        if (rc) {
            assert_int_equal(rc, ERR_DB);
            assert_string_equal(record_value(report, FIELD_MONITORING_REPORT_PLAN_PROGRESS), "");
            ctx_clear_problems(&f->ctx);
            arena_rewind(f->ctx.arena, mark);
            continue;
        }
        assert_non_null(strstr(record_value(report, FIELD_MONITORING_REPORT_CHALLENGES), "dear"));
        assert_non_null(
            strstr(record_value(report, FIELD_MONITORING_REPORT_LIFE_CHANGES), "Moved"));
        assert_string_not_equal(record_value(report, FIELD_MONITORING_REPORT_PLAN_PROGRESS), "");
    }
    assert_int_equal(rc, OK);
    assert_true(n > 10);
}

/* Proves R-1.4.1-02: plan, notes and decisions say who decided; what staff decided is looked at. */
static void what_staff_decided_alone_comes_before_the_supervisor(void **state)
{
    static const struct {
        const char *kind;
        const char *answers; /* behind it: who decided */
    } rows[] = {
        { FORM_ACTION, "action_kind=visit;done_on=2026-11-20;action_proposed_by=family;"
                       "action_decided_by=" },
        { FORM_CONTACT, "contact_on=2026-11-20;contact_mode=phone;contact_result=reached;"
                        "contact_proposed_by=staff;contact_decided_by=" },
        { FORM_PLAN_REVIEW, "review_date=2026-11-21;review_trigger=periodic;review_decision=go_on;"
                            "review_proposed_by=returnee;review_decided_by=" },
        { FORM_PLAN, "objectives=A steady income;plan_proposed_by=staff;plan_decided_by=" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct record *of = returned_case(f, "opened=2026-11-01;vulnerable=no");
        struct record *rec = child_stored(f, rows[i].kind, of,
                                          arena_printf(f->ctx.arena, "%sstaff", rows[i].answers));

        assert_true(open_now(f, of, "decided_by_staff"));
        assert_string_equal(result_of(f, of, "decided_by_staff")->rule->role, "supervisor");
        person_fill(f, rec, arena_printf(f->ctx.arena, "%sjoint", rows[i].answers));
        must(f, record_update(&f->ctx, rec, rec->version));
        assert_false(open_now(f, of, "decided_by_staff"));
    }
}

#define W_POINTS                                                                                   \
    "w_mode=individual;w_dimension=economic;w_purpose=planning;w_points.1.w_direction=down;"       \
    "w_points.1.w_level=2;w_points.1.w_label=Rent too high;w_points.1.w_overcome="

/* Proves C-12-32 RC-27 R-A1-44: while a plan is in force. */
static void a_w_with_an_open_difficulty_asks_for_a_review_and_one_alone_for_a_second(void **state)
{
    struct fixture *f = *state;
    struct record *of = returned_case(f, "opened=2026-11-01;vulnerable=no");
    struct record *plan = plan_stored(f, of, PLANNED);
    struct record *w;

    second_supervisor(f);
    agree(f, plan);
    consent(f, of);
    must(f, record_load(&f->ctx, &plan, FORM_PLAN, plan->id));
    w = child_stored(f, FORM_W_MODEL, of, "w_on=2026-11-20;" W_POINTS "no");
    assert_false(open_now(f, of, "w_unresolved"));
    must(f, plan_activate(&f->ctx, plan->id, plan->version));
    assert_true(open_now(f, of, "w_unresolved"));
    (void)child_stored(f, FORM_PLAN_REVIEW, of,
                       "review_date=2026-11-21;review_trigger=w_model;review_decision=go_on");
    assert_false(open_now(f, of, "w_unresolved"));
    person_fill(f, w, "w_on=2026-11-22;" W_POINTS "yes;w_points.1.w_helper=A cousin");
    must(f, record_update(&f->ctx, w, w->version));
    assert_false(open_now(f, of, "w_unresolved"));
    assert_false(open_now(f, of, "w_second"));
    wait_until(f, 91);
    assert_true(open_now(f, of, "w_second"));
    (void)child_stored(f, FORM_W_MODEL, of, "w_on=2026-11-22;" W_POINTS "yes");
    assert_false(open_now(f, of, "w_second"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plans_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_shipped_grid_has_29_approaches_in_three_dimensions),
        TEST(an_interview_shows_the_situations_of_a_case_and_why),
        TEST(a_criterion_is_met_not_met_or_unknown_and_decides_its_row),
        TEST(advisory_criteria_and_open_questions_never_change_the_outcome),
        TEST(what_is_known_of_a_place_is_used_again_for_the_next_case),
        TEST(going_against_the_grid_needs_a_reason_and_nothing_else),
        TEST(codes_that_the_grid_does_not_have_are_refused),
        TEST(an_answer_that_is_above_the_readers_class_is_not_told),
        TEST(a_new_plan_begins_with_the_chosen_approaches_the_place_and_the_scores),
        TEST(what_a_plan_lacks_is_told_with_the_question),
        TEST(costs_are_summed_up_for_each_currency),
        TEST(a_new_version_replaces_the_one_in_force_in_one_step),
        TEST(what_was_dropped_covers_no_part_and_stays_with_what_it_cost),
        TEST(what_staff_decided_alone_comes_before_the_supervisor),
        TEST(a_w_with_an_open_difficulty_asks_for_a_review_and_one_alone_for_a_second),
        TEST(a_report_is_filled_in_whole_or_not_at_all),
        TEST(a_failing_database_leaves_nothing_of_grid_or_plan),
    };

    return cmocka_run_group_tests_name("plans", tests, NULL, NULL);
}
