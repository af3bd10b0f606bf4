/* Pages on which forms are looked at and published. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "pages.h"
#include "records/form_sheets.h"

/* clang-format off */
#define VISIT_HEAD                                                                          \
    "survey\n,type,name,label::English (en),label::Français (fr),label::Español (es),"     \
    "label::العربية (ar),required,bind::hw:list,bind::hw:store,hw:reason\n"
#define VISIT_ROWS                                                                          \
    ",date,visited_on,Date of the visit,Date,Fecha,التاريخ,yes,1,open,Work by date\n"      \
    ",text,mood,Mood,Humeur,Ánimo,المزاج,,,,\n"
#define VISIT_END                                                                           \
    "settings\n,form_title::English (en),form_title::العربية (ar),form_id,version,"        \
    "hw:parent,hw:subject\n,Home visit,زيارة منزلية,home_visit,1,person,person\n"
/* clang-format on */

#define AT(row, column)                                                                            \
    "<td data-label=\"Row\">" row "</td><td data-label=\"Column\"><bdi>" column "</bdi>"
#define VALUE "</td><td data-label=\"Value\"><bdi>"

static const char *given_person(struct pages *p)
{
    return page_given(
        p, "person",
        "{\"answers\":{\"names\":[{\"name_text\":\"Awa\",\"name_script\":\"Latn\"}]}}");
}

static const char *given_draft(struct pages *p, const char *csv)
{
    struct page page = page_upload(p, ADMIN, "/forms", csv);

    assert_int_equal(page.status, 303);
    return page.location;
}

static void given_visits(struct pages *p, const char *csv)
{
    struct page page =
        page_post(p, ADMIN, given_draft(p, csv),
                  "confirm=1&grant=supervisor%3Dall&grant=&grant=case_manager%3Dwork");

    if (page.status != 303)
        fail_msg("status %d: %s", page.status, page.body);
    assert_string_equal(page.location, "/forms/home_visit");
}

static void a_draft_shows_its_mistakes_at_sheet_row_column_and_value(void **state)
{
    struct pages *p = *state;
    const char *draft = given_draft(p, VISIT_HEAD ",txet,mood,Mood,,,,,,,\n" VISIT_END);
    struct page page = page_get(p, ADMIN, draft, NULL);

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "1 mistake"));
    assert_true(shows(&page, "<bdi>survey</bdi></td>" AT("3", "type") VALUE "txet"));
    assert_false(shows(&page, "name=\"confirm\""));
    assert_int_equal(page_post(p, ADMIN, draft, "confirm=1").status, 422);
}

static void a_kind_published_on_a_page_is_there_for_the_next_request(void **state)
{
    struct pages *p = *state;
    const char *person = given_person(p);
    struct page page;

    assert_int_equal(page_get(p, SUPERVISOR, "/records/home_visit", NULL).status, 403);
    given_visits(p, VISIT_HEAD VISIT_ROWS VISIT_END);
    page = page_get(p, SUPERVISOR, "/records/home_visit", NULL);
    assert_int_equal(page.status, 200);
    page = api_call(p, SUPERVISOR, "POST", "/records/home_visit",
                    arena_printf(p->arena,
                                 "{\"parent\":\"%s\",\"answers\":{\"visited_on\":\"2026-11-20\","
                                 "\"mood\":\"calm\"}}",
                                 person),
                    NULL);
    assert_int_equal(page.status, 201);
    assert_int_equal(page_get(p, FINANCE, "/records/home_visit", NULL).status, 403);
    page = page_get(p, ADMIN, "/forms/home_visit", NULL);
    assert_true(shows(&page, "التاريخ"));
    assert_true(shows(&page, "published here"));
}

static void a_draft_is_looked_at_before_it_is_published(void **state)
{
    struct pages *p = *state;
    const char *draft;
    struct page page;

    given_visits(p, VISIT_HEAD VISIT_ROWS VISIT_END);
    draft = given_draft(p, VISIT_HEAD VISIT_ROWS ",text,advice,Advice,,,,,,,\n" VISIT_END);
    page = page_get(p, ADMIN, draft, NULL);
    assert_true(shows(&page, "advice"));
    assert_true(shows(&page, "added"));
    page = page_get(p, ADMIN, arena_printf(p->arena, "%s/preview", draft), NULL);
    assert_true(shows(&page, "name=\"advice\""));
    assert_false(shows(&page, "name=\"_save\""));
    assert_int_equal(page_post(p, ADMIN, draft, "").status, 422);
    assert_int_equal(page_post(p, ADMIN, draft, "confirm=1").status, 303);
    assert_int_equal(page_get(p, ADMIN, draft, NULL).status, 404);
}

/* clang-format off */
#define SHUFFLED                                                                            \
    "survey\n,type,name,label::English (en),label::العربية (ar),parameters\n"              \
    ",text,by,By,بـ,\n,select_one n,loose,Loose,حر,randomize=true\n"                         \
    ",select_multiple n,tied,Tied,مقيد,randomize=true seed=${by}\n"                         \
    "choices\n,list_name,name,label::English (en),label::العربية (ar)\n,n,1,a,أ\n"          \
    ",n,2,b,ب\n,n,3,c,ت\n,n,4,d,ث\n,n,5,e,ج\n,n,6,f,ح\n,n,7,g,خ\n"                          \
    "settings\n,form_title::English (en),form_title::العربية (ar),form_id,version,"        \
    "hw:parent,hw:subject\n,Visit,زيارة,home_visit,1,person,person\n"
/* clang-format on */

/* The values of a question's controls as they stand on a page, in the way JSON lists them. */
static const char *order_on(struct pages *p, const struct page *page, const char *name)
{
    const char *mark = arena_printf(p->arena, "name=\"%s\" value=\"", name);
    const char *out = "";

    for (const char *at = strstr(page->body, mark); at; at = strstr(at + 1, mark))
        if (at[strlen(mark)] != '"')
            out = arena_printf(p->arena, "%s%s\"%c\"", out, out[0] ? "," : "", at[strlen(mark)]);
    assert_int_equal(strlen(out), strlen("\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\""));
    return out;
}

static void a_page_keeps_its_order_of_choices_and_a_seed_says_which(void **state)
{
    struct pages *p = *state;
    const char *person = given_person(p);
    const char *form;
    const char *loose;
    const char *tied;
    struct page page;

    given_visits(p, SHUFFLED);
    page = page_get(p, SUPERVISOR, "/records/home_visit/new",
                    arena_printf(p->arena, "parent=%s", person));
    loose = order_on(p, &page, "loose");
    tied = order_on(p, &page, "tied");
    form = arena_printf(p->arena, "_parent=%s&_draft=%s&_refresh=1&loose=3&tied=2&by=42", person,
                        between(p, &page, "name=\"_draft\" value=\"", "\""));
    page = page_post(p, SUPERVISOR, "/records/home_visit", form);
    assert_string_equal(order_on(p, &page, "loose"), loose);
    assert_string_not_equal(order_on(p, &page, "tied"), tied);
    tied = order_on(p, &page, "tied");
    page = page_post(p, SUPERVISOR, "/records/home_visit/state", form);
    assert_true(shows(&page, arena_printf(p->arena, "\"choices\":[%s]", tied)));
    page = page_get(p, SUPERVISOR, "/records/home_visit/new",
                    arena_printf(p->arena, "parent=%s", person));
    assert_string_not_equal(order_on(p, &page, "loose"), loose);
}

/* A version that does not ask for the mood any more, but for advice. */
#define VISIT_LATER                                                                                \
    ",date,visited_on,Date of the visit,Date,Fecha,التاريخ,yes,1,open,Work by date\n"       \
    ",text,advice,Advice,Conseil,Consejo,النصيحة,,,,\n"

static void given_visits_again(struct pages *p, const char *csv)
{
    assert_int_equal(page_post(p, ADMIN, given_draft(p, csv), "confirm=1").status, 303);
}

/* Opens the form of a visit, then another version of it is published. */
static const char *given_page_of_older_form(struct pages *p, const char *person)
{
    struct page page;
    const char *hash;

    given_visits(p, VISIT_HEAD VISIT_ROWS VISIT_END);
    page = page_get(p, SUPERVISOR, "/records/home_visit/new",
                    arena_printf(p->arena, "parent=%s", person));
    assert_int_equal(page.status, 200);
    hash = between(p, &page, "name=\"_form\" value=\"", "\"");
    given_visits_again(p, VISIT_HEAD VISIT_LATER VISIT_END);
    return hash;
}

static const char *sent(struct pages *p, const char *person, const char *hash, const char *answers)
{
    return arena_printf(p->arena, "_parent=%s&_form=%s&_save=1&%s", person, hash, answers);
}

static void what_an_older_page_sends_is_saved_with_what_is_asked_no_more(void **state)
{
    struct pages *p = *state;
    const char *person = given_person(p);
    const char *hash = given_page_of_older_form(p, person);
    const char *place;
    struct page page = page_post(p, SUPERVISOR, "/records/home_visit",
                                 sent(p, person, hash, "visited_on=2026-11-20&mood=%20calm%20"));

    assert_int_equal(page.status, 303);
    place = page.location;
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/edit", place), NULL);
    assert_true(shows(&page, "value=\"2026-11-20\""));
    assert_false(shows(&page, "calm"));
    page = page_post(p, SUPERVISOR, place, "_version=1&_save=1&visited_on=2026-11-21&advice=Rest");
    assert_int_equal(page.status, 303);
    given_visits_again(p, VISIT_HEAD VISIT_ROWS VISIT_END);
    page = page_get(p, SUPERVISOR, place, NULL);
    assert_true(shows(&page, ">calm<"));
}

static void a_form_that_comes_back_keeps_and_tells_what_is_asked_no_more(void **state)
{
    struct pages *p = *state;
    const char *person = given_person(p);
    const char *hash = given_page_of_older_form(p, person);
    struct page page = page_post(p, SUPERVISOR, "/records/home_visit",
                                 sent(p, person, hash, "visited_on=soon&mood=calm"));

    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "name=\"advice\""));
    assert_true(shows(&page, "type=\"hidden\" name=\"mood\" value=\"calm\""));
    assert_true(shows(&page, "kept with the record: Mood"));
    assert_string_equal(between(p, &page, "name=\"_form\" value=\"", "\""), hash);
    page = page_post(p, SUPERVISOR, "/records/home_visit",
                     sent(p, person, hash, "visited_on=2026-11-20&mood=calm&advice=Rest"));
    assert_int_equal(page.status, 303);
    given_visits_again(p, VISIT_HEAD VISIT_ROWS VISIT_END);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, ">calm<"));
}

static void a_field_that_no_version_had_is_refused(void **state)
{
    struct pages *p = *state;
    const char *person = given_person(p);
    const char *hash = given_page_of_older_form(p, person);
    const char *with[] = { hash, "00ff", "x" };

    for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
        const char *answers =
            i == 0 ? "visited_on=2026-11-20&smell=calm" : "visited_on=2026-11-20&mood=calm";

        assert_int_equal(
            page_post(p, SUPERVISOR, "/records/home_visit", sent(p, person, with[i], answers))
                .status,
            422);
    }
}

static const char *visit_json(struct pages *p, const char *around, const char *answers)
{
    return arena_printf(p->arena, "{%s,\"answers\":{%s}}", around, answers);
}

static struct page sent_json(struct pages *p, const char *method, const char *path,
                             const char *json)
{
    return api_call(p, SUPERVISOR, method, path, json, NULL);
}

/* What an older page may do, a program that knows an older form may: and no more. */
static void json_of_an_older_form_is_kept_or_refused_as_its_page_is(void **state)
{
    struct pages *p = *state;
    const char *person = given_person(p);
    const char *hash = given_page_of_older_form(p, person);
    const char *parent = arena_printf(p->arena, "\"parent\":\"%s\"", person);
    const char *older = arena_printf(p->arena, "%s,\"form\":\"%s\"", parent, hash);
    const char *moody = "\"visited_on\":\"2026-11-20\",\"mood\":\"calm\"";
    const char *path = "/records/home_visit";
    struct page page = sent_json(p, "POST", path, visit_json(p, parent, moody));

    assert_int_equal(page.status, 422); /* the form in force has no mood */
    assert_true(shows(&page, "\"field\":\"mood\""));
    page = sent_json(p, "POST", path,
                     visit_json(p, arena_printf(p->arena, "%s,\"form\":\"00ff\"", parent), moody));
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "\"field\":\"form\""));
    page = sent_json(p, "POST", path, visit_json(p, older, "\"smell\":\"calm\""));
    assert_int_equal(page.status, 422); /* no version ever asked that */
    page = sent_json(p, "POST", path, visit_json(p, older, moody));
    assert_int_equal(page.status, 201);
    path = page.location;
    assert_string_not_equal(between(p, &page, "\"form\":\"", "\""), hash);
    assert_int_equal(
        page_post(p, SUPERVISOR, path, "_version=1&_save=1&visited_on=2026-11-20&advice=Rest")
            .status,
        303);
    older = arena_printf(p->arena, "\"version\":2,\"form\":\"%s\"", hash);
    page = sent_json(p, "PUT", path,
                     visit_json(p, older, "\"visited_on\":\"2026-11-22\",\"mood\":\"tense\""));
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "\"advice\":\"Rest\"")); /* it could not know the question */
    given_visits_again(p, VISIT_HEAD VISIT_ROWS VISIT_END);
    page = sent_json(p, "GET", path, NULL);
    assert_true(shows(&page, "\"mood\":\"tense\"") && shows(&page, "2026-11-22"));
}

static const char *given_book_draft(struct pages *p, const char *csv)
{
    const struct form_text text = { "visit.csv", csv, strlen(csv) };
    const char *bytes = NULL;
    struct page page;
    size_t len = 0;

    assert_int_equal(form_sheets(&p->ctx, &bytes, &len, &text), OK);
    page = page_upload_file(p, ADMIN, "/forms", "visit.xlsx", bytes, len);
    assert_int_equal(page.status, 303);
    return page.location;
}

static void a_workbook_is_published_like_a_csv(void **state)
{
    struct pages *p = *state;
    const char *draft = given_book_draft(p, VISIT_HEAD VISIT_ROWS VISIT_END);
    struct page page = page_get(p, ADMIN, draft, NULL);

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "visit.xlsx"));
    assert_int_equal(page_post(p, ADMIN, draft, "confirm=1&grant=supervisor%3Dall").status, 303);
    page = page_get(p, SUPERVISOR, "/records/home_visit", NULL);
    assert_int_equal(page.status, 200);
    page = page_get(p, ADMIN, "/forms/home_visit", NULL);
    assert_true(shows(&page, "التاريخ"));
}

static void mistakes_of_a_workbook_are_told_at_its_own_sheet_and_row(void **state)
{
    static const char broken[] = "PK\3\4 no workbook";
    struct pages *p = *state;
    const char *draft =
        given_book_draft(p, VISIT_HEAD VISIT_ROWS ",txet,hope,Hope,,,,,,,\n" VISIT_END);
    struct page page = page_get(p, ADMIN, draft, NULL);

    assert_true(shows(&page, "1 mistake"));
    assert_true(shows(&page, "<bdi>survey</bdi></td>" AT("4", "type") VALUE "txet"));
    assert_int_equal(page_post(p, ADMIN, draft, "confirm=1").status, 422);
    page = page_upload_file(p, ADMIN, "/forms", "visit.xlsx", broken, sizeof(broken) - 1);
    page = page_get(p, ADMIN, page.location, NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "1 mistake"));
}

static void a_form_taken_as_a_workbook_comes_back_as_it_was(void **state)
{
    struct pages *p = *state;
    struct page page;

    given_visits(p, VISIT_HEAD VISIT_ROWS VISIT_END);
    page = page_get(p, ADMIN, "/forms/home_visit", NULL);
    page = page_get(p, ADMIN,
                    arena_printf(p->arena, "/forms/home_visit/versions/%s/xlsx",
                                 between(p, &page, "/forms/home_visit/versions/", "\"")),
                    NULL);
    assert_int_equal(page.status, 200);
    page = page_upload_file(p, ADMIN, "/forms", "visit.xlsx", page.body, page.len);
    page = page_get(p, ADMIN, page.location, NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "<p>Nothing.</p>"));
}

/* clang-format off */
#define SAID \
    "survey\n,type,name,label::English (en),label::Français (fr),label::Español (es)," \
    "label::العربية (ar)\n" \
    ",text,child,\"Name of the **child**\",Nom,Nombre,الاسم\n" \
    ",begin group,home,Home of ${child},Foyer,Hogar,البيت\n" \
    ",select_one moods,mood,How is *${child}*?,Et ${child} ?,¿Y ${child}?,كيف حال ${child}؟\n" \
    ",end group,,,,,\n" \
    ",begin repeat,meals,Meals,Repas,Comidas,الوجبات\n,text,meal,Meal,Repas,Comida,الوجبة\n" \
    ",text,liked,Liked ${meal}?,Aimé ?,¿Gustó?,أعجب؟\n,end repeat,,,,,\n" \
    "choices\n,list_name,name,label::English (en),label::Français (fr),label::Español (es)," \
    "label::العربية (ar)\n,moods,well,**Well**,Bien,Bien,بخير\n" VISIT_END
/* clang-format on */

/* What a form says with marks and answers in it is said so wherever answers are shown. */
static void labels_are_said_on_the_pages_of_a_record_as_on_its_form(void **state)
{
    struct pages *p = *state;
    const char *person = given_person(p);
    struct page page;
    const char *record;

    given_visits(p, SAID);
    page = page_post(p, SUPERVISOR, "/records/home_visit",
                     arena_printf(p->arena,
                                  "_parent=%s&child=Awa&mood=well&meals.1.meal=Rice"
                                  "&meals.1.liked=much&meals.2.meal=Fish&meals.2.liked=less",
                                  person));
    assert_int_equal(page.status, 303);
    record = page.location;
    page = page_get(p, SUPERVISOR, record, NULL);
    assert_true(shows(&page, "<dt>Name of the child</dt>"));
    assert_true(shows(&page, ">Home of Awa</h2>"));
    assert_true(shows(&page, "<dt>How is Awa?</dt><dd><bdi>Well</bdi>"));
    assert_true(shows(&page, "<dt>Liked Rice?</dt><dd><bdi>much</bdi>"));
    assert_true(shows(&page, "<dt>Liked Fish?</dt><dd><bdi>less</bdi>"));
    assert_false(shows(&page, "${") || shows(&page, "**"));
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/print", record), "lang=ar");
    assert_int_equal(page.status, 200);
    page = api_call(p, SUPERVISOR, "PUT", record,
                    "{\"child\":\"Binta\",\"mood\":\"well\",\"meals\":[{\"meal\":\"Millet\"}]}",
                    "\"1\"");
    assert_int_equal(page.status, 200);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/diff", record), "from=1&to=2");
    assert_true(shows(&page, "Name of the child") && shows(&page, "Binta"));
    assert_false(shows(&page, "${") || shows(&page, "**"));
}

static void a_form_comes_on_paper_in_four_languages(void **state)
{
    struct pages *p = *state;
    const char *const languages[] = { "", "lang=en", "lang=fr", "lang=es", "lang=ar" };

    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
        struct page page = page_get(p, SUPERVISOR, "/forms/person/paper.pdf", languages[i]);

        assert_int_equal(page.status, 200);
        assert_string_equal(page.type, "application/pdf");
        assert_true(page.len > 4000 && text_starts(page.body, "%PDF-"));
    }
    assert_int_equal(page_get(p, SUPERVISOR, "/forms/person/paper.pdf", "lang=xx").status, 422);
    assert_int_equal(page_get(p, SUPERVISOR, "/forms/nobody/paper.pdf", NULL).status, 404);
    assert_int_equal(page_get(p, FINANCE, "/forms/person/paper.pdf", NULL).status, 404);
}

#define PAGES(test) cmocka_unit_test_setup_teardown(test, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGES(a_draft_shows_its_mistakes_at_sheet_row_column_and_value),
        PAGES(a_kind_published_on_a_page_is_there_for_the_next_request),
        PAGES(a_draft_is_looked_at_before_it_is_published),
        PAGES(a_page_keeps_its_order_of_choices_and_a_seed_says_which),
        PAGES(what_an_older_page_sends_is_saved_with_what_is_asked_no_more),
        PAGES(json_of_an_older_form_is_kept_or_refused_as_its_page_is),
        PAGES(a_form_that_comes_back_keeps_and_tells_what_is_asked_no_more),
        PAGES(a_field_that_no_version_had_is_refused),
        PAGES(a_workbook_is_published_like_a_csv),
        PAGES(mistakes_of_a_workbook_are_told_at_its_own_sheet_and_row),
        PAGES(a_form_taken_as_a_workbook_comes_back_as_it_was),
        PAGES(labels_are_said_on_the_pages_of_a_record_as_on_its_form),
        PAGES(a_form_comes_on_paper_in_four_languages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
