#ifndef CORE_ERR_H
#define CORE_ERR_H

/*
 * Error codes: what every function that can fail returns. Whoever first knows the reason records
 * it in ctx (ctx_fail, ctx_fail_field); everyone above returns the code unchanged.
 */

#define MUST_USE          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum err {
    OK = 0,
    ERR_INVALID,   /* the input breaks a rule that is told to the user */
    ERR_NOT_FOUND, /* does not exist, or is outside the user's scope: never say which */
    ERR_FORBIDDEN,
    ERR_CONFLICT, /* somebody changed it meanwhile, or it exists already */
    ERR_LIMIT,    /* larger or longer than allowed */
    ERR_BUSY,     /* may be tried again from the start */
    ERR_DB,
    ERR_IO,
    ERR_INTERNAL
};

/* HTTP status of a code: 200, 422, 404, 403, 409, 413, 503, 500, 500, 500. */
int err_http_status(enum err rc);

/* Exit code of a command: 0, or 2 (invalid), 3 (not found), 4 (forbidden) ... one per code. */
int err_exit_code(enum err rc);

/* Short stable English name for logs: "invalid", "not_found" ... */
const char *err_name(enum err rc);

#endif
