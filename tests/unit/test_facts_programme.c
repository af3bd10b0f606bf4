/*
 * The statistics of a small programme whose numbers were worked out by hand (tests/golden/
 * facts-programme.md says how): tables of records, of the rows of a repeat, of the codes of a list,
 * and scores by round, as they leave the program with their codebooks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/text.h"
#include "facts/facts.h"
#include "facts/report.h"
#include "facts/shape.h"
#include "people/people.h"
#include "report/report.h"
#include "survey/survey.h"
#include "survey_fixture.h"

#define DAY_MS     ((int64_t)24 * 60 * 60 * 1000)
#define GOLDEN_MAX ((size_t)64 * 1024)
#define PERSON     "names.1.name_text=Awa;names.1.name_script=Latn;birth_precision=day;sex=%s"

static const struct fact_measured *const measured[] = { &survey_measured, NULL };

static int setup(void **state)
{
    struct fixture *f;
    int rc = interview_setup(state);

    if (rc)
        return rc;
    f = *state;
    facts_use_measured(measured);
    must(f, facts_prepare(&f->ctx));
    return 0;
}

static void follow(struct fixture *f)
{
    fixture_as_nobody(f);
    must(f, facts_catch_up(&f->ctx, NULL));
    fixture_as(f, "supervisor");
}

static struct record *person(struct fixture *f, const char *sex)
{
    return person_stored(f, arena_printf(f->ctx.arena, PERSON, sex));
}

static void given_cases(struct fixture *f, int n, const char *sex, const char *answers)
{
    for (int i = 0; i < n; i++)
        (void)child_stored(f, "case", person(f, sex),
                           arena_printf(f->ctx.arena, "opened=2026-10-02;%s", answers));
}

/* --- interviews: the economic part alone --- */

#define BEGUN                                                                                      \
    "interview_date=2026-11-02;interview_location=on_site;private_space=yes;"                      \
    "is_case_team=no;sections_selected=economic;"
#define INTERVIEW BEGUN "consent_given=yes;consent_form=written;"
/* 0 + 2 x 1/4 + 1 + 1/4 + 0 + 1/4 + 0 + 1 + 1 = 4 of 10 */
#define LOW                                                                                        \
    INTERVIEW "econ_satisfaction=very_dissatisfied;food_reduction=often;borrow_ability=yes;"       \
              "borrow_frequency=often;debt_vs_spending=debt_larger;opportunity_access=poor;"       \
              "currently_working=no;productive_assets=animals;job_seeking=no"
/* the same with 1/2 for the first: 4.5 of 10 */
#define MIDDLE                                                                                     \
    INTERVIEW "econ_satisfaction=ok;food_reduction=often;borrow_ability=yes;"                      \
              "borrow_frequency=often;debt_vs_spending=debt_larger;opportunity_access=poor;"       \
              "currently_working=no;productive_assets=animals;productive_assets=land;"             \
              "job_seeking=no"
/* 1 + 2 + 1 + 3/4 + 1 + 3/4 + 1 + 1 + 1 = 9.5 of 10 */
#define HIGH                                                                                       \
    INTERVIEW "econ_satisfaction=very_satisfied;food_reduction=never;borrow_ability=yes;"          \
              "borrow_frequency=rarely;debt_vs_spending=no_debt;opportunity_access=good;"          \
              "currently_working=yes;productive_assets=land;productive_assets=trees;"              \
              "job_seeking=no"

static void given_interviews(struct fixture *f, int n, const char *answers, const char *round)
{
    for (int i = 0; i < n; i++)
        (void)child_stored(f, "rss", person(f, "female"),
                           arena_printf(f->ctx.arena, "round=%s;%s", round, answers));
}

/* --- tables --- */

static struct fact_release release_of(struct fixture *f, const struct fact_ask *ask)
{
    struct fact_question q = { 0 };
    struct fact_release r = { 0 };

    must(f, fact_question_read(&f->ctx, &q, ask, NULL));
    must(f, facts_release(&f->ctx, &r, &q));
    return r;
}

static const char *golden(struct fixture *f, const char *name)
{
    const char *path =
        arena_printf(f->ctx.arena, "%s/tests/golden/%s", getenv("HOMEWARD_SOURCE"), name);
    char *text = arena_alloc(f->ctx.arena, GOLDEN_MAX);
    FILE *file = fopen(path, "rbe");

    if (!file)
        return "";
    text[fread(text, 1, GOLDEN_MAX - 1, file)] = '\0';
    (void)fclose(file);
    return text;
}

/* The CSV of a table, as it is taken away; the id and the moment of a release are its own. */
static void add_csv(struct fixture *f, struct buf *b, const struct fact_ask *ask)
{
    struct fact_release r = release_of(f, ask);
    char *at = arena_alloc(f->ctx.arena, GOLDEN_MAX);
    int fd = memfd_create("facts", MFD_CLOEXEC);
    const char *id;
    ssize_t len;

    assert_true(fd >= 0);
    must(f, document_sheets(&f->ctx, facts_document(&f->ctx, &r), TABLE_CSV, fd));
    len = pread(fd, at, GOLDEN_MAX - 1, 0);
    (void)close(fd);
    assert_true(len > 0);
    at[len] = '\0';
    id = strstr(at, r.id);
    assert_non_null(id);
    buf_add_len(b, at, (size_t)(id - at));
    buf_printf(b, "RELEASE%s\n", id + strlen(r.id));
}

static void the_tables_of_a_small_programme_are_those_worked_out_by_hand(void **state)
{
    static const struct fact_ask asks[] = {
        { .form = "case", .rows = { "case.vulnerable" }, .cols = { "person.sex" } },
        { .form = "case.vulnerability_flags",
          .rows = { "case.vulnerability_flag" },
          .cols = { "person.sex" } },
        { .form = "rss",
          .rows = { "rss.round" },
          .measure = "mean",
          .score = "rss.score_economic" },
        { .form = "rss",
          .rows = { "rss.round" },
          .measure = "median",
          .score = "rss.score_economic" },
        { .form = "rss.productive_assets", .rows = { "rss.productive_assets" } },
    };
    struct fixture *f = *state;
    struct buf b;

    given_cases(f, 1, "female",
                "vulnerable=yes;vulnerability_flags.1.vulnerability_flag="
                "health_need");
    given_cases(f, 5, "female",
                "vulnerable=yes;vulnerability_flags.1.vulnerability_flag="
                "health_need;vulnerability_flags.2.vulnerability_flag="
                "victim_of_violence");
    given_cases(f, 5, "male",
                "vulnerable=yes;vulnerability_flags.1.vulnerability_flag="
                "health_need");
    given_cases(f, 2, "male",
                "vulnerable=yes;vulnerability_flags.1.vulnerability_flag="
                "health_need;vulnerability_flags.2.vulnerability_flag="
                "victim_of_violence");
    given_cases(f, 5, "female", "vulnerable=no");
    given_cases(f, 8, "male", "vulnerable=no");
    given_interviews(f, 4, LOW, "baseline");
    given_interviews(f, 2, MIDDLE, "baseline");
    given_interviews(f, 6, HIGH, "final");
    follow(f);
    buf_init(&b, f->ctx.arena, GOLDEN_MAX);
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
        add_csv(f, &b, &asks[i]);
    if (!text_equal(buf_text(&b), golden(f, "facts-programme.csv")))
        fail_msg("tests/golden/facts-programme.csv should be:\n%s", buf_text(&b));
}

static void the_mean_of_few_is_hidden_and_so_is_what_would_tell_it(void **state)
{
    static const struct fact_ask mean = {
        .form = "rss", .rows = { "rss.round" }, .measure = "mean", .score = "rss.score_economic"
    };
    struct fixture *f = *state;
    struct fact_release r;
    int hidden = 0;

    given_interviews(f, 6, LOW, "baseline");
    given_interviews(f, 2, MIDDLE, "progress");
    given_interviews(f, 7, HIGH, "final");
    follow(f);
    r = release_of(f, &mean);
    assert_int_equal(r.counts.rows_len, 3);
    for (size_t i = 0; i < 3; i++) {
        bool few = text_equal(r.counts.rows[i].values[0], "progress");

        hidden += facts_cell_shown(&r, i, 0) ? 0 : 1;
        assert_false(few && facts_cell_shown(&r, i, 0));
    }
    /* Six, two and seven, and fifteen in all: one more must go. */
    assert_true(hidden >= 2);
}

static int64_t all_of(const struct fact_release *r)
{
    return r->counts.n[(r->counts.rows_len + 1) * (r->counts.cols_len + 1) - 1];
}

/* Rows, with the number of each, whether it is shown or not. */
static int64_t row_of(const struct fact_release *r, const char *value)
{
    for (size_t i = 0; i < r->counts.rows_len; i++)
        if (text_equal(r->counts.rows[i].values[0], value))
            return r->counts.n[i * (r->counts.cols_len + 1)];
    return 0;
}

static void an_interview_that_never_was_counts_only_where_status_is_asked_for(void **state)
{
    static const struct fact_ask by_round = { .form = "rss", .rows = { "rss.round" } };
    static const struct fact_ask assets = { .form = "rss.productive_assets",
                                            .rows = { "rss.round" } };
    static const struct fact_ask by_status = { .form = "rss", .rows = { "rss.status" } };
    static const struct fact_ask refused = { .form = "rss",
                                             .rows = { "rss.round" },
                                             .filters = { "rss.status=refused" } };
    struct fixture *f = *state;
    struct fact_release r;
    struct buf csv;

    given_interviews(f, 6, HIGH, "baseline");
    given_interviews(f, 5, BEGUN "consent_given=no", "baseline");
    given_interviews(f, 7, HIGH ";end_reason=person_stopped", "baseline");
    follow(f);
    r = release_of(f, &by_round);
    assert_int_equal(row_of(&r, "baseline"), 6);
    assert_int_equal(all_of(&r), 6);
    buf_init(&csv, f->ctx.arena, GOLDEN_MAX);
    add_csv(f, &csv, &by_round);
    assert_non_null(strstr(buf_text(&csv), "Filters,Status: completed"));
    r = release_of(f, &assets);
    assert_int_equal(all_of(&r), 12); /* two of each of the six */
    r = release_of(f, &by_status);
    assert_int_equal(row_of(&r, "completed"), 6);
    assert_int_equal(row_of(&r, "refused"), 5);
    assert_int_equal(row_of(&r, "discarded"), 7);
    assert_int_equal(all_of(&r), 18);
    r = release_of(f, &refused);
    assert_int_equal(all_of(&r), 5);
}

/* Nor does the one table tell what the other hides: 8 in all less 6 are 2 that were refused. */
static void few_that_were_refused_are_not_told_by_taking_away_the_others(void **state)
{
    static const struct fact_ask by_round = { .form = "rss", .rows = { "rss.round" } };
    static const struct fact_ask by_status = { .form = "rss", .rows = { "rss.status" } };
    struct fixture *f = *state;
    struct fact_release done;
    struct fact_release all;

    given_interviews(f, 6, HIGH, "baseline");
    given_interviews(f, 2, BEGUN "consent_given=no", "baseline");
    follow(f);
    done = release_of(f, &by_round);
    assert_true(facts_cell_shown(&done, 0, 0));
    all = release_of(f, &by_status);
    assert_int_equal(all_of(&all), 8);
    assert_false(facts_cell_shown(&all, all.counts.rows_len, 0));
    assert_false(facts_cell_shown(&all, 1, 0));
}

/* --- kinds beside each other --- */

#define AGED PERSON ";birth_date=%s-05-01"

/* People of one sex and age, each with one case unless none is wanted. */
static void given_aged(struct fixture *f, int n, const char *sex, const char *year, bool cases)
{
    for (int i = 0; i < n; i++) {
        struct record *rec = person_stored(f, arena_printf(f->ctx.arena, AGED, sex, year));

        if (cases)
            (void)child_stored(f, "case", rec, "opened=2026-10-02");
    }
}

static bool row_shown(const struct fact_release *r, const char *value)
{
    size_t i = 0;

    while (i < r->counts.rows_len && !text_equal(r->counts.rows[i].values[0], value))
        i++;
    assert_true(i < r->counts.rows_len);
    return facts_cell_shown(r, i, 0);
}

static void given_few_women(struct fixture *f)
{
    given_aged(f, 12, "male", "1991", true);
    given_aged(f, 3, "female", "1992", true); /* the three whom nobody should count */
    given_aged(f, 8, "male", "1981", true);
    given_aged(f, 9, "female", "1981", true);
    follow(f);
}

static const struct fact_ask people_by_age = { .form = "person", .rows = { "person.birth_date" } };
static const struct fact_ask cases_of_men = { .form = "case",
                                              .rows = { "person.birth_date" },
                                              .filters = { "person.sex=male" } };

/* 15 people less 12 men with a case are 3 women: whichever table comes second hides its number. */
static void few_women_are_not_told_by_people_less_the_cases_of_men(void **state)
{
    struct fixture *f = *state;
    struct fact_release r;

    given_few_women(f);
    r = release_of(f, &people_by_age);
    assert_int_equal(row_of(&r, "1990-1994"), 15);
    assert_true(row_shown(&r, "1990-1994") && row_shown(&r, "1980-1984"));
    r = release_of(f, &cases_of_men);
    assert_int_equal(row_of(&r, "1990-1994"), 12);
    assert_false(row_shown(&r, "1990-1994"));
    /* Nor by the total of the men less those of the other age. */
    assert_false(row_shown(&r, "1980-1984") &&
                 facts_cell_shown(&r, r.counts.rows_len, r.counts.cols_len));
}

static void nor_by_the_cases_of_men_taken_from_people_that_come_later(void **state)
{
    struct fixture *f = *state;
    struct fact_release r;

    given_few_women(f);
    r = release_of(f, &cases_of_men);
    assert_true(row_shown(&r, "1990-1994") && row_shown(&r, "1980-1984"));
    r = release_of(f, &people_by_age);
    assert_false(row_shown(&r, "1990-1994"));
    assert_false(row_shown(&r, "1980-1984") &&
                 facts_cell_shown(&r, r.counts.rows_len, r.counts.cols_len));
}

/* That somebody has no case yet is no small number of women: both tables stay useful. */
static void people_without_a_record_do_not_empty_the_tables_of_the_others(void **state)
{
    static const struct fact_ask people = { .form = "person",
                                            .rows = { "person.birth_date" },
                                            .cols = { "person.sex" } };
    static const struct fact_ask cases = { .form = "case",
                                           .rows = { "person.birth_date" },
                                           .cols = { "person.sex" } };
    struct fixture *f = *state;
    struct fact_release r;

    given_aged(f, 7, "male", "1991", true);
    given_aged(f, 8, "female", "1991", true);
    given_aged(f, 2, "female", "1992", false);
    given_aged(f, 9, "male", "1981", true);
    given_aged(f, 6, "female", "1981", true);
    follow(f);
    (void)release_of(f, &people);
    r = release_of(f, &cases);
    assert_int_equal(all_of(&r), 30);
    for (size_t i = 0; i <= r.counts.rows_len; i++)
        for (size_t c = 0; c <= r.counts.cols_len; c++)
            assert_true(facts_cell_shown(&r, i, c));
}

/* --- rows come and go --- */

static int64_t n_of(struct fixture *f, const char *sql)
{
    return count_of(f, f->ctx.db, sql);
}

static void a_row_that_was_taken_out_ends_and_the_others_go_on(void **state)
{
    struct fixture *f = *state;
    struct record *rec =
        child_stored(f, "case", person(f, "male"),
                     "opened=2026-10-02;vulnerable=yes;"
                     "vulnerability_flags.1.vulnerability_flag=health_need;"
                     "vulnerability_flags.2.vulnerability_flag=victim_of_violence");
    const char *id = arena_strdup(f->long_arena, rec->id);
    int64_t then = quarter_of_ms(f->ctx.now_ms);
    const char *kept;

    follow(f);
    assert_int_equal(n_of(f, "SELECT count(*) FROM fact_case__vulnerability_flags"), 2);
    fixture_next_request(f, 92 * DAY_MS);
    fixture_as(f, "supervisor");
    must(f, record_load(&f->ctx, &rec, "case", id));
    kept = row_value(rec, "vulnerability_flags", 1, "vulnerability_flag");
    assert_string_equal(kept, "health_need");
    person_fill(
        f, rec,
        arena_printf(
            f->ctx.arena,
            "opened=2026-10-02;vulnerable=yes;vulnerability_flags.1.id=%s;"
            "vulnerability_flags.1.vulnerability_flag=health_need",
            rec->answers->rows[field_find(rec->form, "vulnerability_flags")->place][0]->id));
    must(f, record_update(&f->ctx, rec, rec->version));
    for (int round = 0; round < 2; round++) {
        follow(f);
        assert_int_equal(n_of(f, "SELECT count(*) FROM fact_case__vulnerability_flags"), 2);
        assert_int_equal(n_of(f, arena_printf(f->ctx.arena,
                                              "SELECT count(*) FROM fact_case__vulnerability_flags"
                                              " WHERE valid_from = %lld AND valid_to = %lld"
                                              " AND f_case_vulnerability_flag ="
                                              " 'victim_of_violence'",
                                              (long long)then, (long long)then + 1)),
                         1);
        assert_int_equal(n_of(f, "SELECT count(*) FROM fact_case__vulnerability_flags WHERE"
                                 " valid_to = 999999 AND f_case_vulnerability_flag ="
                                 " 'health_need'"),
                         1);
        fixture_as_nobody(f);
        must(f, facts_rebuild(&f->ctx, NULL));
        fixture_as(f, "supervisor");
    }
}

static void any_day_can_be_asked_for_and_means_the_quarter_that_was_over(void **state)
{
    static const struct {
        const char *day; /* today is 2026-11-22 */
        const char *quarter;
    } days[] = {
        { "2026-11-22", "2026-Q4" }, { "2026-11-21", "2026-Q3" }, { "2026-09-30", "2026-Q3" },
        { "2026-09-29", "2026-Q2" }, { "2026-06-30", "2026-Q2" }, { "2026-01-15", "2025-Q4" },
        { "2026-Q1", "2026-Q1" },
    };
    static const char *const wrong[] = { "2026-11-23", "2026-13-01", "yesterday", "2027-Q1" };
    struct fact_ask ask = { .form = "person", .rows = { "person.sex" } };
    struct fixture *f = *state;
    struct fact_question q = { 0 };

    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        ask.as_at = days[i].day;
        must(f, fact_question_read(&f->ctx, &q, &ask, NULL));
        assert_string_equal(quarter_text(&f->ctx, q.as_at), days[i].quarter);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ask.as_at = wrong[i];
        assert_int_equal(fact_question_read(&f->ctx, &q, &ask, NULL), ERR_INVALID);
    }
}

static void a_new_column_has_everybody_looked_at_again(void **state)
{
    struct fixture *f = *state;

    (void)person(f, "female");
    follow(f);
    assert_true(n_of(f, "SELECT value FROM counter WHERE name = 'facts'") > 0);
    must(f, db_ddl(&f->ctx, f->ctx.db, "DROP TABLE fact_person;"));
    must(f, facts_prepare(&f->ctx));
    assert_int_equal(n_of(f, "SELECT value FROM counter WHERE name = 'facts'"), 0);
    follow(f);
    assert_int_equal(n_of(f, "SELECT count(*) FROM fact_person"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_tables_of_a_small_programme_are_those_worked_out_by_hand),
        TEST(the_mean_of_few_is_hidden_and_so_is_what_would_tell_it),
        TEST(an_interview_that_never_was_counts_only_where_status_is_asked_for),
        TEST(few_that_were_refused_are_not_told_by_taking_away_the_others),
        TEST(few_women_are_not_told_by_people_less_the_cases_of_men),
        TEST(nor_by_the_cases_of_men_taken_from_people_that_come_later),
        TEST(people_without_a_record_do_not_empty_the_tables_of_the_others),
        TEST(a_row_that_was_taken_out_ends_and_the_others_go_on),
        TEST(any_day_can_be_asked_for_and_means_the_quarter_that_was_over),
        TEST(a_new_column_has_everybody_looked_at_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
