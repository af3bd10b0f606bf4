/*
 * Import from a table, in two rounds: the first checks every row and stores nothing; the second
 * stores in steps. Rows go through the same checks and the same record_insert as everything else;
 * memory stays that of one step.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit/audit.h"
#include "core/date.h"
#include "core/id.h"
#include "core/log.h"
#include "core/text.h"
#include "records/import_row.h"

#define STEP_ROWS     200   /* rows stored in one transaction, */
#define STEP_US       40000 /* unless they take longer: others wait for it */
#define INDEX_ROWS    4000  /* stored before the index follows: many at once are cheap */
#define PAUSE_NS      1000000
#define PROGRESS_STEP 20

/* --- the columns --- */

static void column_fault(struct import *im, const struct import_column *c)
{
    struct ctx *ctx = im->ctx;

    if (c->close)
        import_fault_add(im, 1, c->heading, "",
                         tr(ctx, "The form has no field named {0}. Did you mean {1} ({2})?",
                            TR_TEXT(c->heading), TR_TEXT(c->close),
                            TR_TEXT(target_title(ctx, im->form, c->close))));
    else
        import_fault_add(im, 1, c->heading, "",
                         tr(ctx, "The form has no field named {0}. The first row must name fields.",
                            TR_TEXT(c->heading)));
}

static bool taken(const struct import *im, size_t i)
{
    const struct import_target *t = &im->columns[i].target;

    for (size_t k = 0; k < i; k++) {
        const struct import_target *other = &im->columns[k].target;

        if (other->part == t->part && !other->unused && text_equal(other->path, t->path) &&
            other->choice == t->choice)
            return true;
    }
    return false;
}

/* A heading that says nothing, one that comes twice, one that no field has. */
static void check_column(struct import *im, size_t i, const struct import_column *c)
{
    struct import_plan_column *p = &im->columns[i];
    struct ctx *ctx = im->ctx;

    *p = (struct import_plan_column){ .heading = c->heading, .order = c->order };
    if (p->order == ORDER_UNKNOWN)
        p->order = im->options->dates;
    if (!mapping_target(ctx, &p->target, im->form, c->target)) {
        column_fault(im, c);
        return;
    }
    if (p->target.unused && im->options->mapping) {
        import_note_add(im, tr(ctx, "Column {0} was left out.", TR_TEXT(c->heading)));
        return;
    }
    if (!c->heading[0] && p->target.unused)
        import_fault_add(im, 1, arena_printf(ctx->arena, "%zu", i + 1), "",
                         tr(ctx, "This column has no name. Name it by a field, or take it out."));
    else if (p->target.unused)
        column_fault(im, c);
    else if (taken(im, i))
        import_fault_add(im, 1, c->heading, "", tr(ctx, "Two columns have this name."));
    else if (p->target.passed)
        import_note_add(im, tr(ctx, "Column {0} was passed by: every record gets its own.",
                               TR_TEXT(c->heading)));
}

static bool wants_scan(const struct import *im, const struct import_mapping *m)
{
    struct import_target t = { 0 };

    for (size_t i = 0; i < m->len; i++)
        if (m->columns[i].order == ORDER_UNKNOWN &&
            mapping_target(im->ctx, &t, im->form, m->columns[i].target) && t.field &&
            t.field->kind == FIELD_DATE)
            return true;
    return false;
}

static enum err read_columns(struct import *im, struct sheet *sheet)
{
    struct import_mapping m = { 0 };
    struct ctx *ctx = im->ctx;
    enum err rc = OK;

    if (im->options->mapping)
        m = *im->options->mapping;
    else
        rc = mapping_guess(ctx, &m, im->form, sheet);
    if (rc == OK && wants_scan(im, &m))
        rc = mapping_scan(ctx, &m, im->form, sheet);
    if (rc)
        return rc;
    im->len = m.len;
    im->columns = ARENA_ARRAY(im->kept, m.len + 1, struct import_plan_column);
    for (size_t i = 0; i < m.len; i++)
        check_column(im, i, &m.columns[i]);
    if (im->report.faults_len == 0)
        return OK;
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx, "The first row names columns that the form does not have. Nothing "
                            "was imported."));
}

/* --- the first round: every row is checked --- */

static void remember_bad(struct import *im)
{
    if (im->bad_len == im->bad_max) {
        size_t size = im->bad_max * sizeof(*im->bad);

        im->bad_max = im->bad_max ? im->bad_max * 2 : 64;
        im->bad = arena_grow(im->kept, im->bad, size, im->bad_max * sizeof(*im->bad));
    }
    im->bad[im->bad_len++] = im->report.rows;
}

static enum err check_row(struct import *im, const struct sheet_row *cells)
{
    struct record *rec = NULL;
    struct import_row r;
    enum err rc = import_row_read(im, &r, cells);

    if (rc == OK && cells->len == im->len)
        rc = import_row_check(im, &r, &rec);
    if (rc == OK && r.good && rec)
        rc = import_row_decide(im, &r, rec);
    if (rc)
        return rc;
    if (im->report.likes_len == IMPORT_LIKES_MAX)
        return ctx_fail(im->ctx, ERR_LIMIT,
                        tr(im->ctx,
                           "More than {0} rows are like people who are here already. "
                           "Import the file in parts.",
                           TR_INT(IMPORT_LIKES_MAX)));
    im->report.rows++;
    if (r.good) {
        im->report.good++;
        return OK;
    }
    im->report.bad++;
    remember_bad(im);
    return OK;
}

static enum err tell_progress(struct import *im, int64_t done)
{
    if (!im->options->progress)
        return OK;
    return im->options->progress(im->options->arg, done);
}

static enum err check_rows(struct import *im, struct sheet *sheet)
{
    enum err rc = OK;

    for (;;) {
        struct arena_mark mark = arena_mark(im->ctx->arena);
        struct sheet_row row = { 0 };
        bool more = false;

        rc = sheet_next(im->ctx, sheet, &row, &more);
        if (rc || !more)
            break;
        rc = check_row(im, &row);
        if (rc == OK && im->report.rows % PROGRESS_STEP == 0)
            rc = tell_progress(im, im->options->dry_run ? im->report.rows : 0);
        if (rc)
            break;
        arena_rewind(im->ctx->arena, mark);
    }
    return rc;
}

/* --- the second round: steps --- */

struct step {
    struct arena *arena; /* the rows of a step: it may have to be done again */
    struct sheet_row rows[STEP_ROWS];
    bool bad[STEP_ROWS];
    int64_t first; /* ordinal of the first row in the file, from 0 */
    size_t len;
};

static void copy_row(struct step *s, const struct sheet_row *row, bool bad)
{
    const char **cells = ARENA_ARRAY(s->arena, row->len + 1, const char *);

    for (size_t i = 0; i < row->len; i++)
        cells[i] = arena_strdup(s->arena, row->cells[i]);
    s->bad[s->len] = bad;
    s->rows[s->len++] = (struct sheet_row){ row->number, row->len, cells };
}

static int compare_ordinals(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* What the first round said; where there was none, the row is tried. */
static bool known_bad(const struct import *im, int64_t ordinal)
{
    int64_t wanted = ordinal + 1;

    return im->bad_len > 0 &&
           bsearch(&wanted, im->bad, im->bad_len, sizeof(wanted), compare_ordinals) != NULL;
}

static enum err begin_run(struct import *im)
{
    struct ctx *ctx = im->ctx;
    enum err rc;

    if (im->run.created_at)
        return OK;
    rc = import_run_add(ctx, &im->run);
    if (rc == OK)
        rc =
            audit_add(ctx, arena_printf(ctx->arena, "%s.import", im->form->kind), NULL, NULL, NULL);
    im->run.created_at = ctx->now_ms;
    return rc;
}

static enum err end_step(struct import *im)
{
    enum err rc = import_run_move(im->ctx, &im->run);

    if (rc == OK && im->options->step)
        rc = im->options->step(im->options->arg, im->run.place);
    return rc ? rc : db_commit(im->ctx);
}

static enum err store_row(struct import *im, struct step *s, size_t i)
{
    struct arena_mark mark = arena_mark(im->ctx->arena);
    struct import_row r;
    enum err rc = import_row_read(im, &r, &s->rows[i]);

    if (rc == OK && !r.good)
        rc = ERR_INVALID;
    if (rc == OK)
        rc = import_row_store(im, &r);
    if (rc == OK)
        arena_rewind(im->ctx->arena, mark);
    return rc;
}

/*
 * One transaction, from row *at on: until all are stored or others have waited long enough. A row
 * that is refused after all ends it without a trace, and is left out when it is tried again.
 */
static enum err store_some(struct import *im, struct step *s, size_t *at)
{
    const struct import before = *im;
    const int64_t most = im->options->step_us > 0 ? im->options->step_us : STEP_US;
    int64_t began = clock_monotonic_us();
    size_t i = *at;
    enum err rc = db_begin(im->ctx);

    if (rc)
        return rc;
    rc = begin_run(im);
    for (; rc == OK && i < s->len; i++) {
        if (!s->bad[i])
            rc = store_row(im, s, i);
        if (rc)
            break;
        im->run.bad += s->bad[i];
        im->run.place = s->first + (int64_t)i + 1;
        if (clock_monotonic_us() - began > most) {
            i++;
            break;
        }
    }
    if (rc == OK)
        rc = end_step(im);
    if (rc == OK) {
        *at = i;
        return OK;
    }
    db_rollback(im->ctx);
    im->run = before.run;
    im->seq = before.seq;
    im->report.stored = before.report.stored;
    im->report.updated = before.report.updated;
    im->report.same = before.report.same;
    im->report.skipped = before.report.skipped;
    if (rc == ERR_INVALID && i < s->len)
        s->bad[i] = true;
    return rc;
}

static void follow_index(struct import *im, int64_t behind)
{
    struct ctx *ctx = im->ctx;
    struct problem *last = ctx->problems_last;
    enum err rc;

    if (!ctx->index_db || db_in_transaction(ctx->db) || im->run.place - im->indexed < behind)
        return;
    im->indexed = im->run.place;
    rc = index_catch_up(ctx, NULL);
    if (rc == OK)
        return;
    log_warn("the index could not follow an import (%s); it will catch up", err_name(rc));
    ctx_problems_back(ctx, last);
}

static enum err store_step(struct import *im, struct step *s)
{
    const struct timespec pause = { .tv_nsec = PAUSE_NS };
    size_t at = 0;
    enum err rc = OK;

    while (rc == OK && at < s->len) {
        struct arena_mark mark = arena_mark(im->ctx->arena);
        size_t faults = im->report.faults_len;

        rc = store_some(im, s, &at);
        if (rc == ERR_INVALID && im->options->skip_bad && im->report.faults_len > faults) {
            im->report.bad++;
            im->report.good -= im->report.good > 0;
            rc = OK;
            continue;
        }
        if (rc)
            break;
        arena_rewind(im->ctx->arena, mark);
        follow_index(im, INDEX_ROWS);
        nanosleep(&pause, NULL); /* whoever waits for the lock gets it now */
        rc = tell_progress(im, im->run.place);
    }
    return rc;
}

static enum err read_step(struct import *im, struct sheet *sheet, struct step *s, int64_t *ordinal)
{
    struct arena_mark mark = arena_mark(im->ctx->arena);
    enum err rc = OK;

    s->len = 0;
    while (rc == OK && s->len < STEP_ROWS) {
        struct sheet_row row = { 0 };
        bool more = false;

        rc = sheet_next(im->ctx, sheet, &row, &more);
        if (rc || !more)
            break;
        if (s->len == 0)
            s->first = *ordinal;
        if (*ordinal >= im->run.place)
            copy_row(s, &row, known_bad(im, *ordinal));
        (*ordinal)++;
    }
    if (rc == OK)
        arena_rewind(im->ctx->arena, mark);
    return rc;
}

static void free_kept(void *arg)
{
    arena_free(arg);
}

static enum err store_rows(struct import *im, struct sheet *sheet)
{
    struct step *s = ARENA_NEW(im->kept, struct step);
    int64_t ordinal = 0;
    enum err rc = sheet_rewind(im->ctx, sheet);

    s->len = STEP_ROWS;
    while (rc == OK && s->len == STEP_ROWS) {
        s->arena = arena_new(0);
        rc = read_step(im, sheet, s, &ordinal);
        if (rc == OK)
            rc = store_step(im, s);
        arena_free(s->arena);
    }
    follow_index(im, 1);
    return rc;
}

/* --- all --- */

static void note_empty_columns(struct import *im)
{
    for (size_t i = 0; i < im->len; i++)
        if (!im->columns[i].filled && !im->columns[i].target.passed &&
            !im->columns[i].target.unused)
            import_note_add(
                im, tr(im->ctx, "Column {0} holds nothing.", TR_TEXT(im->columns[i].heading)));
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

static enum err find_forms(struct import *im, const char *kind)
{
    enum err rc = record_form(im->ctx, &im->form, kind);

    if (rc == OK)
        rc = record_permit(im->ctx, im->form, "import");
    if (rc == OK && im->form->parent)
        rc = record_form(im->ctx, &im->parent, im->form->parent);
    if (rc == OK)
        im->kinds_len = mapping_kinds(im->ctx, im->form, im->kinds);
    return rc;
}

/* Goes on with a run that began before. */
static enum err find_run(struct import *im)
{
    struct ctx *ctx = im->ctx;
    const char *id = im->options->run_id;
    enum err rc = OK;

    if (id && !im->options->dry_run)
        rc = import_run_load(ctx, &im->run, id);
    if (rc)
        return rc;
    if (!im->run.id) {
        im->run = (struct import_run){ .id = arena_strdup(
                                           im->kept, id ? id : id_new(ctx->arena, ctx->now_ms)),
                                       .kind = im->form->kind,
                                       .state = "storing" };
    } else if (text_equal(im->run.state, "undone") || !text_equal(im->run.kind, im->form->kind)) {
        return ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "This has ended already."));
    }
    im->seq = im->run.place ? im->run.stored + im->run.place * IMPORT_KINDS_MAX : 0;
    im->report.stored = im->run.stored;
    return OK;
}

static enum err end_run(struct import *im)
{
    enum err rc;

    if (!im->run.created_at)
        return OK; /* no row was stored */
    rc = db_begin(im->ctx);
    if (rc)
        return rc;
    im->run.state = "stored";
    rc = import_run_move(im->ctx, &im->run);
    if (rc == OK)
        rc = db_commit(im->ctx);
    if (rc)
        db_rollback(im->ctx);
    return rc;
}

static enum err both_rounds(struct import *im, struct sheet *sheet)
{
    bool resumed = im->run.place > 0;
    bool finished = text_equal(im->run.state, "stored");
    enum err rc = resumed ? OK : check_rows(im, sheet);

    import_decisions_sort(im);
    if (rc == OK && !finished && !im->options->dry_run &&
        (im->report.bad == 0 || im->options->skip_bad)) {
        rc = store_rows(im, sheet);
        if (rc == OK)
            rc = end_run(im);
    }
    if (resumed) {
        im->report.rows = im->run.place;
        im->report.bad = im->run.bad;
        im->report.good = im->report.rows - im->report.bad;
    }
    return rc;
}

enum err record_import(struct ctx *ctx, struct import_report *out, const char *kind,
                       struct sheet *sheet, const struct import_options *options)
{
    struct import im = { .ctx = ctx, .options = options };
    enum err rc;

    rc = find_forms(&im, kind);
    if (rc)
        return rc;
    im.kept = arena_new(0);
    arena_on_free(ctx->arena, free_kept, im.kept);
    im.report.faults = ARENA_ARRAY(im.kept, IMPORT_FAULTS_MAX, struct import_fault);
    im.report.likes = ARENA_ARRAY(im.kept, IMPORT_LIKES_MAX, struct import_like);
    im.decisions_len = im.decisions_max = options->decisions_len;
    if (options->decisions_len)
        im.decisions = arena_memdup(im.kept, options->decisions,
                                    options->decisions_len * sizeof(*im.decisions));
    import_decisions_sort(&im);
    rc = find_run(&im);
    if (rc == OK)
        rc = read_columns(&im, sheet);
    if (rc == OK) {
        rc = both_rounds(&im, sheet);
        note_empty_columns(&im);
    }
    if (rc == OK)
        rc = verdict(&im);
    im.report.run_id = im.run.created_at ? im.run.id : NULL;
    *out = im.report;
    return rc;
}
