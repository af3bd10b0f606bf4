/* Consent on the pages of people: a receipt, withdrawing it, and who received what. */
#include "sharing/sharing_web.h"

#include "auth/auth.h"
#include "core/buf.h"
#include "core/text.h"
#include "forms_gen.h"
#include "letters/letters.h"
#include "sharing/sharing.h"
#include "sharing_templates.h"

#define SHOWN     100
#define LIST_TEXT ((size_t)1024 * 1024)

/* A day, a code, a list of codes as people read them; fields of the form's top. */
static const char *shown(struct ctx *ctx, const struct record *rec, const char *field)
{
    return answers_shown(ctx, field_find(rec->form, field), record_value(rec, field));
}

static bool may_see(const struct ctx *ctx, const char *kind)
{
    const struct form *form = form_find(ctx->forms, kind);

    return user_may_do(ctx->user, kind, "view") && form->privacy <= ctx->user->clearance;
}

static struct url withdraw_url(struct ctx *ctx, const struct record *rec)
{
    if (!text_equal(rec->status, STATUS_CONSENT_GIVEN) ||
        !user_may(ctx->user, FORM_CONSENT ".withdraw"))
        return (struct url){ 0 };
    return url_build(ctx, "/consents/{}/withdraw", rec->id);
}

/* --- what was given --- */

static void fill_given(struct ctx *ctx, struct sharing_given_view *v, const struct record *rec)
{
    bool recall = text_equal(rec->status, STATUS_DISCLOSURE_RECALL);

    *v = (struct sharing_given_view){
        .on = shown(ctx, rec, FIELD_DISCLOSURE_SHARED_ON),
        .recipient = record_value(rec, FIELD_DISCLOSURE_SHARED_WITH),
        .purpose = shown(ctx, rec, FIELD_DISCLOSURE_SHARED_FOR),
        .data = shown(ctx, rec, FIELD_DISCLOSURE_SHARED_DATA),
        .way = shown(ctx, rec, FIELD_DISCLOSURE_SHARED_BY_WAY),
        .status = record_status_title(ctx, rec->form, rec->status),
        .code = rec->status,
        .link = url_build(ctx, "/records/{}/{}", FORM_DISCLOSURE, rec->id),
    };
    if (recall && user_may(ctx->user, FORM_DISCLOSURE ".recall"))
        v->told = url_build(ctx, "/records/{}/{}/status?to={}", FORM_DISCLOSURE, rec->id,
                            STATUS_DISCLOSURE_RECALLED);
}

/*
 * Newest first, at most SHOWN; of one consent, however many were given under others since, or of
 * all of a person's (consent NULL).
 */
static enum err given_of(struct ctx *ctx, const struct sharing_given_view **out, size_t *len_out,
                         const char *person_id, const struct record *consent)
{
    struct sharing_given_view *items = ARENA_ARRAY(ctx->arena, SHOWN, struct sharing_given_view);
    struct record_filter filter = { .parent_id = person_id, .limit = SHOWN };
    size_t len = 0;
    enum err rc = OK;

    *len_out = 0;
    if (!may_see(ctx, FORM_DISCLOSURE))
        return OK;
    do {
        struct record_list list = { 0 };

        rc = record_list(ctx, &list, FORM_DISCLOSURE, &filter);
        for (size_t i = 0; rc == OK && i < list.len && len < SHOWN; i++)
            if (!consent || record_is(list.items[i], FIELD_DISCLOSURE_SHARED_CONSENT, consent->id))
                fill_given(ctx, &items[len++], list.items[i]);
        filter.after = list.next;
    } while (rc == OK && filter.after && len < SHOWN);
    if (rc)
        return rc;
    *out = items;
    *len_out = len;
    return OK;
}

/* --- parts of pages --- */

static void draw_part(struct html *h, const void *view)
{
    sharing_part_render(h, view);
}

static enum err fill_consents(struct ctx *ctx, struct sharing_part_view *v, const char *person_id)
{
    const struct record_filter filter = { .parent_id = person_id,
                                          .status = STATUS_CONSENT_GIVEN,
                                          .limit = SHOWN };
    struct record_list list = { 0 };
    struct sharing_consent_view *items;
    enum err rc = record_list(ctx, &list, FORM_CONSENT, &filter);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, list.len + 1, struct sharing_consent_view);
    for (size_t i = 0; i < list.len; i++) {
        const struct record *rec = list.items[i];

        items[i] = (struct sharing_consent_view){
            .title = shown(ctx, rec, FIELD_CONSENT_ABOUT),
            .given_on = shown(ctx, rec, FIELD_CONSENT_GIVEN_AT),
            .until = shown(ctx, rec, FIELD_CONSENT_VALID_TO),
            .link = url_build(ctx, "/records/{}/{}", FORM_CONSENT, rec->id),
            .withdraw = withdraw_url(ctx, rec),
        };
    }
    v->consents = items;
    v->consents_len = list.len;
    return OK;
}

enum err sharing_case_detail(struct ctx *ctx, const struct record *rec, struct record_extra *out)
{
    struct sharing_part_view *v = ARENA_NEW(ctx->arena, struct sharing_part_view);
    enum err rc;

    if (!may_see(ctx, FORM_CONSENT))
        return OK;
    rc = fill_consents(ctx, v, rec->parent_id);
    if (rc == OK && v->consents_len > 0) {
        out->draw = draw_part;
        out->view = v;
    }
    return rc;
}

enum err sharing_person_detail(struct ctx *ctx, const struct record *rec, struct record_extra *out)
{
    struct sharing_part_view *v = ARENA_NEW(ctx->arena, struct sharing_part_view);
    enum err rc;

    if (!may_see(ctx, FORM_CONSENT))
        return OK;
    rc = fill_consents(ctx, v, rec->id);
    if (rc == OK)
        rc = given_of(ctx, &v->given, &v->given_len, rec->id, NULL);
    if (rc)
        return rc;
    v->of_person = true;
    if (v->given_len > 0 && user_may(ctx->user, PERM_LETTER_MAKE))
        v->print = url_build(ctx, "/people/{}/shared", rec->id);
    out->draw = draw_part;
    out->view = v;
    return OK;
}

static void draw_consent_part(struct html *h, const void *view)
{
    consent_part_render(h, view);
}

static const char *language_of(struct ctx *ctx, const char *wanted, const struct record *consent)
{
    const char *told = record_value(consent, FIELD_CONSENT_LANGUAGE);

    if (wanted[0] && tr_has_language(wanted))
        return wanted;
    return tr_has_language(told) ? told : ctx->lang;
}

static void fill_langs(struct ctx *ctx, struct consent_part_view *v, const struct record *rec)
{
    const char *const *langs = tr_languages();
    const char *current = language_of(ctx, "", rec);
    struct sharing_lang_view *items;
    size_t len = 0;

    while (langs[len])
        len++;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct sharing_lang_view);
    for (size_t i = 0; i < len; i++)
        items[i] = (struct sharing_lang_view){ langs[i], tr_language_name(langs[i]),
                                               text_equal(langs[i], current) };
    v->langs = items;
    v->langs_len = len;
}

static bool is_decided(const struct record *rec)
{
    return !text_equal(rec->status, STATUS_CONSENT_DRAFT) &&
           !text_equal(rec->status, STATUS_CONSENT_REFUSED) &&
           !text_equal(rec->status, RECORD_DELETED);
}

enum err sharing_consent_detail(struct ctx *ctx, const struct record *rec, struct record_extra *out)
{
    struct consent_part_view *v = ARENA_NEW(ctx->arena, struct consent_part_view);
    enum err rc;

    if (!is_decided(rec))
        return OK;
    rc = given_of(ctx, &v->given, &v->given_len, rec->parent_id, rec);
    if (rc)
        return rc;
    if (user_may(ctx->user, PERM_LETTER_MAKE) && user_may(ctx->user, FORM_PERSON ".view"))
        v->receipt = url_build(ctx, "/consents/{}/receipt", rec->id);
    v->withdraw = withdraw_url(ctx, rec);
    fill_langs(ctx, v, rec);
    out->draw = draw_consent_part;
    out->view = v;
    return OK;
}

/* --- letters for the person --- */

/* A letter of the person's, with what it asks filled in by place; as a PDF. */
static enum err reply_letter(struct ctx *ctx, struct res *res, const char *name,
                             const struct letter_order *asked)
{
    struct letter_order order = *asked;
    struct letter_programme programme = { 0 };
    struct letter_version version = { 0 };
    struct letter_filled filled = { 0 };
    struct letterhead head = { 0 };
    struct letter_pdf pdf = { 0 };
    struct letter *letter = NULL;
    enum err rc = letter_programme_of(ctx, &programme, order.rec);

    order.programme = &programme;
    order.head = &head;
    if (rc == OK)
        rc = letterhead_now(ctx, &head, programme.id);
    if (rc == OK)
        rc = letter_now(ctx, &version, name, programme.id);
    if (rc == OK)
        rc = letter_open(ctx, &letter, &version);
    if (rc == OK)
        rc = letter_refuse(ctx, letter);
    if (rc == OK)
        rc = letter_fill(ctx, &filled, letter, &order);
    if (rc == OK)
        rc = letter_make(ctx, &pdf, &version, &filled, order.rec, false);
    if (rc == OK)
        res_body(res, 200, "application/pdf", pdf.bytes, pdf.len,
                 arena_printf(ctx->arena, "%s.pdf", name));
    return rc;
}

static const char *recipients_of(struct ctx *ctx, const struct record *rec)
{
    const struct field *repeat = field_find(rec->form, FIELD_CONSENT_RECIPIENTS);
    const struct field *name = field_find(rec->form, FIELD_CONSENT_RECIPIENT_NAME);
    size_t len = rec->answers->rows_len[repeat->place];
    struct buf b;

    buf_init(&b, ctx->arena, LIST_TEXT);
    for (size_t i = 0; i < len; i++)
        buf_printf(&b, "%s%s", i > 0 ? "\n" : "",
                   answers_get(rec->answers->rows[repeat->place][i], name));
    if (len == 0)
        buf_add(&b, tr(ctx, "Nobody outside the office"));
    return buf_text(&b);
}

static enum err post_receipt(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct letter_order order = { 0 };
    struct record *person = NULL;
    struct record *rec = NULL;
    struct ctx local;
    enum err rc = record_load(ctx, &rec, FORM_CONSENT, req_path(req, "id"));

    if (rc == OK && (!may_see(ctx, FORM_CONSENT) || !is_decided(rec)))
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such letter."));
    if (rc == OK)
        rc = record_load_allowed(ctx, &person, FORM_PERSON, rec->parent_id);
    if (rc)
        return rc;
    local = *ctx;
    local.lang = language_of(ctx, req_text(req, "lang"), rec);
    order.rec = person;
    order.lang = local.lang;
    order.asked[0] = shown(&local, rec, FIELD_CONSENT_PURPOSES);
    order.asked[1] = recipients_of(&local, rec);
    order.asked[2] = shown(&local, rec, FIELD_CONSENT_DATA_CATEGORIES);
    order.asked[3] = record_value(rec, FIELD_CONSENT_GIVEN_AT);
    order.asked[4] = text_blank(record_value(rec, FIELD_CONSENT_VALID_TO))
                         ? tr(&local, "Until I change my mind")
                         : shown(&local, rec, FIELD_CONSENT_VALID_TO);
    order.asked[5] = shown(&local, rec, FIELD_CONSENT_MODE);
    return reply_letter(ctx, res, "consent_receipt", &order);
}

/* What the person may ask for: to whom what was given. */
static enum err post_shared(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *lang = req_text(req, "lang");
    struct letter_order order = { 0 };
    struct record **items = NULL;
    struct record *person = NULL;
    struct ctx local = *ctx;
    struct buf b;
    size_t len = 0;
    enum err rc = record_load_allowed(ctx, &person, FORM_PERSON, req_path(req, "id"));

    if (rc == OK && !may_see(ctx, FORM_DISCLOSURE))
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such letter."));
    if (rc == OK)
        rc = sharing_given(ctx, &items, &len, person->id);
    if (rc)
        return rc;
    local.lang = lang[0] && tr_has_language(lang) ? lang : ctx->lang;
    buf_init(&b, ctx->arena, LIST_TEXT);
    for (size_t i = 0; i < len; i++)
        buf_printf(&b, "%s%s", i > 0 ? "\n" : "",
                   tr(&local, "{0}: {1}. {2}. {3}.",
                      TR_TEXT(shown(&local, items[i], FIELD_DISCLOSURE_SHARED_ON)),
                      TR_TEXT(record_value(items[i], FIELD_DISCLOSURE_SHARED_WITH)),
                      TR_TEXT(shown(&local, items[i], FIELD_DISCLOSURE_SHARED_FOR)),
                      TR_TEXT(shown(&local, items[i], FIELD_DISCLOSURE_SHARED_DATA))));
    order.rec = person;
    order.lang = local.lang;
    order.asked[0] = len > 0 ? buf_text(&b) : tr(&local, "Nobody outside the office");
    if (!buf_ok(&b))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The list is too long."));
    return reply_letter(ctx, res, "shared_with", &order);
}

/* --- withdrawing --- */

static enum err show_withdraw(struct ctx *ctx, struct res *res, int status, const char *id,
                              const char *reason)
{
    struct consent_withdraw_view v = { .reason = reason };
    struct record *person = NULL;
    struct record *rec = NULL;
    enum err rc = record_load(ctx, &rec, FORM_CONSENT, id);

    if (rc == OK && status == 200 && !text_equal(rec->status, STATUS_CONSENT_GIVEN))
        rc = ctx_fail(ctx, ERR_CONFLICT,
                      tr(ctx, "The consent was changed meanwhile. Look at it again."));
    if (rc == OK && user_may(ctx->user, FORM_PERSON ".view"))
        rc = record_load(ctx, &person, FORM_PERSON, rec->parent_id);
    if (rc == OK)
        rc = given_of(ctx, &v.given, &v.given_len, rec->parent_id, rec);
    if (rc)
        return rc;
    v.title = shown(ctx, rec, FIELD_CONSENT_ABOUT);
    v.person = person ? person->title : rec->title;
    v.back = person ? url_build(ctx, "/records/{}/{}", FORM_PERSON, person->id)
                    : url_build(ctx, "/records/{}/{}", FORM_CONSENT, rec->id);
    v.action = url_build(ctx, "/consents/{}/withdraw", rec->id);
    v.version = rec->version;
    v.problem = status == 200 ? NULL : ctx_first_problem(ctx);
    consent_withdraw_reply(res, status, &v);
    return OK;
}

static enum err get_withdraw(struct ctx *ctx, const struct req *req, struct res *res)
{
    return show_withdraw(ctx, res, 200, req_path(req, "id"), "");
}

static enum err post_withdraw(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *reason = text_trim(ctx->arena, req_text(req, "reason"));
    const char *id = req_path(req, "id");
    enum err rc = sharing_withdraw(ctx, id, req_int(req, "version"), reason);

    if (rc == ERR_INVALID)
        return show_withdraw(ctx, res, 422, id, reason);
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "The consent is withdrawn. Nothing is shared under it any more."));
    return res_see_other(res, url_build(ctx, "/records/{}/{}", FORM_CONSENT, id));
}

static const struct field_spec lang_fields[] = {
    { "lang", INPUT_CODE },
    { 0 },
};

static const struct field_spec withdraw_fields[] = {
    { "version", INPUT_INT, .min = 1, .required = true },
    { "reason", INPUT_TEXT, .max = 2000 },
    { 0 },
};

const struct route sharing_routes[] = {
    { GET, "/consents/{id}/withdraw", "consent.withdraw", get_withdraw, NO_FIELDS },
    { POST, "/consents/{id}/withdraw", "consent.withdraw", post_withdraw, FIELDS(withdraw_fields) },
    { POST, "/consents/{id}/receipt", PERM_LETTER_MAKE, post_receipt, FIELDS(lang_fields) },
    { POST, "/people/{id}/shared", PERM_LETTER_MAKE, post_shared, FIELDS(lang_fields) },
    { 0 },
};
