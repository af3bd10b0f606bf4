/* Export: what leaves can be read back, in flat memory, audited, within scope and clearance. */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <zip.h>

#include "core/json.h"
#include "core/text.h"
#include "people_fixture.h"
#include "records/import_sheet.h"

static const struct export_options csv_options = { EXPORT_CSV };
static const struct export_options json_options = { EXPORT_JSON };

static const char *exported(struct fixture *f, enum export_format format, int64_t *records,
                            size_t *len_out)
{
    int fd = memfd_create("export", MFD_CLOEXEC);
    off_t len;
    char *bytes;

    must(f, record_export(&f->ctx, "person", &(struct export_options){ format }, fd, records));
    len = lseek(fd, 0, SEEK_END);
    bytes = arena_alloc(f->long_arena, (size_t)len + 1);
    assert_int_equal(pread(fd, bytes, (size_t)len, 0), len);
    close(fd);
    if (len_out)
        *len_out = (size_t)len;
    return bytes;
}

static void import_bytes(struct fixture *f, const char *bytes, size_t len)
{
    const struct import_options options = { 0 };
    struct import_report report = { 0 };
    const struct sheet_options read = { 0 };
    struct sheet *sheet = NULL;
    enum err rc;

    must(f, sheet_open_bytes(&f->ctx, &sheet, bytes, len, &read));
    rc = record_import(&f->ctx, &report, "person", sheet, &options);
    if (rc && report.faults_len)
        fail_msg("row %d, %s, %s: %s", (int)report.faults[0].row, report.faults[0].column,
                 report.faults[0].value, report.faults[0].reason);
    must(f, rc);
}

static const char *source_file(struct fixture *f, const char *name)
{
    const char *root = getenv("HOMEWARD_SOURCE");

    return arena_printf(f->ctx.arena, "%s/tests/data/%s", root ? root : ".", name);
}

static void import_people(struct fixture *f)
{
    const struct import_options options = { 0 };
    struct import_report report = { 0 };
    const struct sheet_options read = { 0 };
    struct sheet *sheet = NULL;

    must(f, sheet_open_file(&f->ctx, &sheet, source_file(f, "people.csv"), &read));
    must(f, record_import(&f->ctx, &report, "person", sheet, &options));
}

/* Answers without ids, numbers, dates of the record: what must survive the way out and in. */
static const char *without_ids(struct fixture *f, const struct record *rec)
{
    struct buf b;

    buf_init(&b, f->long_arena, (size_t)1024 * 1024);
    for (size_t i = 0; i < rec->form->all_len; i++) {
        const struct field *field = rec->form->all[i];

        if (!field->repeat && field->kind != FIELD_HIDDEN && rec->answers->values[i])
            buf_printf(&b, "%s=%s\n", field->name, rec->answers->values[i]);
        for (size_t r = 0; r < rec->answers->rows_len[i]; r++)
            for (size_t k = 0; k < rec->form->all_len; k++)
                if (rec->answers->rows[i][r]->values[k])
                    buf_printf(&b, "%s.%zu.%s=%s\n", field->name, r + 1, rec->form->all[k]->name,
                               rec->answers->rows[i][r]->values[k]);
    }
    assert_true(buf_ok(&b));
    return buf_text(&b);
}

static size_t all_people(struct fixture *f, const char **out, size_t max)
{
    struct record_filter filter = { .sort = SORT_NUMBER, .limit = 100 };
    struct record_list list = { 0 };

    must(f, record_list(&f->ctx, &list, "person", &filter));
    assert_true(list.len <= max);
    for (size_t i = 0; i < list.len; i++) {
        struct record *rec = NULL;

        must(f, record_load(&f->ctx, &rec, "person", list.items[i]->id));
        out[i] = without_ids(f, rec);
    }
    return list.len;
}

static void what_is_exported_can_be_imported_and_is_the_same(void **state)
{
    struct fixture *f = *state;
    struct fixture *g;
    void *other = NULL;
    const char *before[100];
    const char *after[100];
    int64_t records = 0;
    size_t len = 0;
    size_t n;
    const char *csv;

    import_people(f);
    n = all_people(f, before, 100);
    assert_true(n > 10);
    csv = exported(f, EXPORT_CSV, &records, &len);
    assert_int_equal(records, (int64_t)n);
    assert_int_equal(audit_count(f, "person.export"), 1);

    assert_int_equal(people_setup(&other), 0);
    g = other;
    import_bytes(g, csv, len);
    assert_int_equal(all_people(g, after, 100), n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(before[i], after[i]);
    people_teardown(&other);
}

static void formula_cells_and_hidden_codes_do_not_leave(void **state)
{
    struct fixture *f = *state;
    size_t len = 0;
    struct record *rec = person_stored(
        f, "names.1.name_text=@SUM(A1);contacts.1.contact_kind=phone;"
           "contacts.1.contact_value=+999 221 555 1001;contacts.1.contact_owner=self");
    const char *csv = exported(f, EXPORT_CSV, NULL, &len);

    assert_non_null(strstr(csv, "'@SUM(A1)"));
    assert_non_null(strstr(csv, "'+999 221 555 1001"));
    assert_null(strstr(csv, record_value(rec, "beneficiary_code")));
    assert_null(strstr(csv, "beneficiary_code"));
    assert_null(
        strstr(exported(f, EXPORT_JSON, NULL, NULL), record_value(rec, "beneficiary_code")));
}

static void a_sheet_can_be_written(void **state)
{
    struct fixture *f = *state;
    size_t len = 0;
    const char *bytes;

    (void)person_stored(f, PERSON_AWA);
    bytes = exported(f, EXPORT_XLSX, NULL, &len);
    assert_true(len > 1000);
    assert_memory_equal(bytes, "PK", 2);
}

static void json_leaves_as_a_list_of_records_and_comes_back(void **state)
{
    struct fixture *f = *state;
    const char *before[100];
    json_t *root = NULL;
    size_t len = 0;
    size_t n;
    const char *text;

    import_people(f);
    n = all_people(f, before, 100);
    text = exported(f, EXPORT_JSON, NULL, &len);
    must(f, json_parse(&f->ctx, &root, text, len));
    assert_int_equal(json_array_size(root), n);
    for (size_t i = 0; i < n; i++) {
        char *one = json_dumps(json_array_get(root, i), 0);
        struct record *rec = NULL;

        must(f, record_new(&f->ctx, &rec, "person", NULL));
        must(f, record_from_json(&f->ctx, &rec->answers, rec->form, one, strlen(one)));
        assert_string_equal(without_ids(f, rec), before[i]);
        free(one);
    }
    assert_string_equal(json_string_value(json_object_get(json_array_get(root, 0), "number")),
                        "SN-2026-00001");
    assert_true(json_is_null(
        json_object_get(json_object_get(json_array_get(root, 0), "answers"), "gender")));
}

static void more_than_a_page_is_exported_in_order(void **state)
{
    struct fixture *f = *state;
    int64_t records = 0;
    size_t before;
    const char *csv;

    for (int i = 0; i < 230; i++)
        (void)person_stored(f, "names.1.name_text=Awa");
    access_forget(f->ctx.audit);
    before = arena_used(f->ctx.arena);
    csv = exported(f, EXPORT_CSV, &records, NULL);
    assert_int_equal(records, 230);
    assert_true(arena_used(f->ctx.arena) - before < (size_t)1024 * 1024);
    assert_true(strstr(csv, "SN-2026-00001") < strstr(csv, "SN-2026-00230"));
    assert_int_equal(count_of(f, f->access, "SELECT count(*) FROM access WHERE action = 'export'"),
                     3);
}

static void only_what_the_user_may_see_leaves(void **state)
{
    struct fixture *f = *state;
    struct user user;
    const char *csv;
    int64_t records = 9;

    (void)person_stored(f, PERSON_AWA ";factors.1.factor=skillsets_knowledge;"
                                      "factors.1.factor_value=Tailor Nineteen");
    user = *f->ctx.user;
    user.clearance = PRIVACY_PERSONAL;
    f->ctx.user = &user;
    csv = exported(f, EXPORT_CSV, NULL, NULL);
    assert_non_null(strstr(csv, "Ndiaye"));
    assert_null(strstr(csv, "Nineteen"));
    assert_null(strstr(csv, "factor"));
    assert_null(strstr(exported(f, EXPORT_JSON, NULL, NULL), "Nineteen"));
    user.office_id = "00000000-0000-7000-8000-000000000000";
    csv = exported(f, EXPORT_CSV, &records, NULL);
    assert_int_equal(records, 0);
    assert_null(strstr(csv, "Ndiaye"));
    fixture_as(f, "case_manager");
    assert_int_equal(record_export(&f->ctx, "person", &csv_options, 1, NULL), ERR_FORBIDDEN);
    fixture_as(f, "me_officer");
    assert_int_equal(record_export(&f->ctx, "person", &csv_options, 1, NULL), ERR_NOT_FOUND);
}

static void a_full_disk_is_told(void **state)
{
    struct fixture *f = *state;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

    (void)person_stored(f, PERSON_AWA);
    assert_true(fd >= 0);
    assert_int_equal(record_export(&f->ctx, "person", &csv_options, fd, NULL), ERR_IO);
    assert_int_equal(record_export(&f->ctx, "person", &json_options, fd, NULL), ERR_IO);
    close(fd);
}

/* What leaves with these options, as text. */
static const char *leaves(struct fixture *f, const char *kind, const struct export_options *o)
{
    int fd = memfd_create("export", MFD_CLOEXEC);
    off_t len;
    char *bytes;

    must(f, record_export(&f->ctx, kind, o, fd, NULL));
    len = lseek(fd, 0, SEEK_END);
    bytes = arena_alloc(f->long_arena, (size_t)len + 1);
    assert_int_equal(pread(fd, bytes, (size_t)len, 0), len);
    close(fd);
    return bytes;
}

/* The files of a zip as one text: each name in a line of its own, before it. */
static const char *unzipped(struct fixture *f, const char *kind, const struct export_options *o)
{
    int fd = memfd_create("export", MFD_CLOEXEC);
    struct buf b;
    zip_t *zip;

    buf_init(&b, f->long_arena, (size_t)4 * 1024 * 1024);
    must(f, record_export(&f->ctx, kind, o, fd, NULL));
    zip = zip_fdopen(fd, ZIP_CHECKCONS, NULL);
    assert_non_null(zip);
    for (zip_int64_t i = 0; i < zip_get_num_entries(zip, 0); i++) {
        zip_file_t *file = zip_fopen_index(zip, (zip_uint64_t)i, 0);
        char chunk[4096];
        zip_int64_t n;

        buf_printf(&b, "[%s]\n", zip_get_name(zip, (zip_uint64_t)i, 0));
        while ((n = zip_fread(file, chunk, sizeof chunk)) > 0)
            buf_add_len(&b, chunk, (size_t)n);
        assert_int_equal(n, 0);
        (void)zip_fclose(file);
    }
    zip_discard(zip);
    return buf_text(&b);
}

static void labels_stand_where_codes_do(void **state)
{
    static const char *const columns[] = { "record.number", "sex", "birth_date" };
    struct export_options o = { .columns = columns, .columns_len = 3 };
    struct fixture *f = *state;

    (void)person_stored(f, "names.1.name_text=Awa;sex=female;birth_date=1990-01-02;"
                           "birth_precision=day");
    assert_string_equal(leaves(f, "person", &o), "record.number,birth_date,sex\r\n"
                                                 "SN-2026-00001,1990-01-02,female\r\n");
    o.labels = true;
    assert_string_equal(leaves(f, "person", &o), "Number,Date of birth,Sex\r\n"
                                                 "SN-2026-00001,1990-01-02,Female\r\n");
    f->ctx.lang = "fr";
    assert_non_null(strstr(leaves(f, "person", &o), "Féminin"));
}

static void only_what_was_asked_for_leaves(void **state)
{
    static const char *const columns[] = { "record.number" };
    static const char *const unknown[] = { "beneficiary_code" };
    const char *ids[2] = { 0 };
    struct record_filter filter = { .status = "archived" };
    struct export_options o = { .columns = columns, .columns_len = 1, .ids = ids, .ids_len = 1 };
    struct fixture *f = *state;

    for (int i = 0; i < 3; i++)
        ids[i == 1 ? 0 : 1] = person_stored(f, "names.1.name_text=Awa")->id;
    assert_string_equal(leaves(f, "person", &o), "record.number\r\nSN-2026-00002\r\n");
    o.ids_len = 2;
    assert_string_equal(leaves(f, "person", &o),
                        "record.number\r\nSN-2026-00002\r\nSN-2026-00003\r\n");
    o.filter = &filter;
    assert_string_equal(leaves(f, "person", &o), "record.number\r\n");
    o.filter = NULL;
    o.ids_len = 0; /* none was chosen: that is not all */
    assert_string_equal(leaves(f, "person", &o), "record.number\r\n");
    ids[0] = "nonsense";
    o.ids_len = 1;
    assert_int_equal(record_export(&f->ctx, "person", &o, 1, NULL), ERR_NOT_FOUND);
    o = (struct export_options){ .columns = unknown, .columns_len = 1 };
    assert_int_equal(record_export(&f->ctx, "person", &o, 1, NULL), ERR_INVALID);
    o = (struct export_options){ .format = EXPORT_JSON, .labels = true };
    assert_int_equal(record_export(&f->ctx, "person", &o, 1, NULL), ERR_INVALID);
}

static void repeats_and_kinds_below_leave_as_tables_of_their_own(void **state)
{
    static const char *const columns[] = { "sex", "name_text", "household:" };
    struct export_options o = { .linked = true, .columns = columns, .columns_len = 3 };
    struct fixture *f = *state;
    struct record *rec =
        person_stored(f, "names.1.name_text=Awa;names.2.name_text=Ndiaye;sex=female");
    struct record *below = NULL;
    const char *text;

    must(f, record_new(&f->ctx, &below, "household", rec->id));
    record_set(below, "label", "Ndiaye family");
    must(f, record_insert(&f->ctx, below));
    (void)person_stored(f, "names.1.name_text=Samba");
    text = unzipped(f, "person", &o);
    assert_non_null(strstr(
        text, arena_printf(f->ctx.arena, "[person.csv]\nrecord.id,sex\r\n%s,female\r\n", rec->id)));
    assert_non_null(strstr(text, "[person.names.csv]\nrow.id,row.of,name_text\r\n"));
    assert_non_null(strstr(text, arena_printf(f->ctx.arena, ",%s,Awa\r\n", rec->id)));
    assert_non_null(strstr(text, arena_printf(f->ctx.arena, ",%s,Ndiaye\r\n", rec->id)));
    assert_non_null(strstr(text, ",Samba\r\n"));
    assert_non_null(strstr(text, "[household.csv]\nrecord.id,"));
    assert_non_null(strstr(text, below->id));
    assert_non_null(strstr(text, rec->number));
    assert_null(strstr(text, "[person.contacts.csv]"));
    assert_int_equal(audit_count(f, "household.export"), 1);
    assert_int_equal(count_of(f, f->access,
                              "SELECT count(*) FROM access WHERE action = 'export'"
                              " AND form = 'household'"),
                     1);
}

static void a_kind_below_that_one_may_not_export_stays(void **state)
{
    const struct export_options o = { .linked = true };
    struct fixture *f = *state;
    struct user user = *f->ctx.user;

    (void)person_stored(f, PERSON_AWA);
    user.clearance = PRIVACY_PERSONAL;
    f->ctx.user = &user;
    assert_null(strstr(unzipped(f, "person", &o), "[person.factors.csv]"));
    assert_non_null(strstr(unzipped(f, "person", &o), "[person.names.csv]"));
}

static void the_codebook_tells_columns_and_codes_in_all_languages(void **state)
{
    static const char *const columns[] = { "sex", "names" };
    const struct export_options o = { .codebook = true, .columns = columns, .columns_len = 2 };
    struct fixture *f = *state;
    const char *text;

    (void)person_stored(f, PERSON_AWA);
    text = unzipped(f, "person", &o);
    assert_non_null(strstr(text, "[codebook.csv]\ntable,name,label.en,label.fr,label.es,label.ar,"
                                 "type,choices\r\n"));
    assert_non_null(strstr(text, "person,sex,Sex,Sexe,"));
    assert_non_null(strstr(text, "person,names.N.name_text,"));
    assert_null(strstr(text, "person,names.1.name_text,"));
    assert_non_null(strstr(text, "\r\nsex,female,Female,Féminin,"));
}

static void an_export_that_fails_on_the_way_says_so(void **state)
{
    const struct export_options o = { .linked = true, .codebook = true, .labels = true };
    struct fixture *f = *state;
    enum err rc = ERR_DB;
    int n = 0;

    (void)person_stored(f, PERSON_AWA);
    for (n = 1; rc && n < 400; n++) {
        int fd = memfd_create("export", MFD_CLOEXEC);

        db_fail_at(f->ctx.db, n);
        rc = record_export(&f->ctx, "person", &o, fd, NULL);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        close(fd);
    }
    assert_true(n > 10 && n < 400);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_exported_can_be_imported_and_is_the_same),
        TEST(formula_cells_and_hidden_codes_do_not_leave),
        TEST(a_sheet_can_be_written),
        TEST(json_leaves_as_a_list_of_records_and_comes_back),
        TEST(more_than_a_page_is_exported_in_order),
        TEST(only_what_the_user_may_see_leaves),
        TEST(a_full_disk_is_told),
        TEST(labels_stand_where_codes_do),
        TEST(only_what_was_asked_for_leaves),
        TEST(repeats_and_kinds_below_leave_as_tables_of_their_own),
        TEST(a_kind_below_that_one_may_not_export_stays),
        TEST(the_codebook_tells_columns_and_codes_in_all_languages),
        TEST(an_export_that_fails_on_the_way_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
