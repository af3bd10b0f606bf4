/* Facts: written from records, cut loose from people, given out with small numbers hidden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "facts/facts.h"
#include "facts/release.h"
#include "people_fixture.h"

#define DAY_MS     ((int64_t)24 * 60 * 60 * 1000)
#define QUARTER_MS (92 * DAY_MS)
#define NAME       "names.1.name_text=Awa;names.1.name_script=Latn;birth_precision=day"
#define OPEN       " WHERE valid_to = 999999"

static int facts_setup(void **state)
{
    int rc = people_setup(state);
    struct fixture *f = *state;

    if (rc == 0)
        must(f, facts_prepare(&f->ctx));
    return rc;
}

static int64_t n_of(struct fixture *f, const char *sql)
{
    return count_of(f, f->ctx.db, sql);
}

/* As the job process: nobody acts. */
static void follow(struct fixture *f)
{
    fixture_as_nobody(f);
    must(f, facts_catch_up(&f->ctx, NULL));
    fixture_as(f, "supervisor");
}

static struct record *case_stored(struct fixture *f, const struct record *person,
                                  const char *answers)
{
    struct record *rec = NULL;

    must(f, record_new(&f->ctx, &rec, "case", person->id));
    person_fill(f, rec, answers);
    must(f, record_insert(&f->ctx, rec));
    return rec;
}

static void a_person_becomes_a_fact_that_names_nobody(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);

    case_stored(f, rec, "opened=2026-10-02;programme=Awa herself");
    follow(f);
    assert_int_equal(n_of(f, "SELECT count(*) FROM fact_person" OPEN " AND f_person_sex = 'female'"
                             " AND f_person_birth_date = '1990-1994'"),
                     1);
    assert_int_equal(n_of(f, "SELECT count(*) FROM fact_case" OPEN
                             " AND f_case_opened = '2026-Q4' AND f_person_sex = 'female'"
                             " AND f_case_programme IS NULL"),
                     1);
    assert_int_equal(n_of(f, "SELECT count(*) FROM fact_person p JOIN fact_case c"
                             " ON c.who = p.who"),
                     1);
    assert_int_equal(n_of(f, "SELECT count(*) FROM fact_case c, rec_case r, rec_person p WHERE"
                             " c.who IN (r.id, r.parent_id, p.id) OR c.fact IN (r.id, p.id)"),
                     0);
    assert_false(files_hold(f, record_value(rec, "beneficiary_code")));
    assert_false(files_hold(f, "Awa"));
}

static void facts_follow_changes_and_deletion(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    const char *id = arena_strdup(f->long_arena, person->id);
    const char *case_id =
        arena_strdup(f->long_arena, case_stored(f, person, "opened=2026-10-02")->id);
    struct record *rec = NULL;
    struct record *file = NULL;

    follow(f);
    fixture_next_request(f, 1000);
    must(f, record_load(&f->ctx, &rec, "person", id));
    record_set(rec, "sex", "male");
    must(f, record_update(&f->ctx, rec, 1));
    follow(f);
    /* In the same quarter the fact is another one, not a second one; the case's too. */
    assert_int_equal(n_of(f, "SELECT count(*) FROM fact_person"), 1);
    assert_int_equal(n_of(f, "SELECT count(*) FROM fact_case WHERE f_person_sex = 'male'"), 1);

    fixture_next_request(f, 1000);
    fixture_as(f, "supervisor");
    must(f, record_load(&f->ctx, &file, "case", case_id));
    must(f, record_delete(&f->ctx, file, 1, "Opened by mistake"));
    follow(f);
    assert_int_equal(n_of(f, "SELECT count(*) FROM fact_case WHERE valid_to > valid_from"), 0);
    assert_int_equal(n_of(f, "SELECT count(*) FROM fact_person" OPEN), 1);
}

static void the_end_of_a_past_quarter_can_be_asked_for(void **state)
{
    struct fixture *f = *state;
    const char *id = arena_strdup(f->long_arena, person_stored(f, PERSON_AWA)->id);
    int64_t then = quarter_of_ms(f->ctx.now_ms);
    struct record *rec = NULL;
    char sql[200];

    follow(f);
    fixture_next_request(f, QUARTER_MS);
    fixture_as(f, "supervisor");
    must(f, record_load(&f->ctx, &rec, "person", id));
    record_set(rec, "sex", "male");
    must(f, record_update(&f->ctx, rec, 1));
    for (int round = 0; round < 2; round++) {
        follow(f);
        assert_int_equal(n_of(f, "SELECT count(*) FROM fact_person"), 2);
        assert_int_equal(
            n_of(f, "SELECT count(*) FROM fact_person" OPEN " AND f_person_sex = 'male'"), 1);
        snprintf(sql, sizeof(sql),
                 "SELECT count(*) FROM fact_person WHERE valid_from = %lld AND valid_to = %lld"
                 " AND f_person_sex = 'female'",
                 (long long)then, (long long)then + 1);
        assert_int_equal(n_of(f, sql), 1);
        /* Made again, they are the same. */
        fixture_as_nobody(f);
        must(f, facts_rebuild(&f->ctx, NULL));
        fixture_as(f, "supervisor");
    }
}

static void making_all_anew_leaves_nothing_to_follow_but_what_changes_later(void **state)
{
    struct fixture *f = *state;
    const char *id = arena_strdup(f->long_arena, person_stored(f, PERSON_AWA)->id);
    struct record *rec = NULL;
    int64_t people = 0;

    fixture_as_nobody(f);
    must(f, facts_rebuild(&f->ctx, &people));
    assert_int_equal(people, 1);
    must(f, facts_catch_up(&f->ctx, &people));
    assert_int_equal(people, 0);

    fixture_as(f, "supervisor");
    must(f, record_load(&f->ctx, &rec, "person", id));
    record_set(rec, "sex", "male");
    must(f, record_update(&f->ctx, rec, 1));
    fixture_as_nobody(f);
    must(f, facts_catch_up(&f->ctx, &people));
    assert_int_equal(people, 1);
}

static void the_facts_of_who_is_erased_stay_and_lead_nowhere(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);
    int64_t people = 0;

    case_stored(f, rec, "opened=2026-10-02");
    follow(f);
    person_erase(f, rec, "On request");
    fixture_as_nobody(f);
    must(f, facts_rebuild(&f->ctx, &people));
    assert_int_equal(people, 0);
    assert_int_equal(n_of(f, "SELECT count(*) FROM fact_person" OPEN), 1);
    assert_int_equal(n_of(f, "SELECT count(*) FROM fact_case" OPEN), 1);
}

/* Whatever fails, a person's facts are whole or as before, and the next run mends them. */
static void facts_are_whole_whichever_call_fails(void **state)
{
    struct fixture *f = *state;
    bool hit = true;

    case_stored(f, person_stored(f, PERSON_AWA), "opened=2026-10-02");
    for (int n = 1; hit; n++) {
        enum err rc;

        fixture_next_request(f, 1);
        tamper(f, f->ctx.db, "UPDATE counter SET value = 0 WHERE name = 'facts'");
        if (n > 1) {
            tamper(f, f->ctx.db, "DELETE FROM fact_case");
            tamper(f, f->ctx.db, "DELETE FROM fact_person");
        }
        fixture_as_nobody(f);
        db_fail_at(f->ctx.db, n);
        rc = facts_catch_up(&f->ctx, NULL);
        hit = db_calls(f->ctx.db) >= n;
        db_fail_at(f->ctx.db, 0);
        ctx_clear_problems(&f->ctx);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(n_of(f, "SELECT count(*) FROM fact_person"),
                         n_of(f, "SELECT count(*) FROM fact_case"));
        must(f, facts_catch_up(&f->ctx, NULL));
        assert_int_equal(n_of(f, "SELECT count(*) FROM fact_case" OPEN), 1);
    }
}

/* --- releases --- */

static void given_people(struct fixture *f, int n, const char *answers)
{
    for (int i = 0; i < n; i++) {
        struct arena_mark mark = arena_mark(f->ctx.arena);

        person_stored(f, arena_printf(f->ctx.arena, NAME ";%s", answers));
        arena_rewind(f->ctx.arena, mark);
    }
}

static enum err asked(struct fixture *f, struct fact_release *out, const struct fact_ask *ask)
{
    struct fact_question q = { 0 };
    enum err rc = fact_question_read(&f->ctx, &q, ask, NULL);

    return rc ? rc : facts_release(&f->ctx, out, &q);
}

static struct fact_release release_of(struct fixture *f, const struct fact_ask *ask)
{
    struct fact_release r = { 0 };

    must(f, asked(f, &r, ask));
    return r;
}

/* Cell of a line of values; NULL = the totals. */
static size_t cell_of(const struct fact_release *r, const char *row, const char *col)
{
    size_t i = 0;
    size_t k = 0;

    while (i < r->counts.rows_len && (!row || strcmp(r->counts.rows[i].values[0], row) != 0))
        i++;
    while (k < r->counts.cols_len && (!col || strcmp(r->counts.cols[k].values[0], col) != 0))
        k++;
    return i * (r->counts.cols_len + 1) + k;
}

static const struct fact_ask by_birth_and_sex = { .form = "person",
                                                  .rows = { "person.birth_date" },
                                                  .cols = { "person.sex" } };
static const struct fact_ask by_birth = { .form = "person", .rows = { "person.birth_date" } };

static void given_table(struct fixture *f)
{
    given_people(f, 8, "birth_date=1991-01-01;sex=female");
    given_people(f, 9, "birth_date=1991-01-01;sex=male");
    given_people(f, 2, "birth_date=1971-01-01;sex=female");
    given_people(f, 7, "birth_date=1971-01-01;sex=male");
    given_people(f, 12, "birth_date=1981-01-01;sex=female");
    given_people(f, 13, "birth_date=1981-01-01;sex=male");
    follow(f);
}

static void small_numbers_are_hidden_and_cannot_be_worked_out(void **state)
{
    struct fixture *f = *state;
    struct fact_release r;

    given_table(f);
    r = release_of(f, &by_birth_and_sex);
    assert_int_equal(r.counts.n[cell_of(&r, NULL, NULL)], 51);
    assert_int_equal(r.counts.people[cell_of(&r, "1970-1974", "female")], 2);
    assert_true(r.hidden[cell_of(&r, "1970-1974", "female")]);
    assert_true(r.hidden[cell_of(&r, "1970-1974", "male")]);
    assert_true(r.hidden[cell_of(&r, "1990-1994", "female")]);
    assert_true(r.hidden[cell_of(&r, "1990-1994", "male")]);
    assert_false(r.hidden[cell_of(&r, "1980-1984", "male")]);
    assert_false(r.hidden[cell_of(&r, NULL, NULL)]);
    assert_int_equal(audit_count(f, "facts.release"), 1);
}

static void the_same_question_gets_the_same_answer(void **state)
{
    struct fixture *f = *state;
    struct fact_release first;
    struct fact_release again;

    given_table(f);
    first = release_of(f, &by_birth_and_sex);
    again = release_of(f, &by_birth_and_sex);
    assert_string_equal(first.id, again.id);
    /* One more person would be told by the difference of two tables. */
    given_people(f, 1, "birth_date=1981-01-01;sex=male");
    follow(f);
    again = release_of(f, &by_birth_and_sex);
    assert_string_equal(first.id, again.id);
    /* Five more of each that changed are not. */
    given_people(f, 4, "birth_date=1981-01-01;sex=male");
    follow(f);
    again = release_of(f, &by_birth_and_sex);
    assert_string_not_equal(first.id, again.id);
    must(f, facts_release_load(&f->ctx, &again, first.id));
    assert_int_equal(again.counts.n[cell_of(&again, "1980-1984", "male")], 13);
}

static void a_filter_does_not_tell_what_a_table_hides(void **state)
{
    struct fixture *f = *state;
    const struct fact_ask women = { .form = "person",
                                    .rows = { "person.birth_date" },
                                    .filters = { "person.sex=female" } };
    const struct fact_ask men = { .form = "person",
                                  .rows = { "person.birth_date" },
                                  .filters = { "person.sex=male" } };
    struct fact_release all;
    struct fact_release r;

    given_table(f);
    all = release_of(f, &by_birth);
    assert_false(all.hidden[cell_of(&all, "1970-1974", NULL)]);
    /* 9 of both less 7 men would be 2 women. */
    r = release_of(f, &men);
    assert_int_equal(r.counts.n[cell_of(&r, "1970-1974", NULL)], 7);
    assert_true(r.hidden[cell_of(&r, "1970-1974", NULL)]);
    r = release_of(f, &women);
    assert_true(r.hidden[cell_of(&r, "1970-1974", NULL)]);
}

static void a_whole_does_not_tell_what_its_parts_hide(void **state)
{
    struct fixture *f = *state;
    const struct fact_ask men = { .form = "person",
                                  .rows = { "person.birth_date" },
                                  .filters = { "person.sex=male" } };
    struct fact_release r;

    given_table(f);
    r = release_of(f, &men);
    assert_false(r.hidden[cell_of(&r, "1970-1974", NULL)]);
    r = release_of(f, &by_birth);
    assert_int_equal(r.counts.n[cell_of(&r, "1970-1974", NULL)], 9);
    assert_true(r.hidden[cell_of(&r, "1970-1974", NULL)]);
}

static void a_release_is_seen_by_its_offices_only(void **state)
{
    struct fixture *f = *state;
    struct fact_release r;

    given_table(f);
    r = release_of(f, &by_birth);
    must(f, facts_release_load(&f->ctx, &r, r.id));
    tamper(f, f->ctx.db, "UPDATE fact_release SET office_id = 'another'");
    assert_int_equal(facts_release_load(&f->ctx, &r, r.id), ERR_NOT_FOUND);
    fixture_as(f, "administrator");
    must(f, facts_release_load(&f->ctx, &r, r.id));
}

static void questions_that_make_no_sense_are_refused(void **state)
{
    static const struct fact_ask bad[] = {
        { .form = "no_such" },
        { .form = "person" },
        { .form = "person", .rows = { "person.names" } },
        { .form = "person", .rows = { "office", "office" } },
        { .form = "person", .rows = { "office" }, .measure = "sum" },
        { .form = "person", .rows = { "office" }, .measure = "mean" },
        { .form = "person", .rows = { "office" }, .as_at = "2999-Q1" },
        { .form = "person", .rows = { "office" }, .as_at = "2026-Q5" },
        { .form = "person", .rows = { "office" }, .filters = { "office=1 OR 1" } },
        { .form = "person", .rows = { "office" }, .filters = { "who=1" } },
        { .form = "case", .rows = { "office" }, .period = "case.opened", .from = "x" },
        { .form = "case", .rows = { "office" }, .filters = { "fund=NONE" } },
    };
    struct fixture *f = *state;
    struct fact_release r = { 0 };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fact_ask ask = bad[i];

        ask.from = ask.from ? ask.from : "";
        ask.to = ask.to ? ask.to : "";
        assert_int_equal(asked(f, &r, &ask), ERR_INVALID);
        ctx_clear_problems(&f->ctx);
    }
}

static void a_release_is_whole_or_not_there_whichever_call_fails(void **state)
{
    struct fixture *f = *state;
    enum err rc = ERR_DB;

    given_table(f);
    for (int n = 1; rc; n++) {
        struct fact_release r = { 0 };

        fixture_next_request(f, 1);
        fixture_as(f, "supervisor");
        db_fail_at(f->ctx.db, n);
        rc = asked(f, &r, &by_birth);
        db_fail_at(f->ctx.db, 0);
        ctx_clear_problems(&f->ctx);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(n_of(f, "SELECT count(*) FROM fact_release"), rc ? 0 : 1);
        assert_int_equal(audit_count(f, "facts.release"), rc ? 0 : 1);
    }
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, facts_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_person_becomes_a_fact_that_names_nobody),
        TEST(facts_follow_changes_and_deletion),
        TEST(the_end_of_a_past_quarter_can_be_asked_for),
        TEST(making_all_anew_leaves_nothing_to_follow_but_what_changes_later),
        TEST(the_facts_of_who_is_erased_stay_and_lead_nowhere),
        TEST(facts_are_whole_whichever_call_fails),
        TEST(small_numbers_are_hidden_and_cannot_be_worked_out),
        TEST(the_same_question_gets_the_same_answer),
        TEST(a_filter_does_not_tell_what_a_table_hides),
        TEST(a_whole_does_not_tell_what_its_parts_hide),
        TEST(a_release_is_seen_by_its_offices_only),
        TEST(questions_that_make_no_sense_are_refused),
        TEST(a_release_is_whole_or_not_there_whichever_call_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
