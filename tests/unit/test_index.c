/* The blind index and search: spelling, scripts, numbers, repair, rebuild, duplicates. */

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "auth/auth.h"
#include "core/text.h"
#include "forms_gen.h"
#include "people_fixture.h"

static size_t found(struct fixture *f, struct record_hit **out, const char *words)
{
    size_t len = 0;

    must(f, record_search(&f->ctx, out, &len, "person", words));
    return len;
}

static bool finds(struct fixture *f, const char *words, const char *number)
{
    struct record_hit *hits = NULL;
    size_t len = found(f, &hits, words);

    for (size_t i = 0; i < len; i++)
        if (text_equal(hits[i].record->number, number))
            return true;
    return false;
}

static int64_t tokens(struct fixture *f)
{
    return count_of(f, f->ctx.index_db, "SELECT count(*) FROM token");
}

static int64_t applied(struct fixture *f)
{
    return count_of(f, f->ctx.index_db, "SELECT seq FROM applied");
}

static int64_t written(struct fixture *f)
{
    return count_of(f, f->ctx.db, "SELECT value FROM counter WHERE name = 'history'");
}

static const char *arabic(struct fixture *f)
{
    return person_stored(f, "names.1.name_text=عثمان;names.1.name_script=Arab;"
                            "names.2.name_text=جالو;names.2.name_script=Arab")
        ->number;
}

static void names_are_found_across_scripts_and_spellings(void **state)
{
    struct fixture *f = *state;
    const char *osman = arabic(f);
    const char *fatima =
        person_stored(f, "names.1.name_text=فاطمة;names.1.name_script=Arab")->number;
    const char *diallo =
        person_stored(f, "names.1.name_text=Ousmane;names.2.name_text=Diallo")->number;

    assert_true(finds(f, "Osman", osman));
    assert_true(finds(f, "osman", diallo));
    assert_true(finds(f, "OUSMANE DIALLO", diallo));
    assert_true(finds(f, "Diallo Usman", diallo));
    assert_true(finds(f, "عثمان", osman));
    assert_true(finds(f, "عثمان", diallo));
    assert_true(finds(f, "Fatima", fatima));
    assert_false(finds(f, "Fatima", osman));
    assert_false(finds(f, "Xiomara", osman));
}

static void former_names_are_found_but_not_shown(void **state)
{
    struct fixture *f = *state;
    struct record_hit *hits = NULL;

    (void)person_stored(f, "names.1.name_text=Mariama;names.2.name_text=Sarr;"
                           "names.3.name_text=Kpodekon;names.3.name_in_use=no");
    assert_int_equal(found(f, &hits, "Kpodekon"), 1);
    assert_string_equal(hits[0].record->title, "Mariama Sarr");
    assert_string_equal(hits[0].why, "name");
}

static void numbers_of_all_kinds_are_found_exactly(void **state)
{
    struct fixture *f = *state;
    struct record_hit *hits = NULL;
    const char *number =
        person_stored(f,
                      PERSON_AWA ";contacts.1.contact_kind=phone;"
                                 "contacts.1.contact_value=+999 22 155 51 001;"
                                 "contacts.1.contact_owner=self;"
                                 "contacts.2.contact_kind=email;contacts.2.contact_value=a12@b.c;"
                                 "contacts.2.contact_owner=self;"
                                 "foreign_ids.1.id_issuer_kind=iom;foreign_ids.1.id_value=XC-00 77")
            ->number;

    assert_int_equal(found(f, &hits, "sn-2026-00001"), 1);
    assert_string_equal(hits[0].record->number, number);
    assert_string_equal(hits[0].why, "number");
    assert_int_equal(found(f, &hits, "0099922 15551001"), 1);
    assert_string_equal(hits[0].why, "phone");
    assert_int_equal(found(f, &hits, "xc0077"), 1);
    assert_string_equal(hits[0].why, "document");
    assert_int_equal(found(f, &hits, "12"), 0);
    assert_int_equal(found(f, &hits, "SN-2026-0000"), 0);
}

/* A form may class the field higher than all who may search are cleared for. */
static void a_number_in_a_field_that_one_may_not_read_finds_nobody(void **state)
{
    struct fixture *f = *state;
    struct record_hit *hits = NULL;
    const struct field *field =
        field_find(form_find(f->ctx.forms, "person"), FIELD_PERSON_CONTACT_VALUE);
    struct field *changed = (struct field *)(uintptr_t)field;

    (void)person_stored(f, PERSON_AWA ";contacts.1.contact_kind=phone;"
                                      "contacts.1.contact_value=+999 22 155 51 001;"
                                      "contacts.1.contact_owner=self");
    fixture_as(f, "programme_manager");
    assert_int_equal(found(f, &hits, "0099922 15551001"), 1);
    changed->privacy = PRIVACY_SENSITIVE;
    assert_int_equal(found(f, &hits, "0099922 15551001"), 0);
    assert_int_equal(found(f, &hits, "Awa Ndiaye"), 1);
    changed->privacy = PRIVACY_PERSONAL;
    fixture_as(f, "supervisor");
}

static void words_that_cannot_be_searched_are_told(void **state)
{
    struct fixture *f = *state;
    struct record_hit *hits = NULL;
    struct buf b;
    size_t len = 0;

    assert_int_equal(record_search(&f->ctx, &hits, &len, "person", "  "), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "words"));
    buf_init(&b, f->ctx.arena, 10000);
    for (int i = 0; i < 400; i++)
        buf_add(&b, "a ");
    assert_int_equal(record_search(&f->ctx, &hits, &len, "person", buf_text(&b)), ERR_INVALID);
    must(f, record_search(&f->ctx, &hits, &len, "person", "' OR 1=1 --"));
    must(f, record_search(&f->ctx, &hits, &len, "person", "\xF0\x9F\x98\x80"));
    assert_int_equal(len, 0);
}

static void the_index_follows_every_change(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);
    int64_t before;

    assert_int_equal(applied(f), written(f));
    assert_true(finds(f, "Awa Ndiaye", rec->number));
    person_fill(f, rec, "names.1.name_text=Bineta;names.2.name_text=Faye");
    must(f, record_update(&f->ctx, rec, 1));
    assert_false(finds(f, "Awa Ndiaye", rec->number));
    assert_true(finds(f, "Bineta Faye", rec->number));
    assert_int_equal(applied(f), written(f));
    before = tokens(f);
    record_set(rec, "gender", "x");
    must(f, record_update(&f->ctx, rec, 2));
    assert_int_equal(tokens(f), before);
    assert_int_equal(applied(f), written(f));
}

static void a_lost_index_is_made_again_by_catching_up_or_rebuilding(void **state)
{
    struct fixture *f = *state;
    const char *number = arabic(f);
    size_t used;
    int64_t before;
    int64_t n = 0;

    for (int i = 0; i < 130; i++)
        (void)person_stored(f, PERSON_AWA);
    before = tokens(f);
    tamper(f, f->ctx.index_db, "DELETE FROM token");
    tamper(f, f->ctx.index_db, "UPDATE applied SET seq = 0");
    assert_false(finds(f, "Osman", number));
    used = arena_used(f->ctx.arena);
    must(f, index_catch_up(&f->ctx, &n));
    assert_in_range(arena_used(f->ctx.arena), used, used + 1024); /* flat, whatever their number */
    assert_int_equal(n, written(f));
    assert_int_equal(tokens(f), before);
    assert_true(finds(f, "Osman", number));
    must(f, index_catch_up(&f->ctx, &n));
    assert_int_equal(n, 0);

    tamper(f, f->ctx.index_db, "DELETE FROM token");
    must(f, index_rebuild(&f->ctx, &n));
    assert_int_equal(n, 131);
    assert_int_equal(tokens(f), before);
    assert_int_equal(applied(f), written(f));
    assert_true(finds(f, "Osman", number));
}

static void catching_up_needs_no_user(void **state)
{
    struct fixture *f = *state;
    const char *number = arabic(f);

    tamper(f, f->ctx.index_db, "DELETE FROM token");
    tamper(f, f->ctx.index_db, "UPDATE applied SET seq = 0");
    fixture_as_nobody(f);
    must(f, index_catch_up(&f->ctx, NULL));
    fixture_as(f, "supervisor");
    assert_true(finds(f, "Osman", number));
}

static void a_late_write_does_not_undo_a_newer_one(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);

    /* As if somebody caught up beyond what this process is about to write. */
    tamper(f, f->ctx.index_db, "UPDATE applied SET seq = 1000000");
    person_fill(f, rec, "names.1.name_text=Bineta;names.2.name_text=Faye");
    must(f, record_update(&f->ctx, rec, 1));
    assert_false(finds(f, "Bineta Faye", rec->number));
    assert_int_equal(applied(f), 1000000);
}

static void a_common_name_shows_the_best_first(void **state)
{
    struct fixture *f = *state;
    struct record_hit *hits = NULL;
    size_t len;

    for (int i = 0; i < 260; i++)
        (void)person_stored(f, "names.1.name_text=Mohamed;names.2.name_text=Diallo");
    (void)person_stored(f, "names.1.name_text=Mamadou;names.2.name_text=Diallo");
    len = found(f, &hits, "Mohamed Diallo");
    assert_int_equal(len, RECORD_HITS_MAX);
    assert_true(hits[0].score > 0.99);
    for (size_t i = 1; i < len; i++)
        assert_true(hits[i].score <= hits[i - 1].score);
}

static void likely_duplicates_are_suggested(void **state)
{
    struct fixture *f = *state;
    struct record_hit *hits = NULL;
    struct record *rec;
    const char *same;
    size_t len = 0;

    same = person_stored(f, "names.1.name_text=Ousmane;names.2.name_text=Diallo;"
                            "birth_date=1991-05-06;birth_precision=day")
               ->number;
    (void)person_stored(f, "names.1.name_text=Ousmane;names.2.name_text=Diallo;"
                           "birth_date=1961-05-06;birth_precision=day");
    (void)person_stored(f, "names.1.name_text=Binta;names.2.name_text=Sow");
    rec = person_filled(f, "names.1.name_text=Usman;names.2.name_text=Diallo;"
                           "birth_date=1991-05-06;birth_precision=day");
    must(f, record_duplicates(&f->ctx, &hits, &len, rec));
    assert_int_equal(len, 1);
    assert_string_equal(hits[0].record->number, same);
    assert_true(hits[0].score > 0.9);
    must(f, record_insert(&f->ctx, rec));
    must(f, record_duplicates(&f->ctx, &hits, &len, rec));
    assert_int_equal(len, 1);
    assert_string_equal(hits[0].record->number, same);
}

static void the_same_document_is_a_duplicate_whatever_the_name(void **state)
{
    struct fixture *f = *state;
    struct record_hit *hits = NULL;
    struct record *rec;
    size_t len = 0;

    (void)person_stored(f, "names.1.name_text=Awa;foreign_ids.1.id_issuer_kind=iom;"
                           "foreign_ids.1.id_value=XC-0077");
    rec = person_filled(f, "names.1.name_text=Zeynab;foreign_ids.1.id_issuer_kind=iom;"
                           "foreign_ids.1.id_value=xc 0077");
    must(f, record_duplicates(&f->ctx, &hits, &len, rec));
    assert_int_equal(len, 1);
    assert_string_equal(hits[0].why, "document");
}

static void an_index_that_a_power_cut_left_ahead_begins_anew(void **state)
{
    struct fixture *f = *state;
    const char *osman = arabic(f);
    int64_t n = 0;

    must(f, index_catch_up(&f->ctx, NULL));
    tamper(f, f->ctx.index_db, "DELETE FROM token");
    tamper(f, f->ctx.index_db, "UPDATE applied SET seq = seq + 5");
    must(f, index_catch_up(&f->ctx, &n));
    assert_int_equal(n, 0); /* what it would have missed */

    must(f, index_recover(&f->ctx));
    must(f, index_catch_up(&f->ctx, NULL));

    assert_true(finds(f, "Osman", osman));
    assert_int_equal(applied(f), written(f));
}

static void new_records_that_wait_for_the_index_are_found_all_the_same(void **state)
{
    struct fixture *f = *state;
    const int64_t before = tokens(f);
    struct record *rec;

    records_index_later();
    rec = person_stored(f, PERSON_AWA);
    assert_int_equal(tokens(f), before);
    assert_true(finds(f, "Awa Ndiaye", rec->number));
    assert_true(tokens(f) > before);
    assert_int_equal(applied(f), written(f));

    /* A change does not wait, and what waited does not undo it. */
    rec = person_stored(f, "names.1.name_text=Moussa;names.2.name_text=Sarr");
    person_fill(f, rec, "names.1.name_text=Bineta;names.2.name_text=Faye");
    must(f, record_update(&f->ctx, rec, 1));
    assert_int_equal(applied(f), written(f));
    assert_true(finds(f, "Bineta Faye", rec->number));
    assert_false(finds(f, "Moussa Sarr", rec->number));
}

static void many_new_records_are_brought_in_together(void **state)
{
    struct fixture *f = *state;
    const int64_t before = tokens(f);
    const char *first = NULL;
    const char *last = NULL;
    int64_t now;

    records_index_later();
    first = person_stored(f, PERSON_AWA)->number;
    must(f, index_catch_up(&f->ctx, NULL)); /* another process was at it meanwhile */
    now = tokens(f);
    assert_true(now > before);
    for (int i = 2; i < 32; i++)
        last = person_stored(f, PERSON_AWA)->number;
    assert_int_equal(tokens(f), now);
    (void)person_stored(f, PERSON_AWA);
    assert_int_equal(tokens(f), before + 32 * (now - before));
    assert_int_equal(applied(f), written(f));
    assert_true(finds(f, "Awa Ndiaye", first) || finds(f, "Awa Ndiaye", last));
    must(f, index_catch_up(&f->ctx, NULL));
    assert_int_equal(tokens(f), before + 32 * (now - before));
}

static void what_fails_to_be_brought_in_is_caught_up_with(void **state)
{
    struct fixture *f = *state;
    struct record *rec;
    struct record_hit *hits = NULL;

    records_index_later();
    rec = person_stored(f, PERSON_AWA);
    db_fail_at(f->ctx.index_db, 1);
    (void)found(f, &hits, "Awa Ndiaye"); /* the search itself works */
    db_fail_at(f->ctx.index_db, 0);
    assert_true(applied(f) < written(f));
    assert_true(finds(f, "Awa Ndiaye", rec->number));
    assert_int_equal(applied(f), written(f));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_are_found_across_scripts_and_spellings),
        TEST(former_names_are_found_but_not_shown),
        TEST(numbers_of_all_kinds_are_found_exactly),
        TEST(a_number_in_a_field_that_one_may_not_read_finds_nobody),
        TEST(words_that_cannot_be_searched_are_told),
        TEST(the_index_follows_every_change),
        TEST(a_lost_index_is_made_again_by_catching_up_or_rebuilding),
        TEST(catching_up_needs_no_user),
        TEST(an_index_that_a_power_cut_left_ahead_begins_anew),
        TEST(a_late_write_does_not_undo_a_newer_one),
        TEST(a_common_name_shows_the_best_first),
        TEST(likely_duplicates_are_suggested),
        TEST(the_same_document_is_a_duplicate_whatever_the_name),
        /* From here on new records wait. */
        TEST(new_records_that_wait_for_the_index_are_found_all_the_same),
        TEST(many_new_records_are_brought_in_together),
        TEST(what_fails_to_be_brought_in_is_caught_up_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
