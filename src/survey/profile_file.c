/* The file of a scoring profile, taken apart into sections, rows and cells. */
#include <string.h>

#include "core/csv.h"
#include "core/text.h"
#include "core/tr.h"
#include "survey/profile.h"

#define ROWS_MAX   20000
#define DIGITS_MAX 6

struct part_spec {
    const char *name;
    bool needed;
    const char *columns[9]; /* all are needed; ends with NULL */
    const char *texts;      /* also columns "title::Language (code)" of this name */
};

static const struct part_spec part_specs[PART_COUNT] = {
    [PART_PROFILE] = { "profile",
                       true,
                       { "name", "version", "form", "intensified_below", "hands_off_above",
                         "accuracy_flag_above" },
                       "title" },
    [PART_DIMENSIONS] = { "dimensions", true, { "dimension" }, "label" },
    [PART_QUESTIONS] = { "questions",
                         true,
                         { "question", "dimension", "weight", "rule", "from", "low", "high" },
                         NULL },
    [PART_POINTS] = { "points", true, { "question", "code", "points" }, NULL },
    [PART_STEPS] = { "steps", true, { "question", "code", "step" }, NULL },
    [PART_WEIGHTS] = { "weights", false, { "question", "score", "weight" }, NULL },
};

void profile_mistake(struct profile_file *file, int64_t row, const char *column, const char *text)
{
    struct ctx *ctx = file->ctx;
    const char *place = file->name;

    if (row)
        place = arena_printf(ctx->arena, "%s:%lld", place, (long long)row);
    if (column)
        place = arena_printf(ctx->arena, "%s:%s", place, column);
    ctx_set_problem(ctx, ERR_INVALID, place, text);
    file->mistakes++;
}

const char *profile_cell(const struct profile_section *part, const struct profile_row *row,
                         const char *column)
{
    for (size_t i = 0; i < part->columns_len; i++)
        if (strcmp(part->columns[i], column) == 0)
            return row->cells[i];
    return "";
}

static bool column_known(const struct part_spec *spec, const char *name)
{
    for (size_t i = 0; spec->columns[i]; i++)
        if (strcmp(spec->columns[i], name) == 0)
            return true;
    return spec->texts && text_starts(name, spec->texts) &&
           text_starts(name + strlen(spec->texts), "::") && text_ends(name, ")") &&
           strrchr(name, '(');
}

/* The line with the names of a section's columns. */
static void read_columns(struct profile_file *file, enum profile_part place,
                         const struct csv_row *row)
{
    const struct part_spec *spec = &part_specs[place];
    struct profile_section *part = &file->parts[place];
    struct ctx *ctx = file->ctx;

    part->columns = ARENA_ARRAY(ctx->arena, row->len, const char *);
    for (size_t i = 1; i < row->len; i++) {
        const char *name = arena_strdup(ctx->arena, row->cells[i]);

        for (size_t k = 0; k + 1 < i; k++)
            if (strcmp(part->columns[k], name) == 0)
                profile_mistake(file, row->number, name, tr(ctx, "This column is there twice."));
        if (!column_known(spec, name))
            profile_mistake(
                file, row->number, name,
                tr(ctx, "The section {0} has no column {1}.", TR_TEXT(spec->name), TR_TEXT(name)));
        part->columns[part->columns_len++] = name;
    }
    for (size_t i = 0; spec->columns[i]; i++) {
        bool found = false;

        for (size_t k = 0; k < part->columns_len; k++)
            found = found || strcmp(part->columns[k], spec->columns[i]) == 0;
        if (!found)
            profile_mistake(file, row->number, spec->columns[i],
                            tr(ctx, "The section {0} needs the column {1}.", TR_TEXT(spec->name),
                               TR_TEXT(spec->columns[i])));
    }
}

static void read_row(struct profile_file *file, struct profile_section *part,
                     const struct csv_row *row)
{
    struct arena *a = file->ctx->arena;
    struct profile_row *to;

    if (row->len != part->columns_len + 1) {
        profile_mistake(file, row->number, NULL,
                        tr(file->ctx, "The row has {0} cells, its section has {1}.",
                           TR_INT((int64_t)row->len), TR_INT((int64_t)part->columns_len + 1)));
        return;
    }
    if (part->len % 64 == 0) {
        struct profile_row *more = ARENA_ARRAY(a, part->len + 64, struct profile_row);

        if (part->len)
            memcpy(more, part->rows, part->len * sizeof(*more));
        part->rows = more;
    }
    to = &part->rows[part->len++];
    to->number = row->number;
    to->cells = ARENA_ARRAY(a, part->columns_len, const char *);
    for (size_t i = 0; i < part->columns_len; i++)
        to->cells[i] = arena_strdup(a, row->cells[i + 1]);
}

/* A line that begins a section: its place, or -1 after telling what is wrong. */
static int begin_section(struct profile_file *file, const struct csv_row *row)
{
    const char *name = row->cells[0];

    for (size_t i = 1; i < row->len; i++)
        if (*row->cells[i]) {
            profile_mistake(file, row->number, NULL,
                            tr(file->ctx, "The name of a section stands alone in its line."));
            break;
        }
    for (int i = 0; i < PART_COUNT; i++) {
        if (strcmp(part_specs[i].name, name) != 0)
            continue;
        if (file->parts[i].name) {
            profile_mistake(file, row->number, NULL,
                            tr(file->ctx, "The section {0} is there twice.", TR_TEXT(name)));
            return -1;
        }
        file->parts[i].name = part_specs[i].name;
        return i;
    }
    profile_mistake(file, row->number, NULL,
                    tr(file->ctx, "There is no section {0} in a profile.", TR_TEXT(name)));
    return -1;
}

static void check_sections(struct profile_file *file)
{
    for (int i = 0; i < PART_COUNT; i++) {
        const struct profile_section *part = &file->parts[i];

        if (part_specs[i].needed && !part->name)
            profile_mistake(
                file, 0, NULL,
                tr(file->ctx, "The section {0} is missing.", TR_TEXT(part_specs[i].name)));
        else if (part->name && !part->columns)
            profile_mistake(
                file, 0, NULL,
                tr(file->ctx, "The section {0} has no column names.", TR_TEXT(part->name)));
    }
}

enum err profile_file_read(struct profile_file *file, const char *csv, size_t len)
{
    struct ctx *ctx = file->ctx;
    struct csv *reader = NULL;
    int at = -1; /* the section we are in; -1 = none, or one that is passed over */
    int64_t rows = 0;
    bool more = true;
    enum err rc = csv_open_bytes(ctx, &reader, csv, len, ',');

    if (rc)
        return rc;
    for (;;) {
        struct csv_row row = { 0 };

        rc = csv_next(ctx, reader, &row, &more);
        if (rc || !more)
            break;
        if (++rows > ROWS_MAX) {
            rc = ctx_fail(ctx, ERR_LIMIT,
                          tr(ctx, "A profile has at most {0} rows.", TR_INT(ROWS_MAX)));
            break;
        }
        if (*row.cells[0]) {
            at = begin_section(file, &row);
        } else if (at >= 0 && !file->parts[at].columns) {
            read_columns(file, (enum profile_part)at, &row);
        } else if (at >= 0) {
            read_row(file, &file->parts[at], &row);
        } else if (rows == 1) {
            profile_mistake(file, row.number, NULL,
                            tr(ctx, "The file begins with the name of a section."));
        }
    }
    csv_close(reader);
    if (!rc)
        check_sections(file);
    return rc;
}

/* One to six digits; moves *at past them. */
static bool read_digits(const char **at, int64_t *out, int64_t *scale_out)
{
    int digits = 0;

    *out = 0;
    *scale_out = 1;
    for (; ascii_is_digit(**at); (*at)++) {
        if (++digits > DIGITS_MAX)
            return false;
        *out = *out * 10 + (**at - '0');
        *scale_out *= 10;
    }
    return digits > 0;
}

bool profile_number(const char *text, struct score *out)
{
    struct score s = { 0, 1 };
    int64_t part = 0;
    int64_t scale = 1;
    int64_t divisor;

    if (!read_digits(&text, &s.num, &scale))
        return false;
    if (*text == '/') {
        text++;
        if (!read_digits(&text, &s.den, &scale) || s.den == 0)
            return false;
    } else if (*text == '.') {
        text++;
        if (!read_digits(&text, &part, &s.den))
            return false;
        s.num = s.num * s.den + part;
    }
    if (*text)
        return false;
    divisor = common_divisor(s.num, s.den);
    *out = (struct score){ s.num / divisor, s.den / divisor };
    return true;
}
