/* Audit: hash chains of changes and accesses, checkpoints, what verification finds. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/text.h"
#include "fixture.h"

static enum err change_in_transaction(struct fixture *f, const char *subject, const char *words)
{
    struct sealed detail = { 0 };
    enum err rc;

    rc = db_begin(&f->ctx);
    if (rc)
        return rc;
    rc = vault_seal_text(&f->ctx, &detail, VAULT_KEY_AUDIT, "audit/words", words);
    if (rc == OK)
        rc = audit_add(&f->ctx, "case.close", subject, VAULT_KEY_AUDIT, &detail);
    if (rc == OK)
        rc = db_commit(&f->ctx);
    if (rc)
        db_rollback(&f->ctx);
    return rc;
}

static void given_changes(struct fixture *f, int n)
{
    for (int i = 0; i < n; i++)
        assert_int_equal(change_in_transaction(f, "some-case", "moved away"), OK);
}

static void given_accesses(struct fixture *f, int n)
{
    const char *const ids[] = { "person-1", "person-2" };

    for (int i = 0; i < n; i++) {
        assert_int_equal(access_note(&f->ctx, "view", "person", ids, 2), OK);
        assert_int_equal(access_write(&f->ctx), OK);
    }
}

static void given_checkpoint(struct fixture *f)
{
    f->ctx.now_ms += AUDIT_SETTLE_MS + 1;
    assert_int_equal(audit_checkpoint(&f->ctx), OK);
}

static struct audit_report verified(struct fixture *f)
{
    struct audit_report report = { 0 };

    assert_int_equal(audit_verify(&f->ctx, &report), OK);
    return report;
}

static void assert_whole(struct fixture *f)
{
    struct audit_report report = verified(f);

    if (report.fault)
        print_error("%s\n", report.fault);
    assert_null(report.fault);
}

static void assert_fault(struct fixture *f, const char *words)
{
    struct audit_report report = verified(f);

    assert_non_null(report.fault);
    if (!strstr(report.fault, words))
        print_error("%s\n", report.fault);
    assert_non_null(strstr(report.fault, words));
}

/* A process that starts: a chain of its own. */
static void restart(struct fixture *f)
{
    audit_close(f->ctx.audit);
    assert_int_equal(audit_open(&f->ctx, &f->ctx.audit, f->access), OK);
}

/* --- writing --- */

static void chains_that_nobody_touched_verify(void **state)
{
    struct fixture *f = *state;
    struct audit_report report;

    fixture_as(f, "supervisor");
    given_changes(f, 3);
    given_accesses(f, 4);
    given_checkpoint(f);
    restart(f);
    given_changes(f, 700); /* more than a page of verification */
    given_accesses(f, 1);
    given_checkpoint(f);
    given_changes(f, 1); /* after the checkpoint */
    report = verified(f);
    assert_null(report.fault);
    assert_int_equal(report.access_rows, 5);
    assert_int_equal(report.rows, count_of(f, f->ctx.db, "SELECT COUNT(*) FROM audit"));
    assert_int_equal(report.chains, 4);
    assert_int_equal(report.checkpoints, 2);
}

static void a_rollback_leaves_no_gap(void **state)
{
    struct fixture *f = *state;

    given_changes(f, 2);
    assert_int_equal(db_begin(&f->ctx), OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(audit_add(&f->ctx, "case.close", "x", NULL, NULL), OK);
    db_rollback(&f->ctx);
    given_changes(f, 2);
    assert_int_equal(audit_count(f, "case.close"), 4);
    assert_whole(f);
}

static void a_rollback_of_the_very_first_row_leaves_no_gap(void **state)
{
    struct fixture *f = *state;

    restart(f);
    assert_int_equal(db_begin(&f->ctx), OK);
    assert_int_equal(audit_add(&f->ctx, "case.close", "x", NULL, NULL), OK);
    db_rollback(&f->ctx);
    given_changes(f, 1);
    assert_int_equal(audit_count(f, "case.close"), 1);
    assert_whole(f);
}

static void a_change_leaves_no_trace_when_the_database_fails(void **state)
{
    struct fixture *f = *state;
    enum err rc = ERR_DB;
    int n;

    for (n = 1; rc; n++) {
        db_fail_at(f->ctx.db, n);
        rc = change_in_transaction(f, "some-case", "moved away");
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_int_equal(audit_count(f, "case.close"), rc ? 0 : 1);
        assert_whole(f);
    }
    assert_true(n > 3);
}

static void an_access_is_noted_for_whoever_acts(void **state)
{
    struct fixture *f = *state;
    const char *const ids[] = { "person-1" };

    assert_int_equal(access_note(&f->ctx, "view", "person", ids, 1), ERR_FORBIDDEN);
    fixture_as(f, "case_manager");
    assert_int_equal(access_note(&f->ctx, "view", "person", ids, 1), OK);
    assert_int_equal(count_of(f, f->access, "SELECT COUNT(*) FROM access"), 0);
    assert_int_equal(access_write(&f->ctx), OK);
    assert_int_equal(access_write(&f->ctx), OK); /* once only */
    assert_int_equal(
        count_of(f, f->access,
                 arena_printf(f->ctx.arena,
                              "SELECT COUNT(*) FROM access WHERE staff_id = '%s' AND office_id ="
                              " '%s' AND action = 'view' AND form = 'person' AND records ="
                              " 'person-1' AND detail IS NULL",
                              f->ctx.user_id, f->office_id)),
        1);
}

static void notes_outlive_rewinds_and_are_forgotten_when_asked(void **state)
{
    struct fixture *f = *state;
    struct arena_mark mark;
    char *id;
    const char *ids[1];

    fixture_as(f, "case_manager");
    mark = arena_mark(f->ctx.arena);
    id = arena_strdup(f->ctx.arena, "person-9");
    ids[0] = id;
    assert_int_equal(access_note(&f->ctx, "view", "person", ids, 1), OK);
    memset(id, 'z', 8);
    arena_rewind(f->ctx.arena, mark);
    assert_int_equal(access_write(&f->ctx), OK);
    assert_int_equal(
        count_of(f, f->access, "SELECT COUNT(*) FROM access WHERE records = 'person-9'"), 1);

    ids[0] = "person-10";
    assert_int_equal(access_note(&f->ctx, "view", "person", ids, 1), OK);
    access_forget(f->ctx.audit);
    assert_int_equal(access_write(&f->ctx), OK);
    assert_int_equal(count_of(f, f->access, "SELECT COUNT(*) FROM access"), 1);
}

static void what_one_page_reads_twice_is_one_row_and_what_the_next_page_reads_another(void **state)
{
    struct fixture *f = *state;
    const char *const ids[] = { "person-1", "person-2" };

    fixture_as(f, "case_manager");
    assert_int_equal(access_note(&f->ctx, "view", "person", ids, 1), OK);
    assert_int_equal(access_note(&f->ctx, "list", "person", ids, 1), OK);
    assert_int_equal(access_note(&f->ctx, "view", "case", ids, 1), OK);
    assert_int_equal(access_note(&f->ctx, "view", "person", ids, 2), OK);
    assert_int_equal(access_note(&f->ctx, "view", "person", ids, 1), OK);
    assert_int_equal(access_note_words(&f->ctx, "view", "person", ids, 1, "Awa"), OK);
    fixture_as(f, "supervisor");
    assert_int_equal(access_note(&f->ctx, "view", "person", ids, 1), OK);
    assert_int_equal(access_write(&f->ctx), OK);
    assert_int_equal(count_of(f, f->access, "SELECT COUNT(*) FROM access"), 6);

    assert_int_equal(access_note(&f->ctx, "view", "person", ids, 1), OK);
    assert_int_equal(access_write(&f->ctx), OK);
    assert_int_equal(count_of(f, f->access, "SELECT COUNT(*) FROM access"), 7);
    assert_whole(f);
}

static void without_an_access_log_nothing_personal_is_opened(void **state)
{
    struct fixture *f = *state;
    struct audit *whole = f->ctx.audit;
    const char *const ids[] = { "person-1" };

    fixture_as(f, "supervisor");
    assert_int_equal(audit_open(&f->ctx, &f->ctx.audit, NULL), OK);
    assert_int_equal(access_note(&f->ctx, "view", "person", ids, 1), ERR_INTERNAL);
    audit_close(f->ctx.audit);
    f->ctx.audit = whole;
}

static void the_access_log_is_written_whole_or_not_at_all(void **state)
{
    struct fixture *f = *state;
    const char *const ids[] = { "person-1", "person-2", "person-3" };
    enum err rc = ERR_DB;
    int n;

    fixture_as(f, "supervisor");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(access_note(&f->ctx, "view", "person", ids + i, 1), OK);
    for (n = 1; rc; n++) {
        int64_t rows;

        db_fail_at(f->access, n);
        rc = access_write(&f->ctx);
        db_fail_at(f->access, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->access));
        rows = count_of(f, f->access, "SELECT COUNT(*) FROM access");
        /* All three after OK; after a failed flush they are there too, yet the page is not sent. */
        assert_true(rows == 0 || rows == 3);
        assert_true(rc || rows == 3);
        assert_whole(f);
    }
    assert_true(n > 5);
    given_accesses(f, 1);
    assert_whole(f);
}

static void words_and_details_are_sealed(void **state)
{
    struct fixture *f = *state;
    const char *const ids[] = { "person-1" };
    const char *words = NULL;
    struct sealed sealed = { 0 };
    struct rows *rows = NULL;
    bool more = false;

    fixture_as(f, "supervisor");
    assert_int_equal(change_in_transaction(f, "some-case", "Fled to Kaolack at night"), OK);
    assert_int_equal(access_note_words(&f->ctx, "search", "person", ids, 1, "Ousmane Kaboré"), OK);
    assert_int_equal(access_write(&f->ctx), OK);
    assert_int_equal(db_flush(&f->ctx, f->ctx.db), OK);
    assert_false(files_hold(f, "Fled to Kaolack"));
    assert_false(files_hold(f, "Ousmane Kaboré"));
    assert_false(files_hold(f, "Ousmane"));
    assert_true(files_hold(f, "some-case")); /* so it would have been found */
    assert_true(files_hold(f, "person-1"));

    assert_int_equal(db_query_in(&f->ctx, f->access, &rows,
                                 db_sql_built(f->access, "SELECT detail FROM access")),
                     OK);
    assert_int_equal(db_next(&f->ctx, rows, &more), OK);
    sealed.bytes = row_blob(rows, 0, &sealed.len);
    assert_int_equal(
        vault_unseal_text(&f->ctx, &words, VAULT_KEY_AUDIT, AUDIT_CONTEXT_WORDS, &sealed), OK);
    assert_string_equal(words, "Ousmane Kaboré");
    db_rows_close(rows);
}

/* --- what verification finds --- */

static void given_a_history(struct fixture *f)
{
    fixture_as(f, "supervisor");
    restart(f);
    given_changes(f, 5);
    given_accesses(f, 5);
    given_checkpoint(f);
    assert_whole(f);
}

static void every_altered_column_of_a_change_is_found(void **state)
{
    struct fixture *f = *state;
    static const char *const columns[] = { "made_at = made_at + 1", "staff_id = NULL",
                                           "staff_id = 'somebody'", "office_id = 'other'",
                                           "action = 'case.open'",  "subject_id = 'other-case'",
                                           "key_id = 'staff'",      "detail = NULL" };

    given_a_history(f);
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        assert_int_equal(db_begin(&f->ctx), OK);
        tamper(f, f->ctx.db,
               arena_printf(f->ctx.arena,
                            "UPDATE audit SET %s WHERE place = 3 AND action = 'case.close'",
                            columns[i]));
        assert_fault(f, "place 3: the row was altered");
        db_rollback(&f->ctx);
        assert_whole(f);
    }
}

static void every_altered_column_of_an_access_is_found(void **state)
{
    struct fixture *f = *state;
    static const char *const columns[] = { "made_at = made_at - 1", "staff_id = 'somebody'",
                                           "action = 'list'",       "form = 'rss'",
                                           "records = 'person-1'",  "key_id = 'audit'" };

    given_a_history(f);
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        assert_int_equal(db_begin_on(&f->ctx, f->access), OK);
        tamper(f, f->access,
               arena_printf(f->ctx.arena, "UPDATE access SET %s WHERE place = 2", columns[i]));
        assert_fault(f, "place 2: the row was altered");
        db_rollback_on(&f->ctx, f->access);
    }
    assert_whole(f);
}

static void a_row_removed_from_the_middle_is_found(void **state)
{
    struct fixture *f = *state;

    given_a_history(f);
    tamper(f, f->ctx.db, "DELETE FROM audit WHERE place = 2 AND action = 'case.close'");
    assert_fault(f, "place 3: rows before it were removed");
}

static void rows_cut_off_below_the_last_checkpoint_are_found(void **state)
{
    struct fixture *f = *state;

    given_a_history(f);
    tamper(f, f->ctx.db, "DELETE FROM audit WHERE place >= 4 AND action = 'case.close'");
    assert_fault(f, "place 3: its last rows were removed");
}

static void accesses_cut_off_below_the_last_checkpoint_are_found(void **state)
{
    struct fixture *f = *state;

    given_a_history(f);
    tamper(f, f->access, "DELETE FROM access WHERE place = 5");
    assert_fault(f, "place 4: its last rows were removed");
}

static void a_whole_chain_that_was_removed_is_found(void **state)
{
    struct fixture *f = *state;

    given_a_history(f);
    tamper(f, f->access, "DELETE FROM access");
    assert_fault(f, "the whole chain was removed");
}

static void altered_and_removed_checkpoints_are_found(void **state)
{
    struct fixture *f = *state;

    given_a_history(f);
    given_changes(f, 1);
    given_checkpoint(f);
    given_changes(f, 1);
    given_checkpoint(f);
    assert_int_equal(verified(f).checkpoints, 3);

    assert_int_equal(db_begin(&f->ctx), OK);
    tamper(f, f->ctx.db, "UPDATE audit_checkpoint SET heads = '' WHERE place = 2");
    assert_fault(f, "checkpoint 2: it was altered");
    db_rollback(&f->ctx);
    assert_int_equal(db_begin(&f->ctx), OK);
    tamper(f, f->ctx.db, "DELETE FROM audit_checkpoint WHERE place = 2");
    assert_fault(f, "checkpoint 3: the one before it is missing");
    db_rollback(&f->ctx);
    tamper(f, f->ctx.db, "DELETE FROM audit_checkpoint WHERE place = 3");
    assert_fault(f, "checkpoint 2: those after it are missing");
}

/* --- checkpoints --- */

static void a_checkpoint_is_made_only_when_a_head_moved(void **state)
{
    struct fixture *f = *state;

    given_a_history(f);
    assert_int_equal(audit_checkpoint(&f->ctx), OK);
    restart(f); /* another process knows it too */
    assert_int_equal(audit_checkpoint(&f->ctx), OK);
    assert_int_equal(verified(f).checkpoints, 1);
    given_changes(f, 1);
    assert_int_equal(audit_checkpoint(&f->ctx), OK);
    assert_int_equal(verified(f).checkpoints, 2);
    assert_whole(f);
}

static void fresh_accesses_wait_until_they_have_settled(void **state)
{
    struct fixture *f = *state;

    given_a_history(f);
    given_accesses(f, 1);
    assert_int_equal(audit_checkpoint(&f->ctx), OK);
    assert_int_equal(verified(f).checkpoints, 1);
    given_checkpoint(f);
    assert_int_equal(verified(f).checkpoints, 2);
}

static void a_checkpoint_leaves_no_trace_when_the_database_fails(void **state)
{
    struct fixture *f = *state;
    enum err rc = ERR_DB;
    int n;

    given_a_history(f);
    given_changes(f, 1);
    for (n = 1; rc; n++) {
        db_fail_at(f->ctx.db, n);
        rc = audit_checkpoint(&f->ctx);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        assert_int_equal(verified(f).checkpoints, rc ? 1 : 2);
        assert_whole(f);
    }
    assert_true(n > 6);
}

static void an_export_shows_what_was_cut_off_with_its_checkpoints(void **state)
{
    struct fixture *f = *state;
    const char *path = arena_printf(f->ctx.arena, "%s/export", f->dir);
    const char *fault = NULL;
    struct stat st = { 0 };

    given_a_history(f);
    given_changes(f, 1);
    given_checkpoint(f);
    assert_int_equal(audit_export(&f->ctx, path), OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(audit_export(&f->ctx, path), ERR_IO); /* never overwrites */
    assert_int_equal(audit_compare(&f->ctx, &fault, path), OK);
    assert_null(fault);

    tamper(f, f->ctx.db, "DELETE FROM audit_checkpoint WHERE place = 2");
    tamper(f, f->ctx.db, "UPDATE counter SET value = 1 WHERE name = 'checkpoint'");
    tamper(f, f->ctx.db, "DELETE FROM audit WHERE place = 6 AND action = 'case.close'");
    assert_whole(f); /* the database alone cannot know */
    assert_int_equal(audit_compare(&f->ctx, &fault, path), OK);
    assert_non_null(fault);
    assert_non_null(strstr(fault, "checkpoint 2"));
}

static enum err run(struct fixture *f, int argc, const char *a, const char *b, const char *c)
{
    char *argv[] = { arena_strdup(f->ctx.arena, "audit"),
                     arena_strdup(f->ctx.arena, a),
                     arena_strdup(f->ctx.arena, "--database"),
                     arena_strdup(f->ctx.arena, "x"),
                     arena_strdup(f->ctx.arena, b),
                     arena_strdup(f->ctx.arena, c),
                     NULL };

    return audit_command(&f->ctx, argc, argv);
}

static void the_command_tells_a_fault_by_its_exit(void **state)
{
    struct fixture *f = *state;
    const char *path = arena_printf(f->ctx.arena, "%s/export", f->dir);

    given_a_history(f);
    assert_int_equal(run(f, 4, "verify", "", ""), OK);
    assert_int_equal(run(f, 6, "verify", "--export", path), OK);
    assert_int_equal(run(f, 6, "verify", "--against", path), OK);
    assert_int_equal(run(f, 4, "--help", "", ""), OK);
    assert_int_equal(run(f, 4, "burn", "", ""), ERR_INVALID);
    tamper(f, f->access, "DELETE FROM access WHERE place = 5");
    assert_int_equal(run(f, 4, "verify", "", ""), ERR_INVALID);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(chains_that_nobody_touched_verify),
        T(a_rollback_leaves_no_gap),
        T(a_rollback_of_the_very_first_row_leaves_no_gap),
        T(a_change_leaves_no_trace_when_the_database_fails),
        T(an_access_is_noted_for_whoever_acts),
        T(notes_outlive_rewinds_and_are_forgotten_when_asked),
        T(what_one_page_reads_twice_is_one_row_and_what_the_next_page_reads_another),
        T(without_an_access_log_nothing_personal_is_opened),
        T(the_access_log_is_written_whole_or_not_at_all),
        T(words_and_details_are_sealed),
        T(every_altered_column_of_a_change_is_found),
        T(every_altered_column_of_an_access_is_found),
        T(a_row_removed_from_the_middle_is_found),
        T(rows_cut_off_below_the_last_checkpoint_are_found),
        T(accesses_cut_off_below_the_last_checkpoint_are_found),
        T(a_whole_chain_that_was_removed_is_found),
        T(altered_and_removed_checkpoints_are_found),
        T(a_checkpoint_is_made_only_when_a_head_moved),
        T(fresh_accesses_wait_until_they_have_settled),
        T(a_checkpoint_leaves_no_trace_when_the_database_fails),
        T(an_export_shows_what_was_cut_off_with_its_checkpoints),
        T(the_command_tells_a_fault_by_its_exit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
