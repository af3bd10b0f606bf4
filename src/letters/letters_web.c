/* Letters on the page of a record: which there are, filling one, making it. */
#include "letters/letters_web.h"

#include <string.h>

#include "auth/auth.h"
#include "core/buf.h"
#include "core/text.h"
#include "forms_gen.h"
#include "letters_templates.h"

#define LANGS_TEXT ((size_t)200)
#define ASK_BYTES  8000

/* --- shared by the pages --- */

struct url letterhead_url(struct ctx *ctx, const char *programme_id, const char *part)
{
    const char *head = *programme_id == '\0' ? "all" : programme_id;

    return part ? url_build(ctx, "/letterheads/{}/{}", head, part)
                : url_build(ctx, "/letterheads/{}", head);
}

enum err letter_preview_fill(struct ctx *ctx, struct letter_preview_view *v,
                             const struct letter_filled *filled, const struct letterhead *head)
{
    struct ctx local = *ctx;
    enum err rc;

    v->lang = filled->lang;
    v->dir = tr_direction(filled->lang);
    v->has_logo = head->logo != NULL;
    if (v->has_logo)
        v->logo = letterhead_url(ctx, head->programme_id, "logo");
    local.lang = filled->lang;
    rc = report_items_fill(&local, &v->items, &v->items_len, filled->document);
    ctx->problems = local.problems;
    ctx->problems_last = local.problems_last;
    return rc;
}

void letter_blanks_fill(struct ctx *ctx, const struct letter_blank_view **out, size_t *len_out,
                        const struct letter_filled *filled)
{
    struct letter_blank_view *items =
        ARENA_ARRAY(ctx->arena, filled->blanks_len + 1, struct letter_blank_view);

    for (size_t i = 0; i < filled->blanks_len; i++)
        items[i] =
            (struct letter_blank_view){ filled->blanks[i].label, filled->blanks[i].forbidden };
    *out = items;
    *len_out = filled->blanks_len;
}

static bool offered(struct ctx *ctx, const struct letterhead *head, const char *lang)
{
    char **langs = text_split(ctx->arena, head->languages, ' ', true, NULL);

    return langs[0] == NULL || text_among(langs, lang);
}

void letter_langs_fill(struct ctx *ctx, const struct letter_option_view **out, size_t *len_out,
                       const struct letter *l, const struct letterhead *head, const char *wanted)
{
    struct letter_option_view *items =
        ARENA_ARRAY(ctx->arena, l->faces_len + 1, struct letter_option_view);
    size_t current = 0;
    size_t len = 0;
    bool any = false;

    for (size_t i = 0; i < l->faces_len; i++)
        any = any || offered(ctx, head, l->faces[i].lang);
    for (size_t i = 0; i < l->faces_len; i++) {
        const char *lang = l->faces[i].lang;

        if (any && !offered(ctx, head, lang))
            continue;
        if (text_equal(lang, wanted))
            current = len;
        items[len++] = (struct letter_option_view){ lang, tr_language_name(lang), false };
    }
    if (len > 0)
        items[current].current = true;
    *out = items;
    *len_out = len;
}

/* --- the page of a record --- */

static void draw_part(struct html *h, const void *view)
{
    letters_part_render(h, view);
}

static bool takes_letters(const struct record *rec)
{
    return text_equal(rec->form->kind, FORM_CASE) || text_equal(rec->form->kind, FORM_PERSON);
}

enum err letters_detail(struct ctx *ctx, const struct record *rec, struct record_extra *out)
{
    struct letters_part_view *v;

    if (!user_may(ctx->user, PERM_LETTER_MAKE) || !takes_letters(rec))
        return OK;
    v = ARENA_NEW(ctx->arena, struct letters_part_view);
    v->link = url_build(ctx, "/records/{}/{}/letters", rec->form->kind, rec->id);
    out->draw = draw_part;
    out->view = v;
    return OK;
}

/* The record of the path, for who may see its kind and make letters of it. */
static enum err load_of(struct ctx *ctx, struct record **out, const struct req *req)
{
    const char *kind = req_path(req, "kind");
    struct record *rec = NULL;
    enum err rc;

    if (!user_may_do(ctx->user, kind, "view"))
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such letter."));
    rc = record_load(ctx, &rec, kind, req_path(req, "id"));
    if (rc == OK && (!takes_letters(rec) || text_equal(rec->status, RECORD_DELETED)))
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such letter."));
    if (rc == OK)
        *out = rec;
    return rc;
}

static const char *langs_text(struct ctx *ctx, const struct letter *l)
{
    struct buf b;

    buf_init(&b, ctx->arena, LANGS_TEXT);
    for (size_t i = 0; i < l->faces_len; i++)
        buf_printf(&b, "%s%s", i > 0 ? " \xC2\xB7 " : "", tr_language_name(l->faces[i].lang));
    return buf_text(&b);
}

static enum err fill_links(struct ctx *ctx, struct letters_of_view *v, const struct record *rec,
                           const char *programme_id)
{
    struct letter_version *items = NULL;
    struct letter_link_view *rows;
    size_t len = 0;
    enum err rc = letters_now(ctx, &items, &len, programme_id);

    rows = ARENA_ARRAY(ctx->arena, len + 1, struct letter_link_view);
    for (size_t i = 0; rc == OK && i < len; i++) {
        const struct letter_face *face;
        struct letter *l = NULL;

        rc = letter_read(ctx, &l, items[i].name, items[i].source, strlen(items[i].source));
        if (rc || l->bad > 0 || !text_equal(l->kind, rec->form->kind))
            continue;
        face = letter_face_of(l, ctx->lang);
        rows[v->rows_len++] =
            (struct letter_link_view){ .title = face->title,
                                       .about = face->about,
                                       .langs = langs_text(ctx, l),
                                       .link = url_build(ctx, "/records/{}/{}/letters/{}",
                                                         rec->form->kind, rec->id, l->name) };
    }
    v->rows = rows;
    return rc;
}

static enum err fill_made(struct ctx *ctx, struct letters_of_view *v, const struct record *rec)
{
    struct letter_made *items = NULL;
    struct letter_made_view *made;
    size_t len = 0;
    enum err rc = letters_made(ctx, &items, &len, rec);

    made = ARENA_ARRAY(ctx->arena, len + 1, struct letter_made_view);
    for (size_t i = 0; rc == OK && i < len; i++) {
        made[i] = (struct letter_made_view){ .title = items[i].title,
                                             .name = items[i].name,
                                             .lang = tr_language_name(items[i].lang),
                                             .version = items[i].version,
                                             .by = items[i].made_by_name,
                                             .made_at = items[i].made_at,
                                             .kept = items[i].file_id != NULL };
        if (made[i].kept)
            made[i].file = url_build(ctx, "/records/{}/{}/files/{}", rec->form->kind, rec->id,
                                     items[i].file_id);
    }
    v->made = made;
    v->made_len = len;
    return rc;
}

static enum err get_letters(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct letter_programme programme = { 0 };
    struct letters_of_view v = { 0 };
    struct record *rec = NULL;
    enum err rc = load_of(ctx, &rec, req);

    if (rc == OK)
        rc = letter_programme_of(ctx, &programme, rec);
    if (rc == OK)
        rc = fill_links(ctx, &v, rec, programme.id);
    if (rc == OK)
        rc = fill_made(ctx, &v, rec);
    if (rc)
        return rc;
    v.record = rec->title;
    v.back = url_build(ctx, "/records/{}/{}", rec->form->kind, rec->id);
    letters_of_reply(res, 200, &v);
    return OK;
}

/* --- one letter --- */

struct asked {
    struct record *rec;
    struct letter_programme programme;
    struct letterhead head;
    struct letter_version version;
    struct letter *letter;
    struct letter_order order;
    const struct letter_option_view *langs;
    size_t langs_len;
};

static enum err load_letter(struct ctx *ctx, struct asked *a, const struct req *req)
{
    enum err rc = load_of(ctx, &a->rec, req);

    if (rc == OK)
        rc = letter_programme_of(ctx, &a->programme, a->rec);
    if (rc == OK)
        rc = letterhead_now(ctx, &a->head, a->programme.id);
    if (rc == OK)
        rc = letter_now(ctx, &a->version, req_path(req, "letter"), a->programme.id);
    if (rc == OK)
        rc = letter_open(ctx, &a->letter, &a->version);
    if (rc == OK)
        rc = letter_refuse(ctx, a->letter);
    if (rc == OK && !text_equal(a->letter->kind, a->rec->form->kind))
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such letter."));
    return rc;
}

static void read_order(struct ctx *ctx, struct asked *a, const struct req *req)
{
    const char *wanted = req_text(req, "lang");

    letter_langs_fill(ctx, &a->langs, &a->langs_len, a->letter, &a->head,
                      *wanted ? wanted : ctx->lang);
    a->order = (struct letter_order){ .rec = a->rec,
                                      .head = &a->head,
                                      .programme = &a->programme,
                                      .lang = a->letter->faces[0].lang };
    for (size_t i = 0; i < a->langs_len; i++)
        if (a->langs[i].current)
            a->order.lang = a->langs[i].code;
    for (size_t i = 0; i < a->letter->asks_len; i++)
        a->order.asked[i] = text_trim(
            ctx->arena, req_text(req, arena_printf(ctx->arena, "a.%s", a->letter->asks[i].name)));
}

static void fill_asks(struct ctx *ctx, struct letter_order_view *v, const struct asked *a,
                      const struct letter_face *face)
{
    const struct letter *l = a->letter;
    struct letter_ask_view *asks = ARENA_ARRAY(ctx->arena, l->asks_len + 1, struct letter_ask_view);

    for (size_t i = 0; i < l->asks_len; i++) {
        asks[i] = (struct letter_ask_view){ .id = arena_printf(ctx->arena, "a.%s", l->asks[i].name),
                                            .label = face->labels[i],
                                            .value = a->order.asked[i],
                                            .date = l->asks[i].kind == ASK_DATE,
                                            .time = l->asks[i].kind == ASK_TIME,
                                            .multi = l->asks[i].kind == ASK_LONG };
        asks[i].problem = ctx_problem(ctx, asks[i].id);
    }
    v->asks = asks;
    v->asks_len = l->asks_len;
}

/* Whom the letter must not reach, for who may read that of the person. */
static enum err fill_warning(struct ctx *ctx, struct letter_order_view *v, const struct asked *a)
{
    const struct form *form = form_find(ctx->forms, FORM_PERSON);
    const struct field *f = field_find(form, FIELD_PERSON_DO_NOT_DISCLOSE_RETURN);
    struct record *person = a->rec;
    const char *value;
    enum err rc = OK;

    if (!record_may_read(ctx, f) || !user_may(ctx->user, "person.view"))
        return OK;
    if (text_equal(a->rec->form->kind, FORM_CASE))
        rc = record_load(ctx, &person, FORM_PERSON, a->rec->parent_id);
    if (rc == ERR_NOT_FOUND) {
        ctx_clear_problems(ctx);
        return OK;
    }
    if (rc)
        return rc;
    value = record_value(person, FIELD_PERSON_DO_NOT_DISCLOSE_RETURN);
    if (*value != '\0')
        v->warning = tr(ctx,
                        "Must not learn of the return: {0}. Do not send this letter where they "
                        "may see it.",
                        TR_TEXT(answers_shown(ctx, f, value)));
    return OK;
}

static void fill_consent(struct ctx *ctx, struct letter_order_view *v, const struct record *rec)
{
    const char *person = text_equal(rec->form->kind, FORM_CASE) ? rec->parent_id : rec->id;

    v->may_consent =
        ctx_problem(ctx, LETTER_CONSENT) && user_may(ctx->user, FORM_CONSENT ".create");
    if (v->may_consent)
        v->consent = url_build(ctx, "/records/{}/new?parent={}", FORM_CONSENT, person);
}

static enum err show_letter(struct ctx *ctx, struct res *res, int status, const struct asked *a,
                            const struct letter_filled *filled)
{
    const struct letter_face *face = letter_face_of(a->letter, ctx->lang);
    struct letter_order_view v = { .title = face->title,
                                   .about = face->about,
                                   .record = a->rec->title,
                                   .langs = a->langs,
                                   .langs_len = a->langs_len };
    const char *kind = a->rec->form->kind;
    enum err rc = OK;

    fill_asks(ctx, &v, a, face);
    v.back = url_build(ctx, "/records/{}/{}", kind, a->rec->id);
    v.list = url_build(ctx, "/records/{}/{}/letters", kind, a->rec->id);
    v.action = url_build(ctx, "/records/{}/{}/letters/{}", kind, a->rec->id, a->letter->name);
    v.may_keep = user_may_do(ctx->user, kind, "edit");
    v.problem = status == 422 ? ctx_first_problem(ctx) : NULL;
    fill_consent(ctx, &v, a->rec);
    if (rc == OK && status != 422)
        rc = fill_warning(ctx, &v, a);
    if (filled && rc == OK && status != 422)
        rc = letter_ask(ctx, filled, a->rec);
    if (rc == ERR_INVALID) { /* on the screen it could be photographed, and read out */
        v.hidden = ctx_problem(ctx, LETTER_CONSENT);
        fill_consent(ctx, &v, a->rec);
        filled = NULL;
        rc = OK;
    }
    if (filled && rc == OK && !ctx_problem(ctx, LETTER_CONSENT)) {
        letter_blanks_fill(ctx, &v.blanks, &v.blanks_len, filled);
        rc = letter_preview_fill(ctx, &v.preview, filled, &a->head);
    }
    if (rc)
        return rc;
    letter_order_reply(res, status, &v);
    return OK;
}

static enum err get_letter(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct letter_filled filled = { 0 };
    struct asked a = { 0 };
    enum err rc = load_letter(ctx, &a, req);

    if (rc)
        return rc;
    read_order(ctx, &a, req);
    rc = letter_fill(ctx, &filled, a.letter, &a.order);
    return rc ? rc : show_letter(ctx, res, 200, &a, &filled);
}

static enum err make(struct ctx *ctx, struct res *res, const struct asked *a,
                     const struct letter_filled *filled, bool keep)
{
    struct letter_pdf pdf = { 0 };
    enum err rc = letter_make(ctx, &pdf, &a->version, filled, a->rec, keep);

    if (rc == ERR_INVALID) /* no consent covers it, or a character that no font has */
        return show_letter(ctx, res, 422, a, filled);
    if (rc)
        return rc;
    if (!keep) {
        res_body(res, 200, "application/pdf", pdf.bytes, pdf.len, "letter.pdf");
        return OK;
    }
    res_flash(res, tr(ctx, "The letter is made, and kept with the files of the record."));
    return res_see_other(res,
                         url_build(ctx, "/records/{}/{}/letters", a->rec->form->kind, a->rec->id));
}

static enum err post_letter(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *act = req_text(req, "act");
    struct letter_filled filled = { 0 };
    struct asked a = { 0 };
    enum err rc = load_letter(ctx, &a, req);

    if (rc)
        return rc;
    read_order(ctx, &a, req);
    rc = letter_fill(ctx, &filled, a.letter, &a.order);
    if (rc == ERR_INVALID)
        return show_letter(ctx, res, 422, &a, NULL);
    if (rc)
        return rc;
    if (text_equal(act, "pdf") || text_equal(act, "keep"))
        return make(ctx, res, &a, &filled, text_equal(act, "keep"));
    return show_letter(ctx, res, 200, &a, &filled); /* changes nothing: a look at the letter */
}

static const struct field_spec get_fields[] = {
    { "lang", INPUT_CODE },
    { 0 },
};

static const struct field_spec post_fields[] = {
    { "lang", INPUT_CODE },
    { "act", INPUT_CODE },
    { "a.*", INPUT_TEXT, .max = ASK_BYTES },
    { 0 },
};

const struct route letters_routes[] = {
    { GET, "/records/{kind}/{id}/letters", PERM_LETTER_MAKE, get_letters, NO_FIELDS },
    { GET, "/records/{kind}/{id}/letters/{letter}", PERM_LETTER_MAKE, get_letter,
      FIELDS(get_fields) },
    { POST, "/records/{kind}/{id}/letters/{letter}", PERM_LETTER_MAKE, post_letter,
      FIELDS(post_fields) },
    { 0 },
};
