/* A second scoring profile adds results beside those of the first, for interviews that come and for
 * those that are there. Proves R-A4-26 as far as profiles are loaded and add results. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "core/asset.h"
#include "core/text.h"
#include "facts/facts.h"
#include "facts/shape.h"
#include "forms_gen.h"
#include "survey/profile.h"
#include "survey/survey.h"
#include "survey_fixture.h"

#define CALLS_MAX   400
#define ROUNDS_MAX  20
#define COUNT_WHERE "SELECT count(*) FROM survey_result WHERE "

static const char *own_file(struct fixture *f)
{
    return arena_printf(f->ctx.arena, "%s/content/scoring/second.csv", f->dir);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    (void)remove(own_file(f)); /* and forgotten by the tests that follow */
    must(f, asset_use_directory(&f->ctx, arena_printf(f->ctx.arena, "%s/content", f->dir)));
    (void)remove(arena_printf(f->ctx.arena, "%s/content/scoring", f->dir));
    (void)remove(arena_printf(f->ctx.arena, "%s/content", f->dir));
    return people_teardown(state);
}

static const char *put_in(struct fixture *f, const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);

    assert_non_null(at);
    return arena_printf(f->ctx.arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* The shipped profile under the name second, with question 2 at weight 4 and question 7 at 3. */
static void load_second(struct fixture *f, const char *version)
{
    const struct asset *shipped = asset_find("content/scoring/homeward-1.csv");
    const char *text = arena_strndup(f->ctx.arena, (const char *)shipped->bytes, shipped->len);
    FILE *file;

    text =
        put_in(f, text, "homeward-1,1,rss", arena_printf(f->ctx.arena, "second,%s,rss", version));
    text = put_in(f, text, "food_reduction,economic,2", "food_reduction,economic,4");
    text = put_in(f, text, "currently_working,economic,1", "currently_working,economic,3");
    (void)mkdir(arena_printf(f->ctx.arena, "%s/content", f->dir), 0700);
    (void)mkdir(arena_printf(f->ctx.arena, "%s/content/scoring", f->dir), 0700);
    file = fopen(own_file(f), "wbe");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    must(f, asset_use_directory(&f->ctx, arena_printf(f->ctx.arena, "%s/content", f->dir)));
    load_lasting(f, profiles_load);
}

static struct record *interview(struct fixture *f, const struct record *person, const char *day)
{
    return child_stored(
        f, FORM_RSS, person,
        arena_printf(
            f->ctx.arena,
            "round=baseline;interview_date=%s;interview_location=on_site;private_space=yes;"
            "is_case_team=no;sections_selected=economic;consent_given=yes;consent_form=written;"
            "econ_satisfaction=ok;"
            "food_reduction=sometimes;borrow_ability=yes;borrow_frequency=sometimes;"
            "debt_vs_spending=spending_larger;opportunity_access=fair;currently_working=no;"
            "productive_assets=animals;job_seeking=yes;job_seeking_reasons=unemployed",
            day));
}

static const char *economic(struct fixture *f, const struct record *person, const char *profile)
{
    struct survey_result *items = NULL;
    size_t len = 0;

    must(f, survey_results(&f->ctx, &items, &len, person, profile));
    assert_int_equal(len, 1);
    return score_text6(&f->ctx, items[0].scores.of[DIM_ECONOMIC]);
}

static int64_t rows(struct fixture *f, const char *where)
{
    return count_of(f, f->ctx.db, arena_printf(f->ctx.arena, COUNT_WHERE "%s", where));
}

static void run_to_end(struct fixture *f)
{
    for (int i = 0; i < ROUNDS_MAX; i++)
        must(f, survey_rescore_round(&f->ctx));
}

static void a_new_interview_has_a_result_of_each_profile(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct survey_result *items = NULL;
    size_t len = 0;

    load_second(f, "1");
    (void)interview(f, person, "2026-05-04");
    assert_string_equal(economic(f, person, NULL), "0.500000");     /* 5 of the weights 10 */
    assert_string_equal(economic(f, person, "second"), "0.428571"); /* 6 of the weights 14 */
    must(f, survey_results(&f->ctx, &items, &len, person, NULL));
    must(f, survey_results_beside(&f->ctx, &items, &len, &items[0]));
    assert_int_equal(len, 1);
    assert_string_equal(items[0].profile, "second");
}

static void interviews_that_are_there_get_results_beside_the_old_ones(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *other = person_stored(f, "names.1.name_text=Ibou;names.1.name_script=Latn");
    struct record *late;
    struct record *rss = interview(f, person, "2026-05-04");
    int64_t audits;

    (void)interview(f, other, "2026-05-05");
    run_to_end(f);
    assert_int_equal(rows(f, "1 = 1"), 2); /* nothing to add for what is scored */
    load_second(f, "1");
    late = person_stored(f, "names.1.name_text=Coumba;names.1.name_script=Latn");
    (void)interview(f, late, "2026-05-06");
    assert_int_equal(rows(f, "profile = 'second'"), 1);
    audits = audit_count(f, "survey.score");
    run_to_end(f);
    assert_int_equal(rows(f, "profile = 'second' AND in_force = 1"), 3);
    assert_int_equal(rows(f, "profile = 'homeward-1' AND in_force = 1"), 3);
    assert_int_equal(audit_count(f, "survey.score"), audits + 2);
    assert_string_equal(economic(f, person, NULL), "0.500000");
    assert_string_equal(economic(f, person, "second"), "0.428571");
    record_set(rss, FIELD_RSS_FOOD_REDUCTION, CODE_RSS_FOOD_REDUCTION_NEVER);
    record_set(rss, FIELD_RSS_CORRECTION_REASON, "Heard wrong");
    must(f, record_update(&f->ctx, rss, rss->version));
    assert_int_equal(rows(f, "in_force = 0"), 2); /* a correction adds to both */
    assert_string_equal(economic(f, person, "second"), "0.571429");
}

static void another_version_of_a_profile_adds_too(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);

    load_second(f, "1");
    (void)interview(f, person, "2026-05-04");
    run_to_end(f);
    load_second(f, "2");
    run_to_end(f);
    assert_int_equal(rows(f, "profile = 'second'"), 2);
    assert_int_equal(rows(f, "profile = 'second' AND profile_version = '2' AND in_force = 1"), 1);
    assert_int_equal(rows(f, "profile = 'second' AND profile_version = '1' AND in_force = 0"), 1);
}

static void what_has_no_answers_is_passed_over(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);

    (void)child_stored(
        f, FORM_RSS, person,
        "round=baseline;interview_date=2026-05-04;interview_location=on_site;"
        "private_space=yes;is_case_team=no;sections_selected=economic;consent_given=no");
    load_second(f, "1");
    run_to_end(f);
    assert_int_equal(rows(f, "1 = 1"), 0);
    assert_int_equal(count_of(f, f->ctx.db,
                              "SELECT count(*) FROM survey_profile"
                              " WHERE done_at IS NOT NULL"),
                     2);
}

static void a_round_that_fails_is_done_again(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    enum err rc = ERR_DB;

    (void)interview(f, person, "2026-05-04");
    run_to_end(f);
    load_second(f, "1");
    for (int n = 1; rc && n < CALLS_MAX; n++) {
        db_fail_at(f->ctx.db, n);
        rc = survey_rescore_round(&f->ctx);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(rows(f, "profile = 'second'"), rc ? 0 : 1);
        ctx_clear_problems(&f->ctx);
    }
    assert_int_equal(rc, OK);
}

static int64_t epoch(struct fixture *f)
{
    return count_of(f, f->ctx.db, "SELECT value FROM counter WHERE name = 'form_epoch'");
}

/* What the person's page, a plan and a report take; a result names its profile and stays. */
static void the_main_profile_is_chosen_once_earlier_interviews_have_it(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    int64_t before = epoch(f);

    (void)interview(f, person, "2026-05-04");
    run_to_end(f);
    load_second(f, "1");
    fixture_as(f, "administrator");
    assert_int_equal(profile_main_set(&f->ctx, "third"), ERR_INVALID);
    assert_int_equal(profile_main_set(&f->ctx, "second"), ERR_INVALID); /* not scored yet */
    assert_int_equal(epoch(f), before);
    run_to_end(f);
    ctx_clear_problems(&f->ctx);
    must(f, profile_main_set(&f->ctx, "second"));
    assert_int_equal(epoch(f), before + 1); /* every process looks */
    assert_int_equal(audit_count(f, "setting.set"), 1);
    fixture_as(f, "supervisor");
    assert_string_equal(economic(f, person, NULL), "0.500000");
    must(f, profile_main_load(&f->ctx));
    assert_string_equal(economic(f, person, NULL), "0.428571");
    assert_string_equal(economic(f, person, "homeward-1"), "0.500000");
    assert_int_equal(rows(f, "in_force = 1"), 2); /* nothing was made or taken away */
    (void)remove(own_file(f));                    /* it is taken out of the program's content */
    must(f, asset_use_directory(&f->ctx, arena_printf(f->ctx.arena, "%s/content", f->dir)));
    load_lasting(f, profiles_load);
    must(f, profile_main_load(&f->ctx));
    assert_string_equal(economic(f, person, NULL), "0.500000");
}

static void follow(struct fixture *f)
{
    fixture_as_nobody(f);
    must(f, facts_catch_up(&f->ctx, NULL));
    fixture_as(f, "supervisor");
}

static const char *measured_title(struct fixture *f, const struct fact_table *t, const char *key)
{
    const struct fact_column *c = fact_column_find(t, key);

    assert_non_null(c);
    return fact_column_title(&f->ctx, t, c);
}

/* Columns of a profile are its own: figures that were given out mean the same afterwards. */
static void statistics_keep_the_scores_of_each_profile_apart(void **state)
{
    static const struct fact_measured *const measured[] = { &survey_measured, NULL };
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct fact_table t = { 0 };

    facts_use_measured(measured);
    (void)interview(f, person, "2026-05-04");
    follow(f);
    load_second(f, "1");
    profile_use(profile_find("second"));
    follow(f); /* new columns: everybody is looked at again */
    assert_int_equal(count_of(f, f->ctx.db,
                              "SELECT count(*) FROM fact_rss WHERE m_rss_score_economic = 0.5"
                              " AND m_rss_score_economic_second BETWEEN 0.4285 AND 0.4286"),
                     1);
    assert_true(fact_table_find(&f->ctx, &t, FORM_RSS));
    assert_string_equal(measured_title(f, &t, "rss.score_economic"),
                        "Score: Economic (homeward-1 1)");
    assert_string_equal(measured_title(f, &t, "rss.score_economic_second"),
                        "Score: Economic (second 1)");
    assert_int_equal(fact_column_find(&t, "rss.score_economic_second")->nth, DIM_ECONOMIC);
    assert_true(fact_column_find(&t, "rss.score_economic")->nth >= survey_measured.main_len);
    facts_use_measured(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, interview_setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_interview_has_a_result_of_each_profile),
        TEST(interviews_that_are_there_get_results_beside_the_old_ones),
        TEST(another_version_of_a_profile_adds_too),
        TEST(what_has_no_answers_is_passed_over),
        TEST(a_round_that_fails_is_done_again),
        TEST(the_main_profile_is_chosen_once_earlier_interviews_have_it),
        TEST(statistics_keep_the_scores_of_each_profile_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
