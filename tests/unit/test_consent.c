/* Consent: the one question before anything of a person is shared, and every way to say no. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/auth.h"
#include "core/text.h"
#include "forms_gen.h"
#include "people/consent.h"
#include "people/people.h"
#include "people_fixture.h"
#include "sharing/sharing.h"

#define CALLS_MAX 200
#define TODAY     "2026-11-22"
#define CLINIC    "Clinique Espoir"
#define TOLD                                                                                       \
    "language=fr;form_version=1;mode=written;explained=purpose collection_storage_use sharing "    \
    "right_to_refuse no_effect_on_services;"
#define TO_CLINIC_WITH(data)                                                                       \
    "about=referral;purposes=referral;data_categories=" data                                       \
    ";recipients.1.recipient_kind=health_facility;recipients.1.recipient_name=" CLINIC ";"
#define TO_CLINIC TO_CLINIC_WITH("identity needs")
#define BY_ADULT  "about_child=no;giver=self;"
#define SINCE     "given_at=2026-11-20"
#define WHOLE     TOLD TO_CLINIC BY_ADULT SINCE
#define MOUSSA                                                                                     \
    "names.1.name_text=Moussa;names.1.name_script=Latn;birth_date=2012-03-01;"                     \
    "birth_precision=day;sex=male"
#define OF_CHILD TOLD TO_CLINIC "about_child=yes;giver=parent;giver_name=Fatou;" SINCE

static const char *const categories[] = { "identity", "needs" };

static struct record *consent(struct fixture *f, const struct record *who, const char *answers,
                              const char *status)
{
    struct record *rec = child_stored(f, FORM_CONSENT, who, answers);

    must(f, record_set_status(&f->ctx, rec, rec->version, status, NULL));
    must(f, record_load(&f->ctx, &rec, FORM_CONSENT, rec->id));
    return rec;
}

static struct consent_need need_of(const struct record *who)
{
    return (struct consent_need){ .person_id = who->id,
                                  .purpose = "referral",
                                  .recipient = CLINIC,
                                  .categories = categories,
                                  .categories_len = 2,
                                  .on = TODAY };
}

static enum consent_answer ask(struct fixture *f, const struct consent_need *need)
{
    enum consent_answer out = CONSENT_UNSAID;

    must(f, consent_covers(&f->ctx, &out, need));
    assert_int_equal(consent_reason(&f->ctx, out) == NULL, consent_is_yes(out));
    return out;
}

static enum consent_answer asked(struct fixture *f, const struct record *who)
{
    const struct consent_need need = need_of(who);

    return ask(f, &need);
}

static enum err changed_to(struct fixture *f, const struct record *given, const char *answers)
{
    struct record *rec = NULL;

    ctx_clear_problems(&f->ctx);
    must(f, record_load(&f->ctx, &rec, FORM_CONSENT, given->id));
    person_fill(f, rec, answers);
    return record_update(&f->ctx, rec, rec->version);
}

#define ONLY_WHO TOLD TO_CLINIC_WITH("identity")

static void what_was_agreed_to_is_not_made_wider_afterwards(void **state)
{
    static const struct record_hooks *const hooks[] = { &people_hooks, &consent_hooks, NULL };
    struct fixture *f = *state;
    const struct record *awa = person_stored(f, PERSON_AWA);
    struct record *rec = consent(f, awa, ONLY_WHO BY_ADULT SINCE, STATUS_CONSENT_GIVEN);

    records_use_hooks(hooks);
    assert_int_equal(asked(f, awa), CONSENT_NOT_CATEGORIES);
    assert_int_equal(changed_to(f, rec, WHOLE), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "data_categories"));
    assert_int_equal(changed_to(f, rec, ONLY_WHO BY_ADULT SINCE ";valid_to=2030-01-01"),
                     ERR_INVALID);
    assert_int_equal(changed_to(f, rec,
                                ONLY_WHO BY_ADULT SINCE
                                ";recipients.2.recipient_kind=health_facility;"
                                "recipients.2.recipient_name=Another clinic"),
                     ERR_INVALID);
    assert_int_equal(asked(f, awa), CONSENT_NOT_CATEGORIES);
    /* the same again from a program that keeps no ids of rows changes nothing, its end alone does
     */
    must(f, changed_to(f, rec, ONLY_WHO BY_ADULT SINCE));
    must(f, changed_to(f, rec, ONLY_WHO BY_ADULT SINCE ";withdrawn_at=" TODAY));
    rec = child_stored(f, FORM_CONSENT, awa, ONLY_WHO BY_ADULT SINCE);
    must(f, changed_to(f, rec, WHOLE)); /* a draft */
}

static void without_any_consent_nothing_is_covered(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(asked(f, person_stored(f, PERSON_AWA)), CONSENT_NONE);
}

static void a_given_consent_covers_what_it_says_to_whom_it_names(void **state)
{
    struct fixture *f = *state;
    struct record *who = person_stored(f, PERSON_AWA);
    struct consent_need need = need_of(who);

    (void)consent(f, who, WHOLE, STATUS_CONSENT_GIVEN);
    assert_int_equal(asked(f, who), CONSENT_COVERED);
    need.recipient = "  clinique  espoir";
    assert_int_equal(ask(f, &need), CONSENT_COVERED);
    assert_int_equal(asked(f, person_stored(f, PERSON_AWA)), CONSENT_NONE); /* somebody else */
}

static void what_is_not_said_is_not_covered(void **state)
{
    struct fixture *f = *state;
    struct record *who = person_stored(f, PERSON_AWA);
    const struct consent_need whole = need_of(who);
    struct consent_need need[6];

    (void)consent(f, who, WHOLE, STATUS_CONSENT_GIVEN);
    for (size_t i = 0; i < 6; i++)
        need[i] = whole;
    need[0].person_id = NULL;
    need[1].purpose = "";
    need[2].recipient = " .";
    need[3].categories_len = 0;
    need[4].on = "22.11.2026";
    need[5].component = "income_generation"; /* a part of the plan is no leave to share */
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(ask(f, &need[i]), CONSENT_UNSAID);
    assert_int_equal(ask(f, &whole), CONSENT_COVERED);
}

/* A part of R-6.1.2.1-08: the purpose is not available. */
static void enforcing_immigration_law_is_never_a_purpose(void **state)
{
    struct fixture *f = *state;
    struct record *who = person_stored(f, PERSON_AWA);
    struct consent_need need = need_of(who);

    (void)consent(f, who, WHOLE, STATUS_CONSENT_GIVEN);
    need.purpose = "immigration_enforcement";
    assert_int_equal(ask(f, &need), CONSENT_NO_PURPOSE);
}

static void only_a_consent_that_is_given_counts(void **state)
{
    static const struct {
        const char *status;
        enum consent_answer answer;
    } ends[] = { { STATUS_CONSENT_SUPERSEDED, CONSENT_SUPERSEDED },
                 { STATUS_CONSENT_WITHDRAWN, CONSENT_WITHDRAWN } };
    struct fixture *f = *state;
    struct record *who = person_stored(f, PERSON_AWA);
    struct record *rec;

    (void)child_stored(f, FORM_CONSENT, who, WHOLE);
    assert_int_equal(asked(f, who), CONSENT_DRAFT);
    (void)consent(f, who, WHOLE, STATUS_CONSENT_REFUSED);
    assert_int_equal(asked(f, who), CONSENT_REFUSED);
    for (size_t i = 0; i < 2; i++) {
        rec = consent(f, who, WHOLE, STATUS_CONSENT_GIVEN);
        assert_int_equal(asked(f, who), CONSENT_COVERED);
        must(f, record_set_status(&f->ctx, rec, rec->version, ends[i].status, NULL));
        assert_int_equal(asked(f, who), ends[i].answer);
    }
    (void)consent(f, who, WHOLE, STATUS_CONSENT_GIVEN); /* renewed */
    assert_int_equal(asked(f, who), CONSENT_COVERED);
}

static void a_day_of_withdrawal_ends_it_whatever_its_state(void **state)
{
    struct fixture *f = *state;
    struct record *who = person_stored(f, PERSON_AWA);

    (void)consent(f, who, WHOLE ";withdrawn_at=2026-11-21", STATUS_CONSENT_GIVEN);
    assert_int_equal(asked(f, who), CONSENT_WITHDRAWN);
}

static void it_holds_from_its_day_to_its_last_day(void **state)
{
    struct fixture *f = *state;
    struct record *who = person_stored(f, PERSON_AWA);
    struct consent_need need = need_of(who);
    struct record *rec = consent(f, who, WHOLE ";valid_to=2026-11-30", STATUS_CONSENT_GIVEN);

    need.on = "2026-11-19";
    assert_int_equal(ask(f, &need), CONSENT_NOT_YET);
    need.on = "2026-11-20";
    assert_int_equal(ask(f, &need), CONSENT_COVERED);
    need.on = "2026-11-30";
    assert_int_equal(ask(f, &need), CONSENT_COVERED);
    need.on = "2026-12-01";
    assert_int_equal(ask(f, &need), CONSENT_EXPIRED);
    f->ctx.now_ms += (int64_t)20 * 24 * 60 * 60 * 1000;
    must(f, record_set_status(&f->ctx, rec, rec->version, STATUS_CONSENT_EXPIRED, NULL));
    need.on = "2026-11-25";
    assert_int_equal(ask(f, &need), CONSENT_EXPIRED);
}

static void another_purpose_recipient_or_category_is_refused(void **state)
{
    static const char *const more[] = { "identity", "health" };
    struct fixture *f = *state;
    struct record *who = person_stored(f, PERSON_AWA);
    struct consent_need need = need_of(who);

    (void)consent(f, who, WHOLE, STATUS_CONSENT_GIVEN);
    need.purpose = "evaluation";
    assert_int_equal(ask(f, &need), CONSENT_NOT_PURPOSE);
    need = need_of(who);
    need.recipient = "Clinique Espoir 2";
    assert_int_equal(ask(f, &need), CONSENT_NOT_RECIPIENT);
    need = need_of(who);
    need.categories = more;
    assert_int_equal(ask(f, &need), CONSENT_NOT_CATEGORIES);
}

static void two_consents_do_not_add_up(void **state)
{
    struct fixture *f = *state;
    struct record *who = person_stored(f, PERSON_AWA);

    (void)consent(f, who, TOLD TO_CLINIC_WITH("identity") BY_ADULT SINCE, STATUS_CONSENT_GIVEN);
    (void)consent(f, who, TOLD TO_CLINIC_WITH("needs") BY_ADULT SINCE, STATUS_CONSENT_GIVEN);
    assert_int_equal(asked(f, who), CONSENT_NOT_CATEGORIES);
}

/* A part of R-6.2.1.1-02: both the adult and the child. */
static void for_a_child_an_adult_and_the_child_consent(void **state)
{
    struct fixture *f = *state;
    struct record *who = person_stored(f, MOUSSA);

    (void)consent(f, who, WHOLE, STATUS_CONSENT_GIVEN); /* says “not a child”; is fourteen */
    assert_int_equal(asked(f, who), CONSENT_NO_ADULT);
    (void)consent(f, who, OF_CHILD ";child_own_consent=given", STATUS_CONSENT_GIVEN);
    assert_int_equal(asked(f, who), CONSENT_COVERED);
    (void)child_stored(f, FORM_CASE, who,
                       "opened=2026-11-01;vulnerable=yes;"
                       "vulnerability_flags.1.vulnerability_flag=unaccompanied_child");
    assert_int_equal(asked(f, who), CONSENT_NO_GUARDIAN);
    (void)consent(f, who,
                  TOLD TO_CLINIC "about_child=yes;giver=guardian;giver_name=Fatou;"
                                 "child_own_consent=not_able;" SINCE,
                  STATUS_CONSENT_GIVEN);
    assert_int_equal(asked(f, who), CONSENT_COVERED);
}

static void a_person_whose_age_is_in_doubt_is_asked_as_a_child(void **state)
{
    struct fixture *f = *state;
    struct record *who = person_stored(f, "names.1.name_text=Awa;names.1.name_script=Latn");

    (void)consent(f, who,
                  TOLD TO_CLINIC "about_child=unknown;giver=parent;giver_name=Fatou;"
                                 "child_own_consent=not_applicable;" SINCE,
                  STATUS_CONSENT_GIVEN);
    assert_int_equal(asked(f, who), CONSENT_NOT_CHILD);
}

static void become_specialist(struct fixture *f)
{
    static const char *const roles[] = { "specialist", NULL };
    const struct user_new n = { .login = "specialist",
                                .name = "Specialist",
                                .lang = "en",
                                .office_id = f->office_id,
                                .roles = roles };
    const char *id = NULL;

    must(f, user_create(&f->ctx, &id, &n));
    fixture_as(f, "specialist");
}

/* A part of R-4.1.3-09: only a referral, and only to the help that is named. */
static void an_exception_serves_a_referral_to_the_help_it_names(void **state)
{
    struct fixture *f = *state;
    struct record *who = person_stored(f, PERSON_AWA);
    struct consent_need need = need_of(who);

    become_specialist(f);
    (void)child_stored(
        f, FORM_CONSENT_EXCEPTION, who,
        "exception_referral=" CLINIC ";exception_reason=life_at_risk;professional=Dr Sow;"
        "professional_kind=psychiatrist;exception_date=2026-11-21;exception_note=Urgent");
    assert_int_equal(asked(f, who), CONSENT_BY_EXCEPTION);
    need.recipient = "Another clinic";
    assert_int_equal(ask(f, &need), CONSENT_NONE);
    need = need_of(who);
    need.on = "2026-11-20";
    assert_int_equal(ask(f, &need), CONSENT_NONE);
    need = need_of(who);
    need.purpose = "medical_care";
    assert_int_equal(ask(f, &need), CONSENT_NONE);
}

static void each_part_of_a_plan_is_asked_in_the_own_office(void **state)
{
    struct fixture *f = *state;
    struct record *who = person_stored(f, PERSON_AWA);
    struct consent_need need = { .person_id = who->id,
                                 .purpose = "assistance",
                                 .recipient = CONSENT_OWN_OFFICE,
                                 .component = "income_generation",
                                 .on = TODAY };

    (void)consent(f, who,
                  TOLD BY_ADULT "about=plan;purposes=assistance;components=income_generation;"
                                "data_categories=identity;" SINCE,
                  STATUS_CONSENT_GIVEN);
    assert_int_equal(ask(f, &need), CONSENT_COVERED);
    need.component = "transport";
    assert_int_equal(ask(f, &need), CONSENT_NOT_PURPOSE);
}

static void a_database_that_fails_never_gives_a_yes(void **state)
{
    struct fixture *f = *state;
    struct record *who = person_stored(f, PERSON_AWA);
    const struct consent_need need = need_of(who);
    int failed = 0;

    (void)consent(f, who, WHOLE, STATUS_CONSENT_GIVEN);
    for (int call = 1; call < CALLS_MAX; call++) {
        enum consent_answer out = CONSENT_UNSAID;
        enum err rc;

        db_fail_at(f->ctx.db, call);
        rc = consent_covers(&f->ctx, &out, &need);
        db_fail_at(f->ctx.db, 0);
        ctx_clear_problems(&f->ctx);
        if (rc == OK) {
            assert_int_equal(out, CONSENT_COVERED);
            break;
        }
        assert_int_equal(out, CONSENT_UNSAID);
        failed++;
    }
    assert_true(failed > 2);
}

/*
 * So many older records of the kind of one, below the same parent, whose answers can no longer be
 * read: enough to fill what record_children_whole gives.
 */
static void many_older(struct fixture *f, const struct record *like)
{
    const char *table = arena_printf(f->ctx.arena, "rec_%s", like->form->kind);
    const char *names = "";
    const char *values = "";
    char **columns = NULL;

    must(f, db_columns(&f->ctx, f->ctx.db, table, &columns));
    for (size_t i = 0; columns[i]; i++) {
        const char *value = columns[i];

        if (text_equal(value, "id"))
            value = "'00000000-0000-7000-8000-' || CAST(100000000000 + n AS TEXT)";
        if (text_equal(value, "key_id"))
            value = "'0199aaaa-0000-7000-8000-000000000001'";
        if (text_equal(value, "number"))
            value = "NULL";
        names = arena_printf(f->ctx.arena, "%s%s%s", names, i ? ", " : "", columns[i]);
        values = arena_printf(f->ctx.arena, "%s%s%s", values, i ? ", " : "", value);
    }
    tamper(f, f->ctx.db,
           arena_printf(f->ctx.arena,
                        "INSERT INTO %s (%s) WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT"
                        " n + 1 FROM many WHERE n < %d) SELECT %s FROM %s, many WHERE id = '%s'",
                        table, names, RECORD_CHILDREN_MAX, values, table, like->id));
}

/* Whatever came before: what was given under a consent is known, and called back with it. */
static void the_five_hundred_and_first_counts_as_the_first_does(void **state)
{
    static const struct record_hooks *const hooks[] = { &people_hooks, &consent_hooks, NULL };
    static const struct sharing way = { SHARING_PRINT, CLINIC, "referral", "Person" };
    struct fixture *f = *state;
    struct record *who = person_stored(f, PERSON_AWA);
    struct consent_part part = { .answer = CONSENT_UNSAID };
    struct record **given = NULL;
    struct record *rec = NULL;
    size_t len = 0;

    records_use_hooks(hooks);
    many_older(f, child_stored(f, FORM_CONSENT, who, WHOLE));
    rec = consent(f, who, WHOLE, STATUS_CONSENT_GIVEN);
    assert_int_equal(asked(f, who), CONSENT_COVERED);
    must(f, sharing_give(&f->ctx, &part, &way, who->id, categories, 2));
    must(f, sharing_given(&f->ctx, &given, &len, who->id));
    assert_int_equal(len, 1);
    many_older(f, given[0]);
    must(f, sharing_given(&f->ctx, &given, &len, who->id));
    assert_int_equal(len, RECORD_CHILDREN_MAX + 1);
    assert_string_equal(record_value(given[0], FIELD_DISCLOSURE_SHARED_CONSENT), rec->id);
    must(f, sharing_withdraw(&f->ctx, rec->id, rec->version, ""));
    must(f, sharing_given(&f->ctx, &given, &len, who->id));
    assert_string_equal(given[0]->status, STATUS_DISCLOSURE_RECALL);
    assert_string_equal(given[1]->status, STATUS_DISCLOSURE_SHARED); /* under no consent of his */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_agreed_to_is_not_made_wider_afterwards),
        TEST(without_any_consent_nothing_is_covered),
        TEST(a_given_consent_covers_what_it_says_to_whom_it_names),
        TEST(what_is_not_said_is_not_covered),
        TEST(enforcing_immigration_law_is_never_a_purpose),
        TEST(only_a_consent_that_is_given_counts),
        TEST(a_day_of_withdrawal_ends_it_whatever_its_state),
        TEST(it_holds_from_its_day_to_its_last_day),
        TEST(another_purpose_recipient_or_category_is_refused),
        TEST(two_consents_do_not_add_up),
        TEST(for_a_child_an_adult_and_the_child_consent),
        TEST(a_person_whose_age_is_in_doubt_is_asked_as_a_child),
        TEST(an_exception_serves_a_referral_to_the_help_it_names),
        TEST(each_part_of_a_plan_is_asked_in_the_own_office),
        TEST(a_database_that_fails_never_gives_a_yes),
        TEST(the_five_hundred_and_first_counts_as_the_first_does),
    };

    return cmocka_run_group_tests_name("consent", tests, NULL, NULL);
}
