/* Records whole, for rooms that judge and count: no scope, no clearance, no access log. */
#include "core/memo.h"
#include "core/text.h"
#include "records/records_inner.h"

static enum err form_of(struct ctx *ctx, const struct form **out, const char *kind)
{
    *out = form_find(ctx->forms, kind);
    return *out ? OK : record_gone(ctx);
}

enum err record_load_whole(struct ctx *ctx, struct record **out, const char *kind, const char *id)
{
    const struct form *form = NULL;
    enum err rc = form_of(ctx, &form, kind);

    return rc ? rc : record_load_full(ctx, out, form, id, true);
}

static bool lies_in(const struct field *f, const struct field *repeat)
{
    for (f = f->repeat; f && f != repeat; f = f->repeat)
        ;
    return f != NULL;
}

enum err record_load_whole_for(struct ctx *ctx, struct record **out, const char *kind,
                               const char *id, const struct record_reading *reading)
{
    const struct form *form = NULL;
    struct pick pick = { .ids = &id, .anywhere = true };
    int64_t want = 0;
    enum err rc = form_of(ctx, &form, kind);

    if (rc)
        return rc;
    for (size_t i = 0; i < reading->len; i++) {
        const struct field *f = reading->fields[i];

        want |= record_repeat_parts(form, field_is_repeat(f) ? f : f->repeat);
        for (size_t k = 0; field_is_repeat(f) && k < form->all_len; k++)
            if (field_is_repeat(form->all[k]) && lies_in(form->all[k], f))
                want |= record_repeat_parts(form, form->all[k]);
    }
    pick.form = form;
    return record_load_some(ctx, out, &pick, want);
}

enum err record_version_whole(struct ctx *ctx, struct record **out, const struct record *now,
                              int64_t version)
{
    return record_load_was(ctx, out, now, version);
}

/* Reads which kinds have records below one of another kind, all in one statement. */
static enum err look_below(struct ctx *ctx, const bool **out, const char *parent,
                           const char *parent_id)
{
    bool *has = ARENA_ARRAY(ctx->arena, ctx->forms->len + 1, bool);
    enum err rc = sql_below(ctx, has, parent, parent_id);

    if (rc)
        return rc;
    memo_keep(ctx, ctx->forms, parent_id, has);
    *out = has;
    return OK;
}

enum err record_none_below(struct ctx *ctx, bool *out, const struct form *form,
                           const char *parent_id)
{
    const bool *has = memo_find(ctx, ctx->forms, parent_id);
    enum err rc = OK;

    *out = false;
    if (!ctx->memo || !form->parent)
        return OK;
    if (!has)
        rc = look_below(ctx, &has, form->parent, parent_id);
    for (size_t i = 0; rc == OK && i < ctx->forms->len; i++)
        if (ctx->forms->items[i] == form)
            *out = !has[i];
    return rc;
}

/* --- children that a list has read --- */

/*
 * A page lists the children of a record and asks its rules of the same children: they are unsealed
 * once. Kept as they lie in the database, before anything was hidden from the acting user.
 */
struct listed {
    struct record **items; /* newest first */
    size_t len;
};

static bool has_repeats(const struct form *form)
{
    for (size_t i = 0; i < form->all_len; i++)
        if (field_is_repeat(form->all[i]))
            return true;
    return false;
}

static struct record *copy_of(struct ctx *ctx, const struct record *rec)
{
    struct record *copy = ARENA_NEW(ctx->arena, struct record);

    *copy = *rec;
    copy->answers = answers_copy(ctx->arena, rec->answers);
    return copy;
}

void record_keep_listed(struct ctx *ctx, const struct form *form, const char *parent_id,
                        struct record *const *items, size_t len)
{
    struct listed *listed;

    if (!ctx->memo || has_repeats(form) || memo_find(ctx, &form->all, parent_id))
        return;
    listed = ARENA_NEW(ctx->arena, struct listed);
    listed->items = ARENA_ARRAY(ctx->arena, len + 1, struct record *);
    for (size_t i = 0; i < len; i++)
        listed->items[listed->len++] = copy_of(ctx, items[i]);
    memo_keep(ctx, &form->all, parent_id, listed);
}

/* Oldest first; NULL unless the list had all that there are, also of other offices and deleted. */
static enum err children_listed(struct ctx *ctx, struct record ***out, size_t *len_out,
                                const struct form *form, const char *parent_id)
{
    const struct listed *listed = memo_find(ctx, &form->all, parent_id);
    const struct record_filter filter = { .parent_id = parent_id };
    const struct pick all = { .form = form, .filter = &filter, .anywhere = true };
    struct record **items;
    int64_t n = 0;
    enum err rc;

    if (!listed)
        return OK;
    rc = sql_count(ctx, &n, &all, SQL_BATCH);
    if (rc || n != (int64_t)listed->len)
        return rc;
    items = ARENA_ARRAY(ctx->arena, listed->len + 1, struct record *);
    for (size_t i = 0; i < listed->len; i++)
        items[i] = copy_of(ctx, listed->items[listed->len - 1 - i]);
    *out = items;
    *len_out = listed->len;
    return OK;
}

/* *after is NULL at first and again after the last page. */
static enum err children_page(struct ctx *ctx, struct record ***out, size_t *len_out,
                              const char *kind, const char *parent_id, const char **after)
{
    struct record_filter filter = { .parent_id = parent_id, .after = *after };
    struct pick pick = { .filter = &filter, .limit = SQL_BATCH, .anywhere = true, .oldest = true };
    struct record **items = NULL;
    size_t len = 0;
    bool none = false;
    bool more = false;
    enum err rc = form_of(ctx, &pick.form, kind);

    if (rc == OK && !*after)
        rc = record_none_below(ctx, &none, pick.form, parent_id);
    if (rc == OK && !*after && !none)
        rc = children_listed(ctx, &items, &len, pick.form, parent_id);
    if (rc == OK && !none && !items) {
        items = ARENA_ARRAY(ctx->arena, SQL_BATCH, struct record *);
        rc = record_pick(ctx, items, &len, &pick, PARTS_ALL);
        more = rc == OK && len == SQL_BATCH;
    }
    if (rc)
        return rc;
    *after = more ? sql_token(ctx, items[len - 1], SORT_NEWEST) : NULL;
    *out = items;
    *len_out = len;
    return OK;
}

static enum err children(struct ctx *ctx, struct record ***out, size_t *len_out, const char *kind,
                         const char *parent_id, size_t most)
{
    struct record **items = NULL;
    const char *after = NULL;
    size_t cap = 0;
    size_t len = 0;
    enum err rc;

    do {
        struct record **page = NULL;
        size_t n = 0;

        rc = children_page(ctx, &page, &n, kind, parent_id, &after);
        if (rc == OK && len + n > cap) {
            items = arena_grow(ctx->arena, items, cap * sizeof(struct record *),
                               (2 * cap + n) * sizeof(struct record *));
            cap = 2 * cap + n;
        }
        for (size_t i = 0; rc == OK && i < n && len < most; i++)
            items[len++] = page[i];
    } while (rc == OK && after && len < most);
    if (rc)
        return rc;
    *out = items;
    *len_out = len;
    return OK;
}

enum err record_children_whole(struct ctx *ctx, struct record ***out, size_t *len_out,
                               const char *kind, const char *parent_id)
{
    return children(ctx, out, len_out, kind, parent_id, RECORD_CHILDREN_MAX);
}

enum err record_children_all(struct ctx *ctx, struct record ***out, size_t *len_out,
                             const char *kind, const char *parent_id)
{
    return children(ctx, out, len_out, kind, parent_id, SIZE_MAX);
}

enum err record_places(struct ctx *ctx, struct record_place *out, size_t *len_out, const char *kind,
                       const char **after)
{
    struct record_filter filter = { .after = *after };
    struct pick pick = {
        .filter = &filter, .limit = SQL_BATCH - 1, .anywhere = true, .oldest = true
    };
    struct record *items[SQL_BATCH];
    size_t len = 0;
    enum err rc = form_of(ctx, &pick.form, kind);

    if (rc == OK)
        rc = record_pick(ctx, items, &len, &pick, 0);
    if (rc)
        return rc;
    for (size_t i = 0; i < len; i++)
        out[i] = (struct record_place){ items[i]->id, items[i]->office_id };
    *after = len == pick.limit ? sql_token(ctx, items[len - 1], SORT_NEWEST) : NULL;
    *len_out = len;
    return OK;
}

bool record_may_read(const struct ctx *ctx, const struct field *f)
{
    return field_visible(ctx, f);
}
