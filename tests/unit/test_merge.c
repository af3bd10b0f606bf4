/* Two records of one person become one, by two people, and two again for 30 days. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/id.h"
#include "core/text.h"
#include "merge_trial.h"
#include "people/identity.h"
#include "people/merge.h"
#include "people_fixture.h"
#include "records/attach.h"

#define WHY "The same tattoo and the same mother"
#define DAY ((int64_t)24 * 60 * 60 * 1000)

#define OUSMANE                                                                                    \
    "names.1.name_text=Ousmane;names.1.name_script=Latn;names.2.name_text=Ndiaye;"                 \
    "names.2.name_script=Latn;birth_date=1990-02-03;birth_precision=day;sex=male;nationality=SN;"  \
    "contacts.1.contact_kind=phone;contacts.1.contact_value=+221771234567;"                        \
    "contacts.1.contact_owner=self;languages.1.language_code=wo"
#define OSMAN                                                                                      \
    "names.1.name_text=Osman;names.1.name_script=Latn;names.2.name_text=Njie;"                     \
    "names.2.name_script=Latn;names.3.name_text=\xD8\xB9\xD8\xAB\xD9\x85\xD8\xA7\xD9\x86;"         \
    "names.3.name_script=Arab;birth_date=1990-03-02;birth_precision=day;sex=male;"                 \
    "gender=man;languages.1.language_code=wo;languages.2.language_code=fr"
#define CASE_ANSWERS "programme=p1;opened=2026-11-20;vulnerable=no"
#define CHOOSE       "birth_date gone\nsex kept\n"

static struct record *whole(struct fixture *f, const char *kind, const char *id)
{
    struct record *rec = NULL;

    must(f, record_load_whole(&f->ctx, &rec, kind, id));
    return rec;
}

/* Everything that a record says, but for versions and the ids of rows. */
static const char *said(struct fixture *f, const char *kind, const char *id)
{
    const struct record *rec = whole(f, kind, id);
    struct buf b;

    buf_init(&b, f->ctx.arena, 65536);
    buf_printf(&b, "%s %s %s %s\n", rec->status, rec->parent_id ? rec->parent_id : "-", rec->key_id,
               rec->office_id);
    for (size_t i = 0; i < rec->form->all_len; i++) {
        const struct field *field = rec->form->all[i];

        if (!field->repeat && rec->answers->values[i])
            buf_printf(&b, "%s=%s\n", field->name, rec->answers->values[i]);
        for (size_t r = 0; field->kind == FIELD_REPEAT && r < rec->answers->rows_len[i]; r++)
            for (size_t k = 0; k < rec->form->all_len; k++)
                if (rec->form->all[k]->repeat == field && rec->answers->rows[i][r]->values[k])
                    buf_printf(&b, "%zu %s=%s\n", r, rec->form->all[k]->name,
                               rec->answers->rows[i][r]->values[k]);
    }
    return buf_text(&b);
}

/* Two records of a man; what hangs on the second. */
struct twins {
    const char *kept;
    const char *gone;
    const char *number; /* of the gone one */
    const char *gone_case;
    const char *contact; /* below that case */
};

static struct twins given_twins(struct fixture *f)
{
    const struct record *kept = person_stored(f, OUSMANE);
    const struct record *gone = person_stored(f, OSMAN);
    const struct record *below = child_stored(f, "case", gone, CASE_ANSWERS);
    const struct record *contact =
        child_stored(f, "action", below, "action_kind=visit;done_on=2026-11-21");

    must(f, record_comment_add(&f->ctx, gone, "Call in the evening"));
    return (struct twins){ kept->id, gone->id, gone->number, below->id, contact->id };
}

static struct merge_wish wish_of(struct fixture *f, const struct twins *t, const char *choices)
{
    return (struct merge_wish){ .kept_id = t->kept,
                                .kept_version = whole(f, "person", t->kept)->version,
                                .gone_id = t->gone,
                                .gone_version = whole(f, "person", t->gone)->version,
                                .choices = choices,
                                .reason = WHY };
}

static void ask(struct fixture *f, const struct twins *t, const char *choices)
{
    const struct merge_wish wish = wish_of(f, t, choices);

    fixture_as(f, "case_manager");
    must(f, merge_ask(&f->ctx, &wish));
    fixture_as(f, "supervisor");
}

static void merge(struct fixture *f, const struct twins *t, const char *choices)
{
    const char *kept = NULL;

    ask(f, t, choices);
    must(f, merge_confirm(&f->ctx, &kept, t->gone, t->kept));
    assert_string_equal(kept, t->kept);
}

static const char *join_of(struct fixture *f, const struct twins *t)
{
    struct record_join join = { 0 };

    must(f, record_join_of(&f->ctx, &join, t->gone));
    assert_non_null(join.id);
    return join.id;
}

static size_t comments(struct fixture *f, const char *id)
{
    struct record_comment *items = NULL;
    size_t len = 0;

    must(f, record_comments(&f->ctx, &items, &len, whole(f, "person", id)));
    return len;
}

static const char *found(struct fixture *f, const char *words)
{
    struct record_hit *hits = NULL;
    size_t len = 0;

    must(f, index_catch_up(&f->ctx, NULL));
    must(f, record_search(&f->ctx, &hits, &len, "person", words));
    assert_int_equal(len, 1);
    return hits[0].record->id;
}

static void a_merge_takes_two_people_and_carries_all_that_hangs_on_the_other(void **state)
{
    struct fixture *f = *state;
    const struct twins t = given_twins(f);
    const struct merge_wish wish = wish_of(f, &t, CHOOSE);
    const char *kept = NULL;
    struct record *rec;

    fixture_as(f, "case_manager");
    must(f, merge_ask(&f->ctx, &wish));
    assert_int_equal(merge_confirm(&f->ctx, &kept, t.kept, t.gone), ERR_FORBIDDEN);
    fixture_as(f, "supervisor");
    must(f, merge_ask(&f->ctx, &wish));
    assert_int_equal(merge_confirm(&f->ctx, &kept, t.kept, t.gone), ERR_CONFLICT);
    merge(f, &t, CHOOSE);
    rec = whole(f, "person", t.kept);
    assert_string_equal(record_value(rec, "birth_date"), "1990-03-02");
    assert_string_equal(record_value(rec, "gender"), "man");
    assert_int_equal(rows_of(rec, "languages"), 2);
    assert_int_equal(rows_of(rec, "contacts"), 1);
    assert_int_equal(rows_of(rec, "names"), 5);
    assert_string_equal(whole(f, "person", t.gone)->status, "merged");
    assert_string_equal(whole(f, "case", t.gone_case)->parent_id, t.kept);
    assert_string_equal(whole(f, "action", t.contact)->parent_id, t.gone_case);
    assert_int_equal(comments(f, t.kept), 1);
    assert_int_equal(comments(f, t.gone), 0);
    assert_int_equal(audit_count(f, "person.merge"), 1);
    assert_int_equal(audit_count(f, "person.merge_away"), 1);
    assert_int_equal(audit_count(f, "case.merge"), 1);
    assert_false(files_hold(f, "tattoo"));
}

static void the_names_in_use_are_those_that_were_chosen_and_all_find_the_one(void **state)
{
    struct fixture *f = *state;
    const struct twins t = given_twins(f);
    struct record *rec = NULL;

    merge(f, &t, CHOOSE "names kept\n");
    must(f, record_load(&f->ctx, &rec, "person", t.kept));
    assert_string_equal(rec->title,
                        "Ousmane Ndiaye \xC2\xB7 \xD8\xB9\xD8\xAB\xD9\x85\xD8\xA7\xD9\x86");
    assert_string_equal(found(f, "Ousmane Ndiaye"), t.kept);
    assert_string_equal(found(f, "Osman Njie"), t.kept);
    assert_string_equal(found(f, t.number), t.kept);
}

static void undoing_gives_both_back_field_by_field(void **state)
{
    struct fixture *f = *state;
    const struct twins t = given_twins(f);
    const char *kept = said(f, "person", t.kept);
    const char *gone = said(f, "person", t.gone);
    const char *of_case = said(f, "case", t.gone_case);
    const char *contact = said(f, "action", t.contact);

    merge(f, &t, CHOOSE "names gone\n");
    assert_string_not_equal(said(f, "person", t.kept), kept);
    assert_int_equal(merge_undo(&f->ctx, join_of(f, &t), " "), ERR_INVALID);
    must(f, merge_undo(&f->ctx, join_of(f, &t), "Two brothers"));
    assert_string_equal(said(f, "person", t.kept), kept);
    assert_string_equal(said(f, "person", t.gone), gone);
    assert_string_equal(said(f, "case", t.gone_case), of_case);
    assert_string_equal(said(f, "action", t.contact), contact);
    assert_int_equal(comments(f, t.kept), 0);
    assert_int_equal(comments(f, t.gone), 1);
    assert_string_equal(found(f, t.number), t.gone);
    assert_int_equal(audit_count(f, "person.part"), 2);
}

static void what_was_added_since_stays_with_the_one_that_stands(void **state)
{
    struct fixture *f = *state;
    const struct twins t = given_twins(f);
    struct merge_count *counts = NULL;
    struct record_join join = { 0 };
    struct record *rec = NULL;
    const char *added;
    size_t len = 0;

    merge(f, &t, CHOOSE);
    must(f, record_load(&f->ctx, &rec, "person", t.kept));
    added = child_stored(f, "case", rec, CASE_ANSWERS)->id;
    must(f, record_comment_add(&f->ctx, rec, "Came to the office"));
    record_set(rec, "gender", "he");
    must(f, record_update(&f->ctx, rec, rec->version));
    must(f, record_join_load(&f->ctx, &join, join_of(f, &t)));
    must(f, record_part_look(&f->ctx, &counts, &len, &join));
    assert_int_equal(len, 1);
    assert_string_equal(counts[0].kind, "case");
    assert_int_equal(counts[0].back, 1);
    assert_int_equal(counts[0].stay, 1);
    must(f, merge_undo(&f->ctx, join.id, "Two brothers"));
    rec = whole(f, "person", t.kept);
    assert_string_equal(record_value(rec, "gender"), "he");
    assert_string_equal(record_value(rec, "birth_date"), "1990-02-03");
    assert_string_equal(whole(f, "case", added)->parent_id, t.kept);
    assert_string_equal(whole(f, "case", t.gone_case)->parent_id, t.gone);
    assert_int_equal(comments(f, t.kept), 1);
}

static void after_thirty_days_the_merge_is_final_and_the_date_is_told(void **state)
{
    struct fixture *f = *state;
    const struct twins t = given_twins(f);

    merge(f, &t, CHOOSE);
    f->ctx.now_ms += 30 * DAY + 1;
    assert_int_equal(merge_undo(&f->ctx, join_of(f, &t), "Two brothers"), ERR_CONFLICT);
    assert_non_null(strstr(ctx_first_problem(&f->ctx), "22 Dec 2026"));
    ctx_clear_problems(&f->ctx);
    f->ctx.now_ms -= 1;
    must(f, merge_undo(&f->ctx, join_of(f, &t), "Two brothers"));
}

static void a_record_that_changed_since_is_looked_at_again(void **state)
{
    struct fixture *f = *state;
    const struct twins t = given_twins(f);
    const char *kept = NULL;
    struct record *rec = NULL;

    ask(f, &t, CHOOSE);
    must(f, record_load(&f->ctx, &rec, "person", t.gone));
    record_set(rec, "gender", "he");
    must(f, record_update(&f->ctx, rec, rec->version));
    assert_int_equal(merge_confirm(&f->ctx, &kept, t.kept, t.gone), ERR_NOT_FOUND);
    ctx_clear_problems(&f->ctx);
    assert_string_equal(whole(f, "person", t.gone)->status, "active");
}

static void answers_that_do_not_go_together_are_refused_when_asked_for(void **state)
{
    struct fixture *f = *state;
    struct twins t = { 0 };
    struct merge_wish wish;

    t.kept = person_stored(f, OUSMANE ";stateless=no")->id;
    t.gone = person_stored(f, "names.1.name_text=Osman;stateless=yes")->id;
    wish = wish_of(f, &t, "stateless gone\n");
    assert_int_equal(merge_ask(&f->ctx, &wish), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "stateless"));
    ctx_clear_problems(&f->ctx);
    wish.reason = "";
    assert_int_equal(merge_ask(&f->ctx, &wish), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "reason"));
}

static void one_merged_into_the_next_comes_apart_in_the_other_order(void **state)
{
    struct fixture *f = *state;
    const struct twins t = given_twins(f);
    const struct twins second = { .kept = person_stored(f, PERSON_AWA)->id, .gone = t.kept };
    const struct twins back = { .kept = t.gone, .gone = t.kept };
    const char *before = said(f, "person", t.kept);
    struct merge_wish wish;

    merge(f, &t, "");
    wish = wish_of(f, &back, "");
    assert_int_equal(merge_ask(&f->ctx, &wish), ERR_CONFLICT); /* no circle */
    wish = wish_of(f, &(struct twins){ .kept = second.kept, .gone = t.gone }, "");
    assert_int_equal(merge_ask(&f->ctx, &wish), ERR_CONFLICT); /* merged already */
    ctx_clear_problems(&f->ctx);
    merge(f, &second, "");
    assert_string_equal(whole(f, "case", t.gone_case)->parent_id, second.kept);
    assert_string_equal(found(f, t.number), second.kept);
    assert_int_equal(merge_undo(&f->ctx, join_of(f, &t), "No"), ERR_CONFLICT);
    ctx_clear_problems(&f->ctx);
    must(f, merge_undo(&f->ctx, join_of(f, &second), "No"));
    assert_string_equal(whole(f, "case", t.gone_case)->parent_id, t.kept);
    must(f, merge_undo(&f->ctx, join_of(f, &t), "No"));
    assert_string_equal(whole(f, "case", t.gone_case)->parent_id, t.gone);
    assert_string_equal(said(f, "person", t.kept), before);
}

static void of_two_merges_at_the_same_time_one_is_told_that_it_came_late(void **state)
{
    struct fixture *f = *state;
    const struct twins t = given_twins(f);
    const struct twins other = { .kept = person_stored(f, PERSON_AWA)->id, .gone = t.gone };
    const struct merge_wish first = wish_of(f, &t, "");
    const struct merge_wish late = wish_of(f, &other, "");
    struct record *kept = whole(f, "person", other.kept);
    struct merge_of m = { .kept_id = late.kept_id,
                          .kept_version = late.kept_version,
                          .gone_id = late.gone_id,
                          .gone_version = late.gone_version,
                          .asked_by = f->ctx.user_id,
                          .reason = WHY };
    const char *id = NULL;

    fixture_as(f, "case_manager");
    must(f, merge_ask(&f->ctx, &first));
    must(f, merge_ask(&f->ctx, &late));
    fixture_as(f, "supervisor");
    m.answers = person_merge_answers(&f->ctx, kept, whole(f, "person", t.gone), "");
    must(f, merge_confirm(&f->ctx, &id, t.kept, t.gone));
    /* The other one had looked at both before. */
    assert_int_equal(record_merge(&f->ctx, &id, "person", &m), ERR_CONFLICT);
    ctx_clear_problems(&f->ctx);
    assert_int_equal(merge_confirm(&f->ctx, &id, other.kept, other.gone), ERR_NOT_FOUND);
    assert_string_equal(whole(f, "case", t.gone_case)->parent_id, t.kept);
}

static void a_merged_record_can_be_read_and_no_longer_changed(void **state)
{
    struct fixture *f = *state;
    const struct twins t = given_twins(f);
    const struct upload_bytes note = { "note.txt", "Where nobody looks", 18 };
    struct record_version *versions = NULL;
    struct record *rec = NULL;
    const char *what = NULL;
    size_t len = 0;

    merge(f, &t, "");
    must(f, record_load(&f->ctx, &rec, "person", t.gone));
    assert_string_equal(row_value(rec, "names", 1, "name_text"), "Osman");
    assert_int_equal(record_update(&f->ctx, rec, rec->version), ERR_CONFLICT);
    assert_int_equal(record_delete(&f->ctx, rec, rec->version, "Twice"), ERR_CONFLICT);
    assert_int_equal(record_comment_add(&f->ctx, rec, "Where nobody looks"), ERR_CONFLICT);
    assert_int_equal(attachment_add(&f->ctx, &what, rec, &note), ERR_CONFLICT);
    must(f, record_undoable(&f->ctx, &what, rec));
    assert_null(what);
    assert_int_equal(record_new(&f->ctx, &rec, "case", t.gone), ERR_CONFLICT);
    must(f, record_history(&f->ctx, &versions, &len, "person", t.gone));
    assert_int_equal(len, 2);
    assert_string_equal(versions[0].action, "merge");
    must(f, record_history(&f->ctx, &versions, &len, "person", t.kept));
    assert_int_equal(len, 2);
}

static void erasing_the_one_erases_both(void **state)
{
    struct fixture *f = *state;
    const struct twins t = given_twins(f);
    struct record *rec;

    merge(f, &t, CHOOSE);
    rec = whole(f, "person", t.kept);
    person_erase(f, rec, "Asked for it");
    fixture_as(f, "supervisor");
    assert_string_equal(whole(f, "person", t.gone)->status, "erased");
    assert_int_equal(rows_of(whole(f, "person", t.gone), "names"), 0);
    assert_string_equal(record_value(whole(f, "case", t.gone_case), "vulnerable"), "");
    assert_int_equal(count_of(f, f->keys, "SELECT count(*) FROM data_key WHERE erased_at > 0"), 2);
    must(f, record_version_whole(&f->ctx, &rec, whole(f, "person", t.gone), 1));
    assert_string_equal(row_value(rec, "names", 1, "name_text"), "");
}

static int64_t pairs_of(struct fixture *f)
{
    return count_of(f, f->ctx.db,
                    "SELECT (SELECT count(*) FROM merge_ask) + (SELECT count(*) FROM not_same)"
                    " + (SELECT count(*) FROM identity_match)");
}

static void nothing_that_was_said_of_a_pair_outlives_who_is_erased(void **state)
{
    struct fixture *f = *state;
    const struct twins t = given_twins(f);
    struct record *rec = whole(f, "person", t.kept);
    struct record *other = person_stored(f, OSMAN);

    must(f, not_same_set(&f->ctx, t.gone, t.kept, "Awa says they are cousins"));
    must(f, not_same_set(&f->ctx, t.gone, other->id, "Two mothers"));
    must(f, merge_ask(&f->ctx, &(struct merge_wish){ .kept_id = other->id,
                                                     .kept_version = 1,
                                                     .gone_id = t.kept,
                                                     .gone_version = rec->version,
                                                     .choices = "",
                                                     .reason = WHY }));
    assert_int_equal(pairs_of(f), 3);
    person_erase(f, rec, "Asked for it");
    assert_int_equal(pairs_of(f), 1); /* of the two others */
}

static void not_the_same_is_remembered_with_the_reason_and_taken_back(void **state)
{
    struct fixture *f = *state;
    const struct twins t = given_twins(f);
    struct not_same *apart = NULL;
    const char **ids = NULL;
    size_t len = 0;

    assert_int_equal(not_same_set(&f->ctx, t.gone, t.kept, ""), ERR_INVALID);
    ctx_clear_problems(&f->ctx);
    must(f, not_same_set(&f->ctx, t.gone, t.kept, "Cousins; different mothers"));
    must(f, not_same_of(&f->ctx, &apart, t.kept, t.gone));
    assert_string_equal(apart->reason, "Cousins; different mothers");
    must(f, not_same_ids(&f->ctx, &ids, &len, t.kept));
    assert_int_equal(len, 1);
    assert_string_equal(ids[0], t.gone);
    assert_false(files_hold(f, "Cousins"));
    must(f, not_same_undo(&f->ctx, t.kept, t.gone));
    must(f, not_same_of(&f->ctx, &apart, t.kept, t.gone));
    assert_null(apart);
    assert_int_equal(not_same_undo(&f->ctx, t.kept, t.gone), ERR_NOT_FOUND);
}

/* --- every call fails in turn --- */

static const char *everything(struct fixture *f, const void *of)
{
    const struct twins *t = of;

    return arena_printf(f->ctx.arena, "%s%s%s%lld %lld", said(f, "person", t->kept),
                        said(f, "person", t->gone), said(f, "case", t->gone_case),
                        (long long)count_of(f, f->ctx.db, "SELECT count(*) FROM record_history"),
                        (long long)count_of(f, f->ctx.db, "SELECT count(*) FROM audit"));
}

static void a_merge_and_its_undoing_are_all_or_nothing(void **state)
{
    struct fixture *f = *state;
    const struct twins t = given_twins(f);
    struct merge_trial w = {
        .kept = t.kept, .gone = t.gone, .everything = everything, .of = &t, .step = 7, .least = 40
    };

    ask(f, &t, CHOOSE);
    merge_is_all_or_nothing(f, &w);
    w.join = join_of(f, &t);
    merge_is_all_or_nothing(f, &w);
    assert_string_equal(whole(f, "case", t.gone_case)->parent_id, t.gone);
}

/* --- other offices --- */

static int told;

static enum err count_told(struct ctx *ctx, const char *staff_id, const char *text,
                           const char *const *args, const char *link)
{
    (void)ctx;
    (void)staff_id;
    (void)text;
    (void)args;
    assert_non_null(link);
    told++;
    return OK;
}

static void given_office(struct fixture *f, const char *code, const char *login, const char *role)
{
    const struct office office = { .code = code,
                                   .name = "Banjul",
                                   .country = "GM",
                                   .time_zone = "Africa/Banjul",
                                   .currency = "GMD",
                                   .language = "en" };
    const char *const roles[] = { role, NULL };
    struct user_new n = { .login = login, .name = "Fatou Jallow", .lang = "en", .roles = roles };
    const char *id = NULL;

    must(f, office_create(&f->ctx, &n.office_id, &office, "Programme for Return"));
    must(f, user_create(&f->ctx, &id, &n));
}

static void a_match_in_another_office_is_told_to_the_identity_officer_alone(void **state)
{
    struct fixture *f = *state;
    struct identity_match *matches = NULL;
    struct record_hit *hits = NULL;
    struct record *abroad;
    const char *here;
    bool more = false;
    size_t len = 0;
    int64_t n = 0;

    given_office(f, "GM", "banjul", "supervisor");
    given_office(f, "HQ", "officer", "identity_officer");
    identity_use_teller(count_told);
    told = 0;
    here = person_stored(f, OUSMANE)->id;
    fixture_as(f, "banjul");
    abroad = person_stored(f, OUSMANE);
    must(f, record_duplicates(&f->ctx, &hits, &len, abroad));
    assert_int_equal(len, 0); /* the worker learns nothing */
    assert_int_equal(identity_list(&f->ctx, &matches, &len), ERR_FORBIDDEN);
    ctx_clear_problems(&f->ctx);
    fixture_as_nobody(f);
    must(f, identity_round(&f->ctx, &more));
    assert_int_equal(told, 1);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM identity_look"), 0);
    fixture_as(f, "officer");
    must(f, identity_count(&f->ctx, &n));
    assert_int_equal(n, 1);
    must(f, identity_list(&f->ctx, &matches, &len));
    assert_int_equal(len, 1);
    must(f, identity_tell(&f->ctx, matches[0].id));
    assert_int_equal(told, 3);
    /* who is not in use any more is no match that waits; who is again, is looked at again */
    must(f, record_load_whole(&f->ctx, &abroad, "person", abroad->id));
    fixture_as(f, "banjul");
    must(f, record_set_status(&f->ctx, abroad, abroad->version, "deceased", "Told"));
    fixture_as(f, "officer");
    must(f, identity_count(&f->ctx, &n));
    assert_int_equal(n, 0);
    fixture_as(f, "banjul");
    must(f, record_undo(&f->ctx, abroad, abroad->version));
    must(f, identity_round(&f->ctx, &more));
    fixture_as(f, "officer");
    must(f, identity_count(&f->ctx, &n));
    assert_int_equal(n, 1);
    must(f, not_same_set(&f->ctx, here, abroad->id, "Cousins"));
    must(f, identity_list(&f->ctx, &matches, &len));
    assert_int_equal(len, 0);
    identity_use_teller(NULL);
}

static void people_of_one_office_are_no_match_between_offices(void **state)
{
    struct fixture *f = *state;
    bool more = false;

    (void)given_twins(f);
    must(f, identity_round(&f->ctx, &more));
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM identity_match"), 0);
}

static void many_new_people_are_looked_at_in_rounds_that_follow_each_other(void **state)
{
    struct fixture *f = *state;
    bool more = false;

    for (int i = 0; i < 201; i++) { /* who is gone by now is looked at, too */
        struct record gone = { .id = id_new(f->ctx.arena, f->ctx.now_ms), .status = "active" };

        must(f, identity_follow(&f->ctx, &gone, NULL));
    }
    must(f, identity_round(&f->ctx, &more));
    assert_true(more);
    for (int i = 0; more && i < 20; i++)
        must(f, identity_round(&f->ctx, &more));
    assert_false(more);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM identity_look"), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_merge_takes_two_people_and_carries_all_that_hangs_on_the_other),
        T(the_names_in_use_are_those_that_were_chosen_and_all_find_the_one),
        T(undoing_gives_both_back_field_by_field),
        T(what_was_added_since_stays_with_the_one_that_stands),
        T(after_thirty_days_the_merge_is_final_and_the_date_is_told),
        T(a_record_that_changed_since_is_looked_at_again),
        T(answers_that_do_not_go_together_are_refused_when_asked_for),
        T(one_merged_into_the_next_comes_apart_in_the_other_order),
        T(of_two_merges_at_the_same_time_one_is_told_that_it_came_late),
        T(a_merged_record_can_be_read_and_no_longer_changed),
        T(erasing_the_one_erases_both),
        T(nothing_that_was_said_of_a_pair_outlives_who_is_erased),
        T(not_the_same_is_remembered_with_the_reason_and_taken_back),
        T(a_merge_and_its_undoing_are_all_or_nothing),
        T(a_match_in_another_office_is_told_to_the_identity_officer_alone),
        T(people_of_one_office_are_no_match_between_offices),
        T(many_new_people_are_looked_at_in_rounds_that_follow_each_other),
    };

    return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
