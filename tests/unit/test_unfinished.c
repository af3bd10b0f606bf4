/* Forms that are kept while they are filled: sealed, own to who typed, erased when they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "pages.h"
#include "people_fixture.h"
#include "records/unfinished.h"

#define ID_A "0190f3a2-0000-7000-8000-00000000000a"
#define ID_B "0190f3a2-0000-7000-8000-00000000000b"
#define DAY  (INT64_C(24) * 60 * 60 * 1000)

static const struct answer_pair words[] = { { "notes", "Fatimata called twice" },
                                            { "sex", "female" },
                                            { "empty", "" } };

static enum err keep(struct fixture *f, const char *kind, const char *id)
{
    const struct unfinished u = { .id = id, .pairs = words, .len = 3 };

    return unfinished_keep(&f->ctx, form_find(f->ctx.forms, kind), &u);
}

static enum err load(struct fixture *f, const char *kind, const char *id)
{
    struct unfinished u = { 0 };

    return unfinished_load(&f->ctx, &u, kind, id);
}

static size_t kept_of(struct fixture *f, const char *kind)
{
    struct unfinished *items = NULL;
    size_t len = 0;

    must(f, unfinished_list(&f->ctx, &items, &len, kind));
    return len;
}

static void what_was_typed_comes_back_and_lies_nowhere_in_clear(void **state)
{
    struct fixture *f = *state;
    struct unfinished u = { 0 };

    must(f, keep(f, "person", ID_A));
    must(f, unfinished_load(&f->ctx, &u, "person", ID_A));
    assert_int_equal(u.len, 3);
    assert_string_equal(u.pairs[0].name, "notes");
    assert_string_equal(u.pairs[0].value, "Fatimata called twice");
    assert_string_equal(u.pairs[2].value, "");
    assert_false(files_hold(f, "Fatimata"));
    assert_int_equal(kept_of(f, NULL), 1);
    assert_int_equal(kept_of(f, "rss"), 0);
}

static void nobody_else_finds_it_or_writes_over_it(void **state)
{
    struct fixture *f = *state;

    must(f, keep(f, "person", ID_A));
    fixture_as(f, "case_manager");
    assert_int_equal(load(f, "person", ID_A), ERR_NOT_FOUND);
    assert_int_equal(kept_of(f, NULL), 0);
    assert_int_equal(keep(f, "person", ID_A), ERR_NOT_FOUND);
    must(f, unfinished_end(&f->ctx, "person", ID_A)); /* of nobody's: changes nothing */
    fixture_as(f, "supervisor");
    assert_int_equal(load(f, "rss", ID_A), ERR_NOT_FOUND);
    must(f, load(f, "person", ID_A));
}

static void what_ended_is_erased_and_a_late_request_does_not_bring_it_back(void **state)
{
    struct fixture *f = *state;

    must(f, keep(f, "person", ID_A));
    assert_int_equal(
        count_of(f, f->keys, "SELECT count(*) FROM data_key WHERE erased_at IS NOT NULL"), 0);
    must(f, unfinished_end(&f->ctx, "person", ID_A));
    assert_int_equal(load(f, "person", ID_A), ERR_NOT_FOUND);
    assert_int_equal(
        count_of(f, f->keys, "SELECT count(*) FROM data_key WHERE erased_at IS NOT NULL"), 1);
    assert_int_equal(
        count_of(f, f->ctx.db, "SELECT count(*) FROM unfinished WHERE sealed IS NOT NULL"), 0);
    assert_int_equal(keep(f, "person", ID_A), ERR_NOT_FOUND);
    must(f, unfinished_end(&f->ctx, "person", ID_B)); /* saved before anything was kept */
    assert_int_equal(keep(f, "person", ID_B), ERR_NOT_FOUND);
}

/* Proves R-A4-22 as far as the draft goes: an interview is kept for its day, under its own key. */
static void an_interview_is_kept_for_the_day_and_other_forms_for_two_weeks(void **state)
{
    struct fixture *f = *state;

    f->ctx.time_zone = "Africa/Dakar"; /* 08:00 there */
    must(f, keep(f, "rss", ID_A));
    must(f, keep(f, "person", ID_B));
    fixture_next_request(f, 16 * DAY / 24 - 1);
    must(f, load(f, "rss", ID_A));
    fixture_next_request(f, 1);
    assert_int_equal(load(f, "rss", ID_A), ERR_NOT_FOUND);
    must(f, unfinished_expire(&f->ctx));
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM unfinished"), 1);
    assert_int_equal(
        count_of(f, f->keys, "SELECT count(*) FROM data_key WHERE erased_at IS NOT NULL"), 1);
    must(f, load(f, "person", ID_B));
    fixture_next_request(f, 14 * DAY);
    assert_int_equal(load(f, "person", ID_B), ERR_NOT_FOUND);
    must(f, unfinished_expire(&f->ctx));
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM unfinished"), 0);
}

static void one_user_keeps_a_bounded_number(void **state)
{
    struct fixture *f = *state;
    enum err rc = OK;
    int n = 0;

    for (; n <= UNFINISHED_MAX && !rc; n++)
        rc = keep(f, "person", arena_printf(f->ctx.arena, "0190f3a2-0000-7000-8000-%012d", n + 1));
    assert_int_equal(rc, ERR_LIMIT);
    assert_int_equal(n, UNFINISHED_MAX + 1);
    must(f, keep(f, "person", "0190f3a2-0000-7000-8000-000000000001")); /* one that is there */
}

static void a_database_that_fails_leaves_it_kept_or_ended_and_nothing_between(void **state)
{
    struct fixture *f = *state;
    enum err rc = ERR_DB;

    for (int n = 1; rc; n++) {
        db_fail_at(f->ctx.db, n);
        rc = keep(f, "person", ID_A);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(kept_of(f, NULL), rc ? 0 : 1);
    }
    rc = ERR_DB;
    for (int n = 1; rc; n++) {
        db_fail_at(f->ctx.db, n);
        rc = unfinished_end(&f->ctx, "person", ID_A);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
    }
    assert_int_equal(load(f, "person", ID_A), ERR_NOT_FOUND);
    must(f, keep(f, "person", ID_B));
    fixture_next_request(f, 15 * DAY);
    rc = ERR_DB;
    for (int n = 1; rc; n++) {
        db_fail_at(f->ctx.db, n);
        rc = unfinished_expire(&f->ctx);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM unfinished") > 0, rc != OK);
    }
}

static enum err try_about(struct fixture *f, const char *kind, const char *id,
                          const struct answer_pair *pair, const char *record_id)
{
    const struct answer_pair pairs[] = { { "notes", "Fatimata called" }, *pair };
    const struct unfinished u = { .id = id, .record_id = record_id, .pairs = pairs, .len = 2 };

    return unfinished_keep(&f->ctx, form_find(f->ctx.forms, kind), &u);
}

static void keep_about(struct fixture *f, const char *kind, const char *id,
                       const struct answer_pair *pair, const char *record_id)
{
    must(f, try_about(f, kind, id, pair, record_id));
}

static void what_was_typed_about_who_is_erased_goes_with_them(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record *binta = person_stored(f, "names.1.name_text=Binta;names.1.name_script=Latn");
    struct record *of = child_stored(f, "case", awa, "opened=2026-10-02");
    const struct answer_pair none = { "sex", "female" };
    const struct answer_pair below = { "_parent", awa->id };
    const struct answer_pair deeper = { "_parent", of->id };
    const struct answer_pair named = { "members.1.member", awa->id };
    const struct answer_pair other = { "_parent", binta->id };

    keep_about(f, "person", "0190f3a2-0000-7000-8000-000000000001", &none, awa->id);
    keep_about(f, "case", "0190f3a2-0000-7000-8000-000000000002", &none, of->id);
    keep_about(f, "case", "0190f3a2-0000-7000-8000-000000000003", &below, NULL);
    keep_about(f, "plan", "0190f3a2-0000-7000-8000-000000000004", &deeper, NULL);
    keep_about(f, "household", "0190f3a2-0000-7000-8000-000000000005", &named, NULL);
    keep_about(f, "case", ID_A, &other, NULL);
    keep_about(f, "person", ID_B, &none, binta->id);
    person_erase(f, awa, "On request");
    assert_int_equal(
        count_of(f, f->ctx.db, "SELECT count(*) FROM unfinished WHERE sealed IS NOT NULL"), 2);
    assert_int_equal(
        count_of(f, f->keys, "SELECT count(*) FROM data_key WHERE erased_at IS NOT NULL"), 6);
    fixture_as(f, "supervisor");
    assert_int_equal(load(f, "person", "0190f3a2-0000-7000-8000-000000000001"), ERR_NOT_FOUND);
    assert_int_equal(kept_of(f, NULL), 2);
    must(f, load(f, "case", ID_A));
    must(f, load(f, "person", ID_B));
    /* Nor does a page that was open all the while bring them back. */
    assert_int_equal(try_about(f, "person", "0190f3a2-0000-7000-8000-000000000006", &none, awa->id),
                     ERR_NOT_FOUND);
    assert_int_equal(try_about(f, "case", "0190f3a2-0000-7000-8000-000000000007", &below, NULL),
                     ERR_NOT_FOUND);
}

/* --- pages --- */

#define PERSON_PAIRS "names.1.name_text=Awa&names.1.name_script=Latn"

static void a_page_is_kept_offered_resumed_and_gone_once_it_is_saved(void **state)
{
    struct pages *p = *state;
    struct page page = page_get(p, SUPERVISOR, "/records/person/new", NULL);
    const char *id = between(p, &page, "name=\"_draft\" value=\"", "\"");
    const char *place = arena_printf(p->arena, "/records/person/unfinished/%s", id);

    assert_false(shows(&page, "You have an unfinished form"));
    page = page_post(p, SUPERVISOR, "/records/person/unfinished",
                     arena_printf(p->arena, "_draft=%s&sex=purple&%s", id, PERSON_PAIRS));
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "\"say\""));
    assert_true(shows(&(struct page){ .body = page_get(p, SUPERVISOR, "/", NULL).body }, place));
    page = page_get(p, SUPERVISOR, "/records/person", NULL);
    assert_true(shows(&page, "You have an unfinished form"));
    assert_true(shows(&page, place));
    page = page_get(p, CASE_MANAGER, "/records/person", NULL);
    assert_false(shows(&page, "unfinished form"));
    assert_int_equal(page_get(p, CASE_MANAGER, place, NULL).status, 404);

    page = page_get(p, SUPERVISOR, place, NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "value=\"Awa\""));
    assert_string_equal(between(p, &page, "name=\"_draft\" value=\"", "\""), id);
    page = page_post(p, SUPERVISOR, "/records/person",
                     arena_printf(p->arena, "_draft=%s&_save=1&%s", id, PERSON_PAIRS));
    assert_int_equal(page.status, 303);
    assert_int_equal(page_get(p, SUPERVISOR, place, NULL).status, 404);
    assert_int_equal(page_post(p, SUPERVISOR, "/records/person/unfinished",
                               arena_printf(p->arena, "_draft=%s&sex=female", id))
                         .status,
                     404);
}

static void without_script_a_button_keeps_it_and_another_discards_it(void **state)
{
    struct pages *p = *state;
    struct page page = page_post(p, SUPERVISOR, "/records/person",
                                 "_draft=" ID_A "&_later=1&sex=purple&names.1.name_text=Awa");

    assert_int_equal(page.status, 303);
    assert_string_equal(page.location, "/records/person");
    assert_int_equal(pages_count(p, "SELECT count(*) FROM rec_person"), 0);
    page = page_get(p, SUPERVISOR, "/records/person/unfinished/" ID_A, NULL);
    assert_true(shows(&page, "value=\"Awa\""));
    page = page_post(p, SUPERVISOR, "/records/person/unfinished/" ID_A "/end", "");
    assert_int_equal(page.status, 303);
    assert_int_equal(page_get(p, SUPERVISOR, "/records/person/unfinished/" ID_A, NULL).status, 404);
    assert_int_equal(page_post(p, SUPERVISOR, "/records/person/unfinished/" ID_A "/end", "").status,
                     404);
}

static void a_family_that_was_kept_for_later_is_shown_again_at_once(void **state)
{
    struct pages *p = *state;
    struct page page = page_post(p, SUPERVISOR, "/records/registration",
                                 "_draft=" ID_A "&_later=1&label=Ndoye+of+Pikine");

    assert_int_equal(page.status, 303);
    assert_string_equal(page.location, "/records/registration/unfinished/" ID_A);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "value=\"Ndoye of Pikine\""));
    page = page_post(p, SUPERVISOR, "/records/registration/unfinished/" ID_A "/end", "");
    assert_string_equal(page.location, "/records/person"); /* it has no list of its own */
}

static void a_change_that_was_kept_meets_what_somebody_else_saved_meanwhile(void **state)
{
    struct pages *p = *state;
    const char *place = page_post(p, SUPERVISOR, "/records/person", PERSON_PAIRS).location;
    struct page page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/edit", place), NULL);
    const char *id = between(p, &page, "name=\"_draft\" value=\"", "\"");
    const char *row = between(p, &page, "name=\"names.1.id\" value=\"", "\"");
    const char *mine = arena_printf(
        p->arena, "_draft=%s&_record=%s&_version=1&names.1.id=%s&names.1.name_text=Awa&sex=female",
        id, strrchr(place, '/') + 1, row);
    const char *theirs =
        arena_printf(p->arena, "_version=1&names.1.id=%s&names.1.name_text=Awa&sex=male", row);

    assert_int_equal(page_post(p, SUPERVISOR, "/records/person/unfinished", mine).status, 200);
    assert_int_equal(page_post(p, SUPERVISOR, place, theirs).status, 303);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/edit", place), NULL);
    assert_true(shows(&page, "You have an unfinished form"));
    page =
        page_get(p, SUPERVISOR, arena_printf(p->arena, "/records/person/unfinished/%s", id), NULL);
    assert_string_equal(between(p, &page, "name=\"_version\" value=\"", "\""), "1");
    page = page_post(p, SUPERVISOR, place, mine);
    assert_int_equal(page.status, 409);
    assert_string_equal(between(p, &page, "name=\"_draft\" value=\"", "\""), id);
}

static void who_may_only_look_keeps_nothing(void **state)
{
    struct pages *p = *state;

    assert_int_equal(
        page_post(p, FINANCE, "/records/person/unfinished", "_draft=" ID_A "&sex=male").status,
        403);
    assert_int_equal(page_post(p, SUPERVISOR, "/records/person/unfinished", "sex=male").status,
                     422);
    assert_int_equal(
        page_post(p, SUPERVISOR, "/records/person/unfinished", "_draft=7&sex=male").status, 422);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM unfinished"), 0);
}

/* --- a form that is published anew while one is unfinished --- */

/* clang-format off */
#define VISIT_HEAD                                                                          \
    "survey\n,type,name,label::English (en),label::Français (fr),label::Español (es),"     \
    "label::العربية (ar),required,bind::hw:list,bind::hw:store,hw:reason\n"
#define VISIT_END                                                                           \
    "settings\n,form_title::English (en),form_title::العربية (ar),form_id,version,"        \
    "hw:parent,hw:subject,style\n,Home visit,زيارة منزلية,home_visit,1,person,person,pages\n"
/* clang-format on */

static void given_visits(struct pages *p, const char *rows)
{
    struct page page =
        page_upload(p, ADMIN, "/forms", arena_printf(p->arena, VISIT_HEAD "%s" VISIT_END, rows));

    assert_int_equal(page.status, 303);
    page = page_post(p, ADMIN, page.location, "confirm=1&grant=supervisor%3Dall");
    if (page.status != 303)
        fail_msg("status %d: %s", page.status, page.body);
}

static void one_of_an_older_form_is_resumed_with_a_note(void **state)
{
    struct pages *p = *state;
    const char *person = page_post(p, SUPERVISOR, "/records/person", PERSON_PAIRS).location;
    struct page page;

    person = strrchr(person, '/') + 1;
    given_visits(p, ",text,mood,Mood,,,,,,,\n,text,hope,Hope,,,,,,,\n");
    page = page_get(p, SUPERVISOR, "/records/home_visit/new",
                    arena_printf(p->arena, "parent=%s", person));
    page = page_post(p, SUPERVISOR, "/records/home_visit",
                     arena_printf(p->arena,
                                  "_draft=" ID_A "&_parent=%s&_form=%s&_page=1&_next=1&mood=calm"
                                  "&hope=work",
                                  person, between(p, &page, "name=\"_form\" value=\"", "\"")));
    assert_int_equal(page.status, 200); /* the next page, and kept on the way */
    page = page_get(p, SUPERVISOR, "/records/home_visit/unfinished/" ID_A, NULL);
    assert_false(shows(&page, "was changed since"));
    given_visits(p, ",text,mood,Mood,,,,,,,\n,text,advice,Advice,,,,,,,\n");
    page = page_get(p, SUPERVISOR, "/records/home_visit/unfinished/" ID_A, NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "was changed since"));
    assert_true(shows(&page, "value=\"calm\""));
    assert_true(shows(&page, "name=\"advice\""));
    assert_true(shows(&page, "type=\"hidden\" name=\"hope\" value=\"work\""));
    assert_string_equal(between(p, &page, "name=\"_parent\" value=\"", "\""), person);
}

#define TEST(test)  cmocka_unit_test_setup_teardown(test, people_setup, people_teardown)
#define PAGES(test) cmocka_unit_test_setup_teardown(test, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_typed_comes_back_and_lies_nowhere_in_clear),
        TEST(nobody_else_finds_it_or_writes_over_it),
        TEST(what_ended_is_erased_and_a_late_request_does_not_bring_it_back),
        TEST(an_interview_is_kept_for_the_day_and_other_forms_for_two_weeks),
        TEST(one_user_keeps_a_bounded_number),
        TEST(a_database_that_fails_leaves_it_kept_or_ended_and_nothing_between),
        TEST(what_was_typed_about_who_is_erased_goes_with_them),
        PAGES(a_page_is_kept_offered_resumed_and_gone_once_it_is_saved),
        PAGES(without_script_a_button_keeps_it_and_another_discards_it),
        PAGES(a_family_that_was_kept_for_later_is_shown_again_at_once),
        PAGES(a_change_that_was_kept_meets_what_somebody_else_saved_meanwhile),
        PAGES(who_may_only_look_keeps_nothing),
        PAGES(one_of_an_older_form_is_resumed_with_a_note),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
