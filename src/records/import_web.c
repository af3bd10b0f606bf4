/* Import, export, and the page on which people see how far a job is. */
#include <string.h>

#include "core/csv.h"
#include "core/json.h"
#include "core/text.h"
#include "http/wire.h"
#include "records/bulk.h"
#include "records/giving.h"
#include "records/import.h"
#include "records/job_file.h"
#include "records/screens_web.h"
#include "records_templates.h"

#define COLUMNS_MAX   ((size_t)32 * 1024)
#define NAME_MAX_LEN  200
#define FAULTS_A_PAGE 50
#define LIKES_SHOWN   200
#define FAULTS_CSV    ((size_t)4 * 1024 * 1024)

/* --- import --- */

/* Names of the columns that a file may have, one row of each repeat. */
static const char *column_names(struct ctx *ctx, const struct form *form)
{
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);

    buf_init(b, ctx->arena, COLUMNS_MAX);
    for (size_t i = 0; i < form->all_len; i++) {
        const struct field *f = form->all[i];

        if (!field_has_value(f) || f->kind == FIELD_CALCULATE || f->kind == FIELD_HIDDEN ||
            f->read_only || !field_visible(ctx, f))
            continue;
        if (b->len > 0)
            buf_add(b, ", ");
        if (f->repeat != NULL)
            buf_printf(b, "%s.1.", f->repeat->name);
        buf_add(b, f->name);
    }
    return buf_text(b);
}

/* What can be taken back. */
static enum err fill_done(struct ctx *ctx, struct import_page_view *v)
{
    struct import_done *runs = NULL;
    struct import_done_view *items;
    size_t len = 0;
    enum err rc = import_runs(ctx, &runs, &len, v->kind);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct import_done_view);
    for (size_t i = 0; i < len; i++)
        items[i] = (struct import_done_view){ runs[i].created_at, runs[i].stored, runs[i].undone,
                                              url_build(ctx, "/imports/{}/undo", runs[i].id) };
    v->done = items;
    v->done_len = len;
    v->may_undo = may(ctx, v->kind, "delete");
    return OK;
}

static enum err show_import(struct ctx *ctx, struct res *res, int status, const struct form *form)
{
    struct import_page_view v = { .kind = form->kind };
    enum err rc;

    v.form_title = label_text(ctx, &form->title);
    v.list_title = record_kind_title(ctx, form);
    v.action = url_build(ctx, "/records/{}/import", form->kind);
    v.list = url_build(ctx, "/records/{}", form->kind);
    v.columns = column_names(ctx, form);
    rc = mapping_names(ctx, &v.kept, &v.kept_len, form->kind);
    if (rc)
        return rc;
    v.problem = status == 200 ? NULL : ctx_first_problem(ctx);
    rc = fill_done(ctx, &v);
    if (rc)
        return rc;
    import_page_reply(res, status, &v);
    return OK;
}

enum err get_import(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct form *form = NULL;
    enum err rc = record_form(ctx, &form, req_path(req, "kind"));

    return rc ? rc : show_import(ctx, res, 200, form);
}

static void begin_asked(struct ctx *ctx, struct json_out *j, const struct form *form)
{
    json_begin_object(j);
    json_pair(j, "login", ctx->user->login);
    json_pair(j, "form", form->kind);
}

static enum err see_job(struct ctx *ctx, struct res *res, const char *id)
{
    return res_see_other(res, url_build(ctx, "/jobs/{}", id));
}

enum err post_import(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct json_out j = { .buf = b };
    const struct form *form = NULL;
    const char *name = "";
    const char *id = NULL;
    size_t len = 0;
    const char *bytes = req_file(req, "file", &len, &name);
    enum err rc = record_form(ctx, &form, req_path(req, "kind"));

    if (rc)
        return rc;
    if (bytes == NULL || len == 0) {
        rc = ctx_fail_field(ctx, "file", tr(ctx, "Choose a file that is not empty."));
        return req_wants_json(req) ? rc : show_import(ctx, res, 422, form);
    }
    buf_init(b, ctx->arena, len + 4096);
    begin_asked(ctx, &j, form);
    json_pair(&j, "file", strlen(name) > NAME_MAX_LEN ? "" : name);
    json_key(&j, "dry_run");
    json_bool(&j, true);
    json_key(&j, "skip_bad");
    json_bool(&j, false);
    json_key(&j, "head_rows");
    json_int(&j, req_int(req, "head_rows"));
    if (req_text(req, "mapping")[0])
        json_pair(&j, "mapping", req_text(req, "mapping"));
    json_end_object(&j);
    buf_add_char(b, '\n');
    buf_add_len(b, bytes, len);
    rc = job_add(ctx, &id, "import", buf_text(b), b->len);
    return rc ? rc : see_job(ctx, res, id);
}

/* --- export --- */

/* The number, then fields and repeats that stand at the top of the form. */
static void fill_columns(struct ctx *ctx, struct export_page_view *v, const struct form *form)
{
    struct option_view *items = ARENA_ARRAY(ctx->arena, form->all_len + 1, struct option_view);

    items[v->columns_len++] =
        (struct option_view){ .code = "record.number", .label = tr(ctx, "Number") };
    for (size_t i = 0; i < form->all_len; i++) {
        const struct field *f = form->all[i];
        bool answer = field_is_answer(f) && f->kind != FIELD_HIDDEN;

        if (f->repeat || !field_visible(ctx, f) || !(answer || field_is_repeat(f)))
            continue;
        items[v->columns_len].code = f->name;
        items[v->columns_len].label = label_text(ctx, &f->label);
        if (!items[v->columns_len].label[0])
            items[v->columns_len].label = f->name;
        v->columns_len++;
    }
    v->columns = items;
}

/* Status, parent and conditions of the list, as they came. */
static void keep_filter(struct ctx *ctx, struct export_page_view *v, const struct req *req)
{
    size_t len = 0;
    const struct pair *pairs = req_pairs(req, &len);
    struct kept_view *kept = ARENA_ARRAY(ctx->arena, len + 3, struct kept_view);

    if (req_text(req, "status")[0])
        kept[v->kept_len++] = (struct kept_view){ "status", req_text(req, "status") };
    if (req_text(req, "parent")[0])
        kept[v->kept_len++] = (struct kept_view){ "parent", req_text(req, "parent") };
    for (size_t i = 0; i < len; i++)
        if (text_starts(pairs[i].name, "f.") && pairs[i].value[0])
            kept[v->kept_len++] = (struct kept_view){ pairs[i].name, pairs[i].value };
    v->kept = kept;
    v->filtered = v->kept_len > 0;
}

static void keep_ids(struct ctx *ctx, struct export_page_view *v, const char *const *ids,
                     size_t len)
{
    struct kept_view *kept = ARENA_ARRAY(ctx->arena, len + 1, struct kept_view);

    for (size_t i = 0; i < len; i++)
        kept[i] = (struct kept_view){ "id", ids[i] };
    v->kept = kept;
    v->kept_len = len;
    v->chosen = true;
}

static enum err list_filter(struct ctx *ctx, struct record_filter *f, const struct req *req)
{
    const char *status = req_text(req, "status");
    const char *parent = req_text(req, "parent");

    f->status = status[0] ? status : NULL;
    f->parent_id = parent[0] ? parent : NULL;
    return filter_read(ctx, f, req);
}

static void show_export(struct ctx *ctx, struct res *res, struct export_page_view *v,
                        const struct form *form, int64_t count)
{
    giving_asks_fill(ctx, &v->giving);
    fill_columns(ctx, v, form);
    v->kind = form->kind;
    v->form_title = label_text(ctx, &form->title);
    v->action = url_build(ctx, "/records/{}/export", form->kind);
    v->list = url_build(ctx, "/records/{}", form->kind);
    v->count = count_text(ctx, count);
    export_page_reply(res, v->problem ? 422 : 200, v);
}

enum err get_export(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct record_filter filter = { 0 };
    struct export_page_view v = { 0 };
    const struct form *form = NULL;
    int64_t count = 0;
    enum err rc = record_form(ctx, &form, req_path(req, "kind"));

    if (!rc)
        rc = list_filter(ctx, &filter, req);
    if (!rc)
        rc = record_count(ctx, &count, form->kind, &filter);
    if (rc)
        return rc;
    keep_filter(ctx, &v, req);
    show_export(ctx, res, &v, form, count);
    return OK;
}

enum err export_of_chosen(struct ctx *ctx, const struct req *req, struct res *res,
                          const struct bulk *b, bool all)
{
    struct export_page_view v = { 0 };

    if (!may(ctx, b->form->kind, "export"))
        return ERR_FORBIDDEN;
    if (all)
        keep_filter(ctx, &v, req);
    else
        keep_ids(ctx, &v, b->ids, b->ids_len);
    show_export(ctx, res, &v, b->form, (int64_t)b->ids_len);
    return OK;
}

/* Rows that were chosen on a list; none = all that the filter finds. */
static void read_ids(struct ctx *ctx, struct export_options *o, const struct req *req)
{
    size_t len = 0;
    const struct pair *pairs = req_pairs(req, &len);
    const char **ids = ARENA_ARRAY(ctx->arena, len + 1, const char *);

    for (size_t i = 0; i < len; i++)
        if (text_equal(pairs[i].name, "id") && pairs[i].value[0])
            ids[o->ids_len++] = pairs[i].value;
    o->ids = o->ids_len > 0 ? ids : NULL;
}

static void read_columns(struct ctx *ctx, struct export_options *o, const struct req *req)
{
    size_t len = 0;
    const struct pair *pairs = req_pairs(req, &len);
    const char **names = ARENA_ARRAY(ctx->arena, len + 1, const char *);

    for (size_t i = 0; i < len; i++)
        if (text_starts(pairs[i].name, "c.") && pairs[i].value[0])
            names[o->columns_len++] = pairs[i].name + 2;
    o->columns = names;
}

/* The page again, with what was said of whom it is for; the rest is short to choose. */
static enum err show_export_again(struct ctx *ctx, const struct req *req, struct res *res,
                                  const struct form *form, const struct export_options *o)
{
    struct export_page_view v = { .whose_own = strcmp(req_text(req, "whose"), "own") == 0,
                                  .whose_other = strcmp(req_text(req, "whose"), "other") == 0,
                                  .giving = { .recipient = req_text(req, "recipient"),
                                              .purpose = req_text(req, "purpose") },
                                  .problem = ctx_first_problem(ctx) };
    int64_t count = (int64_t)o->ids_len;
    enum err rc = OK;

    if (o->ids)
        keep_ids(ctx, &v, o->ids, o->ids_len);
    else
        keep_filter(ctx, &v, req);
    if (!o->ids)
        rc = record_count(ctx, &count, form->kind, o->filter);
    if (!rc)
        show_export(ctx, res, &v, form, count);
    return rc;
}

/* For the office's own work, or for somebody outside: nothing is taken for granted. */
static enum err read_giving(struct ctx *ctx, struct export_options *o, struct giving *g,
                            const struct req *req)
{
    const char *whose = req_text(req, "whose");

    if (strcmp(whose, "own") == 0)
        return OK;
    if (strcmp(whose, "other") != 0)
        return ctx_fail_field(ctx, "whose", tr(ctx, "Say for whom the file is."));
    g->recipient = text_trim(ctx->arena, req_text(req, "recipient"));
    g->purpose = req_text(req, "purpose");
    o->giving = g;
    return giving_check(ctx, g->recipient, g->purpose);
}

enum err post_export(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct export_options o = { 0 };
    struct giving giving = { 0 };
    struct record_filter filter = { 0 };
    const struct form *form = NULL;
    const char *id = NULL;
    enum err rc = record_form(ctx, &form, req_path(req, "kind"));

    if (rc)
        return rc;
    if (!export_format_of(&o.format, req_text(req, "format")))
        return ctx_fail_field(ctx, "format", tr(ctx, "Choose csv, xlsx or json."));
    rc = list_filter(ctx, &filter, req);
    if (rc)
        return rc;
    o.filter = &filter;
    read_ids(ctx, &o, req);
    if (o.format != EXPORT_JSON) { /* which holds everything, with codes */
        o.labels = req_text(req, "labels")[0] != '\0';
        o.linked = req_text(req, "linked")[0] != '\0';
        o.codebook = req_text(req, "codebook")[0] != '\0';
        read_columns(ctx, &o, req);
    }
    rc = read_giving(ctx, &o, &giving, req);
    if (rc == ERR_INVALID && !req_wants_json(req))
        return show_export_again(ctx, req, res, form, &o);
    if (!rc)
        rc = job_export(ctx, &id, form->kind, &o);
    return rc ? rc : see_job(ctx, res, id);
}

/* --- a job's page --- */

struct told_job {
    struct job job;
    json_t *result;
    const char *form; /* kind of record */
};

static enum err load_job(struct ctx *ctx, struct told_job *out, const struct req *req)
{
    const struct form *form = NULL;
    enum err rc = job_load(ctx, &out->job, req_path(req, "id"));

    if (!rc)
        rc = json_parse(ctx, &out->result, out->job.result, strlen(out->job.result));
    if (rc)
        return rc;
    out->form = json_string_value(json_object_get(out->result, "form"));
    return out->form ? record_form(ctx, &form, out->form) : OK;
}

static const char *text_of(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static int64_t int_of(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static struct url page_url(struct ctx *ctx, const char *id, size_t page)
{
    return url_build(ctx, "/jobs/{}?page={}", id, arena_printf(ctx->arena, "%zu", page));
}

static void fill_faults(struct ctx *ctx, struct job_view *v, const struct told_job *t, size_t page)
{
    json_t *list = json_object_get(t->result, "faults");
    size_t all = json_array_size(list);
    size_t from = (page - 1) * FAULTS_A_PAGE;
    struct fault_view *items = ARENA_ARRAY(ctx->arena, FAULTS_A_PAGE, struct fault_view);

    for (size_t i = from; i < all && v->faults_len < FAULTS_A_PAGE; i++) {
        json_t *fault = json_array_get(list, i);

        items[v->faults_len++] =
            (struct fault_view){ int_of(fault, "row"), text_of(fault, "column"),
                                 text_of(fault, "value"), text_of(fault, "reason") };
    }
    v->faults = items;
    v->faults_all = (int64_t)all;
    v->faults_file = url_build(ctx, "/jobs/{}/faults", t->job.id);
    v->has_previous = page > 1;
    v->has_next = from + FAULTS_A_PAGE < all;
    v->previous = page_url(ctx, t->job.id, page - 1);
    v->next = page_url(ctx, t->job.id, page + 1);
}

static void fill_notes(struct ctx *ctx, struct job_view *v, const struct told_job *t)
{
    json_t *list = json_object_get(t->result, "notes");
    const char **notes = ARENA_ARRAY(ctx->arena, json_array_size(list) + 1, const char *);

    for (size_t i = 0; i < json_array_size(list); i++)
        notes[v->notes_len++] = json_string_value(json_array_get(list, i));
    v->notes = notes;
}

static void fill_likes(struct ctx *ctx, struct job_view *v, const struct told_job *t)
{
    json_t *list = json_object_get(t->result, "likes");
    size_t all = json_array_size(list);
    struct like_view *items = ARENA_ARRAY(ctx->arena, LIKES_SHOWN, struct like_view);

    for (size_t i = 0; i < all && i < LIKES_SHOWN; i++) {
        json_t *like = json_array_get(list, i);
        const char *choice = text_of(like, "choice");
        struct like_view *item = &items[v->likes_len++];

        item->row = int_of(like, "row");
        item->name = arena_printf(ctx->arena, "like.%lld", (long long)item->row);
        item->title = text_of(like, "title");
        item->number = text_of(like, "number");
        item->why = text_of(like, "why");
        item->percent = int_of(like, "score");
        item->link = url_build(ctx, "/records/{}/{}", t->form, text_of(like, "id"));
        item->is_same = strcmp(choice, "same") == 0;
        item->is_new = strcmp(choice, "new") == 0;
        item->is_skip = strcmp(choice, "skip") == 0;
    }
    v->likes = items;
    v->likes_all = (int64_t)all;
    v->likes_more = all > LIKES_SHOWN;
}

static void fill_import(struct ctx *ctx, struct job_view *v, const struct told_job *t, size_t page)
{
    v->import = true;
    v->file = text_of(t->result, "file");
    v->dry_run = json_is_true(json_object_get(t->result, "dry_run"));
    v->title = v->dry_run ? tr(ctx, "Check of a file") : tr(ctx, "Import of a file");
    v->again = url_build(ctx, "/records/{}/import", t->form);
    v->start = url_build(ctx, "/jobs/{}/start", t->job.id);
    if (!v->done)
        return;
    v->good = int_of(t->result, "good");
    v->bad = int_of(t->result, "bad");
    v->stored = int_of(t->result, "stored");
    v->may_start =
        v->dry_run && may(ctx, t->form, "import") && json_object_get(t->result, "started") == NULL;
    if (v->dry_run)
        v->summary = tr(ctx,
                        "{0, plural, one {# row was read} other {# rows were read}}: {1} can be "
                        "stored, {2} cannot. Nothing is stored yet.",
                        TR_INT(int_of(t->result, "rows")), TR_INT(v->good), TR_INT(v->bad));
    else
        v->summary = tr(ctx,
                        "{0, plural, =0 {Nothing was stored} one {# record was stored} other {# "
                        "records were stored}}; {1, plural, =0 {no row was left out} one {# row "
                        "was left out} other {# rows were left out}}.",
                        TR_INT(v->stored), TR_INT(v->bad + int_of(t->result, "skipped")));
    fill_notes(ctx, v, t);
    fill_faults(ctx, v, t, page);
    fill_likes(ctx, v, t);
    v->may_undo =
        !v->dry_run && v->stored + int_of(t->result, "updated") > 0 && may(ctx, t->form, "delete");
    v->undo = url_build(ctx, "/imports/{}/undo", t->job.id);
    v->has_columns = v->dry_run && json_is_array(json_object_get(t->result, "columns"));
    v->columns = url_build(ctx, "/jobs/{}/columns", t->job.id);
}

/* The reasons are kept in English. */
static void fill_left_out(struct ctx *ctx, struct job_view *v, const struct told_job *t)
{
    json_t *list = json_object_get(t->result, "left_out");
    size_t len = json_array_size(list);
    struct left_out_view *items = ARENA_ARRAY(ctx->arena, len + 1, struct left_out_view);

    for (size_t i = 0; i < len; i++) {
        json_t *one = json_array_get(list, i);

        items[i] = (struct left_out_view){ tr_args(ctx, text_of(one, "reason"), NULL),
                                           int_of(one, "count") };
    }
    v->left_out = items;
    v->left_out_len = len;
}

static void fill_export(struct ctx *ctx, struct job_view *v, const struct told_job *t)
{
    v->export = true;
    v->title = tr(ctx, "Export");
    v->has_file = v->done && may(ctx, t->form, "export");
    v->file_link = url_build(ctx, "/jobs/{}/file", t->job.id);
    v->recipient = text_of(t->result, "recipient");
    fill_left_out(ctx, v, t);
    if (v->done)
        v->summary = tr(ctx,
                        "{0, plural, =0 {There are no records} one {# record is in the file} "
                        "other {# records are in the file}}.",
                        TR_INT(int_of(t->result, "records")));
}

static enum err reply_job_json(struct ctx *ctx, struct res *res, const struct told_job *t)
{
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct json_out j = { .buf = b };

    buf_init(b, ctx->arena, strlen(t->job.result) + 4096);
    json_begin_object(&j);
    json_pair(&j, "id", t->job.id);
    json_pair(&j, "kind", t->job.kind);
    json_pair(&j, "state", t->job.state);
    json_key(&j, "done");
    json_int(&j, t->job.done);
    json_key(&j, "total");
    json_int(&j, t->job.total);
    json_key(&j, "result");
    buf_add(b, t->job.result);
    j.comma = true;
    json_end_object(&j);
    res_json(res, 200, buf_text(b), b->len);
    return OK;
}

enum err get_job(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct told_job t = { 0 };
    struct job_view v = { 0 };
    int64_t page = req_int(req, "page");
    enum err rc = load_job(ctx, &t, req);

    if (rc)
        return rc;
    if (req_wants_json(req))
        return reply_job_json(ctx, res, &t);
    v.state = t.job.state;
    v.done = strcmp(t.job.state, "done") == 0;
    v.failed = strcmp(t.job.state, "failed") == 0;
    v.cancelled = strcmp(t.job.state, "cancelled") == 0;
    v.working = !v.done && !v.failed && !v.cancelled;
    v.cancel = url_build(ctx, "/jobs/{}/cancel", t.job.id);
    v.finished = t.job.done;
    v.total = t.job.total;
    v.created_at = t.job.created_at;
    v.problem = text_of(t.result, "problem");
    v.has_list = t.form != NULL;
    v.list = v.has_list ? url_build(ctx, "/records/{}", t.form) : url_build(ctx, "/jobs");
    v.title = job_title(ctx, t.job.kind);
    v.told = text_of(t.result, "summary");
    if (v.told[0])
        fill_notes(ctx, &v, &t);
    if (strcmp(t.job.kind, "import") == 0 && t.form)
        fill_import(ctx, &v, &t, page < 1 ? 1 : (size_t)page);
    else if (strcmp(t.job.kind, "export") == 0 && t.form)
        fill_export(ctx, &v, &t);
    else if (text_starts(t.job.kind, "bulk"))
        rc = bulk_fill_job(ctx, &v, &t.job, t.result);
    if (rc)
        return rc;
    if (v.working)
        res_header(res, "refresh", "2");
    job_reply(res, 200, &v);
    return OK;
}

enum err get_job_faults(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct told_job t = { 0 };
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    json_t *list;
    enum err rc = load_job(ctx, &t, req);

    if (rc)
        return rc;
    list = json_object_get(t.result, "faults");
    buf_init(b, ctx->arena, FAULTS_CSV);
    buf_add(b, "row,column,value,reason\r\n");
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *fault = json_array_get(list, i);

        csv_add_cell(b, arena_printf(ctx->arena, "%lld", (long long)int_of(fault, "row")), true,
                     false);
        csv_add_cell(b, text_of(fault, "column"), false, true);
        csv_add_cell(b, text_of(fault, "value"), false, true);
        csv_add_cell(b, text_of(fault, "reason"), false, true);
        csv_end_row(b);
    }
    if (!buf_ok(b))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The list is too long."));
    res_body(res, 200, "text/csv; charset=utf-8", b->data, b->len, "faults.csv");
    return OK;
}

static const char *media_type(const char *format)
{
    if (strcmp(format, "xlsx") == 0)
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    if (strcmp(format, "zip") == 0)
        return "application/zip";
    return strcmp(format, "json") == 0 ? "application/json; charset=utf-8"
                                       : "text/csv; charset=utf-8";
}

/* A file for somebody outside is given now, not when it was made. */
static enum err still_allowed(struct ctx *ctx, const struct told_job *t)
{
    json_t *list = json_object_get(t->result, "basis");
    size_t len = json_array_size(list);
    const char **basis = ARENA_ARRAY(ctx->arena, len + 1, const char *);

    for (size_t i = 0; i < len; i++)
        basis[i] = json_string_value(json_array_get(list, i));
    return giving_stands(ctx, basis, len);
}

/* In parts: a slow client holds no worker; the token is the place of the next. */
enum err get_job_file(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *token = req_continuation(req);
    const char *format;
    struct job_part part = { 0 };
    struct told_job t = { 0 };
    int64_t place = 0;
    enum err rc = load_job(ctx, &t, req);

    if (!rc && (t.form == NULL || !may(ctx, t.form, "export")))
        rc = ERR_FORBIDDEN;
    if (!rc && token != NULL && !parse_int(token, 0, INT32_MAX, &place))
        rc = ctx_fail(ctx, ERR_INVALID, tr(ctx, "Start the download again."));
    if (!rc && place == 0)
        rc = still_allowed(ctx, &t);
    if (!rc)
        rc = job_file_part(ctx, &part, t.job.id, place);
    if (rc)
        return rc;
    format = text_of(t.result, "ending");
    res_body(res, 200, media_type(format), part.bytes, part.len,
             arena_printf(ctx->arena, "%s-%s.%s", t.form, ctx_today(ctx), format));
    if (part.next >= 0)
        res_continue(res, arena_printf(ctx->arena, "%lld", (long long)part.next));
    return OK;
}
