/* Files of records: what is taken, how it is kept, who may read it, and where it goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "people_fixture.h"
#include "records/attach.h"

#define CALLS_MAX 200
#define PDF       "%PDF-1.7\n1 0 obj << /Title (Awa Ndiaye, a letter of the clinic) >> endobj\n"
#define SECRET    "letter of the clinic"

static const char *added_as(struct fixture *f, const struct record *rec, const char *name,
                            const void *bytes, size_t len)
{
    const struct upload_bytes u = { .name = name, .bytes = bytes, .len = len };
    const char *id = NULL;

    must(f, attachment_add(&f->ctx, &id, rec, &u));
    return id;
}

static const char *added(struct fixture *f, const struct record *rec, const char *name)
{
    return added_as(f, rec, name, PDF, sizeof PDF - 1);
}

static struct attachment one(struct fixture *f, const struct record *rec, const char *id)
{
    struct attachment a = { 0 };

    must(f, attachment_load(&f->ctx, &a, rec, id));
    return a;
}

static size_t listed(struct fixture *f, const struct record *rec, bool gone)
{
    struct attachment *list = NULL;
    size_t len = 0;

    must(f, attachment_list(&f->ctx, &list, &len, rec, gone));
    return len;
}

/* Words of the newest event of a record. */
static const char *last_event(struct fixture *f, const struct record *rec)
{
    struct record_event *events = NULL;
    size_t len = 0;

    must(f, record_events(&f->ctx, &events, &len, rec));
    assert_true(len > 0);
    return arena_printf(f->ctx.arena, "%s %s", events[0].action, events[0].words);
}

static void all_bytes(struct fixture *f, const struct attachment *a, char *out)
{
    size_t at = 0;

    for (int64_t place = 0; place < a->chunks; place += ATTACHMENT_PART) {
        const char *bytes = NULL;
        size_t len = 0;

        must(f, attachment_read(&f->ctx, &bytes, &len, a, place));
        assert_true(len <= ATTACHMENT_PART * ATTACHMENT_CHUNK);
        memcpy(out + at, bytes, len);
        at += len;
    }
    assert_int_equal(at, a->bytes);
}

/* --- keeping --- */

static void a_file_comes_back_as_it_went_in_and_stands_nowhere_in_clear(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct attachment a = one(f, awa, added(f, awa, "Ndiaye clinic.pdf"));
    const char *bytes = NULL;
    size_t len = 0;

    assert_string_equal(a.name, "Ndiaye clinic.pdf");
    assert_string_equal(a.type->media, "application/pdf");
    must(f, attachment_read(&f->ctx, &bytes, &len, &a, 0));
    assert_int_equal(len, sizeof PDF - 1);
    assert_memory_equal(bytes, PDF, len);
    assert_false(files_hold(f, SECRET));
    assert_false(files_hold(f, "Ndiaye clinic"));
    assert_int_equal(listed(f, awa, false), 1);
    assert_int_equal(audit_count(f, "person.file_add"), 1);
    assert_string_equal(last_event(f, awa), "file_in Ndiaye clinic.pdf");
}

static void a_file_of_many_chunks_comes_back_whole(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    const size_t len = 10 * ATTACHMENT_CHUNK + 17;
    char *text = arena_alloc(f->long_arena, len);
    char *back = arena_alloc(f->long_arena, len);
    struct attachment a;

    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + (i * 7 + i / 1000) % 26);
    a = one(f, awa, added_as(f, awa, "long.txt", text, len));
    assert_int_equal(a.chunks, 11);
    all_bytes(f, &a, back);
    assert_memory_equal(text, back, len);

    tamper(f, f->ctx.db, "UPDATE attachment_chunk SET place = place + 100");
    tamper(f, f->ctx.db,
           "UPDATE attachment_chunk SET place = CASE place WHEN 100 THEN 1 WHEN 101 THEN 0 ELSE"
           " place - 100 END");
    {
        const char *bytes = NULL;
        size_t some = 0;

        assert_int_equal(attachment_read(&f->ctx, &bytes, &some, &a, 0), ERR_INVALID);
        ctx_clear_problems(&f->ctx);
        tamper(f, f->ctx.db, "DELETE FROM attachment_chunk WHERE place = 10");
        assert_int_equal(attachment_read(&f->ctx, &bytes, &some, &a, 8), ERR_INVALID);
    }
}

static void too_large_a_file_and_too_full_a_record_are_refused(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    const size_t len = 700 * 1024;
    char *text = arena_alloc(f->long_arena, 2 * len);
    struct upload_bytes u = { .name = "a.txt", .bytes = text, .len = 2 * len };
    const char *id = NULL;

    memset(text, 'x', 2 * len);
    must(f, setting_set(&f->ctx, "", "attachments.file_mb", "1"));
    must(f, setting_set(&f->ctx, "", "attachments.record_mb", "1"));
    assert_int_equal(attachment_add(&f->ctx, &id, awa, &u), ERR_LIMIT);
    assert_string_equal(ctx_problem(&f->ctx, "file"),
                        "The file is too large: at most 1 MB are taken.");
    ctx_clear_problems(&f->ctx);
    u.len = len;
    must(f, attachment_add(&f->ctx, &id, awa, &u));
    assert_int_equal(attachment_add(&f->ctx, &id, awa, &u), ERR_LIMIT);
    assert_string_equal(ctx_problem(&f->ctx, "file"),
                        "This record has no room for it: at most 200 files and 1 MB.");
    assert_int_equal(listed(f, awa, false), 1);
}

/* --- types --- */

/* A package with parts of these names, without their contents. */
static size_t package(char *out, const char *first, const char *const *names)
{
    static const char local[30] = "PK\3\4";
    static const char end[22] = "PK\5\6";
    size_t n = sizeof local;
    size_t start;
    size_t parts = 0;

    memcpy(out, local, sizeof local);
    memcpy(out + n, first, strlen(first));
    n += strlen(first);
    start = n;
    for (; names[parts]; parts++) {
        char head[46] = "PK\1\2";

        head[28] = (char)strlen(names[parts]);
        memcpy(out + n, head, sizeof head);
        memcpy(out + n + sizeof head, names[parts], strlen(names[parts]));
        n += sizeof head + strlen(names[parts]);
    }
    memcpy(out + n, end, sizeof end);
    out[n + 10] = (char)parts;
    out[n + 16] = (char)start;
    return n + sizeof end;
}

static const char *type_of_package(const char *first, const char *const *names)
{
    char bytes[2000];

    return file_type_of(bytes, package(bytes, first, names), "x.zip")->code;
}

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define ODF        "mimetypeapplication/vnd.oasis.opendocument."

static void an_office_file_is_told_by_its_parts_and_refused_with_macros(void **state)
{
    char bytes[2000];
    size_t len;

    (void)state;
    assert_string_equal(type_of_package("a", NAMES("[Content_Types].xml", "word/document.xml")),
                        "docx");
    assert_string_equal(type_of_package("a", NAMES("xl/workbook.xml", "xl/styles.xml")), "xlsx");
    assert_string_equal(type_of_package("a", NAMES("ppt/presentation.xml")), "pptx");
    assert_string_equal(type_of_package(ODF "text", NAMES("mimetype", "content.xml")), "odt");
    assert_string_equal(type_of_package(ODF "spreadsheet", NAMES("mimetype")), "ods");
    assert_string_equal(type_of_package(ODF "text", NAMES("Basic/script-lc.xml")), "macros");
    assert_string_equal(type_of_package("a", NAMES("xl/workbook.xml", "xl/vbaProject.bin")),
                        "macros");
    assert_string_equal(type_of_package("a", NAMES("holiday.jpg")), "archive");
    assert_string_equal(type_of_package("a", NAMES("word/document.xml", "xl/workbook.xml")),
                        "archive");
    len = package(bytes, "a", NAMES("word/document.xml"));
    for (size_t cut = 4; cut < len; cut++)
        assert_string_equal(file_type_of(bytes, cut, "x.docx")->code, "damaged");
}

static void what_a_file_is_is_told_by_its_bytes_not_by_its_name(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *code;
    } all[] = {
#define FILE_(text, code) { text, sizeof(text) - 1, code }
        FILE_("", "empty"),
        FILE_("\xff\xd8\xff\xe0", "jpeg"),
        FILE_("\x89PNG\r\n\x1a\n", "png"),
        FILE_("%PDF-1.4", "pdf"),
        FILE_("Awa said \xc3\xa9t\xc3\xa9\r\n", "text"),
        FILE_("ID3\4\0", "mp3"),
        FILE_("\xff\xfb\x90\x64", "mp3"),
        FILE_("OggS\0", "ogg"),
        FILE_("RIFF\0\0\0\0WAVEfmt ", "wav"),
        FILE_("\0\0\0\x18"
              "ftypM4A ",
              "m4a"),
        FILE_("\0\0\0\x18"
              "ftypisom",
              "mp4"),
        FILE_("\0\0\0\x18"
              "ftypqt  ",
              "mov"),
        FILE_("\0\0\0\x18"
              "ftyp3gp4",
              "3gp"),
        FILE_("\x1a\x45\xdf\xa3\x42\x82\x84webm", "webm"),
        FILE_("GIF89a", "other_image"),
        FILE_("\0\0\0\x18"
              "ftypheic",
              "other_image"),
        FILE_("RIFF\0\0\0\0WEBPVP8 ", "other_image"),
        FILE_("MZ\x90", "program"),
        FILE_("\x7f"
              "ELF",
              "program"),
        FILE_("#!/bin/sh\n", "program"),
        FILE_(" \n<!DocType html>", "web"),
        FILE_("\xef\xbb\xbf<svg onload=x>", "web"),
        FILE_("\xd0\xcf\x11\xe0\xa1\xb1", "old_office"),
        FILE_("\x1f\x8b\x08", "archive"),
        FILE_("Rar!\x1a", "archive"),
        FILE_("a\0b", "unknown"),
        FILE_("\xff\xff\xff\xff", "unknown"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_string_equal(file_type_of(all[i].bytes, all[i].len, "photo.jpg")->code, all[i].code);
    assert_string_equal(file_type_of("a,b\n", 4, "list.CSV")->code, "csv");
}

static void what_is_not_taken_is_refused_in_words(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    const struct upload_bytes u = { .name = "photo.jpg", .bytes = "MZ\x90", .len = 3 };
    const char *id = NULL;

    assert_int_equal(attachment_add(&f->ctx, &id, awa, &u), ERR_INVALID);
    assert_string_equal(ctx_problem(&f->ctx, "file"),
                        "This is a program. Programs are not taken, for they can do harm.");
    assert_int_equal(listed(f, awa, false), 0);
}

static void a_name_is_cleaned_and_gets_the_ending_of_its_type(void **state)
{
    static const char *const all[][2] = {
        { "letter.pdf", "letter.pdf" },
        { "LETTER.PDF", "LETTER.PDF" },
        { "../../etc/passwd", "passwd.pdf" },
        { "C:\\Users\\awa\\scan.pdf", "scan.pdf" },
        { "photo.exe", "photo.exe.pdf" },
        { ".bashrc", "bashrc.pdf" },
        { "", "file.pdf" },
        { "a\r\nb\x7f\".pdf", "ab.pdf" },
        { "\xe2\x80\xae"
          "fdp.exe",
          "fdp.exe.pdf" },
        { "\xd8\xb1\xd8\xb3\xd8\xa7\xd9\x84\xd8\xa9.pdf",
          "\xd8\xb1\xd8\xb3\xd8\xa7\xd9\x84\xd8\xa9.pdf" },
    };
    struct fixture *f = *state;
    char longest[500];

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_string_equal(file_name_clean(f->ctx.arena, all[i][0], file_type_find("pdf")),
                            all[i][1]);
    memset(longest, 'n', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_true(text_codepoints(file_name_clean(f->ctx.arena, longest, file_type_find("pdf"))) <=
                FILE_NAME_MAX);
}

/* --- who --- */

static void whoever_may_not_edit_adds_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    const char *id = added(f, awa, "a.pdf");
    const struct upload_bytes u = { .name = "b.pdf", .bytes = PDF, .len = sizeof PDF - 1 };

    fixture_as(f, "me_officer");
    assert_int_equal(attachment_add(&f->ctx, &id, awa, &u), ERR_FORBIDDEN);
    assert_int_equal(attachment_rename(&f->ctx, awa, id, 1, "b"), ERR_FORBIDDEN);
    assert_int_equal(attachment_remove(&f->ctx, awa, id, 1, "no"), ERR_FORBIDDEN);
    assert_int_equal(attachment_restore(&f->ctx, awa, id, 1), ERR_FORBIDDEN);
}

static void a_file_is_reached_through_its_own_record_only(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record *binta = person_stored(f, "names.1.name_text=Binta");
    const char *id = added(f, awa, "a.pdf");
    struct attachment a = { 0 };

    assert_int_equal(attachment_load(&f->ctx, &a, binta, id), ERR_NOT_FOUND);
    assert_int_equal(attachment_remove(&f->ctx, binta, id, 1, "x"), ERR_NOT_FOUND);
    assert_int_equal(attachment_load(&f->ctx, &a, awa, "../a"), ERR_NOT_FOUND);
}

/* --- changing --- */

static void a_file_is_renamed_removed_and_brought_back_and_the_history_tells_it(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    const char *id = added(f, awa, "a.pdf");

    must(f, attachment_rename(&f->ctx, awa, id, 1, "Clinic"));
    assert_string_equal(one(f, awa, id).name, "Clinic.pdf");
    f->ctx.now_ms += 1000;
    assert_int_equal(attachment_rename(&f->ctx, awa, id, 1, "Other"), ERR_CONFLICT);
    assert_int_equal(attachment_remove(&f->ctx, awa, id, 2, " "), ERR_INVALID);
    must(f, attachment_remove(&f->ctx, awa, id, 2, "Not hers"));
    assert_string_equal(last_event(f, awa), "file_gone Clinic.pdf: Not hers");
    assert_int_equal(listed(f, awa, false), 0);
    assert_int_equal(listed(f, awa, true), 1);
    f->ctx.now_ms += 1000;
    must(f, attachment_restore(&f->ctx, awa, id, 3));
    assert_int_equal(listed(f, awa, false), 1);
    assert_string_equal(last_event(f, awa), "file_back Clinic.pdf");
    assert_false(files_hold(f, "Not hers"));
    assert_false(files_hold(f, "Clinic.pdf"));
}

static void a_file_moves_to_the_right_person_under_her_key_and_both_histories_tell_it(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record *binta = person_stored(f, "names.1.name_text=Binta");
    const char *id = added(f, awa, "a.pdf");
    struct attachment a;
    char back[sizeof PDF];

    must(f, attachment_move(&f->ctx, awa, id, 1, binta, "It is Binta's"));
    assert_int_equal(listed(f, awa, false), 0);
    a = one(f, binta, id);
    assert_string_equal(a.key_id, binta->key_id);
    all_bytes(f, &a, back);
    assert_memory_equal(back, PDF, sizeof PDF - 1);
    assert_string_equal(last_event(f, awa), "file_out a.pdf: It is Binta's");
    assert_string_equal(last_event(f, binta), "file_in a.pdf: It is Binta's");
    assert_int_equal(attachment_move(&f->ctx, binta, id, 2, binta, ""), ERR_INVALID);
}

static void a_file_follows_its_case_to_another_person(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record *binta = person_stored(f, "names.1.name_text=Binta");
    struct record *rec = NULL;
    struct attachment a;
    const char *id;
    char back[sizeof PDF];

    must(f, record_new(&f->ctx, &rec, "case", awa->id));
    person_fill(f, rec, "programme=p1;opened=2026-11-20");
    must(f, record_insert(&f->ctx, rec));
    id = added(f, rec, "a.pdf");
    must(f, record_move(&f->ctx, rec, rec->version, binta->id, "The wrong Awa"));
    a = one(f, rec, id);
    assert_string_equal(a.key_id, binta->key_id);
    all_bytes(f, &a, back);
    assert_memory_equal(back, PDF, sizeof PDF - 1);
}

static void erasing_a_person_takes_the_files_of_all_her_records(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record *binta = person_stored(f, "names.1.name_text=Binta");
    struct record *rec = NULL;

    must(f, record_new(&f->ctx, &rec, "case", awa->id));
    person_fill(f, rec, "programme=p1;opened=2026-11-20");
    must(f, record_insert(&f->ctx, rec));
    (void)added(f, rec, "case.pdf");
    (void)added(f, awa, "a.pdf");
    (void)added(f, binta, "b.pdf");
    must(f, record_set_status(&f->ctx, awa, 1, "deceased", "The family told us"));
    person_erase(f, awa, "On request");
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM attachment"), 1);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM attachment_chunk"), 1);
    assert_int_equal(listed(f, awa, false), 0);
}

static struct attachments_report checked(struct fixture *f)
{
    struct attachments_report r = { 0 };

    must(f, attachments_check(&f->ctx, &r));
    return r;
}

static void the_check_opens_every_file_and_names_the_damaged_one(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON_AWA);
    const size_t len = ATTACHMENT_CHUNK * 5 + 17;
    char *big = arena_alloc(f->long_arena, len);
    struct attachments_report r;
    const char *id = NULL;

    (void)added(f, rec, "a.pdf");
    memcpy(big, PDF, sizeof PDF - 1);
    memset(big + sizeof PDF - 1, 'x', len - sizeof PDF + 1);
    must(f, attachment_add(&f->ctx, &id, rec, &(struct upload_bytes){ "b.pdf", big, len }));
    r = checked(f);
    assert_int_equal(r.files, 2);
    assert_int_equal(r.damaged, 0);

    /* The last chunk of the larger one is swapped with another, altered, and lost. */
    tamper(f, f->ctx.db,
           "UPDATE attachment_chunk SET sealed = (SELECT sealed FROM attachment_chunk"
           " WHERE place = 4) WHERE place = 5");
    r = checked(f);
    assert_int_equal(r.files, 2);
    assert_int_equal(r.damaged, 1);
    assert_non_null(strstr(r.told[0], id));
    assert_non_null(strstr(r.told[0], rec->id));
    tamper(f, f->ctx.db, "DELETE FROM attachment_chunk WHERE place = 5");
    assert_int_equal(checked(f).damaged, 1);
    tamper(f, f->ctx.db, "UPDATE attachment SET chunks = 5 WHERE chunks = 6");
    assert_int_equal(checked(f).damaged, 1);
    tamper(f, f->ctx.db,
           "UPDATE attachment SET sealed = (SELECT sealed FROM attachment_chunk"
           " WHERE place = 4)");
    assert_int_equal(checked(f).damaged, 2);
    assert_null(f->ctx.problems);
}

static void a_file_whose_key_is_gone_is_listed_but_cannot_be_read(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    const char *id = added(f, awa, "a.pdf");
    struct attachment a;
    const char *bytes = NULL;
    size_t len = 0;

    must(f, vault_key_erase(&f->ctx, awa->key_id));
    a = one(f, awa, id);
    assert_null(a.name);
    assert_int_equal(attachment_read(&f->ctx, &bytes, &len, &a, 0), ERR_NOT_FOUND);
    assert_int_equal(attachment_rename(&f->ctx, awa, id, 1, "b"), ERR_NOT_FOUND);
}

/* --- faults --- */

enum deed { ADD, RENAME, REMOVE, RESTORE, MOVE, DEEDS };

static enum err do_deed(struct fixture *f, enum deed deed, const struct record *rec,
                        const struct record *other, const char *id)
{
    const struct upload_bytes u = { .name = "b.pdf", .bytes = PDF, .len = sizeof PDF - 1 };
    const char *made = NULL;

    switch (deed) {
    case ADD:
        return attachment_add(&f->ctx, &made, rec, &u);
    case RENAME:
        return attachment_rename(&f->ctx, rec, id, 1, "b");
    case REMOVE:
        return attachment_remove(&f->ctx, rec, id, 1, "Not hers");
    case RESTORE:
        return attachment_restore(&f->ctx, rec, id, 2);
    case MOVE:
    case DEEDS:
        break;
    }
    return attachment_move(&f->ctx, rec, id, 1, other, "Binta's");
}

/* Everything that a change of a file writes. */
static int64_t sum_of(struct fixture *f)
{
    return count_of(f, f->ctx.db,
                    "SELECT CAST(coalesce(sum(version), 0) AS BIGINT) FROM attachment") +
           count_of(f, f->ctx.db,
                    "SELECT CAST(coalesce(sum(sealing), 0) AS BIGINT) FROM attachment") +
           count_of(f, f->ctx.db, "SELECT count(*) FROM attachment_chunk") +
           count_of(f, f->ctx.db, "SELECT count(*) FROM record_event") +
           count_of(f, f->ctx.db, "SELECT count(*) FROM audit");
}

static void a_change_of_a_file_that_fails_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record *binta = person_stored(f, "names.1.name_text=Binta");

    for (enum deed deed = ADD; deed < DEEDS; deed++) {
        const char *id = added(f, awa, "a.pdf");
        int64_t before;
        enum err rc = ERR_DB;

        if (deed == RESTORE)
            must(f, attachment_remove(&f->ctx, awa, id, 1, "Not hers"));
        before = sum_of(f);
        for (int n = 1; n < CALLS_MAX && rc; n++) {
            assert_int_equal(sum_of(f), before);
            ctx_clear_problems(&f->ctx);
            db_fail_at(f->ctx.db, n);
            rc = do_deed(f, deed, awa, binta, id);
            db_fail_at(f->ctx.db, 0);
            assert_true(rc == OK || rc == ERR_DB);
            assert_false(db_in_transaction(f->ctx.db));
        }
        must(f, rc);
        assert_true(sum_of(f) > before);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_file_comes_back_as_it_went_in_and_stands_nowhere_in_clear),
        TEST(a_file_of_many_chunks_comes_back_whole),
        TEST(too_large_a_file_and_too_full_a_record_are_refused),
        cmocka_unit_test(an_office_file_is_told_by_its_parts_and_refused_with_macros),
        cmocka_unit_test(what_a_file_is_is_told_by_its_bytes_not_by_its_name),
        TEST(what_is_not_taken_is_refused_in_words),
        TEST(a_name_is_cleaned_and_gets_the_ending_of_its_type),
        TEST(whoever_may_not_edit_adds_and_changes_nothing),
        TEST(a_file_is_reached_through_its_own_record_only),
        TEST(a_file_is_renamed_removed_and_brought_back_and_the_history_tells_it),
        TEST(a_file_moves_to_the_right_person_under_her_key_and_both_histories_tell_it),
        TEST(a_file_follows_its_case_to_another_person),
        TEST(erasing_a_person_takes_the_files_of_all_her_records),
        TEST(the_check_opens_every_file_and_names_the_damaged_one),
        TEST(a_file_whose_key_is_gone_is_listed_but_cannot_be_read),
        TEST(a_change_of_a_file_that_fails_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
