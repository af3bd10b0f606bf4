#ifndef PEOPLE_MERGE_WEB_H
#define PEOPLE_MERGE_WEB_H

/* Pages about duplicates and merging. Memory: ctx->arena. */

#include "people/people_view.h"
#include "web/web.h"

/* --- merge_pages_web.c --- */

enum err get_duplicates(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err get_duplicates_of(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err get_identity(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err post_identity_tell(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err get_merge_undo(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err post_merge_undo(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
/* One of two records, as every page shows it. */
enum err side_fill(struct ctx *ctx, struct side_view *v, const struct record *rec) MUST_USE;

/* --- merge_web.c: two side by side --- */

enum err get_compare(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err post_ask(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err post_confirm(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err post_refuse(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err post_differ(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err post_undiffer(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;

#endif
