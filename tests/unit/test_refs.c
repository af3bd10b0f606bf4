/* References: who and what can be chosen, found by words, and checked when a record is saved. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "pages.h"
#include "people_fixture.h"

static const char *const workers[] = { "case_manager", NULL };

static const char *given_user(struct fixture *f, const char *login, const char *name,
                              const char *office)
{
    const struct user_new n = { .login = login,
                                .name = name,
                                .lang = "en",
                                .office_id = office ? office : f->office_id,
                                .roles = workers };
    const char *id = NULL;

    must(f, user_create(&f->ctx, &id, &n));
    return id;
}

static const char *given_far_office(struct fixture *f)
{
    const struct office o = { .code = "DE",
                              .name = "Berlin",
                              .country = "DE",
                              .time_zone = "Europe/Berlin",
                              .currency = "EUR",
                              .language = "en" };
    const char *id = NULL;

    must(f, office_create(&f->ctx, &id, &o, "Any"));
    return id;
}

static struct record *case_with(struct fixture *f, const char *worker)
{
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record *rec = NULL;

    must(f, record_new(&f->ctx, &rec, "case", awa->id));
    record_set(rec, "opened", "2026-10-01");
    record_set(rec, "worker", worker);
    return rec;
}

static size_t found(struct fixture *f, const char *words, const char *id)
{
    struct user_row *users = NULL;
    size_t len = 0;

    must(f, record_find_staff(&f->ctx, &users, &len,
                              field_find(form_find(f->ctx.forms, "case"), "worker"), words));
    if (len == 1)
        assert_string_equal(users[0].id, id);
    return len;
}

static size_t found_abroad(struct fixture *f, const char *words)
{
    struct user_row *users = NULL;
    size_t len = 0;

    must(f, record_find_staff(&f->ctx, &users, &len,
                              field_find(form_find(f->ctx.forms, "case"), "worker_host"), words));
    return len;
}

static void staff_is_found_by_the_beginnings_of_words_in_any_script(void **state)
{
    struct fixture *f = *state;
    const char *mariam = given_user(f, "mariam", "Mariam Sow", NULL);
    const char *salim = given_user(f, "s.haddad", "سليم حداد", NULL);

    assert_int_equal(found(f, "mar", mariam), 1);
    assert_int_equal(found(f, "SOW  mari", mariam), 1);
    assert_int_equal(found(f, "mariam", mariam), 1);
    assert_int_equal(found(f, "s.hadd", salim), 1);
    assert_int_equal(found(f, "سليم", salim), 1);
    assert_int_equal(found(f, "sow nobody", NULL), 0);
    must(f, user_set_state(&f->ctx, "mariam", "locked"));
    assert_int_equal(found(f, "mariam", NULL), 0);
}

static void who_works_elsewhere_cannot_be_chosen_by_who_sees_one_office(void **state)
{
    struct fixture *f = *state;
    const char *far = given_user(f, "jonas", "Jonas Berg", given_far_office(f));
    struct record *rec;

    fixture_as(f, "case_manager");
    assert_int_equal(found(f, "jonas", NULL), 0);
    rec = case_with(f, far);
    assert_int_equal(record_insert(&f->ctx, rec), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "worker"));
}

/* Proves R-2.1-01. */
static void the_case_manager_of_the_host_country_can_be_of_another_office(void **state)
{
    struct fixture *f = *state;
    const char *office = given_far_office(f);
    const char *far = given_user(f, "jonas", "Jonas Berg", office);
    static const char *const other[] = { "finance", NULL };
    const struct user_new n = { .login = "johanna",
                                .name = "Johanna Kurz",
                                .password = "long enough 1",
                                .lang = "en",
                                .office_id = office,
                                .roles = other };
    const char *clerk = NULL;
    struct record *rec;

    must(f, user_create(&f->ctx, &clerk, &n));
    fixture_as(f, "case_manager");
    assert_int_equal(found_abroad(f, "jonas"), 1);
    assert_int_equal(found_abroad(f, "jo"), 0);      /* no directory */
    assert_int_equal(found_abroad(f, "johanna"), 0); /* works on no cases */
    assert_int_equal(found(f, "jonas", NULL), 0);    /* in the other field */
    rec = case_with(f, "");
    record_set(rec, "worker_host", far);
    must(f, record_insert(&f->ctx, rec));
    assert_string_equal(record_value(rec, "worker_host"), far);
    rec = case_with(f, "");
    record_set(rec, "worker_host", "jonas");
    must(f, record_insert(&f->ctx, rec));
    assert_string_equal(record_value(rec, "worker_host"), far);
    rec = case_with(f, "");
    record_set(rec, "worker_host", clerk);
    assert_int_equal(record_insert(&f->ctx, rec), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "worker_host"));
}

static void a_reference_that_names_nobody_is_refused_at_its_field(void **state)
{
    static const char *const bad[] = { "Mariam", "00000000-0000-7000-8000-000000000000",
                                       "x' OR 1=1 --" };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct record *rec = case_with(f, bad[i]);

        ctx_clear_problems(&f->ctx);
        assert_int_equal(record_insert(&f->ctx, rec), ERR_INVALID);
        assert_non_null(ctx_problem(&f->ctx, "worker"));
    }
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rec_case"), 0);
}

static void a_sign_in_name_becomes_the_id(void **state)
{
    struct fixture *f = *state;
    const char *mariam = given_user(f, "mariam", "Mariam Sow", NULL);
    struct record *rec = case_with(f, " mariam ");

    must(f, record_insert(&f->ctx, rec));
    assert_string_equal(record_value(rec, "worker"), mariam);
}

static void what_stood_there_stays_though_it_could_not_be_chosen_any_more(void **state)
{
    struct fixture *f = *state;
    const char *mariam = given_user(f, "mariam", "Mariam Sow", NULL);
    struct record *rec = case_with(f, mariam);

    must(f, record_insert(&f->ctx, rec));
    must(f, user_set_state(&f->ctx, "mariam", "locked"));
    record_set(rec, "priority", "high");
    must(f, record_update(&f->ctx, rec, 1));
    assert_string_equal(record_value(rec, "worker"), mariam);
    record_set(rec, "worker_host", mariam);
    assert_int_equal(record_update(&f->ctx, rec, 2), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "worker_host"));
}

static void a_failed_look_for_a_reference_saves_nothing(void **state)
{
    struct fixture *f = *state;
    const char *mariam = given_user(f, "mariam", "Mariam Sow", NULL);
    struct record *rec = case_with(f, mariam);
    enum err rc = ERR_DB;

    for (int n = 1; rc; n++) {
        assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rec_case"), 0);
        ctx_clear_problems(&f->ctx);
        db_fail_at(f->ctx.db, n);
        rc = record_insert(&f->ctx, rec);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
    }
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rec_case"), 1);
}

/* --- references to records: a kind that was published --- */

/* clang-format off */
#define WITNESS                                                                             \
    "survey\n,type,name,label::English (en),label::Français (fr),label::Español (es),"      \
    "label::العربية (ar),required,bind::hw:ref,bind::hw:privacy\n"                          \
    ",text,who,Witness,Témoin,Testigo,شاهد,yes,person,personal\n"                           \
    ",text,note,Note,Note,Nota,ملاحظة,,,personal\n"                                         \
    "settings\n,form_title::English (en),form_title::العربية (ar),form_id,version,"         \
    "hw:parent,hw:subject\n,Statement,إفادة,statement,1,person,person\n"
/* clang-format on */

static const char *given_person(struct pages *p, const char *name, const char **number_out)
{
    const char *json = arena_printf(
        p->arena, "{\"answers\":{\"names\":[{\"name_text\":\"%s\",\"name_script\":\"Latn\"}]}}",
        name);
    struct page page = api_call(p, SUPERVISOR, "POST", "/records/person", json, NULL);

    assert_int_equal(page.status, 201);
    *number_out = between(p, &page, "\"number\":\"", "\"");
    return between(p, &page, "\"id\":\"", "\"");
}

static void given_statements(struct pages *p)
{
    struct page page = page_upload(p, ADMIN, "/forms", WITNESS);

    assert_int_equal(page.status, 303);
    page = page_post(p, ADMIN, page.location,
                     "confirm=1&grant=supervisor%3Dall&grant=case_manager%3Dwork");
    if (page.status != 303)
        fail_msg("status %d: %s", page.status, page.body);
}

static void a_record_is_found_by_words_without_script_and_chosen(void **state)
{
    struct pages *p = *state;
    const char *number = NULL;
    const char *awa = given_person(p, "Awa", &number);
    const char *binta = given_person(p, "Binta", &number);
    const char *base = arena_printf(p->arena, "_parent=%s&note=heard+it", awa);
    struct page page;

    given_statements(p);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "/records/statement/new"),
                    arena_printf(p->arena, "parent=%s", awa));
    assert_true(shows(&page, "name=\"_find.who\""));
    page = page_post(p, SUPERVISOR, "/records/statement",
                     arena_printf(p->arena, "%s&who=&_words.who=bint&_find.who=1", base));
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, arena_printf(p->arena, "name=\"who\" value=\"%s\"", binta)));
    assert_true(shows(&page, "heard it"));
    /* Typed and sent off without looking: found first, not saved. */
    page = page_post(p, SUPERVISOR, "/records/statement",
                     arena_printf(p->arena, "%s&who=&_words.who=bint&_save=1", base));
    assert_int_equal(page.status, 200);
    page = page_post(
        p, SUPERVISOR, "/records/statement",
        arena_printf(p->arena, "%s&who=%s&_words.who=bint&_found.who=bint&_save=1", base, binta));
    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, arena_printf(p->arena, "/records/person/%s", binta)));
    page = page_post(p, SUPERVISOR, "/records/statement",
                     arena_printf(p->arena, "%s&who=%s&_save=1", base, number));
    if (page.status != 303)
        fail_msg("status %d: %s", page.status, page.body);
    page = page_post(p, SUPERVISOR, "/records/statement",
                     arena_printf(p->arena, "%s&who=%s&_save=1", base, p->ids[SUPERVISOR]));
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "No record that you can choose"));
}

static void while_typing_the_words_are_posted_and_only_what_may_be_seen_is_offered(void **state)
{
    struct pages *p = *state;
    const char *number = NULL;
    const char *awa = given_person(p, "Awa", &number);
    struct page page;

    given_statements(p);
    page = page_post(p, SUPERVISOR, "/records/statement/refs", "field=who&words=awa");
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, awa));
    assert_true(shows(&page, number));
    page = page_post(p, SUPERVISOR, "/records/case/refs", "field=worker&words=case");
    assert_true(shows(&page, p->ids[CASE_MANAGER]));
    assert_int_equal(
        page_post(p, SUPERVISOR, "/records/case/refs", "field=opened&words=case").status, 422);
    assert_int_equal(page_post(p, FINANCE, "/records/statement/refs", "field=who&words=awa").status,
                     403);
}

#define TEST(name)  cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)
#define PAGES(name) cmocka_unit_test_setup_teardown(name, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(staff_is_found_by_the_beginnings_of_words_in_any_script),
        TEST(the_case_manager_of_the_host_country_can_be_of_another_office),
        TEST(who_works_elsewhere_cannot_be_chosen_by_who_sees_one_office),
        TEST(a_reference_that_names_nobody_is_refused_at_its_field),
        TEST(a_sign_in_name_becomes_the_id),
        TEST(what_stood_there_stays_though_it_could_not_be_chosen_any_more),
        TEST(a_failed_look_for_a_reference_saves_nothing),
        PAGES(a_record_is_found_by_words_without_script_and_chosen),
        PAGES(while_typing_the_words_are_posted_and_only_what_may_be_seen_is_offered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
