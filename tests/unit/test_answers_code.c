/* Answers as they are stored: what is written comes back, and damaged bytes are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "forms/forms.h"

static struct ctx ctx;

static int begin(void **state)
{
    (void)state;
    ctx = (struct ctx){ .arena = arena_new(0), .lang = "en", .time_zone = "UTC" };
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

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

static const struct form *form_of(const char *survey)
{
    const char *csv = arena_printf(ctx.arena,
                                   "survey\n,type,name,label::English (en),bind::hw:store\n%s"
                                   "settings\n,form_title::English (en),form_id,version\n"
                                   ",Test,test,1\n",
                                   survey);
    const struct forms *made = NULL;

    assert_int_equal(form_parse(&ctx, &made, "test.csv", csv, strlen(csv)), OK);
    return made->items[0];
}

static struct answers *good_interview(void)
{
    struct answer_pair pairs[] = { { "round", "baseline" },
                                   { "interview_date", "2026-11-20" },
                                   { "sections_selected", "economic social" },
                                   { "consent_given", "yes" },
                                   { "productive_assets", "trees land" },
                                   { "interview_notes", "سطر أول\nثاني" } };
    const struct forms *forms = NULL;
    struct answers *t = NULL;

    assert_int_equal(forms_load(&ctx, &forms), OK);
    assert_int_equal(answers_from_pairs(&ctx, &t, form_find(forms, "rss"), pairs, 6), OK);
    return t;
}

static void check_same(const struct answers *a, const struct answers *b)
{
    for (size_t i = 0; i < a->form->all_len; i++)
        if (!text_equal(a->values[i], b->values[i]))
            fail_msg("%s: %s, %s", a->form->all[i]->name, a->values[i] ? a->values[i] : "-",
                     b->values[i] ? b->values[i] : "-");
}

static void test_answers_come_back_from_their_encoding(void **state)
{
    struct answers *t = good_interview();
    struct answers *back = answers_new(ctx.arena, t->form);
    const void *bytes = NULL;
    size_t len = 0;

    (void)state;
    assert_int_equal(answers_encode(&ctx, &bytes, &len, t, STORE_SEALED), OK);
    assert_int_equal(answers_decode(&ctx, back, bytes, len), OK);
    check_same(t, back);
    assert_int_equal(back->unknown_len, 0);
    assert_int_equal(answers_encode(&ctx, &bytes, &len, t, STORE_OPEN), OK);
    assert_int_equal(len, 3);
    assert_memory_equal(bytes, "\x01\x01\x00", 3);
}

static void test_each_store_and_level_is_encoded_by_itself(void **state)
{
    const struct form *form = form_of(",text,a,A,open\n,text,b,B,sealed\n,begin repeat,r,R,\n"
                                      ",text,c,C,sealed\n,end repeat,,,\n");
    struct answer_pair pairs[] = { { "a", "1" }, { "b", "2" }, { "r.1.c", "3" } };
    struct answers *t = NULL;
    const void *bytes = NULL;
    size_t len = 0;

    (void)state;
    assert_int_equal(answers_from_pairs(&ctx, &t, form, pairs, 3), OK);
    assert_int_equal(answers_encode(&ctx, &bytes, &len, t, STORE_OPEN), OK);
    assert_int_equal(len, 7);
    assert_memory_equal(bytes,
                        "\x01\x01\x01\x01"
                        "a\x01"
                        "1",
                        7);
    assert_int_equal(answers_encode(&ctx, &bytes, &len, t, STORE_SEALED), OK);
    assert_memory_equal(bytes,
                        "\x01\x00\x01\x01"
                        "b\x01"
                        "2",
                        7);
    assert_int_equal(
        answers_encode(&ctx, &bytes, &len, t->rows[field_find(form, "r")->place][0], STORE_SEALED),
        OK);
    assert_memory_equal(bytes,
                        "\x01\x00\x01\x01"
                        "c\x01"
                        "3",
                        7);
}

static void test_fields_of_a_newer_form_are_kept(void **state)
{
    const struct form *newer = form_of(",text,a,A\n,text,b,B\n,text,c,C\n");
    const struct form *older = form_of(",text,b,B\n,note,c,Now a note\n");
    struct answers *t = answers_new(ctx.arena, newer);
    struct answers *old = answers_new(ctx.arena, older);
    struct answers *back = answers_new(ctx.arena, newer);
    const void *bytes = NULL;
    size_t len = 0;

    (void)state;
    set(t, "a", "1");
    set(t, "b", "2");
    set(t, "c", "3");
    assert_int_equal(answers_encode(&ctx, &bytes, &len, t, STORE_OPEN), OK);
    assert_int_equal(answers_decode(&ctx, old, bytes, len), OK);
    assert_string_equal(value(old, "b"), "2");
    assert_int_equal(old->unknown_len, 2);
    set(old, "b", "20");
    assert_int_equal(answers_encode(&ctx, &bytes, &len, old, STORE_SEALED), OK);
    assert_int_equal(len, 3); /* they stay in the store they came from */
    assert_int_equal(answers_encode(&ctx, &bytes, &len, old, STORE_OPEN), OK);
    assert_int_equal(answers_decode(&ctx, back, bytes, len), OK);
    assert_string_equal(value(back, "a"), "1");
    assert_string_equal(value(back, "b"), "20");
    assert_string_equal(value(back, "c"), "3");
}

static void test_damaged_bytes_are_refused_and_change_nothing(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        { "", 0 },
        { "\x02\x00\x00", 3 },  /* version */
        { "\x01\x02\x00", 3 },  /* store */
        { "\x01\x00\x00x", 4 }, /* bytes behind */
        { "\x01\x00\x02\x01"
          "a\x01"
          "1\x01"
          "a\x01"
          "2",
          11 }, /* twins */
        { "\x01\x00\x03\x0d"
          "consent_given\x03"
          "yes\x05"
          "round\x08"
          "baseline\x0d"
          "consent_given\x02"
          "no",
          53 }, /* twins that stand apart */
        { "\x01\x00\x01\x01"
          "A\x01"
          "1",
          7 }, /* name */
        { "\x01\x00\x01\x01"
          "a\x00",
          6 }, /* empty value */
        { "\x01\x00\x01\x01"
          "a\x01\xff",
          7 }, /* not UTF-8 */
        { "\x01\x00\x01\x01"
          "a\x01\x00",
          7 }, /* NUL */
        { "\x01\x00\x81\x00\x01"
          "a\x01"
          "1",
          8 },                                                  /* number not in shortest form */
        { "\x01\x00\xff\xff\xff\xff\x0f", 7 },                  /* too many */
        { "\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11 }, /* number too long */
    };
    struct answers *t = good_interview();
    struct answers *empty = answers_new(ctx.arena, t->form);
    const void *bytes = NULL;
    size_t len = 0;

    (void)state;
    assert_int_equal(answers_encode(&ctx, &bytes, &len, t, STORE_SEALED), OK);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(answers_decode(&ctx, empty, arena_memdup(ctx.arena, bytes, cut), cut),
                         ERR_INVALID);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (answers_decode(&ctx, empty, bad[i].bytes, bad[i].len) != ERR_INVALID)
            fail_msg("case %zu is taken", i);
    assert_int_equal(empty->unknown_len, 0);
    for (size_t i = 0; i < empty->form->all_len; i++)
        assert_null(empty->values[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answers_come_back_from_their_encoding),
        TEST(test_each_store_and_level_is_encoded_by_itself),
        TEST(test_fields_of_a_newer_form_are_kept),
        TEST(test_damaged_bytes_are_refused_and_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
