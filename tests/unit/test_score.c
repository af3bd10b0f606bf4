/* Scoring profiles, exact scores, sums without loss, and the reader of large files.
 * Proves RC-05 RC-06 RC-07 R-A4-19 R-A4-24. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/asset.h"
#include "core/text.h"
#include "survey/exact.h"
#include "survey/feed.h"
#include "survey/profile.h"

#define SHIPPED "content/scoring/homeward-1.csv"

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){ .arena = arena_new(0), .lang = "en", .time_zone = "UTC" };
    return profiles_load(&ctx) == OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

/* --- scores --- */

/* Answers from "question=codes;question=codes"; the usual ones of a good economic section first. */
static struct answers *answered(const char *pairs)
{
    const struct form *form = form_find(ctx.forms, "rss");
    struct answers *t = answers_new(ctx.arena, form);
    size_t len = 0;
    char **parts = text_split(ctx.arena, pairs, ';', true, &len);

    for (size_t i = 0; i < len; i++) {
        char *value = strchr(parts[i], '=');
        const struct field *f;

        assert_non_null(value);
        *value++ = '\0';
        f = field_find(form, parts[i]);
        assert_non_null(f);
        answers_set(t, f, value);
    }
    return t;
}

static struct scores scored(const char *pairs)
{
    struct scores s = { 0 };

    assert_int_equal(survey_score(&ctx, &s, profile_find(NULL), answered(pairs)), OK);
    return s;
}

static void assert_score(struct score s, int64_t num, int64_t den)
{
    assert_true(s.den > 0);
    assert_true(s.num * den == num * s.den);
}

#define ECONOMIC_15_28                                                                             \
    "econ_satisfaction=dissatisfied;food_reduction=sometimes;borrow_ability=prefer_not_to_answer;" \
    "borrow_frequency=never;debt_vs_spending=spending_larger;currently_working=na;"                \
    "productive_assets=land animals;job_seeking=yes"

static void the_examples_of_the_readme_come_out(void **state)
{
    struct scores s = scored(ECONOMIC_15_28);

    (void)state;
    assert_score(s.of[DIM_ECONOMIC], 15, 28);
    assert_string_equal(score_text6(&ctx, s.of[DIM_ECONOMIC]), "0.535714");
    assert_int_equal(s.band[DIM_ECONOMIC], INTENSITY_STANDARD);
    assert_int_equal(s.dont_know_declined, 1);
    assert_int_equal(s.of[DIM_SOCIAL].den, 0);
    assert_int_equal(s.of[DIM_COMPOSITE].den, 0);

    s = scored("education_access=good;justice_access=dont_know;documentation_access=fair;"
               "safe_water_access=very_poor;health_access=poor");
    assert_score(s.of[DIM_SOCIAL], 3, 8);
    assert_score(s.services, 5, 2);
}

/* Proves R-2.2.5-02, R-A4-21, C-12-22. */
static void a_score_of_exactly_a_limit_is_standard(void **state)
{
    struct scores s;

    (void)state;
    /* (1/4 + 1/4 + 1/2 + 0 + 13/20) / 5 = 33/100; binary fractions come out below it. */
    s = scored("housing_access=poor;housing_standard=poor;children_in_school=some;"
               "has_id_document=no;health_quality=prefer_not_to_answer;education_access=very_good;"
               "justice_access=good;documentation_access=good;safe_water_access=fair;"
               "health_access=poor");
    assert_score(s.of[DIM_SOCIAL], 33, 100);
    assert_int_equal(s.band[DIM_SOCIAL], INTENSITY_STANDARD);
    /* (3/4 + 3/4 + 1/2 + 1 + 3/10) / 5 = 66/100 */
    s = scored("housing_access=good;housing_standard=good;children_in_school=some;"
               "has_id_document=yes;health_quality=dont_know;education_access=fair;"
               "justice_access=poor;documentation_access=poor;safe_water_access=poor;"
               "health_access=poor");
    assert_score(s.of[DIM_SOCIAL], 66, 100);
    assert_int_equal(s.band[DIM_SOCIAL], INTENSITY_STANDARD);
    s = scored("discrimination=only_rarely");
    assert_score(s.of[DIM_PSYCHOSOCIAL], 2, 3);
    assert_int_equal(s.band[DIM_PSYCHOSOCIAL], INTENSITY_HANDS_OFF);
    s = scored("distress_symptoms=sometimes");
    assert_int_equal(s.band[DIM_PSYCHOSOCIAL], INTENSITY_STANDARD);
    s = scored("distress_symptoms=very_often;discrimination=never;family_conflict=never;"
               "support_sources=no_one;wants_psych_support=yes;social_participation=never");
    assert_score(s.of[DIM_PSYCHOSOCIAL], 1, 3);
}

static void halves_are_rounded_away_from_zero(void **state)
{
    (void)state;
    assert_string_equal(score_text6(&ctx, (struct score){ 105, 128 }), "0.820313");
    assert_string_equal(score_text6(&ctx, (struct score){ 1, 2000000 }), "0.000001");
    assert_string_equal(score_text6(&ctx, (struct score){ 1, 2000001 }), "0.000000");
    assert_string_equal(score_text6(&ctx, (struct score){ 999999999999, 1000000000000 }),
                        "1.000000");
    assert_string_equal(score_text6(&ctx, (struct score){ 0, 7 }), "0.000000");
    assert_string_equal(score_text6(&ctx, (struct score){ 0, 0 }), "");
    assert_string_equal(score_text2(&ctx, (struct score){ 1, 8 }), "0.13");
    ctx.lang = "fr";
    assert_string_equal(score_text2(&ctx, (struct score){ 1, 8 }), "0,13");
    ctx.lang = "en";
    assert_true(score_value((struct score){ 0, 0 }) == -1);
}

/* Proves R-A4-09: a dimension that was not asked leaves no composite. */
static void only_whole_interviews_have_a_composite(void **state)
{
    const char *three = ECONOMIC_15_28 ";housing_access=good;able_to_stay=yes";
    struct scores s = scored(three);

    (void)state;
    /* (15/4 + 3/4 + 2) / (7 + 1 + 2) */
    assert_score(s.of[DIM_COMPOSITE], 65, 100);
    assert_int_equal(s.intensity, INTENSITY_STANDARD);
    s = scored(arena_printf(ctx.arena, "%s;sections_selected=economic psychosocial", three));
    assert_int_equal(s.of[DIM_SOCIAL].den, 0);
    assert_int_equal(s.of[DIM_COMPOSITE].den, 0);
    assert_int_equal(s.band[DIM_PSYCHOSOCIAL], INTENSITY_HANDS_OFF);
    s = scored(arena_printf(ctx.arena, "%s;sections_selected=psychosocial", three));
    assert_int_equal(s.of[DIM_SOCIAL].den, 0);
    assert_int_equal(s.of[DIM_ECONOMIC].den, 0);
    assert_int_equal(s.dont_know_declined, 0);
    s = scored("");
    assert_int_equal(s.intensity, INTENSITY_NONE);
    assert_string_equal(intensity_code(s.intensity), "");
}

/* Proves R-2.2.5-03, C-12-23. */
static void more_than_seven_declined_are_flagged(void **state)
{
    const char *seven = "econ_satisfaction=prefer_not_to_answer;food_reduction="
                        "prefer_not_to_answer;borrow_ability=dont_know;borrow_frequency="
                        "prefer_not_to_answer;productive_assets=prefer_not_to_answer;"
                        "opportunity_access=dont_know;debt_vs_spending=na;currently_working=na;"
                        "education_access=dont_know";
    struct scores s = scored(seven);

    (void)state;
    assert_int_equal(s.dont_know_declined, 7);
    assert_false(s.flagged);
    assert_int_equal(s.asked, 29); /* 32 without the follow-ups 10, 19a, 31 */
    s = scored(arena_printf(ctx.arena, "%s;able_to_stay=dont_know", seven));
    assert_int_equal(s.dont_know_declined, 8);
    assert_true(s.flagged);
}

static void answers_that_are_none_are_refused_by_name(void **state)
{
    static const char *const bad[][2] = {
        { "borrow_ability=maybe", "borrow_ability" },
        { "borrow_ability=yes no", "borrow_ability" },
        { "borrow_ability=not_answered", "borrow_ability" },
        { "productive_assets=land none", "productive_assets" },
        { "productive_assets=land land", "productive_assets" },
        { "support_sources=not_answered family", "support_sources" },
    };
    struct scores s = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ctx_clear_problems(&ctx);
        assert_int_equal(survey_score(&ctx, &s, profile_find(NULL), answered(bad[i][0])),
                         ERR_INVALID);
        assert_non_null(ctx_problem(&ctx, bad[i][1]));
    }
    ctx_clear_problems(&ctx);
    /* R-A4-24: questions that offer no way to decline. */
    s = scored("opportunity_access=not_answered;support_sources=not_answered");
    assert_int_equal(s.of[DIM_ECONOMIC].den, 0);
    assert_int_equal(s.dont_know_declined, 0);
}

/* --- profiles --- */

static const char *shipped(void)
{
    const struct asset *a = asset_find(SHIPPED);

    assert_non_null(a);
    return arena_strndup(ctx.arena, (const char *)a->bytes, a->len);
}

/* The shipped profile with one text replaced, and something at its end. */
static const char *changed(const char *from, const char *to, const char *more)
{
    const char *text = shipped();
    const char *at = strstr(text, from);
    struct buf b;

    assert_non_null(at);
    buf_init(&b, ctx.arena, 1000000);
    buf_add_len(&b, text, (size_t)(at - text));
    buf_add(&b, to);
    buf_add(&b, at + strlen(from));
    buf_add(&b, more);
    return buf_text(&b);
}

static enum err parsed(const struct profile **out, const char *csv)
{
    ctx_clear_problems(&ctx);
    return profile_parse(&ctx, out, ctx.forms, "homeward-1", csv, strlen(csv));
}

static void a_mistake_in_a_profile_is_told_with_its_place(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        const char *field;
    } cases[] = {
        { ",never,1\n", ",never,7/8/9\n", ":points" },
        { ",econ_satisfaction,ok,1/2\n", "", "scoring/homeward-1.csv" },
        { ",econ_satisfaction,ok,1/2\n", ",econ_satisfaction,ok,3/2\n", ":points" },
        { ",econ_satisfaction,ok,1/2\n", ",econ_satisfaction,okay,1/2\n", ":code" },
        { ",borrow_ability,no,0\n", ",borrow_ability,no,0\n,borrow_ability,no,0\n", ":code" },
        { ",borrow_ability,no,0\n", ",borrow_ability,no,0\n,borrow_ability,dont_know,0\n",
          ":code" },
        { ",support_sources,*,1\n", ",support_sources,family,1\n", ":code" },
        { ",food_reduction,economic,2,code", ",food_reduction,economic,0,code", ":weight" },
        { ",food_reduction,economic,2,code", ",food_reduction,economic,x,code", ":weight" },
        { ",food_reduction,economic,2,code", ",food_reduction,social,2,code", ":dimension" },
        { ",food_reduction,economic,2,code", ",food_reduction,economic,2,any", ":rule" },
        { ",food_reduction,economic,2,code", ",food_reductions,economic,2,code", ":question" },
        { ",stay_reason,psychosocial,,none", ",stay_reason,psychosocial,1,none", ":weight" },
        { "health_access,1,5", "health_access health_quality,1,5", ":from" },
        { "safe_water_access health_access,1,5", "safe_water_access,1,5", "scoring/homeward-1" },
        { "health_access,1,5", "health_access,5,1", ":high" },
        { ",education_access,fair,3\n", ",education_access,fair,6\n", ":step" },
        { ",education_access,fair,3\n", "", "scoring/homeward-1.csv" },
        { ",homeward-1,1,rss", ",homeward-2,1,rss", ":name" },
        { ",homeward-1,1,rss", ",homeward-1,1,rsx", ":form" },
        { ",homeward-1,1,rss", ",homeward-1,,rss", ":version" },
        { ",0.33,0.66,7", ",0.7,0.66,7", ":hands_off_above" },
        { ",0.33,0.66,7", ",0.33,1.66,7", ":hands_off_above" },
        { ",0.33,0.66,7", ",-0.33,0.66,7", ":intensified_below" },
        { ",0.33,0.66,7", ",0.33,0.66,seven", ":accuracy_flag_above" },
        { "points\n,question,code,points", "points\n,question,code,point", ":point" },
        { "points\n,question", "pints\n,question", "scoring/homeward-1.csv" },
        { ",psychosocial,Psychosocial", ",psycho,Psychosocial", ":dimension" },
        { ",borrow_ability,no,0\n", ",borrow_ability,no,0,0\n", "scoring/homeward-1.csv" },
        { ",discrimination,sometimes,1/3\n", ",discrimination,sometimes,1/999983\n", ":points" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct profile *p = NULL;
        const char *field;

        assert_int_equal(parsed(&p, changed(cases[i].from, cases[i].to, "")), ERR_INVALID);
        assert_null(p);
        assert_non_null(ctx.problems);
        field = ctx.problems->field;
        assert_non_null(field);
        if (!strstr(field, cases[i].field))
            print_error("case %zu: %s: %s\n", i, field, ctx.problems->text);
        assert_non_null(strstr(field, cases[i].field));
    }
}

static void all_mistakes_of_a_profile_are_told_at_once(void **state)
{
    const struct profile *p = NULL;
    size_t told = 0;

    (void)state;
    assert_int_equal(parsed(&p, changed(",0.33,0.66,7", ",x,y,z", "")), ERR_INVALID);
    for (const struct problem *at = ctx.problems; at; at = at->next)
        told++;
    assert_true(told >= 3);
}

static void weights_of_an_own_profile_count_exactly(void **state)
{
    const struct profile *p = NULL;
    struct scores s = { 0 };

    (void)state;
    assert_int_equal(
        parsed(&p, changed(",econ_satisfaction,economic,1,", ",econ_satisfaction,economic,1/7,",
                           "weights\n,question,score,weight\n"
                           ",food_reduction,social,0.5\n"
                           ",food_reduction,composite,0\n")),
        OK);
    assert_int_equal(survey_score(&ctx, &s, p,
                                  answered("econ_satisfaction=ok;food_reduction=often;"
                                           "housing_access=very_good;able_to_stay=yes")),
                     OK);
    assert_score(s.of[DIM_ECONOMIC], 4, 15);   /* (1/14 + 1/2) / (15/7) */
    assert_score(s.of[DIM_SOCIAL], 3, 4);      /* (1/8 + 1) / (3/2) */
    assert_score(s.of[DIM_COMPOSITE], 43, 44); /* (1/14 + 1 + 2) / (22/7) */
    assert_int_equal(s.intensity, INTENSITY_INTENSIFIED);
}

static void every_code_is_found_and_nothing_else(void **state)
{
    const struct profile *p = profile_find(NULL);

    (void)state;
    for (size_t i = 0; i < p->len; i++) {
        const struct question *q = &p->questions[i];

        assert_true(!q->codes_len || q->slots);
        for (size_t k = 0; k < q->codes_len; k++) {
            char text[80] = { 0 };

            memcpy(text, q->codes[k].name, q->codes[k].len);
            assert_int_equal(code_key(q, text, q->codes[k].len), k + 1);
            assert_int_equal(code_key(q, text, q->codes[k].len - 1), 0);
            text[q->codes[k].len / 2] ^= 1;
            assert_int_equal(code_key(q, text, q->codes[k].len), 0);
        }
    }
}

/* --- sums without loss --- */

static void sums_of_fractions_lose_nothing(void **state)
{
    struct exact *sum = exact_new(ctx.arena);
    struct exact *half = exact_new(ctx.arena);

    (void)state;
    /* 1/n for 700 denominators, and the rest to 1 of each: exactly 700. */
    for (uint64_t n = 2; n <= 701; n++) {
        exact_add(sum, 1, 1, n);
        exact_add(sum, n - 1, 1, n);
    }
    assert_int_equal(exact_divide(sum, 700, 1, 1000000), 1000000);
    assert_int_equal(exact_divide(sum, 1400, 1, 1), 1); /* one half is rounded up */
    assert_int_equal(exact_divide(sum, 1401, 1, 1), 0);
    exact_add(half, 1, 1, 3);
    exact_add(half, 1, 1, 6);
    exact_add(half, 0, 5, 7);
    assert_int_equal(exact_divide(half, 1000, 1000, 1000000), 1); /* 0.0000005 */
    assert_int_equal(exact_divide(exact_new(ctx.arena), 3, 1, 1000000), 0);
}

/* --- the reader of files --- */

/* Cells as [a|b] with row numbers, or the first problem. chunks: bytes that a read gives. */
static const char *fed(const char *text, size_t len)
{
    struct feed *feed = NULL;
    struct buf out;
    int ends[2];
    bool more = true;

    ctx_clear_problems(&ctx);
    buf_init(&out, ctx.arena, 10000000);
    assert_int_equal(pipe(ends), 0);
    assert_true(len < 60000); /* what a pipe holds */
    assert_int_equal(write(ends[1], text, len), (ssize_t)len);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(feed_open_fd(&ctx, &feed, ends[0], "in"), OK);
    for (;;) {
        struct feed_row row = { 0 };

        if (feed_next(&ctx, feed, &row, &more) != OK) {
            buf_clear(&out);
            buf_add(&out, ctx_first_problem(&ctx));
            break;
        }
        if (!more)
            break;
        buf_printf(&out, "%lld[", (long long)row.number);
        for (size_t i = 0; i < row.len; i++) {
            buf_add(&out, i ? "|" : "");
            buf_add_len(&out, row.cells[i].text, row.cells[i].len);
        }
        buf_add(&out, row.foreign ? "]!" : "]");
    }
    assert_int_equal(close(ends[0]), 0);
    return buf_text(&out);
}

static void rows_of_every_shape_are_read(void **state)
{
    static const char *const cases[][2] = {
        { "a,b\n1,2\n", "1[a|b]2[1|2]" },
        { "a,b\r\n1,2\r\n", "1[a|b]2[1|2]" },
        { "a,b\n1,2", "1[a|b]2[1|2]" },
        { "\xef\xbb\xbf"
          "a,b\n\n\r\n1,2\n",
          "1[a|b]4[1|2]" },
        { "a;b\n1,5;2\n", "1[a|b]2[1,5|2]" },
        { "a\tb\n1\t\n", "1[a|b]2[1|]" },
        { "a,b\n\"1,\n2\",\"say \"\"x\"\"\"\n3,\n", "1[a|b]2[1,\n2|say \"x\"]3[3|]" },
        { "a,b\n\"x\"y,z\"z\n", "1[a|b]2[xy|z\"z]" },
        { "a,b\n\"\"\n", "1[a|b]2[]" },
        { "a,b\n\"1\",\"2\"\r\n", "1[a|b]2[1|2]" },
        { "a,b\n1,2\"", "1[a|b]2[1|2\"]" },
        { "a,b\n1,\"2", "in: a quote that is opened in row 2 is never closed." },
        { "\"a;b\",c,d\n", "1[a;b|c|d]" },
        { "a,b\n\xc3\xa9,1\n2,3\n", "1[a|b]2[\xc3\xa9|1]!3[2|3]" },
        { "", "" },
        { "\n\n", "" },
        { "a", "1[a]" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(fed(cases[i][0], strlen(cases[i][0])), cases[i][1]);
    assert_string_equal(fed("a,b\n\0,1\n", 8), "1[a|b]2[");
    assert_non_null(strstr(fed("\xff\xfe"
                               "a\0,\0",
                               6),
                           "UTF-16"));
}

static void long_rows_are_read_whole(void **state)
{
    struct buf text;
    struct buf expected;

    (void)state;
    /* Every length of a cell around the 64 bytes that are looked at together. */
    buf_init(&text, ctx.arena, 100000);
    buf_init(&expected, ctx.arena, 100000);
    for (int len = 1; len < 200; len++) {
        for (int i = 0; i < len; i++)
            buf_add_char(&text, (char)('a' + i % 26));
        buf_add(&text, ",b\n");
    }
    for (int len = 1; len < 200; len++) {
        buf_printf(&expected, "%d[", len);
        for (int i = 0; i < len; i++)
            buf_add_char(&expected, (char)('a' + i % 26));
        buf_add(&expected, "|b]");
    }
    assert_string_equal(fed(buf_text(&text), text.len), buf_text(&expected));
}

static void a_number_of_a_profile_is_exact(void **state)
{
    static const char *const bad[] = { "",    "-1",    "1/0", " 1",  "1 ",      ".5",       "5.",
                                       "1e3", "1/2/3", "+1",  "0x1", "1234567", "1/1234567" };
    struct score s = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(profile_number(bad[i], &s));
    assert_true(profile_number("0.33", &s));
    assert_true(s.num == 33 && s.den == 100);
    assert_true(profile_number("6/8", &s));
    assert_true(s.num == 3 && s.den == 4);
    assert_true(profile_number("000002", &s));
    assert_true(s.num == 2 && s.den == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_examples_of_the_readme_come_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_score_of_exactly_a_limit_is_standard, setup, teardown),
        cmocka_unit_test_setup_teardown(halves_are_rounded_away_from_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(only_whole_interviews_have_a_composite, setup, teardown),
        cmocka_unit_test_setup_teardown(more_than_seven_declined_are_flagged, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_that_are_none_are_refused_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(a_mistake_in_a_profile_is_told_with_its_place, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(all_mistakes_of_a_profile_are_told_at_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(weights_of_an_own_profile_count_exactly, setup, teardown),
        cmocka_unit_test_setup_teardown(every_code_is_found_and_nothing_else, setup, teardown),
        cmocka_unit_test_setup_teardown(sums_of_fractions_lose_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(rows_of_every_shape_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(long_rows_are_read_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(a_number_of_a_profile_is_exact, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
