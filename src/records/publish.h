#ifndef RECORDS_PUBLISH_H
#define RECORDS_PUBLISH_H

/*
 * Forms at run time. The forms in force are those that come with the program (or --content), with
 * overlays over them, and those that were published in the database. Publishing raises the epoch
 * in one transaction with the tables, the grants and the audit row; every process looks at the
 * epoch before it does anything and reads the forms again when it has moved (forms_live_look).
 *
 * A version is never changed. Going back is publishing an older version again.
 *
 * Memory: ctx->arena, but for struct forms_live, which owns an arena of its own.
 * Errors: ERR_INVALID with problems; ERR_CONFLICT somebody else has published meanwhile.
 * Limits: FORM_FILE_MAX; DRAFT_KEPT_MS.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/auth.h"
#include "core/ctx.h"
#include "forms/forms.h"
#include "forms/overlay.h"
#include "forms/pack.h"

#define FORM_FILE_MAX ((size_t)4 * 1024 * 1024)
#define FORM_PACK_MAX (FORM_FILE_MAX + PACK_BYTES_MAX) /* with what comes beside it */
#define DRAFT_KEPT_MS ((int64_t)7 * 24 * 60 * 60 * 1000)

enum form_origin { ORIGIN_SHIPPED, ORIGIN_OVERLAY, ORIGIN_WHOLE };

/* --- looking at a file --- */

struct form_mistake {
    bool warning;
    const char *file;
    const char *sheet; /* survey, choices, settings; "" if not known */
    int row;           /* as a spreadsheet counts; 0 = the whole file */
    const char *column;
    const char *value; /* what stands there, shortened */
    const char *text;  /* what is wrong and what to do */
};
#define FORM_MISTAKES_MAX 200 /* told; all are counted */

struct form_change {
    const char *what;  /* in ctx->lang: added, taken out, label, relevant ... */
    const char *field; /* its name; "" = the form */
    const char *before;
    const char *after;
};
#define FORM_CHANGES_MAX 500

struct form_plan {
    const char *kind; /* "" if the file does not say */
    enum form_origin origin;
    struct form_text given;  /* the file */
    struct form_text source; /* what is read: the file, or the overlay put over the shipped form */
    const struct form *form; /* NULL after mistakes */
    const struct form *now;  /* in force; NULL = a new kind */
    int64_t epoch;           /* when it was looked at */
    const struct form_mistake *mistakes;
    size_t mistakes_len;
    int64_t bad; /* mistakes that are no warnings */
    const struct form_change *changes;
    size_t changes_len;
    const char *notes; /* of an upgrade; NULL = none */
    const char *shape; /* of form_shape, once published */
};

/*
 * What another room has to say about a form before it is published: warnings at rows of the sheets.
 * Called with each form that is good otherwise.
 */
struct form_told;
typedef void (*form_check)(struct ctx *ctx, const struct form *form, struct form_told *told);
void publish_use_check(form_check check); /* NULL = none */
/* A warning at a choice; text says what to do. */
void form_tell_choice(struct form_told *told, const struct field *f, const struct choice *choice,
                      const char *text);

/* Reads the file as it would be published now. OK also when it has mistakes: they are in out. */
enum err publish_check(struct ctx *ctx, struct form_plan *out,
                       const struct form_text *text) MUST_USE;

/*
 * Publishes what publish_check found good: form.publish is needed. grants are for a new kind, and
 * replace those of a kind that was published before unless grants_len is 0. ERR_INVALID it has
 * mistakes; ERR_CONFLICT another form was published since. ctx->forms is as before: whoever needs
 * the new ones calls forms_live_look.
 */
enum err publish_now(struct ctx *ctx, const struct form_plan *plan, const struct kind_grant *grants,
                     size_t grants_len, int64_t *epoch_out) MUST_USE;

/*
 * Every process makes anew what it keeps of forms and settings before its next request. Inside the
 * transaction that changes them.
 */
enum err forms_look_again(struct ctx *ctx) MUST_USE;

/* --- drafts --- */

/* With the files that came with it. */
struct form_draft {
    const char *id;
    struct form_text text;
    int64_t made_at;
    const char *made_by; /* user id */
};

enum err draft_add(struct ctx *ctx, const char **id_out, const struct form_text *text) MUST_USE;
enum err draft_load(struct ctx *ctx, struct form_draft *out, const char *id) MUST_USE;
/* The newest 20, newest first. */
enum err draft_list(struct ctx *ctx, struct form_draft **out, size_t *len_out) MUST_USE;
enum err draft_delete(struct ctx *ctx, const char *id) MUST_USE;

/* --- versions --- */

struct form_version {
    const char *version;
    int64_t epoch;
    enum form_origin origin;
    int64_t published_at;
    const char *published_by; /* user id, or NULL */
    const char *hash;
    const char *notes; /* NULL = none */
};
#define FORM_VERSIONS_MAX 200

/* Newest first: the first is in force. */
enum err form_versions(struct ctx *ctx, struct form_version **out, size_t *len_out,
                       const char *kind) MUST_USE;
/* The file that gives this version again: the whole form, or its overlay. ERR_NOT_FOUND. */
enum err form_version_file(struct ctx *ctx, struct form_text *out, const char *kind, int64_t epoch,
                           bool whole) MUST_USE;
/* What is published to have this version again; of a shipped one, the program's own form now. */
enum err form_version_again(struct ctx *ctx, struct form_text *out, const char *kind,
                            int64_t epoch) MUST_USE;
/* The form with this hash, as it was published; *out NULL if there is none. */
enum err form_by_hash(struct ctx *ctx, const struct form **out, const char *kind,
                      const char *hash) MUST_USE;

/* --- what came with a form: tables and pictures of the version in force --- */

struct form_medium {
    const char *name;
    const char *type;  /* media type */
    const char *hash;  /* BLAKE2b, hex */
    const char *bytes; /* NULL in lists */
    size_t len;
};
/* Those of the version in force, and the shared tables that it looks up, by name. */
enum err form_media(struct ctx *ctx, struct form_medium **out, size_t *len_out,
                    const struct form *form) MUST_USE;
/* With its bytes. ERR_NOT_FOUND: there is none. */
enum err form_medium_load(struct ctx *ctx, struct form_medium *out, const struct form *form,
                          const char *name) MUST_USE;

/* Grants of published kinds (kind NULL = all). */
enum err form_grants(struct ctx *ctx, struct kind_grant **out, size_t *len_out,
                     const char *kind) MUST_USE;

/* --- what is in force, in one process --- */

struct forms_live {
    const struct forms *shipped; /* set by the caller; lives longer */
    struct arena *arena;         /* of forms; NULL = forms are the shipped ones */
    const struct forms *forms;
    int64_t epoch; /* -1 = never looked */
};

/*
 * Looks at the epoch and reads the forms again, with roles and grants, when it has moved;
 * *moved_out says so. ctx->forms is set. after (may be NULL) is called with the new forms in ctx
 * before the old ones go, for whoever points into them. An error leaves the forms as they were, to
 * be read again at the next look.
 */
enum err forms_live_look(struct ctx *ctx, struct forms_live *live, bool *moved_out,
                         enum err (*after)(struct ctx *ctx)) MUST_USE;
void forms_live_end(struct forms_live *live);

/* homeward form check|publish|list|versions|back; argv[0] is "form". */
enum err form_command(struct ctx *ctx, int argc, char **argv) MUST_USE;

#endif
