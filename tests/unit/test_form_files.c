/* Tables and pictures that are delivered with a form: taken, refused at their cell, kept, served.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/home.h"
#include "core/text.h"
#include "db/db.h"
#include "forms/pack.h"
#include "forms/xform.h"
#include "http/jail.h"
#include "pages.h"
#include "records/image.h"
#include "records/publish.h"
#include "xlsx_pack.h"

/* clang-format off */
#define HEAD "survey\n,type,name,label::English (en),label::العربية (ar),media::image," \
    "choice_filter,calculation\n"
#define ROWS ",select_one_from_file towns.csv,town,Town,مدينة,map.png,,\n" \
    ",calculate,mayor,,,,,\"pulldata('mayors', 'mayor', 'town', ${town})\"\n" \
    ",select_one signs,sign,Which sign?,أي علامة؟,,,\n"
#define CHOICES "choices\n,list_name,name,label::English (en),label::العربية (ar),media::image\n" \
    ",signs,up,Up,فوق,map.png\n,signs,down,Down,تحت,\n"
#define END "settings\n,form_title::English (en),form_title::العربية (ar),form_id,version," \
    "hw:parent,hw:subject\n,Town visit,زيارة مدينة,town_visit,1,person,person\n"
/* clang-format on */
#define FORM   HEAD ROWS CHOICES END
#define TOWNS  "name,label::English (en),label::العربية (ar)\ndakar,Dakar,داكار\nthies,Thiès,تييس\n"
#define MAYORS "town,mayor\ndakar,Awa\nthies,Moussa\n"

#define AT(row, column)                                                                            \
    "<td data-label=\"Row\">" row "</td><td data-label=\"Column\"><bdi>" column "</bdi>"
#define VALUE "</td><td data-label=\"Value\"><bdi>"

static struct pack_part png_part(void)
{
    static unsigned char *bytes;
    static size_t len;
    unsigned char points[4 * 4 * 3] = { 200 };
    const struct image image = { points, 4, 4, 3 };

    if (bytes == NULL)
        assert_int_equal(image_write_png(&bytes, &len, &image), IMAGE_OK);
    return (struct pack_part){ "media/map.png", bytes, len };
}

static const char *draft_of(struct pages *p, const struct pack_part *parts, size_t len)
{
    size_t bytes_len = 0;
    const void *bytes = pack(p->arena, &bytes_len, parts, len);
    struct page page = page_upload_file(p, ADMIN, "/forms", "town.zip", bytes, bytes_len);

    if (page.status != 303)
        fail_msg("status %d: %s", page.status, page.body);
    return page.location;
}

static void given_towns(struct pages *p, const char *towns)
{
    const struct pack_part parts[] = {
        { "town.csv", FORM, 0 }, { "towns.csv", towns, 0 }, { "mayors.csv", MAYORS, 0 }, png_part()
    };
    struct page page = page_post(p, ADMIN, draft_of(p, parts, 4),
                                 "confirm=1&grant=supervisor%3Dall&grant=case_manager%3Dwork");

    if (page.status != 303)
        fail_msg("status %d: %s", page.status, page.body);
}

static struct page visit_of(struct pages *p, const char *answers)
{
    const char *person = page_post(p, SUPERVISOR, "/records/person",
                                   "_confirm=1&names.1.name_text=Awa&names.1.name_script=Latn")
                             .location;
    struct page page =
        page_post(p, SUPERVISOR, "/records/town_visit",
                  arena_printf(p->arena, "_parent=%s&%s", strrchr(person, '/') + 1, answers));

    return page.status == 303 ? page_get(p, SUPERVISOR, page.location, NULL) : page;
}

static void a_zip_brings_a_form_with_its_tables_and_pictures(void **state)
{
    struct pages *p = *state;
    struct page page;

    given_towns(p, TOWNS);
    page = visit_of(p, "town=thies&sign=up");
    assert_true(shows(&page, "Thiès"));
    assert_int_equal(visit_of(p, "town=paris&sign=up").status, 422);
    page = page_get(p, SUPERVISOR, "/records/town_visit", NULL);
    assert_int_equal(page.status, 200);
}

static void pictures_stand_beside_questions_and_choices_with_words_for_them(void **state)
{
    struct pages *p = *state;
    const char *person;
    struct page page;

    given_towns(p, TOWNS);
    person = page_post(p, SUPERVISOR, "/records/person",
                       "_confirm=1&names.1.name_text=Awa&names.1.name_script=Latn")
                 .location;
    page = page_get(p, SUPERVISOR, "/records/town_visit/new",
                    arena_printf(p->arena, "parent=%s", strrchr(person, '/') + 1));
    assert_true(shows(&page, "src=\"/forms/town_visit/media/map.png\" alt=\"Picture: Town\""));
    assert_true(shows(&page, "src=\"/forms/town_visit/media/map.png\" alt=\"Picture: Up\""));
    assert_false(shows(&page, "alt=\"Picture: Down\""));
    page = page_get(p, SUPERVISOR, "/forms/town_visit/paper.pdf", NULL);
    assert_int_equal(page.status, 200);
    assert_non_null(memmem(page.body, page.len, "/Image", 6));
}

static void what_came_with_a_form_is_served_to_who_may_see_it(void **state)
{
    struct pages *p = *state;
    struct page page;

    given_towns(p, TOWNS);
    page = page_get(p, SUPERVISOR, "/forms/town_visit/media/mayors.csv", NULL);
    assert_int_equal(page.status, 200);
    assert_string_equal(page.type, "text/csv; charset=utf-8");
    assert_true(shows(&page, MAYORS));
    assert_non_null(page.etag);
    page = page_get(p, SUPERVISOR, "/forms/town_visit/media/map.png", NULL);
    assert_string_equal(page.type, "image/png");
    assert_memory_equal(page.body, "\x89PNG", 4);
    assert_int_equal(page_get(p, SUPERVISOR, "/forms/town_visit/media/none.csv", NULL).status, 404);
    assert_int_equal(page_get(p, SUPERVISOR, "/forms/person/media/mayors.csv", NULL).status, 404);
    assert_int_equal(page_get(p, FINANCE, "/forms/person/media/countries.csv", NULL).status, 404);
    assert_int_equal(page_get(p, FINANCE, "/forms/person/xform.xml", NULL).status, 404);
    /* Who publishes forms sees them, and what their pages link to, without any person's class. */
    assert_int_equal(page_get(p, ADMIN, "/records/person", NULL).status, 403);
    assert_int_equal(page_get(p, ADMIN, "/forms/person/media/countries.csv", NULL).status, 200);
    assert_int_equal(page_get(p, ADMIN, "/forms/person/xform.xml", NULL).status, 200);
    assert_int_equal(page_get(p, ADMIN, "/forms/person/paper.pdf", NULL).status, 200);
    page = page_get(p, SUPERVISOR, "/forms/person/media/countries.csv", NULL);
    assert_int_equal(page.status, 200); /* a shared list that the form takes choices from */
}

static void what_is_known_already_is_not_sent_again(void **state)
{
    struct pages *p = *state;
    const char *path = "/forms/town_visit/media/towns.csv";
    const char *etag;
    struct page page;

    given_towns(p, TOWNS);
    etag = api_call(p, SUPERVISOR, "GET", path, NULL, NULL).etag;
    assert_non_null(etag);
    page = api_call(p, SUPERVISOR, "GET", path, NULL, etag);
    assert_int_equal(page.status, 304);
    assert_int_equal(page.len, 0);
    assert_string_equal(page.etag, etag);
    assert_int_equal(api_call(p, FINANCE, "GET", path, NULL, etag).status, 404);
    given_towns(p, "name,label::English (en),label::العربية (ar)\ndakar,Dakar,داكار\n"
                   "paris,Paris,باريس\nthies,Thiès,تييس\n");
    page = api_call(p, SUPERVISOR, "GET", path, NULL, etag);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "Paris") && strcmp(page.etag, etag) != 0);
    page = api_call(p, SUPERVISOR, "GET", "/forms/town_visit/media/map.png", NULL, etag);
    assert_int_equal(page.status, 200);
}

static void a_version_keeps_its_own_tables_and_can_be_taken_again(void **state)
{
    struct pages *p = *state;
    const char *first;
    struct page page;

    given_towns(p, TOWNS);
    first =
        arena_printf(p->arena, "%d", (int)pages_count(p, "SELECT max(epoch) FROM form_version"));
    given_towns(p, "name,label::English (en),label::العربية (ar)\ndakar,Dakar,داكار\n"
                   "paris,Paris,باريس\nthies,Thiès,تييس\n");
    page = page_get(p, SUPERVISOR, "/forms/town_visit/media/towns.csv", NULL);
    assert_true(shows(&page, "Paris"));
    page =
        page_post(p, ADMIN, "/forms/town_visit/again", arena_printf(p->arena, "epoch=%s", first));
    assert_int_equal(page.status, 303);
    assert_int_equal(page_post(p, ADMIN, page.location, "confirm=1").status, 303);
    assert_int_equal(visit_of(p, "town=paris&sign=up").status, 422);
    assert_int_equal(page_get(p, SUPERVISOR, "/forms/town_visit/media/map.png", NULL).status, 200);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM form_blob"), 4); /* each kept once */
}

/* The same table: then there is a record that the older version could not label. */
static void a_version_without_a_choice_that_a_record_has_is_not_taken_again(void **state)
{
    struct pages *p = *state;
    const char *first;
    struct page page;

    given_towns(p, TOWNS);
    first =
        arena_printf(p->arena, "%d", (int)pages_count(p, "SELECT max(epoch) FROM form_version"));
    given_towns(p, "name,label::English (en),label::العربية (ar)\ndakar,Dakar,داكار\n"
                   "paris,Paris,باريس\nthies,Thiès,تييس\n");
    assert_true(shows(&(struct page){ .body = visit_of(p, "town=paris&sign=up").body }, "Paris"));
    page =
        page_post(p, ADMIN, "/forms/town_visit/again", arena_printf(p->arena, "epoch=%s", first));
    assert_int_equal(page.status, 303);
    assert_int_equal(page_post(p, ADMIN, page.location, "confirm=1").status, 422);
    page = page_get(p, ADMIN, page.location, NULL);
    assert_true(shows(&page, "paris is a choice of town") && shows(&page, "hw:retired"));
}

/* --- mistakes, each at its cell --- */

static void refused(struct pages *p, const struct pack_part *parts, size_t len, const char *told)
{
    const char *draft = draft_of(p, parts, len);
    struct page page = page_get(p, ADMIN, draft, NULL);

    if (!shows(&page, told))
        fail_msg("not told: %s in %s", told,
                 strstr(page.body, "<tbody>") ? strstr(page.body, "<tbody>") : page.body);
    assert_int_equal(page_post(p, ADMIN, draft, "confirm=1&grant=supervisor%3Dall").status, 422);
}

static void a_file_that_is_missing_or_none_is_told_at_its_cell(void **state)
{
    struct pages *p = *state;
    const struct pack_part no_map[] = { { "town.csv", FORM, 0 },
                                        { "towns.csv", TOWNS, 0 },
                                        { "mayors.csv", MAYORS, 0 } };
    const struct pack_part no_towns[] = {
        { "town.csv", FORM, 0 }, { "twons.csv", TOWNS, 0 }, { "mayors.csv", MAYORS, 0 }, png_part()
    };
    const struct pack_part bad_map[] = { { "town.csv", FORM, 0 },
                                         { "towns.csv", TOWNS, 0 },
                                         { "mayors.csv", MAYORS, 0 },
                                         { "map.png", "<svg onload=\"x\"/>", 0 } };
    const struct pack_part bad_towns[] = { { "town.csv", FORM, 0 },
                                           { "towns.csv", "name,label\nda kar,Dakar\n", 0 },
                                           { "mayors.csv", MAYORS, 0 },
                                           png_part() };

    refused(p, no_map, 3, AT("3", "media::image") VALUE "map.png</bdi>");
    refused(p, no_map, 3, AT("8", "media::image") VALUE "map.png</bdi>");
    refused(p, no_towns, 4, AT("3", "type"));
    refused(p, no_towns, 4, "There is no list towns.csv");
    refused(p, no_towns, 4, "Did you mean twons.csv?");
    refused(p, bad_map, 4, AT("3", "media::image") VALUE "map.png</bdi>");
    refused(p, bad_map, 4, AT("8", "media::image") VALUE "map.png</bdi>");
    refused(p, bad_map, 4, "map.png is none of them");
    refused(p, bad_towns, 4, "<bdi>towns.csv</bdi></td>" AT("2", "name"));
}

static void what_nothing_names_is_told_and_hinders_nobody(void **state)
{
    struct pages *p = *state;
    const struct pack_part parts[] = { { "town.csv", FORM, 0 },     { "towns.csv", TOWNS, 0 },
                                       { "mayors.csv", MAYORS, 0 }, { "rivers.csv", MAYORS, 0 },
                                       { "__MACOSX/._x", "x", 0 },  png_part() };
    const char *draft = draft_of(p, parts, 6);
    struct page page = page_get(p, ADMIN, draft, NULL);

    assert_true(shows(&page, "rivers.csv came with the form, and nothing in the form names it."));
    assert_int_equal(page_post(p, ADMIN, draft, "confirm=1&grant=supervisor%3Dall").status, 303);
}

static void files_are_kept_with_their_version_or_not_at_all_when_the_database_fails(void **state)
{
    struct pages *p = *state;
    const struct pack_part png = png_part();
    const struct delivered came[] = { { "town.csv", FORM, strlen(FORM) },
                                      { "towns.csv", TOWNS, strlen(TOWNS) },
                                      { "mayors.csv", MAYORS, strlen(MAYORS) },
                                      { "map.png", png.bytes, png.len } };
    const struct kind_grant grant = { "town_visit", "supervisor", "all" };
    struct form_plan plan = { 0 };
    struct form_text text = { 0 };
    int64_t epoch = 0;
    enum err rc = ERR_DB;

    p->ctx.db = home_write_db(p->home);
    assert_int_equal(user_load_by_login(&p->ctx, "administrator"), OK);
    assert_int_equal(pack_read(&p->ctx, &text, came, 4), OK);
    assert_int_equal(publish_check(&p->ctx, &plan, &text), OK);
    assert_int_equal(plan.bad, 0);
    for (int n = 1; rc; n++) {
        db_fail_at(p->ctx.db, n);
        rc = publish_now(&p->ctx, &plan, &grant, 1, &epoch);
        db_fail_at(p->ctx.db, 0);
        assert_true((rc == OK || rc == ERR_DB) && n < 200);
        assert_false(db_in_transaction(p->ctx.db));
        assert_int_equal(pages_count(p, "SELECT count(*) FROM form_file"), rc ? 0 : 3);
        assert_int_equal(pages_count(p, "SELECT count(*) FROM form_blob"), rc ? 0 : 3);
        assert_int_equal(
            pages_count(p, "SELECT count(*) FROM form_version WHERE form = 'town_visit'"),
            rc ? 0 : 1);
    }
}

/* --- choices found by search() --- */

#define VILLAGES                                                                                   \
    "village_key,name_en,name_ar,Region,chief,picture,sortby\n"                                    \
    "v1,Ndame,ندام,north,Ousmane,map.png,3\nv2,Keur Moussa,كور موسى,south,Awa,,2\n"     \
    "v3,Mbane,مبان,north,Awa,,1\nv1,Ndame,ندام,north,Fatou,map.png,3\n"
/* clang-format off */
#define FOUND_HEAD "survey\n,type,name,label::English (en),label::العربية (ar),appearance\n" \
    ",text,region,Region,منطقة,\n,text,words,Chief,رئيس,\n"
#define FOUND_ROW ",select_one villages,village,Village,قرية,\"quick search('villages', " \
    "'matches', 'region', ${region})\"\n"
#define FOUND_ALL ",select_multiple villages,seen,Seen,شوهدت,search('villages.csv')\n"
#define FOUND_CHIEF ",select_one villages,of_chief,Whose?,لمن؟,\"minimal search('villages', " \
    "'contains', 'chief,name_en', ${words}, 'region', 'north')\"\n"
#define FOUND_CHOICES "choices\n,list_name,name,label::English (en),label::العربية (ar)," \
    "media::image\n,villages,village_key,\"name_en,chief\",name_ar,picture\n" \
    ",villages,99,Another,أخرى,\n"
#define FOUND_END "settings\n,form_title::English (en),form_title::العربية (ar),form_id,version," \
    "hw:parent,hw:subject\n,Village visit,زيارة قرية,village_visit,1,person,person\n"
/* clang-format on */
#define FOUND FOUND_HEAD FOUND_ROW FOUND_ALL FOUND_CHIEF FOUND_CHOICES FOUND_END

static void given_villages(struct pages *p)
{
    const struct pack_part parts[] = { { "found.csv", FOUND, 0 },
                                       { "villages.csv", VILLAGES, 0 },
                                       png_part() };
    struct page page = page_post(p, ADMIN, draft_of(p, parts, 3),
                                 "confirm=1&grant=supervisor%3Dall&grant=case_manager%3Dwork");

    if (page.status != 303)
        fail_msg("status %d: %s", page.status, page.body);
}

static int posted(struct pages *p, const char *person, const char *answers)
{
    return page_post(p, SUPERVISOR, "/records/village_visit",
                     arena_printf(p->arena, "_parent=%s&%s", person, answers))
        .status;
}

static void rows_of_a_table_are_choices_where_search_finds_them(void **state)
{
    struct pages *p = *state;
    const char *person;
    const char *at;
    struct page page;

    given_villages(p);
    person = page_id(page_given_person(p, PAGES_AWA));
    page = page_get(p, SUPERVISOR, "/records/village_visit/new",
                    arena_printf(p->arena, "parent=%s", person));
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "Keur Moussa (chief: Awa)")); /* of the question that takes all */
    assert_true(shows(&page, "alt=\"Picture: Ndame (chief: Ousmane)\""));
    at = strstr(between(p, &page, "id=\"f-of_chief\"", "</select>"), "value=\"v1\"");
    assert_non_null(at);
    assert_null(strstr(at + 1, "value=\"v1\"")); /* two rows, one option */
    page = page_post(p, SUPERVISOR, "/records/village_visit/state", "region=NORTH&_was.region=x");
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "\"village\":{\"relevant\":true,\"choices\":[\"v3\",\"v1\",\"99\"]"));
    assert_int_equal(posted(p, person, "region=north&village=v3&seen=v2&seen=v1"), 303);
    assert_int_equal(posted(p, person, "region=North&village=99"), 303);
    assert_int_equal(posted(p, person, "region=north&village=v2"), 422);
    assert_int_equal(posted(p, person, "region=north&village=v9"), 422);
    assert_int_equal(posted(p, person, "region=nor&village=v3"), 422);
    assert_int_equal(posted(p, person, "words=FATO&of_chief=v1"), 303); /* her second row */
    assert_int_equal(posted(p, person, "words=mban&of_chief=v3"), 303);
    assert_int_equal(posted(p, person, "words=Awa&of_chief=v2"), 422); /* she is in the south */
}

static const struct form *parsed(struct pages *p, const char *csv)
{
    const struct delivered tables[] = { { "villages.csv", VILLAGES, strlen(VILLAGES) } };
    const struct form_files files = { tables, 1, false };
    const struct form_text text = { "found.csv", csv, strlen(csv), &files };
    const struct forms *forms = NULL;

    ctx_clear_problems(&p->ctx);
    if (form_parse_delivered(&p->ctx, &forms, &text) != OK)
        fail_msg("%s", ctx_first_problem(&p->ctx));
    return forms->items[0];
}

static void search_goes_out_as_choices_with_a_condition(void **state)
{
    struct pages *p = *state;
    const struct form *form = parsed(p, FOUND);
    const struct field *village = field_find(form, "village");
    const char *xml = NULL;
    size_t len = 0;

    assert_string_equal(village->appearance, "quick");
    assert_false(field_looks(village, LOOK_AUTOCOMPLETE));
    assert_true(field_looks(field_find(form, "of_chief"), LOOK_MINIMAL));
    assert_int_equal(village->choices->len, 4); /* Ndame once: no search tells her rows apart */
    assert_int_equal(field_find(form, "of_chief")->choices->len, 5);
    assert_int_equal(xform_write(&p->ctx, &xml, &len, form), OK);
    assert_non_null(strstr(xml, "<asked_1>south</asked_1>"));
    assert_non_null(strstr(xml, "nodeset=\"instance('villages.village')/root/item[fixed = '1' or ("
                                "asked_1 = translate(string("));
    assert_null(strstr(xml, "search("));
    assert_null(strstr(xml, "<name>village_key</name>"));
    assert_non_null(strstr(xml, "<value>كور موسى</value>"));
}

static void refused_search(struct pages *p, const char *csv, const char *cell, const char *told)
{
    const struct pack_part parts[] = { { "found.csv", csv, 0 },
                                       { "villages.csv", VILLAGES, 0 },
                                       png_part() };

    refused(p, parts, 3, cell);
    refused(p, parts, 3, told);
}

static void a_search_that_finds_nothing_to_look_in_is_told_at_its_cell(void **state)
{
#define LOOKS(call) FOUND_HEAD ",select_one villages,v,V,ق,\"" call "\"\n" FOUND_CHOICES FOUND_END
#define AT_LOOK     AT("5", "appearance")
    static const char *const broken[][3] = {
        { LOOKS("search('villagse')"), AT_LOOK, "There is no list villagse.csv" },
        { LOOKS("search('villages', 'matches', 'regoin', ${region})"), AT_LOOK,
          "The list villages.csv has no column regoin. Did you mean Region?" },
        { LOOKS("search('villages', 'contains', 'chief', ${words}, 'land', 'x')"), AT_LOOK,
          "The list villages.csv has no column land." },
        { LOOKS("search('villages', 'conains', 'chief', ${words})"), AT_LOOK,
          "conains is no way to search: those are contains, startswith, endswith, matches. Did you "
          "mean contains?" },
        { LOOKS("search('villages', 'contains')"), AT_LOOK, "search() is written in one of these" },
        { LOOKS("search('villages'"), AT_LOOK, "search() is written in one of these" },
        { LOOKS("search(${words})"), AT_LOOK, "search() wants a name in quotes here" },
        { LOOKS("search('villages', 'contains', 'chief', ${wrods})"), AT_LOOK,
          "There is no field named wrods in this form. Did you mean words?" },
        { LOOKS("search('villages', 'contains', 'chief', concat(${words})"), AT_LOOK,
          "search() is" },
        { LOOKS("search('villages', 'contains', 'chief', nosuch(${words}))"), AT_LOOK, "nosuch" },
        { FOUND_HEAD FOUND_ROW ",select_one villages,v,V,ق,\n" FOUND_CHOICES FOUND_END,
          AT("6", "type"), "names the columns of a table for search()" },
        { FOUND_HEAD FOUND_ROW "choices\n,list_name,name,label::English (en),label::العربية (ar)\n"
                               ",villages,village_key,name_en,name_fr\n" FOUND_END,
          AT("8", "label::العربية (ar)"), "has no column name_fr" },
        { FOUND_HEAD FOUND_ROW "choices\n,list_name,name,label::English (en),label::العربية (ar)\n"
                               ",villages,key,name_en,name_ar\n" FOUND_END,
          AT("8", "name"), "has no column key" },
        { FOUND_HEAD FOUND_ROW "choices\n,list_name,name,label::English (en),label::العربية (ar)\n"
                               ",villages,1,One,واحد\n" FOUND_END,
          AT("5", "type"), "needs one row that names columns" },
        { FOUND_HEAD ",text,v,V,ق,search('villages')\n" FOUND_CHOICES FOUND_END, AT_LOOK,
          "search() finds choices of select_one and select_multiple" },
    };
    struct pages *p = *state;

    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        refused_search(p, broken[i][0], broken[i][1], broken[i][2]);
}

static enum err packed(struct pages *p, struct form_text *out, const struct delivered *files,
                       size_t len)
{
    ctx_clear_problems(&p->ctx);
    return pack_read(&p->ctx, out, files, len);
}

static void files_come_one_by_one_too_and_one_of_them_is_the_form(void **state)
{
    struct pages *p = *state;
    const struct delivered files[] = { { "towns.csv", TOWNS, strlen(TOWNS) },
                                       { "town.csv", FORM, strlen(FORM) } };
    const struct delivered none[] = { files[0], { "mayors.csv", MAYORS, strlen(MAYORS) } };
    const struct delivered two[] = { files[1], { "other.csv", FORM, strlen(FORM) } };
    const struct delivered twice[] = { files[0], files[1], files[0] };
    const struct delivered odd[] = { files[1], { "../x?.csv", "a", 1 } };
    const struct delivered zip[] = { { "a.zip", "PK\3\4 no zip", 11 } };
    struct form_text text = { 0 };

    assert_int_equal(packed(p, &text, files, 2), OK);
    assert_string_equal(text.file, "town.csv");
    assert_int_equal(text.files->len, 1);
    assert_int_equal(packed(p, &text, none, 2), ERR_INVALID);
    assert_int_equal(packed(p, &text, two, 2), ERR_INVALID);
    assert_int_equal(packed(p, &text, twice, 3), ERR_INVALID);
    assert_int_equal(packed(p, &text, odd, 2), ERR_INVALID);
    assert_int_equal(packed(p, &text, zip, 1), OK); /* told where the form is read */
    assert_null(text.files);
}

static void a_zip_that_unpacks_to_more_than_is_taken_is_refused(void **state)
{
    struct pages *p = *state;
    char *zeros = calloc(1, PACK_BYTES_MAX + 1);
    const struct pack_part parts[] = { { "town.csv", FORM, 0 },
                                       { "towns.csv", zeros, PACK_BYTES_MAX + 1 } };
    struct form_text text = { 0 };
    struct delivered file = { "town.zip", NULL, 0 };

    file.bytes = pack(p->arena, &file.len, parts, 2);
    free(zeros);
    assert_true(file.len < 100000);
    assert_int_equal(packed(p, &text, &file, 1), ERR_LIMIT);
}

#define PAGES(test) cmocka_unit_test_setup_teardown(test, pages_setup, pages_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        PAGES(a_zip_brings_a_form_with_its_tables_and_pictures),
        PAGES(pictures_stand_beside_questions_and_choices_with_words_for_them),
        PAGES(what_came_with_a_form_is_served_to_who_may_see_it),
        PAGES(what_is_known_already_is_not_sent_again),
        PAGES(a_version_keeps_its_own_tables_and_can_be_taken_again),
        PAGES(a_version_without_a_choice_that_a_record_has_is_not_taken_again),
        PAGES(a_file_that_is_missing_or_none_is_told_at_its_cell),
        PAGES(rows_of_a_table_are_choices_where_search_finds_them),
        PAGES(search_goes_out_as_choices_with_a_condition),
        PAGES(a_search_that_finds_nothing_to_look_in_is_told_at_its_cell),
        PAGES(what_nothing_names_is_told_and_hinders_nobody),
        PAGES(files_are_kept_with_their_version_or_not_at_all_when_the_database_fails),
        PAGES(files_come_one_by_one_too_and_one_of_them_is_the_form),
        PAGES(a_zip_that_unpacks_to_more_than_is_taken_is_refused),
    };

    if (argc == 2 && (strcmp(argv[1], IMAGE_WORD) == 0 || strcmp(argv[1], IMAGE_LOGO_WORD) == 0))
        return image_child(jail_alone, argv[1]); /* started by image_clean */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
