#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/id.h"
#include "core/text.h"
#include "records/records_sql.h"
#include "vault/fold.h"

#define LIMIT_DEFAULT 25
#define LIMIT_MAX     100
#define FEW           1000 /* records: put in order at once, whatever index found them */

/* --- sorting by title: titles are sealed, so they are opened, all of them --- */

struct titled {
    const char *key; /* folded, so that scripts and case do not part names */
    const char *title;
    const char *id;
};

static int compare_titled(const void *a, const void *b)
{
    const struct titled *x = a;
    const struct titled *y = b;
    int order = text_compare(x->key, y->key);

    if (order == 0)
        order = text_compare(x->title, y->title);
    return order ? order : text_compare(x->id, y->id);
}

struct titles {
    struct arena *arena; /* outlives the pages */
    struct titled *items;
    size_t len;
};

static enum err add_titles(struct ctx *ctx, struct titles *out, struct record **recs, size_t len)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < len; i++) {
        struct titled *t = &out->items[out->len];
        const char *key = NULL;

        rc = record_finish(ctx, recs[i]);
        if (rc == OK)
            rc = fold_latin(ctx, &key, recs[i]->title);
        if (rc)
            break;
        t->key = arena_strdup(out->arena, key);
        t->title = arena_strdup(out->arena, recs[i]->title);
        t->id = arena_strdup(out->arena, recs[i]->id);
        out->len++;
    }
    return rc;
}

static enum err open_titles(struct ctx *ctx, struct titles *out, const struct pick *base)
{
    struct record_filter filter = *base->filter;
    const struct record_hooks *hooks = record_hooks_of(base->form->kind);
    struct pick pick = *base;
    size_t len = SQL_BATCH;
    enum err rc = OK;

    filter.sort = SORT_NEWEST;
    filter.after = NULL;
    pick.filter = &filter;
    pick.bare = hooks && hooks->title_of_rows;
    pick.limit = SQL_BATCH;
    while (rc == OK && len == SQL_BATCH && out->len < RECORD_TITLE_SORT_MAX) {
        struct arena_mark mark = arena_mark(ctx->arena);
        struct record *recs[SQL_BATCH];

        rc = record_pick(ctx, recs, &len, &pick, record_title_parts(pick.form));
        if (rc == OK && len > 0)
            filter.after = arena_strdup(out->arena, sql_token(ctx, recs[len - 1], SORT_NEWEST));
        if (rc == OK)
            rc = add_titles(ctx, out, recs, len);
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
    }
    return rc;
}

/* Ids of all records of the list, by title. */
struct order_of {
    const char *const *ids;
    size_t len;
};

/* Where the page begins: behind the record that the token names. */
static size_t start_of(const struct order_of *order, const char *after)
{
    size_t at = 0;

    if (!after)
        return 0;
    while (at < order->len && !text_equal(order->ids[at], after))
        at++;
    return at < order->len ? at + 1 : order->len;
}

static enum err take_page(struct ctx *ctx, struct record **out, size_t *len_out,
                          const struct pick *pick, const struct order_of *order)
{
    const char *token = pick->filter->after;
    size_t at = start_of(order, token ? strchr(token, '.') + 1 : NULL);
    struct pick these = { .form = pick->form,
                          .ids = order->ids + at,
                          .anywhere = pick->anywhere,
                          .deleted = pick->deleted };
    struct record *recs[LIMIT_MAX + 1];
    size_t len = 0;
    size_t n = 0;
    enum err rc = OK;

    these.ids_len = order->len - at < pick->limit ? order->len - at : pick->limit;
    if (these.ids_len > 0)
        rc = record_pick(ctx, recs, &len, &these, record_title_parts(pick->form));
    for (size_t i = 0; rc == OK && i < these.ids_len; i++)
        for (size_t k = 0; k < len; k++)
            if (text_equal(recs[k]->id, these.ids[i]))
                out[n++] = recs[k];
    *len_out = n;
    return rc;
}

/* Unseals the titles of all; what was unsealed is gone before this returns. */
static enum err find_order(struct ctx *ctx, struct order_of *out, const struct pick *pick)
{
    struct titles titles = { .arena = arena_new(0) };
    const char **ids;
    enum err rc;

    titles.items = ARENA_ARRAY(titles.arena, RECORD_TITLE_SORT_MAX + SQL_BATCH, struct titled);
    rc = open_titles(ctx, &titles, pick);
    if (rc == OK) {
        qsort(titles.items, titles.len, sizeof(*titles.items), compare_titled);
        ids = ARENA_ARRAY(ctx->arena, titles.len + 1, const char *);
        for (size_t i = 0; i < titles.len; i++)
            ids[i] = arena_strdup(ctx->arena, titles.items[i].id);
        *out = (struct order_of){ ids, titles.len };
        rc = order_keep(ctx, pick, ids, titles.len);
    }
    arena_free(titles.arena);
    return rc;
}

static enum err page_by_title(struct ctx *ctx, struct record_list *list, const struct pick *pick)
{
    struct order_of order = { 0 };
    enum err rc;

    rc = sql_count(ctx, &list->count, pick, RECORD_TITLE_SORT_MAX + 1);
    if (rc)
        return rc;
    if (list->count > RECORD_TITLE_SORT_MAX)
        return ctx_fail(ctx, ERR_LIMIT,
                        tr(ctx,
                           "More than {0} records cannot be sorted by name. Choose a status, or "
                           "search for the name.",
                           TR_INT(RECORD_TITLE_SORT_MAX)));
    rc = order_find(ctx, &order.ids, &order.len, pick);
    if (rc == OK && !order.ids)
        rc = find_order(ctx, &order, pick);
    return rc ? rc : take_page(ctx, list->items, &list->len, pick, &order);
}

/* --- the list --- */

bool record_filterable(const struct ctx *ctx, const struct field *f)
{
    return sql_has_column(f, NULL) && field_visible(ctx, f) && f->kind != FIELD_HIDDEN;
}

static bool codes_known(struct ctx *ctx, const struct field *f, const char *value)
{
    char **codes = text_split(ctx->arena, value, ' ', true, NULL);
    size_t n = 0;

    for (; codes[n]; n++)
        if (!choice_find(f->choices, codes[n]))
            return false;
    return n > 0;
}

static bool value_fits(struct ctx *ctx, const struct field *f, const struct record_condition *c)
{
    int64_t n = 0;
    double d = 0;

    if (f->choices)
        return c->op == COND_IS && codes_known(ctx, f, c->value);
    if (f->kind == FIELD_INTEGER)
        return parse_int(c->value, INT64_MIN, INT64_MAX, &n);
    if (f->kind == FIELD_DECIMAL)
        return parse_decimal(c->value, &d);
    if (f->kind == FIELD_DATE)
        return date_valid(c->value);
    return c->op == COND_IS;
}

static enum err check_conditions(struct ctx *ctx, const struct record_filter *filter,
                                 const struct form *form)
{
    const struct field *sort = NULL;

    if (filter->conditions_len > RECORD_CONDITIONS_MAX)
        return ctx_fail(
            ctx, ERR_LIMIT,
            tr(ctx, "A list takes at most {0} conditions.", TR_INT(RECORD_CONDITIONS_MAX)));
    for (size_t i = 0; i < filter->conditions_len; i++) {
        const struct record_condition *c = &filter->conditions[i];
        const struct field *f = field_find(form, c->field);

        if (!f || !record_filterable(ctx, f))
            return ctx_fail_field(ctx, c->field,
                                  tr(ctx, "Lists cannot be filtered by this field."));
        if (!value_fits(ctx, f, c))
            return ctx_fail_field(ctx, c->field,
                                  tr(ctx, "This value does not fit the field {0}.",
                                     TR_TEXT(label_text(ctx, &f->label))));
    }
    if (filter->sort != SORT_FIELD)
        return OK;
    sort = filter->sort_field ? field_find(form, filter->sort_field) : NULL;
    if (!sort || !record_filterable(ctx, sort))
        return ctx_fail_field(ctx, "sort", tr(ctx, "There is no such order."));
    return OK;
}

enum err record_filter_check(struct ctx *ctx, struct record_filter *f, const struct form *form)
{
    enum err rc;

    if (f->limit == 0)
        f->limit = LIMIT_DEFAULT;
    if (f->limit > LIMIT_MAX)
        return ctx_fail_field(ctx, "limit",
                              tr(ctx, "Choose from 1 to {0} a page.", TR_INT(LIMIT_MAX)));
    if (f->sort == SORT_NUMBER && !form->number)
        f->sort = SORT_NEWEST;
    if (f->parent_id && !id_valid(f->parent_id))
        return record_gone(ctx);
    rc = check_conditions(ctx, f, form);
    if (rc)
        return rc;
    return f->after ? sql_token_check(ctx, f->after, f->sort) : OK;
}

static enum err note_list(struct ctx *ctx, const struct form *form, const struct record_list *list)
{
    const char **ids = ARENA_ARRAY(ctx->arena, list->len + 1, const char *);

    for (size_t i = 0; i < list->len; i++)
        ids[i] = list->items[i]->id;
    return record_note(ctx, "list", form, ids, list->len);
}

/* What the fewest records fulfil, of that which an index knows. */
struct rarest {
    const struct record_condition *by; /* NULL: the status, or nothing */
    int64_t n;                         /* more than RECORD_COUNT_MAX + 1: there is none */
};

/* How many fulfil all conditions on one field, or have the status that is asked for. */
static enum err count_alone(struct ctx *ctx, int64_t *out, const struct pick *pick,
                            const struct record_condition *c)
{
    struct record_condition same[RECORD_CONDITIONS_MAX] = { 0 };
    struct record_filter alone = { .conditions = same,
                                   .status = c ? NULL : pick->filter->status,
                                   .office_id = pick->filter->office_id };
    const struct pick one = {
        .form = pick->form, .filter = &alone, .by = c, .deleted = pick->deleted
    };

    for (size_t i = 0; c && i < pick->filter->conditions_len; i++)
        if (text_equal(pick->filter->conditions[i].field, c->field))
            same[alone.conditions_len++] = pick->filter->conditions[i];
    return sql_count(ctx, out, &one, RECORD_COUNT_MAX + 1);
}

/* What is below one record is found from that record. */
static enum err find_rarest(struct ctx *ctx, struct rarest *out, const struct pick *pick)
{
    const struct record_filter *filter = pick->filter;
    enum err rc = OK;
    int64_t n = 0;

    *out = (struct rarest){ NULL, RECORD_COUNT_MAX + 2 };
    if (filter->parent_id)
        return OK;
    for (size_t i = 0; rc == OK && i < filter->conditions_len; i++) {
        const struct record_condition *c = &filter->conditions[i];
        const struct field *f = field_find(pick->form, c->field);

        if (!sql_is_sorted(f) || f->kind == FIELD_SELECT_MULTIPLE)
            continue;
        rc = count_alone(ctx, &n, pick, c);
        if (rc == OK && n < out->n)
            *out = (struct rarest){ c, n };
    }
    if (rc == OK && filter->status) {
        rc = count_alone(ctx, &n, pick, NULL);
        if (rc == OK && n < out->n)
            *out = (struct rarest){ NULL, n };
    }
    return rc;
}

/* Nothing else is asked for: who fulfils it has been counted. */
static bool is_all(const struct record_filter *filter, const struct rarest *rarest)
{
    if (rarest->by && filter->status)
        return false;
    for (size_t i = 0; i < filter->conditions_len; i++)
        if (!rarest->by || !text_equal(filter->conditions[i].field, rarest->by->field))
            return false;
    return true;
}

/* Counted by what is rarest; few is true if they are best found by it, too, and ordered then. */
static enum err count_found(struct ctx *ctx, int64_t *out, struct pick *pick,
                            const struct rarest *rarest)
{
    enum err rc = OK;

    pick->by = rarest->by;
    pick->few = true;
    *out = rarest->n;
    if (!is_all(pick->filter, rarest))
        rc = sql_count(ctx, out, pick, RECORD_COUNT_MAX + 1);
    if (*out > FEW) { /* many are met soon in the order of the list */
        pick->by = NULL;
        pick->few = false;
    }
    return rc;
}

/* A first page that all records fit on need not be counted. */
static enum err page_in_order(struct ctx *ctx, struct record_list *list, struct pick *pick,
                              const struct rarest *rarest)
{
    bool counted = rarest->n <= RECORD_COUNT_MAX + 1;
    enum err rc = counted ? count_found(ctx, &list->count, pick, rarest) : OK;

    if (rc || (counted && list->count == 0))
        return rc;
    rc = record_pick(ctx, list->items, &list->len, pick, record_title_parts(pick->form));
    if (rc || counted)
        return rc;
    list->count = (int64_t)list->len;
    if (!pick->filter->after && list->len < pick->limit)
        return OK;
    return sql_count(ctx, &list->count, pick, RECORD_COUNT_MAX + 1);
}

/* All that is below one record, as its page shows it. */
static bool lists_children(const struct record_filter *f)
{
    return f->parent_id && f->sort == SORT_NEWEST && !f->after && !f->status &&
           f->conditions_len == 0;
}

/* The page of a list, one record more if there are more, and how many there are. */
static enum err find_page(struct ctx *ctx, struct record_list *list, struct pick *pick)
{
    struct rarest rarest;
    enum err rc = find_rarest(ctx, &rarest, pick);

    if (rc == OK && pick->filter->sort == SORT_TITLE) {
        pick->by = rarest.n <= FEW ? rarest.by : NULL;
        rc = page_by_title(ctx, list, pick);
    } else if (rc == OK) {
        rc = page_in_order(ctx, list, pick, &rarest);
    }
    if (list->count > RECORD_COUNT_MAX)
        list->count = -1;
    return rc;
}

enum err record_list(struct ctx *ctx, struct record_list *out, const char *kind,
                     const struct record_filter *filter)
{
    struct record_filter f = filter ? *filter : (struct record_filter){ 0 };
    struct pick pick = { .filter = &f };
    struct record_list list = { .items = ARENA_ARRAY(ctx->arena, LIMIT_MAX + 1, struct record *) };
    bool none = false;
    enum err rc;

    rc = record_form(ctx, &pick.form, kind);
    if (rc == OK)
        rc = record_filter_check(ctx, &f, pick.form);
    if (rc)
        return rc;
    if (f.parent_id) {
        rc = record_none_below(ctx, &none, pick.form, f.parent_id);
        if (rc)
            return rc;
    }
    if (none) {
        *out = list;
        return OK;
    }
    pick.limit = f.limit + 1;
    pick.deleted = text_equal(f.status, STATUS_DELETED) && sees_bin(ctx, pick.form);
    rc = find_page(ctx, &list, &pick);
    if (rc)
        return rc;
    if (lists_children(&f) && list.len <= f.limit)
        record_keep_listed(ctx, pick.form, f.parent_id, list.items, list.len);
    if (list.len > f.limit) {
        list.len = f.limit;
        list.next = sql_token(ctx, list.items[f.limit - 1], f.sort);
    }
    for (size_t i = 0; rc == OK && i < list.len; i++)
        rc = record_finish(ctx, list.items[i]);
    if (rc == OK)
        rc = note_list(ctx, pick.form, &list);
    if (rc == OK)
        *out = list;
    return rc;
}

enum err record_count(struct ctx *ctx, int64_t *out, const char *kind,
                      const struct record_filter *filter)
{
    struct record_filter f = filter ? *filter : (struct record_filter){ 0 };
    struct pick pick = { .filter = &f };
    struct rarest rarest;
    int64_t n = 0;
    enum err rc = record_form(ctx, &pick.form, kind);

    if (rc == OK)
        rc = record_filter_check(ctx, &f, pick.form);
    if (rc)
        return rc;
    pick.deleted = text_equal(f.status, STATUS_DELETED) && sees_bin(ctx, pick.form);
    rc = find_rarest(ctx, &rarest, &pick);
    if (rc == OK && rarest.n <= RECORD_COUNT_MAX + 1)
        rc = count_found(ctx, &n, &pick, &rarest);
    else if (rc == OK)
        rc = sql_count(ctx, &n, &pick, RECORD_COUNT_MAX + 1);
    if (rc == OK)
        *out = n > RECORD_COUNT_MAX ? -1 : n;
    return rc;
}
