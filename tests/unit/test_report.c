/* Tables and documents: what spreadsheets and PDF readers get. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <zip.h>

#include "plain_ctx.h"
#include "report/chart.h"
#include "report/report.h"

static const struct table_column columns[] = {
    { "number", REPORT_TEXT },
    { "score", REPORT_DECIMAL },
    { "born", REPORT_DATE },
};

/* The table's bytes, made in memory. */
static char *table_bytes(enum table_format format, const char *const *cells, size_t rows,
                         size_t *len_out)
{
    const struct table_spec spec = { "People [1]/2", columns, 3, "people" };
    int fd = memfd_create("table", MFD_CLOEXEC);
    struct table *t = NULL;
    char *bytes;
    ssize_t n;

    assert_int_equal(table_open(&ctx, &t, format, fd, &spec), OK);
    for (size_t i = 0; i < rows; i++)
        assert_int_equal(table_row(&ctx, t, cells + i * 3), OK);
    assert_int_equal(table_close(&ctx, t), OK);
    *len_out = (size_t)lseek(fd, 0, SEEK_END);
    bytes = arena_alloc(ctx.arena, *len_out + 1);
    n = pread(fd, bytes, *len_out, 0);
    assert_int_equal(n, *len_out);
    close(fd);
    return bytes;
}

static void csv_tables_guard_cells_that_a_spreadsheet_would_run(void **state)
{
    const char *const cells[] = { "=1+1", "-0.5",    "2001-02-03", "@x", NULL,
                                  "+cmd", "a,\"b\"", "",           "" };
    size_t len = 0;
    char *csv = table_bytes(TABLE_CSV, cells, 3, &len);

    (void)state;
    assert_string_equal(csv, "number,score,born\r\n'=1+1,-0.5,2001-02-03\r\n'@x,,'+cmd\r\n"
                             "\"a,\"\"b\"\"\",,\r\n");
}

static void xlsx_tables_are_zip_files_with_text_as_text(void **state)
{
    const char *const cells[] = { "=1+1", "0.25", "2001-02-03" };
    size_t len = 0;
    char *xlsx = table_bytes(TABLE_XLSX, cells, 1, &len);

    (void)state;
    assert_true(len > 1000);
    assert_memory_equal(xlsx, "PK\003\004", 4);
    assert_null(memmem(xlsx, len, "<f>", 3));
}

static void tables_become_files_in_one_zip(void **state)
{
    static const struct table_spec second = { "More", columns, 1, "more.rows" };
    const struct table_spec spec = { "People", columns, 3, "people" };
    const char *const cells[] = { "a", "1", "2001-02-03" };
    int fd = memfd_create("zip", MFD_CLOEXEC);
    struct table *t = NULL;
    zip_t *zip;

    (void)state;
    assert_int_equal(table_open(&ctx, &t, TABLE_CSV_ZIP, fd, &spec), OK);
    assert_int_equal(table_row(&ctx, t, cells), OK);
    assert_int_equal(table_next(&ctx, t, &second), OK);
    assert_int_equal(table_row(&ctx, t, cells), OK);
    assert_int_equal(table_close(&ctx, t), OK);
    zip = zip_fdopen(fd, ZIP_CHECKCONS, NULL);
    assert_non_null(zip);
    assert_int_equal(zip_get_num_entries(zip, 0), 2);
    for (zip_uint64_t i = 0; i < 2; i++) {
        zip_file_t *file = zip_fopen_index(zip, i, 0);
        char text[100] = "";

        assert_non_null(file);
        assert_true(zip_fread(file, text, sizeof text - 1) > 0);
        assert_string_equal(zip_get_name(zip, i, 0), i ? "more.rows.csv" : "people.csv");
        assert_string_equal(text,
                            i ? "number\r\na\r\n" : "number,score,born\r\na,1,2001-02-03\r\n");
        assert_int_equal(zip_fclose(file), 0);
    }
    zip_discard(zip);
}

static void what_xml_and_spreadsheets_cannot_hold_is_written_around(void **state)
{
    const char *const cells[] = { "a<b>&\"\001 x", "1234567890123456", "1899-01-01" };
    size_t len = 0;
    char *bytes = table_bytes(TABLE_XLSX, cells, 1, &len);
    zip_source_t *source = zip_source_buffer_create(bytes, len, 0, NULL);
    zip_t *zip = zip_open_from_source(source, ZIP_CHECKCONS | ZIP_RDONLY, NULL);
    char text[4000] = "";
    zip_file_t *file;

    (void)state;
    assert_non_null(zip);
    file = zip_fopen(zip, "xl/worksheets/sheet1.xml", 0);
    assert_non_null(file);
    assert_true(zip_fread(file, text, sizeof text - 1) > 0);
    assert_non_null(strstr(text, ">a&lt;b&gt;&amp;\"_x0001_ x<"));
    assert_non_null(strstr(text, "<t xml:space=\"preserve\">1234567890123456</t>"));
    assert_non_null(strstr(text, "<t xml:space=\"preserve\">1899-01-01</t>"));
    assert_int_equal(zip_fclose(file), 0);
    zip_discard(zip);
}

static struct document *sample(const char *lang, const char *title, size_t rows)
{
    static const struct doc_column two[] = { { "a", "both", 0.5, REPORT_TEXT },
                                             { "b", "both", 0.5, REPORT_INT } };
    const struct doc_bar bars[] = { { "one", 0.5, "0.50", "standard" }, { "two", -1, "", NULL } };
    const char **cells = arena_array(ctx.arena, rows * 2, sizeof *cells);
    struct document *d = document_new(&ctx, lang, title);
    struct doc_table table = { NULL, two, 2, cells, rows, true };

    for (size_t i = 0; i < rows * 2; i++)
        cells[i] = "cell";
    document_bars(d, bars, 2, 0.33, 0.66);
    document_table(d, &table);
    document_footer(d, "footer");
    return d;
}

static size_t count(const char *bytes, size_t len, const char *what)
{
    size_t n = 0;
    const char *p = bytes;

    for (p = memmem(p, len, what, strlen(what)); p != NULL; n++) {
        p += strlen(what);
        p = memmem(p, len - (size_t)(p - bytes), what, strlen(what));
    }
    return n;
}

static void documents_become_pdf_in_latin_and_arabic(void **state)
{
    static const char *const titles[][2] = { { "en", "Result" }, { "ar", "نتيجة المقابلة" } };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const char *bytes = NULL;
        size_t len = 0;

        assert_int_equal(document_pdf(&ctx, sample(titles[i][0], titles[i][1], 3), &bytes, &len),
                         OK);
        assert_memory_equal(bytes, "%PDF-", 5);
        assert_int_equal(count(bytes, len, "/Type /Page %"), 1);
    }
}

static void long_tables_run_over_pages(void **state)
{
    const char *bytes = NULL;
    size_t len = 0;

    (void)state;
    assert_int_equal(document_pdf(&ctx, sample("en", "Long", 150), &bytes, &len), OK);
    assert_true(count(bytes, len, "/Type /Page %") >= 4);
}

static void a_character_without_a_glyph_is_refused_by_name(void **state)
{
    const char *bytes = NULL;
    size_t len = 0;

    (void)state;
    assert_int_equal(document_pdf(&ctx, sample("en", "x \xF3\xB0\x80\x81", 1), &bytes, &len),
                     ERR_INVALID);
    assert_non_null(strstr(ctx_first_problem(&ctx), "U+F0001"));
    assert_null(bytes);
}

/* A document with one of everything, in a language. */
static struct document *everything(const char *lang, const char *title, const char *text)
{
    static const double first[] = { 3, 7, NAN, 12 };
    static const double second[] = { 5, 2, 8, 4 };
    static const char *const quarters[] = { "2026 Q1", "2026 Q2", "2026 Q3", "2026 Q4" };
    static const struct doc_column heads[] = { { "Place", NULL, 2, REPORT_TEXT },
                                               { "Women", "People", 1, REPORT_INT },
                                               { "Men", "People", 1, REPORT_INT } };
    const char *const cells[] = { text, "12", "7", "Thiès", "3", "4", "Total", "15", "11" };
    const struct doc_table table = { "Places", heads, 3, cells, 3, true };
    const struct doc_pair pairs[] = { { "Number", "SN-2026-00042" }, { "Opened", text } };
    const char *const names[] = { "Case manager", title };
    struct chart_series *series = arena_array(ctx.arena, 2, sizeof *series);
    struct chart *charts = arena_array(ctx.arena, 2, sizeof *charts);
    struct document *d = document_new(&ctx, lang, title);

    series[0] = (struct chart_series){ "One", first, NULL };
    series[1] = (struct chart_series){ title, second, NULL };
    charts[0] = (struct chart){ CHART_STACKED, title, quarters, 4, series, 2, NULL, 0 };
    charts[1] = (struct chart){ CHART_LINES, NULL, quarters, 4, series, 2, NULL, 0 };
    document_add(d, DOC_TEXT, text);
    document_pairs(d, pairs, 2);
    document_chart(d, &charts[0]);
    document_chart(d, &charts[1]);
    document_add(d, DOC_HEADING, title);
    document_table(d, &table);
    document_break(d);
    document_signatures(d, names, 2);
    document_footer(d, "Homeward");
    return d;
}

static void a_document_of_everything_becomes_pdf_on_any_paper(void **state)
{
    (void)state;
    for (int paper = 0; paper < 4; paper++) {
        struct document *d = everything("ar", "تقرير الفصل", "داكار وضواحيها 2026");
        const char *bytes = NULL;
        size_t len = 0;

        document_paper(d, paper < 2 ? DOC_A4 : DOC_LETTER, paper % 2 == 1);
        assert_int_equal(document_pdf(&ctx, d, &bytes, &len), OK);
        assert_true(count(bytes, len, "/Type /Page %") >= 2);
        assert_non_null(memmem(bytes, len, paper < 2 ? "841.89" : "792", paper < 2 ? 6 : 3));
    }
}

static void a_row_longer_than_a_page_is_cut_between_its_lines(void **state)
{
    char *text = arena_alloc(ctx.arena, 30001);
    const char *const cells[] = { text, "1" };
    static const struct doc_column heads[] = { { .head = "a" }, { .head = "b" } };
    const struct doc_table table = { NULL, heads, 2, cells, 1, false };
    struct document *d = document_new(&ctx, "en", "Long");
    const char *bytes = NULL;
    size_t len = 0;

    (void)state;
    for (size_t i = 0; i < 30000; i++)
        text[i] = i % 7 == 6 ? ' ' : 'w';
    text[30000] = '\0';
    document_table(d, &table);
    document_add(d, DOC_TEXT, text);
    assert_int_equal(document_pdf(&ctx, d, &bytes, &len), OK);
    assert_true(count(bytes, len, "/Type /Page %") >= 10);
}

static void a_chart_runs_from_the_side_where_reading_begins(void **state)
{
    static const double values[] = { 1, 4 };
    static const char *const labels[] = { "a", "b" };
    static const struct chart_series series[] = { { "s", values, NULL } };
    const struct chart chart = { CHART_COLUMNS, NULL, labels, 2, series, 1, NULL, 0 };
    struct chart_shape left = { 0 };
    struct chart_shape right = { 0 };

    (void)state;
    assert_int_equal(chart_shape(&ctx, &left, &chart, 500, 200), OK);
    assert_int_equal(left.boxes_len, 2);
    assert_true(left.boxes[0].x < left.boxes[1].x);
    assert_true(fabs(left.boxes[1].height - 4 * left.boxes[0].height) < 0.001);
    assert_string_equal(left.numbers[left.numbers_len - 1].text, "4");
    ctx.lang = "ar";
    assert_int_equal(chart_shape(&ctx, &right, &chart, 500, 200), OK);
    assert_true(right.boxes[0].x > right.boxes[1].x);
    assert_true(fabs(left.boxes[0].x + right.boxes[0].x + right.boxes[0].width - 500) < 0.001);
}

/* Levels that have names take the place of numbers; a line is broken where it has no value. */
static void heights_with_names_stand_where_they_belong(void **state)
{
    static const double values[] = { NAN, 6, 0, NAN };
    static const char *const labels[] = { "Return", "1", "2", "Today" };
    static const struct chart_series series[] = { { "s", values, NULL } };
    static const struct chart_level levels[] = { { 0, "Down" }, { 3, "" }, { 6, "Up" } };
    const struct chart chart = { CHART_LINES, NULL, labels, 4, series, 1, levels, 3 };
    struct chart_shape shape = { 0 };

    (void)state;
    assert_int_equal(chart_shape(&ctx, &shape, &chart, 500, 200), OK);
    assert_int_equal(shape.numbers_len, 3);
    assert_string_equal(shape.numbers[2].text, "Up");
    assert_int_equal(shape.dots_len, 2);
    assert_false(shape.dots[0].joined);
    assert_true(shape.dots[1].joined);
    assert_true(fabs(shape.dots[0].y - shape.numbers[2].at) < 0.001);
    assert_true(fabs(shape.dots[1].y - shape.numbers[0].at) < 0.001);
    assert_true(shape.dots[0].y < shape.dots[1].y);
    assert_int_equal(shape.labels_len, 4);
}

static void a_chart_of_nothing_has_no_lines_and_too_many_series_are_refused(void **state)
{
    struct chart chart = { .kind = CHART_LINES };
    struct chart_shape shape = { 0 };

    (void)state;
    assert_int_equal(chart_shape(&ctx, &shape, &chart, 500, 200), OK);
    assert_int_equal(shape.dots_len, 0);
    chart.series_len = CHART_SERIES_MAX + 1;
    assert_int_equal(chart_shape(&ctx, &shape, &chart, 500, 200), ERR_LIMIT);
}

static void tables_of_a_document_become_sheets_and_csv(void **state)
{
    struct document *d = everything("en", "Report", "=1+1");
    int fd = memfd_create("sheets", MFD_CLOEXEC);
    char text[1024] = { 0 };

    (void)state;
    assert_int_equal(document_sheets(&ctx, d, TABLE_CSV, fd), OK);
    assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
    assert_string_equal(text, "Item,Value\r\nNumber,SN-2026-00042\r\nOpened,'=1+1\r\n\r\n"
                              "Place,People: Women,People: Men\r\n'=1+1,12,7\r\n"
                              "Thiès,3,4\r\nTotal,15,11\r\n");
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(document_sheets(&ctx, d, TABLE_XLSX, fd), OK);
    assert_true(lseek(fd, 0, SEEK_END) > 1000);
    close(fd);
    assert_int_equal(document_sheets(&ctx, document_new(&ctx, "en", "Empty"), TABLE_CSV, -1),
                     ERR_INVALID);
}

static void a_picture_is_a_png_of_bounded_size(void **state)
{
    unsigned char png[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13,
                            'I',  'H', 'D', 'R', 0,    0,    0xff, 0xff, 0, 0, 0, 1 };
    struct document *d = document_new(&ctx, "en", "Logo");
    const char *bytes = NULL;
    size_t len = 0;

    (void)state;
    assert_int_equal(document_image(&ctx, d, "GIF89a", 6, 40, "logo"), ERR_INVALID);
    assert_int_equal(document_image(&ctx, d, png, sizeof png, 40, "logo"), ERR_INVALID);
    png[18] = png[19] = 0;
    assert_int_equal(document_image(&ctx, d, png, sizeof png, 40, "logo"), OK);
    assert_int_equal(document_pdf(&ctx, d, &bytes, &len),
                     ERR_INVALID); /* and no more than a head */
    assert_null(bytes);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(csv_tables_guard_cells_that_a_spreadsheet_would_run),
        T(xlsx_tables_are_zip_files_with_text_as_text),
        T(tables_become_files_in_one_zip),
        T(what_xml_and_spreadsheets_cannot_hold_is_written_around),
        T(documents_become_pdf_in_latin_and_arabic),
        T(long_tables_run_over_pages),
        T(a_character_without_a_glyph_is_refused_by_name),
        T(a_document_of_everything_becomes_pdf_on_any_paper),
        T(a_row_longer_than_a_page_is_cut_between_its_lines),
        T(a_chart_runs_from_the_side_where_reading_begins),
        T(heights_with_names_stand_where_they_belong),
        T(a_chart_of_nothing_has_no_lines_and_too_many_series_are_refused),
        T(tables_of_a_document_become_sheets_and_csv),
        T(a_picture_is_a_png_of_bounded_size),
    };

    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
