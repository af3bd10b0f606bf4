#ifndef RECORDS_PUBLISH_INNER_H
#define RECORDS_PUBLISH_INNER_H

/* Inside of publishing: rules, difference, statements. */

#include "db/db.h"
#include "records/publish.h"
#include "records/records_inner.h"

/* --- publish_rules.c --- */

/*
 * What a good form may not do to records that there are: problems at rows of plan->source. Fills
 * plan->shape.
 */
enum err publish_rules(struct ctx *ctx, struct form_plan *plan) MUST_USE;

/* --- publish_diff.c --- */

/* Fills changes from the version in force and the source. */
enum err publish_diff(struct ctx *ctx, struct form_plan *plan) MUST_USE;

/* --- publish_store.c --- */

enum err publish_epoch(struct ctx *ctx, int64_t *out) MUST_USE;
/* Whether the program itself has a form of this kind; its file. */
bool publish_shipped(struct ctx *ctx, struct form_text *out, const char *kind);
/* The newest 20 versions whose text has this name somewhere, newest first. */
enum err publish_naming(struct ctx *ctx, struct form_version **out, size_t *len_out,
                        const char *kind, const char *name) MUST_USE;
/* Lines of form_shape; "" if there is none. */
enum err publish_shape(struct ctx *ctx, const char **out, const char *kind) MUST_USE;
/*
 * Inside a transaction: tables, shape and version of a form. *epoch_out is the new epoch.
 */
enum err publish_write(struct ctx *ctx, const struct form_plan *plan, int64_t *epoch_out) MUST_USE;
/* The version in force: *there_out = false if none was published. */
struct form_now {
    enum form_origin origin;
    const char *hash;
    const char *version;
    const char *given; /* overlay */
    int64_t epoch;
};
enum err publish_now_of(struct ctx *ctx, struct form_now *out, const char *kind,
                        bool *there_out) MUST_USE;

/* --- publish_files.c --- */

/*
 * Looks at what came with a form: each is a table, or what its ending says; pictures are made anew.
 * ERR_INVALID with a problem at a table that is no text; what is wrong with a picture, a recording
 * or another file becomes its fault, which reading the form tells at the cells that name it.
 * Outside transactions.
 */
enum err form_files_check(struct ctx *ctx, struct form_text *text) MUST_USE;
/* Inside a transaction: they belong to this version. */
enum err form_files_write(struct ctx *ctx, const char *kind, int64_t epoch,
                          const struct form_files *files) MUST_USE;
/* Those of a version; tables = without pictures and recordings. *out is NULL if there are none. */
enum err form_files_load(struct ctx *ctx, const struct form_files **out, const char *kind,
                         int64_t epoch, bool tables) MUST_USE;

/* --- publish.c --- */

/*
 * At start: tables and versions of the forms that come with the program, their overlays over the
 * new ones, then all that is published into ctx->forms, roles and grants.
 */
enum err publish_prepare(struct ctx *ctx) MUST_USE;

/* --- publish_check.c --- */

/* The overlay over the shipped form as an upgrade does it: what does not fit is left out and told
 * in plan->notes. */
enum err publish_again(struct ctx *ctx, struct form_plan *plan, const struct form_text *base,
                       const struct form_text *overlay) MUST_USE;

#endif
