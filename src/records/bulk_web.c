/* Choosing rows of a list, what is done with them, and the page that asks once more. */
#include <string.h>

#include "auth/auth.h"
#include "core/id.h"
#include "core/json.h"
#include "core/text.h"
#include "records/bulk.h"
#include "records/bulk_view.h"
#include "records/records_inner.h"
#include "records/screens_web.h"
#include "records_templates.h"

#define IDS_MAX 100 /* rows of a page */

struct asked {
    struct bulk b;
    const char *code; /* status.closed, assign.worker, delete, export; "" = not chosen yet */
    const char *value_name;
    bool all;    /* that the filter finds */
    bool go;     /* confirmed */
    bool chosen; /* what is to be done was sent */
    struct pair_view *filter;
    size_t filter_len;
};

static bool is_filter(const char *name)
{
    return text_starts(name, "f.") || strcmp(name, "status") == 0 || strcmp(name, "parent") == 0;
}

static enum err take_pairs(struct ctx *ctx, struct asked *a, const struct req *req)
{
    size_t len = 0;
    const struct pair *pairs = req_pairs(req, &len);
    const char **ids = ARENA_ARRAY(ctx->arena, len + 1, const char *);

    a->filter = ARENA_ARRAY(ctx->arena, len + 1, struct pair_view);
    for (size_t i = 0; i < len; i++) {
        const struct pair *p = &pairs[i];

        if (strcmp(p->name, "id") == 0 && !id_valid(p->value))
            return record_gone(ctx);
        if (strcmp(p->name, "id") == 0) {
            ids[a->b.ids_len++] = p->value;
        } else if (is_filter(p->name) && p->value[0] != '\0') {
            a->filter[a->filter_len].name = p->name;
            a->filter[a->filter_len++].value = p->value;
        }
    }
    a->b.ids = ids;
    a->all = strcmp(req_text(req, "all"), "1") == 0;
    a->go = strcmp(req_text(req, "go"), "1") == 0;
    a->b.reason = text_trim(ctx->arena, req_text(req, "reason"));
    a->code = req_text(req, "do");
    a->chosen = req_text(req, "step")[0] != '\0';
    return OK;
}

static enum err take_action(struct ctx *ctx, struct asked *a, const struct req *req)
{
    if (text_starts(a->code, "status.")) {
        a->b.what = BULK_STATUS;
        a->b.status = a->code + strlen("status.");
    } else if (text_starts(a->code, "assign.")) {
        a->b.what = BULK_ASSIGN;
        a->b.field = a->code + strlen("assign.");
        a->value_name = arena_printf(ctx->arena, "value.%s", a->b.field);
        a->b.value = text_trim(ctx->arena, req_text(req, a->value_name));
    } else if (strcmp(a->code, "delete") == 0) {
        a->b.what = BULK_DELETE;
    } else {
        return ctx_fail_field(ctx, "do", tr(ctx, "Choose what is to be done."));
    }
    return bulk_check(ctx, &a->b);
}

static enum err take_all(struct ctx *ctx, struct asked *a, const struct req *req)
{
    struct record_filter f = { 0 };
    const char *status = req_text(req, "status");
    const char *parent = req_text(req, "parent");
    enum err rc;

    if (!a->all)
        return OK;
    rc = filter_read(ctx, &f, req);
    f.status = status[0] == '\0' ? NULL : status;
    f.parent_id = parent[0] == '\0' ? NULL : parent;
    if (!rc)
        rc = record_filter_check(ctx, &f, a->b.form);
    return rc ? rc : bulk_find(ctx, &a->b.ids, &a->b.ids_len, a->b.form, &f);
}

/* --- what can be chosen --- */

static enum err staff_options(struct ctx *ctx, struct bulk_action_view *v)
{
    struct user_row *users = NULL;
    struct option_view *items;
    size_t len = 0;
    enum err rc = user_list(ctx, &users, &len);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct option_view);
    for (size_t i = 0; i < len; i++) {
        if (strcmp(users[i].state, "active") != 0)
            continue;
        items[v->options_len].code = users[i].id;
        items[v->options_len].label = users[i].name;
        items[v->options_len++].chosen = text_equal(v->value, users[i].id);
    }
    v->options = items;
    v->staff = true;
    return OK;
}

static bool is_there(const struct bulk_view *v, const char *code)
{
    for (size_t i = 0; i < v->actions_len; i++)
        if (strcmp(v->actions[i].code, code) == 0)
            return true;
    return false;
}

static struct bulk_action_view *add_action(struct ctx *ctx, struct bulk_view *v,
                                           struct bulk_action_view *items, const char *code,
                                           const char *label)
{
    struct bulk_action_view *o = &items[v->actions_len];

    if (is_there(v, code))
        return NULL;
    v->actions_len++;
    o->code = code;
    o->label = label;
    o->id = arena_printf(ctx->arena, "do-%zu", v->actions_len);
    return o;
}

static enum err add_assigns(struct ctx *ctx, struct bulk_view *v, struct bulk_action_view *items,
                            const struct asked *a)
{
    const struct form *form = a->b.form;
    enum err rc = OK;

    for (size_t i = 0; !rc && i < form->all_len && may(ctx, form->kind, "edit"); i++) {
        const struct field *f = form->all[i];
        struct bulk_action_view *o;

        if (f->ref == NULL || f->repeat != NULL || f->read_only || !field_visible(ctx, f))
            continue;
        o = add_action(ctx, v, items, arena_printf(ctx->arena, "assign.%s", f->name),
                       tr(ctx, "Set: {0}", TR_TEXT(label_text(ctx, &f->label))));
        if (o == NULL)
            continue;
        o->value_name = arena_printf(ctx->arena, "value.%s", f->name);
        o->value = text_equal(a->b.field, f->name) ? a->b.value : "";
        if (field_is_user(f))
            rc = staff_options(ctx, o);
    }
    return rc;
}

/* What is chosen, with whom or what is set. */
static const char *chosen_words(struct ctx *ctx, const struct bulk_action_view *o)
{
    const char *value = o->staff ? tr(ctx, "Nobody") : o->value;

    for (size_t i = 0; i < o->options_len; i++)
        if (o->options[i].chosen)
            value = o->options[i].label;
    if (o->value_name == NULL || value[0] == '\0')
        return o->label;
    return tr(ctx, "{0}: {1}", TR_TEXT(o->label), TR_TEXT(value));
}

static enum err fill_actions(struct ctx *ctx, struct bulk_view *v, const struct asked *a)
{
    const struct form *form = a->b.form;
    struct bulk_action_view *items =
        ARENA_ARRAY(ctx->arena, form->states_len + form->all_len + 3, struct bulk_action_view);
    enum err rc;

    v->actions = items;
    for (size_t i = 0; i < form->states_len; i++) {
        const struct state_change *s = &form->states[i];

        if (user_may(ctx->user, s->permission) && strcmp(s->to, STATUS_ERASED) != 0)
            (void)add_action(ctx, v, items, arena_printf(ctx->arena, "status.%s", s->to),
                             tr(ctx, "Change the status to “{0}”",
                                TR_TEXT(record_status_title(ctx, form, s->to))));
    }
    rc = add_assigns(ctx, v, items, a);
    if (!rc && may(ctx, form->kind, "delete"))
        (void)add_action(ctx, v, items, "delete", tr(ctx, "Delete"));
    if (!rc && may(ctx, form->kind, "export"))
        (void)add_action(ctx, v, items, "export", tr(ctx, "Export"));
    for (size_t i = 0; i < v->actions_len; i++) {
        items[i].chosen = strcmp(items[i].code, a->code) == 0;
        if (items[i].chosen)
            v->chosen = chosen_words(ctx, &items[i]);
    }
    return rc;
}

/* --- the two pages --- */

static enum err fill_confirm(struct ctx *ctx, struct bulk_view *v, const struct asked *a)
{
    struct bulk_fault *faults = NULL;
    struct bulk_fault_view *items;
    enum err rc = bulk_look(ctx, &faults, &v->faults_len, &a->b);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, v->faults_len + 1, struct bulk_fault_view);
    for (size_t i = 0; i < v->faults_len; i++)
        items[i] = (struct bulk_fault_view){ faults[i].number, faults[i].reason };
    v->faults = items;
    v->confirm = true;
    v->chosen_code = a->code;
    v->danger = a->b.what == BULK_DELETE;
    v->chosen_name = a->value_name;
    v->chosen_value = a->b.value;
    v->looked_all = v->count <= BULK_LOOKED_MAX;
    v->looked = v->looked_all ? v->count : BULK_LOOKED_MAX;
    return OK;
}

static enum err show(struct ctx *ctx, struct res *res, int status, struct asked *a, bool confirm)
{
    struct bulk_view v = { .kind = a->b.form->kind,
                           .title = label_text(ctx, &a->b.form->title),
                           .count = (int64_t)a->b.ids_len,
                           .problem = ctx_first_problem(ctx),
                           .reason = a->b.reason,
                           .ids = a->b.ids,
                           .ids_len = a->all ? 0 : a->b.ids_len,
                           .filter = a->filter,
                           .filter_len = a->all ? a->filter_len : 0,
                           .all = a->all };
    enum err rc;

    if (v.problem != NULL && v.problem[0] == '\0')
        v.problem = NULL;
    v.back = url_build(ctx, "/records/{}", v.kind);
    rc = fill_actions(ctx, &v, a);
    if (!rc && confirm)
        rc = fill_confirm(ctx, &v, a);
    if (!rc)
        bulk_reply(res, status, &v);
    return rc;
}

static enum err start(struct ctx *ctx, struct res *res, const struct asked *a)
{
    const char *id = NULL;
    enum err rc = bulk_start(ctx, &id, &a->b);

    return rc ? rc : res_see_other(res, url_build(ctx, "/jobs/{}", id));
}

enum err post_bulk(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct asked a = { 0 };
    enum err rc = record_form(ctx, &a.b.form, req_path(req, "kind"));

    if (!rc)
        rc = take_pairs(ctx, &a, req);
    if (!rc)
        rc = take_all(ctx, &a, req);
    if (rc)
        return rc;
    if (a.b.ids_len == 0)
        return ctx_fail_field(ctx, "id", tr(ctx, "Choose at least one record of the list."));
    if (a.b.ids_len > IDS_MAX && !a.all)
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The list is too long."));
    if (!a.chosen)
        return show(ctx, res, 200, &a, false);
    if (strcmp(a.code, "export") == 0)
        return export_of_chosen(ctx, req, res, &a.b, a.all);
    rc = take_action(ctx, &a, req);
    if (rc == ERR_INVALID)
        return show(ctx, res, 422, &a, false);
    if (rc)
        return rc;
    return a.go ? start(ctx, res, &a) : show(ctx, res, 200, &a, true);
}

enum err post_bulk_undo(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *id = NULL;
    enum err rc = bulk_undo(ctx, &id, req_path(req, "id"));

    return rc ? rc : res_see_other(res, url_build(ctx, "/jobs/{}", id));
}

enum err bulk_fill_job(struct ctx *ctx, struct job_view *v, const struct job *job, json_t *result)
{
    json_t *list = json_object_get(result, "refusals");
    size_t len = json_array_size(list);
    struct bulk_fault_view *items = ARENA_ARRAY(ctx->arena, len + 1, struct bulk_fault_view);

    for (size_t i = 0; i < len; i++) {
        json_t *at = json_array_get(list, i);

        items[i].number = json_string_value(json_object_get(at, "number"));
        items[i].reason = json_string_value(json_object_get(at, "reason"));
    }
    v->refusals = items;
    v->refusals_len = len;
    v->take_back = url_build(ctx, "/jobs/{}/undo", job->id);
    if (v->done && json_integer_value(json_object_get(result, "changed")) == 0)
        return OK;
    return bulk_undoable(ctx, &v->may_take_back, job);
}
