/* What one process counted, handed to another one of the same program. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/tr.h"
#include "survey/groups_inner.h"

#define VALUES_AT_ONCE 4096

struct counted {
    uint64_t groups;
    uint64_t values;
};

static int write_all(int fd, const void *bytes, size_t len)
{
    const char *p = bytes;

    while (len > 0) {
        ssize_t done = write(fd, p, len);

        if (done < 0 && errno != EINTR)
            return errno;
        if (done > 0) {
            p += done;
            len -= (size_t)done;
        }
    }
    return 0;
}

static enum err read_all(struct ctx *ctx, int fd, void *bytes, size_t len)
{
    char *p = bytes;

    while (len > 0) {
        ssize_t got = read(fd, p, len);

        if (got == 0 || (got < 0 && errno != EINTR))
            return ctx_fail(ctx, ERR_IO,
                            tr(ctx, "A helper process of the command ended before its work was"
                                    " done. Try again, perhaps with --jobs 1."));
        if (got > 0) {
            p += got;
            len -= (size_t)got;
        }
    }
    return OK;
}

static int send_group(const struct groups *g, const struct group *group, int fd)
{
    int error = write_all(fd, &group->flagged, sizeof(group->flagged));

    for (size_t i = 0; i < g->by_len && !error; i++) {
        error = write_all(fd, &group->values[i].len, sizeof(group->values[i].len));
        if (!error)
            error = write_all(fd, group->values[i].text, group->values[i].len);
    }
    return error;
}

int groups_send(struct groups *g, int fd)
{
    struct counted counted = { g->len, 0 };
    size_t len = 0;
    int error;

    /* To the front, so that they go in one piece. They are no hash table any more. */
    for (size_t i = 0; i < g->slots_len; i++)
        if (g->slots[i].count)
            g->slots[len++] = g->slots[i];
    counted.values = len;
    error = write_all(fd, &counted, sizeof(counted));
    for (size_t i = 0; i < g->len && !error; i++)
        error = send_group(g, &g->names[i], fd);
    return error ? error : write_all(fd, g->slots, len * sizeof(*g->slots));
}

static enum err receive_group(struct ctx *ctx, struct groups *g, int fd, uint64_t *place_out)
{
    struct feed_cell values[GROUP_BY_MAX];
    int64_t flagged = 0;
    size_t place = 0;
    enum err rc = read_all(ctx, fd, &flagged, sizeof(flagged));

    for (size_t i = 0; i < g->by_len && !rc; i++) {
        rc = read_all(ctx, fd, &values[i].len, sizeof(values[i].len));
        if (!rc && values[i].len > GROUP_TEXT_MAX)
            return ERR_INTERNAL;
        if (rc)
            return rc;
        values[i].text = arena_alloc(ctx->arena, values[i].len + 8);
        rc = read_all(ctx, fd, values[i].text, values[i].len);
    }
    if (!rc)
        rc = groups_find(ctx, g, values, &place);
    if (rc)
        return rc;
    g->names[place].flagged += flagged;
    *place_out = place;
    return OK;
}

enum err groups_receive(struct ctx *ctx, struct groups *g, int fd)
{
    struct counted counted = { 0 };
    struct group_value *values = ARENA_ARRAY(ctx->arena, VALUES_AT_ONCE, struct group_value);
    uint64_t *places;
    enum err rc = read_all(ctx, fd, &counted, sizeof(counted));

    if (rc)
        return rc;
    if (counted.groups > GROUPS_MAX || counted.values > GROUP_VALUES_MAX)
        return ERR_INTERNAL;
    places = ARENA_ARRAY(ctx->arena, counted.groups + 1, uint64_t);
    for (size_t i = 0; i < counted.groups && !rc; i++)
        rc = receive_group(ctx, g, fd, &places[i]);
    for (uint64_t left = counted.values; left > 0 && !rc;) {
        size_t len = left < VALUES_AT_ONCE ? (size_t)left : VALUES_AT_ONCE;

        rc = read_all(ctx, fd, values, len * sizeof(*values));
        for (size_t i = 0; i < len && !rc; i++) {
            size_t place = tag_group(values[i].tag);

            if (place >= counted.groups)
                return ERR_INTERNAL;
            values[i].tag =
                group_tag((size_t)places[place], tag_score(values[i].tag), tag_den(values[i].tag));
            rc = groups_count(ctx, g, &values[i]);
        }
        left -= len;
    }
    return rc ? rc : groups_settle(ctx, g);
}
