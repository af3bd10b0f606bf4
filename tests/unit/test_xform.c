/* Forms as XForms: what each column becomes. That other programs agree: tests/e2e/xforms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <libxml/parser.h>

#include "core/asset.h"
#include "forms/xform.h"
#include "plain_ctx.h"

static const char form_csv[] =
    "survey\n"
    ",type,name,label::English (en),label::Français (fr),hint::English (en),relevant,constraint,"
    "constraint_message::English (en),required,calculation,default,appearance,read_only\n"
    ",begin group,about,About,A propos,,,,,,,,field-list,\n"
    ",text,nick,Nick & co,Surnom,How <you> are called,,string-length(.) < 9,Too long,yes,,Ada,,\n"
    ",integer,age,Age of ${nick},Age,,${nick} != '',. >= 0,,${nick} = 'x',,,,\n"
    ",end group,about,,,,,,,,,,,\n"
    ",begin repeat,trips,Trips,Voyages,,${age} > 3,,,,,,,\n"
    ",date,left_on,Left on,Parti le,,,. <= today(),,,,today(),,\n"
    ",begin group,stay,Stay,,,,,,,,,,\n"
    ",select_multiple yn,why,Why,,,${left_on} != '' and ${age} > 4,,,,,,,\n"
    ",end group,stay,,,,,,,,,,,\n"
    ",end repeat,trips,,,,,,,,,,,\n"
    ",calculate,total,,,,,,,,count(${trips}) + sum(${age}),,,\n"
    ",note,bye,Good bye,Au revoir,,,,,,,,,\n"
    "choices\n"
    ",list_name,name,label::English (en),label::Français (fr),hw:exclusive\n"
    ",yn,yes,Yes,Oui,\n"
    ",yn,none,None,Aucun,yes\n"
    "settings\n"
    ",form_title::English (en),form_id,version,default_language,hw:kind,hw:privacy\n"
    ",Visit,visit,7,en,record,internal\n";

static const char *xml_of(const char *csv)
{
    const struct forms *forms = NULL;
    const char *xml = "";
    size_t len = 0;
    xmlDocPtr doc;

    if (form_parse(&ctx, &forms, "visit.csv", csv, strlen(csv)) != OK)
        fail_msg("%s", ctx_first_problem(&ctx));
    assert_int_equal(xform_write(&ctx, &xml, &len, forms->items[0]), OK);
    assert_int_equal(strlen(xml), len);
    doc = xmlReadMemory(xml, (int)len, "visit.xml", NULL, XML_PARSE_NONET);
    assert_non_null(doc);
    xmlFreeDoc(doc);
    return xml;
}

static void assert_has(const char *xml, const char *part)
{
    assert_non_null(xml);
    if (!strstr(xml, part))
        print_message("%s\n", xml);
    assert_non_null(strstr(xml, part));
}

static void the_form_has_its_name_and_version_and_a_meta_block(void **state)
{
    const char *xml = xml_of(form_csv);

    (void)state;
    assert_has(xml, "<h:title>Visit</h:title>");
    assert_has(xml, "<data id=\"visit\" version=\"7\">");
    assert_has(xml, "<orx:meta><orx:instanceID/></orx:meta></data>");
    assert_has(xml, "<bind nodeset=\"/data/orx:meta/orx:instanceID\" type=\"string\" "
                    "readonly=\"true()\" jr:preload=\"uid\"/>");
}

static void texts_are_in_every_language_of_the_form(void **state)
{
    const char *xml = xml_of(form_csv);

    (void)state;
    assert_has(xml, "<translation lang=\"English (en)\" default=\"true()\">");
    assert_has(xml, "<translation lang=\"Français (fr)\">");
    assert_has(xml, "<text id=\"/data/about/nick:label\"><value>Nick &amp; co</value></text>");
    assert_has(xml, "<value>Surnom</value>");
    assert_has(xml, "<value>How &lt;you&gt; are called</value>");
    assert_has(xml, "<value>Age of <output value=\"/data/about/nick\"/></value>");
    assert_null(strstr(xml, "Español"));
}

static void names_become_paths_that_stay_in_their_row(void **state)
{
    const char *xml = xml_of(form_csv);

    (void)state;
    assert_has(xml, "<bind nodeset=\"/data/about/age\" type=\"int\" "
                    "relevant=\"/data/about/nick != ''\" required=\"/data/about/nick = 'x'\" "
                    "constraint=\". &gt;= 0\"/>");
    assert_has(xml, "<bind nodeset=\"/data/trips\" relevant=\"/data/about/age &gt; 3\"/>");
    assert_has(xml, "relevant=\"../../left_on != '' and /data/about/age &gt; 4\"");
    assert_has(xml, "calculate=\"count(/data/trips) + sum(/data/about/age)\"");
}

static void defaults_are_written_or_set_when_the_form_or_the_row_begins(void **state)
{
    const char *xml = xml_of(form_csv);

    (void)state;
    assert_has(xml, "<nick>Ada</nick>");
    assert_has(xml, "<setvalue event=\"odk-instance-first-load odk-new-repeat\" "
                    "ref=\"/data/trips/left_on\" value=\"today()\"/>");
}

static void a_choice_that_stands_alone_becomes_a_constraint(void **state)
{
    (void)state;
    assert_has(xml_of(form_csv),
               "constraint=\"not(selected(., 'none') and count-selected(.) &gt; 1)\"");
}

static void controls_refer_to_their_texts_and_lists(void **state)
{
    const char *xml = xml_of(form_csv);

    (void)state;
    assert_has(xml, "<group ref=\"/data/about\" appearance=\"field-list\"><label "
                    "ref=\"jr:itext('/data/about:label')\"/>");
    assert_has(xml, "<group ref=\"/data/trips\"><label ref=\"jr:itext('/data/trips:label')\"/>"
                    "<repeat nodeset=\"/data/trips\">");
    assert_has(xml, "<itemset nodeset=\"instance('yn')/root/item\"><value ref=\"name\"/><label "
                    "ref=\"jr:itext(itextId)\"/></itemset>");
    assert_has(xml, "<instance id=\"yn\"><root><item><itextId>yn-0</itextId><name>yes</name>"
                    "</item>");
    assert_has(xml, "<bind nodeset=\"/data/bye\" type=\"string\" readonly=\"true()\"/>");
    assert_null(strstr(xml, "ref=\"/data/total\"")); /* a calculation is not asked */
}

static void every_shipped_form_is_well_formed(void **state)
{
    const struct forms *forms = NULL;

    (void)state;
    assert_int_equal(forms_load(&ctx, &forms), OK);
    for (size_t i = 0; i < forms->len; i++) {
        const char *xml = NULL;
        size_t len = 0;
        xmlDocPtr doc;

        assert_int_equal(xform_write(&ctx, &xml, &len, forms->items[i]), OK);
        doc = xmlReadMemory(xml, (int)len, "form.xml", NULL, XML_PARSE_NONET);
        assert_non_null(doc);
        xmlFreeDoc(doc);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_form_has_its_name_and_version_and_a_meta_block),
        T(texts_are_in_every_language_of_the_form),
        T(names_become_paths_that_stay_in_their_row),
        T(defaults_are_written_or_set_when_the_form_or_the_row_begins),
        T(a_choice_that_stands_alone_becomes_a_constraint),
        T(controls_refer_to_their_texts_and_lists),
        T(every_shipped_form_is_well_formed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
