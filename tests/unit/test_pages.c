/* Pages and API through the router in memory: status, text and effect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/app.h"
#include "auth/auth.h"
#include "core/buf.h"
#include "core/text.h"
#include "db/db.h"
#include "pages.h"

#define AWA                                                                                        \
    "names.1.name_text=Awa&names.1.name_kind=given&names.1.name_script=Latn&"                      \
    "names.2.name_text=Ndiaye&names.2.name_kind=family&names.2.name_script=Latn&"                  \
    "birth_date=1991-05-06&birth_precision=day&sex=female&nationality=SN"
#define AWA_JSON                                                                                   \
    "{\"answers\":{\"names\":[{\"name_text\":\"Awa\",\"name_script\":\"Latn\"}],"                  \
    "\"birth_date\":\"1991-05-06\",\"birth_precision\":\"day\",\"sex\":\"female\","                \
    "\"nationality\":[\"SN\"]}}"
#define PEOPLE "SELECT COUNT(*) FROM rec_person"

/* Address of a person that the supervisor registers. */
static const char *given_person(struct pages *p, const char *form)
{
    struct page page = page_post(p, SUPERVISOR, "/records/person", form);

    if (page.status != 303)
        fail_msg("status %d: %s", page.status, page.body);
    return page.location;
}

static const char *id_of(const char *location)
{
    return strrchr(location, '/') + 1;
}

/* Hidden id of a row on an edit page. */
static const char *row_id(struct pages *p, const char *location, const char *name)
{
    struct page page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/edit", location), NULL);

    return between(p, &page, arena_printf(p->arena, "name=\"%s\" value=\"", name), "\"");
}

/* --- every route as nobody, with the wrong role, with the right one --- */

struct places {
    const char *person;
    const char *search;
    const char *dry_run;
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
};

#define UNFINISHED_ID "0190f3a2-0000-7000-8000-000000000001"
#define INTERVIEW_ID  "0190f3a2-0000-7000-8000-0000000000ee"

static const char *given_job(struct pages *p, const char *path, const char *form)
{
    struct page page = form == NULL ? page_upload(p, SUPERVISOR, path,
                                                  "names.1.name_text,sex\nBinta,female\nX,purple\n")
                                    : page_post(p, SUPERVISOR, path, form);

    assert_int_equal(page.status, 303);
    return id_of(page.location);
}

static struct places given_places(struct pages *p)
{
    struct places out = { 0 };
    struct page found;

    out.person = id_of(given_person(p, AWA));
    found = page_post(p, SUPERVISOR, "/records/person/search", "words=awa");
    assert_int_equal(found.status, 303);
    out.search = id_of(found.location);
    out.dry_run = given_job(p, "/records/person/import", NULL);
    out.export = given_job(p, "/records/person/export", "format=csv");
    out.result = page_given_result(p, out.person);
    out.draft = id_of(page_upload(p, ADMIN, "/forms", "survey\n,type,name\n,text,x\n").location);
    out.epoch = arena_printf(
        p->arena, "%d",
        (int)pages_count(p, "SELECT max(epoch) FROM form_version WHERE form = 'person'"));
    out.file = page_given_file(p, arena_printf(p->arena, "/records/person/%s", out.person));
    out.case_id = page_given_case(p, out.person, &out.task);
    out.plan = page_given_plan(p, out.case_id);
    out.message = page_given_message(p, out.person, &out.webhook, &out.note);
    out.release = id_of(page_post(p, SUPERVISOR, "/facts", "form=person&row1=person.sex").location);
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
    if (text_starts(r->path, "/search"))
        return at->search;
    if (text_starts(r->path, "/forms"))
        return at->draft;
    if (text_starts(r->path, "/facts") || text_starts(r->path, "/api/facts"))
        return at->release;
    if (text_ends(r->path, "/file"))
        return at->export;
    if (text_starts(r->path, "/jobs"))
        return at->dry_run;
    if (text_starts(r->path, "/tasks"))
        return at->task;
    if (text_starts(r->path, "/cases"))
        return at->case_id;
    if (text_starts(r->path, "/plans"))
        return at->plan;
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

/* What a route wants at least to get past its checks. */
static const char *input_for(const struct route *r)
{
    if (text_ends(r->path, "/name"))
        return "version=1&name=letter";
    if (text_ends(r->path, "/plans/{id}/activate"))
        return "version=1";
    if (text_ends(r->path, "/{file}/remove") && r->method == POST)
        return "version=2&reason=x";
    if (text_ends(r->path, "/{file}/restore"))
        return "version=3";
    if (text_ends(r->path, "/facts") && (r->method == POST || text_starts(r->path, "/api/")))
        return "form=person&row1=person.sex";
    if (text_ends(r->path, "/diff"))
        return "from=1&to=1";
    if (text_ends(r->path, "/search"))
        return "words=awa";
    if (text_equal(r->path, "/shortcuts") && r->method == POST)
        return "off=1";
    if (text_ends(r->path, "/export") && r->method == POST)
        return "format=csv";
    if (text_ends(r->path, "/start"))
        return "skip_bad=1";
    if (text_ends(r->path, "/{id}/status"))
        return "to=deceased";
    if (text_ends(r->path, "/columns") && r->method == POST)
        return "c.1=no_such_field";
    if (text_ends(r->path, "/settle"))
        return "version=1&state=overridden" /* says what is missing */;
    if (text_ends(r->path, "/snooze"))
        return "version=1&until=2026-12-24&reason=x";
    if (text_ends(r->path, "/override"))
        return "rule=close_review&reason=x";
    if (text_starts(r->path, "/rules") && r->method == POST)
        return "number=SN-C2026-00001";
    if (text_ends(r->path, "/filters"))
        return "name=Mine&query=sort%3Dnumber";
    if (text_ends(r->path, "/unfinished"))
        return "_draft=" UNFINISHED_ID;
    if (text_ends(r->path, "/language"))
        return "lang=en";
    if (text_ends(r->path, "/webhooks/{id}/state"))
        return "state=paused";
    return text_ends(r->path, "/login") ? "name=x&password=y" : "";
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
    struct page right = visit(p, settings || publishes ? ADMIN : SUPERVISOR, at, r);
    struct page wrong = visit(p, settings ? SUPERVISOR : FINANCE, at, r);
    bool personal = strcmp(r->path, "/") != 0 && strcmp(r->path, "/api/openapi.json") != 0 &&
                    strcmp(r->path, "/logout") != 0 && strcmp(r->path, "/shortcuts") != 0 &&
                    strcmp(r->path, "/jobs") != 0 &&
                    (strcmp(r->path, "/forms") != 0 || r->method != GET) &&
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
    /* There is no parent to move to, nothing to restore, to refuse, or to take back. */
    if (right.status == 404 || right.status == 409)
        assert_true(text_ends(r->path, "/move") || text_ends(r->path, "/restore") ||
                    text_ends(r->path, "/request") || text_ends(r->path, "/comments/undo") ||
                    text_ends(r->path, "/delete") || text_ends(r->path, "/undo") ||
                    text_ends(r->path, "/filters/drop") || text_ends(r->path, "/logo") ||
                    text_ends(r->path, "/activate") /* it is a draft */ ||
                    text_starts(r->path, "/messages/{id}/") || r->method == DELETE);
    else
        assert_true(right.status == 200 || right.status == 303 || right.status == 422);
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
    struct page page = page_post_without_csrf(p, SUPERVISOR, "/records/person", AWA);

    assert_int_equal(page.status, 403);
    assert_int_equal(pages_count(p, PEOPLE), 0);
}

static void a_field_that_the_form_does_not_have_is_refused(void **state)
{
    struct pages *p = *state;

    assert_int_equal(page_post(p, SUPERVISOR, "/records/person", AWA "&is_admin=yes").status, 422);
    assert_int_equal(page_post(p, SUPERVISOR, "/records/person", AWA "&_sudo=1").status, 422);
    assert_int_equal(page_get(p, SUPERVISOR, "/records/person", "colour=red").status, 422);
    assert_int_equal(pages_count(p, PEOPLE), 0);
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
    const char *location = given_person(p, AWA);
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

static void a_contact_that_must_not_be_used_lies_folded(void **state)
{
    struct pages *p = *state;
    const char *location = given_person(
        p, AWA "&contacts.1.contact_kind=phone&contacts.1.contact_value=%2B221770001122&"
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

    (void)given_person(p, AWA);
    page = page_post(p, SUPERVISOR, "/records/person", AWA);
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "May already be registered"));
    assert_int_equal(pages_count(p, PEOPLE), 1);
    page = page_post(p, SUPERVISOR, "/records/person", AWA "&_confirm=1");
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
    const char *at = given_person(p, AWA);
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
    const char *at = given_person(p, AWA);
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
    const char *at = given_person(p, AWA);
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
    const char *at = arena_printf(p->arena, "%s/print", given_person(p, AWA));
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

/* --- finding --- */

static void search_words_are_never_in_an_address_nor_for_others(void **state)
{
    struct pages *p = *state;
    struct page page;
    const char *found;

    (void)given_person(p, AWA);
    page = page_post(p, SUPERVISOR, "/records/person/search", "words=Ndiay+Aawa");
    assert_int_equal(page.status, 303);
    found = page.location;
    assert_true(text_starts(found, "/search/"));
    assert_null(strstr(found, "Ndiay"));
    page = page_get(p, SUPERVISOR, found, NULL);
    assert_true(shows(&page, "Awa Ndiaye"));
    assert_int_equal(page_get(p, CASE_MANAGER, found, NULL).status, 404);
}

static void everything_is_searched_at_once_within_what_one_may_see(void **state)
{
    struct pages *p = *state;
    const char *task = NULL;
    struct page page;
    const char *found;

    (void)page_given_case(p, id_of(given_person(p, AWA)), &task);
    page = page_post(p, SUPERVISOR, "/search", "words=Ndiay+Aawa");
    assert_int_equal(page.status, 303);
    found = page.location;
    assert_null(strstr(found, "Ndiay"));
    page = page_get(p, SUPERVISOR, found, NULL);
    assert_true(shows(&page, "<h2>People</h2>"));
    assert_true(shows(&page, "Awa Ndiaye"));
    assert_int_equal(page_get(p, CASE_MANAGER, found, NULL).status, 404);
    page = page_post(p, SUPERVISOR, "/search", "words=sn-c2026-00001");
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "<h2>Cases</h2>"));
    assert_false(shows(&page, "<h2>People</h2>"));
    assert_int_equal(page_post(p, FINANCE, "/search", "words=Awa").status, 404);
    page = page_get(p, FINANCE, "/", NULL);
    assert_false(shows(&page, "data-search"));
}

static void the_start_page_is_made_of_the_blocks_of_ones_role(void **state)
{
    struct pages *p = *state;
    const char *task = NULL;
    struct page page;

    (void)page_given_case(p, id_of(given_person(p, AWA)), &task);
    page = page_get(p, SUPERVISOR, "/", NULL);
    assert_true(shows(&page, "Tasks of the office"));
    assert_true(shows(&page, arena_printf(p->arena, "/tasks/%s\"", task)));
    assert_true(shows(&page, "By status: Cases"));
    assert_true(shows(&page, "/records/case?status=new"));
    assert_true(shows(&page, "Awa Ndiaye"));
    assert_true(shows(&page, "by you"));
    page = page_get(p, CASE_MANAGER, "/", NULL);
    assert_true(shows(&page, "My tasks"));
    assert_true(shows(&page, "New person"));
    assert_false(shows(&page, "Import: People"));
    page = page_get(p, FINANCE, "/", NULL);
    assert_false(shows(&page, "Awa"));
    assert_false(shows(&page, "/records/person"));
    assert_true(shows(&page, "works without the records of people"));
    page = page_get(p, ADMIN, "/", NULL);
    assert_true(shows(&page, "Forms not published yet"));
}

static void shortcuts_are_switched_off_by_who_does_not_want_them(void **state)
{
    struct pages *p = *state;
    struct page page = page_get(p, SUPERVISOR, "/", NULL);

    assert_true(shows(&page, "<body data-keys"));
    assert_int_equal(page_post(p, SUPERVISOR, "/shortcuts", "off=1").status, 303);
    page = page_get(p, SUPERVISOR, "/", NULL);
    assert_false(shows(&page, "<body data-keys"));
    page = page_get(p, CASE_MANAGER, "/", NULL);
    assert_true(shows(&page, "<body data-keys"));
    assert_int_equal(page_post(p, SUPERVISOR, "/shortcuts", "off=0").status, 303);
    page = page_get(p, SUPERVISOR, "/shortcuts", NULL);
    assert_true(shows(&page, "<body data-keys"));
}

static void who_is_not_found_can_be_registered_with_the_name_typed(void **state)
{
    struct pages *p = *state;
    struct page page = page_post(p, SUPERVISOR, "/records/person/search", "words=Zeinabou");
    const char *link;

    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "Nobody was found"));
    link = between(p, &page, "/records/person/new?", "\"");
    assert_null(strstr(link, "Zeinabou"));
    page = page_get(p, SUPERVISOR, "/records/person/new", link);
    assert_true(shows(&page, "value=\"Zeinabou\""));
}

/* --- import and export --- */

static void an_import_is_checked_first_and_stored_once(void **state)
{
    struct pages *p = *state;
    struct page page = page_upload(p, SUPERVISOR, "/records/person/import",
                                   "names.1.name_text,sex\nBinta,female\nOumar,purple\n");
    const char *job = page.location;

    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, job, NULL);
    assert_true(shows(&page, "Homeward is at it"));
    run_jobs(p);
    page = page_get(p, SUPERVISOR, job, NULL);
    assert_true(shows(&page, "purple") && shows(&page, "\">3</td>"));
    assert_int_equal(pages_count(p, PEOPLE), 0);
    assert_int_equal(page_get(p, CASE_MANAGER, job, NULL).status, 404);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/faults", job), NULL);
    assert_true(text_starts(page.body, "row,column,value,reason\r\n3,sex,purple,"));

    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "%s/start", job), "skip_bad=1");
    assert_int_equal(page.status, 303);
    assert_int_equal(page_post(p, SUPERVISOR, page.location, "skip_bad=1").status, 405);
    run_jobs(p);
    run_jobs(p);
    assert_int_equal(pages_count(p, PEOPLE), 1);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "1 record was stored; 1 row was left out."));
}

static void an_import_that_died_halfway_is_done_again_and_stored_once(void **state)
{
    struct pages *p = *state;
    struct page page = page_upload(p, SUPERVISOR, "/records/person/import",
                                   "names.1.name_text,sex\nBinta,female\n");
    const char *dry_run = page.location;

    run_jobs(p);
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "%s/start", dry_run), "");
    assert_int_equal(page.status, 303);
    /* As a process leaves it that was killed after it had taken the job. */
    assert_int_equal(db_exec_in(&p->ctx, p->ctx.db, NULL,
                                db_sql_built(p->ctx.db, "UPDATE job SET state = 'running',"
                                                        " attempts = 1, taken_at = 0"
                                                        " WHERE state = 'waiting'")),
                     OK);
    run_jobs(p);
    assert_int_equal(pages_count(p, PEOPLE), 1);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "1 record was stored"));
}

static void an_export_is_made_by_a_job_and_fetched_by_its_owner(void **state)
{
    struct pages *p = *state;
    const char *file;
    struct page page;

    (void)given_person(p, AWA);
    page = page_post(p, SUPERVISOR, "/records/person/export", "format=csv");
    assert_int_equal(page.status, 303);
    file = arena_printf(p->arena, "%s/file", page.location);
    assert_int_equal(page_get(p, SUPERVISOR, file, NULL).status, 404);
    run_jobs(p);
    page = page_get(p, SUPERVISOR, file, NULL);
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "names.1.name_text") && shows(&page, "Ndiaye"));
    assert_null(page.continuation);
    assert_int_equal(page_get(p, CASE_MANAGER, file, NULL).status, 404);
    assert_int_equal(page_post(p, SUPERVISOR, "/records/person/export", "format=exe").status, 422);
}

static void an_export_has_the_columns_and_words_that_were_chosen(void **state)
{
    struct pages *p = *state;
    struct page page;

    (void)given_person(p, AWA);
    page = page_get(p, SUPERVISOR, "/records/person/export", "status=active");
    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "name=\"c.sex\"") && shows(&page, "value=\"active\""));
    assert_false(shows(&page, "c.beneficiary_code"));
    page = page_post(p, SUPERVISOR, "/records/person/export",
                     "format=csv&labels=yes&c.sex=1&c.record.number=1&status=active");
    assert_int_equal(page.status, 303);
    run_jobs(p);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/file", page.location), NULL);
    assert_true(shows(&page, "Number,Sex\r\n"));
    assert_false(shows(&page, "Ndiaye"));
    page = page_post(p, SUPERVISOR, "/records/person/export", "format=csv&linked=yes&codebook=yes");
    run_jobs(p);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/file", page.location), NULL);
    assert_int_equal(page.status, 200);
    assert_memory_equal(page.body, "PK", 2);
}

/* More than one part: no part may be compressed, for the first one's headers stand for all. */
static void a_long_download_comes_in_parts_that_fit_together(void **state)
{
    struct pages *p = *state;
    struct page page;
    const char *file;
    struct buf csv;
    struct buf all;

    buf_init(&csv, p->arena, (size_t)1024 * 1024);
    buf_init(&all, p->arena, (size_t)1024 * 1024);
    buf_add(&csv, "names.1.name_text,gender\n");
    for (int i = 0; i < 1200; i++)
        buf_printf(&csv, "Person %d,%0200d\n", i, i);
    page = page_upload(p, SUPERVISOR, "/records/person/import", buf_text(&csv));
    run_jobs(p);
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "%s/start", page.location), "");
    assert_int_equal(page.status, 303);
    run_jobs(p);
    assert_int_equal(pages_count(p, PEOPLE), 1200);
    page = page_post(p, SUPERVISOR, "/records/person/export", "format=csv");
    run_jobs(p);
    file = arena_printf(p->arena, "%s/file", page.location);
    page = page_go_on(p, SUPERVISOR, file, NULL);
    assert_non_null(page.continuation);
    for (;;) {
        buf_add_len(&all, page.body, page.len);
        if (page.continuation == NULL)
            break;
        page = page_go_on(p, SUPERVISOR, file, page.continuation);
        assert_int_equal(page.status, 200);
    }
    assert_true(text_valid(all.data, all.len, NULL));
    for (int i = 0; i < 1200; i++)
        assert_non_null(strstr(all.data, arena_printf(p->arena, "%0200d", i)));
}

#define PAGES(test) cmocka_unit_test_setup_teardown(test, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGES(every_route_is_visited_as_nobody_and_with_the_wrong_and_the_right_role),
        PAGES(a_form_without_its_token_is_refused_and_changes_nothing),
        PAGES(a_field_that_the_form_does_not_have_is_refused),
        PAGES(a_mistake_brings_the_form_back_with_all_that_was_typed),
        PAGES(a_record_is_saved_and_shown),
        PAGES(a_row_is_added_and_removed_without_losing_what_was_typed),
        PAGES(a_contact_that_must_not_be_used_lies_folded),
        PAGES(a_likely_duplicate_is_shown_before_it_is_saved),
        PAGES(questions_follow_the_answers),
        PAGES(a_change_tells_only_what_it_touches),
        PAGES(the_second_to_save_chooses_and_nothing_is_lost),
        PAGES(rows_that_two_people_added_and_removed_are_put_together),
        PAGES(history_tells_what_changed),
        PAGES(a_record_is_printed_as_page_pdf_sheet_and_csv),
        PAGES(search_words_are_never_in_an_address_nor_for_others),
        PAGES(everything_is_searched_at_once_within_what_one_may_see),
        PAGES(the_start_page_is_made_of_the_blocks_of_ones_role),
        PAGES(shortcuts_are_switched_off_by_who_does_not_want_them),
        PAGES(who_is_not_found_can_be_registered_with_the_name_typed),
        PAGES(an_import_is_checked_first_and_stored_once),
        PAGES(an_import_that_died_halfway_is_done_again_and_stored_once),
        PAGES(an_export_is_made_by_a_job_and_fetched_by_its_owner),
        PAGES(an_export_has_the_columns_and_words_that_were_chosen),
        PAGES(a_long_download_comes_in_parts_that_fit_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
