#include "core/csv.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"
#include "core/tr.h"

#define CHUNK      ((size_t)64 * 1024)
#define FIRST_TEXT ((size_t)4096)
#define FIRST_LEN  ((size_t)32)

struct csv {
    int fd; /* -1: bytes in memory */
    bool close_fd;
    char *chunk;     /* of the file; NULL for bytes in memory */
    const char *at;  /* next byte */
    const char *end; /* of what is read so far */
    char delimiter;
    bool ended;      /* nothing follows end */
    enum err failed; /* sticks */
    int64_t line;    /* of the next byte */
    int64_t number;  /* rows begun */
    char *text;      /* cells of the row, each with its NUL */
    size_t text_len;
    size_t text_cap;
    size_t cell;  /* where the open cell begins in text */
    size_t *lens; /* of finished cells */
    char **cells;
    size_t cells_len;
    size_t cells_cap;
};

void csv_close(struct csv *csv)
{
    if (!csv)
        return;
    if (csv->close_fd)
        (void)close(csv->fd);
    csv->close_fd = false;
    free(csv->chunk);
    free(csv->text);
    free(csv->lens);
    free(csv->cells);
    csv->chunk = NULL;
    csv->text = NULL;
    csv->lens = NULL;
    csv->cells = NULL;
    csv->text_cap = 0;
    csv->cells_cap = 0;
    csv->at = NULL;
    csv->end = NULL;
    csv->failed = ERR_INTERNAL; /* a reader that is closed reads nothing more */
}

static void close_at_end(void *arg)
{
    csv_close(arg);
}

static struct csv *new_reader(struct ctx *ctx)
{
    struct csv *csv = ARENA_NEW(ctx->arena, struct csv);

    csv->fd = -1;
    csv->line = 1;
    arena_on_free(ctx->arena, close_at_end, csv);
    return csv;
}

static enum err no_memory(struct ctx *ctx, struct csv *csv)
{
    csv->failed = ERR_LIMIT;
    return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "There is not enough memory for this file."));
}

/* Fills the chunk as far as the file gives; a pipe gives little at a time. */
static enum err read_chunk(struct ctx *ctx, struct csv *csv)
{
    size_t len = 0;

    while (!csv->ended && len < CHUNK) {
        ssize_t got = read(csv->fd, csv->chunk + len, CHUNK - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            csv->failed = ERR_IO;
            return ctx_fail(ctx, ERR_IO,
                            tr(ctx, "The file could not be read: {0}", TR_TEXT(strerror(errno))));
        }
        if (got == 0)
            csv->ended = true;
        len += (size_t)got;
    }
    csv->at = csv->chunk;
    csv->end = csv->chunk + len;
    return OK;
}

/* The commonest of comma, semicolon and tab outside quotes in the first line. */
static char find_delimiter(const char *p, const char *end)
{
    static const char candidates[] = { ',', ';', '\t' };
    size_t counts[sizeof(candidates)] = { 0 };
    bool quoted = false;
    size_t best = 0;

    for (; p < end && (quoted || *p != '\n'); p++) {
        if (*p == '"')
            quoted = !quoted;
        for (size_t i = 0; i < sizeof(candidates); i++)
            counts[i] += !quoted && *p == candidates[i];
    }
    for (size_t i = 1; i < sizeof(candidates); i++)
        if (counts[i] > counts[best])
            best = i;
    return candidates[best];
}

static void begin(struct csv *csv, char delimiter)
{
    if (csv->end - csv->at >= 3 && memcmp(csv->at, "\xEF\xBB\xBF", 3) == 0)
        csv->at += 3;
    csv->delimiter = delimiter ? delimiter : find_delimiter(csv->at, csv->end);
}

enum err csv_open_file(struct ctx *ctx, struct csv **out, const char *path, char delimiter)
{
    struct csv *csv = new_reader(ctx);
    enum err rc;

    csv->fd = STDIN_FILENO;
    if (strcmp(path, "-") != 0) {
        csv->fd = open(path, O_RDONLY | O_CLOEXEC);
        csv->close_fd = csv->fd >= 0;
    }
    if (csv->fd < 0)
        return ctx_fail(
            ctx, ERR_IO,
            tr(ctx, "Could not open {0}: {1}", TR_TEXT(path), TR_TEXT(strerror(errno))));
    csv->chunk = malloc(CHUNK);
    if (!csv->chunk)
        return no_memory(ctx, csv);
    rc = read_chunk(ctx, csv);
    if (rc)
        return rc;
    begin(csv, delimiter);
    *out = csv;
    return OK;
}

enum err csv_open_bytes(struct ctx *ctx, struct csv **out, const char *bytes, size_t len,
                        char delimiter)
{
    struct csv *csv = new_reader(ctx);

    csv->at = bytes;
    csv->end = bytes + len;
    csv->ended = true;
    begin(csv, delimiter);
    *out = csv;
    return OK;
}

char csv_delimiter(const struct csv *csv)
{
    return csv->delimiter;
}

static enum err refuse(struct ctx *ctx, struct csv *csv, enum err code, const char *pattern)
{
    const struct tr_arg args[] = { TR_INT(csv->number),
                                   TR_INT((int64_t)csv->cells_len + 1),
                                   { 0 } };

    csv->failed = code;
    return ctx_fail(ctx, code, tr_args(ctx, pattern, args));
}

/* Adds to the open cell, within the limits. */
static enum err add_text(struct ctx *ctx, struct csv *csv, const char *from, size_t len)
{
    size_t need;

    if (len > CSV_FIELD_MAX - (csv->text_len - csv->cell))
        return refuse(ctx, csv, ERR_LIMIT, N_("Row {0}, column {1}: the cell is too long."));
    need = csv->text_len + len + 1;
    if (need > CSV_ROW_MAX)
        return refuse(ctx, csv, ERR_LIMIT, N_("Row {0} is too long, at column {1}."));
    if (need > csv->text_cap) {
        size_t cap = csv->text_cap ? csv->text_cap : FIRST_TEXT;
        char *text;

        while (cap < need)
            cap *= 2;
        text = realloc(csv->text, cap);
        if (!text)
            return no_memory(ctx, csv);
        csv->text = text;
        csv->text_cap = cap;
    }
    if (len)
        memcpy(csv->text + csv->text_len, from, len);
    csv->text_len += len;
    return OK;
}

static bool room_for_cell(struct csv *csv)
{
    size_t cap = csv->cells_cap ? csv->cells_cap * 2 : FIRST_LEN;
    size_t *lens;
    char **cells;

    if (csv->cells_len < csv->cells_cap)
        return true;
    lens = realloc(csv->lens, cap * sizeof(*lens));
    if (!lens)
        return false;
    csv->lens = lens;
    cells = realloc(csv->cells, cap * sizeof(*cells));
    if (!cells)
        return false;
    csv->cells = cells;
    csv->cells_cap = cap;
    return true;
}

static enum err end_cell(struct ctx *ctx, struct csv *csv)
{
    enum err rc;

    if (csv->cells_len == CSV_COLUMNS_MAX)
        return refuse(ctx, csv, ERR_LIMIT, N_("Row {0} has too many columns."));
    if (!text_valid(csv->text + csv->cell, csv->text_len - csv->cell, NULL))
        return refuse(ctx, csv, ERR_INVALID,
                      N_("Row {0}, column {1}: this is not UTF-8 text. Save the file as CSV UTF-8 "
                         "and try again."));
    if (!room_for_cell(csv))
        return no_memory(ctx, csv);
    csv->lens[csv->cells_len] = csv->text_len - csv->cell;
    rc = add_text(ctx, csv, "", 0); /* room for the NUL */
    if (rc)
        return rc;
    csv->text[csv->text_len++] = '\0';
    csv->cells_len++;
    csv->cell = csv->text_len;
    return OK;
}

/* At least one byte to read, or *end_out at the end of the file. */
static enum err need_byte(struct ctx *ctx, struct csv *csv, bool *end_out)
{
    enum err rc = OK;

    if (csv->at == csv->end && !csv->ended)
        rc = read_chunk(ctx, csv);
    if (rc)
        return rc;
    *end_out = csv->at == csv->end;
    return OK;
}

static int64_t count_lines(const char *p, const char *end)
{
    int64_t n = 0;

    for (;;) {
        p = p == end ? NULL : memchr(p, '\n', (size_t)(end - p));
        if (!p)
            return n;
        n++;
        p++;
    }
}

/* After the opening quote, to after the closing one; doubled quotes become one. */
static enum err read_quoted(struct ctx *ctx, struct csv *csv)
{
    enum err rc;
    bool end;

    for (;;) {
        const char *quote;
        size_t len;

        rc = need_byte(ctx, csv, &end);
        if (rc)
            return rc;
        if (end)
            return refuse(ctx, csv, ERR_INVALID,
                          N_("Row {0}, column {1}: a quotation mark is opened and never closed."));
        quote = memchr(csv->at, '"', (size_t)(csv->end - csv->at));
        len = (size_t)((quote ? quote : csv->end) - csv->at);
        rc = add_text(ctx, csv, csv->at, len);
        if (rc)
            return rc;
        csv->line += count_lines(csv->at, csv->at + len);
        csv->at += len;
        if (!quote)
            continue;

        csv->at++;
        rc = need_byte(ctx, csv, &end);
        if (rc)
            return rc;
        if (end || *csv->at != '"')
            return OK;
        rc = add_text(ctx, csv, "\"", 1);
        if (rc)
            return rc;
        csv->at++;
    }
}

/*
 * The open cell to its delimiter or the end of its line, both eaten. What follows a closing quote
 * is read the same way, as it stands. *last_out: the row ends here.
 */
static enum err read_plain(struct ctx *ctx, struct csv *csv, bool *last_out)
{
    size_t from = csv->text_len;
    char stop = '\n';
    enum err rc;
    bool end;

    for (;;) {
        const char *p;

        rc = need_byte(ctx, csv, &end);
        if (rc)
            return rc;
        if (end)
            break;
        for (p = csv->at; p < csv->end && *p != csv->delimiter && *p != '\n'; p++)
            ;
        rc = add_text(ctx, csv, csv->at, (size_t)(p - csv->at));
        if (rc)
            return rc;
        csv->at = p;
        if (p == csv->end)
            continue;
        stop = *p;
        csv->at++;
        break;
    }
    *last_out = stop == '\n';
    if (*last_out) {
        csv->line += !end;
        if (csv->text_len > from && csv->text[csv->text_len - 1] == '\r')
            csv->text_len--;
    }
    return OK;
}

/* One line of the file, or more when quotes span lines. *quoted_out: it has a quoted cell. */
static enum err read_row(struct ctx *ctx, struct csv *csv, bool *quoted_out)
{
    bool last = false;
    enum err rc;
    bool end;

    csv->text_len = 0;
    csv->cell = 0;
    csv->cells_len = 0;
    *quoted_out = false;
    while (!last) {
        rc = need_byte(ctx, csv, &end);
        if (rc)
            return rc;
        if (!end && *csv->at == '"') {
            csv->at++;
            *quoted_out = true;
            rc = read_quoted(ctx, csv);
            if (rc)
                return rc;
        }
        rc = read_plain(ctx, csv, &last);
        if (rc)
            return rc;
        rc = end_cell(ctx, csv);
        if (rc)
            return rc;
    }
    return OK;
}

enum err csv_next(struct ctx *ctx, struct csv *csv, struct csv_row *row, bool *more_out)
{
    int64_t line;
    bool quoted;
    enum err rc;
    bool end;
    char *cell;

    if (csv->failed)
        return csv->failed;
    do {
        rc = need_byte(ctx, csv, &end);
        if (rc)
            return rc;
        if (end) {
            *more_out = false;
            return OK;
        }
        line = csv->line;
        csv->number++;
        rc = read_row(ctx, csv, &quoted);
        if (rc)
            return rc;
    } while (csv->cells_len == 1 && csv->lens[0] == 0 && !quoted);

    cell = csv->text;
    for (size_t i = 0; i < csv->cells_len; i++) {
        csv->cells[i] = cell;
        cell += csv->lens[i] + 1;
    }
    *row = (struct csv_row){ .line = line,
                             .number = csv->number,
                             .len = csv->cells_len,
                             .cells = csv->cells,
                             .lens = csv->lens };
    *more_out = true;
    return OK;
}

/* What a spreadsheet would take for a formula. */
static bool is_formula(const char *cell)
{
    double number;

    return cell[0] && strchr("=+-@\t\r", cell[0]) && !parse_decimal(cell, &number);
}

void csv_add_cell(struct buf *b, const char *cell, bool first, bool guard)
{
    bool formula = guard && is_formula(cell);
    const char *quote;

    if (!first)
        buf_add_char(b, ',');
    /* An empty first cell is quoted, or a row of one empty cell would be an empty line. */
    if (!(first && !cell[0]) && !strpbrk(cell, ",;\t\"\r\n")) {
        if (formula)
            buf_add_char(b, '\'');
        buf_add(b, cell);
        return;
    }
    buf_add_char(b, '"');
    if (formula)
        buf_add_char(b, '\'');
    for (quote = strchr(cell, '"'); quote; quote = strchr(cell, '"')) {
        buf_add_len(b, cell, (size_t)(quote + 1 - cell));
        buf_add_char(b, '"');
        cell = quote + 1;
    }
    buf_add(b, cell);
    buf_add_char(b, '"');
}

void csv_end_row(struct buf *b)
{
    buf_add(b, "\r\n");
}
