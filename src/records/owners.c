/* Whom records are about, where a list tells: a case is known by its number and by a name. */
#include "core/text.h"
#include "records/records_inner.h"

static bool is_known_by_name(struct ctx *ctx, const struct form *form)
{
    const struct record_hooks *hooks = form ? record_hooks_of(form->kind) : NULL;

    return hooks != NULL && hooks->title != NULL && user_may_do(ctx->user, form->kind, "view") &&
           form->privacy <= ctx->user->clearance;
}

const struct form *record_owner_form(struct ctx *ctx, const struct form *form)
{
    const struct form *owner = form->parent ? form_find(ctx->forms, form->parent) : NULL;

    return is_known_by_name(ctx, owner) ? owner : NULL;
}

/* Those of the ids that are within scope, as a list shows them; out has room for len. */
static enum err load_these(struct ctx *ctx, struct record **out, size_t *len_out,
                           const struct pick *pick)
{
    const char **seen = ARENA_ARRAY(ctx->arena, pick->ids_len + 1, const char *);
    size_t n = 0;
    enum err rc = OK;

    if (pick->ids_len > 0)
        rc = record_pick(ctx, out, &n, pick, record_title_parts(pick->form));
    for (size_t i = 0; rc == OK && i < n; i++) {
        rc = record_finish(ctx, out[i]);
        seen[i] = out[i]->id;
    }
    if (rc == OK)
        rc = record_note(ctx, "list", pick->form, seen, n);
    if (rc == OK)
        *len_out = n;
    return rc;
}

enum err record_load_several(struct ctx *ctx, struct record ***out, size_t *len_out,
                             const char *kind, const char *const *ids, size_t len)
{
    struct record **recs = ARENA_ARRAY(ctx->arena, len + 1, struct record *);
    struct pick pick = { .ids = ids, .ids_len = len };
    size_t n = 0;
    enum err rc = record_form(ctx, &pick.form, kind);

    if (rc == OK && user_may_do(ctx->user, kind, "view"))
        rc = load_these(ctx, recs, &n, &pick);
    if (rc)
        return rc;
    *out = recs;
    *len_out = n;
    return OK;
}

/* The ids of the parents, each once. */
static size_t parents_of(const char **ids, struct record *const *recs, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        bool known = recs[i]->parent_id == NULL;

        for (size_t k = 0; k < n && !known; k++)
            known = text_equal(ids[k], recs[i]->parent_id);
        if (!known)
            ids[n++] = recs[i]->parent_id;
    }
    return n;
}

static const char *title_among(struct record *const *recs, size_t len, const char *id)
{
    for (size_t i = 0; i < len; i++)
        if (text_equal(recs[i]->id, id))
            return recs[i]->title;
    return "";
}

enum err record_owners(struct ctx *ctx, const char ***out, struct record *const *recs, size_t len)
{
    const struct form *owner = len > 0 ? record_owner_form(ctx, recs[0]->form) : NULL;
    const char **titles = ARENA_ARRAY(ctx->arena, len + 1, const char *);
    const char *ids[SQL_BATCH];
    struct record *owners[SQL_BATCH];
    struct pick pick = { .form = owner, .ids = ids };
    size_t found = 0;
    enum err rc = OK;

    for (size_t i = 0; i < len; i++)
        titles[i] = "";
    *out = titles;
    if (owner == NULL || len > SQL_BATCH)
        return OK;
    pick.bare = record_hooks_of(owner->kind)->title_of_rows;
    pick.ids_len = parents_of(ids, recs, len);
    rc = load_these(ctx, owners, &found, &pick);
    for (size_t i = 0; rc == OK && i < len; i++)
        titles[i] = title_among(owners, found, recs[i]->parent_id);
    return rc;
}
