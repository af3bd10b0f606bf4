/* Expressions of forms: what they give, and what they refuse. */
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
#include "expr/expr.h"
#include "plain_ctx.h"

static const char *const none[] = { NULL };
static const char *const empty[] = { "", NULL };
static const char *const numbers[] = { "3", "", "10", "-2", NULL };
static const char *const codes[] = { "work family health", NULL };
static const char *const born[] = { "1990-06-15", NULL };
static const char *const age[] = { "35", NULL };
static const char *const name[] = { "Aïssata", NULL };
static const char *const dates[] = { "2020-01-31", "2019-12-01", NULL };
static const char *const word[] = { "yes", NULL };
static const char *many[2001];

static const struct {
    const char *name;
    const char *const *values;
} fields[] = {
    { "none", none }, { "empty", empty }, { "numbers", numbers }, { "codes", codes },
    { "born", born }, { "age", age },     { "name", name },       { "dates", dates },
    { "word", word }, { "many", many },
};

static enum err lookup(struct ctx *c, const void *place, const char *const *steps, size_t steps_len,
                       const char *const **values_out, size_t *len_out)
{
    (void)place;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strcmp(fields[i].name, steps[steps_len - 1]) != 0)
            continue;
        *values_out = fields[i].values;
        for (*len_out = 0; fields[i].values[*len_out];)
            (*len_out)++;
        return OK;
    }
    return ctx_fail(c, ERR_NOT_FOUND, "no such field");
}

static const struct expr_host host = { .lookup = lookup,
                                       .self = "2026-11-20",
                                       .today = "2026-11-22",
                                       .now_ms = INT64_C(1795334400000),
                                       .position = 3 };

/* The value as text, or the problem. */
static const char *result(const char *source)
{
    const struct expr *e = NULL;
    struct expr_value v = { 0 };

    ctx_clear_problems(&ctx);
    if (expr_parse(&ctx, &e, source, NULL) != OK || expr_eval(&ctx, &v, e, &host) != OK)
        return arena_printf(ctx.arena, "problem: %s", ctx_first_problem(&ctx));
    assert_string_equal(expr_source(e), source);
    return expr_text(&ctx, &v);
}

struct expected {
    const char *source;
    const char *text;
};

static void check_table(const struct expected *rows, size_t len)
{
    size_t wrong = 0;

    for (size_t i = 0; i < len; i++) {
        const char *got = result(rows[i].source);

        if (strcmp(got, rows[i].text) != 0) {
            print_error("%s gives %s, not %s\n", rows[i].source, got, rows[i].text);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

#define CHECK_TABLE(rows) check_table((rows), sizeof(rows) / sizeof((rows)[0]))

static void test_arithmetic_binds_as_in_xpath(void **state)
{
    static const struct expected rows[] = {
        { "1 + 2 * 3", "7" },
        { "(1 + 2) * 3", "9" },
        { "10 div 4", "2.5" },
        { "10 mod 4", "2" },
        { "-10 mod 4", "-2" },
        { "7 - 2 - 1", "4" },
        { "- 3 + 5", "2" },
        { "--3", "3" },
        { "2 * -3", "-6" },
        { "2147483648 * 4", "8589934592" },
        { "0.1 + 0.2", "0.30000000000000004" },
        { "1 div 3 * 3", "1" },
        { ".5 + 1.", "1.5" },
        { "1 div 0", "Infinity" },
        { "0 div 0", "NaN" },
        { "'a' + 1", "NaN" },
        { "'' + 1", "NaN" },
        { "' 12 ' + 1", "13" },
        { "'-.5' + 0", "-0.5" },
        { "'1e3' + 0", "NaN" },
        { "'.' + 0", "NaN" },
        { "${age} + 1", "36" },
        { "${none} + 1", "NaN" },
        { "true() + true()", "2" },
        { "1000000000000 * 1000", "1000000000000000" },
    };

    (void)state;
    CHECK_TABLE(rows);
}

static void test_comparison_follows_types_and_node_sets(void **state)
{
    static const struct expected rows[] = {
        { "1 < 2 and 2 <= 2 and 3 > 2 and 3 >= 3", "true" },
        { "1 = 1.0", "true" },
        { "'1' = 1.0", "true" },
        { "'1' = '1.0'", "false" },
        { "'b' < 'a'", "false" }, /* words compare as numbers, which they are not */
        { "'10' > '9'", "true" },
        { "true() = 'x'", "true" },
        { "false() = ''", "true" },
        { "true() = 2", "true" },
        { "${word} = 'yes'", "true" },
        { "${word} != 'yes'", "false" },
        { "${empty} = ''", "true" },
        { "${empty} != 'a'", "true" },
        { "${none} = ''", "false" }, /* no row: nothing compares */
        { "${none} != ''", "false" },
        { "${none} = false()", "true" },
        { "${numbers} = 10", "true" },
        { "${numbers} = '10.0'", "false" },
        { "${numbers} != 10", "true" },
        { "${numbers} > 9", "true" },
        { "${numbers} < -2", "false" },
        { "9 < ${numbers}", "true" },
        { "${numbers} = ${age}", "false" },
        { "${numbers} < ${age}", "true" },
        { "1 < 2 < 3", "true" }, /* from left to right: true() < 3 */
        { "3 > 2 > 1", "false" },
        { "1 = 1 = true()", "true" },
        { "0 div 0 = 0 div 0", "false" },
        { "0 div 0 != 0 div 0", "true" },
    };

    (void)state;
    CHECK_TABLE(rows);
}

static void test_dates_compare_as_dates(void **state)
{
    static const struct expected rows[] = {
        { "${born} < today()", "true" },
        { ". <= today()", "true" },
        { ". >= '2026-11-20'", "true" },
        { "today() = '2026-11-22'", "true" },
        { "today() != '2026-11-22'", "false" },
        { "today() > 'soon'", "false" },
        { "'2019-12-31' < '2020-01-01'", "true" },
        { "${dates} < '2019-12-31'", "true" },
        { "${dates} < '2019-11-30'", "false" },
        { "today() - ${born}", "13309" },
        { "today() + 1", "20780" },
        { "date(today() + 1)", "2026-11-23" },
        { "date('2026-11-22T08:00:00Z')", "2026-11-22" },
        { "date(0)", "1970-01-01" },
        { "date('never')", "" },
        { "now()", "2026-11-22T08:00:00.000Z" },
        { "today() < now()", "true" },
        { "today()", "2026-11-22" },
    };

    (void)state;
    CHECK_TABLE(rows);
}

static void test_logic_stops_early_and_words_are_names_elsewhere(void **state)
{
    static const struct expected rows[] = {
        { "true() or ${nowhere}", "true" },
        { "false() and ${nowhere}", "false" },
        { "true() and false() or true()", "true" },
        { "not(${empty})", "true" },
        { "not(${word})", "false" },
        { "boolean('false')", "true" },
        { "boolean(0)", "false" },
        { "boolean(0 div 0)", "false" },
        { "if(true(), 'a', ${nowhere})", "a" },
        { "if(${empty} = '', 0, ${nowhere})", "0" },
        { "coalesce(${empty}, ${none}, 'x', ${nowhere})", "x" },
        { "coalesce(${empty}, '')", "" },
        { "${word}='yes'and${age}=35", "true" },
    };

    (void)state;
    CHECK_TABLE(rows);
}

static void test_functions_of_text_count_characters(void **state)
{
    static const struct expected rows[] = {
        { "string-length(${name})", "7" },
        { "string-length()", "10" },
        { "substring(${name}, 2, 2)", "ïs" },
        { "substring('12345', 1.5, 2.6)", "234" },
        { "substring('12345', 0)", "12345" },
        { "substring('12345', 0 div 0)", "" },
        { "substring('12345', -1, 3)", "1" },
        { "concat('a', 1, true(), ${age})", "a1true35" },
        { "concat(${dates})", "2020-01-312019-12-01" },
        { "contains(${name}, 'ssa')", "true" },
        { "contains('abc', '')", "true" },
        { "starts-with(${name}, 'Aï')", "true" },
        { "starts-with('a', 'ab')", "false" },
        { "normalize-space('  a   b ')", "a b" },
        { "translate('bär', 'äb', 'aB')", "Bar" },
        { "translate('--a--', '-', '')", "a" },
        { "string(0.5)", "0.5" },
        { "string(${none})", "" },
        { "number('12') + 1", "13" },
        { "number(${empty})", "NaN" },
        { "\"it's\"", "it's" },
    };

    (void)state;
    CHECK_TABLE(rows);
}

static void test_functions_of_choices_and_rows(void **state)
{
    static const struct expected rows[] = {
        { "selected(${codes}, 'family')", "true" },
        { "selected(${codes}, 'fam')", "false" },
        { "selected(${codes}, '')", "false" },
        { "selected('', '')", "false" },
        { "count-selected(${codes})", "3" },
        { "count-selected(${empty})", "0" },
        { "selected-at(${codes}, 1)", "family" },
        { "selected-at(${codes}, 3)", "" },
        { "selected-at(${codes}, -1)", "" },
        { "count(${numbers})", "4" },
        { "count(${none})", "0" },
        { "sum(${numbers})", "11" },
        { "sum(${none})", "0" },
        { "min(${numbers})", "-2" },
        { "max(${numbers}, 12)", "12" },
        { "max(${none})", "" },
        { "min(1, 'x')", "NaN" },
        { "position(..)", "3" },
        { "round(2.5)", "3" },
        { "round(-2.5)", "-2" },
        { "round(2.345, 2)", "2.35" },
        { "round(1234, -2)", "1200" },
        { "int(-2.7)", "-2" },
        { "int('7.9')", "7" },
    };

    (void)state;
    CHECK_TABLE(rows);
}

static void test_paths_read_the_field_they_end_with(void **state)
{
    static const struct expected rows[] = {
        { "age", "35" },
        { "../age", "35" },
        { "../../group/age + 1", "36" },
        { "./age", "35" },
        { "/data/group/age", "35" },
        { "${ age }", "35" },
        { ".", "2026-11-20" },
        { "count(/data/numbers)", "4" },
    };

    (void)state;
    CHECK_TABLE(rows);
}

static void test_a_mistake_is_told_with_its_place(void **state)
{
    static const struct {
        const char *source;
        size_t offset;
        const char *part;
    } rows[] = {
        { "", 0, "ends where a value belongs" },
        { "1 +", 3, "ends where a value belongs" },
        { "1 2", 2, "An operator" },
        { "(1", 2, "closing parenthesis" },
        { "1)", 1, "An operator" },
        { "'abc", 0, "never closed" },
        { "${age", 0, "${name}" },
        { "${}", 0, "${name}" },
        { "foo(1)", 0, "no function named foo" },
        { "1 + pulldata('x')", 4, "no function named pulldata" },
        { "if(1, 2)", 0, "if() takes 3 values, not 2" },
        { "not()", 0, "not() takes 1 value, not 0" },
        { "true(1)", 0, "true() takes 0 values, not 1" },
        { "substring('a')", 0, "at least 2 values, not 1" },
        { "round(1, 2, 3)", 0, "as many values as 3" },
        { "selected(${a} 'x')", 14, "A comma" },
        { "a[1]", 1, "square brackets" },
        { "//a", 0, "A value belongs here" },
        { "/data", 0, "/data/group/name" },
        { "a/", 2, "name of a field" },
        { "..", 0, "position(..)" },
        { "position(1)", 0, "position(..)" },
        { "count(..)", 6, "position(..)" },
        { "position(.. = 1)", 12, "position(..)" },
        { "1.2.3", 0, "not a number" },
        { "a and", 5, "ends where a value belongs" },
        { "a & b", 2, "An operator" },
        { "${a} == 'x'", 6, "A value belongs here" },
        { "$age", 0, "A value belongs here" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct expr *e = NULL;
        size_t offset = 999;

        ctx_clear_problems(&ctx);
        if (expr_parse(&ctx, &e, rows[i].source, &offset) != ERR_INVALID || e ||
            offset != rows[i].offset || !strstr(ctx_first_problem(&ctx), rows[i].part))
            fail_msg("%s: at %zu: %s", rows[i].source, offset, ctx_first_problem(&ctx));
    }
}

static void test_names_are_listed_once(void **state)
{
    const struct expr *e = NULL;
    const char *const *names;

    (void)state;
    assert_int_equal(expr_parse(&ctx, &e, "${b} + a + /data/g/b + ../c + . + 'd'", NULL), OK);
    names = expr_names(e);
    assert_string_equal(names[0], "b");
    assert_string_equal(names[1], "a");
    assert_string_equal(names[2], "c");
    assert_null(names[3]);
    assert_int_equal(expr_parse(&ctx, &e, "1 + today()", NULL), OK);
    assert_null(expr_names(e)[0]);
}

static const char *repeated(const char *before, const char *unit, size_t n, const char *after)
{
    struct buf b;

    buf_init(&b, ctx.arena, 1000000);
    buf_add(&b, before);
    for (size_t i = 0; i < n; i++)
        buf_add(&b, unit);
    buf_add(&b, after);
    return buf_text(&b);
}

static void test_nesting_and_length_have_limits_and_chains_have_none(void **state)
{
    const struct expr *e = NULL;

    (void)state;
    assert_int_equal(expr_parse(&ctx, &e, repeated("", "(", EXPR_DEPTH, "1"), NULL), ERR_LIMIT);
    assert_int_equal(expr_parse(&ctx, &e, repeated("", "not(", 5000, "1"), NULL), ERR_LIMIT);
    assert_int_equal(expr_parse(&ctx, &e, repeated("1", " ", EXPR_SOURCE_MAX, ""), NULL),
                     ERR_LIMIT);
    assert_string_equal(result(repeated("1", "+1", 4999, "")), "5000");
    assert_string_equal(result(repeated("", "-", 5000, "1")), "1");
    assert_string_equal(
        result(repeated(repeated("", "(", EXPR_DEPTH - 1, "7"), ")", EXPR_DEPTH - 1, "")), "7");
}

static void test_steps_are_limited(void **state)
{
    struct expr_value v = { 0 };
    const struct expr *e = NULL;

    (void)state;
    for (size_t i = 0; i < 2000; i++)
        many[i] = "x";
    many[2000] = NULL;
    assert_string_equal(result("${many} = 'x'"), "true");
    assert_int_equal(expr_parse(&ctx, &e, "${many} = ${age}", NULL), OK);
    assert_int_equal(expr_eval(&ctx, &v, e, &host), OK);
    assert_int_equal(expr_parse(&ctx, &e, "${many} != ${many} or ${many} = 'y'", NULL), OK);
    assert_int_equal(expr_eval(&ctx, &v, e, &host), ERR_LIMIT);
    many[0] = NULL;
}

static void test_a_literal_is_its_text(void **state)
{
    const struct expr *e = expr_literal(&ctx, "economic social");
    struct expr_value v = { 0 };

    (void)state;
    assert_int_equal(expr_eval(&ctx, &v, e, &host), OK);
    assert_string_equal(expr_text(&ctx, &v), "economic social");
    assert_null(expr_names(e)[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic_binds_as_in_xpath),
        cmocka_unit_test(test_comparison_follows_types_and_node_sets),
        cmocka_unit_test(test_dates_compare_as_dates),
        cmocka_unit_test(test_logic_stops_early_and_words_are_names_elsewhere),
        cmocka_unit_test(test_functions_of_text_count_characters),
        cmocka_unit_test(test_functions_of_choices_and_rows),
        cmocka_unit_test(test_paths_read_the_field_they_end_with),
        cmocka_unit_test(test_a_mistake_is_told_with_its_place),
        cmocka_unit_test(test_names_are_listed_once),
        cmocka_unit_test(test_nesting_and_length_have_limits_and_chains_have_none),
        cmocka_unit_test(test_steps_are_limited),
        cmocka_unit_test(test_a_literal_is_its_text),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
