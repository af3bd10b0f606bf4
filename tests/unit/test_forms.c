/* Forms: the shipped ones load; a broken one is told apart by each of its mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/asset.h"
#include "core/buf.h"
#include "core/csv.h"
#include "core/date.h"
#include "core/text.h"
#include "forms/forms.h"
#include "forms/overlay.h"
#include "forms/pack.h"
#include "plain_ctx.h"

/* Rows count from 1: survey is 1, its columns 2, the first field 3. */
static const char good[] =
    "survey\n"
    ",type,name,label::English (en),label::Français (fr),relevant,constraint,"
    "constraint_message::English (en),required,calculation,default,read_only,choice_filter,"
    "bind::hw:privacy,bind::hw:store,bind::hw:list,bind::hw:index,bind::hw:core,bind::hw:stat,"
    "bind::hw:ref,bind::hw:type\n"
    ",begin group,about,About,A propos,,,,,,,,,,,,,,,,\n"
    ",text,nick,Nick,Surnom,,string-length(.) < 9,Too long,yes,,,,,personal,sealed,1,name,yes,,,\n"
    ",integer,age,Age,Age,${nick} != '',. >= 0,Below 0,,,,,,,,2,,,band,,\n"
    ",end group,about,,,,,,,,,,,,,,,,,,\n"
    ",begin repeat,trips,Trips,Voyages,,,,,,,,,,,,,,,,\n"
    ",date,left_on,Left on,Parti le,,. <= today(),Later,,,,,,,,,,,,,\n"
    ",end repeat,trips,,,,,,,,,,,,,,,,,,\n"
    ",select_one yn,well,Well?,Bien ?,,,,,,yes,,,,,,,,,,\n"
    ",select_multiple yn,both,Both?,Les deux ?,,,,,,,,,,,,,,,,\n"
    ",calculate,total,,,,,,,count(${trips}) + ${age},,,,,,,,,,,\n"
    ",note,bye,Good bye,Au revoir,,,,,,,,,,,,,,,,\n"
    "choices\n"
    ",list_name,name,label::English (en),label::Français (fr),hw:exclusive,hw:decline,hw:explain\n"
    ",yn,yes,Yes,Oui,,,\n"
    ",yn,no,No,Non,yes,,\n"
    ",yn,dk,Don't know,Ne sait pas,yes,dont_know,\n"
    "settings\n"
    ",form_title::English (en),form_title::Français (fr),form_id,version,default_language,hw:kind,"
    "hw:parent,hw:subject,hw:number,hw:privacy\n"
    ",Visit,Visite,visit,1,en,record,person,person,V-{office}-{year}-{seq},personal\n"
    "hw_states\n"
    ",from,to,permission,reason\n"
    ",open,closed,person.edit,yes\n"
    ",closed,open,person.edit,\n";

/* The good form with one text replaced, at its first place. */
static const char *with(const char *from, const char *to)
{
    const char *at = strstr(good, from);
    struct buf b;

    assert_non_null(at);
    buf_init(&b, ctx.arena, 100000);
    buf_add_len(&b, good, (size_t)(at - good));
    buf_add(&b, to);
    buf_add(&b, at + strlen(from));
    assert_true(buf_ok(&b));
    return buf_text(&b);
}

static enum err parse(const char *csv, const struct forms **out)
{
    ctx_clear_problems(&ctx);
    return form_parse(&ctx, out, "visit.csv", csv, strlen(csv));
}

static void test_the_good_form_is_read_whole(void **state)
{
    const struct forms *forms = NULL;
    const struct form *form;
    const struct field *f;

    (void)state;
    assert_int_equal(parse(good, &forms), OK);
    assert_null(ctx.problems);
    assert_int_equal(forms->len, 1);
    form = form_find(forms, "visit");
    assert_non_null(form);
    assert_string_equal(label_text(&ctx, &form->title), "Visit");
    assert_string_equal(form->number, "V-{office}-{year}-{seq}");
    assert_string_equal(form->parent, "person");
    assert_string_equal(form->initial_status, "open");
    assert_int_equal(form->states_len, 2);
    assert_true(form->states[0].reason);
    assert_false(form->states[1].reason);
    assert_int_equal(form->all_len, 9);
    assert_false(form->ordered); /* total counts rows */
    assert_true(form->asks_today);
    assert_int_equal(strlen(form->hash), 64);

    f = field_find(form, "left_on");
    assert_int_equal(f->kind, FIELD_DATE);
    assert_string_equal(f->repeat->name, "trips");
    assert_int_equal(f->privacy, PRIVACY_PERSONAL);
    assert_int_equal(f->store, STORE_SEALED);
    f = field_find(form, "age");
    assert_string_equal(f->parent->name, "about");
    assert_null(f->repeat);
    assert_string_equal(f->stat, "band");
    assert_int_equal(f->row, 5);
    assert_string_equal(field_find(form, "about")->children->next->name, "age");
    assert_string_equal(field_find(form, "about")->next->name, "trips");
    f = field_find(form, "well");
    assert_int_equal(f->choices->len, 3);
    assert_true(choice_find(f->choices, "dk")->exclusive);
    assert_string_equal(choice_find(f->choices, "dk")->decline, "dont_know");
    assert_null(field_find(form, "nowhere"));
    assert_null(choice_find(f->choices, "maybe"));
}

static void test_labels_fall_back_to_the_default_language(void **state)
{
    const struct forms *forms = NULL;
    const struct field *f;

    (void)state;
    assert_int_equal(parse(good, &forms), OK);
    f = field_find(forms->items[0], "age");
    ctx.lang = "fr";
    assert_string_equal(label_text(&ctx, &field_find(forms->items[0], "nick")->label), "Surnom");
    assert_string_equal(label_text(&ctx, &f->constraint_message), "Below 0");
    ctx.lang = "ar";
    assert_string_equal(label_text(&ctx, &f->label), "Age");
    assert_string_equal(label_text(&ctx, &f->hint), "");
    ctx.lang = "en";
}

struct mistake_case {
    const char *from;
    const char *to;
    const char *field; /* where it is told */
    const char *part;  /* of what is told */
};

static const struct mistake_case mistakes[] = {
    { ",integer,age", ",number,age", "visit.csv:5:type", "number is no type" },
    { ",integer,age", ",integer,Age", "visit.csv:5:name", "Age cannot be the name" },
    { ",select_one yn,well", ",select_one yn,nick", "visit.csv:10:name", "used in row 4" },
    { ",select_one yn,well", ",select_one yn,id", "visit.csv:10:name", "meaning of its own" },
    { "select_one yn", "select_one maybe", "visit.csv:10:type", "no list named maybe" },
    { "select_one yn", "select_one_from_file moon.csv", "visit.csv:10:type", "no list " },
    { "select_one yn", "select_one_from_file ../moon.csv", "visit.csv:10:type", "no list " },
    { ",well,Well?", ",well,", "visit.csv:10:label", "no label in the default language, en" },
    { "${nick} != ''", "${nick} != '", "visit.csv:5:relevant", "Character 12 of" },
    { "${nick} != ''", "nick(1)", "visit.csv:5:relevant", "no function named nick" },
    { "${nick} != ''", "${nack} != ''", "visit.csv:5:relevant", "no field named nack" },
    { "${nick} != ''", "${about} != ''", "visit.csv:5:relevant", "about holds no answer" },
    { "${nick} != ''", "${age} != ''", "visit.csv:5:relevant",
      "in a circle, so that nothing can settle them: age → age." },
    { "${nick} != ''", "${total} > 1", "visit.csv:5:relevant", "age → total → age" },
    { ",about,About,A propos,,", ",about,About,A propos,${age} > 1,", "visit.csv:3:relevant",
      "about → age → nick → about" },
    { ",end group,about", ",end repeat,about", "visit.csv:6:type", "has to end" },
    { ",end group,about", ",end group,trips", "visit.csv:6:type", "has to end" },
    { ",end repeat,trips,,,,,,,,,,,,,,,,,,\n", "", "visit.csv:7:type", "never ends" },
    { ",begin repeat,trips,Trips", ",text,trips,Trips", "visit.csv:9:type", "ends nothing" },
    { "Too long,yes,", "Too long,maybe,", "visit.csv:4:required", "nothing named maybe" },
    { ",Good bye,Au revoir,,,,,", ",Good bye,Au revoir,,,,yes,", "visit.csv:13:required",
      "cannot be required" },
    { ",Good bye,Au revoir,,,", ",Good bye,Au revoir,,1 = 1,", "visit.csv:13:constraint",
      "cannot have a constraint" },
    { "string-length(.) < 9", "", "visit.csv:4:constraint", "no rule" },
    { "count(${trips}) + ${age}", "", "visit.csv:12:calculation", "write how" },
    { ",Trips,Voyages,,,,,,", ",Trips,Voyages,,,,,,3", "visit.csv:7:default", "holds no answer" },
    { "Below 0,,,,,,,,2", "Below 0,,,,no way,,,,2", "visit.csv:5:read_only", "write yes" },
    { ",yes,,,,,,,,,,\n,select_multiple", ",yes,,x=1,,,,,,,,\n,select_multiple",
      "visit.csv:10:choice_filter", "yn has no column x" },
    { "personal,sealed", "secret,sealed", "visit.csv:4:bind::hw:privacy", "secret is no class" },
    { "personal,sealed", "personal,shut", "visit.csv:4:bind::hw:store", "open, sealed" },
    { "personal,sealed", "personal,open", "visit.csv:4:bind::hw:store", "privacy/open.csv" },
    { "sealed,1,name", "sealed,first,name", "visit.csv:4:bind::hw:list", "1 to 99" },
    { "sealed,1,name", "sealed,2,name", "visit.csv:5:bind::hw:list", "taken by nick" },
    { "sealed,1,name", "sealed,1,title", "visit.csv:4:bind::hw:index", "name, phone, exact" },
    { ",2,,,band", ",2,exact,,band", "visit.csv:5:bind::hw:index", "Only fields of type text" },
    { "name,yes,,,", "name,maybe,,,", "visit.csv:4:bind::hw:core", "write yes" },
    { ",2,,,band", ",2,,,bands", "visit.csv:5:bind::hw:stat", "code, band, quarter" },
    { "name,yes,,,\n", "name,yes,,moon,\n", "visit.csv:4:bind::hw:ref", "no form moon" },
    { "name,yes,,,\n", "name,yes,,,colour\n", "visit.csv:4:bind::hw:type", "language, country" },
    { ",yn,no,No,Non", ",yn,yes,No,Non", "visit.csv:17:name", "code yes twice" },
    { ",yn,no,No,Non", ",yn,no way,No,Non", "visit.csv:17:name", "no way cannot be the code" },
    { ",yn,no,No,Non", ",yn,no,,Non", "visit.csv:17:label", "no label in the default" },
    { ",yn,no,No,Non,yes", ",yn,no,No,Non,maybe", "visit.csv:17:hw:exclusive", "write yes" },
    { "dont_know", "perhaps", "visit.csv:18:hw:decline", "dont_know, declined, na" },
    { ",yn,no,No,Non", ",,no,No,Non", "visit.csv:17:list_name", "name of a list" },
    { ",Visit,Visite", ",,Visite", "visit.csv:21:form_title", "no title" },
    { ",visit,1,en", ",Visit,1,en", "visit.csv:21:form_id", "Visit cannot be the name" },
    { ",visit,1,en", ",visit,,en", "visit.csv:21:version", "no version" },
    { ",visit,1,en", ",visit,1,xx", "visit.csv:21:default_language", "language xx" },
    { ",record,person", ",page,person", "visit.csv:21:hw:kind", "record, instrument" },
    { ",record,person", ",record,moon", "visit.csv:1:hw:parent", "no form moon" },
    { "person,person", "person,pet", "visit.csv:21:hw:subject", "person, household" },
    { "{year}-{seq}", "{year}", "visit.csv:21:hw:number", "{seq} must be there" },
    { "{year}-{seq}", "{day}-{seq}", "visit.csv:21:hw:number", "no pattern" },
    { "{seq},personal", "{seq},private", "visit.csv:21:hw:privacy", "private is no class" },
    { ",open,closed,person.edit", ",Open,closed,person.edit", "visit.csv:24:from",
      "name of a status" },
    { ",open,closed,person.edit", ",open,closed,person.fly", "visit.csv:24:permission",
      "no permission person.fly" },
    { ",closed,open,", ",open,closed,", "visit.csv:25:to", "stands here twice" },
    { ",relevant,", ",required,", "visit.csv:2:required", "stands here twice" },
    { "label::Français (fr),relevant", "label::Franzosisch,relevant",
      "visit.csv:2:label::Franzosisch", "does not say its language" },
    { "choices\n", "choices,,x\n", "visit.csv:14:choices", "alone on their line" },
    { "choices\n", "survey\n", "visit.csv:14:survey", "section survey stands here twice" },
    { "survey\n,type", ",type", "visit.csv:1:survey", "begins with the line survey" },
    { "settings\n", "setting\n", "visit.csv:1:settings", "needs a section settings" },
    { "Too long", "\"Too long", "visit.csv", "never closed" },
};

static bool is_told(const struct mistake_case *c)
{
    for (const struct problem *p = ctx.problems; p; p = p->next)
        if (p->code == ERR_INVALID && text_equal(p->field, c->field) && strstr(p->text, c->part))
            return true;
    return false;
}

static void test_each_mistake_is_told_with_its_place(void **state)
{
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        const struct forms *forms = NULL;
        enum err rc = parse(with(mistakes[i].from, mistakes[i].to), &forms);

        if (rc == ERR_INVALID && !forms && is_told(&mistakes[i]))
            continue;
        wrong++;
        print_error("%s -> %s: not told at %s\n", mistakes[i].from, mistakes[i].to,
                    mistakes[i].field);
        for (const struct problem *p = ctx.problems; p; p = p->next)
            print_error("    %s: %s\n", p->field ? p->field : "", p->text);
    }
    assert_int_equal(wrong, 0);
}

static void test_all_mistakes_are_told_at_once(void **state)
{
    const struct forms *forms = NULL;
    const char *csv = "survey\n,type,name,label::English (en),relevant\n"
                      ",text,a,A,${b}\n,texts,c,C,\n,text,a,A,1 +\n"
                      "settings\n,form_title::English (en),form_id,version\n,T,x,\n";
    size_t count = 0;

    (void)state;
    assert_int_equal(parse(csv, &forms), ERR_INVALID);
    for (const struct problem *p = ctx.problems; p; p = p->next)
        count += p->code == ERR_INVALID;
    assert_int_equal(count, 5);
}

static void test_an_unknown_column_or_section_is_a_warning(void **state)
{
    const struct forms *forms = NULL;
    const char *csv = arena_printf(ctx.arena, "%sentities\n,x\n,y\n",
                                   with("hw:explain\n", "hw:explain,colour::image\n"));

    (void)state;
    assert_int_equal(parse(csv, &forms), OK);
    assert_string_equal(ctx.problems->field, "visit.csv:26:entities");
    assert_int_equal(ctx.problems->code, OK);
    assert_string_equal(ctx.problems->next->field, "visit.csv:15:colour::image");
    assert_int_equal(ctx.problems->next->code, OK);
    assert_null(ctx.problems->next->next);
}

static void test_a_class_comes_from_the_innermost_group_that_has_one(void **state)
{
    const struct forms *forms = NULL;
    const char *csv = with(",begin group,about,About,A propos,,,,,,,,,,",
                           ",begin group,about,About,A propos,,,,,,,,,sensitive,");

    (void)state;
    assert_int_equal(parse(csv, &forms), OK);
    assert_int_equal(field_find(forms->items[0], "nick")->privacy, PRIVACY_PERSONAL);
    assert_int_equal(field_find(forms->items[0], "age")->privacy, PRIVACY_SENSITIVE);
    assert_int_equal(field_find(forms->items[0], "well")->privacy, PRIVACY_PERSONAL);
}

static void test_statuses_speak_the_languages_of_the_form(void **state)
{
    const struct forms *forms = NULL;
    const char *csv = with(",from,to,permission,reason\n,open,closed,person.edit,yes\n",
                           ",from,to,permission,reason,label::Français (fr)\n"
                           ",open,closed,person.edit,yes,Clore\n");

    (void)state;
    assert_int_equal(parse(csv, &forms), OK);
    assert_null(ctx.problems);
    ctx.lang = "fr";
    assert_string_equal(label_text(&ctx, &forms->items[0]->states[0].label), "Clore");
    ctx.lang = "en";
}

static void test_defaults_are_texts_unless_they_calculate(void **state)
{
    const struct forms *forms = NULL;

    (void)state;
    assert_int_equal(
        parse(with(",,,,,,yes,,,,,,,,,,\n,select_m", ",,,,,,today(),,,,,,,,,,\n,select_m"), &forms),
        OK);
    assert_string_equal(expr_source(field_find(forms->items[0], "well")->default_value), "today()");
}

static void test_the_shipped_forms_load(void **state)
{
    const struct forms *forms = NULL;
    int64_t start = clock_monotonic_us();
    enum err rc;

    (void)state;
    ctx_clear_problems(&ctx);
    rc = forms_load(&ctx, &forms);
    for (const struct problem *p = ctx.problems; p; p = p->next)
        print_error("%s: %s\n", p->field ? p->field : "", p->text);
    assert_int_equal(rc, OK);
    assert_null(ctx.problems);
    print_message("# loaded in %lld us\n", (long long)(clock_monotonic_us() - start));
    assert_non_null(form_find(forms, "person"));
    assert_non_null(form_find(forms, "rss"));
    assert_true(form_find(forms, "rss")->ordered);
    assert_null(form_find(forms, "moon"));
    assert_string_equal(forms->languages[0], "en");
    assert_true(forms->languages_len >= 4);
    assert_null(forms->languages[forms->languages_len]);
}

/* Every shipped text stands in all four languages. */
static void check_label(const struct form *form, const char *name, const struct label *label)
{
    static const char *const wanted[] = { "en", "fr", "es", "ar" };

    if (!label->texts)
        return;
    for (size_t w = 0; w < 4; w++)
        for (size_t i = 0; label->languages[i]; i++)
            if (strcmp(label->languages[i], wanted[w]) == 0 && !label->texts[i])
                fail_msg("%s.%s has no text in %s", form->kind, name, wanted[w]);
}

static void test_the_shipped_forms_speak_four_languages(void **state)
{
    const struct forms *forms = NULL;

    (void)state;
    assert_int_equal(forms_load(&ctx, &forms), OK);
    for (size_t i = 0; i < forms->len; i++) {
        const struct form *form = forms->items[i];

        check_label(form, "form_title", &form->title);
        for (size_t k = 0; k < form->all_len; k++) {
            const struct field *f = form->all[k];

            check_label(form, f->name, &f->label);
            check_label(form, f->name, &f->hint);
            check_label(form, f->name, &f->guidance);
            check_label(form, f->name, &f->constraint_message);
            for (size_t c = 0; f->choices && c < f->choices->len; c++)
                check_label(form, f->choices->items[c].name, &f->choices->items[c].label);
        }
    }
}

/* A file of tests/data/forms. */
static const char *data_file(const char *name, size_t *len_out)
{
    const char *root = getenv("HOMEWARD_SOURCE");
    const char *path = arena_printf(ctx.arena, "%s/tests/data/forms/%s", root ? root : ".", name);
    FILE *file = fopen(path, "rb");
    char *bytes = arena_alloc(ctx.arena, 200000);

    if (!file)
        fail_msg("no file %s", path);
    *len_out = fread(bytes, 1, 199999, file);
    bytes[*len_out] = '\0';
    assert_int_equal(fclose(file), 0);
    return bytes;
}

/* Whether a file of broken/ has one mistake, told at its place in these words. */
static bool tells_one(const struct csv_row *row)
{
    const char *file = row->cells[0];
    const char *place =
        row->cells[1][0] ? arena_printf(ctx.arena, "%s:%s:%s", file, row->cells[1], row->cells[2])
                         : file;
    const struct forms *forms = NULL;
    const struct problem *told = NULL;
    size_t mistakes_told = 0;
    size_t len = 0;
    const char *csv = data_file(arena_printf(ctx.arena, "broken/%s", file), &len);
    enum err rc;

    ctx_clear_problems(&ctx);
    rc = form_parse(&ctx, &forms, file, csv, len);
    for (const struct problem *p = ctx.problems; p; p = p->next) {
        if (p->code == OK)
            continue;
        told = p;
        mistakes_told++;
    }
    if (rc == ERR_INVALID && !forms && mistakes_told == 1 && text_equal(told->field, place) &&
        strcmp(told->text, row->cells[3]) == 0)
        return true;
    print_error("%s: %zu mistakes, the last at %s: %s\n", place, mistakes_told,
                told && told->field ? told->field : "", told ? told->text : "");
    return false;
}

static void test_each_broken_form_tells_its_one_mistake_at_its_cell(void **state)
{
    size_t len = 0;
    const char *expected = data_file("broken/expected.txt", &len);
    struct csv_row row = { 0 };
    struct csv *csv = NULL;
    bool more = true;
    size_t count = 0;
    size_t wrong = 0;

    (void)state;
    assert_int_equal(csv_open_bytes(&ctx, &csv, expected, len, ','), OK);
    assert_int_equal(csv_next(&ctx, csv, &row, &more), OK);
    while (more) {
        assert_int_equal(csv_next(&ctx, csv, &row, &more), OK);
        if (!more)
            break;
        assert_int_equal(row.len, 4);
        wrong += !tells_one(&row);
        count++;
    }
    csv_close(csv);
    assert_int_equal(wrong, 0);
    assert_true(count >= 80);
}

static const char *const good_forms[] = {
    "budget",       "complaint", "evidence",    "health_note",   "household_survey", "intake_grid",
    "kobo_like",    "livestock", "lookups",     "origin",        "photo_use",        "places",
    "plain_labels", "quiz",      "reasons",     "referral_call", "satisfaction",     "schools",
    "shuffled",     "villages",  "visit_times", "visite",
};

static const struct form *good_form(const char *kind)
{
    const struct forms *forms = NULL;
    size_t len = 0;
    const char *csv = data_file(arena_printf(ctx.arena, "good/%s.csv", kind), &len);
    enum err rc;

    ctx_clear_problems(&ctx);
    rc = form_parse(&ctx, &forms, kind, csv, len);
    for (const struct problem *p = ctx.problems; p; p = p->next)
        print_error("%s: %s\n", p->field ? p->field : "", p->text);
    assert_int_equal(rc, OK);
    assert_null(ctx.problems);
    assert_string_equal(forms->items[0]->kind, kind);
    return forms->items[0];
}

static void test_forms_as_they_are_written_in_practice_have_no_mistake(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good_forms) / sizeof(good_forms[0]); i++)
        assert_true(good_form(good_forms[i])->all_len > 0);
}

static void test_columns_of_other_tools_are_understood(void **state)
{
    const struct form *form = good_form("kobo_like");
    const struct field *f = field_find(form, "years");

    (void)state;
    assert_string_equal(expr_source(f->relevant), "${first_name} != ''");
    assert_string_equal(label_text(&ctx, &f->constraint_message), "Too many");
    assert_true(field_find(form, "agrees")->required);
    assert_int_equal(field_find(form, "agrees")->choices->len, 2);
    form = good_form("visite");
    assert_string_equal(form->default_language, "fr");
    assert_string_equal(label_text(&ctx, &field_find(form, "lieu")->label), "Lieu");
}

static void test_or_other_adds_a_choice_and_a_question(void **state)
{
    const struct form *form = good_form("livestock");
    const struct field *f = field_find(form, "animal");

    (void)state;
    assert_int_equal(f->choices->len, 4);
    assert_string_equal(label_text(&ctx, &choice_find(f->choices, "other")->label), "Other");
    assert_ptr_equal(f->other, field_find(form, "animal_other"));
    assert_ptr_equal(f->other->others, f);
    assert_ptr_equal(f->next, f->other);
    assert_string_equal(f->other->repeat->name, "animals");
    assert_string_equal(expr_source(f->other->relevant), "selected(${animal}, 'other')");
    assert_string_equal(expr_source(f->repeat->repeat_count), "${kinds}");
}

static void test_looks_parameters_and_settings_are_known(void **state)
{
    const struct form *form = good_form("satisfaction");
    const struct field *f = field_find(form, "score");

    (void)state;
    assert_true(form->pages);
    assert_false(form->theme_grid);
    assert_true(field_looks(field_find(form, "views"), LOOK_TABLE_LIST));
    assert_true(field_looks(field_find(form, "overall"), LOOK_LIKERT));
    assert_true(field_looks(f, LOOK_RATING));
    assert_int_equal((int)f->range.end, 10);
    assert_true(f->range.whole);
    form = good_form("evidence");
    f = field_find(form, "mood");
    assert_int_equal(f->columns, 3);
    assert_true(field_looks(f, LOOK_NO_BUTTONS));
    assert_string_equal(label_text(&ctx, &f->choices->items[0].media.image), "glad.png");
    assert_string_equal(field_parameter(field_find(form, "photo"), "max-pixels"), "1024");
    assert_null(field_parameter(field_find(form, "photo"), "quality"));
    assert_string_equal(field_find(form, "paper")->attributes[0].value, "application/pdf");
    assert_int_equal(field_find(good_form("intake_grid"), "place")->width, 4);
    assert_int_equal(field_find(good_form("household_survey"), "device")->meta, META_DEVICEID);
}

static void test_lists_have_their_further_columns(void **state)
{
    const struct form *form = good_form("household_survey");
    const struct choice_list *list = form_list(form, "town");
    const struct choice *c = choice_find(list, "belo");

    (void)state;
    assert_string_equal(choice_column(&ctx, list, c, "district"), "lake");
    assert_string_equal(choice_column(&ctx, list, c, "label"), "Belo");
    assert_string_equal(choice_column(&ctx, list, c, "name"), "belo");
    assert_null(choice_column(&ctx, list, c, "river"));
    assert_non_null(form_list(good_form("origin"), "countries"));
    assert_null(form_list(form, "moons"));
}

static const char *file_with(const char *name, const char *text)
{
    const char *path = arena_printf(ctx.arena, "/tmp/hw-%d-%s", (int)getpid(), name);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    return path;
}

/* Tables alone come beside the forms here: tests/cli/test_xlsforms.py has pictures. */
static enum err look_at_tables(struct ctx *c, struct form_text *text)
{
    (void)c;
    for (size_t i = 0; text->files && i < text->files->len; i++)
        assert_true(text_ends(text->files->items[i].name, ".csv"));
    return OK;
}

/* Runs the command; what it prints is in *printed. */
static enum err command_of(int argc, const char *const *words, const char **printed)
{
    char **argv = ARENA_ARRAY(ctx.arena, (size_t)argc + 1, char *);
    char *text = arena_alloc(ctx.arena, 10001);
    FILE *file = tmpfile();
    int saved = dup(STDOUT_FILENO);
    enum err rc;

    for (int i = 0; i < argc; i++)
        argv[i] = arena_strdup(ctx.arena, words[i]);
    assert_non_null(file);
    assert_true(saved >= 0);
    ctx_clear_problems(&ctx);
    (void)fflush(stdout);
    assert_true(dup2(fileno(file), STDOUT_FILENO) >= 0);
    rc = forms_command(&ctx, argc, argv, look_at_tables);
    (void)fflush(stdout);
    assert_true(dup2(saved, STDOUT_FILENO) >= 0);
    assert_int_equal(close(saved), 0);
    rewind(file);
    (void)fread(text, 1, 10000, file);
    assert_int_equal(fclose(file), 0);
    *printed = text;
    return rc;
}

static enum err command(const char *word, const char *path, const char **printed)
{
    const char *words[] = { "form", word, path };

    return command_of(path[0] ? 3 : 2, words, printed);
}

static void test_the_command_tells_good_forms_from_bad_ones(void **state)
{
    const char *fine = file_with("fine.csv", good);
    const char *bad = file_with("bad.csv", with("select_one yn", "select_one ny"));
    const char *printed = NULL;

    (void)state;
    assert_int_equal(command("check", fine, &printed), OK);
    assert_non_null(strstr(printed, "fine.csv: good: visit, version 1, 9 fields\n"));
    assert_int_equal(command("check", bad, &printed), ERR_INVALID);
    assert_non_null(strstr(printed, "bad.csv:10:type: There is no list named ny"));
    assert_string_equal(ctx_first_problem(&ctx), "1 form has mistakes: mend them and check again.");
    assert_int_equal(command("check", "/nowhere.csv", &printed), ERR_INVALID);
    assert_non_null(strstr(printed, "Could not open /nowhere.csv:"));
    assert_int_equal(command("check", "", &printed), ERR_INVALID);
    assert_int_equal(command("bake", fine, &printed), ERR_INVALID);
    assert_int_equal(command("check", "--help", &printed), OK);
    assert_non_null(strstr(printed, "usage: homeward form check FILE..."));
    assert_int_equal(unlink(fine), 0);
    assert_int_equal(unlink(bad), 0);
}

/* One form with a table beside it: the table is looked at, and not taken for a form. */
static void test_the_command_takes_tables_beside_a_form(void **state)
{
    const char *form = file_with(
        "towns_form.csv",
        arena_printf(ctx.arena,
                     "survey\n,type,name,label\n,select_one_from_file hw-%d-towns_here.csv,town,"
                     "Town\nsettings\n,form_title,form_id,version\n,T,t,1\n",
                     (int)getpid()));
    const char *table = file_with("towns_here.csv", "name,label\ndakar,Dakar\n");
    const char *wrong = file_with("towns_there.csv", "name,label\ndakar,Dakar\n");
    const char *both[] = { "form", "check", table, form };
    const char *none[] = { "form", "check", form, wrong };
    const char *printed = NULL;

    (void)state;
    assert_int_equal(command_of(4, both, &printed), OK);
    assert_non_null(strstr(printed, "towns_form.csv: good: t, version 1, 1 field\n"));
    assert_null(strstr(printed, "towns_here.csv"));
    assert_int_equal(command_of(4, none, &printed), ERR_INVALID);
    assert_non_null(strstr(printed, "towns_there.csv?"));
    assert_int_equal(unlink(form), 0);
    assert_int_equal(unlink(table), 0);
    assert_int_equal(unlink(wrong), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_good_form_is_read_whole),
        cmocka_unit_test(test_labels_fall_back_to_the_default_language),
        cmocka_unit_test(test_each_mistake_is_told_with_its_place),
        cmocka_unit_test(test_all_mistakes_are_told_at_once),
        cmocka_unit_test(test_an_unknown_column_or_section_is_a_warning),
        cmocka_unit_test(test_a_class_comes_from_the_innermost_group_that_has_one),
        cmocka_unit_test(test_statuses_speak_the_languages_of_the_form),
        cmocka_unit_test(test_defaults_are_texts_unless_they_calculate),
        cmocka_unit_test(test_the_shipped_forms_load),
        cmocka_unit_test(test_the_shipped_forms_speak_four_languages),
        cmocka_unit_test(test_each_broken_form_tells_its_one_mistake_at_its_cell),
        cmocka_unit_test(test_forms_as_they_are_written_in_practice_have_no_mistake),
        cmocka_unit_test(test_columns_of_other_tools_are_understood),
        cmocka_unit_test(test_or_other_adds_a_choice_and_a_question),
        cmocka_unit_test(test_looks_parameters_and_settings_are_known),
        cmocka_unit_test(test_lists_have_their_further_columns),
        cmocka_unit_test(test_the_command_tells_good_forms_from_bad_ones),
        cmocka_unit_test(test_the_command_takes_tables_beside_a_form),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
