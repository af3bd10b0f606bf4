/* The CSV reader and writer. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/asset.h"
#include "core/csv_table.h"
#include "plain_ctx.h"

/* Cells as [a|b], rows one after another, or the first problem. */
static const char *read_all(struct csv *csv)
{
    struct buf out;
    bool more = true;

    buf_init(&out, ctx.arena, 1000000);
    for (;;) {
        struct csv_row row = { 0 };

        if (csv_next(&ctx, csv, &row, &more) != OK)
            return ctx_first_problem(&ctx);
        if (!more)
            break;
        buf_add_char(&out, '[');
        for (size_t i = 0; i < row.len; i++) {
            assert_int_equal(strlen(row.cells[i]), row.lens[i]);
            buf_add(&out, i ? "|" : "");
            buf_add(&out, row.cells[i]);
        }
        buf_add_char(&out, ']');
    }
    assert_int_equal(csv_next(&ctx, csv, &(struct csv_row){ 0 }, &more), OK);
    assert_false(more); /* the end stays the end */
    return buf_text(&out);
}

static const char *rows_of_len(const char *text, size_t len, char delimiter)
{
    struct csv *csv = NULL;
    const char *rows;

    ctx_clear_problems(&ctx);
    assert_int_equal(csv_open_bytes(&ctx, &csv, arena_memdup(ctx.arena, text, len), len, delimiter),
                     OK);
    rows = read_all(csv);
    csv_close(csv);
    return rows;
}

static const char *rows_of(const char *text)
{
    return rows_of_len(text, strlen(text), 0);
}

static void rows_are_read_with_either_line_end(void **state)
{
    (void)state;
    assert_string_equal(rows_of("a,b\n1,2\n"), "[a|b][1|2]");
    assert_string_equal(rows_of("a,b\r\n1,2\r\n"), "[a|b][1|2]");
    assert_string_equal(rows_of("a,b\r\n1,2"), "[a|b][1|2]");
    assert_string_equal(rows_of("a,b\r\n1,"), "[a|b][1|]");
    assert_string_equal(rows_of("a\n\n\r\nb\n"), "[a][b]");
    assert_string_equal(rows_of("a,b\n,\n1\n1,2,3\n"), "[a|b][|][1][1|2|3]");
    assert_string_equal(rows_of("a\rb,c\n"), "[a\rb|c]");
    assert_string_equal(rows_of(""), "");
    assert_string_equal(rows_of("\n\n"), "");
}

static void quotes_hold_delimiters_lines_and_quotes(void **state)
{
    (void)state;
    assert_string_equal(rows_of("\"a,b\",c\n"), "[a,b|c]");
    assert_string_equal(rows_of("\"a\r\nb\",\"\"\n"), "[a\r\nb|]");
    assert_string_equal(rows_of("\"say \"\"no\"\"\",\"\"\"\"\r\n"), "[say \"no\"|\"]");
    assert_string_equal(rows_of("\"\"\n"), "[]"); /* one empty cell is not an empty line */
    assert_string_equal(rows_of("a \"b\" c,5\" pipe\n"), "[a \"b\" c|5\" pipe]");
    assert_string_equal(rows_of("\"a\"b,c\n"), "[ab|c]");
    assert_string_equal(rows_of("\"a\"\r\n\"b\""), "[a][b]");
    assert_string_equal(rows_of("\"a\r\"\r\n"), "[a\r]");
}

static void a_byte_order_mark_is_no_part_of_the_header(void **state)
{
    (void)state;
    assert_string_equal(rows_of("\xEF\xBB\xBF"
                                "a;b\n1;2\n"),
                        "[a|b][1|2]");
    assert_string_equal(rows_of("\xEF\xBB\xBF\"a\"\n"), "[a]");
}

static void the_delimiter_is_found_in_the_header_line(void **state)
{
    struct csv *csv = NULL;

    (void)state;
    assert_string_equal(rows_of("a;b;c\n1,5;2;3\n"), "[a|b|c][1,5|2|3]");
    assert_string_equal(rows_of("a\tb\n1,2\t3\n"), "[a|b][1,2|3]");
    assert_string_equal(rows_of("\"x;y;z\",b\n"), "[x;y;z|b]");
    assert_string_equal(rows_of("only\na,b\n"), "[only][a|b]");
    assert_string_equal(rows_of_len("a;b,c\n", 6, ','), "[a;b|c]");
    assert_int_equal(csv_open_bytes(&ctx, &csv, "a;b", 3, 0), OK);
    assert_int_equal(csv_delimiter(csv), ';');
}

static void rows_know_their_line_and_their_number(void **state)
{
    static const char text[] = "h\n\n\"a\nb\nc\"\nd\n";
    static const int64_t lines[] = { 1, 3, 6 };
    static const int64_t numbers[] = { 1, 3, 4 };
    struct csv *csv = NULL;
    struct csv_row row = { 0 };
    bool more;

    (void)state;
    assert_int_equal(csv_open_bytes(&ctx, &csv, text, strlen(text), 0), OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(csv_next(&ctx, csv, &row, &more), OK);
        assert_true(more);
        assert_int_equal(row.line, lines[i]);
        assert_int_equal(row.number, numbers[i]);
    }
}

static void what_is_not_text_is_refused_with_its_place(void **state)
{
    static const char *const utf8 = "Row 2, column 3: this is not UTF-8 text. Save the file as CSV "
                                    "UTF-8 and try again.";

    (void)state;
    assert_string_equal(rows_of("a,b,c\n1,2,caf\xE9\n"), utf8);
    assert_string_equal(rows_of_len("a,b,c\n1,2,x\0y\n", 14, 0), utf8);
    assert_string_equal(rows_of("a,b,c\n1,2,\xED\xA0\x80\n"), utf8);
    assert_string_equal(rows_of("a,b\n1,\"open\n3,4\n"),
                        "Row 2, column 2: a quotation mark is opened and never closed.");
}

static void a_reader_that_failed_reads_nothing_more(void **state)
{
    struct csv *csv = NULL;
    struct csv_row row = { 0 };
    bool more = true;

    (void)state;
    assert_int_equal(csv_open_bytes(&ctx, &csv, "\xFF\nb\n", 4, 0), OK);
    assert_int_equal(csv_next(&ctx, csv, &row, &more), ERR_INVALID);
    assert_int_equal(csv_next(&ctx, csv, &row, &more), ERR_INVALID);
}

static void the_limits_hold_to_the_byte(void **state)
{
    size_t len = CSV_FIELD_MAX;
    char *text = arena_alloc(ctx.arena, CSV_FIELD_MAX + 2);
    char *columns = arena_alloc(ctx.arena, CSV_COLUMNS_MAX + 2);
    char *wide = arena_alloc(ctx.arena, CSV_ROW_MAX + 8);
    struct csv *csv = NULL;
    struct csv_row row = { 0 };
    bool more;

    (void)state;
    memset(text, 'x', len + 1);
    assert_int_equal(csv_open_bytes(&ctx, &csv, text, len, ','), OK);
    assert_int_equal(csv_next(&ctx, csv, &row, &more), OK);
    assert_int_equal(row.lens[0], len);
    assert_string_equal(rows_of_len(text, len + 1, ','), "Row 1, column 1: the cell is too long.");

    memset(columns, ',', CSV_COLUMNS_MAX);
    assert_int_equal(csv_open_bytes(&ctx, &csv, columns, CSV_COLUMNS_MAX - 1, ','), OK);
    assert_int_equal(csv_next(&ctx, csv, &row, &more), OK);
    assert_int_equal(row.len, CSV_COLUMNS_MAX);
    assert_string_equal(rows_of_len(columns, CSV_COLUMNS_MAX, ','), "Row 1 has too many columns.");

    memset(wide, 'x', CSV_ROW_MAX + 4);
    for (size_t i = CSV_FIELD_MAX; i < CSV_ROW_MAX; i += CSV_FIELD_MAX + 1)
        wide[i] = ',';
    assert_string_equal(rows_of_len(wide, CSV_ROW_MAX + 3, ','), "Row 1 is too long, at column 4.");
}

static void a_cell_of_a_gigabyte_ends_in_a_limit_with_little_memory(void **state)
{
    char path[] = "/tmp/homeward-test-XXXXXX";
    struct csv *csv = NULL;
    struct csv_row row = { 0 };
    struct rusage before = { 0 };
    struct rusage after = { 0 };
    int fd = mkstemp(path);
    bool more;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "name\n\"", 6), 6);
    assert_int_equal(ftruncate(fd, (off_t)1 << 30), 0); /* a hole: takes no room */
    (void)getrusage(RUSAGE_SELF, &before);
    assert_int_equal(csv_open_file(&ctx, &csv, path, 0), OK);
    assert_int_equal(csv_next(&ctx, csv, &row, &more), OK);
    assert_int_equal(csv_next(&ctx, csv, &row, &more), ERR_LIMIT);
    csv_close(csv);
    (void)getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 32L * 1024);
    assert_string_equal(ctx_first_problem(&ctx), "Row 2, column 1: the cell is too long.");
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(path), 0);
}

/* Quotes, doubled quotes and line ends fall on every place of the 64 KB border. */
static void a_file_reads_the_same_wherever_its_chunks_are_cut(void **state)
{
    static const char tail[] = "\",\"q\"\"q\",é\r\n\"l\n\"\"\",z\r\n";
    size_t border = (size_t)64 * 1024;
    char *text = arena_alloc(ctx.arena, border + 100);

    (void)state;
    for (size_t k = 0; k <= sizeof(tail); k++) {
        char path[] = "/tmp/homeward-test-XXXXXX";
        size_t len = border - k + strlen(tail);
        struct arena_mark mark = arena_mark(ctx.arena);
        struct csv *csv = NULL;
        const char *from_file;
        int fd = mkstemp(path);

        memset(text, 'x', border);
        text[0] = '"';
        memcpy(text + border - k, tail, sizeof(tail));
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, len), len);
        assert_int_equal(close(fd), 0);
        assert_int_equal(csv_open_file(&ctx, &csv, path, ','), OK);
        from_file = read_all(csv);
        assert_string_equal(from_file, rows_of_len(text, len, ','));
        assert_non_null(strstr(from_file, "x|q\"q|é][l\n\"|z]"));
        assert_int_equal(unlink(path), 0);
        arena_rewind(ctx.arena, mark);
    }
}

static void a_file_that_is_not_there_is_told(void **state)
{
    struct csv *csv = NULL;

    (void)state;
    assert_int_equal(csv_open_file(&ctx, &csv, "/tmp/homeward-no-such-file.csv", 0), ERR_IO);
    assert_string_equal(ctx_first_problem(&ctx), "Could not open /tmp/homeward-no-such-file.csv: "
                                                 "No such file or directory");
    ctx_clear_problems(&ctx);
    assert_int_equal(csv_open_file(&ctx, &csv, "/tmp", 0), ERR_IO);
    assert_string_equal(ctx_first_problem(&ctx), "The file could not be read: Is a directory");
    assert_null(csv);
}

static const char *written(const char *cell, bool first, bool guard)
{
    struct buf b;

    buf_init(&b, ctx.arena, 1000);
    csv_add_cell(&b, cell, first, guard);
    return buf_text(&b);
}

static void cells_are_quoted_only_where_needed(void **state)
{
    (void)state;
    assert_string_equal(written("a", true, false), "a");
    assert_string_equal(written("a", false, false), ",a");
    assert_string_equal(written("a,b", true, false), "\"a,b\"");
    assert_string_equal(written("a\"b\"", true, false), "\"a\"\"b\"\"\"");
    assert_string_equal(written("a\nb", true, false), "\"a\nb\"");
    assert_string_equal(written("", true, false), "\"\"");
    assert_string_equal(written("", false, false), ",");
}

static void formulas_are_guarded_and_plain_numbers_are_not(void **state)
{
    (void)state;
    assert_string_equal(written("=1+1", true, true), "'=1+1");
    assert_string_equal(written("=HYPERLINK(\"x\")", true, true), "\"'=HYPERLINK(\"\"x\"\")\"");
    assert_string_equal(written("@x", true, true), "'@x");
    assert_string_equal(written("+49 151", true, true), "'+49 151");
    assert_string_equal(written("-5.25", true, true), "-5.25");
    assert_string_equal(written("-5+2", true, true), "'-5+2");
    assert_string_equal(written("\tx", true, true), "\"'\tx\"");
    assert_string_equal(written("=1+1", true, false), "=1+1");
    assert_string_equal(written("1=1", true, true), "1=1");
}

static void what_is_written_reads_back(void **state)
{
    static const char *const cells[] = { "", "a;b;c;d", "\"", "x\r\ny", "é", "\t", "" };
    struct buf b;
    struct csv *csv = NULL;
    struct csv_row row = { 0 };
    bool more;

    (void)state;
    buf_init(&b, ctx.arena, 1000);
    csv_add_cell(&b, "", true, false);
    csv_end_row(&b);
    for (size_t i = 0; i < 7; i++)
        csv_add_cell(&b, cells[i], i == 0, false);
    csv_end_row(&b);
    assert_int_equal(csv_open_bytes(&ctx, &csv, b.data, b.len, 0), OK);
    assert_int_equal(csv_next(&ctx, csv, &row, &more), OK);
    assert_int_equal(row.len, 1);
    assert_int_equal(csv_next(&ctx, csv, &row, &more), OK);
    assert_int_equal(row.len, 7);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(row.cells[i], cells[i]);
}

/* --- tables --- */

/* The table of these bytes as content/lists/a.csv. */
static enum err load_table(struct csv_table *out, const char *text)
{
    char dir[] = "/tmp/homeward-test-XXXXXX";
    const char *sub;
    const char *path;
    FILE *f;

    assert_non_null(mkdtemp(dir));
    sub = arena_printf(ctx.arena, "%s/lists", dir);
    path = arena_printf(ctx.arena, "%s/a.csv", sub);
    assert_int_equal(mkdir(sub, 0700), 0);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
    assert_int_equal(asset_use_directory(&ctx, dir), OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(sub), 0);
    assert_int_equal(rmdir(dir), 0);
    return csv_table_load(&ctx, out, ctx.arena, "content/lists/a.csv");
}

static void a_table_is_found_by_row_and_name_of_column(void **state)
{
    struct csv_table t = { 0 };
    size_t at = 9;

    (void)state;
    assert_int_equal(load_table(&t, "name,size\nsmall,1\n\n\"two\nlines\",2"), OK);
    assert_int_equal(t.len, 2);
    assert_string_equal(csv_table_cell(&t, 0, "name"), "small");
    assert_string_equal(csv_table_cell(&t, 1, "name"), "two\nlines");
    assert_string_equal(csv_table_cell(&t, 1, "size"), "2");
    assert_string_equal(csv_table_cell(&t, 1, "siz"), "");
    assert_int_equal(csv_table_column(&ctx, &at, &t, "size"), OK);
    assert_int_equal(at, 1);
    assert_string_equal(t.rows[0].cells[at], "1");
    assert_int_equal(csv_table_column(&ctx, &at, &t, "Size"), ERR_INVALID);
    assert_int_equal(at, 1);
    assert_string_equal(ctx_first_problem(&ctx),
                        "content/lists/a.csv, row 1, \"Size\": the column is missing");
}

static void table_refused(const char *text, const char *why)
{
    struct csv_table t = { 0 };

    ctx_clear_problems(&ctx);
    assert_int_equal(load_table(&t, text), ERR_INVALID);
    assert_string_equal(ctx_first_problem(&ctx), why);
    assert_null(t.file);
    assert_null(t.rows);
}

static void a_table_that_is_not_even_is_refused_with_its_row(void **state)
{
    struct csv_table t = { 0 };

    (void)state;
    table_refused("", "content/lists/a.csv, row 1, \"\": the file is empty");
    table_refused("a,b\n1,2\n3\n", "content/lists/a.csv, row 3, \"3\": the row has not as many "
                                   "cells as the header");
    table_refused("a,b\n1,2,3\n", "content/lists/a.csv, row 2, \"1\": the row has not as many "
                                  "cells as the header");
    ctx_clear_problems(&ctx);
    assert_int_equal(csv_table_load(&ctx, &t, ctx.arena, "content/lists/b.csv"), ERR_INVALID);
    assert_string_equal(ctx_first_problem(&ctx),
                        "content/lists/b.csv, row 1, \"\": the file is missing");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(rows_are_read_with_either_line_end),
        T(quotes_hold_delimiters_lines_and_quotes),
        T(a_byte_order_mark_is_no_part_of_the_header),
        T(the_delimiter_is_found_in_the_header_line),
        T(rows_know_their_line_and_their_number),
        T(what_is_not_text_is_refused_with_its_place),
        T(a_reader_that_failed_reads_nothing_more),
        T(the_limits_hold_to_the_byte),
        T(a_cell_of_a_gigabyte_ends_in_a_limit_with_little_memory),
        T(a_file_reads_the_same_wherever_its_chunks_are_cut),
        T(a_file_that_is_not_there_is_told),
        T(cells_are_quoted_only_where_needed),
        T(formulas_are_guarded_and_plain_numbers_are_not),
        T(what_is_written_reads_back),
        T(a_table_is_found_by_row_and_name_of_column),
        T(a_table_that_is_not_even_is_refused_with_its_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
