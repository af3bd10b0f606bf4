/* Help beside each screen, key terms: what is shipped, how it is read, and the pages of both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/app.h"
#include "core/asset.h"
#include "core/buf.h"
#include "core/text.h"
#include "forms/forms.h"
#include "guide/guide.h"
#include "guide/guide_md.h"
#include "guide/terms.h"
#include "pages.h"

static const char *html_of(struct pages *p, const char *lang, const char *markdown)
{
    struct buf html;
    struct buf words;

    buf_init(&html, p->arena, GUIDE_TEXT_MAX);
    buf_init(&words, p->arena, GUIDE_TEXT_MAX);
    assert_int_equal(guide_md_html(&p->ctx, &html, &words, lang, markdown), OK);
    return buf_text(&html);
}

/* --- what is shipped --- */

/* A path of a route with {kind} stands for one of every kind. */
static bool is_path(struct pages *p, const struct route *r, const char *path)
{
    const char *at = strstr(r->path, "{kind}");

    if (text_equal(r->path, path))
        return true;
    for (size_t i = 0; at != NULL && i < p->ctx.forms->len; i++)
        if (text_equal(path, arena_printf(p->arena, "%.*s%s%s", (int)(at - r->path), r->path,
                                          p->ctx.forms->items[i]->kind, at + strlen("{kind}"))))
            return true;
    return false;
}

static bool is_route(struct pages *p, const char *screen)
{
    bool post = text_starts(screen, "POST ");
    const char *path = post ? screen + 5 : screen;

    for (const struct route *const *table = app_web()->tables; *table != NULL; table++)
        for (const struct route *r = *table; r->method != METHOD_END; r++)
            if (r->method == (post ? POST : GET) && is_path(p, r, path))
                return true;
    return false;
}

static void every_screen_has_a_guide_and_every_guide_a_screen(void **state)
{
    struct pages *p = *state;
    size_t screens_len = 0;
    size_t pages_len = 0;
    const struct guide_screen *screens = guide_screens(&screens_len);
    const struct guide_page *all = guide_pages(&pages_len);

    for (const struct route *const *table = app_web()->tables; *table != NULL; table++) {
        for (const struct route *r = *table; r->method != METHOD_END; r++) {
            bool listed = r->method != GET || text_starts(r->path, "/api/");

            for (size_t i = 0; i < screens_len; i++)
                listed = listed || text_equal(screens[i].screen, r->path);
            if (!listed)
                fail_msg("no guide for the screen %s: add it to screens.csv", r->path);
        }
    }
    for (size_t i = 0; i < screens_len; i++)
        if (!is_route(p, screens[i].screen))
            fail_msg("screens.csv: there is no screen %s", screens[i].screen);
    for (size_t g = 0; g < pages_len; g++) {
        bool used = false;

        for (size_t i = 0; i < screens_len; i++)
            used = used || screens[i].page == &all[g];
        if (!used)
            fail_msg("the guide %s belongs to no screen", all[g].name);
    }
    assert_true(pages_len >= 20);
}

static void what_is_marked_as_no_page_is_a_file_or_data(void **state)
{
    struct pages *p = *state;
    size_t len = 0;
    const struct guide_screen *screens = guide_screens(&len);
    static const char *const files[] = {
        "/records/{kind}/{id}/files/{file}", "/jobs/{id}/faults",
        "/letterheads/{head}/logo",          "/jobs/{id}/file",
        "/forms/{kind}/xform.xml",           "/forms/{kind}/paper.pdf",
        "/forms/{kind}/versions/{n}",        "/forms/{kind}/versions/{n}/xlsx",
        "/survey/results/{id}/pdf",          "/forms/{kind}/media/{name}",
        "/forms/{kind}/manifest.xml",        "/formList"
    };

    (void)p;
    for (size_t i = 0; i < len; i++) {
        bool known = screens[i].page != NULL;

        for (size_t k = 0; k < sizeof(files) / sizeof(files[0]); k++)
            known = known || text_equal(files[k], screens[i].screen);
        if (!known)
            fail_msg("%s is said to be no page", screens[i].screen);
    }
}

static bool term_exists(const char *code, size_t len)
{
    size_t n = 0;
    const struct term *terms = terms_all("en", &n);

    for (size_t i = 0; i < n; i++)
        if (strlen(terms[i].code) == len && strncmp(terms[i].code, code, len) == 0)
            return true;
    return false;
}

/* Every link of a text leads to a page of the guide, a term, or another page that is a screen. */
static void check_links(struct pages *p, const char *name, const char *html)
{
    const char *at = html;

    while ((at = strstr(at, "href=\"")) != NULL) {
        const char *target;
        size_t len;

        at += strlen("href=\"");
        len = strcspn(at, "\"");
        target = arena_strndup(p->arena, at, len);
        if (text_starts(target, "/terms#"))
            assert_true(term_exists(target + 7, len - 7));
        else if (text_starts(target, "/guide/"))
            assert_non_null(guide_find(target + 7));
        else if (!text_starts(target, "https://") && !is_route(p, target))
            fail_msg("%s: the link to %s leads nowhere", name, target);
    }
}

static size_t headings(const char *html)
{
    size_t n = 0;

    for (const char *at = strstr(html, "<h2>"); at != NULL; at = strstr(at + 1, "<h2>"))
        n++;
    return n;
}

static void every_guide_is_whole_in_four_languages_and_its_links_lead_somewhere(void **state)
{
    struct pages *p = *state;
    size_t len = 0;
    const struct guide_page *all = guide_pages(&len);
    const char *const *langs = tr_languages();
    size_t n = 0;

    while (langs[n] != NULL)
        n++;
    assert_int_equal(n, 4);
    for (size_t i = 0; i < len; i++) {
        const struct guide_text *english = guide_text_of(&all[i], "en");

        for (size_t l = 0; l < n; l++) {
            const struct guide_text *text = guide_text_of(&all[i], langs[l]);

            assert_true(text->title[0] != '\0' && text->html_len > 300);
            if (headings(text->html) != headings(english->html))
                fail_msg("%s.%s.md has other headings than the English", all[i].name, langs[l]);
            if (l > 0)
                assert_string_not_equal(text->html, english->html);
            check_links(p, all[i].name, text->html);
        }
    }
}

/* Proves R-A10-01: a term has a definition and a source in each language. */
static void every_key_term_is_defined_in_four_languages_with_its_source(void **state)
{
    const char *const *langs = tr_languages();
    size_t len = 0;
    const struct term *english = terms_all("en", &len);

    (void)state;
    assert_true(len >= 25);
    for (size_t l = 1; langs[l] != NULL; l++) {
        size_t n = 0;
        const struct term *terms = terms_all(langs[l], &n);

        assert_int_equal(n, len);
        for (size_t i = 0; i < n; i++) {
            assert_string_not_equal(terms[i].text, english[i].text);
            assert_true(terms[i].source[0] != '\0');
        }
    }
}

/* --- Markdown --- */

static void markdown_becomes_headings_lists_emphasis_and_links(void **state)
{
    struct pages *p = *state;

    assert_string_equal(html_of(p, "en", "# One\n\na **b** *c* `d`\n\n- x\n- y\n\n> z\n"),
                        "<h2>One</h2>\n<p>a <strong>b</strong> <em>c</em> <code>d</code></p>\n"
                        "<ul><li>x</li>\n<li>y</li>\n</ul>\n<blockquote><p>z</p>\n</blockquote>\n");
    assert_string_equal(html_of(p, "en", "[a](/guide/start) [b](https://example.org/?x=1&y=2)"),
                        "<p><a href=\"/guide/start\">a</a> <a href=\"https://example.org/?x=1&amp;"
                        "y=2\" rel=\"noopener noreferrer\">b</a></p>\n");
}

static void html_scripts_pictures_and_strange_links_stay_text(void **state)
{
    struct pages *p = *state;
    static const char *const bad[] = { "<script>alert(1)</script>",
                                       "a <b onclick=\"x\">b</b>",
                                       "[a](javascript:alert(1))",
                                       "[a](//example.org/)",
                                       "[a](/\\example.org/)",
                                       "[a](data:text/html,x)",
                                       "[a](http://example.org/)",
                                       "![a [b](/x) c](https://example.org/x.png)",
                                       "<https://example.org/\"onclick=\"x>",
                                       "[a](/x\"onclick=\"alert(1))",
                                       "&lt;script&gt; &#60;script&#62;" };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *html = html_of(p, "en", bad[i]);

        assert_null(strstr(html, "<script"));
        assert_null(strstr(html, "<img"));
        assert_null(strstr(html, "<b"));
        assert_null(strstr(html, "\"onclick"));
        assert_null(strstr(html, "href=\"javascript"));
        assert_null(strstr(html, "href=\"//"));
        assert_null(strstr(html, "href=\"/\\"));
        assert_null(strstr(html, "href=\"data"));
        assert_null(strstr(html, "href=\"http:"));
    }
}

/* --- marks --- */

static void a_term_is_marked_once_as_whole_words_in_any_case(void **state)
{
    struct pages *p = *state;
    const char *html = html_of(p, "en", "Returnees and returneesque. A RETURNEE. Returnee.");

    assert_string_equal(html,
                        "<p><a class=\"term\" href=\"/terms#returnee\" data-term=\"returnee\">"
                        "Returnees</a> and returneesque. A RETURNEE. Returnee.</p>\n");
    assert_null(strstr(html_of(p, "en", "## The returnee\n\n`returnee` [a returnee](/x)"), "term"));
}

static void the_longest_term_wins_in_every_language(void **state)
{
    struct pages *p = *state;

    assert_non_null(strstr(html_of(p, "en", "Her reintegration plan is new."),
                           "data-term=\"reintegration_plan\">reintegration plan</a>"));
    assert_non_null(strstr(html_of(p, "fr", "L’INTÉRÊT SUPÉRIEUR compte."),
                           "data-term=\"best_interests\">INTÉRÊT SUPÉRIEUR</a>"));
    assert_non_null(strstr(html_of(p, "es", "El país de acogida."),
                           "data-term=\"host_country\">país de acogida</a>"));
    assert_non_null(strstr(html_of(p, "ar", "تُكتب وخطة إعادة الإدماج معه."),
                           "data-term=\"reintegration_plan\">خطة إعادة الإدماج</a>"));
    assert_null(strstr(html_of(p, "ar", "منخطة إعادة الإدماجي"), "reintegration_plan"));
}

/* The query that names a new person as parent. */
static const char *given_parent(struct pages *p)
{
    struct page page =
        page_post(p, SUPERVISOR, "/records/person",
                  "names.1.name_text=Awa&names.1.name_kind=given&names.1.name_script=Latn&"
                  "birth_date=1991-05-06&birth_precision=day&sex=female&nationality=SN");

    assert_int_equal(page.status, 303);
    return arena_printf(p->arena, "parent=%s", strrchr(page.location, '/') + 1);
}

static void a_question_marks_its_terms_and_keeps_its_plain_label(void **state)
{
    struct pages *p = *state;
    struct page page = page_get(p, SUPERVISOR, "/records/rss/new", given_parent(p));
    const char *at;

    assert_int_equal(page.status, 200);
    at = strstr(page.body, "class=\"term\" href=\"/terms#");
    assert_non_null(at);
    assert_non_null(strstr(at, "target=\"_blank\" rel=\"noopener\" data-term=\""));
}

/* --- pages --- */

static void each_screen_links_to_its_own_help(void **state)
{
    struct pages *p = *state;
    static const struct {
        enum who who;
        const char *path;
        const char *guide;
    } wanted[] = {
        { NOBODY, "/login", "sign_in" },
        { SUPERVISOR, "/", "start" },
        { SUPERVISOR, "/records/person", "lists" },
        { SUPERVISOR, "/records/person/new", "person" },
        { SUPERVISOR, "/records/case", "lists" },
        { SUPERVISOR, "/tasks", "tasks" },
        { SUPERVISOR, "/facts", "statistics" },
        { SUPERVISOR, "/jobs", "long_work" },
        { SUPERVISOR, "/records/person/import", "import" },
        { ADMIN, "/forms", "forms" },
        { ADMIN, "/webhooks", "settings" },
        { NOBODY, "/terms", "guide" },
    };
    const char *parent;
    struct page page;

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        page = page_get(p, wanted[i].who, wanted[i].path, NULL);
        assert_int_equal(page.status, 200);
        if (!shows(&page, arena_printf(p->arena, "href=\"/guide/%s\" data-help", wanted[i].guide)))
            fail_msg("%s does not lead to %s", wanted[i].path, wanted[i].guide);
    }
    parent = given_parent(p);
    page = page_get(p, SUPERVISOR, "/records/case/new", parent);
    assert_true(shows(&page, "href=\"/guide/case\" data-help"));
    page = page_get(p, SUPERVISOR, "/records/rss/new", parent);
    assert_true(shows(&page, "href=\"/guide/survey\" data-help"));
    page = page_get(p, SUPERVISOR, "/records/return_event/new", parent);
    assert_true(shows(&page, "href=\"/guide/record_form\" data-help"));
}

static void a_form_that_comes_back_with_mistakes_keeps_its_help(void **state)
{
    struct pages *p = *state;
    struct page page = page_post(p, SUPERVISOR, "/records/person", "birth_date=6+May");

    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "href=\"/guide/person\" data-help"));
    page = page_get(p, SUPERVISOR, "/nowhere", NULL);
    assert_int_equal(page.status, 404);
    assert_true(shows(&page, "href=\"/guide\" data-help"));
}

/* Proves R-0-09: in order by next and before, or by topic through the list and its search. */
static void the_guide_is_read_in_order_by_topic_and_searched(void **state)
{
    struct pages *p = *state;
    struct page page = page_get(p, NOBODY, "/guide", NULL);

    assert_int_equal(page.status, 200);
    assert_true(shows(&page, "href=\"/guide/case\""));
    page = page_get(p, NOBODY, "/guide/start", NULL);
    assert_true(shows(&page, "rel=\"prev\" href=\"/guide/sign_in\""));
    assert_true(shows(&page, "rel=\"next\" href=\"/guide/finding\""));
    page = page_get(p, NOBODY, "/guide", "q=QUIET+hours");
    assert_true(shows(&page, "href=\"/guide/messages\""));
    assert_false(shows(&page, "<li><a href=\"/guide/sign_in\""));
    page = page_get(p, NOBODY, "/guide", "q=xyzzy");
    assert_true(shows(&page, "Nothing in the guide fits"));
    page = page_get(p, NOBODY, "/guide", "q=%3Cb%3E%22");
    assert_true(shows(&page, "value=\"&lt;b&gt;&quot;\""));
    assert_int_equal(page_get(p, NOBODY, "/guide/no_such", NULL).status, 404);
    assert_int_equal(page_get(p, NOBODY, "/guide/..%2Fterms", NULL).status >= 400, 1);
}

/* Proves R-A10-01: a list in alphabetical order that can be searched. */
static void key_terms_are_listed_in_order_and_searched(void **state)
{
    struct pages *p = *state;
    struct page page = page_get(p, NOBODY, "/terms", NULL);
    const char *avrr = strstr(page.body, "id=\"avrr\"");
    const char *plan = strstr(page.body, "id=\"reintegration_plan\"");
    const char *best = strstr(page.body, "id=\"best_interests\"");

    assert_int_equal(page.status, 200);
    assert_non_null(avrr);
    assert_true(avrr < best && best < plan);
    assert_true(shows(&page, "Reintegration Handbook, Annex 10"));
    page = page_get(p, NOBODY, "/terms", "q=stigma");
    assert_true(shows(&page, "id=\"community_mobilization\""));
    assert_false(shows(&page, "id=\"avrr\""));
    page = page_get(p, NOBODY, "/terms", "q=xyzzy");
    assert_true(shows(&page, "No term fits"));
}

static void the_guide_speaks_the_language_of_the_reader(void **state)
{
    struct pages *p = *state;
    struct page page;

    page_post(p, SUPERVISOR, "/language", "lang=ar&back=%2F");
    page = page_get(p, SUPERVISOR, "/guide/start", NULL);
    assert_true(shows(&page, "صفحة البداية"));
    page = page_get(p, SUPERVISOR, "/terms", "q=%D8%A7%D9%84%D9%88%D8%B5%D9%85");
    assert_true(shows(&page, "id=\"community_mobilization\""));
}

static void words_are_compared_without_case_and_accents(void **state)
{
    struct pages *p = *state;

    assert_string_equal(guide_fold(p->arena, "  Règle: ÉTÉ, Ñandú! "), "regle ete nandu ");
    assert_string_equal(guide_fold(p->arena, "أحمد إلى"), "احمد الى");
}

/* --- files that are wrong --- */

static void write_file(struct pages *p, const char *name, const char *text)
{
    const char *path = arena_printf(p->arena, "%s/%s", p->dir, name);
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* What is said of a file of a country that replaces a shipped one. */
static void check_refused(struct pages *p, const char *folder, const char *name, const char *text,
                          const char *said)
{
    const char *dir = arena_printf(p->arena, "%s/content", p->dir);
    struct ctx ctx = { .arena = p->arena, .lang = "en" };
    enum err rc;

    write_file(p, arena_printf(p->arena, "content/%s%s", folder, name), text);
    assert_int_equal(asset_use_directory(&ctx, dir), OK);
    rc = terms_load(&ctx);
    if (rc == OK)
        rc = guide_load(&ctx);
    assert_int_equal(rc, ERR_INVALID);
    if (strstr(ctx_first_problem(&ctx), said) == NULL)
        fail_msg("%s: %s", name, ctx_first_problem(&ctx));
    assert_int_equal(unlink(arena_printf(p->arena, "%s/%s%s", dir, folder, name)), 0);
}

static void faults_of_the_files_are_told_and_nothing_is_lost(void **state)
{
    struct pages *p = *state;
    struct ctx ctx = { .arena = p->arena, .lang = "en" };
    const char *dir = arena_printf(p->arena, "%s/content", p->dir);
    static const char head[] = "code,marked,name::en,definition::en,source\n";
    size_t len = 0;

    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(mkdir(arena_printf(p->arena, "%s/guide", dir), 0700), 0);
    check_refused(p, "guide/", "pages.csv", "guide,group\nnone,basics\n", "none.en.md");
    check_refused(p, "guide/", "pages.csv", "guide,group\nstart,cellar\n", "cellar");
    check_refused(p, "guide/", "pages.csv", "guide,group\n../x,basics\n", "../x");
    check_refused(p, "guide/", "start.fr.md", "Sans titre\n", "start.fr.md");
    check_refused(p, "guide/", "screens.csv", "screen,guide\n/,nothing\n", "nothing");
    check_refused(p, "guide/", "screens.csv", "screen,guide\n/,start\n/,start\n", "twice");
    check_refused(p, "", "terms.csv", arena_printf(p->arena, "%sa,yes,A,,x\n", head), "definition");
    check_refused(p, "", "terms.csv", arena_printf(p->arena, "%sa,yes,A,B,x\na,yes,C,D,x\n", head),
                  "twice");
    check_refused(p, "", "terms.csv", arena_printf(p->arena, "%s\"a<b\",yes,A,B,x\n", head), "a<b");
    assert_int_equal(rmdir(arena_printf(p->arena, "%s/guide", dir)), 0);
    assert_int_equal(asset_use_directory(&ctx, dir), OK);
    assert_int_equal(rmdir(dir), 0);
    assert_int_equal(terms_load(&p->ctx), OK);
    assert_int_equal(guide_load(&p->ctx), OK);
    guide_pages(&len);
    assert_true(len >= 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_screen_has_a_guide_and_every_guide_a_screen),
        TEST(what_is_marked_as_no_page_is_a_file_or_data),
        TEST(every_guide_is_whole_in_four_languages_and_its_links_lead_somewhere),
        TEST(every_key_term_is_defined_in_four_languages_with_its_source),
        TEST(markdown_becomes_headings_lists_emphasis_and_links),
        TEST(html_scripts_pictures_and_strange_links_stay_text),
        TEST(a_term_is_marked_once_as_whole_words_in_any_case),
        TEST(the_longest_term_wins_in_every_language),
        TEST(a_question_marks_its_terms_and_keeps_its_plain_label),
        TEST(each_screen_links_to_its_own_help),
        TEST(a_form_that_comes_back_with_mistakes_keeps_its_help),
        TEST(the_guide_is_read_in_order_by_topic_and_searched),
        TEST(key_terms_are_listed_in_order_and_searched),
        TEST(the_guide_speaks_the_language_of_the_reader),
        TEST(words_are_compared_without_case_and_accents),
        TEST(faults_of_the_files_are_told_and_nothing_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
