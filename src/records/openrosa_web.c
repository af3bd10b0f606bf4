/* Forms found by devices: OpenRosa's list of forms, and of the files that come with one. */
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "forms/openrosa.h"
#include "forms/xform.h"
#include "records/publish.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

#define XML_TYPE  "text/xml; charset=utf-8"
#define KNOWN_MAX 256
#define HASH_ROOM 80

static const char *address(struct ctx *ctx, const struct req *req, const char *pattern,
                           const char *kind)
{
    return req_absolute(ctx, req, url_build(ctx, pattern, kind));
}

/* Of XForms that this process has written; a form has its place, a newer version takes it. */
static struct known_hash {
    char form[HASH_ROOM]; /* struct form: hash */
    char xform[HASH_ROOM];
} known[KNOWN_MAX];

/* An XForm has all its languages and is the same for everybody: it is written once to be hashed. */
static enum err hash_of(struct ctx *ctx, const char **out, const struct form *form, size_t place)
{
    struct known_hash *k = &known[place % KNOWN_MAX];
    struct arena_mark mark;
    const char *xml = NULL;
    size_t len = 0;
    enum err rc;

    if (strcmp(k->form, form->hash) != 0) {
        mark = arena_mark(ctx->arena);
        rc = xform_write(ctx, &xml, &len, form);
        if (rc)
            return rc;
        (void)snprintf(k->xform, sizeof(k->xform), "%s", openrosa_hash(ctx->arena, xml, len));
        (void)snprintf(k->form, sizeof(k->form), "%s", form->hash);
        arena_rewind(ctx->arena, mark);
    }
    *out = arena_strdup(ctx->arena, k->xform);
    return OK;
}

static enum err fill_form(struct ctx *ctx, struct openrosa_form *out, const struct req *req,
                          size_t place)
{
    const struct form *form = ctx->forms->items[place];
    struct form_medium *media = NULL;
    size_t media_len = 0;
    const char *hash = NULL;
    enum err rc = hash_of(ctx, &hash, form, place);

    if (!rc)
        rc = form_media(ctx, &media, &media_len, form);
    if (rc)
        return rc;
    *out = (struct openrosa_form){
        .id = form->kind,
        .name = label_text(ctx, &form->title),
        .version = form->version,
        .hash = hash,
        .download = address(ctx, req, "/forms/{}/xform.xml", form->kind),
        .manifest = media_len ? address(ctx, req, "/forms/{}/manifest.xml", form->kind) : NULL,
    };
    return OK;
}

/* Those that are in force, by kind. */
enum err get_form_list(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *asked = req_text(req, "formID");
    struct openrosa_form *items =
        ARENA_ARRAY(ctx->arena, ctx->forms->len + 1, struct openrosa_form);
    const char *xml = NULL;
    size_t xml_len = 0;
    size_t n = 0;
    enum err rc = OK;

    for (size_t i = 0; !rc && i < ctx->forms->len; i++) {
        const struct form *form = ctx->forms->items[i];

        if (!form_shown(ctx, form) || (asked[0] && strcmp(asked, form->kind) != 0))
            continue;
        rc = fill_form(ctx, &items[n++], req, i);
    }
    if (!rc)
        rc = openrosa_forms(ctx, &xml, &xml_len, items, n);
    if (rc)
        return rc;
    res_body(res, 200, XML_TYPE, xml, xml_len, NULL);
    return OK;
}

enum err get_manifest(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct form *form = form_find(ctx->forms, req_path(req, "kind"));
    struct form_medium *media = NULL;
    struct openrosa_file *items;
    const char *xml = NULL;
    size_t xml_len = 0;
    size_t len = 0;
    enum err rc;

    if (!form_shown(ctx, form))
        return ERR_NOT_FOUND;
    rc = form_media(ctx, &media, &len, form);
    items = ARENA_ARRAY(ctx->arena, len + 1, struct openrosa_file);
    for (size_t i = 0; !rc && i < len; i++) {
        struct form_medium m = { 0 };

        rc = form_medium_load(ctx, &m, form, media[i].name);
        items[i] = (struct openrosa_file){
            .name = media[i].name,
            .hash = openrosa_hash(ctx->arena, m.bytes, m.len),
            .download = req_absolute(
                ctx, req, url_build(ctx, "/forms/{}/media/{}", form->kind, media[i].name)),
        };
    }
    if (!rc)
        rc = openrosa_files(ctx, &xml, &xml_len, items, len);
    if (rc)
        return rc;
    res_body(res, 200, XML_TYPE, xml, xml_len, NULL);
    return OK;
}
