/* Forms published at run time: rules, overlays, versions, what processes see, faults. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "publish_help.h"

#define COLUMNS                                                                                    \
    ",type,name," LABELS ",required,relevant,bind::hw:list,bind::hw:store,bind::hw:core,"          \
    "bind::hw:privacy,hw:reason\n"
/* clang-format off */
#define SETTINGS_OF(kind, version)                                                              \
    "settings\n,form_title::English (en),form_title::العربية (ar),form_id,version,hw:parent,"  \
    "hw:subject,hw:number\n,Home visits,زيارات," kind "," version                              \
    ",person,person,HV-{office}-{year}-{seq}\n"
/* clang-format on */
#define SETTINGS SETTINGS_OF("home_visit", "1")
#define ROWS                                                                                       \
    ",date,visited_on,Date,التاريخ,yes,,1,open,,,Work is planned by date\n"                 \
    ",text,note_text,Notes,ملاحظات,,,,,,,\n"
#define VISIT_OF(version) "survey\n" COLUMNS ROWS SETTINGS_OF("home_visit", version)
#define VISIT             VISIT_OF("1")

static struct record *visited(struct fixture *f, const char *answers)
{
    struct record *person = NULL;
    struct record *rec = NULL;

    fixture_as(f, "supervisor");
    person = person_stored(f, PERSON_AWA);
    must(f, record_new(&f->ctx, &rec, "home_visit", person->id));
    person_fill(f, rec, answers);
    must(f, record_insert(&f->ctx, rec));
    fixture_as(f, "administrator");
    return rec;
}

static const char *value_now(struct fixture *f, const struct record *rec, const char *field)
{
    struct record *again = NULL;

    fixture_as(f, "supervisor");
    must(f, record_load(&f->ctx, &again, "home_visit", rec->id));
    fixture_as(f, "administrator");
    return record_value(again, field);
}

/* --- new kinds --- */

static void a_new_kind_is_published_and_has_records_at_once(void **state)
{
    struct fixture *f = *state;
    struct record *rec;
    int64_t epoch = published(f, VISIT);

    assert_int_equal(epoch, live.epoch);
    assert_non_null(form_find(f->ctx.forms, "home_visit"));
    rec = visited(f, "visited_on=2026-11-20;note_text=Calm");
    assert_true(text_starts(rec->number, "HV-SN-2026-"));
    assert_string_equal(value_now(f, rec, "note_text"), "Calm");
    assert_false(files_hold(f, "Calm"));
    assert_int_equal(audit_count(f, "form.publish"), 1);
}

static void roles_get_what_was_granted_and_no_more(void **state)
{
    struct fixture *f = *state;

    (void)published(f, VISIT);
    fixture_as(f, "case_manager");
    assert_true(user_may(f->ctx.user, "home_visit.create"));
    assert_false(user_may(f->ctx.user, "home_visit.export"));
    fixture_as(f, "supervisor");
    assert_true(user_may(f->ctx.user, "home_visit.import"));
    fixture_as(f, "me_officer");
    assert_false(user_may(f->ctx.user, "home_visit.view"));
    assert_false(user_may(f->ctx.user, "form.publish"));
}

static void only_who_may_publishes(void **state)
{
    struct fixture *f = *state;
    struct form_plan plan = planned(f, VISIT);
    int64_t epoch = 0;

    fixture_as(f, "supervisor");
    assert_int_equal(publish_now(&f->ctx, &plan, grants, 2, &epoch), ERR_FORBIDDEN);
    look(f);
    assert_null(form_find(f->ctx.forms, "home_visit"));
}

static void a_new_kind_that_nobody_may_see_is_not_published(void **state)
{
    struct fixture *f = *state;
    const struct kind_grant wrong[] = { { "home_visit", "gardener", "all" } };
    struct form_plan plan = planned(f, VISIT);
    int64_t epoch = 0;

    assert_int_equal(publish_now(&f->ctx, &plan, NULL, 0, &epoch), ERR_INVALID);
    assert_int_equal(publish_now(&f->ctx, &plan, wrong, 1, &epoch), ERR_INVALID);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM form_grant"), 0);
}

static void who_looked_before_another_was_published_looks_again(void **state)
{
    struct fixture *f = *state;
    struct form_plan first = planned(f, VISIT);
    struct form_plan second = planned(f, VISIT);
    int64_t epoch = 0;

    must(f, publish_now(&f->ctx, &first, grants, 2, &epoch));
    assert_int_equal(publish_now(&f->ctx, &second, grants, 2, &epoch), ERR_CONFLICT);
    assert_int_equal(
        count_of(f, f->ctx.db, "SELECT count(*) FROM form_version WHERE form = 'home_visit'"), 1);
}

/* --- what is refused --- */

static void every_mistake_is_told_with_sheet_row_column_and_value(void **state)
{
    struct fixture *f = *state;
    struct form_plan plan = planned(f, "survey\n" COLUMNS ROWS ",txet,third,Third,,,,,,,,\n"
                                       ",text,fourth,Fourth,,,${nobody} = 1,,,,,\n" SETTINGS);

    assert_int_equal(plan.bad, 2);
    assert_null(plan.form);
    assert_string_equal(plan.mistakes[0].sheet, "survey");
    assert_int_equal(plan.mistakes[0].row, 5);
    assert_string_equal(plan.mistakes[0].column, "type");
    assert_string_equal(plan.mistakes[0].value, "txet");
    assert_int_equal(plan.mistakes[1].row, 6);
    assert_string_equal(plan.mistakes[1].column, "relevant");
    assert_string_equal(plan.mistakes[1].value, "${nobody} = 1");
}

static void a_name_that_is_taken_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(refused(f, "survey\n" COLUMNS ROWS SETTINGS_OF("survey", "1")).column,
                        "form_id");
    assert_string_equal(refused(f, "survey\n" COLUMNS ROWS SETTINGS_OF("person", "9")).column,
                        "form_id");
    assert_string_equal(
        refused(f, "survey\n" COLUMNS ROWS SETTINGS_OF("person__names", "1")).column, "form_id");
}

static void a_parent_that_there_is_not_is_refused(void **state)
{
    struct fixture *f = *state;
    struct form_mistake m =
        refused(f, "survey\n" COLUMNS ROWS "settings\n,form_title::English (en),form_id,version,"
                   "hw:parent,hw:subject\n,Visits,visit,1,ghost,person\n");

    assert_string_equal(m.column, "hw:parent");
}

static void an_open_field_about_a_person_needs_its_reason(void **state)
{
    struct fixture *f = *state;
    struct form_mistake m =
        refused(f, "survey\n" COLUMNS ",date,visited_on,Date,التاريخ,yes,,1,open,,,\n" SETTINGS);

    assert_string_equal(m.column, "bind::hw:store");
}

static void a_stored_field_keeps_its_type_store_and_class(void **state)
{
    struct fixture *f = *state;
    struct form_mistake m;

    (void)published(f, VISIT);
    m = refused(f,
                "survey\n" COLUMNS ",text,visited_on,Date,التاريخ,,,1,open,,,Planned\n" SETTINGS);
    assert_string_equal(m.column, "type");
    m = refused(f, "survey\n" COLUMNS ",date,visited_on,Date,التاريخ,,,,,,,\n" SETTINGS);
    assert_string_equal(m.column, "bind::hw:store");
    m = refused(f, "survey\n" COLUMNS ",text,note_text,Notes,,,,,,,internal,\n" SETTINGS);
    assert_string_equal(m.column, "bind::hw:privacy");
}

/* Also when a version in between did not have it. */
static void a_field_that_comes_back_is_what_it_was(void **state)
{
    struct fixture *f = *state;

    (void)published(f, VISIT);
    (void)published(f, "survey\n" COLUMNS
                       ",text,note_text,Notes,ملاحظات,,,,,,,\n" SETTINGS_OF("home_visit", "2"));
    assert_string_equal(
        refused(f, "survey\n" COLUMNS
                   ",integer,visited_on,Date,التاريخ,,,,open,,,Planned\n" SETTINGS_OF("home_visit",
                                                                                      "3"))
            .column,
        "type");
}

static void a_core_field_is_not_taken_out(void **state)
{
    struct fixture *f = *state;

    (void)published(f, "survey\n" COLUMNS ROWS ",text,must_stay,Stays,,,,,,yes,,\n" SETTINGS);
    assert_string_equal(refused(f, VISIT).column, "survey");
}

static void a_parent_once_given_stays(void **state)
{
    struct fixture *f = *state;

    (void)published(f, VISIT);
    assert_string_equal(refused(f,
                                "survey\n" COLUMNS ROWS
                                "settings\n,form_title::English (en),form_id,version,hw:subject\n"
                                ",Visits,home_visit,2,person\n")
                            .column,
                        "hw:parent");
}

/* --- choices of stored records --- */

#define MOOD_ROWS                                                                                  \
    ROWS ",select_one mood,mood,Mood,المزاج,,,,,,,\n"                                        \
         ",select_multiple mood,moods,Moods,الأمزجة,,,,,,,\n"
#define CHOICES "choices\n,list_name,name," LABELS ",hw:retired\n"
#define CALM    ",mood,calm,Calm,هادئ,\n"
#define TENSE   ",mood,tense,Tense,متوتر,\n"
#define RETIRED ",mood,tense,Tense,متوتر,yes\n"
#define MOODS(choices, version)                                                                    \
    "survey\n" COLUMNS MOOD_ROWS CHOICES choices SETTINGS_OF("home_visit", version)

static enum err saved(struct fixture *f, struct record *rec, const char *answers)
{
    struct record *again = NULL;
    enum err rc;

    fixture_as(f, "supervisor");
    if (rec) {
        must(f, record_load(&f->ctx, &again, "home_visit", rec->id));
        person_fill(f, again, answers);
        rc = record_update(&f->ctx, again, again->version);
    } else {
        must(f, record_new(&f->ctx, &again, "home_visit", person_stored(f, PERSON_AWA)->id));
        person_fill(f, again, answers);
        rc = record_insert(&f->ctx, again);
    }
    fixture_as(f, "administrator");
    return rc;
}

static void a_choice_that_records_may_have_is_not_taken_away(void **state)
{
    struct fixture *f = *state;
    struct form_mistake m;

    (void)published(f, MOODS(CALM TENSE, "1"));
    assert_int_equal(planned(f, MOODS(CALM, "2")).bad, 0); /* nothing is stored yet */
    (void)visited(f, "visited_on=2026-11-20;mood=calm");
    m = refused(f, MOODS(CALM, "2")); /* once, though two questions have the list */
    assert_string_equal(m.sheet, "survey");
    assert_int_equal(m.row, 5);
    assert_string_equal(m.column, "type");
    assert_string_equal(m.value, "select_one mood");
    assert_non_null(strstr(m.text, "tense"));
    assert_non_null(strstr(m.text, "hw:retired"));
    (void)published(f, MOODS(CALM RETIRED, "2"));
    assert_string_equal(refused(f, MOODS(CALM, "3")).column, "type"); /* nor later */
}

/* Answers of a question that was taken out stay in their records, so its choices stay known. */
static void a_question_that_comes_back_keeps_the_choices_that_it_had(void **state)
{
    struct fixture *f = *state;
    struct form_mistake m;
    struct record *rec;

    (void)published(f, MOODS(CALM TENSE, "1"));
    (void)published(f, VISIT_OF("2"));
    assert_int_equal(planned(f, MOODS(CALM, "3")).bad, 0); /* nothing is stored */
    (void)published(f, MOODS(CALM TENSE, "3"));
    rec = visited(f, "visited_on=2026-11-20;mood=tense");
    (void)published(f, VISIT_OF("4"));
    (void)published(f, VISIT_OF("5"));
    m = refused(f, MOODS(CALM, "6")); /* once, though two questions come back with the list */
    assert_string_equal(m.sheet, "survey");
    assert_int_equal(m.row, 5);
    assert_string_equal(m.column, "type");
    assert_string_equal(m.value, "select_one mood");
    assert_non_null(strstr(m.text, "tense was a choice of mood in version 3"));
    (void)published(f, MOODS(CALM RETIRED, "6"));
    assert_string_equal(value_now(f, rec, "mood"), "tense");
    assert_int_equal(saved(f, NULL, "visited_on=2026-11-21;mood=tense"), ERR_INVALID);
    ctx_clear_problems(&f->ctx);
}

/* One of two questions stayed: the list is told of at the one that comes back. */
static void a_question_that_comes_back_is_told_beside_one_that_stayed(void **state)
{
    static const char one[] =
        "survey\n" COLUMNS ROWS
        ",select_one mood,mood,Mood,المزاج,,,,,,,\n" CHOICES CALM TENSE SETTINGS_OF("home_visit",
                                                                                    "2");
    static const char other[] =
        "survey\n" COLUMNS ROWS ",select_one mood,mood,Mood,المزاج,,,,,,,\n"
        ",select_multiple mine,moods,Moods,الأمزجة,,,,,,,\n" CHOICES CALM TENSE
        ",mine,calm,Calm,هادئ,\n" SETTINGS_OF("home_visit", "3");
    struct fixture *f = *state;
    struct form_mistake m;

    (void)published(f, MOODS(CALM TENSE, "1"));
    (void)visited(f, "visited_on=2026-11-20;mood=calm;moods=tense calm");
    (void)published(f, one);
    m = refused(f, other);
    assert_int_equal(m.row, 6);
    assert_non_null(strstr(m.text, "tense was a choice of moods in version 1"));
    (void)published(f, MOODS(CALM TENSE, "3"));
}

static void an_amount_that_comes_back_keeps_its_currency(void **state)
{
    static const char form[] =
        "survey\n,type,name,label::English (en),parameters,bind::hw:type\n"
        ",date,visited_on,Date,,\n,decimal,paid,Paid,currency=%s,money\n"
        "settings\n,form_title::English (en),form_id,version,hw:parent,hw:subject\n"
        ",Visits,home_visit,%s,person,person\n";
    static const char without[] =
        "survey\n,type,name,label::English (en)\n,date,visited_on,Date\n"
        "settings\n,form_title::English (en),form_id,version,hw:parent,hw:subject\n"
        ",Visits,home_visit,2,person,person\n";
    struct fixture *f = *state;
    struct form_mistake m;

    (void)published(f, arena_printf(f->ctx.arena, form, "XOF", "1"));
    (void)visited(f, "visited_on=2026-11-20;paid=1000");
    (void)published(f, without);
    m = refused(f, arena_printf(f->ctx.arena, form, "EUR", "3"));
    assert_string_equal(m.column, "parameters");
    assert_non_null(strstr(m.text, "XOF"));
    (void)published(f, arena_printf(f->ctx.arena, form, "XOF", "3"));
}

static void a_retired_choice_is_kept_where_it_was_stored_and_offered_nowhere(void **state)
{
    struct fixture *f = *state;
    const struct choice *const *offered = NULL;
    const struct field *mood;
    struct record *rec;
    size_t len = 0;

    (void)published(f, MOODS(CALM TENSE, "1"));
    rec = visited(f, "visited_on=2026-11-20;mood=tense;moods=tense calm");
    (void)published(f, MOODS(CALM RETIRED, "2"));
    mood = field_find(form_find(f->ctx.forms, "home_visit"), "mood");
    must(f,
         answers_choices(&f->ctx, answers_new(f->ctx.arena, form_find(f->ctx.forms, "home_visit")),
                         mood, &offered, &len));
    assert_int_equal(len, 1);
    assert_string_equal(offered[0]->name, "calm");
    assert_int_equal(
        saved(f, rec, "visited_on=2026-11-20;note_text=Calmer;mood=tense;moods=tense calm"), OK);
    assert_string_equal(value_now(f, rec, "mood"), "tense");
    assert_string_equal(value_now(f, rec, "moods"), "calm tense");
    assert_string_equal(answers_shown(&f->ctx, mood, "tense"), "Tense");
    assert_int_equal(saved(f, NULL, "visited_on=2026-11-21;mood=tense"), ERR_INVALID);
    assert_non_null(strstr(ctx_first_problem(&f->ctx), "not offered any more"));
    ctx_clear_problems(&f->ctx);
    assert_int_equal(saved(f, rec, "visited_on=2026-11-20;mood=calm"), OK);
    assert_int_equal(saved(f, rec, "visited_on=2026-11-20;mood=tense"),
                     ERR_INVALID); /* gone for good */
    ctx_clear_problems(&f->ctx);
}

static void an_amount_keeps_its_currency_and_a_status_its_name(void **state)
{
    static const char form[] =
        "survey\n,type,name,label::English (en),parameters,bind::hw:type\n"
        ",date,visited_on,Date,,\n,decimal,paid,Paid,currency=%s,money\n"
        "hw_states\n,from,to,permission,label::English (en)\n,open,%s,case.move,Done\n"
        ",,open,,Open\n"
        "settings\n,form_title::English (en),form_id,version,hw:parent,hw:subject\n"
        ",Home visits,home_visit,1,person,person\n";
    struct fixture *f = *state;
    struct arena *a = f->ctx.arena;

    (void)published(f, arena_printf(a, form, "XOF", "done"));
    assert_int_equal(planned(f, arena_printf(a, form, "EUR", "over")).bad, 0);
    (void)visited(f, "visited_on=2026-11-20;paid=1200");
    assert_string_equal(refused(f, arena_printf(a, form, "EUR", "done")).column, "parameters");
    assert_string_equal(refused(f, arena_printf(a, form, "XOF", "over")).column, "hw_states");
}

/* --- versions --- */

static void an_answer_that_is_no_longer_asked_is_kept_and_comes_back(void **state)
{
    struct fixture *f = *state;
    struct record *rec;
    struct form_version *versions = NULL;
    struct form_text text = { 0 };
    size_t len = 0;

    (void)published(f, VISIT);
    rec = visited(f, "visited_on=2026-11-20;note_text=Calm");
    (void)published(
        f, "survey\n" COLUMNS
           ",date,visited_on,Date,التاريخ,yes,,1,open,,,Planned\n" SETTINGS_OF("home_visit", "2"));
    fixture_as(f, "supervisor");
    must(f, record_load(&f->ctx, &rec, "home_visit", rec->id));
    person_fill(f, rec, "visited_on=2026-11-21");
    must(f, record_update(&f->ctx, rec, 1));
    fixture_as(f, "administrator");
    must(f, form_versions(&f->ctx, &versions, &len, "home_visit"));
    assert_int_equal(len, 2);
    must(f, form_version_again(&f->ctx, &text, "home_visit", versions[1].epoch));
    assert_string_equal(text.csv, VISIT);
    (void)published(f, text.csv);
    assert_string_equal(value_now(f, rec, "note_text"), "Calm");
    assert_string_equal(value_now(f, rec, "visited_on"), "2026-11-21");
}

static void the_difference_to_the_version_in_force_is_told(void **state)
{
    struct fixture *f = *state;
    struct form_plan plan;
    bool label = false;
    bool added = false;
    bool gone = false;

    (void)published(f, VISIT);
    plan = planned(f, "survey\n" COLUMNS ",date,visited_on,Day,التاريخ,yes,,1,open,,,Planned\n"
                      ",text,mood,Mood,,,,,,,,\n" SETTINGS_OF("home_visit", "2"));
    assert_int_equal(plan.bad, 0);
    for (size_t i = 0; i < plan.changes_len; i++) {
        const struct form_change *c = &plan.changes[i];

        label = label || (text_equal(c->what, "label::English (en)") &&
                          text_equal(c->before, "Date") && text_equal(c->after, "Day"));
        added = added || (text_equal(c->what, "added") && text_equal(c->field, "mood"));
        gone = gone || (text_equal(c->what, "taken out") && text_equal(c->field, "note_text"));
    }
    assert_true(label && added && gone);
    plan = planned(f, "survey\n" COLUMNS ",begin group,when,When,متى,,,,,,,\n"
                      ",date,visited_on,Date,التاريخ,yes,,1,open,,,Work is planned by date\n"
                      ",end group,,,,,,,,,,\n"
                      ",text,note_text,Notes,ملاحظات,,,,,,,\n" SETTINGS);
    assert_int_equal(plan.changes_len, 2); /* the group, and what is in it now */
    assert_string_equal(plan.changes[1].field, "visited_on");
    assert_string_equal(plan.changes[1].what, "moved to another group");
    assert_string_equal(plan.changes[1].after, "when");
    assert_int_equal(planned(f, VISIT).changes_len, 0);
}

/* --- overlays --- */

#define OVERLAY_OF(rows, choices)                                                                  \
    "survey\n,hw:do,type,name," LABELS                                                             \
    ",label::Wolof (wo),hw:after,bind::hw:store,hw:reason\n" rows                                  \
    "choices\n,hw:do,list_name,name," LABELS "\n" choices                                          \
    "settings\n,form_id,version,form_title::English (en)\n,person,do1,Returnees\n"

static void an_overlay_adds_relabels_and_hides(void **state)
{
    struct fixture *f = *state;
    const struct form *person;

    (void)published(f, OVERLAY_OF(",add,text,clan,Clan,العشيرة,,birth_date,,\n"
                                  ",relabel,,birth_date,Born on,,Bés bi ñu ko jur,,,\n",
                                  ""));
    person = form_find(f->ctx.forms, "person");
    assert_non_null(field_find(person, "clan"));
    assert_int_equal(field_find(person, "clan")->place,
                     field_find(person, "birth_date")->place + 1);
    assert_int_equal(field_find(person, "clan")->store, STORE_SEALED);
    f->ctx.lang = "wo";
    assert_string_equal(label_text(&f->ctx, &field_find(person, "birth_date")->label),
                        "Bés bi ñu ko jur");
    f->ctx.lang = "en";
    assert_string_equal(label_text(&f->ctx, &field_find(person, "birth_date")->label), "Born on");
    assert_string_equal(label_text(&f->ctx, &person->title), "Returnees");
    fixture_as(f, "supervisor");
    (void)person_stored(f, PERSON_AWA ";clan=Teranga");
    assert_false(files_hold(f, "Teranga"));
}

static void an_overlay_leaves_core_fields_alone(void **state)
{
    struct fixture *f = *state;
    const struct form *person = form_find(f->ctx.forms, "person");
    const char *core = NULL;

    for (size_t i = 0; i < person->all_len; i++)
        if (person->all[i]->core && !person->all[i]->repeat && person->all[i]->kind != FIELD_REPEAT)
            core = person->all[i]->name;
    assert_non_null(core);
    assert_string_equal(
        refused(f, arena_printf(f->ctx.arena, OVERLAY_OF(",hide,,%s,,,,,,\n", ""), core)).column,
        "name");
    assert_string_equal(
        refused(f, arena_printf(f->ctx.arena, OVERLAY_OF(",relabel,note,%s,X,,,,,\n", ""), core))
            .column,
        "type");
    assert_string_equal(refused(f, OVERLAY_OF(",hide,,names,,,,,,\n", "")).column, "name");
    assert_string_equal(refused(f, OVERLAY_OF(",add,text,clan,Clan,,,,open,\n", "")).column,
                        "bind::hw:store");
}

static void a_mistake_in_an_overlay_is_told_at_its_own_row(void **state)
{
    struct fixture *f = *state;
    struct form_mistake m = refused(f, OVERLAY_OF(",add,txet,clan,Clan,,,,,\n", ""));

    assert_string_equal(m.file, "visit.csv");
    assert_int_equal(m.row, 3);
    assert_string_equal(m.value, "txet");
    m = refused(f, OVERLAY_OF(",remove,,sex,,,,,,\n", ""));
    assert_string_equal(m.column, "hw:do");
    m = refused(f, OVERLAY_OF(",relabel,,nobody,X,,,,,\n", ""));
    assert_string_equal(m.value, "nobody");
    m = refused(f, OVERLAY_OF(",add,text,sex,Sex,,,,,\n", ""));
    assert_string_equal(m.value, "sex");
}

/* An upgrade: the program's own form is another one than the overlay was made for. */
static void an_upgrade_applies_the_overlay_again_and_tells_what_does_not_fit(void **state)
{
    struct fixture *f = *state;
    struct form_version *versions = NULL;
    size_t len = 0;

    (void)published(f, OVERLAY_OF(",add,text,clan,Clan,العشيرة,,birth_date,,\n", ""));
    /* As if an earlier program had had a field that is gone now. */
    tamper(f, f->ctx.db,
           "UPDATE form_version SET hash = 'older', given = replace(given, ',add,text,clan,',"
           " ',relabel,,gone,Gone,,,,,\n,add,text,clan,')"
           " WHERE form = 'person' AND origin = 'overlay'");
    f->ctx.forms = live.shipped;
    must(f, records_prepare(&f->ctx));
    assert_non_null(field_find(form_find(f->ctx.forms, "person"), "clan"));
    must(f, form_versions(&f->ctx, &versions, &len, "person"));
    assert_non_null(versions[0].notes);
    assert_non_null(strstr(versions[0].notes, "gone"));
    f->ctx.forms = live.forms;
}

static void the_programs_own_form_comes_back_without_the_overlay(void **state)
{
    struct fixture *f = *state;
    struct form_version *versions = NULL;
    struct form_text text = { 0 };
    size_t len = 0;

    (void)published(f, OVERLAY_OF(",add,text,clan,Clan,العشيرة,,birth_date,,\n", ""));
    must(f, form_versions(&f->ctx, &versions, &len, "person"));
    must(f, form_version_again(&f->ctx, &text, "person", versions[len - 1].epoch));
    (void)published(f, text.csv);
    assert_null(field_find(form_find(f->ctx.forms, "person"), "clan"));
}

/* --- drafts, faults --- */

static void a_draft_is_kept_sealed_and_forgotten_after_a_week(void **state)
{
    struct fixture *f = *state;
    const struct form_text text = { "people.csv", "Awa Ndiaye\n", 11 };
    struct form_draft draft = { 0 };
    const char *id = NULL;
    const char *other = NULL;

    must(f, draft_add(&f->ctx, &id, &text));
    assert_false(files_hold(f, "Awa Ndiaye"));
    must(f, draft_load(&f->ctx, &draft, id));
    assert_string_equal(draft.text.csv, "Awa Ndiaye\n");
    assert_string_equal(draft.text.file, "people.csv");
    f->ctx.now_ms += DRAFT_KEPT_MS + 1;
    must(f, draft_add(&f->ctx, &other, &text));
    assert_int_equal(draft_load(&f->ctx, &draft, id), ERR_NOT_FOUND);
}

static void publishing_leaves_nothing_behind_when_the_database_fails(void **state)
{
    struct fixture *f = *state;
    struct form_plan plan = planned(f, VISIT);
    int64_t epoch = 0;
    enum err rc = ERR_DB;

    for (int n = 1; rc; n++) {
        db_fail_at(f->ctx.db, n);
        rc = publish_now(&f->ctx, &plan, grants, 2, &epoch);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_true(n < 200);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(
            count_of(f, f->ctx.db, "SELECT count(*) FROM form_version WHERE form = 'home_visit'"),
            rc ? 0 : 1);
        assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM form_grant"), rc ? 0 : 2);
        assert_int_equal(audit_count(f, "form.publish"), rc ? 0 : 1);
        look(f);
        assert_true((form_find(f->ctx.forms, "home_visit") != NULL) == (rc == OK));
    }
}

static void forms_stay_as_they_were_when_looking_fails(void **state)
{
    struct fixture *f = *state;
    struct form_plan plan;
    bool moved = false;
    int64_t epoch = 0;
    enum err rc = ERR_DB;

    look(f);
    plan = planned(f, VISIT);
    must(f, publish_now(&f->ctx, &plan, grants, 2, &epoch));
    for (int n = 1; rc; n++) {
        db_fail_at(f->ctx.db, n);
        rc = forms_live_look(&f->ctx, &live, &moved, NULL);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_true(n < 200);
        assert_true((form_find(live.forms, "home_visit") != NULL) == (rc == OK));
    }
}

static void a_draft_is_whole_or_not_there_when_the_database_fails(void **state)
{
    struct fixture *f = *state;
    const struct form_text text = { "visit.csv", VISIT, strlen(VISIT) };
    const char *id = NULL;
    enum err rc = ERR_DB;

    for (int n = 1; rc; n++) {
        db_fail_at(f->ctx.db, n);
        rc = draft_add(&f->ctx, &id, &text);
        db_fail_at(f->ctx.db, 0);
        assert_true(n < 50);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM form_draft"), rc ? 0 : 1);
    }
    rc = ERR_DB;
    for (int n = 1; rc; n++) {
        db_fail_at(f->ctx.db, n);
        rc = draft_delete(&f->ctx, id);
        db_fail_at(f->ctx.db, 0);
        assert_true(n < 50);
        assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM form_draft"), rc ? 1 : 0);
    }
}

#define PUBLISH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PUBLISH(a_new_kind_is_published_and_has_records_at_once),
        PUBLISH(roles_get_what_was_granted_and_no_more),
        PUBLISH(only_who_may_publishes),
        PUBLISH(a_new_kind_that_nobody_may_see_is_not_published),
        PUBLISH(who_looked_before_another_was_published_looks_again),
        PUBLISH(every_mistake_is_told_with_sheet_row_column_and_value),
        PUBLISH(a_name_that_is_taken_is_refused),
        PUBLISH(a_parent_that_there_is_not_is_refused),
        PUBLISH(an_open_field_about_a_person_needs_its_reason),
        PUBLISH(a_stored_field_keeps_its_type_store_and_class),
        PUBLISH(a_field_that_comes_back_is_what_it_was),
        PUBLISH(a_core_field_is_not_taken_out),
        PUBLISH(a_choice_that_records_may_have_is_not_taken_away),
        PUBLISH(a_question_that_comes_back_keeps_the_choices_that_it_had),
        PUBLISH(a_question_that_comes_back_is_told_beside_one_that_stayed),
        PUBLISH(an_amount_that_comes_back_keeps_its_currency),
        PUBLISH(a_retired_choice_is_kept_where_it_was_stored_and_offered_nowhere),
        PUBLISH(an_amount_keeps_its_currency_and_a_status_its_name),
        PUBLISH(a_parent_once_given_stays),
        PUBLISH(an_answer_that_is_no_longer_asked_is_kept_and_comes_back),
        PUBLISH(the_difference_to_the_version_in_force_is_told),
        PUBLISH(an_overlay_adds_relabels_and_hides),
        PUBLISH(an_overlay_leaves_core_fields_alone),
        PUBLISH(a_mistake_in_an_overlay_is_told_at_its_own_row),
        PUBLISH(an_upgrade_applies_the_overlay_again_and_tells_what_does_not_fit),
        PUBLISH(the_programs_own_form_comes_back_without_the_overlay),
        PUBLISH(a_draft_is_kept_sealed_and_forgotten_after_a_week),
        PUBLISH(publishing_leaves_nothing_behind_when_the_database_fails),
        PUBLISH(forms_stay_as_they_were_when_looking_fails),
        PUBLISH(a_draft_is_whole_or_not_there_when_the_database_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
