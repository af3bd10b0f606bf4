/* Who agrees to a plan: the worker, the supervisor, the person; each wrong way round. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/jail.h"
#include "plans_help.h"
#include "records/image.h"
#include "report/report.h"

#define CALLS_MAX 900
#define SIGNED_ON "2026-11-22"

/* A PNG of two by two points. */
static const unsigned char png[] = { 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00,
                                     0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00, 0x02,
                                     0x00, 0x00, 0x00, 0x02, 0x08, 0x02, 0x00, 0x00, 0x00, 0xfd,
                                     0xd4, 0x9a, 0x73, 0x00, 0x00, 0x00, 0x0b, 0x49, 0x44, 0x41,
                                     0x54, 0x78, 0x9c, 0x63, 0x60, 0x40, 0x06, 0x00, 0x00, 0x0e,
                                     0x00, 0x01, 0xa9, 0x91, 0x73, 0xb1, 0x00, 0x00, 0x00, 0x00,
                                     0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82 };

/* A plan that a case manager wrote for a case of theirs. */
static struct record *given_plan(struct fixture *f, const char *person, const char *answers)
{
    struct record *who = person_stored(f, person);
    struct record *of;

    (void)child_stored(f, FORM_RETURN_EVENT, who, RETURNED);
    fixture_as(f, "case_manager");
    of = child_stored(f, FORM_CASE, who,
                      arena_printf(f->ctx.arena, "opened=2026-11-01;worker=%s", f->ctx.user_id));
    return plan_stored(f, of, answers);
}

static enum err try_step(struct fixture *f, const struct record *plan, const char *status,
                         const char *reason)
{
    struct record *now = NULL;
    enum err rc;

    ctx_clear_problems(&f->ctx);
    must(f, record_load(&f->ctx, &now, FORM_PLAN, plan->id));
    rc = record_set_status(&f->ctx, now, now->version, status, reason);
    ctx_clear_problems(&f->ctx);
    return rc;
}

static struct record *now_of(struct fixture *f, const struct record *plan)
{
    struct record *now = NULL;

    must(f, record_load(&f->ctx, &now, FORM_PLAN, plan->id));
    return now;
}

static struct plan_signing signing(const char *by, const char *mode)
{
    return (struct plan_signing){ .by = by,
                                  .name = "Awa Ndiaye",
                                  .mode = mode,
                                  .witness = "",
                                  .on = SIGNED_ON,
                                  .place = "Rufisque",
                                  .missing = "" };
}

static enum err try_sign(struct fixture *f, const struct record *plan, struct plan_signed *done,
                         const struct plan_signing *s)
{
    ctx_clear_problems(&f->ctx);
    return plan_sign(&f->ctx, done, plan->id, now_of(f, plan)->version, s);
}

static const char *by_of(const struct record *plan, size_t row)
{
    return row_value(plan, FIELD_PLAN_APPROVALS, row, FIELD_PLAN_APPROVAL_BY);
}

static void approved(struct fixture *f, const struct record *plan)
{
    fixture_as(f, "case_manager");
    assert_int_equal(try_step(f, plan, STATUS_PLAN_SUBMITTED, NULL), OK);
    fixture_as(f, "supervisor");
    assert_int_equal(try_step(f, plan, STATUS_PLAN_APPROVED, NULL), OK);
    fixture_as(f, "case_manager");
}

/* --- the order, and who may --- */

/* Proves R-A3-09, RC-22: worker, supervisor, person, each with date, place and name. */
static void a_plan_is_agreed_by_worker_supervisor_and_person_in_this_order(void **state)
{
    struct fixture *f = *state;
    struct record *plan = given_plan(f, PERSON_AWA, PLANNED);
    const struct plan_signing s =
        signing(CODE_PLAN_APPROVAL_BY_RETURNEE, CODE_PLAN_APPROVAL_MODE_TYPED);
    struct plan_signed done = { 0 };

    approved(f, plan);
    plan = now_of(f, plan);
    assert_int_equal(rows_of(plan, FIELD_PLAN_APPROVALS), 2);
    assert_string_equal(by_of(plan, 1), "worker");
    assert_string_equal(by_of(plan, 2), "staff");
    assert_string_equal(row_value(plan, FIELD_PLAN_APPROVALS, 1, FIELD_PLAN_APPROVAL_NAME),
                        "Kofi Mensah");
    assert_string_equal(row_value(plan, FIELD_PLAN_APPROVALS, 2, FIELD_PLAN_APPROVAL_NAME),
                        "Aminata Traore");
    assert_string_equal(row_value(plan, FIELD_PLAN_APPROVALS, 2, FIELD_PLAN_APPROVAL_PLACE),
                        "Dakar");
    assert_string_equal(record_value(plan, FIELD_PLAN_AGREED_ON), "");
    must(f, try_sign(f, plan, &done, &s));
    assert_true(done.agreed);
    plan = now_of(f, plan);
    assert_string_equal(plan->status, STATUS_PLAN_AGREED);
    assert_string_equal(record_value(plan, FIELD_PLAN_AGREED_ON), SIGNED_ON);
    assert_string_equal(row_value(plan, FIELD_PLAN_LINES, 1, FIELD_PLAN_LINE_AGREED_ON), SIGNED_ON);
    assert_string_equal(row_value(plan, FIELD_PLAN_APPROVALS, 3, FIELD_PLAN_APPROVAL_HASH),
                        plan_fingerprint(&f->ctx, plan));
}

static void no_step_of_the_agreement_can_be_left_out(void **state)
{
    struct fixture *f = *state;
    struct record *plan = given_plan(f, PERSON_AWA, PLANNED);

    assert_int_equal(try_step(f, plan, STATUS_PLAN_APPROVED, NULL), ERR_INVALID);
    assert_int_equal(try_step(f, plan, STATUS_PLAN_AGREED, NULL), ERR_INVALID);
    assert_int_equal(try_step(f, plan, STATUS_PLAN_ACTIVE, NULL), ERR_INVALID);
    assert_int_equal(try_step(f, plan, STATUS_PLAN_SUBMITTED, NULL), OK);
    assert_int_equal(try_step(f, plan, STATUS_PLAN_AGREED, NULL), ERR_INVALID);
    fixture_as(f, "supervisor");
    assert_int_equal(try_step(f, plan, STATUS_PLAN_APPROVED, NULL), OK);
    assert_int_equal(try_step(f, plan, STATUS_PLAN_AGREED, NULL), ERR_INVALID); /* unsigned */
    assert_int_equal(try_step(f, plan, STATUS_PLAN_ACTIVE, NULL), ERR_INVALID);
    assert_string_equal(status_of(f, plan), STATUS_PLAN_APPROVED);
}

static void only_a_supervisor_approves_or_sends_back(void **state)
{
    struct fixture *f = *state;
    struct record *plan = given_plan(f, PERSON_AWA, PLANNED);

    assert_int_equal(try_step(f, plan, STATUS_PLAN_SUBMITTED, NULL), OK);
    assert_int_equal(try_step(f, plan, STATUS_PLAN_APPROVED, NULL), ERR_FORBIDDEN);
    assert_int_equal(try_step(f, plan, STATUS_PLAN_DRAFT, "No"), ERR_FORBIDDEN);
    fixture_as(f, "programme_manager");
    assert_int_equal(try_step(f, plan, STATUS_PLAN_APPROVED, NULL), ERR_FORBIDDEN);
    assert_string_equal(status_of(f, plan), STATUS_PLAN_SUBMITTED);
}

/* Who wrote any of it, and nobody else, is kept from approving it. */
static void who_wrote_the_plan_does_not_approve_it(void **state)
{
    struct fixture *f = *state;
    struct record *plan = given_plan(f, PERSON_AWA, PLANNED);
    struct record_step *steps = NULL;
    const char *wants = NULL;
    size_t len = 0;

    fixture_as(f, "supervisor");
    plan = now_of(f, plan);
    record_set(plan, FIELD_PLAN_OBJECTIVES, "A shop, says the supervisor");
    must(f, record_update(&f->ctx, plan, plan->version));
    assert_int_equal(try_step(f, plan, STATUS_PLAN_SUBMITTED, NULL), OK);
    assert_int_equal(try_step(f, plan, STATUS_PLAN_APPROVED, NULL), ERR_INVALID);
    must(f, record_steps(&f->ctx, &steps, &len, now_of(f, plan)));
    for (size_t i = 0; i < len; i++)
        if (text_equal(steps[i].status, STATUS_PLAN_APPROVED))
            wants = steps[i].wants;
    assert_true(wants && strstr(wants, "somebody else"));
    second_supervisor(f);
    fixture_as(f, "second");
    assert_int_equal(try_step(f, plan, STATUS_PLAN_APPROVED, NULL), OK);
}

/* Proves R-2.3.2-01: sent back with a reason, which the author reads; no signature stays. */
static void a_plan_that_is_sent_back_tells_why_and_is_unsigned(void **state)
{
    struct fixture *f = *state;
    struct record *plan = given_plan(f, PERSON_AWA, PLANNED);
    struct record_event *events = NULL;
    bool told = false;
    size_t len = 0;

    assert_int_equal(try_step(f, plan, STATUS_PLAN_SUBMITTED, NULL), OK);
    fixture_as(f, "supervisor");
    assert_int_equal(try_step(f, plan, STATUS_PLAN_DRAFT, NULL), ERR_INVALID);
    assert_int_equal(try_step(f, plan, STATUS_PLAN_DRAFT, "No price for the cloth"), OK);
    fixture_as(f, "case_manager");
    plan = now_of(f, plan);
    assert_int_equal(rows_of(plan, FIELD_PLAN_APPROVALS), 0);
    must(f, record_events(&f->ctx, &events, &len, plan));
    for (size_t i = 0; i < len; i++)
        told = told || text_equal(events[i].words, "No price for the cloth");
    assert_true(told);
    record_set(plan, FIELD_PLAN_OBJECTIVES, "A shop, with prices");
    must(f, record_update(&f->ctx, plan, plan->version));
    approved(f, plan);
    assert_int_equal(rows_of(now_of(f, plan), FIELD_PLAN_APPROVALS), 2);
}

/* Proves R-A3-05: above the ceiling a supervisor needs another one. */
static void a_plan_above_its_ceiling_is_not_simply_approved(void **state)
{
    struct fixture *f = *state;
    struct record *plan = given_plan(f, PERSON_AWA, PLANNED ";ceiling=100000 XOF");

    assert_int_equal(try_step(f, plan, STATUS_PLAN_SUBMITTED, NULL), OK);
    fixture_as(f, "supervisor");
    assert_int_equal(try_step(f, plan, STATUS_PLAN_APPROVED, NULL), ERR_INVALID);
    assert_string_equal(status_of(f, plan), STATUS_PLAN_SUBMITTED);
}

/* --- signatures --- */

static void signatures_cannot_be_typed_into_the_form(void **state)
{
    static const char *const rows[] = { "approvals.1.approval_by=returnee;",
                                        "approvals.1.approval_by=staff;" };
    static const char rest[] = "approvals.1.approval_name=Awa;approvals.1.approval_mode=typed;"
                               "approvals.1.approval_on=2026-11-22;approvals.1.approval_place=D";
    struct fixture *f = *state;
    struct record *plan = given_plan(f, PERSON_AWA, PLANNED);
    struct record *now;

    for (size_t i = 0; i < 2; i++) {
        now = now_of(f, plan);
        person_fill(f, now, arena_printf(f->ctx.arena, "%s;%s%s", PLANNED, rows[i], rest));
        assert_int_equal(record_update(&f->ctx, now, now->version), ERR_INVALID);
        ctx_clear_problems(&f->ctx);
    }
    approved(f, plan);
    now = now_of(f, plan);
    person_fill(f, now, arena_printf(f->ctx.arena, "%s;%s%s", PLANNED, rows[1], rest));
    assert_int_equal(record_update(&f->ctx, now, now->version), ERR_INVALID);
    assert_int_equal(rows_of(now_of(f, plan), FIELD_PLAN_APPROVALS), 2);
}

static void a_signature_that_was_given_stays_as_it_is(void **state)
{
    struct fixture *f = *state;
    struct record *plan = given_plan(f, PERSON_AWA, PLANNED);
    const struct field *repeat = field_find(plan->form, FIELD_PLAN_APPROVALS);
    struct record *now;

    approved(f, plan);
    now = now_of(f, plan);
    now->answers->rows_len[repeat->place] = 1;
    assert_int_equal(record_update(&f->ctx, now, now->version), ERR_INVALID);
    ctx_clear_problems(&f->ctx);
    now = now_of(f, plan);
    answers_set(now->answers->rows[repeat->place][0],
                field_find(plan->form, FIELD_PLAN_APPROVAL_NAME), "Somebody else");
    assert_int_equal(record_update(&f->ctx, now, now->version), ERR_INVALID);
    ctx_clear_problems(&f->ctx);
    now = now_of(f, plan);
    record_set(now, FIELD_PLAN_OBJECTIVES, "Another aim");
    assert_int_equal(record_update(&f->ctx, now, now->version), ERR_INVALID);
}

static void the_person_signs_only_what_was_approved_and_completely(void **state)
{
    static const struct {
        const char *by, *mode, *name, *place, *on, *problem;
    } wrong[] = {
        { "staff", "typed", "Awa", "Dakar", SIGNED_ON, "by" },
        { "worker", "typed", "Awa", "Dakar", SIGNED_ON, "by" },
        { "", "typed", "Awa", "Dakar", SIGNED_ON, "by" },
        { "returnee", "signed_in", "Awa", "Dakar", SIGNED_ON, "mode" },
        { "returnee", "signature", "Awa", "Dakar", SIGNED_ON, "signature" },
        { "returnee", "mark", "Awa", "Dakar", SIGNED_ON, "signature" },
        { "returnee", "verbal_witnessed", "Awa", "Dakar", SIGNED_ON, "witness" },
        { "returnee", "typed", " ", "Dakar", SIGNED_ON, "name" },
        { "returnee", "typed", "Awa", "", SIGNED_ON, "place" },
        { "returnee", "typed", "Awa", "Dakar", "2026-11-23", "on" },
        { "returnee", "typed", "Awa", "Dakar", "", "on" },
    };
    struct fixture *f = *state;
    struct record *plan = given_plan(f, PERSON_AWA, PLANNED);
    struct plan_signing s = signing("returnee", "typed");
    struct plan_signed done = { 0 };

    assert_int_equal(try_sign(f, plan, &done, &s), ERR_CONFLICT);
    assert_int_equal(try_step(f, plan, STATUS_PLAN_SUBMITTED, NULL), OK);
    assert_int_equal(try_sign(f, plan, &done, &s), ERR_CONFLICT);
    fixture_as(f, "supervisor");
    assert_int_equal(try_step(f, plan, STATUS_PLAN_APPROVED, NULL), OK);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        s = signing(wrong[i].by, wrong[i].mode);
        s.name = wrong[i].name;
        s.place = wrong[i].place;
        s.on = wrong[i].on;
        assert_int_equal(try_sign(f, plan, &done, &s), ERR_INVALID);
        assert_non_null(ctx_problem(&f->ctx, wrong[i].problem));
    }
    s = signing("returnee", "signature");
    s.upload = (struct upload_bytes){ "x.png", "no picture", 10 };
    assert_int_equal(try_sign(f, plan, &done, &s), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "signature"));
    assert_string_equal(status_of(f, plan), STATUS_PLAN_APPROVED);
    ctx_clear_problems(&f->ctx);
    assert_int_equal(plan_sign(&f->ctx, &done, plan->id, 1, &s), ERR_INVALID);
}

/* What is drawn is a picture like any other: made anew, sealed, and on the paper. */
static void a_drawn_signature_is_kept_sealed_and_stands_on_the_paper(void **state)
{
    struct fixture *f = *state;
    struct record *plan = given_plan(f, PERSON_AWA, PLANNED);
    struct plan_signing s = signing("returnee", "signature");
    struct plan_signature *items = NULL;
    struct upload_bytes picture = { 0 };
    struct plan_signed done = { 0 };
    struct document *d = NULL;
    const char *pdf = NULL;
    size_t len = 0;
    size_t images = 0;

    approved(f, plan);
    s.upload = (struct upload_bytes){ "signature.png", (const char *)png, sizeof(png) };
    must(f, try_sign(f, plan, &done, &s));
    assert_true(done.agreed);
    plan = now_of(f, plan);
    must(f, plan_signatures(&f->ctx, &items, &len, plan));
    assert_int_equal(len, 3);
    assert_null(items[0].file);
    assert_non_null(items[2].file);
    assert_true(items[2].matches);
    must(f, plan_signature_picture(&f->ctx, &picture, plan, items[2].file));
    assert_true(picture.len > 8 && memcmp(picture.bytes, png, 8) == 0);
    must(f, plan_document(&f->ctx, &d, plan, plan, NULL));
    for (const struct doc_item *i = document_items(d); i; i = i->next)
        images += i->kind == DOC_ITEM_IMAGE;
    assert_int_equal(images, 1);
    must(f, document_pdf(&f->ctx, d, &pdf, &len));
    assert_true(len > 1000);
    assert_false(files_hold(f, "Awa Ndiaye"));
}

/* Proves R-6.2.2.3-02: child and family sign, or the missing signature has a reason. */
static void the_plan_of_a_child_wants_the_family_too_or_a_reason(void **state)
{
    struct fixture *f = *state;
    struct record *plan = given_plan(f, CHILD, PLANNED);
    struct plan_signing s = signing("child", "typed");
    struct plan_signed done = { 0 };

    approved(f, plan);
    must(f, try_sign(f, plan, &done, &s));
    assert_false(done.agreed);
    assert_non_null(done.wants);
    assert_string_equal(status_of(f, plan), STATUS_PLAN_APPROVED);
    s = signing("family", "typed");
    must(f, try_sign(f, plan, &done, &s));
    assert_true(done.agreed);
    plan = given_plan(f, CHILD, PLANNED);
    approved(f, plan);
    s = signing("child", "typed");
    s.missing = "The aunt lives far away";
    must(f, try_sign(f, plan, &done, &s));
    assert_true(done.agreed);
}

/* --- what is signed --- */

static void the_fingerprint_is_of_what_was_agreed_and_not_of_what_happens_then(void **state)
{
    static const char *const other[] = { "objectives", "exit_how", "without_transport",
                                         "currency" };
    struct fixture *f = *state;
    struct record *plan = given_plan(f, PERSON_AWA, PLANNED);
    const char *first = plan_fingerprint(&f->ctx, plan);
    const struct field *lines = field_find(plan->form, FIELD_PLAN_LINES);
    struct answers *line = plan->answers->rows[lines->place][0];

    assert_int_equal(strlen(first), 64);
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        const char *was = record_value(plan, other[i]);

        record_set(plan, other[i], "EUR");
        assert_string_not_equal(plan_fingerprint(&f->ctx, plan), first);
        record_set(plan, other[i], was);
    }
    assert_string_equal(plan_fingerprint(&f->ctx, plan), first);
    answers_set(line, field_find(plan->form, FIELD_PLAN_LINE_STATUS), "done");
    answers_set(line, field_find(plan->form, FIELD_PLAN_LINE_DONE_ON), "2026-11-20");
    record_set(plan, FIELD_PLAN_RETURNEE_COPY_GIVEN_AT, "2026-11-21");
    assert_string_equal(plan_fingerprint(&f->ctx, plan), first);
    answers_set(line, field_find(plan->form, FIELD_PLAN_LINE_NEED), "Another need");
    assert_string_not_equal(plan_fingerprint(&f->ctx, plan), first);
}

static void a_new_version_is_unsigned_and_goes_the_whole_way_again(void **state)
{
    struct fixture *f = *state;
    struct record *plan = given_plan(f, PERSON_AWA, PLANNED);
    const struct plan_signing s = signing("returnee", "typed");
    const struct plan_copy copy = { .on = SIGNED_ON, .lang = "fr", .how = "paper" };
    struct plan_signed done = { 0 };
    struct record *next = NULL;

    approved(f, plan);
    must(f, try_sign(f, plan, &done, &s));
    must(f, plan_copy_given(&f->ctx, plan->id, now_of(f, plan)->version, &copy));
    must(f, plan_amend(&f->ctx, &next, plan->id, "She moved"));
    assert_int_equal(rows_of(next, FIELD_PLAN_APPROVALS), 0);
    assert_string_equal(record_value(next, FIELD_PLAN_RETURNEE_COPY_GIVEN_AT), "");
    assert_string_equal(record_value(next, FIELD_PLAN_RETURNEE_COPY_HOW), "");
    assert_int_equal(try_sign(f, next, &done, &s), ERR_CONFLICT);
    approved(f, next);
    must(f, try_sign(f, next, &done, &s));
    assert_true(done.agreed);
    assert_string_equal(record_value(now_of(f, next), FIELD_PLAN_AGREED_ON), SIGNED_ON);
}

/* --- the copy --- */

static bool asks_for_copy(struct fixture *f, const struct record *plan)
{
    struct record *of = NULL;
    const struct rule_result *r;

    must(f, record_load(&f->ctx, &of, FORM_CASE, plan->parent_id));
    r = result_of(f, of, "plan_copy");
    return r && open_now(f, of, "plan_copy");
}

/* Proves R-2.3.3-02: the copy is asked for as soon as the plan is agreed, and noted. */
static void the_copy_for_the_person_is_asked_for_and_noted(void **state)
{
    static const struct plan_copy wrong[] = { { "2026-11-23", "fr", "paper" },
                                              { "", "fr", "paper" },
                                              { SIGNED_ON, "xx", "paper" },
                                              { SIGNED_ON, "fr", "pigeon" } };
    const struct plan_copy copy = { .on = SIGNED_ON, .lang = "fr", .how = "message" };
    const struct plan_signing s = signing("returnee", "typed");
    struct fixture *f = *state;
    struct record *plan = given_plan(f, PERSON_AWA, PLANNED);
    struct plan_signed done = { 0 };

    approved(f, plan);
    assert_int_equal(plan_copy_given(&f->ctx, plan->id, now_of(f, plan)->version, &copy),
                     ERR_CONFLICT);
    ctx_clear_problems(&f->ctx);
    must(f, try_sign(f, plan, &done, &s));
    assert_true(asks_for_copy(f, plan));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(plan_copy_given(&f->ctx, plan->id, now_of(f, plan)->version, &wrong[i]),
                         ERR_INVALID);
        ctx_clear_problems(&f->ctx);
    }
    must(f, plan_copy_given(&f->ctx, plan->id, now_of(f, plan)->version, &copy));
    assert_false(asks_for_copy(f, plan));
    assert_string_equal(record_value(now_of(f, plan), FIELD_PLAN_RETURNEE_COPY_LANGUAGE), "fr");
}

/* --- faults --- */

/* The signature is one change, the agreement that follows from it another. */
static void a_failing_database_never_leaves_half_a_signature(void **state)
{
    const struct plan_signing s = signing("returnee", "typed");
    struct fixture *f = *state;
    struct record *plan = given_plan(f, PERSON_AWA, PLANNED);
    struct record *now;
    enum err rc;
    int n = 0;

    approved(f, plan);
    do {
        struct plan_signed done = { 0 };

        ctx_clear_problems(&f->ctx);
        db_fail_at(f->ctx.db, ++n);
        rc = plan_sign(&f->ctx, &done, plan->id, plan->version + 2, &s);
        db_fail_at(f->ctx.db, 0);
        assert_int_equal(rc, ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        now = now_of(f, plan);
        assert_string_equal(now->status, STATUS_PLAN_APPROVED);
    } while (rows_of(now, FIELD_PLAN_APPROVALS) == 2 && n < CALLS_MAX);
    assert_true(n > 10 && n < CALLS_MAX);
    assert_int_equal(rows_of(now, FIELD_PLAN_APPROVALS), 3);
    assert_int_equal(now->version, plan->version + 3);
    assert_int_equal(try_step(f, plan, STATUS_PLAN_AGREED, NULL), OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plans_setup, people_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plan_is_agreed_by_worker_supervisor_and_person_in_this_order),
        TEST(no_step_of_the_agreement_can_be_left_out),
        TEST(only_a_supervisor_approves_or_sends_back),
        TEST(who_wrote_the_plan_does_not_approve_it),
        TEST(a_plan_that_is_sent_back_tells_why_and_is_unsigned),
        TEST(a_plan_above_its_ceiling_is_not_simply_approved),
        TEST(signatures_cannot_be_typed_into_the_form),
        TEST(a_signature_that_was_given_stays_as_it_is),
        TEST(the_person_signs_only_what_was_approved_and_completely),
        TEST(a_drawn_signature_is_kept_sealed_and_stands_on_the_paper),
        TEST(the_plan_of_a_child_wants_the_family_too_or_a_reason),
        TEST(the_fingerprint_is_of_what_was_agreed_and_not_of_what_happens_then),
        TEST(a_new_version_is_unsigned_and_goes_the_whole_way_again),
        TEST(the_copy_for_the_person_is_asked_for_and_noted),
        TEST(a_failing_database_never_leaves_half_a_signature),
    };

    if (argc == 2 && strcmp(argv[1], IMAGE_WORD) == 0)
        return image_child(jail_alone, argv[1]); /* pictures are made anew by this program */
    return cmocka_run_group_tests_name("plan_sign", tests, NULL, NULL);
}
