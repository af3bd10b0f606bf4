#ifndef PLANS_PLAN_SIGN_H
#define PLANS_PLAN_SIGN_H

/*
 * Who has agreed to a plan (R-A3-09, RC-22; docs/plans.md). The worker who submits it and the
 * supervisor who approves it are written down by the change of status itself, under the account
 * that made it; the person signs what was approved. Every signature carries the fingerprint of the
 * text that was signed; whatever is signed cannot be changed, and a plan that goes back to draft
 * loses all signatures.
 *
 * Memory: ctx->arena. Errors: a plan outside the acting user's scope is ERR_NOT_FOUND.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "records/attach.h"

/*
 * Fingerprint of what is signed, 64 hex digits: every answer but calculated ones, signatures, and
 * what becomes known later (progress, real costs, the copy that was given). Of a plan with all its
 * answers: what the reader may not see is signed too.
 */
const char *plan_fingerprint(struct ctx *ctx, const struct record *plan);

/* A signature that the person, the child, the family or a partner gives; empty texts if none. */
struct plan_signing {
    const char *by;             /* code of approval_by */
    const char *name;           /* who signs */
    const char *mode;           /* code of approval_mode */
    const char *witness;        /* of mode verbal_witnessed */
    const char *on;             /* date */
    const char *place;          /* where */
    const char *missing;        /* of a child's plan: why the other signature is missing */
    struct upload_bytes upload; /* the signature drawn, or a picture of it; .bytes NULL = none */
};

/*
 * Adds a signature to an approved plan, then lets it become agreed if nothing else is missing:
 * *agreed_out. If something is, the signature stays and *wants_out says what. ERR_CONFLICT: the
 * plan is not approved, or changed since version. ERR_INVALID with problems of by, name, mode,
 * signature, witness, on, place.
 */
struct plan_signed {
    bool agreed;
    const char *wants;
};
enum err plan_sign(struct ctx *ctx, struct plan_signed *out, const char *id, int64_t version,
                   const struct plan_signing *s) MUST_USE;

/* Writes down that the person got a copy of an agreed plan. ERR_CONFLICT: it is not agreed. */
struct plan_copy {
    const char *on;   /* date */
    const char *lang; /* of the PDF */
    const char *how;  /* code of returnee_copy_how */
};
enum err plan_copy_given(struct ctx *ctx, const char *id, int64_t version,
                         const struct plan_copy *copy) MUST_USE;

/* The beginning of a fingerprint, for people to compare. */
const char *plan_mark(struct ctx *ctx, const char *fingerprint);

/* One signature, to be shown. */
struct plan_signature {
    const char *by; /* in words */
    const char *name;
    const char *mode;
    const char *on; /* as shown */
    const char *place;
    const char *mark; /* the fingerprint, short; "" = of a time before there were any */
    bool matches;     /* the plan still says what was signed */
    const char *file; /* id of its picture; NULL = none */
};
enum err plan_signatures(struct ctx *ctx, struct plan_signature **out, size_t *len_out,
                         const struct record *plan) MUST_USE;
/* Bytes of a signature's picture as PNG; len 0: it can no longer be read. */
enum err plan_signature_picture(struct ctx *ctx, struct upload_bytes *out,
                                const struct record *plan, const char *file) MUST_USE;

/* Whether a code of approval_by stands for the person's side: returnee, child, family. */
bool plan_is_person(const char *by);
/* The last day on which somebody of the person's side signed; "" = nobody has. */
const char *plan_person_signed(const struct record *plan);

/* --- for the hooks of plans --- */

/* Before a save: signatures are added by plan_sign only, to what is approved. */
enum err plan_check_signatures(struct ctx *ctx, struct record *rec,
                               const struct record *old) MUST_USE;
enum err plan_before_status(struct ctx *ctx, struct record *next,
                            const struct record *old) MUST_USE;

#endif
