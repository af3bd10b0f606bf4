/* Import and export as jobs. */
#include <string.h>

#include "auth/auth.h"
#include "core/log.h"
#include "core/text.h"
#include "core/tr.h"
#include "db/db.h"
#include "records/import.h"
#include "records/jobs_inner.h"
#include "records/records.h"

#define PLAN_MAX ((size_t)1024 * 1024)

DB_SQL(JOB_STARTED, "UPDATE job SET input = NULL, result = $2 WHERE id = $1 AND input IS NOT NULL");

static void add_header(struct buf *b, json_t *asked)
{
    struct json_out j = { .buf = b };

    json_begin_object(&j);
    jobs_add_asked(&j, asked, true);
    json_end_object(&j);
    buf_add_char(b, '\n');
}

/* Whether a dry run was followed by its import already: whoever clicks twice gets the same one. */
static bool started_by(struct ctx *ctx, const char **id_out, const struct job *dry_run)
{
    json_t *told = NULL;
    const char *id = NULL;

    if (json_parse(ctx, &told, dry_run->result, strlen(dry_run->result)) == OK)
        id = json_string_value(json_object_get(told, "started"));
    if (id != NULL)
        *id_out = id;
    return id != NULL;
}

/* The import, and in the same transaction the note at its dry run that there is one. */
static enum err start_once(struct ctx *ctx, const char **id_out, const struct job *dry_run,
                           const struct buf *input)
{
    size_t len = strlen(dry_run->result) - 1; /* without the brace */
    struct sealed sealed = { 0 };
    const char *id = NULL;
    int64_t changed = 0;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = job_add(ctx, &id, "import", buf_text(input), input->len);
    if (!rc)
        rc = jobs_seal_result(
            ctx, &sealed, dry_run->id,
            arena_printf(ctx->arena, "%.*s,\"started\":\"%s\"}", (int)len, dry_run->result, id));
    if (!rc)
        rc = db_exec(ctx, &changed, &JOB_STARTED, DB_TEXT(dry_run->id),
                     DB_BLOB(sealed.bytes, sealed.len));
    if (!rc && changed == 0)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This is not kept any more."));
    rc = db_end(ctx, rc);
    if (rc == OK)
        *id_out = id;
    return rc;
}

/* --- the plan: what stands between the first line and the file --- */

struct plan_text {
    json_t *root; /* an object */
    const char *text;
    size_t len;
};

/* Its length stands in the first line; 0 = there is none. */
static enum err read_plan(struct ctx *ctx, struct plan_text *out, json_t *asked, const char *bytes,
                          size_t len)
{
    json_int_t n = json_integer_value(json_object_get(asked, "plan"));

    if (n <= 0)
        return OK;
    if ((size_t)n > len)
        return ctx_fail(ctx, ERR_INVALID, "the plan of an import is cut off");
    out->text = bytes;
    out->len = (size_t)n;
    return json_parse(ctx, &out->root, bytes, (size_t)n);
}

static const char *text_at(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* Every row that is like a record, with what is done with it. */
static void add_decisions(struct json_out *j, json_t *likes, const struct import_go *go)
{
    json_key(j, "decisions");
    json_begin_array(j);
    for (size_t i = 0; i < json_array_size(likes); i++) {
        json_t *like = json_array_get(likes, i);
        int64_t row = json_integer_value(json_object_get(like, "row"));
        const char *choice = go->choice ? go->choice(go->arg, row) : NULL;

        json_begin_object(j);
        json_key(j, "row");
        json_int(j, row);
        json_pair(j, "choice", choice ? choice : text_at(like, "choice"));
        json_pair(j, "id", text_at(like, "id"));
        json_end_object(j);
    }
    json_end_array(j);
}

/* As it was parsed; it is ours. */
static void add_json(struct ctx *ctx, struct buf *b, json_t *value)
{
    size_t len = json_dumpb(value, NULL, 0, JSON_COMPACT);
    char *text = arena_alloc(ctx->arena, len + 1);

    buf_add_len(b, text, json_dumpb(value, text, len, JSON_COMPACT));
}

static enum err write_plan(struct ctx *ctx, struct buf *b, const struct plan_text *before,
                           const struct job *job, const struct import_go *go)
{
    struct json_out j = { .buf = b };
    json_t *told = NULL;
    json_t *mapping = before->root ? json_object_get(before->root, "mapping") : NULL;
    enum err rc = json_parse(ctx, &told, job->result, strlen(job->result));

    if (rc)
        return rc;
    json_begin_object(&j);
    json_key(&j, "mapping");
    if (go->columns)
        buf_add(b, go->columns);
    else if (json_is_object(mapping))
        add_json(ctx, b, mapping);
    else
        buf_add(b, "null");
    j.comma = true;
    if (!go->dry_run)
        add_decisions(&j, json_object_get(told, "likes"), go);
    json_end_object(&j);
    return buf_ok(b) ? OK : ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The list is too long."));
}

enum err job_import_again(struct ctx *ctx, const char **id_out, const char *id,
                          const struct import_go *go)
{
    const void *input = NULL;
    json_t *asked = NULL;
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct buf plan;
    struct plan_text before = { 0 };
    struct job job = { 0 };
    size_t len = 0;
    size_t head = 0;
    enum err rc = jobs_load_done(ctx, &job, id, "import");

    if (!rc && !go->dry_run && started_by(ctx, id_out, &job))
        return OK;
    if (!rc)
        rc = jobs_input(ctx, &input, &len, id);
    if (!rc)
        rc = jobs_header(ctx, &asked, &head, input, len);
    if (!rc && !json_is_true(json_object_get(asked, "dry_run")))
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This is not kept any more."));
    if (!rc)
        rc = read_plan(ctx, &before, asked, (const char *)input + head, len - head);
    buf_init(&plan, ctx->arena, PLAN_MAX);
    if (!rc)
        rc = write_plan(ctx, &plan, &before, &job, go);
    if (rc)
        return rc;
    head += before.len;
    json_object_set_new(asked, "dry_run", json_boolean(go->dry_run));
    json_object_set_new(asked, "skip_bad", json_boolean(go->skip_bad));
    json_object_set_new(asked, "update", json_boolean(go->update));
    json_object_set_new(asked, "plan", json_integer((json_int_t)plan.len));
    buf_init(b, ctx->arena, len + plan.len + JOB_HEADER_MAX);
    add_header(b, asked);
    buf_add_len(b, plan.data, plan.len);
    buf_add_len(b, (const char *)input + head, len - head);
    if (go->dry_run)
        return job_add(ctx, id_out, "import", buf_text(b), b->len);
    return start_once(ctx, id_out, &job, b);
}

enum err job_import_now(struct ctx *ctx, const char **id_out, const char *id, bool skip_bad)
{
    const struct import_go go = { .skip_bad = skip_bad };

    return job_import_again(ctx, id_out, id, &go);
}

static void add_faults(struct json_out *j, const struct import_report *r)
{
    json_key(j, "faults");
    json_begin_array(j);
    for (size_t i = 0; i < r->faults_len; i++) {
        json_begin_object(j);
        json_key(j, "row");
        json_int(j, r->faults[i].row);
        json_pair(j, "column", r->faults[i].column);
        json_pair(j, "value", r->faults[i].value);
        json_pair(j, "reason", r->faults[i].reason);
        json_end_object(j);
    }
    json_end_array(j);
    json_key(j, "notes");
    json_begin_array(j);
    for (size_t i = 0; i < r->notes_len; i++)
        json_text(j, r->notes[i]);
    json_end_array(j);
}

static const char *const choice_names[] = {
    [IMPORT_NEW] = "new", [IMPORT_SAME] = "same", [IMPORT_SKIP] = "skip"
};

static void add_likes(struct json_out *j, const struct import_report *r)
{
    json_key(j, "likes");
    json_begin_array(j);
    for (size_t i = 0; i < r->likes_len; i++) {
        const struct import_like *like = &r->likes[i];

        json_begin_object(j);
        json_key(j, "row");
        json_int(j, like->row);
        json_pair(j, "id", like->id);
        json_pair(j, "number", like->number);
        json_pair(j, "title", like->title);
        json_pair(j, "why", like->why);
        json_key(j, "score");
        json_int(j, (int64_t)(like->score * 100 + 0.5));
        json_pair(j, "choice", choice_names[like->choice]);
        json_end_object(j);
    }
    json_end_array(j);
}

static void add_report(struct json_out *j, const struct import_report *r)
{
    const struct {
        const char *key;
        int64_t n;
    } numbers[] = {
        { "rows", r->rows },       { "good", r->good },       { "bad", r->bad },
        { "stored", r->stored },   { "updated", r->updated }, { "same", r->same },
        { "skipped", r->skipped },
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        json_key(j, numbers[i].key);
        json_int(j, numbers[i].n);
    }
    add_faults(j, r);
    add_likes(j, r);
}

static enum err tell_progress(void *arg, int64_t done)
{
    return job_progress(arg, done);
}

static enum err tell_step(void *arg, int64_t done)
{
    return job_step(arg, done);
}

/* --- what the plan says, at work --- */

static enum import_choice choice_of(const char *name)
{
    if (strcmp(name, "same") == 0)
        return IMPORT_SAME;
    return strcmp(name, "skip") == 0 ? IMPORT_SKIP : IMPORT_NEW;
}

static void take_decisions(struct ctx *ctx, struct import_options *o, json_t *list)
{
    size_t len = json_array_size(list);
    struct import_decision *items = ARENA_ARRAY(ctx->arena, len + 1, struct import_decision);

    for (size_t i = 0; i < len; i++) {
        json_t *one = json_array_get(list, i);

        items[i] =
            (struct import_decision){ json_integer_value(json_object_get(one, "row")),
                                      choice_of(text_at(one, "choice")), text_at(one, "id") };
    }
    o->decisions = items;
    o->decisions_len = len;
}

/* A mapping that was chosen, or one that is kept under a name. */
static enum err take_mapping(struct job_work *w, struct import_mapping *m, json_t *chosen,
                             bool *taken)
{
    struct ctx *ctx = w->ctx;
    const char *name = job_asked(w, "mapping");
    const char *kept = NULL;
    struct buf b;
    enum err rc = OK;

    buf_init(&b, ctx->arena, PLAN_MAX);
    if (json_is_object(chosen)) {
        add_json(ctx, &b, chosen);
        kept = buf_text(&b);
    } else if (name[0]) {
        rc = mapping_load(ctx, &kept, job_asked(w, "form"), name);
    }
    if (rc || !kept)
        return rc;
    *taken = true;
    return mapping_apply(ctx, m, kept, strlen(kept));
}

static void add_columns(struct ctx *ctx, struct json_out *j, const struct import_mapping *m,
                        const struct form *form)
{
    static const char *const match[] = { [MATCH_NONE] = "none",
                                         [MATCH_NAME] = "name",
                                         [MATCH_LABEL] = "label",
                                         [MATCH_CHOSEN] = "chosen" };

    json_key(j, "headings");
    json_int(j, m->head_rows);
    json_key(j, "columns");
    json_begin_array(j);
    for (size_t i = 0; i < m->len; i++) {
        const struct import_column *c = &m->columns[i];

        json_begin_object(j);
        json_pair(j, "heading", c->heading);
        json_pair(j, "target", c->target);
        json_pair(j, "match", match[c->match]);
        json_pair(j, "close", c->close);
        json_pair(j, "close_title", c->close ? target_title(ctx, form, c->close) : NULL);
        json_pair(j, "sample", c->sample);
        if (c->order != ORDER_UNKNOWN)
            json_pair(j, "dates", c->order == ORDER_DAY ? "dmy" : "mdy");
        if (c->ambiguous) {
            json_key(j, "ambiguous");
            json_bool(j, true);
        }
        json_end_object(j);
    }
    json_end_array(j);
}

static enum err count_rows(struct ctx *ctx, struct sheet *sheet, int64_t *out)
{
    int64_t n = 0;
    enum err rc = OK;

    for (bool more = true; rc == OK && more; n += more) {
        struct arena_mark mark = arena_mark(ctx->arena);
        struct sheet_row row = { 0 };

        rc = sheet_next(ctx, sheet, &row, &more);
        if (rc == OK && more)
            arena_rewind(ctx->arena, mark);
    }
    *out = n;
    return rc ? rc : sheet_rewind(ctx, sheet);
}

static enum err import_rows(struct job_work *w, struct import_report *report,
                            struct import_options *options, const struct plan_text *plan)
{
    struct ctx *ctx = w->ctx;
    json_t *chosen = plan->root ? json_object_get(plan->root, "mapping") : NULL;
    struct sheet_options read = { 0 };
    struct import_mapping m = { 0 };
    const struct form *form = NULL;
    struct sheet *sheet = NULL;
    bool taken = false;
    enum err rc = record_form(ctx, &form, job_asked(w, "form"));

    read.head_rows = (int)json_integer_value(json_object_get(w->asked, "head_rows"));
    if (!rc)
        rc = sheet_open_bytes(ctx, &sheet, w->bytes + plan->len, w->len - plan->len, &read);
    if (!rc)
        rc = count_rows(ctx, sheet, &w->total);
    if (!rc)
        rc = mapping_guess(ctx, &m, form, sheet);
    if (!rc)
        rc = take_mapping(w, &m, chosen, &taken);
    if (!rc)
        rc = mapping_scan(ctx, &m, form, sheet);
    if (!rc) {
        if (options->dry_run)
            add_columns(ctx, w->result, &m, form);
        options->mapping = taken ? &m : NULL;
        rc = record_import(ctx, report, form->kind, sheet, options);
    }
    sheet_close(sheet);
    return rc;
}

/* The last try failed as well: what was stored before is told, and can be undone. */
static enum err tell_stored(struct job_work *w, enum err rc)
{
    struct ctx *ctx = w->ctx;
    struct import_run run = { 0 };

    if (db_in_transaction(ctx->db))
        db_rollback(ctx);
    if (import_run_load(ctx, &run, w->id) || run.stored == 0)
        return rc;
    ctx_clear_problems(ctx);
    return ctx_fail(ctx, ERR_LIMIT,
                    tr(ctx,
                       "The import broke off: {0, plural, one {# record was} other {# records "
                       "were}} stored before.",
                       TR_INT(run.stored)));
}

/*
 * An import that a kill has interrupted goes on under the same id: what it has stored is noted with
 * it in the same transactions.
 */
static enum err run_import(struct job_work *w)
{
    struct import_options options = {
        .progress = tell_progress, .step = tell_step, .arg = w, .run_id = w->id
    };
    struct import_report report = { 0 };
    struct plan_text plan = { 0 };
    struct ctx *ctx = w->ctx;
    enum err rc;

    options.dry_run = job_asked_true(w, "dry_run");
    options.match = options.dry_run && !job_asked_true(w, "no_match");
    options.update = job_asked_true(w, "update");
    options.skip_bad = job_asked_true(w, "skip_bad");
    if (!user_may(ctx->user, arena_printf(ctx->arena, "%s.import", job_asked(w, "form"))))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    rc = read_plan(ctx, &plan, w->asked, w->bytes, w->len);
    if (rc)
        return rc;
    if (plan.root)
        take_decisions(ctx, &options, json_object_get(plan.root, "decisions"));
    rc = import_rows(w, &report, &options, &plan);
    if (rc && (rc != ERR_INVALID || report.faults_len == 0))
        return w->attempts == JOB_ATTEMPTS && rc != ERR_CONFLICT ? tell_stored(w, rc) : rc;
    w->total = report.rows;
    add_report(w->result, &report);
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = job_end(w, options.dry_run);
    return db_end(ctx, rc);
}

/* --- undoing --- */

static enum err run_undo(struct job_work *w)
{
    struct ctx *ctx = w->ctx;
    struct import_undone undone = { 0 };
    enum err rc = OK;

    /* Killed between the end of the work and the end of the job: what came out is told now. */
    if (w->attempts == 1 || import_undone_load(ctx, &undone, job_asked(w, "run"))) {
        ctx_clear_problems(ctx);
        rc = import_undo(ctx, &undone, job_asked(w, "run"), tell_progress, w);
    }
    if (rc)
        return rc;
    w->total = undone.undone;
    json_pair(
        w->result, "summary",
        tr(ctx,
           "{0, plural, one {# record was} other {# records were}} taken back. {1, plural, =0 "
           "{Nothing was left as it is.} one {# record was changed since and was left as it "
           "is:} other {# records were changed since and were left as they are:}}",
           TR_INT(undone.undone), TR_INT((int64_t)undone.kept_len)));
    json_key(w->result, "notes");
    json_begin_array(w->result);
    for (size_t i = 0; i < undone.kept_len; i++)
        json_text(w->result, undone.kept[i].number);
    json_end_array(w->result);
    return OK;
}

const struct job_kind records_jobs[] = {
    { "import_undo", N_("Undoing of an import"), run_undo, .again = true },
    { "import", N_("Import of a file"), run_import, .again = true },
    { "export", N_("Export"), export_run },
    { 0 },
};
