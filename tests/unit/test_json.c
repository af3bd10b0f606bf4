/* JSON in and out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "plain_ctx.h"

static enum err parse(const char *text)
{
    json_t *root = NULL;
    size_t len = strlen(text);
    enum err rc = json_parse(&ctx, &root, arena_memdup(ctx.arena, text, len), len);

    assert_int_equal(rc == OK, root != NULL);
    return rc;
}

static void strict_json_is_read(void **state)
{
    json_t *root = NULL;
    const char *text = "{\"a\": [1, -2.5, \"\\u00e9\\uD83D\\uDE00\", null, true], \"b\": {}}";

    (void)state;
    assert_int_equal(json_parse(&ctx, &root, text, strlen(text)), OK);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(root, "a"), 0)), 1);
    assert_string_equal(json_string_value(json_array_get(json_object_get(root, "a"), 2)),
                        "é\xF0\x9F\x98\x80");
    assert_int_equal(parse("7"), OK);
    assert_int_equal(parse(" \"x\" "), OK);
}

static void what_is_not_strict_json_is_refused(void **state)
{
    static const char *const refused[] = {
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{'a':1}",
        "{a:1}",
        "[1] x",
        "[1][2]",
        "nul",
        "NaN",
        "[01]",
        "[+1]",
        "[1.]",
        "[.5]",
        "[1e999]",
        "[-1e999]",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "\"\\u0000\"",
        "\"\xFF\"",
        "\"\xED\xA0\x80\"",
        "\"a\nb\"",
        "\"\\x41\"",
        "// c\n1",
        "[99999999999999999999]",
        "\xEF\xBB\xBF[]",
        "\"open",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_int_equal(parse(refused[i]), ERR_INVALID);
}

static void the_same_key_twice_is_refused(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"a\":1,\n\"a\":2}"), ERR_INVALID);
    assert_non_null(strstr(ctx_first_problem(&ctx), "the same key twice, at line 2, column "));
    assert_int_equal(parse("{\"a\":1,\"\\u0061\":2}"), ERR_INVALID);
    assert_int_equal(parse("[{\"a\":1},{\"a\":2}]"), OK);
}

static void depth_is_limited_and_brackets_in_text_do_not_count(void **state)
{
    char text[200] = { 0 };

    (void)state;
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    assert_int_equal(parse(text), OK);
    memset(text, '[', JSON_DEPTH_MAX + 1);
    memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    assert_int_equal(parse(text), ERR_INVALID);
    assert_string_equal(ctx_first_problem(&ctx),
                        "The JSON is nested more than 32 levels deep, at line 1, column 33.");
    assert_int_equal(parse("\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""), OK);
}

static void a_problem_does_not_repeat_what_was_sent(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"name\": Amina}"), ERR_INVALID);
    assert_null(strstr(ctx_first_problem(&ctx), "Amina"));
}

static void the_writer_sets_commas_by_itself(void **state)
{
    struct buf b;
    struct json_out j = { .buf = &b };

    (void)state;
    buf_init(&b, ctx.arena, 1000);
    json_begin_object(&j);
    json_pair(&j, "a", "x\"y");
    json_pair(&j, "b", NULL);
    json_key(&j, "c");
    json_begin_array(&j);
    json_int(&j, INT64_MIN);
    json_decimal(&j, 0.1);
    json_decimal(&j, 1e300 * 1e300);
    json_bool(&j, true);
    json_begin_object(&j);
    json_end_object(&j);
    json_begin_array(&j);
    json_end_array(&j);
    json_out_null(&j);
    json_end_array(&j);
    json_pair(&j, "d", "");
    json_end_object(&j);
    assert_string_equal(buf_text(&b),
                        "{\"a\":\"x\\\"y\",\"b\":null,\"c\":[-9223372036854775808,0.1,"
                        "null,true,{},[],null],\"d\":\"\"}");
    assert_int_equal(parse(buf_text(&b)), OK);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(strict_json_is_read),
        T(what_is_not_strict_json_is_refused),
        T(the_same_key_twice_is_refused),
        T(depth_is_limited_and_brackets_in_text_do_not_count),
        T(a_problem_does_not_repeat_what_was_sent),
        T(the_writer_sets_commas_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
