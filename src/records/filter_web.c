/* Filters of a list: what came in the address, the form that asks for them, and those that are
 * kept. */
#include <string.h>

#include "core/text.h"
#include "records/records_inner.h"
#include "records/saved_filter.h"
#include "records/screens_web.h"

#define TAIL_MAX ((size_t)4000)

/* f.opened, f.opened.from, f.opened.to; false if it is none of these. */
static bool read_condition(struct ctx *ctx, struct record_condition *out, const struct pair *p)
{
    const char *name = p->name + 2;
    const char *dot = strchr(name, '.');

    if (!text_starts(p->name, "f."))
        return false;
    out->op = COND_IS;
    out->field = name;
    out->value = text_trim(ctx->arena, p->value);
    if (dot == NULL)
        return true;
    out->field = arena_strndup(ctx->arena, name, (size_t)(dot - name));
    out->op = strcmp(dot, ".from") == 0 ? COND_FROM : COND_TO;
    return out->op == COND_FROM || strcmp(dot, ".to") == 0;
}

enum err filter_read(struct ctx *ctx, struct record_filter *f, const struct req *req)
{
    size_t len = 0;
    const struct pair *pairs = req_pairs(req, &len);
    struct record_condition *items = ARENA_ARRAY(ctx->arena, len + 1, struct record_condition);
    const char *sort = req_text(req, "sort");
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        if (!text_starts(pairs[i].name, "f.") || pairs[i].value[0] == '\0')
            continue;
        if (!read_condition(ctx, &items[n], &pairs[i]))
            return ctx_fail_field(ctx, pairs[i].name,
                                  tr(ctx, "Lists cannot be filtered by this field."));
        n += items[n].value[0] != '\0';
    }
    f->conditions = items;
    f->conditions_len = n;
    if (!text_starts(sort, "c."))
        return OK;
    f->sort = SORT_FIELD;
    f->down = text_ends(sort, ".down");
    f->sort_field =
        arena_strndup(ctx->arena, sort + 2, strlen(sort) - 2 - (f->down ? strlen(".down") : 0));
    return OK;
}

static const char *const ends[] = { [COND_IS] = "", [COND_FROM] = ".from", [COND_TO] = ".to" };

const char *filter_tail(struct ctx *ctx, const struct record_filter *f)
{
    struct buf b;

    buf_init(&b, ctx->arena, TAIL_MAX);
    for (size_t i = 0; i < f->conditions_len; i++) {
        const struct record_condition *c = &f->conditions[i];

        buf_printf(&b, "&f.%s%s=", c->field, ends[c->op]);
        buf_add_url(&b, c->value);
    }
    return buf_ok(&b) ? buf_text(&b) : "";
}

static const char *asked(const struct record_filter *f, const struct field *field,
                         enum condition_op op)
{
    for (size_t i = 0; i < f->conditions_len; i++)
        if (strcmp(f->conditions[i].field, field->name) == 0 && f->conditions[i].op == op)
            return f->conditions[i].value;
    return "";
}

static void fill_choices(struct ctx *ctx, struct filter_view *v, const struct field *field)
{
    struct option_view *items =
        ARENA_ARRAY(ctx->arena, field->choices->len + 1, struct option_view);

    for (size_t i = 0; i < field->choices->len; i++) {
        items[i].code = field->choices->items[i].name;
        items[i].label = label_text(ctx, &field->choices->items[i].label);
        items[i].chosen = strcmp(items[i].code, v->value) == 0;
    }
    v->options = items;
    v->options_len = field->choices->len;
}

static void fill_one(struct ctx *ctx, struct filter_view *v, const struct record_filter *f,
                     const struct field *field)
{
    v->label = label_text(ctx, &field->label);
    v->name = arena_printf(ctx->arena, "f.%s", field->name);
    v->id = arena_printf(ctx->arena, "filter-%s", field->name);
    v->value = asked(f, field, COND_IS);
    v->from = asked(f, field, COND_FROM);
    v->to = asked(f, field, COND_TO);
    v->date = field->kind == FIELD_DATE;
    v->range = v->date || field->kind == FIELD_INTEGER || field->kind == FIELD_DECIMAL;
    if (field->choices != NULL)
        fill_choices(ctx, v, field);
}

/* Values of people's fields are never offered: they have no column. */
static enum err fill_saved(struct ctx *ctx, struct filters_view *v, const struct form *form)
{
    struct saved_filter *list = NULL;
    struct saved_view *items;
    enum err rc = saved_filters(ctx, &list, &v->saved_len, form->kind);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, v->saved_len + 1, struct saved_view);
    for (size_t i = 0; i < v->saved_len; i++) {
        items[i].name = list[i].name;
        items[i].id = list[i].id;
        items[i].link.text = arena_printf(
            ctx->arena, "%s?%s", url_build(ctx, "/records/{}", form->kind).text, list[i].query);
    }
    v->saved = items;
    return OK;
}

enum err filters_fill(struct ctx *ctx, struct filters_view *v, const struct form *form,
                      const struct record_filter *f, const char *sort)
{
    struct filter_view *items = ARENA_ARRAY(ctx->arena, form->all_len + 1, struct filter_view);
    const char *status = f->status == NULL ? "" : f->status;

    for (size_t i = 0; i < form->all_len; i++)
        if (record_filterable(ctx, form->all[i]))
            fill_one(ctx, &items[v->items_len++], f, form->all[i]);
    v->items = items;
    v->kind = form->kind;
    v->sort = sort;
    v->status = status;
    v->parent = f->parent_id == NULL ? "" : f->parent_id;
    v->active = f->conditions_len > 0;
    v->clear = url_build(ctx, "/records/{}", form->kind);
    v->query =
        arena_printf(ctx->arena, "%s%s", url_build(ctx, "sort={}&status={}", sort, status).text,
                     filter_tail(ctx, f));
    v->may_save = f->conditions_len > 0 || status[0] != '\0' || sort[0] != '\0';
    return fill_saved(ctx, v, form);
}

/* --- kept filters --- */

enum err post_filter(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *kind = req_path(req, "kind");
    const char *query = req_text(req, "query");
    const struct form *form = NULL;
    enum err rc = record_form(ctx, &form, kind);

    if (!rc)
        rc = saved_filter_add(ctx, kind, req_text(req, "name"), query);
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "The filter is kept."));
    return res_see_other(
        res, (struct url){ arena_printf(ctx->arena, "%s?%s",
                                        url_build(ctx, "/records/{}", kind).text, query) });
}

enum err post_filter_drop(struct ctx *ctx, const struct req *req, struct res *res)
{
    enum err rc = saved_filter_drop(ctx, req_path(req, "kind"), req_text(req, "filter"));

    if (rc)
        return rc;
    res_flash(res, tr(ctx, "The filter is gone."));
    return res_see_other(res, url_build(ctx, "/records/{}", req_path(req, "kind")));
}
