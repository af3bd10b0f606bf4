/* A family on one screen becomes people, a household, returns and cases, or nothing at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "auth/auth.h"
#include "core/text.h"
#include "db/db.h"
#include "people/people.h"
#include "people/worker.h"
#include "people_fixture.h"

#define CALLS_MAX 4000

#define TWO                                                                                        \
    "members.1.first_name=Awa;members.1.last_name=Ndiaye;members.1.birth_date=1991-05-06;"         \
    "members.1.sex=female;members.1.opens_case=yes;"                                               \
    "members.2.first_name=Moussa;members.2.relationship=child;members.2.opens_case=yes;"           \
    "spoken=fr wo;spoken_preferred=wo;address=Behind the mill;interpreter_needed=yes;"             \
    "crosses_border=yes;arrival_date=2026-01-10;return_support=spontaneous;opened=2026-01-12;"     \
    "host_country=DE;country_of_origin=SN;will=voluntary"

static struct record *filled(struct fixture *f, const char *answers)
{
    struct record *rec = NULL;

    must(f, record_new(&f->ctx, &rec, "registration", NULL));
    person_fill(f, rec, answers);
    return rec;
}

static int64_t count(struct fixture *f, const char *kind)
{
    int64_t n = 0;

    must(f, record_count(&f->ctx, &n, kind, NULL));
    return n;
}

static struct record *only(struct fixture *f, const char *kind, const char *parent)
{
    struct record_filter filter = { .parent_id = parent };
    struct record_list list = { 0 };
    struct record *rec = NULL;

    must(f, record_list(&f->ctx, &list, kind, &filter));
    assert_int_equal(list.len, 1);
    must(f, record_load(&f->ctx, &rec, kind, list.items[0]->id));
    return rec;
}

static struct record *person_named(struct fixture *f, const char *name)
{
    struct record_hit *hits = NULL;
    struct record *rec = NULL;
    size_t len = 0;
    int64_t applied = 0;

    must(f, index_catch_up(&f->ctx, &applied));
    must(f, record_search(&f->ctx, &hits, &len, "person", name));
    assert_true(len > 0);
    must(f, record_load(&f->ctx, &rec, "person", hits[0].record->id));
    return rec;
}

/* Proves R-2.0-02 R-1.1-01 R-2.2.3-01 */
static void test_a_family_becomes_people_a_household_returns_and_cases(void **state)
{
    struct fixture *f = *state;
    struct record *head = filled(f, TWO);
    struct record *awa;
    struct record *moussa;
    struct record *rec;

    must(f, record_insert(&f->ctx, head));
    assert_string_equal(head->form->kind, "household");
    assert_string_equal(record_value(head, "size"), "2");
    assert_int_equal(count(f, "person"), 2);
    assert_int_equal(count(f, "household"), 1);
    awa = person_named(f, "Awa Ndiaye");
    moussa = person_named(f, "Moussa");
    assert_string_equal(head->parent_id, awa->id);
    assert_string_equal(row_value(head, "members", 1, "member"), moussa->id);
    assert_string_equal(row_value(head, "members", 1, "relationship"), "child");
    assert_string_equal(row_value(awa, "names", 2, "name_kind"), "family");
    assert_string_equal(row_value(awa, "names", 1, "name_script"), "Latn");
    assert_string_equal(record_value(awa, "birth_precision"), "day"); /* not the first of a month */
    assert_string_equal(row_value(moussa, "languages", 2, "language_preferred"), "yes");
    assert_string_equal(row_value(moussa, "contacts", 1, "contact_value"), "Behind the mill");
    assert_string_equal(record_value(moussa, "interpreter_needed"), "yes");
    rec = only(f, "return_event", moussa->id);
    assert_string_equal(rec->status, "arrived");
    assert_string_equal(record_value(rec, "host_country"), "DE");
    assert_string_equal(record_value(rec, "who_returns"), "family_unit");
    assert_string_equal(record_value(only(f, "case", moussa->id), "case_return"), rec->id);
    rec = only(f, "case", awa->id);
    assert_string_equal(record_value(rec, "case_household"), head->id);
    assert_non_null(rec->number);
}

static void test_the_first_of_a_month_may_stand_for_a_month_or_a_year_so_it_is_asked(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(record_insert(&f->ctx, filled(f, "members.1.first_name=Awa;opened=2026-01-12;"
                                                      "members.1.birth_date=1991-01-01")),
                     ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "members.1.birth_precision"));
    ctx_clear_problems(&f->ctx);
}

static void test_one_person_has_no_household_and_is_opened(void **state)
{
    struct fixture *f = *state;
    struct record *rec = filled(f, "members.1.first_name=Awa;members.1.opens_case=no;"
                                   "crosses_border=no;opened=2026-01-12");

    must(f, record_insert(&f->ctx, rec));
    assert_string_equal(rec->form->kind, "person");
    assert_int_equal(count(f, "household"), 0);
    assert_int_equal(count(f, "case"), 0);
    assert_int_equal(count(f, "return_event"), 1);
}

/* Proves R-1.1-01 */
static void test_somebody_known_gets_a_further_return_and_case(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    const char *answers = arena_printf(
        f->ctx.arena,
        "members.1.registered=%s;members.1.opens_case=yes;crosses_border=yes;opened=2026-01-12",
        awa->id);

    must(f, record_insert(&f->ctx, filled(f, answers)));
    must(f, record_insert(&f->ctx, filled(f, answers)));
    assert_int_equal(count(f, "person"), 1);
    assert_int_equal(count(f, "return_event"), 2);
    assert_int_equal(count(f, "case"), 2);
}

static void test_what_a_form_refuses_is_told_at_the_question_and_nothing_stays(void **state)
{
    struct fixture *f = *state;
    struct record *rec =
        filled(f, "members.1.first_name=Awa;members.1.opens_case=yes;members.2.first_name=Moussa;"
                  "members.2.relationship=child;members.2.opens_case=yes;crosses_border=yes;"
                  "opened=2026-01-12;departure_date=2026-01-10;arrival_date=2026-01-01");

    assert_int_equal(record_insert(&f->ctx, rec), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "arrival_date"));
    ctx_clear_problems(&f->ctx);
    assert_int_equal(count(f, "person"), 0);

    rec = filled(f, "members.1.first_name=Awa;members.1.opens_case=yes;members.2.opens_case=yes;"
                    "members.2.first_name=Moussa;crosses_border=yes;opened=2026-01-12");
    assert_int_equal(record_insert(&f->ctx, rec), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "members.2.relationship"));
    ctx_clear_problems(&f->ctx);
    assert_int_equal(count(f, "person"), 0);
}

/* Proves R-1.4.3-04 */
static void test_the_least_burdened_worker_of_the_wished_gender_is_suggested(void **state)
{
    struct fixture *f = *state;
    const char *const roles[] = { "case_manager", NULL };
    struct user_new n = { .name = "Nobody", .roles = roles, .office_id = f->ctx.office_id };
    const char *woman = NULL;
    const char *other = NULL;
    struct worker_found w;

    n.lang = "en";
    n.login = "woman";
    n.gender = "female";
    must(f, user_create(&f->ctx, &woman, &n));
    n.login = "second.woman";
    must(f, user_create(&f->ctx, &other, &n));
    must(f, worker_suggest(&f->ctx, &w, "female"));
    assert_true(text_equal(w.id, woman) || text_equal(w.id, other));
    must(f, record_insert(&f->ctx, filled(f, arena_printf(f->ctx.arena, TWO ";worker=%s", w.id))));
    other = text_equal(w.id, woman) ? other : woman;
    must(f, worker_suggest(&f->ctx, &w, "female"));
    assert_string_equal(w.id, other);
    assert_int_equal(w.cases, 0);
    must(f, worker_suggest(&f->ctx, &w, "male"));
    assert_non_null(strstr(w.why, "Nobody of the wished gender"));
}

static void test_whatever_call_fails_either_all_is_stored_or_nothing(void **state)
{
    struct fixture *f = *state;
    int call = 1;

    for (enum err rc = ERR_DB; rc != OK && call < CALLS_MAX; call += 5) {
        struct arena_mark mark = arena_mark(f->ctx.arena);
        struct record *rec = filled(f, TWO);
        bool whole;

        db_fail_at(f->ctx.db, call);
        rc = record_insert(&f->ctx, rec);
        db_fail_at(f->ctx.db, 0);
        ctx_clear_problems(&f->ctx);
        whole = count(f, "person") == 2 && count(f, "case") == 2 && count(f, "household") == 1;
        if (rc == OK)
            assert_true(whole);
        else if (!whole)
            assert_int_equal(count(f, "person") + count(f, "case") + count(f, "return_event"), 0);
        arena_rewind(f->ctx.arena, mark);
        if (whole)
            break;
    }
    assert_true(call > 20 && call < CALLS_MAX);
}

#define T(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_a_family_becomes_people_a_household_returns_and_cases),
        T(test_the_first_of_a_month_may_stand_for_a_month_or_a_year_so_it_is_asked),
        T(test_one_person_has_no_household_and_is_opened),
        T(test_somebody_known_gets_a_further_return_and_case),
        T(test_what_a_form_refuses_is_told_at_the_question_and_nothing_stays),
        T(test_the_least_burdened_worker_of_the_wished_gender_is_suggested),
        T(test_whatever_call_fails_either_all_is_stored_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
