#ifndef RECORDS_GIVING_H
#define RECORDS_GIVING_H

/*
 * Records that are given to somebody outside the office: exported, printed, or as a document of
 * another room. A room above judges each record when it leaves, takes out what may not be given,
 * and writes down what is; as long as there is no judge, nothing is given.
 *
 * Memory: ctx->arena, but what has to outlive a page of records lies in giving.kept.
 * Errors: those of the database; a refusal is no error of giving_ask. Limits: GIVING_BASIS_MAX
 * consents that one giving rests on.
 */

#include "core/buf.h"
#include "core/ctx.h"
#include "records/records.h"

#define GIVING_RECIPIENT_BYTES 800 /* 200 characters in any script */
#define GIVING_BASIS_MAX       5000
#define GIVING_REASONS_MAX     24

/* Why records were left out; text is English, marked with N_, and translated where it is shown. */
struct giving_reason {
    const char *text;
    int64_t count;
};

struct giving {
    const char *recipient;
    const char *purpose; /* code of the form of consent */
    bool print;          /* a document; else a file */
    const char *what;    /* title of the kind */
    /* What would leave: questions with their forms; a form without question: its status. */
    const struct form **forms;
    const struct field **fields;
    size_t len;
    struct arena *kept;
    void *state; /* of the judge */
    /* What it rests on, as the judge knows it again. */
    const char **basis;
    size_t basis_len;
    struct giving_reason reasons[GIVING_REASONS_MAX];
    size_t reasons_len;
};

struct giving_judge {
    /* *refused_out = NULL: rec holds what may be given, and that is written down. */
    enum err (*give)(struct ctx *ctx, const char **refused_out, struct record *rec,
                     struct giving *g);
    /* Whether what a giving rests on stands still. */
    enum err (*stands)(struct ctx *ctx, bool *out, const char *basis);
};
/* Once, before fork. */
void records_use_judge(const struct giving_judge *one);

/* What would leave is told first; room is for len questions and forms. kept is the caller's. */
void giving_begin(struct giving *g, struct arena *kept, size_t len);
void giving_add(struct giving *g, const struct form *form, const struct field *f);
/* Judges; *given_out = false: it stays here, and the reason is counted. */
enum err giving_ask(struct ctx *ctx, bool *given_out, struct record *rec,
                    struct giving *g) MUST_USE;
/* For the judge: notes what it rests on, each once in a giving. ERR_LIMIT: too many people. */
enum err giving_rests_on(struct ctx *ctx, struct giving *g, const char *basis) MUST_USE;
/* ERR_CONFLICT: something that it rests on was ended since. */
enum err giving_stands(struct ctx *ctx, const char *const *basis, size_t len) MUST_USE;

/*
 * Checks what a person typed: ERR_INVALID with a problem of the field "recipient" or "purpose".
 */
enum err giving_check(struct ctx *ctx, const char *recipient, const char *purpose) MUST_USE;

/*
 * One record for a print or another document: rec is cut down to what may be given, which is
 * written down; or *refused_out says in ctx->lang why nothing is, and rec is as it was. Of asked,
 * recipient and purpose count. ERR_INVALID as giving_check.
 */
enum err record_give(struct ctx *ctx, const char **refused_out, struct record *rec,
                     const struct giving *asked) MUST_USE;

#endif
