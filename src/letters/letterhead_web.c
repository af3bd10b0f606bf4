/* Letterheads: the list, changing one, its logo. */
#include <string.h>

#include "auth/auth.h"
#include "core/buf.h"
#include "core/text.h"
#include "letters/letters_inner.h"
#include "letters/letters_web.h"
#include "letters_templates.h"

#define BODY_MAX   ((size_t)6 * 1024 * 1024)
#define LOGO_BYTES ((int64_t)5 * 1024 * 1024)
#define TEXT_BYTES 4000
#define LANGS_MAX  ((size_t)100)
#define ALL        "all" /* in addresses */

static enum err get_heads(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct letter_programme *programmes = NULL;
    struct letterheads_view v = { 0 };
    struct head_row_view *rows;
    size_t len = 0;
    enum err rc = letter_programmes(ctx, &programmes, &len);

    (void)req;
    rows = ARENA_ARRAY(ctx->arena, len + 1, struct head_row_view);
    for (size_t i = 0; rc == OK && i < len; i++) {
        struct letterhead h = { 0 };

        rc = letterhead_load(ctx, &h, programmes[i].id);
        if (rc == OK)
            rows[i] =
                (struct head_row_view){ programmes[i].name, letterhead_text_of(&h, ctx->lang).name,
                                        letterhead_url(ctx, programmes[i].id, NULL) };
    }
    if (rc)
        return rc;
    v.rows = rows;
    v.rows_len = len;
    letterheads_reply(res, 200, &v);
    return OK;
}

static const char *programme_in(const struct req *req)
{
    const char *head = req_path(req, "head");

    return text_equal(head, ALL) ? LETTER_ALL : head;
}

static enum err show_head(struct ctx *ctx, struct res *res, int status,
                          const struct letter_programme *p, const struct letterhead *h)
{
    char **langs = text_split(ctx->arena, h->languages, ' ', true, NULL);
    struct head_text_view *texts = ARENA_ARRAY(ctx->arena, h->texts_len + 1, struct head_text_view);
    struct letterhead_edit_view v = { .title = p->name,
                                      .version = h->version,
                                      .texts = texts,
                                      .texts_len = h->texts_len,
                                      .has_logo = h->version > 0 && h->logo != NULL };

    for (size_t i = 0; i < h->texts_len; i++)
        texts[i] = (struct head_text_view){ .lang = h->texts[i].lang,
                                            .dir = tr_direction(h->texts[i].lang),
                                            .title = tr_language_name(h->texts[i].lang),
                                            .name = h->texts[i].name,
                                            .contact = h->texts[i].contact,
                                            .footer = h->texts[i].footer,
                                            .problem = ctx_problem(ctx, h->texts[i].lang),
                                            .offered = langs[0] == NULL ||
                                                       text_among(langs, h->texts[i].lang) };
    v.action = letterhead_url(ctx, p->id, NULL);
    v.logo = letterhead_url(ctx, p->id, "logo");
    v.problem = status == 422 ? ctx_first_problem(ctx) : NULL;
    v.file_problem = ctx_problem(ctx, "file");
    letterhead_edit_reply(res, status, &v);
    return OK;
}

static enum err load_head(struct ctx *ctx, struct letter_programme *p, struct letterhead *h,
                          const struct req *req)
{
    enum err rc = letter_programme_load(ctx, p, programme_in(req));

    return rc ? rc : letterhead_load(ctx, h, p->id);
}

static enum err get_head(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct letter_programme p = { 0 };
    struct letterhead h = { 0 };
    enum err rc = load_head(ctx, &p, &h, req);

    return rc ? rc : show_head(ctx, res, 200, &p, &h);
}

static const char *typed(struct ctx *ctx, const struct req *req, const char *lang, const char *part)
{
    return text_trim(ctx->arena, req_text(req, arena_printf(ctx->arena, "t.%s.%s", lang, part)));
}

static void read_texts(struct ctx *ctx, struct letterhead *h, const struct req *req)
{
    struct buf langs;
    size_t offered = 0;

    buf_init(&langs, ctx->arena, LANGS_MAX);
    for (size_t i = 0; i < h->texts_len; i++) {
        const char *lang = h->texts[i].lang;

        h->texts[i].name = typed(ctx, req, lang, "name");
        h->texts[i].contact = typed(ctx, req, lang, "contact");
        h->texts[i].footer = typed(ctx, req, lang, "footer");
        if (req_bool(req, arena_printf(ctx->arena, "l.%s", lang))) {
            buf_printf(&langs, "%s%s", offered > 0 ? " " : "", lang);
            offered++;
        }
    }
    h->languages = offered == h->texts_len ? "" : buf_text(&langs); /* also those to come */
}

static enum err post_head(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct letter_programme p = { 0 };
    struct letterhead h = { 0 };
    size_t len = 0;
    const char *bytes = req_file(req, "file", &len, NULL);
    enum err rc = load_head(ctx, &p, &h, req);

    if (rc)
        return rc;
    read_texts(ctx, &h, req);
    h.version = req_int(req, "version");
    if (req_bool(req, "drop"))
        h.logo = NULL;
    if (h.logo == NULL)
        h.logo_len = 0;
    if (bytes != NULL && len > 0)
        rc = letterhead_logo(ctx, &h, bytes, len);
    if (rc == OK)
        rc = letterhead_save(ctx, &h);
    if (rc == ERR_INVALID)
        return show_head(ctx, res, 422, &p, &h);
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "Saved."));
    return res_see_other(res, url_build(ctx, "/letterheads"));
}

/* Whoever works here may see it: it stands on every letter. */
static enum err get_logo(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct letterhead h = { 0 };
    enum err rc = letterhead_load(ctx, &h, programme_in(req));

    if (rc)
        return rc;
    if (h.logo == NULL)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no logo."));
    res_body(res, 200, "image/png", h.logo, h.logo_len, NULL);
    return OK;
}

static const struct field_spec head_fields[] = {
    { "version", INPUT_INT, .min = 0, .max = INT64_MAX },
    { "t.*", INPUT_TEXT, .max = TEXT_BYTES },
    { "l.*", INPUT_BOOL },
    { "drop", INPUT_BOOL },
    { "file", INPUT_FILE, .max = LOGO_BYTES },
    { 0 },
};

const struct route letterhead_routes[] = {
    { GET, "/letterheads", PERM_LETTER_MANAGE, get_heads, NO_FIELDS },
    { GET, "/letterheads/{head}", PERM_LETTER_MANAGE, get_head, NO_FIELDS },
    { POST, "/letterheads/{head}", PERM_LETTER_MANAGE, post_head, FIELDS(head_fields),
      .body_max = BODY_MAX },
    { GET, "/letterheads/{head}/logo", PERM_SIGNED_IN, get_logo, NO_FIELDS },
    { 0 },
};
