#include "survey/groups.h"

#include <string.h>

#include "core/tr.h"

#include "survey/groups_inner.h"

#define SLOTS_FIRST   ((size_t)1 << 14)
#define AHEAD         16 /* values whose slots are on their way from memory */
#define PENDING_FIRST ((size_t)16 * 1024)
#define NAMES_SLOTS   ((size_t)1 << 15) /* more than GROUPS_MAX, so there is always a free one */

static uint64_t mix(uint64_t x)
{
    x *= 0x9e3779b97f4a7c15u;
    return x ^ x >> 29;
}

/* A table of its own arena: the old one is given back when it has grown out of it. */
static void make_slots(struct groups *g, size_t len)
{
    g->arena = arena_new(len * sizeof(*g->slots) + 4096);
    g->slots = ARENA_ARRAY(g->arena, len, struct group_value);
    g->slots_len = len;
}

static void free_slots(void *arg)
{
    struct groups *g = arg;

    arena_free(g->arena);
    g->arena = NULL;
}

enum err groups_new(struct ctx *ctx, struct groups **out, const struct profile *p,
                    const char *const *by, size_t by_len)
{
    struct groups *g = ARENA_NEW(ctx->arena, struct groups);

    *g = (struct groups){ .profile = p, .by = by, .by_len = by_len };
    g->keep = ctx->arena;
    g->names = ARENA_ARRAY(ctx->arena, GROUPS_MAX, struct group);
    g->names_slots = ARENA_ARRAY(ctx->arena, NAMES_SLOTS, uint16_t);
    make_slots(g, SLOTS_FIRST);
    arena_on_free(ctx->arena, free_slots, g);
    *out = g;
    return OK;
}

static bool same_values(const struct groups *g, const struct group *group,
                        const struct feed_cell *values)
{
    for (size_t i = 0; i < g->by_len; i++) {
        struct code_bytes ends = code_bytes(values[i].text, values[i].len);

        if (group->values[i].len != values[i].len || group->ends[i].first != ends.first ||
            group->ends[i].last != ends.last)
            return false;
        if (values[i].len > 16 && memcmp(group->values[i].text, values[i].text, values[i].len) != 0)
            return false;
    }
    return true;
}

static uint64_t hash_values(const struct groups *g, const struct feed_cell *values)
{
    uint64_t hash = g->by_len;

    for (size_t i = 0; i < g->by_len; i++) {
        struct code_bytes ends = code_bytes(values[i].text, values[i].len);

        hash = mix(hash ^ ends.first) + values[i].len;
        hash = mix(hash ^ ends.last);
    }
    return mix(hash);
}

static enum err new_group(struct ctx *ctx, struct groups *g, const struct feed_cell *values,
                          struct group **out)
{
    struct group *group;

    for (size_t i = 0; i < g->by_len; i++)
        g->text_len += values[i].len;
    if (g->len == GROUPS_MAX || g->text_len > GROUP_TEXT_MAX)
        return ctx_fail(ctx, ERR_LIMIT,
                        tr(ctx,
                           "There are more than {0} groups: choose columns with fewer values, such"
                           " as country or sex.",
                           TR_INT((int64_t)g->len)));
    group = &g->names[g->len++];
    group->flagged = 0;
    group->settled = 0;
    group->values = ARENA_ARRAY(ctx->arena, g->by_len, struct feed_cell);
    group->ends = ARENA_ARRAY(ctx->arena, g->by_len, struct code_bytes);
    for (size_t i = 0; i < g->by_len; i++) {
        group->values[i].text = arena_alloc(ctx->arena, values[i].len + 8);
        memcpy(group->values[i].text, values[i].text, values[i].len);
        group->values[i].len = values[i].len;
        group->ends[i] = code_bytes(values[i].text, values[i].len);
    }
    *out = group;
    return OK;
}

enum err groups_find(struct ctx *ctx, struct groups *g, const struct feed_cell *values, size_t *out)
{
    size_t at = hash_values(g, values) & (NAMES_SLOTS - 1);
    struct group *group = NULL;
    enum err rc;

    for (; g->names_slots[at]; at = (at + 1) & (NAMES_SLOTS - 1)) {
        if (same_values(g, &g->names[g->names_slots[at] - 1], values)) {
            *out = g->names_slots[at] - 1u;
            return OK;
        }
    }
    rc = new_group(ctx, g, values, &group);
    if (rc)
        return rc;
    g->names_slots[at] = (uint16_t)g->len;
    *out = g->len - 1;
    return OK;
}

static size_t slot_of(const struct groups *g, uint64_t num, uint64_t tag)
{
    return (mix(num ^ mix(tag)) >> 8) & (g->slots_len - 1);
}

static struct group_value *find_value(const struct groups *g, uint64_t num, uint64_t tag)
{
    size_t at = slot_of(g, num, tag);

    while (g->slots[at].count && (g->slots[at].num != num || g->slots[at].tag != tag))
        at = (at + 1) & (g->slots_len - 1);
    return &g->slots[at];
}

static enum err grow(struct ctx *ctx, struct groups *g)
{
    struct group_value *old = g->slots;
    struct arena *old_arena = g->arena;
    size_t old_len = g->slots_len;

    if (g->used >= GROUP_VALUES_MAX)
        return ctx_fail(ctx, ERR_LIMIT,
                        tr(ctx,
                           "The groups have more than {0} different scores in all: choose columns"
                           " with fewer values.",
                           TR_INT((int64_t)GROUP_VALUES_MAX)));
    make_slots(g, 2 * old_len);
    for (size_t i = 0; i < old_len; i++)
        if (old[i].count)
            *find_value(g, old[i].num, old[i].tag) = old[i];
    arena_free(old_arena);
    return OK;
}

enum err groups_count(struct ctx *ctx, struct groups *g, const struct group_value *value)
{
    struct group_value *to = find_value(g, value->num, value->tag);

    to->count += value->count;
    if (to->count != value->count)
        return OK;
    to->num = value->num;
    to->tag = value->tag;
    return ++g->used * 2 > g->slots_len ? grow(ctx, g) : OK;
}

enum err groups_settle(struct ctx *ctx, struct groups *g)
{
    enum err rc = OK;

    for (size_t i = 0; i < g->pending_len && !rc; i++) {
        const struct group_value *ahead = &g->pending[i + AHEAD < g->pending_len ? i + AHEAD : i];

        __builtin_prefetch(&g->slots[slot_of(g, ahead->num, ahead->tag)], 1);
        rc = groups_count(ctx, g, &g->pending[i]);
    }
    g->pending_len = 0;
    g->settled = g->len;
    g->settled_text = g->text_len;
    for (size_t i = 0; i < g->len; i++)
        g->names[i].settled = g->names[i].flagged;
    return rc;
}

void groups_take_back(struct groups *g)
{
    g->pending_len = 0;
    g->text_len = g->settled_text;
    for (size_t i = 0; i < g->settled; i++)
        g->names[i].flagged = g->names[i].settled;
    if (g->len == g->settled)
        return;
    g->len = g->settled;
    memset(g->names_slots, 0, NAMES_SLOTS * sizeof(*g->names_slots));
    for (size_t i = 0; i < g->len; i++) {
        size_t at = hash_values(g, g->names[i].values) & (NAMES_SLOTS - 1);

        while (g->names_slots[at])
            at = (at + 1) & (NAMES_SLOTS - 1);
        g->names_slots[at] = (uint16_t)(i + 1);
    }
}

/* Room for one interview more. */
static void make_pending(struct groups *g)
{
    size_t cap = g->pending_cap ? 2 * g->pending_cap : PENDING_FIRST;

    if (g->pending_len + DIM_COUNT <= g->pending_cap)
        return;
    g->pending = arena_grow(g->keep, g->pending, g->pending_cap * sizeof(*g->pending),
                            cap * sizeof(*g->pending));
    g->pending_cap = cap;
}

enum err groups_add(struct ctx *ctx, struct groups *g, const struct feed_cell *values,
                    const struct scores *scores)
{
    size_t group = 0;
    enum err rc = groups_find(ctx, g, values, &group);

    if (rc)
        return rc;
    make_pending(g);
    g->names[group].flagged += scores->flagged;
    for (unsigned d = 0; d < DIM_COUNT; d++) {
        struct score s = scores->of[d];

        if (s.den)
            g->pending[g->pending_len++] =
                (struct group_value){ (uint64_t)s.num, group_tag(group, d, (uint64_t)s.den), 1 };
    }
    return OK;
}

int64_t groups_flagged(const struct groups *g)
{
    int64_t flagged = 0;

    for (size_t i = 0; i < g->len; i++)
        flagged += g->names[i].flagged;
    return flagged;
}
