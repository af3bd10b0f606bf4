/* One change of many records, as a job. */
#include "records/bulk.h"

#include <string.h>

#include "auth/auth.h"
#include "core/buf.h"
#include "core/id.h"
#include "core/text.h"
#include "records/import.h"
#include "records/jobs_inner.h"
#include "records/records_inner.h"

#define INPUT_MAX ((size_t)2 * 1024 * 1024)

DB_SQL(MADE_COUNT, "SELECT count(*) FROM import_made WHERE run_id = $1 AND version > 0");

static const char *const whats[] = {
    [BULK_STATUS] = "status", [BULK_ASSIGN] = "assign", [BULK_DELETE] = "delete"
};

/* --- what may be asked --- */

static enum err check_assign(struct ctx *ctx, const struct bulk *b)
{
    const struct field *f = b->field ? field_find(b->form, b->field) : NULL;

    if (!f || !f->ref || f->repeat || f->read_only || !field_visible(ctx, f))
        return ctx_fail_field(ctx, "do", tr(ctx, "This field cannot be set for many records."));
    return record_permit(ctx, b->form, "edit");
}

static enum err check_status(struct ctx *ctx, const struct bulk *b)
{
    bool must = true; /* from wherever it comes; else each record tells */
    bool may = false;

    for (size_t i = 0; i < b->form->states_len; i++) {
        const struct state_change *s = &b->form->states[i];

        if (!text_equal(s->to, b->status) || !user_may(ctx->user, s->permission))
            continue;
        may = true;
        must = must && s->reason;
    }
    if (!may || text_equal(b->status, STATUS_ERASED))
        return ctx_fail_field(ctx, "do", tr(ctx, "Your role does not allow this."));
    return check_reason(ctx, b->reason, must);
}

enum err bulk_check(struct ctx *ctx, const struct bulk *b)
{
    enum err rc = OK;

    if (b->what == BULK_STATUS)
        return check_status(ctx, b);
    if (b->what == BULK_ASSIGN)
        rc = check_assign(ctx, b);
    else
        rc = record_permit(ctx, b->form, "delete");
    return rc ? rc : check_reason(ctx, b->reason, b->what == BULK_DELETE);
}

/* --- one record --- */

static enum err look_one(struct ctx *ctx, struct record *rec, const struct bulk *b)
{
    if (b->what == BULK_STATUS)
        return record_status_look(ctx, rec, b->status, b->reason);
    if (b->what == BULK_DELETE)
        return record_delete_look(ctx, rec);
    if (text_equal(rec->status, STATUS_DELETED))
        return record_is_deleted(ctx);
    record_set(rec, b->field, b->value);
    return record_check(ctx, rec);
}

/* The change itself; *changed_out: it was not so before, and does not only wait. */
static enum err change_one(struct ctx *ctx, struct record *rec, const struct bulk *b,
                           bool *changed_out)
{
    int64_t version = rec->version;
    enum err rc;

    if (b->what == BULK_STATUS) {
        rc = record_set_status(ctx, rec, version, b->status, b->reason);
    } else if (b->what == BULK_DELETE) {
        rc = record_delete(ctx, rec, version, b->reason);
    } else {
        record_set(rec, b->field, b->value);
        rc = record_update(ctx, rec, version);
    }
    *changed_out = rc == OK && rec->version != version;
    return rc;
}

static const char *called(struct ctx *ctx, const struct form *form, const struct record *rec)
{
    return rec && rec->number ? rec->number : label_text(ctx, &form->title);
}

enum err bulk_look(struct ctx *ctx, struct bulk_fault **out, size_t *len_out, const struct bulk *b)
{
    struct bulk_fault *items = ARENA_ARRAY(ctx->arena, BULK_LOOKED_MAX, struct bulk_fault);
    struct problem *last = ctx->problems_last;
    size_t n = 0;

    for (size_t i = 0; i < b->ids_len && i < BULK_LOOKED_MAX; i++) {
        struct record *rec = NULL;
        enum err rc = record_load_full(ctx, &rec, b->form, b->ids[i], false);

        if (rc == OK)
            rc = look_one(ctx, rec, b);
        if (rc == ERR_DB || rc == ERR_IO || rc == ERR_INTERNAL)
            return rc;
        if (rc == OK)
            continue;
        items[n].number = called(ctx, b->form, rec);
        items[n++].reason = ctx->problems_last ? ctx->problems_last->text : "";
        ctx_problems_back(ctx, last);
    }
    *out = items;
    *len_out = n;
    return OK;
}

enum err bulk_find(struct ctx *ctx, const char *const **out, size_t *len_out,
                   const struct form *form, const struct record_filter *filter)
{
    const char **ids = ARENA_ARRAY(ctx->arena, BULK_MAX + SQL_BATCH, const char *);
    struct record_filter f = *filter;
    struct pick pick = { .form = form, .filter = &f, .limit = SQL_BATCH };
    size_t len = SQL_BATCH;
    size_t n = 0;
    enum err rc = OK;

    f.sort = SORT_NEWEST;
    f.after = NULL;
    while (rc == OK && len == SQL_BATCH && n <= BULK_MAX) {
        struct record *recs[SQL_BATCH];

        rc = record_pick(ctx, recs, &len, &pick, 0);
        for (size_t i = 0; rc == OK && i < len; i++)
            ids[n++] = recs[i]->id;
        if (rc == OK && len > 0)
            f.after = sql_token(ctx, recs[len - 1], SORT_NEWEST);
    }
    if (rc == OK && n > BULK_MAX)
        rc = ctx_fail(
            ctx, ERR_LIMIT,
            tr(ctx, "These are more than {0} records. Narrow the list first.", TR_INT(BULK_MAX)));
    if (rc)
        return rc;
    *out = ids;
    *len_out = n;
    return OK;
}

/* --- asking --- */

enum err bulk_start(struct ctx *ctx, const char **job_id_out, const struct bulk *b)
{
    const char *reason = b->reason ? b->reason : "";
    struct buf *in = ARENA_NEW(ctx->arena, struct buf);
    struct json_out j = { .buf = in };
    enum err rc = bulk_check(ctx, b);

    if (rc)
        return rc;
    buf_init(in, ctx->arena, INPUT_MAX);
    json_begin_object(&j);
    json_pair(&j, "login", ctx->user->login);
    json_pair(&j, "form", b->form->kind);
    json_pair(&j, "do", whats[b->what]);
    json_pair(&j, "status", b->status);
    json_pair(&j, "field", b->field);
    json_pair(&j, "value", b->value);
    json_key(&j, "reason_len");
    json_int(&j, (int64_t)strlen(reason));
    json_end_object(&j);
    buf_add_char(in, '\n');
    buf_add(in, reason);
    for (size_t i = 0; i < b->ids_len; i++) {
        buf_add(in, b->ids[i]);
        buf_add_char(in, '\n');
    }
    if (!buf_ok(in))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The list is too long."));
    return job_add(ctx, job_id_out, "bulk", buf_text(in), in->len);
}

static void free_buf_arena(void *arg)
{
    arena_free(arg);
}

/* What a job changed: as it kept it at its end or, of one that broke off, as far as it came. */
static enum err changed_lines(struct ctx *ctx, struct buf *out, const struct job *job)
{
    const void *made = NULL;
    size_t len = 0;
    enum err rc;

    if (!text_equal(job->state, "done"))
        return import_made_lines(ctx, out, job->id);
    rc = jobs_input(ctx, &made, &len, job->id);
    if (rc == OK)
        buf_add_len(out, made, len);
    return rc;
}

enum err bulk_undoable(struct ctx *ctx, bool *out, const struct job *job)
{
    struct rows *rows = NULL;
    int64_t n = 0;
    enum err rc = OK;

    *out = false;
    if (!text_equal(job->kind, "bulk") || ctx->now_ms - job->created_at >= RECORD_UNDO_MS ||
        text_equal(job->state, "waiting") || text_equal(job->state, "running"))
        return OK;
    if (text_equal(job->state, "done")) {
        *out = true;
        return OK;
    }
    rc = db_query(ctx, &rows, &MADE_COUNT, DB_TEXT(job->id));
    if (rc == OK)
        rc = sql_one_int(ctx, &n, rows, NULL);
    *out = rc == OK && n > 0;
    return rc;
}

enum err bulk_undo(struct ctx *ctx, const char **job_id_out, const char *job_id)
{
    struct arena *own = arena_new(0);
    struct buf *in = ARENA_NEW(own, struct buf);
    struct json_out j = { .buf = in };
    json_t *told = NULL;
    struct job job = { 0 };
    enum err rc = job_load(ctx, &job, job_id);

    arena_on_free(ctx->arena, free_buf_arena, own);
    if (rc == OK && (!text_equal(job.kind, "bulk") || text_equal(job.state, "waiting") ||
                     text_equal(job.state, "running")))
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This is not kept any more."));
    if (rc == OK && ctx->now_ms - job.created_at >= RECORD_UNDO_MS)
        rc = ctx_fail(ctx, ERR_CONFLICT,
                      tr(ctx, "Only your own last change can be undone, for {0} minutes.",
                         TR_INT(RECORD_UNDO_MS / 60000)));
    if (rc == OK)
        rc = json_parse(ctx, &told, job.result, strlen(job.result));
    if (rc)
        return rc;
    buf_init(in, own, INPUT_MAX);
    json_begin_object(&j);
    json_pair(&j, "login", ctx->user->login);
    json_pair(&j, "form", json_string_value(json_object_get(told, "form")));
    json_end_object(&j);
    buf_add_char(in, '\n');
    rc = changed_lines(ctx, in, &job);
    if (rc)
        return rc;
    if (!buf_ok(in))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The list is too long."));
    return job_add(ctx, job_id_out, "bulk_undo", buf_text(in), in->len);
}

/* --- the work --- */

struct run {
    struct job_work *w;
    const struct form *form;
    struct arena *kept; /* outlives the records */
    struct buf made;    /* "id version" of what was changed */
    struct bulk_fault *faults;
    size_t faults_len;
    int64_t changed;
    int64_t waiting; /* or as it was already */
    int64_t refused;
};

static void free_kept(void *arg)
{
    arena_free(arg);
}

static void run_begin(struct run *r, struct job_work *w)
{
    *r = (struct run){ .w = w, .kept = arena_new(0) };
    arena_on_free(w->ctx->arena, free_kept, r->kept);
    buf_init(&r->made, r->kept, INPUT_MAX);
    r->faults = ARENA_ARRAY(r->kept, BULK_FAULTS_MAX, struct bulk_fault);
}

/* Takes down what became of one record; faults of the database end the work. */
static enum err take_down(struct run *r, const struct record *rec, enum err rc, bool changed)
{
    struct ctx *ctx = r->w->ctx;

    if (rc == ERR_DB || rc == ERR_IO || rc == ERR_INTERNAL || rc == ERR_BUSY)
        return rc;
    if (rc == OK && changed) {
        r->changed++;
        buf_printf(&r->made, "%s %lld\n", rec->id, (long long)rec->version);
    } else if (rc == OK) {
        r->waiting++;
    } else {
        if (r->faults_len < BULK_FAULTS_MAX) {
            struct bulk_fault *f = &r->faults[r->faults_len++];

            f->number = arena_strdup(r->kept, called(ctx, r->form, rec));
            f->reason = arena_strdup(r->kept, ctx_first_problem(ctx));
        }
        r->refused++;
    }
    ctx_clear_problems(ctx);
    return OK;
}

static enum err run_end(struct run *r, const char *summary)
{
    struct job_work *w = r->w;
    struct ctx *ctx = w->ctx;
    enum err rc;

    json_pair(w->result, "summary", summary);
    json_key(w->result, "changed");
    json_int(w->result, r->changed);
    json_key(w->result, "refused");
    json_int(w->result, r->refused);
    json_key(w->result, "refusals");
    json_begin_array(w->result);
    for (size_t i = 0; i < r->faults_len; i++) {
        json_begin_object(w->result);
        json_pair(w->result, "number", r->faults[i].number);
        json_pair(w->result, "reason", r->faults[i].reason);
        json_end_object(w->result);
    }
    json_end_array(w->result);
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = job_keep(w, r->made.data ? r->made.data : "", r->made.len);
    if (rc == OK)
        rc = import_run_forget(ctx, w->id);
    if (rc == OK)
        rc = job_end(w, true);
    return db_end(ctx, rc);
}

static enum bulk_what what_of(const char *name)
{
    if (text_equal(name, whats[BULK_STATUS]))
        return BULK_STATUS;
    return text_equal(name, whats[BULK_DELETE]) ? BULK_DELETE : BULK_ASSIGN;
}

static enum err read_asked(struct run *r, struct bulk *b)
{
    struct job_work *w = r->w;
    struct ctx *ctx = w->ctx;
    json_int_t reason_len = json_integer_value(json_object_get(w->asked, "reason_len"));
    enum err rc = record_form(ctx, &r->form, job_asked(w, "form"));

    if (rc)
        return rc;
    if (reason_len < 0 || (size_t)reason_len > w->len)
        return ctx_fail(ctx, ERR_INVALID, "what was asked for is cut off");
    b->form = r->form;
    b->what = what_of(job_asked(w, "do"));
    b->status = job_asked(w, "status");
    b->field = job_asked(w, "field");
    b->value = job_asked(w, "value");
    b->reason = arena_strndup(ctx->arena, w->bytes, (size_t)reason_len);
    w->bytes += reason_len;
    w->len -= (size_t)reason_len;
    return bulk_check(ctx, b);
}

/* One line: an id, or with b NULL (taking back) "id version". */
static enum err change_line(struct run *r, struct record **rec, const struct bulk *b,
                            const char *line, bool *changed_out)
{
    struct ctx *ctx = r->w->ctx;
    const char *space = strchr(line, ' ');
    size_t len = space ? (size_t)(space - line) : strlen(line);
    int64_t version = 0;
    enum err rc;

    if (!b && (!space || !parse_int(space + 1, 1, INT64_MAX, &version)))
        return OK;
    rc = record_load_full(ctx, rec, r->form, arena_strndup(ctx->arena, line, len), false);
    if (rc)
        return rc;
    if (b)
        return change_one(ctx, *rec, b, changed_out);
    rc = record_undo(ctx, *rec, version);
    *changed_out = rc == OK;
    return rc;
}

/* A line that was done before a kill or a fault; version 0: it only waits. */
static void take_down_again(struct run *r, const char *line, int64_t version)
{
    if (version > 0) {
        r->changed++;
        buf_printf(&r->made, "%.*s %lld\n", (int)strcspn(line, " "), line, (long long)version);
    } else {
        r->waiting++;
    }
}

/*
 * In one transaction with the note that it is done: whoever goes on after a kill neither does it
 * twice nor forgets it, and what was changed can be taken back.
 */
static enum err run_line(struct run *r, const struct bulk *b, const char *line, int64_t seq)
{
    const struct import_run run = { .id = r->w->id };
    struct ctx *ctx = r->w->ctx;
    struct record *rec = NULL;
    struct record mark = { .form = r->form };
    int64_t version = 0;
    bool there = false;
    bool changed = false;
    enum err rc = import_made_find(ctx, &version, &there, run.id, seq);

    if (rc == OK && there)
        take_down_again(r, line, version);
    if (rc || there)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = change_line(r, &rec, b, line, &changed);
    if (rc) {
        db_rollback(ctx);
        return take_down(r, rec, rc, false);
    }
    changed = changed && rec; /* without one there was nothing to change */
    mark.id = rec ? rec->id : "";
    mark.version = changed ? rec->version : 0;
    rc = import_made_add(ctx, &run, &mark, seq);
    if (rc == OK)
        rc = job_step(r->w, seq);
    rc = db_end(ctx, rc);
    return rc ? rc : take_down(r, rec, OK, changed);
}

static enum err note_run(struct run *r)
{
    struct ctx *ctx = r->w->ctx;
    struct import_run run = { 0 };
    enum err rc = import_run_load(ctx, &run, r->w->id);

    if (rc || run.id)
        return rc;
    run = (struct import_run){ .id = r->w->id, .kind = r->form->kind, .state = IMPORT_RUN_BULK };
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = import_run_add(ctx, &run);
    return db_end(ctx, rc);
}

/* Line by line; b NULL: taking back. */
static enum err run_lines(struct run *r, const struct bulk *b)
{
    struct job_work *w = r->w;
    struct ctx *ctx = w->ctx;
    const char *p = w->bytes;
    const char *end = p + w->len;
    int64_t done = 0;
    enum err rc = note_run(r);

    while (rc == OK && p < end) {
        struct arena_mark mark = arena_mark(ctx->arena);
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        const char *line =
            arena_strndup(ctx->arena, p, stop ? (size_t)(stop - p) : (size_t)(end - p));

        rc = run_line(r, b, line, ++done);
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
        if (rc == OK)
            rc = job_progress(w, done);
        p = stop ? stop + 1 : end;
    }
    return rc;
}

static enum err run_bulk(struct job_work *w)
{
    struct ctx *ctx = w->ctx;
    struct bulk b = { 0 };
    struct run r;
    enum err rc;

    run_begin(&r, w);
    rc = read_asked(&r, &b);
    if (rc == OK)
        rc = run_lines(&r, &b);
    if (rc)
        return rc;
    w->total = r.changed + r.waiting + r.refused;
    if (r.waiting > 0)
        return run_end(&r, tr(ctx,
                              "{0, plural, one {# record was changed} other {# records were "
                              "changed}}; {1} wait for another person or were so already; {2} "
                              "stayed as they were.",
                              TR_INT(r.changed), TR_INT(r.waiting), TR_INT(r.refused)));
    return run_end(&r, tr(ctx,
                          "{0, plural, one {# record was changed} other {# records were "
                          "changed}}; {1} stayed as they were.",
                          TR_INT(r.changed), TR_INT(r.refused)));
}

static enum err run_undo(struct job_work *w)
{
    struct ctx *ctx = w->ctx;
    struct run r;
    enum err rc;

    run_begin(&r, w);
    rc = record_form(ctx, &r.form, job_asked(w, "form"));
    if (rc == OK)
        rc = run_lines(&r, NULL);
    if (rc)
        return rc;
    w->total = r.changed + r.refused;
    return run_end(&r, tr(ctx,
                          "{0, plural, one {# record is} other {# records are}} as before; {1} "
                          "stayed as they are.",
                          TR_INT(r.changed), TR_INT(r.refused)));
}

const struct job_kind bulk_jobs[] = {
    { "bulk", N_("Change of many records"), run_bulk, .again = true },
    { "bulk_undo", N_("Taking back of a change of many records"), run_undo, .again = true },
    { 0 },
};
