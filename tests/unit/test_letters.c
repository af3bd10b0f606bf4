/* Letters: what a template may say, what the maker may read, versions, letterheads, faults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "letters/letters.h"
#include "rules_help.h"

#define CALLS_MAX 400
#define HEAD      "kind: case\n\n== en\ntitle: A note\n\n"
#define PROGRAMME "019a0000-0000-7000-8000-0000000000aa"

static struct letter *opened(struct fixture *f, const char *text)
{
    const struct letter_version v = { .name = "any", .source = text };
    struct letter *l = NULL;

    must(f, letter_open(&f->ctx, &l, &v));
    return l;
}

static bool tells(const struct letter *l, int line, int column, const char *value, const char *text)
{
    for (size_t i = 0; i < l->mistakes_len; i++) {
        const struct letter_mistake *m = &l->mistakes[i];

        if (m->line == line && (column == 0 || m->column == column) &&
            text_equal(m->value, value) && strstr(m->text, text))
            return true;
    }
    return false;
}

/* --- templates --- */

static void every_mistake_of_a_template_has_a_place(void **state)
{
    struct fixture *f = *state;
    struct letter *l = opened(f, "kind: house\nask: x colour\n\n== en\ntitle: T\n\nA ${opened} "
                                 "${no_field} ${/data/person/none}\n${open\n| a | b |\n| c |\n"
                                 "each: /data/action\ntext\n\n== fr\ntitle: T\n\nB ${closed_on}\n");

    assert_true(tells(l, 1, 7, "house", "Write case or person"));
    assert_true(tells(l, 2, 6, "x colour", "text, long, date or time"));
    assert_true(tells(l, 8, 1, "${open", "not closed"));
    assert_true(tells(l, 10, 1, "| c |", "1 cells, the first one has 2"));
    assert_true(tells(l, 12, 1, "text", "Below each:"));
    assert_true(tells(l, 14, 1, "opened", "stands in en, not in fr"));
    assert_true(tells(l, 17, 5, "closed_on", "stands in fr, not in en"));
    l = opened(f, HEAD "A ${opened} ${no_field} ${/data/person/none} ${count(}\n");
    assert_true(tells(l, 6, 15, "no_field", "no field no_field"));
    assert_true(tells(l, 6, 40, "/data/person/none", "nothing named none"));
    assert_true(tells(l, 6, 0, "count(", "cannot be read"));
    assert_int_equal(l->bad, 3);
    assert_int_equal(letter_refuse(&f->ctx, l), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "letters/any.md:6:15"));
}

static void a_letter_of_a_person_reads_nothing_of_a_case(void **state)
{
    struct fixture *f = *state;
    struct letter *l = opened(f, "kind: person\n\n== en\ntitle: T\n\n${/data/person/birth_date} "
                                 "${opened} ${/data/opened} ${/data/action/done_on}\n");

    assert_int_equal(l->bad, 3);
    assert_true(tells(l, 6, 0, "opened", "/data/person/opened"));
    assert_true(tells(l, 6, 0, "/data/opened", "nothing named opened"));
}

/* Shipped letters stand in four languages, are well, and tell no purpose to whoever sees them. */
static void shipped_letters_are_whole_in_four_languages_and_tell_no_purpose(void **state)
{
    static const char *const telling[] = {
        "migra",  "return",  "reintegr", "traffick", "asyl",  "deport", "refug", "retour",
        "intégr", "traite",  "asile",    "expuls",   "réfug", "retorn", "trata", "asilo",
        "هجرة",   "المهاجر", "العودة",   "العائد",   "إدماج", "اتجار",  "لجوء",  "ترحيل",
    };
    struct fixture *f = *state;
    struct letter_version *items = NULL;
    size_t len = 0;

    must(f, letters_now(&f->ctx, &items, &len, LETTER_ALL));
    assert_true(len >= 7);
    for (size_t i = 0; i < len; i++) {
        char **lines = text_split(f->ctx.arena, items[i].source, '\n', true, NULL);
        struct letter *l = NULL;

        must(f, letter_open(&f->ctx, &l, &items[i]));
        must(f, letter_refuse(&f->ctx, l));
        assert_int_equal(l->faces_len, 4);
        for (size_t k = 0; lines[k]; k++) {
            if (text_starts(lines[k], "about:"))
                continue; /* which the maker alone sees */
            for (size_t w = 0; w < sizeof telling / sizeof telling[0]; w++)
                if (strcasestr(lines[k], telling[w]))
                    fail_msg("%s says “%s”: %s", items[i].name, telling[w], lines[k]);
        }
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(l->faces[k].blocks_len, l->faces[0].blocks_len);
    }
}

/* --- filling --- */

static struct letter_filled filled(struct fixture *f, const struct record *rec, const char *text,
                                   const char *lang)
{
    struct letter_programme p = { 0 };
    struct letterhead head = { 0 };
    struct letter_filled out = { 0 };
    struct letter_order order = { .rec = rec, .lang = lang, .head = &head, .programme = &p };
    struct letter *l = opened(f, text);

    must(f, letter_refuse(&f->ctx, l));
    must(f, letter_programme_of(&f->ctx, &p, rec));
    must(f, letterhead_now(&f->ctx, &head, p.id));
    must(f, letter_fill(&f->ctx, &out, l, &order));
    return out;
}

/* All that the document says, an item a line. */
static const char *said(struct fixture *f, const struct letter_filled *l)
{
    struct buf b;

    buf_init(&b, f->ctx.arena, 100000);
    for (const struct doc_item *i = document_items(l->document); i; i = i->next) {
        if (i->kind == DOC_ITEM_TEXT)
            buf_printf(&b, "%s\n", i->text);
        for (size_t k = 0; k < i->pairs_len; k++)
            buf_printf(&b, "%s=%s\n", i->pairs[k].label, i->pairs[k].value);
        for (size_t k = 0; k < i->table.rows * i->table.columns_len; k++)
            buf_printf(&b, "%s|", i->table.cells[k] ? i->table.cells[k] : "");
        for (size_t k = 0; k < i->names_len; k++)
            buf_printf(&b, "signs %s\n", i->names[k]);
    }
    assert_true(buf_ok(&b));
    return buf_text(&b);
}

#define SAYS(f, l, text) assert_non_null(strstr(said(f, l), text))

static void pieces_are_shown_as_people_read_them(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, "2026-10-20");
    struct letter_filled l = { 0 };

    (void)child_stored(f, FORM_ACTION, rec, "action_kind=visit;done_on=2026-11-02");
    (void)child_stored(f, FORM_ACTION, rec, "action_kind=contact;due_on=2026-12-02");
    l = filled(f, rec,
               HEAD "# ${letter_person}\n\n${/data/person/sex}, ${/data/return_event/arrival_date},"
                    " ${/data/person/names/name_text}\n\n${if(${vulnerable} = 'no', 'A', 'B')}"
                    "\n\neach: /data/action[done_on != '']\n| What | Day |\n|---|---|\n"
                    "| ${./action_kind} | ${./done_on} |\n\n| Number | ${letter_number} |\n\n"
                    "- one\n\n2. two\n\nsign: ${letter_person}\n",
               "en");
    SAYS(f, &l, "Awa Ndiaye\n");
    SAYS(f, &l, "Female, 20 Oct 2026, Awa, Ndiaye\n");
    SAYS(f, &l, "\nA\n");
    SAYS(f, &l, "Visit|2 Nov 2026|");
    assert_null(strstr(said(f, &l), "Contact")); /* it is not done */
    SAYS(f, &l, arena_printf(f->ctx.arena, "Number=%s\n", rec->number));
    SAYS(f, &l, "\xE2\x80\xA2 one\n2. two\n");
    SAYS(f, &l, "signs Awa Ndiaye\n");
    assert_int_equal(l.blanks_len, 0);
}

static void an_empty_field_is_a_blank_and_that_is_told(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, NULL);
    struct letter_filled l =
        filled(f, rec, HEAD "Ended ${closed_on}, came ${/data/return_event/arrival_date}.\n", "en");

    SAYS(f, &l, "Ended \xE2\x80\xA6");
    assert_int_equal(l.blanks_len, 2);
    assert_string_equal(l.blanks[0].label, "Closed on");
    assert_false(l.blanks[0].forbidden);
}

/* A condition on what may not be read would tell it: the whole piece is blank. */
static void what_the_maker_may_not_read_is_left_blank_and_told(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA ";do_not_disclose_return=family", "2026-10-20");
    const char *text = HEAD "X ${/data/person/do_not_disclose_return} Y ${if("
                            "/data/person/do_not_disclose_return != '', 'secret', 'none')}.\n";
    struct letter_filled l = filled(f, rec, text, "en");

    SAYS(f, &l, "X The family Y secret.");
    fixture_as(f, "programme_manager"); /* sees personal, not sensitive values */
    must(f, record_load(&f->ctx, &rec, FORM_CASE, rec->id));
    l = filled(f, rec, text, "en");
    assert_null(strstr(said(f, &l), "family"));
    assert_null(strstr(said(f, &l), "secret"));
    assert_null(strstr(said(f, &l), "none"));
    assert_int_equal(l.blanks_len, 1);
    assert_true(l.blanks[0].forbidden);
}

/* A letter of a case in which another person stands: her name is not for who may see no people. */
static void a_name_that_a_reference_stands_for_is_shown_to_who_may_see_people(void **state)
{
    static const char text[] = HEAD "Lives with ${/data/household/members/member}.\n";
    struct fixture *f = *state;
    const struct user *whole = f->ctx.user;
    const struct record *fatou =
        person_stored(f, "names.1.name_text=Fatou;names.1.name_script=Latn");
    struct record *rec = given_case(f, PERSON_AWA, NULL);
    struct record above = { .id = rec->parent_id };
    bool permissions[1000];
    struct user some = *whole;
    struct letter_filled l;

    (void)child_stored(f, FORM_HOUSEHOLD, &above,
                       arena_printf(f->ctx.arena,
                                    "label=Diop;members.1.member=%s;members.1.relationship=sibling",
                                    fatou->id));
    l = filled(f, rec, text, "en");
    SAYS(f, &l, "Lives with Fatou.");
    some.permissions = permissions;
    memset(permissions, true, sizeof permissions);
    for (size_t i = 0; user_may(&some, "person.view"); i++) {
        permissions[i ? i - 1 : 0] = true;
        permissions[i] = false;
    }
    f->ctx.user = &some;
    l = filled(f, rec, text, "en");
    assert_null(strstr(said(f, &l), "Fatou"));
    f->ctx.user = whole;
}

static void an_arabic_letter_keeps_numbers_in_their_order(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, NULL);
    struct letter_filled l = filled(f, rec,
                                    "kind: case\n\n== ar\ntitle: T\n\n"
                                    "هاتف +221 33 800 00 00، ${letter_person}، الغرفة 12\n",
                                    "ar");
    struct letter_pdf pdf = { 0 };

    SAYS(f, &l, "\xE2\x81\xA6+221 33 800 00 00\xE2\x81\xA9");
    SAYS(f, &l,
         "\xE2\x81\xA8"
         "Awa Ndiaye\xE2\x81\xA9");
    assert_null(strstr(said(f, &l), "\xE2\x81\xA6"
                                    "12"));
    must(f, document_pdf(&f->ctx, l.document, &pdf.bytes, &pdf.len));
    assert_memory_equal(pdf.bytes, "%PDF", 4);
}

/* --- versions --- */

static void add_programme(struct fixture *f)
{
    tamper(f, f->ctx.db,
           arena_printf(f->ctx.arena,
                        "INSERT INTO programme (id, office_id, code, name) VALUES"
                        " ('" PROGRAMME "', '%s', 'p1', 'Harbour')",
                        f->office_id));
}

static void a_programme_has_letters_and_a_letterhead_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct letter_programme p = { 0 };
    struct letter_version v = { 0 };
    struct letterhead head = { 0 };
    struct record *rec;

    add_programme(f);
    rec = child_stored(f, FORM_CASE, person_stored(f, PERSON_AWA),
                       "opened=2026-11-01;programme=p1;vulnerable=no");
    must(f, letter_programme_of(&f->ctx, &p, rec));
    assert_string_equal(p.name, "Harbour");
    fixture_as(f, "programme_manager");
    assert_int_equal(letter_publish(&f->ctx, "closing", LETTER_ALL, HEAD "All\n", 0),
                     ERR_NOT_FOUND); /* only who reaches all offices */
    must(f, letter_publish(&f->ctx, "closing", p.id, HEAD "Ours ${letter_programme}\n", 0));
    must(f, letter_now(&f->ctx, &v, "closing", p.id));
    assert_int_equal(v.version, 1);
    assert_int_equal(v.origin, LETTER_OWN);
    must(f, letter_now(&f->ctx, &v, "closing", LETTER_ALL));
    assert_int_equal(v.origin, LETTER_SHIPPED);
    must(f, letterhead_load(&f->ctx, &head, p.id));
    head.texts[0].name = "Harbour House";
    must(f, letterhead_save(&f->ctx, &head));
    assert_int_equal(letterhead_save(&f->ctx, &head), ERR_CONFLICT);
    must(f, letterhead_now(&f->ctx, &head, p.id));
    assert_string_equal(letterhead_text_of(&head, "fr").name, "Harbour House");
    must(f, letterhead_now(&f->ctx, &head, LETTER_ALL));
    assert_string_not_equal(letterhead_text_of(&head, "fr").name, "Harbour House");
    assert_int_equal(audit_count(f, "letter.publish"), 1);
    assert_int_equal(audit_count(f, "letterhead.change"), 1);
    must(f, letter_withdraw(&f->ctx, "closing", p.id, 1));
    must(f, letter_now(&f->ctx, &v, "closing", p.id));
    assert_int_equal(v.origin, LETTER_SHIPPED);
    fixture_as(f, "case_manager");
    assert_int_equal(letter_publish(&f->ctx, "closing", p.id, HEAD "x\n", 2), ERR_FORBIDDEN);
}

static enum err made(struct fixture *f, struct letter_pdf *pdf, const struct record *rec)
{
    struct letter_version v = { 0 };
    struct letter_filled l;
    enum err rc = letter_now(&f->ctx, &v, "assistance", LETTER_ALL);

    if (rc)
        return rc;
    l = filled(f, rec, v.source, "en");
    return letter_make(&f->ctx, pdf, &v, &l, rec, true);
}

static void what_was_made_is_sealed_and_goes_with_the_key(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, NULL);
    struct letter_made *items = NULL;
    struct letter_pdf pdf = { 0 };
    size_t len = 0;

    must(f, made(f, &pdf, rec));
    must(f, letters_made(&f->ctx, &items, &len, rec));
    assert_int_equal(len, 1);
    assert_string_equal(items[0].title, "Confirmation of support");
    assert_int_equal(items[0].version, 1);
    assert_non_null(items[0].file_id);
    assert_int_equal(
        count_of(f, f->ctx.db, "SELECT count(*) FROM letter_version WHERE origin = 'shipped'"), 1);
    must(f, db_flush(&f->ctx, f->ctx.db));
    assert_false(files_hold(f, "Awa Ndiaye"));
    tamper(f, f->ctx.db, "UPDATE letter_made SET id = '019a0000-0000-7000-8000-0000000000ab'");
    assert_int_equal(letters_made(&f->ctx, &items, &len, rec),
                     ERR_INVALID); /* bound to its place */
    fixture_as(f, "me_officer");
    assert_int_equal(made(f, &pdf, rec), ERR_FORBIDDEN);
}

/* --- faults --- */

struct writer {
    const char *name;
    const char *login;
    enum err (*run)(struct fixture *f, const struct record *rec);
};

static enum err run_make(struct fixture *f, const struct record *rec)
{
    struct letter_version v = { 0 };
    struct letter_programme p = { 0 };
    struct letterhead head = { 0 };
    struct letter_filled l = { 0 };
    struct letter_pdf pdf = { 0 };
    struct letter *t = NULL;
    struct letter_order order = { .rec = rec, .lang = "en", .head = &head, .programme = &p };
    enum err rc = letter_now(&f->ctx, &v, "assistance", LETTER_ALL);

    if (rc == OK)
        rc = letter_programme_of(&f->ctx, &p, rec);
    if (rc == OK)
        rc = letterhead_now(&f->ctx, &head, p.id);
    if (rc == OK)
        rc = letter_open(&f->ctx, &t, &v);
    if (rc == OK)
        rc = letter_fill(&f->ctx, &l, t, &order);
    return rc ? rc : letter_make(&f->ctx, &pdf, &v, &l, rec, true);
}

static enum err run_publish(struct fixture *f, const struct record *rec)
{
    (void)rec;
    return letter_publish(&f->ctx, "note", LETTER_ALL, HEAD "Hello ${letter_person}\n", 0);
}

static enum err run_head(struct fixture *f, const struct record *rec)
{
    struct letterhead h = { 0 };
    enum err rc;

    (void)rec;
    rc = letterhead_load(&f->ctx, &h, LETTER_ALL);
    if (rc)
        return rc;
    h.texts[0].name = "Blue House";
    return letterhead_save(&f->ctx, &h);
}

static int64_t rows_of_all(struct fixture *f)
{
    return count_of(f, f->ctx.db,
                    "SELECT (SELECT count(*) FROM letter_version) + (SELECT count(*)"
                    " FROM letter_made) + (SELECT count(*) FROM attachment)"
                    " + (SELECT count(*) FROM letterhead) + (SELECT count(*) FROM"
                    " letterhead_text) + (SELECT count(*) FROM audit)");
}

static enum err yes(struct ctx *ctx, const char **refused_out, const struct record *rec,
                    const struct letter_sharing *sharing)
{
    (void)ctx;
    *refused_out = NULL;
    assert_string_equal(rec->form->kind, FORM_CASE);
    assert_string_equal(sharing->purpose, "referral");
    assert_string_equal(sharing->recipient, "");
    assert_int_equal(sharing->categories_len, 2);
    assert_string_equal(sharing->categories[1], "needs");
    return OK;
}

static void a_letter_to_somebody_else_is_refused_by_default(void **state)
{
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, NULL);
    struct letter_version v = { 0 };
    struct letter_pdf pdf = { 0 };
    struct letter_filled l;

    must(f, letter_now(&f->ctx, &v, "referral", LETTER_ALL));
    l = filled(f, rec, v.source, "en");
    assert_int_equal(letter_make(&f->ctx, &pdf, &v, &l, rec, false), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, LETTER_CONSENT));
    assert_null(pdf.bytes);
    letters_use_guard(yes);
    must(f, letter_make(&f->ctx, &pdf, &v, &l, rec, false));
    letters_use_guard(NULL);
    assert_non_null(pdf.bytes);
}

static void what_a_letter_shares_has_to_be_in_the_form_of_consent(void **state)
{
    struct fixture *f = *state;
    struct letter *l =
        opened(f, "kind: case\nask: to long\nshare: immigration_enforcement to shoes\n"
                  "share: referral to needs\n\n== en\ntitle: T\nask to: To\n\nA\n");

    assert_true(tells(l, 3, 8, "immigration_enforcement", "nobody can consent"));
    assert_true(tells(l, 3, 8, "shoes", "nobody can consent"));
    assert_true(tells(l, 4, 8, "referral to needs", "Write once"));
    l = opened(f, "kind: case\nask: on date\nshare: referral on needs\n\n== en\ntitle: T\n\nA\n");
    assert_true(tells(l, 3, 8, "referral on needs", "Write once"));
}

static void whatever_call_fails_nothing_of_a_letter_remains(void **state)
{
    static const struct writer writers[] = { { "make", "supervisor", run_make },
                                             { "publish", "administrator", run_publish },
                                             { "letterhead", "administrator", run_head } };
    struct fixture *f = *state;
    struct record *rec = given_case(f, PERSON_AWA, "2026-10-20");
    const char *id = arena_strdup(f->long_arena, rec->id);

    for (size_t w = 0; w < sizeof writers / sizeof writers[0]; w++) {
        enum err rc = ERR_DB;
        int n = 1;

        for (; rc != OK && n < CALLS_MAX; n++) {
            int64_t before;

            fixture_next_request(f, 1000);
            fixture_as(f, "supervisor");
            must(f, record_load(&f->ctx, &rec, FORM_CASE, id));
            fixture_as(f, writers[w].login);
            before = rows_of_all(f);
            db_fail_at(f->ctx.db, n);
            rc = writers[w].run(f, rec);
            db_fail_at(f->ctx.db, 0);
            assert_false(db_in_transaction(f->ctx.db));
            if (rc != OK)
                assert_int_equal(rows_of_all(f), before);
        }
        if (rc != OK)
            fail_msg("%s never works", writers[w].name);
        assert_true(n > 5);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_mistake_of_a_template_has_a_place),
        TEST(a_letter_of_a_person_reads_nothing_of_a_case),
        TEST(shipped_letters_are_whole_in_four_languages_and_tell_no_purpose),
        TEST(pieces_are_shown_as_people_read_them),
        TEST(an_empty_field_is_a_blank_and_that_is_told),
        TEST(what_the_maker_may_not_read_is_left_blank_and_told),
        TEST(a_name_that_a_reference_stands_for_is_shown_to_who_may_see_people),
        TEST(an_arabic_letter_keeps_numbers_in_their_order),
        TEST(a_programme_has_letters_and_a_letterhead_of_its_own),
        TEST(what_was_made_is_sealed_and_goes_with_the_key),
        TEST(a_letter_to_somebody_else_is_refused_by_default),
        TEST(what_a_letter_shares_has_to_be_in_the_form_of_consent),
        TEST(whatever_call_fails_nothing_of_a_letter_remains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
