/* Files among the answers of a form: what is sent, taken out, shown. */
#include <string.h>

#include "core/text.h"
#include "records/attach.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

/* The question of a path such as names.2.photo, if it asks for a file. */
static const struct field *media_field(const struct form *form, const char *path)
{
    const char *dot = strrchr(path, '.');
    const struct field *f = field_find(form, dot ? dot + 1 : path);

    if (f == NULL || (f->kind != FIELD_IMAGE && f->kind != FIELD_AUDIO && f->kind != FIELD_VIDEO &&
                      f->kind != FIELD_FILE))
        return NULL;
    return f;
}

/* The problem of "file" is that of the question. */
static enum err tell_of(struct ctx *ctx, const char *path, enum err rc)
{
    const char *problem = ctx_problem(ctx, "file");
    const char *text = problem ? arena_strdup(ctx->arena, problem) : NULL;

    if ((rc != ERR_INVALID && rc != ERR_LIMIT) || text == NULL)
        return rc;
    ctx_clear_problems(ctx);
    return ctx_fail_field(ctx, arena_strdup(ctx->arena, path), text);
}

static enum err take_one(struct ctx *ctx, struct form_post *out, const struct form *form,
                         const struct upload *u)
{
    const struct field *f = media_field(form, u->name);
    const struct upload_bytes bytes = { u->filename, u->bytes, u->len };
    const char *value = NULL;
    enum err rc;

    if (f == NULL || !field_visible(ctx, f))
        return ctx_fail_field(ctx, u->name,
                              tr(ctx, "This field is not known here: {0}.", TR_TEXT(u->name)));
    rc = attachment_stage(ctx, &value, form, f, &bytes);
    if (rc)
        return tell_of(ctx, u->name, rc);
    out->pairs[out->len].name = u->name;
    out->pairs[out->len++].value = value;
    out->media_len = out->len;
    return OK;
}

enum err media_take(struct ctx *ctx, struct form_post *out, const struct req *req)
{
    size_t len = 0;
    const struct upload *uploads = req_uploads(req, &len);
    const struct form *form = form_find(ctx->forms, req_path(req, "kind"));

    for (size_t i = 0; i < len && form != NULL; i++) {
        enum err rc = uploads[i].len > 0 ? take_one(ctx, out, form, &uploads[i]) : OK;

        if (rc == ERR_INVALID)
            out->files = rc;
        else if (rc)
            return rc;
    }
    return OK;
}

bool media_stands(const struct form_post *post, const struct pair *pairs, size_t len,
                  const char *name)
{
    for (size_t i = 0; i < post->media_len; i++)
        if (strcmp(post->pairs[i].name, name) == 0)
            return false; /* a newer file came */
    for (size_t i = 0; i < len; i++)
        if (text_starts(pairs[i].name, "_drop.") && strcmp(pairs[i].name + 6, name) == 0)
            return false;
    return true;
}

struct url media_link(struct ctx *ctx, const struct record *rec, const struct field *f,
                      const char *value)
{
    const char *id = media_field(rec->form, f->name) ? attachment_id_of(ctx->arena, value) : NULL;

    if (id == NULL || rec->id == NULL)
        return (struct url){ NULL };
    return url_build(ctx, "/records/{}/{}/files/{}", rec->form->kind, rec->id, id);
}

const char *media_accept(const struct field *f)
{
    if (f->kind == FIELD_IMAGE)
        return "image/jpeg,image/png";
    if (f->kind == FIELD_AUDIO)
        return "audio/*";
    return f->kind == FIELD_VIDEO ? "video/*" : "";
}
