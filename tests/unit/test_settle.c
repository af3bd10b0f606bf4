/* Answers that depend on one another: what one change makes anew, lists, rows, triggers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/text.h"
#include "forms/forms.h"
#include "plain_ctx.h"

#define QUESTIONS 1000

static const char *const head =
    "survey\n,type,name,label::English (en),label::Français (fr),relevant,calculation,constraint,"
    "choice_filter,repeat_count,trigger\n";
static const char *const tail =
    "choices\n,list_name,name,label::English (en),label::Français (fr),region,size\n"
    ",region,north,North,Nord,,\n,region,south,South,Sud,,\n"
    ",town,arl,Arlit,Arlit,north,9\n,town,aga,Agadez,Agadès,north,7\n"
    ",town,dos,Dosso,Dosso,south,3\n"
    "settings\n,form_title::English (en),form_title::Français (fr),form_id,version,"
    "default_language\n,Test,Essai,test,4,English (en)\n";

static enum err parse(const char *survey, const struct form **out)
{
    const char *csv = arena_printf(ctx.arena, "%s%s%s", head, survey, tail);
    const struct forms *made = NULL;
    enum err rc = form_parse(&ctx, &made, "test.csv", csv, strlen(csv));

    if (!rc)
        *out = made->items[0];
    return rc;
}

static const struct form *form_of(const char *survey)
{
    const struct form *form = NULL;

    if (parse(survey, &form) != OK)
        fail_msg("%s", ctx_first_problem(&ctx));
    return form;
}

static const char *value(const struct answers *t, const char *name)
{
    const char *v = answers_value(t, name);

    return v ? v : "";
}

/* Answers one question and brings the others up to date; *touched as answers_recompute tells. */
static const bool *answer(struct answers *t, const char *name, const char *text)
{
    const struct field *f = field_find(t->form, name);
    struct answers *root = t;
    const bool *touched = NULL;

    while (root->parent)
        root = root->parent;
    answers_set(t, f, text);
    assert_int_equal(answers_recompute(&ctx, root, f, &touched), OK);
    return touched;
}

static bool is_touched(const bool *touched, const struct answers *t, const char *name)
{
    return touched[field_find(t->form, name)->place];
}

static void test_one_answer_makes_anew_only_what_depends_on_it(void **state)
{
    const struct form *form = form_of(",calculate,total,,,,${half} + 1\n"
                                      ",integer,n,N,N,,\n,integer,other,O,O,,\n"
                                      ",calculate,half,,,,${n} div 2\n"
                                      ",calculate,others,,,,${other} + 1\n"
                                      ",begin group,g,G,G,${total} > 3,\n,text,inside,I,I,,\n"
                                      ",end group,,,,,\n");
    struct answers *t = answers_new(ctx.arena, form);
    const bool *touched;

    (void)state;
    assert_int_equal(answers_recompute(&ctx, t, NULL, NULL), OK);
    touched = answer(t, "n", "8");
    assert_string_equal(value(t, "half"), "4");
    assert_string_equal(value(t, "total"), "5");
    assert_true(t->relevant[field_find(form, "inside")->place]);
    assert_true(is_touched(touched, t, "total") && is_touched(touched, t, "inside"));
    assert_false(is_touched(touched, t, "others"));

    answers_set(t, field_find(form, "inside"), "here");
    (void)answer(t, "n", "2");
    assert_string_equal(value(t, "total"), "2");
    assert_string_equal(value(t, "inside"), "");

    touched = answer(t, "other", "4");
    assert_string_equal(value(t, "others"), "5");
    assert_false(is_touched(touched, t, "half") || is_touched(touched, t, "inside"));
}

static void test_what_did_not_change_stops_there(void **state)
{
    const struct form *form = form_of(",integer,n,N,N,,\n,calculate,big,,,,${n} > 10\n"
                                      ",calculate,word,,,,\"if(${big} = 'true', 'b', 's')\"\n");
    struct answers *t = answers_new(ctx.arena, form);
    const bool *touched;

    (void)state;
    assert_int_equal(answers_recompute(&ctx, t, NULL, NULL), OK);
    touched = answer(t, "n", "20");
    assert_true(is_touched(touched, t, "word"));
    touched = answer(t, "n", "30");
    assert_false(is_touched(touched, t, "big") || is_touched(touched, t, "word"));
}

static void test_rows_see_a_change_outside_and_sums_a_change_inside(void **state)
{
    const struct form *form =
        form_of(",decimal,rate,R,R,,\n,begin repeat,line,L,L,,\n,decimal,cost,C,C,,\n"
                ",calculate,local,,,,${cost} * ${rate}\n,end repeat,,,,,\n"
                ",calculate,sum,,,,sum(${local})\n,calculate,rows,,,,count(${line})\n"
                ",calculate,second,,,,\"indexed-repeat(${local}, ${line}, 2)\"\n"
                ",calculate,dear,,,,count(/data/line[cost > 2])\n");
    struct answers *t = answers_new(ctx.arena, form);
    const struct field *line = field_find(form, "line");
    struct answers *first = answers_add_row(ctx.arena, t, line);
    struct answers *second;

    (void)state;
    answers_set(t, field_find(form, "rate"), "10");
    answers_set(first, field_find(form, "cost"), "2");
    assert_int_equal(answers_recompute(&ctx, t, NULL, NULL), OK);
    assert_string_equal(value(t, "sum"), "20");

    second = answers_add_row(ctx.arena, t, line);
    assert_int_equal(answers_recompute(&ctx, t, line, NULL), OK);
    assert_string_equal(value(t, "rows"), "2");
    (void)answer(second, "cost", "3");
    assert_string_equal(value(t, "sum"), "50");
    assert_string_equal(value(t, "second"), "30");
    assert_string_equal(value(t, "dear"), "1");
    (void)answer(t, "rate", "1");
    assert_string_equal(value(first, "local"), "2");
    assert_string_equal(value(t, "sum"), "5");
}

static void test_a_repeat_has_as_many_rows_as_its_count_says(void **state)
{
    const struct form *form = form_of(",integer,n,N,N,,,,,,\n"
                                      ",begin repeat,kid,K,K,,,,,${n},\n,text,kid_name,A,A,,\n"
                                      ",calculate,place,,,,position(..)\n,end repeat,,,,,\n"
                                      ",calculate,last,,,,max(${place})\n");
    struct answers *t = answers_new(ctx.arena, form);
    size_t place = field_find(form, "kid")->place;

    (void)state;
    assert_int_equal(answers_recompute(&ctx, t, NULL, NULL), OK);
    assert_int_equal(t->rows_len[place], 0);
    (void)answer(t, "n", "3");
    assert_int_equal(t->rows_len[place], 3);
    assert_string_equal(value(t, "last"), "3");
    assert_string_equal(value(t->rows[place][1], "place"), "2");
    answers_set(t->rows[place][0], field_find(form, "kid_name"), "Awa");
    (void)answer(t, "n", "1");
    assert_int_equal(t->rows_len[place], 1);
    assert_string_equal(value(t->rows[place][0], "kid_name"), "Awa");
    assert_string_equal(value(t, "last"), "1");
    (void)answer(t, "n", "100000");
    assert_int_equal(t->rows_len[place], ANSWERS_ROWS_MAX);
}

/* Who clears the number to write another one does not lose the rows. */
static void test_a_repeat_keeps_its_rows_while_its_count_is_no_number(void **state)
{
    const struct form *form = form_of(",integer,n,N,N,,\n,begin repeat,kid,K,K,,,,,${n},\n"
                                      ",text,kid_name,A,A,,\n,end repeat,,,,,\n");
    struct answers *t = answers_new(ctx.arena, form);
    size_t place = field_find(form, "kid")->place;

    (void)state;
    assert_int_equal(answers_recompute(&ctx, t, NULL, NULL), OK);
    assert_int_equal(t->rows_len[place], 0);
    (void)answer(t, "n", "2");
    answers_set(t->rows[place][1], field_find(form, "kid_name"), "Awa");
    (void)answer(t, "n", NULL);
    assert_int_equal(t->rows_len[place], 2);
    (void)answer(t, "n", "3");
    assert_int_equal(t->rows_len[place], 3);
    assert_string_equal(value(t->rows[place][1], "kid_name"), "Awa");
    (void)answer(t, "n", "0");
    assert_int_equal(t->rows_len[place], 0);
}

static void test_a_repeat_may_name_its_neighbours_by_path(void **state)
{
    const struct form *form =
        form_of(",text,a,A,A,,\n,integer,n,N,N,,\n,begin repeat,r,R,R,../a = 'yes',,,,../n,\n"
                ",text,x,X,X,,\n,begin repeat,s,S,S,../x = 'on',,,,../../n,\n,text,y,Y,Y,,\n"
                ",end repeat,,,,,\n,end repeat,,,,,\n,calculate,count,,,,count(/data/r/s)\n");
    struct answers *t = answers_new(ctx.arena, form);
    size_t r = field_find(form, "r")->place;

    (void)state;
    assert_int_equal(answers_recompute(&ctx, t, NULL, NULL), OK);
    (void)answer(t, "n", "2");
    assert_int_equal(t->rows_len[r], 0);
    (void)answer(t, "a", "yes");
    assert_int_equal(t->rows_len[r], 2);
    assert_string_equal(value(t, "count"), "0");
    (void)answer(t->rows[r][1], "x", "on");
    assert_string_equal(value(t, "count"), "2");
    (void)answer(t, "a", "no");
    assert_string_equal(value(t, "count"), "0");
}

static void test_a_trigger_calculates_once_and_not_at_other_changes(void **state)
{
    const struct form *form = form_of(",text,ask,A,A,,\n,integer,n,N,N,,\n"
                                      ",calculate,noted,,,,${n} + 1,,,,${ask}\n");
    struct answers *t = answers_new(ctx.arena, form);

    (void)state;
    assert_int_equal(answers_recompute(&ctx, t, NULL, NULL), OK);
    (void)answer(t, "n", "4");
    assert_string_equal(value(t, "noted"), "");
    (void)answer(t, "ask", "x");
    assert_string_equal(value(t, "noted"), "5");
    (void)answer(t, "n", "9");
    assert_string_equal(value(t, "noted"), "5");
    assert_int_equal(answers_validate(&ctx, t, true), OK);
    assert_string_equal(value(t, "noted"), "5");
    (void)answer(t, "ask", "y");
    assert_string_equal(value(t, "noted"), "10");
}

static void test_property_knows_the_name_of_who_signed_in_and_no_device(void **state)
{
    static const struct user awa = { .login = "awa.d" };
    struct answers *t =
        answers_new(ctx.arena, form_of(",calculate,who,,,,property('username')\n"
                                       ",calculate,rest,,,,\"concat(property('email'), "
                                       "property('phonenumber'), property('deviceid'))\"\n"));

    (void)state;
    assert_int_equal(answers_recompute(&ctx, t, NULL, NULL), OK);
    assert_string_equal(value(t, "who"), "");
    ctx.user = &awa;
    assert_int_equal(answers_recompute(&ctx, t, NULL, NULL), OK);
    ctx.user = NULL;
    assert_string_equal(value(t, "who"), "awa.d");
    assert_string_equal(value(t, "rest"), "");
}

static const struct form *shuffled_form(void)
{
    static const char csv[] =
        "survey\n,type,name,label::English (en),parameters,choice_filter,calculation\n"
        ",text,by,By,,,\n,integer,most,Most,,,\n"
        ",select_one n,pick,Pick,randomize=true seed=${by},number(name) <= number(${most}),\n"
        ",calculate,there,,,,\"join(' ', randomize(instance('n')/root/item[number(name) <= "
        "number(${most})]/name, ${by}))\"\n"
        ",select_one n,loose,Loose,randomize=true,,\n"
        ",select_one n,other,Other,randomize=true,,\n"
        "choices\n,list_name,name,label::English (en)\n,n,1,a\n,n,2,b\n,n,3,c\n,n,4,d\n"
        ",n,5,e\n,n,6,f\n,n,7,g\n,n,8,h\n,n,9,i\n"
        "settings\n,form_title::English (en),form_id,version\n,T,test,1\n";
    const struct forms *made = NULL;

    if (form_parse(&ctx, &made, "test.csv", csv, strlen(csv)) != OK)
        fail_msg("%s", ctx_first_problem(&ctx));
    return made->items[0];
}

/* The codes that are offered, in their order. */
static const char *offered(const struct answers *t, const char *name)
{
    const struct choice *const *items = NULL;
    const char *out = "";
    size_t len = 0;

    assert_int_equal(answers_choices(&ctx, t, field_find(t->form, name), &items, &len), OK);
    for (size_t i = 0; i < len; i++)
        out = arena_printf(ctx.arena, "%s%s%s", out, i > 0 ? " " : "", items[i]->name);
    return out;
}

static void test_choices_stand_in_the_order_that_randomize_makes_of_the_seed(void **state)
{
    static const char *const seeds[] = {
        "", "0", "1", "42", "-17.8", "2147483648", "1e300", "Awa"
    };
    struct answers *t = answers_new(ctx.arena, shuffled_form());
    size_t moved = 0;

    (void)state;
    assert_int_equal(answers_recompute(&ctx, t, NULL, NULL), OK);
    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        (void)answer(t, "by", seeds[i]);
        (void)answer(t, "most", "9");
        assert_string_equal(offered(t, "pick"), value(t, "there"));
        moved += strcmp(offered(t, "pick"), "1 2 3 4 5 6 7 8 9") != 0;
        (void)answer(t, "most", "4");
        assert_int_equal(strlen(offered(t, "pick")), strlen("1 2 3 4"));
        assert_string_equal(offered(t, "pick"), value(t, "there"));
    }
    assert_true(moved >= 7);
}

static void test_without_a_seed_the_order_hangs_on_the_page_and_the_question(void **state)
{
    static const char *const written = "1 2 3 4 5 6 7 8 9";
    struct answers *t = answers_new(ctx.arena, shuffled_form());
    const char *first;

    (void)state;
    assert_string_equal(offered(t, "loose"), written);
    t->shuffle = "0190f3a2-0000-7000-8000-000000000001";
    first = offered(t, "loose");
    assert_string_not_equal(first, written);
    assert_string_equal(offered(t, "loose"), first);
    assert_string_not_equal(offered(t, "other"), first);
    t->shuffle = "0190f3a2-0000-7000-8000-000000000002";
    assert_string_not_equal(offered(t, "loose"), first);
}

static void test_a_choice_filter_says_which_choices_there_are(void **state)
{
    const struct form *form =
        form_of(",select_one region,region,R,R,,\n"
                ",select_one town,town,T,T,,,,region = ${region},,\n"
                ",select_multiple town,towns,T,T,,,,size > 5 and name != ${town},,\n");
    struct answers *t = answers_new(ctx.arena, form);
    const struct field *town = field_find(form, "town");
    const struct choice *const *items = NULL;
    size_t len = 9;

    (void)state;
    assert_int_equal(answers_choices(&ctx, t, town, &items, &len), OK);
    assert_int_equal(len, 0);
    (void)answer(t, "region", "north");
    assert_int_equal(answers_choices(&ctx, t, town, &items, &len), OK);
    assert_int_equal(len, 2);
    assert_string_equal(items[1]->name, "aga");
    (void)answer(t, "town", "aga");
    assert_int_equal(answers_choices(&ctx, t, field_find(form, "towns"), &items, &len), OK);
    assert_int_equal(len, 1);
    assert_string_equal(items[0]->name, "arl");
    assert_int_equal(answers_choices(&ctx, t, field_find(form, "region"), &items, &len), OK);
    assert_int_equal(len, 2);

    assert_int_equal(answers_validate(&ctx, t, true), OK);
    answers_set(t, town, "dos");
    assert_int_equal(answers_validate(&ctx, t, true), ERR_INVALID);
    assert_string_equal(ctx_problem(&ctx, "town"),
                        "dos is not among the choices of this question.");
}

static void test_expressions_look_into_lists_and_labels(void **state)
{
    const struct form *form = form_of(
        ",select_one region,region,R,Région,,\n,select_one town,town,T,T,,\n"
        ",calculate,size,,,,\"pulldata('town', 'size', 'name', ${town})\"\n"
        ",calculate,label,,,,\"jr:choice-name(${town}, '${town}')\"\n"
        ",calculate,label2,,,,instance('town')/root/item[name = ${town}]/label\n"
        ",calculate,small,,,,instance('town')/root/item[size < 5][1]/name\n"
        ",calculate,near,,,,\"join(' ', instance('town')/root/item[region = current()/../region]"
        "/name)\"\n"
        ",calculate,asked,,,,jr:itext('/data/region:label')\n"
        ",calculate,third,,,,jr:itext('town-2')\n,calculate,made,,,,version()\n");
    struct answers *t = answers_new(ctx.arena, form);

    (void)state;
    ctx.lang = "fr";
    answers_set(t, field_find(form, "region"), "north");
    answers_set(t, field_find(form, "town"), "aga");
    assert_int_equal(answers_validate(&ctx, t, true), OK);
    ctx.lang = "en";
    assert_string_equal(value(t, "size"), "7");
    assert_string_equal(value(t, "label"), "Agadès");
    assert_string_equal(value(t, "label2"), "Agadès");
    assert_string_equal(value(t, "small"), "dos");
    assert_string_equal(value(t, "near"), "arl aga");
    assert_string_equal(value(t, "asked"), "Région");
    assert_string_equal(value(t, "third"), "Dosso");
    assert_string_equal(value(t, "made"), "4");
}

static void test_mistakes_of_expressions_are_told_when_the_form_is_read(void **state)
{
    static const struct {
        const char *survey;
        const char *field;
        const char *part;
    } rows[] = {
        { ",text,a,A,A,../b != '',\n", "test.csv:3:relevant",
          "nothing named b here. (Character 4 of: ../b != '')" },
        { ",text,a,A,A,/data/x/y != '',\n", "test.csv:3:relevant", "nothing named x" },
        { ",calculate,a,,,,instance('town')/root/item[sise > 2]/name\n", "test.csv:3:calculation",
          "nothing named sise" },
        { ",integer,a,A,A,,,count(.) < 'x' + 1\n", "test.csv:3:constraint", "A number belongs" },
        { ",calculate,a,,,,${b}\n,calculate,b,,,,${c}\n,calculate,c,,,,${a}\n",
          "test.csv:3:calculation", "a → b → c → a" },
        { ",begin repeat,r,R,R,,,,,sum(${x}),\n,integer,x,X,X,,\n,end repeat,,,,,\n",
          "test.csv:3:relevant", "r → x → r" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct form *form = NULL;
        const char *told;

        ctx_clear_problems(&ctx);
        assert_int_equal(parse(rows[i].survey, &form), ERR_INVALID);
        told = ctx_problem(&ctx, rows[i].field);
        if (!told || !strstr(told, rows[i].part))
            fail_msg("%s: %s: %s", rows[i].survey, ctx.problems->field, ctx_first_problem(&ctx));
    }
}

/* A chain through the whole form, written back to front. */
static void test_a_long_chain_settles_in_one_walk(void **state)
{
    const struct form *form;
    struct answers *t;
    struct buf b;

    (void)state;
    buf_init(&b, ctx.arena, 1000000);
    for (int i = 0; i < QUESTIONS - 1; i++)
        buf_printf(&b, ",calculate,c%d,,,,${c%d} + 1\n", i, i + 1);
    buf_printf(&b, ",integer,c%d,N,N,,\n", QUESTIONS - 1);
    form = form_of(buf_text(&b));
    t = answers_new(ctx.arena, form);
    assert_int_equal(answers_recompute(&ctx, t, NULL, NULL), OK);
    (void)answer(t, "c999", "1");
    assert_string_equal(value(t, "c0"), "1000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_answer_makes_anew_only_what_depends_on_it),
        cmocka_unit_test(test_what_did_not_change_stops_there),
        cmocka_unit_test(test_rows_see_a_change_outside_and_sums_a_change_inside),
        cmocka_unit_test(test_a_repeat_has_as_many_rows_as_its_count_says),
        cmocka_unit_test(test_a_repeat_keeps_its_rows_while_its_count_is_no_number),
        cmocka_unit_test(test_a_repeat_may_name_its_neighbours_by_path),
        cmocka_unit_test(test_a_trigger_calculates_once_and_not_at_other_changes),
        cmocka_unit_test(test_a_choice_filter_says_which_choices_there_are),
        cmocka_unit_test(test_choices_stand_in_the_order_that_randomize_makes_of_the_seed),
        cmocka_unit_test(test_property_knows_the_name_of_who_signed_in_and_no_device),
        cmocka_unit_test(test_without_a_seed_the_order_hangs_on_the_page_and_the_question),
        cmocka_unit_test(test_expressions_look_into_lists_and_labels),
        cmocka_unit_test(test_mistakes_of_expressions_are_told_when_the_form_is_read),
        cmocka_unit_test(test_a_long_chain_settles_in_one_walk),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
