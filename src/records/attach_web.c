/* Pages and API of the files of a record: list, download, add, rename, remove, bring back, move. */
#include "records/attach.h"

#include <string.h>

#include "core/date.h"
#include "core/json.h"
#include "core/text.h"
#include "records/attach_view.h"
#include "records/attach_web.h"
#include "records/records_inner.h"
#include "records/screens_web.h"
#include "records_templates.h"

#define HITS_MAX     10
#define REASON_BYTES 16000
#define JSON_MAX     ((size_t)1024 * 1024)

/* --- the part of the record's page --- */

static const char *size_text(struct ctx *ctx, int64_t bytes)
{
    if (bytes < 1000000)
        return tr(ctx, "{0} KB", TR_INT((bytes + 1023) / 1024));
    return tr(ctx, "{0} MB", TR_INT((bytes + (1 << 20) - 1) / (1 << 20)));
}

static const char *group_title(struct ctx *ctx, const struct file_type *type)
{
    static const char *const titles[] = { [FILE_IMAGE] = N_("Picture"),
                                          [FILE_AUDIO] = N_("Sound"),
                                          [FILE_VIDEO] = N_("Video"),
                                          [FILE_DOCUMENT] = N_("Document") };

    return type ? tr_args(ctx, titles[type->group], NULL) : NULL;
}

static struct url file_url(struct ctx *ctx, const struct record *rec, const char *id,
                           const char *verb)
{
    if (verb == NULL)
        return url_build(ctx, "/records/{}/{}/files/{}", rec->form->kind, rec->id, id);
    return url_build(ctx, "/records/{}/{}/files/{}/{}", rec->form->kind, rec->id, id, verb);
}

static void fill_file(struct ctx *ctx, struct file_view *v, const struct record *rec,
                      const struct attachment *a, bool may_change)
{
    const struct field *f = a->field ? field_find(rec->form, a->field) : NULL;

    v->id = a->id;
    v->name = a->name;
    v->kind = group_title(ctx, a->type);
    v->size = size_text(ctx, a->bytes);
    v->question = f ? label_said(ctx, &f->label, f->repeat ? NULL : rec->answers) : NULL;
    v->by = a->made_by_name;
    v->made_at = a->made_at;
    v->version = a->version;
    v->may_change = may_change && a->name && !a->field;
    v->link = file_url(ctx, rec, a->id, NULL);
    v->rename = file_url(ctx, rec, a->id, "name");
    v->remove = file_url(ctx, rec, a->id, "remove");
    v->move = file_url(ctx, rec, a->id, "move");
    v->restore = file_url(ctx, rec, a->id, "restore");
}

/* Those that stand, or those that were removed and can be read still. */
static enum err fill_list(struct ctx *ctx, const struct file_view **out, size_t *len_out,
                          const struct record *rec, bool gone)
{
    struct attachment *list = NULL;
    struct file_view *items;
    size_t len = 0;
    size_t n = 0;
    const bool may_change =
        strcmp(rec->status, STATUS_DELETED) != 0 && may(ctx, rec->form->kind, "edit");
    enum err rc = attachment_list(ctx, &list, &len, rec, gone);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct file_view);
    for (size_t i = 0; i < len; i++)
        if (!list[i].field && (!gone || (list[i].name && may_change)))
            fill_file(ctx, &items[n++], rec, &list[i], may_change);
    *out = items;
    *len_out = n;
    return OK;
}

enum err attachments_fill(struct ctx *ctx, struct attachments_view *v, const struct record *rec)
{
    int64_t max = 0;
    enum err rc = fill_list(ctx, &v->items, &v->items_len, rec, false);

    if (!rc)
        rc = fill_list(ctx, &v->gone, &v->gone_len, rec, true);
    if (!rc)
        rc = attachment_file_max(ctx, &max);
    if (rc)
        return rc;
    v->may_add = strcmp(rec->status, STATUS_DELETED) != 0 &&
                 strcmp(rec->status, STATUS_ERASED) != 0 && may(ctx, rec->form->kind, "edit");
    v->add = url_build(ctx, "/records/{}/{}/files", rec->form->kind, rec->id);
    v->size_max = size_text(ctx, max);
    v->problem = ctx_problem(ctx, "file");
    return OK;
}

/* --- JSON --- */

static void put_file(struct ctx *ctx, struct json_out *j, const struct attachment *a)
{
    json_begin_object(j);
    json_pair(j, "id", a->id);
    json_pair(j, "name", a->name);
    json_pair(j, "type", a->type ? a->type->media : NULL);
    json_key(j, "bytes");
    json_int(j, a->bytes);
    json_pair(j, "field", a->field);
    json_key(j, "version");
    json_int(j, a->version);
    json_pair(j, "made_at", moment_text(ctx->arena, a->made_at));
    json_pair(j, "made_by", a->made_by_name);
    json_end_object(j);
}

static enum err reply_files_json(struct ctx *ctx, struct res *res, const struct attachment *list,
                                 size_t len)
{
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct json_out j = { .buf = b };

    buf_init(b, ctx->arena, JSON_MAX);
    json_begin_object(&j);
    json_key(&j, "items");
    json_begin_array(&j);
    for (size_t i = 0; i < len; i++)
        put_file(ctx, &j, &list[i]);
    json_end_array(&j);
    json_end_object(&j);
    if (!buf_ok(b))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "This is more than one page can hold."));
    res_json(res, 200, b->data, b->len);
    return OK;
}

static enum err reply_file_json(struct ctx *ctx, struct res *res, int status,
                                const struct record *rec, const char *id)
{
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct json_out j = { .buf = b };
    struct attachment a = { 0 };
    enum err rc = attachment_load(ctx, &a, rec, id);

    if (rc)
        return rc;
    buf_init(b, ctx->arena, JSON_MAX);
    put_file(ctx, &j, &a);
    if (!buf_ok(b))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "This is more than one page can hold."));
    res_json(res, status, b->data, b->len);
    return OK;
}

/* --- looking --- */

static enum err load_of(struct ctx *ctx, struct record **rec, const struct req *req)
{
    return record_load(ctx, rec, req_path(req, "kind"), req_path(req, "id"));
}

static enum err get_files(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct attachment *list = NULL;
    struct record *rec = NULL;
    size_t len = 0;
    enum err rc = load_of(ctx, &rec, req);

    if (!rc)
        rc = attachment_list(ctx, &list, &len, rec, false);
    if (rc)
        return rc;
    if (req_wants_json(req))
        return reply_files_json(ctx, res, list, len);
    return res_see_other(res, record_place(ctx, rec, "files"));
}

/* Browsers that know it take the name with its own letters, the others the plain one. */
static const char *disposition(struct ctx *ctx, const char *name)
{
    char *plain = arena_strdup(ctx->arena, name);
    struct buf b;

    for (char *p = plain; *p; p++)
        if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e || *p == '"' || *p == '\\')
            *p = '_';
    buf_init(&b, ctx->arena, 4096);
    buf_printf(&b, "attachment; filename=\"%s\"; filename*=UTF-8''", plain);
    buf_add_url(&b, name);
    return buf_ok(&b) ? buf_text(&b) : "attachment";
}

/* In parts, so that a slow client holds no worker; the token is the place of the next chunk. */
static enum err get_file(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *token = req_continuation(req);
    const struct form *form = NULL;
    struct attachment a = { 0 };
    struct record *rec = NULL;
    const char *bytes = NULL;
    size_t len = 0;
    int64_t place = 0;
    enum err rc = record_form(ctx, &form, req_path(req, "kind"));

    if (!rc)
        rc = record_load_full(ctx, &rec, form, req_path(req, "id"), false);
    if (!rc)
        rc = attachment_load(ctx, &a, rec, req_path(req, "file"));
    if (!rc && a.gone && !may(ctx, form->kind, "edit"))
        rc = record_gone(ctx);
    if (!rc && token != NULL && !parse_int(token, 0, a.chunks - 1, &place))
        rc = ctx_fail(ctx, ERR_INVALID, tr(ctx, "Start the download again."));
    if (!rc)
        rc = attachment_read(ctx, &bytes, &len, &a, place);
    if (!rc && place == 0)
        rc = record_note(ctx, "file", form, &rec->id, 1);
    if (rc)
        return rc;
    res_body(res, 200, a.type->media, bytes, len, NULL);
    res_header(res, "content-disposition", disposition(ctx, a.name));
    res_header(res, "content-security-policy", "default-src 'none'; sandbox");
    place += ATTACHMENT_PART;
    if (place < a.chunks)
        res_continue(res, arena_printf(ctx->arena, "%lld", (long long)place));
    return OK;
}

/* --- changing --- */

static enum err to_files(struct ctx *ctx, struct res *res, const struct record *rec,
                         const char *flash)
{
    res_flash(res, flash);
    return res_see_other(res, record_place(ctx, rec, "files"));
}

static enum err post_file(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct upload_bytes u = { 0 };
    struct record *rec = NULL;
    const char *id = NULL;
    enum err rc = load_of(ctx, &rec, req);

    u.bytes = req_file(req, "file", &u.len, &u.name);
    if (!rc && u.bytes == NULL)
        rc = ctx_fail_field(ctx, "file", tr(ctx, "Choose a file first."));
    if (!rc)
        rc = attachment_add(ctx, &id, rec, &u);
    if ((rc == ERR_INVALID || rc == ERR_LIMIT) && rec && !req_wants_json(req))
        return reply_detail(ctx, res, 422, rec, NULL);
    if (rc)
        return rc;
    if (req_wants_json(req))
        return reply_file_json(ctx, res, 201, rec, id);
    return to_files(ctx, res, rec, tr(ctx, "The file is kept."));
}

static enum err post_file_name(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct record *rec = NULL;
    enum err rc = load_of(ctx, &rec, req);

    if (!rc)
        rc = attachment_rename(ctx, rec, req_path(req, "file"), req_int(req, "version"),
                               req_text(req, "name"));
    if (rc)
        return rc;
    if (req_wants_json(req))
        return reply_file_json(ctx, res, 200, rec, req_path(req, "file"));
    return to_files(ctx, res, rec, tr(ctx, "The file has another name."));
}

static enum err post_file_restore(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct record *rec = NULL;
    enum err rc = load_of(ctx, &rec, req);

    if (!rc)
        rc = attachment_restore(ctx, rec, req_path(req, "file"), req_int(req, "version"));
    if (rc)
        return rc;
    if (req_wants_json(req))
        return reply_file_json(ctx, res, 200, rec, req_path(req, "file"));
    return to_files(ctx, res, rec, tr(ctx, "The file is back."));
}

static enum err load_file(struct ctx *ctx, struct record **rec, struct attachment *a,
                          const struct req *req)
{
    enum err rc = load_of(ctx, rec, req);

    if (!rc)
        rc = attachment_load(ctx, a, *rec, req_path(req, "file"));
    if (!rc && a->name == NULL)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This file can no longer be read."));
    return rc;
}

static enum err show_remove(struct ctx *ctx, struct res *res, int code, const struct record *rec,
                            const struct attachment *a)
{
    struct record_confirm_view v = { .title = tr(ctx, "Remove this file"),
                                     .reason = req_text(res_req(res), "reason"),
                                     .reason_must = true,
                                     .reason_max = REASON_MAX,
                                     .ready = true,
                                     .danger = true };

    v.lead = tr(ctx, "{0} is no longer shown. Whoever may edit the record can bring it back.",
                TR_TEXT(a->name));
    v.name = record_name(ctx, rec);
    v.number = rec->number;
    v.back = record_place(ctx, rec, "files");
    v.version = a->version;
    v.problem = ctx_problem(ctx, "reason");
    v.action = file_url(ctx, rec, a->id, "remove");
    record_confirm_reply(res, code, &v);
    return OK;
}

static enum err get_file_remove(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct attachment a = { 0 };
    struct record *rec = NULL;
    enum err rc = load_file(ctx, &rec, &a, req);

    return rc ? rc : show_remove(ctx, res, 200, rec, &a);
}

static enum err post_file_remove(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct attachment a = { 0 };
    struct record *rec = NULL;
    enum err rc = load_file(ctx, &rec, &a, req);

    if (rc)
        return rc;
    rc = attachment_remove(ctx, rec, a.id, req_int(req, "version"), req_text(req, "reason"));
    if (rc == ERR_INVALID && !req_wants_json(req))
        return show_remove(ctx, res, 422, rec, &a);
    if (rc)
        return rc;
    if (req_wants_json(req))
        return get_files(ctx, req, res);
    return to_files(ctx, res, rec, tr(ctx, "The file is removed."));
}

/* As a program does it: version and reason come in the body. */
static enum err delete_file(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct record *rec = NULL;
    enum err rc = load_of(ctx, &rec, req);

    if (!rc)
        rc = attachment_remove(ctx, rec, req_path(req, "file"), req_int(req, "version"),
                               req_text(req, "reason"));
    if (rc)
        return rc;
    return get_files(ctx, req, res);
}

/* --- to another record --- */

static enum err fill_hits(struct ctx *ctx, struct record_move_view *v, const struct record *rec)
{
    struct record_hit *hits = NULL;
    struct move_hit_view *items = ARENA_ARRAY(ctx->arena, HITS_MAX, struct move_hit_view);
    size_t len = 0;
    enum err rc = record_search(ctx, &hits, &len, rec->form->kind, v->words);

    if (rc)
        return rc;
    for (size_t i = 0; i < len && v->hits_len < HITS_MAX; i++) {
        const struct record *hit = hits[i].record;

        if (text_equal(hit->id, rec->id))
            continue;
        items[v->hits_len++] =
            (struct move_hit_view){ hit->id, record_name(ctx, hit), hit->number };
    }
    v->hits = items;
    v->searched = true;
    return OK;
}

static enum err show_file_move(struct ctx *ctx, struct res *res, int code, const struct record *rec,
                               const struct attachment *a)
{
    struct record_move_view v = { .words = req_text(res_req(res), "words"),
                                  .version = a->version,
                                  .form_title = a->name,
                                  .parent_name = record_name(ctx, rec),
                                  .name = record_name(ctx, rec) };

    v.problem = ctx_first_problem(ctx);
    if (v.problem != NULL && v.problem[0] == '\0')
        v.problem = NULL;
    v.back = record_place(ctx, rec, "files");
    v.action = file_url(ctx, rec, a->id, "move");
    if (!text_blank(v.words)) {
        enum err rc = fill_hits(ctx, &v, rec);

        if (rc)
            return rc;
    }
    record_move_reply(res, code, &v);
    return OK;
}

static enum err get_file_move(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct attachment a = { 0 };
    struct record *rec = NULL;
    enum err rc = load_file(ctx, &rec, &a, req);

    return rc ? rc : show_file_move(ctx, res, 200, rec, &a);
}

static enum err post_file_move(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *parent = req_text(req, "parent");
    struct attachment a = { 0 };
    struct record *rec = NULL;
    struct record *to = NULL;
    enum err rc = load_file(ctx, &rec, &a, req);

    if (rc)
        return rc;
    if (parent[0] == '\0' && req_wants_json(req))
        return ctx_fail_field(ctx, "parent", tr(ctx, "Please fill this in."));
    if (parent[0] == '\0')
        return show_file_move(ctx, res, 200, rec, &a);
    rc = record_load(ctx, &to, rec->form->kind, parent);
    if (!rc)
        rc = attachment_move(ctx, rec, a.id, req_int(req, "version"), to, req_text(req, "reason"));
    if ((rc == ERR_INVALID || rc == ERR_LIMIT) && !req_wants_json(req))
        return show_file_move(ctx, res, 422, rec, &a);
    if (rc)
        return rc;
    if (req_wants_json(req))
        return reply_file_json(ctx, res, 200, to, a.id);
    return to_files(ctx, res, to, tr(ctx, "The file stands here now."));
}

/* --- routes --- */

static const struct field_spec add_fields[] = {
    { "file", INPUT_FILE, .max = (int64_t)ATTACHMENT_BODY_MAX },
    { 0 },
};

static const struct field_spec name_fields[] = {
    { "name", INPUT_TEXT, .max = 1000 },
    { "version", INPUT_INT, .min = 1, .max = INT32_MAX },
    { 0 },
};

static const struct field_spec reason_fields[] = {
    { "reason", INPUT_TEXT, .max = REASON_BYTES },
    { "version", INPUT_INT, .min = 1, .max = INT32_MAX },
    { 0 },
};

static const struct field_spec version_fields[] = {
    { "version", INPUT_INT, .min = 1, .max = INT32_MAX },
    { 0 },
};

static const struct field_spec move_fields[] = {
    { "words", INPUT_TEXT, .max = 200 },
    { "parent", INPUT_ID },
    { "reason", INPUT_TEXT, .max = REASON_BYTES },
    { "version", INPUT_INT, .min = 1, .max = INT32_MAX },
    { 0 },
};

const struct route attach_routes[] = {
    { GET, "/records/{kind}/{id}/files", "{kind}.view", get_files, NO_FIELDS, .reply = "files" },
    { POST, "/records/{kind}/{id}/files", "{kind}.edit", post_file, FIELDS(add_fields),
      ATTACHMENT_BODY_MAX, .reply = "file", .reply_status = 201 },
    { GET, "/records/{kind}/{id}/files/{file}", "{kind}.view", get_file, NO_FIELDS },
    { DELETE, "/records/{kind}/{id}/files/{file}", "{kind}.edit", delete_file,
      FIELDS(reason_fields), .json = true, .reply = "files" },
    { POST, "/records/{kind}/{id}/files/{file}/name", "{kind}.edit", post_file_name,
      FIELDS(name_fields), .json = true, .reply = "file" },
    { GET, "/records/{kind}/{id}/files/{file}/remove", "{kind}.edit", get_file_remove, NO_FIELDS },
    { POST, "/records/{kind}/{id}/files/{file}/remove", "{kind}.edit", post_file_remove,
      FIELDS(reason_fields), .json = true, .reply = "files" },
    { POST, "/records/{kind}/{id}/files/{file}/restore", "{kind}.edit", post_file_restore,
      FIELDS(version_fields), .json = true, .reply = "file" },
    { GET, "/records/{kind}/{id}/files/{file}/move", "{kind}.edit", get_file_move, NO_FIELDS },
    { POST, "/records/{kind}/{id}/files/{file}/move", "{kind}.edit", post_file_move,
      FIELDS(move_fields), .json = true, .reply = "file" },
    { 0 },
};
