#ifndef WEB_WEB_H
#define WEB_WEB_H

/*
 * Requests, replies, routes. A route is one row: method, path, permission, handler, input fields.
 * Before a handler runs, the router has checked size, session, permission, CSRF (every method but
 * GET and HEAD, unless the caller used a token) and input fields by type and length; undeclared
 * fields are refused. An empty permission stops the program at start.
 *
 * Memory: everything lives in ctx->arena of the request.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "http/wire.h"

/* --- what a route expects --- */

enum input_kind {
    INPUT_END = 0,
    INPUT_TEXT, /* valid UTF-8, at most max bytes, no control characters but LF */
    INPUT_INT,  /* within min and max */
    INPUT_BOOL, /* "1", "on", "true"; absent = false */
    INPUT_CODE, /* [a-z][a-z0-9_.-]{0,60} */
    INPUT_ID,   /* UUID */
    INPUT_DATE,
    INPUT_FILE /* multipart upload, at most max bytes */
};

struct field_spec {
    const char *name; /* "f.*": all that begin with "f." */
    enum input_kind kind;
    int64_t min;
    int64_t max; /* text and files: bytes; 0 = 200 for text, 1 MB for files */
    bool required;
};

struct req;
struct res;

/* A page's input: none, a table of fields, or everything a form of records may send. */
struct input_spec {
    const struct field_spec *fields;
    bool record; /* the fields of the record kind named by the path's {kind} (or by kind) */
    const char *kind;
};

/* The formatter cannot read initialisers inside a macro. */
/* clang-format off */
#define NO_FIELDS             { 0 }
#define FIELDS(table)         { .fields = (table) }
#define FIELDS_OF_KIND        { .record = true }
#define FIELDS_OF_FORM(kind_) { .record = true, .kind = (kind_) }
/* clang-format on */

enum method { METHOD_END = 0, GET, POST, PUT, PATCH, DELETE };

struct route {
    enum method method;
    const char *path;       /* "/cases/{id}/close"; {id} must be a UUID, {kind} a form's name */
    const char *permission; /* PERM_...; "{kind}.view" is filled from the path */
    enum err (*handler)(struct ctx *ctx, const struct req *req, struct res *res);
    struct input_spec input;
    size_t body_max; /* bytes; 0 = 256 KB */
    /* application/json is taken too; other routes refuse it. Its members are the declared fields
     * and checked as such; a route of records (input.record) or of a machine reads it by itself. */
    bool json;
    /* The schema of the API's description that it answers JSON with: "{kind}" is filled from the
     * path; NULL: it answers pages only. A reply that is not said here is a fault (asserted). */
    const char *reply;
    int reply_status; /* 0 = 200 */
    /* Called by a program that signs what it sends: no session counts and no CSRF token is asked;
     * the handler checks the signature of req_json before anything else. */
    bool machine;
    /* GET only: devices fetch it as well as browsers. A request with the header X-OpenRosa-Version
     * may say its token as the password of HTTP Basic, is asked for it by 401 where a browser is
     * sent to sign in, and finds the same header in the reply. */
    bool device;
};

/* A path of ours, made by url_build only: templates take nothing else in href and action. */
struct url {
    const char *text;
};

/* Where a place stands: in the bar, or in the menu beside it under one of three headings. */
enum nav_group { NAV_BAR = 0, NAV_RECORDS, NAV_WORK, NAV_ADMIN };

/* A place in the navigation, shown to who may go there. */
struct nav_item {
    const char *title; /* marked with N_() */
    const char *path;
    const char *permission;
    enum nav_group group;
};

/* A place that only this request knows, such as the list of a kind; title is translated already. */
struct nav_place {
    const char *title;
    struct url link;
};

/* What the rooms above add to the frame of every page of somebody who is signed in. */
struct frame {
    const struct nav_place *records; /* lists of kinds that are not in the bar */
    size_t records_len;
    bool may_search; /* the search box in the header */
};

/* Checked at start by web_check. */
struct web {
    const struct route *const *tables; /* of all rooms, NULL-ended; each table ends with { 0 } */
    const struct nav_item *nav;        /* ends with { 0 } */
    /*
     * Names, besides localhost and the loopback addresses, by which browsers may call this server
     * (behind nginx); ends with NULL; NULL = none. Any other Host is refused, or a stranger's site
     * that resolves to 127.0.0.1 could speak to us in the name of who opens it.
     */
    const char *const *hosts;
    /* Called before each request, on the connection that reads: brings what the process keeps up to
     * date, such as ctx->forms. NULL = nothing. */
    enum err (*refresh)(struct ctx *ctx);
    /* How many notifications the acting user has not read, for the bell; NULL = no bell. */
    enum err (*bell)(struct ctx *ctx, int64_t *out);
    /* Called for each page of somebody who is signed in. NULL = nothing is added. */
    void (*frame)(struct ctx *ctx, struct frame *out);
    /* The page of help for a screen, by the method and pattern of its route (NULL: there is none)
     * and the kind of record in its path or NULL. Its title may be NULL. NULL = no help. */
    void (*help)(struct ctx *ctx, const char *method, const char *pattern, const char *kind,
                 struct nav_place *out);
};
/* ERR_INVALID: a route without a known permission, a path twice, a bad pattern. */
enum err web_check(struct ctx *ctx, const struct web *web) MUST_USE;

/* --- reading a request --- */

const char *req_path(const struct req *req, const char *name); /* {name} of the pattern */
const char *req_text(const struct req *req, const char *name); /* "" if absent */
int64_t req_int(const struct req *req, const char *name);      /* 0 if absent */
bool req_bool(const struct req *req, const char *name);
/* Bytes of an upload; NULL if absent. */
const char *req_file(const struct req *req, const char *name, size_t *len_out,
                     const char **filename_out);
/* All files that came, in order; one that was not chosen has no bytes. */
struct upload {
    const char *name;
    const char *filename;
    const char *bytes;
    size_t len;
};
const struct upload *req_uploads(const struct req *req, size_t *len_out);
/* All pairs that came, in order, for record forms. */
struct pair {
    const char *name;
    const char *value;
};
const struct pair *req_pairs(const struct req *req, size_t *len_out);
bool req_wants_json(const struct req *req);
/* Body of a JSON request; NULL when it was a form. Plain routes read req_text and so on. */
const char *req_json(const struct req *req, size_t *len_out);
/* Path and query, for links back; the path alone if both are longer than LOCATION_MAX. */
const char *req_location(struct ctx *ctx, const struct req *req);
#define LOCATION_MAX 500
/* A path of ours as a whole address, by the name that the client called. */
const char *req_absolute(struct ctx *ctx, const struct req *req, struct url url);
bool req_loopback(const struct req *req);
/* Address of the client as text, also behind a proxy on this machine; NULL: this machine's own. */
const char *req_address(struct ctx *ctx, const struct req *req);
const char *req_header(const struct req *req, const char *lower_name);
/* Token of the page wanted of a streamed reply; NULL at the first. */
const char *req_continuation(const struct req *req);

/* --- replies --- */

/* Each {} is filled with one percent-encoded argument. */
struct url url_build_(struct ctx *ctx, const char *pattern, const char *const *args);
#define url_build(ctx, ...) URL_PICK_(ctx, __VA_ARGS__, NULL)
#define URL_PICK_(ctx, pattern, ...)                                                               \
    url_build_((ctx), (pattern), (const char *const[]){ __VA_ARGS__ })

struct ctx *res_ctx(struct res *res);
const struct req *res_req(const struct res *res);
/* All routes of the program: the API's description is printed from them. */
const struct web *res_web(const struct res *res);
enum err res_see_other(struct res *res, struct url url) MUST_USE; /* 303 */
/* A whole body. type is a media type constant; filename NULL or a plain ASCII name (download). */
void res_body(struct res *res, int status, const char *type, const char *bytes, size_t len,
              const char *filename);
void res_json(struct res *res, int status, const char *text, size_t len);
/* Another header; CR and LF are refused (asserted: values are ours). */
void res_header(struct res *res, const char *name, const char *value);
/* This page is one of several; token is given back in req_continuation. */
void res_continue(struct res *res, const char *token);
/* Sets a message that the next page shows once ("Saved."), kept in a signed short-lived cookie. */
void res_flash(struct res *res, const char *text);
void res_set_session(struct res *res, const char *token); /* NULL = end it */

/* The error as a page or a JSON problem (RFC 9457): code, and the problems of ctx. */
void res_error(struct res *res, enum err rc);
/* The same with another status, such as 401 or 405. */
void res_error_as(struct res *res, enum err rc, int status);

/* --- what the layout needs --- */

/*
 * Everything of one request: from session to reply. The worker loop calls it; page tests call it
 * in memory. flush is asked before a reply to a change or a view of personal data leaves.
 */
struct home;
enum err web_handle(struct ctx *ctx, struct home *home, const struct web *web,
                    const struct wire_request *in, struct wire_reply *out) MUST_USE;

/* The worker: takes requests from fd until the front is gone or it retires. base is what every
 * request starts from (connections, vault, forms). Exit code of the process. */
int web_worker(struct ctx *base, struct home *home, const struct web *web, int fd);

#endif
