#include "report/xlsx_out.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/buf.h"
#include "core/date.h"
#include "core/text.h"
#include "core/tr.h"
#include "report/zip_out.h"

#define CELL_MAX    32767 /* characters that a spreadsheet's cell holds */
#define SHEET_CHARS 31
#define SHEETS_MAX  1000
#define SHEET_MAX   ((size_t)32 * 1024 * 1024)
#define FLUSH_AT    ((size_t)64 * 1024)
#define PART_MAX    ((size_t)1024 * 1024)
#define DIGITS_MAX  15 /* of a number that a spreadsheet keeps as it is */

#define XML  "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define RELS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACK "http://schemas.openxmlformats.org/package/2006/"
#define TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml."

/* Places in cellXfs below. */
enum { STYLE_DATE = 1, STYLE_HEAD = 2 };

/* What is XML and not named here is a sheet: how many there will be is not known at the start. */
static const char content_types[] =
    XML "<Types xmlns=\"" PACK "content-types\">"
        "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package."
        "relationships+xml\"/>"
        "<Default Extension=\"xml\" ContentType=\"" TYPE "worksheet+xml\"/>"
        "<Override PartName=\"/xl/workbook.xml\" ContentType=\"" TYPE "sheet.main+xml\"/>"
        "<Override PartName=\"/xl/styles.xml\" ContentType=\"" TYPE "styles+xml\"/></Types>";

static const char package_rels[] = XML "<Relationships xmlns=\"" PACK "relationships\">"
                                       "<Relationship Id=\"rId1\" Type=\"" RELS "/officeDocument\""
                                       " Target=\"xl/workbook.xml\"/></Relationships>";

static const char styles[] =
    XML "<styleSheet xmlns=\"" MAIN "\">"
        "<numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd\"/></numFmts>"
        "<fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font>"
        "<font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>"
        "<fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill>"
        "<fill><patternFill patternType=\"gray125\"/></fill></fills>"
        "<borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
        "<cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/>"
        "</cellStyleXfs><cellXfs count=\"3\">"
        "<xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>"
        "<xf numFmtId=\"164\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\""
        " applyNumberFormat=\"1\"/>"
        "<xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/>"
        "</cellXfs><cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/>"
        "</cellStyles></styleSheet>";

struct xlsx_out {
    struct zip_out *zip;
    struct arena *arena;
    struct buf out; /* of the sheet */
    const char *names[SHEETS_MAX];
    size_t sheets;
    int64_t rows;
};

static void free_xlsx(void *arg)
{
    arena_free(arg);
}

static enum err put_part(struct ctx *ctx, struct xlsx_out *x, const char *name, const char *text)
{
    enum err rc = zip_out_begin(ctx, x->zip, name);

    return rc ? rc : zip_out_add(ctx, x->zip, text, strlen(text));
}

enum err xlsx_out_open(struct ctx *ctx, struct xlsx_out **out, int fd)
{
    struct arena *arena = arena_new(SHEET_MAX * 4);
    struct xlsx_out *x = ARENA_NEW(arena, struct xlsx_out);
    enum err rc;

    arena_on_free(ctx->arena, free_xlsx, arena);
    x->arena = arena;
    buf_init(&x->out, arena, SHEET_MAX);
    rc = zip_out_open(ctx, &x->zip, fd);
    if (!rc)
        rc = put_part(ctx, x, "[Content_Types].xml", content_types);
    if (!rc)
        rc = put_part(ctx, x, "_rels/.rels", package_rels);
    if (!rc)
        rc = put_part(ctx, x, "xl/styles.xml", styles);
    if (!rc)
        *out = x;
    return rc;
}

static enum err flush(struct ctx *ctx, struct xlsx_out *x)
{
    enum err rc;

    if (!buf_ok(&x->out))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "A row is too long to be written."));
    rc = zip_out_add(ctx, x->zip, x->out.data, x->out.len);
    buf_clear(&x->out);
    return rc;
}

/* --- sheets --- */

/* A sheet's name holds at most 31 characters and none of []:*?/\ */
static const char *sheet_name(struct arena *a, const char *title, size_t max)
{
    struct buf b;
    size_t n = 0;

    buf_init(&b, a, SHEET_CHARS * 4 + 4);
    for (const char *p = title; *p != '\0' && n < max; n++) {
        uint32_t cp = text_next(&p);

        buf_add_codepoint(&b, cp < 128 && strchr("[]:*?/\\'", (int)cp) != NULL ? '-' : cp);
    }
    return b.len > 0 ? buf_text(&b) : "Homeward";
}

static bool name_taken(const struct xlsx_out *x, const char *name)
{
    for (size_t i = 0; i < x->sheets; i++)
        if (strcasecmp(x->names[i], name) == 0)
            return true;
    return false;
}

static enum err end_sheet(struct ctx *ctx, struct xlsx_out *x)
{
    if (x->sheets == 0)
        return OK;
    buf_add(&x->out, "</sheetData></worksheet>");
    return flush(ctx, x);
}

enum err xlsx_out_sheet(struct ctx *ctx, struct xlsx_out *x, const char *title)
{
    const char *name = sheet_name(x->arena, title, SHEET_CHARS);
    bool from_right = strcmp(tr_direction(ctx->lang), "rtl") == 0;
    char part[64];
    enum err rc = end_sheet(ctx, x);

    if (rc)
        return rc;
    if (x->sheets == SHEETS_MAX)
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "There are too many sheets for one workbook."));
    for (int n = 2; name_taken(x, name); n++)
        name = arena_printf(x->arena, "%s %d", sheet_name(x->arena, title, SHEET_CHARS - 5), n);
    x->names[x->sheets++] = name;
    x->rows = 0;
    (void)snprintf(part, sizeof part, "xl/worksheets/sheet%zu.xml", x->sheets);
    rc = zip_out_begin(ctx, x->zip, part);
    buf_add(&x->out, XML "<worksheet xmlns=\"" MAIN "\"><sheetViews><sheetView");
    buf_add(&x->out, from_right ? " rightToLeft=\"1\"" : "");
    buf_add(&x->out, x->sheets == 1 ? " tabSelected=\"1\"" : "");
    buf_add(&x->out, " workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\""
                     " activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews>"
                     "<sheetData>");
    return rc;
}

/* --- cells --- */

static void add_text(struct buf *b, const char *text)
{
    while (*text) {
        size_t n = 0;

        while ((unsigned char)text[n] >= 0x20 && !strchr("&<>", text[n]))
            n++;
        buf_add_len(b, text, n);
        text += n;
        if (!*text)
            break;
        if (*text == '&')
            buf_add(b, "&amp;");
        else if (*text == '<')
            buf_add(b, "&lt;");
        else if (*text == '>')
            buf_add(b, "&gt;");
        else if (*text == '\n' || *text == '\t')
            buf_add_char(b, *text);
        else
            buf_printf(b, "_x%04X_", (unsigned)(unsigned char)*text);
        text++;
    }
}

/* "AB12" */
static void add_place(struct buf *b, size_t column, int64_t row)
{
    char letters[8];
    size_t n = sizeof letters;

    for (size_t c = column + 1; c > 0; c = (c - 1) / 26)
        letters[--n] = (char)('A' + (c - 1) % 26);
    buf_add_len(b, letters + n, sizeof letters - n);
    buf_add_int(b, row);
}

static void begin_cell(struct xlsx_out *x, size_t column)
{
    buf_add(&x->out, "<c r=\"");
    add_place(&x->out, column, x->rows);
    buf_add_char(&x->out, '"');
}

/* Longer ones would lose their last digits. */
static bool is_number(const char *cell)
{
    double d = 0;
    size_t digits = 0;

    for (const char *p = cell; *p; p++)
        digits += *p >= '0' && *p <= '9';
    return digits <= DIGITS_MAX && parse_decimal(cell, &d);
}

/* Days since 1899-12-30; before March 1900 spreadsheets count a day that there was not. */
static bool date_number(const char *cell, int64_t *out)
{
    int64_t epoch = 0;

    if (!date_to_days("1899-12-30", &epoch) || !date_valid(cell) || !date_to_days(cell, out))
        return false;
    *out -= epoch;
    return *out > 60;
}

/* Text is written as text, never as a formula, so formula cells need no guard here. */
static void add_cell(struct xlsx_out *x, size_t column, enum report_kind kind, const char *cell,
                     bool head)
{
    int64_t days = 0;

    begin_cell(x, column);
    if ((kind == REPORT_INT || kind == REPORT_DECIMAL) && is_number(cell)) {
        buf_add(&x->out, "><v>");
        buf_add(&x->out, cell);
        buf_add(&x->out, "</v></c>");
    } else if (kind == REPORT_DATE && date_number(cell, &days)) {
        buf_printf(&x->out, " s=\"%d\"><v>%lld</v></c>", STYLE_DATE, (long long)days);
    } else {
        if (head)
            buf_printf(&x->out, " s=\"%d\"", STYLE_HEAD);
        buf_add(&x->out, " t=\"inlineStr\"><is><t xml:space=\"preserve\">");
        add_text(&x->out, cell);
        buf_add(&x->out, "</t></is></c>");
    }
}

enum err xlsx_out_row(struct ctx *ctx, struct xlsx_out *x, const struct table_spec *spec,
                      const char *const *cells, bool head)
{
    if (x->rows > REPORT_ROWS_MAX)
        return ctx_fail(
            ctx, ERR_LIMIT,
            tr(ctx, "A sheet holds {0} rows at most. Export as CSV.", TR_INT(REPORT_ROWS_MAX)));
    x->rows++;
    buf_add(&x->out, "<row r=\"");
    buf_add_int(&x->out, x->rows);
    buf_add(&x->out, "\">");
    for (size_t i = 0; i < spec->len; i++) {
        if (cells[i] == NULL || cells[i][0] == '\0')
            continue;
        if (strlen(cells[i]) > CELL_MAX && text_codepoints(cells[i]) > CELL_MAX)
            return ctx_fail(ctx, ERR_LIMIT,
                            tr(ctx, "The text in {0} is too long for a spreadsheet. Export as CSV.",
                               TR_TEXT(spec->columns[i].label)));
        add_cell(x, i, head ? REPORT_TEXT : spec->columns[i].kind, cells[i], head);
    }
    buf_add(&x->out, "</row>");
    return x->out.len >= FLUSH_AT || !buf_ok(&x->out) ? flush(ctx, x) : OK;
}

/* --- the end: now the sheets are known --- */

enum err xlsx_out_close(struct ctx *ctx, struct xlsx_out *x)
{
    struct buf book;
    struct buf rels;
    enum err rc = end_sheet(ctx, x);

    if (rc)
        return rc;
    buf_init(&book, x->arena, PART_MAX);
    buf_init(&rels, x->arena, PART_MAX);
    buf_add(&book, XML "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" RELS "\">"
                       "<bookViews><workbookView/></bookViews><sheets>");
    buf_add(&rels, XML "<Relationships xmlns=\"" PACK "relationships\">");
    for (size_t i = 0; i < x->sheets; i++) {
        buf_add(&book, "<sheet name=\"");
        buf_add_html(&book, x->names[i]);
        buf_printf(&book, "\" sheetId=\"%zu\" r:id=\"rId%zu\"/>", i + 1, i + 1);
        buf_printf(&rels,
                   "<Relationship Id=\"rId%zu\" Type=\"" RELS "/worksheet\""
                   " Target=\"worksheets/sheet%zu.xml\"/>",
                   i + 1, i + 1);
    }
    buf_add(&book, "</sheets></workbook>");
    buf_printf(&rels,
               "<Relationship Id=\"rId%zu\" Type=\"" RELS "/styles\""
               " Target=\"styles.xml\"/></Relationships>",
               x->sheets + 1);
    rc = put_part(ctx, x, "xl/workbook.xml", buf_text(&book));
    if (!rc)
        rc = put_part(ctx, x, "xl/_rels/workbook.xml.rels", buf_text(&rels));
    return rc ? rc : zip_out_close(ctx, x->zip);
}
