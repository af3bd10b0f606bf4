/* The list of a kind. */
#include <string.h>

#include "core/text.h"
#include "forms_gen.h"
#include "records/records_inner.h"
#include "records/screens_web.h"
#include "records_templates.h"

struct sort_name {
    const char *code; /* in the query */
    const char *title;
    enum record_sort sort;
};

static const struct sort_name sort_names[] = {
    { "newest", N_("newest"), SORT_NEWEST },
    { "name", N_("name"), SORT_TITLE },
    { "number", N_("number"), SORT_NUMBER },
    { "changed", N_("last change"), SORT_UPDATED },
};

#define SORTS (sizeof sort_names / sizeof sort_names[0])

static enum err sort_of(struct ctx *ctx, enum record_sort *out, const char *code)
{
    *out = SORT_NEWEST;
    if (code[0] == '\0')
        return OK;
    for (size_t i = 0; i < SORTS; i++) {
        if (strcmp(code, sort_names[i].code) == 0) {
            *out = sort_names[i].sort;
            return OK;
        }
    }
    return ctx_fail_field(ctx, "sort", tr(ctx, "There is no such order."));
}

static bool has_titles(const struct form *form)
{
    const struct record_hooks *hooks = record_hooks_of(form->kind);

    return form->number == NULL || form->instance_name != NULL ||
           (hooks != NULL && hooks->title != NULL);
}

/* A link to the same list with other choices. */
static struct url list_url(struct ctx *ctx, const struct form *form, const char *sort,
                           const struct record_filter *f)
{
    const char *status = f->status == NULL ? "" : f->status;
    const char *parent = f->parent_id == NULL ? "" : f->parent_id;
    struct url url;

    if (f->after != NULL)
        url = url_build(ctx, "/records/{}?sort={}&status={}&parent={}&page={}", form->kind, sort,
                        status, parent, f->after);
    else
        url = url_build(ctx, "/records/{}?sort={}&status={}&parent={}", form->kind, sort, status,
                        parent);
    if (f->conditions_len > 0)
        url.text = arena_printf(ctx->arena, "%s%s", url.text, filter_tail(ctx, f));
    return url;
}

static void fill_sorts(struct ctx *ctx, struct record_list_view *v, const struct form *form,
                       const struct record_filter *now)
{
    struct sort_view *items = ARENA_ARRAY(ctx->arena, SORTS, struct sort_view);
    struct record_filter f = *now;

    f.after = NULL;
    for (size_t i = 0; i < SORTS; i++) {
        const struct sort_name *s = &sort_names[i];

        if ((s->sort == SORT_TITLE && !has_titles(form)) ||
            (s->sort == SORT_NUMBER && form->number == NULL))
            continue;
        items[v->sorts_len].label = tr_args(ctx, s->title, NULL);
        items[v->sorts_len].link = list_url(ctx, form, s->code, &f);
        items[v->sorts_len++].current = s->sort == now->sort;
    }
    v->sorts = items;
}

/* Every status of the form's machine, and all. */
static void fill_states(struct ctx *ctx, struct record_list_view *v, const struct form *form,
                        const struct record_filter *now, const char *sort)
{
    struct sort_view *items = ARENA_ARRAY(ctx->arena, form->states_len + 3, struct sort_view);
    const char **codes = ARENA_ARRAY(ctx->arena, form->states_len + 3, const char *);
    struct record_filter f = *now;
    size_t n = 0;

    f.after = NULL;
    codes[n++] = NULL;
    codes[n++] = form->initial_status;
    for (size_t i = 0; i < form->states_len; i++) {
        bool known = false;

        for (size_t k = 1; k < n; k++)
            known = known || strcmp(codes[k], form->states[i].to) == 0;
        if (!known)
            codes[n++] = form->states[i].to;
    }
    if (sees_bin(ctx, form))
        codes[n++] = STATUS_DELETED;
    for (size_t i = 0; i < n; i++) {
        f.status = codes[i];
        items[i].label =
            codes[i] == NULL ? tr(ctx, "all") : record_status_title(ctx, form, codes[i]);
        items[i].link = list_url(ctx, form, sort, &f);
        items[i].current = text_equal(codes[i], now->status);
    }
    v->states = items;
    v->states_len = n;
    v->has_states = form->states_len > 0 || n > 2;
}

/* Heads of columns; a click sorts by it, a second one turns it around. */
static void fill_heads(struct ctx *ctx, struct record_list_view *v, const struct form *form,
                       const struct field *const *columns, const struct record_filter *now)
{
    struct head_view *heads = ARENA_ARRAY(ctx->arena, v->heads_len + 1, struct head_view);
    struct record_filter f = *now;

    f.after = NULL;
    for (size_t i = 0; i < v->heads_len; i++) {
        struct head_view *h = &heads[i];
        bool here = now->sort == SORT_FIELD && strcmp(now->sort_field, columns[i]->name) == 0;

        h->label = label_text(ctx, &columns[i]->label);
        h->sorts = record_filterable(ctx, columns[i]);
        h->up = here && !now->down;
        h->down = here && now->down;
        h->link = list_url(
            ctx, form, arena_printf(ctx->arena, "c.%s%s", columns[i]->name, h->up ? ".down" : ""),
            &f);
    }
    v->heads = heads;
}

static enum err fill_rows(struct ctx *ctx, struct record_list_view *v, const struct form *form,
                          const struct record_list *list, const struct record_filter *now)
{
    const struct form *owner = now->parent_id ? NULL : record_owner_form(ctx, form);
    const char **owners = NULL;
    const struct field *const *columns = list_fields(ctx, form);
    struct list_row_view *rows = ARENA_ARRAY(ctx->arena, list->len + 1, struct list_row_view);
    size_t n = 0;
    enum err rc = owner ? record_owners(ctx, &owners, list->items, list->len) : OK;

    if (rc)
        return rc;
    while (columns[n] != NULL)
        n++;
    v->heads_len = n;
    v->owner_head = owner ? label_text(ctx, &owner->title) : NULL;
    fill_heads(ctx, v, form, columns, now);
    for (size_t r = 0; r < list->len; r++) {
        const struct record *rec = list->items[r];
        const char **cells = ARENA_ARRAY(ctx->arena, n + 1, const char *);

        for (size_t i = 0; i < n; i++)
            cells[i] = record_shown(ctx, rec, columns[i]);
        rows[r].id = rec->id;
        rows[r].title = record_name(ctx, rec);
        rows[r].owner = owners ? owners[r] : "";
        rows[r].number = rec->number;
        rows[r].status = record_status_title(ctx, form, rec->status);
        rows[r].status_code = rec->status;
        rows[r].cells = cells;
        rows[r].cells_len = n;
        rows[r].updated_at = rec->updated_at;
        rows[r].link = record_url(ctx, rec);
    }
    v->rows = rows;
    v->rows_len = list->len;
    return OK;
}

static void fill_rights(struct ctx *ctx, struct record_list_view *v, const struct form *form)
{
    v->has_titles = has_titles(form);
    v->has_numbers = form->number != NULL;
    v->may_import = may(ctx, form->kind, "import");
    v->may_export = may(ctx, form->kind, "export");
    v->may_add = form->parent == NULL && may(ctx, form->kind, "create");
    v->add = url_build(ctx, "/records/{}/new", form->kind);
}

/* A form that makes several records of this kind at once. */
static void fill_whole(struct ctx *ctx, struct record_list_view *v, const struct form *form)
{
    for (size_t i = 0; i < ctx->forms->len; i++) {
        const struct form *other = ctx->forms->items[i];

        if (!text_equal(record_stands_for(other), form->kind) ||
            other->privacy > ctx->user->clearance || !may(ctx, other->kind, "create"))
            continue;
        v->whole_title = label_text(ctx, &other->title);
        v->whole = url_build(ctx, "/records/{}/new", other->kind);
    }
}

static enum err fill_parent(struct ctx *ctx, struct record_list_view *v, const struct form *form,
                            const char *parent_id)
{
    struct record *parent = NULL;
    enum err rc = parent_seen(ctx, &parent, form, parent_id);

    if (rc || parent == NULL)
        return rc;
    v->parent_title = record_name(ctx, parent);
    v->parent_link = record_url(ctx, parent);
    v->may_add = may(ctx, form->kind, "create");
    v->add = url_build(ctx, "/records/{}/new?parent={}", form->kind, parent_id);
    return OK;
}

static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

/* Boxes to choose rows by, where there is something that could be done with them. */
static void fill_bulk(struct ctx *ctx, struct record_list_view *v, const struct form *form,
                      const struct record_filter *f, const struct req *req)
{
    size_t len = 0;
    const struct pair *pairs = req_pairs(req, &len);
    struct pair_view *items = ARENA_ARRAY(ctx->arena, len + 1, struct pair_view);
    bool any = may(ctx, form->kind, "delete") || may(ctx, form->kind, "export");

    for (size_t i = 0; i < form->states_len; i++)
        any = any || user_may(ctx->user, form->states[i].permission);
    for (size_t i = 0; i < form->all_len; i++)
        any = any || (form->all[i]->ref != NULL && may(ctx, form->kind, "edit"));
    for (size_t i = 0; i < len; i++) {
        const char *name = pairs[i].name;

        if (pairs[i].value[0] == '\0' ||
            !(text_starts(name, "f.") || text_equal(name, "status") || text_equal(name, "parent")))
            continue;
        items[v->filter_len].name = name;
        items[v->filter_len++].value = pairs[i].value;
    }
    v->filter = items;
    v->may_add_first = v->may_add && (v->filter_len == 0 || f->parent_id != NULL);
    v->may_bulk = any && !text_equal(f->status, STATUS_DELETED);
}

enum err get_list(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *kind = req_path(req, "kind");
    struct record_filter f = { .status = or_null(req_text(req, "status")),
                               .parent_id = or_null(req_text(req, "parent")),
                               .after = or_null(req_text(req, "page")),
                               .limit = (size_t)req_int(req, "limit") };
    struct record_list list = { 0 };
    struct record_list_view v = { 0 };
    const struct form *form = NULL;
    enum err rc = record_form(ctx, &form, kind);

    if (!rc)
        rc = filter_read(ctx, &f, req);
    if (!rc && f.sort != SORT_FIELD)
        rc = sort_of(ctx, &f.sort, req_text(req, "sort"));
    if (rc)
        return rc;
    rc = record_list(ctx, &list, kind, &f);
    if ((rc == ERR_LIMIT || (rc == ERR_INVALID && f.after)) && !req_wants_json(req))
        v.problem = ctx_first_problem(ctx);
    else if (rc)
        return rc;
    if (req_wants_json(req))
        return reply_list_json(res, &list);
    v.title = record_kind_title(ctx, form);
    v.kind = kind;
    v.count = v.problem == NULL ? count_text(ctx, list.count) : NULL;
    fill_rights(ctx, &v, form);
    fill_whole(ctx, &v, form);
    rc = fill_parent(ctx, &v, form, f.parent_id);
    if (!rc)
        rc = unfinished_fill(ctx, &v.unfinished, kind, NULL);
    if (!rc)
        rc = filters_fill(ctx, &v.filters, form, &f, req_text(req, "sort"));
    if (rc)
        return rc;
    v.export_link.text = arena_printf(
        ctx->arena, "%s?%s%s%s", url_build(ctx, "/records/{}/export", form->kind).text,
        v.filters.query, f.parent_id ? "&parent=" : "", f.parent_id ? f.parent_id : "");
    fill_sorts(ctx, &v, form, &f);
    fill_states(ctx, &v, form, &f, req_text(req, "sort"));
    rc = fill_rows(ctx, &v, form, &list, &f);
    if (rc)
        return rc;
    fill_bulk(ctx, &v, form, &f, req);
    v.is_first = f.after == NULL;
    v.has_next = list.next != NULL;
    f.after = NULL;
    v.self = list_url(ctx, form, req_text(req, "sort"), &f);
    f.after = list.next;
    v.next = list_url(ctx, form, req_text(req, "sort"), &f);
    record_list_reply(res, 200, &v);
    return OK;
}
