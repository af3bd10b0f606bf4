/* Export: what leaves can be read back, in flat memory, audited, within scope and clearance. */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/json.h"
#include "core/text.h"
#include "people_fixture.h"
#include "records/import_sheet.h"

static const char *exported(struct fixture *f, enum export_format format, int64_t *records,
                            size_t *len_out)
{
    int fd = memfd_create("export", MFD_CLOEXEC);
    off_t len;
    char *bytes;

    must(f, record_export(&f->ctx, "person", format, fd, records));
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
    assert_int_equal(record_export(&f->ctx, "person", EXPORT_CSV, 1, NULL), ERR_FORBIDDEN);
    fixture_as(f, "me_officer");
    assert_int_equal(record_export(&f->ctx, "person", EXPORT_CSV, 1, NULL), ERR_NOT_FOUND);
}

static void a_full_disk_is_told(void **state)
{
    struct fixture *f = *state;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

    (void)person_stored(f, PERSON_AWA);
    assert_true(fd >= 0);
    assert_int_equal(record_export(&f->ctx, "person", EXPORT_CSV, fd, NULL), ERR_IO);
    assert_int_equal(record_export(&f->ctx, "person", EXPORT_JSON, fd, NULL), ERR_IO);
    close(fd);
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
