/* Interviews from beginning to end: rounds and their windows, the case team, what stays when a
 * person stops or a pause runs out, and who may correct what was completed. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "core/asset.h"
#include "core/text.h"
#include "forms_gen.h"
#include "people/people.h"
#include "records/unfinished.h"
#include "survey/rounds.h"
#include "survey/survey.h"
#include "survey_fixture.h"

#define DRAFT "0190f3a2-0000-7000-8000-00000000000a"
#define DAY   (INT64_C(24) * 60 * 60 * 1000)

#define BEGUN                                                                                      \
    "round=baseline;interview_date=2026-11-22;interview_location=on_site;private_space=yes;"       \
    "is_case_team=no;sections_selected=psychosocial;consent_given=yes;consent_form=written"
#define ANSWERED                                                                                   \
    ";social_participation=often;support_network=good;community_belonging=agree;"                  \
    "physical_safety=safe_mostly;family_conflict=never;discrimination=never;"                      \
    "distress_symptoms=only_rarely;wants_psych_support=no;able_to_stay=yes"

/* --- rounds --- */

static void given_arrival(struct fixture *f, const struct record *person, const char *day)
{
    struct record *rec = NULL;

    must(f, record_new(&f->ctx, &rec, FORM_RETURN_EVENT, person->id));
    record_set(rec, FIELD_RETURN_EVENT_ARRIVAL_DATE, day);
    record_set(rec, FIELD_RETURN_EVENT_PLACE_OF_RETURN, "Podor");
    must(f, record_insert(&f->ctx, rec));
}

/* Proves R-A4-04, RC-08. */
static void rounds_are_due_in_their_windows_after_the_arrival(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct survey_due due[ROUNDS];
    const char *arrived = "x";

    must(f, survey_rounds(&f->ctx, due, &arrived, person));
    assert_null(arrived);
    assert_int_equal(due[0].state, ROUND_NO_DATE);
    assert_string_equal(survey_round_now(due), CODE_RSS_ROUND_ADDITIONAL);
    given_arrival(f, person, "2026-02-23"); /* nine months less a day ago */
    must(f, survey_rounds(&f->ctx, due, &arrived, person));
    assert_string_equal(arrived, "2026-02-23");
    assert_string_equal(due[0].to, "2026-03-23");
    assert_string_equal(due[1].from, "2026-08-23");
    assert_string_equal(due[1].to, "2026-11-23");
    assert_int_equal(due[0].state, ROUND_MISSED);
    assert_int_equal(due[1].state, ROUND_OPEN);
    assert_int_equal(due[2].state, ROUND_AHEAD);
    assert_string_equal(survey_round_now(due), CODE_RSS_ROUND_PROGRESS);
    assert_null(survey_round_warning(&f->ctx, due, "progress", "2026-11-23"));
    assert_non_null(survey_round_warning(&f->ctx, due, "progress", "2026-11-24"));
    assert_non_null(survey_round_warning(&f->ctx, due, "baseline", "2026-11-22"));
    assert_null(survey_round_warning(&f->ctx, due, "additional", "2026-11-22"));
}

/* The same file says when the rule about the round is due. */
static void an_organisation_changes_the_windows_in_the_rules_alone(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    const char *dir = arena_printf(f->ctx.arena, "%s/content", f->dir);
    const char *path = arena_printf(f->ctx.arena, "%s/rules/survey.csv", dir);
    struct survey_due due[ROUNDS];
    const char *arrived = NULL;
    FILE *file;

    given_arrival(f, person, "2026-02-23");
    (void)mkdir(dir, 0700);
    (void)mkdir(arena_printf(f->ctx.arena, "%s/rules", dir), 0700);
    file = fopen(path, "wbe");
    assert_non_null(file);
    (void)fputs("id,from_months,until_months\nsurvey_progress,4,7\nsurvey_final,x,9\n", file);
    assert_int_equal(fclose(file), 0);
    must(f, asset_use_directory(&f->ctx, dir));
    load_lasting(f, profiles_load);
    must(f, survey_rounds(&f->ctx, due, &arrived, person));
    assert_string_equal(due[1].from, "2026-06-23");
    assert_string_equal(due[1].to, "2026-09-23");
    assert_int_equal(due[1].state, ROUND_MISSED);
    assert_int_equal(due[0].state, ROUND_NO_DATE); /* no such rule */
    assert_int_equal(due[2].state, ROUND_NO_DATE); /* no number of months */
    assert_null(survey_round_warning(&f->ctx, due, "final", "2026-11-22"));
    (void)remove(path);
    must(f, asset_use_directory(&f->ctx, dir));
    (void)remove(arena_printf(f->ctx.arena, "%s/rules", dir));
    (void)remove(dir);
    load_lasting(f, profiles_load);
}

static void a_round_stays_open_after_a_refusal_and_ends_with_a_completed_interview(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct survey_due due[ROUNDS];
    const char *arrived = NULL;
    struct record *rss;

    given_arrival(f, person, "2026-11-01");
    rss =
        child_stored(f, FORM_RSS, person,
                     "round=baseline;interview_date=2026-11-22;interview_location=on_site;"
                     "private_space=yes;is_case_team=no;sections_selected=social;consent_given=no");
    assert_string_equal(rss->status, STATUS_RSS_REFUSED);
    must(f, survey_rounds(&f->ctx, due, &arrived, person));
    assert_int_equal(due[0].state, ROUND_OPEN);
    rss = child_stored(f, FORM_RSS, person, BEGUN ANSWERED);
    assert_string_equal(rss->status, STATUS_RSS_COMPLETED);
    must(f, survey_rounds(&f->ctx, due, &arrived, person));
    assert_int_equal(due[0].state, ROUND_DONE);
    assert_string_equal(due[0].done_on, "2026-11-22");
    assert_non_null(survey_round_warning(&f->ctx, due, "baseline", "2026-11-22"));
}

/* --- who leads it, and what is known --- */

/* Proves RC-09: stored whatever was answered, and no obstacle. */
static void whoever_works_on_the_case_is_told_so_in_the_interview(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *rss;
    bool team = true;

    must(f, survey_case_team(&f->ctx, &team, person->id, f->ctx.user_id));
    assert_false(team);
    rss = child_stored(f, FORM_RSS, person, BEGUN ANSWERED);
    assert_true(record_is(rss, FIELD_RSS_IS_CASE_TEAM, CODE_RSS_IS_CASE_TEAM_NO));
    (void)child_stored(f, FORM_CASE, person, "opened=2026-11-02");
    must(f, survey_case_team(&f->ctx, &team, person->id, f->ctx.user_id));
    assert_true(team);
    rss = child_stored(f, FORM_RSS, person, BEGUN ANSWERED);
    assert_true(record_is(rss, FIELD_RSS_IS_CASE_TEAM, CODE_RSS_IS_CASE_TEAM_YES));
    fixture_as(f, "case_manager");
    must(f, survey_case_team(&f->ctx, &team, person->id, f->ctx.user_id));
    assert_false(team);
}

/* The id of a user of the fixture. */
static const char *user_of(struct fixture *f, const char *login)
{
    const char *id;

    fixture_as(f, login);
    id = arena_strdup(f->ctx.arena, f->ctx.user_id);
    fixture_as(f, "supervisor");
    return id;
}

/* Proves R-A4-05: whoever had to do with the case, now or before, stands last and is marked. */
static void the_case_team_comes_last_among_those_who_may_interview(void **state)
{
    struct fixture *f = *state;
    const char *kofi = user_of(f, "case_manager");
    const char *aminata = user_of(f, "supervisor");
    struct record *person = person_stored(f, PERSON_AWA);
    const struct interviewer *found;
    struct interviewer *who = NULL;
    struct record *rec;
    size_t len = 0;

    must(f, survey_interviewers(&f->ctx, &who, &len, person->id));
    assert_int_equal(len, 2);
    assert_string_equal(who[0].name, "Aminata Traore"); /* by name: nobody has a case */
    assert_string_equal(who[1].name, "Kofi Mensah");
    assert_false(who[0].is_case_team || who[1].is_case_team);
    assert_null(
        survey_interviewer_find(who, len, user_of(f, "administrator"))); /* may not interview */
    rec = child_stored(f, FORM_CASE, person, "opened=2026-11-02");
    must(f, survey_interviewers(&f->ctx, &who, &len, person->id));
    assert_int_equal(len, 2);
    assert_string_equal(who[0].id, kofi);
    assert_string_equal(who[1].id, aminata);
    assert_true(who[1].is_case_team && !who[0].is_case_team);
    record_set(rec, FIELD_CASE_WORKER, kofi);
    must(f, record_update(&f->ctx, rec, rec->version));
    must(f, record_load(&f->ctx, &rec, FORM_CASE, rec->id));
    record_set(rec, FIELD_CASE_WORKER, aminata); /* handed on: still of the team before */
    must(f, record_update(&f->ctx, rec, rec->version));
    must(f, survey_interviewers(&f->ctx, &who, &len, person->id));
    found = survey_interviewer_find(who, len, kofi);
    assert_non_null(found);
    assert_true(found->is_case_team);
}

/* Proves R-A4-05: who leads it is kept, sealed, and is whose work on the case counts. */
static void the_interview_tells_who_led_it(void **state)
{
    struct fixture *f = *state;
    const char *kofi = user_of(f, "case_manager");
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *rss;

    (void)child_stored(f, FORM_CASE, person, "opened=2026-11-02"); /* by the supervisor */
    rss = child_stored(f, FORM_RSS, person,
                       arena_printf(f->ctx.arena, BEGUN ANSWERED ";interviewer=%s", kofi));
    must(f, record_load(&f->ctx, &rss, FORM_RSS, rss->id));
    assert_true(record_is(rss, FIELD_RSS_INTERVIEWER, kofi));
    assert_true(record_is(rss, FIELD_RSS_IS_CASE_TEAM, CODE_RSS_IS_CASE_TEAM_NO));
    fixture_as(f, "case_manager"); /* who led it may correct it, though another typed it */
    record_set(rss, FIELD_RSS_CORRECTION_REASON, "Misread");
    must(f, record_update(&f->ctx, rss, rss->version));
    fixture_as(f, "supervisor");
    rss =
        child_stored(f, FORM_RSS, person,
                     arena_printf(f->ctx.arena, BEGUN ANSWERED ";interviewer=%s", f->ctx.user_id));
    assert_true(record_is(rss, FIELD_RSS_IS_CASE_TEAM, CODE_RSS_IS_CASE_TEAM_YES));
}

/* Proves R-A4-08 as far as the case knows it. */
static void the_profile_is_filled_in_from_person_return_and_case(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *rss = NULL;

    given_arrival(f, person, "2026-05-05");
    (void)child_stored(f, FORM_CASE, person, "opened=2026-11-02;vulnerable=yes");
    must(f, record_new(&f->ctx, &rss, FORM_RSS, person->id));
    person_fill(f, rss, BEGUN ANSWERED);
    must(f, survey_prefill(&f->ctx, rss));
    assert_string_equal(record_value(rss, FIELD_RSS_RETURN_DATE), "2026-05-05");
    assert_string_equal(record_value(rss, FIELD_RSS_DATE_OF_BIRTH), "1991-05-06");
    assert_string_equal(record_value(rss, FIELD_RSS_PROFILE_SEX), "female");
    assert_string_equal(record_value(rss, FIELD_RSS_PROFILE_COMMUNITY), "Podor");
    assert_string_equal(record_value(rss, FIELD_RSS_PROFILE_VULNERABLE), "yes");
    must(f, record_insert(&f->ctx, rss));
    assert_string_equal(record_value(rss, FIELD_RSS_AGE_AT_RETURN), "34"); /* a day before 35 */
}

/* --- stopping --- */

static const struct answer_pair typed[] = {
    { "round", "baseline" },
    { "interview_date", "2026-11-20" },
    { "interview_location", "on_site" },
    { "consent_given", "yes" },
    { "consent_form", "written" },
    { "econ_satisfaction", "dissatisfied" },
    { "econ_satisfaction_explain", "Quetzalfeather debts" },
    { "interview_notes", "Zebrafinch at the well" },
};
#define TYPED (sizeof(typed) / sizeof(typed[0]))

static void keep_draft(struct fixture *f, const struct record *person)
{
    struct answer_pair pairs[TYPED + 1];
    const struct unfinished u = { .id = DRAFT, .pairs = pairs, .len = TYPED + 1 };

    memcpy(pairs, typed, sizeof(typed));
    pairs[TYPED] = (struct answer_pair){ "_parent", person->id };
    must(f, unfinished_keep(&f->ctx, form_find(f->ctx.forms, FORM_RSS), &u));
}

/* Whether any file of the fixture holds these bytes. */
static bool files_have(struct fixture *f, const void *bytes, size_t len)
{
    size_t most = 64 * 1024 * 1024;
    char *all = malloc(most);
    DIR *dir = opendir(f->dir);
    bool found = false;

    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e != NULL && !found; e = readdir(dir)) {
        FILE *file = fopen(arena_printf(f->ctx.arena, "%s/%s", f->dir, e->d_name), "rbe");
        size_t size;

        if (file == NULL)
            continue;
        size = fread(all, 1, most, file);
        (void)fclose(file);
        found = memmem(all, size, bytes, len) != NULL;
    }
    (void)closedir(dir);
    free(all);
    return found;
}

DB_SQL(KEY_OF_DRAFT, "SELECT key_id, sealed FROM unfinished WHERE sealed IS NOT NULL");
DB_SQL(WRAPPED, "SELECT wrapped FROM data_key WHERE id = $1");

struct seen {
    const void *sealed;
    size_t sealed_len;
    const void *wrapped;
    size_t wrapped_len;
};

static struct seen look(struct fixture *f)
{
    struct seen out = { 0 };
    struct db *db = f->ctx.db;
    struct rows *rows = NULL;
    const char *key = NULL;
    bool there = false;

    must(f, db_query(&f->ctx, &rows, &KEY_OF_DRAFT));
    must(f, db_next(&f->ctx, rows, &there));
    assert_true(there);
    key = row_text(rows, 0);
    out.sealed = row_blob(rows, 1, &out.sealed_len);
    db_rows_close(rows);
    f->ctx.db = f->keys;
    must(f, db_query(&f->ctx, &rows, &WRAPPED, DB_TEXT(key)));
    must(f, db_next(&f->ctx, rows, &there));
    assert_true(there);
    out.wrapped = row_blob(rows, 0, &out.wrapped_len);
    db_rows_close(rows);
    f->ctx.db = db;
    assert_true(out.wrapped_len > 30 && out.sealed_len > 30);
    return out;
}

static struct record *only_interview(struct fixture *f, const struct record *person)
{
    struct record **items = NULL;
    size_t len = 0;

    must(f, record_children_whole(&f->ctx, &items, &len, FORM_RSS, person->id));
    assert_int_equal(len, 1);
    return items[0];
}

static void check_erased(struct fixture *f, const struct record *person, const char *reason)
{
    const struct record *rss = only_interview(f, person);
    struct unfinished u = { 0 };

    assert_int_equal(unfinished_load(&f->ctx, &u, FORM_RSS, DRAFT), ERR_NOT_FOUND);
    ctx_clear_problems(&f->ctx);
    assert_string_equal(rss->status, STATUS_RSS_DISCARDED);
    assert_string_equal(record_value(rss, FIELD_RSS_END_REASON), reason);
    assert_string_equal(record_value(rss, FIELD_RSS_ROUND), "baseline");
    assert_string_equal(record_value(rss, FIELD_RSS_INTERVIEW_DATE), "2026-11-20");
    assert_string_equal(record_value(rss, FIELD_RSS_INTERVIEW_LOCATION), "on_site");
    assert_string_equal(record_value(rss, FIELD_RSS_ECON_SATISFACTION), "");
    assert_string_equal(record_value(rss, FIELD_RSS_INTERVIEW_NOTES), "");
    assert_false(files_hold(f, "Quetzalfeather"));
    assert_false(files_hold(f, "Zebrafinch"));
    assert_int_equal(
        count_of(f, f->ctx.db, "SELECT count(*) FROM unfinished WHERE sealed IS NOT NULL"), 0);
    assert_int_equal(
        count_of(f, f->keys,
                 "SELECT count(*) FROM data_key WHERE erased_at IS NOT NULL AND wrapped IS NULL"),
        1);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM survey_result"), 0);
}

/* Proves R-A4-22, RC-04. */
static void when_the_person_stops_all_is_erased_but_day_mode_and_reason(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct unfinished u = { 0 };
    struct seen before;

    keep_draft(f, person);
    must(f, unfinished_load(&f->ctx, &u, FORM_RSS, DRAFT));
    assert_string_equal(u.pairs[7].value, "Zebrafinch at the well");
    before = look(f);
    if (!f->postgres)
        assert_true(files_have(f, before.wrapped, before.wrapped_len));
    must(f, unfinished_give_up(&f->ctx, FORM_RSS, DRAFT, "person_stopped"));
    check_erased(f, person, "person_stopped");
    if (!f->postgres)
        assert_false(files_have(f, before.wrapped, before.wrapped_len));
    assert_int_equal(unfinished_give_up(&f->ctx, FORM_RSS, DRAFT, "person_stopped"), ERR_NOT_FOUND);
    (void)only_interview(f, person);
}

static void a_pause_that_nobody_takes_up_is_discarded_by_the_job(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);

    f->ctx.time_zone = "Africa/Dakar";
    keep_draft(f, person);
    f->ctx.now_ms += DAY;
    fixture_as_nobody(f);
    must(f, unfinished_expire(&f->ctx));
    assert_null(f->ctx.user);
    fixture_as(f, "supervisor");
    check_erased(f, person, UNFINISHED_EXPIRED);
    must(f, unfinished_expire(&f->ctx));
    (void)only_interview(f, person);
}

static void a_database_that_fails_leaves_the_draft_or_the_fact_and_nothing_between(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    enum err rc = ERR_DB;

    keep_draft(f, person);
    for (int n = 1; rc; n++) {
        struct unfinished u = { 0 };

        db_fail_at(f->ctx.db, n);
        rc = unfinished_give_up(&f->ctx, FORM_RSS, DRAFT, "person_stopped");
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rec_rss"), rc ? 0 : 1);
        if (rc)
            must(f, unfinished_load(&f->ctx, &u, FORM_RSS, DRAFT));
        assert_true(n < 400);
    }
    check_erased(f, person, "person_stopped");
}

/* --- correcting --- */

static enum err correct(struct fixture *f, struct record *rss, const char *why)
{
    enum err rc;

    record_set(rss, FIELD_RSS_CORRECTION_REASON, why);
    record_set(rss, FIELD_RSS_SUPPORT_NETWORK, "fair");
    rc = record_update(&f->ctx, rss, rss->version);
    if (rc == ERR_INVALID)
        assert_non_null(ctx_problem(&f->ctx, FIELD_RSS_CORRECTION_REASON));
    ctx_clear_problems(&f->ctx);
    return rc;
}

static void its_interviewer_corrects_for_a_week_and_a_supervisor_at_any_time(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *mine;
    struct record *other = child_stored(f, FORM_RSS, person, BEGUN ANSWERED);

    fixture_as(f, "case_manager");
    mine = child_stored(f, FORM_RSS, person, BEGUN ANSWERED);
    assert_int_equal(correct(f, other, "Heard wrong"), ERR_INVALID);
    assert_int_equal(correct(f, mine, " "), ERR_INVALID);
    must(f, correct(f, mine, "Heard wrong"));
    assert_int_equal(mine->version, 2);
    assert_int_equal(correct(f, mine, "Heard wrong"), ERR_INVALID); /* each has its own */
    f->ctx.now_ms += 7 * DAY;
    must(f, correct(f, mine, "Heard wrong again"));
    f->ctx.now_ms += 1;
    assert_int_equal(correct(f, mine, "Too late"), ERR_INVALID);
    fixture_as(f, "supervisor");
    must(f, correct(f, mine, "The paper says fair"));
    assert_int_equal(
        count_of(f, f->ctx.db, "SELECT count(*) FROM survey_result WHERE in_force = 1"), 2);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM survey_result"), 5);
}

static void what_was_discarded_is_not_corrected_into_an_interview(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *rss;

    keep_draft(f, person);
    must(f, unfinished_give_up(&f->ctx, FORM_RSS, DRAFT, "mistake"));
    rss = only_interview(f, person);
    person_fill(f, rss, BEGUN ANSWERED);
    assert_int_equal(correct(f, rss, "It was complete"), ERR_CONFLICT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, interview_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rounds_are_due_in_their_windows_after_the_arrival),
        TEST(an_organisation_changes_the_windows_in_the_rules_alone),
        TEST(a_round_stays_open_after_a_refusal_and_ends_with_a_completed_interview),
        TEST(whoever_works_on_the_case_is_told_so_in_the_interview),
        TEST(the_case_team_comes_last_among_those_who_may_interview),
        TEST(the_interview_tells_who_led_it),
        TEST(the_profile_is_filled_in_from_person_return_and_case),
        TEST(when_the_person_stops_all_is_erased_but_day_mode_and_reason),
        TEST(a_pause_that_nobody_takes_up_is_discarded_by_the_job),
        TEST(a_database_that_fails_leaves_the_draft_or_the_fact_and_nothing_between),
        TEST(its_interviewer_corrects_for_a_week_and_a_supervisor_at_any_time),
        TEST(what_was_discarded_is_not_corrected_into_an_interview),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
