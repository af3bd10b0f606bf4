/* Changes of a record besides editing: status, deletion, undoing, another parent, comments. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "people_fixture.h"

#define CASE_OPEN "programme=p1;opened=2026-11-20"

static struct record *case_of(struct fixture *f, const struct record *person, const char *answers)
{
    struct record *rec = NULL;

    must(f, record_new(&f->ctx, &rec, "case", person->id));
    person_fill(f, rec, answers);
    must(f, record_insert(&f->ctx, rec));
    return rec;
}

static struct record *again(struct fixture *f, const struct record *rec)
{
    struct record *out = NULL;

    must(f, record_load(&f->ctx, &out, rec->form->kind, rec->id));
    return out;
}

static int64_t listed(struct fixture *f, const char *kind, const char *parent, const char *status)
{
    struct record_filter filter = { .parent_id = parent, .status = status };
    struct record_list list = { 0 };

    must(f, record_list(&f->ctx, &list, kind, &filter));
    assert_int_equal((int64_t)list.len, list.count);
    filter.sort = SORT_TITLE; /* the same, by name */
    must(f, record_list(&f->ctx, &list, kind, &filter));
    assert_int_equal((int64_t)list.len, list.count);
    return list.count;
}

static bool found(struct fixture *f, const char *words)
{
    struct record_hit *hits = NULL;
    size_t len = 0;

    must(f, record_search(&f->ctx, &hits, &len, "person", words));
    return len > 0;
}

static const char *last_action(struct fixture *f, const struct record *rec)
{
    struct record_version *v = NULL;
    size_t len = 0;

    must(f, record_history(&f->ctx, &v, &len, rec->form->kind, rec->id));
    assert_true(len > 0);
    return v[0].action;
}

/* --- status --- */

static void a_status_changes_only_as_the_form_says_and_only_when_its_condition_holds(void **state)
{
    struct fixture *f = *state;
    struct record *rec = case_of(f, person_stored(f, PERSON_AWA), CASE_OPEN);
    struct record_step *steps = NULL;
    size_t len = 0;

    assert_string_equal(rec->status, "new");
    assert_int_equal(record_set_status(&f->ctx, rec, 1, "closed", "Done"), ERR_INVALID);
    must(f, record_set_status(&f->ctx, rec, 1, "active", NULL));
    must(f, record_set_status(&f->ctx, rec, 2, "closing", NULL));
    must(f, record_steps(&f->ctx, &steps, &len, rec));
    assert_int_equal(len, 3);
    assert_string_equal(steps[2].status, "closed");
    assert_string_equal(steps[2].label, "Close");
    assert_string_equal(steps[2].wants, "Write the reason for closing in the case first.");
    ctx_clear_problems(&f->ctx);
    assert_int_equal(record_set_status(&f->ctx, rec, 3, "closed", "Done"), ERR_INVALID);
    assert_string_equal(ctx_first_problem(&f->ctx), steps[2].wants);

    record_set(rec, "closing_reason", "left_area");
    must(f, record_update(&f->ctx, rec, 3));
    assert_int_equal(record_set_status(&f->ctx, rec, 4, "closed", " "), ERR_INVALID);
    must(f, record_set_status(&f->ctx, rec, 4, "closed", "She went to her aunt"));
    assert_string_equal(record_status_title(&f->ctx, rec->form, rec->status), "closed");
    assert_false(files_hold(f, "her aunt"));
}

static void a_reason_stands_in_the_history_and_goes_with_the_key(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);
    struct record_event *events = NULL;
    size_t len = 0;

    must(f, record_set_status(&f->ctx, rec, 1, "deceased", "The family told us"));
    must(f, record_events(&f->ctx, &events, &len, rec));
    assert_int_equal(len, 1);
    assert_string_equal(events[0].action, "reason");
    assert_int_equal(events[0].version, 2);
    assert_string_equal(events[0].words, "The family told us");
    person_erase(f, rec, "On request");
    must(f, record_events(&f->ctx, &events, &len, rec));
    for (size_t i = 0; i < len; i++)
        assert_string_equal(events[i].words, "");
}

/* --- deletion --- */

static void what_is_deleted_is_in_no_list_search_count_or_parent_and_can_be_restored(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record *rec = NULL;

    assert_int_equal(record_delete(&f->ctx, awa, 1, ""), ERR_INVALID);
    must(f, record_delete(&f->ctx, awa, 1, "Entered twice"));
    assert_int_equal(listed(f, "person", NULL, NULL), 0);
    assert_int_equal(listed(f, "person", NULL, "deleted"), 1);
    assert_false(found(f, "Awa Ndiaye"));
    assert_int_equal(record_new(&f->ctx, &rec, "case", awa->id), ERR_NOT_FOUND);
    assert_int_equal(record_update(&f->ctx, awa, 2), ERR_CONFLICT);
    assert_int_equal(record_delete(&f->ctx, awa, 2, "Twice"), ERR_CONFLICT);
    assert_string_equal(last_action(f, awa), "delete");

    fixture_as(f, "case_manager"); /* may not delete: it is as if it were not there */
    assert_int_equal(record_load(&f->ctx, &rec, "person", awa->id), ERR_NOT_FOUND);
    assert_int_equal(listed(f, "person", NULL, "deleted"), 0);
    assert_int_equal(record_restore(&f->ctx, awa, 2), ERR_FORBIDDEN);

    fixture_as(f, "supervisor");
    must(f, record_restore(&f->ctx, awa, 2));
    assert_string_equal(awa->status, "active");
    assert_true(found(f, "Awa Ndiaye"));
    assert_int_equal(listed(f, "person", NULL, NULL), 1);
    assert_int_equal(record_restore(&f->ctx, awa, 3), ERR_CONFLICT);
    assert_false(files_hold(f, "Entered twice"));
}

static void restoring_gives_back_the_status_that_it_had(void **state)
{
    struct fixture *f = *state;
    struct record *rec = case_of(f, person_stored(f, PERSON_AWA), CASE_OPEN);

    must(f, record_set_status(&f->ctx, rec, 1, "active", NULL));
    must(f, record_delete(&f->ctx, rec, 2, "The wrong form"));
    must(f, record_restore(&f->ctx, rec, 3));
    assert_string_equal(rec->status, "active");
    assert_string_equal(record_value(again(f, rec), "programme"), "p1");
}

static void a_record_goes_only_after_those_below_it_and_comes_back_before_them(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record *rec = case_of(f, awa, CASE_OPEN);

    assert_int_equal(record_delete(&f->ctx, awa, 1, "Entered twice"), ERR_CONFLICT);
    must(f, record_delete(&f->ctx, rec, 1, "Entered twice"));
    must(f, record_delete(&f->ctx, awa, 1, "Entered twice"));
    assert_int_equal(record_restore(&f->ctx, rec, 2), ERR_CONFLICT);
    must(f, record_restore(&f->ctx, awa, 2));
    must(f, record_restore(&f->ctx, rec, 2));
    assert_int_equal(listed(f, "case", awa->id, NULL), 1);
}

/* --- undoing --- */

static void an_undone_change_leaves_the_record_as_it_was_and_the_history_whole(void **state)
{
    struct fixture *f = *state;
    struct record *rec =
        person_stored(f, PERSON_AWA ";languages.1.language_code=wo;languages.2.language_code=fr");
    struct record *changed = again(f, rec);

    person_fill(f, changed, "names.1.name_text=Binta;sex=male;languages.1.language_code=ff");
    must(f, record_update(&f->ctx, changed, 1));
    must(f, record_undo(&f->ctx, changed, 2));
    assert_int_equal(changed->version, 3);
    changed = again(f, rec);
    assert_string_equal(changed->title, "Awa Ndiaye");
    assert_string_equal(record_value(changed, "sex"), "female");
    assert_int_equal(rows_of(changed, "languages"), 2);
    assert_string_equal(row_value(changed, "languages", 1, "language_code"), "wo");
    assert_true(found(f, "Awa Ndiaye"));
    assert_false(found(f, "Binta"));
    assert_string_equal(last_action(f, rec), "undo");
    assert_int_equal(record_undo(&f->ctx, changed, 3), ERR_CONFLICT); /* no undoing of an undoing */
}

static void only_the_own_last_change_is_undone_and_only_for_ten_minutes(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);
    const char *what = NULL;

    must(f, record_undoable(&f->ctx, &what, rec));
    assert_string_equal(what, "insert");
    fixture_as(f, "case_manager");
    assert_int_equal(record_undo(&f->ctx, rec, 1), ERR_CONFLICT);
    record_set(rec, "gender", "her words");
    must(f, record_update(&f->ctx, rec, 1));
    fixture_as(f, "supervisor");
    assert_int_equal(record_undo(&f->ctx, rec, 2), ERR_CONFLICT); /* another changed it since */
    assert_int_equal(record_undo(&f->ctx, rec, 1), ERR_CONFLICT);
    fixture_as(f, "case_manager");
    f->ctx.now_ms += RECORD_UNDO_MS;
    assert_int_equal(record_undo(&f->ctx, rec, 2), ERR_CONFLICT);
    f->ctx.now_ms -= 1;
    must(f, record_undo(&f->ctx, rec, 2));
    assert_string_equal(record_value(again(f, rec), "gender"), "");
}

static void a_new_record_a_status_a_deletion_and_a_restoring_can_be_undone(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record *rec = person_stored(f, "names.1.name_text=Binta");

    must(f, record_set_status(&f->ctx, awa, 1, "deceased", "By mistake"));
    must(f, record_undo(&f->ctx, awa, 2));
    assert_string_equal(awa->status, "active");
    must(f, record_delete(&f->ctx, awa, 3, "By mistake"));
    must(f, record_undo(&f->ctx, awa, 4));
    assert_string_equal(awa->status, "active");
    must(f, record_undo(&f->ctx, rec, 1));
    assert_string_equal(rec->status, "deleted");
    assert_int_equal(listed(f, "person", NULL, NULL), 1);
}

static void an_erasure_cannot_be_undone(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);

    person_erase(f, rec, "On request");
    assert_int_equal(record_undo(&f->ctx, rec, 2), ERR_CONFLICT);
}

/* --- another parent --- */

static void a_moved_record_is_sealed_anew_and_both_histories_tell_it(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record *binta = person_stored(f, "names.1.name_text=Binta");
    struct record *rec = case_of(f, awa,
                                 CASE_OPEN ";vulnerable=yes;"
                                           "vulnerability_flags.1.vulnerability_flag=health_need");
    struct record_event *events = NULL;
    size_t len = 0;

    must(f, record_move(&f->ctx, rec, 1, binta->id, "It was Binta's"));
    assert_int_equal(listed(f, "case", awa->id, NULL), 0);
    assert_int_equal(listed(f, "case", binta->id, NULL), 1);
    rec = again(f, rec);
    assert_string_equal(rec->key_id, binta->key_id);
    assert_int_equal(rows_of(rec, "vulnerability_flags"), 1);
    must(f, record_events(&f->ctx, &events, &len, awa));
    assert_string_equal(events[0].action, "child_out");
    must(f, record_events(&f->ctx, &events, &len, binta));
    assert_string_equal(events[0].action, "child_in");
    assert_string_equal(events[0].other_id, rec->id);
    assert_string_equal(last_action(f, rec), "move");

    /* Who is erased takes nothing away from the other. */
    person_erase(f, awa, "On request");
    fixture_as(f, "supervisor");
    rec = again(f, rec);
    assert_string_equal(record_value(rec, "vulnerable"), "yes");
}

static void a_move_can_be_undone(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record *binta = person_stored(f, "names.1.name_text=Binta");
    struct record *rec = case_of(f, awa, CASE_OPEN ";vulnerable=yes");

    must(f, record_move(&f->ctx, rec, 1, binta->id, NULL));
    must(f, record_undo(&f->ctx, rec, 2));
    rec = again(f, rec);
    assert_string_equal(rec->parent_id, awa->id);
    assert_string_equal(rec->key_id, awa->key_id);
    assert_string_equal(record_value(rec, "vulnerable"), "yes");
    assert_int_equal(listed(f, "case", awa->id, NULL), 1);
}

static void nothing_is_moved_to_where_one_cannot_look(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record *rec = case_of(f, awa, CASE_OPEN);
    const struct office office = { .code = "GN",
                                   .name = "Conakry",
                                   .country = "GN",
                                   .time_zone = "Africa/Conakry",
                                   .currency = "GNF",
                                   .language = "fr" };
    const char *elsewhere = NULL;
    struct record *far = person_filled(f, "names.1.name_text=Coumba");

    must(f, office_create(&f->ctx, &elsewhere, &office, "Programme for Return"));
    far->office_id = elsewhere;
    must(f, record_insert(&f->ctx, far));
    assert_int_equal(record_move(&f->ctx, rec, 1, far->id, NULL), ERR_NOT_FOUND);
    assert_int_equal(record_move(&f->ctx, rec, 1, "not-an-id", NULL), ERR_NOT_FOUND);
    assert_int_equal(record_move(&f->ctx, rec, 1, awa->id, NULL), ERR_INVALID);
    assert_int_equal(record_move(&f->ctx, awa, 1, awa->id, NULL), ERR_INVALID);
    assert_int_equal(again(f, rec)->version, 1);
}

/* --- comments --- */

static void comments_are_sealed_and_taken_back_by_their_author_for_a_while(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record_comment *all = NULL;
    size_t len = 0;

    assert_int_equal(record_comment_add(&f->ctx, awa, "  "), ERR_INVALID);
    must(f, record_comment_add(&f->ctx, awa, "Her brother calls on Mondays"));
    f->ctx.now_ms += 1000;
    must(f, record_comment_add(&f->ctx, awa, "Second"));
    must(f, record_comments(&f->ctx, &all, &len, awa));
    assert_int_equal(len, 2);
    assert_string_equal(all[0].text, "Her brother calls on Mondays");
    assert_true(all[0].mine);
    assert_false(files_hold(f, "on Mondays"));
    fixture_as(f, "case_manager");
    assert_int_equal(record_comment_undo(&f->ctx, awa, all[0].id), ERR_NOT_FOUND);
    fixture_as(f, "programme_manager");
    assert_int_equal(record_comment_add(&f->ctx, awa, "No right to"), ERR_FORBIDDEN);
    fixture_as(f, "supervisor");
    must(f, record_comment_undo(&f->ctx, awa, all[0].id));
    must(f, record_comments(&f->ctx, &all, &len, awa));
    assert_int_equal(len, 1);
    f->ctx.now_ms += RECORD_UNDO_MS;
    assert_int_equal(record_comment_undo(&f->ctx, awa, all[0].id), ERR_NOT_FOUND);
}

/* --- history --- */

static void each_version_says_how_many_answers_it_changed(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, "names.1.name_text=Awa;sex=female");
    struct record_version *v = NULL;
    size_t len = 0;

    record_set(rec, "gender", "her words");
    must(f, record_update(&f->ctx, rec, 1));
    person_fill(f, rec,
                arena_printf(f->ctx.arena,
                             "names.1.id=%s;names.1.name_text=Awa Marie;names.2.name_text=Sow;"
                             "sex=female;gender=her words",
                             rec->answers->rows[field_find(rec->form, "names")->place][0]->id));
    must(f, record_update(&f->ctx, rec, 2));
    for (int64_t i = 3; i < 30; i++) {
        record_set(rec, "gender", arena_printf(f->ctx.arena, "%d", (int)i));
        must(f, record_update(&f->ctx, rec, i));
    }
    must(f, record_history(&f->ctx, &v, &len, "person", rec->id));
    assert_int_equal(len, 30);
    assert_int_equal(v[0].changes, 1);
    for (size_t i = 0; i + 1 < len; i++) {
        struct record *before = NULL;
        struct record *after = NULL;
        struct record_change *changes = NULL;
        size_t n = 0;

        must(f, record_load_version(&f->ctx, &after, "person", rec->id, v[i].version));
        must(f, record_load_version(&f->ctx, &before, "person", rec->id, v[i].version - 1));
        must(f, record_diff(&f->ctx, &changes, &n, before, after));
        assert_int_equal(v[i].changes, n);
    }
}

/* --- watchers --- */

static int seen_new;
static int seen_changed;

static enum err watch(struct ctx *ctx, const struct record *rec, const struct record *old)
{
    assert_true(db_in_transaction(ctx->db));
    assert_non_null(rec->status);
    seen_new += old == NULL;
    seen_changed += old != NULL;
    return OK;
}

static void who_watches_sees_every_change_in_its_transaction(void **state)
{
    struct fixture *f = *state;
    struct record *rec;

    records_watch(watch);
    records_watch(watch);
    seen_new = seen_changed = 0;
    rec = person_stored(f, PERSON_AWA);
    record_set(rec, "gender", "her words");
    must(f, record_update(&f->ctx, rec, 1));
    must(f, record_set_status(&f->ctx, rec, 2, "deceased", "Told by phone"));
    must(f, record_undo(&f->ctx, rec, 3));
    must(f, record_delete(&f->ctx, rec, 4, "Entered twice"));
    must(f, record_restore(&f->ctx, rec, 5));
    assert_int_equal(seen_new, 1);
    assert_int_equal(seen_changed, 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_status_changes_only_as_the_form_says_and_only_when_its_condition_holds),
        TEST(a_reason_stands_in_the_history_and_goes_with_the_key),
        TEST(what_is_deleted_is_in_no_list_search_count_or_parent_and_can_be_restored),
        TEST(restoring_gives_back_the_status_that_it_had),
        TEST(a_record_goes_only_after_those_below_it_and_comes_back_before_them),
        TEST(an_undone_change_leaves_the_record_as_it_was_and_the_history_whole),
        TEST(only_the_own_last_change_is_undone_and_only_for_ten_minutes),
        TEST(a_new_record_a_status_a_deletion_and_a_restoring_can_be_undone),
        TEST(an_erasure_cannot_be_undone),
        TEST(a_moved_record_is_sealed_anew_and_both_histories_tell_it),
        TEST(a_move_can_be_undone),
        TEST(nothing_is_moved_to_where_one_cannot_look),
        TEST(comments_are_sealed_and_taken_back_by_their_author_for_a_while),
        TEST(each_version_says_how_many_answers_it_changed),
        TEST(who_watches_sees_every_change_in_its_transaction),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
