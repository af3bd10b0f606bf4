#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xlsxwriter.h>

#include "core/buf.h"
#include "core/csv.h"
#include "core/date.h"
#include "core/text.h"

#define ROW_MAX   ((size_t)8 * 1024 * 1024)
#define FLUSH_AT  ((size_t)64 * 1024)
#define CELL_MAX  32767 /* characters that a spreadsheet's cell holds */
#define SHEET_MAX 31

struct table {
    enum table_format format;
    int fd;
    const struct table_column *columns;
    size_t len;
    uint32_t rows;
    struct buf out; /* CSV */
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_format *date_format;
    int memory_fd;       /* XLSX made in memory first, when fd is no plain file; -1 = none */
    struct arena *arena; /* of out: callers rewind theirs between rows */
};

static enum err write_failed(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_IO,
                    tr(ctx, "Could not write the file: {0}", TR_TEXT(strerror(errno))));
}

static enum err write_all(struct ctx *ctx, int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return write_failed(ctx);
        bytes += n;
        len -= (size_t)n;
    }
    return OK;
}

static enum err flush_csv(struct ctx *ctx, struct table *t)
{
    enum err rc;

    if (!buf_ok(&t->out))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "A row is too long to be written."));
    rc = write_all(ctx, t->fd, t->out.data, t->out.len);
    buf_clear(&t->out);
    return rc;
}

/* --- XLSX --- */

static void free_book(void *arg)
{
    struct table *t = arg;

    if (t->book != NULL)
        lxw_workbook_free(t->book);
    t->book = NULL;
    if (t->memory_fd >= 0)
        close(t->memory_fd);
    t->memory_fd = -1;
}

static void free_table_arena(void *arg)
{
    arena_free(arg);
}

/* Row data must not touch a disk in clear: libxlsxwriter's temporary files go to memory. */
#define XLSX_TMP "/dev/shm"

static bool is_plain_file(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* A sheet's name holds at most 31 characters and none of []:*?/\ */
static const char *sheet_name(struct ctx *ctx, const char *title, size_t max)
{
    struct buf b;
    size_t n = 0;

    buf_init(&b, ctx->arena, SHEET_MAX * 4 + 4);
    for (const char *p = title; *p != '\0' && n < max; n++) {
        uint32_t cp = text_next(&p);

        buf_add_codepoint(&b, cp < 128 && strchr("[]:*?/\\'", (int)cp) != NULL ? '-' : cp);
    }
    return b.len > 0 ? buf_text(&b) : "Homeward";
}

/* A name that the workbook has not got yet: the number of the sheet is put behind it. */
static enum err add_sheet(struct ctx *ctx, struct table *t, const char *title)
{
    const char *name = sheet_name(ctx, title, SHEET_MAX);

    for (int n = 2; workbook_get_worksheet_by_name(t->book, name) != NULL; n++)
        name = arena_printf(ctx->arena, "%s %d", sheet_name(ctx, title, SHEET_MAX - 5), n);
    t->sheet = workbook_add_worksheet(t->book, name);
    if (t->sheet == NULL)
        return ctx_fail(ctx, ERR_INTERNAL, "could not make a sheet");
    if (strcmp(tr_direction(ctx->lang), "rtl") == 0)
        worksheet_right_to_left(t->sheet);
    worksheet_freeze_panes(t->sheet, 1, 0);
    t->rows = 0;
    return OK;
}

static enum err open_xlsx(struct ctx *ctx, struct table *t, const char *title)
{
    char tmp[] = XLSX_TMP;
    lxw_workbook_options options = { .constant_memory = LXW_TRUE, .tmpdir = tmp };

    t->memory_fd = is_plain_file(t->fd) ? -1 : memfd_create("xlsx", MFD_CLOEXEC);
    if (t->memory_fd < 0 && !is_plain_file(t->fd))
        return write_failed(ctx);
    arena_on_free(ctx->arena, free_book, t);
    t->book = workbook_new_opt(
        arena_printf(ctx->arena, "/proc/self/fd/%d", t->memory_fd >= 0 ? t->memory_fd : t->fd),
        &options);
    if (t->book == NULL)
        return ctx_fail(ctx, ERR_INTERNAL, "could not make a workbook");
    t->date_format = workbook_add_format(t->book);
    if (t->date_format == NULL)
        return ctx_fail(ctx, ERR_INTERNAL, "could not make a sheet");
    format_set_num_format(t->date_format, "yyyy-mm-dd");
    return add_sheet(ctx, t, title);
}

static lxw_error xlsx_date(struct table *t, uint16_t col, const char *cell)
{
    lxw_datetime d = { 0 };

    d.year = (cell[0] - '0') * 1000 + (cell[1] - '0') * 100 + (cell[2] - '0') * 10 + cell[3] - '0';
    d.month = (cell[5] - '0') * 10 + cell[6] - '0';
    d.day = (cell[8] - '0') * 10 + cell[9] - '0';
    if (d.year < 1900) /* a spreadsheet knows no earlier dates */
        return worksheet_write_string(t->sheet, t->rows, col, cell, NULL);
    return worksheet_write_datetime(t->sheet, t->rows, col, &d, t->date_format);
}

/* Text is written as text, never as a formula, so formula cells need no guard here. */
static lxw_error xlsx_cell(struct table *t, uint16_t col, enum report_kind kind, const char *cell)
{
    double d = 0;

    if ((kind == REPORT_INT || kind == REPORT_DECIMAL) && parse_decimal(cell, &d))
        return worksheet_write_number(t->sheet, t->rows, col, d, NULL);
    if (kind == REPORT_DATE && date_valid(cell))
        return xlsx_date(t, col, cell);
    return worksheet_write_string(t->sheet, t->rows, col, cell, NULL);
}

static enum err xlsx_row(struct ctx *ctx, struct table *t, const char *const *cells, bool head)
{
    if (t->rows > REPORT_ROWS_MAX)
        return ctx_fail(
            ctx, ERR_LIMIT,
            tr(ctx, "A sheet holds {0} rows at most. Export as CSV.", TR_INT(REPORT_ROWS_MAX)));
    for (size_t i = 0; i < t->len; i++) {
        lxw_error e;

        if (cells[i] == NULL || cells[i][0] == '\0')
            continue;
        if (text_codepoints(cells[i]) > CELL_MAX)
            return ctx_fail(ctx, ERR_LIMIT,
                            tr(ctx, "The text in {0} is too long for a spreadsheet. Export as CSV.",
                               TR_TEXT(t->columns[i].label)));
        e = xlsx_cell(t, (uint16_t)i, head ? REPORT_TEXT : t->columns[i].kind, cells[i]);
        if (e != LXW_NO_ERROR)
            return write_failed(ctx);
    }
    t->rows++;
    return OK;
}

static enum err close_xlsx(struct ctx *ctx, struct table *t)
{
    char chunk[65536];
    ssize_t n = 0;
    lxw_error e = workbook_close(t->book);

    t->book = NULL;
    if (e != LXW_NO_ERROR)
        return write_failed(ctx);
    if (t->memory_fd < 0)
        return OK;
    if (lseek(t->memory_fd, 0, SEEK_SET) != 0)
        return write_failed(ctx);
    while ((n = read(t->memory_fd, chunk, sizeof chunk)) > 0) {
        enum err rc = write_all(ctx, t->fd, chunk, (size_t)n);

        if (rc)
            return rc;
    }
    return n < 0 ? write_failed(ctx) : OK;
}

/* --- CSV --- */

static enum err csv_row(struct ctx *ctx, struct table *t, const char *const *cells)
{
    for (size_t i = 0; i < t->len; i++)
        csv_add_cell(&t->out, cells[i] == NULL ? "" : cells[i], i == 0, true);
    csv_end_row(&t->out);
    t->rows++;
    return t->out.len >= FLUSH_AT || !buf_ok(&t->out) ? flush_csv(ctx, t) : OK;
}

/* --- both --- */

enum err table_row(struct ctx *ctx, struct table *t, const char *const *cells)
{
    return t->format == TABLE_CSV ? csv_row(ctx, t, cells) : xlsx_row(ctx, t, cells, false);
}

static enum err put_labels(struct ctx *ctx, struct table *t, const struct table_spec *spec)
{
    const char **heads = ARENA_ARRAY(ctx->arena, spec->len + 1, const char *);

    t->columns = spec->columns;
    t->len = spec->len;
    for (size_t i = 0; i < spec->len; i++)
        heads[i] = spec->columns[i].label;
    return t->format == TABLE_XLSX ? xlsx_row(ctx, t, heads, true) : csv_row(ctx, t, heads);
}

enum err table_open(struct ctx *ctx, struct table **out, enum table_format format, int fd,
                    const struct table_spec *spec)
{
    struct table *t = ARENA_NEW(ctx->arena, struct table);
    enum err rc = OK;

    t->format = format;
    t->fd = fd;
    t->memory_fd = -1;
    if (format == TABLE_XLSX) {
        rc = open_xlsx(ctx, t, spec->title);
    } else {
        t->arena = arena_new(ROW_MAX * 4);
        arena_on_free(ctx->arena, free_table_arena, t->arena);
        buf_init(&t->out, t->arena, ROW_MAX);
    }
    if (!rc)
        rc = put_labels(ctx, t, spec);
    if (!rc)
        *out = t;
    return rc;
}

enum err table_next(struct ctx *ctx, struct table *t, const struct table_spec *spec)
{
    enum err rc = OK;

    if (t->format == TABLE_XLSX)
        rc = add_sheet(ctx, t, spec->title);
    else
        csv_end_row(&t->out);
    return rc ? rc : put_labels(ctx, t, spec);
}

enum err table_close(struct ctx *ctx, struct table *t)
{
    return t->format == TABLE_CSV ? flush_csv(ctx, t) : close_xlsx(ctx, t);
}
