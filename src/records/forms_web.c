/* Pages about forms: which are in force, their versions, drafts, publishing. */
#include <string.h>

#include "core/text.h"
#include "forms/grid.h"
#include "records/form_sheets.h"
#include "records/forms_view.h"
#include "records/publish_inner.h"
#include "records/records_web.h"
#include "records/screens_web.h"
#include "records_templates.h"

#define ROLES_ASKED 64
#define XLSX_TYPE   "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

static const char *origin_title(struct ctx *ctx, enum form_origin origin)
{
    if (origin == ORIGIN_OVERLAY)
        return tr(ctx, "the program's, with an overlay");
    return origin == ORIGIN_WHOLE ? tr(ctx, "published here") : tr(ctx, "comes with the program");
}

static bool may_publish(const struct ctx *ctx)
{
    return user_may(ctx->user, "form.publish");
}

bool form_shown(const struct ctx *ctx, const struct form *form)
{
    return form && (form->privacy <= ctx->user->clearance || may_publish(ctx));
}

/* --- the list --- */

static enum err fill_row(struct ctx *ctx, struct form_row_view *row, const struct form *form)
{
    struct form_version *versions = NULL;
    size_t len = 0;
    enum err rc = form_versions(ctx, &versions, &len, form->kind);

    row->link = url_build(ctx, "/forms/{}", form->kind);
    row->title = label_text(ctx, &form->title);
    row->kind = form->kind;
    row->version = form->version;
    row->by = "";
    row->origin = origin_title(ctx, len ? versions[0].origin : ORIGIN_SHIPPED);
    if (rc || len == 0)
        return rc;
    row->at = versions[0].published_at;
    return user_name(ctx, &row->by, versions[0].published_by);
}

static enum err fill_drafts(struct ctx *ctx, struct forms_list_view *v)
{
    struct form_draft *drafts = NULL;
    struct draft_row_view *rows;
    size_t len = 0;
    enum err rc = draft_list(ctx, &drafts, &len);

    rows = ARENA_ARRAY(ctx->arena, len + 1, struct draft_row_view);
    for (size_t i = 0; !rc && i < len; i++) {
        rows[i].link = url_build(ctx, "/forms/drafts/{}", drafts[i].id);
        rows[i].file = drafts[i].text.file;
        rows[i].at = drafts[i].made_at;
        rc = user_name(ctx, &rows[i].by, drafts[i].made_by);
    }
    v->drafts = rows;
    v->drafts_len = len;
    return rc;
}

static enum err show_list(struct ctx *ctx, struct res *res, int status)
{
    struct forms_list_view v = { .may_publish = may_publish(ctx) };
    struct form_row_view *rows = ARENA_ARRAY(ctx->arena, ctx->forms->len + 1, struct form_row_view);
    enum err rc = OK;

    for (size_t i = 0; !rc && i < ctx->forms->len; i++)
        if (form_shown(ctx, ctx->forms->items[i]))
            rc = fill_row(ctx, &rows[v.rows_len++], ctx->forms->items[i]);
    if (!rc && v.may_publish)
        rc = fill_drafts(ctx, &v);
    if (rc)
        return rc;
    v.rows = rows;
    v.problem = status == 200 ? NULL : ctx_first_problem(ctx);
    forms_list_reply(res, status, &v);
    return OK;
}

static enum err get_forms(struct ctx *ctx, const struct req *req, struct res *res)
{
    (void)req;
    return show_list(ctx, res, 200);
}

static enum err see_draft(struct ctx *ctx, struct res *res, const char *id)
{
    return res_see_other(res, url_build(ctx, "/forms/drafts/{}", id));
}

/* The form alone, several files, or a zip of them. */
static enum err take_uploads(struct ctx *ctx, struct form_text *out, const struct req *req)
{
    size_t len = 0;
    const struct upload *uploads = req_uploads(req, &len);
    struct delivered *files = ARENA_ARRAY(ctx->arena, len + 1, struct delivered);
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        if (uploads[i].len > 0)
            files[n++] =
                (struct delivered){ uploads[i].filename, uploads[i].bytes, uploads[i].len };
    if (n == 0)
        return ctx_fail_field(ctx, "file", tr(ctx, "Choose a file that is not empty."));
    return pack_read(ctx, out, files, n);
}

static enum err post_forms(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *id = NULL;
    struct form_text text = { 0 };
    enum err rc = take_uploads(ctx, &text, req);

    if (!rc)
        rc = draft_add(ctx, &id, &text);
    if (rc == ERR_INVALID || rc == ERR_LIMIT)
        return show_list(ctx, res, 422);
    return rc ? rc : see_draft(ctx, res, id);
}

/* --- one form --- */

static enum err find_shown(struct ctx *ctx, const struct form **out, const struct req *req)
{
    *out = form_find(ctx->forms, req_path(req, "kind"));
    return form_shown(ctx, *out) ? OK : ERR_NOT_FOUND;
}

static const char *label_in(const struct label *label, const char *lang)
{
    for (size_t i = 0; label->texts && label->languages[i]; i++)
        if (label->texts[i] && strcmp(label->languages[i], lang) == 0)
            return label->texts[i];
    return "";
}

static const char *type_of(const struct grid_section *s, const struct field *f)
{
    for (const struct grid_row *r = s ? s->rows : NULL; r; r = r->next)
        if (strcmp(grid_cell(s, r, "name"), f->name) == 0)
            return grid_cell(s, r, "type");
    return "";
}

static void fill_fields(struct ctx *ctx, struct form_detail_view *v, const struct form *form,
                        const struct grid_section *survey)
{
    struct form_field_view *rows =
        ARENA_ARRAY(ctx->arena, form->all_len + 1, struct form_field_view);

    for (size_t i = 0; i < form->all_len; i++) {
        const struct field *f = form->all[i];

        rows[i] = (struct form_field_view){ .name = f->name,
                                            .type = type_of(survey, f),
                                            .en = label_in(&f->label, "en"),
                                            .fr = label_in(&f->label, "fr"),
                                            .es = label_in(&f->label, "es"),
                                            .ar = label_in(&f->label, "ar"),
                                            .privacy = privacy_name(f->privacy),
                                            .store = !field_has_value(f)      ? ""
                                                     : f->store == STORE_OPEN ? "open"
                                                                              : "sealed",
                                            .req = f->req ? f->req : "" };
    }
    v->fields = rows;
    v->fields_len = form->all_len;
}

static enum err fill_versions(struct ctx *ctx, struct form_detail_view *v,
                              const struct form_version *versions, size_t len)
{
    struct form_version_view *rows = ARENA_ARRAY(ctx->arena, len + 1, struct form_version_view);
    enum err rc = OK;

    for (size_t i = 0; !rc && i < len; i++) {
        const struct form_version *from = &versions[i];

        rows[i].version = from->version;
        rows[i].origin = origin_title(ctx, from->origin);
        rows[i].at = from->published_at;
        rows[i].epoch = from->epoch;
        rows[i].in_force = i == 0;
        rows[i].file = url_build(ctx, "/forms/{}/versions/{}", v->kind,
                                 arena_printf(ctx->arena, "%lld", (long long)from->epoch));
        if (from->notes)
            rows[i].notes = (const char *const *)text_split(ctx->arena, from->notes, '\n', true,
                                                            &rows[i].notes_len);
        rc = user_name(ctx, &rows[i].by, from->published_by);
    }
    v->versions = rows;
    v->versions_len = len;
    return rc;
}

static const char *privacy_title(struct ctx *ctx, enum privacy privacy)
{
    static const char *const titles[] = { [PRIVACY_PUBLIC] = N_("Public"),
                                          [PRIVACY_INTERNAL] = N_("Internal"),
                                          [PRIVACY_PERSONAL] = N_("Personal"),
                                          [PRIVACY_SENSITIVE] = N_("Sensitive") };

    return tr_args(ctx, titles[privacy], NULL);
}

/* Title of the form of a kind; a dash for none. */
static const char *kind_title(struct ctx *ctx, const char *kind)
{
    const struct form *form = kind != NULL ? form_find(ctx->forms, kind) : NULL;

    return form != NULL ? label_text(ctx, &form->title) : "\xE2\x80\x94";
}

static enum err fill_media(struct ctx *ctx, struct form_detail_view *v, const struct form *form)
{
    struct form_medium *items = NULL;
    struct form_medium_view *rows;
    size_t len = 0;
    enum err rc = form_media(ctx, &items, &len, form);

    rows = ARENA_ARRAY(ctx->arena, len + 1, struct form_medium_view);
    for (size_t i = 0; !rc && i < len; i++)
        rows[i] = (struct form_medium_view){ items[i].name, url_build(ctx, "/forms/{}/media/{}",
                                                                      form->kind, items[i].name) };
    v->media = rows;
    v->media_len = rc ? 0 : len;
    return rc;
}

static enum err get_form(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct form_detail_view v = { 0 };
    struct form_version *versions = NULL;
    struct grid *grid = ARENA_NEW(ctx->arena, struct grid);
    struct form_text text = { 0 };
    const struct form *form = NULL;
    size_t len = 0;
    enum err rc = find_shown(ctx, &form, req);

    if (!rc)
        rc = form_versions(ctx, &versions, &len, form->kind);
    if (!rc && len == 0)
        rc = ERR_NOT_FOUND;
    if (!rc)
        rc = form_version_file(ctx, &text, form->kind, versions[0].epoch, true);
    if (!rc)
        rc = grid_read(ctx, grid, &text);
    if (rc)
        return rc;
    v.title = label_text(ctx, &form->title);
    v.kind = form->kind;
    v.version = form->version;
    v.facts = tr(ctx, "Class: {0}. About: {1}. Belongs to: {2}.",
                 TR_TEXT(privacy_title(ctx, form->privacy)),
                 TR_TEXT(kind_title(ctx, form->subject)), TR_TEXT(kind_title(ctx, form->parent)));
    v.list = url_build(ctx, "/forms");
    v.csv = url_build(ctx, "/forms/{}/versions/{}", form->kind,
                      arena_printf(ctx->arena, "%lld", (long long)versions[0].epoch));
    v.xlsx = url_build(ctx, "/forms/{}/versions/{}/xlsx", form->kind,
                       arena_printf(ctx->arena, "%lld", (long long)versions[0].epoch));
    v.xform = url_build(ctx, "/forms/{}/xform.xml", form->kind);
    v.paper = url_build(ctx, "/forms/{}/paper.pdf", form->kind);
    v.again = url_build(ctx, "/forms/{}/again", form->kind);
    v.records = url_build(ctx, "/records/{}", form->kind);
    v.may_publish = may_publish(ctx);
    v.may_view = may(ctx, form->kind, "view");
    fill_fields(ctx, &v, form, grid_section(grid, "survey"));
    rc = fill_media(ctx, &v, form);
    if (rc)
        return rc;
    rc = fill_versions(ctx, &v, versions, len);
    if (!rc)
        form_detail_reply(res, 200, &v);
    return rc;
}

static enum err find_file(struct ctx *ctx, struct form_text *out, const struct req *req)
{
    const struct form *form = NULL;
    int64_t epoch = 0;
    enum err rc = find_shown(ctx, &form, req);

    if (!rc && !parse_int(req_path(req, "n"), 1, INT64_MAX, &epoch))
        rc = ERR_NOT_FOUND;
    return rc ? rc : form_version_file(ctx, out, form->kind, epoch, false);
}

static enum err get_form_file(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct form_text text = { 0 };
    enum err rc = find_file(ctx, &text, req);

    if (!rc)
        res_body(res, 200, "text/csv; charset=utf-8", text.csv, text.len, text.file);
    return rc;
}

static enum err get_form_book(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct form_text text = { 0 };
    const char *bytes = NULL;
    size_t len = 0;
    enum err rc = find_file(ctx, &text, req);

    if (!rc)
        rc = form_sheets(ctx, &bytes, &len, &text);
    if (!rc)
        res_body(res, 200, XLSX_TYPE, bytes, len,
                 arena_printf(ctx->arena, "%s.xlsx", req_path(req, "kind")));
    return rc;
}

/* An older version again: through the same page as any other draft. */
static enum err post_again(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct form *form = NULL;
    struct form_text text = { 0 };
    const char *id = NULL;
    enum err rc = find_shown(ctx, &form, req);

    if (!rc)
        rc = form_version_again(ctx, &text, form->kind, req_int(req, "epoch"));
    text.file = rc ? "" : arena_printf(ctx->arena, "%s.csv", form->kind);
    if (!rc)
        rc = draft_add(ctx, &id, &text);
    return rc ? rc : see_draft(ctx, res, id);
}

/* --- a draft --- */

static enum err load_draft(struct ctx *ctx, struct form_draft *draft, struct form_plan *plan,
                           const struct req *req)
{
    enum err rc = draft_load(ctx, draft, req_path(req, "id"));

    return rc ? rc : publish_check(ctx, plan, &draft->text);
}

static const char *what_of(struct ctx *ctx, const struct form_plan *plan)
{
    if (plan->origin == ORIGIN_OVERLAY)
        return tr(ctx, "An overlay on the form {0} that comes with the program.",
                  TR_TEXT(plan->kind));
    if (plan->origin == ORIGIN_SHIPPED)
        return tr(ctx, "The form {0} as it comes with the program.", TR_TEXT(plan->kind));
    return plan->now ? tr(ctx, "A new version of the form {0}.", TR_TEXT(plan->kind))
                     : tr(ctx, "A new kind of record: {0}.", TR_TEXT(plan->kind));
}

/* What each role may do now, or what was chosen. */
static enum err fill_roles(struct ctx *ctx, struct form_draft_view *v, const struct form_plan *plan)
{
    const char *const *codes = auth_roles(ctx->arena);
    struct kind_grant *grants = NULL;
    struct form_role_view *rows = ARENA_ARRAY(ctx->arena, ROLES_ASKED, struct form_role_view);
    size_t len = 0;
    enum err rc = form_grants(ctx, &grants, &len, plan->kind);

    for (; !rc && *codes && v->roles_len < ROLES_ASKED; codes++) {
        struct form_role_view *r = &rows[v->roles_len++];

        r->code = *codes;
        r->title = auth_role_title(ctx, *codes);
        r->see = arena_printf(ctx->arena, "%s=see", *codes);
        r->work = arena_printf(ctx->arena, "%s=work", *codes);
        r->all = arena_printf(ctx->arena, "%s=all", *codes);
        for (size_t i = 0; i < len; i++) {
            if (strcmp(grants[i].role, *codes) != 0)
                continue;
            r->sees = strcmp(grants[i].level, "see") == 0;
            r->works = strcmp(grants[i].level, "work") == 0;
            r->alls = strcmp(grants[i].level, "all") == 0;
        }
    }
    v->roles = rows;
    return rc;
}

static enum err show_draft(struct ctx *ctx, struct res *res, int status,
                           const struct form_draft *draft, const struct form_plan *plan)
{
    struct form_draft_view v = { .file = draft->text.file };
    enum err rc;

    v.title = plan->form ? label_text(ctx, &plan->form->title) : draft->text.file;
    v.what = plan->kind[0] ? what_of(ctx, plan) : "";
    v.list = url_build(ctx, "/forms");
    v.publish = url_build(ctx, "/forms/drafts/{}", draft->id);
    v.preview = url_build(ctx, "/forms/drafts/{}/preview", draft->id);
    v.drop = url_build(ctx, "/forms/drafts/{}/delete", draft->id);
    v.problem = status == 200 ? NULL : ctx_first_problem(ctx);
    v.mistakes = plan->mistakes;
    v.mistakes_len = plan->mistakes_len;
    v.bad = plan->bad;
    v.notes = (int64_t)plan->mistakes_len - plan->bad;
    v.changes = plan->changes;
    v.changes_len = plan->changes_len;
    v.good = plan->form != NULL;
    v.fresh = plan->now == NULL;
    v.whole = plan->origin == ORIGIN_WHOLE;
    rc = fill_roles(ctx, &v, plan);
    if (!rc)
        form_draft_reply(res, status, &v);
    return rc;
}

static enum err get_draft(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct form_draft draft = { 0 };
    struct form_plan plan = { 0 };
    enum err rc = load_draft(ctx, &draft, &plan, req);

    return rc ? rc : show_draft(ctx, res, 200, &draft, &plan);
}

/* "role=level" of each select; an empty one is no grant. */
static size_t asked_grants(struct ctx *ctx, struct kind_grant *out, const struct req *req,
                           const char *kind)
{
    size_t pairs_len = 0;
    const struct pair *pairs = req_pairs(req, &pairs_len);
    size_t len = 0;

    for (size_t i = 0; i < pairs_len && len < ROLES_ASKED; i++) {
        const char *equals = strchr(pairs[i].value, '=');

        if (strcmp(pairs[i].name, "grant") != 0 || !equals)
            continue;
        out[len++] = (struct kind_grant){
            kind, arena_strndup(ctx->arena, pairs[i].value, (size_t)(equals - pairs[i].value)),
            equals + 1
        };
    }
    return len;
}

static enum err post_draft(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct kind_grant grants[ROLES_ASKED];
    struct form_draft draft = { 0 };
    struct form_plan plan = { 0 };
    int64_t epoch = 0;
    size_t len;
    enum err rc = load_draft(ctx, &draft, &plan, req);

    if (rc)
        return rc;
    len = asked_grants(ctx, grants, req, plan.kind);
    if (!req_bool(req, "confirm"))
        rc = ctx_fail_field(ctx, "confirm",
                            tr(ctx, "Say that you have looked at what will change."));
    if (!rc)
        rc = publish_now(ctx, &plan, grants, len, &epoch);
    if (rc == ERR_INVALID || rc == ERR_CONFLICT)
        return show_draft(ctx, res, rc == ERR_INVALID ? 422 : 409, &draft, &plan);
    if (!rc)
        rc = draft_delete(ctx, draft.id);
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "The form is in force."));
    return res_see_other(res, url_build(ctx, "/forms/{}", plan.form->kind));
}

static enum err post_draft_delete(struct ctx *ctx, const struct req *req, struct res *res)
{
    enum err rc = draft_delete(ctx, req_path(req, "id"));

    if (rc)
        return rc;
    res_flash(res, tr(ctx, "The draft is gone."));
    return res_see_other(res, url_build(ctx, "/forms"));
}

/* The empty form as people will see it: no data, so every class is shown. */
static enum err get_preview(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct record_form_view v = { .preview = true };
    struct form_draft draft = { 0 };
    struct form_plan plan = { 0 };
    struct user everything = *ctx->user;
    struct ctx shown = *ctx;
    struct answers *answers;
    enum err rc = load_draft(ctx, &draft, &plan, req);

    if (!rc && !plan.form)
        return see_draft(ctx, res, draft.id);
    if (rc)
        return rc;
    everything.clearance = PRIVACY_SENSITIVE;
    shown.user = &everything;
    answers = answers_new(ctx->arena, plan.form);
    rc = answers_defaults(&shown, answers);
    if (rc)
        return rc;
    v.title = tr(ctx, "Preview: {0}", TR_TEXT(label_text(ctx, &plan.form->title)));
    v.window = v.title;
    v.action = url_build(ctx, "/forms/drafts/{}/preview", draft.id);
    v.cancel = url_build(ctx, "/forms/drafts/{}", draft.id);
    v.state = v.cancel;
    form_fill(&shown, &v, plan.form, answers);
    record_form_reply(res, 200, &v);
    return OK;
}

/* --- routes --- */

static const struct field_spec upload_fields[] = {
    { "file", INPUT_FILE, .max = (int64_t)FORM_PACK_MAX },
    { 0 },
};

static const struct field_spec publish_fields[] = {
    { "confirm", INPUT_BOOL },
    { "grant", INPUT_TEXT, .max = 100 },
    { 0 },
};

static const struct field_spec again_fields[] = {
    { "epoch", INPUT_INT, .min = 1, .max = INT64_MAX, .required = true },
    { 0 },
};

const struct route forms_routes[] = {
    { GET, "/forms", "form.view", get_forms, NO_FIELDS },
    { POST, "/forms", "form.publish", post_forms, FIELDS(upload_fields),
      FORM_PACK_MAX + (size_t)64 * 1024 },
    { GET, "/forms/drafts/{id}", "form.publish", get_draft, NO_FIELDS },
    { POST, "/forms/drafts/{id}", "form.publish", post_draft, FIELDS(publish_fields) },
    { GET, "/forms/drafts/{id}/preview", "form.publish", get_preview, NO_FIELDS },
    { POST, "/forms/drafts/{id}/delete", "form.publish", post_draft_delete, NO_FIELDS },
    { GET, "/forms/{kind}", "form.view", get_form, NO_FIELDS },
    { GET, "/forms/{kind}/versions/{n}", "form.view", get_form_file, NO_FIELDS },
    { GET, "/forms/{kind}/media/{name}", "form.view", get_medium, NO_FIELDS, .device = true },
    { GET, "/forms/{kind}/versions/{n}/xlsx", "form.view", get_form_book, NO_FIELDS },
    { POST, "/forms/{kind}/again", "form.publish", post_again, FIELDS(again_fields) },
    { 0 },
};
