/* Changes of status that another person must confirm: the erasing of a person is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "people_fixture.h"

#define WHY       "She asked us by letter"
#define CALLS_MAX 400

static struct record *seen_by(struct fixture *f, const char *login, const struct record *rec)
{
    struct record *out = NULL;

    fixture_as(f, login);
    must(f, record_load(&f->ctx, &out, "person", rec->id));
    return out;
}

/* A person whose erasing the programme manager has asked for; outlives requests. */
static struct record *asked(struct fixture *f)
{
    struct record *kept = ARENA_NEW(f->long_arena, struct record);
    struct record *rec = person_stored(f, PERSON_AWA);

    second_manager(f, "other");
    rec = seen_by(f, "programme_manager", rec);
    must(f, record_set_status(&f->ctx, rec, 1, "erased", WHY));
    *kept = *rec;
    kept->id = arena_strdup(f->long_arena, rec->id);
    return kept;
}

static struct record_request *waiting(struct fixture *f, const struct record *rec)
{
    struct record_request *r = NULL;

    must(f, record_request_load(&f->ctx, &r, rec));
    return r;
}

/* Audit rows of an action of one user. */
static int64_t audited(struct fixture *f, const char *action, const char *login)
{
    const char *me = f->ctx.user->login;
    const char *id;

    fixture_as(f, login);
    id = f->ctx.user_id;
    fixture_as(f, me);
    return count_of(f, f->ctx.db,
                    arena_printf(f->ctx.arena,
                                 "SELECT count(*) FROM audit WHERE action = '%s'"
                                 " AND staff_id = '%s'",
                                 action, id));
}

static void one_person_asks_and_another_makes_the_change_and_the_audit_shows_both(void **state)
{
    struct fixture *f = *state;
    struct record *rec = asked(f);
    struct record_version *versions = NULL;
    struct record_request *r = waiting(f, rec);
    size_t len = 0;

    assert_string_equal(rec->status, "active");
    assert_int_equal(rec->version, 1);
    assert_non_null(r);
    assert_true(r->mine);
    assert_string_equal(r->asked_by_name, "Leila Haddad");
    assert_int_equal(audited(f, "person.status_ask", "programme_manager"), 1);
    assert_int_equal(audit_count(f, "person.status"), 0);
    assert_false(files_hold(f, "by letter"));

    rec = seen_by(f, "other", rec);
    r = waiting(f, rec);
    assert_false(r->mine);
    assert_string_equal(r->reason, WHY);
    must(f, record_set_status(&f->ctx, rec, 1, "erased", NULL));
    assert_string_equal(rec->status, "erased");
    assert_null(waiting(f, rec));
    assert_int_equal(audited(f, "person.status_ask", "programme_manager"), 1);
    assert_int_equal(audited(f, "person.status", "other"), 1);
    assert_int_equal(audited(f, "person.status", "programme_manager"), 0);
    must(f, record_history(&f->ctx, &versions, &len, "person", rec->id));
    assert_string_equal(versions[0].made_by_name, "Ousmane Ba");
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM status_request"), 0);
}

static void nobody_confirms_what_they_asked_for(void **state)
{
    struct fixture *f = *state;
    struct record *rec = asked(f);

    assert_int_equal(record_set_status(&f->ctx, rec, 1, "erased", WHY), ERR_CONFLICT);
    ctx_clear_problems(&f->ctx);
    /* Nor later, nor without a reason. */
    fixture_next_request(f, 60 * 60 * 1000);
    rec = seen_by(f, "programme_manager", rec);
    assert_int_equal(record_set_status(&f->ctx, rec, 1, "erased", NULL), ERR_INVALID);
    ctx_clear_problems(&f->ctx);
    assert_int_equal(record_set_status(&f->ctx, rec, 1, "erased", "Once more"), ERR_CONFLICT);
    assert_string_equal(seen_by(f, "programme_manager", rec)->status, "active");
}

static void who_lacks_the_permission_neither_confirms_nor_refuses(void **state)
{
    struct fixture *f = *state;
    struct record *rec = seen_by(f, "supervisor", asked(f));

    assert_int_equal(record_set_status(&f->ctx, rec, 1, "erased", WHY), ERR_FORBIDDEN);
    ctx_clear_problems(&f->ctx);
    assert_int_equal(record_request_refuse(&f->ctx, rec), ERR_FORBIDDEN);
    assert_non_null(waiting(f, rec));
    assert_string_equal(rec->status, "active");
}

static void what_nobody_confirms_lapses(void **state)
{
    struct fixture *f = *state;
    const struct record *old = asked(f);
    struct record *rec;

    fixture_next_request(f, REQUEST_KEPT_MS - 1);
    rec = seen_by(f, "other", old);
    assert_non_null(waiting(f, rec));
    must(f, record_requests_forget(&f->ctx));
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM status_request"), 1);

    fixture_next_request(f, 1);
    rec = seen_by(f, "other", old);
    assert_null(waiting(f, rec));
    assert_int_equal(record_request_refuse(&f->ctx, rec), ERR_NOT_FOUND);
    ctx_clear_problems(&f->ctx);
    must(f, record_requests_forget(&f->ctx));
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM status_request"), 0);
    /* The reason of then does not count any more either; with one it begins anew. */
    assert_int_equal(record_set_status(&f->ctx, rec, 1, "erased", NULL), ERR_INVALID);
    ctx_clear_problems(&f->ctx);
    must(f, record_set_status(&f->ctx, rec, 1, "erased", "Asked again"));
    assert_string_equal(rec->status, "active");
    assert_true(waiting(f, rec)->mine);
}

static void a_record_that_changed_since_is_not_changed_by_what_was_asked_before(void **state)
{
    struct fixture *f = *state;
    struct record *rec = seen_by(f, "supervisor", asked(f));

    person_fill(f, rec, "names.1.name_text=Bineta;sex=female");
    must(f, record_update(&f->ctx, rec, 1));
    rec = seen_by(f, "other", rec);
    assert_null(waiting(f, rec));
    must(f, record_set_status(&f->ctx, rec, 2, "erased", WHY));
    assert_string_equal(rec->status, "active"); /* it is the other who asks now */
    rec = seen_by(f, "programme_manager", rec);
    must(f, record_set_status(&f->ctx, rec, 2, "erased", NULL));
    assert_string_equal(rec->status, "erased");
}

static void what_is_refused_or_taken_back_is_not_done(void **state)
{
    struct fixture *f = *state;
    struct record *rec = asked(f);
    struct record_event *events = NULL;
    size_t len = 0;

    must(f, record_request_refuse(&f->ctx, rec)); /* taken back */
    assert_null(waiting(f, rec));
    must(f, record_set_status(&f->ctx, rec, 1, "erased", WHY));
    rec = seen_by(f, "other", rec);
    must(f, record_request_refuse(&f->ctx, rec));
    assert_null(waiting(f, rec));
    assert_int_equal(audited(f, "person.status_refuse", "programme_manager"), 1);
    assert_int_equal(audited(f, "person.status_refuse", "other"), 1);
    must(f, record_events(&f->ctx, &events, &len, rec));
    assert_int_equal(len, 4);
    assert_string_equal(events[0].action, "refused");
    assert_string_equal(events[0].made_by_name, "Ousmane Ba");
    assert_string_equal(rec->status, "active");
}

/* --- faults --- */

struct counts {
    int64_t requests;
    int64_t events;
    int64_t audit;
    int64_t versions;
};

static struct counts counts_of(struct fixture *f)
{
    return (struct counts){
        .requests = count_of(f, f->ctx.db, "SELECT count(*) FROM status_request"),
        .events = count_of(f, f->ctx.db, "SELECT count(*) FROM record_event"),
        .audit = count_of(f, f->ctx.db, "SELECT count(*) FROM audit"),
        .versions = count_of(f, f->ctx.db, "SELECT max(version) FROM rec_person"),
    };
}

static enum err set_erased(struct fixture *f, struct record *rec)
{
    return record_set_status(&f->ctx, rec, 1, "erased", WHY);
}

static enum err refuse(struct fixture *f, struct record *rec)
{
    return record_request_refuse(&f->ctx, rec);
}

static void nothing_remains(struct fixture *f, const struct record *rec,
                            enum err (*run)(struct fixture *f, struct record *rec))
{
    const struct counts before = counts_of(f);
    enum err rc = ERR_DB;
    int n;

    for (n = 1; n < CALLS_MAX && rc; n++) {
        struct record copy = *rec;
        struct counts after;

        ctx_clear_problems(&f->ctx);
        db_fail_at(f->ctx.db, n);
        rc = run(f, &copy);
        db_fail_at(f->ctx.db, 0);
        assert_false(db_in_transaction(f->ctx.db));
        after = counts_of(f);
        if (rc == OK) {
            assert_memory_not_equal(&before, &after, sizeof before);
            break;
        }
        assert_int_equal(rc, ERR_DB);
        assert_memory_equal(&before, &after, sizeof before);
    }
    assert_true(n > 5 && n < CALLS_MAX);
}

static void a_failed_asking_refusing_or_confirming_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);

    second_manager(f, "other");
    rec = seen_by(f, "programme_manager", rec);
    nothing_remains(f, rec, set_erased);
    rec = seen_by(f, "other", rec);
    nothing_remains(f, rec, refuse);
    nothing_remains(f, rec, set_erased);
    rec = seen_by(f, "programme_manager", rec);
    nothing_remains(f, rec, set_erased);
    assert_string_equal(seen_by(f, "supervisor", rec)->status, "erased");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_person_asks_and_another_makes_the_change_and_the_audit_shows_both),
        TEST(nobody_confirms_what_they_asked_for),
        TEST(who_lacks_the_permission_neither_confirms_nor_refuses),
        TEST(what_nobody_confirms_lapses),
        TEST(a_record_that_changed_since_is_not_changed_by_what_was_asked_before),
        TEST(what_is_refused_or_taken_back_is_not_done),
        TEST(a_failed_asking_refusing_or_confirming_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
