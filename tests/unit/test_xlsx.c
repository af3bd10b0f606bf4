/* The reader of .xlsx: what programs write, and what nobody should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/buf.h"
#include "forms/xlsx.h"
#include "plain_ctx.h"
#include "xlsx_pack.h"

#define SHEET(rows)  "<worksheet " PACK_MAIN "><sheetData>" rows "</sheetData></worksheet>"
#define SHARED(text) "<sst " PACK_MAIN ">" text "</sst>"
#define DATES                                                                                      \
    "<styleSheet " PACK_MAIN "><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd "     \
    "hh:mm\"/><numFmt numFmtId=\"165\" formatCode=\"[h]:mm\"/><numFmt numFmtId=\"166\" "           \
    "formatCode=\"#,##0.00&quot; days&quot;\"/><numFmt numFmtId=\"167\" "                          \
    "formatCode=\"[$-409]mmm\\ d;@\"/></numFmts>"                                                  \
    "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/>"              \
    "<xf numFmtId=\"14\"/><xf numFmtId=\"164\"/><xf numFmtId=\"20\"/><xf numFmtId=\"165\"/>"       \
    "<xf numFmtId=\"166\"/><xf numFmtId=\"167\"/></cellXfs></styleSheet>"

/* The parts of a workbook; what is NULL is as every program writes it, or left out. */
struct book {
    const char *workbook;
    const char *sheet;
    const char *shared;
    const char *styles;
};

static const void *bytes_of(const struct book *b, size_t *len)
{
    struct pack_part parts[6] = { { "_rels/.rels", pack_outer, 0 },
                                  { "xl/_rels/workbook.xml.rels", pack_relations, 0 } };
    size_t n = 2;

    parts[n++] =
        (struct pack_part){ "xl/workbook.xml", b->workbook ? b->workbook : pack_workbook, 0 };
    parts[n++] = (struct pack_part){ "xl/worksheets/sheet1.xml", b->sheet, 0 };
    if (b->shared)
        parts[n++] = (struct pack_part){ "xl/sharedStrings.xml", b->shared, 0 };
    if (b->styles)
        parts[n++] = (struct pack_part){ "xl/styles.xml", b->styles, 0 };
    return pack(ctx.arena, len, parts, n);
}

/* Rows as 2[A:x|C:y], or the first problem; types as a letter before the text where not text. */
static const char *read_rows(struct xlsx *x, size_t sheet)
{
    static const char letters[] = {
        [XLSX_TEXT] = 0,   [XLSX_NUMBER] = 'n', [XLSX_DATE] = 'd', [XLSX_DATETIME] = 'D',
        [XLSX_TIME] = 't', [XLSX_BOOL] = 'b',   [XLSX_ERROR] = 'e'
    };
    struct xlsx_rows *rows = NULL;
    struct xlsx_row row = { 0 };
    bool more = true;
    struct buf out;

    buf_init(&out, ctx.arena, 1000000);
    if (xlsx_rows_open(&ctx, &rows, x, sheet) != OK)
        return ctx_first_problem(&ctx);
    for (;;) {
        if (xlsx_next(&ctx, rows, &row, &more) != OK) {
            xlsx_rows_close(rows);
            return ctx_first_problem(&ctx);
        }
        if (!more)
            break;
        buf_printf(&out, "%lld[", (long long)row.number);
        for (size_t i = 0; i < row.len; i++) {
            buf_printf(&out, "%s%s:", i ? "|" : "",
                       xlsx_column_name(ctx.arena, row.cells[i].column));
            if (letters[row.cells[i].type])
                buf_add_char(&out, letters[row.cells[i].type]);
            buf_add(&out, row.cells[i].text);
            assert_ptr_equal(xlsx_at(&row, row.cells[i].column), &row.cells[i]);
        }
        buf_add_char(&out, ']');
    }
    assert_int_equal(xlsx_next(&ctx, rows, &row, &more), OK);
    assert_false(more); /* the end stays the end */
    xlsx_rows_close(rows);
    return buf_text(&out);
}

static const char *rows_of_book(const struct book *b)
{
    struct xlsx *x = NULL;
    size_t len = 0;
    const void *bytes = bytes_of(b, &len);
    const char *rows;

    ctx_clear_problems(&ctx);
    if (xlsx_open_bytes(&ctx, &x, bytes, len) != OK)
        return ctx_first_problem(&ctx);
    rows = read_rows(x, 0);
    xlsx_close(x);
    return rows;
}

static const char *rows_of(const char *sheet)
{
    return rows_of_book(&(struct book){ .sheet = sheet });
}

static const char *dates_of(const char *sheet)
{
    return rows_of_book(&(struct book){ .sheet = sheet, .styles = DATES });
}

/* --- what programs write --- */

static void cells_come_as_text_with_their_type(void **state)
{
    (void)state;
    assert_string_equal(
        rows_of_book(&(struct book){
            .sheet = SHEET(
                "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>1</v></c><c r=\"C1\" t=\"b\"><v>1</v></c>"
                "<c r=\"D1\" t=\"b\"><v>0</v></c><c r=\"E1\" t=\"e\"><v>#N/A</v></c>"
                "<c r=\"F1\"><v>12</v></c><c r=\"AA1\" t=\"str\"><f>A1&amp;B1</f><v>"
                "x y</v></c></row>"
                "<row r=\"4\"><c r=\"B4\" t=\"inlineStr\"><is><t xml:space=\"preserve\"> a &lt; b "
                "</t></is></c><c r=\"C4\" s=\"1\"/><c r=\"D4\" t=\"str\"><v></v></c></row>"),
            .shared = SHARED("<si><t>zero</t></si><si><t>one</t></si>") }),
        "1[A:one|C:btrue|D:bfalse|E:e#N/A|F:n12|AA:x y]4[B: a < b ]");
}

static void rich_text_is_joined_and_phonetic_text_left_out(void **state)
{
    (void)state;
    assert_string_equal(
        rows_of_book(&(struct book){
            .sheet = SHEET("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c>"
                           "<c r=\"B1\" t=\"inlineStr\"><is><r><t>in</t></r><r><rPr><b/></rPr>"
                           "<t>line</t></r><rPh sb=\"0\" eb=\"1\"><t>no</t></rPh></is></c></row>"),
            .shared = SHARED("<si><r><t>Bold</t></r><r><rPr><i/></rPr><t xml:space=\"preserve\"> "
                             "and not</t></r><rPh sb=\"0\" eb=\"1\"><t>yomi</t></rPh></si>") }),
        "1[A:Bold and not|B:inline]");
}

static void numbers_are_as_short_as_a_person_would_write_them(void **state)
{
    (void)state;
    assert_string_equal(
        rows_of(SHEET("<row><c><v>0.30000000000000004</v></c><c><v>1.0E-2</v></c>"
                      "<c><v>1E+20</v></c><c><v>-7.50</v></c><c><v>12345678901</v></c>"
                      "<c><v>9007199254740991</v></c><c><v>1.1000000000000001</v></c>"
                      "<c><v>007</v></c><c><v>-0</v></c><c><v>.5</v></c></row>")),
        "1[A:n0.3|B:n0.01|C:n100000000000000000000|D:n-7.5|E:n12345678901|F:n9007199254740991|"
        "G:n1.1|H:n7|I:n0|J:n0.5]");
}

static void dates_are_known_by_the_format_of_the_cell(void **state)
{
    (void)state;
    assert_string_equal(
        dates_of(SHEET("<row><c s=\"1\"><v>45292</v></c><c s=\"2\"><v>45292.5</v></c>"
                       "<c s=\"3\"><v>0.75</v></c><c s=\"4\"><v>1.5625</v></c>"
                       "<c s=\"5\"><v>45292</v></c><c s=\"0\"><v>45292</v></c>"
                       "<c s=\"6\"><v>45292.999999</v></c><c s=\"99\"><v>1</v></c></row>")),
        "1[A:d2024-01-01|B:D2024-01-01T12:00:00|C:t18:00:00|D:t37:30:00|E:n45292|F:n45292|"
        "G:d2024-01-02|H:n1]");
    assert_string_equal(dates_of(SHEET("<row><c t=\"d\"><v>2024-02-29</v></c>"
                                       "<c t=\"d\"><v>2024-02-29T07:08:09.5Z</v></c>"
                                       "<c t=\"d\"><v>2024-02-30</v></c></row>")),
                        "1[A:d2024-02-29|B:D2024-02-29T07:08:09|C:2024-02-30]");
}

static void the_first_days_of_1900_are_counted_as_excel_does(void **state)
{
    (void)state;
    /* Day 60 is a 29 February that never was: it stays a number, as do days outside the years. */
    assert_string_equal(
        dates_of(SHEET("<row><c s=\"1\"><v>1</v></c><c s=\"1\"><v>59</v></c><c s=\"1\"><v>60</v>"
                       "</c><c s=\"1\"><v>61</v></c><c s=\"1\"><v>0</v></c><c s=\"1\"><v>-1</v></c>"
                       "<c s=\"1\"><v>2958465</v></c><c s=\"1\"><v>2958466</v></c></row>")),
        "1[A:d1900-01-01|B:d1900-02-28|C:n60|D:d1900-03-01|E:n0|F:n-1|G:d9999-12-31|H:n2958466]");
}

static void workbooks_of_1904_count_from_there(void **state)
{
    struct book b = {
        .workbook = "<workbook " PACK_MAIN " xmlns:r=\"" PACK_TYPE "\"><workbookPr date1904=\"1\"/>"
                    "<sheets><sheet name=\"One\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>",
        .sheet = SHEET("<row><c s=\"1\"><v>0</v></c><c s=\"1\"><v>43830</v></c></row>"),
        .styles = DATES
    };

    (void)state;
    assert_string_equal(rows_of_book(&b), "1[A:d1904-01-01|B:d2024-01-01]");
}

static void formats_are_dates_only_where_letters_say_so(void **state)
{
    static const struct {
        const char *code;
        const char *shown;
    } formats[] = {
        { "General", "n1.5" },
        { "0.00E+00", "n1.5" },
        { "#,##0.00 &quot;days&quot;", "n1.5" },
        { "[Red]0.0;[Blue]-0.0", "n1.5" },
        { "_-* #,##0.00\\ _d_-", "n1.5" },
        { "&quot;year &quot;0", "n1.5" },
        { "@", "n1.5" },
        { "d/m/yyyy", "d1900-01-01" },
        { "mmm", "d1900-01-01" },
        { "m", "d1900-01-01" },
        { "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "d1900-01-01" },
        { "yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;", "d1900-01-01" },
        { "h:mm", "t12:00:00" },
        { "mm:ss", "t12:00:00" },
        { "h:mm AM/PM", "t12:00:00" },
        { "[h]:mm", "t36:00:00" },
        { "[mm]:ss", "t36:00:00" },
        { "DD/MM/YY HH:MM:SS", "D1900-01-01T12:00:00" },
        { "[$-409]m/d/yy h:mm AM/PM;@", "D1900-01-01T12:00:00" },
        { "&quot;unfinished", "n1.5" },
        { "[unfinished", "n1.5" },
        { "0\\", "n1.5" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        struct book b = { .sheet = SHEET("<row><c s=\"0\"><v>1.5</v></c></row>") };

        b.styles = arena_printf(ctx.arena,
                                "<styleSheet " PACK_MAIN "><numFmts><numFmt numFmtId=\"200\""
                                " formatCode=\"%s\"/></numFmts><cellXfs><xf numFmtId=\"200\"/>"
                                "</cellXfs></styleSheet>",
                                formats[i].code);
        assert_string_equal(rows_of_book(&b), arena_printf(ctx.arena, "1[A:%s]", formats[i].shown));
    }
}

static void places_may_be_left_out_or_stand_in_any_order_in_a_row(void **state)
{
    (void)state;
    assert_string_equal(rows_of(SHEET("<row><c><v>1</v></c><c r=\"D1\"><v>2</v></c><c><v>3</v></c>"
                                      "</row><row/><row r=\"9\"><c r=\"B9\"><v>4</v></c>"
                                      "<c r=\"A9\"><v>5</v></c></row><row><c><v>6</v></c></row>")),
                        "1[A:n1|D:n2|E:n3]2[]9[A:n5|B:n4]10[A:n6]");
}

static void prefixes_and_the_strict_vocabulary_are_read_alike(void **state)
{
    (void)state;
    assert_string_equal(
        rows_of(
            "<x:worksheet xmlns:x=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">"
            "<x:sheetData><x:row r=\"1\"><x:c r=\"A1\"><x:v>1</x:v></x:c></x:row></x:sheetData>"
            "</x:worksheet>"),
        "1[A:n1]");
    assert_string_equal(
        rows_of(
            "<worksheet xmlns=\"http://purl.oclc.org/ooxml/spreadsheetml/main\"><sheetData><row>"
            "<c><v>2</v></c></row></sheetData></worksheet>"),
        "1[A:n2]");
    assert_string_equal(rows_of("<worksheet " PACK_MAIN " xmlns:y=\"urn:other\"><sheetData><row>"
                                "<y:c><y:v>9</y:v><v>8</v></y:c><c><v>2</v><y:v>7</y:v></c></row>"
                                "</sheetData></worksheet>"),
                        "1[A:n2]"); /* another vocabulary is passed by */
}

static void escapes_of_characters_are_undone(void **state)
{
    (void)state;
    assert_string_equal(
        rows_of(SHEET("<row><c t=\"str\"><v>a_x000A_b_x005F_x000A_</v></c>"
                      "<c t=\"str\"><v>_xD83D__xDE00_ _xD83D_ _x0000_._x12G4_ _x00e9_</v></c>"
                      "</row>")),
        "1[A:a\nb_x000A_|B:😀  ._x12G4_ é]");
}

static void a_formula_without_a_result_is_told_as_a_formula(void **state)
{
    (void)state;
    assert_string_equal(
        rows_of(SHEET("<row><c><f>SUM(B1:B9)</f><v></v></c><c><f>1+1</f><v>2</v></c>"
                      "<c t=\"str\"><f>\"\"</f><v></v></c></row>")),
        "1[A:e=SUM(B1:B9)|B:n2]");
}

static void sheets_have_names_and_may_be_hidden_and_charts_are_none(void **state)
{
    static const char workbook[] =
        "<workbook " PACK_MAIN " xmlns:r=\"" PACK_TYPE "\"><sheets>"
        "<sheet name=\"chart\" sheetId=\"1\" r:id=\"r9\"/>"
        "<sheet name=\"Données &amp; plus\" sheetId=\"2\" r:id=\"r1\"/>"
        "<sheet name=\"Secret\" sheetId=\"3\" state=\"veryHidden\" r:id=\"r1\"/>"
        "</sheets></workbook>";
    struct book b = { .workbook = workbook, .sheet = SHEET("<row><c><v>1</v></c></row>") };
    struct xlsx *x = NULL;
    size_t len = 0;
    const void *bytes = bytes_of(&b, &len);

    (void)state;
    assert_int_equal(xlsx_open_bytes(&ctx, &x, bytes, len), OK);
    assert_int_equal(xlsx_sheets(x), 2);
    assert_string_equal(xlsx_sheet_name(x, 0), "Données & plus");
    assert_false(xlsx_sheet_hidden(x, 0));
    assert_true(xlsx_sheet_hidden(x, 1));
    assert_int_equal(xlsx_sheet_find(x, "secret"), 1);
    assert_int_equal(xlsx_sheet_find(x, "chart"), 2);
    assert_string_equal(read_rows(x, 1), "1[A:n1]");
    xlsx_close(x);
}

static void merged_cells_are_told_with_their_ranges(void **state)
{
    struct book b = { .sheet = "<worksheet " PACK_MAIN "><sheetData><row><c><v>1</v></c></row>"
                               "</sheetData><mergeCells count=\"3\"><mergeCell ref=\"A1:C1\"/>"
                               "<mergeCell ref=\"B2:B4\"/><mergeCell ref=\"D9:A1\"/></mergeCells>"
                               "</worksheet>" };
    const struct xlsx_range *ranges = NULL;
    struct xlsx *x = NULL;
    size_t n = 0;
    size_t len = 0;
    const void *bytes = bytes_of(&b, &len);

    (void)state;
    assert_int_equal(xlsx_open_bytes(&ctx, &x, bytes, len), OK);
    assert_int_equal(xlsx_merges(&ctx, &ranges, &n, x, 0), OK);
    assert_int_equal(n, 2); /* the third is no range */
    assert_ptr_equal(xlsx_range_of(ranges, n, 1, 3), &ranges[0]);
    assert_ptr_equal(xlsx_range_of(ranges, n, 3, 2), &ranges[1]);
    assert_null(xlsx_range_of(ranges, n, 2, 1));
    xlsx_close(x);
}

/* --- what nobody should write --- */

#define T_DAMAGED                                                                                  \
    "Sheet One is damaged in row %d or behind it. Open the workbook in a spreadsheet program and " \
    "save it again."

static void a_mistake_is_told_with_sheet_row_and_column(void **state)
{
    (void)state;
    assert_string_equal(rows_of(SHEET("<row r=\"7\"><c r=\"AB7\"><v>twelve</v></c></row>")),
                        "Sheet One, row 7, column AB: the value twelve cannot be read. Mend the "
                        "cell, or save the workbook again in a spreadsheet program.");
    assert_string_equal(rows_of(SHEET("<row r=\"2\"><c t=\"s\"><v>0</v></c></row>")),
                        "Sheet One, row 2, column A: the value 0 cannot be read. Mend the cell, or "
                        "save the workbook again in a spreadsheet program.");
    assert_string_equal(
        rows_of(SHEET("<row r=\"2\"><c t=\"b\"><v>maybe</v></c></row>")),
        "Sheet One, row 2, column A: the value maybe cannot be read. Mend the cell, "
        "or save the workbook again in a spreadsheet program.");
}

static void rows_and_cells_that_cannot_be_are_refused(void **state)
{
    static const struct {
        const char *sheet;
        int row;
    } bad[] = {
        { SHEET("<row r=\"3\"/><row r=\"3\"/>"), 3 },
        { SHEET("<row r=\"3\"/><row r=\"2\"/>"), 3 },
        { SHEET("<row r=\"0\"/>"), 0 },
        { SHEET("<row r=\"1048577\"/>"), 0 },
        { SHEET("<row r=\"-1\"/>"), 0 },
        { SHEET("<row r=\"1\"><c r=\"A2\"/></row>"), 1 },
        { SHEET("<row r=\"1\"><c r=\"XFE1\"/></row>"), 1 },
        { SHEET("<row r=\"1\"><c r=\"AAAA1\"/></row>"), 1 },
        { SHEET("<row r=\"1\"><c r=\"7\"/></row>"), 1 },
        { SHEET("<row r=\"1\"><c r=\"B1\"><v>1</v></c><c r=\"A1\"><v>1</v></c>"
                "<c r=\"B1\"><v>1</v></c></row>"),
          1 },
        { SHEET("<row r=\"5\"><row r=\"6\"/></row>"), 5 },
        { "<worksheet " PACK_MAIN "><sheetData><row r=\"4\"/><row", 5 },
        { "<worksheet " PACK_MAIN "><sheetData><row r=\"4\"><c>&unknown;</c></row>", 4 },
        { "", 0 },
        { "text", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_string_equal(rows_of(bad[i].sheet), arena_printf(ctx.arena, T_DAMAGED, bad[i].row));
}

static void a_document_type_is_refused(void **state)
{
    (void)state;
    assert_string_equal(
        rows_of("<!DOCTYPE worksheet [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>"
                "<worksheet " PACK_MAIN "><sheetData><row><c t=\"str\"><v>&b;</v></c></row>"
                "</sheetData></worksheet>"),
        "The workbook holds a document type in xl/worksheets/sheet1.xml, which no spreadsheet "
        "program writes: it is refused.");
    assert_string_equal(
        rows_of("<!DOCTYPE worksheet SYSTEM \"file:///etc/hostname\"><worksheet " PACK_MAIN "/>"),
        "The workbook holds a document type in xl/worksheets/sheet1.xml, which no spreadsheet "
        "program writes: it is refused.");
}

static void depth_ends_at_a_hundred(void **state)
{
    struct buf b;

    (void)state;
    for (int depth = 100; depth <= 101; depth++) {
        buf_init(&b, ctx.arena, 100000);
        buf_add(&b, "<worksheet " PACK_MAIN ">");
        for (int i = 1; i < depth; i++)
            buf_add(&b, "<a>");
        for (int i = 1; i < depth; i++)
            buf_add(&b, "</a>");
        buf_add(&b, "</worksheet>");
        assert_string_equal(rows_of(buf_text(&b)),
                            depth == 100 ? ""
                                         : "The workbook is damaged: xl/worksheets/sheet1.xml in "
                                           "it cannot be read. Open it in a spreadsheet program "
                                           "and save it again.");
    }
}

/* A sheet of one row repeated; packs to about a thousandth. */
static const char *long_sheet(size_t rows, const char *row)
{
    struct buf b;

    buf_init(&b, ctx.arena, (size_t)200 * 1024 * 1024);
    buf_add(&b, "<worksheet " PACK_MAIN "><sheetData>");
    for (size_t i = 0; i < rows; i++)
        buf_add(&b, row);
    buf_add(&b, "</sheetData></worksheet>");
    assert_true(buf_ok(&b));
    return buf_text(&b);
}

static void a_bomb_ends_in_a_limit(void **state)
{
    struct buf spaces;
    const char *text;

    (void)state;
    buf_init(&spaces, ctx.arena, 2000);
    for (int i = 0; i < 1000; i++)
        buf_add_char(&spaces, ' ');
    text = rows_of(long_sheet(6000, buf_text(&spaces)));
    assert_string_equal(text,
                        "The workbook is larger than can be read: xl/worksheets/sheet1.xml in "
                        "it. Split it, or save the sheet as CSV.");
}

static void a_cell_that_is_too_long_is_told_with_its_place(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, ctx.arena, 1000000);
    buf_add(&b, "<worksheet " PACK_MAIN "><sheetData><row r=\"2\"><c r=\"C2\" t=\"str\"><v>");
    for (size_t i = 0; i < XLSX_CELL_MAX; i++)
        buf_add_char(&b, (char)('a' + i % 23));
    assert_int_equal(strlen(rows_of(arena_printf(ctx.arena,
                                                 "%s</v></c></row></sheetData>"
                                                 "</worksheet>",
                                                 buf_text(&b)))),
                     XLSX_CELL_MAX + strlen("2[C:]"));
    assert_string_equal(
        rows_of(arena_printf(ctx.arena, "%sa</v></c></row></sheetData></worksheet>", buf_text(&b))),
        "Sheet One, row 2, column C: there is too much text.");
}

static void what_is_no_workbook_is_told_apart(void **state)
{
    static const char none[] = "This is no workbook of the type .xlsx: save it as one and try "
                               "again.";
    const struct pack_part other[] = { { "content.xml", "<office/>", 0 } };
    struct xlsx *x = NULL;
    size_t len = 0;
    const void *bytes = pack(ctx.arena, &len, other, 1);

    (void)state;
    assert_int_equal(xlsx_open_bytes(&ctx, &x, bytes, len), ERR_INVALID);
    assert_string_equal(ctx_first_problem(&ctx), none);
    ctx_clear_problems(&ctx);
    assert_int_equal(xlsx_open_bytes(&ctx, &x, bytes, len - 30), ERR_INVALID);
    assert_string_equal(ctx_first_problem(&ctx), none);
    ctx_clear_problems(&ctx);
    assert_int_equal(xlsx_open_bytes(&ctx, &x, "survey,,\n", 9), ERR_INVALID);
    assert_string_equal(ctx_first_problem(&ctx), none);
    ctx_clear_problems(&ctx);
    assert_int_equal(xlsx_open_bytes(&ctx, &x, "", 0), ERR_INVALID);
    ctx_clear_problems(&ctx);
    assert_int_equal(xlsx_open_bytes(&ctx, &x, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more", 17),
                     ERR_INVALID);
    assert_string_equal(ctx_first_problem(&ctx),
                        "This workbook has a password, or is of the old type .xls: save it as "
                        ".xlsx without a password.");
    ctx_clear_problems(&ctx);
    assert_int_equal(xlsx_open_file(&ctx, &x, "no/such/file.xlsx"), ERR_NOT_FOUND);
    assert_null(x);
}

static void a_long_sheet_needs_the_memory_of_a_row(void **state)
{
    const char *sheet = long_sheet(60000, "<row><c><v>1.5</v></c><c t=\"str\"><v>some text in it"
                                          "</v></c><c t=\"b\"><v>1</v></c></row>");
    struct xlsx *x = NULL;
    struct xlsx_rows *rows = NULL;
    struct xlsx_row row = { 0 };
    size_t len = 0;
    const void *bytes = bytes_of(&(struct book){ .sheet = sheet }, &len);
    size_t before = arena_used(ctx.arena);
    bool more = true;
    int64_t count = 0;

    (void)state;
    assert_int_equal(xlsx_open_bytes(&ctx, &x, bytes, len), OK);
    assert_int_equal(xlsx_rows_open(&ctx, &rows, x, 0), OK);
    while (more) {
        assert_int_equal(xlsx_next(&ctx, rows, &row, &more), OK);
        count += more;
        if (more)
            assert_string_equal(xlsx_text(&row, 2), "some text in it");
    }
    assert_int_equal(count, 60000);
    assert_true(arena_used(ctx.arena) - before < 64 * 1024);
    xlsx_rows_close(rows);
    xlsx_close(x);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(cells_come_as_text_with_their_type),
        T(rich_text_is_joined_and_phonetic_text_left_out),
        T(numbers_are_as_short_as_a_person_would_write_them),
        T(dates_are_known_by_the_format_of_the_cell),
        T(the_first_days_of_1900_are_counted_as_excel_does),
        T(workbooks_of_1904_count_from_there),
        T(formats_are_dates_only_where_letters_say_so),
        T(places_may_be_left_out_or_stand_in_any_order_in_a_row),
        T(prefixes_and_the_strict_vocabulary_are_read_alike),
        T(escapes_of_characters_are_undone),
        T(a_formula_without_a_result_is_told_as_a_formula),
        T(sheets_have_names_and_may_be_hidden_and_charts_are_none),
        T(merged_cells_are_told_with_their_ranges),
        T(a_mistake_is_told_with_sheet_row_and_column),
        T(rows_and_cells_that_cannot_be_are_refused),
        T(a_document_type_is_refused),
        T(depth_ends_at_a_hundred),
        T(a_bomb_ends_in_a_limit),
        T(a_cell_that_is_too_long_is_told_with_its_place),
        T(what_is_no_workbook_is_told_apart),
        T(a_long_sheet_needs_the_memory_of_a_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
