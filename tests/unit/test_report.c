/* Tables and documents: what spreadsheets and PDF readers get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "plain_ctx.h"
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
    const struct table_spec spec = { "People [1]/2", columns, 3 };
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

static struct document *sample(const char *lang, const char *title, size_t rows)
{
    static const double widths[] = { 0.5, 0.5 };
    const char *const heads[] = { "a", "b" };
    const struct doc_bar bars[] = { { "one", 0.5, "0.50", "standard" }, { "two", -1, "", NULL } };
    const char **cells = arena_array(ctx.arena, rows * 2, sizeof *cells);
    struct document *d = document_new(&ctx, lang, title);

    for (size_t i = 0; i < rows * 2; i++)
        cells[i] = "cell";
    document_bars(d, bars, 2, 0.33, 0.66);
    document_table(d, heads, widths, 2, cells, rows);
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

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(csv_tables_guard_cells_that_a_spreadsheet_would_run),
        T(xlsx_tables_are_zip_files_with_text_as_text),
        T(documents_become_pdf_in_latin_and_arabic),
        T(long_tables_run_over_pages),
        T(a_character_without_a_glyph_is_refused_by_name),
    };

    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
