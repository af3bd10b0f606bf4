/* Records on their pages: filled, saved, changed by two people, told and printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "pages.h"

#define PEOPLE "SELECT COUNT(*) FROM rec_person"

/* Hidden id of a row on an edit page. */
static const char *row_id(struct pages *p, const char *location, const char *name)
{
    struct page page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/edit", location), NULL);

    return between(p, &page, arena_printf(p->arena, "name=\"%s\" value=\"", name), "\"");
}

/* --- forms --- */

static void a_mistake_brings_the_form_back_with_all_that_was_typed(void **state)
{
    struct pages *p = *state;
    struct page page = page_post(p, SUPERVISOR, "/records/person",
                                 "names.1.name_text=Awa+%3Cb%3E&birth_date=6+May&sex=female");

    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "value=\"Awa &lt;b&gt;\""));
    assert_true(shows(&page, "value=\"6 May\" type=\"text\""));
    assert_true(shows(&page, "value=\"female\" checked"));
    assert_true(shows(&page, "href=\"#f-birth_date\""));
    assert_int_equal(pages_count(p, PEOPLE), 0);
}

static void a_record_is_saved_and_shown(void **state)
{
    struct pages *p = *state;
    const char *location = page_given_person(p, PAGES_AWA);
    struct page page = page_get(p, SUPERVISOR, location, NULL);

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "Awa Ndiaye"));
    assert_true(shows(&page, "35 years old"));
    assert_true(shows(&page, "SN-2026-00001"));
    page = page_get(p, SUPERVISOR, "/records/person", "sort=name");
    assert_true(shows(&page, "Awa Ndiaye"));
}

static void a_row_is_added_and_removed_without_losing_what_was_typed(void **state)
{
    struct pages *p = *state;
    struct page page = page_post(p, SUPERVISOR, "/records/person",
                                 "names.1.name_text=Awa&gender=her+words&_add.contacts=1");

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "name=\"contacts.1.contact_value\""));
    assert_true(shows(&page, "value=\"her words\""));
    page = page_post(p, SUPERVISOR, "/records/person",
                     "names.1.name_text=Awa&names.2.name_text=Binta&_remove.names.1=1");
    assert_int_equal(page.status, 200);
    assert_false(shows(&page, "value=\"Awa\""));
    assert_true(shows(&page, "value=\"Binta\""));
    assert_int_equal(pages_count(p, PEOPLE), 0);
}

/* As a reference at the top of a record does. */
static void a_member_of_a_household_is_shown_by_name_and_led_to(void **state)
{
    static const char json[] = "{\"parent\":\"%s\",\"answers\":{\"label\":\"Ndiaye\",\"members\":"
                               "[{\"member\":\"%s\",\"relationship\":\"child\"}]}}";
    struct pages *p = *state;
    const char *person = page_given_person(p, PAGES_AWA);
    const char *id = page_id(person);
    struct page page = api_call(p, SUPERVISOR, "POST", "/records/household",
                                arena_printf(p->arena, json, id, id), NULL);

    if (page.status != 201)
        fail_msg("%s", page.body);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(
        shows(&page, arena_printf(p->arena, "<a href=\"%s\" dir=\"auto\">Awa Ndiaye</a>", person)));
    assert_false(shows(&page, arena_printf(p->arena, ">%s<", id)));
}

static void a_contact_that_must_not_be_used_lies_folded(void **state)
{
    struct pages *p = *state;
    const char *location = page_given_person(
        p, PAGES_AWA "&contacts.1.contact_kind=phone&contacts.1.contact_value=%2B221770001122&"
                     "contacts.1.contact_owner=self&contacts.1.contact_do_not_use=yes&"
                     "contacts.1.contact_do_not_use_reason=Her+brother+answers");
    struct page page = page_get(p, SUPERVISOR, location, NULL);
    const char *folded = strstr(page.body, "class=\"do-not-use\"");

    assert_non_null(folded);
    assert_non_null(strstr(folded, "+221770001122"));
    assert_true(strstr(page.body, "+221770001122") > folded);
}

static void a_likely_duplicate_is_shown_before_it_is_saved(void **state)
{
    struct pages *p = *state;
    struct page page;

    (void)page_given_person(p, PAGES_AWA);
    page = page_post(p, SUPERVISOR, "/records/person", PAGES_AWA);
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "May already be registered"));
    assert_int_equal(pages_count(p, PEOPLE), 1);
    page = page_post(p, SUPERVISOR, "/records/person", PAGES_AWA "&_confirm=1");
    assert_int_equal(page.status, 303);
    assert_int_equal(pages_count(p, PEOPLE), 2);
}

static void questions_follow_the_answers(void **state)
{
    struct pages *p = *state;
    const char *head = "round=baseline&interview_location=on_site&sections_selected=economic&";
    struct page page = page_post(p, SUPERVISOR, "/records/rss/state",
                                 arena_printf(p->arena, "%sconsent_given=no", head));

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "\"econ_satisfaction\":{\"relevant\":false"));
    page = page_post(p, SUPERVISOR, "/records/rss/state",
                     arena_printf(p->arena, "%sconsent_given=yes&consent_form=written", head));
    assert_true(shows(&page, "\"econ_satisfaction\":{\"relevant\":true"));
    assert_true(shows(&page, "\"support_network\":{\"relevant\":false"));
}

static void a_change_tells_only_what_it_touches(void **state)
{
    struct pages *p = *state;
    struct page page = page_post(
        p, SUPERVISOR, "/records/rss/state",
        "round=baseline&interview_location=on_site&sections_selected=economic&consent_given=yes&"
        "consent_form=written&_was.consent_given=no");

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "\"econ_satisfaction\":{\"relevant\":true"));
    assert_false(shows(&page, "\"interview_location\""));
    page = page_post(p, SUPERVISOR, "/records/rss/state",
                     "round=baseline&interview_location=on_site&sections_selected=economic&"
                     "consent_given=yes&consent_form=written&_was.nonsense=no");
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "\"interview_location\""));
}

/* --- two users, one record --- */

static const char *edit_form(struct pages *p, const char *location, int version, const char *gender,
                             const char *sex)
{
    return arena_printf(p->arena,
                        "_version=%d&names.1.id=%s&names.1.name_text=Awa&names.1.name_kind=given&"
                        "names.1.name_script=Latn&names.2.id=%s&names.2.name_text=Ndiaye&"
                        "names.2.name_kind=family&names.2.name_script=Latn&birth_date=1991-05-06&"
                        "birth_precision=day&nationality=SN&gender=%s&sex=%s",
                        version, row_id(p, location, "names.1.id"),
                        row_id(p, location, "names.2.id"), gender, sex);
}

static void the_second_to_save_chooses_and_nothing_is_lost(void **state)
{
    struct pages *p = *state;
    const char *at = page_given_person(p, PAGES_AWA);
    const char *merge;
    struct page page;

    page = page_post(p, SUPERVISOR, at, edit_form(p, at, 1, "theirs", "female"));
    assert_int_equal(page.status, 303);
    page = page_post(p, SUPERVISOR, at, edit_form(p, at, 1, "mine", "male"));
    assert_int_equal(page.status, 409);
    assert_true(shows(&page, "_take.gender"));
    assert_false(shows(&page, "_take.sex")); /* only mine */
    assert_true(shows(&page, "<b>Theirs</b> <span dir=\"auto\">theirs</span>"));
    assert_true(shows(&page, "<b>Yours</b> <span dir=\"auto\">mine</span>"));

    /* Without a choice nothing happens; with one, it is done, and what only one changed is kept. */
    merge = arena_printf(p->arena, "_merge=1&_base=1&%s", edit_form(p, at, 2, "mine", "male"));
    assert_int_equal(page_post(p, SUPERVISOR, at, merge).status, 409);
    page = page_get(p, SUPERVISOR, at, NULL);
    assert_true(shows(&page, ">theirs<") && shows(&page, ">Female<"));
    page = page_post(p, SUPERVISOR, at, arena_printf(p->arena, "%s&_take.gender=theirs", merge));
    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, at, NULL);
    assert_true(shows(&page, ">theirs<") && shows(&page, ">Male<"));
}

static void rows_that_two_people_added_and_removed_are_put_together(void **state)
{
    struct pages *p = *state;
    const char *at = page_given_person(p, PAGES_AWA);
    const char *theirs = arena_printf(p->arena, "%s&languages.1.language_code=wo",
                                      edit_form(p, at, 1, "", "female"));
    const char *mine = arena_printf(p->arena, "%s&languages.1.language_code=fr",
                                    edit_form(p, at, 1, "", "female"));
    struct page page;

    assert_int_equal(page_post(p, SUPERVISOR, at, theirs).status, 303);
    page = page_post(p, SUPERVISOR, at, mine);
    assert_int_equal(page.status, 409);
    assert_true(shows(&page, "Wolof") && shows(&page, "French"));
    mine = arena_printf(p->arena, "_merge=1&_base=1&%s&languages.1.language_code=fr",
                        edit_form(p, at, 2, "", "female"));
    assert_int_equal(page_post(p, SUPERVISOR, at, mine).status, 303);
    page = page_get(p, SUPERVISOR, at, NULL);
    assert_true(shows(&page, "Wolof") && shows(&page, "French"));
}

static void history_tells_what_changed(void **state)
{
    struct pages *p = *state;
    const char *at = page_given_person(p, PAGES_AWA);
    struct page page = page_post(p, SUPERVISOR, at, edit_form(p, at, 1, "her words", "female"));

    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/history", at), NULL);
    assert_true(shows(&page, "1 answer changed"));
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/diff", at), "from=1&to=2");
    assert_true(shows(&page, "<ins>her words</ins>"));
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/versions/1", at), NULL);
    assert_int_equal(page.status, 200);
    assert_false(shows(&page, "her words"));
    assert_int_equal(
        page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/versions/9", at), NULL).status, 404);
}

static void a_record_is_printed_as_page_pdf_sheet_and_csv(void **state)
{
    static const char *const starts[][2] = { { "pdf", "%PDF-" }, { "xlsx", "PK" } };
    struct pages *p = *state;
    const char *at = arena_printf(p->arena, "%s/print", page_given_person(p, PAGES_AWA));
    struct page page = page_get(p, SUPERVISOR, at, NULL);

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "as=pdf") && shows(&page, "<h2>"));
    for (size_t i = 0; i < 2; i++) {
        page = page_get(p, SUPERVISOR, at, arena_printf(p->arena, "as=%s", starts[i][0]));
        assert_int_equal(page.status, 200);
        assert_true(text_starts(page.body, starts[i][1]));
    }
    page = page_get(p, SUPERVISOR, at, "as=csv&lang=fr");
    assert_true(shows(&page, "Nom,"));
    assert_int_equal(page_get(p, SUPERVISOR, at, "as=doc").status, 422);
    assert_int_equal(page_get(p, SUPERVISOR, at, "lang=xx").status, 422);
}

/* Masked anew in every reply, or its compressed length would give it away. */
static void the_forms_of_a_page_share_a_token_that_no_other_page_has(void **state)
{
    static const char field[] = "name=\"csrf\" value=\"";
    struct pages *p = *state;
    struct page first = page_get(p, SUPERVISOR, "/", NULL);
    struct page second = page_get(p, SUPERVISOR, "/", NULL);
    const char *at = strstr(first.body, field);
    const char *whole;
    size_t forms = 0;

    assert_non_null(at);
    at += strlen(field);
    whole = arena_printf(p->arena, "%s%.*s\"", field, (int)strcspn(at, "\""), at);
    assert_true(strlen(whole) > strlen(field) + 32);
    for (at = strstr(first.body, field); at != NULL; at = strstr(at + 1, field)) {
        assert_true(text_starts(at, whole));
        forms++;
    }
    assert_true(forms > 1);
    assert_null(strstr(second.body, whole));
    assert_non_null(strstr(second.body, field));
}

#define PAGES(test) cmocka_unit_test_setup_teardown(test, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGES(a_mistake_brings_the_form_back_with_all_that_was_typed),
        PAGES(a_record_is_saved_and_shown),
        PAGES(a_row_is_added_and_removed_without_losing_what_was_typed),
        PAGES(a_member_of_a_household_is_shown_by_name_and_led_to),
        PAGES(a_contact_that_must_not_be_used_lies_folded),
        PAGES(a_likely_duplicate_is_shown_before_it_is_saved),
        PAGES(questions_follow_the_answers),
        PAGES(a_change_tells_only_what_it_touches),
        PAGES(the_second_to_save_chooses_and_nothing_is_lost),
        PAGES(rows_that_two_people_added_and_removed_are_put_together),
        PAGES(history_tells_what_changed),
        PAGES(a_record_is_printed_as_page_pdf_sheet_and_csv),
        PAGES(the_forms_of_a_page_share_a_token_that_no_other_page_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
