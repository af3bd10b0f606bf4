/* Pages of letters: making one on a case, templates, letterheads with a logo. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <png.h>

#include "core/buf.h"
#include "core/text.h"
#include "http/jail.h"
#include "letters/letters.h"
#include "pages.h"
#include "records/image.h"

#define PERSON                                                                                     \
    "{\"answers\":{\"names\":[{\"name_text\":\"Awa\",\"name_script\":\"Latn\"}],"                  \
    "\"birth_date\":\"1991-05-06\",\"birth_precision\":\"day\"}}"

static const char *given_case(struct pages *p)
{
    const char *person = page_given(p, "person", PERSON);

    return page_given(p, "case",
                      arena_printf(p->arena,
                                   "{\"parent\":\"%s\",\"answers\":{\"opened\":\"2026-10-02\"}}",
                                   person));
}

static const char *letter_path(struct pages *p, const char *case_id, const char *name)
{
    return arena_printf(p->arena, "/records/case/%s/letters%s%s", case_id, *name ? "/" : "", name);
}

static void a_letter_is_looked_at_and_made_as_a_pdf(void **state)
{
    struct pages *p = *state;
    const char *id = given_case(p);
    const char *path = letter_path(p, id, "appointment");
    struct page page =
        page_get(p, SUPERVISOR, arena_printf(p->arena, "/records/case/%s", id), NULL);
    const char *text;

    assert_true(shows(&page, "Choose a letter"));
    page = page_get(p, SUPERVISOR, letter_path(p, id, ""), NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "Invitation to a meeting"));
    assert_false(shows(&page, "My agreement to share")); /* that is on the person's page */
    page = page_get(p, SUPERVISOR, path, NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "Dear Awa,"));
    assert_true(shows(&page, "Day of the meeting: nothing is known"));
    page = page_post(p, SUPERVISOR, path,
                     "lang=fr&act=preview&a.meeting_on=2026-12-01&a.place=Room+%3Cb%3E");
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "Bonjour Awa,"));
    assert_true(shows(&page, "Room &lt;b&gt;"));
    page =
        page_post(p, SUPERVISOR, path, "lang=fr&act=pdf&a.meeting_on=2026-12-01&a.place=Salle+2");
    assert_int_equal(page.status, 200);
    assert_string_equal(page.type, "application/pdf");
    text = pdf_text(p, &page);
    assert_non_null(strstr(text, "Bonjour Awa,"));
    assert_non_null(strstr(text, "1 déc. 2026"));
    assert_non_null(strstr(text, "Salle 2"));
    assert_int_equal(pages_count(p, "SELECT count(*) FROM letter_made"), 1);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM attachment"), 0);
}

/* Lines of a Latin value beside an Arabic label once stood upon one another. */
static void lines_of_a_value_stand_below_one_another_beside_an_arabic_label(void **state)
{
    struct pages *p = *state;
    struct page page = page_post(p, SUPERVISOR, letter_path(p, given_case(p), "appointment"),
                                 "lang=ar&act=pdf&a.place=Quay+Street%0AHarbour+House");
    const char *quay = strstr(pdf_text(p, &page), "Quay");
    const char *house = quay ? strstr(quay, "House") : NULL;

    assert_true(house && memchr(quay, '\n', (size_t)(house - quay)));
}

static void a_letter_that_is_kept_tells_who_made_it_from_which_version(void **state)
{
    struct pages *p = *state;
    const char *id = given_case(p);
    struct page page = page_post(p, SUPERVISOR, letter_path(p, id, "assistance"),
                                 "lang=en&act=keep&a.support=A+place+to+stay");

    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, letter_path(p, id, ""), NULL);
    assert_true(shows(&page, "Version 1 of assistance"));
    assert_true(shows(&page, "/files/"));
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "/records/case/%s", id), NULL);
    assert_true(shows(&page, "Confirmation of support 2026-11-22.pdf"));
    assert_int_equal(pages_count(p, "SELECT count(*) FROM audit WHERE action = 'letter.make'"), 1);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM letter_version WHERE name = 'assistance'"
                                    " AND origin = 'shipped' AND version = 1"),
                     1);
    (void)page_post(p, SUPERVISOR, letter_path(p, id, "assistance"), "lang=en&act=keep");
    assert_int_equal(pages_count(p, "SELECT count(*) FROM letter_version"), 1);
}

static void what_was_asked_is_checked(void **state)
{
    struct pages *p = *state;
    const char *id = given_case(p);
    struct page page = page_post(p, SUPERVISOR, letter_path(p, id, "appointment"),
                                 "act=keep&a.meeting_on=tomorrow&a.meeting_at=25:00");

    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "Write the date as YYYY-MM-DD."));
    assert_true(shows(&page, "Write the time as HH:MM."));
    assert_true(shows(&page, "tomorrow"));
    assert_int_equal(pages_count(p, "SELECT count(*) FROM letter_made"), 0);
    page = page_get(p, SUPERVISOR, letter_path(p, id, "no_such"), NULL);
    assert_int_equal(page.status, 404);
    page = page_get(p, SUPERVISOR, letter_path(p, id, "consent"), NULL);
    assert_int_equal(page.status, 404); /* it is of a person */
    page = page_get(p, FINANCE, letter_path(p, id, "appointment"), NULL);
    assert_int_equal(page.status, 403);
    page = page_get(p, SUPERVISOR,
                    letter_path(p, "019a0000-0000-7000-8000-000000000000", "appointment"), NULL);
    assert_int_equal(page.status, 404); /* no such case, or none of theirs */
}

static void whoever_makes_a_letter_is_told_whom_it_must_not_reach(void **state)
{
    struct pages *p = *state;
    const char *person = page_given(p, "person",
                                    "{\"answers\":{\"names\":[{\"name_text\":\"Awa\"}],"
                                    "\"do_not_disclose_return\":[\"family\"]}}");
    const char *path = arena_printf(p->arena, "/records/person/%s/letters/consent", person);
    struct page page = page_get(p, SUPERVISOR, path, NULL);

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "Must not learn of the return: The family."));
    page = page_get(p, SUPERVISOR, letter_path(p, given_case(p), "closing"), NULL);
    assert_false(shows(&page, "Must not learn of the return"));
}

/* --- letters to somebody else --- */

/* Consent as the gate of a letter, a part of C-34-70. */
static void a_letter_to_a_third_party_needs_consent_that_covers_it(void **state)
{
    struct pages *p = *state;
    const char *person = page_given(p, "person", PERSON);
    const char *id = page_given(p, "case",
                                arena_printf(p->arena,
                                             "{\"parent\":\"%s\",\"answers\":{\"opened\":"
                                             "\"2026-10-02\"}}",
                                             person));
    const char *path = letter_path(p, id, "referral");
    const char *form = "lang=en&act=pdf&a.to=Clinique+Espoir%0D%0A12+rue+des+Palmes&a.help=Glasses";
    struct page page = page_post(p, SUPERVISOR, path, form);
    const char *consent;

    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "There is no consent of the person."));
    assert_true(shows(&page, arena_printf(p->arena, "/records/consent/new?parent=%s", person)));
    page = page_post(p, SUPERVISOR, path, "lang=en&act=keep&a.help=Glasses");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "Say who receives it"));
    consent = page_given(
        p, "consent",
        arena_printf(p->arena,
                     "{\"parent\":\"%s\",\"answers\":{\"about\":\"referral\",\"purposes\":["
                     "\"referral\"],\"recipients\":[{\"recipient_kind\":\"health_facility\","
                     "\"recipient_name\":\"Clinique Espoir\"}],\"data_categories\":[\"identity\","
                     "\"needs\"],\"language\":\"fr\",\"form_version\":\"1\",\"explained\":["
                     "\"purpose\",\"collection_storage_use\",\"sharing\",\"right_to_refuse\","
                     "\"no_effect_on_services\"],\"about_child\":\"no\",\"giver\":\"self\","
                     "\"mode\":\"written\",\"given_at\":\"2026-11-20\"}}",
                     person));
    page = page_post(p, SUPERVISOR, path, form);
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "not recorded as given"));
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "/records/consent/%s/status", consent),
                     "version=1&to=given");
    assert_int_equal(page.status, 303);
    page = page_post(p, SUPERVISOR, path, "lang=en&act=pdf&a.to=The+police&a.help=Glasses");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "does not name this recipient"));
    assert_int_equal(pages_count(p, "SELECT count(*) FROM letter_made"), 0);
    page = page_post(p, SUPERVISOR, path, form);
    assert_int_equal(page.status, 200);
    assert_string_equal(page.type, "application/pdf");
    assert_non_null(strstr(pdf_text(p, &page), "Clinique Espoir"));
    assert_int_equal(pages_count(p, "SELECT count(*) FROM letter_made"), 1);
}

/* --- templates --- */

#define HEAD "kind: case\n\n== en\ntitle: A note\n\n"

static const char *posted(struct pages *p, const char *source, const char *rest)
{
    struct buf b;

    buf_init(&b, p->arena, 100000);
    buf_printf(&b, "%s&source=", rest);
    buf_add_url(&b, source);
    return buf_text(&b);
}

static void a_template_is_tried_published_and_taken_back_without_a_restart(void **state)
{
    struct pages *p = *state;
    const char *id = given_case(p);
    const char *own = HEAD "Hello ${letter_person}, seen ${opened}.\n";
    struct page page = page_post(p, ADMIN, "/letters", "name=a_note&programme=");

    assert_int_equal(page.status, 303);
    page = page_get(p, ADMIN, "/letters/a_note", "programme=&begin=1");
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "Invitation to a meeting")); /* what a new one begins with */
    page = page_post(p, ADMIN, "/letters/a_note", posted(p, own, "seen=0&act=preview&lang=en"));
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "Hello [Name of the person], seen [Opened on]."));
    page = page_post(p, ADMIN, "/letters/a_note", posted(p, own, "seen=0&act=publish"));
    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, letter_path(p, id, "a_note"), NULL);
    assert_true(shows(&page, "Hello Awa, seen"));
    page = page_post(p, ADMIN, "/letters/a_note", posted(p, own, "seen=0&act=publish"));
    assert_int_equal(page.status, 409); /* somebody was faster */
    page = page_get(p, ADMIN, "/letters/a_note", "programme=&version=1");
    assert_true(shows(&page, "Version 1, published here"));
    assert_true(shows(&page, "Hello ${letter_person}"));
    page = page_get(p, ADMIN, "/letters/a_note", "programme=&version=2");
    assert_int_equal(page.status, 404);
    page = page_post(p, ADMIN, "/letters/a_note", "seen=1&act=withdraw");
    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, letter_path(p, id, "a_note"), NULL);
    assert_int_equal(page.status, 404);
    assert_int_equal(page_post(p, SUPERVISOR, "/letters/a_note", "seen=2").status, 403);
}

static void a_broken_template_is_refused_with_the_place_of_each_mistake(void **state)
{
    struct pages *p = *state;
    struct page page =
        page_post(p, ADMIN, "/letters/a_note",
                  posted(p, HEAD "Hello ${no_such_field}\n${count(}\n", "seen=0&act=publish"));

    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "no_such_field"));
    assert_true(shows(&page, "<td>6</td><td>9</td>"));
    assert_true(shows(&page, "<td>7</td>"));
    assert_int_equal(pages_count(p, "SELECT count(*) FROM letter_version"), 0);
}

/* --- letterheads --- */

static void put_bytes(png_structp png, png_bytep bytes, size_t len)
{
    buf_add_len(png_get_io_ptr(png), bytes, len);
}

static void no_flush(png_structp png)
{
    (void)png;
}

static const char *picture(struct pages *p, size_t *len_out)
{
    struct buf *b = ARENA_NEW(p->arena, struct buf);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    unsigned char row[24] = { 0x20, 0x60, 0x90, 0x20, 0x60, 0x90 };

    buf_init(b, p->arena, 100000);
    png_set_write_fn(png, b, put_bytes, no_flush);
    png_set_IHDR(png, info, 8, 8, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_text(png, info,
                 &(png_text){ .key = (char[]){ "Author" },
                              .text = (char[]){ "a hidden name" },
                              .compression = PNG_TEXT_COMPRESSION_NONE },
                 1);
    png_write_info(png, info);
    for (int i = 0; i < 8; i++)
        png_write_row(png, row);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    *len_out = b->len;
    return b->data;
}

static void a_letterhead_stands_on_every_letter(void **state)
{
    struct pages *p = *state;
    const char *id = given_case(p);
    struct page page = page_post(p, ADMIN, "/letterheads/all",
                                 "version=0&t.en.name=Blue+House&t.en.contact=1+Quay+Street&"
                                 "t.en.footer=Open+8+to+4&l.en=1&l.ar=1");

    assert_int_equal(page.status, 303);
    page = page_post(p, SUPERVISOR, letter_path(p, id, "appointment"), "lang=en&act=pdf");
    assert_non_null(strstr(pdf_text(p, &page), "Blue House"));
    assert_non_null(strstr(pdf_text(p, &page), "1 Quay Street"));
    assert_non_null(strstr(pdf_text(p, &page), "Open 8 to 4"));
    page = page_get(p, SUPERVISOR, letter_path(p, id, "appointment"), NULL);
    assert_true(shows(&page, "<option value=\"ar\""));
    assert_false(shows(&page, "<option value=\"fr\"")); /* not offered */
    page = page_post(p, ADMIN, "/letterheads/all", "version=0&t.en.name=Late");
    assert_int_equal(page.status, 409);
    page = page_post(p, ADMIN, "/letterheads/all", "version=1");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "Write the name of the organisation"));
}

static void a_logo_is_made_anew_and_nothing_else_is_taken(void **state)
{
    struct pages *p = *state;
    size_t len = 0;
    const char *png = picture(p, &len);
    struct page page;

    (void)page_post(p, ADMIN, "/letterheads/all", "version=0&t.en.name=Blue+House&l.en=1");
    page = page_upload_file(p, ADMIN, "/letterheads/all", "logo.png", png, len);
    assert_int_equal(page.status, 422); /* without the names that the page sends along */
    {
        struct ctx ctx = p->ctx;
        struct letterhead h = { 0 };

        assert_int_equal(user_load_by_login(&ctx, "administrator"), OK);
        assert_int_equal(letterhead_load(&ctx, &h, LETTER_ALL), OK);
        assert_int_equal(letterhead_logo(&ctx, &h, "GIF89a............", 18), ERR_INVALID);
        ctx_clear_problems(&ctx);
        assert_int_equal(letterhead_logo(&ctx, &h, png, len), OK);
        assert_null(memmem(h.logo, h.logo_len, "hidden", 6));
        assert_int_equal(letterhead_save(&ctx, &h), OK);
    }
    page = page_get(p, FINANCE, "/letterheads/all/logo", NULL);
    assert_int_equal(page.status, 200);
    assert_string_equal(page.type, "image/png");
    page =
        page_post(p, SUPERVISOR, letter_path(p, given_case(p), "appointment"), "lang=en&act=pdf");
    assert_int_equal(page.status, 200);
    assert_non_null(memmem(page.body, page.len, "/Image", 6));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pages_setup, pages_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_letter_is_looked_at_and_made_as_a_pdf),
        TEST(lines_of_a_value_stand_below_one_another_beside_an_arabic_label),
        TEST(a_letter_that_is_kept_tells_who_made_it_from_which_version),
        TEST(what_was_asked_is_checked),
        TEST(whoever_makes_a_letter_is_told_whom_it_must_not_reach),
        TEST(a_letter_to_a_third_party_needs_consent_that_covers_it),
        TEST(a_template_is_tried_published_and_taken_back_without_a_restart),
        TEST(a_broken_template_is_refused_with_the_place_of_each_mistake),
        TEST(a_letterhead_stands_on_every_letter),
        TEST(a_logo_is_made_anew_and_nothing_else_is_taken),
    };

    if (argc == 2 && strcmp(argv[1], IMAGE_LOGO_WORD) == 0)
        return image_child(jail_alone, argv[1]); /* image_logo starts the program it is part of */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
