/* One's own jobs, and what may be done with them besides looking: cancel, choose columns. */
#include <string.h>

#include "core/json.h"
#include "core/text.h"
#include "records/import.h"
#include "records/jobs.h"
#include "records/screens_web.h"
#include "records_templates.h"

#define ROWS_OFFERED 3 /* of each repeat, in the list of targets; more can be typed */
#define TARGETS_MAX  2000
#define COLUMNS_JSON ((size_t)512 * 1024)

static const char *state_title(struct ctx *ctx, const char *state)
{
    if (text_equal(state, "waiting"))
        return tr(ctx, "Waiting");
    if (text_equal(state, "running"))
        return tr(ctx, "At work");
    if (text_equal(state, "done"))
        return tr(ctx, "Done");
    return text_equal(state, "cancelled") ? tr(ctx, "Cancelled") : tr(ctx, "Failed");
}

enum err get_jobs(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct jobs_view v = { 0 };
    struct job_row_view *items;
    struct job *jobs = NULL;
    size_t len = 0;
    bool working = false;
    enum err rc = job_list(ctx, &jobs, &len);

    (void)req;
    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct job_row_view);
    for (size_t i = 0; i < len; i++) {
        items[i].title = job_title(ctx, jobs[i].kind);
        items[i].state = state_title(ctx, jobs[i].state);
        items[i].link = url_build(ctx, "/jobs/{}", jobs[i].id);
        items[i].created_at = jobs[i].created_at;
        items[i].finished = jobs[i].done;
        items[i].total = jobs[i].total;
        items[i].working =
            text_equal(jobs[i].state, "running") || text_equal(jobs[i].state, "waiting");
        working |= items[i].working;
    }
    v.items = items;
    v.items_len = len;
    if (working)
        res_header(res, "refresh", "5");
    jobs_reply(res, 200, &v);
    return OK;
}

enum err post_job_cancel(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *id = req_path(req, "id");
    enum err rc = job_cancel(ctx, id);

    if (rc == ERR_CONFLICT) { /* it ended meanwhile: its page tells */
        ctx_clear_problems(ctx);
        rc = OK;
    }
    return rc ? rc : res_see_other(res, url_build(ctx, "/jobs/{}", id));
}

/* Of an import up to 30 days old, by who made it. */
enum err post_import_undo(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct json_out j = { .buf = b };
    struct import_run run = { 0 };
    const char *id = NULL;
    enum err rc = import_run_load(ctx, &run, req_path(req, "id"));

    if (rc)
        return rc;
    if (run.id == NULL || text_equal(run.state, IMPORT_RUN_BULK))
        return record_gone(ctx);
    if (!may(ctx, run.kind, "import") || !may(ctx, run.kind, "delete"))
        return ERR_FORBIDDEN;
    buf_init(b, ctx->arena, 4096);
    json_begin_object(&j);
    json_pair(&j, "login", ctx->user->login);
    json_pair(&j, "form", run.kind);
    json_pair(&j, "run", run.id);
    json_end_object(&j);
    buf_add_char(b, '\n');
    rc = job_add(ctx, &id, "import_undo", buf_text(b), b->len);
    return rc ? rc : res_see_other(res, url_build(ctx, "/jobs/{}", id));
}

/* --- columns of a file --- */

struct told {
    struct job job;
    json_t *result;
    const struct form *form;
};

static enum err load_told(struct ctx *ctx, struct told *t, const struct req *req)
{
    const char *kind;
    enum err rc = job_load(ctx, &t->job, req_path(req, "id"));

    if (!rc)
        rc = json_parse(ctx, &t->result, t->job.result, strlen(t->job.result));
    if (rc)
        return rc;
    kind = json_string_value(json_object_get(t->result, "form"));
    if (!text_equal(t->job.kind, "import") || kind == NULL ||
        !json_is_array(json_object_get(t->result, "columns")))
        return record_gone(ctx);
    rc = record_form(ctx, &t->form, kind);
    return rc ? rc : record_permit(ctx, t->form, "import");
}

static void add_target(struct ctx *ctx, struct columns_view *v, struct option_view *items,
                       const struct form *main, const char *target)
{
    struct import_target t = { 0 };

    if (v->targets_len == TARGETS_MAX || !mapping_target(ctx, &t, main, target) || !t.field)
        return;
    items[v->targets_len].code = target;
    items[v->targets_len++].label = target_title(ctx, main, target);
}

/* Every field that a column may fill, for the list that the browser offers. */
static void fill_targets(struct ctx *ctx, struct columns_view *v, const struct form *main)
{
    struct option_view *items = ARENA_ARRAY(ctx->arena, TARGETS_MAX, struct option_view);
    const struct form *kinds[IMPORT_KINDS_MAX];
    size_t len = mapping_kinds(ctx, main, kinds);

    for (size_t k = 0; k < len; k++) {
        const char *prefix = k ? arena_printf(ctx->arena, "%s:", kinds[k]->kind) : "";

        for (size_t i = 0; i < kinds[k]->all_len; i++) {
            const struct field *f = kinds[k]->all[i];

            if (!field_is_answer(f) || f->kind == FIELD_HIDDEN || f->kind == FIELD_CALCULATE)
                continue;
            for (int n = 1; n <= (f->repeat ? ROWS_OFFERED : 1); n++)
                add_target(ctx, v, items, main,
                           f->repeat ? arena_printf(ctx->arena, "%s%s.%d.%s", prefix,
                                                    f->repeat->name, n, f->name)
                                     : arena_printf(ctx->arena, "%s%s", prefix, f->name));
        }
    }
    v->targets = items;
}

static const char *text_at(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* What was typed stands again; else what the job has found. */
static const char *pair_of(const struct req *req, const char *name)
{
    size_t len = 0;
    const struct pair *pairs = req_pairs(req, &len);

    for (size_t i = 0; i < len; i++)
        if (text_equal(pairs[i].name, name))
            return pairs[i].value;
    return NULL;
}

static struct column_view column_view(struct ctx *ctx, const struct told *t, json_t *c, size_t n,
                                      const char *typed)
{
    const char *dates = text_at(c, "dates");
    struct column_view v = { .heading = text_at(c, "heading") };
    struct import_target target = { 0 };

    v.name = arena_printf(ctx->arena, "c.%zu", n);
    v.dates_name = arena_printf(ctx->arena, "d.%zu", n);
    v.target = typed ? typed : text_at(c, "target");
    v.sample = text_at(c, "sample");
    v.close = text_at(c, "close");
    v.close_title = text_at(c, "close_title");
    v.suggested = !v.target[0] && v.close[0];
    v.asked = json_is_true(json_object_get(c, "ambiguous"));
    v.day_first = text_equal(dates, "dmy");
    v.month_first = text_equal(dates, "mdy");
    if (!mapping_target(ctx, &target, t->form, v.target))
        v.problem = tr(ctx, "There is no such field.");
    else if (v.target[0] && target.field) {
        v.target_title = target_title(ctx, t->form, v.target);
        v.date = target.field->kind == FIELD_DATE;
    }
    return v;
}

static enum err show_columns(struct ctx *ctx, const struct req *req, struct res *res, int status,
                             const struct told *t)
{
    json_t *list = json_object_get(t->result, "columns");
    struct columns_view v = { 0 };
    struct column_view *items =
        ARENA_ARRAY(ctx->arena, json_array_size(list) + 1, struct column_view);
    enum err rc = mapping_names(ctx, &v.kept, &v.kept_len, t->form->kind);

    if (rc)
        return rc;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *typed =
            status == 200 ? NULL : pair_of(req, arena_printf(ctx->arena, "c.%zu", i + 1));

        items[i] = column_view(ctx, t, json_array_get(list, i), i + 1, typed);
        v.wanted |= items[i].suggested || items[i].asked;
    }
    v.columns = items;
    v.columns_len = json_array_size(list);
    v.file = text_at(t->result, "file");
    v.back = url_build(ctx, "/jobs/{}", t->job.id);
    v.action = url_build(ctx, "/jobs/{}/columns", t->job.id);
    v.problem = status == 200 ? NULL : ctx_first_problem(ctx);
    fill_targets(ctx, &v, t->form);
    columns_reply(res, status, &v);
    return OK;
}

enum err get_columns(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct told t = { 0 };
    enum err rc = load_told(ctx, &t, req);

    return rc ? rc : show_columns(ctx, req, res, 200, &t);
}

/* The mapping that was sent; a target that there is not is refused. */
static enum err read_columns(struct ctx *ctx, const struct req *req, const struct told *t,
                             struct buf *out)
{
    json_t *list = json_object_get(t->result, "columns");
    struct import_mapping m = { .len = json_array_size(list) };
    enum err rc = OK;

    m.head_rows = (int)json_integer_value(json_object_get(t->result, "headings"));
    m.columns = ARENA_ARRAY(ctx->arena, m.len + 1, struct import_column);
    for (size_t i = 0; i < m.len; i++) {
        struct import_column *c = &m.columns[i];
        const char *target = pair_of(req, arena_printf(ctx->arena, "c.%zu", i + 1));
        const char *dates = pair_of(req, arena_printf(ctx->arena, "d.%zu", i + 1));
        struct import_target found = { 0 };

        c->heading = text_at(json_array_get(list, i), "heading");
        c->target = target ? text_trim(ctx->arena, target) : "";
        if (text_equal(dates, "dmy"))
            c->order = ORDER_DAY;
        else if (text_equal(dates, "mdy"))
            c->order = ORDER_MONTH;
        if (!mapping_target(ctx, &found, t->form, c->target))
            rc = ctx_fail_field(ctx, arena_printf(ctx->arena, "c.%zu", i + 1),
                                tr(ctx, "There is no field named {0}.", TR_TEXT(c->target)));
    }
    if (!rc)
        mapping_json(out, &m);
    return rc;
}

enum err post_columns(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct import_go go = { .dry_run = true };
    struct told t = { 0 };
    const char *use = pair_of(req, "use");
    const char *save = pair_of(req, "save_as");
    const char *id = NULL;
    enum err rc = load_told(ctx, &t, req);

    if (rc)
        return rc;
    buf_init(b, ctx->arena, COLUMNS_JSON);
    if (use && use[0]) {
        rc = mapping_load(ctx, &go.columns, t.form->kind, use);
        if (!rc && go.columns == NULL)
            rc = record_gone(ctx);
    } else {
        rc = read_columns(ctx, req, &t, b);
        if (!rc && !text_blank(save))
            rc = mapping_save(ctx, t.form->kind, save, buf_text(b));
        go.columns = buf_text(b);
    }
    if (rc == ERR_INVALID)
        return show_columns(ctx, req, res, 422, &t);
    if (!rc)
        rc = job_import_again(ctx, &id, t.job.id, &go);
    return rc ? rc : res_see_other(res, url_build(ctx, "/jobs/{}", id));
}

/* --- from the check to the import --- */

static const char *posted_choice(void *arg, int64_t row)
{
    const struct req *req = arg;
    char name[40];
    const char *value;

    (void)snprintf(name, sizeof(name), "like.%lld", (long long)row);
    value = pair_of(req, name);
    if (text_equal(value, "new") || text_equal(value, "same") || text_equal(value, "skip"))
        return value;
    return NULL;
}

enum err post_job_start(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct import_go go = { .choice = posted_choice, .arg = (void *)(uintptr_t)req };
    struct job job = { 0 };
    json_t *asked = NULL;
    const char *form = NULL;
    const char *id = NULL;
    enum err rc = job_load(ctx, &job, req_path(req, "id"));

    if (!rc)
        rc = json_parse(ctx, &asked, job.result, strlen(job.result));
    if (rc)
        return rc;
    form = json_string_value(json_object_get(asked, "form"));
    if (form == NULL || !may(ctx, form, "import"))
        return ERR_FORBIDDEN;
    go.skip_bad = text_equal(pair_of(req, "skip_bad"), "1");
    go.update = text_equal(pair_of(req, "update"), "1");
    rc = job_import_again(ctx, &id, job.id, &go);
    return rc ? rc : res_see_other(res, url_build(ctx, "/jobs/{}", id));
}
