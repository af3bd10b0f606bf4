/* Who may be the same: lists, matches between offices, undoing, and the part of a person's page. */
#include "people/merge_web.h"

#include "auth/auth.h"
#include "core/text.h"
#include "forms_gen.h"
#include "people/identity.h"
#include "people/merge.h"
#include "people/people_web.h"
#include "people_templates.h"
#include "records/screens_web.h"

#define PAIRS_MAX  50
#define PAIRS_PAGE 25 /* enough for a page */
#define LOOKED_MAX 100
#define CHANGES    200

enum err side_fill(struct ctx *ctx, struct side_view *v, const struct record *rec)
{
    struct office office = { 0 };
    enum err rc = OK;

    *v = (struct side_view){ .title = record_name(ctx, rec),
                             .number = rec->number,
                             .link = record_url(ctx, rec),
                             .made_at = rec->created_at };
    if (text_equal(rec->office_id, ctx->user->office_id))
        return OK;
    rc = office_load(ctx, &office, rec->office_id);
    v->office = office.name;
    return rc;
}

/* --- candidates --- */

struct pairs {
    struct pair_of_view *items;
    size_t len;
};

static bool among(const char *const *ids, size_t len, const char *id)
{
    for (size_t i = 0; i < len; i++)
        if (text_equal(ids[i], id))
            return true;
    return false;
}

static enum err add_pair(struct ctx *ctx, struct pairs *out, const struct record *a,
                         const struct record_hit *hit)
{
    struct pair_of_view *p = &out->items[out->len];
    struct hit_view h = { 0 };
    enum err rc;

    hit_fill(ctx, &h, hit);
    *p = (struct pair_of_view){ .strength = h.strength,
                                .strength_text = h.strength_text,
                                .score = (int64_t)(hit->score * 100),
                                .why = h.why,
                                .link = url_build(ctx, "/people/{}/compare/{}", a->id,
                                                  hit->record->id) };
    rc = side_fill(ctx, &p->a, a);
    if (rc == OK)
        rc = side_fill(ctx, &p->b, hit->record);
    out->len += rc == OK;
    return rc;
}

/* Those like one person, but for whom was said that they differ; older: only who came before. */
static enum err add_like(struct ctx *ctx, struct pairs *out, const struct record *rec, bool older)
{
    struct record_hit *hits = NULL;
    const char **apart = NULL;
    size_t apart_len = 0;
    size_t len = 0;
    enum err rc = record_duplicates(ctx, &hits, &len, rec);

    if (rc == OK && len > 0)
        rc = not_same_ids(ctx, &apart, &apart_len, rec->id);
    for (size_t i = 0; rc == OK && i < len && out->len < PAIRS_MAX; i++) {
        const struct record *other = hits[i].record;

        if (!text_equal(other->status, STATUS_PERSON_ACTIVE) ||
            among(apart, apart_len, other->id) ||
            (older && (hits[i].one_name || text_compare(other->id, rec->id) > 0)))
            continue;
        rc = add_pair(ctx, out, rec, &hits[i]);
    }
    return rc;
}

/* The newest people first, each compared with all others of the scope, until a page is full. */
static enum err look_on(struct ctx *ctx, struct pairs *out, struct duplicates_view *v,
                        const char *after)
{
    struct record_filter filter = { .status = STATUS_PERSON_ACTIVE,
                                    .sort = SORT_NEWEST,
                                    .after = after[0] ? after : NULL,
                                    .limit = PAIRS_PAGE };
    enum err rc = OK;

    do {
        struct record_list list = { 0 };

        rc = record_list(ctx, &list, FORM_PERSON, &filter);
        for (size_t i = 0; rc == OK && i < list.len; i++) {
            struct record *rec = NULL;

            rc = record_load(ctx, &rec, FORM_PERSON, list.items[i]->id);
            if (rc == OK)
                rc = add_like(ctx, out, rec, true);
            v->looked++;
        }
        filter.after = list.next;
    } while (rc == OK && filter.after && out->len < PAIRS_PAGE && v->looked < LOOKED_MAX);
    if (rc == OK && filter.after)
        v->next = url_build(ctx, "/people/duplicates?after={}", filter.after);
    return rc;
}

static enum err fill_waits(struct ctx *ctx, struct duplicates_view *v)
{
    struct pair_of_view *items = ARENA_ARRAY(ctx->arena, MERGE_LIST_MAX, struct pair_of_view);
    struct merge_asked *asked = NULL;
    size_t len = 0;
    enum err rc = merge_asked_list(ctx, &asked, &len);

    for (size_t i = 0; rc == OK && i < len; i++) {
        struct record *kept = NULL;
        struct record *gone = NULL;

        rc = record_load(ctx, &kept, FORM_PERSON, asked[i].kept_id);
        if (rc == OK)
            rc = record_load(ctx, &gone, FORM_PERSON, asked[i].gone_id);
        if (rc == OK)
            rc = side_fill(ctx, &items[i].a, kept);
        if (rc == OK)
            rc = side_fill(ctx, &items[i].b, gone);
        items[i].who = asked[i].asked_by_name;
        items[i].at = asked[i].asked_at;
        items[i].mine = asked[i].mine;
        items[i].link = url_build(ctx, "/people/{}/compare/{}", asked[i].kept_id, asked[i].gone_id);
    }
    v->waits = items;
    v->waits_len = rc ? 0 : len;
    return rc;
}

static enum err fill_identity(struct ctx *ctx, struct duplicates_view *v)
{
    if (!user_may(ctx->user, PERM_PERSON_IDENTIFY) || ctx->user->scope != SCOPE_ALL)
        return OK;
    v->identity = url_build(ctx, "/people/identity");
    return identity_count(ctx, &v->matches);
}

enum err get_duplicates(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct duplicates_view v = { 0 };
    struct pairs pairs = { ARENA_ARRAY(ctx->arena, PAIRS_MAX, struct pair_of_view), 0 };
    const char *after = req_text(req, "after");
    enum err rc = after[0] ? OK : fill_waits(ctx, &v);

    if (rc == OK)
        rc = fill_identity(ctx, &v);
    if (rc == OK)
        rc = look_on(ctx, &pairs, &v, after);
    if (rc)
        return rc;
    v.pairs = pairs.items;
    v.pairs_len = pairs.len;
    duplicates_reply(res, 200, &v);
    return OK;
}

enum err get_duplicates_of(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct duplicates_view v = { 0 };
    struct pairs pairs = { ARENA_ARRAY(ctx->arena, PAIRS_MAX, struct pair_of_view), 0 };
    struct record *rec = NULL;
    enum err rc = record_load(ctx, &rec, FORM_PERSON, req_path(req, "id"));

    if (rc == OK)
        rc = add_like(ctx, &pairs, rec, false);
    if (rc)
        return rc;
    v.of = record_name(ctx, rec);
    v.back = record_url(ctx, rec);
    v.pairs = pairs.items;
    v.pairs_len = pairs.len;
    duplicates_reply(res, 200, &v);
    return OK;
}

/* --- between offices --- */

enum err get_identity(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct identity_list_view v = { 0 };
    struct identity_match *list = NULL;
    struct pair_of_view *items;
    size_t len = 0;
    enum err rc = identity_list(ctx, &list, &len);

    (void)req;
    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct pair_of_view);
    for (size_t i = 0; rc == OK && i < len; i++) {
        struct record_hit hit = { .record = list[i].two[1],
                                  .score = (double)list[i].score / 100,
                                  .why = "" };
        struct pairs one = { &items[i], 0 };

        rc = add_pair(ctx, &one, list[i].two[0], &hit);
        items[i].a.office = list[i].offices[0];
        items[i].b.office = list[i].offices[1];
        items[i].told = list[i].told_at > 0;
        if (!items[i].told)
            items[i].tell = url_build(ctx, "/people/identity/{}/tell", list[i].id);
    }
    if (rc)
        return rc;
    v.pairs = items;
    v.pairs_len = len;
    identity_list_reply(res, 200, &v);
    return OK;
}

enum err post_identity_tell(struct ctx *ctx, const struct req *req, struct res *res)
{
    enum err rc = identity_tell(ctx, req_path(req, "id"));

    if (rc)
        return rc;
    res_flash(res, tr(ctx, "Both offices are asked to get in touch with you."));
    return res_see_other(res, url_build(ctx, "/people/identity"));
}

/* --- undoing --- */

static enum err fill_counts(struct ctx *ctx, struct merge_undo_view *v,
                            const struct record_join *join)
{
    struct merge_count *counts = NULL;
    struct count_view *items;
    size_t len = 0;
    enum err rc = record_part_look(ctx, &counts, &len, join);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct count_view);
    for (size_t i = 0; i < len; i++)
        items[i] =
            (struct count_view){ record_kind_title(ctx, form_find(ctx->forms, counts[i].kind)),
                                 counts[i].back, counts[i].stay };
    v->counts = items;
    v->counts_len = len;
    return OK;
}

static enum err fill_since(struct ctx *ctx, struct merge_undo_view *v, const struct record *kept,
                           const struct record_join *join)
{
    struct record_change *list = NULL;
    struct change_view *items;
    struct record *merged = NULL;
    size_t len = 0;
    enum err rc = record_load_version(ctx, &merged, FORM_PERSON, kept->id, join->kept_after);

    if (rc == OK)
        rc = record_diff(ctx, &list, &len, merged, kept);
    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct change_view);
    for (size_t i = 0; i < len && i < CHANGES; i++)
        items[v->since_len++] =
            (struct change_view){ list[i].label, list[i].before, list[i].after };
    v->since = items;
    return OK;
}

/* The joining with both records; ERR_NOT_FOUND unless the acting user may see both. */
static enum err fill_undo(struct ctx *ctx, struct merge_undo_view *v, const char *id)
{
    struct record_join join = { 0 };
    struct record *kept = NULL;
    struct record *gone = NULL;
    enum err rc = record_join_load(ctx, &join, id);

    if (rc == OK)
        rc = record_load(ctx, &kept, FORM_PERSON, join.kept_id);
    if (rc == OK)
        rc = record_load(ctx, &gone, FORM_PERSON, join.gone_id);
    if (rc == OK)
        rc = side_fill(ctx, &v->kept, kept);
    if (rc == OK)
        rc = side_fill(ctx, &v->gone, gone);
    if (rc == OK)
        rc = user_name(ctx, &v->asked_by, join.asked_by);
    if (rc == OK)
        rc = user_name(ctx, &v->made_by, join.made_by);
    if (rc)
        return rc;
    v->made_at = join.made_at;
    v->until = merge_until(&join);
    v->late = ctx->now_ms > v->until;
    v->action = url_build(ctx, "/people/merged/{}", id);
    if (v->late)
        return OK;
    rc = fill_counts(ctx, v, &join);
    if (rc == OK)
        rc = record_part_refs(ctx, &v->refs, &join);
    return rc ? rc : fill_since(ctx, v, kept, &join);
}

enum err get_merge_undo(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct merge_undo_view v = { .reason = "" };
    enum err rc = fill_undo(ctx, &v, req_path(req, "id"));

    if (rc == OK)
        merge_undo_reply(res, 200, &v);
    return rc;
}

enum err post_merge_undo(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct merge_undo_view v = { .reason = req_text(req, "reason") };
    const char *id = req_path(req, "id");
    struct record_join join = { 0 };
    enum err rc = merge_undo(ctx, id, v.reason);

    if (rc == ERR_INVALID || rc == ERR_CONFLICT) {
        const int status = rc == ERR_INVALID ? 422 : 409;

        v.problem = ctx_problem(ctx, "reason");
        v.general = ctx_problem(ctx, NULL);
        if (fill_undo(ctx, &v, id))
            return rc;
        merge_undo_reply(res, status, &v);
        return OK;
    }
    if (rc == OK)
        rc = record_join_load(ctx, &join, id);
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "The merge is undone: there are two records again."));
    return res_see_other(res, url_build(ctx, "/records/{}/{}", FORM_PERSON, join.gone_id));
}

/* --- on the page of a person --- */

static bool may_undo(struct ctx *ctx, const struct record_join *join)
{
    return user_may(ctx->user, PERM_PERSON_MERGE) && ctx->now_ms <= merge_until(join);
}

/* NULL in *out: out of the acting user's scope. */
static enum err load_if_seen(struct ctx *ctx, struct record **out, const char *id)
{
    struct problem *last = ctx->problems_last;
    enum err rc = record_load(ctx, out, FORM_PERSON, id);

    if (rc != ERR_NOT_FOUND)
        return rc;
    ctx_problems_back(ctx, last);
    *out = NULL;
    return OK;
}

static enum err fill_away(struct ctx *ctx, struct merge_part_view *v, const struct record *rec)
{
    struct record_join join = { 0 };
    struct record *into = NULL;
    const char *id = NULL;
    enum err rc = record_join_of(ctx, &join, rec->id);

    if (rc || !join.id)
        return rc;
    v->away = true;
    rc = record_stands_now(ctx, &id, rec->id);
    if (rc == OK)
        rc = load_if_seen(ctx, &into, id);
    if (rc || !into)
        return rc;
    v->into = into->number;
    v->into_link = record_url(ctx, into);
    v->until = merge_until(&join);
    if (may_undo(ctx, &join))
        v->undo = url_build(ctx, "/people/merged/{}", join.id);
    return OK;
}

static enum err fill_merged(struct ctx *ctx, struct merge_part_view *v, const struct record *rec)
{
    struct record_join *joins = NULL;
    struct merged_view *items;
    size_t len = 0;
    enum err rc = record_joins_into(ctx, &joins, &len, rec->id);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct merged_view);
    for (size_t i = 0; rc == OK && i < len; i++) {
        struct merged_view *m = &items[v->items_len];
        struct record *gone = NULL;

        rc = load_if_seen(ctx, &gone, joins[i].gone_id);
        if (rc || !gone)
            continue;
        *m = (struct merged_view){ .title = record_name(ctx, gone),
                                   .number = gone->number,
                                   .link = record_url(ctx, gone),
                                   .until = merge_until(&joins[i]) };
        if (may_undo(ctx, &joins[i]))
            m->undo = url_build(ctx, "/people/merged/{}", joins[i].id);
        v->items_len++;
    }
    v->items = items;
    return rc;
}

static void draw_part(struct html *h, const void *view)
{
    merge_part_render(h, view);
}

enum err people_detail(struct ctx *ctx, const struct record *rec, struct record_extra *out)
{
    struct merge_part_view *v = ARENA_NEW(ctx->arena, struct merge_part_view);
    enum err rc =
        text_equal(rec->status, STATUS_MERGED) ? fill_away(ctx, v, rec) : fill_merged(ctx, v, rec);

    if (rc)
        return rc;
    if (user_may(ctx->user, PERM_PERSON_COMPARE) && text_equal(rec->status, STATUS_PERSON_ACTIVE))
        v->look = url_build(ctx, "/people/{}/duplicates", rec->id);
    if (!v->away && v->items_len == 0 && !v->look.text)
        return OK;
    out->draw = draw_part;
    out->view = v;
    return OK;
}
