/* The API through the router in memory: what programs send and get. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "app/app.h"
#include "core/buf.h"
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

/* --- every route: what it does not take --- */

#define BIG_JSON 1100000

static const char *const method_names[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE" };

/* An address that fits the pattern; id stands for every id. */
static const char *path_of(struct pages *p, const struct route *r, const char *id)
{
    struct buf b;

    buf_init(&b, p->arena, 1000);
    for (const char *s = r->path; *s != '\0';) {
        if (*s != '{') {
            buf_add_char(&b, *s++);
            continue;
        }
        buf_add(&b, text_starts(s, "{kind}") ? "person" : text_starts(s, "{id}") ? id : "1");
        s = strchr(s, '}') + 1;
    }
    return buf_text(&b);
}

static bool knows(const struct route *table, const char *path, enum method m)
{
    for (const struct route *r = table; r->method != METHOD_END; r++)
        if (r->method == m && strcmp(r->path, path) == 0)
            return true;
    return false;
}

/* Each method stands in Allow exactly when the path knows it. */
static void check_allow(const struct page *page, const struct route *table, const char *path)
{
    assert_non_null(page->allow);
    for (enum method m = GET; m <= DELETE; m++)
        assert_true((strstr(page->allow, method_names[m]) != NULL) == knows(table, path, m));
    assert_true((strstr(page->allow, "HEAD") != NULL) == knows(table, path, GET));
}

static void a_method_that_a_path_has_not_is_refused_with_those_it_has(void **state)
{
    struct pages *p = *state;
    size_t refused = 0;

    for (const struct route *const *table = app_web()->tables; *table != NULL; table++) {
        for (const struct route *r = *table; r->method != METHOD_END; r++) {
            for (enum method m = GET; m <= DELETE; m++) {
                struct page page;

                if (knows(*table, r->path, m))
                    continue;
                page = api_call(p, SUPERVISOR, method_names[m], path_of(p, r, p->ids[SUPERVISOR]),
                                NULL, NULL);
                if (page.status != 405)
                    fail_msg("%s %s: %d", method_names[m], r->path, page.status);
                check_allow(&page, *table, r->path);
                refused++;
            }
        }
    }
    assert_true(refused > 200);
}

/* The first of the roles that may call the route at all. */
static struct page call_as_who_may(struct pages *p, const struct route *r, const char *type,
                                   const char *body)
{
    static const enum who all[] = { SUPERVISOR, ADMIN, FINANCE };
    const char *path = path_of(p, r, p->ids[NOBODY]);
    struct page page = { 0 };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        page = api_typed(p, all[i], method_names[r->method], path, type, body);
        if (page.status != 403)
            break;
    }
    return page;
}

static void must_refuse(struct pages *p, const struct route *r, const char *type, const char *body,
                        int status)
{
    struct page page = call_as_who_may(p, r, type, body);

    if (page.status != status || strcmp(page.type, "application/problem+json") != 0)
        fail_msg("%s %s with %.60s: %d, not %d: %s", method_names[r->method], r->path, body,
                 page.status, status, page.body);
}

/* A member of a type that the route does not take there; NULL: it takes none. */
static const char *wrong_type(struct pages *p, const struct route *r)
{
    if (r->input.record)
        return "{\"version\":1,\"answers\":{\"sex\":5}}";
    if (r->input.fields == NULL)
        return NULL;
    return arena_printf(p->arena, "{\"%s\":[]}", r->input.fields[0].name);
}

static void check_refusals(struct pages *p, const struct route *r, const char *big,
                           const char *deep)
{
    static const char *const bad[] = {
        "{\"version\":",
        "{\"version\":1}}",
        "{version:1}",
        "[]",
        "\"x\"",
        "null",
        "{\"version\":1,\"version\":1}",
        "{\"version\":1,\"no_such_member\":1}",
        "{\"version\":\"1\"}",
        "{\"a\\u0000\":1}",
        "{\"version\":1e400}",
    };
    const char *type = wrong_type(p, r);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        must_refuse(p, r, "application/json", bad[i], 422);
    if (type != NULL)
        must_refuse(p, r, "application/json", type, 422);
    must_refuse(p, r, "application/json", deep, 422);
    must_refuse(p, r, "application/json", "{\"a\":\"\xff\"}", 422);
    must_refuse(p, r, "application/json", big, 413);
    must_refuse(p, r, "application/xml", "<version>1</version>", 422);
    must_refuse(p, r, "text/plain", "{\"version\":1}", 422);
}

/* A text of a JSON that is deeper, or longer, than any route takes. */
static const char *repeated(struct pages *p, const char *before, char c, size_t n)
{
    struct buf b;

    buf_init(&b, p->arena, n + 100);
    buf_add(&b, before);
    for (size_t i = 0; i < n; i++)
        buf_add_char(&b, c);
    return buf_text(&b);
}

/* Some routes are that officer's alone. */
static void also_identity_officer(struct pages *p, enum who who)
{
    const char *sql = arena_printf(p->arena,
                                   "INSERT INTO staff_role (staff_id, role)"
                                   " VALUES ('%s', 'identity_officer')",
                                   p->ids[who]);

    assert_int_equal(db_exec(&p->ctx, NULL, db_sql_built(p->ctx.db, sql)), OK);
}

static void json_that_a_route_cannot_take_is_refused_on_every_one(void **state)
{
    struct pages *p = *state;
    const char *big = repeated(p, "{\"version\":1,\"x\":\"", 'x', BIG_JSON);
    const char *deep = repeated(p, "{\"version\":", '[', JSON_DEPTH_MAX + 8);
    struct page made = api_call(p, SUPERVISOR, "POST", "/records/person", AWA_JSON, NULL);
    size_t takers = 0;
    size_t others = 0;

    also_identity_officer(p, FINANCE);
    p->ids[NOBODY] = strrchr(made.location, '/') + 1; /* stands for every id */
    for (const struct route *const *table = app_web()->tables; *table != NULL; table++) {
        for (const struct route *r = *table; r->method != METHOD_END; r++) {
            if (r->method == GET || r->machine)
                continue;
            if (r->json)
                check_refusals(p, r, big, deep);
            else
                must_refuse(p, r, "application/json", "{}", 422);
            takers += r->json;
            others += !r->json;
        }
    }
    assert_true(takers >= 15 && others >= 30);
    made = api_call(p, SUPERVISOR, "GET", made.location, NULL, NULL);
    assert_string_equal(made.etag, "\"1\"");
    assert_int_equal(pages_count(p, PEOPLE), 1);
}

/* What a form would send a program sends as JSON, checked by the same declared fields. */
static void a_plain_route_takes_its_fields_as_json(void **state)
{
    struct pages *p = *state;
    struct page made = api_call(p, SUPERVISOR, "POST", "/records/person", AWA_JSON, NULL);
    const char *at = made.location;
    struct page page;

    page = api_call(p, SUPERVISOR, "POST", arena_printf(p->arena, "%s/comments", at),
                    "{\"text\":\"She called\"}", NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "\"text\":\"She called\""));
    page = api_call(
        p, SUPERVISOR, "POST", arena_printf(p->arena, "%s/comments/undo", at),
        arena_printf(p->arena, "{\"comment\":\"%s\"}", between(p, &page, "\"id\":\"", "\"")), NULL);
    assert_int_equal(page.status, 200);
    assert_string_equal(page.body, "{\"items\":[]}");
    page = api_call(p, SUPERVISOR, "POST", arena_printf(p->arena, "%s/status", at),
                    "{\"to\":\"deceased\",\"reason\":null,\"version\":\"1\"}", NULL);
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "\"field\":\"version\""));
    page = api_call(p, SUPERVISOR, "POST", arena_printf(p->arena, "%s/delete", at),
                    "{\"reason\":\"twice\"}", NULL);
    assert_int_equal(page.status, 409); /* a program says which version it saw */
    page = api_call(p, SUPERVISOR, "POST", arena_printf(p->arena, "%s/delete", at),
                    "{\"reason\":\"twice\",\"version\":1}", NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "\"status\":\"deleted\""));
    page = api_call(p, SUPERVISOR, "POST", arena_printf(p->arena, "%s/restore", at),
                    "{\"version\":2}", NULL);
    assert_int_equal(page.status, 200);
    page = api_call(p, SUPERVISOR, "POST", "/api/facts",
                    "{\"form\":\"person\",\"row1\":\"person.sex\"}", NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "\"threshold\":"));
}

#define PAGES(test) cmocka_unit_test_setup_teardown(test, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGES(a_record_goes_out_as_json_and_comes_back),
        PAGES(json_that_is_not_strict_is_refused),
        PAGES(lists_and_searches_answer_json),
        PAGES(the_api_describes_itself),
        PAGES(a_method_that_a_path_has_not_is_refused_with_those_it_has),
        PAGES(json_that_a_route_cannot_take_is_refused_on_every_one),
        PAGES(a_plain_route_takes_its_fields_as_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
