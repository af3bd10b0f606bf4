/* Forms found by devices: OpenRosa's list and manifest, and all that they name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libxml/parser.h>
#include <sodium.h>

#include "core/text.h"
#include "forms/openrosa.h"
#include "http/jail.h"
#include "pages.h"
#include "records/image.h"
#include "xlsx_pack.h"

#define LIST_NS     "http://openrosa.org/xforms/xformsList"
#define MANIFEST_NS "http://openrosa.org/xforms/xformsManifest"
#define ORIGIN      "http://127.0.0.1:8080"

/* clang-format off */
#define FORM "survey\n,type,name,label::English (en),label::العربية (ar),media::image," \
    "calculation\n" \
    ",text,town,Town,مدينة,the map.png,\n" \
    ",calculate,mayor,,,,\"pulldata('mayors', 'mayor', 'town', ${town})\"\n" \
    "settings\n,form_title::English (en),form_title::العربية (ar),form_id,version,hw:parent," \
    "hw:subject\n,Roads & <bridges>,طرق وجسور,roads,3.1,person,person\n"
/* clang-format on */
#define MAYORS "town,mayor\ndakar,Awa & sons\nthies,Moussa\n"

static void given_roads(struct pages *p)
{
    unsigned char points[4 * 4 * 3] = { 200 };
    const struct image image = { points, 4, 4, 3 };
    unsigned char *png = NULL;
    size_t png_len = 0;
    size_t len = 0;
    const void *zip;
    struct page page;

    assert_int_equal(image_write_png(&png, &png_len, &image), IMAGE_OK);
    zip = pack(p->arena, &len,
               (const struct pack_part[]){ { "roads.csv", FORM, 0 },
                                           { "mayors.csv", MAYORS, 0 },
                                           { "the map.png", png, png_len } },
               3);
    free(png);
    page = page_upload_file(p, ADMIN, "/forms", "roads.zip", zip, len);
    assert_int_equal(page.status, 303);
    page = page_post(p, ADMIN, page.location, "confirm=1&grant=supervisor%3Dall");
    assert_int_equal(page.status, 303);
}

/* --- asking as a device does --- */

static const char *basic(struct pages *p, const char *name, const char *password)
{
    const char *plain = arena_printf(p->arena, "%s:%s", name, password);
    size_t most = sodium_base64_ENCODED_LEN(strlen(plain), sodium_base64_VARIANT_ORIGINAL);
    char *coded = arena_alloc(p->arena, most);

    sodium_bin2base64(coded, most, (const unsigned char *)plain, strlen(plain),
                      sodium_base64_VARIANT_ORIGINAL);
    return arena_printf(p->arena, "Basic %s", coded);
}

static struct page fetched(struct pages *p, enum who who, const char *address)
{
    if (text_starts(address, ORIGIN))
        address += strlen(ORIGIN);
    return page_device(p, "GET", address, basic(p, "anything", p->tokens[who]));
}

/* The whole of what comes in parts. */
static const char *whole(struct pages *p, enum who who, const char *address, size_t *len_out)
{
    struct page page = fetched(p, who, address);

    assert_int_equal(page.status, 200);
    assert_null(page.continuation);
    assert_string_equal(page.openrosa, "1.0");
    *len_out = page.len;
    return page.body;
}

/* --- reading what came --- */

static xmlNodePtr child_of(xmlNodePtr node, const char *name)
{
    for (xmlNodePtr n = node->children; n != NULL; n = n->next)
        if (n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0)
            return n;
    return NULL;
}

static const char *text_of(struct pages *p, xmlNodePtr node, const char *name)
{
    xmlNodePtr child = child_of(node, name);
    xmlChar *text = child == NULL ? NULL : xmlNodeGetContent(child);
    const char *out = text == NULL ? NULL : arena_strdup(p->arena, (const char *)text);

    xmlFree(text);
    return out;
}

static xmlDocPtr read_list(const struct page *page, const char *root, const char *ns)
{
    xmlDocPtr doc = xmlReadMemory(page->body, (int)page->len, NULL, NULL, XML_PARSE_NONET);
    xmlNodePtr top;

    assert_string_equal(page->type, "text/xml; charset=utf-8");
    assert_non_null(doc);
    top = xmlDocGetRootElement(doc);
    assert_string_equal((const char *)top->name, root);
    assert_string_equal((const char *)top->ns->href, ns);
    return doc;
}

/* libxml2 and libsodium know no MD5: tests/cli/test_publish.py compares it with Python's. */
static void same_hash(struct pages *p, const char *bytes, size_t len, const char *told)
{
    assert_int_equal(strlen(told), strlen("md5:") + 32);
    assert_string_equal(openrosa_hash(p->arena, bytes, len), told);
}

/* Fetches the files of a form; how many there were. */
static int check_manifest(struct pages *p, const char *address)
{
    struct page page = fetched(p, SUPERVISOR, address);
    xmlDocPtr doc = read_list(&page, "manifest", MANIFEST_NS);
    int files = 0;

    for (xmlNodePtr n = xmlDocGetRootElement(doc)->children; n != NULL; n = n->next) {
        size_t len = 0;
        const char *from = text_of(p, n, "downloadUrl");
        const char *bytes = whole(p, SUPERVISOR, from, &len);

        assert_string_equal((const char *)n->name, "mediaFile");
        assert_true(text_starts(from, ORIGIN "/forms/"));
        assert_non_null(text_of(p, n, "filename"));
        same_hash(p, bytes, len, text_of(p, n, "hash"));
        files++;
    }
    xmlFreeDoc(doc);
    return files;
}

/* --- what is proved --- */

static void a_device_finds_the_forms_and_fetches_all_that_they_name(void **state)
{
    struct pages *p = *state;
    struct page page;
    xmlDocPtr doc;
    int forms = 0;
    bool person = false;

    given_roads(p);
    page = fetched(p, SUPERVISOR, "/formList");
    assert_int_equal(page.status, 200);
    assert_string_equal(page.openrosa, "1.0");
    doc = read_list(&page, "xforms", LIST_NS);
    for (xmlNodePtr n = xmlDocGetRootElement(doc)->children; n != NULL; n = n->next) {
        size_t len = 0;
        const char *id = text_of(p, n, "formID");
        const char *xml = whole(p, SUPERVISOR, text_of(p, n, "downloadUrl"), &len);
        const char *manifest = text_of(p, n, "manifestUrl");

        assert_non_null(strstr(xml, arena_printf(p->arena, "<data id=\"%s\" version=\"%s\"", id,
                                                 text_of(p, n, "version"))));
        same_hash(p, xml, len, text_of(p, n, "hash"));
        if (strcmp(id, "roads") == 0) {
            assert_string_equal(text_of(p, n, "name"), "Roads & <bridges>");
            assert_string_equal(text_of(p, n, "version"), "3.1");
            assert_non_null(manifest);
            assert_int_equal(check_manifest(p, manifest), 2);
        } else if (manifest != NULL) {
            assert_true(check_manifest(p, manifest) > 0);
        }
        person = person || strcmp(id, "person") == 0;
        forms++;
    }
    assert_true(person && forms > 10);
    xmlFreeDoc(doc);
}

/* Nothing is fetched again because the staff member reads another language now. */
static void the_hash_of_a_form_is_the_same_in_every_language(void **state)
{
    struct pages *p = *state;
    const char *names[2];
    const char *hashes[2];

    for (int i = 0; i < 2; i++) {
        struct page page = fetched(p, SUPERVISOR, "/formList?formID=person");
        xmlDocPtr doc = read_list(&page, "xforms", LIST_NS);
        xmlNodePtr form = xmlDocGetRootElement(doc)->children;
        size_t len = 0;
        const char *xml = whole(p, SUPERVISOR, text_of(p, form, "downloadUrl"), &len);

        names[i] = text_of(p, form, "name");
        hashes[i] = text_of(p, form, "hash");
        same_hash(p, xml, len, hashes[i]);
        xmlFreeDoc(doc);
        assert_int_equal(page_post(p, SUPERVISOR, "/language", "lang=fr").status, 303);
    }
    assert_string_not_equal(names[0], names[1]); /* the list is for people */
    assert_string_equal(hashes[0], hashes[1]);
}

static void a_device_that_asks_for_one_form_gets_that_one(void **state)
{
    struct pages *p = *state;
    struct page page;
    xmlDocPtr doc;

    given_roads(p);
    page = fetched(p, SUPERVISOR, "/formList?formID=roads&deviceID=imei%3A1&verbose=true");
    doc = read_list(&page, "xforms", LIST_NS);
    assert_int_equal(xmlChildElementCount(xmlDocGetRootElement(doc)), 1);
    xmlFreeDoc(doc);
    page = fetched(p, SUPERVISOR, "/formList?formID=none");
    doc = read_list(&page, "xforms", LIST_NS);
    assert_int_equal(xmlChildElementCount(xmlDocGetRootElement(doc)), 0);
    xmlFreeDoc(doc);
    assert_int_equal(fetched(p, SUPERVISOR, "/forms/nosuch/manifest.xml").status, 404);
    page = fetched(p, SUPERVISOR, "/forms/consent/manifest.xml"); /* whether it has files or not */
    doc = read_list(&page, "manifest", MANIFEST_NS);
    xmlFreeDoc(doc);
}

/* Drafts are no forms yet; a form whose class one lacks is not told of, and neither are its files.
 */
static void what_a_user_may_not_see_is_not_in_the_list(void **state)
{
    struct pages *p = *state;
    struct page page = page_upload(p, ADMIN, "/forms", FORM);

    assert_int_equal(page.status, 303);
    page = fetched(p, SUPERVISOR, "/formList");
    assert_true(shows(&page, "<formID>person</formID>"));
    assert_false(shows(&page, "<formID>roads</formID>"));
    page = fetched(p, FINANCE, "/formList");
    assert_int_equal(page.status, 200);
    assert_false(shows(&page, "<formID>person</formID>"));
    assert_int_equal(fetched(p, FINANCE, "/forms/person/manifest.xml").status, 404);
    assert_int_equal(fetched(p, FINANCE, "/formList?formID=person").status, 200);
    assert_false(shows(&page, "person"));
}

static void a_device_without_a_good_token_is_asked_for_one(void **state)
{
    struct pages *p = *state;
    const char *wrong[] = { NULL,
                            "Basic",
                            "Basic ",
                            "Basic !!!!",
                            "Basic YQ==", /* a */
                            basic(p, "supervisor", "a long walk home 7"),
                            basic(p, "supervisor", ""),
                            basic(p, p->tokens[SUPERVISOR], "x"),
                            arena_printf(p->arena, "Digest %s", p->tokens[SUPERVISOR]) };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct page page = page_device(p, "GET", "/formList", wrong[i]);

        assert_int_equal(page.status, 401);
        assert_string_equal(page.asks, "Basic realm=\"Homeward\", charset=\"UTF-8\"");
        assert_string_equal(page.openrosa, "1.0");
        assert_false(shows(&page, "formID"));
    }
    assert_int_equal(page_device(p, "HEAD", "/formList", wrong[0]).status, 401);
    assert_int_equal(page_device(p, "HEAD", "/formList", basic(p, "", p->tokens[FINANCE])).status,
                     200);
    assert_int_equal(page_device(p, "GET", "/formList",
                                 arena_printf(p->arena, "Bearer %s", p->tokens[SUPERVISOR]))
                         .status,
                     200);
}

/* A browser that remembers HTTP Basic would say it of its own accord: nothing else takes it. */
static void the_token_of_a_device_opens_nothing_but_forms(void **state)
{
    struct pages *p = *state;
    const char *token = basic(p, "supervisor", p->tokens[SUPERVISOR]);
    static const char *const paths[] = { "/", "/records/person", "/api/openapi.json", "/forms",
                                         "/no/such/page" };
    struct page page;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        page = page_device(p, "GET", paths[i], token);
        assert_true(page.status == 401 || page.status == 404);
        assert_null(page.asks);
        assert_null(page.openrosa);
    }
    page = page_device(p, "POST", "/records/person", token);
    assert_true(page.status == 303 && text_starts(page.location, "/login"));
    page = page_get(p, NOBODY, "/formList", NULL); /* a browser signs in */
    assert_true(page.status == 303 && text_starts(page.location, "/login"));
    assert_null(page.asks);
    page = page_get(p, SUPERVISOR, "/formList", NULL);
    assert_int_equal(page.status, 200);
    assert_null(page.openrosa);
}

#define PAGES(test) cmocka_unit_test_setup_teardown(test, pages_setup, pages_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        PAGES(a_device_finds_the_forms_and_fetches_all_that_they_name),
        PAGES(the_hash_of_a_form_is_the_same_in_every_language),
        PAGES(a_device_that_asks_for_one_form_gets_that_one),
        PAGES(what_a_user_may_not_see_is_not_in_the_list),
        PAGES(a_device_without_a_good_token_is_asked_for_one),
        PAGES(the_token_of_a_device_opens_nothing_but_forms),
    };

    if (argc == 2 && strcmp(argv[1], IMAGE_WORD) == 0)
        return image_child(jail_alone, argv[1]); /* started by image_clean */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
