/* What a page reads once: for whom it counts, when it is forgotten, that it changes no answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/id.h"
#include "core/memo.h"
#include "core/text.h"
#include "people_fixture.h"
#include "records/records_inner.h"

static const char thing[] = "thing";

static void what_was_kept_is_found_by_thing_and_id(void **state)
{
    struct fixture *f = *state;
    int one = 1, two = 2;

    memo_keep(&f->ctx, thing, "a", &one); /* no memo: nothing happens */
    assert_null(memo_find(&f->ctx, thing, "a"));
    f->ctx.memo = memo_new(&f->ctx);
    assert_null(memo_find(&f->ctx, thing, "a"));
    memo_keep(&f->ctx, thing, "a", &one);
    memo_keep(&f->ctx, thing, "b", &two);
    assert_ptr_equal(memo_find(&f->ctx, thing, "a"), &one);
    assert_ptr_equal(memo_find(&f->ctx, thing, "b"), &two);
    assert_null(memo_find(&f->ctx, &one, "a"));
}

static void a_full_memo_keeps_what_it_has(void **state)
{
    struct fixture *f = *state;
    int last = 0;

    f->ctx.memo = memo_new(&f->ctx);
    memo_keep(&f->ctx, thing, "first", &last);
    for (int i = 0; i < 1000; i++)
        memo_keep(&f->ctx, thing, arena_printf(f->ctx.arena, "%d", i), &last);
    assert_ptr_equal(memo_find(&f->ctx, thing, "first"), &last);
    assert_null(memo_find(&f->ctx, thing, "999"));
}

static void another_user_connection_or_memory_finds_nothing(void **state)
{
    struct fixture *f = *state;
    struct ctx other;
    struct user user;
    int one = 1;

    user = *f->ctx.user;
    f->ctx.memo = memo_new(&f->ctx);
    memo_keep(&f->ctx, thing, "a", &one);
    other = f->ctx;
    assert_ptr_equal(memo_find(&other, thing, "a"), &one);
    other.user = &user;
    assert_null(memo_find(&other, thing, "a"));
    other = f->ctx;
    other.user = NULL;
    assert_null(memo_find(&other, thing, "a"));
    other = f->ctx;
    other.db = f->access;
    assert_null(memo_find(&other, thing, "a"));
    other = f->ctx;
    other.arena = f->long_arena;
    assert_null(memo_find(&other, thing, "a"));
    assert_ptr_equal(memo_find(&f->ctx, thing, "a"), &one);
}

static void what_a_rewind_may_have_taken_is_forgotten(void **state)
{
    struct fixture *f = *state;
    struct arena_mark mark;
    int one = 1;

    f->ctx.memo = memo_new(&f->ctx);
    mark = arena_mark(f->ctx.arena);
    memo_keep(&f->ctx, thing, "a", arena_memdup(f->ctx.arena, &one, sizeof(one)));
    assert_non_null(memo_find(&f->ctx, thing, "a"));
    arena_rewind(f->ctx.arena, mark);
    assert_null(memo_find(&f->ctx, thing, "a"));
    memo_keep(&f->ctx, thing, "b", &one);
    assert_ptr_equal(memo_find(&f->ctx, thing, "b"), &one);
}

/* --- records --- */

static int calls_of_loading(struct fixture *f, struct record **out, const char *id)
{
    int before = db_calls(f->ctx.db);

    must(f, record_load(&f->ctx, out, "person", id));
    return db_calls(f->ctx.db) - before;
}

static void a_page_reads_a_record_once_and_each_part_has_its_own(void **state)
{
    struct fixture *f = *state;
    const char *id = person_stored(f, PERSON_AWA)->id;
    struct record *first = NULL, *again = NULL, *whole = NULL;

    f->ctx.memo = memo_new(&f->ctx);
    assert_true(calls_of_loading(f, &first, id) > 0);
    first->answers->values[field_find(first->form, "birth_date")->place] = "1900-01-01";
    first->answers->rows_len[field_find(first->form, "names")->place] = 0;
    assert_int_equal(calls_of_loading(f, &again, id), 0);
    assert_string_equal(again->title, "Awa Ndiaye");
    assert_string_equal(record_value(again, "birth_date"), "1991-05-06");
    assert_int_equal(rows_of(again, "names"), 2);
    must(f, record_load_whole(&f->ctx, &whole, "person", id));
    assert_int_equal(rows_of(whole, "names"), 2);
    f->ctx.memo = NULL;
    assert_true(calls_of_loading(f, &again, id) > 0);
}

static void what_a_title_did_not_need_is_read_when_it_is_asked_for(void **state)
{
    struct fixture *f = *state;
    const char *id =
        person_stored(f, PERSON_AWA ";languages.1.language_code=wo;languages.2.language_code=fr")
            ->id;
    const struct form *form = form_find(f->ctx.forms, "person");
    const struct field *names = field_find(form, "names");
    const struct field *asked[] = { field_find(form, "language_code") };
    const struct record_reading reading = { asked, 1 }, nothing = { NULL, 0 };
    struct record *rec = NULL;

    f->ctx.memo = memo_new(&f->ctx);
    must(f, record_load_whole_for(&f->ctx, &rec, "person", id, &nothing));
    assert_int_equal(rows_of(rec, "names") + rows_of(rec, "languages"), 0);
    must(f, record_load_title(&f->ctx, &rec, "person", id));
    assert_string_equal(rec->title, "Awa Ndiaye");
    assert_int_equal(rows_of(rec, "languages"), 0);
    rec->answers->rows_len[names->place] = 0;
    must(f, record_load_whole_for(&f->ctx, &rec, "person", id, &reading));
    assert_int_equal(rows_of(rec, "languages"), 2);
    assert_int_equal(rows_of(rec, "names"), 2);
    assert_int_equal(calls_of_loading(f, &rec, id), 0); /* no other repeat has rows */
    assert_int_equal(rows_of(rec, "languages"), 2);
    f->ctx.memo = NULL;
    must(f, record_load_title(&f->ctx, &rec, "person", id));
    assert_int_equal(rows_of(rec, "names"), 2);
    assert_int_equal(rows_of(rec, "languages"), 0);
    must(f, record_load(&f->ctx, &rec, "person", id));
    assert_int_equal(rows_of(rec, "languages"), 2);
}

static void what_was_read_whole_is_not_given_to_who_may_not_read_it(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA ";do_not_disclose_return=family");
    const char *id = rec->id;
    struct user user;

    fixture_as(f, "programme_manager");
    f->ctx.memo = memo_new(&f->ctx);
    must(f, record_load_whole(&f->ctx, &rec, "person", id));
    assert_string_equal(record_value(rec, "do_not_disclose_return"), "family");
    must(f, record_load(&f->ctx, &rec, "person", id)); /* by scope, then known by it */
    assert_string_equal(record_value(rec, "do_not_disclose_return"), "");
    assert_int_equal(calls_of_loading(f, &rec, id), 0);
    assert_string_equal(record_value(rec, "do_not_disclose_return"), "");

    user = *f->ctx.user;
    user.office_id = id_new(f->ctx.arena, FIXTURE_NOW);
    f->ctx.user = &user; /* of another office: the memo of before is not his */
    assert_int_equal(record_load(&f->ctx, &rec, "person", id), ERR_NOT_FOUND);
    f->ctx.memo = memo_new(&f->ctx);
    must(f, record_load_whole(&f->ctx, &rec, "person", id));
    assert_int_equal(record_load(&f->ctx, &rec, "person", id), ERR_NOT_FOUND);
}

static void kinds_that_nothing_is_of_are_not_asked_for_one_by_one(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    const char *id = person->id;
    const struct record_filter below = { .parent_id = id };
    struct record_list list = { 0 };
    struct record **items = NULL;
    size_t len = 9;
    int before;

    f->ctx.memo = memo_new(&f->ctx);
    must(f, record_children_whole(&f->ctx, &items, &len, "case", id));
    assert_int_equal(len, 0);
    before = db_calls(f->ctx.db);
    must(f, record_children_whole(&f->ctx, &items, &len, "rss", id));
    must(f, record_list(&f->ctx, &list, "rss", &below));
    assert_int_equal(len + list.len + (size_t)list.count, 0);
    assert_int_equal(db_calls(f->ctx.db), before);

    f->ctx.memo = NULL; /* as in a request that changes something */
    (void)child_stored(f, "case", person, "opened=2026-10-02");
    f->ctx.memo = memo_new(&f->ctx);
    must(f, record_list(&f->ctx, &list, "case", &below));
    assert_int_equal(list.len, 1);
    assert_int_equal(list.count, 1);
    must(f, record_children_whole(&f->ctx, &items, &len, "case", id));
    assert_int_equal(len, 1);
}

static void a_look_below_that_failed_is_not_remembered_as_nothing(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    const struct record_filter below = { .parent_id = person->id };
    struct record_list list = { 0 };
    enum err rc = ERR_DB;
    int n = 0;

    (void)child_stored(f, "case", person, "opened=2026-10-02");
    f->ctx.memo = memo_new(&f->ctx);
    while (rc != OK) {
        db_fail_at(f->ctx.db, ++n);
        rc = record_list(&f->ctx, &list, "case", &below);
        assert_true(rc == OK || rc == ERR_DB);
    }
    db_fail_at(f->ctx.db, 0);
    assert_true(n > 3);
    assert_int_equal(list.len, 1);
}

/* --- lists by title --- */

#define NAMED(name) "names.1.name_text=" name ";names.1.name_script=Latn;sex=unknown"

/* The first words of the titles, and how many calls of the database it took. */
static int calls_of_list(struct fixture *f, const char **titles_out)
{
    const struct record_filter by_title = { .sort = SORT_TITLE };
    struct record_list list = { 0 };
    const char *titles = "";
    int before = db_calls(f->ctx.db);

    must(f, record_list(&f->ctx, &list, "person", &by_title));
    for (size_t i = 0; i < list.len; i++)
        titles = arena_printf(f->ctx.arena, "%s%s ", titles, list.items[i]->title);
    *titles_out = titles;
    return db_calls(f->ctx.db) - before;
}

static void an_order_by_title_is_found_once_until_something_is_committed(void **state)
{
    struct fixture *f = *state;
    struct record *zara = person_stored(f, NAMED("Zara"));
    const char *titles = NULL;
    int calls, again;

    (void)person_stored(f, NAMED("Binta"));
    f->ctx.memo = memo_new(&f->ctx);
    calls = calls_of_list(f, &titles);
    assert_string_equal(titles, "Binta Zara ");
    again = calls_of_list(f, &titles);
    assert_string_equal(titles, "Binta Zara ");
    if (db_is_postgres(f->ctx.db))
        assert_int_equal(again, calls);
    else
        assert_true(again < calls);

    f->ctx.memo = NULL; /* a request that changes something */
    person_fill(f, zara, NAMED("Amina"));
    must(f, record_update(&f->ctx, zara, zara->version));
    f->ctx.memo = memo_new(&f->ctx);
    (void)calls_of_list(f, &titles);
    assert_string_equal(titles, "Amina Binta ");
}

static void an_order_by_title_is_of_one_user_and_one_language(void **state)
{
    struct fixture *f = *state;
    const char *titles = NULL;
    struct user user = *f->ctx.user;
    int known;

    (void)person_stored(f, NAMED("Zara"));
    (void)person_stored(f, NAMED("Binta"));
    f->ctx.memo = memo_new(&f->ctx);
    (void)calls_of_list(f, &titles);
    known = calls_of_list(f, &titles);
    f->ctx.lang = "fr";
    if (db_is_postgres(f->ctx.db))
        assert_int_equal(calls_of_list(f, &titles), known);
    else
        assert_true(calls_of_list(f, &titles) > known);
    user.office_id = id_new(f->ctx.arena, FIXTURE_NOW);
    f->ctx.user = &user;
    f->ctx.memo = memo_new(&f->ctx);
    (void)calls_of_list(f, &titles);
    assert_string_equal(titles, "");
}

static int calls_of_count(struct fixture *f, int64_t *out)
{
    int before = db_calls(f->ctx.db);

    must(f, record_count(&f->ctx, out, "person", NULL));
    return db_calls(f->ctx.db) - before;
}

static void a_count_is_known_while_other_things_change_and_never_when_a_record_did(void **state)
{
    struct fixture *f = *state;
    struct record *zara = person_stored(f, NAMED("Zara"));
    int64_t n = 0;
    int first;

    (void)person_stored(f, NAMED("Binta"));
    first = calls_of_count(f, &n);
    assert_int_equal(n, 2);
    must(f, setting_set(&f->ctx, "", "rules.hash", "other"));
    if (!db_is_postgres(f->ctx.db))
        assert_true(calls_of_count(f, &n) < first);
    assert_int_equal(n, 2);

    (void)person_stored(f, NAMED("Amina"));
    (void)calls_of_count(f, &n);
    assert_int_equal(n, 3);
    must(f, record_delete(&f->ctx, zara, zara->version, "Twice."));
    (void)calls_of_count(f, &n);
    assert_int_equal(n, 2);

    must(f,
         db_begin(&f->ctx)); /* what is written in a transaction counts in it, and not after it */
    (void)person_stored(f, NAMED("Fatou"));
    (void)calls_of_count(f, &n);
    assert_int_equal(n, 3);
    db_rollback(&f->ctx);
    (void)calls_of_count(f, &n);
    assert_int_equal(n, 2);
}

static struct record *a_case_with_steps(struct fixture *f)
{
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *kase = child_stored(f, "case", person, "opened=2026-10-02");

    (void)child_stored(f, "action", kase, "action_kind=visit;action_note=First.");
    (void)child_stored(f, "action", kase, "action_kind=report;action_note=Second.");
    return kase;
}

static int calls_of_children(struct fixture *f, struct record ***out, size_t *len, const char *id)
{
    int before = db_calls(f->ctx.db);

    must(f, record_children_whole(&f->ctx, out, len, "action", id));
    return db_calls(f->ctx.db) - before;
}

static void children_that_a_list_has_read_are_given_whole_without_being_read_again(void **state)
{
    struct fixture *f = *state;
    struct record *kase = a_case_with_steps(f);
    const struct record_filter below = { .parent_id = kase->id };
    struct record_list list = { 0 };
    struct record **plain = NULL, **items = NULL;
    size_t plain_len = 0, len = 0;
    int calls;

    fixture_as(f, "programme_manager"); /* who may not read the notes */
    f->ctx.memo = memo_new(&f->ctx);
    calls = calls_of_children(f, &plain, &plain_len, kase->id);
    f->ctx.memo = memo_new(&f->ctx);
    must(f, record_list(&f->ctx, &list, "action", &below));
    assert_int_equal(list.len, 2);
    assert_string_equal(record_value(list.items[0], "action_note"), "");
    record_set(list.items[0], "action_kind", "screening");
    assert_true(calls_of_children(f, &items, &len, kase->id) < calls);
    assert_int_equal(plain_len, 2);
    assert_int_equal(len, 2);
    for (size_t i = 0; i < len; i++) {
        assert_string_equal(items[i]->id, plain[i]->id);
        assert_string_equal(record_value(items[i], "action_kind"),
                            record_value(plain[i], "action_kind"));
        assert_string_equal(record_value(items[i], "action_note"),
                            record_value(plain[i], "action_note"));
    }
    assert_string_equal(record_value(items[1], "action_note"), "Second.");
    record_set(items[1], "action_note", "Changed."); /* each has its own */
    (void)calls_of_children(f, &items, &len, kase->id);
    assert_string_equal(record_value(items[1], "action_note"), "Second.");
}

static void children_that_the_list_does_not_show_are_not_forgotten(void **state)
{
    struct fixture *f = *state;
    struct record *kase = a_case_with_steps(f);
    const struct record_filter below = { .parent_id = kase->id };
    struct record_filter first = { .parent_id = kase->id, .limit = 1 };
    struct record_list list = { 0 };
    struct record **items = NULL;
    size_t len = 0;

    f->ctx.memo = memo_new(&f->ctx);
    must(f, record_list(&f->ctx, &list, "action", &first)); /* the first page of two */
    (void)calls_of_children(f, &items, &len, kase->id);
    assert_int_equal(len, 2);

    f->ctx.memo = NULL;
    must(f, record_delete(&f->ctx, items[0], items[0]->version, "Twice."));
    f->ctx.memo = memo_new(&f->ctx);
    must(f, record_list(&f->ctx, &list, "action", &below));
    assert_int_equal(list.len, 1);
    (void)calls_of_children(f, &items, &len, kase->id);
    assert_int_equal(len, 2);
    assert_string_equal(items[0]->status, RECORD_DELETED);
}

static void a_name_of_the_staff_is_read_once(void **state)
{
    struct fixture *f = *state;
    const char *name = NULL, *again = NULL;
    int before;

    f->ctx.memo = memo_new(&f->ctx);
    must(f, user_name(&f->ctx, &name, f->ctx.user_id));
    before = db_calls(f->ctx.db);
    must(f, user_name(&f->ctx, &again, f->ctx.user_id));
    assert_int_equal(db_calls(f->ctx.db), before);
    assert_string_equal(name, again);
    assert_true(name[0] != '\0');
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_kept_is_found_by_thing_and_id),
        TEST(a_full_memo_keeps_what_it_has),
        TEST(another_user_connection_or_memory_finds_nothing),
        TEST(what_a_rewind_may_have_taken_is_forgotten),
        TEST(a_page_reads_a_record_once_and_each_part_has_its_own),
        TEST(what_a_title_did_not_need_is_read_when_it_is_asked_for),
        TEST(what_was_read_whole_is_not_given_to_who_may_not_read_it),
        TEST(kinds_that_nothing_is_of_are_not_asked_for_one_by_one),
        TEST(a_look_below_that_failed_is_not_remembered_as_nothing),
        TEST(an_order_by_title_is_found_once_until_something_is_committed),
        TEST(an_order_by_title_is_of_one_user_and_one_language),
        TEST(a_count_is_known_while_other_things_change_and_never_when_a_record_did),
        TEST(children_that_a_list_has_read_are_given_whole_without_being_read_again),
        TEST(children_that_the_list_does_not_show_are_not_forgotten),
        TEST(a_name_of_the_staff_is_read_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
