/* Answers: every kind of question, those that the shipped forms do not ask too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "forms/forms.h"
#include "plain_ctx.h"

#define ROW_ID "0193a000-0000-7000-8000-000000000001"

static const char kinds_csv[] =
    "survey\n"
    ",type,name,label::English (en),required,required_message::English (en),parameters,"
    "repeat_count,choice_filter,calculation,trigger,bind::hw:type\n"
    ",range,half,H,,,start=0 end=2 step=0.5,,,,,\n"
    ",rank r,order,O,,,,,,,,\n"
    ",acknowledge,agreed,A,yes,Please agree.,,,,,,\n"
    ",barcode,card,C,,,,,,,,\n"
    ",geopoint,place,P,,,,,,,,\n"
    ",geotrace,road,R,,,,,,,,\n"
    ",geoshape,plot,P,,,,,,,,\n"
    ",image,photo,P,,,,,,,,\n"
    ",decimal,price,P,,,currency=TND,,,,,money\n"
    ",text,paid,P,,,,,,,,money\n"
    ",calculate,twice,,,,currency=XOF,,,2.6 * 2,,money\n"
    ",calculate,said,,,,,,,\"concat(1234.56 * 1000, ' ', 'XOF')\",,money\n"
    ",select_one r,one,O,,,,,,,,\n"
    ",select_one t,two,T,,,,,of = ${one},,,\n"
    ",integer,rows,N,,,,,,,,\n"
    ",begin repeat,many,M,,,,${rows},,,,\n"
    ",text,word,W,,,,,,,,\n"
    ",end repeat,,,,,,,,,,\n"
    ",start,begun,,,,,,,,,\n"
    ",text,stamp,S,,,,,,\"concat('at ', ${card})\",${card},\n"
    "choices\n,list_name,name,label::English (en),of\n"
    ",r,a,Alpha,\n,r,b,Beta,\n,r,c,Gamma,\n,t,a1,A one,a\n,t,b1,B one,b\n"
    "settings\n,form_title::English (en),form_id,version\n,Kinds,kinds,1\n";

static const struct form *kinds_form(void)
{
    const struct forms *all = NULL;

    assert_int_equal(form_parse(&ctx, &all, "kinds.csv", kinds_csv, strlen(kinds_csv)), OK);
    return all->items[0];
}

/* What one value of a field becomes; *told = the problem, or NULL. */
static const char *reads(const struct form *form, const char *name, const char *value,
                         const char **told)
{
    struct answer_pair pair = { name, value };
    struct answers *t = NULL;
    enum err rc;

    ctx_clear_problems(&ctx);
    rc = answers_from_pairs(&ctx, &t, form, &pair, 1);
    *told = ctx_problem(&ctx, name);
    assert_int_equal(rc, *told ? ERR_INVALID : OK);
    return answers_get(t, field_find(form, name));
}

static const struct {
    const char *name;
    const char *typed;
    const char *kept; /* NULL: refused */
} canonical[] = {
    { "half", "1.50", "1.5" },
    { "half", "٢", "2" },
    { "half", "1.2", NULL },
    { "half", "2.5", NULL },
    { "half", "-0.5", NULL },
    { "order", "b  a c", "b a c" },
    { "order", "b a", NULL },
    { "order", "b a a", NULL },
    { "order", "b a d", NULL },
    { "agreed", "ok", "OK" },
    { "agreed", "yes", "OK" },
    { "agreed", "no", NULL },
    { "card", " 50 12-A ", "50 12-A" },
    { "card", "50\n12", NULL },
    { "place", "14.6937, -17.4441", "14.6937 -17.4441 0 0" },
    { "place", "14.6937 -17.4441 12.50 4", "14.6937 -17.4441 12.5 4" },
    { "place", "١٤٫٥ -17", "14.5 -17 0 0" },
    { "place", "91 0", NULL },
    { "place", "0 181", NULL },
    { "place", "0 0 0 -1", NULL },
    { "place", "Dakar", NULL },
    { "place", "1", NULL },
    { "place", "1 2 3 4 5", NULL },
    { "road", "1 2;3 4;", "1 2 0 0; 3 4 0 0" },
    { "road", "1 2", NULL },
    { "road", "1 2; x y", NULL },
    { "plot", "0 0; 0 1; 1 1", "0 0 0 0; 0 1 0 0; 1 1 0 0; 0 0 0 0" },
    { "plot", "0 0; 0 1; 1 1; 0 0", "0 0 0 0; 0 1 0 0; 1 1 0 0; 0 0 0 0" },
    { "plot", "0 0; 0 1; 0 0", NULL },
    { "photo", ROW_ID " my photo.jpg", ROW_ID " my photo.jpg" },
    { "photo", "my photo.jpg", NULL },
    { "photo", ROW_ID " ../x", NULL },
    { "photo", ROW_ID, NULL },
    { "price", "12.5", "12.500" },
    { "price", "0012.5000", "12.500" },
    { "price", "-3", "-3.000" },
    { "price", "12.5 tnd", "12.500" },
    { "price", "12.5 EUR", NULL },
    { "price", "12.0001", NULL },
    { "price", "12,5", NULL },
    { "price", "9999999999999999", NULL },
    { "price", ".5", NULL },
    { "price", "5.", NULL },
    { "paid", "1250 XOF", "1250 XOF" },
    { "paid", "eur 12.5", "12.50 EUR" },
    { "paid", "١٢٫٥ EUR", "12.50 EUR" },
    { "paid", "12.5", NULL },
    { "paid", "12.5 XOF", NULL },
    { "paid", "12 ABC", NULL },
    { "paid", "1 2 EUR", NULL },
    { "begun", "2026-11-22T08:00:00Z", "2026-11-22T08:00:00.000Z" },
    { "begun", "soon", NULL },
};

static void test_every_kind_has_its_canonical_form(void **state)
{
    const struct form *form = kinds_form();

    (void)state;
    for (size_t i = 0; i < sizeof(canonical) / sizeof(canonical[0]); i++) {
        const char *told = NULL;
        const char *kept = reads(form, canonical[i].name, canonical[i].typed, &told);

        if (canonical[i].kept ? (told || !text_equal(kept, canonical[i].kept)) : !told)
            fail_msg("%s: %s became %s (%s)", canonical[i].name, canonical[i].typed,
                     kept ? kept : "", told ? told : "no problem");
        if (canonical[i].kept)
            assert_string_equal(reads(form, canonical[i].name, kept, &told), kept);
    }
}

static void test_every_kind_is_shown_as_people_read_it(void **state)
{
    const struct form *form = kinds_form();

    (void)state;
    assert_string_equal(answers_shown(&ctx, field_find(form, "order"), "b a c"),
                        "Beta, Alpha, Gamma");
    assert_string_equal(answers_shown(&ctx, field_find(form, "agreed"), "OK"), "Confirmed");
    assert_string_equal(answers_shown(&ctx, field_find(form, "place"), "14.5 -17 0 4"),
                        "14.5, -17 (within 4 m)");
    assert_string_equal(answers_shown(&ctx, field_find(form, "road"), "1 2 0 0; 3 4 0 0"),
                        "Line of 2 points");
    assert_string_equal(
        answers_shown(&ctx, field_find(form, "plot"), "0 0 0 0; 0 1 0 0; 1 1 0 0; 0 0 0 0"),
        "Area of 3 corners");
    assert_string_equal(answers_shown(&ctx, field_find(form, "photo"), ROW_ID " my photo.jpg"),
                        "my photo.jpg");
    assert_string_equal(answers_shown(&ctx, field_find(form, "price"), "1250.500"),
                        "1,250.500 TND");
    assert_string_equal(answers_shown(&ctx, field_find(form, "paid"), "1250 XOF"), "1,250 XOF");
    ctx.lang = "fr";
    assert_string_equal(answers_shown(&ctx, field_find(form, "agreed"), "OK"), "Confirmé");
    assert_string_equal(answers_shown(&ctx, field_find(form, "road"), "1 2 0 0; 3 4 0 0"),
                        "Tracé de 2 points");
    ctx.lang = "es";
    assert_string_equal(answers_shown(&ctx, field_find(form, "agreed"), "OK"), "Confirmado");
    ctx.lang = "ar";
    assert_string_equal(answers_shown(&ctx, field_find(form, "road"), "1 2 0 0; 3 4 0 0"),
                        "مسار من نقطتين");
}

/* The answers that pairs make, validated as a draft; *rc_out is what validation said. */
static struct answers *validated(const struct form *form, const struct answer_pair *pairs,
                                 size_t len, enum err *rc_out)
{
    struct answers *t = NULL;

    ctx_clear_problems(&ctx);
    assert_int_equal(answers_from_pairs(&ctx, &t, form, pairs, len), OK);
    *rc_out = answers_validate(&ctx, t, false);
    return t;
}

static void test_counts_filters_triggers_and_money_are_settled(void **state)
{
    static const struct answer_pair pairs[] = {
        { "one", "a" }, { "two", "a1" }, { "rows", "3" }, { "card", "K7" }
    };
    static const struct answer_pair astray[] = { { "one", "b" }, { "two", "a1" } };
    const struct form *form = kinds_form();
    const struct choice *const *offered = NULL;
    enum err rc = OK;
    struct answers *t = validated(form, pairs, 4, &rc);
    size_t len = 0;

    (void)state;
    assert_int_equal(rc, OK);
    assert_int_equal(t->rows_len[field_find(form, "many")->place], 3);
    assert_string_equal(answers_value(t, "twice"), "5");
    assert_string_equal(answers_value(t, "said"),
                        "1234560 XOF"); /* its currency is calculated too */
    assert_string_equal(answers_shown(&ctx, field_find(t->form, "said"), "1234560 XOF"),
                        "1,234,560 XOF");
    assert_string_equal(answers_value(t, "stamp"), "at K7");
    assert_int_equal(answers_choices(&ctx, t, field_find(form, "two"), &offered, &len), OK);
    assert_int_equal(len, 1);
    assert_string_equal(offered[0]->name, "a1");
    (void)validated(form, astray, 2, &rc);
    assert_int_equal(rc, ERR_INVALID);
    assert_non_null(ctx_problem(&ctx, "two"));
}

static void test_a_missing_answer_is_told_in_the_words_of_the_form(void **state)
{
    struct answers *t = answers_new(ctx.arena, kinds_form());

    (void)state;
    assert_int_equal(answers_validate(&ctx, t, true), ERR_INVALID);
    assert_string_equal(ctx_problem(&ctx, "agreed"), "Please agree.");
}

static void test_every_kind_outlives_its_encoding(void **state)
{
    static const struct answer_pair pairs[] = {
        { "half", "0.5" },      { "order", "c b a" },           { "agreed", "OK" },
        { "place", "1 2 3 4" }, { "photo", ROW_ID " é 1.png" }, { "paid", "3.5 EUR" },
    };
    const struct form *form = kinds_form();
    struct answers *again = answers_new(ctx.arena, form);
    const void *bytes = NULL;
    enum err rc = OK;
    struct answers *t = validated(form, pairs, 6, &rc);
    size_t len = 0;

    (void)state;
    assert_int_equal(answers_encode(&ctx, &bytes, &len, t, STORE_OPEN), OK);
    assert_int_equal(answers_decode(&ctx, again, bytes, len), OK);
    for (size_t i = 0; i < form->all_len; i++)
        assert_true(text_equal(again->values[i], t->values[i]));
    assert_string_equal(answers_value(again, "paid"), "3.50 EUR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_kind_has_its_canonical_form, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_kind_is_shown_as_people_read_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_counts_filters_triggers_and_money_are_settled, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_missing_answer_is_told_in_the_words_of_the_form,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_kind_outlives_its_encoding, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
