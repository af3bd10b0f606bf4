/* One record: as it is, as it was, its history, and what differs between two versions. */
#include <string.h>

#include "core/text.h"
#include "records/attach_web.h"
#include "records/records_inner.h"
#include "records/screens_web.h"
#include "records_templates.h"

void record_extra_render(struct html *h, const struct record_extra *v)
{
    if (v->draw != NULL)
        v->draw(h, v->view);
}

/* --- detail --- */

static enum err fill_people(struct ctx *ctx, struct record_detail_view *v, const struct record *rec)
{
    enum err rc = OK;

    if (rec->created_by != NULL)
        rc = user_name(ctx, &v->created_by, rec->created_by);
    if (!rc && rec->updated_by != NULL)
        rc = user_name(ctx, &v->updated_by, rec->updated_by);
    return rc;
}

static enum err fill_parent(struct ctx *ctx, struct record_detail_view *v, const struct record *rec)
{
    struct record *parent = NULL;
    enum err rc = record_parent(ctx, &parent, rec);

    if (rc || parent == NULL)
        return rc;
    v->parent_title = record_name(ctx, parent);
    v->parent_link = record_url(ctx, parent);
    return OK;
}

static enum err fill_detail(struct ctx *ctx, struct record_detail_view *v, const struct record *rec)
{
    const struct form *form = rec->form;
    const bool alive = strcmp(rec->status, STATUS_DELETED) != 0;
    enum err rc = fill_people(ctx, v, rec);

    if (!rc)
        rc = fill_parent(ctx, v, rec);
    if (rc)
        return rc;
    v->window = record_window(ctx, rec);
    v->title = record_name(ctx, rec);
    v->form_title = label_text(ctx, &form->title);
    v->number = number_beside_name(ctx, rec);
    v->age = age_text(ctx, rec);
    v->status_code = rec->status;
    v->status = form->states_len > 0 || !alive ? record_status_title(ctx, form, rec->status) : NULL;
    v->version = rec->version;
    v->created_at = rec->created_at;
    v->updated_at = rec->updated_at;
    v->self = record_url(ctx, rec);
    v->edit = url_build(ctx, "/records/{}/{}/edit", form->kind, rec->id);
    v->history = url_build(ctx, "/records/{}/{}/history", form->kind, rec->id);
    v->print = url_build(ctx, "/records/{}/{}/print", form->kind, rec->id);
    v->may_edit = alive && may(ctx, form->kind, "edit");
    v->may_move = v->may_edit && form->parent != NULL;
    v->may_delete = alive && may(ctx, form->kind, "delete");
    v->move = url_build(ctx, "/records/{}/{}/move", form->kind, rec->id);
    v->remove = url_build(ctx, "/records/{}/{}/delete", form->kind, rec->id);
    v->may_history = may(ctx, form->kind, "history");
    detail_fill(ctx, v, rec);
    return OK;
}

static void fill_child_rows(struct ctx *ctx, struct children_view *v, const struct form *form,
                            const struct record_list *list)
{
    const struct field *const *columns = list_fields(ctx, form);
    struct child_view *items;
    const char **heads;

    while (columns[v->heads_len] != NULL)
        v->heads_len++;
    heads = ARENA_ARRAY(ctx->arena, v->heads_len + 1, const char *);
    for (size_t i = 0; i < v->heads_len; i++)
        heads[i] = label_text(ctx, &columns[i]->label);
    items = ARENA_ARRAY(ctx->arena, list->len + 1, struct child_view);
    for (size_t i = 0; i < list->len; i++) {
        const char **cells = ARENA_ARRAY(ctx->arena, v->heads_len + 1, const char *);

        for (size_t k = 0; k < v->heads_len; k++)
            cells[k] = record_shown(ctx, list->items[i], columns[k]);
        items[i].cells = cells;
        items[i].cells_len = v->heads_len;
        items[i].made_at = list->items[i]->created_at;
        items[i].link = record_url(ctx, list->items[i]);
    }
    v->heads = heads;
    v->items = items;
    v->items_len = list->len;
    v->more = list->next != NULL;
}

static enum err fill_child(struct ctx *ctx, struct children_view *v, const struct form *form,
                           const char *parent_id)
{
    const struct record_filter filter = { .parent_id = parent_id };
    struct record_list list = { 0 };
    enum err rc = record_list(ctx, &list, form->kind, &filter);

    if (rc)
        return rc;
    if (list.len > 0)
        fill_child_rows(ctx, v, form, &list);
    v->title = label_text(ctx, &form->title);
    v->all = url_build(ctx, "/records/{}?parent={}", form->kind, parent_id);
    v->may_add = may(ctx, form->kind, "create");
    v->add = url_build(ctx, "/records/{}/new?parent={}", form->kind, parent_id);
    v->add_title = form->instrument ? tr(ctx, "New interview") : tr(ctx, "New");
    return OK;
}

/* Records of other kinds that belong to this one. */
static enum err fill_children(struct ctx *ctx, struct record_detail_view *v,
                              const struct record *rec)
{
    struct children_view *items = ARENA_ARRAY(ctx->arena, ctx->forms->len, struct children_view);
    struct children_view *adds = ARENA_ARRAY(ctx->arena, ctx->forms->len, struct children_view);
    enum err rc = OK;

    for (size_t i = 0; !rc && i < ctx->forms->len; i++) {
        const struct form *form = ctx->forms->items[i];
        struct children_view one = { 0 };

        if (!text_equal(form->parent, rec->form->kind) || !may(ctx, form->kind, "view") ||
            form->privacy > ctx->user->clearance)
            continue;
        rc = fill_child(ctx, &one, form, rec->id);
        if (one.items_len > 0)
            items[v->children_len++] = one;
        else
            adds[v->adds_len++] = one;
    }
    v->children = items;
    v->adds = adds;
    return rc;
}

enum err reply_detail(struct ctx *ctx, struct res *res, int status, const struct record *rec,
                      const char *comment)
{
    struct record_detail_view v = { 0 };
    const struct record_hooks *hooks = record_hooks_of(rec->form->kind);
    enum err rc = fill_detail(ctx, &v, rec);

    if (!rc)
        rc = fill_children(ctx, &v, rec);
    if (!rc && hooks != NULL && hooks->detail != NULL)
        rc = hooks->detail(ctx, rec, &v.extra);
    if (!rc)
        rc = notices_fill(ctx, &v.notices, rec);
    if (!rc)
        rc = comments_fill(ctx, &v.comments, rec, comment);
    if (!rc)
        rc = attachments_fill(ctx, &v.files, rec);
    if (rc)
        return rc;
    record_detail_reply(res, status, &v);
    return OK;
}

enum err get_detail(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct record *rec = NULL;
    enum err rc = record_load(ctx, &rec, req_path(req, "kind"), req_path(req, "id"));

    if (rc)
        return rc;
    if (req_wants_json(req)) {
        reply_record_json(ctx, res, 200, rec);
        return OK;
    }
    return reply_detail(ctx, res, 200, rec, NULL);
}

static enum err version_of(struct ctx *ctx, int64_t *out, const char *text)
{
    return parse_int(text, 1, INT64_MAX, out) ? OK : record_gone(ctx);
}

enum err get_version(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct record_detail_view v = { .was = true };
    struct record *rec = NULL;
    int64_t n = 0;
    enum err rc = version_of(ctx, &n, req_path(req, "n"));

    if (!rc)
        rc = record_load_version(ctx, &rec, req_path(req, "kind"), req_path(req, "id"), n);
    if (rc)
        return rc;
    if (req_wants_json(req)) {
        reply_record_json(ctx, res, 200, rec);
        return OK;
    }
    rc = fill_detail(ctx, &v, rec);
    if (rc)
        return rc;
    record_detail_reply(res, 200, &v);
    return OK;
}

/* --- history --- */

static struct version_view *fill_versions(struct ctx *ctx, struct record_history_view *v,
                                          const struct record *rec,
                                          const struct record_version *list)
{
    struct version_view *items = ARENA_ARRAY(ctx->arena, v->items_len + 1, struct version_view);
    const char *kind = rec->form->kind;

    for (size_t i = 0; i < v->items_len; i++) {
        struct version_view *o = &items[i];
        const char *n = arena_printf(ctx->arena, "%lld", (long long)list[i].version);
        const char *before = arena_printf(ctx->arena, "%lld", (long long)list[i].version - 1);

        o->version = list[i].version;
        o->made_at = list[i].made_at;
        o->made_by = list[i].made_by_name;
        o->action = action_title(ctx, list[i].action);
        o->changes = (int64_t)list[i].changes;
        o->link = url_build(ctx, "/records/{}/{}/versions/{}", kind, rec->id, n);
        o->diff = url_build(ctx, "/records/{}/{}/diff?from={}&to={}", kind, rec->id, before, n);
        o->has_diff = list[i].version > 1;
        o->current = i == 0;
        o->is_from = i == 1;
    }
    v->items = items;
    return items;
}

/* Reasons stand beside their versions, all else in a list of its own. */
static enum err fill_events(struct ctx *ctx, struct record_history_view *v,
                            const struct record *rec, struct version_view *versions)
{
    struct record_event *list = NULL;
    struct event_view *items;
    size_t len = 0;
    enum err rc = record_events(ctx, &list, &len, rec);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct event_view);
    for (size_t i = 0; i < len; i++) {
        struct event_view *o = &items[v->events_len];

        for (size_t k = 0; list[i].version > 0 && k < v->items_len; k++)
            if (versions[k].version == list[i].version)
                versions[k].reason = list[i].words;
        if (list[i].version > 0)
            continue;
        o->text = event_text(ctx, &list[i]);
        o->who = list[i].made_by_name;
        o->made_at = list[i].made_at;
        o->has_link =
            strcmp(list[i].action, "child_in") == 0 && may(ctx, list[i].other_form, "view");
        if (o->has_link)
            o->link = url_build(ctx, "/records/{}/{}", list[i].other_form, list[i].other_id);
        v->events_len++;
    }
    v->events = items;
    return OK;
}

enum err get_history(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct record_history_view v = { 0 };
    struct record_version *list = NULL;
    struct record *rec = NULL;
    enum err rc = record_load(ctx, &rec, req_path(req, "kind"), req_path(req, "id"));

    if (!rc)
        rc = record_history(ctx, &list, &v.items_len, rec->form->kind, rec->id);
    if (rc)
        return rc;
    if (req_wants_json(req))
        return reply_history_json(res, list, v.items_len);
    v.window = record_window(ctx, rec);
    v.title = record_name(ctx, rec);
    v.number = rec->number;
    v.back = record_url(ctx, rec);
    v.diff = url_build(ctx, "/records/{}/{}/diff", rec->form->kind, rec->id);
    v.can_compare = v.items_len > 1;
    rc = fill_events(ctx, &v, rec, fill_versions(ctx, &v, rec, list));
    if (!rc)
        rc = notices_fill(ctx, &v.notices, rec);
    v.notices.steps_len = 0; /* they belong to the record's page */
    if (rc)
        return rc;
    record_history_reply(res, 200, &v);
    return OK;
}

/* --- difference --- */

static enum err fill_diff(struct ctx *ctx, struct record_diff_view *v, const struct record *from,
                          const struct record *to)
{
    enum err rc = OK;

    v->window = record_window(ctx, to);
    v->title = record_name(ctx, to);
    v->back = record_url(ctx, to);
    v->history = url_build(ctx, "/records/{}/{}/history", to->form->kind, to->id);
    v->from = from->version;
    v->to = to->version;
    v->from_at = from->updated_at;
    v->to_at = to->updated_at;
    if (from->updated_by != NULL)
        rc = user_name(ctx, &v->from_by, from->updated_by);
    if (!rc && to->updated_by != NULL)
        rc = user_name(ctx, &v->to_by, to->updated_by);
    return rc;
}

enum err get_diff(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *kind = req_path(req, "kind");
    const char *id = req_path(req, "id");
    struct record_diff_view v = { 0 };
    struct record_change *list = NULL;
    struct change_view *items;
    struct record *from = NULL;
    struct record *to = NULL;
    enum err rc = record_load_version(ctx, &from, kind, id, req_int(req, "from"));

    if (!rc)
        rc = record_load_version(ctx, &to, kind, id, req_int(req, "to"));
    if (!rc)
        rc = record_diff(ctx, &list, &v.items_len, from, to);
    if (rc)
        return rc;
    if (req_wants_json(req))
        return reply_diff_json(res, list, v.items_len);
    items = ARENA_ARRAY(ctx->arena, v.items_len + 1, struct change_view);
    for (size_t i = 0; i < v.items_len; i++)
        items[i] = (struct change_view){ list[i].label, list[i].before, list[i].after };
    v.items = items;
    rc = fill_diff(ctx, &v, from, to);
    if (rc)
        return rc;
    record_diff_reply(res, 200, &v);
    return OK;
}
