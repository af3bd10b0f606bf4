/* Every route, visited as nobody and as several roles; what the router refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/app.h"
#include "auth/auth.h"
#include "core/buf.h"
#include "core/text.h"
#include "pages.h"

#define AWA_JSON                                                                                   \
    "{\"answers\":{\"names\":[{\"name_text\":\"Awa\",\"name_script\":\"Latn\"}],"                  \
    "\"birth_date\":\"1991-05-06\",\"birth_precision\":\"day\",\"sex\":\"female\","                \
    "\"nationality\":[\"SN\"]}}"
#define PEOPLE "SELECT COUNT(*) FROM rec_person"

/* --- every route as nobody, with the wrong role, with the right one --- */

struct places {
    const char *person;
    const char *search;
    const char *dry_run;
    const char *import; /* that was made; its undoing is asked for */
    const char *export;
    const char *result;
    const char *draft;
    const char *epoch; /* of the form in force */
    const char *case_id;
    const char *task;
    const char *message;
    const char *webhook;
    const char *note;
    const char *file; /* of the person */
    const char *release;
    const char *plan;
    const char *interview; /* from paper */
    const char *consent;
};

#define UNFINISHED_ID "0190f3a2-0000-7000-8000-000000000001"
#define INTERVIEW_ID  "0190f3a2-0000-7000-8000-0000000000ee"

static const char *given_job(struct pages *p, const char *path, const char *form)
{
    struct page page = form == NULL ? page_upload(p, SUPERVISOR, path,
                                                  "names.1.name_text,sex\nBinta,female\nX,purple\n")
                                    : page_post(p, SUPERVISOR, path, form);

    assert_int_equal(page.status, 303);
    return page_id(page.location);
}

/* An import that was made: a person whom only it knows. */
static const char *given_import(struct pages *p)
{
    struct page page = page_upload(p, SUPERVISOR, "/records/person/import",
                                   "names.1.name_text,sex\nDieynaba,female\n");

    assert_int_equal(page.status, 303);
    run_jobs(p);
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "%s/start", page.location), "");
    assert_int_equal(page.status, 303);
    run_jobs(p);
    return page_id(page.location);
}

static struct places given_places(struct pages *p)
{
    struct places out = { 0 };
    struct page found;

    out.person = page_id(page_given_person(p, PAGES_AWA));
    found = page_post(p, SUPERVISOR, "/records/person/search", "words=awa");
    assert_int_equal(found.status, 303);
    out.search = page_id(found.location);
    out.dry_run = given_job(p, "/records/person/import", NULL);
    out.import = given_import(p);
    out.export = given_job(p, "/records/person/export", "whose=own&format=csv");
    out.result = page_given_result(p, out.person);
    found = page_get(p, SUPERVISOR, arena_printf(p->arena, "/survey/results/%s", out.result), NULL);
    out.interview = arena_strndup(p->arena, between(p, &found, "/records/rss/", "\""), 36);
    out.draft = page_id(page_upload(p, ADMIN, "/forms", "survey\n,type,name\n,text,x\n").location);
    out.epoch = arena_printf(
        p->arena, "%d",
        (int)pages_count(p, "SELECT max(epoch) FROM form_version WHERE form = 'person'"));
    out.file = page_given_file(p, arena_printf(p->arena, "/records/person/%s", out.person));
    out.case_id = page_given_case(p, out.person, &out.task);
    out.plan = page_given_plan(p, out.case_id);
    out.consent = page_given_consent(p, out.person);
    out.message = page_given_message(p, out.person, &out.webhook, &out.note);
    out.release =
        page_id(page_post(p, SUPERVISOR, "/facts", "form=person&row1=person.sex").location);
    (void)page_post(p, SUPERVISOR, "/records/person/unfinished",
                    "_draft=" UNFINISHED_ID "&names.1.name_text=Awa");
    (void)page_post(p, SUPERVISOR, "/records/rss/unfinished",
                    arena_printf(p->arena, "_draft=" INTERVIEW_ID "&_parent=%s", out.person));
    run_jobs(p);
    return out;
}

static const char *id_for(const struct places *at, const struct route *r)
{
    if (strstr(r->path, "/unfinished/") != NULL)
        return UNFINISHED_ID;
    if (text_starts(r->path, "/survey/stop"))
        return INTERVIEW_ID;
    if (text_starts(r->path, "/survey/second"))
        return at->interview;
    if (text_starts(r->path, "/search"))
        return at->search;
    if (text_starts(r->path, "/forms"))
        return at->draft;
    if (text_starts(r->path, "/facts") || text_starts(r->path, "/api/facts"))
        return at->release;
    if (text_ends(r->path, "/file"))
        return at->export;
    if (text_starts(r->path, "/imports"))
        return at->import;
    if (text_starts(r->path, "/jobs"))
        return at->dry_run;
    if (text_starts(r->path, "/tasks"))
        return at->task;
    if (text_starts(r->path, "/cases"))
        return at->case_id;
    if (text_starts(r->path, "/plans"))
        return at->plan;
    if (text_starts(r->path, "/consents"))
        return at->consent;
    if (text_starts(r->path, "/messages/{id}"))
        return at->message;
    if (text_starts(r->path, "/webhooks"))
        return at->webhook;
    if (text_starts(r->path, "/notifications"))
        return at->note;
    return text_starts(r->path, "/survey") ? at->result : at->person;
}

static const char *path_for(struct pages *p, const struct places *at, const struct route *r)
{
    struct buf b;

    buf_init(&b, p->arena, 1000);
    for (const char *s = r->path; *s != '\0';) {
        if (text_starts(s, "{kind}"))
            buf_add(&b, "person");
        else if (text_starts(s, "{id}"))
            buf_add(&b, id_for(at, r));
        else if (text_starts(s, "{file}"))
            buf_add(&b, at->file);
        else if (text_starts(s, "{rule}"))
            buf_add(&b, "plan_overdue");
        else if (text_starts(s, "{letter}"))
            buf_add(&b, "consent");
        else if (text_starts(s, "{head}"))
            buf_add(&b, "all");
        else if (text_starts(s, "{page}"))
            buf_add(&b, "start");
        else if (text_starts(s, "{other}"))
            buf_add(&b, at->case_id); /* nobody: see test_merge_web.c */
        else if (text_starts(s, "{name}"))
            buf_add(&b, "countries.csv");
        else if (*s == '{')
            buf_add(&b, text_starts(r->path, "/forms") ? at->epoch : "1");
        else
            buf_add_char(&b, *s);
        s = *s == '{' ? strchr(s, '}') + 1 : s + 1;
    }
    return buf_text(&b);
}

/* What routes want at least to get past their checks: the first that fits. */
static const struct {
    enum method only; /* METHOD_END = any */
    const char *starts;
    const char *ends;
    const char *input;
} inputs[] = {
    { METHOD_END, "/", "/name", "version=1&name=letter" },
    { POST, "/", "/withdraw", "version=2" },
    { METHOD_END, "/", "/plans/{id}/activate", "version=1" },
    { POST, "/", "/{file}/remove", "version=2&reason=x" },
    { METHOD_END, "/", "/{file}/restore", "version=3" },
    { POST, "/", "/facts", "form=person&row1=person.sex" },
    { METHOD_END, "/api/", "/facts", "form=person&row1=person.sex" },
    { METHOD_END, "/", "/diff", "from=1&to=1" },
    { METHOD_END, "/", "/search", "words=awa" },
    { POST, "/shortcuts", "/shortcuts", "off=1" },
    { POST, "/", "/export", "whose=own&format=csv" },
    { METHOD_END, "/", "/start", "skip_bad=1" },
    { METHOD_END, "/", "/{id}/status", "to=deceased" },
    { POST, "/", "/columns", "c.1=no_such_field" },
    { METHOD_END, "/", "/settle", "version=1&state=overridden" }, /* says what is missing */
    { METHOD_END, "/", "/snooze", "version=1&until=2026-12-24&reason=x" },
    { METHOD_END, "/", "/override", "rule=close_review&reason=x" },
    { POST, "/rules", "", "number=SN-C2026-00001" },
    { METHOD_END, "/", "/filters", "name=Mine&query=sort%3Dnumber" },
    { METHOD_END, "/", "/unfinished", "_draft=" UNFINISHED_ID },
    { METHOD_END, "/", "/language", "lang=en" },
    { METHOD_END, "/", "/webhooks/{id}/state", "state=paused" },
    { METHOD_END, "/", "/login", "name=x&password=y" },
};

static const char *input_for(const struct route *r)
{
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
        if ((inputs[i].only == METHOD_END || inputs[i].only == r->method) &&
            text_starts(r->path, inputs[i].starts) && text_ends(r->path, inputs[i].ends))
            return inputs[i].input;
    return "";
}

static struct page visit(struct pages *p, enum who who, const struct places *at,
                         const struct route *r)
{
    const char *path = path_for(p, at, r);
    const char *input =
        text_ends(r->path, "/again") ? arena_printf(p->arena, "epoch=%s", at->epoch) : input_for(r);

    if (r->method == PUT)
        return api_call(p, who, "PUT", path, AWA_JSON, "\"1\"");
    if (r->method == DELETE)
        return api_call(p, who, "DELETE", path, NULL, NULL);
    if (r->method == GET)
        return page_get(p, who, path, strcmp(path, "/login") == 0 ? NULL : input);
    if (who == NOBODY)
        return page_post_without_csrf(p, who, path, input);
    return page_post(p, who, path, input);
}

static bool is_open(const struct route *r)
{
    return strcmp(r->permission, PERM_PUBLIC) == 0;
}

static void check_route(struct pages *p, const struct places *at, const struct route *r)
{
    struct page nobody = visit(p, NOBODY, at, r);
    bool settings = strcmp(r->permission, "settings.manage") == 0;
    bool publishes =
        strcmp(r->permission, "form.publish") == 0 || strcmp(r->permission, "letter.manage") == 0;
    bool costs = strcmp(r->permission, "cost.view") == 0;
    enum who may = settings || publishes ? ADMIN : costs ? FINANCE : SUPERVISOR;
    struct page right = visit(p, may, at, r);
    struct page wrong = visit(p, settings || costs ? SUPERVISOR : FINANCE, at, r);
    bool personal = strcmp(r->path, "/") != 0 && strcmp(r->path, "/api/openapi.json") != 0 &&
                    strcmp(r->path, "/logout") != 0 && strcmp(r->path, "/shortcuts") != 0 &&
                    strcmp(r->path, "/jobs") != 0 &&
                    ((strcmp(r->path, "/forms") != 0 && strcmp(r->path, "/formList") != 0) ||
                     r->method != GET) &&
                    (!text_starts(r->path, "/notifications") || text_ends(r->path, "/open"));

    print_message("%d %s: %d %d %d\n", (int)r->method, r->path, nobody.status, wrong.status,
                  right.status);
    if (is_open(r)) {
        assert_true(nobody.status < 500);
        return;
    }
    if (r->method == PUT || r->method == DELETE)
        assert_int_equal(nobody.status, 401);
    else
        assert_true(nobody.status == 303 && text_starts(nobody.location, "/login"));
    if (personal)
        assert_true(wrong.status == 403 || wrong.status == 404);
    else
        assert_true(wrong.status == 200 || wrong.status == 303);
    if (strcmp(r->permission, "person.identify") == 0)
        assert_int_equal(right.status, 403); /* a role of its own: test_merge_web.c */
    else if (right.status == 404 || right.status == 409)
        assert_true(r->method == DELETE || page_may_be_gone(r->path));
    else
        assert_true(right.status == 200 || right.status == 303 || right.status == 422);
    if (text_starts(r->path, "/imports"))
        assert_int_equal(right.status, 303);
}

static void every_route_is_visited_as_nobody_and_with_the_wrong_and_the_right_role(void **state)
{
    struct pages *p = *state;
    struct places at = given_places(p);
    int visited = 0;

    for (const struct route *const *table = app_web()->tables; *table != NULL; table++) {
        for (const struct route *r = *table; r->method != METHOD_END; r++) {
            if (strcmp(r->path, "/logout") == 0)
                continue; /* ends the session that the others need: visited last */
            check_route(p, &at, r);
            visited++;
        }
    }
    assert_int_equal(page_post_without_csrf(p, NOBODY, "/logout", "").status, 303);
    assert_int_equal(page_post(p, SUPERVISOR, "/logout", "").status, 303);
    assert_int_equal(page_get(p, SUPERVISOR, "/", NULL).status, 303);
    assert_true(visited > 25);
}

/* --- what the router refuses --- */

static void a_form_without_its_token_is_refused_and_changes_nothing(void **state)
{
    struct pages *p = *state;
    struct page page = page_post_without_csrf(p, SUPERVISOR, "/records/person", PAGES_AWA);

    assert_int_equal(page.status, 403);
    assert_int_equal(pages_count(p, PEOPLE), 0);
}

static void a_field_that_the_form_does_not_have_is_refused(void **state)
{
    struct pages *p = *state;

    assert_int_equal(page_post(p, SUPERVISOR, "/records/person", PAGES_AWA "&is_admin=yes").status,
                     422);
    assert_int_equal(page_post(p, SUPERVISOR, "/records/person", PAGES_AWA "&_sudo=1").status, 422);
    assert_int_equal(page_get(p, SUPERVISOR, "/records/person", "colour=red").status, 422);
    assert_int_equal(pages_count(p, PEOPLE), 0);
}

#define PAGES(test) cmocka_unit_test_setup_teardown(test, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGES(every_route_is_visited_as_nobody_and_with_the_wrong_and_the_right_role),
        PAGES(a_form_without_its_token_is_refused_and_changes_nothing),
        PAGES(a_field_that_the_form_does_not_have_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
