/* Templates of letters: the list, changing one, trying it, publishing, taking back. */
#include <string.h>

#include "auth/auth.h"
#include "core/text.h"
#include "letters/letters_inner.h"
#include "letters/letters_web.h"
#include "letters_templates.h"

#define BODY_MAX  ((size_t)512 * 1024)
#define FIRST     "appointment" /* what a new letter begins with */
#define NAME_MOST 200

static const char *origin_title(struct ctx *ctx, enum letter_origin origin)
{
    if (origin == LETTER_OWN)
        return tr(ctx, "published here");
    return origin == LETTER_SHIPPED ? tr(ctx, "comes with the program") : tr(ctx, "taken back");
}

/* --- the list --- */

static struct url edit_url(struct ctx *ctx, const char *name, const char *programme_id)
{
    return *programme_id == '\0' ? url_build(ctx, "/letters/{}", name)
                                 : url_build(ctx, "/letters/{}?programme={}", name, programme_id);
}

static enum err fill_row(struct ctx *ctx, struct letter_row_view *row,
                         const struct letter_version *v, const struct letter_programme *p)
{
    const struct letter_face *face;
    struct letter *l = NULL;
    enum err rc = letter_open(ctx, &l, v);

    if (rc)
        return rc;
    face = letter_face_of(l, ctx->lang);
    *row = (struct letter_row_view){ .title = face && face->title ? face->title : v->name,
                                     .name = v->name,
                                     .where = p->name,
                                     .origin = origin_title(ctx, v->origin),
                                     .version = v->version,
                                     .bad = l->bad > 0,
                                     .link = edit_url(ctx, v->name, p->id) };
    return OK;
}

/* Those of all programmes, or what one programme has of its own. */
static enum err fill_rows(struct ctx *ctx, struct letters_list_view *v,
                          struct letter_row_view *rows, const struct letter_programme *p)
{
    struct letter_version *items = NULL;
    size_t len = 0;
    enum err rc = letters_now(ctx, &items, &len, p->id);

    for (size_t i = 0; rc == OK && i < len && v->rows_len < LETTERS_MAX; i++)
        if (text_equal(items[i].programme_id, p->id) || !letter_reaches_all(ctx))
            rc = fill_row(ctx, &rows[v->rows_len++], &items[i], p);
    return rc;
}

static enum err show_list(struct ctx *ctx, const struct req *req, struct res *res, int status)
{
    struct letter_row_view *rows = ARENA_ARRAY(ctx->arena, LETTERS_MAX + 1, struct letter_row_view);
    struct letters_list_view v = { .rows = rows, .name = req_text(req, "name") };
    struct letter_programme *programmes = NULL;
    struct letter_option_view *options;
    size_t len = 0;
    enum err rc = letter_programmes(ctx, &programmes, &len);

    options = ARENA_ARRAY(ctx->arena, len + 1, struct letter_option_view);
    for (size_t i = 0; rc == OK && i < len; i++) {
        options[i] = (struct letter_option_view){ programmes[i].id, programmes[i].name, false };
        rc = fill_rows(ctx, &v, rows, &programmes[i]);
    }
    if (rc)
        return rc;
    v.programmes = options;
    v.programmes_len = len;
    v.problem = status == 422 ? ctx_first_problem(ctx) : NULL;
    letters_list_reply(res, status, &v);
    return OK;
}

static enum err get_list(struct ctx *ctx, const struct req *req, struct res *res)
{
    return show_list(ctx, req, res, 200);
}

static enum err post_list(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *name = req_text(req, "name");

    if (!text_is_name(name)) {
        (void)ctx_fail_field(ctx, "name",
                             tr(ctx, "A name has small letters, digits and _, such as follow_up."));
        return show_list(ctx, req, res, 422);
    }
    return res_see_other(
        res, url_build(ctx, "/letters/{}?programme={}&begin=1", name, req_text(req, "programme")));
}

/* --- one --- */

struct edit {
    struct letter_programme programme;
    const char *name;
    const char *source;
    int64_t seen; /* newest version of this name and programme, as the user saw it */
    struct letter *letter;
    const char *lang;
    struct letter_filled filled;
    struct letterhead head;
    bool shown;
};

static enum err fill_versions(struct ctx *ctx, struct letter_edit_view *v, const struct edit *e)
{
    struct letter_version *items = NULL;
    struct letter_version_view *rows;
    size_t len = 0;
    enum err rc = letter_versions(ctx, &items, &len, e->name, e->programme.id);

    rows = ARENA_ARRAY(ctx->arena, len + 1, struct letter_version_view);
    for (size_t i = 0; rc == OK && i < len; i++) {
        rows[i].version = items[i].version;
        rows[i].origin = origin_title(ctx, items[i].origin);
        rows[i].has_text = items[i].origin != LETTER_WITHDRAWN;
        rows[i].link =
            url_build(ctx, "/letters/{}?programme={}&version={}", e->name, e->programme.id,
                      arena_printf(ctx->arena, "%lld", (long long)items[i].version));
        rows[i].made_at = items[i].made_at;
        rc = user_name(ctx, &rows[i].by, items[i].made_by);
    }
    v->versions = rows;
    v->versions_len = len;
    v->may_withdraw = len > 0 && items[0].origin == LETTER_OWN;
    return rc;
}

static void fill_mistakes(struct ctx *ctx, struct letter_edit_view *v, const struct letter *l)
{
    struct letter_mistake_view *rows =
        ARENA_ARRAY(ctx->arena, l->mistakes_len + 1, struct letter_mistake_view);

    for (size_t i = 0; i < l->mistakes_len; i++)
        rows[i] = (struct letter_mistake_view){ l->mistakes[i].line, l->mistakes[i].column,
                                                l->mistakes[i].value, l->mistakes[i].text };
    v->mistakes = rows;
    v->mistakes_len = l->mistakes_len;
}

static enum err show_edit(struct ctx *ctx, const struct req *req, struct res *res, int status,
                          struct edit *e)
{
    struct letter_edit_view v = { .name = e->name,
                                  .where = e->programme.name,
                                  .programme = e->programme.id,
                                  .seen = e->seen,
                                  .source = e->source,
                                  .number = req_text(req, "number"),
                                  .has_preview = e->shown };
    enum err rc = fill_versions(ctx, &v, e);

    if (rc)
        return rc;
    v.action = url_build(ctx, "/letters/{}", e->name);
    if (e->letter) {
        fill_mistakes(ctx, &v, e->letter);
        letter_langs_fill(ctx, &v.langs, &v.langs_len, e->letter,
                          &(struct letterhead){ .languages = "" }, e->lang);
    }
    v.problem = status == 422 && v.mistakes_len == 0 ? ctx_first_problem(ctx) : NULL;
    if (e->shown) {
        letter_blanks_fill(ctx, &v.blanks, &v.blanks_len, &e->filled);
        rc = letter_preview_fill(ctx, &v.preview, &e->filled, &e->head);
    }
    if (rc)
        return rc;
    letter_edit_reply(res, status, &v);
    return OK;
}

static enum err load_edit(struct ctx *ctx, struct edit *e, const struct req *req)
{
    const char *wanted = req_text(req, "lang");

    e->name = req_path(req, "letter");
    e->lang = *wanted ? wanted : ctx->lang;
    if (!text_is_name(e->name))
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such letter."));
    return letter_programme_load(ctx, &e->programme, req_text(req, "programme"));
}

/* An older text to look at; publishing it again makes it the newest. */
static enum err older_text(struct ctx *ctx, struct edit *e, int64_t version)
{
    struct letter_version *items = NULL;
    size_t len = 0;
    enum err rc = letter_versions(ctx, &items, &len, e->name, e->programme.id);

    for (size_t i = 0; rc == OK && i < len; i++)
        if (items[i].version == version && items[i].origin != LETTER_WITHDRAWN) {
            e->source = items[i].source;
            return OK;
        }
    if (rc)
        return rc;
    return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such letter."));
}

static enum err get_edit(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct letter_version now = { 0 };
    struct letter_version newest = { 0 };
    struct edit e = { 0 };
    bool there = false;
    enum err rc = load_edit(ctx, &e, req);

    if (rc == OK)
        rc = letter_store_newest(ctx, &newest, &there, e.name, e.programme.id);
    if (rc == OK)
        rc = letter_now(ctx, &now, e.name, e.programme.id);
    if (rc == ERR_NOT_FOUND && req_bool(req, "begin") && e.programme.id) {
        ctx_clear_problems(ctx);
        rc = letter_now(ctx, &now, FIRST, LETTER_ALL);
    }
    if (rc)
        return rc;
    e.source = now.source;
    e.seen = newest.version;
    if (req_int(req, "version") > 0)
        rc = older_text(ctx, &e, req_int(req, "version"));
    if (rc == OK)
        rc = letter_read(ctx, &e.letter, e.name, e.source, strlen(e.source));
    return rc ? rc : show_edit(ctx, req, res, 200, &e);
}

/* On a record that the user may see, by its number; without one, on none. */
static enum err try_it(struct ctx *ctx, struct edit *e, const struct req *req)
{
    const char *number = text_trim(ctx->arena, req_text(req, "number"));
    struct letter_order order = { .lang = e->lang, .head = &e->head, .programme = &e->programme };
    struct record *rec = NULL;
    enum err rc = letterhead_now(ctx, &e->head, e->programme.id);

    if (rc == OK && *number != '\0' && user_may_do(ctx->user, e->letter->kind, "view")) {
        rc = record_find_number(ctx, &rec, e->letter->kind, number);
        order.rec = rec;
    } else if (rc == OK && *number != '\0') {
        rc = ERR_NOT_FOUND;
    }
    if (rc == ERR_NOT_FOUND) {
        ctx_clear_problems(ctx);
        return ctx_fail_field(ctx, "number", tr(ctx, "There is no such record."));
    }
    if (rc == OK)
        rc = letter_fill(ctx, &e->filled, e->letter, &order);
    e->shown = rc == OK;
    return rc;
}

static enum err done(struct ctx *ctx, struct res *res, const char *text)
{
    res_flash(res, text);
    return res_see_other(res, url_build(ctx, "/letters"));
}

static enum err publish(struct ctx *ctx, const struct req *req, struct res *res, struct edit *e)
{
    enum err rc = letter_publish(ctx, e->name, e->programme.id, e->source, e->seen);

    if (rc == ERR_INVALID)
        return show_edit(ctx, req, res, 422, e);
    return rc ? rc : done(ctx, res, tr(ctx, "The letter is published."));
}

static enum err post_edit(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *act = req_text(req, "act");
    struct edit e = { .source = req_text(req, "source"), .seen = req_int(req, "seen") };
    enum err rc = load_edit(ctx, &e, req);
    struct letter_version v = { 0 };

    if (rc)
        return rc;
    if (text_equal(act, "withdraw")) {
        rc = letter_withdraw(ctx, e.name, e.programme.id, e.seen);
        return rc ? rc : done(ctx, res, tr(ctx, "The letter is taken back."));
    }
    v = (struct letter_version){ .name = e.name, .source = e.source };
    rc = letter_open(ctx, &e.letter, &v);
    if (rc)
        return rc;
    if (e.letter->bad > 0)
        return show_edit(ctx, req, res, 422, &e);
    if (text_equal(act, "publish"))
        return publish(ctx, req, res, &e);
    rc = try_it(ctx, &e, req);
    if (rc == ERR_INVALID)
        return show_edit(ctx, req, res, 422, &e);
    return rc ? rc : show_edit(ctx, req, res, 200, &e);
}

static const struct field_spec list_fields[] = {
    { "name", INPUT_TEXT, .max = NAME_MOST },
    { "programme", INPUT_TEXT, .max = NAME_MOST },
    { 0 },
};

static const struct field_spec get_fields[] = {
    { "programme", INPUT_TEXT, .max = NAME_MOST },
    { "begin", INPUT_BOOL },
    { "version", INPUT_INT, .min = 1, .max = INT64_MAX },
    { 0 },
};

static const struct field_spec post_fields[] = {
    { "programme", INPUT_TEXT, .max = NAME_MOST },
    { "source", INPUT_TEXT, .max = (int64_t)LETTER_BYTES_MAX },
    { "seen", INPUT_INT, .min = 0, .max = INT64_MAX },
    { "number", INPUT_TEXT, .max = NAME_MOST },
    { "lang", INPUT_CODE },
    { "act", INPUT_CODE },
    { 0 },
};

const struct route letter_edit_routes[] = {
    { GET, "/letters", PERM_LETTER_MANAGE, get_list, NO_FIELDS },
    { POST, "/letters", PERM_LETTER_MANAGE, post_list, FIELDS(list_fields) },
    { GET, "/letters/{letter}", PERM_LETTER_MANAGE, get_edit, FIELDS(get_fields) },
    { POST, "/letters/{letter}", PERM_LETTER_MANAGE, post_edit, FIELDS(post_fields),
      .body_max = BODY_MAX },
    { 0 },
};
