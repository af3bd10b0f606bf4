/* One row of an import: from cells to records. */
#include "records/import_row.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"

#define VALUE_SHOWN 80
#define NOTES_MAX   200
#define PARENT      "record.parent"

/* --- what is told --- */

static const char *shortened(struct arena *a, const char *s)
{
    const char *p = s;

    for (size_t n = 0; *p && n < VALUE_SHOWN; n++)
        (void)text_next(&p);
    return arena_strndup(a, s, (size_t)(p - s));
}

void import_fault_add(struct import *im, int64_t row, const char *column, const char *value,
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

void import_note_add(struct import *im, const char *text)
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

static void row_fault(struct import *im, struct import_row *r, const char *column,
                      const char *value, const char *reason)
{
    r->good = false;
    import_fault_add(im, r->cells->number, column, value, reason);
}

/* --- cells --- */

/* An apostrophe that only guards a formula cell is not part of the value. */
static const char *unguarded(const char *cell)
{
    return cell[0] == '\'' && cell[1] && strchr("=+-@\t\r", cell[1]) ? cell + 1 : cell;
}

static void add_pair(struct import_row *r, const struct import_plan_column *c, const char *value)
{
    size_t part = c->target.part;

    r->heads[part][r->len[part]] = c->heading;
    r->pairs[part][r->len[part]++] = (struct answer_pair){ c->target.path, value };
}

/* Labels become codes; the same ones come again and again. */
static const char *codes_of(struct import *im, struct import_plan_column *c, const char *cell)
{
    struct import_seen *s = NULL;

    for (size_t i = 0; i < IMPORT_TRACE; i++)
        if (text_equal(c->seen[i].cell, cell))
            return c->seen[i].code;
    s = &c->seen[c->seen_at++ % IMPORT_TRACE];
    s->code = import_codes(im->ctx->arena, c->target.field, cell);
    if (strlen(cell) > VALUE_SHOWN) {
        const char *code = s->code;

        *s = (struct import_seen){ 0 };
        return code;
    }
    /* A few hundred bytes for each new spelling; long cells are not kept. */
    s->cell = arena_strdup(im->kept, cell);
    s->code = arena_strdup(im->kept, s->code);
    return s->code;
}

static void read_date(struct import *im, struct import_row *r, const struct import_plan_column *c,
                      const char *cell)
{
    const char *date = cell;

    if (import_date(im->ctx->arena, &date, cell, c->order) == DATE_TWO_WAYS)
        row_fault(im, r, c->heading, cell,
                  tr(im->ctx, "This date can be read in two ways. Say which comes first in this "
                              "column, the day or the month."));
    else
        add_pair(r, c, date);
}

static void read_cell(struct import *im, struct import_row *r, struct import_plan_column *c,
                      const char *cell)
{
    const struct import_target *t = &c->target;
    int truth;

    if (t->parent) {
        r->parent = text_trim(im->ctx->arena, cell);
    } else if (t->choice) {
        truth = import_truth(im->ctx->arena, t->choice, cell);
        if (truth < 0)
            row_fault(im, r, c->heading, cell, tr(im->ctx, "Write yes or no, or 1 or 0."));
        else if (truth)
            add_pair(r, c, t->choice->name);
    } else if (t->field->kind == FIELD_DATE) {
        read_date(im, r, c, cell);
    } else if (t->field->kind == FIELD_ACKNOWLEDGE) {
        truth = import_truth(im->ctx->arena, NULL, cell);
        if (truth)
            add_pair(r, c, truth > 0 ? "OK" : cell);
    } else {
        add_pair(r, c, t->field->choices ? codes_of(im, c, cell) : cell);
    }
}

static enum err find_parent(struct import *im, struct import_row *r)
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
    if (len > 0)
        r->parent_id = parent->id;
    else
        row_fault(im, r, PARENT, r->parent ? r->parent : "",
                  tr(im->ctx, "There is no record with this number. Each row needs one."));
    return OK;
}

enum err import_row_read(struct import *im, struct import_row *out, const struct sheet_row *cells)
{
    struct arena *a = im->ctx->arena;

    *out = (struct import_row){ .cells = cells, .good = true };
    if (cells->len != im->len) {
        row_fault(im, out, "", "",
                  tr(im->ctx, "The row has {0} cells, the first row has {1}.",
                     TR_INT((int64_t)cells->len), TR_INT((int64_t)im->len)));
        return OK;
    }
    for (size_t k = 0; k < im->kinds_len; k++) {
        out->pairs[k] = ARENA_ARRAY(a, im->len + 1, struct answer_pair);
        out->heads[k] = ARENA_ARRAY(a, im->len + 1, const char *);
    }
    for (size_t i = 0; i < im->len; i++) {
        struct import_plan_column *c = &im->columns[i];
        const char *cell = unguarded(cells->cells[i]);

        if (text_blank(cell) || c->target.passed || c->target.unused)
            continue;
        c->filled = true;
        read_cell(im, out, c, cell);
    }
    return find_parent(im, out);
}

/* --- problems become faults --- */

static int compare_numbers(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* The number that names the k-th row of a repeat that holds anything; 0 = none. */
static int64_t number_of(struct import *im, const struct import_row *r, size_t part,
                         const char *repeat, int64_t k)
{
    struct arena *a = im->ctx->arena;
    int64_t *numbers = ARENA_ARRAY(a, r->len[part] + 1, int64_t);
    size_t n = 0;

    for (size_t i = 0; i < r->len[part]; i++) {
        size_t of = 0;
        char **name = text_split(a, r->pairs[part][i].name, '.', false, &of);
        int64_t number = 0;

        if (of < 3 || !text_equal(name[0], repeat) ||
            !parse_int(name[1], 1, ANSWERS_ROWS_MAX, &number))
            continue;
        for (size_t at = 0; at < n && number; at++)
            if (numbers[at] == number)
                number = 0;
        if (number)
            numbers[n++] = number;
    }
    qsort(numbers, n, sizeof(*numbers), compare_numbers);
    return (size_t)k <= n ? numbers[k - 1] : 0;
}

/*
 * Rows of a repeat are counted without gaps in problems, but the columns may have gaps: the k-th
 * row that holds anything is named by its column again.
 */
static const char *path_of(struct import *im, const struct import_row *r, size_t part,
                           const char *field)
{
    size_t len = 0;
    char **parts = text_split(im->ctx->arena, field, '.', false, &len);
    int64_t k = 0;
    int64_t number;

    if (len < 3 || !parse_int(parts[1], 1, ANSWERS_ROWS_MAX, &k))
        return field;
    number = number_of(im, r, part, parts[0], k);
    if (!number)
        return field;
    return arena_printf(im->ctx->arena, "%s.%lld%s", parts[0], (long long)number,
                        field + strlen(parts[0]) + 1 + strlen(parts[1]));
}

/* The column of a path, as the file calls it; the path itself if no column is it. */
static const char *column_of(const struct import *im, size_t part, const char *path,
                             const char **cell_out, const struct sheet_row *cells)
{
    for (size_t i = 0; i < im->len; i++) {
        const struct import_target *t = &im->columns[i].target;

        if (t->field && t->part == part && text_equal(t->path, path)) {
            *cell_out = i < cells->len ? cells->cells[i] : "";
            return im->columns[i].heading;
        }
    }
    return path;
}

static bool told(const struct import *im, size_t from, const char *column)
{
    for (size_t i = from; i < im->report.faults_len; i++)
        if (text_equal(im->report.faults[i].column, column))
            return true;
    return false;
}

/* Turns the problems after last into faults of the row, and forgets them. */
static void take_problems(struct import *im, struct import_row *r, size_t part,
                          struct problem *last, size_t faults_before)
{
    struct problem *p = last ? last->next : im->ctx->problems;

    for (; p; p = p->next) {
        const char *cell = "";
        const char *column =
            p->field ? column_of(im, part, path_of(im, r, part, p->field), &cell, r->cells) : "";

        r->good = false;
        if (!told(im, faults_before, column))
            row_fault(im, r, column, cell, p->text);
    }
    ctx_problems_back(im->ctx, last);
}

/* Without the cells that are faulty themselves, to find what else is wrong with the row. */
static size_t drop_faulty(struct import *im, struct import_row *r, size_t part, size_t before,
                          struct answer_pair *out)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->len[part]; i++)
        if (!told(im, before, r->heads[part][i]))
            out[kept++] = r->pairs[part][i];
    return kept;
}

/* --- records --- */

/* The answers of one kind; what cannot be understood is told. */
static enum err fill(struct import *im, struct import_row *r, size_t part, struct record *rec)
{
    struct ctx *ctx = im->ctx;
    struct problem *last = ctx->problems_last;
    size_t before = im->report.faults_len;
    struct answer_pair *pairs;
    size_t len;
    enum err rc;

    rc = answers_from_pairs(ctx, &rec->answers, rec->form, r->pairs[part], r->len[part]);
    if (rc != ERR_INVALID)
        return rc;
    take_problems(im, r, part, last, before);
    pairs = ARENA_ARRAY(ctx->arena, r->len[part] + 1, struct answer_pair);
    len = drop_faulty(im, r, part, before, pairs);
    rc = answers_from_pairs(ctx, &rec->answers, rec->form, pairs, len);
    if (rc == OK)
        rc = part ? answers_validate(ctx, rec->answers, true) : record_check(ctx, rec);
    if (rc == ERR_INVALID) {
        take_problems(im, r, part, last, before);
        rc = OK;
    }
    return rc;
}

/* A record below one that does not exist yet: its own answers can be checked all the same. */
static enum err check_below(struct import *im, struct import_row *r, size_t part)
{
    struct ctx *ctx = im->ctx;
    struct record rec = { .form = im->kinds[part], .office_id = ctx->office_id };
    struct problem *last = ctx->problems_last;
    size_t before = im->report.faults_len;
    enum err rc;

    rec.answers = answers_new(ctx->arena, rec.form);
    rc = answers_defaults(ctx, rec.answers);
    if (rc == OK)
        rc = fill(im, r, part, &rec);
    if (rc == OK && im->report.faults_len == before)
        rc = answers_validate(ctx, rec.answers, true);
    if (rc != ERR_INVALID)
        return rc;
    r->good = false;
    take_problems(im, r, part, last, before);
    return OK;
}

enum err import_row_check(struct import *im, struct import_row *r, struct record **out)
{
    struct ctx *ctx = im->ctx;
    struct problem *last = ctx->problems_last;
    size_t before = im->report.faults_len;
    struct record *rec = NULL;
    bool was_good = r->good;
    enum err rc;

    if (im->parent && !r->parent_id)
        return OK;
    rc = record_new(ctx, &rec, im->form->kind, r->parent_id);
    if (rc == OK)
        rc = fill(im, r, 0, rec);
    if (rc == OK && r->good && was_good)
        rc = record_check(ctx, rec);
    if (rc == ERR_INVALID) {
        r->good = false;
        take_problems(im, r, 0, last, before);
        rc = OK;
    }
    for (size_t k = 1; rc == OK && k < im->kinds_len; k++)
        if (r->len[k])
            rc = check_below(im, r, k);
    if (rc == OK)
        *out = rec;
    return rc;
}

static enum err made(struct import *im, const struct record *rec)
{
    im->run.stored++;
    im->report.stored++;
    return import_made_add(im->ctx, &im->run, rec, ++im->seq);
}

static enum err insert_part(struct import *im, struct import_row *r, size_t part,
                            const char *parent_id, struct record **out)
{
    struct record *rec = NULL;
    enum err rc = record_new(im->ctx, &rec, im->kinds[part]->kind, parent_id);

    if (rc == OK)
        rc = fill(im, r, part, rec);
    if (rc == OK && !r->good)
        return ERR_INVALID;
    if (rc == OK)
        rc = record_insert(im->ctx, rec);
    if (rc == OK)
        rc = made(im, rec);
    if (rc == OK)
        *out = rec;
    return rc;
}

/* Cells that hold something go into a record that exists; the others leave it as it is. */
static enum err update_main(struct import *im, struct import_row *r, struct record *rec)
{
    struct record fresh = *rec;
    int64_t version = rec->version;
    enum err rc;

    rc = fill(im, r, 0, &fresh);
    if (rc == OK && !r->good)
        return ERR_INVALID;
    for (size_t i = 0; rc == OK && i < rec->form->all_len; i++) {
        const struct field *f = rec->form->all[i];

        if (f->repeat)
            continue;
        if (field_is_repeat(f) && fresh.answers->rows_len[i] > 0) {
            rec->answers->rows[i] = fresh.answers->rows[i];
            rec->answers->rows_len[i] = fresh.answers->rows_len[i];
            for (size_t k = 0; k < rec->answers->rows_len[i]; k++)
                rec->answers->rows[i][k]->parent = rec->answers;
        } else if (fresh.answers->values[i]) {
            rec->answers->values[i] = fresh.answers->values[i];
        }
    }
    if (rc == OK)
        rc = record_update(im->ctx, rec, version);
    if (rc == OK && rec->version > version) {
        im->report.updated++;
        rc = made(im, rec);
        im->report.stored--;
    }
    return rc;
}

static int compare_rows(const void *a, const void *b)
{
    const struct import_decision *x = a;
    const struct import_decision *y = b;

    return x->row < y->row ? -1 : x->row > y->row;
}

void import_decisions_sort(struct import *im)
{
    if (im->decisions_len > 0)
        qsort(im->decisions, im->decisions_len, sizeof(*im->decisions), compare_rows);
}

static const struct import_decision *decided(const struct import *im, int64_t row)
{
    const struct import_decision wanted = { .row = row };

    if (im->decisions_len == 0)
        return NULL;
    return bsearch(&wanted, im->decisions, im->decisions_len, sizeof(wanted), compare_rows);
}

/* The record on which the kinds below hang: new, or the one that it is the same as. */
static enum err store_main(struct import *im, struct import_row *r, struct record **out)
{
    const struct import_decision *d = decided(im, r->cells->number);
    enum err rc;

    if (!d || d->choice == IMPORT_NEW)
        return insert_part(im, r, 0, r->parent_id, out);
    if (d->choice == IMPORT_SKIP) {
        im->report.skipped++;
        return OK;
    }
    im->report.same++;
    rc = record_load(im->ctx, out, im->form->kind, d->record_id);
    if (rc == OK && im->options->update)
        rc = update_main(im, r, *out);
    return rc;
}

/* Below the record of its own parent kind in this row. */
static enum err store_below(struct import *im, struct import_row *r, struct record *main)
{
    struct record *recs[IMPORT_KINDS_MAX] = { main };
    enum err rc = OK;

    for (size_t k = 1; rc == OK && k < im->kinds_len; k++) {
        struct record *above = NULL;

        if (!r->len[k])
            continue;
        for (size_t i = 0; i < k && !above; i++)
            if (recs[i] && text_equal(im->kinds[i]->kind, im->kinds[k]->parent))
                above = recs[i];
        if (above) {
            rc = insert_part(im, r, k, above->id, &recs[k]);
            continue;
        }
        row_fault(im, r, im->kinds[k]->kind, "",
                  tr(im->ctx, "The row holds nothing for what this belongs to."));
        rc = ERR_INVALID;
    }
    return rc;
}

enum err import_row_store(struct import *im, struct import_row *r)
{
    struct problem *last = im->ctx->problems_last;
    size_t before = im->report.faults_len;
    struct record *rec = NULL;
    enum err rc = store_main(im, r, &rec);

    if (rc == OK && rec)
        rc = store_below(im, r, rec);
    if (rc != ERR_INVALID)
        return rc;
    r->good = false;
    take_problems(im, r, 0, last, before);
    return rc;
}

/* --- who is the same --- */

static void tell_like(struct import *im, int64_t row, const struct record_hit *hit,
                      enum import_choice choice)
{
    struct import_like *like;

    if (im->report.likes_len == IMPORT_LIKES_MAX)
        return;
    like = &im->report.likes[im->report.likes_len++];
    like->row = row;
    like->id = arena_strdup(im->kept, hit->record->id);
    like->number = arena_strdup(im->kept, hit->record->number ? hit->record->number : "");
    like->title = arena_strdup(im->kept, hit->record->title);
    like->why = arena_strdup(im->kept, hit->why);
    like->score = hit->score;
    like->choice = choice;
}

/* Rows come in order, so what is added stays sorted behind what came with the options. */
static void decide(struct import *im, const struct import_decision *d)
{
    if (im->decisions_len == im->decisions_max) {
        size_t size = im->decisions_max * sizeof(*d);

        im->decisions_max = im->decisions_max ? im->decisions_max * 2 : 64;
        im->decisions = arena_grow(im->kept, im->decisions, size, im->decisions_max * sizeof(*d));
    }
    im->decisions[im->decisions_len] = *d;
    im->decisions[im->decisions_len++].record_id = arena_strdup(im->kept, d->record_id);
}

/* The first that is more than a single name; else the first. */
static const struct record_hit *most_telling(const struct record_hit *hits, size_t len)
{
    for (size_t i = 0; i < len && hits[i].score >= IMPORT_DOUBT_FROM; i++)
        if (!hits[i].one_name)
            return &hits[i];
    return hits;
}

enum err import_row_decide(struct import *im, const struct import_row *r, const struct record *main)
{
    struct import_decision d = { .row = r->cells->number };
    const struct record_hit *hit;
    struct record_hit *hits = NULL;
    size_t len = 0;
    enum err rc;

    if (!im->options->match || im->parent || im->options->decisions_len > 0)
        return OK;
    rc = record_duplicates(im->ctx, &hits, &len, main);
    if (rc || len == 0 || hits[0].score < IMPORT_DOUBT_FROM)
        return rc;
    hit = most_telling(hits, len);
    if (hit->one_name)
        d.choice = IMPORT_NEW; /* half a village may bear it: told, and stored all the same */
    else
        d.choice = hit->score >= IMPORT_SAME_FROM ? IMPORT_SAME : IMPORT_SKIP;
    d.record_id = hit->record->id;
    tell_like(im, d.row, hit, d.choice);
    decide(im, &d);
    return OK;
}
