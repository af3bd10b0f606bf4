/*
 * Import from CSV: columns are field paths, one row is one record. Rows go through the same checks
 * and the same record_insert as everything else; memory stays that of one row.
 */
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "core/log.h"
#include "core/text.h"
#include "records/records_inner.h"

#define VALUE_SHOWN   80
#define NOTES_MAX     200
#define BATCH         100 /* rows stored in one transaction, when bad rows are passed over */
#define PROGRESS_STEP 20
#define PARENT_COLUMN "record.parent" /* number of the record above, for kinds that have one */

struct import {
    struct ctx *ctx;
    const struct form *form;
    const struct form *parent; /* NULL at the top */
    const struct import_options *options;
    struct arena *kept; /* the report: rows rewind ctx->arena */
    struct import_report report;
    const char **columns;
    bool *filled; /* some row has a value in this column */
    size_t len;
    bool storing; /* false in a dry run, and after a fault that spoils all */
    bool open;    /* a transaction of ours is open */
    bool noted;   /* the audit has its row */
    int64_t in_batch;
};

/* --- faults --- */

static const char *shortened(struct arena *a, const char *s)
{
    const char *p = s;

    for (size_t n = 0; *p && n < VALUE_SHOWN; n++)
        (void)text_next(&p);
    return arena_strndup(a, s, (size_t)(p - s));
}

static void add_fault(struct import *im, int64_t row, const char *column, const char *value,
                      const char *reason)
{
    struct import_fault *f;

    if (im->report.faults_len == IMPORT_FAULTS_MAX)
        return;
    f = &im->report.faults[im->report.faults_len++];
    f->row = row;
    f->column = arena_strdup(im->kept, column);
    f->value = shortened(im->kept, value);
    f->reason = arena_strdup(im->kept, reason);
}

static void add_note(struct import *im, const char *text)
{
    const char **notes;

    if (im->report.notes_len == NOTES_MAX)
        return;
    notes = ARENA_ARRAY(im->kept, im->report.notes_len + 1, const char *);
    for (size_t i = 0; i < im->report.notes_len; i++)
        notes[i] = im->report.notes[i];
    notes[im->report.notes_len++] = arena_strdup(im->kept, text);
    im->report.notes = notes;
}

/* --- the header --- */

/* What export writes and import passes by. */
static bool column_passed(const char *name)
{
    return text_equal(name, "record.number") || text_equal(name, "record.status");
}

/* field, or repeat.NUMBER.field, with repeats inside repeats. */
static bool column_known(struct ctx *ctx, const struct form *form, const char *name)
{
    size_t len = 0;
    char **parts = text_split(ctx->arena, name, '.', false, &len);
    const struct field *around = NULL;

    for (size_t i = 0; i < len; i += 2) {
        const struct field *f = field_find(form, parts[i]);
        int64_t n;

        if (!f || f->repeat != around)
            return false;
        if (i + 1 == len)
            return field_is_answer(f);
        if (!field_is_repeat(f) || !parse_int(parts[i + 1], 1, ANSWERS_ROWS_MAX, &n))
            return false;
        around = f;
    }
    return false;
}

static void check_column(struct import *im, size_t i)
{
    struct ctx *ctx = im->ctx;
    const char *name = im->columns[i];

    if (!name[0]) {
        add_fault(im, 1, arena_printf(ctx->arena, "%zu", i + 1), "",
                  tr(ctx, "This column has no name. Name it by a field, or take it out."));
        return;
    }
    for (size_t k = 0; k < i; k++)
        if (text_equal(im->columns[k], name)) {
            add_fault(im, 1, name, "", tr(ctx, "Two columns have this name."));
            return;
        }
    if (column_passed(name)) {
        add_note(im,
                 tr(ctx, "Column {0} was passed by: every record gets its own.", TR_TEXT(name)));
        return;
    }
    if (im->parent && text_equal(name, PARENT_COLUMN))
        return;
    if (!column_known(ctx, im->form, name))
        add_fault(im, 1, name, "",
                  tr(ctx, "The form has no field named {0}. The first row must name fields.",
                     TR_TEXT(name)));
}

static enum err read_header(struct import *im, struct csv *csv)
{
    struct csv_row row = { 0 };
    bool more = false;
    enum err rc;

    rc = csv_next(im->ctx, csv, &row, &more);
    if (rc)
        return rc;
    if (!more)
        return ctx_fail(im->ctx, ERR_INVALID,
                        tr(im->ctx, "The file is empty. Its first row must name the fields."));
    im->len = row.len;
    im->columns = ARENA_ARRAY(im->kept, row.len + 1, const char *);
    im->filled = ARENA_ARRAY(im->kept, row.len + 1, bool);
    for (size_t i = 0; i < row.len; i++) {
        im->columns[i] = text_trim(im->kept, row.cells[i]);
        check_column(im, i);
    }
    if (im->report.faults_len == 0)
        return OK;
    return ctx_fail(im->ctx, ERR_INVALID,
                    tr(im->ctx, "The first row names columns that the form does not have. Nothing "
                                "was imported."));
}

/* --- one row --- */

/* An apostrophe that only guards a formula cell is not part of the value. */
static const char *unguarded(const char *cell)
{
    return cell[0] == '\'' && cell[1] && strchr("=+-@\t\r", cell[1]) ? cell + 1 : cell;
}

struct row {
    const struct csv_row *csv;
    struct answer_pair *pairs;
    size_t len;
    const char *parent; /* number of the record above */
};

static const char *cell_of(const struct import *im, const struct csv_row *row, const char *column)
{
    for (size_t i = 0; i < im->len; i++)
        if (text_equal(im->columns[i], column))
            return row->cells[i];
    return "";
}

static void read_cells(struct import *im, struct row *r)
{
    r->pairs = ARENA_ARRAY(im->ctx->arena, im->len + 1, struct answer_pair);
    for (size_t i = 0; i < im->len; i++) {
        const char *cell = unguarded(r->csv->cells[i]);

        if (text_blank(cell) || column_passed(im->columns[i]))
            continue;
        im->filled[i] = true;
        if (im->parent && text_equal(im->columns[i], PARENT_COLUMN))
            r->parent = text_trim(im->ctx->arena, cell);
        else
            r->pairs[r->len++] = (struct answer_pair){ im->columns[i], cell };
    }
}

static int compare_numbers(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;

    return *x < *y ? -1 : *x > *y;
}

/*
 * Rows of a repeat are counted without gaps in problems, but the columns may have gaps: the k-th
 * row that holds anything is named by its column again.
 */
static const char *column_of(struct import *im, const struct row *r, const char *field)
{
    struct ctx *ctx = im->ctx;
    size_t len = 0;
    char **parts = text_split(ctx->arena, field, '.', false, &len);
    int64_t *numbers = ARENA_ARRAY(ctx->arena, r->len + 1, int64_t);
    int64_t k = 0;
    size_t n = 0;

    if (len < 3 || !parse_int(parts[1], 1, ANSWERS_ROWS_MAX, &k))
        return field;
    for (size_t i = 0; i < r->len; i++) {
        size_t of = 0;
        char **name = text_split(ctx->arena, r->pairs[i].name, '.', false, &of);
        int64_t number = 0;

        if (of < 3 || !text_equal(name[0], parts[0]) ||
            !parse_int(name[1], 1, ANSWERS_ROWS_MAX, &number))
            continue;
        for (size_t at = 0; at < n && number; at++)
            if (numbers[at] == number)
                number = 0;
        if (number)
            numbers[n++] = number;
    }
    qsort(numbers, n, sizeof(*numbers), compare_numbers);
    if ((size_t)k > n)
        return field;
    return arena_printf(ctx->arena, "%s.%lld%s", parts[0], (long long)numbers[k - 1],
                        field + strlen(parts[0]) + 1 + strlen(parts[1]));
}

static bool told(const struct import *im, size_t from, const char *column)
{
    for (size_t i = from; i < im->report.faults_len; i++)
        if (text_equal(im->report.faults[i].column, column))
            return true;
    return false;
}

/* Turns the problems after last into faults of the row, and forgets them. */
static void take_problems(struct import *im, const struct row *r, struct problem *last,
                          size_t faults_before)
{
    struct problem *p = last ? last->next : im->ctx->problems;

    for (; p; p = p->next) {
        const char *column = p->field ? column_of(im, r, p->field) : "";

        if (!told(im, faults_before, column))
            add_fault(im, r->csv->number, column, cell_of(im, r->csv, column), p->text);
    }
    problems_back(im->ctx, last);
}

/* Without the cells that are faulty themselves, to find what else is wrong with the row. */
static void drop_faulty(struct import *im, struct row *r, size_t faults_before)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->len; i++)
        if (!told(im, faults_before, r->pairs[i].name))
            r->pairs[kept++] = r->pairs[i];
    r->len = kept;
}

static enum err fill(struct import *im, struct row *r, struct record *rec, bool *good)
{
    struct problem *last = im->ctx->problems_last;
    size_t before = im->report.faults_len;
    struct row all = *r;
    enum err rc;

    rc = answers_from_pairs(im->ctx, &rec->answers, im->form, r->pairs, r->len);
    if (rc != ERR_INVALID)
        return rc;
    *good = false;
    take_problems(im, &all, last, before);
    all.pairs = arena_memdup(im->ctx->arena, r->pairs, (r->len + 1) * sizeof(*r->pairs));
    drop_faulty(im, r, before);
    rc = answers_from_pairs(im->ctx, &rec->answers, im->form, r->pairs, r->len);
    if (rc == OK)
        rc = record_check(im->ctx, rec);
    if (rc == ERR_INVALID) {
        take_problems(im, &all, last, before);
        rc = OK;
    }
    return rc;
}

static enum err find_parent(struct import *im, const struct row *r, const char **out, bool *good)
{
    struct pick pick = { .form = im->parent, .number = r->parent, .limit = 1 };
    struct record *parent = NULL;
    size_t len = 0;
    enum err rc = OK;

    if (!im->parent)
        return OK;
    if (r->parent)
        rc = sql_pick(im->ctx, &parent, NULL, &len, &pick);
    if (rc)
        return rc;
    if (len == 0) {
        *good = false;
        add_fault(im, r->csv->number, PARENT_COLUMN, r->parent ? r->parent : "",
                  tr(im->ctx, "There is no record with this number. Each row needs one."));
        return OK;
    }
    *out = parent->id;
    return OK;
}

static enum err begin_storing(struct import *im)
{
    enum err rc;

    if (im->open)
        return OK;
    rc = db_begin(im->ctx);
    if (rc)
        return rc;
    im->open = true;
    im->in_batch = 0;
    if (im->noted)
        return OK;
    im->noted = true;
    return audit_add(im->ctx, arena_printf(im->ctx->arena, "%s.import", im->form->kind), NULL, NULL,
                     NULL);
}

static enum err end_storing(struct import *im)
{
    enum err rc;

    if (!im->open)
        return OK;
    rc = db_commit(im->ctx);
    if (rc == OK) {
        im->open = false;
        im->report.stored += im->in_batch;
    }
    return rc;
}

static void undo_storing(struct import *im)
{
    if (im->open)
        db_rollback(im->ctx);
    im->open = false;
}

static enum err check_or_store(struct import *im, const struct row *r, struct record *rec,
                               bool *good)
{
    struct problem *last = im->ctx->problems_last;
    size_t before = im->report.faults_len;
    enum err rc = OK;

    if (im->storing)
        rc = begin_storing(im);
    if (rc)
        return rc;
    rc = im->storing ? record_insert(im->ctx, rec) : record_check(im->ctx, rec);
    if (rc == OK && im->storing)
        im->in_batch++;
    if (rc != ERR_INVALID)
        return rc;
    *good = false;
    take_problems(im, r, last, before);
    return OK;
}

static enum err take_row(struct import *im, const struct csv_row *csv_row, bool *good)
{
    struct row r = { .csv = csv_row };
    struct record *rec = NULL;
    const char *parent_id = NULL;
    enum err rc;

    *good = true;
    if (csv_row->len != im->len) {
        *good = false;
        add_fault(im, csv_row->number, "", "",
                  tr(im->ctx, "The row has {0} cells, the first row has {1}.",
                     TR_INT((int64_t)csv_row->len), TR_INT((int64_t)im->len)));
        return OK;
    }
    read_cells(im, &r);
    rc = find_parent(im, &r, &parent_id, good);
    if (rc || !*good)
        return rc;
    rc = record_new(im->ctx, &rec, im->form->kind, parent_id);
    if (rc == OK)
        rc = fill(im, &r, rec, good);
    if (rc == OK && *good)
        rc = check_or_store(im, &r, rec, good);
    return rc;
}

static bool row_blank(const struct csv_row *row)
{
    for (size_t i = 0; i < row->len; i++)
        if (!text_blank(row->cells[i]))
            return false;
    return true;
}

/* --- all rows --- */

static enum err after_row(struct import *im, bool good)
{
    enum err rc = OK;

    im->report.rows++;
    if (good)
        im->report.good++;
    else
        im->report.bad++;
    if (!good && !im->options->skip_bad && im->storing) {
        im->storing = false;
        undo_storing(im);
    }
    if (im->options->skip_bad && im->in_batch == BATCH)
        rc = end_storing(im);
    if (im->options->progress && im->report.rows % PROGRESS_STEP == 0)
        im->options->progress(im->options->arg, im->report.rows);
    return rc;
}

static enum err take_rows(struct import *im, struct csv *csv)
{
    enum err rc = OK;

    for (;;) {
        struct arena_mark mark = arena_mark(im->ctx->arena);
        struct csv_row row = { 0 };
        bool more = false;
        bool good = true;

        rc = csv_next(im->ctx, csv, &row, &more);
        if (rc || !more)
            break;
        if (!row_blank(&row)) {
            rc = take_row(im, &row, &good);
            if (rc == OK)
                rc = after_row(im, good);
        }
        if (rc)
            break;
        arena_rewind(im->ctx->arena, mark);
    }
    if (rc == OK)
        rc = end_storing(im);
    return rc;
}

static void note_empty_columns(struct import *im)
{
    for (size_t i = 0; i < im->len; i++)
        if (!im->filled[i] && !column_passed(im->columns[i]))
            add_note(im, tr(im->ctx, "Column {0} holds nothing.", TR_TEXT(im->columns[i])));
}

static enum err verdict(struct import *im)
{
    if (im->report.bad == 0 || im->options->skip_bad)
        return OK;
    return ctx_fail(im->ctx, ERR_INVALID,
                    tr(im->ctx,
                       "{0, plural, one {# row has} other {# rows have}} mistakes. Nothing was "
                       "imported.",
                       TR_INT(im->report.bad)));
}

static void free_kept(void *arg)
{
    arena_free(arg);
}

static void follow_index(struct ctx *ctx)
{
    struct problem *last = ctx->problems_last;
    enum err rc;

    if (!ctx->index_db || db_in_transaction(ctx->db))
        return;
    rc = index_catch_up(ctx, NULL);
    if (rc == OK)
        return;
    log_warn("the index could not follow an import (%s); it will catch up", err_name(rc));
    problems_back(ctx, last);
}

static enum err find_forms(struct import *im, const char *kind)
{
    enum err rc = record_form(im->ctx, &im->form, kind);

    if (rc == OK)
        rc = record_permit(im->ctx, im->form, "import");
    if (rc == OK && im->form->parent)
        rc = record_form(im->ctx, &im->parent, im->form->parent);
    return rc;
}

enum err record_import(struct ctx *ctx, struct import_report *out, const char *kind,
                       struct csv *csv, const struct import_options *options)
{
    struct import im = { .ctx = ctx, .options = options, .storing = !options->dry_run };
    enum err rc;

    rc = find_forms(&im, kind);
    if (rc)
        return rc;
    im.kept = arena_new(0);
    arena_on_free(ctx->arena, free_kept, im.kept);
    im.report.faults = ARENA_ARRAY(im.kept, IMPORT_FAULTS_MAX, struct import_fault);
    rc = read_header(&im, csv);
    if (rc == OK) {
        rc = take_rows(&im, csv);
        if (rc)
            undo_storing(&im);
        if (im.report.stored > 0)
            follow_index(ctx);
        note_empty_columns(&im);
    }
    if (rc == OK)
        rc = verdict(&im);
    *out = im.report;
    return rc;
}
