/* Files that answer questions: sent with a form, shown with the record, nobody else's. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "pages.h"
#include "records/attach.h"

/* clang-format off */
#define HEAD "survey\n,type,name,label::English (en),label::Français (fr),label::Español (es)," \
    "label::العربية (ar)\n,text,about,About,Objet,Asunto,الموضوع\n"
#define END  "settings\n,form_title::English (en),form_title::العربية (ar),form_id,version,"    \
    "hw:subject\n,Paper,ورقة,paper,1,person\n"
/* clang-format on */
#define PAPER   HEAD ",file,file,Paper,Papier,Papel,ورقة\n" END
#define PICTURE HEAD ",image,file,Photo,Photo,Foto,صورة\n" END
#define PDF     "%PDF-1.7 a letter of the clinic"

static void given_form(struct pages *p, const char *csv)
{
    struct page page = page_upload(p, ADMIN, "/forms", csv);

    assert_int_equal(page.status, 303);
    page = page_post(p, ADMIN, page.location, "confirm=1&grant=supervisor%3Dall&grant=");
    if (page.status != 303)
        fail_msg("status %d: %s", page.status, page.body);
}

static const char *given_paper(struct pages *p)
{
    struct page page = page_upload(p, SUPERVISOR, "/records/paper", PDF);

    if (page.status != 303)
        fail_msg("status %d: %s", page.status, page.body);
    return page.location;
}

static const char *value_of(struct pages *p, const char *record)
{
    struct page page = api_call(p, SUPERVISOR, "GET", record, NULL, NULL);

    assert_int_equal(page.status, 200);
    return between(p, &page, "\"file\":\"", "\"");
}

static void a_file_sent_with_a_form_is_kept_with_the_record_and_downloaded_there(void **state)
{
    struct pages *p = *state;
    const char *record;
    const char *id;
    struct page page;

    given_form(p, PAPER);
    record = given_paper(p);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM attachment WHERE record_id IS NOT NULL"),
                     1);
    page = page_get(p, SUPERVISOR, record, NULL);
    id = between(p, &page, arena_printf(p->arena, "%s/files/", record), "\"");
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/files/%s", record, id), NULL);
    assert_int_equal(page.status, 200);
    assert_int_equal(page.len, sizeof PDF - 1);
    assert_memory_equal(page.body, PDF, page.len);
    assert_string_equal(page.type, "application/pdf");
    page = page_get(p, FINANCE, arena_printf(p->arena, "%s/files/%s", record, id), NULL);
    assert_int_equal(page.status, 403);
}

static void a_question_for_a_picture_takes_no_letter_and_says_so_beside_it(void **state)
{
    struct pages *p = *state;
    struct page page;

    given_form(p, PICTURE);
    page = page_upload(p, SUPERVISOR, "/records/paper", PDF);
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "A picture is asked for: JPEG or PNG."));
    assert_int_equal(pages_count(p, "SELECT count(*) FROM attachment"), 0);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM rec_paper"), 0);
}

static void an_answer_cannot_name_the_file_of_another_record(void **state)
{
    struct pages *p = *state;
    const char *value;
    struct page page;

    given_form(p, PAPER);
    value = value_of(p, given_paper(p));
    page = api_call(p, SUPERVISOR, "POST", "/records/paper",
                    arena_printf(p->arena, "{\"answers\":{\"file\":\"%s\"}}", value), NULL);
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "This file is not here any more. Add it once more."));
    assert_int_equal(pages_count(p, "SELECT count(*) FROM rec_paper"), 1);
}

static void a_record_keeps_its_file_when_other_answers_change(void **state)
{
    struct pages *p = *state;
    const char *record;
    const char *value;

    given_form(p, PAPER);
    record = given_paper(p);
    value = value_of(p, record);
    assert_int_equal(
        api_call(p, SUPERVISOR, "PUT", record,
                 arena_printf(p->arena, "{\"answers\":{\"about\":\"x\",\"file\":\"%s\"}}", value),
                 "\"1\"")
            .status,
        200);
    assert_string_equal(value_of(p, record), value);
}

/* The same as a form sends it that could not be saved: only its file was kept. */
static void what_no_record_took_goes_after_a_day(void **state)
{
    struct pages *p = *state;
    struct ctx ctx = p->ctx;

    given_form(p, PAPER);
    (void)given_paper(p);
    ctx.db = home_write_db(p->home);
    assert_int_equal(attachments_tidy(&ctx), OK);
    ctx.now_ms += (int64_t)25 * 60 * 60 * 1000;
    assert_int_equal(attachments_tidy(&ctx), OK);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM attachment_chunk"), 1);
    assert_int_equal(page_upload(p, SUPERVISOR, "/records/paper/state", PDF).status, 200);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM attachment_chunk"), 2);
    ctx.now_ms += (int64_t)25 * 60 * 60 * 1000;
    assert_int_equal(attachments_tidy(&ctx), OK);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM attachment_chunk"), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pages_setup, pages_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_file_sent_with_a_form_is_kept_with_the_record_and_downloaded_there),
        TEST(a_question_for_a_picture_takes_no_letter_and_says_so_beside_it),
        TEST(an_answer_cannot_name_the_file_of_another_record),
        TEST(a_record_keeps_its_file_when_other_answers_change),
        TEST(what_no_record_took_goes_after_a_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
