/* Answers: from pairs to a tree, and validated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/date.h"
#include "core/text.h"
#include "forms/forms.h"

#define ROW_ID "0193a000-0000-7000-8000-000000000001"

static struct ctx ctx;
static const struct forms *forms;
static struct arena *long_arena;

static int setup(void **state)
{
    (void)state;
    long_arena = arena_new(0);
    ctx = (struct ctx){ .arena = long_arena, .lang = "en", .time_zone = "Africa/Dakar" };
    ctx.now_ms = INT64_C(1795334400000); /* 2026-11-22T08:00:00Z */
    assert_int_equal(forms_load(&ctx, &forms), OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(long_arena);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    ctx.arena = arena_new(0);
    ctx.lang = "en";
    ctx_clear_problems(&ctx);
    return 0;
}

static int end(void **state)
{
    (void)state;
    ctx_clear_problems(&ctx);
    arena_free(ctx.arena);
    ctx.arena = long_arena;
    return 0;
}

/* --- helpers --- */

/* Pairs from name=value lines; a later line replaces an earlier one of that name. */
static enum err from_lines(struct answers **out, const char *kind, const char *const *texts)
{
    struct answer_pair pairs[400];
    size_t len = 0;

    for (; *texts; texts++) {
        char **lines = text_split(ctx.arena, *texts, '\n', true, NULL);

        for (; *lines; lines++) {
            char *equal = strchr(*lines, '=');

            assert_non_null(equal);
            assert_true(len < 400);
            *equal = '\0';
            pairs[len++] = (struct answer_pair){ *lines, equal + 1 };
        }
    }
    return answers_from_pairs(&ctx, out, form_find(forms, kind), pairs, len);
}

#define FROM(out, kind, ...) from_lines((out), (kind), (const char *const[]){ __VA_ARGS__, NULL })

static const char *value(const struct answers *t, const char *name)
{
    const char *v = answers_value(t, name);

    return v ? v : "";
}

static void set(struct answers *t, const char *name, const char *text)
{
    const struct field *f = field_find(t->form, name);

    assert_non_null(f);
    answers_set(t, f, text);
}

static struct answers *row(const struct answers *t, const char *repeat, size_t i)
{
    const struct field *f = field_find(t->form, repeat);

    assert_true(i < t->rows_len[f->place]);
    return t->rows[f->place][i];
}

static size_t rows_of(const struct answers *t, const char *repeat)
{
    return t->rows_len[field_find(t->form, repeat)->place];
}

static void print_problems(void)
{
    for (const struct problem *p = ctx.problems; p; p = p->next)
        print_error("%s: %s\n", p->field ? p->field : "", p->text);
}

static void check_problem(const char *field, const char *text)
{
    const char *got = ctx_problem(&ctx, field);

    if (!got)
        print_problems();
    assert_non_null(got);
    assert_string_equal(got, text);
}

static size_t problems(void)
{
    size_t n = 0;

    for (const struct problem *p = ctx.problems; p; p = p->next)
        n++;
    return n;
}

static const char interview[] =
    "round=baseline\ninterview_date=2026-11-20\ninterview_location=iom_office\nprivate_space=yes\n"
    "is_case_team=no\nsections_selected=economic social psychosocial\nconsent_given=yes\n"
    "consent_form=written\necon_satisfaction=satisfied\nfood_reduction=never\n"
    "borrow_ability=yes\nborrow_frequency=never\ndebt_vs_spending=no_debt\n"
    "opportunity_access=good\ncurrently_working=yes\nproductive_assets=land\njob_seeking=no\n"
    "housing_access=good\nhousing_standard=good\neducation_access=very_good\n"
    "children_in_school=yes\njustice_access=good\nhas_id_document=yes\n"
    "documentation_access=dont_know\nsafe_water_access=fair\nhealth_access=very_good\n"
    "health_quality=good\nsocial_participation=often\nsupport_network=good\n"
    "community_belonging=agree\nphysical_safety=very_safe_always\nfamily_conflict=never\n"
    "discrimination=never\ndistress_symptoms=never\nwants_psych_support=no\nable_to_stay=yes\n";

static struct answers *good_interview(void)
{
    struct answers *t = NULL;
    enum err rc = FROM(&t, "rss", interview);

    if (rc)
        print_problems();
    assert_int_equal(rc, OK);
    return t;
}

/* --- tests --- */

static void test_a_full_interview_is_valid_and_quick(void **state)
{
    struct answers *t = good_interview();
    int64_t start = clock_monotonic_us();
    enum err rc = answers_validate(&ctx, t, true);
    int64_t took = clock_monotonic_us() - start;

    (void)state;
    print_problems();
    assert_int_equal(rc, OK);
    /* (5 + 4 + 3 + 5) div 4: the answer that is none does not count */
    assert_string_equal(value(t, "public_services_access"), "4.25");
    print_message("# validated in %lld us\n", (long long)took);
    assert_true(took < 5000);
}

static void test_what_is_no_longer_relevant_is_cleared(void **state)
{
    struct answers *t = good_interview();

    (void)state;
    set(t, "job_seeking", "yes");
    set(t, "job_seeking_reasons", "unemployed other");
    set(t, "job_seeking_reasons_explain", "The season is over.");
    set(t, "able_to_stay", "no");
    set(t, "stay_reason", "need_to_leave");
    assert_int_equal(answers_validate(&ctx, t, true), OK);
    assert_string_equal(value(t, "job_seeking_reasons"), "unemployed other");
    assert_string_equal(value(t, "job_seeking_reasons_explain"), "The season is over.");
    assert_string_equal(value(t, "stay_reason"), "need_to_leave");

    set(t, "job_seeking", "no");
    set(t, "able_to_stay", "yes");
    assert_int_equal(answers_validate(&ctx, t, true), OK);
    assert_string_equal(value(t, "job_seeking_reasons"), "");
    assert_string_equal(value(t, "job_seeking_reasons_explain"), ""); /* by what it depends on */
    assert_string_equal(value(t, "stay_reason"), "");
}

static void test_without_consent_nothing_is_asked_or_kept(void **state)
{
    struct answers *t = good_interview();

    (void)state;
    set(t, "consent_given", "no");
    assert_int_equal(answers_validate(&ctx, t, true), OK);
    assert_string_equal(value(t, "consent_form"), "");
    assert_string_equal(value(t, "econ_satisfaction"), "");
    assert_string_equal(value(t, "able_to_stay"), "");
    assert_string_equal(value(t, "public_services_access"), "");
    assert_string_equal(value(t, "round"), "baseline");
}

static void test_a_dimension_left_out_is_cleared_with_its_group(void **state)
{
    struct answers *t = good_interview();

    (void)state;
    set(t, "sections_selected", "economic psychosocial");
    assert_int_equal(answers_validate(&ctx, t, true), OK);
    assert_string_equal(value(t, "housing_access"), "");
    assert_string_equal(value(t, "public_services_access"), "");
    assert_string_equal(value(t, "food_reduction"), "never");
}

static void test_relevance_can_be_asked_for_one_field(void **state)
{
    struct answers *t = good_interview();
    const struct form *form = t->form;
    bool relevant = false;

    (void)state;
    assert_int_equal(answers_relevant(&ctx, t, field_find(form, "food_reduction"), &relevant), OK);
    assert_true(relevant);
    assert_int_equal(answers_relevant(&ctx, t, field_find(form, "stay_reason"), &relevant), OK);
    assert_false(relevant);
    set(t, "consent_given", "no"); /* the group's */
    assert_int_equal(answers_relevant(&ctx, t, field_find(form, "food_reduction"), &relevant), OK);
    assert_false(relevant);
}

static void test_missing_answers_are_told_together_unless_it_is_a_draft(void **state)
{
    struct answers *t = good_interview();

    (void)state;
    set(t, "round", NULL);
    set(t, "food_reduction", "");
    set(t, "able_to_stay", NULL);
    assert_int_equal(answers_validate(&ctx, t, false), OK);
    assert_null(ctx.problems);
    assert_int_equal(answers_validate(&ctx, t, true), ERR_INVALID);
    assert_int_equal(problems(), 3);
    assert_non_null(ctx_problem(&ctx, "round"));
    assert_non_null(ctx_problem(&ctx, "able_to_stay"));
    assert_true(text_starts(ctx_problem(&ctx, "food_reduction"), "An answer is needed here: 2. "));
    assert_int_equal(answers_validate(&ctx, t, true), ERR_INVALID);
    assert_int_equal(problems(), 3); /* each is told once */
}

static void test_a_constraint_speaks_the_users_language(void **state)
{
    struct answers *t = good_interview();
    const struct field *f = field_find(t->form, "consent_form");

    (void)state;
    set(t, "consent_form", "verbal_phone");
    assert_int_equal(answers_validate(&ctx, t, true), ERR_INVALID);
    check_problem("consent_form", label_text(&ctx, &f->constraint_message));
    ctx_clear_problems(&ctx);
    ctx.lang = "ar";
    assert_int_equal(answers_validate(&ctx, t, true), ERR_INVALID);
    check_problem("consent_form", label_text(&ctx, &f->constraint_message));
    assert_true((unsigned char)ctx_problem(&ctx, "consent_form")[0] >= 0xD8);
}

static void test_choices_are_checked(void **state)
{
    static const struct {
        const char *given;
        const char *kept;
        const char *problem;
    } rows[] = {
        { "land", "land", NULL },
        { " trees   land ", "land trees", NULL }, /* in the order of the list */
        { "none", "none", NULL },
        { "land moon", NULL, "moon is not among the choices of this question." },
        { "land land", NULL, "land is chosen twice." },
        { "land none", NULL, "“None of these” cannot be chosen together with other answers." },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct answer_pair pair = { "productive_assets", rows[i].given };
        struct answers *t = NULL;
        enum err rc = answers_from_pairs(&ctx, &t, form_find(forms, "rss"), &pair, 1);

        assert_int_equal(rc, rows[i].problem ? ERR_INVALID : OK);
        if (rows[i].problem)
            check_problem("productive_assets", rows[i].problem);
        else
            assert_string_equal(value(t, "productive_assets"), rows[i].kept);
        ctx_clear_problems(&ctx);
    }
}

static void test_several_pairs_are_the_codes_of_one_question(void **state)
{
    struct answers *t = NULL;

    (void)state;
    assert_int_equal(FROM(&t, "rss",
                          "productive_assets=trees\nproductive_assets=\n"
                          "productive_assets=land\nround=final\nround="),
                     OK);
    assert_string_equal(value(t, "productive_assets"), "land trees");
    assert_int_equal(FROM(&t, "rss", "round=final\nround=baseline"), ERR_INVALID);
    check_problem("round", "This question has one answer, and two came.");
}

static const char *csv_of(const char *survey)
{
    return arena_printf(ctx.arena,
                        "survey\n,type,name,label::English (en),relevant,calculation,required,"
                        "constraint,default,appearance,bind::hw:type\n%s"
                        "choices\n,list_name,name,label::English (en)\n,yn,yes,Yes\n,yn,no,No\n"
                        "settings\n,form_title::English (en),form_id,version\n,Test,test,1\n",
                        survey);
}

static const struct form *form_of(const char *survey)
{
    const char *csv = csv_of(survey);
    const struct forms *made = NULL;
    enum err rc = form_parse(&ctx, &made, "test.csv", csv, strlen(csv));

    print_problems();
    assert_int_equal(rc, OK);
    return made->items[0];
}

static void test_values_become_canonical_or_are_told(void **state)
{
    static const struct {
        const char *name;
        const char *given;
        const char *kept; /* NULL = a problem */
    } rows[] = {
        { "i", " 42 ", "42" },
        { "i", "-007", "-7" },
        { "i", "٤٢", "42" },
        { "i", "۴۲", "42" },
        { "i", "4.2", NULL },
        { "i", "1e3", NULL },
        { "i", "9999999999999999", NULL },
        { "n", "12.50", "12.5" },
        { "n", "١٢٫٥", "12.5" },
        { "n", "12,5", NULL },
        { "n", "nan", NULL },
        { "d", "2020-02-29", "2020-02-29" },
        { "d", "٢٠٢٠-٠٢-٢٩", "2020-02-29" },
        { "d", "2021-02-29", NULL },
        { "d", "31/02/2020", NULL },
        { "t", "9:30", "09:30" },
        { "t", "٠٩:٣٠", "09:30" },
        { "t", "09:30:00", "09:30" },
        { "t", "23:59:58", "23:59:58" },
        { "t", "24:00", NULL },
        { "t", "09.30", NULL },
        { "m", "2026-11-22T09:30", "2026-11-22T09:30:00.000Z" },
        { "m", "2026-11-22 09:30:15", "2026-11-22T09:30:15.000Z" },
        { "m", "2026-11-22T09:30:00+02:00", "2026-11-22T07:30:00.000Z" },
        { "m", "2026-11-22T25:30", NULL },
        { "s", "yes", "yes" },
        { "s", "Yes", NULL },
        { "s", "yes no", NULL },
        { "x", "  a b\r\nc\rd  ", "a b\nc\nd" },
        { "x", "a\001b", NULL },
        { "x", "Awa\u202e rof \u2066“x”\u2069 \u200fب", "Awa rof \u2066“x”\u2069 \u200fب" },
        { "x", "\u202e", NULL },
        { "e", "name@example.org", "name@example.org" },
        { "e", "name@example", NULL },
        { "e", "@example.org", NULL },
        { "p", "+٩٩٩ ٢٢١ ٥٥٥", "+999 221 555" },
        { "p", "none", NULL },
    };
    const struct form *form = form_of(",integer,i,I\n,decimal,n,N\n,date,d,D\n,time,t,T\n"
                                      ",dateTime,m,M\n,select_one yn,s,S\n,text,x,X\n"
                                      ",text,e,E,,,,,,,email\n,text,p,P,,,,,,,phone\n");
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct answer_pair pair = { rows[i].name, rows[i].given };
        struct answers *t = NULL;
        enum err rc = answers_from_pairs(&ctx, &t, form, &pair, 1);
        const char *got = value(t, rows[i].name);

        if (rows[i].kept ? rc != OK || strcmp(got, rows[i].kept) != 0
                         : rc != ERR_INVALID || !ctx_problem(&ctx, rows[i].name)) {
            print_error("%s = %s gives %s\n", rows[i].name, rows[i].given, got);
            wrong++;
        }
        ctx_clear_problems(&ctx);
    }
    assert_int_equal(wrong, 0);
}

static void test_a_wrong_value_is_told_and_kept_to_be_shown(void **state)
{
    struct answers *t = NULL;

    (void)state;
    assert_int_equal(FROM(&t, "person", "birth_date=31/02/2020\nhobby=chess\nsex=female"),
                     ERR_INVALID);
    check_problem("birth_date", "This is not a date: 31/02/2020. Write year-month-day, such as "
                                "2026-11-22.");
    check_problem("hobby", "The form has no field named hobby.");
    assert_int_equal(problems(), 2);
    assert_string_equal(value(t, "birth_date"), "31/02/2020");
    assert_string_equal(value(t, "sex"), "female");
    assert_int_equal(answers_validate(&ctx, t, false), ERR_INVALID);
    assert_int_equal(problems(), 2);
}

static void test_a_moment_is_of_the_office(void **state)
{
    struct answer_pair pair = { "m", "2026-07-01T09:30" };
    const struct form *form = form_of(",dateTime,m,M\n");
    struct answers *t = NULL;

    (void)state;
    ctx.time_zone = "Europe/Paris";
    assert_int_equal(answers_from_pairs(&ctx, &t, form, &pair, 1), OK);
    ctx.time_zone = "Africa/Dakar";
    assert_string_equal(value(t, "m"), "2026-07-01T07:30:00.000Z");
}

static void test_texts_have_a_length(void **state)
{
    const struct form *form = form_of(",text,short,S\n,text,notes,N,,,,,,multiline\n");
    struct answers *t = answers_new(ctx.arena, form);
    static const unsigned char accented[] = { 0xC3, 0xA9 }; /* e acute */
    char *text = arena_alloc(ctx.arena, 2 * (size_t)ANSWERS_NOTES_MAX + 2);

    (void)state;
    for (size_t i = 0; i < ANSWERS_NOTES_MAX; i++)
        memcpy(text + 2 * i, accented, sizeof(accented));
    set(t, "notes", text);
    set(t, "short", arena_strndup(ctx.arena, text, 2 * (size_t)ANSWERS_TEXT_MAX));
    assert_int_equal(answers_validate(&ctx, t, true), OK);
    set(t, "short", arena_strndup(ctx.arena, text, 2 * (size_t)ANSWERS_TEXT_MAX + 2));
    set(t, "notes", arena_printf(ctx.arena, "%sx", text));
    assert_int_equal(answers_validate(&ctx, t, true), ERR_INVALID);
    check_problem("short", "This text is too long: 10000 characters are allowed.");
    check_problem("notes", "This text is too long: 100000 characters are allowed.");
}

static void test_rows_are_compacted_and_keep_their_ids(void **state)
{
    struct answers *t = NULL;
    const struct answers *second;

    (void)state;
    assert_int_equal(FROM(&t, "person",
                          "names.7.name_text=Diallo\nnames.7.name_kind=family\n"
                          "names.7.id=" ROW_ID "\nnames.2.name_text=Aminata\n"
                          "names.4.name_text=  \nnames.4.name_kind=\nnames.5.id=" ROW_ID),
                     OK);
    assert_int_equal(rows_of(t, "names"), 2);
    assert_string_equal(value(row(t, "names", 0), "name_text"), "Aminata");
    second = row(t, "names", 1);
    assert_string_equal(value(second, "name_text"), "Diallo");
    assert_string_equal(second->id, ROW_ID);
    assert_null(row(t, "names", 0)->id);
    assert_string_equal(answers_path(ctx.arena, second, field_find(t->form, "name_kind")),
                        "names.2.name_kind");
    set(t, "sex", "female");
    assert_string_equal(answers_value(second, "sex"), "female"); /* from the level above */
    assert_null(answers_value(t, "name_text"));                  /* below: which row? */
    assert_null(answers_value(t, "hobby"));
}

static void test_names_of_pairs_must_fit_the_form(void **state)
{
    static const char *const names[] = {
        "names",
        "names.1",
        "names.0.name_text",
        "names.x.name_text",
        "name_text",
        "names.1.birth_date",
        "identity",
        "identity.birth_date",
        "names.1.",
        ".1.name_text",
        "names.99999.name_text",
        "id",
        "names..name_text",
        "birth_date.1",
        "",
        "names.1.names.1.name_text",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct answer_pair pair = { names[i], "x" };
        struct answers *t = NULL;

        ctx_clear_problems(&ctx);
        if (answers_from_pairs(&ctx, &t, form_find(forms, "person"), &pair, 1) != ERR_INVALID ||
            !ctx_problem(&ctx, names[i]) || !t)
            fail_msg("%s is taken", names[i]);
    }
    assert_int_equal(FROM(&(struct answers *){ NULL }, "person", "names.1.id=7"), ERR_INVALID);
}

static void test_rows_have_a_limit(void **state)
{
    struct answer_pair *pairs = ARENA_ARRAY(ctx.arena, 300, struct answer_pair);
    struct answers *t = NULL;

    (void)state;
    for (size_t i = 0; i < 300; i++)
        pairs[i] =
            (struct answer_pair){ arena_printf(ctx.arena, "names.%zu.name_text", i + 1), "A" };
    assert_int_equal(
        answers_from_pairs(&ctx, &t, form_find(forms, "person"), pairs, ANSWERS_ROWS_MAX), OK);
    assert_int_equal(rows_of(t, "names"), ANSWERS_ROWS_MAX);
    assert_int_equal(answers_validate(&ctx, t, true), OK);
    assert_int_equal(answers_from_pairs(&ctx, &t, form_find(forms, "person"), pairs, 300),
                     ERR_INVALID);
    check_problem("names", "There are more than 200 rows.");
    (void)answers_add_row(ctx.arena, t, field_find(t->form, "names"));
    ctx_clear_problems(&ctx);
    assert_int_equal(answers_validate(&ctx, t, false), ERR_INVALID);
    check_problem("names", "There are more than 200 rows.");
}

static void test_problems_in_rows_carry_their_path(void **state)
{
    struct answers *t = NULL;

    (void)state;
    assert_int_equal(FROM(&t, "person",
                          "names.1.name_text=Awa\nnames.2.name_kind=family\n"
                          "contacts.1.contact_kind=phone\ncontacts.1.contact_owner=relative\n"
                          "contacts.1.contact_value=+999 1\ncontacts.1.contact_owner_consent=no\n"
                          "contacts.1.contact_safe_from=09:00"),
                     OK);
    assert_int_equal(answers_validate(&ctx, t, true), ERR_INVALID);
    assert_non_null(ctx_problem(&ctx, "names.2.name_text"));
    assert_non_null(ctx_problem(&ctx, "contacts.1.contact_owner_consent"));
    assert_non_null(ctx_problem(&ctx, "contacts.1.contact_safe_to"));
    assert_int_equal(problems(), 3);
}

static void test_a_required_repeat_needs_a_row(void **state)
{
    struct answers *t = NULL;

    (void)state;
    assert_int_equal(FROM(&t, "person", "sex=male"), OK);
    assert_int_equal(answers_validate(&ctx, t, true), ERR_INVALID);
    check_problem("names", "At least one row is needed here: Names");
    assert_int_equal(problems(), 1);
}

static void test_a_birth_date_cannot_lie_in_the_future(void **state)
{
    struct answers *t = NULL;

    (void)state;
    assert_int_equal(FROM(&t, "person",
                          "names.1.name_text=Awa\nbirth_precision=day\n"
                          "birth_date=2026-11-22"),
                     OK);
    assert_int_equal(answers_validate(&ctx, t, true), OK);
    set(t, "birth_date", "2026-11-23");
    assert_int_equal(answers_validate(&ctx, t, true), ERR_INVALID);
    check_problem("birth_date", "The date of birth cannot be after today.");
}

static void test_calculations_see_all_rows_and_their_own(void **state)
{
    const struct form *form =
        form_of(",begin repeat,trips,Trips\n,integer,days,Days\n"
                ",calculate,share,,,${days} div sum(/data/trips/days)\n"
                ",calculate,place,,,position(..)\n"
                ",begin repeat,stops,Stops\n,integer,cost,Cost\n,end repeat,\n"
                ",calculate,costs,,,sum(${cost})\n,end repeat,\n"
                ",calculate,total,,,sum(${days})\n,calculate,count,,,count(${trips})\n"
                ",calculate,all_costs,,,sum(${cost})\n,calculate,none,,,number('x')\n");
    struct answer_pair pairs[] = {
        { "trips.1.days", "3" },          { "trips.2.days", "5" },
        { "trips.1.stops.1.cost", "10" }, { "trips.1.stops.2.cost", "7" },
        { "trips.2.stops.5.cost", "1" },  { "total", "999" }
    };
    struct answers *t = NULL;

    (void)state;
    assert_int_equal(answers_from_pairs(&ctx, &t, form, pairs, 6), OK);
    assert_int_equal(answers_validate(&ctx, t, true), OK);
    assert_string_equal(value(t, "total"), "8");
    assert_string_equal(value(t, "count"), "2");
    assert_string_equal(value(t, "all_costs"), "18");
    assert_string_equal(value(t, "none"), "");
    assert_string_equal(value(row(t, "trips", 0), "costs"), "17");
    assert_string_equal(value(row(t, "trips", 1), "costs"), "1");
    assert_string_equal(value(row(t, "trips", 1), "place"), "2");
    assert_string_equal(value(row(t, "trips", 0), "share"), "0.375"); /* of all rows */
    assert_string_equal(
        answers_path(ctx.arena, row(row(t, "trips", 0), "stops", 1), field_find(form, "cost")),
        "trips.1.stops.2.cost");
}

static void test_what_depends_on_later_answers_settles(void **state)
{
    const struct form *form = form_of(",text,a,A,${b} != ''\n,text,b,B,${c} != ''\n"
                                      ",text,c,C,${d} != ''\n,calculate,d,,${e} = 'yes','x'\n"
                                      ",text,e,E\n");
    struct answer_pair pairs[] = { { "a", "1" }, { "b", "2" }, { "c", "3" }, { "e", "yes" } };
    struct answers *t = NULL;

    (void)state;
    assert_false(form->ordered);
    assert_int_equal(answers_from_pairs(&ctx, &t, form, pairs, 4), OK);
    set(t, "d", "x"); /* as it was stored */
    assert_int_equal(answers_validate(&ctx, t, true), OK);
    assert_string_equal(value(t, "a"), "1");
    set(t, "e", "no");
    assert_int_equal(answers_validate(&ctx, t, true), OK);
    assert_string_equal(value(t, "d"), "");
    assert_string_equal(value(t, "c"), "");
    assert_string_equal(value(t, "a"), "");
}

static void test_rows_of_an_irrelevant_repeat_go(void **state)
{
    const struct form *form = form_of(",text,a,A\n,begin repeat,r,R,${a} = 'yes'\n,text,b,B\n"
                                      ",end repeat,\n");
    struct answer_pair pairs[] = { { "a", "no" }, { "r.1.b", "x" } };
    struct answers *t = NULL;

    (void)state;
    assert_int_equal(answers_from_pairs(&ctx, &t, form, pairs, 2), OK);
    assert_int_equal(rows_of(t, "r"), 1);
    assert_int_equal(answers_validate(&ctx, t, true), OK);
    assert_int_equal(rows_of(t, "r"), 0);
}

static void test_defaults_fill_what_is_empty(void **state)
{
    const struct form *form = form_of(",date,day,Day,,,,,today()\n,text,a,A,,,,,plain text\n"
                                      ",text,b,B,,,,,never\n,text,c,C\n");
    struct answers *t = answers_new(ctx.arena, form);
    struct answers *rss = answers_new(ctx.arena, form_find(forms, "rss"));

    (void)state;
    set(t, "b", "mine");
    assert_int_equal(answers_defaults(&ctx, t), OK);
    assert_string_equal(value(t, "day"), "2026-11-22");
    assert_string_equal(value(t, "a"), "plain text");
    assert_string_equal(value(t, "b"), "mine");
    assert_string_equal(value(t, "c"), "");
    assert_int_equal(answers_defaults(&ctx, rss), OK);
    assert_string_equal(value(rss, "sections_selected"), "economic social psychosocial");
}

static void test_values_are_shown_in_the_users_language(void **state)
{
    const struct form *rss = form_find(forms, "rss");
    const struct field *round = field_find(rss, "round");
    const struct field *assets = field_find(rss, "productive_assets");

    (void)state;
    assert_string_equal(answers_shown(&ctx, round, "baseline"),
                        label_text(&ctx, &choice_find(round->choices, "baseline")->label));
    assert_string_equal(answers_shown(&ctx, assets, "land trees old_code"),
                        "Land, Fruit or nut trees, old_code");
    assert_string_equal(answers_shown(&ctx, field_find(rss, "interview_date"), "2026-11-22"),
                        tr_date(&ctx, "2026-11-22"));
    assert_string_equal(answers_shown(&ctx, round, NULL), "");
    ctx.lang = "fr";
    assert_string_equal(answers_shown(&ctx, assets, "land"), "Des terres");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_full_interview_is_valid_and_quick),
        TEST(test_what_is_no_longer_relevant_is_cleared),
        TEST(test_without_consent_nothing_is_asked_or_kept),
        TEST(test_a_dimension_left_out_is_cleared_with_its_group),
        TEST(test_relevance_can_be_asked_for_one_field),
        TEST(test_missing_answers_are_told_together_unless_it_is_a_draft),
        TEST(test_a_constraint_speaks_the_users_language),
        TEST(test_choices_are_checked),
        TEST(test_several_pairs_are_the_codes_of_one_question),
        TEST(test_values_become_canonical_or_are_told),
        TEST(test_a_wrong_value_is_told_and_kept_to_be_shown),
        TEST(test_a_moment_is_of_the_office),
        TEST(test_texts_have_a_length),
        TEST(test_rows_are_compacted_and_keep_their_ids),
        TEST(test_names_of_pairs_must_fit_the_form),
        TEST(test_rows_have_a_limit),
        TEST(test_problems_in_rows_carry_their_path),
        TEST(test_a_required_repeat_needs_a_row),
        TEST(test_a_birth_date_cannot_lie_in_the_future),
        TEST(test_calculations_see_all_rows_and_their_own),
        TEST(test_what_depends_on_later_answers_settles),
        TEST(test_rows_of_an_irrelevant_repeat_go),
        TEST(test_defaults_fill_what_is_empty),
        TEST(test_values_are_shown_in_the_users_language),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
