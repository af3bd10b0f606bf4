#ifndef SURVEY_GROUPS_INNER_H
#define SURVEY_GROUPS_INNER_H

/* Shared by groups.c, which counts, and groups_write.c, which prints. */

#include "survey/groups.h"

/* How often a score had one exact value, in one group. */
struct group_value {
    uint64_t num;
    uint64_t tag;  /* group, score and denominator */
    int64_t count; /* 0: a free slot */
};

struct group {
    struct feed_cell *values;
    struct code_bytes *ends; /* of the values: up to 16 bytes need no other comparison */
    int64_t flagged;         /* pending ones too */
    int64_t settled;
};

struct groups {
    const struct profile *profile;
    const char *const *by;
    size_t by_len;
    struct group *names;
    size_t len;
    size_t text_len;
    size_t settled; /* groups and bytes of text when all was counted */
    size_t settled_text;
    uint16_t *names_slots; /* place of the group + 1 */
    struct arena *arena;   /* of the slots */
    struct group_value *slots;
    size_t slots_len; /* a power of two */
    size_t used;
    /* Not yet counted, so that they can be taken back; see groups_settle. */
    struct group_value *pending;
    size_t pending_len;
    size_t pending_cap;
    struct arena *keep; /* ctx->arena of groups_new */
};

/* Denominators are below 2^40, groups below 2^14. */
static inline uint64_t group_tag(size_t group, unsigned score, uint64_t den)
{
    return (uint64_t)group << 44 | (uint64_t)score << 40 | den;
}

/* Counts a value as often as it says. */
enum err groups_count(struct ctx *ctx, struct groups *g, const struct group_value *value) MUST_USE;
/* The place of the group of these values, made if there is none. */
enum err groups_find(struct ctx *ctx, struct groups *g, const struct feed_cell *values,
                     size_t *out) MUST_USE;

static inline size_t tag_group(uint64_t tag)
{
    return (size_t)(tag >> 44);
}

static inline unsigned tag_score(uint64_t tag)
{
    return (unsigned)(tag >> 40) & 3u;
}

static inline uint64_t tag_den(uint64_t tag)
{
    return tag & 0xffffffffffu;
}

#endif
