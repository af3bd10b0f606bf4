#ifndef CORE_CTX_H
#define CORE_CTX_H

/*
 * The context of one request, command or job: its memory, connections, acting user, time, language
 * and the problems found. It comes first in every call that can fail; there are no globals, no
 * hidden clock and no hidden user.
 *
 * Memory: everything allocated through ctx->arena ends with the request.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/tr.h"

struct db;
struct vault;
struct audit;
struct forms;
struct user;
struct memo;

/* One thing wrong: field is NULL for the whole, else its path such as names.2.name_text. */
struct problem {
    enum err code;
    const char *field;
    const char *text;
    struct problem *next;
};

struct ctx {
    struct arena *arena;
    struct db *db;       /* main database; read-only while a GET or HEAD is served */
    struct db *index_db; /* blind index */
    struct vault *vault;
    struct audit *audit;       /* this process's audit chain and the access log */
    const struct forms *forms; /* all published forms */
    const struct user *user;   /* acting user; NULL = nobody is signed in */
    const char *user_id;       /* user's id, or NULL */
    const char *office_id;     /* the acting user's office, or NULL */
    const char *lang;          /* language of output: en, fr, es, ar ... */
    const char *time_zone;     /* of the office; IANA name */
    int64_t now_ms;            /* milliseconds since 1970, UTC; fixed for the request */
    bool demo;                 /* this database is a demo */
    struct memo *memo;         /* what this page has read already (core/memo.h); mostly NULL */
    struct problem *problems;  /* oldest first */
    struct problem *problems_last;
};

/* Records a problem without a field, oldest first. The text is copied. */
void ctx_set_problem(struct ctx *ctx, enum err code, const char *field, const char *text);

/* These are macros so that analyzers see the code returned. */
#define ctx_fail(ctx, code, text) (ctx_set_problem((ctx), (code), NULL, (text)), (code))
#define ctx_fail_field(ctx, field, text)                                                           \
    (ctx_set_problem((ctx), ERR_INVALID, (field), (text)), ERR_INVALID)

/* First problem of a field (NULL = of the whole); NULL if none. */
const char *ctx_problem(const struct ctx *ctx, const char *field);
/* First problem of all, or "" . */
const char *ctx_first_problem(const struct ctx *ctx);
void ctx_clear_problems(struct ctx *ctx);
/* Forgets the problems after one (NULL: all): what went wrong was dealt with. */
void ctx_problems_back(struct ctx *ctx, struct problem *last);

/* Today in the office's time zone, YYYY-MM-DD. */
const char *ctx_today(struct ctx *ctx);

#endif
