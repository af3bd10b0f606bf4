/* JSON of records: the record by its form's schema, lists, hits, history; and JSON in. */
#include <string.h>

#include "core/date.h"
#include "core/json.h"
#include "core/text.h"
#include "records/publish.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

#define JSON_MAX ((size_t)8 * 1024 * 1024)

static struct buf *json_buf(struct ctx *ctx)
{
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);

    buf_init(b, ctx->arena, JSON_MAX);
    return b;
}

/* A body that did not fit is an error, never half a reply. */
static enum err reply(struct res *res, const struct buf *b)
{
    struct ctx *ctx = res_ctx(res);

    if (!buf_ok(b))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "This is more than one page can hold."));
    res_json(res, 200, b->data, b->len);
    return OK;
}

/* --- out --- */

/* A reply {"items": [...]}. */
struct list_out {
    struct res *res;
    struct json_out j;
};

static struct list_out list_begin(struct res *res)
{
    struct list_out l = { .res = res, .j = { .buf = json_buf(res_ctx(res)) } };

    json_begin_object(&l.j);
    json_key(&l.j, "items");
    json_begin_array(&l.j);
    return l;
}

static enum err list_end(struct list_out *l)
{
    json_end_array(&l->j);
    json_end_object(&l->j);
    return reply(l->res, l->j.buf);
}

void reply_record_json(struct ctx *ctx, struct res *res, int status, const struct record *rec)
{
    struct buf *b = json_buf(ctx);

    record_json(b, rec);
    if (!buf_ok(b)) {
        ctx_set_problem(ctx, ERR_LIMIT, NULL, tr(ctx, "This is more than one page can hold."));
        res_error(res, ERR_LIMIT);
        return;
    }
    res_json(res, status, b->data, b->len);
    res_header(res, "etag", arena_printf(ctx->arena, "\"%lld\"", (long long)rec->version));
}

static void add_record(struct json_out *j, const struct record *rec)
{
    if (j->comma)
        buf_add_char(j->buf, ',');
    record_json(j->buf, rec);
    j->comma = true;
}

enum err reply_list_json(struct res *res, const struct record_list *list)
{
    struct list_out l = list_begin(res);

    for (size_t i = 0; i < list->len; i++)
        add_record(&l.j, list->items[i]);
    json_end_array(&l.j);
    json_pair(&l.j, "next", list->next);
    json_key(&l.j, "count");
    if (list->count < 0)
        json_out_null(&l.j);
    else
        json_int(&l.j, list->count);
    json_end_object(&l.j);
    return reply(res, l.j.buf);
}

enum err reply_hits_json(struct res *res, const struct record_hit *hits, size_t len)
{
    struct list_out l = list_begin(res);

    for (size_t i = 0; i < len; i++) {
        json_begin_object(&l.j);
        json_key(&l.j, "score");
        json_decimal(&l.j, hits[i].score);
        json_pair(&l.j, "why", hits[i].why);
        json_key(&l.j, "record");
        record_json(l.j.buf, hits[i].record);
        l.j.comma = true;
        json_end_object(&l.j);
    }
    return list_end(&l);
}

enum err reply_history_json(struct res *res, const struct record_version *items, size_t len)
{
    struct ctx *ctx = res_ctx(res);
    struct list_out l = list_begin(res);

    for (size_t i = 0; i < len; i++) {
        json_begin_object(&l.j);
        json_key(&l.j, "version");
        json_int(&l.j, items[i].version);
        json_pair(&l.j, "made_at", moment_text(ctx->arena, items[i].made_at));
        json_pair(&l.j, "made_by", items[i].made_by_name);
        json_pair(&l.j, "action", items[i].action);
        json_pair(&l.j, "status", items[i].status);
        json_key(&l.j, "changes");
        json_int(&l.j, (int64_t)items[i].changes);
        json_end_object(&l.j);
    }
    return list_end(&l);
}

enum err reply_comments_json(struct res *res, const struct record_comment *items, size_t len)
{
    struct ctx *ctx = res_ctx(res);
    struct list_out l = list_begin(res);

    for (size_t i = 0; i < len; i++) {
        json_begin_object(&l.j);
        json_pair(&l.j, "id", items[i].id);
        json_pair(&l.j, "made_at", moment_text(ctx->arena, items[i].made_at));
        json_pair(&l.j, "made_by", items[i].made_by_name);
        json_pair(&l.j, "text", items[i].text);
        json_end_object(&l.j);
    }
    return list_end(&l);
}

enum err reply_diff_json(struct res *res, const struct record_change *items, size_t len)
{
    struct list_out l = list_begin(res);

    for (size_t i = 0; i < len; i++) {
        json_begin_object(&l.j);
        json_pair(&l.j, "path", items[i].path);
        json_pair(&l.j, "label", items[i].label);
        json_pair(&l.j, "before", items[i].before);
        json_pair(&l.j, "after", items[i].after);
        json_end_object(&l.j);
    }
    return list_end(&l);
}

/* --- in --- */

struct body {
    const char *bytes;
    size_t len;
    json_t *tree;
};

static enum err read_body(struct ctx *ctx, struct body *out, const struct req *req)
{
    out->bytes = req_json(req, &out->len);
    if (out->bytes == NULL)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Send the record as application/json."));
    return json_parse(ctx, &out->tree, out->bytes, out->len);
}

/* The version of the form that the caller wrote for; *out NULL: the one in force. */
static enum err sent_for(struct ctx *ctx, const struct form **out, const struct form *form,
                         json_t *tree)
{
    json_t *given = json_object_get(tree, "answers") ? json_object_get(tree, "form") : NULL;
    const char *hash = json_string_value(given);
    enum err rc;

    if (given == NULL || json_is_null(given) || (hash != NULL && text_equal(hash, form->hash)))
        return OK;
    if (hash == NULL)
        return ctx_fail_field(ctx, "form", tr(ctx, "This must be text in quotes, or null."));
    rc = form_by_hash(ctx, out, form->kind, hash);
    if (rc == OK && *out == NULL)
        rc = ctx_fail_field(ctx, "form",
                            tr(ctx, "There is no such version of this form here: read "
                                    "/api/openapi.json again."));
    return rc;
}

enum err api_create(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct body body = { 0 };
    struct record *rec = NULL;
    const struct form *older = NULL;
    enum err rc = read_body(ctx, &body, req);

    if (!rc)
        rc = record_new(ctx, &rec, req_path(req, "kind"),
                        json_string_value(json_object_get(body.tree, "parent")));
    if (!rc)
        rc = sent_for(ctx, &older, rec->form, body.tree);
    if (!rc)
        rc = record_from_older_json(ctx, &rec->answers, rec->form, older, body.tree);
    if (!rc)
        rc = record_insert(ctx, rec);
    if (rc)
        return rc;
    reply_record_json(ctx, res, 201, rec);
    res_header(res, "location", record_url(ctx, rec).text);
    return OK;
}

/* The version that the caller saw: If-Match: "5", or "version" in the body. */
static enum err seen_version(struct ctx *ctx, int64_t *out, const struct req *req, json_t *tree)
{
    const char *match = req_header(req, "if-match");
    json_t *number = json_object_get(tree, "version");
    size_t len = match == NULL ? 0 : strlen(match);

    if (match != NULL && len > 2 && match[0] == '"' && match[len - 1] == '"' &&
        parse_int(arena_strndup(ctx->arena, match + 1, len - 2), 1, INT64_MAX, out))
        return OK;
    if (match == NULL && json_is_integer(number) && json_integer_value(number) > 0) {
        *out = json_integer_value(number);
        return OK;
    }
    return ctx_fail_field(ctx, "version",
                          tr(ctx, "Say which version you saw: If-Match: \"N\", or version in the "
                                  "body."));
}

enum err api_update(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct body body = { 0 };
    struct record *rec = NULL;
    const struct form *older = NULL;
    struct answers *stored = NULL;
    int64_t version = 0;
    enum err rc = read_body(ctx, &body, req);

    if (!rc)
        rc = seen_version(ctx, &version, req, body.tree);
    if (!rc)
        rc = record_load(ctx, &rec, req_path(req, "kind"), req_path(req, "id"));
    if (!rc)
        rc = sent_for(ctx, &older, rec->form, body.tree);
    if (!rc) {
        stored = rec->answers;
        rc = record_from_older_json(ctx, &rec->answers, rec->form, older, body.tree);
    }
    if (!rc && older)
        answers_keep_newer(rec->answers, stored, older);
    if (!rc)
        rc = record_update(ctx, rec, version);
    if (rc)
        return rc;
    reply_record_json(ctx, res, 200, rec);
    return OK;
}
