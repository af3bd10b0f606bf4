#ifndef SURVEY_GROUPS_H
#define SURVEY_GROUPS_H

/*
 * What the summary needs of many interviews: for each group (the values of the columns of --by) and
 * score, how often each exact value was reached. From this come exact means and medians. The memory
 * grows with the number of groups and of different values, not of interviews.
 *
 * Errors: ERR_LIMIT over GROUPS_MAX groups, GROUP_TEXT_MAX bytes of group values, or
 * GROUP_VALUES_MAX different values in all.
 * Memory: ctx->arena of groups_new.
 */

#include "core/ctx.h"
#include "survey/feed.h"
#include "survey/profile.h"
#include "survey/sink.h"

#define GROUPS_MAX       10000
#define GROUP_TEXT_MAX   ((size_t)16 * 1024 * 1024)
#define GROUP_VALUES_MAX ((size_t)4 * 1024 * 1024)
#define GROUP_BY_MAX     16

struct groups;

/* by: names of the columns, at most GROUP_BY_MAX; both outlive the groups. */
enum err groups_new(struct ctx *ctx, struct groups **out, const struct profile *p,
                    const char *const *by, size_t by_len) MUST_USE;
/* One interview; values are its cells of the columns of --by. It counts once settled. */
enum err groups_add(struct ctx *ctx, struct groups *g, const struct feed_cell *values,
                    const struct scores *scores) MUST_USE;
/* Counts what was added since the last time. */
enum err groups_settle(struct ctx *ctx, struct groups *g) MUST_USE;
/* Takes back what was added since groups_settle, as if it had never been. */
void groups_take_back(struct groups *g);
/* All that was counted, as bytes for another process. 0 or the errno of the failure. */
int groups_send(struct groups *g, int fd);
/* Counts what another process sent; ERR_IO when the bytes end early. */
enum err groups_receive(struct ctx *ctx, struct groups *g, int fd) MUST_USE;
/* The summary: groups in byte order of their values, the whole last. */
enum err groups_write(struct ctx *ctx, struct groups *g, struct sink *to) MUST_USE;
int64_t groups_flagged(const struct groups *g);

#endif
