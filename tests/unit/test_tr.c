/* Translation: patterns, plurals, catalogues (whole and damaged), directions, dates, numbers. */
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
#include "core/date.h"
#include "core/mo.h"
#include "core/tr.h"
#include "plain_ctx.h"

#define TASKS "{0, plural, one {# task} other {# tasks}}"

struct entry {
    const char *english;
    const char *text;
};

/* In byte order of the English, as msgfmt writes them; the first is the header. */
static const struct entry arabic[] = {
    { "", "Language: ar\n" },
    { "Broken", "\xFF" },
    { "Empty", "" },
    { "Hello {0}", "مرحبا {0}" },
    { TASKS, "{0, plural, zero {صفر} one {واحد} two {اثنان} few {# قليل} many {# كثير} "
             "other {# آخر}}" },
};

static const struct entry french[] = {
    { "", "Language: fr\n" },
    { "Hello {0}", "Bonjour {0} {" },
    { TASKS, "{0, plural, one {# tâche} other {# tâches}}" },
};

static void put32(struct buf *b, size_t n)
{
    for (int i = 0; i < 4; i++)
        buf_add_char(b, (char)(n >> (8 * i) & 0xFF));
}

/* A catalogue as msgfmt lays it out: header, two tables, texts. */
static void write_mo(struct buf *b, const struct entry *entries, size_t len)
{
    size_t at = 28 + len * 16;

    put32(b, 0x950412DE);
    put32(b, 0);
    put32(b, len);
    put32(b, 28);
    put32(b, 28 + len * 8);
    put32(b, 0);
    put32(b, at);
    for (size_t i = 0; i < len * 2; i++) {
        const struct entry *e = &entries[i % len];
        size_t text_len = strlen(i < len ? e->english : e->text);

        put32(b, text_len);
        put32(b, at);
        at += text_len + 1;
    }
    for (size_t i = 0; i < len * 2; i++) {
        buf_add(b, i < len ? entries[i % len].english : entries[i % len].text);
        buf_add_char(b, '\0');
    }
}

static void write_file(const char *path, const struct buf *b)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_true(buf_ok(b));
    assert_int_equal(fwrite(b->data, 1, b->len, f), b->len);
    assert_int_equal(fclose(f), 0);
}

/* The program with catalogues of this test in place of the shipped ones. */
static int setup_catalogues(void **state)
{
    char dir[] = "/tmp/homeward-test-XXXXXX";
    const char *paths[3];
    const char *folder;
    struct buf b;

    (void)setup(state);
    assert_non_null(mkdtemp(dir));
    folder = arena_printf(ctx.arena, "%s/i18n", dir);
    paths[0] = arena_printf(ctx.arena, "%s/ar.mo", folder);
    paths[1] = arena_printf(ctx.arena, "%s/fr.mo", folder);
    paths[2] = arena_printf(ctx.arena, "%s/zz.mo", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    buf_init(&b, ctx.arena, 10000);
    write_mo(&b, arabic, sizeof(arabic) / sizeof(arabic[0]));
    write_file(paths[0], &b);
    buf_clear(&b);
    write_mo(&b, french, sizeof(french) / sizeof(french[0]));
    write_file(paths[1], &b);
    buf_clear(&b);
    buf_add(&b, "not a catalogue");
    write_file(paths[2], &b);
    assert_int_equal(asset_use_directory(&ctx, dir), OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(unlink(paths[i]), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(rmdir(dir), 0);
    return 0;
}

static int teardown_catalogues(void **state)
{
    char dir[] = "/tmp/homeward-test-XXXXXX";

    assert_non_null(mkdtemp(dir));
    assert_int_equal(asset_use_directory(&ctx, dir), OK); /* nothing replaced again */
    assert_int_equal(rmdir(dir), 0);
    return teardown(state);
}

static void arguments_take_their_places(void **state)
{
    (void)state;
    assert_string_equal(tr(&ctx, "Nothing."), "Nothing.");
    assert_string_equal(tr(&ctx, ""), "");
    assert_string_equal(tr(&ctx, "Case {0} isn't {1} of {0}.", TR_TEXT("A"), TR_INT(-12345)),
                        "Case A isn't -12345 of A.");
    assert_string_equal(tr(&ctx, "{0}|{1}", TR_TEXT(NULL), TR_TEXT("{1}<")), "|{1}<");
    assert_string_equal(tr(&ctx, "On {0}", TR_DATE("2026-11-22")), "On 22 Nov 2026");
    assert_string_equal(tr(&ctx, "# {0} }", TR_INT(1)), "# 1 }");
}

static void english_plurals_and_exact_numbers_are_chosen(void **state)
{
    const char *pattern = "{0, plural, other {# tasks are} one {# task is} =0 {No task is}} open "
                          "in {1}.";

    (void)state;
    assert_string_equal(tr(&ctx, pattern, TR_INT(0), TR_TEXT("X")), "No task is open in X.");
    assert_string_equal(tr(&ctx, pattern, TR_INT(1), TR_TEXT("X")), "1 task is open in X.");
    assert_string_equal(tr(&ctx, pattern, TR_INT(2), TR_TEXT("X")), "2 tasks are open in X.");
    assert_string_equal(tr(&ctx, pattern, TR_INT(-1), TR_TEXT("X")), "-1 task is open in X.");
}

static void select_takes_the_word_or_other(void **state)
{
    const char *pattern = "{0, select, female {She} male {He} other {They}} left "
                          "{1, plural, one {{2}} other {{2} and #}}.";

    (void)state;
    assert_string_equal(tr(&ctx, pattern, TR_TEXT("female"), TR_INT(1), TR_TEXT("a")),
                        "She left a.");
    assert_string_equal(tr(&ctx, pattern, TR_TEXT("x"), TR_INT(3), TR_TEXT("b")),
                        "They left b and 3.");
    assert_string_equal(tr(&ctx, pattern, TR_TEXT(NULL), TR_INT(3), TR_TEXT("b")),
                        "They left b and 3.");
}

static void a_malformed_pattern_is_shown_as_it_is(void **state)
{
    static const char *const broken[] = {
        "{",
        "{0",
        "{1}",
        "{a}",
        "{99999999999999999999999}",
        "{0, plural}",
        "{0, plural, one {x}}",
        "{0, plural, other {x}",
        "{0, plural, other {x",
        "{0, plural, other x}",
        "{0, plural, {x}}",
        "{0, plural, offset:1 other {x}}",
        "{0, select, other {x}}",
        "{0, number}",
        ("{0, plural, other {{0, plural, other {{0, plural, other {{0, plural, other {{0, plural, "
         "other {{0, plural, other {{0, plural, other {{0, plural, other {x}}}}}}}}}}}}}}}}"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        assert_string_equal(tr(&ctx, broken[i], TR_INT(5)), broken[i]);
}

static void arabic_has_six_forms(void **state)
{
    static const struct {
        int64_t n;
        const char *text;
    } forms[] = { { 0, "صفر" },      { 1, "واحد" },      { 2, "اثنان" },
                  { 3, "3 قليل" },   { 10, "10 قليل" },  { 11, "11 كثير" },
                  { 99, "99 كثير" }, { 100, "100 آخر" }, { 103, "103 قليل" } };

    (void)state;
    ctx.lang = "ar";
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        assert_string_equal(tr(&ctx, TASKS, TR_INT(forms[i].n)), forms[i].text);
}

static void english_words_are_counted_as_the_language_does(void **state)
{
    (void)state;
    ctx.lang = "fr";
    assert_string_equal(tr(&ctx, TASKS, TR_INT(0)), "0 tâche");
    assert_string_equal(tr(&ctx, TASKS, TR_INT(2)), "2 tâches");
    assert_string_equal(tr(&ctx, "{0, plural, one {# door} other {# doors}}", TR_INT(0)), "0 door");
    ctx.lang = "es"; /* no such entry: the English text */
    assert_string_equal(tr(&ctx, TASKS, TR_INT(0)), "0 tasks");
    assert_string_equal(tr(&ctx, TASKS, TR_INT(1)), "1 task");
    assert_string_equal(tr(&ctx, "{0, plural, many {x} other {#}}", TR_INT(1000000)), "x");
}

static void dates_in_english_words_are_the_languages_own(void **state)
{
    (void)state;
    ctx.lang = "fr";
    assert_string_equal(tr(&ctx, "Until {0}", TR_DATE("2026-11-22")), "Until 22 nov. 2026");
    assert_string_equal(tr(&ctx, "{0} / {1}", TR_DATE("2026-11-22"), TR_TEXT("x")),
                        "22 nov. 2026 / x");
}

static void a_bad_translation_gives_way_to_english(void **state)
{
    (void)state;
    ctx.lang = "ar";
    assert_string_equal(tr(&ctx, "Hello {0}", TR_TEXT("سلمى")), "مرحبا سلمى");
    assert_string_equal(tr(&ctx, "Empty"), "Empty");
    assert_string_equal(tr(&ctx, "Broken"), "Broken");
    assert_string_equal(tr(&ctx, "Missing"), "Missing");
    assert_string_equal(tr(&ctx, ""), "");
    ctx.lang = "fr";
    assert_string_equal(tr(&ctx, "Hello {0}", TR_TEXT("Salma")), "Hello Salma");
    ctx.lang = "xx";
    assert_string_equal(tr(&ctx, "Hello {0}", TR_TEXT("Salma")), "Hello Salma");
    assert_false(tr_has_language("zz"));
}

/* Whatever byte is changed, the reader stays inside and answers something. */
static void a_damaged_catalogue_never_leads_outside(void **state)
{
    struct buf b;
    struct mo mo;

    (void)state;
    buf_init(&b, ctx.arena, 10000);
    write_mo(&b, arabic, sizeof(arabic) / sizeof(arabic[0]));
    assert_true(mo_open(&mo, b.data, b.len));
    assert_string_equal(mo_find(&mo, "Hello {0}"), "مرحبا {0}");
    for (size_t len = 0; len < b.len; len++) {
        struct arena_mark mark = arena_mark(ctx.arena);

        if (mo_open(&mo, arena_memdup(ctx.arena, b.data, len), len))
            assert_null(mo_find(&mo, TASKS)); /* its NUL is the last byte */
        arena_rewind(ctx.arena, mark);
    }
    for (size_t i = 0; i < b.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            struct arena_mark mark = arena_mark(ctx.arena);
            char *damaged = arena_memdup(ctx.arena, b.data, b.len);

            damaged[i] = (char)(damaged[i] ^ 1 << bit);
            if (mo_open(&mo, damaged, b.len))
                for (size_t k = 0; k < sizeof(arabic) / sizeof(arabic[0]); k++) {
                    const char *text = mo_find(&mo, arabic[k].english);

                    assert_true(!text || text + strlen(text) < damaged + b.len);
                }
            arena_rewind(ctx.arena, mark);
        }
}

static void four_languages_are_shipped_with_their_names_and_directions(void **state)
{
    static const char *const expected[][3] = { { "en", "English", "ltr" },
                                               { "ar", "العربية", "rtl" },
                                               { "es", "Español", "ltr" },
                                               { "fr", "Français", "ltr" } };
    const char *const *list = tr_languages();

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(list[i], expected[i][0]);
        assert_string_equal(tr_language_name(list[i]), expected[i][1]);
        assert_string_equal(tr_direction(list[i]), expected[i][2]);
        assert_true(tr_has_language(list[i]));
    }
    assert_null(list[4]);
    assert_false(tr_has_language("de"));
    assert_false(tr_has_language(NULL));
    assert_string_equal(tr_direction("ur"), "rtl");
}

static void shipped_catalogues_speak_their_language(void **state)
{
    (void)state;
    ctx.lang = "fr";
    assert_string_equal(tr(&ctx, "Row {0} has too many columns.", TR_INT(7)),
                        "La ligne 7 a trop de colonnes.");
    assert_string_equal(
        tr(&ctx, "{0}, {1}: {2}", TR_TEXT("Social"), TR_DATE("2026-11-22"), TR_TEXT("0,50")),
        "Social, 22 nov. 2026\u00A0: 0,50");
    ctx.lang = "es";
    assert_string_equal(tr(&ctx, "Row {0} has too many columns.", TR_INT(7)),
                        "La fila 7 tiene demasiadas columnas.");
    ctx.lang = "ar";
    assert_string_equal(tr(&ctx, "Row {0} has too many columns.", TR_INT(7)),
                        "عدد الأعمدة في الصف 7 كبير جدًا.");
    assert_string_equal(tr(&ctx, "{0}, {1}", TR_TEXT("أ"), TR_TEXT("ب")), "أ، ب");
}

static void the_browsers_languages_are_matched_by_weight(void **state)
{
    (void)state;
    assert_string_equal(tr_pick_language(NULL), "en");
    assert_string_equal(tr_pick_language(""), "en");
    assert_string_equal(tr_pick_language("fr-CA,fr;q=0.9,en;q=0.8"), "fr");
    assert_string_equal(tr_pick_language("de,es;q=0.4,ar;q=0.7"), "ar");
    assert_string_equal(tr_pick_language("de;q=1.0, *;q=0.1"), "en");
    assert_string_equal(tr_pick_language("es;q=0,en;q=0.1"), "en");
    assert_string_equal(tr_pick_language("AR-tn"), "ar");
    assert_string_equal(tr_pick_language("arz,xx"), "en");
    assert_string_equal(tr_pick_language("fr;q=nonsense, es ; q=0.5"), "es");
    assert_string_equal(tr_pick_language(",,;;q=,\xFF"), "en");
}

static void dates_and_moments_are_written_in_the_language(void **state)
{
    (void)state;
    assert_string_equal(tr_date(&ctx, "2026-11-22"), "22 Nov 2026");
    assert_string_equal(tr_date(&ctx, "1500-01-01"), "1 Jan 1500"); /* never Julian */
    assert_string_equal(tr_date(&ctx, "soon"), "soon");
    assert_string_equal(tr_date(&ctx, NULL), "");
    assert_string_equal(tr_moment(&ctx, 1795390200000), "23 Nov 2026, 00:30");
    ctx.lang = "fr";
    assert_string_equal(tr_date(&ctx, "2026-11-22"), "22 nov. 2026");
    ctx.lang = "es";
    assert_string_equal(tr_date(&ctx, "2026-11-22"), "22 nov 2026");
    ctx.lang = "ar";
    assert_non_null(strstr(tr_date(&ctx, "2026-11-22"), "22"));
    assert_non_null(strstr(tr_date(&ctx, "2026-11-22"), "2026"));
}

/* More days than are kept, each said twice, in turn with another language. */
static void a_date_said_again_is_the_same_and_another_is_not(void **state)
{
    const char *before = "";

    (void)state;
    ctx.time_zone = "UTC";
    for (int64_t day = -3000; day < 3000; day++) {
        const char *date = date_from_days(ctx.arena, day);
        const char *english;

        ctx.lang = "en";
        english = tr_date(&ctx, date);
        assert_string_not_equal(english, before);
        ctx.lang = "es";
        assert_string_not_equal(tr_date(&ctx, date), english);
        ctx.lang = "en";
        assert_string_equal(tr_date(&ctx, date), english);
        before = english;
    }
    assert_string_equal(tr_moment(&ctx, -1), "31 Dec 1969, 23:59");
    assert_string_equal(tr_moment(&ctx, -60000), "31 Dec 1969, 23:59");
    assert_string_equal(tr_moment(&ctx, -60001), "31 Dec 1969, 23:58");
    assert_string_equal(tr_moment(&ctx, 0), "1 Jan 1970, 00:00");
    assert_string_equal(tr_moment(&ctx, 59999), "1 Jan 1970, 00:00");
    assert_string_equal(tr_date(&ctx, "1970-01-01"), "1 Jan 1970");
}

static void numbers_have_the_signs_of_the_language_and_western_digits(void **state)
{
    (void)state;
    assert_string_equal(tr_decimal(&ctx, 12345.675, 2), "12,345.68");
    assert_string_equal(tr_decimal(&ctx, 0.5, 0), "1");
    assert_string_equal(tr_decimal(&ctx, -2, 1), "-2.0");
    assert_true(strlen(tr_decimal(&ctx, 1.7976931348623157e308, 2)) > 400);
    ctx.lang = "fr";
    assert_string_equal(tr_decimal(&ctx, 0.33, 2), "0,33");
    ctx.lang = "es";
    assert_string_equal(tr_decimal(&ctx, 0.33, 2), "0,33");
    ctx.lang = "ar";
    assert_non_null(strstr(tr_decimal(&ctx, 0.33, 2), "33"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define C(f) cmocka_unit_test_setup_teardown(f, setup_catalogues, teardown_catalogues)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(arguments_take_their_places),
        T(english_plurals_and_exact_numbers_are_chosen),
        T(select_takes_the_word_or_other),
        T(a_malformed_pattern_is_shown_as_it_is),
        C(arabic_has_six_forms),
        C(english_words_are_counted_as_the_language_does),
        C(dates_in_english_words_are_the_languages_own),
        C(a_bad_translation_gives_way_to_english),
        T(a_damaged_catalogue_never_leads_outside),
        T(four_languages_are_shipped_with_their_names_and_directions),
        T(shipped_catalogues_speak_their_language),
        T(the_browsers_languages_are_matched_by_weight),
        T(dates_and_moments_are_written_in_the_language),
        T(a_date_said_again_is_the_same_and_another_is_not),
        T(numbers_have_the_signs_of_the_language_and_western_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
