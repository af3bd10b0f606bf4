/*
 * What hangs on a person who is merged goes with them, in every kind, and comes back: records and
 * papers below them, and whatever refers to them in other families and plans.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/date.h"
#include "letters/letters.h"
#include "merge_trial.h"
#include "people/merge.h"
#include "people/people.h"
#include "plans_help.h"
#include "records/attach.h"
#include "records/records_inner.h"

#define WHY "The same tattoo and the same mother"
#define OUSMANE                                                                                    \
    "names.1.name_text=Ousmane;names.1.name_script=Latn;names.2.name_text=Ndiaye;"                 \
    "names.2.name_script=Latn;birth_date=1990-02-03;birth_precision=day;sex=male"
#define OSMAN                                                                                      \
    "names.1.name_text=Osman;names.1.name_script=Latn;names.2.name_text=Njie;"                     \
    "names.2.name_script=Latn;birth_date=1990-02-03;birth_precision=day;sex=male"
#define AGREED                                                                                     \
    "about=plan;purposes=assistance;components=income_generation;data_categories=identity;"        \
    "language=fr;explained=purpose collection_storage_use sharing right_to_refuse "                \
    "no_effect_on_services;about_child=no;mode=written;given_at=2026-11-22;form_version=1;"        \
    "giver=self"
#define TEXT   "Seen at the clinic"
#define LETTER "kind: person\n\n== en\ntitle: A note\n\nKeep this paper.\n"

/* Two records of a man, what hangs on the second, and who else speaks of him. */
struct family {
    const char *kept;
    const char *gone;
    const char *of_case;
    const char *interview;
    const char *consent;
    const char *own;   /* his household */
    const char *house; /* that of Awa, of which he is a member */
    const char *plan;  /* hers, with a line for him and one for her */
    const char *awa;
};

static struct record *whole(struct fixture *f, const char *kind, const char *id)
{
    struct record *rec = NULL;

    must(f, record_load_whole(&f->ctx, &rec, kind, id));
    return rec;
}

static void keep_letter(struct fixture *f, const struct record *rec)
{
    const struct letter_version v = {
        .name = "any", .version = 1, .programme_id = LETTER_ALL, .source = LETTER
    };
    struct letter_programme p = { 0 };
    struct letterhead head = { 0 };
    struct letter_filled filled = { 0 };
    struct letter_pdf pdf = { 0 };
    struct letter_order order = { .rec = rec, .lang = "en", .head = &head, .programme = &p };
    struct letter *l = NULL;

    must(f, letter_open(&f->ctx, &l, &v));
    must(f, letter_programme_of(&f->ctx, &p, rec));
    must(f, letterhead_now(&f->ctx, &head, p.id));
    must(f, letter_fill(&f->ctx, &filled, l, &order));
    must(f, letter_make(&f->ctx, &pdf, &v, &filled, rec, true));
}

static struct family given_family(struct fixture *f)
{
    const struct upload_bytes u = { .name = "note.txt", .bytes = TEXT, .len = sizeof TEXT - 1 };
    const struct record *kept = person_stored(f, OUSMANE);
    const struct record *gone = person_stored(f, OSMAN);
    const struct record *awa = person_stored(f, PERSON_AWA);
    const struct record *of = child_stored(f, FORM_CASE, gone, "opened=2026-11-20");
    const struct record *hers = child_stored(f, FORM_CASE, awa, "opened=2026-11-20");
    struct family t = { .kept = kept->id, .gone = gone->id, .of_case = of->id, .awa = awa->id };
    const char *file = NULL;

    t.interview = child_stored(f, FORM_RSS, gone, BASELINE)->id;
    t.consent = child_stored(f, FORM_CONSENT, gone, AGREED)->id;
    t.own =
        child_stored(f, FORM_HOUSEHOLD, gone,
                     arena_printf(f->ctx.arena,
                                  "label=Njie;members.1.member=%s;members.1.relationship=sibling",
                                  awa->id))
            ->id;
    t.house =
        child_stored(f, FORM_HOUSEHOLD, awa,
                     arena_printf(f->ctx.arena,
                                  "label=Ndiaye;members.1.member=%s;members.1.relationship=sibling;"
                                  "members.2.member=%s;members.2.relationship=sibling",
                                  awa->id, gone->id))
            ->id;
    t.plan =
        plan_stored(f, hers,
                    arena_printf(f->ctx.arena,
                                 "%s;lines.1.line_for=family_member;lines.1.line_beneficiary=%s",
                                 PLANNED, gone->id))
            ->id;
    must(f, attachment_add(&f->ctx, &file, gone, &u));
    keep_letter(f, gone);
    return t;
}

static void ask(struct fixture *f, const struct family *t)
{
    const struct merge_wish wish = { .kept_id = t->kept,
                                     .kept_version = whole(f, FORM_PERSON, t->kept)->version,
                                     .gone_id = t->gone,
                                     .gone_version = whole(f, FORM_PERSON, t->gone)->version,
                                     .choices = "",
                                     .reason = WHY };

    fixture_as(f, "case_manager");
    must(f, merge_ask(&f->ctx, &wish));
    fixture_as(f, "supervisor");
}

static void merge(struct fixture *f, const struct family *t)
{
    const char *kept = NULL;

    ask(f, t);
    must(f, merge_confirm(&f->ctx, &kept, t->gone, t->kept));
}

static const char *join_of(struct fixture *f, const struct family *t)
{
    struct record_join join = { 0 };

    must(f, record_join_of(&f->ctx, &join, t->gone));
    assert_non_null(join.id);
    return join.id;
}

static void part(struct fixture *f, const struct family *t)
{
    must(f, merge_undo(&f->ctx, join_of(f, t), "Two brothers"));
}

/* As the page of the undoing tells it; nothing is changed. */
static int64_t refs_back(struct fixture *f, const struct family *t)
{
    struct record_join join = { 0 };
    int64_t n = 0;

    must(f, record_join_of(&f->ctx, &join, t->gone));
    must(f, record_part_refs(&f->ctx, &n, &join));
    return n;
}

static size_t papers(struct fixture *f, const char *id)
{
    const struct record *rec = whole(f, FORM_PERSON, id);
    struct attachment *files = NULL;
    struct letter_made *letters = NULL;
    size_t files_len = 0;
    size_t letters_len = 0;

    must(f, attachment_list(&f->ctx, &files, &files_len, rec, false));
    must(f, letters_made(&f->ctx, &letters, &letters_len, rec));
    return 10 * files_len + letters_len;
}

static void all_below(struct fixture *f, const struct family *t, const char *whose)
{
    assert_string_equal(whole(f, FORM_CASE, t->of_case)->parent_id, whose);
    assert_string_equal(whole(f, FORM_CONSENT, t->consent)->parent_id, whose);
    assert_string_equal(whole(f, FORM_HOUSEHOLD, t->own)->parent_id, whose);
    assert_string_equal(whole(f, FORM_RSS, t->interview)->parent_id, whose);
    assert_int_equal(papers(f, whose), 21); /* a file of one's own, a letter and its file */
    assert_int_equal(papers(f, whose == t->kept ? t->gone : t->kept), 0);
}

static const char *member(struct fixture *f, const struct family *t, size_t row)
{
    return row_value(whole(f, FORM_HOUSEHOLD, t->house), FIELD_HOUSEHOLD_MEMBERS, row,
                     FIELD_HOUSEHOLD_MEMBER);
}

static const char *line_of(struct fixture *f, const struct family *t)
{
    return row_value(whole(f, FORM_PLAN, t->plan), FIELD_PLAN_LINES, 1,
                     FIELD_PLAN_LINE_BENEFICIARY);
}

/* Proves R-4.2.1-07: both histories are kept in one, and come apart again. */
static void interviews_consents_households_files_and_letters_go_and_come_back(void **state)
{
    struct fixture *f = *state;
    const struct family t = given_family(f);

    all_below(f, &t, t.gone);
    merge(f, &t);
    all_below(f, &t, t.kept);
    part(f, &t);
    all_below(f, &t, t.gone);
}

static void rows_of_other_families_and_lines_of_plans_name_the_one_that_stands(void **state)
{
    struct fixture *f = *state;
    const struct family t = given_family(f);
    struct record_version *versions = NULL;
    size_t len = 0;

    merge(f, &t);
    assert_string_equal(member(f, &t, 1), t.awa);
    assert_string_equal(member(f, &t, 2), t.kept);
    assert_string_equal(line_of(f, &t), t.kept);
    must(f, record_history(&f->ctx, &versions, &len, FORM_HOUSEHOLD, t.house));
    assert_int_equal(len, 2);
    assert_string_equal(versions[0].action, "merge");
    assert_int_equal(audit_count(f, "plan.merge"), 1);
    must(f, db_flush(&f->ctx, f->ctx.db));
    assert_false(files_hold(f, arena_printf(f->ctx.arena, "%s line_beneficiary", t.plan)));
    assert_int_equal(refs_back(f, &t), 2);
    part(f, &t);
    assert_string_equal(member(f, &t, 1), t.awa);
    assert_string_equal(member(f, &t, 2), t.gone);
    assert_string_equal(line_of(f, &t), t.gone);
}

static void what_was_changed_in_between_is_not_lost(void **state)
{
    struct fixture *f = *state;
    const struct family t = given_family(f);
    struct answers *row;
    struct record *rec = NULL;

    merge(f, &t);
    must(f, record_load(&f->ctx, &rec, FORM_HOUSEHOLD, t.house));
    record_set(rec, FIELD_HOUSEHOLD_LABEL, "Ndiaye of Rufisque");
    row =
        answers_add_row(f->ctx.arena, rec->answers, field_find(rec->form, FIELD_HOUSEHOLD_MEMBERS));
    answers_set(row, field_find(rec->form, FIELD_HOUSEHOLD_MEMBER), t.kept);
    answers_set(row, field_find(rec->form, FIELD_HOUSEHOLD_RELATIONSHIP), "sibling");
    must(f, record_update(&f->ctx, rec, rec->version));
    must(f, record_load(&f->ctx, &rec, FORM_PLAN, t.plan));
    answers_set(rec->answers->rows[field_find(rec->form, FIELD_PLAN_LINES)->place][0],
                field_find(rec->form, FIELD_PLAN_LINE_BENEFICIARY), t.awa);
    must(f, record_update(&f->ctx, rec, rec->version));
    assert_int_equal(refs_back(f, &t), 1); /* the other one names somebody else now */
    part(f, &t);
    assert_string_equal(record_value(whole(f, FORM_HOUSEHOLD, t.house), FIELD_HOUSEHOLD_LABEL),
                        "Ndiaye of Rufisque");
    assert_string_equal(member(f, &t, 2), t.gone);
    assert_string_equal(member(f, &t, 3), t.kept); /* added since */
    assert_string_equal(line_of(f, &t), t.awa);    /* somebody else since */
}

static void who_is_merged_into_the_next_is_pointed_back_step_by_step(void **state)
{
    struct fixture *f = *state;
    const struct family t = given_family(f);
    const struct family next = { .kept = person_stored(f, PERSON_AWA)->id, .gone = t.kept };

    merge(f, &t);
    merge(f, &next);
    assert_string_equal(member(f, &t, 2), next.kept);
    part(f, &next);
    assert_string_equal(member(f, &t, 2), t.kept);
    part(f, &t);
    assert_string_equal(member(f, &t, 2), t.gone);
    assert_string_equal(line_of(f, &t), t.gone);
}

static void what_was_signed_reads_the_same_under_either_record(void **state)
{
    struct fixture *f = *state;
    struct plan_signature *items = NULL;
    struct family t;
    struct record *plan;
    size_t len = 0;

    second_supervisor(f);
    t = given_family(f);
    plan = whole(f, FORM_PLAN, t.plan);
    agree(f, plan);
    for (int step = 0; step < 3; step++) {
        if (step == 1)
            merge(f, &t);
        if (step == 2)
            part(f, &t);
        assert_string_equal(line_of(f, &t), step == 1 ? t.kept : t.gone);
        must(f, plan_signatures(&f->ctx, &items, &len, whole(f, FORM_PLAN, t.plan)));
        assert_int_equal(len, 3);
        for (size_t i = 0; i < len; i++)
            assert_true(items[i].matches);
    }
}

static void an_index_from_before_gets_the_references_and_a_new_one_too(void **state)
{
    struct fixture *f = *state;
    const struct family t = given_family(f);
    const char **ids = NULL;
    size_t len = 0;

    must(f, index_catch_up(&f->ctx, NULL));
    tamper(f, f->ctx.index_db, "DELETE FROM token");
    tamper(f, f->ctx.index_db, "UPDATE applied SET refs = 0");
    merge(f, &t);
    assert_string_equal(member(f, &t, 2), t.kept);
    must(f, index_rebuild(&f->ctx, NULL));
    must(f, index_refs(&f->ctx, &ids, &len, form_find(f->ctx.forms, FORM_HOUSEHOLD), t.kept));
    assert_int_equal(len, 1);
    assert_string_equal(ids[0], t.house);
    must(f, index_refs(&f->ctx, &ids, &len, form_find(f->ctx.forms, FORM_HOUSEHOLD), t.gone));
    assert_int_equal(len, 0);
}

/* --- every call fails in turn --- */

static const char *everything(struct fixture *f, const void *of)
{
    const struct family *t = of;
    struct buf b;

    buf_init(&b, f->ctx.arena, 4096);
    buf_printf(&b, "%s %s %s %s ", member(f, t, 1), member(f, t, 2), line_of(f, t),
               whole(f, FORM_PERSON, t->gone)->status);
    buf_printf(&b, "%s %s ", whole(f, FORM_CONSENT, t->consent)->parent_id,
               whole(f, FORM_RSS, t->interview)->parent_id);
    buf_printf(&b, "%zu %zu %lld %lld", papers(f, t->kept), papers(f, t->gone),
               (long long)count_of(f, f->ctx.db, "SELECT count(*) FROM record_history"),
               (long long)count_of(f, f->ctx.db, "SELECT count(*) FROM audit"));
    return buf_text(&b);
}

static void pointing_elsewhere_and_back_is_all_or_nothing(void **state)
{
    struct fixture *f = *state;
    const struct family t = given_family(f);
    struct merge_trial w = {
        .kept = t.kept, .gone = t.gone, .everything = everything, .of = &t, .step = 31, .least = 80
    };

    ask(f, &t);
    merge_is_all_or_nothing(f, &w);
    assert_string_equal(member(f, &t, 2), t.kept);
    w.join = join_of(f, &t);
    merge_is_all_or_nothing(f, &w);
    assert_string_equal(member(f, &t, 2), t.gone);
    assert_string_equal(line_of(f, &t), t.gone);
}

/* --- in the very moment --- */

#define OF_BOTH "label=Njie;members.1.member=%s;members.1.relationship=sibling"

static struct family two_of_one(struct fixture *f)
{
    struct family t = { .kept = person_stored(f, OUSMANE)->id,
                        .gone = person_stored(f, OSMAN)->id };

    t.awa = person_stored(f, PERSON_AWA)->id;
    return t;
}

static struct record *household(struct fixture *f, const char *below, const char *member)
{
    struct record *rec = NULL;

    must(f, record_new(&f->ctx, &rec, FORM_HOUSEHOLD, below));
    person_fill(f, rec, arena_printf(f->ctx.arena, OF_BOTH, member));
    return rec;
}

static struct fixture *meanwhile; /* whose two records become one before the next is stored */
static const struct family *of_meanwhile;

static enum err merge_meanwhile(struct ctx *ctx, struct record *rec, const struct record *old)
{
    struct fixture *f = meanwhile;

    (void)rec;
    (void)old;
    meanwhile = NULL;
    if (f && ctx->db == f->ctx.db)
        merge(f, of_meanwhile);
    return OK;
}

/* All was looked at, and is another when it is stored: also where who writes is alone. */
static void what_is_merged_before_a_record_is_stored_takes_no_reference_and_no_child(void **state)
{
    static const struct record_hooks slow = { .kind = FORM_HOUSEHOLD,
                                              .before_save = merge_meanwhile };
    static const struct record_hooks *const hooks[] = { &people_hooks, &slow, NULL };
    struct fixture *f = *state;
    const struct family t = two_of_one(f);
    const struct family u = two_of_one(f);
    struct record *rec = household(f, t.awa, t.gone);
    const char *number = whole(f, FORM_PERSON, t.gone)->number;

    records_use_hooks(hooks);
    meanwhile = f;
    of_meanwhile = &t;
    assert_int_equal(record_insert(&f->ctx, rec), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "members.1.member"));
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rec_household"), 0);
    ctx_clear_problems(&f->ctx);
    rec = household(f, u.gone, u.awa);
    meanwhile = f;
    of_meanwhile = &u;
    assert_int_equal(record_insert(&f->ctx, rec), ERR_CONFLICT);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM rec_household"), 0);
    ctx_clear_problems(&f->ctx);
    rec = household(f, t.awa, number); /* afterwards the number stands for the other */
    must(f, record_insert(&f->ctx, rec));
    assert_string_equal(row_value(rec, FIELD_HOUSEHOLD_MEMBERS, 1, FIELD_HOUSEHOLD_MEMBER), t.kept);
}

/* The merging by another process, on connections of its own; never returns. */
static void merge_elsewhere(struct fixture *f, const struct family *t)
{
    struct ctx own = f->ctx;
    struct db *keys = NULL;
    struct db *access = NULL;
    const char *kept = NULL;
    enum err rc = db_open(&own, &own.db, f->url, DB_READ_WRITE, NULL);

    if (rc == OK)
        rc = db_open(&own, &own.index_db, db_companion_url(own.arena, f->url, "index"),
                     DB_READ_WRITE, NULL);
    if (rc == OK)
        rc = db_open(&own, &keys, db_companion_url(own.arena, f->url, "keys"), DB_READ_WRITE, NULL);
    if (rc == OK)
        rc = db_open(&own, &access, db_companion_url(own.arena, f->url, "access"), DB_READ_WRITE,
                     NULL);
    if (rc == OK)
        rc = audit_open(&own, &own.audit, access);
    vault_attach(own.vault, keys);
    if (rc == OK)
        rc = merge_confirm(&own, &kept, t->gone, t->kept);
    if (rc)
        print_error("%s\n", ctx_first_problem(&own));
    _exit(rc == OK ? 0 : 1);
}

static void wait_until_it_waits_for_us(struct fixture *f)
{
    static const char waiting[] = "SELECT count(*) FROM pg_locks WHERE NOT granted AND"
                                  " transactionid = pg_current_xact_id()::xid";
    const int64_t until = clock_now_ms() + 20000;

    while (count_of(f, f->ctx.db, waiting) == 0)
        assert_true(clock_now_ms() < until);
}

/* On PostgreSQL two write at once: the merging waits for a reference that is being stored. */
static void a_reference_that_is_just_being_stored_is_pointed_too(void **state)
{
    struct fixture *f = *state;
    const struct family t = two_of_one(f);
    struct record *rec;
    int status = 1;
    pid_t pid;

    if (!f->postgres)
        return;
    ask(f, &t);
    must(f, db_begin(&f->ctx));
    rec = household(f, t.awa, t.gone);
    must(f, record_insert(&f->ctx, rec));
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        merge_elsewhere(f, &t);
    wait_until_it_waits_for_us(f);
    must(f, db_commit(&f->ctx));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_string_equal(whole(f, FORM_PERSON, t.gone)->status, STATUS_MERGED);
    rec = whole(f, FORM_HOUSEHOLD, rec->id);
    assert_string_equal(row_value(rec, FIELD_HOUSEHOLD_MEMBERS, 1, FIELD_HOUSEHOLD_MEMBER), t.kept);
}

static int merge_setup(void **state)
{
    int rc = plans_setup(state);

    if (rc == 0)
        records_watch_merge(letters_follow_merge);
    return rc;
}

#define T(test) cmocka_unit_test_setup_teardown(test, merge_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(interviews_consents_households_files_and_letters_go_and_come_back),
        T(rows_of_other_families_and_lines_of_plans_name_the_one_that_stands),
        T(what_was_changed_in_between_is_not_lost),
        T(who_is_merged_into_the_next_is_pointed_back_step_by_step),
        T(what_was_signed_reads_the_same_under_either_record),
        T(an_index_from_before_gets_the_references_and_a_new_one_too),
        T(pointing_elsewhere_and_back_is_all_or_nothing),
        T(what_is_merged_before_a_record_is_stored_takes_no_reference_and_no_child),
        T(a_reference_that_is_just_being_stored_is_pointed_too),
    };

    return cmocka_run_group_tests_name("merge_refs", tests, NULL, NULL);
}
