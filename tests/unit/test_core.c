/* Memory, buffers, text, numbers, dates, ids, problems, options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/asset.h"
#include "core/buf.h"
#include "core/collate.h"
#include "core/date.h"
#include "core/id.h"
#include "core/log.h"
#include "core/opt.h"
#include "core/text.h"
#include "plain_ctx.h"

static void note_order(void *arg)
{
    static int order;

    *(int *)arg = ++order;
}

static void a_rewind_runs_the_cleanups_since_the_mark_newest_first(void **state)
{
    struct arena *a = arena_new(0);
    int order[3] = { 0 };
    struct arena_mark mark;

    (void)state;
    arena_on_free(a, note_order, &order[0]);
    mark = arena_mark(a);
    arena_on_free(a, note_order, &order[1]);
    memset(arena_alloc(a, 100000), 1, 100000);
    arena_on_free(a, note_order, &order[2]);

    arena_rewind(a, mark);
    assert_int_equal(order[0], 0);
    assert_int_equal(order[2], 1);
    assert_int_equal(order[1], 2);
    assert_true(arena_used(a) < 1000);

    arena_free(a);
    assert_int_equal(order[0], 3);
}

static void memory_is_zeroed_again_after_a_rewind(void **state)
{
    struct arena_mark mark = arena_mark(ctx.arena);
    const unsigned char *p;

    (void)state;
    memset(arena_alloc(ctx.arena, 64), 0xFF, 64);
    arena_rewind(ctx.arena, mark);
    p = arena_alloc(ctx.arena, 64);
    for (int i = 0; i < 64; i++)
        assert_int_equal(p[i], 0);
    assert_int_equal((uintptr_t)arena_alloc(ctx.arena, 1) % _Alignof(max_align_t), 0);
}

static void an_arena_tells_when_its_budget_is_used_up(void **state)
{
    struct arena *a = arena_new(1000);
    struct buf b;

    (void)state;
    assert_false(arena_over_budget(a));
    buf_init(&b, a, 1000000);
    for (int i = 0; i < 100; i++)
        buf_add(&b, "0123456789012345678901234567890123456789");
    assert_false(buf_ok(&b)); /* the buffer stops before the budget does */
    assert_false(arena_over_budget(a));
    (void)arena_alloc(a, 1001);
    assert_true(arena_over_budget(a));
    arena_free(a);
}

static void a_buffer_never_grows_beyond_its_maximum_and_stays_failed(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, ctx.arena, 5);
    assert_string_equal(buf_text(&b), "");
    buf_add(&b, "12345");
    assert_true(buf_ok(&b));
    assert_string_equal(buf_text(&b), "12345");
    buf_add_char(&b, '6');
    assert_false(buf_ok(&b));
    assert_string_equal(buf_text(&b), "");
    buf_add(&b, "");
    assert_false(buf_ok(&b));
    assert_int_equal(b.len, 5);

    buf_clear(&b);
    buf_printf(&b, "%d", 12345);
    assert_string_equal(buf_text(&b), "12345");
    buf_clear(&b);
    buf_printf(&b, "%d", 123456);
    assert_false(buf_ok(&b));

    buf_clear(&b);
    buf_room(&b, 5);
    assert_true(buf_ok(&b));
    assert_int_equal(b.len, 0);
    buf_room(&b, 6);
    assert_false(buf_ok(&b));
}

static void a_buffer_escapes_for_html_urls_and_json(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, ctx.arena, 1000);
    buf_add_html(&b, "<a href=\"x\">'&'</a>");
    assert_string_equal(buf_text(&b), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    buf_clear(&b);
    buf_add_url(&b, "a b/é?~");
    assert_string_equal(buf_text(&b), "a%20b%2F%C3%A9%3F~");
    for (int c = 1; c < 256; c++) { /* letters, digits and - . _ ~ stand for themselves */
        const char one[] = { (char)c, '\0' };
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("-._~", c);

        buf_clear(&b);
        buf_add_url(&b, one);
        assert_int_equal(b.len, plain ? 1 : 3);
    }
    buf_clear(&b);
    buf_add_json(&b, "\"\\\n\x01</script>é");
    assert_string_equal(buf_text(&b), "\"\\\"\\\\\\n\\u0001\\u003C/script>é\"");
    buf_clear(&b);
    buf_add_codepoint(&b, 'a');
    buf_add_codepoint(&b, 0xE9);
    buf_add_codepoint(&b, 0x0639);
    buf_add_codepoint(&b, 0x1F600);
    assert_string_equal(buf_text(&b), "aéع\xF0\x9F\x98\x80");
    buf_add_codepoint(&b, 0xD800);
    assert_false(buf_ok(&b));
}

struct utf8_case {
    const char *bytes;
    size_t len;
    size_t bad_at; /* (size_t)-1: valid */
};

static void utf8_is_checked_as_the_unicode_standard_says(void **state)
{
    static const struct utf8_case cases[] = {
        { "", 0, (size_t)-1 },
        { "plain text of more than eight bytes", 35, (size_t)-1 },
        { "\xC3\xA9\xD8\xB9\xE2\x82\xAC\xF0\x9F\x98\x80", 11, (size_t)-1 },
        { "\xEF\xBF\xBF\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80", 13, (size_t)-1 },
        { "ab\0c", 4, 2 },               /* NUL */
        { "12345678abc\0efgh", 16, 11 }, /* NUL within a word */
        { "a\x80", 2, 1 },               /* continuation alone */
        { "\xC0\xAF", 2, 0 },            /* overlong */
        { "\xC1\xBF", 2, 0 },
        { "\xE0\x9F\xBF", 3, 0 },
        { "\xF0\x8F\xBF\xBF", 4, 0 },
        { "\xED\xA0\x80", 3, 0 },     /* surrogate */
        { "\xF4\x90\x80\x80", 4, 0 }, /* beyond the last */
        { "\xF5\x80\x80\x80", 4, 0 },
        { "\xFF", 1, 0 },
        { "abcdefgh\xE2\x82", 10, 8 }, /* cut short */
        { "\xE2\x28\xA1", 3, 0 },
        { "\xF0\x9F\x98z", 4, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t bad_at = (size_t)-1;
        char *exact = arena_memdup(ctx.arena, cases[i].bytes, cases[i].len);

        assert_int_equal(text_valid(exact, cases[i].len, &bad_at), cases[i].bad_at == (size_t)-1);
        assert_int_equal(bad_at, cases[i].bad_at);
    }
}

static void text_is_trimmed_split_and_compared(void **state)
{
    size_t len;
    char **parts;

    (void)state;
    assert_string_equal(text_trim(ctx.arena, " \t\xC2\xA0\xEF\xBB\xBF"
                                             "a b\xE2\x80\x8F\n"),
                        "a b");
    assert_string_equal(text_trim(ctx.arena, " \n"), "");
    assert_true(text_blank(NULL));
    assert_true(text_blank(" \xE2\x80\x8B"));
    assert_false(text_blank(" x"));

    parts = text_split(ctx.arena, ",a,,b", ',', false, &len);
    assert_int_equal(len, 4);
    assert_string_equal(parts[0], "");
    assert_string_equal(parts[3], "b");
    assert_null(parts[4]);
    (void)text_split(ctx.arena, ",a,,b", ',', true, &len);
    assert_int_equal(len, 2);
    (void)text_split(ctx.arena, "", ',', false, &len);
    assert_int_equal(len, 1);

    assert_true(text_equal(NULL, NULL));
    assert_false(text_equal(NULL, ""));
    assert_true(text_compare(NULL, "") < 0);
    assert_true(text_starts("content/forms", "content/"));
    assert_false(text_ends("mo", ".mo"));
    assert_int_equal(text_codepoints("aéع\xF0\x9F\x98\x80"), 4);
    assert_int_equal(ascii_casecmp("Content-Type", "content-tYPE"), 0);
    assert_true(ascii_casecmp("a", "ab") < 0);
}

static int order_of(const char *lang, const char *a, const char *b)
{
    ctx.lang = lang;
    return strcmp(collate_key(&ctx, a), collate_key(&ctx, b));
}

static void words_stand_in_the_alphabet_of_the_reader(void **state)
{
    const char *was = ctx.lang;

    (void)state;
    assert_true(order_of("fr", "Åland", "Albanie") < 0);
    assert_true(order_of("fr", "Zimbabwe", "Érythrée") > 0);
    assert_true(order_of("en", "Niger", "Nigeria") < 0);
    assert_true(order_of("es", "Ñandú", "Nube") > 0); /* a letter of its own, behind n */
    assert_true(order_of("fr", "Ñandú", "Nube") < 0);
    assert_true(order_of("ar", "أفغانستان", "الأردن") < 0);
    assert_true(order_of("ar", "إثيوبيا", "تونس") < 0);
    assert_true(order_of("a language that is longer than any name of one", "a", "b") < 0);
    ctx.lang = was;
}

static void a_name_has_41_characters_at_most(void **state)
{
    (void)state;
    assert_true(text_is_name("a"));
    assert_true(text_is_name("names_2"));
    assert_true(text_is_name("a2345678901234567890123456789012345678901"));
    assert_false(text_is_name("a23456789012345678901234567890123456789012"));
    assert_false(text_is_name(""));
    assert_false(text_is_name(NULL));
    assert_false(text_is_name("2a"));
    assert_false(text_is_name("_a"));
    assert_false(text_is_name("aB"));
    assert_false(text_is_name("a-b"));
}

static void integers_are_read_whole_and_within_their_bounds(void **state)
{
    static const char *const refused[] = { "",    "-",
                                           "+5",  " 5",
                                           "5 ",  "5.0",
                                           "0x5", "1e3",
                                           "٣",   "9223372036854775808",
                                           "11",  "-11",
                                           "--1", "-9223372036854775809" };
    int64_t n = 77;

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_false(parse_int(refused[i], -10, 10, &n));
    assert_false(parse_int(NULL, -10, 10, &n));
    assert_int_equal(n, 77);
    assert_true(parse_int("-10", -10, 10, &n));
    assert_int_equal(n, -10);
    assert_true(parse_int("010", -10, 10, &n));
    assert_int_equal(n, 10);
    assert_true(parse_int("-9223372036854775808", INT64_MIN, INT64_MAX, &n));
    assert_true(n == INT64_MIN);
    assert_true(parse_int("9223372036854775807", INT64_MIN, INT64_MAX, &n));
    assert_true(n == INT64_MAX);
    assert_false(parse_int("9223372036854775808", INT64_MIN, INT64_MAX, &n));
    assert_false(parse_int("-9223372036854775809", INT64_MIN, INT64_MAX, &n));
}

static void decimals_are_read_strictly(void **state)
{
    static const char *const refused[] = { "",    ".",   "5.", ".5", "1e5", "inf", "nan",
                                           "0x1", "1,5", " 1", "1 ", "+1",  "--1", "1.2.3" };
    double d = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_false(parse_decimal(refused[i], &d));
    assert_true(d == 7);
    assert_true(parse_decimal("-12.5", &d));
    assert_true(d == -12.5);
    assert_true(parse_decimal("007", &d));
    assert_true(d == 7);
}

static void decimal_text_reads_back_as_the_same_number(void **state)
{
    static const double numbers[] = { 0.1,         1.0 / 3,
                                      -2.5,        1e21,
                                      1e-7,        5e-324,
                                      100,         1.7976931348623157e308,
                                      123456.789,  0.30000000000000004,
                                      12,          9007199254740993.0,
                                      2147483648.0 };
    double back;

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const char *text = decimal_text(ctx.arena, numbers[i]);

        assert_null(strpbrk(text, "eE"));
        assert_true(parse_decimal(text, &back));
        assert_true(back == numbers[i]);
    }
    assert_string_equal(decimal_text(ctx.arena, 0.1), "0.1");
    assert_string_equal(decimal_text(ctx.arena, -12.5), "-12.5");
    assert_string_equal(decimal_text(ctx.arena, 2147483648.0), "2147483648");
    assert_string_equal(decimal_text(ctx.arena, 1e21), "1000000000000000000000");
    assert_string_equal(decimal_text(ctx.arena, 0.00125), "0.00125");
    assert_string_equal(decimal_text(ctx.arena, -0.0), "0");
    assert_string_equal(decimal_text(ctx.arena, 1e300 * 1e300), "Infinity");
}

static void hexadecimal_and_base64url_come_back_as_they_went(void **state)
{
    static const unsigned char bytes[] = { 0x00, 0xFF, 0x10, 0xFB, 0xEF };
    unsigned char back[5];
    void *out;
    size_t len;

    (void)state;
    assert_string_equal(hex_text(ctx.arena, bytes, 5), "00ff10fbef");
    assert_true(hex_parse("00FF10fbef", back, 5));
    assert_memory_equal(back, bytes, 5);
    assert_false(hex_parse("00ff10fbe", back, 5));
    assert_false(hex_parse("00ff10fbeg", back, 5));

    for (size_t n = 0; n <= 5; n++) {
        const char *text = base64url_text(ctx.arena, bytes, n);

        assert_true(base64url_parse(ctx.arena, text, &out, &len));
        assert_int_equal(len, n);
        assert_memory_equal(out, bytes, n);
    }
    assert_string_equal(base64url_text(ctx.arena, bytes, 5), "AP8Q--8");
    assert_false(base64url_parse(ctx.arena, "A", &out, &len));
    assert_false(base64url_parse(ctx.arena, "AP8Q--9", &out, &len)); /* bits left over */
    assert_false(base64url_parse(ctx.arena, "AP8Q++8", &out, &len));
    assert_false(base64url_parse(ctx.arena, "AP8=", &out, &len));
}

static void secrets_are_compared_whole(void **state)
{
    (void)state;
    assert_true(secret_equal("abc", "abd", 2));
    assert_false(secret_equal("abc", "abd", 3));
}

static void dates_follow_the_calendar(void **state)
{
    static const char *const refused[] = { "2023-02-29", "1900-02-29", "2026-13-01", "2026-00-10",
                                           "2026-01-00", "2026-04-31", "2026-1-1",   "2026-01-011",
                                           "0000-01-01", "2026/01/01", "",           "2026-01-0a" };
    int64_t before = 0;
    int64_t days = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_false(date_valid(refused[i]));
    assert_false(date_valid(NULL));
    assert_true(date_valid("2000-02-29"));
    assert_true(date_to_days("1970-01-01", &days));
    assert_int_equal(days, 0);
    assert_true(date_to_days("2000-03-01", &days));
    assert_int_equal(days, 11017);
    assert_true(date_to_days("0001-01-01", &before));
    assert_int_equal(before, -719162);
    for (days = before; days <= 2932896; days += 1) { /* every day of 9,999 years, in order */
        struct arena_mark mark = arena_mark(ctx.arena);
        int64_t back = 0;

        assert_true(date_to_days(date_from_days(ctx.arena, days), &back));
        assert_true(back == days);
        arena_rewind(ctx.arena, mark);
        if (days > before + 1000 && days < 2932896 - 1000)
            days += 96;
    }
    assert_string_equal(date_from_days(ctx.arena, 2932896), "9999-12-31");
    assert_null(date_from_days(ctx.arena, 2932897));
    assert_null(date_from_days(ctx.arena, before - 1));
}

static void months_are_added_within_their_length(void **state)
{
    (void)state;
    assert_string_equal(date_add_months(ctx.arena, "2026-01-31", 1), "2026-02-28");
    assert_string_equal(date_add_months(ctx.arena, "2024-01-31", 1), "2024-02-29");
    assert_string_equal(date_add_months(ctx.arena, "2026-11-30", 3), "2027-02-28");
    assert_string_equal(date_add_months(ctx.arena, "2026-01-15", -1), "2025-12-15");
    assert_string_equal(date_add_months(ctx.arena, "2026-03-31", -13), "2025-02-28");
    assert_null(date_add_months(ctx.arena, "9999-12-01", 1));
    assert_null(date_add_months(ctx.arena, "0001-01-01", -1));
    assert_null(date_add_months(ctx.arena, "2026-02-30", 1));
}

static void an_age_changes_on_the_birthday(void **state)
{
    (void)state;
    assert_int_equal(date_age("2008-06-15", "2026-06-14"), 17);
    assert_int_equal(date_age("2008-06-15", "2026-06-15"), 18);
    assert_int_equal(date_age("2008-02-29", "2026-02-28"), 17);
    assert_int_equal(date_age("2008-02-29", "2026-03-01"), 18);
    assert_int_equal(date_age("2008-02-29", "2028-02-29"), 20);
    assert_int_equal(date_age("2026-06-15", "2026-06-15"), 0);
    assert_int_equal(date_age("2026-06-16", "2026-06-15"), -1);
    assert_int_equal(date_age("", "2026-06-15"), -1);
}

static void moments_are_written_and_read_back(void **state)
{
    static const char *const refused[] = {
        "2026-11-22T05:56:46.Z",     "2026-11-22T24:00:00Z",
        "2026-11-22T05:56:46",       "2026-11-22 05:56:46Z",
        "2026-11-22T05:56:46.123Zx", "2026-11-22T05:56:46+2:00",
        "2026-11-22T05:56:46+15:00", "2026-11-22",
        "2026-11-22T05:60:00Z",      "0001-01-01T00:00:00+01:00"
    };
    int64_t ms = 0;

    (void)state;
    assert_string_equal(moment_text(ctx.arena, 1795327006123), "2026-11-22T05:56:46.123Z");
    assert_string_equal(moment_text(ctx.arena, -1), "1969-12-31T23:59:59.999Z");
    assert_string_equal(moment_text(ctx.arena, INT64_MIN), "0001-01-01T00:00:00.000Z");
    assert_string_equal(moment_text(ctx.arena, INT64_MAX), "9999-12-31T23:59:59.999Z");
    assert_true(moment_parse("2026-11-22T05:56:46.123Z", &ms));
    assert_int_equal(ms, 1795327006123);
    assert_true(moment_parse("2026-11-22T07:56:46.123456789+02:00", &ms));
    assert_int_equal(ms, 1795327006123);
    assert_true(moment_parse("2026-11-22T05:56:46.1Z", &ms));
    assert_int_equal(ms, 1795327006100);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_false(moment_parse(refused[i], &ms));
    assert_false(moment_parse(NULL, &ms));
}

static void today_is_the_day_in_the_time_zone_of_the_office(void **state)
{
    (void)state;
    ctx.now_ms = 1795390200000; /* 2026-11-22T23:30:00Z */
    assert_string_equal(ctx_today(&ctx), "2026-11-23");
    ctx.time_zone = "America/Bogota";
    assert_string_equal(ctx_today(&ctx), "2026-11-22");
    ctx.time_zone = "Nowhere/At_All";
    assert_string_equal(ctx_today(&ctx), "2026-11-22");
    ctx.time_zone = NULL;
    assert_string_equal(ctx_today(&ctx), "2026-11-22");
    assert_string_equal(moment_local(ctx.arena, 1795390200000, "Asia/Kathmandu"),
                        "2026-11-23 05:15");
    assert_string_equal(moment_local(ctx.arena, 1784757600000, "Europe/Paris"), /* summer */
                        "2026-07-23 00:00");
}

static void more_time_zones_than_are_kept_still_answer(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++)
        for (int h = -12; h <= 12; h++) {
            const char *name = arena_printf(ctx.arena, "Etc/GMT%+d", h);

            assert_int_equal(moment_offset_ms(0, name), -h * 3600000);
        }
}

/* Moments before and after three changes of clocks, asked in any order. */
static void clocks_change_at_the_right_moment_in_whatever_order_they_are_asked(void **state)
{
    static const struct {
        const char *zone;
        int64_t change;
        int before, after;                                      /* minutes */
    } changes[] = { { "Europe/Paris", 1774746000000, 60, 120 }, /* 29 March 2026 01:00 UTC */
                    { "Europe/Paris", 1792890000000, 120, 60 }, /* 25 October 2026 01:00 UTC */
                    { "Europe/Paris", 1743296400000, 60, 120 }, /* 30 March 2025 */
                    { "America/New_York", 1772953200000, -300, -240 }, /* 8 March 2026 07:00 UTC */
                    { "Asia/Kathmandu", 504901800000, 330, 345 } };    /* 1 January 1986 */
    const size_t len = sizeof changes / sizeof changes[0];

    (void)state;
    for (size_t i = 0; i < 7 * len; i++) {
        const size_t at = i * 3 % len;
        const int64_t t = changes[at].change;
        const char *zone = changes[at].zone;

        assert_int_equal(moment_offset_ms(t, zone), changes[at].after * 60000);
        assert_int_equal(moment_offset_ms(t - 1, zone), changes[at].before * 60000);
        assert_int_equal(moment_offset_ms(t + 86400000, zone), changes[at].after * 60000);
        assert_int_equal(moment_offset_ms(t - 86400000, zone), changes[at].before * 60000);
    }
    assert_int_equal(moment_offset_ms(-1, "UTC"), 0);
    assert_string_equal(moment_date(ctx.arena, -62135596800000, "UTC"), "0001-01-01");
}

static void ids_grow_even_when_the_clock_is_set_back(void **state)
{
    const char *last = id_new(ctx.arena, 1795327006123);

    (void)state;
    assert_true(id_valid(last));
    assert_memory_equal(last, "01a201d4-15ab-7", 15);
    for (int i = 0; i < 10000; i++) {
        const char *next = id_new(ctx.arena, 1795327006123 - INT64_C(1000) * i);

        assert_true(id_valid(next));
        assert_true(strcmp(last, next) < 0);
        last = next;
    }
}

static void an_id_is_36_characters_in_lower_case(void **state)
{
    (void)state;
    assert_true(id_valid("019a0000-0000-7000-8000-00000000000a"));
    assert_false(id_valid("019A0000-0000-7000-8000-00000000000a"));
    assert_false(id_valid("019a0000-0000-7000-8000-00000000000"));
    assert_false(id_valid("019a0000-0000-7000-8000-00000000000ab"));
    assert_false(id_valid("019a00000-000-7000-8000-00000000000a"));
    assert_false(id_valid(""));
    assert_false(id_valid(NULL));
}

static void problems_are_kept_oldest_first_and_found_by_field(void **state)
{
    (void)state;
    assert_string_equal(ctx_first_problem(&ctx), "");
    assert_int_equal(ctx_fail_field(&ctx, "reason", "Say why."), ERR_INVALID);
    assert_int_equal(ctx_fail(&ctx, ERR_CONFLICT, "Changed meanwhile."), ERR_CONFLICT);
    assert_int_equal(ctx_fail_field(&ctx, "reason", "Second."), ERR_INVALID);
    assert_string_equal(ctx_problem(&ctx, "reason"), "Say why.");
    assert_string_equal(ctx_problem(&ctx, NULL), "Changed meanwhile.");
    assert_null(ctx_problem(&ctx, "other"));
    assert_string_equal(ctx_first_problem(&ctx), "Say why.");
    ctx_clear_problems(&ctx);
    assert_null(ctx_problem(&ctx, "reason"));
}

static void every_error_has_its_status_and_exit_code(void **state)
{
    (void)state;
    assert_int_equal(err_http_status(OK), 200);
    assert_int_equal(err_http_status(ERR_INVALID), 422);
    assert_int_equal(err_http_status(ERR_NOT_FOUND), 404);
    assert_int_equal(err_http_status(ERR_BUSY), 503);
    assert_int_equal(err_exit_code(OK), 0);
    for (int rc = ERR_INVALID; rc <= ERR_INTERNAL; rc++)
        assert_int_equal(err_exit_code((enum err)rc), rc + 1);
    assert_string_equal(err_name(ERR_NOT_FOUND), "not_found");
}

static void a_log_line_stays_one_line_and_is_cut_at_its_limit(void **state)
{
    char text[4096] = { 0 };
    char *wide = arena_alloc(ctx.arena, 5000);
    int saved = dup(STDERR_FILENO);
    int ends[2];
    ssize_t len;

    (void)state;
    memset(wide, 'x', 4999);
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    log_init("worker", LOG_LEVEL_INFO);
    log_debug("not written");
    log_warn("two\nlines \033[2J%d", 5);
    log_info("%s", wide);
    (void)dup2(saved, STDERR_FILENO);
    (void)close(saved);
    (void)close(ends[1]);
    len = read(ends[0], text, sizeof(text) - 1);
    (void)close(ends[0]);

    assert_true(len > 2048 && len < 2300);
    assert_non_null(strstr(text, "] warn: two lines  [2J5\n"));
    assert_non_null(strstr(text, "worker["));
    assert_int_equal(text[len - 1], '\n');
    assert_int_equal(strcspn(strchr(text, '\n') + 1, "\n"), (size_t)len - strcspn(text, "\n") - 2);
}

static const struct opt_spec specs[] = {
    { "database", "FILE", "The database.", true },
    { "lan", NULL, "Serve the office network.", false },
    { 0 },
};

static void options_are_read_in_both_forms_beside_words(void **state)
{
    char *argv[] = { (char[]){ "serve" }, (char[]){ "one" }, (char[]){ "--database=a=b" },
                     (char[]){ "--lan" }, (char[]){ "-" },   (char[]){ "--" },
                     (char[]){ "--two" } };
    char *other[] = { (char[]){ "serve" }, (char[]){ "--database" }, (char[]){ "file" } };
    struct opts *o = NULL;

    (void)state;
    assert_int_equal(opts_parse(&ctx, &o, specs, "usage", 7, argv), OK);
    assert_string_equal(opt_text(o, "database"), "a=b");
    assert_true(opt_flag(o, "lan"));
    assert_int_equal(opt_words(o), 3);
    assert_string_equal(opt_word(o, 2), "--two");
    assert_null(opt_word(o, 3));
    assert_int_equal(opts_parse(&ctx, &o, specs, "usage", 3, other), OK);
    assert_string_equal(opt_text(o, "database"), "file");
    assert_false(opt_flag(o, "lan"));
}

static void given_refused(const char *first, const char *second, const char *problem)
{
    char *argv[] = { arena_strdup(ctx.arena, "serve"), arena_strdup(ctx.arena, first),
                     second ? arena_strdup(ctx.arena, second) : NULL };
    struct opts *o = NULL;

    ctx_clear_problems(&ctx);
    assert_int_equal(opts_parse(&ctx, &o, specs, "usage", second ? 3 : 2, argv), ERR_INVALID);
    assert_string_equal(ctx_first_problem(&ctx), problem);
    assert_null(o);
}

static void wrong_options_are_refused_with_a_hint(void **state)
{
    (void)state;
    given_refused("--databse=x", NULL, "There is no option --databse. Did you mean --database?");
    given_refused("--zebra", NULL, "There is no option --zebra. Type --help to see them all.");
    given_refused("--database", NULL, "The option --database needs a value: --database FILE");
    given_refused("--lan=1", NULL, "The option --lan takes no value.");
    given_refused("--lan", "--lan", "The option --lan is given twice.");
    given_refused("--lan", NULL, "The option --database is missing.");
    given_refused("-x", NULL, "Options are written in full, such as --help; -x is not known.");
    given_refused("\xFF", NULL, "Argument 1 is not UTF-8 text.");
}

static void write_file(const char *path, const char *text, size_t len)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void a_content_directory_replaces_and_adds_files(void **state)
{
    char dir[] = "/tmp/homeward-test-XXXXXX";
    const char *added;
    const char *odd;
    const char *sub;
    const struct asset *const *list;

    (void)state;
    assert_non_null(mkdtemp(dir));
    sub = arena_printf(ctx.arena, "%s/forms", dir);
    added = arena_printf(ctx.arena, "%s/aaa_test.csv", sub);
    odd = arena_printf(ctx.arena, "%s/no good.csv", sub);
    assert_int_equal(mkdir(sub, 0700), 0);
    write_file(added, "x\n", 2);
    assert_int_equal(asset_use_directory(&ctx, dir), OK);
    assert_non_null(asset_find("content/forms/aaa_test.csv"));
    assert_memory_equal(asset_find("content/forms/aaa_test.csv")->bytes, "x\n", 2);
    assert_int_equal(strlen(asset_find("content/forms/aaa_test.csv")->hash), 16);
    assert_null(asset_find("content/forms/aaa_test.cs"));
    assert_null(asset_find("../forms/aaa_test.csv"));
    list = asset_list(ctx.arena, "content/");
    for (size_t i = 0; list[i] && list[i + 1]; i++)
        assert_true(strcmp(list[i]->name, list[i + 1]->name) < 0);
    assert_string_equal(asset_list(ctx.arena, "content/forms/aaa")[0]->name,
                        "content/forms/aaa_test.csv");

    write_file(odd, "y\n", 2);
    assert_int_equal(asset_use_directory(&ctx, dir), ERR_INVALID);
    assert_non_null(asset_find("content/forms/aaa_test.csv")); /* what was there stays */
    assert_int_equal(unlink(odd), 0);
    assert_int_equal(unlink(added), 0);
    assert_int_equal(rmdir(sub), 0);
    assert_int_equal(asset_use_directory(&ctx, dir), OK);
    assert_null(asset_find("content/forms/aaa_test.csv"));
    assert_int_equal(rmdir(dir), 0);
    assert_int_equal(asset_use_directory(&ctx, dir), ERR_IO);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_rewind_runs_the_cleanups_since_the_mark_newest_first),
        T(memory_is_zeroed_again_after_a_rewind),
        T(an_arena_tells_when_its_budget_is_used_up),
        T(a_buffer_never_grows_beyond_its_maximum_and_stays_failed),
        T(a_buffer_escapes_for_html_urls_and_json),
        T(utf8_is_checked_as_the_unicode_standard_says),
        T(text_is_trimmed_split_and_compared),
        T(words_stand_in_the_alphabet_of_the_reader),
        T(a_name_has_41_characters_at_most),
        T(integers_are_read_whole_and_within_their_bounds),
        T(decimals_are_read_strictly),
        T(decimal_text_reads_back_as_the_same_number),
        T(hexadecimal_and_base64url_come_back_as_they_went),
        T(secrets_are_compared_whole),
        T(dates_follow_the_calendar),
        T(months_are_added_within_their_length),
        T(an_age_changes_on_the_birthday),
        T(moments_are_written_and_read_back),
        T(today_is_the_day_in_the_time_zone_of_the_office),
        T(more_time_zones_than_are_kept_still_answer),
        T(clocks_change_at_the_right_moment_in_whatever_order_they_are_asked),
        T(ids_grow_even_when_the_clock_is_set_back),
        T(an_id_is_36_characters_in_lower_case),
        T(problems_are_kept_oldest_first_and_found_by_field),
        T(every_error_has_its_status_and_exit_code),
        T(a_log_line_stays_one_line_and_is_cut_at_its_limit),
        T(options_are_read_in_both_forms_beside_words),
        T(wrong_options_are_refused_with_a_hint),
        T(a_content_directory_replaces_and_adds_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
