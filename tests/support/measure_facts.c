/*
 * Prints what facts cost: microseconds to make a person with a case anew, and milliseconds to count
 * a table over many facts.
 * usage: measure_facts PEOPLE FACTS
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/date.h"
#include "core/text.h"
#include "db/db.h"
#include "facts/count.h"
#include "facts/facts.h"
#include "people_fixture.h"

static int64_t people_wanted;
static int64_t facts_wanted;

static void make_people(struct fixture *f)
{
    for (int64_t i = 0; i < people_wanted; i++) {
        struct record *who = person_stored(f, PERSON_AWA);
        struct record *rec = NULL;

        must(f, record_new(&f->ctx, &rec, "case", who->id));
        person_fill(f, rec, "opened=2026-11-01;vulnerable=no");
        must(f, record_insert(&f->ctx, rec));
        fixture_next_request(f, 1);
    }
}

static int64_t rebuilt_us(struct fixture *f)
{
    int64_t from = clock_monotonic_us();
    int64_t people = 0;

    must(f, facts_rebuild(&f->ctx, &people));
    assert_int_equal(people, people_wanted);
    return (clock_monotonic_us() - from) / people_wanted;
}

#define AT_ONCE 100000 /* a statement may take 5 seconds, also where others work too */

/* Two facts of each person, spread over quarters, births and sexes. */
static void make_facts(struct fixture *f)
{
    static const char text[] =
        "WITH RECURSIVE n (i) AS (SELECT %lld UNION ALL SELECT i + 1 FROM n WHERE i < %lld)"
        " INSERT INTO fact_case (who, fact, valid_from, valid_to, office_id, s_case_status,"
        " f_case_programme, f_case_opened, f_person_sex, f_person_birth_date)"
        " SELECT 'made' || CAST(i / 2 AS TEXT), CAST(i AS TEXT), 8100, 999999, '%s', 'open',"
        " 'SN-RR', '2025-Q' || CAST(1 + i %% 4 AS TEXT),"
        " CASE i %% 2 WHEN 0 THEN 'female' ELSE 'male' END,"
        " CAST(1950 + i %% 11 * 5 AS TEXT) FROM n";

    for (int64_t i = 1; i <= facts_wanted; i += AT_ONCE) {
        const int64_t last = i + AT_ONCE - 1 < facts_wanted ? i + AT_ONCE - 1 : facts_wanted;

        tamper(f, f->ctx.db,
               arena_printf(f->ctx.arena, text, (long long)i, (long long)last, f->office_id));
    }
}

static int64_t counted_ms(struct fixture *f)
{
    const struct fact_ask ask = { .form = "case",
                                  .rows = { "person.birth_date" },
                                  .cols = { "person.sex" },
                                  .measure = "people" };
    struct fact_question q = { 0 };
    struct fact_counts c = { 0 };
    int64_t best = INT64_MAX;

    must(f, fact_question_read(&f->ctx, &q, &ask, NULL));
    for (int n = 0; n < 3; n++) {
        int64_t from = clock_monotonic_us();

        must(f, facts_count(&f->ctx, &c, &q));
        if (clock_monotonic_us() - from < best)
            best = clock_monotonic_us() - from;
    }
    assert_true(c.n[c.rows_len * (c.cols_len + 1) + c.cols_len] >= facts_wanted);
    return best / 1000;
}

static void measure(void **state)
{
    struct fixture *f = *state;
    int64_t us;

    make_people(f);
    fixture_as_nobody(f);
    us = rebuilt_us(f);
    make_facts(f);
    printf("person and case made anew %lld us; %lld facts counted in %lld ms\n", (long long)us,
           (long long)facts_wanted, (long long)counted_ms(f));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(measure, people_setup, people_teardown),
    };

    if (argc != 3 || !parse_int(argv[1], 1, 1000000, &people_wanted) ||
        !parse_int(argv[2], 1, 100000000, &facts_wanted))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
