#ifndef HTTP_WIRE_H
#define HTTP_WIRE_H

/*
 * What the front and a worker say to each other over their Unix socket pair: one complete request,
 * one reply. The front has checked sizes, header names and the counts of Host, Content-Length and
 * Transfer-Encoding; the target is still encoded (the router decodes it once).
 *
 * A reply is one frame; or, for a long one, a page of at most WIRE_PAGE_MAX bytes with a
 * continuation token: when the client has taken it, the front asks any idle worker for the next
 * page with that token. A worker keeps nothing between pages.
 *
 * Memory: wire_read_* allocate in the arena given. Errors: ERR_IO when the other side is gone or
 * the frame is malformed; the worker then ends and is restarted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

#define WIRE_PAGE_MAX    ((size_t)256 * 1024)
#define WIRE_BODY_MAX    ((size_t)24 * 1024 * 1024) /* largest request body; routes allow less */
#define WIRE_HEADERS_MAX 64

struct wire_header {
    const char *name; /* lower case */
    const char *value;
};

struct wire_request {
    const char *method; /* GET, HEAD, POST ... upper case token */
    const char *target; /* path as sent, without the query, still percent-encoded */
    const char *query;  /* after the ?, still encoded; "" if none */
    const char *peer;   /* address of the client, text */
    bool loopback;      /* the client is on 127.0.0.0/8 or ::1 */
    bool tls;
    struct wire_header *headers;
    size_t headers_len;
    const char *body;
    size_t body_len;
    const char
        *continuation; /* NULL, or the token of the page wanted: a follow-up of the same request */
};

struct wire_reply {
    int status;
    struct wire_header *headers; /* Content-Type and the like; never Content-Length or Connection */
    size_t headers_len;
    const char *body;
    size_t body_len;
    const char *continuation; /* NULL = this is all (the last page) */
    bool close;               /* close the connection after it */
};

enum err wire_send_request(int fd, const struct wire_request *req) MUST_USE;
enum err wire_read_request(int fd, struct arena *a, struct wire_request *out) MUST_USE;
enum err wire_send_reply(int fd, const struct wire_reply *reply) MUST_USE;
/* The front reads without blocking: see front.c. This one blocks; for tests. */
enum err wire_read_reply(int fd, struct arena *a, struct wire_reply *out) MUST_USE;

/* Header value by lower-case name; NULL if absent. */
const char *wire_header(const struct wire_request *req, const char *name);

#endif
