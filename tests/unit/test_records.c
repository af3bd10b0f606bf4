/* Records: storing, changing, scope, clearance, history, lists. */

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "auth/auth.h"
#include "core/id.h"
#include "core/text.h"
#include "people_fixture.h"

static struct record *loaded(struct fixture *f, const char *id)
{
    struct record *rec = NULL;

    must(f, record_load(&f->ctx, &rec, "person", id));
    return rec;
}

static void a_stored_person_is_read_back_with_every_answer(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(
        f, PERSON_AWA ";contacts.1.contact_kind=phone;contacts.1.contact_value=+999 221 555 1001;"
                      "contacts.1.contact_owner=self;factors.1.factor=skillsets_knowledge;"
                      "factors.1.factor_value=A tailor;do_not_disclose_return=family");

    assert_string_equal(rec->number, "SN-2026-00001");
    assert_int_equal(rec->version, 1);
    assert_string_equal(rec->status, "active");
    assert_string_equal(rec->title, "Awa Ndiaye");
    rec = loaded(f, rec->id);
    assert_string_equal(rec->number, "SN-2026-00001");
    assert_string_equal(rec->title, "Awa Ndiaye");
    assert_string_equal(record_value(rec, "birth_date"), "1991-05-06");
    assert_int_equal(strlen(record_value(rec, "beneficiary_code")), 16);
    assert_int_equal(rows_of(rec, "names"), 2);
    assert_string_equal(row_value(rec, "names", 1, "name_text"), "Awa");
    assert_string_equal(row_value(rec, "names", 2, "name_text"), "Ndiaye");
    assert_string_equal(row_value(rec, "contacts", 1, "contact_value"), "+999 221 555 1001");
    assert_string_equal(row_value(rec, "factors", 1, "factor_value"), "A tailor");
    assert_int_equal(rec->created_at, FIXTURE_NOW);
    assert_string_equal(rec->created_by, f->ctx.user_id);
    assert_int_equal(audit_count(f, "person.create"), 1);
    assert_string_equal(person_stored(f, PERSON_AWA)->number, "SN-2026-00002");
}

static void a_title_has_one_line_per_script_and_only_names_in_use(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(
        f, "names.1.name_text=Ousmane;names.1.name_script=Latn;names.2.name_text=عثمان;"
           "names.2.name_script=Arab;names.3.name_text=Diallo;names.3.name_script=Latn;"
           "names.4.name_text=Sow;names.4.name_script=Latn;names.4.name_in_use=no");

    assert_string_equal(rec->title, "Ousmane Diallo · عثمان");
    rec = person_filled(f, "names.1.name_text=Sow;names.1.name_in_use=no");
    assert_int_equal(record_insert(&f->ctx, rec), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "names"));
}

static void nothing_of_a_person_stands_in_a_file(void **state)
{
    struct fixture *f = *state;
    struct record_hit *hits = NULL;
    size_t len = 0;
    struct record *rec = person_stored(
        f, "names.1.name_text=Zubayrata;contacts.1.contact_kind=postal;"
           "contacts.1.contact_value=Rue Quatorzebis 77;contacts.1.contact_owner=self;"
           "foreign_ids.1.id_issuer_kind=iom;foreign_ids.1.id_value=XQ-99187");

    must(f, record_search(&f->ctx, &hits, &len, "person", "Zubayrata"));
    assert_int_equal(len, 1);
    must(f, record_set_status(&f->ctx, rec, 1, "deceased", "Told by the cousin Wilfridine"));
    must(f, access_write(&f->ctx));
    assert_false(files_hold(f, "Zubayrata"));
    assert_false(files_hold(f, "zubayrata"));
    assert_false(files_hold(f, "Quatorzebis"));
    assert_false(files_hold(f, "XQ-99187"));
    assert_false(files_hold(f, "XQ99187"));
    assert_false(files_hold(f, "Wilfridine"));
    assert_false(files_hold(f, record_value(rec, "beneficiary_code")));
    assert_true(files_hold(f, rec->number));
}

static void an_incomplete_person_is_refused_and_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_filled(f, "sex=female");

    assert_int_equal(record_insert(&f->ctx, rec), ERR_INVALID);
    assert_null(rec->id);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rec_person"), 0);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM record_history"), 0);
}

static void a_change_writes_only_what_changed(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);
    const char *id = arena_strdup(f->long_arena, rec->id);
    const char *code;

    fixture_next_request(f, 1000);
    rec = loaded(f, id);
    code = arena_strdup(f->long_arena, record_value(rec, "beneficiary_code"));
    person_fill(f, rec,
                arena_printf(f->ctx.arena,
                             "names.1.name_text=Awa;names.1.name_script=Latn;names.1.id=%s;"
                             "names.2.name_text=Faye;names.2.name_script=Latn;names.2.id=%s;"
                             "birth_date=1991-05-06;birth_precision=day;sex=female;nationality=SN",
                             rec->answers->rows[field_find(rec->form, "names")->place][0]->id,
                             rec->answers->rows[field_find(rec->form, "names")->place][1]->id));
    must(f, record_update(&f->ctx, rec, 1));
    assert_int_equal(rec->version, 2);
    assert_string_equal(rec->title, "Awa Faye");
    assert_string_equal(record_value(rec, "beneficiary_code"), code);
    /* The root and one name; the other name stays at version 1. */
    assert_int_equal(
        count_of(f, f->ctx.db, "SELECT count(*) FROM record_history WHERE root_version = 2"), 2);
    assert_int_equal(
        count_of(f, f->ctx.db, "SELECT count(*) FROM rec_person__names WHERE version = 1"), 1);
    assert_int_equal(rec->updated_at, FIXTURE_NOW + 1000);
    assert_int_equal(rec->created_at, FIXTURE_NOW);

    rec = loaded(f, rec->id);
    must(f, record_update(&f->ctx, rec, 2));
    assert_int_equal(rec->version, 2);
    assert_int_equal(audit_count(f, "person.edit"), 1);
}

static void rows_can_be_added_moved_and_taken_out(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);

    person_fill(f, rec,
                "names.1.name_text=Ndiaye;names.1.name_script=Latn;names.2.name_text=Awa;"
                "names.2.name_script=Latn;languages.1.language_code=wo;sex=female");
    must(f, record_update(&f->ctx, rec, 1));
    rec = loaded(f, rec->id);
    assert_string_equal(rec->title, "Ndiaye Awa");
    assert_int_equal(rows_of(rec, "languages"), 1);
    assert_string_equal(record_value(rec, "birth_date"), "");
    person_fill(f, rec, "names.1.name_text=Awa;names.1.name_script=Latn");
    must(f, record_update(&f->ctx, rec, 2));
    rec = loaded(f, rec->id);
    assert_int_equal(rows_of(rec, "names"), 1);
    assert_int_equal(rows_of(rec, "languages"), 0);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rec_person__names"), 1);
}

static void two_users_cannot_overwrite_each_other(void **state)
{
    struct fixture *f = *state;
    struct record *mine = person_stored(f, PERSON_AWA);
    struct record *yours = loaded(f, mine->id);

    record_set(mine, "gender", "a woman");
    must(f, record_update(&f->ctx, mine, 1));
    record_set(yours, "gender", "une femme");
    assert_int_equal(record_update(&f->ctx, yours, 1), ERR_CONFLICT);
    assert_false(db_in_transaction(f->ctx.db));
    assert_string_equal(record_value(loaded(f, mine->id), "gender"), "a woman");
    assert_int_equal(audit_count(f, "person.edit"), 1);
}

static void what_is_above_the_clearance_is_hidden_and_kept(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(
        f, PERSON_AWA ";factors.1.factor=skillsets_knowledge;factors.1.factor_value=A tailor;"
                      "do_not_disclose_return=family");
    const char *id = arena_strdup(f->long_arena, rec->id);

    fixture_as(f, "programme_manager");
    rec = loaded(f, id);
    assert_int_equal(rows_of(rec, "factors"), 0);
    assert_string_equal(record_value(rec, "do_not_disclose_return"), "");
    person_fill(f, rec,
                "names.1.name_text=Awa;names.1.name_script=Latn;do_not_disclose_return=community;"
                "factors.1.factor=social_networks");
    must(f, record_update(&f->ctx, rec, 1));
    assert_int_equal(rows_of(rec, "factors"), 0);

    fixture_as(f, "supervisor");
    rec = loaded(f, id);
    assert_string_equal(record_value(rec, "do_not_disclose_return"), "family");
    assert_int_equal(rows_of(rec, "factors"), 1);
    assert_string_equal(row_value(rec, "factors", 1, "factor_value"), "A tailor");
    assert_int_equal(rows_of(rec, "names"), 1);
}

static void a_person_outside_scope_or_clearance_does_not_exist(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);
    struct record *other = NULL;
    struct record_list list = { 0 };
    struct record_hit *hits = NULL;
    struct user user = *f->ctx.user;
    size_t len = 9;

    user.office_id = id_new(f->ctx.arena, FIXTURE_NOW);
    f->ctx.user = &user;
    f->ctx.office_id = user.office_id;
    assert_int_equal(record_load(&f->ctx, &other, "person", rec->id), ERR_NOT_FOUND);
    assert_int_equal(record_load_version(&f->ctx, &other, "person", rec->id, 1), ERR_NOT_FOUND);
    assert_int_equal(record_update(&f->ctx, rec, 1), ERR_NOT_FOUND);
    must(f, record_list(&f->ctx, &list, "person", NULL));
    assert_int_equal(list.len + (size_t)list.count, 0);
    must(f, record_search(&f->ctx, &hits, &len, "person", "Awa"));
    assert_int_equal(len, 0);
    must(f, record_search(&f->ctx, &hits, &len, "person", rec->number));
    assert_int_equal(len, 0);
    user.scope = SCOPE_ALL;
    must(f, record_load(&f->ctx, &other, "person", rec->id));

    fixture_as(f, "me_officer");
    assert_int_equal(record_load(&f->ctx, &other, "person", rec->id), ERR_NOT_FOUND);
    assert_int_equal(record_list(&f->ctx, &list, "person", NULL), ERR_NOT_FOUND);
    assert_int_equal(record_new(&f->ctx, &other, "person", NULL), ERR_NOT_FOUND);
    fixture_as_nobody(f);
    assert_int_equal(record_load(&f->ctx, &other, "person", rec->id), ERR_NOT_FOUND);
}

static void ids_and_kinds_that_are_none_are_not_found(void **state)
{
    struct fixture *f = *state;
    struct record *rec = NULL;

    assert_int_equal(record_load(&f->ctx, &rec, "person", "../../etc"), ERR_NOT_FOUND);
    assert_int_equal(record_load(&f->ctx, &rec, "person", ""), ERR_NOT_FOUND);
    assert_int_equal(record_load(&f->ctx, &rec, "staff", id_new(f->ctx.arena, 1)), ERR_NOT_FOUND);
    assert_int_equal(record_load(&f->ctx, &rec, "person", id_new(f->ctx.arena, 1)), ERR_NOT_FOUND);
}

static void every_version_can_be_seen_and_compared(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA ";languages.1.language_code=wo");
    struct record *old = NULL;
    struct record_version *versions = NULL;
    struct record_change *changes = NULL;
    size_t len = 0;

    f->ctx.now_ms += 1000;
    person_fill(f, rec,
                "names.1.name_text=Awa;names.1.name_script=Latn;names.2.name_text=Faye;"
                "names.2.name_script=Latn;birth_date=1991-05-06;birth_precision=day;sex=unknown;"
                "nationality=SN");
    must(f, record_update(&f->ctx, rec, 1));
    must(f, record_set_status(&f->ctx, rec, 2, "deceased", "A letter from the family"));
    assert_int_equal(rec->version, 3);

    must(f, record_load_version(&f->ctx, &old, "person", rec->id, 1));
    assert_string_equal(old->title, "Awa Ndiaye");
    assert_string_equal(record_value(old, "sex"), "female");
    assert_int_equal(rows_of(old, "languages"), 1);
    assert_int_equal(old->version, 1);
    must(f, record_load_version(&f->ctx, &old, "person", rec->id, 2));
    assert_string_equal(old->title, "Awa Faye");
    assert_int_equal(rows_of(old, "languages"), 0);
    assert_string_equal(old->status, "active");
    assert_int_equal(record_load_version(&f->ctx, &old, "person", rec->id, 4), ERR_NOT_FOUND);
    assert_int_equal(record_load_version(&f->ctx, &old, "person", rec->id, 0), ERR_NOT_FOUND);

    must(f, record_history(&f->ctx, &versions, &len, "person", rec->id));
    assert_int_equal(len, 3);
    assert_int_equal(versions[0].version, 3);
    assert_string_equal(versions[0].status, "deceased");
    assert_int_equal(versions[0].changes, 0);
    assert_string_equal(versions[1].action, "update");
    assert_string_equal(versions[1].made_by_name, f->ctx.user->name);
    assert_string_equal(versions[2].action, "insert");
    assert_int_equal(versions[2].changes, 9);

    must(f, record_load_version(&f->ctx, &old, "person", rec->id, 1));
    must(f, record_diff(&f->ctx, &changes, &len, old, rec));
    /* sex, one name out (text, script) and one in, one language out */
    assert_int_equal(len, versions[1].changes);
    assert_string_equal(changes[0].path, "sex");
    assert_string_equal(changes[0].before, "Female");
    assert_string_equal(changes[0].after, "Not known");
}

static void a_status_moves_only_along_its_rules(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);

    assert_int_equal(record_set_status(&f->ctx, rec, 1, "deceased", "  "), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "reason"));
    assert_int_equal(record_set_status(&f->ctx, rec, 1, "asleep", "why"), ERR_INVALID);
    assert_int_equal(record_set_status(&f->ctx, rec, 1, "erased", "why"), ERR_FORBIDDEN);
    assert_int_equal(record_set_status(&f->ctx, rec, 7, "deceased", "why"), ERR_CONFLICT);
    must(f, record_set_status(&f->ctx, rec, 1, "deceased", "Told by her sister"));
    assert_string_equal(rec->status, "deceased");
    must(f, record_undo(&f->ctx, rec, 2));
    assert_string_equal(rec->status, "active");
    assert_int_equal(audit_count(f, "person.status"), 1);
    assert_string_equal(loaded(f, rec->id)->title, "Awa Ndiaye");
}

static void an_erased_person_is_gone_in_every_version(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA ";languages.1.language_code=wo");
    struct record_hit *hits = NULL;
    size_t len = 0;

    person_erase(f, rec, "Asked for it");
    fixture_as(f, "supervisor");
    rec = loaded(f, rec->id);
    assert_string_equal(rec->status, "erased");
    assert_string_equal(rec->title, rec->number);
    assert_int_equal(rows_of(rec, "names"), 0);
    must(f, record_load_version(&f->ctx, &rec, "person", rec->id, 1));
    assert_string_equal(record_value(rec, "sex"), "");
    assert_string_equal(row_value(rec, "names", 1, "name_text"), "");
    must(f, record_search(&f->ctx, &hits, &len, "person", "Awa Ndiaye"));
    assert_int_equal(len, 0);
    assert_int_equal(count_of(f, f->ctx.index_db, "SELECT count(*) FROM token"), 0);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rec_person__names"), 0);
    assert_int_equal(record_set_status(&f->ctx, rec, 2, "active", "why"), ERR_INVALID);
}

static void make_people(struct fixture *f, int n)
{
    static const char *const names[] = { "Moussa", "عائشة", "Binta", "awa", "Zeynab", "Élise" };

    for (int i = 0; i < n; i++) {
        f->ctx.now_ms += 10;
        (void)person_stored(f, arena_printf(f->ctx.arena, "names.1.name_text=%s;sex=%s",
                                            names[i % 6], i % 2 ? "male" : "female"));
    }
}

static void lists_are_paged_in_each_order_without_gap_or_repeat(void **state)
{
    struct fixture *f = *state;

    make_people(f, 30);
    for (int sort = SORT_NEWEST; sort <= SORT_UPDATED; sort++) {
        struct record_filter filter = { .sort = (enum record_sort)sort, .limit = 7 };
        const char *seen[64] = { 0 };
        size_t n = 0;
        int pages = 0;

        for (;;) {
            struct record_list list = { 0 };

            must(f, record_list(&f->ctx, &list, "person", &filter));
            assert_int_equal(list.count, 30);
            for (size_t i = 0; i < list.len; i++) {
                for (size_t k = 0; k < n; k++)
                    assert_string_not_equal(seen[k], list.items[i]->id);
                seen[n++] = list.items[i]->id;
            }
            pages++;
            if (!list.next)
                break;
            filter.after = list.next;
        }
        assert_int_equal(n, 30);
        assert_int_equal(pages, 5);
    }
}

static void lists_are_sorted_as_asked(void **state)
{
    struct fixture *f = *state;
    struct record_filter filter = { .sort = SORT_TITLE };
    struct record_list list = { 0 };
    struct record *first;

    make_people(f, 6);
    must(f, record_list(&f->ctx, &list, "person", &filter));
    assert_string_equal(list.items[0]->title, "عائشة");
    assert_string_equal(list.items[1]->title, "awa");
    assert_string_equal(list.items[2]->title, "Binta");
    assert_string_equal(list.items[3]->title, "Élise");
    assert_string_equal(list.items[5]->title, "Zeynab");
    filter.sort = SORT_NUMBER;
    must(f, record_list(&f->ctx, &list, "person", &filter));
    assert_string_equal(list.items[0]->number, "SN-2026-00001");
    first = list.items[0];
    filter.sort = SORT_NEWEST;
    must(f, record_list(&f->ctx, &list, "person", &filter));
    assert_string_equal(list.items[0]->number, "SN-2026-00006");
    first = loaded(f, first->id);
    f->ctx.now_ms += 10;
    record_set(first, "gender", "changed");
    must(f, record_update(&f->ctx, first, 1));
    filter.sort = SORT_UPDATED;
    must(f, record_list(&f->ctx, &list, "person", &filter));
    assert_string_equal(list.items[0]->number, "SN-2026-00001");
    filter = (struct record_filter){ .status = "deceased" };
    must(f, record_list(&f->ctx, &list, "person", &filter));
    assert_int_equal(list.count, 0);
}

/* Where a list goes on must not tell that there is such a record elsewhere, nor its number. */
static void a_page_after_a_record_of_another_office_is_as_after_none(void **state)
{
    struct fixture *f = *state;
    struct record_filter filter = { .sort = SORT_NUMBER };
    struct record_list list = { 0 };
    struct office other = { .code = "XX",
                            .name = "Elsewhere",
                            .country = "SN",
                            .time_zone = "UTC",
                            .currency = "XOF",
                            .language = "en" };
    const char *office = NULL;

    make_people(f, 3);
    must(f, record_list(&f->ctx, &list, "person", &filter));
    filter.after = arena_printf(f->ctx.arena, "u0.%s", list.items[0]->id);
    must(f, record_list(&f->ctx, &list, "person", &filter));
    assert_int_equal(list.len, 2);
    must(f, office_create(&f->ctx, &office, &other, "Homeward"));
    tamper(f, f->ctx.db,
           arena_printf(f->ctx.arena,
                        "UPDATE rec_person SET office_id = '%s' WHERE number = 'SN-2026-00001'",
                        office));
    must(f, record_list(&f->ctx, &list, "person", &filter));
    assert_int_equal(list.len, 0);
}

static void tokens_that_are_not_ours_are_refused(void **state)
{
    static const char *const bad[] = { "",
                                       "n",
                                       "n0",
                                       "n0.",
                                       "x0.",
                                       "n0.1",
                                       "c-1.x",
                                       "u0.00000000-0000-0000-0000-000000000000",
                                       "n0.' OR 1=1 --" };
    struct fixture *f = *state;
    struct record_list list = { 0 };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct record_filter filter = { .after = bad[i] };

        assert_int_equal(record_list(&f->ctx, &list, "person", &filter), ERR_INVALID);
    }
    assert_int_equal(record_list(&f->ctx, &list, "person", &(struct record_filter){ .limit = 101 }),
                     ERR_INVALID);
}

static void an_interview_shares_the_key_and_office_of_its_person(void **state)
{
    struct fixture *f = *state;
    struct record *person = person_stored(f, PERSON_AWA);
    struct record *rss = NULL;

    must(f, record_new(&f->ctx, &rss, "rss", person->id));
    assert_string_equal(rss->key_id, person->key_id);
    assert_string_equal(rss->office_id, person->office_id);
    assert_string_equal(rss->parent_id, person->id);
    assert_int_equal(record_new(&f->ctx, &rss, "rss", NULL), ERR_NOT_FOUND);
    assert_int_equal(record_new(&f->ctx, &rss, "rss", id_new(f->ctx.arena, 1)), ERR_NOT_FOUND);
    fixture_as(f, "programme_manager");
    assert_int_equal(record_new(&f->ctx, &rss, "rss", person->id), ERR_NOT_FOUND);
}

static void opening_people_is_noted_in_the_access_log(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);
    struct record_list list = { 0 };
    struct record_hit *hits = NULL;
    size_t len = 0;

    access_forget(f->ctx.audit);
    (void)loaded(f, rec->id);
    must(f, record_list(&f->ctx, &list, "person", NULL));
    must(f, record_search(&f->ctx, &hits, &len, "person", "Awa"));
    must(f, access_write(&f->ctx));
    assert_int_equal(count_of(f, f->access, "SELECT count(*) FROM access WHERE action = 'view'"),
                     1);
    assert_int_equal(count_of(f, f->access, "SELECT count(*) FROM access WHERE action = 'list'"),
                     1);
    assert_int_equal(
        count_of(f, f->access,
                 "SELECT count(*) FROM access WHERE action = 'search' AND detail IS NOT NULL"),
        1);
}

static void sealed_bytes_moved_to_another_record_do_not_open(void **state)
{
    struct fixture *f = *state;
    struct record *a = person_stored(f, PERSON_AWA);
    struct record *out = NULL;

    tamper(f, f->ctx.db, "UPDATE rec_person SET version = 2");
    assert_int_equal(record_load(&f->ctx, &out, "person", a->id), ERR_INVALID);
}

static void answers_of_a_newer_form_survive_a_change(void **state)
{
    static const struct answer_kept newer = { "shoe_size", "43", STORE_SEALED };
    struct fixture *f = *state;
    struct record *rec = person_filled(f, PERSON_AWA);

    rec->answers->unknown = &newer;
    rec->answers->unknown_len = 1;
    must(f, record_insert(&f->ctx, rec));
    rec = loaded(f, rec->id);
    assert_int_equal(rec->answers->unknown_len, 1);
    person_fill(f, rec, "names.1.name_text=Awa");
    assert_int_equal(rec->answers->unknown_len, 0);
    must(f, record_update(&f->ctx, rec, 1));
    rec = loaded(f, rec->id);
    assert_int_equal(rec->answers->unknown_len, 1);
    assert_string_equal(rec->answers->unknown[0].name, "shoe_size");
    assert_string_equal(rec->answers->unknown[0].value, "43");
}

static void tables_are_made_once_and_form_versions_recorded(void **state)
{
    struct fixture *f = *state;
    int64_t forms = (int64_t)f->ctx.forms->len;

    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM form_version"), forms);
    must(f, records_prepare(&f->ctx));
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM form_version"), forms);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stored_person_is_read_back_with_every_answer),
        TEST(a_title_has_one_line_per_script_and_only_names_in_use),
        TEST(nothing_of_a_person_stands_in_a_file),
        TEST(an_incomplete_person_is_refused_and_leaves_nothing),
        TEST(a_change_writes_only_what_changed),
        TEST(rows_can_be_added_moved_and_taken_out),
        TEST(two_users_cannot_overwrite_each_other),
        TEST(what_is_above_the_clearance_is_hidden_and_kept),
        TEST(a_person_outside_scope_or_clearance_does_not_exist),
        TEST(ids_and_kinds_that_are_none_are_not_found),
        TEST(every_version_can_be_seen_and_compared),
        TEST(a_status_moves_only_along_its_rules),
        TEST(an_erased_person_is_gone_in_every_version),
        TEST(lists_are_paged_in_each_order_without_gap_or_repeat),
        TEST(lists_are_sorted_as_asked),
        TEST(a_page_after_a_record_of_another_office_is_as_after_none),
        TEST(tokens_that_are_not_ours_are_refused),
        TEST(an_interview_shares_the_key_and_office_of_its_person),
        TEST(opening_people_is_noted_in_the_access_log),
        TEST(sealed_bytes_moved_to_another_record_do_not_open),
        TEST(answers_of_a_newer_form_survive_a_change),
        TEST(tables_are_made_once_and_form_versions_recorded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
