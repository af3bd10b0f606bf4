#include "core/memo.h"

#include <string.h>

#define ENTRIES 128 /* a page reads some dozens of things */

struct entry {
    const void *of;
    const char *id;
    void *value;
};

struct memo {
    struct arena *arena;
    const struct db *db;
    const struct user *user;
    size_t rewinds; /* of the arena, when the entries were kept */
    size_t len;
    struct entry entries[ENTRIES];
};

struct memo *memo_new(struct ctx *ctx)
{
    struct memo *m = ARENA_NEW(ctx->arena, struct memo);

    m->arena = ctx->arena;
    m->db = ctx->db;
    m->user = ctx->user;
    m->rewinds = arena_rewinds(ctx->arena);
    return m;
}

/* The memo, if it is one for this context; what a rewind may have taken away is forgotten. */
static struct memo *memo_of(const struct ctx *ctx)
{
    struct memo *m = ctx->memo;

    if (!m || m->arena != ctx->arena || m->db != ctx->db || m->user != ctx->user)
        return NULL;
    if (m->rewinds != arena_rewinds(m->arena)) {
        m->rewinds = arena_rewinds(m->arena);
        m->len = 0;
    }
    return m;
}

void *memo_find(const struct ctx *ctx, const void *of, const char *id)
{
    const struct memo *m = memo_of(ctx);

    for (size_t i = 0; m && i < m->len; i++)
        if (m->entries[i].of == of && strcmp(m->entries[i].id, id) == 0)
            return m->entries[i].value;
    return NULL;
}

void memo_keep(const struct ctx *ctx, const void *of, const char *id, void *value)
{
    struct memo *m = memo_of(ctx);

    if (m && m->len < ENTRIES)
        m->entries[m->len++] = (struct entry){ of, arena_strdup(m->arena, id), value };
}
