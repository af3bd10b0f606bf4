/* Pages about duplicates: candidates, side by side, asking and confirming, undoing, two offices. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "auth/auth.h"
#include "core/text.h"
#include "db/db.h"
#include "messages/messages.h"
#include "pages.h"
#include "people/identity.h"

#define CHOICES                                                                                    \
    "version_a=1&version_b=1&keep=a&take.names=a&take.birth_date=b&reason=The+same+mother"

#define path_of(p, pattern, ...) arena_printf((p)->arena, pattern, __VA_ARGS__)

static const char *json_of(struct pages *p, const char *given, const char *born)
{
    return arena_printf(p->arena,
                        "{\"answers\":{\"names\":[{\"name_text\":\"%s\",\"name_script\":\"Latn\"},"
                        "{\"name_text\":\"Quorrabinde\",\"name_script\":\"Latn\"}],"
                        "\"birth_date\":\"%s\",\"birth_precision\":\"day\",\"sex\":\"male\"}}",
                        given, born);
}

static const char *given(struct pages *p, const char *name, const char *born)
{
    return page_given(p, "person", json_of(p, name, born));
}

static void candidates_are_listed_for_all_and_for_one_with_score_and_why(void **state)
{
    struct pages *p = *state;
    const char *a = given(p, "Ousmane", "1990-02-03");
    const char *b = given(p, "Osman", "1990-03-02");
    const char *link = path_of(p, "/people/%s/compare/%s", b, a);
    struct page page = page_get(p, CASE_MANAGER, "/people/duplicates", NULL);

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, link));
    assert_true(shows(&page, "same: name"));
    page = page_get(p, CASE_MANAGER, path_of(p, "/people/%s/duplicates", b), NULL);
    assert_true(shows(&page, link));
    page = page_get(p, SUPERVISOR, path_of(p, "/records/person/%s", a), NULL);
    assert_true(shows(&page, path_of(p, "/people/%s/duplicates", a)));
    assert_int_equal(page_get(p, FINANCE, link, NULL).status, 403);
}

static void two_people_merge_side_by_side_and_one_undoes_it(void **state)
{
    struct pages *p = *state;
    const char *a = given(p, "Ousmane", "1990-02-03");
    const char *b = given(p, "Osman", "1990-03-02");
    const char *two = path_of(p, "/people/%s/compare/%s", a, b);
    struct page page = page_get(p, CASE_MANAGER, two, NULL);
    const char *house = arena_printf(p->arena,
                                     "{\"parent\":\"%s\",\"answers\":{\"label\":\"Njie\","
                                     "\"members\":[{\"member\":\"%s\",\"relationship\":"
                                     "\"sibling\"}]}}",
                                     given(p, "Awa", "1985-01-01"), b);
    const char *undo;

    assert_int_equal(api_call(p, SUPERVISOR, "POST", "/records/household", house, NULL).status,
                     201);

    assert_true(shows(&page, "name=\"take.birth_date\""));
    assert_false(shows(&page, "name=\"take.sex\"")); /* the same in both */
    page = page_post(p, CASE_MANAGER, path_of(p, "%s/ask", two), "version_a=1&version_b=1&keep=a");
    assert_int_equal(page.status, 422);
    assert_int_equal(page_post(p, CASE_MANAGER, path_of(p, "%s/ask", two), CHOICES).status, 303);
    assert_int_equal(page_post(p, CASE_MANAGER, path_of(p, "%s/confirm", two), "").status, 403);
    page = page_get(p, SUPERVISOR, "/people/duplicates", NULL);
    assert_true(shows(&page, "asked for the merge"));
    page = page_get(p, SUPERVISOR, two, NULL);
    assert_true(shows(&page, "The same mother"));
    page = page_post(p, SUPERVISOR, path_of(p, "%s/confirm", two), "");
    assert_int_equal(page.status, 303);
    assert_true(text_ends(page.location, a));
    page = page_get(p, SUPERVISOR, path_of(p, "/records/person/%s", b), NULL);
    assert_true(shows(&page, "merged with another one of the same person"));
    assert_true(shows(&page, path_of(p, "/records/person/%s", a)));
    undo = between(p, &page, "href=\"/people/merged/", "\"");
    undo = path_of(p, "/people/merged/%s", undo);
    page = page_get(p, SUPERVISOR, undo, NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "1 answer of another record names"));
    assert_int_equal(page_post(p, SUPERVISOR, undo, "reason=").status, 422);
    assert_int_equal(page_post(p, SUPERVISOR, undo, "reason=Brothers").status, 303);
    assert_int_equal(page_post(p, SUPERVISOR, undo, "reason=Brothers").status, 409);
    page = page_get(p, SUPERVISOR, path_of(p, "/records/person/%s", b), NULL);
    assert_false(shows(&page, "merged with another one"));
}

static void not_the_same_takes_them_off_the_list_and_can_be_taken_back(void **state)
{
    struct pages *p = *state;
    const char *a = given(p, "Ousmane", "1990-02-03");
    const char *b = given(p, "Osman", "1990-03-02");
    const char *two = path_of(p, "/people/%s/compare/%s", b, a);
    struct page page;

    page = page_post(p, CASE_MANAGER, path_of(p, "%s/differ", two),
                     "version_a=1&version_b=1&reason=Cousins");
    assert_int_equal(page.status, 303);
    page = page_get(p, CASE_MANAGER, "/people/duplicates", NULL);
    assert_false(shows(&page, two));
    page = page_get(p, CASE_MANAGER, two, NULL);
    assert_true(shows(&page, "Cousins"));
    assert_int_equal(page_post(p, CASE_MANAGER, path_of(p, "%s/undiffer", two), "").status, 303);
    page = page_get(p, CASE_MANAGER, "/people/duplicates", NULL);
    assert_true(shows(&page, two));
}

/* --- two offices --- */

#define REGISTER                                                                                   \
    "members.1.first_name=Ousmane&members.1.last_name=Quorrabinde&members.1.sex=male&"             \
    "members.1.birth_date=1990-02-03&members.1.birth_precision=day&members.1.opens_case=no&"       \
    "crosses_border=no&will=voluntary&opened=2026-11-20&_confirm=1&_save=1"

/* What differs from one reply to the next in any case: ids of records. */
static const char *without_ids(struct pages *p, const char *text)
{
    char *out = arena_strdup(p->arena, text ? text : "");

    for (char *c = strstr(out, "/person/"); c != NULL; c = strstr(c + 1, "/person/"))
        for (char *id = c + 8; *id != '\0' && *id != '"' && id < c + 8 + 36; id++)
            *id = 'x';
    return out;
}

/* Puts all people into another office, where the supervisor of this one cannot see them. */
static void move_people_away(struct pages *p)
{
    const struct office office = { .code = "GM",
                                   .name = "Banjul",
                                   .country = "GM",
                                   .time_zone = "Africa/Banjul",
                                   .currency = "GMD",
                                   .language = "en" };
    const char *id = NULL;
    const char *sql;

    assert_int_equal(office_create(&p->ctx, &id, &office, "Programme for Return"), OK);
    sql = arena_printf(p->arena, "UPDATE rec_person SET office_id = '%s'", id);
    assert_int_equal(db_exec(&p->ctx, NULL, db_sql_built(p->ctx.db, sql)), OK);
}

static struct page registered(struct pages *p)
{
    return page_post(p, SUPERVISOR, "/records/registration", REGISTER);
}

/*
 * Registering with a match in another office and without one: the same bytes, and as many calls of
 * the database; the job role finds it afterwards, for the officer alone.
 */
static void registering_tells_nothing_of_another_office(void **state)
{
    struct pages *p = *state;
    struct page without;
    struct page with;
    bool more = false;
    int64_t before;

    with = registered(p); /* the first of all: warms what is read once */
    assert_int_equal(with.status, 303);
    assert_int_equal(db_exec(&p->ctx, NULL,
                             db_sql_built(p->ctx.db, "UPDATE rec_person SET status ="
                                                     " 'deleted'")),
                     OK);
    without = registered(p);
    move_people_away(p);
    with = registered(p);
    assert_int_equal(with.status, without.status);
    assert_int_equal(with.len, without.len);
    assert_memory_equal(with.body, without.body, with.len);
    assert_string_equal(without_ids(p, with.location), without_ids(p, without.location));
    before = pages_count(p, "SELECT count(*) FROM identity_look");
    assert_true(before > 0);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM identity_match"), 0);
    assert_int_equal(identity_round(&p->ctx, &more), OK);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM identity_match"), 1);
    with = page_get(p, SUPERVISOR, "/people/duplicates", NULL);
    assert_false(shows(&with, "Banjul"));
    assert_int_equal(page_get(p, SUPERVISOR, "/people/identity", NULL).status, 403);
}

static void the_identity_officer_sees_both_and_asks_the_offices(void **state)
{
    struct pages *p = *state;
    struct page page;
    bool more = false;
    const char *sql = arena_printf(p->arena,
                                   "UPDATE staff_role SET role = 'identity_officer'"
                                   " WHERE staff_id = '%s'",
                                   p->ids[FINANCE]);

    (void)given(p, "Ousmane", "1990-02-03");
    move_people_away(p);
    (void)given(p, "Osman", "1990-03-02");
    assert_int_equal(identity_round(&p->ctx, &more), OK);
    assert_int_equal(db_exec(&p->ctx, NULL, db_sql_built(p->ctx.db, sql)), OK);
    page = page_get(p, FINANCE, "/people/identity", NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "Banjul") && shows(&page, "Dakar"));
    page = page_post(
        p, FINANCE,
        path_of(p, "/people/identity/%s/tell", between(p, &page, "/people/identity/", "/tell")),
        "");
    assert_int_equal(page.status, 303);
    page = page_get(p, FINANCE, "/people/identity", NULL);
    assert_true(shows(&page, "The offices were asked to get in touch."));
    assert_int_equal(pages_count(p, "SELECT count(*) FROM notification"), 2);
}

#define PAGES(test) cmocka_unit_test_setup_teardown(test, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGES(candidates_are_listed_for_all_and_for_one_with_score_and_why),
        PAGES(two_people_merge_side_by_side_and_one_undoes_it),
        PAGES(not_the_same_takes_them_off_the_list_and_can_be_taken_back),
        PAGES(registering_tells_nothing_of_another_office),
        PAGES(the_identity_officer_sees_both_and_asks_the_offices),
    };

    return cmocka_run_group_tests_name("merge_web", tests, NULL, NULL);
}
