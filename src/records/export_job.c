/* Export as a job: what is asked lies sealed with it, and what was made takes its place. */
#include <string.h>

#include "auth/auth.h"
#include "core/text.h"
#include "core/tr.h"
#include "db/db.h"
#include "records/giving.h"
#include "records/job_file.h"
#include "records/jobs_inner.h"
#include "records/records.h"

#define MEGABYTE  ((size_t)1024 * 1024)
#define ASKED_MAX (MEGABYTE * 2)

/* --- asking --- */

static const char *const format_names[] = {
    [EXPORT_CSV] = "csv", [EXPORT_XLSX] = "xlsx", [EXPORT_JSON] = "json"
};
static const char *const op_names[] = { [COND_IS] = "is", [COND_FROM] = "from", [COND_TO] = "to" };

bool export_format_of(enum export_format *out, const char *name)
{
    for (size_t i = 0; i < sizeof format_names / sizeof format_names[0]; i++)
        if (strcmp(format_names[i], name) == 0) {
            *out = (enum export_format)i;
            return true;
        }
    return false;
}

static void add_flag(struct json_out *j, const char *key, bool on)
{
    json_key(j, key);
    json_bool(j, on);
}

static void add_texts(struct json_out *j, const char *key, const char *const *items, size_t len)
{
    json_key(j, key);
    json_begin_array(j);
    for (size_t i = 0; i < len; i++)
        json_text(j, items[i]);
    json_end_array(j);
}

static void add_filter(struct json_out *j, const struct record_filter *f)
{
    json_pair(j, "status", f->status);
    json_pair(j, "parent", f->parent_id);
    json_key(j, "conditions");
    json_begin_array(j);
    for (size_t i = 0; i < f->conditions_len; i++) {
        json_begin_object(j);
        json_pair(j, "field", f->conditions[i].field);
        json_pair(j, "op", op_names[f->conditions[i].op]);
        json_pair(j, "value", f->conditions[i].value);
        json_end_object(j);
    }
    json_end_array(j);
}

enum err job_export(struct ctx *ctx, const char **id_out, const char *kind,
                    const struct export_options *o)
{
    bool zip = o->format == EXPORT_CSV && (o->linked || o->codebook);
    struct json_out j = { .buf = ARENA_NEW(ctx->arena, struct buf) };

    buf_init(j.buf, ctx->arena, ASKED_MAX);
    json_begin_object(&j);
    json_pair(&j, "login", ctx->user->login);
    json_pair(&j, "form", kind);
    json_pair(&j, "format", format_names[o->format]);
    json_pair(&j, "ending", zip ? "zip" : format_names[o->format]);
    json_pair(&j, "lang", ctx->lang);
    if (o->giving) {
        json_pair(&j, "recipient", o->giving->recipient);
        json_pair(&j, "purpose", o->giving->purpose);
    }
    add_flag(&j, "labels", o->labels);
    add_flag(&j, "linked", o->linked);
    add_flag(&j, "codebook", o->codebook);
    json_end_object(&j);
    buf_add_char(j.buf, '\n');
    j.comma = false;
    json_begin_object(&j);
    add_texts(&j, "columns", o->columns, o->columns_len);
    if (o->ids)
        add_texts(&j, "ids", o->ids, o->ids_len);
    if (o->filter)
        add_filter(&j, o->filter);
    json_end_object(&j);
    if (!buf_ok(j.buf))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The list is too long."));
    return job_add(ctx, id_out, "export", buf_text(j.buf), j.buf->len);
}

/* --- at work --- */

static const char *const *texts_at(struct ctx *ctx, json_t *root, const char *key, size_t *len_out)
{
    json_t *list = json_object_get(root, key);
    const char **items = ARENA_ARRAY(ctx->arena, json_array_size(list) + 1, const char *);
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));

        if (text)
            items[n++] = text;
    }
    *len_out = n;
    return items;
}

static const struct record_filter *filter_at(struct ctx *ctx, json_t *root)
{
    struct record_filter *f = ARENA_NEW(ctx->arena, struct record_filter);
    json_t *list = json_object_get(root, "conditions");
    size_t len = json_array_size(list);
    struct record_condition *items = ARENA_ARRAY(ctx->arena, len + 1, struct record_condition);

    f->status = json_string_value(json_object_get(root, "status"));
    f->parent_id = json_string_value(json_object_get(root, "parent"));
    for (size_t i = 0; i < len; i++) {
        json_t *one = json_array_get(list, i);
        const char *op = json_string_value(json_object_get(one, "op"));

        items[i].field = json_string_value(json_object_get(one, "field"));
        items[i].value = json_string_value(json_object_get(one, "value"));
        items[i].op = text_equal(op, "from") ? COND_FROM : text_equal(op, "to") ? COND_TO : COND_IS;
    }
    f->conditions = items;
    f->conditions_len = len;
    return f;
}

static enum err tell_progress(void *arg, int64_t done)
{
    struct job_file *f = arg;
    enum err rc = job_progress(f->w, done);

    return rc ? rc : job_file_flush(f, done);
}

static enum err read_asked(struct job_work *w, struct export_options *o)
{
    json_t *root = NULL;
    enum err rc = OK;

    if (!export_format_of(&o->format, job_asked(w, "format")))
        return ctx_fail(w->ctx, ERR_INVALID, tr(w->ctx, "Choose csv, xlsx or json."));
    o->labels = job_asked_true(w, "labels");
    o->linked = job_asked_true(w, "linked");
    o->codebook = job_asked_true(w, "codebook");
    if (w->len > 0)
        rc = json_parse(w->ctx, &root, w->bytes, w->len);
    if (rc || !root)
        return rc;
    o->columns = texts_at(w->ctx, root, "columns", &o->columns_len);
    if (json_is_array(json_object_get(root, "ids")))
        o->ids = texts_at(w->ctx, root, "ids", &o->ids_len);
    if (json_is_array(json_object_get(root, "conditions")))
        o->filter = filter_at(w->ctx, root);
    return OK;
}

/* Who was left out and why, and what the rest rests on: asked again when the file is fetched. */
static void tell_giving(struct job_work *w, const struct giving *g)
{
    json_key(w->result, "left_out");
    json_begin_array(w->result);
    for (size_t i = 0; i < g->reasons_len; i++) {
        json_begin_object(w->result);
        json_pair(w->result, "reason", g->reasons[i].text);
        json_key(w->result, "count");
        json_int(w->result, g->reasons[i].count);
        json_end_object(w->result);
    }
    json_end_array(w->result);
    add_texts(w->result, "basis", g->basis, g->basis_len);
}

static enum err end_export(struct job_work *w, struct job_file *f, int64_t records,
                           const struct giving *g)
{
    struct ctx *ctx = w->ctx;
    enum err rc = job_file_flush(f, records);

    if (!rc)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = job_file_end(f);
    w->total = records;
    json_key(w->result, "records");
    json_int(w->result, records);
    if (g)
        tell_giving(w, g);
    if (!rc)
        rc = job_end(w, false);
    return db_end(ctx, rc);
}

enum err export_run(struct job_work *w)
{
    struct export_options options = { 0 };
    struct ctx *ctx = w->ctx;
    const char *lang = ctx->lang;
    struct job_file file = { 0 };
    struct giving giving = { .recipient = job_asked(w, "recipient"),
                             .purpose = job_asked(w, "purpose") };
    int64_t records = 0;
    enum err rc;

    if (!user_may(ctx->user, arena_printf(ctx->arena, "%s.export", job_asked(w, "form"))))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    rc = read_asked(w, &options);
    if (!rc)
        rc = job_file_begin(w, &file);
    if (rc)
        return rc;
    options.giving = giving.recipient[0] ? &giving : NULL;
    options.progress = tell_progress;
    options.arg = &file;
    if (job_asked(w, "lang")[0])
        ctx->lang = job_asked(w, "lang"); /* headings in the language of who asked */
    rc = record_export(ctx, job_asked(w, "form"), &options, file.fd, &records);
    ctx->lang = lang;
    if (!rc)
        rc = end_export(w, &file, records, options.giving);
    job_file_close(&file);
    return rc;
}
