#ifndef WEB_REPLY_H
#define WEB_REPLY_H

/* A reply in the making, and the wire form of it. Inside the web room only. */

#include "core/buf.h"
#include "web/request.h"

#define RES_HEADERS_MAX 24
#define RES_BODY_MAX    ((size_t)16 * 1024 * 1024)

struct home;

struct res {
    struct ctx *ctx;
    const struct req *req;
    const struct web *web;
    int status; /* 0 = nothing was said yet */
    const char *type;
    const char *body;
    size_t body_len;
    struct wire_header headers[RES_HEADERS_MAX];
    size_t headers_len;
    const char *continuation;
    const char *session; /* token of the browser's session, or NULL */
    const char *visit;   /* token of a visitor who has not signed in */
    const char *csrf;    /* as the forms of this reply carry it; NULL: not asked for yet */
    bool personal;       /* not to be kept by any cache */
};

void res_cookie(struct res *res, const char *name, const char *value, int seconds);
/* Text of the flash cookie, if it is ours; the cookie is ended. NULL if none. */
const char *res_take_flash(struct res *res);

/* CSRF: the secret of this session or visit, masked anew in each reply, and its check. */
const char *csrf_token(struct res *res);
enum err csrf_check(struct ctx *ctx, struct res *res) MUST_USE;

/* Fills out; compresses when it is worth it. */
void res_to_wire(struct res *res, struct wire_reply *out);

#endif
