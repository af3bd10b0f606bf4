/* Every database call of every writer fails in turn: nothing remains, no transaction stays open. */

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "people_fixture.h"
#include "records/import_sheet.h"

#define CALLS_MAX 400
#define CASE_ANSWERS                                                                               \
    "programme=p1;opened=2026-11-20;vulnerable=yes;"                                               \
    "vulnerability_flags.1.vulnerability_flag=health_need"

/* What the main database holds of records. */
struct state {
    int64_t people;
    int64_t names;
    int64_t history;
    int64_t audit;
    int64_t series;
    int64_t counter;
    int64_t version;
    int64_t events;
    int64_t comments; /* that stand */
};

static struct state state_of(struct fixture *f)
{
    return (struct state){
        .people = count_of(f, f->ctx.db, "SELECT count(*) FROM rec_person"),
        .names = count_of(f, f->ctx.db, "SELECT count(*) FROM rec_person__names"),
        .history = count_of(f, f->ctx.db, "SELECT count(*) FROM record_history"),
        .audit = count_of(f, f->ctx.db, "SELECT count(*) FROM audit"),
        .series = count_of(f, f->ctx.db, "SELECT coalesce(max(last), 0) FROM number_series"),
        .counter = count_of(f, f->ctx.db, "SELECT value FROM counter WHERE name = 'history'"),
        .version = count_of(f, f->ctx.db, "SELECT coalesce(max(version), 0) FROM rec_person") +
                   count_of(f, f->ctx.db, "SELECT coalesce(max(version), 0) FROM rec_case"),
        .events = count_of(f, f->ctx.db, "SELECT count(*) FROM record_event"),
        .comments =
            count_of(f, f->ctx.db, "SELECT count(*) FROM record_comment WHERE gone_at IS NULL"),
    };
}

static const char text[] = "names.1.name_text,names.2.name_text\r\nAwa,Sow\r\nBinta,Faye\r\n"
                           "Coumba,Sarr\r\n";

struct writer {
    struct record *rec;
    enum err (*run)(struct fixture *f, struct writer *w);
    int64_t people; /* more, once it worked */
    const char *parent;
    const char *comment;
};

static enum err insert(struct fixture *f, struct writer *w)
{
    w->rec = person_filled(f, PERSON_AWA ";languages.1.language_code=wo");
    return record_insert(&f->ctx, w->rec);
}

static enum err update(struct fixture *f, struct writer *w)
{
    struct record rec = *w->rec;

    person_fill(f, &rec, "names.1.name_text=Bineta;languages.1.language_code=fr;sex=unknown");
    return record_update(&f->ctx, &rec, w->rec->version);
}

static enum err set_status(struct fixture *f, struct writer *w)
{
    struct record rec = *w->rec;

    return record_set_status(&f->ctx, &rec, w->rec->version, "deceased", "The same person");
}

static enum err take_out(struct fixture *f, struct writer *w)
{
    struct record rec = *w->rec;

    return record_delete(&f->ctx, &rec, w->rec->version, "Entered twice");
}

static enum err restore(struct fixture *f, struct writer *w)
{
    struct record rec = *w->rec;

    return record_restore(&f->ctx, &rec, w->rec->version);
}

static enum err undo(struct fixture *f, struct writer *w)
{
    struct record rec = *w->rec;

    return record_undo(&f->ctx, &rec, w->rec->version);
}

static enum err move(struct fixture *f, struct writer *w)
{
    struct record rec = *w->rec;

    return record_move(&f->ctx, &rec, w->rec->version, w->parent, "The wrong Awa");
}

static enum err comment(struct fixture *f, struct writer *w)
{
    return record_comment_add(&f->ctx, w->rec, "Call her cousin");
}

static enum err comment_undo(struct fixture *f, struct writer *w)
{
    return record_comment_undo(&f->ctx, w->rec, w->comment);
}

static enum err import(struct fixture *f, struct writer *w)
{
    const struct import_options options = { .step_us = INT64_MAX }; /* one step, however slow */
    struct import_report report = { 0 };
    const struct sheet_options read = { 0 };
    struct sheet *sheet = NULL;

    (void)w;
    must(f, sheet_open_bytes(&f->ctx, &sheet, text, strlen(text), &read));
    return record_import(&f->ctx, &report, "person", sheet, &options);
}

static void nothing_remains_of(struct fixture *f, struct writer *w)
{
    struct state before = state_of(f);
    struct state after;
    int n;

    for (n = 1; n < CALLS_MAX; n++) {
        enum err rc;
        int made;

        ctx_clear_problems(&f->ctx);
        db_fail_at(f->ctx.db, n);
        rc = w->run(f, w);
        made = db_calls(f->ctx.db);
        db_fail_at(f->ctx.db, 0);
        assert_false(db_in_transaction(f->ctx.db));
        assert_false(db_in_transaction(f->ctx.index_db));
        if (made < n) {
            must(f, rc);
            break;
        }
        after = state_of(f);
        if (rc == OK) {
            /* Only what follows the commit may fail unseen: the index reads history. */
            assert_true(after.people + after.version + after.events >
                        before.people + before.version + before.events);
            break;
        }
        assert_int_equal(rc, ERR_DB);
        assert_memory_equal(&before, &after, sizeof(before));
    }
    assert_true(n > 5 && n < CALLS_MAX);
    assert_int_equal(state_of(f).people, before.people + w->people);
    must(f, index_catch_up(&f->ctx, NULL));
}

static void a_failed_insert_leaves_nothing(void **state)
{
    struct writer w = { .run = insert, .people = 1 };

    nothing_remains_of(*state, &w);
}

static void a_failed_update_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct writer w = { .run = update };

    w.rec = person_stored(f, PERSON_AWA);
    nothing_remains_of(f, &w);
}

static void a_failed_change_of_status_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct writer w = { .run = set_status };

    w.rec = person_stored(f, PERSON_AWA);
    nothing_remains_of(f, &w);
}

static void a_failed_deletion_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct writer w = { .run = take_out };

    w.rec = person_stored(f, PERSON_AWA);
    nothing_remains_of(f, &w);
}

static void a_failed_restoring_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct writer w = { .run = restore };

    w.rec = person_stored(f, PERSON_AWA);
    must(f, record_delete(&f->ctx, w.rec, 1, "Entered twice"));
    nothing_remains_of(f, &w);
}

static void a_failed_undoing_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct writer w = { .run = undo };

    w.rec = person_stored(f, PERSON_AWA);
    must(f, update(f, &w));
    must(f, record_load(&f->ctx, &w.rec, "person", w.rec->id));
    nothing_remains_of(f, &w);
}

static void a_failed_move_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record *binta = person_stored(f, "names.1.name_text=Binta");
    struct writer w = { .run = move, .parent = binta->id };

    must(f, record_new(&f->ctx, &w.rec, "case", awa->id));
    person_fill(f, w.rec, CASE_ANSWERS);
    must(f, record_insert(&f->ctx, w.rec));
    nothing_remains_of(f, &w);
}

static void a_failed_comment_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct writer w = { .run = comment };

    w.rec = person_stored(f, PERSON_AWA);
    nothing_remains_of(f, &w);
}

static void a_failed_taking_back_of_a_comment_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct record_comment *all = NULL;
    struct writer w = { .run = comment_undo };
    size_t len = 0;

    w.rec = person_stored(f, PERSON_AWA);
    must(f, comment(f, &w));
    must(f, record_comments(&f->ctx, &all, &len, w.rec));
    assert_int_equal(len, 1);
    w.comment = all[0].id;
    nothing_remains_of(f, &w);
}

static void a_failed_import_leaves_nothing(void **state)
{
    struct writer w = { .run = import, .people = 3 };

    nothing_remains_of(*state, &w);
}

static void a_failing_key_store_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct writer w = { .run = insert };
    struct state before = state_of(f);
    enum err rc = ERR_DB;

    for (int n = 1; n < CALLS_MAX && rc; n++) {
        struct state after = state_of(f);

        assert_memory_equal(&before, &after, sizeof(before));
        ctx_clear_problems(&f->ctx);
        db_fail_at(f->keys, n);
        rc = insert(f, &w);
        db_fail_at(f->keys, 0);
        assert_false(db_in_transaction(f->ctx.db));
        assert_false(db_in_transaction(f->keys));
    }
    must(f, rc);
    assert_int_equal(state_of(f).people, before.people + 1);
}

/* --- the index --- */

static bool finds(struct fixture *f, const char *words)
{
    struct record_hit *hits = NULL;
    size_t len = 0;

    must(f, record_search(&f->ctx, &hits, &len, "person", words));
    return len > 0;
}

static void a_failing_index_does_not_fail_what_was_saved(void **state)
{
    struct fixture *f = *state;
    int n;

    for (n = 1; n < CALLS_MAX; n++) {
        const char *name =
            arena_printf(f->ctx.arena, "names.1.name_text=Kpode%c%c", 'a' + n / 20, 'a' + n % 20);
        struct record *rec = person_filled(f, name);
        int made;

        db_fail_at(f->ctx.index_db, n);
        must(f, record_insert(&f->ctx, rec));
        made = db_calls(f->ctx.index_db);
        db_fail_at(f->ctx.index_db, 0);
        assert_null(f->ctx.problems);
        assert_false(db_in_transaction(f->ctx.index_db));
        must(f, index_catch_up(&f->ctx, NULL));
        assert_true(finds(f, rec->title));
        if (made < n)
            break;
    }
    assert_true(n > 4 && n < CALLS_MAX);
}

static void a_failed_rebuild_can_be_repeated(void **state)
{
    struct fixture *f = *state;
    enum err rc = ERR_DB;
    int n;

    (void)person_stored(f, PERSON_AWA);
    for (n = 1; n < CALLS_MAX && rc; n++) {
        ctx_clear_problems(&f->ctx);
        db_fail_at(f->ctx.index_db, n);
        rc = index_rebuild(&f->ctx, NULL);
        db_fail_at(f->ctx.index_db, 0);
        assert_false(db_in_transaction(f->ctx.index_db));
        if (rc == OK)
            break;
        must(f, index_catch_up(&f->ctx, NULL));
        assert_true(finds(f, "Awa Ndiaye"));
    }
    assert_true(n > 5 && n < CALLS_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_failed_insert_leaves_nothing),
        TEST(a_failed_update_leaves_nothing),
        TEST(a_failed_change_of_status_leaves_nothing),
        TEST(a_failed_deletion_leaves_nothing),
        TEST(a_failed_restoring_leaves_nothing),
        TEST(a_failed_undoing_leaves_nothing),
        TEST(a_failed_move_leaves_nothing),
        TEST(a_failed_comment_leaves_nothing),
        TEST(a_failed_taking_back_of_a_comment_leaves_nothing),
        TEST(a_failed_import_leaves_nothing),
        TEST(a_failing_key_store_leaves_nothing),
        TEST(a_failing_index_does_not_fail_what_was_saved),
        TEST(a_failed_rebuild_can_be_repeated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
