/* The API through the router in memory: what programs send and get. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "core/text.h"
#include "pages.h"

#define AWA                                                                                        \
    "names.1.name_text=Awa&names.1.name_script=Latn&"                                              \
    "names.2.name_text=Ndiaye&names.2.name_script=Latn&sex=female"
#define AWA_JSON                                                                                   \
    "{\"answers\":{\"names\":[{\"name_text\":\"Awa\",\"name_script\":\"Latn\"}],"                  \
    "\"birth_date\":\"1991-05-06\",\"birth_precision\":\"day\",\"sex\":\"female\","                \
    "\"nationality\":[\"SN\"]}}"
#define PEOPLE "SELECT COUNT(*) FROM rec_person"

static void a_record_goes_out_as_json_and_comes_back(void **state)
{
    struct pages *p = *state;
    struct page made = api_call(p, SUPERVISOR, "POST", "/records/person", AWA_JSON, NULL);
    struct page read;
    struct page page;

    assert_int_equal(made.status, 201);
    read = api_call(p, SUPERVISOR, "GET", made.location, NULL, NULL);
    assert_int_equal(read.status, 200);
    assert_string_equal(read.etag, "\"1\"");
    assert_string_equal(read.body, made.body);
    page =
        api_call(p, SUPERVISOR, "PUT", made.location,
                 "{\"answers\":{\"names\":[{\"name_text\":\"Awa\"}],\"sex\":\"emale\"}}", "\"1\"");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "\"field\":\"sex\""));
    page = api_call(p, SUPERVISOR, "PUT", made.location,
                    "{\"version\":1,\"answers\":{\"names\":[{\"name_text\":\"Awa\"}]}}", NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "\"version\":2") && shows(&page, "\"sex\":null"));
    page = api_call(p, SUPERVISOR, "PUT", made.location, made.body, "\"1\"");
    assert_int_equal(page.status, 409);
    page = api_call(p, SUPERVISOR, "PUT", made.location, "{\"answers\":{}}", NULL);
    assert_int_equal(page.status, 422); /* which version? */
}

static void json_that_is_not_strict_is_refused(void **state)
{
    static const char *const bad[] = {
        "{\"answers\":{\"sex\":\"female\",\"sex\":\"male\"}}",
        "{\"answers\":{\"names\":[{\"name_text\":\"Awa\"}],\"nonsense\":1}}",
        "{\"answers\":{\"names\":\"Awa\"}}",
        "{\"answers\":",
        "[]",
    };
    struct pages *p = *state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct page page = api_call(p, SUPERVISOR, "POST", "/records/person", bad[i], NULL);

        assert_int_equal(page.status, 422);
        assert_string_equal(page.type, "application/problem+json");
    }
    assert_int_equal(pages_count(p, PEOPLE), 0);
}

static void lists_and_searches_answer_json(void **state)
{
    struct pages *p = *state;
    struct page page;

    assert_int_equal(page_post(p, SUPERVISOR, "/records/person", AWA).status, 303);
    page = api_call(p, SUPERVISOR, "GET", "/records/person", NULL, NULL);
    assert_true(shows(&page, "\"count\":1") && shows(&page, "\"title\":\"Awa Ndiaye\""));
    page = api_call(p, SUPERVISOR, "POST", "/records/person/search", "{\"words\":\"awa\"}", NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "\"score\":"));
    page = api_call(p, SUPERVISOR, "POST", "/records/person/search", "{\"word\":\"awa\"}", NULL);
    assert_int_equal(page.status, 422);
}

/* Every $ref of the description leads somewhere. */
static void the_api_describes_itself(void **state)
{
    struct pages *p = *state;
    struct page page = api_call(p, SUPERVISOR, "GET", "/api/openapi.json", NULL, NULL);
    json_t *tree = NULL;
    json_t *schemas;
    size_t refs = 0;

    assert_int_equal(page.status, 200);
    assert_int_equal(json_parse(&p->ctx, &tree, page.body, page.len), OK);
    schemas = json_object_get(json_object_get(tree, "components"), "schemas");
    for (const char *at = page.body; (at = strstr(at, "#/components/schemas/")) != NULL; refs++) {
        at += strlen("#/components/schemas/");
        assert_non_null(json_object_get(schemas, arena_strndup(p->arena, at, strcspn(at, "\""))));
    }
    assert_true(refs > 20);
    assert_non_null(json_object_get(json_object_get(tree, "paths"), "/records/person/{id}"));
    assert_non_null(json_object_get(schemas, "rss"));
    page = api_call(p, FINANCE, "GET", "/api/openapi.json", NULL, NULL);
    assert_false(shows(&page, "names")); /* above the clearance */
}

#define PAGES(test) cmocka_unit_test_setup_teardown(test, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGES(a_record_goes_out_as_json_and_comes_back),
        PAGES(json_that_is_not_strict_is_refused),
        PAGES(lists_and_searches_answer_json),
        PAGES(the_api_describes_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
