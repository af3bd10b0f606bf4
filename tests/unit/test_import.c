/* Import from CSV: good files, every kind of fault, all or nothing, formula cells, JSON in. */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/csv.h"
#include "core/text.h"
#include "people_fixture.h"
#include "records/import.h"

#define HEAD "names.1.name_text,names.1.name_script,birth_date,birth_precision,sex\r\n"

static enum err import_text(struct fixture *f, struct import_report *out, const char *text,
                            struct import_options options)
{
    const struct sheet_options read = { 0 };
    struct sheet *sheet = NULL;
    enum err rc;

    *out = (struct import_report){ 0 };
    rc = sheet_open_bytes(&f->ctx, &sheet, text, strlen(text), &read);
    return rc ? rc : record_import(&f->ctx, out, "person", sheet, &options);
}

static const char *file_text(struct fixture *f, const char *name)
{
    const char *root = getenv("HOMEWARD_SOURCE");
    char *bytes = arena_alloc(f->long_arena, (size_t)1024 * 1024);
    int fd =
        open(arena_printf(f->ctx.arena, "%s/tests/data/%s", root ? root : ".", name), O_RDONLY);

    assert_true(fd >= 0);
    assert_true(read(fd, bytes, (size_t)1024 * 1024 - 1) > 0);
    close(fd);
    return bytes;
}

static int64_t people(struct fixture *f)
{
    return count_of(f, f->ctx.db, "SELECT count(*) FROM rec_person");
}

static void the_invented_people_can_be_imported_and_found(void **state)
{
    struct fixture *f = *state;
    struct import_report report;
    struct record_hit *hits = NULL;
    size_t len = 0;

    must(f, import_text(f, &report, file_text(f, "people.csv"), (struct import_options){ 0 }));
    assert_int_equal(report.bad, 0);
    assert_true(report.rows > 10);
    assert_int_equal(report.stored, report.rows);
    assert_int_equal(people(f), report.rows);
    assert_int_equal(audit_count(f, "person.import"), 1);
    assert_int_equal(audit_count(f, "person.create"), report.rows);
    must(f, record_search(&f->ctx, &hits, &len, "person", "Osman Diallo"));
    assert_true(len > 0);
    assert_non_null(strstr(hits[0].record->title, "عثمان"));
    assert_false(files_hold(f, "Ousmane"));
    assert_false(files_hold(f, "SNP700101"));
}

static void every_bad_row_is_told_with_row_column_and_value(void **state)
{
    struct fixture *f = *state;
    struct csv *csv = NULL;
    struct csv_row row = { 0 };
    struct import_report report;
    const char *expected = file_text(f, "people-bad.expected");
    bool more = false;
    size_t n = 0;

    assert_int_equal(
        import_text(f, &report, file_text(f, "people-bad.csv"), (struct import_options){ 0 }),
        ERR_INVALID);
    must(f, csv_open_bytes(&f->ctx, &csv, expected, strlen(expected), ','));
    must(f, csv_next(&f->ctx, csv, &row, &more));
    for (;;) {
        bool found = false;
        int64_t line = 0;

        must(f, csv_next(&f->ctx, csv, &row, &more));
        if (!more)
            break;
        n++;
        assert_true(parse_int(row.cells[0], 1, INT64_MAX, &line));
        for (size_t i = 0; i < report.faults_len; i++)
            found |= report.faults[i].row == line &&
                     text_equal(report.faults[i].column, row.cells[1]) &&
                     text_equal(report.faults[i].value, row.cells[2]) &&
                     !text_blank(report.faults[i].reason);
        if (!found)
            fail_msg("not told: row %s, %s, %s", row.cells[0], row.cells[1], row.cells[2]);
    }
    assert_int_equal(report.faults_len, n);
    assert_int_equal(people(f), 0);
    assert_int_equal(report.stored, 0);
    assert_false(db_in_transaction(f->ctx.db));
}

static void an_unknown_column_is_refused_by_name(void **state)
{
    struct fixture *f = *state;
    struct import_report report;

    assert_int_equal(import_text(f, &report, file_text(f, "people-unknown-column.csv"),
                                 (struct import_options){ .skip_bad = true }),
                     ERR_INVALID);
    assert_int_equal(report.faults_len, 1);
    assert_string_equal(report.faults[0].column, "shoe_size");
    assert_int_equal(report.faults[0].row, 1);
    assert_int_equal(people(f), 0);
}

static void headers_that_cannot_be_are_refused(void **state)
{
    static const char *const bad[] = { "",
                                       "sex,\r\nmale,\r\n",
                                       "sex,sex\r\nmale,male\r\n",
                                       "names\r\nAwa\r\n",
                                       "names.name_text\r\nAwa\r\n",
                                       "names.0.name_text\r\nAwa\r\n",
                                       "names.201.name_text\r\nAwa\r\n",
                                       "names.1.sex\r\nmale\r\n",
                                       "name_text\r\nAwa\r\n",
                                       "identity\r\nx\r\n",
                                       "record.parent\r\nSN-1\r\n",
                                       "names.1.name_text;sex|birth_date\r\nAwa;male\r\n" };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct import_report report;

        if (import_text(f, &report, bad[i], (struct import_options){ 0 }) != ERR_INVALID)
            fail_msg("taken: %s", bad[i]);
    }
    assert_int_equal(people(f), 0);
}

static void a_dry_run_stores_nothing(void **state)
{
    struct fixture *f = *state;
    struct import_report report;
    int64_t audit = count_of(f, f->ctx.db, "SELECT count(*) FROM audit");

    must(f, import_text(f, &report, HEAD "Awa,Latn,1991-05-06,day,female\r\n",
                        (struct import_options){ .dry_run = true }));
    assert_int_equal(report.good, 1);
    assert_int_equal(report.stored, 0);
    assert_int_equal(people(f), 0);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM audit"), audit);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM number_series"), 0);
}

static void bad_rows_are_passed_over_only_when_told(void **state)
{
    static const char text[] = HEAD "Awa,Latn,1991-05-06,day,female\r\n"
                                    "Binta,Latn,1991-99-06,day,female\r\n"
                                    "Coumba,Latn,1991-05-06,day,female\r\n"
                                    "Demba,Latn,1991-05-06,day\r\n";
    struct fixture *f = *state;
    struct import_report report;

    assert_int_equal(import_text(f, &report, text, (struct import_options){ 0 }), ERR_INVALID);
    assert_int_equal(people(f), 0);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM record_history"), 0);
    assert_int_equal(report.rows, 4);
    assert_int_equal(report.bad, 2);
    ctx_clear_problems(&f->ctx);
    must(f, import_text(f, &report, text, (struct import_options){ .skip_bad = true }));
    assert_int_equal(report.stored, 2);
    assert_int_equal(people(f), 2);
    assert_int_equal(report.faults[1].row, 5);
}

static void gaps_between_numbered_rows_do_not_mislead(void **state)
{
    struct fixture *f = *state;
    struct import_report report;

    assert_int_equal(import_text(f, &report,
                                 "names.1.name_text,names.4.name_text,languages.3.language_code,"
                                 "languages.7.language_code\r\nAwa,Sow,,xxx1\r\n",
                                 (struct import_options){ 0 }),
                     ERR_INVALID);
    assert_int_equal(report.faults_len, 1);
    assert_string_equal(report.faults[0].column, "languages.7.language_code");
    assert_string_equal(report.faults[0].value, "xxx1");
}

static void formula_guards_are_taken_off(void **state)
{
    struct fixture *f = *state;
    struct import_report report;
    struct record_list list = { 0 };
    struct record *rec = NULL;

    must(f, import_text(f, &report,
                        "\xEF\xBB\xBFnames.1.name_text;contacts.1.contact_kind;"
                        "contacts.1.contact_value;contacts.1.contact_owner\r\n"
                        "'=Awa;phone;'+999 221 555 1001;self\r\n\r\n;;;\r\n",
                        (struct import_options){ 0 }));
    assert_int_equal(report.rows, 1);
    must(f, record_list(&f->ctx, &list, "person", NULL));
    must(f, record_load(&f->ctx, &rec, "person", list.items[0]->id));
    assert_string_equal(row_value(rec, "names", 1, "name_text"), "=Awa");
    assert_string_equal(row_value(rec, "contacts", 1, "contact_value"), "+999 221 555 1001");
}

static void a_file_that_breaks_off_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct import_report report;

    assert_int_equal(import_text(f, &report, HEAD "Awa,Latn,1991-05-06,day,female\r\n\"Binta,Latn",
                                 (struct import_options){ 0 }),
                     ERR_INVALID);
    assert_int_equal(import_text(f, &report, HEAD "Awa,Latn,1991-05-06,day,female\r\nB\xFF,,,,\r\n",
                                 (struct import_options){ 0 }),
                     ERR_INVALID);
    assert_int_equal(people(f), 0);
    assert_false(db_in_transaction(f->ctx.db));
}

static void who_may_not_import_is_refused(void **state)
{
    struct fixture *f = *state;
    struct import_report report;

    fixture_as(f, "case_manager");
    assert_int_equal(import_text(f, &report, HEAD, (struct import_options){ 0 }), ERR_FORBIDDEN);
    fixture_as(f, "me_officer");
    assert_int_equal(import_text(f, &report, HEAD, (struct import_options){ 0 }), ERR_NOT_FOUND);
}

static void many_rows_need_the_memory_of_one(void **state)
{
    struct fixture *f = *state;
    struct import_report report;
    struct buf b;
    size_t before;

    buf_init(&b, f->long_arena, (size_t)1024 * 1024);
    buf_add(&b, HEAD);
    for (int i = 0; i < 400; i++)
        buf_printf(&b, "Awa%d,Latn,1991-05-06,day,female\r\n", i);
    before = arena_used(f->ctx.arena);
    must(f, import_text(f, &report, buf_text(&b), (struct import_options){ 0 }));
    assert_int_equal(report.stored, 400);
    assert_true(arena_used(f->ctx.arena) - before < (size_t)512 * 1024);
}

static void json_is_read_by_its_form(void **state)
{
    struct fixture *f = *state;
    struct record *rec = NULL;
    const char *json = "{\"sex\":\"female\",\"birth_date\":null,\"nationality\":[\"SN\",\"GN\"],"
                       "\"names\":[{\"name_text\":\"Awa\"},{\"name_text\":\"Sow\"}]}";

    must(f, record_new(&f->ctx, &rec, "person", NULL));
    must(f, record_from_json(&f->ctx, &rec->answers, rec->form, json, strlen(json)));
    must(f, record_insert(&f->ctx, rec));
    assert_string_equal(rec->title, "Awa Sow");
    assert_string_equal(record_value(rec, "nationality"), "GN SN");
}

static void json_that_is_wrong_is_told_by_path(void **state)
{
    static const char *const bad[][2] = {
        { "{\"shoe\":1}", "shoe" },
        { "{\"sex\":1}", "sex" },
        { "{\"sex\":true}", "sex" },
        { "{\"sex\":\"f\"}", "sex" },
        { "{\"names\":{}}", "names" },
        { "{\"names\":[1]}", "names.1" },
        { "{\"names\":[{\"sex\":\"female\"}]}", "names.1.sex" },
        { "{\"names\":[{\"id\":7}]}", "names.1.id" },
        { "{\"nationality\":\"SN\"}", "nationality" },
        { "{\"nationality\":[1]}", "nationality" },
        { "{\"identity\":\"x\"}", "identity" },
        { "{\"version\":1,\"answers\":{},\"sex\":\"female\"}", "sex" },
        { "{\"sex\":\"female\",\"sex\":\"male\"}", NULL },
        { "[]", NULL },
        { "{\"answers\":[]}", NULL },
        { "{", NULL },
    };
    struct fixture *f = *state;
    const struct form *form = form_find(f->ctx.forms, "person");

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct answers *out = NULL;

        ctx_clear_problems(&f->ctx);
        assert_int_equal(record_from_json(&f->ctx, &out, form, bad[i][0], strlen(bad[i][0])),
                         ERR_INVALID);
        assert_null(out);
        if (!ctx_problem(&f->ctx, bad[i][1]))
            fail_msg("%s is not told by %s", bad[i][0], bad[i][1] ? bad[i][1] : "a problem");
    }
}

/* --- tables of others --- */

static struct record *only_person(struct fixture *f)
{
    struct record_list list = { 0 };
    struct record *rec = NULL;

    must(f, record_list(&f->ctx, &list, "person", NULL));
    assert_int_equal(list.len, 1);
    must(f, record_load(&f->ctx, &rec, "person", list.items[0]->id));
    return rec;
}

static void columns_are_found_by_labels_in_any_language(void **state)
{
    struct fixture *f = *state;
    struct import_report report;
    struct record *rec;

    must(f, import_text(f, &report,
                        "Name 1,Noms 2 : Nom,FECHA DE NACIMIENTO,birth_precision,الجنس,"
                        "Nationality\r\nAwa,Sow,٠٦/٠٥/١٩٩١,Day,أنثى,\"SN, Guinea\"\r\n",
                        (struct import_options){ .dates = ORDER_DAY }));
    assert_int_equal(report.stored, 1);
    rec = only_person(f);
    assert_string_equal(rec->title, "Awa Sow");
    assert_string_equal(record_value(rec, "birth_date"), "1991-05-06");
    assert_string_equal(record_value(rec, "sex"), "female");
    assert_string_equal(record_value(rec, "nationality"), "GN SN");
}

static void a_heading_that_is_like_a_label_is_suggested_and_not_taken(void **state)
{
    struct fixture *f = *state;
    struct import_report report;

    assert_int_equal(import_text(f, &report,
                                 "names.1.name_text,Date of brith\r\nAwa,1991-05-06\r\n",
                                 (struct import_options){ 0 }),
                     ERR_INVALID);
    assert_int_equal(report.faults_len, 1);
    assert_string_equal(report.faults[0].column, "Date of brith");
    assert_non_null(strstr(report.faults[0].reason, "birth_date"));
    assert_int_equal(people(f), 0);
}

static void a_date_that_can_be_read_in_two_ways_is_asked_for(void **state)
{
    static const char two[] = "names.1.name_text,birth_date,birth_precision\r\n"
                              "Awa,03/04/1991,day\r\n";
    static const char told[] = "names.1.name_text,birth_date,birth_precision\r\n"
                               "Awa,03/04/1991,day\r\nBinta,25/04/1990,day\r\n";
    struct fixture *f = *state;
    struct import_report report;
    struct record_list list = { 0 };

    assert_int_equal(import_text(f, &report, two, (struct import_options){ 0 }), ERR_INVALID);
    assert_string_equal(report.faults[0].value, "03/04/1991");
    ctx_clear_problems(&f->ctx);
    must(f, import_text(f, &report, two, (struct import_options){ .dates = ORDER_MONTH }));
    assert_string_equal(record_value(only_person(f), "birth_date"), "1991-03-04");
    /* Another row of the column says it: the day comes first. */
    must(f, import_text(f, &report, told, (struct import_options){ 0 }));
    must(f, record_list(&f->ctx, &list, "person", &(struct record_filter){ .sort = SORT_NUMBER }));
    assert_string_equal(record_value(list.items[1], "birth_date"), "1991-04-03");
}

static void dates_are_read_as_people_and_workbooks_write_them(void **state)
{
    static const struct {
        const char *text;
        enum date_order order;
        const char *date; /* NULL: it is none, or can be read in two ways */
    } dates[] = {
        { "2026-11-22", ORDER_UNKNOWN, "2026-11-22" },
        { "2026/11/22", ORDER_UNKNOWN, "2026-11-22" },
        { "22.11.2026", ORDER_UNKNOWN, "2026-11-22" },
        { "11/22/2026", ORDER_UNKNOWN, "2026-11-22" },
        { "03/04/2026", ORDER_UNKNOWN, NULL },
        { "03/04/2026", ORDER_DAY, "2026-04-03" },
        { "03/04/2026", ORDER_MONTH, "2026-03-04" },
        { "04-04-2026", ORDER_UNKNOWN, "2026-04-04" },
        { "22/11/2026", ORDER_MONTH, NULL },
        { "22 Nov 2026", ORDER_UNKNOWN, "2026-11-22" },
        { "November 22, 2026", ORDER_UNKNOWN, "2026-11-22" },
        { "22 novembre 2026", ORDER_UNKNOWN, "2026-11-22" },
        { "3 août 2026", ORDER_UNKNOWN, "2026-08-03" },
        { "3 de enero de 2026", ORDER_UNKNOWN, "2026-01-03" },
        { "٢٢/١١/٢٠٢٦", ORDER_UNKNOWN, "2026-11-22" },
        { "٣ كانون الثاني ٢٠٢٦", ORDER_UNKNOWN, "2026-01-03" },
        { "٣ أغسطس ٢٠٢٦", ORDER_UNKNOWN, "2026-08-03" },
        { "46348", ORDER_UNKNOWN, "2026-11-22" },
        { "46348.5", ORDER_UNKNOWN, "2026-11-22" },
        { "2026-11-22T05:56:00", ORDER_UNKNOWN, "2026-11-22" },
        { "22/11/26", ORDER_DAY, NULL },
        { "1987", ORDER_DAY, NULL },
        { "31/02/2026", ORDER_DAY, NULL },
        { "soon", ORDER_DAY, NULL },
        { "22 Brumaire 2026", ORDER_DAY, NULL },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        const char *date = NULL;
        bool read = import_date(f->ctx.arena, &date, dates[i].text, dates[i].order) == DATE_READ;

        if (read != (dates[i].date != NULL) || (read && strcmp(date, dates[i].date) != 0))
            fail_msg("%s: %s", dates[i].text, date ? date : "not read");
    }
}

static void one_row_fills_a_person_and_the_case(void **state)
{
    struct fixture *f = *state;
    struct import_report report;
    struct record_list list = { 0 };
    struct record *rec;

    must(f, import_text(f, &report,
                        "names.1.name_text,Case: opened on,case:priority,nationality/SN,"
                        "nationality/GN\r\nAwa,2026-01-05,high,1,0\r\nBinta,,,,x\r\n",
                        (struct import_options){ 0 }));
    assert_int_equal(report.rows, 2);
    assert_int_equal(report.stored, 3);
    must(f, record_list(&f->ctx, &list, "case", NULL));
    assert_int_equal(list.len, 1);
    must(f, record_load(&f->ctx, &rec, "person", list.items[0]->parent_id));
    assert_string_equal(rec->title, "Awa");
    assert_string_equal(record_value(rec, "nationality"), "SN");
    assert_string_equal(record_value(list.items[0], "opened"), "2026-01-05");
    /* A fault in the case is told by its own column, and the person is not stored either. */
    assert_int_equal(import_text(f, &report, "names.1.name_text,case:opened\r\nCoumba,tomorrow\r\n",
                                 (struct import_options){ 0 }),
                     ERR_INVALID);
    assert_string_equal(report.faults[0].column, "case:opened");
    assert_int_equal(people(f), 2);
}

static void two_rows_of_headings_are_joined(void **state)
{
    static const char text[] = "Names,,Sex\r\n1 Name,2 Name,\r\nAwa,Sow,female\r\n";
    const struct sheet_options read = { .head_rows = 2 };
    const struct import_options options = { 0 };
    struct fixture *f = *state;
    struct import_report report = { 0 };
    struct sheet *sheet = NULL;
    size_t len = 0;

    must(f, sheet_open_bytes(&f->ctx, &sheet, text, strlen(text), &read));
    assert_string_equal(sheet_headings(sheet, &len)[1], "Names / 2 Name");
    assert_string_equal(sheet_headings(sheet, &len)[2], "Sex");
    must(f, record_import(&f->ctx, &report, "person", sheet, &options));
    assert_string_equal(only_person(f)->title, "Awa Sow");
}

/* --- kept mappings, matches, and going on --- */

static void a_mapping_is_kept_under_its_name_and_sealed(void **state)
{
    static const char text[] = "Quoi,Zzz,Naissance,Précis\r\nAwa,x,03/04/1991,day\r\n";
    const struct sheet_options read = { 0 };
    struct fixture *f = *state;
    const struct form *form = form_find(f->ctx.forms, "person");
    struct import_mapping m = { 0 };
    struct import_report report = { 0 };
    struct import_options options = { .mapping = &m };
    struct sheet *sheet = NULL;
    const char *const *names = NULL;
    const char *kept = NULL;
    struct buf b;
    size_t len = 0;

    must(f, sheet_open_bytes(&f->ctx, &sheet, text, strlen(text), &read));
    must(f, mapping_guess(&f->ctx, &m, form, sheet));
    m.columns[0].target = "names.1.name_text";
    m.columns[2].target = "birth_date";
    m.columns[2].order = ORDER_MONTH;
    m.columns[3].target = "birth_precision";
    buf_init(&b, f->ctx.arena, MAPPING_MAX);
    mapping_json(&b, &m);
    must(f, mapping_save(&f->ctx, "person", "Liste de Dakar", buf_text(&b)));
    must(f, mapping_save(&f->ctx, "person", "Liste de Dakar", buf_text(&b)));
    assert_int_equal(mapping_save(&f->ctx, "person", " ", "{}"), ERR_INVALID);
    ctx_clear_problems(&f->ctx);
    assert_false(files_hold(f, "Naissance"));
    must(f, mapping_names(&f->ctx, &names, &len, "person"));
    assert_int_equal(len, 1);
    must(f, mapping_load(&f->ctx, &kept, "person", names[0]));
    must(f, mapping_guess(&f->ctx, &m, form, sheet));
    assert_string_equal(m.columns[0].target, "");
    must(f, mapping_apply(&f->ctx, &m, kept, strlen(kept)));
    must(f, record_import(&f->ctx, &report, "person", sheet, &options));
    assert_string_equal(only_person(f)->title, "Awa");
    assert_int_equal(report.notes_len, 1); /* Zzz was left out */
    fixture_as(f, "case_manager");
    must(f, mapping_load(&f->ctx, &kept, "person", "Liste de Thiès"));
    assert_null(kept);
}

#define TWICE                                                                                      \
    "names.1.name_text,names.2.name_text,birth_date,birth_precision,sex,nationality,"              \
    "case:opened\r\nAwa,Ndiaye,1991-05-06,day,female,SN GN,2026-01-05\r\n"

static void who_is_there_already_is_told_and_not_made_again(void **state)
{
    struct fixture *f = *state;
    struct import_report report;
    struct record *rec = person_stored(f, PERSON_AWA);
    struct import_decision decision = { 0 };

    must(f,
         import_text(f, &report, TWICE, (struct import_options){ .dry_run = true, .match = true }));
    assert_int_equal(report.likes_len, 1);
    assert_int_equal(report.likes[0].row, 2);
    assert_string_equal(report.likes[0].id, rec->id);
    assert_int_equal(report.likes[0].choice, IMPORT_SAME);
    assert_int_equal(people(f), 1);

    /* The same person: her case is added to her, she stays as she is. */
    must(f, import_text(f, &report, TWICE, (struct import_options){ .match = true }));
    assert_int_equal(people(f), 1);
    assert_int_equal(report.same, 1);
    assert_int_equal(report.stored, 1);
    assert_string_equal(record_value(only_person(f), "nationality"), "SN");

    /* Only when asked is she changed. */
    must(f,
         import_text(f, &report, TWICE, (struct import_options){ .match = true, .update = true }));
    assert_int_equal(report.updated, 1);
    assert_string_equal(record_value(only_person(f), "nationality"), "GN SN");
    assert_int_equal(rows_of(only_person(f), "names"), 2);

    decision = (struct import_decision){ 2, IMPORT_SKIP, NULL };
    must(f, import_text(f, &report, TWICE,
                        (struct import_options){ .decisions = &decision, .decisions_len = 1 }));
    assert_int_equal(report.skipped, 1);
    assert_int_equal(report.stored, 0);
    decision.choice = IMPORT_NEW;
    must(f, import_text(f, &report, TWICE,
                        (struct import_options){
                            .decisions = &decision, .decisions_len = 1, .match = true }));
    assert_int_equal(people(f), 2);
}

/* Whom a row is like, and what is done with it unless somebody says otherwise. */
static const struct import_like *like_of(struct fixture *f, struct import_report *report,
                                         const char *csv)
{
    must(f, import_text(f, report, csv, (struct import_options){ .dry_run = true, .match = true }));
    assert_int_equal(report->bad, 0);
    return report->likes_len == 1 ? &report->likes[0] : NULL;
}

static void a_single_name_that_is_alike_is_told_and_the_row_is_imported_all_the_same(void **state)
{
    struct fixture *f = *state;
    struct import_report report;
    const struct import_like *like;

    (void)person_stored(f, "names.1.name_text=Fatoumata;names.1.name_script=Latn;"
                           "names.2.name_text=Ndiaye;names.2.name_script=Latn");
    like = like_of(f, &report, "names.1.name_text,names.1.name_script\r\nفاطمة,Arab\r\n");
    assert_non_null(like);
    assert_int_equal(like->choice, IMPORT_NEW);
    must(f, import_text(f, &report, "names.1.name_text,names.1.name_script\r\nفاطمة,Arab\r\n",
                        (struct import_options){ .match = true }));
    assert_int_equal(report.stored, 1);
    assert_int_equal(people(f), 2);
}

#define WITH_PHONE                                                                                 \
    "names.1.name_text,contacts.1.contact_kind,contacts.1.contact_value,"                          \
    "contacts.1.contact_owner\r\n"

static void a_single_name_with_a_phone_or_birth_date_and_several_names_are_left_out(void **state)
{
    struct fixture *f = *state;
    struct import_report report;
    const struct import_like *like;

    (void)person_stored(
        f, "names.1.name_text=Fatoumata;names.1.name_script=Latn;"
           "names.2.name_text=Ndiaye;names.2.name_script=Latn;contacts.1.contact_kind=phone;"
           "contacts.1.contact_value=770001122;contacts.1.contact_owner=self;"
           "birth_date=1991-05-06;birth_precision=day");
    like = like_of(f, &report, WITH_PHONE "Fatoumata,phone,770001122,self\r\n");
    assert_non_null(like);
    assert_int_not_equal(like->choice, IMPORT_NEW);
    like = like_of(f, &report,
                   "names.1.name_text,birth_date,birth_precision\r\n"
                   "Fatoumata,1991-05-06,day\r\n");
    assert_non_null(like);
    assert_int_not_equal(like->choice, IMPORT_NEW);
    like = like_of(f, &report, "names.1.name_text,names.2.name_text\r\nFatou,Ndiaye\r\n");
    assert_non_null(like);
    assert_int_not_equal(like->choice, IMPORT_NEW);
    assert_int_equal(people(f), 1);
}

/* Stops after some steps, as a kill does; nothing but the database knows how far it was. */
static enum err stop_after(void *arg, int64_t done)
{
    return done >= *(int64_t *)arg ? ERR_CONFLICT : OK;
}

static void an_import_that_was_killed_goes_on_where_it_was(void **state)
{
    struct fixture *f = *state;
    int64_t stop = 200;
    struct import_options options = { .run_id = "00000000-0000-7000-8000-00000000abcd",
                                      .progress = stop_after,
                                      .arg = &stop };
    struct import_report report;
    int64_t before;
    struct buf b;

    buf_init(&b, f->long_arena, (size_t)1024 * 1024);
    buf_add(&b, HEAD);
    for (int i = 0; i < 450; i++)
        buf_printf(&b, "Awa%d,Latn,1991-05-06,day,female\r\n", i);
    assert_int_equal(import_text(f, &report, buf_text(&b), options), ERR_CONFLICT);
    before = people(f);
    assert_true(before >= 200 && before < 450);
    ctx_clear_problems(&f->ctx);
    stop = INT64_MAX;
    must(f, import_text(f, &report, buf_text(&b), options));
    assert_int_equal(people(f), 450);
    assert_int_equal(report.stored, 450);
    assert_int_equal(audit_count(f, "person.import"), 1);
    /* Once more: it has ended, and stores nothing again. */
    must(f, import_text(f, &report, buf_text(&b), options));
    assert_int_equal(people(f), 450);
    assert_int_equal(report.stored, 450);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM import_made"), 450);
    assert_int_equal(
        count_of(f, f->ctx.db, "SELECT count(*) FROM import_run WHERE state = 'stored'"), 1);
}

static void a_whole_import_can_be_undone_but_what_was_changed_stays(void **state)
{
    static const char text[] = "names.1.name_text,case:opened\r\nAwa,2026-01-05\r\n"
                               "Binta,\r\nCoumba,2026-01-06\r\n";
    struct fixture *f = *state;
    struct import_undone undone = { 0 };
    struct import_report report;
    struct import_done *runs = NULL;
    struct record_list list = { 0 };
    struct record *rec = NULL;
    const char *changed;
    size_t len = 0;

    must(f, import_text(f, &report, text, (struct import_options){ 0 }));
    assert_int_equal(report.stored, 5);
    must(f, record_list(&f->ctx, &list, "person", &(struct record_filter){ .sort = SORT_NUMBER }));
    assert_int_equal(list.len, 3);
    must(f, record_load(&f->ctx, &rec, "person", list.items[1]->id));
    changed = rec->number;
    person_fill(f, rec, "names.1.name_text=Bintou");
    must(f, record_update(&f->ctx, rec, 1));

    must(f, import_undo(&f->ctx, &undone, report.run_id, NULL, NULL));
    assert_int_equal(undone.undone, 4);
    assert_int_equal(undone.kept_len, 1);
    assert_string_equal(undone.kept[0].number, changed);
    must(f, record_list(&f->ctx, &list, "person", NULL));
    assert_int_equal(list.len, 1);
    assert_string_equal(list.items[0]->title, "Bintou");
    must(f, record_list(&f->ctx, &list, "case", NULL));
    assert_int_equal(list.len, 0);
    assert_int_equal(import_undo(&f->ctx, &undone, report.run_id, NULL, NULL), ERR_CONFLICT);
    must(f, import_runs(&f->ctx, &runs, &len, "person"));
    assert_int_equal(len, 1);
    assert_true(runs[0].undone);
}

static void undoing_gives_back_what_an_import_had_changed(void **state)
{
    struct fixture *f = *state;
    struct import_undone undone = { 0 };
    struct import_report report;

    (void)person_stored(f, PERSON_AWA);
    must(f,
         import_text(f, &report, TWICE, (struct import_options){ .match = true, .update = true }));
    assert_string_equal(record_value(only_person(f), "nationality"), "GN SN");
    fixture_as(f, "case_manager");
    assert_int_equal(import_undo(&f->ctx, &undone, report.run_id, NULL, NULL), ERR_NOT_FOUND);
    fixture_as(f, "supervisor");
    must(f, import_undo(&f->ctx, &undone, report.run_id, NULL, NULL));
    assert_int_equal(undone.undone, 2);
    assert_string_equal(record_value(only_person(f), "nationality"), "SN");
    /* After 30 days it is too late. */
    must(f, import_text(f, &report, TWICE, (struct import_options){ 0 }));
    f->ctx.now_ms += IMPORT_UNDO_MS + 1;
    assert_int_equal(import_undo(&f->ctx, &undone, report.run_id, NULL, NULL), ERR_NOT_FOUND);
    must(f, import_forget_old(&f->ctx));
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM import_made"), 0);
}

/* What stood there before need not be what may be written today. */
static void undoing_gives_back_an_answer_that_could_not_be_given_any_more(void **state)
{
    struct fixture *f = *state;
    struct record *awa = person_stored(f, PERSON_AWA);
    struct record *of = child_stored(f, "case", awa, "opened=2026-10-02;worker=case_manager");
    const char *before = arena_strdup(f->ctx.arena, record_value(of, "worker"));
    const char *text = arena_printf(
        f->ctx.arena, "record.parent,opened,worker\r\n%s,2026-10-02,supervisor\r\n", awa->number);
    const struct import_decision same = { .row = 2, .choice = IMPORT_SAME, .record_id = of->id };
    const struct import_options options = { .update = true,
                                            .decisions = &same,
                                            .decisions_len = 1 };
    struct import_undone undone = { 0 };
    struct import_report report = { 0 };
    struct sheet *sheet = NULL;

    must(f, sheet_open_bytes(&f->ctx, &sheet, text, strlen(text), &(struct sheet_options){ 0 }));
    must(f, record_import(&f->ctx, &report, "case", sheet, &options));
    assert_int_equal(report.updated, 1);
    must(f, user_set_state(&f->ctx, "case_manager", "left"));
    must(f, import_undo(&f->ctx, &undone, report.run_id, NULL, NULL));
    assert_int_equal(undone.undone, 1);
    must(f, record_load(&f->ctx, &of, "case", of->id));
    assert_string_equal(record_value(of, "worker"), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_invented_people_can_be_imported_and_found),
        TEST(every_bad_row_is_told_with_row_column_and_value),
        TEST(an_unknown_column_is_refused_by_name),
        TEST(headers_that_cannot_be_are_refused),
        TEST(a_dry_run_stores_nothing),
        TEST(bad_rows_are_passed_over_only_when_told),
        TEST(gaps_between_numbered_rows_do_not_mislead),
        TEST(formula_guards_are_taken_off),
        TEST(a_file_that_breaks_off_leaves_nothing),
        TEST(who_may_not_import_is_refused),
        TEST(many_rows_need_the_memory_of_one),
        TEST(columns_are_found_by_labels_in_any_language),
        TEST(a_heading_that_is_like_a_label_is_suggested_and_not_taken),
        TEST(a_date_that_can_be_read_in_two_ways_is_asked_for),
        TEST(dates_are_read_as_people_and_workbooks_write_them),
        TEST(one_row_fills_a_person_and_the_case),
        TEST(two_rows_of_headings_are_joined),
        TEST(a_mapping_is_kept_under_its_name_and_sealed),
        TEST(who_is_there_already_is_told_and_not_made_again),
        TEST(a_single_name_that_is_alike_is_told_and_the_row_is_imported_all_the_same),
        TEST(a_single_name_with_a_phone_or_birth_date_and_several_names_are_left_out),
        TEST(an_import_that_was_killed_goes_on_where_it_was),
        TEST(a_whole_import_can_be_undone_but_what_was_changed_stays),
        TEST(undoing_gives_back_what_an_import_had_changed),
        TEST(undoing_gives_back_an_answer_that_could_not_be_given_any_more),
        TEST(json_is_read_by_its_form),
        TEST(json_that_is_wrong_is_told_by_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
