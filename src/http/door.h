#ifndef HTTP_DOOR_H
#define HTTP_DOOR_H

/*
 * The HTTP side of the front, and the only module that knows libmicrohttpd (0.9.75).
 *
 * An exchange is one request and its answer. When its body is complete the door suspends the
 * connection and calls submit; whoever gets it must answer with exactly one of exchange_reply and
 * exchange_refuse. A reply with a continuation is sent as it is taken; then submit is called again
 * for the next page, and so on. Until answered, an exchange that was submitted stays valid.
 *
 * Time: a head must be complete header_seconds after its connection or its first line, a body after
 * body_seconds; an idle connection ends after DOOR_IDLE_SECONDS; a reply must be taken at 1 KB a
 * second on average. libmicrohttpd's own limit, silence, comes on top.
 *
 * Memory: bodies in hand take at most DOOR_BODIES_MAX times the largest body; then 503.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define DOOR_IDLE_SECONDS 75
#define DOOR_BODIES_MAX   8

struct door;

struct exchange {
    struct exchange *next; /* for whoever holds it */
    int64_t waiting_since; /* same */
    int tries;             /* same */
    bool costly;           /* a POST to door_options.costly_path */
    bool changes;          /* neither GET nor HEAD */
};

struct door_options {
    int listen_fd;
    size_t body_max;
    int header_seconds;
    int body_seconds;
    int connections_max;
    const char *costly_path; /* NULL = none */
    void (*submit)(void *arg, struct exchange *ex);
    void *arg;
};

/* NULL: could not start (logged). */
struct door *door_open(const struct door_options *options);

/* Readable when door_run has something to do. */
int door_fd(const struct door *d);
/* Milliseconds until door_run must be called anyway. */
int door_timeout_ms(const struct door *d);
void door_run(struct door *d, int64_t now_ms);

/* No new connections; every reply is the last of its connection. */
void door_drain(struct door *d);
/* Requests whose head is complete and whose answer is not yet sent. */
size_t door_in_hand(const struct door *d);

/* The request as a frame: length and head into out (FRAME_HEAD_MAX), and the body. 0 = too long. */
size_t exchange_frame(const struct exchange *ex, char *out, const char **body_out,
                      size_t *body_len_out);

/* frame is what a worker sent, after its length, with a NUL behind; it was malloc'ed and now is the
 * door's. One that is malformed is answered 502. */
void exchange_reply(struct exchange *ex, char *frame, size_t len);

/* Answers with a short page of that status; a page that was begun is cut off instead. */
void exchange_refuse(struct exchange *ex, int status);

#endif
